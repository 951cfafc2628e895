"""What the miners signed: megawatts and value, rent per megawatt, concentration, income so far.

Critical-IT megawatts (power to the servers) and gross megawatts (with cooling and losses) are never added.
A contract for which only a gross figure was seen has an open basis: the source does not say which it is.

A contract has states with days: what is said of a past day is taken from the ledger of that day (`ledger_on`), so
that one which was sold or terminated since is in the sums of the days on which it was in force.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

import pandas as pd

from minerpivot.data.tables import TableError, last_day, load

SUMMED = ("contract", "value", "extension")  # `counts_as` of the rows that a sum may hold
SIGNED = ("contract", "extension")  # `counts_as` of the rows that a tenant signed
BINDING = ("signed", "partly_delivered", "delivered", "completed")  # states in which a contract is in force
GONE = ("superseded", "terminated", "sold", "untraced")  # untraced: no longer as announced, and its end was not seen
TOLD = {"untraced": "no longer traced", "superseded": "replaced"}  # states in other words than their own
NO_LESS = ("exact", "more_than")  # `value_qualifier` of the values that a lower bound may hold
LOOSE = {"about": "“about”", "up_to": "“up to”", "at_full_use": "“at full use”"}  # of those that may turn out lower


def ledger_on(day: str | pd.Timestamp) -> pd.DataFrame:
    """The table `deals` with the rows and states that were public on `day`; without rows before the first one."""
    try:
        return load("deals", as_of=f"{pd.Timestamp(day):%Y-%m-%d}")
    except TableError:  # nothing was public yet, or the table cannot be read, which the next line says
        return load("deals").iloc[:0]


def behind(deals_end: str, deliveries_end: str) -> str:
    """A line if deliveries are told for later than the contracts reach (ISO days): pages stop at the earlier day."""
    if deliveries_end <= deals_end:
        return ""
    return (
        f"data/deals.csv ends on {deals_end}, deliveries.csv on {deliveries_end}, and What the miners signed stops at "
        "the former; if you read on and nothing was announced, write the day as reached under coverage in deals.yml"
    )


def _of_tenants(deals: pd.DataFrame) -> pd.DataFrame:
    """Rows that a sum may hold, whatever became of them; refuses what would count twice."""
    twice = deals.loc[deals["deal_id"].duplicated(), "deal_id"].tolist()
    if twice:
        raise ValueError(f"{', '.join(twice)}: listed twice in deals; its megawatts and value would count twice")
    valued_apart = deals["part_of"].isin(deals["deal_id"]) & deals["contract_value_usd_bn"].notna()
    if valued_apart.any():
        parts = deals[valued_apart]
        whole = ", ".join(dict.fromkeys(parts["part_of"]))
        ids = ", ".join(parts["deal_id"])
        raise ValueError(f"{ids}: has a value that {whole} contains; leave one of them empty")
    return deals[deals["counts_as"].isin(SUMMED)]


UNDISCLOSED = re.compile(r"undisclosed ?(.*?) ?\(([\w.-]+)\)")  # as the table writes one whom no source names


def tenant_name(tenant: str, names: Mapping[str, str] | None = None) -> str:
    """A tenant as the reader knows it, several with commas; one whom no source names is "undisclosed" and its kind.

    The table writes such a one as "undisclosed hyperscaler (HUT)"; a single letter tells two of one company apart. Each
    is somebody's, "undisclosed hyperscaler of Hut 8", where `names` of the companies are given.
    """

    def told(found: re.Match[str]) -> str:
        kind = found[1] if len(found[1]) > 1 else "tenant"
        return f"undisclosed {kind}" + (f" of {names.get(found[2], found[2])}" if names is not None else "")

    return ", ".join(dict.fromkeys(UNDISCLOSED.sub(told, tenant).split("; ")))


def lease_names(contracts: pd.DataFrame, names: Mapping[str, str]) -> pd.Series:
    """A name for each contract: company and tenant, with megawatts and month only where two would be called alike."""
    label = contracts["ticker"].map(dict(names)) + "–" + contracts["tenant"].map(tenant_name, na_action="ignore")
    for more in (
        contracts["mw"].map(", {:.0f} MW".format, na_action="ignore").fillna(""),
        contracts["announced"].dt.strftime(", %b %Y"),
    ):
        label = label.mask(label.duplicated(keep=False), label + more)  # pyrefly: ignore[unsupported-operation]
    return label


def parent_of(instruments: pd.DataFrame) -> dict[str, str]:
    """Subsidiary -> the company that consolidates it, by `instruments.parent`."""
    owned = instruments.dropna(subset=["parent"])
    return dict(zip(owned["ticker"], owned["parent"]))


def needed(contracts: pd.DataFrame) -> pd.DataFrame:
    """`contracts`; raises `TableError` with the mend where a fork has none with megawatts: nothing could add up."""
    if not contracts["mw"].notna().any():
        raise TableError(
            "data/deals.csv has no tenant's contract in force with its megawatts (counts_as is contract); add one, or "
            "take the chapter out (its notebook and its line in _toc.yml)"
        )
    return contracts


def contracted(deals: pd.DataFrame, *, conditional: bool = False) -> pd.DataFrame:
    """Tenant contracts in force, oldest first: the rows whose value and megawatts may be summed (`counts_as`).

    Leaves out rows that a later row supersedes, rows that ended (`GONE`), and what is not effective (kept if
    `conditional`), by the states of the day that the table was loaded for (`load("deals", as_of=day)`). Adds
    `announced` (a partial date counts from its last day), `mw` and `mw_basis` ("critical IT", or "open"), missing
    where no megawatts were seen and in rows of value alone.

    Raises `ValueError` if a row is listed twice or if a part of a common value has a value of its own.
    """
    rows = _of_tenants(deals)
    states = (*BINDING, *(("conditional",) if conditional else ()))
    return _measured(rows[rows["state"].isin(states) & ~rows["deal_id"].isin(deals["supersedes"].dropna())])


def ended(deals: pd.DataFrame) -> pd.DataFrame:
    """Tenant contracts that bound and are in force no more (`GONE`), oldest first, with the columns of `contracted`."""
    return _measured(
        deals[(deals["counts_as"] == "contract") & deals["state"].isin(GONE) & deals["binding_since"].notna()]
    )


def _measured(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows by day, with `announced`, `mw` and `mw_basis`."""
    megawatts = rows["critical_it_mw"].fillna(rows["gross_mw"]).where(rows["counts_as"] == "contract")
    basis = rows["critical_it_mw"].notna().map({True: "critical IT", False: "open"}).where(megawatts.notna())
    rows = rows.assign(announced=dated(rows["announced_on"]), mw=megawatts, mw_basis=basis)
    return rows.sort_values(["announced", "deal_id"], ignore_index=True)


