"""What the report knows of a company, from the rows of its tables alone.

A company is a row of `instruments` whose kind is "miner": one that is added has a profile, one removed has none.
What was not found is missing. A parent counts the contracts, megawatts and deliveries of its subsidiaries.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from minerpivot.companies import shares, valuation
from minerpivot.data.tables import last_day, load
from minerpivot.deals import delivery, ledger
from minerpivot.page.words import Day
from minerpivot.stocks import markets

READ = (
    *("instruments", "miners", "deals", "deal_sources", "deliveries", "sites", "site_contracts", "company_totals"),
    *("power_status", "balance_sheets", "shares_outstanding", "financings", "miner_segments", "prices", "fates"),
    *("prices_failed", "earnings_dates", "event_flags", "claims", "network"),
)
LEAST_MW = 100  # contracted megawatts below which a value per megawatt says nothing
LEAST_MEASURED = 90  # percent of the contracts' value that has to have megawatts for one

Tables = Mapping[str, pd.DataFrame]


def read() -> dict[str, pd.DataFrame]:
    """The tables that profiles are made of, as known on the report's day."""
    return {name: load(name) for name in READ}


def companies(instruments: pd.DataFrame) -> pd.DataFrame:
    """The companies that have a profile, by ticker, in the order of the names by which people know them."""
    rows = instruments[instruments["kind"] == "miner"]
    return rows.sort_values("short_name", key=lambda names: names.str.lower()).set_index("ticker")


def group(ticker: str, parents: Mapping[str, str]) -> list[str]:
    """The company and its subsidiaries."""
    return [ticker, *(child for child, parent in parents.items() if parent == ticker)]


