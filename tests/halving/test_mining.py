"""Mining economics: worked examples by hand, published values, identities."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minerpivot.data import tables
from minerpivot.halving import mining
from tests.frozen import load

unhurried = settings(deadline=None, max_examples=50)  # a busy machine is not a failed test


def one_day(**values):
    """A network table of one day that is easy to check by hand: 144 blocks, no fees, difficulty 1e14."""
    day = {
        "date": pd.Timestamp("2024-06-01"),
        "price_usd": 60_000.0,
        "difficulty": 1e14,
        "hash_rate_ehs": 1e14 * 2**32 * 144 / 86_400 / 1e18,
        "blocks": 144,
        "issuance_btc": 450.0,
        "fees_btc": 0.0,
    }
    return pd.DataFrame([day | values])


def test_hashprice_worked_by_hand():
    """1e15 × 86,400 / (1e14 × 4,294,967,296) = 2.01166e-4 blocks a day; × 3.125 BTC × 60,000 USD = 37.7186 USD."""
    price = mining.hashprice(one_day()).iloc[0]
    assert price["btc"] == pytest.approx(6.28642e-4, rel=1e-5)
    assert price["usd"] == pytest.approx(37.7186, rel=1e-5)


def test_fees_add_their_share_and_subsidy_only_leaves_them_out():
    """45 BTC of fees on 450 BTC of subsidy raise hashprice by a tenth."""
    without, with_fees = (mining.hashprice(one_day(fees_btc=fees)).iloc[0] for fees in (0.0, 45.0))
    assert with_fees["usd"] == pytest.approx(1.1 * without["usd"])
    assert with_fees["usd_subsidy_only"] == pytest.approx(without["usd"])


@unhurried
@given(st.integers(80, 220), st.floats(1e12, 1e15), st.floats(0, 500))
def test_realised_equals_difficulty_based_when_hash_rate_follows_the_identity(blocks, difficulty, fees):
    """With hash rate = difficulty × 2^32 × blocks / 86,400 s the number of blocks cancels."""
    rate = difficulty * 2**32 * blocks / 86_400 / 1e18
    day = one_day(blocks=blocks, difficulty=difficulty, hash_rate_ehs=rate, issuance_btc=3.125 * blocks, fees_btc=fees)
    price = mining.hashprice(day).iloc[0]
    assert price["usd_realised"] == pytest.approx(price["usd"], rel=1e-9)


def test_both_variants_agree_in_the_data_on_days_without_a_retarget():
    """On real days the two differ by under half a percent unless difficulty changed that day."""
    price = mining.hashprice(tables.load("network")).loc["2014":].dropna()
    ordinary = price[~price.index.isin(tables.load("difficulty_epochs")["date_utc"])]
    assert (ordinary["usd_realised"] / ordinary["usd"] - 1).abs().max() < 0.005


def published_errors(scale=1.0, variant="usd"):
    """Relative error of computed against published hashprice, by date of the published value."""
    price = scale * mining.hashprice(load("network"))[variant]
    published = load("hashprice_published").set_index("date")["value"]
    computed = [price[day].mean() if len(day) == 7 else price[day] for day in published.index]
    return (pd.Series(computed, index=published.index) / published - 1).abs()


def test_published_hashprice_is_reproduced():
    """Nine spot values of an index provider (source_url in the table), each within what a day's price moves.

    The value of 2021-07-17 was written before a retarget of that evening raised the day's hashprice.
    """
    errors = published_errors()
    assert errors.median() < 0.005
    assert errors.drop("2021-07-17").max() < 0.025


@pytest.mark.parametrize("factor", [0.97, 1.03])
def test_an_error_of_three_percent_is_caught_by_the_published_values(factor):
    """The comparison above is tight enough to fail on a slightly wrong constant."""
    assert published_errors(factor).median() > 0.005


def test_the_wrong_variant_is_caught_by_the_published_values():
    """Subsidy-only mixed in for the difficulty-based hashprice fails the comparison; realised, which agrees, passes."""
    assert published_errors(variant="usd_subsidy_only").median() > 0.005
    assert published_errors(variant="usd_realised").median() < 0.005


def test_machine_economics_worked_by_hand():
    """At 48 USD per PH/s per day a 20 J/TH machine uses 0.48 MWh: 100 USD per MWh, 10 cents per kWh."""
    assert mining.revenue_per_mwh(48.0, 20.0) == pytest.approx(100.0)
    assert mining.break_even_cents_per_kwh(48.0, 20.0) == pytest.approx(10.0)
    assert mining.break_even_hashprice(10.0, 20.0) == pytest.approx(48.0)


@unhurried
@given(st.floats(0.1, 30), st.floats(5, 100))
def test_break_evens_are_inverse(cents, efficiency):
    """The hashprice that breaks even at a power price has that break-even power price."""
    price = mining.break_even_hashprice(cents, efficiency)
    assert mining.break_even_cents_per_kwh(price, efficiency) == pytest.approx(cents)


@unhurried
@given(st.floats(1, 10), st.floats(8, 100), st.floats(1e13, 1e15), st.floats(0.5, 10))
def test_break_even_bitcoin_price_is_inverse_to_hashprice(cents, efficiency, difficulty, reward):
    """At that price of bitcoin the hashprice is the one that breaks even."""
    price = mining.break_even_bitcoin_price(cents, efficiency, difficulty, reward)
    assert price * mining.expected_btc(difficulty, reward) == pytest.approx(
        mining.break_even_hashprice(cents, efficiency)
    )


@unhurried
@given(st.floats(20, 400), st.floats(8, 100))
def test_revenue_per_mwh_is_income_over_energy(hashprice, efficiency):
    """1 PH/s at e J/TH draws e kW: 24 hours of it are 0.024 e MWh."""
    energy_mwh = 1000 * efficiency * 24 / 1e6  # 1,000 TH/s × e J = 1,000 e W, for 24 hours
    assert mining.revenue_per_mwh(hashprice, efficiency) == pytest.approx(hashprice / energy_mwh)


def halvings(*dates):
    """A halvings table with the given days."""
    return pd.DataFrame({"halving": range(1, len(dates) + 1), "date_utc": pd.to_datetime(list(dates))})


def test_clock_leaves_the_halving_day_out():
    """100 before, 50 after, a spike of 9,999 on the day itself: every index is 50 and none recovers."""
    days = pd.date_range("2020-01-01", periods=200)
    series = pd.Series(100.0, index=days)
    series.loc["2020-03-01":] = 50.0
    series.loc["2020-03-01"] = 9999.0
    clock = mining.since_halving(series, halvings("2020-03-01"))
    assert set(clock["index"]) == {50.0}
    assert clock["days"].min() == 30
    assert mining.recovery(clock)["recovery_days"].isna().all()


def test_thirty_days_before_the_halving_of_2024_by_the_calendar():
    """20 March to 18 April are thirty days; 19 April, the eve, is not among them."""
    days = mining.window_before(pd.Timestamp("2024-04-20"))
    assert (days.start, days.stop) == (pd.Timestamp("2024-03-20"), pd.Timestamp("2024-04-18"))


def test_recovery_is_the_first_day_back_at_the_old_level():
    """50 for 60 days, then 100: the thirty-day mean is back at 100 on day 90."""
    days = pd.date_range("2020-01-01", periods=300)
    series = pd.Series(100.0, index=days)
    series.loc["2020-03-02":"2020-04-30"] = 50.0
    clock = mining.since_halving(series, halvings("2020-03-01"))
    assert mining.recovery(clock).loc[1].to_dict() == {"recovery_days": 90, "days_observed": 239}  # to 26 October
    early = mining.recovery(clock[clock["days"] < 80])
    assert early["recovery_days"].isna().all()
    assert early["days_observed"].to_dict() == {1: 79}


def test_the_logarithmic_mean_by_hand():
    """Of 1 and e it is e − 1; of two equal values that value; the order does not matter."""
    means = mining.logarithmic_mean(np.array([1.0, 5.0, np.e]), np.array([np.e, 5.0, 1.0]))
    assert means.tolist() == pytest.approx([np.e - 1, 5, np.e - 1])


FIRST, SECOND = slice("2024-06-01", "2024-06-01"), slice("2024-07-01", "2024-07-01")


def test_dollars_by_cause_worked_by_hand():
    """Price doubles, difficulty doubles, reward halves: 37.72 becomes 18.86 USD, by +18.86 − 18.86 − 18.86."""
    after = one_day(date=pd.Timestamp("2024-07-01"), price_usd=120_000.0, difficulty=2e14, issuance_btc=225.0)
    parts = mining.dollar_changes(pd.concat([one_day(), after]), FIRST, SECOND)
    assert parts["bitcoin price"] == pytest.approx(18.8593, rel=1e-5)
    assert parts["difficulty"] == pytest.approx(-18.8593, rel=1e-5)
    assert parts["reward"] == pytest.approx(-18.8593, rel=1e-5)
    assert parts["fees"] == 0


def test_a_cause_that_moves_alone_gets_all_of_the_change():
    """Fees from nothing to a tenth of the subsidy: 3.77 USD more, all of it by fees."""
    after = one_day(date=pd.Timestamp("2024-07-01"), fees_btc=45.0)
    parts = mining.dollar_changes(pd.concat([one_day(), after]), FIRST, SECOND)
    assert parts.tolist() == pytest.approx([0, 0, 0, 3.77186], rel=1e-5)


def test_where_nothing_changed_no_cause_did():
    """Two equal days: four zeros, not a division by nothing."""
    parts = mining.dollar_changes(pd.concat([one_day(), one_day(date=pd.Timestamp("2024-07-01"))]), FIRST, SECOND)
    assert parts.tolist() == [0, 0, 0, 0]


def test_a_plain_mean_as_weight_would_leave_a_rest(monkeypatch):
    """The parts add up only with the logarithmic mean: the error of taking (a + b) / 2 is seen."""
    after = one_day(date=pd.Timestamp("2024-07-01"), issuance_btc=225.0)
    network = pd.concat([one_day(), after])
    total = mining.hashprice(network)["usd"].diff().iloc[-1]
    assert mining.dollar_changes(network, FIRST, SECOND).sum() == pytest.approx(total)
    monkeypatch.setattr(mining, "logarithmic_mean", lambda a, b: (a + b) / 2)
    assert abs(mining.dollar_changes(network, FIRST, SECOND).sum() / total - 1) > 0.03


def test_levels_on_days_that_have_not_come_are_missing():
    """Day 30 at 50 and day 31 at 100, then nothing: back on day 31, and no level on day 90."""
    clock = pd.DataFrame({"halving": [4, 4], "days": [30, 31], "index": [50.0, 100.0]})
    table = mining.levels_on({"income": clock}, [30, 90])
    assert table.columns.tolist() == ["measure", "halving", "day 30", "day 90", "back"]
    assert table.iloc[0, :3].tolist() == ["income", 4, 50]
    assert np.isnan(table.loc[0, "day 90"])
    assert table.loc[0, "back"] == 31


def test_the_longest_run_of_falls():
    """Two falls, a rise, three falls, no change: three in a row."""
    assert mining.falls_in_a_row(pd.Series([-1.0, -2.0, 3.0, -1.0, -1.0, -4.0, 0.0])) == 3
    assert mining.falls_in_a_row(pd.Series([-1.0, 0.5, -2.0, 0.0, -1.0])) == 1  # half a percent and nothing are no fall


def test_the_largest_changes_of_difficulty_by_size():
    """Falls first, each kind by size; a rise is never among the falls, however few falls there are."""
    epochs = pd.DataFrame({"change_pct": [-3.0, 8.0, 0.0, -20.0, 5.0]})
    found = mining.largest_changes(epochs, falls=3, rises=3)
    assert found["change_pct"].to_dict() == {0: -20, 1: -3, 2: 8, 3: 5}  # no change is neither


def test_a_published_value_is_compared_with_its_day_or_the_mean_of_its_month():
    """50 printed, 55 on the day: +10 percent, −10 without fees; a month's 80 meets the mean of 60 and 100."""
    days = pd.to_datetime(["2024-06-01", "2024-06-02", "2024-07-01"])
    ours = pd.DataFrame({"usd": [60.0, 100.0, 55.0], "usd_subsidy_only": [60.0, 100.0, 45.0]}, index=days)
    printed = pd.DataFrame({"date": ["2024-07-01", "2024-06"], "value": [50.0, 80.0], "source_url": ["a", "b"]})
    epochs = pd.DataFrame({"date_utc": [days[2]], "change_pct": [-4.0]})
    check = mining.against_published(ours, printed, epochs)
    assert check[["date", "published", "computed"]].to_numpy().tolist() == [["2024-07-01", 50, 55], ["2024-06", 80, 80]]
    assert check["error_pct"].tolist() == pytest.approx([10, 0])
    assert check["no_fees_error_pct"].tolist() == pytest.approx([-10, 0])
    assert check["before_retarget_pct"].tolist() == pytest.approx([5.6, 0])  # 55 × 0.96 against 50


