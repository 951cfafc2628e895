"""Commands: `python -m minerpivot book` builds the site, `check` validates and seals the data."""

from __future__ import annotations

import gc
import io
import shutil
import time
from contextlib import redirect_stdout
from pathlib import Path

import typer
from rich.console import Console

from minerpivot import tables

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
console = Console(stderr=True)


class BuildError(RuntimeError):
    """A site that could not be built; what is wrong has been printed."""


@app.command()
def book() -> None:
    """Execute what is stale and build the site into _build/html, which is replaced only when whole."""
    from minerpivot.book import execute

    gc.disable()  # a short-lived process: looking for cycles in Sphinx's trees takes a quarter of its time
    started = time.perf_counter()
    try:
        for entry in tables.manifest()["resources"]:
            tables.verify(entry["name"])
        console.print("[bold]1/2[/] Chapters whose code, data or environment changed:")
        ran = execute.execute_stale(execute.chapters(), console=console)
        console.print(f"  {len(ran) or 'none'} executed")
        console.print("[bold]2/2[/] Building the site")
        site = build_site(execute.ROOT, execute.ROOT / "_build")
    except (tables.TableError, execute.ExecutionError, BuildError) as error:
        _stop(str(error))
    gc.freeze()  # nor is there anything to collect at the end
    console.print(f"[bold green]Done[/] in {time.perf_counter() - started:.1f} s: open {site / 'index.html'}")


@app.command()
def check() -> None:
    """Validate every table against the manifest; record the checksums of tables edited by hand."""
    try:
        changed = tables.seal()
    except tables.TableError as error:
        _stop(str(error))
    console.print(f"All tables are valid. {'Recorded: ' + ', '.join(changed) if changed else 'No table changed.'}")


def build_site(source: Path, build: Path) -> Path:
    """Build the book in `source` clean into a draft that replaces `build`/html only when it is whole."""
    from jupyter_book.cli.main import main as jupyter_book

    draft, site, old = build / "draft", build / "html", build / "old"
    shutil.rmtree(draft, ignore_errors=True)
    arguments = ["build", str(source), "--path-output", str(draft), "-W", "--keep-going", "-q"]
    try:
        # Jupyter Book's own closing words name the draft's folder, which is gone by then.
        with console.status("Drawing charts and writing pages"), redirect_stdout(io.StringIO()):
            jupyter_book(arguments, standalone_mode=False)
    except (RuntimeError, SystemExit) as error:
        raise BuildError("The site was not built: mend what is named above. The previous site is unchanged.") from error
    shutil.rmtree(old, ignore_errors=True)
    if site.exists():
        site.rename(old)
    (draft / "_build" / "html").rename(site)
    shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(draft, ignore_errors=True)
    return site


def _stop(message: str) -> None:
    console.print(message, style="red", highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    app()
