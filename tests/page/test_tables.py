"""What a table stores in its notebook, how it reads on a page, and what its files hold."""

import io
import json
import math
import re
import zipfile
from datetime import date

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from minerpivot.page import tables

ASKED = {"title": "Rent beats mining", "unit": "Contracts, $bn", "sources": "deals", "phone": ["value"]}


@pytest.fixture
def shown(monkeypatch):
    """What a call displays, as mime bundles."""
    kept = []
    monkeypatch.setattr(tables, "display", lambda data, raw: kept.append(data))
    return kept


@pytest.fixture
def frame():
    """Three contracts with a number, a day, a verdict, a document and a column for the download alone."""
    return pd.DataFrame(
        {
            "deal": ["A & B", "C", "D"],
            "value": [1234.5, -9.0, None],
            "day": pd.to_datetime(["2025-11-03", "2026-01-28", None]),
            "verdict": ["holds", "depends", "does not hold"],
            "document": [("8-K of 3 November 2025", "https://example.org/a?b&c"), None, None],
            "spare": [1, 2, 3],
        }
    )


VERDICTS = {"verdict": {"holds": "holds", "depends": "open", "does not hold": "against"}}


def read(bundle):
    """The page's markup of a stored table, which has been through JSON as in a notebook."""
    stored = json.loads(json.dumps(bundle[tables.TABLE_MIME], allow_nan=False))
    return BeautifulSoup(f"<table>{tables.markup(stored)}</table>", "html.parser")


def cells(page):
    """Text of each row's cells."""
    return [[cell.get_text("|") for cell in row.find_all(["th", "td"])] for row in page.tbody.find_all("tr")]


# --- how it reads -----------------------------------------------------------------------------


def test_a_phone_shows_few_columns_a_desk_more_and_the_rest_waits_in_the_download(shown, frame):
    """Columns stand in the frame's order; `w` hides one on a phone, `ww` on a tablet too."""
    frame = frame.assign(**{f"more{n}": n for n in range(3)})
    desk = ["day", "verdict", "more0", "more1", "more2"]
    tables.show(frame, "t", **ASKED, desk=desk, verdicts=VERDICTS)
    heads = {head.text: set(head.get("class", [])) & {"w", "ww"} for head in read(shown[0]).thead.find_all("th")}
    assert heads == {
        "deal": set(), "value": set(), "day": {"w"}, "verdict": {"w"}, "more0": {"w"}, "more1": {"ww"}, "more2": {"ww"}
    }  # fmt: skip
    assert "spare" in tables.as_csv(shown[0][tables.TABLE_MIME]).splitlines()[0]


def test_the_first_column_heads_its_row_and_numbers_line_up(shown, frame):
    """Row headings for screen readers; numbers carry the class that aligns them and keeps them on one line."""
    tables.show(frame, "t", **ASKED, desk=["day"])
    page = read(shown[0])
    assert [head["scope"] for head in page.tbody.find_all("th")] == ["row"] * 3
    assert page.tbody.find("tr").find_all("td")[0]["class"] == ["number"]
    assert page.tbody.find("tr").find_all("td")[1]["class"] == ["date", "w"]
    assert page.thead.find_all("th")[1]["class"] == ["number"]


def test_numbers_have_a_real_minus_separators_and_one_form_a_column(shown, frame):
    """Whole numbers where the largest is ten or more; what is missing is a dash, never nan or 0; text is escaped."""
    tables.show(frame, "t", **ASKED)
    assert cells(read(shown[0])) == [["A & B", "1,234"], ["C", "−9"], ["D", "–"]]


@pytest.mark.parametrize(
    ("numbers", "texts"),
    [
        ([1.26, -0.04], ["1.3", "0.0"]),
        ([0.126, -0.5], ["0.13", "−0.50"]),
        ([12345, -3], ["12,345", "−3"]),
        ([np.float64(10.4), np.nan], ["10", "–"]),
    ],
)
def test_a_column_without_a_format_gets_one_for_its_largest_number(shown, numbers, texts):
    """And a number that rounds to nothing has no sign."""
    tables.show(pd.DataFrame({"a": ["x", "y"], "value": numbers}), "t", **ASKED)
    assert [row[1] for row in cells(read(shown[0]))] == texts


