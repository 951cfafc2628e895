"""What does a build leave behind when it fails? `python -m benchmarks.faults [COUNT] [SEED]`.

A small book is built in a copy of the report. Each fault meets one build of it: killed at a random moment, a disk that
is full or refuses to be written (a mounted one where the machine allows it, else a limit on the size of files), two
builds at once, a file of the last build damaged. Afterwards, at once: every page that stands in the site is whole and
of one build, `data/` and the chapter have their bytes. After one more build: the site has the bytes of one that nothing
happened to. A traceback is a failure too.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pandas as pd

from benchmarks.book import copy
from minerpivot.book import assets, editions

CHAPTER = """\
import pandas as pd
from minerpivot.data.tables import load
from minerpivot.page import charts
frame = pd.DataFrame({"name": ["A", "B"], "value": [len(load("halvings")), 2]})
charts.show("one", charts.bars(frame, name="name", value="value", format="{:.0f}"), sources="halvings",
            title="A is more", unit="Count", description="A is more than B, by three.")
"""
COMMAND = [sys.executable, "-m", "minerpivot", "book"]


def small(folder: Path) -> Path:
    """The report with a single, small chapter."""
    copy(folder)
    for path in (folder / "chapters").glob("*.ipynb"):
        path.unlink()
    cells = [nbformat.v4.new_markdown_cell("# One\n\n**It holds.** Always."), nbformat.v4.new_code_cell(CHAPTER)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "chapters" / "one.ipynb")
    (folder / "chapters" / "renamed.json").write_text("{}")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: index\nchapters:\n- file: chapters/one\n")
    turn(folder, 0)
    return folder


def turn(folder: Path, number: int) -> None:
    """Change the text of a page, so that the next build has something to do."""
    (folder / "index.md").write_text(f"# The report\n\nThis is text {number}.\n\nSee [one](chapters/one).\n")


def start(folder: Path, *, limit: int | None = None) -> subprocess.Popen[str]:
    """A build of the folder, in a process group of its own; `limit` is the largest file in bytes that it may write."""

    def limited() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "SITE_URL": ""}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(COMMAND, cwd=folder, env=environment, preexec_fn=limited, start_new_session=True, **pipes)


def build(folder: Path, **options: int) -> tuple[int, str]:
    """Exit code and words of a whole build."""
    process = start(folder, **options)
    said, _ = process.communicate()
    return process.returncode, said


def contents(folder: Path) -> dict[str, str]:
    """A hash of every file."""
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return {file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


# --- faults: each takes the folder, a random source and the seconds of a build; returns its words ---------------------


def killed(sign: signal.Signals, *, edition: bool = False) -> Callable[..., tuple[str, str]]:
    """The build's own process ends at a random moment; what it started is left to end by itself."""

    def fault(folder: Path, rng: random.Random, seconds: float) -> tuple[str, str]:
        process = start(folder)
        moment = rng.uniform(0.2, 1.02) * seconds
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        process.send_signal(sign)
        said, _ = process.communicate()
        return f"after {moment / seconds:.0%} of a build", said

    return fault


def full(folder: Path, rng: random.Random, seconds: float) -> tuple[str, str]:
    """No file may grow over a limit."""
    limit = rng.choice([0, 200, 2_000, 20_000, 100_000, 400_000])
    return f"at {limit:,} bytes a file", build(folder, limit=limit)[1]


@contextlib.contextmanager
def mounted(place: Path, options: str) -> Iterator[None]:
    """A disk of its own for a folder, with what lies in it."""
    kept = place.with_name(f"{place.name}.kept")
    shutil.rmtree(kept, ignore_errors=True)
    if place.exists():
        shutil.copytree(place, kept)
    place.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=True, capture_output=True)
    try:
        if kept.exists():
            shutil.copytree(kept, place, dirs_exist_ok=True)
        yield
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(place, kept)
    finally:
        subprocess.run(["umount", "-l", place], check=True, capture_output=True)
        if kept.exists():
            shutil.rmtree(place, ignore_errors=True)
            kept.rename(place)


def full_disk(folder: Path, rng: random.Random, seconds: float) -> tuple[str, str]:
    """A disk with some room left over the last build, but not for another."""
    used = sum(file.stat().st_size for file in (folder / "_build").rglob("*") if file.is_file())
    room = rng.uniform(0.15, 0.9)
    with mounted(folder / "_build", f"size={int(used * 1.25 + room * used) // 1024}k"):
        return f"with room for {room:.0%} of a site", build(folder)[1]


def read_only(folder: Path, rng: random.Random, seconds: float) -> tuple[str, str]:
    """`_build` cannot be written."""
    with mounted(folder / "_build", "size=200m"):
        subprocess.run(["mount", "-o", "remount,ro", folder / "_build"], check=True, capture_output=True)
        said = build(folder)[1]
        subprocess.run(["mount", "-o", "remount,rw", folder / "_build"], check=True, capture_output=True)
    return "", said


