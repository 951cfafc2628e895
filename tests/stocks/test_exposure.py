"""Factor exposure, breaks and difference-in-differences: hand-made worlds, other libraries, published tables."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.regression.rolling import RollingOLS

from minerpivot.data.tables import TableError
from minerpivot.stocks import exposure

SESSIONS = pd.bdate_range("2024-01-02", periods=400, name="date")


def world(seed, sessions=400, *, bitcoin_beta=1.0, noise=0.03):
    """Factors of which chips hang on the market, and a share with a known exposure; betas may change by session."""
    generator = np.random.default_rng(seed)
    days = SESSIONS[:sessions]
    bitcoin, market, own = generator.normal(0, [0.03, 0.01, 0.02], (sessions, 3)).T
    factors = pd.DataFrame({"bitcoin": bitcoin, "market": market, "chips": 1.5 * market + own}, index=days)
    beta = np.broadcast_to(bitcoin_beta, sessions)
    share = beta * bitcoin + 2 * market + 0.5 * own + np.broadcast_to(noise, sessions) * generator.normal(size=sessions)
    return pd.Series(share, index=days, name="A"), factors


def test_without_noise_the_planted_exposure_comes_back():
    """The market takes what chips owe to it, so its beta is 2 and not 2 less 0.5 times 1.5."""
    share, factors = world(1, noise=0.0)
    market = factors["market"] - factors["market"].mean()
    own = factors["chips"] - market * (market @ factors["chips"]) / (market @ market)
    exact = factors["bitcoin"] + 2 * factors["market"] + 0.5 * own  # orthogonal within the sample
    found = exposure.exposure(exact, factors)
    assert found["bitcoin_beta"] == pytest.approx(1)
    assert found["market_beta"] == pytest.approx(2)
    assert found["chips_beta"] == pytest.approx(0.5)
    assert found["r_squared"] == pytest.approx(1)
    assert found["idiosyncratic_volatility"] == pytest.approx(0, abs=1e-6)
    assert exposure.exposure(share, factors)["market_beta"] == pytest.approx(2, abs=0.2)


def test_exposure_agrees_with_statsmodels_and_numpy():
    """Betas, R² and residual volatility of ordinary least squares; correlation of NumPy."""
    share, factors = world(2)
    left = sm.OLS(factors["chips"], sm.add_constant(factors["market"])).fit().resid
    fit = sm.OLS(share, sm.add_constant(factors[["bitcoin", "market"]].assign(chips=left))).fit()
    found = exposure.exposure(share, factors)
    assert found.iloc[:3].tolist() == pytest.approx(fit.params[["bitcoin", "market", "chips"]].tolist())
    assert found["r_squared"] == pytest.approx(fit.rsquared)
    assert found["idiosyncratic_volatility"] == pytest.approx(np.sqrt(252 * fit.mse_resid))
    assert found["correlation"] == pytest.approx(np.corrcoef(share, factors["bitcoin"])[0, 1])
    raw = sm.OLS(share, sm.add_constant(factors)).fit()
    assert abs(raw.params["market"] - found["market_beta"]) > 0.3  # forgetting to make chips orthogonal is caught
    with pytest.raises(ValueError, match="too few"):
        exposure.exposure(share[:10], factors)


def test_factors_are_returns_of_the_named_series():
    """One hundred to one hundred and ten is a tenth; a gap is missing, not filled."""
    closes = pd.DataFrame({"IBIT": [100, 110, 99], "QQQ": [50, np.nan, 51], "SMH": [10, 10, 20]}, SESSIONS[:3])
    found = exposure.factor_returns(closes)
    assert found["bitcoin"].tolist()[1:] == pytest.approx([0.1, -0.1])
    assert found["market"].isna().all()
    assert found["chips"].iloc[2] == pytest.approx(1.0)


def test_rolling_exposure_agrees_with_rolling_regressions_and_its_band_with_theory():
    """Point values of `RollingOLS`; the band is about as wide as the normal interval where errors are independent."""
    share, factors = world(3)
    share.iloc[[40, 200]] = np.nan
    rolled = exposure.rolling_exposure(share.to_frame(), factors, window=60, draws=400, block=1, seed=1)
    table = factors.assign(share=share).dropna()
    reference = RollingOLS(table["share"], sm.add_constant(table[["bitcoin", "market", "chips"]]), window=60).fit()
    beta = rolled[rolled["measure"] == "bitcoin_beta"].set_index("date")
    expected = reference.params["bitcoin"].reindex(beta.index)
    assert beta["value"].to_numpy(float) == pytest.approx(expected.to_numpy())
    width = (beta["high"] - beta["low"]).mean() / (2 * 1.96 * reference.bse["bitcoin"].reindex(beta.index).mean())
    assert 0.8 < width < 1.25
    assert (beta["low"] < beta["high"]).all()
    assert exposure.rolling_exposure(share[:50].to_frame(), factors, window=60).empty


def test_louder_news_lowers_the_correlation_and_not_the_beta():
    """Why both are shown: the same beta with twice the noise is less correlated with bitcoin."""
    quiet, factors = world(4, noise=0.02)
    loud, _ = world(4, noise=0.06)
    before, after = exposure.exposure(quiet, factors), exposure.exposure(loud, factors)
    assert after["correlation"] < before["correlation"] - 0.2
    assert after["bitcoin_beta"] == pytest.approx(before["bitcoin_beta"], abs=0.2)


@settings(max_examples=15, deadline=None)
@given(cut=st.integers(70, 150), factor=st.floats(0.2, 5), seed=st.integers(0, 2**16))
def test_returns_after_a_day_change_no_exposure_dated_that_day_or_earlier(cut, factor, seed):
    """The look-ahead test: values and bands, with all later returns of share and factors changed and shuffled."""
    share, factors = world(seed, 160)
    order = np.r_[np.arange(cut + 1), np.random.default_rng(seed).permutation(np.arange(cut + 1, 160))]
    changed = [each.iloc[order].set_axis(share.index) for each in (share, factors)]
    changed[0].iloc[cut + 1 :] *= factor
    day = share.index[cut]
    before, after = (
        exposure.rolling_exposure(returns.to_frame(), rows, window=60, draws=20)
        for returns, rows in ((share, factors), changed)
    )
    full_weeks = before["date"] < pd.Period(day, "W").start_time  # the week of the cut ends on another session
    assert full_weeks.any()
    pd.testing.assert_frame_equal(before[full_weeks], after[after["date"] < pd.Period(day, "W").start_time])


def test_block_weights_keep_blocks_and_count():
    """Each resample has as many rows as the sample; the end of a sample is in as many blocks as its beginning."""
    weights = exposure.block_weights(50, block=10, draws=2000, seed=1)
    assert (weights.sum(axis=1) == 50).all()
    assert weights[:, 0].mean() == pytest.approx(weights[:, -1].mean(), abs=0.03)
    assert weights[:, 0].mean() == pytest.approx(5 / 41, abs=0.03)  # one of 41 blocks, dealt five times
    with pytest.raises(ValueError, match="20 observations are fewer than two blocks of 11"):
        exposure.block_weights(20, block=11, draws=5, seed=1)


def test_bootstrap_interval_covers_the_mean_is_seeded_and_widens_with_dependence():
    """Against the normal interval, and against a sample in which every value comes twenty times."""
    noise = pd.Series(np.random.default_rng(7).normal(0, 1, 2000))
    low, high = exposure.bootstrap_interval(noise, seed=1, block=1, draws=2000)
    assert high - low == pytest.approx(2 * 1.96 / np.sqrt(2000), rel=0.1)  # the normal interval
    assert low < noise.mean() < high
    assert exposure.bootstrap_interval(noise, seed=1, block=1, draws=2000) == (low, high)
    dependent = pd.Series(np.repeat(noise.to_numpy()[:100], 20))
    narrow = np.diff(exposure.bootstrap_interval(dependent, seed=1, block=1, draws=1000))
    assert np.diff(exposure.bootstrap_interval(dependent, seed=1, block=20, draws=1000)) > 2 * narrow
    with pytest.raises(ValueError, match="5 observations are fewer than two blocks of 20"):
        exposure.bootstrap_interval(noise[:5], seed=1)


# --- input that it refuses ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        exposure.exposure,
        lambda share, factors: exposure.known_break(share, factors, SESSIONS[200]),
        exposure.sup_f,
        lambda share, factors: exposure.rolling_exposure(share.to_frame(), factors, window=60, draws=5),
        lambda share, factors: exposure.changes_around(share.to_frame(), factors, [SESSIONS[200]]),
    ],
    ids=["exposure", "known break", "searched break", "rolling", "changes"],
)
def test_days_that_go_back_or_come_twice_and_returns_of_no_close_are_refused(call):
    """Of the share and of a factor, by name and day."""
    share, factors = world(1)
    call(share, factors)
    for of_share, of_factor in ((share, factors[::-1]), (share[::-1], factors)):
        with pytest.raises(ValueError, match=r"go back from 2025-07-14 to 2025-07-11|different sessions"):
            call(of_share, of_factor)
    with pytest.raises(ValueError, match="go back from 2025-07-14"):
        call(share[::-1], factors[::-1])
    twice = [*range(50), 49, *range(50, 400)]
    with pytest.raises(ValueError, match="two rows for 2024-03-11"):
        call(share.iloc[twice], factors.iloc[twice])
    for value in (np.inf, -np.inf, -1.5):
        changed = share.copy()
        changed.iloc[150] = value
        with pytest.raises(ValueError, match=f"A: the return of 2024-07-30 is {value:g}, which no close gives"):
            call(changed, factors)
        wrong = factors.copy()
        wrong.iloc[150, 2] = value
        with pytest.raises(ValueError, match=f"chips: the return of 2024-07-30 is {value:g}, which no close gives"):
            call(share, wrong)


def test_a_share_or_factor_that_stands_still_has_no_break():
    """A flat series had no F and a p value of 0.001; also when only one side of the date is flat."""
    share, factors = world(1)
    for series in (share * 0, share * 0 + 0.01):
        for call in (exposure.exposure, exposure.sup_f):
            with pytest.raises(ValueError, match="A has the same return on all 400 sessions; it has no exposure"):
                call(series, factors)
    with pytest.raises(ValueError, match="A: factor market has the same return"):
        exposure.sup_f(share, factors.assign(market=0.0))
    early = share.where(np.arange(400) > 200, 0.0)
    with pytest.raises(ValueError, match="on all 200 sessions before 2024-10-08"):
        exposure.known_break(early, factors, SESSIONS[200])
    with pytest.raises(ValueError, match="on all 60 sessions up to 2024-03-25"):
        exposure.sup_f(early, factors)
    late = share.where(np.arange(400) < 200, 0.0)
    with pytest.raises(ValueError, match="on all 199 sessions after 2024-10-08"):
        exposure.known_break(late, factors, SESSIONS[200])
    rolled = exposure.rolling_exposure(early.to_frame(), factors, window=60, draws=5)
    assert rolled["date"].min() > SESSIONS[200]
    assert np.isfinite(rolled[["value", "low", "high"]]).all(axis=None)
    around = exposure.changes_around(pd.DataFrame({"A": share, "STILL": early}), factors, [SESSIONS[200]])
    assert around["STILL"].isna().all()
    assert around["A"].notna().all()


def test_an_interval_of_no_width_is_refused():
    """Fewer than two blocks, one value again and again, an infinite one; the number of observations is said."""
    values = pd.Series(np.random.default_rng(1).normal(size=39))
    with pytest.raises(ValueError, match="39 observations are fewer than two blocks of 20"):
        exposure.bootstrap_interval(values, seed=1)
    low, high = exposure.bootstrap_interval(values, seed=1, block=19)
    assert low < high
    for odd in (values * 0 + 3, values.replace(values[5], np.inf)):
        with pytest.raises(ValueError, match="39 observations without spread, or with an infinite one"):
            exposure.bootstrap_interval(odd, seed=1, block=5)
    share, factors = world(1)
    with pytest.raises(ValueError, match="60 observations are fewer than two blocks of 40"):
        exposure.rolling_exposure(share.to_frame(), factors, window=60, block=40)


def test_requests_that_have_no_answer_are_refused():
    """Unknown regressors, one date or one pivot given twice: none of them is averaged or ignored."""
    share, factors = world(1)
    for changing in ([], ["gold"], ["bitcoin", "bitcoin"]):
        with pytest.raises(ValueError, match="choose among const, bitcoin, market, chips, each once"):
            exposure.sup_f(share, factors, changing=changing)
    with pytest.raises(ValueError, match="dates have two rows for 2024-10-08"):
        exposure.changes_around(share.to_frame(), factors, [SESSIONS[200]] * 2)
    twice = pd.DataFrame([share, share]).T
    with pytest.raises(ValueError, match="hold A twice"):
        exposure.changes_around(twice, factors, [SESSIONS[200]])
    changes, pivots, clear = planted(1, 0.0)
    with pytest.raises(ValueError, match="A has two pivots"):
        exposure.difference_in_differences(changes, pd.concat([pivots, pivots[:1]]), clear, draws=5)


# --- breaks -----------------------------------------------------------------------------------


def test_a_planted_break_at_a_known_date_is_found_and_its_size_told():
    """Bitcoin beta falls from 1 to 0.2 at the deal; noise stays."""
    share, factors = world(5, bitcoin_beta=np.where(np.arange(400) > 200, 0.2, 1.0))
    found = exposure.known_break(share, factors, SESSIONS[200])
    assert found["beta_change"] == pytest.approx(-0.8, abs=0.2)
    assert found["beta_after"] - found["beta_before"] == pytest.approx(found["beta_change"], abs=0.02)
    assert found["beta_low"] < -0.8 < found["beta_high"]
    assert found["beta_p"] < 0.001
    assert found["slopes_p"] < 0.001
    assert found["volatility_p"] > 0.01
    assert (found["sessions_before"], found["sessions_after"]) == (200, 199)


def test_noise_is_not_taken_for_decoupling():
    """Twice the noise after the deal: volatility breaks, beta does not; the deal's own jump belongs to neither side."""
    share, factors = world(6, noise=np.where(np.arange(400) > 200, 0.06, 0.03))
    share.iloc[200] = 5.0
    found = exposure.known_break(share, factors, SESSIONS[200])
    assert found["beta_p"] > 0.05
    assert found["volatility_p"] < 0.001
    assert found["volatility_after"] / found["volatility_before"] == pytest.approx(2, rel=0.15)
    with pytest.raises(ValueError, match="before or after"):
        exposure.known_break(share, factors, SESSIONS[10])


