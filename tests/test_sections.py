"""BENCHMARKS.md: what is measured anew is written in its place, and all else stays."""

import re

import pytest

from benchmarks import mutants, sections

KEPT = "# Benchmarks\n\nHead.\n\n## The event study\n\n*A day.*\n\n| 1 |\n\n## Another\n\nAs it was.\n"
ROW = "| minerpivot/deals/{}.py | 10 | 10 | {} | {} | 50.0% | 2026-11-26 |"


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A file with two sections."""
    path = tmp_path / "BENCHMARKS.md"
    path.write_text(KEPT, encoding="utf-8")
    monkeypatch.setattr(sections, "FILE", path)
    return path


def test_a_section_is_written_in_its_place_with_day_and_machine(file):
    """The other one stays as it stands, in its order; a new one comes last; no blank lines pile up."""
    for _ in range(2):
        sections.write("The event study", "| 2 |")
        sections.write("New", "text")
    found = dict(sections.stored())
    assert list(found) == ["The event study", "Another", "New"]
    assert found["Another"] == "## Another\n\nAs it was.\n"
    told = r"## The event study\n\n\*\d+ \w+ \d{4}, \d+ cores \(.+\), Python 3\.\d+\.\d+\.\*\n\n\| 2 \|\n"
    assert re.fullmatch(told, found["The event study"])
    assert "\n\n\n" not in file.read_text("utf-8")


def test_a_module_that_was_not_tried_now_keeps_its_row(file):
    """Rows stand in the order of the modules; one that is listed no more goes."""
    modules = [f"minerpivot/deals/{name}.py" for name in ("value", "ledger")]
    for row in (ROW.format("gone", 5, 5), ROW.format("ledger", 5, 5), ROW.format("value", 5, 5)):
        mutants.record(row, [*modules, "minerpivot/deals/gone.py"])
    mutants.record(ROW.format("ledger", 9, 1), modules)
    rows = [line for line in file.read_text("utf-8").splitlines() if line.startswith("| minerpivot")]
    assert rows == [ROW.format("value", 5, 5), ROW.format("ledger", 9, 1)]


def test_what_is_decorated_is_tried_like_any_other_function():
    """The decorator does below what it did above, in the same order; what keeps answers or has a class stays."""
    code = "@across('a')\n@across('b')\ndef rule(x):\n    return x\n\n@cache\ndef kept(): ...\n@a.b\ndef far(): ...\n"
    code += "class A:\n    @property\n    def mean(self):\n        return 1\n"
    below = mutants.decorated_below(code)
    assert "def rule(x):\n    return x\nrule = across('a')(across('b')(rule))\n" in below
    assert below.startswith("def rule")
    assert "@cache\ndef kept(): ...\n@a.b\ndef far(): ...\n" in below
    assert below.endswith("class A:\n    def mean(self):\n        return 1\n    mean = property(mean)\n")
