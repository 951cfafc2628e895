"""Hyperscaler capital expenditure: calendar quarters, definitions, totals, intensity.

Definitions are never mixed silently: every function takes the definition by name, one for all
companies or one per company; a total exists only for a mix that the table `capex_definitions` names,
and only for quarters in which every company has it. A figure on another accounting basis than the
ordinary one has another definition (`full_definition`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from arch.bootstrap import StationaryBootstrap

CASH, NET = "cash_ppe", "cash_ppe_net_of_proceeds"  # definitions; all names are in the schema of capex_annual

_PARTS_OF_A_YEAR = ("first quarter of ", "first half of ", "first nine months of ", "")


def mixes(definitions: pd.DataFrame, instruments: pd.DataFrame) -> dict[str, dict[str, str]]:
    """The mixes of definitions that a total may stand on, in their order: name -> ticker -> definition.

    `definitions` is the table `capex_definitions`; companies are those whose kind in `instruments` is
    hyperscaler, in the order of the first mix. Raises `ValueError` if a company is in no row of a mix.
    """
    companies = set(instruments.loc[instruments["kind"] == "hyperscaler", "ticker"])
    rows = definitions[definitions["ticker"].isin(companies)].sort_values("mix_order", kind="stable")
    found = {str(name): dict(zip(mix["ticker"], mix["definition"])) for name, mix in rows.groupby("mix", sort=False)}
    for name, mix in found.items():
        if absent := sorted(companies - set(mix)):
            raise ValueError(
                f"data/capex_definitions.csv has no row for {', '.join(absent)} in the mix {name!r}; "
                "add one with the definition that counts there"
            )
    return found


def named_mix(chosen: Mapping[str, str], mixes: Mapping[str, Mapping[str, str]]) -> str | None:
    """The first of `mixes` in which the companies of `chosen` have these definitions, or None."""
    return next((name for name, mix in mixes.items() if dict(chosen).items() <= dict(mix).items()), None)


def full_definition(table: pd.DataFrame) -> pd.Series:
    """What each figure counts: its definition, with the accounting basis where that is not the ordinary one."""
    definition, basis = (table[column].fillna("") for column in ("definition", "basis"))
    return definition.where(basis == "", definition + " on " + basis)


def with_net_quarters(actuals: pd.DataFrame, net: pd.DataFrame) -> pd.DataFrame:
    """`actuals` plus quarters net of proceeds, as definition `cash_ppe_net_of_proceeds`.

    `net` has ticker, period_kind, period_end, capex_net_usd_bn; only its quarters are used. Revenue,
    cash flow and dates are those of the gross row of the same quarter. Raises `ValueError` if a net
    quarter has no gross row.
    """
    quarters = net.loc[net["period_kind"] == "quarter", ["ticker", "period_end", "capex_net_usd_bn"]]
    found = actuals[actuals["definition"] == CASH].merge(quarters, on=["ticker", "period_end"], how="inner")
    if len(found) != len(quarters):
        raise ValueError("a net quarter has no gross row in actuals; load both tables as of the same day")
    found = found.assign(definition=NET, capex_usd_bn=found["capex_net_usd_bn"]).drop(columns="capex_net_usd_bn")
    return pd.concat([actuals, found], ignore_index=True)


def calendar_quarters(
    actuals: pd.DataFrame, definition: str | Mapping[str, str] = CASH, *, value: str = "capex_usd_bn"
) -> pd.DataFrame:
    """One value per calendar quarter and company under a named definition (`full_definition`), in USD bn.

    `actuals` has ticker, calendar_quarter, definition, basis and the column `value`. `definition` is one
    name for every company that has such figures, or a mapping from ticker to name. Returns every quarter
    of the span as rows (quarterly periods) and the tickers as columns, missing where a company has no
    such figure. Oracle's quarters end a month before the calendar quarter that they stand in.
    Raises `ValueError` for a definition that occurs nowhere in `actuals`.
    """
    counted = full_definition(actuals)
    if isinstance(definition, Mapping):
        chosen = dict(definition)
    else:
        chosen = dict.fromkeys(actuals.loc[counted == definition, "ticker"], definition)
    unknown = ({definition} if isinstance(definition, str) else set(chosen.values())) - set(counted)
    if unknown:
        raise ValueError(
            f"no rows have the definition {', '.join(sorted(unknown))}; known are {', '.join(sorted(set(counted)))}"
        )
    rows = actuals[counted == actuals["ticker"].map(chosen)]
    quarter = pd.PeriodIndex(rows["calendar_quarter"], freq="Q")
    wide = rows.assign(quarter=quarter).pivot(index="quarter", columns="ticker", values=value)
    span = pd.period_range(quarter.min(), quarter.max(), freq="Q", name="quarter")
    return wide.reindex(index=span, columns=list(chosen))


def combined(
    actuals: pd.DataFrame,
    mix: str,
    mixes: Mapping[str, Mapping[str, str]],
    *,
    companies: Iterable[str] | None = None,
) -> pd.Series:
    """Total per calendar quarter in USD bn, missing in every quarter in which one company is missing.

    `mix` is a name in `mixes`; `companies` are all of it or some. Another name raises `ValueError`: a
    total on a mix that has no name could not be told from one on another.
    """
    if mix not in mixes:
        raise ValueError(f"no total is defined on {mix}; the definitions are {', '.join(mixes)}")
    quarters = calendar_quarters(actuals, mixes[mix])
    chosen = mixes[mix] if companies is None else companies
    return quarters[list(chosen)].sum(axis=1, skipna=False)


def years_and_year_to_date(latest: pd.Period) -> dict[str, tuple[str, str]]:
    """The last two full calendar years and the year so far at quarter `latest`, with the same months a year before.

    Label -> first and last quarter: {"2024": ("2024Q1", "2024Q4"), ..., "first half of 2026": ("2026Q1",
    "2026Q2")}. After a fourth quarter the year so far is the last full year, and there are only two spans.
    """
    full = latest.year if latest.quarter == 4 else latest.year - 1
    spans = {str(year): (f"{year}Q1", f"{year}Q4") for year in (full - 1, full)}
    for year in (latest.year - 1, latest.year):
        spans[f"{_PARTS_OF_A_YEAR[latest.quarter - 1]}{year}"] = (f"{year}Q1", f"{year}Q{latest.quarter}")
    return spans


def months_early(year_ends: pd.Series) -> pd.Series:
    """Months by which quarters end before the calendar's: 0 where the fiscal year ends in June, 1 where in May.

    `year_ends` holds the month in which each company's fiscal year ends.
    """
    return -year_ends.astype(int) % 3


def whole_years(quarters: pd.Series) -> pd.Series:
    """Sums of the calendar years that have all four quarters: year -> USD bn."""
    return quarters.groupby(pd.PeriodIndex(quarters.index).year).sum(min_count=4).dropna()


def share_of_year(quarters: pd.DataFrame, through_quarter: int) -> pd.DataFrame:
    """What the first quarters of each calendar year were of the whole year, in percent: years × tickers.

    Quarters one to `through_quarter` over all four; missing unless all four are there.
    """
    years = pd.PeriodIndex(quarters.index).year
    whole = quarters.groupby(years).sum(min_count=4)
    begun = quarters[pd.PeriodIndex(quarters.index).quarter <= through_quarter]
    part = begun.groupby(pd.PeriodIndex(begun.index).year).sum(min_count=through_quarter)
    return (100 * part / whole).rename_axis("year")


def at_past_pace(quarters: pd.Series, latest: pd.Period, *, years: int = 2) -> pd.DataFrame:
    """What the year of `latest` comes to if its first quarters weigh what they did in one of the `years` before.

    Rows are those earlier years: share_percent (`share_of_year`), implied_usd_bn and so_far_usd_bn. There are none if
    one of the first quarters is missing, if no earlier year has all four, and once the year is whole.
    """
    so_far = total(quarters.to_frame("all"), f"{latest.year}Q1", str(latest))["all"]
    shares = share_of_year(quarters.to_frame("all"), latest.quarter)["all"].dropna()
    shares = shares[shares.index < latest.year].tail(years if so_far > 0 and latest.quarter < 4 else 0)
    return pd.DataFrame({"share_percent": shares, "implied_usd_bn": 100 * so_far / shares, "so_far_usd_bn": so_far})


def filed_years(actuals: pd.DataFrame, annual: pd.DataFrame) -> pd.DataFrame:
    """Four fiscal quarters against the year as filed, per company, fiscal year and full definition, in USD bn.

    `actuals` has fiscal_period "FY2026 Q1", `annual` "FY2026". Columns: ticker, fiscal_period,
    definition, quarters_usd_bn, filed_usd_bn, gap_usd_bn (quarters less filed). Years without all four
    quarters or without a filed figure are left out.
    """
    quarters = actuals.assign(definition=full_definition(actuals), fiscal_period=actuals["fiscal_period"].str[:6])
    grouped = quarters.groupby(["ticker", "fiscal_period", "definition"])["capex_usd_bn"]
    sums = grouped.sum()[grouped.count() == 4].rename("quarters_usd_bn").reset_index()
    filed = annual.assign(definition=full_definition(annual))
    filed = filed[["ticker", "fiscal_period", "definition", "capex_usd_bn"]]
    joined = sums.merge(filed.rename(columns={"capex_usd_bn": "filed_usd_bn"}))
    return joined.assign(gap_usd_bn=joined["quarters_usd_bn"] - joined["filed_usd_bn"])


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


def change(quarters: pd.DataFrame, before: tuple[str, str], after: tuple[str, str]) -> pd.Series:
    """Percent change per company of the sum over a span of quarters against that over another (`total`)."""
    return 100 * (total(quarters, *after) / total(quarters, *before) - 1)


def reported_later(actuals: pd.DataFrame, latest: pd.Period) -> pd.DataFrame:
    """Quarters after `latest`, the last that all companies have, with capex_year_before_usd_bn; by end and company.

    `actuals` has one definition.
    """
    quarter = pd.PeriodIndex(actuals["calendar_quarter"], freq="Q")
    spent = actuals.assign(quarter=quarter)[["ticker", "quarter", "capex_usd_bn"]]
    before = spent.assign(quarter=spent["quarter"] + 4).rename(columns={"capex_usd_bn": "capex_year_before_usd_bn"})
    later = actuals.assign(quarter=quarter)[quarter > latest].merge(before, on=["ticker", "quarter"], how="left")
    return later.sort_values(["period_end", "ticker"], ignore_index=True)


def last_report(actuals: pd.DataFrame, quarter: str | pd.Period, tickers: Iterable[str]) -> str:
    """The day (ISO) on which the last of `tickers` had reported a calendar quarter: a total is known from then on.

    `actuals` has ticker, calendar_quarter, reported_on. Raises `ValueError` if a report has no date.
    """
    rows = actuals[actuals["calendar_quarter"] == str(quarter)]
    reported = rows.groupby("ticker")["reported_on"].max().reindex(list(tickers))
    if reported.isna().any():
        raise ValueError(f"{quarter} has no report date for {', '.join(reported.index[reported.isna()])}")
    return f"{reported.max():%Y-%m-%d}"


def reports_due(
    reports: pd.DataFrame, calendar: pd.DataFrame, day: str | pd.Timestamp, *, grace_days: int = 7
) -> pd.DataFrame:
    """Through which quarter each company is known and when its next report was to come: one row per ticker.

    `reports` has ticker, fiscal_period ("FY2026 Q4"), period_end and reported_on; `calendar` is the table
    `earnings_dates`. Columns: known_through, next_ends (both ends of quarters), expected_on and due. The next report is
    expected on its day in `calendar`, else fifty-two weeks after that of the same quarter a year before, else as long
    after its quarter as the last one. It is `due` if that was more than `grace_days` before `day`, or once `calendar`
    says that it is out.
    """
    said = {(row["ticker"], row["fiscal_period"]): row for row in calendar.to_dict("records")}
    rows = {}
    for ticker, known in reports.dropna(subset="reported_on").groupby("ticker", sort=False):
        last = known.sort_values("period_end").iloc[-1]
        ends = _next_end(last["period_end"])
        a_year_before = known[(ends - known["period_end"]).dt.days.between(355, 375)]["reported_on"].min()
        entry = said.get((ticker, _next_period(last["fiscal_period"])))
        if entry:
            expected = entry["reported_on"]
        elif pd.notna(a_year_before):
            expected = a_year_before + pd.Timedelta(weeks=52)
        else:
            expected = ends + (last["reported_on"] - last["period_end"])
        out = entry is not None and entry["basis"] != "scheduled" and expected <= pd.Timestamp(day)
        late = expected + pd.Timedelta(days=grace_days) < pd.Timestamp(day)
        rows[ticker] = [last["period_end"], ends, expected, bool(late or out)]
    return pd.DataFrame.from_dict(rows, orient="index", columns=["known_through", "next_ends", "expected_on", "due"])


def _next_end(end: pd.Timestamp) -> pd.Timestamp:
    """The end of the quarter after one that ended on a month's last day, or on a Sunday like Nvidia's."""
    return end + (pd.offsets.MonthEnd(3) if end.is_month_end else pd.Timedelta(weeks=13))


def _next_period(label: str) -> str:
    """FY2026 Q4 -> FY2027 Q1."""
    year, quarter = int(label[2:6]), int(label[-1])
    return f"FY{year + quarter // 4} Q{quarter % 4 + 1}"


def by_definition(
    actuals: pd.DataFrame, spans: Mapping[str, tuple[str, str]], mixes: Mapping[str, Mapping[str, str]]
) -> pd.DataFrame:
    """Combined capex in USD bn: one row per name in `mixes`, one column per span of calendar quarters.

    `actuals` must hold the net rows (`with_net_quarters`). A cell is missing unless every company has
    every quarter of the span under its definition.
    """
    totals = {name: combined(actuals, name, mixes) for name in mixes}
    answers = {
        name: {
            label: series.reindex(pd.period_range(*span, freq="Q")).sum(skipna=False) for label, span in spans.items()
        }
        for name, series in totals.items()
    }
    return pd.DataFrame.from_dict(answers, orient="index")


def beside_year_before(totals: pd.DataFrame, pairs: Iterable[tuple[str, str]]) -> pd.DataFrame:
    """Two columns of `totals` and "growth" with the later one's name, in percent, for each pair (before, after)."""
    found = pd.DataFrame(index=totals.index)
    for before, after in dict.fromkeys(pairs):
        found[[before, after]] = totals[[before, after]]
        found[f"growth {after}"] = 100 * (totals[after] / totals[before] - 1)
    return found


