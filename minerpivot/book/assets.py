"""What is made for the site and kept between builds (`page.kept`).

A chart of the kit becomes two drawings for the middle of its page, files to keep (SVG, CSV, Vega-Lite) and a script
with its values, loaded when a reader asks for one. The table library is made once per version.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from minerpivot.data.tables import digest
from minerpivot.page import drawing, kept
from minerpivot.page.tables import inert


def kit_files(choice: dict[str, Any], drawn: drawing.Picture) -> dict[str, Path]:
    """What a reader can keep of a chart's choice: its data (a file for each table), its picture and its spec."""
    made: dict[str, str] = {}
    for number, rows in enumerate(_tables(choice["panels"]), 1):
        made[f"data {number}.csv"] = pd.DataFrame(rows).map(inert).to_csv(index=False)
    made["image.svg"] = drawing.standalone(drawn, choice["description"])
    made["spec.json"] = json.dumps(_spec(choice), ensure_ascii=False, separators=(",", ":"))
    files = {}
    for name, text in made.items():
        path = kept.KEPT / f"{digest(text)}.{name.rpartition('.')[2]}"
        kept.keep(path, text)
        files[name.rpartition(".")[0]] = path
    return files


def _tables(panels: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Rows for download under the author's names; panels with the same columns stand in one table, told apart."""
    found: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for panel in panels:
        for table in panel["tables"]:
            rows, columns = drawing.spec(panel, "wide")["datasets"][table["dataset"]], table["columns"]
            named = {"panel": panel["heading"]} if len(panels) > 1 else {}
            kept = found.setdefault(tuple(columns.values()), [])
            kept += [named | {name: row.get(column) for column, name in columns.items()} for row in rows]
    return list(found.values())


def _spec(choice: dict[str, Any]) -> dict[str, Any]:
    """A chart as one Vega-Lite spec in the house's colours, for any viewer of such specs."""
    panels = [drawing.spec(panel, "wide") for panel in choice["panels"]]
    said = {"title": choice["title"], "description": choice["description"], "config": drawing.CONFIG}
    if len(panels) == 1:
        return panels[0] | said
    datasets: dict[str, Any] = {}
    for number, panel in enumerate(panels):
        text = json.dumps(
            {key: value for key, value in panel.items() if key not in ("datasets", "padding", "autosize")}
        )
        for name, rows in panel["datasets"].items():
            text = text.replace(f'{{"name": "{name}"}}', f'{{"name": "{name} {number}"}}')
            datasets[f"{name} {number}"] = rows
        panels[number] = json.loads(text)
    schema = {"$schema": panels[0].pop("$schema")} if "$schema" in panels[0] else {}
    return (
        schema
        | said
        | {"vconcat": [{k: v for k, v in p.items() if k != "$schema"} for p in panels], "datasets": datasets}
    )


def kit_values(drawn: list[dict[str, drawing.Picture]]) -> Path:
    """A script with what a tap says of each point of a chart's drawings, by choice and size."""
    values: list[dict[str, Any]] = []
    for pictures in drawn:
        values.append({})
        for size, picture in pictures.items():
            series = list(dict.fromkeys(name for _, _, name, *_ in picture.points))
            points = [[x, y, series.index(name), *words] for x, y, name, *words in picture.points]
            values[-1][size] = {"rows": picture.rows, "series": series, "points": points}
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    path = kept.KEPT / f"{digest(text)}.js"
    kept.keep(path, f"(window.minerpivotValues??={{}})[{json.dumps('charts/' + path.name)}]={text};")
    return path


def data_tables() -> tuple[Path, Path]:
    """The DataTables library as a classic script, and its style sheet, from the `itables` package; made once."""
    parts = files("itables") / "html"
    module, style = ((parts / f"dt_bundle.{kind}").read_text("utf-8") for kind in ("js", "css"))
    script = kept.KEPT / f"tables-{digest(module)}.js"
    if not kept.whole(script):
        # Browsers load no modules from file://, so its default export becomes a property of the window.
        classic, count = re.subn(r"export\{.*?([\w$]+) as default.*?\}", r"window.minerpivotDataTable=\1", module)
        if count != 1:
            raise ValueError(
                "itables ships another kind of bundle; look how it exports DataTable and mend data_tables()"
            )
        kept.keep(script, f"(()=>{{{classic}\n}})();")
    sheet = kept.KEPT / f"tables-{digest(style)}.css"
    kept.keep(sheet, style)
    return script, sheet
