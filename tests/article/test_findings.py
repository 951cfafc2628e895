"""What the tables give on each kind of statement: known answers on frozen tables, then and now."""

import re
from pathlib import Path

import pandas as pd
import pytest

from minerpivot.article import claims, findings, knowledge, readings, returns, since
from minerpivot.deals import ledger
from tests import frozen

ARTICLE = "coinspeaker-net-2026-01-28"
DAY = pd.Timestamp("2026-01-28")
SETTINGS = readings.Settings(
    half_width_percent={"one_day": 0.5, "year_to_date": 0.5, "one_year": 5.0},
    cents_per_kwh=4,
    window_days=30,
    diversified_percent=10,
    first_places=3,
    sessions_after=5,
)


@pytest.fixture(scope="module")
def now():
    """All that is in the frozen tables."""
    return knowledge.Known(folder=frozen.FOLDER)


@pytest.fixture(scope="module")
def then():
    """What was public on the article's day."""
    return knowledge.Known("2026-01-28", folder=frozen.FOLDER)


def statement(claim_id, **cells):
    """A frozen statement, with some cells other than they are."""
    (row,) = frozen.load("claims").query("claim_id == @claim_id").to_dict("records")
    return row | cells


def found(claim_id, known, **cells):
    """What its test finds."""
    claim = statement(claim_id, **cells)
    return findings.TESTS[claim["type"], claim["measure"] or ""](claim, known, SETTINGS)


def numbers(finding):
    """The values of a finding by what and over which span they are."""
    return {(value.what, value.over): value.value for value in finding.given}


def test_a_finding_of_a_day_reads_only_what_was_public_on_it(monkeypatch):
    """Every table is asked for as of that day, lists of companies and pages apart; pages are dated by it."""
    asked = []

    def watched(name, as_of=None, *, folder):
        asked.append((name, as_of))
        return frozen.load(name, as_of=as_of)

    monkeypatch.setattr(knowledge, "load", watched)
    statements = claims.statements(frozen.load("claims"), ARTICLE)
    findings.found(statements, knowledge.Known("2026-01-28", folder=frozen.FOLDER), SETTINGS)
    assert len(asked) > 12
    assert {name for name, as_of in asked if as_of is None} == {"instruments", "fates", "claims_evidence"}
    assert {as_of for _, as_of in asked if as_of} == {"2026-01-28"}


def test_what_is_known_on_a_day_knows_no_later_one(then):
    """Asked for a later day, it gives its own."""
    assert then.on(pd.Timestamp("2026-06-30")).day == "2026-01-28"
    assert then.on(pd.Timestamp("2026-01-05")).day == "2026-01-05"


def test_every_kind_of_statement_has_a_test():
    """As `claims.NEEDS` knows them: a kind with a rule and no test would stop the build of a forker's page."""
    assert list(findings.TESTS) == list(claims.NEEDS)


def test_no_test_names_a_statement_a_contract_or_a_stock():
    """What is true of a row is read from it; Nvidia's reports are the one table of a single company."""
    modules = (findings, knowledge, readings, returns, since)
    code = "".join(Path(module.__file__).read_text("utf-8") for module in modules)
    said = frozen.load("claims")
    keys = {*said["claim_id"], *frozen.load("deals")["deal_id"], *said["ticker"].dropna()} - {"NVDA"}
    assert {key for key in keys if re.search(rf"[\"']{re.escape(key)}[\"']", code)} == set()


@pytest.mark.parametrize(
    ("claim_id", "value", "base", "verdict"),
    [
        ("iren-day", 100 * (62.94 / 59.99 - 1), 59.99, claims.CONFIRMED),
        ("iren-ytd", 100 * (62.94 / 37.77 - 1), 37.77, claims.NOT_REPRODUCED),
        ("hut-1y", 100 * (64.60 / 19.61 - 1), 19.61, claims.CONFIRMED),
    ],
)
def test_a_return_is_the_close_of_the_day_over_that_of_the_window(now, claim_id, value, base, verdict):
    """Close to close, and decided by prices alone."""
    finding = found(claim_id, now)
    percent, close = finding.given
    assert percent.value == pytest.approx(value)
    assert close.base == base
    assert (finding.computed, finding.alone) == (verdict, True)


