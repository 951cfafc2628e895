"""Charts and tables in the form that chapters had before the kit (`charts`, `tables`), and what both forms share.

A chart is stored in its notebook as Vega-Lite JSON (what the tests compare and the site
makes interactive), PNG (what GitHub and JupyterLab show) and text (its description).
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import math
import os
import re
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pandas as pd
import vl_convert
from IPython.display import display
from PIL import Image

from minerpivot.data import tables

if TYPE_CHECKING:  # the site builder imports this module for its theme and draws nothing: altair takes half a second
    import altair as alt

VEGALITE_MIME = "application/vnd.vegalite.v6+json"
LIVE = "MINERPIVOT_LIVE"  # environment variable

# Every machine measures and draws text with the font that this package brings; readers' browsers, which lack it,
# take one of the same widths. A character that it lacks would come from whatever font a machine has: it is refused.
FONT = "Minerpivot Sans, Liberation Sans, Arial, Helvetica, sans-serif"
CHARACTERS = (
    r"[ -~\u00a0-\u017f\u0218-\u021b\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce\u1e9e\u2002-\u200b\u2010\u2012-\u2022"
    r"\u2026\u202f\u2030\u2032\u2033\u2039\u203a\u2044\u2060\u2074-\u2079\u207f-\u2089\u20ac\u20bf\u2116\u2122\u2126"
    r"\u2153\u2154\u215b-\u215e\u2190-\u2195\u2202\u2206\u220f\u2211\u2212\u2219\u221a\u221e\u222b\u2248\u2260\u2264\u2265"
    r"\u25a0\u25a1\u25aa\u25ab\u25b2\u25ba\u25bc\u25c4\u25ca\u25cb\u25cf]"
)
vl_convert.register_font_directory(str(Path(__file__).with_name("fonts")))

NEUTRALS = ["#7b7f86", "#877b8c", "#6e828a", "#8a8070"]  # companies without a colour of their own
PALETTE = ["#0077bb", "#d55e00", "#00916a", "#bb4488", "#7a6fcf", "#ad7d00", "#2a93a8", "#c44e52"]

_INK = {False: "#323232", True: "#d4dae0"}
_GRID = {False: "#e3e5e8", True: "#3a414a"}


def theme(*, dark: bool = False, narrow: bool = False) -> dict[str, Any]:
    """The Vega-Lite config of every chart, for a light or dark page, wide or phone."""
    ink, grid, size = _INK[dark], _GRID[dark], 12 if narrow else 13
    text = {"labelColor": ink, "titleColor": ink, "labelFontSize": size, "titleFontSize": size}
    return {
        "background": None,
        "font": FONT,
        "mark": {"color": PALETTE[0]},
        "aria": False,
        "view": {"stroke": None},
        "title": {"color": ink, "anchor": "start", "fontSize": 15},
        "axis": {**text, "gridColor": grid, "domainColor": grid, "tickColor": grid, "titleFontWeight": "normal"},
        "axisX": {"labelFlush": True, "labelSeparation": 8} | ({"tickCount": 5} if narrow else {}),
        "axisY": {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleX": 0, "titleY": -12},
        "header": text,
        "legend": {**text, "orient": "bottom", "title": None, "symbolLimit": 40, "columns": 3 if narrow else 6},
        "text": {"color": ink, "fontSize": size},
        "rule": {"color": ink},
        "range": {"category": PALETTE},
    }


def company_colours(tickers: Iterable[str]) -> list[str]:
    """The colour that each ticker has in the whole book (`instruments.colour`); without one a grey of its name.

    With this many companies colour alone cannot identify a line, so charts label lines directly.
    """
    colours = tables.load("instruments").set_index("ticker")["colour"].dropna()
    return [colours.get(ticker, NEUTRALS[sum(ticker.encode()) % len(NEUTRALS)]) for ticker in tickers]


def company_scale(tickers: Iterable[str]) -> alt.Scale:
    """The colours of `company_colours` as a scale."""
    import altair as alt

    tickers = list(tickers)
    return alt.Scale(domain=tickers, range=company_colours(tickers))


def figure(
    chart: alt.TopLevelMixin, name: str, *, title: str, caption: str, description: str, sources: str | list[str]
) -> None:
    """Show a chart with what every chart needs.

    `title` states the message, `caption` says what is drawn (the data's sources and their last
    day are added), `description` is read by screen readers, `name` is the anchor for `{numref}`,
    `sources` are the tables (or `table.column`) behind it. With `MINERPIVOT_LIVE` set, altair's own
    renderer shows an interactive chart at once, for work in JupyterLab.
    """
    if os.environ.get(LIVE):
        display(chart.properties(title=title))
        return
    spec = renamed(rounded(chart.to_dict()))
    spec.pop("config", None)
    spec |= {"title": title, "description": description}
    spec["usermeta"] = {"name": name, "caption": f"{caption.rstrip('.')}. {provenance(sources)}", "title": title}
    bundle = {VEGALITE_MIME: spec, "image/png": png(spec), "text/plain": f"{title}. {description}"}
    display(bundle, raw=True)


def provenance(sources: str | list[str]) -> str:
    """The sentence that names a figure's tables and the last day that they cover; none for the manifest's own facts."""
    names = [sources] if isinstance(sources, str) else sources
    if not names:
        return "Data: the manifest, datapackage.json."
    parts = [f"{tables.describe(name.partition('.')[0])['title']}, to {tables.through(name)}" for name in names]
    return f"Data: {'; '.join(parts)}."


def at_width(spec: Mapping[str, Any], width: int) -> dict[str, Any]:
    """A copy of a container-wide spec laid out for `width` pixels."""
    fixed = {key: value for key, value in spec.items() if key != "usermeta"}
    if fixed.get("width") == "container":
        fixed |= {"width": width, "autosize": {"type": "fit-x", "contains": "padding"}}
    return fixed


def svg(spec: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """A chart as SVG, the same on every machine; raises `ValueError` for text that our font cannot draw."""
    return drawable(vl_convert.vegalite_to_svg(dict(spec), config=dict(config)))


def drawable(drawing: str) -> str:
    """`drawing`, an SVG, if it names no font but ours and our font has its every character."""
    if others := set(re.findall(r'font-family="([^"]*)"', drawing)) - {FONT}:
        raise ValueError(f"drawn with {others}, which other machines may not have; leave the font to theme()")
    text = "".join(ElementTree.fromstring(drawing).itertext())
    if missing := sorted(set(re.sub(CHARACTERS, "", text)) - {"\n"}):
        raise ValueError(f"our font lacks {missing}: write it otherwise, or add it with page/fonts/subset.py")
    return drawing


def png(spec: Mapping[str, Any]) -> str:
    """A quantised base64 PNG of a chart on white, for viewers that draw no Vega-Lite."""
    raw = vl_convert.svg_to_png(svg(at_width(spec, 700), theme() | {"background": "white"}), scale=1.5)
    small = io.BytesIO()
    Image.open(io.BytesIO(raw)).convert("RGB").quantize(64).save(small, "PNG", optimize=True)
    return base64.b64encode(small.getvalue()).decode("ascii")


def rounded(value: Any) -> Any:
    """`value` with every float rounded to 10 significant digits, so that platforms agree."""
    if isinstance(value, float):
        return float(f"{value:.10g}") if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list | tuple) else value


def renamed(spec: dict[str, Any]) -> dict[str, Any]:
    """`spec` with datasets named for their rows as rounded: altair names them before, where platforms differ."""
    text = json.dumps(spec)
    for name, rows in spec.get("datasets", {}).items():
        text = text.replace(name, f"data-{hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]}")
    return json.loads(text)


def table(
    frame: pd.DataFrame,
    name: str,
    *,
    title: str,
    caption: str,
    sources: str | list[str],
    formats: Mapping[str, str] | None = None,
    interactive: bool = False,
) -> None:
    """Show a table with title, caption, sources and an anchor; empty cells show as a dash.

    The first column labels its row. `formats` maps column names to format strings (`"{:.1f}"`).
    A cell that is an address becomes a link named "source"; a pair (label, address) a link named so.
    An `interactive` table can be sorted, filtered, searched and downloaded on a page with scripts.
    """
    cells = frame.astype(object).where(frame.notna(), None)
    for column, pattern in (formats or {}).items():
        shown = [None if pd.isna(value) else pattern.format(value) for value in frame[column]]
        cells[column] = pd.Series(shown, index=cells.index, dtype=object)
    numeric = [pd.api.types.is_numeric_dtype(dtype) for dtype in frame.dtypes]
    head = "".join(
        f'<th scope="col"{_class("number" if n else "")}>{escape(str(c))}</th>' for c, n in zip(frame.columns, numeric)
    )
    body = "".join(_row(values, numeric) for values in cells.itertuples(index=False))
    note = f"{caption.rstrip('.')}. {provenance(sources)}"
    html = (
        f'<table id="{name}"><caption>{escape(title)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{escape(note)}</p>"
    )
    meta = {
        "minerpivot": {"name": name, "title": title, "caption": note} | ({"interactive": True} if interactive else {})
    }
    display({"text/html": html, "text/plain": cells.to_string(index=False, na_rep="–")}, metadata=meta, raw=True)


def _row(values: Iterable[Any], numeric: list[bool]) -> str:
    shown = ["–" if value is None else _linked(value) for value in values]
    kinds = ["number" if n else "date" if _is_date(cell) else "" for cell, n in zip(shown, numeric)]
    rest = "".join(f"<td{_class(kind)}>{cell}</td>" for cell, kind in zip(shown[1:], kinds[1:]))
    return f'<tr><th scope="row">{shown[0]}</th>{rest}</tr>'


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _is_date(cell: str) -> bool:
    return re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell) is not None


def _linked(cell: Any) -> str:
    label, address = cell if isinstance(cell, tuple) else ("source", str(cell))
    if isinstance(cell, tuple) or address.startswith(("https://", "http://")):
        return f'<a href="{escape(address, quote=True)}">{escape(label)}</a>'
    return escape(str(cell))
