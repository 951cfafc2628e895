"""What a change of data or code does to the report: the committed report against the working tree, in Markdown."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from minerpivot.book import published

MANIFEST = "data/datapackage.json"
RENAMED = "chapters/renamed.json"  # the site carries it beside numbers.json
NONE = "–"


class ChangesError(RuntimeError):
    """A comparison that cannot be made; the message says what is missing and how to mend it."""


def report(root: Path, against: str = "HEAD") -> str:
    """Markdown that lists how the report in `root` differs from the one committed as `against`.

    Both are read from stored outputs, nothing is executed: every value that reads otherwise, values that appeared or
    vanished, verdicts that flipped, and the coverage of the tables.
    Raises `ChangesError` outside a git checkout and for an unknown commit.
    """
    commit = _git(root, "rev-parse", "--short", "--verify", f"{against}^{{commit}}").strip()
    before, after = _committed(root, commit), _present(root)
    was, now = _values(before), _values(after)
    was = {_renamed(root).get(key, key): value for key, value in was.items()}
    both, gone, new = was.keys() & now.keys(), was.keys() - now.keys(), now.keys() - was.keys()
    changed = [key for key in now if key in both and was[key]["text"] != now[key]["text"]]
    columns = ["value", "before", "after", "unit", "as of"]
    sections = [
        _section("Values that changed", columns, (_value_row(key, was[key], now[key]) for key in changed)),
        _section("Values that appeared", columns, (_value_row(key, None, now[key]) for key in now if key in new)),
        _section("Values that vanished", columns, (_value_row(key, was[key], None) for key in was if key in gone)),
        _section(
            "Verdicts that changed", ["statement", "before", "after"], _pairs(_verdicts(before), _verdicts(after))
        ),
        _section("Coverage", ["table", "before", "after"], _pairs(_coverage(before), _coverage(after))),
    ]
    found = [section for section in sections if section]
    if not found:
        return f"Nothing changed against {against} ({commit}): {len(now)} values, every verdict and every coverage.\n"
    return "\n".join([f"# Changes against {against} ({commit})\n", *found])


# --- the two reports --------------------------------------------------------------------------


def _git(root: Path, *arguments: str) -> str:
    """What git prints; a failure becomes a message for people."""
    try:
        run = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=True)
    except FileNotFoundError:
        raise ChangesError("git is not installed; the comparison needs the committed report") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
        if "not a git repository" in said:
            mend = "compare in a clone (`git clone`), an archive has no history"
            raise ChangesError(f"{root} is not a git checkout; {mend}") from None
        if arguments[0] == "rev-parse":
            asked = arguments[-1].removesuffix("^{commit}")
            mend = "name a commit, branch or tag that `git log --all` shows"
            raise ChangesError(f"there is no commit {asked!r} in {root}; {mend}") from None
        raise ChangesError(f"git {arguments[0]}: {said}") from None
    return run.stdout.decode("utf-8")


def _committed(root: Path, commit: str) -> dict[str, str]:
    """Contents by path of the pages and the manifest in a commit; what the commit lacks is absent."""
    paths = _git(root, "ls-tree", "-r", "-z", "--name-only", commit, "--", "chapters", "index.md", MANIFEST).split("\0")
    return {path: _git(root, "show", f"{commit}:./{path}") for path in sorted(paths) if _belongs(path)}


def _present(root: Path) -> dict[str, str]:
    """Contents by path of the same files as they lie in the working tree."""
    paths = [*sorted(root.glob("chapters/*.ipynb")), root / "index.md", root / MANIFEST]
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in paths if path.exists()}


def _belongs(path: str) -> bool:
    return path in ("index.md", MANIFEST) or (path.startswith("chapters/") and path.endswith(".ipynb"))


# --- what is compared -------------------------------------------------------------------------


def _recorded(files: Mapping[str, str]) -> list[published.Recorded]:
    return published.recorded({Path(path).name: text for path, text in files.items() if path.endswith(".ipynb")})


def _values(files: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Numbers, days, names and flags by id, as they read without a style of their own."""
    numbers, facts = published.listed(value for value in _recorded(files) if value.kind != "verdict")
    return {entry["id"]: entry | {"unit": entry.get("unit", NONE)} for entry in [*numbers, *facts]}


def _renamed(root: Path) -> dict[str, str]:
    """Present ids by those that values had in earlier editions."""
    path = root / RENAMED
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _value_row(key: str, was: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> list[str]:
    """id, text before and after; unit and day in both forms where they differ."""
    cells = [[entry[part] if entry else NONE for entry in (was, now)] for part in ("text", "unit", "as_of")]
    (old, new), *rest = cells
    return [key, old, new, *(" → ".join(dict.fromkeys(cell for cell in pair if cell != NONE)) or NONE for pair in rest)]


def _verdicts(files: Mapping[str, str]) -> dict[str, str]:
    """Verdict by statement, as recorded."""
    return {value.name: value.value for value in _recorded(files) if value.kind == "verdict"}


def _coverage(files: Mapping[str, str]) -> dict[str, str]:
    """Days and rows by table, days by column where the manifest tells them apart."""
    found = {}
    for entry in json.loads(files.get(MANIFEST, '{"resources": []}'))["resources"]:
        found[entry["name"]] = f"{_span(entry['coverage'])}, {entry['rows']:,d} rows"
        for column, span in entry.get("column_coverage", {}).items():
            found[f"{entry['name']}.{column}"] = _span(span)
    return found


def _span(coverage: Mapping[str, str]) -> str:
    return f"{coverage['from']} to {coverage['to']}"


# --- Markdown ---------------------------------------------------------------------------------


def _pairs(was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[list[str]]:
    """Rows for the keys whose text differs; a dash where one side has none."""
    for key in dict.fromkeys([*was, *now]):
        if was.get(key) != now.get(key):
            yield [key, was.get(key, NONE), now.get(key, NONE)]


def _section(title: str, columns: list[str], rows: Iterable[list[str]]) -> str:
    body = [_line(row) for row in rows]
    return "\n".join([f"## {title}\n", _line(columns), _line(["---"] * len(columns)), *body, ""]) if body else ""


def _line(cells: Iterable[Any]) -> str:
    return f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in cells)} |"
