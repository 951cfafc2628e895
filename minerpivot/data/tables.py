"""The only door to `data/`: typed, checked, point-in-time tables.

`data/datapackage.json` is a Frictionless Data Package, generated from the tables and the metadata beside them
(`minerpivot.data.metadata`). Each resource carries the checksums of both as they last passed validation, so a table
whose bytes still match is known to be valid and loads fast; any other is refused.

A stored row stays as it was first published. What time does to it stands in tables of its own and is applied here,
up to the day asked for: later knowledge about a cell (`knowledge`), splits of a share (`splits`), and a new ticker
(`instruments.renamed_to`).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import fastjsonschema
import numpy as np
import pandas as pd
from pandas.api.typing import NaTType

DATA = Path(__file__).resolve().parents[2] / "data"
GRADES = ("reported", "derived", "estimated", "scenario")
PARTIAL_DATE = r"^\d{4}(-\d{2}(-\d{2})?)?$"
PARTIAL_DATES = {  # by length: how one is written, and from its first day to its last
    4: ("%Y", pd.offsets.YearEnd(0)),
    7: ("%Y-%m", pd.offsets.MonthEnd(0)),
    10: ("%Y-%m-%d", None),
}
HASHES = ("hash", "metadata_hash")  # of a table's bytes and of what is said of it
EDITION = "MINERPIVOT_AS_OF"  # environment variable: the day at which the whole report stands still
TODAY = "MINERPIVOT_TODAY"  # environment variable: another day to be today, for trying the tables of a season to come

_loaded: set[str] = set()


def _keys(needed: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(needed), "properties": needed | others}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_TEXT, _NUMBER = {"type": "string"}, {"type": "integer"}
_NAMES = {"type": ["string", "array"], "items": _TEXT}
_fit_manifest = fastjsonschema.compile(  # as far as this package reads it
    _keys(
        {
            "resources": _list(
                _keys(
                    {
                        **dict.fromkeys(("name", "path", *HASHES), _TEXT),
                        "coverage": {"type": "object", "additionalProperties": _TEXT},
                        "public": _list(_keys({}, column=_TEXT, compiled=_TEXT, days=_NUMBER, grade=_TEXT)),
                        "schema": _keys(
                            {"primaryKey": _NAMES, "fields": _list(_keys({"name": _TEXT, "type": _TEXT}))},
                            foreignKeys=_list(_keys({"fields": _NAMES, "reference": _keys({"resource": _TEXT})})),
                        ),
                    },
                    **dict.fromkeys(("title", "grade", "updated"), _TEXT),
                    **dict.fromkeys(("rows", "bytes", "unfilled"), _NUMBER),
                    **dict.fromkeys(("rules", "series", "accepted", "holes"), _list({"type": "object"})),
                    sources=_list(_keys({"title": _TEXT})),
                    licenses=_list(_keys({"name": _TEXT})),
                    notes=_list(_keys({"text": _TEXT, "written": _TEXT, "kind": _TEXT})),
                    column_coverage={"type": "object", "additionalProperties": _keys({"from": _TEXT, "to": _TEXT})},
                    series_end={"type": "object", "additionalProperties": _TEXT},
                )
            )
        },
        created=_TEXT,
        licenses=_list(_keys({"name": _TEXT})),
        updates={"type": "object", "additionalProperties": _keys({"how": _TEXT, "why": _TEXT})},
    )
)


class TableError(ValueError):
    """A table that is missing, unknown, changed or malformed; the message says how to mend it."""


def manifest(folder: Path = DATA) -> dict[str, Any]:
    """The data package descriptor as a dictionary; in an edition without what was known only later."""
    _loaded.add("datapackage")
    whole = read_manifest(folder)
    return whole if edition() is None else _as_known(whole, str(edition()))


def _as_known(whole: dict[str, Any], day: str) -> dict[str, Any]:
    """A descriptor cut to a day: tables compiled, notes written and sources read later go, coverage ends on the day."""
    resources = []
    for entry in whole["resources"]:
        if any(rule.get("compiled", "") > day for rule in entry["public"]):
            continue
        kept: dict[str, Any] = {
            "notes": [note for note in entry.get("notes", []) if note["written"] <= day],
            "sources": [source for source in entry["sources"] if source.get("since", "") <= day],
            "coverage": _until(entry["coverage"], day),
        }
        if "column_coverage" in entry:
            kept["column_coverage"] = {name: _until(span, day) for name, span in entry["column_coverage"].items()}
        if "series_end" in entry:
            kept["series_end"] = {name: min(end, day) for name, end in entry["series_end"].items()}
        resources.append({key: value for key, value in (entry | kept).items() if key != "updated"})
    return whole | {"created": min(whole["created"], day), "resources": resources}


def _until(span: Mapping[str, str], day: str) -> dict[str, str]:
    return dict(span) | {end: min(span[end], day) for end in ("from", "to")}


def entries(folder: Path = DATA) -> dict[str, dict[str, Any]]:
    """Manifest entries by table name, and the whole manifest as `datapackage`: what can be loaded."""
    whole = read_manifest(folder)
    return {entry["name"]: entry for entry in whole["resources"]} | {"datapackage": whole}


def read_manifest(folder: Path = DATA) -> dict[str, Any]:
    """The data package descriptor, without counting it as read by the report."""
    path = folder / "datapackage.json"
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TableError(f"{path.name} is missing from {folder.name}/; `make check` writes it anew") from None
    except json.JSONDecodeError as error:
        raise TableError(f"data/{path.name} line {error.lineno}: {error.msg}; `make check` writes it anew") from None
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else "no JSON"
        raise TableError(f"data/{path.name} cannot be read: {why}; `make check` writes it anew") from None
    if wrong := misfit(whole):
        raise TableError(f"data/{path.name}: {wrong}; it is generated, `make check` writes it anew")
    return whole


def misfit(whole: Any) -> str:
    """The first part of a manifest that is missing or of another kind than this package reads; empty if all fit."""
    try:
        _fit_manifest(whole)
    except fastjsonschema.JsonSchemaValueException as error:
        return error.message.removeprefix("data.").replace("data ", "the whole ", 1)
    return ""


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

    Dates become `datetime64`, integers nullable `Int64`, empty cells missing values. Without `as_of` the table is
    whole and as known today, or in an edition (`edition()`) as of its day. Rows are cut by the day on which they
    became public; cells hold what was known by then (`knowledge`, and `known_on` in the schema: the column that
    dates another one); closes and counts are on the share basis of that day (`splits`). Tickers
    are those of the edition's day, or of today, whatever `as_of` is: what is loaded for several days must join.

    Raises `TableError` if the file is missing or differs from its recorded checksum, if `as_of` is not a day, and
    if nothing was public by then; in an edition that table is empty instead, for the chapter to say so, and so is
    `knowledge` always: nothing had been learned yet.
    """
    entry = describe(name, folder)
    table = stored(name, folder)
    limits = [parse_day(limit) for limit in (as_of, edition()) if limit is not None]
    day = min(limits) if limits else None
    if day is not None:
        days = _public(name, folder, *_contents(name, folder))
        if entry["public"] and not edition() and name != "knowledge" and day < days.min():
            raise TableError(
                f"data/{entry['path']} has nothing that was public on {day:%Y-%m-%d}: its first row became public on "
                f'{days.min():%Y-%m-%d}; pass as_of="{days.min():%Y-%m-%d}" or later, or no as_of for the whole table'
            )
        table = table[days <= day].copy()
        for column in {rule.get("column") for rule in entry["public"]} & set(table.select_dtypes("datetime").columns):
            table[column] = table[column].mask(table[column] > day)  # the page that reports an earlier text
    table = _informed(table, entry, day, folder)
    if day is not None:
        table = _without_later_cells(table, entry, day)
    return _on_new_basis(_renamed(table, entry, folder), entry, day, folder)


