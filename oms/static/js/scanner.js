/* A scanner at work: asks at data-scanner once a second how many pages have come and says so; when the run has
   ended, the parts of the page are put in anew (batch.js) with the file it made. JSON: {pages, label, ended}. */

const EVERY = 1000;
const SLOWEST = 10000;

async function watch(block, wait = EVERY) {
  if (!block.isConnected) return;
  let next = EVERY;
  try {
    const answer = await fetch(block.dataset.scanner, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const news = await answer.json();
    const place = block.querySelector("[data-scanner-label]");
    if (place.textContent !== news.label) place.textContent = news.label;
    if (news.ended) {
      block.dispatchEvent(new CustomEvent("oms:finished", { bubbles: true, detail: news }));
      return;
    }
  } catch (lost) {
    next = Math.min(wait * 2, SLOWEST);
  }
  setTimeout(() => watch(block, next), next);
}

/* Starts watching the runs inside a part of the page that was put in anew. */
export function startScanner(part) {
  for (const block of part.querySelectorAll("[data-scanner]")) watch(block);
}

startScanner(document);
