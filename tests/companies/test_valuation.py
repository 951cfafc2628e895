"""What the market pays per megawatt, and debt: by hand, on small tables and on frozen rows."""

import pandas as pd
import pytest

from minerpivot.companies import valuation
from tests.deals.test_ledger import ledger as rows_of
from tests.frozen import load as frozen

PARENTS = {"WYFI": "BTBT"}


def test_financings_leave_out_warrants_and_the_package_announced_twice():
    """IREN's 3,600 m of February 2026 is the 1,500 m and 2,100 m of June."""
    table = frozen("financings")
    june = table[table["financing_id"].str.startswith("IREN-2026-06-01")]
    package = table[table["financing_id"].isin(["IREN-2026-02-05-loan", "IREN-2026-05-07-warrants"])]
    assert valuation.raised(pd.concat([june, package]))["IREN"] == 3600
    before = package.assign(part_of=None)  # until June the package is all that is known
    assert valuation.raised(before)["IREN"] == 3600


def paid(day="2025-03-10", basis="cover_page", contracts=None, debt=None):
    """Ten million shares at 20 USD on a day against a small ledger and one note."""
    shares = pd.DataFrame({"ticker": ["IREN"], "as_of": [pd.Timestamp(day)], "shares_m": [10.0], "basis": [basis]})
    prices = pd.DataFrame(
        {"date": pd.to_datetime(["2025-03-07", "2025-03-11"]), "symbol": "IREN", "close": [20.0, 99.0]}
    )
    notes = {
        "financing_id": "N",
        "ticker": "IREN",
        "announced_on": debt or "2030-01-01",
        "kind": "notes",
        "amount_usd_m": 50.0,
        "part_of": None,
    }
    table = rows_of({}) if contracts is None else contracts
    known = lambda day: table[pd.to_datetime(table["announced_on"]) <= day]  # noqa: E731
    return valuation.market_value(shares, prices, known, pd.DataFrame([notes]), PARENTS, ratio=1.25)


def test_market_value_per_megawatt_by_hand():
    """10 m shares at Friday's 20 USD on a Monday: 200 m, 2 m per MW of 100; with 50 m of notes 2.5 m."""
    row = paid(debt="2025-03-01").iloc[0]
    assert row[["value_usd_m", "per_mw_low", "per_mw_high", "per_mw_low_with_debt"]].tolist() == [200, 2, 2, 2.5]
    assert pd.isna(row["per_power_mw"])  # the row states no gross megawatts


def test_a_parent_counts_the_debt_and_megawatts_of_its_subsidiary():
    """100 MW and 50 m of WhiteFiber's count for Bit Digital, whose accounts hold them: 2 m per MW, 2.5 with debt."""
    shares = pd.DataFrame({"ticker": ["BTBT"], "as_of": pd.to_datetime(["2025-03-10"]), "shares_m": [10.0]})
    prices = pd.DataFrame({"date": pd.to_datetime(["2025-03-10"]), "symbol": "BTBT", "close": [20.0]})
    note = {"financing_id": "N", "ticker": "WYFI", "announced_on": "2025-03-01", "kind": "notes", "amount_usd_m": 50.0}
    table = rows_of({"ticker": "WYFI"})
    row = valuation.market_value(
        shares.assign(basis="basic"),
        prices,
        lambda day: table,
        pd.DataFrame([note]).assign(part_of=None),
        PARENTS,
        ratio=1.25,
    ).iloc[0]
    assert row[["per_mw_low", "per_mw_low_with_debt"]].tolist() == [2, 2.5]


