# ruff: noqa: E501 - a case is a line
"""What makes a row of one table possible: its cells, its rules and its neighbours, each at its edge, on rows by hand."""

import pandas as pd
import pytest

from minerpivot.data import rules, tables


def table(columns, **said):
    """A table of text with a schema: columns by name to (type, cells)."""
    fields = [{"name": name, "type": kind, "description": "x"} | extra for name, (kind, _, extra) in columns.items()]
    entry = {"name": "t", "path": "t.csv", "schema": {"primaryKey": [fields[0]["name"]], "fields": fields}, **said}
    raw = pd.DataFrame({name: pd.array(cells, dtype="string") for name, (_, cells, _) in columns.items()})
    raw = raw.mask(raw == "")
    return rules.Table(entry, raw, tables.converted(raw, entry), "2026-11-26")


PARTIAL = {"constraints": {"pattern": tables.PARTIAL_DATE}}


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        ({"rule": "low <= high"}, [1]),  # the third has no high: it is not asked
        ({"rule": "said <= told"}, [0]),  # 2025 counts from its last day
        ({"rule": "earliest_said <= told"}, []),
        ({"rule": "told <= today"}, [2]),
        ({"when": "kind == 'a'", "rule": "low > 5"}, [0]),
        ({"when": "kind != 'a'", "filled": ["high"]}, [2]),  # an empty kind is not 'a'
        ({"when": "kind == 'b'", "empty": ["high"]}, [1]),
        ({"begins": {"key": "{kind}-"}}, [1]),
    ],
)
def test_a_rule_counts_where_its_cells_are_filled(rule, broken):
    """Dates compare as days, missing cells are not asked, a condition limits the rows."""
    said = {
        "key": ("string", ["a-1", "x-2", "-3"], {}), "kind": ("string", ["a", "b", ""], {}),
        "low": ("number", ["1", "9", "7"], {}), "high": ("number", ["2", "3", ""], {}),
        "said": ("string", ["2025", "2025-02", "2025-02-03"], PARTIAL),
        "told": ("date", ["2025-06-01", "2025-06-01", "2027-01-01"], {}),
    }  # fmt: skip
    rows = table(said, rules=[rule | {"mend": "mend it"}])
    assert [fault.row for fault in rules.impossible(rows)] == broken


@pytest.mark.parametrize(
    "expression", ["a.to_csv('x')", "__import__('os')", "a[0]", "[a for a in b]", "(b := 1) > 0", "a >"]
)
def test_an_expression_may_compare_and_no_more(expression):
    """Metadata are data: they run no code."""
    with pytest.raises(ValueError, match=r"no more|no expression"):
        rules.names(expression)


def test_a_step_is_measured_within_its_series_and_on_one_share_basis():
    """Another ticker's level is no neighbour; a value before a split counts on the basis after it."""
    columns = {
        "ticker": ("string", ["A", "A", "B", "B"], {}),
        "day": ("date", ["2025-01-01", "2025-01-02", "2025-01-01", "2025-01-02"], {}),
        "close": ("number", ["1", "1.1", "100", "5"], {"split": {"as": "price", "day": "day", "ticker": "ticker"}}),
    }
    rows = table(columns, series=[{"of": "close", "by": ["ticker"], "along": "day", "outlier": 2, "step": 3}])
    assert [fault.row for fault in rules.outliers(rows, None)] == [3]
    names = ["ticker", "effective_on", "new_shares", "old_shares", "closes_restated", "counts_restated"]
    cells = ["B", "2025-01-02", "20", "1", "n", "n"]
    kinds = ["string", "string", "number", "number", "string", "string"]
    split = table({name: (kind, [cell], {}) for name, kind, cell in zip(names, kinds, cells)})
    assert list(rules.outliers(rows, split)) == []


