"""Addresses, companies and articles: who is who, and what is a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

from minerpivot.data.consistency.rule import across, on
from minerpivot.data.rules import Fault, Table

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
    own = on(deals, "ticker", instruments, "ticker", ["name", "short_name"])
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
    above = on(instruments, "parent", instruments, "ticker", ["parent"])["parent"]
    mend = "name the company that consolidates both"
    yield from instruments.where(above.notna(), ["ticker", "parent"], "which has a parent itself", mend)


@across("instruments", "fates")
def who_left_has_a_fate(instruments: Table, fates: Table) -> Iterator[Fault]:
    """A last session says that a share is held no longer, its fate what its holders got."""
    left = instruments.raw["last_session"].notna() & ~instruments.raw["ticker"].isin(fates.raw["ticker"])
    mend = "add what became of it to data/fates.csv, or empty last_session: a series that merely stops is no reason"
    yield from instruments.where(left, ["ticker", "last_session"], "and fates has no row of it", mend)


@across("fates", "instruments")
def what_a_holder_got_is_short(fates: Table, instruments: Table) -> Iterator[Fault]:
    """A company's page tells it in brackets, and takes no sentence from a table (`page.words`)."""
    told = on(fates, "ticker", instruments, "ticker", ["kind"])["kind"] == "miner"
    words = fates.raw["terms"].fillna("").str.split(";").str[0].str.count(r"\S+")
    mend = "say in at most eight words what became of a share, and the rest after a semicolon"
    yield from fates.where(told & (words > 8), ["ticker", "terms"], "which its page cannot tell", mend)


@across("claims", "articles")
def claims_are_of_their_articles_day(claims: Table, articles: Table) -> Iterator[Fault]:
    """A statement speaks of the day of which its article speaks."""
    day = on(claims, "article_id", articles, "article_id", ["speaks_of"])["speaks_of"]
    differs = claims.typed["as_of"].notna() & day.notna() & (claims.typed["as_of"] != day)
    words = "not the day of which its article speaks"
    yield from claims.where(differs, ["claim_id", "as_of"], words, "correct either day")


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
