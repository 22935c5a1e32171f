// What the browser does when a page has come: title, focus, address. Called by Dash as clientside functions.
(function () {
  "use strict";
  let first = true;
  // A session that has ended: leave nothing of a patient on the screen.
  const ask = window.fetch.bind(window);
  window.fetch = async (...args) => {
    const answer = await ask(...args);
    if (answer.status === 401 && !window.location.pathname.startsWith("/login")) {
      document.body.replaceChildren();
      window.location.replace("/login?next=" + encodeURIComponent(window.location.pathname));
    }
    if (answer.status === 503 || answer.status === 429) answer.clone().json().then((said) => away(said.error), () => {});
    else if (answer.ok) away("");
    return answer;
  };
  // signing out in one tab clears every tab of this browser at once, not only at its next question
  const tabs = "BroadcastChannel" in window ? new BroadcastChannel("hepatrend") : null;
  window.hepatrendSignedOut = () => tabs && tabs.postMessage("signed out");
  if (tabs) {
    tabs.onmessage = () => {
      document.body.replaceChildren();
      window.location.replace("/login");
    };
  }
  // The store cannot be used, or too much was asked: said above the page that stands, and taken away by the next answer.
  function away(says) {
    const old = document.getElementById("away");
    if (old) old.remove();
    if (!says) return;
    const line = document.createElement("p");
    line.id = "away";
    line.className = "banner banner-attention";
    line.setAttribute("role", "alert");
    line.textContent = "Not available: " + says + ".";
    document.body.prepend(line);
  }
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.hepatrend = Object.assign(window.dash_clientside.hepatrend || {}, {
    arrived(title) {
      if (title) {
        document.title = title;
        if (!first) {
          window.scrollTo(0, 0);
          const main = document.getElementById("main");
          if (main) main.focus({ preventScroll: true });
          const announce = document.getElementById("announce");
          if (announce) announce.textContent = title;
        }
        first = false;
        mark();
        reveal();
      }
      return window.dash_clientside.no_update;
    },
    address(query) {
      if (query && query.go) {
        const link = [...document.querySelectorAll("main a")].find((a) => a.getAttribute("href") === query.go);
        if (link) link.click();
        else window.location.assign(query.go);
      } else if (query) {
        const text = new URLSearchParams(
          Object.entries(query).filter(([, value]) => value !== null && value !== "")
        ).toString();
        window.history.replaceState(null, "", window.location.pathname + (text ? "?" + text : ""));
      }
      return window.dash_clientside.no_update;
    },
  });
  // The document came with a still picture of its page. It stands until the live one looks the same: with its charts.
  const PATIENCE = 10000;
  const started = performance.now();
  const drawn = () => Array.from(document.querySelectorAll("#main .dash-graph")).every(
    (graph) => graph.querySelector(".main-svg") || graph.getBoundingClientRect().top > window.innerHeight
  );
  function reveal() {
    const still = document.getElementById("still");
    const ready = document.getElementById("main") && drawn();
    if (still && !ready && performance.now() - started < PATIENCE) { setTimeout(reveal, 16); return; }
    if (still) still.remove();
    if (!performance.getEntriesByName("live").length) performance.mark("live");
  }
  setTimeout(reveal, PATIENCE); // a live page that does not come is not hidden behind its picture
  function mark() {
    document.querySelectorAll(".nav-link").forEach((link) => {
      if (link.classList.contains("here")) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    });
  }
})();
