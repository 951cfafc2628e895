"""Returns, baskets and conventions: hand-worked examples, published figures, and no look-ahead."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minerpivot.data.tables import TableError, last_day, load
from minerpivot.deals.ledger import pivot_dates
from minerpivot.stocks import markets
from tests.frozen import load as frozen

WEEK = ("2026-01-26", "2026-01-30")  # days on which a printed return may end


def frame(dates, **columns):
    """Closes by hand: dates × symbols."""
    return pd.DataFrame(columns, index=pd.DatetimeIndex(dates, name="date"), dtype=float)


@pytest.fixture(scope="module")
def closes():
    """The frozen closes."""
    return markets.close_matrix(frozen("prices"))


def test_weekend_moves_of_bitcoin_belong_to_monday():
    """A seven-day series is read on exchange sessions only."""
    prices = pd.DataFrame(
        {
            "date": pd.to_datetime(["2026-01-09", "2026-01-12", *pd.date_range("2026-01-09", "2026-01-12")]),
            "symbol": ["SPY"] * 2 + ["BTC-USD"] * 4,
            "close": [50, 51, 100, 90, 80, 110],
        }
    )
    wide = markets.close_matrix(prices)
    assert list(wide.index) == list(pd.to_datetime(["2026-01-09", "2026-01-12"]))
    assert wide["BTC-USD"].tolist() == [100, 110]
    with pytest.raises(ValueError, match="QQQ has no closes"):
        markets.close_matrix(prices, sessions_of="QQQ")


def test_a_stale_close_is_refused():
    """No return is computed from the last close that happens to exist."""
    wide = frame(["2026-01-08", "2026-01-09", "2026-01-12"], A=[1, 2, np.nan], B=[1, 1, 1])
    assert np.isnan(markets.performance(wide, ["A"], "2026-01-12").loc["A", "one_day"])
    assert markets.last_common_date(wide, ["A", "B"]) == pd.Timestamp("2026-01-09")


def test_two_closes_of_one_day_are_refused():
    """No mean of them is anybody's close."""
    prices = pd.DataFrame({"date": pd.to_datetime(["2026-01-09"] * 2), "symbol": ["SPY"] * 2, "close": [50, 52]})
    with pytest.raises(ValueError, match="SPY has two closes on 2026-01-09"):
        markets.close_matrix(prices)


@pytest.mark.parametrize("close", [0, -3, np.inf])
def test_what_no_share_costs_is_refused(close):
    """The return from it would be infinite, or a basket's level negative."""
    rows = [("2026-01-05", "SPY", 500), ("2026-01-05", "A", close)]
    prices = pd.DataFrame(rows, columns=["date", "symbol", "close"]).assign(date=pd.Timestamp("2026-01-05"))
    with pytest.raises(ValueError, match=r"A has a close of .* on 2026-01-05; correct it"):
        markets.close_matrix(prices)


@pytest.mark.parametrize(("rows", "problem"), [([1, 0], "go back"), ([0, 1, 1], "two rows for 2026-01-06")])
def test_closes_go_forward_each_day_once(rows, problem):
    """A basket that runs backwards would know its end."""
    wide = frame(["2026-01-05", "2026-01-06"], A=[1, 2]).iloc[rows]
    with pytest.raises(ValueError, match=problem):
        markets.basket(wide, wide > 0)
    with pytest.raises(ValueError, match=problem):
        markets.last_closes(wide, "2026-01-06")


def test_a_delisted_share_ends_no_comparison_and_a_series_that_merely_stops_does():
    """A and B stop alike; A is known to trade no more, so the common end moves on as soon as B is known to as well."""
    wide = frame(["2026-01-08", "2026-01-09", "2026-01-12"], A=[1, 2, np.nan], B=[1, 2, np.nan], C=[1, 1, 1])
    gone = pd.Series({"A": wide.index[1]})
    assert markets.last_common_date(wide, "AC", gone) == wide.index[2]
    assert markets.last_common_date(wide, "ABC", gone) == wide.index[1]
    assert markets.last_common_date(wide, "AC") == wide.index[1]  # without its fate it bounds the end
    assert markets.last_common_date(wide, "A", gone) == wide.index[1]  # nobody else: its own last session


def test_companies_without_a_common_session_are_told_with_a_way_out():
    """Two that were never listed together. Nobody, as in a fork of companies without closes, bounds nothing."""
    wide = frame(["2026-01-08", "2026-01-09"], A=[1, np.nan], B=[np.nan, 1])
    with pytest.raises(TableError, match="A, B share no session with a close; add closes, or take the chapter out"):
        markets.last_common_date(wide, "AB")
    assert markets.last_common_date(wide, []) == wide.index[1]


