"""Share counts: how far new shares, and not the price, made a company's market value grow.

A count is compared only with a later one of the same kind: a filing's cover page, a point in time, or a
quarter's average. Prices are split-adjusted closes in US dollars, growth is a fraction.
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pandas as pd


def share_growth(
    shares: pd.DataFrame, closes: pd.DataFrame, *, since: pd.Timestamp, at_least_days: int = 180
) -> pd.DataFrame:
    """Growth of each ticker's share count beside its price and market value: ticker -> one row.

    `shares` has ticker, as_of, shares_m and basis. A count is compared only with one of the same basis: of the bases
    with two counts at least `at_least_days` apart from `since` on, the one with the longest span. Columns: basis,
    from_date, to_date, from_shares_m, to_shares_m, `shares` (growth), `price` (return between the same dates; for an
    average count between the mean closes of the quarters that it averages) and `market_value`,
    (1 + shares)(1 + price) - 1. Fractions. A count for a year or of a diluted kind is not used.
    """
    days_averaged = {"cover_page": 0, "basic": 0, "weighted_basic": 91}
    used = shares[
        shares["basis"].isin(list(days_averaged)) & shares["ticker"].isin(closes) & (shares["as_of"] >= since)
    ]
    pairs = used.sort_values("as_of").groupby(["ticker", "basis"])[["as_of", "shares_m"]].agg(["first", "last"])
    pairs.columns = ["from_date", "to_date", "from_shares_m", "to_shares_m"]
    pairs = pairs.assign(days=(pairs["to_date"] - pairs["from_date"]).dt.days).query("days >= @at_least_days")
    pairs = (
        pairs.reset_index("basis").sort_values("days").groupby(level="ticker").tail(1).drop(columns="days").sort_index()
    )

    def price(ticker: Hashable, day: pd.Timestamp, basis: str) -> float:
        known = closes[ticker].ffill().loc[:day]
        return (
            known.loc[day - pd.Timedelta(days=days_averaged[basis]) :].mean()
            if days_averaged[basis]
            else known.iloc[-1]
        )

    pairs["shares"] = pairs["to_shares_m"] / pairs["from_shares_m"] - 1
    ends = [
        (price(t, row["to_date"], row["basis"]), price(t, row["from_date"], row["basis"]))
        for t, row in pairs.iterrows()
    ]
    pairs["price"] = np.array([last / first - 1 for last, first in ends], dtype=float)
    pairs["market_value"] = (1 + pairs["shares"]) * (1 + pairs["price"]) - 1
    return pairs


def weekly(closes: pd.Series) -> pd.Series:
    """The last close of each week, by its Friday; that of the last week by the last session, if it came before."""
    last = closes.resample("W-FRI").last().dropna()
    return last.set_axis([min(friday, closes.index[-1]) for friday in last.index])
