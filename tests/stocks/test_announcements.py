"""Deal events, results and financings on the exchange's clock."""

import numpy as np
import pandas as pd
import pytest

from minerpivot.data.tables import describe, load
from minerpivot.stocks import announcements, markets
from minerpivot.stocks import events as event_study
from tests.frozen import load as frozen

SESSIONS = pd.DatetimeIndex(["2026-02-04", "2026-02-05", "2026-02-06", "2026-02-09"])


def events(rows, results):
    """Events of small flags: each row a deal_id, ticker, deal_type, two flags and what the ledger says besides."""
    columns = ["deal_id", "ticker", "deal_type", "same_day_earnings", "same_day_financing"]
    table = pd.DataFrame([row[:5] for row in rows], columns=columns)
    plain = {"counts_as": "contract", "state": "signed", "binding_since": "2026-02-05"}
    said = pd.DataFrame([plain | (row[5] if len(row) > 5 else {}) for row in rows])
    told = {"announced_on": SESSIONS[2], "first_session": SESSIONS[2], "announced_time": "pre", "same_day_other": "n"}
    flags = table.assign(**told).drop(columns="deal_type")
    deals = table[["deal_id", "deal_type"]].join(said)
    return announcements.deal_events(deals, flags, pd.Series(results, dtype="datetime64[ns]"), "ABCDEFGH")


def test_deal_events_count_a_session_once_and_know_what_came_with_it():
    """Lease and framework of one morning are one event; results of that session confound it, whatever its flag says."""
    power = {"counts_as": "purchase", "binding_since": None}
    rows = [
        ("F", "A", "other", "n", "n", {"counts_as": "framework", "binding_since": None}),
        ("L", "A", "colocation_lease", "n", "n"),
        ("G", "B", "gpu_cloud", "n", "n"),
        ("U", "C", "jv", "n", "unknown"),
        ("P", "D", "acquisition", "n", "y", power),
        ("X", "NONE", "jv", "n", "n"),
        ("BID", "E", "acquisition", "n", "n", {"counts_as": "takeover_bid", "state": "offered", "binding_since": None}),
        ("S", "E", "colocation_lease", "n", "n"),
    ]
    found = events(rows, {"B": SESSIONS[2]})
    assert found["news"].to_dict() == {
        "L": "clean",
        "G": "confounded",
        "U": "unclear",
        "P": "confounded",
        "S": "confounded",
    }
    assert found.loc["L", ["kind", "rows"]].tolist() == ["lease", 2]
    assert not found.loc["P", "with_tenant"]
    assert found["bid"].to_dict() == {"L": "n", "G": "n", "U": "n", "P": "n", "S": "y"}
    assert events(rows, {"B": SESSIONS[1]}).loc["G", "news"] == "clean"


def test_events_come_by_session_whatever_the_tickers():
    """Z's of the 4th before A's of the 6th."""
    flags = pd.DataFrame(
        {
            "deal_id": ["SECOND", "FIRST"], "ticker": ["A", "Z"], "announced_on": SESSIONS[[2, 0]],
            "first_session": SESSIONS[[2, 0]], "announced_time": "pre", "same_day_earnings": "n",
            "same_day_financing": "n", "same_day_other": "n",
        }
    )  # fmt: skip
    said = {"deal_type": "jv", "counts_as": "contract", "state": "signed", "binding_since": "2026-02-04"}
    none = pd.Series(dtype="datetime64[ns]")
    found = announcements.deal_events(flags[["deal_id"]].assign(**said), flags, none, "AZ")
    assert list(found.index) == ["FIRST", "SECOND"]


