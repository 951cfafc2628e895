"""What the page of a company says of it in its text: names, days and flags by the names that the text uses.

Each function takes the company's own rows and, as `row`, its row of `profiles.overview`. What is not known is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from minerpivot.companies import profiles, valuation
from minerpivot.companies.pages import revenue
from minerpivot.deals import delivery

Facts = dict[str, object]


def identity(
    ticker: str, row: pd.Series, listed: pd.DataFrame, parents: Mapping[str, str], signed: Collection[str]
) -> Facts:
    """How the company is called, which listed ones it consolidates, and on which day it traded last, if it ended.

    `counted_in` are those of the consolidated ones that are among `signed`, the tickers with contracts.
    """
    last = listed["last_session"][ticker]
    ended = bool(pd.notna(last))
    owned = [child for child in profiles.group(ticker, parents)[1:] if child in listed.index]
    return {
        "name": row["company"],
        "title": profiles.title(ticker, row["company"]),
        "subsidiaries": list(listed["short_name"][owned]),
        "counted_in": list(listed["short_name"][[child for child in owned if child in signed]]),
        "ended": ended,
    } | ({"last_session": last} if ended else {})


def renamed(name: str, first: str) -> Facts:
    """Whether the company had another name when its row was written (`first`), before what became known later."""
    return {"renamed": True, "was": first} if name != first else {"renamed": False}


def fate(fates: pd.DataFrame) -> Facts:
    """What became of it (`profiles.fate`), if anything did (`fated`), and if its terms are known (`fate_told`)."""
    became = profiles.fate(fates)
    return {"fated": bool(became), "fate_told": "fate_terms" in became, **became}


def holds(sites: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Of the table `pages.sites` what the company still holds on `day`."""
    return sites[~(sites["sold_on"] <= day)]


def values(held: pd.DataFrame, ever: pd.DataFrame) -> Facts:
    """How its values are to be read: `held` are the contracts in force, `ever` all that it signed.

    `usd_floor`: each is worded "more than"; `usd_averaged`: each is a yearly average times the term; `usd_projected`:
    one is its own projection; `mw_up_to`: each contract's megawatts are worded "up to"; `untraced`: one that it signed
    is no longer traced; `all_ended`: it signed, and nothing of that is in force.
    """
    signed = held[held["counts_as"] == "contract"]
    valued = held.dropna(subset=["contract_value_usd_bn"])
    return {
        "usd_floor": len(valued) > 0 and valued["value_qualifier"].eq("more_than").all(),
        "usd_averaged": len(valued) > 0 and valued["value_basis"].eq("average_times_term").all(),
        "usd_projected": valued["value_basis"].eq("projected").any(),
        "mw_up_to": len(signed) > 0 and signed["mw_qualifier"].eq("up_to").all(),
        "untraced": ever["state"].eq("untraced").any(),
        "all_ended": len(ever) > 0 and len(signed) == 0,
    }


def contracts(row: pd.Series, held: pd.DataFrame, day: pd.Timestamp) -> Facts:
    """With whom it signed, what has begun, and what comes when.

    `cloud`: all contracts with megawatts sell computing; `waiting`: all of them start after `day`, the first of them at
    `starts`; `next_kind` and `next_known`, of the next date, and whether its period has begun (`next_begun`); `overdue`
    names what should have come by now.
    """
    signed = held[held["counts_as"] == "contract"]
    measured = signed.dropna(subset=["critical_it_mw"])
    due = signed.assign(due=delivery.due(signed)).sort_values("due")
    waiting = bool(row["later_mw"] > 0 and (delivery.period_start(signed["start_expected"]) > day).all())
    coming = pd.notna(row["next_delivery"])
    return (
        {
            "begun": row["unpublished"] > 0,
            "cloud": len(measured) > 0 and measured["deal_type"].eq("gpu_cloud").all(),
            "tenants": [profiles.with_article(name) for name in row["tenants"].split(", ")],
            "waiting": waiting,
            "next_known": coming,
            "overdue": [name for name in row["overdue"].split("; ") if name],
        }
        | ({"starts": profiles.when(due["start_expected"].iloc[0])} if waiting else {})
        | ({"next": profiles.when(row["next_delivery"]), "next_kind": row["next_kind"]} if coming else {})
        | (
            {"next_begun": bool(delivery.period_start(pd.Series(row["next_delivery"])).iloc[0] <= day)}
            if coming
            else {}
        )
    )


def worth(row: pd.Series) -> Facts:
    """Whether an enterprise value can be told (`valued`), and it or what it lacks.

    `ranged`: it has two ends, `restricted_unclear` if because nobody says where restricted cash lies; `assumed` was not
    found and counts as none.
    """
    told: Facts = {
        "valued": row["lacks"] == "",
        "assumed": [name for name in row["taken_as_none"].split(", ") if name],
    }
    if row["lacks"]:
        return told | {"lacks": [part for part in row["lacks"].split(", ") if part != profiles.NO_LEVEL]}
    value = valuation.in_billions(row["low_usd_m"], row["high_usd_m"])
    unclear = row["restricted_is"] == "unknown"
    return told | {"ranged": " to " in value, "restricted_unclear": unclear, "sheet_on": row["sheet_on"]}


def missing(
    tables: profiles.Tables, row: pd.Series, leases: pd.DataFrame, totals: pd.DataFrame, coming: pd.DataFrame
) -> list[str]:
    """What of its page was not found: a company without a contract lacks no tenant's site and no total of contracts."""
    signed = row["contracts"] > 0
    found = {
        "a site with a tenant": len(leases) or not signed,
        "a site": len(tables["sites"]),
        "a series of closes": len(tables["prices"]) or pd.notna(row["returns_to"]),
        "a quarter with AI revenue apart from the rest": revenue(tables["miner_segments"])["ai_percent"].count(),
        "a total of its contracts in its own words": len(totals) or not signed,
        "a financing": len(tables["financings"]),
        "a date ahead": len(coming),
    }
    return [name for name, here in found.items() if not here]
