"""Verdicts: what a statement's row must say, the rules by example, and two days compared."""

import re
import shutil

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minerpivot.article import claims
from minerpivot.data import validation
from minerpivot.data.tables import TableError, describe, load
from tests import frozen

ARTICLE = "coinspeaker-net-2026-01-28"


def changed(claim_id, **cells):
    """The frozen statements with some cells of one row other than they are."""
    said = frozen.load("claims")
    for column, value in cells.items():
        said.loc[said["claim_id"] == claim_id, column] = value
    return said


def test_every_statement_can_be_tested_from_its_row():
    """No row of the live table lacks what its type needs, whichever articles are in it."""
    assert claims.faults(load("claims")) == []


@pytest.mark.parametrize(
    ("claim_id", "cells", "message"),
    [
        (
            "hut-ytd",
            {"window": None},
            "data/claims.csv row 24: 'hut-ytd' is a return and has no window; write one_day, year_to_date or one_year",
        ),
        (
            "iren-1y",
            {"published_low": None},
            "row 21: 'iren-1y' is a return and has no figure; write the printed figure in published_value, ",
        ),
        (
            "cipher-aws",
            {"deal_id": None},
            "row 17: 'cipher-aws' is a level of contract_mw and has no deal_id; write the contract's deal_id in",
        ),
        (
            "nvidia-date",
            {"measure": "difficulty"},
            "row 27: 'nvidia-date' is a date of difficulty and no rule tests that; write as its measure halving or "
            "earnings_report, or give it another type",
        ),
        ("hut-1y", {"statement_no": 1}, "row 25: 'hut-1y' is statement 1 of coinspeaker-net-2026-01-28, as an earlier"),
    ],
)
def test_a_statement_without_what_its_type_needs_is_refused_by_name(claim_id, cells, message):
    """One line with row, statement, type and what to write; the whole table has no other fault."""
    (fault,) = claims.faults(changed(claim_id, **cells))
    assert message in fault
    with pytest.raises(TableError, match=claim_id):
        claims.statements(changed(claim_id, **cells), ARTICLE)


def test_faults_of_another_article_do_not_stop_this_one():
    """Six statements of another article, none testable, are named together; the first article's stand as they were."""
    said = frozen.load("claims")
    other = said[said["type"] == "return"].tail(6).assign(article_id="other", window=None)
    other["claim_id"] = "other-" + other["claim_id"]
    both = pd.concat([said, other], ignore_index=True)
    assert claims.statements(both, ARTICLE)["claim_id"].tolist() == said["claim_id"].tolist()
    with pytest.raises(TableError) as refused:
        claims.statements(both, "other")
    lines = str(refused.value).splitlines()
    assert [re.match(r"data/claims.csv row (\d+): '([\w-]+)'", line).groups() for line in lines] == [
        (str(number), name) for number, name in zip(range(29, 35), other["claim_id"])
    ]


def test_the_data_check_says_what_no_rule_can_test(tmp_path):
    """A row that lacks what its type needs is refused by `make check`, before a build; a whole table is sealed."""
    data = tmp_path / "data"
    shutil.copytree(frozen.FOLDER, data)
    ask = {"also": lambda tables: claims.faults(tables["claims"])}
    assert validation.seal(data, **ask) == []
    table = pd.read_csv(data / "claims.csv", dtype=str, keep_default_na=False)
    table.loc[table["claim_id"] == "hut-ytd", "window"] = ""
    table.to_csv(data / "claims.csv", index=False, lineterminator="\n")
    with pytest.raises(TableError, match="row 24: 'hut-ytd' is a return and has no window; write one_day"):
        validation.seal(data, **ask)


def test_a_statement_on_a_company_that_its_table_lacks_is_told():
    """By row, type, table and mend; one whose table has both companies is not."""
    tables = {name: frozen.load(name) for name, _ in claims.HELD_IN.values()}
    assert claims.unheld(frozen.load("claims"), tables) == []
    (line,) = claims.unheld(changed("no-slowdown", second_ticker="AAPL"), tables)
    assert line == (
        "data/claims.csv row 3: 'no-slowdown' is a comparative of capex_growth and capex_actuals.csv has nothing of "
        "AAPL; add its rows there, or pages alone can decide it"
    )
    (line,) = claims.unheld(changed("meta-guidance", ticker="AAPL"), tables)
    assert "'meta-guidance' is a guidance and capex_guidance.csv has nothing of AAPL" in line


