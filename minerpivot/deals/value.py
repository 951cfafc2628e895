"""What the contracts are worth: rent against mining, present value, income so far.

Rates and megawatts come from `minerpivot.deals.ledger`, mining income from `minerpivot.halving.mining`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product

import numpy as np
import pandas as pd

from minerpivot.deals.delivery import due
from minerpivot.deals.ledger import totals, without_fit_out
from minerpivot.halving import mining

HOURS_PER_YEAR = 8760


def rent_per_mwh(usd_m_per_mw_year: pd.Series | float) -> pd.Series | float:
    """USD per MWh of a rent per megawatt and year, at full availability: rent × 1e6 / 8760 hours."""
    return usd_m_per_mw_year * 1_000_000 / HOURS_PER_YEAR


def smoothed(hashprice_usd: pd.Series) -> pd.Series:
    """Mean hashprice of the thirty days to each day."""
    return hashprice_usd.dropna().rolling("30D").mean()


def against_mining(
    rates: pd.DataFrame, hashprice_usd: pd.Series, *, efficiency_j_per_th: float, power_usd_per_mwh: float, ratio: float
) -> pd.DataFrame:
    """Colocation rent and the mining that the same megawatt-hour would pay, USD per MWh after power.

    `rates` is the result of `deals.revenue_per_mw_year`, `hashprice_usd` daily, in USD per PH/s per day. The tenant
    pays power, so rent is after power. `rent_site` divides by `ratio` to charge cooling and losses to the rent
    (the lower end, per MWh drawn from the grid), `rent_server` does not (the upper end). `mining_signing` uses
    the mean hashprice of the thirty days to the signing, `mining_now` that of the last thirty days; both are
    before overhead, hosting and the cost of the machine.
    """
    rows = rates[(rates["market"] == "colocation rent") & rates["announced"].notna()]
    smooth = smoothed(hashprice_usd)
    now = float(smooth.iloc[-1])
    signing = smooth.reindex(pd.DatetimeIndex(rows["announced"]), method="ffill").set_axis(rows.index)
    return rows.assign(
        rent_site=rent_per_mwh(rows["low"]) / ratio,
        rent_server=rent_per_mwh(rows["high"]),
        mining_signing=mining.revenue_per_mwh(signing, efficiency_j_per_th) - power_usd_per_mwh,
        mining_now=mining.revenue_per_mwh(now, efficiency_j_per_th) - power_usd_per_mwh,
    )


def matching_hashprice(
    rent_usd_per_mwh: pd.Series | float, *, efficiency_j_per_th: float, power_usd_per_mwh: float
) -> pd.Series | float:
    """Hashprice, USD per PH/s per day, at which mining after power earns the rent: 0.024 e × (rent + power)."""
    return mining.break_even_hashprice((rent_usd_per_mwh + power_usd_per_mwh) / 10, efficiency_j_per_th)


def level_charge(cost: pd.Series | float, years: pd.Series | float, *, rate: float) -> pd.Series | float:
    """Yearly charge that pays back `cost` with interest at `rate` in level months over `years`, nothing left after."""
    return cost / present_value(years, years, rate=rate)


def after_building(against: pd.DataFrame, usd_m_per_mw: pd.Series | float, *, ratio: float, rate: float) -> pd.Series:
    """Rent per grid MWh, `against_mining`'s `rent_site`, less the level charge of a building of so much per MW."""
    return against["rent_site"] - rent_per_mwh(level_charge(usd_m_per_mw, against["term_years"], rate=rate)) / ratio


def lead(against: pd.DataFrame, usd_m_per_mw: pd.Series | float, *, ratio: float, rate: float) -> pd.Series:
    """By how many USD per grid MWh rent after the building (`after_building`) exceeds mining at the signing."""
    return after_building(against, usd_m_per_mw, ratio=ratio, rate=rate) - against["mining_signing"]


def rationality(
    rates: pd.DataFrame,
    hashprice_usd: pd.Series,
    *,
    efficiencies: Iterable[float],
    powers: Iterable[float],
    ratios: Iterable[float],
    buildings: Iterable[float] = (0.0,),
    rate: float = 0.1,
) -> pd.DataFrame:
    """Of how many contracts rent per grid MWh exceeds mining at the signing: one row per combination of assumptions.

    Columns: efficiency, power, ratio, building, ahead, of, margin (median of rent less mining, USD per MWh). The rent
    is charged with a building of so many million USD per critical-IT MW as a `level_charge` over the base term at
    `rate`; mining is charged with power only, so its machines, site and overhead are free.
    """
    rows = []
    for efficiency, power, ratio in product(efficiencies, powers, ratios):
        found = against_mining(
            rates, hashprice_usd, efficiency_j_per_th=efficiency, power_usd_per_mwh=power, ratio=ratio
        )
        for building in buildings:
            margin = lead(found, building, ratio=ratio, rate=rate)
            ahead, of = int((margin > 0).sum()), int(margin.notna().sum())
            rows.append((efficiency, power, ratio, building, ahead, of, margin.median()))
    return pd.DataFrame(rows, columns=["efficiency", "power", "ratio", "building", "ahead", "of", "margin"])


def building_range(build_costs: pd.DataFrame) -> tuple[tuple[float, float], str] | None:
    """Lowest and highest million USD per MW that companies state for a whole building, and the basis; None if unseen.

    Statements per critical-IT megawatt count ("critical_it"); while there are none, those whose basis is "open".
    Retrofits, costs that are derived, and debt (which is a floor of the cost) do not.
    """
    stated = build_costs[(build_costs["stated"] == "y") & (build_costs["scope"] == "whole_cost")]
    for basis in ("critical_it", "open"):
        rows = stated[stated["basis"] == basis]
        if len(rows):
            return (float(rows["low_usd_m_per_mw"].min()), float(rows["high_usd_m_per_mw"].max())), basis
    return None


