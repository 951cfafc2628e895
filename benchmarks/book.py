"""Rebuild times and page weight, as ratios to plain Jupyter Book on the same notebooks.

Both build in scratch copies with the same interpreter. Plain Jupyter Book executes with its own modes and shows
charts with altair's default renderer; the scripts that its pages load from another host are not fetched here and
so not counted, which favours it.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
import yaml
from playwright.sync_api import sync_playwright

from minerpivot.figures import LIVE
from tests.browser import launch

ROOT = Path(__file__).resolve().parents[1]
PAGE = "chapters/stock-performance"
PHONE = {"width": 390, "height": 844}


def main() -> None:
    """Print both tables as Markdown."""
    with tempfile.TemporaryDirectory() as scratch:
        ours, plain = copy(Path(scratch, "ours")), copy(Path(scratch, "plain"))
        rows = rebuilds(ours, plain)
        print("## Rebuilding the book\n", flush=True)
        print("| what changed | ours, s | Jupyter Book, s | ratio |\n| --- | --- | --- | --- |", flush=True)
        for name, own, other in rows:
            print(f"| {name} | {own:.1f} | {other:.1f} | {own / other:.2f} |", flush=True)
        print(f"\n## One page (`{PAGE}`), as a phone loads it, with gzip\n", flush=True)
        print(
            "| figure | ours | Jupyter Book, without what it fetches elsewhere | ratio |\n| --- | --- | --- | --- |",
            flush=True,
        )
        own, other = (weigh(folder / "_build" / "html") for folder in (ours, plain))
        for name in own:
            print(f"| {name} | {own[name]:,.0f} | {other[name]:,.0f} | {own[name] / other[name]:.2f} |", flush=True)


def copy(target: Path) -> Path:
    """A copy of the files under version control, and of those not yet added."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n"):
        if name and (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    return target


def rebuilds(ours: Path, plain: Path) -> list[tuple[str, float, float]]:
    """Seconds of ours and of Jupyter Book when all chapters, none, and one are to be executed."""
    for path in (ours / "chapters").glob("*.ipynb"):
        edit(path, forget=True)
    everything = book(ours), jupyter_book(plain, "force")
    jupyter_book(plain, "cache")  # fills its cache
    nothing = book(ours), jupyter_book(plain, "cache")
    for folder in (ours, plain):
        edit(folder / f"{PAGE}.ipynb")
    one = book(ours), jupyter_book(plain, "cache")
    return [
        ("all chapters (against `force`)", *everything),
        ("one chapter (against `cache`)", *one),
        ("nothing (against `cache`)", *nothing),
    ]


def edit(path: Path, *, forget: bool = False) -> None:
    """Change a comment in a chapter's code, or drop the record of its last run."""
    notebook = nbformat.read(path, as_version=4)
    if forget:
        notebook.metadata.pop("minerpivot", None)
    else:
        next(cell for cell in notebook.cells if cell.cell_type == "code").source += "\n# edited"
    nbformat.write(notebook, path)


def book(folder: Path) -> float:
    """Seconds that our build takes."""
    return timed([sys.executable, "-m", "minerpivot", "book"], folder)


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
    environment = os.environ | {"PYTHONPATH": str(folder), LIVE: "" if command[0] == sys.executable else "1"}
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
    return time.perf_counter() - started


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


def weigh(site: Path) -> dict[str, float]:
    """Kilobytes and requests of the first load and after scrolling to the end, and milliseconds to the first paint."""
    with served(site) as address, sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport=PHONE)
        page.route(lambda url: not url.startswith(address), lambda route: route.abort())
        session, got = page.context.new_cdp_session(page), []
        session.send("Network.enable")
        session.on("Network.loadingFinished", lambda event: got.append(event["encodedDataLength"]))
        page.goto(f"{address}/{PAGE}.html")
        page.wait_for_timeout(2000)
        first = sum(got) / 1024, len(got)
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        y = 0
        while y < page.evaluate("document.documentElement.scrollHeight"):  # grows as far sections are laid out
            page.evaluate(f"window.scrollTo(0, {y})")
            page.wait_for_timeout(50)
            y += 500
        page.wait_for_timeout(2000)
        browser.close()
    return {
        "KB on first load": first[0],
        "requests on first load": first[1],
        "KB after scrolling to the end": sum(got) / 1024,
        "requests after scrolling to the end": len(got),
        "ms to first paint": paint,
    }
