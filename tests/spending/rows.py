"""Rows of the tables of guidance and outcomes, written by hand."""

import pandas as pd


def statement(ticker, period, issued_on, *, low=None, high=None, point=None, consensus=None, **cells):
    """One row of capex_guidance: a range, a point or words on cash purchases, unless `cells` say otherwise."""
    kind = "range" if low else "point" if point else "qualitative"
    row = {
        "guidance_id": f"{ticker}-{period}-{issued_on}",
        "ticker": ticker,
        "guided_period": period,
        "period_kind": "fiscal" if period.startswith("FY") else "calendar",
        "issued_on": pd.Timestamp(issued_on),
        "day_approximate": "n",
        "kind": kind,
        "definition": "cash_ppe",
        "basis": None,
        "restates": None,
        "low_usd_bn": low,
        "high_usd_bn": high,
        "point_usd_bn": point,
        "single_sourced": "n",
        "consensus_before_usd_bn": consensus,
    }
    return row | cells


def guidance(*rows):
    """A capex_guidance table."""
    numbers = ["low_usd_bn", "high_usd_bn", "point_usd_bn", "consensus_before_usd_bn"]
    return pd.DataFrame(rows).astype(dict.fromkeys(numbers, float))


def annual(ticker, outcome, *, period="FY2025", end="2025-12-31", definition="cash_ppe"):
    """One row of capex_annual."""
    row = {"ticker": ticker, "fiscal_period": period, "period_end": end, "definition": definition, "basis": None}
    return pd.DataFrame([row | {"capex_usd_bn": outcome}]).astype({"period_end": "datetime64[ns]"})
