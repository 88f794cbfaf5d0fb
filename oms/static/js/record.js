/* Two papers side by side: the marks are brought into view, [ and ] go between contradictions. */

import { dialogOpen, typing } from "./frame.js";

function showMark(pane) {
  const mark = pane.querySelector("rect");
  if (!mark) return;
  const box = mark.getBoundingClientRect();
  const view = pane.getBoundingClientRect();
  pane.scrollTop += box.top - view.top - view.height / 3;
}

for (const pane of document.querySelectorAll("[data-against] .against-page")) showMark(pane);
document.querySelector("[data-against] [aria-current]")?.scrollIntoView({ block: "nearest" });
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target) || dialogOpen() || document.querySelector("details.menu[open]")) return;
  const link = [...document.querySelectorAll("a[data-key]")].find((each) => each.dataset.key === event.key);
  if (!link) return;
  event.preventDefault();
  window.location.assign(link.href);
});
