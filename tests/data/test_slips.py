# ruff: noqa: E501 - a case is a line
"""Slips of one hand in one row: a fraction for a percent, thousands for millions, the wrong year, another's site.

Each case is a right row, which must pass, and what one slip makes of it, which must be refused where it stands.
"""

import pandas as pd
import pytest
from frictionless import Field

from minerpivot.data import consistency, rules
from minerpivot.data.consistency import of_closes, of_deals
from minerpivot.data.tables import entries
from tests import frozen
from tests.by_hand import at, lines, told


def faults(rows):
    """What a table alone says of its rows: cells, days, rules and neighbours, as row and last cell."""
    found = [*rules.nearly_twice(rows), *rules.misdated(rows), *rules.impossible(rows), *rules.outliers(rows, None)]
    for name, said in rows.fields.items():
        field = Field.from_descriptor({key: said[key] for key in ("name", "type", "constraints") if key in said})
        for row, cell in enumerate(rows.raw[name]):
            if not pd.isna(cell) and field.read_cell(cell)[1]:
                found.append(rows.fault(row, name, "not what its field takes", rules.expected(said)))
    return found


MW = "deal_id,announced_on,ticker,deal_type,critical_it_mw,mw_basis,term_years,contract_value_usd_bn,value_basis"
LEASE, CLOUD = "A-1,2026-01-05,A,{}".format, "A-1,2026-01-05,A,gpu_cloud,{}".format
POWER = "ticker,as_of,energised_mw,ai_live_it_mw,secured_mw,hash_rate_ehs"
LOAN = "financing_id,ticker,announced_on,kind,amount_usd_m,coupon_pct"
SITE = "site,country,how_located,lat,lon,gross_mw_planned,mining_mw"
QUARTER = "ticker,period_end,revenue_usd_m,ai_hpc_revenue_usd_m,ai_includes_fit_out,fit_out_usd_m,adjusted_ebitda_usd_m,capex_usd_m"


