"""The first session that could react to news: by hand, and in the rows of the tables."""

import pandas as pd
import pytest

from minerpivot.data.exchange import exchange_sessions, first_session, in_the_evening
from minerpivot.data.tables import load


def test_news_after_the_close_belongs_to_the_next_session():
    """Friday's evening news moves Monday; Saturday's news moves Monday; an hour that nobody saw is the day's own."""
    sessions = pd.bdate_range("2024-01-01", "2024-01-09")  # Monday to Tuesday of the week after
    hours = ["pre", "bmo", "intraday", "unknown", None, "post", "amc", "pre", "post", "pre"]
    days = pd.Series(pd.to_datetime(["2024-01-05"] * 7 + ["2024-01-06", "2024-01-09", None]))
    found = first_session(days, pd.Series(hours), sessions)
    friday, monday = pd.Timestamp("2024-01-05"), pd.Timestamp("2024-01-08")
    assert list(found[:8]) == [friday] * 5 + [monday] * 3
    assert found[8:].isna().all()  # the session that could react is not in the calendar yet; no day
    with pytest.raises(ValueError, match="the hour of 1 is 'noon'; expected pre, bmo, intraday, unknown, post or amc"):
        first_session(days[:2], pd.Series(["pre", "noon"]), sessions)


def test_first_sessions_of_the_data_are_those_of_the_function():
    """Every event reacts in the session of its hour, on the exchange's own calendar; a wrong hour is seen."""
    flags = load("event_flags")
    sessions = exchange_sessions(flags["announced_on"].max())
    found = first_session(flags["announced_on"], flags["announced_time"], sessions)
    assert (found == flags["first_session"])[flags["announced_time"] != "unknown"].all()
    evening = pd.Series("post", index=flags.index)
    assert (first_session(flags["announced_on"], evening, sessions) != flags["first_session"]).any()


def test_a_clock_is_judged_by_the_closing_time_of_its_own_day():
    """14:00 is after the close on the half day of 28 November 2025, and within the session on the Wednesday before."""
    sessions = exchange_sessions(pd.Timestamp("2025-12-01"))
    days = pd.Series(pd.to_datetime(["2025-11-28"] * 4 + ["2025-11-26"] * 3 + ["2025-11-29", None]))
    clocks = pd.Series(["12:30", "13:00", "14:00", "16:05", "13:05", "15:59", "16:00", "16:30", "09:00"])
    half, monday, full = (pd.Timestamp(day) for day in ("2025-11-28", "2025-12-01", "2025-11-26"))
    found = first_session(days, clocks, sessions)
    assert list(found[:8]) == [half, monday, monday, monday, full, full, half, monday]  # Thursday was Thanksgiving
    assert found[8:].isna().all()
    evening = [False, True, True, True, False, False, True, False, False]  # no session closes on a Saturday
    assert in_the_evening(days, clocks).tolist() == evening
    for odd in ("24:00", "9:00", "16:60"):
        with pytest.raises(ValueError, match=f"the hour of 0 is '{odd}'"):
            first_session(days[:1], pd.Series([odd]), sessions)


def test_news_before_the_first_session_is_refused():
    """It moved a session that is not in the calendar: the first one there is would be years late."""
    sessions = pd.bdate_range("2024-01-08", "2024-01-12")
    days = pd.Series(pd.to_datetime(["2024-01-08", "2019-05-01"]), index=["now", "then"])
    with pytest.raises(ValueError, match="the news of then, 2019-05-01, is older than the first session, 2024-01-08"):
        first_session(days, pd.Series("pre", index=days.index), sessions)


def test_the_first_session_stands_in_the_row_of_its_news():
    """Whatever the rows are called; without sessions, and at an hour of no day, it is missing."""
    sessions = pd.DatetimeIndex(["2026-01-28", "2026-01-29"])
    days = pd.Series(pd.to_datetime(["2026-01-28", "2026-01-28"]), index=["late", "early"])
    hours = pd.Series(["post", "pre"], index=["late", "early"])
    found = first_session(days, hours, sessions)
    assert found.to_dict() == {"late": sessions[1], "early": sessions[0]}
    assert found.name == "first_session"
    assert first_session(days, hours, sessions[:0]).isna().to_dict() == {"late": True, "early": True}
    dayless = pd.Series([pd.NaT, pd.NaT], index=days.index)
    clock = pd.Series(["13:05", "09:00"], index=days.index)
    assert first_session(dayless, clock, sessions).isna().all()
