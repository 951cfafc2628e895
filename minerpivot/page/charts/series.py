"""Lines over days or over a number, each named at its end, and a strip of counts below them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from minerpivot.page.charts import axes
from minerpivot.page.charts.frames import know
from minerpivot.page.charts.labels import Event, Label, Mark, clearest, dodge, head, name_events, name_level, tracks
from minerpivot.page.charts.numbers import Format, written
from minerpivot.page.charts.plate import WIDE, Drawing, Name, Plate, Size, bounded, meaning, pixel_y, stamp
from minerpivot.page.drawing import LIGHT, SAID, measure

UNDER = 62  # pixels between lines and their time axis, where a strip of counts stands
TALL = 34  # pixels of the most counts in a strip
DASHES: dict[str, list[float]] = {
    "long": [9, 3],
    "dots": [1.5, 3],
}  # of context, by `dashes`; what rests on few members has [3, 3]


@dataclass(frozen=True)
class Strip:
    """Counts below lines, on their time scale: how many members stand behind them. `meanings` orders from below."""

    frame: pd.DataFrame
    x: str
    meanings: Mapping[str, str]  # column of counts -> meaning
    names: Mapping[str, str]  # column -> what follows its last count ("signed")
    title: str

    def latest(self, column: str) -> str:
        """The last count of a column in words."""
        return f"{int(self.frame[column].iloc[-1])} {self.names[column]}"


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
    ticks: axes.Ticks = None,
    x_ticks: Mapping[Any, Name] | None = None,
    place: str = "{:g}",
    marks: Sequence[Mark] = (),
    events: Sequence[Event] = (),
    thin: str | None = None,
    dashes: Mapping[Any, str] | None = None,
    at_end: Mapping[Any, str] | None = None,
    strip: Strip | None = None,
    heading: str = "",
    height: tuple[int, int] = (300, 290),
) -> Drawing:
    """Lines over days or over a number, each named at its end with its latest value; a missing value is a gap.

    `by` tells the lines apart, `names` names each (all of them, or none if the values of `by` are names), `accent`
    gives at most two a meaning (or the one line, without `by`). `zero` starts the scale at nothing; `domain` sets it.
    `ticks` are values or labels on the vertical scale, `x_ticks` labels on the horizontal one; `place` is how a tap
    names a number there. `format` may be a function if `ticks` have labels (an index told as a return). `thin` is a
    column of flags: rows drawn thin and dashed, as they rest on few members. `dashes` (line -> "long" or "dots") tells
    grey lines apart that cross. `at_end` gives words (by line) for one whose drawn end is not its last value, as it
    leaves the scale. `height` is of the plot, in a column and on a phone; `heading` names a panel.
    """
    meant = {"": accent} if isinstance(accent, str) else dict(accent or {})

    def draw(size: Size) -> list[Plate]:
        rows, time = _tidy(frame, x, y, by, thin)
        _check(rows, meant, names, dashes or {})
        span = rows["x"].min(), rows["x"].max()
        if not span[0] < span[1]:
            raise ValueError("a line needs two places to run between; draw bars or dots")
        given = {key: names[key] if names is not None else str(key) for key in rows["key"].unique()}
        named = {key: size.word(name) if by else "" for key, name in given.items()}
        series = {key: WIDE.word(name) if by else "value" for key, name in given.items()}
        full = rows.dropna(subset="y")
        values = [*full["y"], *(mark.at for mark in marks)]
        scale = axes.within(domain, values) or axes.reach(values, log=log, zero=zero)
        labels = axes.labelled(ticks, scale, format, log=log)
        last = {key: (x, y) for key, x, y in zip(full["key"], full["x"], full["y"])}  # rows stand in order of x
        said = {key: written(y, format) for key, (_, y) in last.items()} | dict(at_end or {})
        ends = {key: _end(named[key], said[key], key in meant, size) for key in last}
        room = [label.width for key, label in ends.items() if _reaches(last[key][0], span)]
        room += [measure(strip.latest(column), bold=True) for column in strip.meanings] if strip else []
        under = UNDER if strip else 0
        plate = Plate(
            size,
            height=height[size.narrow],
            top=12,
            right=max(max(room, default=0) + 12, size.right),
            bottom=30 + under,
            left=max(axes.gutter(labels), size.left),
            x=span,
            y=scale,
            log=log,
            time=time,
        )
        head(plate, heading, name_events(plate, events, plate.height + under), 20)
        order = [*(key for key in series if key not in meant), *meant]
        points, thinly = _points(plate, rows, {key: series[key] for key in order}, format, place, told=bool(by))
        across = plate.along(axes.axis(_below(plate, x_ticks), offset=under))
        vertical = bounded(plate.y, type="log" if log else "linear")
        up = alt.Y("y:Q", scale=vertical, axis=axes.axis(labels))
        for value, text in labels.items():
            if value == 0 or text == "start":
                plate.level(value)
        plate.data(points, "values")
        plate.table("values", ({"series": by} if by else {}) | {"x": x, "y": y})
        apart = alt.Detail("series:N")
        grey = [key for key in order if key not in meant]
        groups = [
            ([series[key] for key in grey if (dashes or {}).get(key) == pattern], "context", pattern)
            for pattern in (None, *DASHES)
        ]
        groups += [([series[key]], colour, None) for key, colour in meant.items()]
        for number, (drawn, colour, pattern) in enumerate(group for group in groups if group[0]):
            style = {"x": across, "y": up, "color": alt.value(LIGHT[meaning(colour).stroke]), "detail": apart}
            _draw(plate, drawn, thinly, number, 1.5 if colour == "context" else 2.75, style, pattern)
        taps = alt.Chart(alt.NamedData(name="values"), name=SAID).transform_filter("isValid(datum.said)")
        plate.add(6, taps.mark_point(opacity=0).encode(x=across, y=up, description=alt.Description("said:N")))
        for mark in marks:
            plate.level(mark.at)
        covered = tracks(plate, rows)
        for mark in marks:
            name_level(plate, mark, covered)
        _name_ends(plate, ends, last, meant, covered, lowest=plate.height + (0 if strip else 12))
        if strip:
            _draw_strip(plate, strip)
        return [plate]

    return Drawing(draw)


def _tidy(frame: pd.DataFrame, x: str, y: str, by: str | None, thin: str | None) -> tuple[pd.DataFrame, bool]:
    """Rows of key, x, y and flag, in order of time; days in milliseconds, as the scale counts them."""
    know(frame, filter(None, (x, y, by, thin)))
    places = frame[x] if pd.api.types.is_numeric_dtype(frame[x]) else pd.to_datetime(frame[x])
    time = pd.api.types.is_datetime64_any_dtype(places)
    rows = pd.DataFrame(
        {
            "key": frame[by] if by else "",
            "x": [stamp(day) for day in places] if time else places.astype(float),
            "y": frame[y].astype(float),
            "thin": frame[thin].astype(bool) if thin else False,
        }
    )
    return rows.sort_values("x", kind="stable").reset_index(drop=True), time


def _check(
    rows: pd.DataFrame, accent: Mapping[Any, str], names: Mapping[Any, Name] | None, dashes: Mapping[Any, str]
) -> None:
    """Raise `ValueError` for lines that cannot be told apart or drawn."""
    keys = list(rows["key"].unique())
    if unknown := [key for key in accent if key not in keys]:
        raise ValueError(
            f"accent names {str(unknown[0])!r}, which no line is; the lines are {', '.join(map(str, keys))}"
        )
    if wrong := [key for key, pattern in dashes.items() if key in accent or pattern not in DASHES]:
        raise ValueError(f"dashes of {str(wrong[0])!r}: of a grey line, one of {', '.join(DASHES)}")
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


def _below(plate: Plate, x_ticks: Mapping[Any, Name] | None) -> Mapping[float, str]:
    """Labels of the horizontal axis: those given, or days or round numbers."""
    if x_ticks:
        return axes.apart(plate, {plate.number(at): plate.size.word(name) for at, name in x_ticks.items()})
    if plate.time:
        return axes.apart(plate, axes.days(*plate.x, plate.width))
    return axes.apart(plate, {value: f"{value:,g}" for value in axes.round_values(*plate.x)})


def _points(
    plate: Plate, rows: pd.DataFrame, series: Mapping[Any, str], pattern: Format, place: str, *, told: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The points of each line with what a tap says of them, and those between which a line is thin and dashed."""
    if len(set(series.values())) < len(series):
        raise ValueError(f"two lines have one name; tell them apart ({', '.join(series.values())})")
    points, thinly = list[dict[str, Any]](), list[dict[str, Any]]()
    for key, name in series.items():
        group = rows[rows["key"] == key]
        dashed = group["thin"] | group["thin"].shift(fill_value=False)  # from a thin row to the next
        solid = ~(group["thin"] & group["thin"].shift(-1, fill_value=True))
        for at, value, is_dashed, is_solid in zip(group["x"], group["y"], dashed, solid):
            known = None if math.isnan(value) else value
            point = {"series": name, "x": plate.kept(at), "y": known}
            if is_dashed:
                thinly.append(point.copy())
            if known is not None:
                point["said"] = f"{name if told else ''}\t{plate.told(at, place)}\t{written(value, pattern)}"
            points.append(point | ({"solid": is_solid} if rows["thin"].any() else {}))
    return points, thinly


