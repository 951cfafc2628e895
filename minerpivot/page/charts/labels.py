"""Names in a drawing: levels to compare with, events, headings, and how they keep out of each other's way."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import isotonic_regression

from minerpivot.article import claims
from minerpivot.data import tables
from minerpivot.page.charts.plate import LINE, Name, Plate
from minerpivot.page.drawing import measure
from minerpivot.page.words import in_words


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
    day = claims.first_day(tables.load("articles"))
    return Event(f"{day:%Y-%m-%d}", (f"{in_words(day)}: the article", f"The article, {day.day} {day:%b}"))


@dataclass(frozen=True)
class Label:
    """Words at the end of a line or an area, on one line of text or more."""

    lines: tuple[str, ...]
    bold: bool

    @property
    def width(self) -> int:
        """In pixels."""
        return max(measure(text, bold=self.bold) for text in self.lines)

    @property
    def height(self) -> int:
        """In pixels."""
        return LINE * len(self.lines)

    def put(self, plate: Plate, left: float, top: float, colour: str, *, halo: bool = False) -> None:
        """Write it on a plate."""
        for number, text in enumerate(self.lines):
            plate.text(left, top + LINE * (number + 0.5), text, colour, bold=self.bold, halo=halo)


# --- Out of each other's way --------------------------------------------------------------------


def dodge(places: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Middles of labels that would stand at `places`, moved apart as little as can be, in order, within bounds.

    Raises `ValueError` if they do not fit between `low` and `high`.
    """
    if sum(heights) > high - low + 1e-9:
        raise ValueError(f"{len(places)} labels do not fit; give the drawing more height or name fewer")
    order = np.argsort(np.asarray(places, float), kind="stable")
    if not len(order):
        return []
    tall = np.asarray(heights, float)[order]
    start = np.concatenate([[0.0], np.cumsum(tall)[:-1]]) + tall / 2  # middles of labels stacked without a gap
    free = isotonic_regression(np.asarray(places, float)[order] - start).x
    moved = np.empty(len(order))
    moved[order] = np.clip(free, low, high - tall.sum()) + start
    return [float(value) for value in moved]


def row_of_words(plate: Plate, y: float, words: Sequence[tuple[float, str, str]], low: float, high: float) -> None:
    """Bold words (where each would stand, text, colour) on one line, moved apart between two pixels."""
    wide = [measure(text, bold=True) + 8 for _, text, _ in words]
    for (_, text, colour), middle in zip(words, dodge([at for at, *_ in words], wide, low, high)):
        plate.text(middle, y, text, colour, bold=True, align="center")


def tracks(plate: Plate, rows: pd.DataFrame) -> np.ndarray:
    """Pixels that lines (rows of key, x and y) run through, every three of them: what a label should not cover."""
    found = [np.empty((0, 2))]
    for _, group in rows.dropna(subset="y").groupby("key", sort=False):
        x = np.array([plate.across(v) for v in group["x"]])
        y = np.array([plate.down(v) for v in group["y"]])
        dense = np.arange(x[0], x[-1] + 1, 3.0)
        found.append(np.column_stack([dense, np.interp(dense, x, y)]))
    return np.concatenate(found)


def clearest(
    places: Sequence[tuple[float, float]], width: float, height: float, covered: np.ndarray
) -> tuple[float, float]:
    """Which of several places (left, top) for a box covers the least of the pixels; the first of equals."""

    def lost(place: tuple[float, float]) -> int:
        x, y = covered[:, 0], covered[:, 1]
        inside = (x > place[0] - 2) & (x < place[0] + width + 2) & (y > place[1]) & (y < place[1] + height)
        return int(inside.sum())

    return min(places, key=lost)


# --- Levels, events, headings -------------------------------------------------------------------


def name_level(plate: Plate, mark: Mark, covered: np.ndarray) -> None:
    """The name of a level, above or below its line where the lines leave most room."""
    text, y = plate.size.word(mark.name), plate.down(mark.at)
    width = measure(text)
    lefts = [plate.width - width - 2, 2, (plate.width - width) / 2, plate.width * 0.75 - width / 2, plate.width * 0.25]
    places = [(left, top) for top in (y - 16, y + 3) for left in lefts if 0 <= left <= plate.width - width]
    if not places:
        raise ValueError(f"the name {text!r} is longer than the drawing is wide; give a short one for the phone")
    left, top = clearest(places, width, 14, covered)
    plate.text(left, top + 7, text, "mut", halo=True)


def name_events(plate: Plate, events: Sequence[Event], foot: float) -> float:
    """Events within a plate's time as flags; how high they rise above the plot."""
    places = [(plate.number(event.at), event.name) for event in events]
    inside = [(at, name) for at, name in places if plate.x[0] < at <= plate.x[1]]
    return flags(plate, [(plate.across(at), plate.size.word(name)) for at, name in inside], foot)


def flags(plate: Plate, spots: Sequence[tuple[float, str]], foot: float, *, centred: bool = False) -> float:
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


def head(plate: Plate, heading: str, top: float, gap: float = 0) -> None:
    """Make room above the plot for what rises `top` above it, and for the panel's heading above that."""
    if heading:
        plate.heading = heading
        plate.text(-plate.left, -top - gap, heading, "ink", bold=True)
        top += gap + 16
    plate.top = max(plate.top, top + 2)
