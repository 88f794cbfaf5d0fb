/* The batch page: after the last file, and when all is read, the parts marked data-region are fetched and put in
   anew – counts, progress, table – while the list of what was sent stays. When that cannot be had, a note
   offers the newer page. */

import { start } from "./progress.js";
import { startScanner } from "./scanner.js";
import { setUp } from "./table.js";

async function newest() {
  const answer = await fetch(window.location.pathname, { cache: "no-store" });
  if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function put(old, fresh) {
  if (!fresh || old.querySelector("dialog[open], details.menu[open]")) return; /* somebody is reading the question in it */
  for (const block of old.querySelectorAll("[data-active]")) delete block.dataset.active;
  const region = document.adoptNode(fresh);
  old.replaceWith(region);
  for (const table of region.querySelectorAll("[data-table]")) setUp(table);
  for (const block of region.querySelectorAll("[data-poll][data-active]")) start(block);
  startScanner(region);
}

async function renew() {
  const note = document.querySelector("[data-uploaded]");
  try {
    const page = await newest();
    for (const old of document.querySelectorAll("[data-region]")) {
      put(old, page.querySelector(`[data-region="${CSS.escape(old.dataset.region)}"]`));
    }
    if (note) note.hidden = true;
  } catch (lost) {
    if (note) note.hidden = false;
  }
}

document.addEventListener("oms:uploaded", renew);
document.addEventListener("oms:finished", renew);
