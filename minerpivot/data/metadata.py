"""What is written about each table by hand (`data/<table>.yml`), and the manifest that is made of it.

`data/package.yml` describes the whole; `data/datapackage.json`, a Frictionless Data Package, is generated: it adds what
can be counted (hash, rows, coverage) to what an author must say, so that nobody edits it and no fact stands twice.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from minerpivot.data import rules, tables
from minerpivot.data.tables import TableError, checksum, last_day, text_checksum, today, typed

STANDARD = {"profile": "tabular-data-resource", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8"}
QUOTED = "(a text with a colon or another sign of YAML's belongs in quotation marks)"
SHOWN = 5  # faults of one file that are spelt out

KINDS = {"object": "keys and values", "array": "a list", "string": "text", "boolean": "true or false"}  # in words

TEXT = {"type": "string", "minLength": 1}
NAMES = {"anyOf": [TEXT, {"type": "array", "items": TEXT, "minItems": 1}]}
DAY = {"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
LIMITS = {  # the constraints of Frictionless: a misspelt one would never be checked
    "required": {"type": "boolean"},
    "unique": {"type": "boolean"},
    "enum": {"type": "array", "items": {"type": ["string", "number"]}, "minItems": 1},
    "pattern": {"type": "string", "format": "regex"},
    **{name: {"type": ["number", "string"]} for name in ("minimum", "maximum")},
    **{name: {"type": "integer", "minimum": 0} for name in ("minLength", "maxLength")},
}


def _keys(known: dict[str, Any], *required: str, more: bool = True) -> dict[str, Any]:
    """A JSON schema for keys and values."""
    return {"type": "object", "properties": known, "required": list(required), "additionalProperties": more}


def _list(items: dict[str, Any], *, least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least}


FACTOR = {"type": "number", "exclusiveMinimum": 1}
RULE = _keys(
    {
        "when": TEXT, "rule": TEXT, "filled": _list(TEXT, least=1), "empty": _list(TEXT, least=1), "mend": TEXT,
        "begins": {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": TEXT},
    },
    "mend",
    more=False,
) | {"oneOf": [{"required": [kind]} for kind in ("rule", "filled", "empty", "begins")]}  # fmt: skip
SERIES = _keys(
    {
        "of": TEXT, "by": _list(TEXT), "along": TEXT,
        "outlier": FACTOR, "step": FACTOR, "hold": FACTOR, "gap_days": {"type": "number", "minimum": 1},
        "unbroken": {"type": "boolean"}, "when": TEXT,
    },
    "of", "along", more=False,
)  # fmt: skip
FIELD = _keys(
    {
        "name": TEXT, "description": TEXT, "unit": TEXT, "constraints": _keys(LIMITS, more=False), "known_on": TEXT,
        "type": {"enum": ["string", "number", "integer", "date", "year", "yearmonth"]},
        **{name: {"type": "boolean"} for name in ("may_lie_ahead", "month_end", "weekday")}, "since": DAY,
        "market_value": _keys(
            {"day": TEXT, "least": {"type": "number"}, "most": {"type": "number"}}, "day", "least", "most"
        ),
        "split": _keys({"as": {"enum": ["price", "count"]}, "day": TEXT, "ticker": TEXT}, "as", "day", "ticker"),
        "fiscal": _keys({"ends": TEXT, "company": TEXT}, "ends", "company"), "calendar": _keys({"ends": TEXT}, "ends"),
    },
    "name", "type", "description",
)  # fmt: skip
REFERENCE = _keys({"resource": {"type": "string"}, "fields": NAMES}, "resource", "fields")
DESCRIBED = _keys(  # what `data/<table>.yml` must hold
    {
        "title": TEXT, "description": TEXT, "redistribution": TEXT,
        "coverage": _keys({"from": DAY, "to": DAY, "column": TEXT, "filled": TEXT, "series": TEXT, "reached": DAY})
        | {"oneOf": [{"required": ["column"]}, {"required": ["from", "to"]}]},
        "grade": {"enum": ["reported", "derived", "estimated", "scenario"]},
        "public": _list(
            _keys({"column": TEXT, "compiled": DAY, "days": {"type": "integer"}})
            | {"oneOf": [{"required": ["column"]}, {"required": ["compiled"]}]}
        ),
        "notes": _list(_keys({"text": TEXT, "written": DAY, "kind": TEXT}, "text", "written", "kind")),
        "licences": _list(TEXT, least=1), "sources": _list(_keys({"title": TEXT, "since": DAY}, "title"), least=1),
        "empty": {"enum": [True]}, "column_coverage": _list(TEXT), "rules": _list(RULE), "series": _list(SERIES),
        "holes": _list(_keys({"row": TEXT, "why": TEXT}, "row", "why")),
        "accepted": _list(
            _keys(
                {name: {"type": ["string", "number"]} for name in ("row", "value")} | {"field": TEXT, "why": TEXT},
                "row", "field", "value", "why",
            )
        ),
        "schema": _keys(
            {
                "primaryKey": NAMES, "fields": _list(FIELD, least=1),
                "foreignKeys": _list(_keys({"fields": NAMES, "reference": REFERENCE}, "fields", "reference")),
            },
            "primaryKey", "fields",
        ),
    },
    "title", "description", "grade", "public", "coverage", "redistribution", "licences", "sources", "schema",
)  # fmt: skip
PACKAGE = _keys(  # and what `data/package.yml` must
    {"name": TEXT, "title": TEXT, "description": TEXT, "created": TEXT, "licences": _list(TEXT, least=1),
     "updates": {"type": "object", "additionalProperties": _keys(
         {"how": {"enum": ["command", "queue", "hand", "never"]}, "why": TEXT}, "how", "why")},
     "licence_terms": {"type": "object", "minProperties": 1, "additionalProperties": _keys({"title": TEXT}, "title")}},
    "name", "title", "description", "created", "licences", "licence_terms",
)  # fmt: skip


_sound: set[frozenset[tuple[str, str]]] = set()  # metadata, by name and hash, that this process has found to agree


def authored(folder: Path, sealed: Mapping[str, Mapping[str, Any]] | None = None) -> list[dict[str, Any]]:
    """Each table's metadata in the manifest's form, by name, without what is counted.

    Rules that a table had when it was `sealed` are known to work. Raises `TableError` with a line for each thing that
    is missing, of the wrong kind, or names what there is not.
    """
    terms = read(folder / "package.yml", PACKAGE)["licence_terms"]
    entries, faults = [], []
    for path in sorted(folder.glob("*.yml")):
        if path.stem != "package":
            try:
                entries.append(_resource(path, terms))
            except TableError as error:
                faults.append(str(error))
    tables = {entry["name"]: entry for entry in entries}
    content = frozenset((entry["name"], entry["metadata_hash"]) for entry in entries)
    if not faults and content not in _sound:
        for entry in entries:
            found = _unknown(entry, tables)
            if not found and (sealed or {}).get(entry["name"], {}).get("metadata_hash") != entry["metadata_hash"]:
                found = _unworkable(entry)
            faults += [f"data/{entry['name']}.yml: {fault}" for fault in found]
    if faults:
        raise TableError("\n".join(faults))
    _sound.add(content)
    return entries


def _resource(path: Path, terms: dict[str, Any]) -> dict[str, Any]:
    said = read(path, DESCRIBED)
    if unknown := [name for name in said["licences"] if name not in terms]:
        raise TableError(f"data/{path.name}: licence {unknown[0]!r} is not among licence_terms of data/package.yml")
    said["licenses"] = [{"name": name} | terms[name] for name in said.pop("licences")]
    said["metadata_hash"] = text_checksum(path)
    return {"name": path.stem, "path": f"{path.stem}.csv"} | STANDARD | said


def _unknown(entry: dict[str, Any], tables: dict[str, dict[str, Any]]) -> list[str]:
    """What a table's metadata name and nothing has: columns, tables."""
    columns = [field["name"] for field in entry["schema"]["fields"]]
    faults = [f"column {name} is described twice; remove one" for name in {c for c in columns if columns.count(c) > 1}]
    faults += [
        f"{part} names a column {name!r}, which is not among its fields; correct the name"
        for part, name in _named(entry)
        if name not in columns
    ]
    faults += [fault for field in entry["schema"]["fields"] for fault in _unlike(field)]
    reached, now = str(entry["coverage"].get("reached", "")), f"{today():%Y-%m-%d}"
    if reached > now:
        faults.append(f"coverage.reached is {reached}, later than today, {now}; write the day to which you read")
    for key in entry["schema"].get("foreignKeys", []):
        table = key["reference"]["resource"] or entry["name"]
        if table not in tables:
            faults.append(f"foreignKeys refers to a table {table!r}, which has no metadata; correct the name")
            continue
        there = [field["name"] for field in tables[table]["schema"]["fields"]]
        faults += [
            f"foreignKeys refers to a column {name!r} that {table} does not have; correct the name"
            for name in listed(key["reference"]["fields"])
            if name not in there
        ]
        if len(listed(key["fields"])) != len(listed(key["reference"]["fields"])):
            faults.append(f"foreignKeys pairs {key['fields']} with {key['reference']['fields']}; name as many columns")
    return faults


