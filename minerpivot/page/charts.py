"""The chart kit: the report's few forms, each with what every chart must have.

A form takes a frame and says what is what; the kit labels lines and bars directly, moves labels apart, names events,
puts the latest value at the end of a line, and draws for a column (688 pixels) and a phone (358). Colours are not
chosen but meant: `"ai"`, `"mining"`, `"promised"`, `"doubtful"` (the pale form of mining), `"open"`, `"ink"`; what has
no meaning given is context, and grey. At most two meanings colour lines.

    from minerpivot.page import charts

    clock = charts.lines(
        frame, x="days", y="level", by="halving",               # tidy rows: one line per value of `by`
        names={2012: "2012", 2024: ("2024, the latest", "2024")},  # (in a column, on a phone), or one for both
        accent={2024: "mining"}, format="{:.0f}", log=True, place="{:.0f} days after",
        marks=[charts.Mark(100, "income before the halving")],
    )
    charts.show(
        "halving-clock", clock, sources=SOURCES, note="Fees included.",
        title="After 28 months income is at 30", unit="Index, 100 = the month before each halving, log scale",
        description="Two sentences with the two or three values that a sighted reader takes away.",
    )

A choice above the chart is a dictionary; each has a title, unit and description of its own:

    charts.show("margins", {f"{c} cents": charts.Choice(bars(c), title=…, unit=…, description=…) for c in (4, 6, 8)},
                choose="Price of power", sources=SOURCES)

`format` is a format string for values (`"${:,.2f}"`, `"{:+.0f}%"`, `"{:.1f} GW"`): thousands separators and signs work
as in Python, the minus is a real one and stands before a dollar sign. Forms: `lines`, `bars`, `waterfall`, `dots`
(two marks on a line make a dumbbell), `ranges`, `areas` (in steps), `tiles`, and `panels`, which sets drawings below or
beside each other. What a chart lacks (a title, a name for a line), `show` says in one line.
"""

from __future__ import annotations

import base64
import io
import itertools
import json
import math
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import vl_convert
from IPython.display import display
from PIL import Image
from scipy.optimize import isotonic_regression

from minerpivot.data import tables
from minerpivot.page.drawing import LIGHT, MIME, SAID, WIDTHS, measure, picture, standalone
from minerpivot.page.words import in_words, provenance, rounded

LARGEST = 12_000  # bytes of a drawing in a page
MEANINGS = {  # meaning -> fill, edge, words
    "ai": ("ai", "", "ai"),
    "mining": ("min", "", "min"),
    "promised": ("soft", "ai", "ai"),
    "doubtful": ("minsoft", "min", "min"),
    "context": ("ctx", "", "mut"),
    "open": ("", "ctx", "mut"),
    "ink": ("ink", "", "ink"),
}
SHAPES = ("circle", "square", "diamond")  # so that colour is never the only sign
LINE = 17  # pixels from one line of text to the next
MINUS = "−"

Name = str | tuple[str, str]  # for a column and for a phone, or one for both
Format = str | Callable[[float], str]  # of a value; a function where no format string will do


@dataclass(frozen=True)
class Mark:
    """A named value on the scale of values: a level to compare with."""

    at: float
    name: Name


@dataclass(frozen=True)
class Event:
    """A named place on the time axis: always the same dashed line. One outside a drawing's span is left out."""

    at: Any
    name: Name


def article() -> Event:
    """The day of the article that the report checks, from its row, named alike in every chart."""
    rows = tables.load("articles")
    day = rows.loc[rows["role"] == "assessed", "speaks_of"].min()
    return Event(f"{day:%Y-%m-%d}", (f"{in_words(day)}: the article", f"The article, {day.day} {day:%b}"))


def years(days: pd.Series) -> dict[pd.Timestamp, str]:
    """Labels for a time axis: the beginnings of the years within its days, or both ends of a span without any."""
    low, high = days.min(), days.max()
    starts = pd.date_range(low, high, freq="YS")
    return {start: f"{start:%Y}" for start in starts} or {end: f"{end:%b %Y}" for end in (low, high)}


@dataclass(frozen=True)
class Strip:
    """Counts below lines, on their time scale: how many members stand behind them. `meanings` orders from below."""

    frame: pd.DataFrame
    x: str
    meanings: Mapping[str, str]  # column of counts -> meaning
    names: Mapping[str, str]  # column -> what follows its last count ("signed")
    title: str


@dataclass(frozen=True)
class Size:
    """What a form draws for: a column or a phone, and how many pixels of it."""

    name: str
    width: int
    left: float = 0  # at least so much beside the plot, so that panels line up
    right: float = 0

    @property
    def narrow(self) -> bool:
        """Whether it is a phone."""
        return self.name == "narrow"


WIDE = Size("wide", WIDTHS["wide"])


@dataclass(frozen=True)
class Drawing:
    """A form with its data; it is laid out when it is shown. `draw` gives the panels of one size."""

    draw: Callable[[Size], list[Plate]]


@dataclass(frozen=True)
class Choice:
    """One of several drawings to choose from, with what must be said anew for it."""

    drawing: Drawing
    title: str = ""
    unit: str = ""
    description: str = ""
    note: str = ""


# --- Showing ----------------------------------------------------------------------------------


def show(
    name: str,
    drawing: Drawing | Mapping[str, Choice],
    *,
    sources: str | Sequence[str],
    title: str = "",
    unit: str = "",
    description: str = "",
    note: str = "",
    choose: str = "",
    image: bool = True,
) -> None:
    """Show a chart, or several to `choose` from, and store it as specs, PNG (of the first) and text.

    `title` states the finding, `unit` says what is measured and how, `description` is heard in place of the drawing,
    `note` stands before the sources, `name` is the anchor for `{numref}`; without `image` no PNG is stored. Raises
    `ValueError` that names the chart and the mend.
    """
    choices = drawing if isinstance(drawing, Mapping) else {"": Choice(drawing, title, unit, description)}
    try:
        if isinstance(drawing, Mapping):
            _check_choices(choices, choose, title or unit or description)
        if not sources:
            raise ValueError('no sources; name the tables behind it (sources="deals")')
        stored = [_stored(label, choice) for label, choice in choices.items()]
        first = stored[0]
        content = {
            "name": name,
            "choose": choose,
            "note": _line(note),
            "source": provenance(sources),
            "choices": stored,
        }
        bundle = {MIME: content, "text/plain": f"{first['title']}. {first['description']}"}
        bundle |= {"image/png": _png(first)} if image else {}
    except ValueError as error:
        raise ValueError(f"chart {name!r}: {error}") from None
    display(bundle, raw=True)


def _check_choices(choices: Mapping[str, Choice], choose: str, said: str) -> None:
    if said:
        raise ValueError("title, unit and description belong to each Choice, where they say what it shows")
    if len(choices) < 2:
        raise ValueError("a choice of fewer than two; hand in the drawing itself")
    if len(choices) > 6:
        raise ValueError(f"{len(choices)} choices; a reader takes in six, and the page has switches for as many")
    if not choose.strip():
        raise ValueError('the choice has no name; say what is chosen (choose="Price of power")')


def _stored(label: str, choice: Choice) -> dict[str, Any]:
    """What the notebook keeps of a drawing; raises `ValueError` for a duty left undone or a drawing too large."""
    of = f" of choice {label!r}" if label else ""
    asked = {
        "title": "state the finding",
        "unit": "say what is measured, in which unit",
        "description": "write two sentences with the two or three values that matter",
    }
    for part, mend in asked.items():
        if not str(getattr(choice, part) or "").strip():
            raise ValueError(f"no {part}{of}; {mend} ({part}=…)")
    sizes = [Size(name, width) for name, width in WIDTHS.items()]
    wide, narrow = (choice.drawing.draw(size) for size in sizes)
    panels = [_panel(*pair) for pair in zip(wide, narrow, strict=True)]
    for size in WIDTHS:
        drawn = picture(panels, size)
        standalone(drawn, choice.description)  # refuses characters that our font lacks
        if (length := len(drawn.body.encode())) > LARGEST:
            raise ValueError(f"the {size} drawing{of} takes {length:,} bytes, more than {LARGEST:,}; draw fewer points")
    said = {"title": choice.title, "unit": choice.unit, "description": choice.description, "note": _line(choice.note)}
    return {"label": label, **{key: text.strip() for key, text in said.items()}, "panels": panels}


