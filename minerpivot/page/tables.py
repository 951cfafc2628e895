"""Tables as a page shows them: a finding for a caption, few columns, and the whole frame behind named links.

A table is stored in its notebook once, as JSON: the frame's values and how each column is shown. The page's markup
and the files to download are made of it when the site is built; JupyterLab and GitHub show the HTML beside it.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Any

import pandas as pd
from IPython.display import display

from minerpivot.page.words import provenance, rounded

TABLE_MIME = "application/vnd.minerpivot.table+json"
PHONE, TABLET, DESK = 3, 4, 6  # columns beside the row's heading, at most; a tablet shows the first so many
SHAPES = ("holds", "open", "against")  # of a verdict: a dot, a ring, a square
EMPTY = "–"
SEARCHED = 12  # rows from which a table is searched and sorted; a shorter one is read

MISSING = {
    "title": "say the finding in one sentence",
    "unit": "say unit and scope (Return to 7 October 2026, %)",
    "sources": 'name the tables behind it (sources="deals")',
    "phone": "name the columns, at most three, that carry the finding on a phone",
}

Stored = dict[str, Any]


def show(
    frame: pd.DataFrame,
    name: str,
    *,
    title: str = "",
    unit: str = "",
    sources: str | Sequence[str] = (),
    phone: Sequence[str] = (),
    desk: Sequence[str] = (),
    heads: Mapping[str, str] | None = None,
    formats: Mapping[str, str] | None = None,
    second: Mapping[str, str] | None = None,
    verdicts: Mapping[str, Mapping[str, str]] | None = None,
    note: str = "",
    interactive: bool = False,
    anchors: str = "",
) -> None:
    """Show a table; a fault in what is asked for is one `ValueError` that names table, field and mend.

    frame     one row a line; its first column heads the row and always shows. All columns are in the downloads.
              A cell is a number, text, day, flag, `(text, address)` for a link, or missing (shown as a dash).
    name      the anchor (`{numref}`) and the name of the files: small letters, digits and hyphens
    title     the finding, as a caption; `unit` is its second line: unit and scope ("Return to 7 October 2026, %")
    sources   tables (`"deals"`) or columns (`"network.fees_btc"`) behind it; "datapackage" for the manifest's facts
    phone     columns that a phone shows beside the first, at most three; a desk shows these and those of `desk`, at
              most six beside the first, all in the order of the frame
    heads     what stands over a column where its name will not do, with the unit ("Income, $ per PH/s per day")
    formats   format strings (`"{:.1f}"`, `"{:+,.0f}"`); else whole numbers from ten up, one decimal from one up, else
              two, by the largest of the column. A minus is always a real one.
    second    column -> another one whose cell stands small below (`{"price": "day"}`): a date, period or grade
    verdicts  column -> what each of its words means: "holds" (dot), "open" (ring) or "against" (square); numbers may
              stand among the words
    note      a caveat below the table, before the names of its sources
    interactive  a narrow screen has the wider columns behind "more"; from `SEARCHED` rows on, sort, filter and search
                 on a page with scripts
    anchors   a column that gives each row the name by which a link leads to it
    """
    heads, formats, second, verdicts = heads or {}, formats or {}, second or {}, verdicts or {}
    columns = [str(column) for column in frame.columns]
    _require(name, title=title, unit=unit, sources=sources, phone=phone)
    _know(name, columns, phone=phone, desk=desk, heads=heads, formats=formats, verdicts=verdicts, second=second)
    _know(name, columns, second=list(second.values()), anchors=[anchors] if anchors else [])
    screens = _screens(name, columns, phone, desk)
    rows = [
        [_plain(value, name, column) for value, column in zip(row, columns)]
        for row in frame.astype(object).itertuples(index=False, name=None)
    ]
    stored: Stored = {"name": name, "title": title, "unit": unit, "note": f"{note} {provenance(sources)}".strip()}
    stored["columns"] = [
        {"name": column}
        | ({"head": heads[column]} if column in heads else {})
        | ({"shown": screens[column]} if column in screens else {})
        | ({"second": second[column]} if column in second else {})
        | _manner(name, column, [row[place] for row in rows], formats.get(column), verdicts.get(column))
        for place, column in enumerate(columns)
    ]
    stored["rows"] = rows
    if interactive:
        stored["interactive"] = True
    if anchors:
        stored["anchors"] = anchors
    html = (
        f'<table id="{name}"><caption>{escape(title)}<br>{escape(unit)}</caption>{markup(stored)}</table>'
        f"<p>{escape(stored['note'])}</p>"
    )
    display({TABLE_MIME: stored, "text/html": html, "text/plain": f"{title}. {unit}"}, raw=True)


def markup(stored: Stored) -> str:
    """The head and body of a stored table as HTML; `w` and `ww` name columns for wider screens, others wait."""
    columns = stored["columns"]
    place = {column["name"]: number for number, column in enumerate(columns)}
    shown = [column for column in columns if "shown" in column]

    def content(row: list[Any], column: Stored) -> str:
        value, below = row[place[column["name"]]], place.get(column.get("second", ""))
        text = _text(value, column)
        if below is not None and row[below] is not None:
            small = _text(row[below], columns[below])
            if "number" in _classes(column, value):  # these do not wrap by themselves
                small = small.replace(", ", ",<br>")
            text += f"<small>{small}</small>"
        return text

    def cell(row: list[Any], column: Stored) -> str:
        value, text = row[place[column["name"]]], content(row, column)
        if stored.get("interactive") and column is columns[0]:
            hidden = [c for c in shown if c["shown"] and row[place[c["name"]]] is not None]
            text += _rest([(str(c.get("head", c["name"])), content(row, c)) for c in hidden])
        order = f' data-order="{"" if value is None else value}"' if _sortable(stored, column, value) else ""
        start, end = ('th scope="row"', "th") if column is columns[0] else ("td", "td")
        return f"<{start}{_classes(column, value)}{order}>{text}</{end}>"

    heads = (f'<th scope="col"{_classes(c)}>{escape(c.get("head", c["name"]))}</th>' for c in shown)
    anchor = place.get(stored.get("anchors", ""))
    ids = ["" if anchor is None else f' id="{escape(str(row[anchor]), quote=True)}"' for row in stored["rows"]]
    rows = (
        f"<tr{name}>{''.join(cell(row, column) for column in shown)}</tr>" for name, row in zip(ids, stored["rows"])
    )
    return f"<thead><tr>{''.join(heads)}</tr></thead><tbody>{''.join(rows)}</tbody>"


def _rest(hidden: list[tuple[str, str]]) -> str:
    """What a narrow screen does not show of a row, behind "more"."""
    lines = "".join(f"<dt>{escape(name)}</dt><dd>{text}</dd>" for name, text in hidden)
    return f'<details class="rest"><summary>more</summary><div><dl>{lines}</dl></div></details>' if hidden else ""


def _sortable(stored: Stored, column: Stored, value: Any) -> bool:
    """Whether a page's script needs the number itself to sort by."""
    return bool(stored.get("interactive") and column.get("number")) and not isinstance(value, str)


