"""Sources by name: what a filing, exhibit, release or page is called, and which speaks first."""

import pandas as pd
import pytest

from minerpivot.data.tables import load
from minerpivot.deals import sources

EDGAR = "https://www.sec.gov/Archives/edgar/data/1/2/"


@pytest.mark.parametrize(
    ("address", "kind", "day", "name"),
    [
        (EDGAR + "form8-k.htm", "filing", "2025-11-03", "8-K, 3 Nov 2025"),
        (EDGAR + "tm2523008d2_8k.htm", "filing", "2025-08-14", "8-K, 14 Aug 2025"),
        (EDGAR + "iren-20260630.htm", "filing", "2026-08", "SEC filing, Aug 2026"),
        (EDGAR + "hut-20251217xex99d1.htm", "exhibit", "2025-12-17", "Exhibit 99.1, 17 Dec 2025"),
        (EDGAR + "ex99-2.htm", "exhibit", "2025-06-02", "Exhibit 99.2, 2 Jun 2025"),
        (EDGAR + "dp234624_ex9901.htm", "exhibit", "2025-09-25", "Exhibit 99.1, 25 Sep 2025"),
        (EDGAR + "barberlakeleaseamendmentpr.htm", "exhibit", None, "Exhibit, undated"),
        ("https://www.prnewswire.com/a", "release", "2025", "Release, 2025"),
        ("https://www.theregister.com/b", "press", "2025-06-02", "theregister.com, 2 Jun 2025"),
    ],
)
def test_a_source_is_called_what_it_is(address, kind, day, name):
    """Form and exhibit as the address shows them, never guessed; a day as people say it."""
    assert sources.source_name(address, kind, day) == name


def test_the_companys_own_word_comes_first():
    """A filing before a release before the press, the earlier of two of a kind."""
    rows = pd.DataFrame(
        [
            ("A", "https://press.com/1", "press", "2025-01-01"),
            ("A", EDGAR + "8k.htm", "filing", "2025-01-03"),
            ("A", EDGAR + "10q.htm", "filing", "2025-05-03"),
            ("B", "https://press.com/2", "press", None),
        ],
        columns=["deal_id", "source_url", "kind", "published_on"],
    )
    found = sources.cited(rows)
    assert found.loc["A", "source"] == ("8-K, 3 Jan 2025", EDGAR + "8k.htm")
    assert found.loc["A", "other"][0] == "10-Q, 3 May 2025"
    assert found["evidence"].to_dict() == {"A": "primary", "B": "secondary"}
    assert found.loc["B", "source"][0] == "press.com, undated"
    assert pd.isna(found.loc["B", "other"])


def test_a_page_older_than_the_announcement_is_no_evidence():
    """A filing of May cannot tell of October: the undated press comes first, and the row is no longer primary."""
    rows = pd.DataFrame(
        [("A", EDGAR + "8k.htm", "filing", "2026-05-26"), ("A", "https://press.com/1", "press", None)],
        columns=["deal_id", "source_url", "kind", "published_on"],
    )
    found = sources.cited(rows, pd.Series({"A": pd.Timestamp("2026-10-05")}))
    assert found.loc["A", "source"][0] == "press.com, undated"
    assert found.loc["A", "evidence"] == "secondary"
    assert sources.cited(rows).loc["A", "evidence"] == "primary"
    only = sources.cited(rows.head(1), pd.Series({"A": pd.Timestamp("2026-10-05")}))
    assert only.loc["A", "evidence"] == "secondary"


def test_every_deal_with_a_source_has_a_name_for_it():
    """No link is called "source"."""
    found = sources.cited(load("deal_sources"))
    assert found["source"].str[0].str.contains(", ").all()
    assert found["sources"].sum() == len(load("deal_sources"))


def test_a_page_of_another_table_has_a_name_too():
    """By the table if it knows the address, else by what the address shows."""
    names = sources.page_names(load("deal_sources"))
    address = load("deal_sources")["source_url"].iloc[0]
    assert sources.page(address, names) == (names[address], address)
    assert sources.page(EDGAR + "x_8k.htm", names)[0] == "8-K"
    assert sources.page(EDGAR + "dp1_ex9901.htm", names)[0] == "Exhibit 99.1"
    assert sources.page("https://www.press.com/a", names)[0] == "press.com"


def test_pages_without_an_address_have_no_link():
    """Each address becomes its name and itself; where none was given nothing is shown."""
    addresses = pd.Series(["https://example.org/a", None], index=[7, 3])
    found = sources.pages(addresses, {"https://example.org/a": "Release, 2025"})
    assert found[7] == ("Release, 2025", "https://example.org/a")
    assert pd.isna(found[3])
    assert sources.pages(addresses.iloc[:0], {}).empty
