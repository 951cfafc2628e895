"""The Sphinx extension: static-first charts, numbered tables, build-time MathML, numbers.json.

Charts and tables that the notebooks store become pictures and markup that a script on the page makes interactive.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import latex2mathml.converter
from docutils import nodes
from myst_nb.core.render import MimeData, MimeRenderPlugin, NbElementRenderer
from pygments.lexers.python import PythonLexer
from pygments.token import Name, Punctuation, Text, Whitespace
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from minerpivot import changes
from minerpivot.book import assets, finish, frame, overview, profiles, published, settings, terms
from minerpivot.book.editions import copy_data
from minerpivot.book.execute import ROOT
from minerpivot.companies.parts import MIME as PARTS_MIME
from minerpivot.companies.parts import SLIDERS, span
from minerpivot.data import tables
from minerpivot.page import drawing, kept, words
from minerpivot.page.drawing import MIME as KIT_MIME
from minerpivot.page.tables import SEARCHED, TABLE_MIME, as_csv, as_xlsx, markup

HERE = Path(__file__).parent
CHANGES_PLACE = "<!-- editions of the report -->"  # in changes.md
UNUSED = "navbar_persistent article_header_start article_header_end primary_sidebar_end secondary_sidebar_items"
UNRECORDED = "no chapter records it, so take the sentence out, or correct it"
PROCESSES = min(4, os.cpu_count() or 1)  # more would spend what they save on handing over what they read


class ChartRenderer(MimeRenderPlugin):
    """Renders a stored chart as a numbered figure, and a stored table as a numbered table."""

    mime_priority_overrides: ClassVar[list[tuple[str, str, int | None]]] = [
        ("html", KIT_MIME, 1),
        ("html", TABLE_MIME, 1),
        ("html", PARTS_MIME, 1),
    ]

    @staticmethod
    def handle_mime(renderer: NbElementRenderer, data: MimeData, inline: bool) -> list[nodes.Element] | None:
        """Docutils nodes for what the kit and `tables.show()` stored; None leaves it to myst-nb."""
        if inline:
            return None
        document = renderer.renderer.document
        if data.mime_type == KIT_MIME:
            return [_kit(_parsed(data.content), document)]
        if data.mime_type == PARTS_MIME:
            return [nodes.raw("", _parts(_parsed(data.content)), format="html")]
        if data.mime_type == TABLE_MIME:
            return _table(_parsed(data.content), document)
        return None


def _parsed(content: Any) -> dict[str, Any]:
    return json.loads(content) if isinstance(content, str | bytes) else content


def _kit(stored: dict[str, Any], document: nodes.document) -> nodes.Element:
    """A chart of the kit: its title as the figure's caption, its drawings in the page, its choices above it."""
    name, choices = stored["name"], stored["choices"]
    root = "../" * document.settings.env.docname.count("/") + "_static/charts/"
    drawn = [kept.pictures(choice["panels"]) for choice in choices]
    values = assets.kit_values(drawn).name
    bodies = "".join(_kit_body(stored, number, pictures, values, root) for number, pictures in enumerate(drawn, 1))
    _, *others = (escape(choice["title"]) for choice in choices)
    more = "".join(f'<span class="kit-{number}">{title}</span>' for number, title in enumerate(others, 2))
    title = nodes.inline("", "", nodes.inline("", choices[0]["title"], classes=["kit-1"]), ids=[f"{name}-title"])
    if more:  # references to the figure name its first drawing: what is raw is not in them
        title += nodes.raw("", more, format="html")
    figure = nodes.figure("", nodes.caption("", "", title), nodes.raw("", bodies, format="html"), classes=["kit"])
    figure = _anchored(figure, name, document)
    if len(choices) == 1:
        return figure
    switches = "".join(
        f'<label><input type="radio" name="{escape(name, quote=True)}-choice" value="{number}"'
        f"{' checked' if number == 1 else ''}> {escape(choice['label'])}</label>"
        for number, choice in enumerate(choices, 1)
    )
    fieldset = f'<fieldset class="kit-pick"><legend>{escape(stored["choose"])}</legend><div>{switches}</div></fieldset>'
    return nodes.container("", nodes.raw("", fieldset, format="html"), figure, classes=["kit-choices"])


