/* Deciding on a change by key: J and K go from item to item, C and M show the paper of the old and of the new value.
   A page is asked for only when it is to be looked at: each is a row in the journal. Without this the links open pages. */

import { dialogOpen, typing } from "./frame.js";

const SVG = "http://www.w3.org/2000/svg";
const pane = document.querySelector("[data-paper]");
const items = [...document.querySelectorAll("[data-change-item]")];

function show(link) {
  const view = pane.querySelector("[data-paper-view]");
  const image = document.createElement("img");
  image.alt = link.dataset.label;
  const sheet = document.createElement("div");
  sheet.className = "paper-sheet";
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
  image.src = link.href;
  view.replaceChildren(sheet);
  pane.querySelector("[data-paper-name]").textContent = link.dataset.label;
  for (const each of document.querySelectorAll("[data-shows-page]")) each.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
}

function here() {
  return items.find((item) => item.contains(document.activeElement)) || items[0];
}

function go(by) {
  const next = items[items.indexOf(here()) + by];
  const asked = document.activeElement && here()?.contains(document.activeElement) ? next : here();
  if (asked) asked.focus();
}

if (pane) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-shows-page]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(link);
  });
  document.addEventListener("keydown", (event) => {
    if (dialogOpen() || typing(event.target) || event.ctrlKey || event.altKey || event.metaKey) return;
    const key = event.key.toLowerCase();
    if (key === "j") go(1);
    else if (key === "k") go(-1);
    else if (key === "c" || key === "m") {
      const link = here()?.querySelector(`[data-side="${key === "c" ? "old" : "new"}"] [data-shows-page]`);
      if (link) show(link);
    } else return;
    event.preventDefault();
  });
}
