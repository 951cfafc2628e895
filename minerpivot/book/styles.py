"""One style sheet for the site, without the rules that none of its pages can use: three quarters of the theme's."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import tinycss2
from lxml import html
from lxml.html import HtmlElement

from minerpivot.data.tables import digest
from minerpivot.page import kept

NAME = re.compile(r"[A-Za-z0-9_-]+")
OWN = ("book.css", "icons.css")  # ours, and for elements that the table library makes up as it runs: kept whole
IMPORT = re.compile(r'@import "([^"]+)";')


def combine(site: Path, documents: Mapping[Path, HtmlElement]) -> None:
    """Give all pages one style sheet in place of the theme's and its extensions' many, without what none can use.

    Its name holds its content's hash, so that a browser may keep it for ever.
    """
    links = {page: document.cssselect('link[rel="stylesheet"]') for page, document in documents.items()}
    addresses = [page.parent / link.get("href").partition("?")[0] for page in links for link in links[page]]
    sheets = list(dict.fromkeys(address.resolve() for address in addresses))
    used = used_names(site, documents.values())
    style = "".join(_text(sheet) if sheet.name in OWN else _purged_once(_text(sheet), used) for sheet in sheets)
    target = site / "_static" / f"style-{digest(style)}.css"
    target.write_text(style, encoding="utf-8")
    for page, (combined, *others) in links.items():
        combined.attrib.clear()
        address = Path(os.path.relpath(target, page.parent)).as_posix()
        combined.attrib.update({"rel": "stylesheet", "href": address})
        for link in others:
            link.drop_tree()
    for sheet in sheets:
        sheet.unlink()


def _text(sheet: Path) -> str:
    """A style sheet with those that it imports in their places."""

    def imported(found: re.Match[str]) -> str:
        file = sheet.parent / found[1]
        text = file.read_text(encoding="utf-8")
        file.unlink()
        return text

    return IMPORT.sub(imported, sheet.read_text(encoding="utf-8"))


def used_names(site: Path, documents: Iterable[HtmlElement]) -> set[str]:
    """Every word of the site's pages and scripts: what a script may set later counts as used."""
    scripts = [*(site / "_static").glob("*.js"), *(site / "_static" / "scripts").glob("*.js")]
    texts = [html.tostring(document, encoding="unicode") for document in documents]
    texts += [script.read_text(encoding="utf-8") for script in scripts]
    return set(NAME.findall("\n".join(texts)))


def _purged_once(style: str, used: set[str]) -> str:
    """What `purged` makes of a style sheet: from build to build it is the same, and reading the theme's takes long."""
    parts = [style, sorted(used & set(NAME.findall(style))), Path(__file__).read_text(encoding="utf-8")]
    return kept.made(parts, "css", partial(purged, style, used))


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
