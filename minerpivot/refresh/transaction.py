"""One transaction for every source: compare with what is stored, show the change, write all or nothing (`journal`).

A fetched value that breaks a rule of its table or leaves its series (`hold`, or else `step` and `outlier`, in the
table's yml) is held back: shown beside its neighbours, and taken only by the name of its row.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from minerpivot.data import disk, journal, rules, tables, validation
from minerpivot.data.consistency.of_closes import VENDORS_EVENT
from minerpivot.data.journal import JournalError

TOLERANCE = 0.001
PROVENANCE = ["n_sources", "source_url", "second_source_url", "reported_on"]  # differ by vendor, and follow a value


class RefreshError(JournalError):
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
    written: list[str] = field(default_factory=list)  # every value, beside the one before it
    held: list[str] = field(default_factory=list)  # what is taken only by name
    refused: list[str] = field(default_factory=list)  # what is not taken at all
    remembered: list[tuple[str, dict[str, str]]] = field(default_factory=list)  # for the table's yml: key, entry
    used: set[str] = field(default_factory=set)  # names that were taken
    also: list[Change] = field(default_factory=list)  # what follows in other tables

    def __bool__(self) -> bool:
        """Whether anything would be written."""
        return bool(self.added or self.filled or self.revised or self.splits or self.remembered)


def compare(name: str, rows: pd.DataFrame, *, folder: Path = tables.DATA, take: Collection[str] = ()) -> Change:
    """Merge fetched `rows` (columns of the table, as text) into the stored table by its primary key.

    A price series whose overlap differs by what the vendor's own events (`rows.attrs["events"]`) or a row of `splits`
    say is rescaled as a whole. Any other number that differs by over 0.1 percent, and any other date, is a revision: it
    takes the vendor's value, with the row's source. What agrees stays as it is, empty cells are filled, stored rows
    are never removed. `take` names rows ("prices IREN|2026-01-28") whose values are taken although they look wrong.
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
    events, holes, derived = (rows.attrs.get(part, []) for part in ("events", "holes", "derived"))
    rows = rows[stored.columns].astype("string")
    kinds = {f["name"]: f["type"] for f in entry["schema"]["fields"]}
    change = Change(name, stored, tables.checksum(content))
    if name == "prices":
        stored = _rescaled(stored, rows, events, change, folder)
    old, new = stored.set_index(key), rows.set_index(key)
    both = old.index.intersection(new.index)
    change.added = len(new.index.difference(old.index))
    kept = old.loc[both].copy()
    taken = pd.Series(False, index=both)
    fresh = {
        (at, column) for at in new.index.difference(old.index) for column in old.columns if pd.notna(new[column][at])
    }
    for column in old.columns.difference(PROVENANCE, sort=False):
        fetched = new.loc[both, column]
        filled = kept[column].isna() & fetched.notna()
        if column in derived:  # worked out from other tables or the chain: newer is no revision
            filled |= (kept[column] != fetched).fillna(False).astype(bool) & fetched.notna()
        change.filled += int(filled.sum())
        differs = _differs(kept[column], fetched, kinds[column]) & ~filled
        change.revised += [f"{_label(at)} {column}: {kept[column][at]} to {fetched[at]}" for at in both[differs]]
        fresh |= {(at, column) for at in both[filled | differs]}
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
    change.written = list(
        _written(change.merged, entry, {(at if isinstance(at, tuple) else (at,), c) for at, c in fresh})
    )
    _hold(change, entry, fresh, set(take), folder)
    for hole in holes:
        change.used.add(f"{name} {hole}")
        change.remembered.append(
            ("holes", {"row": hole, "why": f"missing at the vendor; accepted on {tables.today():%Y-%m-%d}"})
        )
    return change


def apply(
    changes: list[Change],
    *,
    folder: Path = tables.DATA,
    accept_revisions: bool = False,
    dry_run: bool = False,
    tell: Callable[[str], object] | None = None,
) -> list[str]:
    """Write all changes, or none: returns the names of the tables written.

    Raises `RefreshError` if a value is held back, if stored values were revised and that was not accepted, if the
    merged tables are not valid, or if the disk refuses; `data/` is then as it was. A build or refresh under way is
    waited for if there is somebody to `tell` so, else refused.
    """
    changes = [*changes, *(follows for change in changes for follows in change.also)]
    _stop_at([line for change in changes for line in change.refused], "refused")
    revised = [line for change in changes for line in change.revised]
    if revised and not accept_revisions:
        raise RefreshError(
            f"the vendor disagrees with stored values by more than {TOLERANCE:.1%}:\n  {_first(revised)}\n"
            "Check one of them elsewhere; if the vendor is right, run again with --accept-revisions. data/ is unchanged"
        )
    _stop_at(
        [f"{change.table} {line}" for change in changes for line in change.held],
        "held back; look them up elsewhere, and take what is true by name, --take 'table row' for each",
    )
    changed = [change for change in changes if change]
    if dry_run or not changed:
        return []
    with journal.still(folder, tell=tell):
        journal.undo(folder)
        _unchanged(changed, folder)
        try:
            journal.commit(_prepare(changed, folder, journal.work(folder)), folder)
        except (OSError, tables.TableError) as error:
            journal.undo(folder)
            said = disk.refused(error, folder.parent) if isinstance(error, OSError) else f"{error}; see above"
            raise RefreshError(f"{said} and run again. data/ is unchanged") from None
    return [change.table for change in changed]