def test_measures_of_the_schema_are_those_that_rules_know():
    """A measure that the table allows and no rule reads, or the other way round, would be found by a reader only."""
    fields = {field["name"]: field for field in describe("claims")["schema"]["fields"]}
    types, measures = (fields[name]["constraints"]["enum"] for name in ("type", "measure"))
    assert set(types) == {type_ for type_, _ in claims.NEEDS}
    assert set(measures) == {measure for _, measure in claims.NEEDS} - {""}
    assert {need for needs in claims.NEEDS.values() for need in needs} - {"figure"} <= set(fields)


def test_the_article_is_the_one_whose_role_says_so():
    """A table in which nothing is to be checked, or no text at all, is refused with what to do."""
    texts = frozen.load("articles")
    assert claims.assessed(texts)[["article_id", "domain"]].tolist() == [ARTICLE, "coinspeaker.net"]
    assert claims.assessed(texts.iloc[::-1])["article_id"] == ARTICLE
    for none in (texts.iloc[:0], texts[texts["role"] != "assessed"]):
        for asked in (claims.assessed, claims.first_day):
            with pytest.raises(TableError, match="no assessed article; write assessed as the role of the one to check"):
                asked(none)


def test_an_article_without_statements_is_told_with_the_way_out():
    """Of an empty table and of one that holds another article's: other chapters do without, the fact check cannot."""
    rows = frozen.load("claims")
    for none, article in ((rows.iloc[:0], ARTICLE), (rows, "another")):
        statements = claims.statements(none, article)
        assert statements.empty
        with pytest.raises(TableError, match="no statement of the assessed article; add its statements, or take the c"):
            claims.verdicts(statements, frozen.load("claims_evidence"), [])


@pytest.mark.parametrize(
    ("printed", "found", "verdict"),
    [
        (("47", None, None), 47.5, claims.CONFIRMED),
        (("47", None, None), 46.5, claims.CONFIRMED),
        (("47", None, None), 47.51, claims.NOT_REPRODUCED),
        (("47", None, None), 46.49, claims.NOT_REPRODUCED),
        (("9.7", None, None), 9.75, claims.CONFIRMED),
        (("9.7", None, None), 9.76, claims.NOT_REPRODUCED),
        ((None, 500, None), 500.1, claims.CONFIRMED),
        ((None, 500, None), 500, claims.NOT_REPRODUCED),
        ((None, 115, 135), 135.5, claims.CONFIRMED),
        ((None, 115, 135), 114.5, claims.CONFIRMED),
        ((None, 115, 135), 135.51, claims.NOT_REPRODUCED),
        ((None, 115, 135), 114.49, claims.NOT_REPRODUCED),
        ((None, 9.5, 10), 9.44, claims.NOT_REPRODUCED),
        ((None, None, 10), 9, claims.CONFIRMED),
        ((None, None, 10), 10, claims.NOT_REPRODUCED),
        (("47", None, None), float("nan"), claims.NOT_TESTABLE),
    ],
)
def test_a_figure_is_a_value_a_range_or_a_bound(printed, found, verdict):
    """By which cells of the row are filled; half of the last printed digit is rounding, a bound is strict."""
    assert claims.figure(found, dict(zip(claims.FIGURE, printed))) == verdict


def test_a_wording_can_be_wider_than_its_last_digit():
    """ "About 230" stands for 225 to 235, whatever its digits."""
    about = dict(zip(claims.FIGURE, ("230", None, None)))
    assert [claims.figure(found, about, tolerance=5) for found in (225, 224.9)] == [
        claims.CONFIRMED,
        claims.NOT_REPRODUCED,
    ]
    assert claims.figure(225, about) == claims.NOT_REPRODUCED


def test_the_last_printed_digit_says_how_exact_a_figure_is():
    """A text keeps its zeros; a number cannot."""
    assert [claims.rounding(printed) for printed in ("47", "9.7", "62.90", 115.0, 9.5)] == [0.5, 0.05, 0.005, 0.5, 0.05]


def test_a_date_is_in_a_period_only_if_it_is_known_that_far():
    """A day is in its month and year; a date known to the year is in no month."""
    assert claims.in_period(pd.Timestamp("2025-11-03"), "2025-11")
    assert claims.in_period("2025-11-03", "2025")
    assert not claims.in_period("2025", "2025-11")
    assert not claims.in_period("2025-11-03", "2025-1")
    assert not claims.in_period("2025-11-03", "202")
    assert not claims.in_period(pd.Timestamp("2024-04-20"), "2025")


