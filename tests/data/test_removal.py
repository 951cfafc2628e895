"""Companies that a fork does not follow leave every table at once, and take nothing else along."""

import shutil

import pandas as pd
import pytest

from minerpivot.data import removal, tables
from tests.frozen import FOLDER


@pytest.fixture(scope="module")
def gone(tmp_path_factory):
    """The frozen tables as text, before and without two companies, of which one is made a parent."""
    folder = shutil.copytree(FOLDER, tmp_path_factory.mktemp("removed") / "tables")
    companies = removal._text(folder / "instruments.csv")
    companies.loc[companies["ticker"] == "ABTC", "parent"] = "HUT"
    companies.to_csv(folder / "instruments.csv", index=False, lineterminator="\n")
    before = {path.stem: removal._text(path) for path in folder.glob("*.csv")}
    changed = removal.remove(["HUT", "IREN"], folder)
    after = {path.stem: removal._text(path) for path in folder.glob("*.csv")}
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