def test_a_return_without_closes_is_not_testable(now):
    """A share that the prices lack, and one that was not listed a year before."""
    assert found("iren-ytd", now, ticker="NONE").computed == claims.NOT_TESTABLE
    assert found("iren-1y", now, ticker="WYFI").computed == claims.NOT_TESTABLE


@pytest.mark.parametrize(("printed", "verdict"), [("62.94", claims.CONFIRMED), ("62.9", claims.CONFIRMED)])
def test_a_price_is_held_to_its_last_printed_digit(now, printed, verdict):
    """62.94 is 62.9, and is not 62.90 or 63.0."""
    close = {"type": "level", "measure": "close", "published_value": printed}
    finding = found("iren-day", now, **close)
    assert (finding.given, finding.computed) == ((readings.Value("close of the day", 62.94, "USD"),), verdict)
    for wrong in ("62.90", "63.0"):
        assert found("iren-day", now, **close | {"published_value": wrong}).computed == claims.NOT_REPRODUCED


def test_one_share_is_ahead_of_another_or_not(now):
    """IREN beat Hut 8 over the year, and not the other way round."""
    compared = {"type": "comparative", "measure": "share_returns", "window": "one_year"}
    assert found("iren-1y", now, **compared, second_ticker="HUT").computed == claims.CONFIRMED
    assert found("iren-1y", now, **compared, ticker="HUT", second_ticker="IREN").computed == claims.CONTRADICTED


def test_the_halving_was_in_april_2024_and_took_half(now):
    """The day against the printed period; 6.25 to 3.125 BTC a block."""
    assert found("halving-last-year", now).computed == claims.CONTRADICTED
    assert found("halving-last-year", now, published_value="2024-04").computed == claims.CONFIRMED
    assert [value.value for value in found("halving-half", now).given] == [50.0, 3.125]
    assert found("halving-half", now, published_value="60").computed == claims.NOT_REPRODUCED


def test_margins_are_read_by_four_readings_against_the_days_before_the_halving(now):
    """Hashprice and two fleets lost; a fleet with a negative margin kept less than nothing of it."""
    finding = found("tighter-margins", now)
    hashprice, *fleets = finding.given
    assert hashprice.value < hashprice.base == pytest.approx(106.55, abs=0.01)
    assert [fleet.what for fleet in fleets] == ["best machine", "typical fleet", "old fleet"]
    assert all(fleet.value < 100 for fleet in fleets)
    assert finding.computed == claims.CONFIRMED


def test_guidance_of_the_day_is_what_stood_that_evening(now, then):
    """Meta's 115 to 135 whatever was raised since, against a consensus of 110; another range does not hold."""
    for known in (then, now):
        assert [value.value for value in found("meta-guidance", known).given] == [115, 135]
        assert found("meta-guidance", known).computed == claims.CONFIRMED
        assert found("meta-consensus", known).computed == claims.CONFIRMED
    assert found("meta-guidance", now, published_high=130).computed == claims.CAVEAT
    assert found("meta-guidance", now, guided_period="2031").computed is None


def test_capex_growth_is_that_of_the_results_of_that_evening(now, then):
    """Grown, and slower than in the quarter before in three of four series: half of the readings."""
    finding = found("no-slowdown", now)
    assert finding == found("no-slowdown", then)
    assert {value.over for value in finding.given} == {"2025Q4"}
    assert [value.value < value.base for value in finding.given] == [True, False, True, True]
    assert finding.computed == claims.CAVEAT


def test_a_report_to_come_is_the_first_after_the_statement(now, then):
    """Nvidia's of 25 February 2026: unknown on the day, confirmed since, and another day is wrong."""
    assert found("nvidia-date", then).computed is None
    assert found("nvidia-date", now).computed == claims.CONFIRMED
    assert found("nvidia-date", now, published_value="2026-02-26").computed == claims.CONTRADICTED


