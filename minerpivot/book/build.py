"""From a folder of chapters to a site that is whole or not there."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from pathlib import Path

from filelock import FileLock, Timeout
from pybtex.database import parse_file
from pybtex.exceptions import PybtexError
from sphinx_external_toc.parsing import MalformedError, parse_toc_data

from minerpivot import changes
from minerpivot.book import profiles, publish, published
from minerpivot.book.execute import ROOT
from minerpivot.data import disk, metadata, tables

TEXTS = (".md", ".yml", ".bib", ".cff", ".json")
PAGES = (".ipynb", ".md", ".rst")
MACHINERY = ("jupyter_book.cli.main", "sphinx_book_theme", "sphinxcontrib.bibtex", "minerpivot.book.extension")
FENCE = re.compile(r" {0,3}(:{3,}|`{3,})([^`]*)")


class BuildError(RuntimeError):
    """A site that could not be built; what is wrong has been printed."""


@contextmanager
def alone(folder: Path, tell: Callable[[str], object]) -> Generator[None]:
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


def load() -> None:
    """Load what a site is built with, and the tables that it offers: a second or two, in which chapters can run."""
    for name in MACHINERY:
        import_module(name)
    for entry in tables.manifest()["resources"]:
        tables.load(entry["name"])


def swap(made: Path, site: Path) -> None:
    """Put a folder that is whole in the place of a site. Killed in between, `restore` brings the old one back."""
    old = site.with_name("old")
    _remove(old)
    if site.exists():
        site.rename(old)
    made.rename(site)
    _remove(old)


def _remove(path: Path) -> None:
    """A folder, or a file that stands in its place."""
    path.unlink() if path.is_file() else shutil.rmtree(path, ignore_errors=True)


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
        _check(source)
        publish.checked()
    except (ValueError, changes.ChangesError) as error:
        raise BuildError(str(error)) from None
    shutil.rmtree(draft, ignore_errors=True)
    profiles.write(source)
    _check_contents(source)
    arguments = ["build", str(source), "--path-output", str(draft), "-W", "--keep-going", "-q"]
    try:
        # Jupyter Book's own closing words name the draft's folder, which is gone by then.
        with redirect_stdout(io.StringIO()):
            jupyter_book(arguments, standalone_mode=False)
    except (RuntimeError, SystemExit) as error:
        if isinstance(asked := getattr(error, "code", None), KeyboardInterrupt):  # Ctrl+C: there is nothing to mend
            raise asked from None
        if isinstance(cause := _at_root(error), OSError):
            raise BuildError(f"{disk.refused(cause, ROOT)}. The previous site is unchanged.") from error
        raise BuildError("The site was not built: mend what is named above. The previous site is unchanged.") from error
    if not still():
        raise BuildError("data/ changed while the report was made: build again. The previous site is unchanged.")
    swap(draft / "_build" / "html", site)
    shutil.rmtree(draft, ignore_errors=True)
    return site


def _at_root(error: BaseException) -> BaseException:
    """What a build's error was raised from, through what Jupyter Book and Sphinx wrap around it."""
    while cause := getattr(error, "orig_exc", None) or error.__cause__:
        error = cause
    return error


def _check(source: Path) -> None:
    """Raise `ValueError` for what cannot be a book's settings or texts, with file, line and mend."""
    from minerpivot.book import settings  # with Sphinx, which takes a while

    if signs := set("[]*?") & set(str(source.resolve())):
        raise ValueError(
            f"the path {source.resolve()} has {' and '.join(sorted(signs))}, which Sphinx reads as a pattern; rename it"
        )
    settings.checked(source / "_config.yml")
    for path in sorted((source / "chapters").glob("*.ipynb")):
        for number, cell in enumerate(published.cells(path.read_text("utf-8")), 1):
            lines = "".join(cell["source"]).splitlines() if cell["cell_type"] == "markdown" else []
            if wrong := unmerged(lines) or unclosed(lines):
                raise ValueError(f"{path.name} cell {number} {wrong}")
    for path in sorted([*source.glob("*"), *(source / "chapters").glob("*")]):
        if path.suffix not in TEXTS or not path.is_file():
            continue
        content, name = path.read_bytes(), path.relative_to(source).as_posix()
        try:
            lines = content.decode("utf-8").splitlines()
        except UnicodeDecodeError as error:
            at = content[: error.start].count(b"\n") + 1
            raise ValueError(f"{name} line {at}: is not UTF-8; save the file as UTF-8") from None
        if wrong := unmerged(lines) or (unclosed(lines) if path.suffix == ".md" else ""):
            raise ValueError(f"{name} {wrong}")
    if (source / "changes.md").is_file() and not (ROOT / "CHANGELOG.md").is_file():
        raise ValueError("CHANGELOG.md is missing, which changes.md shows; `git checkout CHANGELOG.md` brings it back")
    if (source / "CITATION.cff").exists():
        metadata.read(source / "CITATION.cff", {}, folder="")
    for path in sorted(source.glob("*.bib")):
        try:
            parse_file(path)
        except PybtexError as error:
            where = f" line {error.lineno}" if getattr(error, "lineno", None) else ""
            raise ValueError(f"{path.name}{where}: {error}; mend the entry there") from None
    changes.renamed(source)


def unmerged(lines: list[str]) -> str:
    """The first line in which a merge has left its mark: in a text both versions would be published."""
    for number, line in enumerate(lines, 1):
        if re.match(r"(<{7}|>{7}|\|{7})( |$)", line):
            return f"line {number}: {line[:40]!r} was left by a merge; keep what is right of it"
    return ""


def unclosed(lines: list[str]) -> str:
    """The first block that no line closes, or line that closes none: MyST says nothing, and hides what follows."""
    blocks: list[tuple[int, str]] = []  # line and fence of those that are open
    for number, line in enumerate(lines, 1):
        if not (found := FENCE.fullmatch(line)):
            continue
        fence, argument = found.groups()
        inner = blocks[-1][1] if blocks else ""
        if inner.startswith("`") and (fence[0] == ":" or argument.strip() or len(fence) < len(inner)):
            continue  # code, which is not read
        if argument.strip() or (fence[0] == "`" and not inner.startswith("`")):
            blocks.append((number, fence))
        elif inner and (fence == inner or fence[0] == "`"):
            blocks.pop()
        else:
            told = f"; the block of line {blocks[-1][0]} ends with {inner}" if inner else ""
            return f"line {number}: {fence} closes no block{told}"
    if blocks:
        number, fence = blocks[-1]
        return f"line {number}: the block {lines[number - 1][:40]!r} has no end; close it with a line of {fence}"
    return ""


def _check_contents(source: Path) -> None:
    """Raise `BuildError` for a table of contents that cannot be, or names a page that is not there."""
    try:
        pages = parse_toc_data(metadata.read(source / "_toc.yml", {}, folder=""))
    except MalformedError as error:
        raise BuildError(f"_toc.yml: {error}; mend the entry there") from None
    except ValueError as error:
        raise BuildError(str(error)) from None
    for page in pages:
        found = [path.name for kind in PAGES if (path := source / f"{page}{kind}").is_file()]
        if not found and not (source / page).is_file():
            raise BuildError(f"_toc.yml: there is no page {page!r} (.ipynb or .md); correct the name or take it out")
        if len(found) > 1:
            raise BuildError(f"{' and '.join(found)} would be the same page {page}; rename one of them")
