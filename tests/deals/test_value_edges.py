"""Worth at its edges: what just counts and what just does not."""

import pandas as pd
import pytest

from minerpivot.deals import ledger, value
from tests.deals.test_ledger import ledger as rows_of
from tests.deals.test_ledger import segments
from tests.deals.test_value import barber_lake

FLAT = pd.Series(42.0, pd.date_range("2025-01-01", "2025-06-30"))  # 100 USD per MWh at 17.5 J/TH, 60 after power at 40
MACHINE = {"efficiency_j_per_th": 17.5, "power_usd_per_mwh": 40.0}


def rates(*rows):
    """Rates of a small ledger."""
    return ledger.revenue_per_mw_year(ledger.contracted(rows_of(*rows)), ratio=1.25)


def test_only_dated_colocation_is_set_against_mining():
    """A GPU cloud pays for chips; a row of no day has no hashprice of its signing."""
    both = rates({"deal_id": "LEASE"}, {"deal_id": "CLOUD", "deal_type": "gpu_cloud"})
    assert value.against_mining(both, FLAT, **MACHINE, ratio=1.25)["deal_id"].tolist() == ["LEASE"]
    undated = both.assign(announced=pd.NaT)
    assert value.against_mining(undated, FLAT, **MACHINE, ratio=1.25).empty


def test_mining_now_is_the_mean_to_the_last_day():
    """A last day at 72 moves the mean of thirty from 42 to 43."""
    last = FLAT.copy()
    last.iloc[-1] = 72.0
    found = value.against_mining(rates({}), last, **MACHINE, ratio=1.25)
    assert found["mining_now"].item() == pytest.approx(43 / (0.024 * 17.5) - 40)


@pytest.mark.parametrize(("more", "ahead"), [(0.0, 0), (0.5, 1)])
def test_rent_that_equals_mining_is_not_ahead_of_it(more, ahead):
    """Where power takes all that mining earns, no rent is even with it and half a dollar an hour is ahead."""
    power = float(value.mining.revenue_per_mwh(42.0, 17.5))
    rent = rates({}).assign(low=more * 8760 / 1e6)
    found = value.rationality(rent, FLAT, efficiencies=[17.5], powers=[power], ratios=[1.0])
    assert found.columns.tolist() == ["efficiency", "power", "ratio", "building", "ahead", "of", "margin"]
    assert found["margin"].item() == pytest.approx(more)
    assert found["ahead"].item() == ahead


def test_a_building_is_repaid_at_ten_percent_unless_told_otherwise():
    """The rate that the chapter names."""
    case = {"efficiencies": [17.5], "powers": [40.0], "ratios": [1.25], "buildings": [8.0]}
    assert value.rationality(rates({}), FLAT, **case).equals(value.rationality(rates({}), FLAT, **case, rate=0.1))


def test_a_value_of_a_single_part_waits_for_it():
    """One part with a start is enough if it is the only one."""
    rows = rows_of(
        {"deal_id": "A", "part_of": "WHOLE", "start_expected": "2026", "contract_value_usd_bn": None},
        {"deal_id": "WHOLE", "counts_as": "value", "critical_it_mw": None},
    )
    found = value.waits(ledger.contracted(rows).set_index("deal_id", drop=False), "2025-12-31")
    assert found["WHOLE"] == found["A"] == pytest.approx(365 / 365.25)
    assert found.name == "wait"


def test_an_extension_of_two_leases_waits_for_the_later_end():
    """Whichever of the two is named first."""
    rows = barber_lake(None).set_index("deal_id", drop=False)
    ends = rows["term_years"] + value.waits(rows, "2026-09-25")
    turned = rows.assign(extends=rows["extends"].replace("FIRST; SECOND", "SECOND; FIRST"))
    for each in (rows, turned):
        assert value.waits(each, "2026-09-25")["LATER"] == ends["SECOND"] > ends["FIRST"]


def test_quarters_of_all_companies_are_numbered_through():
    """One table, one row a number."""
    table = segments(("IREN", "2025-03-31", 100.0, 10.0), ("APLD", "2025-02-28", 50.0, 25.0))
    assert value.ai_share_by_quarter(table).index.tolist() == [0, 1]


def test_income_is_set_against_contracts_that_pay_anything():
    """Half a million a year is something; a value of nothing has no percent."""
    shares = ledger.ai_share(
        segments(("IREN", "2026-06-30", 10.0, 2.0), ("HUT", "2026-06-30", 10.0, 2.0)), ["IREN", "HUT"]
    )
    rows = rows_of({"contract_value_usd_bn": 0.005}, {"ticker": "HUT", "contract_value_usd_bn": 0.0})
    assert value.started(ledger.contracted(rows), shares, {})["percent"].to_dict() == pytest.approx({"IREN": 1600})


def test_stated_fit_out_is_in_no_share_of_ai():
    """73 of 85 million once: 12 of 53.6; fit-out of unknown size stays in and is marked."""
    table = segments(("IREN", "2025-12-31", 126.6, 85.0), ("HUT", "2025-12-31", 100.0, 20.0))
    table = table.assign(fit_out_usd_m=[73.0, None], ai_includes_fit_out="y")
    shares = ledger.ai_share(table, ["IREN", "HUT"])
    assert shares["ai_percent"].to_dict() == pytest.approx({"IREN": 100 * 12 / 53.6, "HUT": 20})
    assert shares["ai_includes_fit_out"].to_dict() == {"IREN": "n", "HUT": "y"}
    assert value.ai_share_by_quarter(table)["ai_percent"].max() == pytest.approx(100 * 12 / 53.6)
