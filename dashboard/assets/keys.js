// Keyboard of the whole application. Never while typing, never with a modifier.
(function () {
  "use strict";
  const GO = { h: "/", c: "/cohort", q: "/quality", m: "/methods" };
  let pending = false;
  const typing = (t) => t.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(t.tagName);
  const dialog = () => document.getElementById("keys");
  function open() {
    const page = document.getElementById("page-keys");
    document.getElementById("keys-of-page").replaceChildren(...(page ? page.cloneNode(true).childNodes : []));
    if (!dialog().open) dialog().showModal();
  }
  function go(path) {
    const link = document.querySelector(`a[href="${path}"]`);
    if (link) link.click();
  }
  document.addEventListener("click", (event) => {
    const target = event.target.closest("button");
    if (!target) return;
    if (target.id === "keys-open") open();
    if (target.id === "keys-close") dialog().close();
    if (target.id === "scheme-toggle") window.hepatrendScheme.toggle();
    if (target.id === "sign-out") signOut();
  });
  function signOut() {
    const token = (document.cookie.match(/(?:^|; )_csrf_token=([^;]+)/) || [])[1] || "";
    fetch("/logout", { method: "POST", headers: { "X-CSRFToken": token } }).finally(() => {
      window.hepatrendSignedOut();
      window.location.replace("/login");
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (dialog() && dialog().open) return;
    const key = event.key;
    if (pending && GO[key]) go(GO[key]);
    pending = !pending && key === "g";
    if (key === "?") { event.preventDefault(); open(); }
    if (key === "t" && !pending) window.hepatrendScheme.toggle();
    if (key === "/") {
      const field = document.querySelector('input[id$="-search"]') || document.querySelector("main input");
      if (field) { event.preventDefault(); field.focus(); }
    }
    if (key === "j" || key === "k") {
      const link = document.querySelector(`a[rel="${key === "j" ? "next" : "prev"}"], a.${key === "j" ? "next" : "previous"}-patient`);
      if (link) link.click();
    }
  });
})();