def test_what_became_of_a_contract_is_told_with_its_day():
    """In force: nothing; ended: the state and the day that it became known; replaced: by what and when."""
    ledger, nothing = frozen.load("deals"), frozen.load("knowledge").iloc[:0]
    assert claims.fate(ledger, "CIFR-2025-11-AWS", nothing) is None
    assert claims.fate(ledger, "no-such-deal", nothing) is None
    bid = "CORZ-2024-06-CWBID"
    assert claims.fate(ledger, bid, nothing) == "terminated since"
    assert claims.fate(ledger, bid, frozen.load("knowledge")) == "terminated (2024-06-06)"
    again = ledger[ledger["deal_id"] == "CIFR-2025-11-AWS"].assign(
        deal_id="CIFR-AGAIN", announced_on="2026-08-10", supersedes="CIFR-2025-11-AWS"
    )
    replaced = pd.concat([ledger, again])
    assert claims.fate(replaced, "CIFR-2025-11-AWS", nothing) == "superseded by CIFR-AGAIN (2026-08-10)"


def test_a_contract_is_amended_only_where_a_term_had_another_value():
    """A size that was open and is now known was learned; a term of 15 years that is now 20 was amended."""
    now, key = frozen.load("deals"), "CIFR-2025-11-AWS"
    own = now["deal_id"] == key
    then = now.copy()
    then.loc[own, ["critical_it_mw", "term_years"]] = [None, 15]
    now.loc[own, ["critical_it_mw", "term_years"]] = [216, 15]
    told = pd.DataFrame({"table": "deals", "row": key, "field": ["critical_it_mw", "term_years", "notes"]}).assign(
        known_on=pd.to_datetime(["2026-08-04", "2026-08-10", "2026-09-01"])
    )
    assert claims.fate(now, key, told, then) is None
    now.loc[own, "term_years"] = 20
    assert claims.fate(now, key, told, then) == "amended in term (2026-08-10)"
    assert claims.fate(now, key, told, then[~own]) is None  # not known on the day: nothing was said of it


# --- verdicts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "published", "tolerance", "verdict"),
    [
        (46.6, 47, 0.5, claims.CONFIRMED),
        (47.5, 47, 0.5, claims.CONFIRMED),
        (46.5, 47, 0.5, claims.CONFIRMED),
        (46.49, 47, 0.5, claims.NOT_REPRODUCED),
        (47.6, 47, 0.5, claims.NOT_REPRODUCED),
        (62.95, 62.9, 0.05, claims.CONFIRMED),  # whose difference is 0.05 and the noise of floating point
        (226, 230, 5, claims.CONFIRMED),
        (float("nan"), 230, 5, claims.NOT_TESTABLE),
    ],
)
def test_a_published_figure_reproduces_within_its_rounding(found, published, tolerance, verdict):
    """47 percent stands for 46.5 to 47.5, about 230 for 225 to 235."""
    assert claims.reproduces(found, published, tolerance=tolerance) == verdict


def test_more_than_is_strict():
    """500 is not more than 500."""
    assert claims.exceeds(500.1, 500) == claims.CONFIRMED
    assert claims.exceeds(500, 500) == claims.NOT_REPRODUCED
    assert claims.exceeds(100 * (6 - 1), 100 * (0.1 + 0.2) / 0.06) == claims.NOT_REPRODUCED  # 500 and 500.00…01
    assert claims.exceeds(float("nan"), 500) == claims.NOT_TESTABLE


def test_a_comparative_needs_every_reading():
    """All readings confirm, some make a caveat, none contradicts."""
    assert claims.holds({"a": True, "b": True}) == claims.CONFIRMED
    assert claims.holds({"a": True, "b": False}) == claims.CAVEAT
    assert claims.holds({"a": False}) == claims.CONTRADICTED
    assert claims.holds({}) == claims.NOT_TESTABLE


def test_copies_of_one_publisher_count_once():
    """Three rows, two of them from one house: two supporters."""
    rows = pd.DataFrame(
        {
            "claim_id": "c",
            "stance": "supports",
            "publisher": ["Reportify (Zacks, Cipher)", "Reportify (Benzinga)", "Sandmark"],
        }
    )
    assert claims.stances(rows).loc["c"].tolist() == [2, 0, 0]


