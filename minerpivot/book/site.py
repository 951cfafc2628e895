"""The Sphinx extension: static-first charts, numbered tables, build-time MathML, numbers.json.

Each chart becomes four SVG files (light and dark page, wide and phone) and a script with its
Vega-Lite spec. Drawing is the slow part, so drawn files are kept in `_build/charts` under the
hash of all that they depend on; the Vega bundle is made once per version.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from html import escape
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar

import latex2mathml.converter
import nbformat
import pandas as pd
import vl_convert
from docutils import nodes
from myst_nb.core.render import MimeData, MimeRenderPlugin, NbElementRenderer
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from minerpivot import tables
from minerpivot.book import pages, terms
from minerpivot.book.editions import copy_data
from minerpivot.book.execute import ROOT, digest
from minerpivot.book.numbers import numbers
from minerpivot.figures import VEGALITE_MIME, at_width, theme

CACHE = ROOT / "_build" / "charts"
HERE = Path(__file__).parent
WIDTHS = {"wide": 700, "narrow": 350}
VL_CONVERT = version("vl-convert-python")


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
        f'{pictures}<div class="chart-live" aria-hidden="true"></div></div><div class="chart-controls"></div></div>'
        f"{_downloads(files, meta['name'], root)}"
    )
    figure = nodes.figure("", nodes.raw("", html, format="html"), classes=["chart-figure"])
    figure += nodes.caption("", meta["caption"])
    return _anchored(figure, meta["name"], document)


class Preview(SphinxDirective):
    """A chapter's figure as a small picture that links to it: its notebook and its name are the arguments."""

    required_arguments = 2

    def run(self) -> list[nodes.Node]:
        """The picture with the figure's own title, drawn from the stored chart."""
        notebook, name = self.arguments
        self.env.note_dependency(notebook)
        spec = _stored_chart(Path(self.env.srcdir, notebook), name)
        files = draw(spec)
        root = "../" * self.env.docname.count("/")
        images = {mode: files[f"{mode}-narrow"] for mode in ("light", "dark")}
        pictures = "".join(
            f'<img class="chart-static chart-{mode} dark-light" src="{root}_static/charts/{image.name}" '
            f'{_size(image)} alt="" loading="lazy">'
            for mode, image in images.items()
        )
        html = (
            f'<a class="chart-preview" href="{root}{notebook.removesuffix(".ipynb")}.html#{escape(name, quote=True)}">'
            f"{pictures}<span>{escape(spec['usermeta']['title'])}</span></a>"
        )
        return [nodes.raw("", html, format="html")]


def _stored_chart(path: Path, name: str) -> dict[str, Any]:
    if not path.exists():
        raise ExtensionError(f"there is no {path.name} to preview {name!r} from; name a notebook as in _toc.yml")
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            spec = output.get("data", {}).get(VEGALITE_MIME)
            if spec and spec["usermeta"]["name"] == name:
                return spec
    raise ExtensionError(f"{path.name} has no figure {name!r}; a preview names one that the chapter shows")


def _downloads(files: dict[str, Path], name: str, root: str) -> str:
    """Links to the picture and to the data that it draws, under names that a reader can keep."""
    tables_drawn = [path for key, path in files.items() if key.startswith("data")]
    links = [("picture (SVG)", files["light-wide"], name)]
    for number, path in enumerate(tables_drawn, 1):
        suffix = f" {number}" if len(tables_drawn) > 1 else ""
        links.append((f"data{suffix} (CSV)", path, f"{name}{suffix.replace(' ', '-')}"))
    shown = [
        f'<a href="{root}{path.name}" download="{escape(kept, quote=True)}{path.suffix}">{label}</a>'
        for label, path, kept in links
    ]
    return f'<p class="chart-files">Download: {", ".join(shown)}</p>'


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


def _table(html: str, meta: dict[str, Any], document: nodes.document) -> list[nodes.Element]:
    rows = html[html.index("<thead>") : html.index("</table>")]
    table = nodes.table("", nodes.title("", meta["title"]), nodes.raw("", rows, format="html"), classes=["data-table"])
    note = nodes.paragraph("", meta["caption"], classes=["table-note"])
    return [*_tools(meta), _anchored(table, meta["name"], document), note]


