"""Tables as a page shows them: a finding for a caption, few columns, and the whole frame behind named links.

A table is stored in its notebook once, as JSON: the frame's values and how each column is shown. The page's markup
and the files to download are made of it when the site is built; JupyterLab and GitHub show the HTML beside it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Any

import pandas as pd
from IPython.display import display

from minerpivot.page.figures import provenance, rounded

TABLE_MIME = "application/vnd.minerpivot.table+json"
PHONE, TABLET, DESK = 3, 4, 6  # columns beside the row's heading, at most; a tablet shows the first so many
SHAPES = ("holds", "open", "against")  # of a verdict: a dot, a ring, a square
EMPTY = "–"

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
    interactive  sort, filter and search on a page with scripts
    """
    stored = _stored(frame, name, title, unit, sources, phone, desk, heads, formats, second, verdicts, note)
    if interactive:
        stored["interactive"] = True
    html = (
        f'<table id="{name}"><caption>{escape(title)}<br>{escape(unit)}</caption>{markup(stored)}</table>'
        f"<p>{escape(stored['note'])}</p>"
    )
    display({TABLE_MIME: stored, "text/html": html, "text/plain": f"{title}. {unit}"}, raw=True)


def markup(stored: Stored) -> str:
    """The head and body of a stored table as HTML; `w` and `ww` name columns for wider screens, others wait."""
    places = {column["name"]: place for place, column in enumerate(stored["columns"])}
    shown = [(place, column) for place, column in enumerate(stored["columns"]) if "shown" in column]
    head = "".join(
        f'<th scope="col"{_classes(column)}>{escape(column.get("head", column["name"]))}</th>' for _, column in shown
    )
    rows = []
    for row in stored["rows"]:
        cells = []
        for place, column in shown:
            text = _cell(row[place], column)
            if "second" in column:
                below = places[column["second"]]
                if row[below] is not None:
                    text += f"<small>{_cell(row[below], stored['columns'][below])}</small>"
            start, end = ('<th scope="row"', "th") if place == 0 else ("<td", "td")
            cells.append(f"{start}{_classes(column, row[place])}>{text}</{end}>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"


def as_csv(stored: Stored) -> str:
    """The whole table as CSV; a link is two columns, its text and its address."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(_whole(stored))
    return text.getvalue()


def as_xlsx(stored: Stored) -> bytes:
    """The whole table as a workbook, the same bytes each time, with what it is on a second sheet."""
    from xlsxwriter import Workbook  # only the site's builder needs it

    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(file, options) as book:
        book.set_properties({"title": stored["title"], "created": datetime(2000, 1, 1)})
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet("Table")
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
        book.add_worksheet("About").write_column(0, 0, [stored["title"], stored["unit"], stored["note"]])
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


# --- what is stored ---------------------------------------------------------------------------


def _stored(
    frame: pd.DataFrame,
    name: str,
    title: str,
    unit: str,
    sources: str | Sequence[str],
    phone: Sequence[str],
    desk: Sequence[str],
    heads: Mapping[str, str] | None,
    formats: Mapping[str, str] | None,
    second: Mapping[str, str] | None,
    verdicts: Mapping[str, Mapping[str, str]] | None,
    note: str,
) -> Stored:
    """The table as the notebook keeps it, if it is one."""
    heads, formats, second, verdicts = heads or {}, formats or {}, second or {}, verdicts or {}
    columns = [str(column) for column in frame.columns]
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise _fault(name, "name", "is no anchor", "write small letters, digits and hyphens (income-by-month)")
    mends = {
        "title": (title, "say the finding in one sentence"),
        "unit": (unit, "say unit and scope (Return to 7 October 2026, %)"),
        "sources": (sources, 'name the tables behind it (sources="deals")'),
        "phone": (phone, "name the columns, at most three, that carry the finding on a phone"),
    }
    for field, (given, mend) in mends.items():
        if not given or (isinstance(given, str) and not given.strip()):
            raise _fault(name, field, "is missing", mend)
    if len(set(columns)) < len(columns):
        raise _fault(name, "frame", "has two columns of one name", "rename one")
    asked: dict[str, Iterable[str]] = {"phone": phone, "desk": desk, "heads": heads, "formats": formats}
    asked |= {"second": [*second, *second.values()], "verdicts": verdicts}
    for field, wanted in asked.items():
        if isinstance(wanted, str):
            raise _fault(name, field, f"is the text {wanted!r}", "write a list of columns")
        for column in wanted:
            if column not in columns:
                raise _fault(name, field, f"names {column!r}", f"the columns are {', '.join(columns)}")
    beside = [column for column in columns[1:] if column in {*phone, *desk}]
    for field, count, most in (("phone", len({*phone} - {columns[0]}), PHONE), ("desk", len(beside), DESK)):
        if count > most:
            mend = "keep those that carry the finding; the downloads have all"
            raise _fault(name, field, f"shows {count} columns beside the first, at most {most} can be read", mend)
    values = [[_plain(value, name, columns[place]) for place, value in enumerate(row)] for row in _rows(frame)]
    wider = [column for column in beside if column not in phone]
    screens = dict.fromkeys(phone, "") | {
        c: "w" if place <= TABLET - len(phone) else "ww" for place, c in enumerate(wider, 1)
    }
    screens[columns[0]] = ""
    described = []
    for place, column in enumerate(columns):
        cells = [row[place] for row in values]
        words = _words(name, column, cells, verdicts.get(column))
        about: Stored = {"name": column}
        if column in heads:
            about["head"] = heads[column]
        if column in screens:
            about["shown"] = screens[column]
        if (
            place
            and any(_is_number(cell) for cell in cells)
            and all(cell is None or _is_number(cell) or cell in words for cell in cells)
        ):
            about["number"] = True
        if any(_is_number(cell) for cell in cells):
            about["format"] = _format(name, column, cells, formats.get(column))
        elif column in formats and any(cell is not None for cell in cells):
            raise _fault(name, "formats", f"has {column!r}, which holds no numbers", "leave it out")
        if column in second:
            about["second"] = second[column]
        if words:
            about["words"] = words
        described.append(about)
    said = f"{note.strip()} {provenance([] if sources == 'datapackage' else list(_listed(sources)))}".strip()
    return {"name": name, "title": title, "unit": unit, "note": said, "columns": described, "rows": values}


def _fault(name: str, field: str, problem: str, mend: str) -> ValueError:
    return ValueError(f"table {name!r}: {field} {problem}; {mend}")


def _listed(names: str | Sequence[str]) -> Sequence[str]:
    return [names] if isinstance(names, str) else names


def _rows(frame: pd.DataFrame) -> Iterable[tuple[Any, ...]]:
    return frame.astype(object).itertuples(index=False, name=None)


def _plain(value: Any, name: str, column: str) -> Any:
    """A cell as JSON can hold it: None, a flag, a number, text (a day in ISO), or text and address."""
    if isinstance(value, tuple | list):
        text, address = value if len(value) == 2 else ("", "")
        if not text or not address or str(text).strip().lower() in ("source", "link", "here"):
            raise _fault(name, column, f"has the link {value!r}", "write (document and day, address)")
        return [str(text), str(address)]
    if pd.isna(value):
        return None
    if isinstance(value, date):  # pandas' days are such
        text = value.isoformat()
        return text.removesuffix("T00:00:00") if isinstance(value, datetime) else text
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, str) and re.match(r"https?://", value):
        raise _fault(name, column, f"has the bare address {value!r}", "write (document and day, address)")
    return rounded(value) if isinstance(value, bool | int | float) else str(value)


def _words(name: str, column: str, cells: list[Any], meaning: Mapping[str, str] | None) -> dict[str, str]:
    """What a column's verdicts mean; each that it holds has to have a meaning."""
    for word, shape in (meaning or {}).items():
        if shape not in SHAPES:
            raise _fault(name, "verdicts", f"gives {word!r} the shape {shape!r}", f"the shapes are {', '.join(SHAPES)}")
    for cell in cells if meaning else ():
        if isinstance(cell, str) and cell not in (meaning or {}):
            raise _fault(name, "verdicts", f"has no meaning for {cell!r} in {column!r}", "add it")
    return dict(meaning or {})


def _format(name: str, column: str, cells: list[Any], pattern: str | None) -> str:
    """The column's format string, made for its largest number unless one is given."""
    numbers = [cell for cell in cells if _is_number(cell)]
    if pattern is None:
        largest = max(map(abs, numbers))
        whole = all(isinstance(number, int) for number in numbers)
        pattern = "{:,}" if whole else "{:,.0f}" if largest >= 10 else "{:.1f}" if largest >= 1 else "{:.2f}"
    try:
        shown = pattern.format(numbers[0])
    except (ValueError, IndexError, KeyError) as error:
        raise _fault(name, "formats", f"has {pattern!r} for {column!r} ({error})", 'write one like "{:.1f}"') from None
    if shown == pattern:
        raise _fault(name, "formats", f"has {pattern!r} for {column!r}, which shows no number", 'write "{:.1f}"')
    return pattern


# --- cells ------------------------------------------------------------------------------------


def _cell(value: Any, column: Stored) -> str:
    if value is None:
        return EMPTY
    if isinstance(value, list):
        text, address = value
        return f'<a href="{escape(address, quote=True)}">{escape(text)}</a>'
    if isinstance(value, bool):
        return "yes" if value else "no"
    if _is_number(value):
        return escape(with_minus(column["format"].format(value)))
    if value in column.get("words", {}):
        return f'<span class="verdict {column["words"][value]}">{escape(value)}</span>'
    return escape(value)


def with_minus(text: str) -> str:
    """A formatted number with a real minus sign, and none before a zero."""
    if not re.search(r"[1-9]", text):
        text = re.sub(r"[-+](?=[\d.])", "", text)
    return re.sub(r"-(?=[\d.$€])", "−", text)


def _classes(column: Stored, value: Any = None) -> str:
    kinds = ["number" if column.get("number") else "date" if _is_day(value) else "", column["shown"]]
    names = " ".join(filter(None, kinds))
    return f' class="{names}"' if names else ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_day(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) is not None
