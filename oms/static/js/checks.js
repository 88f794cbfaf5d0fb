/* The second look by key: Enter says that a value is right, typing says what stands on the paper; the image follows. */

import { dialogOpen, typing } from "./frame.js";
import { Viewer, boxOf } from "./desk_viewer.js";
import { fill } from "./words.js";

const desk = document.querySelector("[data-check]");
const form = document.getElementById("check-form");
const data = JSON.parse(document.getElementById("desk-data").textContent);
const viewer = new Viewer(desk.querySelector("[data-viewer]"), data.pages, () => {});
const places = [...form.querySelectorAll(".check-value, .check-choice")];
const settling = form.querySelector(".check-choice") !== null;
const done = desk.querySelector("[data-done]");
const left = form.querySelector("[data-left]");
const pageButtons = [...desk.querySelectorAll("[data-page-index]")];
const marked = [];

for (const control of form.querySelectorAll(".control")) control.dataset.held = control.value;

function answered(place) {
  if (settling) return place.querySelector("input[type=radio]:checked") !== null;
  const control = place.querySelector(".control");
  const changed = control.value.trim() !== place.dataset.kept.trim();
  return place.querySelector("input[name=seen]").checked || changed;
}

function count() {
  const open = places.filter((place) => !answered(place));
  left.textContent = open.length ? fill(left.dataset.text, { n: open.length }) : "";
  for (const place of places) place.classList.toggle("is-settled", answered(place));
  return open;
}

function show(index) {
  if (data.pages[index]) viewer.show(data.pages[index]);
}

viewer.root.addEventListener("desk:page", (event) => {
  const index = data.pages.indexOf(event.detail);
  pageButtons.forEach((button, at) => button.setAttribute("aria-pressed", String(at === index)));
});
desk.addEventListener("click", (event) => {
  const page = event.target.closest("[data-page-index]");
  if (page) show(Number(page.dataset.pageIndex));
  const tool = event.target.closest("[data-view]");
  if (tool) view(tool.dataset.view);
});

function view(name) {
  if (name === "zoom-in") viewer.zoom(1.25);
  else if (name === "zoom-out") viewer.zoom(1 / 1.25);
  else if (name === "fit") viewer.fit();
  else viewer.rotate();
}

function placeOf(target) {
  return target.closest?.(".check-value, .check-choice") ?? null;
}

form.addEventListener("focusin", (event) => {
  const place = placeOf(event.target);
  const box = boxOf(place?.dataset.box);
  if (box) viewer.focus(place.dataset.page, box);
});
form.addEventListener("input", (event) => {
  const place = placeOf(event.target);
  if (settling && event.target.matches(".control")) {
    const other = place.querySelector("input[value=other]");
    if (other) other.checked = event.target.value.trim() !== "";
  }
  count();
});
form.addEventListener("change", count);

function go(place) {
  const control = place.querySelector(settling ? "input[type=radio]" : ".control");
  control.focus();
  if (control.select && control.type !== "radio") control.select();
  place.scrollIntoView({ block: "nearest" });
}

/* the next value not answered yet, after this one, else from the top; the button when none is left */
function onward(place) {
  const open = count();
  const here = place ? places.indexOf(place) : -1;
  const next = open.find((each) => places.indexOf(each) > here) ?? open[0];
  if (next && next !== place) go(next);
  else if (!next) done.focus();
}

/* the cells of the same row of a table, which the eye takes in at one glance; a value outside tables stands alone */
function rowOf(place) {
  const key = place.querySelector("input[name=seen]").value;
  if (!/^[^.]+\.\d+\.[^.]+$/.test(key)) return [place];
  const row = key.slice(0, key.lastIndexOf(".") + 1);
  return places.filter((each) => each.querySelector("input[name=seen]").value.startsWith(row));
}

function accept(place, wholeRow) {
  const blindAndEmpty = (each) => each.hasAttribute("data-blind") && each.querySelector(".control").value.trim() === "";
  if (blindAndEmpty(place)) return;
  const fresh = (wholeRow ? rowOf(place) : [place]).filter((each) => !answered(each) && !blindAndEmpty(each));
  const boxes = fresh.map((each) => each.querySelector("input[name=seen]"));
  for (const box of boxes) box.checked = true;
  if (boxes.length > 0) marked.push(boxes);
  onward(place);
}

function choose(place, digit) {
  const radio = place.querySelectorAll("input[type=radio]")[digit - 1];
  if (!radio) return false;
  radio.checked = true;
  if (radio.value === "other") place.querySelector(".control").focus();
  else onward(place);
  return true;
}

function step(place, by) {
  const next = places[places.indexOf(place) + by];
  if (next) go(next);
  return Boolean(next);
}

function inPlace(event, key, place) {
  if (key === "enter") {
    if (settling) onward(place);
    else accept(place, event.shiftKey);
    return true;
  }
  if (key === "tab" && !event.shiftKey && !settling) {
    onward(place);
    return true;
  }
  if (settling && /^[1-3]$/.test(key) && !event.target.matches(".control")) return choose(place, Number(key));
  if ((key === "arrowdown" || key === "arrowup") && event.target.matches("input.control")) return step(place, key === "arrowdown" ? 1 : -1);
  return false;
}

const PLAIN = { "+": "zoom-in", "=": "zoom-in", "-": "zoom-out", 0: "fit", r: "rotate-right" };

function plain(event, key) {
  const place = placeOf(event.target);
  if (place && inPlace(event, key, place)) return true;
  if (key === "pageup" || key === "pagedown") {
    show(data.pages.indexOf(viewer.page) + (key === "pageup" ? -1 : 1));
    return true;
  }
  if (!place && (key === "enter" || key === "tab") && (event.target === viewer.root || event.target === document.body) && !event.shiftKey) {
    onward(null);
    return true;
  }
  if (typing(event.target) || !PLAIN[key]) return false;
  view(PLAIN[key]);
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || dialogOpen() || event.isComposing || event.altKey) return;
  const key = event.key.toLowerCase();
  let handled = false;
  if (event.ctrlKey || event.metaKey) {
    if (key === "enter") {
      form.requestSubmit();
      handled = true;
    } else if (key === "z" && marked.length > 0 && (!typing(event.target) || event.target.value === event.target.dataset.held)) {
      const boxes = marked.pop();
      for (const box of boxes) box.checked = false;
      go(placeOf(boxes[0]));
      count();
      handled = true;
    }
  } else handled = plain(event, key);
  if (handled) event.preventDefault();
});

function drawCrops() {
  for (const canvas of form.querySelectorAll("[data-crop]")) viewer.crop(canvas, canvas.dataset.page, boxOf(canvas.dataset.box));
}

show(0);
drawCrops();
window.addEventListener("resize", drawCrops);
count();
if (document.activeElement === document.body) viewer.root.focus({ preventScroll: true });
