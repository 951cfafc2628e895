"""Deal events, results and financings on the exchange's clock, and intervals of a mean of few events."""

import pandas as pd
import pytest

from minerpivot import announcements
from minerpivot.tables import load

SESSIONS = pd.DatetimeIndex(["2026-02-04", "2026-02-05", "2026-02-06", "2026-02-09"])


def test_deal_events_count_a_session_once_and_know_what_came_with_it():
    """Lease and framework of one morning are one event; results of that session confound it, whatever its flag says."""
    session = pd.Timestamp("2026-02-06")
    rows = [
        ("F", "A", "other", "framework", "n", "n"), ("L", "A", "colocation_lease", "contract", "n", "n"),
        ("G", "B", "gpu_cloud", "contract", "n", "n"), ("U", "C", "jv", "contract", "n", "unknown"),
        ("P", "D", "acquisition", "purchase", "n", "y"), ("X", "NONE", "jv", "contract", "n", "n"),
        ("O", "E", "acquisition", "takeover_bid", "n", "n"), ("S", "E", "colocation_lease", "contract", "n", "n"),
    ]  # fmt: skip
    table = ledger(rows, binding_since="2026-02-06")
    flags = flagged(table, session)
    found = announcements.deal_events(table, flags, pd.Series({"B": session}), "ABCDE")
    assert sorted(found.index) == ["G", "L", "P", "S", "U"]
    assert found["news"].to_dict() == {
        "L": "clean",
        "G": "confounded",
        "U": "unclear",
        "P": "confounded",
        "S": "confounded",
    }
    assert found.loc["L", ["kind", "rows"]].tolist() == ["lease", 2]
    assert not found.loc["P", "with_tenant"]
    assert (
        announcements.deal_events(table, flags, pd.Series({"B": session - pd.Timedelta(days=1)}), "B")["news"].item()
        == "clean"
    )


def ledger(rows, **cells):
    """A deal table and its flags by hand: deal_id, ticker, deal_type, counts_as, results, financing."""
    columns = ["deal_id", "ticker", "deal_type", "counts_as", "same_day_earnings", "same_day_financing"]
    return pd.DataFrame(rows, columns=columns).assign(**cells)


def flagged(table, session):
    """Their `event_flags`, told on the day before its first session or on it."""
    flags = table[["deal_id", "ticker", "same_day_earnings", "same_day_financing"]]
    return flags.assign(first_session=session, announced_on=session, same_day_other="n", announced_time="pre")


def test_a_contract_counts_as_one_with_a_tenant_only_if_it_bound_on_its_day():
    """No memorandum that never bound, none that bound later, no venture without a tenant; an extension does."""
    session = pd.Timestamp("2026-02-06")
    rows = [
        ("BOUND", "A", "colocation_lease", "contract", "n", "n"),
        ("NEVER", "B", "colocation_lease", "contract", "n", "n"),
        ("LATER", "C", "gpu_cloud", "contract", "n", "n"), ("ALONE", "D", "jv", "no_tenant", "n", "n"),
        ("LONGER", "E", "colocation_lease", "extension", "n", "n"),
    ]  # fmt: skip
    table = ledger(rows, binding_since=["2026-02-06", None, "2026-03", "2026-02-06", "2026-02-06"])
    found = announcements.deal_events(table, flagged(table, session), pd.Series(dtype="datetime64[ns]"), "ABCDE")
    assert found.index[found["with_tenant"]].tolist() == ["BOUND", "LONGER"]
    assert (found["kind"] != "amendment or framework").all()  # by kind alone all five would have counted


def test_every_event_of_the_report_is_counted_once():
    """No share and session twice, and none without a kind."""
    deals, flags = load("deals"), load("event_flags")
    found = announcements.deal_events(deals, flags, pd.Series(dtype="datetime64[ns]"), set(deals["ticker"]))
    assert not found.duplicated(["ticker", "session"]).any()
    assert found["rows"].sum() == len(flags)
    assert found["kind"].notna().all()


def test_results_after_the_close_belong_to_the_next_session():
    """Before the open and at an unknown hour: the day itself; a report without a day is none."""
    rows = [("A", "2026-02-05", "bmo"), ("B", "2026-02-05", "amc"), ("C", "2026-02-07", "unknown"), ("D", None, "amc")]
    reports = pd.DataFrame(rows, columns=["ticker", "reported_on", "time"])
    reports["reported_on"] = pd.to_datetime(reports["reported_on"])
    found = announcements.report_sessions(reports, SESSIONS).set_index("ticker")["session"]
    assert found.to_dict() == {"A": SESSIONS[1], "B": SESSIONS[2], "C": SESSIONS[3]}  # C: a Saturday


def test_a_financing_told_in_the_evening_moves_the_next_session_only():
    """A told results that evening, B a deal, C neither; a month is no day, and a ticker's evening is its own."""
    financings = pd.DataFrame(
        {
            "ticker": list("ABCA"),
            "announced_on": ["2026-02-05"] * 3 + ["2026-02"],
            "kind": ["loan", "notes", "loan", "x"],
        }
    )
    day = pd.to_datetime(["2026-02-05"])
    reports = pd.DataFrame({"ticker": ["A"], "reported_on": day, "time": ["amc"]})
    flags = pd.DataFrame({"ticker": ["B"], "announced_on": day, "announced_time": ["post"]})
    found = announcements.financing_sessions(financings, reports, flags, SESSIONS)
    assert found.set_index("ticker")["session"].to_dict() == {"A": SESSIONS[2], "B": SESSIONS[2], "C": SESSIONS[1]}
    told = announcements.told_by_session(found)
    assert told.to_dict() == {SESSIONS[1]: "C loan", SESSIONS[2]: "A loan; B notes"}
    twice = pd.DataFrame(
        {"session": SESSIONS[:1].repeat(3), "ticker": ["Z", "A", "A"], "kind": ["equity_offering"] * 3}
    )
    assert announcements.told_by_session(twice).item() == "A, Z equity offering"
    assert announcements.told_by_session(twice[:0]).empty


def test_interval_and_power_use_the_t_distribution():
    """Nine events: 2.306 and 0.889 of any table of t with eight degrees; the normal 1.96 and 0.842 are caught."""
    facts = pd.DataFrame({"mean": [0.1, 0.1], "standard_error": [0.05, 0.05], "events": [9, 1]})
    found = announcements.interval_and_power(facts)
    assert found.loc[0].tolist() == pytest.approx(
        [0.1 - 2.306 * 0.05, 0.1 + 2.306 * 0.05, (2.306 + 0.889) * 0.05], abs=1e-4
    )
    assert found.loc[0, "high"] - 0.1 > 1.96 * 0.05 * 1.15
    assert found.loc[1].isna().all()
