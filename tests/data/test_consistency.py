"""What tables say of each other, each rule at its edges: the last right value, the first wrong one, on rows by hand."""

import pandas as pd
import pytest

from minerpivot.data import consistency
from tests.by_hand import at, lines, places, table, told

FAR = "correct the figure or its unit"


def test_a_rule_runs_where_its_tables_are_all_there():
    """A fork without a table has no rule about it; every rule of those that are there is asked."""
    known = {
        "instruments": lines("instruments", "ticker,fiscal_year_end_month,renamed_to", "NVDA,1,NVDA"),
        "nvidia": lines("nvidia", "fiscal_period,period_end,reported_on", "FY2026 Q2,2025-10-26,2025-11-19"),
        "earnings_dates": lines("earnings_dates", "ticker,fiscal_period,reported_on", "NVDA,FY2026 Q2,2025-11-28"),
        "knowledge": lines("knowledge", "table,row,field,value", "nvidia,FY2026 Q9,revenue_usd_bn,5"),
    }
    assert [(fault.table, *fault.cells) for fault in consistency.contradictions(known)] == [
        ("nvidia", "fiscal_period", "period_end"),
        ("instruments", "ticker", "renamed_to"),
        ("earnings_dates", "ticker", "fiscal_period", "reported_on"),  # nine days from the day in nvidia
        ("earnings_dates", "ticker", "fiscal_period", "reported_on"),  # and 120 after a quarter that ended in July
        ("knowledge", "table", "row"),
    ]
    del known["nvidia"]
    assert [fault.table for fault in consistency.contradictions(known)] == [
        "instruments", "earnings_dates", "knowledge",
    ]  # fmt: skip
    assert not list(consistency.contradictions({"deliveries": lines("deliveries", "deal_id", "gone")}))


# --- names of periods --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "month", "names"),
    [
        ("2026-03-31", 12, "FY2026 Q1, 2026Q1, 2026-03"),
        ("2025-12-31", 12, "FY2025 Q4, 2025Q4, 2025-12, FY2025, 2025FY"),
        ("2025-10-26", 1, "FY2026 Q3, 2026Q3, 2025-10"),  # the year ends in January: it is the next one already
        ("2026-01-25", 1, "FY2026 Q4, 2026Q4, 2026-01, FY2026, 2026FY"),
        ("2021-05-02", 1, "FY2022 Q1, 2022Q1, 2021-04"),  # a year of weeks: two days into May is April's
        ("2026-01-15", 12, "FY2025 Q4, 2025Q4, 2025-12, FY2025, 2025FY"),
        ("2026-01-16", 12, "FY2026 Q1, 2026Q1, 2026-01"),
        ("2026-09-30", 6, "FY2027 Q1, 2027Q1, 2026-09"),
        ("2026-06-30", 6, "FY2026 Q4, 2026Q4, 2026-06, FY2026, 2026FY"),
        ("2026-06-30", float("nan"), ""),
    ],
)
def test_a_period_is_named_by_its_middle_and_the_years_end(end, month, names):
    """Quarters count from the month after the year's end."""
    assert consistency.period_names(pd.Timestamp(end), month) == set(filter(None, names.split(", ")))


def test_a_fiscal_year_may_be_named_where_quarters_are_the_calendars():
    """Costs stand by calendar quarter and by the company's own year."""
    found = consistency.period_names(pd.Timestamp("2026-06-30"), 12, 6)
    assert found == {"FY2026 Q2", "2026Q2", "2026-06", "FY2026", "2026FY"}
    assert "2026FY" not in consistency.period_names(pd.Timestamp("2026-06-30"), 12, 7)


def test_the_months_of_fiscal_years_are_those_of_the_row_and_of_later_knowledge():
    """In the order in which they were known; a month that is none, and news of another column, count for nothing."""
    instruments = lines("instruments", "ticker,fiscal_year_end_month", "A,12", "B,1", "C,")
    knowledge = lines(
        "knowledge", "table,row,field,value", "instruments,A,fiscal_year_end_month,6", "instruments,A,name,3",
        "deals,A,fiscal_year_end_month,4", "instruments,B,fiscal_year_end_month,13",
        "instruments,B,fiscal_year_end_month,0", "instruments,C,fiscal_year_end_month,May",
        "instruments,D,fiscal_year_end_month,9",
    )  # fmt: skip
    assert consistency.fiscal_year_ends({"instruments": instruments}) == {"A": [12], "B": [1]}
    both = consistency.fiscal_year_ends({"instruments": instruments, "knowledge": knowledge})
    assert both == {"A": [12, 6], "B": [1], "C": [], "D": [9]}
    assert consistency.fiscal_year_ends({"knowledge": knowledge}) == {}


