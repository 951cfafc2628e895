"""A page for each company, from one executed notebook.

The cells of the template run once, in one kernel, for all companies, and say before each one's outputs whose they are
(`words.on_page`). Before the site is built its text and each company's outputs become a page of their own. So a company
costs no kernel and no file in the repository, its page is reproduced and tested as any chapter, and it is there or gone
with its row.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from minerpivot.page.words import PAGE_MIME

TEMPLATE = Path("chapters") / "company.ipynb"
FOLDER = "companies"
HEADING = re.compile("^##+ .*", re.MULTILINE)
NUMBER = "in_template"  # metadata of a page's cell: which of the template's it is
CODE = f"# in {TEMPLATE.as_posix()}"  # MyST-NB leaves out cells without any


def write(source: Path) -> list[Path]:
    """Write the pages of all companies into `source`/companies, in place of those that are there."""
    folder = source / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    if not (source / TEMPLATE).exists():
        return []
    template = nbformat.read(source / TEMPLATE, as_version=4)
    folder.mkdir()
    paths = []
    for name in names(template):
        paths.append(folder / f"{name}.ipynb")
        paths[-1].write_text(json.dumps(page(template, name)), encoding="utf-8")  # nbformat indents, in Python
    return paths


def edited(page: Path, number: int) -> tuple[Path, int]:
    """The notebook and its cell that an editor changes to change a cell of a page: the template's, if it has one."""
    if page.parent.name == FOLDER and (page.parents[1] / TEMPLATE).exists():
        return page.parents[1] / TEMPLATE, nbformat.read(page, as_version=4).cells[number - 1].metadata[NUMBER]
    return page, number


def names(template: NotebookNode) -> list[str]:
    """The pages that the template's outputs belong to, in the order of the first that name them."""
    outputs = (output for cell in template.cells for output in cell.get("outputs", []))
    return list(dict.fromkeys(o["data"][PAGE_MIME]["page"] for o in outputs if PAGE_MIME in o.get("data", {})))


def page(template: NotebookNode, name: str) -> NotebookNode:
    """The template with the outputs of one page: its code, what belongs to others and sections without any left out."""
    cells: list[NotebookNode] = []
    for number, cell in enumerate(template.cells, 1):
        cell = NotebookNode(cell, metadata=NotebookNode(cell.get("metadata", {}), **{NUMBER: number}))
        if cell.cell_type == "code":
            cell = NotebookNode(cell, source=CODE, outputs=_outputs(cell, name))
            if not cell.outputs:
                continue
        cells.append(cell)
    sections = _sections(template.cells)
    filled = {title for title, cell in zip(_sections(cells), cells) if cell.cell_type == "code"}
    worked = {title for title, cell in zip(sections, template.cells) if cell.cell_type == "code"}
    kept = [cell for title, cell in zip(_sections(cells), cells) if title not in worked - filled - {""}]
    return NotebookNode(template, cells=kept)


def _sections(cells: list[NotebookNode]) -> list[str]:
    """The heading of the section that each cell belongs to: "" before the first, and in a cell that holds several."""
    title, found = "", []
    for cell in cells:
        if cell.cell_type == "markdown" and (headings := HEADING.findall(cell.source)):
            title = headings[0] if cell.source.startswith("##") else ""
        found.append(title)
    return found


def _outputs(cell: NotebookNode, name: str) -> list[NotebookNode]:
    """What a cell shows on a page; what it records for the text is read from the template."""
    mine, whose = [], ""
    for output in cell.outputs:
        whose = output.get("data", {}).get(PAGE_MIME, {"page": whose})["page"]
        if whose == name and PAGE_MIME not in output.get("data", {}) and "scrapbook" not in output.get("metadata", {}):
            mine.append(output)
    return mine
