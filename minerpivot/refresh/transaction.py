"""One transaction for every source: compare with what is stored, show the change, write all or nothing.

New tables are written and flushed beside the old ones under `.refresh/`, the old ones are linked
there too, and a journal says so; then each file is renamed into place, the manifest last. Whoever
comes after a crash finds the journal and puts the old files back, so `data/` is what it was before.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from filelock import FileLock, Timeout

from minerpivot import tables

TOLERANCE = 0.001
JOURNAL = "journal.json"


class RefreshError(RuntimeError):
    """A refresh that was refused or undone; the message says why and what to do."""


@dataclass
class Change:
    """What an update does to one table."""

    table: str
    merged: pd.DataFrame
    added: int = 0
    filled: int = 0
    revised: list[str] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)
    moves: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether anything would be written."""
        return bool(self.added or self.filled or self.revised or self.splits)


def compare(name: str, rows: pd.DataFrame, *, folder: Path = tables.DATA) -> Change:
    """Merge fetched `rows` (columns of the table, as text) into the stored table by its primary key.

    A series whose overlap differs by one constant factor was split: its stored values are rescaled and
    the factor and date reported. Any other number that differs by over 0.1 percent is a revision, and takes
    the vendor's value; a stored value that agrees stays as it is. Empty cells are filled. Rows and text
    cells that were stored are never removed.
    """
    entry = tables.describe(name, folder)
    key = _listed(entry["schema"]["primaryKey"])
    stored = _text(folder / entry["path"])
    missing = [column for column in stored.columns if column not in rows]
    if missing or rows.duplicated(key).any():
        raise RefreshError(f"{name}: fetched rows lack {missing} or repeat a key; data/ is unchanged")
    rows = rows[stored.columns].astype("string")
    numeric = [f["name"] for f in entry["schema"]["fields"] if f["type"] == "number" and f["name"] not in key]
    change = Change(name, stored)
    if "symbol" in key:
        stored, change.splits = _rescaled(stored, rows)
    old, new = stored.set_index(key), rows.set_index(key)
    both = old.index.intersection(new.index)
    change.added = len(new.index.difference(old.index))
    kept = old.loc[both].copy()
    for column in old.columns:
        fetched = new.loc[both, column]
        filled = kept[column].isna() & fetched.notna()
        change.filled += int(filled.sum())
        takes = filled
        if column in numeric:
            before, after = pd.to_numeric(kept[column]), pd.to_numeric(fetched)
            differs = ((after - before).abs() > TOLERANCE * before.abs()).fillna(False)
            change.revised += [f"{_label(at)} {column}: {before[at]:g} to {after[at]:g}" for at in both[differs]]
            takes = filled | differs
        kept[column] = kept[column].mask(takes, fetched)
    merged = pd.concat([kept, old.drop(index=both), new.drop(index=both)])
    order = sorted(key, key=lambda column: column in ("date", "month", "period_end"))
    whole = {f["name"] for f in entry["schema"]["fields"] if f["type"] == "integer"}
    table = merged.reset_index()[stored.columns]
    change.merged = table.sort_values(
        order, kind="stable", ignore_index=True, key=lambda cells: cells.astype(int) if cells.name in whole else cells
    )
    if name == "prices":
        change.moves = _largest_moves(change.merged, new.index.difference(old.index))
    return change


def apply(
    changes: list[Change], *, folder: Path = tables.DATA, accept_revisions: bool = False, dry_run: bool = False
) -> list[str]:
    """Write all changes, or none: returns the names of the tables written.

    Raises `RefreshError` if stored values were revised and that was not accepted, if the merged tables are
    not valid, if the disk refuses, or if another refresh is under way; `data/` is then byte-identical.
    """
    revised = [line for change in changes for line in change.revised]
    if revised and not accept_revisions:
        shown = "\n  ".join(revised[:10]) + (f"\n  and {len(revised) - 10} more" if len(revised) > 10 else "")
        raise RefreshError(
            f"the vendor disagrees with stored values by more than {TOLERANCE:.1%}:\n  {shown}\n"
            "Check one of them elsewhere; if the vendor is right, run again with --accept-revisions. data/ is unchanged"
        )
    changed = [change for change in changes if change]
    if dry_run or not changed:
        return []
    with _alone(folder):
        _undo(folder)
        work = _work(folder)
        try:
            _prepare(changed, folder, work)
            _commit(work, folder)
        except (OSError, tables.TableError) as error:
            _undo(folder)
            shutil.rmtree(work, ignore_errors=True)
            mend = "free some space or raise the file-size limit" if isinstance(error, OSError) else "see above"
            raise RefreshError(f"{error}; {mend} and run again. data/ is unchanged") from None
        shutil.rmtree(work, ignore_errors=True)
    return [change.table for change in changed]


