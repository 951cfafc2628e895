# ruff: noqa: E501 - a case is a line
"""The network: each rule at its edges, the last right value and the first wrong one, on rows by hand."""

import pandas as pd
import pytest

from minerpivot.data.consistency import of_network
from tests.by_hand import at, lines, places, told
from tests.data.consistency.test_of_closes import KINDS

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
    found = list(of_network.epochs_follow_each_other(epochs))
    assert places(found) == faults
    turned = lines("difficulty_epochs", EPOCHS, second, "0,2025-01-01,100,")
    assert places(of_network.epochs_follow_each_other(turned)) == [(0, name) for _, name in faults]
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
    found = list(of_network.difficulty_is_that_of_the_epoch(lines("network", "date,difficulty", *days), epochs))
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
    found = told(of_network.coins_are_blocks_times_subsidy(rows, halvings))
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
    rule = of_network.bitcoin_has_one_price
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
        of_network.hashprice_is_near_the_networks(lines("hashprice_published", "date,value", f"{day},{value}"), network)
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
        of_network.hashprice_is_near_the_networks(lines("hashprice_published", "date,value", "2026-05,50"), network)
    )
