"""The whole report as of the article's day, and on a grown copy as of a day between: it knows nothing later."""

import calendar
import itertools
import os
import random
import re
import shutil

import nbformat
import pytest
from bs4 import BeautifulSoup

from minerpivot.book import editions, execute, profiles, published
from minerpivot.book.build import build_site
from minerpivot.data import tables
from minerpivot.page.words import OWN
from tests import spoken
from tests.grow import few_draws

FIRST, LAST = editions.span()  # the article's day and the end of the data, of which the report itself tells
BETWEEN = FIRST + (LAST - FIRST) * random.Random(840_000).random()
ARTICLE = f"{FIRST:%Y-%m-%d}"
GROWN = tables.TODAY in os.environ  # `make grown`: that copy's history is longer, and `make test` need not wait for it
DAY = f"{BETWEEN:%Y-%m-%d}" if GROWN else ARTICLE
MONTHS = list(calendar.month_name)[1:]
DIRECTIONS = re.compile(
    r"\b(rose|fell|rises|falls|grew|shrank|gained|climbed|dropped|increased|decreased|"
    r"outperformed|underperformed|higher|lower|rising|falling)\b"
)
TRUE_IN_ANY_DATA = (  # direction words beside a number that define it and state no result
    "failed or shrank",
    "It rose by more than chance at",
    "of these falls",
    "was lower after the first contract at",
    "fell by more than chance could explain",
    "failed, shrank or stayed small",
    "began with a lower difficulty",
    "stood lower at the same age",
    "of those rose by more than",
    "were dropped",
    "also rises when mining falls",
)


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    """The executed notebooks of that day, outside the repository's own build folder."""
    editions.checked(DAY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(editions, "EDITIONS", tmp_path_factory.mktemp("editions"))
        patch.setenv(tables.EDITION, DAY)
        paths = editions.prepare(DAY)
        for path in paths:
            few_draws(path)
        execute.execute_stale(paths)
        yield paths


def later_than(day, text):
    """Days and months in a text that are later than `day`."""
    found = [stamp for stamp in re.findall(r"\b20\d\d-\d\d-\d\d\b", text) if stamp > day]
    found += [stamp for stamp in re.findall(r"\b20\d\d-\d\d\b(?!-)", text) if stamp > day[:7]]
    named = re.findall(rf"(?:(\d{{1,2}})[ \u00a0])?({'|'.join(MONTHS)}) (20\d\d)", text)
    for number, month, year in named:
        stamp = f"{year}-{MONTHS.index(month) + 1:02d}" + (f"-{int(number):02d}" if number else "")
        if stamp > day[: len(stamp)]:
            found.append(stamp)
    return found


def test_later_dates_are_recognised():
    """In each form that the pages use; the day itself and what came before are not later."""
    assert later_than(ARTICLE, "2026-01-28, January 2026, 28 January 2026, 2025-12") == []
    assert later_than(ARTICLE, "29 January 2026") == ["2026-01-29"]
    assert later_than(ARTICLE, "on 2026-02-05 and in 2026-03, or June 2026") == ["2026-02-05", "2026-03", "2026-06"]


def test_every_number_is_of_its_day(edition):
    """Values exist, and none rests on a later day or names one."""
    numbers, facts = published.listed(published.recorded({path.name: path.read_text("utf-8") for path in edition}))
    listed = [*numbers, *facts]
    assert len(listed) > 100
    assert [entry["id"] for entry in listed if entry["as_of"] > DAY] == []
    texts = {entry["id"]: later_than(DAY, str(entry["value"])) for entry in listed}
    expected = {
        "halving-squeeze/next_halving",
        "hyperscaler-capex/nvidia_day",
        "hyperscaler-capex/next_report",
        "companies/next_due",
    }  # a forecast; a day that the article gives; days that a report or a delivery is expected on
    ahead = {name for name in texts if name.endswith(("/starts", "/next"))}  # dates that contracts and companies name
    assert {name: stamps for name, stamps in texts.items() if stamps and name not in expected | ahead} == {}


def apart(soup):
    """The same with a bar after each cell: "27" of one, or word of a drawing, and "June 2028" of the next is no day."""
    for cell in soup.select("td, th, text"):
        cell.append(" |")
    return soup


def built(paths, folder):
    """What the pages of an edition's site say, by page: text, tables, titles and descriptions."""
    site = build_site(paths[0].parents[1], folder)
    for page in [site / "index.html", *(site / "chapters").glob("*.html"), *(site / "companies").glob("*.html")]:
        soup = BeautifulSoup(page.read_text("utf-8"), "lxml")
        for hidden in soup.select("details.code, pre, script, style, nav, footer"):
            hidden.decompose()
        article = soup.select_one("article")
        texts = [
            apart(article).get_text(" ", strip=True),
            *(tag["aria-label"] for tag in article.select("[aria-label]")),
        ]
        yield page.stem, page.parent.name, texts
    shutil.rmtree(site)


def told(paths):
    """The same of the notebooks, without the drawings' own words: `make test` need not wait for a site."""
    values = published.pages(published.recorded({path.name: path.read_text("utf-8") for path in paths}))
    index = paths[0].parents[1] / "index.md"
    yield index.stem, "", [spoken.sentences(index.read_text("utf-8"), values).replace("**", "")]
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        template = path.name == profiles.TEMPLATE.name
        for name in profiles.names(notebook) if template else [path.stem]:
            if template:
                values[OWN].turn_to(name)
            page = profiles.page(notebook, name) if template else notebook
            texts = [spoken.sentences(spoken.markdown(page), values), *itertools.chain(*spoken.lines(page).values())]
            texts += [apart(table).get_text(" ") for table in spoken.tables(page)]
            yield name, profiles.FOLDER if template else "chapters", texts


def test_the_pages_of_a_day_know_nothing_later(edition, tmp_path):
    """The article's day as its notebooks tell it, another one, which has the time, as a whole site."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(tables.EDITION, DAY)
        promises = [*tables.load("deals")["start_expected"].dropna(), *tables.load("deliveries")["due"].dropna()]
        promises += [*tables.load("financings")["maturity"].dropna()]
        sheets = tables.load("balance_sheets")  # its notes are of that day and name when debt is due
        promises += [
            stamp
            for note in [*sheets["note"].dropna(), *sheets["debt_note"].dropna()]
            for stamp in later_than(DAY, note)
        ]
    read = 0
    for page, folder, texts in built(edition, tmp_path) if GROWN else told(edition):
        texts = [re.sub(r"(due|,) around \d{1,2} \w+ \d{4}", "", text) for text in texts]  # the next report's
        found = [stamp for text in texts for stamp in later_than(DAY, text)]
        found = [stamp for stamp in found if stamp not in EXPECTED_THEN.get(page, ())]
        if page in ("miner-deals", "companies", "index") or folder == profiles.FOLDER:
            found = [stamp for stamp in found if not any(stamp in promise for promise in promises)]
        assert found == [], page
        read += len(texts)
    assert read > 100


EXPECTED_THEN = {  # dates that the article's day looked forward to
    "fact-check": ("2026-02-25", "2026-08"),  # the article's claim about Nvidia's report; the start of a lease
}


@pytest.mark.parametrize("path", [*execute.chapters(), execute.ROOT / "index.md"], ids=lambda path: path.stem)
def test_no_sentence_with_a_number_has_a_typed_direction(path):
    """A word such as "rose" beside a computed number must be computed as well."""
    if path.suffix == ".md":
        text = path.read_text("utf-8")
    else:
        cells = nbformat.read(path, as_version=4).cells
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    text = re.sub(r"\{\{.*?\}\}", "{{}}", text)  # the words in a value are chosen, and it may hold whole sentences
    for sentence in re.split(r"(?<=[.;:])\s+|\n", text):
        bare = re.sub(r"\"[^\"]*\"|“[^”]*”|\]\([^)]*\)", "#", sentence)
        if "{{" in sentence and DIRECTIONS.search(bare):
            assert any(known in bare for known in TRUE_IN_ANY_DATA), sentence
