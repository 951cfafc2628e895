"""How values read in the text, what a recorder refuses, and what a build says of names and conditions."""

import re
import shutil
from datetime import date

import nbformat
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minerpivot.book import build, published
from minerpivot.book.execute import ROOT
from minerpivot.data import tables
from minerpivot.page import words
from minerpivot.page.words import Day, Names, Number, Values, counted


@pytest.fixture
def kept(monkeypatch):
    """What cells would store, as a notebook of one cell."""
    outputs = []
    monkeypatch.setattr(
        words,
        "display",
        lambda data, metadata, raw: outputs.append(nbformat.v4.new_output("display_data", data, metadata=metadata)),
    )
    return outputs


def notebook(outputs, markdown="# A page"):
    """A notebook that stored these outputs, as text."""
    cells = [nbformat.v4.new_code_cell("pass", outputs=outputs), nbformat.v4.new_markdown_cell(markdown)]
    cells[0].metadata["tags"] = ["remove-cell"]
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells))


# --- how they read ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (30.04, "30"),
        (9.96, "10"),
        (9.2, "9.2"),
        (0.123, "0.12"),
        (-9, "−9"),
        (1234.6, "1,235"),
        (0.0, "0"),
        (848, "848"),
    ],
)
def test_a_number_is_rounded_to_what_a_reader_needs(value, text):
    """Whole from ten, one decimal from one, two significant digits below; a real minus."""
    assert str(Number(value)) == text


@pytest.mark.parametrize(
    ("style", "text"),
    [
        (lambda n: n.percent, "−34%"),
        (lambda n: n.size.percent, "34%"),
        (lambda n: n.to(1).signed.percent, "−33.6%"),
        (lambda n: n.percent.to(1).signed, "−33.6%"),
        (lambda n: n.dollars, "−$34"),
        (lambda n: n.size.signed, "+34"),
        (lambda n: n.to(-1), "−30"),
    ],
)
def test_styles_combine_in_any_order(style, text):
    """Of −33.6."""
    assert str(style(Number(-33.6))) == text


def test_what_rounds_to_nothing_has_no_sign():
    """Neither "−0" nor "+0%"."""
    assert str(Number(-0.04).to(1)) == "0.0"
    assert str(Number(0.3).to(0).signed.percent) == "0%"


def test_small_counts_are_words():
    """From none to twelve."""
    assert [Number(count).words for count in (0, 3, 12, 13, 2.5)] == ["none", "three", "twelve", "13", "2.5"]


@given(st.floats(-1e12, 1e12).filter(lambda value: abs(value) >= 1e-6))
def test_a_number_reads_within_a_twentieth_of_itself(value):
    """Rounding hides no more than 5 percent, whatever the size."""
    read = float(str(Number(value)).replace("−", "-").replace(",", ""))
    assert read == pytest.approx(value, rel=0.051)


def test_a_number_compares_as_a_number():
    """So that text can choose a word by it."""
    assert Number(-2).percent < 0 < Number(0.5)


def test_days_and_names_read_as_people_say_them():
    """And days keep their order and their form for tables."""
    day = Day(date(2026, 10, 7))
    assert [str(day), day.month, day.year, day.iso] == ["7 October 2026", "October 2026", "2026", "2026-10-07"]
    assert day > Day(date(2026, 9, 30))
    assert [str(Names(names)) for names in ((), ("A",), ("A", "B"), ("A", "B", "C"))] == [
        "",
        "A",
        "A and B",
        "A, B and C",
    ]


def test_a_count_agrees_with_its_noun():
    """In words up to twelve; an s unless another plural is given."""
    assert [counted(n, "miss", "misses") for n in (0, 1, 2)] == ["none misses", "one miss", "two misses"]
    assert counted(13, "outlook") == "13 outlooks"


# --- what is recorded ---------------------------------------------------------------------------


