# ruff: noqa: E501 - a case is a line
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
        "AMZN,FY2026 Q3,2025-12-31,2025Q4",
    )  # fmt: skip
    blank = lines(
        "capex_actuals", head, "MSFT,,2025-12-31,", "MSFT,FY2026 Q3,,2026Q1", "MSFT,FY2026 Q3,2025-12-31,2025Q4"
    )
    assert places(consistency.labels(blank, {"MSFT": [6]})) == [(2, "period_end")]
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
    # Another company's, one of a month, and one outside the calendar come first: rows keep their own cells.
    others = ["HUT,2025-10,5", "HUT,2005-05-05,7", "GLXY,2025-11-03,9"]
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
        (["60"], "100", "", [0]),  # one site is enough to be wrong
        (["100"], "100", "", []),
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


def test_the_hashprice_of_a_month_is_that_of_its_own_days():
    """Not of the day before or after it."""
    days = {"2026-04-30": 9000, "2026-05-10": 100, "2026-05-20": 100, "2026-06-01": 9000}
    rows = [f"{day},{price},400,100,1" for day, price in days.items()]
    network = lines("network", "date,price_usd,issuance_btc,fees_btc,hash_rate_ehs", *rows)
    assert not list(
        consistency.hashprice_is_near_the_networks(lines("hashprice_published", "date,value", "2026-05,50"), network)
    )


# --- what companies report ---------------------------------------------------------------------


def test_a_period_has_one_revenue():
    """Each definition's row repeats revenue, cash flow, day and names; what one leaves out contradicts nothing."""
    head = "ticker,period_end,definition,revenue_usd_bn,operating_cash_flow_usd_bn,reported_on,fiscal_period,calendar_quarter"
    first = "MSFT,2025-12-31,cash_ppe,81.30,35,2026-01-28,FY2026 Q2,2025Q4"
    seconds = {
        "MSFT,2025-12-31,incl_finance_leases,81.3,35.0,2026-01-28,FY2026 Q2,2025Q4": [],
        "MSFT,2025-12-31,incl_finance_leases,,,,FY2026 Q2,2025Q4": [],
        "MSFT,2025-09-30,incl_finance_leases,7,3,2020-01-28,FY2026 Q1,2025Q3": [],
        "META,2025-12-31,incl_finance_leases,7,3,2020-01-28,FY2025 Q4,2025Q4": [],
        "MSFT,2025-12-31,incl_finance_leases,81.4,35,2026-01-28,FY2026 Q2,2025Q4": ["revenue_usd_bn"],
        "MSFT,2025-12-31,incl_finance_leases,81.3,36,2026-01-28,FY2026 Q2,2025Q4": ["operating_cash_flow_usd_bn"],
        "MSFT,2025-12-31,incl_finance_leases,81.3,35,2026-01-29,FY2026 Q2,2025Q4": ["reported_on"],
        "MSFT,2025-12-31,incl_finance_leases,81.3,35,2026-01-28,FY2026 Q3,2026Q4": [
            "fiscal_period",
            "calendar_quarter",
        ],
    }
    for second, names in seconds.items():
        found = list(consistency.a_period_has_one_revenue(lines("capex_actuals", head, first, second)))
        assert places(found) == [(1, name) for name in names]
    assert told(found)[0] == (
        "data/capex_actuals.csv row 3: ticker is 'MSFT' and period_end is '2025-12-31' and fiscal_period is 'FY2026 Q3', "
        "not as in the period's other row; correct one of the two"
    )
    head = "ticker,period_end,definition,revenue_usd_bn"
    year = lines("capex_annual", head, "MSFT,2025-06-30,a,281", "MSFT,2025-06-30,b,282")  # has no days and quarters
    assert places(consistency.a_period_has_one_revenue(year)) == [(1, "revenue_usd_bn")]


@pytest.mark.parametrize(
    ("cash", "leased", "fault"),
    [("8", "6", 0), ("8", "5.99", 1), ("8", "24", 0), ("8", "24.01", 1), ("8", "", 0), ("", "9", 0)],
)
def test_a_headline_is_near_its_cash_line(cash, leased, fault):
    """Three quarters to three times; the later of the two rows is named, and no other quarter's."""
    rows = lines(
        "capex_actuals", "ticker,period_end,definition,capex_usd_bn", "MSFT,2025-09-30,cash_ppe,8",
        "MSFT,2025-09-30,incl_finance_leases,8", f"MSFT,2025-12-31,cash_ppe,{cash}",
        f"MSFT,2025-12-31,incl_finance_leases,{leased}", "META,2025-12-31,incl_finance_leases,99",
    )  # fmt: skip
    found = list(consistency.a_headline_is_near_its_cash_line(rows))
    assert (
        told(found)
        == [
            f"data/capex_actuals.csv row 5: ticker is 'MSFT' and period_end is '2025-12-31' and capex_usd_bn is '{leased}', "
            "too far from the quarter's other definition; correct one of the two"
        ]
        * fault
    )