def _draw(
    plate: Plate,
    names: Sequence[str],
    thinly: Sequence[Mapping[str, Any]],
    number: int,
    width: float,
    style: Any,
    pattern: str | None = None,
) -> None:
    """Lines of one colour, and their thin parts as a dataset of their own."""
    solid = alt.Chart(alt.NamedData(name="values"))
    solid = solid.transform_filter(alt.FieldOneOfPredicate(field="series", oneOf=list(names)))
    solid = solid.transform_filter("datum.solid") if thinly else solid
    dash = DASHES[pattern] if pattern else alt.Undefined
    plate.add(2, solid.mark_line(strokeWidth=width, strokeDash=dash).encode(**style))
    if parts := [row for row in thinly if row["series"] in names]:
        dotted = plate.data(parts, f"thin{number}").mark_line(strokeWidth=1.5, strokeDash=[3, 3])
        plate.add(2, dotted.encode(**style))


# --- Names at the ends ----------------------------------------------------------------------------


def _end(name: str, value: str, main: bool, size: Size) -> Label:
    """Name and value, which take two lines on a phone if they are long or of a line in colour."""
    whole = f"{name}{':' if name[-1:].isdigit() else ''} {value}".strip()  # "2020: 81", not "2020 81"
    two = size.narrow and bool(name) and (main or measure(whole) > 96)
    return Label((name, value) if two else (whole,), main)


