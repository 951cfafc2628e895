"""What tables say of each other, and what arithmetic says of their sums: each rule is a function of some tables.

A rule runs where its tables are all there: a fork that has no network table has no rule about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from minerpivot.data import rules
from minerpivot.data.consistency import of_closes, of_deals, of_knowledge, of_names, of_network, of_periods, of_reports
from minerpivot.data.consistency.rule import RULES
from minerpivot.data.rules import Fault, Table

# The last three register their rules as they are loaded.
__all__ = ["contradicted_later", "contradictions", "of_closes", "of_deals", "of_network"]
WORTH = ("prices", "shares_outstanding", "splits")  # what says what a company was worth


def contradictions(tables: Mapping[str, Table]) -> Iterator[Fault]:
    """Every fact that another one excludes."""
    yield from _excluded(tables)
    if "knowledge" in tables:
        yield from of_knowledge.learned(tables["knowledge"], tables)


def _excluded(tables: Mapping[str, Table]) -> Iterator[Fault]:
    """What rows of tables exclude of each other, whatever became known of them."""
    year_ends = of_periods.fiscal_year_ends(tables)
    worth = [tables[name] for name in WORTH if name in tables]
    for table in tables.values():
        yield from of_periods.labels(table, year_ends)
        yield from rules.found(of_names.addresses, table)
        if len(worth) == len(WORTH):
            yield from rules.found(of_closes.amounts_fit_their_company, table, *worth)
    for names, rule in RULES:
        if all(name in tables for name in names):
            yield from rules.found(rule, *(tables[name] for name in names))
    if "earnings_dates" in tables:
        yield from of_reports.results_follow_their_quarter(tables["earnings_dates"], year_ends)
    if "capex_guidance" in tables:
        yield from of_reports.guidance_precedes_its_end(tables["capex_guidance"], year_ends)


def contradicted_later(tables: Mapping[str, Table]) -> Iterator[Fault]:
    """What later knowledge makes of a cell and its series or another fact excludes, told where the knowledge stands.

    Companies keep the cells of their own row, for rows of before a change speak of them as they were then. Other rows
    may be older than what is known now (a promise of more than a contract has since become), and are not asked.
    """
    knowledge = tables["knowledge"]
    known = {
        str(name): of_knowledge.applied(knowledge, tables[str(name)])
        for name in knowledge.raw["table"].unique()
        if name != "instruments"
    }
    told = of_knowledge.last_told(knowledge)
    splits = tables.get("splits")
    faults = [fault for table in known.values() for fault in rules.found(rules.outliers, table, splits)]
    for fault in [*faults, *_excluded({**tables, **known})]:
        if fault.table in known:
            key = known[fault.table].keys.iloc[fault.row]
            rows = [told[fault.table, key, name] for name in fault.cells if (fault.table, key, name) in told]
            if rows:
                cells = " and ".join(f"{name} is {rules.quoted(value)}" for name, value in fault.cells.items())
                words = f"after which in {fault.table} {cells}, {fault.wrong}"
                mend = fault.mend.replace(f"data/{fault.table}.yml", f"data/{knowledge.name}.yml")
                yield knowledge.fault(max(rows), ["row", "field", "value"], words, mend)
