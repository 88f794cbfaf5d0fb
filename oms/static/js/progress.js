/* Live progress: reads the JSON at data-poll every 1.5 s while data-active stands, writes texts into
   places that are already there (so nothing on the page moves), and stops when the work is finished.
   JSON: {done, total, rate, seconds_left, label, finished,
          rows: [{id, state, state_label, done, total, reason}]}; rate is per minute. */

import { duration, fill, number } from "./words.js";

const EVERY = 1500;
const SLOWEST = 15000;
const KINDS = { done: "ok", read: "ok", filed: "ok", flagged: "doubt", doubt: "doubt", failed: "refused", rejected: "refused" };

function put(place, text) {
  if (place && place.textContent !== text) place.textContent = text;
}

function setBar(bar, done, total) {
  if (!bar) return;
  bar.max = Math.max(total, 1);
  bar.value = Math.min(done, bar.max);
}

function showRow(row) {
  const line = document.querySelector(`[data-row="${CSS.escape(String(row.id))}"]`);
  if (!line) return;
  const state = line.querySelector("[data-row-state]");
  if (state) {
    put(state, row.state_label ?? "");
    state.className = `badge${KINDS[row.state] ? ` badge-${KINDS[row.state]}` : ""}`;
  }
  if (row.total) {
    put(line.querySelector("[data-row-count]"), `${number(row.done)}/${number(row.total)}`);
    setBar(line.querySelector("[data-row-bar]"), row.done, row.total);
  }
  put(line.querySelector("[data-row-reason]"), row.reason ?? "");
}

/* Readers hear every tenth of the way and the end, not every tick. */
function say(block, news) {
  const tenth = news.total ? Math.floor((news.done / news.total) * 10) : 0;
  if (!news.finished && String(tenth) === block.dataset.saidTenth) return;
  block.dataset.saidTenth = String(tenth);
  put(block.querySelector("[data-heard]"), `${news.label ?? ""} ${number(news.done)}/${number(news.total)} ${block.dataset.unit}`);
}

function show(block, news) {
  if (news.label) put(block.querySelector("[data-label]"), news.label);
  put(block.querySelector("[data-done]"), number(news.done));
  put(block.querySelector("[data-total]"), number(news.total));
  setBar(block.querySelector("progress"), news.done, news.total);
  const rate = news.rate ? fill(block.dataset.rateText, { rate: number(news.rate), unit: block.dataset.unit }) : "";
  const known = !news.finished && news.seconds_left !== null && news.seconds_left !== undefined;
  put(block.querySelector("[data-rate]"), rate);
  put(block.querySelector("[data-left]"), known ? fill(block.dataset.leftText, { time: duration(news.seconds_left) }) : "");
  for (const row of news.rows ?? []) showRow(row);
  say(block, news);
}

function finish(block, news) {
  delete block.dataset.active;
  block.dispatchEvent(new CustomEvent("oms:finished", { bubbles: true, detail: news }));
  if ("reload" in block.dataset) window.location.reload();
}

async function ask(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function watch(block, wait = EVERY) {
  if (!("active" in block.dataset)) return;
  let next = EVERY;
  if (!document.hidden) {
    try {
      const news = await ask(block.dataset.poll);
      show(block, news);
      if (news.finished) {
        finish(block, news);
        return;
      }
    } catch (lost) {
      put(block.querySelector("[data-left]"), block.dataset.lostText);
      next = Math.min(wait * 2, SLOWEST);
    }
  }
  setTimeout(() => watch(block, next), next);
}

/* Starts watching a block that was made active after the page was loaded. */
export function start(block) {
  block.dataset.active = "";
  watch(block);
}

for (const block of document.querySelectorAll("[data-poll][data-active]")) watch(block);
