"""The built site, shared by the tests that read its files and those that open it in a browser."""

import os
import shutil

import pytest
from filelock import FileLock

from minerpivot import __main__ as commands
from minerpivot.book.execute import ROOT


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The site of this checkout, built once however many processes test it."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # a worker's folder lies in that of the run; alone there is none above
        base = base.parent
    with FileLock(base / "site.lock"):
        build = base / "site"
        if not (build / "html").exists():
            shutil.rmtree(build, ignore_errors=True)
            commands.build_site(ROOT, build)
    return build / "html"