def test_performance_by_hand_with_bases_and_late_listing():
    """Three returns, their bases, and what is missing before a listing."""
    dates = ["2024-12-31", "2025-01-08", "2025-01-10", "2025-12-31", "2026-01-02", "2026-01-08", "2026-01-09"]
    wide = frame(dates, OLD=[5, 8, 10, 20, 25, 16, 24], NEW=[np.nan] * 4 + [10, 12, 15])
    table = markets.performance(wide, ["OLD", "NEW"], "2026-01-09")
    old, new = table.loc["OLD"], table.loc["NEW"]
    assert old["one_day"] == pytest.approx(0.5)  # 24 over 16
    assert old["year_to_date"] == pytest.approx(0.2)  # 24 over 20, the last close of 2025, not over 25
    assert old["one_year"] == pytest.approx(2.0)  # 9 January 2025 has no close: base is 8, of the day before
    assert old["one_year_base_date"] == pd.Timestamp("2025-01-08")
    assert old["year_to_date_base_close"] == 20
    assert new["one_day"] == pytest.approx(0.25)
    assert new[["year_to_date", "one_year", "one_year_base_date", "year_to_date_base_close"]].isna().all()
    with pytest.raises(ValueError, match="2026-01-10 is not a session"):
        markets.performance(wide, ["OLD"], "2026-01-10")


def test_first_close_of_the_year_as_base_is_caught():
    """The mistake of the article's convention changes the answer, and the search names it."""
    dates = ["2024-12-31", "2025-12-30", "2025-12-31", "2026-01-02", "2026-01-28"]
    wide = frame(dates, A=[1, 90, 100, 125, 150])
    assert markets.performance(wide, ["A"], "2026-01-28")["year_to_date"]["A"] == pytest.approx(0.5)
    tried = markets.search_conventions(wide, "A", 0.20, "year_to_date", tolerance=0.001, ends=WEEK)
    assert tried.iloc[0]["convention"] == "first close of the year"
    assert "last close of the year before" not in set(tried.loc[tried["within"], "convention"])
    assert not markets.search_conventions(wide, "A", 0.33, "year_to_date", tolerance=0.001, ends=WEEK)["within"].any()
    larger = markets.search_conventions(wide, "A", 0.1, "year_to_date", tolerance=0, at_least=True, ends=WEEK)
    assert larger["within"].sum() >= 3
    with pytest.raises(ValueError, match="there is no kind 'ytd'"):
        markets.search_conventions(wide, "A", 0.2, "ytd", ends=WEEK)
    with pytest.raises(TypeError, match="ends"):  # no days of its own: those of one article would be wrong for another
        markets.search_conventions(wide, "A", 0.20, "year_to_date")
    earlier = markets.search_conventions(wide, "A", 0.20, "year_to_date", ends=("2026-01-02", "2026-01-02"))
    assert set(earlier["end"]) == {pd.Timestamp("2026-01-02")}


def test_a_printed_return_is_the_usual_one_or_gets_the_convention_that_gives_it():
    """Fifty percent from the last close of the year before; twenty is the first close's; "more than" asks no more."""
    dates = ["2024-12-31", "2025-12-30", "2025-12-31", "2026-01-02", "2026-01-28"]
    wide = frame(dates, A=[1, 90, 100, 125, 150])
    columns = ["ticker", "window", "published_value", "published_low"]
    rows = [("A", "year_to_date", 50, None), ("A", "year_to_date", 20, None), ("A", "year_to_date", None, 40)]
    printed = pd.DataFrame(rows, columns=columns, index=["right", "late", "more"])
    found, searches = markets.reproduced(wide, printed, wide.index[-1])
    assert found["same"].tolist() == [True, False, True]
    assert found["found"].tolist() == pytest.approx([50] * 3)
    assert found["printed"].tolist() == ["50", "20", "over 40"]
    assert found.loc["late", "fits"] == "first close of the year, 2026-01-02 to 2026-01-28"
    assert found["fits"].notna().sum() == 1
    assert list(searches) == ["right", "late", "more"]
    assert found["hits"].tolist() == [1, 2, 6]  # 20: the first close is the lowest, too; "more": 1 and 90 as well, or 1
    assert found["tried"].tolist() == [len(each) for each in searches.values()]
    assert markets.reproduced(wide, printed[:0], wide.index[-1])[0].empty


