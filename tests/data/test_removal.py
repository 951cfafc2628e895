"""Companies that a fork does not follow leave every table at once, and take nothing else along."""

import os
import shutil
import signal
import subprocess
import sys

import nbformat
import pandas as pd
import pytest
import yaml

from minerpivot.data import journal, removal, tables
from tests.frozen import FOLDER


def read(path):
    """A table's cells as text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def gone(tmp_path_factory):
    """The frozen tables as text, before and without two companies, of which one is made a parent."""
    folder = shutil.copytree(FOLDER, tmp_path_factory.mktemp("removed") / "tables")
    companies = read(folder / "instruments.csv")
    companies.loc[companies["ticker"] == "ABTC", "parent"] = "HUT"
    companies.to_csv(folder / "instruments.csv", index=False, lineterminator="\n")
    before = {path.stem: read(path) for path in folder.glob("*.csv")}
    changed, _ = removal.remove(["HUT", "IREN"], folder)
    after = {path.stem: read(path) for path in folder.glob("*.csv")}
    return before, after, changed


def about(table):
    """The rows that are about the two."""
    return table[[column for column in removal.OWN if column in table]].isin({"HUT", "IREN"}).any(axis=1)


def test_no_row_is_about_it_any_more(gone):
    """Of any table; rows about others are as they were, where they name none of the two."""
    before, after, _ = gone
    for name in before.keys() - {"claims", "claims_evidence", "instruments", "knowledge"}:
        pd.testing.assert_frame_equal(after[name], before[name][~about(before[name])].reset_index(drop=True))
    for name in ("claims", "instruments"):
        assert len(after[name]) == (~about(before[name])).sum()


def test_what_refers_to_it_goes_along_or_names_nobody(gone):
    """Evidence on a statement that is gone, what was learned of a deal; a subsidiary stands alone."""
    before, after, changed = gone
    deals = set(before["deals"].loc[about(before["deals"]), "deal_id"])
    assert deals
    assert not set(after["event_flags"]["deal_id"]) & deals
    assert not set(after["knowledge"]["row"]) & deals
    others = set(before["deals"]["deal_id"]) - deals
    assert set(after["knowledge"]["row"]) & others == set(before["knowledge"]["row"]) & others != set()
    assert set(after["claims_evidence"]["claim_id"]) <= set(after["claims"]["claim_id"])
    assert len(after["claims"]) < len(before["claims"])
    parents = [each["instruments"].set_index("ticker")["parent"]["ABTC"] for each in (before, after)]
    assert parents == ["HUT", ""]
    assert {"instruments", "deals", "prices", "claims"} <= set(changed)
    assert "network" not in changed


def test_a_ticker_that_nobody_has_is_told_before_anything_is_written(tmp_path):
    """With those that there are."""
    folder = shutil.copytree(FOLDER, tmp_path / "tables")
    with pytest.raises(tables.TableError, match=r"instruments\.csv has no 'IRN'; the tickers are .*IREN"):
        removal.remove(["HUT", "IRN"], folder)
    assert (folder / "instruments.csv").read_bytes() == (FOLDER / "instruments.csv").read_bytes()


def contents(folder):
    """Every file of a folder by name, byte for byte."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


