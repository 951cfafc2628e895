"""Values for the text: what cells compute, and how it reads where a sentence in Markdown names it.

A cell records values under its page's name. Markdown uses them through MyST's substitutions, as in
`{{ halving.level.percent }}`, and in the conditions of `when` blocks. No sentence is written in Python.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import display

from minerpivot.data import tables

STORED = "application/papermill.record/"  # MyST-NB shows no output of this kind
PAGE_MIME = "application/vnd.minerpivot.page+json"  # what a cell shows from here on belongs to a page of its own
OWN = "company"  # the first word of values that each of those pages has for itself
LONGEST_NAME = 8  # words
WORDS = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


class Number(float):
    """A number that knows how it reads; each property gives the same number in another style.

    Without a style: whole from 10, one decimal from 1, two significant digits below, thousands separated.
    """

    style: Mapping[str, Any]

    def __new__(cls, value: float, **style: Any) -> Number:
        """The number `value` in a style."""
        number = super().__new__(cls, value)
        number.style = style
        return number

    def _with(self, **style: Any) -> Number:
        return Number(float(self), **{**self.style, **style})

    def to(self, decimals: int) -> Number:
        """With so many decimals; rounded to tens with -1."""
        return self._with(decimals=decimals)

    @property
    def percent(self) -> Number:
        """30%."""
        return self._with(after="%")

    @property
    def dollars(self) -> Number:
        """$107."""
        return self._with(before="$")

    @property
    def signed(self) -> Number:
        """+11 or −9."""
        return self._with(signed=True)

    @property
    def size(self) -> Number:
        """Without its sign: "fell by 9"."""
        return Number(abs(self), **self.style)

    @property
    def words(self) -> str:
        """A small count in letters, "three"; others in digits."""
        return WORDS[int(self)] if self.is_integer() and 0 <= self < len(WORDS) else str(self)

    def __str__(self) -> str:
        """The number as it is printed."""
        decimals = self.style.get("decimals", _decimals(self))
        digits = f"{abs(round(float(self), decimals)):,.{max(decimals, 0)}f}"
        zero = not any(digit in digits for digit in "123456789")
        sign = "" if zero else "−" if self < 0 else "+" if self.style.get("signed") else ""
        return f"{sign}{self.style.get('before', '')}{digits}{self.style.get('after', '')}"


def _decimals(value: float) -> int:
    if value.is_integer() or abs(value) >= 9.95:
        return 0
    return 1 if abs(value) >= 0.995 else 1 - math.floor(math.log10(abs(value)))


@dataclass(frozen=True, order=True)
class Day:
    """A day that reads as people say it."""

    date: date

    def __str__(self) -> str:
        """7 October 2026."""
        return f"{self.date.day} {self.month}"

    @property
    def month(self) -> str:
        """October 2026."""
        return f"{self.date:%B %Y}"

    @property
    def year(self) -> str:
        """2026."""
        return f"{self.date.year}"

    @property
    def iso(self) -> str:
        """2026-10-07, for tables and files."""
        return self.date.isoformat()


def in_words(day: Any) -> str:
    """A day, also in ISO form, as people say it: 7 October 2026."""
    return str(Day(pd.Timestamp(day)))


class Names(tuple[str, ...]):
    """Names that read as a list: A, B and C."""

    def __str__(self) -> str:
        """The names with commas and "and"."""
        return " and ".join(filter(None, (", ".join(self[:-1]), *self[-1:])))

    @property
    def number(self) -> Number:
        """How many they are."""
        return Number(len(self))


def counted(number: int, noun: str, nouns: str = "") -> str:
    """A count with its noun, which takes an s unless `nouns` is given: one company, two companies."""
    return f"{Number(number).words} {noun if number == 1 else nouns or f'{noun}s'}"


def provenance(sources: str | Sequence[str]) -> str:
    """The sentence that names the tables (`"deals"`) or columns (`"network.fees_btc"`) behind what is shown, each with
    the last day that it covers as a whole, which may lie after what is shown; "datapackage" stands for the manifest's
    own facts."""
    names = [sources] if isinstance(sources, str) else list(sources)
    if names == ["datapackage"]:
        return "Data: the manifest, datapackage.json."
    return f"Data: {'; '.join(dict.fromkeys(map(_reach, names)))}."


def _reach(name: str) -> str:
    """A table or column and its last day; of a table that is dated as a whole that is the day it was compiled."""
    table = tables.describe(name.partition(".")[0])
    compiled = table["public"] and all("compiled" in rule for rule in table["public"])
    day = tables.through(name)
    return f"{table['title']} ({'compiled' if compiled else 'table to'} {in_words(day)})" if day else table["title"]


def rounded(value: Any) -> Any:
    """`value` with every float rounded to ten significant digits, beyond which platforms differ; None if infinite."""
    if isinstance(value, float):
        return float(f"{value:.10g}") if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, (list, tuple)) else value


class UnknownValueError(Exception):
    """A name that no cell records. (Jinja would take an `AttributeError` for something that it may leave out.)"""


class Page:
    """The values of a page by name, as the text sees them."""

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        self._name, self._values = name, dict(values)

    def __getattr__(self, name: str) -> Any:
        """The value of that name; raises `UnknownValueError` with the names that are near."""
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._values:
            near = get_close_matches(name, self._values, n=3)
            hint = f"; near are {', '.join(near)}" if near else ""
            raise UnknownValueError(f"no cell of {self._name} records a value {name!r}{hint}")
        return self._values[name]


class OwnPage:
    """The values of the page that is being read, of pages that have the same names."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self._pages, self._current = dict(pages), [""]

    def turn_to(self, name: str) -> None:
        """Read the values of this page from now on."""
        self._current[0] = name

    def __getattr__(self, name: str) -> Any:
        """The value of that name on the present page."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._pages.get(self._current[0], Page(OWN, {})), name)


def on_page(name: str) -> None:
    """What the cell shows and records from here on belongs to the page `name` of the template's folder."""
    display({PAGE_MIME: {"page": name}, "text/plain": name}, raw=True)