def _tools(meta: dict[str, Any]) -> list[nodes.Element]:
    """What the page's script needs to make a table sortable, searchable and downloadable."""
    if not meta.get("interactive"):
        return []
    script, style = data_tables()
    html = (
        f'<div class="table-tools" data-name="{escape(meta["name"], quote=True)}" '
        f'data-script="charts/{script.name}" data-style="charts/{style.name}"></div>'
    )
    return [nodes.raw("", html, format="html")]


def _anchored(node: nodes.Element, name: str, document: nodes.document) -> nodes.Element:
    node["names"].append(name)
    document.note_explicit_target(node)
    return node


# --- drawing ----------------------------------------------------------------------------------


def draw(spec: dict[str, Any]) -> dict[str, Path]:
    """Paths of a chart's four SVG files, its spec script and its data, made unless kept from an earlier build."""
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
    for name, rows in live.get("datasets", {}).items():
        if len(rows) > 1:  # single rows are rules and labels
            files[f"data {name}"] = CACHE / f"{digest(rows)}.csv"
            if not files[f"data {name}"].exists():
                _keep(files[f"data {name}"], pd.DataFrame(rows).to_csv(index=False))
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


def data_tables() -> tuple[Path, Path]:
    """The DataTables library as a classic script, and its style sheet, from the `itables` package; made once."""
    parts = files("itables") / "html"
    module, style = ((parts / f"dt_bundle.{kind}").read_text("utf-8") for kind in ("js", "css"))
    script = CACHE / f"tables-{digest(module)}.js"
    if not script.exists():
        # Browsers load no modules from file://, so its default export becomes a property of the window.
        classic, count = re.subn(r"export\{.*?([\w$]+) as default.*?\}", r"window.minerpivotDataTable=\1", module)
        if count != 1:
            raise ValueError(
                "itables ships another kind of bundle; look how it exports DataTable and mend data_tables()"
            )
        _keep(script, f"(()=>{{{classic}\n}})();")
    sheet = CACHE / f"tables-{digest(style)}.css"
    if not sheet.exists():
        _keep(sheet, style)
    return script, sheet


def _keep(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")  # two builds may draw the same chart at once
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


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


def _add_assets(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    pages.finish(out)
    html = "".join(page.read_text(encoding="utf-8") for page in out.rglob("*.html"))
    (out / "_static" / "charts").mkdir(parents=True, exist_ok=True)
    for name in set(re.findall(r"charts/([\w.-]+\.(?:svg|js|css|csv))", html)):
        shutil.copy(CACHE / name, out / "_static" / "charts" / name)
    copy_data(out / "data")
    shutil.copy(ROOT / "CITATION.cff", out)
    written = [*sorted(Path(app.srcdir, "chapters").glob("*.ipynb")), Path(app.srcdir, "index.md")]
    listed = json.dumps(numbers(written), indent=1, ensure_ascii=False)
    (out / "numbers.json").write_text(listed + "\n", encoding="utf-8")


def _configure(app: Sphinx, config: Any) -> None:
    config.html_static_path.append(str(HERE / "static"))
    config.templates_path.append(str(HERE / "templates"))
    sidebar = ["navbar-logo.html", "edition-switcher.html", "search-button-field.html", "sbt-sidebar-nav.html"]
    config.html_sidebars = {"**": sidebar}
    if repository := os.environ.get("GITHUB_REPOSITORY"):  # set by the workflow, in a fork to the fork
        config.html_theme_options |= {
            "repository_url": f"https://github.com/{repository}",
            "repository_branch": "main",
            "use_repository_button": True,
            "launch_buttons": {"binderhub_url": "https://mybinder.org", "notebook_interface": "jupyterlab"},
        }
    if tables.edition():
        config.html_theme_options["announcement"] = (
            f"This edition knows only what was public on {tables.edition()}. Later events are not in it."
        )


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_html_math_renderer("mathml", (_mathml, None), (_mathml, None))
    app.add_directive("preview", Preview)
    app.connect("config-inited", _configure)
    app.add_js_file("upgrade.js", loading_method="defer")
    app.add_css_file("book.css")
    app.connect("doctree-read", _parameters_last, priority=1)  # before Sphinx collects the table of contents
    app.connect("doctree-resolved", terms.link)
    app.connect("build-finished", _add_assets, priority=900)  # after the theme has written its last style sheet
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
