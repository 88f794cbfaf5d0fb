/* The verification desk: the image follows the field in hand, doubtful places come one after the other, every step
   has its key, and nothing typed is lost on the way to another paper. */

import { dialogOpen, markSaved, openDialog, typing } from "./frame.js";
import { Fields } from "./desk_fields.js";
import { Pages } from "./desk_pages.js";
import { Persons } from "./desk_person.js";
import { Viewer, boxOf } from "./desk_viewer.js";
import { Words } from "./desk_words.js";

const desk = document.querySelector("[data-desk]");
const form = document.getElementById("desk-form");
const data = JSON.parse(document.getElementById("desk-data").textContent);
const dirty = form.elements.namedItem("dirty");
let leaving = false;

async function answerOf(response) {
  const answer = await response.json().catch(() => ({}));
  if (!response.ok || answer.ok !== true) throw Object.assign(new Error(answer.message ?? ""), { field: answer.field });
  return answer;
}

function ask(address, body = null) {
  const headers = { Accept: "application/json", "X-Requested-With": "fetch" };
  if (body) headers["X-CSRFToken"] = form.elements.namedItem("csrf_token").value;
  if (body && !(body instanceof FormData)) headers["Content-Type"] = "application/json";
  const sent = body instanceof FormData ? body : body && JSON.stringify(body);
  return fetch(address, { method: body ? "POST" : "GET", headers, body: sent, cache: "no-store" }).then(answerOf);
}

const viewer = new Viewer(desk.querySelector("[data-viewer]"), data.pages, (page, index) => words.edit(page, index));
const words = new Words(desk, viewer, ask);
const persons = new Persons(form, ask);
const pageButtons = [...desk.querySelectorAll("[data-page-index]")];
const fields = new Fields(form, (field) => words.settle(fields.wordsOf(field, data.pages)));
const pages = new Pages(desk, form, viewer, ask);
const fileButton = desk.querySelector("[data-file]");
const saveButton = desk.querySelector("[data-save]");

function showPage(index) {
  if (data.pages[index]) viewer.show(data.pages[index]);
}

viewer.root.addEventListener("desk:page", (event) => {
  const index = data.pages.indexOf(event.detail);
  pageButtons.forEach((button, at) => button.setAttribute("aria-pressed", String(at === index)));
  pageButtons[index]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  words.write(event.detail);
  const split = form.querySelector("[data-split]");
  if (split && index > 0) split.value = String(index + 1);
});

/* crops: those on the first page at once, the others with their pages */
function drawCrops() {
  for (const canvas of form.querySelectorAll("[data-crop]")) viewer.crop(canvas, canvas.dataset.page, boxOf(canvas.dataset.box));
}

function follow(place) {
  const box = boxOf(place?.dataset.box);
  if (box) viewer.focus(place.dataset.page, box);
}

/* a table's row shows the cell in hand, and the whole row again when the keyboard has left it */
function cropRow(place, whole) {
  const canvas = place?.closest(".value-row")?.querySelector(".crop-row");
  const spot = whole || !boxOf(place.dataset.box) ? canvas : place;
  if (canvas) viewer.crop(canvas, spot.dataset.page, boxOf(spot.dataset.box));
}

form.addEventListener("focusin", (event) => {
  const place = event.target.closest(".desk-field");
  follow(place);
  if (place?.matches(".value-cell")) cropRow(place, false);
});
form.addEventListener("focusout", (event) => {
  const place = event.target.closest(".value-cell");
  if (place) cropRow(place, true);
});
form.addEventListener("click", (event) => follow(event.target.closest("[data-spot]")));
desk.addEventListener("click", (event) => {
  const page = event.target.closest("[data-page-index]");
  if (page) showPage(Number(page.dataset.pageIndex));
  const tool = event.target.closest("[data-view]");
  if (tool) view(tool.dataset.view);
  if (event.target.closest("[data-accept]")) words.accept();
});

function view(name) {
  if (name === "zoom-in") viewer.zoom(1.25);
  else if (name === "zoom-out") viewer.zoom(1 / 1.25);
  else if (name === "fit") viewer.fit();
  else if (name === "rotate-right") viewer.rotate();
  else if (name === "boxes") {
    const shown = viewer.root.toggleAttribute("data-all-boxes");
    desk.querySelector("[data-view=boxes]").setAttribute("aria-pressed", String(shown));
  }
}

/* Enter: on to the next doubtful field; then the person, when none is chosen; then the button that files */
function afterField(field) {
  const next = fields.nextDoubt(field) ?? fields.firstDoubt();
  if (next) fields.go(next);
  else if (persons.current()) fileButton.focus();
  else (persons.radios()[0] ?? persons.search).focus();
}

/* Tab goes from doubt to doubt: fields, then words, then the button that files; after that it is the browser's own */
function nextDoubt(target) {
  if (target === words.input) {
    if (!words.step(1)) fileButton.focus();
    return true;
  }
  const field = fields.isField(target);
  if (!field && target !== document.body && !target.closest?.(".viewer, main:focus, .person")) return false;
  const next = target.closest?.(".person") ? null : fields.nextDoubt(field ? target : null);
  if (next) { fields.go(next); return true; }
  if (words.first()) return true;
  if (field) fileButton.focus();
  return field;
}