def _unworkable(entry: dict[str, Any]) -> list[str]:
    """The rules that are none: each is tried on a table without rows."""
    asked = [*entry.get("rules", []), *({"rule": one["when"]} for one in entry.get("series", []) if "when" in one)]
    if not asked:
        return []
    empty = pd.DataFrame({field["name"]: pd.Series(dtype="string") for field in entry["schema"]["fields"]})
    numbers = rules.Table(entry, empty, empty.astype(_dtypes(entry)), "2009-01-03").numbers
    faults = []
    for rule in asked:
        try:
            rules.broken(rule, numbers, empty)
        except Exception as error:
            said = rules.quoted(rule.get("rule") or rule.get("when"))
            faults.append(f"the rule {said} cannot be worked out ({error}); correct it")
    return faults


def _unlike(field: dict[str, Any]) -> list[str]:
    """The limits of a field that are no values of its kind, which nothing could be compared with."""
    limits, number = field.get("constraints", {}), field["type"] in ("number", "integer", "year")
    values = [(name, limits[name]) for name in ("minimum", "maximum") if name in limits]
    values += [("enum", value) for value in limits.get("enum", [])]
    wanted = rules.a("number" if number else "text" if field["type"] == "string" else field["type"])
    return [
        f"{name} {rules.quoted(value)} of {field['name']} is no value of its kind; expected {wanted}"
        for name, value in values
        if isinstance(value, str) == number
    ]


