/* Tables by keyboard (J/K, arrows, Enter) and the choice of columns, remembered per table.
   Rows with data-href can be opened; the row's own link stays there for the mouse and for readers. */

import { dialogOpen, typing } from "./frame.js";
import { keep, recall } from "./memory.js";

function rowsOf(table) {
  return [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => row.dataset.href);
}

function choose(row) {
  for (const other of rowsOf(row.closest("table"))) other.tabIndex = other === row ? 0 : -1;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function step(table, by) {
  const rows = rowsOf(table);
  if (rows.length === 0) return;
  const now = rows.findIndex((row) => row.contains(document.activeElement));
  const start = now === -1 ? rows.findIndex((row) => row.tabIndex === 0) : now + by;
  choose(rows[Math.min(Math.max(start, 0), rows.length - 1)]);
}

function open(row, newTab) {
  if (newTab) window.open(row.dataset.href, "_blank", "noopener");
  else window.location.assign(row.dataset.href);
}

function tableFor(target) {
  const inside = target instanceof Element ? target.closest("[data-table]") : null;
  const tables = [...document.querySelectorAll("[data-table]")];
  return inside ?? tables.find((table) => rowsOf(table).length > 0) ?? tables[0]; /* not a table of mere figures */
}

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target) || dialogOpen()) return;
  const row = event.target instanceof HTMLTableRowElement ? event.target : null;
  const table = tableFor(event.target);
  const key = event.key.toLowerCase();
  if (!table) return;
  if (key === "j" || (row && key === "arrowdown")) step(table, 1);
  else if (key === "k" || (row && key === "arrowup")) step(table, -1);
  else if (row && key === "home") choose(rowsOf(table)[0]);
  else if (row && key === "end") choose(rowsOf(table).at(-1));
  else if (row && key === "enter" && row.dataset.href) open(row, false);
  else return;
  event.preventDefault();
}

function onClick(event) {
  const row = event.target instanceof Element ? event.target.closest("tr[data-href]") : null;
  if (!row || event.target.closest("a, button, input, select, label, summary")) return;
  if (window.getSelection()?.toString()) return; /* the user is copying text, not opening */
  open(row, event.ctrlKey || event.metaKey);
}

function showColumn(table, index, shown) {
  for (const row of table.rows) {
    if (row.cells.length > 1 && row.cells[index]) row.cells[index].hidden = !shown;
  }
}

function columnBox(table, index, head, hidden) {
  const line = document.createElement("label");
  line.className = "menu-item";
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = !hidden.has(index);
  box.addEventListener("change", () => {
    if (box.checked) hidden.delete(index);
    else hidden.add(index);
    showColumn(table, index, box.checked);
    keep(`columns.${table.id}`, JSON.stringify([...hidden]));
  });
  line.append(box, head.textContent.trim());
  return line;
}

function storedColumns(table, heads) {
  try {
    const stored = JSON.parse(recall(`columns.${table.id}`));
    if (Array.isArray(stored)) return new Set(stored.filter(Number.isInteger));
  } catch (broken) {
    keep(`columns.${table.id}`, null);
  }
  return new Set(heads.flatMap((head, index) => ("startHidden" in head.dataset ? [index] : [])));
}

function setUpColumns(table) {
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
  const hidden = storedColumns(table, heads);
  const menu = document.querySelector(`[data-columns-for="${CSS.escape(table.id)}"]`);
  if (!menu) return;
  const sheet = menu.querySelector(".menu-sheet");
  heads.forEach((head, index) => {
    if ("fixed" in head.dataset) return;
    sheet.append(columnBox(table, index, head, hidden));
    showColumn(table, index, !hidden.has(index));
  });
  menu.hidden = sheet.childElementCount === 0;
}

/* Makes a table ready: its rows for the keyboard, its columns as they were chosen. Also for one put in later. */
export function setUp(table) {
  rowsOf(table).forEach((row, index) => { row.tabIndex = index === 0 ? 0 : -1; });
  setUpColumns(table);
  table.addEventListener("click", onClick);
}

for (const table of document.querySelectorAll("[data-table]")) setUp(table);
document.addEventListener("keydown", onKey);
