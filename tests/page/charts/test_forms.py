"""The forms: drawings that fit their page and say every value."""

import re

import altair as alt
import jsonschema
import pandas as pd
import pytest

from minerpivot.book import assets
from minerpivot.page import charts, drawing
from tests.page.charts.forms import BITCOIN, CYCLES, DAYS, FORMS, POWER, drawn, stored


@pytest.mark.parametrize("size", drawing.WIDTHS)
@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_drawn_small_with_classes_and_nothing_outside(form, size):
    """At most 12 KB; no colour, font or id; every word within the drawing in the widest font; the same each time."""
    picture = drawn(FORMS[form], size)
    assert len(picture.body.encode()) <= charts.LARGEST
    assert not re.search(r"#[0-9a-f]{3}|font|style=|\bid=|NaN|undefined", picture.body)
    words = re.findall(
        r'<text x="([-\d.]+)" y="([-\d.]+)" class="([^"]+)"(?: text-anchor="(\w+)")?>([^<]+)<', picture.body
    )
    assert words
    for x, y, names, anchor, text in words:
        wide = drawing.measure(text, bold="b" in names.split())
        left = float(x) - {"end": wide, "middle": wide / 2}.get(anchor, 0)
        assert -1 <= left <= left + wide <= picture.width + 1, text
        assert 9 <= float(y) <= picture.height - 1, text
    assert picture == drawn(FORMS[form], size)


@pytest.mark.parametrize("size", drawing.WIDTHS)
@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_valid_vega_lite(form, size):
    """By the schema, against which a chart is not held when it is shown; a word that is none would be refused."""
    for plate in FORMS[form].draw(charts.Size(size, drawing.WIDTHS[size])):
        spec = plate.spec()
        alt.LayerChart.validate(spec)
        spec["layer"][0]["mark"] = "no such mark"
        with pytest.raises(jsonschema.ValidationError):
            alt.LayerChart.validate(spec)


@pytest.mark.parametrize("form", FORMS)
def test_every_point_says_its_value(form):
    """Within the drawing, in both sizes; and the same values as in the table for download."""
    item = stored(FORMS[form])
    for size in drawing.WIDTHS:
        picture = drawing.picture(item["panels"], size)
        assert picture.points
        for x, y, _, place, value in picture.points:
            assert -1 <= x <= picture.width + 1
            assert -1 <= y <= picture.height + 1
            assert place
            assert value
    rows = [row for table in assets._tables(item["panels"]) for row in table]
    assert rows
    assert not any("said" in row for row in rows)


def test_a_line_is_named_with_its_latest_value_and_its_points_are_the_rows():
    """The end of each line, the table, and what a tap says of the first point."""
    item = stored(FORMS["lines over a number"])
    picture = drawing.picture(item["panels"], "wide")
    assert ">2024, the latest 30</text>" in picture.body
    assert ">2020: 240</text>" in picture.body
    (table,) = assets._tables(item["panels"])
    assert len(table) == len(CYCLES)
    assert {tuple(row) for row in table} == {("year", "days", "level")}
    assert ("2024, the latest", "0 days after", "100") in {point[2:] for point in picture.points}


def test_a_gap_stays_a_gap():
    """A missing value is drawn as none and said as none."""
    holed = BITCOIN.assign(level=BITCOIN["level"].where(BITCOIN["day"] != DAYS[20]))
    whole, gap = (drawn(charts.lines(f, x="day", y="level", accent="ai"), "wide") for f in (BITCOIN, holed))
    assert gap.body.count('class="l-ai w2"') == whole.body.count('class="l-ai w2"') + 1
    assert len(gap.points) == len(whole.points) - 1


def test_words_name_the_bar_and_the_dot_where_each_stands():
    """What was said stands beside its own mark: before the diamond where more was spent, behind the bar where less."""
    rows = pd.DataFrame({"who": ["Alphabet", "Meta"], "low": [75, 34], "high": [75, 39], "spent": [91.0, 28.0]})
    form = charts.ranges(
        rows, name="who", low="low", high="high", value="spent", words=("said", "spent"), format="${:,.0f}bn"
    )
    [plate] = form.draw(charts.Size("wide", 688))
    placed = {row["text"]: row for name in plate.datasets for row in plate.datasets[name] if "text" in row}
    assert {"said", "spent"} <= set(placed)
    assert placed["said $75bn"]["x"] < plate.across(75) < plate.across(91)
    assert plate.across(39) < placed["said $34 to $39bn"]["x"]


