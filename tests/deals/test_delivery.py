"""Delivery: what runs for tenants, what was promised, and what came late, on small tables by hand."""

import pandas as pd
import pytest

from minerpivot.deals import delivery
from minerpivot.deals import ledger as deals
from tests.deals.test_ledger import ledger


def test_last_day_of_an_expected_start():
    """Month, quarter, half, mid-year and year."""
    stated = ["2026-09", "2025-Q1", "2026-H1", "mid-2027", "2027", None]
    last = ["2026-09-30", "2025-03-31", "2026-06-30", "2027-06-30", "2027-12-31"]
    found = delivery.due(ledger(*({"start_expected": start} for start in stated)))
    assert found.name == "due"
    assert found.dt.strftime("%Y-%m-%d").dropna().tolist() == last
    assert pd.isna(found.iloc[-1])


def test_first_day_of_a_stated_period():
    """Day, month, quarter, half, mid-year as its second quarter, and year."""
    stated = pd.Series(["2026-05-05", "2026-09", "2025-Q1", "2026-H2", "mid-2027", "2027", None])
    first = ["2026-05-05", "2026-09-01", "2025-01-01", "2026-07-01", "2027-04-01", "2027-01-01"]
    found = delivery.period_start(stated)
    assert found.dt.strftime("%Y-%m-%d").dropna().tolist() == first
    assert pd.isna(found.iloc[-1])


def said(*rows):
    """Statements on one site of one company: each row a dict over a promise of 100 MW for 2026-H1."""
    columns = ["site", "phase", "ticker", "kind", "said_on", "due", "critical_it_mw", "live_by", "live_critical_it_mw"]
    plain = dict.fromkeys([*columns, "alternative_to", "deal_id", "source_url"])
    plain |= {"site": "campus", "phase": "first", "ticker": "IREN", "kind": "promised", "said_on": "2025-03-05"}
    table = pd.DataFrame([plain | row for row in rows], columns=list(plain))
    return table.astype({"critical_it_mw": float, "live_critical_it_mw": float})


def live(megawatts, by, said_on, **more):
    """A delivery: megawatts that ran for the tenant by a time."""
    return {"kind": "delivered", "live_critical_it_mw": megawatts, "live_by": by, "said_on": said_on} | more


def target(due, megawatts, said_on="2026-02-01"):
    """A later date for some megawatts, or for a first hall."""
    return {"kind": "target", "due": due, "critical_it_mw": megawatts, "said_on": said_on}


def test_a_partial_delivery_counts_as_what_it_is():
    """40, then 70 of the first phase and 20 of the second: 90 MW; what was said later or reads otherwise does not."""
    table = said(
        live(40, "2026-Q1", "2026-05-01"),
        live(70, "2026-Q2", "2026-08-01"),
        live(75, "2026-07", "2026-08-01", alternative_to="the other reading"),
        live(20, "2026-07", "2026-08-01", phase="second"),
        live(100, "2026-09", "2026-11-01"),
        live(None, "2026-08", "2026-08-02", site="elsewhere"),
    )
    for day, megawatts in (("2026-04-30", None), ("2026-05-01", 40), ("2026-08-01", 90), ("2026-11-01", 120)):
        found = delivery.live_mw(table, day)["live_mw"].get(("IREN", "campus"))
        assert found == megawatts
    unknown = delivery.live_mw(table, "2026-08-02").loc[("IREN", "elsewhere")]
    assert pd.isna(unknown["live_mw"])  # begun, its megawatts not published: neither nothing nor all
    assert unknown["unpublished"] == 1


def test_of_two_figures_of_one_day_the_later_period_counts():
    """A report gives the quarter to June and July: the megawatts of July are the latest."""
    table = said(live(437, "2026-07", "2026-07-28"), live(395, "2026-Q2", "2026-07-28"))
    assert delivery.live_mw(table, "2026-07-28")["live_mw"].item() == 437


