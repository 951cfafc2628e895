"""The pages in a real browser, from files: clean, whole, accessible, interactive, in both colours and on a phone."""

import re
import shutil

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe

from minerpivot.book import editions
from minerpivot.book.execute import ROOT, chapters
from minerpivot.page.figures import VEGALITE_MIME

CHARTED = [f"chapters/{path.stem}" for path in chapters()]
PAGES = [*CHARTED, "index", "glossary", "search", "genindex", "404"]
MODES = ("light", "dark")
CONTROLS = ".chart-controls :is(input[type=range], select, input[type=radio]:not(:checked))"
TERMS = {
    "halving-squeeze": "hashprice",
    "hyperscaler-capex": "guidance",
    "miner-deals": "colocation",
    "stock-performance": "drawdown",
    "fact-check": "verdict",
    "data": "licence",
}


@pytest.fixture
def visit(browser, site):
    """Open a page of the site; what a browser complains of is in `page.complaints`."""
    contexts = []

    def opened(name, *, query="", mode="light", width=1280, javascript=True, root=site):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=javascript, accept_downloads=True
        )
        contexts.append(context)
        if javascript:
            context.add_init_script(f"localStorage.setItem('mode', '{mode}'); localStorage.setItem('theme', '{mode}')")
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda m: page.complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("requestfailed", lambda request: page.complaints.append(f"failed: {request.url}"))
        page.on("request", lambda r: page.complaints.append(r.url) if foreign(r.url) else None)
        page.goto((root / f"{name}.html").as_uri() + query)
        return page

    yield opened
    for context in contexts:
        context.close()


def foreign(address):
    """Whether a request leaves the site's own files."""
    return not address.startswith(("file:", "data:", "blob:"))


def scroll(page):
    """Go down the page as a reader does, until every chart that was near has come alive."""
    y = 0
    while y < page.evaluate("document.documentElement.scrollHeight"):  # grows as far sections are laid out
        page.evaluate(f"window.scrollTo(0, {y})")
        page.wait_for_timeout(40)
        y += 600
    for place in page.locator(".chart, .table-tools").all():  # sections grow above a fast reader, who then passes some
        place.scroll_into_view_if_needed()
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    charts = page.locator(".chart").count()
    page.wait_for_function(f"() => document.querySelectorAll('.chart-live svg.marks').length >= {charts}")
    page.wait_for_function(
        "() => document.querySelectorAll('.dt-info').length >= document.querySelectorAll('.table-tools').length"
    )


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_clean_and_whole(visit, name, mode, width):
    """No complaint, no request to another host, no sideways scroll, every chart alive."""
    page = visit(name, mode=mode, width=width)
    scroll(page)
    assert page.complaints == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    if name != "404":  # a page of its own, in the browser's own colours
        assert page.evaluate("document.documentElement.dataset.theme") == mode


def test_these_are_all_pages(site):
    """A page that is added is tested too."""
    assert {page.relative_to(site).with_suffix("").as_posix() for page in site.rglob("*.html")} == set(PAGES)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(visit, name, mode):
    """Theme defects included."""
    page = visit(name, mode=mode)
    scroll(page)
    found = [
        f"{issue['id']}: {node['html'][:120]}"
        for issue in Axe().run(page).response["violations"]
        if issue["impact"] in ("serious", "critical")
        for node in issue["nodes"]
    ]
    assert found == []


@pytest.mark.parametrize("name", CHARTED)
def test_without_scripts_every_chart_is_a_picture(visit, name):
    """And the page has no empty place where a script would have drawn."""
    page = visit(name, javascript=False)
    for picture in page.locator(".chart .chart-light img").all():
        picture.scroll_into_view_if_needed()
        assert picture.is_visible()
        assert is_drawn(picture)
    assert page.locator(".chart .chart-light img").count() == page.locator(".chart").count()
    kit = page.locator(".kit-plot").count()  # each holds a drawing for a column and one for a phone
    assert page.locator(".kit-plot svg:visible").count() == page.locator(".kit-plot:visible").count()
    assert kit + page.locator(".chart").count() > 0


def is_drawn(picture):
    """Whether an image's file was there and had a picture in it: its place on the page is kept without one."""
    picture.evaluate("image => { image.loading = 'eager' }")  # as the page itself does before it is printed
    return picture.evaluate("image => image.decode().then(() => image.naturalWidth > 0, () => false)")


