"""Areas in steps, one on the other: the parts of what was promised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd

from minerpivot.page.charts import axes
from minerpivot.page.charts.frames import complete
from minerpivot.page.charts.labels import Event, Label, dodge, head, name_events
from minerpivot.page.charts.numbers import written
from minerpivot.page.charts.plate import Drawing, Name, Plate, Size, bounded, meaning, stamp
from minerpivot.page.drawing import LIGHT


def areas(
    frame: pd.DataFrame,
    *,
    x: str,
    names: Mapping[str, Name],
    accent: Mapping[str, str],
    format: str = "{:,.0f}",
    events: Sequence[Event] = (),
    ticks: axes.Ticks = None,
    height: tuple[int, int] = (300, 260),
    heading: str = "",
) -> Drawing:
    """Columns of a frame as parts of a whole, in steps: the first on top, the last stands on nothing.

    `names` are what follows each part's latest value ("1.0 GW live"), unless it is zero; `accent` are their meanings.
    A row's values hold until the next row; the latest are drawn a little beyond their day, so that a step of that day
    is seen. `heading` names a panel.
    """

    def draw(size: Size) -> list[Plate]:
        given = complete(frame, [x, *names]).sort_values(x)
        days = [stamp(day) for day in pd.to_datetime(given[x])]
        values = given[list(names)].astype(float)
        tops = values.iloc[:, ::-1].cumsum(axis=1)[list(names)]
        top = 1.04 * tops.max().max()
        labels = axes.labelled(ticks, (0, top), format)
        ends = {
            column: Label((written(last, format), *_wrapped(size.word(name))), True)
            for (column, name), last in zip(names.items(), values.iloc[-1])
            if last
        }
        plate = Plate(
            size,
            height=height[size.narrow],
            top=12,
            right=max(max((label.width for label in ends.values()), default=0) + 12, size.right),
            bottom=30,
            left=max(axes.gutter(labels), size.left),
            x=(days[0], days[-1] + 0.025 * (days[-1] - days[0])),
            y=(0, top),
            time=True,
        )
        head(plate, heading, name_events(plate, events, plate.height))
        fields = [f"y{number}" for number in range(len(names))]
        grid, heights = values.to_numpy().tolist(), tops.to_numpy().tolist()
        rows, parts = (
            [{"x": plate.kept(day), **dict(zip(fields, row))} for day, row in zip(days, table)]
            for table in (heights, grid)
        )
        plate.data(parts, "values")
        plate.table("values", {"x": x} | dict(zip(fields, names)))
        base = plate.data([*rows, {**rows[-1], "x": plate.kept(plate.x[1])}], "steps")
        across = plate.along(axes.axis(axes.days(days[0], days[-1], plate.width)))
        for column, field in zip(names, fields):
            fill, edge, _ = meaning(accent.get(column, "context"))
            up = alt.Y(f"{field}:Q", scale=bounded(plate.y), axis=axes.axis(labels))
            area = base.mark_area(interpolate="step-after", color=LIGHT[fill or "bg"])
            plate.add(2, area.encode(x=across, y=up))
            if edge:
                line = base.mark_line(interpolate="step-after", color=LIGHT[edge], strokeWidth=1.5)
                plate.add(2, line.encode(x=across, y=up))
        for day, row, reached in zip(days, grid, heights):
            for name, value, at in zip(names.values(), row, reached):
                if value:
                    plate.say(
                        plate.across(day), plate.down(at), size.word(name), plate.told(day), written(value, format)
                    )
        plate.rule(0, plate.height, plate.width, plate.height)
        last = tops.iloc[-1]
        middles = [plate.down(last[column] - values[column].iloc[-1] / 2) for column in ends]
        placed = dodge(middles, [label.height for label in ends.values()], -plate.top + 2, plate.height + 8)
        for (column, label), middle in zip(ends.items(), placed):
            words = meaning(accent.get(column, "context")).words
            label.put(plate, plate.width + 9, middle - label.height / 2, words)
        return [plate]

    return Drawing(draw)


def _wrapped(text: str) -> tuple[str, ...]:
    """Words over two lines, at a break or at their comma, or in one."""
    if "\n" in text:
        return tuple(text.split("\n"))
    first, comma, rest = text.partition(", ")
    return (f"{first},", rest) if comma else (text,)
