"""The frame that every page shares: its first screen, what is folded, its code, the pages before and after.

Authors write plain Markdown. The first paragraph after the title, if it begins in bold, is the page's answer; the
first list whose items begin in bold are its findings. What stands under a heading of *Method and checks* is folded,
and so is the code, once, at the page's end.

    :::{numbers}
    - **[71%]{.ai}** signed
    - **[73%]{.min}** not signed

    is what the two groups of miners have returned since January 2025.
    :::

    :::{fold} How the groups are built
    Every listed miner …
    :::
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective, SphinxTranslator

from minerpivot.book import publish, published

PROFILES = "companies/"  # where the pages of companies stand, beside the order of the chapters
FOLDED = "method-and-checks"  # the id of the section whose parts are folded
ENDS = ("end", "ledger_end", "cash_month", "since_end")  # names under which a chapter records to when it counts
LAST = "change-it-yourself"  # its code runs first but is read last
TEMPLATE = "chapters/company"  # from which the pages of companies are made
GITHUB = "https://github.com/"


class fold(nodes.General, nodes.Element):
    """Content behind a line that opens it; its first child is a `fold_title`, its ids are the content's.

    A browser that is sent to an id inside what is closed opens it, so the content carries the id and not the whole.
    """


class fold_title(nodes.title):
    """The line that opens a fold; `level` makes it a heading."""


def _open_fold(self: SphinxTranslator, node: nodes.Element) -> None:
    self.body.append(f'<details class="{" ".join(["fold", *node["classes"]])}">')


def _close_fold(self: SphinxTranslator, node: nodes.Element) -> None:
    self.body.append("</div></details>\n")


def _open_title(self: SphinxTranslator, node: nodes.Element) -> None:
    level = node.get("level")
    self.body.append(f"<summary><h{level}>" if level else "<summary>")


def _close_title(self: SphinxTranslator, node: nodes.Element) -> None:
    level, more = node.get("level"), node.get("more")
    self.body.append(f"</h{level}>" if level else "")
    self.body.append(f" <span>{escape(more)}</span></summary>" if more else "</summary>")
    first, *others = node.parent["ids"] or [""]
    anchor = f' id="{escape(first, quote=True)}"' if first else ""
    spans = "".join(f'<span id="{escape(other, quote=True)}"></span>' for other in others)
    self.body.append(f'<div class="fold-content"{anchor}>{spans}')


class Fold(SphinxDirective):
    """Text, tables and headings behind a line that opens them: its title is the argument."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        """The fold with its content, whose headings stay headings."""
        self.assert_has_content()
        title, _ = self.state.inline_text(self.arguments[0], self.lineno)
        folded = fold("", fold_title("", "", *title))
        self.state.nested_parse(self.content, self.content_offset, folded)
        for heading in folded.findall(nodes.rubric):  # MyST makes them of headings inside a directive
            heading["heading-level"] = heading["level"]
        return [folded]


class Numbers(SphinxDirective):
    """A page's large numbers: a list whose items begin with the number in bold, and a sentence on them."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """The list and the sentence in one block."""
        block = nodes.container(classes=["numbers"])
        self.state.nested_parse(self.content, self.content_offset, block)
        if not _begin_in_bold(next(iter(block.findall(nodes.bullet_list)), None)):
            raise self.error("numbers: write a list whose items begin with the number in bold (- **71%** signed)")
        return [block]


def _bold_start(node: nodes.Node | None) -> nodes.strong | None:
    """The bold words with which a paragraph begins."""
    parts = [part for part in node if part.astext() or part.children] if isinstance(node, nodes.paragraph) else []
    return parts[0] if parts and isinstance(parts[0], nodes.strong) else None


def _begin_in_bold(found: nodes.Node | None) -> bool:
    """Whether it is a list, each item of which begins in bold."""
    return isinstance(found, nodes.bullet_list) and all(item.children and _bold_start(item[0]) for item in found)


# --- what is read -----------------------------------------------------------------------------


def _arrange(app: Sphinx, doctree: nodes.document) -> None:
    """Mark the first screen, and move the parameters to the page's end and the code behind them."""
    page = next(iter(doctree.findall(nodes.section)), None)
    if page is None:
        return
    _mark_first_screen(app, page)
    code = _code(page)  # while its cells stand in the order in which they run
    for section in list(doctree.findall(nodes.section)):
        if LAST in section["ids"]:
            parent = section.parent
            parent.remove(section)
            parent.append(section)
            _move_parameters(page, section)
    page.extend(code)


