# ruff: noqa: E501 - a case is a line
"""Deals, sites, deliveries and events: each rule at its edges, the last right value and the first wrong one, on rows by hand."""

import pytest

from minerpivot.data.consistency import of_deals
from tests.by_hand import at, lines, places, table, told

FAR = "correct the figure or its unit"


EVENT = "deal_id,ticker,announced_on,announced_time"


def test_an_event_is_its_deals():
    """A deal that knows only the month, or not the hour, is contradicted by neither."""
    deals = lines("deals", EVENT, "A,IREN,2025-11,unknown", "B,CIFR,2025-11-03,", "C,HUT,2025-11-03,pre")
    events = lines(
        "event_flags", EVENT, "A,IREN,2025-11-03,pre", "A,CIFR,2025-11-03,pre", "A,IREN,2025-12-01,pre",
        "B,CIFR,2025-11-03,post", "B,CIFR,2025-11-04,post", "C,HUT,2025-11-03,post", "D,HUT,2025-11-03,post",
    )  # fmt: skip
    found = list(of_deals.events_are_their_deals(events, deals))
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
    found = list(of_deals.events_react_in_their_first_session(events))
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
    found = list(of_deals.financings_are_flagged(events, financings))
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
    assert at(of_deals.financings_are_flagged(events, financings)) == [0]


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
    found = list(of_deals.deals_refer_to_fitting_deals(rows))
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
    assert at(of_deals.what_is_replaced_has_ended(deals, known)) == [1] * faults


@pytest.mark.parametrize(("value", "faults"), [("superseded", [0]), ("terminated", []), ("sold", [])])
def test_what_is_superseded_has_a_successor(value, faults):
    """What ended otherwise needs none; and only of deals is it asked."""
    said = {"table": "deals", "row": "OLD", "field": "state", "value": value}
    known = table("knowledge", said, said | {"table": "sites"}, said | {"field": "tenant"})
    deals = table("deals", {"deal_id": "OLD", "state": "signed"})
    assert at(of_deals.what_is_replaced_has_ended(deals, known)) == faults


def test_nobody_speaks_of_a_deal_before_it_was_announced():
    """On its day they may; of one that tells only its month, from the first."""
    deals = lines("deals", "deal_id,announced_on", "A,2025-11-03", "B,2025-11")
    days = ["A,2025-11-02", "A,2025-11-03", "B,2025-10-31", "B,2025-11-01", "GONE,2020-01-01"]
    found = list(of_deals.terms_follow_their_deal(lines("deal_terms", "deal_id,known_on", *days), deals))
    assert at(found) == [0, 2]
    words = "before its deal was announced; correct either day"
    assert told(found)[0] == f"data/deal_terms.csv row 2: deal_id is 'A' and known_on is '2025-11-02', {words}"
    found = list(of_deals.deliveries_fit_their_contract(lines("deliveries", "deal_id,said_on", *days), deals))
    assert told(found)[0] == f"data/deliveries.csv row 2: deal_id is 'A' and said_on is '2025-11-02', {words}"
    found = list(of_deals.sites_hold_their_contracts(lines("site_contracts", "deal_id,stated_on", *days), deals))
    assert told(found)[0] == f"data/site_contracts.csv row 2: deal_id is 'A' and stated_on is '2025-11-02', {words}"
    month = lines("deliveries", "deal_id,said_on", "A,2025-11", "A,2025-10")
    assert at(of_deals.deliveries_fit_their_contract(month, deals)) == [1]


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
    found = list(of_deals.deliveries_fit_their_contract(deliveries, deals))
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
    found = list(of_deals.sites_hold_their_contracts(places_, deals))
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
    found = list(of_deals.sites_are_as_large_as_their_contracts(let, sites, table("deals")))
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
    rule = of_deals.balance_sheets_count_the_same_shares
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
    assert told(of_deals.financings_belong_to_an_earlier_package(rows)) == [
        "data/financings.csv row 5: ticker is 'CIFR' and part_of is 'P', a package of another company; "
        "correct the reference",
        "data/financings.csv row 4: announced_on is '2025-09-30' and part_of is 'P', older than its package; "
        "correct either day",
    ]
