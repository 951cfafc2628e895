"""Pages of companies: from one notebook, each with its own outputs and values, there or gone with its row."""

import logging
import re
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest
from docutils import nodes
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from minerpivot.book import extension, profiles, published
from minerpivot.book.execute import ROOT
from minerpivot.data import tables
from minerpivot.data.tables import load
from minerpivot.page.words import OWN, PAGE_MIME, STORED, UnknownValueError, in_words


def marker(name):
    """What a cell shows before the outputs of a page."""
    return new_output("display_data", {PAGE_MIME: {"page": name}, "text/plain": name})


def shown(text):
    """Something that a cell shows."""
    return new_output("display_data", {"text/plain": text})


def told(name, value):
    """A recorded number."""
    record = {"page": OWN, "kind": "number", "unit": "MW", "as_of": "2026-10-07", "grade": "derived"}
    metadata = {"scrapbook": {"mime_prefix": STORED, "name": name}, "minerpivot": record}
    return new_output("display_data", {f"{STORED}text/plain": repr(value)}, metadata=metadata)


def template(*outputs):
    """A template of one text and one cell."""
    cells = [new_markdown_cell("# {{ company.mw }}"), new_code_cell("work()", outputs=list(outputs))]
    return new_notebook(cells=cells)


BOTH = template(shown("for all"), marker("AAA"), told("mw", 1), shown("a"), marker("BBB"), told("mw", 2), shown("b"))


def write(folder, notebook):
    """Pages made of a template in a folder of its own."""
    (folder / "chapters").mkdir(exist_ok=True)
    nbformat.write(notebook, folder / profiles.TEMPLATE)
    return profiles.write(folder)


def test_each_page_has_its_own_outputs_and_no_code(tmp_path):
    """Neither those of another company nor what stands before the first."""
    paths = write(tmp_path, BOTH)
    assert [path.stem for path in paths] == ["AAA", "BBB"]
    cell = nbformat.read(paths[0], as_version=4).cells[1]
    assert [output.data["text/plain"] for output in cell.outputs] == ["a"]
    assert "work()" not in cell.source


def test_what_is_wrong_on_pages_is_told_once_and_of_the_file_that_is_edited(tmp_path):
    """In the template's own count of cells, of which a page lacks some; what is wrong elsewhere is told as it is."""
    before = new_code_cell("nothing()", outputs=[marker("AAA")])
    paths = write(tmp_path, new_notebook(cells=[before, *BOTH.cells]))
    assert len(nbformat.read(paths[0], as_version=4).cells) == 2
    cells, said = extension.Cells(), []
    for path in (*paths, tmp_path / "chapters" / "data.ipynb", paths[0]):
        record = logging.LogRecord("", logging.WARNING, "", 0, "no %s", ("value",), None)
        record.location = f"{path}:10008"
        said += [record.location] if cells.filter(record) else []
    chapters = tmp_path / "chapters"
    assert said == [f"{chapters}/company.ipynb cell 2 line 7 (page AAA)", f"{chapters}/data.ipynb cell 1 line 7"]


def test_a_company_that_left_has_no_page_any_more(tmp_path):
    """At the next build; without a template there are none."""
    write(tmp_path, BOTH)
    assert [path.stem for path in write(tmp_path, template(marker("BBB"), shown("b")))] == ["BBB"]
    assert not (tmp_path / "companies" / "AAA.ipynb").exists()
    (tmp_path / profiles.TEMPLATE).unlink()
    assert profiles.write(tmp_path) == []
    assert not (tmp_path / "companies").exists()


def test_a_name_is_another_value_on_each_page():
    """And no value at all on a page that has none; the same name on two pages is no fault, twice on one it is."""
    values = published.recorded({"company.ipynb": nbformat.writes(BOTH)})
    own = published.pages(values)[OWN]
    read = []
    for page in ("AAA", "BBB"):
        own.turn_to(page)
        read.append(float(own.mw))
    assert read == [1, 2]
    own.turn_to("CCC")
    with pytest.raises(UnknownValueError, match="mw"):
        own.mw  # noqa: B018
    assert [entry["id"] for entry in published.listed(values)[0]] == ["AAA/mw", "BBB/mw"]
    assert published.faults(values, ["{{ company.mw }}"]) == []
    twice = published.recorded(
        {"company.ipynb": nbformat.writes(template(marker("AAA"), told("mw", 1), told("mw", 1)))}
    )
    assert "recorded in" in published.faults(twice, ["{{ company.mw }}"])[0]


def test_every_miner_has_a_page():
    """As the executed template stands, by the table of companies."""
    miners = load("instruments").query("kind == 'miner'")["ticker"]
    assert sorted(profiles.names(nbformat.read(ROOT / profiles.TEMPLATE, as_version=4))) == sorted(miners)


