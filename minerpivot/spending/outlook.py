"""What hyperscalers say that they will spend: dated guidance, its record, the fan it gives, the market's answer.

A statement is compared, and scored with an outcome, only on the definition and accounting basis that it was made on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd
from arch.bootstrap import IIDBootstrap
from scipy import stats

from minerpivot.spending.capex import full_definition


def statements(guidance: pd.DataFrame) -> pd.DataFrame:
    """The dated annual statements with a number, oldest first, with midpoint and standing.

    `standing` is plain for a forecast of the company's total; otherwise what keeps it from being one:
    restated (an earlier statement on another basis), single_sourced, floor, product (arithmetic on a
    remark) or part (of the total). Undated, qualitative and quarterly rows are left out. Adds
    `midpoint_usd_bn` and `fiscal_period` ("FY2026"); `definition` becomes the full one.
    """
    midpoint = guidance["point_usd_bn"].fillna((guidance["low_usd_bn"] + guidance["high_usd_bn"]) / 2)
    standing = guidance["kind"].where(guidance["kind"].isin(["product", "part", "floor"]), "plain")
    standing = standing.mask((standing == "plain") & (guidance["single_sourced"] == "y"), "single_sourced")
    standing = standing.mask(guidance["restates"].notna(), "restated")
    dated = guidance.assign(
        midpoint_usd_bn=midpoint,
        standing=standing,
        fiscal_period="FY" + guidance["guided_period"].astype(str).str[-4:],
        definition=full_definition(guidance),
    )
    kept = guidance["period_kind"].isin(["calendar", "fiscal"]) & midpoint.notna() & guidance["issued_on"].notna()
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
    """Dated statements, words too, on `year` and the next, without fiscal years that had ended by `day`; with midpoint.

    `year_ends` holds the month in which each company's fiscal year ends.
    """
    midpoint = guidance["point_usd_bn"].fillna((guidance["low_usd_bn"] + guidance["high_usd_bn"]) / 2)
    rows = guidance.assign(midpoint_usd_bn=midpoint, basis=guidance["basis"].fillna(""))
    rows = rows[rows["issued_on"].notna() & rows["period_kind"].isin(["calendar", "fiscal"])]
    of_year = rows["guided_period"].astype(str).str[-4:].astype(int)
    month = rows["ticker"].map(year_ends).fillna(12).where(rows["period_kind"] == "fiscal", 12).astype(int)
    ends = pd.to_datetime({"year": of_year, "month": month, "day": 1}) + pd.offsets.MonthEnd(0)
    return rows[of_year.isin([year, year + 1]) & ((rows["period_kind"] == "calendar") | (ends > day))]


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
    count, and products of a statement only if `products`. Adds to `statements`: period_end,
    outcome_usd_bn, lead_days (to the period's end) and drift_percent (outcome against the midpoint;
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


# --- the market's answer ----------------------------------------------------------------------


def statement_days(guidance: pd.DataFrame, earnings_dates: pd.DataFrame, tickers: Iterable[str]) -> pd.DataFrame:
    """Company-days with a capex statement (also one without a number) on an exact day: ticker, issued_on, time.

    `time` is that of the report of the same day (amc, bmo), missing where no report of that day is known
    or its hour is not, so that no session can be named.
    """
    rows = guidance[(guidance["day_approximate"] == "n") & guidance["ticker"].isin(list(tickers))]
    days = rows[["ticker", "issued_on"]].drop_duplicates()
    times = earnings_dates[["ticker", "reported_on", "time"]].rename(columns={"reported_on": "issued_on"})
    days = days.merge(times, on=["ticker", "issued_on"], how="left").sort_values(["issued_on", "ticker"])
    return days.assign(time=days["time"].where(days["time"].isin(["amc", "bmo"]))).reset_index(drop=True)


def reactions(days: pd.DataFrame, levels: pd.DataFrame, *, baskets: Iterable[str], benchmark: str) -> pd.DataFrame:
    """The first session in which each statement could move prices: returns in percent, close to close.

    `days` as from `statement_days`; `levels` are sessions × series, with the companies, `baskets` and the
    `benchmark`. After the close (amc) is the next session, before the open (bmo) the same day's. Adds
    session, company and one column per basket, each less the benchmark's return of that session; missing where one of
    the two closes is: a day without a close has no return, nor has the next. Rows without a known hour, or beyond the
    last session, are left out.
    """
    timed = days[days["time"].notna()]
    issued = pd.DatetimeIndex(timed["issued_on"])
    same_or_next, following = (levels.index.searchsorted(issued, side=side) for side in ("left", "right"))
    place = np.where(timed["time"] == "amc", following, same_or_next)
    inside = (place > 0) & (place < len(levels))
    timed, place = timed[inside], place[inside]
    moves = 100 * levels.pct_change(fill_method=None)
    less = moves.sub(moves[benchmark], axis=0)
    columns = less.columns.get_indexer(pd.Index(timed["ticker"]))
    found = timed.assign(session=levels.index[place], company=less.to_numpy()[place, columns])
    for name in baskets:
        found[name] = less[name].to_numpy()[place]
    return found.reset_index(drop=True)


def two_sessions(levels: pd.DataFrame, day: str | pd.Timestamp) -> pd.DataFrame:
    """Returns in percent, close to close, of the two sessions after a day: series × first, second, both.

    `levels` are sessions × series. All are missing until both sessions have been traded.
    """
    place = levels.index.searchsorted(pd.Timestamp(day), side="right")
    before, first, second = (
        levels.iloc[at] if place and place + 1 < len(levels) else levels.iloc[0] * math.nan
        for at in (place - 1, place, place + 1)
    )
    return 100 * pd.DataFrame({"first": first / before - 1, "second": second / first - 1, "both": second / before - 1})


def mean_by_session(values: pd.Series, sessions: pd.Series, *, confidence: float = 0.95) -> pd.Series:
    """Mean over sessions of the mean in each session, with its t interval: sessions, mean, low, high.

    Statements of one session share its news, so a session counts once. Bounds are missing with fewer
    than two sessions, the mean with none.
    """
    means = values.groupby(sessions).mean().dropna()
    count, mean = len(means), float(means.mean())
    low, high = stats.t.interval(confidence, count - 1, mean, stats.sem(means)) if count >= 2 else (math.nan, math.nan)
    return pd.Series({"sessions": count, "mean": mean, "low": float(low), "high": float(high)})
