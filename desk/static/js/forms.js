// Forms: what people add. Each shows what it would change before it can be sent; the desk keeps nothing until then.

const CLOSES = "[data-close]";

/** Open the form of an alert: acknowledge or silence. */
export function ofAlert(kind, row) {
  const dialog = document.getElementById(kind);
  const form = dialog.querySelector("form");
  begin(form);
  form.elements.alert.value = row.dataset.id;
  form.querySelector(".about").textContent = row.dataset.sentence;
  dialog.showModal();
}

/** Open the forms of what people know; of a decision, on an object. */
export function add(kind, target = "") {
  const dialog = document.getElementById("add");
  for (const form of dialog.querySelectorAll("form")) begin(form);
  turnTo(kind);
  document.querySelector("#form-decision [name=target]").value = target;
  if (!dialog.open) dialog.showModal();
}

function turnTo(kind) {
  for (const tab of document.querySelectorAll("#add [role=tab]")) {
    const mine = tab.dataset.form === kind;
    tab.ariaSelected = String(mine);
    document.getElementById(`form-${tab.dataset.form}`).hidden = !mine;
  }
}

function begin(form) {
  form.reset();
  changed(form);
  const now = new Date();
  now.setUTCSeconds(0, 0);
  if (form.elements.known_at) form.elements.known_at.value = now.toISOString().replace(".000", "");
  if (form.elements.by) form.elements.by.value = sessionStorage.getItem("by") ?? "";
}

/** Whatever is changed has to be looked at again. */
function changed(form) {
  form.querySelector("[data-step=send]").disabled = true;
  form.querySelector(".preview").hidden = true;
  form.querySelector(".wrong").hidden = true;
}

function factOf(form) {
  const fields = new FormData(form);
  const said = {};
  for (const [name, word] of fields) if (word !== "" && name !== "ships") said[name] = word;
  if (form.dataset.kind) said.kind = form.dataset.kind;
  if (form.dataset.kind === "sighting") said.ships = fields.getAll("ships").map((imo) => ({ imo: Number(imo) }));
  for (const name of ["low", "high"]) if (name in said) said[name] = Number(said[name]);
  if (said.hours) {
    said.until = new Date(Date.now() + Number(said.hours) * 3600e3).toISOString().replace(/\.\d+Z/, "Z");
    delete said.hours;
  }
  return said;
}

function token() {
  return decodeURIComponent(document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1] ?? "");
}

async function post(form, dryRun) {
  const answer = await fetch(`${form.dataset.post}${dryRun ? "?dry_run=true" : ""}`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", "x-csrftoken": token() },
    body: JSON.stringify(factOf(form)),
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.detail || said.title || `the desk answered ${answer.status}`);
  return said;
}

function preview(form, said) {
  const lines = said.changes ?? [];
  const list = document.createElement("ul");
  for (const each of lines) {
    const item = document.createElement("li");
    item.textContent = typeof each === "string" ? each : each.words;
    list.append(item);
  }
  const head = document.createElement("p");
  head.textContent = lines.length ? "It would change:" : "It would be kept, and change nothing that stands.";
  const box = form.querySelector(".preview");
  box.replaceChildren(head, list);
  box.hidden = false;
  form.querySelector("[data-step=send]").disabled = false;
}

async function submit(form, step) {
  const wrong = form.querySelector(".wrong");
  wrong.hidden = true;
  if (form.elements.by) sessionStorage.setItem("by", form.elements.by.value);
  try {
    const said = await post(form, step === "preview");
    if (step === "preview") return preview(form, said);
    form.closest("dialog").close();
    document.getElementById("said").textContent = "Kept in the ledger.";
    document.dispatchEvent(new CustomEvent("narrowed"));
  } catch (error) {
    wrong.textContent = error.message;
    wrong.hidden = false;
  }
}

/** Listen to every form that posts. */
export function listen() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.post) return;
    event.preventDefault();
    const send = form.querySelector("[data-step=send]");
    submit(form, event.submitter === send && !send.disabled ? "send" : "preview");
  });
  document.addEventListener("input", (event) => event.target.form?.dataset.post && changed(event.target.form));
  document.addEventListener("click", (event) => {
    if (event.target.closest(CLOSES)) event.target.closest("dialog").close();
    const tab = event.target.closest("[data-form]");
    if (tab) tab.role === "tab" ? turnTo(tab.dataset.form) : add(tab.dataset.form);
    const act = event.target.closest("[data-act]");
    if (act) ofAlert(act.dataset.act, act.closest("[data-row]"));
  });
  document.addEventListener("decide", (event) => add("decision", event.detail));
}