def test_contracted_against_live_against_promised():
    """A subsidiary counts with its parent; a lease that was sold takes its promises along; unseen is not zero."""
    rows = ledger(
        {"critical_it_mw": 250, "state": "partly_delivered"},
        {"deal_id": "GONE", "state": "sold"},
        {"ticker": "WYFI", "critical_it_mw": 40},
        {"ticker": "RIOT", "critical_it_mw": None, "gross_mw": 300.0},
    )
    record = said(
        {"due": "2025-Q4", "critical_it_mw": 100},
        {"due": "mid-2026", "critical_it_mw": 250},
        {"due": "2026-01", "critical_it_mw": 100, "deal_id": "GONE", "site": "other"},
        live(175, "2026-07", "2026-07-05"),
    )
    found = delivery.delivery(rows, record, "2026-06-29", {"WYFI": "BTBT"})
    assert list(found.index) == ["IREN", "BTBT", "RIOT"]  # the largest first
    assert found.loc["IREN", ["contracted_mw", "promised_mw"]].tolist() == [250, 100]
    assert pd.isna(found.loc["IREN", "live_mw"])
    assert delivery.delivery(rows, record, "2026-07-05", {})["live_mw"].dropna().to_dict() == {"IREN": 175}
    assert delivery.delivery(rows, record, "2026-07-05", {}).loc["IREN", "promised_mw"] == 250
    assert found.loc["BTBT", "contracted_mw"] == 40
    assert pd.isna(found.loc["RIOT", "contracted_mw"])
    nothing = delivery.delivery(rows, record.head(0), "2026-07-05", {})
    assert nothing["live_mw"].isna().all()


def test_live_megawatts_over_time():
    """By hand: dated by when it ran, or by the statement if that came first; a sold contract takes its own along."""
    record = said(
        live(40, "2025-Q4", "2026-05-01", deal_id="D0"),
        live(70, "2026-06", "2026-06-02", deal_id="D0"),
        live(30, "2026-01", "2026-02-10", deal_id="VENTURE", site="other"),
        live(100, "2026-09", "2026-11-01", deal_id="D0"),
    )
    venture = {"deal_id": "VENTURE", "own_share_pct": 50.0, "critical_it_mw": 60, "announced_on": "2025-05-05"}
    before, after = ledger({}, venture), ledger({}, venture | {"state": "sold"})

    def known(day):
        return before if day < pd.Timestamp("2026-04-15") else after

    found = delivery.over_time(known, record, "2026-06-15", {}).set_index("month")
    assert found["live_mw"].loc[["2025-12-31", "2026-01-31", "2026-03-31"]].tolist() == [40, 55, 55]
    assert found["live_mw"].loc[["2026-04-30", "2026-06-15"]].tolist() == [40, 70]
    parts = [*delivery.TOLD]
    assert found.loc["2025-11-30", parts].tolist() == [0, 0, 130]  # nothing told yet is not zero but untold
    assert found.loc["2026-03-31", parts].tolist() == [55, 75, 0]
    assert found["contracted_mw"].loc[["2026-03-31", "2026-06-15"]].tolist() == [130, 100]
    subsidiary = delivery.over_time(known, record, "2026-06-15", {"IREN": "PARENT"})
    assert set(subsidiary["ticker"]) == {"PARENT"}


def test_contracted_rent_that_has_begun():
    """40 of 100 MW at 1 bn over ten years pay 0.04 bn a year; by tenant, by a common value, and without a value."""
    contracts = deals.contracted(
        ledger(
            {},
            {"deal_id": "T1", "ticker": "CORZ", "tenant": "Coal"},
            {"deal_id": "T2", "ticker": "CORZ", "tenant": "Coal", "contract_value_usd_bn": 3.0},
            {"deal_id": "PART", "ticker": "GLXY", "part_of": "ALL", "contract_value_usd_bn": None},
            {"deal_id": "ALL", "ticker": "GLXY", "counts_as": "value", "parts": 1.0, "critical_it_mw": None}
            | {"contract_value_usd_bn": 2.0},
            {"deal_id": "BARE", "ticker": "WULF", "contract_value_usd_bn": None},
        )
    )
    record = said(
        live(40, "2026-01", "2026-02-01", deal_id="D0"),
        live(50, "2026-01", "2026-02-01", ticker="CORZ", site="five sites"),
        live(10, "2026-01", "2026-02-01", ticker="GLXY", site="third", deal_id="PART"),
        live(60, "2026-01", "2026-02-01", ticker="WULF", site="fourth", deal_id="BARE"),
    )
    found = delivery.rent_begun(contracts, record, "2026-03-01", {"five sites": "Coal"}, {})
    assert found["usd_bn_per_year"].dropna().round(9).to_dict() == {"IREN": 0.04, "CORZ": 0.1, "GLXY": 0.02}
    assert found.loc["WULF", "live_mw"] == 60
    assert pd.isna(found.loc["WULF", "rated_mw"])
    assert delivery.rent_begun(contracts, record, "2026-01-15", {}, {}).empty