def present_value(
    value: pd.Series | float, years: pd.Series | float, *, rate: float, wait: pd.Series | float = 0.0
) -> pd.Series | float:
    """Value today of `value` paid in equal parts at the end of each month of `years` years that start in `wait` years.

    `rate` is effective per year and positive: value / (12 y) × (1 − (1 + r)^−y) / ((1 + r)^(1/12) − 1) × (1 + r)^−wait.
    """
    monthly = np.power(1 + rate, 1 / 12) - 1
    return value / (12 * years) * (1 - np.power(1 + rate, -years)) / monthly * np.power(1 + rate, -wait)


def waits(contracts: pd.DataFrame, day: str | pd.Timestamp, *, unseen: float = float("nan")) -> pd.Series:
    """Years from `day` to the last day of each expected start; zero if it has passed, `unseen` if none was stated.

    Without a start of its own, a value of several contracts waits for the mean of their starts, weighted by megawatts
    (if all were stated), and an extension until the last base term that it prolongs has run: missing if none of those
    is among `contracts`.
    """
    own = ((due(contracts) - pd.Timestamp(day)).dt.days / 365.25).clip(lower=0)
    parts = contracts["part_of"]
    weighted = (own * contracts["mw"]).groupby(parts).sum(min_count=1) / contracts["mw"].groupby(parts).sum()
    together = contracts["deal_id"].map(weighted[own.isna().groupby(parts).sum() == 0])
    longer = contracts["counts_as"] == "extension"
    own = own.fillna(together).fillna(unseen).where(~longer, own)
    end = (own + contracts["term_years"]).groupby(contracts["deal_id"]).max()
    prolonged = contracts["extends"].astype("string").str.split("; ").explode().map(end).groupby(level=0).max()
    return own.fillna(prolonged.astype(float).where(longer)).rename("wait")


def worth(contracts: pd.DataFrame, day: str | pd.Timestamp, *, rate: float, unseen: float = 0.0) -> pd.Series:
    """Present value on `day` of each contract that has a value and a term, USD bn; starts as in `waits`.

    Rent is taken as level and as all to come: what was paid before `day` is in it.
    """
    rows = contracts.dropna(subset=["contract_value_usd_bn", "term_years"])
    wait = waits(contracts, day, unseen=unseen).reindex(rows.index)
    return pd.Series(present_value(rows["contract_value_usd_bn"], rows["term_years"], rate=rate, wait=wait))


def trends(rates: pd.DataFrame) -> pd.DataFrame:
    """Rank correlation (Spearman 1904) of the rate, `low`, with the day of signing and with the term.

    Rows "day" and "term", columns correlation and p; empty with fewer than four contracts, or with one term only.
    """
    from scipy.stats import spearmanr  # a second of a build, which asks nothing of it

    tested = len(rates) > 3 and rates["term_years"].min() < rates["term_years"].max()
    against = {"day": rates["announced"].astype("int64"), "term": rates["term_years"]} if tested else {}
    found = {name: spearmanr(ranked, rates["low"]) for name, ranked in against.items()}
    rows = [(name, result.statistic, result.pvalue) for name, result in found.items()]
    return pd.DataFrame(rows, columns=["with", "correlation", "p"]).set_index("with")


def ai_share_by_quarter(segments: pd.DataFrame) -> pd.DataFrame:
    """AI and HPC revenue as percent of revenue for each company and quarter from its first split to its last.

    Both are less the fit-out that is stated (`without_fit_out`).
    A quarter without a split is a row whose `ai_percent` is missing, so that no line is drawn across it. Columns:
    ticker, period_end, revenue_usd_m, ai_hpc_revenue_usd_m, ai_percent.
    """
    split = without_fit_out(segments).dropna(subset=["revenue_usd_m", "ai_hpc_revenue_usd_m"])
    parts = []
    for ticker, rows in split.groupby("ticker"):
        first, last = rows["period_end"].min(), rows["period_end"].max()
        quarters = pd.date_range(first, last + pd.offsets.MonthEnd(0), freq=pd.offsets.MonthEnd(3))
        kept = rows.set_index("period_end")[["revenue_usd_m", "ai_hpc_revenue_usd_m"]].reindex(quarters)
        parts.append(kept.assign(ticker=ticker).rename_axis("period_end").reset_index())
    empty = split[["ticker", "period_end", "revenue_usd_m", "ai_hpc_revenue_usd_m"]]
    table = pd.concat(parts, ignore_index=True) if parts else empty
    return table.assign(ai_percent=100 * table["ai_hpc_revenue_usd_m"] / table["revenue_usd_m"])


def started(contracts: pd.DataFrame, shares: pd.DataFrame, parents: Mapping[str, str]) -> pd.DataFrame:
    """Contracted revenue per year against AI revenue at the pace of the latest quarter, by reporting company.

    Columns: contracted_usd_m (value / term, summed), income_usd_m (four times the quarter's AI revenue of
    `ai_share`), ai_includes_fit_out, percent. Companies that report no split, or have no valued contract, are not in
    it. `percent` is no bound: fit-out, power passed on and contracts without a value raise it; older quarters, and
    an average over a term in which the rent rises, lower it. `parents`: subsidiary -> company.
    """
    yearly = 1000 * totals(contracts, contracts["ticker"].replace(parents))["usd_bn_per_year"]
    both = pd.DataFrame({"contracted_usd_m": yearly[yearly > 0], "income_usd_m": 4 * shares["ai_hpc_revenue_usd_m"]})
    both = both.dropna().join(shares["ai_includes_fit_out"])
    return both.assign(percent=100 * both["income_usd_m"] / both["contracted_usd_m"])
