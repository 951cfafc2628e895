// Upgrades a static chart to an interactive one when it nears the viewport. Without this script the SVG stays.
(() => {
  const root = document.documentElement;
  const base = (root.dataset.content_root || "") + "_static/";
  const scripts = new Map();
  const live = new Map(); // chart -> { size, view, finalize }

  function load(path) {
    if (!scripts.has(path)) {
      scripts.set(path, new Promise((done, fail) => {
        const script = document.createElement("script");
        Object.assign(script, { src: base + path, onload: done, onerror: fail });
        document.head.append(script);
      }));
    }
    return scripts.get(path);
  }

  const sizeOf = (chart) => (chart.clientWidth < 500 ? "narrow" : "wide");

  async function draw(chart) {
    const { spec, vega } = chart.dataset;
    await Promise.all([load(vega), load(spec)]);
    const { embed, themes } = window.minerpivotVega;
    const mode = root.dataset.theme === "dark" ? "dark" : "light";
    const size = sizeOf(chart);
    const controls = chart.querySelector(".chart-controls");
    live.get(chart)?.finalize();
    controls.replaceChildren();
    chart.classList.add("is-live");
    const { view, finalize } = await embed(chart.querySelector(".chart-live"), window.minerpivotSpecs[spec], {
      config: themes[`${mode}-${size}`],
      renderer: "svg", actions: false, ast: true, bind: controls, tooltip: { theme: mode },
    });
    live.set(chart, { size, view, finalize });
  }

  const upgrade = (chart) => draw(chart).catch(() => chart.classList.remove("is-live"));

  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      upgrade(target);
    }
  }, { rootMargin: "300px" });

  // Vega measures its column when the window changes, which is before a moving sidebar has come to rest.
  const resized = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const drawn = live.get(target);
      if (!drawn) continue;
      if (drawn.size !== sizeOf(target)) upgrade(target);
      else drawn.view.signal("width", target.clientWidth).runAsync();
    }
  });

  document.querySelectorAll(".chart").forEach((chart) => { near.observe(chart); resized.observe(chart); });
  new MutationObserver(() => [...live.keys()].forEach(upgrade)).observe(root, { attributeFilter: ["data-theme"] });
  addEventListener("beforeprint", () => document.querySelectorAll(".chart img").forEach((img) => { img.loading = "eager"; }));
})();
