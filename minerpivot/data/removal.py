"""Take companies out of every table: a fork of other companies would mend thousands of rows by hand.

What is about a company goes with it (`OWN` columns), what must refer to a row that goes, and what a table's metadata
accept of such a row. Where a cell may be empty that only names what goes (an acquirer, the other side of a comparison),
it is emptied; what that breaks is for `check` to say and for a person to mend.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import yaml

from minerpivot.data import journal, metadata
from minerpivot.data.tables import DATA, TableError, checksum, row_keys
from minerpivot.data.validation import cells

OWN = ("ticker", "symbol")  # of whom a row is about
SUM = "subject"  # of whose sum, joined by plus signs
COMPANIES = "instruments"
NAMES = ["ticker", "name", "short_name"]
TEXTS = ("*.md", "chapters/*.ipynb", "data/*.csv", "data/*.yml")
OF_THE_PROJECT = ("BENCHMARKS.md", "CHANGELOG.md", "CONTRIBUTING.md")  # they tell of other days, or give examples
SHOWN = 5  # places of one file that are spelt out


def remove(tickers: Iterable[str], folder: Path = DATA) -> tuple[list[str], Path]:
    """Write the tables without these companies, unsealed, all together or none.

    Returns the names of those that lost rows or cells, and where they lie as they were: no commit may have that.
    """
    with journal.still(folder):
        entries = {entry["name"]: entry for entry in metadata.authored(folder)}
        seen = {name: (folder / entry["path"]).read_bytes() for name, entry in entries.items()}
        stored = {name: cells(folder / entry["path"], entry).fillna("") for name, entry in entries.items()}
        gone, known = set(tickers), set(stored[COMPANIES]["ticker"])
        if unknown := gone - known:
            there = ", ".join(sorted(known))
            raise TableError(f"data/{COMPANIES}.csv has no {min(unknown)!r}; the tickers are {there}")
        kept = _without(gone, entries, stored)
        changed = {name: entries[name]["path"] for name, table in kept.items() if not table.equals(stored[name])}
        written = {path: kept[name].to_csv(index=False, lineterminator="\n") for name, path in changed.items()}
        before = {path: seen[name] for name, path in changed.items()}
        for name in changed:
            said = (folder / f"{name}.yml").read_bytes()
            keys = set(row_keys(kept[name], entries[name]))
            if (less := _accepting(said.decode("utf-8"), keys)).encode() != said:
                written[f"{name}.yml"], before[f"{name}.yml"] = less, said
        kept_in = folder.parent / "_build" / "removed" / "-".join(sorted(gone))
        kept_in.mkdir(parents=True, exist_ok=True)
        for path, content in before.items():
            (kept_in / path).write_bytes(content)
        journal.replace(written, {path: checksum(content) for path, content in before.items()}, folder)
    return list(changed), kept_in


def still_named(before: Path, root: Path) -> list[str]:
    """Where texts that people wrote name a company that went: each file with its first lines, rows or cells.

    `before` holds the table of companies as it was. What a sentence or a note says of one beside others may be true
    without it or not: whoever knows what it means has to read it.
    """
    paths = (place / f"{COMPANIES}.csv" for place in (before, root / "data"))
    was, now = (pd.read_csv(path, dtype=str, keep_default_na=False) for path in paths)
    gone = set(was.loc[~was["ticker"].isin(now["ticker"]), NAMES].to_numpy().ravel())
    named = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, gone))})(?!\w)")
    found = []
    for path in sorted(path for pattern in TEXTS for path in root.glob(pattern) if path.name not in OF_THE_PROJECT):
        unit, parts = _parts(path)
        places = [str(number) for number, part in enumerate(parts, 1) if named.search(part)]
        if places:
            more = f" and {len(places) - SHOWN} more" if len(places) > SHOWN else ""
            found.append(f"{path.relative_to(root).as_posix()} {unit} {', '.join(places[:SHOWN])}{more}")
    return found


def _parts(path: Path) -> tuple[str, list[str]]:
    """What a text is counted in, and each of these."""
    if path.suffix == ".ipynb":
        return "cell", [cell.source for cell in nbformat.read(path, as_version=4).cells]
    return "row" if path.suffix == ".csv" else "line", path.read_text("utf-8").splitlines()


def _without(
    gone: set[str], entries: dict[str, dict[str, Any]], stored: dict[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """The tables without what is about these tickers, and without what refers to it, however far."""
    kept = {
        name: table[~table[[column for column in OWN if column in table]].isin(gone).any(axis=1)]
        for name, table in stored.items()
    }
    for name, table in kept.items():
        if SUM in table:
            kept[name] = table[table[SUM].str.split("+", regex=False).map(gone.isdisjoint).astype(bool)]
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


def _accepting(text: str, keys: set[str]) -> str:
    """A table's yml that accepts values of these rows alone; every other line, comments too, is as it was."""
    lines = text.splitlines(keepends=True)
    for name, listed in yaml.compose(text, Loader=yaml.SafeLoader).value:
        if name.value != "accepted":
            continue
        lost = [item for item in listed.value if {key.value: said.value for key, said in item.value}["row"] not in keys]
        for item in reversed(lost):  # a mapping without braces ends where the next line begins
            del lines[item.start_mark.line : item.end_mark.line + bool(item.flow_style)]
        if len(lost) == len(listed.value):
            del lines[name.start_mark.line]
    return "".join(lines)
