/* The fields of the desk: which are doubtful, what makes them right, the ways a value can be read, rows added to
   tables, and the changes of this sitting that Ctrl+Z takes back. */

const NEAR = 4;

function inside(box, spot) {
  const [cx, cy] = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
  return cx >= spot[0] - NEAR && cx <= spot[2] + NEAR && cy >= spot[1] - NEAR && cy <= spot[3] + NEAR;
}

export class Fields {
  constructor(form, onSettled) {
    this.form = form;
    this.onSettled = onSettled;
    this.dirty = form.elements.namedItem("dirty");
    this.undone = [];
    for (const field of this.all()) field.dataset.held = field.value;
    form.addEventListener("input", (event) => { if (this.isField(event.target)) this.dirty.value = "1"; });
    form.addEventListener("change", (event) => this.changed(event.target));
    form.addEventListener("click", (event) => {
      const reading = event.target.closest("[data-reading]");
      if (reading) this.take(reading);
      const add = event.target.closest("[data-add-row]");
      if (add) this.addRow(add.closest("[data-table-of]"));
    });
    for (const add of form.querySelectorAll("[data-add-row]")) add.hidden = false;
  }

  all() {
    return [...this.form.querySelectorAll(".desk-field .field .control")];
  }

  isField(target) {
    return target.matches?.(".desk-field .field .control") ?? false;
  }

  place(field) {
    return field.closest(".field");
  }

  isDoubtful(field) {
    return this.place(field).classList.contains("has-doubt");
  }

  doubtful() {
    return this.all().filter((field) => this.isDoubtful(field));
  }

  changed(target) {
    if (target.name === "seen") {
      const field = target.closest(".desk-field").querySelector(".control");
      this.dress(field, target.checked);
      this.dirty.value = "1";
      return;
    }
    if (!this.isField(target) || target.dataset.held === target.value) return;
    this.undone.push({ field: target, was: target.dataset.held, doubt: this.isDoubtful(target), seen: this.seen(target)?.checked });
    target.dataset.held = target.value;
    this.dress(target, true);
  }

  seen(field) {
    return field.closest(".desk-field").querySelector("input[name=seen]");
  }

  dress(field, right) {
    const place = this.place(field);
    place.classList.toggle("has-doubt", !right);
    place.classList.toggle("is-confirmed", right);
    place.closest(".desk-field").classList.toggle("is-settled", right);
    if (right) this.onSettled(field);
  }

  /* Enter: what stands here is right */
  accept(field) {
    if (field.dataset.held !== field.value) {
      this.changed(field); /* before the browser says so, while it is still known to have been doubtful */
      return;
    }
    if (!this.isDoubtful(field)) return;
    const box = this.seen(field);
    this.undone.push({ field, was: field.value, doubt: true, seen: box?.checked });
    if (box && !box.checked) {
      box.checked = true;
      this.dirty.value = "1";
    }
    this.dress(field, true);
  }

  take(button) {
    const field = button.closest(".desk-field").querySelector(".control");
    field.value = button.dataset.reading;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
    this.go(field);
  }

  /* the digit's reading of the field in hand; false when there is none, or when the digit is being typed */
  choose(field, digit, chord) {
    const list = field.closest(".desk-field")?.querySelector("[data-readings]");
    const button = list?.querySelectorAll("[data-reading]")[digit - 1];
    if (!button) return false;
    const untouched = field.value === field.dataset.held && field.selectionStart === 0 && field.selectionEnd === field.value.length;
    if (!chord && (list.hasAttribute("data-chord") || !untouched)) return false;
    this.take(button);
    return true;
  }

  go(field) {
    field.focus();
    if (field.select) field.select();
    field.closest(".desk-field").scrollIntoView({ block: "nearest" }); /* with its crop and its readings */
  }

  step(field, by) {
    const all = this.all();
    const next = all[all.indexOf(field) + by];
    if (next) this.go(next);
    return Boolean(next);
  }

  /* the doubtful field after this one, else the first that is left; null when none is */
  nextDoubt(field) {
    const all = this.all();
    const here = field ? all.indexOf(field) : -1;
    return all.slice(here + 1).find((each) => this.isDoubtful(each)) ?? null;
  }

  firstDoubt() {
    return this.doubtful()[0] ?? null;
  }

  undo() {
    const last = this.undone.pop();
    if (!last) return false;
    last.field.value = last.was;
    last.field.dataset.held = last.was;
    const box = this.seen(last.field);
    if (box && last.seen !== undefined) box.checked = last.seen;
    this.dress(last.field, !last.doubt);
    this.go(last.field);
    return true;
  }

  /* an empty row after the last one, named for the next number */
  addRow(table) {
    const rows = [...table.querySelectorAll("[data-row]")];
    const last = rows[rows.length - 1];
    const number = Number(last.dataset.row) + 1;
    const row = last.cloneNode(true);
    row.dataset.row = number;
    for (const extra of row.querySelectorAll(".crop, .seen, .field-error")) extra.remove();
    for (const cell of row.querySelectorAll(".desk-field")) {
      cell.dataset.page = "";
      cell.dataset.box = "";
    }
    for (const input of row.querySelectorAll(".control")) {
      const [, name, column] = /^field\.(\w+)\.\d+\.(\w+)$/.exec(input.name);
      input.name = `field.${name}.${number}.${column}`;
      input.id = `f-${input.name}`;
      input.value = "";
      input.dataset.held = "";
      input.removeAttribute("title");
      input.setAttribute("aria-label", input.getAttribute("aria-label").replace(/\d+/, number));
      this.place(input).className = "field";
      this.place(input).dataset.field = input.name;
    }
    last.after(row);
    this.go(row.querySelector(".control"));
  }

  /* words inside a value that was settled are settled with it */
  wordsOf(field, pages) {
    const spot = field.closest(".desk-field");
    const box = (spot.dataset.box ?? "").split(",").map(Number);
    const page = pages.find((each) => each.id === spot.dataset.page);
    if (!page || box.length !== 4) return [];
    return page.words.filter((word) => inside(word.slice(2, 6), box));
  }
}
