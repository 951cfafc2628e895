"""The browser that tests, screenshots and benchmarks drive: Debian's Chromium or Google Chrome."""

import shutil

NAMES = ("chromium", "google-chrome", "google-chrome-stable")  # .ci/run looks for the first two
EXECUTABLE = next(filter(None, map(shutil.which, NAMES)), None)
FLAGS = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"

VIOLATIONS = {"preload": False, "resultTypes": ["violations"], "selectors": False}  # a preload would fetch style sheets


def launch(playwright):
    """A running headless browser."""
    if not EXECUTABLE:
        raise FileNotFoundError(f"no browser: install Chromium or Google Chrome ({' or '.join(NAMES)} on the PATH)")
    return playwright.chromium.launch(executable_path=EXECUTABLE, args=FLAGS.split())
