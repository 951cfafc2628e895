# ruff: noqa: E501 - a case is a line
"""What companies report: each rule at its edges, the last right value and the first wrong one, on rows by hand."""

import pandas as pd
import pytest

from minerpivot.data.consistency import of_reports
from tests.by_hand import at, lines, places, told

FAR = "correct the figure or its unit"


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
        found = list(of_reports.a_period_has_one_revenue(lines("capex_actuals", head, first, second)))
        assert places(found) == [(1, name) for name in names]
    assert told(found)[0] == (
        "data/capex_actuals.csv row 3: ticker is 'MSFT' and period_end is '2025-12-31' and fiscal_period is 'FY2026 Q3', "
        "not as in the period's other row; correct one of the two"
    )
    head = "ticker,period_end,definition,revenue_usd_bn"
    year = lines("capex_annual", head, "MSFT,2025-06-30,a,281", "MSFT,2025-06-30,b,282")  # has no days and quarters
    assert places(of_reports.a_period_has_one_revenue(year)) == [(1, "revenue_usd_bn")]


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
    found = list(of_reports.a_headline_is_near_its_cash_line(rows))
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
    assert not list(of_reports.a_headline_is_near_its_cash_line(one))


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
    found = list(of_reports.four_quarters_are_the_year(annual, actuals))
    assert places(found) == [(1, fault)] * bool(fault)
    if fault == "capex_usd_bn":
        assert told(found)[0] == (
            "data/capex_annual.csv row 3: ticker is 'MSFT' and fiscal_period is 'FY2025' and definition is 'cash_ppe' "
            f"and capex_usd_bn is '{year.split(',')[0]}', not the sum of the four quarters in capex_actuals; correct either "
            "table"
        )
    three = lines("capex_actuals", head, *quarters[:3], *others)
    assert not list(of_reports.four_quarters_are_the_year(annual, three))


@pytest.mark.parametrize(("year", "fault"), [("1.059", 0), ("1.061", 1), ("0.941", 0), ("0.939", 1)])
def test_a_small_year_may_differ_by_what_rounding_leaves(year, fault):
    """Six hundredths of a billion: more than half a percent where little was spent."""
    head = "ticker,fiscal_period,definition,capex_usd_bn"
    quarters = [f"MSFT,FY2025 Q{quarter},cash_ppe,0.25" for quarter in (1, 2, 3, 4)]
    found = of_reports.four_quarters_are_the_year(
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
        told(of_reports.net_is_near_gross(rows, gross))
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
    found = of_reports.net_is_near_gross(rows, lines("capex_actuals", "ticker"))
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
def test_a_guided_period_has_a_length_and_a_kind(period, quarters, kind):
    """A span guides each of its quarters."""
    assert of_reports._guided(period) == (quarters, kind)


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
    found = told(of_reports.guidance_is_of_the_size_of_what_was_spent(rows, ACTUALS))
    words = f"but the last two quarters' pace was {pace} for that period; {FAR}, or accept it"
    assert found == [f"data/capex_guidance.csv row 2: guidance_id is 'G' and {name} is '{figure}', {words}"] * bool(
        pace
    )


def test_guidance_is_of_its_kind():
    """Without a day it is not asked how much was known."""
    rows = lines(
        "capex_guidance", f"{GUIDED},point_usd_bn", "A,META,2026,fiscal,,9999", "B,META,2025,calendar,2026-01-01,50",
        "C,META,2025,calendar,2025-12-31,50", "D,META,2025,calendar,2026-02-01,9999",
    )  # fmt: skip
    assert told(of_reports.guidance_is_of_the_size_of_what_was_spent(rows, ACTUALS)) == [
        f"data/capex_guidance.csv row {text}"
        for text in (
            "2: guided_period is '2026' and period_kind is 'fiscal', but such a period is calendar; correct either",
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
    found = told(of_reports.consensus_is_of_the_size_of_what_was_spent(rows, ACTUALS))
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
    found = told(of_reports.results_follow_their_quarter(rows, {"MSFT": [6], "BOTH": [9, 12]}))
    assert found == [
        f"data/earnings_dates.csv row 2: ticker is '{ticker}' and fiscal_period is '{period}' and reported_on is "
        f"'{told_on}', but that quarter ended about {ends}; correct the period or the day"
    ] * bool(ends)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("capex_actuals", of_reports.hyperscalers_report_once),
        ("miner_segments", of_reports.miners_report_once),
        ("nvidia", of_reports.nvidia_reports_once),
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
        told(of_reports.guidance_comes_true_within_a_factor(rows))
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
    return list(of_reports.coins_sell_near_the_price(lines("miner_segments", head, *rows), network))


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
    found = list(of_reports.both_tables_count_the_same_coins(costs, segments))
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
    found = of_reports.years_hold_their_quarters(lines("miner_years", head, f"IREN,FY2026,{year}"), segments)
    assert (
        told(found)
        == [
            f"data/miner_years.csv row 2: ticker is 'IREN' and fiscal_period is 'FY2026' and revenue_usd_m is '{year}', not the "
            "sum of the quarters in miner_segments; correct either table"
        ]
        * fault
    )