def test_megawatts_told_by_tenant_stand_at_the_whole_site():
    """Two parts of a campus and a plain site."""
    sites = pd.DataFrame({"site": ["campus", "north", "south", "plain"], "part_of": [None, "campus", "campus", None]})
    rows = pd.DataFrame({"site": ["north", "south", "plain"], "tenant": ["Coal", "Coal", None]})
    assert delivery.told_by_tenant(sites, rows) == {"campus": "Coal"}


def test_each_tenant_at_each_site():
    """By hand: two phases of one contract, a tenant told for a whole campus, a start that has passed unheard."""
    sites = pd.DataFrame(
        [("campus", None), ("north", "campus"), ("south", "campus"), ("plain", None), ("quiet", None), ("gone", None)],
        columns=["site", "part_of"],
    ).assign(ticker="IREN")
    rows = pd.DataFrame(
        [
            ("north", None, "Coal", 30),
            ("south", None, "Coal", 20),
            ("plain", "A", None, 100),
            ("quiet", "B", None, 40),
            ("gone", "SOLD", None, 60),
        ],
        columns=["site", "deal_id", "tenant", "critical_it_mw"],
    )
    contracts = deals.contracted(
        ledger(
            {"deal_id": "A", "tenant": "Oak", "start_expected": "2026"},
            {"deal_id": "B", "tenant": "Elm", "start_expected": "2026-03"},
            {"deal_id": "SOLD", "state": "sold"},
        )
    )
    record = said(
        {"site": "plain", "deal_id": "A", "due": "2026-Q2", "critical_it_mw": 60},
        {"site": "plain", "deal_id": "A", "phase": "second", "due": "2026-Q4", "critical_it_mw": 40},
        live(60, "2026-07", "2026-07-05", site="plain", deal_id="A"),
        target("2027-Q1", 40, "2026-07-05") | {"site": "plain", "deal_id": "A", "phase": "second"},
        {"due": "2026-06", "critical_it_mw": 50},
        live(50, "2026-06", "2026-07-01"),
    )
    found = delivery.by_site(sites, rows, contracts, record, "2026-08-01").set_index("site")
    assert list(found.index) == ["campus", "plain", "quiet"]
    assert found["tenant"].tolist() == ["Coal", "Oak", "Elm"]
    assert set(found["ticker"]) == {"IREN"}
    turned = delivery.by_site(sites, rows[::-1], contracts, record, "2026-08-01")
    assert turned["site"].tolist() == ["quiet", "plain", "campus"]  # as the contracts at sites come
    assert found["state"].tolist() == ["live", "expected", "overdue"]
    assert found.loc["campus", ["contracted_mw", "live_mw"]].tolist() == [50, 50]
    assert found.loc["plain", ["live_mw", "promised", "now"]].tolist() == [60, "2026-Q4", "2027-Q1"]
    assert found.loc["plain", "late_quarters"] == pytest.approx(1)
    assert found.loc["quiet", "promised"] == "2026-03"
    assert pd.isna(found.loc["quiet", "now"])
    early = delivery.by_site(sites, rows, contracts, record.head(0), "2026-02-01").set_index("site")
    assert early.loc["quiet", ["state", "now"]].tolist() == ["expected", "2026-03"]
    assert early["live_mw"].isna().all()
    unheard = deals.contracted(ledger({"deal_id": "B", "tenant": "Elm", "start_expected": None}))
    silent = delivery.by_site(sites, rows[3:4], unheard, record.head(0), "2026-02-01")
    assert set(silent) == {*early, "site"}
    assert silent[["promised", "now", "late_quarters"]].isna().all(axis=None)
    aim = said(target("2027-Q1", 40) | {"site": "quiet", "deal_id": "B"})
    aimed = delivery.by_site(sites, rows[3:4], unheard, aim, "2026-08-01").iloc[0]
    assert aimed["now"] == "2027-Q1"  # a target for what nobody promised
    assert aimed[["promised", "late_quarters"]].isna().all()