def test_a_label_is_the_periods_own():
    """Fiscal by the company's year, calendar by the year of all; what lacks name, day or year is not asked."""
    head = "ticker,fiscal_period,period_end,calendar_quarter"
    rows = lines(
        "capex_actuals", head, "MSFT,FY2026 Q2,2025-12-31,2025Q4", "MSFT,FY2026 Q3,2025-12-31,2026Q1",
        "MSFT,,2025-12-31,", "MSFT,FY2026 Q3,,2026Q1", "AMZN,FY2026 Q3,2025-12-31,2025Q4",
    )  # fmt: skip
    found = list(consistency.labels(rows, {"MSFT": [6]}))
    assert places(found) == [(1, "period_end"), (1, "period_end")]
    assert told(found)[0] == (
        "data/capex_actuals.csv row 3: fiscal_period is 'FY2026 Q3' and period_end is '2025-12-31', but the period that "
        "ends on 2025-12-31 is 2025-12 or 2026Q2 or FY2026 Q2; correct the name or the day"
    )
    assert "calendar_quarter is '2026Q1'" in told(found)[1]
    assert " is 2025-12 or 2025FY or 2025Q4 or FY2025 or FY2025 Q4;" in told(found)[1]
    one = lines("nvidia", "fiscal_period,period_end", "FY2026 Q3,2025-10-26", "FY2025 Q3,2025-10-26")
    assert at(consistency.labels(one, {"NVDA": [1]})) == [1]
    assert not list(consistency.labels(one, {}))
    costs = lines("miner_costs", "ticker,period,period_end", "IREN,2026FY,2026-06-30", "CIFR,2026FY,2026-06-30")
    assert at(consistency.labels(costs, {"IREN": [6], "CIFR": [12]})) == [1]


# --- deals and events --------------------------------------------------------------------------

EVENT = "deal_id,ticker,announced_on,announced_time"


def test_an_event_is_its_deals():
    """A deal that knows only the month, or not the hour, is contradicted by neither."""
    deals = lines("deals", EVENT, "A,IREN,2025-11,unknown", "B,CIFR,2025-11-03,", "C,HUT,2025-11-03,pre")
    events = lines(
        "event_flags", EVENT, "A,IREN,2025-11-03,pre", "A,CIFR,2025-11-03,pre", "A,IREN,2025-12-01,pre",
        "B,CIFR,2025-11-03,post", "B,CIFR,2025-11-04,post", "C,HUT,2025-11-03,post", "D,HUT,2025-11-03,post",
    )  # fmt: skip
    found = list(consistency.events_are_their_deals(events, deals))
    assert places(found) == [(1, "ticker"), (5, "announced_time"), (2, "announced_on"), (4, "announced_on")]
    assert told(found)[1::2] == [
        "data/event_flags.csv row 7: deal_id is 'C' and announced_time is 'post', which its deal contradicts; "
        "correct the event or the deal",
        "data/event_flags.csv row 6: deal_id is 'B' and announced_on is '2025-11-04', which its deal contradicts; "
        "correct the event or the deal",
    ]
    assert told(found)[0].endswith("'CIFR', which its deal contradicts; correct the event or the deal")


def test_an_event_reacts_in_the_session_of_its_hour_or_where_that_is_unknown_in_either():
    """3 November 2025 is a Monday."""
    hours = {"pre": ["03"], "intraday": ["03"], "post": ["04"], "unknown": ["03", "04"], "09:00": ["03"]}
    rows = [(hour, day) for hour in hours for day in ("02", "03", "04", "05")]
    events = lines(
        "event_flags", "announced_on,announced_time,first_session",
        *(f"2025-11-03,{hour},2025-11-{day}" for hour, day in rows),
    )  # fmt: skip
    found = list(consistency.events_react_in_their_first_session(events))
    assert at(found) == [row for row, (hour, day) in enumerate(rows) if day not in hours[hour]]
    assert told(found)[0] == (
        "data/event_flags.csv row 2: announced_on is '2025-11-03' and announced_time is 'pre' and first_session is "
        "'2025-11-02', not the first session that could react; take the exchange's next session"
    )