def stated_megawatts(deals: pd.DataFrame) -> pd.DataFrame:
    """Megawatts of every row as stated, `mw` (critical IT where both were seen), and their `basis` in words."""
    megawatts = deals["critical_it_mw"].fillna(deals["gross_mw"])
    basis = (
        deals["mw_basis"]
        .replace({"both": "gross", "open": "basis open"})
        .mask(deals["critical_it_mw"].notna(), "critical IT")
    )
    return pd.DataFrame({"mw": megawatts, "basis": basis.where(megawatts.notna())})


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
    Frameworks, power, land and takeovers do not count, nor does a contract that never bound (`binding_since`) or one
    without a day. `partial` is that of `dated`; only "last" is free of look-ahead, and "drop" loses tickers.
    """
    binding = _bound(deals)
    first = dated(binding["binding_since"], partial).groupby(binding["ticker"]).min().dropna()
    return first.sort_values(kind="stable").rename("pivot_date")


def first_stated(deals: pd.DataFrame) -> pd.Series:
    """Each ticker's first binding tenant contract as its day is stated, which may be a month or a year."""
    binding = _bound(deals)
    first = binding.assign(day=dated(binding["binding_since"])).sort_values("day", kind="stable")
    return first.drop_duplicates("ticker").set_index("ticker")["binding_since"].astype("string")


