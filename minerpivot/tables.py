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
from calendar import month_name
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

DATA = Path(__file__).resolve().parents[1] / "data"
GRADES = ("reported", "derived", "estimated", "scenario")
PARTIAL_DATE = r"^\d{4}(-\d{2}(-\d{2})?)?$"
EDITION = "MINERPIVOT_AS_OF"  # environment variable: the day at which the whole report stands still

_SPAN = ("from", "to", "created")  # keys of the manifest that an edition moves to its day

_loaded: set[str] = set()


class TableError(ValueError):
    """A table that is missing, unknown, changed or malformed; the message says how to mend it."""


def manifest(folder: Path = DATA) -> dict[str, Any]:
    """The data package descriptor as a dictionary; in an edition without what was known only later."""
    _loaded.add("datapackage")
    whole = read_manifest(folder)
    return whole if edition() is None else _as_known(whole, str(edition()))


def _as_known(value: Any, day: str) -> Any:
    """A descriptor cut to a day: later tables and notes that name a later date go, coverage ends on the day."""
    if isinstance(value, Mapping):
        kept = {key: _as_known(item, day) for key, item in value.items() if key in _SPAN or not _names_later(item, day)}
        return kept | {key: min(value[key], day) for key in _SPAN if isinstance(value.get(key), str)}
    if isinstance(value, list):
        return [_as_known(item, day) for item in value if not _names_later(item, day)]
    return value


def _names_later(item: Any, day: str) -> bool:
    if isinstance(item, Mapping):  # a table compiled, a column observed or a source read later
        compiled = any(rule.get("compiled", "") > day for rule in item.get("public", []))
        return compiled or _names_later(item.get("title") or item.get("public_on"), day)
    return isinstance(item, str) and any(date > day[: len(date)] for date in _dates(item))


def _dates(text: str) -> list[str]:
    """The days, months and years that a note names, as ISO dates: "July 2026" and "28 January 2026" too."""
    named = re.findall(rf"(?:\b(\d\d?) )?({'|'.join(month_name[1:])}) (20\d\d)", text)
    months = [(f"{year}-{list(month_name).index(month):02d}", number) for number, month, year in named]
    written = [f"{month}-{int(number):02d}" if number else month for month, number in months]
    return re.findall(r"20\d\d(?:-\d\d){0,2}", text) + written


def entries(folder: Path = DATA) -> dict[str, dict[str, Any]]:
    """Manifest entries by table name, and the whole manifest as `datapackage`: what can be loaded."""
    whole = read_manifest(folder)
    return {entry["name"]: entry for entry in whole["resources"]} | {"datapackage": whole}


def read_manifest(folder: Path = DATA) -> dict[str, Any]:
    """The data package descriptor, without counting it as read by the report."""
    path = folder / "datapackage.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TableError(f"{path.name} is missing from {folder.name}/; restore it with `git checkout data`") from None
    except json.JSONDecodeError as error:
        raise TableError(f"data/{path.name} line {error.lineno}: {error.msg}; mend the JSON there") from None


@cache
def _descriptors(folder: Path) -> dict[str, dict[str, Any]]:
    return {resource["name"]: resource for resource in read_manifest(folder)["resources"]}


def describe(name: str, folder: Path = DATA) -> dict[str, Any]:
    """One table's manifest entry: schema, sources, licence, coverage, `public` rule.

    Raises `TableError` with the known names if there is no such table.
    """
    known = _descriptors(folder)
    if name not in known:
        raise TableError(f"there is no table {name!r}; the tables are {', '.join(sorted(known))}")
    return known[name]


def load(name: str, as_of: str | date | None = None, *, folder: Path = DATA) -> pd.DataFrame:
    """Table `name` with the manifest's types, as far as it was public on the day `as_of` ("2026-01-28").

    Dates become `datetime64`, integers nullable `Int64`, empty cells missing values. Without `as_of`
    the table is whole, or in an edition (`edition()`) cut to its day. A column that the manifest dates
    (`public_on`: a deal's last seen `status`) is missing before that day. Raises `TableError` if the
    file is missing or differs from its recorded checksum, if `as_of` is not a day, and if nothing was
    public by then; in an edition that table is empty instead, for the chapter to say so.
    """
    verify(name, folder=folder)
    entry = describe(name, folder)
    table = typed(folder / entry["path"], entry)
    _loaded.add(name)
    limits = [parse_day(limit) for limit in (as_of, edition()) if limit is not None]
    if not limits:
        return table
    day, days = min(limits), public_on(table, name, folder=folder)
    if entry["public"] and not edition() and day < days.min():
        raise TableError(
            f"data/{entry['path']} has nothing that was public on {day:%Y-%m-%d}: its first row became public on "
            f'{days.min():%Y-%m-%d}; pass as_of="{days.min():%Y-%m-%d}" or later, or no as_of for the whole table'
        )
    later = [field["name"] for field in entry["schema"]["fields"] if day < pd.Timestamp(field.get("public_on", day))]
    known = table[days <= day].assign(**dict.fromkeys(later)).astype(table.dtypes[later])
    for column in {rule.get("column") for rule in entry["public"]} & set(table.select_dtypes("datetime").columns):
        known[column] = known[column].mask(known[column] > day)  # the page that reports an earlier text
    return known


def edition() -> str | None:
    """The day at which this report stands still, or None for the latest data."""
    return os.environ.get(EDITION) or None


def parse_day(as_of: object) -> pd.Timestamp:
    """A day given as "YYYY-MM-DD" or a date; raises `TableError` for anything else."""
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
    """The last day (ISO) of a table (`"prices"`) or column (`"network.fees_btc"`), or the earliest of several.

    In an edition no later than its day.
    """
    ends = [_coverage(name, folder)["to"] for name in ([names] if isinstance(names, str) else names)]
    return min([*ends, edition() or ends[0]])


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


def typed(path: Path, entry: dict[str, Any]) -> pd.DataFrame:
    """A table read with the types of its manifest entry, its bytes unverified."""
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
