"""What shares did after statements: worked examples by hand around a weekend, and days without a close."""

import numpy as np
import pandas as pd
import pytest

from minerpivot.spending import reactions
from tests.spending.rows import guidance, statement


def levels():
    """Four sessions around a weekend: Thursday, Friday, Monday, Tuesday."""
    days = pd.to_datetime(["2026-01-29", "2026-01-30", "2026-02-02", "2026-02-03"])
    return pd.DataFrame(
        {"META": [100.0, 110, 110, 110], "QQQ": [100.0, 101, 101, 101], "all": [10.0, 10, 12, 12]}, index=days
    )


@pytest.mark.parametrize(
    ("issued_on", "time", "session", "company", "basket"),
    [
        ("2026-01-29", "amc", "2026-01-30", 9, -1),  # after Thursday's close: Friday, 10 less 1 percent
        ("2026-01-30", "bmo", "2026-01-30", 9, -1),  # before Friday's open: Friday itself
        ("2026-01-30", "amc", "2026-02-02", 0, 20),  # after Friday's close: Monday
        ("2026-02-01", "bmo", "2026-02-02", 0, 20),  # a Sunday: Monday
    ],
)
def test_reactions_fall_into_the_first_session_that_could_react(issued_on, time, session, company, basket):
    """Close to close, less QQQ."""
    days = pd.DataFrame({"ticker": ["META"], "issued_on": [pd.Timestamp(issued_on)], "time": [time]})
    row = reactions.first_session(days, levels(), baskets=["all"], benchmark="QQQ").iloc[0]
    assert row["session"] == pd.Timestamp(session)
    assert [row["company"], row["all"]] == pytest.approx([company, basket])


def test_statements_without_hour_or_session_have_no_reaction():
    """An unknown hour names no session; one after the last close has not been traded."""
    days = pd.DataFrame(
        {"ticker": "META", "issued_on": pd.to_datetime(["2026-01-29", "2026-02-03"]), "time": [None, "amc"]}
    )
    assert reactions.first_session(days, levels(), baskets=["all"], benchmark="QQQ").empty


def test_statement_days_need_a_report_of_that_day():
    """Two statements of one evening are one day; an approximate day goes; a post without a report has no hour."""
    rows = guidance(
        statement("META", "2025", "2025-10-29", low=70, high=72),
        statement("META", "2026", "2025-10-29"),
        statement("META", "2024", "2023-10-25", low=30, high=35, day_approximate="y"),
        statement("META", "2025", "2025-01-24", low=60, high=65),
    )
    dates = pd.DataFrame({"ticker": ["META"], "reported_on": [pd.Timestamp("2025-10-29")], "time": ["amc"]})
    days = reactions.statement_days(rows, dates, ["META"])
    assert days["issued_on"].dt.strftime("%Y-%m-%d").tolist() == ["2025-01-24", "2025-10-29"]
    assert days["time"].isna().tolist() == [True, False]


def test_a_day_without_a_close_has_no_return_nor_has_the_next():
    """Carried forward, the basket would answer −1 percent on a day without its close and +19 on the next."""
    stale = levels()
    stale.loc["2026-01-30", "all"] = float("nan")
    days = pd.DataFrame({"ticker": "META", "issued_on": stale.index[:2], "time": "amc"})
    found = reactions.first_session(days, stale, baskets=["all"], benchmark="QQQ")
    assert found["all"].isna().all()
    assert found["company"].tolist() == pytest.approx([9, 0])


def test_two_sessions_by_hand():
    """After Thursday: Friday and Monday. A Sunday is followed by Monday and Tuesday; Monday by one session only."""
    after = reactions.two_sessions(levels(), "2026-01-29")
    assert after.loc["META"].to_dict() == pytest.approx({"first": 10, "second": 0, "both": 10})
    assert after.loc["all"].tolist() == pytest.approx([0, 20, 20])
    assert reactions.two_sessions(levels(), "2026-02-01").loc["all"].tolist() == pytest.approx([20, 0, 20])
    assert reactions.two_sessions(levels(), "2026-02-02").isna().all(axis=None)
    assert reactions.two_sessions(levels(), "2026-01-28").isna().all(axis=None)  # no close before it


def test_mean_by_session_counts_a_session_once():
    """Two companies of one evening at 0 and 4 are one session at 2; with one at 6 the mean is 4, t = 12.706."""
    mean = reactions.mean_by_session(
        pd.Series([0.0, 4, 6]), pd.Series(pd.to_datetime(["2026-01-29", "2026-01-29", "2026-01-30"]))
    )
    assert (mean["sessions"], mean["mean"]) == (2, 4)
    assert mean["high"] == pytest.approx(4 + 12.706 * 2, rel=1e-3)  # standard error 2.83 over the root of two


def test_companies_answer_for_their_own_statements_and_baskets_for_any():
    """Meta at 2 and 4, Amazon at 6: the basket's mean is over all three sessions."""
    moved = pd.DataFrame(
        {
            "ticker": ["META", "META", "AMZN"],
            "session": pd.to_datetime(["2026-01-29", "2026-04-30", "2026-07-31"]),
            "company": [2.0, 4.0, 6.0],
            "all": [0.0, 1.0, 5.0],
        }
    )
    found = reactions.averages(moved, ["META", "AMZN"], baskets=["all"])
    assert found["mean"].to_dict() == pytest.approx({"META": 3, "AMZN": 6, "all": 2, "companies": 4})
    assert found["sessions"].to_dict() == {"META": 2, "AMZN": 1, "all": 3, "companies": 3}
    assert np.isnan(found.loc["AMZN", "low"])


def test_other_sessions_are_those_between_with_every_return():
    """Of five days the first and last are the sessions; of the three between one lacks a return."""
    moves = pd.DataFrame({"all": [1.0, 2, np.nan, 4, 5, 6], "QQQ": 1.0}, index=pd.date_range("2026-01-26", periods=6))
    others = reactions.other_sessions(moves, pd.Series(moves.index[[0, 4]]))
    assert others["all"].tolist() == [2, 4]


def test_the_slope_is_that_of_least_squares():
    """A basket that moves by one and a half percent for each of the index, whatever it adds each day."""
    index = pd.Series([-1.0, 0, 2, 3])
    assert reactions.slope(pd.DataFrame({"all": 1.5 * index + 0.2, "QQQ": index}), "all", on="QQQ") == pytest.approx(
        1.5
    )


def test_the_second_session_after_a_day():
    """After Thursday it is Monday; after Monday there is one session only."""
    assert reactions.second_session(levels(), "2026-01-29") == pd.Timestamp("2026-02-02")
    assert reactions.second_session(levels(), "2026-02-02") is None
