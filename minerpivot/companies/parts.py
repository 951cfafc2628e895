"""A company as the sum of its parts, by assumptions that a reader changes: arithmetic, no target.

Million USD. The page's script (`book/static/parts.js`) does the same sum with what `shown` hands it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from minerpivot.data.tables import last_day
from minerpivot.deals import ledger
from minerpivot.deals.value import HOURS_PER_YEAR, present_value, waits

Settings = Mapping[str, float]
MIME = "application/vnd.minerpivot.parts+json"
SLIDERS = {  # setting -> what it is, its unit, lowest, highest, step
    "multiple": ("Multiple of mining's yearly gross profit", "times", 0, 10, 0.5),
    "rate": ("Discount rate of the leases", "% a year", 4, 20, 0.5),
    "building": ("Cost of building a megawatt", "million dollars", 5, 16, 0.5),
    "spent": ("Share of unfinished buildings already paid for", "%", 0, 100, 5),
    "share": ("Share of the pipeline that finds a tenant", "%", 0, 100, 5),
}


def mining_profit(hashprice_usd: float, *, efficiency_j_per_th: float, cents_per_kwh: float) -> float:
    """Yearly gross profit of an EH/s, million USD: `hashprice_usd` per PH/s and day, less power."""
    power_mw = efficiency_j_per_th  # 1 EH/s is 1e6 TH/s, and a joule a second is a watt
    power = power_mw * HOURS_PER_YEAR * cents_per_kwh * 10 / 1e6
    return 1000 * hashprice_usd * 365 / 1e6 - power


def valued_leases(
    contracts: pd.DataFrame, day: pd.Timestamp, parents: Mapping[str, str], *, unseen: float
) -> pd.DataFrame:
    """What tenants of buildings will pay at own share: ticker (the parent's), value_usd_m, years of the term and wait.

    `contracts` are those in force (`ledger.contracted`); a value of several and an extension are among them, what has
    no value or term is not. `wait` is the years from `day` to the start, `unseen` where nobody stated one.
    """
    paid = contracts["deal_type"].eq("colocation_lease") | contracts["counts_as"].isin(["value", "extension"])
    rows = ledger.own_share(contracts[paid].dropna(subset=["contract_value_usd_bn", "term_years"]))
    return pd.DataFrame(
        {
            "ticker": rows["ticker"].replace(parents),
            "years": rows["term_years"],
            "value_usd_m": 1000 * rows["contract_value_usd_bn"],
            "wait": waits(contracts, day).reindex(rows.index).fillna(unseen),
        }
    )


def hash_rates(power_status: pd.DataFrame, segments: pd.DataFrame) -> pd.Series:
    """The hash rate that each company stated last, EH/s, in a statement on its power or in a report: ticker -> EH/s."""
    statements = power_status.assign(day=last_day(power_status["as_of"]))
    reports = segments.rename(columns={"period_end": "day", "energized_ehs": "hash_rate_ehs"})
    rows = pd.concat([rows[["ticker", "day", "hash_rate_ehs"]] for rows in (statements, reports)]).dropna()
    return rows.sort_values("day", kind="stable").groupby("ticker")["hash_rate_ehs"].last()


def pipelines(power_status: pd.DataFrame) -> pd.Series:
    """Gross megawatts without a tenant that each company stated last: ticker -> MW."""
    rows = power_status.assign(day=last_day(power_status["as_of"])).sort_values("day", kind="stable")
    return rows.groupby("ticker")["pipeline_mw"].last()


def to_build(contracts: pd.DataFrame, live_mw: pd.Series) -> pd.Series:
    """Critical-IT megawatts of leases in force at own share that do not run yet, of the companies of `live_mw`.

    All that is contracted, where no figure for what runs was found.
    """
    leased = ledger.own_share(contracts[contracts["deal_type"] == "colocation_lease"])
    megawatts = leased.groupby("ticker")["critical_it_mw"].sum().reindex(live_mw.index).fillna(0)
    return (megawatts - live_mw.fillna(0)).clip(lower=0)


def computable(valued: pd.DataFrame, contracts: pd.DataFrame, parents: Mapping[str, str]) -> pd.Series:
    """Which of the companies with complete books can be summed (`valued`: ticker -> mining, hash_rate_ehs): flags.

    Not those that sell computing, whose equipment would have to be known, nor a miner whose hash rate is not.
    """
    cloud = contracts.loc[contracts["deal_type"] == "gpu_cloud", "ticker"].replace(parents)
    idle = valued["mining"].isin(["ended", "never", "separate_company"])
    sells = pd.Series(valued.index.isin(cloud), valued.index)
    return ~sells & (valued["hash_rate_ehs"].notna() | idle)


def net_assets(valued: pd.DataFrame) -> pd.DataFrame:
    """Coins less net debt, million USD, restricted cash left apart (`net_low`) and counted (`net_high`)."""
    coins = valued["coins_usd_m"].fillna(0)
    return pd.DataFrame(
        {"net_low": coins - valued["net_debt_high_usd_m"], "net_high": coins - valued["net_debt_low_usd_m"]}
    )


def sums(companies: pd.DataFrame, leases: pd.DataFrame, settings: Settings, fixed: Settings) -> pd.DataFrame:
    """Each company's parts and their sums: ticker -> mining, leases and pipeline of each end, `low` and `high`.

    `companies` (by ticker): hash_rate_ehs, to_build_mw, pipeline_mw (critical IT), net_low and net_high (coins and cash
    less debt and preferred stock, restricted cash apart and counted). `leases`: ticker, value_usd_m, years, wait.
    `settings`: multiple, building, and rate, spent and share in percent; `fixed`: profit_per_ehs, margin_low and
    margin_high (of rent that is left to the landlord, percent), rent (USD m per MW and year), years and wait of what
    the pipeline would sign. Low takes the lower margin and leaves restricted cash apart. A loss-making mine is switched
    off: nothing.
    """
    rate = settings["rate"] / 100
    worth = present_value(leases["value_usd_m"], leases["years"], rate=rate, wait=leases["wait"])
    rents = pd.Series(worth, leases.index).groupby(leases["ticker"]).sum().reindex(companies.index).fillna(0)
    years = fixed["years"]
    later = pd.Series(present_value(fixed["rent"] * years, years, rate=rate, wait=fixed["wait"])).item()
    owed = settings["building"] * (1 - settings["spent"] / 100) * companies["to_build_mw"]
    found = {"mining": settings["multiple"] * max(fixed["profit_per_ehs"], 0) * companies["hash_rate_ehs"].fillna(0)}
    for end in ("low", "high"):
        margin = fixed[f"margin_{end}"] / 100
        found[f"leases_{end}"] = margin * rents - owed
        gain = max(margin * later - settings["building"], 0)
        found[f"pipeline_{end}"] = settings["share"] / 100 * companies["pipeline_mw"].fillna(0) * gain
        parts = (found["mining"], found[f"leases_{end}"], found[f"pipeline_{end}"], companies[f"net_{end}"])
        found[end] = sum(parts[1:], parts[0])
    return pd.DataFrame(found)


def shown(companies: pd.DataFrame, leases: pd.DataFrame, settings: Settings, fixed: Settings) -> dict[str, Any]:
    """What a notebook stores of the sum: all that the page and its script need, with the sums of the first settings."""
    rows = companies.join(sums(companies, leases, settings, fixed)[["low", "high"]])
    said = json.loads(rows.reset_index().to_json(orient="records", double_precision=6))
    held = leases[["ticker", "value_usd_m", "years", "wait"]]
    return {
        "companies": said,
        "leases": json.loads(held.to_json(orient="records", double_precision=6)),
        "settings": dict(settings),
        "fixed": {name: round(value, 6) for name, value in fixed.items()},
    }


def by_case(
    companies: pd.DataFrame, leases: pd.DataFrame, cases: Mapping[str, Settings], fixed: Settings
) -> pd.DataFrame:
    """The sum of each company under several sets of assumptions, one row a company, by ticker.

    Columns: company, market_value_usd_m and in billions, ticker, for each case its range in words (billion USD), its
    ends in million USD, and whether the market value lies between them.
    """
    found = {name: sums(companies, leases, settings, fixed) for name, settings in cases.items()}
    rows = companies[["company", "market_value_usd_m"]].assign(ticker=companies.index)
    rows["market_value_usd_bn"] = rows["market_value_usd_m"] / 1000
    for name, case in found.items():
        rows[name] = [
            span(low, high).replace("$", "").replace("bn", "") for low, high in zip(case["low"], case["high"])
        ]
        rows[f"{name}_low_usd_m"], rows[f"{name}_high_usd_m"] = case["low"], case["high"]
        rows[f"{name}_inside"] = rows["market_value_usd_m"].between(case["low"], case["high"])
    return rows


def told(settings: Settings) -> str:
    """A set of assumptions in words, see `written`."""
    return ", ".join(written(setting, value) for setting, value in settings.items())


def written(setting: str, value: float) -> str:
    """An assumption in words: "discount rate of the leases 9% a year"."""
    label, unit = SLIDERS[setting][:2]
    return f"{label.lower()} {value:g}{'' if unit.startswith('%') else ' '}{unit}"


def span(low_usd_m: float, high_usd_m: float) -> str:
    """From low to high in billion dollars, as the page's script writes it too: "−$4.5bn to $0.9bn"; no minus zero."""
    rounded = [round(value / 1000, 1) for value in (low_usd_m, high_usd_m)]
    return " to ".join(dict.fromkeys(f"{'−' if value < 0 else ''}${abs(value):.1f}bn" for value in rounded))
