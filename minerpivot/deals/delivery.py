"""What was promised and what runs: megawatts live for tenants, delays, by what companies said.

Megawatts are critical IT. What was not seen is missing, not zero; zero is what a company says does not run yet.
Contracted ones are in three parts (`told`): live, not yet live, and untold (no figure, and the lease may have begun).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial

import numpy as np
import pandas as pd
from pandas.api.typing import NaTType

from minerpivot.data.tables import last_day, last_day_of
from minerpivot.deals.ledger import contracted, own_share, revenue_per_mw_year

TOLD = ("live_mw", "not_yet_mw", "untold_mw")
RUNS_IN_PART = "runs in part"


def period_end(stated: pd.Series) -> pd.Series:
    """Last day of each stated day, month, quarter, half, mid-year or year ("2026-Q4", "mid-2027"); missing if unstated.

    What is promised for a period is late only once the whole of it has passed.
    """
    return pd.to_datetime(stated.astype("string").map(_period_end, na_action="ignore")).astype("datetime64[ns]")


_MONTHS = {"Q1": "03", "Q2": "06", "Q3": "09", "Q4": "12", "H1": "06", "H2": "12"}  # in which a part of a year ends


@cache
def _period_end(text: str) -> pd.Timestamp | NaTType:
    """The last day of one stated period, missing where it is none."""
    year, part = re.search(r"\d{4}", text), re.search(r"\d{4}-(.+)", text)
    month = "06" if text.startswith("mid-") else _MONTHS.get(part[1], part[1]) if part else "12"
    return last_day_of(f"{year[0]}-{month}") if year else pd.NaT


def period_start(stated: pd.Series) -> pd.Series:
    """First day of each stated period (see `period_end`); mid-year is read as the second quarter."""
    text = stated.astype("string")
    part = text.str.extract(r"\d{4}-(.+)")[0]
    months = part.str[0].map({"Q": 3, "H": 6}).fillna(1).mask(text.str.len() == 4, 12)
    months = months.mask(text.str.startswith("mid-"), 3).fillna(1).astype(int)
    ends = period_end(stated)
    firsts = (ends.dt.to_period("M").astype("period[M]") - (months - 1)).dt.to_timestamp()
    return firsts.mask(text.str.len() == 10, ends)


def period_name(stated: str | None) -> str | None:
    """A stated period for a narrow cell: "Q4 2026", "H1 2027", "Oct 2026"; others as they are, missing if unstated."""
    if stated is None or pd.isna(stated):
        return None
    if part := re.fullmatch(r"(\d{4})-([QH]\d)", stated):
        return f"{part[2]} {part[1]}"
    return f"{pd.Timestamp(stated):%b %Y}" if re.fullmatch(r"\d{4}-\d{2}", stated) else stated


def due(contracts: pd.DataFrame) -> pd.Series:
    """Last day of each contract's expected start as it was announced, missing if unstated."""
    return period_end(contracts["start_expected"]).rename("due")


def later_mw(contracts: pd.DataFrame, day: str | pd.Timestamp, parents: Mapping[str, str]) -> pd.Series:
    """Critical-IT megawatts of each company's contracts whose stated start begins after `day`, by ticker."""
    rows = contracts[
        (contracts["mw_basis"] == "critical IT") & (period_start(contracts["start_expected"]) > pd.Timestamp(day))
    ]
    return rows["mw"].groupby(rows["ticker"].replace(parents)).sum()


def _latest(rows: pd.DataFrame, by: str, of: Sequence[str] = ("ticker", "site", "phase")) -> pd.DataFrame:
    """The last of `rows` said of each phase of a site; of those said on one day, the one whose `by` is latest."""
    order = rows.assign(said=last_day(rows["said_on"]), end=period_end(rows[by])).sort_values(["said", "end"])
    return order.groupby(list(of), dropna=False).tail(1)


