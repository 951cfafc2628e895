"""What a machine must hold to prove the report, and how long it needs: packages, megabytes, the time of the tests."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from importlib.metadata import Distribution, distributions
from pathlib import Path

from benchmarks.book import ROOT

LOCKS = {"requirements.txt": "the book (`make book`)", "requirements-all.txt": "everything (`make test`)"}


def by_lock() -> list[dict[str, str]]:
    """A row per lock: how many of its packages are installed here, their megabytes on disk, and pip's seconds."""
    here = {_plain(package.metadata["Name"]): package for package in distributions()}
    rows = []
    for lock, what in LOCKS.items():
        names = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==", (ROOT / lock).read_text("utf-8"), re.MULTILINE)
        found = {name: here[name] for name in map(_plain, names) if name in here}
        size = sum(map(_bytes, found.values())) / 1e6
        row = {"for": what, "lock": f"`{lock}`", "packages": f"{len(found)}", "MB": f"{size:,.0f}"}
        rows.append(row | {"s, by pip from a near index": f"{_seconds(ROOT / lock):.0f}"})
    return rows


def _seconds(lock: Path) -> float:
    """How long pip takes to put a lock into an empty environment, as `make book` does where there is no uv."""
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([sys.executable, "-m", "venv", scratch], check=True)
        python = Path(scratch, "bin", "python")
        begun = time.perf_counter()
        command = [python, "-m", "pip", "install", "--quiet", "--no-cache-dir", "--require-hashes", "-r", lock]
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - begun


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _bytes(package: Distribution) -> int:
    files = [package.locate_file(file) for file in package.files or ()]
    return sum(file.stat().st_size for file in files if file.is_file())


def suite(slowest: int = 20) -> list[dict[str, str]]:
    """What `pytest` said at its end, with the time of the whole, and the slowest of its parts."""
    command = [sys.executable, "-m", "pytest", "-q", f"--durations={slowest}"]
    begun = time.perf_counter()
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    seconds = time.perf_counter() - begun
    counted = re.findall(r"\d+ (?:passed|failed|skipped|errors?)", said.rstrip().rpartition("\n")[2])
    rows = [{"seconds": f"{seconds:.0f}", "part": "", "test": f"all: {', '.join(counted)}"}]
    for duration, part, test in re.findall(r"^([\d.]+)s (call|setup|teardown) +(.+)$", said, re.MULTILINE):
        rows.append({"seconds": f"{float(duration):.0f}", "part": part, "test": f"`{test}`"})
    return rows
