/* The words of the page: text with the doubtful words marked, and one editor in which they are put right one after
   the other. A word is kept on the server as soon as it is accepted; what was typed stays until that has worked. */

import { fill } from "./words.js";

const INDEX = 0, TEXT = 1, SUSPECT = 6, CORRECTED = 7, SURE = 8, LINE = 9;

export class Words {
  constructor(desk, viewer, send) {
    this.viewer = viewer;
    this.send = send;
    this.list = desk.querySelector("[data-words]");
    this.editor = desk.querySelector("[data-word-editor]");
    this.input = this.editor.querySelector("input");
    this.crop = this.editor.querySelector("[data-word-crop]");
    this.note = this.editor.querySelector("[data-word-note]");
    this.badge = desk.querySelector("[data-doubts]");
    this.current = null;
    this.done = [];
    this.say("idle");
    this.list.addEventListener("click", (event) => {
      const mark = event.target.closest("[data-word]");
      if (mark) this.edit(this.viewer.page, Number(mark.dataset.word));
    });
  }

  say(name, values = {}) {
    this.note.textContent = fill(this.note.dataset[name], values);
  }

  /* the text of a page, line by line */
  write(page) {
    const lines = document.createDocumentFragment();
    let line = null;
    let last = null;
    for (const word of page.words) {
      if (word[LINE] !== last) {
        line = document.createElement("p");
        lines.append(line);
        last = word[LINE];
      }
      const mark = document.createElement("span");
      mark.dataset.word = word[INDEX];
      this.dress(mark, page, word);
      line.append(mark, " ");
    }
    if (page.words.length === 0) lines.append(this.list.dataset.empty);
    this.list.replaceChildren(lines);
    this.count();
  }

  dress(mark, page, word) {
    mark.textContent = word[TEXT];
    mark.className = `word${word[CORRECTED] ? " word-corrected" : word[SUSPECT] ? " word-doubt" : ""}`;
    if (this.current?.page === page && this.current.word === word) mark.classList.add("word-now");
  }

  redress(page, word) {
    if (page !== this.viewer.page || !page.words.includes(word)) return;
    const mark = this.list.querySelector(`[data-word="${word[INDEX]}"]`);
    if (mark) this.dress(mark, page, word);
    this.viewer.draw();
    this.count();
  }

  count() {
    const left = this.doubts().length;
    this.badge.hidden = left === 0;
    this.badge.textContent = fill(this.badge.dataset.text, { n: left });
  }

  /* words that stand in a value a person has settled need no look of their own */
  settle(settled) {
    for (const word of settled) word[SUSPECT] = 0;
    if (settled.length === 0 || !this.viewer.page) return;
    for (const word of settled) this.redress(this.viewer.page, word);
  }

  doubts() {
    return this.viewer.pages.flatMap((page) => page.words.filter((word) => word[SUSPECT]).map((word) => ({ page, word })));
  }

  async edit(page, index, focus = true) {
    const word = page.words.find((each) => each[INDEX] === index);
    if (!word) return;
    const before = this.current;
    this.current = { page, word, at: word[TEXT] };
    if (before) this.redress(before.page, before.word);
    this.input.disabled = false;
    this.input.value = word[TEXT];
    this.editor.classList.toggle("has-doubt", Boolean(word[SUSPECT]));
    if (word[CORRECTED]) this.say("corrected");
    else this.say("reading", { text: word[TEXT], sure: word[SURE] });
    if (focus) { this.input.focus(); this.input.select(); }
    const box = word.slice(2, 6);
    await this.viewer.focus(page.id, box);
    this.redress(page, word);
    this.list.querySelector(`[data-word="${index}"]`)?.scrollIntoView({ block: "nearest" });
    this.viewer.crop(this.crop, page.id, box);
  }

  /* the doubtful word after (or before) the one in hand; false when there is none */
  step(by) {
    const all = this.viewer.pages.flatMap((page) => page.words.map((word) => ({ page, word })));
    const here = this.current ? all.findIndex((each) => each.word === this.current.word) : -1;
    const rest = by > 0 ? all.slice(here + 1) : all.slice(0, Math.max(here, 0)).reverse();
    const next = rest.find((each) => each.word[SUSPECT]);
    if (!next) return false;
    this.edit(next.page, next.word[INDEX]);
    return true;
  }

  first() {
    this.current = null;
    return this.step(1);
  }

  async keep(page, word, text) {
    const answer = await this.send(page.address, { word: word[INDEX], text });
    [word[TEXT], word[SUSPECT], word[CORRECTED]] = [answer.text, Number(answer.suspect), Number(answer.corrected)];
    this.redress(page, word);
  }

  /* Enter: what stands in the box is right; on to the next doubtful word */
  async accept() {
    if (!this.current || this.busy) return;
    const { page, word } = this.current;
    const text = this.input.value.trim();
    const was = word[CORRECTED] ? word[TEXT] : "";
    this.busy = true;
    try {
      await this.keep(page, word, text);
      this.done.push({ page, word, was });
      if (this.step(1)) return;
      if (this.doubts().length > 0) { this.first(); return; }
      this.input.value = word[TEXT];
      this.say("done");
      this.editor.classList.remove("has-doubt");
    } catch (problem) {
      this.note.textContent = problem.message || this.input.dataset.lost;
    } finally {
      this.busy = false;
    }
  }

  /* takes back the last word of this sitting; false when there is none */
  undo() {
    const last = this.done.pop();
    if (!last) return false;
    this.keep(last.page, last.word, last.was).then(() => this.edit(last.page, last.word[INDEX], false)).then(() => this.say("undone"))
      .catch((problem) => { this.done.push(last); this.note.textContent = problem.message || this.input.dataset.lost; });
    return true;
  }

  /* Esc: the word as it was */
  leave() {
    if (this.current) this.input.value = this.current.word[TEXT];
    this.viewer.root.focus({ preventScroll: true });
  }
}
