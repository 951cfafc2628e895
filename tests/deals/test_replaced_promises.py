"""What was promised and delivered under a contract that another one replaced, on a small case by hand."""

import pandas as pd
import pytest

from minerpivot.deals import delivery
from minerpivot.deals import ledger as deals
from tests.deals.test_delivery import live, said, target
from tests.deals.test_ledger import ledger

OLD = {"deal_id": "OLD", "critical_it_mw": 40, "state": "superseded"}
NEW = {"deal_id": "NEW", "critical_it_mw": 36, "supersedes": "OLD", "announced_on": "2026-08-20"}
FIRST = {"due": "2026-Q4", "critical_it_mw": 40, "deal_id": "OLD", "said_on": "2026-03-10"}
ANEW = {"due": "2027-Q2", "critical_it_mw": 36, "deal_id": "NEW", "said_on": "2026-08-20"}


@pytest.mark.parametrize("later", [ANEW, target("2027-Q2", 36, "2026-08-20") | {"deal_id": "NEW"}])
def test_a_replacement_with_a_later_date_postpones_the_first_promise(later):
    """40 MW by the fourth quarter became 36 by the second of next year: no delivery of 40 lies ahead, two quarters."""
    held = delivery.kept(said(FIRST, later), ledger(OLD, NEW))
    row = delivery.delays(held, "2026-09-01").squeeze()
    assert row[["deal_id", "promised_mw", "promised", "now", "late_quarters"]].tolist() == [
        "NEW", 36, "2026-Q4", "2027-Q2", 2,
    ]  # fmt: skip
    assert delivery.delays(held, "2027-02-01")["state"].item() == "expected"  # not overdue at the old date


def test_a_contract_that_nobody_replaced_keeps_its_promise():
    """A later promise is no new date where the first contract is still in force beside the second."""
    held = delivery.kept(said(FIRST, ANEW), ledger(OLD | {"state": "signed"}, NEW | {"supersedes": None}))
    row = delivery.delays(held, "2026-09-01").squeeze()
    assert row["promised_mw"] == 40
    assert pd.isna(row["now"])


def test_what_ran_under_the_old_contract_runs_under_the_new_one():
    """10 MW were delivered before the replacement; the site's row of the new tenant's contract has them."""
    table, known = said(FIRST, live(10, "2026-06", "2026-07-02", deal_id="OLD"), ANEW), ledger(OLD, NEW)
    sites = pd.DataFrame({"site": ["campus"], "part_of": None, "ticker": "IREN"})
    rows = pd.DataFrame({"site": "campus", "deal_id": ["OLD", "NEW"], "tenant": None, "critical_it_mw": [40.0, 36]})
    found = delivery.by_site(sites, rows, deals.contracted(known), delivery.kept(table, known), "2026-09-01")
    assert found[["contracted_mw", "live_mw", "now"]].to_numpy().tolist() == [[36, 10, "2027-Q2"]]


def test_a_chain_that_ended_takes_its_promises_with_it():
    """Replaced twice, then terminated: nothing is promised; without the last row the old promise would stand."""
    last = {"deal_id": "LAST", "critical_it_mw": 30, "supersedes": "NEW", "state": "terminated"}
    known = ledger(OLD, NEW | {"state": "superseded"}, last)
    assert delivery.kept(said(FIRST, ANEW), known).empty
    held = delivery.kept(said(FIRST, ANEW), ledger(OLD, NEW | {"state": "superseded"}, last | {"state": "signed"}))
    assert held["critical_it_mw"].tolist() == [30, 30]
    assert set(held["deal_id"]) == {"LAST"}
