"""One transaction for every source: compare with what is stored, show the change, write all or nothing.

New tables are written and flushed under `.refresh/`, the old ones are copied
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
from fractions import Fraction
from pathlib import Path

import pandas as pd
from filelock import FileLock, Timeout

from minerpivot.data import tables, validation

TOLERANCE = 0.001
JOURNAL = "journal.json"
PROVENANCE = ["n_sources", "source_url", "second_source_url", "reported_on"]  # differ by vendor, and follow a value


class RefreshError(RuntimeError):
    """A refresh that was refused or undone; the message says why and what to do."""


@dataclass
class Change:
    """What an update does to one table."""

    table: str
    merged: pd.DataFrame
    compared_with: str
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

    A price series whose overlap differs by one factor that a split explains (or, in a dividend-adjusted
    series, a dividend) is rescaled, and factor and date reported. Any other number that differs by over 0.1
    percent, and any other date, is a revision: it takes the vendor's value, with the row's source. What
    agrees stays as it is, empty cells are filled, stored rows are never removed.
    """
    entry = tables.describe(name, folder)
    key = _listed(entry["schema"]["primaryKey"])
    content = (folder / entry["path"]).read_bytes()
    stored = _text(folder / entry["path"])
    missing = [column for column in stored.columns if column not in rows]
    repeated = rows[rows.duplicated([column for column in key if column in rows])]
    if missing or len(repeated):
        fault = f"lack {', '.join(missing)}" if missing else f"repeat {_label(tuple(repeated.iloc[0][key]))}"
        raise RefreshError(f"{name}: fetched rows {fault}; this is a fault of the source module. data/ is unchanged")
    rows = rows[stored.columns].astype("string")
    kinds = {f["name"]: f["type"] for f in entry["schema"]["fields"]}
    change = Change(name, stored, tables.checksum(content))
    if name == "prices":
        stored, change.splits = _rescaled(stored, rows, folder)
    old, new = stored.set_index(key), rows.set_index(key)
    both = old.index.intersection(new.index)
    change.added = len(new.index.difference(old.index))
    kept = old.loc[both].copy()
    taken = pd.Series(False, index=both)
    for column in old.columns.difference(PROVENANCE, sort=False):
        fetched = new.loc[both, column]
        filled = kept[column].isna() & fetched.notna()
        change.filled += int(filled.sum())
        differs = _differs(kept[column], fetched, kinds[column])
        change.revised += [f"{_label(at)} {column}: {kept[column][at]} to {fetched[at]}" for at in both[differs]]
        taken |= differs
        kept[column] = kept[column].mask(filled | differs, fetched)
    for column in old.columns.intersection(PROVENANCE):
        kept[column] = kept[column].mask(taken, new.loc[both, column])
    merged = pd.concat([kept, old.drop(index=both), new.drop(index=both)])
    order = sorted(key, key=lambda column: column in ("date", "month", "period_end"))
    table = merged.reset_index()[stored.columns]
    change.merged = table.sort_values(
        order,
        kind="stable",
        ignore_index=True,
        key=lambda cells: cells.astype(int) if kinds[cells.name] == "integer" else cells,
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
        _unchanged(changed, folder)
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


def _unchanged(changes: list[Change], folder: Path) -> None:
    """Refuse to write over an edit: each table is what it was compared with, and every other one is sealed."""
    for change in changes:
        path = folder / tables.describe(change.table, folder)["path"]
        if tables.checksum(path.read_bytes()) != change.compared_with:
            raise RefreshError(f"data/{path.name} changed while its vendor was asked; run again. data/ is unchanged")
    for name in tables.entries(folder):
        if name != "datapackage":
            tables.verify(name, folder=folder)


def _prepare(changes: list[Change], folder: Path, work: Path) -> None:
    """A complete, valid copy of the new `data/` under `work`/new, and of the old one's files under `work`/old."""
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(folder, work / "new")
    for change in changes:
        path = work / "new" / tables.describe(change.table, folder)["path"]
        change.merged.to_csv(path, index=False, lineterminator="\n", na_rep="")
    validation.seal(work / "new")
    names = [tables.describe(change.table, folder)["path"] for change in changes] + ["datapackage.json"]
    (work / "old").mkdir()
    for name in names:
        shutil.copyfile(folder / name, work / "old" / name)
    for path in [*(work / "new" / name for name in names), *(work / "old" / name for name in names)]:
        with path.open("rb") as file:
            os.fsync(file.fileno())
    draft = work / "journal.draft"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(names, file)
        file.flush()
        os.fsync(file.fileno())
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


def _differs(before: pd.Series, after: pd.Series, kind: str) -> pd.Series:
    """Where two filled cells disagree: numbers by over 0.1 percent, dates at all; text is the table's own."""
    if kind in ("number", "integer"):
        old, new = pd.to_numeric(before), pd.to_numeric(after, errors="coerce")
        unreadable = after.notna() & new.isna()
        return ((new - old).abs() > TOLERANCE * old.abs()).fillna(False).astype(bool) | unreadable
    if kind == "date":
        return (before != after).fillna(False).astype(bool)
    return pd.Series(False, index=before.index)


def _rescaled(stored: pd.DataFrame, rows: pd.DataFrame, folder: Path) -> tuple[pd.DataFrame, list[str]]:
    """Stored prices in the vendor's new units where the overlap shows a split's factor, and what was done.

    The factor is that of at least four overlapping days in five (three days or more); the others are left to
    show as revisions.
    """
    conventions = tables.load("instruments", folder=folder).set_index("ticker")["price_convention"]
    pairs = stored.merge(rows, on=["symbol", "date"], suffixes=("", "_new"))
    pairs["ratio"] = pd.to_numeric(pairs["close_new"], errors="coerce") / pd.to_numeric(pairs["close"])
    splits = []
    for symbol, days in pairs.groupby("symbol"):
        factor = days["ratio"].median()
        agreeing = (days["ratio"] / factor - 1).abs() <= TOLERANCE
        if agreeing.sum() < 3 or agreeing.mean() < 0.8 or abs(factor - 1) <= TOLERANCE:
            continue
        dividend = conventions.get(symbol) == "dividend_adjusted" and 0.9 < factor < 1
        if not (_split(factor) or dividend):
            continue
        mine = stored["symbol"] == symbol
        closes = pd.to_numeric(stored.loc[mine, "close"]) * factor
        stored = stored.assign(close=stored["close"].mask(mine, closes.map("{:.4f}".format)))
        kind = "dividend" if dividend else "split"
        newest = rows.loc[rows["symbol"] == symbol, "date"].max()
        span = f"between {days['date'].max()} and {newest}" if newest > days["date"].max() else f"by {newest}"
        splits.append(f"{symbol}: constant factor {factor:g} over {agreeing.sum()} overlapping days, a {kind} {span}")
    return stored, splits


def _split(factor: float) -> bool:
    """Whether a factor is that of a usual split: one for up to a hundred, or up to ten for up to ten, either way."""
    small = min(factor, 1 / factor)
    for limit in (100, 10):
        ratio = Fraction(small).limit_denominator(limit)
        if (limit == 10 or ratio.numerator == 1) and abs(float(ratio) / small - 1) <= TOLERANCE:
            return True
    return False


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
