"""What makes a row of one table possible: the rules that its metadata declare, and the row's neighbours in a series.

`data/<table>.yml` may hold
- `rules`: `{rule: low_usd_bn <= high_usd_bn, mend: swap them}`. An expression over the row's columns that counts where
  all of them are filled. `when` limits it to some rows; `filled` or `empty` in place of `rule` lists columns;
  `begins: {deal_id: "{ticker}-"}` says with which other cells a text begins. Dates count in days, a year or month from
  its last day (`earliest_announced_on`: from its first); `today` is the UTC day.
- `series`: `{of: close, by: [symbol], along: date, outlier: 2.5, step: 3, gap_days: 10}`. A value that leaves its
  neighbours on both sides by the factor `outlier`, differs from the one before by the factor `step`, or comes later
  than `gap_days` after it, is refused, and with `unbroken: true` an empty cell between filled ones. Splits are taken
  into account; `when` limits it to some rows, whose neighbours may be any. `hold` is the factor from one value to the
  next from which a refresh asks a person first.
- `accepted`: `{row: IREN|2026-01-28, field: close, value: "5.1", why: ...}`. A true value that breaks a rule or leaves
  its series: its row's key (cells joined by a bar), field and value as written, and why it is right.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from typing import Any
from unicodedata import is_normalized

import numpy as np
import pandas as pd

from minerpivot.data.tables import PARTIAL_DATE, last_day, on_basis, row_keys

SHORTEST = 60  # characters of a value that a message shows
LARGEST = 1e15  # no quantity of these tables comes near it in its unit: difficulty is 1.5e14
EARLIEST = "2009-01-03"  # bitcoin's first block: nothing here is older
NUMBER = r"-?\d+(\.\d+)?([eE][+-]?\d+)?"  # Decimal would take 1_000, ٣ and inf as well
INTEGER = r"-?\d+"
GARBAGE = re.compile(  # control, unseen, lost, and the wide letters and figures of an East Asian keyboard
    "[\x00-\x1f\x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060\ufffd\ufeff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]"
)
ALPHABETS = re.compile(  # Latin letters beside Greek capitals or Cyrillic ones in a word, of which many look alike
    "[A-Za-z][\u0391-\u03a5\u0400-\u04ff]|[\u0391-\u03a5\u0400-\u04ff][A-Za-z]"
)
NOTHING = {  # in words of programs and people, who write unknown only where it is an answer
    *("nan", "none", "null", "n/a", "#n/a", "#ref!", "#value!", "#div/0!", "undefined"),
    *("-", "--", "–", "—", "?", "??", "???", "...", "…", "tbd", "tba", "n.a.", "nil"),
}


def quoted(value: object) -> str:
    """A value in quotation marks, cut if it is long, so that no cell fills the screen."""
    text = f"{value}"
    return repr(text) if len(text) <= SHORTEST else f"{text[:SHORTEST]!r}... ({len(text):,} characters)"


@dataclass(frozen=True)
class Fault:
    """One fact that cannot be: where it stands (0-based row, cells by field), what is wrong, and how to mend it."""

    table: str
    row: int
    cells: Mapping[str, object]
    wrong: str
    mend: str

    def __str__(self) -> str:
        cells = " and ".join(f"{name} is {quoted(value)}" for name, value in self.cells.items())
        return f"data/{self.table}.csv row {self.row + 2}: {cells}, {self.wrong}; {self.mend}"


@dataclass(eq=False)
class Table:
    """A table whose form and types are known to be right: its cells as text (empty: missing) and as typed."""

    entry: Mapping[str, Any]
    raw: pd.DataFrame
    typed: pd.DataFrame
    today: str
    fields: dict[str, Mapping[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.fields = {item["name"]: item for item in self.entry["schema"]["fields"]}

    @property
    def name(self) -> str:
        """The table's name."""
        return self.entry["name"]

    @cached_property
    def keys(self) -> pd.Series:
        """Each row's primary key, cells joined by a bar."""
        return row_keys(self.raw, self.entry)

    @cached_property
    def numbers(self) -> pd.DataFrame:
        """The columns as rules see them: numbers as floats, dates as days since 1970, text as it stands."""
        columns: dict[str, Any] = {}
        for name, said in self.fields.items():
            if said["type"] in ("number", "integer"):
                columns[name] = self.typed[name].astype("float64")
            elif is_date(said):
                columns[name] = days(last_day(self.typed[name]))
                columns[f"earliest_{name}"] = days(first_day(self.raw[name]))
            else:
                columns[name] = self.typed[name].astype(object).where(self.typed[name].notna(), None)
        columns["today"] = float(pd.Timestamp(self.today).value // 86_400_000_000_000)
        return pd.DataFrame(columns, index=self.typed.index)

    def fault(self, row: int, names: list[str] | str, wrong: str, mend: str) -> Fault:
        """A fault in the cells `names` of a row."""
        listed = [names] if isinstance(names, str) else names
        cells = {name: "" if pd.isna(self.raw[name].iloc[row]) else self.raw[name].iloc[row] for name in listed}
        return Fault(self.name, int(row), cells, wrong, mend)

    def where(self, mask: Any, names: list[str] | str, wrong: str, mend: str) -> Iterator[Fault]:
        """The same fault in every row of a mask."""
        for row in np.flatnonzero(pd.array(mask, dtype="boolean").fillna(False).to_numpy(dtype=bool)).tolist():
            yield self.fault(row, names, wrong, mend)


@lru_cache(maxsize=4096)
def found(rule: Callable[..., Iterator[Fault]], *tables: Table | None) -> tuple[Fault, ...]:
    """What a rule finds in these very tables: where a folder is checked again, most of its tables are as they were."""
    return tuple(rule(*tables))


def is_date(said: Mapping[str, Any]) -> bool:
    """Whether a field holds days, months or years."""
    return said["type"] in ("date", "yearmonth") or said.get("constraints", {}).get("pattern") == PARTIAL_DATE


def first_day(text: pd.Series) -> pd.Series:
    """The first day of each (possibly partial) date: 2025 -> 2025-01-01."""
    padded = text.astype("string") + text.astype("string").str.len().map({4: "-01-01", 7: "-01"}).fillna("")
    return pd.to_datetime(padded, format="%Y-%m-%d", errors="coerce")


def days(dates: pd.Series) -> pd.Series:
    """Days since 1970 as floats, NaN where there is none."""
    return (dates.astype("datetime64[ns]") - pd.Timestamp(0)) / pd.Timedelta(days=1)


# --- cells -------------------------------------------------------------------------------------


def unreadable(raw: pd.DataFrame, entry: Mapping[str, Any]) -> Iterator[Fault]:
    """Cells that are no value of any kind, and numbers and dates in a form that programs read differently."""
    for said in entry["schema"]["fields"]:
        cells = raw[said["name"]]
        wrong = {cell: why for cell in cells.dropna().unique() if (why := _unreadable(cell, said))}
        for row in np.flatnonzero(cells.isin(wrong).to_numpy(dtype=bool)) if wrong else []:
            yield Fault(entry["name"], int(row), {said["name"]: cells.iloc[row]}, *wrong[cells.iloc[row]])


def _unreadable(cell: str, said: Mapping[str, Any]) -> tuple[str, str] | None:
    """What is wrong with a filled cell, and the mend."""
    if cell != cell.strip():
        return "with a space or line break at an end", "remove it"
    if "\n" in cell:
        return "with a line break in it", "write it in one line"
    if GARBAGE.search(cell):
        return "with a character that is no letter", "type the text anew"
    if not cell.isascii() and (ALPHABETS.search(cell) or not is_normalized("NFC", cell)):
        return "with a letter that only looks like another", "type the text anew"
    if cell.lower() in NOTHING:
        return "a word for nothing", "an unknown value is an empty cell"
    if said["type"] in ("number", "integer"):
        if not re.fullmatch(INTEGER if said["type"] == "integer" else NUMBER, cell, re.ASCII):
            return f"not {a(said['type'])}", f"expected {expected(said)}"
        if not abs(float(cell)) <= LARGEST:
            return "larger than any quantity here", "correct the number or its unit"
    elif is_date(said):
        form = {"date": r"\d{4}-\d{2}-\d{2}", "yearmonth": r"\d{4}-\d{2}"}.get(said["type"], PARTIAL_DATE)
        if not re.fullmatch(form, cell, re.ASCII):
            return "not a date", f"expected {expected(said)}"
        try:
            date.fromisoformat(f"{cell}{'-01-01'[len(cell) - 10 :] if len(cell) < 10 else ''}")
        except ValueError:
            return "no day of the calendar", "correct the date"
    return None


def misdated(table: Table) -> Iterator[Fault]:
    """News of days to come and days before bitcoin; days that a field excludes.

    A field says `may_lie_ahead: true` of its dates, `month_end: true` of periods, `weekday: true` of reports, and
    `since` from when on it has any: a year too early by ten is one digit.
    """
    for name, said in table.fields.items():
        if not is_date(said):
            continue
        cells = table.raw[name]
        later = pd.Series([not pd.isna(cell) and cell > table.today[: len(cell)] for cell in cells], dtype=bool)
        if not said.get("may_lie_ahead"):
            yield from table.where(later, name, f"later than today, {table.today}", "correct the date")
        day = last_day(table.typed[name])
        if said.get("month_end"):
            within = day.notna() & (day != day + pd.offsets.MonthEnd(0))
            yield from table.where(within, name, "no end of a month", "correct the date")
        if said.get("weekday"):
            yield from table.where(day.dt.day_of_week > 4, name, "at a weekend", "correct the date")
        early = day < pd.Timestamp(EARLIEST)
        yield from table.where(early, name, f"before bitcoin began, {EARLIEST}", "correct the date")
        if "since" in said:
            mend = f"correct the date, or move since in data/{table.name}.yml"
            early = ~early & (day < pd.Timestamp(said["since"]))
            yield from table.where(early, name, f"before {said['since']}, where this table begins", mend)


def nearly_twice(table: Table) -> Iterator[Fault]:
    """Rows whose keys differ by case, by spaces or the form of a sign, or by the slash at an address's end."""
    keys = row_keys(table.raw.fillna(""), table.entry)
    plain = keys.str.normalize("NFKC").str.casefold().str.replace(r"\s+|/(?=\||$)", "", regex=True)
    key = table.entry["schema"]["primaryKey"]
    for row in np.flatnonzero(plain.duplicated().to_numpy()).tolist():
        first = int(np.flatnonzero((plain == plain.iloc[row]).to_numpy())[0]) + 2
        words = f"which is the key of row {first} in other letters"
        yield table.fault(row, key, words, "remove one of the two, or give each a key of its own")


def a(kind: str) -> str:
    """The word with its article."""
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def expected(said: Mapping[str, Any]) -> str:
    """What a field takes, in words."""
    limits = said.get("constraints", {})
    words = {"minimum": "at least", "maximum": "at most"}
    if "enum" in limits:
        parts = [f"one of {', '.join(map(str, limits['enum']))}"]
    elif limits.get("pattern") == PARTIAL_DATE:
        parts = ["a date as YYYY-MM-DD, YYYY-MM or YYYY"]
    else:
        form = {"date": "a date as YYYY-MM-DD", "yearmonth": "a month as YYYY-MM"}
        form |= {"string": "an address that begins with https://"} if said.get("format") == "uri" else {}
        parts = [form.get(said["type"], a(said["type"]))]
        parts += [f"{word} {limits[key]}" for key, word in words.items() if key in limits]
        parts += [f"of the form {limits['pattern']}"] if "pattern" in limits else []
    parts += ["a value of its own"] if limits.get("unique") else []
    end = ", or an empty cell" if not limits.get("required") else "" if "enum" in limits else ", not an empty cell"
    return " and ".join(parts) + end


# --- rules -------------------------------------------------------------------------------------


def names(expression: str) -> list[str]:
    """The columns that an expression names, in their order; raises `ValueError` if it is no plain comparison."""
    try:
        tree = ast.parse(expression, mode="eval")
    except (SyntaxError, ValueError):
        raise ValueError("is no expression") from None
    calls = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        called = isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id == "abs")
        if called or isinstance(node, (ast.Attribute, ast.Subscript, ast.Lambda, ast.NamedExpr, ast.comprehension)):
            raise ValueError("may compare, add, multiply and take abs(), no more")
    found = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in calls]
    found.sort(key=lambda name: re.search(rf"\b{name}\b", expression).start())  # pyrefly: ignore[missing-attribute]
    return list(dict.fromkeys(found))


