"""The pages in a real browser, from files: clean, whole, accessible, interactive, in both colours and on a phone."""

import re
import shutil
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe

from minerpivot.book import editions, profiles
from minerpivot.book.execute import ROOT, chapters
from tests.browser import VIOLATIONS

CHARTED = [f"chapters/{path.stem}" for path in chapters() if path != ROOT / profiles.TEMPLATE]
COMPANIES = [f"companies/{name}" for name in profiles.names(nbformat.read(ROOT / profiles.TEMPLATE, as_version=4))]
PAGES = [*CHARTED, *COMPANIES[:2], "index", "glossary", "changes", "search", "404"]
QUERIES = {  # a reader's words -> what one of the first three says (its title, kind and page, excerpt)
    "IREN": "IREN",
    "Microsoft": "Microsoft",
    "power cost": "cost per coin|Power prices",
    "beta": "^beta\nTerm",
    "Google backstop": "^backstop\nTerm",
    "Core Scientific": "Core Scientific",
    "hashprice": "^hashprice\nTerm",
}


@pytest.fixture
def visit(browser, site, own):
    """Open a page of the site; what a browser complains of is in `page.complaints`."""
    contexts = []

    def opened(name, *, query="", mode="light", width=1280, javascript=True, root=site, touch=False):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=javascript, has_touch=touch
        )
        contexts.append(context)
        if javascript:
            context.add_init_script(f"localStorage.setItem('mode', '{mode}')")
        page = context.new_page()
        page.complaints = []

        def complain(said):
            if not own or own not in said:  # no file has the site's own address
                page.complaints.append(said)

        page.on("console", lambda m: complain(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complain(str(error)))
        page.on("requestfailed", lambda r: complain(f"failed: {r.url}") if missed(r) else None)
        page.on("request", lambda r: complain(r.url) if foreign(r.url) else None)
        page.goto((root / f"{name}.html").as_uri() + query)
        return page

    yield opened
    for context in contexts:
        context.close()


def missed(request):
    """Whether a request failed of itself: one that the next page cuts short is called aborted."""
    return request.failure != "net::ERR_ABORTED"


def foreign(address):
    """Whether a request leaves the site's own files."""
    return not address.startswith(("file:", "data:", "blob:"))


# Of a page that stands still a browser may draw no frame, and would be waited for without end.
FRAMES = """const frames = () => new Promise((done) => {
    requestAnimationFrame(() => requestAnimationFrame(done));
    setTimeout(done, 1000);
  });"""
SCROLL = """async () => {
  FRAMES
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) { // grows as far sections are laid out
    scrollTo(0, y);
    await frames();
  }
  for (const place of document.querySelectorAll('.table-tools')) { // sections grow above a fast reader
    place.scrollIntoView({ block: 'center', behavior: 'instant' });
    await frames();
  }
}""".replace("FRAMES", FRAMES)


def scroll(page):
    """Go down the page as a reader does, until every table that was near has its tools."""
    page.evaluate(SCROLL)
    page.wait_for_function(  # what is folded gets them when it is opened
        "() => document.querySelectorAll('.dt-info').length >="
        " [...document.querySelectorAll('.table-tools')].filter(tools => tools.checkVisibility()).length"
    )


def to_the_ledger(visit, width=1280):
    """The deals page as who follows a link to the ledger meets it: its fold opens, and its tools are there."""
    page = visit("chapters/miner-deals", width=width)
    assert not page.locator("#ledger").is_visible()
    page.evaluate("location.hash = 'ledger'")
    page.locator("#ledger").wait_for()
    scroll(page)
    return page


SHORTEN = """() => document.querySelectorAll('tbody').forEach((body) => {
  const seen = new Set();
  const alike = [...body.rows].filter((row, place) => { // stripes are two colours
    const looks = [row, ...row.querySelectorAll('*')].map((part) => {
      const attribute = (name) => part.getAttribute(name) ?? '';
      return [place % 2, part.tagName, attribute('class'), attribute('style'), part.parentElement.className].join();
    });
    const known = looks.every((look) => seen.has(look));
    looks.forEach((look) => seen.add(look));
    return known;
  });
  alike.forEach((row) => row.querySelectorAll('td, th').forEach((cell) => cell.replaceChildren()));
})"""  # empties rows in which no element looks other than one in the rows above: their colours are those
EMPTY = """() => {
  const seen = (part) => part.checkVisibility();
  window.emptied = [...document.querySelectorAll('body *')].filter((part) => !seen(part) && seen(part.parentElement));
  emptied.forEach((part) => part.replaceChildren());
}"""  # the same for what is folded or not drawn: nobody sees its colours, and looking at them takes long


def faults(page, *, colours=False):
    """What an accessibility checker finds serious: by all rules but that of contrast, or by that one."""
    rule = {"runOnly": ["color-contrast"]} if colours else {"rules": {"color-contrast": {"enabled": False}}}
    found = Axe().run(page, options=VIOLATIONS | rule)
    return [
        f"{issue['id']}: {node['html'][:120]}"
        for issue in found.response["violations"]
        if issue["impact"] in ("serious", "critical")
        for node in issue["nodes"]
    ]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_in_both_colours_and_on_a_phone(visit, name):
    """No complaint, no request elsewhere, every table with its tools, nothing serious for axe, no sideways scroll."""
    page = visit(name)
    scroll(page)
    assert faults(page) == []
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate(SHORTEN)
    page.evaluate(EMPTY)
    assert faults(page, colours=True) == []
    if name != "404":  # a page of its own, in the browser's own colours
        page.locator(".to-mode").click()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert not page.evaluate("emptied.some((part) => part.checkVisibility())"), "in the dark it shows more"
        assert faults(page, colours=True) == []
    assert page.complaints == []


def test_every_company_page_fits_a_phone_and_complains_of_nothing(visit, site):
    """They are of one template, of which two are proven above: here the rest, each with its own rows and words."""
    page = visit("index", width=390)
    for name in COMPANIES[2:]:
        page.goto((site / f"{name}.html").as_uri())
        for width in (390, 320):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (name, width)
    assert page.complaints == []


def test_these_are_all_pages(site):
    """A page that is added is tested too."""
    found = {page.relative_to(site).with_suffix("").as_posix() for page in site.rglob("*.html")}
    assert found == {*PAGES, *COMPANIES}


@pytest.mark.parametrize("name", CHARTED)
def test_without_scripts_every_chart_is_a_picture(visit, name):
    """And the page has no empty place where a script would have drawn."""
    page = visit(name, javascript=False)
    assert page.locator(".kit-plot").count() > 0  # each holds a drawing for a column and one for a phone
    assert page.locator(".kit-plot svg:visible").count() == page.locator(".kit-plot:visible").count()


SPLIT_HEADS = """() => [...document.querySelectorAll("article thead th")].flatMap(head => {
    const texts = document.createTreeWalker(head, NodeFilter.SHOW_TEXT), range = document.createRange(), split = []
    for (let text; text = texts.nextNode();)
        for (const word of text.data.matchAll(/\\S+/g)) {
            range.setStart(text, word.index)
            range.setEnd(text, word.index + word[0].length)
            if (new Set([...range.getClientRects()].map(box => box.top)).size > 1) split.push(word[0])
        }
    return split
})"""


@pytest.mark.parametrize("name", CHARTED)
def test_print_shows_every_chart_and_table_whole(visit, name):
    """On paper no chart is taller than a page, no table loses columns, and no head is broken within a word."""
    page = visit(name, mode="dark", width=700)  # the print of an A4 page
    scroll(page)
    page.emulate_media(media="print")
    hidden = "[...document.querySelectorAll('article table')].filter(t => t.getBoundingClientRect().right > innerWidth)"
    assert page.evaluate(f"{hidden}.map(table => table.closest('[id]').id)") == []
    assert page.evaluate(SPLIT_HEADS) == []
    assert page.evaluate("getComputedStyle(document.querySelector('article p.answer')).color") == "rgb(28, 35, 43)"
    boxes = [drawn.bounding_box() for drawn in page.locator(".kit-plot svg:visible").all()]
    assert boxes
    assert all(50 < box["height"] < 1000 for box in boxes)


@pytest.mark.parametrize("name", CHARTED)
def test_every_choice_changes_its_chart(visit, name):
    """A switch that does nothing would be a lie; each is labelled and shows a finding and a drawing of its own."""
    page = visit(name)
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
    for box in page.locator(".kit-choices").all():
        seen = []
        for choice in box.get_by_role("radio").all():
            assert re.search(r"\w", choice.locator("xpath=..").inner_text()), "a switch needs a label"
            choice.check()
            seen.append((box.locator("figcaption").inner_text(), box.locator(".kit-plot svg:visible").inner_html()))
        assert len(set(seen)) == len({drawing for _, drawing in seen}) == len(seen) > 1, name


def test_a_year_chosen_shows_its_statements(visit):
    """The guidance of the chosen year under its own title, and none of another year's."""
    page = visit("chapters/hyperscaler-capex")
    chart = page.locator("#guidance-path")
    page.get_by_role("radio", name="2024").check()
    assert "2024" in chart.locator("figcaption").inner_text()
    heard = chart.locator("[role=img]:visible").get_attribute("aria-label")
    assert "31 October 2024" in heard
    assert "2026" not in heard


def test_a_switch_groups_as_it_says(visit):
    """Contracted value by miner names miners, and its title says who signed most."""
    page = visit("chapters/miner-deals")
    chart = page.locator("#contracted-value")
    chart.scroll_into_view_if_needed()
    page.wait_for_timeout(300)  # what was far away is laid out
    first = chart.locator("figcaption").inner_text()
    assert "owes" in first
    page.get_by_role("radio", name="miner", exact=True).check()
    assert "signed" in chart.locator("figcaption").inner_text()
    assert "Galaxy" in chart.locator("svg:visible").first.text_content()


def test_a_dearer_building_leaves_rent_ahead_in_no_more_leases(visit):
    """Each price of a building has its own count in the title; the count falls, or stays, as the price rises."""
    page = visit("chapters/miner-deals")
    chart, counts = page.locator("#rent-against-mining"), {}
    chart.scroll_into_view_if_needed()
    costs = page.get_by_role("radio", name=re.compile(r"^\$"))
    costs.first.wait_for()
    for choice in costs.all():
        choice.check()
        title = chart.locator("figcaption").inner_text()
        cost, count = re.search(r"at \$([\d.]+)m a megawatt, in (\d+)", title).groups()
        counts[float(cost)] = int(count)
    assert len(counts) > 2
    assert [counts[cost] for cost in sorted(counts)] == sorted(counts.values(), reverse=True)


def test_a_start_chosen_above_the_lines_changes_title_and_drawing(visit):
    """From the article on nothing is said of the day on which three had signed."""
    page = visit("chapters/stock-performance")
    chart = page.locator("#indexed-since-halving")
    first = chart.locator("[role=img]:visible").get_attribute("aria-label")
    begins = re.search(r"Since (\w+ \d{4})", chart.locator("figcaption").inner_text())[1]
    page.get_by_role("radio", name="the article").check()
    assert begins != "January 2026"
    assert "January 2026" in chart.locator("figcaption").inner_text()
    assert begins not in chart.locator("figcaption").inner_text()
    assert chart.locator("[role=img]:visible").get_attribute("aria-label") != first


def test_a_choice_outlasts_the_colours_and_the_width(visit):
    """Who has chosen a year keeps it in the dark and on a turned phone."""
    page = visit("chapters/hyperscaler-capex")
    page.get_by_role("radio", name="2024").check()
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.set_viewport_size({"width": 390, "height": 900})
    assert page.get_by_role("radio", name="2024").is_checked()
    assert "31 October 2024" in page.locator("#guidance-path [role=img]:visible").get_attribute("aria-label")


@pytest.mark.parametrize("width", [1280, 390])
def test_without_scripts_the_other_pages_are_at_hand(visit, width):
    """Beside the text or behind a button that needs no script; who asks to search is shown the contents."""
    page = visit("chapters/data", javascript=False, width=width)
    if width < 600:
        page.get_by_role("button", name="Pages").click()
    assert page.locator("#pages a[href$='miner-deals.html']").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    if width < 600:
        page.keyboard.press("Escape")
    page.get_by_role("link", name="Search").click()
    assert "Searching runs in the browser" in page.locator("article").inner_text()
    assert page.locator("article a[href='chapters/data.html']").is_visible()


@pytest.fixture(scope="module")
def with_edition(site, tmp_path_factory):
    """The site with one edition, of its own pages, in it, and the edition's day."""
    day, folder = "2026-01-28", tmp_path_factory.mktemp("switch")
    root = shutil.copytree(site, folder / "html")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(editions, "EDITIONS", folder / "editions")
        shutil.copytree(site, folder / "editions" / day / "html")
        editions.record(folder / "editions" / day, editions.made_of())
        assert editions.assemble(root) == []
    return root, day


@pytest.mark.parametrize(("javascript", "width"), [(True, 1280), (False, 1280), (True, 390), (False, 390)])
def test_the_edition_switch_stays_on_the_page(visit, with_edition, javascript, width):
    """There and back between a chapter and the same one of an edition, from files, with and without scripts."""
    (root, day), chapter = with_edition, "chapters/stock-performance"
    page = visit(chapter, javascript=javascript, width=width, root=root)
    for place, label in (
        (f"html/editions/{day}/{chapter}.html", f"as of {day}"),
        (f"html/{chapter}.html", "latest data"),
    ):
        if width < 600:
            page.get_by_role("button", name="Pages").click()
        page.locator(".edition-switcher summary:visible").click()
        page.locator(".edition-switcher a:visible", has_text=label).click()
        page.wait_for_url(f"**/{place}")
    assert not javascript or page.complaints == []  # without scripts a browser calls each of them a failed request


@pytest.mark.parametrize("width", [390, 1280])
def test_the_ledger_fits_its_screen(visit, width):
    """The miner stays in sight, three columns show whole on a phone, no number breaks, the rest opens on a tap."""
    page = to_the_ledger(visit, width=width)
    table = page.locator(".dt-container").filter(has=page.locator("th", has_text="Miner")).first
    heads = table.locator("thead th:visible")
    assert heads.count() == (4 if width == 390 else 6)
    box = table.locator(".dt-layout-table").evaluate("box => box.scrollWidth - box.clientWidth")
    assert box <= 0
    assert table.locator("tbody th").first.evaluate("cell => getComputedStyle(cell).position") == "sticky"
    tall = "cells => cells.map(cell => getComputedStyle(cell).whiteSpace)"
    assert set(table.locator("tbody td.number").evaluate_all(tall)) == {"nowrap"}
    more = table.locator(".rest summary:visible")
    assert (more.count() > 0) == (width == 390)
    if width == 390:
        assert more.first.bounding_box()["height"] >= 32  # what a thumb can hit
        more.first.click()
        assert table.locator(".rest dl:visible dt", has_text="Counts as").count() == 1


def test_the_ledger_on_paper(visit):
    """On A4 every row is printed, with its source, and nothing is cut off, though its rows scrolled on the screen."""
    page = to_the_ledger(visit, width=794)
    page.emulate_media(media="print")
    boxes = page.locator(".dt-layout-table")
    assert boxes.count()
    assert boxes.evaluate_all("boxes => boxes.every(box => box.scrollHeight - box.clientHeight < 2)")
    rows = page.locator("table.data-table").filter(has=page.locator("th", has_text="Best source")).locator("tbody tr")
    assert rows.count() > 60
    rows.last.scroll_into_view_if_needed()
    assert rows.last.locator("a[href^=http]").last.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert not page.locator(".rest:visible").count()


def test_the_ledger_can_be_searched_sorted_and_downloaded(visit):
    """The file has the rows that are shown, with the addresses of their sources."""
    page = to_the_ledger(visit)
    ledger = page.locator(".dt-container").filter(has=page.locator("th", has_text="Best source")).first
    rows = ledger.locator("tbody tr")
    everything = rows.count()
    ledger.locator("input[type=search]").first.fill("galaxy")
    shown_rows = "[...document.querySelector('.dt-container:has(.rest)').querySelectorAll('tbody tr')]"
    page.wait_for_function(f"() => {shown_rows}.every(row => row.innerText.includes('Galaxy'))")
    shown = rows.count()
    assert 0 < shown < everything
    with page.expect_download() as download:
        ledger.locator(".dt-buttons button").first.click()
    lines = download.value.path().read_text("utf-8").strip().splitlines()
    assert len(lines) == shown + 1
    assert all("Galaxy" in line and "https://" in line for line in lines[1:])
    ledger.locator("input[type=search]").first.fill("")
    heads = ledger.locator("thead th").all_inner_texts()
    place = next(number for number, head in enumerate(heads) if head.strip().startswith("MW"))
    button = ledger.locator("thead th").nth(place).locator(".dtcc-button_order")
    assert "MW" in button.get_attribute("aria-label"), "a button says which column it sorts"
    for falling in (False, True):
        button.click()
        ledger.locator(f"thead th[aria-sort={'descending' if falling else 'ascending'}]").first.wait_for()
        page.wait_for_timeout(500)  # the head is marked before the rows stand in their new order
        shown = ledger.locator(f"tbody tr > :nth-child({place + 1})").all_inner_texts()
        figures = [text.splitlines()[0] for text in shown]  # the basis stands below
        known = [float(text.replace(",", "")) for text in figures if text != "–"]
        assert known == sorted(known, reverse=falling)
        assert len({min(known), max(known)}) == 2


def test_search_finds_sections_figures_tables_and_terms(visit):
    """Ranked, with the words marked in an excerpt; the index is loaded when search opens and not before."""
    page = visit("chapters/miner-deals")
    loaded = "document.querySelectorAll('script[src*=\"/search/\"]').length"
    assert page.evaluate(loaded) == 0
    page.keyboard.press("Control+k")
    for query, wanted in QUERIES.items():
        page.locator("#search input").fill(query)
        page.wait_for_function(
            "words => words.every(word => [...document.querySelectorAll('#search li:first-child')]"
            ".some(hit => hit.innerText.toLowerCase().includes(word)))",
            arg=query.lower().split(),
        )
        said = page.locator("#search li").all_inner_texts()[:3]
        assert any(re.search(wanted, hit) for hit in said), (query, said)
        assert all(re.search(r"\n(Page|Company|(Section|Figure|Table|Term) in .+)\n", hit) for hit in said), said
        assert page.locator("#search li mark").count()
    assert page.evaluate(loaded) == 2  # what ranks, and the index
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function("() => location.hash.length > 1")
    assert page.locator(":target").is_visible()
    assert page.complaints == []


def test_an_address_can_ask_a_question(visit):
    """As links from elsewhere do; what is not there is said."""
    page = visit("search", query="?q=hashprice")
    page.locator("article form li a[href*='glossary.html#term-hashprice']").wait_for()
    page.locator("article form input").fill("zzyzx")
    page.get_by_text("Nothing on “zzyzx”").wait_for()


def test_search_works_under_an_address_with_a_path(browser, site, tmp_path):
    """As a fork's site has one: a question finds a section and opens it, and nothing is asked of a folder above."""
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "path").symlink_to(site, target_is_directory=True)
    with serve(tmp_path) as server:
        home, page = f"{server}/some/path/", browser.new_page()
        strays = []
        page.on("request", lambda r: None if r.url.startswith((home, "data:", "blob:")) else strays.append(r.url))
        page.on("response", lambda answer: strays.append(answer.url) if answer.status >= 400 else None)
        page.on("console", lambda said: strays.append(said.text) if said.type == "error" else None)
        page.goto(f"{home}chapters/miner-deals.html")
        page.keyboard.press("Control+k")
        page.locator("#search input").fill("hashprice")
        page.locator("#search li a[href*='glossary.html#term-hashprice']").click()
        page.wait_for_url(f"{home}glossary.html#term-hashprice")
        assert page.locator(":target").is_visible()
        page.goto(f"{home}search.html?q=IREN")
        page.locator("article form li a[href*='companies/IREN.html']").first.click()
        page.wait_for_url(re.compile(f"{home}companies/IREN\\.html"))
        assert strays == []
        page.close()


