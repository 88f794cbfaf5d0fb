/* Reading a paper: a page's image is asked for only when the page comes into view (each is a row in the journal),
   zoom, the mark that shows where a value stands, keys between papers; and the print button of a contents list. */

import { dialogOpen, typing } from "./frame.js";
import { keep, recall } from "./memory.js";
import { fill } from "./words.js";

const ZOOMS = [0.5, 0.7, 0.85, 1, 1.25, 1.6, 2, 2.6];
const FIT = 3;
const SEEN = 0.15; /* share of the view or of the page that counts as looking at it */
const SVG = "http://www.w3.org/2000/svg";

function load(figure) {
  const image = figure.querySelector("img[data-src]");
  if (!image || image.hasAttribute("src")) return;
  const say = (name, shown) => { const line = figure.querySelector(`[data-${name}]`); if (line) line.hidden = !shown; };
  image.addEventListener("load", () => say("wait", false));
  image.addEventListener("error", () => { say("wait", false); say("lost", true); });
  image.src = image.dataset.src;
}

function setUpLoading(pane, figures, onPlace) {
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const inView = entry.intersectionRect.height / Math.max(entry.rootBounds?.height ?? 1, 1);
      if (entry.intersectionRatio < SEEN && inView < SEEN) continue;
      load(entry.target);
    }
    onPlace();
  }, { root: pane, threshold: [0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1] });
  for (const figure of figures) watcher.observe(figure);
}

/* The page that fills most of the view. */
function pageInView(pane, figures) {
  const view = pane.getBoundingClientRect();
  const share = (figure) => {
    const box = figure.getBoundingClientRect();
    return Math.min(box.bottom, view.bottom) - Math.max(box.top, view.top);
  };
  return figures.reduce((best, figure) => (share(figure) > share(best) + 1 ? figure : best), figures[0]);
}

function showMark(pane, mark) {
  const box = mark.getBoundingClientRect();
  const view = pane.getBoundingClientRect();
  pane.scrollTop += box.top - view.top - view.height / 3;
  pane.scrollLeft += Math.min(0, box.left - view.left - 24) + Math.max(0, box.right - view.right + 24);
}

function drawMark(figure, text) {
  const layer = figure.querySelector("[data-marks]");
  const [x0, y0, x1, y1] = text.split(",").map(Number);
  if (!layer || ![x0, y0, x1, y1].every(Number.isFinite)) return null;
  const mark = document.createElementNS(SVG, "rect");
  for (const [name, value] of [["x", x0], ["y", y0], ["width", x1 - x0], ["height", y1 - y0]]) mark.setAttribute(name, value);
  layer.replaceChildren(mark);
  return mark;
}

function setUpZoom(place, pane, figures) {
  const bar = place.querySelector("[data-zoom]");
  let level = Number(recall("reading.zoom") ?? FIT);
  if (!Number.isInteger(level) || !(level in ZOOMS)) level = FIT;
  const apply = () => {
    const kept = pane.scrollHeight ? (pane.scrollTop + pane.clientHeight / 2) / pane.scrollHeight : 0;
    for (const figure of figures) figure.style.width = `${ZOOMS[level] * 100}%`;
    pane.scrollTop = kept * pane.scrollHeight - pane.clientHeight / 2;
  };
  const by = (step) => {
    level = step === 0 ? FIT : Math.min(Math.max(level + step, 0), ZOOMS.length - 1);
    keep("reading.zoom", level === FIT ? null : String(level));
    apply();
  };
  bar.hidden = false;
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("[data-zoom-by]");
    if (button) by(Number(button.dataset.zoomBy));
  });
  if (level !== FIT) apply();
  return by;
}

function setUpKeys(place, zoom) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target) || dialogOpen() || document.querySelector("details.menu[open]")) return;
    const steps = { "+": 1, "=": 1, "-": -1, 0: 0 };
    const link = [...place.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key);
    if (event.key in steps) zoom(steps[event.key]);
    else if (link) window.location.assign(link.href);
    else return;
    event.preventDefault();
  });
}

function setUp(place) {
  const pane = place.querySelector("[data-pages]");
  const figures = [...pane.querySelectorAll("[data-page]")];
  if (figures.length === 0) return;
  const words = place.querySelector("[data-place]");
  const onPlace = () => {
    const text = fill(words.dataset.text, { page: pageInView(pane, figures).dataset.page, pages: figures.length });
    if (words.textContent !== text) words.textContent = text;
  };
  const zoom = setUpZoom(place, pane, figures);
  /* first go to the page asked for, then look: pages above it are not fetched */
  const first = figures[Number(place.dataset.at) - 1] ?? figures[0];
  const mark = first.querySelector("rect");
  if (mark) showMark(pane, mark);
  else if (first !== figures[0]) pane.scrollTop += first.getBoundingClientRect().top - pane.getBoundingClientRect().top;
  setUpLoading(pane, figures, onPlace);
  setUpKeys(place, zoom);
  pane.addEventListener("scroll", onPlace, { passive: true });
  place.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("[data-go-box]") : null;
    const figure = link ? figures[Number(link.dataset.goPage) - 1] : null;
    const drawn = figure ? drawMark(figure, link.dataset.goBox) : null;
    if (!drawn || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    for (const other of figures) if (other !== figure) other.querySelector("[data-marks]")?.replaceChildren();
    showMark(pane, drawn);
  });
}

for (const place of document.querySelectorAll("[data-reading]")) setUp(place);
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
