"""Whether anything changed since a build that ended well: bytes alone, without loading what looks closer.

A build takes a look when it begins, when its chapters are executed and when it ends. If nobody changed a file
meanwhile, it notes the last look with the bytes of its sites; while both are as noted, the next has nothing to do.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTE = "current"  # file beside the sites
NO_INPUT = {"_build", "tests", "benchmarks", "companies", "__pycache__"}  # beside what begins with a dot
TEXTS = ".md .ipynb .rst .yml .bib .cff .json"
SHOWN = ".png .jpg .jpeg .gif .svg .webp .ico .mp4 .webm .pdf .csv .xlsx .zip .html .css .js .woff .woff2 .ttf"
KINDS = frozenset(f"{TEXTS} {SHOWN}".split())  # of files that a page is made of, shows or offers
SETTINGS = ("SITE_URL", "GITHUB_REPOSITORY", "MINERPIVOT_TODAY")
Look = dict[str, str]


def look() -> Look:
    """A hash of each file that a build may read, and the settings, day, commit, interpreter and installed packages."""
    try:
        asked = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
        commit = asked.stdout
    except OSError:  # an archive on a machine without git
        commit = ""
    said = {name: os.environ.get(name, "") for name in SETTINGS}
    said |= {"day": f"{datetime.now(UTC):%Y-%m-%d}", "commit": commit.strip(), "python": sys.prefix + sys.version}
    said["packages"] = " ".join(sorted(path.name for path in Path(sysconfig.get_path("purelib")).glob("*.dist-info")))
    lock = ROOT / "requirements.txt"
    code = (file for part in ("data", "minerpivot") for file in _files(ROOT / part) if "__pycache__" not in file.parts)
    return said | _hashes([*sources(ROOT), *code, *_files(lock)])


def sources(root: Path, but: Collection[str] = NO_INPUT) -> list[Path]:
    """Files of a checkout that pages can be made of, beside data and package: those that a forker adds too.

    A log or a core file that lies about is none, or a build that writes one would call its own site out of date. What
    is of another kind and shown all the same is noticed with the next commit.
    """
    left_out = {*but, "data", "minerpivot"}
    tops = [path for path in root.iterdir() if path.name not in left_out and not path.name.startswith(".")]
    files = (file for top in tops for file in _files(top))
    return sorted(file for file in files if file.suffix in KINDS and not file.name.startswith("."))


def unchanged(first: Look, seen: Look, last: Look, ran: Iterable[Path]) -> bool:
    """Whether nobody changed a file from the first look to the last, but a build the notebooks that it `ran`."""
    differ = {at for at, _ in first.items() ^ seen.items()}
    return seen == last and differ <= set(map(str, ran))


def note(build: Path, seen: Look) -> None:
    """Say in one step that the sites in a build folder are what was `seen` makes."""
    draft = build / f".{NOTE}.draft"
    draft.write_text(_digest(seen, _sites(build)), encoding="utf-8")
    draft.replace(build / NOTE)


def forget(build: Path) -> None:
    """From here on the sites may be none or others."""
    (build / NOTE).unlink(missing_ok=True)


def holds(build: Path) -> bool:
    """Whether neither what is read nor a site differs by a byte from what was noted; a dead refresh is for others."""
    try:
        said = (build / NOTE).read_text(encoding="utf-8")
        return not (ROOT / ".refresh").exists() and said == _digest(look(), _sites(build))
    except (OSError, UnicodeDecodeError):
        return False


def _sites(build: Path) -> Look:
    """The bytes of the latest site and its record, and of the editions that stand beside it and theirs."""
    folders = [build, *sorted((build / "editions").glob("*"))]
    return _hashes(file for at in folders for part in ("html", "made-of") for file in _files(at / part))


def _files(path: Path) -> Iterable[Path]:
    return (file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path] if path.exists() else []


def _hashes(files: Iterable[Path]) -> Look:
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def _digest(*looks: Look) -> str:
    return hashlib.sha256(json.dumps(looks, sort_keys=True).encode()).hexdigest()