def test_a_contract_is_tested_on_its_row(now):
    """IREN's month and term, of which one can be wrong; Cipher's megawatts, which need a basis that somebody stated."""
    assert numbers(found("iren-microsoft", now))["announced", ""] == "2025-11-03"
    assert found("iren-microsoft", now).computed == claims.CONFIRMED
    assert found("iren-microsoft", now, period="2025-10").computed == claims.CAVEAT
    assert found("cipher-aws", now, published_value="299").computed != claims.CONFIRMED
    assert found("cipher-aws", now, deal_id="NONE").computed is None


@pytest.mark.parametrize(
    ("change", "became"),
    [
        ({"state": "terminated"}, "terminated (2026-08-10)"),
        ({"state": "sold"}, "sold (2026-08-10)"),
        ({"term_years": 99.0}, "amended in term (2026-08-10)"),
        ({"supersedes": None}, "superseded by AGAIN (2026-08-10)"),
    ],
)
@pytest.mark.parametrize("claim_id", ["iren-microsoft", "cipher-aws", "cipher-one-of-largest"])
def test_a_contract_that_changed_keeps_the_verdict_of_the_day(then, claim_id, change, became):
    """Ended, sold, amended or replaced since: judged by the ledger of its day, and said with what became of it."""
    known, key = knowledge.Known(folder=frozen.FOLDER), statement(claim_id)["deal_id"]
    ledger = known("deals")
    own = ledger["deal_id"] == key
    again = ledger[own].assign(deal_id="AGAIN", announced_on="2026-08-10", supersedes=key)
    changed = ledger.assign(**{field: ledger[field].mask(own, value) for field, value in change.items()})
    known._tables["deals"] = pd.concat([changed, again] if "supersedes" in change else [changed])
    told = pd.DataFrame({"table": "deals", "row": key, "field": [*change], "known_on": pd.Timestamp("2026-08-10")})
    known._tables["knowledge"] = told
    before, after = found(claim_id, then), found(claim_id, known)
    assert after.computed == before.computed
    assert after.given == (*before.given, readings.Value("", became, over="since then"))


def test_one_of_the_largest_is_a_place_among_the_first_on_each_measure(then):
    """Every place that a measure gives is within the contracts it counts; first places make the verdict."""
    finding = found("cipher-one-of-largest", then)
    places = [(value.value, int(value.unit.removeprefix("of "))) for value in finding.given]
    assert len(places) == 5
    assert all(1 <= place <= of for place, of in places)
    expected = claims.holds({str(number): place <= 3 for number, (place, _) in enumerate(places)})
    assert finding.computed == expected
    assert found("cipher-one-of-largest", then, deal_id="NONE").computed is None


def test_signers_grow_from_year_to_year_or_are_as_many_as_printed(then):
    """None by the end of 2023, more each year; a printed count is held against the day."""
    counts = [value.value for value in found("growing-number", then).given]
    assert counts[0] == 0
    assert counts == sorted(counts)
    assert found("growing-number", then).computed == claims.CONFIRMED
    assert found("growing-number", then, published_value=str(counts[-1])).computed == claims.CONFIRMED
    assert found("growing-number", then, published_value=str(counts[-1] + 1)).computed == claims.NOT_REPRODUCED


def test_years_before_the_first_signer_are_not_years_without_growth():
    """In August 2024 the first contract is of that year: more than at the end of 2023, when there was none."""
    known = knowledge.Known("2024-08-30", folder=frozen.FOLDER)
    finding = found("growing-number", known, as_of=pd.Timestamp("2024-08-30"))
    assert [value.what for value in finding.given] == ["by 2023-12-31", "by 2024-08-30"]
    assert finding.given[0].value == 0 < finding.given[1].value
    assert finding.computed == claims.CONFIRMED


