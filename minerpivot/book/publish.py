"""What a site needs once it has an address: cards for links, a sitemap, a feed of editions, a page for lost readers.

The address is `html.baseurl` of `_config.yml`, or else `SITE_URL`, in which the workflow says that of GitHub Pages.
Without one (a site that is opened from a file) only what needs none is made.
"""

from __future__ import annotations

import os
import re
import subprocess
from functools import lru_cache
from html import escape
from pathlib import Path
from textwrap import wrap
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ElementTree

import pandas as pd
import vl_convert
import yaml

from minerpivot import changes
from minerpivot.book.execute import ROOT
from minerpivot.data import tables
from minerpivot.page.drawing import FONT, UndrawableError, drawable

CARD = """\
<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="630" font-family="{font}">
<rect width="1200" height="630" fill="#ffffff"/><rect width="24" height="630" fill="#0077bb"/>
<text x="80" y="110" font-size="34" fill="#4a5561">{book}</text>
{lines}
<text x="80" y="580" font-size="28" fill="#4a5561">{note}</text></svg>"""

LOST = """\
<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self'">
<meta name="color-scheme" content="light dark"><link rel="icon" type="image/svg+xml" href="{root}_static/favicon.svg">
<title>Not found · {title}</title><meta name="description" content="There is no such page in the report {title}.">
</head><body><main><h1>This page is not in the report</h1>
<p>It may have moved in a later edition. <a href="{root}index.html">Start from the findings</a>.</p></main>
</body></html>
"""
UNRELEASED = "## unreleased"  # heading, in any case, of what no edition has yet
NAMESPACES = {"urlset": "http://www.sitemaps.org/schemas/sitemap/0.9", "feed": "http://www.w3.org/2005/Atom"}


def about(key: str, part: str = "") -> str:
    """A text of the book's `_config.yml`: its `title`, the `url` of its `repository`; empty if that has none."""
    said = _parsed((ROOT / "_config.yml").read_text(encoding="utf-8")).get(key)
    said = (said or {}).get(part) if part else said
    return "" if said is None else str(said)


@lru_cache(maxsize=1)
def _parsed(text: str) -> dict[str, Any]:
    """Settings as their file has them, parsed once: every page asks for some."""
    return yaml.safe_load(text)


def site_url() -> str:
    """The address of the published site, or of the edition that is being built, with a slash at its end; or nothing."""
    own = about("html", "baseurl")
    address = (own or os.environ.get("SITE_URL", "")).rstrip("/")
    if address and not address.startswith(("https://", "http://")):
        where = "_config.yml: html.baseurl" if own else "SITE_URL"
        raise ValueError(f"{where} is {address!r}; write the whole address, as https://example.org/report/")
    return "" if not address else f"{address}/editions/{day}/" if (day := tables.edition()) else f"{address}/"


def repository() -> str:
    """Where the report's sources are: `repository.url` of `_config.yml`, or the one whose workflow builds; or nothing.

    Raises `ValueError` for what is no address.
    """
    own, name = about("repository", "url").rstrip("/").removesuffix(".git"), os.environ.get("GITHUB_REPOSITORY", "")
    if own and not own.startswith("https://"):
        raise ValueError(f"_config.yml: repository.url is {own!r}; write it as https://github.com/owner/name")
    return own or (f"https://github.com/{name}" if name else "")


def checked() -> None:
    """Raise `ValueError` for an address or a change log that cannot be published, before anything is built."""
    repository()
    site_url()
    log = ROOT / "CHANGELOG.md"
    if log.exists() and not editions(text := log.read_text(encoding="utf-8")) and UNRELEASED not in text.lower():
        raise ValueError('CHANGELOG.md has no edition; begin with what is new, under "## Unreleased"')


