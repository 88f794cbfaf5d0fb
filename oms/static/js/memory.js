/* What this browser remembers for its user: theme, rail, columns. Losing it loses nothing of the work. */

export function recall(key) {
  try {
    return localStorage.getItem(`oms.${key}`);
  } catch (refused) {
    return null;
  }
}

export function keep(key, value) {
  try {
    if (value === null || value === "") localStorage.removeItem(`oms.${key}`);
    else localStorage.setItem(`oms.${key}`, value);
  } catch (refused) {
    document.documentElement.dataset.storage = "none";
  }
}
