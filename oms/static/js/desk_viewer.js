/* The page image: fit, zoom, drag, turn, loupe, boxes, and the crops of single spots. Boxes and words are in the
   page's own pixels; the image may be smaller, so it is stretched to them. Every image is asked for once, for each
   look at a page is a line of the journal. */

const MARGIN = 16;
const STEP = 1.25;
const LETTER = 13;
const SVG = "http://www.w3.org/2000/svg";
const LOUPE = { width: 300, height: 150, zoom: 2.5 };

function rectangle(box, kind) {
  const [x0, y0, x1, y1] = box;
  const rect = document.createElementNS(SVG, "rect");
  rect.setAttribute("x", x0 - 4);
  rect.setAttribute("y", y0 - 4);
  rect.setAttribute("width", x1 - x0 + 8);
  rect.setAttribute("height", y1 - y0 + 8);
  rect.setAttribute("rx", 4);
  rect.setAttribute("class", kind);
  return rect;
}

export function boxOf(text) {
  const box = (text ?? "").split(",").map(Number);
  return box.length === 4 && box.every(Number.isFinite) ? box : null;
}

export class Viewer {
  constructor(root, pages, onWord) {
    this.root = root;
    this.pages = pages;
    this.onWord = onWord;
    this.sheet = root.querySelector("[data-sheet]");
    this.wait = root.querySelector("[data-wait]");
    this.loupe = root.querySelector("[data-loupe]");
    this.images = new Map();
    this.page = null;
    this.now = null;
    this.turn = 0;
    this.place = { x: MARGIN, y: MARGIN, scale: 1 };
    this.fitted = true;
    this.listen();
    new ResizeObserver(() => {
      if (!this.page) return;
      if (this.fitted) this.fit();
      else if (this.now) this.focus(this.page.id, this.now); /* the spot in hand stays in sight */
      else this.move(this.place.x, this.place.y);
    }).observe(root);
  }

  find(pageId) {
    return this.pages.find((page) => page.id === pageId) ?? null;
  }

  load(page) {
    if (!this.images.has(page.id)) {
      this.images.set(page.id, new Promise((resolve, reject) => {
        const image = new Image();
        image.alt = "";
        image.draggable = false;
        image.addEventListener("load", () => resolve(image));
        image.addEventListener("error", () => { this.images.delete(page.id); reject(new Error("image")); });
        image.src = page.image;
      }));
    }
    return this.images.get(page.id);
  }

  async show(page) {
    if (this.page === page) return;
    this.page = page;
    this.now = null;
    this.turn = page.turn ?? 0;
    this.sheet.replaceChildren();
    for (const missing of this.root.querySelectorAll("[data-missing]")) missing.hidden = missing.dataset.missing !== page.id;
    this.sheet.hidden = !page.image;
    this.wait.hidden = !page.image;
    this.root.dispatchEvent(new CustomEvent("desk:page", { detail: page }));
    if (!page.image) return;
    this.sheet.style.width = `${page.width}px`;
    this.sheet.style.height = `${page.height}px`;
    this.fit();
    try {
      const image = await this.load(page);
      if (this.page !== page) return;
      this.boxes = document.createElementNS(SVG, "svg");
      this.boxes.setAttribute("viewBox", `0 0 ${page.width} ${page.height}`);
      this.boxes.setAttribute("class", "viewer-boxes");
      this.boxes.setAttribute("aria-hidden", "true");
      this.sheet.replaceChildren(image, this.boxes);
      this.wait.hidden = true;
      this.draw();
    } catch (lost) {
      if (this.page === page) this.wait.textContent = this.wait.dataset.lost;
    }
  }

  /* the word boxes, the doubtful ones dashed, and the spot in hand on top */
  draw() {
    if (!this.boxes) return;
    const marks = this.page.words.map(([, , x0, y0, x1, y1, suspect, corrected]) =>
      rectangle([x0, y0, x1, y1], corrected ? "box-corrected" : suspect ? "box-suspect" : "box-word"));
    if (this.now) marks.push(rectangle(this.now, "box-now"));
    this.boxes.replaceChildren(...marks);
  }