def test_an_event_is_effective_if_its_contract_bound_on_its_day():
    """Conditional: not, even if it binds the month after; terminated later, land, a binding lease beside another: yes.

    A partnership without a tenant is no lease, whatever its form.
    A lease that is not effective does not become so by the land that was bought in the same session.
    """
    unbound = {"state": "conditional", "binding_since": None}
    land = {"counts_as": "power_or_land", "binding_since": None}
    lease = ("colocation_lease", "n", "n")
    rows = [
        ("CONDITIONAL", "A", *lease, unbound),
        ("REPLACED", "B", *lease, {"state": "superseded", "binding_since": None}),
        ("LATER", "H", *lease, {"binding_since": "2026-03"}),
        ("ENDED", "C", *lease, {"state": "terminated"}),
        ("MEMORANDUM", "D", "jv", "n", "n", {"counts_as": "no_tenant", "state": "memorandum", "binding_since": None}),
        ("LAND", "E", "power_capacity", "n", "n", land),
        ("ANOTHER", "F", *lease, unbound),
        ("BINDING", "F", *lease),
        ("LEASE", "G", *lease, unbound),
        ("SITE", "G", "power_capacity", "n", "n", land),
    ]
    found = events(rows, {})
    assert found.loc["MEMORANDUM", "kind"] == "amendment or framework"
    assert found["effective"].to_dict() == {
        "CONDITIONAL": "n",
        "REPLACED": "n",
        "LATER": "n",
        "ENDED": "y",
        "MEMORANDUM": "n",
        "LAND": "y",
        "BINDING": "y",
        "LEASE": "n",
    }


def test_every_event_of_the_report_is_counted_once():
    """No share and session twice, none lost, and each of a kind, effective or not."""
    deals, flags = load("deals"), load("event_flags")
    found = announcements.deal_events(deals, flags, pd.Series(dtype="datetime64[ns]"), set(deals["ticker"]))
    assert not found.duplicated(["ticker", "session"]).any()
    assert found["rows"].sum() == len(flags)
    assert found["kind"].notna().all()
    assert found["effective"].isin(["y", "n"]).all()


def test_the_lease_that_was_not_effective_is_no_effective_event():
    """Bitdeer's Tydal lease of June 2026 was signed under conditions; the leases that bound are effective."""
    deals, flags = frozen("deals"), frozen("event_flags")
    found = announcements.deal_events(deals, flags, pd.Series(dtype="datetime64[ns]"), set(deals["ticker"]))
    leases = found["kind"].isin(["lease", "GPU cloud"])
    assert found[leases & (found["effective"] == "n")].index.tolist() == ["BTDR-2026-06-TYDAL"]
    assert not found.loc["BTDR-2026-06-TYDAL", "with_tenant"]


def test_events_are_tallied_by_why_they_are_not_clean_and_told_with_what_came_with_them():
    """A clean lease, a conditional one, land with a financing, and one of which nothing is known."""
    land = {"counts_as": "power_or_land", "binding_since": None}
    rows = [
        ("CLEAN", "A", "colocation_lease", "n", "n"),
        ("CONDITIONAL", "B", "colocation_lease", "n", "n", {"state": "conditional", "binding_since": None}),
        ("LAND", "C", "power_capacity", "y", "y", land),
        ("OPEN", "D", "gpu_cloud", "n", "unknown"),
    ]
    found = events(rows, {})
    counts = {"all_events": 4, "no_contract": 1, "unbound": 1, "confounded": 1, "unclear": 1}
    assert announcements.tally(found) == counts
    came = {
        "CLEAN": "no results, financing or bid",
        "CONDITIONAL": "no results, financing or bid",
        "LAND": "earnings, financing",
        "OPEN": "not known",
    }
    assert announcements.came_with(found).to_dict() == came
    found.loc[["CLEAN", "LAND", "OPEN"], "other"] = "y"
    told = announcements.came_with(found)
    assert told["CLEAN"] == "other news"
    assert told["LAND"] == "earnings, financing, other news"
    assert told["OPEN"] == "other news, the rest not known"
    assert announcements.came_with(found.assign(bid="y"))["LAND"] == "earnings, financing, bid, other news"


