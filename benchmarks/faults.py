"""What does a build leave behind when it fails? `python -m benchmarks.faults [COUNT] [SEED] [KIND]`.

A book of one small chapter and a few short pages is built in a copy of the report. Each fault meets one build of it:
killed at a random moment, a disk that is full or refuses to be written (a mounted one where the machine allows it,
else a limit on the size of files), two builds at once, a refresh that changes two tables meanwhile and perhaps dies at
it, a file of the last build damaged.
Afterwards, at once: every page that stands in the site is whole and of one build and one state of the tables; `data/`
and the chapter are whole too, or what died says so and is undone by the next command. After one more build: the site
has the bytes of one that nothing happened to. A traceback is a failure too.
"""

from __future__ import annotations

import contextlib
import functools
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
from minerpivot.book import editions
from minerpivot.data import journal, tables
from minerpivot.page import kept

CHAPTER = """\
import time
import pandas as pd
from minerpivot.data.tables import load
from minerpivot.page import charts
first = load("prices").query("symbol == 'AMZN'")["close"].iloc[-1]
time.sleep(1)  # time for a refresh to come between the two
second = load("network")["price_usd"].iloc[-1]
frame = pd.DataFrame({"name": ["A", "B"], "value": [first, second]})
charts.show("one", charts.bars(frame, name="name", value="value", format="{:.4f}"), sources=["prices", "network"],
            title="B is more", unit="Price", description="B is more than A, by far, in every state of the tables.")
"""
REFRESH = """\
import os, signal, sys, time
from minerpivot.refresh import transaction
from minerpivot.data import tables
factor, step, pause = float(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
real, calls = os.replace, 0
def slowly(source, target):
    global calls
    calls += 1
    if calls == step:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(pause)
    return real(source, target)
changes = []
for name, column, rows in (("prices", "close", "symbol == 'AMZN'"), ("network", "price_usd", "index >= 0")):
    row = transaction._text(tables.DATA / f"{name}.csv").query(rows).tail(1)
    row[column] = f"{factor * float(row[column].iloc[0]):.4f}"
    changes.append(transaction.compare(name, row))
os.replace = slowly
transaction.apply(changes, accept_revisions=True, tell=print)
"""
COMMAND = [sys.executable, "-m", "minerpivot", "book"]
TODAY = f"{pd.Timestamp.now('UTC'):%Y-%m-%d}"
SHORT = 8  # pages beside the chapter: of six or more Sphinx lets several processes read
FACTOR = 1.25  # by which a refresh moves two prices, there and back


def small(folder: Path) -> Path:
    """The report with a single, small chapter."""
    copy(folder)
    for path in (folder / "chapters").glob("*.ipynb"):
        path.unlink()
    cells = [nbformat.v4.new_markdown_cell("# One\n\n**It holds.** Always."), nbformat.v4.new_code_cell(CHAPTER)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "chapters" / "one.ipynb")
    (folder / "chapters" / "renamed.json").write_text("{}")
    for number in range(SHORT):
        (folder / f"short-{number}.md").write_text(f"# Short page {number}\n\nIt holds too.\n")
    listed = "".join(f"- file: {name}\n" for name in ["chapters/one", *(f"short-{n}" for n in range(SHORT))])
    (folder / "_toc.yml").write_text(f"format: jb-book\nroot: index\nchapters:\n{listed}")
    turn(folder, 0)
    return folder


def turn(folder: Path, number: int) -> None:
    """Change the text of a page, so that the next build has something to do."""
    (folder / "index.md").write_text(f"# The report\n\nThis is text {number}.\n\nSee [one](chapters/one).\n")


def start(folder: Path, *, limit: int | None = None, command: list[str] = COMMAND) -> subprocess.Popen[str]:
    """A build of the folder, in a process group of its own; `limit` is the largest file in bytes that it may write."""

    def limited() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "SITE_URL": ""}
    environment["MINERPIVOT_TODAY"] = TODAY  # a night that falls into the run changes no manifest
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, cwd=folder, env=environment, preexec_fn=limited, start_new_session=True, **pipes)


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


def refreshing(folder: Path, *, step: int = 0, pause: float = 0.0) -> subprocess.Popen[str]:
    """A refresh that moves a price in two tables, or back; it dies at its `step`-th renaming, and pauses at each."""
    factor = 1 / FACTOR if state(folder) == "moved" else FACTOR
    return start(folder, command=[sys.executable, "-c", REFRESH, str(factor), str(step), str(pause)])


def refreshed(folder: Path, rng: random.Random, seconds: float) -> tuple[str, str]:
    """A refresh writes two tables while a build runs, and perhaps dies at one of its renamings."""
    step = rng.choice([0, 0, 2, 3, 4, 5])  # the first writes the manifest of its draft
    before = rng.random() < 0.5
    waits = rng.uniform(0, seconds)
    refreshing(folder).communicate()  # so that the build has a chapter to execute
    first = refreshing(folder, step=step, pause=0.5) if before else start(folder)
    time.sleep(waits)
    second = start(folder) if before else refreshing(folder, step=step, pause=0.5)
    said = [process.communicate()[0] for process in (first, second)]
    order = "before" if before else "into"
    return f"begun {waits:.1f} s {order} a build" + (f", killed at renaming {step}" if step else ""), "".join(said)


def state(folder: Path) -> str:
    """Which of the two states of the tables this is: as they were, or moved."""
    close = pd.read_csv(folder / "data" / "network.csv")["price_usd"].iloc[-1]
    return "as it was" if abs(close / _stored() - 1) < 0.01 else "moved"