def _stop_at(lines: list[str], what: str) -> None:
    if lines:
        raise RefreshError(f"{what}:\n  {_first(lines)}\ndata/ is unchanged")


def _first(lines: list[str], count: int = 10) -> str:
    return "\n  ".join(lines[:count]) + (f"\n  and {len(lines) - count} more" if len(lines) > count else "")


def _unchanged(changes: list[Change], folder: Path) -> None:
    """Refuse to write over an edit: each table is what it was compared with, and every other one is sealed."""
    for change in changes:
        path = folder / tables.describe(change.table, folder)["path"]
        if tables.checksum(path.read_bytes()) != change.compared_with:
            raise RefreshError(f"data/{path.name} changed while its vendor was asked; run again. data/ is unchanged")
    for name in tables.entries(folder):
        if name != "datapackage":
            tables.verify(name, folder=folder)


def _prepare(changes: list[Change], folder: Path, work: Path) -> dict[str, str]:
    """A complete, valid copy of the new `data/` under `work`/new; checksums of what changes, the manifest's last."""
    shutil.rmtree(work, ignore_errors=True)
    if not os.access(folder, os.W_OK):  # found out now, not when files are moved there
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
    shutil.copytree(folder, work / "new", copy_function=shutil.copyfile)  # without modes: the copies are written
    names = [tables.describe(change.table, folder)["path"] for change in changes]
    names += [f"{change.table}.yml" for change in changes if change.remembered] + ["datapackage.json"]
    seen = {name: tables.checksum((work / "new" / name).read_bytes()) for name in names}
    for change in changes:
        path = work / "new" / tables.describe(change.table, folder)["path"]
        change.merged.to_csv(path, index=False, lineterminator="\n", na_rep="")
        if change.remembered:
            notes = path.with_suffix(".yml")
            notes.write_text(_noted(notes.read_text(encoding="utf-8"), change.remembered), encoding="utf-8")
    validation.seal(work / "new")
    return seen


def _differs(before: pd.Series, after: pd.Series, kind: str) -> pd.Series:
    """Where two filled cells disagree: numbers by over 0.1 percent, dates at all; text is the table's own."""
    if kind in ("number", "integer"):
        old, new = pd.to_numeric(before), pd.to_numeric(after, errors="coerce")
        unreadable = after.notna() & new.isna()
        return ((new - old).abs() > TOLERANCE * old.abs()).fillna(False).astype(bool) | unreadable
    if kind == "date":
        return (before != after).fillna(False).astype(bool)
    return pd.Series(False, index=before.index)


def _rescaled(
    stored: pd.DataFrame, rows: pd.DataFrame, events: Iterable[dict[str, Any]], change: Change, folder: Path
) -> pd.DataFrame:
    """Stored prices in the vendor's new units where its events, or rows of `splits`, say why; `change` tells it.

    An event is {symbol, day, kind, factor} and for a split {new, old}: closes before the day times `factor`. It moves
    the whole series, or what does not follow it is refused. Four overlapping days in five must agree, so that a day
    which was corrected too is left to show as a revision.
    """
    known = _text(folder / "splits.csv") if (folder / "splits.csv").exists() else pd.DataFrame(columns=["ticker"])
    pairs = stored.merge(rows, on=["symbol", "date"], suffixes=("", "_new"))
    pairs["ratio"] = pd.to_numeric(pairs["close_new"], errors="coerce") / pd.to_numeric(pairs["close"])
    applied: list[dict[str, Any]] = []
    for symbol, days in pairs.groupby("symbol"):
        last, factor = stored.loc[stored["symbol"] == symbol, "date"].max(), days["ratio"].median()
        constant = len(days) >= 3 and ((days["ratio"] / factor - 1).abs() <= TOLERANCE).mean() >= 0.8
        pending = _pending([event for event in events if event["symbol"] == symbol], str(symbol), known)
        due = [event for event in pending if event["kind"] == "split" or event["day"] > last]
        if not due and not (constant and abs(factor - 1) > TOLERANCE):
            continue  # what differs is a revision
        explanation = next((part for part in (due, pending) if part and _agreement(days, part) >= 0.8), None)
        if explanation is not None:
            applied += explanation
        elif any(event["kind"] == "split" for event in due) or (constant and abs(factor - 1) > TOLERANCE):
            listed = ", ".join(f"a {e['kind']} on {e['day']} (times {e['factor']:g})" for e in pending) or "no event"
            change.refused.append(
                f"{symbol}: {len(days)} overlapping days are {factor:.6g} times what is stored, and the vendor and "
                f"data/splits.csv list {listed}; the whole series moves by an event or not at all. Read the company's "
                "release, add the split to data/splits.csv (closes_restated n, y where stored closes are on its basis "
                "already), or try again later"
            )
    for event in applied:
        mine = (stored["symbol"] == event["symbol"]) & (stored["date"] < event["day"])
        closes = pd.to_numeric(stored.loc[mine, "close"]) * event["factor"]
        stored = stored.assign(close=stored["close"].mask(mine, closes.map("{:.4f}".format)))
        kind = f"a split, {event['new']:g} for {event['old']:g}," if event["kind"] == "split" else "a dividend"
        change.splits.append(
            f"{event['symbol']}: {kind} on {event['day']}: "
            f"{int(mine.sum())} closes before it times {event['factor']:.6g}"
        )
    if (splits := [event for event in applied if event["kind"] == "split"]) and (folder / "splits.csv").exists():
        change.also.append(_restated(known, splits, folder))
    return stored


