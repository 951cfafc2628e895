"""The ledger at its edges: the last day of an age, the ends of a rounding, nothing at all."""

import pandas as pd
import pytest

from minerpivot.data.tables import TableError
from minerpivot.deals import ledger as deals
from tests.deals.test_ledger import ledger, segments


@pytest.mark.parametrize(("old", "known"), [("2025-06-30", False), ("2025-07-01", True)])
def test_a_split_is_too_old_at_a_year(old, known):
    """365 days before the latest quarter of the table (30 June 2026) it is, 364 days before it is not."""
    table = segments(("IREN", "2026-06-30", 100.0, 10.0), ("HUT", old, 50.0, 5.0))
    assert deals.ai_share(table, ["HUT"])["ai_percent"].notna().item() == known


def test_nothing_valued_has_no_concentration():
    """No group, no largest, no percent."""
    rows = deals.contracted(ledger({"contract_value_usd_bn": None}))
    found = deals.concentration(rows, rows["ticker"])
    assert found["groups"] == 0
    assert found[["largest", "largest_percent", "herfindahl"]].isna().all()


@pytest.mark.parametrize(
    ("wording", "below", "above"),
    [("exact", 1, 1), ("about", 3, 3), ("more_than", 1, 3), ("up_to", 3, 1), ("in other words", 1, 1)],
)
def test_how_far_the_ledger_may_be_from_what_was_said(wording, below, above):
    """Percent of what was said, both ends included, a tenth of a percent more is too far."""
    said = {"ticker": "IREN", "stated_on": "2025-06-30", "whole_company": "y", "scope": None, "source_url": "x"}
    said |= {"share_basis": "in_full", "contract_value_usd_bn": float("nan"), "critical_it_mw": 1000.0}
    said |= {"value_qualifier": None, "mw_qualifier": wording}
    for part, agrees in ((-below, True), (above, True), (-below - 0.1, False), (above + 0.1, False)):
        rows = ledger({"critical_it_mw": 1000.0 + 10 * part})
        found = deals.reconcile(pd.DataFrame([said]), lambda day, rows=rows: rows, {})
        assert found["agrees"].tolist() == [agrees], part


def test_a_superseded_row_says_so_whatever_else_ended_it():
    """The state of its own is told where nothing replaced it."""
    table = ledger(
        {"deal_id": "OLD", "state": "terminated"},
        {"deal_id": "NEW", "supersedes": "OLD"},
        {"deal_id": "GONE", "state": "terminated"},
    )
    found = deals.counted_as(table)
    assert (found.name, found.tolist()) == ("counted_as", ["no: replaced", "colocation", "no: terminated"])


def test_every_sum_stands_four_ways_under_its_names():
    """All and self-miners, each at the own share of ventures and in full."""
    found = deals.sums(
        deals.contracted(ledger({})),
        pd.DataFrame({"ticker": ["IREN"], "role_at_halving": ["self_miner"], "parent": [None]}),
    )
    names = [(companies, share) for companies in ("all", "self-miners") for share in ("own share", "in full")]
    assert (found.index.tolist(), found.index.names) == (names, ["companies", "joint ventures"])


def test_a_reconciled_row_names_what_was_said_where_and_what_the_ledger_has():
    """Every column of the table, by its name."""
    said = {"ticker": "IREN", "stated_on": "2025-06-30", "whole_company": "y", "scope": "all", "source_url": "page"}
    said |= {"share_basis": "in_full", "contract_value_usd_bn": 1.5, "critical_it_mw": float("nan")}
    said |= {"value_qualifier": "about", "mw_qualifier": None}
    rows = ledger({"value_qualifier": "more_than"})
    row = deals.reconcile(pd.DataFrame([said]), lambda day: rows, {}).iloc[0]
    assert row.drop("explained_by").to_dict() == {
        **{"ticker": "IREN", "stated_on": "2025-06-30", "scope": "all", "share_basis": "in_full", "source_url": "page"},
        **{"measure": "USD bn", "qualifier": "about", "stated": 1.5, "ledger": 1.0, "difference": -0.5},
        **{"agrees": False, "because": "worded as more"},
    }
    assert row["explained_by"] == ["D0"]
    none = deals.reconcile(pd.DataFrame([said])[:0], lambda day: rows, {})
    assert list(none) == list(row.index)  # a page that shows nobody's totals still has its columns


@pytest.mark.parametrize(("second", "because"), [(201.0, "not in its total"), (201.5, None)])
def test_a_row_is_the_difference_within_half_a_percent_of_what_was_said(second, because):
    """200 MW said and 301 held: the row of 100 is the 101 too many, less one; of 101.5 it is not."""
    said = {"ticker": "IREN", "stated_on": "2025-06-30", "whole_company": "y", "scope": None, "source_url": "x"}
    said |= {"share_basis": "in_full", "contract_value_usd_bn": float("nan"), "critical_it_mw": 200.0}
    said |= {"value_qualifier": None, "mw_qualifier": "exact"}
    rows = ledger({"critical_it_mw": 100.0}, {"critical_it_mw": second})
    assert deals.reconcile(pd.DataFrame([said]), lambda day: rows, {})["because"].tolist() == [because]


def test_standing_names_its_measures_and_places_are_whole_numbers():
    """In the order in which the page shows them."""
    found = deals.standing(deals.contracted(ledger({})), "D0", ratios=(1.1, 1.4))
    megawatts = ["MW, open basis read as critical IT", *(
        f"MW, open basis read as gross, {end} ratio" for end in ("lowest", "highest")
    )]  # fmt: skip
    assert found["measure"].tolist() == [
        *("base value, USD bn", "value per year, USD bn", *megawatts, "value with renewals, USD bn"),
        *("USD m per MW and year, as critical IT", "USD m per MW and year, as gross"),
    ]
    assert found["place"].dropna().map(str).unique().tolist() == ["1"]


def test_one_value_of_several_leases_has_one_rate():
    """Its parts state critical IT, so nothing is open about it: 1 bn on 100 MW for ten years is 1 m either way."""
    parts = {"part_of": "WHOLE", "contract_value_usd_bn": None}
    table = ledger(
        parts | {"critical_it_mw": 60},
        parts | {"critical_it_mw": 40},
        {"deal_id": "WHOLE", "counts_as": "value", "critical_it_mw": None, "parts": 2},
    )
    rows = deals.revenue_per_mw_year(deals.contracted(table), ratio=1.4)
    assert rows["mw_basis"].tolist() == ["critical IT"]
    assert rows[["mw", "low", "high"]].to_numpy().tolist() == [[100.0, 1.0, 1.0]]


def test_a_chapter_without_a_contract_to_add_up_says_so():
    """Contracts of unknown size are none to add up."""
    rows = pd.DataFrame({"mw": [None, 40.0]}, dtype=float)
    assert deals.needed(rows) is rows
    for none in (rows[:1], rows[:0]):
        with pytest.raises(TableError, match="no tenant's contract in force with its megawatts"):
            deals.needed(none)