def test_a_deal_has_the_name_that_people_know():
    """Company, tenant and value; a tenant that nobody named; no tenant: its kind; two alike: their months."""
    found = pd.DataFrame(
        {
            "ticker": ["A", "A", "B", "B", "B"],
            "kind": ["lease", "power or purchase", "lease", "lease", "lease"],
            "session": pd.to_datetime(["2026-01-05", "2026-01-06", "2026-02-03", "2026-03-03", "2026-03-04"]),
        },
        index=["NAMED", "LAND", "HIDDEN", "AGAIN", "NO VALUE"],
    )
    deals = pd.DataFrame(
        {
            "deal_id": found.index,
            "tenant": ["Microsoft", None, "undisclosed (B)", "undisclosed (B)", "AMD"],
            "contract_value_usd_bn": [9.7, 1.5, 7, 7, None],
        }
    )
    named = announcements.called(found, deals, pd.Series({"A": "IREN", "B": "Hut 8"}))
    assert named.name == "deal"
    assert named.tolist() == [
        "IREN–Microsoft, $9.7bn",
        "IREN, power or purchase",
        "Hut 8–undisclosed tenant, $7.0bn, February 2026",
        "Hut 8–undisclosed tenant, $7.0bn, March 2026",
        "Hut 8–AMD",
    ]


def test_a_set_of_two_is_left_out_and_sizes_tell_careful_tests_from_lax_ones():
    """Twelve shares of independent noise: naive tests hold on days of their own; loud news fools the placebo mean."""
    generator = np.random.default_rng(7)
    sessions = pd.bdate_range("2024-01-01", periods=700)
    sector = generator.normal(0, 0.02, (700, 1))
    returns = pd.DataFrame(sector + generator.normal(0, 0.01, (700, 6)), sessions, list("ABCDEF"))
    chosen = pd.DataFrame({"ticker": list("ABCDEF"), "session": sessions[[250, 300, 370, 440, 510, 590]]})
    sets = {"all": chosen, "two": chosen[:2]}
    found = announcements.studies(returns, sets, {"mean": None}, chosen, window=(0, 0))
    assert list(found) == [("all", "mean")]
    moved = pd.DataFrame({"market": returns.mean(axis=1)})
    market = announcements.studies(returns, sets, {"market": moved}, chosen, window=(0, 0))["all", "market"]
    by_hand = event_study.abnormal_returns(returns, chosen, factors=moved, others=chosen)
    cars = [
        event_study.cumulative(study, (0, 0))["car"].to_numpy() for study in (market, by_hand, found["all", "mean"])
    ]
    assert cars[0].tolist() == cars[1].tolist() != cars[2].tolist()
    days = announcements.shared_days(returns, days=4, shares=5)
    assert days.groupby("session").size().tolist() == [5] * 4
    shared = event_study.abnormal_returns(returns, days)
    request = {"loudness": 5, "effect": 0.1, "pseudo_studies": 400}
    sizes = announcements.sizes(found["all", "mean"], shared, (0, 0), (2, 20), **request)
    assert set(sizes.index) == set(announcements.TEST_NAMES)
    assert sizes.loc["placebo", "quiet"] < 0.15 < 0.5 < sizes.loc["placebo", "loud"]  # loud news passes for an effect
    assert sizes.loc["bmp", "quiet"] < 0.1 < 0.3 < sizes.loc["bmp", "shared"]  # shared days pass for one, too
    assert sizes.loc["kolari_pynnonen", ["quiet", "loud", "shared", "later"]].max() < 0.1
    assert sizes.loc["kolari_pynnonen", "power"] > sizes.loc["kolari_pynnonen", "loud"]


