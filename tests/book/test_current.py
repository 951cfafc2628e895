"""What lets a build end at once: no byte that it reads or has written differs from the last one's."""

import pytest

from minerpivot.book import current

FILES = (
    "data/prices.csv", "chapters/one.ipynb", "minerpivot/tables.py", "_config.yml", "requirements.txt", "look.png",
    "own/style.css",
)  # fmt: skip
SITES = ("html/index.html", "made-of", "editions/2026-01-28/html/index.html", "editions/2026-01-28/made-of")


@pytest.fixture
def build(tmp_path, monkeypatch):
    """The build folder of a report whose site is current."""
    monkeypatch.setattr(current, "ROOT", tmp_path)
    for name in (*FILES, *(f"_build/{name}" for name in SITES)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    current.note(tmp_path / "_build", current.look())
    assert current.holds(tmp_path / "_build")
    return tmp_path / "_build"


@pytest.mark.parametrize("name", [*FILES, *(f"_build/{name}" for name in SITES)])
@pytest.mark.parametrize("how", ["changed", "gone", "joined"])
def test_a_byte_more_or_less_is_noticed(build, name, how):
    """Of a source, a table, a module, the lock, a picture, a page, a record; and a file that was not there."""
    path = build.parent / name
    if how == "changed":
        path.write_text(name[::-1])
    elif how == "gone":
        path.unlink()
    elif path.name in ("made-of", "requirements.txt"):
        return
    else:
        path.with_name(f"another{path.suffix}").write_text(name)
    assert not current.holds(build)


@pytest.mark.parametrize("name", current.SETTINGS)
def test_another_setting_is_noticed(build, monkeypatch, name):
    """An address, a repository or a day to be today."""
    monkeypatch.setenv(name, "2026-12-01")
    assert not current.holds(build)


@pytest.mark.parametrize("said", [None, "", "no digest"])
def test_without_a_note_nothing_is_current(build, said):
    """It goes first when a build begins, so that one which is killed leaves none."""
    current.forget(build)
    if said is not None:
        (build / current.NOTE).write_text(said)
    assert not current.holds(build)
    current.forget(build)


def test_a_refresh_that_died_is_for_a_build_to_undo(build):
    """Its files are as they were before, or half-way."""
    (build.parent / ".refresh").mkdir()
    assert not current.holds(build)


def test_what_no_build_reads_does_not_count(build):
    """Tests, caches, and what a build makes of its own."""
    for name in ("log", "book.log", "log.txt", "nohup.out", "core", "chapters/log", "logs/today.log"):  # of this build
        (build.parent / name).parent.mkdir(parents=True, exist_ok=True)
        (build.parent / name).write_text("")
    for name in ("tests/test_one.py", "minerpivot/__pycache__/a.pyc", ".venv/x", "companies/IREN.ipynb", "_build/x/y"):
        (build.parent / name).parent.mkdir(parents=True, exist_ok=True)
        (build.parent / name).write_text("")
    assert current.holds(build)


def test_only_what_a_build_has_executed_may_change_meanwhile(tmp_path):
    """And that before its pages were read; all else leaves the next build to look closer."""
    one = tmp_path / "one.ipynb"
    first, executed = {str(one): "old", "table": "a"}, {str(one): "new", "table": "a"}
    assert current.unchanged(first, executed, executed, [one])
    assert not current.unchanged(first, executed, executed, [])
    assert not current.unchanged(first, executed, {str(one): "later", "table": "a"}, [one])
    assert not current.unchanged(first, executed | {"table": "b"}, executed | {"table": "b"}, [one])
    assert not current.unchanged(first, {str(one): "new"}, {str(one): "new"}, [one])


def test_a_machine_without_git_builds_an_archive(build, monkeypatch):
    """There is no commit to look at."""
    monkeypatch.setenv("PATH", "")
    assert current.look()["commit"] == ""
