"""What hyperscalers say that they will spend: dated guidance, its record, the fan it gives.

A statement is compared, and scored with an outcome, only on the definition and accounting basis that it was made on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Literal

import numpy as np
import pandas as pd
from arch.bootstrap import IIDBootstrap
from scipy import stats

from minerpivot.spending.capex import full_definition


def with_ends(guidance: pd.DataFrame) -> pd.DataFrame:
    """`guidance` with the midpoint_usd_bn, least_usd_bn and most_usd_bn of each statement.

    A single figure or a floor is all three; words have none.
    """
    low, high, point = (guidance[f"{column}_usd_bn"] for column in ("low", "high", "point"))
    midpoint = point.fillna((low + high) / 2)
    return guidance.assign(
        midpoint_usd_bn=midpoint, least_usd_bn=low.fillna(midpoint), most_usd_bn=high.fillna(midpoint)
    )


def statements(guidance: pd.DataFrame) -> pd.DataFrame:
    """The dated annual statements with a number, oldest first, with their ends (`with_ends`) and standing.

    `standing` is plain for a forecast of the company's total; otherwise what keeps it from being one:
    restated (an earlier statement on another basis), single_sourced, undefined (it does not say what it
    counts), floor, product (arithmetic on a remark) or part (of the total). Undated, qualitative and
    quarterly rows are left out. Adds `fiscal_period` ("FY2026"); `definition` becomes the full one.
    """
    definition = full_definition(guidance)
    standing = guidance["kind"].where(guidance["kind"].isin(["product", "part", "floor"]), "plain")
    standing = standing.mask((standing == "plain") & (guidance["single_sourced"] == "y"), "single_sourced")
    standing = standing.mask((standing == "plain") & (definition == ""), "undefined")
    standing = standing.mask(guidance["restates"].notna(), "restated")
    fiscal_period = "FY" + guidance["guided_period"].astype(str).str[-4:]
    dated = with_ends(guidance).assign(standing=standing, fiscal_period=fiscal_period, definition=definition)
    annual = dated["period_kind"].isin(["calendar", "fiscal"])
    kept = annual & dated["midpoint_usd_bn"].notna() & dated["issued_on"].notna()
    return dated[kept].sort_values(["issued_on", "ticker"], ignore_index=True)


def guidance_path(guidance: pd.DataFrame, year: int, *, as_of: str | pd.Timestamp | None = None) -> pd.DataFrame:
    """Statements on one year, oldest first per company, up to the day `as_of`; fiscal years by the year they end in.

    Adds to `statements`, in percent: `over_consensus_percent` (midpoint against the consensus printed
    with it) and `revision_percent` (midpoint against the company's first on that year and definition;
    missing for restatements, products and parts, which are no revisions). A restatement is the first on
    its basis, so what comes after it is compared with it.
    """
    path = statements(guidance)
    path = path[path["fiscal_period"] == f"FY{year}"]
    if as_of is not None:
        path = path[path["issued_on"] <= pd.Timestamp(as_of)]
    path = path.sort_values(["ticker", "issued_on"], ignore_index=True)
    totals = path["midpoint_usd_bn"].mask(path["kind"].isin(["product", "part"]))
    # Some companies speak of calendar and of fiscal years: a revision stays within one of them.
    first = totals.groupby([path["ticker"], path["guided_period"], path["definition"]]).transform("first")
    return path.assign(
        over_consensus_percent=100 * (path["midpoint_usd_bn"] / path["consensus_before_usd_bn"] - 1),
        revision_percent=100 * (totals / first - 1).mask(path["standing"] == "restated"),
    )


def paths(guidance: pd.DataFrame, annual: pd.DataFrame, tickers: Iterable[str]) -> pd.DataFrame:
    """What `tickers` said of every year (`guidance_path`), with outcome_usd_bn: the spending of a year that has ended.

    The outcome of a company's year is on the definition of its first scored statement (`scored_statements`), and
    lead_days are those from a statement to that year's end.
    """
    years = sorted({int(period[2:]) for period in statements(guidance)["fiscal_period"]})
    said = pd.concat([guidance_path(guidance, year) for year in years], ignore_index=True)
    scored = scored_statements(guidance, annual, products=True).drop_duplicates(["ticker", "guided_period"])
    outcomes = scored[["ticker", "guided_period", "period_end", "outcome_usd_bn"]]
    found = said[said["ticker"].isin(list(tickers))].merge(outcomes, on=["ticker", "guided_period"], how="left")
    return found.assign(lead_days=(found["period_end"] - found["issued_on"]).dt.days).drop(columns="period_end")


def on_year(said: pd.DataFrame, year: int) -> pd.DataFrame:
    """The statements (`paths`) on a calendar year."""
    return said[(said["period_kind"] == "calendar") & (said["fiscal_period"] == f"FY{year}")]


def of_each(said: pd.DataFrame, *standings: str, keep: Literal["first", "last"] = "last") -> pd.DataFrame:
    """Each company's last (or first) statement of one of the `standings`, by ticker."""
    return said[said["standing"].isin(standings)].drop_duplicates("ticker", keep=keep).set_index("ticker")


