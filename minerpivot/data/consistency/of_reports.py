"""What companies report, guide to and are expected to report."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from minerpivot.data.consistency.rule import across
from minerpivot.data.rules import Fault, Table, or_accept
from minerpivot.data.tables import last_day


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


def guidance_precedes_its_end(guidance: Table, year_ends: Mapping[str, list[float]]) -> Iterator[Fault]:
    """Nobody guides for a period that has ended in every calendar of its company."""
    rows = guidance.typed[["ticker", "guided_period", "issued_on"]].itertuples(index=False)
    for row, (ticker, period, issued) in enumerate(rows):
        months = year_ends.get(ticker, []) if period.startswith("FY") else [12.0]
        ends = [_ended(period, int(month)) for month in months]
        if ends and not pd.isna(issued) and issued > max(ends):
            words = f"issued after the guided period, which ended on {max(ends):%Y-%m-%d}"
            yield guidance.fault(row, ["guided_period", "issued_on"], words, "correct the period or the day")


@across("capex_guidance")
def a_statement_is_entered_once(guidance: Table) -> Iterator[Fault]:
    """CY2026 is 2026: of one day, kind, definition and basis there is one figure for a period."""
    said = guidance.raw.assign(guided_period=guidance.raw["guided_period"].str.removeprefix("CY"))
    said = said[["ticker", "guided_period", "issued_on", "kind", "definition", "basis"]]
    twice = said.duplicated() & said["issued_on"].notna()
    words = "as much as an earlier row of that day and period says"
    yield from guidance.where(twice, ["guidance_id", "guided_period"], words, "remove one of the two")


def _ended(period: str, month: int) -> pd.Timestamp:
    """The last day of a guided period of a year that ends with a month."""
    year, part = re.fullmatch(r"(?:FY|CY)?(\d{4})(.*)", period).groups()  # pyrefly: ignore[missing-attribute]
    before = {"": 0, "H": 6 * (2 - int(part[-1:] or 2)), "Q": 3 * (4 - int(part[-1:] or 4))}[part[:1]]
    return pd.Timestamp(year=int(year), month=month, day=1) + pd.offsets.MonthEnd(0) - pd.offsets.MonthEnd(before)


@across("capex_guidance", "capex_actuals")
def guidance_is_of_the_size_of_what_was_spent(guidance: Table, actuals: Table) -> Iterator[Fault]:
    """A fifth to five times the pace of the last two quarters (0.5 to 4.6 so far)."""
    cash = actuals.typed[actuals.typed["definition"] == "cash_ppe"].sort_values("period_end")
    for row, said in enumerate(guidance.typed.to_dict("records")):
        quarters, kind = _guided(said["guided_period"])
        if said["period_kind"] != kind:
            words = f"but such a period is {kind}"
            yield guidance.fault(row, ["guided_period", "period_kind"], words, "correct either")
        if pd.isna(said["issued_on"]):
            continue
        known = cash[(cash["ticker"] == said["ticker"]) & (cash["period_end"] < said["issued_on"])]
        if known.empty:
            continue
        pace = known["capex_usd_bn"].tail(2).mean() * quarters
        for name in ("low_usd_bn", "high_usd_bn", "point_usd_bn", "consensus_before_usd_bn"):
            if not 0.2 <= said[name] / pace <= 5 and not pd.isna(said[name]):
                words = f"but the last two quarters' pace was {pace:.4g} for that period"
                yield guidance.fault(row, ["guidance_id", name], words, "correct the figure or its unit, or accept it")


def _guided(period: str) -> tuple[int, str]:
    """A guided period's quarters and its kind; "2024Q2-Q4" guides each quarter of a span."""
    parts = "Q" in period or "H" in period
    kind = ("fiscal_quarter" if parts else "fiscal") if period.startswith("FY") else "calendar"
    return (
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
            known.groupby("ticker")["capex_usd_bn"].apply(lambda last: last.tail(2).mean()).sum() * _guided(period)[0]
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


@across("earnings_dates")
def a_report_is_entered_once(dates: Table) -> Iterator[Fault]:
    """One day has one report of a company, whichever calendar names its quarter."""
    twice = dates.raw.duplicated(["ticker", "reported_on"])
    words, mend = "a day on which it has another report", "remove one of the two, correct the day"
    yield from dates.where(twice, ["ticker", "fiscal_period", "reported_on"], words, mend + or_accept(dates))


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
