"""How a verdict reads in a cell: what the data give, why that makes the verdict, who says so, and where it is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from itertools import groupby
from typing import Any

import pandas as pd

from minerpivot.article import claims
from minerpivot.article.readings import CHANGE, Value
from minerpivot.page.words import Number

SHAPES = {  # verdict -> its sign in a table
    claims.CONFIRMED: "holds",
    claims.CAVEAT: "open",
    claims.NOT_REPRODUCED: "against",
    claims.CONTRADICTED: "against",
    claims.NOT_TESTABLE: "open",
}
MEANINGS = {  # verdict -> the meaning that colours its tiles
    claims.CONFIRMED: "ai",
    claims.CAVEAT: "promised",
    claims.NOT_REPRODUCED: "doubtful",
    claims.CONTRADICTED: "mining",
    claims.NOT_TESTABLE: "open",
}
HELD = (claims.CONFIRMED, claims.CAVEAT)
EVIDENCE = ("the evidence, row by row", "#evidence-rows")
SHOWN_IN = {  # a statement's type and measure -> the figure that shows it: label, chapter and anchor
    ("return", ""): ("the article's returns", "stock-performance.html#article-returns"),
    ("level", "close"): ("returns by company", "stock-performance.html#performance-end"),
    ("level", "subsidy_cut"): ("what cut the income", "halving-squeeze.html#hashprice-decomposition"),
    ("level", "contract_mw"): ("the ledger", "miner-deals.html#ledger"),
    ("guidance", ""): ("guidance", "hyperscaler-capex.html#guidance-path"),
    ("guidance", "consensus"): ("guidance", "hyperscaler-capex.html#guidance-path"),
    ("date", "halving"): ("the halving clock", "halving-squeeze.html#halving-clock"),
    ("date", "earnings_report"): ("Nvidia's reports", "hyperscaler-capex.html#nvidia-quarters"),
    ("count_or_rank", "signers"): ("the timeline", "miner-deals.html#timeline"),
    ("count_or_rank", "contract_size"): ("places", "miner-deals.html#places"),
    ("comparative", "miner_returns"): ("returns of both groups", "stock-performance.html#returns-since"),
    ("comparative", "share_returns"): ("returns by company", "stock-performance.html#performance-end"),
    ("comparative", "deal_response"): ("the event study", "stock-performance.html#event-windows"),
    ("comparative", "capex_growth"): ("capex by quarter", "hyperscaler-capex.html#capex-quarters"),
    ("comparative", "mining_margin"): ("margins", "halving-squeeze.html#margins"),
    ("comparative", "power_price"): ("power prices", "halving-squeeze.html#power-tested"),
    ("comparative", "difficulty"): ("difficulty", "halving-squeeze.html#difficulty-extremes"),
    ("comparative", "ai_revenue_share"): ("the share of AI", "miner-deals.html#ai-share"),
    ("event", "contract"): ("the ledger", "miner-deals.html#ledger"),
    ("outlook", "earnings_report"): ("Nvidia's reports", "hyperscaler-capex.html#nvidia-quarters"),
}
ONE_COMPANY = "NVDA"  # the figures on reports against guidance are Nvidia's
MOST = 4  # readings that a cell names one by one


def shown_in(claim: Mapping[str, Any]) -> tuple[str, str]:
    """Label and address of the figure that shows a statement; what has none rests on cited pages."""
    elsewhere = claim["measure"] == "earnings_report" and claim["ticker"] != ONE_COMPANY
    return EVIDENCE if elsewhere else SHOWN_IN.get((claim["type"], claim["measure"] or ""), EVIDENCE)


def said(value: Any, unit: str = "") -> str:
    """A value as a cell has it: +4.6%, $9.7bn, 3 November 2025; to a tenth, a cent, or four digits."""
    if isinstance(value, tuple):
        low, high = (said(end, unit if unit.startswith("USD") else "") for end in value)
        return said(value[1], unit) if low == high else f"{low} to {said(value[1], unit)}"
    if isinstance(value, str):
        return spoken(value)
    if pd.isna(value):
        return ""
    number = Number(value)
    styles = {"percent": number.to(1).percent, CHANGE: number.to(1).percent.signed}
    plain = number if number.is_integer() or abs(number) >= 1000 else f"{value:.4g}".replace("-", "−")
    if unit.startswith("USD"):
        rest = unit.removeprefix("USD").strip()
        return f"${plain}bn" if rest == "bn" else f"${number.to(2)} {rest}".strip()
    return str(styles[unit]) if unit in styles else f"{plain} {unit}".strip()


def spoken(text: str, month: str = "%B") -> str:
    """`text` with its ISO days and months as people say them; `month` "%b" for a narrow cell: 28 Jan 2026, unbroken."""
    gap = " " if month == "%B" else "\u00a0"

    def day(found: re.Match[str]) -> str:
        there = pd.Timestamp(found[0])
        return (f"{there.day}{gap}" if found[1] else "") + f"{there:{month}}{gap}{there:%Y}"

    return re.sub(r"\b20\d\d-(?:0[1-9]|1[0-2])(-\d\d)?\b", day, text)


def told(values: Iterable[Value], against: str | None = None) -> str:
    """The values of a finding, those of one span together, each beside what it is compared with, and its name.

    "hashprice $32.03 (30 days to 18 April 2024: $106.60)". Of values without one `against` says more, at the end.
    """
    values, spans = list(values), []
    label, _, note = (against or "").partition("; ")
    if all(value.base is None for value in values):
        label, note = "", against or ""
    for span, group in groupby(values, key=lambda value: value.over):
        texts = [f"{each.what} {said(each.value, each.unit)}".strip() + _beside(each, label) for each in group]
        spans.append((f"{span}: " if span else "") + ", ".join(texts))
    return spoken(". ".join(filter(None, ["; ".join(spans), first_up(note)])))


def _beside(value: Value, label: str) -> str:
    """What a value is compared with, in brackets: (printed: $115bn); nothing where there is nothing."""
    if value.base is None:
        return ""
    money = "USD" if value.unit.startswith("USD per") else value.unit
    unit = money if money in ("percent", CHANGE, "USD", "USD bn") else ""
    return f" ({value.beside or label}: {said(value.base, unit)})"


def first_up(text: str) -> str:
    """A sentence's first letter, the others as they are."""
    return text[:1].upper() + text[1:]


