"""Worth: rent against mining, present value, income so far."""

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minerpivot.data.tables import load
from minerpivot.deals import ledger, value
from minerpivot.page.tables import TABLE_MIME
from tests.deals.test_ledger import ledger as rows_of
from tests.deals.test_ledger import segments

PARENTS = {"WYFI": "BTBT"}


def test_a_rent_of_876_thousand_dollars_is_100_dollars_per_mwh():
    """8760 hours a year."""
    assert value.rent_per_mwh(0.876) == pytest.approx(100)


def compared(hashprice, efficiency=17.5, power=40.0):
    """One plain lease of 1.752 m per MW-year (200 USD per MWh) signed 2025-03-05 against mining."""
    rates = ledger.revenue_per_mw_year(ledger.contracted(rows_of({"contract_value_usd_bn": 1.752})), ratio=1.25)
    machine = {"efficiency_j_per_th": efficiency, "power_usd_per_mwh": power}
    return value.against_mining(rates, hashprice, ratio=1.25, **machine).iloc[0]


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


def test_mining_at_signing_is_the_mean_of_thirty_days_seen_by_then():
    """Twenty days at 42 and ten at 84 are 56 on average: 133 USD per MWh at 17.5 J/TH, 93 after power at 40.

    The day of signing (5 March 2025) has no value here: the last one before it counts, not the next one.
    """
    hashprice = pd.Series(42.0, pd.date_range("2024-12-01", "2025-03-04"))
    hashprice.loc["2025-02-23":] = 84.0
    assert value.smoothed(hashprice).iloc[-1] == pytest.approx(56)
    later = pd.Series(420.0, pd.date_range("2025-03-06", "2025-03-20"))
    row = compared(pd.concat([hashprice, later]))
    assert row["mining_signing"] == pytest.approx(56 / (0.024 * 17.5) - 40)


def test_income_against_contracts():
    """2 m a quarter of 100 m a year is 8 percent; a company without a split is left out."""
    shares = ledger.ai_share(segments(("IREN", "2026-06-30", 10.0, 2.0)), ["IREN", "HUT"])
    pace = value.started(ledger.contracted(rows_of({}, {"ticker": "HUT"})), shares, PARENTS)
    assert pace["percent"].to_dict() == pytest.approx({"IREN": 8.0})


def test_the_building_cost_is_what_companies_state_for_whole_buildings():
    """9 to 12 by hand; retrofits, debt and derived costs do not count, and an open basis only while nothing else is."""
    columns = ["low_usd_m_per_mw", "high_usd_m_per_mw", "basis", "stated", "scope"]
    rows = [
        (9, 11, "critical_it", "y", "whole_cost"),
        (10, 12, "critical_it", "y", "whole_cost"),
        (6, 8, "open", "y", "whole_cost"),
        (12.8, 12.8, "critical_it", "n", "whole_cost"),
        (3.6, 3.6, "critical_it", "y", "retrofit"),
        (13.3, 13.3, "critical_it", "n", "debt_only"),
    ]
    table = pd.DataFrame(rows, columns=columns)
    assert value.building_range(table) == ((9, 12), "critical_it")
    assert value.building_range(table[2:]) == ((6, 8), "open")
    assert value.building_range(table[3:]) is None


def test_the_matching_hashprice_pays_the_rent():
    """By hand: 60 USD of rent and 40 of power at 17.5 J/TH need 0.024 × 17.5 × 100 = 42 USD per PH/s per day."""
    level = value.matching_hashprice(60.0, efficiency_j_per_th=17.5, power_usd_per_mwh=40)
    assert level == pytest.approx(42)
    assert compared(pd.Series(level, pd.date_range("2025-01-01", "2025-06-30")))["mining_signing"] == pytest.approx(60)


def test_present_value_by_hand():
    """Twelve payments of 10 at one percent a month: 112.55 (annuity table: 11.2551), and less if they start later."""
    yearly = 1.01**12 - 1
    assert value.present_value(120.0, 1.0, rate=yearly) == pytest.approx(112.5508, abs=1e-4)
    assert value.present_value(120.0, 1.0, rate=yearly, wait=1.0) == pytest.approx(112.5508 / 1.01**12, abs=1e-4)