def _kit_body(stored: dict[str, Any], number: int, pictures: dict[str, drawing.Picture], values: str, root: str) -> str:
    """Unit line, drawings for both widths, numbered events for a phone, and the line of sources of one choice."""
    choice = stored["choices"][number - 1]
    drawings = "".join(drawing.inline(picture, size) for size, picture in pictures.items())
    key = "".join(f"<li>{escape(text)}</li>" for panel in choice["panels"] for text in panel["key"])
    said = " ".join(filter(None, [stored["note"], choice["note"]]))
    return (
        f'<div class="kit-{number}"><p class="kit-unit">{escape(choice["unit"])}</p>'
        f'<div class="kit-plot" data-values="charts/{values}" data-choice="{number - 1}">'
        f'<div role="img" aria-label="{escape(choice["description"], quote=True)}">{drawings}</div></div>'
        f"{f'<ol class={chr(34)}kit-key{chr(34)}>{key}</ol>' if key else ''}"
        f'<p class="kit-from">{_noted(said)}{escape(stored["source"])} '
        f"{_kept(stored['name'], number, choice, pictures, root)}</p></div>"
    )


def _noted(note: str) -> str:
    """A note on a line of its own, above the names of the tables, which would drown it."""
    return f'<span class="caveat">{escape(note.removesuffix(".") + ".")}</span> ' if note else ""


def _kept(name: str, number: int, choice: dict[str, Any], pictures: dict[str, drawing.Picture], root: str) -> str:
    """Links to what a reader can keep of a chart, under names that say which chart it is."""
    files = assets.kit_files(choice, pictures["wide"])
    tables_drawn = sum(kind.startswith("data") for kind in files)
    links = []
    for kind, path in files.items():
        what, _, count = kind.partition(" ")
        several = count if tables_drawn > 1 else ""
        label = {"data": f"Data {several}".strip() + " (CSV)", "image": "Image (SVG)", "spec": "Vega-Lite (JSON)"}[what]
        kept = "-".join(filter(None, [name, str(number) if choice["label"] else "", several])) + path.suffix
        links.append(f'<a href="{root}{path.name}" download="{escape(kept, quote=True)}">{label}</a>')
    return f'<span class="kit-files">{" · ".join(links)}</span>'


def _table(stored: dict[str, Any], document: nodes.document) -> list[nodes.Element]:
    """A stored table with the finding and the unit as its caption; the whole of it as files behind links."""
    caption = nodes.title("", stored["title"], nodes.inline("", stored["unit"], classes=["table-unit"]))
    table = nodes.table("", caption, nodes.raw("", markup(stored), format="html"), classes=["data-table"])
    said, from_tables, names = stored["note"].rpartition("Data: ")
    files = f"{escape(from_tables + names)} {_table_files(stored, document)}"
    note = f'<p class="table-note">{_noted(said.strip())}{files}</p>'
    return [
        *_tools(stored),
        _anchored(table, stored["name"], document),
        nodes.raw("", note, format="html"),
    ]


def _table_files(stored: dict[str, Any], document: nodes.document) -> str:
    """Writes a table as CSV and XLSX into the site under the page's and its own name; links to both."""
    env = document.settings.env
    folder, page = Path(env.app.outdir, "_static", "tables"), env.docname.rpartition("/")[2]
    folder.mkdir(parents=True, exist_ok=True)
    name, root = f"{page}-{stored['name']}", "../" * env.docname.count("/") + "_static/tables/"
    (folder / f"{name}.csv").write_text(as_csv(stored), encoding="utf-8")
    (folder / f"{name}.xlsx").write_bytes(as_xlsx(stored))
    size = f"{len(stored['rows']):,} row{'s' * (len(stored['rows']) != 1)}, {len(stored['columns'])} columns"
    links = [
        f'<a href="{root}{name}.{kind}" download>{label}</a>'
        for kind, label in (("csv", f"The whole table as CSV ({size})"), ("xlsx", "as XLSX"))
    ]
    return " · ".join(links)