@pytest.mark.parametrize(
    ("financing", "fault"),
    [
        ("IREN,2025-11-03,100", True),  # of the event's evening
        ("IREN,2025-11-04,100", True),  # of its session
        ("IREN,2025-11-05,100", False),
        ("IREN,2025-11-02,100", False),  # a Sunday: it reacts on Monday, before the news
        ("CIFR,2025-11-03,100", False),
        ("IREN,2025-11-03,", False),  # of no stated amount
        ("IREN,2025-11,100", False),
        ("IREN,2008-11-03,100", False),  # before the calendar
        ("IREN,2027-12-01,100", False),  # and after it
    ],
)
def test_a_financing_of_the_day_or_session_is_flagged(financing, fault):
    """Money raised with the news moves the share too."""
    head = "deal_id,ticker,announced_on,first_session,same_day_financing"
    events = lines(
        "event_flags", head,
        *(f"A,{ticker},2025-11-03,2025-11-04,{flag}" for ticker, flag in [("HUT", "n"), ("IREN", "n"), ("IREN", "y")]),
    )  # fmt: skip
    # Another company's, and one outside the calendar, come first: rows keep their own cells.
    others = ["HUT,2005-05-05,7", "GLXY,2025-11-03,9"]
    financings = lines("financings", "ticker,announced_on,amount_usd_m", *others, financing)
    found = list(consistency.financings_are_flagged(events, financings))
    assert at(found) == [1] * fault
    if found:
        assert told(found) == [
            "data/event_flags.csv row 3: deal_id is 'A' and first_session is '2025-11-04' and same_day_financing is "
            "'n', though financings has one that reacts then; write y, or unknown; or correct the financing's day"
        ]


def test_a_financing_of_the_weekend_reacts_with_the_news_of_monday():
    """Its session is the event's."""
    head = "deal_id,ticker,announced_on,first_session,same_day_financing"
    events = lines("event_flags", head, "A,IREN,2025-11-03,2025-11-03,n")
    financings = lines("financings", "ticker,announced_on,amount_usd_m", "IREN,2025-11-01,100")
    assert at(consistency.financings_are_flagged(events, financings)) == [0]


@pytest.mark.parametrize(
    ("other", "peer"),
    [("CIFR,2025-11-03", 1), ("CIFR,2025-11-04", 1), ("CIFR,2025-11-05", 0), ("IREN,2025-11-03", 0), ("CIFR,2025-11", 0)],
)  # fmt: skip
def test_a_peer_is_another_company_of_the_day_or_session(other, peer):
    """y and n are checked alike."""
    head = "deal_id,ticker,announced_on,first_session,peer_deal_same_day"
    deals = lines("deals", "ticker,announced_on", other)
    for flag, fault in (("y", not peer), ("n", peer)):
        events = lines("event_flags", head, f"A,IREN,2025-11-03,2025-11-04,{flag}")
        found = list(consistency.peers_are_counted(events, deals))
        assert at(found) == [0] * fault
    message = (
        "data/event_flags.csv row 2: deal_id is 'A' and peer_deal_same_day is 'n', not what events and deals say; "
        "write y where another company has one of the day or session, else n"
    )
    assert told(found) == [message] * peer


@pytest.mark.parametrize(("session", "peer"), [("2025-11-04", True), ("2025-11-05", False)])
def test_an_event_of_another_company_is_a_peer_by_its_session_too(session, peer):
    """News of Sunday evening, that moves the session that ours moves."""
    head = "deal_id,ticker,announced_on,first_session,peer_deal_same_day"
    events = lines("event_flags", head, f"A,IREN,2025-11-03,{session},n", "B,HUT,2025-11-02,2025-11-04,n")
    found = consistency.peers_are_counted(events, lines("deals", "ticker,announced_on", "IREN,2025-11-03"))
    assert at(found) == [0, 1] * peer


