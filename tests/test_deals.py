"""Deals: what may be summed, what a megawatt earns, who signed when; the sums on the table itself."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minerpivot import deals, mining
from minerpivot.tables import load

LEDGER = load("deals")
BLANK = dict.fromkeys(LEDGER.columns)


def ledger(*rows):
    """A small ledger: each row a dict over a plain ten-year, 1 bn, 100 MW colocation lease."""
    plain = {"announced_on": "2025-03-05", "ticker": "IREN", "counterparty": "Tenant", "deal_type": "colocation_lease"}
    plain |= {"critical_it_mw": 100.0, "term_years": 10.0, "contract_value_usd_bn": 1.0, "status": "announced"}
    table = pd.DataFrame([BLANK | {"deal_id": f"D{place}"} | plain | row for place, row in enumerate(rows)])
    figures = ["critical_it_mw", "gross_mw", "term_years", "contract_value_usd_bn", "customer_gpu_or_capex_usd_bn"]
    return table.astype(dict.fromkeys(figures, float))


def test_only_tenant_contracts_in_force_are_summed():
    """Framework, takeover, power, no tenant, superseded, terminated and conditional rows add nothing."""
    table = ledger(
        {},
        {"deal_type": "other"},
        {"deal_type": "acquisition"},
        {"deal_type": "power_capacity"},
        {"deal_type": "jv", "deal_id": "MARA-2026-02-STARWOOD"},
        {"status": "terminated"},
        {"deal_id": deals.NOT_EFFECTIVE[0]},
        {"deal_id": "NEW", "supersedes": "OLD", "contract_value_usd_bn": 3.0},
        {"deal_id": "OLD"},
    )
    assert deals.contracted(table)["deal_id"].tolist() == ["D0", "NEW"]
    assert deals.totals(deals.contracted(table)).loc["all", ["value_usd_bn", "critical_it_mw"]].tolist() == [4, 200]


def test_sum_of_the_ledger_leaves_out_what_its_readers_must_not_add():
    """By hand from the rule: every kept row is a tenant's, and the framework and both giants without tenant are out."""
    kept = set(deals.contracted(LEDGER, conditional=True)["deal_id"])
    assert kept - set(deals.contracted(LEDGER)["deal_id"]) == set(deals.NOT_EFFECTIVE)
    assert not kept & {"HUT-2025-12-ANTHROPIC-FRAMEWORK", "IREN-2026-05-NVDA-5GW", "KEEL-2025-11-WASHINGTON"}
    assert not kept & {"MARA-2026-02-STARWOOD", "SLNH-2026-01-METROBLOKS", "CORZ-2025-07-CWMERGER"}
    left = LEDGER[~LEDGER["deal_id"].isin(kept)]
    assert set(left["deal_type"]) == {"acquisition", "power_capacity", "other", "jv"}


def test_galaxys_value_and_megawatts_count_once():
    """800 MW gross are 526 MW critical IT for above 1 bn a year over 15 years (company release of 15 August 2025)."""
    rows = deals.contracted(LEDGER[LEDGER["ticker"] == "GLXY"])
    whole = deals.totals(rows).loc["all"]
    assert whole[["contracts", "critical_it_mw", "usd_bn_per_year"]].tolist() == [3, 526, 1]
    folded = deals.combined(rows)
    assert (len(folded), folded["mw"].item()) == (1, 526)


def test_galaxys_value_is_not_spread_over_part_of_its_megawatts():
    """While a phase is not yet public there is no rate: 15 bn over two thirds of the power would be a wrong one."""
    early = deals.contracted(load("deals", as_of="2025-10-01"))
    assert deals.HELIOS_VALUE in set(early["deal_id"])
    assert deals.HELIOS_VALUE not in set(deals.revenue_per_mw_year(early, ratio=1.4)["deal_id"])


def test_a_value_entered_twice_is_refused():
    """The deliberate error: a phase with a value of its own beside the common one, or a row copied."""
    phase = LEDGER["deal_id"] == "GLXY-2025-03-CW1"
    wrong = LEDGER.assign(contract_value_usd_bn=LEDGER["contract_value_usd_bn"].mask(phase, 3.8))
    with pytest.raises(ValueError, match="GLXY-2025-03-CW1: has a value that GLXY-2025-08-HELIOS-TOTAL contains"):
        deals.contracted(wrong)
    with pytest.raises(ValueError, match="APLD-2025-06-CW1: listed twice"):
        deals.contracted(pd.concat([LEDGER, LEDGER.head(1)]))


