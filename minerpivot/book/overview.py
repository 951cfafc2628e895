"""What the overview shows of the chapters: a figure in small, one in large, the first rows of a table, a workbook.

    ```{preview} chapters/halving-squeeze.ipynb halving-clock
    ```

is a card's picture with a link to its chapter; with `:hero:` the figure stands as it does there, with its title; a
table's preview shows its first `:rows:`. Nothing is typed twice: what is shown is what the notebook has stored.

    ```{workbook} The contracts and the companies as one workbook (XLSX)
    chapters/miner-deals.ipynb ledger
    chapters/companies.ipynb every-company
    ```

is a link to a file that holds these tables whole.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from minerpivot.book import assets, published
from minerpivot.page import drawing, kept
from minerpivot.page.drawing import MIME as KIT_MIME
from minerpivot.page.tables import TABLE_MIME, as_xlsx, markup

Stored = dict[str, Any]


class Preview(SphinxDirective):
    """A chapter's figure or table on another page, linked to its place: its notebook and its name are the arguments."""

    required_arguments = 2
    option_spec: ClassVar = {"hero": directives.flag, "rows": directives.positive_int}

    def run(self) -> list[nodes.Node]:
        """Its picture or its first rows, and a link to its chapter."""
        notebook, name = self.arguments
        self.env.note_dependency(notebook)
        stored = _stored(self, notebook, name)
        self.root = "../" * self.env.docname.count("/")
        self.address = f"{self.root}{notebook.removesuffix('.ipynb')}.html#{escape(name, quote=True)}"
        if "rows" in stored:
            return self._table(stored, self.options.get("rows", 5))
        if "hero" in self.options:
            return [self._hero(stored)]
        choice = stored["choices"][0]
        small = drawing.inline(kept.pictures(choice["panels"])["narrow"], "one")
        title, unit = (escape(choice[part], quote=True) for part in ("title", "unit"))
        link = f'<a class="chart-preview" href="{self.address}" aria-label="{title}. {unit}"><span>{unit}</span>'
        link += f'<span class="kit-plot">{small}</span></a>'  # the card's heading is the finding already
        return [nodes.raw("", link, format="html"), self._chapter()]

    def _hero(self, stored: Stored) -> nodes.Node:
        """The whole figure, for a wide column and for a phone, with its values on tap."""
        choice = stored["choices"][0]
        drawn = kept.pictures(choice["panels"])
        values = assets.kit_values([drawn]).name
        drawings = "".join(drawing.inline(picture, size) for size, picture in drawn.items())
        key = "".join(f"<li>{escape(text)}</li>" for panel in choice["panels"] for text in panel["key"])
        html = (
            f'<figure class="kit hero" aria-labelledby="hero-title"><figcaption><p id="hero-title">'
            f'{escape(choice["title"])}</p></figcaption><p class="kit-unit">{escape(choice["unit"])}</p>'
            f'<div class="kit-plot" data-values="charts/{values}" data-choice="0">'
            f'<div role="img" aria-label="{escape(choice["description"], quote=True)}">{drawings}</div></div>'
            f"{f'<ol class={chr(34)}kit-key{chr(34)}>{key}</ol>' if key else ''}"
            f'<p class="kit-from">{escape(stored["source"])} '
            f'<a href="{self.address}">How it is counted, and its data</a></p></figure>'
        )
        return nodes.raw("", html, format="html")

    def _table(self, stored: Stored, rows: int) -> list[nodes.Node]:
        count = len(stored["rows"])
        unit = stored["unit"] + (f". The first {rows} of {count} rows" if count > rows else "")
        title = nodes.title("", stored["title"], nodes.inline("", unit, classes=["table-unit"]))
        first = markup(stored | {"rows": stored["rows"][:rows], "interactive": False})
        table = nodes.table("", title, nodes.raw("", first, format="html"), classes=["data-table"])
        link = nodes.reference("", f"All {count} rows", refuri=self.address, internal=True)
        return [table, nodes.paragraph("", "", link, classes=["go"])] if count > rows else [table]

    def _chapter(self) -> nodes.Node:
        """A link to the chapter under its own name."""
        target = "/" + self.arguments[0].removesuffix(".ipynb")
        link = addnodes.pending_xref(
            "", nodes.inline("", ""), refdomain="std", reftype="doc", reftarget=target, refexplicit=False,
            refdoc=self.env.docname, refwarn=True,
        )  # fmt: skip
        return nodes.paragraph("", "", link, classes=["go"])


class Workbook(SphinxDirective):
    """Tables of chapters as one workbook behind a link: its argument is the link's text, each line names a table."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        """The link; the file is written into the site under the names of its tables."""
        asked = [line.split() for line in self.content if line.strip()]
        for notebook, _ in asked:
            self.env.note_dependency(notebook)
        file = Path("_static", "tables", "-and-".join(name for _, name in asked) + ".xlsx")
        path = Path(self.env.app.outdir) / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_xlsx(*(_stored(self, notebook, name) for notebook, name in asked)))
        address = "../" * self.env.docname.count("/") + file.as_posix()
        html = f'<p class="go"><a href="{address}" download>{escape(self.arguments[0])}</a></p>'
        return [nodes.raw("", html, format="html")]


def _stored(asked: SphinxDirective, notebook: str, name: str) -> Stored:
    """The chart or table that a notebook shows under a name; else the directive's error says where it is asked for."""
    path = Path(asked.env.srcdir, notebook)
    if not path.exists():
        raise asked.error(f"`{asked.name}`: there is no {notebook}; name a chapter, or take this block out with it")
    for cell in published.cells(path.read_text(encoding="utf-8")):
        for output in cell.get("outputs", []):
            for kind in (KIT_MIME, TABLE_MIME):
                stored = output.get("data", {}).get(kind)
                if stored and stored["name"] == name:
                    return stored
    raise asked.error(f"`{asked.name}`: {notebook} shows no figure or table {name!r}; name one that it shows")


def setup(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("preview", Preview)
    app.add_directive("workbook", Workbook)
