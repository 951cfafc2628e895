"""What shares did when hyperscalers spoke of their spending: the sessions after a statement, and after a day."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy import stats


def statement_days(guidance: pd.DataFrame, earnings_dates: pd.DataFrame, tickers: Iterable[str]) -> pd.DataFrame:
    """Company-days with a capex statement (also one without a number) on an exact day: ticker, issued_on, time.

    `time` is that of the report of the same day (amc, bmo), missing where no report of that day is known
    or its hour is not, so that no session can be named.
    """
    rows = guidance[(guidance["day_approximate"] == "n") & guidance["ticker"].isin(list(tickers))]
    days = rows[["ticker", "issued_on"]].drop_duplicates()
    times = earnings_dates[["ticker", "reported_on", "time"]].rename(columns={"reported_on": "issued_on"})
    days = days.merge(times, on=["ticker", "issued_on"], how="left").sort_values(["issued_on", "ticker"])
    return days.assign(time=days["time"].where(days["time"].isin(["amc", "bmo"]))).reset_index(drop=True)


def first_session(days: pd.DataFrame, levels: pd.DataFrame, *, baskets: Iterable[str], benchmark: str) -> pd.DataFrame:
    """The first session in which each statement could move prices: returns in percent, close to close.

    `days` as from `statement_days`; `levels` are sessions × series, with the companies, `baskets` and the
    `benchmark`. After the close (amc) is the next session, before the open (bmo) the same day's. Adds
    session, company and one column per basket, each less the benchmark's return of that session; missing where one of
    the two closes is: a day without a close has no return, nor has the next. Rows without a known hour, or beyond the
    last session, are left out.
    """
    timed = days[days["time"].notna()]
    issued = pd.DatetimeIndex(timed["issued_on"])
    same_or_next, following = (levels.index.searchsorted(issued, side=side) for side in ("left", "right"))
    place = np.where(timed["time"] == "amc", following, same_or_next)
    inside = (place > 0) & (place < len(levels))
    timed, place = timed[inside], place[inside]
    moves = 100 * levels.pct_change(fill_method=None)
    less = moves.sub(moves[benchmark], axis=0)
    columns = less.columns.get_indexer(pd.Index(timed["ticker"]))
    found = timed.assign(session=levels.index[place], company=less.to_numpy()[place, columns])
    for name in baskets:
        found[name] = less[name].to_numpy()[place]
    return found.reset_index(drop=True)


def averages(moved: pd.DataFrame, companies: Iterable[str], *, baskets: Iterable[str]) -> pd.DataFrame:
    """The mean answer (`mean_by_session`) of each company to its own statements, and of each basket to any.

    `moved` as from `first_session`. One row each; the row "companies" is that of all companies together.
    """
    own = {ticker: moved[moved["ticker"] == ticker] for ticker in companies}
    answers = {ticker: mean_by_session(rows["company"], rows["session"]) for ticker, rows in own.items()}
    answers |= {name: mean_by_session(moved[name], moved["session"]) for name in baskets}
    return pd.DataFrame(answers | {"companies": mean_by_session(moved["company"], moved["session"])}).T


def other_sessions(moves: pd.DataFrame, sessions: pd.Series) -> pd.DataFrame:
    """Sessions from the first to the last of `sessions` that are none of them and in which all `moves` are known."""
    span = moves.loc[sessions.min() : sessions.max()]
    return span[~span.index.isin(sessions)].dropna()


def slope(moves: pd.DataFrame, of: str, on: str) -> float:
    """By how many percent the series `of` moved for each percent of the series `on`: the slope of least squares."""
    return float(moves[of].cov(moves[on]) / moves[on].var())


def second_session(levels: pd.DataFrame, day: str | pd.Timestamp) -> pd.Timestamp | None:
    """The day on which both sessions after a day had been traded; None until they have."""
    after = levels.index[levels.index > pd.Timestamp(day)]
    return after[1] if len(after) > 1 else None


def two_sessions(levels: pd.DataFrame, day: str | pd.Timestamp) -> pd.DataFrame:
    """Returns in percent, close to close, of the two sessions after a day: series × first, second, both.

    `levels` are sessions × series. All are missing until both sessions have been traded.
    """
    place = int(levels.index.searchsorted(pd.Timestamp(day), side="right"))
    before, first, second = (
        levels.iloc[at] if place and place + 1 < len(levels) else levels.iloc[0] * math.nan
        for at in (place - 1, place, place + 1)
    )
    return 100 * pd.DataFrame({"first": first / before - 1, "second": second / first - 1, "both": second / before - 1})


def mean_by_session(values: pd.Series, sessions: pd.Series, *, confidence: float = 0.95) -> pd.Series:
    """Mean over sessions of the mean in each session, with its t interval: sessions, mean, low, high.

    Statements of one session share its news, so a session counts once. Bounds are missing with fewer
    than two sessions, the mean with none.
    """
    means = values.groupby(sessions).mean().dropna()
    count, mean = len(means), float(means.mean())
    low, high = stats.t.interval(confidence, count - 1, mean, stats.sem(means)) if count >= 2 else (math.nan, math.nan)
    return pd.Series({"sessions": count, "mean": mean, "low": float(low), "high": float(high)})
