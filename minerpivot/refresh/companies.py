"""Companies from the SEC: share counts, cash and debt, segment revenue where tagged, days and hours of reports."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import track

from minerpivot.data import exchange, tables
from minerpivot.refresh import sec
from minerpivot.refresh.sec import Filer, fault, filer, line
from minerpivot.refresh.vendors import VendorError

FEWEST = 100_000  # shares on a cover: the smallest company here has millions
PLACEHOLDER = re.compile(r"(\d)\1{5,}|1234567\d*")
OPENING = pd.Timedelta("9.5h")
SEGMENTS = ("mining_revenue", "ai_hpc_revenue")


def fetch(*, tickers: list[str], console: Console, **_: Any) -> dict[str, pd.DataFrame]:
    """Rows of `shares_outstanding`, `balance_sheets`, `miner_segments` and `earnings_dates`: all, or an error."""
    sec.identity()
    instruments, tags = tables.load("instruments"), tables.load("filing_tags")
    shares, sheets = tables.load("shares_outstanding"), tables.load("balance_sheets")
    dates, segments = tables.load("earnings_dates"), tables.load("miner_segments")
    covers = shares[shares["basis"] == "cover_page"].groupby("ticker")["as_of"].max()
    balances = sheets.groupby("ticker")["as_of"].max()
    numbered = set(instruments.loc[instruments["cik"].notna() & instruments["last_session"].isna(), "ticker"])
    known = [str(t) for t in dict.fromkeys([*covers.index, *balances.index, *dates["ticker"]]) if t in numbered]
    if unknown := [ticker for ticker in tickers if ticker not in known]:
        mend = f"choose from {', '.join(known)}; a first row, and a cik in instruments, are entered by hand"
        raise VendorError(sec.SOURCE, ", ".join(unknown), "not a company of these tables", mend)
    found: dict[str, list[pd.DataFrame]] = {}
    for ticker in track(list(dict.fromkeys(tickers or known)), "companies", console=console, transient=True):
        company = filer(ticker, instruments, tags)
        mine = dates[dates["ticker"] == ticker]
        facts = sec.company_facts(company) if ticker in covers or ticker in balances else {}
        if ticker in covers:
            rows = share_rows(facts, company, since=covers[ticker] - pd.DateOffset(years=1))
            found.setdefault("shares_outstanding", []).append(rows)
        if ticker in balances:
            found.setdefault("balance_sheets", []).append(balance_rows(facts, company, since=balances[ticker]))
        if len(mine) and company.year_end:
            filings = sec.filings(company, since=mine["reported_on"].max() - pd.Timedelta("100D"))
            found.setdefault("earnings_dates", []).append(report_rows(company, filings, mine, note=console.print))
            if set(SEGMENTS) <= set(company.members):
                last = segments.loc[segments["ticker"] == ticker, "period_end"].max()
                found.setdefault("miner_segments", []).append(segment_rows(company, filings, since=last))
    return {name: pd.concat(rows, ignore_index=True) for name, rows in found.items() if sum(map(len, rows))}


def share_rows(facts: dict[str, Any], company: Filer, *, since: pd.Timestamp) -> pd.DataFrame:
    """Counts on the covers of periodic reports from the day `since` on, in millions, as first filed."""
    counts = line(facts, company, ["EntityCommonStockSharesOutstanding"], taxonomy="dei", unit="shares")
    counts = counts[counts["end"] >= since].drop_duplicates("end").sort_values("end")
    if counts.empty or (counts["value"] <= 0).any():
        problem = f"no count since {since:%Y-%m-%d}, or one that is not positive"
        raise fault(company.ticker, problem, "look for its reports on sec.gov/edgar")
    for count, day in zip((counts["value"] * 1e9).round().astype("int64"), counts["end"]):
        if count < FEWEST or PLACEHOLDER.fullmatch(str(count)):
            problem = f"{count:,} shares on {day:%Y-%m-%d} are a placeholder, or thousands or millions of shares"
            raise fault(company.ticker, problem, "read the report's cover, and enter the row by hand")
    days = {"as_of": counts["end"].dt.strftime("%Y-%m-%d"), "reported_on": counts["filed"].dt.strftime("%Y-%m-%d")}
    millions = (counts["value"] * 1e3).map("{:.2f}".format)
    return pd.DataFrame(days).assign(
        ticker=company.ticker, shares_m=millions, basis="cover_page", source_url=company.address
    )


def balance_rows(facts: dict[str, Any], company: Filer, *, since: pd.Timestamp) -> pd.DataFrame:
    """Cash, and debt where its total is tagged, of the balance sheets after a day, in USD m as first filed."""
    columns = [field["name"] for field in tables.describe("balance_sheets")["schema"]["fields"]]
    cash, debt = (line(facts, company, company.concepts(name), needed=False) for name in ("cash", "debt"))
    cash = cash[(cash["end"] > since)].drop_duplicates("end").set_index("end")
    owing = debt.drop_duplicates("end").set_index("end")["value"].reindex(cash.index)
    if (cash["value"] < 0).any() or (owing < 0).any():
        raise fault(company.ticker, "cash or debt below zero", f"open {company.address} and compare")
    owed = owing.notna()
    rows = pd.DataFrame(
        {
            "ticker": company.ticker,
            "as_of": pd.DatetimeIndex(cash.index).strftime("%Y-%m-%d"),
            "cash_usd_m": (cash["value"] * 1e3).map("{:.1f}".format).to_numpy(),
            "debt_usd_m": (owing * 1e3).map("{:.1f}".format).where(owed).to_numpy(),
            "debt_basis": owed.map({True: "carrying", False: None}).to_numpy(),
            "debt_scope": owed.map({True: "tagged", False: None}).to_numpy(),
            "debt_note": owed.map({True: "of debt only what is tagged as long-term", False: None}).to_numpy(),
            "reported_on": cash["filed"].dt.strftime("%Y-%m-%d").to_numpy(),
            "source_url": company.address,
            "grade": "A",
            "note": "read by machine from the filing's own tags",
        }
    )
    return rows.reindex(columns=columns)


def report_rows(company: Filer, filings: list[sec.Filing], stored: pd.DataFrame, *, note: Any) -> pd.DataFrame:
    """Days and hours of results (8-K, item 2.02) of quarters that have no row yet, by the filing's acceptance.

    Two such filings for one quarter, as preliminary figures and the report, are told and left to a person.
    """
    told: dict[pd.Period, list[sec.Filing]] = {}
    for one in filings:
        if one.form == "8-K" and "2.02" in one.items:
            told.setdefault((one.filed - pd.Timedelta("1D")).to_period(company.freq) - 1, []).append(one)
    fiscal, known = stored["fiscal_period"].str.startswith("FY").iloc[-1], set(stored["fiscal_period"])
    rows = []
    for period, filed in told.items():
        end = period.end_time
        name = sec.label(period) if fiscal else f"{end.year} Q{end.quarter}"
        if name in known or (filed[-1].filed - end).days > 100:
            continue
        if len(filed) > 1:
            days = ", ".join(f"{one.filed:%Y-%m-%d}" for one in filed)
            note(f"{company.ticker} {name}: results in {len(filed)} filings ({days}); enter the report's day by hand")
            continue
        time, _ = sec.accepted(company, filed[0].number)
        rows.append((company.ticker, name, f"{time:%Y-%m-%d}", hour(time), "filing", filed[0].address))
    return pd.DataFrame(rows, columns=["ticker", "fiscal_period", "reported_on", "time", "basis", "source_url"])


def hour(time: pd.Timestamp) -> str:
    """Before the open, after the close (13:00 on a half day), or unknown, of a time on New York's clock."""
    closes = exchange.exchange_closes(time.normalize())
    day = time.normalize()
    if day not in closes.index or time - day < OPENING:
        return "bmo"
    return "amc" if time >= closes[day] else "unknown"


