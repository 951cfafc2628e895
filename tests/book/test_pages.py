"""What finished pages carry and what they do not."""

import base64
import gzip
import hashlib
import re
from types import SimpleNamespace
from xml.etree import ElementTree

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from docutils import nodes
from lxml import html

from minerpivot.book import finish, publish, styles, terms
from minerpivot.book.execute import ROOT, chapters
from minerpivot.data import tables
from minerpivot.page.tables import SEARCHED, TABLE_MIME


@pytest.fixture(scope="module")
def built(site):
    """Every page of the site, parsed."""
    found = {page.relative_to(site).as_posix(): page.read_text("utf-8") for page in site.rglob("*.html")}
    return {name: BeautifulSoup(text, "lxml") for name, text in found.items() if name != "404.html"}


def test_a_first_visit_loads_little(built, site):
    """Page, one style sheet, two scripts and the icon, compressed as servers do: 80 KB for the overview, else 120."""
    for name, page in built.items():
        asked = [tag.get("src") or tag.get("href") for tag in page.select("script[src], link[rel=stylesheet]")]
        asked += [page.select_one("link[rel=icon]")["href"]]
        assert len(asked) == 4, name
        files = [site / name, *((site / name).parent / address.partition("?")[0] for address in asked)]
        size = sum(len(gzip.compress(file.read_bytes())) for file in files)
        assert size <= (80_000 if name == "index.html" else 120_000), (name, size)
        assert not page.select("[onclick], [onload]")
    assert not [*site.rglob("*.map"), *site.rglob("*.woff*"), *site.rglob("*.ttf")]


def test_every_script_and_style_that_a_page_asks_for_is_there(built, site):
    """At once or later, when it comes into view: a tool whose script was left out is dead."""
    later = 0
    for name, page in built.items():
        folder = (site / name).parent
        wanted = [folder / tag["src"].partition("?")[0] for tag in page.select("script[src]")]
        wanted += [folder / tag["href"].partition("?")[0] for tag in page.select("link[rel=stylesheet]")]
        lazy = [tag[kind] for kind in ("data-script", "data-style") for tag in page.select(f"[{kind}]")]
        assert [path for path in [*wanted, *(site / "_static" / path for path in lazy)] if not path.exists()] == [], (
            name
        )
        later += len(lazy)
    assert later


def test_every_icon_of_the_template_is_drawn(built, site):
    """A class without a rule would be an empty box."""
    style = next((site / "_static").glob("style-*.css")).read_text("utf-8")
    used = {name for page in built.values() for tag in page.select("i[class*='fa-']") for name in tag["class"]}
    assert {f"fa-{name}" for name in finish.ICONS} == used - {"fa-solid"}
    assert [name for name in used - {"fa-solid"} if f".{name} " not in style] == []


