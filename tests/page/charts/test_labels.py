"""Names in a drawing: labels that stand apart, events, and words that have room."""

import itertools
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minerpivot.page import charts, drawing
from minerpivot.page.charts import labels, showing
from tests.page.charts.forms import EVENTS, FORMS, stored


def test_labels_move_apart_as_little_as_can_be_and_keep_their_order():
    """Two that touch share the way; a free one stays; an edge pushes back."""
    assert charts.dodge([50, 54, 120], [20, 20, 20], 0, 200) == [42, 62, 120]
    assert charts.dodge([54, 50], [20, 20], 0, 200) == [62, 42]
    assert charts.dodge([2, 4], [20, 20], 0, 200) == [10, 30]
    assert charts.dodge([198, 199], [20, 30], 0, 200) == [160, 185]
    assert charts.dodge([], [], 0, 10) == []


@given(
    st.lists(st.tuples(st.floats(-500, 500), st.floats(1, 40)), min_size=1, max_size=12),
    st.floats(0, 300),
)
def test_no_labels_overlap_whatever_their_places(labels, spare):
    """In order, apart, and within bounds."""
    places, heights = zip(*labels)
    low, high = -100.0, -100.0 + sum(heights) + spare
    moved = charts.dodge(places, heights, low, high)
    order = sorted(range(len(places)), key=lambda i: (places[i], i))
    edges = [edge for i in order for edge in (moved[i] - heights[i] / 2, moved[i] + heights[i] / 2)]
    assert edges[0] >= low - 1e-6
    assert edges[-1] <= high + 1e-6
    assert all(b >= a - 1e-6 for a, b in itertools.pairwise(edges))


def test_labels_that_cannot_fit_are_refused():
    """Rather than drawn over each other."""
    with pytest.raises(ValueError, match="3 labels do not fit"):
        charts.dodge([1, 2, 3], [20, 20, 20], 0, 50)


def test_a_time_axis_is_labelled_with_the_years_that_begin_on_it():
    """Or with both ends, where none does."""
    months = pd.Series(pd.to_datetime(["2023-12-31", "2024-03-31", "2025-01-01"]))
    assert charts.years(months) == {pd.Timestamp("2024-01-01"): "2024", pd.Timestamp("2025-01-01"): "2025"}
    ends = {pd.Timestamp("2024-03-31"): "Mar 2024", pd.Timestamp("2024-12-31"): "Dec 2024"}
    assert charts.years(pd.Series(list(ends))) == ends


def test_the_articles_line_comes_from_its_row(monkeypatch):
    """Another article, another line."""
    row = {
        "article_id": ["copy", "own"],
        "role": ["rewrite", "assessed"],
        "speaks_of": pd.to_datetime(["2026-01-02", "2027-03-05"]),
    }
    monkeypatch.setattr(labels.tables, "load", lambda name: pd.DataFrame(row))
    assert charts.article() == charts.Event("2027-03-05", ("5 March 2027: the article", "The article, 5 Mar"))


def test_event_names_do_not_cross_leaders_and_become_numbers_on_a_phone():
    """The list beside the drawing has the names in order."""
    item = stored(FORMS["events"])
    assert item["panels"][0]["key"] == [*(e.name for e in EVENTS[:3]), charts.article().name[1], EVENTS[4].name]
    narrow = drawing.picture(item["panels"], "narrow").body
    assert EVENTS[1].name not in narrow
    assert narrow.count('r="9" class="f-ink"') == len(EVENTS)
    wide = drawing.picture(item["panels"], "wide").body
    assert all((e.name if isinstance(e.name, str) else e.name[0]) in wide for e in EVENTS)


def test_labels_of_a_short_scale_leave_room_for_each_other():
    """On a phone, beside a panel with long names and values, $700bn and $750bn would stand in one another."""
    rows = pd.DataFrame({"what": ["As guided", "As wrong as before"], "low": [715, 700], "high": [740, 773]})
    form = charts.ranges(rows, name="what", low="low", high="high", format="${:,.0f}bn", domain=(679, 796))
    [plate] = form.draw(charts.Size("narrow", 358, left=140, right=110))  # as beside another panel
    drawn = drawing.picture([showing._panel(plate, plate)], "narrow").body
    assert len(re.findall(r">\$7\d0(?:bn)?<", drawn)) == 1


def test_dashed_lines_pause_where_words_stand():
    """A line through a value would be read as part of it; what is left of one is never as short as a letter."""
    plate = charts.Plate(charts.WIDE, 100, 0, 0, 0, 0)
    plate.rule(50, 0, 50, 100, dash=True)
    plate.rule(300, 0, 300, 100, dash=True)
    plate.text(45, 40, "7.6")  # on the first line
    plate.text(50, 98, "at its foot", align="center")
    plate.text(44, 70, "before it", align="right")
    lines = [(row["x"], row["y"], row["y2"]) for row in plate.spec()["datasets"]["dashes"]]
    assert lines == [(50, 0, 32), (50, 48, 90), (300, 0, 100)]
