"""Flags of deals as market events, worked out from the calendar and the tables of deals, reports and financings."""

from __future__ import annotations

from typing import Any

import pandas as pd
from rich.console import Console

from minerpivot.data import exchange, tables


def fetch(*, console: Console, fetched: dict[str, pd.DataFrame] | None = None, **_: Any) -> dict[str, pd.DataFrame]:
    """Rows of `event_flags` for deals that have none.

    Asks nobody. What the tables do not tell stays unknown, for a person to read up.
    """
    from minerpivot.stocks.announcements import derived_flags

    deals, stored = tables.load("deals"), tables.load("event_flags")
    dates = tables.load("earnings_dates")
    if fetched and "earnings_dates" in fetched:
        new = fetched["earnings_dates"].assign(reported_on=lambda rows: pd.to_datetime(rows["reported_on"]))
        dates = pd.concat([dates, new], ignore_index=True).drop_duplicates(["ticker", "fiscal_period"])
    sessions = exchange.exchange_sessions(tables.today())
    flags = derived_flags(deals, dates, tables.load("financings"), sessions).reset_index()
    flags = flags.merge(deals[["deal_id", "source_url", "second_source_url"]], on="deal_id")
    known = set(stored["deal_id"])
    rows = flags[~flags["deal_id"].isin(known)].assign(other_note=None)
    for column in ("announced_on", "first_session"):
        rows[column] = rows[column].dt.strftime("%Y-%m-%d")
    if len(rows):
        console.print(f"events: {', '.join(rows['deal_id'])}: what is unknown in them is for a person to read up")
    return {"event_flags": rows[list(stored.columns)]}