def test_a_signer_without_a_split_is_named_and_not_counted(now):
    """Unknown is neither more nor less than a tenth."""
    finding = found("diversified-revenue", now)
    unseen = [value for value in finding.given if value.over == "no split seen"]
    seen = [value.value for value in finding.given if value.over == "latest quarter"]
    assert unseen
    assert all(value.value is None for value in unseen)
    expected = claims.holds({str(number): share > 10 for number, share in enumerate(seen)})
    assert finding.computed == expected


@pytest.mark.parametrize("claim_id", ["miners-outperform", "response-strong"])
def test_what_followed_the_article_is_read_only_when_it_is_known(now, then, claim_id):
    """The baskets get a third span, and the response to contracts a third reading."""
    early, late = ({value.over for value in found(claim_id, known).given} for known in (then, now))
    assert (len(early), len(late)) == (2, 3)


def test_the_days_after_the_article_are_those_of_the_stocks_that_it_names(now):
    """Those whose returns it prints: their mean over five sessions is worse than that of the Nasdaq-100."""
    assert knowledge.named(claims.statements(frozen.load("claims"), ARTICLE), now) == ["IREN", "CIFR", "HUT"]
    after = numbers(found("response-strong", now))
    span = "sessions to 2026-02-04"
    assert after["mean of the named stocks", span] == pytest.approx(-23.2, abs=0.05)
    assert after["Nasdaq-100", span] == pytest.approx(-4.3, abs=0.05)


def test_a_statement_on_pages_says_what_the_first_page_says(now):
    """A page that copies the article is none; the verdict is left to the count of pages."""
    finding = found("nadella-quote", now)
    assert "AI diffusion" in finding.given[0].value
    assert finding.computed is None
    assert found("nadella-quote", knowledge.Known("2026-01-27", folder=frozen.FOLDER)).given[0].value == "no page"


def test_an_outlook_shows_the_reports_that_followed(now, then):
    """Of Nvidia only: the table of reports against own guidance is Nvidia's."""
    assert numbers(found("nvidia-indicator", then)) == {("", ""): "no report since"}
    assert found("nvidia-indicator", now).given[0].value == pytest.approx(4.81, abs=0.005)
    assert numbers(found("nvidia-indicator", now, ticker="META")) == {("", ""): "an outlook"}


def test_the_start_of_a_printed_return_is_searched_for(now):
    """All three year-to-date returns fit the close of the year's first session; a "more than" has no closest."""
    for claim_id in ("iren-ytd", "cipher-ytd", "hut-ytd"):
        search = returns.conventions(statement(claim_id), now, SETTINGS)
        assert search["first_close"]
        assert search["base"] == "2026-01-02"
        assert abs(search["percent"] - search["printed"]) <= 0.5
    more_than = returns.conventions(statement("iren-1y"), now, SETTINGS)
    assert more_than["fit"] > 0
    assert more_than["end"] is None
    assert returns.conventions(statement("iren-ytd", published_value=None), now, SETTINGS) is None


# --- since the article ------------------------------------------------------------------------


def rows(parts):
    """Rows by what they are."""
    return {row.what: row for row in parts}


def test_a_plan_is_followed_on_its_own_basis(now):
    """Meta raised twice; Oracle's year has ended; Microsoft's restatement is a row of its own and no cut."""
    plans = {f"{row.what}, {row.note}": row for row in since.plans(now, DAY)}
    meta, oracle = (
        plans["capex of Meta, 2026, counted"],
        plans["capex of Oracle, fiscal 2026, guided once, not counted"],
    )
    assert (meta.first, meta.latest, meta.change) == ((115, 135), (130, 145), "raised")
    assert oracle.first == (50, 50)
    assert oracle.change == pytest.approx(100 * (oracle.latest / 50 - 1))
    assert plans["capex of Microsoft, 2026, restated, guided once, not counted"].latest is None