def test_present_value_is_the_sum_of_its_months():
    """Payment by payment, 7 bn over 15 years from 1.5 years on, at ten percent."""
    months = range(1, 15 * 12 + 1)
    by_month = sum(7 / 180 / 1.1 ** (1.5 + month / 12) for month in months)
    assert value.present_value(7.0, 15.0, rate=0.1, wait=1.5) == pytest.approx(by_month)


@settings(deadline=None)
@given(st.floats(0.1, 50), st.floats(1, 30), st.floats(0.01, 0.3), st.floats(0, 5))
def test_present_value_is_below_the_sum_and_falls_with_rate_and_wait(amount, years, rate, wait):
    """Money later is worth less."""
    worth = value.present_value(amount, years, rate=rate, wait=wait)
    assert 0 < worth < amount
    assert value.present_value(amount, years, rate=rate + 0.01, wait=wait) < worth
    assert value.present_value(amount, years, rate=rate, wait=wait + 1) == pytest.approx(worth / (1 + rate))


def test_a_hand_worked_present_value():
    """120 paid in a year, 10 a month at one percent a month."""
    assert value.present_value(120.0, 1.0, rate=1.01**12 - 1) == pytest.approx(112.5508, abs=1e-4)


def test_rent_after_a_building_by_hand():
    """100 USD per MWh; 10 m per MW at almost no interest over 10 years is 1 m a year, 114 per server MWh, 57 at 2."""
    rows = pd.DataFrame({"rent_site": [100.0], "term_years": [10.0]})
    left = value.after_building(rows, 10.0, ratio=2.0, rate=1e-9)
    assert left.item() == pytest.approx(100 - 1e6 / 8760 / 2, abs=1e-3)


def test_a_level_charge_pays_back_what_was_borrowed():
    """At one percent a month a cost of 112.5508 is paid with 10 a month, 120 a year."""
    assert value.level_charge(112.5508, 1.0, rate=1.01**12 - 1) == pytest.approx(120, abs=1e-4)


def test_waits_from_a_day_to_the_expected_start():
    """A passed start waits no time, an unseen one is missing, not zero."""
    rows = ledger.contracted(rows_of({"start_expected": "2027-06"}, {"start_expected": "2025"}, {}))
    found = value.waits(rows, "2026-06-30")
    assert found.iloc[:2].tolist() == pytest.approx([365 / 365.25, 0])
    assert pd.isna(found.iloc[2])
    worth = value.present_value(rows["contract_value_usd_bn"], rows["term_years"], rate=0.1, wait=found)
    assert worth.isna().tolist() == [False, False, True]


def barber_lake(start):
    """Two leases of ten years (3.0 bn for 168 MW from 2026-Q4, 0.83 bn for 39 MW from 2027-Q1) and ten years more."""
    site = {"ticker": "CIFR", "term_years": 10.0}
    return ledger.contracted(
        rows_of(
            site
            | {"deal_id": "FIRST", "critical_it_mw": 168, "contract_value_usd_bn": 3.0, "start_expected": "2026-Q4"},
            site
            | {"deal_id": "SECOND", "critical_it_mw": 39, "contract_value_usd_bn": 0.83, "start_expected": "2027-Q1"},
            site
            | {"deal_id": "LATER", "counts_as": "extension", "extends": "FIRST; SECOND", "critical_it_mw": None}
            | {"contract_value_usd_bn": 5.2, "start_expected": start},
        )
    )


