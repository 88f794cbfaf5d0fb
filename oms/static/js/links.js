/* Deciding on pairs by key: A, R, U decide, J and K go on, 1 and 2 show the papers of either side one after the other.
   A page is asked for only when it is to be looked at: each is a row in the journal. Without this the links open pages. */

import { dialogOpen, typing } from "./frame.js";

const SVG = "http://www.w3.org/2000/svg";
const desk = document.querySelector("[data-link-desk]");
const batch = document.querySelector("form[data-batch]");

function show(link) {
  const pane = desk.querySelector("[data-paper]");
  const sheet = document.createElement("div");
  sheet.className = "paper-sheet";
  const image = document.createElement("img");
  image.alt = link.dataset.label;
  sheet.append(image);
  const [x0, y0, x1, y1] = (link.dataset.box || "").split(",").map(Number);
  if ([x0, y0, x1, y1].every(Number.isFinite)) {
    const layer = document.createElementNS(SVG, "svg");
    layer.setAttribute("viewBox", `0 0 ${link.dataset.width} ${link.dataset.height}`);
    const mark = document.createElementNS(SVG, "rect");
    for (const [name, value] of [["x", x0], ["y", y0], ["width", x1 - x0], ["height", y1 - y0]]) mark.setAttribute(name, value);
    layer.append(mark);
    sheet.append(layer);
  }
  image.addEventListener("error", () => { sheet.replaceChildren(pane.dataset.lost); });
  image.addEventListener("load", () => {
    const view = pane.querySelector("[data-paper-view]");
    const scale = image.clientHeight / (Number(link.dataset.height) || 1);
    if (Number.isFinite(y0)) view.scrollTop = Math.max(0, y0 * scale - view.clientHeight / 3); /* the crop comes into sight */
  });
  image.src = link.href;
  pane.querySelector("[data-paper-view]").replaceChildren(sheet);
  pane.querySelector("[data-paper-name]").textContent = link.dataset.label;
  for (const each of desk.querySelectorAll("[data-shows-page]")) each.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
}

function paper(which) {
  const all = [...desk.querySelectorAll(`[data-shows-page][data-which="${which}"]`)];
  const now = all.findIndex((link) => link.getAttribute("aria-current") === "true");
  if (all.length > 0) show(all[(now + 1) % all.length]);
}

let sent = false;

function press(selector) {
  const button = desk.querySelector(selector);
  if (!button || sent) return;
  button.click();
}

function reject() {
  const reason = desk.querySelector("[data-reason]");
  if (!reason) return;
  reason.focus();
  reason.select();
}

const KEYS = {
  a: () => press("[data-accept]"),
  r: reject,
  u: () => press("[data-undo]"),
  j: () => document.querySelector("[data-next]")?.click(),
  k: () => document.querySelector("[data-before]")?.click(),
  1: () => paper("1"),
  2: () => paper("2"),
};

if (desk) {
  document.getElementById("decision").addEventListener("submit", () => { sent = true; }); /* one press, one decision */
  window.addEventListener("pageshow", () => { sent = false; });
  desk.addEventListener("click", (event) => {
    const link = event.target.closest("[data-shows-page]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(link);
  });
  document.addEventListener("keydown", (event) => {
    if (dialogOpen() || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.target.matches?.("[data-reason]")) {
      if (event.key === "Enter") {
        event.preventDefault();
        press("[data-reject]");
      } else if (event.key === "Escape") event.target.blur();
      return;
    }
    const act = KEYS[event.key.toLowerCase()];
    if (!act || typing(event.target)) return;
    event.preventDefault();
    act();
  });
  desk.dataset.ready = ""; /* keys are heard from here on */
}

if (batch) {
  const all = batch.querySelector("[data-all]");
  const boxes = () => [...document.querySelectorAll(`input[name=pair][form="${batch.id}"]`)];
  all.addEventListener("change", () => { for (const box of boxes()) box.checked = all.checked; });
}