@pytest.mark.parametrize(
    ("ticker", "as_of", "value_usd_bn", "megawatts"),
    [
        ("CORZ", "2024-10-31", 8.7, 502),  # release of 22 October 2024: about 500 MW, 8.7 bn over 12 years
        ("APLD", "2025-09-30", 11.0, 400),  # release of 29 August 2025: 400 MW, about 11 bn
        ("WULF", "2025-08-31", 6.7, 420),  # release of 18 August 2025: 6.7 bn, over 360 MW, with 60 MW for Core42
    ],
)
def test_cumulative_totals_of_the_releases(ticker, as_of, value_usd_bn, megawatts):
    """The sums by company agree with the cumulative figures that the companies published."""
    rows = deals.contracted(load("deals", as_of=as_of))
    row = deals.totals(rows, rows["ticker"]).loc[ticker]
    assert row["value_usd_bn"] == pytest.approx(value_usd_bn)
    assert row["critical_it_mw"] == pytest.approx(megawatts)


def test_megawatt_bases_are_never_added():
    """A lone gross figure is open; a row with both counts as critical IT only."""
    rows = deals.contracted(ledger({"gross_mw": 140}, {"critical_it_mw": None, "gross_mw": 300}))
    assert rows["mw_basis"].tolist() == ["critical IT", "open"]
    assert deals.totals(rows).loc["all", ["critical_it_mw", "open_mw"]].tolist() == [100, 300]


