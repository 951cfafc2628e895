"""What a scheduled proposal says first, and that its workflow keeps write permission away from the project's code."""

from pathlib import Path

import yaml

from minerpivot.book import execute
from minerpivot.refresh import candidates, proposal

CHANGES = "\n".join([
    "# Changes against HEAD (abc)", "", "## Values that changed", "", "| value | before | after | unit | as of |",
    "| --- | --- | --- | --- | --- |", "| stock-performance/smh | 10 | 12 | percent | 2026-11-25 |",
    "| miner-deals/signed | 5,000 | 5,210 | MW | 2026-11-25 |", "",
])  # fmt: skip
SHOWN = {"stock-performance/smh", "halving-squeeze/level"}
WORKFLOW = yaml.safe_load((candidates.ROOT / ".github" / "workflows" / "refresh.yml").read_text("utf-8"))


def test_headlines_come_first(monkeypatch, tmp_path):
    """Values of the landing page that moved, the queue, then everything."""
    monkeypatch.setattr(candidates, "QUEUE", tmp_path)
    (tmp_path / "deals.csv").write_text("deal_id\nA-\nB-\n")
    said = proposal.text(CHANGES, SHOWN)
    head = said[: said.index("## Notes older")]
    assert "| stock-performance/smh | 10 | 12 |" in head
    assert "miner-deals/signed" not in head
    assert "Drafts in the queue (`make candidates`): 2 for deals." in said
    assert said.endswith(CHANGES)


def test_headlines_are_the_landing_pages_values():
    """By the ids that `make changes` prints."""
    shown = proposal.headlines()
    assert shown
    assert {name.split("/")[0] for name in shown} <= {path.stem for path in execute.chapters()}


def test_nothing_moved_is_said(monkeypatch, tmp_path):
    """Not left empty."""
    monkeypatch.setattr(candidates, "QUEUE", tmp_path)
    said = proposal.text("Nothing changed.\n", SHOWN)
    assert "None of the landing page." in said
    assert "`make candidates`): none." in said


def test_a_long_one_is_cut(monkeypatch, tmp_path):
    """GitHub refuses more; the rest is a command away."""
    monkeypatch.setattr(candidates, "QUEUE", tmp_path)
    said = proposal.text("| a.b | 1 | 2 |\n" * 9000, SHOWN)
    assert len(said) < 65_536
    assert "more characters: `make changes AGAINST=main`" in said


def test_who_may_write_runs_nothing_of_the_project():
    """The job with permissions checks out, downloads and applies; the one that installs and runs may only read."""
    compute, propose = WORKFLOW["jobs"]["compute"], WORKFLOW["jobs"]["propose"]
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert "permissions" not in compute
    assert propose["permissions"] == {"contents": "write", "pull-requests": "write"}
    commands = " ".join(step.get("run", "") for step in propose["steps"])
    assert not any(word in commands for word in ("make", "python", "pip", "npm"))
    assert [step["uses"].split("@")[0] for step in propose["steps"] if "uses" in step] == [
        "actions/checkout", "actions/download-artifact",
    ]  # fmt: skip
    assert all("secrets." not in str(step) for step in propose["steps"])


def test_it_is_checked_built_and_tested_before_it_opens():
    """In that order; a fork's schedule waits for its owner."""
    runs = [step["run"].split("\n")[0] for step in WORKFLOW["jobs"]["compute"]["steps"] if "run" in step]
    order = ["make refresh && make candidates", "make check", "make book", "make test"]
    assert runs[: len(order)] == order
    assert "vars.REFRESH_OWNER" in WORKFLOW["jobs"]["compute"]["if"]
    assert not Path(candidates.ROOT, ".github", "workflows", "propose.yml").exists()