def test_a_printed_return_over_a_year_is_within_five_points_of_its_conventions():
    """From 100 to 300: 204 percent printed is the usual 200, 206 is none; for one day half a point counts."""
    wide = frame(["2025-01-27", "2025-01-28", "2026-01-27", "2026-01-28"], A=[100, 100, 200, 300])
    rows = [("A", "one_year", 204), ("A", "one_year", 206), ("A", "one_day", 50.4), ("A", "one_day", 51)]
    printed = pd.DataFrame(rows, columns=["ticker", "window", "published_value"]).assign(published_low=None)
    found = markets.reproduced(wide, printed, wide.index[-1], sessions=0)[0]
    assert found["same"].tolist() == [True, False, True, False]
    assert (found["hits"] > 0).tolist() == [True, False, True, False]


def test_search_is_ordered_and_never_uses_a_base_younger_than_a_year_for_a_yearly_return(closes):
    """Closest first; a share listed within the year has no yearly return."""
    tried = markets.search_conventions(closes, "IREN", 5.0, "one_year", ends=WEEK)
    assert tried["gap"].abs().is_monotonic_increasing
    assert (tried["base_date"] < tried["end"]).all()
    assert markets.search_conventions(closes, "CRWV", 0.5, "one_year", ends=WEEK).empty  # listed in March 2025


def test_returns_agree_with_published_ones(closes):
    """S&P 500, price return of 2023: 24.2 percent (Axios, 2023-12-30); last day: 13.52 down to 4,769.83 (AP)."""
    found = markets.performance(closes, ["SPY"], "2023-12-29").loc["SPY"]
    assert found["year_to_date"] == pytest.approx(0.242, abs=2e-3)
    assert found["one_day"] == pytest.approx(-13.52 / (4769.83 + 13.52), abs=5e-4)


def test_returns_since_a_common_day_and_since_each_companys_own_by_hand():
    """A day without a session counts from the close before it; a day to come, or none, is missing."""
    dates = ["2025-01-08", "2025-01-10", "2025-12-31", "2026-01-08", "2026-01-09"]
    wide = frame(dates, A=[8, 10, 20, 16, 24], B=[1, 2, 4, 5, 6], C=[np.nan, np.nan, 5, 5, 10])
    own = {"A": pd.Timestamp("2025-01-09"), "B": pd.Timestamp("2026-02-01")}
    table = markets.performance(wide, "ABC", "2026-01-09", since={"deal": own, "start": pd.Timestamp("2025-01-10")})
    assert table.loc["A", "deal"] == pytest.approx(2.0)  # 24 over 8, the close of 8 January
    assert table.loc["A", "deal_base_date"] == pd.Timestamp("2025-01-08")
    assert table.loc[["B", "C"], ["deal", "deal_base_close"]].isna().all(axis=None)
    assert table["start"].tolist()[:2] == pytest.approx([1.4, 2.0])
    assert pd.isna(table.loc["C", "start"])  # listed after the start: its first close is not a base
    same = markets.performance(wide, "A", "2026-01-09", since={"deal": wide.index[-1]}).loc["A"]
    assert (same["deal"], same["deal_base_close"]) == (0, 24)  # bought at the close of the day itself
    nobody = markets.performance(wide, "AB", "2026-01-09", since={"deal": {}})
    assert nobody["deal"].isna().all()
    assert nobody["one_day"].tolist() == pytest.approx([0.5, 0.2])


def test_drawdown_and_risk_by_hand():
    """Peak to trough by hand; thirty times up ten percent and down ten percent, and a riskless rise."""
    levels = frame(["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08"], A=[100, 120, 60, 90])
    assert markets.drawdown(levels)["A"].tolist() == pytest.approx([0, 0, -0.5, -0.25])
    sessions = pd.bdate_range("2026-01-05", periods=61)
    swings = np.cumprod(np.r_[100, np.tile([1.1, 0.9], 30)])
    found = markets.risk(frame(sessions, A=swings, NEW=np.where(np.arange(61) > 5, swings, np.nan)))
    assert found.loc["A", "volatility"] == pytest.approx(0.1 * np.sqrt(60 / 59 * 252))
    assert found.loc["A", "largest_fall"] == pytest.approx(swings[-1] / 110 - 1)
    assert found.loc["A", "return_per_risk"] == pytest.approx(0, abs=1e-12)  # the mean of +10 and -10 percent is zero
    assert found.loc["NEW"].isna().all()  # fifty-five returns are too few
    trend = frame(sessions, A=np.cumprod(np.r_[100, np.tile([1.02, 1.0], 30)]))
    assert markets.risk(trend)["return_per_risk"]["A"] == pytest.approx(0.01 * 252 / (0.01 * np.sqrt(60 / 59 * 252)))