def test_totals_do_not_depend_on_the_order_of_rows_or_on_grouping():
    """Sums by miner and by tenant are the same money."""
    rows, mixed = deals.contracted(LEDGER), deals.contracted(LEDGER.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(rows, mixed)
    whole = deals.totals(rows).loc["all"]
    for by in (rows["ticker"], deals.tenants(rows)):
        pd.testing.assert_series_equal(deals.totals(rows, by).sum(), whole, check_names=False)


def test_pivot_date_is_the_first_binding_contract():
    """Partial dates count from the last day; frameworks, takeovers and conditional leases do not count."""
    table = ledger(
        {"ticker": "CORZ", "announced_on": "2024-05"},
        {"ticker": "CORZ", "announced_on": "2024-05-30"},
        {"ticker": "HUT", "announced_on": None},
        {"ticker": "MARA", "deal_type": "acquisition"},
        {"ticker": "BTDR", "deal_id": "BTDR-2026-06-TYDAL"},
        {"ticker": "WULF", "announced_on": "2024"},
    )
    assert deals.pivot_dates(table).to_dict() == {
        "CORZ": pd.Timestamp("2024-05-30"),
        "WULF": pd.Timestamp("2024-12-31"),
    }


@pytest.mark.parametrize(
    ("partial", "days"),
    [
        ("last", {"CORZ": "2024-05-30", "WULF": "2024-12-31"}),
        ("first", {"WULF": "2024-01-01", "CORZ": "2024-05-01"}),
        ("drop", {"CORZ": "2024-05-30"}),
    ],
)
def test_a_partial_date_counts_as_told(partial, days):
    """May 2024 and 2024 from their last day, from their first, or not at all; another word is refused."""
    table = ledger(
        {"ticker": "CORZ", "announced_on": "2024-05"},
        {"ticker": "CORZ", "announced_on": "2024-05-30"},
        {"ticker": "WULF", "announced_on": "2024"},
    )
    found = deals.pivot_dates(table, partial=partial)
    assert found.dt.strftime("%Y-%m-%d").to_dict() == days
    with pytest.raises(ValueError, match="must be 'last', 'first' or 'drop'"):
        deals.pivot_dates(table, partial="middle")


@pytest.mark.parametrize("partial", ["last", "first", "drop"])
def test_what_becomes_of_a_contract_later_moves_no_pivot_date(partial):
    """Every contract terminated, or superseded by a row of 2027: the days of the first signing stay."""
    before = deals.pivot_dates(LEDGER, partial=partial)
    signed = deals.contracted(LEDGER)
    ended = LEDGER.assign(status=LEDGER["status"].mask(LEDGER["deal_id"].isin(signed["deal_id"]), "terminated"))
    later = signed[LEDGER.columns].assign(
        deal_id="LATER-" + signed["deal_id"], supersedes=signed["deal_id"], announced_on="2027-01-15"
    )
    later = later.assign(contract_value_usd_bn=float("nan"))
    assert deals.contracted(ended).empty
    pd.testing.assert_series_equal(deals.pivot_dates(ended, partial=partial), before)
    replaced = deals.pivot_dates(pd.concat([LEDGER, later], ignore_index=True), partial=partial)
    pd.testing.assert_series_equal(replaced[before.index], before)
    closed = pd.concat([LEDGER, later.assign(status="terminated")], ignore_index=True)
    pd.testing.assert_series_equal(deals.pivot_dates(closed, partial=partial)[before.index], before)


def test_pivot_dates_of_the_ledger():
    """As the companies announced them, and without those that have no tenant."""
    dates = deals.pivot_dates(LEDGER)
    announced = {"CORZ": "2024-06-03", "WULF": "2024-12-23", "IREN": "2025-11-03", "HUT": "2025-12-17"}
    assert {ticker: f"{dates[ticker]:%Y-%m-%d}" for ticker in announced} == announced
    assert not set(dates.index) & {"MARA", "CLSK", "KEEL", "BTDR"}


def test_revenue_per_megawatt_and_year():
    """1.5 bn over 10 years and 100 MW is 1.5 m per MW-year; an open basis gives a range, hardware is taken off."""
    table = ledger(
        {"contract_value_usd_bn": 1.5},
        {"critical_it_mw": None, "gross_mw": 100, "contract_value_usd_bn": 1.5},
        {"deal_type": "gpu_cloud", "contract_value_usd_bn": 4.0, "customer_gpu_or_capex_usd_bn": 3.0},
        {"contract_value_usd_bn": None},
    )
    rates = deals.revenue_per_mw_year(deals.contracted(table), ratio=1.4)
    assert rates["low"].tolist() == pytest.approx([1.5, 1.5, 4.0])
    assert rates["high"].tolist() == pytest.approx([1.5, 2.1, 4.0])
    assert rates["market"].tolist() == ["colocation rent", "colocation rent", "GPU cloud"]
    assert rates["net_low"].dropna().tolist() == pytest.approx([1.0])


def test_published_rate_of_river_bend():
    """Hut 8, 17 December 2025: 7.0 bn over 15 years and 245 MW, and 6.9 bn of income, 454 m a year, within it."""
    rates = deals.revenue_per_mw_year(deals.contracted(LEDGER), ratio=1.4).set_index("deal_id")
    yearly = rates.loc["HUT-2025-12-RIVERBEND", "low"] * 245
    assert 454 < yearly < 1.1 * 454


def test_ratios_of_gross_to_critical_megawatts():
    """By hand from the releases: 72.5 for 60 (Core42), 244 for 168 (Barber Lake), 800 for 133 + 260 + 133 (Helios)."""
    ratios = deals.gross_ratios(LEDGER)
    expected = {"WULF-2024-12-CORE42": 72.5 / 60, "CIFR-2025-09-FS1": 244 / 168, deals.HELIOS_VALUE: 800 / 526}
    assert ratios[list(expected)].to_dict() == pytest.approx(expected)
    assert ratios.is_monotonic_increasing


def test_helios_has_no_ratio_while_one_of_its_phases_is_unknown():
    """800 MW over two thirds of the campus would be a wrong ratio."""
    assert deals.HELIOS_VALUE not in deals.gross_ratios(LEDGER[LEDGER["deal_id"] != deals.HELIOS_PHASES[0]])
    phase = LEDGER["deal_id"] == deals.HELIOS_PHASES[0]
    unknown = LEDGER.assign(critical_it_mw=LEDGER["critical_it_mw"].mask(phase))
    assert deals.HELIOS_VALUE not in deals.gross_ratios(unknown)


def test_a_rent_of_876_thousand_dollars_is_100_dollars_per_mwh():
    """8760 hours a year."""
    assert deals.rent_per_mwh(0.876) == pytest.approx(100)


def compared(hashprice, efficiency=17.5, power=40.0):
    """One plain lease of 1.752 m per MW-year (200 USD per MWh) signed 2025-03-05 against mining."""
    rates = deals.revenue_per_mw_year(deals.contracted(ledger({"contract_value_usd_bn": 1.752})), ratio=1.25)
    machine = {"efficiency_j_per_th": efficiency, "power_usd_per_mwh": power}
    return deals.against_mining(rates, hashprice, ratio=1.25, **machine).iloc[0]


def test_rent_and_mining_on_one_basis():
    """By hand: at 42 USD per PH/s per day and 17.5 J/TH a MWh earns 100 USD, 60 after power at 40."""
    hashprice = pd.Series(42.0, pd.date_range("2025-01-01", "2025-06-30"))
    hashprice.loc["2025-05-01":] = 84.0
    row = compared(hashprice)
    assert row[["rent_server", "rent_site", "mining_signing", "mining_now"]].tolist() == pytest.approx(
        [200, 160, 60, 160]
    )


def test_mining_at_signing_uses_nothing_later():
    """A change of the hashprice after the day of signing does not move it."""
    hashprice = pd.Series(42.0, pd.date_range("2025-01-01", "2025-06-30"))
    later = hashprice.where(hashprice.index <= "2025-03-05", 420.0)
    assert compared(hashprice)["mining_signing"] == compared(later)["mining_signing"]
    assert compared(hashprice)["mining_now"] != compared(later)["mining_now"]


@settings(deadline=None)
@given(st.floats(5, 500), st.floats(0, 200))
def test_at_the_break_even_efficiency_mining_pays_the_rent(level, power):
    """The formula solved for efficiency, put back into it."""
    row = compared(pd.Series(level, pd.date_range("2025-01-01", "2025-06-30")), power=power)
    assert mining.revenue_per_mwh(level, row["break_even_now"]) - power == pytest.approx(row["rent_site"])
    assert row["break_even_signing"] == pytest.approx(row["break_even_now"])


def test_best_machine_on_sale_is_known_on_the_day():
    """A machine dated to a year counts from its last day or its first, and a worse one never displaces a better."""
    models = pd.DataFrame({"efficiency_j_per_th": [20.0, 15.0, 18.0], "released": ["2023", "2024", "2025-03"]})
    days = pd.Series(pd.to_datetime(["2024-06-30", "2025-01-01", "2025-06-30"]))
    assert deals.best_efficiency(models, days).tolist() == [20, 15, 15]
    assert deals.best_efficiency(models, days, partial="first").tolist() == [15, 15, 15]


def test_herfindahl_by_hand():
    """Shares of 50, 30 and 20 percent: 0.25 + 0.09 + 0.04."""
    assert deals.herfindahl(pd.Series([5.0, 3.0, 2.0])) == pytest.approx(0.38)


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=20), st.floats(0.1, 10))
def test_herfindahl_has_bounds_and_no_unit(values, scale):
    """Between 1/n and 1, and the same in any currency."""
    index = deals.herfindahl(pd.Series(values))
    assert 1 / len(values) - 1e-9 <= index <= 1 + 1e-9
    assert deals.herfindahl(pd.Series(values) * scale) == pytest.approx(index)


