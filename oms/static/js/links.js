/* Deciding on pairs by key: A, R, U decide, J and K go on, 1 and 2 show the papers of either side one after the other.
   Z the place in question or the whole page. Without this the links open pages. */

import { dialogOpen, typing } from "./frame.js";
import { show, turnZoom } from "./paper.js";

const desk = document.querySelector("[data-link-desk]");
const pane = desk?.querySelector("[data-paper]");
const batch = document.querySelector("form[data-batch]");

function paper(which) {
  const all = [...desk.querySelectorAll(`[data-shows-page][data-which="${which}"]`)];
  const now = all.findIndex((link) => link.getAttribute("aria-current") === "true");
  if (all.length > 0) show(pane, all[(now + 1) % all.length]);
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
  z: turnZoom,
};

if (desk) {
  document.getElementById("decision").addEventListener("submit", () => { sent = true; }); /* one press, one decision */
  window.addEventListener("pageshow", () => { sent = false; });
  desk.addEventListener("click", (event) => {
    const link = event.target.closest("[data-shows-page]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(pane, link);
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
