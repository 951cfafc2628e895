# ruff: noqa: E501 - a case is a line
"""What was learned later: each rule at its edges, the last right value and the first wrong one, on rows by hand."""

import pytest

from minerpivot.data.consistency import of_deals, of_knowledge, of_reports
from tests.by_hand import at, lines, places, table, told

KNOWN = "table,row,field,value,known_on"
SITES = lines("instruments", "ticker,kind,name", "IREN,miner,IREN Limited", "HUT,miner,Hut 8")
DEAL = {
    "announced_on": "2025-11-03", "counts_as": "contract", "state": "signed", "critical_it_mw": "10", "gross_mw": "15",
    "mw_basis": "both", "tenant": "Cirrus", "tenant_disclosed": "y", "credit_ground": "none_stated",
}  # fmt: skip
SIGNED = table(
    "deals", DEAL | {"deal_id": "IREN-A", "ticker": "IREN"},
    DEAL | {"deal_id": "HUT-B", "ticker": "HUT", "announced_on": "2025-11"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("deals,IREN-A,state,delivered,2026-01-05", ""),
        ("deals,IREN-A,state,delivered,2025-11-03", ""),  # on the day on which the row itself was public
        (
            "deals,IREN-A,state,delivered,2025-11-02",
            "row is 'IREN-A' and known_on is '2025-11-02', before the row itself was public, 2025-11-03; "
            "correct the day, or the row itself",
        ),
        ("deals,HUT-B,state,partly_delivered,2025-11-02", ""),  # whose own day nobody knows exactly
        ("deals,IREN-A,tenant_disclosed,n,2026-01-05", ""),
        (
            "deals,IREN-A,contract_value_usd_bn,,2026-01-05",
            "row is 'IREN-A' and field is 'contract_value_usd_bn' and value is '', which the cell holds already; write what "
            "became known, or take the row out",
        ),
        (
            "deals,HUT-B,state,delivered,2026-01-06",
            "row is 'HUT-B' and field is 'state' and value is 'delivered', which the cell holds already",
        ),
        (
            "gone,IREN-A,state,x,2026-01-05",
            "table is 'gone', no table with sound rows; the tables are deals, instruments",
        ),
        (
            "ill,IREN-A,state,x,2026-01-05",
            "table is 'ill', no table with sound rows; the tables are deals, instruments",
        ),
        (
            "deals,IREN-C,state,x,2026-01-05",
            "table is 'deals' and row is 'IREN-C', no row of deals; name it by its primary key, cells joined by a bar",
        ),
        (
            "deals,IREN-A,stat,x,2026-01-05",
            "table is 'deals' and field is 'stat', no column of deals; correct the name",
        ),
        (
            "deals,IREN-A,deal_id,IREN-C,2026-01-05",
            "table is 'deals' and field is 'deal_id', a column that names or dates its row; correct the row itself",
        ),
        (
            "deals,IREN-A,announced_on,2025-11-04,2026-01-05",
            "table is 'deals' and field is 'announced_on', a column that names or dates its row; correct the row itself",
        ),
        (
            "deals,IREN-A,critical_it_mw,12 MW,2026-01-05",
            "row is 'IREN-A' and field is 'critical_it_mw' and value is '12 MW', no value of deals.critical_it_mw; "
            "expected a number and at least ",
        ),
        (
            "deals,IREN-A,tenant, Cirrus,2026-01-05",
            "row is 'IREN-A' and field is 'tenant' and value is ' Cirrus', no value of deals.tenant; expected a string",
        ),
        (
            "deals,IREN-A,supersedes,IREN-C,2026-01-05",
            "field is 'supersedes' and value is 'IREN-C', not among deal_id of deals; add the row there or correct the reference",
        ),
        ("deals,IREN-A,supersedes,HUT-B,2026-01-05", ""),
        ("deals,IREN-A,critical_it_mw,15,2026-01-05", ""),
        (
            "deals,IREN-A,critical_it_mw,16,2026-01-05",
            "row is 'IREN-A' and field is 'critical_it_mw' and value is '16', after which the row breaks: must keep "
            "critical_it_mw <= gross_mw <= 3 * critical_it_mw; the servers' power is part",
        ),
    ],
)
def test_later_knowledge_is_a_value_of_a_cell_that_there_is(row, fault):
    """It does not come before its row, and the row's own rules hold with it."""
    knowledge = lines("knowledge", KNOWN, "deals,HUT-B,state,delivered,2026-01-05", row)
    found = told(of_knowledge.learned(knowledge, {"instruments": SITES, "deals": SIGNED}))
    assert len(found) == bool(fault), found
    assert all(line.startswith(f"data/knowledge.csv row 3: {fault}") for line in found), found


