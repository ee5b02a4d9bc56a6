// Small comforts; every page works without them.
(() => {
  "use strict";

  // A menu closes when one clicks elsewhere or presses Escape.
  document.addEventListener("click", (e) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(e.target)) menu.open = false;
    }
    const reveal = e.target.closest("[data-reveal]");
    if (reveal) {
      const field = document.getElementById(reveal.dataset.reveal);
      const shown = field.type === "text";
      field.type = shown ? "password" : "text";
      reveal.setAttribute("aria-pressed", String(!shown));
    }
  });
  // A menu closes, too, when the keyboard moves on from it.
  document.addEventListener("focusin", (e) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(e.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    const menu = e.target.closest("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  for (const b of document.querySelectorAll("[data-reveal]")) b.hidden = false;

  // The summary of errors takes the focus.
  document.querySelector("[data-focus]")?.focus();

  // Ctrl + Enter sends what is being written; a form is sent once.
  document.addEventListener("keydown", (e) => {
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && e.target.matches("textarea[name=text]")) {
      e.target.form.requestSubmit();
    }
  });
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) {
      e.preventDefault();
      return;
    }
    form.dataset.sent = "1";
  });
  // A refusal, or an answer without the piece that was to be replaced, is a
  // page of its own: the form is sent again without a script, which shows it.
  const plainly = (e) => {
    const form = e.detail.requestConfig.elt;
    if (form instanceof HTMLFormElement) HTMLFormElement.prototype.submit.call(form);
  };
  document.addEventListener("htmx:responseError", plainly);
  document.addEventListener("htmx:beforeSwap", (e) => {
    const { target, serverResponse, shouldSwap } = e.detail;
    if (!shouldSwap || !target.id || serverResponse.includes(`id="${target.id}"`)) return;
    e.detail.shouldSwap = false;
    plainly(e);
  });
  window.addEventListener("pageshow", (e) => {
    if (e.persisted) for (const f of document.querySelectorAll("form[data-sent]")) delete f.dataset.sent;
  });
})();