def test_without_two_definitions_there_is_nothing_to_compare():
    """A fork that follows one of them."""
    one = lines("capex_actuals", "ticker,period_end,definition,capex_usd_bn", "MSFT,2025-09-30,cash_ppe,8")
    assert not list(consistency.a_headline_is_near_its_cash_line(one))


@pytest.mark.parametrize(
    ("year", "fault"),
    [
        ("100,400,200", ""),
        ("100.502,400,200", ""),  # half a percent: 0.5025
        ("100.504,400,200", "capex_usd_bn"),
        ("99.503,400,200", ""),
        ("99.501,400,200", "capex_usd_bn"),
        ("100,402.005,200", ""),
        ("100,402.02,200", "revenue_usd_bn"),
        ("100,400,201.1", "operating_cash_flow_usd_bn"),
        ("100,400,", ""),
    ],
)
def test_four_quarters_are_the_year(year, fault):
    """Each line under each definition to half a percent, whatever follows the year in a quarter's name."""
    head = "ticker,fiscal_period,definition,capex_usd_bn,revenue_usd_bn,operating_cash_flow_usd_bn"
    quarters = [f"MSFT,FY2025 Q{quarter},cash_ppe,25,100,50" for quarter in (1, 2, 3, 4)]
    others = [
        "MSFT,FY2025 Q4,incl_finance_leases,1,1,1",
        "META,FY2025 Q4,cash_ppe,1,1,1",
        "MSFT,FY2024 Q4,cash_ppe,1,1,1",
    ]
    actuals = lines("capex_actuals", head, *quarters, *others)
    annual = lines("capex_annual", head, "META,FY2025,cash_ppe,7,7,7", f"MSFT,FY2025,cash_ppe,{year}")
    found = list(consistency.four_quarters_are_the_year(annual, actuals))
    assert places(found) == [(1, fault)] * bool(fault)
    if fault == "capex_usd_bn":
        assert told(found)[0] == (
            "data/capex_annual.csv row 3: ticker is 'MSFT' and fiscal_period is 'FY2025' and definition is 'cash_ppe' "
            f"and capex_usd_bn is '{year.split(',')[0]}', not the sum of the four quarters in capex_actuals; correct either "
            "table"
        )
    three = lines("capex_actuals", head, *quarters[:3], *others)
    assert not list(consistency.four_quarters_are_the_year(annual, three))


@pytest.mark.parametrize(("year", "fault"), [("1.059", 0), ("1.061", 1), ("0.941", 0), ("0.939", 1)])
def test_a_small_year_may_differ_by_what_rounding_leaves(year, fault):
    """Six hundredths of a billion: more than half a percent where little was spent."""
    head = "ticker,fiscal_period,definition,capex_usd_bn"
    quarters = [f"MSFT,FY2025 Q{quarter},cash_ppe,0.25" for quarter in (1, 2, 3, 4)]
    found = consistency.four_quarters_are_the_year(
        lines("capex_annual", head, f"MSFT,FY2025,cash_ppe,{year}"), lines("capex_actuals", head, *quarters)
    )
    assert at(found) == [0] * fault


NET = "ticker,period_kind,period_end,capex_net_usd_bn"


@pytest.mark.parametrize(("net", "fault"), [("10", 0), ("10.0099", 0), ("10.0101", 1), ("7.5", 0), ("7.499", 1)])
def test_net_is_near_gross(net, fault):
    """Three quarters of what was bought by the cash line, and a thousandth more."""
    gross = lines(
        "capex_actuals", "ticker,period_end,definition,capex_usd_bn", "AMZN,2025-12-31,incl_finance_leases,99",
        "AMZN,2025-12-31,cash_ppe,10", "MSFT,2025-12-31,cash_ppe,99",
    )  # fmt: skip
    rows = lines(
        "capex_amzn_net",
        NET,
        "AMZN,quarter,2025-09-30,99",
        f"AMZN,quarter,2025-12-31,{net}",
        "AMZN,ttm,2025-12-31,50",
    )
    assert (
        told(consistency.net_is_near_gross(rows, gross))
        == [
            f"data/capex_amzn_net.csv row 3: period_end is '2025-12-31' and capex_net_usd_bn is '{net}', not 75 to 100.1 percent "
            "of the cash line in capex_actuals; correct either table"
        ]
        * fault
    )