def test_each_column_of_sizes_is_asked_for_as_its_docstring_says(monkeypatch):
    """News uneven between events in `loud` and `power`, between days in `shared`; an effect in `power` alone."""
    asked = []

    def size(study, window, **request):
        del request["studies"], request["reference"]
        asked.append((study, window, request))
        return pd.DataFrame({"rejections": [0.05]}, index=["bmp"])

    monkeypatch.setattr(announcements.inference, "size", size)
    monkeypatch.setattr(announcements.event_study, "cumulative", lambda *_: pd.DataFrame({"car": [0.0] * 3}))
    found = announcements.sizes("deals", "days", (0, 1), (2, 20), loudness=3, effect=0.05, spread=0.7)
    assert list(found) == ["quiet", "loud", "shared", "later", "power"]
    uneven = {"apart": True, "loudness": 3}
    assert asked == [
        ("deals", (0, 1), {"apart": True, "seed": 1}),
        ("deals", (0, 1), uneven | {"seed": 1, "by_event": 0.7}),
        ("days", (0, 1), uneven | {"seed": 3, "by_session": 0.7}),
        ("deals", (0, 1), uneven | {"seed": 2, "by_event": 0.7, "effect": 0.05}),
        ("deals", (2, 20), {"apart": True, "seed": 4}),
    ]


def test_news_of_a_session_is_told_in_one_line():
    """Companies with one kind of news stand together, each once; no news is no line."""
    news = pd.DataFrame({"session": SESSIONS[[1, 2, 2]], "ticker": ["C", "A", "B"], "kind": ["loan", "loan", "notes"]})
    told = announcements.told_by_session(news)
    assert told.to_dict() == {SESSIONS[1]: "C loan", SESSIONS[2]: "A loan; B notes"}
    twice = pd.DataFrame(
        {"session": SESSIONS[:1].repeat(3), "ticker": ["Z", "A", "A"], "kind": ["equity_offering"] * 3}
    )
    assert announcements.told_by_session(twice).item() == "A, Z equity offering"
    assert announcements.told_by_session(twice[:0]).empty


def deal(deal_id, ticker, day, hour="pre", counts_as="contract"):
    """One row of a deal table, as far as flags need it."""
    return dict(
        zip(
            ["deal_id", "ticker", "announced_on", "announced_time", "counts_as"],
            [deal_id, ticker, day, hour, counts_as],
        )
    )


def derived(deals, reports=(), financings=()):
    """`derived_flags` of small tables written by hand, on every weekday of early 2026 but 16 February, a holiday."""
    sessions = pd.bdate_range("2026-01-05", "2026-03-31").drop("2026-02-16")
    told = pd.DataFrame(list(reports), columns=["ticker", "reported_on", "time"])
    told["reported_on"] = pd.to_datetime(told["reported_on"])
    raised = pd.DataFrame(list(financings), columns=["ticker", "announced_on", "kind"], dtype=object)
    return announcements.derived_flags(pd.DataFrame(deals), told, raised, sessions)


def test_derived_flags_are_of_dated_deals_on_the_calendar_of_the_exchange():
    """Evening news of Friday before a holiday moves Tuesday; a month is no day; power and frameworks get no flags."""
    found = derived(
        [
            deal("EVENING", "A", "2026-02-13", "post"), deal("WEEKEND", "B", "2026-02-14", "unknown"),
            deal("MONTH", "C", "2026-02"), deal("POWER", "D", "2026-02-12", counts_as="power_or_land"),
            deal("BID", "E", "2026-02-11", counts_as="takeover_bid"), deal("LATE", "F", "2026-03-31", "post"),
        ]
    )  # fmt: skip
    first = found["first_session"].dt.strftime("%Y-%m-%d").to_dict()
    assert first == {"EVENING": "2026-02-17", "WEEKEND": "2026-02-17", "BID": "2026-02-11"}
    assert (found[["same_day_earnings", "same_day_financing", "same_day_other"]] == "unknown").all(axis=None)


