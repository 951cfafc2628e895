// Upgrades a static chart to an interactive one when it nears the viewport. Without this script the SVG stays.
(() => {
  const root = document.documentElement;
  const base = (root.dataset.content_root || "") + "_static/";
  const scripts = new Map();
  const live = new Set();

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

  async function draw(chart) {
    const { spec, vega } = chart.dataset;
    await Promise.all([load(vega), load(spec)]);
    const { embed, themes } = window.minerpivotVega;
    const dark = root.dataset.theme === "dark";
    const size = chart.clientWidth < 500 ? "narrow" : "wide";
    const target = chart.querySelector(".chart-live");
    const controls = chart.querySelector(".chart-controls");
    chart.view?.finalize();
    controls.replaceChildren();
    chart.classList.add("is-live");
    chart.view = await embed(target, window.minerpivotSpecs[spec], {
      config: themes[`${dark ? "dark" : "light"}-${size}`],
      renderer: "svg", actions: false, ast: true, bind: controls, tooltip: { theme: dark ? "dark" : "light" },
    });
    live.add(chart);
  }

  const failed = (chart) => () => chart.classList.remove("is-live");
  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      draw(target).catch(failed(target));
    }
  }, { rootMargin: "300px" });

  document.querySelectorAll(".chart").forEach((chart) => near.observe(chart));
  new MutationObserver(() => live.forEach((chart) => draw(chart).catch(failed(chart))))
    .observe(root, { attributeFilter: ["data-theme"] });
  addEventListener("beforeprint", () => document.querySelectorAll(".chart img").forEach((img) => { img.loading = "eager"; }));
})();
