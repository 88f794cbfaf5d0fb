/* The paper beside what is decided: one page at a time with the box of the value marked, so large that it can be read; Z
   shows the whole page and goes back. A page is asked for only when it is to be looked at: each is a row in the journal. */

const SVG = "http://www.w3.org/2000/svg";
const READABLE = 17; /* pixels a line of print needs */
const LARGEST = 4;

function drawn([x0, y0, x1, y1], link) {
  const layer = document.createElementNS(SVG, "svg");
  layer.setAttribute("viewBox", `0 0 ${link.dataset.width} ${link.dataset.height}`);
  const mark = document.createElementNS(SVG, "rect");
  for (const [name, value] of [["x", x0], ["y", y0], ["width", x1 - x0], ["height", y1 - y0]]) mark.setAttribute(name, value);
  layer.append(mark);
  return layer;
}

/* Sets how large the page is and brings the box into sight. */
function place(view, sheet, box, link, whole) {
  const fit = view.clientWidth / (Number(link.dataset.width) || 1);
  const zoom = whole ? 1 : Math.min(LARGEST, Math.max(1, READABLE / ((box[3] - box[1]) * fit || READABLE)));
  sheet.style.width = `${zoom * 100}%`;
  const scale = fit * zoom;
  view.scrollTop = Math.max(0, box[1] * scale - view.clientHeight / 3);
  view.scrollLeft = Math.max(0, ((box[0] + box[2]) * scale - view.clientWidth) / 2);
}

let now = null;

/* Shows the page a link leads to. */
export function show(pane, link) {
  const view = pane.querySelector("[data-paper-view]");
  const sheet = document.createElement("div");
  sheet.className = "paper-sheet";
  const image = document.createElement("img");
  image.alt = link.dataset.label;
  sheet.append(image);
  const box = (link.dataset.box || "").split(",").map(Number);
  const known = box.length === 4 && box.every(Number.isFinite);
  if (known) sheet.append(drawn(box, link));
  image.addEventListener("error", () => { sheet.replaceChildren(pane.dataset.lost); });
  image.addEventListener("load", () => { if (known) place(view, sheet, box, link, false); });
  now = known ? { view, sheet, box, link, whole: false } : null;
  image.src = link.href;
  view.replaceChildren(sheet);
  pane.querySelector("[data-paper-name]").textContent = link.dataset.label;
  for (const each of document.querySelectorAll("[data-shows-page]")) each.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
}

/* Goes from the place in question to the whole page and back. */
export function turnZoom() {
  if (!now) return;
  now.whole = !now.whole;
  place(now.view, now.sheet, now.box, now.link, now.whole);
}
