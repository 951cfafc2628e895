"""Guidance at the edge of its days and bands: the day itself, the last day of a year, exactly the tolerance."""

import pandas as pd
import pytest

from minerpivot.spending import outlook
from tests.spending.test_outlook import annual, guidance, statement


@pytest.mark.parametrize(("day", "ahead"), [("2026-05-30", True), ("2026-05-31", False)])
def test_a_fiscal_year_lies_ahead_until_its_last_day(day, ahead):
    """Oracle's fiscal 2026 ends on 31 May 2026: on that day it has ended. A calendar year is never left out by it."""
    rows = guidance(
        statement("ORCL", "FY2026", "2025-12-10", point=50), statement("META", "2026", "2026-01-28", low=1, high=3)
    )
    found = outlook.ahead(rows, pd.Series({"ORCL": 5}), pd.Timestamp(day), 2026)
    assert found["ticker"].tolist() == ["ORCL"] * ahead + ["META"]
    after = outlook.ahead(rows, pd.Series({"ORCL": 5}), pd.Timestamp("2027-02-01"), 2026)
    assert after["ticker"].tolist() == ["META"]


def test_a_statement_of_the_years_last_day_is_no_forecast():
    """One of the day before is, with a lead of one day."""
    rows = guidance(
        statement("GOOGL", "2025", "2025-12-31", point=72),
        statement("GOOGL", "2025", "2025-12-30", point=71),
    )
    scored = outlook.scored_statements(rows, annual("GOOGL", 72.0))
    assert scored["midpoint_usd_bn"].tolist() == [71]
    assert scored["lead_days"].tolist() == [1]


@pytest.mark.parametrize(
    ("low", "high", "outcome", "position"),
    [
        (None, None, 95.0, "inside"),  # five percent below a single figure of 100 is within five percent
        (None, None, 105.0, "inside"),
        (90.0, 110.0, 90.0, "inside"),
        (90.0, 110.0, 110.0, "inside"),
        (90.0, 110.0, 89.99, "below"),
        (90.0, 110.0, 110.01, "above"),
    ],
)
def test_the_ends_of_a_range_and_of_a_tolerance_are_inside(low, high, outcome, position):
    """Of both kinds."""
    said = pd.DataFrame({"kind": ["point"], "low_usd_bn": [low], "high_usd_bn": [high], "midpoint_usd_bn": [100.0]})
    said = said.astype({"low_usd_bn": float, "high_usd_bn": float}).assign(outcome_usd_bn=outcome)
    assert outlook.position(said).tolist() == [position]


def test_a_consensus_is_held_against_a_statement_of_its_own_day():
    """What a company says on the day of the consensus follows it; what it said the day before does not."""
    said = outlook.statements(
        guidance(statement("META", "2026", "2026-01-25", point=100), statement("META", "2026", "2026-01-26", point=120))
    )
    both = {"kind": "consensus_sum", "subject": "META", "period": "2026", "as_of": "2026-01-26"}
    assert outlook.consensus_sums(said, pd.DataFrame([both]))["midpoint_usd_bn"].tolist() == [120]


def test_of_two_years_that_a_company_speaks_of_the_one_used_last_is_its_revision():
    """Its calendar year went up by ten percent in April, its fiscal year down by five in July."""
    rows = [
        statement("MSFT", "CY2026", "2026-01-28", point=100),
        statement("MSFT", "CY2026", "2026-04-29", point=110),
        statement("MSFT", "FY2026", "2026-01-29", point=80),
        statement("MSFT", "FY2026", "2026-07-29", point=76),
    ]
    assert outlook.revisions(outlook.guidance_path(guidance(*rows), 2026))["MSFT"] == pytest.approx(-5)
    early = [*rows[:3], rows[3] | {"issued_on": pd.Timestamp("2026-04-01")}]
    assert outlook.revisions(outlook.guidance_path(guidance(*early), 2026))["MSFT"] == pytest.approx(10)


def test_a_record_names_the_day_of_the_last_word():
    """The first statement's day and the last one's."""
    rows = guidance(
        statement("GOOGL", "2025", "2025-10-29", point=72), statement("GOOGL", "2025", "2025-01-24", low=60, high=65)
    )
    record = outlook.guidance_record(rows, annual("GOOGL", 72.0)).iloc[0]
    assert "index" not in record
    assert (record["issued_on"], record["last_issued_on"]) == (pd.Timestamp("2025-01-24"), pd.Timestamp("2025-10-29"))


def test_a_part_of_the_capex_is_no_first_figure_of_the_whole():
    """50 for chips alone, then 125 and 130 for all: four percent, and none for the part."""
    rows = guidance(
        statement("AMZN", "2025", "2025-02-06", point=50, kind="part"),
        statement("AMZN", "2025", "2025-07-30", point=125),
        statement("AMZN", "2025", "2025-10-30", point=130),
    )
    revision = outlook.guidance_path(rows, 2025)["revision_percent"]
    assert revision.tolist() == pytest.approx([float("nan"), 0, 4], nan_ok=True)


def test_an_interval_of_drawn_years_is_the_same_in_every_run():
    """Another seed gives another one."""
    drifts, years = pd.Series([-20.0, -5.0, 3.0, 11.0, 40.0, 7.0]), pd.Series([2020, 2021, 2022, 2023, 2024, 2025])
    found = [outlook.clustered_interval(drifts, years, draws=99, **request) for request in ({}, {}, {"seed": 1})]
    assert found[0] == found[1] != found[2]