def test_the_search_finds_a_planted_convention_common_to_several_figures(closes):
    """Figures printed with the second close of the year as base, to the session after: found among all others."""
    year = closes.loc["2026-01-01":]
    shares = ["IREN", "CIFR", "HUT", "WULF"]
    printed = {t: year[t].loc["2026-01-29"] / year[t].iloc[1] - 1 for t in shares}
    searches = {
        t: markets.search_conventions(closes, t, r, "year_to_date", tolerance=0.0005, ends=WEEK)
        for t, r in printed.items()
    }
    common = markets.common_conventions(searches)
    assert common.index[0] == (pd.Timestamp("2026-01-29"), "second close of the year")
    assert common.iloc[0].tolist() == [len(shares), len(shares)]
    assert (common["fits"].iloc[1:] < len(shares)).all()


def test_basket_by_hand():
    """B joins at the close of the second day: its jump on that day is not earned, its fall after is."""
    wide = frame(["2026-02-02", "2026-02-03", "2026-02-04", "2026-02-05"], A=[10, 11, 11, 22], B=[10, 30, 15, 15])
    joining = pd.Series({"A": wide.index[0], "B": wide.index[1]})
    held = markets.membership(joining, wide.index, ["A", "B"])
    level = markets.basket(wide, held)
    # day 2: A alone, +10%; day 3: equal weights at the close of day 2, 0% and -50%; day 4: not rebalanced
    assert level.tolist() == pytest.approx([100, 110, 110 * 0.75, 110 * (2 + 0.5) / 2])
    early = markets.basket(
        wide, markets.membership(joining.mask(joining.index == "B", wide.index[0]), wide.index, "AB")
    )
    assert early.iloc[-1] > level.iloc[-1]  # joining one close earlier earns the jump: look-ahead pays


def test_basket_rebalances_at_the_quarter_end():
    """Gains of the last quarter are spread over both members."""
    wide = frame(["2026-03-30", "2026-03-31", "2026-04-01"], A=[10, 20, 40], B=[10, 10, 10])
    held = pd.DataFrame(True, index=wide.index, columns=wide.columns)
    assert markets.basket(wide, held).tolist() == pytest.approx([100, 150, 225])  # unbalanced it would be 250


def test_a_delisted_member_is_sold_at_its_last_close_and_the_rest_goes_on():
    """A and B in equal parts; B ends 50 percent up on day 3: 100, then (1 + 1.5)/2, then A alone, +10 and +20 percent.

    What is left is spread at B's last close; a stale price of B would have held half of the basket still.
    """
    days = ["2026-02-02", "2026-02-03", "2026-02-04", "2026-02-05", "2026-02-06"]
    wide = frame(days, A=[10, 10, 10, 11, 13.2], B=[10, 12, 15, np.nan, np.nan])
    held = pd.DataFrame(True, index=wide.index, columns=wide.columns)
    gone = pd.Series({"B": wide.index[2]})
    level = markets.basket(wide, held, last_session=gone)
    assert level.tolist() == pytest.approx([100, 110, 125, 125 * 1.1, 125 * 1.1 * 1.2])
    stale = markets.basket(wide, held)
    assert stale.iloc[-1] == pytest.approx(100 * (1.32 + 1.5) / 2)
    joining = pd.Series({"B": wide.index[1]})
    both = markets.pivoted_and_pure(wide, joining, ["A", "B"], gone)
    assert both["members"].tolist() == [0, 1, 0, 0, 0]
    assert both["others"].tolist() == [2, 1, 1, 1, 1]
    assert both["pivoted"].tolist()[1:] == pytest.approx([100, 125, 125, 125])  # nobody left: constant
    assert both["pure"].tolist() == pytest.approx([100, 110, 110, 121, 145.2])


def test_a_delisting_to_come_changes_nothing_before_it():
    """Look-ahead: levels and members to the day before are those without it."""
    generator = np.random.default_rng(3)
    sessions = pd.bdate_range("2025-11-03", periods=80, name="date")
    wide = pd.DataFrame(20 * np.exp(generator.normal(0, 0.05, (80, 3)).cumsum(axis=0)), sessions, list("ABC"))
    joining = pd.Series({"A": sessions[3], "B": sessions[20]})
    gone = pd.Series({"B": sessions[50], "C": sessions[60]})
    before = markets.pivoted_and_pure(wide, joining, "ABC")
    after = markets.pivoted_and_pure(wide, joining, "ABC", gone)
    pd.testing.assert_frame_equal(before[:50], after[:50])
    assert not before[50:].equals(after[50:])