def _bound(deals: pd.DataFrame) -> pd.DataFrame:
    """Contracts of tenants that bound, whatever became of them."""
    return deals[(deals["counts_as"] == "contract") & deals["binding_since"].notna()]


def own_share(contracts: pd.DataFrame) -> pd.DataFrame:
    """`contracts` with value and megawatts at the company's own part of each joint venture (`own_share_pct`)."""
    part = contracts["own_share_pct"].fillna(100) / 100
    shared = ["contract_value_usd_bn", "extension_value_usd_bn", "critical_it_mw", "gross_mw", "mw"]
    return contracts.assign(**{column: contracts[column] * part for column in shared})


def narrow(contracts: pd.DataFrame, instruments: pd.DataFrame) -> pd.DataFrame:
    """`contracts` of companies that mined for their own account at the halving; a subsidiary counts with its parent."""
    role = instruments.set_index("ticker")["role_at_halving"]
    return contracts[contracts["ticker"].replace(parent_of(instruments)).map(role) == "self_miner"]


def is_lower_bound(contracts: pd.DataFrame) -> bool:
    """Whether the sum of values is one: no source says "about", "up to" or "at full use", and each wording is known."""
    valued = contracts[contracts["contract_value_usd_bn"].notna()]
    return bool(valued["value_qualifier"].isin(NO_LESS).all())


def worded_loosely(contracts: pd.DataFrame) -> list[str]:
    """The wordings of values of `contracts` that may turn out lower (`LOOSE`), as far as any has them."""
    valued = contracts[contracts["contract_value_usd_bn"].notna()]
    return [said for qualifier, said in LOOSE.items() if valued["value_qualifier"].eq(qualifier).any()]


def unvalued(contracts: pd.DataFrame) -> pd.DataFrame:
    """`contracts` without a value that was seen, neither their own nor one together with others (`part_of`)."""
    in_a_whole = contracts["part_of"].isin(contracts["deal_id"])
    return contracts[contracts["contract_value_usd_bn"].isna() & ~in_a_whole]


def renewable(contracts: pd.DataFrame) -> pd.DataFrame:
    """`contracts` that state a value for the base term and one with every renewal, as far as no renewal is signed yet.

    Where an extension prolongs a contract, it has signed or replaced that contract's renewals.
    """
    prolonged = contracts["extends"].dropna().str.split("; ").explode()
    stated = contracts.dropna(subset=["contract_value_usd_bn", "extension_value_usd_bn"])
    return stated[~stated["deal_id"].isin(prolonged)]


def totals(contracts: pd.DataFrame, by: pd.Series | None = None) -> pd.DataFrame:
    """Contracts, base value, and megawatts by basis, summed by `by` (or in all: one row, `all`).

    Columns: contracts (rows of value alone and extensions are none), valued, value_usd_bn, usd_bn_per_year (of base
    terms: an extension pays in later years), critical_it_mw, open_mw. What was not seen is not in the sums. A sum of
    nothing seen is missing, not zero.
    """
    yearly = contracts["contract_value_usd_bn"] / contracts["term_years"]
    parts = {
        "contracts": (contracts["counts_as"] == "contract").astype(int),
        "valued": contracts["contract_value_usd_bn"].notna().astype(int),
        "value_usd_bn": contracts["contract_value_usd_bn"],
        "usd_bn_per_year": yearly.where(contracts["counts_as"] != "extension"),
        "critical_it_mw": contracts["mw"].where(contracts["mw_basis"] == "critical IT"),
        "open_mw": contracts["mw"].where(contracts["mw_basis"] == "open"),
    }
    keys = pd.Series("all", index=contracts.index) if by is None else by
    found = pd.DataFrame(parts).groupby(keys).sum(min_count=1)
    if by is None:  # of no contract too
        found = found.reindex(["all"]).fillna({"contracts": 0, "valued": 0})
    return found.sort_values("value_usd_bn", ascending=False, kind="stable")


