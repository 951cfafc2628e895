"""The income of a unit of mining work: hashprice, halving clock, margins, decomposition.

Three hashprices exist and are never mixed: difficulty-based (expected income, the convention of
hashprice indices), realised (the day's revenue over the estimated hash rate) and subsidy-only.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

SECONDS_PER_DAY = 86_400
HASHES_PER_DIFFICULTY = 2**32
HASHES_PER_PETAHASH = 1e15
MWH_PER_PETAHASH_DAY_PER_EFFICIENCY = 0.024  # 1 PH/s at 1 J/TH draws 1 kW, that is 0.024 MWh a day


def hashprice(network: pd.DataFrame) -> pd.DataFrame:
    """Hashprice per day, in BTC and USD per PH/s per day, three ways.

    `network` has one row per UTC day: date, price_usd, difficulty, hash_rate_ehs, blocks,
    issuance_btc, fees_btc. Returns columns `btc`, `usd` (difficulty-based), `usd_realised` and
    `usd_subsidy_only`, indexed by date; missing where an input is missing.

    Difficulty-based: 1e15 × 86,400 / (difficulty × 2^32) × (subsidy + fees per block), with the
    day's mean fees per block (about 144 blocks). Source: the target definition of the protocol.
    """
    day = network.set_index("date")
    blocks_per_petahash = HASHES_PER_PETAHASH * SECONDS_PER_DAY / (day["difficulty"] * HASHES_PER_DIFFICULTY)
    subsidy = day["issuance_btc"] / day["blocks"]
    btc = blocks_per_petahash * (subsidy + day["fees_btc"] / day["blocks"])
    realised = (day["issuance_btc"] + day["fees_btc"]) / (day["hash_rate_ehs"] * 1000)
    return pd.DataFrame(
        {
            "btc": btc,
            "usd": btc * day["price_usd"],
            "usd_realised": realised * day["price_usd"],
            "usd_subsidy_only": blocks_per_petahash * subsidy * day["price_usd"],
        }
    )


def before_halving(series: pd.Series, halving: pd.Timestamp, *, days: int = 30) -> float:
    """Mean of `series` over `days` days that end two days before the day of the halving.

    The eve is left out with the day itself: days by median block time (Coin Metrics) put the first
    blocks after the halving, and their fees, into it.
    """
    return float(series.loc[window_before(halving, days=days)].mean())


def window_before(halving: pd.Timestamp, *, days: int = 30) -> slice:
    """The dates that count as "before" a halving: `days` days, the last one two days before it."""
    last = halving - pd.Timedelta(days=2)
    return slice(last - pd.Timedelta(days=days - 1), last)


def since_halving(series: pd.Series, halvings: pd.DataFrame, *, smooth: int = 30) -> pd.DataFrame:
    """`series` on one clock: days since each past halving, mean of the `smooth` days before it = 100.

    Returns long rows: halving (1 to 4), date, days, index. The trailing `smooth`-day mean is drawn
    only from days after the halving; the day itself, whose fees mislead, is left out. A halving's
    rows end two days before the next one.
    """
    dates = [*halvings["date_utc"], series.index.max() + pd.Timedelta(days=2)]
    parts = []
    for number, start, end in zip(halvings["halving"], dates[:-1], dates[1:]):
        after = series.loc[start + pd.Timedelta(days=1) : end - pd.Timedelta(days=2)].dropna()
        base = before_halving(series, start, days=smooth)
        level = after.rolling(smooth, min_periods=smooth).mean().dropna()
        days = (level.index - start).days
        parts.append(
            pd.DataFrame({"halving": number, "date": level.index, "days": days, "index": 100 * level.to_numpy() / base})
        )
    return pd.concat(parts, ignore_index=True)


def recovery(clock: pd.DataFrame) -> pd.DataFrame:
    """Per halving: the first day on which the index is back at 100 (missing if not yet), and days observed.

    A halving whose index never fell below 100 recovers on the first observed day.
    """
    back = clock[clock["index"] >= 100].groupby("halving")["days"].min()
    observed = clock.groupby("halving")["days"].max()
    return pd.DataFrame({"recovery_days": back.reindex(observed.index), "days_observed": observed})


def revenue_per_mwh(hashprice_usd: pd.Series | float, efficiency_j_per_th: float) -> pd.Series | float:
    """USD earned per MWh by a machine of the given efficiency: hashprice / (0.024 × efficiency)."""
    return hashprice_usd / (MWH_PER_PETAHASH_DAY_PER_EFFICIENCY * efficiency_j_per_th)


def break_even_cents_per_kwh(hashprice_usd: pd.Series | float, efficiency_j_per_th: float) -> pd.Series | float:
    """Power price (US cents per kWh) at which a machine's income just pays its electricity."""
    return revenue_per_mwh(hashprice_usd, efficiency_j_per_th) / 10


def break_even_hashprice(cents_per_kwh: float, efficiency_j_per_th: float) -> float:
    """Hashprice (USD per PH/s per day) at which income just pays for power at the given price."""
    return cents_per_kwh * 10 * MWH_PER_PETAHASH_DAY_PER_EFFICIENCY * efficiency_j_per_th


def decompose(network: pd.DataFrame, start: slice, end: slice) -> pd.Series:
    """Log change of the mean difficulty-based USD hashprice between two date ranges, by cause.

    Works on geometric means of price, difficulty, subsidy and 1 + fees/subsidy over each range, so
    that the parts add up exactly to `total`. In log points (1.0 is a factor e).
    """
    day = network.set_index("date").dropna(subset=["price_usd", "difficulty", "fees_btc"])
    logs = pd.DataFrame(
        {
            "bitcoin price": np.log(day["price_usd"]),
            "difficulty": -np.log(day["difficulty"]),
            "subsidy": np.log(day["issuance_btc"] / day["blocks"]),
            "fees": np.log1p(day["fees_btc"] / day["issuance_btc"]),
        }
    )
    parts = logs.loc[end].mean() - logs.loc[start].mean()
    return pd.concat([parts, pd.Series({"total": parts.sum()})])
