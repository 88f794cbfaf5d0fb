/* Ctrl+Z takes back what the news at the top of the page tells of, unless something is being typed. */

import { dialogOpen, typing } from "./frame.js";

document.addEventListener("keydown", (event) => {
  const asked = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
  const button = document.querySelector("[data-undo-news]");
  if (!asked || !button || dialogOpen() || typing(event.target)) return;
  event.preventDefault();
  button.form.requestSubmit(button);
});
