"""What changed between two reports: a scratch repository with one chapter, one fact check and one table."""

import json
import subprocess

import nbformat
import pytest

from minerpivot import changes
from minerpivot.page import words

STATEMENTS = {"tighter-margins": "confirmed", "iren-day": "confirmed"}


def git(root, *arguments):
    """Run git in the scratch repository as somebody."""
    who = ["-c", "user.name=A. Forker", "-c", "user.email=forker@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", root, *who, *arguments], check=True, capture_output=True)


def shown(call, *arguments, **options):
    """The outputs that `call` would leave in a notebook."""
    kept = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(words, "display", lambda data, metadata, raw: kept.append((data, metadata)))
        call(*arguments, **options)
    return [nbformat.v4.new_output("display_data", data, metadata=metadata) for data, metadata in kept]


def write(root, *, numbers, verdicts, to="2026-10-09", rows=7):
    """A report: `numbers` are (name, value, unit, day) of one chapter, `verdicts` by the key of their statement."""
    values = words.Values("page", sources=[])
    glued = [out for name, value, unit, day in numbers for out in shown(values.number, name, value, unit, as_of=day)]
    judged = [out for each in verdicts.items() for out in shown(values.verdict, *each, as_of=to)]
    (root / "chapters").mkdir(exist_ok=True)
    (root / "data").mkdir(exist_ok=True)
    for name, text, outputs in (("page", "# Page", glued), ("fact-check", "# Fact check", judged)):
        cells = [nbformat.v4.new_markdown_cell(text), nbformat.v4.new_code_cell("", outputs=outputs)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), root / "chapters" / f"{name}.ipynb")
    (root / "index.md").write_text("# Home\n")
    coverage = {"coverage": {"from": "2022-01-03", "to": to}, "rows": rows}
    manifest = {"resources": [{"name": "prices", **coverage, "column_coverage": {"close": coverage["coverage"]}}]}
    (root / "data" / "datapackage.json").write_text(json.dumps(manifest))


BASE = [("up", 1.04, "percent", "2026-10-09"), ("old", 3.0, "MW", "2026-10-09")]


@pytest.fixture
def root(tmp_path):
    """A repository whose only commit holds the base report."""
    write(tmp_path, numbers=BASE, verdicts=STATEMENTS)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def section(markdown, title):
    """The rows under a heading, without the table's head."""
    part = markdown.split(f"## {title}\n")[1].split("\n## ")[0]
    return [line for line in part.splitlines() if line.startswith("| ")][2:]


def test_no_change_is_one_line(root):
    """And so is a change that prints the same text."""
    for value in (1.04, 1.041):
        write(root, numbers=[("up", value, *BASE[0][2:]), BASE[1]], verdicts=STATEMENTS)
        text = changes.report(root)
        assert text.count("\n") == 1
        assert text.startswith("Nothing changed against HEAD (")
        assert "2 values" in text


def test_a_changed_number_shows_both_texts_and_days(root):
    """As printed, with its unit; a day that moved is shown twice."""
    write(root, numbers=[("up", 1.06, "percent", "2026-10-10"), BASE[1]], verdicts=STATEMENTS)
    text = changes.report(root)
    assert section(text, "Values that changed") == ["| page/up | 1.0 | 1.1 | percent | 2026-10-09 → 2026-10-10 |"]
    assert text.count("## ") == 1


def test_numbers_that_appear_or_vanish_are_listed(root):
    """A renamed number is both."""
    write(root, numbers=[BASE[0], ("new", 3.0, "MW", "2026-10-09")], verdicts=STATEMENTS)
    text = changes.report(root)
    assert section(text, "Values that appeared") == ["| page/new | – | 3 | MW | 2026-10-09 |"]
    assert section(text, "Values that vanished") == ["| page/old | 3 | – | MW | 2026-10-09 |"]
    assert "Values that changed" not in text


