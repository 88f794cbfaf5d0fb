/* A reviewer's case by keyboard: a letter goes to what carries it, Ctrl+Enter sends what is being written. */

import { dialogOpen, typing } from "./frame.js";

document.addEventListener("keydown", (event) => {
  const command = event.ctrlKey || event.metaKey;
  if (command && event.key === "Enter" && event.target instanceof HTMLTextAreaElement) {
    event.preventDefault();
    event.target.form?.requestSubmit();
    return;
  }
  if (event.defaultPrevented || command || event.altKey || typing(event.target) || dialogOpen()) return;
  const wanted = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!wanted) return;
  event.preventDefault();
  if (wanted instanceof HTMLAnchorElement) window.location.assign(wanted.href);
  else {
    wanted.scrollIntoView({ block: "center" });
    wanted.focus();
  }
});
