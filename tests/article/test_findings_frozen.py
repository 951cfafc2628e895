"""All that the tables give on every statement, to the word: known answers on the frozen tables, then and now.

The arithmetic is proven in `test_findings`; here no value, unit, span, base, reading or verdict may change unseen.
After a change on purpose `python -m tests.article.test_findings_frozen` writes findings.json anew: read its difference.
"""

import json
from pathlib import Path

import pytest

from minerpivot.article import claims, findings, knowledge
from tests import frozen
from tests.article.test_findings import ARTICLE, SETTINGS

STORED = Path(__file__).with_name("findings.json")
DAYS = {"then": "2026-01-28", "now": None}


def cell(value):
    """A number to four decimals, anything else as it is."""
    return round(float(value), 4) if hasattr(value, "__float__") else value


def told(day):
    """Each statement's finding: its values, a line each, and all else."""
    known = knowledge.Known(day, folder=frozen.FOLDER)
    rows = findings.found(claims.statements(frozen.load("claims"), ARTICLE), known, SETTINGS)
    return {
        row.pop("claim_id"): row | {"given": [" | ".join(f"{cell(part)}" for part in value) for value in row["given"]]}
        for row in rows
    }


@pytest.mark.parametrize("day", DAYS)
def test_every_word_of_every_finding(day):
    """Statement by statement, so that a difference is short."""
    stored, found = json.loads(STORED.read_text("utf-8"))[day], told(DAYS[day])
    assert list(found) == list(stored)
    for claim, finding in found.items():
        assert finding == stored[claim], claim


if __name__ == "__main__":
    text = json.dumps({name: told(day) for name, day in DAYS.items()}, indent=1, ensure_ascii=False)
    STORED.write_text(text + "\n", encoding="utf-8")
