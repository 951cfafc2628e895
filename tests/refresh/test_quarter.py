"""`make quarter`: steps in their order, each done once, and what remains for people."""

import io
import subprocess

import pytest
from rich.console import Console

from minerpivot.data import tables
from minerpivot.refresh import candidates, quarter


@pytest.fixture
def steps(monkeypatch, tmp_path):
    """Commands that only say that they ran; `steps.fails` names one that does not go well."""

    class Steps(list):
        fails = ""

    ran = Steps()

    def run(command, **how):
        name = next(name for name, listed in quarter.STEPS.items() if listed == command[1:])
        ran.append(name)
        return subprocess.CompletedProcess(command, int(name == ran.fails))

    monkeypatch.setattr(quarter.subprocess, "run", run)
    monkeypatch.setattr(quarter, "STATE", tmp_path / "_build" / "quarter.json")
    monkeypatch.setattr(candidates, "QUEUE", tmp_path / "queue")
    return ran


def run(**how):
    """Whether it went well, and what was printed."""
    console = Console(file=io.StringIO(), width=200)
    return quarter.run(console, **how), console.file.getvalue()


def test_steps_run_in_order_and_once(steps):
    """Refresh first, tests last; a second call has nothing to do, `anew` does all again."""
    assert run()[0]
    assert steps == ["refresh", "candidates", "check", "book", "changes", "tests"]
    steps.clear()
    well, shown = run()
    assert well
    assert steps == []
    assert "refresh: done before" in shown
    assert run(anew=True)[0]
    assert len(steps) == 6


@pytest.mark.parametrize("name", list(quarter.STEPS))
def test_it_goes_on_where_it_stopped(steps, name):
    """What failed is named with its mend; the steps before it are not done again."""
    steps.fails = name
    well, shown = run()
    assert not well
    assert f"{name} stopped; " in shown
    assert steps[-1] == name
    before = steps[:-1]
    steps.clear()
    steps.fails = ""
    assert run()[0]
    assert steps == list(quarter.STEPS)[len(before) :]


def test_an_edit_is_checked_built_and_tested_again(steps, monkeypatch):
    """Vendors are not asked again for a row that a person completed."""
    assert run()[0]
    steps.clear()
    monkeypatch.setattr(quarter, "_digest", lambda: "edited")
    assert run()[0]
    assert steps == ["check", "book", "changes", "tests"]


def test_another_quarter_begins_anew(steps, monkeypatch):
    """What was done in the last one is done again."""
    assert run()[0]
    steps.clear()
    monkeypatch.setenv("MINERPIVOT_TODAY", "2031-01-15")
    assert run()[0]
    assert steps[0] == "refresh"


def test_a_damaged_memory_begins_anew(steps):
    """Nothing is skipped because of garbage."""
    for text in ("[]", "{", '"a"'):
        quarter.STATE.parent.mkdir(exist_ok=True)
        quarter.STATE.write_text(text)
        steps.clear()
        assert run()[0]
        assert steps[0] == "refresh"


def test_what_remains_is_listed_in_order(steps):
    """Drafts, then tables by queue, then by hand, each with its reason and its end."""
    candidates.QUEUE.mkdir()
    (candidates.QUEUE / "deals.csv").write_text("deal_id,ticker\nCIFR-,CIFR\n")
    lines = quarter.remaining()
    text = "\n".join(lines)
    assert "  1 drafts for deals: _build/candidates/deals.csv; accept or dismiss each" in lines
    assert text.index("financings (to ") < text.index("sites (to ")
    assert "prices (to" not in text
    assert "CHANGELOG.md" in lines[-1]


def test_drafts_that_are_none_and_tables_that_are_gone_are_named(steps, monkeypatch):
    """A damaged file of the queue, a name in package.yml that no table has: a line each, and the list goes on."""
    candidates.QUEUE.mkdir()
    (candidates.QUEUE / "deals.csv").write_bytes(b"\xff\x00\n")
    (candidates.QUEUE / "financings.csv").write_bytes(b"")
    whole = tables.read_manifest()
    more = {"updates": whole["updates"] | {"prizes": {"how": "hand", "why": "x"}}}
    monkeypatch.setattr(tables, "read_manifest", lambda *_: whole | more)
    lines = quarter.remaining()
    for name in ("deals", "financings"):
        assert f"  _build/candidates/{name}.csv is no table of drafts; run `make candidates` again" in lines
    assert any("updates names a table 'prizes' that is not there" in line for line in lines)
    assert "CHANGELOG.md" in lines[-1]


def test_every_table_says_how_it_moves_on():
    """A new table names its way too: command, queue, hand or never, and why."""
    updates = tables.read_manifest()["updates"]
    assert set(updates) == set(tables.entries()) - {"datapackage"}
    assert {said["how"] for said in updates.values()} == {"command", "queue", "hand", "never"}
    assert all(len(said["why"]) > 5 for said in updates.values())