def _pending(events: list[dict[str, Any]], symbol: str, known: pd.DataFrame) -> list[dict[str, Any]]:
    """Events whose factor may not be in the stored closes yet: the vendor's, and splits stored as traded."""
    rows = known[known["ticker"] == symbol].to_dict("records")
    done = {row["effective_on"] for row in rows if row["closes_restated"] == "y"}
    splits = {}
    for row in rows:
        if row["closes_restated"] == "n":
            new, old = float(row["new_shares"]), float(row["old_shares"])
            split = {"symbol": symbol, "kind": "split", "day": row["effective_on"], "factor": old / new}
            splits[row["effective_on"]] = split | {"new": new, "old": old}
    splits |= {event["day"]: event for event in events if event["kind"] == "split" and event["day"] not in done}
    return [*splits.values(), *(event for event in events if event["kind"] == "dividend")]


def _agreement(days: pd.DataFrame, events: list[dict[str, Any]]) -> float:
    """The share of overlapping days whose ratio is what the events say: 1 on and after their days.

    Of all days or of those before the last event, whichever is less: where few lie before it, the others prove nothing.
    """
    expected = np.ones(len(days))
    for event in events:
        expected *= np.where(days["date"] < event["day"], event["factor"], 1.0)
    agrees = (days["ratio"] / expected - 1).abs() <= TOLERANCE
    moved = agrees[days["date"] < max(event["day"] for event in events)]
    return float(min(agrees.mean(), moved.mean() if len(moved) else 1))


def _restated(known: pd.DataFrame, splits: list[dict[str, Any]], folder: Path) -> Change:
    """The table `splits` after these: closes on the new basis, share counts as they were reported."""
    entry, table = tables.describe("splits", folder), known.copy()
    change = Change("splits", table, tables.checksum((folder / entry["path"]).read_bytes()))
    for event in splits:
        here = (table["ticker"] == event["symbol"]) & (table["effective_on"] == event["day"])
        table["closes_restated"] = table["closes_restated"].mask(here, "y")
        table["notes"] = table["notes"].mask(here & table["notes"].isna(), VENDORS_EVENT)
        change.splits.append(f"{event['symbol']} {event['day']}: its earlier closes are on the new basis")
        if not here.any():
            row = {
                "ticker": event["symbol"], "effective_on": event["day"], "new_shares": f"{event['new']:g}",
                "old_shares": f"{event['old']:g}", "closes_restated": "y", "counts_restated": "n",
                "source_url": event.get("source_url"), "notes": VENDORS_EVENT,
            }  # fmt: skip
            table = pd.concat([table, pd.DataFrame([row]).astype("string")], ignore_index=True)
            change.added += 1
    change.merged = table
    return change


# --- what is held back, and what is shown ------------------------------------------------------


