# ruff: noqa: E501 - a case is a line
"""Articles and who is who: each rule at its edges, the last right value and the first wrong one, on rows by hand."""

from minerpivot.data.consistency import of_names
from tests.by_hand import lines, told


def test_evidence_is_no_older_than_its_origin():
    """Of the same day it may be."""
    rows = lines(
        "claims_evidence", "published_on,origin_on", "2026-01-28,2026-01-28", "2026-01-27,2026-01-28", ",2026-01-28"
    )
    assert told(of_names.evidence_is_no_older_than_a_claim_is_new(rows, lines("claims", "claim_id"))) == [
        "data/claims_evidence.csv row 3: published_on is '2026-01-27' and origin_on is '2026-01-28', older than its origin; "
        "correct either day"
    ]
