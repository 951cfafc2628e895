"""Share counts by hand: one kind against itself, and growth of market value as a product."""

import numpy as np
import pandas as pd
import pytest

from minerpivot.companies.shares import share_growth, weekly


def frame(dates, **columns):
    """Closes by hand: dates × symbols."""
    return pd.DataFrame(columns, index=pd.DatetimeIndex(dates, name="date"), dtype=float)


def test_share_growth_never_mixes_bases_and_multiplies_with_the_price():
    """Cover pages with cover pages; the longer basis wins; a doubling of shares at half the price is no growth."""
    sessions = pd.bdate_range("2025-01-01", "2026-01-30")
    half = np.where(sessions < "2025-07-01", 10.0, 5.0)
    closes = frame(sessions, A=half, W=half, SHORT=half)
    counts = {
        ("A", "cover_page"): {"2024-01-15": 1, "2025-01-15": 100, "2026-01-15": 200},
        ("A", "basic"): {"2025-02-01": 900, "2025-03-01": 950},
        ("W", "weighted_basic"): {"2025-04-30": 50, "2026-01-30": 75},
        ("W", "diluted"): {"2025-02-01": 60, "2026-01-30": 90},
        ("SHORT", "basic"): {"2025-10-01": 5, "2025-12-01": 6},
        ("SHORT", "cover_page"): {"2025-01-05": 2},
        ("GONE", "basic"): {"2025-01-05": 2, "2025-12-05": 3},  # no prices
    }
    rows = [(*key, day, count) for key, days in counts.items() for day, count in days.items()]
    shares = pd.DataFrame(rows, columns=["ticker", "basis", "as_of", "shares_m"])
    shares["as_of"] = pd.to_datetime(shares["as_of"])
    found = share_growth(shares, closes, since=pd.Timestamp("2025-01-01"))
    assert list(found.index) == ["A", "W"]
    assert found.loc["A", "basis"] == "cover_page"
    assert found.loc["A", ["shares", "price", "market_value"]].tolist() == pytest.approx([1.0, -0.5, 0.0])
    assert found.loc["W", "shares"] == pytest.approx(0.5)
    assert found.loc["W", "price"] == pytest.approx(-0.5)  # mean closes of the two quarters, 10 and 5
    assert share_growth(shares[:0], closes, since=pd.Timestamp("2025-01-01")).empty


@pytest.mark.parametrize(("since", "last", "compared"), [
    ("2025-01-01", "2025-06-30", True),  # 180 days, from the first day that counts
    ("2025-01-01", "2025-06-29", False),
    ("2025-01-02", "2025-06-30", False),
])  # fmt: skip
def test_a_growth_needs_its_days_and_counts_from_its_first_day(since, last, compared):
    """The least span is enough, a day less is not; the day itself is among those since it."""
    closes = frame(pd.date_range("2025-01-01", "2025-06-30"), A=np.full(181, 10.0))
    shares = pd.DataFrame(
        {"ticker": "A", "basis": "basic", "as_of": pd.to_datetime(["2025-01-01", last]), "shares_m": [1.0, 2.0]}
    )
    assert list(share_growth(shares, closes, since=pd.Timestamp(since)).index) == ["A"] * compared


def test_a_week_is_its_last_close():
    """Thursday's where Friday has none, dated by that Friday; an unfinished week ends with its last session."""
    days = ["2026-10-01", "2026-10-05", "2026-10-06", "2026-10-09", "2026-10-13"]
    found = weekly(pd.Series([1.0, 2.0, 3.0, 4.0, 5.0], pd.to_datetime(days)))
    assert found.to_dict() == {pd.Timestamp(d): v for d, v in [("2026-10-02", 1), ("2026-10-09", 4), ("2026-10-13", 5)]}
