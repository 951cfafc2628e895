"""What the miners signed: megawatts and value, rent per megawatt, concentration, income so far.

Critical-IT megawatts (power to the servers) and gross megawatts (with cooling and losses) are never added.
A contract for which only a gross figure was seen has an open basis: the source does not say which it is.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from minerpivot import mining
from minerpivot.tables import last_day

HOURS_PER_YEAR = 8760
TENANT_TYPES = ("colocation_lease", "gpu_cloud", "jv")

# Galaxy published one value for three contracts and megawatts for each: one row for money, three for megawatts.
HELIOS_VALUE = "GLXY-2025-08-HELIOS-TOTAL"
HELIOS_PHASES = ("GLXY-2025-03-CW1", "GLXY-2025-CW2", "GLXY-2025-08-CW3")
HELIOS_GROSS_MW = 800  # of the three together, from the notes of GLXY-2025-08-CW3; the phase rows state none

# Rows of a tenant type in which no tenant has signed; frameworks, options and amendments are of type `other`.
WITHOUT_TENANT = {
    "MARA-2026-02-STARWOOD": "partnership with a developer, no tenant",
    "SLNH-2026-01-METROBLOKS": "memorandum and a non-binding letter of intent",
}
# Signed, but conditions of the counterparty are outstanding: shown in the ledger, not binding and in no sum.
NOT_EFFECTIVE = ("BTDR-2026-06-TYDAL",)
# Values worked out as a difference of cumulative totals, or from a yearly average, not stated for the row.
DERIVED_VALUES = (
    "CORZ-2024-08-CWOPT1-2", "CORZ-2025-02-CWDENTON", "APLD-2025-09-CW2", "WULF-2025-08-FS2-CB5",
    "CIFR-2026-03-IG3", HELIOS_VALUE,
)  # fmt: skip
# WhiteFiber is listed apart but consolidated by Bit Digital, which reports its revenue.
SUBSIDIARIES = {"WYFI": "BTBT"}
# Their AI revenue holds fit-out that a tenant pays for once, no rent: 73 m of Applied Digital's 85 m in the quarter to
# November 2025, an unstated part of Riot's data-centre segment (pages named in their rows of miner_segments).
FIT_OUT = ("APLD", "RIOT")
# A package that was announced first and signed later under other rows.
ANNOUNCED_TWICE = ("IREN-2026-02-05-loan",)


def _of_tenants(deals: pd.DataFrame) -> pd.DataFrame:
    """Rows that a tenant signed, and Galaxy's value row, whatever became of them; refuses what would count twice."""
    twice = deals.loc[deals["deal_id"].duplicated(), "deal_id"].tolist()
    if twice:
        raise ValueError(f"{', '.join(twice)}: listed twice in deals; its megawatts and value would count twice")
    ids = deals["deal_id"]
    phases = ids.isin(HELIOS_PHASES) & deals["contract_value_usd_bn"].notna()
    if (ids == HELIOS_VALUE).any() and phases.any():
        raise ValueError(f"{', '.join(ids[phases])}: has a value that {HELIOS_VALUE} contains; leave one of them empty")
    return deals[(deals["deal_type"].isin(TENANT_TYPES) & ~ids.isin(list(WITHOUT_TENANT))) | (ids == HELIOS_VALUE)]


def contracted(deals: pd.DataFrame, *, conditional: bool = False) -> pd.DataFrame:
    """Binding tenant contracts in force, oldest first: the rows whose value and megawatts may be summed.

    Keeps colocation leases, GPU cloud contracts and joint ventures, and Galaxy's value row. Leaves out what has
    no tenant (`WITHOUT_TENANT`), every other type, rows that a later row supersedes, terminated rows, and what is
    not effective (`NOT_EFFECTIVE`, kept if `conditional`); the status is the last one seen, not that of the day.
    Adds `announced` (a partial date counts from its last day), `mw` and `mw_basis` ("critical IT", or "open"),
    missing where no megawatts were seen. For the state on a day pass `load("deals", as_of=day)`.

    Raises `ValueError` if a row is listed twice or if a Galaxy phase carries a value beside the common one.
    """
    rows = _of_tenants(deals)
    gone = rows["deal_id"].isin([*deals["supersedes"].dropna(), *(() if conditional else NOT_EFFECTIVE)])
    rows = rows[~gone & (rows["status"] != "terminated")]
    megawatts = rows["critical_it_mw"].fillna(rows["gross_mw"])
    basis = rows["critical_it_mw"].notna().map({True: "critical IT", False: "open"}).where(megawatts.notna())
    rows = rows.assign(announced=dated(rows["announced_on"]), mw=megawatts, mw_basis=basis)
    return rows.sort_values(["announced", "deal_id"], ignore_index=True)