@pytest.mark.parametrize(
    ("hour", "report", "flag"),
    [
        ("pre", ("A", "2026-02-10", "bmo"), "y"),
        ("pre", ("A", "2026-02-09", "amc"), "y"),  # told the evening before
        ("pre", ("A", "2026-02-10", "amc"), "n"),  # told after the session
        ("post", ("A", "2026-02-10", "amc"), "y"),
        ("unknown", ("A", "2026-02-10", "unknown"), "y"),
        ("unknown", ("A", "2026-02-10", "amc"), "unknown"),  # the deal may have come with the results, in the evening
        ("pre", ("A", "2026-02-09", "unknown"), "unknown"),  # the results may have come after the close
        ("pre", ("A", "2026-03-20", "bmo"), "n"),  # 38 days on: the report before it was in December
        ("pre", ("A", "2026-03-30", "bmo"), "unknown"),  # 48 days on: one may be missing from the table
        ("pre", ("B", "2026-02-10", "bmo"), "unknown"),  # another company's
    ],
)
def test_results_of_the_same_session_are_told_from_none_and_from_unknown(hour, report, flag):
    """A deal of Tuesday 10 February and one report each."""
    found = derived([deal("D", "A", "2026-02-10", hour)], [report])
    assert found["same_day_earnings"].item() == flag


def test_financings_and_deals_of_others_on_the_same_session():
    """A dated financing is seen, a month is not, its absence proves nothing; one company's deals are no peers."""
    deals = [
        deal("ONE", "A", "2026-02-10"),
        deal("TWO", "A", "2026-02-10"),
        deal("LAND", "B", "2026-02-09", "post", "power_or_land"),
    ]
    found = derived(deals, financings=[("A", "2026-02-10", "notes"), ("A", "2026-02", "loan")])
    assert found["same_day_financing"].tolist() == ["y", "y"]
    alone = derived(deals[:2], financings=[("A", "2026-02-11", "notes"), ("B", "2026-02-10", "notes")])
    assert alone["same_day_financing"].tolist() == ["unknown", "unknown"]


def test_a_clock_is_judged_by_the_close_of_its_own_day():
    """The half day of 28 November 2025: from 13:00 on a deal moves Monday, and a financing of that day with it."""
    sessions = pd.bdate_range("2025-11-03", "2025-12-12").drop("2025-11-27")
    told = pd.DataFrame({"ticker": ["A"], "reported_on": pd.to_datetime(["2025-11-10"]), "time": ["bmo"]})
    raised = pd.DataFrame([("A", "2025-11-28", "notes")], columns=["ticker", "announced_on", "kind"])
    monday = pd.Timestamp("2025-12-01")
    for clock, first in {"12:30": pd.Timestamp("2025-11-28"), "13:00": monday, "14:00": monday}.items():
        deals = pd.DataFrame([deal("D", "A", "2025-11-28", clock)])
        found = announcements.derived_flags(deals, told, raised, sessions).loc["D"]
        assert found["first_session"] == first
        assert found["announced_time"] == clock
        assert found["same_day_financing"] == "y"


def test_a_deal_before_the_panel_is_refused():
    """Its session is not among those of the panel."""
    with pytest.raises(ValueError, match="the news of OLD, 2025-11-28, is older than the first session, 2026-01-05"):
        derived([deal("OLD", "A", "2025-11-28", "14:00")])


def test_no_flag_contradicts_what_the_tables_tell():
    """Where both know it, what was read is what follows from the other tables; or the table says why not."""
    flags = load("event_flags").set_index("deal_id")
    sessions = markets.close_matrix(load("prices")[["date", "symbol", "close"]]).index
    told = announcements.derived_flags(load("deals"), load("earnings_dates"), load("financings"), sessions)
    told = told[told.index.isin(flags.index)]
    read = flags.loc[told.index]
    assert (read["first_session"] == told["first_session"]).all()
    accepted = describe("event_flags").get("accepted", [])
    for column in ("same_day_earnings", "same_day_financing"):
        known = (read[column] != "unknown") & (told[column] != "unknown")
        apart = read[known & (read[column] != told[column])]
        explained = {item["row"] for item in accepted if item["field"] == column}
        assert set(apart.index) <= explained, f"{column}: {', '.join(apart.index)}"