def test_deals_refer_to_fitting_deals():
    """Older, of one company, not to themselves, and a part to a row of value with as many parts."""
    rows = lines(
        "deals", "deal_id,ticker,announced_on,counts_as,supersedes,part_of,parts,extends",
        "OLD,IREN,2025-05,contract,,,,", "EVE,IREN,2025-04-30,contract,OLD,,,", "DAY,IREN,2025-05-01,contract,OLD,,,",
        "ALIEN,CIFR,2025-06-01,contract,OLD,,,", "SELF,IREN,2025-06-01,contract,SELF,,,",
        "WHOLE,IREN,2025-07-01,value,,,2,", "P1,IREN,2025-07-01,contract,,WHOLE,,", "P2,IREN,2025-07-01,contract,,WHOLE,,",
        "FEW,HUT,2025-07-01,value,,,1,", "Q1,HUT,2025-07-01,contract,,FEW,,", "Q2,HUT,2025-07-01,contract,,FEW,,",
        "LONE,HUT,2025-07-01,contract,,Q1,,", "FAR,CIFR,2025-07-01,contract,,WHOLE,,", "OWN,HUT,2025-07-01,value,,OWN,1,",
        "LONGER,IREN,2025-08-01,extension,,,,OLD; DAY", "LOST,IREN,2025-08-01,extension,,,,OLD; GONE",
    )  # fmt: skip
    found = list(consistency.deals_refer_to_fitting_deals(rows))
    where = {"EVE": 1, "ALIEN": 3, "SELF": 4, "LONE": 11, "FAR": 12, "OWN": 13, "LOST": 15, "FEW": 8, "WHOLE": 5}
    assert places(found) == [
        (where["EVE"], "supersedes"), (where["ALIEN"], "supersedes"), (where["SELF"], "supersedes"),
        (where["FAR"], "part_of"), (where["OWN"], "part_of"), (where["LONE"], "part_of"),
        (where["WHOLE"], "parts"), (where["FEW"], "parts"), (where["LOST"], "extends"),
    ]  # fmt: skip
    assert told(found) == [
        f"data/deals.csv row {text}"
        for text in (
            "3: announced_on is '2025-04-30' and supersedes is 'OLD', older than what it supersedes; correct either day",
            "5: ticker is 'CIFR' and supersedes is 'OLD', a deal of another company; correct the reference",
            "6: deal_id is 'SELF' and supersedes is 'SELF', the row itself; correct the reference",
            "14: ticker is 'CIFR' and part_of is 'WHOLE', a deal of another company; correct the reference",
            "15: deal_id is 'OWN' and part_of is 'OWN', the row itself; correct the reference",
            "13: part_of is 'Q1', a row that does not count as value; correct the reference",
            "7: deal_id is 'WHOLE' and parts is '2', fewer than its parts; correct the number of parts",
            "10: deal_id is 'FEW' and parts is '1', fewer than its parts; correct the number of parts",
            "17: extends is 'OLD; GONE', with a deal that is not in the table; correct the reference",
        )
    ]


@pytest.mark.parametrize(
    ("state", "old_counts_as", "new_counts_as", "end", "faults"),
    [
        ("signed", "contract", "contract", "", 1),
        ("partly_delivered", "contract", "contract", "", 1),
        ("delivered", "contract", "contract", "", 1),
        ("conditional", "contract", "contract", "", 0),
        ("signed", "value", "contract", "", 0),
        ("signed", "contract", "value", "", 0),  # a sum that takes it in replaces no contract
        ("signed", "contract", "contract", "superseded", 0),
        ("signed", "contract", "contract", "terminated", 0),
        ("signed", "contract", "contract", "sold", 0),
        ("signed", "contract", "contract", "delivered", 1),
    ],
)
def test_what_is_replaced_has_ended(state, old_counts_as, new_counts_as, end, faults):
    """Superseded, terminated or sold, by a row of knowledge about the deal's state."""
    deals = table(
        "deals", {"deal_id": "OLD", "counts_as": old_counts_as, "state": state},
        {"deal_id": "NEW", "counts_as": new_counts_as, "state": "signed", "supersedes": "OLD"},
    )  # fmt: skip
    said = {"table": "deals", "row": "OLD", "field": "state", "value": end or "superseded"}
    others = [said | {"row": "NEW", "value": "sold"}, said | {"table": "sites"}, said | {"field": "tenant"}]
    known = table("knowledge", *others, *([said] if end else []))
    assert at(consistency.what_is_replaced_has_ended(deals, known)) == [1] * faults


@pytest.mark.parametrize(("value", "faults"), [("superseded", [0]), ("terminated", []), ("sold", [])])
def test_what_is_superseded_has_a_successor(value, faults):
    """What ended otherwise needs none; and only of deals is it asked."""
    said = {"table": "deals", "row": "OLD", "field": "state", "value": value}
    known = table("knowledge", said, said | {"table": "sites"}, said | {"field": "tenant"})
    deals = table("deals", {"deal_id": "OLD", "state": "signed"})
    assert at(consistency.what_is_replaced_has_ended(deals, known)) == faults


def test_nobody_speaks_of_a_deal_before_it_was_announced():
    """On its day they may; of one that tells only its month, from the first."""
    deals = lines("deals", "deal_id,announced_on", "A,2025-11-03", "B,2025-11")
    days = ["A,2025-11-02", "A,2025-11-03", "B,2025-10-31", "B,2025-11-01", "GONE,2020-01-01"]
    found = list(consistency.terms_follow_their_deal(lines("deal_terms", "deal_id,known_on", *days), deals))
    assert at(found) == [0, 2]
    words = "before its deal was announced; correct either day"
    assert told(found)[0] == f"data/deal_terms.csv row 2: deal_id is 'A' and known_on is '2025-11-02', {words}"
    found = list(consistency.deliveries_fit_their_contract(lines("deliveries", "deal_id,said_on", *days), deals))
    assert told(found)[0] == f"data/deliveries.csv row 2: deal_id is 'A' and said_on is '2025-11-02', {words}"
    found = list(consistency.sites_hold_their_contracts(lines("site_contracts", "deal_id,stated_on", *days), deals))
    assert told(found)[0] == f"data/site_contracts.csv row 2: deal_id is 'A' and stated_on is '2025-11-02', {words}"
    month = lines("deliveries", "deal_id,said_on", "A,2025-11", "A,2025-10")
    assert at(consistency.deliveries_fit_their_contract(month, deals)) == [1]


