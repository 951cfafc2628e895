"""Axes: where a scale ends, which round values or days it labels, and what the labels say."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from minerpivot.page.charts.numbers import Format, tick
from minerpivot.page.charts.plate import Plate, stamp
from minerpivot.page.drawing import measure

Ticks = Mapping[float, str] | Sequence[float] | None  # labels, values, or as the scale suggests


def years(days: pd.Series) -> dict[pd.Timestamp, str]:
    """Labels for a time axis: the beginnings of the years within its days, or both ends of a span without any."""
    low, high = days.min(), days.max()
    starts = pd.date_range(low, high, freq="YS")
    return {start: f"{start:%Y}" for start in starts} or {end: f"{end:%b %Y}" for end in (low, high)}


def reach(values: Iterable[float], *, log: bool, zero: bool) -> tuple[float, float]:
    """A scale that reaches a little beyond all values, and to nothing if it is to start there."""
    low, high = min(values := list(values)), max(values)
    if log:
        if low <= 0:
            raise ValueError(f"a log scale has no place for {low:g}; leave log out")
        return low / (high / low) ** 0.04, high * (high / low) ** 0.04
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    room = 0.04 * ((high - low) or abs(high) or 1)
    return (low - room if low or not zero else low), (high + room if high or not zero else high)


def within(domain: tuple[float, float] | None, values: Iterable[float]) -> tuple[float, float] | None:
    """`domain`, if all values lie in it."""
    if domain and (beyond := [value for value in values if not domain[0] <= value <= domain[1]]):
        raise ValueError(f"{beyond[0]:g} lies outside the scale from {domain[0]:g} to {domain[1]:g}; widen domain")
    return domain


def round_values(low: float, high: float, *, log: bool = False, most: int = 5) -> list[float]:
    """Three to `most` round values between two."""
    if log:
        decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
        for steps in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 6, 8)):
            values = [step * 10.0**decade for decade in decades for step in steps]
            values = [round(value, 10) for value in values if low <= value <= high]
            if len(values) >= 3:
                return values[:: math.ceil(len(values) / (most + 1))]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 10) for n in range(first, math.floor(high / step + 1e-9) + 1)]


def labelled(ticks: Ticks, scale: tuple[float, float], pattern: Format, *, log: bool = False) -> dict[float, str]:
    """Labels of a vertical axis: as they are given, or of round values in the format."""
    if isinstance(ticks, Mapping):
        return {float(value): text for value, text in ticks.items()}
    if not isinstance(pattern, str):
        raise ValueError("a format that is a function writes no axis; give the ticks their labels (ticks={100: …})")
    values = [float(value) for value in ticks] if ticks is not None else round_values(*scale, log=log)
    return {value: tick(value, pattern, last=value == max(values)) for value in values}


def gutter(labels: Mapping[float, str]) -> int:
    """The pixels that labels of a vertical axis take beside the plot."""
    return max(map(measure, labels.values()), default=0) + 8


def days(low: float, high: float, width: float) -> dict[float, str]:
    """Labels for a time axis: years, or months with the year on the first and on each January, as many as have room."""
    start, end = pd.Timestamp(low, unit="ms"), pd.Timestamp(high, unit="ms")
    labels: dict[float, str] = {}
    for months in (1, 2, 3, 6, 12, 24, 48, 60, 120):
        starts = [day for day in pd.date_range(start, end, freq="MS") if (12 * day.year + day.month - 1) % months == 0]
        labels = {}
        for number, day in enumerate(starts or [start]):
            year = months >= 12 or (day.month == 1 and number)
            labels[stamp(day)] = f"{day:%Y}" if year else f"{day:%b %Y}" if not number else f"{day:%b}"
        ends = [(measure(text), (at - low) / max(high - low, 1) * width) for at, text in labels.items()][:2]
        (wide, first), (next_wide, second) = ends if len(ends) > 1 else [(0.0, 0.0), (0.0, width)]
        clear = second - next_wide / 2 >= (wide if first < 1 else first + wide / 2) + 4  # the first has its year
        if len(starts) * 62 <= width and len(starts) <= 8 and clear:
            break
    return labels


def apart(plate: Plate, labels: Mapping[float, str]) -> Mapping[float, str]:
    """`labels` of a horizontal axis, if none runs into another; those at an end stand within it."""
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
    return labels


def axis(labels: Mapping[float, str], **style: Any) -> alt.Axis:
    """An axis with these labels and no others."""
    texts = json.dumps({f"{value:.15g}": text for value, text in labels.items()}, ensure_ascii=False)
    return alt.Axis(values=list(labels), labelExpr=f"({texts})[+datum.value]", title=None, **style)
