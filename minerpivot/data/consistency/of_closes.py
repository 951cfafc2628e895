"""Closes, splits and share counts, and what a company was worth."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from minerpivot.data import rules
from minerpivot.data.consistency.rule import FORTNIGHT, across, on, sessions
from minerpivot.data.rules import Fault, Table, first_day
from minerpivot.data.tables import last_day, on_basis

STILL = 8  # sessions
VENDORS_EVENT = "the price vendor's event"  # note of a split that a refresh has found in the closes
MANY = 10  # series: of fewer all may lack one session of their vendor's
SHOWN = 5  # missing sessions that are told one by one


@across("prices_failed", "instruments")
@across("prices", "instruments")
def prices_stand_on_sessions(prices: Table, instruments: Table) -> Iterator[Fault]:
    """What is traded on an exchange closes on its sessions, and not after its last one."""
    found = on(prices, "symbol", instruments, "ticker", ["kind", "last_session"])
    closed = (found["kind"] != "crypto") & ~prices.typed["date"].isin(sessions(prices))
    cells = ["symbol", "date"]
    yield from prices.where(closed, cells, "no session of the exchange", "correct the date or remove the row")
    after = prices.typed["date"] > found["last_session"]
    mend = "correct last_session in data/instruments.csv or remove the row"
    yield from prices.where(after, cells, "after the last session of the instrument", mend)


@across("prices", "instruments")
def no_session_is_missing(prices: Table, instruments: Table) -> Iterator[Fault]:
    """Every session within a table of many has a close of someone, and no series lacks two in a row (1 so far).

    A halt, and a day on which the exchange stayed shut unforeseen, stand under `holes` in the table's metadata.
    """
    kind = on(prices, "symbol", instruments, "ticker", ["kind"])["kind"]
    rows = prices.typed.loc[kind != "crypto", ["symbol", "date"]].sort_values("date", kind="stable")
    holes = [hole["row"].rpartition("|") for hole in prices.entry.get("holes", [])]
    known = sessions(prices)
    known = known[(known >= rows["date"].min()) & (known <= rows["date"].max())]
    mend = f"add the closes, or list symbol|day and why under holes in data/{prices.name}.yml"
    nobody = known.difference(rows["date"])
    many = rows["symbol"].nunique() >= MANY
    for day in (nobody if many else nobody[:0]).difference(pd.DatetimeIndex([last for *_, last in holes]))[:SHOWN]:
        row = int(rows.index[rows["date"] > day][0])
        yield prices.fault(row, ["symbol", "date"], f"and {day:%Y-%m-%d}, a session, has no close at all", mend)
    known = known.difference(nobody)
    gaps = [series["gap_days"] for series in prices.entry.get("series", []) if "gap_days" in series]
    told = pd.Timedelta(days=min(gaps, default=3650))
    for symbol, own in rows.groupby("symbol"):
        traded = known.difference(pd.DatetimeIndex([last for first, _, last in holes if first == symbol]))
        places = pd.Series(traded.searchsorted(own["date"]), index=own.index)
        lacking = (places.diff() - 1).where(own["date"].diff() <= told)  # what is longer, its series tells
        for row in lacking.index[lacking > 1]:
            words = f"and of the {lacking[row]:.0f} sessions before it {symbol} has none"
            yield prices.fault(int(row), ["symbol", "date"], words, mend)


@across("prices_failed")
@across("prices")
def closes_do_not_stand_still(prices: Table) -> Iterator[Fault]:
    """A close that is the same on eight sessions in a row was filled in, not traded (3 so far; 7 of the failed)."""
    rows = prices.typed[["symbol", "date", "close"]].sort_values(["symbol", "date"], kind="stable")
    fresh = (rows["close"] != rows["close"].shift()) | (rows["symbol"] != rows["symbol"].shift())
    count = fresh.groupby(fresh.cumsum()).cumcount() + 1
    words, mend = f"the same as on the {STILL - 1} sessions before", "take out what was not traded, or accept it"
    yield from prices.where((count == STILL).reindex(prices.typed.index), ["symbol", "date", "close"], words, mend)


@across("prices", "instruments")
def a_series_has_a_convention(prices: Table, instruments: Table) -> Iterator[Fault]:
    """Whoever has closes says how they treat dividends."""
    found = on(prices, "symbol", instruments, "ticker", ["price_convention"])
    nameless = found["price_convention"].isna() & ~prices.raw["symbol"].duplicated()
    mend = "fill price_convention in data/instruments.csv"
    yield from prices.where(nameless, "symbol", "whose treatment of dividends is not known", mend)


def amounts_fit_their_company(table: Table, prices: Table, counts: Table, splits: Table) -> Iterator[Fault]:
    """Dollars are between `least` and `most` of the market value of their company on their day, or nothing.

    A field says so of itself: `market_value: {day: announced_on, least: 0.001, most: 5}`. Thousands, millions and
    billions are a thousand apart, and so are the bounds. Where no count or close is near the day nothing is asked.
    """
    for name, said in table.fields.items():
        if "market_value" in said:
            limits = said["market_value"]
            worth = market_value(table, limits["day"], prices, counts, splits)
            part = table.typed[name] * (1000 if said["unit"] == "USD bn" else 1) / worth
            wrong = (part != 0) & ((part < limits["least"]) | (part > limits["most"]))
            for row in np.flatnonzero(wrong.fillna(False)).tolist():
                words = f"{part[row]:.2g} times the company's market value then, {worth[row]:,.0f} million dollars"
                mend = f"correct the amount; its unit is {said['unit']}{rules.or_accept(table)}"
                yield table.fault(row, ["ticker", limits["day"], name], words, mend)


def market_value(table: Table, day: str, prices: Table, counts: Table, splits: Table) -> pd.Series:
    """Each row's company in millions of dollars: the nearest count within a year times the nearest close in a month."""
    rows = pd.DataFrame({"company": table.raw["ticker"], "day": last_day(table.typed[day])}).dropna()
    rows = rows.astype({"company": object, "day": "datetime64[ns]"}).rename_axis("row").reset_index()
    for other, company, when, value, within in (
        (counts, "ticker", "as_of", "shares_m", 366), (prices, "symbol", "date", "close", 31),
    ):  # fmt: skip
        known = on_basis(other.typed, other.entry, splits.typed)[[company, when, value]].dropna()
        known = known.set_axis(["company", "day", value], axis=1).astype({"company": object, "day": "datetime64[ns]"})
        rows, known, tolerance = rows.sort_values("day"), known.sort_values("day"), pd.Timedelta(days=within)
        rows = pd.merge_asof(rows, known, on="day", by="company", direction="nearest", tolerance=tolerance)
    return (rows["shares_m"] * rows["close"]).set_axis(rows["row"]).reindex(table.typed.index)


