"""What the market pays for a company, per megawatt of its contracts or of its sites, and what it has borrowed.

Market value is shares times price; enterprise value adds what is owed and takes off what is held, where all of it is
known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache

import pandas as pd

from minerpivot.data.tables import last_day
from minerpivot.deals.ledger import GONE, contracted, totals
from minerpivot.page.words import Day

DEBT = ("convertible", "notes", "loan")
NOT_RAISED = ("asset_sale", "convertible_repurchase")  # told among financings, but nobody lent or bought new shares
# Averages over a quarter and third parties' diluted estimates are other measures.
POINT_COUNTS = ("cover_page", "basic")


def counted(financings: pd.DataFrame) -> pd.DataFrame:
    """Financings that a sum may hold: without warrants, what was sold or bought back, and packages that others sign."""
    signed = financings["financing_id"].isin(financings["part_of"].dropna())
    return financings[~financings["kind"].isin(["warrants", *NOT_RAISED]) & ~signed]


def raised(financings: pd.DataFrame, kinds: Iterable[str] | None = None) -> pd.Series:
    """Million USD of debt and equity (or of some `kinds`) announced, by ticker: gross, at the facility's size.

    No measure of cash or of what is owed: programmes, undrawn loans, stock paid for land and refinancing count in
    full, repayments and most sales at market are unseen. Warrants and packages that other rows sign are left out.
    """
    rows = counted(financings)
    if kinds is not None:
        rows = rows[rows["kind"].isin(list(kinds))]
    return rows.groupby("ticker")["amount_usd_m"].sum().sort_values(ascending=False)


def announced_after(financings: pd.DataFrame, sheet_on: pd.Timestamp, day: pd.Timestamp) -> pd.DataFrame:
    """Financings that a sum may hold of after the balance sheet of `sheet_on`, by `day`: what it cannot hold yet."""
    rows = counted(financings)
    return rows[last_day(rows["announced_on"]).between(sheet_on, day, inclusive="right")]


def bought(deals: pd.DataFrame, sheet_on: pd.Timestamp, day: pd.Timestamp) -> pd.DataFrame:
    """Purchases with a price, agreed by `day`, that a balance sheet of `sheet_on` may lack.

    Those agreed after it, and those agreed before of which no completion was found.
    """
    agreed = last_day(deals["announced_on"])
    rows = deals["counts_as"].isin(["purchase", "power_or_land"]) & deals["contract_value_usd_bn"].gt(0)
    rows &= ~deals["state"].isin(GONE) & ~deals["deal_id"].isin(deals["supersedes"].dropna()) & (agreed <= day)
    return deals[rows & ((agreed > sheet_on) | deals["state"].ne("completed"))]


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


def latest_counts(shares: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """The last point count of each company by `day`: ticker -> shares_m, as_of, basis. Averages are left out."""
    points = shares[shares["basis"].isin(POINT_COUNTS) & (shares["as_of"] <= day)].sort_values("as_of")
    return points.groupby("ticker").tail(1).set_index("ticker")[["shares_m", "as_of", "basis"]]


def latest_closes(prices: pd.DataFrame, day: pd.Timestamp, *, max_age_days: int = 7) -> pd.DataFrame:
    """The last close of each series by `day`: symbol -> close, date. A series that ended earlier has none."""
    recent = prices[prices["date"].between(day - pd.Timedelta(days=max_age_days), day)].dropna(subset=["close"])
    return recent.sort_values("date").groupby("symbol").tail(1).set_index("symbol")[["close", "date"]]


def with_coins(prices: pd.DataFrame, network: pd.DataFrame, *, symbol: str = "BTC-USD") -> pd.DataFrame:
    """Closes with those of bitcoin on days on which they lack one, from the network's daily price in USD.

    So coins count at the price of the day of the shares, not of one before.
    """
    held = prices.loc[prices["symbol"] == symbol, "date"]
    more = network.dropna(subset=["price_usd"]).rename(columns={"price_usd": "close"})[["date", "close"]]
    return pd.concat([prices, more[~more["date"].isin(held)].assign(symbol=symbol)], ignore_index=True)


def in_billions(low_usd_m: float, high_usd_m: float) -> str:
    """A value or the range of it as people say it: "$3.2bn", "$3.2 to 3.4bn", "−$2.1bn", "−$0.2bn to $0.3bn"."""
    ends = list(dict.fromkeys(round(value / 1000, 1) + 0.0 for value in (low_usd_m, high_usd_m)))
    if min(ends) < 0:
        return " to ".join(f"{'−' if end < 0 else ''}${abs(end):.1f}bn" for end in ends)
    return f"${' to '.join(f'{end:.1f}' for end in ends)}bn"


INGREDIENTS = {  # what an enterprise value cannot do without, and how it is called
    "shares_m": "a share count",
    "close": "a price",
    "debt_usd_m": "its total debt",
    "cash_usd_m": "its cash",
}
TAKEN_AS_NONE = {"btc_held": "coins", "preferred_usd_m": "preferred stock"}


def enterprise_value(
    sheets: pd.DataFrame, shares: pd.DataFrame, prices: pd.DataFrame, day: str | pd.Timestamp, tickers: Iterable[str]
) -> pd.DataFrame:
    """Enterprise value of each company on `day`, million USD, with all that it is made of: ticker -> one row.

    Market value (latest point count x close) + debt + preferred stock - cash - coins at the close of bitcoin on
    `coins_on`, the last by `day` (`with_coins` fills days without one). Debt,
    cash and coins are those of the latest balance sheet that gives total debt and cash, else of the latest one; a debt
    that is tagged or long-term only is no total and is left empty (`debt_seen_usd_m` keeps it). Restricted cash counts
    both ways: `low_usd_m` takes it off, `high_usd_m` does not; it is added to cash where it lies on top, is a part of
    cash where it lies within, and where that is unknown each end takes the reading that widens the range. Net debt
    (`net_debt_low_usd_m`, `net_debt_high_usd_m`) is debt and preferred stock less cash, coins not taken off.
    `lacks` names what was not found (see `_lacking`): without it there is no value. Coins and preferred stock that no
    source gives are taken as none, which `taken_as_none` says; such a value is `estimated`, another `derived`
    (`grade`). Coins that the cash holds (`coins_in_cash_usd_m`) are taken off the cash, so that they count once.
    `free_cash_usd_m` is the cash that `high_usd_m` takes off.
    """
    day = pd.Timestamp(day)
    close, counts = latest_closes(prices, day), latest_counts(shares, day)
    coin, coin_on = close.reindex(["BTC-USD"])[["close", "date"]].iloc[0]
    total = sheets["debt_usd_m"].where(sheets["debt_scope"] == "total")
    known = sheets.assign(debt_seen_usd_m=sheets["debt_usd_m"], debt_usd_m=total)
    known = known.assign(whole=known["debt_usd_m"].notna() & known["cash_usd_m"].notna())
    latest = known[known["as_of"] <= day].sort_values(["whole", "as_of"]).groupby("ticker").tail(1).set_index("ticker")
    balance = latest.rename(
        columns={"as_of": "sheet_on", "source_url": "sheet_url", "grade": "sheet_grade", "note": "sheet_note"}
    )
    kept = ["sheet_on", "sheet_url", "sheet_grade", "cash_usd_m", "restricted_cash_usd_m", "restricted_is"]
    kept += [
        "debt_usd_m",
        "debt_seen_usd_m",
        "debt_scope",
        "debt_basis",
        "debt_note",
        "preferred_usd_m",
        "btc_held",
        "coins_in_cash_usd_m",
        "sheet_note",
    ]
    rows = pd.DataFrame(index=pd.Index(list(tickers), name="ticker")).join(balance.reindex(columns=kept))
    rows = rows.join(counts.rename(columns={"as_of": "shares_on", "basis": "shares_basis"}))
    rows = rows.join(close.rename(columns={"date": "close_on"}))
    rows["market_value_usd_m"] = rows["shares_m"] * rows["close"]
    rows["coins_usd_m"] = rows["btc_held"].astype(float) * coin / 1e6
    rows["coins_on"] = pd.Series(pd.Timestamp(coin_on), rows.index).where(rows["coins_usd_m"].notna())
    held, lies = rows["restricted_cash_usd_m"].fillna(0), rows["restricted_is"]
    own_cash = rows["cash_usd_m"] - rows["coins_in_cash_usd_m"].fillna(0)
    cash = {"low": own_cash + held.where(lies != "within", 0)}
    cash["high"] = rows["free_cash_usd_m"] = own_cash - held.where(lies.isin(["within", "unknown"]), 0)
    for end, own in cash.items():
        rows[f"net_debt_{end}_usd_m"] = rows["debt_usd_m"] + rows["preferred_usd_m"].fillna(0) - own
        net = rows[f"net_debt_{end}_usd_m"] - rows["coins_usd_m"].fillna(0)
        rows[f"{end}_usd_m"] = rows["market_value_usd_m"] + net
    rows["lacks"] = _lacking(rows, known[known["as_of"] <= day], shares[shares["as_of"] <= day])
    rows["taken_as_none"] = _named(rows, TAKEN_AS_NONE).where(rows["lacks"] == "", "")
    rows["grade"] = (rows["taken_as_none"] == "").map({True: "derived", False: "estimated"})
    rows["grade"] = rows["grade"].where(rows["lacks"] == "")
    return rows


def _lacking(rows: pd.DataFrame, sheets: pd.DataFrame, shares: pd.DataFrame) -> pd.Series:
    """What is missing of the ingredients in each row, as names; of a day or kind where there is another of it."""
    older = sheets.groupby("ticker")[["debt_usd_m", "cash_usd_m"]].count() > 0
    found = []
    for ticker, row in rows.iterrows():
        names = dict(INGREDIENTS)
        if ticker in set(shares["ticker"]):
            names["shares_m"] = "an undiluted share count of one day"
        for column in older.columns[older.reindex([ticker], fill_value=False).iloc[0]]:
            names[column] += f" on {Day(row['sheet_on'])}"
        found.append(", ".join(name for column, name in names.items() if pd.isna(row[column])))
    return pd.Series(found, rows.index, dtype=object)


def _named(rows: pd.DataFrame, parts: Mapping[str, str]) -> pd.Series:
    """What is missing of `parts` in each row, as names."""
    return pd.Series([", ".join(parts[c] for c in parts if pd.isna(row[c])) for _, row in rows.iterrows()], rows.index)


def measured_percent(contracts: pd.DataFrame) -> float:
    """Percent of the value stated for a company's contracts that lies in those with critical-IT megawatts.

    Of their number where none states a value, missing where there are none. A value divided by the megawatts of only
    a part of the contracts is too high.
    """
    known, value = contracts["critical_it_mw"].notna(), contracts["contract_value_usd_bn"].fillna(0)
    weight = value if value.sum() > 0 else value + 1
    return float(100 * weight[known].sum() / weight.sum()) if len(contracts) else float("nan")


def per_megawatt(value_usd_m: pd.Series, megawatts: pd.Series, *, at_least: float = 100) -> pd.Series:
    """Million USD per megawatt; missing below `at_least` megawatts, where they are too small a part of the business."""
    return value_usd_m / megawatts.where(megawatts >= at_least)
