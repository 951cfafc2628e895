"""What a test of a statement is given beside the tables, and what it gives: values, readings and a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from minerpivot.article import claims

Claim = Mapping[str, Any]  # a row of `claims`
CHANGE = "percent change"  # the unit of a value that is shown with its sign
AS_PRINTED = "printed"


@dataclass(frozen=True)
class Settings:
    """What the wording of a statement leaves open."""

    half_width_percent: Mapping[str, float]  # by window: within it a printed return counts as reproduced
    cents_per_kwh: float  # power price at which margins are read
    window_days: int  # days that "now" and "before" average
    diversified_percent: float  # share of revenue from which AI counts as diversification
    first_places: int  # places that count as "one of the largest"
    sessions_after: int  # sessions in which "what came next" is read


class Value(NamedTuple):
    """A value that was found, over which span or on which day, and the value that it is compared with."""

    what: str
    value: Any  # number, day or name; missing where nothing is known
    unit: str = ""
    over: str = ""
    base: Any = None
    beside: str = ""  # what the base is, where that is not what the finding says


@dataclass(frozen=True)
class Finding:
    """What the tables give on one statement; without `computed` cited pages decide."""

    given: tuple[Value, ...] = ()
    against: str | None = None  # what the bases of the values are, and after a semicolon what else is said of them
    computed: str | None = None  # a verdict
    alone: bool = False  # whether that verdict stands whatever pages say
    grade: str = "derived"
    readings: Mapping[str, bool] = field(default_factory=dict)  # how a statement can be read, and whether it then holds


def read(
    values: tuple[Value, ...], against: str | None, readings: Mapping[str, bool], grade: str = "derived"
) -> Finding:
    """What readings of a statement give: all hold, some hold, or none does."""
    return Finding(values, against, claims.holds(readings), grade=grade, readings=dict(readings))
