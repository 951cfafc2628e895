"""Prove that the tables are what their metadata say, explain what is not, and record what was proven.

In order: the metadata, each file's form, its types, keys and references (Frictionless), the rules of its rows and
series (`rules`), and what tables say of each other (`consistency`). What cannot be read is not judged further, so that
one mistake is one line.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from minerpivot.data import consistency, edits, metadata, rules
from minerpivot.data.rules import Table, quoted
from minerpivot.data.tables import DATA, TODAY, TableError, checksum, converted, forget, today

SHOWN = 5  # faults of one table that are spelt out: a company without its row would fill hundreds of lines
LONGEST = 20_000  # characters of a cell


def examined(
    folder: Path,
    entries: list[dict[str, Any]],
    names: Iterable[str] | None = None,
    *,
    sealed: Mapping[str, Mapping[str, Any]] | None = None,
) -> tuple[dict[str, Table], list[str]]:
    """The tables (or those of `names`) whose form, types, keys and references hold, and the faults of the others.

    What has the bytes and metadata with which it was `sealed`, or was found sound in this process, has passed
    Frictionless before: of it is asked whether the rows that it refers to are still there.
    """
    tables, faults = {}, {}
    strays = sorted({path.name for path in folder.glob("*.csv")} - {entry["path"] for entry in entries})
    alone = [f"data/{name}: has no metadata; write {Path(name).stem}.yml beside it or remove it" for name in strays]
    asked = [entry for entry in entries if names is None or entry["name"] in names]
    for entry in asked:
        table, found = _read(folder / entry["path"], entry)
        faults[entry["name"]] = _first(found, entry)
        if table is not None:
            tables[entry["name"]] = table
    readable = [entry for entry in entries if entry["name"] in tables or entry not in asked]
    contents = {name: (name, *_content(folder / table.entry["path"], table.entry)) for name, table in tables.items()}
    known = _proven | {(name, said.get("hash"), said.get("metadata_hash")) for name, said in (sealed or {}).items()}
    unproven = [n for n, table in tables.items() if contents[n] not in known or _may_dangle(table, tables, readable)]
    for name, found in _frictionless(folder, readable, unproven).items():
        faults[name] = _first(found, tables[name].entry)
        if not found:
            _proven.add(contents[name])
    for name in [name for name in tables if faults[name]]:
        del tables[name]
    return tables, [*alone, *(fault for found in faults.values() for fault in found)]


_proven: set[tuple[str, ...]] = set()  # name and checksums of what Frictionless took in this process


def _may_dangle(table: Table, tables: Mapping[str, Table], readable: list[dict[str, Any]]) -> bool:
    """Whether a row may refer to none: its cells do not stand in the other table, or that one is not at hand."""
    for key in table.entry["schema"].get("foreignKeys", []):
        other = key["reference"]["resource"] or table.name
        if other not in tables and any(entry["name"] == other for entry in readable):
            return True
        if other in tables:
            here, there = table.raw[metadata.listed(key["fields"])], tables[other].raw
            there = there[metadata.listed(key["reference"]["fields"])]
            filled = pd.MultiIndex.from_frame(here.dropna(how="all").fillna(""))
            if not filled.isin(pd.MultiIndex.from_frame(there.fillna(""))).all():
                return True
    return False


def judged(tables: Mapping[str, Table], names: Iterable[str] | None = None) -> list[str]:
    """What sound tables say that cannot be: of `names` (default all) alone, and of each other."""
    asked = [table for name, table in tables.items() if names is None or name in names]
    first = (rules.nearly_twice, rules.misdated)
    found = [fault for table in asked for part in first for fault in rules.found(part, table)]
    if not found:  # what a wrong day or a copy contradicts besides is the same mistake
        soft = [fault for table in asked for fault in rules.found(rules.impossible, table)]
        splits = tables.get("splits")
        soft += [fault for table in asked for fault in rules.found(rules.outliers, table, splits)]
        found = list(rules.unaccepted(iter([*soft, *consistency.contradictions(tables)]), tables))
    if not found and "knowledge" in tables:  # and every table and row that it speaks of is there
        found = list(rules.unaccepted(consistency.contradicted_later(tables), tables))
    by_table: dict[str, list[str]] = {}
    for fault in found:
        by_table.setdefault(fault.table, []).append(str(fault))
    needless = [line for table in asked for line in rules.needless(table)]
    return [*(line for name, lines in by_table.items() for line in _first(lines, tables[name].entry)), *needless]


# --- one file ----------------------------------------------------------------------------------


_sound: dict[
    tuple[Any, ...], Table
] = {}  # by content: what this process has found to be a table it need not read again


def _read(path: Path, entry: dict[str, Any]) -> tuple[Table | None, list[str]]:
    """A table whose form is right, its faults if not."""
    known = (path.name, *_content(path, entry), today())
    if known in _sound:
        return _sound[known], []
    try:
        raw = cells(path, entry)
        _as_empty_as_said(path, entry, raw)
    except TableError as error:
        return None, [str(error)]
    found = sorted(rules.unreadable(raw, entry), key=lambda fault: fault.row)
    if found:
        return None, [str(fault) for fault in found]
    try:
        _sound[known] = Table(entry, raw, converted(raw, entry), f"{today():%Y-%m-%d}")
        return _sound[known], []
    except (TableError, ValueError, OverflowError) as error:
        return None, [str(error).splitlines()[0]]


def _content(path: Path, entry: Mapping[str, Any]) -> tuple[str, str]:
    """The checksums of a table, empty where there is none, and of its metadata."""
    return checksum(path.read_bytes()) if path.is_file() else "", entry["metadata_hash"]


def _as_empty_as_said(path: Path, entry: Mapping[str, Any], raw: pd.DataFrame) -> None:
    """Raise `TableError` for a table without rows whose metadata do not say that this is right, or the reverse."""
    if raw.empty and not entry.get("empty"):  # a file that was cut looks alike
        raise TableError(
            f"data/{path.name}: has a header and no rows; restore it with `git checkout data`, or, if none is right, "
            f"write empty: true into {path.stem}.yml"
        )
    if len(raw) and entry.get("empty"):
        raise TableError(f"data/{path.stem}.yml: says empty: true, and data/{path.name} has rows; take that line out")


ADDED = (  # what spreadsheets and editors add that is no part of a table: the sign, what it is
    (b"\xef\xbb\xbf", "a byte order mark"),
    (b"\r", "line ends of Windows or old Macs"),
)


def plain(content: bytes) -> tuple[bytes, list[str]]:
    """A table's bytes without what spreadsheets add to its cells, and what that was."""
    found = [what for sign, what in ADDED if sign in content]
    content = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines = content.split(b"\n")
    while lines and not lines[-1].strip(b" \t,"):
        lines.pop()
    if len(kept := b"\n".join([*lines, b""])) < len(content):
        return kept, [*found, "empty rows at its end"]
    return content, found