def test_a_first_part_goes_without_saying_once_all_of_it_is_overdue():
    """Of two steps of one phase both are named only while the whole is not due yet."""
    sites = pd.DataFrame({"site": ["plain"], "part_of": None, "ticker": "IREN"})
    rows = pd.DataFrame({"site": ["plain"], "deal_id": ["A"], "tenant": None, "critical_it_mw": 100})
    contracts = deals.contracted(ledger({"deal_id": "A"}))
    record = said(
        {"site": "plain", "deal_id": "A", "phase": "half", "due": "2026-01", "critical_it_mw": 20},
        {"site": "plain", "deal_id": "A", "phase": "half", "due": "2026-05", "critical_it_mw": 50},
    )
    passed = [
        delivery.by_site(sites, rows, contracts, record, day)["passed"][0] for day in ("2026-04-01", "2026-08-01")
    ]
    assert passed == [["half, first 20 MW"], ["half"]]


def test_a_row_of_a_site_speaks_of_one_phase():
    """Overdue power makes its site overdue while the halls lie ahead; of further halls nothing was promised."""
    sites = pd.DataFrame({"site": ["bend", "pearl"], "part_of": None, "ticker": "IREN"})
    rows = pd.DataFrame({"site": ["bend", "pearl"], "deal_id": ["A", "B"], "tenant": None, "critical_it_mw": 50.0})
    contracts = deals.contracted(ledger({"deal_id": "A"}, {"deal_id": "B"}))
    bend, pearl = {"site": "bend", "deal_id": "A"}, {"site": "pearl", "deal_id": "B"}
    record = said(
        bend | {"phase": "power", "due": "2026-06"},
        bend | {"phase": "halls", "due": "2027-Q2"},
        pearl | {"due": "2026-06"},
        live(None, "2026-06", "2026-07-05") | pearl,
        target("2027-02", None) | pearl | {"phase": "further halls"},
    )
    found = delivery.by_site(sites, rows, contracts, record, "2026-08-01").set_index("site")
    assert found.loc["bend", ["promised", "now", "state", "passed"]].tolist() == [
        "2027-Q2",
        "2027-Q2",
        "overdue",
        ["power"],
    ]
    assert pd.isna(found.loc["pearl", "promised"])  # the first hall's promise is not that of the further ones
    assert found.loc["pearl", ["now", "state", "begun"]].tolist() == ["2027-02", "expected", True]
    late = delivery.by_site(sites, rows, contracts, record, "2027-08-01").set_index("site")
    assert late.loc["bend", ["state", "passed"]].tolist() == ["overdue", ["power", "halls"]]
    before = delivery.by_site(sites, rows, contracts, record, "2026-06-30").set_index("site")
    assert before.loc["bend", "state"] == "expected"


