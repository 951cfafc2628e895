"""How verdicts read: values, reasons, sources in words, what changed, and the board."""

import pandas as pd
import pytest

from minerpivot.article import claims, telling
from minerpivot.article.readings import CHANGE, Value


def row(**cells):
    """A judged statement without sources, with some cells other than they are."""
    plain = {
        "type": "comparative",
        "measure": "difficulty",
        "ticker": None,
        "computed": claims.CONFIRMED,
        "alone": False,
    }
    plain |= {"readings": {}, "supports": 0, "qualifies": 0, "contradicts": 0, "verdict": claims.CONFIRMED}
    return plain | cells


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (4.64, CHANGE, "+4.6%"),
        (-4.64, "percent", "−4.6%"),
        (9.7, "USD bn", "$9.7bn"),
        (-0.12345, "", "−0.1235"),
        ((115, 135), "USD bn", "$115bn to $135bn"),
        (64.6, "USD", "$64.60"),
        (32.03, "USD per PH/s per day", "$32.03 per PH/s per day"),
        ((200, 200), "", "200"),
        ("2025-11-03", "", "3 November 2025"),
        (None, "", ""),
    ],
)
def test_a_value_reads_as_a_person_would_write_it(value, unit, text):
    """Percent to a tenth, others to four digits, ranges with both ends, a real minus."""
    assert telling.said(value, unit) == text


def test_days_and_months_are_said_in_words():
    """In a sentence, and unbroken in a narrow cell; a number that looks like none stays."""
    assert telling.spoken("since 2025-11-03, in 2025-11; 2025-13") == "since 3 November 2025, in November 2025; 2025-13"
    assert telling.spoken("2025-11-03", "%b") == "3\u00a0Nov\u00a02025"


def test_values_of_one_span_stand_together_with_what_they_are_compared_with():
    """In brackets, each with its name; what else is said stands at the end."""
    values = [Value("a", 1, "MW", "one", 2), Value("b", 3, "MW", "one"), Value("c", 4.0, CHANGE, "two", 5, "before")]
    assert (
        telling.told(values, "on 2026-01-28; of all")
        == "one: a 1 MW (on 28 January 2026: 2), b 3 MW; two: c +4.0% (before: +5.0%). Of all"
    )
    assert telling.told(values[1:2], "to 2026-01-28") == "one: b 3 MW. To 28 January 2026"
    assert telling.told([Value("", "no page")]) == "no page"


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ((0, 0, 0), "no source"),
        ((1, 0, 0), "one source agrees"),
        ((2, 1, 3), "two sources agree, one agrees in part, three disagree"),
        ((0, 1, 0), "one source agrees in part"),
        ((0, 1, 2), "one source agrees in part, two disagree"),
        ((0, 0, 2), "two sources disagree"),
    ],
)
def test_sources_are_counted_in_words(counts, text):
    """By what they say of the statement."""
    assert telling.sources(dict(zip(claims.STANCES, counts))) == text


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        ({"readings": {"a": True}}, "a: yes"),
        ({"readings": {"a": False}}, "a: no"),
        ({"readings": {"a": True, "b": True}}, "holds in both readings"),
        ({"readings": {"a": False, "b": False, "c": False}}, "fails in all 3 readings"),
        ({"readings": {"a": True, "b": False}}, "holds: a. Fails: b"),
        ({"readings": dict.fromkeys("abcd", True) | {"e": False}}, "holds in 4 of 5 readings"),
        ({}, "within the rounding of what is printed"),
        ({"computed": claims.NOT_REPRODUCED}, "outside the rounding of what is printed"),
        ({"computed": claims.NOT_TESTABLE, "alone": True}, "no closes to compute it from"),
        ({"computed": None, "supports": 1}, "sources decide: one source agrees"),
        ({"type": "outlook"}, "no rule decides an outlook"),
        (
            {"readings": {"a": True}, "verdict": claims.CAVEAT, "supports": 1, "contradicts": 1},
            "a: yes; one source agrees, one disagrees",
        ),
        ({"qualifies": 1}, "within the rounding of what is printed"),  # a light that takes nothing from a figure
    ],
)
def test_the_reason_is_what_made_the_verdict(cells, text):
    """Readings, rounding or sources; sources are named beside a computed verdict only where they changed it."""
    assert telling.why(row(**cells)) == text


def test_what_changed_a_verdict_is_told_with_the_pages_that_came_later():
    """Those of the kind that did it, and none where data did; nothing where nothing changed."""
    late = pd.DataFrame({"undated": [2, 0], "later": [1, 0]}, index=["c", "d"])
    said = {"claim_id": "c", "differs": True, "verdict_then": claims.CAVEAT, "because": "later data"}
    start, undated, later = (
        "confirmed in part on the article's day",
        "two pages without a date",
        "one page of a later date",
    )
    told = {
        "later data": "later data changed it",
        "undated pages": f"{undated} changed it",
        "later pages": f"{later} changed it",
        "later and undated pages": f"{undated} and {later} changed it",
        "later data or pages": f"later data changed it, as {undated} and {later} alone would have",
        "later data with later pages": f"later data and {undated} and {later} changed it together",
    }
    assert {because: telling.changed(said | {"because": because}, late) for because in told} == {
        because: f"{start}; {cause}" for because, cause in told.items()
    }
    assert telling.changed(said | {"claim_id": "e"}, late) == f"{start}; later data changed it"
    assert telling.changed(said | {"differs": False}, late) is None


