"""`make bench`: measures, and writes into BENCHMARKS.md; `SECTION=engine` measures one section again.

Each section stands in the file with the day and the machine on which it was measured; `make mutants` writes one too.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from benchmarks import book, event_size, event_study, faults, installed, pages, sections


def engine() -> None:
    """The event study beside regressions by statsmodels and beside the package `eventstudy`."""
    event_study.one_study()
    event_study.many_draws()
    event_study.joint_draws()


def site() -> None:
    """Building and loading the book, beside plain Jupyter Book."""
    with book.copies() as (ours, plain):
        table(book.rebuilds(ours, plain))
        name, built = f"{book.CHAPTER}.html", ours / "_build" / "html"
        sites = {"ours": (built, name), "Jupyter Book": (plain / "_build" / "html", name)}
        with tempfile.TemporaryDirectory() as scratch:
            if public := book.anchor(Path(scratch, "anchor")):
                sites["its own documentation"] = public, book.ANCHOR_PAGE
            print(f"\nThe page `{name}` as a phone loads it, with gzip; {BESIDE if public else NO_ANCHOR}:\n")
            table(pages.beside(sites))
        print("\nEvery page, likewise:\n")
        table(pages.every_page(built))
        if rows := pages.lighthouse(built, ("index.html", name, "companies/IREN.html")):
            print(f"\nLighthouse, medians of runs ({', '.join(f'{name} {n}' for name, n in pages.RUNS.items())}):\n")
            table(rows)


BESIDE = (
    f"beside the same page by plain Jupyter Book and `{book.ANCHOR_PAGE}` of Jupyter Book's own documentation, each "
    "without what it fetches from other hosts"
)
NO_ANCHOR = (
    "beside the same page by plain Jupyter Book without what it fetches from other hosts; no public book was at hand"
)

SECTIONS: dict[str, tuple[str, Callable[[], None]]] = {
    "engine": ("The event study", engine),
    "size": ("How often the tests reject", event_size.report),
    "site": ("Building and reading the book", site),
    "installed": ("What is installed", lambda: table(installed.by_lock())),
    "tests": ("The tests", lambda: table(installed.suite())),
    "faults": (
        "What a failed build leaves behind",
        lambda: print(faults.by_kind(faults.run()).to_markdown()),
    ),
}
LONG = ("faults",)


def table(rows: list[dict[str, str]]) -> None:
    """Print rows as Markdown."""
    print(pd.DataFrame(rows).to_markdown(index=False, disable_numparse=True))


def said(measure: Callable[[], None]) -> str:
    """What a measurement prints."""
    with contextlib.redirect_stdout(io.StringIO()) as text:
        measure()
    return text.getvalue()


def main() -> None:
    """Measure what was asked for; a section that was not keeps what it said."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, and write BENCHMARKS.md.")
    parser.add_argument(
        "sections",
        nargs="*",
        choices=[[], *SECTIONS],
        metavar="section",
        help=f"{', '.join(SECTIONS)}; default: all but faults",
    )
    chosen = parser.parse_args().sections or [name for name in SECTIONS if name not in LONG]
    for name in chosen:
        title, measure = SECTIONS[name]
        print(sections.write(title, said(measure)), flush=True)  # after each: a run may be stopped


if __name__ == "__main__":
    main()