def _parts(stored: dict[str, Any]) -> str:
    """Sliders, hidden until the script that reads them shows them, and the sums of the settings that stand first."""
    sliders = "".join(
        f'<label for="parts-{name}">{escape(label)} <span><output for="parts-{name}">'
        f"{stored['settings'][name]:g}</output>{'' if unit.startswith('%') else ' '}{escape(unit)}</span>"
        f'<input type="range" id="parts-{name}" name="{name}" min="{low}" max="{high}" step="{step}" '
        f'value="{stored["settings"][name]:g}"></label>'
        for name, (label, unit, low, high, step) in SLIDERS.items()
    )
    rows = "".join(
        f'<tr data-ticker="{row["ticker"]}"><th scope="row">{escape(row["company"])}</th>'
        f'<td class="number parts-sum">{span(row["low"], row["high"])}</td>'
        f'<td class="number">{span(row["market_value_usd_m"], row["market_value_usd_m"])}</td></tr>'
        for row in stored["companies"]
    )
    heads = '<th scope="col">Company</th><th scope="col" class="number">Sum of parts</th>'
    heads += '<th scope="col" class="number">Market value</th>'
    return (
        f'<div class="parts" data-script="parts.js" data-parts="{escape(json.dumps(stored), quote=True)}">'
        f'<fieldset class="parts-controls" hidden><legend>Assumptions</legend>{sliders}</fieldset>'
        f'<table class="data-table"><caption>Sum of parts and market value, billion dollars</caption>'
        f'<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table><p role="status" class="kit-said"></p></div>'
    )


def _tools(meta: dict[str, Any]) -> list[nodes.Element]:
    """What the page's script needs to make a long table sortable, searchable and downloadable."""
    if not meta.get("interactive") or len(meta["rows"]) < SEARCHED:
        return []
    script, style = assets.data_tables()
    html = (
        f'<div class="table-tools" data-name="{escape(meta["name"], quote=True)}" '
        f'data-script="charts/{script.name}" data-style="charts/{style.name}"></div>'
    )
    return [nodes.raw("", html, format="html")]


def _anchored(node: nodes.Element, name: str, document: nodes.document) -> nodes.Element:
    """`node` with an address and a number; on a company's page, whose names others have too, without a number."""
    if document.settings.env.docname.startswith(frame.PROFILES):
        return nodes.container("", node, ids=[name])
    node["names"].append(name)
    document.note_explicit_target(node)
    return node


# --- Sphinx -----------------------------------------------------------------------------------


class PlainNames(PythonLexer):
    """Python without elements for names, brackets and spaces, which have the text's own colour: a third of a page."""

    def get_tokens_unprocessed(self, text: str, stack: tuple[str, ...] = ("root",)) -> Iterator[tuple[int, Any, str]]:
        """Tokens as Pygments finds them, those of the text's own colour as plain text."""
        for place, kind, value in super().get_tokens_unprocessed(text, stack):
            yield place, Text if kind in (Name, Punctuation, Whitespace) else kind, value


def _mathml(self: Any, node: nodes.Element) -> None:
    display = "block" if node.tagname == "math_block" else "inline"
    self.body.append(latex2mathml.converter.convert(node.astext(), display=display))
    raise nodes.SkipNode


