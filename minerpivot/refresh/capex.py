"""Hyperscalers' capital spending and miners' share counts: SEC company facts (XBRL) through edgartools.

A 10-Q's cash flow runs from the first day of the fiscal year, so most quarters are differences. Every fact is filed
again a year later, as a comparative: quarters come from first filings, or from second filings, never from a mixture.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import track

from minerpivot.data import tables
from minerpivot.refresh.vendors import ATTEMPTS, TIMEOUT, BusyError, VendorError, retrying

SOURCE = "SEC EDGAR"
ADDRESS = "https://data.sec.gov/api/xbrl/companyfacts/CIK{:010d}.json"
WAIT_SECONDS = 1.0
ROUNDING_USD_BN = 0.001
FOLDER = tempfile.TemporaryDirectory(prefix="edgar-")  # edgartools keeps answers on disk: not beyond this process
FILED_PERIOD = ["accn", "start", "end"]
COMMON = {  # concepts of each line; those that only one company uses are in the table filing_tags
    "capex": ["PaymentsToAcquirePropertyPlantAndEquipment"],
    "revenue": ["RevenueFromContractWithCustomerExcludingAssessedTax", "Revenues"],
    "cash_flow": ["NetCashProvidedByUsedInOperatingActivities"],
}


@dataclass(frozen=True)
class Filer:
    """A company as the SEC knows it: its number, the month in which its year ends, its own concepts by line."""

    ticker: str
    cik: int
    year_end: int | None = None
    tags: dict[str, list[str]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where its facts are."""
        return ADDRESS.format(self.cik)

    @property
    def freq(self) -> str:
        """Its fiscal quarters, for pandas."""
        if self.year_end is None:
            raise _fault(self.ticker, "no month of its year's end", "enter it in data/instruments.csv")
        return f"Q-{pd.Timestamp(2000, self.year_end, 1):%b}".upper()

    def concepts(self, line: str) -> list[str]:
        """What a line may be called in its filings."""
        return [*COMMON.get(line, []), *self.tags.get(line, [])]


def fetch(*, tickers: list[str], console: Console) -> dict[str, pd.DataFrame]:
    """Rows of `capex_actuals` (cash_ppe, USD bn) and `shares_outstanding` (cover_page, millions): all, or an error."""
    if "@" not in os.environ.get("EDGAR_IDENTITY", ""):
        mend = 'the SEC asks who you are: export EDGAR_IDENTITY="Your Name you@example.org"'
        raise VendorError(SOURCE, "EDGAR_IDENTITY", "not set to a name and an e-mail address", mend)
    os.environ.setdefault("EDGAR_LOCAL_DATA_DIR", FOLDER.name)
    os.environ.setdefault("EDGAR_HTTP_TIMEOUT", str(TIMEOUT))  # seconds; both are read when edgar is imported
    instruments, tags = tables.load("instruments"), tables.load("filing_tags")
    capex, shares = tables.load("capex_actuals"), tables.load("shares_outstanding")
    spenders = set(instruments.loc[instruments["kind"] == "hyperscaler", "ticker"])
    spent = capex[(capex["definition"] == "cash_ppe") & capex["ticker"].isin(spenders)]
    ends = dict(iter(spent.groupby("ticker")["period_end"]))
    last = shares[shares["basis"] == "cover_page"].groupby("ticker")["as_of"].max()
    known = list(dict.fromkeys([*ends, *last.index]))
    if unknown := [ticker for ticker in tickers if ticker not in known]:
        mend = f"choose from {', '.join(known)}; a first row is entered by hand"
        raise VendorError(SOURCE, ", ".join(unknown), "not a company of these tables", mend)
    found: dict[str, list[pd.DataFrame]] = {"capex_actuals": [], "shares_outstanding": []}
    for ticker in track(list(dict.fromkeys(tickers or known)), "SEC company facts", console=console, transient=True):
        company = filer(ticker, instruments, tags)
        facts = company_facts(company)
        if ticker in ends:
            found["capex_actuals"].append(capex_rows(facts, company, stored=ends[ticker], note=console.print))
        if ticker in last:
            found["shares_outstanding"].append(share_rows(facts, company, since=last[ticker] - pd.DateOffset(years=1)))
    return {name: pd.concat(rows, ignore_index=True) for name, rows in found.items() if rows}


def filer(ticker: str, instruments: pd.DataFrame, tags: pd.DataFrame) -> Filer:
    """A company of `instruments` with its own tags; without a number there, the one in edgartools' list."""
    from edgar.reference.tickers import find_cik

    row = instruments.set_index("ticker").loc[ticker]
    cik: int | None = find_cik(ticker) if pd.isna(row["cik"]) else row["cik"]
    if cik is None:
        raise _fault(ticker, "not in the list of filers", "enter its cik in data/instruments.csv")
    month = row["fiscal_year_end_month"]
    own = {str(line): list(rows) for line, rows in tags[tags["ticker"] == ticker].groupby("line")["concept"]}
    return Filer(ticker, int(cik), None if pd.isna(month) else int(month), own)