@pytest.mark.parametrize("name", CHARTED)
def test_print_shows_every_chart_and_table_whole(visit, name):
    """On paper the pictures stand in for the live charts, none taller than a page, and no table loses columns."""
    page = visit(name, mode="dark", width=700)  # the print of an A4 page
    scroll(page)
    page.emulate_media(media="print")
    assert all(is_drawn(picture) for picture in page.locator(".chart .chart-light img").all())
    hidden = "[...document.querySelectorAll('article table')].filter(t => t.getBoundingClientRect().right > innerWidth)"
    assert page.evaluate(f"{hidden}.map(table => table.closest('[id]').id)") == []
    assert page.evaluate("getComputedStyle(document.querySelector('article p.answer')).color") == "rgb(28, 35, 43)"
    boxes = [picture.bounding_box() for picture in page.locator(".chart .chart-light img").all()]
    assert len(boxes) == page.locator(".chart").count()
    assert all(box and 50 < box["height"] < 1000 for box in boxes)
    assert not any(live.is_visible() for live in page.locator(".chart-live").all())


def test_charts_answer_and_follow_the_switch(visit):
    """Hovering shows a tooltip; the colour switch redraws at once."""
    page = visit("chapters/hyperscaler-capex")
    scroll(page)
    ink = "document.querySelector('.chart-live svg .role-axis-label text').getAttribute('fill')"
    light = page.evaluate(ink)
    chart = page.locator(".chart-live svg").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    tooltip = page.locator("#vg-tooltip-element.visible")
    for share in range(20, 90, 10):  # a line is thin: cross it slowly
        x = box["x"] + box["width"] * share / 100
        for y in range(int(box["y"]), int(box["y"] + box["height"]), 2):
            page.mouse.move(x, y)
            if tooltip.count():
                break
        if tooltip.count():
            break
    assert tooltip.inner_text().strip()
    for _ in range(2):  # from light through the system's choice to dark
        page.locator("button.theme-switch-button:visible").first.click()
    page.wait_for_function(f"() => document.documentElement.dataset.theme === 'dark' && {ink} !== '{light}'")
    assert page.complaints == []


@pytest.mark.parametrize("name", CHARTED)
def test_every_control_changes_its_chart(visit, name):
    """A slider, switch or list that does nothing would be a lie; each is labelled and reached by keyboard."""
    page = visit(name)
    scroll(page)
    for control in page.locator(CONTROLS).all():
        chart = control.locator("xpath=ancestor::*[contains(@class, 'chart-figure')]")
        control.scroll_into_view_if_needed()  # a section that is far is not laid out
        label = control.locator("xpath=ancestor::*[contains(@class, 'vega-bind')][1]").text_content().strip()
        assert re.search(r"\w{3}", label), "a control needs a label"
        drawn = chart.locator(".chart-live").inner_html()
        control.focus()
        control.press("Space" if control.get_attribute("type") == "radio" else "ArrowLeft")
        if chart.locator(".chart-live").inner_html() == drawn:
            control.press("ArrowRight")
            control.press("ArrowRight")
        page.wait_for_timeout(100)
        assert chart.locator(".chart-live").inner_html() != drawn, f"{name}: {label} changes nothing"


def stored(chapter, name):
    """The rows that a chart of a chapter draws, as its notebook keeps them."""
    for cell in nbformat.read(ROOT / f"{chapter}.ipynb", as_version=4).cells:
        for output in cell.get("outputs", []):
            spec = output.get("data", {}).get(VEGALITE_MIME)
            if spec and spec["usermeta"]["name"] == name:
                return max(spec["datasets"].values(), key=len)
    raise LookupError(name)


def drawn(page, name):
    """The texts of a live chart."""
    return page.locator(f"#{name} .chart-live svg text").all_text_contents()


def wait_for_text(page, name, text):
    """Until a live chart shows a text."""
    texts = f"[...document.querySelectorAll('#{name} .chart-live svg text')].map(text => text.textContent)"
    page.wait_for_function(f"text => {texts}.includes(text)", arg=text)


def test_a_list_shows_the_year_that_it_names(visit):
    """The guidance of the chosen year: each of its statements, and none of another year's."""
    page, rows = visit("chapters/hyperscaler-capex"), stored("chapters/hyperscaler-capex", "guidance-path")
    scroll(page)
    page.locator("#guidance-path select").select_option("2024")
    wanted = {row["day"] for row in rows if row["year"] == "2024"}
    wait_for_text(page, "guidance-path", min(wanted))
    assert wanted == {row["day"] for row in rows} & set(drawn(page, "guidance-path"))


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
    chart, counts = page.locator("#rent-against-mining"), []
    chart.scroll_into_view_if_needed()
    costs = page.get_by_role("radio", name=re.compile(r"^\$"))
    costs.first.wait_for()
    for choice in costs.all():
        choice.check()
        counts.append(int(re.search(r"a megawatt, in (\d+)", chart.locator("figcaption").inner_text())[1]))
    assert len(counts) > 2
    assert counts == sorted(counts, reverse=True)


