"""The SEC as a vendor: company facts (XBRL), lists of filings, and single filings' headers, texts and tagged figures.

Company facts leave out companies' own concepts and whatever is split by segment: those are read in the filing's own
instance document. A filing's hour is read in its header, which is New York's clock: the list of filings has an hour
too, marked as UTC, which for a fifth of the filers is New York's all the same. edgartools, which this replaced, knows
more of the forms, but its answers cannot be bounded in bytes, time or hosts.
"""

from __future__ import annotations

import html
import os
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from xml.etree import ElementTree

import pandas as pd

from minerpivot.data import tables
from minerpivot.refresh.vendors import SettingError, VendorError, get, get_json, is_number, parsed

SOURCE = "SEC EDGAR"
FACTS = "https://data.sec.gov/api/xbrl/companyfacts/CIK{:010d}.json"
FILINGS = "https://data.sec.gov/submissions/CIK{:010d}.json"
TICKERS = "https://www.sec.gov/files/company_tickers.json"
FOLDER = "https://www.sec.gov/Archives/edgar/data/{cik}/{number}/"
FILED_PERIOD = ["accn", "start", "end"]
PERIODIC = r"10-[QK]|20-F|40-F"
NEAR = pd.Timedelta("7D")  # years of 52 or 53 weeks end within a week of a month's end
COMMON = {  # concepts of each line; those that only one company uses are in the table filing_tags
    "capex": ["PaymentsToAcquirePropertyPlantAndEquipment"],
    "revenue": ["RevenueFromContractWithCustomerExcludingAssessedTax", "Revenues"],
    "cash_flow": ["NetCashProvidedByUsedInOperatingActivities"],
    "leases": ["RightOfUseAssetObtainedInExchangeForFinanceLeaseLiability"],
    "cash": ["CashAndCashEquivalentsAtCarryingValue"],
    "debt": ["LongTermDebt"],
}


@dataclass(frozen=True)
class Filer:
    """A company as the SEC knows it: its number, the month in which its year ends, its own concepts by line."""

    ticker: str
    cik: int
    year_end: int | None = None
    tags: dict[str, list[str]] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where its facts are."""
        return FACTS.format(self.cik)

    @property
    def freq(self) -> str:
        """Its fiscal quarters, for pandas."""
        if self.year_end is None:
            raise fault(self.ticker, "no month of its year's end", "enter it in data/instruments.csv")
        return f"Q-{pd.Timestamp(2000, self.year_end, 1):%b}".upper()

    def concepts(self, line: str) -> list[str]:
        """What a line may be called in its filings."""
        return [*COMMON.get(line, []), *self.tags.get(line, [])]


@dataclass(frozen=True)
class Filing:
    """A filing in a company's list; `period` is missing where it has none."""

    number: str
    form: str
    filed: pd.Timestamp
    period: Any
    items: tuple[str, ...]
    document: str
    folder: str

    @property
    def address(self) -> str:
        """Where its main document is."""
        return self.folder + self.document


def identity() -> str:
    """Who asks, as the SEC wants to know; raises `SettingError` that says how to tell it."""
    agent = os.environ.get("EDGAR_IDENTITY", "")
    if "@" not in agent:
        mend = 'the SEC asks who you are: export EDGAR_IDENTITY="Your Name you@example.org"'
        raise SettingError(SOURCE, "EDGAR_IDENTITY", "not set to a name and an e-mail address", mend)
    return agent


def filer(ticker: str, instruments: pd.DataFrame, tags: pd.DataFrame) -> Filer:
    """A company of `instruments` with its own tags; without a number there, the one in the SEC's list."""
    row: dict[Any, Any] = instruments.set_index("ticker").loc[ticker].to_dict()
    cik = numbers().get(ticker) if pd.isna(row["cik"]) else row["cik"]
    if cik is None:
        raise fault(ticker, "not in the list of filers", "enter its cik in data/instruments.csv")
    month, own = row["fiscal_year_end_month"], tags[tags["ticker"] == ticker]
    named = {str(line): list(rows) for line, rows in own.groupby("line")["concept"]}
    told = own.dropna(subset=["member"]) if "member" in own else own.iloc[:0]
    members = {str(line): str(member) for line, member in zip(told["line"], told.get("member", []))}
    return Filer(ticker, int(cik), None if pd.isna(month) else int(month), named, members)


