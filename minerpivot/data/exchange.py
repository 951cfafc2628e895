"""The sessions of the New York exchanges, and the first of them that could react to news: one rule for all tables.

It stands with the tables, because their checks need it too and data imports nothing of the chapters' folders.
"""

from __future__ import annotations

from functools import cache

import exchange_calendars
import numpy as np
import pandas as pd

EVENING = ("post", "amc")  # after the close, as deals and as reports say it
OTHER_HOURS = ("pre", "bmo", "intraday", "unknown")


@cache
def exchange_sessions(until: pd.Timestamp) -> pd.DatetimeIndex:
    """The sessions from 2009 on, to a month after a day."""
    end = (until + pd.Timedelta(days=30)).strftime("%Y-%m-%d")
    return exchange_calendars.get_calendar("XNYS", start="2009-01-02", end=end).sessions


def first_session(days: pd.Series, hours: pd.Series, sessions: pd.DatetimeIndex) -> pd.Series:
    """The first of `sessions` in which the market could react to news of a day and an hour.

    After the close (`EVENING`) it is the next session; before the open, within the session or at an hour that is
    unknown or missing the day itself, if it is a session, else the next. Missing without a day, and where `sessions`
    end before it. Raises `ValueError` naming any other hour.
    """
    known = hours.astype("string").fillna("unknown")
    odd = known[~known.isin([*EVENING, *OTHER_HOURS])]
    if len(odd):
        words = ", ".join([*OTHER_HOURS, *EVENING[:-1]])
        raise ValueError(f"the hour of {odd.index[0]} is {odd.iloc[0]!r}; expected {words} or {EVENING[-1]}")
    dates = pd.DatetimeIndex(days)
    place = np.where(
        known.isin(EVENING), sessions.searchsorted(dates, side="right"), sessions.searchsorted(dates, side="left")
    )
    padded = np.append(sessions.to_numpy(), np.datetime64("NaT"))
    return pd.Series(padded[place], index=days.index, name="first_session")
