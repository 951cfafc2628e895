"""What the market pays for a company, per megawatt of its contracts or of its sites, and what it has borrowed.

Market value is shares times price: not enterprise value, since cash is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache

import pandas as pd

from minerpivot.data.tables import last_day
from minerpivot.deals.ledger import GONE, contracted, totals

DEBT = ("convertible", "notes", "loan")
# Averages over a quarter and third parties' diluted estimates are other measures.
POINT_COUNTS = ("cover_page", "basic")


def raised(financings: pd.DataFrame, kinds: Iterable[str] | None = None) -> pd.Series:
    """Million USD of debt and equity (or of some `kinds`) announced, by ticker: gross, at the facility's size.

    No measure of cash or of what is owed: programmes, undrawn loans, stock paid for land and refinancing count in
    full, repayments and most sales at market are unseen. Warrants and packages that other rows sign are left out.
    """
    signed = financings["financing_id"].isin(financings["part_of"].dropna())
    kept = (financings["kind"] != "warrants") & ~signed
    if kinds is not None:
        kept &= financings["kind"].isin(list(kinds))
    return financings[kept].groupby("ticker")["amount_usd_m"].sum().sort_values(ascending=False)


def ledger_power_mw(deals: pd.DataFrame, parents: Mapping[str, str]) -> pd.Series:
    """Gross MW of sites, power and leases that the ledger holds, by company: not all of its power, some of it "up to".

    Adds the gross figures (open bases are held as gross) of tenant contracts in force, power and land rows, and
    purchases. Frameworks, sales, bids, and contracts with a critical-IT figure only, add nothing.
    """
    signed = contracted(deals)
    bought = deals["counts_as"].isin(["power_or_land", "purchase"]) & ~deals["state"].isin(GONE)
    held = pd.concat([signed[signed["counts_as"] == "contract"], deals[bought]])
    return held["gross_mw"].groupby(held["ticker"].replace(parents)).sum(min_count=1).rename("power_mw")


def market_value(
    shares: pd.DataFrame,
    prices: pd.DataFrame,
    known: Callable[[pd.Timestamp], pd.DataFrame],
    financings: pd.DataFrame,
    parents: Mapping[str, str],
    *,
    ratio: float,
) -> pd.DataFrame:
    """Market value of each company on the days of its share counts, and per megawatt of what was in force that day.

    `known` gives the ledger of a day (`ledger_on`): a contract that ended later still counts before.
    One row per point count (`POINT_COUNTS`; averages and diluted estimates are left out): shares × the close of that
    day, or of the last session in the seven days before. Adds close, value_usd_m, critical_it_mw, open_mw,
    power_mw (`ledger_power_mw`), debt_usd_m (convertibles, notes and loans announced by that day: see `raised`),
    and USD m per megawatt: per_mw_low and per_mw_high (contracted; open bases read as critical IT, or as gross with
    `ratio` gross megawatts per critical one), per_power_mw, and each `_with_debt`. A parent counts its subsidiary's
    megawatts and debt. Missing where the company had no such megawatts, or no such debt was seen.
    """
    counts = shares[shares["basis"].isin(POINT_COUNTS)].sort_values(["as_of", "ticker"])
    closes = prices.rename(columns={"symbol": "ticker", "date": "as_of"})[["ticker", "as_of", "close"]]
    rows = pd.merge_asof(counts, closes.sort_values("as_of"), on="as_of", by="ticker", tolerance=pd.Timedelta(days=7))
    rows = rows.dropna(subset=["close"]).reset_index(drop=True)
    issued, ledger = last_day(financings["announced_on"]), cache(known)
    facts = []
    for row in rows.itertuples():
        public = ledger(row.as_of)
        signed = contracted(public)
        group = [row.ticker, *(child for child, parent in parents.items() if parent == row.ticker)]
        own = signed[signed["ticker"].isin(group)]
        megawatts = totals(own).iloc[0][["critical_it_mw", "open_mw"]] if len(own) else pd.Series(dtype=float)
        debt = raised(financings[issued <= row.as_of], DEBT).reindex(group).sum(min_count=1)
        power = ledger_power_mw(public, parents).get(row.ticker)
        facts.append(megawatts.to_dict() | {"power_mw": power, "debt_usd_m": debt})
    found = rows.join(pd.DataFrame(facts, columns=["critical_it_mw", "open_mw", "power_mw", "debt_usd_m"], dtype=float))
    value = found["shares_m"] * found["close"]
    whole, open_mw = value + found["debt_usd_m"], found["open_mw"].fillna(0)
    most = found["critical_it_mw"].add(found["open_mw"], fill_value=0)
    least = most - open_mw * (1 - 1 / ratio)
    bases = {"per_mw_low": most, "per_mw_high": least, "per_power_mw": found["power_mw"]}
    rates = {name: value / base for name, base in bases.items()}
    with_debt = {f"{name}_with_debt": whole / base for name, base in bases.items()}
    return found.assign(value_usd_m=value, **rates, **with_debt)