@pytest.mark.parametrize(
    ("name", "head", "right", "column", "wrong"),
    [
        # a fraction for a percent, and the reverse
        ("deals", "deal_id,ticker,own_share_pct", "A-1,A,50.1", "own_share_pct", ["0.501", "5010"]),
        ("deals", "deal_id,ticker,prepayment_pct", "A-1,A,20", "prepayment_pct", ["0.2", "2000"]),
        ("deals", "deal_id,ticker,prepayment_pct", "A-1,A,0", "prepayment_pct", ["1"]),
        ("financings", LOAN, "A-2026-01-05-notes,A,2026-01-05,notes,300,9.25", "coupon_pct", ["0.0925", "925", "92.5"]),
        ("financings", LOAN, "A-2026-01-05-convertible,A,2026-01-05,convertible,300,0", "coupon_pct", ["0.005", "275"]),
        ("financings", LOAN, "A-2026-01-05-convertible,A,2026-01-05,convertible,300,0.125", "coupon_pct", ["0.0125"]),
        ("deal_terms", "deal_id,escalator_pct_yr", "A-1,3", "escalator_pct_yr", ["0.03", "300"]),
        ("deal_terms", "deal_id,escalator_pct_yr", "A-1,0", "escalator_pct_yr", ["0.02"]),
        ("deal_terms", "deal_id,noi_margin_low_pct,noi_margin_high_pct", "A-1,80,85", "noi_margin_low_pct", ["0.8", "90"]),
        # units: thousands, millions, billions; kilowatts, megawatts, gigawatts; dollars, thousands of them
        ("deals", MW, CLOUD("200,critical_it,5,9.7,stated"), "contract_value_usd_bn", ["0.97", "97", "9700"]),
        ("deals", MW, CLOUD(",,3,0.275,projected"), "contract_value_usd_bn", ["0.00275", "275"]),
        ("deals", MW, LEASE("colocation_lease,300,critical_it,15,7.5,stated"), "term_years", ["1.5", "150"]),
        ("deals", "deal_id,ticker,critical_it_mw,mw_basis", "A-1,A,300,critical_it", "critical_it_mw", ["0.3", "300000"]),
        ("deals", "deal_id,ticker,contract_value_usd_bn,value_basis,customer_gpu_or_capex_usd_bn", "A-1,A,9.7,stated,5.8", "customer_gpu_or_capex_usd_bn", ["5800", "0.0058"]),
        ("financings", LOAN, "A-2026-01-05-notes,A,2026-01-05,notes,1725,9.25", "amount_usd_m", ["1.725", "1725000"]),
        ("miner_segments", QUARTER, "A,2026-06-30,40,,,,-6.3,", "adjusted_ebitda_usd_m", ["-0.0063", "-6300"]),
        ("miner_segments", QUARTER, "A,2026-06-30,40,,,,0,", "adjusted_ebitda_usd_m", ["0.001"]),
        ("miner_segments", QUARTER, "A,2026-06-30,40,,,,,120", "capex_usd_m", ["0.12", "120000"]),
        ("miner_segments", QUARTER, "A,2026-06-30,40,20,y,17,,", "fit_out_usd_m", ["0.017", "17000"]),
        ("miner_years", "ticker,period_end,revenue_usd_m", "A,2025-12-31,113.6", "revenue_usd_m", ["0.1136", "113600"]),
        ("build_costs", "ticker,low_usd_m_per_mw,high_usd_m_per_mw,note", "A,9,11,call", "low_usd_m_per_mw", ["0.009", "0.9", "9000", "12"]),
        ("build_costs", "ticker,low_usd_m_per_mw,high_usd_m_per_mw,note", "A,9,11,call", "high_usd_m_per_mw", ["110", "11000", "8"]),
        ("company_totals", "ticker,gross_mw,contract_value_usd_bn", "A,40,1.1", "gross_mw", ["0.04", "40000"]),
        ("company_totals", "ticker,gross_mw,contract_value_usd_bn", "A,40,1.1", "contract_value_usd_bn", ["0.0011", "1100"]),
        ("company_totals", "ticker,critical_it_mw", "A,300", "critical_it_mw", ["0.3", "300000"]),
        ("power_status", POWER, "A,2026-06-30,807,50,3200,11.6", "energised_mw", ["0.807", "807000"]),
        ("power_status", POWER, "A,2026-06-30,807,50,3200,11.6", "ai_live_it_mw", ["0.05", "50000"]),
        ("power_status", POWER, "A,2026-06-30,807,50,3200,11.6", "secured_mw", ["3.2", "3200000"]),
        ("power_status", POWER, "A,2026-06-30,807,0,3200,0", "hash_rate_ehs", ["0.0116", "11600"]),
        ("sites", SITE, "a,SE,stated,65.8,21.7,32,", "lat", ["21.7", "6.58"]),
        ("sites", SITE, "a,AU,stated,-33,139,800,", "lat", ["33"]),
        ("sites", SITE, "a,US,stated,32,-100,300,150", "mining_mw", ["0.15", "150000"]),
        ("sites", SITE, "a,US,stated,32,-100,300,150", "gross_mw_planned", ["0.3", "300000"]),
        ("site_contracts", "site,deal_id,critical_it_mw", "a,A-1,70", "critical_it_mw", ["0.07"]),
        ("deliveries", "delivery_id,kind,live_by,live_critical_it_mw", "a,delivered,2026-05,75", "live_critical_it_mw", ["0.075"]),
        ("deliveries", "delivery_id,kind,due,critical_it_mw", "a,promised,2026-05,75", "critical_it_mw", ["0.075"]),
        ("shares_outstanding", "ticker,as_of,shares_m", "A,2026-06-30,49.78", "shares_m", ["49780", "0.04978", "49780000"]),
        ("asics", "model,hashrate_ths,power_w,efficiency_j_per_th,price_usd,priced_on", "a,100,3400,34,118,2026-10-03", "price_usd", ["11800", "11.8"]),
        # days
        ("deals", "deal_id,ticker,announced_on,binding_since", "A-1,A,2026-01-05,2026-01-05", "binding_since", ["2028-01-06", "2026-01-04"]),
        ("deals", "deal_id,ticker,announced_on", "A-1,A,2026-01-05", "announced_on", ["2016-01-05", "2028-01-05"]),
        ("build_costs", "ticker,stated_on,note", "A,2026-06,call", "stated_on", ["2016-06", "2062-06"]),
        ("company_totals", "ticker,stated_on", "A,2026-06-08", "stated_on", ["2016-06-08"]),
        ("balance_sheets", "ticker,as_of", "A,2026-06-30", "as_of", ["2016-06-30", "2026-06-03"]),
        ("shares_outstanding", "ticker,as_of,shares_m,reported_on", "A,2026-06-30,100,2026-08-10", "reported_on", ["2027-02-10", "2026-08-09"]),
    ],
)  # fmt: skip
def test_a_slip_in_one_cell_is_refused_where_it_stands(name, head, right, column, wrong):
    """The row as its source has it passes; with the slip its cell is named."""
    assert told(faults(lines(name, head, right))) == []
    place = head.split(",").index(column)
    for value in wrong:
        cells = right.split(",")
        cells[place] = value
        found = faults(lines(name, head, ",".join(cells)))
        assert any(column in fault.cells for fault in found), value


