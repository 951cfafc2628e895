"""The Sphinx extension: static-first charts, numbered tables, build-time MathML, numbers.json.

Each chart becomes four SVG files (light and dark page, wide and phone) and a script with its
Vega-Lite spec. Drawing is the slow part, so drawn files are kept in `_build/charts` under the
hash of all that they depend on; the Vega bundle is made once per version.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

import latex2mathml.converter
import nbformat
import vl_convert
from docutils import nodes
from myst_nb.core.render import MimeData, MimeRenderPlugin, NbElementRenderer
from myst_nb.core.variables import format_plain_text
from sphinx.application import Sphinx

from minerpivot import tables
from minerpivot.book.execute import ROOT, chapters, digest
from minerpivot.figures import GLUE, VEGALITE_MIME, at_width, theme

CACHE = ROOT / "_build" / "charts"
HERE = Path(__file__).parent
WIDTHS = {"wide": 700, "narrow": 350}
VL_CONVERT = version("vl-convert-python")
GLUE_ROLE = re.compile(r"\{glue:text\}`(?:(?P<doc>[^`:]+)::)?(?P<key>[^`:]+)(?::(?P<format>[^`]+))?`")


class ChartRenderer(MimeRenderPlugin):
    """Renders a stored chart as a numbered figure, and a stored table as a numbered table."""

    mime_priority_overrides: ClassVar[list[tuple[str, str, int | None]]] = [("html", VEGALITE_MIME, 1)]

    @staticmethod
    def handle_mime(renderer: NbElementRenderer, data: MimeData, inline: bool) -> list[nodes.Element] | None:
        """Docutils nodes for what `figure()` and `table()` stored; None leaves the output to myst-nb."""
        if inline:
            return None
        document = renderer.renderer.document
        if data.mime_type == VEGALITE_MIME:
            content: Any = data.content
            return [_figure(json.loads(content) if isinstance(content, str | bytes) else content, document)]
        if data.mime_type == "text/html" and "minerpivot" in data.output_metadata:
            return _table(data.string, data.output_metadata["minerpivot"], document)
        return None


def _figure(spec: dict[str, Any], document: nodes.document) -> nodes.Element:
    meta = spec["usermeta"]
    files = draw(spec)
    root = "../" * document.settings.env.docname.count("/") + "_static/charts/"
    title = f'<p class="chart-title">{escape(meta["title"])}</p>'
    pictures = "".join(_picture(files, root, mode) for mode in ("light", "dark"))
    html = (
        f'{title}<div class="chart" data-spec="charts/{files["spec"].name}" data-vega="charts/{vega_bundle().name}">'
        f'<div class="chart-canvas" role="img" aria-label="{escape(spec["description"], quote=True)}">'
        f'{pictures}<div class="chart-live"></div></div><div class="chart-controls"></div></div>'
    )
    figure = nodes.figure("", nodes.raw("", html, format="html"), classes=["chart-figure"])
    figure += nodes.caption("", meta["caption"])
    return _anchored(figure, meta["name"], document)


def _picture(files: dict[str, Path], root: str, mode: str) -> str:
    narrow, wide = files[f"{mode}-narrow"], files[f"{mode}-wide"]
    return (
        f'<picture class="chart-static chart-{mode}">'
        f'<source media="(max-width: 600px)" srcset="{root}{narrow.name}" {_size(narrow)}>'
        f'<img class="dark-light" src="{root}{wide.name}" {_size(wide)} alt="" loading="lazy"></picture>'
    )


def _size(svg: Path) -> str:
    match = re.search(r'width="([\d.]+)" height="([\d.]+)"', svg.read_text(encoding="utf-8")[:400])
    assert match, f"{svg} has no size"
    return f'width="{match[1]}" height="{match[2]}"'


def _table(html: str, meta: dict[str, str], document: nodes.document) -> list[nodes.Element]:
    rows = html[html.index("<thead>") : html.index("</table>")]
    table = nodes.table("", nodes.title("", meta["title"]), nodes.raw("", rows, format="html"), classes=["data-table"])
    note = nodes.paragraph("", meta["caption"], classes=["table-note"])
    return [_anchored(table, meta["name"], document), note]


def _anchored(node: nodes.Element, name: str, document: nodes.document) -> nodes.Element:
    node["names"].append(name)
    document.note_explicit_target(node)
    return node


# --- drawing ----------------------------------------------------------------------------------


def draw(spec: dict[str, Any]) -> dict[str, Path]:
    """Paths of a chart's four SVG files and its spec script, drawn unless kept from an earlier build."""
    live = {key: value for key, value in spec.items() if key not in ("title", "usermeta", "description")}
    files = {"spec": CACHE / f"{digest(live)}.js"}
    if not files["spec"].exists():
        name, body = files["spec"].name, json.dumps(live, separators=(",", ":"))
        _keep(files["spec"], f"(window.minerpivotSpecs??={{}})[{json.dumps('charts/' + name)}]={body};")
    for mode in ("light", "dark"):
        for size, width in WIDTHS.items():
            config, drawn = theme(dark=mode == "dark", narrow=size == "narrow"), at_width(live, width)
            path = CACHE / f"{digest([drawn, config, VL_CONVERT])}.svg"
            if not path.exists():
                _keep(path, vl_convert.vegalite_to_svg(drawn, config=config))
            files[f"{mode}-{size}"] = path
    return files