def holds(expression: str, frame: pd.DataFrame) -> np.ndarray:
    """Where an expression is true, as booleans; a comparison with a missing cell is not."""
    used = frame[names(expression)]
    result = np.asarray(used.eval(expression, engine="python", parser="pandas", local_dict={}, global_dict={}))
    if result.dtype != bool or result.shape != (len(frame),):
        raise ValueError("is not true or false in each row")
    return result


def broken(rule: Mapping[str, Any], frame: pd.DataFrame, raw: pd.DataFrame) -> tuple[np.ndarray, list[str], str]:
    """The rows that break a rule, the cells it speaks of, and the rule in words."""
    asked = holds(rule["when"], frame) if "when" in rule else np.ones(len(frame), dtype=bool)
    about = [name for name in names(rule.get("when", "")) if name in raw] if "when" in rule else []
    clause = f" where {rule['when']}" if "when" in rule else ""
    if "rule" in rule:
        used = names(rule["rule"])
        present = frame[used].notna().all(axis=1).to_numpy()
        cells = list(dict.fromkeys(name.removeprefix("earliest_") for name in used if name != "today"))
        return asked & present & ~holds(rule["rule"], frame), cells, f"must keep {rule['rule']}{clause}"
    if "begins" in rule:
        ((name, form),) = rule["begins"].items()
        used = re.findall(r"{(\w+)}", form)
        wanted = [form.format(**dict(zip(used, row))) for row in raw[used].fillna("").to_numpy()]
        wrong = [not pd.isna(cell) and not cell.startswith(start) for cell, start in zip(raw[name], wanted)]
        return asked & np.array(wrong, dtype=bool), [name, *used], f"must begin with {form}{clause}"
    kind = "filled" if "filled" in rule else "empty"
    state = raw[rule[kind]].isna() if kind == "filled" else raw[rule[kind]].notna()
    listed = " and ".join(rule[kind])
    return asked & state.any(axis=1).to_numpy(), [*about, *rule[kind]], f"must have {listed} {kind}{clause}"