def test_pages_that_copy_one_release_are_one_source():
    """Three houses quote one release, one writes for itself, one copies the article: two against, none for."""
    rows = pd.DataFrame(
        {
            "claim_id": "c",
            "stance": ["contradicts"] * 4 + ["supports"],
            "publisher": ["Futurum (quoting the release)", "Tunguz", "AiCoin (syndicated)", "A rewrite", "A mirror"],
            "origin": ["the release", "the release", "the release", None, claims.ITSELF],
        }
    )
    assert claims.stances(rows).loc["c"].tolist() == [0, 0, 2]
    assert claims.stances(rows.drop(columns="origin")).loc["c"].tolist() == [1, 0, 4]


def test_an_original_and_its_copy_are_one_source():
    """A page that copies what its publisher itself also shows adds nothing."""
    rows = pd.DataFrame(
        {"claim_id": "c", "stance": "qualifies", "publisher": ["Zacks", "Nasdaq (Zacks)"], "origin": [None, "Zacks"]}
    )
    assert claims.stances(rows).loc["c"].tolist() == [0, 1, 0]


def test_more_copies_cannot_turn_a_verdict():
    """One original against one report copied five times is one against one: not contradicted, as rows would have it."""
    rows = pd.DataFrame(
        {
            "claim_id": "c",
            "stance": ["supports"] + ["contradicts"] * 5,
            "publisher": [f"house {number}" for number in range(6)],
            "origin": [None, *["one report"] * 5],
        }
    )
    assert claims.by_evidence(*claims.stances(rows).loc["c"]) == claims.CAVEAT
    assert claims.by_evidence(*claims.stances(rows.drop(columns="origin")).loc["c"]) == claims.CONTRADICTED


def test_sources_of_one_statement_count_for_no_other():
    """A stance that only another statement got is none of its own."""
    rows = pd.DataFrame({"claim_id": ["c", "d"], "stance": ["supports", "contradicts"], "publisher": ["one", "two"]})
    assert claims.stances(rows).loc["c"].tolist() == [1, 0, 0]
    assert claims.stances(rows).loc["d"].tolist() == [0, 0, 1]


def test_verdicts_stand_in_the_order_of_the_article():
    """Whatever the order of the rows, numbered anew from the top."""
    said = frozen.load("claims").iloc[::-1]
    judged = claims.verdicts(said, frozen.load("claims_evidence"), [finding(c) for c in said["claim_id"]])
    assert judged["statement_no"].tolist() == list(range(1, 28))
    assert judged.index.tolist() == list(range(27))


def test_no_evidence_is_no_source():
    """An empty table counts nothing and breaks nothing."""
    empty = frozen.load("claims_evidence").iloc[:0]
    assert claims.stances(empty).empty


@given(st.sampled_from(claims.VERDICTS), st.integers(0, 5), st.integers(0, 5), st.integers(0, 5))
def test_evidence_adds_a_caveat_but_never_overturns_a_computation(computed, supports, qualifies, contradicts):
    """Only confirmed changes, and only to one with a caveat; where nothing could be computed, evidence decides."""
    verdict = claims.combined(computed, supports, qualifies, contradicts)
    if computed == claims.NOT_TESTABLE:
        assert verdict == claims.by_evidence(supports, qualifies, contradicts)
    else:
        doubted = computed == claims.CONFIRMED and qualifies + contradicts > 0
        assert verdict == (claims.CAVEAT if doubted else computed)


@pytest.mark.parametrize(
    ("supports", "qualifies", "contradicts", "verdict"),
    [
        (0, 0, 0, claims.NOT_TESTABLE),
        (0, 1, 0, claims.NOT_TESTABLE),
        (1, 0, 0, claims.CONFIRMED),
        (1, 1, 0, claims.CAVEAT),
        (1, 0, 1, claims.CAVEAT),
        (1, 0, 2, claims.CONTRADICTED),
        (0, 0, 1, claims.CONTRADICTED),
    ],
)
def test_evidence_alone_is_counted_at_its_edges(supports, qualifies, contradicts, verdict):
    """As many against as for is a caveat, one more contradicts; what only qualifies confirms nothing."""
    assert claims.by_evidence(supports, qualifies, contradicts) == verdict
    assert claims.combined(None, supports, qualifies, contradicts) == verdict


