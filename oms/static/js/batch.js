/* The batch page: after the last file the page is shown anew, so that table and counts hold the new files.
   A failed file keeps the page, for its line says what to do. */

document.addEventListener("oms:uploaded", (event) => {
  if (event.detail.failed === 0) window.location.reload();
});