def test_the_clock_uses_its_own_window_before_and_stops_short_of_the_next_halving():
    """The eve (9,999) is in neither base nor level; a 60-day window is used on both sides."""
    days = pd.date_range("2020-01-01", periods=400)
    series = pd.Series(100.0, index=days)
    series.loc["2020-04-30":"2020-05-01"] = 9999.0
    series.loc["2021-01-01":] = 9999.0
    clock = mining.since_halving(series, halvings("2020-05-01", "2021-01-02"), smooth=60)
    first = clock[clock["halving"] == 1]
    assert set(first["index"]) == {100.0}
    assert first["days"].min() == 60
    assert first["date"].max() == pd.Timestamp("2020-12-31")


def test_a_series_without_a_value_before_a_halving_has_no_clock():
    """A margin that starts after the first halving is on the clock of the second only."""
    days = pd.date_range("2020-01-01", periods=400)
    series = pd.Series(np.where(days < "2020-06-01", np.nan, 100.0), index=days)
    clock = mining.since_halving(series, halvings("2020-03-01", "2020-10-01"))
    assert set(clock["halving"]) == {2}


def test_a_loss_before_a_halving_is_no_base():
    """From -10 to -20 is not a rise to 200 percent: no rows, and none for all halvings is an empty clock."""
    days = pd.date_range("2020-01-01", periods=400)
    series = pd.Series(np.where(days < "2020-03-01", -10.0, -20.0), index=days)
    clock = mining.since_halving(series, halvings("2020-03-01", "2020-10-01"))
    assert list(clock) == ["halving", "date", "days", "index"]
    assert clock.empty
    assert mining.recovery(clock).empty


