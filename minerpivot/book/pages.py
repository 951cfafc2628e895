"""What every published page carries and what it does not: icons, description, security policy, no unused scripts.

Works on the finished pages, where what the theme and its extensions have put in can be seen whole.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from pathlib import Path
from urllib.parse import quote

from bs4 import BeautifulSoup, Tag
from sphinx_design.icons import get_octicon_data

from minerpivot import tables
from minerpivot.book import publish, styles
from minerpivot.book.execute import ROOT

ICONS = {  # the theme's names for icons (Font Awesome), drawn from the Octicons that Sphinx Design brings along
    "angle-left": "chevron-left",
    "angle-right": "chevron-right",
    "arrow-up": "arrow-up",
    "bars": "three-bars",
    "circle-half-stroke": "circle",
    "download": "download",
    "file": "file",
    "list": "list-unordered",
    "magnifying-glass": "search",
    "moon": "moon",
    "sun": "sun",
}
UNUSED = re.compile(r"fontawesome|thebe|design-tabs|sphinx-design|kernelName|data-fa-|DOCUMENTATION_OPTIONS\.")
SEARCH_ONLY = re.compile(r"searchtools|language_data|searchindex")
DESCRIPTION_LENGTH = 160  # what search engines show


def finish(site: Path) -> None:
    """Rewrite every page of a built site, and write the icons' style sheet that they share."""
    (site / "_static" / "icons.css").write_text(icons(), encoding="utf-8")
    _remove_unused(site / "_static")
    _calm(site / "_static" / "scripts" / "pydata-sphinx-theme.js")
    written: list[Path] = []
    for page in site.rglob("*.html"):
        if "_static" in page.parts:
            continue
        soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        if soup.head is None:
            continue
        _trim(soup, search=page.name == "search.html")
        _repair(soup)
        _link_findings(soup)
        _describe(soup, site, page)
        _secure(soup)
        page.write_text(str(soup), encoding="utf-8")
        written.append(page.relative_to(site))
    publish.listings(site, sorted(written))
    styles.combine(site)


def _remove_unused(static: Path) -> None:
    for folder in ("vendor", "locales"):
        shutil.rmtree(static / folder, ignore_errors=True)
    for pattern in ("**/*.map", "**/fontawesome*", "*thebe*", "*design*", "*.html"):
        for file in static.glob(pattern):
            file.unlink()


def _calm(script: Path) -> None:
    """Keep the theme from measuring every code box of a page in turn to decide whether it needs a tab stop.

    Each measurement makes the browser lay the page out anew; `_repair` gives the stops beforehand.
    """
    boxes = ["pre", ".nboutput > .output_area", ".cell_output > .output", ".jp-RenderedHTMLCommon"]
    selector = json.dumps([*boxes, ".pst-scrollable-table-container"], separators=(",", ":"))
    text = script.read_text(encoding="utf-8")
    if text.count(selector) != 1:
        raise ValueError(f"{script.name} is another version: see how it sets tab stops, mend pages._calm()")
    script.write_text(text.replace(selector, '[".none"]'), encoding="utf-8")


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


def _trim(soup: BeautifulSoup, *, search: bool) -> None:
    """Take out what no page uses, and what only the search page does."""
    for tag in soup.find_all(["script", "link"]):
        address = tag.get("src") or tag.get("href") or tag.get_text()
        if UNUSED.search(f"{address} {tag.get('type', '')}") or (SEARCH_ONLY.search(str(address)) and not search):
            tag.decompose()
        elif tag.get("src"):
            tag["defer"] = ""  # text and pictures are painted before any script runs
    for tag in soup.select("[onclick]"):  # the policy below forbids scripts in attributes
        (tag.find_parent("li") or tag).decompose()
    for tag in soup.select("#ethical-ad-placement, #bd-header-version-warning"):
        tag.decompose()


