// Upgrades static charts and tables to interactive ones when they near the viewport. Without this script they stay.
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
    const old = live.get(chart);
    const bound = (window.minerpivotSpecs[spec].params ?? []).filter(({ bind, select }) => bind && !select);
    const chosen = old ? bound.map(({ name }) => [name, old.view.signal(name)]) : []; // what the reader has set stays
    old?.finalize();
    controls.replaceChildren();
    chart.classList.add("is-live");
    const { view, finalize } = await embed(chart.querySelector(".chart-live"), window.minerpivotSpecs[spec], {
      config: themes[`${mode}-${size}`],
      renderer: "svg", actions: false, ast: true, bind: controls, tooltip: { theme: mode },
    });
    chosen.forEach(([name, value]) => view.signal(name, value));
    if (chosen.length) await view.runAsync();
    live.set(chart, { size, view, finalize });
    describe(chart, controls);
  }

  // Groups of switches get their name; a chart that was changed says so, and says the labels that it now shows.
  function describe(chart, controls) {
    for (const group of controls.querySelectorAll(".vega-bind-radio")) {
      group.setAttribute("role", "radiogroup");
      group.ariaLabel = group.closest(".vega-bind").querySelector(".vega-bind-name").textContent;
    }
    controls.onchange = () => setTimeout(() => {
      const canvas = chart.querySelector(".chart-canvas");
      chart.closest("figure").classList.add("is-changed"); // its title and its picture to keep are of the first drawing
      const texts = [...chart.querySelectorAll(".chart-live .mark-text.role-mark text")].map((text) => text.textContent);
      if (!canvas.ariaLabel.startsWith("As first drawn: ")) canvas.ariaLabel = `As first drawn: ${canvas.ariaLabel}`;
      chart.querySelector(".chart-status").textContent = `The chart was redrawn. ${texts.filter(Boolean).join("; ")}`;
    }, 100); // when Vega has drawn it
  }

  const upgrade = (chart) => draw(chart).catch(() => chart.classList.remove("is-live"));

  // Sorting, filters, search and download for a table; its cells stay the page's own.
  async function enliven(tools) {
    const { script, style, name } = tools.dataset;
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: base + style });
    document.head.prepend(link); // before the book's own rules, which it must not override
    await load(script);
    const table = document.getElementById(name).closest("table") ?? document.querySelector(`#${CSS.escape(name)} table`);
    const cell = (html, row, column, node) => {
      const source = node.querySelector("a[href^=http]");
      const text = [...node.childNodes].map((part) => part.textContent.trim()).join(" ").trim(); // a second line apart
      if (source) return source.textContent === "source" ? source.href : `${text} ${source.href}`;
      return text === "–" ? "" : text; // a dash stands for nothing
    };
    for (const { dataset, textContent } of table.querySelectorAll("td.number")) {
      dataset.order ??= textContent.replace("–", "").replaceAll(",", ""); // else a dash makes a column of words of them
    }
    new window.minerpivotDataTable(table, {
      paging: false, order: [], autoWidth: false,
      columnControl: ["order", ["searchList"]], ordering: { indicators: false, handler: false },
      layout: {
        topStart: "search", topEnd: {
          buttons: [{ extend: "csvHtml5", text: "Download what is shown (CSV)", filename: name, title: null,
            exportOptions: { rows: { search: "applied" }, format: { body: cell } } }],
        }, bottomStart: "info",
      },
      language: { search: "Search the table", info: "_TOTAL_ rows", infoFiltered: "of _MAX_", infoEmpty: "No row matches" },
    });
    for (const button of table.querySelectorAll("thead button")) {
      button.ariaLabel = `${button.ariaLabel ?? "Sort or filter"}: ${button.closest("th").innerText.trim()}`;
    }
  }

  const shade = () => root.classList.toggle("dark", root.dataset.theme === "dark"); // the name that DataTables knows

  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      if (target.matches(".chart")) upgrade(target);
      else enliven(target).catch(() => {});
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

  const folded = () => document.querySelectorAll("details.fold:not(.code):not([open])"); // on paper nothing can be opened
  addEventListener("beforeprint", () => folded().forEach((part) => { part.open = true; part.dataset.printed = ""; }));
  addEventListener("afterprint", () => document.querySelectorAll("[data-printed]").forEach((part) => {
    part.open = false;
    delete part.dataset.printed;
  }));

  document.querySelectorAll(".table-tools").forEach((tools) => near.observe(tools));
  document.querySelectorAll(".chart").forEach((chart) => { near.observe(chart); resized.observe(chart); });
  shade();
  new MutationObserver(() => { shade(); [...live.keys()].forEach(upgrade); }).observe(root, { attributeFilter: ["data-theme"] });
  addEventListener("beforeprint", () => document.querySelectorAll(".chart img").forEach((img) => { img.loading = "eager"; }));
})();
