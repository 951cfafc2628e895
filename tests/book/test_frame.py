"""What every page shares: first screen, tables, folds, code at the end, neighbours; on a small book of its own."""

import re
import zipfile

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from minerpivot.book import frame
from minerpivot.book.build import BuildError, build_site
from minerpivot.book.execute import ROOT
from minerpivot.page import tables as page_tables
from minerpivot.page import words

FIRST = """# Shares

**Signing has not paid.** Both groups rose, as [the next page](two.ipynb) says.

:::{numbers}
- **[{{ share }}]{.ai}** signed
- **73%** not signed

is what the groups returned.
:::

- **The start decides.** It does.
- **Chips lead.** They do.

:::{when} 2 > 1
- **Bitcoin does not.** It is level.
:::
"""
METHOD = """## Method and checks

In short.

### How the groups are *built*

A [remark](#how-the-groups-are-built) and the [fold](#a-heading-inside)."""
REMARK = """## Further

:::{fold} A remark
Some text.

### A heading inside

More.
:::
"""


def cell(source, *tags, shows=()):
    """A code cell that was run."""
    outputs = [nbformat.v4.new_output("display_data", data) for data in shows]
    return nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)}, outputs=outputs, execution_count=1)


def recorded(name, day):
    """What a cell stores when it records a day for the text, without a text that must use it."""
    metadata = {"scrapbook": {"name": name}, "minerpivot": {"kind": "day", "as_of": day, "grade": "exact"}}
    return nbformat.v4.new_output("display_data", {f"{words.STORED}text/plain": repr(day)}, metadata=metadata)


def write_book(folder, *chapters_):
    """A book of its own with this report's configuration, whose chapters are lists of cells."""
    (folder / "chapters").mkdir(parents=True)
    configured = (ROOT / "_config.yml").read_text("utf-8").replace("[dollarmath,", "[substitution, dollarmath,")
    configured = configured.replace(
        "myst_heading_anchors", "myst_substitutions: {share: 71%}\n    myst_heading_anchors"
    )
    (folder / "_config.yml").write_text(configured, "utf-8")
    names = ("one", "two", "three")[: len(chapters_)]
    listed = "".join(f"  - file: chapters/{name}\n" for name in names)
    (folder / "_toc.yml").write_text(f"format: jb-book\nroot: index\nchapters:\n{listed}  - file: terms\n")
    (folder / "references.bib").write_text("")
    (folder / "index.md").write_text("# The report\n\nIt begins.\n")
    (folder / "terms.md").write_text("# Terms\n\nNone.\n")
    for name, cells in zip(names, chapters_):
        record = {"minerpivot": {"tables": {"halvings": "", "articles": "", "sites": "", "datapackage": "", "old": ""}}}
        values = {"myst": {"substitutions": {"share": "71%"}}, "language_info": {"name": "python"}}
        notebook = nbformat.v4.new_notebook(cells=cells, metadata=record | values)
        nbformat.write(notebook, folder / "chapters" / f"{name}.ipynb")
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Site and parsed pages of a book of two chapters with all that the frame offers."""
    folder, shows = tmp_path_factory.mktemp("small"), []
    drawn = pd.DataFrame({"deal": ["A", "B"], "value": [1.5, -2.0], "spare": [1, 2]})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_tables, "display", lambda data, raw: shows.append(data))
        asked = {"unit": "Contracts, $bn", "sources": "deals", "phone": ["value"]}
        page_tables.show(drawn, "worth", title="A is worth more", **asked, interactive=True)  # too short to be searched
        long = pd.concat([drawn] * 6, ignore_index=True)
        page_tables.show(long, "searched", title="All of them", **asked, interactive=True)
        wide = drawn.assign(**{f"more{number}": number for number in range(4)})
        page_tables.show(wide, "wide", title="More", **asked, desk=[f"more{number}" for number in range(4)])
    one = [
        nbformat.v4.new_markdown_cell(FIRST),
        nbformat.v4.new_markdown_cell("## Change it yourself\n\nOne parameter."),
        cell("parameter = 1", "parameters"),
        cell("first = 1\nsecond = 2", "hide-input"),
        nbformat.v4.new_markdown_cell("## What it is worth\n\nSee {numref}`worth`."),
        cell("show(worth)", "hide-input", shows=shows[::2]),
        cell("internal = 3", "remove-cell"),
        nbformat.v4.new_markdown_cell(METHOD),
        cell("show(searched)", "hide-input", shows=shows[1:2]),
        nbformat.v4.new_markdown_cell(REMARK),
    ]
    one[6].outputs.append(recorded("end", "2026-01-28"))
    two = [
        nbformat.v4.new_markdown_cell("# Rent\n\n**Rent beats mining.** So far."),
        cell("years = 4", "parameters"),
        cell("x = 1", "remove-cell"),
        nbformat.v4.new_markdown_cell("## Why\n\nBecause.\n\n## Change it yourself\n\nTry three."),
    ]
    site = build_site(write_book(folder / "source", one, two), folder / "build")
    found = {page.relative_to(site).as_posix(): page.read_text("utf-8") for page in site.rglob("*.html")}
    return site, {name: BeautifulSoup(text, "lxml") for name, text in found.items()}


def test_a_chapter_says_which_it_is_and_how_new_its_data_are(small):
    """From the table of contents and the day to which it counts, not its tables'; other pages are no chapters."""
    _, pages = small
    article = pages["chapters/one.html"].article
    assert article.select_one("p.kicker").text == "Chapter 1 of 2. Data to 28 January 2026"
    assert pages["chapters/two.html"].article.select_one("p.kicker").text == "Chapter 2 of 2"
    assert article.select_one("p.kicker").find_next_sibling().name == "h1"
    assert not pages["index.html"].select(".kicker")
    assert not pages["terms.html"].select(".kicker")
    assert pages["chapters/one.html"].select_one("meta[name=description]")["content"].startswith("Signing has not paid")