def restatements(said: pd.DataFrame) -> pd.DataFrame:
    """Restated statements, each beside the one that it tells anew, whose columns end in `_before`."""
    told_anew = said[said["standing"] == "restated"]
    return told_anew.merge(said.add_suffix("_before"), left_on="restates", right_on="guidance_id_before")


def revisions(path: pd.DataFrame) -> pd.Series:
    """By how much each company that gave two comparable figures changed them, last against first, in percent.

    `path` as from `guidance_path`. Comparable are figures on one period, definition and accounting basis, of which the
    one that the company used last counts. A restatement is neither a raise nor a cut, but what comes after it on its
    basis may be one; figures that are no plain forecast of the total count as nothing.
    """
    totals = path[path["standing"].isin(["plain", "restated"])].sort_values("issued_on", kind="stable")
    latest: dict[object, tuple[pd.Timestamp, float]] = {}
    for (ticker, *_), same in totals.groupby(["ticker", "guided_period", "definition"], sort=False):
        said, midpoints = same.iloc[-1], same["midpoint_usd_bn"]
        if (
            len(same) > 1
            and said["standing"] == "plain"
            and (ticker not in latest or said["issued_on"] >= latest[ticker][0])
        ):
            latest[ticker] = said["issued_on"], 100 * (midpoints.iloc[-1] / midpoints.iloc[0] - 1)
    return pd.Series({ticker: change for ticker, (_, change) in latest.items()}, dtype=float)


def ahead(guidance: pd.DataFrame, year_ends: pd.Series, day: pd.Timestamp, year: int) -> pd.DataFrame:
    """Dated statements, words too, on `year` and the next, without fiscal years that had ended by `day`; with ends.

    `year_ends` holds the month in which each company's fiscal year ends.
    """
    rows = with_ends(guidance)
    rows = rows[rows["issued_on"].notna() & rows["period_kind"].isin(["calendar", "fiscal"])]
    of_year = rows["guided_period"].astype(str).str[-4:].astype(int)
    month = rows["ticker"].map(year_ends).fillna(12).where(rows["period_kind"] == "fiscal", 12).astype(int)
    ends = pd.to_datetime({"year": of_year, "month": month, "day": 1}) + pd.offsets.MonthEnd(0)
    return rows[of_year.isin([year, year + 1]) & ((rows["period_kind"] == "calendar") | (ends > day))]


