"""How statements read: figures, definitions, titles for each state of a year, and the tables of a page."""

import pandas as pd
import pytest

from minerpivot.data.tables import load as live
from minerpivot.spending import outlook, telling
from tests.frozen import load
from tests.spending.rows import annual, guidance, statement

NAMES = {"META": "Meta", "AMZN": "Amazon", "ORCL": "Oracle"}
NONE = annual("META", 1.0, period="FY2019", end="2019-12-31")


def paths(*rows, outcomes=NONE):
    """The statements of the three companies with what their years came to."""
    return outlook.paths(guidance(*rows), outcomes, NAMES)


@pytest.mark.parametrize(
    ("given", "reads"),
    [
        ({"low": 115, "high": 135}, "115 to 135"),
        ({"point": 13.7}, "13.7"),
        ({"point": 25, "kind": "floor"}, "over 25"),
        ({"qualifier": "significantly more; said on the call"}, "“significantly more”"),
    ],
)
def test_a_figure_is_a_range_one_number_a_floor_or_words(given, reads):
    """As printed; remarks behind the words are the table's own."""
    row = statement("META", "2026", "2026-01-28", **given)
    assert telling.figure(outlook.with_ends(guidance(row)).to_dict("records")[0]) == reads


def test_a_definition_names_its_basis_only_where_it_is_another():
    """In few words; one without such words reads as it is written."""
    assert telling.definition("incl_finance_leases") == "with leases"
    assert telling.definition("incl_finance_leases on leases_reclassified") == "with leases (leases reclassified)"
    assert telling.definition("incl_all_leases") == "incl all leases"
    assert telling.definition("") == "as it does not say"
    counted_by = {"META": "incl_finance_leases", "AMZN": "cash_ppe", "ORCL": "cash_ppe"}
    assert str(telling.definitions(counted_by, NAMES)) == "Amazon and Oracle cash and Meta with leases"


def test_every_word_of_the_tables_has_words_here():
    """Standings, and the kinds of forecasts by others, in the live tables too."""
    for source in (load, live):
        assert set(outlook.statements(source("capex_guidance"))["standing"]) <= set(telling.STANDINGS)
        assert set(source("consensus")["kind"]) <= set(telling.KINDS)


def test_an_interval_has_signs_or_says_that_it_is_very_wide():
    """None where there is none."""
    assert telling.interval(-4.6, 12.2) == "−5 to +12"
    assert telling.interval(-0.26, 1.0, decimals=1) == "−0.3 to +1.0"
    assert telling.interval(-40, 1000) == "very wide"
    assert telling.interval(float("nan"), float("nan")) is None


def test_a_link_names_its_page_and_day():
    """Without the www that many have."""
    row = {"issued_on": pd.Timestamp("2026-01-28"), "source_url": "https://www.example.org/a"}
    assert telling.page(row) == ("example.org, 28 Jan 2026", "https://www.example.org/a")


def test_a_page_is_first_hand_at_the_sec_or_under_the_companys_name():
    """A copy is not, though its path names the company."""
    assert telling.own_page("https://www.sec.gov/Archives/edgar/data/1326801/exhibit.htm", "Meta")
    assert telling.own_page("https://sec.gov/Archives/exhibit.htm", "Meta")
    assert telling.own_page("https://www.microsoft.com/en-us/investor", "Microsoft")
    assert not telling.own_page("https://example.org/meta/capex", "Meta")
    assert not telling.own_page("https://notsec.gov.example.org/", "Meta")


def test_a_year_that_has_ended_is_held_against_what_was_first_said():
    """72.2 is more than 60 to 65, 100 is about 98 and more with less patience; a floor is no forecast."""
    said = paths(
        statement("META", "2025", "2025-01-24", low=60, high=65),
        statement("META", "2025", "2025-10-29", low=70, high=72),
        statement("AMZN", "2025", "2025-02-06", point=98),
        statement("ORCL", "2025", "2025-03-06", point=10, kind="floor"),
        outcomes=pd.concat([annual("META", 72.2), annual("AMZN", 100.0), annual("ORCL", 30.0)]),
    )
    title = telling.finding(said, "2025", NAMES)
    assert title == (
        "Spent in 2025 against what was first said: Meta more, Amazon about as much; "
        "no early plain figure is on record for Oracle"
    )
    strict = telling.finding(said, "2025", NAMES, point_tolerance=1)
    assert strict.startswith("Spent in 2025 against what was first said: Amazon and Meta more; ")
    of_fiscal = telling.finding(said, "fiscal years", NAMES)
    assert of_fiscal == (
        "Spent in fiscal years against what was first said: Meta 2025 more, Amazon 2025 about as much; "
        "no early plain figure is on record for Oracle 2025"
    )


