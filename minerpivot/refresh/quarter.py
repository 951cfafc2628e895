"""One quarter forward, step by step: what machines can do, and then what remains for people, in order.

A step that is done is not done again: refresh and the queue until the quarter ends, the rest until data/ changes.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
from rich.console import Console

from minerpivot.data import metadata, tables
from minerpivot.refresh import candidates

STATE = candidates.ROOT / "_build" / "quarter.json"
STEPS = {
    "refresh": ["-m", "minerpivot", "refresh"],
    "candidates": ["-m", "minerpivot", "candidates"],
    "check": ["-m", "minerpivot", "check"],
    "book": ["-m", "minerpivot", "book"],
    "changes": ["-m", "minerpivot", "changes"],
    "tests": ["-m", "pytest", "-q"],
}
ONCE = ("refresh", "candidates")  # they ask vendors
MENDS = {
    "refresh": "see its message: take what is true by name (python -m minerpivot refresh --take 'table row')",
    "check": "mend the cell that it names",
    "book": "mend what it names; a sentence that is no longer true stands in its chapter's Markdown",
    "tests": "a new quarter turns no test red: read the first failure",
}
ORDER = ["queue", "hand"]


def run(console: Console, *, anew: bool = False, skip: tuple[str, ...] = ()) -> bool:
    """All steps that are not done; whether they went well. The list of what remains is printed either way."""
    done = {} if anew else _state()
    for name, command in STEPS.items():
        now = "asked" if name in ONCE else _digest()
        if name in skip or done.get(name) == now:
            console.print(f"[bold]{name}[/]: {'left out' if name in skip else 'done before'}")
            continue
        console.print(f"[bold]{name}[/]")
        started = time.perf_counter()
        code = subprocess.run([sys.executable, *command], cwd=candidates.ROOT, check=False).returncode
        if code:
            mend = MENDS.get(name, "see its message")
            console.print(
                f"{name} stopped; {mend}, then `make quarter` goes on from here.", style="red", highlight=False
            )
            break
        console.print(f"  {time.perf_counter() - started:.0f} s", highlight=False)
        done[name] = "asked" if name in ONCE else _digest()
        STATE.parent.mkdir(exist_ok=True)
        STATE.write_text(json.dumps(done | {"quarter": _quarter()}), encoding="utf-8")
    for line in remaining():
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    return all(name in skip or name in done for name in STEPS) and done.get("tests", _digest()) == _digest()


def remaining() -> list[str]:
    """What is left for people, in the order in which one rests on the other."""
    lines = ["", "What remains by hand, in this order:"]
    drafts = {path.stem: _count(path) for path in sorted(candidates.QUEUE.glob("*.csv"))}
    for name, count in drafts.items():
        where = f"_build/candidates/{name}.csv"
        said = f"{count} drafts for {name}: {where}; accept or dismiss each"
        lines.append(f"  {said if count else f'{where} is no table of drafts; run `make candidates` again'}")
    known, updates = tables.entries(), tables.read_manifest().get("updates", {})
    for name in sorted(updates.keys() - known.keys()):
        lines.append(f"  data/package.yml: updates names a table {name!r} that is not there; correct or remove it")
        del updates[name]
    for name in sorted(
        updates, key=lambda name: ORDER.index(updates[name]["how"]) if updates[name]["how"] in ORDER else 9
    ):
        said = updates[name]
        if said["how"] in ORDER and name not in drafts:
            ends = tables.describe(name)["coverage"].get("to", "")
            lines.append(f"  {name} (to {ends}), by {said['how']}: {said['why']}")
    for name in sorted(updates):
        if line := metadata.outdated(tables.describe(name)):
            lines.append(f"  {line}")
    return [
        *lines,
        "  Then a line in CHANGELOG.md (Data; Findings if a verdict moved), and commit data, chapters and it.",
    ]


def _count(path: Path) -> int:
    """How many drafts a file holds; none if it is damaged."""
    try:
        return len(pd.read_csv(path, dtype=str))
    except ValueError:
        return 0


def _quarter() -> str:
    return str(tables.today().to_period("Q"))


def _state() -> dict[str, str]:
    """What was done in this quarter; nothing if that is unknown."""
    try:
        found = json.loads(STATE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and found.get("quarter") == _quarter() else {}


def _digest() -> str:
    """The content of data/."""
    parts = sorted(path for path in Path(tables.DATA).iterdir() if path.suffix in (".csv", ".yml"))
    return hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in parts)).hexdigest()
