"""What `make test` says in its last lines where there is no browser."""

import os
import subprocess
import sys

import pytest

from minerpivot.book.execute import ROOT


@pytest.mark.parametrize(("ci", "processes"), [("", "1"), ("true", "0")])
def test_what_was_skipped_for_lack_of_a_browser_is_said_last(tmp_path, ci, processes):
    """How many, and how to get one, also where another process skipped them; where CI runs the tests they fail."""
    file = tmp_path / "test_pages.py"
    file.write_text("def test_one(browser): pass\ndef test_two(browser): pass\ndef test_without(): pass\n")
    options = ["-o", "addopts=", "-p", "no:cacheprovider", "-p", "tests.conftest", "-n", processes]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment |= {"PATH": str(tmp_path), "CI": ci, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pytest", *options, "--rootdir", str(tmp_path), str(file)]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    last = "\n".join(run.stdout.strip().splitlines()[-3:])
    if ci:
        assert run.returncode == 1
        assert "no browser: install Chromium or Google Chrome" in run.stdout
        assert "1 passed, 2 errors" in last
    else:
        assert run.returncode == 0
        assert "2 tests of the pages in a browser were skipped: no Chromium or Chrome on this machine" in last
        assert "make test TESTS=tests/book" in last
