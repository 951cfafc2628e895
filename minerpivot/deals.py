"""What the miners signed: megawatts and value, rent per megawatt, concentration, income so far.

Critical-IT megawatts (power to the servers) and gross megawatts (with cooling and losses) are never added.
A contract for which only a gross figure was seen has an open basis: the source does not say which it is.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from minerpivot.tables import last_day

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


def herfindahl(values: pd.Series) -> float:
    """Sum of squared shares of `values` (Herfindahl–Hirschman index), from 1/n (equal) to 1 (one holds all)."""
    return float(((values / values.sum()) ** 2).sum())


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


def counted_as(deals: pd.DataFrame) -> pd.Series:
    """How each row of the ledger counts: its kind if it is in the sums, else "no: " and the reason."""
    kinds = dict(
        zip((*TENANT_TYPES, "other"), ("colocation", "GPU cloud", "joint venture", "value of three"), strict=True)
    )
    reasons = {"acquisition": "takeover or sale", "power_capacity": "land or power", "other": "framework or cost"}
    ids, summed = deals["deal_id"], deals["deal_id"].isin(contracted(deals)["deal_id"])
    left = ("no: " + deals["deal_type"].map(reasons)).mask(deals["status"] == "amended", "no: amendment")
    left = left.mask(ids.isin(list(WITHOUT_TENANT)), "no: no tenant").mask(ids.isin(NOT_EFFECTIVE), "no: not effective")
    left = left.mask(ids.isin(deals["supersedes"].dropna()), "no: superseded")
    return deals["deal_type"].map(kinds).where(summed, left.fillna("no: terminated")).rename("counted_as")


def cumulative(contracts: pd.DataFrame) -> pd.DataFrame:
    """`contracts` that have a date, each with the sums up to and with its row: `value_so_far`, `critical_it_so_far`.

    A value or megawatts that were not seen add nothing (lower bounds) and stay missing in their own row.
    """
    rows = contracts.dropna(subset=["announced"]).sort_values(["announced", "deal_id"], ignore_index=True)
    critical = rows["mw"].where(rows["mw_basis"] == "critical IT")
    value = rows["contract_value_usd_bn"]
    return rows.assign(value_so_far=value.fillna(0).cumsum(), critical_it_so_far=critical.fillna(0).cumsum())


def ultimate_credit(contracts: pd.DataFrame) -> pd.DataFrame:
    """On whose credit each contract rests in the end: `credit` (a name) and `ground` (why).

    The rule: who guarantees the tenant, where `credit_support` names Google; else the tenant itself, with the ground
    "rated tenant" where the source calls it investment grade, "prepayment", or "no support stated". A guarantor counts
    for the whole contract, though it covers a stated sum or the base term only.
    """
    support = contracts["credit_support"].astype("string")
    google = support.str.contains("Google").fillna(False)
    ground = pd.Series("no support stated", index=contracts.index)
    ground = ground.mask(support.str.contains("prepayment").fillna(False), "prepayment")
    ground = ground.mask(support.str.contains("investment grade").fillna(False), "rated tenant")
    credit = tenants(contracts).mask(google, "Google")
    return pd.DataFrame({"credit": credit, "ground": ground.mask(google, "guarantee")})


def backstop_usd_bn(contracts: pd.DataFrame) -> pd.Series:
    """The sum that a guarantor covers, as stated in the row for itself, USD bn; missing where none is stated."""
    stated = contracts["credit_support"].astype("string")
    return stated.str.extract(r"(?:backstop|additional) \+?([\d.]+)bn")[0].astype("Float64").astype(float)


def concentration(contracts: pd.DataFrame, by: pd.Series) -> pd.Series:
    """Groups with a valued contract, the largest, its percent of base value, and the Herfindahl index, by `by`."""
    value = totals(contracts, by)["value_usd_bn"].dropna()
    if value.empty:
        return pd.Series({"groups": 0, "largest": None, "largest_percent": float("nan"), "herfindahl": float("nan")})
    share = 100 * value.iloc[0] / value.sum()
    found = {"groups": len(value), "largest": value.index[0], "largest_percent": share, "herfindahl": herfindahl(value)}
    return pd.Series(found, dtype=object)


def standing(contracts: pd.DataFrame, deal_id: str, *, ratios: tuple[float, float]) -> pd.DataFrame:
    """Where one contract stands among `contracts` (Galaxy's three as one): place 1 is the largest, ties share it.

    One row per measure: `value`, `place` and `of` (contracts that have it); missing where the contract has no such
    value. Megawatts are ranked three times: every open basis read as critical IT, and as gross at the lowest and
    highest of `ratios`. Rates (USD m per MW-year) are ranked within the contract's market, read both ways.
    """
    rows = combined(contracts).set_index("deal_id")
    known = rows["mw_basis"] == "critical IT"
    rates = revenue_per_mw_year(contracts, ratio=max(ratios)).set_index("deal_id")
    rates = rates[rates["market"] == rates["market"].get(deal_id)]
    measures = {
        "base value, USD bn": rows["contract_value_usd_bn"],
        "value per year, USD bn": rows["contract_value_usd_bn"] / rows["term_years"],
        "MW, open basis read as critical IT": rows["mw"],
        "MW, open basis read as gross, lowest ratio": rows["mw"].where(known, rows["mw"] / min(ratios)),
        "MW, open basis read as gross, highest ratio": rows["mw"].where(known, rows["mw"] / max(ratios)),
        "value with renewals, USD bn": rows["extension_value_usd_bn"],
        "USD m per MW and year, as critical IT": rates["low"],
        "USD m per MW and year, as gross": rates["high"],
    }
    table = pd.DataFrame(measures).astype(float)
    places = table.rank(ascending=False, method="min").reindex([deal_id]).iloc[0].astype("Int64")
    found = pd.DataFrame({"value": table.reindex([deal_id]).iloc[0], "place": places, "of": table.count()})
    return found.loc[list(measures)].rename_axis("measure").reset_index()


def rank(contracts: pd.DataFrame, deal_id: str, *, ratios: tuple[float, float]) -> pd.DataFrame:
    """The rows of `standing` by value, value per year and megawatts; an error if the contract is not among them."""
    return standing(contracts, deal_id, ratios=ratios).head(5).astype({"place": int})


def due(contracts: pd.DataFrame) -> pd.Series:
    """Last day of each contract's expected start (month, quarter, half, mid-year or year), missing if unstated."""
    start = contracts["start_expected"].astype("string")
    year, part = start.str.extract(r"(\d{4})")[0], start.str.extract(r"\d{4}-(.+)")[0]
    ends = {"Q1": "03", "Q2": "06", "Q3": "09", "Q4": "12", "H1": "06", "H2": "12"}
    month = part.replace(ends).fillna("12").mask(start.str.startswith("mid-"), "06")
    return last_day((year + "-" + month).astype(object)).rename("due")


def delivery(contracts: pd.DataFrame, day: str | pd.Timestamp) -> pd.DataFrame:
    """Critical-IT megawatts by company and by what was seen of them on `day`; the companies with most come first.

    Columns: `delivered` (by the status; missing if no row has one), `due` (expected by `day`, not seen delivered),
    `later` (expected after it), `undated` (no expected start seen). What is open or not seen is in none.
    """
    rows = contracts[contracts["mw_basis"] == "critical IT"]
    done, start = rows["status"] == "delivered", due(rows)
    states = {
        "delivered": rows["mw"].where(done),
        "due": rows["mw"].where(~done & (start <= pd.Timestamp(day))),
        "later": rows["mw"].where(~done & (start > pd.Timestamp(day))),
        "undated": rows["mw"].where(~done & start.isna()),
    }
    found = pd.DataFrame(states).fillna(0).groupby(rows["ticker"].replace(SUBSIDIARIES)).sum()
    found = found.loc[found.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    return found if contracts["status"].notna().any() else found.assign(delivered=float("nan"))
