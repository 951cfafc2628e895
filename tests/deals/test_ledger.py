"""Deals: what may be summed, what a megawatt earns, who signed when.

Known answers stand on the frozen tables, rules on small ledgers, and what must hold of any ledger on the live one.
"""

import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minerpivot.data.tables import load, through
from minerpivot.deals import ledger as deals
from tests.frozen import load as frozen

LEDGER = frozen("deals")  # known answers stand on the frozen tables
BLANK = dict.fromkeys(LEDGER.columns)
FIGURES = [
    *("critical_it_mw", "gross_mw", "term_years", "contract_value_usd_bn", "extension_value_usd_bn"),
    *("customer_gpu_or_capex_usd_bn", "prepayment_pct", "own_share_pct", "guarantee_usd_bn"),
]


def ledger(*rows):
    """A small ledger: each row a dict over a plain ten-year, 1 bn, 100 MW colocation lease that binds at once."""
    plain = {"announced_on": "2025-03-05", "ticker": "IREN", "counterparty": "Tenant", "deal_type": "colocation_lease"}
    plain |= {"counts_as": "contract", "state": "signed", "tenant": "Tenant", "tenant_disclosed": "y"}
    plain |= {"credit_ground": "none_stated", "critical_it_mw": 100.0, "term_years": 10.0, "contract_value_usd_bn": 1.0}
    told = [BLANK | {"deal_id": f"D{place}"} | plain | row for place, row in enumerate(rows)]
    table = pd.DataFrame([row | {"binding_since": row["binding_since"] or row["announced_on"]} for row in told])
    return table.astype(dict.fromkeys(FIGURES, float))


def change_days():
    """Every day on which the live ledger can have changed."""
    return deals.days_of_change(load("deals"), load("knowledge"), through("deals"))


@pytest.fixture(scope="module")
def moved():
    """What moved the sums of the live ledger, day by day."""
    return deals.movements(deals.ledger_on, change_days())


def test_only_tenant_contracts_in_force_are_summed():
    """Framework, takeover, power, no tenant, superseded, terminated, sold and conditional rows add nothing."""
    table = ledger(
        {},
        *({"counts_as": kind} for kind in ("framework", "amendment", "own_cost", "no_tenant", "power_or_land")),
        *({"counts_as": kind} for kind in ("purchase", "sale", "takeover_bid")),
        *({"state": state} for state in ("terminated", "sold", "superseded", "memorandum", "letter_of_intent")),
        {"deal_id": "CONDITIONAL", "state": "conditional"},
        {"deal_id": "NEW", "supersedes": "OLD", "contract_value_usd_bn": 3.0},
        {"deal_id": "OLD"},
        {"deal_id": "HALF", "state": "partly_delivered"},
    )
    assert sorted(deals.contracted(table)["deal_id"]) == ["D0", "HALF", "NEW"]
    assert deals.totals(deals.contracted(table)).loc["all", ["value_usd_bn", "critical_it_mw"]].tolist() == [5, 300]
    assert "CONDITIONAL" in set(deals.contracted(table, conditional=True)["deal_id"])


def test_what_is_in_force_no_more_is_in_no_sum_and_still_a_first_signing():
    """Sold, replaced or no longer traced; what never bound has not ended."""
    rows = ledger(
        {"deal_id": "LOST", "state": "untraced", "announced_on": "2023-05-16"},
        {"deal_id": "SOLD", "state": "sold"},
        {"deal_id": "NEVER", "state": "terminated"},
        {"deal_id": "HELD", "announced_on": "2025-06-01"},
    )
    rows.loc[rows["deal_id"] == "NEVER", "binding_since"] = None
    assert list(deals.ended(rows)["deal_id"]) == ["LOST", "SOLD"]
    assert deals.ended(rows)["mw_basis"].tolist() == ["critical IT", "critical IT"]
    assert list(deals.contracted(rows)["deal_id"]) == ["HELD"]
    assert deals.pivot_dates(rows)["IREN"] == pd.Timestamp("2023-05-16")
    assert deals.counted_as(rows).tolist()[0] == "no: no longer traced"


