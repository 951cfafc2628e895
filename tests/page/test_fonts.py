"""Pictures come out the same whatever fonts a machine has."""

import os
import re
import subprocess
import sys

import pytest
from PIL import ImageFont

from minerpivot.book.execute import ROOT
from minerpivot.page import drawing

FONTS = ROOT / "minerpivot" / "page" / "fonts"
OTHERS = "Helvetica Neue, Arial, Liberation Sans, sans-serif"  # what a machine may have, each in its own version
CHART = """
frame = pandas.DataFrame({"who": ["Énergie ×2 …", "“Two”, 19\u2060–\u206021 %"], "x": [-1.5, 1.5]})
choice = charts.Choice(charts.bars(frame, name="who", value="x"), title="T", unit="U", description="D")
"""
DRAW = f"""
import sys, pandas
from pathlib import Path
from minerpivot.page import charts, drawing, kept
from minerpivot.page.charts import showing
from minerpivot.book import publish
folder, font, rules = Path(sys.argv[1]), drawing.FONT, drawing._RULES
{CHART}
for number, publish.FONT in enumerate(sys.argv[2:]):
    kept.KEPT = folder / str(number)
    drawing._RULES = rules.replace(font, publish.FONT)
    publish.card(folder, Path("page.html"), "A title", "A finding.")
    print(showing.png(showing.stored("", choice)), (folder / "_static/cards/page.png").read_bytes())
"""


def drawn(folder):
    """A chart and a card in our font and in `OTHERS`, by a fresh process that sees the fonts in `folder` alone."""
    folder.mkdir(exist_ok=True)
    config = folder / "fonts.conf"
    config.write_text(f"<fontconfig><dir>{folder}</dir></fontconfig>", encoding="utf-8")
    env = os.environ | {"FONTCONFIG_FILE": str(config)}
    command = [sys.executable, "-c", DRAW, folder, drawing.FONT, OTHERS]
    return subprocess.run(command, env=env, capture_output=True, check=True).stdout.splitlines()


@pytest.mark.skipif(sys.platform != "linux", reason="only there can a test choose which fonts the system has")
def test_no_system_font_changes_a_picture(tmp_path):
    """Neither that there is none nor a strange one under a familiar name; with that name first it would."""
    none, strange = tmp_path / "none", tmp_path / "strange"
    strange.mkdir()
    font = (FONTS / "MinerpivotSans-Bold.ttf").read_bytes()
    font = font.replace("Minerpivot Sans".encode("utf-16-be"), "Liberation Sans".encode("utf-16-be"))
    entry = font.index(b"OS/2")
    weight = int.from_bytes(font[entry + 8 : entry + 12], "big") + 4
    (strange / "font.ttf").write_bytes(font[:weight] + (400).to_bytes(2, "big") + font[weight + 2 :])  # bold as regular
    (ours, others), (ours_there, others_there) = drawn(none), drawn(strange)
    assert ours == ours_there
    assert others != others_there, "the strange font was not seen: this test shows nothing"


def test_a_character_that_a_machine_would_draw_with_its_own_font_is_refused():
    """Our font lacks it; what it has passes."""
    assert drawing.drawable("<svg><text>Mining ×2</text></svg>")
    with pytest.raises(ValueError, match=r"our font lacks \['⚒'\]"):
        drawing.drawable("<svg><text>Mining ⚒</text></svg>")


@pytest.mark.parametrize("style", ["Regular", "Bold"])
def test_our_font_has_every_character_that_is_let_through(style):
    """None looks like the box for a character that a font does not have."""
    font = ImageFont.truetype(FONTS / f"MinerpivotSans-{style}.ttf", 40)
    box = bytes(font.getmask("\uffff"))
    allowed = re.findall(drawing.CHARACTERS, "".join(map(chr, range(0x10000))))
    assert len(allowed) > 400
    assert [character for character in allowed if bytes(font.getmask(character)) == box] == []


@pytest.mark.parametrize("content", [None, b"cut"])
def test_a_font_that_is_none_is_named_with_the_mend(tmp_path, monkeypatch, content):
    """Missing, or cut off: the drawing library says neither which file nor what to do."""
    fonts = tmp_path / "minerpivot" / "page" / "fonts"
    fonts.mkdir(parents=True)
    if content is not None:
        (fonts / "MinerpivotSans-Regular.ttf").write_bytes(content)
    monkeypatch.setattr(drawing, "FONTS", fonts)
    name = "minerpivot/page/fonts/MinerpivotSans-Regular.ttf"
    with pytest.raises(ValueError, match=rf"^{name} is no font \(.*\); bring it back with `git checkout {name}`$"):
        drawing._font.__wrapped__(bold=False)