def vega_bundle() -> Path:
    """Vega, Vega-Lite and vega-embed in one classic script, with the book's themes; made once per version."""
    themes = {
        f"{mode}-{size}": theme(dark=mode == "dark", narrow=size == "narrow")
        for mode in ("light", "dark")
        for size in WIDTHS
    }
    start = f"window.minerpivotVega={{embed:vegaEmbed,themes:{json.dumps(themes)}}};"
    path = CACHE / f"vega-{digest([VL_CONVERT, start])}.js"
    if not path.exists():
        # Wrapped in a function: a classic script would spill the bundle's names into the page.
        _keep(path, f"(function(){{{vl_convert.javascript_bundle(start)}}})();")
    return path


def _keep(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


# --- numbers ----------------------------------------------------------------------------------


def numbers(sources: list[Path]) -> list[dict[str, Any]]:
    """Every glued number: id, value, unit, text as printed, chapter, as-of date and grade."""
    return numbers_of({path.name: path.read_text(encoding="utf-8") for path in sources})


def numbers_of(pages: Mapping[str, str]) -> list[dict[str, Any]]:
    """The `numbers` of pages given as file name and content."""
    texts: dict[tuple[str, str], str] = {}
    read = {name: None if name.endswith(".md") else nbformat.reads(text, as_version=4) for name, text in pages.items()}
    for name, notebook in read.items():
        for use in GLUE_ROLE.finditer(_prose(notebook) if notebook else pages[name]):
            home = Path(use["doc"] or name).stem
            texts.setdefault((home, use["key"]), use["format"] or "s")
    found = []
    for name, notebook in read.items():
        chapter = Path(name).stem
        for key, output in _glued(notebook) if notebook else []:
            plain = output.data[GLUE + "text/plain"]
            record = output.metadata["minerpivot"]
            if "unit" not in record:
                continue
            found.append(
                {
                    "id": f"{chapter}/{key}",
                    "value": json.loads(plain) if plain[0] not in "'\"" else plain[1:-1],
                    "unit": record["unit"],
                    "text": format_plain_text(plain, texts.get((chapter, key), "s")),
                    "chapter": chapter,
                    "as_of": record["as_of"],
                    "grade": record["grade"],
                }
            )
    return found


def _prose(notebook: nbformat.NotebookNode) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def _glued(notebook: nbformat.NotebookNode) -> list[tuple[str, Any]]:
    outputs = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "scrapbook" in output.get("metadata", {})
    ]
    return [(output.metadata["scrapbook"]["name"], output) for output in outputs]


# --- Sphinx -----------------------------------------------------------------------------------


def _mathml(self: Any, node: nodes.Element) -> None:
    display = "block" if node.tagname == "math_block" else "inline"
    self.body.append(latex2mathml.converter.convert(node.astext(), display=display))
    raise nodes.SkipNode


def _parameters_last(app: Sphinx, doctree: nodes.document) -> None:
    """Move "Change it yourself" to a page's end: parameters run first but are read last."""
    for section in list(doctree.findall(nodes.section)):
        if "change-it-yourself" in section["ids"]:
            section.parent.append(section.deepcopy())
            section.parent.remove(section)


def _drop_foreign_scripts(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Leave out sphinx-thebe, which the book does not use and which names a host of its own."""
    foreign = [s for s in context.get("script_files", []) if "thebe" in f"{s} {getattr(s, 'attributes', {})}"]
    context["script_files"] = [script for script in context["script_files"] if script not in foreign]


def _add_assets(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    used = set()
    for page in out.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        used.update(re.findall(r"charts/([\w.-]+\.(?:svg|js))", html))
        # The theme colours light and dark pages; "auto" is for its script to resolve, and there may be none.
        page.write_text(html.replace('data-theme="auto"', 'data-theme="light"'), encoding="utf-8")
    (out / "_static" / "charts").mkdir(parents=True, exist_ok=True)
    for name in used:
        shutil.copy(CACHE / name, out / "_static" / "charts" / name)
    shutil.copytree(tables.DATA, out / "data", dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
    listed = json.dumps(numbers([*chapters(), ROOT / "index.md"]), indent=1, ensure_ascii=False)
    (out / "numbers.json").write_text(listed + "\n", encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_html_math_renderer("mathml", (_mathml, None), (_mathml, None))
    app.connect("config-inited", lambda _, config: config.html_static_path.append(str(HERE / "static")))
    app.add_js_file("charts.js", loading_method="defer")
    app.add_css_file("book.css")
    app.connect("doctree-read", _parameters_last, priority=1)  # before Sphinx collects the table of contents
    app.connect("html-page-context", _drop_foreign_scripts, priority=900)
    app.connect("build-finished", _add_assets)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