def stored(name: str, folder: Path = DATA) -> pd.DataFrame:
    """A table as its file has it, whose bytes were just compared with their checksum; a copy that may be changed."""
    verify(name, folder=folder)
    _loaded.add(name)
    return _parsed(name, folder, *_contents(name, folder)).copy(deep=False)  # pandas copies on write


def _contents(name: str, folder: Path) -> list[str]:
    """The checksums that a table has by the manifest: what is remembered of it is of these bytes."""
    return [describe(name, folder)[part] for part in HASHES]


@lru_cache(maxsize=128)
def _parsed(name: str, folder: Path, content: str, metadata: str) -> pd.DataFrame:
    """A table of known content: a chapter asks for the same bytes as of a hundred days."""
    entry = describe(name, folder)
    return typed(folder / entry["path"], entry)


@lru_cache(maxsize=128)
def _public(name: str, folder: Path, *contents: str) -> pd.Series:
    """The day on which each row of a table of known content became public."""
    return public_on(stored(name, folder), name, folder=folder)


def _side(name: str, day: pd.Timestamp | None, folder: Path, column: str) -> pd.DataFrame:
    """A table that says what time did to others, up to `day` by its `column`; empty where the folder has none."""
    if name not in _descriptors(folder):
        return pd.DataFrame(columns=["table", "ticker", "renamed_to", "effective_on"])
    rows = stored(name, folder)
    return rows if day is None else rows[last_day(rows[column]) <= day]


