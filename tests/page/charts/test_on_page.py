"""Charts in a page of the real theme: their colours, their letters, and what a reader can do with them."""

import shutil

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from lxml import html

from minerpivot.book import profiles
from minerpivot.book.build import build_site
from minerpivot.book.execute import ROOT, chapters
from minerpivot.page import charts, drawing
from minerpivot.page.charts import showing
from tests.browser import VIOLATIONS
from tests.page.charts.forms import FORMS, SAID, cost_bars

CSS = ROOT / "minerpivot" / "book" / "static" / "charts.css"


def test_the_page_has_the_colours_of_the_kit():
    """Light, dark, and on paper the light ones whatever the page was; each is visible."""
    style = CSS.read_text(encoding="utf-8")
    light, dark, paper = CSS.with_name("book.css").read_text(encoding="utf-8").split("--ai:")[1:4]
    for name, (day, night) in drawing.COLOURS.items():
        if name not in ("ai", "ink", "bg"):  # the last two are the theme's
            assert f"--{name}: {day};" in light
            assert f"--{name}: {night};" in dark
            assert name == "mut" or f"--{name}: {day};" in paper
    assert light.startswith(f" {drawing.COLOURS['ai'][0]};")
    for _, (fill, edge, words) in charts.MEANINGS.items():
        assert all(f".f-{name} " in style for name in (fill, words) if name)
        assert all(f".l-{name} " in style for name in (edge,) if name)


@pytest.mark.parametrize("name", sorted({*drawing.COLOURS} - {"bg", "grid", "soft", "minsoft"}))
@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_colours_are_visible_on_light_and_dark_pages(name, mode):
    """WCAG asks for a contrast of 3:1 between what carries meaning and its background; pale areas have an edge."""

    def luminance(hexadecimal):
        parts = [int(hexadecimal[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(drawing.COLOURS[part][mode]) for part in (name, "bg")), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """A page of the real theme with every form and a choice."""
    folder, outputs = tmp_path_factory.mktemp("kit"), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(showing, "display", lambda data, raw=False: outputs.append(data))
        for number, (name, form) in enumerate(FORMS.items()):
            said = {**SAID, "title": f"The form of {name} says that income is at 30"}
            charts.show(f"form-{number}", form, sources="halvings", **said)
        options = {
            f"{c} cents": charts.Choice(cost_bars(c), f"At {c} cents they lose money", "US cents", f"It is {c}.")
            for c in (4, 8)
        }
        charts.show("margins", options, choose="Price of power", sources="halvings")
    cells = [nbformat.v4.new_markdown_cell("# Forms\n\nSee {numref}`form-0` and {numref}`margins`.\n\n## All")]
    for data in outputs:
        cells.append(nbformat.v4.new_code_cell("pass", outputs=[nbformat.v4.new_output("display_data", data=data)]))
    source = folder / "source"
    (source / "chapters").mkdir(parents=True)
    shutil.copy(ROOT / "_config.yml", source)
    (source / "references.bib").write_text("")
    (source / "index.md").write_text("# Start\n\n```{preview} chapters/forms.ipynb form-0\n```\n")
    (source / "_toc.yml").write_text("format: jb-book\nroot: index\nchapters:\n- file: chapters/forms\n")
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), source / "chapters" / "forms.ipynb")
    return build_site(source, folder / "build") / "chapters" / "forms.html"