def counted(number: int, singular: str, plural: str) -> str:
    """Two agree, one agrees."""
    return f"{Number(number).words} {singular if number == 1 else plural}"


def sources(row: Mapping[str, Any]) -> str:
    """Separate sources on a statement, counted in words."""
    counts = {
        "supports": ("source agrees", "sources agree"),
        "qualifies": ("agrees in part", "agree in part"),
        "contradicts": ("disagrees", "disagree"),
    }
    parts = [counted(int(row[stance]), *words) for stance, words in counts.items() if row[stance]]
    if not parts or "source" in parts[0]:
        return ", ".join(parts) or "no source"
    number, _, rest = ", ".join(parts).partition(" ")
    return f"{number} {'source' if number == 'one' else 'sources'} {rest}"


def why(row: Mapping[str, Any]) -> str:
    """What makes the verdict: the readings that hold and fail, the rounding of a figure, or the count of sources."""
    if row["type"] == "outlook":
        return "no rule decides an outlook"
    readings, computed = row["readings"], row["computed"]
    if readings:
        reason = _by_readings(readings)
    elif computed in (claims.CONFIRMED, claims.NOT_REPRODUCED):
        reason = f"{'within' if computed == claims.CONFIRMED else 'outside'} the rounding of what is printed"
    elif row["alone"]:
        return "no closes to compute it from"
    else:
        return f"sources decide: {sources(row)}"
    doubts = [stance for stance in ("qualifies", "contradicts") if row[stance]]
    return f"{reason}; {sources(row)}" if row["verdict"] != computed and doubts else reason


