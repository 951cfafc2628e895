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


@cache
def exchange_closes(until: pd.Timestamp) -> pd.Series:
    """The closing time of each session, as a clock in New York shows it: 16:00, or 13:00 on a half day."""
    end = (until + pd.Timedelta(days=30)).strftime("%Y-%m-%d")
    closes = exchange_calendars.get_calendar("XNYS", start="2009-01-02", end=end).closes
    return closes.dt.tz_convert("America/New_York").dt.tz_localize(None)


def first_session(days: pd.Series, hours: pd.Series, sessions: pd.DatetimeIndex) -> pd.Series:
    """The first of `sessions` in which the market could react to news of a day and an hour.

    After the close (`EVENING`) it is the next session; before the open, within the session or at an hour that is
    unknown or missing the day itself, if it is a session, else the next. An hour may be a clock's, "13:05" in New
    York: the exchange's own closing time of that day decides, also on its half days. Missing without a day, and where
    `sessions` end before it. Raises `ValueError` naming any other hour, and a day before the first of `sessions`: the
    session that reacted to it is not among them.
    """
    known = _in_words(days, hours)
    odd = known[~known.isin([*EVENING, *OTHER_HOURS])]
    if len(odd):
        words = ", ".join([*OTHER_HOURS, *EVENING[:-1]])
        raise ValueError(f"the hour of {odd.index[0]} is {odd.iloc[0]!r}; expected {words} or {EVENING[-1]}")
    dates = pd.DatetimeIndex(days)
    early = dates < sessions[0] if len(sessions) else np.zeros(len(dates), dtype=bool)
    if early.any():
        raise ValueError(
            f"the news of {days.index[early][0]}, {dates[early][0]:%Y-%m-%d}, is older than the first session, "
            f"{sessions[0]:%Y-%m-%d}; leave it out or give earlier sessions"
        )
    place = np.where(
        known.isin(EVENING), sessions.searchsorted(dates, side="right"), sessions.searchsorted(dates, side="left")
    )
    padded = np.append(sessions.to_numpy(), np.datetime64("NaT"))
    return pd.Series(padded[place], index=days.index, name="first_session")


def in_the_evening(days: pd.Series, hours: pd.Series) -> pd.Series:
    """Was news of a day and an hour told after that day's close? By word, or by a clock as in `first_session`."""
    return _in_words(days, hours).isin(EVENING)


def _in_words(days: pd.Series, hours: pd.Series) -> pd.Series:
    """Hours with clocks put into words by the exchange's close of their day, and what is missing as unknown."""
    known = hours.astype("string").fillna("unknown")
    clock = known.str.fullmatch(r"([01]\d|2[0-3]):[0-5]\d").to_numpy(dtype=bool)
    if clock.any():
        known[clock] = np.where(_after_close(pd.DatetimeIndex(days[clock]), known[clock]), "post", "intraday")
    return known


def _after_close(days: pd.DatetimeIndex, clock: pd.Series) -> np.ndarray:
    """Is a time of day in New York at or after the exchange's close of that day? False where it is no session."""
    if days.isna().all():
        return np.zeros(len(days), dtype=bool)
    closes = exchange_closes(days.max()).reindex(days.normalize()).to_numpy()
    return closes <= (days.normalize() + pd.to_timedelta(clock.to_numpy(dtype=object) + ":00")).to_numpy()