def test_basket_without_members_has_no_level_and_waits_for_listings():
    """The level starts at the first close of a member."""
    wide = frame(["2026-02-02", "2026-02-03", "2026-02-04"], A=[np.nan, 10, 12])
    held = pd.DataFrame(True, index=wide.index, columns=["A"])
    level = markets.basket(wide, held)
    assert pd.isna(level.iloc[0])
    assert level.iloc[1:].tolist() == pytest.approx([100, 120])


def test_joining_closes_follow_the_first_session_that_could_react():
    """News after the close counts from the next session; a day without a known reaction from the session after it."""
    sessions = pd.DatetimeIndex(["2026-02-05", "2026-02-06", "2026-02-09", "2026-02-10"])
    pivots = pd.Series(
        {
            t: pd.Timestamp(d)
            for t, d in {
                "PRE": "2026-02-06",
                "POST": "2026-02-06",
                "PART": "2026-02-08",
                "OPEN": "2026-02-06",
                "LATE": "2026-03-01",
            }.items()
        }
    )
    flags = pd.DataFrame(
        {
            "ticker": ["PRE", "POST"],
            "announced_on": pd.to_datetime(["2026-02-06"] * 2),
            "first_session": pd.to_datetime(["2026-02-06", "2026-02-09"]),
        }
    )
    joining = markets.joining_closes(pivots, flags, sessions)
    assert joining.to_dict() == {"PRE": sessions[1], "POST": sessions[2], "PART": sessions[2], "OPEN": sessions[2]}
    earlier = markets.joining_closes(pivots, flags, sessions, sessions_earlier=1)
    assert earlier.to_dict() == {"PRE": sessions[0], "POST": sessions[1], "PART": sessions[2], "OPEN": sessions[2]}


@settings(max_examples=30, deadline=None)
@given(cut=st.integers(5, 118), factor=st.floats(0.01, 100), seed=st.integers(0, 2**16))
def test_prices_after_a_day_change_nothing_dated_that_day_or_earlier(cut, factor, seed):
    """The look-ahead test: levels, baskets, drawdowns and performance know no later price."""
    generator = np.random.default_rng(seed)
    sessions = pd.bdate_range("2025-11-03", periods=120, name="date")
    walk = 20 * np.exp(generator.normal(0, 0.05, (120, 3)).cumsum(axis=0))
    wide = pd.DataFrame(walk, index=sessions, columns=["A", "B", "C"])
    wide.iloc[: generator.integers(0, 60), 2] = np.nan
    joining = pd.Series({"A": sessions[3], "B": sessions[generator.integers(4, 119)], "C": sessions[50]})
    held = markets.membership(joining, sessions, wide.columns)
    changed = wide.copy()
    changed.iloc[cut + 1 :] *= factor * generator.uniform(0.5, 2, changed.iloc[cut + 1 :].shape)
    day = sessions[cut]

    def results(data):
        members, others = markets.basket(data, held), markets.basket(data, ~held)
        levels = data.assign(members=members, others=others)
        returns = markets.performance(levels, levels.columns, day, since={"contract": joining})
        return [levels.loc[:day], markets.drawdown(levels).loc[:day], returns, markets.risk(levels.loc[:day])]

    for before, after in zip(results(wide), results(changed)):
        pd.testing.assert_frame_equal(before, after)
    assert not wide.equals(changed)


@pytest.fixture(scope="module")
def live():
    """The report's own closes: what is tested on them holds for any."""
    return markets.close_matrix(load("prices"))


def ledger_baskets(closes, deals, partial, flags):
    """Baskets of every company in a ledger of contracts."""
    joining = markets.joining_closes(pivot_dates(deals, partial=partial), flags, closes.index)
    symbols = [ticker for ticker in sorted(set(load("deals")["ticker"])) if ticker in closes]
    return markets.pivoted_and_pure(closes.loc["2024-01-02":], joining, symbols)


