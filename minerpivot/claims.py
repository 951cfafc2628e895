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
ITSELF = "the article"  # origin of a page that copies the article under test
FINDING = ["claim_id", "found", "base", "computed", "alone", "grade", "see"]


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
    """Separate sources by claim and stance: claim_id × supports, qualifies, contradicts.

    A source is what a page copies (`origin`, where the column is there and filled), else its publisher
    without what the name has in brackets. Rows of one source with one stance count once. A page that
    copies the article under test (`ITSELF`) is no evidence on it.
    """
    source = evidence["publisher"].str.replace(r"\s*\(.*\)", "", regex=True)
    if "origin" in evidence:
        source = evidence["origin"].where(evidence["origin"].notna(), source)
    rows = evidence.assign(source=source)[source != ITSELF]
    counted = rows.groupby(["claim_id", "stance"])["source"].nunique()
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

    `findings` hold claim_id, found (what the data give, in words) and, where they apply, base, grade, see
    (label and address of the figure that shows it), `computed` (a verdict) and `alone` (true where that verdict
    stands alone: what pages say on a printed return is shown, not counted). An outlook is not testable whatever
    is found. Adds the sources by stance and `verdict`. Raises ValueError if a statement has no
    finding, two of them, or a finding names no statement.
    """
    found = pd.DataFrame(list(findings), columns=FINDING, dtype=object)
    known, given = set(claims["claim_id"]), list(found["claim_id"])
    mend = 'add find("{0}", ...) to its topic in the fact check, or take the row out of data/claims.csv'
    faults = [f"no finding for {claim}: {mend.format(claim)}" for claim in sorted(known - set(given))]
    faults += [f"finding for unknown claim {claim}" for claim in sorted(set(given) - known)]
    faults += [f"two findings for {claim}" for claim in sorted({claim for claim in given if given.count(claim) > 1})]
    if faults:
        raise ValueError("; ".join(faults))
    counts = stances(evidence).reindex(claims["claim_id"], fill_value=0)
    table = claims.merge(found, on="claim_id", validate="one_to_one").join(counts, on="claim_id")
    computed = table["computed"].astype(object).where(table["computed"].notna(), None)
    table = table.assign(computed=computed, alone=table["alone"].eq(True))
    judged = [_judged(row, row["computed"], row) for row in table.to_dict("records")]
    table["verdict"] = pd.Series(judged, index=table.index, dtype=object)
    table.loc[table["kind"] == "outlook", "verdict"] = NOT_TESTABLE
    return table.sort_values("statement_no", ignore_index=True)


def unseen(evidence: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Rows of evidence that cannot be dated to `day` or before, by claim: `undated`, `later`, and `copies` among them.

    A copy is of a text that was itself out by `day`: its `origin` ends in that date. Such a page is late, not its news.
    """
    rows = evidence[(evidence["origin"] != ITSELF) & ~(evidence["published_on"] <= day)]
    original = pd.to_datetime(rows["origin"].astype("string").str.extract(r"(\d{4}-\d{2}-\d{2})$")[0])
    kinds = {"undated": rows["published_on"].isna(), "later": rows["published_on"].notna(), "copies": original <= day}
    return rows.assign(**kinds).groupby("claim_id")[list(kinds)].sum().astype(int)


def compare(then: pd.DataFrame, now: pd.DataFrame, dated: pd.DataFrame) -> pd.DataFrame:
    """`now` beside what was judged `then`, on the article's day: results of `verdicts` on the same claims.

    `dated` is as `now`, from the evidence with a date alone. Adds `verdict_then`, `found_then`, `differs`, `shown`
    (one verdict, or both where they differ) and `because`: whether later data, pages published later or pages
    without a date changed the verdict, found by changing one and not the others ("or": each would have alone).
    Raises ValueError if the results do not hold the same claims.
    """
    if not list(then["claim_id"]) == list(now["claim_id"]) == list(dated["claim_id"]):
        raise ValueError("the two days judge different claims; pass the same claims table to verdicts() for both")
    differs = then["verdict"] != now["verdict"]
    reasons = [_because(*rows) for rows in zip(*(day.to_dict("records") for day in (then, now, dated)))]
    return now.assign(
        verdict_then=then["verdict"],
        found_then=then["found"],
        differs=differs,
        shown=now["verdict"].where(~differs, now["verdict"] + "; then: " + then["verdict"]),
        because=pd.Series(reasons, index=now.index, dtype=object).where(differs),
    )


def _judged(row: Mapping, computed: str | None, sources: Mapping) -> str:
    """Verdict on `row` from a computed verdict and the counts in `sources`."""
    return computed if row["alone"] and computed else combined(computed, *(sources[stance] for stance in STANCES))


def _because(then: dict, now: dict, dated: dict) -> str:
    data = _judged(then, None if pd.isna(now["computed"]) else now["computed"], then) != then["verdict"]
    before = None if pd.isna(then["computed"]) else then["computed"]
    evidence, of_dated = (_judged(then, before, sources) for sources in (now, dated))
    if data == (evidence != then["verdict"]):
        return "later data or pages" if data else "later data with later pages"
    if data:
        return "later data"
    if of_dated == then["verdict"]:
        return "undated pages"
    return "later pages" if of_dated == evidence else "later and undated pages"


def scoreboard(table: pd.DataFrame, column: str = "verdict") -> pd.Series:
    """How many statements got each verdict, in the fixed order of `VERDICTS`."""
    return table[column].value_counts().reindex(list(VERDICTS), fill_value=0)


def revision(first: tuple[float, float], last: tuple[float, float]) -> str:
    """How a range (low, high) moved: "raised" or "cut" if no end went the other way, "kept", or "moved both ways"."""
    steps = [later - earlier for earlier, later in zip(first, last)]
    if not any(steps):
        return "kept"
    return "raised" if min(steps) >= 0 else "cut" if max(steps) <= 0 else "moved both ways"


def places(values: pd.Series, named: Iterable[str]) -> pd.DataFrame:
    """Where the `named` stand among all that have a value: columns `place` (1 is the highest, ties share it) and `of`.

    One row per name in the order given; place missing for one without a value.
    """
    known = values.dropna()
    found = known.rank(ascending=False, method="min").reindex(list(named)).astype("Int64")
    return pd.DataFrame({"place": found, "of": len(known)})
