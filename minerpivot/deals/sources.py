"""Sources of the deals by name: "Exhibit 99.1, 17 Dec 2025" and whether it is the company's own word."""

from __future__ import annotations

import re
from urllib.parse import urlparse

import pandas as pd

from minerpivot.data.tables import last_day, last_day_of

PRIMARY = ("filing", "exhibit", "release")  # kinds of source that are the company's own word, the most formal first
ORDER = [*PRIMARY, "press", "digest", "other"]
FORM = re.compile(r"(?<![a-z0-9])form[-_]?(\d+)-?([kq])|(?<![0-9])(8|10)-?([kq])(?![a-z])", re.IGNORECASE)
EXHIBIT = re.compile(r"(?:ex|exhibit)[-_]?99[-_.d]?0?(\d)?", re.IGNORECASE)


def source_name(address: str, kind: str, published_on: str | None) -> str:
    """A source as people cite it: what it is, by its kind and address, and its day; "undated" where none was seen."""
    host = urlparse(address).netloc.removeprefix("www.")
    file = address.rsplit("/", 1)[-1]
    form, exhibit = FORM.search(file), EXHIBIT.search(file)
    if kind == "exhibit":
        what = f"Exhibit 99.{exhibit[1]}" if exhibit and exhibit[1] else "Exhibit"
    elif kind == "filing":
        number, letter = (form[1] or form[3], form[2] or form[4]) if form else ("", "")
        what = f"{number}-{letter.upper()}" if form else "SEC filing"
    else:
        what = {"release": "Release", "digest": f"digest at {host}"}.get(kind, host)
    return f"{what}, {_day(published_on)}"


def _day(text: str | None) -> str:
    """A day, month or year as people say it."""
    if text is None:
        return "undated"
    day = last_day_of(text)
    return {10: f"{day.day} {day:%b %Y}", 7: f"{day:%b %Y}"}.get(len(text), f"{day:%Y}")


def cited(deal_sources: pd.DataFrame, announced: pd.Series | None = None) -> pd.DataFrame:
    """The best source of each deal, by deal_id: the company's own word before others', then the earliest.

    With `announced` (first day of each deal's announcement, by deal_id) a page older than that comes after all others
    and is no evidence: it can tell of an earlier contract, not of this one.
    Columns: source, other (each a pair of name and address; `other` is missing where there is one source), evidence
    ("primary" or "secondary") and sources (how many are known).
    """
    known = page_names(deal_sources)
    names = deal_sources["source_url"].map(known)
    since = deal_sources["deal_id"].map({} if announced is None else announced.to_dict())
    older = last_day(deal_sources["published_on"]) < pd.to_datetime(since)
    rows = deal_sources.assign(
        older=older,
        others=~deal_sources["kind"].isin(PRIMARY) | older,
        place=deal_sources["kind"].map(ORDER.index),
        day=last_day(deal_sources["published_on"]),
        name=pd.Series(list(zip(names, deal_sources["source_url"])), deal_sources.index, dtype=object),
    ).sort_values(["older", "others", "day", "place", "source_url"], na_position="last")
    deals = rows.groupby("deal_id")
    best = deals.nth(0).set_index("deal_id")
    evidence = (~best["others"]).map({True: "primary", False: "secondary"})
    other = deals.nth(1).set_index("deal_id")["name"]
    return pd.DataFrame({"source": best["name"], "other": other, "evidence": evidence, "sources": deals.size()})


def page_names(deal_sources: pd.DataFrame) -> dict[str, str]:
    """Address -> name of every source that the table knows, for pages that other tables cite."""
    rows = deal_sources.dropna(subset=["source_url"])
    said = zip(rows["source_url"], rows["kind"], rows["published_on"])
    return {str(url): source_name(str(url), str(kind), None if pd.isna(day) else str(day)) for url, kind, day in said}


def page(address: str, names: dict[str, str]) -> tuple[str, str]:
    """A cited page as name and address: its name if it is known, else what its address shows of it."""
    host = urlparse(address).netloc.removeprefix("www.")
    if host == "sec.gov":
        kind = "exhibit" if EXHIBIT.search(address.rsplit("/", 1)[-1]) else "filing"
        return names.get(address, source_name(address, kind, None).removesuffix(", undated")), address
    return names.get(address, host), address


def pages(addresses: pd.Series, names: dict[str, str]) -> pd.Series:
    """Each cited address as a `page`; missing where there is none."""
    return addresses.astype(object).map(lambda address: page(address, names), na_action="ignore")