@pytest.mark.parametrize(
    ("later", "state", "late"),
    [
        ([], "overdue", None),  # 2026-H1 has passed on 29 August and nothing was said since
        ([target("2026-Q2", 100)], "expected", 0),  # a word more exact, not earlier
        ([target("2027-Q1", 120)], "expected", 3),
        ([target("2026", 100)], "expected", 0),  # a vaguer word: the year has begun before the half has ended
        ([target("2026-H2", 100)], "expected", 2),  # begins after it
        ([target("2027-Q1", 40)], "overdue", None),  # not for all of it
        ([target("2026-Q4", 100), target("2026-Q3", None, said_on="2026-05-01")], "expected", 2),  # a first hall
        ([live(100, "2026-07", "2026-08-05")], "delivered", 1 / 3),
        ([live(99, "2026-07", "2026-08-05")], "late", None),  # not all of it, so it was said
        ([live(0, "2026-08", "2026-08-05")], "late", None),  # nothing of it, so it was said
        ([live(40, "2026-05", "2026-06-05")], "overdue", None),  # a part, before the time had passed: no news since
        ([live(99, "2026-06", "2026-07-05"), live(100, "2026-07", "2026-08-05")], "delivered", 1 / 3),
        ([live(100, "2026-06", "2026-07-05"), live(120, "2026-08", "2026-08-25")], "delivered", 0),  # when first so
        ([live(120, "2026-08", "2026-08-25"), live(100, "2026-06", "2026-07-05")], "delivered", 0),  # in any order
        ([live(None, "2026-07", "2026-08-05")], "overdue", None),  # how much of it was not published
        ([live(100, "2026-03", "2026-08-05")], "delivered", 0),
        ([live(100, "2026-07", "2026-09-05")], "overdue", None),  # said after the day
        (
            [{"said_on": "2026-02-01", "due": "2027", "critical_it_mw": 100}],
            "overdue",
            None,
        ),  # the first promise counts
    ],
)
def test_late_is_what_comes_after_the_promised_period(later, state, late):
    """100 MW promised for the first half of 2026, as it stood on 29 August 2026."""
    table = said({"due": "2026-H1", "critical_it_mw": 100}, *later)
    row = delivery.delays(table, "2026-08-29").iloc[0]
    assert row["state"] == state
    assert pd.isna(row["late_quarters"]) if late is None else row["late_quarters"] == pytest.approx(late)


def test_promises_of_one_phase_in_steps_count_each():
    """By hand: about 250 MW in 2025, all 590 in 2026; 120 ran by the end of 2025, 395 by June, 437 in July 2026."""
    table = said(
        {"due": "2026", "critical_it_mw": 590},
        {"due": "2025", "critical_it_mw": 250},
        live(120, "2025-Q4", "2026-03-02"),
        live(395, "2026-Q2", "2026-07-28"),
        live(437, "2026-07", "2026-07-28"),
        target("2027-Q1", 590, "2026-07-28"),
    )
    known = {
        "2025-12-31": (["expected", "expected"], ["as promised", "as promised"]),
        "2026-01-28": (["overdue", "expected"], ["no news", "as promised"]),
        "2026-03-02": (["late", "expected"], ["late, no date", "as promised"]),
        "2026-08-29": (["delivered", "expected"], ["came late", "postponed"]),
    }
    for day, (states, outcomes) in known.items():
        found = delivery.outcomes(delivery.delays(table, day), day)
        assert found["promised_mw"].tolist() == [250, 590]
        assert found["step"].tolist() == ["first, first 250 MW", "first"]
        assert found["state"].tolist() == states
        assert found["outcome"].tolist() == outcomes
    assert found["now"].tolist() == ["2026-Q2", "2027-Q1"]  # when it first was enough
    assert found["late_quarters"].tolist() == [2, 1]


def test_two_times_for_the_same_megawatts_are_one_promise():
    """The later counts; a promise of another day is no step of the first."""
    more = {"said_on": "2025-09-01", "due": "2027", "critical_it_mw": 200}
    table = said({"due": "2026-H1", "critical_it_mw": 100}, {"due": "2026-09", "critical_it_mw": 100}, more)
    found = delivery.delays(table, "2026-08-29")
    assert found[["promised", "promised_mw", "step"]].to_numpy().tolist() == [["2026-09", 100, "first"]]


def test_a_zero_that_was_said_is_known_and_begins_nothing():
    """Nothing runs by what the company said: zero, not missing; the promise of a first hall is not kept by it."""
    table = said({"due": "2026-07"}, live(0, "2026-08", "2026-08-04", deal_id="A"))
    assert delivery.live_mw(table, "2026-08-03").empty
    assert delivery.live_mw(table, "2026-08-04")["live_mw"].item() == 0
    sites = pd.DataFrame({"site": ["campus"], "part_of": None, "ticker": "IREN"})
    rows = pd.DataFrame({"site": ["campus"], "deal_id": "A", "tenant": None, "critical_it_mw": 50.0})
    found = delivery.by_site(sites, rows, deals.contracted(ledger({"deal_id": "A"})), table, "2026-08-29")
    assert found[["live_mw", "begun"]].to_numpy().tolist() == [[0, False]]
    assert delivery.site_states(found).item() == "no date"
    assert delivery.delays(table, "2026-08-29")["state"].item() == "late"