def test_a_value_carries_its_sources_last_day_and_the_weakest_grade(kept):
    """Those of the recorder unless the value has its own; numbers to ten digits, so that platforms agree."""
    say = Values("halving", sources=["prices", "network.fees_btc"])
    say.number("level", np.float64(2 / 3), "percent")
    say.number("fleet", 3, "years", sources="asics", as_of="2026-01-28", grade="scenario")
    say.fact("end", pd.Timestamp("2026-10-07"))
    say.fact("month", pd.Period("2026-06", "M"))
    say.fact("recovered", np.bool_(False))
    say.fact("companies", ["IREN", "Hut 8"])
    level, fleet, *facts = published.recorded({"halving-squeeze.ipynb": notebook(kept)})
    assert (level.value, level.record["unit"], level.record["grade"]) == (0.6666666667, "percent", "derived")
    assert (fleet.record["as_of"], fleet.record["grade"]) == ("2026-01-28", "scenario")
    assert [str(fact.read) for fact in facts] == ["7 October 2026", "June 2026", "False", "IREN and Hut 8"]
    numbers, named = published.listed([level, fleet, *facts])
    assert [entry["id"] for entry in numbers] == ["halving-squeeze/level", "halving-squeeze/fleet"]
    assert [entry["kind"] for entry in named] == ["day", "month", "flag", "names"]


def test_what_may_be_missing_has_a_flag(kept):
    """A number, a name, and a value that is not there."""
    say = Values("company", sources="deals")
    say.known("live", 5.0, "MW")
    say.known("parent", "Bit Digital")
    say.known("open", float("nan"), "MW")
    names = [output.metadata["scrapbook"]["name"] for output in kept]
    assert names == ["live_known", "live", "parent_known", "parent", "open_known"]
    assert [output.metadata["minerpivot"]["kind"] for output in kept[:2]] == ["flag", "number"]


def test_pages_without_rows_are_not_turned_to(monkeypatch):
    """The marker of a page comes before what is shown on it."""
    turned = []
    monkeypatch.setattr(words, "on_page", turned.append)
    rows = pd.DataFrame({"mw": [1]})
    assert [(name, len(own), list(turned)) for name, own in words.by_page({"A": rows, "B": rows[:0], "C": rows})] == [
        ("A", 1, ["A"]),
        ("C", 1, ["A", "C"]),
    ]


def test_a_row_is_recorded_by_its_labels(kept):
    """A mapping or a row of numbers of one unit, and facts; what one of them lacks is refused by its name."""
    say = Values("halving", sources="prices")
    say.numbers(pd.Series([1.5, 2.5], ["low", "high"]).add_prefix("income_"), "percent", grade="estimated")
    say.facts({"end": pd.Timestamp("2026-10-07"), "recovered": False})
    low, high, end, recovered = published.recorded({"halving-squeeze.ipynb": notebook(kept)})
    assert [(low.name, low.value), (high.name, high.value)] == [("income_low", 1.5), ("income_high", 2.5)]
    assert {low.record["grade"], high.record["grade"]} == {"estimated"}
    assert [str(end.read), recovered.read] == ["7 October 2026", False]
    with pytest.raises(ValueError, match="number 'b' has no value"):
        say.numbers({"a": 1, "b": np.nan}, "percent")


def test_numbers_of_one_unit_are_recorded_by_their_names(kept):
    """From a mapping and from a row; of a span both ends, of nothing none."""
    say = Values("halving", sources="prices")
    say.numbers({"before": 3, "now": 2.5}, "cents")
    say.numbers(pd.Series({"later": 1.0}), "cents", as_of="2026-01-28")
    say.span("fleet", [27, None, 15], "J/TH", sources="asics")
    say.span("margin", [2.0], "percent", ends=("least", "most"))
    say.span("seen", [None, float("nan")], "percent")
    found = published.recorded({"halving-squeeze.ipynb": notebook(kept)})
    assert [(each.name, each.value) for each in found] == [
        *(("before", 3), ("now", 2.5), ("later", 1.0), ("fleet_low", 15), ("fleet_high", 27)),
        *(("margin_least", 2.0), ("margin_most", 2.0)),
    ]
    assert [each.record["unit"] for each in found[:4]] == ["cents", "cents", "cents", "J/TH"]
    assert found[2].record["as_of"] == "2026-01-28"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("30", "number 'x' is '30'; give it a number, or record it with fact"),
        (True, "number 'x' is True; give it a number"),
        (None, "number 'x' has no value"),
        (float("nan"), "number 'x' has no value"),
        (np.inf, "number 'x' has no value"),
        (pd.NA, "number 'x' has no value"),
    ],
)
def test_what_is_no_number_is_refused(kept, value, message):
    """Text, flags, and what is missing."""
    with pytest.raises(ValueError, match=message):
        Values("halving", sources="prices").number("x", value, "percent")
    assert kept == []


