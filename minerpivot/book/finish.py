"""What every published page carries and what it does not: icons, description, security policy, no unused scripts.

Works on the finished pages, where what the theme and its extensions have put in can be seen whole.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import sys
from pathlib import Path
from urllib.parse import quote

from lxml import etree, html
from lxml.html import HtmlElement
from lxml.html.builder import E
from sphinx_design.icons import get_octicon_data

from minerpivot.book import publish, search, styles
from minerpivot.book.execute import ROOT
from minerpivot.book.profiles import FOLDER
from minerpivot.book.terms import GLOSSARY
from minerpivot.data import tables
from minerpivot.page.words import in_words

ICONS = {  # the names of the page template (Font Awesome's), drawn from the Octicons that Sphinx Design brings along
    "bars": "three-bars",
    "circle-half-stroke": "circle",
    "list": "list-unordered",
    "magnifying-glass": "search",
    "xmark": "x",
}
SCRIPTS = ("site.js", "upgrade.js")  # what every page loads; others are loaded where a page asks (`data-script`)
LAZY = ("charts", "search")
LONG_TABLE = 20  # rows from which a reader is offered a way past
DESCRIPTION_LENGTH = 160  # what search engines show
ACTIVE = ("script", "iframe", "frame", "object", "embed", "base", "meta")  # what an output or a text may not bring
ADDRESSES = ("href", "xlink:href", "src", "action", "formaction")
PROGRAM = re.compile(
    r"[\x00-\x20]*(j\s*a\s*v\s*a|v\s*b)\s*s\s*c\s*r\s*i\s*p\s*t\s*:", re.IGNORECASE
)  # as browsers read it
UNCLOSED = re.compile("</(?:source|wbr)>")  # the serialiser knows HTML 4, where these had no meaning


def finish(site: Path) -> None:
    """Rewrite every page of a built site, and write the icons' style sheet that they share."""
    (site / "_static" / "icons.css").write_text(icons(), encoding="utf-8")
    documents = {page: html.parse(page).getroot() for page in site.rglob("*.html") if "_static" not in page.parts}
    documents = {page: root for page, root in documents.items() if root.find("head/title") is not None}  # no redirect
    asked = {tag.get("data-script") for page in documents.values() for tag in page.cssselect("[data-script]")}
    _remove_unused(site / "_static", {*SCRIPTS, *asked})
    search.write(site, documents)
    means = _meanings(documents.get(site / f"{GLOSSARY}.html"))
    companies = _companies(documents)
    for page, document in documents.items():
        _link_companies(
            document, {name: os.path.relpath(at, page.parent) for name, at in companies.items() if at != page}
        )
        _repair(document)
        _skip_tables(document)
        _explain_terms(document, means)
        _link_findings(document)
        _describe(document, site, page)
        _disarm(document, page.relative_to(site))
        _secure(document)
    styles.combine(site, documents)
    for page, document in documents.items():
        page.write_text(written(document), encoding="utf-8")
    publish.listings(site, sorted(page.relative_to(site) for page in documents))


def written(document: HtmlElement) -> str:
    """A page as text."""
    return UNCLOSED.sub("", html.tostring(document, encoding="unicode", doctype="<!DOCTYPE html>"))


def _remove_unused(static: Path, scripts: set[str]) -> None:
    """What pages do not load: scripts but those named and those in folders, and the theme's fonts and pictures."""
    for folder in ("vendor", "locales", "scripts", "images", "sphinx_design_static"):
        shutil.rmtree(static / folder, ignore_errors=True)
    for pattern in ("**/*.map", "**/fontawesome*", "*.html", "*.png", "*.js"):
        for file in static.glob(pattern):
            if file.name not in scripts and file.parent.name not in LAZY:
                file.unlink()


