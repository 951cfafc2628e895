"""Machines, power and cost: which fleet earns what per megawatt-hour, and what companies report.

The catalogue gives models, not how many of each run. The frontier is a fact of the catalogue; a
typical and an old fleet are assumptions (estimated), named in `typical` and `fleets`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from minerpivot.data.tables import last_day
from minerpivot.halving.mining import break_even_cents_per_kwh, break_even_hashprice, revenue_per_mwh


def delivered(asics: pd.DataFrame) -> pd.DataFrame:
    """The catalogue's machines with the `day` from which they count, oldest first; announced and presale ones left out.

    `asics` has model, released (a date, month or year), availability and efficiency_j_per_th. A partial date
    counts from its last day, so that no day uses a machine that it could not have.
    """
    shipped = asics[asics["availability"] == "delivered"]
    return shipped.assign(day=last_day(shipped["released"])).sort_values(["day", "model"], ignore_index=True)


def frontier(asics: pd.DataFrame, days: pd.DatetimeIndex) -> pd.DataFrame:
    """Most efficient machine delivered by each of `days`: columns model, efficiency_j_per_th.

    Missing before the first machine; on a tie the earlier one stays.
    """
    machines = delivered(asics)
    best = machines["efficiency_j_per_th"].cummin()
    steps = machines[best.lt(best.shift(fill_value=np.inf))].drop_duplicates("day", keep="last").set_index("day")
    return steps[["model", "efficiency_j_per_th"]].reindex(days, method="ffill")


def typical(asics: pd.DataFrame, days: pd.DatetimeIndex, *, years: int = 4) -> pd.Series:
    """Median efficiency (J/TH) of the machines delivered in the `years` years to each of `days`: an estimate.

    It stands for a fleet that buys evenly what is on sale and keeps it for `years` years. Models
    count alike, because the catalogue does not say how many were sold.
    """
    machines = delivered(asics)
    day = machines["day"].to_numpy()[None, :]
    since = (days - pd.DateOffset(years=years)).to_numpy()[:, None]
    recent = (day <= days.to_numpy()[:, None]) & (day > since)
    efficiency = np.where(recent, machines["efficiency_j_per_th"].to_numpy()[None, :], np.nan)
    return pd.DataFrame(efficiency, index=days).median(axis=1)


def fleets(asics: pd.DataFrame, days: pd.DatetimeIndex, *, years: int = 4) -> pd.DataFrame:
    """Efficiency (J/TH) of three fleets by day: `frontier`, `typical`, and `old` (typical `years` years before)."""
    old = typical(asics, days - pd.DateOffset(years=years), years=years)
    return pd.DataFrame(
        {
            "frontier": frontier(asics, days)["efficiency_j_per_th"],
            "typical": typical(asics, days, years=years),
            "old": pd.Series(old.to_numpy(), index=days),
        }
    )


def margin(hashprice_usd: pd.Series, efficiency: pd.DataFrame, *, cents_per_kwh: float = 0.0) -> pd.DataFrame:
    """USD per MWh of each fleet after power at `cents_per_kwh` (before power at 0), by day.

    `efficiency` has one column per fleet (J/TH) and the days of `hashprice_usd` (USD per PH/s per day).
    """
    return pd.DataFrame({fleet: revenue_per_mwh(hashprice_usd, efficiency[fleet]) for fleet in efficiency}) - (
        10 * cents_per_kwh
    )


def share_left(margin: pd.Series, before: slice, now: slice) -> float:
    """Mean of `margin` over the days `now`, in percent of its mean over the days `before`."""
    return float(100 * margin[now].mean() / margin[before].mean())


def share_left_unrenewed(
    hashprice_usd: pd.Series, efficiency: pd.Series, before: slice, now: slice, *, cents_per_kwh: float
) -> float:
    """As `share_left`, of a fleet that bought nothing since: `efficiency` (J/TH by day) stays as at `before`'s end."""
    held = pd.Series(efficiency[before.stop], index=efficiency.index).where(efficiency.index > before.stop, efficiency)
    margins = margin(hashprice_usd, held.to_frame("held"), cents_per_kwh=cents_per_kwh)
    return share_left(margins["held"], before, now)


