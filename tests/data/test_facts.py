"""Company facts: sites, deliveries, totals, costs, balance sheets and fates hold together, on the live tables."""

import pandas as pd
import pytest

from minerpivot.data.tables import describe, entries, last_day, load
from minerpivot.deals import delivery


def letters(entry):
    """Whether a table grades its rows by letter."""
    fields = entry.get("schema", {}).get("fields", [])
    return any(field["name"] == "grade" and "D" in field["constraints"]["enum"] for field in fields)


GRADED = [name for name, entry in entries().items() if letters(entry)]
TICKERS = set(load("instruments")["ticker"])


def skip_without(ticker):
    """A fork may have removed a company."""
    if ticker not in TICKERS:
        pytest.skip(f"{ticker} is not in data/instruments.csv")


def members(sites):
    """Site -> the sites that its figures cover: itself, or the parts of a group."""
    parts = sites.dropna(subset="part_of").groupby("part_of")["site"].apply(set)
    return {site: parts.get(site, {site}) for site in sites["site"]}


def at_sites(day=None):
    """What is contracted at each site on a day, with the company and the tenant of each row."""
    rows = load("site_contracts", as_of=day) if day else load("site_contracts")
    tenants = load("deals").set_index("deal_id")["tenant"]
    rows = rows.merge(load("sites")[["site", "ticker"]], on="site")
    return rows.assign(tenant=rows["tenant"].fillna(rows["deal_id"].map(tenants)))


@pytest.mark.parametrize("name", GRADED)
def test_no_weak_row_stands_alone(name):
    """Grade D is part of the vocabulary and of no table."""
    assert set(load(name)["grade"].dropna()) <= {"A", "B", "C"}


@pytest.mark.parametrize(
    ("ticker", "day", "tenant", "stated"),
    [
        ("APLD", "2026-06-08", None, 1410),
        ("GLXY", "2025-08-15", "CoreWeave", 526),
        ("CORZ", "2026-05-06", "CoreWeave", 590),
        ("HUT", "2026-05-06", None, 597),
        ("RIOT", "2026-01-16", None, 25),
        ("WULF", "2025-08-18", "Fluidstack", 360),
        ("WULF", "2026-08-05", None, 438 + 168),  # Abernathy at 100 %
        ("CIFR", "2025-11-20", "Fluidstack", 207),
        ("HUT", "2026-07-20", None, 949),
        ("CORZ", "2026-07-28", None, 590 + 377 + 152),
        ("RIOT", "2026-08-10", None, 50 + 191),
        ("CLSK", "2026-07-14", None, 175),
    ],
)
def test_the_sites_of_a_company_sum_to_what_it_stated_that_day(ticker, day, tenant, stated):
    """As of a past day, so that later contracts change nothing; without leases that were added since."""
    skip_without(ticker)
    rows = at_sites(day).query("ticker == @ticker")
    if ticker == "WULF" and tenant is None:
        rows = rows[rows["site"].isin(["lake-mariner", "abernathy"])]
    if tenant:
        rows = rows[rows["tenant"] == tenant]
    assert rows["critical_it_mw"].sum() == stated


def test_no_company_states_less_than_its_sites_hold():
    """A total of the whole company is at least the sum of its sites that day; "about" may mean two percent less."""
    totals = load("company_totals").query("whole_company == 'y' and share_basis == 'whole'")
    totals = totals.dropna(subset="critical_it_mw")
    for row in totals.itertuples():
        day = f"{last_day(pd.Series([row.stated_on]))[0]:%Y-%m-%d}"
        held = at_sites(day).query("ticker == @row.ticker")["critical_it_mw"].sum()
        assert held <= row.critical_it_mw * (1.02 if row.mw_qualifier == "about" else 1), row


def test_a_contract_at_several_sites_is_not_larger_than_the_contract():
    """Per contract the sites sum to its critical IT megawatts; a redesign may move them by a twentieth."""
    held = load("site_contracts").dropna(subset="deal_id").groupby("deal_id")["critical_it_mw"].sum()
    signed = load("deals").set_index("deal_id")["critical_it_mw"].reindex(held.index).dropna()
    assert len(signed) > 0
    assert ((held[signed.index] - signed).abs() <= 0.05 * signed).all()


def test_only_contracts_with_a_tenant_stand_at_a_site():
    """Power, land and frameworks have no megawatts that a tenant signed for."""
    kinds = load("deals").set_index("deal_id")["counts_as"]
    assert set(load("site_contracts")["deal_id"].dropna().map(kinds)) <= {"contract"}


def live(rows, day="2100-01-01"):
    """Megawatts live per site, as the report counts them; unpublished ones count as none."""
    return delivery.live_mw(rows, day)["live_mw"].groupby("site").sum()


def exceeding(rows, contracts, sites):
    """Sites at which more is live than is contracted."""
    held = contracts.groupby("site")["critical_it_mw"].sum()
    groups = {site: held[held.index.isin(parts)].sum() for site, parts in members(sites).items()}
    return [site for site, megawatts in live(rows).items() if megawatts > groups[site]]


@pytest.mark.parametrize("day", [None, "2026-03-31", "2026-07-06", "2026-08-13", "2026-10-02"])
def test_no_site_has_more_live_than_is_contracted(day):
    """Also as of earlier days; a group of sites is measured by the contracts of its parts."""
    rows = load("deliveries", as_of=day) if day else load("deliveries")
    assert not exceeding(rows, at_sites(day), load("sites"))


