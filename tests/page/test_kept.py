"""Drawings that are kept between runs."""

import pandas as pd
import pytest

from minerpivot.page import charts, drawing, kept
from minerpivot.page.charts import showing


@pytest.fixture
def panels(tmp_path, monkeypatch):
    """The panels of a small chart, with nothing kept but what drew it; and no other place to keep it in."""
    monkeypatch.setattr(kept, "KEPT", tmp_path / "kept")
    bars = charts.bars(pd.DataFrame({"who": ["A", "B"], "x": [1.0, 2.0]}), name="who", value="x")
    return showing.stored("", charts.Choice(bars, title="T", unit="U", description="D"))["panels"]


def drawn_anew(panels, monkeypatch):
    """The sizes that are drawn when the chart is asked for."""
    asked, draw = [], drawing.picture
    monkeypatch.setattr(drawing, "picture", lambda panels, size: asked.append(size) or draw(panels, size))
    found = kept.pictures(panels)
    assert found["wide"].body == draw(panels, "wide").body
    return asked


def test_a_chart_that_was_shown_is_not_drawn_again(panels, monkeypatch):
    """Its page takes what its notebook drew."""
    assert drawn_anew(panels, monkeypatch) == []


def test_the_picture_of_a_chart_is_made_once(panels, monkeypatch):
    """The PNG for readers of the notebook; another description is another picture."""
    first = showing.png({"panels": panels, "description": "D"})
    monkeypatch.setattr(showing, "_quantised", lambda drawn: "made anew")
    assert showing.png({"panels": panels, "description": "D"}) == first != "made anew"
    assert showing.png({"panels": panels, "description": "E"}) == "made anew"


@pytest.mark.parametrize("content", ["", "half", None])
def test_a_drawing_that_is_not_as_it_was_made_is_drawn_again(panels, monkeypatch, content):
    """Emptied by a full disk, cut, or gone; afterwards it is kept."""
    for file in kept.KEPT.glob("*.drawing"):
        file.unlink()
        if content is not None:
            file.write_text(content)
    assert drawn_anew(panels, monkeypatch) == list(drawing.WIDTHS)
    assert drawn_anew(panels, monkeypatch) == []


def test_another_chart_or_another_kit_is_drawn(panels, monkeypatch):
    """A value that moved, and the library that draws."""
    panels[0]["wide"]["width"] += 1
    assert drawn_anew(panels, monkeypatch) == ["wide", "narrow"]
    monkeypatch.setattr(kept, "VL_CONVERT", "another")
    assert drawn_anew(panels, monkeypatch) == ["wide", "narrow"]


def test_what_cannot_be_kept_is_drawn_once(panels, monkeypatch, tmp_path):
    """A file stands in the folder's place; whatever asks again, or a process that comes of this one, has it."""
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(kept, "KEPT", tmp_path / "file")
    monkeypatch.setattr(kept, "_unkept", {})
    assert drawn_anew(panels, monkeypatch) == list(drawing.WIDTHS)
    assert drawn_anew(panels, monkeypatch) == []