def test_figures_of_one_source_are_shown_and_not_counted(now):
    """Amazon's second figure rests on one source: its plan is comparable by the one before, and the table says so."""
    every, counted = (
        since.guidance(now, DAY, standings=standings).set_index("ticker")["latest"]
        for standings in (since.SHOWN, since.COMPARABLE)
    )
    assert every["AMZN"] == (220, 220)
    assert counted["AMZN"] == (200, 200)
    assert "AMZN" in set(since.comparable(now, DAY)["ticker"])
    shown = rows(since.plans(now, DAY))["capex of Amazon"]
    assert (shown.latest, shown.note) == ((220, 220), "2026, single sourced, not counted")


def test_on_the_articles_day_nothing_has_followed(then):
    """Every row has what stood then and nothing since."""
    groups = since.groups(then, DAY, ["IREN"])
    parts = [
        *since.plans(then, DAY),
        *since.growth(then, DAY, ["META"]),
        *since.nvidia(then, DAY),
        *since.income(then, DAY, window_days=30),
        *since.contracts(then, DAY),
        *since.shares(then, DAY, groups),
    ]
    assert len(parts) > 10
    assert [row.what for row in parts if row.latest_on or row.change is not None] == []


def test_levels_are_compared_with_those_of_the_day(now):
    """Hashprice as the mean of its window, shares by their closes, a group as a basket of equal weights."""
    income = rows(since.income(now, DAY, window_days=30))["hashprice, 30 days"]
    assert income.change == pytest.approx(100 * (income.latest / income.first - 1))
    shares = rows(since.shares(now, DAY, {"IREN": ["IREN"], "both": ["IREN", "HUT"], "HUT": ["HUT"]}))
    assert shares["IREN"].first == 62.94
    assert shares["IREN"].change == pytest.approx(100 * (shares["IREN"].latest / 62.94 - 1))
    assert shares["both"].change == since.together(now, ["IREN", "HUT"], DAY, now.end)
    assert shares["both"].latest is None


def test_a_share_whose_closes_end_is_held_to_its_last_one(now):
    """To 110 from 100, and then no close: ten percent; without a close at the start there is no return."""
    days = pd.bdate_range("2026-01-05", periods=3)
    known = knowledge.Known(folder=frozen.FOLDER)
    known.closes = pd.DataFrame({"ENDS": [100, 110, None], "LATE": [None, 5, 6], "ON": [10, 10, 9]}, index=days)
    moved = since.returns(known, ["ENDS", "LATE", "ON"], {"all": (days[0], days[2]), "last": (days[1], days[2])})
    assert moved.loc["ENDS", "all"] == pytest.approx(10)
    assert pd.isna(moved.loc["LATE", "all"])
    assert moved["last"].tolist() == pytest.approx([0, 20, -10])


def test_a_share_whose_closes_end_is_compared_over_its_own_days():
    """Down to 7 from 10 by the second day beside bitcoin at 6: ahead; held against the third day it would be behind."""
    days = pd.bdate_range("2026-01-05", periods=3)
    known = knowledge.Known(folder=frozen.FOLDER)
    known.closes = pd.DataFrame(
        {"ENDS": [10, 7, None], "ON": [10, 9, 8], "LATE": [None, 5, 6], "IBIT": [10, 6, 9]}, index=days
    )
    beside = since.beside(known, ["ENDS", "ON", "LATE"], "IBIT", days[0], days[2])
    assert beside[["ENDS", "ON"]].tolist() == pytest.approx([-40, -10])
    assert pd.isna(beside["LATE"])


def test_joint_ventures_count_at_the_own_share(now):
    """The value of the contracts in force is that of the deals chapter, and less than the ventures in full."""
    value = rows(since.contracts(now, DAY))["their base value"]
    rows_then = ledger.contracted(now.on(DAY)("deals"))
    assert value.first == pytest.approx(ledger.totals(ledger.own_share(rows_then)).iloc[0]["value_usd_bn"])
    assert value.first < ledger.totals(rows_then).iloc[0]["value_usd_bn"]