def test_an_extension_adds_value_and_years_and_no_present_rent():
    """Cipher, September 2026: 3.83 and 5.2 bn on the same 207 MW; a year still pays 0.383 bn, 1.85 m per MW."""
    rows = barber_lake("2036")
    whole = ledger.totals(rows).loc["all"]
    assert whole[["contracts", "value_usd_bn", "usd_bn_per_year", "critical_it_mw"]].tolist() == pytest.approx(
        [2, 9.03, 0.383, 207]
    )
    rates = ledger.revenue_per_mw_year(rows, ratio=1.4).set_index("deal_id")["low"]
    assert rates.to_dict() == pytest.approx({"FIRST": 300 / 168, "SECOND": 83 / 39})
    assert ledger.standing(rows, "FIRST", ratios=(1.2, 1.5)).loc[0, ["place", "of"]].tolist() == [1, 2]


@pytest.mark.parametrize(("start", "years"), [("2036", 10.26), (None, 10.51)])
def test_an_extension_is_paid_after_the_base_term(start, years):
    """From its stated start, else from the end of the last base term: 5.2 bn are worth 1.3 bn at ten percent."""
    rows = barber_lake(start).set_index("deal_id", drop=False)
    wait = value.waits(rows, "2026-09-25")
    assert wait["LATER"] == pytest.approx(years, abs=0.02)
    worth = value.present_value(5.2, 10.0, rate=0.1, wait=wait["LATER"])
    assert worth == pytest.approx(0.52 * 6.4213 / 1.1**years, rel=0.01)  # an annuity of ten years, paid monthly
    unseen = value.waits(rows.assign(start_expected=None), "2026-09-25", unseen=2)
    assert unseen.to_dict() == {"FIRST": 2, "SECOND": 2, "LATER": 12}  # never before the base term has run
    ended = rows.drop(index=["FIRST", "SECOND"])
    assert pd.isna(value.waits(ended, "2026-09-25")["LATER"]) == (start is None)


def test_one_value_of_several_leases_waits_for_the_mean_of_their_starts():
    """100 MW in a year and 300 in three: 2.5 years; unknown while one of the starts is."""
    rows = rows_of(
        {"deal_id": "A", "part_of": "BOTH", "start_expected": "2026", "contract_value_usd_bn": None},
        {
            "deal_id": "B",
            "part_of": "BOTH",
            "start_expected": "2028",
            "contract_value_usd_bn": None,
            "critical_it_mw": 300,
        },
        {"deal_id": "BOTH", "counts_as": "value", "critical_it_mw": None},
    )
    rows = ledger.contracted(rows).set_index("deal_id", drop=False)
    assert value.waits(rows, "2025-12-31")["BOTH"] == pytest.approx(2.5, abs=0.01)
    unknown = rows.assign(start_expected=["2026", None, None])
    assert pd.isna(value.waits(unknown, "2025-12-31")["BOTH"])


def test_rationality_by_hand_and_what_a_building_changes():
    """Rent of 200 USD per server MWh, 160 per grid MWh, mining 60: ahead by 100. Repaying 8 m per MW over ten years
    at ten percent costs about 1.25 m a year, 114 USD per grid MWh: behind."""
    rates = ledger.revenue_per_mw_year(
        ledger.contracted(rows_of({"contract_value_usd_bn": 17.52, "critical_it_mw": 1000})), ratio=1.25
    )
    hashprice = pd.Series(42.0, pd.date_range("2025-01-01", "2025-06-30"))
    case = {"efficiencies": [17.5], "powers": [40], "ratios": [1.25]}
    plain = value.rationality(rates, hashprice, **case)
    assert plain[["ahead", "of", "margin"]].iloc[0].tolist() == pytest.approx([1, 1, 100])
    built = value.rationality(rates, hashprice, **case, buildings=[8], rate=0.1)
    assert built[["ahead", "of"]].iloc[0].tolist() == [0, 1]
    assert built["margin"].item() == pytest.approx(100 - 114, abs=1)
    assert len(value.rationality(rates, hashprice, efficiencies=[15, 27], powers=[27, 40], ratios=[1.2, 1.5])) == 8


