"""The text of a scheduled proposal: headline numbers that moved, notes to read again, the queue, then all the rest."""

from __future__ import annotations

from pathlib import Path

from minerpivot.book import execute, published
from minerpivot.data import metadata, tables
from minerpivot.refresh import candidates

LONGEST = 60_000  # GitHub takes 65,536 characters


def headlines(root: Path = execute.ROOT) -> set[str]:
    """The ids of the values that the landing page shows."""
    shown = published.used((root / "index.md").read_text(encoding="utf-8"))
    chapters = {path.name: path.read_text(encoding="utf-8") for path in execute.chapters()}
    recorded = published.recorded(chapters)
    return {f"{value.chapter}/{value.name}" for value in recorded if (value.record.get("page"), value.name) in shown}


def text(changes: str, shown: set[str]) -> str:
    """Markdown from what `changes` says, those of the values `shown` (ids) first."""
    rows = [line for line in changes.splitlines() if line.startswith("| ")]
    moved = [line for line in rows if line.removeprefix("| ").split(" |")[0] in shown]
    notes = [line for name in tables.entries() if (line := _outdated(name))]
    queue = {
        path.stem: len(path.read_text("utf-8").splitlines()) - 1 for path in sorted(candidates.QUEUE.glob("*.csv"))
    }
    drafts = ", ".join(f"{count} for {name}" for name, count in queue.items())
    parts = [
        "Checked, built and tested before it was opened. Close and reopen it to run its own checks. All that changed: "
        "`make changes AGAINST=main`.",
        "## Headline numbers that moved\n",
        "\n".join(["| value | before | after | unit | as of |", "| --- | --- | --- | --- | --- |", *moved])
        if moved
        else "None of the landing page.",
        "## Notes older than their table\n",
        "\n".join(f"- {line}" for line in notes) or "None.",
        "## For people\n",
        f"Drafts in the queue (`make candidates`): {drafts or 'none'}.\n",
        changes,
    ]
    whole = "\n".join(parts)
    if len(whole) <= LONGEST:
        return whole
    kept = whole[:LONGEST].rpartition("\n")[0]
    return f"{kept}\n\n{len(whole) - len(kept):,} more characters: `make changes AGAINST=main`.\n"


def _outdated(name: str) -> str:
    return "" if name == "datapackage" else metadata.outdated(tables.describe(name))