def test_a_close_of_one_source_asks_for_a_second_beyond_a_step():
    """Half as much again on the last day, where no morrow takes it back: two sources are believed, one is not."""
    head, days = "symbol,date,close,n_sources", ["A,2026-06-01,10,3", "A,2026-06-02,10.2,3"]
    assert at(rules.outliers(lines("prices", head, *days, "A,2026-06-03,15.3,2"), None)) == []
    assert at(rules.outliers(lines("prices", head, *days, "A,2026-06-03,14.7,1"), None)) == []
    found = told(rules.outliers(lines("prices", head, *days, "A,2026-06-03,15.3,1"), None))
    assert found == [
        "data/prices.csv row 4: symbol is 'A' and date is '2026-06-03' and close is '15.3', 1.5 times the value before it in the "
        "series of symbol, of 2026-06-02; correct the value or its unit, or add the split to data/splits.csv, or list row, field, "
        "value and why under accepted in data/prices.yml"
    ]


def test_a_close_in_another_currency_leaves_its_neighbours():
    """Canadian dollars are 1.37 times the American ones on one day; a true spike of a fifth is no slip."""
    head = "symbol,date,close,n_sources"
    day = ["A,2026-06-01,10,3", "A,2026-06-02,{},3", "A,2026-06-03,10.1,3"]
    for close, wrong in (("13.7", [1]), ("7.3", [1]), ("12.2", [])):
        assert at(rules.outliers(lines("prices", head, *[line.format(close) for line in day]), None)) == wrong


def test_fees_a_hundred_times_too_large_leave_their_days():
    """Before 2014, when single payments of many coins were common, they are not asked."""
    head, rows = "date,fees_btc,blocks", "{0}-01-03,6,144;{0}-01-04,{1},144;{0}-01-05,6.5,144"
    for year, fees, wrong in ((2025, "60", []), (2025, "603", [1]), (2012, "603", [])):
        network = lines("network", head, *rows.format(year, fees).split(";"))
        assert at(rules.outliers(network, None)) == wrong


def test_a_series_may_ask_only_some_of_its_rows():
    """The neighbours may be any; a row that is not asked stays unasked."""
    head = "symbol,date,close,n_sources"
    rows = lines("prices", head, "A,2026-06-01,10,1", "A,2026-06-02,15,2", "A,2026-06-03,10,1", "A,2026-06-04,10,2")
    assert at(rules.outliers(rows, None)) == [1, 2]  # beside both neighbours; and back, of one source


@pytest.mark.parametrize(
    ("copy", "twice"),
    [
        ("a-2026-05-MSFT,A", True),  # case
        ("A-2026-05- MSFT,A", True),  # a space
        ("A\u20112026-05-MSFT,A", False),  # a hyphen of another kind is a sign of its own form: NFKC makes it U+2010
        ("A-2026-05-MSFT2,A", False),
    ],
)
def test_two_keys_that_read_alike_are_one_row_entered_twice(copy, twice):
    """Nothing else would add a contract that is there already."""
    rows = lines("deals", "deal_id,ticker", "A-2026-05-MSFT,A", copy)
    found = told(rules.nearly_twice(rows))
    assert bool(found) == twice
    if twice:
        assert found == [
            f"data/deals.csv row 3: deal_id is {copy.split(',')[0]!r}, which is the key of row 2 in other letters; "
            "remove one of the two, or give each a key of its own"
        ]


