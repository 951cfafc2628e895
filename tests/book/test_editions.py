"""Editions: what may be asked for, what is carried over, what is cut, and the switch between pages."""

import json
import re

import nbformat
import pandas as pd
import pytest

from minerpivot.book import editions, execute
from minerpivot.data import tables


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("2031-01-01", r"AS_OF=2031-01-01 has no edition: .* allow one from \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d"),
        ("2019-01-01", r"AS_OF=2019-01-01 has no edition"),
        ("28/01/2026", r"expected a day as \"YYYY-MM-DD\""),
        ("2026-02-30", r"expected a day as \"YYYY-MM-DD\""),
    ],
)
def test_a_day_without_data_has_no_edition(day, message):
    """The error names the days that are possible."""
    with pytest.raises(tables.TableError, match=message):
        editions.checked(day)


def test_the_articles_day_has_an_edition():
    """And so has the last day of the data; the day before the article has none."""
    first, last = (f"{day:%Y-%m-%d}" for day in editions.span())
    assert first == max(tables.load("articles").query("role == 'assessed'")["speaks_of"]).isoformat()[:10]
    for day in (first, last):
        assert editions.checked(day) == day
    with pytest.raises(tables.TableError, match=f"the article .* and the data allow one from {first}"):
        editions.checked(f"{editions.span()[0] - pd.Timedelta(days=1):%Y-%m-%d}")


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """A book of one chapter, with its outputs, whose editions go to a folder of their own."""
    root = tmp_path / "book"
    (root / "chapters").mkdir(parents=True)
    for name in ("_config.yml", "_toc.yml", "index.md", "glossary.md", "references.bib"):
        (root / name).write_text(name)
    cell = nbformat.v4.new_code_cell("1 + 1", outputs=[nbformat.v4.new_output("execute_result", {"text/plain": "2"})])
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# One"), cell])
    notebook.metadata["minerpivot"] = {"code": "of the latest edition"}
    chapter = root / "chapters" / "one.ipynb"
    nbformat.write(notebook, chapter)
    monkeypatch.setattr(editions, "ROOT", root)
    monkeypatch.setattr(editions, "EDITIONS", tmp_path / "editions")
    monkeypatch.setattr(editions, "chapters", lambda: [chapter])
    return chapter


def test_an_edition_starts_without_the_latest_outputs(sources):
    """A copy that kept them would pass for executed and show later numbers; the chapter itself is not touched."""
    before = sources.read_bytes()
    (copy,) = editions.prepare("2026-01-28")
    made = nbformat.read(copy, as_version=4)
    assert made.cells[1].outputs == []
    assert execute.why_stale(copy) == "never executed"
    assert sources.read_bytes() == before


def test_an_edition_keeps_its_own_outputs_while_the_code_stands(sources):
    """New prose goes into the copy; new code drops the outputs."""
    (copy,) = editions.prepare("2026-01-28")
    made = nbformat.read(copy, as_version=4)
    made.cells[1].outputs = [nbformat.v4.new_output("stream", text="of the day")]
    made.metadata["minerpivot"] = {"code": "of the day"}
    nbformat.write(made, copy)
    chapter = nbformat.read(sources, as_version=4)
    chapter.cells[0].source = "# Two"
    nbformat.write(chapter, sources)
    again = nbformat.read(editions.prepare("2026-01-28")[0], as_version=4)
    assert (again.cells[0].source, again.cells[1].outputs[0].text) == ("# Two", "of the day")
    chapter.cells[1].source = "1 + 2"
    nbformat.write(chapter, sources)
    again = nbformat.read(editions.prepare("2026-01-28")[0], as_version=4)
    assert again.cells[1].outputs == []
    assert "minerpivot" not in again.metadata