def _panel(wide: Plate, narrow: Plate) -> dict[str, Any]:
    """The two specs of a panel, with what both draw stored once."""
    specs = [rounded(plate.spec()) for plate in (wide, narrow)]
    shared = {key: rows for key, rows in specs[0]["datasets"].items() if specs[1]["datasets"].get(key) == rows}
    for spec in specs:
        spec["datasets"] = {key: rows for key, rows in spec["datasets"].items() if key not in shared}
    return {
        "datasets": shared,
        "wide": specs[0],
        "narrow": specs[1],
        "tables": wide.tables,
        "key": narrow.key,
        "heading": wide.heading,
    }


def _line(text: str) -> str:
    return f"{text.strip().rstrip('.')}." if text.strip() else ""


def _png(choice: Mapping[str, Any]) -> str:
    """A quantised base64 PNG on white, for JupyterLab and GitHub."""
    drawn = standalone(picture(choice["panels"], "wide"), choice["description"], dark=False)
    drawn = drawn.replace('class="l-', 'fill="none" class="l-')  # the renderer knows no selector by a class's beginning
    image = Image.open(io.BytesIO(vl_convert.svg_to_png(drawn, scale=1.5)))
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image.convert("RGBA"))
    small = io.BytesIO()
    paper.convert("RGB").quantize(64).save(small, "PNG", optimize=True)
    return base64.b64encode(small.getvalue()).decode("ascii")


# --- Words and numbers --------------------------------------------------------------------------


def written(value: float, pattern: Format) -> str:
    """`value` by a format string, with a real minus before all else ("−$9"), or by a function."""
    if not isinstance(pattern, str):
        return pattern(value)
    text = pattern.format(abs(value))
    if not any(digit in text for digit in "123456789"):  # rounds to nothing: no sign
        return text.replace("+", "")
    return MINUS + text.replace("+", "") if value < 0 else text


def _around(pattern: str) -> tuple[str, str]:
    """What stands before and behind the number in a format string; raises `ValueError` if it has not one number."""
    try:
        parts = [*string.Formatter().parse(pattern)]
    except ValueError:
        parts = []
    if [part[1] for part in parts] not in ([""], ["", None]):
        raise ValueError(
            f"the format {pattern!r} has not one place for a number; write it like {{:.1f}} or ${{:,.0f}}bn"
        )
    return parts[0][0], parts[1][0] if len(parts) > 1 else ""


def _tick(value: float, pattern: str, *, last: bool) -> str:
    """A label for an axis: no more decimals than it takes, and a unit in words on the last one only."""
    before, after = _around(pattern)
    share = "%}" in pattern
    number = f"{abs(value) * (100 if share else 1):,.10g}"
    sign = MINUS if value < 0 else "+" if "{:+" in pattern and value else ""
    unit = ("%" if share else "") + (after if last or not after.startswith(" ") else "")
    return f"{sign}{before}{number}{unit}"


def _name(name: Name, size: Size) -> str:
    text = name if isinstance(name, str) else name[1 if size.narrow else 0]
    if not text.strip():
        raise ValueError("a line, a mark or an event has an empty name; give it one")
    return text


def _meaning(meaning: str) -> tuple[str, str, str]:
    if meaning not in MEANINGS:
        raise ValueError(f"no meaning {meaning!r}; take one of {', '.join(MEANINGS)}")
    return MEANINGS[meaning]


def _stroke(meaning: str) -> str:
    """The colour of a line or a dot, which pale ones would be lost in."""
    fill, edge, _ = _meaning(meaning)
    return edge or fill


def dodge(places: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Middles of labels that would stand at `places`, moved apart as little as can be, in order, within bounds.

    Raises `ValueError` if they do not fit between `low` and `high`.
    """
    if sum(heights) > high - low + 1e-9:
        raise ValueError(f"{len(places)} labels do not fit; give the drawing more height or name fewer")
    order = np.argsort(np.asarray(places, float), kind="stable")
    tall = np.asarray(heights, float)[order]
    start = np.concatenate([[0.0], np.cumsum(tall)[:-1]]) + tall / 2  # middles of labels stacked without a gap
    if not len(order):
        return []
    free = isotonic_regression(np.asarray(places, float)[order] - start).x
    moved = np.empty(len(order))
    moved[order] = np.clip(free, low, high - tall.sum()) + start
    return [float(value) for value in moved]


# --- A plate to draw on -------------------------------------------------------------------------


@dataclass
class Plate:
    """One panel as it is drawn: data on scales, and words, rules and dots at pixels of the plot."""

    size: Size
    height: float  # of the plot
    top: float
    right: float
    bottom: float
    left: float
    x: tuple[float, float] = (0, 1)
    y: tuple[float, float] = (0, 1)
    log: bool = False
    time: bool = False
    datasets: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    layers: list[tuple[int, alt.Chart]] = field(default_factory=list)
    tables: list[dict[str, Any]] = field(default_factory=list)
    key: list[str] = field(default_factory=list)
    heading: str = ""

    @property
    def width(self) -> float:
        """Of the plot."""
        return self.size.width - self.left - self.right

    def across(self, value: float) -> float:
        """The pixel of a value on the horizontal scale."""
        return (value - self.x[0]) / (self.x[1] - self.x[0]) * self.width

    def down(self, value: float) -> float:
        """The pixel of a value on the vertical scale."""
        low, high, value = (math.log(v) for v in (*self.y, value)) if self.log else (*self.y, value)
        return self.height * (high - value) / (high - low)

    def data(self, rows: Sequence[Mapping[str, Any]], name: str, **mark: Any) -> alt.Chart:
        """A chart of rows, stored under `name` and, if named `said…`, for tapping only."""
        self.datasets[name] = [*map(dict, rows)]
        return alt.Chart(alt.NamedData(name=name), **mark)

    def add(self, level: int, chart: alt.Chart) -> None:
        """Draw a chart above those of lower levels."""
        self.layers.append((level, chart))

    def text(self, x: float, y: float, text: str, colour: str = "mut", **style: Any) -> None:
        """A word at a pixel: `align`, `bold`, and a `halo` where it crosses a line; `y` is its middle."""
        bold, align = style.get("bold", False), style.get("align", "left")
        row = {"x": x, "y": y, "text": text, "colour": LIGHT[colour], "align": align}
        self.datasets.setdefault("halo" if style.get("halo") else "words", []).append(
            row | {"weight": "bold" if bold else "normal"}
        )

    def rule(self, x: float, y: float, x2: float, y2: float, colour: str = "mut", *, dash: bool = False) -> None:
        """A straight line of one pixel."""
        row = {"x": x, "y": y, "x2": x2, "y2": y2, "colour": LIGHT[colour]}
        self.datasets.setdefault("dashes" if dash else "rules", []).append(row)

    def dot(self, x: float, y: float, colour: str, radius: float = 4, *, shape: str = "circle") -> None:
        """A dot of one of the shapes."""
        size = math.pi * radius**2  # squares and diamonds of a circle's area
        self.datasets.setdefault(f"{shape}s", []).append({"x": x, "y": y, "colour": LIGHT[colour], "size": size})

    def box(self, x: float, y: float, x2: float, y2: float, meaning: str, *, corner: float = 0) -> None:
        """A filled box in the colours of a meaning; one with an edge stands on half pixels."""
        fill, edge, _ = _meaning(meaning)
        off = 0.5 if edge else 0
        row = {"x": min(x, x2) + off, "y": y + off, "x2": max(x, x2) - off, "y2": y2 - off, "corner": corner}
        paint = {"fill": LIGHT[fill] if fill else None, "edge": LIGHT[edge] if edge else None}
        self.datasets.setdefault("boxes", []).append(row | paint)

    def say(self, x: float, y: float, series: str, where: str, value: str) -> None:
        """What a tap near a pixel says."""
        self.datasets.setdefault(SAID, []).append({"x": x, "y": y, "said": f"{series}\t{where}\t{value}"})

    def table(self, name: str, columns: Mapping[str, str]) -> None:
        """Offer a dataset's fields for download, each under a name of its own."""
        self.tables.append({"dataset": name, "columns": dict(columns)})

    def spec(self) -> dict[str, Any]:
        """The panel as Vega-Lite, its datasets named."""
        layers = sorted([*self.layers, *self._furniture()], key=lambda pair: pair[0])
        pad = {"top": self.top, "right": self.right, "bottom": self.bottom, "left": self.left}
        whole = alt.layer(*(chart for _, chart in layers)).properties(
            width=self.width, height=self.height, padding=pad, autosize=alt.AutoSizeParams(type="none")
        )
        spec = whole.to_dict()
        spec.pop("config", None)
        return spec | {"datasets": self.datasets}

    def _furniture(self) -> Iterable[tuple[int, alt.Chart]]:
        def at(name: str) -> alt.Chart:
            chart = alt.Chart(alt.NamedData(name=name), name=name if name in (SAID, "halo") else alt.Undefined)
            return chart.encode(x=_pixel("x"), y=_pixel("y"))

        ends = {"x2": "x2", "y2": "y2"}
        if "boxes" in self.datasets:
            edge, fill = alt.Stroke("edge:N", scale=None), alt.Fill("fill:N", scale=None)
            yield 0, at("boxes").mark_rect(cornerRadius={"expr": "datum.corner"}).encode(**ends, stroke=edge, fill=fill)
        if "rules" in self.datasets:
            yield 1, at("rules").mark_rule().encode(**ends, color=_colour())
        if "dashes" in self.datasets:
            yield 3, at("dashes").mark_rule(strokeDash=[3, 3]).encode(**ends, color=_colour())
        for shape in SHAPES:
            if f"{shape}s" in self.datasets:
                dots = at(f"{shape}s").mark_point(shape=shape, filled=True, opacity=1)
                yield 4, dots.encode(color=_colour(), size=alt.Size("size:Q", scale=None))
        for name in ("words", "halo"):
            if name in self.datasets:
                align, weight = alt.expr("datum.align"), alt.expr("datum.weight")
                words = at(name).mark_text(align=align, fontWeight=weight, baseline="middle")
                yield 5, words.encode(text="text:N", color=_colour())
        if SAID in self.datasets:
            yield 6, at(SAID).mark_point(opacity=0).encode(description="said:N")


def _pixel(name: str) -> Any:
    return (alt.Y if name.startswith("y") else alt.X)(f"{name}:Q", scale=None, axis=None)


def _colour() -> alt.Color:
    return alt.Color("colour:N", scale=None)


# --- Axes ---------------------------------------------------------------------------------------


def _ticks(low: float, high: float, *, log: bool = False, most: int = 5) -> list[float]:
    """Three to `most` round values between two."""
    if log:
        decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
        for steps in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 6, 8)):
            ticks = [step * 10.0**decade for decade in decades for step in steps]
            ticks = [round(tick, 10) for tick in ticks if low <= tick <= high]
            if len(ticks) >= 3:
                return ticks[:: math.ceil(len(ticks) / (most + 1))]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 10) for n in range(first, math.floor(high / step + 1e-9) + 1)]


