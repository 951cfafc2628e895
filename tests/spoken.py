"""What a page says, read from its executed notebook without a build: its sentences, and those of its exhibits."""

import json
import re

from bs4 import BeautifulSoup

from minerpivot.book import published
from minerpivot.page.drawing import MIME
from minerpivot.page.tables import TABLE_MIME

WHEN = re.compile(r"^(:{3,})\{when\} ([^\n]*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)  # its end has as many colons


def markdown(notebook):
    """The text cells of a notebook."""
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def sentences(text, values):
    """The text as a reader gets it: blocks whose condition fails are gone, values stand in their places."""
    kept = WHEN.sub(lambda block: sentences(block[3], values) if published.holds(block[2], values) else "", text)
    return re.sub(
        r"\{\{.+?\}\}", lambda found: published.JINJA.from_string(found[0]).render(values), kept, flags=re.DOTALL
    )


def exhibits(notebook):
    """What is stored of each chart and table, by name: its choices, each with title, unit, description and note."""
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for mime in {MIME, TABLE_MIME} & output.get("data", {}).keys():
                stored = output["data"][mime]
                stored = json.loads(stored) if isinstance(stored, str) else stored
                found[stored["name"]] = stored.get("choices", [stored])
    return found


def lines(notebook):
    """What is said of each chart and table, by name: a line for each choice."""
    return {
        name: [
            " | ".join(str(choice.get(part, "")) for part in ("title", "unit", "description", "note"))
            for choice in choices
        ]
        for name, choices in exhibits(notebook).items()
    }


def tables(notebook):
    """Each table as it is shown where nothing draws it."""
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    return [
        BeautifulSoup(output.data["text/html"], "html.parser")
        for output in outputs
        if {TABLE_MIME, "text/html"} <= output.get("data", {}).keys()
    ]