def sums(contracts: pd.DataFrame, instruments: pd.DataFrame) -> pd.DataFrame:
    """Every sum four ways, indexed by companies ("all", "self-miners") and joint ventures ("own share", "in full").

    Columns are those of `totals`. The sum of a view that holds nothing is missing.
    """
    found = {
        (companies, share): totals(own_share(rows) if share == "own share" else rows).reindex(["all"]).iloc[0]
        for companies, rows in (("all", contracts), ("self-miners", narrow(contracts, instruments)))
        for share in ("own share", "in full")
    }
    return pd.DataFrame(found).T.rename_axis(["companies", "joint ventures"])


def whole_of_parts(deals: pd.DataFrame) -> pd.Series:
    """Critical-IT megawatts of each row of value once all its parts (`parts`) are public, by deal_id."""
    needed = deals[deals["counts_as"] == "value"].set_index("deal_id")["parts"].astype(float)
    found = deals[deals["part_of"].isin(needed.index)].groupby("part_of")["critical_it_mw"]
    return found.sum()[found.count() == needed.reindex(list(found.groups))]


def gross_ratios(deals: pd.DataFrame) -> pd.Series:
    """Gross over critical-IT megawatts of every contract for which both were seen, by deal_id, ascending.

    A row of value whose own gross figure is that of all its parts gives one ratio for them together.
    """
    rows = deals.set_index("deal_id")
    together = whole_of_parts(deals).reindex(rows.index)
    ratios = rows["gross_mw"] / rows["critical_it_mw"].fillna(together)
    return ratios.dropna().sort_values().rename("gross_per_critical")


def combined(contracts: pd.DataFrame) -> pd.DataFrame:
    """`contracts` with the parts of a common value folded into its row: one row, value and megawatts.

    The parts' type is the row's, and their megawatts its own, as far as each states critical IT.
    """
    together = whole_of_parts(contracts)
    parts = contracts[contracts["part_of"].isin(together.index)]
    if parts.empty:
        return contracts
    megawatts = contracts["deal_id"].map(together)
    kinds = contracts["deal_id"].map(parts.groupby("part_of")["deal_type"].first())
    whole = megawatts.notna()
    filled = {"critical_it_mw": megawatts, "mw": megawatts, "mw_basis": "critical IT", "deal_type": kinds}
    folded = contracts.assign(**{column: contracts[column].mask(whole, value) for column, value in filled.items()})
    return folded[~folded["deal_id"].isin(parts["deal_id"])].reset_index(drop=True)


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


def without_fit_out(segments: pd.DataFrame) -> pd.DataFrame:
    """Segments less the fit-out that is stated, in AI revenue and in all revenue: tenants pay it once.

    `ai_includes_fit_out` is then n, and stays y where its size is not stated.
    """
    if "fit_out_usd_m" not in segments:
        return segments
    once = segments["fit_out_usd_m"].fillna(0)
    less = {name: segments[name] - once for name in ("revenue_usd_m", "ai_hpc_revenue_usd_m")}
    return segments.assign(**less, ai_includes_fit_out=segments["ai_includes_fit_out"].mask(once > 0, "n"))


