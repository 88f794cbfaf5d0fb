/* The batch page: after the last file the page is shown anew, so that table and counts hold the new files.
   When a file failed the page stays, for its line says what to do, and a note offers the newer table. */

document.addEventListener("oms:uploaded", (event) => {
  if (event.detail.failed === 0) window.location.reload();
  else document.querySelector("[data-uploaded]").hidden = false;
});