def test_a_first_hall_is_kept_by_any_delivery():
    """A promise without megawatts: the delivery of a hall whose size is not published keeps it."""
    table = said({"due": "2026-07"}, live(None, "2026-07", "2026-08-04"))
    assert delivery.delays(table, "2026-08-29")["state"].item() == "delivered"
    assert delivery.delays(table.head(0), "2026-08-29").empty


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        ("2026-Q4", "Q4 2026"),
        ("2027-H1", "H1 2027"),
        ("2026-10", "Oct 2026"),
        ("2027", "2027"),
        ("mid-2027", "mid-2027"),
        ("2026-05-05", "2026-05-05"),
        (None, None),
    ],
)
def test_a_period_in_a_narrow_cell(stated, name):
    """Quarters, halves and months are turned round; what has no shorter form stands as it is."""
    assert delivery.period_name(stated) == name


def test_what_became_of_each_promise():
    """Seven phases on the first of July 2026, one for each outcome; a promise is due once its whole period is over."""
    day = "2026-07-01"
    table = said(
        {"phase": "kept", "due": "2026-H1"},
        live(None, "2026-05", "2026-05-20", phase="kept"),
        {"phase": "late", "due": "2025-Q4"},
        live(None, "2026-05", "2026-05-20", phase="late"),
        {"phase": "moved", "due": "2025-Q4"},
        {"phase": "moved", "kind": "target", "said_on": "2026-01-10", "due": "2026-Q4"},
        {"phase": "silent", "due": "2025-Q4"},
        {"phase": "early", "due": "2026-Q4"},
        live(None, "2026-05", "2026-05-20", phase="early"),
        {"phase": "to come", "due": "2026-Q4"},
        {"phase": "postponed", "due": "2026-Q4"},
        {"phase": "postponed", "kind": "target", "said_on": "2026-01-10", "due": "2027-Q1"},
    )
    found = delivery.outcomes(delivery.delays(table, day), day).set_index("phase")
    assert found["outcome"].to_dict() == {
        "kept": "in time",
        "late": "came late",
        "moved": "later date",
        "silent": "no news",
        "early": "live already",
        "to come": "as promised",
        "postponed": "postponed",
    }
    assert set(found.index[found["due"]]) == {"kept", "late", "moved", "silent"}
    before = delivery.outcomes(delivery.delays(table, "2026-06-30"), "2026-06-30").set_index("phase")
    assert before.loc["kept", ["due", "outcome"]].tolist() == [False, "live already"]


def test_unheard_are_phases_and_contracts_without_one():
    """A phase whose time has passed, then a contract that is overdue at a site of which no phase is told."""
    phases = delivery.delays(said({"due": "2025-Q4"}, {"phase": "second", "due": "2027"}), "2026-06-30")
    where = pd.DataFrame(
        {"site": ["a", "b", "c"], "promised": ["2025", "2025-Q3", "2027"], "told": [True, False, False]}
        | {"state": ["overdue", "overdue", "expected"]}
    )
    found = delivery.unheard(phases, where)
    assert found.to_dict("list") == {"site": ["campus", "b"], "promised": ["2025-Q4", "2025-Q3"]}


def test_a_site_has_one_word():
    """All of it, a part of it, handed over without megawatts, nothing yet; a part counts before what is overdue."""
    where = pd.DataFrame(
        {
            "state": ["live", "expected", "overdue", "expected", "expected", "expected", "expected", "overdue"],
            "live_mw": [100.0, 40.0, 40.0, None, None, None, None, None],
            "begun": [True, True, True, True, False, False, False, False],
            "promised": [None, None, "2026", None, None, "2027", None, "2025"],
            "now": [None, None, "2026", None, "2027", None, None, None],
        }
    )
    words = ["runs", *3 * ["runs in part"], *2 * ["promised"], "no date", "overdue"]
    assert delivery.site_states(where).tolist() == words


