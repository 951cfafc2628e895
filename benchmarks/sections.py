"""BENCHMARKS.md: sections that stay as they stand until they are measured again; a new one comes last."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

FILE = Path(__file__).parents[1] / "BENCHMARKS.md"
HEAD = """\
# Benchmarks

What the report costs and how it fares beside the alternatives; ratios travel better than seconds. `make bench` measures
all but the faults, `make bench SECTION=faults` these (twenty minutes), `make mutants` what the tests notice.
"""


def stored() -> Iterator[tuple[str, str]]:
    """The title and the text of each section of the file."""
    text = FILE.read_text("utf-8") if FILE.exists() else ""
    for section in re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]:
        yield section.partition("\n")[0].removeprefix("## "), section.rstrip() + "\n"


def write(title: str, text: str) -> str:
    """A section with the day and the machine under its heading, in the place of the one that had its title."""
    machine = f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()}), Python {platform.python_version()}"
    section = f"## {title}\n\n*{date.today():%-d %B %Y}, {machine}.*\n\n{text.strip()}\n"
    FILE.write_text("\n".join([HEAD, *(dict(stored()) | {title: section}).values()]), encoding="utf-8")
    return section