def by_company(rows: pd.DataFrame, instruments: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Rows with a `ticker`, by company: those of its subsidiaries are its own too. Companies without any are in it."""
    parents = ledger.parent_of(instruments)
    return {t: rows[rows["ticker"].isin(group(t, parents))] for t in companies(instruments).index}


def title(ticker: str, name: str) -> str:
    """How a page is headed: the name by which people know a company, and its ticker if that is another word."""
    return ticker if name == ticker else f"{name} ({ticker})"


def fate(fates: pd.DataFrame) -> dict[str, str]:
    """What became of a company last, if it did not go on as it was: `fate`, and its day, name and terms where stated.

    `fates` are the rows of one company; of its terms the part before a semicolon is told, and who took it over as
    `fate_by`. Empty while it only listed, left a list or changed its name.
    """
    ended = fates[fates["fate"].isin(["acquired", "restructured", "merged"])].dropna(subset=["fate_on"]).tail(1)
    ended = ended.assign(
        terms=ended["terms"].astype("string").str.split(";").str[0], by=ended["by"].where(ended["fate"] == "acquired")
    )
    columns = ["fate", "fate_on", "name", "by", "terms"]
    told = ended[columns].set_axis(["fate", "fate_on", "fate_name", "fate_by", "fate_terms"], axis=1)
    return {str(key): cell for row in told.to_dict("records") for key, cell in row.items() if pd.notna(cell)}


def of(ticker: str, known: Tables) -> dict[str, pd.DataFrame]:
    """All rows that name the company or, for what a parent consolidates, its subsidiaries: table -> rows.

    Tables of a deal (`deal_sources`, `site_contracts`) come by the deals of the company. Empty where nothing is known.
    """
    own = group(ticker, ledger.parent_of(known["instruments"]))
    found = {name: rows[rows["ticker"].isin(own)] for name, rows in known.items() if "ticker" in rows}
    found["prices"] = known["prices"][known["prices"]["symbol"] == ticker]
    for name in ("miner_segments", "balance_sheets", "shares_outstanding", "instruments", "fates", "earnings_dates"):
        found[name] = known[name][known[name]["ticker"] == ticker]
    for name in ("deal_sources", "site_contracts"):
        found[name] = known[name][known[name]["deal_id"].isin(found["deals"]["deal_id"])]
    found["claims"] = known["claims"][(known["claims"][["ticker", "second_ticker"]] == ticker).any(axis=1)]
    return found


def promises(known: Tables, day: pd.Timestamp) -> pd.DataFrame:
    """Promised deliveries of contracts in force, soonest first, by the last day of what is expected now (`due`).

    `left_mw` is what is promised now less what runs of that phase and what is promised in earlier steps of it. Targets
    for phases of let sites that nobody promised are in it too.
    """
    held = delivery.kept(known["deliveries"], known["deals"])
    rows, keys = delivery.delays(held, day), ["ticker", "site", "phase"]
    said = held[(last_day(held["said_on"]) <= day) & held["alternative_to"].isna()]
    said = said.assign(said=last_day(said["said_on"])).sort_values("said", kind="stable")
    aims = said[said["kind"] == "target"].groupby(keys, as_index=False).tail(1)
    aims = aims[
        ~pd.MultiIndex.from_frame(aims[keys]).isin(pd.MultiIndex.from_frame(said.loc[said["kind"] != "target", keys]))
    ]
    let = known["site_contracts"]["site"]
    wholes = known["sites"].set_index("site")["part_of"].reindex(let)
    aims = aims[aims["site"].isin({*let, *wholes.dropna()})]
    aims = aims.rename(columns={"critical_it_mw": "promised_mw", "due": "now"}).assign(state="expected")
    aims["now_mw"] = aims["promised_mw"]
    columns = [*keys, "deal_id", "promised_mw", "now_mw", "now", "state", "source_url"]
    rows = pd.concat([rows, aims[columns]], ignore_index=True) if len(aims) else rows
    done = said[said["kind"] == "delivered"].dropna(subset=["live_critical_it_mw"])
    done = done.assign(end=delivery.period_end(done["live_by"])).sort_values(["said", "end"])
    runs = done.groupby(keys)["live_critical_it_mw"].last()
    running = runs.reindex(pd.MultiIndex.from_frame(rows[keys])).fillna(0).to_numpy()
    due = delivery.period_end(rows["now"].fillna(rows["promised"]))
    earlier = rows.groupby(keys)["promised_mw"].shift().fillna(0).to_numpy()
    rows = rows.assign(due=due, left_mw=rows["now_mw"] - np.maximum(running, earlier))
    return rows.sort_values("due", kind="stable", ignore_index=True)


def contracts(known: Tables) -> dict[str, pd.DataFrame]:
    """Contracts in force at each company's own share, oldest first, with those of its subsidiaries: ticker -> rows."""
    return by_company(ledger.own_share(ledger.contracted(known["deals"])), known["instruments"])


def signed_ever(known: Tables) -> dict[str, pd.DataFrame]:
    """`contracts`, and with them those of the company that bound once and are in force no more."""
    ended = by_company(ledger.own_share(ledger.ended(known["deals"])), known["instruments"])
    return {ticker: pd.concat([held, ended[ticker]]) for ticker, held in contracts(known).items()}


def worded(contracts: pd.DataFrame) -> str | None:
    """How the sum of values is to be read: "at least", "about" (worded so, averaged or projected), None if exact."""
    valued = contracts.dropna(subset=["contract_value_usd_bn"])
    own_sum = valued["value_basis"].isin(["average_times_term", "projected"]) & (
        valued["value_qualifier"] != "more_than"
    )
    if valued["value_qualifier"].isin(["about", "up_to", "at_full_use"]).any() or own_sum.any():
        return "about"
    return "at least" if valued["value_qualifier"].eq("more_than").any() else None


def running(known: Tables, day: str | pd.Timestamp) -> pd.DataFrame:
    """Contracted critical-IT megawatts at own share by company, in the three parts of `delivery.told`, and two of one.

    Columns: contracted_mw, live_mw (missing where no figure was seen, zero where the company says so), not_yet_mw,
    untold_mw, and later_mw: the part of not_yet_mw of which no figure is told and whose start is stated for a time that
    has not begun. A parent has its subsidiaries' megawatts too.
    """
    day = pd.Timestamp(day)
    parents = ledger.parent_of(known["instruments"])
    held = ledger.own_share(ledger.contracted(known["deals"])).query("mw_basis == 'critical IT'")
    live = delivery.live_mw(delivery.kept(known["deliveries"], known["deals"]), day).reset_index()
    found = {}
    for ticker, own in by_company(held, known["instruments"]).items():
        here = live[live["ticker"].isin(group(ticker, parents))]
        found[ticker] = {
            "contracted_mw": own["mw"].sum(min_count=1),
            "live_mw": here["live_mw"].sum(min_count=1),
            "unpublished": here["unpublished"].sum(),
            "later_mw": delivery.later_mw(own, day, parents).sum(),
        }
    table = pd.DataFrame.from_dict(found, orient="index", dtype=float).rename_axis("ticker")
    columns = table["contracted_mw"], table["live_mw"], table["unpublished"]
    rest = delivery.told(*columns, table["later_mw"])
    table = table.join(rest[["not_yet_mw", "untold_mw"]])
    table["later_mw"] = table["not_yet_mw"] - delivery.told(*columns)["not_yet_mw"]
    parts = ["not_yet_mw", "untold_mw", "later_mw"]
    table[parts] = table[parts].where(table["contracted_mw"].notna(), axis=0)
    return table[["contracted_mw", "live_mw", *parts]]


def otherwise_live(deliveries: pd.DataFrame, live_mw: float) -> float:
    """Live megawatts of a company where another statement differs from the newest one, missing if none does.

    `deliveries` are the company's; `alternative_to` names the statement that counts.
    """
    done = deliveries[deliveries["kind"] == "delivered"]
    main = done[done["alternative_to"].isna()]
    main = main.assign(said=last_day(main["said_on"]), end=delivery.period_end(main["live_by"]))
    newest = main.sort_values(["said", "end"], kind="stable").groupby(["site", "phase"]).tail(1)
    both = done.merge(newest[["delivery_id", "live_critical_it_mw"]], left_on="alternative_to", right_on="delivery_id")
    gap = (both["live_critical_it_mw_x"] - both["live_critical_it_mw_y"]).sum()
    return live_mw + gap if gap else np.nan


def ai_beside(tables: Tables, row: pd.Series, measured: int) -> dict[str, object]:
    """What a company's AI revenue says of computing that its live megawatts do not show, by name, for its page.

    `tables` are the company's own, `row` is its `overview`, `measured` counts its contracts with megawatts.
    `ran_before`: AI revenue (since `ai_since`) is older than the first of the live megawatts, which are of a part of
    the contracts. `earned_beside`: none of the megawatts runs, but there was AI revenue, last in the quarter to
    `earned_to`. `earned_unmeasured`: nothing is said of megawatts that run, but AI revenue (`earned`, million USD,
    less fit-out where stated; `earned_fit_out`, else) came after the first contract.
    """
    ai = ledger.without_fit_out(tables["miner_segments"]).sort_values("period_end")
    quarters = tables["miner_segments"].query("ai_hpc_revenue_usd_m > 0")["period_end"]
    rents, done = ai.query("ai_hpc_revenue_usd_m > 0").tail(1), tables["deliveries"].query("kind == 'delivered'")
    began = delivery.period_start(done.loc[done["live_critical_it_mw"] != 0, "live_by"]).min()
    in_part = row["live_mw"] > 0 and measured < row["contracts"]
    told: dict[str, object] = {
        "ran_before": bool(in_part and quarters.min() < began),
        "earned_beside": bool(row["live_mw"] == 0 and len(quarters)),
        "earned_unmeasured": bool(pd.isna(row["live_mw"]) and (rents["period_end"] >= row["first_contract"]).any()),
    }
    if told["ran_before"]:
        told["ai_since"] = quarters.min()
    if told["earned_beside"]:
        told["earned_to"] = quarters.max()
    if told["earned_unmeasured"]:
        told |= {"earned": rents["ai_hpc_revenue_usd_m"].item(), "earned_unmeasured_to": rents["period_end"].item()}
        told["earned_fit_out"] = rents["ai_includes_fit_out"].item() == "y"
    return told


def overview(known: Tables, day: str | pd.Timestamp, *, since: str | pd.Timestamp) -> pd.DataFrame:
    """One row a company with what is known of it on `day`: see the columns' names, megawatts being critical IT.

    `return_percent` runs to the last close from that of the first session that could react to the first binding
    contract, as in the stock chapter, and is missing where there is no such close; `first_stated` is that contract's
    day, or the month or year to which it is known, in words;
    `dilution_percent` is the growth of the share count since `since`, for counts of one kind. Enterprise values per
    megawatt are missing below `LEAST_MW` megawatts, per contracted one also where less than `LEAST_MEASURED` percent of
    the contracts' value has megawatts (`measured_percent`). `returns_to` is the last close of a company whose closes
    stand in the table of small miners alone, which is for returns; `lacks` then says which price is missing.
    `next_delivery` is the soonest promise or start of a lease (`next_kind`), `overdue` names what should have come by
    now (see `overdue`). `unmeasured` contracts state no critical-IT megawatts: what is said of live ones is not said
    of them. AI shares are less the fit-out that is stated; `ai_includes_fit_out` is y where it may hold more. For
    parts of the megawatts see `running`. Rows of subsidiaries repeat what their parents' rows hold.
    """
    day = pd.Timestamp(day)
    listed = companies(known["instruments"])
    parents = ledger.parent_of(known["instruments"])
    closes = known["prices"].pivot(index="date", columns="symbol", values="close").sort_index()
    worth = valuation.enterprise_value(
        known["balance_sheets"],
        known["shares_outstanding"],
        valuation.with_coins(known["prices"], known["network"]),
        day,
        listed.index,
    )
    next_ones = ahead(known, day).query("kind != 'results'")
    live = delivery.live_mw(delivery.kept(known["deliveries"], known["deals"]), day).reset_index()
    site_names = known["sites"].set_index("site")["name"].to_dict()
    runs, behind = running(known, day), by_company(overdue(leases(known, day)), known["instruments"])
    said = last_day(known["deliveries"].query("kind == 'delivered'")["said_on"]).groupby(known["deliveries"]["ticker"])
    first, stated = ledger.pivot_dates(known["deals"]), ledger.first_stated(known["deals"])
    sessions = pd.DatetimeIndex(markets.close_matrix(known["prices"]).index)
    joining = markets.joining_closes(first, known["event_flags"], sessions)
    growth = shares.share_growth(known["shares_outstanding"], closes, since=pd.Timestamp(since))
    income = ledger.ai_share(known["miner_segments"], listed.index)
    strategies = known["miners"].set_index("ticker")
    status = known["power_status"].assign(day=last_day(known["power_status"]["as_of"])).sort_values("day")
    mining = status.dropna(subset=["mining"]).groupby("ticker").tail(1).set_index("ticker")
    small = small_ends(known, day)
    rows, of_company = [], contracts(known)
    for ticker in listed.index:
        own, held = group(ticker, parents), of_company[ticker]
        sums = ledger.totals(held).loc["all"] if len(held) else pd.Series(dtype=float)
        signed = held[held["counts_as"] == "contract"]
        here = live[live["ticker"].isin(own)]
        starts = first[first.index.isin(own)]
        earliest = starts.index[0] if len(starts) else ""
        coming = next_ones[next_ones["ticker"].isin(own)].head(1)
        rows.append(
            {
                "ticker": ticker,
                "company": listed.loc[ticker, "short_name"],
                "parent": listed.loc[ticker, "parent"],
                "strategy": strategies["strategy"].get(ticker),
                "mining": mining["mining"].get(ticker),
                "mining_on": mining["as_of"].get(ticker),
                "contracts": len(signed),
                "contracted_mw": sums.get("critical_it_mw", np.nan),
                "open_mw": sums.get("open_mw", np.nan),
                "measured_percent": valuation.measured_percent(signed),
                "contracted_usd_bn": sums.get("value_usd_bn", np.nan),
                "usd_worded": worded(held),
                "unmeasured": int(signed["critical_it_mw"].isna().sum()),
                "unvalued": len(ledger.unvalued(held)),
                "tenants": _names(tenants(signed)),
                "guarantors": _names(signed["guarantor"]),
                "live_mw": runs.loc[ticker, "live_mw"],
                **runs.loc[ticker, ["not_yet_mw", "untold_mw", "later_mw"]],
                "unpublished": int(here["unpublished"].sum()),
                "live_on": max((said.get_group(t).max() for t in own if t in said.groups), default=pd.NaT),
                "ai_usd_m": income["ai_hpc_revenue_usd_m"].get(ticker),
                "ai_percent": income["ai_percent"].get(ticker),
                "ai_quarter": income["period_end"].get(ticker),
                "ai_includes_fit_out": income["ai_includes_fit_out"].get(ticker),
                "first_contract": starts.min(),
                "first_stated": period(stated[earliest]) if earliest else None,
                "return_percent": _return(closes.get(ticker), joining.get(earliest, pd.NaT), day),
                "dilution_percent": 100 * growth["shares"].get(ticker, np.nan),
                "dilution_from": growth["from_date"].get(ticker, pd.NaT),
                "dilution_to": growth["to_date"].get(ticker, pd.NaT),
                "returns_to": small.get(ticker, pd.NaT),
                "next_delivery": coming["stated"].squeeze() if len(coming) else None,
                "next_kind": coming["kind"].squeeze() if len(coming) else None,
                "next_delivery_mw": coming["mw"].squeeze() if len(coming) else np.nan,
                "overdue": "; ".join(behind[ticker]["late"] + " at " + behind[ticker]["site"].replace(site_names)),
            }
        )
    table = pd.DataFrame(rows).set_index("ticker").join(worth)
    table["lacks"] = [_price_named(*cells, day) for cells in zip(table["lacks"], table["returns_to"])]
    measured = table["contracted_mw"].where(table["measured_percent"] >= LEAST_MEASURED)
    for end in ("low", "high"):
        value = table[f"{end}_usd_m"]
        table[f"per_contracted_mw_{end}"] = valuation.per_megawatt(value, measured, at_least=LEAST_MW)
        table[f"per_live_mw_{end}"] = valuation.per_megawatt(value, table["live_mw"], at_least=LEAST_MW)
    return table


def small_ends(known: Tables, day: pd.Timestamp) -> pd.Series:
    """The last close by `day` of each company that has closes only in the table of small miners: ticker -> day."""
    rows = known["prices_failed"]
    rows = rows[(rows["date"] <= day) & ~rows["symbol"].isin(known["prices"]["symbol"])]
    return rows.groupby("symbol")["date"].max()


NO_LEVEL = "a price kept for more than returns"


def _price_named(lacks: str, returns_to: pd.Timestamp, day: pd.Timestamp) -> str:
    """What is not found, where closes for returns are: a price after their last day, or one that is a level."""
    if pd.isna(returns_to):
        return lacks
    late = returns_to < day - pd.Timedelta(days=7)
    named = f"a price after {Day(returns_to)}" if late else NO_LEVEL
    return ", ".join(named if part == valuation.INGREDIENTS["close"] else part for part in lacks.split(", "))


def _names(cells: pd.Series) -> str:
    """Each name once, in the order of the rows; empty if none is stated."""
    return ", ".join(dict.fromkeys(cells.dropna()))


def _return(closes: pd.Series | None, start: pd.Timestamp, day: pd.Timestamp) -> float:
    """Percent from the close of `start` to the last by `day`; missing without both."""
    if closes is None or pd.isna(start) or pd.isna(closes.get(start)):
        return np.nan
    span = closes.loc[start:day].dropna()
    return 100 * (span.iloc[-1] / span.iloc[0] - 1) if len(span) > 1 else np.nan


PARTS = {
    **{f"Q{number}": f"{word} quarter of" for number, word in enumerate(("first", "second", "third", "fourth"), 1)},
    **{"H1": "first half of", "H2": "second half of"},
}


def period(stated: str) -> str:
    """A stated day, month, quarter, half, mid-year or year as people say it ("2026-Q4": fourth quarter of 2026)."""
    year, _, part = stated.removeprefix("mid-").partition("-")
    if stated.startswith("mid-"):
        return f"middle of {year}"
    if part in PARTS:
        return f"{PARTS[part]} {year}"
    if not part:
        return year
    day = Day(pd.Timestamp(stated))
    return day.month if len(stated) == len("2026-10") else str(day)


def when(stated: str) -> str:
    """A stated period in a sentence ("in the fourth quarter of 2026", "in December 2026", "on 7 October 2026")."""
    told = period(stated)
    return f"on {told}" if len(stated) == len("2026-10-07") else f"in {'the ' if told[0].islower() else ''}{told}"


def open_basis(flags: pd.Series) -> pd.Series:
    """Marks the megawatts that may be another measure than critical IT ("basis open"), others are missing."""
    return flags.map({True: "basis open", False: None}).astype(object)


def ahead(known: Tables, day: str | pd.Timestamp) -> pd.DataFrame:
    """What is said to come after `day`: promised deliveries, starts of leases without one, scheduled results.

    One row each, soonest first: ticker, kind ("delivery", "results", "lease start" or, where computing is sold and
    nothing let, "service start"), stated (the period, as said last),
    due (its last day), what (site and phase, tenant or fiscal period), mw (critical IT that does not run yet), basis
    ("basis open" where the megawatts may be another measure), first (the period promised first, where it was another
    one) and source_url. A start counts at the last day of its period.
    """
    day = pd.Timestamp(day)
    companies = known["instruments"].set_index("ticker")["short_name"]
    names = delivery.site_names(known["sites"], known["deliveries"], known["deals"], companies)
    coming = promises(known, day)
    coming = coming[coming["state"].eq("expected") & (coming["due"] > day)]
    where = coming["site"].map(names)
    where += (", " + coming["phase"]).where(coming["phase"].notna() & coming["phase"].ne("all"), "")
    stated = coming["now"].fillna(coming["promised"])
    moved = coming["promised"].where(coming["late_quarters"] > 0)
    parts = [
        coming.assign(kind="delivery", stated=stated, what=where, mw=coming["left_mw"], basis=None, first=moved),
        _starts(known, day, coming),
        _results(known, day),
    ]
    columns = ["ticker", "kind", "stated", "due", "what", "mw", "basis", "first", "source_url"]
    rows = [part[columns] for part in parts if len(part)]
    return pd.concat(rows or [parts[0][columns]]).sort_values(["due", "ticker"], kind="stable", ignore_index=True)


def _starts(known: Tables, day: pd.Timestamp, coming: pd.DataFrame) -> pd.DataFrame:
    """Contracts in force whose start lies ahead, of which no delivery is promised and not all runs by now.

    A promise names its contract, or stands for all contracts with one tenant at its site and the parts of that site.
    """
    held = ledger.contracted(known["deals"]).query("counts_as == 'contract'")
    sites, linked = known["sites"], known["site_contracts"]
    whole = coming.loc[coming["deal_id"].isna(), "site"]
    parts = [*whole, *sites.loc[sites["part_of"].isin(whole), "site"]]
    inside = linked["site"].isin(parts).groupby(linked["deal_id"]).all()
    covered = held[held["deal_id"].isin(inside.index[inside])]
    same = pd.MultiIndex.from_frame(held[["ticker", "tenant"]]).isin([*zip(covered["ticker"], covered["tenant"])])
    done = delivery.kept(known["deliveries"], known["deals"]).dropna(subset=["deal_id"])
    live = delivery.live_mw(done.assign(site=done["deal_id"]), day)["live_mw"].groupby("site").sum()
    runs = held["deal_id"].map(live) >= held["critical_it_mw"]
    rows = held.assign(due=delivery.due(held))
    rows = rows[(rows["due"] > day) & ~same & ~runs & ~rows["deal_id"].isin(coming["deal_id"])]
    tenant, unclear = tenants(rows), open_basis(rows["mw_basis"].eq("open"))
    kind = rows["deal_type"].eq("gpu_cloud").map({True: "service start", False: "lease start"}).astype(object)
    return rows.assign(kind=kind, stated=rows["start_expected"], what=tenant, basis=unclear, first=None)


def _results(known: Tables, day: pd.Timestamp) -> pd.DataFrame:
    """Days of results that a company or a calendar has named."""
    rows = known["earnings_dates"]
    rows = rows[(rows["reported_on"] > day) & rows["ticker"].isin(companies(known["instruments"]).index)]
    said = rows["reported_on"].dt.strftime("%Y-%m-%d")
    what = "Results, " + rows["fiscal_period"]
    return rows.assign(
        kind="results", stated=said, due=rows["reported_on"], what=what, mw=np.nan, basis=None, first=None
    )


def tenants(contracts: pd.DataFrame) -> pd.Series:
    """Who pays, as a reader is told (`ledger.tenant_name`): "undisclosed tenant" also where the cell is empty."""
    return contracts["tenant"].map(ledger.tenant_name, na_action="ignore").fillna("undisclosed tenant").astype(object)


def with_article(tenant: str) -> str:
    """A tenant in a sentence: an undisclosed one needs its article, undisclosed ones do not."""
    return re.sub(r"\b(undisclosed (?![^,]*s(?:,|$)))", r"an \1", tenant)


def largest_tenant(contracts: pd.DataFrame) -> str | None:
    """Who has most megawatts in these contracts, None where no megawatts are stated."""
    megawatts = contracts["mw"].groupby(tenants(contracts)).sum().sort_values(ascending=False)
    return str(megawatts.index[0]) if megawatts.sum() > 0 else None


def leases(known: Tables, day: str | pd.Timestamp) -> pd.DataFrame:
    """Each tenant at each site on `day`: `delivery.by_site` with two columns in other words, and what it leaves out.

    `tenant` is as a reader is told, `state` a word of `delivery.site_states`. Contracts without critical-IT megawatts
    have no row of `site_contracts`; they stand at the company's site whose name is in the place that they name, with
    their megawatts of an open basis in `open_mw`.
    """
    day = pd.Timestamp(day)
    held = ledger.contracted(known["deals"])
    said = delivery.by_site(
        known["sites"], known["site_contracts"], held, delivery.kept(known["deliveries"], known["deals"]), day
    )
    said = said.assign(
        state=delivery.site_states(said),
        contracted_mw=said["contracted_mw"].where(said["contracted_mw"] > 0),
        open_mw=np.nan,
    )
    others = held[(held["counts_as"] == "contract") & held["critical_it_mw"].isna() & held["site"].notna()]
    others = others[~others["deal_id"].isin(known["site_contracts"]["deal_id"])]
    names = known["sites"].assign(name=known["sites"]["name"].str.replace(r" \(.*\)", "", regex=True))
    found = others.merge(names[["ticker", "site", "name"]], on="ticker", suffixes=("_text", ""))
    found = found[[name in text for name, text in zip(found["name"], found["site_text"])]]
    if len(found):
        late, starts = delivery.due(found) < day, found["start_expected"]
        state = found["state"].map({"delivered": "live"}).fillna(late.map({True: "overdue", False: "expected"}))
        rows = found.assign(state=state, promised=starts, now=starts.mask(late), live_mw=np.nan, open_mw=found["mw"])
        rows["state"] = delivery.site_states(rows.assign(begun=found["state"].eq("partly_delivered")))
        said = pd.concat([said, rows.reindex(columns=said.columns)], ignore_index=True)
    return said.assign(tenant=tenants(said))


def overdue(leases: pd.DataFrame) -> pd.DataFrame:
    """Rows of `leases` of which all or a phase should have come by now and has no newer date, named in `late`.

    By its phases if any is told, else by its tenant.
    """
    passed = [names if isinstance(names, list) else [] for names in leases["passed"]]
    named = [" and ".join(names) or tenant for names, tenant in zip(passed, leases["tenant"])]
    late = [state == "overdue" or bool(names) for state, names in zip(leases["state"], passed)]
    return leases.assign(late=pd.Series(named, leases.index, dtype=object))[pd.Series(late, leases.index, dtype=bool)]


def places(known: Tables, day: str | pd.Timestamp) -> pd.DataFrame:
    """Sites that companies hold on `day`, with what runs for tenants there: the table `sites` with four columns more.

    `state`: that of its leases (see `leases`) together, or "no tenant"; a site that is told as part of several sites
    has that of those, but "with others" where it is said that something runs at them, unless its own leases run.
    `contracted_mw` and `live_mw` are critical IT at this site itself, missing where not stated; `tenants` names who
    signed. Sold sites, and those that stand for several, are left out.
    """
    said, sites = leases(known, day), known["sites"]
    sites = sites[~(sites["sold_on"] <= pd.Timestamp(day)) & ~sites["site"].isin(sites["part_of"])]
    rows = []
    for site, whole in zip(sites["site"], sites["part_of"]):
        here = said[said["site"] == site]
        own, around = (_together(set(said.loc[said["site"] == place, "state"])) for place in (site, whole))
        told = around.startswith("runs") and not own.startswith("runs")
        rows.append(
            {
                "state": "with others" if told else own if len(here) else around,
                "contracted_mw": here["contracted_mw"].sum(min_count=1),
                "live_mw": here["live_mw"].sum(min_count=1),
                "tenants": _names(said.loc[said["site"].isin([site, whole]), "tenant"]),
            }
        )
    more = pd.DataFrame(rows, columns=["state", "contracted_mw", "live_mw", "tenants"])
    return sites.reset_index(drop=True).join(more)


def _together(words: set[str]) -> str:
    """One word for a site from those of its leases: overdue if one of them is and nothing runs."""
    if not words:
        return "no tenant"
    if words & {"runs", delivery.RUNS_IN_PART}:
        return "runs" if words == {"runs"} else delivery.RUNS_IN_PART
    return next(word for word in ("overdue", "promised", "no date") if word in words)
