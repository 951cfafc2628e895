"""What was learned later names rows that are there, and values that could be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

import numpy as np
import pandas as pd

from minerpivot.data import rules
from minerpivot.data.metadata import cover
from minerpivot.data.rules import Fault, Table
from minerpivot.data.tables import converted, publication


def learned(knowledge: Table, tables: Mapping[str, Table]) -> Iterator[Fault]:
    """Later knowledge is about a cell that there is, is a value of its field, and comes after the row itself."""
    for name, group in knowledge.raw.groupby("table", sort=False):
        table = tables.get(str(name))
        if table is None:
            mend = f"the tables are {', '.join(sorted(tables))}"
            for row in group.index:
                yield knowledge.fault(row, "table", "no table with sound rows", mend)
            continue
        referred = {key["reference"]["resource"] for key in table.entry["schema"].get("foreignKeys", [])}
        yield from rules.found(_learned, knowledge, table, *(tables[other] for other in tables if other in referred))


@lru_cache(maxsize=256)
def applied(knowledge: Table, table: Table) -> Table:
    """A table with all that became known of its cells by now; of sound knowledge."""
    raw, places = table.raw.copy(), dict(zip(table.keys, table.raw.index))
    for (name, key, field), row in last_told(knowledge).items():
        if name == table.name:
            raw.loc[places[key], field] = knowledge.raw["value"].iloc[row]
    return Table(table.entry, raw, converted(raw, table.entry), table.today)


def last_told(knowledge: Table) -> dict[tuple[str, str, str], int]:
    """The row that tells last of each cell, by table, key and field."""
    rows = knowledge.raw.loc[knowledge.typed["known_on"].sort_values(kind="stable").index]
    return dict(zip(rows[["table", "row", "field"]].itertuples(index=False, name=None), rows.index))


def _learned(knowledge: Table, table: Table, *referred: Table) -> Iterator[Fault]:
    from frictionless import Field

    others = {other.name: other for other in (*referred, table)} | {"": table}
    entry = {**table.entry} | cover(dict(table.entry), table.typed)
    dating = {rule["column"] for rule in table.entry["public"] if "column" in rule}
    key = table.entry["schema"]["primaryKey"]
    dating |= {key} if isinstance(key, str) else set(key)
    dates = publication(table.typed, entry)
    places = {value: place for place, value in enumerate(table.keys)}
    after: dict[tuple[int, pd.Timestamp], pd.Series] = {}  # a row as it stands once all of a day is known
    told: dict[tuple[int, pd.Timestamp], list[int]] = {}
    current: dict[int, pd.Series] = {}
    rows = knowledge.raw["table"] == table.name
    order = knowledge.typed.loc[rows, "known_on"].sort_values(kind="stable").index
    for row in order:
        said = knowledge.raw.iloc[row]
        name, place = said["field"], places.get(said["row"])
        if name not in table.fields:
            yield knowledge.fault(row, ["table", "field"], f"no column of {table.name}", "correct the name")
            continue
        if place is None:
            mend = "name it by its primary key, cells joined by a bar"
            yield knowledge.fault(row, ["table", "row"], f"no row of {table.name}", mend)
            continue
        if name in dating:
            words = "a column that names or dates its row"
            yield knowledge.fault(row, ["table", "field"], words, "correct the row itself")
            continue
        day = dates["day"].iloc[place]
        if dates["grade"].iloc[place] == "reported" and knowledge.typed["known_on"].iloc[row] < day:
            words = f"before the row itself was public, {day:%Y-%m-%d}"
            yield knowledge.fault(row, ["row", "known_on"], words, "correct the day, or the row itself")
        field = table.fields[name]
        plain = {part: field[part] for part in ("name", "type", "format", "constraints") if part in field}
        value = "" if pd.isna(said["value"]) else said["value"]
        _, notes = Field.from_descriptor(plain).read_cell(value)
        one = pd.DataFrame({name: pd.Series([said["value"]], dtype="string")})
        form = list(rules.unreadable(one, {"name": "", "schema": {"fields": [field]}}))
        if notes or form:
            mend = f"expected {rules.expected(field)}"
            yield knowledge.fault(row, ["row", "field", "value"], f"no value of {table.name}.{name}", mend)
            continue
        for foreign in table.entry["schema"].get("foreignKeys", []):
            other = others.get(foreign["reference"]["resource"])
            if foreign["fields"] == name and other is not None and not pd.isna(said["value"]):
                there = other.raw[foreign["reference"]["fields"]]
                if said["value"] not in set(there.dropna()):
                    words = f"not among {foreign['reference']['fields']} of {other.name}"
                    yield knowledge.fault(row, ["field", "value"], words, "add the row there or correct the reference")
        now = current.get(place, table.raw.iloc[place]).copy()
        if value == ("" if pd.isna(now[name]) else now[name]):
            mend = "write what became known, or take the row out"
            yield knowledge.fault(row, ["row", "field", "value"], "which the cell holds already", mend)
        now[name] = said["value"]
        current[place] = now
        moment = (place, knowledge.typed["known_on"].iloc[row])
        after[moment] = now
        told.setdefault(moment, []).append(row)
    if after:
        raw = pd.DataFrame(list(after.values()), columns=table.raw.columns)
        yield from _then_impossible(knowledge, list(told.values()), raw, table)


def _then_impossible(knowledge: Table, told: list[list[int]], raw: pd.DataFrame, table: Table) -> Iterator[Fault]:
    """What a row's own rules say once the later cells are in it, those of one day together (`told`)."""
    raw = raw.astype("string").reset_index(drop=True)
    after = Table(table.entry, raw, converted(raw, table.entry), table.today)
    for rule in table.entry.get("rules", []):
        mask, cells, words = rules.broken(rule, after.numbers, raw)
        for at in np.flatnonzero(mask):
            for row in [row for row in told[at] if knowledge.raw["field"].iloc[row] in cells][:1]:
                words_ = f"after which the row breaks: {words}"
                yield knowledge.fault(row, ["row", "field", "value"], words_, rule["mend"])
