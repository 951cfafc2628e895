"""The chart kit: the report's few forms, each with what every chart must have.

A form takes a frame and says what is what; the kit labels lines and bars directly, moves labels apart, names events,
puts the latest value at the end of a line, and draws for a column (688 pixels) and a phone (358). Colours are not
chosen but meant: `"ai"`, `"mining"`, `"promised"`, `"doubtful"` (the pale form of mining), `"open"`, `"ink"`; what has
no meaning given is context, and grey. At most two meanings colour lines.

    from minerpivot.page import charts

    clock = charts.lines(
        frame, x="days", y="level", by="halving",               # tidy rows: one line per value of `by`
        names={2012: "2012", 2024: ("2024, the latest", "2024")},  # (in a column, on a phone), or one for both
        accent={2024: "mining"}, format="{:.0f}", log=True, place="{:.0f} days after",
        marks=[charts.Mark(100, "income before the halving")],
    )
    charts.show(
        "halving-clock", clock, sources=SOURCES, note="Fees included.",
        title="After 28 months income is at 30", unit="Index, 100 = the month before each halving, log scale",
        description="Two sentences with the two or three values that a sighted reader takes away.",
    )

A choice above the chart is a dictionary; each has a title, unit and description of its own:

    charts.show("margins", {f"{c} cents": charts.Choice(bars(c), title=…, unit=…, description=…) for c in (4, 6, 8)},
                choose="Price of power", sources=SOURCES)

`format` is a format string for values (`"${:,.2f}"`, `"{:+.0f}%"`, `"{:.1f} GW"`): thousands separators and signs work
as in Python, the minus is a real one and stands before a dollar sign. Forms: `lines`, `bars`, `waterfall`, `dots`
(two marks on a line make a dumbbell), `ranges`, `areas` (in steps), `tiles`, and `panels`, which sets drawings below or
beside each other. What a chart lacks (a title, a name for a line), `show` says in one line.

Each form lays words and shapes on a `plate`, with help from `axes` and `labels`: `series` has the lines, `rows` what
stands in rows, `steps` the areas, `counts` the tiles. `showing` makes of it what the notebook keeps.
"""

from minerpivot.page.charts.axes import years
from minerpivot.page.charts.counts import Count, tiles
from minerpivot.page.charts.labels import Event, Mark, article, dodge
from minerpivot.page.charts.numbers import written
from minerpivot.page.charts.plate import MEANINGS, WIDE, Drawing, Plate, Size, panels
from minerpivot.page.charts.rows import bars, dots, ranges, waterfall
from minerpivot.page.charts.series import Strip, lines
from minerpivot.page.charts.showing import LARGEST, Choice, show
from minerpivot.page.charts.steps import areas
from minerpivot.page.drawing import MIME, WIDTHS

__all__ = [
    "LARGEST",
    "MEANINGS",
    "MIME",
    "WIDE",
    "WIDTHS",
    "Choice",
    "Count",
    "Drawing",
    "Event",
    "Mark",
    "Plate",
    "Size",
    "Strip",
    "areas",
    "article",
    "bars",
    "dodge",
    "dots",
    "lines",
    "panels",
    "ranges",
    "show",
    "tiles",
    "waterfall",
    "written",
    "years",
]