@pytest.mark.parametrize(
    ("quarters", "total", "fault"),
    [
        ("0331 0630 0930 1231", "40.0099", 0),
        ("0331 0630 0930 1231", "40.0101", 1),
        ("0331 0630 0930 1231", "39.9899", 1),
        ("0331 0630 0930", "99", 0),  # one is not known
        ("0116 0630 0930 1231", "99", 1),  # 349 days before its end is in the year,
        ("0115 0630 0930 1231", "99", 0),  # 350 are not
    ],
)
def test_four_quarters_net_are_the_trailing_year(quarters, total, fault):
    """To a hundredth of a billion; a later quarter is no part of it."""
    ends = [f"AMZN,quarter,2025-{end[:2]}-{end[2:]},10" for end in quarters.split()]
    rows = lines("capex_amzn_net", NET, *ends, f"AMZN,ttm,2025-12-31,{total}", "AMZN,quarter,2026-03-31,10")
    found = consistency.net_is_near_gross(rows, lines("capex_actuals", "ticker"))
    assert (
        told(found)
        == [
            f"data/capex_amzn_net.csv row {len(ends) + 2}: period_end is '2025-12-31' and capex_net_usd_bn is '{total}', not the "
            "sum of its four quarters; correct the total or a quarter"
        ]
        * fault
    )


@pytest.mark.parametrize(
    ("period", "quarters", "kind"),
    [
        ("2026", 4, "calendar"), ("CY2026", 4, "calendar"), ("FY2026", 4, "fiscal"), ("FY2026Q3", 1, "fiscal_quarter"),
        ("FY2026H1", 2, "fiscal_quarter"), ("2026Q3", 1, "calendar_quarters"), ("2026H2", 2, "calendar_quarters"),
        ("2026Q2-Q4", 1, "calendar_quarters"),
    ],
)  # fmt: skip
def test_a_guided_period_has_an_end_a_length_and_a_kind(period, quarters, kind):
    """The end is the last of its year under any calendar; a span guides each of its quarters."""
    assert consistency._guided(period) == (pd.Timestamp("2026-12-31"), quarters, kind)


SPENT = [
    "META,2026-06-30,cash_ppe,30", "META,2026-03-31,cash_ppe,20", "META,2025-12-31,cash_ppe,10",
    "META,2026-03-31,incl_finance_leases,999", "AMZN,2026-03-31,cash_ppe,999",
]  # fmt: skip
ACTUALS = lines("capex_actuals", "ticker,period_end,definition,capex_usd_bn", *SPENT)
GUIDED = "guidance_id,ticker,guided_period,period_kind,issued_on"


@pytest.mark.parametrize("name", ["low_usd_bn", "high_usd_bn", "point_usd_bn", "consensus_before_usd_bn"])
@pytest.mark.parametrize(
    ("period", "issued", "figure", "pace"),
    [
        ("2026,calendar", "2026-04-29", 12, None),  # two quarters of 15 on average are 60 a year: a fifth,
        ("2026,calendar", "2026-04-29", 11.9, 60),
        ("2026,calendar", "2026-04-29", 300, None),  # and five times
        ("2026,calendar", "2026-04-29", 300.1, 60),
        ("2026,calendar", "2026-03-31", 51, 40),  # the day on which a quarter ends knows nothing of it
        ("2026,calendar", "2026-04-01", 51, None),
        ("2026,calendar", "2025-12-31", 51, None),  # nothing is known yet
        ("2026H1,calendar_quarters", "2026-04-29", 151, 30),
        ("2026Q2,calendar_quarters", "2026-04-29", 2.9, 15),
        ("2027,calendar", "2026-07-29", 501, 100),
    ],
)
def test_guidance_is_of_the_size_of_what_was_spent(name, period, issued, figure, pace):
    """A fifth to five times the last two quarters' pace in cash; each of its figures is asked."""
    if pace == 40:
        figure = 200.1
    rows = lines(
        "capex_guidance", f"{GUIDED},{name}", f"G,META,{period},{issued},{figure}", f"H,META,{period},{issued},"
    )
    found = told(consistency.guidance_is_of_the_size_of_what_was_spent(rows, ACTUALS))
    words = f"but the last two quarters' pace was {pace} for that period; {FAR}, or accept it"
    assert found == [f"data/capex_guidance.csv row 2: guidance_id is 'G' and {name} is '{figure}', {words}"] * bool(
        pace
    )