  size() {
    const { width, height } = this.page;
    return this.turn % 180 ? [height, width] : [width, height];
  }

  shift() {
    const { width, height } = this.page;
    return { 0: [0, 0], 90: [height, 0], 180: [width, height], 270: [0, width] }[this.turn];
  }

  /* page pixels to turned pixels, and back */
  turned(x, y) {
    const { width, height } = this.page;
    return { 0: [x, y], 90: [height - y, x], 180: [width - x, height - y], 270: [y, width - x] }[this.turn];
  }

  unturned(x, y) {
    const { width, height } = this.page;
    return { 0: [x, y], 90: [y, height - x], 180: [width - x, height - y], 270: [width - y, x] }[this.turn];
  }

  apply() {
    const [ox, oy] = this.shift();
    const { x, y, scale } = this.place;
    this.sheet.style.setProperty("--page-pixel", String(1 / scale));
    this.sheet.style.transform = `translate(${x}px, ${y}px) scale(${scale}) translate(${ox}px, ${oy}px) rotate(${this.turn}deg)`;
  }

  fitScale() {
    return Math.max(this.root.clientWidth - 2 * MARGIN, 100) / this.size()[0];
  }

  /* keeps some of the paper in sight */
  move(x, y, scale = this.place.scale) {
    const [width, height] = this.size();
    const hold = (at, paper, room) => (paper * scale + 2 * MARGIN <= room
      ? Math.min(Math.max(at, MARGIN), room - paper * scale - MARGIN)
      : Math.min(Math.max(at, room - paper * scale - MARGIN), MARGIN));
    this.place = { x: hold(x, width, this.root.clientWidth), y: hold(y, height, this.root.clientHeight), scale };
    this.apply();
  }

  fit() {
    this.fitted = true;
    this.move(MARGIN, MARGIN, this.fitScale());
  }

  zoom(factor, cx = this.root.clientWidth / 2, cy = this.root.clientHeight / 2) {
    const least = Math.min(this.fitScale(), this.root.clientHeight / this.size()[1]) * 0.8;
    const scale = Math.min(Math.max(this.place.scale * factor, least), 4);
    const by = scale / this.place.scale;
    this.fitted = false;
    this.move(cx - (cx - this.place.x) * by, cy - (cy - this.place.y) * by, scale);
  }

  rotate() {
    this.turn = (this.turn + 90) % 360;
    this.fit();
    this.root.dispatchEvent(new CustomEvent("desk:turn"));
  }

  pan(dx, dy) {
    this.fitted = false;
    this.move(this.place.x + dx, this.place.y + dy);
  }

  /* brings a spot to the eye: large enough to read, a third from the top, and marked */
  async focus(pageId, box) {
    const page = this.find(pageId);
    if (!page || !box) return;
    await this.show(page);
    if (this.page !== page) return;
    this.now = box;
    this.draw();
    const [ax, ay] = this.turned(box[0], box[1]);
    const [bx, by] = this.turned(box[2], box[3]);
    const fit = this.fitScale();
    const wanted = Math.min((this.root.clientWidth * 0.86) / Math.max(Math.abs(bx - ax), 1), 46 / Math.max(Math.abs(by - ay), 1));
    const scale = Math.min(Math.max(wanted, fit), fit * 2);
    this.fitted = false;
    this.move(this.root.clientWidth / 2 - ((ax + bx) / 2) * scale, this.root.clientHeight * 0.36 - ((ay + by) / 2) * scale, scale);
  }