def test_the_data_beside_an_edition_end_on_its_day(tmp_path, monkeypatch):
    """Rows, columns, coverage and notes of later days are not published with it."""
    monkeypatch.setenv(tables.EDITION, "2026-01-28")
    editions.copy_data(tmp_path / "data")
    manifest = json.loads((tmp_path / "data" / "datapackage.json").read_text("utf-8"))
    names = {entry["name"] for entry in manifest["resources"]}
    assert {path.stem for path in (tmp_path / "data").glob("*.csv")} == names
    assert "miners" not in names  # compiled with hindsight
    for entry in manifest["resources"]:
        content = (tmp_path / "data" / entry["path"]).read_bytes()
        assert entry["hash"] == tables.checksum(content)
        assert entry["coverage"]["to"] <= "2026-01-28"
    prices = pd.read_csv(tmp_path / "data" / "prices.csv")
    assert prices["date"].max() == "2026-01-28"
    later = re.findall(r"2026-(?:0[2-9]|1\d)-\d\d", json.dumps(manifest))
    assert later == []


def record(edition):
    """Say of an edition's folder that it was made of what the report is made of now."""
    (edition / "html").mkdir(parents=True, exist_ok=True)
    (edition / "html" / "index.html").write_text("<!-- editions --><!-- /editions -->")
    editions.record(edition, editions.made_of())


def test_an_edition_of_other_sources_is_left_out(sources, tmp_path):
    """It would show old text beside the new; the day is returned, for the build to name. Renewed, it is back."""
    site, edition = tmp_path / "html", editions.EDITIONS / "2026-01-28"
    site.mkdir()
    record(edition)
    assert editions.assemble(site) == []
    assert (site / "editions" / "2026-01-28").is_dir()
    chapter = nbformat.read(sources, as_version=4)
    chapter.cells[0].source = "# New words"
    nbformat.write(chapter, sources)
    assert editions.assemble(site) == ["2026-01-28"]
    assert not (site / "editions").exists()
    record(edition)
    assert editions.assemble(site) == []
    (edition / editions.RECORD).unlink()  # as one leaves it that was built before there were records
    assert editions.assemble(site) == ["2026-01-28"]


def test_a_page_that_a_forker_adds_counts(sources, tmp_path):
    """Its text ages the editions and goes into new ones, and so does a picture, which is no text."""
    root, before = tmp_path / "book", editions.made_of()
    for name, content in (("about.md", b"# About us"), ("images/logo.png", b"\x89PNG\xff")):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(content)
        assert editions.made_of() != before
        before = editions.made_of()
    (root / "README.md").write_text("no page is made of this")
    assert editions.made_of() == before
    (copy,) = editions.prepare("2026-01-28")
    assert (copy.parents[1] / "images" / "logo.png").read_bytes() == b"\x89PNG\xff"
    assert (copy.parents[1] / "about.md").exists()


def test_new_outputs_alone_do_not_age_an_edition(sources):
    """They are the latest report's; data or code that changed them count by themselves."""
    before = editions.made_of()
    chapter = nbformat.read(sources, as_version=4)
    chapter.cells[1].outputs = []
    nbformat.write(chapter, sources)
    assert editions.made_of() == before


def test_the_switch_leads_to_the_same_page(tmp_path, monkeypatch):
    """From each page to its counterpart, or to the start of an edition that has no such page."""
    site, folder = tmp_path / "html", tmp_path / "editions"
    monkeypatch.setattr(editions, "EDITIONS", folder)
    empty = "<p><!-- editions --><!-- /editions --></p>"
    for place, pages in (
        (site, ["index", "chapters/new", "chapters/old"]),
        (folder / "2026-01-28" / "html", ["index", "chapters/old"]),
    ):
        for page in pages:
            path = place / f"{page}.html"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(empty)
    record(folder / "2026-01-28")
    for _ in range(2):  # assembling again changes nothing
        editions.assemble(site)
        for page in site.rglob("*.html"):
            links = re.findall(r'href="([^"]+)"', page.read_text("utf-8"))
            assert len(links) == 2
            assert all((page.parent / link).exists() for link in links), page
    assert 'href="../editions/2026-01-28/chapters/old.html"' in (site / "chapters" / "old.html").read_text("utf-8")
    assert 'href="../editions/2026-01-28/index.html"' in (site / "chapters" / "new.html").read_text("utf-8")
    assert 'href="../../../chapters/old.html"' in (site / "editions/2026-01-28/chapters/old.html").read_text("utf-8")