def test_guidance_is_given_before_its_period_ends_and_is_of_its_kind():
    """On its last day at the latest; without a day it is not asked how much was known."""
    rows = lines(
        "capex_guidance", f"{GUIDED},point_usd_bn", "A,META,2026,fiscal,,9999", "B,META,2025,calendar,2026-01-01,50",
        "C,META,2025,calendar,2025-12-31,50", "D,META,2025,calendar,2026-02-01,9999",
    )  # fmt: skip
    assert told(consistency.guidance_is_of_the_size_of_what_was_spent(rows, ACTUALS)) == [
        f"data/capex_guidance.csv row {text}"
        for text in (
            "2: guided_period is '2026' and period_kind is 'fiscal', but such a period is calendar; correct either",
            "3: guided_period is '2025' and issued_on is '2026-01-01', issued after the guided period; "
            "correct the period or the day",
            "5: guided_period is '2025' and issued_on is '2026-02-01', issued after the guided period; "
            "correct the period or the day",
            f"5: guidance_id is 'D' and point_usd_bn is '9999', but the last two quarters' pace was 40 for that period; {FAR}"
            ", or accept it",
        )
    ]


@pytest.mark.parametrize(
    ("subject", "period", "as_of", "figure", "pace"),
    [
        ("META", "2026", "2026-04-29", 12, None), ("META", "2026", "2026-04-29", 11.9, 60),
        ("META", "2026", "2026-04-29", 300, None), ("META", "2026", "2026-04-29", 300.1, 60),
        ("META", "2026Q2", "2026-04-29", 75.1, 15), ("META", "2026", "2026-03-31", 200.1, 40),
        ("META", "2026", "2026-03", 200.1, 40), ("META", "2026", "2026-04", 200.1, None),
        ("META", "2026", "2025-12-31", 9999, None), ("META+AMZN", "2026", "2026-04-29", 811, 4056),
        ("META+AMZN", "2026", "2026-04-29", 812, None),
    ],
)  # fmt: skip
def test_consensus_is_of_the_size_of_what_was_spent(subject, period, as_of, figure, pace):
    """Of each company that it sums the last two quarters in cash, as far as they had ended."""
    rows = lines(
        "consensus", "consensus_id,subject,period,as_of,consensus_usd_bn", f"C,{subject},{period},{as_of},{figure}"
    )
    found = told(consistency.consensus_is_of_the_size_of_what_was_spent(rows, ACTUALS))
    words = f"but the last two quarters' pace was {pace} for that period; {FAR}"
    assert found == [
        f"data/consensus.csv row 2: consensus_id is 'C' and consensus_usd_bn is '{figure}', {words}"
    ] * bool(pace)


