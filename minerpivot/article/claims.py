"""Verdicts on an article's statements, by rule: from a computed value, from cited evidence, or both.

A statement says in its row what kind it is (`type`, `measure`) and what it is about; `NEEDS` says which columns the
rule of each kind reads, so that another article's statements of a known kind need no new code.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from minerpivot.data.tables import TableError
from minerpivot.deals.ledger import GONE, TOLD

CONFIRMED = "confirmed"
CAVEAT = "confirmed in part"
NOT_REPRODUCED = "does not reproduce"
CONTRADICTED = "contradicted"
NOT_TESTABLE = "not testable here"
VERDICTS = (CONFIRMED, CAVEAT, NOT_REPRODUCED, CONTRADICTED, NOT_TESTABLE)
STANCES = ("supports", "qualifies", "contradicts")
ITSELF = "the article"  # origin of a page that copies the article under test
FINDING = ["claim_id", "given", "against", "computed", "alone", "grade", "readings"]
FIGURE = ("published_value", "published_low", "published_high")  # what a statement printed: one of them at least
NEEDS: dict[tuple[str, str], tuple[str, ...]] = {  # (type, measure) -> columns; "figure" is any of FIGURE
    ("return", ""): ("ticker", "window", "figure"),
    ("level", "close"): ("ticker", "figure"),
    ("level", "subsidy_cut"): ("figure",),
    ("level", "contract_mw"): ("deal_id", "figure"),
    ("guidance", ""): ("ticker", "guided_period", "figure"),
    ("guidance", "consensus"): ("ticker", "guided_period", "published_value"),
    ("date", "halving"): ("published_value",),
    ("date", "earnings_report"): ("ticker", "published_value"),
    ("count_or_rank", "signers"): (),
    ("count_or_rank", "contract_size"): ("deal_id",),
    ("comparative", "miner_returns"): (),
    ("comparative", "share_returns"): ("ticker", "second_ticker", "window"),
    ("comparative", "deal_response"): (),
    ("comparative", "capex_growth"): ("ticker",),
    ("comparative", "mining_margin"): (),
    ("comparative", "power_price"): (),
    ("comparative", "difficulty"): (),
    ("comparative", "ai_revenue_share"): (),
    ("event", "contract"): ("deal_id", "period"),
    ("event", ""): (),
    ("quotation", ""): (),
    ("outlook", ""): (),
    ("outlook", "earnings_report"): ("ticker",),
}
WRITE = {  # what to write where a column is empty
    "ticker": "the ticker of instruments.csv",
    "second_ticker": "the ticker of instruments.csv that the first is compared with",
    "window": "one_day, year_to_date or one_year",
    "figure": f"the printed figure in {', '.join(FIGURE[:-1])} or {FIGURE[-1]}",
    "published_value": "the figure or date as printed",
    "guided_period": "the period as capex_guidance.csv writes it",
    "deal_id": "the contract's deal_id in deals.csv",
    "period": "the day, month or year that the article gives",
}
HELD_IN: dict[tuple[str, str], tuple[str, str]] = {  # (type, measure) -> table and column that must hold the tickers
    ("return", ""): ("prices", "symbol"),
    ("level", "close"): ("prices", "symbol"),
    ("comparative", "share_returns"): ("prices", "symbol"),
    ("guidance", ""): ("capex_guidance", "ticker"),
    ("guidance", "consensus"): ("capex_guidance", "ticker"),
    ("comparative", "capex_growth"): ("capex_actuals", "ticker"),
    ("date", "earnings_report"): ("earnings_dates", "ticker"),
}
TERMS = {  # of a contract, which later knowledge may change: column -> words
    "critical_it_mw": "megawatts of critical IT",
    "gross_mw": "gross megawatts",
    "contract_value_usd_bn": "base value",
    "term_years": "term",
}


def faults(claims: pd.DataFrame) -> list[str]:
    """What the rules cannot test in the rows of `claims` (a whole table): one line each with row, type and mend."""
    found = []
    for index, claim in claims.iterrows():
        measure = claim["measure"] or ""
        kind = f"a {claim['type']}" + (f" of {measure}" if measure else "")
        row = f"data/claims.csv row {int(str(index)) + 2}: {claim['claim_id']!r} is {kind} "
        if (claim["type"], measure) not in NEEDS:
            known = [name or "an empty cell" for type_, name in NEEDS if type_ == claim["type"]]
            found.append(
                row + f"and no rule tests that; write as its measure {_either(known)}, or give it another type"
            )
            continue
        for column in NEEDS[claim["type"], measure]:
            if all(pd.isna(claim[cell]) for cell in (FIGURE if column == "figure" else (column,))):
                found.append(row + f"and has no {column}; write {WRITE[column]}")
    twice = claims[claims.duplicated(["article_id", "statement_no"])]
    found += [
        f"data/claims.csv row {index + 2}: {claim.claim_id!r} is statement {claim.statement_no} of {claim.article_id}, "
        "as an earlier row is; give it a number of its own"
        for index, claim in zip(twice.index, twice.itertuples())
    ]
    return found


def unheld(claims: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Statements that will get no computed verdict because a table has nothing of their company: one line each.

    `tables` holds those of `HELD_IN` by name. Such a statement is no fault: pages can still decide it.
    """
    found = []
    for index, claim in claims.iterrows():
        kind = (claim["type"], claim["measure"] or "")
        table, column = HELD_IN.get(kind, ("", ""))
        names = [claim[cell] for cell in ("ticker", "second_ticker") if table and pd.notna(claim[cell])]
        missing = [name for name in names if name not in set(tables[table][column])]
        if missing:
            row = f"data/claims.csv row {int(str(index)) + 2}: {claim['claim_id']!r} is a "
            row += " of ".join(filter(None, kind))
            mend = "add its rows there, or pages alone can decide it"
            found.append(f"{row} and {table}.csv has nothing of {_either(missing)}; {mend}")
    return found


