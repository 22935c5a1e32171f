// The latest results of one patient beside a row of the worklist: on hover, on keyboard focus, by tap; Escape closes it.
(function () {
  "use strict";
  const WAIT = 250, GRACE = 200;
  let wanted = "", row = null, coming = 0, going = 0, watching = null;
  const pane = () => document.getElementById("home-peek-table");
  const cellOf = (target) => (target && target.closest ? target.closest("[data-peek]") : null);

  function close() {
    clearTimeout(coming);
    clearTimeout(going);
    wanted = "";
    row = null;
    const box = pane();
    if (box) box.classList.remove("shown");
  }
  // What stands in the pane is seen only while it is of the patient whose row is pointed at.
  function show() {
    const box = pane();
    if (!box) return;
    const held = box.querySelector("[data-of]");
    const mine = wanted && row && row.isConnected && held && held.dataset.of === wanted;
    box.classList.toggle("shown", Boolean(mine));
    if (!mine) return;
    const at = row.getBoundingClientRect(), size = box.getBoundingClientRect();
    const low = window.innerHeight - size.height - 8;
    const narrow = window.innerWidth < 760;
    box.style.left = (narrow ? 8 : Math.max(8, Math.min(at.right + 4, window.innerWidth - size.width - 8))) + "px";
    box.style.top = Math.max(8, Math.min(narrow ? at.bottom + 4 : at.top, low)) + "px";
  }
  function open(cell) {
    clearTimeout(going);
    if (wanted === cell.dataset.peek) return;
    close();
    wanted = cell.dataset.peek;
    row = cell;
    const box = pane();
    if (!box) return;
    if (watching) watching.disconnect();
    watching = new MutationObserver(show);
    watching.observe(box, { childList: true, subtree: true });
    const held = box.querySelector("[data-of]");
    if (held && held.dataset.of === wanted) show();
    else window.dash_clientside.set_props("home-peek", { data: wanted });
  }
  const leave = () => {
    clearTimeout(coming);
    clearTimeout(going);
    going = setTimeout(close, GRACE);
  };
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const cell = cellOf(event.target);
    if (cell) {
      clearTimeout(going);
      clearTimeout(coming);
      coming = setTimeout(() => open(cell), WAIT);
    } else if (event.target.closest && event.target.closest("#home-peek-table")) clearTimeout(going);
    else if (wanted || coming) leave();
  });
  document.addEventListener("focusin", (event) => {
    const cell = cellOf(event.target);
    if (cell && event.target.matches(":focus-visible")) open(cell);
    else if (wanted && !(event.target.closest && event.target.closest("#home-peek-table"))) leave();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest(".peek-button");
    if (button) {
      clearTimeout(coming);
      open(cellOf(button));
    } else if (wanted && !(event.target.closest && event.target.closest("#home-peek-table"))) close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && wanted) close();
  });
  window.addEventListener("scroll", () => wanted && show(), { passive: true, capture: true });
})();