@pytest.mark.parametrize(
    ("values", "limits", "faults"),
    [
        (["1", "2", "1"], {"outlier": 2}, [1]),  # exactly the factor is too much,
        (["1", "1.99", "1"], {"outlier": 2}, []),  # less is not,
        (["2", "1", "2"], {"outlier": 2}, [1]),  # down as up
        (["1", "2", "1.5"], {"outlier": 2}, []),  # and both neighbours must say so
        (["1.5", "2", "1"], {"outlier": 2}, []),
        (["1", "2", "2"], {"step": 2}, [1]),
        (["2", "1", "1"], {"step": 2}, [1]),
        (["1", "1.99", "2"], {"step": 2}, []),
        (["1", "1", "1"], {"gap_days": 30}, []),  # the second follows after thirty days,
        (["1", "1", "1"], {"gap_days": 29}, [1]),  # one more than may be
    ],
)
def test_a_series_is_judged_at_the_edge_of_its_limits(values, limits, faults):
    """A factor counts from itself on, a hole from the day after its limit."""
    columns = {"day": ("date", ["2025-01-01", "2025-01-31", "2025-02-01"], {}), "value": ("number", values, {})}
    rows = table(columns, series=[{"of": "value", "along": "day"} | limits])
    assert [fault.row for fault in rules.outliers(rows, None)] == faults


def told(faults):
    """Faults as a person reads them."""
    return [str(fault) for fault in faults]


# --- what a fault says ---------------------------------------------------------------------------


def test_a_long_cell_is_cut_where_a_message_shows_it():
    """Sixty characters are shown whole."""
    assert rules.quoted("x" * 60) == repr("x" * 60)
    assert rules.quoted("x" * 61) == f"'{'x' * 60}'... (61 characters)"
    assert rules.quoted("x" * 12345) == f"'{'x' * 60}'... (12,345 characters)"
    assert rules.quoted(5) == "'5'"


def test_a_fault_names_file_row_cells_what_is_wrong_and_the_mend():
    """The row as a spreadsheet counts it, under the header; a missing cell as an empty one."""
    rows = table({"key": ("string", ["a", "b"], {}), "low": ("number", ["1", ""], {})})
    fault = rows.fault(1, ["key", "low"], "wrong", "mend it")
    assert str(fault) == "data/t.csv row 3: key is 'b' and low is '', wrong; mend it"
    assert str(rows.fault(0, "low", "wrong", "mend it")) == "data/t.csv row 2: low is '1', wrong; mend it"
    assert [f.row for f in rows.where(pd.array([True, None], dtype="boolean"), "low", "wrong", "mend it")] == [0]
    assert [f.row for f in rows.where([False, True], "low", "wrong", "mend it")] == [1]


def test_a_table_is_seen_by_its_rules_in_numbers_days_and_text():
    """Days since 1970; of a part of a year its last day, and its first under another name; missing text is None."""
    said = {
        "key": ("string", ["a", ""], {}), "n": ("integer", ["3", ""], {}), "x": ("number", ["0.5", ""], {}),
        "day": ("date", ["1970-01-02", ""], {}), "part": ("string", ["1970", "1970-02"], PARTIAL),
        "month": ("yearmonth", ["1970-01", ""], {}),
    }  # fmt: skip
    seen = table(said).numbers
    columns = ["key", "n", "x", "day", "earliest_day", "part", "earliest_part", "month", "earliest_month", "today"]
    assert list(seen) == columns
    assert seen.iloc[0].tolist() == ["a", 3, 0.5, 1, 1, 364, 0, 30, 0, 20783]
    assert seen.loc[1, "key"] is None
    assert seen.loc[1, ["n", "x", "day", "earliest_day", "month"]].isna().all()
    assert seen.loc[1, ["part", "earliest_part"]].tolist() == [58, 31]
    assert {str(seen[name].dtype) for name in columns[1:]} == {"float64"}
    assert table({"key": ("string", [], {}), "n": ("integer", [], {})}).numbers.empty


# --- cells ---------------------------------------------------------------------------------------


def unreadable(cell, kind="string", **constraints):
    """What a cell of a field is told, after its name and value."""
    field = {"name": "x", "type": kind, "constraints": constraints}
    raw = pd.DataFrame({"x": pd.array(["", cell, cell], dtype="string")}).replace("", None)
    found = list(rules.unreadable(raw, {"name": "t", "schema": {"fields": [field]}}))
    assert [fault.row for fault in found] in ([], [1, 2])
    assert {(fault.table, *fault.cells.items()) for fault in found} <= {("t", ("x", cell))}
    return "; ".join([found[0].wrong, found[0].mend]) if found else ""