@pytest.mark.parametrize(
    ("ticker", "period", "told_on", "ends"),
    [
        ("MSFT", "FY2026 Q2", "2025-12-21", ""),  # ten days before the end of December
        ("MSFT", "FY2026 Q2", "2025-12-20", "2025-12-31"),
        ("MSFT", "FY2026 Q2", "2026-04-10", ""),  # and a hundred after it
        ("MSFT", "FY2026 Q2", "2026-04-11", "2025-12-31"),
        ("MSFT", "FY2026 Q4", "2026-07-29", ""),
        ("MSFT", "FY2026 Q1", "2026-07-29", "2025-09-30"),
        ("MSFT", "2026 Q1", "2026-07-29", "2026-03-31"),  # of the calendar
        ("MSFT", "2026 Q2", "2026-07-29", ""),
        ("NEW", "2026 Q1", "2026-07-29", "2026-03-31"),
        ("NEW", "FY2026 Q1", "2020-07-29", ""),  # whose year nobody knows
        ("BOTH", "FY2026 Q4", "2026-10-29", ""),
        ("BOTH", "FY2026 Q4", "2027-01-29", ""),
        ("BOTH", "FY2026 Q4", "2027-05-29", "2026-09-30 or 2026-12-31"),
    ],
)
def test_results_follow_their_quarter(ticker, period, told_on, ends):
    """By the company's year, under the old and the new one where it changed."""
    rows = lines("earnings_dates", "ticker,fiscal_period,reported_on", f"{ticker},{period},{told_on}")
    found = told(consistency.results_follow_their_quarter(rows, {"MSFT": [6], "BOTH": [9, 12]}))
    assert found == [
        f"data/earnings_dates.csv row 2: ticker is '{ticker}' and fiscal_period is '{period}' and reported_on is "
        f"'{told_on}', but that quarter ended about {ends}; correct the period or the day"
    ] * bool(ends)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("capex_actuals", consistency.hyperscalers_report_once),
        ("miner_segments", consistency.miners_report_once),
        ("nvidia", consistency.nvidia_reports_once),
    ],
)
def test_a_report_has_one_day(name, rule):
    """Two tables may differ by a week: one may have the filing's day. Of a quarter that one lacks nothing is said."""
    columns = "ticker," * (name != "nvidia")
    whose = "NVDA," * (name != "nvidia")
    days = {"Q1": "2025-05-28", "Q2": "2025-08-27", "Q3": ""}
    other = lines(name, f"{columns}fiscal_period,reported_on", *(f"{whose}FY2026 {q},{day}" for q, day in days.items()),
                  f"{whose}FY2026 Q1,2020-01-01")  # fmt: skip
    reports = [
        "Q1,2025-06-04",
        "Q1,2025-06-05",
        "Q1,2025-05-21",
        "Q1,2025-05-20",
        "Q2,2025-08-27",
        "Q3,2025-11-19",
        "Q4,2026-02-25",
    ]
    dates = lines(
        "earnings_dates",
        "ticker,fiscal_period,reported_on",
        *(f"NVDA,FY2026 {row}" for row in reports),
        "MSFT,FY2026 Q1,2020-01-01",
    )
    found = list(rule(dates, other))
    assert at(found) == [1, 3]
    assert told(found)[0] == (
        "data/earnings_dates.csv row 3: ticker is 'NVDA' and fiscal_period is 'FY2026 Q1' and reported_on is '2025-06-05', "
        f"over a week from the day in {name}; correct either table"
    )


@pytest.mark.parametrize(
    ("guided", "earned", "fault"),
    [("100", "70", 0), ("100", "69.9", 1), ("100", "150", 0), ("100", "150.1", 1), ("", "70", 0)],
)
def test_guidance_comes_true_within_a_factor(guided, earned, fault):
    """The next quarter, whatever order the rows stand in, earns 0.7 to 1.5 times what was guided."""
    rows = lines("nvidia", "fiscal_period,period_end,revenue_usd_bn,next_quarter_revenue_guidance_usd_bn",
                 f"FY2026 Q3,2025-10-26,{earned},500", f"FY2026 Q2,2025-07-27,500,{guided}")  # fmt: skip
    assert (
        told(consistency.guidance_comes_true_within_a_factor(rows))
        == [
            "data/nvidia.csv row 3: fiscal_period is 'FY2026 Q2' and next_quarter_revenue_guidance_usd_bn is "
            f"'{guided}', far from the next quarter's revenue; correct either figure"
        ]
        * fault
    )


def mined(coins, revenue, hash_rate, first="2026-01-01", last="2026-03-31"):
    """Faults of a quarter of a company in a network of 1,000 EH/s, 9 + 1 coins a day and a price of 100,000."""
    days = [f"{day:%Y-%m-%d},100000,9,1,1000" for day in pd.date_range(first, last)]
    days += ["2025-12-31,9000000,900,100,10", "2026-04-01,9000000,900,100,10"]  # of other quarters
    network = lines("network", "date,price_usd,issuance_btc,fees_btc,hash_rate_ehs", *days[::-1])
    head = "ticker,period_end,btc_mined,mining_revenue_usd_m,energized_ehs"
    rows = ["HUT,2026-03-31,,5,5", "HUT,2026-03-31,0,5,5", f"IREN,2026-03-31,{coins},{revenue},{hash_rate}"]
    return list(consistency.coins_sell_near_the_price(lines("miner_segments", head, *rows), network))


