/* Results by keyboard: J and K go from one to the next, Enter opens (a link's own key). */

import { dialogOpen, typing } from "./frame.js";

const links = [...document.querySelectorAll(".result-head a")];

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || links.length === 0) return;
  if (typing(event.target) || dialogOpen()) return;
  const step = { j: 1, k: -1 }[event.key.toLowerCase()];
  if (!step) return;
  const now = links.indexOf(document.activeElement);
  const next = now === -1 ? 0 : Math.min(Math.max(now + step, 0), links.length - 1);
  links[next].focus();
  event.preventDefault();
});