def intensity(actuals: pd.DataFrame, definition: str | Mapping[str, str] = CASH) -> pd.DataFrame:
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
    return _with_shares(pd.concat(long, axis=1))


def pooled_intensity(intensity: pd.DataFrame) -> pd.DataFrame:
    """`intensity` of all its companies taken as one, by quarter; quarters in which one lacks capex or cash flow go."""
    sums = intensity[["capex_usd_bn", "revenue_usd_bn", "operating_cash_flow_usd_bn"]].groupby(level="quarter")
    pooled = sums.sum(min_count=intensity.index.get_level_values("ticker").nunique())
    return _with_shares(pooled.dropna(subset=["capex_usd_bn", "operating_cash_flow_usd_bn"]))


def _with_shares(money: pd.DataFrame) -> pd.DataFrame:
    capex, cash_flow = money["capex_usd_bn"], money["operating_cash_flow_usd_bn"]
    return money.assign(
        capex_over_revenue=100 * capex / money["revenue_usd_bn"],
        capex_over_cash_flow=100 * capex / cash_flow,
        free_cash_flow_usd_bn=cash_flow - capex,
    )


# --- Nvidia -----------------------------------------------------------------------------------


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


def nvidia_calendar_quarter(period_end: pd.Series) -> pd.PeriodIndex:
    """The calendar quarter that each of Nvidia's quarters is set against: the one that ended a month before.

    The quarter to late January stands for October to December; a year of 53 weeks may end in early February.
    """
    return pd.PeriodIndex(period_end - pd.Timedelta(days=45), freq="Q")