@pytest.mark.parametrize(
    ("pattern", "text"), [("{:+.1f}", "−9.0"), ("${:.0f}", "−$9"), ("{:.0f}%", "−9%"), ("{:.1f} to 3", "−9.0 to 3")]
)
def test_a_format_is_kept_with_a_real_minus(shown, frame, pattern, text):
    """Before a currency sign too."""
    tables.show(frame, "t", **ASKED, formats={"value": pattern})
    assert cells(read(shown[0]))[1][1] == text


def test_a_day_or_grade_is_a_small_second_line_of_its_cell(shown, frame):
    """Without a column of its own, and without an empty line where it is missing."""
    tables.show(frame, "t", **ASKED, second={"value": "day"})
    assert cells(read(shown[0])) == [["A & B", "1,234|2025-11-03"], ["C", "−9|2026-01-28"], ["D", "–"]]
    assert read(shown[0]).tbody.small.text == "2025-11-03"


def test_a_verdict_is_a_word_with_a_shape(shown, frame):
    """Among numbers too, which then still line up."""
    tables.show(frame.assign(mixed=[1, "holds", None]), "t", **ASKED, desk=["verdict", "mixed"],
                verdicts=VERDICTS | {"mixed": VERDICTS["verdict"]})  # fmt: skip
    page = read(shown[0])
    assert [mark["class"] for mark in page.select("tr > td:nth-child(3) .verdict")] == [
        ["verdict", "holds"], ["verdict", "open"], ["verdict", "against"]
    ]  # fmt: skip
    assert page.select_one("tr > td:nth-child(4)")["class"] == ["number", "w"]


def test_a_source_is_a_link_that_says_document_and_day(shown, frame):
    """With its address as it was."""
    tables.show(frame, "t", **ASKED, desk=["document"])
    link = read(shown[0]).tbody.a
    assert (link.text, link["href"]) == ("8-K of 3 November 2025", "https://example.org/a?b&c")


def test_heads_may_say_more_than_names(shown, frame):
    """The unit belongs there; the download keeps the name."""
    tables.show(frame, "t", **ASKED, heads={"value": "Value, $bn"})
    assert read(shown[0]).thead.find_all("th")[1].text == "Value, $bn"
    assert tables.as_csv(shown[0][tables.TABLE_MIME]).startswith("deal,value,")


def test_the_note_names_the_tables_and_their_last_day(shown, frame):
    """After the caveat; the manifest has a name of its own."""
    tables.show(frame, "t", **ASKED, note="Amounts are rounded.")
    said = shown[0][tables.TABLE_MIME]["note"]
    assert re.fullmatch(r"Amounts are rounded\. Data: AI and power deals of miners \(table to \d+ [A-Z][a-z]+ \d{4}\)\.", said)
    tables.show(frame, "t", **ASKED | {"sources": "datapackage"})
    assert shown[1][tables.TABLE_MIME]["note"] == "Data: the manifest, datapackage.json."


def test_an_interactive_table_keeps_the_numbers_to_sort_by(shown, frame):
    """What is seen has separators, dashes and second lines."""
    tables.show(frame, "t", **ASKED, second={"value": "day"}, interactive=True)
    tables.show(frame, "t", **ASKED, second={"value": "day"})
    assert [cell["data-order"] for cell in read(shown[0]).select("td.number")] == ["1234.5", "-9.0", ""]
    assert not read(shown[1]).select("[data-order]")


def test_rows_can_be_led_to_by_the_name_that_a_column_gives_them(shown, frame):
    """The name is the row's id, and no column of its own; without one no row has an id; a column must be there."""
    tables.show(frame.assign(anchor=["row-1", "row-2", "row-3"]), "leases", **ASKED, anchors="anchor")
    rows = BeautifulSoup(shown[0]["text/html"], "html.parser").tbody.find_all("tr")
    assert [row["id"] for row in rows] == ["row-1", "row-2", "row-3"]
    assert "row-1" not in rows[0].get_text()
    tables.show(frame, "leases", **ASKED)
    assert "tr id=" not in shown[1]["text/html"]
    with pytest.raises(ValueError, match="table 'leases': anchors names 'moon'"):
        tables.show(frame, "leases", **ASKED, anchors="moon")