def ai_share(segments: pd.DataFrame, tickers: Iterable[str], *, max_age_days: int = 365) -> pd.DataFrame:
    """AI and HPC revenue as percent of revenue, each company's latest quarter with a split, by ticker.

    Columns: period_end, revenue_usd_m, ai_hpc_revenue_usd_m, mining_revenue_usd_m, ai_includes_fit_out (y, n),
    ai_percent; all less the fit-out that is stated (`without_fit_out`). A company
    without a split in the `max_age_days` before the latest quarter of the table is unknown (missing), not zero;
    a zero is the company's statement that it had no such revenue.
    """
    recent = segments["period_end"] > segments["period_end"].max() - pd.Timedelta(days=max_age_days)
    split = without_fit_out(segments[recent]).dropna(subset=["revenue_usd_m", "ai_hpc_revenue_usd_m"])
    latest = split.sort_values("period_end").groupby("ticker").tail(1).set_index("ticker")
    columns = ["period_end", "revenue_usd_m", "ai_hpc_revenue_usd_m", "mining_revenue_usd_m", "ai_includes_fit_out"]
    shares = latest[columns].reindex(sorted(set(tickers)))
    return shares.assign(ai_percent=100 * shares["ai_hpc_revenue_usd_m"] / shares["revenue_usd_m"])


LEFT_OUT = {  # why a row is in no sum, by `counts_as`
    "amendment": "amendment", "framework": "framework or cost", "own_cost": "framework or cost",
    "no_tenant": "no tenant", "power_or_land": "land or power", "purchase": "takeover or sale",
    "sale": "takeover or sale", "takeover_bid": "takeover or sale",
}  # fmt: skip
KINDS = {"colocation_lease": "colocation", "gpu_cloud": "GPU cloud", "jv": "joint venture"}
NOT_YET = {"conditional": "not effective", "memorandum": "memorandum", "letter_of_intent": "letter of intent"}


def states(deals: pd.DataFrame) -> pd.Series:
    """State of each row on the day that the ledger was loaded for; "superseded" where a later row replaces it."""
    return deals["state"].mask(deals["deal_id"].isin(deals["supersedes"].dropna()), "superseded")


def counted_as(deals: pd.DataFrame) -> pd.Series:
    """How each row of the ledger counts: its kind if it is in the sums, else "no: " and the reason."""
    summed = deals["deal_id"].isin(contracted(deals)["deal_id"])
    kinds = deals["deal_type"].map(KINDS).mask(deals["counts_as"] == "value", "value of several")
    kinds = kinds.mask(deals["counts_as"] == "extension", "extension")
    ended = states(deals).replace(TOLD)
    reasons = deals["counts_as"].map(LEFT_OUT).fillna(deals["state"].map(NOT_YET))
    reasons = reasons.mask(ended == TOLD["superseded"]).fillna(ended)
    return kinds.where(summed, "no: " + reasons.astype(object)).rename("counted_as")


def days_of_change(deals: pd.DataFrame, knowledge: pd.DataFrame, day: str | pd.Timestamp) -> list[pd.Timestamp]:
    """Days to `day` on which the sums can have moved, in order: announcements, what became known later, and `day`."""
    learned = knowledge.loc[knowledge["table"] == "deals", "known_on"]
    days = pd.concat([last_day(deals["announced_on"]), last_day(learned), pd.Series([pd.Timestamp(day)])])
    return sorted(set(days[days <= pd.Timestamp(day)]))


def movements(known: Callable[[pd.Timestamp], pd.DataFrame], days: Iterable[pd.Timestamp]) -> pd.DataFrame:
    """What moved the sums of contracts in force from each of `days` to the next, oldest first.

    `known` gives the ledger of a day (`ledger_on`). One row per contract and day with the columns of `contracted` as
    they were on that day (of a contract that left, as they were last), `day`, `change` ("signed", "ended", "restated":
    its value or critical-IT megawatts became known or other ones), `value_change` and `critical_it_change`, and the
    sums after it, `value_so_far` and `critical_it_so_far`. What was not seen moves nothing and stays missing.
    """
    found = []
    figures = ["contract_value_usd_bn", "critical"]
    before = pd.DataFrame(columns=["deal_id", *figures])
    for day in sorted(set(days)):
        now = contracted(known(day))
        now["critical"] = now["mw"].where(now["mw_basis"] == "critical IT")
        left = before[~before["deal_id"].isin(now["deal_id"])]
        rows = pd.concat([part for part in (now, left) if len(part)] or [now], ignore_index=True)
        came, went = ~rows["deal_id"].isin(before["deal_id"]), rows["deal_id"].isin(left["deal_id"])
        earlier = before.set_index("deal_id")[figures].reindex(rows["deal_id"]).set_axis(rows.index).astype(float)
        change = rows[figures].mask(went).fillna(0) - earlier.fillna(0)
        rows["change"] = came.map({True: "signed", False: "restated"}).mask(went, "ended")
        rows[["value_change", "critical_it_change"]] = change.to_numpy()
        found.append(rows[came | went | change.ne(0).any(axis=1)].assign(day=day))
        before = now
    table = pd.concat([part for part in found if len(part)] or found[:1], ignore_index=True).drop(columns="critical")
    value, critical = table["value_change"].cumsum(), table["critical_it_change"].cumsum()
    return table.assign(value_so_far=value, critical_it_so_far=critical)


