"""Share counts: by how much a company's shares grew in number, and a share's weekly closes.

A count is compared only with a later one of the same kind: a filing's cover page, a point in time, or a
quarter's average. Growth is a fraction.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable

import pandas as pd

COMPARED = ("cover_page", "basic", "weighted_basic")  # not: counts for a year, or diluted


def share_growth(
    shares: pd.DataFrame, priced: Iterable[Hashable], *, since: pd.Timestamp, at_least_days: int = 180
) -> pd.DataFrame:
    """Growth of each share count, of the tickers that are `priced`: ticker -> one row.

    `shares` has ticker, as_of, shares_m and basis. A count is compared only with one of the same basis: of the bases
    with two counts at least `at_least_days` apart from `since` on, the one with the longest span. Columns: basis,
    from_date, to_date, from_shares_m, to_shares_m and `shares`, the growth.
    """
    used = shares[shares["basis"].isin(COMPARED) & shares["ticker"].isin(list(priced)) & (shares["as_of"] >= since)]
    pairs = used.sort_values("as_of").groupby(["ticker", "basis"])[["as_of", "shares_m"]].agg(["first", "last"])
    pairs.columns = ["from_date", "to_date", "from_shares_m", "to_shares_m"]
    pairs = pairs.assign(days=(pairs["to_date"] - pairs["from_date"]).dt.days).query("days >= @at_least_days")
    longest = pairs.reset_index("basis").sort_values("days").groupby(level="ticker").tail(1).sort_index()
    return longest.drop(columns="days").assign(shares=longest["to_shares_m"] / longest["from_shares_m"] - 1)


def weekly(closes: pd.Series) -> pd.Series:
    """The last close of each week, by its Friday; that of the last week by the last session, if it came before."""
    last = closes.resample("W-FRI").last().dropna()
    return last.set_axis([min(friday, closes.index[-1]) for friday in last.index])