@cache
def numbers() -> dict[str, int]:
    """The SEC's numbers of companies by ticker."""
    answer = get_json(TICKERS, source=SOURCE, subject="company_tickers.json", agent=identity())
    rows = list(answer.values()) if isinstance(answer, dict) else []
    if not rows or not all(isinstance(row, dict) and {"ticker", "cik_str"} <= set(row) for row in rows):
        raise fault("company_tickers.json", "no list of filers", f"open {TICKERS} by hand")
    return {str(row["ticker"]): int(row["cik_str"]) for row in rows}


def _ask(company: Filer, url: str, what: str) -> tuple[bytes, str]:
    mend = "check EDGAR_IDENTITY, the connection and sec.gov, and run again"
    busy = "wait ten minutes and run again"
    subject = company.ticker if what == "facts" else f"{company.ticker} {what}"
    missing = f"see whether its cik, {company.cik}, is right in data/instruments.csv; {mend}"
    return get(url, source=SOURCE, subject=subject, agent=identity(), busy=busy, refused=missing)


def company_facts(company: Filer) -> dict[str, Any]:
    """All facts of one company by taxonomy and concept, as in the SEC's JSON."""
    answer = parsed(*_ask(company, company.address, "facts"), source=SOURCE, subject=company.ticker)
    told = str(answer.get("cik")).lstrip("0") if isinstance(answer, dict) else ""
    if told != str(company.cik) or not isinstance(answer.get("facts"), dict) or not answer["facts"]:
        raise fault(company.ticker, f"empty, or not about CIK {company.cik}", f"open {company.address} by hand")
    return answer["facts"]


def filings(company: Filer, *, since: pd.Timestamp) -> list[Filing]:
    """Filings since a day, oldest first."""
    url = FILINGS.format(company.cik)
    answer = parsed(*_ask(company, url, "filings"), source=SOURCE, subject=company.ticker)
    told = answer.get("filings") if isinstance(answer, dict) else None
    recent = told.get("recent") if isinstance(told, dict) else None
    names = {
        "accessionNumber": "number", "form": "form", "filingDate": "filed", "reportDate": "period", "items": "items",
        "primaryDocument": "document",
    }  # fmt: skip
    columns = [recent.get(name) for name in names] if isinstance(recent, dict) else [None]
    lists = [column for column in columns if isinstance(column, list)]
    if len(lists) < len(columns) or len({len(column) for column in lists}) != 1 or not lists[0]:
        raise fault(company.ticker, "no list of filings", f"open {url} by hand")
    if str(answer.get("cik", "")).lstrip("0") != str(company.cik):
        raise fault(company.ticker, f"filings not of CIK {company.cik}", f"open {url} by hand")
    table = pd.DataFrame(dict(zip(names.values(), lists)))
    for column in ("filed", "period"):
        table[column] = pd.to_datetime(table[column], format="%Y-%m-%d", errors="coerce")
    odd = table["filed"].isna() | ~table["number"].astype(str).str.fullmatch(r"\d{10}-\d{2}-\d{6}")
    odd |= ~table["document"].astype(str).str.fullmatch(r"[\w./-]*")
    if odd.any() or (table["filed"] > tables.today() + pd.Timedelta("1D")).any():
        raise fault(company.ticker, "a filing without number or day, or of a day to come", f"open {url} by hand")
    if answer["filings"].get("files") and table["filed"].min() > since:
        raise fault(company.ticker, f"its list does not reach back to {since:%Y-%m-%d}", "enter a later row first")
    current = table.loc[table["form"] == "8-K", "items"].astype(str)
    if len(current) and not current.str.contains(r"\d\.\d\d").any():  # by them filings are chosen: none would be found
        raise fault(company.ticker, f"no item in any of its {len(current)} 8-Ks", f"open {url} by hand")
    table = table[table["filed"] >= since].drop_duplicates("number").sort_values(["filed", "number"])
    return [
        Filing(
            row["number"], str(row["form"]), row["filed"], row["period"],
            tuple(re.findall(r"\d\.\d\d", str(row["items"]))), row["document"], folder(company, row["number"]),
        )
        for row in table.to_dict("records")
    ]  # fmt: skip


def folder(company: Filer, number: str) -> str:
    """The address under which a filing's documents are."""
    return FOLDER.format(cik=company.cik, number=number.replace("-", ""))