def test_the_policy_names_every_inline_script(built):
    """One that it does not name would be refused by the browser."""
    for name, page in built.items():
        policy = page.select_one("meta[http-equiv='Content-Security-Policy']")["content"]
        assert "default-src 'none'" in policy
        assert not re.search(r"https?:|unsafe-eval|\*", policy)
        for script in page.find_all("script", src=False):
            digest = base64.b64encode(hashlib.sha256(script.string.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in policy, name
        assert page.head.find("meta") is page.select_one("meta[http-equiv]"), "a policy binds only what follows it"


def test_a_page_has_one_name(built):
    """Over its text, in the list of pages, before and after others, and in the search."""
    names = {}
    for name, page in built.items():
        heading = page.article.h1
        for link in heading.select("a.headerlink"):
            link.extract()
        names.setdefault(name.rpartition("/")[2], set()).add(heading.text.strip())
        for link in page.select("#pages a, nav.neighbours a"):
            place = name if link["href"] == "#" else link["href"]
            names.setdefault(place.rpartition("/")[2], set()).add((link.b or link).text.strip())
    assert names.pop("index.html") - {"Overview"} == {publish.about("title")}
    assert all(len(said) == 1 for said in names.values()), names


def test_every_page_describes_itself(built):
    """In words from its own first paragraph, short enough to be shown whole."""
    descriptions = {name: page.select_one("meta[name=description]")["content"] for name, page in built.items()}
    assert all(10 < len(text) <= finish.DESCRIPTION_LENGTH for name, text in descriptions.items() if "/" in name)
    chapters = [text for name, text in descriptions.items() if name.startswith("chapters/")]
    assert len(set(chapters)) == len(chapters)
    assert all(page.select_one("link[rel=icon]") for page in built.values())


def test_terms_are_linked_where_a_chapter_first_uses_them(built):
    """Each once, to a definition that exists, and never inside a heading or another link."""
    anchors = {tag["id"] for tag in built["glossary.html"].select("dt[id]")}
    for name in (name for name in built if name.startswith("chapters/")):
        links = built[name].select("a.term[data-means]")
        targets = [link["href"].partition("#")[2] for link in links]
        assert len(targets) == len(set(targets)), name
        assert set(targets) <= anchors
        assert not [link for link in links if link.find_parent(["h1", "h2", "h3", "figcaption", "a", "code"])]
    assert len(built["chapters/halving-squeeze.html"].select("a.term")) >= 5


def test_no_pair_of_dollar_signs_made_a_formula_of_words(built):
    """A name or a list of names with two prices in it would: each letter of what stands between is then a variable."""
    word = re.compile(r"(?:<mi>[a-z]</mi>\s*){4}")
    assert word.search("<mi>b</mi><mi>i</mi><mi>l</mi><mi>l</mi><mi>i</mi>")
    assert [name for name, page in built.items() if any(word.search(str(each)) for each in page.select("math"))] == []


def test_the_citation_is_the_one_of_the_citation_file(built, site):
    """Title and authors on the landing page are those that reference managers read."""
    citation = yaml.safe_load((site / "CITATION.cff").read_text("utf-8"))
    shown = built["index.html"].select_one("#cite-it-rerun-it").parent.get_text(" ", strip=True)
    shown = shown.replace("’", "'")  # as printed
    assert citation["title"] in shown
    assert all(author["name"] in shown for author in citation["authors"])


def test_every_finding_has_an_address(built):
    """A link to itself that can be copied, on every chapter."""
    for name in (name for name in built if name.startswith("chapters/")):
        findings = built[name].select("li[id^=finding-]")
        assert len(findings) >= 3, name
        assert [item.select_one("a.headerlink")["href"] for item in findings] == [f"#{item['id']}" for item in findings]


def test_a_term_is_found_in_any_case_in_the_plural_and_across_lines():
    """But not inside another word; the longer of two terms wins, and each is used up."""
    app = SimpleNamespace(builder=SimpleNamespace(get_relative_uri=lambda *_: "../glossary.html"))
    left = {"hash rate": "a", "rate": "b", "base term": "c"}
    parts = terms._linked(app, "chapters/x", "Hash\nrates, based terms, the Base Terms and a base term.", left)
    assert [part.astext() for part in parts if isinstance(part, nodes.reference)] == ["Hash\nrates", "Base Terms"]
    assert "".join(part.astext() for part in parts) == "Hash\nrates, based terms, the Base Terms and a base term."
    assert left == {"rate": "b"}


def test_every_figure_can_be_kept(built, site):
    """As a picture, as the data that it draws and as its spec, under its own name."""
    for name, page in built.items():
        for figure in page.select("figure.kit:not(.hero)"):
            links = {link["download"]: link["href"] for link in figure.select(".kit-files a")}
            assert {file.rpartition(".")[2] for file in links} == {"svg", "csv", "json"}, (name, figure.get("id"))
            assert all(((site / name).parent / address).is_file() for address in links.values())


def test_tables_that_ask_for_tools_get_them(built, site):
    """Each long one once, from the site's own files, beside a table of that name with heads to sort by; no other."""
    wanted = {
        f"chapters/{path.stem}.html": [
            stored["name"]
            for cell in nbformat.read(path, as_version=4).cells
            for output in cell.get("outputs", [])
            if (stored := output.get("data", {}).get(TABLE_MIME, {})).get("interactive")
            and len(stored["rows"]) >= SEARCHED
        ]
        for path in chapters()
    }
    assert any(wanted.values())
    for name, page in built.items():
        tools = page.select(".table-tools")
        assert [tool["data-name"] for tool in tools] == wanted.get(name, []), name
        for tool in tools:
            place = page.find(id=tool["data-name"])
            table = place.find_parent("table") or (place if place.name == "table" else place.find("table"))
            assert table.select("thead th")
            assert len(table.select("tbody tr")) > 1
            assert all((site / "_static" / tool[kind]).is_file() for kind in ("data-script", "data-style"))


def test_what_names_the_book_comes_from_its_configuration(tmp_path, monkeypatch):
    """A fork renames it in one place, with a character that XML keeps for itself."""
    (tmp_path / "_config.yml").write_text('title: "Power & Coins"\nauthor: A. Forker\n')
    monkeypatch.setattr(publish, "ROOT", tmp_path)
    monkeypatch.delenv("SITE_URL", raising=False)
    publish.listings(tmp_path, [])
    assert "<title>Not found · Power &amp; Coins</title>" in (tmp_path / "404.html").read_text("utf-8")
    said = [part.text for part in publish.feed("", "https://example.org/").iter() if part.tag in ("name", "title")]
    assert said == ["Power & Coins: editions", "A. Forker"]
    assert (tmp_path / publish.card(tmp_path, tmp_path / "index.html", "R&D", "up < 5 %")).is_file()
    assert publish.card(tmp_path, tmp_path / "other.html", "Від хешів до мегават", "вгору") == ""  # not in our font


def test_an_edition_has_its_own_addresses_and_no_listings(tmp_path, monkeypatch):
    """A feed or site map beside its pages would name later days."""
    monkeypatch.setenv("SITE_URL", "https://example.org/report")
    monkeypatch.setenv(tables.EDITION, "2026-01-28")
    assert publish.site_url() == "https://example.org/report/editions/2026-01-28/"
    publish.listings(tmp_path, [])
    assert list(tmp_path.iterdir()) == []


def test_a_published_site_has_its_listings(tmp_path, monkeypatch):
    """With an address: sitemap and feed, at a host's root robots; without one only the page for a wrong address."""
    monkeypatch.delenv("SITE_URL", raising=False)
    publish.listings(tmp_path, [])
    assert [path.name for path in tmp_path.iterdir()] == ["404.html"]
    monkeypatch.setenv("SITE_URL", "https://example.org/report/")
    publish.listings(tmp_path, [ROOT.joinpath("chapters/data.html").relative_to(ROOT)])
    places = ElementTree.parse(tmp_path / "sitemap.xml").getroot()
    assert [place.text for place in places.iter() if place.tag.endswith("loc")] == [
        "https://example.org/report/chapters/data.html"
    ]
    assert not (tmp_path / "robots.txt").exists()  # it is read at a host's root alone
    entries = ElementTree.parse(tmp_path / "feed.xml").getroot()
    assert len([entry for entry in entries if entry.tag.endswith("entry")]) >= 1
    assert 'href="https://example.org/report/index.html"' in (tmp_path / "404.html").read_text()
    monkeypatch.setenv("SITE_URL", "https://example.org")
    publish.listings(tmp_path, [])
    assert "https://example.org/sitemap.xml" in (tmp_path / "robots.txt").read_text()


def test_the_feed_lists_editions_of_the_change_log():
    """One entry a heading, with its date and text; what is between headings belongs to the one above."""
    log = "# Changes\n\n## 1.1.0, 2026-12-01\n\nA & B\n\n## 1.0.0, 2026-11-22\n\nFirst\n"
    feed = publish.feed(log, "https://example.org/")
    texts = [part.text for part in feed.iter() if part.tag in ("updated", "content")]
    assert texts == ["2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z", "A & B", "2026-11-22T00:00:00Z", "First"]


@pytest.mark.parametrize("heading", ["## Next", "## 1.0.0", "## 1.0.0, 2026-13-01", "## 1.0.0, November 2026"])
def test_a_heading_that_is_no_edition_is_named(heading):
    """It would have been left out of the feed without a word, or have stopped the page of changes."""
    with pytest.raises(ValueError, match=rf"CHANGELOG\.md line 3: '{heading}' is no edition; write it as"):
        publish.feed(f"# Changes\n\n{heading}\n\nNews\n", "https://example.org/")


@pytest.mark.parametrize("heading", ["## Unreleased", "## unreleased"])
def test_what_is_unreleased_is_not_in_the_feed(heading):
    """It builds with an address as without one; the editions below it are all there."""
    log = f"# Changes\n\n{heading}\n\n### Data\n- News\n\n## 1.0.0, 2026-11-22\n\nFirst\n"
    texts = [part.text for part in publish.feed(log, "https://example.org/").iter() if part.tag == "content"]
    assert texts == ["First"]


def test_pages_have_no_date_where_there_is_no_git(monkeypatch):
    """A downloaded archive builds, without the command and without a history."""
    monkeypatch.setenv("PATH", "")
    assert publish.last_changed(ROOT / "index.md") == ""


def test_only_rules_that_a_page_can_use_stay():
    """By class and id; alternatives inside functions, and elements, count as used."""
    style = (
        "p{a:1}.used{a:2}.used.unused{a:3}.unused,.later>b{a:4}#here .used:not(.unused){a:5}#gone{a:6}"
        "@media print{.unused{a:7}}@media print{.used{a:8}}@font-face{src:url(x)}@keyframes k{from{a:9}}"
    )
    assert styles.purged(style, {"used", "later", "here"}) == (
        "p{a:1}.used{a:2}.later>b{a:4}#here .used:not(.unused){a:5}@media print{.used{a:8}}@keyframes k{from{a:9}}"
    )


def test_pages_share_one_style_sheet(tmp_path):
    """In the order of their own, with what those import; a class that only a script names stays."""
    (tmp_path / "_static" / "inner").mkdir(parents=True)
    (tmp_path / "_static" / "inner" / "a.css").write_text('@import "../base.css";.b{x:1}')
    (tmp_path / "_static" / "base.css").write_text(".base{x:0}.nobody{x:9}")
    (tmp_path / "_static" / "c.css").write_text(".later{x:2}")
    (tmp_path / "_static" / "set.js").write_text("element.classList.add('later')")
    links = '<link rel="stylesheet" href="{0}_static/inner/a.css?v=1"><link href="{0}_static/c.css" rel="stylesheet">'
    body = '<p class="base b">text</p>'
    documents = {
        tmp_path / "index.html": html.document_fromstring(f"<head>{links.format('')}</head>{body}"),
        tmp_path / "sub" / "page.html": html.document_fromstring(f"<head>{links.format('../')}</head>{body}"),
    }
    styles.combine(tmp_path, documents)
    (sheet,) = (tmp_path / "_static").glob("*.css")
    assert sheet.read_text() == ".base{x:0}.b{x:1}.later{x:2}"
    for document, root in zip(documents.values(), ("", "../")):
        assert [link.get("href") for link in document.iter("link")] == [f"{root}_static/{sheet.name}"]


def test_pages_are_written_as_html_5():
    """Elements that hold nothing have no end; letters, scripts and what stands between elements stay as they were."""
    page = '<html><body><p>é <b>a</b> tail<script>if (1 < 2 && 3) {}</script><picture><source srcset="a"><img src="b">'
    assert finish.written(html.document_fromstring(f"{page}</picture> x<wbr>y</p></body></html>")) == (
        f"<!DOCTYPE html>\n{page}</picture> x<wbr>y</p></body></html>"
    )