@pytest.mark.parametrize("partial", ["last", "drop"])
@pytest.mark.parametrize("day", ["2024-06-03", "2024-11-15", "2025-06-02", "2025-11-04", "2026-03-31"])
def test_deals_after_a_day_change_nothing_dated_that_day_or_earlier(live, day, partial):
    """The look-ahead test of the ledger: without later rows, with invented ones, with old ones ended or superseded."""
    deals, flags = load("deals"), load("event_flags")
    later = last_day(deals["announced_on"]) > day
    template = deals[(deals["counts_as"] == "contract") & deals["binding_since"].notna()].head(1)
    companies = [ticker for ticker in sorted(set(deals["ticker"])) if ticker in live]
    tomorrow = f"{pd.Timestamp(day) + pd.Timedelta(days=1):%Y-%m-%d}"
    old = deals.loc[~later, "deal_id"].tolist()
    invented = pd.concat([template.assign(ticker=ticker, deal_id=f"NEW-{ticker}") for ticker in companies])
    successors = [template.assign(deal_id=f"AFTER-{each}", supersedes=each) for each in old]
    added = pd.concat([invented, *successors]).assign(announced_on=tomorrow, binding_since=tomorrow)
    before = ledger_baskets(live, deals, partial, flags)
    for changed in (deals[~later], deals.assign(state="terminated"), pd.concat([deals, added])):
        after = ledger_baskets(live, changed, partial, flags)
        pd.testing.assert_frame_equal(before.loc[:day], after.loc[:day])
    assert not before.equals(after)  # the invented contracts do count from their own day on


def test_the_first_day_of_a_partial_date_is_look_ahead(closes):
    """The test above catches it: a contract dated by its year alone would be held before anybody knew of it."""
    deals, flags = frozen("deals"), frozen("event_flags")
    known = deals[last_day(deals["announced_on"]) <= "2024-03-28"]
    before, after = (ledger_baskets(closes, rows, "first", flags).loc[:"2024-03-28"] for rows in (deals, known))
    assert before["members"].max() > after["members"].max()


def test_members_are_counted_once_they_have_a_price():
    """B signs first but is not listed yet: nobody is held until its first close."""
    wide = frame(["2026-02-02", "2026-02-03", "2026-02-04"], A=[10, 11, 12], B=[np.nan, 5, 10])
    both = markets.pivoted_and_pure(wide, pd.Series({"B": wide.index[0]}), ["A", "B"])
    assert both["members"].tolist() == [0, 1, 1]
    assert both["pivoted"].tolist()[1:] == pytest.approx([100, 200])
    assert both["pure"].tolist() == pytest.approx([100, 110, 120])


def test_both_returns_are_of_equal_weights_at_each_start():
    """Half in A and half in B from day 1 is not what half in each from day 2 gives; without a member there is none."""
    wide = frame(["2026-02-02", "2026-02-03", "2026-02-04"], A=[10, 30, 30], B=[10, 10, 20], C=[1, 2, 3])
    joining = pd.Series({"A": wide.index[0], "B": wide.index[0]})
    starts = {"one": wide.index[0], "two": wide.index[1]}
    found = markets.both_returns(wide, joining, "ABC", starts)
    assert found.loc["one"].tolist() == pytest.approx([1.5, 2.0])  # (3 + 2) / 2; C alone
    assert found.loc["two"].tolist() == pytest.approx([0.5, 0.5])  # (1 + 2) / 2, not 5 over 4
    assert markets.both_returns(wide, joining, "AB", starts)["pure"].isna().all()


def test_from_a_start_after_the_last_session_there_is_no_return():
    """An article of this morning, closes of yesterday."""
    wide = frame(["2026-01-05", "2026-01-06"], A=[1, 2], B=[1, 3])
    found = markets.both_returns(wide, pd.Series({"A": wide.index[0]}), "AB", {"late": pd.Timestamp("2026-01-07")})
    assert found.loc["late"].isna().all()


def test_a_comparison_begins_where_both_sides_have_members():
    """Three that signed and one that did not; where they never come together the mend is told, without any too."""
    days = pd.DatetimeIndex(["2026-01-05", "2026-01-06", "2026-01-07"])
    counts = pd.DataFrame({"members": [2, 3, 4], "others": [2, 1, 0]}, days)
    assert markets.first_with(counts, 3) == days[1]
    with pytest.raises(TableError, match=r"4 miners that had signed and one that had not, but at most 4 and 2\. Lower"):
        markets.first_with(counts, 4)
    nobody = markets.pivoted_and_pure(frame([], A=[]), pd.Series(dtype="datetime64[ns]"), "A")
    with pytest.raises(TableError, match="but at most 0 and 0"):
        markets.first_with(nobody[["members", "others"]], 1)