def _move_parameters(page: nodes.section, last: nodes.section) -> None:
    """Move the cell tagged `parameters`, which stands before all that it changes, to the section that explains it."""
    for cell in list(page.findall(nodes.container)):
        if "tag_parameters" in cell["classes"] and last not in (cell.parent, cell):
            cell.parent.remove(cell)
            last.append(cell)


def _mark_first_screen(app: Sphinx, page: nodes.section) -> None:
    paragraph = next((part for part in page if isinstance(part, nodes.paragraph)), None)
    start = _bold_start(paragraph)
    if paragraph is not None and start is not None:
        paragraph["classes"].append("answer")
        if all(isinstance(part, nodes.Text) for part in start):  # else a value is not known yet
            app.env.metadata[app.env.docname]["finding"] = start.astext()
    findings = next((part for part in page if _begin_in_bold(part)), None)
    if findings is not None:
        findings["classes"].append("findings")
        while (place := page.index(findings) + 1) < len(page) and _begin_in_bold(page[place]):
            findings += page.pop(place).children  # a `when` block begins a list of its own


def _code(page: nodes.section) -> list[nodes.Element]:
    """The code of all cells that hide it, taken out of them, in one fold; what they show stays where it is.

    The heading under which cells stand goes before them, as a comment.
    """
    blocks: list[nodes.literal_block] = []
    parts: list[str] = []
    under: nodes.Element = page
    for cell in list(page.findall(nodes.container)):
        if cell.get("hide_mode") == "input" and cell[0].get("nb_element") == "cell_code_source":
            section = _section(cell, page)
            parts += [f"# {section[0].astext()}"] if section is not under else []
            under = section
            found = list(cell[0].findall(nodes.literal_block))
            blocks += found
            parts += [block.astext().strip("\n") for block in found]
            cell.remove(cell[0])
            del cell["hide_mode"]
            if not cell.children:
                cell.parent.remove(cell)
    if not blocks:
        return []
    text = "\n\n".join(parts)
    title = fold_title("", "Code for this page", more=f"Python, {len(text.splitlines())} lines")
    return [fold("", title, nodes.literal_block(text, text, language=blocks[0]["language"]), classes=["code"])]


def _section(part: nodes.Element, page: nodes.section) -> nodes.Element:
    """The innermost section that holds a part of the page."""
    while not isinstance(part, nodes.section) and part is not page:
        part = part.parent
    return part


# --- what is written --------------------------------------------------------------------------