@pytest.fixture(scope="module")
def built(site):
    """The pages of companies as text, by ticker."""
    pages = {path.stem: path.read_text("utf-8") for path in (site / "companies").glob("*.html")}
    assert len(pages) == len(load("instruments").query("kind == 'miner'"))
    return pages


def test_a_company_without_prices_or_accounts_says_so(built):
    """In a sentence, and not by an empty place; closes kept for returns alone are named with their last day."""
    miners = load("instruments").query("kind == 'miner'").set_index("ticker")
    priced, small = set(load("prices")["symbol"]), load("prices_failed").groupby("symbol")["date"].max()
    for ticker in [ticker for ticker in miners.index if ticker not in priced]:
        missing = built[ticker].partition("Not found for")[2]
        assert ("a series of closes" in missing) == (ticker not in small.index), ticker
        if ticker in small:
            told = f"No chart of the share price stands here: its closes, to {in_words(small[ticker])}"
            assert told in built[ticker], ticker
        assert "What the shares did" not in built[ticker], ticker  # no heading over nothing
    for ticker, page in built.items():
        assert miners.loc[ticker, "short_name"] in page


def test_a_verdict_has_its_day_and_that_of_its_statement(built):
    """What is contradicted by later data was not wrong on the day that it was said."""
    claims = load("claims")
    for ticker in {*claims["ticker"].dropna(), *claims["second_ticker"].dropna()} & set(built):
        (told,) = re.findall(r"The statements of (.+?) that name it, .+? known on (\d+ \w+ \d{4})(.*?):", built[ticker])
        about = claims[(claims[["ticker", "second_ticker"]] == ticker).any(axis=1)]
        assert told[0] == in_words(about["as_of"].max()), ticker
        assert ("both verdicts" in told[2]) == (pd.Timestamp(told[1]) > about["as_of"].max()), ticker


def test_a_statement_stands_on_a_page_as_it_is_written(monkeypatch):
    """In any language, and with signs that would be markup: two dollar signs make no formula, braces no value."""
    text = "„Größe“ stieg von $46 auf $55 {{ 7 }} [a](b) <b> *新しい* `x`"
    rows = {"claim_id": ["one"], "ticker": ["IREN"], "second_ticker": None, "claim": [text], "as_of": "2026-01-28"}
    verdict = SimpleNamespace(kind="verdict", name="one", value="confirmed", record={"as_of": "2026-10-07"})
    monkeypatch.setattr(tables, "load", lambda name: pd.DataFrame(rows).astype({"as_of": "datetime64[ns]"}))
    monkeypatch.setattr(extension, "_values", lambda app: [verdict])
    page = SimpleNamespace(docname="companies/IREN", app=None)
    told = SimpleNamespace(env=page, parse_text_to_nodes=lambda text: [nodes.paragraph("", text)])
    head, listed = extension.Verdicts.run(told)
    assert head.astext().startswith("The statements of 28 January 2026 that name it, as the ")
    assert [item.astext() for item in listed] == [f"Confirmed: {text}"]
    page.docname = "companies/HUT"
    assert extension.Verdicts.run(told)[0].astext().startswith("No statement that the ")


def test_chapters_lead_to_the_pages_of_companies(site):
    """From their text and from rows of tables that a company heads."""
    page = (site / "chapters" / "companies.html").read_text("utf-8")
    for ticker in load("instruments").query("kind == 'miner'")["ticker"]:
        assert f'href="../companies/{ticker}.html"' in page, ticker


def test_search_knows_names_and_tickers(site):
    """The index holds both."""
    index = next((site / "_static" / "search").glob("index*.js")).read_text("utf-8")
    for ticker, name in load("instruments").query("kind == 'miner'").set_index("ticker")["short_name"].items():
        assert (name if name == ticker else f"{name} ({ticker})") in index


def test_a_company_more_changes_no_number_of_a_figure(built, site):
    """Figures and tables are numbered in chapters only."""
    assert not any("caption-number" in page for page in built.values())


def test_a_section_without_outputs_of_a_company_is_left_out(tmp_path):
    """Its heading and its text go with it, a folded one too; a section that has text alone stays."""
    notebook = template(marker("AAA"), told("mw", 1), shown("a"), marker("BBB"), told("mw", 2), shown("b"))
    notebook.cells += [new_markdown_cell("## Prices"), new_code_cell("x()", outputs=[marker("BBB"), shown("p")])]
    notebook.cells.append(new_markdown_cell("## Method"))
    notebook.cells += [new_markdown_cell("### Debt"), new_code_cell("y()", outputs=[marker("AAA"), shown("d")])]
    texts = [
        "".join(c.source for c in nbformat.read(p, as_version=4).cells if c.cell_type == "markdown")
        for p in write(tmp_path, notebook)
    ]
    assert ["## Prices" in text for text in texts] == [False, True]
    assert ["### Debt" in text for text in texts] == [True, False]
    assert all("## Method" in text for text in texts)