def test_sides_can_turn_the_order_when_a_late_signer_then_falls():
    """B doubles, signs, then halves: moved it takes its fall to the signed, left unsigned it is back at its start."""
    wide = frame(["2026-02-02", "2026-02-03", "2026-02-04"], A=[10, 10, 10], B=[10, 20, 10], C=[10, 9, 9])
    joining = pd.Series({"A": wide.index[0], "B": wide.index[1]})
    starts = {"article": wide.index[0]}
    moved = markets.both_returns(wide, joining, "ABC", starts).loc["article"]
    fixed = markets.both_returns(wide, joining[joining <= wide.index[0]], "ABC", starts).loc["article"]
    assert moved.tolist() == pytest.approx(
        [-0.25, 0.45]
    )  # A and B: (1 + 0.5) / 2; B and C: (2 + 0.9) / 2, then C alone
    assert fixed.tolist() == pytest.approx([0, -0.05])
    assert [markets.standing(*(100 * each)) for each in (moved, fixed)] == ["behind", "ahead"]


def test_each_way_to_count_has_both_returns_from_each_start():
    """With B the signed group gains half, without it nothing; closes that end with a start say nothing from there."""
    wide = frame(["2026-02-02", "2026-02-03", "2026-02-04"], A=[10, 10, 10], B=[10, 10, 20], C=[1, 2, 3])
    joining = pd.Series({"A": wide.index[0], "B": wide.index[0]})
    starts = {"one": wide.index[0], "two": wide.index[1]}
    ways = {"all": ("ABC", joining, wide), "few": ("AC", joining, wide), "short": ("ABC", joining, wide.iloc[:2])}
    found = markets.counted(ways, starts)
    assert found["one", "pivoted"].to_dict() == pytest.approx({"all": 0.5, "few": 0.0, "short": 0.0})
    assert found["one", "pure"].to_dict() == pytest.approx({"all": 2.0, "few": 2.0, "short": 1.0})
    assert found.loc["short", "two"].isna().all()
    assert found["two", "pivoted"].tolist()[:2] == pytest.approx([0.5, 0.0])


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (90, 150, [100, 125, 150]),
        (30, 110, [50, 100]),
        (50, 500, [50, 100, 200, 400]),
        (95, 101, [100]),
        (20, 900, [25, 50, 100, 200, 400, 800]),
    ],
)
def test_levels_are_labelled_within_the_range_that_is_drawn(low, high, expected):
    """Steps of a fifth or a quarter, and from fourfold on halvings and doublings; a twentieth beyond is drawn too."""
    assert markets.labelled_levels(pd.Series([100, low, high])) == expected


def test_who_mined_at_the_halving_is_not_chosen_by_what_became_of_it():
    """Hosts and failures are in; machine makers, later miners and later listings out; a merged share was a miner's."""
    roles = {"MINER": "self_miner", "HOST": "host", "MAKER": "machine_maker", "LATER": "not_a_miner"}
    roles |= {"NEW": "not_listed", "MERGED": "not_listed", "FUND": None}
    listed = pd.DataFrame({"ticker": list(roles), "role_at_halving": list(roles.values())})
    fates = pd.DataFrame({"ticker": ["MINER", "MERGED"], "fate": ["acquired", "merged"]})
    assert markets.mined_at_halving(listed, fates) == ["MINER", "HOST", "MERGED"]


def test_a_series_that_ends_is_held_to_its_last_close():
    """Known delistings stand; one that ends gets its last close; carried on it would hold half a basket still."""
    wide = frame(["2026-02-02", "2026-02-03", "2026-02-04"], A=[10, 20, 40], B=[10, 10, np.nan], C=[1, np.nan, np.nan])
    gone = pd.Series({"C": wide.index[0]})
    held = markets.last_held(wide, "ABC", gone)
    assert held.to_dict() == {"C": wide.index[0], "B": wide.index[1]}
    everybody = pd.DataFrame(True, index=wide.index, columns=["A", "B"])
    assert markets.basket(wide, everybody, last_session=held).tolist() == pytest.approx([100, 150, 300])
    assert markets.basket(wide, everybody).tolist() == pytest.approx([100, 150, 250])
    assert markets.last_held(wide[["A"]], "A", gone[:0]).empty


