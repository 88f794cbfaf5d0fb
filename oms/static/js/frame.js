/* The frame's behaviour: search key, menus, theme, rail, dialogs, key help, unsaved changes. */

import { keep, recall } from "./memory.js";
import { suggestIn } from "./suggest.js";

const root = document.documentElement;

/* True when keys belong to what the user is typing into. */
export function typing(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null
    && !target.matches("input[type=checkbox], input[type=radio], input[type=button], input[type=submit]");
}

export function dialogOpen() {
  return document.querySelector("dialog[open]") !== null;
}

export function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement) || dialog.open) return;
  dialog.showModal();
  const first = '.dialog-body :is(input:not([type="hidden"]), select, textarea):not(:disabled)';
  if (!dialog.querySelector("[autofocus]")) dialog.querySelector(first)?.focus(); /* not the cross in its head */
}

function onKey(event) {
  const command = event.ctrlKey || event.metaKey;
  if (command && event.key.toLowerCase() === "k") {
    const box = document.getElementById("frame-search");
    if (!box) return;
    event.preventDefault();
    box.focus();
    box.select();
  } else if ((event.key === "?" && !typing(event.target) && !command) || (command && event.key === "/")) {
    event.preventDefault();
    openDialog("key-help");
  } else if (event.key === "Escape" && !dialogOpen()) {
    escape(event);
  }
}

function escape(event) {
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (event.target instanceof Element && event.target.id === "frame-search") {
    event.target.blur();
  }
}

function onClick(event) {
  if (!(event.target instanceof Element)) return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const opener = event.target.closest("[data-opens]");
  if (opener) openDialog(opener.dataset.opens);
  if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
  if (event.target instanceof HTMLDialogElement) event.target.close(); /* the veil outside the sheet */
}

function setUpTheme() {
  const choices = document.querySelectorAll("[data-theme-choice]");
  const show = (chosen) => {
    for (const choice of choices) choice.setAttribute("aria-pressed", String(choice.dataset.themeChoice === chosen));
  };
  show(recall("theme") ?? "");
  for (const choice of choices) {
    choice.addEventListener("click", () => {
      const chosen = choice.dataset.themeChoice;
      if (chosen) root.dataset.theme = chosen;
      else delete root.dataset.theme;
      keep("theme", chosen);
      show(chosen);
    });
  }
}

function setUpRail() {
  const fold = document.querySelector("[data-fold]");
  if (!fold) return;
  fold.hidden = false;
  fold.setAttribute("aria-pressed", String(root.dataset.rail === "narrow"));
  fold.addEventListener("click", () => {
    const narrow = root.dataset.rail !== "narrow";
    if (narrow) root.dataset.rail = "narrow";
    else delete root.dataset.rail;
    keep("rail", narrow ? "narrow" : "");
    fold.setAttribute("aria-pressed", String(narrow));
  });
}

function setUpPasswords() {
  for (const button of document.querySelectorAll("[data-shows]")) {
    const input = document.getElementById(button.dataset.shows);
    const showText = button.textContent;
    button.hidden = false;
    button.addEventListener("click", () => {
      const shown = input.type === "password";
      input.type = shown ? "text" : "password";
      button.textContent = shown ? button.dataset.hideText : showText;
      button.setAttribute("aria-pressed", String(shown));
      input.focus();
    });
    /* a shown password must not stay readable in the browser's own form memory */
    input.form?.addEventListener("submit", () => { input.type = "password"; });
  }
}

/* Forms marked data-unsaved ask before the page is left with changes. A script that saves by itself
   calls markSaved(form). */
const unsaved = new Set();

export function markSaved(form) {
  unsaved.delete(form);
}

function setUpUnsaved() {
  document.addEventListener("input", (event) => {
    const form = event.target instanceof Element ? event.target.closest("form[data-unsaved]") : null;
    if (form) unsaved.add(form);
  });
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) unsaved.delete(event.target);
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsaved.size > 0) event.preventDefault();
  });
}

document.addEventListener("keydown", onKey);
document.addEventListener("click", onClick);
for (const opener of document.querySelectorAll("[data-opens][hidden]")) opener.hidden = false;
setUpTheme();
setUpRail();
setUpPasswords();
setUpUnsaved();
for (const box of document.querySelectorAll("[data-suggests]")) suggestIn(box);
document.querySelector("[data-error-summary]")?.focus();
if (document.querySelector("[data-table]")) {
  document.querySelector("[data-table-keys]")?.removeAttribute("hidden");
}