def card(site: Path, page: Path, title: str, finding: str) -> str:
    """Draw the picture that shows when a page is shared: its title and first finding; return its place in the site.

    Empty where the words are of a script that our font lacks: a page is shared without a picture then.
    """
    heading, lines = wrap(title, 34)[:2], wrap(finding, 46)
    top = 200 + 70 * len(heading)
    text = "".join(
        f'<text x="80" y="{190 + 70 * n}" font-size="60" font-weight="bold" fill="#1c232b">{escape(line)}</text>'
        for n, line in enumerate(heading)
    ) + "".join(
        f'<text x="80" y="{top + 52 * n}" font-size="40" fill="#323232">{escape(line)}</text>'
        for n, line in enumerate(lines[: 7 - len(heading)])
    )
    note = f"As of {tables.edition()}" if tables.edition() else "Every number computed, every source shown"
    drawn = CARD.format(font=FONT, book=escape(about("title")), lines=text, note=escape(note))
    try:
        picture = vl_convert.svg_to_png(drawable(drawn))
    except UndrawableError:
        return ""
    target = site / "_static" / "cards" / f"{page.stem}.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(picture)
    return target.relative_to(site).as_posix()


def last_changed(source: Path) -> str:
    """The day of the last commit that changed a source file; empty outside a repository."""
    return git("log", "-1", "--format=%cs", "--", str(source))


def git(*arguments: str) -> str:
    """What git says of the report; empty outside a repository and where there is no git."""
    try:
        run = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return run.stdout.strip()


def listings(site: Path, pages: list[Path]) -> None:
    """Sitemap, robots and feed, which need an address, and the page for a wrong one; editions share them."""
    address = site_url()
    if tables.edition():
        return
    lost = LOST.format(title=escape(about("title")), root=escape(address))
    (site / "404.html").write_text(lost, encoding="utf-8")
    if not address:
        return
    places = [address + page.as_posix() for page in pages if page.name not in ("search.html", "genindex.html")]
    _write(site / "sitemap.xml", _element("urlset", *(_element("url", _element("loc", place)) for place in places)))
    if urlsplit(address).path == "/":  # nobody looks for it anywhere else
        robots = f"User-agent: *\nAllow: /\nSitemap: {address}sitemap.xml\n"
        (site / "robots.txt").write_text(robots, encoding="utf-8")
    log = ROOT / "CHANGELOG.md"  # a fork may do without
    _write(site / "feed.xml", feed(log.read_text(encoding="utf-8") if log.exists() else "", address))


def feed(changelog: str, address: str) -> Element:
    """An Atom feed with an entry for each edition of the change log, without what is unreleased."""
    known = editions(changelog)
    entries = [
        _element(
            "entry",
            *_head(f"{address}#{name}", f"Edition {name}", day),
            Element("link", href=f"{address}changes.html#{changes.anchor(name)}"),
            _element("content", body.strip()),
        )
        for name, day, body in known
    ]
    author = _element("author", _element("name", about("author")))
    link = Element("link", href=f"{address}feed.xml", rel="self")
    head = _head(address, f"{about('title')}: editions", max((day for _, day, _ in known), default="1970-01-01"))
    return _element("feed", *head, author, link, *entries)


def editions(changelog: str) -> list[tuple[str, str, str]]:
    """Name, day and text of each edition of the change log; raises `ValueError` for a heading that is none."""
    for line, text in enumerate(changelog.splitlines(), 1):
        if text.startswith("## ") and text.lower() != UNRELEASED:
            found = re.fullmatch(r"## \S+, (\d{4}-\d\d-\d\d)", text)
            if not found or pd.isna(tables.last_day_of(found[1])):
                raise ValueError(
                    f'CHANGELOG.md line {line}: {text!r} is no edition; write it as "## 1.0.0, 2026-11-22"'
                )
    changelog = re.sub(rf"(?im)^{UNRELEASED}$(?:\n(?!## ).*)*", "", changelog)
    parts = re.split(r"^## (\S+), (\d{4}-\d\d-\d\d)\n", changelog, flags=re.MULTILINE)[1:]
    return list(zip(parts[::3], parts[1::3], parts[2::3], strict=True))


def _head(identity: str, title: str, day: str) -> list[Element]:
    return [_element("id", identity), _element("title", title), _element("updated", f"{day}T00:00:00Z")]


def _element(name: str, *content: Element | str) -> Element:
    made = Element(name)
    for part in content:
        if isinstance(part, str):
            made.text = part
        else:
            made.append(part)
    return made


def _write(path: Path, root: Element) -> None:
    root.set("xmlns", NAMESPACES[root.tag])
    ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
