"""How the fonts in this folder were made: `python minerpivot/page/fonts/subset.py FOLDER`, needs fonttools (4.68.0).

FOLDER has LiberationSans-Regular.ttf and LiberationSans-Bold.ttf, version 2.1.5. Whoever changes CHARACTERS makes
the fonts anew and gives them another name (FAMILY here, FONT in drawing.py), so that kept drawings are drawn anew.
"""

import re
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

from minerpivot.page.drawing import CHARACTERS

FAMILY = "Minerpivot Sans"
ZERO_WIDTH_SPACE, WORD_JOINER = 0x200B, 0x2060


def make(source: Path, style: str) -> None:
    """Write one style of our font beside this file; a character that the source does not have is an error."""
    font = TTFont(source / f"LiberationSans-{style}.ttf", recalcTimestamp=False)
    for table in font["cmap"].tables:
        if ZERO_WIDTH_SPACE in table.cmap:  # our charts keep ranges on one line with joiners
            table.cmap[WORD_JOINER] = table.cmap[ZERO_WIDTH_SPACE]
    options = subset.Options(hinting=False, notdef_outline=True, ignore_missing_unicodes=False)
    options.drop_tables += ["FFTM", "gasp"]
    options.name_IDs += [7, 13, 14]  # trademark and licence
    maker = subset.Subsetter(options)
    maker.populate(unicodes=[code for code in range(0x10000) if re.fullmatch(CHARACTERS, chr(code))])
    maker.subset(font)
    names = {1: FAMILY, 3: f"{FAMILY} {style}", 4: f"{FAMILY} {style}", 6: f"{FAMILY.replace(' ', '')}-{style}"}
    for entry in font["name"].names:
        entry.string = names.get(entry.nameID, entry.string)
    font.save(Path(__file__).with_name(f"{names[6]}.ttf"))


if __name__ == "__main__":
    for style in ("Regular", "Bold"):
        make(Path(sys.argv[1]), style)