def test_months_in_which_nothing_changed_are_left_out():
    """The first, the one of the change and the last; a month without the company is a zero."""
    months = pd.DataFrame(
        {
            "ticker": ["APLD", "IREN", "IREN", "IREN", "APLD"],
            "month": pd.to_datetime(["2025-01-31", "2025-02-28", "2025-03-31", "2025-04-30", "2025-05-31"]),
            "live_mw": [0.0, 0.0, 0.0, 50.0, 0.0],
            "not_yet_mw": [0.0, 0.0, 0.0, 50.0, 0.0],
            "untold_mw": [1.0, 100.0, 100.0, 0.0, 1.0],
        }
    )
    found = delivery.changes(months, "IREN")
    assert found["month"].dt.month.tolist() == [1, 2, 4, 5]
    assert found["untold_mw"].tolist() == [0, 100, 0, 0]
    assert found["live_mw"].tolist() == [0, 0, 50, 0]


def test_a_site_has_a_name_before_the_list_of_sites_was_compiled():
    """What its key's first words read in the place that its contracts name, or whose it is; the list's name wins."""
    deliveries = pd.DataFrame(
        {
            "site": ["rockdale-riot", "polaris-forge-1", "helios", "black-pearl", "cayuga", "known"],
            "ticker": ["RIOT", "APLD", "GLXY", "CIFR", "WULF", "HUT"],
            "deal_id": ["R", "P", "H", "B", None, "K"],
        }
    )
    ledger_rows = pd.DataFrame(
        {
            "deal_id": ["R", "P", "H", "B", "K"],
            "site": [
                "Rockdale (TX)",
                "Ellendale / Polaris Forge 1 (ND)",
                "HELIOS phase I (TX)",
                None,
                "Known then (LA)",
            ],
        }
    )
    names = pd.Series({"CIFR": "Cipher", "WULF": "TeraWulf"})
    sites = pd.DataFrame({"site": ["known", "other"], "name": ["Known now", "Other"]})
    found = delivery.site_names(sites, deliveries, ledger_rows, names)
    assert found.to_dict() == {
        "rockdale-riot": "Rockdale", "polaris-forge-1": "Polaris Forge 1", "helios": "HELIOS",
        "black-pearl": "Cipher's site", "cayuga": "TeraWulf's site", "known": "Known now", "other": "Other",
    }  # fmt: skip
    assert delivery.site_names(sites.iloc[:0], deliveries.iloc[:0], ledger_rows, names).empty


def test_contracted_megawatts_are_live_not_yet_live_or_untold():
    """A figure settles the rest, a stated zero too; else what starts later does not run, and the others are untold."""
    table = pd.DataFrame(
        [(100, 40, 0), (100, 0, 0), (100, None, None), (100, 40, 1), (50, 60, 0), (None, None, 1)],
        columns=["contracted", "live", "unpublished"],
        dtype=float,
    )
    found = delivery.told(table["contracted"], table["live"], table["unpublished"])
    assert list(found.columns) == list(delivery.TOLD)
    split = [[40, 60, 0], [0, 100, 0], [0, 0, 100], [40, 0, 60], [60, 0, 0], [0, 0, 0]]
    assert found.to_numpy().tolist() == split
    later = pd.Series([70.0, 70, 70, 70, 70, None])  # no more than what is left of the contracts
    found = delivery.told(table["contracted"], table["live"], table["unpublished"], later)
    split[2], split[3] = [0, 70, 30], [40, 60, 0]
    assert found.to_numpy().tolist() == split


def test_a_phase_that_has_begun_without_a_figure_leaves_the_rest_untold():
    """Month by month: 40 of 100 MW in January, a hall of unknown size in March, all of it told in May."""
    record = said(
        live(40, "2026-01", "2026-02-10", deal_id="D0"),
        live(None, "2026-03", "2026-04-01", deal_id="D0", phase="second"),
        live(60, "2026-05", "2026-06-01", deal_id="D0", phase="second"),
    )
    found = delivery.over_time(lambda day: ledger({}), record, "2026-06-15", {}).set_index("month")
    split = {"2025-12-31": [0, 0, 100], "2026-01-31": [40, 60, 0], "2026-03-31": [40, 0, 60], "2026-05-31": [100, 0, 0]}
    for month, parts in split.items():
        assert found.loc[month, [*delivery.TOLD]].tolist() == parts


