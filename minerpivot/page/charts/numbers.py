"""Numbers as a drawing writes them: one value, two with one unit, and a tick of an axis."""

from __future__ import annotations

import string
from collections.abc import Callable

MINUS = "−"

Format = str | Callable[[float], str]  # of a value; a function where no format string will do


def written(value: float, pattern: Format) -> str:
    """`value` by a format string, with a real minus before all else ("−$9"), or by a function."""
    if not isinstance(pattern, str):
        return pattern(value)
    text = pattern.format(abs(value))
    if not any(digit in text for digit in "123456789"):  # rounds to nothing: no sign
        return text.replace("+", "")
    return MINUS + text.replace("+", "") if value < 0 else text


def between(low: float, high: float, pattern: str) -> str:
    """Two values with the unit once: "19 to 21%"; one if they are written alike."""
    if written(low, pattern) == written(high, pattern):
        return written(high, pattern)
    _, after = _around(pattern)
    return f"{written(low, pattern).removesuffix(after)} to {written(high, pattern)}"


def tick(value: float, pattern: str, *, last: bool) -> str:
    """A label for an axis: no more decimals than it takes, and a unit in words on the last one only."""
    before, after = _around(pattern)
    share = "%}" in pattern
    number = f"{abs(value) * (100 if share else 1):,.10g}"
    sign = MINUS if value < 0 else "+" if "{:+" in pattern and value else ""
    unit = ("%" if share else "") + (after if last or not after.startswith(" ") else "")
    return f"{sign}{before}{number}{unit}"


def _around(pattern: str) -> tuple[str, str]:
    """What stands before and behind the number in a format string; raises `ValueError` if it has not one number."""
    try:
        parts = [*string.Formatter().parse(pattern)]
    except ValueError:
        parts = []
    if [part[1] for part in parts] not in ([""], ["", None]):
        raise ValueError(
            f"the format {pattern!r} has not one place for a number; write it like {{:.1f}} or ${{:,.0f}}bn"
        )
    return parts[0][0], parts[1][0] if len(parts) > 1 else ""