def _days(low: float, high: float, width: float) -> dict[float, str]:
    """Labels for a time axis: years, or months with the year on the first and on each January."""
    start, end = pd.Timestamp(low, unit="ms"), pd.Timestamp(high, unit="ms")
    for months in (1, 2, 3, 6, 12, 24, 48, 60, 120):
        starts = [day for day in pd.date_range(start, end, freq="MS") if (12 * day.year + day.month - 1) % months == 0]
        if len(starts) * 62 <= width and len(starts) <= 8:
            break
    if not starts:
        starts = [start]
    labels = {}
    for number, day in enumerate(starts):
        year = months >= 12 or (day.month == 1 and number)
        labels[_stamp(day)] = f"{day:%Y}" if year else f"{day:%b %Y}" if not number else f"{day:%b}"
    return labels


def _stamp(day: Any) -> float:
    return float(pd.Timestamp(day).value // 10**6)


def _run(plate: Plate, axis: alt.Axis | None = None) -> alt.X:
    """The horizontal scale of lines: days as the same everywhere, or a number."""
    scale = alt.Scale(domain=list(plate.x), nice=False, zero=False, type="utc" if plate.time else "linear")
    return alt.X(f"x:{'T' if plate.time else 'Q'}", scale=scale, axis=axis or alt.Undefined)


def _axis(labels: Mapping[float, str], **style: Any) -> alt.Axis:
    """An axis with these labels and no others."""
    texts = json.dumps({f"{value:.15g}": text for value, text in labels.items()}, ensure_ascii=False)
    return alt.Axis(values=list(labels), labelExpr=f"({texts})[+datum.value]", title=None, **style)


# --- Lines --------------------------------------------------------------------------------------


def lines(
    frame: pd.DataFrame,
    *,
    x: str,
    y: str,
    by: str | None = None,
    names: Mapping[Any, Name] | None = None,
    accent: Mapping[Any, str] | str | None = None,
    format: Format = "{:,.0f}",
    log: bool = False,
    zero: bool = False,
    domain: tuple[float, float] | None = None,
    ticks: Mapping[float, str] | Sequence[float] | None = None,
    x_ticks: Mapping[Any, Name] | None = None,
    place: str = "{:g}",
    marks: Sequence[Mark] = (),
    events: Sequence[Event] = (),
    thin: str | None = None,
    strip: Strip | None = None,
    heading: str = "",
    height: tuple[int, int] = (300, 290),
) -> Drawing:
    """Lines over days or over a number, each named at its end with its latest value; a missing value is a gap.

    `by` tells the lines apart, `names` names each (all of them, or none if the values of `by` are names), `accent`
    gives at most two a meaning (or the one line, without `by`). `zero` starts the scale at nothing; `domain` sets it.
    `ticks` are values or labels on the vertical scale, `x_ticks` labels on the horizontal one; `place` is how a tap
    names a number there. `format` may be a function if `ticks` have labels (an index told as a return). `thin` is a
    column of flags: rows drawn thin and dashed, as they rest on few members. `height` is of the plot, in a column and
    on a phone; `heading` names a panel.
    """
    meant = {"": accent} if isinstance(accent, str) else dict(accent or {})

    def draw(size: Size) -> list[Plate]:
        rows, time = _tidy(frame, x, y, by, thin)
        _check_lines(rows, meant, names)
        named = {key: _name(_given(names, key), size) if by else "" for key in rows["key"].unique()}
        span = rows["x"].min(), rows["x"].max()
        if not span[0] < span[1]:
            raise ValueError("a line needs two places to run between; draw bars or dots")
        full = rows.dropna(subset="y")
        values = [*full["y"], *(mark.at for mark in marks)]
        scale = _within(domain, values) or _scale(values, log=log, zero=zero)
        labels = _labelled(ticks, scale, format, log=log)
        last = {key: (x, y) for key, x, y in zip(full["key"], full["x"], full["y"])}  # rows stand in order of x
        ends = {key: _end(named[key], written(y, format), key in meant, size) for key, (_, y) in last.items()}
        room = [label.width for key, label in ends.items() if _reaches(last[key][0], span)]
        counts = [] if strip is None else _counted(strip)
        room += [measure(text, bold=True) for *_, text in counts]
        under = 62 if strip else 0  # pixels between the lines and their time axis
        plate = Plate(
            size,
            height=height[1 if size.narrow else 0],
            top=12,
            right=max(max(room, default=0) + 12, size.right),
            bottom=30 + under,
            left=max(max([measure(text) for text in labels.values()], default=0) + 8, size.left),
            x=span,
            y=scale,
            log=log,
            time=time,
        )
        spots = [(plate.across(_number(e.at, time)), _name(e.name, size)) for e in events if _inside(e, plate)]
        _head(plate, heading, _flags(plate, spots, foot=plate.height + under), 20)
        series = {key: _name(_given(names, key), WIDE) if by else "value" for key in named}
        _draw_lines(plate, rows, series, meant, format, place, labels, x_ticks, under, (x, y, by))
        for mark in marks:
            plate.rule(0, plate.down(mark.at), plate.width, plate.down(mark.at))
        paths = _tracks(plate, rows)
        for mark in marks:
            _name_mark(plate, mark, paths)
        _name_ends(plate, ends, last, meant, paths)
        if strip:
            _draw_strip(plate, strip, counts, time, under)
        return [plate]

    return Drawing(draw)


def _tidy(frame: pd.DataFrame, x: str, y: str, by: str | None, thin: str | None) -> tuple[pd.DataFrame, bool]:
    """Rows of key, x, y and flag, in order of time; days in milliseconds, as the scale counts them."""
    if missing := [name for name in (x, y, by, thin) if name and name not in frame]:
        raise ValueError(f"the frame has no column {missing[0]!r}; it has {', '.join(map(str, frame.columns))}")
    places = frame[x]
    if not pd.api.types.is_numeric_dtype(places):
        places = pd.to_datetime(places)
    time = pd.api.types.is_datetime64_any_dtype(places)
    rows = pd.DataFrame(
        {
            "key": frame[by] if by else "",
            "x": [_stamp(day) for day in places] if time else places.astype(float),
            "y": frame[y].astype(float),
            "thin": frame[thin].astype(bool) if thin else False,
        }
    )
    return rows.sort_values("x", kind="stable").reset_index(drop=True), time


def _check_lines(rows: pd.DataFrame, accent: Mapping[Any, str], names: Mapping[Any, Name] | None) -> None:
    keys = list(rows["key"].unique())
    if unknown := [key for key in accent if key not in keys]:
        raise ValueError(
            f"accent names {str(unknown[0])!r}, which no line is; the lines are {', '.join(map(str, keys))}"
        )
    if len(accent) > 2:
        raise ValueError(f"{len(accent)} coloured lines; two at most, the others are context")
    if unnamed := [key for key in keys if names is not None and key not in names]:
        raise ValueError(f"line {str(unnamed[0])!r} has no name; give each one in names=")
    if rows["y"].isin([math.inf, -math.inf]).any():
        raise ValueError("a value is infinite; a drawing has no place for it")
    for key, group in rows.groupby("key", sort=False):
        if group["y"].notna().sum() == 0:
            raise ValueError(f"line {str(key)!r} has no values; leave it out")
        if group["x"].duplicated().any():
            raise ValueError(f"line {str(key)!r} has two values at one place; tell lines apart with by=")


def _given(names: Mapping[Any, Name] | None, key: Any) -> Name:
    return names[key] if names is not None else str(key)


def _number(place: Any, time: bool) -> float:
    return _stamp(place) if time else float(place)


def _scale(values: Iterable[float], *, log: bool, zero: bool) -> tuple[float, float]:
    low, high = min(values := list(values)), max(values)
    if log:
        if low <= 0:
            raise ValueError(f"a log scale has no place for {low:g}; leave log out")
        return low / (high / low) ** 0.04, high * (high / low) ** 0.04
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    room = 0.04 * ((high - low) or abs(high) or 1)
    return (low - room if low or not zero else low), (high + room if high or not zero else high)


def _within(domain: tuple[float, float] | None, values: Iterable[float]) -> tuple[float, float] | None:
    """`domain`, if all values lie in it."""
    if domain and (beyond := [value for value in values if not domain[0] <= value <= domain[1]]):
        raise ValueError(f"{beyond[0]:g} lies outside the scale from {domain[0]:g} to {domain[1]:g}; widen domain")
    return domain


def _labelled(
    ticks: Mapping[float, str] | Sequence[float] | None, scale: tuple[float, float], pattern: Format, *, log: bool
) -> dict[float, str]:
    if isinstance(ticks, Mapping):
        return {float(value): text for value, text in ticks.items()}
    if not isinstance(pattern, str):
        raise ValueError("a format that is a function writes no axis; give the ticks their labels (ticks={100: …})")
    values = [float(value) for value in ticks] if ticks is not None else _ticks(*scale, log=log)
    return {value: _tick(value, pattern, last=value == max(values)) for value in values}


@dataclass(frozen=True)
class _Label:
    """Words at the end of a line: its name and value, on one line or two."""

    lines: tuple[str, ...]
    bold: bool

    @property
    def width(self) -> int:
        return max(measure(text, bold=self.bold) for text in self.lines)

    @property
    def height(self) -> int:
        return LINE * len(self.lines)


def _end(name: str, value: str, main: bool, size: Size) -> _Label:
    whole = f"{name}{':' if name[-1:].isdigit() else ''} {value}".strip()  # "2020: 81", not "2020 81"
    two = size.narrow and bool(name) and (main or measure(whole) > 96)
    return _Label((name, value) if two else (whole,), main)


def _draw_lines(
    plate: Plate,
    rows: pd.DataFrame,
    series: Mapping[Any, str],
    accent: Mapping[Any, str],
    pattern: Format,
    place: str,
    labels: Mapping[float, str],
    x_ticks: Mapping[Any, Name] | None,
    under: float,
    columns: tuple[str, str, str | None],
) -> None:
    """The lines on their axes, and what a tap says of each point."""
    if len(set(series.values())) < len(series):
        raise ValueError(f"two lines have one name; tell them apart ({', '.join(series.values())})")
    order = [*(key for key in series if key not in accent), *accent]
    data: list[dict[str, Any]] = []
    dashed: list[dict[str, Any]] = []
    for key in order:
        name = series[key]
        group = rows[rows["key"] == key].to_dict("records")
        for number, row in enumerate(group):
            value = row["y"] if not math.isnan(row["y"]) else None
            point = {"series": name, "x": _shown(row["x"], plate.time), "y": value}
            if value is not None:
                where = _place(row["x"], plate.time, place)
                point["said"] = f"{name if columns[2] else ''}\t{where}\t{written(value, pattern)}"
            before, after = group[max(number - 1, 0)], group[min(number + 1, len(group) - 1)]
            if row["thin"] or before["thin"]:
                dashed.append({k: v for k, v in point.items() if k != "said"} | {"y": value})
            data.append(point | ({"solid": not (row["thin"] and after["thin"])} if rows["thin"].any() else {}))
    x_labels = {_number(k, plate.time): _name(v, plate.size) for k, v in (x_ticks or {}).items()} or (
        _days(*plate.x, plate.width) if plate.time else {v: f"{v:,g}" for v in _ticks(*plate.x)}
    )
    _check_room(plate, x_labels)
    for value, text in labels.items():
        if value == 0 or text == "start":
            plate.rule(0, plate.down(value), plate.width, plate.down(value))
    vertical = alt.Scale(domain=list(plate.y), nice=False, zero=False, type="log" if plate.log else "linear")
    across = _run(plate, _axis(x_labels, offset=under))
    up = alt.Y("y:Q", scale=vertical, axis=_axis(labels))
    plate.data(data, "values")
    base = alt.Chart(alt.NamedData(name="values"))
    grey = [key for key in order if key not in accent]
    for number, keys in enumerate(filter(None, [grey, *([key] for key in accent)])):
        names = [series[key] for key in keys]
        colour = LIGHT[_stroke(accent.get(keys[0], "context"))]
        style = {"x": across, "y": up, "color": alt.value(colour), "detail": "series:N"}
        solid = base.transform_filter(alt.FieldOneOfPredicate(field="series", oneOf=names))
        solid = solid.transform_filter("datum.solid") if dashed else solid
        plate.add(2, solid.mark_line(strokeWidth=1.5 if keys is grey else 2.75).encode(**style))
        if parts := [row for row in dashed if row["series"] in names]:
            dotted = plate.data(parts, f"thin{number}").mark_line(strokeWidth=1.5, strokeDash=[3, 3])
            plate.add(2, dotted.encode(**style))
    taps = alt.Chart(alt.NamedData(name="values"), name=SAID).transform_filter("isValid(datum.said)")
    plate.add(6, taps.mark_point(opacity=0).encode(x=across, y=up, description="said:N"))
    column_x, column_y, column_by = columns
    plate.table("values", ({"series": column_by} if column_by else {}) | {"x": column_x, "y": column_y})


def _check_room(plate: Plate, labels: Mapping[float, str]) -> None:
    """Labels below an axis must not run into each other; those at an end stand within it."""
    last = -math.inf
    for value, text in sorted(labels.items()):
        if not plate.x[0] <= value <= plate.x[1]:
            raise ValueError(f"the label {text!r} stands outside the drawing; leave it out of x_ticks")
        wide, at = measure(text), plate.across(value)
        left = 0.0 if at < 1 else at - wide / 2
        if left < last + 4:
            raise ValueError(
                f"the label {text!r} runs into the one before on the {plate.size.name} drawing; shorten it"
            )
        last = left + wide


def _shown(place: float, time: bool) -> Any:
    return f"{pd.Timestamp(place, unit='ms'):%Y-%m-%d}" if time else place


def _place(place: float, time: bool, pattern: str) -> str:
    return in_words(pd.Timestamp(place, unit="ms")) if time else pattern.format(place)


def _flags(plate: Plate, spots: Sequence[tuple[float, str]], foot: float, *, centred: bool = False) -> float:
    """Dashed lines with their names on top, left of the line, the earliest lowest; how high they rise above the plot.

    Names are `centred` on their lines if that lets them stand in one row. On a phone numbers stand for more names than
    fit into three rows, and a list below the drawing gives them.
    """
    if not spots:
        return 0.0
    spots = sorted(spots)
    wide = [measure(text) for _, text in spots]
    middle = [(at - w / 2, at + w / 2) for (at, _), w in zip(spots, wide)]
    edges = [-plate.left, *itertools.chain(*middle), plate.width + plate.right]
    if centred and all(a <= b for a, b in itertools.pairwise(edges)):
        for at, text in spots:
            plate.rule(at, -2, at, foot, "ink", dash=True)
            plate.text(at, -9, text, "ink", align="center", halo=True)
        return 18.0
    right = [at - 6 - w < -plate.left for (at, _), w in zip(spots, wide)]  # no room on its left
    rows = _stacked([(at, at + 6 + w) if r else (at - 6 - w, at) for (at, _), w, r in zip(spots, wide, right)])
    if plate.size.narrow and max(rows) > 2:
        rows = _stacked([(at - 9, at + 9) for at, _ in spots])
        for number, ((at, text), row) in enumerate(zip(spots, rows), 1):
            plate.rule(at, -2 - 20 * row, at, foot, "ink", dash=True)
            plate.dot(at, -11 - 20 * row, "ink", 9)
            plate.text(at, -11 - 20 * row, str(number), "bg", align="center", bold=True)
            plate.key.append(text)
        return 22.0 + 20 * max(rows)
    for (at, text), row, after in zip(spots, rows, right):
        high = 8 + LINE * row
        plate.rule(at, -high - 7, at, foot, "ink", dash=True)
        plate.text(at + 6 if after else at - 6, -high - 1, text, "ink", align="left" if after else "right", halo=True)
    return 18.0 + LINE * max(rows)


def _stacked(boxes: Sequence[tuple[float, float]]) -> list[int]:
    """The row of each box, from left to right, above all that it would touch."""
    rows: list[int] = []
    for start, end in boxes:
        touched = [row for row, (a, b) in zip(rows, boxes) if a < end + 4 and b > start - 4]
        rows.append(1 + max(touched, default=-1))
    return rows


def _tracks(plate: Plate, rows: pd.DataFrame) -> np.ndarray:
    """Pixels that lines run through, every three of them: what a label should not cover."""
    tracks = [np.empty((0, 2))]
    for _, group in rows.dropna(subset="y").groupby("key", sort=False):
        x = np.array([plate.across(v) for v in group["x"]])
        y = np.array([plate.down(v) for v in group["y"]])
        dense = np.arange(x[0], x[-1] + 1, 3.0)
        tracks.append(np.column_stack([dense, np.interp(dense, x, y)]))
    return np.concatenate(tracks)


def _clearest(options: Sequence[tuple[float, float]], width: float, height: float, tracks: np.ndarray) -> int:
    """Which of several places (left, top) for a box covers the least of the lines; the first of equals."""

    def covered(place: tuple[float, float]) -> int:
        x, y = tracks[:, 0], tracks[:, 1]
        inside = (x > place[0] - 2) & (x < place[0] + width + 2) & (y > place[1]) & (y < place[1] + height)
        return int(inside.sum())

    return min(range(len(options)), key=lambda number: covered(options[number]))


def _name_mark(plate: Plate, mark: Mark, tracks: np.ndarray) -> None:
    """The name of a level, above or below its line where the lines leave most room."""
    text, y = _name(mark.name, plate.size), plate.down(mark.at)
    width = measure(text)
    lefts = [plate.width - width - 2, 2, (plate.width - width) / 2, plate.width * 0.75 - width / 2, plate.width * 0.25]
    options = [(left, top) for top in (y - 16, y + 3) for left in lefts if 0 <= left <= plate.width - width]
    if not options:
        raise ValueError(f"the name {text!r} is longer than the drawing is wide; give a short one for the phone")
    left, top = options[_clearest(options, width, 14, tracks)]
    plate.text(left, top + 7, text, "mut", halo=True)


def _reaches(place: float, span: tuple[float, float]) -> bool:
    """Whether a line that ends at `place` ends where the drawing does, so that its name stands in the gutter."""
    return place >= span[1] - 0.02 * (span[1] - span[0])


def _name_ends(
    plate: Plate,
    ends: Mapping[Any, _Label],
    last: Mapping[Any, tuple[float, float]],
    accent: Mapping[Any, str],
    tracks: np.ndarray,
) -> None:
    """A dot, name and value at the end of each line: in the gutter, moved apart, or beside a line that ends early."""
    gutter = [key for key in ends if _reaches(last[key][0], plate.x)]
    high = plate.height + (0 if plate.bottom > 60 else 12)
    middles = dodge(
        [plate.down(last[key][1]) for key in gutter], [ends[key].height for key in gutter], -plate.top + 2, high
    )
    spots = {key: (plate.width + 9, middle - ends[key].height / 2) for key, middle in zip(gutter, middles)}
    for key, label in ends.items():
        x, y = plate.across(last[key][0]), plate.down(last[key][1])
        words = _meaning(accent.get(key, "context"))[2]
        plate.dot(x, y, _stroke(accent.get(key, "context")), 4 if key in accent else 2.5)
        if key not in spots:
            beside = [(x + 9, y - label.height / 2), (x + 5, y - label.height - 4), (x + 5, y + 4)]
            beside += [(x - label.width - 5, y - label.height - 4), (x - label.width - 5, y + 4)]
            fits = [p for p in beside if p[0] + label.width < plate.width + plate.right and p[0] > 0]
            fits = [p for p in fits if p[1] > -plate.top and p[1] + label.height < plate.height + 4] or beside[3:]
            spots[key] = fits[_clearest(fits, label.width, label.height, tracks)]
            left, top = spots[key]
            filled = [(left + dx, top + dy) for dx in range(0, label.width, 3) for dy in range(0, label.height, 3)]
            tracks = np.concatenate([tracks, np.array(filled)])
        left, top = spots[key]
        for number, text in enumerate(label.lines):
            middle = top + LINE * (number + 0.5)
            plate.text(left, middle, text, words, bold=label.bold, halo=key not in gutter)


def _counted(strip: Strip) -> list[tuple[str, str, int, str]]:
    """For each column of counts, from below: its meaning, its first count and its last in words."""
    counted = []
    for column, meaning in strip.meanings.items():
        first, last = int(strip.frame[column].iloc[0]), int(strip.frame[column].iloc[-1])
        counted.append((column, meaning, first, f"{last} {strip.names[column]}"))
    return counted


def _draw_strip(
    plate: Plate, strip: Strip, counts: Sequence[tuple[str, str, int, str]], time: bool, under: float
) -> None:
    """Counts as areas in steps, one on the other, between the lines and their time axis."""
    foot, tall = plate.height + under, 34
    frame = strip.frame.assign(**{strip.x: pd.to_datetime(strip.frame[strip.x]) if time else strip.frame[strip.x]})
    most = frame[list(strip.meanings)].sum(axis=1).max()
    if not all(plate.x[0] <= _number(day, time) <= plate.x[1] for day in frame[strip.x]):
        raise ValueError(f"the strip {strip.title!r} runs beyond the lines; cut its rows to theirs")
    plate.text(0, foot - tall - 10, strip.title, "mut", halo=True)
    below = pd.Series(0.0, index=frame.index)
    for number, (column, meaning, first, text) in enumerate(counts):
        above = below + frame[column]
        changed = (above.ne(above.shift()) | below.ne(below.shift())) | (frame.index == frame.index[-1])
        rows = [
            {"x": _shown(_number(day, time), time), "y": foot - a / most * tall, "y2": foot - b / most * tall}
            for day, a, b in zip(frame[strip.x][changed], above[changed], below[changed])
        ]
        fill, _, words = _meaning(meaning)
        area = plate.data(rows, f"strip{number}").mark_area(interpolate="step-after", color=LIGHT[fill or "ctx"])
        plate.add(0, area.encode(x=_run(plate), y=_pixel("y"), y2="y2"))
        row = foot - 6 - 18 * number
        plate.text(plate.width + 9, row - 3, text, words, bold=True)
        plate.text(-6, row - 3, str(first), words, bold=True, align="right")
        below = above


# --- Rows: bars, waterfalls, dots, ranges ----------------------------------------------------------


@dataclass
class _Row:
    """A named row: boxes (from, to, meaning), dots (value, meaning, shape), a rule between two, words beside them."""

    name: str
    boxes: list[tuple[float, float, str]] = field(default_factory=list)
    dots: list[tuple[float, str, str]] = field(default_factory=list)
    rule: tuple[float, float] | None = None
    label: str = ""
    before: bool = False  # the words stand before the row's first mark
    colour: str = "ink"
    said: list[tuple[float, str, str]] = field(default_factory=list)  # value, series, text

    @property
    def ends(self) -> tuple[float, float]:
        values = [v for a, b, _ in self.boxes for v in (a, b)] + [v for v, *_ in self.dots]
        return min(values), max(values)


def _rows(
    size: Size,
    rows: Sequence[_Row],
    marks: Sequence[Mark],
    *,
    base: float | None = 0.0,
    thick: int = 21,
    axis: str = "",
    domain: tuple[float, float] | None = None,
    heads: Sequence[tuple[float, str, str]] = (),
    heading: str = "",
) -> Plate:
    """Rows one below the other: names on the left or, on a phone that has no room, above; words behind their ends.

    `base` is where bars stand, `thick` their height, `axis` a format for a scale below, `heads` words with a colour
    above the first row at their values.
    """
    if not rows:
        raise ValueError("there is no row to draw")
    names = max(measure(row.name) for row in rows)
    above = names > (110 if size.narrow else 250)
    step = thick + (26 if above else 11)
    ends = [v for row in rows for v in row.ends] + [m.at for m in marks] + ([] if base is None else [base])
    low, high = _within(domain, ends) or (min(ends), max(ends))
    high = high if high > low else low + 1
    for row in rows:
        row.before |= base is not None and bool(row.boxes) and row.ends[0] < base
    below = [row for row in rows if row.before and row.label]
    gap = 10 + max([measure(row.label, bold=True) + 6 for row in below], default=0)
    left = max(gap if above and below else 1 if above else names + gap, size.left)
    width = size.width - left - max(size.right, 22 if axis or heads else 6)
    for row in rows:  # what stands behind a bar must fit; behind a short one there is more room
        share = (row.ends[1] - low) / (high - low)
        if row.label and row not in below and share > 0:
            width = min(width, (size.width - left - measure(row.label, bold=True) - 10) / share)
    plate = Plate(size, len(rows) * step, 4, size.width - left - width, 30 if axis else 6, left, x=(low, high))
    top = _flags(plate, [(plate.across(m.at), _name(m.name, size)) for m in marks], plate.height, centred=True)
    if heads:
        wide = [measure(text, bold=True) + 8 for _, text, _ in heads]
        middles = dodge([plate.across(v) for v, *_ in heads], wide, -plate.left, plate.width + plate.right)
        for (_, text, colour), middle in zip(heads, middles):
            plate.text(middle, -top - 8, text, colour, bold=True, align="center")
        top += 20
    _head(plate, heading, top, 16)
    for number, row in enumerate(rows):
        _draw_row(plate, row, number * step + (step - thick if above else (step - thick) / 2), thick, above, gap)
        if base is not None and row.boxes:
            rise = 0 if above else 5
            middle = number * step + step / 2
            foot = (number + 1) * step if above else middle + thick / 2 + rise
            plate.rule(plate.across(base), foot - thick - 2 * rise, plate.across(base), foot)
    _frame_rows(plate, axis)
    return plate


def _head(plate: Plate, heading: str, top: float, gap: float) -> None:
    """Make room above the plot for what rises `top` above it, and for the panel's heading above that."""
    if heading:
        plate.heading = heading
        plate.text(-plate.left, -top - gap, heading, "ink", bold=True)
        top += gap + 16
    plate.top = max(plate.top, top + 2)


def _draw_row(plate: Plate, row: _Row, y: float, thick: float, above: bool, gap: float) -> None:
    middle = y + thick / 2
    if above:
        plate.text(-plate.left, y - 10, row.name, "ink", halo=True)
    else:
        plate.text(-gap, middle, row.name, "ink", align="right")
    if row.rule:
        plate.rule(plate.across(row.rule[0]), middle, plate.across(row.rule[1]), middle, "ctx")
    for start, end, meaning in row.boxes:
        plate.box(plate.across(start), y, plate.across(end), y + thick, meaning)
    for value, meaning, shape in row.dots:
        plate.dot(plate.across(value), middle, _stroke(meaning), 5, shape=shape)
    if row.label:
        first, last = (plate.across(end) for end in row.ends)
        at = first - (10 if row.dots else 6) if row.before else last + 8
        plate.text(at, middle, row.label, row.colour, bold=True, align="right" if row.before else "left", halo=True)
    for value, series, text in row.said:
        plate.say(plate.across(value), middle, series, row.name, text)


def _frame_rows(plate: Plate, axis: str) -> None:
    """The horizontal scale of rows, with an axis below if it has a format."""
    ticks = _ticks(*plate.x, most=4 if plate.size.narrow else 5)
    labels = {value: _tick(value, axis, last=value == max(ticks)) for value in ticks} if axis else {}
    labels = {value: text for value, text in labels.items() if plate.across(value) >= measure(text) / 2 - plate.left}
    while any(  # on a short scale labels run into each other: every other one goes
        plate.across(b) - plate.across(a) < (measure(labels[a]) + measure(labels[b])) / 2 + 4
        for a, b in itertools.pairwise(labels)
    ):
        labels = dict(list(labels.items())[::2])
    shown = _axis(labels, grid=True, domain=False, ticks=False) if axis else None
    scale = alt.Scale(domain=list(plate.x), nice=False, zero=False)
    ends = plate.data([{"x": value} for value in plate.x], "scale").mark_rule(opacity=0)
    plate.add(0, ends.encode(x=alt.X("x:Q", scale=scale, axis=shown)))


def bars(
    frame: pd.DataFrame,
    *,
    name: str,
    value: str,
    format: str = "{:,.0f}",
    accent: Mapping[Any, str] | str = "context",
    part: str | None = None,
    sort: bool = True,
    marks: Sequence[Mark] = (),
    heading: str = "",
) -> Drawing:
    """Bars from nothing, the longest first unless `sort` is off, each with its value; `marks` are named dashed lines.

    `accent` is one meaning for all, or one per name. `part` is a column of what is done of each whole: a solid bar in a
    pale one, with "437 of 590" behind.
    """

    def draw(size: Size) -> list[Plate]:
        given = _complete(frame, [name, value, *([part] if part else [])])
        given = given.sort_values(value, ascending=False, kind="stable") if sort else given
        rows = []
        for record in given.to_dict("records"):
            who, whole = str(record[name]), float(record[value])
            meaning = accent if isinstance(accent, str) else accent.get(record[name], "context")
            text, boxes = written(whole, format), [(0.0, whole, meaning)]
            if part:
                done = float(record[part])
                number = written(done, format).split(" ")[0]
                text, boxes = f"{number} of {text}", [(0.0, whole, "promised"), (0.0, done, "ai")]
            words = "ink" if meaning == "context" else _meaning(meaning)[2]
            rows.append(_Row(who, boxes, label=text, colour=words, said=[(whole, "", text)]))
        plate = _rows(size, rows, marks, heading=heading)
        _offer(plate, given[[name, value, *([part] if part else [])]])
        return [plate]

    return Drawing(draw)


def waterfall(
    start: tuple[str, float],
    changes: Mapping[str, float],
    end: tuple[str, float],
    *,
    format: str = "${:,.0f}",
    accent: Mapping[str, str] | None = None,
    heading: str = "",
) -> Drawing:
    """From a value to another by steps that add up: bars for both ends, and between them what took away or added.

    A fall means mining and a rise AI unless `accent` says otherwise (`{"More competition": "context"}`); the ends are
    context. Raises `ValueError` if the steps do not lead to the end.
    """

    def draw(size: Size) -> list[Plate]:
        missed = start[1] + sum(changes.values()) - end[1]
        if abs(missed) > 1e-6 * max(abs(start[1]), abs(end[1])):
            raise ValueError(f"the steps miss the end by {missed:g}; add the step that is left out")
        meant = dict(accent or {})
        rows = [_total(start, format, meant)]
        level = start[1]
        for step, change in changes.items():
            meaning = meant.get(step, "mining" if change < 0 else "ai")
            text = written(change, format.replace("{:", "{:+", 1) if "{:+" not in format else format)
            text = text if change < 0 or text.startswith("+") else "+" + text.replace("+", "")
            rows.append(_Row(step, [(level, level + change, meaning)], label=text, colour=_meaning(meaning)[2]))
            rows[-1].said = [(level + change, "", text)]
            level += change
        rows.append(_total(end, format, meant))
        floor = min(0.0, *(v for row in rows for v in row.ends))
        plate = _rows(
            size, rows, (), base=None, domain=(floor, max(v for row in rows for v in row.ends)), heading=heading
        )
        _join(plate, [start[1], *np.cumsum([start[1], *changes.values()])[1:]], len(rows))
        table = [*[start], *changes.items(), end]
        _offer(plate, pd.DataFrame(table, columns=["step", "value"]))
        return [plate]

    return Drawing(draw)


def _total(end: tuple[str, float], pattern: str, meant: Mapping[str, str]) -> _Row:
    text, meaning = written(end[1], pattern), meant.get(end[0], "context")
    words = "ink" if meaning == "context" else _meaning(meaning)[2]
    return _Row(end[0], [(0.0, end[1], meaning)], label=text, colour=words, said=[(end[1], "", text)])


def _join(plate: Plate, levels: Sequence[float], count: int) -> None:
    """Thin lines from the end of each step to the next; names above the bars on a phone stand in their way."""
    step = plate.height / count
    if step > 40:
        return
    for number, level in enumerate(levels):
        plate.rule(
            plate.across(level), (number + 1) * step - 5.5, plate.across(level), (number + 1) * step + 5.5, "ctx"
        )


def dots(
    frame: pd.DataFrame,
    *,
    name: str,
    values: Mapping[str, Name],
    accent: Mapping[str, str] | str | None = None,
    format: str = "{:,.0f}",
    sort: str | bool = True,
    marks: Sequence[Mark] = (),
    domain: tuple[float, float] | None = None,
    heading: str = "",
) -> Drawing:
    """One to three marks on a line in each row: two make a dumbbell. Each column of `values` has a name, above.

    Rows are sorted by the column `sort`, the first unless named; False keeps their order. A row may lack values, but
    not all. Marks of one column have their value behind them; those of several stand over a scale. `accent` gives
    columns a meaning, or with one column each name, or all.
    """

    def draw(size: Size) -> list[Plate]:
        if not 1 <= len(values) <= len(SHAPES):
            raise ValueError(f"{len(values)} marks in a row; draw one to {len(SHAPES)}")
        columns = list(values)
        _complete(frame, [name])
        given = frame[[name, *columns]].dropna(subset=columns, how="all")
        order = columns[0] if sort is True else sort
        given = given.sort_values(str(order), ascending=False, kind="stable") if order else given
        single = len(columns) == 1
        rows, heads = [], dict[str, tuple[float, str, str]]()
        for record in given.to_dict("records"):
            row = _Row(str(record[name]))
            for column, shape in zip(columns, SHAPES):
                if pd.isna(record[column]):
                    continue
                value, text = float(record[column]), written(float(record[column]), format)
                meaning = _meant(accent, record[name] if single else column)
                row.dots.append((value, meaning, shape))
                row.said.append((value, _name(values[column], size), text))
                if single:
                    row.label, row.colour = text, "ink" if meaning == "context" else _meaning(meaning)[2]
                else:
                    heads.setdefault(column, (value, _name(values[column], size), _meaning(meaning)[2]))
            row.rule = None if single else row.ends
            rows.append(row)
        axis = "" if single else format
        span = domain or _span(rows, marks)
        above = [heads[column] for column in columns if column in heads]
        plate = _rows(size, rows, marks, base=None, thick=12, axis=axis, domain=span, heads=above, heading=heading)
        _offer(plate, given)
        return [plate]

    return Drawing(draw)


def _meant(accent: Mapping[Any, str] | str | None, key: Any) -> str:
    return accent if isinstance(accent, str) else (accent or {}).get(key, "context")


def _span(rows: Sequence[_Row], marks: Sequence[Mark]) -> tuple[float, float]:
    """A scale that reaches a little beyond all that stands on it."""
    ends = [v for row in rows for v in row.ends] + [mark.at for mark in marks]
    room = 0.03 * (max(ends) - min(ends))
    return min(ends) - room, max(ends) + room


def ranges(
    frame: pd.DataFrame,
    *,
    name: str,
    low: str,
    high: str,
    value: str | None = None,
    words: tuple[str, str] | None = None,
    format: str = "{:,.0f}",
    accent: Mapping[Any, str] | str = "context",
    sort: str | bool = False,
    marks: Sequence[Mark] = (),
    domain: tuple[float, float] | None = None,
    heading: str = "",
) -> Drawing:
    """A bar from low to high in each row, with "19 to 21%" behind it and a dot at `value` if it has one.

    A row whose low is its high is a single figure: a diamond, with "$200bn" behind it. A missing `value` draws no dot.
    `words` name the bar and the dot above the first row, and the bar again in each ("said $200bn"), on the side away
    from the dot.
    """

    def draw(size: Size) -> list[Plate]:
        _complete(frame, [name, low, high])
        given = frame[[name, low, high, *([value] if value else [])]]
        order = high if sort is True else sort
        given = given.sort_values(str(order), ascending=False, kind="stable") if order else given
        rows, heads = list[_Row](), list[tuple[float, str, str]]()
        for record in given.to_dict("records"):
            start, end, meaning = float(record[low]), float(record[high]), _meant(accent, record[name])
            if start > end:
                raise ValueError(f"row {record[name]!r} runs from {start:g} down to {end:g}; low comes first")
            text = _between(start, end, format)
            row = _Row(str(record[name]), label=f"{words[0]} {text}" if words else text)
            row.before = bool(words and value and record[value] > end)
            if start < end:
                row.boxes = [(start, end, meaning)]
                row.said = [(start, "low", written(start, format)), (end, "high", written(end, format))]
            else:
                row.dots, row.said = [(start, meaning, "diamond")], [(start, "", written(start, format))]
            if value and pd.notna(record[value]):
                row.dots.append((float(record[value]), "ink", "circle"))
                row.said.insert(1, (float(record[value]), value, written(float(record[value]), format)))
            if words and not heads and len(row.dots) + len(row.boxes) > 1:
                heads = [((start + end) / 2, words[0], _meaning(meaning)[2]), (float(record[value]), words[1], "ink")]
            rows.append(row)
        span = domain or _span(rows, marks)
        plate = _rows(size, rows, marks, base=None, thick=14, axis=format, domain=span, heads=heads, heading=heading)
        _offer(plate, given)
        return [plate]

    return Drawing(draw)


def _between(low: float, high: float, pattern: str) -> str:
    """Two values with the unit once: "19 to 21%"; one if they are written alike."""
    if written(low, pattern) == written(high, pattern):
        return written(high, pattern)
    _, after = _around(pattern)
    return f"{written(low, pattern).removesuffix(after)} to {written(high, pattern)}"


# --- Areas and tiles ------------------------------------------------------------------------------


def areas(
    frame: pd.DataFrame,
    *,
    x: str,
    names: Mapping[str, Name],
    accent: Mapping[str, str],
    format: str = "{:,.0f}",
    gap: Name = "",
    events: Sequence[Event] = (),
    ticks: Mapping[float, str] | Sequence[float] | None = None,
    height: tuple[int, int] = (300, 260),
    heading: str = "",
) -> Drawing:
    """Columns of a frame as areas in steps from nothing, each in front of the one before: promised, then live.

    `names` are what follows each latest value ("6.1 GW contracted"), `accent` their meanings; `gap` names what the last
    lacks of the first ("promised, not yet live"). A row's values hold until the next row; the latest are drawn a little
    beyond their day, so that a step of that day is seen. `heading` names a panel.
    """

    def draw(size: Size) -> list[Plate]:
        given = _complete(frame, [x, *names]).sort_values(x)
        days = pd.to_datetime(given[x]).map(_stamp)
        columns = list(names)
        last = {column: float(given[column].iloc[-1]) for column in columns}
        top = float(given[columns].max().max())
        labels = _labelled(ticks, (0, top * 1.04), format, log=False)
        words = {c: (written(last[c], format), _name(names[c], size)) for c in columns}
        ends = {c: _Label(pair, True) for c, pair in words.items()}
        missing = last[columns[0]] - last[columns[-1]]
        if gap:
            ends["gap"] = _Label((written(missing, format), *_wrapped(_name(gap, size))), False)
        plate = Plate(
            size,
            height=height[1 if size.narrow else 0],
            top=12,
            right=max(label.width for label in ends.values()) + 12,
            bottom=30,
            left=max([measure(text) for text in labels.values()], default=0) + 8,
            x=(days.min(), days.max() + 0.025 * (days.max() - days.min())),
            y=(0, top * 1.04),
            time=True,
        )
        spots = [(plate.across(_stamp(e.at)), _name(e.name, size)) for e in events if _inside(e, plate)]
        _head(plate, heading, _flags(plate, spots, plate.height), 0)
        rows = [
            {"x": _shown(day, True), **{f"y{n}": float(value) for n, value in enumerate(record)}}
            for day, record in zip(days, given[columns].itertuples(index=False))
        ]
        plate.data(rows, "values")
        plate.table("values", {"x": x} | {f"y{n}": column for n, column in enumerate(columns)})
        plate.data([*rows, {**rows[-1], "x": _shown(plate.x[1], True)}], "steps")
        across = _run(plate, _axis(_days(days.min(), days.max(), plate.width)))
        scale = alt.Scale(domain=list(plate.y), nice=False, zero=False)
        for number, column in enumerate(columns):
            fill, edge, _ = _meaning(accent.get(column, "context"))
            up = alt.Y(f"y{number}:Q", scale=scale, axis=_axis(labels))
            base = alt.Chart(alt.NamedData(name="steps"))
            area = base.mark_area(interpolate="step-after", color=LIGHT[fill or "bg"]).encode(x=across, y=up)
            plate.add(2, area)
            if edge:
                line = base.mark_line(interpolate="step-after", color=LIGHT[edge], strokeWidth=1.5)
                plate.add(2, line.encode(x=across, y=up))
        for day, record in zip(days, given[columns].itertuples(index=False)):
            for column, value in zip(columns, record):
                where = (plate.across(day), plate.down(value))
                plate.say(*where, _name(names[column], size), _place(day, True, ""), written(value, format))
        plate.rule(0, plate.height, plate.width, plate.height)
        _name_areas(plate, ends, last, accent, missing)
        return [plate]

    return Drawing(draw)


def _inside(event: Event, plate: Plate) -> bool:
    return plate.x[0] < _number(event.at, plate.time) <= plate.x[1]


def _wrapped(text: str) -> tuple[str, ...]:
    """Words over two lines, at a break or at their comma, or in one."""
    if "\n" in text:
        return tuple(text.split("\n"))
    first, comma, rest = text.partition(", ")
    return (f"{first},", rest) if comma else (text,)


def _name_areas(
    plate: Plate, ends: Mapping[str, _Label], last: Mapping[str, float], accent: Mapping[str, str], missing: float
) -> None:
    """Value and name beside the end of each area, moved apart."""
    columns = list(last)
    middles = {column: plate.down(value) + 8 for column, value in last.items()}
    if "gap" in ends:
        middles["gap"] = plate.down(last[columns[-1]] + missing / 2)
    placed = dodge([middles[key] for key in ends], [ends[key].height for key in ends], -plate.top + 2, plate.height + 8)
    for (key, label), middle in zip(ends.items(), placed):
        colour = "mut" if key == "gap" else _meaning(accent.get(key, "context"))[2]
        for number, text in enumerate(label.lines):
            y = middle - label.height / 2 + LINE * (number + 0.5)
            plate.text(plate.width + 9, y, text, colour, bold=label.bold)


@dataclass(frozen=True)
class Count:
    """So many of one kind: tiles of a meaning, with what they are in words ("18 ahead" is Count(18, "ai", "ahead"))."""

    number: int
    meaning: str
    name: str = ""


def tiles(rows: Mapping[str, Sequence[Count] | Count]) -> Drawing:
    """Counts that a reader can count: a row of tiles for each name, or for a whole and its parts.

    One `Count` a row stands beside its name with its number behind it; several stand under it, each with its words.
    """

    def draw(size: Size) -> list[Plate]:
        parts = {name: [counts] if isinstance(counts, Count) else list(counts) for name, counts in rows.items()}
        most = max((sum(part.number for part in counts) for counts in parts.values()), default=0)
        if not 1 <= most <= 60:
            raise ValueError(f"{most} tiles in a row; a reader counts up to some sixty: draw bars")
        single = all(len(counts) == 1 for counts in parts.values())
        names = max(measure(name) for name in rows) if single else 0
        above = single and names > (150 if size.narrow else 300)
        left = names + 12 if single and not above else 0
        step = min(20.0, (size.width - left - (34 if single else 4)) / most)
        tall, high = (34, 18) if single and not above else (56, 20) if single else (82, 20)
        plate = Plate(size, len(parts) * tall, 2, size.width - left - most * step, 2, left, x=(0, most))
        for number, (name, counts) in enumerate(parts.items()):
            y = number * tall + (8 if left else 26)
            plate.text(-12 if left else 0, y + 9 if left else y - 15, name, "ink", align="right" if left else "left")
            if not single:
                plate.datasets["words"][-1]["weight"] = "bold"
            _lay(plate, name, counts, y, step, high, single)
        _frame_rows(plate, "")
        table = [(name, part.name, part.number) for name, counts in parts.items() for part in counts]
        _offer(plate, pd.DataFrame(table, columns=["row", "part", "count"]))
        return [plate]

    return Drawing(draw)


def _lay(plate: Plate, name: str, counts: Sequence[Count], y: float, step: float, high: float, single: bool) -> None:
    """The tiles of one row, and their words: behind them if there is one part, else below each."""
    at, words = 0, []
    for part in counts:
        for place in range(at, at + part.number):
            plate.box(place * step + 0.5, y, (place + 0.8) * step, y + high, part.meaning, corner=2)
        text = str(part.number) if single else f"{part.number} {part.name}".strip()
        plate.say((at + part.number / 2) * step, y + high / 2, "" if single else part.name, name, str(part.number))
        words.append(((at + part.number / 2) * step, text, _meaning(part.meaning)[2]))
        at += part.number
    if single:
        plate.text(at * step + 5, y + high / 2, words[0][1], "ink", bold=True)
        return
    wide = [measure(text, bold=True) + 8 for _, text, _ in words]
    middles = dodge([middle for middle, *_ in words], wide, -4, plate.size.width + 4)
    for (_, text, colour), middle in zip(words, middles):
        plate.text(middle, y + high + 12, text, colour, bold=True, align="center")


def _complete(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The columns of a frame; raises `ValueError` for one that it lacks, and for a missing or infinite value."""
    if missing := [column for column in columns if column not in frame]:
        raise ValueError(f"the frame has no column {missing[0]!r}; it has {', '.join(map(str, frame.columns))}")
    for column in columns:
        empty = frame[column].isna() | frame[column].isin([math.inf, -math.inf])
        if empty.any():
            raise ValueError(f"column {column!r} has no value in {int(empty.sum())} rows; leave those out")
    return frame[list(dict.fromkeys(columns))]


def _offer(plate: Plate, frame: pd.DataFrame) -> None:
    """The rows for download, as they are."""
    plain = json.loads(frame.to_json(orient="records", date_format="iso", double_precision=10))
    plate.data(plain, "table")
    plate.table("table", {column: column for column in frame.columns})


def panels(*drawings: Drawing, columns: int = 1, aligned: bool = True) -> Drawing:
    """Drawings one below the other, or in `columns` where there is room; give each a `heading`.

    Their plots begin and end alike; not `aligned`, each takes the room that its own names leave.
    """

    def draw(size: Size) -> list[Plate]:
        across = 1 if size.narrow else columns
        part = replace(size, width=size.width // across)
        plates = [plate for drawing in drawings for plate in drawing.draw(part)]
        if not aligned:
            return plates
        part = replace(part, left=max(p.left for p in plates), right=max(p.right for p in plates))
        return [plate for drawing in drawings for plate in drawing.draw(part)]

    return Drawing(draw)