def test_what_is_delivered_was_signed():
    """Up to a tenth more than the critical megawatts, or than the gross ones where no others are known."""
    deals = lines(
        "deals",
        "deal_id,announced_on,critical_it_mw,gross_mw",
        "A,2025-01-01,10,15",
        "B,2025-01-01,,20",
        "C,2025-01-01,,",
    )
    rows = ["A,11,", "A,11.1,", "A,,11", "A,,11.1", "B,22,", "B,22.1,", "C,999,999"]
    deliveries = lines("deliveries", "deal_id,critical_it_mw,live_critical_it_mw", *rows)
    found = list(consistency.deliveries_fit_their_contract(deliveries, deals))
    assert places(found) == [(1, "critical_it_mw"), (5, "critical_it_mw"), (3, "live_critical_it_mw")]
    assert told(found)[0] == (
        "data/deliveries.csv row 3: deal_id is 'A' and critical_it_mw is '11.1', more than its contract; "
        "correct either table"
    )


@pytest.mark.parametrize(
    ("at_sites", "critical", "gross", "faults"),
    [
        (["60", "49"], "100", "", []),
        (["60", "50.1"], "100", "", [0, 1]),
        (["60", "31"], "100", "", []),
        (["60", "29.9"], "100", "", [0, 1]),
        (["60", ""], "", "60", []),
        (["60", "0.1"], "", "60", [0, 1]),  # more than the whole site's power
        (["60", "49"], "100", "105", [0, 1]),
        (["", ""], "100", "", []),  # not stated by site
    ],
)
def test_the_sites_of_a_contract_hold_its_megawatts(at_sites, critical, gross, faults):
    """Together; another contract's at the same sites do not count."""
    deals = lines("deals", "deal_id,critical_it_mw,gross_mw", f"A,{critical},{gross}", "B,7,")
    places_ = lines(
        "site_contracts", "site,deal_id,critical_it_mw", *(f"s,A,{mw}" for mw in at_sites), "s,B,7", "s,,500"
    )
    found = list(consistency.sites_hold_their_contracts(places_, deals))
    assert at(found) == faults
    if faults:
        assert told(found)[0] == (
            "data/site_contracts.csv row 2: site is 's' and deal_id is 'A' and critical_it_mw is '60', "
            "not its contract's megawatts; correct either"
        )


@pytest.mark.parametrize(("planned", "faults"), [("90", []), ("89.9", [0, 1]), ("", [])])
def test_a_site_lets_no_more_than_is_planned_there(planned, faults):
    """What is planned may all be let; a cell without megawatts is not at fault."""
    sites = lines("sites", "site,gross_mw_planned", "lake,10", f"hill,{planned}")
    let = lines("site_contracts", "site,deal_id,critical_it_mw", "hill,A,60", "hill,B,30", "hill,C,", "lake,D,10")
    found = list(consistency.sites_are_as_large_as_their_contracts(let, sites, table("deals")))
    assert at(found) == faults
    if faults:
        assert told(found)[0] == (
            "data/site_contracts.csv row 2: site is 'hill' and critical_it_mw is '60', more than is planned at the site; "
            "correct it here or in data/sites.csv"
        )


@pytest.mark.parametrize(
    ("counted", "shares", "fault"),
    [
        ("2026-03-31,125", "100", False),  # a quarter more,
        ("2026-03-31,125.1", "100", True),
        ("2026-03-31,75", "100", False),  # or less
        ("2026-03-31,74.9", "100", True),
        ("2026-05-30,200", "100", True),  # sixty days after,
        ("2026-05-31,200", "100", False),
        ("2026-01-30,200", "100", True),  # or before
        ("2026-01-29,200", "100", False),
        ("2026-03-31,200", "", False),
    ],
)
def test_a_balance_sheet_counts_the_shares_that_were_counted_near_its_day(counted, shares, fault):
    """One count near it that agrees is enough."""
    sheets = lines("balance_sheets", "ticker,shares_as_of,shares_m", f"IREN,2026-03-31,{shares}")
    head = "ticker,as_of,shares_m"
    rule = consistency.balance_sheets_count_the_same_shares
    counts = lines("shares_outstanding", head, "CIFR,2026-03-31,500", f"IREN,{counted}")
    assert at(rule(sheets, counts)) == [0] * fault
    if fault:
        assert told(rule(sheets, counts)) == [
            "data/balance_sheets.csv row 2: ticker is 'IREN' and shares_as_of is '2026-03-31' and shares_m is '100', "
            f"but shares_outstanding has {counted.split(',')[1]}; correct either table"
        ]
    more = lines("shares_outstanding", head, f"IREN,{counted}", "IREN,2026-04-15,101")
    assert at(rule(sheets, more)) == []
    worse = lines("shares_outstanding", head, "IREN,2026-03-15,201", "IREN,2026-04-15,301")
    assert [line.split("has ")[1] for line in told(rule(sheets, worse))] == ["301; correct either table"] * bool(shares)