def icons() -> str:
    """Style rules that draw each icon as a mask in the colour of its text: no font and no script to load."""
    drawn = get_octicon_data()
    rules = [
        '[class*="fa-"], [class*="fa-"]::before { font-family: inherit; }',
        '[class*="fa-"]::before { content: ""; display: inline-block; width: 1em; height: 1em; vertical-align: -.125em;'
        " background: currentColor; mask: var(--icon) center / contain no-repeat; }",
    ]
    for name, octicon in ICONS.items():
        paths = drawn[octicon]["heights"]["16"]["path"]
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">{paths}</svg>'
        rules.append(f'.fa-{name} {{ --icon: url("data:image/svg+xml,{quote(svg)}"); }}')
    return "\n".join(rules) + "\n"


def _repair(document: HtmlElement) -> None:
    """Mend what an accessibility checker finds in the theme, and what needs a script to be right."""
    for tag in document.cssselect("i[class*='fa-'], span[class*='fa-']"):
        tag.set("aria-hidden", "true")
    for tag in document.cssselect("figure.kit:not(.hero)"):
        name = tag.get("id") or tag.getparent().get("id")
        tag.set("aria-labelledby", f"{name}-title")  # not by its caption, which has a number and a link too
        tag.extend(tag.find("figcaption")[1:])  # Sphinx takes all that follows a caption for a part of it
    for tag in document.cssselect(".feed") if tables.edition() or not publish.site_url() else []:
        tag.drop_tree()  # there is none
    for tag in document.cssselect("summary[aria-label]"):
        del tag.attrib["aria-label"]  # the same words on each would hide what the summary itself says
    for tag in document.cssselect(".citation[role]"):
        tag.set("role", "listitem")  # the role for entries of a bibliography is no longer one that a list may hold
    for tag in document.cssselect("div.cell_output pre, div.highlight pre"):
        tag.set("tabindex", "0")  # a box that scrolls must be reachable by keyboard
    for tag in document.cssselect("article table.table"):
        tag.classes.add("data-table")  # one written in Markdown looks as the kit's do
    for tag in document.cssselect(".pst-scrollable-table-container"):
        caption = tag.cssselect("caption .caption-text")
        tag.attrib.update({"tabindex": "0", "role": "region"})
        tag.set("aria-label", caption[0].text if caption else "Table")  # the finding, without the unit


def _skip_tables(document: HtmlElement) -> None:
    """A way past each long table, for those who would have to go through all of its links."""
    for tag in document.cssselect(".pst-scrollable-table-container"):
        table = tag.find("table")
        if table is None or len(table.findall(".//tbody/tr")) < LONG_TABLE:
            continue
        end = f"after-{table.get('id') or 'table'}"
        tag.addprevious(E.a({"class": "skip"}, f"Skip the table: {tag.get('aria-label')}", href=f"#{end}"))
        tag.addnext(E.span(id=end, tabindex="-1"))


def _meanings(glossary: HtmlElement | None) -> dict[str, str]:
    """What each term means, by its anchor."""
    items = [] if glossary is None else glossary.cssselect("dl.glossary dt[id]")
    return {term.get("id"): _plain(term.getnext()) for term in items}


def _explain_terms(document: HtmlElement, means: dict[str, str]) -> None:
    """Let each linked term carry its meaning, which the page's script shows in place."""
    for link in document.cssselect(f"a.term[href*='{GLOSSARY}.html#']"):
        link.set("data-means", means[link.get("href").partition("#")[2]])


def _link_findings(document: HtmlElement) -> None:
    """An address for each finding at a chapter's top, so that it can be pointed to."""
    for number, finding in enumerate(document.cssselect("article h1 ~ ul.findings > li"), 1):
        finding.set("id", f"finding-{number}")
        place = finding if finding.find("p") is None else finding.find("p")
        place.append(E.a("#", {"class": "headerlink"}, href=f"#finding-{number}", title="Link to this finding"))


def _companies(documents: dict[Path, HtmlElement]) -> dict[str, Path]:
    """Pages of companies by the name in their heading ("Core Scientific (CORZ)")."""
    pages = {page: _first(document, "article h1") for page, document in documents.items()}
    return {
        _plain(heading).rstrip("#").partition(" (")[0].strip(): page
        for page, heading in pages.items()
        if heading is not None and page.parent.name == FOLDER
    }


