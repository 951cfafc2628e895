"""The first session that could react to news: by hand, and in the rows of the tables."""

import pandas as pd
import pytest

from minerpivot.data.exchange import exchange_sessions, first_session
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
