"""What forms draw on: a panel with its scales, in the size of a column or a phone, and colours by what they mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from minerpivot.page.drawing import LIGHT, SAID, WIDTHS, measure
from minerpivot.page.words import in_words

SHAPES = ("circle", "square", "diamond")  # so that colour is never the only sign
LEVELS = {  # of what stands at pixels: the higher is drawn above the lower
    **{"boxes": 0, "rules": 1, "dashes": 3},
    **{f"{shape}s": 4 for shape in SHAPES},
    **{"words": 5, "halo": 5, SAID: 6},
}
LINE = 17  # pixels from one line of text to the next
SHORT = 4  # pixels of a dashed line that would be read as a letter

Name = str | tuple[str, str]  # for a column and for a phone, or one for both


class Meaning(NamedTuple):
    """The colours of what means something, by their names in `drawing.COLOURS`."""

    fill: str
    edge: str
    words: str

    @property
    def stroke(self) -> str:
        """Of a line or a dot, which a pale fill would be lost in."""
        return self.edge or self.fill


MEANINGS = {
    "ai": Meaning("ai", "", "ai"),
    "mining": Meaning("min", "", "min"),
    "promised": Meaning("soft", "ai", "ai"),
    "doubtful": Meaning("minsoft", "min", "min"),
    "context": Meaning("ctx", "", "mut"),
    "open": Meaning("", "ctx", "mut"),
    "ink": Meaning("ink", "", "ink"),
}


def meaning(name: str) -> Meaning:
    """The colours of a meaning; raises `ValueError` for one that there is not."""
    if name not in MEANINGS:
        raise ValueError(f"no meaning {name!r}; take one of {', '.join(MEANINGS)}")
    return MEANINGS[name]


@dataclass(frozen=True)
class Size:
    """What a form draws for: a column or a phone, and how many pixels of it."""

    name: str
    width: int
    left: float = 0  # at least so much beside the plot, so that panels line up
    right: float = 0
    above: bool = False  # names stand above their rows, as they must in another panel

    @property
    def narrow(self) -> bool:
        """Whether it is a phone."""
        return self.name == "narrow"

    def word(self, name: Name) -> str:
        """A name as this size has it; raises `ValueError` for an empty one."""
        text = name if isinstance(name, str) else name[self.narrow]
        if not text.strip():
            raise ValueError("a line, a mark or an event has an empty name; give it one")
        return text


WIDE = Size("wide", WIDTHS["wide"])


@dataclass(frozen=True)
class Drawing:
    """A form with its data; it is laid out when it is shown. `draw` gives the panels of one size."""

    draw: Callable[[Size], list[Plate]]


def panels(*drawings: Drawing, columns: int = 1, aligned: bool = True) -> Drawing:
    """Drawings one below the other, or in `columns` where there is room; give each a `heading`.

    Their plots begin and end alike; not `aligned`, each takes the room that its own names leave.
    """

    def drawn(part: Size) -> list[Plate]:
        return [plate for drawing in drawings for plate in drawing.draw(part)]

    def draw(size: Size) -> list[Plate]:
        beside = 1 if size.narrow else columns
        part = replace(size, width=size.width // beside)
        plates = drawn(part)
        if not aligned:
            return plates
        if len({plate.above for plate in plates}) > 1:
            part = replace(part, above=True)
            plates = drawn(part)
        right = max(plate.right for plate in plates) + (12 if beside > 1 else 0)  # words end before the next panel
        return drawn(replace(part, left=max(plate.left for plate in plates), right=right))

    return Drawing(draw)


def stamp(day: Any) -> float:
    """A day in milliseconds, as a scale of time counts."""
    return float(pd.Timestamp(day).value // 10**6)


def bounded(ends: Iterable[float], **style: Any) -> alt.Scale:
    """A scale from one end to the other and no further."""
    return alt.Scale(domain=list(ends), nice=False, zero=False, **style)


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
    above: bool = False  # whether names stand above their rows

    # --- scales

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

    def along(self, axis: alt.Axis | None = None) -> alt.X:
        """The horizontal scale of rows with an `x`: days as the same everywhere, or a number."""
        scale = bounded(self.x, type="utc" if self.time else "linear")
        return alt.X(f"x:{'T' if self.time else 'Q'}", scale=scale, axis=axis or alt.Undefined)

    def number(self, place: Any) -> float:
        """A place on the horizontal scale as a number."""
        return stamp(place) if self.time else float(place)

    def kept(self, place: float) -> Any:
        """A place on the horizontal scale as it stands in a dataset."""
        return f"{pd.Timestamp(place, unit='ms'):%Y-%m-%d}" if self.time else place

    def told(self, place: float, pattern: str = "") -> str:
        """A place on the horizontal scale as a tap names it: a day in words, or a number by a format string."""
        return in_words(pd.Timestamp(place, unit="ms")) if self.time else pattern.format(place)

    # --- data, and words and shapes at pixels

    def data(self, rows: Iterable[Mapping[str, Any]], name: str) -> alt.Chart:
        """A chart of rows, stored under `name`."""
        self.datasets[name] = [*map(dict, rows)]
        return alt.Chart(alt.NamedData(name=name))

    def add(self, level: int, chart: alt.Chart) -> None:
        """Draw a chart above those of lower levels."""
        self.layers.append((level, chart))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        colour: str = "mut",
        *,
        align: str = "left",
        bold: bool = False,
        halo: bool = False,
    ) -> None:
        """A word at a pixel, with a `halo` where it crosses a line; `y` is its middle."""
        row = {"x": x, "y": y, "text": text, "colour": LIGHT[colour], "align": align}
        self._put("halo" if halo else "words", row | {"weight": "bold" if bold else "normal"})

    def rule(self, x: float, y: float, x2: float, y2: float, colour: str = "mut", *, dash: bool = False) -> None:
        """A straight line of one pixel."""
        self._put("dashes" if dash else "rules", {"x": x, "y": y, "x2": x2, "y2": y2, "colour": LIGHT[colour]})

    def level(self, value: float) -> None:
        """A line across the plot at a value."""
        self.rule(0, self.down(value), self.width, self.down(value))

    def dot(self, x: float, y: float, colour: str, radius: float = 4, *, shape: str = "circle") -> None:
        """A dot of one of the shapes."""
        size = math.pi * radius**2  # squares and diamonds of a circle's area
        self._put(f"{shape}s", {"x": x, "y": y, "colour": LIGHT[colour], "size": size})

    def box(self, x: float, y: float, x2: float, y2: float, means: str, *, corner: float = 0) -> None:
        """A filled box in the colours of a meaning; one with an edge stands on half pixels."""
        fill, edge, _ = meaning(means)
        off = 0.5 if edge else 0
        row = {"x": min(x, x2) + off, "y": y + off, "x2": max(x, x2) - off, "y2": y2 - off, "corner": corner}
        self._put("boxes", row | {"fill": LIGHT.get(fill), "edge": LIGHT.get(edge)})

    def say(self, x: float, y: float, series: str, where: str, value: str) -> None:
        """What a tap near a pixel says."""
        self._put(SAID, {"x": x, "y": y, "said": f"{series}\t{where}\t{value}"})

    def _put(self, name: str, row: dict[str, Any]) -> None:
        self.datasets.setdefault(name, []).append(row)

    def table(self, name: str, columns: Mapping[str, str]) -> None:
        """Offer a dataset's fields for download, each under a name of its own."""
        self.tables.append({"dataset": name, "columns": dict(columns)})

    # --- as Vega-Lite

    def spec(self) -> dict[str, Any]:
        """The panel as Vega-Lite, its datasets named."""
        layers = sorted([*self.layers, *self._furniture()], key=lambda pair: pair[0])
        pad = {"top": self.top, "right": self.right, "bottom": self.bottom, "left": self.left}
        size = {"width": self.width, "height": self.height, "padding": pad, "autosize": alt.AutoSizeParams(type="none")}
        whole = alt.layer(*(chart for _, chart in layers), **size)  # set later, they would have all copied
        spec = whole.to_dict(validate=False)  # tests/page/charts/test_forms.py holds every form against the schema
        spec.pop("config", None)
        return spec | {"datasets": self.datasets | self._paused()}

    def _paused(self) -> dict[str, list[dict[str, Any]]]:
        """The upright dashed lines, broken where words stand on them: a line through a number is read as part of it."""
        whole = self.datasets.get("dashes", [])
        boxes = [_box(row) for name in ("words", "halo") for row in self.datasets.get(name, [])]
        parts = []
        for row in whole:
            top, foot = sorted((row["y"], row["y2"]))
            for high, low in sorted((high, low) for left, right, high, low in boxes if left < row["x"] < right):
                if top < low and high < foot:
                    parts += [row | {"y": top, "y2": high}] if high - top > SHORT else []
                    top = max(top, low)
            parts += [row | {"y": top, "y2": foot}] if foot - top > SHORT else []
        return {"dashes": parts} if whole else {}

    def _furniture(self) -> Iterator[tuple[int, alt.Chart]]:
        """What stands at pixels, each kind as one layer. Channels are objects, for Altair takes long to read text."""
        ends, colour = {"x2": alt.X2("x2"), "y2": alt.Y2("y2")}, alt.Color("colour:N", scale=None)
        for name, level in LEVELS.items():
            if name not in self.datasets:
                continue
            chart = alt.Chart(alt.NamedData(name=name), name=name if name in (SAID, "halo") else alt.Undefined)
            chart = chart.encode(x=alt.X("x:Q", scale=None, axis=None), y=pixel_y())
            match name:
                case "boxes":
                    paint = {"stroke": alt.Stroke("edge:N", scale=None), "fill": alt.Fill("fill:N", scale=None)}
                    chart = chart.mark_rect(cornerRadius={"expr": "datum.corner"}).encode(**ends, **paint)
                case "rules" | "dashes":
                    chart = chart.mark_rule(strokeDash=[3, 3] if name == "dashes" else alt.Undefined)
                    chart = chart.encode(**ends, color=colour)
                case "words" | "halo":
                    align, weight = alt.expr("datum.align"), alt.expr("datum.weight")
                    chart = chart.mark_text(align=align, fontWeight=weight, baseline="middle")
                    chart = chart.encode(text=alt.Text("text:N"), color=colour)
                case _ if name == SAID:
                    chart = chart.mark_point(opacity=0).encode(description=alt.Description("said:N"))
                case _:
                    chart = chart.mark_point(shape=name.removesuffix("s"), filled=True, opacity=1)
                    chart = chart.encode(color=colour, size=alt.Size("size:Q", scale=None))
            yield level, chart


def _box(row: Mapping[str, Any]) -> tuple[float, float, float, float]:
    """The left and right, upper and lower end of a word."""
    wide = measure(row["text"], bold=row["weight"] == "bold")
    left = row["x"] - wide * {"left": 0, "center": 0.5, "right": 1}[row["align"]]
    return left, left + wide, row["y"] - 8, row["y"] + 8


def pixel_y() -> alt.Y:
    """The vertical place of what stands at pixels."""
    return alt.Y("y:Q", scale=None, axis=None)
