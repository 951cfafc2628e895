"""What the verdicts read more than once, on closes by hand."""

import numpy as np
import pandas as pd

from minerpivot.article import knowledge
from tests import frozen

DAYS = pd.DatetimeIndex(["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08"])


def known(last_sessions=None, **closes):
    """What is known where these are all closes; A and B signed on the first day, and mined as C did."""
    found = knowledge.Known("2026-01-31", folder=frozen.FOLDER)
    funds = {name: [10, 11, 12, 13] for name in knowledge.BENCHMARKS}
    found.__dict__ |= {  # in place of what it would read
        "closes": pd.DataFrame(closes | funds, index=DAYS, dtype=float),
        "followed": list(closes),
        "mined": list(closes),
        "joining": pd.Series(DAYS[0], index=["A", "B"]),
        "_last_sessions": pd.Series(last_sessions or {}, dtype="datetime64[ns]"),
    }
    return found


def test_a_share_that_has_ended_does_not_end_the_comparison():
    """Its last session is told; one that merely lacks closes holds the rest back."""
    closes = {"A": [1, 1, np.nan, np.nan], "B": [1, 1, 1, 1]}
    assert known(**closes).end == DAYS[1]
    assert known({"A": DAYS[1]}, **closes).end == DAYS[3]


def test_what_had_no_close_on_the_last_day_is_sold_at_its_last():
    """A doubles and has no close on the third day, on which B, now held alone, doubles: 1.5 times 2. A's later close,
    which that day does not know, would keep half of the basket in it."""
    found = known(A=[10, 20, np.nan, 20], B=[10, 10, 20, 40], C=[10, 10, 11, 99])
    compared = found.compared(DAYS[0], DAYS[2])
    np.testing.assert_allclose(compared[[knowledge.SIGNED, knowledge.UNSIGNED, "bitcoin"]], [200, 10, 20])