def _hold(change: Change, entry: dict[str, Any], fresh: set[tuple[Any, str]], take: set[str], folder: Path) -> None:
    """Fresh values that break a rule or leave their series: into `held`, or, taken by name, into `remembered`."""
    try:
        typed = tables.converted(change.merged, entry)
    except tables.TableError:
        return  # a cell that is no value of its type: the validation names it
    splits = _table("splits", change, folder)
    tight = entry | {
        "series": [
            series | {"step": series.get("hold", series.get("step", np.inf))} for series in entry.get("series", [])
        ]
    }
    for looked, remembered in ((tight, False), (entry, True)):
        table = rules.Table(looked, change.merged, typed, f"{tables.today():%Y-%m-%d}")
        faults = chain(rules.impossible(table), rules.misdated(table), rules.outliers(table, splits))
        for fault in rules.unaccepted(faults, {entry["name"]: table}):
            key = table.keys.iloc[fault.row]
            cells = tuple(change.merged.iloc[fault.row][_listed(entry["schema"]["primaryKey"])])
            touched = [c for c in fault.cells if (cells if len(cells) > 1 else cells[0], c) in fresh]
            if not touched:
                continue
            name = f"{entry['name']} {key}"
            if name in take:
                change.used.add(name)
                if remembered:
                    why = f"taken by name on {tables.today():%Y-%m-%d}; it was {fault.wrong}"
                    item = {"row": key, "field": touched[-1], "value": str(fault.cells[touched[-1]]), "why": why}
                    change.remembered.append(("accepted", item))
            elif not remembered:
                beside = _beside(change.merged, entry, fault.row, touched[-1])
                line = f"{key} {touched[-1]} {fault.cells[touched[-1]]}: {fault.wrong}; beside it: {beside}"
                change.held += [line] if line not in change.held else []  # two rules may say the same


def _table(name: str, change: Change, folder: Path) -> rules.Table | None:
    """A table as the rules see it, with what follows from this change."""
    if name not in tables.entries(folder):
        return None
    entry = tables.describe(name, folder)
    raw = next((also.merged for also in change.also if also.table == name), None)
    raw = _text(folder / entry["path"]) if raw is None else raw
    return rules.Table(entry, raw, tables.converted(raw, entry), f"{tables.today():%Y-%m-%d}")


def _along(entry: dict[str, Any]) -> tuple[list[str], str]:
    """The columns that tell the series of a table apart, and the one along which each runs."""
    key = _listed(entry["schema"]["primaryKey"])
    kinds = {f["name"]: f for f in entry["schema"]["fields"]}
    days = [column for column in key if rules.is_date(kinds[column])]
    along = days[0] if days else key[-1]
    return [column for column in key if column != along], along


def _beside(merged: pd.DataFrame, entry: dict[str, Any], row: int, column: str, count: int = 2) -> str:
    """The values around one in its series."""
    by, along = _along(entry)
    series = merged[(merged[by] == merged.iloc[row][by]).all(axis=1)] if by else merged
    series = series[series[column].notna()].sort_values(along, kind="stable")
    at = list(series.index).index(merged.index[row])
    near = [*series.index[max(0, at - count) : at], *series.index[at + 1 : at + 1 + count]]
    return ", ".join(f"{merged[along][i]} {merged[column][i]}" for i in near) or "nothing"


def _written(merged: pd.DataFrame, entry: dict[str, Any], fresh: set[tuple[Any, str]]) -> Iterator[str]:
    """A line for each series and column that gets values: the number before, and each new value with its key."""
    key = _listed(entry["schema"]["primaryKey"])
    by, along = _along(entry)
    kinds = {item["name"]: item["type"] for item in entry["schema"]["fields"]}
    if not fresh:
        return
    places = {cells: at for at, cells in zip(merged.index, merged[key].itertuples(index=False, name=None))}
    cells = pd.DataFrame([(places[at], column) for at, column in fresh], columns=["row", "column"])
    cells = cells[~cells["column"].isin(["source_url", "second_source_url", "n_sources"])]
    groups = merged[by].fillna("").agg(" ".join, axis=1) if by else pd.Series(entry["name"], index=merged.index)
    cells["group"] = cells["row"].map(groups)
    for (group, column), new in sorted(cells.groupby(["group", "column"]), key=lambda item: item[0]):
        rows = merged.loc[sorted(new["row"])]
        before = merged[(groups == group) & (merged.index < rows.index[0]) & merged[column].notna()]
        known = len(before) > 0 and kinds[column] in ("number", "integer")
        first = f"{before[column].iloc[-1]} on {before[along].iloc[-1]}, then " if known else ""
        yield f"{group} {column}: {first}" + ", ".join(f"{a} {v}" for a, v in zip(rows[along], rows[column]))


def _noted(text: str, remembered: list[tuple[str, dict[str, str]]]) -> str:
    """A table's yml with entries more under `accepted` or `holes`, its comments as they were."""
    for part, item in remembered:
        line = (
            "- {"
            + ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in item.items())
            + "}\n"
        )
        head = f"{part}:\n"
        if f"\n{head}" in text:
            text = text.replace(f"\n{head}", f"\n{head}{line}", 1)
        else:
            text = text.replace("\nsources:\n", f"\n{head}{line}sources:\n", 1)
    return text


def _largest_moves(merged: pd.DataFrame, added: pd.Index, *, count: int = 5) -> list[str]:
    closes = merged.assign(close=pd.to_numeric(merged["close"], errors="coerce"))
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