@pytest.mark.parametrize(
    ("computed", "qualifies", "contradicts", "verdict"),
    [
        (claims.CONFIRMED, 3, 0, claims.CONFIRMED),
        (claims.CONFIRMED, 0, 1, claims.CAVEAT),
        (claims.NOT_REPRODUCED, 0, 3, claims.NOT_REPRODUCED),
        (claims.NOT_TESTABLE, 0, 3, claims.NOT_TESTABLE),
    ],
)
def test_a_figure_that_stands_alone_takes_a_caveat_only_from_a_source_that_contradicts_it(
    computed, qualifies, contradicts, verdict
):
    """However many support it; and a page cannot stand in for closes that are not there."""
    assert claims.combined(computed, 2, qualifies, contradicts, alone=True) == verdict


def finding(claim, computed=None):
    """A minimal finding."""
    return {"claim_id": claim, "grade": "derived", "computed": computed}


def test_every_statement_gets_one_verdict_and_an_outlook_none():
    """With a finding for each statement all 27 get a verdict; the outlook is not testable."""
    said = frozen.load("claims")
    found = [finding(c, claims.CONFIRMED) for c in said["claim_id"]]
    table = claims.verdicts(said, frozen.load("claims_evidence"), found)
    assert claims.scoreboard(table).sum() == 27
    assert table.loc[table["verdict"] == claims.NOT_TESTABLE, "claim_id"].tolist() == ["nvidia-indicator"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f[1:], "data/claims.csv: no finding for 'miners-outperform'; give its type and measure a test"),
        (lambda f: [*f, f[0]], "two findings for 'miners-outperform'"),
        (lambda f: [*f, finding("moon")], "finding for 'moon', which is not there"),
    ],
)
def test_a_missing_doubled_or_unknown_finding_is_refused(change, message):
    """A statement cannot be left out or judged twice without a word."""
    findings = [finding(c) for c in frozen.load("claims")["claim_id"]]
    with pytest.raises(ValueError, match=message):
        claims.verdicts(frozen.load("claims"), frozen.load("claims_evidence"), change(findings))


# --- two days ---------------------------------------------------------------------------------

ONE = pd.DataFrame({"claim_id": ["c"], "statement_no": [1], "type": ["comparative"]})


def page(*stances, published="2026-02-01"):
    """Cited pages of different houses, one for each stance, all of one day or (None) without a date."""
    houses = [f"house {number}" for number in range(len(stances))]
    return pd.DataFrame(
        {"claim_id": "c", "stance": list(stances), "publisher": houses, "published_on": pd.to_datetime(published)}
    )


NO_PAGE = page("supports").iloc[:0]


@pytest.mark.parametrize(
    ("then", "now", "shown", "because"),
    [
        ((claims.CONFIRMED, NO_PAGE), (claims.CONTRADICTED, NO_PAGE), "contradicted; then confirmed", "later data"),
        ((None, NO_PAGE), (None, page("supports")), "confirmed; then not testable here", "later pages"),
        (
            (None, NO_PAGE),
            (claims.CONFIRMED, page("supports")),
            "confirmed; then not testable here",
            "later data or pages",
        ),
        (
            (claims.CONTRADICTED, NO_PAGE),
            (claims.CONFIRMED, page("qualifies")),
            "confirmed in part; then contradicted",
            "later data",
        ),
        (
            (None, NO_PAGE),
            (None, page("supports", published=None)),
            "confirmed; then not testable here",
            "undated pages",
        ),
        (
            (None, NO_PAGE),
            (None, pd.concat([page("supports"), page("qualifies", published=None)])),
            "confirmed in part; then not testable here",
            "later and undated pages",
        ),
        ((claims.CONFIRMED, page("supports")), (claims.CONFIRMED, page("supports")), "confirmed", None),
    ],
)
def test_both_verdicts_are_shown_where_they_differ(then, now, shown, because):
    """And the reason is found by changing the data, the dated or the undated evidence and not the others."""
    dated = (now[0], now[1].dropna(subset="published_on"))
    days = [claims.verdicts(ONE, evidence, [finding("c", computed)]) for computed, evidence in (then, now, dated)]
    row = claims.compare(*days).iloc[0]
    assert row["shown"] == shown.replace("then ", "then: ")
    assert (None if pd.isna(row["because"]) else row["because"]) == because
    assert row["differs"] == (because is not None)


