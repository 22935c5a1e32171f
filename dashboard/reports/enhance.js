// Replaces each still picture by an interactive one. Without scripts, or where this fails, the still picture stays.
(async () => {
  "use strict";
  const holder = document.getElementById("figures");
  if (!holder || typeof Plotly === "undefined" || typeof DecompressionStream === "undefined") return;
  const packed = Uint8Array.from(atob(holder.textContent), (sign) => sign.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const figures = JSON.parse(await new Response(stream).text());
  const { config, dark, layout: house } = "$house";
  const inDark = new Map(Object.entries(dark).map(([light, other]) => [light.toLowerCase(), other]));
  const night = matchMedia("(prefers-color-scheme: dark)");
  const painted = (value) => {
    if (typeof value === "string") return inDark.get(value.toLowerCase()) ?? value;
    if (Array.isArray(value)) return value.map(painted);
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, painted(part)]));
    }
    return value;
  };
  for (const [id, figure] of Object.entries(figures)) {
    const still = document.getElementById(id);
    if (!still) continue;
    const live = document.createElement("div");
    live.className = "live";
    still.after(live);
    const draw = () => {
      const copy = structuredClone({ data: figure.data, layout: { ...house, ...figure.layout } });
      const { data, layout } = night.matches ? painted(copy) : copy;
      return Plotly.react(live, data, layout, config);
    };
    draw().then(() => still.classList.add("replaced"), () => live.remove());
    night.addEventListener("change", draw);
  }
})();