def _add_assets(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    finish.finish(out)
    html = "".join(page.read_text(encoding="utf-8") for page in out.rglob("*.html"))
    (out / "_static" / "charts").mkdir(parents=True, exist_ok=True)
    for name in set(re.findall(r"charts/([\w.-]+\.(?:svg|json|js|css|csv))", html)):
        shutil.copy(kept.KEPT / name, out / "_static" / "charts" / name)
    copy_data(out / "data")
    for path in (ROOT / "CITATION.cff", ROOT / changes.RENAMED):
        if path.exists():
            shutil.copy(path, out)
    for name, listed in zip(("numbers", "facts"), published.listed(_values(app)), strict=True):
        text = json.dumps(listed, indent=1, ensure_ascii=False)
        (out / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


def _sources(app: Sphinx) -> list[Path]:
    """The pages of the book and of its chapters' folder, in their order."""
    found = [*Path(app.srcdir).glob("*"), *Path(app.srcdir, "chapters").glob("*")]
    return sorted(path for path in found if path.suffix in (".md", ".ipynb"))


def _values(app: Sphinx) -> list[published.Recorded]:
    notebooks = [path for path in _sources(app) if path.suffix == ".ipynb"]
    return published.recorded({path.name: path.read_text(encoding="utf-8") for path in notebooks})


def _give_values(app: Sphinx, config: Any) -> None:
    """Let the text use what the chapters' cells recorded; values that it does not use stop the build."""
    values = _values(app)
    if faults := published.faults(values, map(_prose, _sources(app))):
        raise ExtensionError("\n".join(faults))
    config.myst_substitutions = published.pages(values)


def _prose(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return text
    return "\n\n".join("".join(cell["source"]) for cell in published.cells(text) if cell["cell_type"] == "markdown")


def _turn(app: Sphinx, docname: str, _: list[str]) -> None:
    """Let values that every page of a kind has for itself be those of the page that is read next."""
    own = app.config.myst_substitutions.get(words.OWN)
    if own is not None:
        own.turn_to(docname.rpartition("/")[2])


class Cells(logging.Filter):
    """Says "x.ipynb cell 3 line 7" where MyST-NB says "x.ipynb:30008": it counts from one, and so does MyST.

    What is wrong on a company's page is told of the template, and once for all pages.
    """

    def __init__(self) -> None:
        """Nothing has been told yet."""
        super().__init__()
        self.told: set[tuple[str, str]] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the place of a message, keep the message; a name that no chapter records is told with its mend."""
        record.msg = re.sub(r"(UndefinedError: '\w+' is undefined)(?!;)", rf"\1; {UNRECORDED}", str(record.msg))
        place = getattr(record, "location", None)
        if isinstance(place, str) and (found := re.fullmatch(r"(.+\.ipynb):(\d+)(\d{4})", place)):
            shown, line = Path(found[1]), max(1, int(found[3]) - 1)
            path, cell = profiles.edited(shown, int(found[2]))
            record.location = f"{path} cell {cell} line {line}{'' if path == shown else f' (page {shown.stem})'}"
            once = (f"{path} cell {cell} line {line}", logging.LogRecord.getMessage(record))  # Sphinx's has the place
            new = path == shown or once not in self.told
            self.told.add(once)
            return new
        return True


class Verdicts(SphinxDirective):
    """What the fact check says of the statements that name the company of the page, with a link to it."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """A list of verdicts and statements, or one sentence that there is none; without a fact check another one."""
        ticker = self.env.docname.rpartition("/")[2]
        claims = tables.load("claims")
        about = claims[(claims[["ticker", "second_ticker"]] == ticker).any(axis=1)]
        verdicts = [value for value in _values(self.env.app) if value.kind == "verdict"]
        if not verdicts:
            return self.parse_text_to_nodes("This report checks no statement of an article.")
        said = {value.name: str(value.value) for value in verdicts}
        known = max(str(value.record["as_of"]) for value in verdicts)
        link = "[fact check](../chapters/fact-check.ipynb)"
        stated = zip(about["claim_id"].astype(str), about["claim"])
        listed = nodes.bullet_list("", bullet="-")
        for claim, text in stated:  # as written: a text is no markup
            if claim in said:
                verdict = nodes.strong("", said[claim].capitalize())
                listed += nodes.list_item("", nodes.paragraph("", "", verdict, nodes.Text(f": {text}")))
        if not listed.children:
            return self.parse_text_to_nodes(f"No statement that the {link} tests names it.")
        of, by = f"{about['as_of'].max():%Y-%m-%d}", words.in_words(known)
        head = f"The statements of {words.in_words(of)} that name it, as the {link} finds them by what was known on"
        tail = "; both verdicts where later data changed one" if known > of else ""
        return [*self.parse_text_to_nodes(f"{head} {by}{tail}:"), listed]


class When(SphinxDirective):
    """Text that stands only where its argument, a condition over recorded values, is true; else it is not even read."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        """What the block holds, or nothing."""
        try:
            shown = published.holds(self.arguments[0], self.config.myst_substitutions)
        except (ValueError, words.UnknownValueError) as error:
            raise self.error(f"`when`: {error}") from None
        return self.parse_content_to_nodes() if shown else []


class Paragraph(SphinxDirective):
    """One paragraph of what the blocks in it show, so that sentences which hold only sometimes read on."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """The sentences in a line, or nothing where none is shown."""
        joined = nodes.paragraph()
        for shown in self.parse_content_to_nodes():
            if not isinstance(shown, nodes.paragraph):
                raise self.error("`paragraph`: write sentences and `when` blocks of sentences")
            joined += [nodes.Text(" "), *shown.children] if joined.children else shown.children
        return [joined] if joined.children else []


def _tell_changes(_: Sphinx, docname: str, source: list[str]) -> None:
    """Put the editions of the change log into the page that waits for them; a report of an earlier day knows none."""
    if docname == "changes":
        later = "This is the report of an earlier day; what changed since stands in the latest one."
        source[0] = source[0].replace(CHANGES_PLACE, later if tables.edition() else changes.page(ROOT))


def _configure(app: Sphinx, config: Any) -> None:
    for folder in (app.outdir, app.doctreedir):  # finished pages cannot be finished again: a site is built whole
        shutil.rmtree(folder, ignore_errors=True)
        Path(folder).mkdir(parents=True)
    config.html_static_path.append(str(HERE / "static"))
    config.templates_path.append(str(HERE / "templates"))
    config.html_theme_options |= {name: [] for name in UNUSED.split()}  # our layout has no such parts, and the theme
    config.html_sidebars = {"**": []}  # would draw them for each page
    config.html_use_index = False  # the glossary has the terms, the search what else there is
    if tables.edition():
        config.html_theme_options["announcement"] = (
            f"This edition knows only what was public on {tables.edition()}. Later events are not in it."
        )


def _share_out(app: Sphinx) -> None:
    """Read and write pages on several cores, for which Jupyter Book has no option; on one, if an extension cannot."""
    if numbering := app.extensions.get("sphinx_multitoc_numbering"):
        numbering.parallel_read_safe = True  # it works once all pages are read, but does not say so
    if all(extension.parallel_read_safe for extension in app.extensions.values()):
        app.parallel = PROCESSES


def _deal(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Order pages so that each process gets as much to read: Sphinx cuts the list, the long ones of which adjoin."""
    docnames.sort(key=lambda docname: Path(env.doc2path(docname)).stat().st_size, reverse=True)
    docnames[:] = [docname for first in range(app.parallel) for docname in docnames[first :: app.parallel]]


def _draw(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Draw what is not kept before pages are shared out: a process that comes of one that has drawn cannot draw."""
    for path in map(Path, map(env.doc2path, docnames)):
        for cell in published.cells(path.read_text(encoding="utf-8")) if path.suffix == ".ipynb" else []:
            for output in cell.get("outputs", []):
                for choice in output.get("data", {}).get(KIT_MIME, {"choices": []})["choices"]:
                    kept.pictures(choice["panels"])


def _no_index(app: Any) -> None:
    """Keep Sphinx from making its own, which knows pages alone; see search.py."""
    app.builder.search = False
    app.builder.dump_search_index = lambda: None


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_config_value("comments_config", {}, "")  # Jupyter Book sets it for an extension that is not loaded
    app.add_html_math_renderer("mathml", (_mathml, None), (_mathml, None))
    overview.setup(app)
    app.add_lexer("python", PlainNames)
    app.add_directive("when", When)
    app.add_directive("paragraph", Paragraph)
    frame.setup(app)
    for handler in logging.getLogger("sphinx").handlers:
        handler.addFilter(Cells())  # after Sphinx's own, which find the place
    app.connect("config-inited", settings.fitting, priority=0)
    app.connect("config-inited", _configure)
    app.connect("source-read", _tell_changes)
    app.connect("config-inited", _give_values)
    app.connect("builder-inited", _no_index)
    app.connect("builder-inited", _share_out)
    app.connect("env-before-read-docs", _deal)
    app.connect("env-before-read-docs", _draw)
    app.connect("html-collect-pages", lambda _: [("search", {"title": "Search"}, "search.html")])
    app.connect("source-read", _turn)
    app.add_directive("verdicts", Verdicts)
    app.add_css_file("book.css")
    app.add_css_file("charts.css")
    app.connect("doctree-resolved", terms.link)
    app.connect("build-finished", _add_assets, priority=900)  # after the theme has written its last style sheet
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