def test_a_part_of_a_financing_is_of_its_company_and_not_older():
    """Of a package that tells only its month, from the first on."""
    rows = lines(
        "financings", "financing_id,ticker,announced_on,part_of", "P,IREN,2025-10,", "A,IREN,2025-10-01,P",
        "B,IREN,2025-09-30,P", "C,CIFR,2025-10-05,P", "D,IREN,2025-10,P", "E,IREN,2025-09-30,",
    )  # fmt: skip
    assert told(consistency.financings_belong_to_an_earlier_package(rows)) == [
        "data/financings.csv row 5: ticker is 'CIFR' and part_of is 'P', a package of another company; "
        "correct the reference",
        "data/financings.csv row 4: announced_on is '2025-09-30' and part_of is 'P', older than its package; "
        "correct either day",
    ]


# --- prices and shares -------------------------------------------------------------------------

KINDS = lines(
    "instruments",
    "ticker,kind,last_session,price_convention",
    "IREN,miner,2025-11-07,a",
    "BTC-USD,crypto,,",
    "HUT,miner,,",
)


def test_a_close_is_of_a_session_until_the_last_one():
    """A coin trades on Saturdays; on its last session a share still does."""
    closes = [
        "IREN,2025-11-07",
        "IREN,2025-11-08",
        "IREN,2025-11-10",
        "BTC-USD,2025-11-08",
        "HUT,2025-11-10",
        "HUT,2025-11-09",
    ]
    rows = lines("prices", "symbol,date", *closes)
    cells = "symbol is 'IREN' and date is '2025-11-08'"
    assert told(consistency.prices_stand_on_sessions(rows, KINDS)) == [
        f"data/prices.csv row 3: {cells}, no session of the exchange; correct the date or remove the row",
        "data/prices.csv row 7: symbol is 'HUT' and date is '2025-11-09', no session of the exchange; "
        "correct the date or remove the row",
        f"data/prices.csv row 3: {cells}, after the last session of the instrument; "
        "correct last_session in data/instruments.csv or remove the row",
        "data/prices.csv row 4: symbol is 'IREN' and date is '2025-11-10', after the last session of the instrument; "
        "correct last_session in data/instruments.csv or remove the row",
    ]


def test_the_calendar_reaches_a_month_beyond_today():
    """Sessions that were announced may be named; what lies beyond is none yet."""
    found = consistency.sessions(lines("splits", "ticker", "A"))
    assert found[-1] == pd.Timestamp("2027-07-30")


def test_a_series_of_closes_says_how_it_treats_dividends():
    """Once per symbol."""
    rows = lines("prices", "symbol,date", "IREN,2025-11-07", "HUT,2025-11-07", "HUT,2025-11-10", "BTC-USD,2025-11-07")
    assert told(consistency.a_series_has_a_convention(rows, KINDS))[0] == (
        "data/prices.csv row 3: symbol is 'HUT', whose treatment of dividends is not known; "
        "fill price_convention in data/instruments.csv"
    )
    assert at(consistency.a_series_has_a_convention(rows, KINDS)) == [1, 3]


def test_nobody_is_its_own_parent_or_successor():
    """Another ticker may be either."""
    rows = lines("instruments", "ticker,parent,renamed_to", "A,B,", "B,B,", "C,,B", "D,,D")
    assert told(consistency.instruments_change_names_on_a_day(rows)) == [
        "data/instruments.csv row 3: ticker is 'B' and parent is 'B', the row itself; correct the reference",
        "data/instruments.csv row 5: ticker is 'D' and renamed_to is 'D', the row itself; correct the reference",
    ]


def test_a_split_with_a_whole_day_falls_on_a_session():
    """A year or month is no day."""
    rows = lines("splits", "ticker,effective_on", "A,2023-12-04", "B,2023-12-03", "C,2023-12", "D,2022")
    assert told(consistency.splits_fall_on_sessions(rows)) == [
        "data/splits.csv row 3: ticker is 'B' and effective_on is '2023-12-03', no session of the exchange; "
        "correct the date"
    ]