def test_a_company_whose_series_ends_returns_what_it_did_to_its_last_close():
    """B ends a day early at half its price: that is its return, but neither its last day's nor a year's."""
    wide = frame(["2026-02-02", "2026-02-03", "2026-02-04"], A=[10, 20, 40], B=[10, 5, np.nan])
    found = markets.company_returns(wide, "AB", {"start": wide.index[0]})
    assert found["start"].tolist() == pytest.approx([3.0, -0.5])
    assert found["to"].tolist() == [wide.index[2], wide.index[1]]
    assert found.loc["A", "one_day"] == pytest.approx(1.0)
    assert pd.isna(found.loc["B", "one_day"])


def test_a_share_that_was_taken_over_is_worth_its_terms():
    """Two and a half shares of A for one, in March: at its last session then and at the end; cash is left out."""
    wide = frame(["2025-03-27", "2025-03-28", "2025-03-31", "2025-04-01"], A=[1, 2, 4, 6])
    columns = ["ticker", "by", "acquirer_ticker", "shares_of_acquirer", "fate_on"]
    fates = pd.DataFrame(
        [("B", "Company A", "A", 2.5, "2025-03"), ("C", "Fund", None, np.nan, "2025")], columns=columns
    )
    found = markets.at_terms(wide, fates)
    expected = {"by": "Company A", "shares": 2.5, "day": wide.index[2], "value": 10, "last": 15}
    assert found.loc["B"].to_dict() == expected | {"last_day": wide.index[3]}
    sold = markets.at_terms(wide.assign(A=[1, 2, 4, np.nan]), fates)  # A traded no more on the last day
    assert sold.loc["B", ["last", "last_day"]].tolist() == [10, wide.index[2]]
    assert list(found.index) == ["B"]


def test_standing_compares_what_a_dollar_became():
    """A lead of six points on seventy is level, on minus four it is not."""
    assert markets.standing(76, 70) == "level"
    assert markets.standing(2, -4) == "ahead"
    assert markets.standing(-12, -4) == "behind"
    assert markets.standing(-100, -100) == "level"
    assert markets.standing(-50, -100) == "ahead"
    assert markets.standing(float("nan"), -4) == markets.standing(3, float("nan")) == "unknown"  # an empty basket


def test_a_group_returns_the_mean_of_those_that_have_a_return():
    """Equal amounts of A, B and C; C lacks a close once, so its return is missing on two days; nobody gives none."""
    wide = frame(["2026-02-02", "2026-02-03", "2026-02-04"], A=[1, 2, 4], B=[1, 1, 2], C=[1, np.nan, 9])
    daily = wide.pct_change(fill_method=None)
    found = markets.means_of(daily, {"all": "ABC", "C": "C", "none": []})
    assert found["all"].tolist()[1:] == pytest.approx([0.5, 1.0])
    assert found[["C", "none"]].isna().all(axis=None)
    assert markets.means_of(daily[:0], {"all": "ABC"}).empty


def test_rows_to_draw_start_at_a_hundred_and_say_where_a_basket_is_small():
    """First session, last of each week, last of all; two members are few and three are not; a fund is no basket."""
    days = ["2026-02-03", "2026-02-05", "2026-02-06", "2026-02-09", "2026-02-13", "2026-02-16"]
    levels = frame(days, X=[50, 60, 75, 80, 100, 150], FUND=[1, 1, 1, 1, 1, 2])
    members = pd.DataFrame({"X": [2, 2, 2, 2, 3, 3]}, index=levels.index)
    drawn = markets.indexed(levels, members).set_index("series")
    assert drawn.loc["X", "day"].tolist() == list(levels.index[[0, 2, 4, 5]])
    assert drawn.loc["X", "level"].tolist() == pytest.approx([100, 150, 200, 300])
    assert drawn.loc["X", "few"].tolist() == [True, True, False, False]
    assert not drawn.loc["FUND", "few"].any()
    assert markets.indexed(levels, members, weeks=2)["day"].nunique() == 3  # first, second week before, last


@settings(max_examples=30, deadline=None)
@given(scale=st.floats(0.01, 100), seed=st.integers(0, 2**16))
def test_a_basket_knows_returns_only(scale, seed):
    """A change of a price's unit changes nothing, and identical members give the member's own return."""
    generator = np.random.default_rng(seed)
    sessions = pd.bdate_range("2025-11-03", periods=80, name="date")
    path = 20 * np.exp(generator.normal(0, 0.05, 80).cumsum())
    twins = pd.DataFrame({"A": path, "B": scale * path}, index=sessions)
    held = markets.membership(pd.Series({"A": sessions[0], "B": sessions[20]}), sessions, ["A", "B"])
    np.testing.assert_allclose(markets.basket(twins, held), 100 * path / path[0], rtol=1e-9)
