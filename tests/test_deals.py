"""Deals: what may be summed, what a megawatt earns, who signed when; the sums on the table itself."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minerpivot import deals
from minerpivot.tables import load

LEDGER = load("deals")
TICKERS = set(load("instruments")["ticker"])
BLANK = dict.fromkeys(LEDGER.columns)


def ledger(*rows):
    """A small ledger: each row a dict over a plain ten-year, 1 bn, 100 MW colocation lease."""
    plain = {"announced_on": "2025-03-05", "ticker": "IREN", "counterparty": "Tenant", "deal_type": "colocation_lease"}
    plain |= {"critical_it_mw": 100.0, "term_years": 10.0, "contract_value_usd_bn": 1.0, "status": "announced"}
    table = pd.DataFrame([BLANK | {"deal_id": f"D{place}"} | plain | row for place, row in enumerate(rows)])
    figures = ["critical_it_mw", "gross_mw", "term_years", "contract_value_usd_bn", "customer_gpu_or_capex_usd_bn"]
    return table.astype(dict.fromkeys(figures, float))


def skip_without(deal_id):
    """A fork may have removed the company whose published figure a test holds against the ledger."""
    ticker = deal_id.split("-")[0]
    if ticker not in TICKERS:
        pytest.skip(f"{ticker}, whose published figure is checked, is not in data/instruments.csv")


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
    assert kept - set(deals.contracted(LEDGER)["deal_id"]) == set(deals.NOT_EFFECTIVE) & set(LEDGER["deal_id"])
    assert not kept & {"HUT-2025-12-ANTHROPIC-FRAMEWORK", "IREN-2026-05-NVDA-5GW", "KEEL-2025-11-WASHINGTON"}
    assert not kept & {"MARA-2026-02-STARWOOD", "SLNH-2026-01-METROBLOKS", "CORZ-2025-07-CWMERGER"}
    assert not kept & {"CLSK-2025-10-AUSTINCO", "CLSK-2026-01-BRAZORIA"}
    summed = LEDGER["deal_id"].isin(kept)
    ended = LEDGER["deal_id"].isin(LEDGER["supersedes"].dropna()) | (LEDGER["status"] == "terminated")
    assert set(LEDGER.loc[~summed & ~ended, "deal_type"]) <= {"acquisition", "power_capacity", "other", "jv"}
    assert not set(LEDGER.loc[summed, "deal_type"]) & {"acquisition", "power_capacity"}


def test_galaxys_value_and_megawatts_count_once():
    """800 MW gross are 526 MW critical IT for above 1 bn a year over 15 years (company release of 15 August 2025)."""
    skip_without("GLXY")
    rows = deals.contracted(LEDGER[LEDGER["ticker"] == "GLXY"])
    whole = deals.totals(rows).loc["all"]
    assert whole[["contracts", "critical_it_mw", "usd_bn_per_year"]].tolist() == [3, 526, 1]
    folded = deals.combined(rows)
    assert (len(folded), folded["mw"].item()) == (1, 526)


def test_galaxys_value_is_not_spread_over_part_of_its_megawatts():
    """While a phase is not yet public there is no rate: 15 bn over two thirds of the power would be a wrong one."""
    skip_without("GLXY")
    early = deals.contracted(load("deals", as_of="2025-10-01"))
    assert deals.HELIOS_VALUE in set(early["deal_id"])
    assert deals.HELIOS_VALUE not in set(deals.revenue_per_mw_year(early, ratio=1.4)["deal_id"])


def test_a_value_entered_twice_is_refused():
    """The deliberate error: a phase with a value of its own beside the common one, or a row copied."""
    wrong = ledger({"deal_id": "GLXY-2025-03-CW1"}, {"deal_id": deals.HELIOS_VALUE, "deal_type": "other"})
    with pytest.raises(ValueError, match="GLXY-2025-03-CW1: has a value that GLXY-2025-08-HELIOS-TOTAL contains"):
        deals.contracted(wrong)
    with pytest.raises(ValueError, match=f"{LEDGER['deal_id'].iloc[0]}: listed twice"):
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
    skip_without(ticker)
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


@pytest.mark.parametrize(
    ("ticker", "day"), [("CORZ", "2024-06-03"), ("WULF", "2024-12-23"), ("IREN", "2025-11-03"), ("HUT", "2025-12-17")]
)
def test_pivot_dates_of_the_ledger(ticker, day):
    """As the companies announced them."""
    skip_without(ticker)
    assert f"{deals.pivot_dates(LEDGER)[ticker]:%Y-%m-%d}" == day


def test_a_company_without_a_tenant_has_no_pivot_date():
    """Who has only land, power, takeovers or what is not binding is not dated; who has a dated contract is."""
    outside = [*deals.WITHOUT_TENANT, *deals.NOT_EFFECTIVE]
    binding = LEDGER[LEDGER["deal_type"].isin(["colocation_lease", "gpu_cloud", "jv"])]
    signed = binding[~binding["deal_id"].isin(outside)].dropna(subset="announced_on")
    assert set(deals.pivot_dates(LEDGER).index) == set(signed["ticker"])
    # The original's companies without a tenant; one for which a fork has added a contract is no longer one of them.
    assert not set(deals.pivot_dates(LEDGER).index) & ({"MARA", "CLSK", "KEEL", "BTDR"} - set(signed["ticker"]))


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
    skip_without("HUT")
    rates = deals.revenue_per_mw_year(deals.contracted(LEDGER), ratio=1.4).set_index("deal_id")
    yearly = rates.loc["HUT-2025-12-RIVERBEND", "low"] * 245
    assert 454 < yearly < 1.1 * 454


@pytest.mark.parametrize(
    ("deal_id", "by_hand"),
    [("WULF-2024-12-CORE42", 72.5 / 60), ("CIFR-2025-09-FS1", 244 / 168), (deals.HELIOS_VALUE, 800 / 526)],
)
def test_ratios_of_gross_to_critical_megawatts(deal_id, by_hand):
    """By hand from the releases: 72.5 for 60 (Core42), 244 for 168 (Barber Lake), 800 for 133 + 260 + 133 (Helios)."""
    skip_without(deal_id)
    ratios = deals.gross_ratios(LEDGER)
    assert ratios[deal_id] == pytest.approx(by_hand)
    assert ratios.is_monotonic_increasing


def test_helios_has_no_ratio_while_one_of_its_phases_is_unknown():
    """800 MW over two thirds of the campus would be a wrong ratio."""
    assert deals.HELIOS_VALUE not in deals.gross_ratios(LEDGER[LEDGER["deal_id"] != deals.HELIOS_PHASES[0]])
    phase = LEDGER["deal_id"] == deals.HELIOS_PHASES[0]
    unknown = LEDGER.assign(critical_it_mw=LEDGER["critical_it_mw"].mask(phase))
    assert deals.HELIOS_VALUE not in deals.gross_ratios(unknown)


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


def test_published_ai_share_of_core_scientific():
    """Fourth quarter of 2025: colocation 31.3 m of 79.8 m (release of 2 March 2026)."""
    skip_without("CORZ")
    shares = deals.ai_share(load("miner_segments", as_of="2026-03-05"), ["CORZ"])
    assert shares.loc["CORZ", "ai_percent"] == pytest.approx(100 * 31.3 / 79.8)


def test_last_day_of_an_expected_start():
    """Month, quarter, half, mid-year and year."""
    stated = ["2026-09", "2025-Q1", "2026-H1", "mid-2027", "2027", None]
    last = ["2026-09-30", "2025-03-31", "2026-06-30", "2027-06-30", "2027-12-31"]
    found = deals.due(ledger(*({"start_expected": start} for start in stated)))
    assert found.dt.strftime("%Y-%m-%d").dropna().tolist() == last
    assert pd.isna(found.iloc[-1])


def test_every_row_says_how_it_counts_and_only_what_is_summed_counts():
    """The column agrees with the sum; one reason per row that is left out."""
    table = ledger(
        {},
        {"deal_type": "gpu_cloud"},
        {"deal_type": "other"},
        {"deal_type": "other", "status": "amended"},
        {"deal_type": "acquisition"},
        {"deal_type": "jv", "deal_id": "MARA-2026-02-STARWOOD"},
        {"deal_id": deals.NOT_EFFECTIVE[0]},
        {"deal_id": "NEW", "supersedes": "OLD"},
        {"deal_id": "OLD"},
        {"status": "terminated"},
    )
    kinds = [
        "colocation",
        "GPU cloud",
        "no: framework or cost",
        "no: amendment",
        "no: takeover or sale",
        "no: no tenant",
    ]
    kinds += ["no: not effective", "colocation", "no: superseded", "no: terminated"]
    assert deals.counted_as(table).tolist() == kinds
    whole = deals.counted_as(LEDGER)
    summed = LEDGER["deal_id"].isin(deals.contracted(LEDGER)["deal_id"])
    assert (whole.str.startswith("no: ") == ~summed).all()


def test_on_the_articles_day_nothing_later_is_known():
    """What counts then was announced by then; later rows add at least a billion, and no later amendment is seen."""
    then = load("deals", as_of="2026-01-28")
    rows, later = deals.contracted(then), deals.contracted(LEDGER)
    assert (rows["announced"] <= "2026-01-28").all()
    assert not set(then["deal_id"]) & {"APLD-2026-04-CWAMEND", "HUT-2026-05-BEACON", "IREN-2026-05-NVDA"}
    assert set(rows["deal_id"]) < set(later["deal_id"])
    assert deals.totals(later).loc["all", "value_usd_bn"] > deals.totals(rows).loc["all", "value_usd_bn"] + 1
    assert (
        not (deals.cumulative(later).query("announced <= '2026-01-28'")["deal_id"])
        .isin(LEDGER.loc[LEDGER["announced_on"] > "2026-01-28", "deal_id"])
        .any()
    )


def test_running_sums_end_at_the_totals_and_keep_what_is_missing():
    """A contract without value adds nothing and stays without one; one without a date is in no running sum."""
    rows = deals.contracted(
        ledger({}, {"contract_value_usd_bn": None, "announced_on": "2025-04-01"}, {"announced_on": None})
    )
    steps = deals.cumulative(rows)
    assert steps["value_so_far"].tolist() == [1, 1]
    assert steps["critical_it_so_far"].tolist() == [100, 200]
    assert steps["contract_value_usd_bn"].isna().tolist() == [False, True]
    contracts = deals.contracted(LEDGER)
    whole, dated = deals.cumulative(contracts).iloc[-1], deals.totals(contracts[contracts["announced"].notna()])
    assert whole["value_so_far"] == pytest.approx(dated.loc["all", "value_usd_bn"])


@pytest.mark.parametrize(
    ("deal_id", "by_hand"),
    [
        ("APLD-2025-06-CW1", 7000 / (250 * 15)),  # 7 bn over about 15 years for 250 MW (release of 2 June 2025)
        ("CORZ-2024-10-CWOPT3", 2000 / (120 * 12)),  # 2.0 bn over 12 years for 120 MW (release of 22 October 2024)
        ("HUT-2026-05-BEACON", 9800 / (352 * 15)),  # 9.8 bn over 15 years for 352 MW (6 May 2026)
        ("IREN-2025-11-MSFT", 9700 / (200 * 5)),  # 9.7 bn over 5 years for 200 MW of critical IT (3 November 2025)
        ("CIFR-2025-11-AWS", 5500 / (300 * 15)),  # 5.5 bn over 15 years for 300 MW, read as critical IT
    ],
)
def test_rates_by_hand(deal_id, by_hand):
    """Million USD per megawatt and year of five announcements."""
    skip_without(deal_id)
    rates = deals.revenue_per_mw_year(deals.contracted(LEDGER), ratio=1.5).set_index("deal_id")
    assert rates.loc[deal_id, "low"] == pytest.approx(by_hand)
    assert rates.loc[deal_id, "high"] == pytest.approx(by_hand * (1.5 if deal_id == "CIFR-2025-11-AWS" else 1))


def test_ultimate_credit_by_the_rule():
    """The guarantor, else the tenant; a rated tenant, a prepayment and silence are told apart."""
    rows = ledger(
        {"credit_support": "Google backstop 1.4bn; warrants ~5.4%", "counterparty": "Fluidstack"},
        {"credit_support": "tenant investment grade; take-or-pay", "counterparty": "undisclosed"},
        {"credit_support": "customer prepayment", "counterparty": "Microsoft"},
        {"credit_support": None, "counterparty": "CoreWeave"},
    )
    found = deals.ultimate_credit(rows)
    assert found["credit"].tolist() == ["Google", "undisclosed (IREN)", "Microsoft", "CoreWeave"]
    assert found["ground"].tolist() == ["guarantee", "rated tenant", "prepayment", "no support stated"]


@pytest.mark.parametrize(
    ("deal_ids", "sum_usd_bn"),
    [
        (["WULF-2025-08-FS1", "WULF-2025-08-FS2-CB5"], 3.2),
        (["CIFR-2025-09-FS1", "CIFR-2025-11-FS2"], 1.73),
        (["HUT-2025-12-RIVERBEND"], None),
        (["APLD-2025-10-PF2"], None),
    ],
)
def test_stated_backstops_add_up_to_the_published_cumulative_sums(deal_ids, sum_usd_bn):
    """Google: 3.2 bn at Lake Mariner (1.8 and 1.4 more), 1.73 bn at Barber Lake; no sum was stated at River Bend."""
    skip_without(deal_ids[0])
    rows = deals.contracted(LEDGER).assign(sum=lambda table: deals.backstop_usd_bn(table)).set_index("deal_id")
    found = rows.loc[deal_ids, "sum"].sum(min_count=1)
    assert pd.isna(found) if sum_usd_bn is None else found == pytest.approx(sum_usd_bn, abs=0.005)


def test_concentration_by_hand():
    """3, 1 and 1 bn: sixty percent, index 0.36 + 0.04 + 0.04; a group without value is none."""
    rows = deals.contracted(
        ledger(
            {"contract_value_usd_bn": 3.0},
            {"ticker": "HUT"},
            {"ticker": "WULF"},
            {"ticker": "CIFR", "contract_value_usd_bn": None},
        )
    )
    found = deals.concentration(rows, rows["ticker"])
    assert (found["groups"], found["largest"]) == (3, "IREN")
    assert [found["largest_percent"], found["herfindahl"]] == pytest.approx([60, 0.44])


def test_one_guarantor_concentrates_what_two_tenants_spread():
    """Two tenants of one guarantor: the index rises from 0.5 to 1."""
    rows = deals.contracted(
        ledger({"credit_support": "Google backstop 1bn"}, {"credit_support": "Google", "counterparty": "Other"})
    )
    by_tenant = deals.concentration(rows, deals.tenants(rows))["herfindahl"]
    by_credit = deals.concentration(rows, deals.ultimate_credit(rows)["credit"])["herfindahl"]
    assert [by_tenant, by_credit] == pytest.approx([0.5, 1])


def test_standing_ranks_each_measure_and_leaves_missing_ones_without_place():
    """Second by value, first by rate within its own market, no place by a value with renewals that was not seen."""
    table = ledger(
        {"deal_id": "OWN"},
        {"contract_value_usd_bn": 2.0, "critical_it_mw": 400, "extension_value_usd_bn": 5.0},
        {"deal_type": "gpu_cloud", "contract_value_usd_bn": 0.9, "critical_it_mw": 10.0},
    ).astype({"extension_value_usd_bn": float})
    found = deals.standing(deals.contracted(table), "OWN", ratios=(1.2, 1.5)).set_index("measure")
    assert found.loc["base value, USD bn", ["place", "of"]].tolist() == [2, 3]
    assert found.loc["USD m per MW and year, as critical IT", ["place", "of"]].tolist() == [1, 2]
    assert pd.isna(found.loc["value with renewals, USD bn", "place"])
    absent = deals.standing(deals.contracted(table), "NOT-SIGNED-YET", ratios=(1.2, 1.5))
    assert absent["place"].isna().all()


def test_delivery_splits_every_critical_megawatt_once():
    """Delivered, due, later and undated add up; an open basis is in none; without any status delivery is unknown."""
    rows = deals.contracted(
        ledger(
            {"status": "delivered", "start_expected": "2025-Q1"},
            {"start_expected": "2025-Q4", "critical_it_mw": 30},
            {"start_expected": "2027", "critical_it_mw": 20},
            {"critical_it_mw": 7},
            {"critical_it_mw": None, "gross_mw": 300},
        )
    )
    found = deals.delivery(rows, "2026-06-29")
    assert found.loc["IREN"].to_dict() == {"delivered": 100, "due": 30, "later": 20, "undated": 7}
    assert deals.delivery(rows.assign(status=None), "2026-06-29")["delivered"].isna().all()
    assert deals.delivery(rows, "2025-12-31").loc["IREN", "due"] == 30  # due on its last day, not the day before
    assert deals.delivery(rows, "2025-12-30").loc["IREN", "due"] == 0


def test_what_is_not_dated_is_not_needed():
    """An edition has no status and no notes: sums, places, credit and delivery are those of the rows themselves."""
    bare = load("deals", as_of="2026-01-28").assign(status=None, notes=None)
    rows, whole = deals.contracted(bare), deals.contracted(load("deals", as_of="2026-01-28"))
    pd.testing.assert_frame_equal(deals.totals(rows), deals.totals(whole))
    pd.testing.assert_series_equal(
        deals.pivot_dates(bare), deals.pivot_dates(LEDGER).loc[lambda day: day <= "2026-01-28"]
    )
    pd.testing.assert_frame_equal(deals.ultimate_credit(rows), deals.ultimate_credit(whole))
    assert deals.delivery(rows, "2026-01-28")["delivered"].isna().all()
