/* Deciding on a change by key: J and K go from item to item, C and M show the paper of the old and of the new value.
   Z the place in question or the whole page. Without this the links open pages. */

import { dialogOpen, typing } from "./frame.js";
import { show, turnZoom } from "./paper.js";

const pane = document.querySelector("[data-paper]");
const items = [...document.querySelectorAll("[data-change-item]")];

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
    show(pane, link);
  });
  document.addEventListener("keydown", (event) => {
    if (dialogOpen() || typing(event.target) || event.ctrlKey || event.altKey || event.metaKey) return;
    const key = event.key.toLowerCase();
    if (key === "j") go(1);
    else if (key === "k") go(-1);
    else if (key === "z") turnZoom();
    else if (key === "c" || key === "m") {
      const link = here()?.querySelector(`[data-side="${key === "c" ? "old" : "new"}"] [data-shows-page]`);
      if (link) show(pane, link);
    } else return;
    event.preventDefault();
  });
}
