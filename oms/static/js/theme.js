/* Runs before the first paint, so neither the colours nor the rail jump. A plain script on purpose:
   modules are deferred. Private windows may refuse storage; then the machine's own setting holds. */
(function () {
  try {
    const theme = localStorage.getItem("oms.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
    if (localStorage.getItem("oms.rail") === "narrow") document.documentElement.dataset.rail = "narrow";
    if (localStorage.getItem("oms.pictures") === "off") document.documentElement.dataset.pictures = "off"; // not even asked for
  } catch (refused) {
    document.documentElement.dataset.storage = "none";
  }
})();