def live_mw(deliveries: pd.DataFrame, day: str | pd.Timestamp) -> pd.DataFrame:
    """What was said by `day` to run for tenants: `live_mw` (critical IT) by ticker and site.

    Each phase counts with what was said of it last. `unpublished` counts the phases that have begun without a figure;
    a site that has only such ones has no megawatts (missing, not zero). Sites without a delivery are not in it.
    """
    done = deliveries[(deliveries["kind"] == "delivered") & deliveries["alternative_to"].isna()]
    done = done[last_day(done["said_on"]) <= pd.Timestamp(day)]
    figures = _latest(done.dropna(subset=["live_critical_it_mw"]), "live_by")
    keys = ["ticker", "site", "phase"]
    phases = done[keys].drop_duplicates().merge(figures[[*keys, "live_critical_it_mw"]], on=keys, how="left")
    phases["unpublished"] = phases["live_critical_it_mw"].isna().astype(int)
    sites = phases.groupby(["ticker", "site"])
    return pd.DataFrame(
        {"live_mw": sites["live_critical_it_mw"].sum(min_count=1), "unpublished": sites["unpublished"].sum()}
    )


def told(
    contracted: pd.Series, live: pd.Series, unpublished: pd.Series, later: pd.Series | float = 0.0
) -> pd.DataFrame:
    """Contracted megawatts in three by what companies tell: `live_mw`, `not_yet_mw` and `untold_mw`, zero if none.

    What a company that tells its live megawatts has contracted beyond them does not run yet, by its last word. Where
    no figure is told, or something more has begun without one (`unpublished` phases), what is leased from a later time
    on does not run yet either (`later`, see `later_mw`); the rest is untold: not zero.
    """
    runs = live.fillna(0)
    rest = (contracted.fillna(0) - runs).clip(lower=0)
    known = live.notna() & ~unpublished.gt(0)
    ahead = pd.Series(later, index=contracted.index).fillna(0).clip(upper=rest)
    not_yet = rest.where(known, ahead)
    return pd.DataFrame({"live_mw": runs, "not_yet_mw": not_yet, "untold_mw": rest - not_yet})


def over_time(
    known: Callable[[pd.Timestamp], pd.DataFrame],
    deliveries: pd.DataFrame,
    day: str | pd.Timestamp,
    parents: Mapping[str, str],
) -> pd.DataFrame:
    """Critical-IT megawatts of each company at each month's end and on `day`: ticker, month, contracted_mw and `told`.

    Contracted is what was in force by the ledger of that month (`known`), at the company's own share. Live is dated by
    when it ran, not by when that was said: from the end of its period, or from the statement if that came first. Only
    what was said by `day` counts. Before a company's first figure megawatts are untold once the lease may have begun.
    """
    day = pd.Timestamp(day)
    done = deliveries[(deliveries["kind"] == "delivered") & deliveries["alternative_to"].isna()]
    done = done.assign(said=last_day(done["said_on"]))
    done = done[done["said"] <= day]
    done["since"] = period_end(done["live_by"]).combine(done["said"], min)
    done = done.sort_values(["since", "said"])
    found = []
    for month in [*pd.date_range("2024-01-31", day, freq="ME", inclusive="left"), day]:
        rows = contracted(known(month))
        rows = own_share(rows[rows["mw_basis"] == "critical IT"])
        begun = kept(done[done["since"] <= month], known(month)).groupby(["ticker", "site", "phase"])
        phases = begun["live_critical_it_mw"].last().reset_index()  # the last figure, missing where none was told
        company, figures = phases["ticker"].replace(parents), phases["live_critical_it_mw"]
        columns = {
            "contracted_mw": rows["mw"].groupby(rows["ticker"].replace(parents)).sum(),
            "live_mw": figures.groupby(company).sum(min_count=1),
            "unpublished": figures.isna().groupby(company).sum(),
            "later": later_mw(rows, month, parents),
        }
        both = pd.DataFrame(columns, dtype=float).rename_axis("ticker")
        split = told(both["contracted_mw"], both["live_mw"], both["unpublished"], both["later"])
        found.append(both[["contracted_mw"]].fillna(0.0).join(split).reset_index().assign(month=month))
    return pd.concat(found, ignore_index=True)[["ticker", "month", "contracted_mw", *TOLD]]