@contextmanager
def serve(folder):
    """The address of a server of this machine that gives out a folder."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


CONTENTS = """async () => {
  const links = [...document.querySelectorAll('#contents a')];
  const box = (link) => {
    const place = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    return (place.closest('details:not([open])') ?? place).getBoundingClientRect();
  };
  FRAMES
  const marked = () => links.findIndex((link) => link.classList.contains('active'));
  const found = { down: [], up: [] };
  for (const way of ['down', 'up']) for (const link of way === 'down' ? links : [...links].reverse()) {
    for (let i = 0, still = 0; i < 10 && still < 2; i++) { // sections grow
      const off = box(link).top - 100;
      still = Math.abs(off) < 1 ? still + 1 : 0;
      scrollBy(0, off);
      await frames();
    }
    const far = document.documentElement.scrollHeight - scrollY >= 2 * innerHeight; // then the line sinks
    found[way].push([links.indexOf(link), marked(), far]);
  }
  scrollTo(0, 0);
  await frames();
  found.top = marked();
  scrollTo(0, 1e6);
  for (let i = 0; i < 4; i++) { scrollTo(0, 1e6); await frames(); }
  found.end = marked();
  return found;
}""".replace("FRAMES", FRAMES)


@pytest.mark.parametrize("name", ["chapters/miner-deals", "glossary"])
def test_the_contents_mark_what_is_read(visit, name):
    """Every heading in turn, down and up; nothing above the first; the last at the end; what was chosen when chosen."""
    page = visit(name)
    found, links = page.evaluate(CONTENTS), page.locator("#contents a")
    for way in (found["down"], found["up"][::-1]):
        assert [marked for _, marked, far in way if far] == [wanted for wanted, _, far in way if far]
        assert [marked for _, marked, _ in way] == sorted(marked for _, marked, _ in way)
        assert all(marked >= wanted for wanted, marked, _ in way)
    assert (found["top"], found["end"]) == (-1, links.count() - 1)
    chosen = links.locator("visible=true").last
    chosen.click()
    page.wait_for_timeout(100)
    assert chosen.get_attribute("aria-current") == "location"


def test_the_text_stands_still_while_the_page_comes_in(visit):
    """What follows the text takes no room from it when it arrives."""
    page = visit("chapters/stock-performance", width=1350)
    place = "document.querySelector('article').getBoundingClientRect().left"
    whole = page.evaluate(place)
    page.evaluate("document.querySelector('#contents').remove()")
    assert page.evaluate(place) == whole


def test_a_term_is_explained_in_place(visit):
    """On hover, by keyboard, and by a first tap; a second follows the link."""
    page = visit("chapters/halving-squeeze")
    term, tip = page.locator("a.term").nth(1), page.locator("#term-tip")
    for show, leave in ((term.hover, lambda: page.mouse.move(0, 0)), (term.focus, term.blur)):
        show()
        assert tip.is_visible()
        assert tip.inner_text() == term.get_attribute("data-means")
        assert term.get_attribute("aria-describedby") == tip.get_attribute("id")
        leave()
        tip.wait_for(state="hidden")
    phone = visit("chapters/halving-squeeze", width=390, touch=True)
    phone.locator("a.term").nth(1).tap()
    assert phone.locator("#term-tip").is_visible()
    phone.locator("a.term").nth(1).tap()
    phone.wait_for_url("**/glossary.html#term-*")


def test_the_policy_stops_a_request_to_another_host(visit):
    """What the pages promise is enforced: an image from elsewhere is not even asked for."""
    page = visit("index")
    page.evaluate(
        "new Promise(done => { document.addEventListener('securitypolicyviolation', event => done(event.blockedURI));"
        "document.body.append(Object.assign(new Image(), { src: 'https://example.org/pixel.png', onerror: done })) })"
    )
    assert any("violates" in complaint for complaint in page.complaints)
