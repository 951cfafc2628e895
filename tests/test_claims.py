"""Verdicts: the rules by example, and the fact check's own completeness."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minerpivot import claims
from minerpivot.tables import load


@pytest.mark.parametrize(
    ("found", "published", "tolerance", "verdict"),
    [
        (46.6, 47, 0.5, claims.CONFIRMED),
        (47.5, 47, 0.5, claims.CONFIRMED),
        (47.6, 47, 0.5, claims.NOT_REPRODUCED),
        (226, 230, 5, claims.CONFIRMED),
        (float("nan"), 230, 5, claims.NOT_TESTABLE),
    ],
)
def test_a_published_figure_reproduces_within_its_rounding(found, published, tolerance, verdict):
    """47 percent stands for 46.5 to 47.5, about 230 for 225 to 235."""
    assert claims.reproduces(found, published, tolerance=tolerance) == verdict


def test_more_than_is_strict():
    """500 is not more than 500."""
    assert claims.exceeds(500.1, 500) == claims.CONFIRMED
    assert claims.exceeds(500, 500) == claims.NOT_REPRODUCED


def test_a_comparative_needs_every_reading():
    """All readings confirm, some make a caveat, none contradicts."""
    assert claims.holds({"a": True, "b": True}) == claims.CONFIRMED
    assert claims.holds({"a": True, "b": False}) == claims.CAVEAT
    assert claims.holds({"a": False}) == claims.CONTRADICTED
    assert claims.holds({}) == claims.NOT_TESTABLE


def test_copies_of_one_publisher_count_once():
    """Three rows, two of them from one house: two supporters."""
    rows = pd.DataFrame(
        {
            "claim_id": "c",
            "stance": "supports",
            "publisher": ["Reportify (Zacks, Cipher)", "Reportify (Benzinga)", "Sandmark"],
        }
    )
    assert claims.stances(rows).loc["c"].tolist() == [2, 0, 0]


@given(st.sampled_from(claims.VERDICTS), st.integers(0, 5), st.integers(0, 5), st.integers(0, 5))
def test_evidence_adds_a_caveat_but_never_overturns_a_computation(computed, supports, qualifies, contradicts):
    """Only confirmed changes, and only to confirmed with a caveat."""
    verdict = claims.combined(computed, supports, qualifies, contradicts)
    assert verdict == computed or (computed, verdict) == (claims.CONFIRMED, claims.CAVEAT)


def finding(claim, computed=None):
    """A minimal finding."""
    return {"claim_id": claim, "found": "x", "grade": "derived", "chapter": "data", "computed": computed}


def test_every_statement_gets_one_verdict_and_an_outlook_none():
    """With a finding for each statement all 27 get a verdict; the outlook is not testable."""
    table = claims.verdicts(
        load("claims"), load("claims_evidence"), [finding(c, claims.CONFIRMED) for c in load("claims")["claim_id"]]
    )
    assert claims.scoreboard(table).sum() == len(load("claims"))
    assert set(table.loc[table["kind"] == "outlook", "verdict"]) == {claims.NOT_TESTABLE}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f[1:], "no finding for"),
        (lambda f: [*f, f[0]], "two findings for"),
        (lambda f: [*f, finding("moon")], "unknown claim moon"),
    ],
)
def test_a_missing_doubled_or_unknown_finding_is_refused(change, message):
    """A statement cannot be left out or judged twice without a word."""
    findings = [finding(c) for c in load("claims")["claim_id"]]
    with pytest.raises(ValueError, match=message):
        claims.verdicts(load("claims"), load("claims_evidence"), change(findings))