def _reaches(place: float, span: tuple[float, float]) -> bool:
    """Whether a line that ends at `place` ends where the drawing does, so that its name stands in the gutter."""
    return place >= span[1] - 0.02 * (span[1] - span[0])


def _name_ends(
    plate: Plate,
    ends: Mapping[Any, Label],
    last: Mapping[Any, tuple[float, float]],
    accent: Mapping[Any, str],
    covered: np.ndarray,
    *,
    lowest: float,
) -> None:
    """A dot, name and value at the end of each line: in the gutter, moved apart, or beside a line that ends early."""
    gutter = [key for key in ends if _reaches(last[key][0], plate.x)]
    heights = [ends[key].height for key in gutter]
    middles = dodge([plate.down(last[key][1]) for key in gutter], heights, -plate.top + 2, lowest)
    tops = {key: middle - ends[key].height / 2 for key, middle in zip(gutter, middles)}
    for key, label in ends.items():
        x, y = plate.across(last[key][0]), plate.down(last[key][1])
        colours = meaning(accent.get(key, "context"))
        plate.dot(x, y, colours.stroke, 4 if key in accent else 2.5)
        if key in tops:
            label.put(plate, plate.width + 9, tops[key], colours.words)
            continue
        left, top = _beside(plate, label, x, y, covered)
        label.put(plate, left, top, colours.words, halo=True)
        box = itertools.product(range(0, label.width, 3), range(0, label.height, 3))
        covered = np.concatenate([covered, [(left + dx, top + dy) for dx, dy in box]])


def _beside(plate: Plate, label: Label, x: float, y: float, covered: np.ndarray) -> tuple[float, float]:
    """Where a label stands clearest beside the end of a line: right of it, above or below."""
    above, below = y - label.height - 4, y + 4
    right, left = x + 5, x - label.width - 5
    places = [(x + 9, y - label.height / 2), (right, above), (right, below), (left, above), (left, below)]
    fits = [
        (a, b)
        for a, b in places
        if 0 < a < plate.width + plate.right - label.width and -plate.top < b < plate.height + 4 - label.height
    ]
    return clearest(fits or places[3:], label.width, label.height, covered)


# --- The strip ------------------------------------------------------------------------------------


def _draw_strip(plate: Plate, strip: Strip) -> None:
    """Counts as areas in steps, one on the other, between the lines and their time axis."""
    foot = plate.height + UNDER
    counts = strip.frame[list(strip.meanings)]
    places = [plate.number(place) for place in strip.frame[strip.x]]
    if not all(plate.x[0] <= place <= plate.x[1] for place in places):
        raise ValueError(f"the strip {strip.title!r} runs beyond the lines; cut its rows to theirs")
    plate.text(0, foot - TALL - 10, strip.title, halo=True)
    tops = foot - counts.cumsum(axis=1) / counts.sum(axis=1).max() * TALL
    below = pd.Series(float(foot), index=counts.index)
    for number, (column, means) in enumerate(strip.meanings.items()):
        above = tops[column]
        changed = above.ne(above.shift()) | below.ne(below.shift())
        changed.iloc[-1] = True
        rows = [
            {"x": plate.kept(place), "y": high, "y2": low}
            for place, high, low, new in zip(places, above, below, changed)
            if new
        ]
        fill, _, words = meaning(means)
        area = plate.data(rows, f"strip{number}").mark_area(interpolate="step-after", color=LIGHT[fill or "ctx"])
        plate.add(0, area.encode(x=plate.along(), y=pixel_y(), y2=alt.Y2("y2")))
        row = foot - 9 - 18 * number
        plate.text(plate.width + 9, row, strip.latest(column), words, bold=True)
        plate.text(-6, row, str(int(counts[column].iloc[0])), words, bold=True, align="right")
        below = above