def test_a_redesigned_phase_has_its_newest_megawatts():
    """A later target for more is what is promised now; one for all of a phase says nothing of its first step."""
    grown = said({"critical_it_mw": 160, "due": "2026-H2"}, target("2027-Q1", 168))
    found = delivery.delays(grown, "2026-06-01")
    assert found[["promised_mw", "now_mw"]].to_numpy().tolist() == [[160, 168]]
    steps = said(
        {"critical_it_mw": 25, "due": "2026-Q3"}, {"critical_it_mw": 160, "due": "2026-H2"}, target("2027-Q1", 168)
    )
    assert delivery.delays(steps, "2026-06-01")["now_mw"].tolist() == [25, 168]


def test_leases_that_start_later_do_not_run_before():
    """100 MW leased from 2026-H2 on and no figure: not yet live in June, untold once the half has begun."""
    rows = ledger({"start_expected": "2026-H2"})
    found = delivery.over_time(lambda day: rows, said().iloc[:0], "2026-07-31", {}).set_index("month")
    assert found.loc["2026-06-30", [*delivery.TOLD]].tolist() == [0, 100, 0]
    assert found.loc["2026-07-31", [*delivery.TOLD]].tolist() == [0, 0, 100]


def test_revenue_booked_before_the_first_megawatts_were_told():
    """A quarter between signature and first figure counts; one before, one after, fit-out and a zero do not."""
    months = pd.DataFrame(
        {
            "ticker": ["IREN", "IREN", "WYFI", "WYFI", "APLD", "APLD", "HUT"],
            "month": pd.to_datetime(["2025-03-31", "2025-12-31"] * 3 + ["2025-03-31"]),
            "contracted_mw": 100.0,
            "live_mw": [0, 50.0, 0, 50.0, 0, 50.0, 0],
        }
    )
    months = months.replace({"ticker": {"WYFI": "BTBT"}})
    quarters = pd.DataFrame(
        [
            ("IREN", "2024-12-31", 5.0, "n"),  # before it signed
            ("IREN", "2025-12-31", 5.0, "n"),  # when the first figure holds
            ("IREN", "2025-06-30", 0.0, "n"),
            ("APLD", "2025-06-30", 5.0, "y"),
            ("WYFI", "2025-06-30", 5.0, "n"),
            ("HUT", "2025-06-30", 5.0, "n"),  # no figure was ever told
        ],
        columns=["ticker", "period_end", "ai_hpc_revenue_usd_m", "ai_includes_fit_out"],
    ).assign(period_end=lambda rows: pd.to_datetime(rows["period_end"]))
    assert delivery.booked_before(months, quarters, {"WYFI": "BTBT"}) == ["BTBT"]


def test_contracts_that_start_later():
    """A start that begins after the day, of known megawatts; a year under way, an open basis and no start do not."""
    rows = deals.contracted(
        ledger(
            {"deal_id": "A", "start_expected": "2027-Q1", "critical_it_mw": 40},
            {"deal_id": "B", "ticker": "WYFI", "start_expected": "2026-09", "critical_it_mw": 5},
            {"deal_id": "C", "start_expected": "2026"},
            {"deal_id": "D", "start_expected": None},
            {"deal_id": "E", "start_expected": "2027", "critical_it_mw": None, "gross_mw": 300.0},
        )
    )
    assert delivery.later_mw(rows, "2026-08-29", {"WYFI": "BTBT"}).to_dict() == {"BTBT": 5, "IREN": 40}


def test_nobody_booked_before_where_no_company_with_revenue_has_signed():
    """A fork of two companies: one has revenue, the other a contract."""
    months = pd.DataFrame({"ticker": ["A"], "month": [pd.Timestamp("2026-01-31")], "contracted_mw": 5, "live_mw": 0})
    columns = ["ticker", "period_end", "ai_hpc_revenue_usd_m", "ai_includes_fit_out"]
    for rows in ([("B", pd.Timestamp("2026-03-31"), 4.0, "n")], []):
        segments = pd.DataFrame(rows, columns=columns).astype({"period_end": "datetime64[ns]"})
        assert delivery.booked_before(months, segments, {"C": "B"}) == []
