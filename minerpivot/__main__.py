"""Commands: `python -m minerpivot book` builds the site, `check` seals the data, `changes` compares two reports."""

from __future__ import annotations

import gc
import os
import time
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from minerpivot.data import tables, validation

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
console = Console(stderr=True)


class Source(StrEnum):
    """What can be refreshed; the one that needs a setting comes first, so that it fails first."""

    CAPEX = "capex"
    NETWORK = "network"
    PRICES = "prices"


@app.command()
def book(
    as_of: Annotated[str, typer.Option(metavar="DAY", help="Build the edition of that day instead.")] = "",
    anew: Annotated[bool, typer.Option("--anew", help="Execute chapters that are current too.")] = False,
) -> None:
    """Execute what is stale and build the site into _build/html, which is replaced only when whole."""
    from minerpivot.book import execute
    from minerpivot.book.build import BuildError, alone
    from minerpivot.page.figures import LIVE
    from minerpivot.refresh.transaction import RefreshError

    for setting in (tables.EDITION, LIVE):  # left over in a shell, either would put other outputs into the chapters
        os.environ.pop(setting, None)
    gc.disable()  # a short-lived process: looking for cycles in Sphinx's trees takes a quarter of its time
    started = time.perf_counter()
    site = execute.ROOT / "_build" / "html"
    try:
        with alone(site.parent, lambda line: console.print(line, style="yellow", soft_wrap=True)):
            made = _built(site, as_of, anew)
    except (tables.TableError, execute.ExecutionError, BuildError, RefreshError) as error:
        _stop(str(error))
    except OSError as error:
        where = error.filename or "_build"
        _stop(
            f"{where} cannot be written or read: {error.strerror}. Free some space or make the folder writable, then "
            "build again. The previous site is unchanged."
        )
    gc.freeze()  # nor is there anything to collect at the end
    console.print(f"[bold green]Done[/] in {time.perf_counter() - started:.1f} s: open {made / 'index.html'}")


def _built(site: Path, as_of: str, anew: bool) -> Path:
    """Execute what is stale and build the site, or the edition of a day; return the folder of its pages."""
    from minerpivot.book import editions, execute
    from minerpivot.book.build import build_site, restore
    from minerpivot.refresh.transaction import recover

    if recover():
        console.print("A refresh that had died was undone.")
    for entry in tables.manifest()["resources"]:
        tables.verify(entry["name"])
    notebooks, source, build = execute.chapters(), execute.ROOT, site.parent
    if as_of:
        os.environ[tables.EDITION] = editions.checked(as_of)
        notebooks = editions.prepare(as_of)
        build = editions.EDITIONS / as_of
        source = build / "source"
        restore(build / "html")
    console.print("[bold]1/2[/] Chapters whose code, data or environment changed:")
    ran = execute.execute_stale(notebooks, anew=anew, console=console)
    console.print(f"  {len(ran) or 'none'} executed")
    sources = editions.made_of() if as_of else editions.published_as()
    if editions.recorded(build) == sources and not ran:
        console.print("[bold]2/2[/] The site is current")
    else:
        console.print("[bold]2/2[/] Building the site")
        (build / editions.RECORD).unlink(missing_ok=True)
        with console.status("Drawing charts and writing pages"):
            build_site(source, build)
        editions.record(build, sources)
    latest = editions.published_as()
    notes = ["The latest site is out of date: `make book` renews it and puts this edition beside it."]
    if editions.recorded(site.parent) == latest:
        old = editions.assemble(site, latest)
        notes = [f"The edition of {d} is out of date and left out: `make book AS_OF={d}` renews it." for d in old]
    for note in notes:
        console.print(f"  {note}", style="yellow", soft_wrap=True)
    return build / "html"


@app.command()
def refresh(
    sources: Annotated[list[Source] | None, typer.Argument(help="Default: all of them.")] = None,
    tickers: Annotated[str, typer.Option(help="Only these, separated by commas.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the change, write nothing.")] = False,
    accept_revisions: Annotated[bool, typer.Option("--accept-revisions", help="Take a vendor's new history.")] = False,
) -> None:
    """Bring data/ up to date from its vendors: all of what was fetched is written, or nothing."""
    from minerpivot.refresh.transaction import RefreshError, apply, compare, recover

    try:
        from minerpivot.refresh.vendors import VendorError
    except ModuleNotFoundError as error:
        _stop(f"A refresh needs {error.name}: `make refresh` installs it, or pip from requirements-all.txt.")

    chosen = [ticker.strip().upper() for ticker in tickers.split(",") if ticker.strip()]
    try:
        if recover():
            console.print("A refresh that had died was undone.")
        changes = []
        for source in sources or list(Source):
            fetched = import_module(f"minerpivot.refresh.{source}").fetch(tickers=chosen, console=console)
            changes += [compare(name, rows) for name, rows in fetched.items()]
        for change in changes:
            _show(change)
        written = apply(changes, accept_revisions=accept_revisions, dry_run=dry_run)
    except (VendorError, RefreshError, tables.TableError) as error:
        _stop(str(error))
    console.print(f"Written: {', '.join(written)}; now `make book`." if written else "Nothing was written.")


def _show(change: Any) -> None:
    console.print(
        f"[bold]{change.table}[/]: {change.added} rows added, {change.filled} cells filled, "
        f"{len(change.revised)} values revised"
    )
    for line in [*change.splits, *change.moves, *change.revised[:10]]:
        console.print(f"  {line}", highlight=False, markup=False)


@app.command()
def check() -> None:
    """Validate every table, say what changed since it was last recorded, and record it."""
    from minerpivot.refresh.transaction import RefreshError, recover

    try:
        if recover():
            console.print("A refresh that had died was undone.")
        changed = validation.seal(tell=lambda line: console.print(line, highlight=False, markup=False, soft_wrap=True))
    except (tables.TableError, RefreshError) as error:
        _stop(str(error))
    console.print(f"All tables are valid. {'Recorded: ' + ', '.join(changed) if changed else 'No table changed.'}")


@app.command()
def changes(
    against: Annotated[str, typer.Option(metavar="GIT_REF", help="The commit to compare with.")] = "HEAD",
) -> None:
    """Print as Markdown what changed since a commit: numbers, verdicts of the fact check, coverage."""
    from minerpivot.book import execute
    from minerpivot.changes import ChangesError, report

    try:
        stale = [path.name for path in execute.chapters() if execute.why_stale(path)]
        if stale:
            note = f"Run `make book` first: the outputs of {', '.join(stale)} are not current."
            console.print(note, style="yellow", soft_wrap=True)
        typer.echo(report(execute.ROOT, against), nl=False)
    except (ChangesError, tables.TableError) as error:
        _stop(str(error))


def _stop(message: str) -> None:
    console.print(message, style="red", highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    app()