def test_the_price_over_an_epoch_ends_on_the_eve_of_the_retarget():
    """100 on the eve of the epoch, 80 on the eve of the next: -20 percent; the 500 of the retarget's day is later."""
    days = pd.date_range("2020-01-01", "2020-01-20")
    price = pd.Series(100.0, index=days)
    price.loc["2020-01-10":] = 80.0
    price.loc["2020-01-16":] = 500.0
    epochs = pd.DataFrame({"date_utc": pd.to_datetime(["2020-01-02", "2020-01-16", "2020-03-01"])})
    changes = mining.change_over_epoch(epochs, price)
    assert changes.iloc[1] == pytest.approx(-20)
    assert changes.isna().tolist() == [True, False, True]


def test_levels_by_window_worked_by_hand():
    """100 before, 40 after, 80 on the last day: 80 over one day, 60 over two, never back; a day at 200 is back."""
    days = pd.date_range("2020-01-01", "2020-03-31")
    series = pd.Series(np.where(days < "2020-03-01", 100.0, 40.0), index=days)
    series.loc["2020-03-01"] = 9999.0  # the halving's own day is in no window
    series.iloc[-1] = 80.0
    spiked = series.where(series.index != "2020-03-15", 200.0)
    result = mining.level_choices(
        pd.DataFrame({"usd": series, "spiked": spiked}), pd.Timestamp("2020-03-01"), windows=[1, 2]
    )
    assert result[["before", "now"]].to_numpy().tolist() == [[100, 80], [100, 60]] * 2
    assert result["level"].tolist() == [80.0, 60.0, 80.0, 60.0]
    assert result["recovered"].tolist() == [False, False, True, True]