@pytest.mark.parametrize(
    ("coins", "revenue", "hash_rate", "faults"),
    [
        ("90", "9", "100", []),  # a tenth of the network's 900 coins
        ("90", "5.4", "100", []),
        ("90", "5.39", "100", ["btc_mined"]),
        ("90", "13.5", "100", []),
        ("90", "13.51", "100", ["btc_mined"]),
        ("90", "", "100", []),
        ("180", "18", "100", []),  # twice what the hash rate would mine
        ("181", "18.1", "100", ["energized_ehs"]),
        ("18", "1.8", "100", []),
        ("17", "1.7", "100", ["energized_ehs"]),
        ("90", "9", "", []),
        ("90", "9", "0", []),
        ("900", "9", "100", ["btc_mined", "energized_ehs"]),
    ],
)
def test_coins_sell_near_the_price_and_fit_the_hash_rate(coins, revenue, hash_rate, faults):
    """0.6 to 1.5 of the quarter's mean price, and 0.2 to 2 times the coins of that share of the network."""
    assert places(mined(coins, revenue, hash_rate)) == [(2, name) for name in faults]


def test_coins_and_revenue_that_contradict_the_network_are_told_by_how_much():
    """Both ways round."""
    assert told(mined("900", "9", "100")) == [
        "data/miner_segments.csv row 4: ticker is 'IREN' and period_end is '2026-03-31' and mining_revenue_usd_m is '9' and "
        "btc_mined is '900', 0.1 of the quarter's mean price a coin; correct the revenue, the coins or a unit",
        "data/miner_segments.csv row 4: ticker is 'IREN' and period_end is '2026-03-31' and btc_mined is '900' and "
        "energized_ehs is '100', 10 of what that hash rate would mine; correct the coins, the hash rate or a unit",
    ]


def test_a_quarter_of_which_the_network_lacks_a_month_is_not_judged():
    """Sixty days are enough."""
    assert mined("900", "9", "100", first="2026-01-31")  # to the end of March: sixty
    assert not mined("900", "9", "100", first="2026-02-01")


@pytest.mark.parametrize(
    ("metric", "column"), [("btc_mined", "btc_mined"), ("energized_hashrate", "energized_ehs"), ("other", "btc_mined")]
)
def test_both_tables_count_the_same_coins(metric, column):
    """Within fifteen percent, quarters alone; a metric that miner_segments lacks is not compared."""
    segments = lines("miner_segments", f"ticker,period_end,{column}", "IREN,2026-03-31,100", "CIFR,2026-03-31,900")
    figures = ["114.9", "115.1", "85.1", "84.9"]
    costs = lines(
        "miner_costs", "ticker,period,period_end,metric,value",
        *(f"IREN,2026Q1,2026-03-31,{metric},{figure}" for figure in figures),
        f"IREN,2026-03,2026-03-31,{metric},30", f"HUT,2026Q1,2026-03-31,{metric},30",
    )  # fmt: skip
    found = list(consistency.both_tables_count_the_same_coins(costs, segments))
    assert at(found) == ([] if metric == "other" else [1, 3])
    if found:
        assert told(found)[0] == (
            f"data/miner_costs.csv row 3: ticker is 'IREN' and period is '2026Q1' and metric is '{metric}' and value is "
            f"'115.1', not {column} of miner_segments; correct either table"
        )


@pytest.mark.parametrize(
    ("quarters", "year", "fault"),
    [
        (4, "98", 0), (4, "97.9", 1), (4, "102", 0), (4, "102.1", 1),
        (3, "74", 0), (3, "73", 1),  # what three quarters hold is in the year
        (3, "102.1", 0), (2, "250", 0), (2, "500.1", 1), (1, "250", 0), (1, "250.1", 1), (1, "40", 0), (1, "39.9", 1),
        (0, "7", 0),
    ],
)  # fmt: skip
def test_years_hold_their_quarters(quarters, year, fault):
    """Of four it is the sum within 2 percent, of fewer no less than they and 0.4 to 2.5 times their pace."""
    head = "ticker,fiscal_period,revenue_usd_m"
    rows = [f"IREN,FY2026 Q{quarter + 1},25" for quarter in range(quarters)]
    segments = lines("miner_segments", head, *rows, "IREN,FY2025 Q1,999", "HUT,FY2026 Q1,999", "IREN,FY2026 Q4,")
    found = consistency.years_hold_their_quarters(lines("miner_years", head, f"IREN,FY2026,{year}"), segments)
    assert (
        told(found)
        == [
            f"data/miner_years.csv row 2: ticker is 'IREN' and fiscal_period is 'FY2026' and revenue_usd_m is '{year}', not the "
            "sum of the quarters in miner_segments; correct either table"
        ]
        * fault
    )