KILLED = """
import os, signal, sys
from pathlib import Path
from minerpivot.data import removal
real, calls = os.replace, 0
def dying(source, target):
    global calls
    calls += 1
    if calls == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    real(source, target)
os.replace = dying
removal.remove(["HUT"], Path(sys.argv[1]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize("step", [2, 4])
def test_killed_between_two_tables_all_come_back(tmp_path, step):
    """Those too with an edit that nobody has committed; what else the folder holds is not touched."""
    folder = shutil.copytree(FOLDER, tmp_path / "tables")
    with (folder / "fates.csv").open("a", encoding="utf-8") as file:
        file.write("HUT,an edit,merged,2026-01-05,,,,,,,,\n")
    old = contents(folder)
    run = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(step)], env=os.environ)
    assert run.returncode == -signal.SIGKILL
    assert len([name for name, content in contents(folder).items() if content != old[name]]) == step - 2
    assert journal.recover(folder)
    assert contents(folder) == old


def test_the_tables_as_they_were_are_kept(tmp_path):
    """No commit may have them; and a table that a spreadsheet saved is read all the same."""
    folder = shutil.copytree(FOLDER, tmp_path / "tables")
    path = folder / "fates.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") + b"HUT,an edit,merged,2026-01-05,,,,,,,,\r\n")
    old = contents(folder)
    changed, before = removal.remove(["IREN", "HUT"], folder)
    assert {"instruments", "fates"} <= set(changed)
    assert before == tmp_path / "_build" / "removed" / "HUT-IREN"
    assert contents(before) == {f"{name}.csv": old[f"{name}.csv"] for name in changed}


def test_a_table_that_cannot_be_read_stops_it(tmp_path):
    """Before anything is written."""
    folder = shutil.copytree(FOLDER, tmp_path / "tables")
    path = folder / "deals.csv"
    path.write_bytes(path.read_bytes().replace(b",", b";"))
    old = contents(folder)
    with pytest.raises(tables.TableError, match=r"^data/deals\.csv: its cells are separated by semicolons"):
        removal.remove(["HUT"], folder)
    assert contents(folder) == old
    assert not (tmp_path / ".refresh").exists()


def test_what_was_accepted_of_its_rows_goes_along(tmp_path):
    """Of others it stays, as do comments; a list that is left empty goes with its heading, and all is kept."""
    folder = shutil.copytree(FOLDER, tmp_path / "tables")
    old = contents(folder)
    _, before = removal.remove(["META"], folder)
    now = contents(folder)
    assert {name for name in now if now[name] != old[name] and name.endswith("yml")} == {
        "capex_actuals.yml",
        "capex_annual.yml",
    }
    assert b"accepted" not in now["capex_annual.yml"]
    assert (before / "capex_annual.yml").read_bytes() == old["capex_annual.yml"]
    assert b"WULF-2025-08-FS1, field: same_day" in now["event_flags.yml"]


def test_a_forecast_of_a_sum_goes_with_each_of_its_companies(tmp_path):
    """What analysts expect of two together cannot be set beside one; that of another company stays."""
    folder = shutil.copytree(FOLDER, tmp_path / "tables")
    rows = read(folder / "consensus.csv")
    more = rows.iloc[:1].assign(consensus_id="MSFT+META-2026-2026-01-26", subject="MSFT+META")
    pd.concat([rows, more]).to_csv(folder / "consensus.csv", index=False, lineterminator="\n")
    removal.remove(["META"], folder)
    pd.testing.assert_frame_equal(read(folder / "consensus.csv"), rows)


def test_texts_that_still_name_it_are_listed(tmp_path):
    """By ticker or either name, as a whole word, where a person finds it; what stayed or is another word is not."""
    folder = shutil.copytree(FOLDER, tmp_path / "data")
    removal.remove(["HUT", "APLD"], folder)  # as a fork that has settled what named them
    for path in (*folder.glob("*.yml"), *folder.glob("*.csv")):
        if path.name != "instruments.csv":
            path.unlink()
    (tmp_path / "chapters").mkdir()
    cells = map(nbformat.v4.new_markdown_cell, ("Of IREN.", "Hut 8 and IREN", "A hut, HUTS, or Huts 8", "and IREN."))
    nbformat.write(nbformat.v4.new_notebook(cells=[*cells]), tmp_path / "chapters" / "deals.ipynb")
    (tmp_path / "index.md").write_text("One of HUT.\nNone.\nApplied Digital's\n" + "HUT, APLD\n" * 4, encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text("HUT was there", encoding="utf-8")
    (folder / "deals.csv").write_text('deal_id,notes\n1,IREN\n2,"as Hut 8 Corp. did"\n', encoding="utf-8")
    (folder / "deals.yml").write_text("notes: (HUT)\n", encoding="utf-8")
    assert removal.still_named(FOLDER, tmp_path) == [
        "chapters/deals.ipynb cell 2",
        "data/deals.csv row 3",
        "data/deals.yml line 1",
        "index.md line 1, 3, 4, 5, 6 and 1 more",
    ]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a: 1\naccepted:\n- {row: X|1, why: a}\n# of Y\n- {row: Y|1, why: b\n    c}\nb: 2\n", {"X|1"}),
        ("accepted:  # two\n  - row: X|1\n    why: a\n  - row: Y|1\n    why: b\nb: 2\n", {"X|1"}),
        ("accepted:\n- row: Y|1\n  why: b\n- row: X|1\n  why: a\n", {"X|1"}),
    ],
)
def test_a_line_is_taken_out_however_it_is_written(text, kept):
    """In braces over two lines, or as a block of lines."""
    less = removal._accepting(text, kept)
    said = yaml.safe_load(text)
    assert yaml.safe_load(less) == said | {"accepted": [item for item in said["accepted"] if item["row"] in kept]}
    assert [line for line in less.splitlines() if "#" in line] == [line for line in text.splitlines() if "#" in line]
    assert removal._accepting(text, {"X|1", "Y|1"}) == text
