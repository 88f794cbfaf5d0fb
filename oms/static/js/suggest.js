/* Names offered while one is typed (a combobox with a list, as ARIA's practices describe it).

   Every question asked here is a row in the journal: it waits until typing pauses, asks nothing twice, and the answer
   to what is no longer in the box is thrown away. */

import { fill, number } from "./words.js";

const PAUSE = 160;
const LEAST = 2;

let boxes = 0;

export function suggestIn(input) {
  const list = document.createElement("ul");
  list.id = `suggested-${++boxes}`;
  list.className = "suggested";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.dataset.suggestLabel);
  input.after(list);
  input.parentElement.classList.add("has-suggested");
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": list.id,
  })) input.setAttribute(name, value);

  const known = new Map();
  let waiting = 0;
  let running = null;
  let chosen = -1;

  const close = () => {
    clearTimeout(waiting);
    running?.abort();
    list.hidden = true;
    list.replaceChildren();
    choose(-1);
    input.setAttribute("aria-expanded", "false");
  };

  const choose = (place) => {
    chosen = place;
    [...list.children].forEach((line, index) => line.setAttribute("aria-selected", String(index === place)));
    if (place === -1) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", list.children[place].id);
  };

  const take = (line) => {
    input.value = line.dataset.name;
    close();
    input.form.requestSubmit();
  };

  const show = (names) => {
    list.replaceChildren(...names.map(({ name, persons }, index) => {
      const line = document.createElement("li");
      line.id = `${list.id}-${index}`;
      line.setAttribute("role", "option");
      line.dataset.name = name;
      const words = document.createElement("span");
      words.textContent = name;
      const count = document.createElement("span");
      count.className = "suggested-count";
      count.textContent = fill(input.dataset.persons, { n: number(persons) });
      line.append(words, " ", count);
      return line;
    }));
    list.hidden = names.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    choose(-1);
  };

  const ask = async () => {
    const typed = input.value.trim();
    running?.abort();
    if (document.activeElement !== input) return;
    if (typed.length < LEAST) {
      show([]);
      return;
    }
    if (!known.has(typed)) {
      running = new AbortController();
      try {
        const address = `${input.dataset.suggests}?${new URLSearchParams({ q: typed })}`;
        const answer = await fetch(address, { signal: running.signal, headers: { Accept: "application/json" } });
        if (!answer.ok || answer.redirected) return;
        known.set(typed, (await answer.json()).names);
      } catch (failed) {
        return; /* names are a help; without them the box still searches */
      }
    }
    if (input.value.trim() === typed && document.activeElement === input) show(known.get(typed));
  };

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, PAUSE);
  });
  input.addEventListener("blur", close);
  input.form.addEventListener("submit", close);
  input.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const last = list.children.length - 1;
    if (event.key === "ArrowDown") choose(chosen === last ? -1 : chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen === -1 ? last : chosen - 1);
    else if (event.key === "Enter" && chosen !== -1) take(list.children[chosen]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  /* before the box loses the focus, which would close the list under the pointer */
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const line = event.target instanceof Element ? event.target.closest("[role=option]") : null;
    if (line) take(line);
  });
}