@functools.cache
def _stored() -> float:
    return float(pd.read_csv(tables.DATA / "network.csv")["price_usd"].iloc[-1])


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
    "kill -9": (killed(signal.SIGKILL), 14),
    "SIGTERM": (killed(signal.SIGTERM), 6),
    "files too large": (full, 7),
    "full disk": (full_disk, 6),
    "read-only": (read_only, 2),
    "two builds": (two, 5),
    "build during refresh": (refreshed, 10),
    "damaged file": (damaged, 10),
}


def whole(folder: Path, known: Sites) -> str:
    """What is wrong with the site as it stands: nothing, or that it is none of the builds `known`."""
    site = folder / "_build" / "html"
    if not site.exists():
        return "" if (site.with_name("old")).exists() else "no site"  # between two renames: the next build restores it
    return "" if contents(site) in known.values() else "a site of no build"


def run(count: int = 60, seed: int = 1, only: str = "") -> pd.DataFrame:
    """A row for each fault (`only` of one kind): what happened, what was wrong at once and after the next build."""
    rng, rows = random.Random(seed), []
    with tempfile.TemporaryDirectory() as scratch:
        folder = small(Path(scratch, "book"))
        sites, fixed, seconds = _reference(folder)
        kinds = [kind for kind, (_, times) in KINDS.items() for _ in range(max(1, round(times * count / 60)))]
        kinds = [kind for kind in kinds if only in ("", kind)]
        for number, kind in enumerate(kinds, 1):
            turn(folder, number % 2)
            if kind == "damaged file":
                build(folder)
            try:
                what, said = KINDS[kind][0](folder, rng, seconds)
            except subprocess.CalledProcessError:
                rows.append((kind, "not tried: this machine mounts nothing", "", ""))
                continue
            wrong = [] if kind == "damaged file" else [whole(folder, sites)]
            dead = (journal.work(folder / "data") / journal.JOURNAL).exists()  # the next command undoes it
            wrong += [f"{part} of no state" for part in PARTS if not dead and not _is_of(folder, part, fixed)]
            wrong += ["traceback"] * ("Traceback" in said)
            code, after = build(folder)
            healed = [] if code == 0 else [f"exit {code}: {after[-200:]}"]
            healed += ["traceback"] * ("Traceback" in after)
            now = state(folder)
            healed += [f"{part} is not as it was" for part in PARTS if contents(folder / part) != fixed[now, part]]
            healed += ["not the same site"] * (contents(folder / "_build" / "html") != sites[number % 2, now])
            left = {path.name for path in (*(folder / "_build").iterdir(), *folder.iterdir())}
            left &= {"old", "draft", "assembled", ".refresh"}
            healed += [f"left behind: {', '.join(sorted(left))}"] * bool(left)
            rows.append((kind, what, ", ".join(filter(None, wrong)), ", ".join(healed)))
            print(number, *rows[-1], sep=" | ", flush=True, file=sys.stderr)
    return pd.DataFrame(rows, columns=["fault", "what", "at once", "after the next build"])


PARTS = ("data", "chapters")
Sites = dict[tuple[int, str], dict[str, str]]
Fixed = dict[tuple[str, str], dict[str, str]]


def _reference(folder: Path) -> tuple[Sites, Fixed, float]:
    """The sites that there can be, by text and state of the tables; the files of each state; a build's seconds."""
    sites, fixed = {}, {}
    for _ in range(3):  # there, back (whence the manifest says when), and there again
        said, _ = refreshing(folder).communicate()
        now = state(folder)
        for number in (1, 0):
            turn(folder, number)
            begun = time.perf_counter()
            code, said = build(folder)
            seconds = time.perf_counter() - begun
            assert code == 0, said
            sites[number, now] = contents(folder / "_build" / "html")
        fixed |= {(now, part): contents(folder / part) for part in PARTS}
    assert len(fixed) == 2 * len(PARTS), said
    return sites, fixed, seconds


def _is_of(folder: Path, part: str, fixed: Fixed) -> bool:
    return contents(folder / part) in [files for (_, name), files in fixed.items() if name == part]


def by_kind(rows: pd.DataFrame) -> pd.DataFrame:
    """A row for each kind of fault: how many, how many were whole at once and after the next build, tracebacks."""
    tried = rows[~rows["what"].str.startswith("not tried")]
    said = tried["at once"] + tried["after the next build"]
    good = tried.assign(
        faults=1,
        at_once=tried["at once"] == "",
        after=tried["after the next build"] == "",
        tracebacks=said.str.contains("traceback"),
    )
    table = good.groupby("fault", sort=False)[["faults", "at_once", "after", "tracebacks"]].sum()
    table.loc["together"] = table.sum()
    return table.rename(columns={"at_once": "whole at once", "after": "whole after the next build"})


def main(count: str = "60", seed: str = "1", only: str = "") -> int:
    """Print what went wrong, and a table by kind; return how many faults left something wrong."""
    assert kept.KEPT.name == "charts"  # which `damaged` finds by its place
    rows = run(int(count), int(seed), only)
    wrong = rows[(rows["at once"] != "") | (rows["after the next build"] != "")]
    if len(wrong):
        print(wrong.mask(wrong == "", "whole").to_markdown(index=False), "\n")
    print(by_kind(rows).to_markdown())
    return len(wrong)


if __name__ == "__main__":
    sys.exit(bool(main(*sys.argv[1:])))