def test_sup_f_equals_the_largest_f_of_separate_regressions():
    """Every candidate date by statsmodels' F test."""
    share, factors = world(8, 120)
    design = sm.add_constant(factors[["bitcoin", "market", "chips"]])
    values = {}
    for after in range(18, 102):
        later = np.arange(120) >= after
        wide = design.assign(moved=design["bitcoin"] * later)
        values[SESSIONS[after - 1]] = sm.OLS(share, wide).fit().tvalues["moved"] ** 2
    found = exposure.sup_f(share, factors, draws=9)
    assert found.name == "A"
    assert found["statistic"] == pytest.approx(max(values.values()))
    assert found["date"] == max(values, key=values.get)


@pytest.mark.slow
@pytest.mark.parametrize(("changing", "published"), [(["bitcoin"], 8.68), (["bitcoin", "market"], 5.86)])
def test_sup_f_has_the_published_critical_value(changing, published):
    """Andrews (1993, corrected 2003), fifteen percent trimming, five percent level, as F: 8.68 and 5.86."""
    statistics = []
    for seed in range(300):
        share, factors = world(1000 + seed)
        statistics.append(exposure.sup_f(share, factors, changing=changing, draws=1)["statistic"])
    rejected = (np.array(statistics) > published).mean()
    assert 0.02 < rejected < 0.09


