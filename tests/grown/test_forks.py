"""Forks of other companies: of what their tables lack a page says so, or says nothing; none stops with a trace."""

import re

import nbformat
import pandas as pd
import pytest

from minerpivot.book import published
from minerpivot.data.tables import DATA
from tests import grow, spoken


def without(folder, tickers):
    """Take the closes of tickers out of a copy, with what was accepted of them."""
    for name in ("prices", "prices_conflicts", "prices_failed"):
        path = folder / "data" / f"{name}.csv"
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        gone = table["symbol"].isin(tickers)
        table[~gone].to_csv(path, index=False, lineterminator="\n")
        said = path.with_suffix(".yml").read_text("utf-8")
        said = re.sub(rf"(?m)^- {{row: '?({'|'.join(map(re.escape, tickers))})\|.*\n", "", said)
        said = re.sub(r"(?m)^(accepted|holes):\n(?!-)", "", said)
        path.with_suffix(".yml").write_text(said + "empty: true\n" * bool(gone.all()), encoding="utf-8")


def executed(folder, *names):
    """Chapters of a copy, executed: the notebook of each, and its text as a reader gets it, by name."""
    paths = [folder / "chapters" / f"{name}.ipynb" for name in names]
    grow.execute(folder, *paths)
    found = {}
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        values = published.pages(published.recorded({path.name: nbformat.writes(notebook)}))
        found[path.stem] = notebook, spoken.sentences(spoken.markdown(notebook), values)
    return found


@pytest.fixture(scope="module")
def companies():
    """Whom the report is about."""
    return pd.read_csv(DATA / "instruments.csv", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def unpriced(companies, tmp_path_factory):
    """Chapters of a copy whose miners have no closes at all, by name."""
    folder = grow.copy(tmp_path_factory.mktemp("unpriced") / "copy")
    miners = companies["kind"].isin(["miner", "other_miner"])
    companies.assign(price_convention=companies["price_convention"].mask(miners, "")).to_csv(
        folder / "data" / "instruments.csv", index=False, lineterminator="\n"
    )
    without(folder, companies.loc[miners, "ticker"].tolist())
    grow.run(folder, "-m", "minerpivot", "check")
    return executed(folder, "fact-check", "hyperscaler-capex", "companies")


def test_the_fact_check_does_without_closes_of_miners(unpriced):
    """It compares nobody, in no chart, table or sentence, and names who has no closes."""
    notebook, text = unpriced["fact-check"]
    assert not {"named-and-missing", "every-miner"} & set(spoken.exhibits(notebook))
    assert "There are no closes here for American Bitcoin" in text
    assert not re.search(r"Compared are|beat the Nasdaq-100|Every miner's returns|\bnan\b", text)


def test_the_capex_chapter_does_without_closes_of_miners(unpriced):
    """It says that it cannot tell, and nothing of days that are still to come."""
    notebook, text = unpriced["hyperscaler-capex"]
    assert "The tables hold no closes of miners, so what their shares did after a statement is not told." in text
    assert not re.search(r"have not been traded yet|basket|\bnan\b", text)
    assert "After capex statements the companies did" in spoken.lines(notebook)["sessions-after"][0]


def test_companies_have_pages_without_closes(unpriced):
    """To the last session of the others."""
    notebook, _ = unpriced["companies"]
    assert "An enterprise value can be given for 0 of 0 listings" in str(spoken.lines(notebook))


def test_the_stock_chapter_does_without_small_miners(companies, tmp_path_factory):
    """Of the larger alone: no sentence counts none, none has a value without one."""
    folder = grow.copy(tmp_path_factory.mktemp("large") / "copy")
    prices = pd.read_csv(folder / "data" / "prices.csv", usecols=["symbol"])["symbol"]
    failed = pd.read_csv(folder / "data" / "prices_failed.csv", usecols=["symbol"])["symbol"]
    without(folder, sorted({*failed} - {*prices}))
    grow.run(folder, "-m", "minerpivot", "check")
    _, text = executed(folder, "stock-performance")["stock-performance"]
    assert not re.search(r"Whom you count decides|small ones|\bnan\b", text.partition("## Method and checks")[0])
