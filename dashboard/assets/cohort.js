// The cohort page in the browser: words to complete a question with, and lines in the patients table. No data is kept.
(function () {
  "use strict";
  const MOST = 7;
  const field = () => document.getElementById("cohort-text");
  const list = () => document.getElementById("cohort-suggest");
  const FORMAL = /^\s*(#|where |find |name:|align on|group by)/i;
  const ANCHORED = /\b(after|before|since|during|post|around|on|with)( an?| the)?$/i;
  let picked = -1;

  function words() {
    const kept = document.getElementById("cohort-words");
    return kept ? [...kept.querySelectorAll("option")] : [];
  }
  // The longest end of what stands before the caret with which a word begins.
  function begun(text) {
    const parts = text.split(/\s+/);
    for (let n = Math.min(3, parts.length); n > 0; n -= 1) {
      const end = parts.slice(-n).join(" ").toLowerCase();
      if (end.length < 2) continue;
      const hits = words().filter((o) => o.value.toLowerCase().startsWith(end) && o.value.toLowerCase() !== end);
      if (ANCHORED.test(parts.slice(0, -n).join(" "))) hits.sort((a, b) => (b.className === "event") - (a.className === "event"));
      if (hits.length) return { end, hits: hits.slice(0, MOST).map((o) => o.value) };
    }
    return null;
  }
  function close() {
    if (!list()) return;
    list().hidden = true;
    list().replaceChildren();
    picked = -1;
    if (field()) field().removeAttribute("aria-activedescendant");
  }
  function open() {
    const found = begun(field().value.slice(0, field().selectionStart));
    close();
    if (!found) return;
    list().replaceChildren(...found.hits.map((word, i) => {
      const item = document.createElement("li");
      item.id = `cohort-suggest-${i}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.textContent = word;
      item.addEventListener("mousedown", (event) => { event.preventDefault(); take(word); });
      return item;
    }));
    list().hidden = false;
  }
  function take(word) {
    const at = field().selectionStart;
    const found = begun(field().value.slice(0, at));
    if (!found) return;
    const text = `${field().value.slice(0, at - found.end.length)}${word} `;
    const setter = Object.getOwnPropertyDescriptor(window.HTMLTextAreaElement.prototype, "value").set;
    setter.call(field(), text + field().value.slice(at).trimStart());
    field().dispatchEvent(new Event("input", { bubbles: true }));
    field().setSelectionRange(text.length, text.length);
    close();
  }
  function move(step) {
    const items = [...list().children];
    picked = (picked + step + items.length) % items.length;
    items.forEach((item, i) => item.setAttribute("aria-selected", String(i === picked)));
    field().setAttribute("aria-activedescendant", items[picked].id);
  }
  document.addEventListener("input", (event) => { if (event.target === field() && event.isTrusted) open(); });
  document.addEventListener("focusout", (event) => { if (event.target === field()) close(); });
  document.addEventListener("keydown", (event) => {
    if (event.target !== field() || event.isComposing) return;
    const shown = list() && !list().hidden;
    if (shown && event.key === "ArrowDown") { event.preventDefault(); move(1); return; }
    if (shown && event.key === "ArrowUp") { event.preventDefault(); move(-1); return; }
    if (shown && event.key === "Escape") { close(); return; }
    if (shown && event.key === "Tab" && !event.shiftKey) { event.preventDefault(); take(list().children[Math.max(picked, 0)].textContent); return; }
    if (event.key !== "Enter" || event.shiftKey) return;
    if (shown && picked >= 0) { event.preventDefault(); take(list().children[picked].textContent); return; }
    if (FORMAL.test(field().value)) return; // lines of the exact grammar: Enter begins the next one
    event.preventDefault();
    close();
    field().dispatchEvent(new Event("change", { bubbles: true }));
    setTimeout(() => document.getElementById("cohort-run").click(), 350); // what was typed arrives first
  });

  // Beside another view the columns that matter there come first; the table, its rows and what is ticked stay.
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.cohort = {
    columns: (view, ids, columns, options) => columns.map((defs, i) => {
      const { usual, first } = options[i].context;
      const order = [...new Set(["patient", ...(first[view] || []), ...usual])];
      const sorted = [...defs].sort((a, b) => order.indexOf(a.field) - order.indexOf(b.field));
      return sorted.every((def, at) => def === defs[at]) ? window.dash_clientside.no_update : sorted;
    }),
  };

  const SIGNS = "▁▂▃▄▅▆▇█";
  const WIDTH = 96, HEIGHT = 20, ULN = 1.5;
  const y = (level) => HEIGHT - 2 - (level * (HEIGHT - 4)) / (SIGNS.length - 1);
  window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {};
  window.dashAgGridComponentFunctions.CohortSpark = (props) => {
    const e = window.React.createElement;
    const levels = [...String(props.value || "")].map((sign) => SIGNS.indexOf(sign));
    if (!levels.length || levels.some((level) => level < 0)) return props.value || "";
    const x = (i) => 4 + (i * (WIDTH - 8)) / Math.max(levels.length - 1, 1);
    const points = levels.map((level, i) => `${x(i).toFixed(1)},${y(level).toFixed(1)}`).join(" ");
    const last = levels.length - 1;
    return e("svg", { className: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": `${levels.length} results` },
      e("line", { className: "limit", x1: 0, x2: WIDTH, y1: y(ULN), y2: y(ULN) }),
      e("polyline", { points }),
      e("circle", { cx: x(last), cy: y(levels[last]), r: 2 }));
  };
})();
