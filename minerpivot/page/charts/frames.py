"""What a form asks of the frame that it draws, and which rows of it a reader can keep."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence

import pandas as pd

from minerpivot.page.charts.plate import Plate


def know(frame: pd.DataFrame, columns: Iterable[str]) -> None:
    """Raise `ValueError` for a column that the frame lacks."""
    if missing := [column for column in columns if column not in frame]:
        raise ValueError(f"the frame has no column {missing[0]!r}; it has {', '.join(map(str, frame.columns))}")


def complete(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The columns of a frame; raises `ValueError` for one that it lacks, and for a missing or infinite value."""
    know(frame, columns)
    for column in columns:
        empty = frame[column].isna() | frame[column].isin([math.inf, -math.inf])
        if empty.any():
            raise ValueError(f"column {column!r} has no value in {int(empty.sum())} rows; leave those out")
    return frame[list(dict.fromkeys(columns))]


def descending(frame: pd.DataFrame, column: str | None) -> pd.DataFrame:
    """The rows with the largest value of a column first; equal ones, and all without a column, as they were."""
    return frame.sort_values(column, ascending=False, kind="stable") if column else frame


def offer(plate: Plate, frame: pd.DataFrame) -> None:
    """The rows for download, as they are."""
    plate.data(json.loads(frame.to_json(orient="records", date_format="iso", double_precision=10)), "table")
    plate.table("table", {column: column for column in frame.columns})
