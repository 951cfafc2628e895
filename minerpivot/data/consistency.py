"""What tables say of each other, and what arithmetic says of their sums: each rule is a function of some tables.

A rule runs where its tables are all there: a fork that has no network table has no rule about it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

from minerpivot.data import rules
from minerpivot.data.exchange import exchange_sessions, first_session
from minerpivot.data.metadata import cover
from minerpivot.data.rules import Fault, Table, days, first_day
from minerpivot.data.tables import converted, last_day, on_basis, publication

FORTNIGHT = pd.Timedelta(days=14)
STILL = 8  # sessions
VENDORS_EVENT = "the price vendor's event"  # note of a split that a refresh has found in the closes
MANY = 10  # series: of fewer all may lack one session of their vendor's
SHOWN = 5  # missing sessions that are told one by one
FORMS = {
    "inc",
    "incorporated",
    "corp",
    "corporation",
    "co",
    "company",
    "ltd",
    "limited",
    "llc",
    "plc",
    "lp",
    "ag",
    "sa",
}
SEARCHED = re.compile(  # host and path of addresses that lead to a list of results
    r"^(www\.|m\.|news\.)?(google|bing|duckduckgo|baidu|yandex)\.[a-z.]+/|^search\.|^efts\.sec\.gov/|/srch-edgar|"
    r"/search/?$"
)

Rule = Callable[..., Iterator[Fault]]
RULES: list[tuple[tuple[str, ...], Rule]] = []
WORTH = ("prices", "shares_outstanding", "splits")  # what says what a company was worth


def contradictions(tables: Mapping[str, Table]) -> Iterator[Fault]:
    """Every fact that another one excludes."""
    year_ends = fiscal_year_ends(tables)
    worth = [tables[name] for name in WORTH if name in tables]
    for table in tables.values():
        yield from labels(table, year_ends)
        yield from rules.found(addresses, table)
        if len(worth) == len(WORTH):
            yield from rules.found(amounts_fit_their_company, table, *worth)
    for names, rule in RULES:
        if all(name in tables for name in names):
            yield from rules.found(rule, *(tables[name] for name in names))
    if "earnings_dates" in tables:
        yield from results_follow_their_quarter(tables["earnings_dates"], year_ends)
    if "knowledge" in tables:
        yield from learned(tables["knowledge"], tables)


def across(*names: str) -> Callable[[Rule], Rule]:
    """Register a rule for the tables that it takes, in their order."""

    def register(rule: Rule) -> Rule:
        RULES.append((names, rule))
        return rule

    return register


def _on(table: Table, keys: list[str] | str, other: Table, others: list[str] | str, columns: list[str]) -> pd.DataFrame:
    """`columns` of the row of `other` that each row of `table` refers to, missing where there is none."""
    left = [keys] if isinstance(keys, str) else keys
    right = [others] if isinstance(others, str) else others
    there = other.typed[columns].set_axis(_key(other.raw, right))
    found = there[~there.index.duplicated()].reindex(_key(table.raw, left))
    found.index = table.typed.index
    return found


def _key(raw: pd.DataFrame, columns: list[str]) -> pd.Index:
    cells = raw[columns].fillna("")
    return pd.MultiIndex.from_frame(cells) if len(columns) > 1 else pd.Index(cells[columns[0]])


def sessions(table: Table) -> pd.DatetimeIndex:
    """The sessions up to a month from now."""
    return exchange_sessions(pd.Timestamp(table.today))


# --- names of periods --------------------------------------------------------------------------


def fiscal_year_ends(tables: Mapping[str, Table]) -> dict[str, list[float]]:
    """Months in which each company's fiscal year ends: that of its row, and those to which it has changed since."""
    if "instruments" not in tables:
        return {}
    own = tables["instruments"].typed.dropna(subset=["fiscal_year_end_month"])
    found = {str(ticker): [float(month)] for ticker, month in zip(own["ticker"], own["fiscal_year_end_month"])}
    if "knowledge" in tables:
        said = tables["knowledge"].raw.query("table == 'instruments' and field == 'fiscal_year_end_month'")
        told = pd.to_numeric(said["value"], errors="coerce").astype("float64")  # what is no number: missing
        for ticker, month in zip(said["row"], told):
            found.setdefault(str(ticker), []).append(float(month))
    return {ticker: [month for month in months if 1 <= month <= 12] for ticker, months in found.items()}


def labels(table: Table, year_ends: Mapping[str, list[float]]) -> Iterator[Fault]:
    """A period's name agrees with its last day and, where known, with a month that ends the company's year."""
    for name, said in table.fields.items():
        for kind in ("fiscal", "calendar"):
            if kind in said:
                yield from _labels(table, name, kind, said[kind], year_ends)


def _labels(
    table: Table, name: str, kind: str, said: Mapping[str, str], year_ends: Mapping[str, list[float]]
) -> Iterator[Fault]:
    ends, companies = table.typed[said["ends"]], pd.Series(said.get("company", ""), index=table.typed.index)
    if said.get("company") in table.raw:
        companies = table.raw[said["company"]]
    for row, (label, end, company) in enumerate(zip(table.raw[name], ends, companies)):
        if pd.isna(label) or pd.isna(end):
            continue
        months = year_ends.get(str(company)) or [np.nan]
        right = set().union(*(period_names(end, month if kind == "fiscal" else 12.0, month) for month in months))
        if right and label not in right:
            words = f"but the period that ends on {end:%Y-%m-%d} is {' or '.join(sorted(right))}"
            yield table.fault(row, [name, said["ends"]], words, "correct the name or the day")


