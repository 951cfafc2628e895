"""Another article in an hour: rows of an invented one on a copy of the tables that moved on, and what its page says.

Other companies, another month, eight statements of eight types, no line of code.
"""

import csv
import re

import nbformat
import pytest

from minerpivot.article import claims
from minerpivot.book import published
from tests import grow, spoken

KEY = "example-2026-05-15"
ARTICLE = {
    "article_id": KEY, "outlet": "The Example", "domain": "example.org", "role": "assessed",
    "source_url": "https://example.org/miners", "published_on": "2026-05-16", "speaks_of": "2026-05-15",
    "text_grade": "C", "n_texts": "1",
}  # fmt: skip
STATEMENTS = [  # what is right and what is wrong was read from the tables by hand
    {"claim_id": "x-apld-ytd", "type": "return", "claim": "Applied Digital is up 74 percent this year",
     "published_value": "74", "unit": "percent", "ticker": "APLD", "window": "year_to_date"},
    {"claim_id": "x-apld-close", "type": "level", "measure": "close", "claim": "Applied Digital closed at 42.56",
     "published_value": "42.56", "unit": "USD", "ticker": "APLD"},
    {"claim_id": "x-googl-plan", "type": "guidance", "claim": "Alphabet plans to spend 175 to 185 billion dollars",
     "published_low": "175", "published_high": "185", "unit": "USD bn", "ticker": "GOOGL", "guided_period": "2026"},
    {"claim_id": "x-googl-report", "type": "date", "measure": "earnings_report", "claim": "Alphabet reports on 22 July",
     "published_value": "2026-07-22", "unit": "date", "ticker": "GOOGL"},
    {"claim_id": "x-signers", "type": "count_or_rank", "measure": "signers", "claim": "Ten miners have signed",
     "published_value": "10", "unit": "count"},
    {"claim_id": "x-wulf-riot", "type": "comparative", "measure": "share_returns",
     "claim": "Riot did better than TeraWulf over a year", "ticker": "RIOT", "second_ticker": "WULF",
     "window": "one_year"},
    {"claim_id": "x-hut-beacon", "type": "event", "measure": "contract", "claim": "In May Hut 8 signed a large lease",
     "deal_id": "HUT-2026-05-BEACON", "period": "2026-05"},
    {"claim_id": "x-quote", "type": "quotation", "claim": 'Its chief said "power is the product"', "ticker": "CLSK"},
]  # fmt: skip
TOPICS = {"guidance": "hyperscaler-capex", "date": "hyperscaler-capex", "count_or_rank": "miner-deals",
          "event": "miner-deals"}  # fmt: skip
EVIDENCE = [
    {"claim_id": "x-quote", "evidence_no": str(number), "stance": "contradicts", "publisher": house,
     "evidence": "The call's transcript has other words.", "published_on": "2026-05-20",
     "source_url": f"https://example.org/{house}"}
    for number, house in enumerate(("one", "two"), 1)
]  # fmt: skip
EXPECTED = {
    "x-apld-ytd": claims.CONFIRMED,
    "x-apld-close": claims.CONFIRMED,  # as traded: ten of these shares have become one since
    "x-googl-plan": claims.CONTRADICTED,  # it had raised both ends in April
    "x-signers": claims.CONFIRMED,  # eleven tickers: a subsidiary and its parent are one
    "x-wulf-riot": claims.CONTRADICTED,
    "x-hut-beacon": claims.CONFIRMED,
    "x-quote": claims.CONTRADICTED,
}


def append(path, rows):
    """Add rows to a table; cells that they lack stay empty."""
    with path.open(encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file))
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, columns, lineterminator="\n").writerows(rows)


@pytest.fixture(scope="module")
def fork(tmp_path_factory):
    """A copy in which the chapter checks the invented article; its notebook, executed."""
    folder = grow.copy(tmp_path_factory.mktemp("fork") / "copy")
    texts = folder / "data" / "articles.csv"
    texts.write_text(texts.read_text("utf-8").replace(",assessed,", ",rewrite,"), encoding="utf-8")
    append(texts, [ARTICLE])
    rows = [
        row | {"article_id": KEY, "statement_no": str(number), "topic": TOPICS.get(row["type"], "stock-performance"),
               "subject": row.get("ticker", "miners"), "as_of": "2026-05-15"}
        for number, row in enumerate(STATEMENTS, 1)
    ]  # fmt: skip
    append(folder / "data" / "claims.csv", rows)
    append(folder / "data" / "claims_evidence.csv", EVIDENCE)
    said = grow.run(folder, "-m", "minerpivot", "check")
    assert "claims: 8 rows" in said or "Recorded" in said
    path = folder / "chapters" / "fact-check.ipynb"
    grow.execute(folder, path)
    return nbformat.read(path, as_version=4)


def read(notebook):
    """The page's text as a reader gets it."""
    values = published.pages(published.recorded({"fact-check.ipynb": nbformat.writes(notebook)}))
    return spoken.sentences(spoken.markdown(notebook), values)


def verdicts(notebook):
    """What the page records for each statement."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    kept = [output.metadata for output in outputs if output.get("metadata", {}).get("minerpivot", {}).get("kind")]
    data = {o.metadata.scrapbook.name: o for o in outputs if "scrapbook" in o.get("metadata", {})}
    assert kept
    return {
        name: next(iter(output.data.values())).strip("'")
        for name, output in data.items()
        if output.metadata.minerpivot.kind == "verdict"
    }


def test_statements_of_another_article_are_judged_from_their_rows(fork):
    """Right figures are confirmed, wrong ones are not; when Alphabet reports depends on rows that move."""
    found = verdicts(fork)
    assert set(found) == {row["claim_id"] for row in STATEMENTS}
    assert {name: found[name] for name in EXPECTED} == EXPECTED


def test_its_page_speaks_of_that_article_alone(fork):
    """Its day, its link and its companies, and nothing of the article that this report began with."""
    text = read(fork)
    assert "8 statements" in text
    assert "miners the article names five. They had done" in text  # of one only its contract
    assert "text at [example.org](https://example.org/miners) that speaks of 15 May 2026." in text
    assert "The quotation is not the words of the company." in text
    assert "The article is no rewrite" in text
    for other in ("28 January", "coinspeaker", "CoinDesk", "IREN", "halving was not", "no slowdown", "readings"):
        assert other not in text.partition("## Method and checks")[0]
    assert not re.search(r"\bnan\b|\{\{|\}\}", text)