def first_and_last(said: pd.DataFrame, ahead: pd.DataFrame) -> pd.DataFrame:
    """One row for each company and period of `ahead`: the first forecast of it, and the last in columns in `_last`.

    Forecasts are the statements of `said` that are plain or undefined; the first is the first that counts what the
    last counts, a figure told anew on its basis too. The last is missing where the first is the only one. Where there
    is none, the row is the newest statement of `ahead`, words or a figure.
    """
    period = ["ticker", "guided_period"]
    forecasts = said[said["standing"].isin(["plain", "undefined"])]
    newest = ahead.sort_values("issued_on", kind="stable").drop_duplicates(period, keep="last")
    last = forecasts.drop_duplicates(period, keep="last")
    counting = said[said["standing"].isin(["plain", "undefined", "restated"])]
    alike = counting.merge(last[[*period, "definition"]], on=[*period, "definition"])
    spoken = pd.concat([alike, newest]).drop_duplicates(period)
    again = last[~last["guidance_id"].isin(spoken["guidance_id"])]
    wanted = ahead[period].drop_duplicates()
    return wanted.merge(spoken, on=period).merge(again, on=period, how="left", suffixes=("", "_last"))


def other_prints(said: pd.DataFrame, consensus: pd.DataFrame) -> pd.DataFrame:
    """Consensus figures that others printed before statements and that differ from the one printed with them.

    `said` has guidance_id, midpoint_usd_bn, consensus_before_usd_bn; `consensus` guidance_id, kind,
    consensus_usd_bn, outlet, vendor. One row per statement and figure, its outlets joined, with
    over_percent (midpoint against it).
    """
    prints = consensus[consensus["kind"] == "consensus"].merge(
        said[["guidance_id", "midpoint_usd_bn", "consensus_before_usd_bn"]], on="guidance_id"
    )
    prints = prints[prints["consensus_usd_bn"] != prints["consensus_before_usd_bn"]]
    grouped = prints.groupby(["guidance_id", "consensus_usd_bn"], sort=False)
    found = grouped.agg(midpoint_usd_bn=("midpoint_usd_bn", "first"), outlets=("outlet", ", ".join)).reset_index()
    return found.assign(over_percent=100 * (found["midpoint_usd_bn"] / found["consensus_usd_bn"] - 1))


def disagreeing_prints(said: pd.DataFrame, consensus: pd.DataFrame, *, rounding_percent: float = 1.0) -> pd.DataFrame:
    """`other_prints` that are more than `rounding_percent` from the statement's own; closer ones may be one figure.

    Adds ticker, fiscal_period and points_apart: by how many percentage points the print moves the distance between
    statement and consensus.
    """
    own = said[["guidance_id", "ticker", "fiscal_period", "consensus_before_usd_bn", "over_consensus_percent"]]
    both = own.merge(other_prints(said, consensus), on="guidance_id")
    apart = 100 * (both["consensus_usd_bn"] / both["consensus_before_usd_bn"] - 1)
    both["points_apart"] = (both["over_consensus_percent"] - both["over_percent"]).abs()
    return both[apart.abs() > rounding_percent]


def consensus_sums(plain: pd.DataFrame, consensus: pd.DataFrame) -> pd.DataFrame:
    """Each consensus for several companies together against what all of them then said, oldest first.

    `plain` holds the statements to compare (`statements`), `consensus` the table. Adds tickers and
    midpoint_usd_bn: the sum of each company's first statement on that calendar year from the day of the
    consensus on. A consensus is left out while one of its companies has made none.
    """
    sums = consensus[consensus["kind"] == "consensus_sum"].sort_values("as_of", kind="stable")
    calendar = plain[plain["period_kind"] == "calendar"].sort_values("issued_on")
    tickers, midpoints = sums["subject"].str.split("+"), []
    for companies, period, day in zip(tickers, sums["period"], sums["as_of"]):
        since = calendar[(calendar["fiscal_period"].str[2:] == period) & (calendar["issued_on"] >= pd.Timestamp(day))]
        first = since.drop_duplicates("ticker").set_index("ticker")["midpoint_usd_bn"]
        midpoints.append(first.reindex(companies).sum(skipna=False))
    return sums.assign(tickers=tickers, midpoint_usd_bn=midpoints).dropna(subset=["midpoint_usd_bn"])