def dated(dates: pd.Series, partial: str = "last") -> pd.Series:
    """Day of each date; one known to a month or year counts from its "last" or "first" day, or is missing ("drop")."""
    if partial not in ("last", "first", "drop"):
        raise ValueError(f"partial={partial!r}: must be 'last', 'first' or 'drop'")
    if partial == "last" or pd.api.types.is_datetime64_any_dtype(dates):
        return last_day(dates)
    text = dates.astype("string")
    return last_day(text.where(text.str.len() == 10) if partial == "drop" else (text + "-01-01").str[:10])


def pivot_dates(deals: pd.DataFrame, *, partial: str = "last") -> pd.Series:
    """Day of each ticker's first binding tenant contract: ticker -> Timestamp, earliest first.

    What became of it later does not matter: a terminated or superseded contract was a first signing on its day.
    Frameworks, power, land, takeovers and contracts that are not effective do not count, nor does one without a
    date. `partial` is that of `dated`; only "last" is free of look-ahead, and "drop" loses tickers.
    """
    rows = _of_tenants(deals)
    binding = rows[~rows["deal_id"].isin([*NOT_EFFECTIVE, HELIOS_VALUE])]
    first = dated(binding["announced_on"], partial).groupby(binding["ticker"]).min().dropna()
    return first.sort_values(kind="stable").rename("pivot_date")


def tenants(contracts: pd.DataFrame) -> pd.Series:
    """Name of each contract's tenant, without remarks; an undisclosed one is another for each miner."""
    name = contracts["counterparty"].str.replace(r"\s*\(.*?\)", "", regex=True)
    hidden = name.str.startswith("undisclosed")
    return name.where(~hidden, name + " (" + contracts["ticker"] + ")").rename("tenant")


def totals(contracts: pd.DataFrame, by: pd.Series | None = None) -> pd.DataFrame:
    """Contracts, base value, and megawatts by basis, summed by `by` (or in all: one row, `all`).

    Columns: contracts (Galaxy's value row is not one), valued, value_usd_bn, usd_bn_per_year, critical_it_mw,
    open_mw. What was not seen is not in the sums: lower bounds. A sum of nothing seen is missing, not zero.
    """
    parts = {
        "contracts": (contracts["deal_id"] != HELIOS_VALUE).astype(int),
        "valued": contracts["contract_value_usd_bn"].notna().astype(int),
        "value_usd_bn": contracts["contract_value_usd_bn"],
        "usd_bn_per_year": contracts["contract_value_usd_bn"] / contracts["term_years"],
        "critical_it_mw": contracts["mw"].where(contracts["mw_basis"] == "critical IT"),
        "open_mw": contracts["mw"].where(contracts["mw_basis"] == "open"),
    }
    keys = pd.Series("all", index=contracts.index) if by is None else by
    return (
        pd.DataFrame(parts).groupby(keys).sum(min_count=1).sort_values("value_usd_bn", ascending=False, kind="stable")
    )


def gross_ratios(deals: pd.DataFrame) -> pd.Series:
    """Gross over critical-IT megawatts of every contract for which both were seen, by deal_id, ascending.

    Galaxy's gross figure is that of its campus: one ratio, by the value row's key, once all its phases are public.
    """
    pairs = deals.dropna(subset=["critical_it_mw", "gross_mw"]).set_index("deal_id")
    ratios = pairs["gross_mw"] / pairs["critical_it_mw"]
    phases = deals.loc[deals["deal_id"].isin(HELIOS_PHASES), "critical_it_mw"].dropna()
    if len(phases) == len(HELIOS_PHASES):
        ratios[HELIOS_VALUE] = HELIOS_GROSS_MW / phases.sum()
    return ratios.sort_values().rename("gross_per_critical")


def combined(contracts: pd.DataFrame) -> pd.DataFrame:
    """`contracts` with Galaxy's phases folded into its value row, once all are public: one row, value and megawatts."""
    phases = contracts["deal_id"].isin(HELIOS_PHASES)
    whole = contracts["deal_id"] == HELIOS_VALUE
    if not whole.any() or phases.sum() < len(HELIOS_PHASES):
        return contracts
    megawatts = contracts.loc[phases, "critical_it_mw"].sum()
    filled = {"critical_it_mw": megawatts, "mw": megawatts, "mw_basis": "critical IT", "deal_type": "colocation_lease"}
    folded = contracts.assign(**{column: contracts[column].mask(whole, value) for column, value in filled.items()})
    return folded[~phases].reset_index(drop=True)