def test_a_table_without_rows_is_still_a_table(shown, frame):
    """In an edition of an early day."""
    tables.show(frame.iloc[:0], "t", **ASKED, verdicts=VERDICTS, formats={"value": "{:.0f}"})
    assert read(shown[0]).thead.find("th").text == "deal"
    assert cells(read(shown[0])) == []
    assert tables.as_csv(shown[0][tables.TABLE_MIME]).count("\n") == 1


def test_platforms_that_differ_in_the_last_digit_store_the_same_table(shown):
    """Ten digits are kept."""
    for value in (0.1 + 0.2, 0.3):
        tables.show(pd.DataFrame({"a": ["x"], "value": [value]}), "t", **ASKED)
    assert shown[0] == shown[1]


# --- files ------------------------------------------------------------------------------------


def test_the_files_hold_the_whole_frame(shown, frame):
    """Numbers unrounded, days in ISO, nothing where nothing is known, a link as text and address."""
    tables.show(frame, "t", **ASKED)
    assert tables.as_csv(shown[0][tables.TABLE_MIME]).splitlines() == [
        "deal,value,day,verdict,document,document_address,spare",
        "A & B,1234.5,2025-11-03,holds,8-K of 3 November 2025,https://example.org/a?b&c,1",
        "C,-9.0,2026-01-28,depends,,,2",
        "D,,,does not hold,,,3",
    ]


def test_a_workbook_is_the_same_each_time_and_says_what_it_is(shown, frame):
    """Its numbers are numbers; text that looks like a formula stays text."""
    tables.show(frame.assign(deal=["=1+1", "C", "D"]), "t", **ASKED)
    stored = shown[0][tables.TABLE_MIME]
    book = tables.as_xlsx(stored)
    assert book == tables.as_xlsx(stored)
    parts = zipfile.ZipFile(io.BytesIO(book))
    sheet, about = (parts.read(f"xl/worksheets/sheet{n}.xml").decode() for n in (1, 2))
    texts = parts.read("xl/sharedStrings.xml").decode()
    assert "<v>1234.5</v>" in sheet
    assert "<f>" not in sheet
    assert "<v>45964</v>" in sheet, "3 November 2025 is a day"
    assert all(text in texts for text in ("=1+1", "Rent beats mining", "Contracts, $bn", "Data: AI and power deals"))
    assert about.count("<row ") == 3
    both = zipfile.ZipFile(io.BytesIO(tables.as_xlsx(stored, stored | {"name": "second"})))
    assert re.findall(r'<sheet name="(\w+)"', both.read("xl/workbook.xml").decode()) == ["T", "Second", "About"]


# --- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": " "}, r"table 't': title is missing; say the finding"),
        ({"unit": ""}, r"table 't': unit is missing; say unit and scope"),
        ({"sources": []}, r"table 't': sources is missing; name the tables"),
        ({"phone": []}, r"table 't': phone is missing; name the columns"),
        ({"phone": "value"}, r"table 't': phone is the text 'value'; write a list \(\['value'\]\)"),
        ({"phone": ["valu"]}, r"table 't': phone names 'valu'; the columns are deal, value, day"),
        ({"desk": ["gone"]}, r"table 't': desk names 'gone'; the columns are"),
        ({"formats": {"gone": "{}"}}, r"table 't': formats names 'gone'; the columns are"),
        ({"heads": {"gone": "x"}}, r"table 't': heads names 'gone'; the columns are"),
        ({"second": {"value": "gone"}}, r"table 't': second names 'gone'; the columns are"),
        ({"phone": ["value", "day", "verdict", "spare"]}, r"phone shows 4 columns beside the first, at most 3"),
        ({"formats": {"verdict": "{:.1f}"}}, r"formats has '\{:.1f\}' for 'verdict', which holds no numbers"),
        ({"formats": {"value": "{:.1q}"}}, r"formats has '\{:.1q\}' for 'value' \(.+\); write one like"),
        ({"formats": {"value": ".1f"}}, r"formats has '.1f' for 'value' \(it shows no number\)"),
        ({"verdicts": {"verdict": {"holds": "yes"}}}, r"gives 'holds' the shape 'yes'; the shapes are holds, open"),
        ({"verdicts": {"verdict": {"holds": "holds"}}}, r"verdicts has no meaning for 'depends' in 'verdict'"),
        ({"sources": "deal"}, r"there is no table 'deal'; the tables are"),
    ],
)
def test_a_fault_is_one_line_with_table_field_and_mend(frame, change, message):
    """Before anything is shown."""
    with pytest.raises(ValueError, match=message) as caught:
        tables.show(frame, "t", **ASKED | change)
    assert "\n" not in str(caught.value)


