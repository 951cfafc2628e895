"""What several test files share: the built site, a browser, and frozen returns and deal events.

Each fixture imports what it is made with: every process of a run loads this file, the first before all others begin.
"""

import gc
import os
import shutil
from collections import Counter

import hypothesis
import pytest
from filelock import FileLock
from playwright.sync_api import sync_playwright
from xdist.scheduler import LoadFileScheduling

from tests import browser as chrome
from tests.frozen import load

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each of a hundred processes would compile the package anew
os.environ.pop("MINERPIVOT_VENDORS", None)  # a rehearsal leads all requests to its server, tests choose their own
hypothesis.settings.register_profile("report", deadline=None)  # a busy machine proves nothing
hypothesis.settings.load_profile("report")
gc.set_threshold(100_000)  # looking for garbage every 700 objects takes a tenth of the run


# What takes longest begins first, or one process would work on it when the others are done.
LONGEST = (
    "test_whole_editions", "test_forks", "stock-performance", "miner-deals", "test_browser", "test_validation",
    "test_data", "test_transaction", "test_book", "test_inference", "test_kernel", "test_on_page",
    "test_another_article", "test_frame", "fact-check", "company", "test_forms", "test_conftest",
    "test_lifecycle", "test_recipes",
)  # fmt: skip
APART = {"test_browser.py": "-"}  # too long for one process: by the start of its parameter


class Schedule(LoadFileScheduling):
    """A process gets a notebook or a test file whole, for its tests share what is costly to make."""

    def _split_scope(self, nodeid):
        file, _, parameter = nodeid.partition("::")[0], *nodeid.rstrip("]").partition("[")[1:]
        name = file.rpartition("/")[2]
        return f"{file} {parameter.split(APART[name])[0]}" if name in APART else file


def pytest_configure():
    """A run begins without what another one found: `make mutants` begins many in one process, each with its error."""
    from minerpivot.data import metadata, rules, validation

    rules.found.cache_clear()
    for kept in (validation._proven, validation._sound, metadata._sound):
        kept.clear()


def pytest_xdist_make_scheduler(config, log):
    """Used where tests run in several processes."""
    return Schedule(config, log)


def pytest_collection_modifyitems(items):
    """The longest first."""
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


def once(tmp_path_factory, name, make):
    """A folder that `make` fills once, however many processes test what is in it."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # a worker's folder lies in that of the run; alone there is none above
        base = base.parent
    with FileLock(base / f"{name}.lock"):
        if not (base / name / "made").exists():
            shutil.rmtree(base / name, ignore_errors=True)
            (base / name).mkdir()
            make(base / name)
            (base / name / "made").touch()
    return base / name


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The site of this checkout."""
    from minerpivot.book.build import ROOT, build_site

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GITHUB_REPOSITORY", "owner/report")  # as published: with repository and launch buttons
        return once(tmp_path_factory, "site", lambda folder: build_site(ROOT, folder)) / "html"


NO_BROWSER = (
    "pages need Chromium or Chrome, and this machine has none; install it (`apt install chromium`, "
    "`brew install --cask google-chrome`) and run `make test TESTS=tests/book`"
)


def pytest_terminal_summary(terminalreporter):
    """The last lines say what was not proven here, why, and how to prove it."""
    reports = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in reports)
    if reasons:
        terminalreporter.section("not proven here")
    for reason, count in reasons.items():
        terminalreporter.line(f"{'1 test was' if count == 1 else f'{count} tests were'} skipped: {reason}.")


# Of a module and no longer: a running driver would be in the way of tests that run notebooks in the same process.
@pytest.fixture(scope="module")
def browser():
    """Chromium or Chrome, headless."""
    if not chrome.EXECUTABLE and not os.environ.get("CI"):
        pytest.skip(NO_BROWSER)  # CI installs one and never skips
    with sync_playwright() as playwright:
        running = chrome.launch(playwright)
        yield running
        running.close()


@pytest.fixture(scope="session")
def returns():
    """Simple returns of the frozen closes."""
    from minerpivot.stocks import markets

    return markets.close_matrix(load("prices")).pct_change(fill_method=None)


@pytest.fixture(scope="session")
def deals(returns):
    """The frozen events, one per firm and session, of firms with returns."""
    flags = load("event_flags").set_index("deal_id").rename(columns={"first_session": "session"})
    return flags.loc[flags["ticker"].isin(returns.columns), ["ticker", "session"]].drop_duplicates()