def test_market_value_knows_nothing_later_and_mixes_no_counts():
    """No contract or note of a later day; no average; no close older than a week; nothing contracted is missing."""
    early = paid(day="2025-03-04", contracts=rows_of({"announced_on": "2025-03-05"}))
    assert early.empty  # the first close is three days after the count
    before = paid(contracts=rows_of({"announced_on": "2025-03-11"}), debt="2025-03-11").iloc[0]
    assert before[["critical_it_mw", "per_mw_low", "debt_usd_m", "per_mw_low_with_debt"]].isna().all()
    same_day = paid(contracts=rows_of({"announced_on": "2025-03-10"}), debt="2025-03-10").iloc[0]
    assert same_day[["per_mw_low", "per_mw_low_with_debt"]].tolist() == [2, 2.5]  # that of the day itself counts
    assert paid(basis="weighted_basic").empty
    assert paid(basis="diluted").empty
    assert paid(day="2025-03-25").empty


def test_open_megawatts_give_a_range_of_market_value():
    """100 critical and 50 of open basis: 150 as critical, 140 if 1.25 gross make one; gross power is the 50."""
    table = rows_of({}, {"critical_it_mw": None, "gross_mw": 50.0})
    row = paid(contracts=table).iloc[0]
    assert row[["per_mw_low", "per_mw_high", "per_power_mw"]].tolist() == pytest.approx([200 / 150, 200 / 140, 4])


def test_market_value_uses_the_contracts_of_the_day_of_the_count():
    """A lease sold in June still stands behind the count of March, and not behind that of July."""
    table = rows_of({})
    states = lambda day: table.assign(state="sold" if day >= pd.Timestamp("2025-06-01") else "signed")  # noqa: E731
    days = pd.to_datetime(["2025-03-10", "2025-07-01"])
    shares = pd.DataFrame({"ticker": "IREN", "as_of": days, "shares_m": 10.0, "basis": "basic"})
    prices = pd.DataFrame({"date": days, "symbol": "IREN", "close": 20.0})
    none = frozen("financings").iloc[:0]
    found = valuation.market_value(shares, prices, states, none, PARENTS, ratio=1.25)
    assert found["per_mw_low"].iloc[0] == 2
    assert pd.isna(found["per_mw_low"].iloc[1])


def test_power_of_the_ledger_counts_sites_and_leases_but_no_sale_or_framework():
    """A lease's gross figure, land, and a purchase; not what was sold, a framework, or a bid that was rejected."""
    without = {"critical_it_mw": None}
    table = rows_of(
        {"gross_mw": 140},
        without | {"counts_as": "power_or_land", "gross_mw": 1000},
        without | {"counts_as": "purchase", "gross_mw": 500},
        without | {"counts_as": "purchase", "gross_mw": 9, "state": "terminated"},
        without | {"counts_as": "sale", "gross_mw": 9},
        without | {"counts_as": "framework", "gross_mw": 5000},
        {"gross_mw": 70, "state": "sold"},
        {"critical_it_mw": 60, "ticker": "RIOT"},
    )
    found = valuation.ledger_power_mw(table, PARENTS)
    assert found.name == "power_mw"
    assert found["IREN"] == 1640
    assert pd.isna(found["RIOT"])


def test_debt_is_a_part_of_what_was_raised():
    """By hand from the rows of TeraWulf: 500 + 850 + 1,025 + 3,200 m of convertibles and notes, shares apart."""
    table = frozen("financings")
    rows = table[table["ticker"] == "WULF"]
    assert valuation.raised(rows, valuation.DEBT)["WULF"] == 5575
    assert valuation.raised(rows)["WULF"] > 5575


def test_what_came_after_a_balance_sheet_is_neither_of_its_day_nor_of_a_later_one():
    """The day itself is in it; a month counts from its last day; a package that a later row signs counts once.

    A site that was sold and notes that were bought back are no financing.
    """
    rows = [("A", "2026-06-30", "notes", None), ("B", "2026-07", "loan", None), ("C", "2026-07-10", "warrants", None)]
    rows += [("D", "2026-08-01", "loan", None), ("E", "2026-09-01", "loan", "D"), ("F", "2026-11-01", "loan", None)]
    rows += [("G", "2026-08-01", "asset_sale", None), ("H", "2026-08-01", "convertible_repurchase", None)]
    financings = pd.DataFrame(rows, columns=["financing_id", "announced_on", "kind", "part_of"])
    found = valuation.announced_after(financings, pd.Timestamp("2026-06-30"), pd.Timestamp("2026-10-07"))
    assert found["financing_id"].tolist() == ["B", "E"]