END, WORD = (
    "with a space or line break at an end; remove it",
    "a word for nothing; an unknown value is an empty cell",
)
SIGN, LARGE = (
    "with a character that is no letter; type the text anew",
    "larger than any quantity here; correct the number or its unit",
)
NUMBER, INTEGER = (
    "not a number; expected a number, or an empty cell",
    "not an integer; expected an integer, or an empty cell",
)
DAY, MONTH = (
    "not a date; expected a date as YYYY-MM-DD, or an empty cell",
    "not a date; expected a month as YYYY-MM, or an empty cell",
)
CALENDAR = "no day of the calendar; correct the date"


@pytest.mark.parametrize(
    ("cell", "kind", "fault"),
    [
        ("text", "string", ""), (" text", "string", END), ("text\n", "string", END), ("a b", "string", ""),
        ("a\x07b", "string", SIGN), ("a\x1fb", "string", SIGN), ("a\x7fb", "string", SIGN), ("a\x9fb", "string", SIGN),
        ("a\ufffdb", "string", SIGN), ("a\ufeffb", "string", SIGN), ("a\xa1b", "string", ""), ("a\nb", "string", "with a line break in it; write it in one line"),
        ("NaN", "string", WORD), ("none", "string", WORD), ("#DIV/0!", "string", WORD), ("n/a", "string", WORD), ("nan1", "string", ""),
        ("null", "number", WORD), ("#N/A", "number", WORD), ("#REF!", "number", WORD), ("#VALUE!", "number", WORD),
        ("undefined", "date", WORD), ("TBD", "string", WORD), ("-", "string", WORD), ("–", "number", WORD), ("?", "string", WORD),
        ("n.a.", "integer", WORD), ("unknown", "string", ""), ("NA", "string", ""),  # an answer, and a country
        ("1", "number", ""), ("-1.5", "number", ""), ("1e-3", "number", ""), ("1.5E+3", "number", ""), ("1.", "number", NUMBER),
        (".5", "number", NUMBER), ("+1", "number", NUMBER), ("1,5", "number", NUMBER), ("1_000", "number", NUMBER),
        ("٣", "number", NUMBER), ("inf", "number", NUMBER), ("0x1F", "number", NUMBER), ("1 ", "number", END),
        ("1e15", "number", ""), ("-1e15", "number", ""), ("1000000000000001", "number", LARGE), ("-1.1e15", "number", LARGE),
        ("1e999", "number", LARGE), ("5", "integer", ""), ("-5", "integer", ""), ("5.0", "integer", INTEGER), ("5e3", "integer", INTEGER),
        ("٣", "integer", INTEGER), ("9999999999999999", "integer", LARGE),
        ("2025-02-28", "date", ""), ("2025-02-29", "date", CALENDAR), ("2024-02-29", "date", ""), ("2025-02", "date", DAY),
        ("28.2.2025", "date", DAY), ("2025-2-28", "date", DAY), ("٢٠٢٥-02-28", "date", DAY), ("2025-02-28T00", "date", DAY),
        ("2025-02", "yearmonth", ""), ("2025-13", "yearmonth", CALENDAR), ("2025-02-28", "yearmonth", MONTH), ("2025", "yearmonth", MONTH),
    ],
)  # fmt: skip
def test_a_cell_is_read_alike_by_every_program_or_refused(cell, kind, fault):
    """Each kind has one form; what is not of it gets the form that is expected."""
    assert unreadable(cell, kind) == fault


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("2025", ""), ("2025-02", ""), ("2025-02-28", ""), ("0000", CALENDAR), ("2025-00", CALENDAR), ("2025-02-30", CALENDAR),
        ("2025-2", "not a date; expected a date as YYYY-MM-DD, YYYY-MM or YYYY, or an empty cell"),
    ],
)  # fmt: skip
def test_a_part_of_a_date_is_one_of_the_calendar(cell, fault):
    """A year, a month or a day."""
    assert unreadable(cell, pattern=tables.PARTIAL_DATE) == fault


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"type": "number"}, "a number, or an empty cell"),
        ({"type": "integer", "constraints": {"required": True}}, "an integer, not an empty cell"),
        ({"type": "number", "constraints": {"minimum": 0}}, "a number and at least 0, or an empty cell"),
        ({"type": "number", "constraints": {"maximum": 9, "minimum": 1, "required": True}}, "a number and at least 1 and at most 9, not an empty cell"),
        ({"type": "string", "constraints": {"enum": ["y", "n"]}}, "one of y, n, or an empty cell"),
        ({"type": "string", "constraints": {"enum": ["y", 1], "required": True}}, "one of y, 1"),
        ({"type": "string", "constraints": {"pattern": "^a$"}}, "a string and of the form ^a$, or an empty cell"),
        ({"type": "string", "constraints": {"unique": True, "required": True}}, "a string and a value of its own, not an empty cell"),
        ({"type": "date"}, "a date as YYYY-MM-DD, or an empty cell"),
        ({"type": "yearmonth"}, "a month as YYYY-MM, or an empty cell"),
        ({"type": "string", "constraints": {"pattern": tables.PARTIAL_DATE}}, "a date as YYYY-MM-DD, YYYY-MM or YYYY, or an empty cell"),
    ],
)  # fmt: skip
def test_what_a_field_takes_is_said_in_words(said, words):
    """Limits, words, forms, and whether it may be empty."""
    assert rules.expected(said) == words


