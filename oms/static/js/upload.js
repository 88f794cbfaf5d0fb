/* Files dropped anywhere on the page, or picked, sent one request a file, two at once, each with its own
   line. Without this script the same form sends them all in one plain multipart request.
   The server answers JSON {ok, message, scan_id, retry}; sending again is offered for a lost connection and
   for a fault of the server (5xx) only. After the last file the form fires "oms:uploaded"
   with {sent, failed}; data-max-bytes is the largest file the server takes; with data-reload on the form the page is loaded again when all went well. */

import { bytes } from "./words.js";

const AT_ONCE = 2;
const TOO_LARGE = 413;
const SERVER_FAULT = 500;

function lineFor(form, file) {
  const line = form.querySelector("template[data-file]").content.firstElementChild.cloneNode(true);
  line.querySelector("[data-name]").textContent = file.name;
  line.querySelector("[data-name]").title = file.name;
  line.querySelector("[data-bytes]").textContent = bytes(file.size);
  line.querySelector("progress").setAttribute("aria-label", file.name);
  form.querySelector("[data-queue]").append(line);
  return line;
}

/* ``again`` is false for what would fail the same way a second time: the button is then not offered. */
function setState(line, state, message, again = true) {
  line.dataset.state = state;
  const place = line.querySelector("[data-message]");
  place.textContent = message ?? place.dataset[state] ?? "";
  line.querySelector("[data-retry]").hidden = state !== "failed" || !again;
}

function readAnswer(request) {
  try {
    const answer = JSON.parse(request.responseText);
    if (answer && typeof answer === "object") return answer;
  } catch (notJson) {
    return null;
  }
  return null;
}

function outcome(request, words) {
  const answer = readAnswer(request);
  const ok = request.status >= 200 && request.status < 300 && answer?.ok === true;
  if (ok) return { ok, message: answer.message || words.done };
  if (answer?.message) return { ok, message: answer.message, again: request.status >= SERVER_FAULT && answer.retry !== false };
  if (request.status === TOO_LARGE) return { ok, message: words.tooLarge, again: false };
  return { ok, message: words.lost, again: true };
}

function bodyFor(form, file) {
  const body = new FormData();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string") body.append(name, value);
  }
  body.append(form.querySelector("input[type=file]").name, file, file.name);
  return body;
}

/* Resolves, never rejects: a failed file is a line that says so and can be sent again. */
function send(form, job) {
  const words = job.line.querySelector("[data-message]").dataset;
  if (job.file.size > Number(form.dataset.maxBytes ?? Infinity)) {
    setState(job.line, "failed", words.tooLarge, false); /* said before half an hour of sending, not after */
    return Promise.resolve(false);
  }
  const bar = job.line.querySelector("progress");
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const fail = () => { setState(job.line, "failed", words.lost); resolve(false); };
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    request.setRequestHeader("X-CSRFToken", form.elements.namedItem("csrf_token").value);
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      bar.max = event.total || 1;
      bar.value = event.loaded;
    });
    request.upload.addEventListener("load", () => setState(job.line, "checking"));
    request.addEventListener("load", () => {
      const result = outcome(request, words);
      if (result.ok) bar.value = bar.max;
      setState(job.line, result.ok ? "done" : "failed", result.message, result.again);
      resolve(result.ok);
    });
    request.addEventListener("error", fail);
    request.addEventListener("abort", fail);
    setState(job.line, "sending");
    request.send(bodyFor(form, job.file));
  });
}

function uploader(form) {
  const waiting = [];
  let running = 0;
  let sent = 0;
  const finish = () => {
    const failed = form.querySelectorAll('[data-state="failed"]').length;
    form.dispatchEvent(new CustomEvent("oms:uploaded", { bubbles: true, detail: { sent, failed } }));
    if (failed === 0 && "reload" in form.dataset) window.location.reload();
  };
  const pump = () => {
    while (running < AT_ONCE && waiting.length > 0) {
      const job = waiting.shift();
      running += 1;
      send(form, job).then((ok) => {
        running -= 1;
        sent += ok ? 1 : 0;
        form.querySelector("[data-heard]").textContent = `${job.file.name}: ${job.line.querySelector("[data-message]").textContent}`;
        if (running === 0 && waiting.length === 0) finish();
        pump();
      });
    }
  };
  const enqueue = (job) => { setState(job.line, "waiting"); waiting.push(job); pump(); };
  window.addEventListener("beforeunload", (event) => { if (running > 0) event.preventDefault(); });
  return (files) => {
    for (const file of files) {
      const job = { file, line: lineFor(form, file) };
      job.line.querySelector("[data-retry]").addEventListener("click", () => enqueue(job));
      enqueue(job);
    }
  };
}

function carriesFiles(event) {
  return [...(event.dataTransfer?.types ?? [])].includes("Files");
}

function setUpDrop(form, add) {
  const veil = form.querySelector("template[data-veil]").content.firstElementChild.cloneNode(true);
  veil.hidden = true;
  document.body.append(veil);
  let depth = 0; /* dragenter and dragleave also fire for every child passed over */
  const set = (value) => { depth = Math.max(0, value); veil.hidden = depth === 0; };
  document.addEventListener("dragenter", (event) => { if (carriesFiles(event)) set(depth + 1); });
  document.addEventListener("dragleave", (event) => { if (carriesFiles(event)) set(depth - 1); });
  document.addEventListener("dragover", (event) => { if (carriesFiles(event)) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    set(0);
    add(event.dataTransfer.files);
  });
}

for (const form of document.querySelectorAll("form[data-upload]")) {
  const add = uploader(form);
  const input = form.querySelector("input[type=file]");
  const button = form.querySelector("[data-pick-text]");
  button.type = "button";
  button.textContent = button.dataset.pickText;
  form.classList.add("is-live");
  button.addEventListener("click", () => input.click());
  const take = () => { add([...input.files]); input.value = ""; };
  input.addEventListener("change", take);
  if (input.files.length > 0) take(); /* picked before this script had come: a slow machine must not lose it */
  form.addEventListener("submit", (event) => event.preventDefault());
  setUpDrop(form, add);
}