def test_a_start_chosen_above_the_lines_changes_title_and_drawing(visit):
    """From the article on nothing is said of the day on which three had signed."""
    page = visit("chapters/stock-performance")
    chart = page.locator("#indexed-since-halving")
    first = chart.locator("[role=img]:visible").get_attribute("aria-label")
    assert "December 2024" in chart.locator("figcaption").inner_text()
    page.get_by_role("radio", name="the article").check()
    assert "January 2026" in chart.locator("figcaption").inner_text()
    assert "December 2024" not in chart.locator("figcaption").inner_text()
    assert chart.locator("[role=img]:visible").get_attribute("aria-label") != first


def test_a_choice_outlasts_the_colours_and_the_width(visit):
    """Who has chosen a year keeps it in the dark and on a turned phone."""
    page, rows = visit("chapters/hyperscaler-capex"), stored("chapters/hyperscaler-capex", "guidance-path")
    scroll(page)
    page.locator("#guidance-path select").select_option("2024")
    statement = min(row["day"] for row in rows if row["year"] == "2024")
    for change in ("document.documentElement.dataset.theme = 'dark'", None):
        if change:
            page.evaluate(change)
        else:
            page.set_viewport_size({"width": 390, "height": 900})
        page.wait_for_timeout(800)
        assert statement in drawn(page, "guidance-path")
        assert page.locator("#guidance-path select").input_value() == "2024"


@pytest.mark.parametrize("width", [1280, 390])
def test_without_scripts_the_other_pages_are_at_hand(visit, width):
    """Where nothing can be opened, the list of pages stands open."""
    page = visit("chapters/data", javascript=False, width=width)
    links = page.locator(".bd-sidebar-primary a[href$='miner-deals.html']")
    assert links.first.is_visible()
    assert 0 <= links.first.bounding_box()["x"] < width
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert not page.locator("button.primary-toggle:visible").count()


@pytest.mark.parametrize(("javascript", "width"), [(True, 1280), (False, 1280), (True, 390), (False, 390)])
def test_the_edition_switch_stays_on_the_page(visit, site, tmp_path, monkeypatch, javascript, width):
    """There and back between a chapter and the same one of an edition, from files, with and without scripts."""
    day, chapter = "2026-01-28", "chapters/stock-performance"
    root = shutil.copytree(site, tmp_path / "html")
    monkeypatch.setattr(editions, "EDITIONS", tmp_path / "editions")
    shutil.copytree(site, tmp_path / "editions" / day / "html")
    (tmp_path / "editions" / day / editions.RECORD).write_text(editions.made_of())
    assert editions.assemble(root) == []
    page = visit(chapter, javascript=javascript, width=width, root=root)
    for place, label in (
        (f"html/editions/{day}/{chapter}.html", f"as of {day}"),
        (f"html/{chapter}.html", "latest data"),
    ):
        if width < 600 and javascript:
            page.locator("button.primary-toggle:visible").first.click()
        page.locator(".edition-switcher summary:visible").click()
        page.locator(".edition-switcher a:visible", has_text=label).click()
        page.wait_for_url(f"**/{place}")
    assert not javascript or page.complaints == []  # without scripts a browser calls each of them a failed request


@pytest.mark.parametrize("width", [390, 1280])
def test_the_ledger_fits_its_screen(visit, width):
    """The miner stays in sight, three columns show whole on a phone, no number breaks, the rest opens on a tap."""
    page = visit("chapters/miner-deals", width=width)
    scroll(page)
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
    """On A4 every row is printed, with its source, and nothing is cut off."""
    page = visit("chapters/miner-deals", width=794)
    page.emulate_media(media="print")
    rows = page.locator("table.data-table").filter(has=page.locator("th", has_text="Best source")).locator("tbody tr")
    assert rows.count() > 60
    rows.last.scroll_into_view_if_needed()
    assert rows.last.locator("a[href^=http]").last.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert not page.locator(".rest:visible").count()


def test_the_ledger_can_be_searched_sorted_and_downloaded(visit):
    """The file has the rows that are shown, with the addresses of their sources."""
    page = visit("chapters/miner-deals")
    scroll(page)
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


@pytest.mark.parametrize(("chapter", "term"), TERMS.items())
def test_search_finds_a_term_of_each_chapter(visit, chapter, term):
    """The search page needs no server."""
    page = visit("search", query=f"?q={term}")
    page.wait_for_selector(f"#search-results a[href*='{chapter}']")
    assert page.complaints == []


def test_the_policy_stops_a_request_to_another_host(visit):
    """What the pages promise is enforced: an image from elsewhere is not even asked for."""
    page = visit("index")
    page.evaluate(
        "new Promise(done => { document.addEventListener('securitypolicyviolation', event => done(event.blockedURI));"
        "document.body.append(Object.assign(new Image(), { src: 'https://example.org/pixel.png', onerror: done })) })"
    )
    assert any("violates" in complaint for complaint in page.complaints)