@pytest.mark.slow
def test_sup_f_dates_a_planted_break_and_keeps_its_size_when_only_the_noise_changes():
    """The bootstrap rejects a break in beta, and rarely one in volatility alone."""
    share, factors = world(9, bitcoin_beta=np.where(np.arange(400) >= 150, 0.3, 1.2))
    found = exposure.sup_f(share, factors, draws=199)
    assert found["p_value"] == pytest.approx(1 / 200)
    assert abs(SESSIONS.get_loc(found["date"]) - 149) < 12
    louder = np.where(np.arange(400) >= 300, 0.09, 0.03)
    p_values = [exposure.sup_f(*world(seed, noise=louder), draws=99)["p_value"] for seed in range(60)]
    assert np.mean(np.array(p_values) <= 0.05) < 0.14
    with pytest.raises(ValueError, match="no dates to try"):
        exposure.sup_f(share[:12], factors)


# --- pivoted against not yet pivoted ------------------------------------------------------------


def test_difference_in_differences_by_hand():
    """A pivots first: B, not yet pivoted, and C, never, are its controls. B's only control is C."""
    days = pd.to_datetime(["2025-03-03", "2025-09-01"])
    changes = pd.DataFrame({"A": [-1.0, 9.0], "B": [0.2, -0.5], "C": [0.0, 0.1]}, index=days)
    pivots = pd.Series({"A": days[0], "B": days[1]})
    clear = pd.Series(pd.to_datetime(["2025-06-01", "2025-12-01"]), index=days)
    found = exposure.difference_in_differences(changes, pivots, clear, draws=50)
    pd.testing.assert_series_equal(found, exposure.difference_in_differences(changes, pivots, clear, draws=50, seed=0))
    assert found["effect"] == pytest.approx(((-1.0 - 0.1) + (-0.5 - 0.1)) / 2)  # A's change on B's date does not count
    assert found["treated_change"] == pytest.approx(-0.75)
    assert (found["treated"], found["controls"]) == (2, 1.5)
    overlapping = pd.Series(pd.to_datetime(["2025-10-01", "2025-12-01"]), index=days)  # B pivots within A's window
    later = exposure.difference_in_differences(changes, pivots, overlapping, draws=50)
    assert later["effect"] == pytest.approx(((-1.0 - 0.0) + (-0.5 - 0.1)) / 2)
    with pytest.raises(ValueError, match="no pivot has"):
        exposure.difference_in_differences(changes[["A"]], pivots, clear, draws=5)