def test_an_address_with_and_without_its_last_slash_is_one():
    """Also where it is the last part of a key; a part that is empty is no part of the next."""
    head = "deal_id,source_url"
    assert at(rules.nearly_twice(lines("deal_sources", head, "A-1,https://a.org/x", "A-1,https://a.org/x/"))) == [1]
    assert at(rules.nearly_twice(lines("deal_sources", head, "A-1,https://a.org/x", "A-2,https://a.org/x/"))) == []
    assert at(rules.nearly_twice(lines("site_contracts", "site,deal_id", "austin,", "austin,A-1", "denton,"))) == []


@pytest.mark.parametrize("cell", ["1\u00a0234", "1\u202f234", "1,234", "1'234", "1 234", "1.234,5", "\u200b12", "$12"])
def test_a_number_is_digits_and_a_point(cell):
    """What separates thousands on a page would be lost or misread."""
    one = pd.DataFrame({"amount_usd_m": pd.array([cell], dtype="string")})
    entry = {"name": "t", "schema": {"fields": [{"name": "amount_usd_m", "type": "number"}]}}
    assert at(rules.unreadable(one, entry)) == [0]


@pytest.mark.parametrize("sign", ["\u00a0", "\u200b", "\u202f", "\u2060", "\u2028"])
def test_a_sign_that_nobody_sees_is_refused_in_a_text(sign):
    """Two names that look alike would be two."""
    one = pd.DataFrame({"tenant": pd.array([f"Core{sign}Weave"], dtype="string")})
    entry = {"name": "t", "schema": {"fields": [{"name": "tenant", "type": "string"}]}}
    assert at(rules.unreadable(one, entry)) == [0]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("\u0410mazon", False), ("AM\u0414", False), ("N\u0395C", False), ("\uff21mazon", False), ("Que\u0301bec", False),
        ("Qu\u00e9bec", True), ("\u0411\u0438\u0442\u0420\u0438\u0432\u0435\u0440 (BitRiver)", True), ("5 k\u03a9", True), ("x \u00d7 y", True),
        ("\u5fae\u8f6f\uff0c\uff08\u79df\u6237\uff09", True),
    ],
)  # fmt: skip
def test_a_letter_that_looks_like_another_is_refused(text, right):
    """Cyrillic or Greek within a Latin word, a wide letter, an accent apart: "Amazon" would be two tenants."""
    one = pd.DataFrame({"tenant": pd.array([text], dtype="string")})
    entry = {"name": "t", "schema": {"fields": [{"name": "tenant", "type": "string"}]}}
    assert (at(rules.unreadable(one, entry)) == []) == right


# --- what another table says -------------------------------------------------------------------


PRICES = "symbol,date,close,n_sources", "A,2026-06-30,20,2"
COUNTS = "ticker,as_of,shares_m", "A,2026-08-01,100"
SPLIT = "ticker,effective_on,new_shares,old_shares,closes_restated,counts_restated"


def beside(name, head, *rows, split="A,2020-01-02,2,1,y,y"):
    """The rows and what says that A was worth two billion dollars in the middle of 2026."""
    known = lines("prices", *PRICES), lines("shares_outstanding", *COUNTS), lines("splits", SPLIT, split)
    return lines(name, head, *rows), *known


@pytest.mark.parametrize(
    ("name", "head", "right", "wrong"),
    [
        ("balance_sheets", "ticker,as_of,cash_usd_m", "A,2026-06-30,400", ["A,2026-06-30,0.4", "A,2026-06-30,400000"]),
        ("balance_sheets", "ticker,as_of,debt_usd_m", "A,2026-06-30,0", ["A,2026-06-30,0.9", "A,2026-06-30,40001"]),
        ("financings", "ticker,announced_on,amount_usd_m", "A,2026-06,10000", ["A,2026-06,1.9", "A,2026-06,10001"]),
        ("miner_years", "ticker,period_end,revenue_usd_m", "A,2026-06-30,34.2", ["A,2026-06-30,3.4"]),
        ("deals", "ticker,announced_on,contract_value_usd_bn", "A,2026-06-15,80", ["A,2026-06-15,81", "A,2026-06-15,0.0019"]),
    ],
)  # fmt: skip
def test_an_amount_is_of_the_size_of_its_company(name, head, right, wrong):
    """A company worth two billion has neither half a million in cash nor four hundred billion."""
    assert not list(of_closes.amounts_fit_their_company(*beside(name, head, right)))
    for row in wrong:
        assert at(of_closes.amounts_fit_their_company(*beside(name, head, row))) == [0]


