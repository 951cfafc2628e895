"""What a chart must say, what is refused, and what a notebook keeps."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from altair.utils.schemapi import debug_mode

from minerpivot.book import assets
from minerpivot.page import charts, drawing
from minerpivot.page.charts import showing
from minerpivot.page.charts.plate import Size
from minerpivot.page.words import rounded
from tests.page.charts.forms import BITCOIN, COSTS, CYCLES, FORMS, LEVELS, SAID, cost_bars, stored


@pytest.fixture
def shown(monkeypatch):
    """What `show` displays."""
    kept = []
    monkeypatch.setattr(showing, "display", lambda data, raw=False: kept.append(data))
    monkeypatch.setattr(showing, "png", lambda choice: "picture")
    return kept


def test_a_chart_is_stored_as_specs_picture_and_text(shown):
    """With the sentence of its sources, its days as people say them."""
    charts.show("clock", FORMS["bars"], sources="halvings", note="Fees included", **SAID)
    (data,) = shown
    assert set(data) == {charts.MIME, "image/png", "text/plain"}
    kept = data[charts.MIME]
    assert kept["note"] == "Fees included."
    assert kept["source"] == "Data: Halvings of the block subsidy (table to 20 April 2024)."
    assert data["text/plain"] == "Income is at 30. Income is 30. It was 100 before the halving."
    assert json.loads(json.dumps(kept)) == kept


def test_what_both_widths_draw_is_stored_once():
    """The rows of the lines and equal layers; and nothing of a size is lost."""
    (panel,) = stored(FORMS["lines over days"])["panels"]
    assert len(panel["datasets"]["values"]) == len(LEVELS)
    for size in drawing.WIDTHS:
        assert "values" not in panel[size]["datasets"]
        assert panel[size]["datasets"]["words"]
    assert panel["both"].keys().isdisjoint(panel["wide"])
    assert {"$schema", "autosize"} <= panel["both"].keys()
    assert all(panel["layers"].count(layer) == 1 for layer in panel["layers"])
    assert set(panel["wide"]["layer"]) & set(panel["narrow"]["layer"])
    with debug_mode(False):
        for size, width in drawing.WIDTHS.items():
            (plate,) = FORMS["lines over days"].draw(Size(size, width))
            assert drawing.spec(panel, size) == rounded(plate.spec())


def test_a_picture_for_jupyter_is_drawn():
    """On white, in the light colours."""
    assert showing.png(stored(FORMS["bars"])).startswith("iVBOR")


def test_a_spec_for_other_viewers_draws_the_same_lines():
    """One Vega-Lite spec also for panels, its datasets told apart."""
    item = stored(FORMS["panels"])
    spec = assets._spec(item)
    assert len(spec["vconcat"]) == 3
    names = set(re.findall(r'"data": \{"name": "([^"]+)"', json.dumps(spec["vconcat"])))
    assert names <= set(spec["datasets"])
    assert SimpleNamespace(**spec).description == SAID["description"]


def test_choices_say_anew_what_they_show(shown):
    """Each has its own title, unit and description; the picture and the text are of the first."""
    said = {c: {**SAID, "title": f"At {c} cents", "description": f"It is {c}."} for c in (4, 8)}
    options = {f"{c} cents": charts.Choice(cost_bars(c), **said[c]) for c in said}
    charts.show("margins", options, choose="Price of power", sources="halvings")
    kept = shown[0][charts.MIME]["choices"]
    assert [(c["label"], c["title"], c["description"]) for c in kept] == [
        ("4 cents", "At 4 cents", "It is 4."),
        ("8 cents", "At 8 cents", "It is 8."),
    ]
    assert shown[0]["text/plain"] == "At 4 cents. It is 4."
    silent = options | {"8 cents": charts.Choice(cost_bars(8), title="T", unit="U")}
    with pytest.raises(ValueError, match="chart 'margins': no description of choice '8 cents'"):
        charts.show("margins", silent, choose="Price of power", sources="halvings")
    with pytest.raises(ValueError, match="the choice has no name"):
        charts.show("margins", options, sources="halvings")
    with pytest.raises(ValueError, match="belong to each Choice"):
        charts.show("margins", options, choose="Price", sources="halvings", title="One for all")


def test_a_chart_without_sources_is_refused():
    """Nothing speaks for it; what is made of the manifest says so."""
    with pytest.raises(ValueError, match=r"chart 'clock': no sources; name the tables behind it"):
        charts.show("clock", FORMS["bars"], sources=[], **SAID)


@pytest.mark.parametrize("part", ["title", "unit", "description"])
def test_a_chart_that_leaves_a_duty_undone_is_refused(shown, part):
    """One line names the chart, what it lacks and what to write."""
    with pytest.raises(ValueError, match=rf"^chart 'clock': no {part}; \w.+\({part}=…\)$"):
        charts.show("clock", FORMS["bars"], sources="halvings", **{**SAID, part: " "})
    assert not shown


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (charts.lines(CYCLES, x="days", y="level", by="year", names={2012: "2012"}), "line '2016' has no name"),
        (charts.lines(CYCLES, x="days", y="level", by="year", accent={1: "ai"}), "accent names '1', which no line is"),
        (
            charts.lines(CYCLES, x="days", y="level", by="year", accent={2012: "ai", 2016: "ai", 2020: "ai"}),
            "3 coloured lines; two at most",
        ),
        (charts.lines(CYCLES, x="days", y="level"), "two values at one place"),
        (
            charts.lines(BITCOIN, x="day", y="level", domain=(90, 200)),
            "lies outside the scale from 90 to 200; widen domain",
        ),
        (charts.lines(BITCOIN, x="day", y="level", x_ticks={"2020-01-01": "2020"}), "the label '2020' stands outside"),
        (
            charts.lines(BITCOIN, x="day", y="level", x_ticks={"2025-01-01": "January", "2025-01-09": "then"}),
            "the label 'then' runs into the one before on the wide drawing",
        ),
        (
            charts.lines(BITCOIN, x="day", y="level", marks=[charts.Mark(-1, "loss")], log=True),
            "a log scale has no place",
        ),
        (charts.lines(CYCLES, x="days", y="lvl"), "no column 'lvl'"),
        (charts.lines(BITCOIN, x="day", y="level", marks=[charts.Mark(100, " ")]), "empty name"),
        (charts.lines(BITCOIN, x="day", y="level", accent="red"), "no meaning 'red'; take one of ai, mining"),
        (charts.lines(BITCOIN, x="day", y="level", format="{}{}"), "has not one place for a number"),
        (charts.bars(COSTS.assign(cents=[1, None, 2]), name="machine", value="cents"), "no value in 1 rows"),
        (charts.waterfall(("a", 10.0), {"b": -3.0}, ("c", 8.0)), "the steps miss the end by -1"),
        (charts.tiles({"many": charts.Count(61, "ai")}), "61 tiles in a row"),
        (charts.bars(COSTS.replace("Antminer S21", "⚒"), name="machine", value="cents"), "our font lacks"),
        (
            charts.lines(
                pd.concat(LEVELS.assign(who=LEVELS["who"] + str(n)) for n in range(5)).assign(
                    level=lambda f: f["level"] * (1 + 0.3 * np.sin(np.arange(len(f)) * 7.7))
                ),
                x="day",
                y="level",
                by="who",
                height=(700, 700),
            ),
            r"bytes, more than 12,000; draw fewer points",
        ),
    ],
)
def test_a_drawing_that_cannot_be_right_is_refused(shown, form, message):
    """By name, when it is shown."""
    with pytest.raises(ValueError, match=rf"^chart 'clock': .*{message}"):
        charts.show("clock", form, sources="halvings", **SAID)


def test_a_day_does_not_part_in_a_title():
    """Number and month stay on one line; other numbers and words may part."""
    shown = showing.stored("", charts.Choice(cost_bars(6), **SAID | {"title": "5 sites by 5 October 2026, 30 in May"}))
    assert shown["title"] == "5 sites by 5\u00a0October 2026, 30 in May"


def test_keyed_names_stand_in_the_order_of_the_columns_and_below_nothing_is_a_tick():
    """Whichever mark is first in the first row; the scale reaches below zero where marks do."""
    rows = pd.DataFrame({"who": ["a", "b"], "one": [300.0, 10.0], "two": [-60.0, 200.0]})
    drawing_ = charts.dots(rows, name="who", values={"one": "first", "two": "second"}, format="${:,.0f}", keyed=True)
    shown = showing.stored("", charts.Choice(drawing_, **SAID))
    body = drawing.standalone(drawing.picture(shown["panels"], "wide"), "")
    assert body.index(">first<") < body.index(">second<")
    assert "−$50" in body