def test_what_is_first_said_late_in_a_year_or_only_follows_from_a_remark_is_not_held_to_be_right():
    """125 two months before the end of a year of 128, after a remark of 105 in its second month: no early figure."""
    remark = {"kind": "product", "definition": "cash_ppe"}
    rows = [
        statement("AMZN", "2025", "2025-02-06", point=105, **remark),
        statement("AMZN", "2025", "2025-10-30", point=125),
    ]
    alone = telling.finding(paths(*rows, outcomes=annual("AMZN", 128.3)), "2025", NAMES)
    assert alone == "No early plain figure is on record for Amazon 2025"
    rows.append(statement("META", "2025", "2025-01-24", low=60, high=65))
    outcomes = pd.concat([annual("META", 72.2), annual("AMZN", 128.3)])
    both = telling.finding(paths(*rows, outcomes=outcomes), "2025", NAMES)
    assert both == (
        "Spent in 2025 against what was first said: Meta more; no early plain figure is on record for Amazon"
    )
    patient = telling.finding(paths(*rows, outcomes=outcomes), "2025", NAMES, early_days=60)
    assert patient == "Spent in 2025 against what was first said: Meta more, Amazon about as much"


RAISED = [
    statement("META", "2026", "2026-01-28", low=115, high=135),
    statement("META", "2026", "2026-04-29", low=125, high=145),
]
LOWERED = [statement("AMZN", "2026", "2026-02-05", point=200), statement("AMZN", "2026", "2026-04-29", point=180)]
KEPT = [LOWERED[0], statement("AMZN", "2026", "2026-04-29", point=200)]
NARROWED = [RAISED[0], statement("META", "2026", "2026-04-29", low=120, high=134)]  # the middle rises by two
FLOOR = statement("ORCL", "2026", "2026-03-10", point=40, kind="floor")


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        (RAISED[:1], "What one company said of 2026 in figures"),
        (RAISED, "Meta raised what it first said for 2026"),
        (LOWERED, "Amazon cut what it first said for 2026"),
        (KEPT, "Amazon kept what it first said for 2026"),
        (NARROWED, "Meta narrowed what it first said for 2026"),
        (
            RAISED + LOWERED,
            "Of two companies with two comparable figures, one raised and one cut what they first said for 2026",
        ),
        (
            [*RAISED, *LOWERED, FLOOR],
            "Of two companies with two comparable figures, one raised and one cut what they first said for 2026; "
            "figures in grey do not count",
        ),
    ],
)
def test_a_year_that_runs_shows_who_raised_and_who_cut(rows, title):
    """As many as have spoken twice; grey is named where there is some."""
    assert telling.finding(paths(*rows), "2026", NAMES) == title


def test_the_table_of_statements_keeps_what_a_single_source_reserves():
    """Other prints of the consensus are listed, an unnamed vendor is said to be unnamed, the reservation is shown."""
    more = {"basis": None, "consensus_vendor": None, "source_url": "https://example.org/a"}
    said = paths(
        statement("META", "2026", "2026-01-28", point=120, consensus=100, qualifier="about", **more),
        statement("AMZN", "CY2026", "2026-02-05", point=200, single_sourced="y", qualifier="one note", **more),
    )
    prints = pd.DataFrame({"consensus_usd_bn": [110.0], "outlet": ["a"], "kind": "consensus"})
    prints["guidance_id"] = "META-2026-2026-01-28"
    table = telling.statements(said, prints, NAMES).set_index("of")
    assert table.loc["Meta 2026", "other_prints"] == "110, +9% (a)"
    assert table.loc["Meta 2026", "vendor"] == telling.UNNAMED
    assert table["said"].to_dict() == {"Meta 2026": "120", "Amazon 2026": "200"}
    assert table.loc["Meta 2026", "over"] == pytest.approx(20)
    assert table["reservation"].fillna("").to_dict() == {"Meta 2026": "", "Amazon 2026": "one note"}
    assert table["standing"].to_dict() == {"Meta 2026": "statement", "Amazon 2026": "one source"}


