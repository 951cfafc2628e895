"""Every number in the prose as data: what `numbers.json` publishes and what a comparison of editions reads."""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from myst_nb.core.variables import format_plain_text

from minerpivot.page.figures import GLUE

GLUE_ROLE = re.compile(r"\{glue:text\}`(?:(?P<doc>[^`:]+)::)?(?P<key>[^`:]+)(?::(?P<format>[^`]+))?`")


def numbers(sources: list[Path]) -> list[dict[str, Any]]:
    """Every glued number: id, value, unit, text as printed, chapter, as-of date and grade."""
    return numbers_of({path.name: path.read_text(encoding="utf-8") for path in sources})


def numbers_of(pages: Mapping[str, str]) -> list[dict[str, Any]]:
    """The `numbers` of pages given as file name and content."""
    texts: dict[tuple[str, str], str] = {}
    read = {name: None if name.endswith(".md") else nbformat.reads(text, as_version=4) for name, text in pages.items()}
    for name, notebook in read.items():
        for use in GLUE_ROLE.finditer(_prose(notebook) if notebook else pages[name]):
            home = Path(use["doc"] or name).stem
            texts.setdefault((home, use["key"]), use["format"] or "s")
    found = []
    for name, notebook in read.items():
        chapter = Path(name).stem
        for key, output in _glued(notebook) if notebook else []:
            plain = output.data[GLUE + "text/plain"]
            record = output.metadata["minerpivot"]
            if "unit" not in record:
                continue
            found.append(
                {
                    "id": f"{chapter}/{key}",
                    "value": literal_eval(plain),
                    "unit": record["unit"],
                    "text": format_plain_text(plain, texts.get((chapter, key), "s")),
                    "chapter": chapter,
                    "as_of": record["as_of"],
                    "grade": record["grade"],
                }
            )
    return found


def _prose(notebook: nbformat.NotebookNode) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def _glued(notebook: nbformat.NotebookNode) -> list[tuple[str, Any]]:
    outputs = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "scrapbook" in output.get("metadata", {})
    ]
    return [(output.metadata["scrapbook"]["name"], output) for output in outputs]
