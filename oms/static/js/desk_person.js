/* Whose dossier: the proposed persons by digit, another dossier by name, or a new cadre without leaving the desk. */

import { fill } from "./words.js";

const WAIT = 250;

export class Persons {
  constructor(form, ask) {
    this.form = form;
    this.ask = ask;
    this.list = form.querySelector("[data-persons]");
    this.search = form.querySelector("[data-person-search]");
    this.found = form.querySelector("#person-found");
    this.error = form.querySelector("[data-person-error]");
    this.secrecy = form.querySelector("[data-secrecy-note]");
    this.list.addEventListener("change", () => this.chosen());
    this.search.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.look(), WAIT);
    });
    this.search.addEventListener("keydown", (event) => this.searchKey(event));
    this.found.addEventListener("keydown", (event) => this.foundKey(event));
    const dialog = document.querySelector("[data-new-cadre]");
    dialog?.addEventListener("submit", (event) => this.create(event, dialog));
    dialog?.addEventListener("input", (event) => this.another(event, dialog));
    this.chosen();
  }

  radios() {
    return [...this.list.querySelectorAll("input[type=radio]")];
  }

  current() {
    return this.radios().find((radio) => radio.checked) ?? null;
  }

  chosen() {
    const radio = this.current();
    if (radio) this.error.hidden = true;
    const mark = radio?.closest(".person").querySelector(".secrecy")?.textContent ?? "";
    this.secrecy.hidden = mark === "";
    this.secrecy.textContent = mark ? fill(this.secrecy.dataset.text, { level: mark }) : "";
  }

  /* the digit's person; false when there is none */
  choose(number) {
    const radio = this.radios()[number - 1];
    if (!radio) return false;
    radio.checked = true;
    radio.focus();
    this.chosen();
    return true;
  }

  demand() {
    this.error.hidden = false;
    const radios = this.radios();
    (radios[0] ?? this.search).focus();
  }

  async look() {
    const asked = this.search.value.trim();
    if (asked.length < 2) { this.found.replaceChildren(); return; }
    try {
      const answer = await this.ask(`${this.search.dataset.personSearch}?q=${encodeURIComponent(asked)}`);
      if (asked !== this.search.value.trim()) return;
      const lines = answer.found.map((dossier) => this.line(dossier));
      if (lines.length === 0) lines.push(this.remark(this.search.dataset.none));
      else if (answer.total > lines.length) lines.push(this.remark(this.search.dataset.more));
      this.found.replaceChildren(...lines);
    } catch (lost) {
      this.found.replaceChildren(this.remark(this.search.dataset.lost));
    }
  }

  remark(text) {
    const line = document.createElement("li");
    line.className = "person-remark";
    line.textContent = text;
    return line;
  }

  line(dossier) {
    const line = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    const name = document.createElement("strong");
    name.textContent = dossier.name;
    const detail = document.createElement("span");
    detail.textContent = [dossier.birth, dossier.number, dossier.unit, dossier.secrecy].filter(Boolean).join(" · ");
    button.append(name, detail);
    button.addEventListener("click", () => this.pick(dossier));
    line.append(button);
    return line;
  }

  pick(dossier) {
    let radio = this.radios().find((each) => each.value === dossier.dossier_id);
    if (!radio) {
      const row = this.form.querySelector("[data-person-row]").content.firstElementChild.cloneNode(true);
      radio = row.querySelector("input");
      radio.value = dossier.dossier_id;
      row.querySelector(".person-name").textContent = dossier.name;
      row.querySelector(".person-birth").textContent = dossier.birth;
      const where = row.querySelector("[data-where]");
      where.textContent = `${where.dataset.word} ${dossier.number} · ${dossier.unit}`;
      if (dossier.secrecy) row.querySelector("[data-secret]").textContent = dossier.secrecy;
      else row.querySelector("[data-secret]").remove();
      row.querySelector("kbd").textContent = this.radios().length + 1;
      this.list.querySelector("[data-no-person]")?.remove();
      this.list.append(row);
    }
    radio.checked = true;
    this.search.value = "";
    this.found.replaceChildren();
    radio.focus();
    this.chosen();
  }

  searchKey(event) {
    if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      event.stopPropagation();
      this.found.querySelector("button")?.focus();
    } else if (event.key === "Escape") {
      this.search.value = "";
      this.found.replaceChildren();
    }
  }

  foundKey(event) {
    const buttons = [...this.found.querySelectorAll("button")];
    const here = buttons.indexOf(document.activeElement);
    if (event.key === "ArrowDown") buttons[Math.min(here + 1, buttons.length - 1)]?.focus();
    else if (event.key === "ArrowUp") (here > 0 ? buttons[here - 1] : this.search).focus();
    else if (event.key === "Escape") this.search.focus();
    else return;
    event.preventDefault();
  }

  /* what was said of one person does not hold for the next one typed */
  another(event, dialog) {
    if (!["full_name", "birth_date", "citizen_id", "old_id"].includes(event.target.name)) return;
    dialog.elements.namedItem("confirm_duplicate").checked = false;
    dialog.querySelector("[data-duplicate]").hidden = true;
  }

  async create(event, dialog) {
    event.preventDefault();
    const place = dialog.querySelector("[data-new-error]");
    place.hidden = true;
    try {
      const answer = await this.ask(dialog.action, new FormData(dialog));
      dialog.closest("dialog").close();
      this.another({ target: dialog.elements.namedItem("full_name") }, dialog);
      this.pick(answer.dossier);
    } catch (problem) {
      place.querySelector("span").textContent = problem.message || this.search.dataset.lost;
      place.hidden = false;
      if (problem.field === "duplicate") dialog.querySelector("[data-duplicate]").hidden = false;
      const field = { duplicate: "confirm_duplicate", number: "dossier_number", secrecy: "new_secrecy" }[problem.field] ?? problem.field;
      (field && dialog.elements.namedItem(field))?.focus();
    }
  }
}
