"""The network: epochs, blocks, the price of a coin and of hashing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from minerpivot.data.consistency.rule import across
from minerpivot.data.rules import Fault, Table, first_day
from minerpivot.data.tables import last_day


@across("difficulty_epochs")
def epochs_follow_each_other(epochs: Table) -> Iterator[Fault]:
    """Numbers without a gap, days in order (3 to 41 apart so far), and the change that the difficulties give."""
    rows = epochs.typed.sort_values("epoch", kind="stable")
    step = rows["epoch"].astype("float64").diff()
    hole = (step > 1).reindex(epochs.typed.index)
    yield from epochs.where(hole, "epoch", "with none before it", "add the missing row")
    gap = rows["date_utc"].diff().dt.days / step
    wrong = ((gap < 3) | (gap > 60)).reindex(epochs.typed.index)
    words = "which must be 3 to 60 days after the epoch before"
    yield from epochs.where(wrong, ["epoch", "date_utc"], words, "correct the date")
    change = (rows["difficulty"] / rows["difficulty"].shift() - 1) * 100
    wrong = ((change - rows["change_pct"]).abs() > 0.001).reindex(epochs.typed.index)
    cells, words = ["epoch", "difficulty", "change_pct"], "not the change from the epoch before"
    yield from epochs.where(wrong, cells, words, "correct the difficulty or the change")


@across("network", "difficulty_epochs")
def difficulty_is_that_of_the_epoch(network: Table, epochs: Table) -> Iterator[Fault]:
    """A day's difficulty is that of the last epoch begun by its end."""
    known = epochs.typed.sort_values("date_utc", kind="stable")
    at = known["date_utc"].searchsorted(network.typed["date"], side="right") - 1
    force = pd.Series(np.where(at >= 0, known["difficulty"].to_numpy()[np.maximum(at, 0)], np.nan))
    differs = (network.typed["difficulty"] / force - 1).abs() > 0.001
    mend = "correct it here or in data/difficulty_epochs.csv"
    yield from network.where(differs, ["date", "difficulty"], "not the difficulty of its epoch", mend)


@across("network", "halvings")
def coins_are_blocks_times_subsidy(network: Table, halvings: Table) -> Iterator[Fault]:
    """Exactly, except on a halving's day and the one before, where it lies between the old subsidy and the new."""
    past = halvings.typed.sort_values("height")
    first = np.datetime64("2009-01-01")
    begun = np.concatenate([[first], past["date_utc"].to_numpy().astype("datetime64[ns]")])
    subsidy = np.concatenate([past["subsidy_before_btc"].iloc[:1], past["subsidy_after_btc"]])
    date = network.typed["date"].to_numpy().astype("datetime64[ns]")
    eve, morrow = (subsidy[np.searchsorted(begun, date + np.timedelta64(d, "D"), side="right") - 1] for d in (-1, 1))
    paid = network.typed["issuance_btc"] / network.typed["blocks"].astype("float64")
    wrong = (paid > eve * (1 + 1e-6)) | (paid < morrow * (1 - 1e-6))
    cells = ["date", "blocks", "issuance_btc"]
    yield from network.where(wrong, cells, "not the blocks times the subsidy", "correct the blocks or the coins")


@across("network", "prices", "instruments")
def bitcoin_has_one_price(network: Table, prices: Table, instruments: Table) -> Iterator[Fault]:
    """Both tables' prices of a day are within 5 percent (2.4 at most so far: venues and hours differ)."""
    coin = instruments.raw.loc[(instruments.raw["kind"] == "crypto").to_numpy(), "ticker"]
    if len(coin) != 1:
        return
    mine = (prices.raw["symbol"] == coin.iloc[0]).to_numpy()
    close = pd.Series(prices.typed.loc[mine, "close"].to_numpy(), index=prices.raw.loc[mine, "date"].to_numpy())
    differs = (network.typed["price_usd"] / network.raw["date"].map(close[~close.index.duplicated()]) - 1).abs() > 0.05
    mend = "correct it here or in data/prices.csv"
    yield from network.where(differs, ["date", "price_usd"], f"far from the close of {coin.iloc[0]}", mend)


@across("hashprice_published", "network")
def hashprice_is_near_the_networks(published: Table, network: Table) -> Iterator[Fault]:
    """What was printed is within a quarter of what price, coins and hash rate of a week or month give."""
    days_ = network.typed.set_index("date")
    income = days_["price_usd"] * (days_["issuance_btc"] + days_["fees_btc"]) / days_["hash_rate_ehs"] / 1000
    begin, end = first_day(published.raw["date"]), last_day(published.raw["date"])
    for row, (start, stop) in enumerate(zip(begin, end)):
        week = pd.Timedelta(days=3 if start == stop else 0)
        around = income[(income.index >= start - week) & (income.index <= stop + week)].mean()
        value = published.typed["value"].iloc[row]
        if abs(value / around - 1) > 0.25:
            words = f"but the network gives about {around:.4g}"
            yield published.fault(row, ["date", "value"], words, "correct the value or the day")