def misdated(day, **said):
    """What a date of a field is told."""
    kind = "string" if "constraints" in said else "date"
    return [f"{fault.wrong}; {fault.mend}" for fault in rules.misdated(table({"day": (kind, [day], said)}))]


@pytest.mark.parametrize(
    ("day", "said", "faults"),
    [
        ("2026-11-26", {}, []),  # today
        ("2026-11-27", {}, ["later than today, 2026-11-26"]),
        ("2027-01-01", {"may_lie_ahead": True}, []),
        ("2026", PARTIAL, []),  # this year and this month have begun
        ("2026-11", PARTIAL, []),
        ("2026-12", PARTIAL, ["later than today, 2026-11-26"]),
        ("2027", PARTIAL, ["later than today, 2026-11-26"]),
        ("2025-09-30", {"month_end": True}, []),
        ("2025-09-29", {"month_end": True}, ["no end of a month"]),
        ("2024-02-29", {"month_end": True}, []),
        ("2024-02-28", {"month_end": True}, ["no end of a month"]),
        ("2026-01-30", {"weekday": True}, []),  # a Friday
        ("2026-01-31", {"weekday": True}, ["at a weekend"]),
        ("2026-02-01", {"weekday": True}, ["at a weekend"]),
        ("2026-01-31", {}, []),
        ("2009-01-03", {}, []),
        ("2009-01-02", {}, ["before bitcoin began, 2009-01-03"]),
        ("2009-01", PARTIAL, []),
        ("2008", PARTIAL, ["before bitcoin began, 2009-01-03"]),
        ("", {"month_end": True, "weekday": True}, []),
    ],
)
def test_a_day_is_neither_ahead_nor_before_bitcoin_nor_one_that_its_field_excludes(day, said, faults):
    """A part of a year that has begun counts as come."""
    assert misdated(day, **said) == [f"{fault}; correct the date" for fault in faults]


def test_only_dates_are_asked_for_their_day():
    """A number or a text that looks like one is none; a later field is still asked."""
    rows = table(
        {
            "n": ("integer", ["20991231"], {}),
            "text": ("string", ["2099-01-01"], {}),
            "day": ("date", ["2099-01-01"], {}),
        }
    )
    assert [list(fault.cells) for fault in rules.misdated(rows)] == [["day"]]


# --- rules ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("low <= high", ["low", "high"]),
        ("high >= low and low > 0", ["high", "low"]),
        ("abs(b - a) < 2 * a", ["b", "a"]),
        ("x_low < x", ["x_low", "x"]),
        ("x < x_low", ["x", "x_low"]),
        ("counts_as in ['a', 'b'] and parts > 0", ["counts_as", "parts"]),
        ("", None), ("a >", None), ("a\0", None), ("min(a, b) < 1", None), ("a.b > 1", None), ("a[0] > 1", None), ("abs(a)(b) > 1", None),
        ("(lambda: 1) == a", None), ("[b for b in a]", None), ("(b := a) > 1", None),
    ],
)  # fmt: skip
def test_an_expression_names_its_columns_in_their_order(expression, names):
    """Once each; what is more than a comparison is refused."""
    if names is None:
        with pytest.raises(
            ValueError, match=r"^is no expression$|^may compare, add, multiply and take abs\(\), no more$"
        ):
            rules.names(expression)
    else:
        assert rules.names(expression) == names