def by_page(rows: Mapping[str, pd.DataFrame]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Page and rows of each page of the template's folder that has any, in turn: what is shown meanwhile is its own."""
    for name, own in rows.items():
        if len(own):
            on_page(name)
            yield name, own


class Values:
    """Records the values of a page, `page` being the first word of their names in the text.

    `sources` (tables, or `table.column`), `as_of` and `grade` hold for every value that names no others: `as_of`
    defaults to the last day that all sources cover, the grade is the weakest of `grade` and those of the sources.
    """

    def __init__(
        self, page: str, *, sources: str | Sequence[str] = (), as_of: str | None = None, grade: str = "derived"
    ) -> None:
        self.page = page
        self.common: dict[str, Any] = {"sources": sources, "as_of": as_of, "grade": grade}

    def number(self, name: str, value: Any, unit: str, **origin: Any) -> None:
        """Record a number with its unit; raises `ValueError` for text, flags, and what is missing or infinite.

        A missing one is a `TableError`: it names the tables, since a fork may leave too little in them to compute it.
        """
        plain = value.item() if hasattr(value, "item") else value
        if plain is None or pd.isna(plain) or plain in (math.inf, -math.inf):
            raise self._missing(f"number {name!r} has no value ({value!r})", origin)
        if isinstance(plain, bool) or not isinstance(plain, Real):
            raise ValueError(f"number {name!r} is {value!r}; give it a number, or record it with fact()")
        self._record(name, rounded(plain), {"kind": "number", "unit": unit}, origin)

    def numbers(self, values: Mapping[str, Any] | pd.Series, unit: str, **origin: Any) -> None:
        """Record numbers of one unit by their names: a mapping, or a row whose labels are the names."""
        for name, value in values.items():
            self.number(str(name), value, unit, **origin)

    def span(
        self, name: str, values: Iterable[Any], unit: str, *, ends: tuple[str, str] = ("low", "high"), **origin: Any
    ) -> None:
        """Record the lowest and the highest of `values` as `<name>_low` and `<name>_high`; nothing if none is known."""
        known = [value for value in values if not pd.isna(value)]
        for end, value in zip(ends, (min(known), max(known)) if known else ()):
            self.number(f"{name}_{end}", value, unit, **origin)

    def fact(self, name: str, value: Any, **origin: Any) -> None:
        """Record a day or month (also in ISO form), a name, a list of names or a flag; sentences are refused."""
        if value == "" or (pd.api.types.is_scalar(value) and pd.isna(value)):
            raise self._missing(f"fact {name!r} has no value ({value!r})", origin)
        kind, plain = _fact(name, value)
        self._record(name, plain, {"kind": kind}, origin)

    def known(self, name: str, value: Any, unit: str = "", **origin: Any) -> None:
        """Record whether there is a value, as the flag `<name>_known`, and if so the value: a number has a unit."""
        self.fact(f"{name}_known", bool(pd.notna(value)), **origin)
        if pd.notna(value):
            self.number(name, value, unit, **origin) if unit else self.fact(name, value, **origin)

    def facts(self, values: Mapping[str, Any], **origin: Any) -> None:
        """Record facts by their names."""
        for name, value in values.items():
            self.fact(name, value, **origin)

    def verdict(self, statement: str, verdict: str, **origin: Any) -> None:
        """Record what the fact check says of a statement, by its key: for `facts.json` and comparisons."""
        self._record(statement, verdict, {"kind": "verdict"}, origin)

    def _missing(self, what: str, origin: Mapping[str, Any]) -> tables.TableError:
        sources = {**self.common, **origin}["sources"]
        named = " and ".join([sources] if isinstance(sources, str) else sources) or "what it is computed from"
        return tables.TableError(
            f"{what}: {named} may hold too few rows for it; add rows, or put the value and its sentence under a "
            "condition, or take the chapter out (its notebook and its line in _toc.yml)"
        )

    def _record(self, name: str, value: Any, said: Mapping[str, Any], origin: Mapping[str, Any]) -> None:
        if unknown := origin.keys() - self.common.keys():
            raise TypeError(f"{name!r} is given {', '.join(unknown)}; a value has sources, as_of and grade")
        if said["kind"] != "verdict" and not name.isidentifier():
            raise ValueError(f"{name!r} is no name that the text can use; write letters, digits and underscores")
        told = {**self.common, **origin}
        sources = [told["sources"]] if isinstance(told["sources"], str) else list(told["sources"])
        if not sources and not told["as_of"]:
            raise ValueError(f"{name!r} has no sources; name the tables that it rests on")
        grades = [tables.describe(source.partition(".")[0])["grade"] for source in sources]
        record = {
            "page": self.page,
            **said,
            "as_of": told["as_of"] or tables.through(sources),
            "grade": tables.weakest([told["grade"], *grades]),
        }
        metadata = {"scrapbook": {"mime_prefix": STORED, "name": name}, "minerpivot": record}
        display({f"{STORED}text/plain": repr(value)}, metadata=metadata, raw=True)


def _fact(name: str, value: Any) -> tuple[str, Any]:
    if isinstance(value, bool | np.bool_):
        return "flag", bool(value)
    if isinstance(value, pd.Period) and value.freqstr == "M":
        return "month", str(value)
    if isinstance(value, date) and not pd.isna(value):  # a Timestamp is a date
        return "day", f"{value:%Y-%m-%d}"
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d(-\d\d)?", value):
        return "day" if len(value) == len("2026-10-07") else "month", value
    if isinstance(value, str) and value.strip():
        *_, last = value.split()  # which in a name that ends with a point is Inc. or S.A.
        if len(value.split()) > LONGEST_NAME or (value.endswith(".") and not last[0].isupper()):
            raise ValueError(
                f"fact {name!r} is a sentence ({value[:60]!r}); write it in Markdown, "
                "in a `when` block if it holds only sometimes"
            )
        return "name", value
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return "names", list(value)
    raise ValueError(f"fact {name!r} is {value!r}; give it a day, a name, a list of names, or True or False")


READ: dict[str, Callable[[Any], Any]] = {
    "number": Number,
    "flag": bool,
    "name": str,
    "names": Names,
    "day": lambda text: Day(date.fromisoformat(text)),
    "month": lambda text: Day(date.fromisoformat(f"{text}-01")).month,
}
