"""Named rows one below the other: bars, the steps of a waterfall, marks on a line, ranges."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import altair as alt
import pandas as pd

from minerpivot.page.charts import axes
from minerpivot.page.charts.frames import complete, descending, know, offer
from minerpivot.page.charts.labels import Mark, flags, head, row_of_words
from minerpivot.page.charts.numbers import between, tick, written
from minerpivot.page.charts.plate import SHAPES, Drawing, Name, Plate, Size, bounded, meaning
from minerpivot.page.drawing import measure

Accent = Mapping[Any, str] | str | None  # what each name means, or all
Words = tuple[float, str, str]  # words over a value, in a colour


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
    pale one, with "437 of 590" behind, or the whole alone where all of it is done.
    """

    def draw(size: Size) -> list[Plate]:
        given = complete(frame, [name, value, *([part] if part else [])])
        given = descending(given, value if sort else None)
        rows = []
        for record in given.to_dict("records"):
            whole, means = float(record[value]), _meant(accent, record[name])
            row = _bar(str(record[name]), whole, written(whole, format), means)
            if part:
                done = float(record[part])
                if done < whole or done == 0:
                    row.label = f"{written(done, format).split(' ')[0]} of {row.label}"
                row.boxes = [(0.0, whole, "promised"), (0.0, done, "ai")]
                row.said = [(whole, "", row.label)]
            rows.append(row)
        plate = _plate(size, rows, marks, from_zero=True, heading=heading)
        offer(plate, given)
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
        meant = accent or {}
        levels = [*itertools.accumulate([start[1], *changes.values()])]
        rows = [_bar(who, level, written(level, format), meant.get(who, "context")) for who, level in (start, end)]
        for (step, change), (old, new) in zip(changes.items(), itertools.pairwise(levels)):
            means = meant.get(step, "mining" if change < 0 else "ai")
            text = written(change, format) if change < 0 else "+" + written(change, format).replace("+", "")
            words = meaning(means).words
            row = _Row(step, [(old, new, means)], label=text, colour=words, said=[(new, "", text)])
            rows.insert(-1, row)
        reached = [value for row in rows for value in row.ends]
        plate = _plate(size, rows, (), domain=(min(0.0, *reached), max(reached)), heading=heading)
        high = plate.height / len(rows)
        if high <= 40:  # else names above the bars on a phone stand in the way of lines from step to step
            for number, level in enumerate(levels, 1):
                at = plate.across(level)
                plate.rule(at, number * high - 5.5, at, number * high + 5.5, "ctx")
        offer(plate, pd.DataFrame([start, *changes.items(), end], columns=["step", "value"]))
        return [plate]

    return Drawing(draw)


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
    keyed: bool = False,
) -> Drawing:
    """One to three marks on a line in each row: two make a dumbbell. Each column of `values` has a name, above.

    Names stand over the first row's marks or, if `keyed`, behind a mark each in the order of the columns: alike in
    all panels, whichever mark is first.

    Rows are sorted by the column `sort`, the first unless named; False keeps their order. A row may lack values, but
    not all. Marks of one column have their value behind them; those of several stand over a scale. `accent` gives
    columns a meaning, or with one column each name, or all.
    """

    def draw(size: Size) -> list[Plate]:
        if not 1 <= len(values) <= len(SHAPES):
            raise ValueError(f"{len(values)} marks in a row; draw one to {len(SHAPES)}")
        columns, single = list(values), len(values) == 1
        complete(frame, [name])
        know(frame, columns)
        given = frame[[name, *columns]].dropna(subset=columns, how="all")
        given = descending(given, _order(sort, columns[0]))
        rows, heads = [], dict[str, Words]()
        for record in given.to_dict("records"):
            row = _Row(str(record[name]))
            for column, shape in zip(columns, SHAPES):
                if pd.isna(record[column]):
                    continue
                value, means = float(record[column]), _meant(accent, record[name] if single else column)
                word, text = size.word(values[column]), written(float(record[column]), format)
                row.dots.append((value, means, shape))
                row.said.append((value, word, text))
                if single:
                    row.label, row.colour = text, _words(means)
                heads.setdefault(column, (value, word, meaning(means).words))
            row.rule = not single
            rows.append(row)
        above = [] if single else [heads[column] for column in columns if column in heads]
        scale, span = "" if single else format, domain or _span(rows, marks)
        shapes = [(_meant(accent, column), shape) for column, shape in zip(columns, SHAPES) if column in heads]
        key = shapes if keyed else []
        plate = _plate(size, rows, marks, thick=12, scale=scale, domain=span, heads=above, key=key, heading=heading)
        offer(plate, given)
        return [plate]

    return Drawing(draw)


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
        complete(frame, [name, low, high])
        given = descending(frame[[name, low, high, *([value] if value else [])]], _order(sort, high))
        rows, heads = list[_Row](), list[Words]()
        for record in given.to_dict("records"):
            start, end, means = float(record[low]), float(record[high]), _meant(accent, record[name])
            if start > end:
                raise ValueError(f"row {record[name]!r} runs from {start:g} down to {end:g}; low comes first")
            text = between(start, end, format)
            row = _Row(str(record[name]), label=f"{words[0]} {text}" if words else text)
            row.before = bool(words and value and record[value] > end)
            if start < end:
                row.boxes = [(start, end, means)]
                row.said = [(start, "low", written(start, format)), (end, "high", written(end, format))]
            else:
                row.dots, row.said = [(start, means, "diamond")], [(start, "", written(start, format))]
            if value and pd.notna(record[value]):
                at = float(record[value])
                row.dots.append((at, "ink", "circle"))
                row.said.insert(1, (at, value, written(at, format)))
                if words and not heads:
                    heads = [((start + end) / 2, words[0], meaning(means).words), (at, words[1], "ink")]
            rows.append(row)
        span = domain or _span(rows, marks)
        plate = _plate(size, rows, marks, thick=14, scale=format, domain=span, heads=heads, heading=heading)
        offer(plate, given)
        return [plate]

    return Drawing(draw)


