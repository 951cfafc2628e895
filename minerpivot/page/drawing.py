"""From Vega-Lite to a small SVG whose colours are classes: one drawing for light pages, dark pages and print.

Vega lays a spec out (scales, ticks, lines); what it would draw is written here in absolute coordinates of a tenth of
a pixel, in our one text size, with a class for each colour (`f-ai` fills, `l-ai` lines; `static/charts.css` says what
they are on which page). Nothing in a drawing has an id, so that any number of them can stand in one page.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import vl_convert
from PIL import ImageFont

MIME = "application/vnd.minerpivot.chart+json"

# Every machine measures and draws text with the font that this package brings; readers' browsers, which lack it,
# take one of the same widths. A character that it lacks would come from whatever font a machine has: it is refused.
FONTS = Path(__file__).with_name("fonts")
FONT = "Minerpivot Sans, Liberation Sans, Arial, Helvetica, sans-serif"
CHARACTERS = (
    r"[ -~\u00a0-\u017f\u0218-\u021b\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce\u1e9e\u2002-\u200b\u2010\u2012-\u2022"
    r"\u2026\u202f\u2030\u2032\u2033\u2039\u203a\u2044\u2060\u2074-\u2079\u207f-\u2089\u20ac\u20bf\u2116\u2122\u2126"
    r"\u2153\u2154\u215b-\u215e\u2190-\u2195\u2202\u2206\u220f\u2211\u2212\u2219\u221a\u221e\u222b\u2248\u2260\u2264\u2265"
    r"\u25a0\u25a1\u25aa\u25ab\u25b2\u25ba\u25bc\u25c4\u25ca\u25cb\u25cf]"
)
vl_convert.register_font_directory(str(FONTS))

COLOURS = {  # class -> light page and paper, dark page; the same in static/charts.css
    "ai": ("#00698c", "#56b9d8"),
    "min": ("#b0500a", "#f2a054"),
    "soft": ("#cfe5ee", "#173f4e"),
    "minsoft": ("#f6dfcb", "#4d3014"),
    "ctx": ("#8b95a1", "#76818d"),
    "mut": ("#566270", "#a3adb8"),
    "grid": ("#e2e6ea", "#333a42"),
    "ink": ("#1c232b", "#ced6dd"),
    "bg": ("#ffffff", "#121212"),
}
LIGHT = {name: light for name, (light, _) in COLOURS.items()}
WIDTHS = {"wide": 688, "narrow": 358}  # pixels: an article's column, and a phone's
TEXT = 13  # pixels, in all drawings
WIDEST = 1.25  # how much wider than ours a reader's font may run (DejaVu Sans, Verdana)
SAID = "said"  # the layer whose items carry what a tap says (series, place, value between tabs); it is not drawn
HALO = "halo"  # a text layer with a ring of background, where a label crosses a line

CONFIG = {
    "background": None,
    "font": FONT,
    "aria": False,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": TEXT,
        "labelColor": LIGHT["mut"],
        "labelOverlap": False,
        "gridColor": LIGHT["grid"],
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
        "title": None,
    },
    "axisX": {"grid": False, "domain": True, "domainColor": LIGHT["mut"], "labelPadding": 8},
    "line": {"strokeWidth": 2.75, "strokeJoin": "round"},
    "text": {"fontSize": TEXT, "color": LIGHT["ink"]},
    "rule": {"color": LIGHT["ink"]},
}
_WIDTHS = {1: "", 1.5: "w1", 2.75: "w2"}  # line widths that have a class
_DASHES = {(9, 3): "long", (1.5, 3): "dots"}  # other dashes are the short ones of class dash
_BASELINES = {"top": 0.79, "middle": 0.3, "bottom": -0.21, "alphabetic": 0}  # as Vega places them, in text heights


class UndrawableError(ValueError):
    """A text with a character that our font lacks, or the font itself is missing."""


Point = tuple[float, float, str, str, str]


class Picture(NamedTuple):
    """A drawing: its size in pixels, its SVG elements and what a tap says as (x, y, series, place, value)."""

    width: float
    height: float
    body: str
    points: list[Point]
    rows: bool = False  # points stand in rows, by name, and not along lines


@cache
def _font(bold: bool) -> ImageFont.FreeTypeFont:
    file = FONTS / f"MinerpivotSans-{'Bold' if bold else 'Regular'}.ttf"
    try:
        return ImageFont.truetype(file, 1000, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        where = file.relative_to(FONTS.parents[2])
        raise UndrawableError(f"{where} is no font ({error}); bring it back with `git checkout {where}`") from None


def measure(text: str, *, bold: bool = False) -> int:
    """The pixels that `text` takes in the widest font that a reader may have."""
    return math.ceil(_font(bold).getlength(text) * TEXT / 1000 * WIDEST)


def spec(panel: Mapping[str, Any], size: str) -> dict[str, Any]:
    """The Vega-Lite spec of a stored panel: what both sizes share (`both`, `datasets`) and what is this one's.

    Its layers are named by their places among the `layers` of the panel.
    """
    whole = {**panel.get("both", {}), **panel[size]}
    layers = [panel["layers"][place] for place in whole["layer"]]
    return whole | {"layer": layers, "datasets": {**panel["datasets"], **panel[size].get("datasets", {})}}


def picture(panels: Sequence[Mapping[str, Any]], size: str) -> Picture:
    """A stored chart's panels (see `spec`) side by side while they fit.

    Raises `ValueError` for a mark, a colour, or a character that the kit does not draw.
    """
    parts: list[str] = []
    points: list[Point] = []
    left = top = bottom = 0.0
    for panel in panels:
        drawn = spec(panel, size)
        pad = drawn["padding"]
        width, height = drawn["width"] + pad["left"] + pad["right"], drawn["height"] + pad["top"] + pad["bottom"]
        if left + width > WIDTHS[size]:
            left, top = 0.0, bottom
        scene = vl_convert.vegalite_to_scenegraph(drawn, config=CONFIG)
        x, y = scene["origin"]
        _Pen(parts, points).group(scene["scenegraph"], left + x, top + y)
        left, bottom = left + width, max(bottom, top + height)
    return Picture(WIDTHS[size], round(bottom), "".join(parts), points, SAID in spec(panels[0], size)["datasets"])


class _Pen:
    """Writes a scene's marks as SVG elements."""

    def __init__(self, parts: list[str], points: list[Point]) -> None:
        self.parts, self.points = parts, points

    def group(self, node: Mapping[str, Any], x: float, y: float) -> None:
        """Draw a group mark with all that is in it; axes and other parts stand half a pixel off, for sharp lines."""
        for item in node["items"]:
            for mark in item.get("items", []):
                place = x + item.get("x", 0), y + item.get("y", 0)
                if mark["marktype"] == "group":
                    self.group(mark, *place)
                elif mark.get("name", "").startswith(SAID):
                    for said in mark["items"]:
                        series, where, value = said["description"].split("\t")
                        spot = (round(place[0] + said["x"], 1), round(place[1] + said["y"], 1))
                        self.points.append((*spot, series, where, value))
                else:
                    self.mark(mark, *place)

    def mark(self, mark: Mapping[str, Any], x: float, y: float) -> None:
        """Draw one mark: text, rule, line, area, bar or dot."""
        kind, items = mark["marktype"], [item for item in mark["items"] if item.get("opacity", 1)]
        if kind in ("line", "area"):
            for run in _runs(items):
                self.parts.append(_line(run, x, y) if kind == "line" else _area(run, x, y))
            return
        draw = {"rule": _rule, "rect": _rect, "symbol": _symbol}.get(kind)
        for item in items:
            if kind == "text":
                self.parts.append(_text(item, x, y, halo=mark.get("name", "").startswith(HALO)))
            elif draw:
                self.parts.append(draw(item, x, y))
            else:
                raise ValueError(f"the kit draws no mark of kind {kind!r}; draw it with lines, bars, dots or text")