@across("instruments")
def instruments_change_names_on_a_day(instruments: Table) -> Iterator[Fault]:
    """Nobody is its own parent or successor, and whoever was renamed goes on trading under the new ticker."""
    for name in ("parent", "renamed_to"):
        itself = (instruments.raw[name] == instruments.raw["ticker"]).fillna(False)
        yield from instruments.where(itself, ["ticker", name], "the row itself", "correct the reference")


@across("splits")
def splits_fall_on_sessions(splits: Table) -> Iterator[Fault]:
    """A split that moves rows has a whole date, and a whole date is a session."""
    whole = (splits.raw["effective_on"].str.len() == 10).fillna(False)
    closed = whole & ~last_day(splits.typed["effective_on"]).isin(sessions(splits))
    yield from splits.where(closed, ["ticker", "effective_on"], "no session of the exchange", "correct the date")


@across("splits", "prices")
def splits_are_of_dear_shares_and_consolidations_of_cheap_ones(splits: Table, prices: Table) -> Iterator[Fault]:
    """A share is split to cost 15 dollars or more, and consolidated from less than 7.

    By closes of the days around it, as traded (101 or more, and 2 to 3 so far). Asked where stored closes are on the
    new basis already and no refresh has moved them there: a factor upside down shows nowhere else.
    """
    seen = (splits.raw["closes_restated"] == "n") | (splits.raw["notes"] == VENDORS_EVENT).fillna(False)
    factors = splits.typed["new_shares"] / splits.typed["old_shares"]
    told = zip(splits.raw["ticker"], first_day(splits.raw["effective_on"]), factors)
    for row, (ticker, day, factor) in enumerate(told):
        closes = prices.typed[prices.raw["symbol"] == ticker].set_index("date")["close"]
        near = closes[abs(closes.index - day) <= FORTNIGHT]
        if seen.iloc[row] or near.empty:
            continue
        after, before = near.median(), near.median() * factor
        words = f"though the share traded at about {before:,.4g} dollars before and {after:,.4g} after"
        if before >= 7 if factor < 1 else after < 15:
            cells, mend = ["ticker", "new_shares", "old_shares"], f"exchange the two{rules.or_accept(splits)}"
            yield splits.fault(row, cells, words, mend)


@across("prices_conflicts", "prices")
def conflicts_are_about_the_stored_close(conflicts: Table, prices: Table) -> Iterator[Fault]:
    """The chosen value is the close, unless a refresh took the other one, or put the whole series on another basis."""
    close = on(conflicts, ["symbol", "date"], prices, ["symbol", "date"], ["close"])["close"]
    ratio = close / conflicts.typed["chosen"]
    usual = ratio.groupby(conflicts.raw["symbol"]).transform("median")
    differs = ((ratio / usual - 1).abs() > 0.001) & ((close / conflicts.typed["value"] - 1).abs() > 0.001)
    cells = ["symbol", "date", "chosen"]
    yield from conflicts.where(differs, cells, "not the close in prices", "correct either, or remove the conflict")