def test_no_page_leads_to_a_source_that_has_placeholders(small):
    """Nor is there one in the site."""
    site, pages = small
    assert not (site / "_sources").exists()
    assert not any("_sources" in link["href"] for page in pages.values() for link in page.select("a[href]"))


def test_a_page_that_records_no_day_names_none(tmp_path):
    """Nor does one that is not there."""
    path = tmp_path / "page.ipynb"
    assert frame.reaches(path) == ""
    nbformat.write(nbformat.v4.new_notebook(metadata={"minerpivot": {"tables": {"network": ""}}}), path)
    assert frame.reaches(path) == ""


def test_the_search_page_is_never_empty(small):
    """It offers words to try, which are searches by address, and lists the pages."""
    article = small[1]["search.html"].article
    assert "search.html?q=hashprice" in [link["href"] for link in article.select(".with-script p a")]
    assert [link.text for link in article.select("h2 ~ ul > li > a")][:2] == ["Shares", "Rent"]


def test_the_first_screen_is_plain_markdown(small):
    """Answer and findings are known by their bold beginnings, the numbers stand in a block with values filled in."""
    article = small[1]["chapters/one.html"].article
    assert article.select_one("p.answer > strong:first-child").text == "Signing has not paid."
    assert [item.text for item in article.select(".numbers li strong")] == ["71%", "73%"]
    assert article.select_one(".numbers li .ai").text == "71%"
    assert article.select_one(".numbers > p").text == "is what the groups returned."
    findings = article.select("ul.findings > li")
    assert [(item["id"], item.strong.text) for item in findings] == [
        ("finding-1", "The start decides."),
        ("finding-2", "Chips lead."),
        ("finding-3", "Bitcoin does not."),
    ]
    assert not small[1]["index.html"].select(".answer")