def revenue_per_mw_year(contracts: pd.DataFrame, *, ratio: float) -> pd.DataFrame:
    """Million USD per critical-IT MW and year of the base term, for contracts with value, term and megawatts.

    Adds `market` ("colocation rent" or "GPU cloud", two markets that are not comparable) and the columns
    `low` and `high`: value / (MW × years). They differ where the megawatt basis is open: `low` takes the
    figure as critical IT, `high` as gross, with `ratio` gross megawatts per critical one. `net_low` and
    `net_high` take off the miner's hardware order for the contract (missing where there is none).
    """
    rows = combined(contracts).dropna(subset=["contract_value_usd_bn", "term_years", "mw"])
    low = 1000 * rows["contract_value_usd_bn"] / (rows["mw"] * rows["term_years"])
    high = low.where(rows["mw_basis"] == "critical IT", low * ratio)
    left = 1 - rows["customer_gpu_or_capex_usd_bn"] / rows["contract_value_usd_bn"]
    market = rows["deal_type"].map(lambda kind: "GPU cloud" if kind == "gpu_cloud" else "colocation rent")
    return rows.assign(market=market, low=low, high=high, net_low=low * left, net_high=high * left)


def rent_per_mwh(usd_m_per_mw_year: pd.Series | float) -> pd.Series | float:
    """USD per MWh of a rent per megawatt and year, at full availability: rent × 1e6 / 8760 hours."""
    return usd_m_per_mw_year * 1_000_000 / HOURS_PER_YEAR


def against_mining(
    rates: pd.DataFrame, hashprice_usd: pd.Series, *, efficiency_j_per_th: float, power_usd_per_mwh: float, ratio: float
) -> pd.DataFrame:
    """Colocation rent and the mining that the same megawatt-hour would pay, USD per MWh after power.

    `rates` is the result of `revenue_per_mw_year`, `hashprice_usd` daily, in USD per PH/s per day. The tenant
    pays power, so rent is after power. `rent_site` divides by `ratio` to charge cooling and losses to the rent
    (the lower end, per MWh drawn from the grid), `rent_server` does not (the upper end). `mining_signing` uses
    the mean hashprice of the thirty days to the signing, `mining_now` that of the last thirty days; both are
    before overhead, hosting and the cost of the machine. `break_even_signing` and `break_even_now` are the
    efficiencies, J/TH, at which mining would pay as much as `rent_site`: hashprice / (0.024 × (rent + power)).
    """
    rows = rates[(rates["market"] == "colocation rent") & rates["announced"].notna()]
    smooth = hashprice_usd.dropna().rolling("30D").mean()
    now = float(smooth.iloc[-1])
    signing = smooth.reindex(pd.DatetimeIndex(rows["announced"]), method="ffill").set_axis(rows.index)
    site = rent_per_mwh(rows["low"]) / ratio
    # revenue_per_mwh is hashprice / (0.024 e), so solving it for e is the same division
    matching = site + power_usd_per_mwh
    return rows.assign(
        rent_site=site,
        rent_server=rent_per_mwh(rows["high"]),
        mining_signing=mining.revenue_per_mwh(signing, efficiency_j_per_th) - power_usd_per_mwh,
        mining_now=mining.revenue_per_mwh(now, efficiency_j_per_th) - power_usd_per_mwh,
        break_even_signing=mining.revenue_per_mwh(signing, 1) / matching,
        break_even_now=mining.revenue_per_mwh(now, 1) / matching,
    )


def best_efficiency(asics: pd.DataFrame, days: pd.Series, *, partial: str = "last") -> pd.Series:
    """Lowest J/TH of any machine of `asics` released by each of `days`; `partial` is that of `dated`."""
    best = asics["efficiency_j_per_th"].groupby(dated(asics["released"], partial)).min().cummin()
    return best.reindex(pd.DatetimeIndex(days), method="ffill").set_axis(days.index)


def herfindahl(values: pd.Series) -> float:
    """Sum of squared shares of `values` (Herfindahl–Hirschman index), from 1/n (equal) to 1 (one holds all)."""
    return float(((values / values.sum()) ** 2).sum())


def backed(contracts: pd.DataFrame, backer: str = "Google") -> pd.DataFrame:
    """Contracts whose credit support names `backer`: it covers a stated sum, not the whole value of the contract."""
    return contracts[contracts["credit_support"].str.contains(backer, na=False)]


def present_value(value: pd.Series, years: pd.Series, *, rate: float) -> pd.Series:
    """Value today of `value` paid in equal parts at the end of each of `years` years, from today, at `rate`."""
    return value / years * (1 - (1 + rate) ** -years) / rate


