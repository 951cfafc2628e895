"""The index that a reader's search loads: every page, section, figure, table, company and term with its text.

A record is a list: title, kind, page, address, text, and other words under which it is to be found (a ticker, a unit).
The script that ranks them is MiniSearch (`static/search/minisearch.js`); the index is a script too, because a page
that was opened from a file may load scripts but fetch nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from lxml.html import HtmlElement

from minerpivot.data import tables
from minerpivot.data.tables import digest

Record = tuple[str, str, str, str, str, str]
PARTS = "section[id], .fold-content[id], figure[id], table[id], dt[id]"
APART = {"nav", "script", "style", "button", "svg", "summary", "pre", "math"}  # not a part's own text
APART_TOO = {"headerlink", "kicker", "skip", "table-note"}  # classes
LONGEST = 6000  # letters of a record's text: whole but for the longest tables


def write(site: Path, documents: Mapping[Path, HtmlElement]) -> None:
    """Write the index of a site's pages and tell each page where it is."""
    found = [record for page, document in documents.items() for record in records(document, page.relative_to(site))]
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    target = site / "_static" / "search" / f"index-{digest(text)}.js"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"window.minerpivotIndex={text};\n", encoding="utf-8")
    for document in documents.values():
        for dialog in document.cssselect("dialog[data-index]"):
            dialog.set("data-index", f"search/{target.name}")


def records(document: HtmlElement, place: Path) -> Iterator[Record]:
    """What is to be found on a page; the search page itself has nothing."""
    article = next(iter(document.cssselect("article.bd-article")), None)
    heading = None if article is None else article.find(".//h1")
    if article is None or heading is None or place.name == "search.html":
        return
    page = _words(heading)
    whole = next(heading.iterancestors("section"), article)
    named = tickers()
    yield page, _kind("Page", page, named), page, place.as_posix(), _words(whole, parts=True), _ticker(page, named)
    for part in article.cssselect(PARTS):
        if part is whole:
            continue
        address = f"{place.as_posix()}#{part.get('id')}"
        if (record := _record(part)) and record[1]:
            kind, title, text, more = record
            more = f"{more} {_ticker(title, named)}".strip()
            yield title, _kind(kind, title, named), page, address, text[:LONGEST], more


def _kind(kind: str, title: str, named: Mapping[str, str]) -> str:
    """A page or a section that a company's name heads is on that company."""
    return "Company" if kind in ("Page", "Section") and _ticker(title, named) else kind


def _ticker(title: str, named: Mapping[str, str]) -> str:
    """The ticker of the company that a title names ("Core Scientific (CORZ)")."""
    return named.get(title.partition(" (")[0], "")


def _record(part: HtmlElement) -> tuple[str, str, str, str] | None:
    """Kind, title, text and further words of a part; None for one without a title of its own."""
    if part.tag == "figure":
        titles = part.cssselect("figcaption .caption-text")
        said = [label.get("aria-label", "") for label in part.cssselect("[aria-label][role=img]")]
        units = " ".join(_words(unit) for unit in part.cssselect(".kit-unit"))
        return "Figure", _words(titles[0]) if titles else "", " ".join(said), f"{part.get('id')} {units}"
    if part.tag == "table":
        titles, rows = part.cssselect("caption .caption-text"), part.cssselect("tr")
        text = "; ".join(" ".join(_words(cell) for cell in row) for row in rows)
        units = " ".join(_words(unit) for unit in part.cssselect(".table-unit"))
        return "Table", titles[0].text or "" if titles else "", text, f"{part.get('id')} {units}"
    if part.tag == "dt":
        meaning = part.getnext()
        return "Term", _words(part), "" if meaning is None else _words(meaning), ""
    if part.tag == "div":  # a fold's title stands before its content, in the line that opens it
        title = part.getprevious()
        return "Section", "" if title is None else _words(title), _words(part, parts=True), ""
    title = next((child for child in part if child.tag in ("h2", "h3", "h4")), None)
    return None if title is None else ("Section", _words(title), _words(part, parts=True), "")


def _words(element: HtmlElement, *, parts: bool = False) -> str:
    """An element's text in one line; with `parts`, without its title and what is a record of its own."""
    return " ".join("".join(_texts(element, parts)).split())


def _texts(element: HtmlElement, parts: bool) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        own = (
            isinstance(child.tag, str)
            and child.tag not in APART
            and not APART_TOO & set((child.get("class") or "").split())
        )
        if own and parts:
            own = child.tag not in ("section", "figure", "table", "h1", "h2", "h3", "h4", "dl", "details")
        if own:
            yield " " if child.tag == "small" else ""
            yield from _texts(child, parts)
            yield " " if child.tag in ("p", "li", "td", "th", "br", "small", "div", "span") else ""
        yield child.tail or ""


@cache
def tickers() -> dict[str, str]:
    """Tickers of companies by each of their names, so that any of them finds what is on them."""
    rows = tables.load("instruments")
    rows = rows[~rows["kind"].isin(["fund", "crypto"])]
    named = [rows.set_index(column)["ticker"] for column in ("name", "short_name")]
    return {str(name): str(ticker) for tickers in named for name, ticker in tickers.items()}
