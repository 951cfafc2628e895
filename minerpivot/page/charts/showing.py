"""How a chart is shown: what it must say, and what its notebook keeps of it."""

from __future__ import annotations

import base64
import io
import re
from calendar import month_name
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import vl_convert
from altair.utils.schemapi import debug_mode
from IPython.display import display
from PIL import Image

from minerpivot.page.charts.plate import Drawing, Plate, Size
from minerpivot.page.drawing import MIME, WIDTHS, standalone
from minerpivot.page.kept import made, pictures
from minerpivot.page.words import provenance, rounded

LARGEST = 12_000  # bytes of a drawing in a page
DUTIES = {  # what a chart must say, and how an author mends that it does not
    "title": "state the finding",
    "unit": "say what is measured, in which unit",
    "description": "write two sentences with the two or three values that matter",
}
DAY = re.compile(rf"(?<=\d) (?=(?:{'|'.join(month_name[1:])})\b)")  # where a day's number must not part from its month


@dataclass(frozen=True)
class Choice:
    """One of several drawings to choose from, with what must be said anew for it."""

    drawing: Drawing
    title: str = ""
    unit: str = ""
    description: str = ""
    note: str = ""


def show(
    name: str,
    drawing: Drawing | Mapping[str, Choice],
    *,
    sources: str | Sequence[str],
    title: str = "",
    unit: str = "",
    description: str = "",
    note: str = "",
    choose: str = "",
    image: bool = True,
) -> None:
    """Show a chart, or several to `choose` from, and store it as specs, PNG (of the first) and text.

    `title` states the finding, `unit` says what is measured and how, `description` is heard in place of the drawing,
    `note` stands before the sources, `name` is the anchor for `{numref}`; without `image` no PNG is stored. Raises
    `ValueError` that names the chart and the mend.
    """
    choices = drawing if isinstance(drawing, Mapping) else {"": Choice(drawing, title, unit, description)}
    try:
        if isinstance(drawing, Mapping):
            _check_choices(choices, choose, title or unit or description)
        if not sources:
            raise ValueError('no sources; name the tables behind it (sources="deals")')
        kept = [stored(label, choice) for label, choice in choices.items()]
        content = {
            "name": name,
            "choose": choose,
            "note": _line(note),
            "source": provenance(sources),
            "choices": kept,
        }
        bundle = {MIME: content, "text/plain": f"{kept[0]['title']}. {kept[0]['description']}"}
        bundle |= {"image/png": png(kept[0])} if image else {}
    except ValueError as error:
        raise ValueError(f"chart {name!r}: {error}") from None
    display(bundle, raw=True)


def _check_choices(choices: Mapping[str, Choice], choose: str, said: str) -> None:
    if said:
        raise ValueError("title, unit and description belong to each Choice, where they say what it shows")
    if len(choices) < 2:
        raise ValueError("a choice of fewer than two; hand in the drawing itself")
    if len(choices) > 6:
        raise ValueError(f"{len(choices)} choices; a reader takes in six, and the page has switches for as many")
    if not choose.strip():
        raise ValueError('the choice has no name; say what is chosen (choose="Price of power")')


def stored(label: str, choice: Choice) -> dict[str, Any]:
    """What the notebook keeps of a drawing; raises `ValueError` for a duty left undone or a drawing too large."""
    of = f" of choice {label!r}" if label else ""
    said = {part: str(getattr(choice, part) or "").strip() for part in DUTIES}
    said["title"] = DAY.sub("\u00a0", said["title"])
    for part, mend in DUTIES.items():
        if not said[part]:
            raise ValueError(f"no {part}{of}; {mend} ({part}=…)")
    with debug_mode(False):  # else Altair validates each part as it is made; tests hold all charts against its schema
        wide, narrow = (choice.drawing.draw(Size(name, width)) for name, width in WIDTHS.items())
        panels = [_panel(*pair) for pair in zip(wide, narrow, strict=True)]
    for size, drawn in pictures(panels).items():
        standalone(drawn, choice.description)  # refuses characters that our font lacks
        if (length := len(drawn.body.encode())) > LARGEST:
            raise ValueError(f"the {size} drawing{of} takes {length:,} bytes, more than {LARGEST:,}; draw fewer points")
    return {"label": label, **said, "note": _line(choice.note), "panels": panels}


def _panel(wide: Plate, narrow: Plate) -> dict[str, Any]:
    """The two specs of a panel, with the data, layers and parts that both have stored once (`drawing.spec`)."""
    specs = [rounded(plate.spec()) for plate in (wide, narrow)]
    layers: list[Any] = []
    for spec in specs:
        layers += [layer for layer in spec["layer"] if layer not in layers]
        spec["layer"] = [layers.index(layer) for layer in spec["layer"]]
    datasets = [spec.pop("datasets") for spec in specs]
    parts, shared = ({key: part for key, part in a.items() if b.get(key) == part} for a, b in (specs, datasets))
    own = [
        {key: part for key, part in spec.items() if key not in parts}
        | {"datasets": {key: rows for key, rows in data.items() if key not in shared}}
        for spec, data in zip(specs, datasets)
    ]
    return {
        "both": parts,
        "layers": layers,
        "datasets": shared,
        "wide": own[0],
        "narrow": own[1],
        "tables": wide.tables,
        "key": narrow.key,
        "heading": wide.heading,
    }


def _line(text: str) -> str:
    return f"{text.strip().rstrip('.')}." if text.strip() else ""


def png(choice: Mapping[str, Any]) -> str:
    """A quantised base64 PNG on white, for JupyterLab and GitHub."""
    drawn = standalone(pictures(choice["panels"])["wide"], choice["description"], dark=False)
    drawn = drawn.replace('class="l-', 'fill="none" class="l-')  # the renderer knows no selector by a class's beginning
    code = Path(__file__).read_text(encoding="utf-8")
    return made([drawn, code, version("pillow")], "png", lambda: _quantised(drawn))


def _quantised(drawn: str) -> str:
    image = Image.open(io.BytesIO(vl_convert.svg_to_png(drawn, scale=1.5)))
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image.convert("RGBA"))
    small = io.BytesIO()
    paper.convert("RGB").quantize(64).save(small, "PNG", optimize=True)
    return base64.b64encode(small.getvalue()).decode("ascii")
