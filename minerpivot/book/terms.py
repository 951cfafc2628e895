"""Links each glossary term, and each company to its page, where a page first names it, so that authors need not."""

from __future__ import annotations

import re
from functools import lru_cache

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.domains.std import StandardDomain

GLOSSARY, PROFILES = "glossary", "companies/"
CLOSED = (nodes.reference, nodes.title, nodes.literal, nodes.literal_block, nodes.caption, nodes.raw, nodes.math)


def link(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Turn the first mention of each term in the text of a page into a link to its definition."""
    companies = {name: page for name, page in _companies(app).items() if page != docname}
    for addresses, flags in ((_terms(app) if docname != GLOSSARY else {}, re.IGNORECASE), (companies, re.NOFLAG)):
        for text in list(doctree.findall(nodes.Text)):
            if not addresses:
                break
            if not _linkable(text):
                continue
            parts = _linked(app, docname, str(text), addresses, flags)
            if len(parts) > 1:
                text.parent.replace(text, parts)


def _companies(app: Sphinx) -> dict[str, str]:
    """Pages of companies by the name in their title ("Core Scientific (CORZ)")."""
    pages = [name for name in app.env.titles if name.startswith(PROFILES)]
    return {app.env.titles[page].astext().partition(" (")[0]: page for page in pages}


def _terms(app: Sphinx) -> dict[str, str]:
    """Addresses of the terms by name in lower case."""
    domain = app.env.get_domain("std")
    assert isinstance(domain, StandardDomain)
    return {
        name.lower(): f"{GLOSSARY}#{anchor}"
        for name, _, kind, doc, anchor, _ in domain.get_objects()
        if (kind, doc) == ("term", GLOSSARY)
    }


def _linked(
    app: Sphinx, docname: str, text: str, terms: dict[str, str], flags: re.RegexFlag = re.IGNORECASE
) -> list[nodes.Node]:
    """`text` as nodes, with links for the terms that are still in `terms`, which are taken out of it."""
    parts: list[nodes.Node] = []
    while terms:
        found = _any(tuple(terms), flags).search(text)
        if not found:
            break
        name = " ".join(found[1].split())
        page, _, anchor = terms.pop(name.lower() if flags else name).partition("#")
        address = app.builder.get_relative_uri(docname, page) + (f"#{anchor}" if anchor else "")
        link = nodes.reference("", found[0], internal=True, refuri=address, classes=["term" if flags else "company"])
        parts += [nodes.Text(text[: found.start()]), link]
        text = text[found.end() :]
    return [*parts, nodes.Text(text)]


@lru_cache(maxsize=1)
def _any(terms: tuple[str, ...], flags: re.RegexFlag) -> re.Pattern[str]:
    """Any of the terms, the longest that fits; the same for most texts of a page."""
    by_length = sorted(terms, key=len, reverse=True)
    longest_first = "|".join(r"\s+".join(map(re.escape, term.split())) for term in by_length)  # lines may break
    return re.compile(rf"\b({longest_first}){'s?' if flags else ''}\b", flags)


def _linkable(text: nodes.Text) -> bool:
    """Whether a text stands in a paragraph and in nothing that is a link, a title or code."""
    above, node = [], text.parent
    while node is not None:
        above.append(node)
        node = node.parent
    return any(isinstance(node, nodes.paragraph) for node in above) and not any(isinstance(n, CLOSED) for n in above)