def _dtypes(entry: dict[str, Any]) -> dict[str, str]:
    kinds = {"number": "float64", "integer": "Int64", "date": "datetime64[ns]"}
    return {field["name"]: kinds.get(field["type"], "object") for field in entry["schema"]["fields"]}


def _named(entry: dict[str, Any]) -> list[tuple[str, str]]:
    """Every column that a table's metadata name, with the part that does."""
    found = [("primaryKey", name) for name in listed(entry["schema"]["primaryKey"])]
    found += [("public", rule["column"]) for rule in entry["public"] if "column" in rule]
    found += [("coverage", name) for part, name in entry["coverage"].items() if part in ("column", "filled", "series")]
    found += [("column_coverage", name) for name in entry.get("column_coverage", [])]
    found += [("accepted", item["field"]) for item in entry.get("accepted", [])]
    for key in entry["schema"].get("foreignKeys", []):
        found += [("foreignKeys", name) for name in listed(key["fields"])]
    for field in entry["schema"]["fields"]:
        found += [("known_on", field["known_on"])] if "known_on" in field else []
        found += [("split", field["split"][part]) for part in ("day", "ticker") if "split" in field]
        found += [(part, field[part]["ends"]) for part in ("fiscal", "calendar") if part in field]
        if "market_value" in field:
            found += [("market_value", field["market_value"]["day"]), ("market_value", "ticker")]
    for series in entry.get("series", []):
        about = [series["of"], series["along"], *series.get("by", []), *_columns(series.get("when", ""))]
        found += [("series", name) for name in about]
    for rule in entry.get("rules", []):
        about = [*rule.get("filled", []), *rule.get("empty", []), *rule.get("begins", {})]
        about += [name for form in rule.get("begins", {}).values() for name in re.findall(r"{(\w+)}", form)]
        for part in ("rule", "when"):
            about += _columns(rule[part]) if part in rule else []
        found += [("rules", name) for name in about]
    return found


