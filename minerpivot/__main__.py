"""Commands: `python -m minerpivot book` builds the site, `check` seals the data, `changes` compares two reports."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import time
import traceback
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NoReturn

try:
    from enum import StrEnum

    import typer
    from rich.console import Console

    from minerpivot.data import disk
except ImportError as error:  # of a Python that is too old, or into which nobody has installed anything
    sys.exit(
        f"{error} for {sys.executable}. Run `make book`, which installs what is needed into .venv with Python 3.11 "
        "to 3.14, or .venv/bin/python -m minerpivot if it has."
    )

ROOT = Path(__file__).resolve().parents[1]
app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
console = Console(stderr=True)


class Source(StrEnum):
    """What can be refreshed, in the order in which one rests on another: the network on closes, events on reports."""

    PRICES = "prices"
    NETWORK = "network"
    CAPEX = "capex"
    COMPANIES = "companies"
    POWER = "power"
    EVENTS = "events"


@app.callback()
def clock() -> None:
    """Commands of the report; `--help` after each says more."""
    if not os.environ.get("MINERPIVOT_TODAY"):  # nor is there a reason to load the tables, which takes a while
        return
    from minerpivot.data import tables

    try:
        tables.today()  # whatever is asked for: a day that is none would be found half-way
    except tables.TableError as error:
        _stop(str(error))


@app.command()
def book(
    as_of: Annotated[str, typer.Option(metavar="DAY", help="Build the edition of that day instead.")] = "",
    anew: Annotated[bool, typer.Option("--anew", help="Execute chapters that are current too.")] = False,
) -> None:
    """Execute what is stale and build the site into _build/html, which is replaced only when whole."""
    from minerpivot.book import current

    started = time.perf_counter()
    site = ROOT / "_build" / "html"
    if not as_of and not anew and current.holds(site.parent):
        console.print("Nothing changed since the last build, here or there.")
        console.print(f"[bold green]Done[/] in {time.perf_counter() - started:.1f} s: open {site / 'index.html'}")
        return
    from minerpivot.book import kernel

    kernel.load_libraries()  # while this process loads its own
    from minerpivot.book import execute
    from minerpivot.book.build import BuildError, alone
    from minerpivot.data import tables
    from minerpivot.data.journal import JournalError, still

    def tell(line: str) -> None:
        console.print(line, style="yellow", soft_wrap=True)

    os.environ.pop(tables.EDITION, None)  # left over in a shell, it would put other outputs into the chapters
    gc.disable()  # a short-lived process: looking for cycles in Sphinx's trees takes a quarter of its time
    try:
        with alone(site.parent, tell), still(tell=tell):
            made = _built(site, as_of, anew)
    except (tables.TableError, execute.ExecutionError, BuildError, JournalError) as error:
        _stop(str(error))
    except OSError as error:
        _stop(f"{disk.refused(error, ROOT)}, then build again. The previous site is unchanged.")
    gc.freeze()  # nor is there anything to collect at the end
    console.print(f"[bold green]Done[/] in {time.perf_counter() - started:.1f} s: open {made / 'index.html'}")


def _built(site: Path, as_of: str, anew: bool) -> Path:
    """Execute what is stale and build the site, or the edition of a day; return the folder of its pages."""
    from minerpivot.book import current, editions, execute
    from minerpivot.book.build import build_site, load, restore
    from minerpivot.data import tables
    from minerpivot.data.journal import recover
    from minerpivot.page.kept import KEPT

    current.forget(site.parent)
    if anew:
        shutil.rmtree(KEPT, ignore_errors=True)  # drawings too
    if recover():
        console.print("A command that had died while it wrote data/ was undone.")
    first = current.look()
    state = tables.entries()
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
    ran = execute.execute_stale(notebooks, anew=anew, console=console, meanwhile=load)
    console.print(f"  {len(ran) or 'none'} executed")
    seen = current.look()
    sources = editions.made_of() if as_of else editions.published_as()
    if editions.recorded(build) == sources and not ran:
        console.print("[bold]2/2[/] The site is current")
    else:
        console.print("[bold]2/2[/] Building the site")
        (build / editions.RECORD).unlink(missing_ok=True)
        KEPT.mkdir(parents=True, exist_ok=True)
        with console.status("Drawing charts and writing pages"):
            build_site(source, build, still=lambda: tables.entries() == state)
        editions.record(build, sources)
    latest = editions.published_as()
    notes = ["The latest site is out of date: `make book` renews it and puts this edition beside it."]
    if editions.recorded(site.parent) == latest:
        old = editions.assemble(site, latest)
        notes = [f"The edition of {d} is out of date and left out: `make book AS_OF={d}` renews it." for d in old]
        known = not (as_of or old or any(map(execute.why_stale, ran)))
        if known and current.unchanged(first, seen, current.look(), ran):
            current.note(site.parent, seen)
    for note in notes:
        console.print(f"  {note}", style="yellow", soft_wrap=True)
    return build / "html"


@app.command()
def pdf() -> None:
    """Print the built site: report.pdf and summary.pdf beside its pages, linked on the overview."""
    from minerpivot.book import execute, paper

    try:
        counts = paper.write(execute.ROOT / "_build" / "html")
    except paper.PaperError as error:
        _stop(str(error))
    console.print(", ".join(f"_build/html/{name} ({count} pages)" for name, count in counts.items()), soft_wrap=True)


@app.command()
def refresh(
    sources: Annotated[list[Source] | None, typer.Argument(help="Default: all of them.")] = None,
    tickers: Annotated[str, typer.Option(help="Only these, separated by commas.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the change, write nothing.")] = False,
    accept_revisions: Annotated[bool, typer.Option("--accept-revisions", help="Take a vendor's new history.")] = False,
    take: Annotated[list[str] | None, typer.Option(metavar="'TABLE ROW'", help="Take what was held back.")] = None,
) -> None:
    """Bring data/ up to date from its vendors: all of what was fetched is written, or nothing."""
    from minerpivot.data import tables
    from minerpivot.data.journal import JournalError, recover
    from minerpivot.refresh.transaction import RefreshError, apply, compare

    try:
        from minerpivot.refresh.vendors import SettingError, VendorError
    except ModuleNotFoundError as error:
        _stop(f"A refresh needs {error.name}: `make refresh` installs it, or pip from requirements-all.txt.")

    chosen = [ticker.strip().upper() for ticker in tickers.split(",") if ticker.strip()]
    names, left_out = set(take or []), []
    try:
        if recover():
            console.print("A command that had died while it wrote data/ was undone.")
        fetched: dict[str, Any] = {}
        for source in [known for known in Source if known in (sources or list(Source))]:
            try:
                module = import_module(f"minerpivot.refresh.{source}")
                fetched |= module.fetch(tickers=chosen, console=console, take=names, fetched=fetched)
            except SettingError as error:
                if sources:
                    raise
                left_out.append(str(error))
        changes = [compare(name, rows, take=names) for name, rows in fetched.items()]
        for change in changes:
            _show(change)
        if idle := names - {name for change in changes for name in change.used}:
            raise RefreshError(f"--take {min(idle)!r}: nothing of that name was held back. data/ is unchanged")
        written = apply(changes, accept_revisions=accept_revisions, dry_run=dry_run, tell=console.print)
    except (VendorError, JournalError, tables.TableError) as error:
        _stop(str(error))
    for line in left_out:
        console.print(f"Left out: {line}", style="yellow", highlight=False, markup=False, soft_wrap=True)
    console.print(f"Written: {', '.join(written)}; now `make book`." if written else "Nothing was written.")


def _show(change: Any) -> None:
    """Every value that would be written, beside the one before it, and what is out of the ordinary."""
    console.print(
        f"[bold]{change.table}[/]: {change.added} rows added, {change.filled} cells filled, "
        f"{len(change.revised)} values revised"
    )
    for line in [*change.splits, *change.written, *change.moves, *change.revised[:10]]:
        console.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)
    for follows in change.also:
        _show(follows)


@app.command(name="candidates")
def queue(
    tickers: Annotated[str, typer.Option(help="Only these, separated by commas.")] = "",
    accept: Annotated[str, typer.Option(metavar="ID", help="Its row is in a table now.")] = "",
    dismiss: Annotated[str, typer.Option(metavar="ID", help="It belongs in no table.")] = "",
    why: Annotated[str, typer.Option(help="Why it was dismissed.")] = "",
) -> None:
    """List filings and reports that the tables do not have, as drafts to complete; nothing enters a table by itself."""
    from minerpivot.data import tables
    from minerpivot.refresh import candidates
    from minerpivot.refresh.vendors import VendorError

    chosen = [ticker.strip().upper() for ticker in tickers.split(",") if ticker.strip()]
    if accept and dismiss:
        _stop("--accept and --dismiss are one decision each; give one of them. Nothing was remembered.")
    try:
        if accept or dismiss:
            candidates.decide(accept or dismiss, accept=bool(accept), why=why)
            console.print(f"Remembered in {candidates.DECIDED.name}.")
            return
        found = candidates.collect(tickers=chosen, console=console)
        paths = candidates.write(found)
    except (VendorError, candidates.CandidateError, tables.TableError) as error:
        _stop(str(error))
    for one in found:
        typer.echo(candidates.shown(one))
    drafts = ", ".join(str(path.relative_to(candidates.ROOT)) for path in paths)
    console.print(f"{len(found)} candidates{f'; drafts in {drafts}' if paths else ''}", soft_wrap=True, highlight=False)


@app.command()
def quarter(
    anew: Annotated[bool, typer.Option("--anew", help="Do steps again that were done.")] = False,
    skip: Annotated[str, typer.Option(help="Leave these steps out, separated by commas.")] = "",
) -> None:
    """Bring the report a quarter forward: refresh, candidates, check, book, changes, tests; and say what remains."""
    from minerpivot.data import tables
    from minerpivot.refresh import quarter as steps

    left_out = tuple(name.strip() for name in skip.split(",") if name.strip())
    if unknown := [name for name in left_out if name not in steps.STEPS]:
        _stop(f"--skip {unknown[0]}: no such step; they are {', '.join(steps.STEPS)}")
    try:
        well = steps.run(console, anew=anew, skip=left_out)
    except tables.TableError as error:
        _stop(str(error))
    if not well:
        raise typer.Exit(1)


@app.command()
def check() -> None:
    """Validate every table, say what changed since it was last recorded, and record it."""
    from minerpivot.article import claims
    from minerpivot.data import tables, validation
    from minerpivot.data.journal import JournalError, recover
    from minerpivot.deals import ledger

    def tell(line: str) -> None:
        console.print(line, highlight=False, markup=False, soft_wrap=True)

    try:
        if recover():
            console.print("A command that had died while it wrote data/ was undone.")
        changed = validation.seal(
            tell=tell, also=lambda found: claims.faults(found["claims"]) if "claims" in found else ()
        )
        known = tables.entries()  # a fork may do without some of them
        if "claims" in known:
            held = {name: tables.load(name) for name, _ in claims.HELD_IN.values() if name in known}
            for line in claims.unheld(tables.load("claims"), held):
                tell(line)
        two = {"deals", "deliveries"} <= set(known)
        if two and (line := ledger.behind(tables.through("deals"), tables.through("deliveries"))):
            tell(line)
    except (tables.TableError, JournalError) as error:
        _stop(str(error))
    console.print(f"All tables are valid. {'Recorded: ' + ', '.join(changed) if changed else 'No table changed.'}")


@app.command()
def remove(tickers: Annotated[list[str], typer.Argument(help="As in data/instruments.csv.")]) -> None:
    """Take companies out of every table, with what refers to them; then `check`, which says what is left to mend."""
    from minerpivot.data import removal, tables
    from minerpivot.data.journal import JournalError, recover

    try:
        recover()
        changed, before = removal.remove(ticker.strip().upper() for ticker in tickers)
    except (tables.TableError, JournalError, OSError) as error:
        _stop(disk.refused(error, ROOT) if isinstance(error, OSError) else str(error))
    told = (
        f"Taken out of {', '.join(changed)}. As they were they lie in {before.relative_to(ROOT)}: copy them over data/"
    )
    console.print(f"{told} to bring all back.", soft_wrap=True, highlight=False)
    for place in removal.still_named(before, ROOT):
        console.print(f"Still named, read whether it is true: {place}", soft_wrap=True, highlight=False)
    check()


@app.command()
def changes(
    against: Annotated[str, typer.Option(metavar="GIT_REF", help="The commit to compare with.")] = "HEAD",
    proposal: Annotated[
        bool, typer.Option("--proposal", help="With headlines, stale notes and the queue first.")
    ] = False,
) -> None:
    """Print as Markdown what changed since a commit: numbers, verdicts of the fact check, coverage."""
    from minerpivot.book import execute
    from minerpivot.changes import ChangesError, report
    from minerpivot.data import tables
    from minerpivot.refresh.proposal import headlines, text

    try:
        stale = [path.name for path in execute.chapters() if execute.why_stale(path)]
        if stale:
            note = f"Run `make book` first: the outputs of {', '.join(stale)} are not current."
            console.print(note, style="yellow", soft_wrap=True)
        found = report(execute.ROOT, against)
        typer.echo(text(found, headlines()) if proposal else found, nl=False)
    except (ChangesError, tables.TableError) as error:
        _stop(str(error))


def _stop(message: str) -> NoReturn:
    _say(message)
    raise typer.Exit(1)


def _say(message: str) -> None:
    console.print(message, style="red", highlight=False, markup=False, soft_wrap=True)


def main() -> None:
    """Run a command. What nobody foresaw is one line too, with its trace in a file for who is to mend it."""
    try:
        app()
    except OSError as error:
        _say(f"{disk.refused(error, ROOT)}, then try again.")
        sys.exit(1)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        said = " ".join(str(error).split())[:300]
        _say(
            f"{type(error).__name__}: {said} ({Path(place.filename).name} line {place.lineno}). Nobody foresaw this: "
            f"look at what you changed last. If that is right, the program is at fault{_traced()}."
        )
        sys.exit(1)


def _traced() -> str:
    """Write the trace of what is being handled to a file, and say so; nothing where no file can be."""
    trace = ROOT / "_build" / "trace.txt"
    try:
        trace.parent.mkdir(exist_ok=True)
        trace.write_text(traceback.format_exc(), encoding="utf-8", errors="backslashreplace")  # paths may be no UTF-8
    except OSError:
        return ""
    return "; _build/trace.txt says where"


if __name__ == "__main__":
    main()
