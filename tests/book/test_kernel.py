"""Kernels that are copies of a process: fresh ones all the same, and none that outlives who asked for it."""

import json
import multiprocessing
import os
import subprocess
import sys
import time

import nbformat
import pytest

from minerpivot.book import execute, kernel
from minerpivot.book.execute import ROOT

SAYS = "import json, os, sys\nprint(json.dumps(sorted(m for m in sys.modules if m.startswith('minerpivot'))))"


def notebook_of(path, *sources):
    """A notebook with these cells of code."""
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources]), path)
    return path


def said(path):
    """What the last cell of an executed notebook printed."""
    execute.execute(path)
    return nbformat.read(path, as_version=4).cells[-1].outputs[0].text.strip()


@pytest.mark.parametrize("forks", [True, False], ids=["a copy", "a process of its own"])
def test_a_kernel_begins_with_libraries_but_nothing_of_the_package(tmp_path, monkeypatch, forks):
    """Else the record of a chapter would name modules that it does not use, and miss edits to those that it does."""
    monkeypatch.setattr(kernel, "FORKS", forks)
    monkeypatch.setattr(kernel, "START", multiprocessing.get_context("forkserver" if forks else "spawn"))
    loaded = json.loads(said(notebook_of(tmp_path / "page.ipynb", SAYS)))
    assert loaded == ["minerpivot", "minerpivot.book", "minerpivot.book.kernel"]
    record = nbformat.read(tmp_path / "page.ipynb", as_version=4).metadata["minerpivot"]["modules"]
    assert "minerpivot.data.tables" in record, "with which it was asked"
    assert not [name for name in record if name.startswith("minerpivot.book")]


def test_a_kernel_has_settings_and_folder_of_the_moment(tmp_path, monkeypatch):
    """The process of which it is a copy may have begun under others: an edition is one such setting."""
    ask = "import os\nprint(os.environ.get('MINERPIVOT_TEST'), os.path.realpath('.'))"
    for day in ("2026-01-28", "2026-04-15"):
        folder = tmp_path / day
        folder.mkdir()
        monkeypatch.setenv("MINERPIVOT_TEST", day)
        assert said(notebook_of(folder / "page.ipynb", ask)) == f"{day} {folder.resolve()}"
    monkeypatch.delenv("MINERPIVOT_TEST")
    assert said(notebook_of(tmp_path / "page.ipynb", ask)).startswith("None ")


def test_kernels_share_nothing(tmp_path):
    """What one sets in a library is not set in the next."""
    notebook = notebook_of(tmp_path / "page.ipynb", "import pandas\npandas.given = globals().setdefault('given', 1)")
    execute.execute(notebook)
    ask = "import pandas\nprint(hasattr(pandas, 'given'), 'given' in globals())"
    assert said(notebook_of(tmp_path / "page.ipynb", ask)) == "False False"


def test_no_kernel_outlives_a_build_that_is_killed(tmp_path):
    """Nor does the process of which it is a copy."""
    told = tmp_path / "pid"
    endless = f"import os, pathlib, time\npathlib.Path({str(told)!r}).write_text(f'{{os.getpid()}} {{os.getppid()}}')\n"
    path = notebook_of(tmp_path / "page.ipynb", f"{endless}while True: time.sleep(0.1)")
    code = f"from pathlib import Path; from minerpivot.book import execute; execute.execute(Path({str(path)!r}))"
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL) as build:
        wait_until(lambda: told.exists() and len(told.read_text().split()) == 2)
        assert all(map(runs, told.read_text().split()))
        build.kill()
    wait_until(lambda: not any(map(runs, told.read_text().split())))


CTRL_C = """
import os, signal, time
from minerpivot.book import kernel
signal.signal(signal.SIGINT, lambda *_: None)  # to ignore it would be inherited
kernel.load_libraries()
time.sleep(0.3)
os.killpg(0, signal.SIGINT)
time.sleep(0.5)
"""


@pytest.mark.skipif(not kernel.FORKS, reason="elsewhere no process loads libraries beforehand")
def test_who_ends_a_build_while_libraries_load_sees_no_traceback(tmp_path):
    """The process that loads them hears of it as it loses who asked; kernels can be stopped as ever."""
    run = subprocess.run(
        [sys.executable, "-c", CTRL_C], cwd=ROOT, start_new_session=True, capture_output=True, text=True
    )
    assert (run.returncode, run.stderr) == (0, "")
    blocked = "import signal\nprint(signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    assert said(notebook_of(tmp_path / "page.ipynb", blocked)) == "set()"


def runs(number):
    """Whether a process of that number runs."""
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(holds, seconds=60):
    """Wait until a condition holds; fail when it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.05)
