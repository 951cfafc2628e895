"""One style sheet for the site, without the rules that none of its pages can use: three quarters of the theme's."""

from __future__ import annotations

import itertools
import os
import re
from pathlib import Path
from typing import Any

import tinycss2

from minerpivot.book.execute import digest

NAME = re.compile(r"[A-Za-z0-9_-]+")
LINK = re.compile(r'<link[^>]*href="([^"?]+)[^>]*rel="stylesheet"[^>]*>')
OWN = ("book.css", "icons.css")  # ours, and for elements that the table library makes up as it runs: kept whole
IMPORT = re.compile(r'@import "([^"]+)";')


def combine(site: Path) -> None:
    """Give all pages one style sheet in place of the theme's and its extensions' many, without what none can use.

    Its name holds its content's hash, so that a browser may keep it for ever.
    """
    pages = {page: page.read_text(encoding="utf-8") for page in site.rglob("*.html") if "_static" not in page.parts}
    linked = {page: [(page.parent / link).resolve() for link in LINK.findall(html)] for page, html in pages.items()}
    sheets = list(dict.fromkeys(sheet for links in linked.values() for sheet in links))
    used = used_names(site)
    style = "".join(_text(sheet) if sheet.name in OWN else purged(_text(sheet), used) for sheet in sheets)
    target = site / "_static" / f"style-{digest(style)}.css"
    target.write_text(style, encoding="utf-8")
    for page, html in pages.items():
        address = os.path.relpath(target, page.parent)
        first, rest = f'<link href="{Path(address).as_posix()}" rel="stylesheet"/>', html
        if linked[page]:
            rest = LINK.sub("", LINK.sub("<!-- style -->", html, count=1)).replace("<!-- style -->", first)
        page.write_text(rest, encoding="utf-8")
    for sheet in sheets:
        sheet.unlink(missing_ok=True)


def _text(sheet: Path) -> str:
    """A style sheet with those that it imports in their places."""

    def imported(found: re.Match[str]) -> str:
        file = sheet.parent / found[1]
        text = file.read_text(encoding="utf-8")
        file.unlink()
        return text

    return IMPORT.sub(imported, sheet.read_text(encoding="utf-8"))


def used_names(site: Path) -> set[str]:
    """Every word of the site's pages and scripts: what a script may set later counts as used."""
    words: set[str] = set()
    for file in [*site.rglob("*.html"), *(site / "_static").glob("*.js"), *(site / "_static" / "scripts").glob("*.js")]:
        words.update(NAME.findall(file.read_text(encoding="utf-8")))
    return words


def purged(style: str, used: set[str]) -> str:
    """A style sheet without rules for classes and ids that are not in `used`."""
    rules = tinycss2.parse_stylesheet(style, skip_comments=True, skip_whitespace=True)
    return "".join(_kept(rule, used) for rule in rules)


def _kept(rule: Any, used: set[str]) -> str:
    if rule.type == "at-rule" and rule.at_keyword == "font-face":
        return ""  # the icons are drawn, see pages.icons
    if rule.type == "at-rule" and rule.at_keyword in ("media", "supports") and rule.content is not None:
        inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
        content = "".join(_kept(part, used) for part in inner)
        return f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{content}}}" if content else ""
    if rule.type != "qualified-rule":
        return rule.serialize()
    selectors = [selector for selector in _split(rule.prelude) if _names(selector) <= used]
    if not selectors:
        return ""
    return f"{','.join(tinycss2.serialize(selector) for selector in selectors)}{{{tinycss2.serialize(rule.content)}}}"


def _split(prelude: list[Any]) -> list[list[Any]]:
    """The selectors of a list; a comma inside brackets is not one of the list's."""
    selectors: list[list[Any]] = [[]]
    for token in prelude:
        if token == ",":
            selectors.append([])
        else:
            selectors[-1].append(token)
    return selectors


def _names(selector: list[Any]) -> set[str]:
    """Classes and ids that an element must have; those inside functions such as `:not()` are alternatives."""
    classes = {token.value for dot, token in itertools.pairwise(selector) if dot == "." and token.type == "ident"}
    return classes | {token.value for token in selector if token.type == "hash"}