def test_an_expression_is_true_or_false_in_each_row():
    """Anything else is no rule."""
    frame = pd.DataFrame({"a": [1.0, 2.0, float("nan")], "b": ["x", None, "x"]})
    assert rules.holds("a < 2", frame).tolist() == [True, False, False]
    assert rules.holds("b == 'x'", frame).tolist() == [True, False, True]
    assert rules.holds("abs(a) >= 2", frame).tolist() == [False, True, False]
    assert rules.holds("a < 2 and b == 'x' or a == 2", frame).tolist() == [True, True, False]
    assert rules.holds("b in ['x', 'y'] and not a > 1", frame).tolist() == [True, False, True]
    for expression in ("a + 1", "b"):
        with pytest.raises(ValueError, match=r"^is not true or false in each row$"):
            rules.holds(expression, frame)


SAID = {
    "key": ("string", ["a-1", "x-2", ""], {}), "kind": ("string", ["a", "b", "b"], {}),
    "low": ("number", ["1", "9", "7"], {}), "high": ("number", ["2", "3", ""], {}), "day": ("date", ["2025-01-01", "2025-01-01", ""], {}),
}  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "faults"),
    [
        ({"rule": "low <= high"}, ["row 3: low is '9' and high is '3', must keep low <= high"]),
        (
            {"when": "kind == 'b' and low < 9", "rule": "low > 7"},
            ["row 4: low is '7', must keep low > 7 where kind == 'b' and low < 9"],
        ),
        ({"rule": "earliest_day < day < today"}, ["row 2: day is '2025-01-01', must keep earliest_day < day < today",
                                                  "row 3: day is '2025-01-01', must keep earliest_day < day < today"]),
        ({"when": "low > 1", "filled": ["high", "key"]}, ["row 4: low is '7' and high is '' and key is '', must have high and key filled where low > 1"]),
        ({"when": "today > 0 and low == 9", "filled": ["day", "low"]}, []),
        ({"when": "today > 0 and low == 9", "empty": ["day"]}, ["row 3: low is '9' and day is '2025-01-01', must have day empty where today > 0 and low == 9"]),
        ({"when": "kind == 'a'", "empty": ["kind"]}, ["row 2: kind is 'a', must have kind empty where kind == 'a'"]),
        ({"filled": ["high"]}, ["row 4: high is '', must have high filled"]),
        ({"empty": ["high", "day"]}, [f"row {row}: high is '{high}' and day is '2025-01-01', must have high and day empty" for row, high in ((2, 2), (3, 3))]),
        ({"begins": {"key": "{kind}-"}}, ["row 3: key is 'x-2' and kind is 'b', must begin with {kind}-"]),
        ({"begins": {"key": "{kind}-{high}"}, "when": "low < 9"}, ["row 2: key is 'a-1' and kind is 'a' and high is '2', must begin with {kind}-{high} where low < 9"]),
    ],
)  # fmt: skip
def test_a_broken_rule_is_told_with_its_cells_its_words_and_its_mend(rule, faults):
    """The cells of the condition too where cells should be filled or empty."""
    found = told(rules.impossible(table(SAID, rules=[rule | {"mend": "mend it"}])))
    assert found == [f"data/t.csv {fault}; mend it" for fault in faults]


def test_a_table_without_rules_series_or_exceptions_has_no_faults():
    """Each part may be left out."""
    rows = table(SAID)
    assert [*rules.impossible(rows), *rules.outliers(rows, None), *rules.needless(rows)] == []


# --- neighbours ----------------------------------------------------------------------------------


def series(days, values, tickers=None, extra=None, **rule):
    """The faults of a series under a rule."""
    columns = {
        "ticker": ("string", tickers or ["A"] * len(days), {}),
        "day": ("date", days, {}),
        "close": ("number", values, extra or {}),
    }
    rows = table(columns, series=[{"of": "close", "along": "day"} | ({"by": ["ticker"]} if tickers else {}) | rule])
    return list(rules.outliers(rows, None))


