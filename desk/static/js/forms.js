// Forms: what people add. Each shows what it would change before it can be sent; the desk keeps nothing until then.

const NUMBERS = ["low", "high", "imo", "hours"];
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

/** Some fields are of one action alone: whose it is, what it is one with. */
function fit(form) {
  for (const field of form.querySelectorAll("[data-of]")) {
    const its = field.dataset.of === form.elements.action.value;
    field.hidden = !its;
    field.querySelector("input, select").disabled = !its;
  }
}

function begin(form) {
  form.reset();
  changed(form);
  fit(form);
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
  for (const name of NUMBERS) if (name in said) said[name] = Number(said[name]);
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
  const lines = said.events.map((event) => event.words);
  const box = form.querySelector(".preview");
  box.replaceChildren(
    ...listed(said.new ? "It would be told:" : "It is there already; nothing would change.", lines),
    ...(said.cautions.length ? listed("Look at it again:", said.cautions) : []),
  );
  box.hidden = false;
  form.querySelector("[data-step=send]").disabled = false;
}

function listed(words, lines) {
  const head = document.createElement("p");
  const list = document.createElement("ul");
  head.textContent = words;
  for (const line of lines) {
    const item = document.createElement("li");
    item.textContent = line;
    list.append(item);
  }
  return [head, list];
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
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form?.dataset.post) return;
    changed(form);
    fit(form);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest(CLOSES)) event.target.closest("dialog").close();
    const tab = event.target.closest("[data-form]");
    if (tab) tab.role === "tab" ? turnTo(tab.dataset.form) : add(tab.dataset.form);
    const act = event.target.closest("[data-act]");
    if (act) ofAlert(act.dataset.act, act.closest("[data-row]"));
  });
  document.addEventListener("decide", (event) => add("decision", event.detail));
}
