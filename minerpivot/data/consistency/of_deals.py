"""Deals, their sources, sites and deliveries, events and financings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from minerpivot.data.consistency.of_names import spelt
from minerpivot.data.consistency.rule import FORTNIGHT, across, on, sessions
from minerpivot.data.exchange import first_session
from minerpivot.data.rules import Fault, Table, days, first_day
from minerpivot.data.tables import last_day


@across("event_flags", "deals")
def events_are_their_deals(events: Table, deals: Table) -> Iterator[Fault]:
    """An event has the ticker, the day and, where the deal has one, the hour of its deal."""
    mend = "correct the event or the deal"
    deal = on(events, "deal_id", deals, "deal_id", ["ticker", "announced_on", "announced_time"])
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
        other = on(deals, name, deals, "deal_id", ["ticker", "counts_as", "parts"])
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
    old = on(deals, "supersedes", deals, "deal_id", ["counts_as", "state"])
    held = (old["counts_as"] == "contract") & old["state"].isin(["signed", "partly_delivered", "delivered"])
    lasting = held & (deals.typed["counts_as"] == "contract") & ~deals.raw["supersedes"].isin(ended)
    mend = "add the older one's state, superseded, and its day to data/knowledge.csv"
    yield from deals.where(lasting, ["deal_id", "supersedes"], "which has not ended", mend)
    alone = states & (said["value"] == "superseded") & ~said["row"].isin(deals.raw["supersedes"].dropna())
    mend = "name it there in the row of the new deal, or write terminated"
    yield from knowledge.where(alone, ["row", "value"], "though no deal has it in supersedes", mend)


STAGES: dict[Any, int] = {  # untraced is none of them: what was lost sight of may turn up at any
    **dict.fromkeys(("offered", "memorandum", "letter_of_intent", "conditional"), 0),
    **{"signed": 1, "partly_delivered": 2, "delivered": 3, "completed": 3},
    **dict.fromkeys(("superseded", "terminated", "sold"), 4),
}


@across("knowledge", "deals")
def a_deal_goes_forward(knowledge: Table, deals: Table) -> Iterator[Fault]:
    """What has ended does not come back into the sums, and what was delivered is not signed again."""
    reached = dict(zip(deals.raw["deal_id"], deals.raw["state"]))
    said = knowledge.raw.loc[knowledge.typed["known_on"].sort_values(kind="stable").index]
    said = said.query("table == 'deals' and field == 'state'")
    for row, deal, state in zip(said.index.tolist(), said["row"], said["value"]):
        before = reached.get(deal)
        if STAGES.get(state, 9) < STAGES.get(before, 0):
            words, mend = f"though it was {before} before", "correct state or day; what is revived is a new deal"
            yield knowledge.fault(row, ["row", "value", "known_on"], words, mend)
        reached[deal] = state


BEGINS = {"-Q1": "-01", "-Q2": "-04", "-Q3": "-07", "-Q4": "-10", "-H1": "-01", "-H2": "-07"}


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
    begins = deliveries.raw["live_by"].str.removeprefix("mid-").replace(BEGINS, regex=True)
    stated = last_day(deliveries.typed["said_on"])
    ahead = (first_day(begins) > stated) & (begins.str[:4] == deliveries.raw["said_on"].str[:4])
    words, mend = "which had not begun when it was said", "correct either day"
    yield from deliveries.where(ahead, ["said_on", "live_by"], words, mend)


@across("deals", "instruments")
def a_contract_is_entered_once(deals: Table, instruments: Table) -> Iterator[Fault]:
    """Within a fortnight two of one tenant with the same megawatts or site, or of the same value, are one twice.

    27 days apart so far. A subsidiary's contract is its parent's too, and one tenant may have two names.
    """
    parent = on(deals, "ticker", instruments, "ticker", ["parent"])["parent"]
    company = parent.fillna(deals.typed["ticker"]).astype(object)
    power = deals.typed["critical_it_mw"].fillna(deals.typed["gross_mw"])
    tenant, value = deals.raw["tenant"].map(spelt), deals.typed["contract_value_usd_bn"]
    signed = (deals.raw["counts_as"] == "contract") & deals.raw["tenant"].notna()
    summed = deals.raw["counts_as"].isin(["contract", "value", "extension"])
    told: set[int] = set()
    for rows, alike in ((signed, [tenant, power]), (signed, [tenant, deals.raw["site"]]), (summed, [value])):
        known = (rows & alike[-1].notna()).fillna(False).astype(bool)
        for fault in _entered_twice(deals, known, [company, *alike], "deal_id", ["supersedes", "extends"]):
            if fault.row not in told:
                yield fault
            told.add(fault.row)


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
    deal = on(terms, "deal_id", deals, "deal_id", ["contract_value_usd_bn", "term_years"])
    share = terms.typed["noi_usd_m_yr"] / (1000 * deal["contract_value_usd_bn"] / deal["term_years"])
    wrong = (share < 0.3) | (share > 1.2)
    mend = "correct the income, the value or the term; the income is in millions a year"
    yield from terms.where(wrong, ["deal_id", "noi_usd_m_yr"], "not part of the contract's rent", mend)


def _after_its_deal(table: Table, deals: Table, day: str) -> Iterator[Fault]:
    """What is said of a deal is not said before it was announced."""
    told = on(table, "deal_id", deals, "deal_id", ["announced_on"])["announced_on"]
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
    signed = on(deliveries, "deal_id", deals, "deal_id", ["critical_it_mw", "gross_mw"])
    most = signed["critical_it_mw"].fillna(signed["gross_mw"])
    for name in ("critical_it_mw", "live_critical_it_mw"):
        more = deliveries.typed[name] > 1.1 * most
        yield from deliveries.where(more, ["deal_id", name], "more than its contract", "correct either table")
    rows = deliveries.raw["alternative_to"].isna() & most.notna()
    live = deliveries.typed[rows].groupby(["deal_id", "site", "phase"])["live_critical_it_mw"].max()
    together = deliveries.raw["deal_id"].map(live.groupby("deal_id").sum()).astype("float64")
    over = (together > 1.1 * most) & (deliveries.typed["live_critical_it_mw"] <= 1.1 * most)
    words, mend = (
        "whose phases together are more than its contract",
        "call a phase by one name, or correct either table",
    )
    yield from deliveries.where(over, ["deal_id", "phase", "live_critical_it_mw"], words, mend)


@across("site_contracts", "deals")
def sites_hold_their_contracts(places: Table, deals: Table) -> Iterator[Fault]:
    """A contract's megawatts at its sites are the contract's, within a tenth, or at most its gross ones."""
    yield from _after_its_deal(places, deals, "stated_on")
    signed = on(places, "deal_id", deals, "deal_id", ["critical_it_mw", "gross_mw"])
    by_deal = places.typed["critical_it_mw"].groupby(places.raw["deal_id"], dropna=False)
    total = by_deal.transform(lambda mw: mw.sum(min_count=1))
    wrong = ((total / signed["critical_it_mw"] - 1).abs() > 0.1) | (total > signed["gross_mw"])
    yield from places.where(
        wrong, ["site", "deal_id", "critical_it_mw"], "not its contract's megawatts", "correct either"
    )


@across("site_contracts", "sites", "deals")
def sites_are_as_large_as_their_contracts(places: Table, sites: Table, deals: Table) -> Iterator[Fault]:
    """What is let at a site is part of what is planned there; what another contract replaced is let no longer."""
    planned = on(places, "site", sites, "site", ["gross_mw_planned"])["gross_mw_planned"]
    let = places.typed["critical_it_mw"].mask(places.raw["deal_id"].isin(deals.raw["supersedes"].dropna()))
    total = let.groupby(places.raw["site"]).transform("sum")
    words = "more than is planned at the site"
    mend = "correct it here or in data/sites.csv"
    yield from places.where(let.notna() & (total > planned), ["site", "critical_it_mw"], words, mend)


@across("sites", "site_contracts", "deals")
def contracts_are_at_their_companys_sites(sites: Table, places: Table, deals: Table) -> Iterator[Fault]:
    """A contract stands at a site of the company that signed it."""
    site = on(places, "site", sites, "site", ["ticker"])["ticker"]
    deal = on(places, "deal_id", deals, "deal_id", ["ticker"])["ticker"]
    strange = site.notna() & deal.notna() & (site != deal)
    yield from places.where(strange, ["site", "deal_id"], "of two companies", "correct the site or the contract")


@across("deliveries", "sites", "deals")
def deliveries_are_at_their_companys_sites(deliveries: Table, sites: Table, deals: Table) -> Iterator[Fault]:
    """Site, contract and row are of one company, and no phase is larger than what is planned at its site."""
    site = on(deliveries, "site", sites, "site", ["ticker", "gross_mw_planned"])
    deal = on(deliveries, "deal_id", deals, "deal_id", ["ticker"])
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
    told = on(sources, "deal_id", deals, "deal_id", ["announced_on"])["announced_on"]
    early = (first_day(told) - last_day(sources.typed["published_on"])).dt.days > 200
    words, mend = "long before its deal was announced", "correct the day or the deal"
    yield from sources.where(early, ["deal_id", "published_on"], words, mend)


@across("deal_terms", "deals")
def guarantees_are_of_their_contracts_size(terms: Table, deals: Table) -> Iterator[Fault]:
    """What is guaranteed by then is 0.1 to 4 times the contract's value (0.14 to 2.1 so far)."""
    value = on(terms, "deal_id", deals, "deal_id", ["contract_value_usd_bn"])["contract_value_usd_bn"]
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
    package = on(financings, "part_of", financings, "financing_id", ["ticker", "announced_on"])
    strange = package["ticker"].notna() & (package["ticker"] != financings.typed["ticker"])
    yield from financings.where(strange, ["ticker", "part_of"], "a package of another company", "correct the reference")
    early = last_day(financings.typed["announced_on"]) < first_day(package["announced_on"])
    yield from financings.where(early, ["announced_on", "part_of"], "older than its package", "correct either day")
