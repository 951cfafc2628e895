"""The map: an outline that is small and true, and a projection that puts places where they are."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from minerpivot.page import charts, maps

STYLES = {"no": ("context", "circle", 3.0), "yes": ("ai", "circle", 5.0)}


def nearest(x, y):
    """Distance to the nearest corner of a border, in units of a frame that is 975 wide."""
    corners = maps.borders()
    return float(np.hypot(corners["x"] - x, corners["y"] - y).min())


@pytest.mark.parametrize(
    ("lat", "lon"), [(36.999, -109.045), (41.0, -111.05), (37.0, -94.62), (45.0, -104.05)], ids=str
)
def test_corners_of_states_stand_on_the_outline(lat, lon):
    """Four Corners, and where Utah, Missouri and Montana have theirs: a wrong parallel would miss by tens."""
    assert nearest(*maps.place(lat, lon)) < 1


def test_a_wrong_place_is_off_the_corner():
    """The check above can fail: a degree is some twenty units."""
    assert nearest(*maps.place(36.0, -109.045)) > 5


def test_the_outline_is_small_and_says_where_it_comes_from():
    """At most 30 kB, with its source and licence."""
    file = Path(maps.__file__).with_name("states.json")
    assert file.stat().st_size < 30_000
    assert "public domain" in json.loads(file.read_text("utf-8"))["about"]


def show(*rows):
    """A map of rows of name, lat, lon and state."""
    frame = pd.DataFrame(rows, columns=["name", "lat", "lon", "state"]).assign(more="more")
    drawing = maps.states(frame, name="name", lat="lat", lon="lon", state="state", styles=STYLES, said="more")
    return [plate for size in charts.WIDTHS for plate in drawing.draw(charts.Size(size, charts.WIDTHS[size]))]


def test_every_place_has_a_dot_and_the_key_names_what_is_there():
    """One dot a place and one in the key, which names no state that does not occur."""
    for plate in show(("A", 40.0, -100.0, "yes"), ("B", 41.0, -101.0, "yes")):
        assert len(plate.datasets["circles"]) == 3
        assert [row["text"] for row in plate.datasets["words"]] == ["yes"]


def test_what_cannot_be_drawn_is_named():
    """A word without a style, and a place abroad."""
    with pytest.raises(ValueError, match="no style for 'odd'"):
        show(("A", 40.0, -100.0, "odd"))
    with pytest.raises(ValueError, match="'Tydal' lies outside the map"):
        show(("Tydal", 63.0, 11.6, "yes"))


FRAME = (100.0, 80.0)


def distances(found):
    """Of each pair, nearest first."""
    gaps = np.hypot(*(found[:, None] - found).transpose(2, 0, 1))
    return np.sort(gaps[np.triu_indices(len(found), 1)])


def test_dots_that_touch_part_by_hand_and_others_stay():
    """Two of radius 5 that are 6 apart need 11.5: each moves 2.75 along the line between them."""
    found = maps.apart([(40, 40), (46, 40), (80, 20)], [5, 5, 5], FRAME)
    assert found == pytest.approx(np.array([[37.25, 40], [48.75, 40], [80, 20]]), abs=0.02)
    assert distances(maps.apart([(40, 40), (40, 40)], [5, 5], FRAME))[0] == pytest.approx(11.5, abs=0.02)


@pytest.mark.parametrize("places", [[(50, 40)] * 12, [(2 * i, 3) for i in range(12)], [(99, 79), (100, 80), (98, 80)]])
def test_no_dot_covers_another_and_none_leaves_the_frame(places):
    """A dozen in one place, a row along an edge, and three in a corner; the same each time."""
    found = maps.apart(places, [4] * len(places), FRAME)
    assert distances(found)[0] > 8
    assert (found >= 4 - 1e-9).all()
    assert (found <= np.array(FRAME) - 4 + 1e-9).all()
    assert (found == maps.apart(places, [4] * len(places), FRAME)).all()


def test_a_dot_that_stands_aside_has_a_line_to_its_place():
    """Two sites in one town have two lines, one alone has none; a map without sites is no fault."""
    for plate in show(("A", 40.0, -100.0, "yes"), ("B", 40.0, -100.0, "yes"), ("C", 45.0, -110.0, "yes")):
        ends = {(round(rule["x"], 3), round(rule["y"], 3)) for rule in plate.datasets["rules"]}
        assert len(plate.datasets["rules"]) == 2
        assert len(ends) == 1  # both lead to the town
    assert maps.apart([], [], FRAME).shape == (0, 2)