def _informed(table: pd.DataFrame, entry: dict[str, Any], day: pd.Timestamp | None, folder: Path) -> pd.DataFrame:
    """`table` with the cells that became known after their row, in the order in which they became known."""
    if "knowledge" not in _descriptors(folder):
        return table
    verify("knowledge", folder=folder)
    _loaded.add("knowledge")
    contents = [*_contents(entry["name"], folder), *_contents("knowledge", folder)]
    for column, (known_on, rows, values) in _learned(entry["name"], folder, *contents).items():
        known = np.full(len(rows), True) if day is None else known_on <= day.to_datetime64()
        places = table.index.get_indexer(pd.Index(rows[known]))
        cells = table[column].array.copy()
        cells[places[places >= 0]] = values[known][places >= 0]  # of several for one row the last stays
        table[column] = pd.Series(cells, table.index, table[column].dtype)
    return table


@lru_cache(maxsize=128)
def _learned(name: str, folder: Path, *contents: str) -> dict[Any, tuple[np.ndarray, np.ndarray, Any]]:
    """What `knowledge` tells of a table, by column: on which days, of which rows, and the values, oldest first.

    `contents`: the checksums of both tables.
    """
    rows = stored("knowledge", folder).query("table == @name").sort_values("known_on", kind="stable")
    if rows.empty:
        return {}
    entry, table = describe(name, folder), stored(name, folder)
    keys, fields = row_keys(table, entry), {field["name"]: field for field in entry["schema"]["fields"]}
    places = pd.DataFrame({"row": keys, "place": keys.index})
    found = {}
    for column, cells in rows.groupby("field"):
        values = _convert(cells["value"].astype("string"), fields[column], "knowledge.csv").astype(table[column].dtype)
        told = cells[["row", "known_on"]].assign(value=values).merge(places, on="row")
        found[column] = (told["known_on"].to_numpy(), told["place"].to_numpy(), told["value"].array)
    return found


def row_keys(table: pd.DataFrame, entry: Mapping[str, Any]) -> pd.Series:
    """How `knowledge` names each row of a table: the cells of its primary key, joined by a bar."""
    key = entry["schema"]["primaryKey"]
    cells = [table[column] for column in ([key] if isinstance(key, str) else key)]
    texts = [c.dt.strftime("%Y-%m-%d") if pd.api.types.is_datetime64_any_dtype(c) else c.astype(str) for c in cells]
    joined = texts[0]
    for text in texts[1:]:
        joined = joined + "|" + text
    return joined


def _without_later_cells(table: pd.DataFrame, entry: dict[str, Any], day: pd.Timestamp) -> pd.DataFrame:
    """`table` without the cells that their own row dates after `day` (`known_on` in the schema)."""
    for field in entry["schema"]["fields"]:
        if "known_on" in field:
            later = last_day(table[field["known_on"]]) > day
            table[field["name"]] = table[field["name"]].mask(later)
    return table


