/* The paper's pages: shown one at a time, put in another order by dragging or by key, kept turned, and looked after
   while the machine reads them again. */

const ASK_EVERY = 2000;

export class Pages {
  constructor(desk, form, viewer, ask) {
    this.desk = desk;
    this.form = form;
    this.viewer = viewer;
    this.ask = ask;
    this.bar = desk.querySelector("[data-pages]");
    this.button = form.querySelector("[data-act]");
    this.turned = desk.querySelector("[data-turned]");
    this.turned.querySelector("[data-keep-turn]").addEventListener("click", () => this.keepTurn());
    viewer.root.addEventListener("desk:turn", () => this.showTurn());
    viewer.root.addEventListener("desk:page", () => {
      form.elements.namedItem("shown").value = String(this.ids().indexOf(viewer.page.id) + 1);
      this.showTurn();
    });
    this.drags();
    this.bar.addEventListener("keydown", (event) => this.barKey(event));
    if (desk.dataset.readingState) this.wait();
  }

  ids() {
    return this.viewer.pages.map((page) => page.id);
  }

  act(what) {
    this.button.value = what;
    this.form.requestSubmit(this.button);
  }

  showTurn() {
    this.turned.hidden = !this.viewer.page || (this.viewer.turn - (this.viewer.page.turn ?? 0) + 360) % 360 === 0;
  }

  keepTurn() {
    const page = this.viewer.page;
    const by = page ? (this.viewer.turn - (page.turn ?? 0) + 360) % 360 : 0;
    if (by) this.act(`turn/${by}/${page.id}`);
  }

  put(id, before) {
    const order = this.ids().filter((each) => each !== id);
    order.splice(before, 0, id);
    if (order.join() !== this.ids().join()) this.act(`move/${order.join(",")}`);
  }

  barKey(event) {
    const button = event.target.closest("[data-page-id]");
    if (!button || !event.shiftKey || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const here = this.ids().indexOf(button.dataset.pageId);
    const there = here + (event.key === "ArrowLeft" ? -1 : 1);
    if (there >= 0 && there < this.ids().length) this.put(button.dataset.pageId, there);
  }

  drags() {
    let held = null;
    this.bar.addEventListener("dragstart", (event) => {
      held = event.target.closest("[data-page-id]");
      event.dataTransfer.effectAllowed = "move";
    });
    this.bar.addEventListener("dragover", (event) => {
      if (held && event.target.closest("[data-page-id]")) event.preventDefault();
    });
    this.bar.addEventListener("drop", (event) => {
      const target = event.target.closest("[data-page-id]");
      event.preventDefault();
      if (held && target && target !== held) this.put(held.dataset.pageId, this.ids().indexOf(target.dataset.pageId));
      held = null;
    });
  }

  /* asks until the pages are read; shows the new reading at once when nothing typed would be disturbed */
  wait() {
    const dirty = this.form.elements.namedItem("dirty");
    const look = async () => {
      let answer = null;
      try {
        answer = await this.ask(this.desk.dataset.readingState);
      } catch (lost) {
        answer = null; /* the next look tries again */
      }
      if (answer?.waiting !== 0) {
        setTimeout(look, ASK_EVERY);
        return;
      }
      const busy = dirty.value === "1" || document.querySelector("dialog[open]");
      if (!busy) {
        const at = new URL(window.location.href);
        at.searchParams.set("trang", this.form.elements.namedItem("shown").value);
        window.location.replace(at);
        return;
      }
      const note = this.desk.querySelector("[data-rereading]");
      note.querySelector("span").textContent = note.dataset.done;
    };
    setTimeout(look, ASK_EVERY);
  }
}
