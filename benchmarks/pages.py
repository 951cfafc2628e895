"""What a page costs its reader, beside those of plain Jupyter Book, and what Lighthouse says of some."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import statistics
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, sync_playwright

from tests.browser import EXECUTABLE, FLAGS, launch

PHONE = {"width": 390, "height": 844}
LIGHTHOUSE = "lighthouse@12.8.2"
RUNS = {"mobile": 3, "desktop": 1}  # a desktop's measurements hardly move
SCORES = ("performance", "accessibility", "best-practices", "seo")


class Load(NamedTuple):
    """What one page asked for, as (address, bytes) in order, the first `before` of them before it was scrolled."""

    requests: list[tuple[str, float]]
    before: int
    paint: float  # milliseconds to the first

    def figures(self) -> dict[str, float]:
        """Kilobytes and requests of the first load and after scrolling to the end, and the first paint."""
        first = self.requests[: self.before]
        return {
            "KB on first load": sum(size for _, size in first) / 1024,
            "requests on first load": len(first),
            "KB after scrolling to the end": sum(size for _, size in self.requests) / 1024,
            "requests after scrolling to the end": len(self.requests),
            "ms to first paint": self.paint,
        }


def names(site: Path) -> list[str]:
    """Every page that a reader comes to."""
    found = {page.relative_to(site).as_posix() for page in site.rglob("*.html") if page.name != "404.html"}
    return sorted(name for name in found if not name.startswith(("_static", "editions")))


def beside(sites: Mapping[str, tuple[Path, str]]) -> list[dict[str, str]]:
    """Rows that compare a page of each site (whose -> folder and page), with the first one's ratio to every other."""
    figures = {whose: loads(site, [page])[page].figures() for whose, (site, page) in sites.items()}
    own, *others = figures
    return [
        {"figure": figure}
        | {whose: f"{each[figure]:,.0f}" for whose, each in figures.items()}
        | {f"ratio to {whose}": f"{figures[own][figure] / figures[whose][figure]:.2f}" for whose in others}
        for figure in figures[own]
    ]


def every_page(site: Path) -> list[dict[str, str]]:
    """A row per page with what it loads."""
    loaded = loads(site, names(site))
    return [
        {"page": page} | {figure: f"{value:,.0f}" for figure, value in load.figures().items()}
        for page, load in loaded.items()
    ]


def loads(site: Path, pages: list[str]) -> dict[str, Load]:
    """Each page as a phone loads it, with gzip, read to its end."""
    with served(site) as address, sync_playwright() as playwright:
        browser = launch(playwright)
        found = {page: _load(browser, address, page) for page in pages}
        browser.close()
    return found


def _load(browser: Browser, address: str, name: str) -> Load:
    page = browser.new_page(viewport=PHONE)
    page.route(lambda url: not url.startswith(address), lambda route: route.abort())
    session, asked, got = page.context.new_cdp_session(page), {}, []

    def finished(event: dict[str, Any]) -> None:
        url = asked[event["requestId"]]
        if not url.startswith("data:"):
            got.append((url.removeprefix(f"{address}/"), event["encodedDataLength"]))

    session.send("Network.enable")
    session.on("Network.requestWillBeSent", lambda event: asked.update({event["requestId"]: event["request"]["url"]}))
    session.on("Network.loadingFinished", finished)
    page.goto(f"{address}/{name}")
    page.wait_for_timeout(2000)
    before = len(got)
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    y = 0
    while y < page.evaluate("document.documentElement.scrollHeight"):  # grows as far sections are laid out
        page.evaluate(f"window.scrollTo(0, {y})")
        page.wait_for_timeout(50)
        y += 500
    page.wait_for_timeout(2000)
    page.close()
    return Load(got, before, paint)


def lighthouse(site: Path, chosen: Iterable[str]) -> list[dict[str, str]]:
    """A row per chosen page and preset: the median of each score and measurement. Nothing without `npx` (Node)."""
    if not shutil.which("npx"):
        return []
    rows = []
    with served(site) as address:
        for page in chosen:
            for preset, count in RUNS.items():
                runs = [_lighthouse(f"{address}/{page}", preset) for _ in range(count)]
                medians = {figure: statistics.median(run[figure] for run in runs) for figure in runs[0]}
                rows.append({"page": page, "preset": preset} | {name: f"{v:.3g}" for name, v in medians.items()})
    return rows


def _lighthouse(address: str, preset: str) -> dict[str, float]:
    command = ["npx", "--yes", LIGHTHOUSE, address, "--quiet", "--output=json", f"--chrome-flags={FLAGS}"]
    command += ["--preset=desktop"] if preset == "desktop" else []  # a phone is its default
    environment = os.environ | {"CHROME_PATH": str(EXECUTABLE)}
    answer = json.loads(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
    scores = {name: 100 * answer["categories"][name]["score"] for name in SCORES}
    return scores | {
        "blocking, ms": answer["audits"]["total-blocking-time"]["numericValue"],
        "layout shift": answer["audits"]["cumulative-layout-shift"]["numericValue"],
        "largest paint, ms": answer["audits"]["largest-contentful-paint"]["numericValue"],
    }


class Compressed(SimpleHTTPRequestHandler):
    """A file server that compresses as a real one does."""

    def end_headers(self) -> None:
        """Let nothing be kept."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def do_GET(self) -> None:
        """Send a file compressed."""
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            return super().do_GET()
        body = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if path.suffix not in (".png", ".woff2"):
            body = gzip.compress(body, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a server of this folder on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Compressed, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
