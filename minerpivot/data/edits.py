"""What changed in `data/` since it was last recorded, in rows and cells, so that nothing is sealed unseen."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from minerpivot.data.rules import Fault, Table, or_accept, quoted
from minerpivot.data.tables import TableError, checksum, misfit, read_manifest, row_keys

SAMPLES = 5  # changed cells and keys of one table that are shown
MANY = 10  # closes of a symbol that no hand corrects one by one


def recorded(folder: Path) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The manifest's entries by table as last recorded, and a line if that had to be taken from git or is lost."""
    try:
        return {entry["name"]: entry for entry in read_manifest(folder)["resources"]}, []
    except TableError as error:
        content = committed(folder, "datapackage.json")
        try:
            whole = json.loads(content or "")
        except ValueError:
            whole = {}
        if misfit(whole):
            return {}, [f"{error}: all tables count as new"]
        entries = {entry["name"]: entry for entry in whole["resources"]}
        return entries, [f"{error}, after the last commit's"]


def committed(folder: Path, name: str) -> bytes | None:
    """A file of `folder` as it stands in the last commit; None where there is no git, no commit or no such file."""
    command = ["git", "-C", str(folder), "show", f"HEAD:./{name}"]
    try:
        shown = subprocess.run(command, capture_output=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return shown.stdout if shown.returncode == 0 else None


def report(folder: Path, resources: list[dict[str, Any]], before: Mapping[str, dict[str, Any]]) -> Iterator[str]:
    """A line for each kind of change of each table against its last recorded state, or the last commit's."""
    for name in before.keys() - {entry["name"] for entry in resources}:
        yield f"{name}: the table was removed, with {before[name].get('rows', '?')} rows"
    for entry in resources:
        name = entry["name"]
        old = before.get(name)
        if old is None:
            yield f"{name}: a new table, {_count(entry['rows'], 'row')}"
        elif old["hash"] != entry["hash"]:
            content = committed(folder, entry["path"])
            if content is None:
                yield f"{name}: {_counted(entry['rows'] - old.get('rows', 0))}"
            else:
                since = "" if checksum(content) == old["hash"] else " since the last commit"
                yield from (f"{name}: {line}{since}" for line in _changes(content, folder / entry["path"], entry))
    described = [
        entry["name"]
        for entry in resources
        if before.get(entry["name"], entry)["metadata_hash"] != entry["metadata_hash"]
    ]
    if described:
        yield f"Metadata changed: {', '.join(described)}"


def rewritten(folder: Path, tables: Mapping[str, Table], before: Mapping[str, dict[str, Any]]) -> Iterator[Fault]:
    """Symbols of whose committed closes many are others now, where no split of that factor says why.

    Neither a currency nor another share shows in a series itself, whose steps stay as they were.
    """
    for name, table in tables.items():
        cells = [field for field, said in table.fields.items() if said.get("split", {}).get("as") == "price"]
        path = folder / table.entry["path"]
        if len(cells) != 1 or before.get(name, {}).get("hash") == checksum(path.read_bytes()):
            continue
        close, by = cells[0], table.fields[cells[0]]["split"]["ticker"]
        try:
            old = _text(committed(folder, path.name) or b"")
            known = pd.to_numeric(old.set_index(row_keys(old, table.entry))[close], errors="coerce")
        except (KeyError, ValueError):  # there was none, or of another form, which is told
            continue
        ratio = table.typed[close] / table.keys.map(known[~known.index.duplicated()])
        moved = ratio[(ratio - 1).abs() > 0.001]
        splits = tables["splits"].typed.to_dict("records") if "splits" in tables else []
        for symbol, own in moved.groupby(table.raw[by]):
            factors = [split["old_shares"] / split["new_shares"] for split in splits if split["ticker"] == symbol]
            if len(own) < MANY or any(abs(own.median() / factor - 1) < 0.01 for factor in factors):
                continue
            words = f"{own.median():.4g} times what was committed in the middle of {len(own):,} closes that changed"
            mend = (
                "bring them back with `git checkout`, add a split's row to data/splits.csv, commit what a refresh wrote"
            )
            yield table.fault(
                int(own.index[0]), [*table.entry["schema"]["primaryKey"], close], words, mend + or_accept(table)
            )


def _counted(difference: int) -> str:
    if difference == 0:
        return "cells changed; as many rows as before"
    return f"{_count(abs(difference), 'row')} {'added' if difference > 0 else 'removed'}"


def _changes(content: bytes, path: Path, entry: Mapping[str, Any]) -> Iterator[str]:
    new = _text(path.read_bytes())
    try:
        old = _text(content)
        old.index, new.index = row_keys(old, entry), row_keys(new, entry)
    except (KeyError, ValueError):  # another key, or no table: there is nothing to pair
        yield "its key or form changed; compare with `git diff`"
        return
    for one, other, what in ((new, old, "added"), (old, new, "removed")):
        if names := [str(name) for name in one if name not in other]:
            yield f"{_count(len(names), 'column')} {what}: {', '.join(names)}"
    if not (old.index.is_unique and new.index.is_unique):
        yield "keys stood twice; compare with `git diff`"
        return
    gone, come = old.index.difference(new.index, sort=False), new.index.difference(old.index, sort=False)
    for keys, what in ((gone, "removed"), (come, "added")):
        if len(keys):
            yield f"{_count(len(keys), 'row')} {what}: {_sample([quoted(key) for key in keys])}"
    both = old.index.intersection(new.index, sort=False)
    shared = [column for column in new.columns if column in old.columns]
    was, now = old.loc[both, shared].to_numpy(), new.loc[both, shared].to_numpy()
    if cells := np.argwhere(was != now).tolist():
        shown = [f"{both[r]} {shared[c]}: {quoted(was[r, c])} → {quoted(now[r, c])}" for r, c in cells]
        yield f"{_count(len(cells), 'cell')} changed: {_sample(shown)}"
    elif not len(gone) and not len(come) and list(old.columns) == list(new.columns):
        yield "its rows stand in another order or form, with the same cells"


def _text(content: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)


def _sample(items: list[str]) -> str:
    more = f"; and {len(items) - SAMPLES} more" if len(items) > SAMPLES else ""
    return "; ".join(items[:SAMPLES]) + more


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
