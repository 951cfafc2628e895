"""What a change of data or code does to the report: the committed report against the working tree, in Markdown."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from minerpivot.book import published
from minerpivot.page.words import Day

MANIFEST = "data/datapackage.json"
RENAMED = "chapters/renamed.json"  # the site carries it beside numbers.json
NONE = "–"
ISO_DAY = r"(?<![\w-])\d{{4}}{}(?![\w-])"  # or month; one inside a name is none
FINDINGS, FORKS = "Findings", "For forks"  # headings in the change log
FIRST = 5  # findings of an edition that stand open
REWORDED = {"confirmed with a caveat": "confirmed in part"}  # a verdict's earlier word -> the present one

Values = dict[str, dict[str, Any]]


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
    was, now, changed = _compared(root, before, after)
    gone, new = was.keys() - now.keys(), now.keys() - was.keys()
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


def _compared(root: Path, before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Values, Values, list[str]]:
    """Values of two reports under their present ids, and the ids of those that read otherwise."""
    was, now = _values(before), _values(after)
    present = renamed(root)
    was = {present.get(key, key): value for key, value in was.items()}
    return was, now, [key for key in now if key in was and was[key]["text"] != now[key]["text"]]


# --- between published editions ---------------------------------------------------------------


def page(root: Path) -> str:
    """Markdown of all editions of the change log, newest first, each with what it did to the report.

    Each is compared with the edition before it, the unreleased one with the last, as `_edition` finds them; where one
    is not known (an archive has no history) the log stands alone.
    """
    log = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    titles = re.findall(r"^## (.+)$", log, flags=re.MULTILINE)
    bodies = re.split(r"^## .+\n", log, flags=re.MULTILINE)[1:]
    commits = [_edition(root, title) for title in titles]
    parts = []
    for place, (title, body) in enumerate(zip(titles, bodies)):
        name, _, day = title.partition(", ")
        heading = f"Edition {name}, {Day(date.fromisoformat(day))}" if day else "Since the last edition"
        text = _told(body.strip().replace("{{", "{ {").replace("$", r"\$"))  # neither values nor formulas
        older = commits[place + 1] if place + 1 < len(titles) else ""
        found = difference(root, older, commits[place]) if older and (commits[place] or not day) else ""
        if found:
            found = f"Compared with edition {titles[place + 1].partition(', ')[0]}: {found}"
        parts.append(f"({anchor(name)})=\n## {heading}\n\n{text}\n\n{found}")
    return "\n\n".join(parts)


def _told(body: str) -> str:
    """Markdown of an edition's entries: its first findings, all else behind lines that open it."""
    lead, *parts = re.split(r"^### (.+)\n", body, flags=re.MULTILINE)
    entries = {title: text.strip() for title, text in zip(parts[::2], parts[1::2])}
    first = sorted(entries, key=lambda title: (title == FORKS, title != FINDINGS))  # the others as they stand
    told = []
    for title in first:
        lines = re.split(r"\n(?=- )", entries[title])
        shown, more = (lines[:FIRST], lines[FIRST:]) if title == FINDINGS else ([], lines)
        told += ["\n".join([f"**{title}**\n", *shown])] if shown else []
        name = f"{len(more)} more" if shown else title
        told += [f":::{{fold}} {name}\n\n" + "\n".join(more) + "\n:::"] if more else []
    return "\n\n".join(filter(None, (lead.strip(), *told)))


def anchor(edition: str) -> str:
    """Where an edition stands on that page."""
    return f"edition-{edition.lower().replace('.', '-')}"


def difference(root: Path, older: str, newer: str = "") -> str:
    """Markdown of what reads otherwise between two commits, or a commit and the working tree: counts, then folds."""
    before, after = _committed(root, older), _committed(root, newer) if newer else _present(root)
    was, now, changed = _compared(root, before, after)
    moved = [key for key in changed if _moved(was[key], now[key])]
    numbers = [[*_named(key), *map(_spoken, _value_row(key, was[key], now[key])[1:4])] for key in moved]
    verdicts = _verdicts(before), _verdicts(after)
    flipped = [row for row in _pairs(*verdicts) if NONE not in row]
    grown = [[*map(_spoken, row)] for row in _pairs(_coverage(before), _coverage(after)) if "." not in row[0]]
    new, gone = len(now.keys() - was.keys()), len(was.keys() - now.keys())
    said = f"{_counted(len(moved), 'value')} changed, {new} {_be(new)} new, {gone} {_be(gone)} gone."
    if all(verdicts):
        said += f" {_counted(len(flipped), 'verdict')} changed."
    return "\n".join(
        [
            f"{said}\n",
            _fold("Values that changed", ["page", "value", "before", "after", "unit"], numbers),
            _fold("Verdicts that changed", ["statement", "before", "after"], flipped),
            _fold("Tables that changed", ["table", "before", "after"], grown),
        ]
    )