@pytest.mark.parametrize(
    ("close", "fault"),
    [("10", False), ("10.009", False), ("10.011", True), ("9.991", False), ("9.989", True), ("12", False), ("12.011", False),
     ("12.013", True), ("11.989", False), ("11.987", True)],
)  # fmt: skip
def test_a_conflict_is_about_the_stored_close(close, fault):
    """To a thousandth the value that was chosen, or the other one, once a refresh took that."""
    conflicts = lines(
        "prices_conflicts", "symbol,date,chosen,value", "A,2026-05-04,10,12", "A,2026-05-05,10,12", "A,2026-05-06,10,12",
        "B,2026-05-04,10,12",
    )  # fmt: skip
    closes = [f"A,2026-05-04,{close}", "A,2026-05-05,10", "A,2026-05-06,10", "B,2026-05-04,70"]
    found = list(
        consistency.conflicts_are_about_the_stored_close(conflicts, lines("prices", "symbol,date,close", *closes))
    )
    assert at(found) == [0] * fault  # the whole of B stands on another basis
    assert (
        told(found)
        == [
            "data/prices_conflicts.csv row 2: symbol is 'A' and date is '2026-05-04' and chosen is '10', not the close in "
            "prices; correct either, or remove the conflict"
        ]
        * fault
    )


# --- the network -------------------------------------------------------------------------------

EPOCHS = "epoch,date_utc,difficulty,change_pct"


@pytest.mark.parametrize(
    ("second", "faults"),
    [
        ("1,2025-01-04,110,10", []),  # three days
        ("1,2025-01-03,110,10", [(1, "date_utc")]),
        ("1,2025-03-02,110,10", []),  # sixty
        ("1,2025-03-03,110,10", [(1, "date_utc")]),
        ("2,2025-01-14,110,10", [(1, "epoch")]),
        ("2,2025-05-01,110,10", [(1, "epoch")]),  # a hundred and twenty for two
        ("2,2025-05-02,110,10", [(1, "epoch"), (1, "date_utc")]),
        ("1,2025-01-14,110,10.0009", []),
        ("1,2025-01-14,110,10.0011", [(1, "change_pct")]),
        ("1,2025-01-14,90,-10.0009", []),
        ("1,2025-01-14,90,-9.9989", [(1, "change_pct")]),
        ("1,2025-01-14,90,", []),
    ],
)
def test_epochs_follow_each_other(second, faults):
    """In numbers, days and difficulty, in whatever order the rows stand."""
    epochs = lines("difficulty_epochs", EPOCHS, "0,2025-01-01,100,", second)
    found = list(consistency.epochs_follow_each_other(epochs))
    assert places(found) == faults
    turned = lines("difficulty_epochs", EPOCHS, second, "0,2025-01-01,100,")
    assert places(consistency.epochs_follow_each_other(turned)) == [(0, name) for _, name in faults]
    row = "data/difficulty_epochs.csv row 3: epoch is"
    day, difficulty, change = second.split(",")[1:]
    texts = {
        "epoch": f"{row} '2', with none before it; add the missing row",
        "date_utc": f"{row} '{second[0]}' and date_utc is '{day}', which must be 3 to 60 days after the epoch before; "
        "correct the date",
        "change_pct": f"{row} '1' and difficulty is '{difficulty}' and change_pct is '{change}', not the change from the "
        "epoch before; correct the difficulty or the change",
    }
    assert told(found) == [texts[name] for _, name in faults]


def test_a_days_difficulty_is_that_of_the_last_epoch_begun_by_its_end():
    """On the day on which one begins it is the new one's; before the first there is none; to a thousandth."""
    epochs = lines("difficulty_epochs", EPOCHS, "1,2025-01-15,2000,", "0,2025-01-01,1000,")
    days = ["2024-12-31,7", "2025-01-01,1000", "2025-01-14,1000.9", "2025-01-14,1001.1", "2025-01-15,2000", "2025-01-15,1000",
            "2025-01-16,1998.1", "2025-01-16,1997.9"]  # fmt: skip
    found = list(consistency.difficulty_is_that_of_the_epoch(lines("network", "date,difficulty", *days), epochs))
    assert at(found) == [3, 5, 7]
    assert told(found)[0] == (
        "data/network.csv row 5: date is '2025-01-14' and difficulty is '1001.1', not the difficulty of its epoch; "
        "correct it here or in data/difficulty_epochs.csv"
    )