def test_sum_of_the_ledger_leaves_out_what_its_readers_must_not_add():
    """The framework, both giants without tenant, takeovers and land are out; the lease that is not effective too."""
    kept = set(deals.contracted(LEDGER, conditional=True)["deal_id"])
    assert kept - set(deals.contracted(LEDGER)["deal_id"]) == {"BTDR-2026-06-TYDAL"}
    assert not kept & {"HUT-2025-12-ANTHROPIC-FRAMEWORK", "IREN-2026-05-NVDA-5GW", "KEEL-2025-11-WASHINGTON"}
    assert not kept & {"MARA-2026-02-STARWOOD", "SLNH-2026-01-METROBLOKS", "CORZ-2025-07-CWMERGER"}
    assert not kept & {"CLSK-2025-10-AUSTINCO", "CLSK-2026-01-BRAZORIA"}


@pytest.mark.parametrize("day", [None, *change_days()[::10]])
def test_whatever_the_ledger_holds_its_sums_are_of_tenants_and_count_nothing_twice(day):
    """On any day: each summed row has a tenant and a ground of credit, no value stands beside the whole of its part."""
    table = load("deals") if day is None else deals.ledger_on(day)
    rows = deals.contracted(table)
    assert rows["deal_id"].is_unique
    assert rows[["tenant", "tenant_disclosed", "credit_ground"]].notna().all().all()
    assert set(rows["counts_as"]) <= set(deals.SUMMED)
    assert not set(rows["deal_id"]) & set(table["supersedes"].dropna())
    assert not rows["part_of"].isin(rows["deal_id"])[rows["contract_value_usd_bn"].notna()].any()
    assert rows.loc[rows["counts_as"] != "contract", "mw"].isna().all()
    whole = deals.totals(rows)["critical_it_mw"].sum()
    assert whole == pytest.approx(rows.query("counts_as == 'contract'")["critical_it_mw"].sum())


def test_a_contract_that_never_ended_is_in_force_on_every_later_day(moved):
    """Over every day on which the live ledger changed: one leaves only by its state or by a row that replaces it."""
    for row in moved[moved["change"] == "ended"].itertuples():
        table = deals.ledger_on(row.day).set_index("deal_id")
        assert table.loc[row.deal_id, "state"] in deals.GONE or row.deal_id in set(table["supersedes"].dropna())
    last = moved.drop_duplicates("deal_id", keep="last")
    assert set(last.loc[last["change"] != "ended", "deal_id"]) == set(deals.contracted(load("deals"))["deal_id"])


def test_galaxys_value_and_megawatts_count_once():
    """800 MW gross are 526 MW critical IT for above 1 bn a year over 15 years (company release of 15 August 2025)."""
    rows = deals.contracted(LEDGER[LEDGER["ticker"] == "GLXY"])
    whole = deals.totals(rows).loc["all"]
    assert whole[["contracts", "critical_it_mw", "usd_bn_per_year"]].tolist() == [3, 526, 1]
    folded = deals.combined(rows)
    assert (len(folded), folded["mw"].item()) == (1, 526)


def test_galaxys_value_is_not_spread_over_part_of_its_megawatts():
    """While a phase is not yet public there is no rate: 15 bn over two thirds of the power would be a wrong one."""
    early = deals.contracted(frozen("deals", as_of="2025-10-01"))
    assert "GLXY-2025-08-HELIOS-TOTAL" in set(early["deal_id"])
    assert "GLXY-2025-08-HELIOS-TOTAL" not in set(deals.revenue_per_mw_year(early, ratio=1.4)["deal_id"])


