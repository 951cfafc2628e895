"""What takes long to draw, kept between runs, each file under the hash of all that it depends on.

Whoever shows a chart draws it, to see that it can be drawn; the page that shows it finds it here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from minerpivot.data.tables import checksum, digest
from minerpivot.page import drawing

KEPT = Path(__file__).resolve().parents[2] / "_build" / "charts"
VL_CONVERT = version("vl-convert-python")
_unkept: dict[str, str] = {}  # drawn by this process; one that it forks needs it, for that could not draw


def pictures(panels: Sequence[Mapping[str, Any]]) -> dict[str, drawing.Picture]:
    """A stored chart's drawings by size."""
    code = Path(drawing.__file__).read_text(encoding="utf-8")

    def draw(size: str) -> str:
        return json.dumps(drawing.picture(panels, size))

    drawn = {size: made([panels, size, code], "drawing", partial(draw, size)) for size in drawing.WIDTHS}
    return {size: drawing.Picture(*json.loads(text)) for size, text in drawn.items()}


def made(parts: Sequence[Any], kind: str, make: Callable[[], str]) -> str:
    """What `make` draws of the `parts`, once; what cannot be kept (a full disk) is drawn again by the next process."""
    path = KEPT / f"{digest([*parts, VL_CONVERT])}.{kind}"
    if path.name in _unkept:
        return _unkept[path.name]
    if whole(path):
        return path.read_text(encoding="utf-8")
    text = make()
    try:
        keep(path, text)
    except OSError:
        _unkept[path.name] = text
    return text


def whole(path: Path) -> bool:
    """Whether a kept file is there as it was made: one that a full disk has cut, or a hand changed, is made again."""
    try:
        return (path.parent / "sums" / path.name).read_text("utf-8") == checksum(path.read_bytes())
    except (OSError, UnicodeDecodeError):
        return False


def keep(path: Path, text: str) -> None:
    """Write a file that is not whole, then its checksum, each in one step."""
    if whole(path):
        return
    for place, content in ((path, text), (path.parent / "sums" / path.name, checksum(text.encode()))):
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_name(f".{place.name}.{os.getpid()}")  # two builds may draw the same chart at once
        draft.write_text(content, encoding="utf-8", newline="\n")
        draft.replace(place)
