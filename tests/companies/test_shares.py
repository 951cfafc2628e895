"""Share counts by hand: one kind against itself, over the longest span that is long enough."""

import pandas as pd
import pytest

from minerpivot.companies.shares import share_growth, weekly


def table(counts):
    """The table of {(ticker, basis): {day: count}}."""
    rows = [(*key, day, count) for key, days in counts.items() for day, count in days.items()]
    found = pd.DataFrame(rows, columns=["ticker", "basis", "as_of", "shares_m"])
    return found.assign(as_of=pd.to_datetime(found["as_of"]))


def test_share_growth_never_mixes_bases():
    """Cover pages with cover pages; of two bases that span long enough the longer wins, in one row."""
    counts = {
        ("W", "weighted_basic"): {"2025-04-30": 50, "2026-01-30": 75},
        ("W", "diluted"): {"2025-02-01": 60, "2026-01-30": 90},
        ("A", "cover_page"): {"2024-01-15": 1, "2025-01-15": 100, "2026-01-15": 200},
        ("A", "basic"): {"2025-02-01": 900, "2025-12-01": 950},
        ("SHORT", "basic"): {"2025-10-01": 5, "2025-12-01": 6},
        ("SHORT", "cover_page"): {"2025-01-05": 2},
        ("GONE", "basic"): {"2025-01-05": 2, "2025-12-05": 3},  # no prices
    }
    found = share_growth(table(counts), ["A", "W", "SHORT"], since=pd.Timestamp("2025-01-01"))
    first, last = pd.to_datetime(["2025-01-15", "2025-04-30"]), pd.to_datetime(["2026-01-15", "2026-01-30"])
    expected = pd.DataFrame(
        {
            "basis": ["cover_page", "weighted_basic"], "from_date": first, "to_date": last,
            "from_shares_m": [100, 50], "to_shares_m": [200, 75], "shares": [1.0, 0.5],
        },
        pd.Index(["A", "W"], name="ticker"),
    )  # fmt: skip
    pd.testing.assert_frame_equal(found, expected)
    assert share_growth(table(counts)[:0], ["A"], since=pd.Timestamp("2025-01-01")).empty


@pytest.mark.parametrize(("since", "last", "compared"), [
    ("2025-01-01", "2025-06-30", True),  # 180 days, from the first day that counts
    ("2025-01-01", "2025-06-29", False),
    ("2025-01-02", "2025-06-30", False),
])  # fmt: skip
def test_a_growth_needs_its_days_and_counts_from_its_first_day(since, last, compared):
    """The least span is enough, a day less is not; the day itself is among those since it."""
    shares = table({("A", "basic"): {"2025-01-01": 1.0, last: 2.0}})
    assert list(share_growth(shares, ["A"], since=pd.Timestamp(since)).index) == ["A"] * compared


def test_a_week_is_its_last_close():
    """Thursday's where Friday has none, dated by that Friday; an unfinished week ends with its last session."""
    days = ["2026-10-01", "2026-10-05", "2026-10-06", "2026-10-09", "2026-10-13"]
    found = weekly(pd.Series([1.0, 2.0, 3.0, 4.0, 5.0], pd.to_datetime(days)))
    assert found.to_dict() == {pd.Timestamp(d): v for d, v in [("2026-10-02", 1), ("2026-10-09", 4), ("2026-10-13", 5)]}