def test_a_quarter_without_a_split_breaks_the_line():
    """Four quarters from March to December, the third not reported: a row without value, no zero and no bridge."""
    table = segments(
        ("IREN", "2025-03-31", 100.0, 10.0),
        ("IREN", "2025-06-30", 100.0, 20.0),
        ("IREN", "2025-12-31", 100.0, 40.0),
        ("APLD", "2025-02-28", 50.0, 25.0),
        ("APLD", "2025-08-31", 50.0, 5.0),
    )
    found = value.ai_share_by_quarter(table).set_index(["ticker", "period_end"])["ai_percent"]
    assert found["IREN"].isna().tolist() == [False, False, True, False]
    assert found["IREN"].dropna().tolist() == [10, 20, 40]
    assert found["APLD"].isna().tolist() == [False, True, False]
    assert value.ai_share_by_quarter(table.head(0)).empty


def stored(name):
    """The rows of a table that the executed chapter stores."""
    chapter = json.loads((Path(__file__).parents[2] / "chapters" / "miner-deals.ipynb").read_text(encoding="utf-8"))
    shown = [output.get("data", {}).get(TABLE_MIME) for cell in chapter["cells"] for output in cell.get("outputs", [])]
    table = next(table for table in shown if table and table["name"] == name)
    return pd.DataFrame(table["rows"], columns=[column["name"] for column in table["columns"]])


def test_what_is_missing_in_the_ledger_is_missing_on_the_page():
    """Contracts without a value show none, never zero; a company shows zero megawatts only if it said so."""
    rows, deals = stored("ledger"), load("deals")
    assert rows["USD bn"].isna().sum() == deals["contract_value_usd_bn"].isna().sum() > 0
    assert rows["USD bn"].sum() == pytest.approx(deals["contract_value_usd_bn"].sum())
    said = load("deliveries").query("live_critical_it_mw == 0")["ticker"]
    names = load("instruments").set_index("ticker")["short_name"]
    table = stored("delivery")
    assert set(table.loc[table["live"] == 0, "company"]) <= set(said.map(names))
    assert table["live"].isna().any()


def test_a_lead_over_mining_ends_with_the_building():
    """Rent of 160 against mining of 60 USD per grid MWh leads by 100, and by less the dearer the building."""
    hashprice = pd.Series(42.0, pd.date_range("2025-01-01", "2025-06-30"))
    leases = compared(hashprice).to_frame().T
    leads = [value.lead(leases, cost, ratio=1.25, rate=0.1).iloc[0] for cost in (0, 5, 10)]
    assert leads[0] == pytest.approx(100)
    assert leads[0] - leads[1] == pytest.approx(leads[1] - leads[2])
    assert leads[1] < leads[0]


def test_the_worth_of_contracts_waits_for_their_start():
    """1.2 bn over ten years from the day is the annuity; two years later it is that over 1.1²; no term, no worth."""
    contracts = ledger.contracted(
        rows_of(
            {"deal_id": "A", "contract_value_usd_bn": 1.2, "start_expected": "2024-01"},
            {"deal_id": "B", "contract_value_usd_bn": 1.2},
            {"deal_id": "C", "term_years": None},
        )
    )
    now = value.present_value(1.2, 10, rate=0.1)
    assert value.worth(contracts, "2025-12-31", rate=0.1).tolist() == pytest.approx([now, now])
    assert value.worth(contracts, "2025-12-31", rate=0.1, unseen=2).tolist() == pytest.approx([now, now / 1.21])


def test_trends_are_rank_correlations():
    """Rates that rise with every signing and fall with every longer term: plus one and minus one; three are too few."""
    days = pd.to_datetime(["2025-01-01", "2025-02-01", "2025-03-01", "2025-04-01"])
    rates = pd.DataFrame({"announced": days, "term_years": [20.0, 15.0, 12.0, 10.0], "low": [1.0, 1.1, 1.5, 9.0]})
    assert value.trends(rates)["correlation"].to_dict() == {"day": pytest.approx(1), "term": pytest.approx(-1)}
    assert value.trends(rates.head(3)).empty
    assert value.trends(rates.assign(term_years=10.0)).empty
