"""Editions: the whole report as it would have stood on an earlier day, and the switch between them.

An edition is built from copies of the chapters in `_build/editions/<day>/`, whose kernels see only what
was public on that day (`tables.EDITION`). The committed outputs are left alone. Beside every site lies a record of
what it was made of and of the hash of each of its files: an edition whose sources have changed since is not shown
beside newer pages, and a site with a missing or damaged file is built again.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from html import escape
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

from minerpivot.book import current, publish
from minerpivot.book.build import swap
from minerpivot.book.execute import ROOT, ExecutionError, cell_sources, chapters, read, snapshot, write
from minerpivot.data import tables
from minerpivot.data.tables import digest

EDITIONS = ROOT / "_build" / "editions"
NO_SOURCES = {*current.NO_INPUT, "README.md", "CONTRIBUTING.md", "BENCHMARKS.md"}
RECORD = "made-of"  # file beside the pages
SWITCH = re.compile(r"(<!-- editions -->).*?(<!-- /editions -->)", re.DOTALL)  # where the template puts it
CORE = ("prices", "network", "capex_guidance", "deals")  # without a row of each there is no report


def span() -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day of which there can be an edition: from the checked article's day on, as far as data reach."""
    articles = tables.load("articles")
    days = [tables.public_on(tables.load(name), name).min() for name in CORE]
    days += list(articles.loc[articles["role"] == "assessed", "speaks_of"])
    return max(days), pd.Timestamp(max(tables.through(name) for name in CORE))


def checked(day: str) -> str:
    """`day` if an edition can be made of it; raises `TableError` that says why not."""
    date, (first, last) = tables.parse_day(day), span()
    if not first <= date <= last:
        raise tables.TableError(
            f"AS_OF={day} has no edition: the article that the report checks and the data allow one from "
            f"{first:%Y-%m-%d} to {last:%Y-%m-%d}. Choose a day between them, or run `make book` for the latest."
        )
    return day


def prepare(day: str) -> list[Path]:
    """Copy the book's sources for the edition of `day`; return its notebooks.

    A notebook whose code is unchanged keeps the outputs (and their record) of its last run for this day.
    """
    source = EDITIONS / day / "source"
    for path in sources():
        copy = source / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    copies = []
    for path in chapters():
        copy = source / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        write(_with_outputs_of(copy, read(path)), copy)
        copies.append(copy)
    return copies


def sources() -> list[Path]:
    """Every file that pages can be made of, beside data, package and notebooks."""
    return [file for file in current.sources(ROOT, NO_SOURCES) if file.suffix != ".ipynb"]


