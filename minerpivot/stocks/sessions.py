"""Which session reacted to reports and financings, and in which one a share traded last.

The rule for the first session that could react is that of the tables, `minerpivot.data.exchange`.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from minerpivot.data.exchange import first_session, in_the_evening
from minerpivot.data.tables import last_day


def report_sessions(reports: pd.DataFrame, sessions: pd.DatetimeIndex) -> pd.DataFrame:
    """`reports` (ticker, reported_on, time: bmo, amc or unknown) with `session`, the first that could react.

    Reports without a day, or whose session is not in `sessions`, are left out.
    """
    dated = reports.dropna(subset=["reported_on"])
    return dated.assign(session=first_session(dated["reported_on"], dated["time"], sessions)).dropna(subset=["session"])


def financing_sessions(
    financings: pd.DataFrame, reports: pd.DataFrame, event_flags: pd.DataFrame, sessions: pd.DatetimeIndex
) -> pd.DataFrame:
    """Financings with a full date and the `session` that could first react: ticker, session, kind.

    The table does not hold their hour. One of a day on whose evening the company told results or a deal is taken
    as told with them (the next session), any other as of its day.
    """
    dated = financings[financings["announced_on"].astype("string").str.len() == 10]
    days = last_day(dated["announced_on"])
    told = [
        reports.loc[in_the_evening(reports["reported_on"], reports["time"]), ["ticker", "reported_on"]],
        event_flags.loc[
            in_the_evening(event_flags["announced_on"], event_flags["announced_time"]), ["ticker", "announced_on"]
        ],
    ]
    evenings = pd.concat([each.set_axis(["ticker", "day"], axis=1) for each in told])
    evening = pd.MultiIndex.from_arrays([dated["ticker"], days]).isin(pd.MultiIndex.from_frame(evenings))
    hours = pd.Series(np.where(evening, "post", "unknown"))
    found = dated[["ticker", "kind"]].assign(session=first_session(days, hours, sessions))
    return found.dropna(subset=["session"])[["ticker", "session", "kind"]]


def last_sessions(instruments: pd.DataFrame) -> pd.Series:
    """Last session of each instrument that trades no more (taken over, delisted): ticker -> Timestamp."""
    return instruments.set_index("ticker")["last_session"].dropna()


def still_trading(symbols: Iterable[str], day: pd.Timestamp, last_session: pd.Series) -> list[str]:
    """Those of `symbols` that trade on `day` or later, as far as is known."""
    return [symbol for symbol in symbols if last_session.get(symbol, pd.Timestamp.max) >= day]


def ends(symbols: pd.Index, last_session: pd.Series | None) -> np.ndarray:
    """Last session of each of `symbols`, far in the future for one that trades on."""
    known = pd.Series(dtype="datetime64[ns]") if last_session is None else last_session
    return known.reindex(symbols).fillna(pd.Timestamp.max).to_numpy(dtype="datetime64[ns]")
