"""Which session reacted to reports and financings, and in which one a share traded last."""

import pandas as pd

from minerpivot.stocks import sessions

SESSIONS = pd.DatetimeIndex(["2026-02-04", "2026-02-05", "2026-02-06", "2026-02-09"])


def test_results_after_the_close_belong_to_the_next_session():
    """Before the open and at an unknown hour: the day itself; a report without a day is none."""
    rows = [("A", "2026-02-05", "bmo"), ("B", "2026-02-05", "amc"), ("C", "2026-02-07", "unknown"), ("D", None, "amc")]
    reports = pd.DataFrame(rows, columns=["ticker", "reported_on", "time"])
    reports = reports.assign(reported_on=pd.to_datetime(reports["reported_on"]), title=None)  # needs no title
    found = sessions.report_sessions(reports, SESSIONS).set_index("ticker")["session"]
    assert found.to_dict() == {"A": SESSIONS[1], "B": SESSIONS[2], "C": SESSIONS[3]}  # C: a Saturday


def test_a_financing_told_in_the_evening_moves_the_next_session_only():
    """A told results that evening, B a deal, by the clock; C neither; a month is no day; an evening is its ticker's."""
    financings = pd.DataFrame(
        {
            "ticker": list("AABC"),
            "announced_on": ["2026-02"] + ["2026-02-05"] * 3,
            "kind": ["x", "loan", "notes", "loan"],
        }
    )
    day = pd.to_datetime(["2026-02-05"])
    reports = pd.DataFrame({"ticker": ["A"], "reported_on": day, "time": ["16:05"]})
    flags = pd.DataFrame({"ticker": ["B"], "announced_on": day, "announced_time": ["16:00"]})
    found = sessions.financing_sessions(financings, reports, flags, SESSIONS)
    assert found.set_index("ticker")["session"].to_dict() == {"A": SESSIONS[2], "B": SESSIONS[2], "C": SESSIONS[1]}


def test_a_share_trades_to_its_last_session_and_not_after_it():
    """A is known to trade no more; of B nothing is known."""
    gone = sessions.last_sessions(pd.DataFrame({"ticker": ["A", "B"], "last_session": [SESSIONS[1], pd.NaT]}))
    assert gone.to_dict() == {"A": SESSIONS[1]}
    assert sessions.still_trading("AB", SESSIONS[1], gone) == ["A", "B"]
    assert sessions.still_trading("AB", SESSIONS[2], gone) == ["B"]


def test_a_share_that_trades_on_has_its_end_far_in_the_future():
    """A ended; B trades on, and where no end is known both do."""
    gone = pd.Series(SESSIONS[1:2], index=["A"])
    symbols, far = pd.Index(["B", "A"]), pd.Timestamp.max.to_datetime64()
    assert sessions.ends(symbols, gone).tolist() == [far.astype(int), SESSIONS[1].value]
    assert sessions.ends(symbols, None).tolist() == [far.astype(int)] * 2