def _with_outputs_of(kept: Path, notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    notebook.metadata.pop("minerpivot", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    if not kept.exists():
        return notebook
    try:
        old = read(kept)
    except ExecutionError:  # half a copy, of a build that was killed
        return notebook
    if _code(old) != _code(notebook):
        return notebook
    outputs = iter([cell.outputs for cell in old.cells if cell.cell_type == "code"])
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = next(outputs)
    if "minerpivot" in old.metadata:
        notebook.metadata["minerpivot"] = old.metadata["minerpivot"]
    return notebook


def _code(notebook: nbformat.NotebookNode) -> str:
    return digest([cell.source for cell in notebook.cells if cell.cell_type == "code"])


def copy_data(folder: Path) -> None:
    """Put the tables that the report rests on beside its pages, as known today, in an edition as known on its day."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = tables.manifest()
    for entry in manifest["resources"]:
        path = tables.DATA / entry["path"]
        table, stored = tables.load(entry["name"]), tables.stored(entry["name"])
        content = path.read_bytes() if table.equals(stored) else _as_text(table, stored, path)
        (folder / entry["path"]).write_bytes(content)
        entry |= {"hash": tables.checksum(content), "bytes": len(content), "rows": len(table)}
        keys = set(tables.row_keys(table, entry))
        for part in {"accepted", "holes"} & entry.keys():  # of rows, which may be later ones
            entry[part] = [item for item in entry[part] if item["row"] in keys]
        del entry["metadata_hash"]  # of a file that is not published: all that it says stands here
    (folder / "datapackage.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _as_text(table: pd.DataFrame, stored: pd.DataFrame, path: Path) -> bytes:
    """A table's file: cells as stored, but for those that later knowledge, a split or the day changed."""
    text = pd.read_csv(path, dtype="string", keep_default_na=False).loc[table.index]
    for column in table:
        same = table[column].eq(stored[column].loc[table.index]).fillna(False).astype(bool)
        text[column] = text[column].mask(~same, table[column].astype("string")).fillna("")
    return text.to_csv(index=False, lineterminator="\n").encode()


def made_of() -> str:
    """A content hash of all that editions are made of: data, package, lock file, text and code of every page."""
    looks = [path for folder in ("static", "templates") for path in (ROOT / "minerpivot/book" / folder).rglob("*.*")]
    files = {str(path.relative_to(ROOT)): tables.checksum(path.read_bytes()) for path in [*sources(), *looks]}
    cells = {path.name: cell_sources(path) for path in chapters()}
    return digest([snapshot(), files, cells])


def published_as() -> str:
    """A content hash of all that the latest site is made of: the report, its address and its history."""
    address = [os.environ.get(name) for name in ("SITE_URL", "GITHUB_REPOSITORY")]
    return digest([made_of(), address, publish.git("rev-parse", "HEAD")])


def record(build: Path, sources: str, *, beside: dict[str, str] | None = None) -> None:
    """Say what the site in a build folder is made of, and which bytes it has; written last, whole.

    `beside` names the editions that stand in it, each with a hash of its own record.
    """
    said = {"sources": sources, "editions": beside or {}, "files": _hashes(build / "html")}
    draft = build / f".{RECORD}.draft"
    draft.write_text(json.dumps(said, indent=0), encoding="utf-8")
    draft.replace(build / RECORD)


def _hashes(site: Path) -> dict[str, str]:
    files = (file for file in sorted(site.rglob("*")) if file.is_file())
    return {file.relative_to(site).as_posix(): tables.checksum(file.read_bytes()) for file in files}


def _record(build: Path) -> dict[str, Any]:
    """A site's record; empty if there is none, or a file is missing, damaged or not of the site."""
    try:
        said = json.loads((build / RECORD).read_text("utf-8"))
        return dict(said) if said["files"] == _hashes(build / "html") and said["files"] else {}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def recorded(build: Path) -> str:
    """What the site in a build folder was made of; empty if that is not known, or a file is not as it was written."""
    return str(_record(build).get("sources", ""))


def built() -> dict[str, bool]:
    """Days whose editions stand built, newest first, and whether each is made of what the report is made of now."""
    days = sorted((path.parent.name for path in EDITIONS.glob("*/html")), reverse=True)
    now = made_of() if days else ""
    return {day: recorded(EDITIONS / day) == now for day in days}


def assemble(site: Path, sources: str = "") -> list[str]:
    """Put the current editions under `site`/editions, give every page the links to its counterparts; return the rest.

    The links are written into the pages, so that they work from a file and without a script, where the
    theme's own switcher, which fetches a list, does not. It is done beside the site, which is then replaced whole.
    """
    days = built()
    kept = {day: _content(EDITIONS / day / RECORD) for day, current in days.items() if current}
    outdated = [day for day, current in days.items() if not current]
    if (said := _record(site.parent)) and said["editions"] == kept:
        return outdated
    draft = site.with_name("assembled")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(site, draft, copy_function=_linked, ignore=lambda at, names: ["editions"] * (Path(at) == site))
    places = {"": draft} | {day: draft / "editions" / day for day in kept}
    for day in kept:
        shutil.copytree(EDITIONS / day / "html", places[day], copy_function=_linked)
    found = {day: [page.relative_to(place) for page in place.rglob("*.html")] for day, place in places.items()}
    found[""] = [page for page in found[""] if page.parts[0] != "editions"]
    for day, place in places.items():
        for page in found[day]:
            switch = _switcher(day, page, places)
            html = (place / page).read_text(encoding="utf-8")
            (place / page).unlink()  # a link to the page as it was built, which stays
            (place / page).write_text(SWITCH.sub(rf"\1{switch}\2", html), encoding="utf-8")
    swap(draft, site)
    if sources:
        record(site.parent, sources, beside=kept)
    return outdated


def _linked(source: str, target: str) -> None:
    """A file in a second place: at no cost where the disk can, else as a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy(source, target)


def _content(path: Path) -> str:
    return tables.checksum(path.read_bytes())


def _switcher(here: str, page: Path, places: dict[str, Path]) -> str:
    if len(places) == 1:
        return ""
    links = []
    for day, place in places.items():
        target = place / (page if (place / page).exists() else "index.html")
        address = os.path.relpath(target, (places[here] / page).parent)
        current = ' aria-current="true"' if day == here else ""
        links.append(f'<li><a href="{escape(Path(address).as_posix())}"{current}>{_label(day)}</a></li>')
    summary = f"<summary>Edition: {_label(here)}</summary>"
    return f'<details class="edition-switcher">{summary}<ul>{"".join(links)}</ul></details>'


def _label(day: str) -> str:
    return f"as of {day}" if day else "latest data"