# --- What rows are made of ------------------------------------------------------------------------


@dataclass
class _Row:
    """A named row: boxes (from, to, meaning), dots (value, meaning, shape), a rule between its ends, words beside."""

    name: str
    boxes: list[tuple[float, float, str]] = field(default_factory=list)
    dots: list[tuple[float, str, str]] = field(default_factory=list)
    rule: bool = False
    label: str = ""
    before: bool = False  # the words stand before the row's first mark
    colour: str = "ink"
    said: list[tuple[float, str, str]] = field(default_factory=list)  # value, series, text

    @property
    def ends(self) -> tuple[float, float]:
        """Its lowest and its highest value."""
        values = [v for a, b, _ in self.boxes for v in (a, b)] + [v for v, *_ in self.dots]
        return min(values), max(values)

    @property
    def clear(self) -> int:
        """Pixels from its end to the words behind it: a dot must not seem to be their bullet."""
        return 13 if any(value == self.ends[1] for value, *_ in self.dots) else 8


def _bar(name: str, value: float, text: str, means: str) -> _Row:
    """A bar from nothing with its value."""
    return _Row(name, [(0.0, value, means)], label=text, colour=_words(means), said=[(value, "", text)])


def _meant(accent: Accent, key: Any) -> str:
    return accent if isinstance(accent, str) else (accent or {}).get(key, "context")


def _words(means: str) -> str:
    """The colour of a row's value; where all is context, values are read as text is."""
    return "ink" if means == "context" else meaning(means).words


def _order(sort: str | bool, first: str) -> str | None:
    return first if sort is True else sort or None


def _span(rows: Sequence[_Row], marks: Sequence[Mark]) -> tuple[float, float]:
    """A scale that reaches a little beyond all that stands on it."""
    ends = [v for row in rows for v in row.ends] + [mark.at for mark in marks]
    room = 0.03 * (max(ends) - min(ends))
    return min(ends) - room, max(ends) + room


