"""The PDFs: one document of all pages whose links stay inside it; what it says when there is none."""

import pytest
from lxml import html

from minerpivot.book import paper

PAGE = """<html><head><meta charset="utf-8"><title>T</title>
<style>.sheet + .sheet {{ break-before: page }}</style></head><body>
<nav id="pages"><a href="#">Overview</a><a href="chapters/one.html">One</a></nav>
<article class="bd-article"><section id="top"><h1>{title}</h1>
<p><a href="{link}">there</a> <span id="pdf">no <b>PDF</b></span>.</p>
<details><summary>More</summary><p>Folded</p></details><details class="code"><pre>x</pre></details>
<img src="{image}" loading="lazy"></section></article></body></html>"""


@pytest.fixture
def site(tmp_path):
    """A site of an overview and one chapter, which lead to each other."""
    (tmp_path / "chapters").mkdir()
    first = PAGE.format(title="Home", link="chapters/one.html#top", image="_static/a.svg")
    (tmp_path / "index.html").write_text(first)
    second = PAGE.format(title="One", link="../index.html", image="../_static/a.svg")
    (tmp_path / "chapters" / "one.html").write_text(second)
    return tmp_path


def test_all_pages_become_one_document(site, monkeypatch):
    """Ids are told apart, links lead inside, folds stand open, code is left out, pictures are not waited for."""
    monkeypatch.delenv("SITE_URL", raising=False)
    bound = paper.bind(site, [site / "index.html", site / "chapters" / "one.html"], "report")
    assert [link.get("href") for link in bound.cssselect("p > a")] == ["#chapters-one--top", "#index--"]
    ids = [tag.get("id") for tag in bound.cssselect("[id]")]
    assert len(ids) == len(set(ids))
    assert {"index--", "chapters-one--top"} <= set(ids)
    assert all(fold.get("open") is not None for fold in bound.cssselect("details"))
    assert not bound.cssselect("details.code, [loading]")
    assert {image.get("src") for image in bound.cssselect("img")} == {"_static/a.svg"}


def test_on_paper_a_link_out_of_it_leads_to_the_published_site_or_nowhere(site, monkeypatch):
    """An address on the machine that printed it would be of use to nobody."""
    monkeypatch.delenv("SITE_URL", raising=False)
    assert paper.bind(site, [site / "index.html"], "summary").cssselect("p > a")[0].get("href") is None
    monkeypatch.setenv("SITE_URL", "https://example.org/report/")
    link = paper.bind(site, [site / "index.html"], "summary").cssselect("p > a")[0]
    assert link.get("href") == "https://example.org/report/chapters/one.html#top"


def test_the_overview_links_the_documents(site):
    """In place of what stood there without them."""
    paper._link(site / "index.html", {"report.pdf": 12, "summary.pdf": 2})
    place = html.parse(site / "index.html").getroot().cssselect("#pdf")[0]
    assert place.text_content() == "The chapters (PDF, 12 pages) · The overview (PDF, 2 pages)"
    assert place.tail.startswith(".")


def test_the_browser_prints_numbered_pages(browser, site):
    """As many as there are sheets; nothing is left beside them."""
    counts = paper.write(site)
    assert counts == {"report.pdf": 2, "summary.pdf": 1}
    assert (site / "report.pdf").read_bytes().startswith(b"%PDF")
    assert sorted(path.name for path in site.glob(".*")) == []


def test_without_a_site_there_is_nothing_to_print(tmp_path):
    """And what to do is said."""
    with pytest.raises(paper.PaperError, match="run `make book` first"):
        paper.write(tmp_path)
