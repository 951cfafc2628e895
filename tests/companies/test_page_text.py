"""What a company's page says in its text, by hand: which flags hold, what is named, and what is left out."""

import pandas as pd
import pytest

from minerpivot.companies import profiles, telling
from minerpivot.deals import ledger
from tests.deals.test_ledger import ledger as rows_of

DAY = pd.Timestamp("2026-10-07")


def held(*rows):
    """Contracts in force, as `profiles.contracts` has them."""
    return ledger.own_share(ledger.contracted(rows_of(*rows)))


def test_a_company_is_called_by_its_names_and_ended_only_with_a_last_session():
    """Its subsidiaries are named, and apart those of them that signed; a day is told only where there is one."""
    listed = pd.DataFrame(
        {"short_name": ["Big", "Small"], "last_session": [pd.NaT, pd.Timestamp("2026-01-05")]}, index=["BIG", "SML"]
    )
    parents = {"SML": "BIG"}
    big = telling.identity("BIG", pd.Series({"company": "Big"}), listed, parents, ["BIG"])
    told = {"name": "Big", "title": "Big (BIG)", "subsidiaries": ["Small"]}
    assert big == told | {"counted_in": [], "ended": False}
    assert telling.identity("BIG", pd.Series({"company": "Big"}), listed, parents, ["SML"])["counted_in"] == ["Small"]
    small = telling.identity("SML", pd.Series({"company": "Small"}), listed, parents, [])
    assert (small["ended"], small["last_session"]) == (True, pd.Timestamp("2026-01-05"))


def test_an_earlier_name_is_told_where_it_was_another():
    """One who knows the company by it finds it."""
    assert telling.renamed("Keel Infrastructure", "Bitfarms") == {"renamed": True, "was": "Bitfarms"}
    assert telling.renamed("IREN", "IREN") == {"renamed": False}


def test_a_fate_is_told_with_its_terms_where_they_are_known():
    """No rows, no fate."""
    row = {"fate": "acquired", "fate_on": pd.Timestamp("2025-03-14"), "name": "Old", "by": "Big", "terms": None}
    columns = pd.DataFrame([row])
    assert telling.fate(columns.iloc[:0]) == {"fated": False, "fate_told": False}
    assert telling.fate(columns)["fate_name"] == "Old"
    assert telling.fate(columns)["fate_told"] is False
    assert telling.fate(columns.assign(terms="2.52 shares"))["fate_told"] is True


def test_who_signed_and_holds_nothing_is_told_from_who_never_signed():
    """One contract that ended, one of two that ended, and none at all."""
    rows = held({}, {})
    ended = [
        telling.values(of, ever)["all_ended"] for of, ever in [(rows[:0], rows[:1]), (rows[:1], rows), (rows[:0],) * 2]
    ]
    assert ended == [True, False, False]


def test_a_site_is_held_until_the_day_of_its_sale():
    """One without such a day is held."""
    sites = pd.DataFrame({"sold_on": [pd.NaT, DAY, DAY + pd.Timedelta(days=1)]})
    assert list(telling.holds(sites, DAY).index) == [0, 2]


@pytest.mark.parametrize(
    ("flag", "cells", "other"),
    [
        ("usd_floor", {"value_qualifier": "more_than"}, {"value_qualifier": "about"}),
        ("usd_averaged", {"value_basis": "average_times_term"}, {"value_basis": "stated"}),
        ("mw_up_to", {"mw_qualifier": "up_to"}, {"mw_qualifier": None}),
    ],
)
def test_a_flag_on_all_contracts_needs_all_of_them(flag, cells, other):
    """One that says otherwise takes it away, and without contracts it does not hold."""
    assert telling.values(held(cells, cells), held(cells))[flag]
    assert not telling.values(held(cells, other), held(cells))[flag]
    assert not telling.values(held(cells).iloc[:0], held(cells))[flag]


def test_one_projection_or_one_untraced_contract_is_told():
    """The latter among all that was ever signed."""
    rows = held({"value_basis": "projected"}, {"value_basis": "stated"})
    found = telling.values(rows, rows.assign(state=["untraced", "signed"]))
    assert (found["usd_projected"], found["untraced"]) == (True, True)
    plain = telling.values(rows.iloc[1:], rows)
    assert (plain["usd_projected"], plain["untraced"]) == (False, False)


def row(**cells):
    """A company's row of `profiles.overview`, as far as these sentences read it."""
    plain = {"unpublished": 0, "tenants": "AMD, undisclosed neocloud", "later_mw": 100.0, "overdue": ""}
    return pd.Series(plain | {"next_delivery": None, "next_kind": None} | cells, dtype=object)


