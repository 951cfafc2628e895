"""What `make test` says in its last lines of what it skipped, as where there is no browser."""

import os
import subprocess
import sys

from minerpivot.book.execute import ROOT

IN_CI = """import pytest

@pytest.fixture(scope="module", autouse=True)
def ci():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CI", "true")
        yield

def test_in_ci(browser): pass
"""


def test_what_was_skipped_for_lack_of_a_browser_is_said_last(tmp_path):
    """How many, why and what helps, also where another process skipped them; where CI runs they fail for lack of it."""
    (tmp_path / "test_pages.py").write_text(
        "import pytest\ndef test_one(browser): pass\ndef test_two(browser): pass\ndef test_three(): pass\n"
        "def test_four(): pytest.skip('no such company')\n"
    )
    (tmp_path / "test_pages_in_ci.py").write_text(IN_CI)
    options = ["-o", "addopts=", "-p", "no:cacheprovider", "-p", "xdist", "-p", "tests.conftest", "-n", "1", "-rN"]
    environment = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("PYTEST")}
    environment |= {"PATH": str(tmp_path), "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", *options, "--rootdir", str(tmp_path), str(tmp_path)]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert run.stdout.count("FileNotFoundError: no browser: install Chromium or Google Chrome") == 1
    last = "\n".join(run.stdout.strip().splitlines()[-4:])
    assert "1 test was skipped: no such company." in last
    assert "2 tests were skipped: pages need Chromium or Chrome, and this machine has none; install it" in last
    assert "make test TESTS=tests/book" in last
    assert "1 passed, 3 skipped, 1 error" in last
