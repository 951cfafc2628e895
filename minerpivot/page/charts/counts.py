"""Counts that a reader can count: rows of tiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from minerpivot.page.charts.frames import offer
from minerpivot.page.charts.labels import row_of_words
from minerpivot.page.charts.plate import Drawing, Plate, Size, meaning
from minerpivot.page.charts.rows import rule_scale
from minerpivot.page.drawing import measure

MOST = 60  # tiles that a reader counts


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
        if not 1 <= most <= MOST:
            raise ValueError(f"{most} tiles in a row; a reader counts up to some sixty: draw bars")
        single = all(len(counts) == 1 for counts in parts.values())
        names = max(map(measure, rows))
        beside = single and names <= (150 if size.narrow else 300)
        left = names + 12 if beside else 0
        step = min(20.0, (size.width - left - (34 if single else 4)) / most)
        tall, high = (34, 18) if beside else (56, 20) if single else (82, 20)
        plate = Plate(size, len(parts) * tall, 2, size.width - left - most * step, 2, left, x=(0, most))
        for number, (name, counts) in enumerate(parts.items()):
            y = number * tall + (8 if beside else 26)
            if beside:
                plate.text(-12, y + 9, name, "ink", align="right")
            else:
                plate.text(0, y - 15, name, "ink", bold=not single)
            _lay(plate, name, counts, y, step, high, single)
        rule_scale(plate)
        table = [(name, part.name, part.number) for name, counts in parts.items() for part in counts]
        offer(plate, pd.DataFrame(table, columns=["row", "part", "count"]))
        return [plate]

    return Drawing(draw)


def _lay(plate: Plate, name: str, counts: Sequence[Count], y: float, step: float, high: float, single: bool) -> None:
    """The tiles of one row, and their words: behind them if there is one part, else below each."""
    at, words = 0, []
    for part in counts:
        for place in range(at, at + part.number):
            plate.box(place * step + 0.5, y, (place + 0.8) * step, y + high, part.meaning, corner=2)
        middle = (at + part.number / 2) * step
        plate.say(middle, y + high / 2, "" if single else part.name, name, str(part.number))
        words.append((middle, f"{part.number} {part.name}".strip(), meaning(part.meaning).words))
        at += part.number
    if single:
        plate.text(at * step + 5, y + high / 2, str(at), "ink", bold=True)
    else:
        row_of_words(plate, y + high + 12, words, -4, plate.size.width + 4)