def test_backed_contracts_name_the_backer():
    """One of two; an empty cell is no backstop."""
    rows = deals.contracted(ledger({"credit_support": "Google backstop 1.4bn"}, {"credit_support": None}))
    assert deals.backed(rows)["deal_id"].tolist() == ["D0"]
    assert deals.backed(rows, "Microsoft").empty


def test_present_value_of_an_annuity():
    """100 over two years at 10 percent: 50/1.1 + 50/1.21."""
    worth = deals.present_value(pd.Series([100.0]), pd.Series([2.0]), rate=0.1)
    assert worth.item() == pytest.approx(50 / 1.1 + 50 / 1.21)


def test_rank_with_an_open_basis():
    """300 MW of open basis are first as critical IT, second when 1.4 gross megawatts make one; ties share a place."""
    table = ledger(
        {"deal_id": "OPEN", "critical_it_mw": None, "gross_mw": 300},
        {"critical_it_mw": 250, "contract_value_usd_bn": 1.0},
        {"critical_it_mw": 20, "contract_value_usd_bn": 2.0, "term_years": 40.0},
    )
    places = deals.rank(deals.contracted(table), "OPEN", ratios=(1.1, 1.4)).set_index("measure")["place"].tolist()
    assert places == [2, 1, 1, 1, 2]