def test_reports_of_one_company_alone_have_a_figure():
    """Another company's report rests on pages; a kind without a figure does as well."""
    report = {"type": "date", "measure": "earnings_report", "ticker": telling.ONE_COMPANY}
    assert telling.shown_in(report)[1] == "hyperscaler-capex.html#nvidia-quarters"
    assert telling.shown_in(report | {"ticker": "META"}) == telling.EVIDENCE
    assert telling.shown_in({"type": "quotation", "measure": None, "ticker": "META"}) == telling.EVIDENCE


def test_the_board_sorts_tiles_by_verdict_and_escapes_what_an_article_says():
    """Each a link; a verdict that nobody got has no row."""
    verdicts = pd.DataFrame(
        {
            "verdict": [claims.CONTRADICTED, claims.CONFIRMED, claims.CONFIRMED, *2 * [claims.NOT_REPRODUCED]],
            "statement_no": [1, 2, 3, 4, 5],
            "claim": ['"<b>"', "two", "three", "four", "five"],
        }
    )
    html = telling.board(verdicts)
    assert html.count("<li>") == 3
    assert "<b>2</b> do not reproduce" in html
    assert html.index("#statement-2") < html.index("#statement-3") < html.index("#statement-1")
    assert "<b>2</b> confirmed" in html
    assert "&quot;&lt;b&gt;&quot;" in html
    assert '"<b>"' not in html


def test_the_board_tells_what_does_not_hold_and_what_has_been_overtaken():
    """The words of a statement that holds stand behind its tile, of one that does not beside it."""
    verdicts = pd.DataFrame(
        {
            "verdict": [claims.CONFIRMED, claims.CONTRADICTED, claims.CONTRADICTED],
            "verdict_then": [claims.CAVEAT, claims.CAVEAT, claims.CONTRADICTED],
            "statement_no": [1, 2, 3],
            "claim": ["one", "two", "three"],
        }
    )
    html = telling.board(verdicts)
    assert "<span>one" not in html
    assert "<span>two <small>(confirmed in part on the article’s day)</small></span>" in html
    assert "<span>three</span>" in html


def test_every_verdict_has_a_sign_and_a_colour_of_its_own():
    """A sign may serve two, a colour may not."""
    assert set(telling.SHAPES) == set(telling.MEANINGS) == set(claims.VERDICTS)
    assert len(set(telling.MEANINGS.values())) == len(claims.VERDICTS)


def test_what_a_value_is_compared_with_has_its_unit_but_for_what_money_is_paid_for():
    """Dollars per petahash are told once; billions stay billions, megawatts are named by the value."""
    paid = Value("hashprice", 32.03, "USD per PH/s per day", None, 106.6, "before")
    value = Value("capex", 125.0, "USD bn", None, 115.0)
    power = Value("power", 300.0, "MW", None, 168.0)
    assert telling.told([paid]) == "hashprice $32.03 per PH/s per day (before: $106.60)"
    assert telling.told([value, power], "printed") == "capex $125bn (printed: $115bn), power 300 MW (printed: 168)"


def test_a_row_of_the_table_of_statements_by_hand():
    """Number, verdict, values, the reason with what changed it, sources and figure, each in its column."""
    cells = {"claim_id": "C7", "statement_no": 7, "claim": "Mining is harder", "grade": "A", "against": None}
    judged = row(
        **cells, given=[Value("difficulty", 12.0, CHANGE)], readings={"before": True}, supports=2, differs=True,
        verdict_then=claims.CAVEAT, because="later data",
    )  # fmt: skip
    table = telling.rows(pd.DataFrame([judged]), pd.DataFrame(columns=["undated", "later"]))
    changed = f"{claims.CAVEAT} on the article's day; later data changed it"
    assert table.to_dict("records") == [
        {
            "statement": "7. Mining is harder",
            "verdict": claims.CONFIRMED,
            "data": "difficulty +12.0%",
            "why": f"Before: yes. {changed[0].upper()}{changed[1:]}",
            "changed": changed,
            "sources": "two sources agree",
            "shown": ("difficulty", "halving-squeeze.html#difficulty-extremes"),
            "grade": "A",
            "verdict_then": claims.CAVEAT,
            "claim_id": "C7",
            "anchor": "statement-7",
        }
    ]


def test_a_verdict_agrees_with_the_number_beside_it():
    """One does not reproduce, three do not."""
    assert telling.among(claims.NOT_REPRODUCED, 1) == "does not reproduce"
    assert telling.among(claims.NOT_REPRODUCED, 3) == "do not reproduce"