def rank(contracts: pd.DataFrame, deal_id: str, *, ratios: tuple[float, float]) -> pd.DataFrame:
    """Where one contract stands among `contracts` (Galaxy's three as one): place 1 is the largest, ties share it.

    One row per measure: `value`, `place` and `of` (contracts that have it). Megawatts are ranked three times:
    every open basis read as critical IT, and as gross at the lowest and highest of `ratios`.
    """
    rows = combined(contracts).set_index("deal_id")
    known = rows["mw_basis"] == "critical IT"
    measures = {
        "base value, USD bn": rows["contract_value_usd_bn"],
        "value per year, USD bn": rows["contract_value_usd_bn"] / rows["term_years"],
        "MW, open basis read as critical IT": rows["mw"],
        "MW, open basis read as gross, lowest ratio": rows["mw"].where(known, rows["mw"] / min(ratios)),
        "MW, open basis read as gross, highest ratio": rows["mw"].where(known, rows["mw"] / max(ratios)),
    }
    table = pd.DataFrame(measures)
    places = table.rank(ascending=False, method="min").loc[deal_id].astype(int)
    found = pd.DataFrame({"value": table.loc[deal_id], "place": places, "of": table.count()})
    return found.rename_axis("measure").reset_index()


def ai_share(segments: pd.DataFrame, tickers: Iterable[str], *, max_age_days: int = 365) -> pd.DataFrame:
    """AI and HPC revenue as percent of revenue, each company's latest quarter with a split, by ticker.

    Columns: period_end, revenue_usd_m, ai_hpc_revenue_usd_m, mining_revenue_usd_m, ai_percent. A company
    without a split in the `max_age_days` before the latest quarter of the table is unknown (missing), not zero;
    a zero is the company's statement that it had no such revenue.
    """
    recent = segments["period_end"] > segments["period_end"].max() - pd.Timedelta(days=max_age_days)
    split = segments[recent].dropna(subset=["revenue_usd_m", "ai_hpc_revenue_usd_m"])
    latest = split.sort_values("period_end").groupby("ticker").tail(1).set_index("ticker")
    columns = ["period_end", "revenue_usd_m", "ai_hpc_revenue_usd_m", "mining_revenue_usd_m"]
    shares = latest[columns].reindex(sorted(set(tickers)))
    return shares.assign(ai_percent=100 * shares["ai_hpc_revenue_usd_m"] / shares["revenue_usd_m"])


def started(contracts: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Contracted revenue per year against AI revenue at the pace of the latest quarter, by reporting company.

    Columns: contracted_usd_m (value / term, summed), income_usd_m (four times the quarter's AI revenue of
    `ai_share`), percent. Companies that report no split, or have no valued contract, are not in it.
    `percent` is no bound: fit-out (`FIT_OUT`), power passed on and contracts without a value raise it; older
    quarters, and an average over a term in which the rent rises, lower it.
    """
    yearly = 1000 * totals(contracts, contracts["ticker"].replace(SUBSIDIARIES))["usd_bn_per_year"]
    both = pd.DataFrame({"contracted_usd_m": yearly[yearly > 0], "income_usd_m": 4 * shares["ai_hpc_revenue_usd_m"]})
    both = both.dropna()
    return both.assign(percent=100 * both["income_usd_m"] / both["contracted_usd_m"])


def build_costs(deals: pd.DataFrame) -> pd.DataFrame:
    """Building cost in million USD per MW (basis as in the source): deal_id -> low, high.

    Reads a range after the word cost or capex in `notes` ("cost 9-11m/MW"); other wordings are not seen.
    """
    stated = deals.set_index("deal_id")["notes"].astype("string")
    ranges = stated.str.extract(r"(?:cost|capex) (?P<low>\d+)-(?P<high>\d+)m/MW").astype("Float64")
    return ranges.dropna().astype(float)


def raised(financings: pd.DataFrame) -> pd.Series:
    """Million USD of debt and equity announced, by ticker: gross, at the size of the facility, drawn or not.

    No measure of cash: programmes, undrawn loans, stock paid for land and refinancing count in full, sales at
    market are mostly unseen. Warrants and packages that other rows sign (`ANNOUNCED_TWICE`) are left out.
    """
    kept = (financings["kind"] != "warrants") & ~financings["financing_id"].isin(ANNOUNCED_TWICE)
    return financings[kept].groupby("ticker")["amount_usd_m"].sum().sort_values(ascending=False)


def due(contracts: pd.DataFrame) -> pd.Series:
    """Last day of each contract's expected start (month, quarter, half, mid-year or year), missing if unstated."""
    start = contracts["start_expected"].astype("string")
    year, part = start.str.extract(r"(\d{4})")[0], start.str.extract(r"\d{4}-(.+)")[0]
    ends = {"Q1": "03", "Q2": "06", "Q3": "09", "Q4": "12", "H1": "06", "H2": "12"}
    month = part.replace(ends).fillna("12").mask(start.str.startswith("mid-"), "06")
    return last_day((year + "-" + month).astype(object)).rename("due")