def _finish_tree(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Fold the parts of Method and checks, and put the chapter's place and day above its title."""
    for section in list(doctree.findall(nodes.section)):
        if FOLDED in section["ids"]:
            parts = [part for part in section if isinstance(part, nodes.section)]
            for part in parts or [section]:
                _fold(part)
    page = next(iter(doctree.findall(nodes.section)), None)
    said = kicker(app, docname)
    if page is not None and said:
        page.insert(0, nodes.paragraph("", said, classes=["kicker"]))


def _fold(section: nodes.Element) -> None:
    level = 1
    above = section.parent
    while isinstance(above, nodes.section):
        level, above = level + 1, above.parent
    title = fold_title("", "", *section[0].children, level=level)
    section.replace_self(fold("", title, *section[1:], ids=section["ids"]))


def kicker(app: Sphinx, docname: str) -> str:
    """What stands above a chapter's title ("Chapter 1 of 7. Data to 7 October 2026"), nothing on other pages.

    Above that of a company's page: "Company 2 of 20"; its charts and tables reach to different days and say so.
    """
    if docname.startswith(PROFILES):
        every = sorted(name for name in app.env.found_docs if name.startswith(PROFILES))
        return f"Company {every.index(docname) + 1} of {len(every)}"
    place, day = chapter(app, docname), reaches(Path(app.srcdir, f"{docname}.ipynb"))
    return ". ".join(filter(None, [f"Chapter {place}", f"Data to {day}" if day else ""])) if place else ""


def chapter(app: Sphinx, docname: str) -> str:
    """The place of a chapter among those of `_toc.yml` ("1 of 7"), nothing for other pages."""
    listed = app.env.toctree_includes.get(app.config.root_doc, [])
    chapters = [name for name in listed if name.startswith("chapters/")]
    return f"{chapters.index(docname) + 1} of {len(chapters)}" if docname in chapters else ""


def reaches(notebook: Path) -> str:
    """The day or month to which a chapter counts, as it records it for its text; nothing if it records none.

    Its tables may go on for some series: a day that no figure of the page has reached would promise too much.
    """
    if not notebook.exists():
        return ""
    values = published.recorded({notebook.name: notebook.read_text(encoding="utf-8")})
    said = {value.name: str(value.read) for value in values}
    return next((said[name] for name in ENDS if name in said), "")


def _foot(app: Sphinx, pagename: str, _: str, context: dict[str, Any], __: nodes.document | None) -> None:
    """For the template: pages before and after, with place and finding, where the page can be run, what to search.

    From one chapter the next is a chapter: the pages of companies between them lead to each other.
    """
    context["kept"] = list(_origin(app, pagename))
    context["examples"] = _examples(app) if pagename == "search" else []
    beside = [("prev", "Before", _beside(app, pagename, 1)), ("next", "Next", _beside(app, pagename, 2))]
    context["neighbours"] = [
        {
            "side": side,
            "label": label,
            "link": app.builder.get_relative_uri(pagename, docname),
            "title": app.env.titles[docname].astext(),
            "place": chapter(app, docname),
            "finding": app.env.metadata[docname].get("finding", ""),
        }
        for side, label, docname in beside
        if docname
    ]


def _examples(app: Sphinx) -> list[str]:
    """Words to try a search with: a company and three subjects of the report."""
    firms = sorted(name for name in app.env.found_docs if name.startswith(PROFILES))
    named = [app.env.titles[name].astext().partition(" (")[0] for name in firms[:1]]
    return [*named, "hashprice", "credit support", "operating cash"]


def _origin(app: Sphinx, pagename: str) -> Iterator[tuple[str, str]]:
    """From a site whose sources are known, links to where a page can be run, read as source and corrected.

    A page of a company has no source of its own: that of all is shown.
    """
    address, said = publish.repository(), app.config.html_theme_options
    if not address or pagename not in app.env.found_docs:
        return
    page = TEMPLATE if pagename.startswith(PROFILES) else pagename
    file = next((f"{page}{kind}" for kind in (".ipynb", ".md") if Path(app.srcdir, f"{page}{kind}").exists()), "")
    name, branch = address.removeprefix(GITHUB), said.get("repository_branch") or "main"
    if page == pagename and file.endswith(".ipynb") and name != address:
        place = quote(f"lab/tree/{file}", safe="")
        yield "run it on Binder", f"https://mybinder.org/v2/gh/{name}/{branch}?urlpath={place}"
    if file:
        yield "its source", f"{address}/blob/{branch}/{file}"
    if said.get("use_issues_button"):
        title = quote(app.env.titles[pagename].astext(), safe="")
        yield "report an error", f"{address}/issues/new?template=correction.yml&title={title}"
    yield "its repository", address


def _beside(app: Sphinx, pagename: str, side: int) -> str | None:
    """The page before (1) or after (2) in the book's order; a page that is no company's passes over those that are."""
    relations = getattr(app.builder, "relations", {})
    found = relations.get(pagename, (None, None, None))[side]
    while found and found.startswith(PROFILES) and not pagename.startswith(PROFILES):
        found = relations[found][side]
    return found


def _number(_: Sphinx, env: BuildEnvironment) -> None:
    """Count the figures and tables of chapters only: neither a company more nor the overview changes their numbers."""
    apart = [page for page in env.toc_fignumbers if page.startswith(PROFILES) or page == env.config.root_doc]
    for page in apart:
        del env.toc_fignumbers[page]
    for kind in ("figure", "table"):
        numbered = [(kinds.get(kind, {}), key) for kinds in env.toc_fignumbers.values() for key in kinds.get(kind, {})]
        for place, (numbers, key) in enumerate(sorted(numbered, key=lambda pair: pair[0][pair[1]]), 1):
            numbers[key] = (place,)


def setup(app: Sphinx) -> None:
    """Register directives, nodes and what arranges a page."""
    app.add_node(fold, html=(_open_fold, _close_fold))
    app.add_node(fold_title, html=(_open_title, _close_title))
    app.add_directive("fold", Fold)
    app.add_directive("numbers", Numbers)
    app.connect("doctree-read", _arrange, priority=1)  # before Sphinx collects the table of contents
    app.connect("doctree-resolved", _finish_tree, priority=900)  # after it, and after terms are linked
    app.connect("html-page-context", _foot)
    app.connect("env-check-consistency", _number)