DAYS = ["2025-01-01", "2025-01-02", "2025-01-03", "2025-01-04"]
ACCEPT = ", or list row, field, value and why under accepted in data/t.yml"


def test_what_leaves_its_series_is_told_with_factors_days_and_mend():
    """For a moment, for good, after a hole, or missing between others."""
    assert told(series(DAYS, ["10", "25", "10", "10"], outlier=2)) == [
        f"data/t.csv row 3: day is '2025-01-02' and close is '25', 2.5 times the value before it and 2.5 times the one after it; correct the value or its unit{ACCEPT}"
    ]
    assert told(series(DAYS, ["10", "10", "30", "30"], ["A"] * 4, step=3)) == [
        f"data/t.csv row 4: ticker is 'A' and day is '2025-01-03' and close is '30', 3 times the value before it in the series of ticker, of 2025-01-02; correct the value or its unit{ACCEPT}"
    ]
    split = {"split": {"as": "price", "day": "day", "ticker": "ticker"}}
    assert told(series(DAYS, ["10", "10", "3", "3"], extra=split, step=3)) == [
        f"data/t.csv row 4: day is '2025-01-03' and close is '3', 0.3 times the value before it in this series, of 2025-01-02; correct the value or its unit, or add the split to data/splits.csv{ACCEPT}"
    ]
    assert told(series(["2025-01-01", "2025-01-12"], ["10", "10"], gap_days=10)) == [
        f"data/t.csv row 3: day is '2025-01-12', 11 days after the value before it in this series; correct the date, fill the hole{ACCEPT}"
    ]
    assert told(series(DAYS, ["10", "", "", "10"], ["A"] * 4, unbroken=True)) == [
        f"data/t.csv row {row}: ticker is 'A' and day is '2025-01-0{row - 1}' and close is '', between filled ones; add the value{ACCEPT}"
        for row in (3, 4)
    ]


@pytest.mark.parametrize(
    ("values", "rule", "faults"),
    [
        (["", "1", "", "1"], {"unbroken": True}, [2]),
        (["1", "1", "", ""], {"unbroken": True}, []),
        (["1", "", "1", "1"], {"unbroken": False}, []),
        (["1", "", "1", "1"], {}, []),
        (["1", "9", "1", "1"], {"outlier": 3, "step": 3}, [1]),  # the way back is no step of its own
        (["1", "9", "9", "1"], {"outlier": 3, "step": 3}, [1, 3]),
        (["9", "3", "9", "9"], {"outlier": 3, "step": 3}, [1]),
        (["1", "", "3", "3"], {"step": 3}, [2]),  # an empty cell is no neighbour
        (["0", "5", "0", "5"], {"outlier": 2, "step": 2}, []),  # of nothing there is no factor
        (["-1", "5", "-1", "-1"], {"outlier": 2, "step": 2}, []),  # nor across nothing
        (["-1", "-5", "-1", "-1"], {"outlier": 2, "step": 2}, [1]),
        (["1", "5", "-5", "-5"], {"step": 2}, [1]),
        (["1", "9", "0", "1"], {"outlier": 3}, []),  # nothing is no neighbour on either side
        (["0", "9", "1", "1"], {"outlier": 3}, []),
        (["5", "9", "-9", "1"], {"outlier": 3}, []),
        (["1", "1", "1", "9"], {"outlier": 2}, []),  # the last has no neighbour after it
        (["9", "1", "1", "1"], {"outlier": 2}, []),  # nor the first one before it
        (["1", "1", "1", "9"], {"step": 2}, [3]),
    ],
)
def test_a_value_is_judged_by_filled_neighbours_of_its_sign(values, rule, faults):
    """And each leap once."""
    assert [fault.row for fault in series(DAYS, values, **rule)] == faults


def test_rows_may_stand_in_any_order_and_series_do_not_touch():
    """Each in the order of its days; a row without a day is in none."""
    days = ["2025-01-03", "2025-01-01", "2025-01-02", "", "2025-01-02", "2025-01-01"]
    found = series(
        days, ["1", "1", "9", "500", "80", "80"], ["A", "A", "A", "A", "B", "B"], outlier=2, step=50, gap_days=1
    )
    assert [fault.row for fault in found] == [2]
    apart = series(
        ["2025-01-01", "2025-01-02", "2025-03-01", "2025-03-02"],
        ["1", "1", "9", "9"],
        ["A", "A", "B", "B"],
        step=3,
        gap_days=3,
        outlier=3,
    )
    assert apart == []