def test_the_tables_of_the_page_by_the_frozen_data():
    """Forecasts newest first, a record row for each company-year, outlooks by year and company with both figures."""
    forecasts = telling.forecasts(load("consensus"), NAMES)
    assert forecasts["as_of"].is_monotonic_decreasing
    assert (forecasts["vendor"] != "").all()
    record = outlook.guidance_record(load("capex_guidance"), load("capex_annual"))
    table = telling.record(record.assign(name=record["ticker"]))
    assert len(table) == len(record)
    assert set(table.loc[table["said"].str.startswith("over "), "place"]) == {"floor kept"}
    said = outlook.paths(load("capex_guidance"), load("capex_annual"), NAMES)
    ahead = outlook.ahead(load("capex_guidance"), pd.Series({"ORCL": 5}), pd.Timestamp("2026-07-30"), 2026)
    outlooks = telling.outlooks(said, ahead[ahead["ticker"].isin(NAMES)], NAMES).set_index("of")
    assert list(outlooks.index)[:2] == ["Meta 2026", "Amazon 2026"]
    assert outlooks.loc["Meta 2026", "first"][0] == "115 to 135, 28 January 2026"
    assert outlooks.loc["Meta 2026", "counted"] == "with leases"
    assert outlooks["change"].notna().equals(outlooks["last"].notna())


def test_a_forecast_by_others_keeps_its_words_and_names_its_companies():
    """Newest first; of several companies together, and of one that has no name here."""
    rows = pd.DataFrame(
        {
            "consensus_id": ["a", "b", "c"],
            "subject": ["META", "META+AMZN", "IREN"],
            "period": ["CY2026", "CY2026", "FY2027"],
            "consensus_usd_bn": [120.5, 320.0, 3.0],
            "qualifier": [None, "about", None],
            "kind": ["consensus", "consensus_sum", "one_broker"],
            "as_of": ["2026-01-27", "2026-02-01", "2026-02-01"],
            "vendor": [None, "LSEG", None],
            "outlet": "Example",
            "source_url": ["https://example.org/a", None, None],
            "grade": "C",
            "note": None,
        }
    )
    table = telling.forecasts(rows, NAMES)
    assert table["of"].tolist() == ["Meta and Amazon", "IREN", "Meta"]
    assert table["usd_bn"].tolist() == ["about 320", "3", "120.5"]
    assert table["period"].tolist() == ["2026", "FY2027", "2026"]
    assert table["vendor"].tolist() == ["LSEG", telling.UNNAMED, telling.UNNAMED]
    assert table["page"].tolist() == ["Example", "Example", ("Example, 2026-01-27", "https://example.org/a")]


def test_a_record_marks_what_only_follows_from_a_remark():
    """And has what was spent, and the page, beside it."""
    year = {"ticker": "META", "guided_period": "2025", "issued_on": pd.Timestamp("2025-01-24")}
    plain = outlook.with_ends(guidance(statement("META", "2025", "2025-01-24", low=60, high=65))).iloc[0]
    more = {"name": "Meta 2025", "outcome_usd_bn": 72.2, "drift_percent": 15.5, "position": "above", "lead_days": 341}
    last = {"last_drift_percent": 1.0, "last_lead_days": 63, "source_url": "https://www.example.org/a"}
    rows = pd.DataFrame([plain.to_dict() | year | more | last] * 2).assign(kind=["range", "product"])
    table = telling.record(rows)
    assert table["said"].tolist() == ["60 to 65", "60 to 65 (product)"]
    assert table["spent"].tolist() == [72.2, 72.2]
    assert table["page"].tolist() == [("example.org, 24 Jan 2025", "https://www.example.org/a")] * 2


def test_outlooks_stand_by_year_and_in_each_by_company():
    """A year later comes later, whoever spoke first."""
    pages = {"source_url": "https://example.org/a"}
    rows = guidance(
        statement("AMZN", "2027", "2026-02-05", point=220, **pages),
        statement("AMZN", "2026", "2026-02-05", point=200, **pages),
        statement("META", "2027", "2026-01-28", point=150, **pages),
        statement("META", "2026", "2026-01-28", point=120, **pages),
    )
    said = outlook.paths(rows, NONE, NAMES)
    ahead = outlook.ahead(rows, pd.Series({"ORCL": 5}), pd.Timestamp("2026-07-30"), 2026)
    later = outlook.ahead(rows, pd.Series({"ORCL": 5}), pd.Timestamp("2026-07-30"), 2027)
    both = pd.concat([later, ahead], ignore_index=True)
    found = telling.outlooks(said, both, NAMES)["of"].drop_duplicates()
    assert found.tolist() == ["Meta 2026", "Amazon 2026", "Meta 2027", "Amazon 2027"]
