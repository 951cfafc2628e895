"""Right edits that rules once refused, and nonsense that they let pass: each on rows by hand."""

import re

import pytest

from minerpivot.data import consistency, metadata, tables
from minerpivot.deals import ledger
from tests.by_hand import table, told

LEASE = {"counts_as": "contract", "state": "signed", "ticker": "IREN", "tenant": "Cirrus", "tenant_disclosed": "y"}
OLD, NEW = LEASE | {"deal_id": "IREN-OLD"}, LEASE | {"deal_id": "IREN-NEW", "supersedes": "IREN-OLD"}
ENDED = {"table": "deals", "row": "IREN-OLD", "field": "state", "value": "superseded", "known_on": "2026-08-20"}


def test_a_site_lets_what_a_contract_was_replaced_by_once():
    """40 MW became 36 at a site of 60: 36 are let. Two contracts side by side are 76."""
    sites = table("sites", {"site": "lake", "gross_mw_planned": "60"})
    places = [
        {"site": "lake", "deal_id": f"IREN-{which}", "critical_it_mw": mw}
        for which, mw in [("OLD", "40"), ("NEW", "36")]
    ]
    rule = consistency.sites_are_as_large_as_their_contracts
    assert told(rule(table("site_contracts", *places), sites, table("deals", OLD, NEW))) == []
    both = told(rule(table("site_contracts", *places), sites, table("deals", OLD, NEW | {"supersedes": None})))
    assert [fault.split(",")[0] for fault in both] == [
        f"data/site_contracts.csv row {row}: site is 'lake' and critical_it_mw is '{mw}'"
        for row, mw in [(2, 40), (3, 36)]
    ]


def test_a_replaced_contract_has_an_end_and_a_superseded_one_a_successor():
    """Either half without the other is told; both together are right."""
    rule, nothing = consistency.what_is_replaced_has_ended, table("knowledge")
    assert told(rule(table("deals", OLD, NEW), table("knowledge", ENDED))) == []
    assert told(rule(table("deals", OLD, NEW), nothing)) == [
        "data/deals.csv row 3: deal_id is 'IREN-NEW' and supersedes is 'IREN-OLD', which has not ended; "
        "add the older one's state, superseded, and its day to data/knowledge.csv"
    ]
    assert told(rule(table("deals", OLD), table("knowledge", ENDED))) == [
        "data/knowledge.csv row 2: row is 'IREN-OLD' and value is 'superseded', though no deal has it in supersedes; "
        "name it there in the row of the new deal, or write terminated"
    ]
    assert told(rule(table("deals", OLD | {"state": "letter_of_intent"}, NEW), nothing)) == []  # it never bound


@pytest.mark.parametrize(
    ("tenant", "disclosed", "fault"),
    [
        ("undisclosed lab (IREN)", "n", ""),
        ("AMD; undisclosed (IREN)", "n", ""),
        ("Cirrus", "y", ""),
        (None, "y", ""),  # which the table's own rules refuse
        ("Undisclosed lab (IREN)", "n", "which reads like the name of one; write undisclosed, what is known"),
        ("undisclosed lab", "n", "which reads like the name of one"),
        ("undisclosed (CIFR)", "n", "which reads like the name of one"),
        ("undisclosed (IREN)", "y", "which is no name; write n, or the tenant's name"),
    ],
)
def test_an_unnamed_tenant_is_told_from_a_name(tenant, disclosed, fault):
    """Pages add up what unnamed tenants owe by the form of the cell."""
    deals = table("deals", OLD | {"tenant": tenant, "tenant_disclosed": disclosed})
    found = told(consistency.unnamed_tenants_are_called_alike(deals))
    assert len(found) == bool(fault)
    assert all(fault in line for line in found)


def test_one_article_is_checked():
    """Of two the pages would take the day of one and the statements of the other."""
    rows = [{"article_id": "first", "role": "rewrite"}, {"article_id": "second", "role": "assessed"}]
    assert told(consistency.one_article_is_checked(table("articles", *rows))) == []
    rows[0]["role"] = "assessed"
    assert told(consistency.one_article_is_checked(table("articles", *rows))) == [
        "data/articles.csv row 3: article_id is 'second' and role is 'assessed', and so is an earlier row's; "
        "the one that the report no longer checks becomes original or rewrite"
    ]