def _repair(soup: BeautifulSoup) -> None:
    """Mend what an accessibility checker finds in the theme."""
    for tag in soup.select("button.sidebar-toggle, button.pst-navbar-icon"):
        if title := tag.get("title"):
            tag["aria-label"] = title
    for tag in soup.select("i[class*='fa-'], span[class*='fa-']"):
        tag["aria-hidden"] = "true"
    for tag in soup.select("div.cell_output pre, div.highlight pre"):
        tag["tabindex"] = "0"  # a box that scrolls must be reachable by keyboard
    for tag in soup.select(".pst-scrollable-table-container"):
        caption = tag.select_one("caption .caption-text")
        tag["tabindex"], tag["role"] = "0", "region"
        tag["aria-label"] = caption.get_text() if caption else "Table"


def _link_findings(soup: BeautifulSoup) -> None:
    """An address for each finding at a chapter's top, so that it can be pointed to."""
    findings = soup.select("article h1 ~ ul:first-of-type > li")
    for number, finding in enumerate(findings, 1):
        finding["id"] = f"finding-{number}"
        link = _tag(soup, "a", href=f"#finding-{number}", title="Link to this finding", **{"class": "headerlink"})
        link.string = "#"
        (finding.find("p") or finding).append(link)


def _describe(soup: BeautifulSoup, site: Path, page: Path) -> None:
    """What search engines, shared links and the foot of the page say about it."""
    assert soup.head is not None
    place = page.relative_to(site)
    root, address = "../" * (len(place.parts) - 1), publish.site_url()
    first, heading = soup.select_one("article.bd-article section > p"), soup.select_one("article.bd-article h1")
    title = heading.get_text().rstrip("#").strip() if heading else publish.about("title")
    description = _shortened(first.get_text(" ", strip=True)) if first else title
    said = {"description": description, "og:title": title, "og:description": description, "og:type": "article"}
    if heading and address:
        said |= {"og:image": address + publish.card(site, page, soup), "og:url": address + place.as_posix()}
        said["twitter:card"] = "summary_large_image"
        soup.head.append(_tag(soup, "link", rel="canonical", href=address + place.as_posix()))
    for name, content in said.items():
        soup.head.append(_tag(soup, "meta", **{"property" if ":" in name else "name": name}, content=content))
    soup.head.append(_tag(soup, "link", rel="icon", type="image/svg+xml", href=f"{root}_static/favicon.svg"))
    soup.head.append(_tag(soup, "link", rel="stylesheet", href=f"{root}_static/icons.css"))
    _date(soup, place)


def _date(soup: BeautifulSoup, place: Path) -> None:
    sources = [ROOT / place.with_suffix(kind) for kind in (".ipynb", ".md")]
    day = next((publish.last_changed(source) for source in sources if source.exists()), "")
    footer = soup.select_one(".bd-footer-content__inner")
    if day and footer and not tables.edition():  # an edition's pages name no later day
        line = _tag(soup, "p", **{"class": "last-changed"})
        line.string = f"This page was last changed on {day}."
        footer.append(line)


def _shortened(text: str) -> str:
    text = re.sub(r"\s+([.,;:%])", r"\1", " ".join(text.split()))
    return text if len(text) <= DESCRIPTION_LENGTH else text[: DESCRIPTION_LENGTH - 1].rsplit(" ", 1)[0] + "…"


def _secure(soup: BeautifulSoup) -> None:
    """A policy that lets the page load from its own site alone; inline scripts are named by their hash."""
    hashes = {_hash(script.string or "") for script in soup.find_all("script") if not script.get("src")}
    policy = "; ".join(
        [
            "default-src 'none'",
            " ".join(["script-src 'self'", *sorted(hashes)]),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'self'",
            "form-action 'self'",
        ]
    )
    assert soup.head is not None
    soup.head.insert(0, _tag(soup, "meta", **{"http-equiv": "Content-Security-Policy"}, content=policy))


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _tag(soup: BeautifulSoup, name: str, /, **attributes: str) -> Tag:
    return soup.new_tag(name, attrs=attributes)