def accepted(company: Filer, number: str) -> tuple[pd.Timestamp, list[tuple[str, str]]]:
    """When a filing was accepted, on New York's clock, and its documents as (type, file name)."""
    url = f"{folder(company, number)}{number}-index-headers.html"
    body, _ = _ask(company, url, f"filing {number}")
    text = html.unescape(body.decode("utf-8", errors="replace"))
    stamp = re.search(r"<ACCEPTANCE-DATETIME>\s*(\d{14})\b", text)
    time = pd.to_datetime(stamp[1], format="%Y%m%d%H%M%S", errors="coerce") if stamp else pd.NaT
    if number not in text or pd.isna(time) or not 6 <= time.hour < 22:  # the SEC takes filings from six to ten
        raise fault(company.ticker, f"no hour of acceptance in the header of {number}", f"open {url} by hand")
    documents = re.findall(r"<TYPE>\s*([^\s<]+)(?:(?!<TYPE>).)*?<FILENAME>\s*([\w.-]+)", text, flags=re.S)
    return time, documents


def text_of(company: Filer, number: str, name: str) -> str:
    """A document's words, without its markup."""
    body, _ = _ask(company, folder(company, number) + name, f"document {name}")
    text = body.decode("utf-8", errors="replace")
    text = " ".join(text.split())  # a line of the source is no line of the page
    text = re.sub(r"(?i)<(script|style|head|ix:header)\b.*?</\1>", " ", text)
    text = re.sub(r"(?i)<(?:/?(?:p|div|tr|li|h\d|br|table)\b)[^>]*>", "\n", text)
    text = html.unescape(re.sub(r"<[^>]*>", "", text)).replace("\xa0", " ")
    return "\n".join(line for part in text.split("\n") if (line := " ".join(part.split())))


def tagged(company: Filer, number: str, document: str) -> pd.DataFrame:
    """Dollar figures of a filing's instance document: concept (no prefix), member ("" for all), start, end, value.

    A member stands on one axis, the one on consolidation aside; figures split by two are left out.
    """
    name = re.sub(r"\.html?$", "_htm.xml", document)
    body, _ = _ask(company, folder(company, number) + name, f"document {name}")
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        mend = f"open {folder(company, number)}{name} by hand"
        raise fault(company.ticker, f"{name} is not whole XML ({len(body)} bytes)", mend) from None
    spans: dict[str, tuple[str, str, str]] = {}
    for context in (item for item in root if _local(item) == "context"):
        parts = {_local(item): (item.text or "").strip() for item in context.iter()}
        members = [
            (item.text or "").strip()
            for item in context.iter()
            if _local(item) == "explicitMember" and "ConsolidationItemsAxis" not in item.get("dimension", "")
        ]
        end = parts.get("endDate") or parts.get("instant", "")
        if len(members) <= 1 and "typedMember" not in parts:
            spans[context.get("id", "")] = (members[0] if members else "", parts.get("startDate", end), end)
    rows = [
        {
            "concept": _local(item),
            "member": spans[at][0],
            "start": spans[at][1],
            "end": spans[at][2],
            "value": item.text,
        }
        for item in root
        if (at := item.get("contextRef", "")) in spans
        and item.get("unitRef", "").lower() in ("usd", "u_usd", "unit_usd")
    ]
    table = pd.DataFrame(rows, columns=["concept", "member", "start", "end", "value"]).drop_duplicates()
    for column in ("start", "end"):
        table[column] = pd.to_datetime(table[column], format="%Y-%m-%d", errors="coerce")
    return table.assign(value=pd.to_numeric(table["value"], errors="coerce") / 1e9)


def _local(item: ElementTree.Element) -> str:
    return item.tag.rpartition("}")[2]