def test_parts_of_method_are_folded_with_their_outputs(small):
    """As native details, heading and anchor kept, inside what opens: a browser that is sent there opens it."""
    page = small[1]["chapters/one.html"]
    method = page.select_one("#method-and-checks")
    assert method.find("p").text == "In short."
    folded = method.select_one("details.fold")
    assert not folded.has_attr("open")
    assert str(folded.summary.h3) == "<h3>How the groups are <em>built</em></h3>"
    assert folded.select_one("div.fold-content")["id"] == "how-the-groups-are-built"
    assert folded.select_one("table#searched")
    assert page.select_one('a[href="#how-the-groups-are-built"]')
    assert page.select_one('.bd-toc a[href="#how-the-groups-are-built"]'), "the page's contents name it"


def test_a_remark_can_be_folded_with_its_headings(small):
    """They stay headings with anchors."""
    folded = small[1]["chapters/one.html"].select_one("#further details.fold")
    assert folded.summary.text == "A remark"
    assert folded.h3.text == "A heading inside"
    assert folded.h3["id"] == "a-heading-inside"


def test_a_method_without_parts_is_folded_whole(tmp_path):
    """Its own heading opens it."""
    cells = [nbformat.v4.new_markdown_cell("# One\n\nText.\n\n## Method and checks\n\nHow.")]
    site = build_site(write_book(tmp_path / "source", cells), tmp_path / "build")
    page = BeautifulSoup((site / "chapters" / "one.html").read_text("utf-8"), "lxml")
    assert page.select_one("details.fold > summary > h2").text == "Method and checks"
    assert page.select_one("details.fold > div#method-and-checks > p").text == "How."


def test_parameters_before_the_first_screen_are_read_last(small):
    """A first screen needs a chart, a chart its parameters: their cell moves to the section that explains them."""
    _, pages = small
    section = pages["chapters/two.html"].select_one("#change-it-yourself")
    assert "years = 4" in section.select_one(".cell pre").text
    assert len(pages["chapters/two.html"].article.select(".cell pre")) == 1
    assert not section.find_next_siblings("section")


def test_the_code_of_a_page_stands_once_at_its_end(small):
    """All that was hidden, under its headings, behind one line that counts it; outputs and parameters stay in place."""
    article = small[1]["chapters/one.html"].article
    (code,) = article.select("details.code")
    assert code.summary.get_text(" ") == "Code for this page  Python, 12 lines"
    assert code.pre.text.split("\n\n") == [
        *("# Change it yourself", "first = 1\nsecond = 2"),
        *("# What it is worth", "show(worth)"),
        *("# How the groups are built", "show(searched)\n"),
    ]
    assert code.find_previous_sibling("section")["id"] == "change-it-yourself"
    assert "parameter = 1" in article.select_one("#change-it-yourself pre").text
    assert article.select_one("#what-it-is-worth table#worth")
    assert "internal" not in article.text
    assert not article.select("details.hide, .tag_hide-input:empty")
    assert not small[1]["chapters/two.html"].select("details.code")


def test_the_foot_leads_to_the_pages_before_and_after(small):
    """With their place, title and finding, on every page that has some."""
    shown = {
        name: [(a["rel"], a["href"], [part.text for part in a.find_all(True)]) for a in page.select("nav.neighbours a")]
        for name, page in small[1].items()
    }
    assert shown["chapters/one.html"] == [
        (["prev"], "../index.html", ["Before", "The report"]),
        (["next"], "two.html", ["Next: 2 of 2", "Rent", "Rent beats mining."]),
    ]
    assert [rel for rel, *_ in shown["index.html"]] == [["next"]]
    assert shown["search.html"] == []