def test_a_company_waits_only_if_every_contract_starts_later():
    """Then the soonest start is told; one that has begun, or whose start nobody stated, is enough not to wait."""
    later = [{"start_expected": "2027-Q4"}, {"start_expected": "2027-03"}]
    found = telling.contracts(row(), held(*later), DAY)
    assert (found["waiting"], found["starts"]) == (True, "in March 2027")
    assert found["tenants"] == ["AMD", "an undisclosed neocloud"]
    for start in ("2026-01", "2026-Q4", f"{DAY:%Y-%m-%d}", None):  # the quarter of the day has begun
        found = telling.contracts(row(), held(*later, {"start_expected": start}), DAY)
        assert not found["waiting"]
        assert "starts" not in found
    assert not telling.contracts(row(later_mw=0.0), held(*later), DAY)["waiting"]


def test_the_next_date_and_what_is_overdue_are_told_where_there_are_any():
    """In words; names that are late are told one by one."""
    found = telling.contracts(row(), held({}), DAY)
    assert (found["next_known"], found["overdue"], found["begun"]) == (False, [], False)
    told = row(next_delivery="2026-Q4", next_kind="delivery", overdue="all at NC-1; power at Two", unpublished=1)
    found = telling.contracts(told, held({}), DAY)
    assert (found["next"], found["next_kind"]) == ("in the fourth quarter of 2026", "delivery")
    days = ["2026-10-01", "2026-09-30"]  # the quarter begins on the first of them
    assert [telling.contracts(told, held({}), pd.Timestamp(day))["next_begun"] for day in days] == [True, False]
    assert (found["overdue"], found["begun"]) == (["all at NC-1", "power at Two"], True)


def test_computing_is_sold_where_every_contract_with_megawatts_is_gpu_cloud():
    """One without megawatts does not count."""
    cloud, lease = {"deal_type": "gpu_cloud"}, {"deal_type": "colocation_lease"}
    without = lease | {"critical_it_mw": None}
    assert telling.contracts(row(), held(cloud, without), DAY)["cloud"]
    assert not telling.contracts(row(), held(cloud, lease), DAY)["cloud"]
    assert not telling.contracts(row(), held(without), DAY)["cloud"]


def test_a_value_has_two_ends_or_lacks_something():
    """A close that is kept for returns alone is no lack that the text names; what was taken as none is."""
    cells = {"lacks": "", "taken_as_none": "coins, preferred stock", "low_usd_m": 1000.0, "high_usd_m": 2000.0}
    cells |= {"restricted_is": "unknown", "sheet_on": DAY}
    found = telling.worth(pd.Series(cells))
    assert found == {"valued": True, "assumed": ["coins", "preferred stock"], "ranged": True} | {
        "restricted_unclear": True,
        "sheet_on": DAY,
    }
    assert not telling.worth(pd.Series(cells | {"high_usd_m": 1000.0}))["ranged"]
    lacks = telling.worth(pd.Series(cells | {"lacks": f"{profiles.NO_LEVEL}, its cash"}))
    assert (lacks["valued"], lacks["lacks"]) == (False, ["its cash"])


def test_what_was_not_found_is_named_unless_the_company_cannot_have_it():
    """Without a contract no site with a tenant is missed, and closes kept for returns are closes."""
    none = pd.DataFrame()
    segments = pd.DataFrame(
        columns=[
            *("fiscal_period", "period_end", "revenue_usd_m", "ai_hpc_revenue_usd_m", "mining_revenue_usd_m", "ticker"),
            *("hosting_other_revenue_usd_m", "ai_includes_fit_out", "fit_out_usd_m", "ai_left_out", "source_url"),
        ]
    )
    tables = {"sites": none, "prices": none, "miner_segments": segments, "financings": none}
    names = telling.missing(tables, pd.Series({"contracts": 0, "returns_to": DAY}), none, none, none)
    assert names == ["a site", "a quarter with AI revenue apart from the rest", "a financing", "a date ahead"]
    signed = telling.missing(tables, pd.Series({"contracts": 1, "returns_to": pd.NaT}), none, none, none)
    assert len(signed) == 7
    some = pd.DataFrame({"any": [1]})
    tables = tables | {"sites": some, "prices": some, "financings": some}
    left = telling.missing(tables, pd.Series({"contracts": 1, "returns_to": pd.NaT}), some, some, some)
    assert left == ["a quarter with AI revenue apart from the rest"]