def as_csv(stored: Stored) -> str:
    """The whole table as CSV; a link is two columns, its text and its address. No text runs as a formula."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([inert(value) for value in row] for row in _whole(stored))
    return text.getvalue()


def inert(value: Any) -> Any:
    """A cell of a download; a text that a spreadsheet would compute gets an apostrophe before it, as they write it."""
    return f"'{value}" if isinstance(value, str) and re.match(r"[=+@\t\r]|-(?![\d.])", value) else value


def is_link(address: str) -> bool:
    """Whether an address leads to a page: of the web, or of the site; a script or a file of the reader's does not."""
    return re.match(r"https?://|[^:]*$", address) is not None


def as_xlsx(*tables_: Stored) -> bytes:
    """Whole tables as one workbook, the same bytes each time: a sheet each, and a last one that says what they are."""
    from xlsxwriter import Workbook  # only the site's builder needs it

    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(file, options) as book:
        book.set_properties({"title": tables_[0]["title"], "created": datetime(2000, 1, 1)})
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        for stored in tables_:
            sheet = book.add_worksheet(stored["name"].capitalize()[:31])  # the most that a sheet's name may have
            head, *rows = _whole(stored)
            sheet.write_row(0, 0, head, bold)
            sheet.freeze_panes(1, 1)
            for number, row in enumerate(rows, 1):
                for place, value in enumerate(row):
                    if _is_day(value):
                        sheet.write_datetime(number, place, datetime.fromisoformat(value), day)
                    else:
                        sheet.write(number, place, value)
            sheet.autofit()
        told = [text for stored in tables_ for text in (stored["title"], stored["unit"], stored["note"])]
        book.add_worksheet("About").write_column(0, 0, told)
    return file.getvalue()