@pytest.mark.parametrize("name", ["Cango Inc.", "Nordic Hash A.S.", "Bank of New York Mellon Corp."])
def test_a_name_may_end_with_a_point(kept, name):
    """As companies write theirs."""
    Values("halving", sources="prices").fact("x", name)
    assert kept[0].metadata["minerpivot"]["kind"] == "name"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("It rose.", "fact 'x' is a sentence .*write it in Markdown"),
        ("the sum of all that they have ever signed so far", "is a sentence"),
        (3.5, "fact 'x' is 3.5; give it a day, a name"),
        (pd.NaT, "fact 'x' has no value"),
        (None, "fact 'x' has no value"),
        ("", "fact 'x' has no value"),
        (["IREN", 3], "give it a day, a name, a list of names"),
    ],
)
def test_what_is_no_fact_is_refused(kept, value, message):
    """Sentences first of all."""
    with pytest.raises(ValueError, match=message):
        Values("halving", sources="prices").fact("x", value)
    assert kept == []


@pytest.mark.parametrize("record", [lambda say: say.number("x", None, "percent"), lambda say: say.fact("x", "")])
def test_what_a_fork_left_too_few_rows_for_is_told_by_its_tables(record):
    """The tables that it is computed from are named, so no trace of a cell is shown."""
    named = {
        ("asics", "miner_costs"): "asics and miner_costs",
        "prices": "prices",
        (): "what it is",
    }
    for sources, told in named.items():
        with pytest.raises(tables.TableError, match=f"no value .*: {told}.* may hold too few rows .*; add rows, or "):
            record(Values("halving", sources=sources))


def test_names_and_origins_that_cannot_be_used_are_refused(kept):
    """A name that no text could write, an origin that no value has, no sources at all."""
    say = Values("halving", sources="prices")
    with pytest.raises(ValueError, match="'a-b' is no name that the text can use"):
        say.number("a-b", 1, "percent")
    with pytest.raises(TypeError, match="'x' is given unit2; a value has sources, as_of and grade"):
        say.number("x", 1, "percent", unit2="y")
    with pytest.raises(ValueError, match="'x' has no sources"):
        Values("halving").number("x", 1, "percent")


# --- what the text uses -------------------------------------------------------------------------


def test_uses_are_found_in_sentences_conditions_and_choices():
    """In blocks that are hidden too; formulas and other braces name nothing."""
    text = (
        'It {{ "rose" if halving.price > 0 else "fell" }} by {{ halving.price.size.percent }}, $h^{2}$.\n\n'
        ":::{when} not halving.recovered and stocks.n > 2\n{{ deals.sum }}\n:::\n{{ broken"
    )
    expected = {("halving", "price"), ("halving", "recovered"), ("stocks", "n"), ("deals", "sum")}
    assert expected <= published.used(text)


def test_unused_and_doubled_values_are_named_with_their_cells(kept):
    """One line each."""
    say = Values("halving", sources="prices")
    for name in ("level", "level", "spare"):
        say.number(name, 1, "percent")
    values = published.recorded({"page.ipynb": notebook(kept)})
    assert published.faults(values, ["{{ halving.level }}"]) == [
        "page.ipynb cell 1: halving.level is recorded in page.ipynb cell 1 too; give one of them another name",
        "page.ipynb cell 1: no text uses halving.spare; use it in a sentence or take it out",
    ]


# --- what a build says --------------------------------------------------------------------------

SAID = """
Income is {{ halving.level.percent }} on {{ halving.end }}, {{ "more" if halving.level > 50 else "less" }} than half.

:::{when} not halving.recovered
Not back since.
:::

:::{when} halving.recovered
Back on {{ halving.missing }}.
:::
"""


