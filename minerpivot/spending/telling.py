"""How statements on spending read: figures, what they count, where they stand; what they show together, and in tables.

A statement is a row of `outlook.statements` or `outlook.ahead`, as a mapping; `names` are those of companies by ticker.
Tables have the columns of a page and its downloads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from minerpivot.page.words import Day, Names, Number, counted
from minerpivot.spending import capex, outlook

STANDINGS = {  # standing -> in a table or beside a mark
    "plain": "statement",
    "single_sourced": "one source",
    "restated": "restated",
    "undefined": "definition not given",
    "product": "from a remark",
    "part": "part of capex",
    "floor": "floor",
}
DEFINITIONS = {  # definition -> in few words, in the order in which they are named
    capex.CASH: "cash",
    "incl_finance_leases": "with leases",
    capex.NET: "net of proceeds",
    "net_cash_outlay_non_gaap": "a net outlay of its own",
    "": "as it does not say",
}
KINDS = {  # kind of a forecast by others -> in a table
    "consensus": "consensus",
    "consensus_sum": "consensus, summed",
    "weighted_estimate": "weighted estimate",
    "range_low": "lowest of analysts",
    "range_high": "highest of analysts",
    "one_broker": "one broker",
}
UNNAMED = "vendor not named"


def figure(statement: Mapping[Any, Any]) -> str:
    """What was said, in USD bn: a range, a single figure, a floor ("over 25"), or its words in quotation marks."""
    if pd.notna(statement["low_usd_bn"]):
        return f"{statement['low_usd_bn']:g} to {statement['high_usd_bn']:g}"
    if pd.notna(statement["midpoint_usd_bn"]):
        return f"{'over ' if statement['kind'] == 'floor' else ''}{statement['midpoint_usd_bn']:g}"
    return f"“{quoted(statement)}”"


def quoted(statement: Mapping[Any, Any]) -> str:
    """The words of a statement without the remarks that follow them in the table."""
    return str(statement["qualifier"]).split(";")[0]


def definition(full: str) -> str:
    """A full definition in few words, with the accounting basis where it is not the ordinary one."""
    counts, _, basis = full.partition(" on ")
    return DEFINITIONS.get(counts, counts.replace("_", " ")) + (f" ({basis.replace('_', ' ')})" if basis else "")


def definitions(counted_by: Mapping[str, str], names: Mapping[str, str]) -> Names:
    """Who counts what, as a list: "Meta with leases". `counted_by` is ticker -> full definition."""
    order = sorted(set(counted_by.values()), key=lambda full: [*DEFINITIONS, full].index(full))
    return Names(
        f"{Names(names[t] for t, own in counted_by.items() if own == full)} {definition(full)}" for full in order
    )


def interval(low: float, high: float, *, decimals: int = 0, widest: float = 1000) -> str | None:
    """Two ends with their signs; None where they are missing, and no digits from `widest` on, which say nothing."""
    if pd.isna(low):
        return None
    return f"{Number(low).to(decimals).signed} to {Number(high).to(decimals).signed}" if high < widest else "very wide"


def page(statement: Mapping[Any, Any]) -> tuple[str, str]:
    """A link that says where it leads and of which day it speaks."""
    day, address = statement["issued_on"], statement["source_url"]
    return f"{urlsplit(address).netloc.removeprefix('www.')}, {day.day} {day:%b %Y}", address


def own_page(address: str, company: str) -> bool:
    """Whether a page is the SEC's or, by the company's name in its address, the company's own."""
    host = urlsplit(address).netloc
    return host.endswith(".sec.gov") or host == "sec.gov" or company.lower() in host


def dated(statement: Mapping[Any, Any]) -> tuple[str, str]:
    """A statement's figure and day, as a link to its page."""
    return f"{figure(statement)}, {Day(statement['issued_on'])}", statement["source_url"]


def finding(
    path: pd.DataFrame, year: str, names: Mapping[str, str], *, point_tolerance: float = 5.0, early_days: int = 300
) -> str:
    """What the statements on a year show, as a title: against the outcome, else how often they were raised and cut.

    `path` as from `outlook.paths`; `year` is a calendar year, or other words for fiscal years. A figure given when most
    of the year is spent holds easily, so only first plain figures `early_days` ahead of the year's end are compared.
    """
    ended = path.dropna(subset="outcome_usd_bn")
    if ended.empty:
        return _revised(path, year, names)
    plain = ended[ended["standing"] == "plain"].drop_duplicates(["ticker", "guided_period"])
    early = plain[plain["lead_days"] >= early_days]
    all_years = pd.Series(_years(ended, names, named=not year.isdigit()), index=ended.index)
    place = pd.Series(outlook.position(early, point_tolerance=point_tolerance), index=early.index)
    words = {"above": "more", "inside": "about as much", "below": "less"}
    spent = {word: Names(all_years[early.index[place == where]]) for where, word in words.items()}
    without = Names(dict.fromkeys(name for name in all_years if name not in set(all_years[early.index])))
    lacking = f"no early plain figure is on record for {without}" if without else ""
    if early.empty:
        return f"{lacking[0].upper()}{lacking[1:]}" + (f" {year}" if year.isdigit() else "")
    against = ", ".join(f"{who} {word}" for word, who in spent.items() if who)
    return f"Spent in {year} against what was first said: {against}" + (f"; {lacking}" if lacking else "")


def _years(rows: pd.DataFrame, names: Mapping[str, str], *, named: bool) -> list[str]:
    """The companies of statements, with the year where that is `named`: "Oracle 2025"."""
    years = rows["fiscal_period"].str[2:]
    return [names[ticker] + (f" {year}" if named else "") for ticker, year in zip(rows["ticker"], years)]


