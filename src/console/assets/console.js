// A little help where there is script; every page works without it.
"use strict";

// A form that was sent is not sent twice by a second click.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  // Back from another page the form can be sent again.
  window.addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
});