def test_a_variant_that_runs_longer_changes_no_level():
    """One variant goes on for a week at 500: all levels are those of the last day that both have."""
    days = pd.date_range("2020-01-01", "2020-03-31")
    both = pd.DataFrame({name: np.where(days < "2020-03-01", 100.0, 40.0) for name in ("usd", "no_fees")}, index=days)
    longer = both.reindex(pd.date_range("2020-01-01", "2020-04-07"))
    longer.loc["2020-04-01":, "no_fees"] = 500.0
    found = [mining.level_choices(frame, pd.Timestamp("2020-03-01"), windows=[1, 7]) for frame in (both, longer)]
    pd.testing.assert_frame_equal(*found)
    assert set(found[1]["level"]) == {40.0}


def test_the_index_of_each_halving_on_its_own_day():
    """Day 30 of the first, 31 of the second; a day that has not come is missing."""
    clock = pd.DataFrame({"halving": [1, 1, 2, 2], "days": [30, 31, 30, 31], "index": [50.0, 60.0, 70.0, 80.0]})
    found = mining.index_on(clock, pd.Series({1: 30, 2: 31, 3: 30}))
    assert found.tolist()[:2] == [50, 80]
    assert np.isnan(found[3])


def test_fee_share_worked_by_hand():
    """45 BTC of fees beside 405 of subsidy are a tenth of revenue."""
    assert mining.fee_share(one_day(issuance_btc=405.0, fees_btc=45.0)).iloc[0] == pytest.approx(10)