def test_a_company_without_a_close_or_a_count_of_those_days_is_not_asked():
    """Another company, another year, a fork without closes; and the fault says what the company was worth."""
    head = "ticker,announced_on,amount_usd_m"
    rows = ["B,2026-06-30,0.1", "A,2024-06-30,0.1", "A,,0.1", "A,2026-07-31,0.1", "A,2026-08-01,0.1"]
    found = told(of_closes.amounts_fit_their_company(*beside("financings", head, *rows)))
    assert found == [
        "data/financings.csv row 5: ticker is 'A' and announced_on is '2026-07-31' and amount_usd_m is '0.1', 5e-05 times the "
        "company's market value then, 2,000 million dollars; correct the amount; its unit is USD m, or list row, field, value and "
        "why under accepted in data/financings.yml"
    ]
    known = {table.name: table for table in beside("financings", head, *rows)}
    assert [fault.row for fault in consistency.contradictions(known) if "amount_usd_m" in fault.cells] == [3]
    del known["splits"]
    assert not [fault for fault in consistency.contradictions(known) if "amount_usd_m" in fault.cells]


def test_a_market_value_is_of_one_share_basis():
    """A count after a consolidation of ten to one, told as not restated, belongs to closes before it."""
    rows, *known = beside(
        "financings", "ticker,announced_on,amount_usd_m", "A,2026-06-30,5", split="A,2026-07-15,1,10,n,n"
    )
    assert of_closes.market_value(rows, "announced_on", *known).tolist() == [20000]  # 100 m at 200 dollars


def test_a_row_stands_at_the_site_of_its_own_company():
    """Sites, contracts and phases of two companies do not mix."""
    sites = lines("sites", "site,ticker,gross_mw_planned", "a,A,300", "b,B,", "c,A,100")
    deals = lines("deals", "deal_id,ticker", "A-1,A", "B-1,B")
    places = lines("site_contracts", "site,deal_id", "a,A-1", "b,A-1", "a,", "a,B-1")
    found = list(of_deals.contracts_are_at_their_companys_sites(sites, places, deals))
    assert at(found) == [1, 3]
    assert told(found)[0].endswith("deal_id is 'A-1', of two companies; correct the site or the contract")
    head = "ticker,site,deal_id,critical_it_mw,live_critical_it_mw"
    phases = lines("deliveries", head, "A,a,A-1,300,", "B,a,,,", "A,a,B-1,,", "A,c,,101,", "A,c,,,101", "B,b,B-1,9000,")
    found = list(of_deals.deliveries_are_at_their_companys_sites(phases, sites, deals))
    assert [(fault.row, *fault.cells) for fault in found] == [
        (1, "ticker", "site"), (2, "ticker", "deal_id"), (3, "site", "critical_it_mw"), (4, "site", "live_critical_it_mw"),
    ]  # fmt: skip
    costs = lines("build_costs", "ticker,sites", "A,a", "A,a; c", "A,a; b", "B,a", "B,nowhere")
    assert at(of_deals.costs_are_of_their_companys_sites(costs, sites)) == [2, 3]


def test_a_deal_names_the_company_of_its_ticker():
    """As it is called, was called or will be; a part in brackets may follow."""
    instruments = lines(
        "instruments", "ticker,name,short_name", "A,Applied Digital Corp,Applied", "B,Cipher Mining,Cipher"
    )
    miners = lines("miners", "ticker,former_names", "B,Bitfury US; Good Works", "A,")
    later = lines("knowledge", "table,row,field,value", "instruments,B,name,Zeta Compute", "instruments,A,notes,Moon")
    deals = lines(
        "deals",
        "ticker,miner",
        "A,Applied Digital (Sai)",
        "B,Zeta Compute",
        "B,Good Works",
        "A,Cipher",
        "C,Any",
        "A,Moon",
    )
    found = list(of_deals.deals_name_their_company(deals, instruments, miners, later))
    assert at(found) == [3, 5]
    assert told(found)[0] == (
        "data/deals.csv row 5: ticker is 'A' and miner is 'Cipher', the name of another company; correct either, or add the name "
        "to former_names in data/miners.csv"
    )