def quarter(label, end):
    """A quarter of the company under its label."""
    return {"ticker": "CLSK", "fiscal_period": label, "period_end": end, "reported_on": "2027-05-20"}


def test_a_company_that_changes_its_fiscal_year_has_quarters_of_both():
    """From September to December: the old labels stay right and the new ones become so."""
    company = table("instruments", {"ticker": "CLSK", "fiscal_year_end_month": "9"})
    change = {"table": "instruments", "row": "CLSK", "field": "fiscal_year_end_month", "value": "12"}
    known = {"instruments": company, "knowledge": table("knowledge", change | {"known_on": "2027-01-05"})}
    rows = table("miner_segments", quarter("FY2026 Q4", "2026-09-30"), quarter("FY2027 Q1", "2027-03-31"))
    both = consistency.fiscal_year_ends(known)
    assert both == {"CLSK": [9, 12]}
    assert told(consistency.labels(rows, both)) == []
    (fault,) = told(consistency.labels(rows, consistency.fiscal_year_ends({"instruments": company})))
    assert "row 3" in fault
    assert "is 2027-03 or 2027Q2 or FY2027 Q2" in fault
    dates = table("earnings_dates", {"ticker": "CLSK", "fiscal_period": "FY2027 Q1", "reported_on": "2027-05-10"})
    assert told(consistency.results_follow_their_quarter(dates, both)) == []
    (fault,) = told(consistency.results_follow_their_quarter(dates, {"CLSK": [9]}))
    assert "but that quarter ended about 2026-12-31" in fault


@pytest.mark.parametrize(
    ("reached", "end"),
    [({}, "2026-10-05"), ({"reached": "2026-12-31"}, "2026-12-31"), ({"reached": "2026-01-01"}, "2026-10-05")],
)
def test_a_table_reaches_to_the_day_to_which_its_sources_were_read(reached, end):
    """A quarter in which nobody signed is known, not missing; a day before the last row adds nothing."""
    deals = table("deals", OLD | {"announced_on": "2026-03-10"}, NEW | {"announced_on": "2026-10-05"})
    entry = {"coverage": {"column": "announced_on"} | reached}
    assert metadata.cover(entry, deals.typed)["coverage"] == {
        "column": "announced_on", "from": "2026-03-10", "to": end,
    }  # fmt: skip


def test_nobody_has_read_to_a_day_that_lies_ahead(monkeypatch):
    """The day would date what pages say."""
    monkeypatch.setenv(tables.TODAY, "2027-01-15")
    said = metadata.read(tables.DATA / "deals.yml", metadata.DESCRIBED) | {"name": "deals"}
    others = {"deals": said, "instruments": said | {"schema": {"fields": [{"name": "ticker", "type": "string"}]}}}
    assert metadata._unknown(said, others) == []
    said["coverage"]["reached"] = "2027-01-16"
    assert metadata._unknown(said, others) == [
        "coverage.reached is 2027-01-16, later than today, 2027-01-15; write the day to which you read"
    ]


def test_deliveries_that_are_newer_than_the_contracts_are_told():
    """What the miners signed stops at the end of the contracts; equal ends need no word."""
    assert ledger.behind("2026-10-05", "2026-10-05") == ""
    assert ledger.behind("2026-10-05", "2026-10-20").startswith("data/deals.csv ends on 2026-10-05, deliveries.csv on ")


@pytest.mark.parametrize(
    ("ticker", "right"),
    [("IREN", True), ("S", True), ("BTC-USD", True), ("DMGI.V", True), ("3350.T", True), ("BRK-B", True), ("", False),
     ("iren", False), ("DMGI.", False), ("IREN US", False), ("A/B", False), ("../X", False)],
)  # fmt: skip
def test_a_ticker_may_be_of_any_exchange(ticker, right):
    """As vendors write it; what is none could be no name of a page."""
    (field,) = [field for field in tables.entries()["instruments"]["schema"]["fields"] if field["name"] == "ticker"]
    assert bool(re.fullmatch(field["constraints"]["pattern"], ticker)) == right


def test_an_unnamed_tenant_of_a_foreign_company_is_told_by_its_name():
    """The ticker in brackets may have a point."""
    assert ledger.tenant_name("undisclosed lab (DMGI.V)", {"DMGI.V": "DMG"}) == "unnamed lab of DMG"