def _plate(
    size: Size,
    rows: Sequence[_Row],
    marks: Sequence[Mark],
    *,
    from_zero: bool = False,
    thick: int = 21,
    scale: str = "",
    domain: tuple[float, float] | None = None,
    heads: Sequence[Words] = (),
    key: Sequence[tuple[str, str]] = (),
    heading: str = "",
) -> Plate:
    """Rows one below the other: names on the left or, on a phone that has no room, above; words behind their ends.

    Bars stand on a line `from_zero`; `thick` is their height, `scale` a format for a scale below, `heads` words above
    the first row at their values or, with a `key` of marks (meaning, shape), behind these from the left.
    """
    if not rows:
        raise ValueError("there is no row to draw")
    names = max(measure(row.name) for row in rows)
    short = 110 if any(row.label for row in rows) else 124  # words behind the rows take room from names
    above = size.above or names > (short if size.narrow else 250)
    step = thick + (26 if above else 11)
    ends = [v for row in rows for v in row.ends] + [mark.at for mark in marks] + ([0.0] if from_zero else [])
    low, high = axes.within(domain, ends) or (min(ends), max(ends))
    high = high if high > low else low + 1
    for row in rows:
        row.before |= from_zero and row.ends[0] < 0  # the value of a bar below nothing
    behind = [row for row in rows if row.label and not row.before]
    before = [row for row in rows if row.label and row.before]
    gap = 10 + max([measure(row.label, bold=True) + 6 for row in before], default=0)
    left = max(gap if above and before else 1 if above else names + gap, size.left)
    width = size.width - left - max(size.right, 22 if scale or heads else 6)
    for row in behind:  # what stands behind a bar must fit; behind a short one there is more room
        share = (row.ends[1] - low) / (high - low)
        if share > 0:
            width = min(width, (size.width - left - measure(row.label, bold=True) - row.clear - 2) / share)
    plate = Plate(size, len(rows) * step, 4, size.width - left - width, 30 if scale else 6, left, x=(low, high))
    plate.above = above
    spots = [(plate.across(mark.at), size.word(mark.name)) for mark in marks]
    top = flags(plate, spots, plate.height, centred=True)
    if key:
        at = 6.0 - (plate.left if above else 0)
        for (_, text, colour), (means, shape) in zip(heads, key):
            plate.dot(at, -top - 8, meaning(means).stroke, 5, shape=shape)
            plate.text(at + 10, -top - 8, text, colour, bold=True)
            at += measure(text, bold=True) + 30
        top += 20
    elif heads:
        words = [(plate.across(value), text, colour) for value, text, colour in heads]
        row_of_words(plate, -top - 8, words, -plate.left, plate.width + plate.right)
        top += 20
    head(plate, heading, top, 16)
    for number, row in enumerate(rows):
        foot = (number + 1) * step - (0 if above else (step - thick) / 2)
        if above:
            plate.text(-plate.left, foot - thick - 10, row.name, "ink", halo=True)
        else:
            plate.text(-gap, foot - thick / 2, row.name, "ink", align="right")
        _draw(plate, row, foot - thick, thick)
        if from_zero:
            rise = 0 if above else 5
            plate.rule(plate.across(0), foot - thick - rise, plate.across(0), foot + rise)
    rule_scale(plate, scale)
    return plate


def _draw(plate: Plate, row: _Row, y: float, thick: float) -> None:
    """A row's boxes, dots and words, its value before or behind them."""
    middle = y + thick / 2
    start, end = map(plate.across, row.ends)
    if row.rule:
        plate.rule(start, middle, end, middle, "ctx")
    for low, high, means in row.boxes:
        plate.box(plate.across(low), y, plate.across(high), y + thick, means)
    for value, means, shape in row.dots:
        plate.dot(plate.across(value), middle, meaning(means).stroke, 5, shape=shape)
    if row.label and row.before:
        plate.text(
            start - (row.clear if row.dots else 6), middle, row.label, row.colour, bold=True, align="right", halo=True
        )
    elif row.label:
        plate.text(end + row.clear, middle, row.label, row.colour, bold=True, halo=True)
    for value, series, text in row.said:
        plate.say(plate.across(value), middle, series, row.name, text)


def rule_scale(plate: Plate, pattern: str = "") -> None:
    """The horizontal scale of rows, with an axis below if it has a format."""
    values = axes.round_values(*plate.x, most=4 if plate.size.narrow else 5) if pattern else []
    labels = {value: tick(value, pattern, last=value == max(values)) for value in values}
    labels = {value: text for value, text in labels.items() if plate.across(value) >= measure(text) / 2 - plate.left}
    if 0.0 in labels and min(labels) == 0 and len(labels) > 1 and plate.x[0] <= (half := -sorted(labels)[1] / 2):
        labels = {half: tick(half, pattern, last=False), **labels}  # what stands below nothing has a number too
    while any(  # on a short scale labels run into each other: every other one goes
        plate.across(b) - plate.across(a) < (measure(labels[a]) + measure(labels[b])) / 2 + 4
        for a, b in itertools.pairwise(labels)
    ):
        labels = dict(list(labels.items())[::2])
    shown = axes.axis(labels, grid=True, domain=False, ticks=False) if pattern else None
    ends = plate.data([{"x": value} for value in plate.x], "scale").mark_rule(opacity=0)
    plate.add(0, ends.encode(x=alt.X("x:Q", scale=bounded(plate.x), axis=shown)))