def segment_rows(company: Filer, filings: list[sec.Filing], *, since: pd.Timestamp) -> pd.DataFrame:
    """Quarterly revenue by segment, USD m, from reports after a day, where filing_tags names a member for each."""
    columns = [field["name"] for field in tables.describe("miner_segments")["schema"]["fields"]]
    rows = []
    for report in filings:
        if report.form != "10-Q" or not report.period > since:
            continue
        figures = sec.tagged(company, report.number, report.document)
        figures = figures[figures["end"].eq(report.period) & figures["concept"].isin(company.concepts("revenue"))]
        figures = figures[((figures["end"] - figures["start"]).dt.days + 1 - 91).abs() <= 8]
        parts = {name: figures.loc[figures["member"] == company.members[name], "value"].unique() for name in SEGMENTS}
        whole = figures.loc[figures["member"] == "", "value"]
        if whole.empty or any(len(values) != 1 for values in parts.values()):
            problem = f"no revenue, or several, of its segments in {report.number}"
            raise fault(company.ticker, problem, "see whether its members changed, and correct data/filing_tags.csv")
        period = report.period.to_period(company.freq)
        cells = {f"{name}_usd_m": f"{1e3 * values[0]:.3f}" for name, values in parts.items()}
        cells |= {
            "ticker": company.ticker, "fiscal_period": sec.label(period), "period_end": f"{report.period:%Y-%m-%d}",
            "reported_on": f"{report.filed:%Y-%m-%d}", "revenue_usd_m": f"{1e3 * whole.max():.3f}",
            "source_url": report.address,
        }  # fmt: skip
        rows.append(cells)
    return pd.DataFrame(rows, columns=columns)