def test_all_miners_income_worked_by_hand():
    """450 new bitcoin and 45 of fees at 60,000 USD are 29.7 million; it is the hashprice times all hashes."""
    day = one_day(fees_btc=45.0)
    assert mining.revenue_usd(day).iloc[0] == pytest.approx(29.7e6)
    of_all = mining.hashprice(day)["usd_realised"].iloc[0] * 1000 * day["hash_rate_ehs"].iloc[0]
    assert mining.revenue_usd(day).iloc[0] == pytest.approx(of_all)


def test_the_blocks_of_the_halving_that_the_table_dates_to_its_eve():
    """19 April 2024 by median time: 147 blocks at 6.25 and 4 at 3.125 make 931.25 BTC (network's own note)."""
    last = load("halvings").query("status == 'past'").iloc[-1]
    days = mining.halving_days(load("network"), last).set_index("date")
    assert days.loc["2024-04-18", "new_subsidy_blocks"] == 0
    assert days.loc["2024-04-19", "new_subsidy_blocks"] == 4
    assert days.loc["2024-04-20", "new_subsidy_blocks"] == days.loc["2024-04-20", "blocks"]


NETWORK = load("network").dropna().query("date >= '2012'")
DAYS = st.integers(0, len(NETWORK) - 31)


def window(start):
    """Thirty days of the network table from its row `start`."""
    return slice(NETWORK["date"].iloc[start], NETWORK["date"].iloc[start + 29])


@unhurried
@given(DAYS, DAYS)
def test_dollars_by_cause_add_up_over_any_dates_and_turn_with_time(first, second):
    """Parts add up to the change of the mean hashprice with nothing left over; backwards each has the other sign."""
    start, end = window(first), window(second)
    parts = mining.dollar_changes(NETWORK, start, end)
    usd = mining.hashprice(NETWORK)["usd"]
    largest = max(usd[start].mean(), usd[end].mean())
    assert parts.sum() == pytest.approx(usd[end].mean() - usd[start].mean(), abs=1e-9 * largest)
    back = mining.dollar_changes(NETWORK, end, start)
    assert (-back).tolist() == pytest.approx(parts.tolist(), abs=1e-9 * largest)


@unhurried
@given(DAYS, DAYS)
def test_the_shares_of_one_day_are_those_of_the_logarithm(first, second):
    """Between two single days a cause's share of the dollars is its share of the change in the logarithm."""
    a, b = (slice(NETWORK["date"].iloc[row], NETWORK["date"].iloc[row]) for row in (first, second))
    days = NETWORK.set_index("date").astype(float)
    parts, usd = mining.dollar_changes(NETWORK, a, b), mining.hashprice(NETWORK)["usd"]
    log = np.log(days["price_usd"].loc[b].iloc[0] / days["price_usd"].loc[a].iloc[0])
    whole = np.log(usd[b].iloc[0] / usd[a].iloc[0])
    assert parts["bitcoin price"] * whole == pytest.approx(log * parts.sum(), rel=1e-6, abs=1e-9)


def test_the_pace_of_blocks_by_hand():
    """Two days after the day asked for, of 150 and 141 blocks: 145.5 over 144; the day itself does not count."""
    days = pd.DataFrame({"date": pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-03"]), "blocks": [10, 150, 141]})
    assert mining.pace(days, pd.Timestamp("2026-01-01")) == pytest.approx(145.5 / 144)
