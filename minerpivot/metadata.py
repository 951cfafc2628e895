"""What is written about each table by hand (`data/<table>.yml`), and the manifest that is made of it.

`data/package.yml` describes the whole; `data/datapackage.json`, a Frictionless Data Package, is generated: it adds what
can be counted (hash, rows, coverage) to what an author must say, so that nobody edits it and no fact stands twice.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from minerpivot import tables
from minerpivot.tables import TableError, checksum, last_day, typed

STANDARD = {"profile": "tabular-data-resource", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8"}


def authored(folder: Path) -> list[dict[str, Any]]:
    """Each table's metadata in the manifest's form, by name, without what is counted.

    Raises `TableError` that names a file which is missing, no YAML, or lacks a part that every table needs.
    """
    terms = _read(folder / "package.yml")["licence_terms"]
    return [_resource(path, terms) for path in sorted(folder.glob("*.yml")) if path.stem != "package"]


def _resource(path: Path, terms: dict[str, Any]) -> dict[str, Any]:
    said = _read(path)
    needed = ("title", "description", "grade", "public", "coverage", "redistribution", "licences", "sources", "schema")
    for part in needed:
        if part not in said:
            raise TableError(f"data/{path.name}: has no {part}; write it as in the other tables' metadata")
    if unknown := [name for name in said["licences"] if name not in terms]:
        raise TableError(f"data/{path.name}: licence {unknown[0]!r} is not among licence_terms of data/package.yml")
    said["licenses"] = [{"name": name} | terms[name] for name in said.pop("licences")]
    said["metadata_hash"] = checksum(path.read_bytes())
    return {"name": path.stem, "path": f"{path.stem}.csv"} | STANDARD | said


def package(folder: Path, resources: list[dict[str, Any]]) -> dict[str, Any]:
    """The whole manifest around its tables."""
    said = _read(folder / "package.yml")
    terms = said.pop("licence_terms")
    said["licenses"] = [{"name": name} | terms[name] for name in said.pop("licences")]
    return {"profile": "tabular-data-package"} | said | {"resources": resources}


def sealed(folder: Path, entry: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    """A table's `entry` with what is counted: as it was `before` if its bytes are the same, else anew."""
    content = (folder / entry["path"]).read_bytes()
    counted = {"hash": checksum(content), "bytes": len(content)}
    same = before and before["hash"] == counted["hash"]
    table = typed(folder / entry["path"], entry)
    updated = before["updated"] if before and same else f"{tables.today():%Y-%m-%d}"
    return entry | counted | {"rows": len(table), "updated": updated} | cover(entry, table)


def cover(entry: dict[str, Any], table: pd.DataFrame) -> dict[str, Any]:
    """The span of a table's dates, and of its columns and series where they end on different days.

    `coverage.filled` names a column whose empty cells mark rows that are expected or incomplete; `coverage.series` one
    whose values (tickers, regions) are series of their own. A bare year in a table of days reaches to December, the
    table does not: only the finest dates end it.
    """
    coverage = {key: str(value) for key, value in entry["coverage"].items()}
    if "column" not in coverage:
        return {"coverage": coverage}
    known = table[table[coverage["filled"]].notna()] if "filled" in coverage else table
    dates = last_day(known[coverage["column"]])
    length = known[coverage["column"]].astype("string").str.len()
    coverage |= {"from": _span(dates)["from"], "to": _span(dates[length == length.max()])["to"]}
    found: dict[str, Any] = {"coverage": coverage}
    if "filled" in coverage:
        found["unfilled"] = len(table) - len(known)
    if "column_coverage" in entry:
        found["column_coverage"] = {name: _span(dates[known[name].notna()]) for name in entry["column_coverage"]}
    if "series" in coverage:
        ends = dates.groupby(known[coverage["series"]]).max()
        found["series_end"] = {str(name): f"{day:%Y-%m-%d}" for name, day in ends.items()}
    return found


def outdated(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """The notes on a table that were written before it last changed: they speak of an earlier state."""
    return [note for note in entry.get("notes", []) if note["written"] < entry["updated"]]


def _span(dates: pd.Series) -> dict[str, str]:
    if dates.dropna().empty:
        return {"from": "", "to": ""}
    return {"from": f"{dates.min():%Y-%m-%d}", "to": f"{dates.max():%Y-%m-%d}"}


def _read(path: Path) -> dict[str, Any]:
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TableError(f"data/{path.name} is missing; restore it with `git checkout data`") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise TableError(f"data/{path.name} line {line}: {error.problem}; mend the YAML there") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TableError(f"data/{path.name}: {error}; mend the file or `git checkout data/{path.name}`") from None
    if not isinstance(said, dict):
        raise TableError(f"data/{path.name}: holds no keys and values; `git checkout data/{path.name}` restores it")
    return _with_days_as_text(said)


def _with_days_as_text(value: Any) -> Any:
    """YAML reads 2026-11-22 as a date; JSON has only text."""
    if isinstance(value, dict):
        return {key: _with_days_as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_days_as_text(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date) else value