def _whole(stored: Stored) -> list[list[Any]]:
    """Heads and rows of all columns, links as two."""
    linked = [any(isinstance(row[place], list) for row in stored["rows"]) for place in range(len(stored["columns"]))]
    head: list[Any] = []
    for column, link in zip(stored["columns"], linked):
        head += [column["name"], f"{column['name']}_address"] if link else [column["name"]]
    rows = []
    for row in stored["rows"]:
        cells: list[Any] = []
        for value, link in zip(row, linked):
            pair = value if isinstance(value, list) else [value, None]
            cells += pair if link else [value]
        rows.append(cells)
    return [head, *rows]


# --- what is asked for ------------------------------------------------------------------------


def _fault(name: str, field: str, problem: str, mend: str) -> ValueError:
    return ValueError(f"table {name!r}: {field} {problem}; {mend}")


def _require(name: str, **given: str | Sequence[str]) -> None:
    """Refuse a table without what every reader needs."""
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise _fault(name, "name", "is no anchor", "write small letters, digits and hyphens (income-by-month)")
    for field, value in given.items():
        if not (value.strip() if isinstance(value, str) else value):
            raise _fault(name, field, "is missing", MISSING[field])


def _know(name: str, columns: list[str], **asked: Iterable[str]) -> None:
    """Refuse to speak of columns that the frame does not have."""
    if len(set(columns)) < len(columns):
        raise _fault(name, "frame", "has two columns of one name", "rename one")
    for field, wanted in asked.items():
        if isinstance(wanted, str):
            raise _fault(name, field, f"is the text {wanted!r}", f"write a list ([{wanted!r}])")
        for column in wanted:
            if column not in columns:
                raise _fault(name, field, f"names {column!r}", f"the columns are {', '.join(columns)}")


def _screens(name: str, columns: list[str], phone: Sequence[str], desk: Sequence[str]) -> dict[str, str]:
    """The class of each column that shows: none on all screens, `w` from a tablet on, `ww` on a desk."""
    beside = [column for column in columns[1:] if column in {*phone, *desk}]
    wider = [column for column in beside if column not in phone]
    narrow = len(beside) - len(wider)
    for field, count, most in (("phone", narrow, PHONE), ("desk", len(beside), DESK)):
        if count > most:
            mend = "keep those that carry the finding; the downloads have all"
            raise _fault(name, field, f"shows {count} columns beside the first, at most {most} can be read", mend)
    screens = {columns[0]: ""} | {column: "" for column in beside if column not in wider}
    return screens | {column: "w" if place < TABLET - narrow else "ww" for place, column in enumerate(wider)}