def test_a_value_is_told_in_billions_once_if_both_ends_read_alike():
    """To a tenth."""
    assert valuation.in_billions(3210, 3380) == "$3.2 to 3.4bn"
    assert valuation.in_billions(3210, 3240) == "$3.2bn"
    assert valuation.in_billions(-2147, -2147) == "−$2.1bn"  # more coins and cash than the market pays for
    assert valuation.in_billions(-160, 340) == "−$0.2bn to $0.3bn"
    assert valuation.in_billions(-20, -20) == "$0.0bn"


DAY = pd.Timestamp("2026-10-07")
SHEET = {
    **{"ticker": "A", "as_of": pd.Timestamp("2026-06-30"), "cash_usd_m": 30.0, "restricted_cash_usd_m": 10.0},
    **{"restricted_is": "on_top", "debt_usd_m": 100.0, "debt_scope": "total", "debt_basis": "principal"},
    **{"preferred_usd_m": 5.0, "btc_held": 20, "source_url": "https://example.org", "grade": "A"},
}


def worth(*sheets, day=DAY, close_on="2026-10-07", shares=(("2026-07-01", "cover_page", 10.0),)):
    """Enterprise value of company A by hand: 10 m shares at 20 USD, bitcoin at 100,000 USD."""
    prices = {"date": pd.to_datetime([close_on, "2026-10-06"]), "symbol": ["A", "BTC-USD"], "close": [20.0, 1e5]}
    counts = pd.DataFrame(
        [("A", pd.Timestamp(d), b, n) for d, b, n in shares], columns=["ticker", "as_of", "basis", "shares_m"]
    )
    balance = pd.DataFrame([SHEET | sheet for sheet in sheets] or [SHEET])
    return valuation.enterprise_value(balance, counts, pd.DataFrame(prices), day, ["A"]).loc["A"]


def test_enterprise_value_by_hand():
    """200 of shares + 100 debt + 5 preferred - 30 cash - 2 of coins is 273; the 10 that are restricted both ways."""
    found = worth()
    assert found[["market_value_usd_m", "coins_usd_m", "low_usd_m", "high_usd_m"]].tolist() == [200, 2, 263, 273]
    assert found[["net_debt_low_usd_m", "net_debt_high_usd_m"]].tolist() == [65, 75]
    assert found[["lacks", "taken_as_none", "grade"]].tolist() == ["", "", "derived"]


@pytest.mark.parametrize(
    ("lies", "low", "high"), [("on_top", 263, 273), ("within", 273, 283), ("unknown", 263, 283), (None, 263, 273)]
)
def test_restricted_cash_counts_both_ways(lies, low, high):
    """On top it may be added, within it may be taken off, and if nobody says, the range holds both readings."""
    found = worth({"restricted_is": lies})
    assert found[["low_usd_m", "high_usd_m"]].tolist() == [low, high]


@pytest.mark.parametrize("scope", ["tagged", "long_term"])
def test_a_debt_that_is_no_total_gives_no_value(scope):
    """Tags leave convertibles out: to take such a debt for all of it would make the company look cheap."""
    found = worth({"debt_scope": scope})
    assert found["lacks"] == "its total debt"
    assert found[["low_usd_m", "high_usd_m", "net_debt_low_usd_m", "debt_usd_m"]].isna().all()
    assert found["debt_seen_usd_m"] == 100


def test_coins_that_the_cash_holds_count_once():
    """Of 30 in cash 2 are coins, which are taken off as coins already: 28 of cash, so the value is 2 higher."""
    found = worth({"coins_in_cash_usd_m": 2.0})
    assert found[["free_cash_usd_m", "coins_usd_m", "high_usd_m"]].tolist() == [28, 2, 275]
    assert worth()["free_cash_usd_m"] == 30


