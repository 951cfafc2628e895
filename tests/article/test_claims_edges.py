"""What the fact check says in rare cases: two changes that only together turn a verdict, two terms, whole places."""

import pandas as pd

from minerpivot.article import claims
from tests.article.test_claims import ONE, finding, page
from tests.frozen import load


def test_data_and_pages_that_only_together_turn_a_verdict_are_both_named():
    """Contradicted by data and a page; without the data two new pages outweigh it, with the data they do not."""
    for_and_against = page("supports", "supports", "contradicts")
    days = [
        claims.verdicts(ONE, evidence, [finding("c", computed)])
        for computed, evidence in (
            (claims.CONTRADICTED, page("contradicts")),
            (None, for_and_against),
            (None, for_and_against),
        )
    ]
    row = claims.compare(*days).iloc[0]
    assert row["shown"] == "confirmed in part; then: contradicted"
    assert row["because"] == "later data with later pages"
    assert (row["verdict_then"], row["verdict"]) == (claims.CONTRADICTED, claims.CAVEAT)


def test_every_amended_term_is_named_with_the_last_day():
    """A term and a value that became other ones."""
    now, key = load("deals"), "CIFR-2025-11-AWS"
    then = now.copy()
    now.loc[now["deal_id"] == key, ["contract_value_usd_bn", "term_years"]] = [6.0, 20]
    told = pd.DataFrame({"table": "deals", "row": key, "field": ["contract_value_usd_bn", "term_years"]}).assign(
        known_on=pd.to_datetime(["2026-08-04", "2026-08-10"])
    )
    assert claims.fate(now, key, told, then) == "amended in base value, term (2026-08-10)"


def test_a_place_is_a_whole_number():
    """A place is third, not 3.0th, and the highest is the first."""
    found = claims.places(pd.Series({"a": 3.0, "b": 5.0, "c": None}), ["b", "a", "c"])
    assert found["place"].dropna().map(str).tolist() == ["1", "2"]


def test_choices_are_listed_as_people_list_them():
    """One, two and three."""
    assert [claims._either(list(names)) for names in ("a", "ab", "abc")] == ["a", "a or b", "a, b or c"]


def test_a_house_and_its_name_with_an_addition_are_one_source():
    """What stands in brackets behind a name says which copy, not who."""
    pages = page("supports", "supports", "supports").assign(publisher=["House", "House (a copy)", "Other"])
    assert claims.stances(pages).loc["c", "supports"] == 2


def test_every_row_that_no_rule_tests_is_told():
    """A kind that is unknown does not hide a row after it that lacks a column; an unnamed measure is an empty cell."""
    rows = load("claims").head(2).assign(type=["return", "date"], measure=["odd", "halving"], published_value=None)
    unknown, incomplete = claims.faults(rows)
    assert "write as its measure an empty cell, or give it another type" in unknown
    assert "has no published_value" in incomplete
