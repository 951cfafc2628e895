"""A period is named by its middle and by the end of its company's year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from minerpivot.data.rules import Fault, Table


def fiscal_year_ends(tables: Mapping[str, Table]) -> dict[str, list[float]]:
    """Months in which each company's fiscal year ends: that of its row, and those to which it has changed since."""
    if "instruments" not in tables:
        return {}
    own = tables["instruments"].typed.dropna(subset=["fiscal_year_end_month"])
    found = {str(ticker): [float(month)] for ticker, month in zip(own["ticker"], own["fiscal_year_end_month"])}
    if "knowledge" in tables:
        said = tables["knowledge"].raw.query("table == 'instruments' and field == 'fiscal_year_end_month'")
        told = pd.to_numeric(said["value"], errors="coerce").astype("float64")  # what is no number: missing
        for ticker, month in zip(said["row"], told):
            found.setdefault(str(ticker), []).append(float(month))
    return {ticker: [month for month in months if 1 <= month <= 12] for ticker, months in found.items()}


def labels(table: Table, year_ends: Mapping[str, list[float]]) -> Iterator[Fault]:
    """A period's name agrees with its last day and, where known, with a month that ends the company's year."""
    for name, said in table.fields.items():
        for kind in ("fiscal", "calendar"):
            if kind in said:
                yield from _labels(table, name, kind, said[kind], year_ends)


def _labels(
    table: Table, name: str, kind: str, said: Mapping[str, str], year_ends: Mapping[str, list[float]]
) -> Iterator[Fault]:
    ends, companies = table.typed[said["ends"]], pd.Series(said.get("company", ""), index=table.typed.index)
    if said.get("company") in table.raw:
        companies = table.raw[said["company"]]
    for row, (label, end, company) in enumerate(zip(table.raw[name], ends, companies)):
        if pd.isna(label) or pd.isna(end):
            continue
        months = year_ends.get(str(company)) or [np.nan]
        right = set().union(*(period_names(end, month if kind == "fiscal" else 12.0, month) for month in months))
        if right and label not in right:
            words = f"but the period that ends on {end:%Y-%m-%d} is {' or '.join(sorted(right))}"
            yield table.fault(row, [name, said["ends"]], words, "correct the name or the day")


def period_names(end: pd.Timestamp, year_ends_in: float, fiscal_year_ends_in: float = np.nan) -> set[str]:
    """How a quarter, month or year that ends on a day may be called; none where the year's end is not known.

    Weeks of 52 or 53 years end up to a few days before or after the month: the middle of the month decides.
    """
    if np.isnan(year_ends_in):
        return set()
    middle = end - pd.Timedelta(days=15)
    year = middle.year + (middle.month > year_ends_in)
    quarter = int((middle.month - year_ends_in - 1) % 12 // 3 + 1)
    found = {f"{middle:%Y-%m}"}
    if np.isnan(fiscal_year_ends_in) or (middle.month - fiscal_year_ends_in) % 3 == 0:  # no quarter ends a month early
        found |= {f"FY{year} Q{quarter}", f"{year}Q{quarter}"}
    if middle.month == year_ends_in or middle.month == fiscal_year_ends_in:
        found |= {f"FY{year}", f"{middle.year}FY"}
    return found