def test_a_table_has_its_finding_and_unit_as_caption_and_its_files_behind_links(small):
    """In a region that can be scrolled by keyboard, named by the finding; each link says what it leads to."""
    site, pages = small
    table = pages["chapters/one.html"].select_one("table#worth")
    assert table.caption.select_one(".table-unit").extract().text == "Contracts, $bn"
    assert table.caption.select_one(".caption-text").text == "A is worth more"
    assert {key: table.parent[key] for key in ("role", "tabindex", "aria-label")} == {
        "role": "region", "tabindex": "0", "aria-label": "A is worth more"
    }  # fmt: skip
    note = table.parent.find_next_sibling("p", class_="table-note")
    links = {link.text: link["href"] for link in note.find_all("a", download=True)}
    assert links == {
        "The whole table as CSV (2 rows, 3 columns)": "../_static/tables/one-worth.csv",
        "as XLSX": "../_static/tables/one-worth.xlsx",
    }
    folder = site / "_static" / "tables"
    assert (folder / "one-worth.csv").read_text() == "deal,value,spare\nA,1.5,1\nB,-2.0,2\n"
    assert "xl/worksheets/sheet1.xml" in zipfile.ZipFile(folder / "one-worth.xlsx").namelist()
    assert [tools["data-name"] for tools in pages["chapters/one.html"].select(".table-tools")] == ["searched"]


def test_a_block_that_says_nothing_fails_the_build(tmp_path, capfd):
    """With the line and what to write."""
    text = "# One\n\n:::{numbers}\n71% signed\n:::\n\n:::{fold} Empty\n:::"
    source = write_book(tmp_path / "source", [nbformat.v4.new_markdown_cell(text)])
    with pytest.raises(BuildError):
        build_site(source, tmp_path / "build")
    said = capfd.readouterr().err
    assert re.search(r"one\.ipynb.*\d.*numbers: write a list whose items begin with the number in bold", said)
    assert re.search(r"one\.ipynb.*\d.*Content block expected", said)


# --- in a browser -----------------------------------------------------------------------------


@pytest.fixture
def visit(browser, small):
    """Open the first chapter of the small book."""
    contexts = []

    def opened(place="", *, width=1280, javascript=True):
        contexts.append(browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=javascript))
        page = contexts[-1].new_page()
        page.goto((small[0] / "chapters" / "one.html").as_uri() + place)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize("place", ["how-the-groups-are-built", "searched", "a-heading-inside"])
def test_an_address_inside_a_fold_opens_it(visit, place, javascript):
    """Its part, a table of it, a heading of it; no other fold, and without a script too."""
    page = visit(f"#{place}", javascript=javascript)
    page.locator(f"#{place}").wait_for()
    assert page.locator("article details[open]").count() == 1
    assert 0 <= page.locator(f"#{place}").bounding_box()["y"] < 800


def test_paper_has_what_is_folded_but_no_code(visit):
    """By style alone, and by opening it where a browser needs that; on screen it is closed again afterwards."""
    page = visit()
    page.emulate_media(media="print")
    assert page.locator("table#searched").is_visible()
    assert not page.locator("details.code").is_visible()
    assert not page.locator("nav.neighbours").is_visible()
    for event, count in (("beforeprint", 2), ("afterprint", 0)):
        page.evaluate(f"dispatchEvent(new Event('{event}'))")
        assert page.locator("article details[open]").count() == count


@pytest.mark.parametrize("width", [320, 390, 640, 768, 1000, 1280])
def test_nothing_scrolls_sideways_but_a_table_in_its_region(visit, width):
    """With all folds open."""
    page = visit(width=width)
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize(("width", "shown"), [(390, 2), (800, 5), (1280, 6)])
def test_a_wider_screen_shows_more_columns(visit, width, shown):
    """Three sets: for a phone, for a tablet, for a desk; the row's heading stays in sight."""
    page = visit(width=width)
    page.locator("table#wide").scroll_into_view_if_needed()
    heads = page.locator("table#wide thead th")
    assert sum(head.is_visible() for head in heads.all()) == shown
    head = "getComputedStyle(document.querySelector('#wide tbody th'))"
    assert page.evaluate(f"[{head}.position, {head}.left]") == ["sticky", "0px"]
    number = "getComputedStyle(document.querySelector('#wide td.number'))"
    assert page.evaluate(f"[{number}.textAlign, {number}.whiteSpace]") == ["right", "nowrap"]
