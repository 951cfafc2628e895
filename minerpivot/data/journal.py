"""Write several files of `data/` together: all are new or all are old, whatever ends the process in between.

New files are written and flushed under `.refresh/`, the old ones are copied there too, and a journal says so; then each
is renamed into place. Whoever comes after a crash finds the journal and puts the old files back, so `data/` is what it
was before, edits that nobody has committed included.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from minerpivot.data import tables

JOURNAL = "journal.json"


class JournalError(RuntimeError):
    """A change that was refused or undone; the message says why and what to do."""


def work(folder: Path) -> Path:
    """Where what is to be written lies until it is whole."""
    return folder.parent / ".refresh"


@contextmanager
def still(folder: Path = tables.DATA, *, tell: Callable[[str], object] | None = None) -> Generator[None]:
    """Let no other command write `data/` meanwhile: a build that began with old tables ends with them.

    While another process holds them still, this waits and says so to `tell`; with nobody to tell, it is refused. The
    lock of a process that was killed is free.
    """
    lock = FileLock(folder.parent / ".refresh.lock", is_singleton=True)  # one of a process: it may hold it twice
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if tell is None:
            raise JournalError(
                "another refresh or a build is under way; wait for it to end. data/ is unchanged"
            ) from None
        tell("Another refresh or a build is under way; this one goes on when that has ended (Ctrl+C to leave it).")
        lock.acquire()
    except OSError:  # where no lock can be written, no refresh can be either; a Timeout is one too
        yield
        return
    try:
        yield
    finally:
        lock.release()


def commit(seen: Mapping[str, str], folder: Path) -> None:
    """Put files of `work(folder)`/new in the place of those in `folder`, in their order: all or none.

    `seen` has the checksums of what they replace. Raises `JournalError` for what somebody has edited since, `OSError`
    if the disk refuses, and then has changed nothing.
    """
    names = list(seen)
    place = work(folder)
    try:
        (place / "old").mkdir()
        for name in names:
            shutil.copyfile(folder / name, place / "old" / name)
            if tables.checksum((place / "old" / name).read_bytes()) != seen[name]:
                raise JournalError(f"data/{name} changed meanwhile; run again. data/ is unchanged")
        new = {name: tables.checksum((place / "new" / name).read_bytes()) for name in names}
        for path in [*(place / "new" / name for name in names), *(place / "old" / name for name in names)]:
            with path.open("rb") as file:
                os.fsync(file.fileno())
        draft = place / "journal.draft"
        with draft.open("w", encoding="utf-8") as file:
            json.dump(new, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, place / JOURNAL)
        for name in names:
            os.replace(place / "new" / name, folder / name)
        (place / JOURNAL).unlink()  # from here on the change is final
    except (OSError, JournalError):
        undo(folder)
        raise
    shutil.rmtree(place, ignore_errors=True)
    tables.forget()


def replace(files: Mapping[str, str], seen: Mapping[str, str], folder: Path) -> None:
    """Write files of `folder`, by their names, all or none; `seen` and what is raised as for `commit`."""
    undo(folder)
    try:
        (work(folder) / "new").mkdir(parents=True)
        for name, content in files.items():
            (work(folder) / "new" / name).write_text(content, encoding="utf-8", newline="\n")
    except OSError:
        undo(folder)
        raise
    commit(seen, folder)


def recover(folder: Path = tables.DATA) -> bool:
    """Undo a command that died half-way: put the old files back. Returns whether there was one.

    Raises `JournalError` while a living one holds the lock: its half-way state is not for undoing.
    """
    if (work(folder) / JOURNAL).exists():
        with still(folder):
            return undo(folder)
    if work(folder).exists():  # of one that died before it began to write, or that is about to
        with contextlib.suppress(JournalError), still(folder):
            return undo(folder)
    return False


def undo(folder: Path) -> bool:
    """Put back the files that the journal names, clear away what else a dead command left; whether there was one.

    Raises `JournalError` if that would lose what somebody has written since.
    """
    place = work(folder)
    journal = place / JOURNAL
    if not journal.exists():
        shutil.rmtree(place, ignore_errors=True)
        return False
    replaced = []
    for name, new in _followed(place).items():
        old, now = place / "old" / name, folder / name
        content = now.read_bytes() if now.is_file() else None
        if content == old.read_bytes():  # where nothing was replaced, nothing is written
            continue
        if content is not None and tables.checksum(content) != new:
            raise JournalError(
                f"data/{name} was edited after a command had died while it wrote data/; the table of before is "
                f".refresh/old/{name}. Copy the one that is right over the other and run again. Nothing was touched"
            )
        replaced.append(name)
    for name in replaced:
        shutil.copyfile(place / "old" / name, place / "back")
        os.replace(place / "back", folder / name)
    journal.unlink()
    shutil.rmtree(place, ignore_errors=True)
    tables.forget()
    return True


def _followed(place: Path) -> dict[str, str]:
    """The files that a command began to replace, with the checksums of the new ones.

    Raises `JournalError` unless the old ones lie there to be put back.
    """
    try:
        files = json.loads((place / JOURNAL).read_text(encoding="utf-8"))
        if not isinstance(files, dict) or not files or any(Path(name).name != name for name in files):
            raise ValueError("no files of data/ with their checksums")
        if lost := [name for name in files if not (place / "old" / name).is_file()]:
            raise ValueError(f"the old {lost[0]} is not kept beside it")
    except (OSError, ValueError, TypeError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise JournalError(
            f".refresh/{JOURNAL} of a command that died cannot be followed ({why}); look at `git status data`, bring "
            "the tables back with `git checkout data`, then remove .refresh. Nothing was touched"
        ) from None
    return files
