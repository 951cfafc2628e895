"""Risks: which rows show them, how much each is about and where it is told, on small tables by hand."""

import pandas as pd
import pytest

from minerpivot.deals import delivery, risks
from minerpivot.deals import ledger as deals
from tests.deals.test_delivery import said
from tests.deals.test_ledger import ledger


def told(found, *kinds):
    """What and how much each example shows; which kinds of risk they are."""
    assert list(found) == risks.COLUMNS
    assert set(found["risk"]) == set(kinds)
    return list(zip(found["what"], found["figure"]))


def test_bids_conditions_and_changes_are_read_off_the_ledger():
    """Each row by its own state; a bid without a price, and what is in force, show nothing."""
    table = ledger(
        {},
        {"counts_as": "takeover_bid", "state": "terminated", "counterparty": "Buyer", "contract_value_usd_bn": 9.0},
        {"counts_as": "takeover_bid", "state": "terminated", "contract_value_usd_bn": None},
        {"state": "conditional", "counterparty": "Waiting", "gross_mw": 175.0},
        {"counts_as": "amendment", "counterparty": "More", "contract_value_usd_bn": 1.5},
        {"counts_as": "amendment", "counterparty": "Unknown", "contract_value_usd_bn": None, "critical_it_mw": None},
    )
    assert told(risks.failed_takeovers(table), "Failed takeover") == [("Buyer", "$9bn")]
    assert told(risks.not_effective(table), "Not effective") == [("Waiting", "175 MW")]
    changed = [("More", "$1.5bn, 100 MW"), ("Unknown", "no figure seen")]
    assert told(risks.changed(table), "Terms changed") == changed
    assert risks.changed(table)["row"].tolist() == ["D4", "D5"]


def test_what_left_the_sums_is_told_with_its_value_and_its_end():
    """By what became of it since; a contract without a value took none away."""
    left = pd.DataFrame({"deal_id": ["A", "B"], "ticker": "IREN", "tenant": "Tenant", "value_change": [-9.5, 0.0]})
    found = risks.ended(left, pd.Series({"A": "sold", "B": "terminated"}))
    assert found["risk"].tolist() == ["Contract sold", "Contract terminated"]
    assert told(found, *found["risk"]) == [("Tenant", "$9.5bn"), ("Tenant", "no value seen")]


def test_the_latest_phases_are_the_most_quarters_late():
    """Of four that slipped the three worst; one quarter is one quarter; a phase of no contract is named by its site."""
    later = {"one": "2026-Q1", "two": "2026-Q2", "four": "2026-Q4", "three": "2026-Q3", "none": "2025-Q4"}
    rows = [{"phase": phase, "due": "2025-Q4", "source_url": f"https://{phase}"} for phase in later]
    rows += [{"phase": phase, "kind": "target", "said_on": "2025-06-01", "due": due} for phase, due in later.items()]
    found = risks.late(delivery.delays(said(*rows), "2025-12-31"), pd.Series({"campus": "Campus"}))
    assert told(found, "Late") == [
        ("Campus, four", "4 quarters"),
        ("Campus, three", "3 quarters"),
        ("Campus, two", "2 quarters"),
    ]
    assert found["row"].tolist() == ["Campus"] * 3
    assert found["source_url"].tolist() == ["https://four", "https://three", "https://two"]


def test_one_ending_for_each_company_with_a_contract_in_force():
    """The first that the terms tell of each; default and insolvency are called so."""
    contracts = pd.DataFrame({"deal_id": ["A", "B", "C"], "ticker": ["HUT", "HUT", "IREN"]})
    terms = pd.DataFrame(
        {
            "deal_id": ["A", "B", "C", "GONE"],
            "termination_rights": [None, "on default the lender may step in", "after ten years", "at once"],
            "source_url": ["https://a", "https://b", "https://c", "https://gone"],
        }
    )
    found = risks.endings(terms, contracts)
    assert found["risk"].tolist() == ["On default", "How it can end"]
    assert found[["row", "source_url"]].to_numpy().tolist() == [["B", "https://b"], ["C", "https://c"]]


def test_the_largest_of_each_kind_stands_for_it():
    """One tenant with 75% of the value, the guarantee that covers least, the largest contract nobody named."""
    table = deals.contracted(
        ledger(
            {"deal_id": "A", "tenant": "Big", "contract_value_usd_bn": 4.0},
            {"deal_id": "B", "tenant": "Big", "contract_value_usd_bn": 5.0},
            {"deal_id": "C", "tenant": "Small", "contract_value_usd_bn": 2.0, "tenant_disclosed": "n"},
            {"deal_id": "D", "tenant": "Less", "contract_value_usd_bn": 1.0, "tenant_disclosed": "n"},
        ).assign(guarantor="Bank", guarantee_usd_bn=[1.0, 1.1, 2.0, None])
    )
    rows = [
        ("One tenant", "all companies", "Big", "75%", "B"),
        ("Partial guarantee", "IREN", "Bank", "$1.1bn of $5.0bn", "B"),
        ("Undisclosed tenant", "IREN", "Tenant", "$2.0bn", "C"),  # called as the ledger calls the other side
    ]
    found = [risks.one_tenant(table), risks.partial_guarantee(table), risks.undisclosed_tenant(table)]
    assert [tuple(each[risks.COLUMNS[:5]].iloc[0]) for each in found] == rows


def test_dilution_and_debt_name_the_company_with_most():
    """The largest growth with the page of its last count; the largest loan, not the package that it is a part of."""
    day = pd.Timestamp("2026-06-30")
    growth = pd.DataFrame({"shares": [0.1, 0.834], "to_date": day}, pd.Index(["HUT", "IREN"], name="ticker"))
    days = [pd.Timestamp("2024-01-31"), day, day]  # of one day two kinds of count
    counts = pd.DataFrame({"ticker": "IREN", "as_of": days, "source_url": ["old", "new", "other"]})
    found = risks.dilution(growth, counts, pd.Timestamp("2024-01-01"))
    assert told(found, "Dilution") == [("share counts since 2024", "+83%")]
    assert found[["row", "source_url"]].to_numpy().tolist() == [["share counts", "new"]]
    loans = pd.DataFrame(
        {
            "ticker": ["IREN", "IREN", "HUT"],
            "financing_id": ["PART", "WHOLE", "OTHER"],
            "part_of": ["WHOLE", None, None],
        }
        | {"amount_usd_m": [700.0, 1500.0, 1000.0], "source_url": ["part", "whole", "other"]}
    )
    found = risks.debt(pd.Series({"IREN": 1234.0, "HUT": 1000.0}), loans)
    assert told(found, "Debt") == [("announced loans and notes", "$1.2bn")]
    assert found[["row", "source_url"]].to_numpy().tolist() == [["PART", "part"]]


@pytest.mark.parametrize(
    "found",
    [
        lambda none: risks.failed_takeovers(none),
        lambda none: risks.changed(none),
        lambda none: risks.one_tenant(none),
        lambda none: risks.partial_guarantee(none),
        lambda none: risks.undisclosed_tenant(none),
        lambda none: risks.ended(none.assign(value_change=0.0), pd.Series(dtype=object)),
    ],
)
def test_a_ledger_without_such_rows_shows_none(found):
    """No example, and no error."""
    assert told(found(deals.contracted(ledger({}).iloc[:0]))) == []
