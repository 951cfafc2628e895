"""Rules about several tables: how one is registered, and what they use."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from minerpivot.data.exchange import exchange_sessions
from minerpivot.data.rules import Fault, Table

FORTNIGHT = pd.Timedelta(days=14)

Rule = Callable[..., Iterator[Fault]]
RULES: list[tuple[tuple[str, ...], Rule]] = []


def across(*names: str) -> Callable[[Rule], Rule]:
    """Register a rule for the tables that it takes, in their order."""

    def register(rule: Rule) -> Rule:
        RULES.append((names, rule))
        return rule

    return register


def on(table: Table, keys: list[str] | str, other: Table, others: list[str] | str, columns: list[str]) -> pd.DataFrame:
    """`columns` of the row of `other` that each row of `table` refers to, missing where there is none."""
    left = [keys] if isinstance(keys, str) else keys
    right = [others] if isinstance(others, str) else others
    there = other.typed[columns].set_axis(_key(other.raw, right))
    found = there[~there.index.duplicated()].reindex(_key(table.raw, left))
    found.index = table.typed.index
    return found


def _key(raw: pd.DataFrame, columns: list[str]) -> pd.Index:
    cells = raw[columns].fillna("")
    return pd.MultiIndex.from_frame(cells) if len(columns) > 1 else pd.Index(cells[columns[0]])


def sessions(table: Table) -> pd.DatetimeIndex:
    """The sessions up to a month from now."""
    return exchange_sessions(pd.Timestamp(table.today))
