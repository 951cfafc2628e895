"""From a folder of chapters to a site that is whole or not there."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import yaml
from filelock import FileLock, Timeout

from minerpivot.book import profiles, publish


class BuildError(RuntimeError):
    """A site that could not be built; what is wrong has been printed."""


@contextmanager
def alone(folder: Path, tell: Callable[[str], object]) -> Iterator[None]:
    """Build while no other process does; says so before it waits. The lock of a build that was killed is free."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".building")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        tell("Another build is running here; this one begins when that has ended (Ctrl+C to leave it).")
        lock.acquire()
    try:
        restore(folder / "html")
        yield
    finally:
        lock.release()


def swap(made: Path, site: Path) -> None:
    """Put a folder that is whole in the place of a site. Killed in between, `restore` brings the old one back."""
    old = site.with_name("old")
    shutil.rmtree(old, ignore_errors=True)
    if site.exists():
        site.rename(old)
    made.rename(site)
    shutil.rmtree(old, ignore_errors=True)


def restore(site: Path) -> None:
    """Bring back the site that a build had put aside when it was killed."""
    old = site.with_name("old")
    if old.exists() and not site.exists():
        old.rename(site)


def build_site(source: Path, build: Path, *, still: Callable[[], bool] = lambda: True) -> Path:
    """Build the book in `source` clean into a draft that replaces `build`/html only when it is whole.

    And only if what it is made of is `still` the same: else some pages could be older than others.
    """
    from jupyter_book.cli.main import main as jupyter_book

    draft, site = build / "draft", build / "html"
    try:
        publish.checked()
    except ValueError as error:
        raise BuildError(str(error)) from None
    for name in ("_config.yml", "_toc.yml", "CITATION.cff"):
        try:
            yaml.safe_load((source / name).read_text(encoding="utf-8") if (source / name).exists() else "")
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            mend = "text with a colon or another sign of YAML's belongs in quotation marks"
            raise BuildError(f"{name} line {line}: {error.problem}; {mend}") from None
    shutil.rmtree(draft, ignore_errors=True)
    profiles.write(source)
    arguments = ["build", str(source), "--path-output", str(draft), "-W", "--keep-going", "-q"]
    try:
        # Jupyter Book's own closing words name the draft's folder, which is gone by then.
        with redirect_stdout(io.StringIO()):
            jupyter_book(arguments, standalone_mode=False)
    except (RuntimeError, SystemExit) as error:
        raise BuildError("The site was not built: mend what is named above. The previous site is unchanged.") from error
    if not still():
        raise BuildError("data/ changed while the report was made: build again. The previous site is unchanged.")
    swap(draft / "_build" / "html", site)
    shutil.rmtree(draft, ignore_errors=True)
    return site