def _renamed(table: pd.DataFrame, entry: dict[str, Any], folder: Path) -> pd.DataFrame:
    """`table` under the report's tickers: a renamed instrument's rows are its successor's, its own row is gone.

    In an edition of before the change it is the other way round: no successor among the instruments yet.
    """
    day = parse_day(edition()) if edition() else None
    columns = [key["fields"] for key in entry["schema"].get("foreignKeys", []) if _names_instrument(key)]
    if any(field["name"] == "ticker" for field in entry["schema"]["fields"]) and "ticker" not in columns:
        columns.append("ticker")  # a company, or what is none (the average of a sector)
    if entry["name"] != "instruments" and not columns:
        return table
    old = _side("instruments", None, folder, "renamed_on")
    old = old[old["renamed_to"].notna()] if "renamed_to" in old else old.iloc[:0]
    known = pd.Series(True, index=old.index) if day is None or old.empty else last_day(old["renamed_on"]) <= day
    successor = old[known].set_index("ticker")["renamed_to"]
    if entry["name"] == "instruments":
        columns = ["parent"]
        table = table[~table["ticker"].isin([*successor.index, *old.loc[~known, "renamed_to"]])].copy()
    for column in columns if len(successor) else ():
        for _ in range(len(successor)):  # a ticker can change more than once
            table[column] = table[column].replace(successor.to_dict())
    return table


def _names_instrument(key: Mapping[str, Any]) -> bool:
    return isinstance(key["fields"], str) and key["reference"]["resource"] == "instruments"


def _on_new_basis(table: pd.DataFrame, entry: dict[str, Any], day: pd.Timestamp | None, folder: Path) -> pd.DataFrame:
    """`table` with prices and counts from before a split, as far as it was known by `day`, on the basis after it."""
    if not any("split" in field for field in entry["schema"]["fields"]):
        return table
    splits = _side("splits", day, folder, "effective_on")
    splits = _renamed(splits, describe("splits", folder), folder) if len(splits) else splits
    return on_basis(table, entry, splits)


def on_basis(table: pd.DataFrame, entry: Mapping[str, Any], splits: pd.DataFrame) -> pd.DataFrame:
    """`table` with prices and counts from before each of `splits` on the share basis after it.

    A field's `split` says what it is (`price` or `count`), which column holds its ticker and which its day. A split
    whose rows are stored on the new basis already (`closes_restated`, `counts_restated`) changes nothing.
    """
    for field in entry["schema"]["fields"]:
        if "split" not in field:
            continue
        rule, column = field["split"], field["name"]
        price = rule["as"] == "price"
        restated = "closes_restated" if price else "counts_restated"
        for split in splits[splits[restated] == "n"].to_dict("records") if len(splits) else []:
            first = pd.Timestamp(split["effective_on"])
            before = (table[rule["ticker"]] == split["ticker"]) & (table[rule["day"]] < first)
            shares = float(split["new_shares"]) / float(split["old_shares"])
            changed = table[column].mask(before, table[column] / shares if price else table[column] * shares)
            table = table.assign(**{column: changed})
    return table


def edition() -> str | None:
    """The day at which this report stands still, or None for the latest data."""
    return os.environ.get(EDITION) or None