GROUNDS = {
    "guarantee": "guarantee",
    "rated_tenant": "rated tenant",
    "prepayment": "prepayment",
    "letter_of_credit": "letter of credit",
    "none_stated": "no support stated",
}


def ultimate_credit(contracts: pd.DataFrame) -> pd.DataFrame:
    """On whose credit each contract rests in the end: `credit` (a name) and `ground` (why).

    The rule: the guarantor where there is one, else the tenant. A guarantor counts for the whole contract, though it
    covers a stated sum or the base term only. A value of several contracts rests on their credit and ground where that
    is one; where their grounds differ, some of its tenants are supported and others not.
    """
    credit = contracts["guarantor"].fillna(contracts["tenant"])
    of_parts = credit.groupby(contracts["part_of"])
    one = of_parts.first()[of_parts.nunique().eq(1)]
    credit = contracts["deal_id"].map(one).fillna(credit)
    ground = contracts["credit_ground"].map(GROUNDS)
    grounds = ground.groupby(contracts["part_of"])
    together = grounds.first().mask(grounds.agg(set).map(len) > 1, "some of the tenants supported")
    return pd.DataFrame({"credit": credit, "ground": contracts["deal_id"].map(together).fillna(ground)})


def assured(contracts: pd.DataFrame) -> pd.Series:
    """Of each contract's base value, USD bn, what its ultimate credit owes as the tenant or guarantees by a stated sum.

    Support without a sum assures none of it here, nor does a value that the credit shares with another tenant.
    """
    value, credit = contracts["contract_value_usd_bn"], ultimate_credit(contracts)["credit"]
    guaranteed = contracts["guarantee_usd_bn"].astype(float).fillna(0).clip(upper=value)
    return value.where(credit == contracts["tenant"], guaranteed.where(value.notna()))


def concentration(contracts: pd.DataFrame, by: pd.Series) -> pd.Series:
    """Groups with a valued contract, the largest, its percent of base value, and the Herfindahl index, by `by`."""
    value = totals(contracts, by)["value_usd_bn"].dropna()
    if value.empty:
        return pd.Series({"groups": 0, "largest": None, "largest_percent": float("nan"), "herfindahl": float("nan")})
    share = 100 * value.iloc[0] / value.sum()
    found = {"groups": len(value), "largest": value.index[0], "largest_percent": share, "herfindahl": herfindahl(value)}
    return pd.Series(found, dtype=object)


def standing(contracts: pd.DataFrame, deal_id: str, *, ratios: tuple[float, float]) -> pd.DataFrame:
    """Where one contract stands among `contracts`, parts of a common value as one: place 1 is the largest.

    Ties share a place. One row per measure: `value`, `place` and `of` (contracts that have it); missing where the
    contract has no such value, or is not among them (any more). An extension is no contract of its own.
    Megawatts are ranked three times: every open basis read as critical IT, and as gross at the lowest and highest of
    `ratios`. Rates (USD m per MW-year) are ranked within the contract's market, read both ways.
    """
    rows = combined(contracts).set_index("deal_id").query("counts_as != 'extension'")
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