def test_a_group_is_held_in_equal_weights_made_equal_again_each_quarter():
    """100 to 200 and back beside a flat share: half is moved at the quarter's end, so a quarter of the money is lost.

    A share whose closes end is sold at its last one, and one day's move of a group is the mean of its members'.
    """
    days = pd.DatetimeIndex(["2026-03-30", "2026-03-31", "2026-04-01"])
    known = knowledge.Known(folder=frozen.FOLDER)
    known.closes = pd.DataFrame({"A": [100, 200, 100], "B": [10, 10, 10], "ENDS": [10, 12, None]}, index=days)
    assert since.together(known, ["A", "B"], days[0], days[1]) == pytest.approx(50)
    assert since.together(known, ["A", "B"], days[0], days[2]) == pytest.approx(100 * (1.5 * 0.75 - 1))
    assert since.together(known, ["ENDS", "B"], days[0], days[2]) == pytest.approx(10)


def test_a_subsidiary_counts_with_its_parent(now):
    """WhiteFiber's contract is Bit Digital's, which had signed before; no company is counted twice."""
    alone = ledger.pivot_dates(now("deals"))
    together = knowledge.signing_days(now)
    assert "WYFI" in alone.index
    assert "WYFI" not in together.index
    assert together["BTBT"] == alone["BTBT"]
    assert len(together) == len(alone) - 1
    assert found("growing-number", now).given[-1].value == len(together)
    assert "WYFI" not in knowledge.signed_in_force(now)


def test_what_a_list_in_a_cell_holds_has_no_commas_of_its_own(now):
    """Names of values and of readings: commas part the items, so "a, b" would read as two."""
    said = claims.statements(frozen.load("claims"), ARTICLE)
    rows_found = findings.found(said, now, SETTINGS)
    names = {value.what for row in rows_found for value in row["given"]}
    readings = {reading for row in rows_found for reading in row["readings"]}
    assert len(names) > 20
    assert [name for name in names | readings if "," in name] == []


def test_the_order_of_events_sets_named_stocks_beside_groups_and_benchmarks(now):
    """The day's move of three named stocks, their mean, and a group without members left out."""
    groups = {"named": ["IREN", "CIFR", "HUT"], "other signers": [], "not signed": ["MARA"]}
    closes = now.closes.index
    spans = {"the day": (closes[closes < DAY][-1], DAY)}
    order = since.order(now, groups, ["META"], spans).set_index("ticker")["the day"]
    assert list(order.index) == ["IREN", "CIFR", "HUT", "named", "not signed", "IBIT", "QQQ", "META"]
    assert order["IREN"] == pytest.approx(100 * (62.94 / 59.99 - 1))
    assert order["named"] == pytest.approx(order[["IREN", "CIFR", "HUT"]].mean())


def test_signers_are_compared_with_all_that_mined_at_the_halving(now):
    """Those that took another name since among them; with nobody signed at a start there is no group of signers."""
    assert "ABTC" in now.mined
    assert "ABTC" not in now.followed
    assert list(now.compared(DAY, now.end).index)[:2] == [knowledge.SIGNED, knowledge.UNSIGNED]
    assert knowledge.SIGNED not in now.compared(pd.Timestamp("2024-01-16"), pd.Timestamp("2024-02-15"))


def test_a_miner_is_named_by_its_share_or_by_its_contract(now):
    """A statement that gives a contract alone names the company that signed it."""
    said = claims.statements(frozen.load("claims"), ARTICLE)
    only = said[said["claim_id"] == "cipher-aws"].assign(ticker=None)
    assert knowledge.named(only, now) == ["CIFR"]
    assert knowledge.named(said[said["type"] == "date"], now) == []


def test_groups_are_those_of_the_contracts_signed_by_the_day(now):
    """Each miner with closes is in one of them, and who signed later had not signed."""
    groups = since.groups(now, DAY, ["IREN", "CIFR", "HUT"])
    together = [ticker for tickers in groups.values() for ticker in tickers]
    assert len(together) == len(set(together))
    assert "APLD" in groups["other signers"]
    assert "MARA" in groups["not signed"]


