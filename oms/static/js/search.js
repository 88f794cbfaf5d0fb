/* The search desk by keyboard: / to the box, F to the filters, J and K (or the arrows) from result to result; Enter is
   a link's own key. */

import { dialogOpen, openDialog, typing } from "./frame.js";
import { keep } from "./memory.js";

const box = document.getElementById("f-q");
const more = document.querySelector(".search-more");
const links = [...document.querySelectorAll(".result-head a")];

function step(by) {
  const now = links.indexOf(document.activeElement);
  const next = links[now === -1 ? 0 : Math.min(Math.max(now + by, 0), links.length - 1)];
  next?.focus();
  next?.closest(".result").scrollIntoView({ block: "nearest" });
}

function toFilters() {
  more.open = true;
  more.querySelector("select, input").focus();
}

const keys = {
  j: () => step(1),
  k: () => step(-1),
  f: toFilters,
  s: () => openDialog("save-search"),
  "/": () => { box.focus(); box.select(); },
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || dialogOpen()) return;
  const onResult = links.includes(document.activeElement);
  const arrow = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (arrow && onResult) step(arrow);
  else if (arrow === 1 && event.target === box && links.length) step(1);
  else if (event.key === "Escape" && typing(event.target)) event.target.blur();
  else if (typing(event.target) || !keys[event.key.toLowerCase()]) return;
  else keys[event.key.toLowerCase()]();
  event.preventDefault();
});

/* pictures are readings: whoever does not want them does not ask for them */
const pictures = document.querySelector("[data-pictures]");
if (pictures) {
  const hideText = pictures.textContent;
  const show = () => {
    pictures.textContent = document.documentElement.dataset.pictures === "off" ? pictures.dataset.showText : hideText;
  };
  pictures.hidden = false;
  show();
  pictures.addEventListener("click", () => {
    const off = document.documentElement.dataset.pictures !== "off";
    if (off) document.documentElement.dataset.pictures = "off";
    else delete document.documentElement.dataset.pictures;
    keep("pictures", off ? "off" : "");
    show();
  });
}