@pytest.mark.parametrize(
    ("rows", "faults"),
    [
        (
            ["IREN-A,critical_it_mw,20,2026-01-05", "IREN-A,gross_mw,30,2026-01-05"],
            [],
        ),  # of one day: both are known at once
        (
            ["IREN-A,critical_it_mw,20,2026-01-04", "IREN-A,gross_mw,30,2026-01-05"],
            [0],
        ),  # for a day no row could be true
        (["IREN-A,gross_mw,30,2026-01-04", "IREN-A,critical_it_mw,20,2026-01-05"], []),
        (
            ["IREN-A,critical_it_mw,20,2026-01-05", "IREN-A,gross_mw,30,2026-01-04"],
            [],
        ),  # days count, not the order of rows
        (["IREN-A,gross_mw,30,2026-01-04", "HUT-B,critical_it_mw,20,2026-01-05"], [1]),  # each deal by itself
        (
            ["IREN-A,tenant,Nimbus,2026-01-05", "IREN-A,critical_it_mw,20,2026-01-05"],
            [1],
        ),  # the cell of the rule is named
        (["IREN-A,critical_it_mw,20,2026-01-05", "IREN-A,gross_mw,19,2026-01-05"], [0]),  # once
        (
            ["IREN-A,gone,20,2026-01-04", "IREN-A,critical_it_mw,x,2026-01-04", "IREN-A,critical_it_mw,20,2026-01-05"],
            [0, 1, 2],
        ),
    ],
)
def test_what_was_learned_adds_up_day_by_day(rows, faults):
    """A row is judged as it stood on each day on which something of it became known."""
    knowledge = lines("knowledge", KNOWN, *(f"deals,{row}" for row in rows))
    assert at(of_knowledge.learned(knowledge, {"instruments": SITES, "deals": SIGNED})) == faults


def test_later_knowledge_refers_to_rows_of_other_tables():
    """A company that the report does not follow has no deal."""
    knowledge = lines("knowledge", KNOWN, "deals,IREN-A,ticker,CIFR,2026-01-05")
    found = told(of_knowledge.learned(knowledge, {"instruments": SITES, "deals": SIGNED}))
    assert found[0] == (
        "data/knowledge.csv row 2: field is 'ticker' and value is 'CIFR', not among ticker of instruments; "
        "add the row there or correct the reference"
    )
    assert [line.split("breaks: ")[1][:24] for line in found[1:]] == ["must begin with {ticker}"]
    assert len(told(of_knowledge.learned(knowledge, {"deals": SIGNED}))) == 1  # where those are at fault themselves


def test_a_table_with_faults_of_its_own_is_not_judged_by_later_knowledge():
    """One mistake is one line; what is known of other tables is still judged."""
    rows = ["deals,IREN-A,stat,x,2026-01-05", "instruments,IREN,nam,x,2026-01-05", "deals,IREN-A,state,x,2026-01-05"]
    knowledge = lines("knowledge", KNOWN, *rows)
    found = list(of_knowledge.learned(knowledge, {"instruments": SITES, "deals": SIGNED}))
    assert sorted(places(found)) == [(0, "field"), (1, "field"), (2, "value")]
    assert sorted(places(of_knowledge.learned(knowledge, {"instruments": SITES}))) == [
        (0, "table"),
        (1, "field"),
        (2, "table"),
    ]


def test_sites_without_any_contract_are_asked_nothing_of_contracts():
    """A fork that took all contracts out keeps its sites."""
    found = of_deals.sites_hold_their_contracts(
        lines("site_contracts", "site,critical_it_mw,stated_on", "denton,190,2025-02-26", "austin,20,2026-05-06"),
        lines("deals", "deal_id,announced_on,critical_it_mw,gross_mw", "X,2025-01-01,5,6"),
    )
    assert at(found) == []


def test_a_company_that_was_taken_out_takes_its_costs_with_it():
    """A mean of the sector is nobody's."""
    costs = lines("miner_costs", "ticker,period,metric,value", *(f"{who},2026Q1,x,1" for who in ("A", "SECTOR", "B")))
    assert places(of_reports.costs_are_of_companies_here(costs, lines("instruments", "ticker", "A"))) == [(2, "ticker")]
