"""Take companies out of every table: a fork of other companies would mend thousands of rows by hand.

What is about a company goes with it (`OWN` columns), and what must refer to a row that goes. Where a cell may be empty
that only names what goes (an acquirer, the other side of a comparison), it is emptied; what that breaks is for `check`
to say and for a person to mend.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from minerpivot.data import metadata
from minerpivot.data.tables import DATA, TableError, forget, row_keys

OWN = ("ticker", "symbol")  # of whom a row is about
COMPANIES = "instruments"


def remove(tickers: Iterable[str], folder: Path = DATA) -> list[str]:
    """Write the tables without these companies, unsealed; return the names of those that lost rows or cells."""
    entries = {entry["name"]: entry for entry in metadata.authored(folder)}
    stored = {name: _text(folder / entry["path"]) for name, entry in entries.items()}
    gone, known = set(tickers), set(stored[COMPANIES]["ticker"])
    if unknown := gone - known:
        raise TableError(f"data/{COMPANIES}.csv has no {min(unknown)!r}; the tickers are {', '.join(sorted(known))}")
    kept = _without(gone, entries, stored)
    changed = [name for name, table in kept.items() if not table.equals(stored[name])]
    for name in changed:
        kept[name].to_csv(folder / entries[name]["path"], index=False, lineterminator="\n")
    forget()
    return changed


def _text(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _without(
    gone: set[str], entries: dict[str, dict[str, Any]], stored: dict[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """The tables without what is about these tickers, and without what refers to it, however far."""
    kept = {
        name: table[~table[[column for column in OWN if column in table]].isin(gone).any(axis=1)]
        for name, table in stored.items()
    }
    before: dict[str, int] = {}
    while before != (before := {name: len(table) for name, table in kept.items()}):
        for name, entry in entries.items():
            needed = {f["name"] for f in entry["schema"]["fields"] if f.get("constraints", {}).get("required")}
            for key in entry["schema"].get("foreignKeys", []):
                field, there = key["fields"], kept[key["reference"]["resource"] or name]
                if not isinstance(field, str):  # of several columns, one of which is `OWN`
                    continue
                lost = set(kept[name][field]) - set(there[key["reference"]["fields"]]) - {""}
                dangling = kept[name][field].isin(lost)
                kept[name] = (
                    kept[name][~dangling]
                    if field in needed
                    else kept[name].assign(**{field: kept[name][field].mask(dangling, "")})
                )
    if "knowledge" in kept:
        kept["knowledge"] = _of_what_is_left(kept, entries)
    return kept


def _of_what_is_left(kept: dict[str, pd.DataFrame], entries: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """What was learned of rows that are still there."""
    said = kept["knowledge"]
    keys = {name: set(row_keys(kept[name], entries[name])) for name in set(said["table"]) & set(kept)}
    return said[[row in keys.get(table, {row}) for table, row in zip(said["table"], said["row"])]]
