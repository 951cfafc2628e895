"""Links each glossary term where a page first uses it, so that authors need not."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.domains.std import StandardDomain

GLOSSARY = "glossary"
CLOSED = (nodes.reference, nodes.title, nodes.literal, nodes.literal_block, nodes.caption, nodes.raw, nodes.math)


def link(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Turn the first mention of each term in the text of a page into a link to its definition."""
    if docname == GLOSSARY:
        return
    terms = _terms(app)
    for text in list(doctree.findall(nodes.Text)):
        if not terms:
            return
        if not _linkable(text):
            continue
        parts = _linked(app, docname, str(text), terms)
        if len(parts) > 1:
            text.parent.replace(text, parts)


def _terms(app: Sphinx) -> dict[str, str]:
    """Anchors of the terms by name in lower case."""
    domain = app.env.get_domain("std")
    assert isinstance(domain, StandardDomain)
    return {
        name.lower(): anchor
        for name, _, kind, doc, anchor, _ in domain.get_objects()
        if (kind, doc) == ("term", GLOSSARY)
    }


def _linked(app: Sphinx, docname: str, text: str, terms: dict[str, str]) -> list[nodes.Node]:
    """`text` as nodes, with links for the terms that are still in `terms`, which are taken out of it."""
    parts: list[nodes.Node] = []
    while terms:
        by_length = sorted(terms, key=len, reverse=True)
        longest_first = "|".join(r"\s+".join(map(re.escape, term.split())) for term in by_length)  # lines may break
        found = re.search(rf"\b({longest_first})s?\b", text, re.IGNORECASE)
        if not found:
            break
        anchor = terms.pop(" ".join(found[1].lower().split()))
        address = f"{app.builder.get_relative_uri(docname, GLOSSARY)}#{anchor}"
        link = nodes.reference("", found[0], internal=True, refuri=address, classes=["term"])
        parts += [nodes.Text(text[: found.start()]), link]
        text = text[found.end() :]
    return [*parts, nodes.Text(text)]


def _linkable(text: nodes.Text) -> bool:
    """Whether a text stands in a paragraph and in nothing that is a link, a title or code."""
    above, node = [], text.parent
    while node is not None:
        above.append(node)
        node = node.parent
    return any(isinstance(node, nodes.paragraph) for node in above) and not any(isinstance(n, CLOSED) for n in above)
