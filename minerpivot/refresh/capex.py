"""Capital spending from the SEC: quarters and years of the hyperscalers, Amazon's net of proceeds, Nvidia's segments.

What a filing tags enters. A company's own headline (with leases) is a sentence of its release and stays with people:
the lease additions that its filing tags are shown beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import track

from minerpivot.data import tables
from minerpivot.refresh import sec
from minerpivot.refresh.sec import COMMON, FILED_PERIOD, Filer, fault, filer, label, line, quarters
from minerpivot.refresh.vendors import VendorError

ROUNDING_USD_BN = 0.001
CHIPS, NET = "NVDA", "AMZN"  # who has a table of its own


def fetch(*, tickers: list[str], console: Console, **_: Any) -> dict[str, pd.DataFrame]:
    """Rows of `capex_actuals` and `capex_annual` (cash_ppe), `capex_amzn_net`, `nvidia`, USD bn: all, or an error."""
    sec.identity()
    instruments, tags = tables.load("instruments"), tables.load("filing_tags")
    actuals = tables.load("capex_actuals")
    spenders = set(instruments.loc[instruments["kind"] == "hyperscaler", "ticker"])
    spent = actuals[(actuals["definition"] == "cash_ppe") & actuals["ticker"].isin(spenders)]
    ends = {str(ticker): days for ticker, days in spent.groupby("ticker")["period_end"]}
    known = [*ends, *({CHIPS} & set(instruments["ticker"]))]
    if unknown := [ticker for ticker in tickers if ticker not in known]:
        mend = f"choose from {', '.join(known)}; a first row is entered by hand"
        raise VendorError(sec.SOURCE, ", ".join(unknown), "not a company of these tables", mend)
    found: dict[str, list[pd.DataFrame]] = {}
    for ticker in track(list(dict.fromkeys(tickers or known)), "capital spending", console=console, transient=True):
        company = filer(ticker, instruments, tags)
        facts = sec.company_facts(company)
        if ticker == CHIPS:
            rows = chip_rows(facts, company, tables.load("nvidia"), note=console.print)
            found.setdefault("nvidia", []).append(rows)
            continue
        rows = capex_rows(facts, company, stored=ends[ticker], note=console.print)
        found.setdefault("capex_actuals", []).append(rows)
        years = tables.load("capex_annual").query("ticker == @ticker and definition == 'cash_ppe'")["period_end"]
        if len(years):
            found.setdefault("capex_annual", []).append(annual_rows(facts, company, stored=years))
        if ticker == NET and company.tags.get("incentives"):
            found["capex_amzn_net"] = [net_rows(company, tables.load("capex_amzn_net"))]
        tell_leases(facts, company, since=ends[ticker].max(), note=console.print)
    return {name: pd.concat(rows, ignore_index=True) for name, rows in found.items() if sum(map(len, rows))}


def lines_of(facts: dict[str, Any], company: Filer) -> dict[str, pd.DataFrame]:
    """The facts of each line of `capex_actuals`, purchases net of what one company deducts in the same filing."""
    spent = line(facts, company, company.concepts("capex"))
    if "proceeds" in company.tags:
        proceeds = line(facts, company, company.concepts("proceeds"), needed=False).set_index(FILED_PERIOD)["value"]
        spent["value"] -= proceeds.reindex(pd.MultiIndex.from_frame(spent[FILED_PERIOD])).fillna(0).to_numpy()
    return {
        "capex": spent,
        "revenue": line(facts, company, company.concepts("revenue")),
        "operating_cash_flow": line(facts, company, company.concepts("cash_flow")),
    }


def capex_rows(
    facts: dict[str, Any], company: Filer, *, stored: pd.Series, note: Callable[[str], None] = lambda _: None
) -> pd.DataFrame:
    """The last four quarters of `stored` (days they end on) and all newer ones, USD bn.

    Values are those first filed: a later restatement must not reach back to the day of the first report. It is
    told through `note`, line by line, to be entered by hand.
    """
    ticker, freq = company.ticker, company.freq
    known = pd.PeriodIndex(stored, freq=freq)
    parts = {
        name: quarters(table, freq=freq).loc[known.max() - 3 :] for name, table in lines_of(facts, company).items()
    }
    columns = {}
    for name, part in parts.items():
        off = part[(part["four_quarters"] - part["year"]).abs() > ROUNDING_USD_BN + 1e-9]
        for period, row in off.iterrows():
            problem = f"{name}: quarters sum to {row['four_quarters']:.3f} USD bn, the filed year to {row['year']:.3f}"
            raise fault(ticker, f"{label(period)}: {problem}", "compare its 10-K with its 10-Qs")
        columns[f"{name}_usd_bn"] = part["first"]
        for period, row in part[(part["restated"] - part["first"]).abs() > ROUNDING_USD_BN].iterrows():
            note(f"{ticker} {label(period)} {name}: first {row['first']:.3f}, restated {row['restated']:.3f} USD bn")
    rows = pd.DataFrame(columns)
    if rows.empty:
        raise fault(ticker, f"no quarter from {label(known.max() - 3)} on", "look for its reports on sec.gov/edgar")
    wrong = rows.isna().any(axis=1) | (rows[["capex_usd_bn", "revenue_usd_bn"]] <= 0).any(axis=1)
    for period, row in rows[wrong].iterrows():
        problem = f"{label(period)}: missing (nan), zero or negative: {row.to_dict()}"
        raise fault(ticker, problem, "see whether it changed its tags, and enter new ones in data/filing_tags.csv")
    periods = pd.PeriodIndex(rows.index)
    rows = rows.map("{:.3f}".format).assign(
        ticker=ticker, definition="cash_ppe", basis=None, doubt=None, second_source_url=None
    )
    rows["fiscal_period"] = [label(period) for period in periods]
    rows["period_end"] = periods.end_time.strftime("%Y-%m-%d")
    rows["calendar_quarter"] = periods.end_time.to_period("Q").astype(str)
    filed = pd.DataFrame({name: part["filed"] for name, part in parts.items()}).max(axis=1)
    return rows.assign(reported_on=filed.dt.strftime("%Y-%m-%d"), source_url=company.address)


def annual_rows(facts: dict[str, Any], company: Filer, *, stored: pd.Series) -> pd.DataFrame:
    """The last year of `stored` and newer ones as first filed, USD bn, where all lines are there."""
    years = {}
    for name, table in lines_of(facts, company).items():
        part = quarters(table, freq=company.freq)
        part = part[pd.PeriodIndex(part.index).quarter == 4]
        years[f"{name}_usd_bn"] = part["year"]
    rows = pd.DataFrame(years).dropna()
    periods = pd.PeriodIndex(rows.index, freq=company.freq)
    rows = rows.map("{:.3f}".format).assign(
        ticker=company.ticker,
        definition="cash_ppe",
        basis=None,
        fiscal_period=[f"FY{period.qyear}" for period in periods],
        period_end=periods.end_time.strftime("%Y-%m-%d"),
        source_url=company.address,
    )
    return rows[rows["period_end"] >= f"{stored.max():%Y-%m-%d}"]


def net_rows(company: Filer, stored: pd.DataFrame) -> pd.DataFrame:
    """Purchases less proceeds and incentives, quarter and trailing year, of each report since the last stored quarter.

    Proceeds are the company's own concept, so that both are read in the report itself. A 10-K has the year only: its
    quarter is the year less the three stored or read before it, and says so.
    """
    known = stored[stored["period_kind"] == "quarter"]
    quarterly = {pd.Timestamp(day): float(net) for day, net in zip(known["period_end"], known["capex_net_usd_bn"])}
    rows, last = [], max(quarterly)
    for report in sec.filings(company, since=last):
        if report.form not in ("10-Q", "10-K") or not report.period > last:
            continue
        whole = sec.tagged(company, report.number, report.document).query("member == ''")
        net = {}
        for days, kind in ((91, "quarter"), (365, "ttm")):
            spans = (whole["end"] - whole["start"]).dt.days + 1
            here = whole[(whole["end"] == report.period) & ((spans - days).abs() <= 3)]
            bought = here.loc[here["concept"].isin(company.concepts("capex")), "value"]
            sold = here.loc[here["concept"].isin(company.concepts("incentives")), "value"]
            if len(set(bought)) == len(set(sold)) == 1:
                net[kind] = (bought.iloc[0] - sold.iloc[0], "reported")
        before = [quarterly.get(report.period - pd.offsets.MonthEnd(3 * n)) for n in (1, 2, 3)]
        if "quarter" not in net and "ttm" in net and None not in before:
            net["quarter"] = (net["ttm"][0] - sum(value or 0 for value in before), "derived")
        if "quarter" not in net:
            what = f"no purchases and proceeds of the quarter to {report.period:%Y-%m-%d} in {report.number}"
            raise fault(company.ticker, what, "see whether its tags changed, and correct data/filing_tags.csv")
        quarterly[report.period] = net["quarter"][0]
        rows += [
            (
                company.ticker,
                kind,
                f"{report.period:%Y-%m-%d}",
                f"{value:.3f}",
                precision,
                report.address,
            )
            for kind, (value, precision) in net.items()
        ]
    names = ["ticker", "period_kind", "period_end", "capex_net_usd_bn", "precision", "source_url"]
    return pd.DataFrame(rows, columns=names)


def chip_rows(
    facts: dict[str, Any], company: Filer, stored: pd.DataFrame, *, note: Callable[[str], None] = lambda _: None
) -> pd.DataFrame:
    """Nvidia's quarters since the last stored one: revenue, and that of data centres as the report tags it, USD bn."""
    last = stored["period_end"].max()
    whole = quarters(line(facts, company, company.concepts("revenue")), freq=company.freq)
    known = dict(zip(stored["period_end"], stored["data_center_revenue_usd_bn"]))
    filings = sec.filings(company, since=last)
    member, rows = company.members.get("data_center"), []
    for period, row in zip(whole.index, whole.to_dict("records")):
        end, revenue = row["end"], row["first"]
        if not end > last:
            continue
        report = next((one for one in filings if one.form in ("10-Q", "10-K") and one.period == end), None)
        if member is None or report is None or not revenue > 0:
            note(f"{company.ticker} {label(period)}: no report, or no member for data_center in filing_tags; by hand")
            break
        figures = sec.tagged(company, report.number, report.document)
        figures = figures[figures["member"].eq(member) & figures["end"].eq(end)]
        figures = figures[figures["concept"].isin(company.concepts("data_center"))]
        days = (figures["end"] - figures["start"]).dt.days + 1
        three, year = (figures.loc[(days - n).abs() <= 8, "value"].unique() for n in (91, 365))
        before = sorted(known)[-3:]
        if len(three) == 1:
            value = three[0]
        elif len(year) == 1 and period.quarter == 4 and len(before) == 3:
            value = year[0] - sum(known[day] for day in before)
        else:
            problem = f"{label(period)}: no figure, or several, of {member} in {report.number}"
            raise fault(company.ticker, problem, "see whether its tags changed, and correct data/filing_tags.csv")
        known[end] = value
        told = [one.filed for one in filings if "2.02" in one.items and end < one.filed <= end + pd.Timedelta("100D")]
        rows.append({
            "fiscal_period": label(period), "period_end": f"{end:%Y-%m-%d}",
            "reported_on": f"{min(told, default=row['filed']):%Y-%m-%d}",
            "revenue_usd_bn": f"{revenue:.3f}", "data_center_revenue_usd_bn": f"{value:.3f}",
            "next_quarter_revenue_guidance_usd_bn": None, "source_url": report.address,
        })  # fmt: skip
    return pd.DataFrame(rows, columns=stored.columns)


def tell_leases(facts: dict[str, Any], company: Filer, *, since: pd.Timestamp, note: Callable[[str], None]) -> None:
    """Finance-lease additions of newer quarters, beside which a headline with leases can be read."""
    table = line(facts, company, COMMON["leases"], needed=False)
    part = quarters(table, freq=company.freq) if len(table) else pd.DataFrame(columns=["first", "end"])
    for period, row in part[part["end"] > since].dropna(subset=["first"]).iterrows():
        note(
            f"{company.ticker} {label(period)}: finance leases added {row['first']:.3f} USD bn; the headline is by hand"
        )
