"""What a cell puts out, or a text holds as HTML, runs nothing on the page and adds nothing to its policy."""

import re
import shutil

import nbformat
import pytest
from lxml import html

from minerpivot.book import build, finish
from minerpivot.book.execute import ROOT

HOSTILE = {  # what it is -> HTML that would set `window.ran` if it ran, or take the reader elsewhere
    "a script": "<script>window.ran = 'script'</script>",
    "a script of the site": '<script src="_static/site.js"></script>',
    "an event": '<img src="nowhere.png" onerror="window.ran = \'onerror\'">',
    "a frame": '<iframe src="https://example.org/" srcdoc="<script>parent.ran = \'frame\'</script>"></iframe>',
    "a link": '<a id="trap" href=" java\nscript:window.ran = \'link\'">open</a>',
    "a button": '<form action="javascript:1"><button formaction="javascript:window.ran = 1">go</button></form>',
    "a drawing": "<svg onload=\"window.ran = 'svg'\"><script>window.ran = 'svg script'</script>"
    '<a xlink:href="javascript:window.ran = 1"><text>x</text></a></svg>',
    "an object": '<object data="https://example.org/"><embed src="https://example.org/"></object>',
    "another page": '<meta http-equiv="refresh" content="0; url=https://example.org/"><base href="https://example.org/">',
    "an end of the page": "</div></article></main></body><head><script>window.ran = 'second head'</script></head>",
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A site of one page whose text and outputs hold all of it, and its policy; beside it one that holds none."""
    sites = []
    for name, parts in (("plain", []), ("hostile", list(HOSTILE.values()))):
        source = tmp_path_factory.mktemp(name)
        shutil.copy(ROOT / "_config.yml", source)
        (source / "references.bib").write_text("")
        (source / "_toc.yml").write_text("format: jb-book\nroot: page\n")
        outputs = [nbformat.v4.new_output("display_data", {"text/html": part, "text/plain": ""}) for part in parts]
        if parts:
            outputs.append(nbformat.v4.new_output("display_data", {"application/javascript": "window.ran = 'output'"}))
            outputs.append(nbformat.v4.new_output("display_data", {"image/svg+xml": HOSTILE["a drawing"]}))
        cells = [
            nbformat.v4.new_markdown_cell("\n\n".join(["# A page", "**It holds.** Always.", *parts])),
            nbformat.v4.new_code_cell("1", execution_count=1, outputs=outputs),
            nbformat.v4.new_markdown_cell("The end."),
        ]
        nbformat.write(
            nbformat.v4.new_notebook(cells=cells, metadata={"language_info": {"name": "python"}}), source / "page.ipynb"
        )
        sites.append(build.build_site(source, source / "_build"))
    return sites


def policy(page):
    """The content of a page's policy."""
    (found,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    return found


def test_outputs_and_texts_add_nothing_to_the_policy(hostile):
    """It is the same as of a page without them, and what could run is not in the page."""
    plain, page = (html.parse(site / "page.html").getroot() for site in hostile)
    assert policy(page) == policy(plain)
    assert [script.text for script in page.iter("script")] == [script.text for script in plain.iter("script")]
    assert page.xpath("//iframe | //object | //embed | //base | //body//meta") == []
    text = (hostile[1] / "page.html").read_text("utf-8")
    assert "window.ran" not in re.sub(r"<pre>.*?</pre>", "", text, flags=re.S)
    assert "The end." in text


@pytest.mark.parametrize("part", HOSTILE.values(), ids=HOSTILE)
def test_each_of_them_is_taken_out_and_told(capsys, part):
    """With a line that says from which page; the page's own script stays."""
    document = html.document_fromstring(
        f"<html><head><script>own()</script></head><body><p>x</p>{part}<p>y</p></body></html>"
    )
    finish._disarm(document, "page.html")
    assert "page.html: left out what would run on the page" in capsys.readouterr().err
    assert not re.search(r"ran|example\.org|javascript", finish.written(document))
    assert [script.text for script in document.iter("script")] == ["own()"]
    assert document.text_content().count("y") == 1


def test_what_is_harmless_stays(capsys):
    """Links, pictures and tables of an output are as they were."""
    body = '<p><a href="data/prices.csv">on</a> <img src="a.png"> <a href="#java">java script: a page</a></p>'
    document = html.document_fromstring(f"<html><head></head><body>{body}</body></html>")
    finish._disarm(document, "page.html")
    assert body in finish.written(document)
    assert capsys.readouterr().err == ""


def test_in_a_browser_nothing_of_it_runs(browser, hostile):
    """Not at once, not at a click, and the reader stays on the page; also where the markup had been left in."""
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((hostile[1] / "page.html").as_uri())
    for trap in page.locator("#trap").all():
        trap.dispatch_event("click")
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None
    assert page.url.endswith("page.html")
    assert not [address for address in asked if address.startswith("http")]
    page.evaluate(
        "html => document.querySelector('article').insertAdjacentHTML('beforeend', html)", HOSTILE["an event"]
    )
    page.evaluate(
        "document.querySelector('article').append(Object.assign(document.createElement('script'),"
        " { textContent: 'window.ran = 1' }))"
    )
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None, "the policy stops what was not taken out"
    page.close()