def test_a_value_entered_twice_is_refused():
    """The deliberate error: a phase with a value of its own beside the common one, or a row copied."""
    wrong = ledger({"deal_id": "PHASE", "part_of": "WHOLE"}, {"deal_id": "WHOLE", "counts_as": "value"})
    with pytest.raises(ValueError, match="PHASE: has a value that WHOLE contains"):
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
    rows = deals.contracted(frozen("deals", as_of=as_of))
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
    live = load("deals")
    rows, mixed = deals.contracted(live), deals.contracted(live.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(rows, mixed)
    whole = deals.totals(rows).loc["all"]
    for by in (rows["ticker"], rows["tenant"]):
        pd.testing.assert_series_equal(deals.totals(rows, by).sum(), whole, check_names=False)


def test_the_total_of_no_contract_has_a_row_too():
    """None is counted, and what was not seen is missing, not zero; by company there is nobody."""
    none = deals.contracted(ledger({"state": "terminated"}))
    found = deals.totals(none).loc["all"]
    assert found[["contracts", "valued"]].tolist() == [0, 0]
    assert found.drop(["contracts", "valued"]).isna().all()
    assert deals.totals(none, none["ticker"]).empty


def test_pivot_date_is_the_first_binding_contract():
    """Partial dates count from the last day; frameworks, takeovers and conditional leases do not count."""
    table = ledger(
        {"ticker": "CORZ", "announced_on": "2024-05"},
        {"ticker": "CORZ", "announced_on": "2024-05-30"},
        {"ticker": "HUT", "announced_on": None},
        {"ticker": "MARA", "counts_as": "purchase"},
        {"ticker": "WULF", "announced_on": "2024"},
    )
    unbound = ledger({"ticker": "BTDR", "deal_id": "TYDAL", "state": "conditional"}).assign(binding_since=None)
    table = pd.concat([table, unbound], ignore_index=True)
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
    assert deals.first_stated(table).to_dict() == {"CORZ": "2024-05-30", "WULF": "2024"}
    found = deals.pivot_dates(table, partial=partial)
    assert found.dt.strftime("%Y-%m-%d").to_dict() == days
    with pytest.raises(ValueError, match="must be 'last', 'first' or 'drop'"):
        deals.pivot_dates(table, partial="middle")


@pytest.mark.parametrize("partial", ["last", "first", "drop"])
def test_what_becomes_of_a_contract_later_moves_no_pivot_date(partial):
    """Every contract of the live ledger terminated, or superseded by a later row: the first signing keeps its day."""
    live = load("deals")
    before = deals.pivot_dates(live, partial=partial)
    signed = deals.contracted(live)
    ended = live.assign(state=live["state"].mask(live["deal_id"].isin(signed["deal_id"]), "terminated"))
    later = signed[live.columns].assign(
        deal_id="LATER-" + signed["deal_id"],
        supersedes=signed["deal_id"],
        announced_on="2199-01-15",
        binding_since="2199-01-15",
        contract_value_usd_bn=float("nan"),
    )
    assert deals.contracted(ended).empty
    pd.testing.assert_series_equal(deals.pivot_dates(ended, partial=partial), before)
    replaced = deals.pivot_dates(pd.concat([live, later], ignore_index=True), partial=partial)
    pd.testing.assert_series_equal(replaced[before.index], before)
    closed = pd.concat([live, later.assign(state="terminated")], ignore_index=True)
    pd.testing.assert_series_equal(deals.pivot_dates(closed, partial=partial)[before.index], before)


@pytest.mark.parametrize(
    ("ticker", "day"), [("CORZ", "2024-06-03"), ("WULF", "2024-12-23"), ("IREN", "2025-11-03"), ("HUT", "2025-12-17")]
)
def test_pivot_dates_of_the_ledger(ticker, day):
    """As the companies announced them."""
    assert f"{deals.pivot_dates(LEDGER)[ticker]:%Y-%m-%d}" == day


def test_a_company_without_a_tenant_has_no_pivot_date():
    """Who has only land, power, takeovers or what does not bind is not dated; who has a dated contract is."""
    assert not set(deals.pivot_dates(LEDGER).index) & {"MARA", "CLSK", "KEEL", "BTDR"}
    live = load("deals")
    bound = live[(live["counts_as"] == "contract") & live["binding_since"].notna()]
    assert set(deals.pivot_dates(live).index) == set(bound["ticker"])


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


@pytest.mark.parametrize(
    ("deal_id", "by_hand"),
    [("WULF-2024-12-CORE42", 72.5 / 60), ("CIFR-2025-09-FS1", 244 / 168), ("GLXY-2025-08-HELIOS-TOTAL", 800 / 526)],
)
def test_ratios_of_gross_to_critical_megawatts(deal_id, by_hand):
    """By hand from the releases: 72.5 for 60 (Core42), 244 for 168 (Barber Lake), 800 for 133 + 260 + 133 (Helios)."""
    ratios = deals.gross_ratios(LEDGER)
    assert ratios[deal_id] == pytest.approx(by_hand)
    assert ratios.is_monotonic_increasing


def test_helios_has_no_ratio_while_one_of_its_phases_is_unknown():
    """800 MW over two thirds of the campus would be a wrong ratio."""
    assert "GLXY-2025-08-HELIOS-TOTAL" not in deals.gross_ratios(LEDGER[LEDGER["deal_id"] != "GLXY-2025-03-CW1"])
    phase = LEDGER["deal_id"] == "GLXY-2025-03-CW1"
    unknown = LEDGER.assign(critical_it_mw=LEDGER["critical_it_mw"].mask(phase))
    assert "GLXY-2025-08-HELIOS-TOTAL" not in deals.gross_ratios(unknown)


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
    found = deals.standing(deals.contracted(table), "OPEN", ratios=(1.1, 1.4)).head(5)
    assert found["place"].tolist() == [2, 1, 1, 1, 2]


def segments(*rows):
    """Quarters: ticker, period_end, revenue, AI revenue."""
    table = pd.DataFrame(rows, columns=["ticker", "period_end", "revenue_usd_m", "ai_hpc_revenue_usd_m"])
    return table.assign(
        period_end=pd.to_datetime(table["period_end"]), mining_revenue_usd_m=float("nan"), ai_includes_fit_out="n"
    )


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
    shares = deals.ai_share(frozen("miner_segments", as_of="2026-03-05"), ["CORZ"])
    assert shares.loc["CORZ", "ai_percent"] == pytest.approx(100 * 31.3 / 79.8)


def test_every_row_says_how_it_counts_and_only_what_is_summed_counts():
    """The column agrees with the sum; one reason per row that is left out."""
    expected = [
        ({}, "colocation"),
        ({"deal_type": "gpu_cloud", "state": "partly_delivered"}, "GPU cloud"),
        ({"counts_as": "extension"}, "extension"),
        ({"counts_as": "value"}, "value of several"),
        ({"counts_as": "framework"}, "no: framework or cost"),
        ({"counts_as": "amendment"}, "no: amendment"),
        ({"counts_as": "purchase"}, "no: takeover or sale"),
        ({"counts_as": "no_tenant"}, "no: no tenant"),
        ({"state": "conditional"}, "no: not effective"),
        ({"state": "letter_of_intent"}, "no: letter of intent"),
        ({"deal_id": "NEW", "supersedes": "OLD"}, "colocation"),
        ({"deal_id": "OLD"}, "no: replaced"),
        ({"state": "terminated"}, "no: terminated"),
        ({"state": "sold"}, "no: sold"),
    ]
    assert deals.counted_as(ledger(*(row for row, _ in expected))).tolist() == [kind for _, kind in expected]
    live = load("deals")
    whole = deals.counted_as(live)
    summed = live["deal_id"].isin(deals.contracted(live)["deal_id"])
    assert whole.notna().all()
    assert (whole.str.startswith("no: ") == ~summed).all()


def test_on_the_articles_day_nothing_later_is_known():
    """What counts then was announced by then; later rows add at least a billion, and no later amendment is seen."""
    then = frozen("deals", as_of="2026-01-28")
    rows, later = deals.contracted(then), deals.contracted(LEDGER)
    assert (rows["announced"] <= "2026-01-28").all()
    assert not set(then["deal_id"]) & {"APLD-2026-04-CWAMEND", "HUT-2026-05-BEACON", "IREN-2026-05-NVDA"}
    assert set(rows["deal_id"]) < set(later["deal_id"])
    assert deals.totals(later).loc["all", "value_usd_bn"] > deals.totals(rows).loc["all", "value_usd_bn"] + 1


def test_a_contract_counts_from_its_announcement_to_its_end():
    """Signed in March, valued in April, sold in June: the sum rises, is restated and falls; the other one stays."""
    first, second = ledger({"contract_value_usd_bn": None}, {"announced_on": "2025-05-01"}).to_dict("records")
    march = ledger(first)
    april = march.assign(contract_value_usd_bn=2.0)
    may = pd.concat([april, ledger(second)])
    june = may.assign(state=may["state"].mask(may["deal_id"] == "D0", "sold"))
    tables = dict(
        zip(pd.to_datetime(["2025-03-05", "2025-04-01", "2025-05-01", "2025-06-01"]), [march, april, may, june])
    )
    found = deals.movements(tables.get, tables)
    assert found["change"].tolist() == ["signed", "restated", "signed", "ended"]
    assert found["deal_id"].tolist() == ["D0", "D0", "D1", "D0"]
    assert found["value_so_far"].tolist() == [0, 2, 3, 1]
    assert found["critical_it_so_far"].tolist() == [100, 100, 200, 100]
    assert found["contract_value_usd_bn"].isna().tolist() == [True, False, False, False]


def test_movements_of_the_live_ledger_add_up_to_its_sums_on_any_day(moved):
    """What was signed and restated, less what ended, is the sum of what was in force on that day."""
    days = moved["day"].drop_duplicates().tolist()
    for day in {*days[::10], days[-1]}:
        last = moved[moved["day"] <= day].iloc[-1]
        whole = deals.totals(deals.contracted(deals.ledger_on(day))).loc["all"].fillna(0)
        assert last["value_so_far"] == pytest.approx(whole["value_usd_bn"])
        assert last["critical_it_so_far"] == pytest.approx(whole["critical_it_mw"])
    assert deals.ledger_on("2001-01-01").empty


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
    rates = deals.revenue_per_mw_year(deals.contracted(LEDGER), ratio=1.5).set_index("deal_id")
    assert rates.loc[deal_id, "low"] == pytest.approx(by_hand)
    assert rates.loc[deal_id, "high"] == pytest.approx(by_hand * (1.5 if deal_id == "CIFR-2025-11-AWS" else 1))


def test_ultimate_credit_by_the_rule():
    """The guarantor, else the tenant; a rated tenant, a prepayment and silence are told apart."""
    rows = ledger(
        {"guarantor": "Google", "credit_ground": "guarantee", "tenant": "Fluidstack"},
        {"credit_ground": "rated_tenant", "tenant": "undisclosed (IREN)"},
        {"credit_ground": "prepayment", "tenant": "Microsoft"},
        {"tenant": "CoreWeave"},
    )
    found = deals.ultimate_credit(rows)
    assert found["credit"].tolist() == ["Google", "undisclosed (IREN)", "Microsoft", "CoreWeave"]
    assert found["ground"].tolist() == ["guarantee", "rated tenant", "prepayment", "no support stated"]


def test_a_common_value_rests_on_the_one_credit_of_its_parts():
    """A tenant and the contract that it guarantees are one credit; two tenants stay two."""
    rows = ledger(
        {"deal_id": "A", "part_of": "ALL", "tenant": "AMD"},
        {"deal_id": "B", "part_of": "ALL", "tenant": "undisclosed (CORZ)", "guarantor": "AMD"},
        {"deal_id": "ALL", "counts_as": "value", "tenant": "AMD; undisclosed (CORZ)"},
        {"deal_id": "C", "part_of": "BOTH", "tenant": "Oak"},
        {"deal_id": "D", "part_of": "BOTH", "tenant": "Elm"},
        {"deal_id": "BOTH", "counts_as": "value", "tenant": "Oak; Elm"},
    )
    assert deals.ultimate_credit(rows)["credit"].tolist() == ["AMD", "AMD", "AMD", "Oak", "Elm", "Oak; Elm"]


def test_a_value_of_a_supported_tenant_and_another_is_not_called_unsupported():
    """Where the parts have one ground it is that of their value; else some of the tenants are supported."""
    rows = ledger(
        {"deal_id": "A", "part_of": "ALL"},
        {"deal_id": "B", "part_of": "ALL", "guarantor": "AMD", "credit_ground": "guarantee"},
        {"deal_id": "C", "part_of": "ALL"},
        {"deal_id": "ALL", "counts_as": "value"},
        {"deal_id": "D", "part_of": "ONE", "credit_ground": "rated_tenant"},
        {"deal_id": "ONE", "counts_as": "value"},
    )
    grounds = deals.ultimate_credit(rows).set_index(rows["deal_id"])["ground"]
    assert grounds[["ALL", "ONE"]].tolist() == ["some of the tenants supported", "rated tenant"]


def test_what_the_ultimate_credit_assures():
    """A tenant all of its rent; a guarantor its sum, no more than the value, and nothing without a sum."""
    backed = {"guarantor": "Google", "credit_ground": "guarantee", "tenant": "Fluidstack"}
    rows = ledger(
        {"tenant": "Oak"},
        backed | {"guarantee_usd_bn": 0.4},
        backed | {"guarantee_usd_bn": 1.4},
        backed,
        backed | {"tenant": "Google"},
        backed | {"contract_value_usd_bn": None, "guarantee_usd_bn": 0.4},
    )
    assert deals.assured(rows).fillna(-1).tolist() == [1, 0.4, 1, 0, 1, -1]
    shared = {"deal_id": "ALL", "tenant": "Oak; Elm", "counts_as": "value"}
    parts = [{"part_of": "ALL", "tenant": "Oak", "contract_value_usd_bn": None}]
    parts += [parts[0] | {"tenant": "Elm", "guarantor": "Oak"}]
    assert deals.assured(ledger(shared, *parts))[0] == 0


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
    found = deals.contracted(LEDGER).set_index("deal_id").loc[deal_ids, "guarantee_usd_bn"].sum(min_count=1)
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
    backed = {"guarantor": "Google", "credit_ground": "guarantee"}
    rows = deals.contracted(ledger(backed, backed | {"tenant": "Other"}))
    by_tenant = deals.concentration(rows, rows["tenant"])["herfindahl"]
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


def test_own_share_and_the_narrow_sum():
    """Half of a venture of 9.5 bn and 168 MW; a host's contract and a parent's subsidiary: by hand."""
    rows = deals.contracted(
        ledger(
            {"ticker": "WULF", "own_share_pct": 50.1, "contract_value_usd_bn": 9.5, "critical_it_mw": 168},
            {"ticker": "APLD", "contract_value_usd_bn": 7.0, "critical_it_mw": 250},
            {"ticker": "WYFI", "contract_value_usd_bn": 0.865, "critical_it_mw": 40},
        )
    )
    own = deals.totals(deals.own_share(rows)).loc["all", ["value_usd_bn", "critical_it_mw"]]
    assert own.tolist() == pytest.approx([4.7595 + 7.865, 84.168 + 290])
    roles = {"WULF": "self_miner", "APLD": "host", "BTBT": "self_miner", "WYFI": "not_listed"}
    listed = pd.DataFrame({"ticker": list(roles), "role_at_halving": list(roles.values())})
    listed["parent"] = listed["ticker"].map({"WYFI": "BTBT"})
    assert deals.narrow(rows, listed)["ticker"].tolist() == ["WULF", "WYFI"]
    value = deals.sums(rows, listed)["value_usd_bn"]
    assert value["all"].tolist() == pytest.approx([4.7595 + 7.865, 9.5 + 7.865])
    assert value["self-miners"].tolist() == pytest.approx([4.7595 + 0.865, 9.5 + 0.865])
    assert deals.sums(rows.head(0), listed)["value_usd_bn"].isna().all()


@pytest.mark.parametrize(
    ("qualifier", "bound"),
    [("exact", True), ("more_than", True), ("about", False), ("up_to", False), ("at_full_use", False), (None, False)],
)
def test_a_sum_is_a_lower_bound_only_if_every_wording_allows_it(qualifier, bound):
    """What a source calls about, up to or at full use can come to less; an unrecorded wording proves nothing."""
    rows = deals.contracted(
        ledger(
            {"value_qualifier": "exact"},
            {"value_qualifier": qualifier},
            {"contract_value_usd_bn": None, "value_qualifier": "about"},
        )
    )
    assert deals.is_lower_bound(rows) == bound


def test_only_the_loose_wordings_of_values_in_the_sum_are_named():
    """By hand: one value is about, one exact, one not recorded; what has no value is worded of nothing."""
    worded = [("about", 2.0), ("exact", 1.0), (None, 3.0), ("up_to", None)]
    rows = [{"value_qualifier": word, "contract_value_usd_bn": value} for word, value in worded]
    assert deals.worded_loosely(pd.DataFrame(rows)) == ["“about”"]
    assert deals.worded_loosely(pd.DataFrame(rows).assign(contract_value_usd_bn=1.0)) == ["“about”", "“up to”"]
    assert deals.worded_loosely(pd.DataFrame(rows).iloc[:0]) == []


def totals_said(**row):
    """One statement of a company on what it has contracted."""
    plain = {"ticker": "IREN", "stated_on": "2025-06-01", "scope": "company", "whole_company": "y"}
    plain |= {"critical_it_mw": None, "mw_qualifier": None, "contract_value_usd_bn": None, "value_qualifier": None}
    return pd.DataFrame([plain | {"share_basis": "whole", "source_url": "page"} | row])


def test_the_ledger_is_held_against_what_a_company_says():
    """By hand: the whole, a tenant, a site, a new lease, own share; a contract without a value is named beside it."""
    table = ledger(
        {"deal_id": "LEASE", "tenant": "CoreWeave", "site": "Lake (NY)", "mw_qualifier": "more_than"},
        {"deal_id": "VENTURE", "own_share_pct": 50.0, "contract_value_usd_bn": 4.0, "announced_on": "2025-04-01"},
        {"deal_id": "UNVALUED", "contract_value_usd_bn": None, "critical_it_mw": 60},
        {"deal_id": "PART", "part_of": "WHOLE", "contract_value_usd_bn": None, "ticker": "GLXY"},
        {
            "deal_id": "WHOLE",
            "counts_as": "value",
            "contract_value_usd_bn": 7.0,
            "critical_it_mw": 260,
            "ticker": "GLXY",
        },
    )

    def held(**row):
        return deals.reconcile(totals_said(**row), lambda day: table, {}).iloc[0]

    whole = held(contract_value_usd_bn=5.5)
    assert whole[["measure", "ledger", "difference"]].tolist() == ["USD bn", 5.0, -0.5]
    assert whole[["agrees", "explained_by", "because"]].tolist() == [False, ["UNVALUED"], "figure not seen"]
    higher = held(contract_value_usd_bn=4.0)  # the company does not count the first lease
    assert higher[["difference", "explained_by", "because"]].tolist() == [1.0, ["LEASE"], "not in its total"]
    floor = held(critical_it_mw=130, whole_company="n", scope="Lake")
    assert floor[["explained_by", "because"]].tolist() == [["LEASE"], "worded as more"]
    assert held(critical_it_mw=270)[["explained_by", "because"]].tolist() == [["LEASE"], "worded as more"]
    assert held(critical_it_mw=210, share_basis="own_share")["difference"] == 0
    assert held(critical_it_mw=100, whole_company="n", scope="CoreWeave")["difference"] == 0
    assert held(critical_it_mw=100, whole_company="n", scope="Lake")["difference"] == 0
    assert held(contract_value_usd_bn=4, whole_company="n", scope="the new one", stated_on="2025-04-01")["agrees"]
    assert pd.isna(held(critical_it_mw=100, whole_company="n", scope="another fleet")["ledger"])
    assert held(ticker="MARA", contract_value_usd_bn=0)["agrees"]
    galaxy = held(ticker="GLXY", contract_value_usd_bn=8)  # a part of a common value lacks nothing
    assert (galaxy["difference"], galaxy["explained_by"]) == (-1, [])
    assert held(ticker="GLXY", critical_it_mw=100)["difference"] == 0


@pytest.mark.parametrize(
    ("wording", "stated", "agrees"),
    [
        ("exact", 258, True), (None, 258, True), (None, 253, False), (None, 266, False), ("about", 266, True),
        ("more_than", 253, True), ("more_than", 266, False), ("more_than", 240, False), ("up_to", 266, True),
    ],
)  # fmt: skip
def test_a_total_agrees_as_closely_as_it_is_worded(wording, stated, agrees):
    """The ledger has 260 MW: within one percent of a plain figure, within three of one that is worded loosely."""
    said = totals_said(critical_it_mw=stated, mw_qualifier=wording)
    table = ledger({"critical_it_mw": 260})
    assert deals.reconcile(said, lambda day: table, {})["agrees"].item() == agrees


@pytest.mark.parametrize("deal_id", ["ENDED", "NEVER-SEEN"])
def test_a_contract_that_ended_or_was_never_there_has_no_place(deal_id):
    """No place, and no error: a page that names it can say what became of it."""
    rows = deals.contracted(ledger({}, {"deal_id": "ENDED", "state": "terminated"}))
    found = deals.standing(rows, deal_id, ratios=(1.2, 1.5))
    assert found["place"].isna().all()
    assert deals.standing(deals.contracted(ledger({}).head(0)), deal_id, ratios=(1.2, 1.5))["place"].isna().all()


@pytest.mark.parametrize(
    ("tenant", "name"),
    [
        ("CoreWeave", "CoreWeave"),
        ("undisclosed (HUT)", "undisclosed tenant of Hut 8"),
        ("undisclosed frontier lab (RIOT)", "undisclosed frontier lab of RIOT"),
        ("undisclosed B (HUT)", "undisclosed tenant of Hut 8"),
        ("Fluidstack; undisclosed AI lab (HUT)", "Fluidstack, undisclosed AI lab of Hut 8"),
        ("undisclosed global company", "undisclosed global company"),
    ],
)
def test_a_tenant_whom_no_source_names_is_somebodys(tenant, name):
    """The kind if the table tells it, the company by its name or, unknown, its ticker; names stay as they are."""
    assert deals.tenant_name(tenant, {"HUT": "Hut 8"}) == name
    assert deals.tenant_name(tenant) == re.sub(" of (Hut 8|RIOT)$", "", name)


def test_leases_are_told_apart_only_as_far_as_needed():
    """Company and tenant; two alike get megawatts, and two alike in that too their months."""
    table = ledger(
        {"tenant": "CoreWeave", "announced_on": "2025-01-05"},
        {"critical_it_mw": 50.0, "announced_on": "2025-02-05"},
        {"announced_on": "2025-03-05"},
        {"announced_on": "2025-04-05"},
        {"tenant": "undisclosed (HUT)", "tenant_disclosed": "n", "announced_on": "2025-05-05"},
        {"tenant": "Fluidstack; undisclosed (HUT)", "announced_on": "2025-06-05"},
        {"tenant": "AMD; undisclosed neocloud (CORZ)", "tenant_disclosed": "n", "announced_on": "2025-07-05"},
    )
    assert deals.lease_names(deals.contracted(table), {"IREN": "Iren"}).tolist() == [
        "Iren–CoreWeave",
        "Iren–Tenant, 50 MW",
        "Iren–Tenant, 100 MW, Mar 2025",
        "Iren–Tenant, 100 MW, Apr 2025",
        "Iren–undisclosed tenant",
        "Iren–Fluidstack, undisclosed tenant",
        "Iren–AMD, undisclosed neocloud",  # a tenant who is named stays named beside one who is not
    ]


def test_megawatts_as_stated_keep_their_basis():
    """Critical IT where it was seen, also beside gross; an open basis by its word; no basis without a figure."""
    table = ledger(
        {"mw_basis": "critical_it"},
        {"mw_basis": "both", "gross_mw": 150.0},
        {"mw_basis": "both", "gross_mw": 150.0, "critical_it_mw": None},
        {"mw_basis": "open", "gross_mw": 80.0, "critical_it_mw": None},
        {"mw_basis": "gross", "critical_it_mw": None},
    )
    found = deals.stated_megawatts(table)
    assert found["mw"].dropna().tolist() == [100, 100, 150, 80]
    assert found["basis"].tolist()[:4] == ["critical IT", "critical IT", "gross", "basis open"]
    assert pd.isna(found["basis"].iloc[4])


def test_a_contract_without_a_value_is_unvalued_unless_a_whole_holds_it():
    """The part of a value is no gap; a contract whose whole is not in the ledger is one."""
    table = ledger(
        {"deal_id": "SEEN"},
        {"deal_id": "UNSEEN", "contract_value_usd_bn": None},
        {"deal_id": "WHOLE", "counts_as": "value", "parts": 1},
        {"deal_id": "PART", "contract_value_usd_bn": None, "part_of": "WHOLE"},
        {"deal_id": "ALONE", "contract_value_usd_bn": None, "part_of": "ELSEWHERE"},
    )
    assert sorted(deals.unvalued(table)["deal_id"]) == ["ALONE", "UNSEEN"]


def test_renewals_that_an_extension_signed_are_no_longer_open():
    """Both values must be stated, and no extension may name the contract."""
    table = ledger(
        {"deal_id": "OPEN", "extension_value_usd_bn": 2.0},
        {"deal_id": "SIGNED", "extension_value_usd_bn": 2.0},
        {"deal_id": "NONE STATED"},
        {"deal_id": "NO BASE", "extension_value_usd_bn": 2.0, "contract_value_usd_bn": None},
        {"deal_id": "MORE", "counts_as": "extension", "extends": "SIGNED; OTHER"},
    )
    assert deals.renewable(table)["deal_id"].tolist() == ["OPEN"]


def test_states_call_what_was_replaced_superseded():
    """Whatever the row says of itself."""
    table = ledger({"deal_id": "OLD"}, {"deal_id": "NEW", "supersedes": "OLD"}, {"state": "terminated"})
    assert deals.states(table).tolist() == ["superseded", "signed", "terminated"]


def test_sums_can_move_on_announcements_and_when_more_became_known():
    """A month counts from its last day; days of other tables and days to come are none; the day itself is the last."""
    table = ledger({"announced_on": "2025-03-05"}, {"announced_on": "2025-02"}, {"announced_on": "2025-09-01"})
    known = pd.DataFrame({"table": ["deals", "sites", "deals"], "known_on": ["2025-04-01", "2025-04-02", "2025-03-05"]})
    days = deals.days_of_change(table, known, "2025-06-30")
    assert [f"{day:%m-%d}" for day in days] == ["02-28", "03-05", "04-01", "06-30"]