def _revised(path: pd.DataFrame, year: str, names: Mapping[str, str]) -> str:
    """How often what was said of a year was raised and cut."""
    steps = outlook.revisions(path)
    if len(steps) > 1:
        raised, lowered = (Number(turned.sum()).words for turned in (steps > 0, steps < 0))
        grey = "" if (path["standing"] == "plain").all() else "; figures in grey do not count"
        several = counted(len(steps), "company", "companies")
        moves = f"{raised} raised and {lowered} cut what they first said for {year}"
        return f"Of {several} with two comparable figures, {moves}{grey}"
    if len(steps):
        verb = "raised" if steps.iloc[0] > 0 else "cut" if steps.iloc[0] < 0 else "kept"
        if _narrowed(path[path["ticker"] == steps.index[0]]):
            verb = "narrowed"
        return f"{names[steps.index[0]]} {verb} what it first said for {year}"
    return f"What {counted(path['ticker'].nunique(), 'company', 'companies')} said of {year} in figures"


def _narrowed(said: pd.DataFrame) -> bool:
    """Whether the last plain range of a company lies within its first one on that definition, and is smaller."""
    last = said[said["standing"] == "plain"].sort_values("issued_on", kind="stable").iloc[-1]
    first = said[said["definition"] == last["definition"]].sort_values("issued_on", kind="stable").iloc[0]
    low, high = last["least_usd_bn"] - first["least_usd_bn"], first["most_usd_bn"] - last["most_usd_bn"]
    return bool(min(low, high) >= 0 and low + high > 0)


def _period(rows: pd.DataFrame, names: Mapping[str, str]) -> pd.Series:
    """Company and period of statements: "Meta 2026", "Oracle FY2027"."""
    return rows["ticker"].map(names) + rows["guided_period"].astype(str).str.removeprefix("CY").radd(" ")


def statements(said: pd.DataFrame, consensus: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Every statement (`outlook.paths`) with the consensus before it, other prints of that, and the outcome; USD bn."""
    rows = said.to_dict("records")
    unnamed = said["consensus_vendor"].isna() & said["consensus_before_usd_bn"].notna()
    prints = outlook.other_prints(said, consensus).groupby("guidance_id")
    other_prints = {
        name: "; ".join(f"{p.consensus_usd_bn:g}, {p.over_percent:+.0f}% ({p.outlets})" for p in own.itertuples())
        for name, own in prints
    }
    return pd.DataFrame(
        {
            "of": _period(said, names),
            "said_on": said["issued_on"],
            "said": [figure(row) for row in rows],
            "standing": said["standing"].map(STANDINGS),
            "basis": said["basis"],
            "consensus": said["consensus_before_usd_bn"],
            "vendor": said["consensus_vendor"].mask(unnamed, UNNAMED),
            "over": said["over_consensus_percent"],
            "other_prints": said["guidance_id"].map(other_prints),
            "revised": said["revision_percent"],
            "outcome": said["outcome_usd_bn"],
            "page": [page(row) for row in rows],
            "reservation": said["qualifier"].where(said["standing"] == "single_sourced", None),
        }
    )


def forecasts(consensus: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """What others forecast (the table `consensus`), newest first, in USD bn."""
    rows = consensus.sort_values(["as_of", "consensus_id"], ascending=[False, True])
    about = rows["qualifier"].map(lambda word: f"{word} ", na_action="ignore").fillna("")
    outlets = zip(rows["outlet"], rows["as_of"], rows["source_url"])
    return pd.DataFrame(
        {
            "of": [str(Names(names.get(t, t) for t in subject.split("+"))) for subject in rows["subject"]],
            "period": rows["period"].str.removeprefix("CY"),
            "usd_bn": about + rows["consensus_usd_bn"].map("{:g}".format),
            "kind": rows["kind"].map(KINDS),
            "as_of": rows["as_of"],
            "vendor": rows["vendor"].fillna(UNNAMED),
            "attested": rows["grade"],
            "page": [(f"{name}, {day}", address) if pd.notna(address) else name for name, day, address in outlets],
            "note": rows["note"],
        }
    )


def record(record: pd.DataFrame) -> pd.DataFrame:
    """First and last words on ended company-years (`outlook.guidance_record`, with the name of each) and outcomes."""
    rows = record.to_dict("records")
    return pd.DataFrame(
        {
            "of": record["name"],
            "said": [figure(row) + (" (product)" if row["kind"] == "product" else "") for row in rows],
            "spent": record["outcome_usd_bn"],
            "drift": record["drift_percent"],
            "place": record["position"],
            "days_ahead": record["lead_days"],
            "last_drift": record["last_drift_percent"],
            "last_days_ahead": record["last_lead_days"],
            "basis": record["definition"].map(definition),
            "page": [page(row) for row in rows],
        }
    )


def outlooks(said: pd.DataFrame, ahead: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """First and last forecast of each company and period to come (`outlook.first_and_last`), by year and company."""
    rows = outlook.first_and_last(said, ahead)
    order = dict(zip(names, range(len(names))))
    rows = rows.assign(year=rows["guided_period"].str[-4:], rank=rows["ticker"].map(order)).sort_values(
        ["year", "rank"]
    )
    last = rows.filter(like="_last").rename(columns=lambda column: column.removesuffix("_last"))
    counts = last["definition"].fillna(rows["definition"]).where(rows["standing"].notna())  # words count nothing
    return pd.DataFrame(
        {
            "of": _period(rows, names),
            "first": [dated(row) for row in rows.to_dict("records")],
            "last": [dated(row) if pd.notna(row["issued_on"]) else None for row in last.to_dict("records")],
            "change": last["revision_percent"].astype(float),
            "counted": counts.map(definition, na_action="ignore"),
        }
    )