def test_a_page_is_not_long_before_its_deal():
    """A first filing may be; a year that slipped is not."""
    deals = lines("deals", "deal_id,announced_on", "A-1,2026-01-20", "A-2,2026-01")
    head = "deal_id,published_on"
    pages = lines(
        "deal_sources", head, "A-1,2025-07-04", "A-1,2025-07-03", "A-1,2028-01-20", "A-2,2025-06-15", "A-2,2025-06-14"
    )
    assert at(of_deals.sources_are_of_their_deals_time(pages, deals)) == [1, 4]


def test_a_guarantee_is_of_its_contracts_size():
    """Several contracts' may add up."""
    deals = lines("deals", "deal_id,contract_value_usd_bn", "A-1,3", "A-2,")
    head = "deal_id,guarantee_cap_cumulative_usd_bn"
    terms = lines("deal_terms", head, "A-1,0.31", "A-1,0.29", "A-1,12", "A-1,12.1", "A-2,500", "A-1,")
    assert at(of_deals.guarantees_are_of_their_contracts_size(terms, deals)) == [1, 3]


def test_a_total_is_near_what_the_deals_sum_to():
    """Of the whole company at least a third, of a part nothing; at most twice; by the day on which it was stated."""
    deals = lines(
        "deals", "ticker,announced_on,counts_as,critical_it_mw,contract_value_usd_bn",
        "A,2026-01-05,contract,300,7.5", "A,2026-02,value,,7.5", "A,2026-01-05,purchase,900,90", "A,2026-07-05,contract,300,9",
        "B,2026-01-05,contract,900,90",
    )  # fmt: skip
    head = "ticker,stated_on,whole_company,critical_it_mw,contract_value_usd_bn"
    rows = [
        "A,2026-03-01,y,300,15", "A,2026-03-01,y,600,30", "A,2026-03-01,y,601,30.1", "A,2026-03-01,y,99,4.9",
        "A,2026-03-01,n,99,4.9", "A,2026-01-20,n,300,15.1", "A,2026-07-05,n,1200,48", "A,2026-01-04,y,50,50", "C,2026-03-01,y,9,9",
    ]  # fmt: skip
    found = of_deals.totals_are_near_the_sum_of_the_deals(lines("company_totals", head, *rows), deals)
    assert [(fault.row, list(fault.cells)[-1]) for fault in found] == [
        (2, "critical_it_mw"), (3, "critical_it_mw"), (2, "contract_value_usd_bn"), (3, "contract_value_usd_bn"),
        (5, "contract_value_usd_bn"),
    ]  # fmt: skip


# --- a split the wrong way round ---------------------------------------------------------------


def test_a_split_the_wrong_way_round_tears_its_series():
    """Ten new for one old, where one new for ten was right, moves every value before it a hundredfold."""
    closes = lines(
        "prices", "symbol,date,close,n_sources", "A,2026-07-13,2,2", "A,2026-07-14,2.1,2", "A,2026-07-15,21,2"
    )
    right, swapped = (lines("splits", SPLIT, f"A,2026-07-15,{ratio},n,n") for ratio in ("1,10", "10,1"))
    assert at(rules.outliers(closes, right)) == []
    assert at(rules.outliers(closes, swapped)) == [2]


# --- true facts --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(set(entries()) & {path.stem for path in frozen.FOLDER.glob("*.csv")}))
def test_the_frozen_rows_keep_the_rules_of_today(name):
    """Older facts are facts: no rule that came later refuses one, but for what the frozen metadata accept."""
    entry = entries()[name]
    raw = pd.read_csv(frozen.FOLDER / f"{name}.csv", dtype="string", keep_default_na=False)
    raw = raw.mask(raw == "")
    then = frozen.tables.entries(frozen.FOLDER)[name]
    rows = rules.Table(
        {**entry, "accepted": [*entry.get("accepted", []), *then.get("accepted", [])]},
        raw, frozen.tables.converted(raw, entry), "2027-06-30",
    )  # fmt: skip
    found = [*rules.nearly_twice(rows), *rules.misdated(rows), *rules.impossible(rows), *rules.outliers(rows, None)]
    assert told(rules.unaccepted(iter(found), {name: rows})) == []