def planted(seed, effect):
    """Changes of twelve tickers around eight dates, common shocks on each date, an effect on those that pivot."""
    generator = np.random.default_rng(seed)
    days, tickers = pd.date_range("2025-01-01", periods=8, freq="60D"), list("ABCDEFGHIJKL")
    changes = pd.DataFrame(generator.normal(0, 0.3, (8, 12)) + generator.normal(0, 1, (8, 1)), days, tickers)
    pivots = pd.Series(days, index=tickers[:8])
    for ticker, day in pivots.items():
        changes.loc[day, ticker] += effect
    return changes, pivots, pd.Series(days + pd.Timedelta(days=30), index=days)


@pytest.mark.slow
def test_randomisation_p_values_are_uniform_without_an_effect_and_small_with_one():
    """Common shocks on a date cancel; the share of p-values under a level is about that level."""
    null = np.array(
        [exposure.difference_in_differences(*planted(s, 0.0), draws=199, seed=s)["p_value"] for s in range(300)]
    )
    assert 0.02 < (null <= 0.05).mean() < 0.09
    assert 0.42 < (null <= 0.5).mean() < 0.58
    found = exposure.difference_in_differences(*planted(1, -1.0), draws=999)
    assert found["p_value"] < 0.01
    assert found["effect"] == pytest.approx(-1.0, abs=0.4)
    assert found["low"] < 0 < found["high"]
    # without the controls the common shocks of the dates would be taken for an effect
    naive = [planted(s, 0.0) for s in range(40)]
    own = [np.mean([changes.loc[day, t] for t, day in pivots.items()]) for changes, pivots, _ in naive]
    with_controls = [exposure.difference_in_differences(*each, draws=1)["effect"] for each in naive]
    assert np.std(own) > 2 * np.std(with_controls)