def company_facts(company: Filer) -> dict[str, Any]:
    """All facts of one company by taxonomy and concept, as in the SEC's JSON."""
    from edgar.entity.entity_facts import download_company_facts_from_sec
    from edgar.exceptions import CompanyFactsNotFoundError, http_status
    from edgar.httprequests import TRANSPORT_ERRORS, UNREACHABLE_ERRORS

    ticker, cik, answer = company.ticker, company.cik, None
    try:
        for attempt in retrying(wait_seconds=WAIT_SECONDS):
            with attempt:
                try:
                    answer = download_company_facts_from_sec(cik)
                except TRANSPORT_ERRORS as error:
                    if (status := http_status(error) or 0) == 429 or status >= 500:
                        raise BusyError(f"answered {status}") from None
                    raise
    except BusyError as error:
        raise _fault(ticker, f"{error} after {ATTEMPTS} tries", "wait ten minutes and run again") from None
    except CompanyFactsNotFoundError:
        raise _fault(ticker, f"no facts under CIK {cik}", "correct it in data/instruments.csv") from None
    except (*TRANSPORT_ERRORS, *UNREACHABLE_ERRORS) as error:  # edgartools itself tries again when there is no answer
        problem = f"answered {http_status(error)}" if http_status(error) else f"no answer ({type(error).__name__})"
        raise _fault(ticker, problem, "check EDGAR_IDENTITY, the connection and sec.gov, and run again") from None
    except ValueError:
        raise _fault(ticker, "answered what is not whole JSON", f"open {company.address} by hand") from None
    if not isinstance(answer, dict) or not answer.get("facts") or str(answer.get("cik")).lstrip("0") != str(cik):
        raise _fault(ticker, f"empty, or not about CIK {cik}", f"open {company.address} by hand")
    return answer["facts"]


def capex_rows(
    facts: dict[str, Any], company: Filer, *, stored: pd.Series, note: Callable[[str], None] = lambda _: None
) -> pd.DataFrame:
    """The last four quarters of `stored` (days they end on) and all newer ones, USD bn.

    Values are those first filed: a later restatement must not reach back to the day of the first report. It is
    told through `note`, to be entered by hand.
    """
    ticker, freq = company.ticker, company.freq
    known = pd.PeriodIndex(stored, freq=freq)
    spent = line(facts, company, company.concepts("capex"))
    if "proceeds" in company.tags:
        proceeds = line(facts, company, company.concepts("proceeds"), needed=False).set_index(FILED_PERIOD)["value"]
        spent["value"] -= proceeds.reindex(pd.MultiIndex.from_frame(spent[FILED_PERIOD])).fillna(0).to_numpy()
    lines = {
        "capex": spent,
        "revenue": line(facts, company, company.concepts("revenue")),
        "operating_cash_flow": line(facts, company, company.concepts("cash_flow")),
    }
    parts = {name: quarters(table, freq=freq).loc[known.max() - 3 :] for name, table in lines.items()}
    columns = {}
    for name, part in parts.items():
        off = part[(part["four_quarters"] - part["year"]).abs() > ROUNDING_USD_BN + 1e-9]
        for period, row in off.iterrows():
            problem = f"{name}: quarters sum to {row['four_quarters']:.3f} USD bn, the filed year to {row['year']:.3f}"
            raise _fault(ticker, f"{_label(period)}: {problem}", "compare its 10-K with its 10-Qs")
        columns[f"{name}_usd_bn"] = part["first"]
        for period, row in part[(part["restated"] - part["first"]).abs() > ROUNDING_USD_BN].iterrows():
            note(f"{ticker} {_label(period)} {name}: first {row['first']:.3f}, restated {row['restated']:.3f} USD bn")
    rows = pd.DataFrame(columns)
    if rows.empty:
        raise _fault(ticker, f"no quarter from {_label(known.max() - 3)} on", "look for its reports on sec.gov/edgar")
    wrong = rows.isna().any(axis=1) | (rows[["capex_usd_bn", "revenue_usd_bn"]] < 0).any(axis=1)
    for period, row in rows[wrong].iterrows():
        problem = f"{_label(period)}: missing (nan) or negative: {row.to_dict()}"
        raise _fault(ticker, problem, "see whether it changed its tags, and enter new ones in data/filing_tags.csv")
    periods = pd.PeriodIndex(rows.index)
    rows = rows.map("{:.3f}".format).assign(
        ticker=ticker, definition="cash_ppe", basis=None, doubt=None, second_source_url=None
    )
    rows["fiscal_period"] = [_label(period) for period in periods]
    rows["period_end"] = periods.end_time.strftime("%Y-%m-%d")
    rows["calendar_quarter"] = periods.end_time.to_period("Q").astype(str)
    filed = pd.DataFrame({name: part["filed"] for name, part in parts.items()}).max(axis=1)
    return rows.assign(reported_on=filed.dt.strftime("%Y-%m-%d"), source_url=company.address)