def cells(path: Path, entry: Mapping[str, Any]) -> pd.DataFrame:
    """A file's cells as text, empty ones missing; raises `TableError` if it is not a table of the entry's columns."""
    where, restore = f"data/{path.name}", "restore it with `git checkout data`"
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise TableError(f"{where} is missing; {restore}, or remove {path.stem}.yml with it") from None
    except OSError as error:
        raise TableError(f"{where} cannot be read: {error.strerror}; {restore}") from None
    content, _ = plain(content)
    if not content.strip():
        raise TableError(f"{where}: is empty; {restore}")
    if b"\0" in content:
        at = content[: content.index(b"\0")].count(b"\n") + 1
        raise TableError(f"{where} row {at}: holds a NUL byte; save it as plain UTF-8 text, or {restore}")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        at = content[: error.start].count(b"\n") + 1
        raise TableError(f"{where} row {at}: is not UTF-8; save the file as UTF-8") from None
    csv.field_size_limit(2**31 - 1)  # a cell that is too long is told below, with its field
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    try:
        rows.extend(reader)
    except csv.Error as error:
        raise TableError(f"{where} row {len(rows) + 1}: {error}; close or double the quotation mark there") from None
    if not text.endswith("\n"):
        raise TableError(f"{where} row {len(rows)}: has no line end, as if the file were cut off; {restore}, or add it")
    fields = [field["name"] for field in entry["schema"]["fields"]]
    if wrong := _header(rows[0], fields):
        raise TableError(f"{where}: {wrong}")
    for number, row in enumerate(rows[1:], start=2):
        if not any(row):
            raise TableError(f"{where} row {number}: is empty; take the line out")
        if len(row) < len(fields):
            missing = fields[len(row)]
            raise TableError(
                f"{where} row {number}: ends before {missing}; a row needs a comma for each cell that is empty"
            )
        if len(row) > len(fields):
            extra = f"{len(row)} cells for {len(fields)} columns, the last is {quoted(row[-1])}"
            raise TableError(f"{where} row {number}: has {extra}; a text with a comma belongs in quotation marks")
        for name, cell in zip(fields, row):
            if len(cell) > LONGEST:
                raise TableError(
                    f"{where} row {number}: {name} is {quoted(cell)}, longer than any fact; shorten it, "
                    "or close a quotation mark"
                )
    frame = pd.DataFrame(rows[1:], columns=fields, dtype="string")
    return frame.mask(frame == "")