def two(folder: Path, rng: random.Random, seconds: float) -> tuple[str, str]:
    """Another build begins while one runs, and perhaps the first is killed."""
    first = start(folder)
    time.sleep(rng.uniform(0, seconds))
    second, kill = start(folder), rng.random() < 0.5
    if kill:
        time.sleep(rng.uniform(0, seconds / 2))
        first.kill()
    said = [process.communicate()[0] for process in (first, second)]
    if second.returncode:
        said.append("Traceback: the second build failed")
    return "the first killed" if kill else "", "".join(said)


def damaged(folder: Path, rng: random.Random, seconds: float) -> tuple[str, str]:
    """A file of the last build is empty, cut, changed or gone."""
    places = [folder / "_build" / "html", folder / "_build" / "charts", folder / "_build" / editions.RECORD]
    place = rng.choice(places)
    file = rng.choice([f for f in sorted(place.rglob("*")) if f.is_file()]) if place.is_dir() else place
    how = rng.choice(["empty", "cut", "changed", "gone"])
    content = file.read_bytes()
    if how == "gone":
        file.unlink()
    else:
        spoilt = {"empty": b"", "cut": content[: len(content) // 2], "changed": content[::-1]}[how]
        file.unlink()  # it may have a second name
        file.write_bytes(spoilt)
    return f"{how}: {file.relative_to(folder)}"[:60], ""


KINDS: dict[str, tuple[Callable[..., tuple[str, str]], int]] = {  # how often of sixty
    "kill -9": (killed(signal.SIGKILL), 16),
    "SIGTERM": (killed(signal.SIGTERM), 8),
    "files too large": (full, 8),
    "full disk": (full_disk, 6),
    "read-only": (read_only, 2),
    "two builds": (two, 6),
    "damaged file": (damaged, 14),
}


def whole(folder: Path, known: dict[str, dict[str, str]]) -> str:
    """What is wrong with the site as it stands: nothing, or that it is neither of the builds `known`."""
    site = folder / "_build" / "html"
    if not site.exists():
        return "" if (site.with_name("old")).exists() else "no site"  # between two renames: the next build restores it
    return "" if contents(site) in known.values() else "a site of no build"


def run(count: int = 60, seed: int = 1) -> pd.DataFrame:
    """A row for each fault: kind, what happened, and what was wrong at once and after the next build."""
    rng, rows = random.Random(seed), []
    with tempfile.TemporaryDirectory() as scratch:
        folder = small(Path(scratch, "book"))
        known = {}
        for number in (1, 0):  # the two sites that there can be, by their text
            turn(folder, number)
            begun = time.perf_counter()
            code, said = build(folder)
            seconds = time.perf_counter() - begun
            assert code == 0, said
            known[str(number)] = contents(folder / "_build" / "html")
        fixed = [contents(folder / name) for name in ("data", "chapters")]
        kinds = [kind for kind, (_, times) in KINDS.items() for _ in range(max(1, round(times * count / 60)))]
        for number, kind in enumerate(kinds, 1):
            turn(folder, number % 2)
            if kind == "damaged file":
                build(folder)
            try:
                what, said = KINDS[kind][0](folder, rng, seconds)
            except subprocess.CalledProcessError:
                rows.append((kind, "not tried: this machine mounts nothing", "", ""))
                continue
            wrong = [] if kind == "damaged file" else [whole(folder, known)]
            wrong += ["data or chapter changed"] * ([contents(folder / n) for n in ("data", "chapters")] != fixed)
            wrong += ["traceback"] * ("Traceback" in said)
            code, after = build(folder)
            healed = [] if code == 0 else [f"exit {code}: {after[-200:]}"]
            healed += ["traceback"] * ("Traceback" in after)
            healed += ["not the same site"] * (contents(folder / "_build" / "html") != known[str(number % 2)])
            left = {path.name for path in (folder / "_build").iterdir()}
            healed += [f"left behind: {left}"] * bool(left & {"old", "draft", "assembled"})
            rows.append((kind, what, ", ".join(filter(None, wrong)), ", ".join(healed)))
            print(number, *rows[-1], sep=" | ", flush=True, file=sys.stderr)
    return pd.DataFrame(rows, columns=["fault", "what", "at once", "after the next build"])


def main(count: int = 60, seed: int = 1) -> int:
    """Print the table; return how many faults left something wrong."""
    assert assets.KEPT.name == "charts"
    rows = run(count, seed)
    wrong = (rows["at once"] != "") | (rows["after the next build"] != "")
    print(rows.mask(rows == "", "whole").to_markdown(index=False))
    print(f"\n{len(rows)} faults, {wrong.sum()} of which left something wrong.")
    return int(wrong.sum())


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))))