def test_a_delivery_beyond_its_contract_is_found():
    """The check above sees one megawatt too many."""
    rows, contracts, sites = load("deliveries"), at_sites(), load("sites")
    site = live(rows).index[0]
    parts = members(sites)[site]
    room = contracts.loc[contracts["site"].isin(parts), "critical_it_mw"].sum()
    first = rows.index[(rows["site"] == site) & (rows["kind"] == "delivered")][-1]
    rows.loc[first, ["live_by", "live_critical_it_mw"]] = ["2030", room + 1]
    assert exceeding(rows, contracts, sites) == [site]


def test_every_statement_is_about_a_site_of_its_company():
    """Whoever speaks of progress runs the site, and a period does not end before it is spoken of."""
    rows, sites = load("deliveries"), load("sites").set_index("site")
    assert (rows["site"].map(sites["ticker"]) == rows["ticker"]).all()
    ahead = rows[rows["kind"] != "delivered"]
    assert (delivery.period_end(ahead["due"]) >= last_day(ahead["said_on"])).all()


def test_a_phase_never_loses_what_was_live():
    """Live megawatts of a phase rise from one delivery to the next."""
    rows = load("deliveries").query("kind == 'delivered' and alternative_to.isna()")
    rows = rows.dropna(subset="live_critical_it_mw")
    rows = rows.assign(live=delivery.period_end(rows["live_by"])).sort_values("live")
    assert (rows.groupby(["site", "phase"])["live_critical_it_mw"].diff().dropna() > 0).all()


def test_another_reading_differs_from_the_first_of_the_same_day():
    """A row that contradicts another speaks of the same phase and time."""
    rows = load("deliveries").set_index("delivery_id")
    for other in rows.dropna(subset="alternative_to").itertuples():
        first = rows.loc[other.alternative_to]
        assert (first["site"], first["phase"], first["live_by"]) == (other.site, other.phase, other.live_by)
        assert first["live_critical_it_mw"] != other.live_critical_it_mw


def test_a_group_of_sites_is_nowhere_and_a_point_is_rough():
    """Coordinates are to a tenth of a degree, and only single sites have them."""
    sites = load("sites")
    assert sites.loc[sites["site"].isin(sites["part_of"].dropna()), "lat"].isna().all()
    points = sites[["lat", "lon"]].dropna()
    assert (points.mul(10).round() / 10 == points).all(axis=None)


def test_building_costs_are_of_known_sites():
    """Each site that a cost speaks of exists, and what has no address says so."""
    costs, known = load("build_costs"), set(load("sites")["site"])
    assert set(costs["sites"].str.split("; ").explode()) <= known
    assert costs.loc[costs["source_url"].isna(), "note"].str.contains("without an address").all()


def test_quarters_never_exceed_their_year():
    """Known quarters sum to the year at most, and to the year where all four are known."""
    years = load("miner_years").set_index(["ticker", "period_end"])
    quarters = load("miner_segments").dropna(subset="revenue_usd_m")
    complete = 0
    for (ticker, end), year in years.iterrows():
        inside = quarters[
            (quarters["ticker"] == ticker)
            & (quarters["period_end"] <= end)
            & (quarters["period_end"] > end - pd.DateOffset(years=1))
        ]
        assert inside["revenue_usd_m"].sum() <= year["revenue_usd_m"] + 0.3, (ticker, end)
        if len(inside) == 4:
            complete += 1
            assert inside["revenue_usd_m"].sum() == pytest.approx(year["revenue_usd_m"], abs=0.3), (ticker, end)
    assert complete > 0


def test_a_share_count_of_a_later_day_is_not_known_before_it():
    """Applied Digital's balance sheet of May 2026 stands beside a count of September."""
    skip_without("APLD")
    row = ("APLD", "2026-05-31")
    before, after = (
        load("balance_sheets", as_of=d).set_index(["ticker", "as_of"]) for d in ("2026-08-30", "2026-10-01")
    )
    assert pd.isna(before.loc[row, "shares_m"])
    assert after.loc[row, "shares_m"] > 0


def test_live_power_agrees_with_deliveries():
    """What a company says is live in AI equals its deliveries by then, where both tables speak of that day."""
    said = load("power_status").dropna(subset="ai_live_it_mw")
    said = said[said["as_of"].str.len() == 10]
    rows = load("deliveries")
    for row in said[said["ai_live_it_mw"] > 0].itertuples():
        until = rows[
            (rows["ticker"] == row.ticker)
            & (delivery.period_end(rows["live_by"]) <= last_day(pd.Series([row.as_of[:7]]))[0])
        ]
        delivered = live(until).sum()
        assert delivered == pytest.approx(row.ai_live_it_mw, abs=0.5), (row.ticker, row.as_of, delivered)


def test_closes_of_the_failed_are_of_followed_companies_and_overlap_no_other_series():
    """No symbol has closes in both tables; a series that ends early has a reason elsewhere or none."""
    closes, prices = load("prices_failed"), load("prices")
    assert not set(closes["symbol"]) & set(prices["symbol"])
    assert (closes["close"] > 0).all()
    conventions = load("instruments").set_index("ticker")["price_convention"]
    assert conventions.reindex(closes["symbol"].unique()).isna().all()  # none is refreshed with prices
    assert closes["date"].dt.dayofweek.max() < 5
    assert describe("prices_failed")["redistribution"] == describe("prices")["redistribution"]


def test_money_that_leaves_or_comes_from_a_sale_is_a_kind_of_its_own():
    """Repurchases and sales of assets can be told from money raised by kind alone."""
    kinds = load("financings").set_index("financing_id")["kind"]
    named = kinds.index.to_series().str.extract(r"(asset_sale|repurchase)$")[0].dropna()
    assert set(kinds[named.index]) <= {"asset_sale", "convertible_repurchase"}