def test_changes_around_a_date_leave_out_its_sessions_and_compare_the_two_windows():
    """Against `exposure` on the two spans by hand; a share that is too young and a date without room are missing."""
    share, factors = world(12)
    returns = pd.DataFrame({"A": share, "NEW": share.where(np.arange(400) > 170)})
    found = exposure.changes_around(returns, factors, [SESSIONS[200], SESSIONS[50]], window=100, gap=1)
    before, after = (exposure.exposure(share.iloc[part], factors) for part in (slice(99, 199), slice(202, 302)))
    here = found["A"].loc[SESSIONS[200]]
    assert here["bitcoin_beta"] == pytest.approx((after - before)["bitcoin_beta"])
    logs = np.log(after["idiosyncratic_volatility"] / before["idiosyncratic_volatility"])
    assert here["idiosyncratic_volatility"] == pytest.approx(logs)
    assert found["NEW"].isna().all()
    assert list(found.index.unique("date")) == [SESSIONS[200]]
    jump = returns.copy()
    jump.iloc[199:202] = 9.0  # the announcement and the sessions beside it
    pd.testing.assert_frame_equal(found, exposure.changes_around(jump, factors, [SESSIONS[200]], window=100, gap=1))
    narrow = exposure.changes_around(returns, factors, SESSIONS[[100, 101, 298, 299]], window=100, gap=1)
    assert list(narrow.index.unique("date")) == list(SESSIONS[[101, 298]])  # all sessions up to the first and the last
    empty = exposure.changes_around(returns, factors, [], window=100)
    assert empty.empty
    assert list(empty.columns) == ["A", "NEW"]