def _columns(expression: str) -> list[str]:
    """The columns of a rule's expression; none if it is no expression, which is told elsewhere."""
    try:
        named = rules.names(expression)
    except ValueError:
        return []
    return [name.removeprefix("earliest_") for name in named if name != "today"]


def listed(value: str | list[str]) -> list[str]:
    """A name, or the names of a list."""
    return [value] if isinstance(value, str) else list(value)


def package(folder: Path, resources: list[dict[str, Any]]) -> dict[str, Any]:
    """The whole manifest around its tables."""
    said = read(folder / "package.yml", PACKAGE)
    terms = said.pop("licence_terms")
    said["licenses"] = [{"name": name} | terms[name] for name in said.pop("licences")]
    return {"profile": "tabular-data-package"} | said | {"resources": resources}


def sealed(
    folder: Path, entry: dict[str, Any], before: dict[str, Any] | None, table: pd.DataFrame | None = None
) -> dict[str, Any]:
    """A table's `entry` with what is counted (in `table`, if it was read): `updated` as `before` for the same bytes."""
    content = (folder / entry["path"]).read_bytes()
    counted = {"hash": checksum(content), "bytes": len(content)}
    same = before and before["hash"] == counted["hash"]
    table = typed(folder / entry["path"], entry) if table is None else table
    updated = before["updated"] if before and same else f"{tables.today():%Y-%m-%d}"
    return entry | counted | {"rows": len(table), "updated": updated} | cover(entry, table)


def cover(entry: dict[str, Any], table: pd.DataFrame) -> dict[str, Any]:
    """The span of a table's dates, and of its columns and series where they end on different days.

    `coverage.filled` names a column whose empty cells mark rows that are expected or incomplete; `coverage.series` one
    whose values (tickers, regions) are series of their own. A bare year in a table of days reaches to December, the
    table does not: only the finest dates end it. `coverage.reached` is the day to which its sources were read, where
    nothing happened since the last row.
    """
    coverage = {key: str(value) for key, value in entry["coverage"].items() if key != "reached"}
    if "column" not in coverage:
        return {"coverage": coverage}
    known = table[table[coverage["filled"]].notna()] if "filled" in coverage else table
    dates = last_day(known[coverage["column"]])
    length = known[coverage["column"]].astype("string").str.len()
    coverage |= {"from": _span(dates)["from"], "to": _span(dates[length == length.max()])["to"]}
    coverage["to"] = max(coverage["to"], str(entry["coverage"].get("reached", "")))
    found: dict[str, Any] = {"coverage": coverage}
    if "filled" in coverage:
        found["unfilled"] = len(table) - len(known)
    if "column_coverage" in entry:
        found["column_coverage"] = {name: _span(dates[known[name].notna()]) for name in entry["column_coverage"]}
    if "series" in coverage:
        ends = dates.groupby(known[coverage["series"]]).max()
        found["series_end"] = {str(name): f"{day:%Y-%m-%d}" for name, day in ends.items()}
    return found


def outdated(entry: dict[str, Any]) -> str:
    """A line if notes on a table were written before it last changed, and so speak of an earlier state."""
    notes = [note for note in entry.get("notes", []) if note["written"] < entry["updated"]]
    if not notes:
        return ""
    kinds = ", ".join(sorted({note["kind"] for note in notes}))
    oldest = min(note["written"] for note in notes)
    says = f"{len(notes)} notes ({kinds}) are" if len(notes) > 1 else f"a {kinds} note is"
    return f"data/{entry['name']}.yml: {says} of {oldest} and older than the table ({entry['updated']}): read again"