def test_panels_that_are_not_aligned_keep_their_own_room():
    """A panel with short names is not narrowed by one with long names."""
    short, long = (
        charts.bars(pd.DataFrame({"who": [name], "usd": [3.0]}), name="who", value="usd")
        for name in ("A", "A long name")
    )
    size = charts.Size("wide", 688)
    lefts = {
        aligned: [p.left for p in charts.panels(short, long, aligned=aligned).draw(size)] for aligned in (True, False)
    }
    assert lefts[True][0] == lefts[True][1]
    assert lefts[False][0] < lefts[False][1]


def test_a_single_figure_is_a_diamond_and_an_unknown_outcome_draws_no_dot():
    """200 alone is written once; a range keeps its bar and its two ends."""
    rows = pd.DataFrame({"day": ["5 Feb", "4 Feb"], "low": [200, 175], "high": [200, 185], "spent": [None, 210.0]})
    form = charts.ranges(rows, name="day", low="low", high="high", value="spent", format="${:,.0f}bn", accent="ai")
    [plate] = form.draw(charts.Size("wide", 688))
    assert len(plate.datasets["boxes"]) == len(plate.datasets["diamonds"]) == len(plate.datasets["circles"]) == 1
    texts = [row["text"] for row in plate.datasets["halo"]]
    assert "$200bn" in texts
    assert "$175 to $185bn" in texts


def test_panels_of_areas_begin_and_end_alike():
    """Whatever their values take beside them; beside each other, words end before the next panel begins."""
    small, large = (
        charts.areas(POWER.assign(signed=POWER["signed"] * by), x="day", names={"signed": "signed"}, accent={})
        for by in (1, 10_000)
    )
    for columns in (1, 2):
        first, second = charts.panels(small, large, columns=columns).draw(charts.WIDE)
        assert (first.left, first.right) == (second.left, second.right)
    (alone,) = large.draw(charts.Size("wide", 344))
    assert second.right == alone.right + 12


def test_names_stand_in_all_panels_as_they_must_in_one():
    """On a phone a long name stands above its row, and so do the short ones of the panel below."""
    forms = [
        charts.ranges(pd.DataFrame({"what": [name], "low": [1], "high": [2]}), name="what", low="low", high="high")
        for name in ("29 April", "29 July, restated by the company")
    ]
    phone = charts.Size("narrow", 358)
    assert [plate.above for form in forms for plate in form.draw(phone)] == [False, True]
    assert [plate.above for plate in charts.panels(*forms).draw(phone)] == [True, True]
    assert [plate.above for plate in charts.panels(*forms, aligned=False).draw(phone)] == [False, True]


def test_words_behind_a_dot_do_not_take_it_for_their_bullet():
    """A dot reaches five pixels beyond its middle, and the words begin eight after that; behind a bar eight suffice."""
    rows = pd.DataFrame({"who": ["bar", "dot"], "low": [1, 2], "high": [2, 2]})
    [plate] = charts.ranges(rows, name="who", low="low", high="high").draw(charts.WIDE)
    gaps = [word["x"] - plate.across(2) for word in plate.datasets["halo"]]
    assert gaps == pytest.approx([8, 13])


def test_grey_lines_that_cross_have_dashes_of_their_own():
    """Long ones and dots beside the plain line; a coloured line or an unknown pattern is refused."""
    body = drawn(FORMS["lines over days"], "wide").body
    assert body.count('class="l-ctx w1 long"') == body.count('class="l-ctx w1 dots"') == 1
    rows = pd.DataFrame({"x": [1, 2, 1, 2], "y": [1, 2, 3, 4], "who": ["a", "a", "b", "b"]})
    for dashes in ({"a": "long"}, {"b": "wavy"}):
        with pytest.raises(ValueError, match="dashes"):
            drawn(charts.lines(rows, x="x", y="y", by="who", accent={"a": "ai"}, dashes=dashes), "wide")
