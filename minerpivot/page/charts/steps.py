"""Areas in steps, each in front of the one before: what was promised and what is there."""

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
    gap: Name = "",
    events: Sequence[Event] = (),
    ticks: axes.Ticks = None,
    height: tuple[int, int] = (300, 260),
    heading: str = "",
) -> Drawing:
    """Columns of a frame as areas in steps from nothing, each in front of the one before: promised, then live.

    `names` are what follows each latest value ("6.1 GW contracted"), `accent` their meanings; `gap` names what the last
    lacks of the first ("promised, not yet live"). A row's values hold until the next row; the latest are drawn a little
    beyond their day, so that a step of that day is seen. `heading` names a panel.
    """

    def draw(size: Size) -> list[Plate]:
        given = complete(frame, [x, *names]).sort_values(x)
        days = [stamp(day) for day in pd.to_datetime(given[x])]
        values = given[list(names)].astype(float)
        top = 1.04 * values.max().max()
        labels = axes.labelled(ticks, (0, top), format)
        ends = _ends(values, names, gap, format, size)
        plate = Plate(
            size,
            height=height[size.narrow],
            top=12,
            right=max(max(label.width for _, label in ends.values()) + 12, size.right),
            bottom=30,
            left=max(axes.gutter(labels), size.left),
            x=(days[0], days[-1] + 0.025 * (days[-1] - days[0])),
            y=(0, top),
            time=True,
        )
        head(plate, heading, name_events(plate, events, plate.height))
        fields = [f"y{number}" for number in range(len(names))]
        grid = values.to_numpy().tolist()
        rows = [{"x": plate.kept(day), **dict(zip(fields, row))} for day, row in zip(days, grid)]
        plate.data(rows, "values")
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
        for day, row in zip(days, grid):
            for name, value in zip(names.values(), row):
                plate.say(
                    plate.across(day), plate.down(value), size.word(name), plate.told(day), written(value, format)
                )
        plate.rule(0, plate.height, plate.width, plate.height)
        middles = [plate.down(at) + (0 if key == "gap" else 8) for key, (at, _) in ends.items()]
        heights = [label.height for _, label in ends.values()]
        placed = dodge(middles, heights, -plate.top + 2, plate.height + 8)
        for (key, (_, label)), middle in zip(ends.items(), placed):
            words = "mut" if key == "gap" else meaning(accent.get(key, "context")).words
            label.put(plate, plate.width + 9, middle - label.height / 2, words)
        return [plate]

    return Drawing(draw)


def _ends(
    values: pd.DataFrame, names: Mapping[str, Name], gap: Name, pattern: str, size: Size
) -> dict[str, tuple[float, Label]]:
    """Where each label beside the end stands, and what it says: the latest values, and what the last lacks."""
    last = values.iloc[-1]
    ends = {c: (float(last[c]), Label((written(last[c], pattern), size.word(name)), True)) for c, name in names.items()}
    if gap:
        missing = last.iloc[0] - last.iloc[-1]
        words = (written(missing, pattern), *_wrapped(size.word(gap)))
        ends["gap"] = (float(last.iloc[-1] + missing / 2), Label(words, False))
    return ends


def _wrapped(text: str) -> tuple[str, ...]:
    """Words over two lines, at a break or at their comma, or in one."""
    if "\n" in text:
        return tuple(text.split("\n"))
    first, comma, rest = text.partition(", ")
    return (f"{first},", rest) if comma else (text,)