def booked_before(months: pd.DataFrame, segments: pd.DataFrame, parents: Mapping[str, str]) -> list[str]:
    """Companies whose first live megawatts were told for a later time than their first AI revenue under a contract.

    Lines of revenue that hold what tenants pay for fit-out are left out: that is paid before anything runs.
    """
    rows = months[(months["contracted_mw"] > 0) | (months["live_mw"] > 0)]
    signed = rows.groupby("ticker")["month"].min()
    told_first = rows[rows["live_mw"] > 0].groupby("ticker")["month"].min()
    booked = segments[(segments["ai_hpc_revenue_usd_m"] > 0) & (segments["ai_includes_fit_out"] != "y")]
    company = booked["ticker"].replace(parents)
    since, until = (days.reindex(company).set_axis(booked.index) for days in (signed, told_first))
    between = (booked["period_end"] >= since) & (booked["period_end"] < until)
    return sorted(company[between].unique())


def changes(months: pd.DataFrame, ticker: str) -> pd.DataFrame:
    """Months of `over_time` in which a company's megawatts changed, and the last: month and those of `told`.

    Zero stands for a month in which the company has none.
    """
    columns = list(TOLD)
    rows = months[months["ticker"] == ticker].set_index("month")[columns]
    rows = rows.reindex(pd.Index(months["month"].unique(), name="month")).fillna(0.0)
    changed = (rows != rows.shift()).any(axis=1)
    return rows[changed | (rows.index == rows.index[-1])].reset_index()


def rent_begun(
    contracts: pd.DataFrame,
    deliveries: pd.DataFrame,
    day: str | pd.Timestamp,
    tenants: Mapping[str, str],
    parents: Mapping[str, str],
) -> pd.DataFrame:
    """Contracted value per year of what is live on `day`, by company: live megawatts times the contract's own rate.

    Columns: live_mw, rated_mw (those of contracts whose value, term and megawatts are known), usd_bn_per_year of these.
    `tenants` is that of `told_by_tenant`: where megawatts are not told by contract, the rate is that of all contracts
    of that tenant with the company together. A contract with one value for several leases gives each their rate.
    """
    rates = revenue_per_mw_year(contracts, ratio=1.0)
    rates = rates[rates["mw_basis"] == "critical IT"]
    by_deal = rates.set_index("deal_id")["low"]
    parts = contracts.dropna(subset=["part_of"]).set_index("deal_id")["part_of"].map(by_deal)
    yearly, megawatts = rates["low"] * rates["mw"], rates["mw"]
    keys = [rates["ticker"], rates["tenant"]]
    by_tenant = yearly.groupby(keys).sum() / megawatts.groupby(keys).sum()
    done = deliveries[(deliveries["kind"] == "delivered") & deliveries["alternative_to"].isna()]
    done = done[last_day(done["said_on"]) <= pd.Timestamp(day)].dropna(subset=["live_critical_it_mw"])
    live = _latest(done, "live_by").rename(columns={"live_critical_it_mw": "live_mw"})
    of_tenant = list(zip(live["ticker"], live["site"].map(dict(tenants))))
    told = pd.Series(by_tenant.reindex(of_tenant).to_numpy(), live.index, dtype=float)
    own = live["deal_id"].map(pd.concat([by_deal, parts]))
    live["rate"] = own.where(live["deal_id"].notna(), told).astype(float)
    live["rated_mw"] = live["live_mw"].where(live["rate"].notna())
    live["usd_bn_per_year"] = live["rate"] * live["live_mw"] / 1000
    columns = ["live_mw", "rated_mw", "usd_bn_per_year"]
    return live.groupby(live["ticker"].replace(parents))[columns].sum(min_count=1).rename_axis("ticker")


