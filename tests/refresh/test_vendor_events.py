"""Flags of deals as events come from the other tables: what they tell, and nothing else."""

import pandas as pd
import pytest
from rich.console import Console

from minerpivot.refresh import events
from minerpivot.refresh.transaction import compare
from tests.frozen import FOLDER, load

STORED = load("event_flags")
QUIET = Console(quiet=True)


@pytest.fixture
def without(monkeypatch):
    """The frozen tables, without the flags of one deal."""

    def hide(deal):
        def known(name):
            table = load(name)
            return table[table["deal_id"] != deal] if name == "event_flags" else table

        monkeypatch.setattr(events.tables, "load", known)

    return hide


def test_a_deal_without_flags_gets_them(without):
    """Day, hour and first session are those that a person once read; what no table tells is unknown."""
    dated = STORED[STORED["announced_time"].isin(["pre", "post"])]
    row = dated.iloc[-1]
    without(row["deal_id"])
    rows = events.fetch(console=QUIET)["event_flags"].set_index("deal_id")
    found = rows.loc[row["deal_id"]]
    assert found["first_session"] == f"{row['first_session']:%Y-%m-%d}"
    assert (found["ticker"], found["announced_time"]) == (row["ticker"], row["announced_time"])
    assert found["same_day_other"] == "unknown"


def test_flags_that_are_there_are_not_worked_out_again(without):
    """What people read up is not replaced by what tables tell; all but the deal without flags stay as they are."""
    without(STORED["deal_id"].iloc[-1])
    found = events.fetch(console=QUIET)["event_flags"]
    assert set(found["deal_id"]) & set(STORED["deal_id"]) == {STORED["deal_id"].iloc[-1]}
    assert compare("event_flags", found.iloc[:0], folder=FOLDER).merged["deal_id"].tolist() == [*STORED["deal_id"]]


def test_a_report_of_this_run_counts(monkeypatch):
    """Earnings that were fetched a moment ago are known to the flags."""
    row = STORED[STORED["same_day_earnings"] != "y"].iloc[-1]
    without = STORED[STORED["deal_id"] != row["deal_id"]]
    monkeypatch.setattr(events.tables, "load", lambda name: without if name == "event_flags" else load(name))
    told = pd.DataFrame(
        {
            "ticker": [row["ticker"]], "fiscal_period": ["2031 Q1"], "time": ["bmo"], "basis": ["filing"],
            "reported_on": [f"{row['first_session']:%Y-%m-%d}"], "source_url": [""],
        }
    )  # fmt: skip
    rows = events.fetch(console=QUIET, fetched={"earnings_dates": told})["event_flags"].set_index("deal_id")
    assert rows["same_day_earnings"][row["deal_id"]] == "y"
