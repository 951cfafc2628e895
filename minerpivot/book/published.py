"""The values that cells recorded: what the text sees, and what `numbers.json` and `facts.json` publish."""

from __future__ import annotations

import json
import re
from ast import literal_eval
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import jinja2
import jinja2.nodes

from minerpivot.page.words import OWN, PAGE_MIME, READ, STORED, OwnPage, Page

EXPRESSIONS = re.compile(r"\{\{(.+?)\}\}|^[ \t]*:{3,}\{when\} *([^\n]+)", re.MULTILINE | re.DOTALL)
JINJA = jinja2.Environment(undefined=jinja2.StrictUndefined)


@dataclass(frozen=True)
class Recorded:
    """A value as a cell of a chapter recorded it, or of the template of many pages for one of them."""

    chapter: str
    cell: int  # counted from 1
    name: str
    value: Any
    record: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """number, day, month, name, names, flag or verdict."""
        return self.record.get("kind") or ("text" if isinstance(self.value, str) else "number")

    @property
    def read(self) -> Any:
        """The value as the text sees it."""
        return READ[self.kind](self.value) if self.kind in READ else self.value


def recorded(notebooks: Mapping[str, str]) -> list[Recorded]:
    """Every recorded value of notebooks given as file name and content."""
    return [value for name, text in notebooks.items() for value in _in_notebook(Path(name).stem, text)]


@lru_cache(maxsize=64)
def cells(notebook: str) -> list[dict[str, Any]]:
    """The cells of a notebook, as its file has them; nbformat, which proves every part, has read it before a build."""
    return json.loads(notebook)["cells"]


@lru_cache(maxsize=64)
def _in_notebook(chapter: str, text: str) -> list[Recorded]:
    """Read once, for a build asks for them on every page."""
    found = []
    for cell, content in enumerate(cells(text), 1):
        page = chapter
        for output in content.get("outputs", []):
            said = output.get("metadata", {})
            page = output.get("data", {}).get(PAGE_MIME, {"page": page})["page"]
            if "scrapbook" in said and {"unit", "kind"} & said["minerpivot"].keys():
                value = literal_eval("".join(output["data"][f"{STORED}text/plain"]))
                found.append(Recorded(page, cell, said["scrapbook"]["name"], value, said["minerpivot"]))
    return found


def pages(values: Iterable[Recorded]) -> dict[str, Page | OwnPage]:
    """The values by page and name, as the text sees them; those of `OWN` are other ones on each page."""
    found: dict[str, dict[str, Any]] = {}
    own: dict[str, dict[str, Any]] = {}
    for value in values:
        if "page" in value.record and value.kind != "verdict":
            mine = value.record["page"] == OWN
            (own if mine else found).setdefault(value.chapter if mine else value.record["page"], {})[value.name] = (
                value.read
            )
    shared: dict[str, Page | OwnPage] = {page: Page(page, values) for page, values in found.items()}
    return shared | ({OWN: OwnPage({name: Page(OWN, values) for name, values in own.items()})} if own else {})


def used(markdown: str) -> set[tuple[str, str]]:
    """Page and name of every value that a text names, in what is hidden too; what is no expression names none."""
    found = set()
    for written in EXPRESSIONS.finditer(markdown):
        try:
            tree = JINJA.parse(f"{{{{{written[1] or written[2]}}}}}")
        except jinja2.TemplateSyntaxError:  # the build says so, with its line
            continue
        for node in tree.find_all(jinja2.nodes.Getattr):
            if isinstance(node.node, jinja2.nodes.Name):
                found.add((node.node.name, node.attr))
    return found


def faults(values: Iterable[Recorded], texts: Iterable[str]) -> list[str]:
    """Values that no text uses, and names that two cells record: one line each."""
    named = set().union(*map(used, texts))
    first: dict[tuple[str, ...], Recorded] = {}
    found = []
    for value in values:
        if "page" not in value.record or value.kind == "verdict":
            continue
        key, place = (value.record["page"], value.name), f"{value.chapter}.ipynb cell {value.cell}"
        once = (*key, value.chapter) if key[0] == OWN else key
        if once in first:
            cell = f"{first[once].chapter}.ipynb cell {first[once].cell}"
            found.append(f"{place}: {'.'.join(key)} is recorded in {cell} too; give one of them another name")
        elif key not in named:
            found.append(f"{place}: no text uses {'.'.join(key)}; use it in a sentence or take it out")
        first.setdefault(once, value)
    return found


def holds(condition: str, values: Mapping[str, Page]) -> bool:
    """Whether a condition of a `when` block is true; raises `ValueError` for what is no truth value."""
    try:
        found = _compiled(condition)(**values)
    except jinja2.UndefinedError as error:
        raise ValueError(
            f"{condition!r}: {error}; no chapter records it, so take the block out, or correct it"
        ) from None
    except jinja2.TemplateError as error:
        raise ValueError(f"{condition!r} cannot be read ({error}); write a flag or a comparison") from None
    if not isinstance(found, bool):
        said = f"is {str(found)!r}" if not isinstance(found, jinja2.Undefined) else "names no page"
        raise ValueError(f"{condition!r} {said}, not true or false; write a flag or a comparison")
    return found


@cache
def _compiled(condition: str) -> Callable[..., Any]:
    return JINJA.compile_expression(condition, undefined_to_none=False)


def listed(values: Iterable[Recorded]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What `numbers.json` and `facts.json` hold: id, value, text, chapter, day and grade, of a number its unit too."""
    numbers, facts = [], []
    for value in values:
        entry = {
            "id": f"{value.chapter}/{value.name}",
            "value": value.value,
            "text": str(value.read),
            "chapter": value.chapter,
            "as_of": value.record["as_of"],
            "grade": value.record["grade"],
        }
        if value.kind == "number":
            numbers.append(entry | {"unit": value.record["unit"]})
        else:
            facts.append(entry | {"kind": value.kind})
    return numbers, facts