def kept(deliveries: pd.DataFrame, deals: pd.DataFrame) -> pd.DataFrame:
    """`deliveries` without those of contracts that `deals` calls sold or terminated, at own share of joint ventures.

    What was said of a contract that another one replaced (`supersedes`) counts as said of that one: what runs goes on
    running, a promise is for no more than the megawatts that are still leased, and one made anew for the same phase is
    a later date (a target) for the first.
    """
    rows = deals.set_index("deal_id")
    heirs = {str(old): str(new) for new, old in rows["supersedes"].dropna().items()}
    now, keys = deliveries["deal_id"], ["ticker", "site", "phase"]
    replaced = now.isin(list(heirs))
    for _ in heirs:  # a replacement may itself be replaced
        now = now.replace(heirs)
    old = pd.MultiIndex.from_frame(deliveries.loc[replaced & deliveries["kind"].eq("promised"), keys])
    anew = deliveries["deal_id"].isin(list(heirs.values())) & pd.MultiIndex.from_frame(deliveries[keys]).isin(old)
    left = now.map(rows["critical_it_mw"]).where(replaced & now.isin(rows.index)).astype(float)
    part = now.map(rows["own_share_pct"]).astype(float).fillna(100) / 100
    held = deliveries.assign(
        deal_id=now,
        kind=deliveries["kind"].mask(anew & ~replaced & deliveries["kind"].eq("promised"), "target"),
        critical_it_mw=deliveries["critical_it_mw"].clip(upper=left.fillna(np.inf)) * part,
        live_critical_it_mw=deliveries["live_critical_it_mw"] * part,
    )
    gone = rows.index[rows["state"].isin(["sold", "terminated", "untraced"])]
    return held[~now.isin(gone)]


def site_names(sites: pd.DataFrame, deliveries: pd.DataFrame, deals: pd.DataFrame, companies: pd.Series) -> pd.Series:
    """The name of each site that is promised or delivered, by its key; `companies` are names by ticker.

    `sites` was compiled late, so on an earlier day the name is what the key's first words read in the place that the
    site's own contracts name ("Rockdale (TX)" for rockdale-riot), and where these name none, whose site it is.
    """
    named = deliveries[["site", "ticker", "deal_id"]].merge(deals[["deal_id", "site"]], on="deal_id", how="left")
    found = {
        str(site): next(filter(None, map(partial(_read_in, str(site)), rows["site_y"].dropna())), None)
        for site, rows in named.groupby("site_x", sort=False)
    }
    whose = deliveries.drop_duplicates("site").set_index("site")["ticker"].map(companies) + "'s site"
    return sites.set_index("site")["name"].combine_first(pd.Series(found, dtype=object)).combine_first(whose)


def _read_in(key: str, place: str) -> str:
    """As many first words of a site's key as stand together in the name of a place, as written there."""
    words = key.split("-")
    for count in range(len(words), 0, -1):
        if found := re.search(rf"\b{'[ -]'.join(map(re.escape, words[:count]))}\b", place, re.IGNORECASE):
            return found[0]
    return ""


def told_by_tenant(sites: pd.DataFrame, site_contracts: pd.DataFrame) -> dict[str, str]:
    """Site -> tenant where megawatts are stated by tenant and not by contract; a part of a site counts as the site."""
    rows = site_contracts.dropna(subset=["tenant"])
    whole = rows["site"].map(sites.set_index("site")["part_of"]).fillna(rows["site"])
    return dict(zip(whole, rows["tenant"]))


def _steps(promises: pd.DataFrame) -> pd.DataFrame:
    """What was first promised for each phase, a row for each step of it: megawatts by a time, named in `step`.

    Promises of one phase that were made on its first day for different megawatts are steps ("250 MW in 2025, all 590
    in 2026"), earlier ones included in the later; of those for the same megawatts the latest time counts.
    """
    keys = ["ticker", "site", "phase"]
    rows = promises.assign(said=last_day(promises["said_on"]), end=period_end(promises["due"]))
    rows = rows[rows["said"] == rows.groupby(keys)["said"].transform("min")].sort_values(["said", "end"], kind="stable")
    rows = rows.drop_duplicates([*keys, "critical_it_mw"], keep="last")
    last, sizes = ~rows.duplicated(keys, keep="last"), rows["critical_it_mw"]
    named = [
        phase if whole else f"{phase}, first part" if pd.isna(size) else f"{phase}, first {size:.0f} MW"
        for phase, whole, size in zip(rows["phase"], last, sizes)
    ]
    return rows.assign(step=pd.Series(named, rows.index, dtype=object))


