"""The fact check's page as stored: each statement once, links that lead somewhere, pictures that count the tables."""

import re

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from minerpivot.article import claims, telling
from minerpivot.book.execute import ROOT, chapters
from minerpivot.data.tables import load
from minerpivot.page.drawing import MIME as KIT_MIME
from minerpivot.page.tables import TABLE_MIME

PAGE = ROOT / "chapters" / "fact-check.ipynb"


def outputs(path):
    """All that a chapter has stored."""
    return [o for cell in nbformat.read(path, as_version=4).cells for o in cell.get("outputs", [])]


def shown_in(path):
    """Names of the figures and tables that a chapter has stored, and of its tables' rows."""
    data = [output.get("data", {}) for output in outputs(path)]
    stored = [each[mime] for each in data for mime in (KIT_MIME, TABLE_MIME) if mime in each]
    rows = {row["anchor"] for each in stored if each.get("anchors") for row in records(each)}
    return {each["name"] for each in stored} | rows


def records(table):
    """The rows of a stored table by column."""
    return [dict(zip([column["name"] for column in table["columns"]], row)) for row in table["rows"]]


@pytest.fixture(scope="module")
def tables():
    """The fact check's tables by name, as rows."""
    stored = [output["data"][TABLE_MIME] for output in outputs(PAGE) if TABLE_MIME in output.get("data", {})]
    return {table["name"]: records(table) for table in stored}


@pytest.fixture(scope="module")
def judged(tables):
    """The rows of all statements."""
    return [row for name, rows in tables.items() if name.startswith("checked-") for row in rows]


@pytest.fixture(scope="module")
def board():
    """The board of tiles."""
    (html,) = [
        o["data"]["text/html"] for o in outputs(PAGE) if 'class="board"' in o.get("data", {}).get("text/html", "")
    ]
    return BeautifulSoup(html, "html.parser")


def checked():
    """The statements of the article that the page checks."""
    return claims.statements(load("claims"), claims.assessed(load("articles"))["article_id"])


def broken(links, names):
    """Addresses "page.html#anchor" (or "#anchor" on the fact check) whose page or anchor `names` does not have."""
    parts = [(link, *re.fullmatch(r"(?:([\w-]+)\.html)?#([\w-]+)", link).groups()) for link in links]
    return [link for link, stem, anchor in parts if anchor not in names.get(stem or "fact-check", set())]


def test_every_link_of_the_fact_check_leads_to_a_figure_or_a_statement(judged, board):
    """Page and anchor exist in the chapter's stored outputs; a made-up one is found."""
    names = {path.stem: shown_in(path) for path in chapters()}
    links = {row["shown"][1] for row in judged} | {a["href"] for a in board.find_all("a")}
    assert len(links) > len(judged) + 5
    assert broken(links, names) == []
    assert broken({address for _, address in telling.SHOWN_IN.values()}, names) == []
    assert broken(["halving-squeeze.html#no-such-figure", "#statement-0"], names) == [
        "halving-squeeze.html#no-such-figure",
        "#statement-0",
    ]


def test_every_statement_is_on_the_page_with_a_verdict_and_a_reason(judged):
    """The tables hold each statement once, with a verdict of the list, what the data give, why, and a grade."""
    said = checked()
    expected = [f"{number}. {claim}" for number, claim in zip(said["statement_no"], said["claim"])]
    assert sorted(row["statement"] for row in judged) == sorted(expected)
    assert {row["verdict"] for row in judged} <= set(claims.VERDICTS)
    assert all(row["data"] and row["why"] for row in judged)
    assert {row["grade"] for row in judged} <= {"reported", "derived", "estimated"}


def test_what_changed_is_told_where_it_changed_and_nowhere_else(judged, tables):
    """Beside the statement and in the table of changes, with the verdict of the article's day."""
    told = {row["claim_id"] for row in judged if row["changed"]}
    assert told == {row["claim_id"] for row in judged if row["verdict"] != row["verdict_then"]}
    assert told == {row["claim_id"] for row in tables.get("changed-verdicts", [])}
    assert all(row["verdict_then"] in row["changed"] for row in judged if row["changed"])