def growth_at_lags(capex: pd.Series, sales: pd.Series, lags: Iterable[int]) -> pd.DataFrame:
    """Log growth over a year: `sales` as column "sales", `capex` `lag` quarters before as column `lag`.

    Both have quarterly periods as index. A negative lag is capex after sales. Only quarters that have
    every column remain, so that all lags are compared on the same quarters.
    """
    span = pd.period_range(
        min(capex.index.min(), sales.index.min()), max(capex.index.max(), sales.index.max()), freq="Q"
    )
    levels = pd.DataFrame({"capex": capex, "sales": sales}, dtype=float).reindex(span)
    grown = levels.apply(np.log).diff(4)
    return pd.DataFrame({"sales": grown["sales"]} | {lag: grown["capex"].shift(lag) for lag in lags}).dropna()


def lag_fit(
    growths: pd.DataFrame, *, draws: int = 2000, block: int = 4, seed: int = 20260225, minimum: int = 8
) -> pd.DataFrame:
    """Correlation of sales growth with capex growth at each lag of `growth_at_lags`, and how sure the best one is.

    One row per lag: observations, correlation, slope (log growth of sales per log growth of capex), low
    and high (95 percent of the bootstrap's correlations) and best_share, the percent of draws in which
    this lag has the highest correlation. Stationary bootstrap of the joint rows (Politis and Romano,
    1994, with `arch`) at a mean block of `block` quarters. With fewer than `minimum` rows every estimate
    is missing.
    """
    lags = [column for column in growths.columns if column != "sales"]
    fit = pd.DataFrame(np.nan, index=lags, columns=["correlation", "slope", "low", "high", "best_share"])
    fit.insert(0, "observations", len(growths))
    if len(growths) < minimum:
        return fit

    def correlations(rows: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            return np.corrcoef(rows, rowvar=False)[0, 1:]

    rows = growths.to_numpy()
    drawn = StationaryBootstrap(block, rows, seed=seed).apply(correlations, draws)
    best = np.nan_to_num(drawn, nan=-2).argmax(axis=1)  # a draw of one row again and again has no correlation
    fit["correlation"] = correlations(rows)
    fit["slope"] = fit["correlation"] * growths["sales"].std() / growths[lags].std()
    fit["low"], fit["high"] = np.nanquantile(drawn, [0.025, 0.975], axis=0)
    fit["best_share"] = 100 * np.bincount(best, minlength=len(lags)) / draws
    return fit
