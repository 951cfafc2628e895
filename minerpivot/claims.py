"""Verdicts on the article's statements, by rule: from a computed value, from cited evidence, or both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

CONFIRMED = "confirmed"
CAVEAT = "confirmed with a caveat"
NOT_REPRODUCED = "does not reproduce"
CONTRADICTED = "contradicted"
NOT_TESTABLE = "not testable here"
VERDICTS = (CONFIRMED, CAVEAT, NOT_REPRODUCED, CONTRADICTED, NOT_TESTABLE)
STANCES = ("supports", "qualifies", "contradicts")


def reproduces(found: float, published: float, *, tolerance: float) -> str:
    """Whether a published figure reproduces: the computed one lies within its rounding.

    `tolerance` is half of the last digit that the wording claims: 0.5 for "47 percent", 5 for
    "about 230". Both values in the same unit; a missing value is not testable.
    """
    if pd.isna(found):
        return NOT_TESTABLE
    return CONFIRMED if abs(found - published) <= tolerance else NOT_REPRODUCED


def exceeds(found: float, floor: float) -> str:
    """Whether a "more than" holds."""
    if pd.isna(found):
        return NOT_TESTABLE
    return CONFIRMED if found > floor else NOT_REPRODUCED


def holds(tests: Mapping[str, bool]) -> str:
    """A comparative statement under several readings: all hold, some hold (a caveat), or none does."""
    outcomes = list(tests.values())
    if not outcomes:
        return NOT_TESTABLE
    return CONFIRMED if all(outcomes) else CAVEAT if any(outcomes) else CONTRADICTED


def stances(evidence: pd.DataFrame) -> pd.DataFrame:
    """Publishers by claim and stance: claim_id × supports, qualifies, contradicts.

    Several rows of one publisher with one stance count once; what a publisher's name has in
    brackets (the company, the page it copies) is ignored.
    """
    publisher = evidence["publisher"].str.replace(r"\s*\(.*\)", "", regex=True)
    counted = evidence.assign(publisher=publisher).groupby(["claim_id", "stance"])["publisher"].nunique()
    return counted.unstack(fill_value=0).reindex(columns=list(STANCES), fill_value=0)


def by_evidence(supports: int, qualifies: int, contradicts: int) -> str:
    """Verdict on cited evidence alone: more against than for contradicts; anything against is a caveat."""
    if contradicts > supports:
        return CONTRADICTED
    if supports == 0:
        return NOT_TESTABLE
    return CAVEAT if qualifies or contradicts else CONFIRMED


def combined(computed: str | None, supports: int, qualifies: int, contradicts: int) -> str:
    """The computed verdict where there is one; evidence can add a caveat to it but not overturn it."""
    if computed is None:
        return by_evidence(supports, qualifies, contradicts)
    return CAVEAT if computed == CONFIRMED and (qualifies or contradicts) else computed


def verdicts(claims: pd.DataFrame, evidence: pd.DataFrame, findings: Iterable[Mapping[str, object]]) -> pd.DataFrame:
    """Every statement with its verdict, in the article's order.

    `findings` hold claim_id, found (what the data give, in words), grade, chapter and, where it is
    computed, `computed` (a verdict). An outlook is not testable whatever is found. Raises ValueError
    if a statement has no finding, two of them, or a finding names no statement.
    """
    found = pd.DataFrame(list(findings))
    known, given = set(claims["claim_id"]), list(found["claim_id"])
    mend = 'add find("{0}", ...) to its section of the fact check, or take the row out of data/claims.csv'
    faults = [f"no finding for {claim}: {mend.format(claim)}" for claim in sorted(known - set(given))]
    faults += [f"finding for unknown claim {claim}" for claim in sorted(set(given) - known)]
    faults += [f"two findings for {claim}" for claim in sorted({claim for claim in given if given.count(claim) > 1})]
    if faults:
        raise ValueError("; ".join(faults))
    counts = stances(evidence).reindex(claims["claim_id"], fill_value=0)
    table = claims.merge(found, on="claim_id", validate="one_to_one").join(counts, on="claim_id")
    computed = table["computed"].astype(object).where(table["computed"].notna(), None)
    rows = zip(computed, table["supports"], table["qualifies"], table["contradicts"])
    table["verdict"] = [combined(*row) for row in rows]
    table.loc[table["kind"] == "outlook", "verdict"] = NOT_TESTABLE
    return table.sort_values("statement_no", ignore_index=True)


def scoreboard(table: pd.DataFrame) -> pd.Series:
    """How many statements got each verdict, in the fixed order of `VERDICTS`."""
    return table["verdict"].value_counts().reindex(list(VERDICTS), fill_value=0)