def delays(deliveries: pd.DataFrame, day: str | pd.Timestamp) -> pd.DataFrame:
    """First promise for each phase of a site, step by step, against what was known of it on `day`, oldest first.

    Columns: ticker, site, phase, step (its name, see `_steps`), deal_id, promised_mw, now_mw (of a phase that was
    redesigned: the megawatts of the latest target for all of it), promised (the period, as stated), now (when all of
    that was first live, else the latest target), state ("delivered"; "expected"; of those whose period has passed
    without either "late", if it was said since that all or a part is not live, or "overdue", if nothing newer was
    said) and late_quarters: from the last day of the promised period to that of the other, missing if late or overdue,
    and zero unless the other begins after the promised one has ended: a vaguer word ("January", then "the first
    quarter") is no delay. A promise without megawatts (a first hall, power) is kept by any delivery; one with megawatts
    is not postponed by a target for less.
    """
    day, keys = pd.Timestamp(day), ["ticker", "site", "phase"]
    said = deliveries[(last_day(deliveries["said_on"]) <= day) & deliveries["alternative_to"].isna()]
    rows = _steps(said[said["kind"] == "promised"])
    rows = rows.rename(columns={"critical_it_mw": "promised_mw", "due": "promised"})
    columns = [*keys, "step", "deal_id", "promised_mw", "promised", "source_url"]
    rows, of_step = rows[columns].reset_index(drop=True), [*keys, "step"]
    target = said[said["kind"] == "target"].merge(rows[[*of_step, "promised_mw"]], on=keys)
    whole = target["promised_mw"].isna() | (target["critical_it_mw"] >= target["promised_mw"])
    target = _latest(target[whole], "due", of_step)
    ran = said[said["kind"] == "delivered"].merge(rows[[*of_step, "promised_mw", "promised"]], on=keys)
    enough = ran["live_critical_it_mw"] >= ran["promised_mw"]
    enough |= ran["promised_mw"].isna() & (ran["live_critical_it_mw"] != 0)
    less = ~enough & ran["live_critical_it_mw"].notna() & (last_day(ran["said_on"]) > period_end(ran["promised"]))
    told = pd.MultiIndex.from_frame(ran.loc[less, of_step])
    done = (
        ran[enough].assign(end=period_end(ran["live_by"])).sort_values("end").groupby(of_step, as_index=False).head(1)
    )
    rows = rows.merge(target[[*of_step, "due", "critical_it_mw"]], on=of_step, how="left")
    last = ~rows.duplicated(keys, keep="last")  # a target for all of a phase says nothing of its first part
    rows["now_mw"] = rows["critical_it_mw"].where(last).fillna(rows["promised_mw"])
    rows = rows.merge(done[[*of_step, "live_by"]], on=of_step, how="left")
    delivered = rows["live_by"].notna()
    rows["now"] = rows["live_by"].fillna(rows["due"])
    end, promised_end = period_end(rows["now"].fillna(rows["promised"])), period_end(rows["promised"])
    passed, since = rows["now"].isna() & (promised_end < day), pd.MultiIndex.from_frame(rows[of_step]).isin(told)
    state = delivered.map({True: "delivered", False: "expected"}).astype(object)
    rows["state"] = state.mask(passed, "overdue").mask(passed & since, "late")
    months = 12 * (end.dt.year - promised_end.dt.year) + end.dt.month - promised_end.dt.month
    later = period_start(rows["now"].fillna(rows["promised"])) > promised_end
    rows["late_quarters"] = (months / 3).where(later, 0.0).mask(passed)
    return rows.drop(columns=["due", "live_by", "critical_it_mw"])