def test_a_number_under_a_new_name_is_compared_with_its_old_self(root):
    """By the map of renamed ids; what did not change is not listed."""
    write(root, numbers=[BASE[0], ("new", 3.0, "MW", "2026-10-09")], verdicts=STATEMENTS)
    (root / "chapters" / "renamed.json").write_text('{"page/old": "page/new"}')
    assert changes.report(root).startswith("Nothing changed")
    write(root, numbers=[BASE[0], ("new", 4.0, "MW", "2026-10-09")], verdicts=STATEMENTS)
    assert section(changes.report(root), "Values that changed") == ["| page/new | 3 | 4 | MW | 2026-10-09 |"]


def test_another_word_for_a_verdict_is_no_change(root):
    """As one was renamed between two editions."""
    ((old, new),) = changes.REWORDED.items()
    for verdict in (old, new):
        write(root, numbers=BASE, verdicts={"iren-day": verdict})
        assert changes._verdicts(changes._present(root)) == {"iren-day": new}


def test_flipped_new_and_dropped_verdicts_are_listed(root):
    """By the keys of the statements; a bar does not break the table, and a verdict is no value besides."""
    first, second = STATEMENTS
    write(root, numbers=BASE, verdicts={first: "contradicted", "one|other": "not testable here"})
    assert section(changes.report(root), "Verdicts that changed") == [
        f"| {first} | confirmed | contradicted |",
        f"| {second} | confirmed | – |",
        "| one\\|other | – | not testable here |",
    ]
    assert changes.report(root).count("## ") == 1


def test_new_coverage_is_listed(root):
    """Days and rows of a table, days of a column."""
    write(root, numbers=BASE, verdicts=STATEMENTS, to="2026-11-20", rows=1008)
    assert section(changes.report(root), "Coverage") == [
        "| prices | 2022-01-03 to 2026-10-09, 7 rows | 2022-01-03 to 2026-11-20, 1,008 rows |",
        "| prices.close | 2022-01-03 to 2026-10-09 | 2022-01-03 to 2026-11-20 |",
    ]


def test_any_commit_can_be_compared_with(root):
    """The commit before the last shows the change that HEAD has taken in."""
    write(root, numbers=[("up", 9.0, *BASE[0][2:]), BASE[1]], verdicts=STATEMENTS)
    git(root, "commit", "-qam", "second")
    assert changes.report(root).startswith("Nothing changed")
    assert "| page/up | 1.0 | 9 |" in changes.report(root, "HEAD~1")


def test_a_report_inside_a_larger_repository_is_found(tmp_path):
    """A fork may keep the report in a folder."""
    (tmp_path / "report").mkdir()
    write(tmp_path / "report", numbers=BASE, verdicts=STATEMENTS)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    assert changes.report(tmp_path / "report").startswith("Nothing changed")


@pytest.mark.parametrize("ref", ["v9", "--help"])
def test_an_unknown_commit_is_named(root, ref):
    """With what to name instead."""
    with pytest.raises(changes.ChangesError, match=f"no commit '{ref}'.*git log --all"):
        changes.report(root, ref)


def test_outside_a_checkout_the_error_says_so(tmp_path, monkeypatch):
    """A downloaded archive has no history to compare with."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(changes.ChangesError, match=r"is not a git checkout; .*git clone"):
        changes.report(tmp_path)


LOG = """# Changes

## Unreleased

### Data
- More rows.

### For forks
- Another name.

### Findings
- It fell.

## 1.1.0, 2026-11-23

### Findings
- News in {{ braces }}, from $5 to $6.

## 1.0.0, 2026-11-22