def _link_companies(document: HtmlElement, addresses: dict[str, str]) -> None:
    """Lead from a table's row to the page of the company that heads it."""
    for heading in document.cssselect("th[scope=row]"):
        name = (heading.text or "").strip()
        if name in addresses:
            heading.text = None
            heading.insert(0, E.a(name, href=addresses[name]))


def _describe(document: HtmlElement, site: Path, page: Path) -> None:
    """What search engines, shared links and the foot of the page say about it."""
    place = page.relative_to(site)
    root, address = "../" * (len(place.parts) - 1), publish.site_url()
    paragraph, heading = (
        _first(document, "article.bd-article section > p:not(.kicker)"),
        _first(document, "article.bd-article h1"),
    )
    title = _plain(heading).rstrip("#").strip() if heading is not None else publish.about("title")
    description = _shortened(_plain(paragraph)) if paragraph is not None else title
    document.head.find("title").text = " · ".join(dict.fromkeys([title, publish.about("title")]))
    said = {"description": description, "og:title": title, "og:description": description, "og:type": "article"}
    if heading is not None and address:
        said["og:url"] = address + place.as_posix()
        if drawn := publish.card(site, page, title, _plain(_first(document, "article strong"))):
            said |= {"og:image": address + drawn, "twitter:card": "summary_large_image"}
        document.head.append(E.link(rel="canonical", href=address + place.as_posix()))
        if not tables.edition():
            document.head.append(E.link(rel="alternate", type="application/atom+xml", href=f"{address}feed.xml"))
    for name, content in said.items():
        document.head.append(E.meta({"property" if ":" in name else "name": name}, content=content))
    document.head.append(E.link(rel="icon", type="image/svg+xml", href=f"{root}_static/favicon.svg"))
    document.head.append(E.link(rel="stylesheet", href=f"{root}_static/icons.css"))
    _date(document, place)


def _date(document: HtmlElement, place: Path) -> None:
    if tables.edition():  # its pages name no later day
        return
    sources = [ROOT / place.with_suffix(kind) for kind in (".ipynb", ".md")]
    day = next((publish.last_changed(source) for source in sources if source.exists()), "")
    footer = _first(document, ".bd-footer-content")
    if day and footer is not None:
        footer.append(E.p({"class": "last-changed"}, f"This page was last changed on {in_words(day)}."))


def _first(document: HtmlElement, selector: str) -> HtmlElement | None:
    return next(iter(document.cssselect(selector)), None)


def _plain(element: HtmlElement | None) -> str:
    return "" if element is None else " ".join(element.text_content().split())


def _shortened(text: str) -> str:
    return text if len(text) <= DESCRIPTION_LENGTH else text[: DESCRIPTION_LENGTH - 1].rsplit(" ", 1)[0] + "…"


def _disarm(document: HtmlElement, place: Path) -> None:
    """Take out what an output or a text of a chapter would run or frame: the page's own scripts stand in its head."""
    own, taken = set(document.find("head").iter()), []  # an output that closes the page may begin a second head
    for tag in [tag for tag in document.iter(etree.Element) if tag not in own]:
        for name, value in tag.attrib.items():
            if name.startswith("on") or (name in ADDRESSES and PROGRAM.match(value)):
                del tag.attrib[name]
                taken.append(tag)
        if tag.tag in ACTIVE:
            tag.drop_tree()
            taken.append(tag)
    if taken:
        what = ", ".join(sorted({tag.tag for tag in taken}))
        print(f"{place}: left out what would run on the page ({what}); pages run no script of a cell", file=sys.stderr)


def _secure(document: HtmlElement) -> None:
    """A policy that lets the page load from its own site alone; the inline scripts of its head are named by hash."""
    hashes = {_hash(script.text or "") for script in document.find("head").iter("script") if not script.get("src")}
    policy = "; ".join(
        [
            "default-src 'none'",
            " ".join(["script-src 'self'", *sorted(hashes)]),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "connect-src 'self'",  # for checkers that read robots.txt from within the page
            "base-uri 'self'",
            "form-action 'self'",
        ]
    )
    document.head.insert(0, E.meta({"http-equiv": "Content-Security-Policy"}, content=policy))


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