def recover(folder: Path = tables.DATA) -> bool:
    """Undo a refresh that died half-way: put the old files back. Returns whether there was one.

    Raises `RefreshError` while a living refresh holds the lock: its half-way state is not for undoing.
    """
    if not (_work(folder) / JOURNAL).exists():
        return False
    with _alone(folder):
        return _undo(folder)


def _undo(folder: Path) -> bool:
    work = _work(folder)
    journal = work / JOURNAL
    if not journal.exists():
        return False
    for name in json.loads(journal.read_text(encoding="utf-8")):
        shutil.copyfile(work / "old" / name, work / "back")
        os.replace(work / "back", folder / name)
    journal.unlink()
    shutil.rmtree(work, ignore_errors=True)
    tables.forget()
    return True


def _prepare(changes: list[Change], folder: Path, work: Path) -> None:
    """A complete, valid copy of the new `data/` under `work`/new, and of the old one's files under `work`/old."""
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(folder, work / "new")
    for change in changes:
        path = work / "new" / tables.describe(change.table, folder)["path"]
        change.merged.to_csv(path, index=False, lineterminator="\n", na_rep="")
    tables.seal(work / "new")
    names = [tables.describe(change.table, folder)["path"] for change in changes] + ["datapackage.json"]
    (work / "old").mkdir()
    for name in names:
        shutil.copyfile(folder / name, work / "old" / name)
    for path in [*(work / "new" / name for name in names), *(work / "old" / name for name in names)]:
        with path.open("rb") as file:
            os.fsync(file.fileno())
    draft = work / "journal.draft"
    draft.write_text(json.dumps(names), encoding="utf-8")
    os.replace(draft, work / JOURNAL)


def _commit(work: Path, folder: Path) -> None:
    """Rename the new files into place, the manifest last; without a journal the change is final."""
    for name in json.loads((work / JOURNAL).read_text(encoding="utf-8")):
        os.replace(work / "new" / name, folder / name)
    (work / JOURNAL).unlink()
    tables.forget()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    try:
        with FileLock(folder.parent / ".refresh.lock", timeout=0):
            yield
    except Timeout:
        raise RefreshError("another refresh is under way; wait for it to end. data/ is unchanged") from None


def _work(folder: Path) -> Path:
    return folder.parent / ".refresh"


def _rescaled(stored: pd.DataFrame, rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Stored prices in the vendor's new units where the overlap shows one constant factor, and what was done."""
    pairs = stored.merge(rows, on=["symbol", "date"], suffixes=("", "_new"))
    pairs["ratio"] = pd.to_numeric(pairs["close_new"]) / pd.to_numeric(pairs["close"])
    splits = []
    for symbol, ratio in pairs.groupby("symbol")["ratio"]:
        factor = ratio.median()
        constant = (ratio / factor - 1).abs().max() <= TOLERANCE
        if len(ratio) < 3 or not constant or abs(factor - 1) <= TOLERANCE:
            continue
        mine = stored["symbol"] == symbol
        closes = pd.to_numeric(stored.loc[mine, "close"]) * factor
        stored = stored.assign(close=stored["close"].mask(mine, closes.map("{:.4f}".format)))
        last = pairs.loc[pairs["symbol"] == symbol, "date"].max()
        splits.append(f"{symbol}: constant factor {factor:g} over {len(ratio)} overlapping days, split after {last}")
    return stored, splits


def _largest_moves(merged: pd.DataFrame, added: pd.Index, *, count: int = 5) -> list[str]:
    closes = merged.assign(close=pd.to_numeric(merged["close"]))
    closes["move"] = 100 * (closes["close"] / closes.groupby("symbol")["close"].shift() - 1)
    new = closes.set_index(["symbol", "date"]).loc[added]
    largest = new.reindex(new["move"].abs().sort_values(ascending=False).index).head(count)
    return [f"{_label(at)}: {row.move:+.1f} percent" for at, row in zip(largest.index, largest.itertuples())]


def _text(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype="string", keep_default_na=False, na_values=[""])


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _label(at: object) -> str:
    return " ".join(map(str, at)) if isinstance(at, tuple) else str(at)
