// Counting by keyboard: Enter in an empty box takes the number of the list and goes on to the next line's box.
const form = document.querySelector("form[data-count]");

if (form) {
  const boxes = [...form.querySelectorAll("input[data-listed]")];
  form.addEventListener("keydown", (event) => {
    const place = boxes.indexOf(event.target);
    if (place < 0) return;
    if (event.key === "Enter") {
      event.preventDefault();
      if (!event.target.value.trim()) event.target.value = event.target.dataset.listed;
    } else if (event.key !== "ArrowDown" && event.key !== "ArrowUp") {
      return;
    }
    const next = boxes[place + (event.key === "ArrowUp" ? -1 : 1)];
    event.preventDefault();
    if (next) {
      next.focus();
      next.select();
    } else if (event.key === "Enter") {
      form.querySelector("button[type=submit]").focus();
    }
  });
}