def break_evens(
    hashprice_usd: pd.Series, asics: pd.DataFrame, models: list[str], moments: dict[str, slice], *, years: int = 4
) -> pd.DataFrame:
    """The power price (US cents per kWh) that fleets and machines can just pay, one column per moment.

    `hashprice_usd` (USD per PH/s per day) is averaged over each moment's days. First the three fleets of `fleets`, as
    they were then; then `models` of the catalogue, missing where not delivered by the moment's last day. `j_per_th`
    is the efficiency, of a fleet that of the last moment's end.
    """
    machines = delivered(asics).set_index("model")
    of_fleets = margin(hashprice_usd, fleets(asics, pd.DatetimeIndex(hashprice_usd.index), years=years)) / 10
    last = list(moments.values())[-1].stop
    today = fleets(asics, pd.DatetimeIndex([last]), years=years).iloc[0]
    rows = {
        fleet: {"j_per_th": today[fleet]} | {m: of_fleets.loc[d, fleet].mean() for m, d in moments.items()}
        for fleet in today.index
    }
    for model in models:
        machine = machines.loc[model]
        rows[model] = {"j_per_th": machine["efficiency_j_per_th"]} | {
            moment: break_even_cents_per_kwh(hashprice_usd.loc[days].mean(), machine["efficiency_j_per_th"])
            if machine["day"] <= days.stop
            else np.nan
            for moment, days in moments.items()
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("name").reset_index()


def fleet_checks(asics: pd.DataFrame, miner_costs: pd.DataFrame, *, years: int = 4) -> pd.DataFrame:
    """Reported fleets beside the typical one: ticker, period, reported and typical (J/TH), higher_pct."""
    reported = miner_costs[miner_costs["metric"] == "fleet_efficiency"]
    modelled = typical(asics, pd.DatetimeIndex(reported["period_end"]), years=years).to_numpy(float)
    return pd.DataFrame(
        {
            "ticker": reported["ticker"].to_numpy(),
            "period": reported["period"].to_numpy(),
            "reported": reported["value"].to_numpy(float),
            "typical": modelled,
            "higher_pct": 100 * (modelled / reported["value"].to_numpy(float) - 1),
        }
    )


def share_under_water(hashprice_usd: pd.Series, asics: pd.DataFrame, cents_per_kwh: list[float]) -> pd.DataFrame:
    """Percent of all machines delivered by each day that do not earn their power, one column per power price.

    A share of models, not of installed machines; missing before the first.
    """
    machines = delivered(asics)
    there = machines["day"].to_numpy()[None, :] <= hashprice_usd.index.to_numpy()[:, None]
    earned = hashprice_usd.to_numpy(float)[:, None]
    count = pd.Series(there.sum(axis=1), index=hashprice_usd.index, dtype=float).replace(0, np.nan)
    needed = {
        cents: np.asarray(break_even_hashprice(cents, machines["efficiency_j_per_th"])) for cents in cents_per_kwh
    }
    return pd.DataFrame({cents: 100 * (there & (earned < bar)).sum(axis=1) / count for cents, bar in needed.items()})


def trailing_year(power_prices: pd.DataFrame, *, statistic: str = "mean") -> pd.DataFrame:
    """Mean (or median) USD per MWh of the twelve months to each month, one column per region.

    Missing unless all twelve are there. Twelve months, because power has seasons; the median, because
    one dear month can rule a mean.
    """
    monthly = power_prices.pivot(index="month", columns="region", values="usd_per_mwh")
    monthly.index = pd.PeriodIndex(monthly.index, freq="M")
    every = pd.period_range(monthly.index.min(), monthly.index.max(), freq="M", name="month")
    return monthly.reindex(every).rolling(12).agg(statistic)


def since_month(power_prices: pd.DataFrame, base: pd.Period) -> pd.DataFrame:
    """Each region's mean and median of twelve months, to the month `base` and to its last.

    Returns region, statistic, base, last (USD per MWh), last_month, change_pct, source_url (of the last month).
    """
    addresses = power_prices.sort_values("month").groupby("region")["source_url"].last()
    rows = []
    for statistic in ("mean", "median"):
        for region, monthly in trailing_year(power_prices, statistic=statistic).items():
            known = monthly.dropna()
            before, now = known.reindex([base]).iloc[0], known.iloc[-1]
            row = {"region": region, "statistic": statistic, "base": before, "last": now}
            row |= {"last_month": known.index[-1], "change_pct": 100 * (now / before - 1)}
            rows.append(row | {"source_url": addresses.loc[str(region)]})
    return pd.DataFrame(rows)


def prices_against_themselves(public: pd.DataFrame, own: pd.DataFrame, base: pd.Period) -> pd.DataFrame:
    """Public prices (of `since_month`) and companies' (of `with_itself`) in one table, US cents per kWh.

    Returns of_what (region or ticker), measure (statistic or metric), base, base_period, last, last_period,
    change_pct, source. A public price is of the twelve months that end with its period.
    """
    names = {
        "region": "of_what",
        "statistic": "measure",
        "ticker": "of_what",
        "metric": "measure",
        "source_url": "source",
    }
    columns = ["of_what", "measure", "base", "base_period", "last", "last_period", "change_pct", "source"]
    cents = public.assign(
        base=public["base"] / 10,
        last=public["last"] / 10,
        base_period=f"to {base}",
        last_period="to " + public["last_month"].astype(str),
    )
    both = [cents.rename(columns=names), own.rename(columns=names)]
    return pd.concat([part[columns] for part in both], ignore_index=True)


def change_without_dearest(monthly: pd.Series, base: pd.Period, last: pd.Period) -> tuple[pd.Period, float]:
    """The dearest of the twelve months to `base`, and the percent change to the twelve months to `last` without it.

    `monthly` is USD per MWh by month. The same calendar month is left out of both years, or the season would differ.
    """
    before, after = monthly[base - 11 : base], monthly[last - 11 : last]
    dearest = pd.PeriodIndex(before.index)[int(before.argmax())]
    kept = [year[pd.PeriodIndex(year.index).month != dearest.month].mean() for year in (before, after)]
    return dearest, float(100 * (kept[1] / kept[0] - 1))


def stated(miner_costs: pd.DataFrame, unit: str) -> pd.DataFrame:
    """The values of `unit` that a company or the sector's survey states itself: no bank's or analyst's estimate."""
    return miner_costs[(miner_costs["unit"] == unit) & miner_costs["stated_by"].isin(["company", "survey"])]


def period_start(period: pd.Series, period_end: pd.Series) -> pd.Series:
    """First day of each period (2025Q1, 2025-01, 2025FY) that ends on `period_end`."""
    months = np.select([period.str.contains("Q"), period.str.endswith("FY")], [3, 12], 1)
    starts = [end - pd.offsets.MonthBegin(int(count)) for end, count in zip(period_end, months)]
    return pd.Series(pd.to_datetime(starts), index=period.index)


def with_itself(values: pd.DataFrame, halving: pd.Timestamp, hashprice_btc: pd.Series) -> pd.DataFrame:
    """Each company's measure against itself.

    Returns ticker, metric, unit, base_period, base, last_period, last, change_pct, coins_pct, source, note.
    The base is the last period that ended before the halving, or else the first stated one. A measure
    stated once, or never after the halving, has no base. `coins_pct` is how much a cost per coin would
    have risen only because a unit of work finds fewer coins: the mean BTC hashprice of the base period
    over that of the last, less one.
    """
    rows = []
    for (ticker, metric), group in values.sort_values("period_end").groupby(["ticker", "metric"]):
        group = group.assign(start=period_start(group["period"], group["period_end"]))
        last, past = group.iloc[-1], group[group["period_end"] < halving]
        row = {"ticker": ticker, "metric": metric, "unit": last["unit"], "last_period": last["period"]}
        row |= {"last": last["value"], "source": last["source"], "note": last["note"]}
        if len(group) > 1 and last["period_end"] > halving:
            base = past.iloc[-1] if len(past) else group.iloc[0]
            coins = [hashprice_btc.loc[part["start"] : part["period_end"]].mean() for part in (base, last)]
            row |= {"base_period": base["period"], "base": base["value"]}
            row |= {
                "change_pct": 100 * (last["value"] / base["value"] - 1),
                "coins_pct": 100 * (coins[0] / coins[1] - 1),
            }
        rows.append(row)
    columns = ["ticker", "metric", "unit", "base_period", "base", "last_period", "last"]
    return pd.DataFrame(rows, columns=[*columns, "change_pct", "coins_pct", "source", "note"])