@pytest.mark.parametrize(("claim_id", "cells", "said"), [
    ("meta-guidance", {"guided_period": "2031"}, "no figure by that day"),
    ("meta-consensus", {"guided_period": "2031"}, "no consensus by that day"),
    ("meta-consensus", {"ticker": "AMZN", "guided_period": "2025"}, "no consensus by that day"),
    ("nvidia-date", {"ticker": "NONE"}, "not reported yet"),
    ("iren-microsoft", {"deal_id": "NONE"}, "not known by that day"),
    ("cipher-aws", {"deal_id": "NONE"}, "not known by that day"),
])  # fmt: skip
def test_what_nobody_had_said_is_said_to_be_so(claim_id, cells, said, then):
    """No value but the words, no reading and no verdict."""
    assert found(claim_id, then, **cells) == readings.Finding((readings.Value("", said),), grade="reported")


def test_growth_without_two_quarters_or_without_megawatts(then, monkeypatch):
    """A company that reports no capex; a contract whose size nobody stated."""
    nothing = readings.Finding((readings.Value("", "no two quarters by that day"),))
    assert found("no-slowdown", then, ticker="IREN", second_ticker=None) == nothing
    deal = pd.Series({"critical_it_mw": None, "gross_mw": None, "mw_basis": None})
    monkeypatch.setattr(findings, "contract", lambda *_: (deal, ()))
    unseen = readings.Finding((readings.Value("", "no megawatts seen"),), grade="reported")
    assert found("cipher-aws", then) == unseen


def test_a_printed_place_is_that_place_and_no_other(then):
    """Where no place is printed, any of the first three is one of the largest."""
    places = {value.what: value.value for value in found("cipher-one-of-largest", then).given}
    assert max(places.values()) > 2
    for printed in (1, 2, max(places.values())):
        finding = found("cipher-one-of-largest", then, published_value=str(printed))
        assert finding.readings == {measure: place == printed for measure, place in places.items()}


def test_as_many_signers_as_the_year_before_are_no_more(then, monkeypatch):
    """One in 2023, another in 2024, none in 2025; a printed number is held against the count of the day."""
    days = pd.Series(pd.to_datetime(["2023-05-01", "2024-05-01"]))
    monkeypatch.setattr(findings, "signing_days", lambda known: days)
    finding = found("growing-number", then)
    assert [value.value for value in finding.given] == [1, 2, 2, 2]  # the day is of 2026
    assert finding.readings == {"more signers every year": False}
    counted = found("growing-number", then, published_value="2")
    assert counted.given == (readings.Value("by 2026-01-28", 2, over="companies with a contract"), *finding.given)
    assert (counted.computed, counted.grade) == (claims.CONFIRMED, "reported")


def test_margins_that_stayed_the_same_are_no_tighter(then, monkeypatch):
    """40 USD per MWh before and now: neither more nor less."""
    same = pd.DataFrame({"frontier": 40.0, "old": 40.0}, pd.date_range("2024-01-01", "2026-12-31"))
    monkeypatch.setattr(findings.power, "margin", lambda recent, *_, **__: same.loc[recent.index])
    held = found("tighter-margins", then).readings
    assert (held["best machine"], held["old fleet"]) == (False, False)


def test_pages_are_read_from_the_day_of_the_first_on():
    """On the eve nothing had been written; the page of the day itself is there."""
    first = claims.dated(frozen.load("claims_evidence")).min()
    eve, day = (
        knowledge.Known(f"{each:%Y-%m-%d}", folder=frozen.FOLDER) for each in (first - pd.Timedelta(days=1), first)
    )
    assert eve.pages().empty
    assert set(claims.dated(day.pages())) == {first}


def test_without_contracts_to_study_the_response_to_them_is_left_to_pages(now, monkeypatch):
    """A fork of companies that signed nothing, or nothing that the study can hold."""
    news = returns.contract_news(now)
    for few in (news[:0], news[news["news"] != "clean"]):
        monkeypatch.setattr(returns, "contract_news", lambda known, few=few: few)
        finding = found("response-strong", now)
        assert (finding.given, finding.computed) == (returns.NO_EVENTS, None)