def test_all_comparisons_are_one_family_over_the_same_deals():
    """Rows are those of the single comparisons; a copy costs nothing, further measures never help; no answer no row."""
    changes, pivots, clear = planted(3, -0.5)
    other, noise = planted(4, 0.0)[0], planted(5, 0.0)[0]

    def around(**measures):
        return {120: (pd.concat(measures, names=["measure", "date"]).swaplevel(), clear)}

    request = {"draws": 999, "seed": 2}
    single = exposure.difference_in_differences(changes, pivots, clear, **request)
    both = exposure.difference_in_differences_family(
        around(beta=changes, copy=changes), pivots, ["beta", "copy", "absent"], **request
    )
    assert list(both.index) == [(120, "beta"), (120, "copy")]
    for row in both.index:
        pd.testing.assert_series_equal(both.loc[row, single.index], single, check_names=False)
        assert both.loc[row, "p_family"] == pytest.approx(single["p_value"], abs=0.002)
    more = exposure.difference_in_differences_family(
        around(beta=changes, other=other, noise=noise), pivots, ["beta", "other", "noise"], **request
    )
    assert more.loc[(120, "beta"), "p_family"] > both.loc[(120, "beta"), "p_family"]
    assert (more["p_family"] >= more["p_value"] - 1e-12).all()
    with pytest.raises(ValueError, match="different tickers"):
        exposure.difference_in_differences_family(
            around(beta=changes) | {60: around(beta=changes[["A"]])[120]}, pivots, ["beta"]
        )
    assert exposure.difference_in_differences_family(around(beta=changes[["A"]]), pivots, ["beta"]).empty


def test_the_longest_window_with_enough_signers_is_read():
    """At its edge, whatever the order of rows; a fork of few companies is told what to change."""
    index = pd.MultiIndex.from_product([[120, 60], ["beta", "noise"]], names=["window", "measure"])
    family = pd.DataFrame({"treated": [2, 9, 3, 9]}, index=index)
    assert exposure.longest_window(family, "beta", 2) == 120
    assert exposure.longest_window(family, "beta", 3) == 60
    for few in (family, family.iloc[:0]):
        with pytest.raises(TableError, match=r"fewer than 4 miners that signed .* Lower window_sessions or"):
            exposure.longest_window(few, "beta", 4)


# --- base rates of breaks ---------------------------------------------------------------------


def sector(seed, tickers=8, *, loud=False):
    """Shares without any break in beta; `loud`: their own volatility wanders over months."""
    generator = np.random.default_rng(seed)
    _, factors = world(seed)
    shares = {}
    for number in range(tickers):
        wander = np.exp(0.8 * np.cumsum(generator.normal(0, 0.08, 400))) if loud else np.ones(400)
        shares[f"T{number}"] = (
            factors["bitcoin"] + factors["market"] + 0.03 * wander * generator.standard_normal(400)
        ).clip(lower=-0.9)
    news = pd.DataFrame({"ticker": list(shares), "session": SESSIONS[generator.integers(150, 250, tickers)]})
    return pd.DataFrame(shares), factors, news


def broken(returns, factors, news):
    """`known_break` at each share's news."""
    rows = {row.ticker: exposure.known_break(returns[row.ticker], factors, row.session) for row in news.itertuples()}
    return pd.DataFrame(rows).T


