"""Rebuild times, as ratios to plain Jupyter Book on the same notebooks.

Both build in scratch copies with the same interpreter. Plain Jupyter Book executes with its own modes and shows
the pictures of charts that the notebooks have stored; the scripts that its pages load from another host are not fetched
here and so not counted, which favours it.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).resolve().parents[1]
CHAPTER = "chapters/stock-performance"
ANCHOR = "https://github.com/jupyter-book/jupyter-book"
ANCHOR_PAGE = "file-types/notebooks.html"  # a notebook with its outputs
REPEATS = 3


@contextmanager
def copies() -> Iterator[tuple[Path, Path]]:
    """Two scratch copies of the report: one for our build, one for Jupyter Book's."""
    with tempfile.TemporaryDirectory() as scratch:
        yield copy(Path(scratch, "ours")), copy(Path(scratch, "plain"))


def copy(target: Path) -> Path:
    """A copy of the files under version control, and of those not yet added."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n"):
        if name and (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    return target


def rebuilds(ours: Path, plain: Path) -> list[dict[str, str]]:
    """Rows with the seconds of ours and of Jupyter Book when all chapters, one, and none are to be executed."""
    everything, nothing, one = [], [], []
    for _ in range(REPEATS):  # in turns, so that a busy moment of the machine does not fall on one of them alone
        shutil.rmtree(plain / "_build", ignore_errors=True)  # else it reads, and executes, nothing again
        everything.append((book(ours, "--anew"), jupyter_book(plain, "force")))
    jupyter_book(plain, "cache")  # fills its cache
    for _ in range(REPEATS):
        nothing.append((book(ours), jupyter_book(plain, "cache")))
        for folder in (ours, plain):
            edit(folder / f"{CHAPTER}.ipynb")
        one.append((book(ours), jupyter_book(plain, "cache")))
    return [
        _row("all chapters (against `force`)", everything),
        _row("one chapter (against `cache`)", one),
        _row("nothing (against `cache`)", nothing),
    ]


def _row(name: str, runs: list[tuple[float, float]]) -> dict[str, str]:
    """Medians of the runs."""
    own, other = (statistics.median(seconds) for seconds in zip(*runs))
    return {
        f"what changed, medians of {REPEATS}": name,
        "ours, s": f"{own:.1f}",
        "Jupyter Book, s": f"{other:.1f}",
        "ratio": f"{own / other:.2f}",
    }


def edit(path: Path) -> None:
    """Change a comment in a chapter's code."""
    notebook = nbformat.read(path, as_version=4)
    next(cell for cell in notebook.cells if cell.cell_type == "code").source += "\n# edited"
    nbformat.write(notebook, path)


def book(folder: Path, *options: str) -> float:
    """Seconds that our build takes."""
    return timed([sys.executable, "-m", "minerpivot", "book", *options], folder)


def anchor(scratch: Path) -> Path | None:
    """The site of a public book: the documentation of the Jupyter Book that is installed here, built by it.

    It is cloned from its repository, or copied from a folder that the variable `ANCHOR` names; None without either.
    Its code is not executed, and what its extensions of its own would add is left out, which favours it.
    """
    clone = ["git", "clone", "--quiet", "--depth=1", f"--branch=v{version('jupyter-book')}", ANCHOR, str(scratch)]
    if own := os.environ.get("ANCHOR"):
        shutil.copytree(own, scratch)
    elif subprocess.run(clone, capture_output=True, check=False).returncode:
        return None
    jupyter_book(scratch / "docs", "off")
    return scratch / "docs" / "_build" / "html"


def jupyter_book(folder: Path, mode: str) -> float:
    """Seconds that Jupyter Book's own build takes in one of its modes; its pages go where ours do."""
    config = yaml.safe_load((folder / "_config.yml").read_text())
    config["execute"] = {"execute_notebooks": mode, "timeout": 600}
    config["sphinx"].pop("extra_extensions", None)
    config["sphinx"]["config"] = {"bibtex_reference_style": "author_year"}
    config["html"] = {}
    (folder / "_config.yml").write_text(yaml.safe_dump(config))
    return timed([str(Path(sys.executable).with_name("jupyter-book")), "build", ".", "-q"], folder)


def timed(command: list[str], folder: Path) -> float:
    """Wall time of a command whose package is the folder's own copy."""
    environment = os.environ | {"PYTHONPATH": str(folder)}
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
    return time.perf_counter() - started
