"""The tables as they were public on a day, and what the verdicts read of them more than once: who signed, who is named.

So the verdict of the article's day and that of today come from the same code.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from minerpivot.article import claims
from minerpivot.data.tables import DATA, edition, load, through
from minerpivot.deals import ledger
from minerpivot.stocks import markets, sessions

BENCHMARKS = {"IBIT": "bitcoin", "QQQ": "Nasdaq-100", "SMH": "chip shares"}  # each by the fund that holds it
SIGNED, UNSIGNED = "signers", "other miners"


class Known:
    """The tables as they were public on a day (None: all that is in the data), each read once."""

    def __init__(self, day: str | None = None, *, folder: Path = DATA) -> None:
        self.day, self.folder = day, folder
        self._tables: dict[str, pd.DataFrame] = {}
        self._days: dict[str, Known] = {}

    def __call__(self, table: str) -> pd.DataFrame:
        """A table."""
        if table not in self._tables:
            self._tables[table] = load(table, as_of=self.day, folder=self.folder)
        return self._tables[table]

    def on(self, day: pd.Timestamp) -> Known:
        """The same tables as they were public on another day; of a later one no more than is known anyway."""
        until = min(iso(day), self.day or iso(day))
        return self._days.setdefault(until, Known(until, folder=self.folder))

    def pages(self) -> pd.DataFrame:
        """Cited pages: those that a date puts on the day or before, or all of them."""
        every = load("claims_evidence", folder=self.folder)
        if not self.day:
            return every
        if not (claims.dated(every) <= pd.Timestamp(self.day)).any():
            return every.iloc[:0]
        pages = self("claims_evidence")
        return pages[claims.dated(pages).notna()]

    @cached_property
    def until(self) -> str:
        """The last day that is known of contracts."""
        return self.day or edition() or through("deals", folder=self.folder)

    @cached_property
    def instruments(self) -> pd.DataFrame:
        """Companies and funds by ticker, under today's names."""
        return load("instruments", folder=self.folder).set_index("ticker")

    @cached_property
    def closes(self) -> pd.DataFrame:
        """Sessions × symbols, in USD: of all that trade, and of the miners that failed, shrank or stayed small."""
        return markets.close_matrix(pd.concat([self("prices"), self("prices_failed")])[["date", "symbol", "close"]])

    @cached_property
    def followed(self) -> list[str]:
        """The larger miners, whose closes and contracts this report follows."""
        own = set(self("prices")["symbol"])
        return [ticker for ticker in of_kind(self.instruments, "miner") if ticker in own]

    @cached_property
    def mined(self) -> list[str]:
        """Companies with closes that mined at the halving, whatever became of them: who signs can be compared with."""
        every = markets.mined_at_halving(self.instruments.reset_index(), load("fates", folder=self.folder))
        return [ticker for ticker in every if ticker in self.closes]

    @cached_property
    def parents(self) -> dict[str, str]:
        """Subsidiary -> the company that consolidates it, with which it counts where companies are counted."""
        return ledger.parent_of(self.instruments.reset_index())

    @cached_property
    def joining(self) -> pd.Series:
        """The session at whose close each signer joins the signers' basket."""
        return markets.joining_closes(
            ledger.pivot_dates(self("deals")), self("event_flags"), pd.DatetimeIndex(self.closes.index)
        )

    @cached_property
    def end(self) -> pd.Timestamp:
        """The last session that all followed miners which still trade have in common with the benchmarks."""
        return markets.last_common_date(self.closes, [*self.followed, *BENCHMARKS], self._last_sessions)

    @cached_property
    def _last_sessions(self) -> pd.Series:
        return sessions.last_sessions(self.instruments.reset_index())

    def held_to(self, end: pd.Timestamp) -> pd.Series:
        """The session of its last close by ticker, for what had ended by a session."""
        closes = self.closes.loc[:end].dropna(axis="columns", how="all")
        return markets.last_held(closes, closes.columns, self._last_sessions)

    def compared(self, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
        """Returns in percent of signers, of other miners and of the benchmarks, bought at the close of a session.

        The groups are those of the stocks chapter: who mined at the halving, changing sides on signing, sold at a last
        close. A group without a member at the start is left out.
        """
        closes = self.closes.loc[:end]
        held_to = self.held_to(end)
        groups = markets.both_returns(closes, self.joining, self.mined, {"": start}, held_to).T[""]
        singles = markets.returns_since(closes[list(BENCHMARKS)], {"": start}, end)[""].rename(BENCHMARKS)
        return pd.Series(100 * pd.concat([groups.rename({"pivoted": SIGNED, "pure": UNSIGNED}).dropna(), singles]))


def iso(day: Any) -> str:
    """2026-01-28."""
    return f"{day:%Y-%m-%d}"


def of_kind(instruments: pd.DataFrame, kind: str) -> list[str]:
    """Tickers of one kind of instrument."""
    return list(instruments.index[instruments["kind"] == kind])


def session_by(closes: pd.DataFrame, day: pd.Timestamp) -> pd.Timestamp:
    """The last session on or before a day: what an article of a Sunday speaks of."""
    return closes.index[closes.index <= day][-1]


def mentioned(statements: pd.DataFrame, known: Known, kind: str) -> list[str]:
    """Tickers of one kind that have closes and of which, or of whose contracts, these statements speak, in order."""
    of_deals = statements["deal_id"].map(known("deals").drop_duplicates("deal_id").set_index("deal_id")["ticker"])
    columns = statements[["ticker", "second_ticker"]].assign(of_deal=of_deals)
    tickers = dict.fromkeys(columns.fillna("").to_numpy().ravel())
    return [ticker for ticker in tickers if ticker in known.closes and ticker in of_kind(known.instruments, kind)]


def named(statements: pd.DataFrame, known: Known) -> list[str]:
    """The miners with closes that an article names."""
    return mentioned(statements, known, "miner")


def signing_days(known: Known) -> pd.Series:
    """Day of each company's first binding contract; a subsidiary's is its parent's."""
    return ledger.pivot_dates(known("deals")).rename(known.parents).groupby(level=0).min()


def signed_in_force(known: Known) -> list[str]:
    """Companies with a contract in force, a subsidiary's being its parent's."""
    return list(ledger.contracted(known("deals"))["ticker"].replace(known.parents).unique())