def impossible(table: Table) -> Iterator[Fault]:
    """Rows that break a rule of their table."""
    for rule in table.entry.get("rules", []):
        mask, cells, words = broken(rule, table.numbers, table.raw)
        yield from table.where(mask, list(dict.fromkeys(cells)), words, rule["mend"])


# --- neighbours --------------------------------------------------------------------------------


def outliers(table: Table, splits: Table | None) -> Iterator[Fault]:
    """Values that leave their series: for a moment, from one day to the next, or after a hole."""
    typed = table.typed
    if splits is not None:
        typed = on_basis(typed, table.entry, splits.typed)
    for rule in table.entry.get("series", []):
        yield from _outliers(table, typed, rule)


def _outliers(table: Table, typed: pd.DataFrame, rule: Mapping[str, Any]) -> Iterator[Fault]:
    name, by, along = rule["of"], rule.get("by", []), rule["along"]
    rows = pd.DataFrame({"value": typed[name].astype("float64"), "day": last_day(table.typed[along])})
    rows["group"] = table.raw.groupby(by, dropna=False, sort=False).ngroup() if by else 0
    rows = rows.dropna(subset=["day"]).sort_values(["group", "day"], kind="stable")
    if rule.get("unbroken"):
        grouped = rows.groupby("group")["value"]
        lost = rows["value"].isna() & grouped.ffill().notna() & grouped.bfill().notna()
        for row in rows.index[lost]:
            yield table.fault(row, [*by, along, name], "between filled ones", f"add the value{or_accept(table)}")
    rows = rows.dropna(subset=["value"])
    same, after = rows["group"].eq(rows["group"].shift()), rows["group"].eq(rows["group"].shift(-1))
    before = (rows["value"] / rows["value"].shift()).where(same & (rows["value"] * rows["value"].shift() > 0))
    behind = (rows["value"] / rows["value"].shift(-1)).where(after & (rows["value"] * rows["value"].shift(-1) > 0))
    factor, step, gap = rule.get("outlier", np.inf), rule.get("step", np.inf), rule.get("gap_days", np.inf)
    alone = ((before >= factor) & (behind >= factor)) | ((before <= 1 / factor) & (behind <= 1 / factor))
    leaps = ((before >= step) | (before <= 1 / step)) & ~alone & ~alone.shift(fill_value=False)
    holes = ((rows["day"] - rows["day"].shift()).dt.days > gap) & same
    if "when" in rule:
        asked = pd.Series(holds(rule["when"], table.numbers), index=typed.index)[rows.index]
        alone, leaps, holes = alone & asked, leaps & asked, holes & asked
    what = "this series" if not by else f"the series of {', '.join(by)}"
    for at in np.flatnonzero((alone | leaps | holes).to_numpy()).tolist():
        row = rows.index[at]
        if alone.iloc[at]:
            words = f"{before.iloc[at]:.3g} times the value before it and {behind.iloc[at]:.3g} times the one after it"
            yield table.fault(row, [*by, along, name], words, _mend(table))
        if leaps.iloc[at]:
            words = f"{before.iloc[at]:.3g} times the value before it in {what}, of {rows['day'].iloc[at - 1]:%Y-%m-%d}"
            extra = ", or add the split to data/splits.csv" if "split" in table.fields[name] else ""
            yield table.fault(row, [*by, along, name], words, _mend(table, extra))
        if holes.iloc[at]:
            words = f"{(rows['day'].iloc[at] - rows['day'].iloc[at - 1]).days} days after the value before it in {what}"
            yield table.fault(row, [*by, along], words, f"correct the date, fill the hole{or_accept(table)}")