def test_rows_without_a_name_are_one_series():
    """An empty cell among the names is a name like another."""
    assert [fault.row for fault in series(DAYS[:3], ["1", "9", "9"], ["", "", "A"], step=3)] == [1]


def test_a_part_of_a_year_begins_on_its_first_day():
    """What is no date has none."""
    found = rules.first_day(pd.Series(["2025", "2025-02", "2025-02-03", None, "soon", "2025-2"], dtype="string"))
    days = [pd.Timestamp("2025-01-01"), pd.Timestamp("2025-02-01"), pd.Timestamp("2025-02-03"), pd.NaT, pd.NaT, pd.NaT]
    assert found.equals(pd.Series(days, dtype=found.dtype))


def test_a_series_may_run_along_parts_of_a_year():
    """Which count from their last day."""
    columns = {"part": ("string", ["2024", "2025-02", "2025"], PARTIAL), "x": ("number", ["1", "1", "1"], {})}
    found = list(rules.outliers(table(columns, series=[{"of": "x", "along": "part", "gap_days": 59}]), None))
    assert [fault.row for fault in found] == [2]  # 59 days to the end of February, 306 to that of the year


ACCEPTED = {"row": "a-1", "field": "low", "value": 1, "why": "seen"}


@pytest.mark.parametrize(
    ("item", "kept"),
    [
        (ACCEPTED, []),
        (ACCEPTED | {"row": "x-2"}, [0]),
        (ACCEPTED | {"field": "high"}, [0]),
        (ACCEPTED | {"value": "2"}, [0]),
        (ACCEPTED | {"field": "high", "value": "2"}, []),  # any cell of the fault
    ],
)
def test_what_is_accepted_by_row_field_and_value_is_no_fault(item, kept):
    """Of its own table alone."""
    rows = table(SAID, accepted=[item])
    fault = rows.fault(0, ["low", "high"], "wrong", "mend it")
    assert [f.row for f in rules.unaccepted(iter([fault]), {"t": rows})] == kept
    other = table(SAID)
    assert [f.row for f in rules.unaccepted(iter([fault]), {"t": other, "u": rows})] == [0]
    assert list(rules.unaccepted(iter([fault]), {"t": other})) == [fault]


def test_what_is_accepted_and_not_there_is_told():
    """An exception that nothing needs would hide the next mistake."""
    items = [
        ACCEPTED,
        ACCEPTED | {"value": "2"},
        ACCEPTED | {"row": "gone"},
        {"row": "x-2", "field": "key", "value": "x-2", "why": "seen"},
    ]
    assert list(rules.needless(table(SAID, accepted=items))) == [
        "data/t.yml: accepts low '2' of 'a-1', which the table does not hold; remove it from accepted",
        "data/t.yml: accepts low '1' of 'gone', which the table does not hold; remove it from accepted",
    ]


FEW = {"key": ("string", ["a"], {}), "low": ("number", [""], {})}


def test_an_empty_cell_may_be_what_is_accepted():
    """A hole that stays one is named by its row, its field and nothing."""
    rows = table(FEW)
    accepted = {"row": "a", "field": "low", "value": "", "why": "never published"}
    assert list(rules.needless(table(FEW, accepted=[accepted]))) == []
    assert [f.row for f in rules.unaccepted(iter([rows.fault(0, "low", "wrong", "mend it")]), {"t": rows})] == [0]
    with_it = table(FEW, accepted=[accepted])
    assert list(rules.unaccepted(iter([with_it.fault(0, "low", "wrong", "mend it")]), {"t": with_it})) == []


@pytest.mark.parametrize(
    "rule", [{"begins": {"key": "{low}-"}}, {"rule": "low > 1"}, {"filled": ["low"]}, {"empty": ["low"]}]
)
def test_a_rule_works_on_no_rows(rule):
    """Metadata are tried on a table without any."""
    none = table({"key": ("string", [], {}), "low": ("number", [], {})}, rules=[rule | {"mend": "mend it"}])
    assert list(rules.impossible(none)) == []
