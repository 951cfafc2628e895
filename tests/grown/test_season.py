"""The capex chapter in a season to come, as the grown copy executed it, read sentence by sentence.

The copy (`tests/grow.py`) has two more quarters of every company and of Nvidia, a cut (Amazon), a restatement (Meta), a
headline that ends (Microsoft's with leases) and a figure that does not say what it counts (Alphabet's, a year ahead).
"""

import re
import subprocess

import nbformat
import pandas as pd
import pytest

from minerpivot.book import published
from minerpivot.book.execute import ROOT
from minerpivot.data import tables
from tests import grow, spoken

CHAPTER = ROOT / "chapters" / "hyperscaler-capex.ipynb"


@pytest.fixture(scope="module")
def chapter():
    """The chapter as executed."""
    return nbformat.read(CHAPTER, as_version=4)


@pytest.fixture(scope="module")
def spending():
    """What its cells recorded, as the text sees it."""
    return published.pages(published.recorded({CHAPTER.name: CHAPTER.read_text("utf-8")}))["spending"]


@pytest.fixture(scope="module")
def text(chapter, spending):
    """The sentences that stand, those of hidden blocks left out, with their values filled in."""
    return spoken.sentences(spoken.markdown(chapter), {"spending": spending})


@pytest.fixture(scope="module")
def exhibits(chapter):
    """What is said of each chart and table, by name: a line for each choice."""
    return spoken.lines(chapter)


def grown(table):
    """The rows of a table that the season appended."""
    rows = pd.read_csv(tables.DATA / f"{table}.csv")
    return rows[rows["source_url"] == grow.SOURCE]


def test_the_season_is_in_the_tables(tmp_path):
    """The copy's one commit has them as they were before."""
    said = subprocess.run(["git", "show", "HEAD:data/datapackage.json"], cwd=ROOT, capture_output=True, check=True)
    (tmp_path / "datapackage.json").write_bytes(said.stdout)
    before, after = tables.entries(tmp_path), tables.entries()
    assert all(after[name]["rows"] > before[name]["rows"] for name in ("deals", "prices", "capex_actuals"))


def test_every_sentence_title_and_description_can_be_read(text, exhibits):
    """Nothing missing is printed, nouns agree with their numbers, and no sentence begins in lower case."""
    for line in [text, *(line for lines in exhibits.values() for line in lines)]:
        assert not re.search(r"\bnan\b|\bNaT\b|<NA>|\binf\b|\{\{|\bNone (?!of )", line), line
        assert not re.search(r"\bone (?:companies|misses|outlooks|years|quarters|figures)\b", line), line
        assert not re.search(r"(\d+%) to \1", line), line
    begins_low = [part for part in text.split("\n\n") if re.match(r"[a-z]", part)]
    assert all(part.startswith(("went into", "with the first dated range")) for part in begins_low), begins_low
    assert len(exhibits) >= 17


def test_the_badge_moves_with_the_season(spending, text):
    """All are known to their last quarter, none is due that has come, and the next one is named."""
    last = grown("capex_actuals").query("definition == 'cash_ppe'").groupby("ticker")["period_end"].max()
    assert spending.known_through == f"{pd.Timestamp(last['META']):%B %Y}"
    for ticker, name in {"ORCL": "Oracle", "META": "Meta"}.items():
        assert re.search(rf"{name}[^,]* to {pd.Timestamp(last[ticker]):%B %Y}", str(spending.reports_in))
    assert spending.due.number == 0
    assert f"The next is that of {spending.next_of}, due around {spending.next_report}." in text


def test_a_cut_is_counted_and_a_restatement_is_none(spending, exhibits):
    """Amazon's last figure for the year is below its first; Meta's restated one is drawn as restated."""
    new = grown("capex_guidance")
    told_anew = new[new["restates"].notna()]
    assert len(told_anew) == 1
    year = f"Capex for {told_anew['guided_period'].iloc[0]}, "
    assert sum("(restated)" in line and year in line for line in exhibits["guidance-path"]) == 1
    assert spending.lowered >= 1
    said = pd.read_csv(tables.DATA / "capex_guidance.csv")
    amazon = said[(said["ticker"] == "AMZN") & (said["guided_period"].astype(str) == str(spending.outlook_year))]
    assert amazon.index[-1] in new.index, "the season says something of the year"
    assert amazon["point_usd_bn"].iloc[-1] < amazon["point_usd_bn"].iloc[0]


def test_what_does_not_say_what_it_counts_joins_no_sum(spending, text, exhibits):
    """Alphabet's figure for the next year is named, drawn as such and not among those that are summed."""
    assert "Alphabet" in spending.unsaid
    assert "Alphabet" not in spending.next_guiding
    assert f"{spending.unsaid} gave a figure without saying what it counts" in text
    assert any("(definition not given)" in line for line in exhibits["guidance-path"])


def test_a_headline_that_ended_stands_in_no_later_total(exhibits):
    """Totals with leases end with Microsoft's old headline and say so; those in cash go on."""
    last = pd.Timestamp(grown("capex_actuals").query("ticker == 'MSFT'")["period_end"].max())
    cash, *_, leases = exhibits["capex-quarters"]
    assert f"to {last:%B %Y}; counted: cash" in cash
    assert f"to {last:%B %Y}" not in leases


def test_the_next_year_appears_with_its_rows(spending, text):
    """As soon as companies have guided it, and no longer as words only."""
    assert spending.next_guiding.number > 0
    assert f"For {spending.next_year} {spending.next_guiding} have given a plain figure" in text