function leave(address, id) {
  if (!address || leaving) return;
  if (dirty.value === "1") {
    form.elements.namedItem("go_to").value = id;
    form.requestSubmit(saveButton);
  } else {
    markSaved(form);
    window.location.assign(address);
  }
}

function undo() {
  if (fields.undo()) return;
  if (words.undo()) return;
  const button = form.querySelector("[data-undo-news]");
  const server = document.querySelector("form[data-undo]");
  if (button) form.requestSubmit(button);
  else if (server) { markSaved(form); server.requestSubmit(); }
}

form.addEventListener("submit", (event) => {
  if (event.submitter === fileButton && !persons.current()) {
    event.preventDefault();
    persons.demand();
  } else if (leaving) event.preventDefault();
  else leaving = true;
});
window.addEventListener("pageshow", () => { leaving = false; });
desk.addEventListener("click", (event) => {
  const link = event.target.closest("[data-go]");
  if (!link) return;
  event.preventDefault();
  leave(link.href, desk.dataset[`${link.dataset.go}Id`]);
});

const COMMANDS = {
  enter: () => form.requestSubmit(fileButton),
  s: () => form.requestSubmit(saveButton),
};
const PLAIN = {
  "[": () => leave(desk.dataset.previous, desk.dataset.previousId),
  "]": () => leave(desk.dataset.next, desk.dataset.nextId),
  "/": () => persons.search.focus(),
  w: () => { if (!words.first()) words.input.focus(); },
  r: () => view("rotate-right"),
  keepturn: () => pages.keepTurn(),
  b: () => view("boxes"),
  "+": () => view("zoom-in"),
  "=": () => view("zoom-in"),
  "-": () => view("zoom-out"),
  0: () => view("fit"),
  pageup: () => showPage(data.pages.indexOf(viewer.page) - 1),
  pagedown: () => showPage(data.pages.indexOf(viewer.page) + 1),
  escape: () => viewer.root.focus({ preventScroll: true }),
};
const PAN = { arrowleft: [60, 0], arrowright: [-60, 0], arrowup: [0, 60], arrowdown: [0, -60] };

function command(event, key) {
  if (key === "z" && !event.shiftKey) {
    const held = event.target.dataset?.held;
    if (typing(event.target) && (held === undefined || held !== event.target.value)) return false; /* the browser's own */
    undo();
    return true;
  }
  if (!COMMANDS[key]) return false;
  COMMANDS[key]();
  return true;
}

function inEditor(event, key) {
  if (key === "enter") words.accept();
  else if (key === "escape") words.leave();
  else if (key === "tab" && event.shiftKey) return words.step(-1);
  else return false;
  return true;
}

function inField(event, key) {
  const field = event.target;
  if (key === "enter") {
    fields.accept(field);
    afterField(field);
    return true;
  }
  if (/^[1-9]$/.test(key)) return fields.choose(field, Number(key), false);
  if ((key === "arrowdown" || key === "arrowup") && field.tagName === "INPUT") return fields.step(field, key === "arrowdown" ? 1 : -1);
  return false;
}

function plain(event, key) {
  if (event.target === words.input && inEditor(event, key)) return true;
  if (key === "tab" && !event.shiftKey) return nextDoubt(event.target);
  if (fields.isField(event.target) && inField(event, key)) return true;
  if (key === "enter" && (event.target === viewer.root || event.target === document.body)) {
    const first = fields.firstDoubt();
    if (first) fields.go(first);
    else fileButton.focus();
    return true;
  }
  if (key === "enter" && event.target.name === "dossier_id") {
    fileButton.focus();
    return true;
  }
  if (typing(event.target)) {
    if (key === "escape") viewer.root.focus({ preventScroll: true });
    return false;
  }
  if (event.target === viewer.root && PAN[key]) {
    viewer.pan(...PAN[key]);
    return true;
  }
  if (/^[1-9]$/.test(key)) return persons.choose(Number(key));
  const name = key === "r" && event.shiftKey ? "keepturn" : key;
  if (!PLAIN[name]) return false;
  PLAIN[name]();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || dialogOpen() || event.isComposing) return;
  const key = event.key.toLowerCase();
  let done = false;
  if (event.ctrlKey || event.metaKey) done = command(event, key);
  else if (event.altKey) {
    const digit = /^Digit([1-9])$/.exec(event.code);
    if (digit && fields.isField(event.target)) done = fields.choose(event.target, Number(digit[1]), true);
    else if (key === "arrowleft" || key === "arrowright") done = true;
    if (done && !digit) PLAIN[key === "arrowleft" ? "[" : "]"]();
  } else if (key === "alt") done = true; /* the browser's menu must not open under the loupe */
  else done = plain(event, key);
  if (done) event.preventDefault();
});

dirty.value = dirty.dataset.dirty;
if (document.getElementById("f-note-error")) {
  openDialog("set-aside");
  document.getElementById("f-note").focus();
}
showPage(Number(desk.dataset.start));
drawCrops();
window.addEventListener("resize", drawCrops);
if (document.activeElement === document.body) viewer.root.focus({ preventScroll: true });