def period_names(end: pd.Timestamp, year_ends_in: float, fiscal_year_ends_in: float = np.nan) -> set[str]:
    """How a quarter, month or year that ends on a day may be called; none where the year's end is not known.

    Weeks of 52 or 53 years end up to a few days before or after the month: the middle of the month decides.
    """
    if np.isnan(year_ends_in):
        return set()
    middle = end - pd.Timedelta(days=15)
    year = middle.year + (middle.month > year_ends_in)
    quarter = int((middle.month - year_ends_in - 1) % 12 // 3 + 1)
    found = {f"{middle:%Y-%m}"}
    if np.isnan(fiscal_year_ends_in) or (middle.month - fiscal_year_ends_in) % 3 == 0:  # no quarter ends a month early
        found |= {f"FY{year} Q{quarter}", f"{year}Q{quarter}"}
    if middle.month == year_ends_in or middle.month == fiscal_year_ends_in:
        found |= {f"FY{year}", f"{middle.year}FY"}
    return found


# --- addresses and names -----------------------------------------------------------------------


def addresses(table: Table) -> Iterator[Fault]:
    """A source is a page that others can open: on a public host, no list of results, not twice."""
    for name, said in table.fields.items():
        if said.get("format") != "uri":
            continue
        cells = table.raw[name].fillna("")
        strange = {cell: what for cell in cells.unique() if cell and (what := _no_source(cell))}
        for row in np.flatnonzero(cells.isin(list(strange))).tolist():
            yield table.fault(row, name, strange[cells.iloc[row]], "give the page on which the fact was read")
    if {"source_url", "second_source_url"} <= set(table.fields):
        twice = table.raw["source_url"] == table.raw["second_source_url"]
        mend = "give another page, or leave the second empty"
        yield from table.where(twice, ["source_url", "second_source_url"], "the same page twice", mend)


def _no_source(address: str) -> str:
    """What an address is that is no source; nothing for one that may be."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return "no address"
    if parts.scheme not in ("https", "http"):
        return "no address of the web"
    if "." not in host or re.fullmatch(r"[\d.]+", host) or host.endswith((".local", ".localhost", ".internal")):
        return "an address on no public host"
    if SEARCHED.search(host + parts.path):
        return "an address of a search, whose results change"
    return ""


@across("deals", "instruments")
def nobody_is_its_own_customer(deals: Table, instruments: Table) -> Iterator[Fault]:
    """Tenant, guarantor and miner are three; a guarantor that is the tenant itself adds nothing to its word."""
    own = _on(deals, "ticker", instruments, "ticker", ["name", "short_name"])
    miners = [deals.raw["miner"].map(spelt), *(own[name].map(spelt) for name in own)]
    mend = "name the other side, or leave it empty"
    for name in ("tenant", "guarantor"):
        filled = deals.raw[name].notna()
        itself = np.any([(deals.raw[name].map(spelt) == miner).to_numpy() for miner in miners], axis=0)
        yield from deals.where(filled & itself, ["miner", name], "the company itself", mend)
    pairs = zip(deals.raw["guarantor"].fillna(""), deals.raw["tenant"].fillna(""))
    same = [bool(one) and spelt(one) in map(spelt, others.split("; ")) for one, others in pairs]
    mend = "name who stands behind the tenant, or another credit_ground"
    yield from deals.where(same, ["tenant", "guarantor"], "one and the same", mend)


@across("deals")
def a_name_is_spelt_in_one_way(deals: Table) -> Iterator[Fault]:
    """Tenants and guarantors are added up by their names: "Coreweave" and "CoreWeave, Inc." would be two more."""
    found = [
        (part, row, name)
        for name in ("tenant", "guarantor")
        for row, cell in enumerate(deals.raw[name].fillna(""))
        if cell
        for part in cell.split("; ")
    ]
    counted = pd.Series([part for part, *_ in found], dtype=object).value_counts()
    usual: dict[str, str] = {}
    for part in counted.index:  # the most frequent first
        usual.setdefault(spelt(part), part)
    for part, row, name in found:
        if part != usual[spelt(part)]:
            words = f"elsewhere written {usual[spelt(part)]!r}"
            yield deals.fault(row, ["deal_id", name], words, "write a name in one way")


def spelt(name: object) -> str:
    """A name without what differs between two who write it: case, points and spaces, and the kind of company."""
    words = re.findall(r"\w+", str(name).casefold())
    while len(words) > 1 and words[-1] in FORMS:
        words.pop()
    return "".join(words)


@across("instruments")
def a_filer_has_one_number(instruments: Table) -> Iterator[Fault]:
    """Two companies do not file under one number of the SEC; a company under its old and its new ticker does."""
    rows = instruments.raw
    filed = rows[rows["cik"].notna()]
    for number, group in filed.groupby(filed["cik"].str.lstrip("0")):
        renamed = set(group["renamed_to"].dropna())
        alone = group[~group["ticker"].isin(renamed) & group["renamed_to"].isna()]
        for row in group.index if len(alone) > 1 else []:
            words = f"as {', '.join(ticker for ticker in group['ticker'] if ticker != rows['ticker'][row])} does"
            yield instruments.fault(row, ["ticker", "cik"], words, f"look {number} up on the SEC's site, EDGAR")


@across("instruments", "miners")
def every_miner_is_described(instruments: Table, miners: Table) -> Iterator[Fault]:
    """A miner among the instruments has a row of its own, from which its page and the comparison take its strategy."""
    bare = (instruments.raw["kind"] == "miner") & ~instruments.raw["ticker"].isin(miners.raw["ticker"])
    bare &= ~instruments.raw["ticker"].isin(instruments.raw["renamed_to"].dropna())  # it is described under the old
    mend = "add it to data/miners.csv, or correct the kind"
    yield from instruments.where(bare, ["ticker", "kind"], "which miners has not", mend)


@across("instruments")
def a_parent_is_part_of_no_other(instruments: Table) -> Iterator[Fault]:
    """What a subsidiary signed counts with its parent, once: of a chain or a circle it would be with nobody."""
    above = _on(instruments, "parent", instruments, "ticker", ["parent"])["parent"]
    mend = "name the company that consolidates both"
    yield from instruments.where(above.notna(), ["ticker", "parent"], "which has a parent itself", mend)


@across("instruments", "fates")
def who_left_has_a_fate(instruments: Table, fates: Table) -> Iterator[Fault]:
    """A last session says that a share is held no longer, its fate what its holders got."""
    left = instruments.raw["last_session"].notna() & ~instruments.raw["ticker"].isin(fates.raw["ticker"])
    mend = "add what became of it to data/fates.csv, or empty last_session: a series that merely stops is no reason"
    yield from instruments.where(left, ["ticker", "last_session"], "and fates has no row of it", mend)


@across("claims", "articles")
def claims_are_of_their_articles_day(claims: Table, articles: Table) -> Iterator[Fault]:
    """A statement speaks of the day of which its article speaks."""
    day = _on(claims, "article_id", articles, "article_id", ["speaks_of"])["speaks_of"]
    differs = claims.typed["as_of"].notna() & day.notna() & (claims.typed["as_of"] != day)
    words = "not the day of which its article speaks"
    yield from claims.where(differs, ["claim_id", "as_of"], words, "correct either day")


# --- deals and events --------------------------------------------------------------------------


@across("event_flags", "deals")
def events_are_their_deals(events: Table, deals: Table) -> Iterator[Fault]:
    """An event has the ticker, the day and, where the deal has one, the hour of its deal."""
    mend = "correct the event or the deal"
    deal = _on(events, "deal_id", deals, "deal_id", ["ticker", "announced_on", "announced_time"])
    for name in ("ticker", "announced_time"):
        differs = deal[name].notna() & (deal[name] != events.typed[name])
        differs &= (name != "announced_time") | (deal[name] != "unknown")
        yield from events.where(differs, ["deal_id", name], "which its deal contradicts", mend)
    dates = zip(deal["announced_on"], events.raw["announced_on"])
    outside = [not pd.isna(told) and not day.startswith(told) for told, day in dates]
    yield from events.where(outside, ["deal_id", "announced_on"], "which its deal contradicts", mend)


@across("event_flags")
def events_react_in_their_first_session(events: Table) -> Iterator[Fault]:
    """The first session is the day's own, or the next after the close; where the hour is unknown either."""
    calendar, told = sessions(events), events.typed["announced_on"]
    hours, first = events.typed["announced_time"], events.typed["first_session"]
    latest = first_session(told, hours.replace("unknown", "post"), calendar)
    right = (first == first_session(told, hours, calendar)) | (first == latest)
    cells = ["announced_on", "announced_time", "first_session"]
    yield from events.where(~right, cells, "not the first session that could react", "take the exchange's next session")


@across("event_flags", "financings")
def financings_are_flagged(events: Table, financings: Table) -> Iterator[Fault]:
    """No n where a financing with an amount is of the event's day, or reacts in its session as far as its day tells."""
    calendar = sessions(events)
    told = pd.to_datetime(financings.typed["announced_on"], format="%Y-%m-%d", errors="coerce")
    dated = told.between(calendar[0], calendar[-1]) & financings.typed["amount_usd_m"].notna()
    told, ticker = told[dated], financings.typed["ticker"][dated]
    reacts = first_session(told, pd.Series("unknown", index=told.index), calendar)
    rows = events.typed[["ticker", "announced_on", "first_session"]]
    financed = pd.Series(
        [
            ((ticker == own) & ((told == day) | (reacts == first))).any()
            for own, day, first in rows.itertuples(index=False)
        ]
    )
    wrong = (events.typed["same_day_financing"] == "n") & financed
    words, mend = "though financings has one that reacts then", "write y, or unknown; or correct the financing's day"
    yield from events.where(wrong, ["deal_id", "first_session", "same_day_financing"], words, mend)


@across("deals")
def deals_refer_to_fitting_deals(deals: Table) -> Iterator[Fault]:
    """What supersedes is not older; a part's whole counts as value and has as many parts; what is extended exists."""
    told = days(last_day(deals.typed["announced_on"]))
    earlier = pd.Series(days(first_day(deals.raw["announced_on"])).to_numpy(), index=deals.raw["deal_id"].to_numpy())
    older = told < deals.raw["supersedes"].map(earlier)
    yield from deals.where(older, ["announced_on", "supersedes"], "older than what it supersedes", "correct either day")
    for name in ("supersedes", "part_of"):
        other = _on(deals, name, deals, "deal_id", ["ticker", "counts_as", "parts"])
        strange = other["ticker"].notna() & (other["ticker"] != deals.typed["ticker"])
        yield from deals.where(strange, ["ticker", name], "a deal of another company", "correct the reference")
        itself = (deals.raw[name] == deals.raw["deal_id"]).fillna(False)
        yield from deals.where(itself, ["deal_id", name], "the row itself", "correct the reference")
        if name == "part_of":
            no_whole = other["counts_as"].notna() & (other["counts_as"] != "value")
            yield from deals.where(no_whole, name, "a row that does not count as value", "correct the reference")
    count = deals.raw["part_of"].value_counts()
    parts, found = deals.typed["parts"].astype("float64"), deals.raw["deal_id"].map(count).astype("float64").fillna(0)
    yield from deals.where(parts < found, ["deal_id", "parts"], "fewer than its parts", "correct the number of parts")
    known = set(deals.raw["deal_id"])
    lost = [not pd.isna(cell) and not set(cell.split("; ")) <= known for cell in deals.raw["extends"]]
    yield from deals.where(lost, "extends", "with a deal that is not in the table", "correct the reference")


@across("deals")
def unnamed_tenants_are_called_alike(deals: Table) -> Iterator[Fault]:
    """Whom no source names is "undisclosed", what is known of it, and the ticker in brackets; pages tell it by that."""
    cells, mend = ["tenant", "tenant_disclosed"], "write undisclosed, what is known of the tenant, and (ticker)"
    told = zip(deals.raw["tenant"].fillna(""), deals.raw["ticker"])
    unnamed = pd.Series(
        [
            any(name.startswith("undisclosed") and name.endswith(f"({ticker})") for name in tenant.split("; "))
            for tenant, ticker in told
        ]
    )
    hidden = deals.typed["tenant_disclosed"] == "n"
    yield from deals.where(hidden & ~unnamed, cells, "which reads like the name of one", mend)
    hiding = deals.raw["tenant"].str.lower().str.contains("undisclosed").fillna(False).astype(bool)
    mend = "write n, or the tenant's name"
    yield from deals.where((deals.typed["tenant_disclosed"] == "y") & hiding, cells, "which is no name", mend)


@across("deals", "knowledge")
def what_is_replaced_has_ended(deals: Table, knowledge: Table) -> Iterator[Fault]:
    """A contract in force that another one supersedes has an end with a day; what is superseded, a successor."""
    said = knowledge.raw
    states = (said["table"] == "deals") & (said["field"] == "state")
    ended = set(said.loc[states & said["value"].isin(["superseded", "terminated", "sold", "untraced"]), "row"])
    old = _on(deals, "supersedes", deals, "deal_id", ["counts_as", "state"])
    held = (old["counts_as"] == "contract") & old["state"].isin(["signed", "partly_delivered", "delivered"])
    lasting = held & (deals.typed["counts_as"] == "contract") & ~deals.raw["supersedes"].isin(ended)
    mend = "add the older one's state, superseded, and its day to data/knowledge.csv"
    yield from deals.where(lasting, ["deal_id", "supersedes"], "which has not ended", mend)
    alone = states & (said["value"] == "superseded") & ~said["row"].isin(deals.raw["supersedes"].dropna())
    mend = "name it there in the row of the new deal, or write terminated"
    yield from knowledge.where(alone, ["row", "value"], "though no deal has it in supersedes", mend)


def _years_apart(table: Table, said: str, day: str, earliest: int, latest: int) -> Iterator[Fault]:
    """A stated period ("2026-Q4", "mid-2027") lies so many years from the day on which it was stated."""
    period = pd.to_numeric(table.raw[said].str.removeprefix("mid-").str[:4], errors="coerce")
    stated = pd.to_numeric(table.raw[day].str[:4], errors="coerce")
    apart = period.astype("float64") - stated.astype("float64")
    wrong, words = (apart < earliest) | (apart > latest), f"which is not {earliest} to {latest} years later"
    yield from table.where(wrong, [day, said], words, "correct the year of either")


@across("deals")
def contracts_start_after_they_are_signed(deals: Table) -> Iterator[Fault]:
    """From the year before the announcement to fifteen years after (0 to 10 so far)."""
    yield from _years_apart(deals, "start_expected", "announced_on", -1, 15)


@across("deliveries")
def what_is_promised_lies_ahead_and_what_runs_behind(deliveries: Table) -> Iterator[Fault]:
    """Due from the year in which it is said to ten years later (0 to 3 so far), live at most five before (0 to 1)."""
    yield from _years_apart(deliveries, "due", "said_on", 0, 10)
    yield from _years_apart(deliveries, "live_by", "said_on", -5, 0)


@across("deals")
def a_contract_is_entered_once(deals: Table) -> Iterator[Fault]:
    """Two of one tenant with the same megawatts within a fortnight are one under two keys (27 days apart so far)."""
    power = deals.typed["critical_it_mw"].fillna(deals.typed["gross_mw"])
    alike = [deals.raw["ticker"], deals.raw["tenant"].map(spelt), power]
    signed = (deals.raw["counts_as"] == "contract") & deals.raw["tenant"].notna() & power.notna()
    yield from _entered_twice(deals, signed, alike, "deal_id", ["supersedes", "extends"])


@across("financings")
def a_financing_is_entered_once(financings: Table) -> Iterator[Fault]:
    """Two of one kind and sum within a fortnight are one under two keys, but for an own part of a package."""
    alike = [financings.raw["ticker"], financings.raw["kind"], financings.typed["amount_usd_m"]]
    known = financings.typed["amount_usd_m"].notna()
    yield from _entered_twice(financings, known, alike, "financing_id", ["part_of"])


def _entered_twice(
    table: Table, rows: pd.Series, alike: list[pd.Series], key: str, named: list[str]
) -> Iterator[Fault]:
    """Rows that are alike within a fortnight and of which none names the other in one of the columns `named`."""
    told = last_day(table.typed["announced_on"])
    for _, group in table.raw[rows].groupby([series[rows] for series in alike]):
        order = told[group.index].sort_values(kind="stable").dropna()
        for before, row in zip(order.index, order.index[1:]):
            one, other = table.raw.loc[before], table.raw.loc[row]
            linked = any(b[key] in str(a[name]).split("; ") for name in named for a, b in ((one, other), (other, one)))
            if order[row] - order[before] <= FORTNIGHT and not linked:
                words = f"as much as {one[key]!r} {(order[row] - order[before]).days} days before"
                mend = "remove one of the two, or list this key under accepted in data/{table}.yml if both were signed"
                yield table.fault(row, [key], words, mend.format(table=table.name))


@across("deal_terms", "deals")
def income_is_part_of_the_rent(terms: Table, deals: Table) -> Iterator[Fault]:
    """A year's income after costs is 0.3 to 1.2 of the contract's value over its term (0.80 to 1.00 so far)."""
    deal = _on(terms, "deal_id", deals, "deal_id", ["contract_value_usd_bn", "term_years"])
    share = terms.typed["noi_usd_m_yr"] / (1000 * deal["contract_value_usd_bn"] / deal["term_years"])
    wrong = (share < 0.3) | (share > 1.2)
    mend = "correct the income, the value or the term; the income is in millions a year"
    yield from terms.where(wrong, ["deal_id", "noi_usd_m_yr"], "not part of the contract's rent", mend)


def _after_its_deal(table: Table, deals: Table, day: str) -> Iterator[Fault]:
    """What is said of a deal is not said before it was announced."""
    told = _on(table, "deal_id", deals, "deal_id", ["announced_on"])["announced_on"]
    early = last_day(table.typed[day]) < first_day(told)
    yield from table.where(early, ["deal_id", day], "before its deal was announced", "correct either day")


@across("deal_terms", "deals")
def terms_follow_their_deal(terms: Table, deals: Table) -> Iterator[Fault]:
    """Nobody knew them before."""
    yield from _after_its_deal(terms, deals, "known_on")


@across("deliveries", "deals")
def deliveries_fit_their_contract(deliveries: Table, deals: Table) -> Iterator[Fault]:
    """What is promised or live is part of what was signed, within a tenth: designs change."""
    yield from _after_its_deal(deliveries, deals, "said_on")
    signed = _on(deliveries, "deal_id", deals, "deal_id", ["critical_it_mw", "gross_mw"])
    most = signed["critical_it_mw"].fillna(signed["gross_mw"])
    for name in ("critical_it_mw", "live_critical_it_mw"):
        more = deliveries.typed[name] > 1.1 * most
        yield from deliveries.where(more, ["deal_id", name], "more than its contract", "correct either table")


@across("site_contracts", "deals")
def sites_hold_their_contracts(places: Table, deals: Table) -> Iterator[Fault]:
    """A contract's megawatts at its sites are the contract's, within a tenth, or at most its gross ones."""
    yield from _after_its_deal(places, deals, "stated_on")
    signed = _on(places, "deal_id", deals, "deal_id", ["critical_it_mw", "gross_mw"])
    by_deal = places.typed["critical_it_mw"].groupby(places.raw["deal_id"], dropna=False)
    total = by_deal.transform(lambda mw: mw.sum(min_count=1))
    wrong = ((total / signed["critical_it_mw"] - 1).abs() > 0.1) | (total > signed["gross_mw"])
    yield from places.where(
        wrong, ["site", "deal_id", "critical_it_mw"], "not its contract's megawatts", "correct either"
    )


@across("site_contracts", "sites", "deals")
def sites_are_as_large_as_their_contracts(places: Table, sites: Table, deals: Table) -> Iterator[Fault]:
    """What is let at a site is part of what is planned there; what another contract replaced is let no longer."""
    planned = _on(places, "site", sites, "site", ["gross_mw_planned"])["gross_mw_planned"]
    let = places.typed["critical_it_mw"].mask(places.raw["deal_id"].isin(deals.raw["supersedes"].dropna()))
    total = let.groupby(places.raw["site"]).transform("sum")
    words = "more than is planned at the site"
    mend = "correct it here or in data/sites.csv"
    yield from places.where(let.notna() & (total > planned), ["site", "critical_it_mw"], words, mend)


@across("sites", "site_contracts", "deals")
def contracts_are_at_their_companys_sites(sites: Table, places: Table, deals: Table) -> Iterator[Fault]:
    """A contract stands at a site of the company that signed it."""
    site = _on(places, "site", sites, "site", ["ticker"])["ticker"]
    deal = _on(places, "deal_id", deals, "deal_id", ["ticker"])["ticker"]
    strange = site.notna() & deal.notna() & (site != deal)
    yield from places.where(strange, ["site", "deal_id"], "of two companies", "correct the site or the contract")


@across("deliveries", "sites", "deals")
def deliveries_are_at_their_companys_sites(deliveries: Table, sites: Table, deals: Table) -> Iterator[Fault]:
    """Site, contract and row are of one company, and no phase is larger than what is planned at its site."""
    site = _on(deliveries, "site", sites, "site", ["ticker", "gross_mw_planned"])
    deal = _on(deliveries, "deal_id", deals, "deal_id", ["ticker"])
    for name, other in (("site", site), ("deal_id", deal)):
        strange = other["ticker"].notna() & (other["ticker"] != deliveries.typed["ticker"])
        yield from deliveries.where(strange, ["ticker", name], "of another company", "correct either")
    for name in ("critical_it_mw", "live_critical_it_mw"):
        more = deliveries.typed[name] > site["gross_mw_planned"]
        mend = "correct it here or in data/sites.csv"
        yield from deliveries.where(more, ["site", name], "more than is planned at the site", mend)


@across("build_costs", "sites")
def costs_are_of_their_companys_sites(costs: Table, sites: Table) -> Iterator[Fault]:
    """A company states what its own sites cost."""
    owner = dict(zip(sites.raw["site"], sites.raw["ticker"]))
    rows = zip(costs.raw["ticker"], costs.raw["sites"].fillna(""))
    strange = [any(owner.get(site, own) != own for site in listed.split("; ")) for own, listed in rows]
    yield from costs.where(strange, ["ticker", "sites"], "a site of another company", "correct either")


@across("deals", "instruments", "miners", "knowledge")
def deals_name_their_company(deals: Table, instruments: Table, miners: Table, knowledge: Table) -> Iterator[Fault]:
    """The miner's name begins as one of its company's does, then or now: "Applied Digital (Sai Computing)"."""
    said = knowledge.raw.query("field in ['name', 'short_name', 'former_names']")
    pairs = [
        *zip(instruments.raw["ticker"], instruments.raw["name"]),
        *zip(instruments.raw["ticker"], instruments.raw["short_name"]),
        *zip(miners.raw["ticker"], miners.raw["former_names"].fillna("")),
        *zip(said["row"], said["value"].fillna("")),
    ]
    known: dict[str, set[str]] = {}
    for ticker, listed in pairs:
        known.setdefault(ticker, set()).update(spelt(name) for name in listed.split("; ") if name)
    strange = [
        not any(name.startswith(own) or own.startswith(name) for own in known.get(ticker, {name}))
        for ticker, name in zip(deals.raw["ticker"], deals.raw["miner"].map(spelt))
    ]
    mend = "correct either, or add the name to former_names in data/miners.csv"
    yield from deals.where(strange, ["ticker", "miner"], "the name of another company", mend)


@across("deals", "deal_sources")
def every_page_of_a_deal_is_described(deals: Table, sources: Table) -> Iterator[Fault]:
    """The pages that a deal's row names have a row of their own, from which readers get their name and day."""
    there = pd.MultiIndex.from_frame(sources.raw[["deal_id", "source_url"]])
    for name in ("source_url", "second_source_url"):
        pairs = pd.MultiIndex.from_frame(deals.raw[["deal_id", name]])
        bare = deals.raw[name].notna() & ~pairs.isin(there)
        mend = "add a row for it (deal_id, source_url, kind, published_on): pages name a deal's sources from there"
        yield from deals.where(bare, ["deal_id", name], "which deal_sources has not of that deal", mend)


@across("deal_sources", "deals")
def sources_are_of_their_deals_time(sources: Table, deals: Table) -> Iterator[Fault]:
    """A page that tells of a deal is at most two hundred days older than its row (146 so far, a first filing)."""
    told = _on(sources, "deal_id", deals, "deal_id", ["announced_on"])["announced_on"]
    early = (first_day(told) - last_day(sources.typed["published_on"])).dt.days > 200
    words, mend = "long before its deal was announced", "correct the day or the deal"
    yield from sources.where(early, ["deal_id", "published_on"], words, mend)


@across("deal_terms", "deals")
def guarantees_are_of_their_contracts_size(terms: Table, deals: Table) -> Iterator[Fault]:
    """What is guaranteed by then is 0.1 to 4 times the contract's value (0.14 to 2.1 so far)."""
    value = _on(terms, "deal_id", deals, "deal_id", ["contract_value_usd_bn"])["contract_value_usd_bn"]
    part = terms.typed["guarantee_cap_cumulative_usd_bn"] / value
    wrong, cells = (part < 0.1) | (part > 4), ["deal_id", "guarantee_cap_cumulative_usd_bn"]
    yield from terms.where(
        wrong, cells, "far from the contract's value", "correct either; both are in billions of dollars"
    )


@across("company_totals", "deals")
def totals_are_near_the_sum_of_the_deals(totals: Table, deals: Table) -> Iterator[Fault]:
    """What a company states is at most twice what it had signed by then, and a third at least if it is of all of it.

    So far 0.79 to 1.02 for whole companies, where a contract that another one replaced counts twice.
    """
    told, rows = last_day(totals.typed["stated_on"]), deals.typed
    signed = rows["counts_as"].isin(["contract", "value"]), first_day(deals.raw["announced_on"])
    sums = [
        rows[signed[0] & (rows["ticker"] == ticker) & (signed[1] <= day)][
            ["critical_it_mw", "contract_value_usd_bn"]
        ].sum()
        for ticker, day in zip(totals.raw["ticker"], told)
    ]
    for name in ("critical_it_mw", "contract_value_usd_bn"):
        part = totals.typed[name] / pd.Series([float(total[name]) for total in sums], dtype=float)
        wrong = (part > 2) | ((part < 1 / 3) & (totals.raw["whole_company"] == "y"))
        words = "far from what deals has of the company by then"
        yield from totals.where(wrong & np.isfinite(part), ["ticker", "stated_on", name], words, "correct either table")


@across("balance_sheets", "shares_outstanding")
def balance_sheets_count_the_same_shares(sheets: Table, counts: Table) -> Iterator[Fault]:
    """A count is within a quarter of one of the same company within two months."""
    for row, said in enumerate(sheets.typed.to_dict("records")):
        near = counts.typed[counts.typed["ticker"] == said["ticker"]]
        near = near[(near["as_of"] - said["shares_as_of"]).abs() <= pd.Timedelta(days=60)]
        if (
            len(near)
            and not pd.isna(said["shares_m"])
            and ((near["shares_m"] / said["shares_m"] - 1).abs() > 0.25).all()
        ):
            words = f"but shares_outstanding has {near['shares_m'].iloc[-1]:g}"
            yield sheets.fault(row, ["ticker", "shares_as_of", "shares_m"], words, "correct either table")


@across("financings")
def financings_belong_to_an_earlier_package(financings: Table) -> Iterator[Fault]:
    """A part is of the same company as its package, and not announced before it."""
    package = _on(financings, "part_of", financings, "financing_id", ["ticker", "announced_on"])
    strange = package["ticker"].notna() & (package["ticker"] != financings.typed["ticker"])
    yield from financings.where(strange, ["ticker", "part_of"], "a package of another company", "correct the reference")
    early = last_day(financings.typed["announced_on"]) < first_day(package["announced_on"])
    yield from financings.where(early, ["announced_on", "part_of"], "older than its package", "correct either day")


# --- prices and shares -------------------------------------------------------------------------


@across("prices_failed", "instruments")
@across("prices", "instruments")
def prices_stand_on_sessions(prices: Table, instruments: Table) -> Iterator[Fault]:
    """What is traded on an exchange closes on its sessions, and not after its last one."""
    found = _on(prices, "symbol", instruments, "ticker", ["kind", "last_session"])
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
    kind = _on(prices, "symbol", instruments, "ticker", ["kind"])["kind"]
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
    found = _on(prices, "symbol", instruments, "ticker", ["price_convention"])
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
    close = _on(conflicts, ["symbol", "date"], prices, ["symbol", "date"], ["close"])["close"]
    ratio = close / conflicts.typed["chosen"]
    usual = ratio.groupby(conflicts.raw["symbol"]).transform("median")
    differs = ((ratio / usual - 1).abs() > 0.001) & ((close / conflicts.typed["value"] - 1).abs() > 0.001)
    cells = ["symbol", "date", "chosen"]
    yield from conflicts.where(differs, cells, "not the close in prices", "correct either, or remove the conflict")


# --- the network -------------------------------------------------------------------------------


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


# --- what companies report ---------------------------------------------------------------------


@across("capex_annual")
@across("capex_actuals")
def a_period_has_one_revenue(figures: Table) -> Iterator[Fault]:
    """Revenue, cash flow and report day repeat on each definition of a period."""
    key = [figures.raw["ticker"], figures.raw["period_end"]]
    later = figures.raw.groupby(["ticker", "period_end"]).cumcount() > 0
    repeated = ("revenue_usd_bn", "operating_cash_flow_usd_bn", "reported_on", "fiscal_period", "calendar_quarter")
    for name in (name for name in repeated if name in figures.raw):
        values = figures.typed[name] if name.endswith("_bn") else figures.raw[name]
        many = values.groupby(key).transform("nunique") > 1
        words = "not as in the period's other row"
        yield from figures.where(many & later, ["ticker", "period_end", name], words, "correct one of the two")


@across("capex_actuals")
def a_headline_is_near_its_cash_line(actuals: Table) -> Iterator[Fault]:
    """With leases a quarter is 0.75 to 3 times its purchases (0.94 to 1.80 so far)."""
    groups = actuals.raw.groupby(["ticker", "period_end"])
    lines = actuals.typed.pivot_table(index=["ticker", "period_end"], columns="definition", values="capex_usd_bn")
    if {"cash_ppe", "incl_finance_leases"} <= set(lines):
        ratio = (lines["incl_finance_leases"] / lines["cash_ppe"]).dropna()
        wrong = ratio[(ratio < 0.75) | (ratio > 3)].index
        rows = pd.MultiIndex.from_frame(actuals.typed[["ticker", "period_end"]]).isin(wrong)
        words = "too far from the quarter's other definition"
        cells = ["ticker", "period_end", "capex_usd_bn"]
        yield from actuals.where(rows & groups.cumcount().gt(0).to_numpy(), cells, words, "correct one of the two")


@across("capex_annual", "capex_actuals")
def four_quarters_are_the_year(annual: Table, actuals: Table) -> Iterator[Fault]:
    """Where a year has four quarters under a definition, each line adds up to within half a percent."""
    lines = ["capex_usd_bn", "revenue_usd_bn", "operating_cash_flow_usd_bn"]
    quarters = actuals.typed.assign(fiscal_period=actuals.typed["fiscal_period"].str[:6])
    key = ["ticker", "definition", "fiscal_period"]
    grouped = quarters.groupby(key)[lines]
    sums = grouped.sum(min_count=4).where(grouped.count() == 4)
    found = sums.reindex(pd.MultiIndex.from_frame(annual.typed[key])).set_axis(annual.typed.index)
    for name in lines:
        gap = (found[name] - annual.typed[name]).abs()
        wrong = gap > (0.005 * annual.typed[name].abs()).clip(lower=0.06)  # trailing totals are rounded
        words = "not the sum of the four quarters in capex_actuals"
        yield from annual.where(wrong, ["ticker", "fiscal_period", "definition", name], words, "correct either table")


@across("capex_amzn_net", "capex_actuals")
def net_is_near_gross(net: Table, actuals: Table) -> Iterator[Fault]:
    """A quarter net of proceeds is at most what was bought; four quarters are the trailing year."""
    cash = actuals.typed[actuals.typed["definition"] == "cash_ppe"].set_index(["ticker", "period_end"])["capex_usd_bn"]
    gross = cash.reindex(pd.MultiIndex.from_frame(net.typed[["ticker", "period_end"]])).set_axis(net.typed.index)
    quarter = net.typed["period_kind"] == "quarter"
    ratio = net.typed["capex_net_usd_bn"] / gross
    words, cells = "not 75 to 100.1 percent of the cash line in capex_actuals", ["period_end", "capex_net_usd_bn"]
    wrong = quarter & ((ratio > 1.001) | (ratio < 0.75))
    yield from net.where(wrong, cells, words, "correct either table")
    ends = net.typed["period_end"]
    for row in np.flatnonzero(~quarter).tolist():
        year = net.typed[quarter & (ends <= ends[row]) & (ends > ends[row] - pd.Timedelta(days=350))]
        gap = abs(year["capex_net_usd_bn"].sum() - net.typed["capex_net_usd_bn"].iloc[row])
        if len(year) == 4 and gap > 0.01:
            yield net.fault(row, cells, "not the sum of its four quarters", "correct the total or a quarter")


@across("capex_guidance", "capex_actuals")
def guidance_is_of_the_size_of_what_was_spent(guidance: Table, actuals: Table) -> Iterator[Fault]:
    """Given before the period ends, and a fifth to five times the pace of the last two quarters (0.5 to 4.6 so far)."""
    cash = actuals.typed[actuals.typed["definition"] == "cash_ppe"].sort_values("period_end")
    for row, said in enumerate(guidance.typed.to_dict("records")):
        end, quarters, kind = _guided(said["guided_period"])
        if said["period_kind"] != kind:
            words = f"but such a period is {kind}"
            yield guidance.fault(row, ["guided_period", "period_kind"], words, "correct either")
        if pd.isna(said["issued_on"]):
            continue
        if said["issued_on"] > end:
            words = "issued after the guided period"
            yield guidance.fault(row, ["guided_period", "issued_on"], words, "correct the period or the day")
        known = cash[(cash["ticker"] == said["ticker"]) & (cash["period_end"] < said["issued_on"])]
        if known.empty:
            continue
        pace = known["capex_usd_bn"].tail(2).mean() * quarters
        for name in ("low_usd_bn", "high_usd_bn", "point_usd_bn", "consensus_before_usd_bn"):
            if not 0.2 <= said[name] / pace <= 5 and not pd.isna(said[name]):
                words = f"but the last two quarters' pace was {pace:.4g} for that period"
                yield guidance.fault(row, ["guidance_id", name], words, "correct the figure or its unit, or accept it")


def _guided(period: str) -> tuple[pd.Timestamp, int, str]:
    """The last day by which a guided period has ended under any fiscal calendar, its quarters, its kind.

    "2024Q2-Q4" guides each quarter of a span.
    """
    end = pd.Timestamp(f"{period.removeprefix('FY').removeprefix('CY')[:4]}-12-31")
    parts = "Q" in period or "H" in period
    kind = ("fiscal_quarter" if parts else "fiscal") if period.startswith("FY") else "calendar"
    return (
        end,
        1 if "Q" in period else 2 if "H" in period else 4,
        "calendar_quarters" if parts and kind == "calendar" else kind,
    )


@across("consensus", "capex_actuals")
def consensus_is_of_the_size_of_what_was_spent(consensus: Table, actuals: Table) -> Iterator[Fault]:
    """A fifth to five times the pace of the last two quarters of those that it sums."""
    cash = actuals.typed[actuals.typed["definition"] == "cash_ppe"].sort_values("period_end")
    told = last_day(consensus.typed["as_of"])
    for row, (subject, period, value) in enumerate(
        consensus.typed[["subject", "period", "consensus_usd_bn"]].itertuples(index=False)
    ):
        known = cash[cash["ticker"].isin(subject.split("+")) & (cash["period_end"] < told[row])]
        pace = (
            known.groupby("ticker")["capex_usd_bn"].apply(lambda last: last.tail(2).mean()).sum() * _guided(period)[1]
        )
        if pace and not 0.2 <= value / pace <= 5:
            words = f"but the last two quarters' pace was {pace:.4g} for that period"
            yield consensus.fault(row, ["consensus_id", "consensus_usd_bn"], words, "correct the figure or its unit")


def results_follow_their_quarter(dates: Table, year_ends: Mapping[str, list[float]]) -> Iterator[Fault]:
    """Results come within a hundred days after the quarter; preliminary figures from ten days before its end on."""
    rows = dates.typed[["ticker", "fiscal_period", "reported_on"]].itertuples(index=False)
    for row, (ticker, label, told) in enumerate(rows):
        months = year_ends.get(ticker, []) if label.startswith("FY") else [12.0]
        year, quarter = int(label.removeprefix("FY")[:4]), int(label.split("Q")[1][0])
        closed = [pd.Timestamp(year=year, month=int(month), day=1) + pd.offsets.MonthEnd(0) for month in months]
        ends = [end - pd.offsets.MonthEnd(3 * (4 - quarter)) for end in closed]
        if ends and not any(-10 <= (told - end).days <= 100 for end in ends):
            words = f"but that quarter ended about {' or '.join(f'{end:%Y-%m-%d}' for end in ends)}"
            yield dates.fault(row, ["ticker", "fiscal_period", "reported_on"], words, "correct the period or the day")


def _same_day(dates: Table, other: Table, ticker: str) -> Iterator[Fault]:
    """Two tables date a report alike, within a week."""
    told = other.typed.assign(ticker=other.typed["ticker"] if ticker == "ticker" else ticker)
    told = told.dropna(subset=["reported_on"]).drop_duplicates(["ticker", "fiscal_period"])
    there = told.set_index(["ticker", "fiscal_period"])["reported_on"]
    key = pd.MultiIndex.from_frame(dates.typed[["ticker", "fiscal_period"]])
    found = there.reindex(key).set_axis(dates.typed.index)
    differs = (dates.typed["reported_on"] - found).dt.days.abs() > 7
    cells = ["ticker", "fiscal_period", "reported_on"]
    yield from dates.where(differs, cells, f"over a week from the day in {other.name}", "correct either table")


@across("earnings_dates", "capex_actuals")
def hyperscalers_report_once(dates: Table, actuals: Table) -> Iterator[Fault]:
    """A report has one day."""
    yield from _same_day(dates, actuals, "ticker")


@across("earnings_dates", "miner_segments")
def miners_report_once(dates: Table, segments: Table) -> Iterator[Fault]:
    """A report has one day."""
    yield from _same_day(dates, segments, "ticker")


@across("earnings_dates", "nvidia")
def nvidia_reports_once(dates: Table, nvidia: Table) -> Iterator[Fault]:
    """A report has one day."""
    yield from _same_day(dates, nvidia, nvidia.fields["fiscal_period"].get("fiscal", {}).get("company", ""))


@across("nvidia")
def guidance_comes_true_within_a_factor(nvidia: Table) -> Iterator[Fault]:
    """The next quarter's revenue is 0.7 to 1.5 of its guidance (0.83 to 1.23 so far)."""
    rows = nvidia.typed.sort_values("period_end", kind="stable")
    ratio = rows["revenue_usd_bn"].shift(-1) / rows["next_quarter_revenue_guidance_usd_bn"]
    wrong = ((ratio < 0.7) | (ratio > 1.5)).reindex(nvidia.typed.index)
    cells = ["fiscal_period", "next_quarter_revenue_guidance_usd_bn"]
    yield from nvidia.where(wrong, cells, "far from the next quarter's revenue", "correct either figure")


@across("miner_segments", "network")
def coins_sell_near_the_price(segments: Table, network: Table) -> Iterator[Fault]:
    """Revenue per coin is 0.6 to 1.5 of the quarter's mean price (0.86 to 1.02 so far); coins fit the hash rate."""
    daily = network.typed.set_index("date").sort_index()
    for row, said in enumerate(segments.typed.to_dict("records")):
        end = said["period_end"]
        quarter = daily[(daily.index > end - pd.DateOffset(months=3)) & (daily.index <= end)]
        if len(quarter) < 60 or pd.isna(said["btc_mined"]) or not said["btc_mined"]:
            continue
        price = said["mining_revenue_usd_m"] * 1e6 / said["btc_mined"] / quarter["price_usd"].mean()
        if not 0.6 <= price <= 1.5 and not pd.isna(price):
            words = f"{price:.3g} of the quarter's mean price a coin"
            cells = ["ticker", "period_end", "mining_revenue_usd_m", "btc_mined"]
            yield segments.fault(row, cells, words, "correct the revenue, the coins or a unit")
        share = said["energized_ehs"] / quarter["hash_rate_ehs"].mean()
        use = said["btc_mined"] / (share * (quarter["issuance_btc"] + quarter["fees_btc"]).sum()) if share else np.nan
        if not 0.2 <= use <= 2 and not pd.isna(use):
            words = f"{use:.3g} of what that hash rate would mine"
            cells = ["ticker", "period_end", "btc_mined", "energized_ehs"]
            yield segments.fault(row, cells, words, "correct the coins, the hash rate or a unit")


@across("miner_costs", "instruments")
def costs_are_of_companies_here(costs: Table, instruments: Table) -> Iterator[Fault]:
    """A company that was taken out takes its costs with it; a key cannot say so, for SECTOR is a mean of several."""
    unknown = ~costs.raw["ticker"].isin([*instruments.raw["ticker"], "SECTOR"])
    mend = "add its row, correct the ticker, or remove this row with it"
    yield from costs.where(unknown, "ticker", "not a ticker of instruments", mend)


@across("miner_costs", "miner_segments")
def both_tables_count_the_same_coins(costs: Table, segments: Table) -> Iterator[Fault]:
    """Coins mined and hash rate of a company and quarter agree within 15 percent."""
    quarters = costs.typed["period"].str.contains("Q")
    for metric, column in (("btc_mined", "btc_mined"), ("energized_hashrate", "energized_ehs")):
        key = pd.MultiIndex.from_frame(costs.typed[["ticker", "period_end"]])
        there = segments.typed.set_index(["ticker", "period_end"])[column].astype("float64")
        found = there.reindex(key).set_axis(costs.typed.index)
        wrong = quarters & (costs.typed["metric"] == metric) & ((costs.typed["value"] / found - 1).abs() > 0.15)
        words = f"not {column} of miner_segments"
        yield from costs.where(wrong, ["ticker", "period", "metric", "value"], words, "correct either table")


@across("miner_years", "miner_segments")
def years_hold_their_quarters(years: Table, segments: Table) -> Iterator[Fault]:
    """A year's revenue is that of its quarters within 2 percent; of fewer, 0.4 to 2.5 of their pace (0.78 to 1.20)."""
    quarters = segments.typed.assign(fiscal_period=segments.typed["fiscal_period"].str[:6])
    grouped = quarters.groupby(["ticker", "fiscal_period"])["revenue_usd_m"].agg(["sum", "count"])
    key = pd.MultiIndex.from_frame(years.typed[["ticker", "fiscal_period"]])
    found = grouped.reindex(key).set_axis(years.typed.index)
    ratio = years.typed["revenue_usd_m"] / found["sum"]
    pace = ratio * found["count"] / 4
    wrong = (ratio < 0.98) | ((ratio > 1.02) & (found["count"] == 4)) | (pace < 0.4) | (pace > 2.5)
    cells, words = ["ticker", "fiscal_period", "revenue_usd_m"], "not the sum of the quarters in miner_segments"
    yield from years.where(wrong, cells, words, "correct either table")


@across("claims_evidence", "claims")
def evidence_is_no_older_than_a_claim_is_new(evidence: Table, claims: Table) -> Iterator[Fault]:
    """A page's text is not published before its origin."""
    early = evidence.typed["published_on"] < evidence.typed["origin_on"]
    yield from evidence.where(early, ["published_on", "origin_on"], "older than its origin", "correct either day")


@across("articles")
def one_article_is_checked(articles: Table) -> Iterator[Fault]:
    """The pages call one text the article; of two they would mix days and statements, without one they have no day."""
    checked = articles.typed["role"] == "assessed"
    mend = "write assessed for the text that the report checks: every chapter compares with its day"
    if not checked.any():
        yield from articles.where(checked.index == 0, ["article_id", "role"], "and no row's is assessed", mend)
    words, mend = "and so is an earlier row's", "the one that the report no longer checks becomes original or rewrite"
    yield from articles.where(checked & checked.cumsum().gt(1), ["article_id", "role"], words, mend)


# --- knowledge ---------------------------------------------------------------------------------


def learned(knowledge: Table, tables: Mapping[str, Table]) -> Iterator[Fault]:
    """Later knowledge is about a cell that there is, is a value of its field, and comes after the row itself."""
    for name, group in knowledge.raw.groupby("table", sort=False):
        table = tables.get(str(name))
        if table is None:
            mend = f"the tables are {', '.join(sorted(tables))}"
            for row in group.index:
                yield knowledge.fault(row, "table", "no table with sound rows", mend)
            continue
        referred = {key["reference"]["resource"] for key in table.entry["schema"].get("foreignKeys", [])}
        yield from rules.found(_learned, knowledge, table, *(tables[other] for other in tables if other in referred))


def _learned(knowledge: Table, table: Table, *referred: Table) -> Iterator[Fault]:
    from frictionless import Field

    others = {other.name: other for other in (*referred, table)} | {"": table}
    entry = {**table.entry} | cover(dict(table.entry), table.typed)
    dating = {rule["column"] for rule in table.entry["public"] if "column" in rule}
    key = table.entry["schema"]["primaryKey"]
    dating |= {key} if isinstance(key, str) else set(key)
    dates = publication(table.typed, entry)
    places = {value: place for place, value in enumerate(table.keys)}
    after: dict[tuple[int, pd.Timestamp], pd.Series] = {}  # a row as it stands once all of a day is known
    told: dict[tuple[int, pd.Timestamp], list[int]] = {}
    current: dict[int, pd.Series] = {}
    rows = knowledge.raw["table"] == table.name
    order = knowledge.typed.loc[rows, "known_on"].sort_values(kind="stable").index
    for row in order:
        said = knowledge.raw.iloc[row]
        name, place = said["field"], places.get(said["row"])
        if name not in table.fields:
            yield knowledge.fault(row, ["table", "field"], f"no column of {table.name}", "correct the name")
            continue
        if place is None:
            mend = "name it by its primary key, cells joined by a bar"
            yield knowledge.fault(row, ["table", "row"], f"no row of {table.name}", mend)
            continue
        if name in dating:
            words = "a column that names or dates its row"
            yield knowledge.fault(row, ["table", "field"], words, "correct the row itself")
            continue
        day = dates["day"].iloc[place]
        if dates["grade"].iloc[place] == "reported" and knowledge.typed["known_on"].iloc[row] < day:
            words = f"before the row itself was public, {day:%Y-%m-%d}"
            yield knowledge.fault(row, ["row", "known_on"], words, "correct the day, or the row itself")
        field = table.fields[name]
        plain = {part: field[part] for part in ("name", "type", "format", "constraints") if part in field}
        value = "" if pd.isna(said["value"]) else said["value"]
        _, notes = Field.from_descriptor(plain).read_cell(value)
        one = pd.DataFrame({name: pd.Series([said["value"]], dtype="string")})
        form = list(rules.unreadable(one, {"name": "", "schema": {"fields": [field]}}))
        if notes or form:
            mend = f"expected {rules.expected(field)}"
            yield knowledge.fault(row, ["row", "field", "value"], f"no value of {table.name}.{name}", mend)
            continue
        for foreign in table.entry["schema"].get("foreignKeys", []):
            other = others.get(foreign["reference"]["resource"])
            if foreign["fields"] == name and other is not None and not pd.isna(said["value"]):
                there = other.raw[foreign["reference"]["fields"]]
                if said["value"] not in set(there.dropna()):
                    words = f"not among {foreign['reference']['fields']} of {other.name}"
                    yield knowledge.fault(row, ["field", "value"], words, "add the row there or correct the reference")
        now = current.get(place, table.raw.iloc[place]).copy()
        now[name] = said["value"]
        current[place] = now
        moment = (place, knowledge.typed["known_on"].iloc[row])
        after[moment] = now
        told.setdefault(moment, []).append(row)
    if after:
        raw = pd.DataFrame(list(after.values()), columns=table.raw.columns)
        yield from _then_impossible(knowledge, list(told.values()), raw, table)


def _then_impossible(knowledge: Table, told: list[list[int]], raw: pd.DataFrame, table: Table) -> Iterator[Fault]:
    """What a row's own rules say once the later cells are in it, those of one day together (`told`)."""
    raw = raw.astype("string").reset_index(drop=True)
    after = Table(table.entry, raw, converted(raw, table.entry), table.today)
    for rule in table.entry.get("rules", []):
        mask, cells, words = rules.broken(rule, after.numbers, raw)
        for at in np.flatnonzero(mask):
            for row in [row for row in told[at] if knowledge.raw["field"].iloc[row] in cells][:1]:
                words_ = f"after which the row breaks: {words}"
                yield knowledge.fault(row, ["row", "field", "value"], words_, rule["mend"])