def scored_statements(guidance: pd.DataFrame, annual: pd.DataFrame, *, products: bool = False) -> pd.DataFrame:
    """Every statement made before the end of its year, with the outcome on the definition that was guided.

    `annual` has ticker, fiscal_period, period_end, definition, basis, capex_usd_bn. A calendar-year
    statement joins only a fiscal year that ends in December. Statements on a part of the capex never
    count, and products of a statement only if `products`. Adds to `statements`: period_end, year (in
    which it falls), outcome_usd_bn, lead_days (to the period's end) and drift_percent (outcome against the midpoint;
    missing for a floor, which has none). Sorted by company, year and day.
    """
    said = statements(guidance)
    said = said[~said["kind"].isin(["part"] if products else ["part", "product"])]
    outcomes = annual.assign(definition=full_definition(annual))
    outcomes = outcomes[["ticker", "fiscal_period", "period_end", "definition", "capex_usd_bn"]]
    joined = said.merge(outcomes, on=["ticker", "fiscal_period", "definition"])
    same_year = (joined["period_kind"] == "fiscal") | (joined["period_end"].dt.month == 12)
    joined = joined[same_year & (joined["issued_on"] < joined["period_end"])]
    midpoint = joined["midpoint_usd_bn"].mask(joined["kind"] == "floor")
    return (
        joined.rename(columns={"capex_usd_bn": "outcome_usd_bn"})
        .assign(
            year=joined["period_end"].dt.year,
            lead_days=(joined["period_end"] - joined["issued_on"]).dt.days,
            drift_percent=100 * (joined["capex_usd_bn"] / midpoint - 1),
        )
        .sort_values(["ticker", "period_end", "issued_on"], ignore_index=True)
    )


def position(said: pd.DataFrame, *, point_tolerance: float = 5.0) -> np.ndarray:
    """Where each outcome ended: inside, above or below its range; "floor kept" at or above a floor, "below" under it.

    `said` has kind, low_usd_bn, high_usd_bn, midpoint_usd_bn, outcome_usd_bn. Within `point_tolerance` percent of a
    single figure counts as inside.
    """
    low = said["low_usd_bn"].fillna(said["midpoint_usd_bn"] * (1 - point_tolerance / 100))
    high = said["high_usd_bn"].fillna(said["midpoint_usd_bn"] * (1 + point_tolerance / 100))
    floor, outcome = said["kind"] == "floor", said["outcome_usd_bn"]
    low = low.mask(floor, said["midpoint_usd_bn"])
    return np.select([outcome < low, floor, outcome > high], ["below", "floor kept", "above"], default="inside")


def guidance_record(
    guidance: pd.DataFrame, annual: pd.DataFrame, *, point_tolerance: float = 5.0, products: bool = False
) -> pd.DataFrame:
    """Each ended company-year's first and last scored statement (`scored_statements`), one row each.

    The first statement's columns, and position (against the first range), last_issued_on, last_lead_days,
    last_midpoint_usd_bn and last_drift_percent.
    """
    scored = scored_statements(guidance, annual, products=products)
    # Not groupby().first(): that would fill a point's empty range from a later statement.
    record = scored.drop_duplicates(["ticker", "fiscal_period"], keep="first").reset_index(drop=True)
    last = scored.drop_duplicates(["ticker", "fiscal_period"], keep="last").reset_index(drop=True)
    return record.assign(
        position=position(record, point_tolerance=point_tolerance),
        last_issued_on=last["issued_on"],
        last_lead_days=last["lead_days"],
        last_midpoint_usd_bn=last["midpoint_usd_bn"].mask(last["kind"] == "floor"),
        last_drift_percent=last["drift_percent"],
    )


def in_force(scored: pd.DataFrame, lead_days: int, *, grace_days: int = 15) -> pd.DataFrame:
    """Per company-year, the last of `scored_statements` made at least `lead_days` before the year's end.

    Reports of one season fall some days apart, so a statement up to `grace_days` later still counts.
    Floors are left out: they have no drift.
    """
    early = scored[(scored["lead_days"] >= lead_days - grace_days) & scored["drift_percent"].notna()]
    return early.drop_duplicates(["ticker", "fiscal_period"], keep="last").reset_index(drop=True)