def test_a_printed_return_is_decided_by_prices_alone():
    """A page that puts a right figure in another light is shown and takes nothing from it."""
    for computed in (claims.CONFIRMED, claims.NOT_REPRODUCED):
        judged = claims.verdicts(ONE, page("qualifies"), [finding("c", computed) | {"alone": True}])
        assert judged["verdict"].item() == computed
        assert judged["qualifies"].item() == 1
    days = [
        claims.verdicts(ONE, pages, [finding("c", claims.CONFIRMED) | {"alone": True}])
        for pages in (NO_PAGE, page("qualifies"))
    ]
    assert not claims.compare(days[0], days[1], days[1])["differs"].any()


def test_a_late_copy_of_a_text_of_the_day_is_not_late_news():
    """Of seven pages three show nothing that dates them by the day: one is dated later, two not at all."""
    pages = pd.DataFrame(
        {
            "claim_id": "c",
            "published_on": pd.to_datetime(["2026-01-28", "2026-01-30", "2026-01-30", None, None, None, None]),
            "origin": [None, None, "the release", "the release", None, "a report, 2026-02", claims.ITSELF],
            "origin_on": pd.to_datetime([None, None, "2026-01-28", "2026-01-28", None, None, None]),
        }
    )
    found = claims.unseen(pages, pd.Timestamp("2026-01-28"))
    assert found.loc["c"].to_dict() == {"undated": 2, "later": 1}
    assert claims.dated(pages).isna().sum() == 3  # those two, and the article itself


def test_what_is_known_by_its_text_changes_no_verdict_later():
    """Of 63 rows 37 show no date; twelve of these copy a text of the article's day and count with it, 25 do not."""
    evidence, day = frozen.load("claims_evidence"), pd.Timestamp("2026-01-28")
    undated = evidence["published_on"].isna()
    assert (len(evidence), undated.sum(), claims.dated(evidence).isna().sum()) == (63, 37, 25)
    known = set(frozen.load("claims_evidence", as_of="2026-01-28").index)
    assert known == set(evidence.index[claims.dated(evidence) <= day])


def test_two_days_of_different_statements_are_refused():
    """A statement must not be set against another."""
    judged = claims.verdicts(ONE, NO_PAGE, [finding("c")])
    with pytest.raises(ValueError, match="different claims"):
        claims.compare(judged, judged.assign(claim_id="d"), judged)


def test_evidence_counts_from_the_day_of_its_text():
    """The release that the quotation garbles is of the article's day: judged then, not the day before."""
    quote = frozen.load("claims").query("claim_id == 'nadella-quote'")
    days = [
        claims.verdicts(quote, frozen.load("claims_evidence", as_of=day), [finding("nadella-quote")])
        for day in ("2026-01-27", "2026-01-28", None)
    ]
    expected = [claims.NOT_TESTABLE, claims.CONTRADICTED, claims.CONTRADICTED]
    assert [day["verdict"].item() for day in days] == expected


@pytest.mark.parametrize(
    ("first", "last", "word"),
    [
        ((115, 135), (130, 145), "raised"),
        ((115, 135), (115, 145), "raised"),
        ((200, 200), (200, 200), "kept"),
        ((40, 50), (40, 45), "cut"),
        ((100, 120), (105, 115), "moved both ways"),
        ((100, 120), (101, 115), "moved both ways"),
        ((100, 120), (99, 121), "moved both ways"),
    ],
)
def test_a_revision_is_named_by_both_ends(first, last, word):
    """115 to 135 became 130 to 145: raised; a range that only narrows moved both ways."""
    assert claims.revision(first, last) == word


def test_places_count_from_the_highest_and_skip_the_unknown():
    """Of four known, 5 is first and the two threes share the second place; without a value there is no place."""
    found = claims.places(pd.Series({"a": 3.0, "b": 5.0, "c": 3.0, "d": 1.0, "e": None}), ["b", "c", "e"])
    assert found["place"].tolist()[:2] == [1, 2]
    assert pd.isna(found["place"]["e"])
    assert found["of"].tolist() == [4, 4, 4]


def test_the_report_s_day_is_that_of_the_text_which_is_assessed():
    """Copies do not count, in whatever order the rows stand."""
    rows = {
        "article_id": ["copy", "own"],
        "role": ["syndication", "assessed"],
        "speaks_of": ["2026-01-01", "2026-01-28"],
    }
    articles = pd.DataFrame(rows).astype({"speaks_of": "datetime64[ns]"})
    for table in (articles, articles.iloc[::-1]):
        assert claims.first_day(table) == pd.Timestamp("2026-01-28")
