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

  // A page that others change meanwhile, or that plays something, is not loaded
  // anew: its parts are renewed in place when the server says so, and after a form.
  const live = document.querySelector("[data-live]");
  const renew = (part, fresh) => {
    if (part.innerHTML === fresh.innerHTML) return;
    const held = document.activeElement?.closest("[data-live-part]") === part ? document.activeElement : null;
    const rows = [...fresh.children];
    const low = part.scrollHeight - part.scrollTop - part.clientHeight < 40;
    if (rows.length && rows.every((row) => row.id)) {
      // Rows that stay are left alone: a reader of the screen hears only what is new.
      for (const row of [...part.children]) if (!fresh.querySelector("#" + row.id)) row.remove();
      rows.forEach((row, i) => {
        const old = document.getElementById(row.id);
        if (old && old.outerHTML === row.outerHTML) {
          if (part.children[i] !== old) part.insertBefore(old, part.children[i]);
        } else {
          old?.remove();
          part.insertBefore(row, part.children[i] ?? null);
        }
      });
    } else {
      part.replaceChildren(...fresh.childNodes);
    }
    if (low) part.scrollTop = part.scrollHeight;
    if (held && !held.isConnected) (part.querySelector("button, a") ?? part).focus();
  };
  const renewAll = (html) => {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    for (const part of document.querySelectorAll("[data-live-part]")) {
      const now = fresh.getElementById(part.id);
      const film = part.querySelector("video, audio");
      if (!now || film && film.getAttribute("src") === now.querySelector("video, audio")?.getAttribute("src")) continue;
      renew(part, now);
    }
  };
  if (live) {
    for (const part of live.querySelectorAll("[role=log]")) part.scrollTop = part.scrollHeight;
    if (live.dataset.live && window.EventSource) {
      new EventSource(live.dataset.live).addEventListener("change", async () => {
        const answer = await fetch(live.dataset.page, { cache: "no-store" });
        if (answer.ok) renewAll(await answer.text());
      });
    }
    live.addEventListener("submit", async (e) => {
      const form = e.target;
      e.preventDefault();
      if (form.dataset.sent) return;
      form.dataset.sent = "1";
      const body = new URLSearchParams(new FormData(form, e.submitter));
      const answer = await fetch(form.action, { method: "POST", body }).catch(() => null);
      delete form.dataset.sent;
      if (!answer?.ok || new URL(answer.url).pathname !== live.dataset.page) {
        HTMLFormElement.prototype.submit.call(form); // the page says what is wrong
        return;
      }
      renewAll(await answer.text());
      for (const field of form.querySelectorAll("input:not([type=hidden]), textarea")) field.value = "";
    });
    live.addEventListener("click", (e) => {
      const link = e.target.closest("[data-seek]");
      const film = live.querySelector("video, audio");
      if (!link || !film) return;
      e.preventDefault();
      film.currentTime = Number(link.dataset.seek);
      film.play().catch(() => {});
      film.focus();
    });
  }

  // Ctrl + Enter sends what is being written; a form is sent once.
  document.addEventListener("keydown", (e) => {
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && e.target.matches("textarea[name=text]")) {
      e.target.form.requestSubmit();
    }
  });
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (e.defaultPrevented) return;
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