@pytest.fixture
def visit(browser, page_file):
    """Open the page; what the browser complains of is in `complaints`."""
    contexts = []

    def opened(*, width=1280, mode="light", javascript=True):
        context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=javascript)
        contexts.append(context)
        if javascript:
            context.add_init_script(f"localStorage.setItem('mode', '{mode}'); localStorage.setItem('theme', '{mode}')")
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda m: page.complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(page_file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


CUT = """() => {
  const found = [], width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) found.push(`scrolls to ${document.documentElement.scrollWidth}`);
  for (const svg of document.querySelectorAll(".kit-plot svg")) {
    const box = svg.getBoundingClientRect();
    if (!box.width) continue;
    const texts = [...svg.querySelectorAll("text")].map((text) => [text.textContent, text.getBoundingClientRect()]);
    for (const [text, r] of texts) {
      const high = r.top < box.top - 2 || r.bottom > box.bottom + 2;
      if (r.left < box.left - 2 || r.right > Math.min(box.right + 2, width) || high)
        found.push(`out: ${text} ${Math.round(r.left - box.left)} ${Math.round(r.right - box.right)}`);
    }
    texts.forEach(([text, a], i) => texts.slice(i + 1).forEach(([other, b]) => {
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 2 && down > 4) found.push(`over: ${text} / ${other}`);
    }));
    const size = 13 * box.width / svg.viewBox.baseVal.width;
    if (size < 10) found.push(`small: ${size}`);
  }
  return found;
}"""


@pytest.mark.parametrize("width", [320, 390, 640, 768, 1000, 1280])
def test_no_letter_is_cut_and_nothing_scrolls_sideways(visit, width):
    """With DejaVu, the widest of fonts, as the reader's own, in a drawing of the column's size."""
    page = visit(width=width)
    assert page.evaluate(CUT) == []
    column = page.locator("figure.kit").first.bounding_box()["width"]
    shown_size = "wide" if column >= 576 else "narrow"
    assert page.locator(f"svg.kit-{shown_size}").first.is_visible()
    assert page.locator("svg.kit-wide:visible, svg.kit-narrow:visible").count() == len(FORMS) + 1
    assert page.complaints == []


def test_a_test_that_finds_nothing_would_find_a_cut_letter(visit):
    """A longer name beside a line's end is found."""
    page = visit()
    page.evaluate(
        "document.querySelector('svg.kit-wide text.b').textContent += ' and much more than there is room for'"
    )
    assert page.evaluate(CUT) != []


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_axe_finds_nothing_and_colours_are_the_pages(visit, browser, page_file, mode):
    """Also that lines have the colour of their meaning on this page."""
    page = visit(mode=mode)
    colour = page.evaluate("getComputedStyle(document.querySelector('svg.kit-wide .l-min')).stroke")
    expected = drawing.COLOURS["min"][mode == "dark"]
    assert colour == f"rgb({', '.join(str(int(expected[i : i + 2], 16)) for i in (1, 3, 5))})"
    found = [
        f"{issue['id']}: {node['html'][:120]}"
        for issue in Axe().run(page, options=VIOLATIONS).response["violations"]
        for node in issue["nodes"]
        if "kit" in node["html"] or issue["impact"] in ("serious", "critical")
    ]
    assert found == []


def test_a_choice_switches_without_scripts(visit):
    """Title, unit line and drawing; the rest of the page keeps its own."""
    page = visit(javascript=False)
    margins = page.locator("#margins")
    assert "At 4 cents they lose money" in margins.locator("figcaption").inner_text()
    page.get_by_role("radio", name="8 cents").check()
    text = margins.inner_text()
    assert "At 8 cents they lose money" in text
    assert "At 4 cents" not in text
    assert margins.locator("[role=img]:visible").get_attribute("aria-label") == "It is 8."
    assert page.locator("#form-0 figcaption").is_visible()


def test_print_shows_what_is_chosen_in_the_light_colours(visit):
    """From a dark page on a phone; switches and values stay off the paper."""
    page = visit(mode="dark", width=390)
    page.get_by_role("radio", name="8 cents").check()
    page.emulate_media(media="print")
    assert page.locator("#margins .kit-2 svg.kit-wide").is_visible()
    assert not page.locator("#margins .kit-1").first.is_visible()
    assert not page.locator(".kit-pick").is_visible()
    fill = page.evaluate("getComputedStyle(document.querySelector('svg.kit-wide .f-min')).fill")
    assert fill == "rgb(176, 80, 10)"


def test_arrow_keys_and_taps_say_values(visit):
    """The latest value first, then along the line and from line to line; a tap says the nearest; Escape ends it."""
    page = visit()
    plot = page.locator("#form-0 .kit-plot")
    tip, said = plot.locator(".kit-tip"), plot.locator(".kit-said")
    plot.scroll_into_view_if_needed()
    plot.focus()
    page.keyboard.press("ArrowLeft")
    tip.wait_for()
    assert said.inner_text() == "2024, the latest, 826 days after, 30"
    page.keyboard.press("ArrowLeft")
    assert "812 days after" in tip.inner_text()
    page.keyboard.press("ArrowUp")
    assert said.inner_text().startswith("2020, 812 days after")
    page.keyboard.press("Home")
    assert said.inner_text() == "2020, 0 days after, 100"
    page.keyboard.press("Escape")
    assert not tip.is_visible()
    bars = page.locator("#form-3 .kit-plot")
    bars.scroll_into_view_if_needed()
    box = bars.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.45, box["y"] + box["height"] / 2)
    bars.locator(".kit-tip").wait_for()
    assert bars.locator(".kit-said").inner_text() == "Antminer S21, 6.1 cents"
    assert page.complaints == []


def test_what_a_switch_changed_is_said(visit):
    """In one sentence, for who does not see it."""
    page = visit()
    page.get_by_role("radio", name="8 cents").check()
    assert page.locator(".kit-choices > .kit-said").inner_text() == "Now shown: At 8 cents they lose money"


def test_the_page_is_whole(visit, page_file):
    """Figures numbered and named by their titles, ids unique, every file there, and 120 KB for a page of six charts."""
    page = visit()
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((tag) => tag.id)")
    assert len(ids) == len(set(ids))
    figures = page.locator("figure.kit")
    assert figures.count() == len(FORMS) + 1
    for figure in figures.all():
        title = page.locator(f"#{figure.get_attribute('aria-labelledby')}")
        assert title.inner_text().strip()
        assert figure.locator("figcaption").count() == 1
        assert figure.locator("figcaption svg").count() == 0
        files = [page_file.parent / link.get_attribute("href") for link in figure.locator(".kit-from a").all()]
        assert {file.suffix for file in files} == {".csv", ".svg", ".json"}
        assert all(file.is_file() for file in files)
    assert page.locator("a.reference", has_text="Fig. 1").first.get_attribute("href") == "#form-0"
    assert page_file.stat().st_size < 20_000 * (len(FORMS) + 1)
    start = (page_file.parents[1] / "index.html").read_text(encoding="utf-8")
    assert 'href="chapters/forms.html#form-0"' in start
    assert "kit-one" in start


def test_every_chart_that_a_chapter_stores_stands_in_its_page(site):
    """Under its name, with each of its choices."""
    for path in (path for path in chapters() if path != ROOT / profiles.TEMPLATE):  # that one is many pages
        outputs = [o for cell in nbformat.read(path, as_version=4).cells for o in cell.get("outputs", [])]
        kept = [output["data"][charts.MIME] for output in outputs if charts.MIME in output.get("data", {})]
        page = html.parse(site / "chapters" / f"{path.stem}.html").getroot()
        assert [figure.get("id") for figure in page.cssselect("figure.kit")] == [chart["name"] for chart in kept]
        for chart in kept:
            labels = [tag.get("aria-label") for tag in page.cssselect(f"#{chart['name']} [role=img]")]
            assert labels == [choice["description"] for choice in chart["choices"]]
