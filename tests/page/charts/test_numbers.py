"""Values and ticks as they are written."""

from itertools import pairwise

import pandas as pd
import pytest

from minerpivot.page import charts
from minerpivot.page.charts import axes
from tests.page.charts.forms import BITCOIN


@pytest.mark.parametrize(
    ("value", "pattern", "text"),
    [
        (1234.5, "{:,.0f}", "1,234"),
        (-9, "${:.0f}", "−$9"),
        (9, "{:+.0f}%", "+9%"),
        (-9, "{:+.0f}%", "−9%"),
        (-0.2, "{:+.0f}%", "0%"),
        (6.12, "{:.1f} GW", "6.1 GW"),
    ],
)
def test_values_are_written_with_a_real_minus_and_no_signed_zero(value, pattern, text):
    """The minus stands before a dollar sign."""
    assert charts.written(value, pattern) == text


def test_a_function_writes_what_no_format_string_can():
    """An index told as a return, at the line's end; without labels for its ticks it is refused."""
    told = charts.lines(BITCOIN, x="day", y="level", format=lambda level: f"index {level:.0f}", ticks={100: "start"})
    (plate,) = told.draw(charts.WIDE)
    last = BITCOIN.sort_values("day")["level"].iloc[-1]
    assert f"index {last:.0f}" in [word["text"] for word in plate.datasets["words"]]
    with pytest.raises(ValueError, match="give the ticks their labels"):
        charts.lines(BITCOIN, x="day", y="level", format=lambda level: "x").draw(charts.WIDE)


@pytest.mark.parametrize(
    ("low", "high", "log", "ticks"),
    [
        (0, 32, False, [0, 10, 20, 30]),
        (-45, 120, False, [0, 50, 100]),
        (7, 330, True, [10, 30, 100, 300]),
        (0.4, 3.1, True, [0.5, 1, 2]),
    ],
)
def test_scales_have_few_round_ticks(low, high, log, ticks):
    """Three to five."""
    assert axes.round_values(low, high, log=log) == ticks


def test_labels_of_days_stand_apart_whatever_the_span_and_the_width():
    """A series of a few weeks or of many years, on a phone or a desk: no label runs into the one before."""
    for months in range(2, 60):
        for width in (120.0, 180.0, 240.0, 300.0, 620.0):
            low, high = (axes.stamp(pd.Timestamp("2024-06-07") + pd.DateOffset(months=n)) for n in (0, months))
            ends = [
                ((at - low) / (high - low) * width - axes.measure(text) / 2, axes.measure(text))
                for at, text in sorted(axes.days(low, high, width).items())
            ]
            for (left, wide), (after, _) in pairwise(ends):
                assert after >= left + wide + 4, (months, width)