First.
"""


def test_the_page_compares_each_edition_with_the_one_before(root):
    """Editions are the commits that named them in the change log, or their tags; the newest is the working tree."""
    (root / "CHANGELOG.md").write_text(LOG[:10] + LOG[LOG.index("## 1.0.0") :])
    git(root, "add", ".")
    git(root, "commit", "-qm", "edition 1.0.0")
    (root / "CHANGELOG.md").write_text(LOG)
    write(root, numbers=[("up", 2.0, "percent", "2026-10-09")], verdicts=STATEMENTS | {"iren-day": "contradicted"})
    git(root, "add", ".")
    git(root, "commit", "-qm", "edition 1.1.0")
    git(root, "tag", "v1.1.0")
    write(root, numbers=[("up", 3.0, "percent", "2026-10-09")], verdicts=STATEMENTS, rows=8)
    page = changes.page(root)
    newest, second, first = page.split("\n(edition-")
    assert "## Since the last edition\n\n**Findings**\n\n- It fell.\n\n:::{fold} Data\n\n- More rows.\n:::" in newest
    assert ":::{fold} For forks" in newest
    assert "Compared with edition 1.1.0: 1 value changed, 0 are new, 0 are gone. 1 verdict changed." in newest
    assert "| page | up | 2 | 3 | percent |" in newest
    assert "| iren-day | contradicted | confirmed |" in newest
    assert "| prices | 3 January 2022 to 9 October 2026, 7 rows | 3 January 2022 to 9 October 2026, 8 rows |" in newest
    assert second.startswith("1-1-0)=\n## Edition 1.1.0, 23 November 2026")
    assert r"{ { braces }}, from \$5 to \$6" in second
    assert "1 value changed, 0 are new, 1 is gone. 1 verdict changed." in second
    assert first == "1-0-0)=\n## Edition 1.0.0, 22 November 2026\n\nFirst.\n\n"


def dated(root, day, subject):
    """Commit everything on a day."""
    stamp = f"{day}T12:00:00+00:00"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_AUTHOR_DATE", stamp)
        patch.setenv("GIT_COMMITTER_DATE", stamp)
        git(root, "add", ".")
        git(root, "commit", "-qm", subject)


def test_an_edition_is_what_stood_when_its_day_ended(root):
    """Its log may be opened before its chapters are executed; what comes after its day is the next edition's."""
    first = LOG[:10] + LOG[LOG.index("## 1.1.0") :]
    (root / "CHANGELOG.md").write_text(first)
    dated(root, "2026-11-23", "the log names 1.1.0, the chapters are those of 1.0.0")
    write(root, numbers=[("up", 5.0, "percent", "2026-10-09")], verdicts=STATEMENTS)
    dated(root, "2026-11-23", "executed")
    write(root, numbers=[("up", 6.0, "percent", "2026-10-09")], verdicts=STATEMENTS)
    dated(root, "2026-11-24", "work on what follows")
    (root / "CHANGELOG.md").write_text(LOG)
    dated(root, "2026-11-25", "its entry")
    write(root, numbers=[("up", 7.0, "percent", "2026-10-09")], verdicts=STATEMENTS)
    assert "| page | up | 5 | 7 | percent |" in changes.page(root)


def test_a_value_in_another_form_has_not_changed(root):
    """A day said otherwise, a number that was a word, another unit: nothing that a reader must learn."""
    old = {"day": "2026-10-06", "month": "2026-08", "named": "CORZ-2024-12-A"}
    for name, new in {"day": "6 October 2026", "month": "August 2026", "named": "CORZ-2024-12-A"}.items():
        assert not changes._moved(
            {"value": old[name], "text": old[name], "unit": "–"}, {"value": new, "text": new, "unit": "–"}
        )
    assert not changes._moved({"value": "none", "text": "none", "unit": "–"}, {"value": 0, "text": "0", "unit": "rows"})
    thousand, whole = (
        {"value": 215.0, "text": "215", "unit": "thousand USD"},
        {"value": 214582, "text": "214,582", "unit": "USD"},
    )
    assert not changes._moved(thousand, whole)
    assert changes._moved(whole, whole | {"text": "213,480"})
    assert changes._moved(
        {"value": "a", "text": "2026-10-06", "unit": "–"}, {"value": "b", "text": "7 October 2026", "unit": "–"}
    )


def test_without_a_history_the_page_is_the_change_log(tmp_path):
    """As in a downloaded archive."""
    write(tmp_path, numbers=BASE, verdicts=STATEMENTS)
    (tmp_path / "CHANGELOG.md").write_text(LOG)
    page = changes.page(tmp_path)
    assert "value changed" not in page
    assert page.count("\n## ") == 3