@pytest.mark.parametrize("lies", ["on_top", "within", "unknown", None])
def test_the_parts_that_are_shown_add_up_to_the_higher_value(lies):
    """Shares, debt and preferred stock less free cash and coins, whatever the restricted cash is."""
    found = worth({"restricted_is": lies, "coins_in_cash_usd_m": 1.0})
    owed = found["market_value_usd_m"] + found["debt_usd_m"] + found["preferred_usd_m"]
    assert owed - found["free_cash_usd_m"] - found["coins_usd_m"] == found["high_usd_m"]


def test_what_is_not_found_is_named_and_never_zero():
    """No cash, no price, or an average for a count: each is named, and there is no value."""
    missing = worth({"cash_usd_m": None, "btc_held": None})
    assert missing[["lacks", "taken_as_none"]].tolist() == ["its cash", ""]  # no value, so nothing was assumed for it
    assert pd.isna(missing["grade"])
    assert worth(close_on="2026-09-29")["lacks"] == "a price"  # delisted, or a series that ended a week before
    assert worth(shares=[("2026-07-01", "weighted_basic", 10.0)])["lacks"] == "an undiluted share count of one day"
    assert worth(shares=[])["lacks"] == worth(shares=[("2026-11-01", "basic", 10.0)])["lacks"] == "a share count"
    assert pd.isna(worth({"cash_usd_m": None})["high_usd_m"])
    assumed = worth({"btc_held": None, "preferred_usd_m": None})
    assert assumed[["high_usd_m", "taken_as_none", "grade"]].tolist() == [270, "coins, preferred stock", "estimated"]


def test_debt_and_cash_are_of_one_day_and_nothing_is_of_a_later_one():
    """A newer sheet without cash does not lend its debt; one of a later day and a later count are unseen."""
    newer = {"as_of": pd.Timestamp("2026-09-30"), "cash_usd_m": None, "debt_usd_m": 900.0}
    assert worth({}, newer)["high_usd_m"] == 273
    later = {"as_of": pd.Timestamp("2026-12-31"), "debt_usd_m": 900.0}
    found = worth({}, later, shares=[("2026-07-01", "basic", 10.0), ("2026-11-01", "basic", 99.0)])
    assert found[["high_usd_m", "shares_m"]].tolist() == [273, 10]


def test_what_an_older_balance_sheet_has_lacks_of_the_newer_ones_day_alone():
    """Cash of March is not that of June; a total debt that no sheet gives is not told of a day."""
    march = {"as_of": pd.Timestamp("2026-03-31"), "debt_scope": "tagged"}
    june = {"as_of": pd.Timestamp("2026-06-30"), "cash_usd_m": None, "debt_scope": "long_term"}
    assert worth(march, june)["lacks"] == "its total debt, its cash on 30 June 2026"
    assert worth(march, june | {"as_of": pd.Timestamp("2026-12-31")})["lacks"] == "its total debt"  # not known yet


def test_no_value_per_megawatt_below_a_hundred():
    """99 MW are too small a part of a business to divide it by; 100 are not; unknown ones give nothing."""
    found = valuation.per_megawatt(pd.Series([990.0, 1000.0, 5.0]), pd.Series([99.0, 100.0, None]))
    assert found.isna().tolist() == [True, False, True]
    assert found.iloc[1] == 10


def test_megawatts_cover_the_value_of_the_contracts_that_have_them():
    """9.7 bn with megawatts and 6.2 without are 61 percent; without values contracts count alike; none are no share."""
    rows = pd.DataFrame({"critical_it_mw": [200.0, None, None], "contract_value_usd_bn": [9.7, 3.4, 2.8]})
    assert valuation.measured_percent(rows) == pytest.approx(61.0, abs=0.05)
    assert valuation.measured_percent(rows.assign(contract_value_usd_bn=None).head(2)) == 50
    assert valuation.measured_percent(rows.head(1)) == 100
    assert pd.isna(valuation.measured_percent(rows.head(0)))


