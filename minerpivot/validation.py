"""Prove that the tables are what the manifest says, explain what is not, and record what was proven."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd

from minerpivot import metadata, tables
from minerpivot.tables import DATA, PARTIAL_DATE, TableError, forget, last_day, read_manifest

SHOWN = 5  # faults of one table that are spelt out: a company without its row would fill hundreds of lines


def problems(folder: Path = DATA, *, checksums: bool = True) -> list[str]:
    """Every fault of the data package, each with file, row, field and mend; empty when it is valid.

    With `checksums=False` a table may differ from its recorded checksum but must be valid otherwise.
    """
    from frictionless import Package, system

    descriptor = read_manifest(folder) if checksums else metadata.package(folder, metadata.authored(folder))
    strays = {path.name for path in folder.glob("*.csv")} - {entry["path"] for entry in descriptor["resources"]}
    faults = [f"data/{name}: has no metadata; write {Path(name).stem}.yml beside it or remove it" for name in strays]
    for entry in descriptor["resources"]:
        if not (folder / entry["path"]).exists():
            return [f"data/{entry['path']} is missing; restore it with `git checkout data`"]
    with system.use_context(trusted=True):
        report = Package.from_descriptor(descriptor, basepath=str(folder)).validate()
    entries = {entry["path"]: entry for entry in descriptor["resources"]}
    for task in report.tasks:
        faults += _first([_explain(error, entries[Path(task.place or "").name]) for error in task.errors])
    faults += [error.message for error in report.errors]
    return faults or [fault for entry in descriptor["resources"] for fault in _first(_impossible(folder, entry))]


def _impossible(folder: Path, entry: dict[str, Any]) -> list[str]:
    """Dates that no calendar has, and news of days to come: both look like dates and are none."""
    raw = pd.read_csv(folder / entry["path"], dtype="string", keep_default_na=False)
    fields = entry["schema"]["fields"]
    partial = [field["name"] for field in fields if field.get("constraints", {}).get("pattern") == PARTIAL_DATE]
    news = [field["name"] for field in fields if field["name"].endswith("_on")]  # the day on which something was said
    today = f"{tables.today():%Y-%m-%d}"
    faults = []
    for name in dict.fromkeys([*partial, *news]):
        cells = raw.loc[raw[name] != "", name]
        wrong = last_day(cells).isna()
        later = pd.Series([name in news and cell > today[: len(cell)] for cell in cells], index=cells.index, dtype=bool)
        for mask, problem in ((wrong, "no day of the calendar"), (later & ~wrong, f"later than today, {today}")):
            where = f"data/{entry['path']} row {{}}: {name} is '{{}}', {problem}; correct the date"
            faults += [where.format(row + 2, cell) for row, cell in cells[mask].items()]
    return faults


def _first(faults: list[str]) -> list[str]:
    """The first faults of a table, and how many more there are."""
    if len(faults) <= SHOWN:
        return faults
    table, _, _ = faults[0].partition(" row ")
    more = f"{len(faults) - SHOWN} or more besides"
    return [*faults[:SHOWN], f"{table}: {more}; mend these first and run `make check` again"]


def _explain(error: Any, entry: dict[str, Any]) -> str:
    where = f"data/{entry['path']}"
    row, name = getattr(error, "row_number", None), getattr(error, "field_name", None)
    if error.type in ("hash-count", "byte-count", "row-count"):
        return f"{where}: differs from the checksum in datapackage.json; run `make check` to record the new one"
    if row is None:
        return f"{where}: {error.note}"
    mends = {
        "primary-key": "; give each row its own key or remove the copy",
        "foreign-key": "; add the missing row to the other table, correct the reference, or remove this row with it",
    }
    if name is None or error.type in mends:
        note = error.note.replace('lookup table ""', f'table "{entry["name"]}" itself').replace("lookup table", "table")
        return f"{where} row {row}: {note}{mends.get(error.type, '')}"
    if error.type == "missing-cell":
        return f"{where} row {row}: ends before {name}; a row needs a comma for each cell that is empty"
    field = next((field for field in entry["schema"]["fields"] if field["name"] == name), None)
    expected = f"; expected {_expected(field)}" if field else ""
    note = error.note if error.type != "type-error" or not field else f"not {_a(field['type'])}"
    note = "" if error.type == "constraint-error" else f" ({note})"  # what was expected says it better
    return f"{where} row {row}: {name} is {getattr(error, 'cell', '')!r}{note}{expected}"


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _expected(field: dict[str, Any]) -> str:
    rules = field.get("constraints", {})
    if "enum" in rules:
        parts = [f"one of {', '.join(map(str, rules['enum']))}"]
    elif rules.get("pattern") == PARTIAL_DATE:
        parts = ["a date as YYYY-MM-DD, YYYY-MM or YYYY"]
    else:
        parts = [_a(field["type"])]
        parts += [f"{key} {rules[key]}" for key in ("minimum", "maximum", "pattern") if key in rules]
    parts += ["a value of its own"] if rules.get("unique") else []
    end = ", or an empty cell" if not rules.get("required") else "" if "enum" in rules else ", not an empty cell"
    return " and ".join(parts) + end


def seal(folder: Path = DATA) -> list[str]:
    """Validate every table and write the manifest anew; return the tables that changed.

    Raises `TableError` listing every fault, and then changes nothing.
    """
    faults = problems(folder, checksums=False)
    if faults:
        raise TableError("\n".join(faults))
    path = folder / "datapackage.json"
    before = {entry["name"]: entry for entry in read_manifest(folder)["resources"]} if path.exists() else {}
    resources = [metadata.sealed(folder, entry, before.get(entry["name"])) for entry in metadata.authored(folder)]
    _write(path, json.dumps(metadata.package(folder, resources), indent=2, ensure_ascii=False) + "\n")
    forget()
    return [entry["name"] for entry in resources if entry != before.get(entry["name"])]


def _write(path: Path, text: str) -> None:
    """Replace a file in one step, so that a reader sees the old one or the new one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