def built(tmp_path, outputs, markdown):
    """The text of the page that a book of one notebook has; raises `BuildError`."""
    source = tmp_path / "source"
    source.mkdir()
    shutil.copy(ROOT / "_config.yml", source)
    (source / "references.bib").write_text("")
    (source / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    (source / "index.ipynb").write_text(notebook(outputs, f"# A page\n{markdown}"))
    page = build.build_site(source, tmp_path / "build") / "index.html"
    return page.read_text("utf-8")


@pytest.fixture
def income(kept):
    """Three recorded values of a page."""
    say = Values("halving", sources="prices")
    say.number("level", 30.04, "percent")
    say.fact("end", "2026-10-07")
    say.fact("recovered", False)
    return kept


def test_sentences_are_filled_and_chosen(tmp_path, income):
    """What is hidden is not read, so its values may be missing."""
    page = built(tmp_path, income, SAID)
    assert "Income is 30% on 7 October 2026, less than half." in page
    assert "Not back since." in page
    assert "Back on" not in page


def test_sentences_that_hold_only_sometimes_read_on_in_one_paragraph(tmp_path, income):
    """What is hidden leaves no gap, and a paragraph of which nothing is shown is none."""
    shown, hidden = ":::{when} halving.level < 50\nLess than half.\n:::", ":::{when} halving.recovered\nBack.\n:::"
    whole = f"::::{{paragraph}}\nIt *fell*.\n\n{hidden}\n\n{shown}\n::::\n\n::::{{paragraph}}\n{hidden}\n::::"
    page = built(tmp_path, income, f"Ends {{{{ halving.end }}}}.\n\n{whole}")
    assert "<p>It <em>fell</em>. Less than half.</p>" in page
    assert "<p></p>" not in page


def test_a_report_without_a_fact_check_says_so_on_company_pages(tmp_path, income):
    """No link to a chapter that a fork took out."""
    page = built(tmp_path, income, f"{SAID}\n\n:::{{verdicts}}\n:::")
    assert "This report checks no statement of an article." in page


def test_names_and_conditions_that_cannot_be_stop_the_build_each(tmp_path, capfd, income):
    """With notebook, cell, line and what is near; one does not hide the next."""
    wrong = {
        "{{ halving.levl }}": "no cell of halving records a value 'levl'; near are level",
        "{{ stock.level }}": "'stock' is undefined; no chapter records it, so take the sentence out",
        ":::{when} halving.level\nx\n:::": "'halving.level' is '30', not true or false; write a flag",
        ":::{when} halving.levl > 3\nx\n:::": "no cell of halving records a value 'levl'",
        ":::{when} stock.n > 3\nx\n:::": "'stock' is undefined; no chapter records it, so take the block out",
        ":::{when} halving.level >\nx\n:::": "'halving.level >' cannot be read",
        ":::{paragraph}\n- x\n:::": "`paragraph`: write sentences and `when` blocks",
    }
    text = f"{SAID}\n" + "\n\n".join(wrong)
    with pytest.raises(build.BuildError, match="previous site is unchanged"):
        built(tmp_path, income, text)
    said = capfd.readouterr().err
    for markdown, message in wrong.items():
        line = f"# A page\n{text}".partition(markdown)[0].count("\n") + 1
        assert re.search(rf"index\.ipynb cell 2 line {line}: .*{message}", said), said


def test_a_value_that_no_text_uses_stops_the_build(tmp_path, capfd, income):
    """It would be a number that nobody has read."""
    with pytest.raises(build.BuildError):
        built(tmp_path, income, "{{ halving.level }} {{ halving.end }}")
    assert (
        "index.ipynb cell 1: no text uses halving.recovered; use it in a sentence or take it out"
        in capfd.readouterr().err
    )


def test_floats_are_rounded_so_that_platforms_agree():
    """Ten significant digits; missing stays missing, counts and flags stay what they are."""
    assert words.rounded({"a": [1 / 3, float("nan")], "b": 12345678901.4}) == {
        "a": [0.3333333333, None],
        "b": 12345678900.0,
    }
    assert words.rounded([12345678901, True, "x"]) == [12345678901, True, "x"]


def test_what_is_shown_names_its_tables_and_their_last_day():
    """Of a table or of a column; the manifest speaks for itself."""
    assert words.provenance("halvings") == "Data: Halvings of the block subsidy (table to 20 April 2024)."
    both = words.provenance(["halvings", "network.fees_btc"])
    assert both.startswith("Data: Halvings of the block subsidy (table to 20 April 2024); ")
    assert both.endswith(f"(table to {words.in_words(tables.through('network.fees_btc'))}).")
    assert "(compiled " in words.provenance("sites")  # a table that is dated as a whole has no last day of its own
    assert words.provenance("datapackage") == "Data: the manifest, datapackage.json."


def test_a_table_without_a_day_is_named_without_one(monkeypatch):
    """Of a fork that took the dated rows out; with others, theirs count."""
    monkeypatch.setattr(tables, "_coverage", lambda name, folder: {"to": "" if name == "halvings" else "2026-11-26"})
    assert words.provenance("halvings") == "Data: Halvings of the block subsidy."
    assert tables.through(["halvings", "sites"]) == "2026-11-26"
