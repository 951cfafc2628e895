"""What tables say of each other, each rule at its edges: the last right value, the first wrong one, on rows by hand."""

from minerpivot.data import consistency
from tests.by_hand import lines


def test_a_rule_runs_where_its_tables_are_all_there():
    """A fork without a table has no rule about it; every rule of those that are there is asked."""
    known = {
        "instruments": lines("instruments", "ticker,fiscal_year_end_month,renamed_to", "NVDA,1,NVDA"),
        "nvidia": lines("nvidia", "fiscal_period,period_end,reported_on", "FY2026 Q2,2025-10-26,2025-11-19"),
        "earnings_dates": lines("earnings_dates", "ticker,fiscal_period,reported_on", "NVDA,FY2026 Q2,2025-11-28"),
        "knowledge": lines("knowledge", "table,row,field,value", "nvidia,FY2026 Q9,revenue_usd_bn,5"),
    }
    assert [(fault.table, *fault.cells) for fault in consistency.contradictions(known)] == [
        ("nvidia", "fiscal_period", "period_end"),
        ("instruments", "ticker", "renamed_to"),
        ("earnings_dates", "ticker", "fiscal_period", "reported_on"),  # nine days from the day in nvidia
        ("earnings_dates", "ticker", "fiscal_period", "reported_on"),  # and 120 after a quarter that ended in July
        ("knowledge", "table", "row"),
    ]
    del known["nvidia"]
    assert [fault.table for fault in consistency.contradictions(known)] == [
        "instruments", "earnings_dates", "knowledge",
    ]  # fmt: skip
    assert not list(consistency.contradictions({"deliveries": lines("deliveries", "deal_id", "gone")}))