def _runs(items: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """The parts of a line between its gaps."""
    run: list[Mapping[str, Any]] = []
    for item in items:
        if item.get("defined", True):
            run.append(item)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _path(points: Sequence[tuple[float, float]], *, close: bool = False) -> str:
    """Path data in tenths of a pixel, each point relative to the one before: half the bytes of absolute ones."""
    tenths = [(round(10 * x), round(10 * y)) for x, y in points]
    data, last = [f"M{_tenth(tenths[0][0])} {_tenth(tenths[0][1])}"], tenths[0]
    command = "l"
    for x, y in tenths[1:]:
        across, down = _tenth(x - last[0]), _tenth(y - last[1])
        if (across, down) == ("0", "0"):
            continue
        data.append(f"{command}{across}{'' if down.startswith('-') else ' '}{down}")
        last, command = (x, y), " "
    return "".join(data).replace(" -", "-") + ("Z" if close else "")


def _tenth(tenths: int) -> str:
    return f"{tenths / 10:.1f}".removesuffix(".0").replace("0.", ".", 1) if abs(tenths) < 10 else f"{tenths / 10:g}"


def _steps(run: Sequence[Mapping[str, Any]], x: float, y: float, foot: str = "y") -> list[tuple[float, float]]:
    """A line's points, with the corners of its steps."""
    step, points = run[0].get("interpolate") == "step-after", list[tuple[float, float]]()
    for item in run:
        down = item["y"] + (item.get("height", 0) if foot == "y2" else 0)
        if step and points:
            points.append((x + item["x"], points[-1][1]))
        points.append((x + item["x"], y + down))
    return points


def _line(run: Sequence[Mapping[str, Any]], x: float, y: float) -> str:
    return f'<path class="{_classes(run[0])}" d="{_path(_steps(run, x, y))}"/>'


def _area(run: Sequence[Mapping[str, Any]], x: float, y: float) -> str:
    outline = _steps(run, x, y) + _steps(run, x, y, "y2")[::-1]
    return f'<path class="{_classes(run[0])}" d="{_path(outline, close=True)}"/>'


def _rule(item: Mapping[str, Any], x: float, y: float) -> str:
    a, b = x + item.get("x", 0), y + item.get("y", 0)
    c = x + item["x2"] if "x2" in item else a
    d = y + item["y2"] if "y2" in item else b
    return f'<path class="{_classes(item)}" d="{_path([(a, b), (c, d)])}"/>'


def _rect(item: Mapping[str, Any], x: float, y: float) -> str:
    box = (x + item.get("x", 0), y + item.get("y", 0), item.get("width", 0), item.get("height", 0))
    a, b, width, height = (f"{round(value, 1):g}" for value in box)
    corner = f' rx="{item["cornerRadius"]:g}"' if item.get("cornerRadius") else ""
    return f'<rect x="{a}" y="{b}" width="{width}" height="{height}"{corner} class="{_classes(item)}"/>'


def _symbol(item: Mapping[str, Any], x: float, y: float) -> str:
    a, b, shape = x + item.get("x", 0), y + item.get("y", 0), item.get("shape", "circle")
    if shape == "circle":
        radius = math.sqrt(item["size"] / math.pi)
        return f'<circle cx="{a:.1f}" cy="{b:.1f}" r="{round(radius, 1):g}" class="{_classes(item)}"/>'
    if shape == "square":
        side = round(math.sqrt(item["size"]), 1)
        place = f'x="{a - side / 2:.1f}" y="{b - side / 2:.1f}" width="{side:g}" height="{side:g}"'
        return f'<rect {place} class="{_classes(item)}"/>'
    if shape == "diamond":
        half = math.sqrt(item["size"] / 2)
        corners = [(a, b - half), (a + half, b), (a, b + half), (a - half, b)]
        return f'<path class="{_classes(item)}" d="{_path(corners, close=True)}"/>'
    raise ValueError(f"the kit draws no symbol {shape!r}; take a circle, a square or a diamond")


def _text(item: Mapping[str, Any], x: float, y: float, *, halo: bool) -> str:
    text = str(item.get("text", ""))
    if not text.strip():
        return ""
    if item.get("fontSize") != TEXT or item.get("angle"):
        raise ValueError(f"text {text!r} is turned or not of {TEXT} pixels; the kit draws one size, upright")
    across = x + item.get("x", 0) + item.get("dx", 0)
    down = y + item.get("y", 0) + item.get("dy", 0) + _BASELINES[item.get("baseline", "alphabetic")] * TEXT
    anchor = {"right": ' text-anchor="end"', "center": ' text-anchor="middle"'}.get(item.get("align", "left"), "")
    words = [_classes(item), "b" if item.get("fontWeight") in ("bold", 700) else "", HALO if halo else ""]
    names = " ".join(filter(None, words))
    place = f'x="{round(across, 1):g}" y="{round(down, 1):g}"'
    return f'<text {place} class="{names}"{anchor}>{escape(text, quote=False)}</text>'


def _classes(item: Mapping[str, Any]) -> str:
    """The classes for an item's colours, line width and dashes."""
    fill, stroke = item.get("fill"), item.get("stroke")
    names = [f"f-{_token(fill)}"] if fill and fill not in ("transparent", "none") else []
    if stroke and stroke not in ("transparent", "none"):
        names.append(f"l-{_token(stroke)}")
        width = item.get("strokeWidth", 1)
        if width not in _WIDTHS:
            raise ValueError(f"a line of {width} pixels; the kit draws lines of {', '.join(map(str, _WIDTHS))}")
        dash = tuple(item.get("strokeDash") or ())
        names += [_WIDTHS[width], _DASHES.get(dash, "dash") if dash else ""]
    return " ".join(filter(None, names))


def _token(colour: str) -> str:
    names = {light: name for name, light in LIGHT.items()}
    if colour.lower() not in names:
        raise ValueError(f"the colour {colour} has no meaning here; name one of {', '.join(LIGHT)}")
    return names[colour.lower()]


def inline(drawn: Picture, size: str) -> str:
    """A drawing for the middle of a page, in that page's colours; what it shows is said by what it stands in."""
    box = f'viewBox="0 0 {drawn.width:g} {drawn.height:g}"'
    return f'<svg class="kit-{size}" {box} aria-hidden="true" focusable="false">{drawn.body}</svg>'


def standalone(drawn: Picture, description: str, *, dark: bool = True) -> str:
    """A drawing as a file of its own; `dark` adds the colours for a dark desktop, which pictures on paper lack.

    Raises `UndrawableError` for text that our font cannot draw.
    """
    head = f'width="{drawn.width:g}" height="{drawn.height:g}" viewBox="0 0 {drawn.width:g} {drawn.height:g}"'
    night = f"@media (prefers-color-scheme:dark){{svg{{background:{COLOURS['bg'][1]}}}{_colours(1)}}}" if dark else ""
    label = escape(description, quote=True)
    return drawable(
        f'<svg xmlns="http://www.w3.org/2000/svg" {head} role="img" aria-label="{label}">'
        f"<style>{_RULES}{_colours(0)}{night}</style>{drawn.body}</svg>"
    )


def drawable(drawing: str) -> str:
    """`drawing`, an SVG; raises `UndrawableError` unless our font has its every character."""
    text = "".join(ElementTree.fromstring(drawing).itertext())
    if missing := sorted(set(re.sub(CHARACTERS, "", text)) - {"\n"}):
        raise UndrawableError(f"our font lacks {missing}: write it otherwise, or add it with page/fonts/subset.py")
    return drawing


def _colours(mode: int) -> str:
    rules = (f".f-{k}{{fill:{v[mode]}}}.l-{k}{{stroke:{v[mode]}}}" for k, v in COLOURS.items())
    return "".join(rules) + f".halo{{stroke:{COLOURS['bg'][mode]}}}"


_RULES = (
    f"text{{font-family:{FONT};font-size:{TEXT}px}}.b{{font-weight:bold}}[class^=l-]{{fill:none}}.w1{{stroke-width:1.5}}"
    ".w2{stroke-width:2.75;stroke-linejoin:round}.dash{stroke-dasharray:3 3}"
    ".long{stroke-dasharray:9 3}.dots{stroke-dasharray:1.5 3}"
    ".halo{paint-order:stroke;stroke-width:4px;stroke-linejoin:round}"
)
