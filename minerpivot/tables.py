"""The only door to `data/`: typed, checked, point-in-time tables.

`data/datapackage.json` is a Frictionless Data Package. Each resource carries the
checksum that was recorded when the table last passed validation, so a table whose
bytes still match is known to be valid and loads fast; any other is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

DATA = Path(__file__).resolve().parents[1] / "data"
GRADES = ("reported", "derived", "estimated", "scenario")
PARTIAL_DATE = r"^\d{4}(-\d{2}(-\d{2})?)?$"

_loaded: set[str] = set()


class TableError(ValueError):
    """A table that is missing, unknown, changed or malformed; the message says how to mend it."""


def manifest(folder: Path = DATA) -> dict[str, Any]:
    """The data package descriptor as a dictionary."""
    _loaded.add("datapackage")
    return _read_manifest(folder)


def entries(folder: Path = DATA) -> dict[str, dict[str, Any]]:
    """Manifest entries by table name, and the whole manifest as `datapackage`: what can be loaded."""
    whole = _read_manifest(folder)
    return {entry["name"]: entry for entry in whole["resources"]} | {"datapackage": whole}


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / "datapackage.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TableError(f"{path.name} is missing from {folder.name}/; restore it with `git checkout data`") from None
    except json.JSONDecodeError as error:
        raise TableError(f"data/{path.name} line {error.lineno}: {error.msg}; mend the JSON there") from None


@cache
def _descriptors(folder: Path) -> dict[str, dict[str, Any]]:
    return {resource["name"]: resource for resource in _read_manifest(folder)["resources"]}


def describe(name: str, folder: Path = DATA) -> dict[str, Any]:
    """One table's manifest entry: schema, sources, licence, coverage, `public` rule.

    Raises `TableError` with the known names if there is no such table.
    """
    known = _descriptors(folder)
    if name not in known:
        raise TableError(f"there is no table {name!r}; the tables are {', '.join(sorted(known))}")
    return known[name]


def load(name: str, as_of: str | date | None = None, *, folder: Path = DATA) -> pd.DataFrame:
    """Table `name` with the manifest's types, restricted to rows public on the day `as_of` ("2026-01-28").

    Dates become `datetime64`, integers nullable `Int64`, empty cells missing values. From the last
    row's publication on, and on any day for a table without dates, that is the whole table. Rows are
    restricted, not columns: a cell that follows events (a deal's `status`) shows the last state seen.
    Raises `TableError` if the file is missing or differs from its recorded checksum, if `as_of` is
    not a day, and if nothing of the table was public by then.
    """
    verify(name, folder=folder)
    entry = describe(name, folder)
    table = _typed(folder / entry["path"], entry)
    _loaded.add(name)
    if as_of is None:
        return table
    day, days = _day(as_of), public_on(table, name, folder=folder)
    if entry["public"] and day < days.min():
        raise TableError(
            f"data/{entry['path']} has nothing that was public on {day:%Y-%m-%d}: its first row became public on "
            f'{days.min():%Y-%m-%d}; pass as_of="{days.min():%Y-%m-%d}" or later, or no as_of for the whole table'
        )
    return table[days <= day]


def _day(as_of: object) -> pd.Timestamp:
    # pandas reads "2026" as its first day and "1/2/26" in the American way: what is not plain is refused.
    text = as_of if isinstance(as_of, str) else as_of.isoformat()[:10] if isinstance(as_of, date) else ""
    if not _readable(text, "date"):
        raise TableError(f'as_of is {as_of!r}; expected a day as "YYYY-MM-DD", for example as_of="2026-01-28"')
    return pd.Timestamp(text)


def verify(name: str, *, folder: Path = DATA) -> None:
    """Raise `TableError` unless the table's file has the bytes that last passed validation."""
    entry = describe(name, folder)
    try:
        content = (folder / entry["path"]).read_bytes()
    except FileNotFoundError:
        raise TableError(f"data/{entry['path']} is missing; restore it with `git checkout data`") from None
    if checksum(content) != entry["hash"]:
        raise TableError(
            f"data/{entry['path']} differs from the checksum in datapackage.json; "
            "run `make check` to validate it and record the new checksum, or `git checkout data` to undo the change"
        )


def forget() -> None:
    """Read the manifest anew: the files under `data/` were replaced."""
    _descriptors.cache_clear()


def loaded() -> list[str]:
    """Names of the tables (and `datapackage`, the manifest) that this process has read: what its numbers rest on."""
    return sorted(_loaded)


def public_on(table: pd.DataFrame, name: str, *, folder: Path = DATA) -> pd.Series:
    """The day on which each row of `table` became public, by the manifest's `public` rules.

    The first rule with a value wins. A partial date counts from its last day, or from the end of the
    table's coverage if that is earlier; a rule with `days` estimates a publication date from a
    period's end; `compiled` dates a whole table. Rows that no rule dates count from the end of
    coverage; a table without rules holds identifiers that are always visible.
    """
    return _publication(table, name, folder)["day"]


def public_grade(table: pd.DataFrame, name: str, *, folder: Path = DATA) -> pd.Series:
    """The grade of each row's day in `public_on`: `reported`, or `estimated` where a rule or a bound stands in."""
    return _publication(table, name, folder)["grade"]


def _publication(table: pd.DataFrame, name: str, folder: Path) -> pd.DataFrame:
    entry = describe(name, folder)
    days = pd.Series(pd.NaT, index=table.index, dtype="datetime64[ns]")
    grades = pd.Series("estimated", index=table.index)
    if not entry["public"]:
        return pd.DataFrame({"day": days.fillna(pd.Timestamp.min), "grade": "reported"})
    end = pd.Timestamp(entry["coverage"]["to"])
    for rule in entry["public"]:
        undated, grade = days.isna(), rule.get("grade", "reported")
        if "compiled" in rule:
            days = days.fillna(pd.Timestamp(rule["compiled"]))
        else:
            dates = last_day(table[rule["column"]])
            exact = dates.notna()
            if table[rule["column"]].dtype == object:
                dates = dates.mask(dates > end, end)
                exact &= table[rule["column"]].astype("string").str.len() == 10
            days = days.fillna(dates + pd.Timedelta(days=rule.get("days", 0)))
            undated &= exact.fillna(False)
        grades = grades.mask(undated, grade)
    return pd.DataFrame({"day": days.fillna(end), "grade": grades})


def last_day(dates: pd.Series) -> pd.Series:
    """The last day of each (possibly partial) date: 2025 -> 2025-12-31, 2025-11 -> 2025-11-30."""
    if pd.api.types.is_datetime64_any_dtype(dates):
        return dates.astype("datetime64[ns]")
    text = dates.astype("string")
    ends = pd.to_datetime(text.where(text.str.len() == 10), errors="coerce")
    ends = ends.fillna(pd.to_datetime(text.where(text.str.len() == 7), errors="coerce") + pd.offsets.MonthEnd(0))
    years = pd.to_datetime(text.where(text.str.len() == 4), format="%Y", errors="coerce")
    return ends.fillna(years + pd.offsets.YearEnd(0)).astype("datetime64[ns]")


def through(names: str | Iterable[str], *, folder: Path = DATA) -> str:
    """The last day (ISO) of a table (`"prices"`) or column (`"network.fees_btc"`), or the earliest of several."""
    return min(_coverage(name, folder)["to"] for name in ([names] if isinstance(names, str) else names))


def _coverage(name: str, folder: Path) -> dict[str, str]:
    table, _, column = name.partition(".")
    entry = describe(table, folder)
    return entry["column_coverage"][column] if column else entry["coverage"]


def weakest(grades: Iterable[str]) -> str:
    """The weakest of several evidence grades: a result inherits it."""
    return max(grades, key=GRADES.index)


def checksum(content: bytes) -> str:
    """A file's content hash in the form of the Data Package standard."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _typed(path: Path, entry: dict[str, Any]) -> pd.DataFrame:
    fields = entry["schema"]["fields"]
    table = pd.read_csv(path, dtype="string", keep_default_na=False, na_values=[""])
    for field in fields:
        table[field["name"]] = _convert(table[field["name"]], field, path.name)
    return table


def _convert(column: pd.Series, field: dict[str, Any], filename: str) -> pd.Series:
    kind = field["type"]
    try:
        if kind in ("number", "integer"):
            numbers = pd.to_numeric(column)
            return numbers.astype("Int64" if kind == "integer" else "float64")
        if kind == "date":
            return pd.to_datetime(column, format="%Y-%m-%d")
    except (ValueError, TypeError):
        row = next(row for row, cell in enumerate(column) if not pd.isna(cell) and not _readable(cell, kind))
        raise TableError(
            f"data/{filename} row {row + 2}: {field['name']} is {column.iloc[row]!r}; "
            f"expected a {kind} or an empty cell"
        ) from None
    return column.astype(object).where(column.notna(), None)


def _readable(cell: str, kind: str) -> bool:
    if kind == "date":
        return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell)) and not pd.isna(pd.to_datetime(cell, errors="coerce"))
    return not pd.isna(pd.to_numeric(cell, errors="coerce"))


# --- validation -------------------------------------------------------------------------------


def problems(folder: Path = DATA, *, checksums: bool = True) -> list[str]:
    """Every fault of the data package, each with file, row, field and mend; empty when it is valid.

    With `checksums=False` a table may differ from its recorded checksum but must be valid otherwise.
    """
    from frictionless import Package, system

    strays = {path.name for path in folder.glob("*.csv")} - {e["path"] for e in _read_manifest(folder)["resources"]}
    faults = [f"data/{name}: not described in datapackage.json; add a resource or remove the file" for name in strays]
    descriptor = _read_manifest(folder)
    for entry in descriptor["resources"]:
        if not (folder / entry["path"]).exists():
            return [f"data/{entry['path']} is missing; restore it with `git checkout data`"]
        if not checksums:
            entry.pop("hash", None)
            entry.pop("bytes", None)
            entry.pop("rows", None)
    with system.use_context(trusted=True):
        report = Package.from_descriptor(descriptor, basepath=str(folder)).validate()
    entries = {entry["path"]: entry for entry in descriptor["resources"]}
    for task in report.tasks:
        faults += [_explain(error, entries[Path(task.place or "").name]) for error in task.errors]
    return faults + [error.message for error in report.errors]


def _explain(error: Any, entry: dict[str, Any]) -> str:
    where = f"data/{entry['path']}"
    row, name = getattr(error, "row_number", None), getattr(error, "field_name", None)
    if error.type in ("hash-count", "byte-count", "row-count"):
        return f"{where}: differs from the checksum in datapackage.json; run `make check` to record the new one"
    if row is None:
        return f"{where}: {error.note}"
    mends = {
        "primary-key": "; give each row its own key or remove the copy",
        "foreign-key": "; add the missing row to the other table or correct the reference",
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
    """Validate every table and record checksum, size, rows and coverage; return the tables that changed.

    Raises `TableError` listing every fault, and then changes nothing.
    """
    faults = problems(folder, checksums=False)
    if faults:
        raise TableError("\n".join(faults))
    descriptor = _read_manifest(folder)
    changed = []
    for entry in descriptor["resources"]:
        content = (folder / entry["path"]).read_bytes()
        if checksum(content) == entry["hash"]:
            continue
        changed.append(entry["name"])
        entry |= {"hash": checksum(content), "bytes": len(content)}
        table = _typed(folder / entry["path"], entry)
        entry["rows"] = len(table)
        _cover(entry, table)
    _write(folder / "datapackage.json", json.dumps(descriptor, indent=2, ensure_ascii=False) + "\n")
    forget()
    return changed


def _cover(entry: dict[str, Any], table: pd.DataFrame) -> None:
    """Record the span of a table's dates, and of its columns where they end on different days.

    `coverage.filled` names a column whose empty cells mark rows that are expected or incomplete. A bare year
    in a table of days reaches to December, the table does not: only the finest dates end it.
    """
    coverage = entry["coverage"]
    if "column" not in coverage:
        return
    known = table[table[coverage["filled"]].notna()] if "filled" in coverage else table
    dates = last_day(known[coverage["column"]])
    length = known[coverage["column"]].astype("string").str.len()
    coverage |= {"from": _span(dates)["from"], "to": _span(dates[length == length.max()])["to"]}
    for column, span in entry.get("column_coverage", {}).items():
        span |= _span(dates[known[column].notna()])


def _span(dates: pd.Series) -> dict[str, str]:
    return {"from": f"{dates.min():%Y-%m-%d}", "to": f"{dates.max():%Y-%m-%d}"}


def _write(path: Path, text: str) -> None:
    """Replace a file in one step, so that a reader sees the old one or the new one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