def outcomes(phases: pd.DataFrame, day: str | pd.Timestamp) -> pd.DataFrame:
    """`phases` (of `delays` on `day`) with `due`, whether all of the promised time has passed, and `outcome` of it.

    Of what is due: "in time", "came late", "later date", "late, no date" or "no news"; of what is due later: "live
    already", "as promised" or "postponed".
    """
    passed = period_end(phases["promised"]) < pd.Timestamp(day)
    done, late = phases["state"] == "delivered", phases["late_quarters"] > 0
    cases = {
        "in time": passed & done & ~late,
        "came late": passed & done,
        "no news": phases["state"] == "overdue",
        "late, no date": phases["state"] == "late",
        "later date": passed,
        "live already": done,
        "postponed": late,
    }
    return phases.assign(due=passed, outcome=np.select(list(cases.values()), list(cases), "as promised"))


def unheard(phases: pd.DataFrame, where: pd.DataFrame) -> pd.DataFrame:
    """Promises whose time has passed and of which nothing newer was seen: site and promised (the period).

    Those of phases (of `delays`) come first, then those of contracts at sites (of `by_site`) of which no phase is told.
    """
    contracts = where[(where["state"] == "overdue") & ~where["told"]]
    parts = [table[["site", "promised"]] for table in (phases[phases["state"] == "overdue"], contracts)]
    return pd.concat(parts, ignore_index=True)


def _last_phase(mine: pd.DataFrame, aims: pd.DataFrame, starts: pd.Series, day: pd.Timestamp) -> pd.Series:
    """Of one tenant's phases at a site the one that ends last: promised, now and late_quarters, all of that phase.

    `mine` is of `delays`, `aims` are targets of phases that nobody promised, `starts` those that contracts name.
    """
    still = mine["now"].fillna(mine["promised"].where(~mine["state"].isin(["overdue", "late"])))
    told = mine[["promised", "late_quarters"]].assign(now=still)
    named = pd.DataFrame({"promised": starts, "now": starts.where(period_end(starts) >= day)})
    parts = [part for part in (told, pd.DataFrame({"now": aims["due"]}), named) if len(part)]
    if not parts:
        return pd.Series({"promised": None, "now": None, "late_quarters": None}, dtype=object)
    phases = pd.concat(parts, ignore_index=True).reindex(columns=["promised", "now", "late_quarters"])
    last = phases.iloc[int(period_end(phases["now"].fillna(phases["promised"])).argmax())].astype(object)
    return last.where(last.notna(), None)


def by_site(
    sites: pd.DataFrame,
    site_contracts: pd.DataFrame,
    contracts: pd.DataFrame,
    deliveries: pd.DataFrame,
    day: str | pd.Timestamp,
) -> pd.DataFrame:
    """Each tenant at each site on `day`: contracted and live megawatts, what was promised for all of it, what is known.

    Columns: ticker, site, tenant, contracted_mw, live_mw (missing where no figure was seen), promised, now and
    late_quarters (all three of that of its phases which ends last, see `delays`; the start that the contract names
    where no phase is told), state ("live" once all of it runs; "overdue" if the time of a part has passed without a new
    date, also where other parts lie ahead; else "expected"), begun (whether anything was delivered, with or without
    megawatts), passed (names of the steps that are overdue) and told (whether any phase is). Only contracts in force;
    the parts of a site that is told as one stand as that site.
    """
    day, as_one = pd.Timestamp(day), told_by_tenant(sites, site_contracts)
    rows = site_contracts.merge(sites[["site", "ticker", "part_of"]], on="site")
    rows["tenant"] = rows["deal_id"].map(contracts.set_index("deal_id")["tenant"]).fillna(rows["tenant"])
    rows = rows.dropna(subset=["tenant"])
    rows["site"] = rows["part_of"].where(rows["part_of"].map(as_one) == rows["tenant"], rows["site"])
    said = deliveries[(last_day(deliveries["said_on"]) <= day) & deliveries["alternative_to"].isna()]
    done = said[said["kind"] == "delivered"]
    ran = _latest(done.dropna(subset=["live_critical_it_mw"]), "live_by")
    targets, phases = _latest(said[said["kind"] == "target"], "due"), delays(deliveries, day)
    found = []
    for (ticker, site, tenant), group in rows.groupby(["ticker", "site", "tenant"], sort=False):
        ids = set() if site in as_one else set(group["deal_id"].dropna())
        mine, live, aims, anything = (
            table[(table["site"] == site) & (table["deal_id"].isin(ids) if ids else table["deal_id"].isna())]
            for table in (phases, ran, targets, done)
        )
        untold = contracts["deal_id"].isin(ids - set(mine["deal_id"]) - set(live["deal_id"]))
        starts = contracts.loc[untold, "start_expected"].dropna()
        last = _last_phase(mine, aims[~aims["phase"].isin(mine["phase"])], starts, day)
        late = mine[mine["state"].isin(["overdue", "late"])]
        in_whole = late["step"].ne(late["phase"]) & late["phase"].isin(late["step"])
        passed = late.loc[~in_whole, "step"]  # a first part goes without saying where all of it is overdue
        silent = bool((period_end(starts) < day).any()) and not (last["now"] and _period_end(last["now"]) >= day)
        megawatts, whole = live["live_critical_it_mw"].sum(min_count=1), group["critical_it_mw"].sum()
        found.append(
            {"ticker": ticker, "site": site, "tenant": tenant, "contracted_mw": whole, "live_mw": megawatts}
            | dict(last)
            | {"state": "live" if megawatts >= whole else "overdue" if silent or len(passed) else "expected"}
            | {
                "begun": bool((anything["live_critical_it_mw"] != 0).any()),
                "passed": list(passed),
                "told": len(mine) + len(anything) > 0,
            }
        )
    columns = ["ticker", "site", "tenant", "contracted_mw", "live_mw", "promised", "now", "late_quarters", "state"]
    rows = pd.DataFrame(found, columns=[*columns, "begun", "passed", "told"])
    return rows.astype({"late_quarters": float})