  async crop(canvas, pageId, box) {
    const page = this.find(pageId);
    if (!page?.image || !box) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.max(canvas.clientWidth, 1) * ratio;
    canvas.height = Math.max(canvas.clientHeight, 1) * ratio;
    const image = await this.load(page).catch(() => null);
    if (!image) return;
    const pad = (box[3] - box[1]) * 0.35;
    const [x, y] = [Math.max(box[0] - pad, 0), Math.max(box[1] - pad, 0)];
    const [width, height] = [box[2] + pad - x, box[3] + pad - y];
    /* the whole spot if it stays legible, else its beginning (forms draw dotted lines to the margin) */
    const legible = (LETTER * ratio) / (box[3] - box[1]);
    const scale = Math.min(Math.max(canvas.width / width, legible), canvas.height / height, ratio);
    const k = image.naturalWidth / page.width;
    const pen = canvas.getContext("2d");
    pen.imageSmoothingQuality = "high";
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(image, x * k, y * k, width * k, height * k, 0, (canvas.height - height * scale) / 2, width * scale, height * scale);
  }

  pagePoint(event) {
    const frame = this.root.getBoundingClientRect();
    const { x, y, scale } = this.place;
    return this.unturned((event.clientX - frame.left - x) / scale, (event.clientY - frame.top - y) / scale);
  }

  async magnify(event) {
    const image = this.page?.image ? await this.load(this.page).catch(() => null) : null;
    if (!image) return;
    const frame = this.root.getBoundingClientRect();
    const [px, py] = this.turned(...this.pagePoint(event));
    const pen = this.loupe.getContext("2d");
    const zoom = this.place.scale * LOUPE.zoom;
    this.loupe.hidden = false;
    this.loupe.width = LOUPE.width;
    this.loupe.height = LOUPE.height;
    this.loupe.style.left = `${Math.min(Math.max(event.clientX - frame.left - LOUPE.width / 2, 4), frame.width - LOUPE.width - 4)}px`;
    this.loupe.style.top = `${Math.max(event.clientY - frame.top - LOUPE.height - 18, 4)}px`;
    pen.translate(LOUPE.width / 2, LOUPE.height / 2);
    pen.scale(zoom, zoom);
    pen.translate(-px, -py);
    pen.translate(...this.shift());
    pen.rotate((this.turn * Math.PI) / 180);
    pen.drawImage(image, 0, 0, this.page.width, this.page.height);
  }

  wordAt([x, y]) {
    return this.page?.words.find(([, , x0, y0, x1, y1]) => x >= x0 - 3 && x <= x1 + 3 && y >= y0 - 3 && y <= y1 + 3);
  }

  listen() {
    let start = null;
    this.root.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.target.closest("button, form, [data-missing]")) return;
      start = { x: event.clientX, y: event.clientY, moved: false };
      this.root.setPointerCapture(event.pointerId);
    });
    this.root.addEventListener("pointermove", (event) => {
      if (event.altKey) this.magnify(event);
      else this.loupe.hidden = true;
      if (!start) return;
      const [dx, dy] = [event.clientX - start.x, event.clientY - start.y];
      if (!start.moved && Math.hypot(dx, dy) < 4) return;
      start = { x: event.clientX, y: event.clientY, moved: true };
      this.pan(dx, dy);
    });
    this.root.addEventListener("pointerup", (event) => {
      const word = start && !start.moved && this.page ? this.wordAt(this.pagePoint(event)) : null;
      start = null;
      if (word) this.onWord(this.page, word[0]);
    });
    this.root.addEventListener("pointerleave", () => { this.loupe.hidden = true; });
    document.addEventListener("keyup", (event) => { if (event.key === "Alt") this.loupe.hidden = true; });
    this.root.addEventListener("wheel", (event) => {
      event.preventDefault();
      const frame = this.root.getBoundingClientRect();
      if (event.ctrlKey) this.zoom(event.deltaY < 0 ? STEP : 1 / STEP, event.clientX - frame.left, event.clientY - frame.top);
      else if (event.shiftKey) this.pan(-event.deltaY, 0);
      else this.pan(-event.deltaX, -event.deltaY);
    }, { passive: false });
  }
}