def test_a_single_edition_needs_no_switch(tmp_path, monkeypatch):
    """Nothing is shown where there is nothing to choose."""
    monkeypatch.setattr(editions, "EDITIONS", tmp_path / "none")
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "index.html").write_text("<!-- editions --><!-- /editions -->")
    editions.assemble(tmp_path / "html")
    assert "edition-switcher" not in (tmp_path / "html" / "index.html").read_text("utf-8")


def test_another_address_makes_another_site(monkeypatch):
    """What is published somewhere else is built anew: its pages name their address."""
    monkeypatch.delenv("SITE_URL", raising=False)
    before = editions.published_as()
    assert editions.published_as() == before
    monkeypatch.setenv("SITE_URL", "https://example.org/")
    assert editions.published_as() != before


@pytest.mark.parametrize("damage", ["empty", "cut", "gone", "stray", "record cut", "record gone", "record a list"])
def test_a_site_that_is_not_as_it_was_written_is_not_current(tmp_path, damage):
    """Whatever a killed build, a full disk or a hand has left: the next build makes it again."""
    page = tmp_path / "html" / "chapters" / "one.html"
    page.parent.mkdir(parents=True)
    page.write_text("a whole page")
    editions.record(tmp_path, "sources")
    assert editions.recorded(tmp_path) == "sources"
    written = tmp_path / editions.RECORD
    {
        "empty": lambda: page.write_text(""),
        "cut": lambda: page.write_text("a whole"),
        "gone": page.unlink,
        "stray": lambda: (page.parent / "two.html").write_text("of another build"),
        "record cut": lambda: written.write_bytes(written.read_bytes()[:40]),
        "record gone": written.unlink,
        "record a list": lambda: written.write_text("[]"),
    }[damage]()
    assert editions.recorded(tmp_path) == ""


def test_what_stands_beside_the_latest_site_is_not_copied_twice(sources, tmp_path, monkeypatch):
    """Assembled, recorded and untouched, the site keeps its files; a new edition changes them."""
    site = tmp_path / "html"
    site.mkdir()
    (site / "index.html").write_text("<!-- editions --><!-- /editions -->")
    record(editions.EDITIONS / "2026-01-28")
    assert editions.assemble(site, "now") == []
    page = site / "index.html"
    before = page.stat().st_ino
    assert "edition-switcher" in page.read_text("utf-8")
    assert editions.assemble(site, "now") == []
    assert (page.stat().st_ino, editions.recorded(tmp_path)) == (before, "now")
    record(editions.EDITIONS / "2026-02-03")
    editions.assemble(site, "now")
    assert page.read_text("utf-8").count("<li>") == 3
    assert "edition-switcher" not in (editions.EDITIONS / "2026-02-03" / "html" / "index.html").read_text("utf-8")


def test_a_log_beside_the_book_is_none_of_its_sources(sources):
    """Or a build whose words go to a file there would call its own site out of date; a picture is one."""
    root = sources.parents[1]
    before, seen = editions.made_of(), editions.sources()
    for name in ("log", "book.log", "nohup.out", "chapters/log"):
        (root / name).write_text("1/2 Chapters whose code")
    assert (editions.made_of(), editions.sources()) == (before, seen)
    (root / "look.png").write_text("a picture")
    assert editions.made_of() != before


def test_half_a_copy_of_a_chapter_is_made_again(sources):
    """A build that was killed while it wrote one leaves no traceback to the next."""
    (copy,) = editions.prepare("2026-01-28")
    copy.write_bytes(copy.read_bytes()[:50])
    assert nbformat.read(editions.prepare("2026-01-28")[0], as_version=4).cells[1].source == "1 + 1"
