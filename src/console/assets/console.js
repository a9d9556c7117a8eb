// A little help where there is script; every page works without it.
"use strict";

// A form that was sent is not sent twice by a second click.
document.addEventListener("submit", (event) => {
  const form = event.target;
  // What answers with a file leaves the page where it is.
  if ("again" in form.dataset) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  // Back from another page the form can be sent again.
  window.addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
});

// What is new is announced; nothing that one reads moves.
for (const news of document.querySelectorAll("[data-live]")) {
  let source = null;
  // A browser has few connections to one place: only the page that is looked at listens.
  const listen = () => {
    source?.close();
    source = document.visibilityState === "visible" ? new EventSource(news.dataset.live) : null;
    source?.addEventListener(news.dataset.event, (event) => {
      const place = news.querySelector("[data-count]");
      if (place) place.textContent = event.data;
      news.hidden = event.data.trim() === "";
    });
  };
  listen();
  document.addEventListener("visibilitychange", listen);
  window.addEventListener("pagehide", () => source?.close());
}

// Lists and forms by single keys; Tab reaches everything without them.
// Whoever dictates to the browser turns them off (WCAG 2.1.4).
for (const toggle of document.querySelectorAll("[data-keys-toggle]")) {
  const said = () => toggle.setAttribute("aria-pressed", String(localStorage.getItem("keys") !== "off"));
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    localStorage.setItem("keys", localStorage.getItem("keys") === "off" ? "on" : "off");
    said();
  });
  said();
}
document.addEventListener("keydown", (event) => {
  if (localStorage.getItem("keys") === "off") return;
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, textarea, select")) return;
  const links = [...document.querySelectorAll("table[data-keys] tbody a")];
  const at = links.indexOf(document.activeElement);
  const go = (element) => {
    if (!element) return;
    event.preventDefault();
    const fold = element.closest("details");
    if (fold) fold.open = true;
    element.focus();
  };
  if (event.key === "j") go(links[Math.min(at + 1, links.length - 1)]);
  else if (event.key === "k") go(links[Math.max(at - 1, 0)]);
  else if (event.key === "o" && at >= 0) links[at].click();
  else if (event.key === "/") go(document.querySelector("[data-filter]"));
  else if (event.key === "?") go(document.querySelector("[data-keys-help] summary"));
  else go(document.querySelector(`[data-key="${CSS.escape(event.key)}"]`));
});