def test_what_is_dated_the_day_itself_is_known_on_it():
    """A balance sheet and a count of the day are of the day; a close seven days old still is one, eight is too old."""
    same = worth({"as_of": DAY}, shares=[("2026-10-07", "basic", 10.0)])
    assert same[["high_usd_m", "shares_on"]].tolist() == [273, DAY]
    assert worth(close_on="2026-09-30")["lacks"] == ""
    assert worth(close_on="2026-09-29")["lacks"] == "a price"
    assert paid(day="2025-03-18")["close"].tolist() == [99]
    assert paid(day="2025-03-19").empty


def test_stock_that_was_sold_is_no_debt():
    """50 m of notes and 70 m of shares: 50 m are owed."""
    day = pd.to_datetime(["2025-03-10"])
    shares = pd.DataFrame({"ticker": "IREN", "as_of": day, "shares_m": 10.0, "basis": "basic"})
    prices = pd.DataFrame({"date": day, "symbol": "IREN", "close": 20.0})
    raised = {"financing_id": ["N", "E"], "kind": ["notes", "equity_offering"], "amount_usd_m": [50.0, 70.0]}
    rows = pd.DataFrame(raised).assign(ticker="IREN", announced_on="2025-03-01", part_of=None)
    found = valuation.market_value(shares, prices, lambda day: rows_of({}), rows, PARENTS, ratio=1.25)
    assert found[["debt_usd_m", "per_mw_low_with_debt"]].to_numpy().tolist() == [[50, 2.5]]


def test_a_value_says_on_which_sheet_count_and_close_it_stands():
    """Days, page and grade as the page shows them."""
    found = worth()
    assert found[["sheet_on", "shares_on", "close_on"]].tolist() == [SHEET["as_of"], pd.Timestamp("2026-07-01"), DAY]
    assert found[["sheet_url", "sheet_grade", "shares_basis"]].tolist() == ["https://example.org", "A", "cover_page"]
    assert found[["debt_scope", "debt_basis", "restricted_is"]].tolist() == ["total", "principal", "on_top"]


def test_coins_count_at_the_price_of_the_day_of_the_shares():
    """Without a close of 7 October the network's price of that day, 80,000, values 20 coins; a close comes first."""
    prices = pd.DataFrame({"date": [DAY - pd.Timedelta(days=1)], "symbol": ["BTC-USD"], "close": [1e5]})
    network = pd.DataFrame({"date": [DAY - pd.Timedelta(days=1), DAY], "price_usd": [9e4, 8e4]})
    filled = valuation.with_coins(prices, network)
    assert filled["close"].tolist() == [1e5, 8e4]
    counts = pd.DataFrame(columns=["ticker", "as_of", "basis", "shares_m"]).astype({"as_of": "datetime64[ns]"})
    found = valuation.enterprise_value(pd.DataFrame([SHEET]), counts, filled, DAY, ["A"]).loc["A"]
    assert found[["coins_usd_m", "coins_on"]].tolist() == [1.6, DAY]


def test_a_balance_sheet_may_lack_what_was_agreed_later_or_never_seen_completed():
    """Completed before it, ended, unpriced or agreed after the day: not told; the other two are."""
    rows = [
        ("before, completed", "2026-05-01", "completed", 1.0),
        ("before, open", "2026-05-01", "signed", 1.5),
        ("after", "2026-07-09", "completed", 0.6),
        ("after the day", "2026-11-01", "signed", 1.0),
        ("ended", "2026-07-09", "terminated", 1.0),
        ("unpriced", "2026-07-09", "signed", None),
    ]
    deals = pd.DataFrame(rows, columns=["deal_id", "announced_on", "state", "contract_value_usd_bn"])
    deals = deals.assign(counts_as="purchase", supersedes=None)
    found = valuation.bought(deals, pd.Timestamp("2026-06-30"), DAY)
    assert found["deal_id"].tolist() == ["before, open", "after"]