def test_each_tile_is_a_statement_in_the_colour_of_its_verdict(judged, board):
    """Numbered; the statement is its name for those who do not see it, or stands beside it if it does not hold."""
    meant = {row["anchor"]: (telling.MEANINGS[row["verdict"]], row["statement"].partition(". ")[2]) for row in judged}
    tiles = {
        a["href"].removeprefix("#"): (
            a["class"][0],
            a["aria-label"].partition(": ")[2] if "aria-label" in a.attrs else a.find_next("span").contents[0].strip(),
        )
        for a in board.find_all("a")
    }
    assert tiles == meant


def test_the_scoreboard_counts_the_tables(judged):
    """What the chart draws first is what the tables say, one by one."""
    (chart,) = [
        o["data"][KIT_MIME] for o in outputs(PAGE) if o.get("data", {}).get(KIT_MIME, {}).get("name") == "scoreboard"
    ]
    panel = chart["choices"][0]["panels"][0]
    rows = (panel["datasets"] | panel["wide"]["datasets"])["table"]
    counts = pd.Series([row["verdict"] for row in judged]).value_counts().to_dict()
    assert {row["row"]: row["count"] for row in rows} == {
        telling.among(verdict, count): count for verdict, count in counts.items()
    }


def test_what_a_day_fixed_is_not_judged_anew(judged):
    """A printed return and what that evening's results showed have one verdict: later data and pages change neither."""
    said = checked()
    fixed = set(said.index[(said["type"] == "return") | (said["measure"] == "capex_growth")])
    assert fixed
    assert {row["claim_id"] for row in judged if row["claim_id"] in fixed and row["changed"]} == set()


def test_the_code_of_the_fact_check_names_no_statement_contract_or_stock_of_the_article():
    """What is true of a row is read from it: no key of a claim, a deal or a named company stands in a cell."""
    cells = nbformat.read(PAGE, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    said = load("claims")
    keys = {*said["claim_id"], *load("deals")["deal_id"], *said["ticker"].dropna(), *said["second_ticker"].dropna()}
    assert {key for key in keys if re.search(rf"[\"']{re.escape(key)}[\"']", code)} == set()
    assert "str.contains" not in code
    assert "str.extract" not in code


def test_the_page_names_no_company_contract_or_outlet_itself():
    """Its prose holds for any article: what the article names comes in with its rows."""
    cells = nbformat.read(PAGE, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    names = load("instruments").query("kind in ('miner', 'hyperscaler')")["short_name"]
    outlets = load("articles")[["outlet", "domain"]].to_numpy().ravel()
    assert [name for name in {*names, *outlets} if re.search(rf"\b{re.escape(name)}\b", text)] == []


def test_nobody_is_quoted_beyond_a_short_phrase():
    """What stands in quotation marks in a statement, its evidence or a text's row is a phrase of at most ten words."""
    said = [*load("claims")["claim"], *load("claims_evidence")["evidence"], *load("articles")["differences"].dropna()]
    quoted = [phrase for text in said for phrase in re.findall(r'"([^"]+)"', text)]
    assert quoted
    assert [phrase for phrase in quoted if len(phrase.split()) > 10] == []


def test_every_preview_of_the_landing_page_exists():
    """The start page shows pictures of figures that the chapters have."""
    previews = re.findall(r"```\{preview\} chapters/([\w-]+)\.ipynb ([\w-]+)", (ROOT / "index.md").read_text("utf-8"))
    names = {path.stem: shown_in(path) for path in chapters()}
    assert len(previews) >= 5
    assert [preview for preview in previews if preview[1] not in names[preview[0]]] == []


def test_no_notebook_names_the_article():
    """Another one is checked by its row alone: what a cell needs of it stands in the tables."""
    keys = load("articles")["article_id"]
    for path in sorted(PAGE.parent.glob("*.ipynb")):
        said = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
        assert not [key for key in keys if key in said], path.name