def test_evidence_is_no_older_than_its_origin():
    """Of the same day it may be."""
    rows = lines(
        "claims_evidence", "published_on,origin_on", "2026-01-28,2026-01-28", "2026-01-27,2026-01-28", ",2026-01-28"
    )
    assert told(consistency.evidence_is_no_older_than_a_claim_is_new(rows, lines("claims", "claim_id"))) == [
        "data/claims_evidence.csv row 3: published_on is '2026-01-27' and origin_on is '2026-01-28', older than its origin; "
        "correct either day"
    ]


# --- knowledge ---------------------------------------------------------------------------------

KNOWN = "table,row,field,value,known_on"
SITES = lines("instruments", "ticker,kind,name", "IREN,miner,IREN Limited", "HUT,miner,Hut 8")
DEAL = {
    "announced_on": "2025-11-03", "counts_as": "contract", "state": "signed", "critical_it_mw": "10", "gross_mw": "15",
    "mw_basis": "both", "tenant": "Cirrus", "tenant_disclosed": "y", "credit_ground": "none_stated",
}  # fmt: skip
SIGNED = table(
    "deals", DEAL | {"deal_id": "IREN-A", "ticker": "IREN"},
    DEAL | {"deal_id": "HUT-B", "ticker": "HUT", "announced_on": "2025-11"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("deals,IREN-A,state,delivered,2026-01-05", ""),
        ("deals,IREN-A,state,delivered,2025-11-03", ""),  # on the day on which the row itself was public
        (
            "deals,IREN-A,state,delivered,2025-11-02",
            "row is 'IREN-A' and known_on is '2025-11-02', before the row itself was public, 2025-11-03; "
            "correct the day, or the row itself",
        ),
        ("deals,HUT-B,state,delivered,2025-11-02", ""),  # whose own day nobody knows exactly
        ("deals,IREN-A,contract_value_usd_bn,,2026-01-05", ""),
        (
            "gone,IREN-A,state,x,2026-01-05",
            "table is 'gone', no table with sound rows; the tables are deals, instruments",
        ),
        (
            "ill,IREN-A,state,x,2026-01-05",
            "table is 'ill', no table with sound rows; the tables are deals, instruments",
        ),
        (
            "deals,IREN-C,state,x,2026-01-05",
            "table is 'deals' and row is 'IREN-C', no row of deals; name it by its primary key, cells joined by a bar",
        ),
        (
            "deals,IREN-A,stat,x,2026-01-05",
            "table is 'deals' and field is 'stat', no column of deals; correct the name",
        ),
        (
            "deals,IREN-A,deal_id,IREN-C,2026-01-05",
            "table is 'deals' and field is 'deal_id', a column that names or dates its row; correct the row itself",
        ),
        (
            "deals,IREN-A,announced_on,2025-11-04,2026-01-05",
            "table is 'deals' and field is 'announced_on', a column that names or dates its row; correct the row itself",
        ),
        (
            "deals,IREN-A,critical_it_mw,12 MW,2026-01-05",
            "row is 'IREN-A' and field is 'critical_it_mw' and value is '12 MW', no value of deals.critical_it_mw; "
            "expected a number and at least ",
        ),
        (
            "deals,IREN-A,tenant, Cirrus,2026-01-05",
            "row is 'IREN-A' and field is 'tenant' and value is ' Cirrus', no value of deals.tenant; expected a string",
        ),
        (
            "deals,IREN-A,supersedes,IREN-C,2026-01-05",
            "field is 'supersedes' and value is 'IREN-C', not among deal_id of deals; add the row there or correct the reference",
        ),
        ("deals,IREN-A,supersedes,HUT-B,2026-01-05", ""),
        ("deals,IREN-A,critical_it_mw,15,2026-01-05", ""),
        (
            "deals,IREN-A,critical_it_mw,16,2026-01-05",
            "row is 'IREN-A' and field is 'critical_it_mw' and value is '16', after which the row breaks: must keep "
            "critical_it_mw <= gross_mw <= 3 * critical_it_mw; the servers' power is part",
        ),
    ],
)
def test_later_knowledge_is_a_value_of_a_cell_that_there_is(row, fault):
    """It does not come before its row, and the row's own rules hold with it."""
    knowledge = lines("knowledge", KNOWN, "deals,HUT-B,state,delivered,2026-01-05", row)
    found = told(consistency.learned(knowledge, {"instruments": SITES, "deals": SIGNED}))
    assert len(found) == bool(fault), found
    assert all(line.startswith(f"data/knowledge.csv row 3: {fault}") for line in found), found