@pytest.mark.parametrize(
    ("day", "paid", "right"),
    [
        ("2012-11-26", 50, True), ("2012-11-26", 25, False), ("2012-11-26", 49.9999, False), ("2012-11-26", 50.0001, False),
        ("2012-11-27", 25, True), ("2012-11-27", 50, True), ("2012-11-27", 24.9999, False), ("2012-11-28", 40, True),
        ("2012-11-29", 25, True), ("2012-11-29", 50, False), ("2012-11-29", 50.0001, False), ("2012-11-30", 50, False),
        ("2012-11-30", 25, True), ("2016-07-10", 25, False), ("2016-07-11", 12.5, True), ("2016-07-08", 12.5, True),
        ("2010-07-18", 50, True), ("2010-07-18", 60, False), ("2009-01-03", 50, True),
    ],
)  # fmt: skip
def test_coins_are_blocks_times_subsidy(day, paid, right):
    """On a halving's day and the one before anything between the two subsidies: vendors' days begin at other hours."""
    halvings = lines(
        "halvings", "halving,height,date_utc,subsidy_before_btc,subsidy_after_btc", "2,420000,2016-07-09,25,12.5",
        "1,210000,2012-11-28,50,25",
    )  # fmt: skip
    rows = lines("network", "date,blocks,issuance_btc", f"{day},100,{paid * 100:.2f}")
    found = told(consistency.coins_are_blocks_times_subsidy(rows, halvings))
    words = "not the blocks times the subsidy; correct the blocks or the coins"
    cells = f"date is '{day}' and blocks is '100' and issuance_btc is '{paid * 100:.2f}'"
    assert found == [f"data/network.csv row 2: {cells}, {words}"] * (not right)


def test_bitcoin_has_one_price():
    """Within five percent of the close of its day; which instrument it is its kind says, where there is one."""
    rows = lines(
        "network",
        "date,price_usd",
        *(f"2026-05-04,{price}" for price in ("104.9", "105.1", "95.1", "94.9")),
        "2026-05-05,7",
    )
    prices = lines(
        "prices", "symbol,date,close", "IREN,2026-05-04,40", "BTC-USD,2026-05-04,100", "BTC-USD,2026-05-04,3"
    )
    rule = consistency.bitcoin_has_one_price
    assert at(rule(rows, prices, KINDS)) == [1, 3]
    assert told(rule(rows, prices, KINDS))[0] == (
        "data/network.csv row 3: date is '2026-05-04' and price_usd is '105.1', far from the close of BTC-USD; "
        "correct it here or in data/prices.csv"
    )
    for tickers in ([], ["BTC-USD,crypto", "ETH-USD,crypto"]):
        assert not list(rule(rows, prices, lines("instruments", "ticker,kind", "IREN,miner", *tickers)))


@pytest.mark.parametrize(
    ("day", "value", "fault"),
    [
        ("2026-05-10", "50", False),  # 1000 × (400 + 100) ÷ 10 ÷ 1000 on each of the days around it
        ("2026-05-10", "62.5", False),
        ("2026-05-10", "62.6", True),
        ("2026-05-10", "37.5", False),
        ("2026-05-10", "37.4", True),
        ("2026-05-13", "50", False),  # one day in seven at 150: a mean of 64.3
        ("2026-05-13", "48", True),
        ("2026-05-19", "50", False),  # three days on the other side
        ("2026-05-19", "48", True),
        ("2026-05-20", "48", False),
        ("2026-05", "50", False),  # a month is asked by itself, without the days around
        ("2026-05", "80", True),
        ("2026-06", "50", False),
        ("2026-06", "48", False),
        ("2030-01-01", "50", False),
    ],
)
def test_a_printed_hashprice_is_near_the_networks(day, value, fault):
    """A week around a day, or the month; a quarter is the most that it may differ."""
    days = pd.date_range("2026-05-01", "2026-06-30")
    prices = [3000 if f"{day_:%d}" == "16" and day_.month == 5 else 1000 for day_ in days]
    prices = [9000 if f"{day_:%m-%d}" == "06-30" else price for day_, price in zip(days, prices)]
    rows = [f"{day_:%Y-%m-%d},{price},400,100,10" for day_, price in zip(days, prices)]
    network = lines("network", "date,price_usd,issuance_btc,fees_btc,hash_rate_ehs", *rows)
    found = list(
        consistency.hashprice_is_near_the_networks(
            lines("hashprice_published", "date,value", f"{day},{value}"), network
        )
    )
    assert at(found) == [0] * fault
    if day == "2026-05-10" and fault:
        assert told(found) == [
            f"data/hashprice_published.csv row 2: date is '{day}' and value is '{value}', but the network gives about 50; "
            "correct the value or the day"
        ]
