// Live: the stream of the ledger. Each event names its sequence, so a cut loses nothing and repeats nothing.
// A hidden tab closes its stream (a browser has six connections to a desk) and goes on from where it was when shown.

import { moment } from "./clock.js";

const QUIET_MS = 250; // events that come together are shown together
const APART_MS = 1000; // however many come
const LOST_AFTER_MS = 4000;

export class Live {
  #source = null;
  #last;
  #waiting = [];
  #timer = null;
  #lostTimer = null;
  #heardAt = new Date();
  #tookAt = 0;

  /** `after`: the sequence the page stands at; `take`: given each run of events. */
  constructor(after, take) {
    this.#last = after;
    this.take = take;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#close() : this.#open()));
    addEventListener("pagehide", () => this.#close());
    addEventListener("pageshow", () => this.#open());
    if (!document.hidden) this.#open();
  }

  #open() {
    if (this.#source) return;
    this.#source = new EventSource(`/events?after=${this.#last}`);
    this.#source.onopen = () => this.#found();
    this.#source.onmessage = (event) => this.#take(event);
    this.#source.onerror = () => this.#lost();
  }

  #close() {
    this.#source?.close();
    this.#source = null;
    clearTimeout(this.#lostTimer);
    document.documentElement.dataset.live = "paused";
  }

  #take(event) {
    this.#found();
    if (Number(event.lastEventId) <= this.#last) return;
    this.#last = Number(event.lastEventId);
    this.#waiting.push(JSON.parse(event.data));
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#tookAt = Date.now();
      this.take(this.#waiting.splice(0));
    }, Math.max(QUIET_MS, this.#tookAt + APART_MS - Date.now()));
  }

  #found() {
    clearTimeout(this.#lostTimer);
    this.#lostTimer = null;
    this.#heardAt = new Date();
    document.documentElement.dataset.live = "on";
    document.getElementById("lost").hidden = true;
  }

  /** A browser tries again by itself, unless it was refused; only a cut that lasts is worth a banner. */
  #lost() {
    this.#lostTimer ??= setTimeout(() => {
      const lost = document.getElementById("lost");
      lost.querySelector("span").textContent =
        `Nothing new has come since ${moment(this.#heardAt)}; this page is not up to date. Trying again.`;
      lost.hidden = false;
      document.documentElement.dataset.live = "lost";
    }, LOST_AFTER_MS);
    if (this.#source?.readyState === EventSource.CLOSED) {
      this.#source = null;
      setTimeout(() => document.hidden || this.#open(), 3000);
    }
  }
}