def share_rows(facts: dict[str, Any], company: Filer, *, since: pd.Timestamp) -> pd.DataFrame:
    """Counts on the covers of periodic reports from the day `since` on, in millions, as first filed."""
    counts = line(facts, company, ["EntityCommonStockSharesOutstanding"], taxonomy="dei", unit="shares")
    counts = counts[counts["end"] >= since].drop_duplicates("end").sort_values("end")
    if counts.empty or (counts["value"] <= 0).any():
        problem = f"no count since {since:%Y-%m-%d}, or one that is not positive"
        raise _fault(company.ticker, problem, "look for its reports on sec.gov/edgar")
    days = {"as_of": counts["end"].dt.strftime("%Y-%m-%d"), "reported_on": counts["filed"].dt.strftime("%Y-%m-%d")}
    millions = (counts["value"] * 1e3).map("{:.2f}".format)
    return pd.DataFrame(days).assign(
        ticker=company.ticker, shares_m=millions, basis="cover_page", source_url=company.address
    )


def quarters(facts: pd.DataFrame, *, freq: str) -> pd.DataFrame:
    """Quarters from facts of three months and of the fiscal year to date; other spans, as trailing years, are left.

    Columns: `first` and `restated` (of first and of second filings), day `filed` first, and on fourth quarters the
    filed `year` and the sum of `four_quarters`. Rows have no gaps: a quarter that cannot be computed is NaN.
    """
    facts = facts.assign(quarter=facts["end"].dt.to_period(freq), span="other")
    starts = facts["end"].dt.to_period(freq.replace("Q", "Y")).dt.start_time
    facts["span"] = facts["span"].mask(facts["start"] == facts["quarter"].dt.start_time, "three_months")
    facts["span"] = facts["span"].mask(facts["start"] == starts, "to_date")
    facts = facts[(facts["span"] != "other") & (facts["end"] == facts["quarter"].dt.end_time.dt.normalize())]
    first, last = facts["quarter"].min(), facts["quarter"].max()
    index = pd.period_range(first, last, freq=freq) if len(facts) else pd.PeriodIndex([], freq=freq)
    nth = facts.groupby(["quarter", "span"]).cumcount()
    wide = [facts[nth == n].pivot(index="quarter", columns="span", values="value") for n in (0, 1)]
    wide = [table.reindex(index, columns=["three_months", "to_date"]) for table in wide]
    earlier = [table["to_date"].shift().where(index.quarter != 1, 0.0) for table in wide]
    values = [table["three_months"].fillna(table["to_date"] - before) for table, before in zip(wide, earlier)]
    result = pd.DataFrame({"first": values[0], "restated": values[1], "year": wide[0]["to_date"]})
    result["filed"] = facts.groupby("quarter")["filed"].min()
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
    of_concepts = {name: facts.get(taxonomy, {}).get(name, {}).get("units", {}).get(unit, []) for name in concepts}
    records = [{"concept": name} | fact for name, listed in of_concepts.items() for fact in listed]
    table = pd.DataFrame(records, columns=["concept", *FILED_PERIOD, "form", "filed", "val"])
    table = table[table["form"].astype("string").str.match(r"10-[QK]|20-F|40-F", na=False)].drop_duplicates()
    for column in ("start", "end", "filed"):
        table[column] = pd.to_datetime(table[column], format="%Y-%m-%d", errors="coerce")
    table["value"] = pd.to_numeric(table.pop("val"), errors="coerce") / 1e9
    unreadable = table[["accn", "end", "filed", "value"]].isna().any(axis=1).any()
    if unreadable or table.duplicated(["concept", *FILED_PERIOD]).any() or (needed and table.empty):
        what = (
            "no fact" if table.empty else "no day or value" if unreadable else "two values for a period in one filing"
        )
        mend = f"open {company.address} and compare"
        raise _fault(company.ticker, f"{what}: {' or '.join(concepts)} ({unit})", mend)
    total = table.sort_values("value", ascending=False).drop_duplicates(FILED_PERIOD)
    return total.sort_values(["filed", "accn"], ignore_index=True)


def _fault(ticker: str, problem: str, mend: str) -> VendorError:
    return VendorError(SOURCE, ticker, problem, mend)


def _label(period: Any) -> str:
    return f"FY{period.qyear} Q{period.quarter}"