ROUNDING = {  # how far below and above a stated total the ledger may be, by the wording of the total
    "exact": (0.01, 0.01),
    "about": (0.03, 0.03),
    "more_than": (0.01, 0.03),
    "up_to": (0.03, 0.01),
}


def _in_scope(rows: pd.DataFrame, said: Mapping[Hashable, Any]) -> pd.DataFrame:
    """The contracts among `rows` that a company's own statement speaks of."""
    if said["whole_company"] == "y":
        return rows
    at_site = rows["site"].astype("string").str.contains(said["scope"], regex=False).fillna(False).astype(bool)
    named = at_site | (rows["tenant"] == said["scope"])
    return rows[named if named.any() else rows["announced"] == said["day"]]


def reconcile(
    company_totals: pd.DataFrame, known: Callable[[pd.Timestamp], pd.DataFrame], parents: Mapping[str, str]
) -> pd.DataFrame:
    """What each company said that it has contracted, beside the ledger's sum on that day and for that scope.

    `known` gives the ledger of a day (`ledger_on`). A statement on a part of a company is set against the contracts
    whose tenant or site is its `scope`, else against those announced on that day; own share or whole as the statement
    counts. One row per statement and measure ("USD bn", "critical-IT MW"): ticker, stated_on, scope, share_basis,
    source_url, measure, qualifier, stated, ledger, difference (ledger less stated; missing where no contract of that
    scope is in the ledger), `agrees` (within `ROUNDING` of what was stated, given its wording), `explained_by` (rows)
    and `because`: "figure not seen" (contracts of which only the company can have counted it), "worded as more"
    (their figure is a floor, so the rest can be in them), or, where the ledger is higher, "not in its total" (the one
    row whose figure is the difference).
    """
    found = []
    for said in company_totals.assign(day=last_day(company_totals["stated_on"])).to_dict("records"):
        rows = contracted(known(said["day"]))
        company = parents.get(said["ticker"], said["ticker"])
        rows = _in_scope(rows[rows["ticker"].replace(parents) == company], said)
        rows = own_share(rows) if said["share_basis"] == "own_share" else rows
        in_force = rows["counts_as"] == "contract"
        measures = [
            ("USD bn", "contract_value_usd_bn", "value_qualifier", ~rows["part_of"].isin(rows["deal_id"])),
            ("critical-IT MW", "critical_it_mw", "mw_qualifier", in_force),
        ]
        for measure, column, qualifier, needed in measures:
            if pd.isna(said[column]):
                continue
            figures = rows.loc[needed, column]
            total = figures.sum(min_count=1) if len(rows) or said["whole_company"] == "n" else 0.0
            difference, ids = total - said[column], rows.loc[needed, "deal_id"]
            below, above = (part * said[column] for part in ROUNDING.get(said[qualifier], ROUNDING["exact"]))
            agrees = bool(-below <= difference <= above)
            same = (figures - difference).abs() <= 0.005 * max(said[column], 1)
            grounds = {"not in its total": same & (difference > 0)}
            if difference < 0:
                floors = rows.loc[needed, qualifier] == "more_than"
                grounds = {"figure not seen": figures.isna(), "worded as more": floors}
            because = None if agrees else next((why for why, which in grounds.items() if which.any()), None)
            found_in = ids[grounds[because]] if because else ids.iloc[:0]
            found.append(
                {key: said[key] for key in ("ticker", "stated_on", "scope", "share_basis", "source_url")}
                | {"measure": measure, "qualifier": said[qualifier], "stated": said[column], "ledger": total}
                | {"difference": difference, "agrees": agrees, "explained_by": list(found_in), "because": because}
            )
    columns = ["ticker", "stated_on", "scope", "share_basis", "source_url", "measure", "qualifier", "stated", "ledger"]
    return pd.DataFrame(found, columns=[*columns, "difference", "agrees", "explained_by", "because"])