def test_fast_p_values_equal_those_of_known_break():
    """Three dates, with gaps in the share: to 1e-10."""
    returns, factors, _ = sector(1)
    share = returns["T0"].mask(np.random.default_rng(0).random(400) < 0.05)
    table = exposure._complete(share, factors)
    places = np.array([60, 180, 300])
    for place, found in zip(places, exposure._break_p_values(table, places, 5)):
        expected = exposure.known_break(share, factors, table.index[place])[exposure.BREAK_TESTS]
        np.testing.assert_allclose(found, expected.astype(float), rtol=0, atol=1e-10)


def test_a_count_of_breaks_is_held_against_pseudo_dates():
    """Wandering volatility: many 'breaks' at the news, as many elsewhere. A planted one stands out, and is named."""
    returns, factors, news = sector(2, loud=True)
    rate = exposure.break_base_rate(broken(returns, factors, news), returns, factors, news, clear=60)
    loud = rate.loc["volatility_p"]
    assert loud["share"] > 0.3  # the test's nominal level is five percent
    assert loud["found"] >= 3
    assert loud["p_value"] > 0.05
    assert loud["low"] <= loud["found"] <= loud["high"]
    assert rate["expected"].between(rate["low"], rate["high"]).all()
    assert rate.loc["beta_p", "expected"] == pytest.approx(8 * rate.loc["beta_p", "share"], abs=0.5)

    quiet, factors, news = sector(3)
    planted_in = quiet.copy()
    for row in news.itertuples():
        later = planted_in.index > row.session
        planted_in.loc[later, row.ticker] += factors.loc[later, "bitcoin"] * -1.0
    # pseudo-dates of the same history without the break: what the test finds by itself
    rate = exposure.break_base_rate(broken(planted_in, factors, news), quiet, factors, news, clear=60)
    assert rate.loc["beta_p", "found"] == 8
    assert rate.loc["beta_p", "p_value"] < 0.01
    assert rate.loc["beta_p", "share"] < 0.15
    assert rate.index.name == "test"
    one = exposure.break_base_rate(broken(quiet[["T0"]], factors, news[:1]), quiet, factors, news[1:])
    assert set(one["dates"]) == {len(range(40, 360, 5))}  # T0 has no news: any session with forty on each side
    with pytest.raises(ValueError, match="no share has a session 390 away from its news"):
        exposure.break_base_rate(broken(quiet, factors, news), quiet, factors, news, clear=390)


def test_searched_breaks_have_a_base_rate_on_stretches_without_news():
    """The longest stretch clear of a share's news; one that is too short has no row."""
    returns, factors, news = sector(4, 4)
    news.loc[0, "session"] = SESSIONS[100]
    found = exposure.search_base_rate(returns, factors, news, clear=20, shortest=200, draws=19)
    assert found.loc["T0", "first"] == SESSIONS[120]
    assert found.loc["T0", "last"] == SESSIONS[-1]
    assert found.loc["T0", "sessions"] == 280
    again = exposure.sup_f(returns["T0"].iloc[120:], factors.iloc[120:], draws=19)
    assert found.loc["T0", "statistic"] == pytest.approx(again["statistic"])
    for ticker, row in found.iterrows():
        session = news.set_index("ticker").loc[ticker, "session"]
        assert not row["first"] <= session <= row["last"]
    assert exposure.search_base_rate(returns, factors, news, shortest=390).empty


@pytest.mark.parametrize("ask", [exposure.exposure, exposure.sup_f, lambda *w: exposure.known_break(*w, SESSIONS[200])])
def test_factors_of_which_one_says_what_another_does_are_refused(ask):
    """Chips that are twice the market but for rounding have no coefficient of their own, though algebra gives one."""
    share, factors = world(3)
    for twice in (2 * factors["market"], 2 * factors["market"] + 1e-14 * factors["bitcoin"]):
        with pytest.raises(ValueError, match="A: the factors are collinear"):
            ask(share, factors.assign(chips=twice))


def test_a_share_by_the_hour_meets_no_factor_by_the_day():
    """It is told so, and not that sessions are few."""
    share, factors = world(3)
    with pytest.raises(ValueError, match=r"the returns of A are by .*, not by day"):
        exposure.exposure(share.tz_localize("UTC"), factors)