def today() -> pd.Timestamp:
    """The day in UTC, after which nothing can have been said, traded or reported; `TableError` if that is no day."""
    said = os.environ.get(TODAY)
    if said and not _readable(said, "date"):
        raise TableError(f"{TODAY} is {said!r}; expected a day as YYYY-MM-DD, or unset it for the day that is today")
    return pd.Timestamp(said or pd.Timestamp.now("UTC").strftime("%Y-%m-%d"))


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
    except OSError as error:
        raise TableError(f"data/{entry['path']} cannot be read: {error.strerror}; `git checkout data`") from None
    described = folder / f"{name}.yml"
    said = text_checksum(described) if described.is_file() else ""
    for file, found, recorded in ((entry["path"], checksum(content), "hash"), (described.name, said, "metadata_hash")):
        if found != entry[recorded]:
            raise TableError(
                f"data/{file} differs from the checksum in datapackage.json; "
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
    return publication(table, describe(name, folder))["day"]


def public_grade(table: pd.DataFrame, name: str, *, folder: Path = DATA) -> pd.Series:
    """The grade of each row's day in `public_on`: `reported`, or `estimated` where a rule or a bound stands in."""
    return publication(table, describe(name, folder))["grade"]


def publication(table: pd.DataFrame, entry: Mapping[str, Any]) -> pd.DataFrame:
    """Day and grade of each row's publication, by the rules of the table's manifest entry."""
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
    return pd.to_datetime(dates.astype("string").map(last_day_of, na_action="ignore")).astype("datetime64[ns]")


@cache
def last_day_of(text: str) -> pd.Timestamp | NaTType:
    """The last day of one (possibly partial) date, missing where it is none. (The same few are asked for often.)"""
    pattern, end = PARTIAL_DATES.get(len(text), (None, None))
    day = pd.to_datetime(text, format=pattern, errors="coerce") if pattern else pd.NaT
    return day + end if end and not pd.isna(day) else day


def through(names: str | Iterable[str], *, folder: Path = DATA) -> str:
    """The last day (ISO) of a table (`"prices"`) or column (`"network.fees_btc"`), or the earliest of several.

    In an edition no later than its day; empty if none of them has a row with a day.
    """
    ends = [_coverage(name, folder)["to"] for name in ([names] if isinstance(names, str) else names)]
    ends = [day for day in ends if day]
    return min([*ends, edition() or ends[0]]) if ends else ""


def early_ends(package: Mapping[str, Any]) -> pd.DataFrame:
    """Columns and series of a manifest's tables that end before their table does, in its order: what is missing since.

    Columns: table, part (name of the column, or value of the series column), ends (ISO day), table_ends.
    """
    rows = []
    for entry in package["resources"]:
        end = entry["coverage"]["to"]
        parts = {name: span["to"] for name, span in entry.get("column_coverage", {}).items()}
        parts |= entry.get("series_end", {})
        rows += [(entry["name"], part, day, end) for part, day in parts.items() if day < end]
    return pd.DataFrame(rows, columns=["table", "part", "ends", "table_ends"])


def newest_row(table: pd.DataFrame, coverage: Mapping[str, str]) -> str:
    """The day (ISO) of a table's newest row, from its rows and the `coverage` of its entry.

    An edition's coverage ends on the edition's day, whatever is in the table: there the newest day in it counts, as
    coverage is counted: of rows that are `filled`, at the last day of a month, quarter or year, by the finest dates.
    """
    column = coverage.get("column", "")
    known = table[table[coverage["filled"]].notna()] if "filled" in coverage else table
    if not (edition() and column and known[column].notna().any()):
        return coverage["to"]
    length = known[column].astype("string").str.len()
    return min(coverage["to"], f"{last_day(known[column])[length == length.max()].max():%Y-%m-%d}")


def shared_end(rows: pd.DataFrame) -> pd.Timestamp:
    """The last day on which every series (`symbol`) of some closes has a row, missing if there is none."""
    series = rows.groupby("date").size()
    return series[series == rows["symbol"].nunique()].index.max()


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


def text_checksum(path: Path) -> str:
    """The checksum of a text whose line ends may be those of Windows: git stores it with others."""
    return checksum(path.read_bytes().replace(b"\r\n", b"\n"))


def digest(value: Any) -> str:
    """A short content hash of anything that JSON can hold."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def typed(path: Path, entry: Mapping[str, Any]) -> pd.DataFrame:
    """A table read with the types of its manifest entry, its bytes unverified."""
    return converted(pd.read_csv(path, dtype="string", keep_default_na=False, na_values=[""]), entry)


def converted(raw: pd.DataFrame, entry: Mapping[str, Any]) -> pd.DataFrame:
    """A table of text with the types of its manifest entry; raises `TableError` that names the first wrong cell."""
    fields = {field["name"]: field for field in entry["schema"]["fields"]}
    return pd.DataFrame({name: _convert(raw[name], fields[name], entry["path"]) for name in fields})


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