def _span(dates: pd.Series) -> dict[str, str]:
    if dates.dropna().empty:
        return {"from": "", "to": ""}
    return {"from": f"{dates.min():%Y-%m-%d}", "to": f"{dates.max():%Y-%m-%d}"}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML in which no key stands twice: of two, as a merge may leave them, one would be lost unseen."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen and isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem=f"{key.value!r} stands twice", problem_mark=key.start_mark)
            seen |= {key.value} if isinstance(key, yaml.ScalarNode) else set()
        return super().construct_mapping(node, deep)


def read(path: Path, schema: dict[str, Any], *, folder: str = "data/") -> dict[str, Any]:
    """Keys and values of a YAML file that a schema describes; raises `TableError` with a line for each fault.

    `folder` is where a reader of the message finds it.
    """
    name = f"{folder}{path.name}"
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        said = yaml.load(text, Loader=_Loader)
    except FileNotFoundError:
        raise TableError(f"{name} is missing; restore it with `git checkout {folder or name}`") from None
    except OSError as error:
        raise TableError(f"{name} cannot be read: {error.strerror}; `git checkout {folder or name}`") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        if "\t" in "".join(text.splitlines()[line - 1 : line]):
            raise TableError(f"{name} line {line}: a tab, where YAML takes spaces; write spaces there") from None
        raise TableError(f"{name} line {line}: {error.problem}; mend the YAML there {QUOTED}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: not UTF-8, or a date of no calendar
        why = " ".join(f"{error}".split())[: rules.SHORTEST]
        raise TableError(f"{name}: {why}; mend the file or `git checkout {name}`") from None
    if not isinstance(said, dict):
        raise TableError(f"{name}: holds no keys and values; `git checkout {name}` restores it")
    said = _with_days_as_text(said)
    checker = Draft202012Validator(schema, format_checker=FormatChecker(["date", "regex"]))
    faults = [f"{name}: {_explain(error)}" for error in checker.iter_errors(said)]
    if faults:
        more = f"{name}: {len(faults) - SHOWN} more besides; mend these first"
        raise TableError("\n".join(faults if len(faults) <= SHOWN else [*faults[:SHOWN], more]))
    return said


def _explain(error: ValidationError) -> str:
    """A fault of the metadata in words: its place, what is there, what was expected."""
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path).lstrip(".")
    where = place or "the file"
    if error.validator == "required":
        missing = error.message.split("'")[1]  # one error for each part that is missing
        return f"{'' if not place else f'{place} '}has no {missing}; write it as in the other tables' metadata"
    if error.validator in ("oneOf", "anyOf"):
        options = [option["required"][0] for option in error.validator_value if "required" in option]
        if not options:
            return f"{where} is {rules.quoted(error.instance)}; expected a name or a list of names"
        return f"{where} must have one of {', '.join(options)}"
    if error.validator == "additionalProperties":
        unknown = next(name for name in error.instance if name not in error.schema["properties"])
        return f"{where} has an unknown part {unknown!r}; expected {', '.join(error.schema['properties'])}"
    wanted = error.validator_value
    if error.validator == "type":
        number = isinstance(error.instance, (int, float)) and wanted == "string"  # as YAML takes a text like 2027
        wanted = " or ".join(KINDS.get(kind, rules.a(kind)) for kind in listed(wanted))
        wanted += " in quotation marks" if number else ""
    elif error.validator == "enum":
        wanted = f"one of {', '.join(map(str, wanted))}"
    elif error.validator == "format":
        wanted = {"date": "a day as YYYY-MM-DD", "regex": "a regular expression"}[wanted]
    elif error.validator == "contains":
        wanted = f"{wanted['const']} among them"
    elif error.validator in ("minItems", "minLength", "minProperties"):
        wanted = "something in it"
    else:
        wanted = f"{error.validator} {wanted}"
    return f"{where} is {rules.quoted(error.instance)}; expected {wanted}"


def _with_days_as_text(value: Any, deep: int = 0) -> Any:
    """YAML reads 2026-11-22 as a date; JSON has only text."""
    if isinstance(value, dict) and deep < 20:  # an anchor can hold itself
        return {str(key): _with_days_as_text(item, deep + 1) for key, item in value.items()}
    if isinstance(value, list) and deep < 20:
        return [_with_days_as_text(item, deep + 1) for item in value]
    return value.isoformat() if isinstance(value, datetime.date) else value
