"""The report on paper: the chapters in one PDF, and the overview as a summary of two pages, by headless Chromium.

The pages are those of the built site, one after another: what is folded stands open, code is left out, a link to
another page leads to its place in the same document. How they look is the style sheet's business (`@media print`).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from lxml import html
from lxml.html import HtmlElement
from lxml.html.builder import E

from minerpivot.book import finish, publish
from minerpivot.book.profiles import FOLDER

BROWSERS = ("chromium", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --no-pdf-header-footer --generate-pdf-document-outline"
)
NOT_ON_PAPER = "script, .headerlink, .skip, .table-tools, .kit-pick, .kit-files, details.code, .copy"
FOOT = '@page { @bottom-left { content: %s } @bottom-right { content: counter(page) " / " counter(pages) } }'
PATIENCE = 300  # seconds that the browser may take


class PaperError(RuntimeError):
    """A PDF that could not be made; the message says what to do."""


def write(site: Path) -> dict[str, int]:
    """Write report.pdf and summary.pdf into a built site and link them on its overview; pages by file name.

    Raises `PaperError` without a site or a browser.
    """
    overview = site / "index.html"
    if not overview.exists():
        raise PaperError(f"there is no site in {site}; run `make book` first")
    first = html.parse(overview).getroot()
    listed = dict.fromkeys(link.get("href") for link in first.cssselect("#pages a") if link.get("href") != "#")
    chapters = [address for address in listed if "#" not in address and not address.startswith(f"{FOLDER}/")]
    pages = [overview, *(site / address for address in chapters if (site / address).exists())]
    counts = {}
    for name, bound in (("report.pdf", pages), ("summary.pdf", [overview])):
        document = bind(site, bound, name.removesuffix(".pdf"))
        counts[name] = _printed(site, document, site / name)
    _link(overview, counts)
    return counts


def bind(site: Path, pages: Iterable[Path], kind: str) -> HtmlElement:
    """One document of the articles of pages; ids carry their page's name, so that each is there once."""
    pages = list(pages)
    document = html.parse(pages[0]).getroot()
    whole = document.find("body")
    whole.attrib.clear()
    whole.set("class", f"paper {kind}" + (" landing" if len(pages) == 1 else ""))
    whole[:] = []
    for number, page in enumerate(pages):
        article = html.parse(page).getroot().cssselect("article.bd-article")[0]
        _rebase(article, page.relative_to(site), {other.relative_to(site).as_posix() for other in pages})
        part = E.div({"class": "sheet landing" if number == 0 else "sheet"}, E.div({"class": "bd-main"}, article))
        whole.append(part)
    for tag in document.cssselect("script, meta[http-equiv]"):
        tag.drop_tree()
    document.set("data-theme", "light")
    document.head.append(E.style(FOOT % json.dumps(publish.about("title"))))
    return document


def _rebase(article: HtmlElement, place: Path, bound: set[str]) -> None:
    """Make a page's article a part of one document at the site's root."""
    for tag in article.cssselect(NOT_ON_PAPER):
        tag.drop_tree()
    for tag in article.cssselect("details"):
        tag.set("open", "")
    for tag in article.cssselect("[loading]"):
        del tag.attrib["loading"]
    for tag in article.cssselect("[id]"):
        tag.set("id", _anchor(place.as_posix(), tag.get("id")))
    article.set("id", _anchor(place.as_posix(), ""))
    for tag in article.cssselect("[aria-labelledby]"):
        tag.set("aria-labelledby", _anchor(place.as_posix(), tag.get("aria-labelledby")))
    for tag in article.cssselect("[src]"):
        tag.set("src", os.path.normpath(place.parent / tag.get("src")))
    for tag in article.cssselect("[srcset]"):
        tag.set("srcset", os.path.normpath(place.parent / tag.get("srcset")))
    for tag in article.cssselect("[href]"):
        if address := _address(tag.attrib.pop("href"), place, bound):
            tag.set("href", address)


def _address(address: str, place: Path, bound: set[str]) -> str:
    """Where a link leads from paper: into the document, to the published site, or nowhere if there is none."""
    if re.match(r"[a-z]+:", address):
        return address
    path, _, anchor = address.partition("#")
    target = os.path.normpath(place.parent / path) if path else place.as_posix()
    if target in bound:
        return f"#{_anchor(target, anchor)}"
    site = publish.site_url()
    return f"{site}{target}{f'#{anchor}' if anchor else ''}" if site else ""


def _anchor(page: str, name: str) -> str:
    return f"{page.removesuffix('.html').replace('/', '-')}--{name}"


def _printed(site: Path, document: HtmlElement, target: Path) -> int:
    """Print a document that stands at the site's root; the number of its pages."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not browser:
        raise PaperError(f"no browser: install Chromium or Google Chrome ({' or '.join(BROWSERS)} on the PATH)")
    bound = site / f".{target.stem}.html"
    bound.write_text(html.tostring(document, encoding="unicode", doctype="<!DOCTYPE html>"), encoding="utf-8")
    with tempfile.TemporaryDirectory() as profile:
        command = [browser, *FLAGS.split(), f"--user-data-dir={profile}", f"--print-to-pdf={target}", bound.as_uri()]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise PaperError(f"{Path(browser).name} did not print {target.name}: {error}") from None
        finally:
            bound.unlink()
    return page_count(target.read_bytes())


def page_count(pdf: bytes) -> int:
    """Pages of a PDF as Chromium writes it: the count in the root of its tree of pages."""
    return max(int(count) for count in re.findall(rb"/Type /Pages\s*/Count (\d+)", pdf))


def _link(overview: Path, counts: dict[str, int]) -> None:
    """Say on the overview that there are PDFs, in the place that waits for it."""
    document = html.parse(overview).getroot()
    place = next(iter(document.cssselect("#pdf")), None)
    if place is None:
        raise PaperError('index.md has no place for the links: put <span id="pdf"></span> where they are to stand')
    names = {"report.pdf": "The chapters", "summary.pdf": "The overview"}
    tail, place[:], place.text = place.tail, [], ""
    for name, count in counts.items():
        link = E.a(f"{names[name]} (PDF, {count} pages)", href=name)
        link.tail = " · "
        place.append(link)
    place[-1].tail, place.tail = "", tail
    overview.write_text(finish.written(document), encoding="utf-8")
