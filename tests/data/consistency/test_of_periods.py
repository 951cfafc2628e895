# ruff: noqa: E501 - a case is a line
"""Names of periods: each rule at its edges, the last right value and the first wrong one, on rows by hand."""

import pandas as pd
import pytest

from minerpivot.data.consistency import of_periods
from tests.by_hand import at, lines, places, told


@pytest.mark.parametrize(
    ("end", "month", "names"),
    [
        ("2026-03-31", 12, "FY2026 Q1, 2026Q1, 2026-03"),
        ("2025-12-31", 12, "FY2025 Q4, 2025Q4, 2025-12, FY2025, 2025FY"),
        ("2025-10-26", 1, "FY2026 Q3, 2026Q3, 2025-10"),  # the year ends in January: it is the next one already
        ("2026-01-25", 1, "FY2026 Q4, 2026Q4, 2026-01, FY2026, 2026FY"),
        ("2021-05-02", 1, "FY2022 Q1, 2022Q1, 2021-04"),  # a year of weeks: two days into May is April's
        ("2026-01-15", 12, "FY2025 Q4, 2025Q4, 2025-12, FY2025, 2025FY"),
        ("2026-01-16", 12, "FY2026 Q1, 2026Q1, 2026-01"),
        ("2026-09-30", 6, "FY2027 Q1, 2027Q1, 2026-09"),
        ("2026-06-30", 6, "FY2026 Q4, 2026Q4, 2026-06, FY2026, 2026FY"),
        ("2026-06-30", float("nan"), ""),
    ],
)
def test_a_period_is_named_by_its_middle_and_the_years_end(end, month, names):
    """Quarters count from the month after the year's end."""
    assert of_periods.period_names(pd.Timestamp(end), month) == set(filter(None, names.split(", ")))


def test_a_fiscal_year_may_be_named_where_quarters_are_the_calendars():
    """Costs stand by calendar quarter and by the company's own year."""
    found = of_periods.period_names(pd.Timestamp("2026-06-30"), 12, 6)
    assert found == {"FY2026 Q2", "2026Q2", "2026-06", "FY2026", "2026FY"}
    assert "2026FY" not in of_periods.period_names(pd.Timestamp("2026-06-30"), 12, 7)


def test_the_months_of_fiscal_years_are_those_of_the_row_and_of_later_knowledge():
    """In the order in which they were known; a month that is none, and news of another column, count for nothing."""
    instruments = lines("instruments", "ticker,fiscal_year_end_month", "A,12", "B,1", "C,")
    knowledge = lines(
        "knowledge", "table,row,field,value", "instruments,A,fiscal_year_end_month,6", "instruments,A,name,3",
        "deals,A,fiscal_year_end_month,4", "instruments,B,fiscal_year_end_month,13",
        "instruments,B,fiscal_year_end_month,0", "instruments,C,fiscal_year_end_month,May",
        "instruments,D,fiscal_year_end_month,9",
    )  # fmt: skip
    assert of_periods.fiscal_year_ends({"instruments": instruments}) == {"A": [12], "B": [1]}
    both = of_periods.fiscal_year_ends({"instruments": instruments, "knowledge": knowledge})
    assert both == {"A": [12, 6], "B": [1], "C": [], "D": [9]}
    assert of_periods.fiscal_year_ends({"knowledge": knowledge}) == {}


def test_a_label_is_the_periods_own():
    """Fiscal by the company's year, calendar by the year of all; what lacks name, day or year is not asked."""
    head = "ticker,fiscal_period,period_end,calendar_quarter"
    rows = lines(
        "capex_actuals", head, "MSFT,FY2026 Q2,2025-12-31,2025Q4", "MSFT,FY2026 Q3,2025-12-31,2026Q1",
        "AMZN,FY2026 Q3,2025-12-31,2025Q4",
    )  # fmt: skip
    blank = lines(
        "capex_actuals", head, "MSFT,,2025-12-31,", "MSFT,FY2026 Q3,,2026Q1", "MSFT,FY2026 Q3,2025-12-31,2025Q4"
    )
    assert places(of_periods.labels(blank, {"MSFT": [6]})) == [(2, "period_end")]
    found = list(of_periods.labels(rows, {"MSFT": [6]}))
    assert places(found) == [(1, "period_end"), (1, "period_end")]
    assert told(found)[0] == (
        "data/capex_actuals.csv row 3: fiscal_period is 'FY2026 Q3' and period_end is '2025-12-31', but the period that "
        "ends on 2025-12-31 is 2025-12 or 2026Q2 or FY2026 Q2; correct the name or the day"
    )
    assert "calendar_quarter is '2026Q1'" in told(found)[1]
    assert " is 2025-12 or 2025FY or 2025Q4 or FY2025 or FY2025 Q4;" in told(found)[1]
    one = lines("nvidia", "fiscal_period,period_end", "FY2026 Q3,2025-10-26", "FY2025 Q3,2025-10-26")
    assert at(of_periods.labels(one, {"NVDA": [1]})) == [1]
    assert not list(of_periods.labels(one, {}))
    costs = lines("miner_costs", "ticker,period,period_end", "IREN,2026FY,2026-06-30", "CIFR,2026FY,2026-06-30")
    assert at(of_periods.labels(costs, {"IREN": [6], "CIFR": [12]})) == [1]
