// What every page offers beyond its text: light or dark, where one is in its contents, terms explained, search, copying.
(() => {
  const root = document.documentElement;
  const home = root.dataset.content_root || "";
  const made = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  // --- light or dark: as the system has it, until a reader chooses the other -----------------------------------------

  const system = matchMedia("(prefers-color-scheme: dark)");
  const stored = (value) => {
    try {
      if (value === null) localStorage.removeItem("mode");
      else if (value) localStorage.setItem("mode", value);
      return localStorage.getItem("mode");
    } catch { return null; }
  };
  const toggle = document.querySelector(".to-mode");
  const shade = (theme) => {
    root.dataset.theme = theme;
    toggle?.setAttribute("aria-pressed", String(theme === "dark"));
  };
  shade(root.dataset.theme);
  toggle?.addEventListener("click", () => {
    const next = root.dataset.theme === "dark" ? "light" : "dark";
    stored((next === "dark") === system.matches ? null : next);
    shade(next);
  });
  system.addEventListener("change", () => stored() || shade(system.matches ? "dark" : "light"));

  // --- contents: the section under the reading line is marked ----------------------------------------------------------

  // The line lies a little below the window's top. Over the page's last screen it goes down to the window's bottom, so
  // that sections too short to be scrolled up to it are reached too. A section that was chosen stays marked until the
  // reader scrolls on.
  function follow(contents) {
    const links = [...contents.querySelectorAll("a[href^='#']")];
    const places = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));
    const box = (place) => (place.closest("details:not([open])") ?? place).getBoundingClientRect();
    let chosen = -1, at = 0, due = false;

    function mark() {
      due = false;
      const left = root.scrollHeight - innerHeight - scrollY;
      const line = Math.max(Math.min(120, innerHeight / 4), innerHeight - left);
      if (Math.abs(scrollY - at) > 2) chosen = -1;
      let current = chosen;
      if (current < 0) places.forEach((place, i) => { if (place && box(place).top <= line) current = i; });
      links.forEach((link, i) => {
        link.classList.toggle("active", i === current);
        if (i === current) link.setAttribute("aria-current", "location");
        else link.removeAttribute("aria-current");
      });
      const { offsetTop = 0, offsetHeight = 0 } = links[current] ?? {};
      if (offsetTop < contents.scrollTop || offsetTop + offsetHeight > contents.scrollTop + contents.clientHeight) {
        contents.scrollTop = offsetTop - contents.clientHeight / 2;
      }
    }
    const ask = () => { if (!due) requestAnimationFrame(mark); due = true; };
    function choose() {
      chosen = links.findIndex((link) => link.hash === location.hash);
      requestAnimationFrame(() => requestAnimationFrame(() => { at = scrollY; ask(); }));
    }
    addEventListener("scroll", ask, { passive: true });
    addEventListener("resize", ask);
    addEventListener("hashchange", choose);
    document.addEventListener("toggle", ask, true); // a fold that opens moves what is below it
    contents.addEventListener("click", ({ target }) => {
      if (!target.closest("a")) return;
      if (contents.matches(":popover-open")) contents.hidePopover();
      setTimeout(choose);
    });
    if (location.hash) choose();
    else ask();
  }
  const contents = document.getElementById("contents");
  if (contents) follow(contents);

  // --- terms: explained in place on hover, focus and tap; a second tap follows the link --------------------------------

  function explain(terms) {
    const tip = document.body.appendChild(made("div", { id: "term-tip", role: "tooltip", hidden: true }));
    let shown = null, touched = false, leaving = 0;
    function hide() {
      tip.hidden = true;
      shown?.removeAttribute("aria-describedby");
      shown = null;
    }
    function show(term) {
      clearTimeout(leaving);
      if (shown === term) return;
      hide();
      shown = term;
      tip.textContent = term.dataset.means;
      term.setAttribute("aria-describedby", "term-tip");
      tip.hidden = false;
      const at = term.getClientRects()[0], room = root.clientWidth - tip.offsetWidth - 8;
      const below = at.bottom + tip.offsetHeight + 8 < innerHeight;
      tip.style.left = `${scrollX + Math.max(8, Math.min(at.left, room))}px`;
      tip.style.top = `${scrollY + (below ? at.bottom + 6 : at.top - tip.offsetHeight - 6)}px`;
    }
    for (const term of terms) {
      term.addEventListener("pointerdown", ({ pointerType }) => { touched = pointerType !== "mouse" && shown !== term; });
      term.addEventListener("pointerenter", ({ pointerType }) => pointerType === "mouse" && show(term));
      term.addEventListener("pointerleave", ({ pointerType }) => { if (pointerType === "mouse") leaving = setTimeout(hide, 200); });
      term.addEventListener("focus", () => show(term));
      term.addEventListener("blur", hide);
      term.addEventListener("click", (event) => {
        if (touched) event.preventDefault();
        touched = false;
        show(term);
      });
    }
    tip.addEventListener("pointerenter", () => clearTimeout(leaving)); // a reader may move into it
    tip.addEventListener("pointerleave", hide);
    document.addEventListener("pointerdown", ({ target }) => { if (shown && !tip.contains(target) && target !== shown) hide(); });
    document.addEventListener("keydown", ({ key }) => { if (key === "Escape") hide(); });
  }
  explain(document.querySelectorAll("a.term[data-means]"));

  // --- search: one index, loaded when search opens; MiniSearch ranks ---------------------------------------------------

  const load = (path) => new Promise((done, fail) => {
    document.head.append(made("script", { src: `${home}_static/${path}`, onload: done, onerror: fail }));
  });
  const dialog = document.getElementById("search");
  let engine = null; // a promise of what finds

  async function start() {
    await Promise.all([load("search/minisearch.js"), load(dialog.dataset.index)]);
    const records = window.minerpivotIndex.map(([title, kind, page, address, text, more], id) => ({ id, title, kind, page, address, text, more }));
    const weights = { Company: 4, Page: 1.6, Figure: 1.2, Table: 1.2, Term: 1.5 };
    const found = new MiniSearch({ fields: ["title", "more", "text", "page"], storeFields: [] });
    found.addAll(records);
    const options = {
      boost: { title: 5, more: 2, page: 0.5 }, fuzzy: (term) => (term.length > 4 ? 0.2 : false),
      prefix: (term) => term.length > 1, weights: { prefix: 0.6, fuzzy: 0.2 },
      boostDocument: (id) => weights[records[id].kind] ?? 1,
    };
    return (query) => {
      const all = found.search(query, { ...options, combineWith: "AND" });
      const hits = all.length ? all : found.search(query, options);
      const phrase = query.toLowerCase(), within = (text) => text.toLowerCase().includes(phrase);
      const whole = ({ id, score }) => score * (within(records[id].title) ? 3 : within(records[id].text) ? 1.5 : 1); // words in this order
      return hits.map((hit) => ({ ...records[hit.id], terms: hit.terms, score: whole(hit) })).sort((a, b) => b.score - a.score);
    };
  }

  // Part of a text around the place with most of the words, with these marked.
  function excerpt(text, terms) {
    const words = new RegExp(`(?<![\\p{L}\\p{N}])(?:${terms.map((term) => term.replace(/[^\p{L}\p{N}]/gu, "\\$&")).join("|")})(?![\\p{L}\\p{N}])`, "giu");
    const places = [...text.matchAll(words)].map(({ index }) => index);
    const near = (place) => new Set(places.filter((other) => other >= place && other < place + 120).map((other) => text.slice(other, other + 6).toLowerCase())).size;
    const best = places.reduce((kept, place) => (kept < 0 || near(place) > near(kept) ? place : kept), -1);
    let from = Math.max(0, best - 50);
    if (from) from = text.indexOf(" ", from) + 1;
    let part = text.slice(from, from + 170);
    if (from + 170 < text.length) part = `${part.slice(0, part.lastIndexOf(" "))} …`;
    const pieces = [from ? "… " : ""];
    let done = 0;
    for (const { 0: word, index } of part.matchAll(words)) {
      pieces.push(part.slice(done, index), made("mark", {}, word));
      done = index + word.length;
    }
    return [...pieces, part.slice(done)];
  }

  function searching(form) {
    const input = form.querySelector("input"), list = form.querySelector("ol"), said = form.querySelector(".found");
    let asked = 0;
    async function search() {
      const query = input.value.trim(), mine = ++asked;
      engine ??= start();
      let hits;
      try { hits = query.length > 1 ? (await engine)(query) : []; } catch {
        engine = null;
        said.textContent = "The index could not be loaded.";
        return;
      }
      if (mine !== asked) return; // the reader has typed on
      const shown = hits.slice(0, 12);
      list.replaceChildren(...shown.map(({ title, kind, page, address, text, terms }) => made("li", {},
        made("a", { href: home + address }, made("b", {}, title), made("span", {}, kind === "Page" || kind === "Company" ? kind : `${kind} in ${page}`)),
        made("p", {}, ...excerpt(text, terms)))));
      const more = hits.length > shown.length ? `, the best ${shown.length} shown` : "";
      said.textContent = query.length < 2 ? "" : hits.length ? `${hits.length} ${hits.length === 1 ? "place" : "places"}${more}` : `Nothing on “${query}”. Fewer or other words may find it.`;
    }
    input.addEventListener("focus", () => { engine ??= start(); engine.catch(() => { engine = null; }); }, { once: true });
    input.addEventListener("input", search);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const first = list.querySelector("a");
      if (first) { dialog.close(); location.assign(first.href); }
    });
    form.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      const stops = [input, ...list.querySelectorAll("a")];
      event.preventDefault();
      stops[Math.max(0, Math.min(stops.length - 1, stops.indexOf(document.activeElement) + step))].focus();
    });
    list.addEventListener("click", ({ target }) => target.closest("a") && dialog.close()); // it may lead to this page
    return (query) => { input.value = query; search(); };
  }

  if (dialog) {
    const inDialog = dialog.querySelector("form"), open = () => { dialog.showModal(); inDialog.querySelector("input").select(); };
    searching(inDialog);
    dialog.querySelector(".close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
    document.querySelector(".to-search").addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      open();
    });
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest("input, select, textarea, [role=application]");
      if ((event.key === "k" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !typing)) {
        event.preventDefault();
        if (!dialog.open) open();
      }
    });
    const onPage = document.querySelector("article form.search");
    if (onPage) searching(onPage)(new URLSearchParams(location.search).get("q") ?? "");
  }

  // --- code can be copied -----------------------------------------------------------------------------------------------

  if (navigator.clipboard) for (const box of document.querySelectorAll("div.highlight")) {
    const button = made("button", { type: "button", className: "copy", textContent: "Copy" });
    button.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(box.querySelector("pre").textContent); button.textContent = "Copied"; }
      catch { button.textContent = "Not allowed here"; }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    box.prepend(button);
  }
})();
