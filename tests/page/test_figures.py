"""What charts and tables store in a notebook."""

import math

import altair as alt
import pandas as pd
import pytest

from minerpivot.data import tables
from minerpivot.page import figures


@pytest.fixture
def shown(monkeypatch):
    """What a call displays, as (mime bundle, metadata)."""
    kept = []
    monkeypatch.setattr(figures, "display", lambda data, metadata=None, raw=False: kept.append((data, metadata)))
    return kept


def test_a_chart_is_stored_as_spec_picture_and_text(shown):
    """The spec carries title, description, name and caption with source and last day, and no config of its own."""
    chart = alt.Chart(pd.DataFrame({"x": [1 / 3], "y": [math.nan]})).mark_point().encode(x="x:Q", y="y:Q")
    figures.figure(
        chart.properties(width="container"),
        "points",
        title="One point",
        caption="A point.",
        description="A point at a third.",
        sources="halvings",
    )
    spec = shown[0][0][figures.VEGALITE_MIME]
    assert (spec["title"], spec["description"]) == ("One point", "A point at a third.")
    assert spec["usermeta"]["caption"] == "A point. Data: Halvings of the block subsidy, to 2024-04-20."
    assert "config" not in spec
    assert list(spec["datasets"].values()) == [[{"x": 0.3333333333, "y": None}]]
    assert shown[0][0]["image/png"].startswith("iVBOR")
    assert shown[0][0]["text/plain"] == "One point. A point at a third."


def test_platforms_that_differ_in_the_last_digit_store_the_same_chart(shown):
    """Datasets are named for what they hold, which is rounded; two that differ visibly keep names of their own."""
    for last in (0.1 + 0.2, 0.3):
        points = alt.Chart(pd.DataFrame({"x": [last]})).mark_point().encode(x="x:Q")
        chart = points + alt.Chart(pd.DataFrame({"x": [0.4]})).mark_rule().encode(x="x:Q")
        figures.figure(chart, "points", title="T", caption="C", description="D", sources="halvings")
    (first, _), (second, _) = shown
    assert first == second
    spec = first[figures.VEGALITE_MIME]
    assert [spec["datasets"][layer["data"]["name"]] for layer in spec["layer"]] == [[{"x": 0.3}], [{"x": 0.4}]]


def test_a_table_formats_escapes_links_and_keeps_missing_missing(shown):
    """A number, a missing one (a dash, never nan or 0), an address, a labelled link, markup as text."""
    frame = pd.DataFrame(
        {"who": ["<b>", "A"], "mw": [300.0, None], "link": ["https://example.org/", ("CSV", "../data/x.csv")]}
    )
    figures.table(frame, "rows", title="T", caption="C", sources="deals", formats={"mw": "{:.0f}"})
    html = shown[0][0]["text/html"]
    assert '<th scope="row">&lt;b&gt;</th><td class="number">300</td>' in html
    assert '<td class="number">–</td>' in html
    assert '<a href="https://example.org/">source</a>' in html
    assert '<a href="../data/x.csv">CSV</a>' in html
    assert "nan" not in html


def test_a_table_says_whether_it_wants_tools(shown):
    """The page is told in the metadata; the markup is the same, so that nothing is lost without a script."""
    frame = pd.DataFrame({"who": ["A"], "mw": [300.0]})
    for interactive in (False, True):
        figures.table(frame, "rows", title="T", caption="C", sources="deals", interactive=interactive)
    (plain, plain_meta), (rich, rich_meta) = shown
    assert plain == rich
    assert "interactive" not in plain_meta["minerpivot"]
    assert rich_meta["minerpivot"] == plain_meta["minerpivot"] | {"interactive": True}


def test_a_company_without_a_colour_gets_the_same_visible_grey_everywhere():
    """Whatever else is drawn; known companies keep their colour."""
    alone, among = figures.company_scale(["NEWCO"]), figures.company_scale(["IREN", "NEWCO"])
    assert alone.range[0] == among.range[1]
    assert alone.range[0] in figures.NEUTRALS
    assert among.range[0] == tables.load("instruments").set_index("ticker").loc["IREN", "colour"]
