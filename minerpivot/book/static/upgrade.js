// What a script adds to charts and tables, which stand without it: the value at a point of a chart, for a tap and for
// the arrow keys; search, sorting and filters for a table that nears the viewport.
(() => {
  const root = document.documentElement;
  const base = (root.dataset.content_root || "") + "_static/";
  const scripts = new Map();

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

  // Sorting, filters, search and download for a table; its cells stay the page's own.
  async function enliven(tools) {
    const { script, style, name } = tools.dataset;
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: base + style });
    document.head.prepend(link); // before the book's own rules, which it must not override
    await load(script);
    const table = document.getElementById(name).closest("table") ?? document.querySelector(`#${CSS.escape(name)} table`);
    const cell = (html, row, column, node) => {
      const own = [...node.childNodes].filter((part) => !part.classList?.contains("rest"));
      const source = node.querySelector(":scope > a[href^=http], :scope > small > a[href^=http]");
      const text = own.map((part) => part.textContent.trim()).join(" ").trim(); // a second line apart
      if (source) return source.textContent === "source" ? source.href : `${text} ${source.href}`;
      return text === "–" ? "" : text.replace(/^(?=[=+@-](?![\d.,]+$))/, "'"); // a dash stands for nothing; no formula
    };
    for (const first of table.querySelectorAll("tbody th")) first.dataset.filter = cell("", 0, 0, first);
    for (const { dataset, textContent } of table.querySelectorAll("td.number")) {
      dataset.order ??= textContent.replace("–", "").replaceAll(",", ""); // else a dash makes a column of words of them
    }
    new window.minerpivotDataTable(table, {
      paging: false, order: [], autoWidth: false,
      columnControl: ["order", ["searchList"]], ordering: { indicators: false, handler: false },
      layout: {
        topStart: "search", topEnd: {
          buttons: [{ extend: "csvHtml5", escapeExcelFormula: true, text: "Download what is shown (CSV)", filename: name, title: null,
            exportOptions: { rows: { search: "applied" }, format: { body: cell } } }],
        }, bottomStart: "info",
      },
      language: { search: "Search the table", info: "_TOTAL_ rows", infoFiltered: "of _MAX_", infoEmpty: "No row matches" },
    });
    for (const button of table.querySelectorAll("thead button")) {
      button.ariaLabel = `${button.ariaLabel ?? "Sort or filter"}: ${button.closest("th").innerText.trim()}`;
    }
  }

  const within = (parent, tag, className) => parent.appendChild(Object.assign(document.createElement(tag), { className }));

  // The value of the point nearest to a tap or a pointer, or the next by arrow key, shown beside it and said aloud.
  function tell(plot) {
    const spot = within(plot, "div", "kit-spot"), tip = within(plot, "div", "kit-tip"), said = within(plot, "p", "kit-said");
    const hide = () => { spot.hidden = tip.hidden = true; };
    let at = -1; // which point is shown
    spot.ariaHidden = tip.ariaHidden = "true";
    said.setAttribute("role", "status");
    plot.tabIndex = 0;
    plot.setAttribute("role", "application"); // so that screen readers hand on the arrow keys
    plot.ariaLabel = "Values of this chart, by arrow keys";
    hide();

    const drawn = () => [...plot.querySelectorAll("svg")].find((svg) => svg.getClientRects().length);
    async function values() {
      await load(plot.dataset.values);
      return window.minerpivotValues[plot.dataset.values][plot.dataset.choice][drawn().classList.contains("kit-wide") ? "wide" : "narrow"];
    }
    const scale = () => drawn().getBoundingClientRect().width / drawn().viewBox.baseVal.width;

    function show({ series, points }, next, aloud) {
      at = next;
      const [x, y, line, place, value] = points[at], k = scale();
      spot.hidden = tip.hidden = false;
      spot.style.left = `${x * k}px`;
      spot.style.top = `${y * k}px`;
      tip.replaceChildren(...[["b", value], ["span", [series[line], place].filter(Boolean).join(", ")]].map(
        ([tag, textContent]) => Object.assign(document.createElement(tag), { textContent })));
      const left = x * k + 12 + tip.offsetWidth > plot.clientWidth ? x * k - 12 - tip.offsetWidth : x * k + 12;
      tip.style.left = `${Math.max(0, left)}px`;
      tip.style.top = `${Math.max(0, y * k - tip.offsetHeight - 8)}px`;
      if (aloud) said.textContent = [series[line], place, value].filter(Boolean).join(", ");
    }

    // In rows the row decides, along lines the place; then what is closest.
    function nearest({ rows, points }, x, y, allowed = () => true) {
      const far = (point) => Math.hypot((point[0] - x) * (rows ? 1 : 4), (point[1] - y) * (rows ? 40 : 1));
      return points.reduce((best, point, i) => (allowed(point, i) && (best < 0 || far(point) < far(points[best])) ? i : best), -1);
    }

    async function point(event) {
      const touch = event.type === "pointerdown";
      const all = await values(), box = drawn().getBoundingClientRect(), k = scale();
      const next = nearest(all, (event.clientX - box.left) / k, (event.clientY - box.top) / k);
      if (next >= 0) show(all, next, touch);
    }

    async function key(event) {
      if (event.key === "Escape") return hide();
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
      if (!step) return;
      event.preventDefault();
      const all = await values(), { rows, points } = all, across = /Left|Right|Home|End/.test(event.key);
      if (!points[at]) return show(all, rows ? 0 : points.length - 1, true); // a line's latest value comes first
      const [x, y, line] = points[at];
      const along = points.flatMap((point, i) => (rows || point[2] === line ? [i] : []));
      let next = along[Math.min(Math.max(along.indexOf(at) + step, 0), along.length - 1)];
      if (!across && !rows && all.series.length > 1) {
        const other = (line + step + all.series.length) % all.series.length;
        next = nearest(all, x, y, (point) => point[2] === other);
      } else if (!across && rows) {
        const beyond = nearest(all, x, y, (point) => (point[1] - y) * step > 1);
        next = beyond < 0 ? at : beyond;
      }
      show(all, next, true);
    }

    plot.addEventListener("pointerdown", point);
    plot.addEventListener("pointermove", (event) => event.pointerType === "mouse" && point(event));
    plot.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hide());
    plot.addEventListener("blur", hide);
    plot.addEventListener("keydown", key);
    new ResizeObserver(() => { hide(); at = -1; }).observe(plot);
  }

  // What a switch has changed is said: the title of the drawing that now stands there.
  function announce(choices) {
    const said = within(choices, "p", "kit-said");
    said.setAttribute("role", "status");
    choices.addEventListener("change", ({ target }) => {
      said.textContent = `Now shown: ${choices.querySelector(`figcaption .kit-${target.value}`).textContent}`;
    });
  }

  const shade = () => root.classList.toggle("dark", root.dataset.theme === "dark"); // the name that DataTables knows

  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      enliven(target).catch(() => {});
    }
  }, { rootMargin: "300px" });

  const folded = () => document.querySelectorAll("article details:not(.code, [open])"); // on paper nothing can be opened
  addEventListener("beforeprint", () => folded().forEach((part) => { part.open = true; part.dataset.printed = ""; }));
  addEventListener("afterprint", () => document.querySelectorAll("[data-printed]").forEach((part) => {
    part.open = false;
    delete part.dataset.printed;
  }));

  document.querySelectorAll(".kit-plot[data-values]").forEach(tell);
  document.querySelectorAll(".kit-choices").forEach(announce);
  document.querySelectorAll(".parts").forEach(({ dataset }) => load(dataset.script));
  document.querySelectorAll(".table-tools").forEach((tools) => near.observe(tools));
  shade();
  new MutationObserver(shade).observe(root, { attributeFilter: ["data-theme"] });
})();