def _header(found: list[str], fields: list[str]) -> str:
    """What is wrong with a table's first row, and the mend; nothing if it names the fields in their order."""
    if found == fields:
        return ""
    first = ",".join(found)
    for sign, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(found) == 1 < len(fields) and sign in first:
            return (
                f"its cells are separated by {name}, not by commas, and its numbers may have lost their points; "
                "`git checkout` it and edit it again as text, or in a spreadsheet that is set to English (USA) and "
                "saves with commas"
            )
    if "" in found and set(found) & set(fields):
        return f"column {found.index('') + 1} has no name; take it out, the comma of each row too, or name it"
    if not set(map(str.strip, found)) & set(fields):
        return f"row 1 is {quoted(first)}, not the header; it must name the columns: {quoted(','.join(fields))}"
    for name in found:
        if name != name.strip() and name.strip() in fields:
            return f"column {quoted(name)} has a space at an end; write {name.strip()!r}"
        if found.count(name) > 1:
            return f"column {quoted(name)} stands {found.count(name)} times; remove all but one"
    missing = [name for name in fields if name not in found]
    unknown = [name for name in found if name not in fields]
    if missing and unknown and found.index(unknown[0]) == fields.index(missing[0]):
        at = fields.index(missing[0]) + 1
        return f"column {at} is {quoted(unknown[0])}, expected {missing[0]!r}; rename it here or in its metadata"
    if missing:
        at = fields.index(missing[0])
        place = f"after {fields[at - 1]!r}" if at else "as the first one"
        return f"has no column {missing[0]!r}, expected {place}; add it with a cell in each row"
    if unknown:
        return f"column {quoted(unknown[0])} is not among the fields of its metadata; remove it or describe it there"
    at = next(at for at, name in enumerate(found) if name != fields[at])
    return f"column {at + 1} is {found[at]!r}, expected {fields[at]!r}; put the columns, cells and all, in their order"


# --- types, keys, references -------------------------------------------------------------------


def _frictionless(folder: Path, entries: list[dict[str, Any]], names: list[str]) -> dict[str, list[str]]:
    """What Frictionless finds in the tables `names`, in words; references to tables not in `entries` are left out."""
    if not names:
        return {}
    from frictionless import FrictionlessException, Package, system

    known = {entry["name"] for entry in entries} | {""}  # "" is the table itself
    keys = {
        entry["name"]: [k for k in entry["schema"].get("foreignKeys", []) if k["reference"]["resource"] in known]
        for entry in entries
        if entry["name"] in names
    }
    needed = {*keys, *(key["reference"]["resource"] for own in keys.values() for key in own)}  # all take longer
    resources = []
    for entry in entries:
        if entry["name"] in needed:
            plain = {key: entry[key] for key in ("name", "path", "profile", "format", "mediatype", "encoding")}
            schema = entry["schema"] | {"foreignKeys": keys.get(entry["name"], [])}
            resources.append(plain | {"schema": schema})
    found: dict[str, list[str]] = {}
    by_name = {entry["name"]: entry for entry in entries}
    with system.use_context(trusted=True):
        try:
            package = Package.from_descriptor({"name": "data", "resources": resources}, basepath=str(folder))
            for name in names:
                report = package.get_resource(name).validate()
                found[name] = [_explain(error, by_name[name]) for task in report.tasks for error in task.errors]
                found[name] += [f"data/{name}.csv: {quoted(error.note)}; see its metadata" for error in report.errors]
        except FrictionlessException as error:
            reasons = error.reasons or [error.error]
            return {name: [f"data/{name}.yml: {reasons[0].note}; correct its schema"] for name in names[:1]}
    return found