def _counted(count: int, name: str) -> str:
    return f"{count or 'No'} {name}{'' if count == 1 else 's'}"


def _be(count: int) -> str:
    return "is" if count == 1 else "are"


def _edition(root: Path, title: str) -> str:
    """The commit at which an edition stood; empty if it has no day or there is no history.

    That is its tag (`v1.2.0`), else the last commit of its day whose change log begins with it: the log is often
    opened before the chapters are executed, and what follows belongs to the next edition. If none is of that day, it
    is the first whose log begins with it.
    """
    name, _, day = title.partition(", ")
    if not day:
        return ""
    try:
        if tagged := _git(root, "tag", "--list", f"v{name}").strip():
            return _git(root, "rev-parse", "--verify", f"{tagged}^{{commit}}").strip()
        written = _git(root, "log", "--first-parent", "--reverse", "--format=%H", "--", "CHANGELOG.md").split()
        own = [commit for commit in written if _newest(root, commit) == title]
        if not own:
            return ""
        later = written[written.index(own[-1]) + 1 :]
        span = f"{own[0]}..{later[0]}~1" if later else f"{own[0]}.."
        since = _git(root, "log", "--first-parent", "--format=%H %cs", span).splitlines()
        return next((commit for commit, on in map(str.split, since) if on <= day), own[0])
    except ChangesError:
        return ""


@cache  # each edition asks of every commit of the log
def _newest(root: Path, commit: str) -> str:
    """The edition with which a commit's change log begins."""
    heading = re.search(r"^## (.+)$", _git(root, "show", f"{commit}:./CHANGELOG.md"), flags=re.MULTILINE)
    return heading[1] if heading else ""


def _moved(was: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether a value says something else to a reader: not if only its form changed, such as that of a day."""
    numbers = [isinstance(entry["value"], int | float) for entry in (was, now)]
    units = [entry["unit"].split()[0].strip(",") for entry in (was, now)]
    return len({*numbers}) == len({*units}) == 1 and _spoken(was["text"]) != _spoken(now["text"])


def _spoken(text: str) -> str:
    """A text with its days and months as people say them, not in ISO form; names that hold a day stay."""
    days = re.sub(ISO_DAY.format(r"-\d{2}-\d{2}"), lambda day: str(Day(date.fromisoformat(day[0]))), text)
    return re.sub(ISO_DAY.format(r"-\d{2}"), lambda month: Day(date.fromisoformat(f"{month[0]}-01")).month, days)


def _named(key: str) -> tuple[str, str]:
    """A value's page and name in words."""
    chapter, _, name = key.partition("/")
    return chapter.replace("-", " "), name.replace("_", " ")


def _fold(title: str, columns: list[str], rows: list[list[str]]) -> str:
    body = "\n".join(_line(row) for row in [columns, ["---"] * len(columns), *rows])
    return f":::{{fold}} {title} ({len(rows)})\n\n{body}\n:::\n" if rows else ""


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
            mend = "name one that `git log --all` shows; a shallow clone lacks most (`git fetch --unshallow --tags`)"
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


def _values(files: Mapping[str, str]) -> Values:
    """Numbers, days, names and flags by id, as they read without a style of their own."""
    numbers, facts = published.listed(value for value in _recorded(files) if value.kind != "verdict")
    return {entry["id"]: entry | {"unit": entry.get("unit", NONE)} for entry in [*numbers, *facts]}


def renamed(root: Path) -> dict[str, str]:
    """Present ids by those that values had in earlier editions; raises `ChangesError` where they are none."""
    path = root / RENAMED
    try:
        said = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except json.JSONDecodeError as error:
        raise ChangesError(f"{RENAMED} line {error.lineno}: {error.msg}; mend the JSON there") from None
    except (OSError, ValueError, RecursionError):
        raise ChangesError(f"{RENAMED}: cannot be read; `git checkout {RENAMED}` restores it") from None
    if not isinstance(said, dict) or not all(isinstance(new, str) for new in said.values()):
        raise ChangesError(f'{RENAMED}: must hold {{"chapter/old": "chapter/new"}}, ids of values; write it so')
    return said


def _value_row(key: str, was: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> list[str]:
    """id, text before and after; unit and day in both forms where they differ."""
    cells = [[entry[part] if entry else NONE for entry in (was, now)] for part in ("text", "unit", "as_of")]
    (old, new), *rest = cells
    return [key, old, new, *(" → ".join(dict.fromkeys(cell for cell in pair if cell != NONE)) or NONE for pair in rest)]


def _verdicts(files: Mapping[str, str]) -> dict[str, str]:
    """Verdict by statement, in the present words: another word for the same verdict is no change."""
    found = {value.name: str(value.value) for value in _recorded(files) if value.kind == "verdict"}
    return {statement: REWORDED.get(verdict, verdict) for statement, verdict in found.items()}


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