def _mend(table: Table, extra: str = "") -> str:
    return f"correct the value or its unit{extra}{or_accept(table)}"


def or_accept(table: Table) -> str:
    """How a mend ends where a value may be true."""
    return f", or list row, field, value and why under accepted in data/{table.name}.yml"


def unaccepted(faults: Iterator[Fault], tables: Mapping[str, Table]) -> Iterator[Fault]:
    """The faults whose cells their table's metadata do not accept."""
    accepted = {
        (name, item["row"], item["field"], str(item["value"]))
        for name, table in tables.items()
        for item in table.entry.get("accepted", [])
    }
    for fault in faults:
        key = tables[fault.table].keys.iloc[fault.row] if accepted else ""
        if not any((fault.table, key, name, str(value)) in accepted for name, value in fault.cells.items()):
            yield fault


def needless(table: Table) -> Iterator[str]:
    """What the metadata accept and the table does not hold."""
    for item in table.entry.get("accepted", []):
        rows = table.raw.loc[(table.keys == item["row"]).to_numpy(), item["field"]].fillna("")
        if not (rows == str(item["value"])).any():
            where = f"data/{table.name}.yml: accepts {item['field']} {quoted(item['value'])} of {quoted(item['row'])}"
            yield f"{where}, which the table does not hold; remove it from accepted"