def test_tenants_without_remarks_and_undisclosed_ones_apart():
    """Fluidstack is one tenant in whatever role; two undisclosed ones of two miners are two."""
    rows = ledger(
        {"counterparty": "Fluidstack (JV partner and tenant)"},
        {"counterparty": "undisclosed", "ticker": "BTBT"},
        {"counterparty": "undisclosed", "ticker": "BTDR"},
    )
    assert deals.tenants(rows).tolist() == ["Fluidstack", "undisclosed (BTBT)", "undisclosed (BTDR)"]


def segments(*rows):
    """Quarters: ticker, period_end, revenue, AI revenue."""
    table = pd.DataFrame(rows, columns=["ticker", "period_end", "revenue_usd_m", "ai_hpc_revenue_usd_m"])
    return table.assign(period_end=pd.to_datetime(table["period_end"]), mining_revenue_usd_m=float("nan"))


def test_unknown_split_is_not_zero():
    """No split, an old split and no row at all are missing; a stated zero is zero; the latest split counts."""
    table = segments(
        ("IREN", "2025-12-31", 100.0, 10.0),
        ("IREN", "2026-03-31", 100.0, 40.0),
        ("IREN", "2026-06-30", 100.0, None),
        ("MARA", "2026-03-31", 200.0, None),
        ("HUT", "2024-09-30", 50.0, 5.0),
        ("CIFR", "2026-03-31", 50.0, 0.0),
    )
    shares = deals.ai_share(table, ["IREN", "MARA", "HUT", "CIFR", "GLXY"])["ai_percent"]
    assert shares.dropna().to_dict() == {"IREN": 40.0, "CIFR": 0.0}
    assert shares[shares.isna()].index.tolist() == ["GLXY", "HUT", "MARA"]


def test_income_against_contracts():
    """2 m a quarter of 100 m a year is 8 percent; a company without a split is left out."""
    shares = deals.ai_share(segments(("IREN", "2026-06-30", 10.0, 2.0)), ["IREN", "HUT"])
    pace = deals.started(deals.contracted(ledger({}, {"ticker": "HUT"})), shares)
    assert pace["percent"].to_dict() == pytest.approx({"IREN": 8.0})


def test_published_ai_share_of_core_scientific():
    """Fourth quarter of 2025: colocation 31.3 m of 79.8 m (release of 2 March 2026)."""
    shares = deals.ai_share(load("miner_segments", as_of="2026-03-05"), ["CORZ"])
    assert shares.loc["CORZ", "ai_percent"] == pytest.approx(100 * 31.3 / 79.8)


def test_building_costs_are_read_from_the_notes():
    """A stated range per megawatt, and only that."""
    costs = deals.build_costs(ledger({"notes": "NOI margin 80-85%; cost 9-11m/MW"}, {"notes": "retrofit 100-120m"}))
    assert costs.to_dict("index") == {"D0": {"low": 9, "high": 11}}


def test_financings_leave_out_warrants_and_the_package_announced_twice():
    """IREN's 3,600 m of February 2026 is the 1,500 m and 2,100 m of June."""
    table = load("financings")
    june = table[table["financing_id"].str.startswith("IREN-2026-06-01")]
    package = table[table["financing_id"].isin(["IREN-2026-02-05-loan", "IREN-2026-05-07-warrants"])]
    assert deals.raised(pd.concat([june, package]))["IREN"] == 3600


def test_last_day_of_an_expected_start():
    """Month, quarter, half, mid-year and year."""
    stated = ["2026-09", "2025-Q1", "2026-H1", "mid-2027", "2027", None]
    last = ["2026-09-30", "2025-03-31", "2026-06-30", "2027-06-30", "2027-12-31"]
    found = deals.due(ledger(*({"start_expected": start} for start in stated)))
    assert found.dt.strftime("%Y-%m-%d").dropna().tolist() == last
    assert pd.isna(found.iloc[-1])
