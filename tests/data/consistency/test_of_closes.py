# ruff: noqa: E501 - a case is a line
"""Closes, splits and share counts: each rule at its edges, the last right value and the first wrong one, on rows by hand."""

import pandas as pd
import pytest

from minerpivot.data.consistency import of_closes, rule
from tests.by_hand import at, lines, told

KINDS = lines(
    "instruments",
    "ticker,kind,last_session,price_convention",
    "IREN,miner,2025-11-07,a",
    "BTC-USD,crypto,,",
    "HUT,miner,,",
)


def test_a_close_is_of_a_session_until_the_last_one():
    """A coin trades on Saturdays; on its last session a share still does."""
    closes = [
        "IREN,2025-11-07",
        "IREN,2025-11-08",
        "IREN,2025-11-10",
        "BTC-USD,2025-11-08",
        "HUT,2025-11-10",
        "HUT,2025-11-09",
    ]
    rows = lines("prices", "symbol,date", *closes)
    cells = "symbol is 'IREN' and date is '2025-11-08'"
    assert told(of_closes.prices_stand_on_sessions(rows, KINDS)) == [
        f"data/prices.csv row 3: {cells}, no session of the exchange; correct the date or remove the row",
        "data/prices.csv row 7: symbol is 'HUT' and date is '2025-11-09', no session of the exchange; "
        "correct the date or remove the row",
        f"data/prices.csv row 3: {cells}, after the last session of the instrument; "
        "correct last_session in data/instruments.csv or remove the row",
        "data/prices.csv row 4: symbol is 'IREN' and date is '2025-11-10', after the last session of the instrument; "
        "correct last_session in data/instruments.csv or remove the row",
    ]


def test_the_calendar_reaches_a_month_beyond_today():
    """Sessions that were announced may be named; what lies beyond is none yet."""
    found = rule.sessions(lines("splits", "ticker", "A"))
    assert found[-1] == pd.Timestamp("2027-07-30")


def test_a_series_of_closes_says_how_it_treats_dividends():
    """Once per symbol."""
    rows = lines("prices", "symbol,date", "IREN,2025-11-07", "HUT,2025-11-07", "HUT,2025-11-10", "BTC-USD,2025-11-07")
    assert told(of_closes.a_series_has_a_convention(rows, KINDS))[0] == (
        "data/prices.csv row 3: symbol is 'HUT', whose treatment of dividends is not known; "
        "fill price_convention in data/instruments.csv"
    )
    assert at(of_closes.a_series_has_a_convention(rows, KINDS)) == [1, 3]


def test_nobody_is_its_own_parent_or_successor():
    """Another ticker may be either."""
    rows = lines("instruments", "ticker,parent,renamed_to", "A,B,", "B,B,", "C,,B", "D,,D")
    assert told(of_closes.instruments_change_names_on_a_day(rows)) == [
        "data/instruments.csv row 3: ticker is 'B' and parent is 'B', the row itself; correct the reference",
        "data/instruments.csv row 5: ticker is 'D' and renamed_to is 'D', the row itself; correct the reference",
    ]


def test_a_split_with_a_whole_day_falls_on_a_session():
    """A year or month is no day."""
    rows = lines("splits", "ticker,effective_on", "A,2023-12-04", "B,2023-12-03", "C,2023-12", "D,2022")
    assert told(of_closes.splits_fall_on_sessions(rows)) == [
        "data/splits.csv row 3: ticker is 'B' and effective_on is '2023-12-03', no session of the exchange; "
        "correct the date"
    ]


@pytest.mark.parametrize(
    ("close", "fault"),
    [("10", False), ("10.009", False), ("10.011", True), ("9.991", False), ("9.989", True), ("12", False), ("12.011", False),
     ("12.013", True), ("11.989", False), ("11.987", True)],
)  # fmt: skip
def test_a_conflict_is_about_the_stored_close(close, fault):
    """To a thousandth the value that was chosen, or the other one, once a refresh took that."""
    conflicts = lines(
        "prices_conflicts", "symbol,date,chosen,value", "A,2026-05-04,10,12", "A,2026-05-05,10,12", "A,2026-05-06,10,12",
        "B,2026-05-04,10,12",
    )  # fmt: skip
    closes = [f"A,2026-05-04,{close}", "A,2026-05-05,10", "A,2026-05-06,10", "B,2026-05-04,70"]
    found = list(
        of_closes.conflicts_are_about_the_stored_close(conflicts, lines("prices", "symbol,date,close", *closes))
    )
    assert at(found) == [0] * fault  # the whole of B stands on another basis
    assert (
        told(found)
        == [
            "data/prices_conflicts.csv row 2: symbol is 'A' and date is '2026-05-04' and chosen is '10', not the close in "
            "prices; correct either, or remove the conflict"
        ]
        * fault
    )
