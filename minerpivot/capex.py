"""Hyperscaler capital expenditure: calendar quarters, definitions, guidance and its record.

Definitions are never mixed silently: every function takes the definition by name, one for all
companies or one per company, and a total exists only for quarters in which every company has it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from scipy import stats

COMPANIES = ("MSFT", "GOOGL", "AMZN", "META", "ORCL")
AMAZON_NET = "cash_ppe_net_of_proceeds"

_CASH = dict.fromkeys(COMPANIES, "cash_ppe")
_HEADLINE = {"MSFT": "incl_finance_leases", "META": "incl_finance_leases"}
DEFINITIONS: dict[str, dict[str, str]] = {
    "cash": _CASH,
    "cash, Amazon net": _CASH | {"AMZN": AMAZON_NET},
    "with leases": _CASH | _HEADLINE,
    "with leases, Amazon net": _CASH | _HEADLINE | {"AMZN": AMAZON_NET},
    "with leases, Amazon's too": _CASH | _HEADLINE | {"AMZN": "incl_finance_leases"},
}

# What each company guides on. The exceptions are years in which it guided on something else:
# Amazon still counted equipment leases in 2024, Oracle moved to its own net cash outlay in 2026.
GUIDED = _CASH | _HEADLINE | {"AMZN": AMAZON_NET}
GUIDED_EXCEPTIONS = {
    ("AMZN", "FY2024"): "incl_finance_leases",
    ("ORCL", "FY2027"): "net_cash_outlay_non_gaap",
}

# How a statement's qualifier says that its number is not a plain forecast of the company's total.
_STATEMENTS = {
    "product": "product of the statement|annualised",
    "part": "not the total-capex definition",
    "reclassified": "restated for an accounting change",
    "single source": "single-source",
    "floor": "^over",
}


def with_amazon_net(actuals: pd.DataFrame, amazon_net: pd.DataFrame) -> pd.DataFrame:
    """`actuals` plus Amazon's quarters net of proceeds, as definition `cash_ppe_net_of_proceeds`.

    `amazon_net` has period_kind, period_end, capex_net_usd_bn; only its quarters are used. Revenue,
    cash flow and dates are those of the gross row of the same quarter. Raises `ValueError` if a net
    quarter has no gross row.
    """
    quarters = amazon_net.loc[amazon_net["period_kind"] == "quarter", ["period_end", "capex_net_usd_bn"]]
    gross = actuals[(actuals["ticker"] == "AMZN") & (actuals["definition"] == "cash_ppe")]
    net = gross.merge(quarters, on="period_end", how="inner")
    if len(net) != len(quarters):
        raise ValueError("a net Amazon quarter has no gross row in actuals; load both tables as of the same day")
    net = net.assign(definition=AMAZON_NET, capex_usd_bn=net["capex_net_usd_bn"]).drop(columns="capex_net_usd_bn")
    return pd.concat([actuals, net], ignore_index=True)


def calendar_quarters(
    actuals: pd.DataFrame, definition: str | Mapping[str, str] = "cash_ppe", *, value: str = "capex_usd_bn"
) -> pd.DataFrame:
    """One value per calendar quarter and company under a named definition, in USD bn.

    `actuals` has ticker, calendar_quarter, definition and the column `value`. `definition` is one
    name for the five `COMPANIES` or a mapping from ticker to name. Returns every quarter of the span
    as rows (quarterly periods) and the tickers as columns, missing where a company has no such
    figure. Oracle's quarters end a month before the calendar quarter that they stand in.
    Raises `ValueError` for a definition that occurs nowhere in `actuals`.
    """
    chosen = dict(definition) if isinstance(definition, Mapping) else dict.fromkeys(COMPANIES, definition)
    unknown = set(chosen.values()) - set(actuals["definition"])
    if unknown:
        raise ValueError(
            f"no rows have the definition {', '.join(sorted(unknown))}; "
            f"known are {', '.join(sorted(set(actuals['definition'])))}"
        )
    rows = actuals[actuals["definition"] == actuals["ticker"].map(chosen)]
    quarter = pd.PeriodIndex(rows["calendar_quarter"], freq="Q")
    wide = rows.assign(quarter=quarter).pivot(index="quarter", columns="ticker", values=value)
    span = pd.period_range(quarter.min(), quarter.max(), freq="Q", name="quarter")
    return wide.reindex(index=span, columns=list(chosen))


def combined(quarters: pd.DataFrame) -> pd.Series:
    """Sum over companies, missing in every quarter in which a company is missing."""
    return quarters.sum(axis=1, skipna=False)


def trailing_twelve_months(quarters: pd.DataFrame) -> pd.DataFrame:
    """Sum of four consecutive quarters per column, missing if one of them is missing."""
    return quarters.rolling(4, min_periods=4).sum()


def growth(quarters: pd.DataFrame | pd.Series, *, periods: int = 4) -> pd.DataFrame | pd.Series:
    """Percent change against the value `periods` rows earlier (four quarters: year over year)."""
    return 100 * (quarters / quarters.shift(periods) - 1)


def total(quarters: pd.DataFrame, first: str, last: str) -> pd.Series:
    """Sum per company over the quarters `first` to `last` ("2026Q1"), missing if one is missing."""
    span = pd.period_range(first, last, freq="Q")
    return quarters.reindex(span).sum(skipna=False)


def last_report(actuals: pd.DataFrame, quarter: str | pd.Period, tickers: Iterable[str] = COMPANIES) -> str:
    """The day (ISO) on which the last of `tickers` had reported a calendar quarter: a total is known from then on.

    `actuals` has ticker, calendar_quarter, reported_on. Raises `ValueError` if a report has no date.
    """
    rows = actuals[actuals["calendar_quarter"] == str(quarter)]
    reported = rows.groupby("ticker")["reported_on"].max().reindex(list(tickers))
    if reported.isna().any():
        raise ValueError(f"{quarter} has no report date for {', '.join(reported.index[reported.isna()])}")
    return f"{reported.max():%Y-%m-%d}"


def by_definition(
    actuals: pd.DataFrame,
    spans: Mapping[str, tuple[str, str]],
    *,
    definitions: Mapping[str, Mapping[str, str]] = DEFINITIONS,
) -> pd.DataFrame:
    """Combined capex in USD bn: one row per definition, one column per span of calendar quarters.

    `actuals` must hold Amazon's net rows (`with_amazon_net`). A cell is missing unless every company
    has every quarter of the span under its definition.
    """
    answers = {}
    for name, definition in definitions.items():
        quarters = calendar_quarters(actuals, definition)
        answers[name] = {label: total(quarters, *span).sum(skipna=False) for label, span in spans.items()}
    return pd.DataFrame.from_dict(answers, orient="index")


def intensity(actuals: pd.DataFrame, definition: str | Mapping[str, str] = "cash_ppe") -> pd.DataFrame:
    """Capex against revenue and operating cash flow, trailing twelve months.

    Returns rows indexed by (quarter, ticker): capex_usd_bn, revenue_usd_bn,
    operating_cash_flow_usd_bn, capex_over_revenue and capex_over_cash_flow in percent,
    free_cash_flow_usd_bn (operating cash flow less capex); missing where four quarters are not there.
    """
    columns = ("capex_usd_bn", "revenue_usd_bn", "operating_cash_flow_usd_bn")
    trailing = {name: trailing_twelve_months(calendar_quarters(actuals, definition, value=name)) for name in columns}
    long = [
        frame.melt(var_name="ticker", value_name=name, ignore_index=False).set_index("ticker", append=True)
        for name, frame in trailing.items()
    ]
    table = pd.concat(long, axis=1)
    table["capex_over_revenue"] = 100 * table["capex_usd_bn"] / table["revenue_usd_bn"]
    table["capex_over_cash_flow"] = 100 * table["capex_usd_bn"] / table["operating_cash_flow_usd_bn"]
    table["free_cash_flow_usd_bn"] = table["operating_cash_flow_usd_bn"] - table["capex_usd_bn"]
    return table


def statements(guidance: pd.DataFrame) -> pd.DataFrame:
    """The dated annual statements with a number, oldest first, with midpoint and kind.

    `kind` is range, point, or what the qualifier says: product (arithmetic on a remark, not a company
    total), part (of the capex only), reclassified, single source, floor ("over"). Undated, qualitative
    and quarterly rows are left out. Adds `midpoint_usd_bn` and `fiscal_period` ("FY2026").
    """
    midpoint = guidance["point_usd_bn"].fillna((guidance["low_usd_bn"] + guidance["high_usd_bn"]) / 2)
    qualifier = guidance["qualifier"].fillna("")
    kind = np.select(
        [qualifier.str.contains(pattern) for pattern in _STATEMENTS.values()],
        list(_STATEMENTS),
        default=np.where(guidance["point_usd_bn"].notna(), "point", "range"),
    )
    fiscal_period = "FY" + guidance["guided_period"].astype(str).str[-4:]
    dated = guidance.assign(midpoint_usd_bn=midpoint, kind=kind, fiscal_period=fiscal_period)
    kept = guidance["period_kind"].isin(["calendar", "fiscal"]) & midpoint.notna() & guidance["issued_on"].notna()
    return dated[kept].sort_values(["issued_on", "ticker"], ignore_index=True)


def guidance_path(guidance: pd.DataFrame, year: int, *, as_of: str | pd.Timestamp | None = None) -> pd.DataFrame:
    """Statements on one calendar year, oldest first per company, up to the day `as_of`.

    Adds to `statements`: `over_consensus_percent` (midpoint against the printed consensus) and
    `revision_percent` (midpoint against the company's first; missing for a reclassified statement,
    which is no revision). Filter by ticker for one company.
    """
    path = statements(guidance)
    path = path[(path["period_kind"] == "calendar") & (path["fiscal_period"] == f"FY{year}")]
    if as_of is not None:
        path = path[path["issued_on"] <= pd.Timestamp(as_of)]
    path = path.sort_values(["ticker", "issued_on"], ignore_index=True)
    first = path.groupby("ticker")["midpoint_usd_bn"].transform("first")
    revision = (100 * (path["midpoint_usd_bn"] / first - 1)).mask(path["kind"] == "reclassified")
    surprise = 100 * (path["midpoint_usd_bn"] / path["consensus_before_usd_bn"] - 1)
    return path.assign(over_consensus_percent=surprise, revision_percent=revision)


def guidance_record(
    guidance: pd.DataFrame, annual: pd.DataFrame, *, point_tolerance: float = 5.0, products: bool = False
) -> pd.DataFrame:
    """Each ended company-year's first and last statement against the outcome on the guided definition.

    `annual` has ticker, fiscal_period, period_end, definition, capex_usd_bn. A calendar-year statement
    joins only a fiscal year that ends in December. Statements on a part of the capex never count, and
    products of a statement only if `products`. Returns one row per company-year: the first statement's
    columns, lead_days (to the period's end), definition, outcome_usd_bn, position (inside, above or
    below the first range; within `point_tolerance` percent of a point counts as inside; "floor kept" at
    or above a floor, "below" under it), drift_percent (outcome against the first midpoint), and the last
    statement's date, lead, midpoint and drift. A floor has no midpoint, so its drift is missing.
    """
    said = statements(guidance)
    said = said[~said["kind"].isin(["part"] if products else ["part", "product"])]
    keys = zip(said["ticker"], said["fiscal_period"])
    definition = pd.Series([GUIDED_EXCEPTIONS.get(key, GUIDED.get(key[0])) for key in keys], said.index, dtype=object)
    said = said.assign(definition=definition)
    outcomes = annual[["ticker", "fiscal_period", "period_end", "definition", "capex_usd_bn"]]
    joined = said.merge(outcomes, on=["ticker", "fiscal_period", "definition"])
    ends_in_december = joined["period_end"].dt.month == 12
    joined = joined[
        ((joined["period_kind"] == "fiscal") | ends_in_december) & (joined["issued_on"] < joined["period_end"])
    ]
    joined = joined.rename(columns={"capex_usd_bn": "outcome_usd_bn"}).sort_values(
        ["ticker", "period_end", "issued_on"]
    )
    # Not groupby().first(): that would fill a point's empty range from a later statement.
    record = joined.drop_duplicates(["ticker", "fiscal_period"], keep="first").reset_index(drop=True)
    last = joined.drop_duplicates(["ticker", "fiscal_period"], keep="last").reset_index(drop=True)
    low = record["low_usd_bn"].fillna(record["midpoint_usd_bn"] * (1 - point_tolerance / 100))
    high = record["high_usd_bn"].fillna(record["midpoint_usd_bn"] * (1 + point_tolerance / 100))
    floor = record["kind"] == "floor"
    low = low.mask(floor, record["midpoint_usd_bn"])
    outcome = record["outcome_usd_bn"]
    last_midpoint = last["midpoint_usd_bn"].mask(last["kind"] == "floor")
    return record.assign(
        lead_days=(record["period_end"] - record["issued_on"]).dt.days,
        position=np.select([outcome < low, floor, outcome > high], ["below", "floor kept", "above"], default="inside"),
        drift_percent=100 * (outcome / record["midpoint_usd_bn"].mask(floor) - 1),
        last_issued_on=last["issued_on"],
        last_lead_days=(record["period_end"] - last["issued_on"]).dt.days,
        last_midpoint_usd_bn=last_midpoint,
        last_drift_percent=100 * (outcome / last_midpoint - 1),
    )


def mean_drift(drift_percent: pd.Series, *, confidence: float = 0.95) -> pd.Series:
    """Geometric mean of drifts with its t interval: observations, mean, low, high, median, in percent.

    The mean and interval are those of log(1 + drift), turned back into percent, because a drift is
    bounded below and a doubling is the counterpart of a halving. With fewer than two observations the
    bounds are missing. The interval takes the observations as independent. Those of one company or one
    year tend to move together, and then it is too narrow.
    """
    logs = np.log1p(drift_percent.dropna().to_numpy(dtype=float) / 100)
    count = len(logs)
    half = math.nan
    if count >= 2:
        half = stats.t.ppf((1 + confidence) / 2, count - 1) * logs.std(ddof=1) / math.sqrt(count)
    mean = logs.mean() if count else math.nan
    low, middle, high = (100 * math.expm1(value) for value in (mean - half, mean, mean + half))
    median = float(drift_percent.median())
    return pd.Series({"observations": count, "mean": middle, "low": low, "high": high, "median": median})


def nvidia_beats(nvidia: pd.DataFrame) -> pd.DataFrame:
    """Nvidia's quarters against the guidance given with the report before, oldest first.

    `nvidia` has fiscal_period, period_end, reported_on, revenue_usd_bn, data_center_revenue_usd_bn,
    next_quarter_revenue_guidance_usd_bn. Adds guidance_usd_bn and guided_on (missing if the quarter
    before is missing), beat_percent (revenue against the guidance's midpoint) and data_center_growth
    (year over year), both in percent.
    """
    rows = nvidia.sort_values("period_end", ignore_index=True)
    follows = rows["period_end"].diff().dt.days.between(80, 100)
    guided = rows["next_quarter_revenue_guidance_usd_bn"].shift().where(follows)
    year_before = rows["data_center_revenue_usd_bn"].shift(4)
    a_year_apart = (rows["period_end"] - rows["period_end"].shift(4)).dt.days.between(355, 375)
    return rows.assign(
        guidance_usd_bn=guided,
        guided_on=rows["reported_on"].shift().where(follows),
        beat_percent=100 * (rows["revenue_usd_bn"] / guided - 1),
        data_center_growth=100 * (rows["data_center_revenue_usd_bn"] / year_before.where(a_year_apart) - 1),
    )