def quarters(facts: pd.DataFrame, *, freq: str) -> pd.DataFrame:
    """Quarters from facts of three months and of the fiscal year to date; other spans, as trailing years, are left.

    A 10-Q's cash flow runs from the first day of the fiscal year, so most quarters are differences. Every fact is filed
    again a year later, as a comparative: quarters come from first filings, never from a mixture.

    Columns: `first`, `restated` (what the last filing that speaks of the quarter says, if there are several), day
    `filed` first, the `end` itself, and on fourth quarters the filed `year` and the sum of `four_quarters`. Rows have
    no gaps: a quarter that cannot be computed is NaN.
    """
    facts = facts.assign(quarter=facts["end"].dt.to_period(freq), span="other")
    starts = facts["end"].dt.to_period(freq.replace("Q", "Y")).dt.start_time
    ends = facts["quarter"].dt.end_time.dt.normalize()
    facts["span"] = facts["span"].mask((facts["start"] - facts["quarter"].dt.start_time).abs() <= NEAR, "three_months")
    facts["span"] = facts["span"].mask((facts["start"] - starts).abs() <= NEAR, "to_date")
    facts = facts[(facts["span"] != "other") & (ends - facts["end"] <= NEAR)]
    first, last = facts["quarter"].min(), facts["quarter"].max()
    index = pd.period_range(first, last, freq=freq) if len(facts) else pd.PeriodIndex([], freq=freq)
    spans = facts.groupby(["quarter", "span"])["value"]
    columns = ["three_months", "to_date"]
    was, now = (part.unstack().reindex(index, columns=columns) for part in (spans.first(), spans.last()))
    again = spans.size().unstack().reindex(index, columns=columns) > 1
    earlier = [table["to_date"].shift().where(index.quarter != 1, 0.0) for table in (was, now)]
    result = pd.DataFrame({"first": was["three_months"].fillna(was["to_date"] - earlier[0])})
    told = now["three_months"].where(again["three_months"])
    result["restated"] = told.fillna((now["to_date"] - earlier[1]).where(again["to_date"]))
    result["year"] = was["to_date"]
    result["filed"] = facts.groupby("quarter")["filed"].min()
    result["end"] = facts.groupby("quarter")["end"].max()
    result["four_quarters"] = result["first"].rolling(4).sum().where(index.quarter == 4)
    return result


def line(
    facts: dict[str, Any],
    company: Filer,
    concepts: list[str],
    *,
    taxonomy: str = "us-gaap",
    unit: str = "USD",
    needed: bool = True,
) -> pd.DataFrame:
    """One value (bn of `unit`) per filing and period (accn, start, end, form, filed), in the order of filing.

    Where a filing has several of the `concepts`, the largest is the total: contract revenue is a part of revenue.
    """
    asked, mend = " or ".join(concepts), f"open {company.address} and compare"
    try:
        of_concepts = {name: facts.get(taxonomy, {}).get(name, {}).get("units", {}).get(unit, []) for name in concepts}
        records = [{"concept": name} | fact for name, listed in of_concepts.items() for fact in listed]
    except (AttributeError, TypeError):
        raise fault(company.ticker, f"facts in a form that is not the SEC's: {asked}", mend) from None
    table = pd.DataFrame(records, columns=["concept", *FILED_PERIOD, "form", "filed", "val"])
    table = table[table["form"].astype("string").str.match(PERIODIC, na=False)].drop_duplicates()
    for column in ("start", "end", "filed"):
        table[column] = pd.to_datetime(table[column], format="%Y-%m-%d", errors="coerce")
    values = table.pop("val")
    table["value"] = pd.to_numeric(values.where(values.map(is_number)), errors="coerce") / 1e9
    if len(early := table[table["filed"] < table["end"]]):
        problem = f"{early['concept'].iloc[0]} to {early['end'].iloc[0]:%Y-%m-%d} was filed before that day"
        raise fault(company.ticker, problem, mend)
    unreadable = table[["accn", "end", "filed", "value"]].isna().any(axis=1).any()
    if unreadable or table.duplicated(["concept", *FILED_PERIOD]).any() or (needed and table.empty):
        what = (
            "no fact" if table.empty else "no day or value" if unreadable else "two values for a period in one filing"
        )
        if table.empty:
            mend = "see whether it changed its tags, and enter new ones in data/filing_tags.csv"
        raise fault(company.ticker, f"{what}: {asked} ({unit})", mend)
    total = table.sort_values("value", ascending=False).drop_duplicates(FILED_PERIOD)
    return total.sort_values(["filed", "accn"], ignore_index=True)


def fault(ticker: str, problem: str, mend: str) -> VendorError:
    """A `VendorError` of the SEC."""
    return VendorError(SOURCE, ticker, problem, mend)


def label(period: Any) -> str:
    """A fiscal quarter as companies say it."""
    return f"FY{period.qyear} Q{period.quarter}"