def days_left(day: pd.Timestamp, year: int) -> int:
    """Days from `day` to the end of a calendar year."""
    return (pd.Timestamp(year, 12, 31) - day).days


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


def clustered_interval(
    drift_percent: pd.Series, clusters: pd.Series, *, confidence: float = 0.95, draws: int = 5000, seed: int = 20260128
) -> tuple[float, float]:
    """Percentile interval of the geometric mean drift when whole clusters (years, companies) are drawn again.

    The cluster bootstrap (Field and Welsh, 2007, with `arch`): it keeps what the members of a cluster
    share. Missing with fewer than three clusters; with few clusters it is still too narrow.
    """
    known = drift_percent.notna()
    logs = np.log1p(drift_percent[known].to_numpy(dtype=float) / 100)
    groups = [logs[clusters[known].to_numpy() == name] for name in sorted(set(clusters[known]))]
    if len(groups) < 3:
        return math.nan, math.nan
    bootstrap = IIDBootstrap(np.arange(len(groups)), seed=seed)
    means = bootstrap.apply(lambda drawn: np.array([np.concatenate([groups[i] for i in drawn]).mean()]), draws)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return 100 * math.expm1(low), 100 * math.expm1(high)


def leave_one_out(drift_percent: pd.Series, clusters: pd.Series) -> pd.Series:
    """The geometric mean drift in percent without each cluster in turn: cluster -> mean; empty for a single one."""
    known = drift_percent.dropna()
    names = sorted(set(clusters[known.index]))
    means = {name: mean_drift(known[clusters[known.index] != name])["mean"] for name in names}
    return pd.Series(means if len(names) > 1 else {}, dtype=float)


def drift_summary(groups: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """How the company-years of each group ended, in percent: one row per group of `guidance_record` that has any.

    Columns: years, inside, above and below (counts, against the first range), mean with low and high (`mean_drift`),
    by_year_low and by_year_high (`clustered_interval`), without_low and without_high (`leave_one_out`, by year).
    """
    rows = {}
    for name, record in groups.items():
        drift, year = record["drift_percent"], record["year"]
        left_out = leave_one_out(drift, year)
        rows[name] = {
            "years": len(record),
            **{place: int((record["position"] == place).sum()) for place in ("inside", "above", "below")},
            **mean_drift(drift)[["mean", "low", "high"]],
            **dict(zip(("by_year_low", "by_year_high"), clustered_interval(drift, year))),
            "without_low": left_out.min(),
            "without_high": left_out.max(),
        }
    return pd.DataFrame.from_dict({name: row for name, row in rows.items() if row["years"]}, orient="index")


def fan(
    midpoints_usd_bn: pd.Series,
    drifts: pd.DataFrame,
    *,
    quantiles: Iterable[float] = (0.1, 0.25, 0.5, 0.75, 0.9),
    common_year: bool = True,
) -> pd.Series:
    """A sum of guided midpoints if past drifts came again: quantile -> USD bn, with 0 and 1 for the two ends.

    `drifts` has year and drift_percent. With `common_year`, a past year is drawn (each as likely) and
    every company takes one of that year's drifts, so that what moved a year moves all; without, every
    company takes any drift, independently. All combinations are counted, nothing is simulated. All
    values are missing if there are no drifts or no midpoints.
    """
    levels = [0.0, *quantiles, 1.0]
    known = drifts.dropna(subset=["drift_percent"])
    if known.empty or midpoints_usd_bn.empty:
        return pd.Series(math.nan, index=levels)
    years = known["year"] if common_year else pd.Series(0, index=known.index)
    sums, weights = [], []
    for _, year in known.groupby(years):
        factors, total = 1 + year["drift_percent"].to_numpy() / 100, np.zeros(1)
        for midpoint in midpoints_usd_bn:
            total = np.add.outer(total, midpoint * factors).ravel()
        sums.append(total)
        weights.append(np.full(len(total), 1 / len(total)))
    values, weight = np.concatenate(sums), np.concatenate(weights)
    return pd.Series(np.quantile(values, levels, weights=weight, method="inverted_cdf"), index=levels)