def _by_readings(readings: Mapping[str, bool]) -> str:
    holds, fails = ([name for name, held in readings.items() if held is side] for side in (True, False))
    if len(readings) == 1:
        return spoken(f"{(holds + fails)[0]}: {'yes' if holds else 'no'}")
    if not fails or not holds:
        return f"{'holds' if holds else 'fails'} in {'both' if len(readings) == 2 else f'all {len(readings)}'} readings"
    if len(readings) > MOST:
        return f"holds in {len(holds)} of {len(readings)} readings"
    return spoken(f"holds: {'; '.join(holds)}. Fails: {'; '.join(fails)}")


def changed(row: Mapping[str, Any], unseen: pd.DataFrame) -> str | None:
    """The verdict of the article's day where it differs, and what changed it: data, pages that came later, or both."""
    if not row["differs"]:
        return None
    late = unseen.loc[row["claim_id"]] if row["claim_id"] in unseen.index else {}
    cause = row["because"]
    kinds = [kind for kind in LATE if cause not in ONE_KIND or ONE_KIND[cause] == kind]
    pages = [
        counted(int(late[kind]), *(f"{page} {LATE[kind]}" for page in ("page", "pages")))
        for kind in kinds
        if late.get(kind)
    ]
    told_of = " and ".join(pages) or "later pages"
    return f"{row['verdict_then']} on the article's day; {CAUSES[cause].format(pages=told_of)}"


CAUSES = {  # what `claims.compare` found -> in words
    "later data": "later data changed it",
    "later data or pages": "later data changed it, as {pages} alone would have",
    "later data with later pages": "later data and {pages} changed it together",
    "undated pages": "{pages} changed it",
    "later pages": "{pages} changed it",
    "later and undated pages": "{pages} changed it",
}
ONE_KIND = {"undated pages": "undated", "later pages": "later"}
LATE = {"undated": "without a date", "later": "of a later date"}


def rows(verdicts: pd.DataFrame, unseen: pd.DataFrame) -> pd.DataFrame:
    """The statements as a table shows them: each with verdict, values, reason, what changed it, sources and figure."""
    each: list[Any] = verdicts.to_dict("records")
    later = [changed(row, unseen) for row in each]
    return pd.DataFrame(
        {
            "statement": [f"{row['statement_no']}. {row['claim']}" for row in each],
            "verdict": verdicts["verdict"].to_numpy(),
            "data": [told(row["given"], row["against"]) for row in each],
            "why": [". ".join(map(first_up, filter(None, (why(row), after)))) for row, after in zip(each, later)],
            "changed": later,
            "sources": [sources(row) for row in each],
            "shown": [shown_in(row) for row in each],
            "grade": verdicts["grade"].to_numpy(),
            "verdict_then": verdicts["verdict_then"].to_numpy(),
            "claim_id": verdicts["claim_id"].to_numpy(),
            "anchor": [f"statement-{number}" for number in verdicts["statement_no"]],
        }
    )


def among(verdict: str, number: int) -> str:
    """A verdict beside the number of those that got it: 3 do not reproduce."""
    return verdict if number == 1 else verdict.replace("does not", "do not")


def board(verdicts: pd.DataFrame) -> str:
    """Every statement as a numbered tile in the colour of its verdict, by verdict, each a link to its row, as HTML.

    What does not hold is told beside its tile, with the verdict of the article's day where that was another.
    """
    lines = []
    for verdict in claims.VERDICTS:
        own: list[Any] = verdicts[verdicts["verdict"] == verdict].to_dict("records")
        tiles = " ".join(_tile(row) for row in own)
        if tiles:
            lines.append(f"<li><span><b>{len(own)}</b> {among(verdict, len(own))}</span> <span>{tiles}</span></li>")
    return f'<ul class="board">{"".join(lines)}</ul>'


def _tile(row: Mapping[str, Any]) -> str:
    number, said, verdict = row["statement_no"], escape(row["claim"]), row["verdict"]
    link = f'<a class="{MEANINGS[verdict]}" href="#statement-{number}"'
    if verdict in HELD:
        return f'{link} title="{said}" aria-label="{number}: {said}">{number}</a>'
    then = row.get("verdict_then", verdict)
    note = "" if then == verdict else f" <small>({then} on the article’s day)</small>"
    return f'<span class="told">{link}>{number}</a> <span>{said}{note}</span></span>'
