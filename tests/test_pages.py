"""What finished pages carry and what they do not."""

import base64
import hashlib
import re
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup

from minerpivot.book import pages, publish
from minerpivot.book.execute import ROOT


@pytest.fixture(scope="module")
def built(site):
    """Every page of the site, parsed."""
    found = {page.relative_to(site).as_posix(): page.read_text("utf-8") for page in site.rglob("*.html")}
    return {name: BeautifulSoup(html, "html.parser") for name, html in found.items() if name != "404.html"}


def test_no_page_has_a_script_that_it_does_not_use(built, site):
    """No icon font or script, no notebook launcher, no mathematics engine; search code on the search page alone."""
    for name, page in built.items():
        sources = " ".join(script.get("src", "") for script in page.find_all("script"))
        assert not re.search("fontawesome|thebe|mathjax|require", sources, re.IGNORECASE), name
        assert ("searchindex" in sources) == (name == "search.html")
        assert not page.select("[onclick], [onload]")
    assert not [*site.rglob("*.map"), *site.rglob("*.woff*"), *site.rglob("*.ttf")]


def test_every_icon_of_the_theme_is_drawn(built, site):
    """A class without a rule would be an empty box."""
    style = (site / "_static" / "icons.css").read_text("utf-8")
    used = {
        name
        for page in built.values()
        for tag in page.select("i[class*='fa-'], span[class*='fa-']")
        for name in tag["class"]
        if name.startswith("fa-") and name not in ("fa-solid", "fa-regular", "fa-lg", "fa-fw")
    }
    assert used
    assert [name for name in used if f".{name} " not in style] == []


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


def test_every_page_describes_itself(built):
    """In words from its own first paragraph, short enough to be shown whole."""
    descriptions = {name: page.select_one("meta[name=description]")["content"] for name, page in built.items()}
    assert all(10 < len(text) <= pages.DESCRIPTION_LENGTH for name, text in descriptions.items() if "/" in name)
    chapters = [text for name, text in descriptions.items() if name.startswith("chapters/")]
    assert len(set(chapters)) == len(chapters)
    assert all(page.select_one("link[rel=icon]") for page in built.values())


def test_terms_are_linked_where_a_chapter_first_uses_them(built):
    """Each once, to a definition that exists, and never inside a heading or another link."""
    anchors = {tag["id"] for tag in built["glossary.html"].select("dt[id]")}
    for name in (name for name in built if name.startswith("chapters/")):
        links = built[name].select("a.term")
        targets = [link["href"].partition("#")[2] for link in links]
        assert len(targets) == len(set(targets)), name
        assert set(targets) <= anchors
        assert not [link for link in links if link.find_parent(["h1", "h2", "h3", "figcaption", "a", "code"])]
    assert len(built["chapters/halving-squeeze.html"].select("a.term")) >= 5


def test_every_figure_can_be_kept(built, site):
    """As a picture and as the data that it draws, under its own name."""
    for name, page in built.items():
        for figure in page.select("figure.chart-figure"):
            links = {link["download"]: link["href"] for link in figure.select(".chart-files a")}
            assert {file.rpartition(".")[2] for file in links} == {"svg", "csv"}, (name, figure.get("id"))
            assert all(((site / name).parent / address).is_file() for address in links.values())


def test_a_published_site_has_its_listings(tmp_path, monkeypatch):
    """With an address: sitemap, robots and feed; without one only the page for a wrong address."""
    monkeypatch.delenv("SITE_URL", raising=False)
    publish.listings(tmp_path, [])
    assert [path.name for path in tmp_path.iterdir()] == ["404.html"]
    monkeypatch.setenv("SITE_URL", "https://example.org/report/")
    publish.listings(tmp_path, [ROOT.joinpath("chapters/data.html").relative_to(ROOT)])
    places = ElementTree.parse(tmp_path / "sitemap.xml").getroot()
    assert [place.text for place in places.iter() if place.tag.endswith("loc")] == [
        "https://example.org/report/chapters/data.html"
    ]
    assert "https://example.org/report/sitemap.xml" in (tmp_path / "robots.txt").read_text()
    entries = ElementTree.parse(tmp_path / "feed.xml").getroot()
    assert len([entry for entry in entries if entry.tag.endswith("entry")]) >= 1
    assert 'href="https://example.org/report/"' in (tmp_path / "404.html").read_text()


def test_the_feed_lists_editions_of_the_change_log():
    """One entry a heading, with its date and text; what is between headings belongs to the one above."""
    log = "# Changes\n\n## 1.1.0, 2026-12-01\n\nA & B\n\n## 1.0.0, 2026-11-22\n\nFirst\n"
    feed = publish.feed(log, "https://example.org/")
    texts = [part.text for part in feed.iter() if part.tag in ("updated", "content")]
    assert texts == ["2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z", "A & B", "2026-11-22T00:00:00Z", "First"]