@pytest.mark.parametrize(
    ("rows", "faults"),
    [
        (
            ["IREN-A,critical_it_mw,20,2026-01-05", "IREN-A,gross_mw,30,2026-01-05"],
            [],
        ),  # of one day: both are known at once
        (
            ["IREN-A,critical_it_mw,20,2026-01-04", "IREN-A,gross_mw,30,2026-01-05"],
            [0],
        ),  # for a day no row could be true
        (["IREN-A,gross_mw,30,2026-01-04", "IREN-A,critical_it_mw,20,2026-01-05"], []),
        (
            ["IREN-A,critical_it_mw,20,2026-01-05", "IREN-A,gross_mw,30,2026-01-04"],
            [],
        ),  # days count, not the order of rows
        (["IREN-A,gross_mw,30,2026-01-04", "HUT-B,critical_it_mw,20,2026-01-05"], [1]),  # each deal by itself
        (
            ["IREN-A,tenant,Nimbus,2026-01-05", "IREN-A,critical_it_mw,20,2026-01-05"],
            [1],
        ),  # the cell of the rule is named
        (["IREN-A,critical_it_mw,20,2026-01-05", "IREN-A,gross_mw,19,2026-01-05"], [0]),  # once
        (
            ["IREN-A,gone,20,2026-01-04", "IREN-A,critical_it_mw,x,2026-01-04", "IREN-A,critical_it_mw,20,2026-01-05"],
            [0, 1, 2],
        ),
    ],
)
def test_what_was_learned_adds_up_day_by_day(rows, faults):
    """A row is judged as it stood on each day on which something of it became known."""
    knowledge = lines("knowledge", KNOWN, *(f"deals,{row}" for row in rows))
    assert at(consistency.learned(knowledge, {"instruments": SITES, "deals": SIGNED})) == faults


def test_later_knowledge_refers_to_rows_of_other_tables():
    """A company that the report does not follow has no deal."""
    knowledge = lines("knowledge", KNOWN, "deals,IREN-A,ticker,CIFR,2026-01-05")
    found = told(consistency.learned(knowledge, {"instruments": SITES, "deals": SIGNED}))
    assert found[0] == (
        "data/knowledge.csv row 2: field is 'ticker' and value is 'CIFR', not among ticker of instruments; "
        "add the row there or correct the reference"
    )
    assert [line.split("breaks: ")[1][:24] for line in found[1:]] == ["must begin with {ticker}"]
    assert len(told(consistency.learned(knowledge, {"deals": SIGNED}))) == 1  # where those are at fault themselves


def test_a_table_with_faults_of_its_own_is_not_judged_by_later_knowledge():
    """One mistake is one line; what is known of other tables is still judged."""
    rows = ["deals,IREN-A,stat,x,2026-01-05", "instruments,IREN,nam,x,2026-01-05", "deals,IREN-A,state,x,2026-01-05"]
    knowledge = lines("knowledge", KNOWN, *rows)
    found = list(consistency.learned(knowledge, {"instruments": SITES, "deals": SIGNED}))
    assert sorted(places(found)) == [(0, "field"), (1, "field"), (2, "value")]
    assert sorted(places(consistency.learned(knowledge, {"instruments": SITES}))) == [
        (0, "table"),
        (1, "field"),
        (2, "table"),
    ]


def test_sites_without_any_contract_are_asked_nothing_of_contracts():
    """A fork that took all contracts out keeps its sites."""
    found = consistency.sites_hold_their_contracts(
        lines("site_contracts", "site,critical_it_mw,stated_on", "denton,190,2025-02-26", "austin,20,2026-05-06"),
        lines("deals", "deal_id,announced_on,critical_it_mw,gross_mw", "X,2025-01-01,5,6"),
    )
    assert at(found) == []


def test_a_company_that_was_taken_out_takes_its_costs_with_it():
    """A mean of the sector is nobody's."""
    costs = lines("miner_costs", "ticker,period,metric,value", *(f"{who},2026Q1,x,1" for who in ("A", "SECTOR", "B")))
    assert places(consistency.costs_are_of_companies_here(costs, lines("instruments", "ticker", "A"))) == [
        (2, "ticker")
    ]