def _explain(error: Any, entry: dict[str, Any]) -> str:
    where = f"data/{entry['path']}"
    row, name = getattr(error, "row_number", None), getattr(error, "field_name", None)
    if row is None:
        return f"{where}: {error.note}; correct the file or its metadata"
    mends = {
        "primary-key": "; give each row its own key or remove the copy",
        "foreign-key": "; add the missing row to the other table, correct the reference, or remove this row with it",
    }
    if name is None or error.type in mends:
        note = error.note.replace('lookup table ""', f'table "{entry["name"]}" itself').replace("lookup table", "table")
        return f"{where} row {row}: {note}{mends.get(error.type, '')}"
    said = next(field for field in entry["schema"]["fields"] if field["name"] == name)
    kind = "an address" if said.get("format") == "uri" else rules.a(said["type"])
    note = error.note if error.type != "type-error" else f"not {kind}"
    note = "" if error.type == "constraint-error" else f" ({note})"  # what was expected says it better
    return f"{where} row {row}: {name} is {quoted(getattr(error, 'cell', ''))}{note}; expected {rules.expected(said)}"


def _first(faults: list[str], entry: Mapping[str, Any]) -> list[str]:
    """The first faults of a table, and how many more there are."""
    if len(faults) <= SHOWN:
        return faults
    more = f"{len(faults) - SHOWN} or more besides"
    return [*faults[:SHOWN], f"data/{entry['path']}: {more}; mend these first and run `make check` again"]


# --- sealing -----------------------------------------------------------------------------------


def seal(
    folder: Path = DATA,
    *,
    tell: Callable[[str], object] = lambda line: None,
    also: Callable[[Mapping[str, pd.DataFrame]], Iterable[str]] = lambda tables: (),
) -> list[str]:
    """Validate every table and write the manifest anew; return the tables that changed.

    `also` finds further faults in the typed tables, by name: what a chapter asks of its own.

    Each line of what changed since the tables were last recorded is told before it is written. Raises `TableError`
    listing every fault, or why the disk refused, and then records nothing.
    """
    before, told = edits.recorded(folder)
    authored = metadata.authored(folder, before)
    _late_enough(before)
    for line in _tidied(folder, authored):
        tell(line)
    found, faults = examined(folder, authored, sealed=before)
    faults = faults or judged(found) or [*also({name: table.typed for name, table in found.items()})]
    faults = faults or [*map(str, rules.unaccepted(edits.rewritten(folder, found, before), found))]
    if faults:
        raise TableError("\n".join(faults))
    for line in told:
        tell(line)
    resources = [
        metadata.sealed(folder, entry, before.get(entry["name"]), found[entry["name"]].typed) for entry in authored
    ]
    for line in edits.report(folder, resources, before):
        tell(line)
    for entry in resources:
        if line := metadata.outdated(entry):
            tell(line)
    whole = json.dumps(metadata.package(folder, resources), indent=2, ensure_ascii=False)
    _write(folder / "datapackage.json", f"{whole}\n".encode())
    forget()
    return [entry["name"] for entry in resources if entry != before.get(entry["name"])]


def _tidied(folder: Path, entries: list[dict[str, Any]]) -> Iterator[str]:
    """Write tables anew that hold what spreadsheets add, cell for cell as they were; a line for each."""
    for path in (folder / entry["path"] for entry in entries):
        found: list[str] = []
        with contextlib.suppress(OSError):  # which is told where the table is read
            content, found = plain(path.read_bytes())
        if found and content.strip():
            _write(path, content)
            yield f"data/{path.name}: written anew without {' and '.join(found)}; its cells are as they were"


def _late_enough(before: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse a today before the day on which the tables were last recorded, on which newer rows lie in the future."""
    day, last = f"{today():%Y-%m-%d}", max((entry.get("updated", "") for entry in before.values()), default="")
    if day < last:
        says, mend = ("this machine's clock says", "set it") if TODAY not in os.environ else (f"{TODAY} is", "unset it")
        raise TableError(f"{says} {day}, and the tables were last recorded on {last}; {mend}. Nothing was recorded")


def _write(path: Path, content: bytes) -> None:
    """Replace a file in one step, so that a reader sees the old one or the new one; leaves no draft behind."""
    with contextlib.suppress(OSError):
        if path.read_bytes() == content:
            return  # nor is a folder asked for that may not be written
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        os.replace(draft, path)
    except OSError as error:
        raise TableError(
            f"data/{path.name} cannot be written: {error.strerror}; free some space or make data/ writable. "
            "Nothing was recorded"
        ) from None
    finally:
        with contextlib.suppress(OSError):  # a folder that takes no files holds no draft
            draft.unlink(missing_ok=True)