def test_what_was_forgotten_is_named_too(frame):
    """A call without a title is no traceback about arguments."""
    with pytest.raises(ValueError, match="table 't': title is missing"):
        tables.show(frame, "t")


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (("source", "https://example.org/"), r"document has the link .*; write \(document and day, address\)"),
        ("https://example.org/", r"document has the bare address 'https://example.org/'; write"),
        (math.inf, r"document holds inf; compute it or leave it empty"),
    ],
)
def test_a_cell_that_no_reader_can_use_is_refused(cell, message):
    """A link that is called source, a bare address, what is no number."""
    with pytest.raises(ValueError, match=message):
        tables.show(pd.DataFrame({"value": [1], "document": [cell]}), "t", **ASKED | {"phone": ["document"]})


def test_more_columns_than_a_desk_can_hold_are_refused(frame):
    """The downloads are the place for them."""
    wide = pd.DataFrame({f"c{n}": [n] for n in range(8)})
    with pytest.raises(ValueError, match=r"desk shows 7 columns beside the first, at most 6 can be read"):
        tables.show(wide, "t", **ASKED | {"phone": ["c1"]}, desk=[f"c{n}" for n in range(2, 8)])
    with pytest.raises(ValueError, match="frame has two columns of one name; rename one"):
        tables.show(wide.set_axis(["c0", *["c1"] * 7], axis=1), "t", **ASKED | {"phone": ["c1"]})
    with pytest.raises(ValueError, match="name is no anchor; write small letters"):
        tables.show(wide, "A table", **ASKED | {"phone": ["c1"]})


def test_days_flags_and_numbers_of_other_libraries_are_plain_in_the_notebook(shown):
    """What JSON cannot hold is not kept."""
    row = {"a": [date(2026, 1, 28)], "value": [np.int64(3)], "flag": [np.bool_(True)], "na": [pd.NA]}
    tables.show(pd.DataFrame(row), "t", **ASKED, desk=["flag", "na"])
    assert json.dumps(shown[0][tables.TABLE_MIME]["rows"]) == '[["2026-01-28", 3, true, null]]'
    assert cells(read(shown[0])) == [["2026-01-28", "3", "yes", "–"]]


def test_a_narrow_screen_has_the_rest_behind_more(shown):
    """Columns that a phone leaves out open below the row's name, only in a table with tools."""
    frame = pd.DataFrame({"who": ["A", "B"], "value": [1, 2], "by": ["x", None]})
    for interactive in (True, False):
        tables.show(
            frame, "more", title="t", unit="u", sources="deals", phone=["value"], desk=["by"], interactive=interactive
        )
    with_tools, plain = (tables.markup(each[tables.TABLE_MIME]) for each in shown)
    assert with_tools.count("<details") == 1  # B has nothing else
    assert "<dt>by</dt><dd>x</dd>" in with_tools
    assert "<details" not in plain


@pytest.mark.parametrize("text", ["=1+1", "+SUM(A1)", "@x", "-A1", "\t=1", '=HYPERLINK("http://x")'])
def test_a_text_that_a_spreadsheet_would_compute_is_inert_in_a_download(text):
    """Numbers keep their sign, and so do texts that are numbers."""
    assert tables.inert(text) == f"'{text}"
    assert [tables.inert(value) for value in (-1.5, "-1.5", "-.5", "a=b", "", None)] == [
        -1.5,
        "-1.5",
        "-.5",
        "a=b",
        "",
        None,
    ]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", " javascript:x"])
def test_only_addresses_of_pages_become_links(address):
    """Of the web or of the site."""
    assert not tables.is_link(address)
    assert all(map(tables.is_link, ("https://example.org/a:b", "miner-deals.html#ledger", "#here")))