def _either(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def statements(claims: pd.DataFrame, article_id: str) -> pd.DataFrame:
    """The statements of one article in its order, by claim_id; `TableError` with every one that no rule tests."""
    own = claims[claims["article_id"] == article_id]
    if wrong := faults(own):
        raise TableError("\n".join(wrong))
    return own.sort_values("statement_no").set_index("claim_id", drop=False)


def assessed(articles: pd.DataFrame) -> pd.Series:
    """The row of the article that the report checks: the one whose role says so; `TableError` if there is none."""
    checked = articles[articles["role"] == "assessed"]
    if checked.empty:
        raise TableError(
            "data/articles.csv has no assessed article; write assessed as the role of the one to check: every chapter "
            "compares with its day, with which editions begin"
        )
    return checked.set_index("article_id", drop=False).iloc[0]


def first_day(articles: pd.DataFrame) -> pd.Timestamp:
    """The day that the report's article speaks of."""
    return pd.Timestamp(assessed(articles)["speaks_of"])


def rounding(printed: str | float) -> float:
    """Half of the last digit of a printed figure: 0.5 for 47, 0.05 for 9.7; a text keeps its zeros ("62.90")."""
    text = printed if isinstance(printed, str) else f"{printed:.10g}"
    return 0.5 / 10.0 ** len(text.partition(".")[2])


def figure(found: float, claim: Mapping[Any, Any], *, tolerance: float | None = None) -> str:
    """Verdict on what a statement printed, a value, a range, a "more than" or a "less than", against what was found.

    Without a `tolerance` each printed figure is held to half of its last digit (`rounding`).
    """
    value, low, high = (pd.to_numeric(claim[column]) for column in FIGURE)

    def half(column: str) -> float:
        return rounding(claim[column]) if tolerance is None else tolerance

    if pd.isna(found):
        return NOT_TESTABLE
    if pd.notna(value):
        return reproduces(found, value, tolerance=half(FIGURE[0]))
    if pd.notna(low) and pd.notna(high):
        inside = _at_least(found, low - half(FIGURE[1])) and _at_least(high + half(FIGURE[2]), found)
        return CONFIRMED if inside else NOT_REPRODUCED
    return exceeds(found, low) if pd.notna(low) else exceeds(-found, -high)


def in_period(day: str | pd.Timestamp, period: str) -> bool:
    """Whether a date, itself perhaps only a month or year, lies in `period` ("2025-11", "2025")."""
    text = day if isinstance(day, str) else f"{day:%Y-%m-%d}"
    return text == period or text.startswith(f"{period}-")


def fate(deals: pd.DataFrame, deal_id: str, knowledge: pd.DataFrame, then: pd.DataFrame | None = None) -> str | None:
    """What became of a contract that ended or was replaced, or whose terms differ from the ledger `then`; else None.

    With the day that `knowledge` gives. A term that was only learned later, where the cell was empty, is no change.
    """
    later = deals[deals["supersedes"] == deal_id]
    if len(later):
        return f"superseded by {later['deal_id'].iloc[0]} ({later['announced_on'].iloc[0]})"
    told = knowledge[(knowledge["table"] == "deals") & (knowledge["row"] == deal_id)]
    before, now = (
        each.set_index("deal_id").reindex([deal_id]).iloc[0] for each in (deals if then is None else then, deals)
    )
    if now["state"] in GONE:
        days = told.loc[told["field"] == "state", "known_on"]
        state = TOLD.get(now["state"], now["state"])
        return f"{state} since" if days.empty else f"{state} ({days.max():%Y-%m-%d})"
    amended = [term for term in TERMS if pd.notna(before[term]) and before[term] != now[term]]
    if not amended:
        return None
    day = told.loc[told["field"].isin(amended), "known_on"].max()
    return f"amended in {', '.join(TERMS[term] for term in amended)} ({day:%Y-%m-%d})"


def _at_least(value: float, bound: float) -> bool:
    """Whether a value reaches a bound; what differs by the noise of floating point only (62.95 − 62.9) reaches it."""
    return value > bound or math.isclose(value, bound, rel_tol=1e-9)


def reproduces(found: float, published: float, *, tolerance: float) -> str:
    """Whether a published figure reproduces: the computed one lies within its rounding, ends included.

    `tolerance` is half of the last digit that the wording claims: 0.5 for "47 percent", 5 for
    "about 230". Both values in the same unit; a missing value is not testable.
    """
    if pd.isna(found):
        return NOT_TESTABLE
    inside = _at_least(found, published - tolerance) and _at_least(published + tolerance, found)
    return CONFIRMED if inside else NOT_REPRODUCED


def exceeds(found: float, floor: float) -> str:
    """Whether a "more than" holds: the floor itself is not more."""
    if pd.isna(found):
        return NOT_TESTABLE
    return NOT_REPRODUCED if _at_least(floor, found) else CONFIRMED


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


def combined(computed: str | None, supports: int, qualifies: int, contradicts: int, *, alone: bool = False) -> str:
    """The computed verdict where there is one; evidence can add a caveat to it but not overturn it.

    Where nothing could be computed, evidence decides. A verdict that stands `alone` (a printed return) takes a caveat
    only from a source that contradicts it, not from one that sets it in another light, and no page makes up for it.
    """
    if computed is None or (computed == NOT_TESTABLE and not alone):
        return by_evidence(supports, qualifies, contradicts)
    doubted = contradicts or (qualifies and not alone)
    return CAVEAT if computed == CONFIRMED and doubted else computed


def verdicts(claims: pd.DataFrame, evidence: pd.DataFrame, findings: Iterable[Mapping[str, object]]) -> pd.DataFrame:
    """Every statement with its verdict, in the article's order.

    `findings` hold claim_id and the fields of `readings.Finding`: among them `computed` (a verdict, or None) and
    `alone` (see `combined`). An outlook is not testable whatever is found. Adds the sources by stance and `verdict`.
    Raises `TableError` without any statement, ValueError if one has no finding or two, or a finding names none.
    """
    if claims.empty:
        raise TableError(
            "data/claims.csv has no statement of the assessed article; add its statements, or take the chapter out "
            "(its notebook and its line in _toc.yml)"
        )
    found = pd.DataFrame(list(findings), columns=FINDING, dtype=object)
    known, given = set(claims["claim_id"]), list(found["claim_id"])
    wrong = [
        f"data/claims.csv: no finding for {claim!r}; give its type and measure a test"
        for claim in sorted(known - set(given))
    ]
    wrong += [
        f"data/claims.csv: finding for {claim!r}, which is not there; take its finding away"
        for claim in sorted(set(given) - known)
    ]
    wrong += [
        f"two findings for {claim!r}; leave one"
        for claim in sorted({claim for claim in given if given.count(claim) > 1})
    ]
    if wrong:
        raise ValueError("; ".join(wrong))
    counts = stances(evidence).reindex(claims["claim_id"], fill_value=0)
    table = claims.merge(found, on="claim_id", validate="one_to_one").join(counts, on="claim_id")
    computed = table["computed"].astype(object).where(table["computed"].notna(), None)
    table = table.assign(computed=computed, alone=table["alone"].eq(True))
    judged = [_judged(row, row["computed"], row) for row in table.to_dict("records")]
    table["verdict"] = pd.Series(judged, index=table.index, dtype=object)
    table.loc[table["type"] == "outlook", "verdict"] = NOT_TESTABLE
    return table.sort_values("statement_no", ignore_index=True)


def dated(evidence: pd.DataFrame) -> pd.Series:
    """The day from which each row of evidence counts: that of the text it copies, else its own; missing if neither."""
    return evidence["origin_on"].fillna(evidence["published_on"])


def unseen(evidence: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Rows of evidence that no date puts on `day` or before, by claim: without a date (`undated`), or dated `later`.

    A late copy of a text that was out by then is neither: it counts from the day of that text (`dated`).
    """
    rows = evidence[(evidence["origin"] != ITSELF) & ~(dated(evidence) <= day)]
    known = dated(rows)
    return (
        rows.assign(undated=known.isna(), later=known.notna())
        .groupby("claim_id")[["undated", "later"]]
        .sum()
        .astype(int)
    )


def compare(then: pd.DataFrame, now: pd.DataFrame, dated: pd.DataFrame) -> pd.DataFrame:
    """`now` beside what was judged `then`, on the article's day: results of `verdicts` on the same claims.

    `dated` is as `now`, from the evidence that `dated()` gives a day. Adds `verdict_then`, `differs`,
    `shown` (one verdict, or both where they differ) and `because`: whether later data, pages published later or pages
    without a date changed the verdict, found by changing one and not the others ("or": each would have alone).
    Raises ValueError if the results do not hold the same claims.
    """
    if not list(then["claim_id"]) == list(now["claim_id"]) == list(dated["claim_id"]):
        raise ValueError("the two days judge different claims; pass the same claims table to verdicts() for both")
    differs = then["verdict"] != now["verdict"]
    reasons = [_because(*rows) for rows in zip(*(day.to_dict("records") for day in (then, now, dated)))]
    return now.assign(
        verdict_then=then["verdict"],
        differs=differs,
        shown=now["verdict"].where(~differs, now["verdict"] + "; then: " + then["verdict"]),
        because=pd.Series(reasons, index=now.index, dtype=object).where(differs),
    )


def _judged(row: Mapping[Any, Any], computed: str | None, sources: Mapping[Any, Any]) -> str:
    """Verdict on `row` from a computed verdict and the counts in `sources`."""
    return combined(computed, *(sources[stance] for stance in STANCES), alone=row["alone"])


def _because(then: Mapping[Any, Any], now: Mapping[Any, Any], dated: Mapping[Any, Any]) -> str:
    data = _judged(then, None if pd.isna(now["computed"]) else now["computed"], then) != then["verdict"]
    before: str | None = None if pd.isna(then["computed"]) else then["computed"]
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