def _plain(value: Any, name: str, column: str) -> Any:
    """A cell as JSON can hold it: None, a flag, a number, text (a day in ISO), or text and address."""
    if isinstance(value, (tuple, list)):
        text, address = value if len(value) == 2 else ("", "")
        if not text or not address or str(text).strip().lower() in ("source", "link", "here"):
            raise _fault(name, column, f"has the link {value!r}", "write (document and day, address)")
        return [str(text), str(address)]
    if pd.isna(value):
        return None
    if isinstance(value, date):  # pandas' days are such
        return value.isoformat().removesuffix("T00:00:00")
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and math.isinf(value):
        raise _fault(name, column, f"holds {value}", "compute it or leave it empty")
    if isinstance(value, str) and re.match(r"https?://", value):
        raise _fault(name, column, f"has the bare address {value!r}", "write (document and day, address)")
    return rounded(value) if isinstance(value, bool | int | float) else str(value)


def _manner(
    name: str, column: str, cells: list[Any], pattern: str | None, words: Mapping[str, str] | None
) -> dict[str, Any]:
    """How a column's cells are shown: the format of its numbers, the meaning of its words."""
    verdicts = dict(words or {})
    for word, shape in verdicts.items():
        if shape not in SHAPES:
            raise _fault(name, "verdicts", f"gives {word!r} the shape {shape!r}", f"the shapes are {', '.join(SHAPES)}")
    strange = [cell for cell in cells if isinstance(cell, str) and cell not in verdicts]
    if words is not None and strange:
        raise _fault(name, "verdicts", f"has no meaning for {strange[0]!r} in {column!r}", f"say one of {SHAPES}")
    known = [cell for cell in cells if cell is not None]
    numbers = [cell for cell in known if _is_number(cell)]
    if pattern is not None and known and not numbers:
        raise _fault(name, "formats", f"has {pattern!r} for {column!r}, which holds no numbers", "leave it out")
    manner: dict[str, Any] = {"words": verdicts} if verdicts else {}
    if numbers:
        manner["format"] = _format(name, column, numbers, pattern)
        if all(_is_number(cell) or (isinstance(cell, str) and cell in verdicts) for cell in known):
            manner["number"] = True
    return manner


def _format(name: str, column: str, numbers: list[float], pattern: str | None) -> str:
    """The format string of a column, made for its largest number unless one is given."""
    if pattern is None:
        largest = max(map(abs, numbers))
        whole = all(isinstance(number, int) for number in numbers)
        return "{:,}" if whole else "{:,.0f}" if largest >= 10 else "{:.1f}" if largest >= 1 else "{:.2f}"
    try:
        if pattern.format(numbers[0]) != pattern:
            return pattern
        problem = "it shows no number"
    except (ValueError, IndexError, KeyError) as error:
        problem = str(error)
    raise _fault(name, "formats", f"has {pattern!r} for {column!r} ({problem})", 'write one like "{:.1f}"')


# --- cells ------------------------------------------------------------------------------------


def _text(value: Any, column: Stored) -> str:
    """A cell as HTML."""
    if value is None:
        return EMPTY
    if isinstance(value, list):
        text, address = value
        return f'<a href="{escape(address, quote=True)}">{escape(text)}</a>' if is_link(address) else escape(text)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if _is_number(value):
        return escape(with_minus(column["format"].format(value)))
    if value in column.get("words", ()):
        return f'<span class="verdict {column["words"][value]}">{escape(value)}</span>'
    return escape(value)


def with_minus(text: str) -> str:
    """A formatted number with a real minus sign, and none before a zero."""
    if not re.search(r"[1-9]", text):
        text = re.sub(r"[-+](?=[\d.])", "", text)
    return re.sub(r"([$€]?)-(?=[\d.$€])", r"−\1", text)


def _classes(column: Stored, value: Any = None) -> str:
    kinds = ["number" if column.get("number") else "date" if _is_day(value) else "", column["shown"]]
    names = " ".join(filter(None, kinds))
    return f' class="{names}"' if names else ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_day(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) is not None