def site_states(where: pd.DataFrame) -> pd.Series:
    """One word for each tenant at each site (of `by_site`), the same on every page.

    "runs" (all of it), "runs in part" (also where a part was handed over without megawatts), "overdue", "promised", or
    "no date", where nobody stated one.
    """
    whole, started = where["state"] == "live", where["live_mw"].gt(0) | where["begun"]
    undated = where["state"].eq("expected") & where["now"].isna() & where["promised"].isna()
    words = where["state"].replace({"live": "runs", "expected": "promised"}).mask(undated, "no date")
    return words.mask(started & ~whole, RUNS_IN_PART)


def delivery(
    deals: pd.DataFrame, deliveries: pd.DataFrame, day: str | pd.Timestamp, parents: Mapping[str, str]
) -> pd.DataFrame:
    """Critical-IT megawatts by company on `day`: contracted, live, and promised for a time that has passed.

    Columns: contracted_mw (contracts in force whose critical-IT megawatts are stated, at own share), live_mw and
    unpublished (see `live_mw`; missing where no delivery was seen, which is not zero), promised_mw (to tenants, for a
    period that ended by `day`; missing where none was seen), not_yet_mw and untold_mw (see `told`). `deals` holds the
    states of the day; `parents`: subsidiary -> company.
    """
    rows, held = own_share(contracted(deals)), kept(deliveries, deals)
    live = live_mw(held, day).reset_index()
    promises = held[(held["kind"] == "promised") & (last_day(held["said_on"]) <= pd.Timestamp(day))]
    passed = promises[period_end(promises["due"]) <= pd.Timestamp(day)]
    promised = passed.groupby(["ticker", "site", "phase"])["critical_it_mw"].max().reset_index()
    figures = {
        "contracted_mw": rows["mw"].where(rows["mw_basis"] == "critical IT").groupby(rows["ticker"].replace(parents)),
        "live_mw": live["live_mw"].groupby(live["ticker"].replace(parents)),
        "unpublished": live["unpublished"].groupby(live["ticker"].replace(parents)),
        "promised_mw": promised["critical_it_mw"].groupby(promised["ticker"].replace(parents)),
    }
    found = pd.DataFrame({name: group.sum(min_count=1) for name, group in figures.items()}, dtype=float)
    rest = told(found["contracted_mw"], found["live_mw"], found["unpublished"], later_mw(rows, day, parents))
    found = found.join(rest[["not_yet_mw", "untold_mw"]])
    return found.sort_values("contracted_mw", ascending=False, kind="stable").rename_axis("ticker")
