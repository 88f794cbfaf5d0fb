/* A line of the journal opens to all its columns, and closes again. */

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-expands]") : null;
  const whole = button ? document.getElementById(button.dataset.expands) : null;
  if (!whole) return;
  whole.hidden = !whole.hidden;
  button.setAttribute("aria-expanded", String(!whole.hidden));
});
