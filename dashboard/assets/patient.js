// The patient's page in the browser: looks of the chart, findings shown in it, sorting, keys, print. No data is kept.
(function () {
  "use strict";
  const id = (part) => `patient-${part}`;
  const chart = () => document.querySelector(`#${id("chart")} .js-plotly-plot`);
  const set = (part, props) => window.dash_clientside.set_props(id(part), props);
  const none = () => window.dash_clientside.no_update;
  const SMOOTHED = ["smoothed level", "95 % band of the smoothed level"];
  const DEFAULTS = { tests: "", scale: "x_uln", axis: "log", clock: "date", view: "all", smooth: "on", fold: "off", show: "", tab: "events", event: "", pair: "", band: "" };
  let presetting = false;

  function relayout(change) {
    const plot = chart();
    if (plot && window.Plotly) window.Plotly.relayout(plot, change);
  }
  function seeRange(range) {
    presetting = true;
    relayout({ "xaxis.range": range });
    setTimeout(() => { presetting = false; }, 60);
  }
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.patient = {
    view(name) {
      const plot = chart();
      const range = plot && plot.layout.meta && plot.layout.meta.views[name];
      if (range) seeRange(range.slice());
      return "";
    },
    smooth(on) {
      const plot = chart();
      if (plot) {
        const which = plot.data.map((t, i) => (SMOOTHED.includes(t.name) ? i : -1)).filter((i) => i >= 0);
        if (!which.length) return none();
        window.Plotly.restyle(plot, { visible: !!on }, which);
        const axes = new Set(which.map((i) => plot.data[i].yaxis));
        const results = plot.data.map((t, i) => (typeof t.meta === "string" && axes.has(t.yaxis) ? i : -1)).filter((i) => i >= 0);
        window.Plotly.restyle(plot, { "line.dash": on ? "dot" : "solid", "line.width": on ? 0.5 : 1 }, results);
      }
      return none();
    },
    fold(on) {
      const plot = chart();
      if (plot) relayout({ "xaxis.rangebreaks": on ? plot.layout.meta.gaps : [] });
      return none();
    },
    zoomed(change) {
      if (presetting || !change || change["xaxis.range[0]"] === undefined) return none();
      const ends = [change["xaxis.range[0]"], change["xaxis.range[1]"]].map(String);
      return ends.every((end) => /^\d{4}-/.test(end)) ? ends.map((end) => end.slice(0, 16)).join("~") : none();
    },
    event(values, choices, now) {
      if (!values || !values.length || !values[0]) return none();
      const chosen = values[0] === choices[0][0].value ? "" : values[0]; // the latest event is the default
      return chosen === (now || "") ? none() : chosen;
    },
    pair(values, choices, now) {
      if (!values || values.length < 2 || values[0] === values[1]) return none();
      const latest = choices[0].slice(-2).map((choice) => choice.value).join("."); // the last two lines are the default
      const chosen = values.join(".") === latest ? "" : values.join(".");
      return chosen === (now || "") ? none() : chosen;
    },
    address(tests, scale, axis, clock, view, band, smooth, fold, show, zoom, tab, event, pair) {
      const frame = document.getElementById(id("chart-frame"));
      const usual = frame ? frame.dataset.usual.split(".") : [];
      const chosen = (tests || []).slice().sort().join(".") === usual.slice().sort().join(".") ? "" : (tests || []).join(".");
      const all = { tests: chosen, scale, axis, clock, view: zoom || view, smooth: smooth ? "on" : "off", fold: fold ? "on" : "off", show: show || "", tab, event: event || "", pair: pair || "", band: band || "" };
      return Object.fromEntries(Object.entries(all).filter(([name, value]) => value !== DEFAULTS[name]));
    },
  };

  const CARD = ".finding, .answer";
  function show(button) {
    const plot = chart();
    if (!plot) return;
    const was = button.closest(CARD).dataset.lit === "true";
    document.querySelectorAll(".finding[data-lit], .answer[data-lit]").forEach((card) => delete card.dataset.lit);
    const evidence = was ? null : JSON.parse(button.dataset.evidence || "{}");
    set("show", { data: was ? "" : button.dataset.show });
    if (!was) button.closest(CARD).dataset.lit = "true";
    const drawn = plot.data.map((t) => t.meta);
    const missing = evidence ? Object.keys(evidence).filter((code) => !drawn.includes(code)) : [];
    if (missing.length) {
      const now = drawn.filter((code) => typeof code === "string");
      setTimeout(() => set("tests", { value: now.concat(missing) }), 0);
    } else {
      light(plot, evidence, button.dataset);
    }
    if (!was) document.getElementById(id("chart-frame")).scrollIntoView({ behavior: "smooth", block: "start" });
  }
  function light(plot, evidence, span) {
    const which = plot.data.map((t, i) => (typeof t.meta === "string" ? i : -1)).filter((i) => i >= 0);
    const points = which.map((i) => (evidence ? evidence[plot.data[i].meta] || [] : null));
    const shapes = (plot.layout.shapes || []).filter((shape) => shape.name !== "episode");
    if (evidence && plot.layout.xaxis.type === "date") {
      const style = getComputedStyle(document.documentElement);
      shapes.push({
        type: "rect", name: "episode", xref: "x", yref: "paper", x0: span.from, x1: span.to, y0: 0, y1: 1, layer: "below",
        fillcolor: style.getPropertyValue("--accent-soft").trim(), line: { width: 1, color: style.getPropertyValue("--guide").trim() },
      });
    }
    window.Plotly.update(plot, { selectedpoints: points }, { shapes }, which);
  }

  function sort(head) {
    const table = head.closest("table");
    const place = Array.from(head.parentNode.children).indexOf(head);
    const up = head.getAttribute("aria-sort") !== "ascending";
    head.parentNode.querySelectorAll("[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const worth = (row) => {
      const text = row.children[place].textContent.trim();
      const bare = text.replace(/^[HL<>≈]\s*/, "").replace(/[\u202f\s]/g, "").replace("\u2212", "-");
      const number = /^\d{4}-\d\d/.test(text) ? NaN : parseFloat(bare.replace(/^[^\d.+-]+/, ""));
      return text === "–" || text === "" ? null : Number.isNaN(number) ? text : number;
    };
    const body = table.tBodies[0];
    const rows = Array.from(body.rows).map((row) => [worth(row), row]);
    rows.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
      return up ? order : -order;
    });
    body.append(...rows.map(([, row]) => row));
  }
  // What has come since the last look: heads that sort get a place in the tab order, figures are fitted to their width.
  function prepare() {
    document.querySelectorAll("table.sortable thead th:not([tabindex])").forEach((head) => {
      head.tabIndex = 0;
      if (!head.title) head.title = "sort by this column";
    });
    document.querySelectorAll(".patient-page .js-plotly-plot").forEach((plot) => {
      if (!plot.on || fitted.has(plot)) return;
      fitted.set(plot, {});
      plot.on("plotly_afterplot", () => requestAnimationFrame(() => fit(plot)));
      fit(plot);
    });
  }
  const fitted = new WeakMap(); // by plot: the layout that was fitted, and how often
  // A figure does not know how wide it will be: where the legend runs into the axis it gets a lower foot, a title that is
  // cut off a second line, and on a narrow screen margins that leave room for the chart itself.
  const NARROW = { width: 520, left: 108, right: 76, ticks: 3 };
  function fit(plot) {
    const legend = plot.querySelector(".legend");
    const title = plot.querySelector(".g-gtitle text");
    if (before || !plot.isConnected || !plot._fullLayout || !legend || !plot.clientWidth) return;
    const known = fitted.get(plot);
    if (known.layout !== plot.layout) Object.assign(known, { layout: plot.layout, tries: 0 });
    if (known.tries > 4) return;
    const change = {};
    const margin = plot._fullLayout.margin;
    if (plot.clientWidth < NARROW.width && margin.l > NARROW.left) {
      Object.assign(change, { "margin.l": NARROW.left, "margin.r": Math.min(margin.r, NARROW.right) });
      Object.keys(plot.layout).filter((name) => /^xaxis\d*$/.test(name)).forEach((name) => {
        Object.assign(change, { [`${name}.nticks`]: NARROW.ticks, [`${name}.tickangle`]: 0 });
      });
      known.tries += 1;
      window.Plotly.relayout(plot, change); // the next look finds what is then in the way
      return;
    }
    const texts = plot.querySelectorAll(".xtick text, .x2tick text, [class^='g-x'] text, .annotation text");
    const top = legend.getBoundingClientRect().top;
    const area = plot.getBoundingClientRect();
    const edge = area.bottom - margin.b;
    const low = Math.max(...Array.from(texts).map((t) => t.getBoundingClientRect()).filter((box) => box.top > edge - 2).map((box) => box.bottom), edge);
    let taller = Math.max(0, Math.ceil(low + 6 - top));
    if (taller) change["margin.b"] = margin.b + taller;
    if (title && title.getBoundingClientRect().right > area.right && plot.layout.title.text.includes(" · ")) {
      change["title.text"] = plot.layout.title.text.replace(" · ", "<br>");
      change["margin.t"] = margin.t + 18;
      change["title.pad.t"] = 18;
      taller += 18;
    }
    if (!taller) return;
    known.tries += 1;
    change.height = plot.clientHeight + taller;
    plot.parentElement.style.height = `${change.height}px`;
    window.Plotly.relayout(plot, change);
  }
  function download(link) {
    link.href = `${window.location.pathname.replace(/\/$/, "")}/${link.dataset.download}.csv`;
  }

  // Summary: what the page shows as plain text, nothing that the viewer does not see.
  function words(element) {
    if (!element) return "";
    const copy = element.cloneNode(true);
    copy.querySelectorAll("[aria-hidden]").forEach((sign) => sign.remove());
    return copy.textContent.replace(/\s+/g, " ").trim();
  }
  function summary() {
    const all = (selector, root = document) => [...root.querySelectorAll(selector)];
    const lines = [[words(document.querySelector(".patient-name h1")), words(document.querySelector(".patient-who"))].filter(Boolean).join(" · ")];
    lines.push(all(".patient-facts > div").map((fact) => `${words(fact.querySelector("dt"))}: ${words(fact.querySelector("dd"))}`).join("; "));
    lines.push("", words(document.querySelector(".headline")));
    for (const one of all(".answer")) lines.push(`${words(one.querySelector("h2"))}: ${words(one.querySelector(".answer-state"))}. ${words(one.querySelector(".answer-says"))}`);
    const table = document.querySelector(".last-card .last-panel");
    if (table) {
      lines.push("", `Latest results (${all("thead th", table).slice(1, 8).map(words).join(" | ")})`);
      for (const row of all("tbody tr", table)) lines.push([...row.children].slice(0, 8).map(words).join(" | "));
    }
    const open = all(".finding-list > .finding");
    if (open.length) lines.push("", "Open findings");
    for (const one of open) lines.push(`${words(one.querySelector(".finding-title"))}: ${words(one.querySelector(".finding-says"))}`);
    lines.push("", words(document.querySelector(".print-foot span:last-child")));
    return lines.join("\n");
  }
  async function copySummary(button) {
    const text = summary();
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = Object.assign(document.createElement("textarea"), { value: text, className: "sr-only" });
      document.body.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
    }
    button.textContent = done ? "Copied" : "Not copied";
    setTimeout(() => { button.textContent = "Copy summary"; }, 2000);
  }

  document.addEventListener("click", (event) => {
    const target = event.target;
    const copy = target.closest("#patient-copy");
    if (copy) copySummary(copy);
    const button = target.closest("[data-show]");
    if (button) show(button);
    const head = target.closest("table.sortable thead th");
    if (head) sort(head);
    const link = target.closest("[data-download]");
    if (link) download(link);
    if (target.closest("#patient-print")) window.print();
    document.querySelectorAll("details.tests-menu[open]").forEach((menu) => {
      if (!menu.contains(target)) menu.open = false;
    });
  }, true);

  const pick = (part, value) => set(part, { value });
  const click = (selector) => { const found = document.querySelector(selector); if (found) found.click(); };
  let next = 0;
  const KEYS = {
    1: () => pick("scale", "x_uln"), 2: () => pick("scale", "x_baseline"), 3: () => pick("scale", "absolute"),
    l: () => pick("axis", chart() && chart().layout.meta.axis === "log" ? "linear" : "log"),
    a: () => pick("view", "all"), w: () => pick("view", "3m"), i: () => pick("view", "line"), s: () => pick("view", "stent"),
    b: () => click(`#${id("smooth")}`),
    x: () => pick("tab", "results"),
    o: () => click("#patient-report"),
    p: () => window.print(),
    f: () => {
      const buttons = document.querySelectorAll(".findings [data-show]");
      if (buttons.length) show(buttons[next++ % buttons.length]);
    },
  };
  document.addEventListener("keydown", (event) => {
    if (!document.querySelector(".patient-page")) return;
    const head = event.target.closest && event.target.closest("table.sortable thead th");
    if (head && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); sort(head); return; }
    if (event.key === "Escape") document.querySelectorAll("details.tests-menu[open]").forEach((menu) => { menu.open = false; });
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    if (document.querySelector("dialog[open]")) return;
    if (KEYS[event.key]) KEYS[event.key]();
  });

  // Print: the chart is redrawn at the width of the paper and the height that is left on one page, then put back.
  const PAPER = { width: 722, page: 1024 };
  const sizes = (title, legend, share) => ({ "title.font.size": title, "legend.font.size": legend, "legend.entrywidth": share, "legend.entrywidthmode": share ? "fraction" : "pixels" });
  let before = null;
  let foot = 0;
  window.addEventListener("beforeprint", () => {
    for (const one of document.querySelectorAll(".printed-on")) {
      const now = new Date();
      one.textContent = `Printed ${now.getDate()} ${now.toLocaleString("en-GB", { month: "short" })} ${now.getFullYear()} · `;
    }
    const plot = chart();
    if (!plot || before) return;
    const frame = document.getElementById(id("chart"));
    const rows = document.querySelectorAll(".last-card > .table-region tbody tr").length;
    const cards = Math.min(6, document.querySelectorAll(".finding-list > .finding").length);
    const used = 290 + 16 * rows + 110 * Math.ceil(cards / 2); // the printed height of what stands above the chart
    const height = Math.min(plot.clientHeight, PAPER.page - used);
    foot = plot.layout.margin.b;
    before = { height: frame.style.height, width: frame.style.width };
    Object.assign(frame.style, { height: `${height}px`, width: `${PAPER.width}px` });
    window.Plotly.relayout(plot, { width: PAPER.width, height, ...sizes(11, 9, 0.42), "margin.b": 104 });
  });
  window.addEventListener("afterprint", () => {
    const plot = chart();
    if (!plot || !before) return;
    Object.assign(document.getElementById(id("chart")).style, before);
    window.Plotly.relayout(plot, { width: null, height: null, autosize: true, ...sizes(13, 11, null), "margin.b": foot });
    before = null;
  });
  // Elements that come are looked at once a frame; attributes are not observed, for prepare() itself sets some, nor is what
  // a chart draws inside itself. A page that nobody touches does nothing.
  let asked = false;
  new MutationObserver((changes) => {
    if (asked || changes.every((change) => change.target instanceof SVGElement)) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; prepare(); });
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
