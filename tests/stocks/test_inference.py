"""Tests of abnormal returns: by hand, against plain loops over the papers' formulas, and in pseudo-studies."""

import joblib
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from benchmarks import event_size
from minerpivot.stocks import event_arrays, events, inference
from tests.frozen import load

FACTORS = ["BTC-USD", "QQQ", "SMH"]


@pytest.fixture(scope="module")
def study(returns, deals):
    """The report's deals under the factor model."""
    return events.abnormal_returns(returns, deals, factors=returns[FACTORS])


@pytest.fixture(scope="module")
def clustered(returns):
    """Forty events on eight sessions, five miners on each: days and firms that have nothing to do with news."""
    kinds = load("instruments").set_index("ticker")["kind"]
    miners = [name for name in returns if kinds.get(name) == "miner" and returns[name].notna().sum() > 1100]
    random = np.random.default_rng(1)
    days = returns.index[np.linspace(300, len(returns) - 40, 8).astype(int)]
    rows = [(ticker, day) for day in days for ticker in random.choice(miners, 5, replace=False)]
    return pd.DataFrame(rows, columns=["ticker", "session"])


def sample(residuals, car=None, scar=None, ranks=None, positive=None):
    """A `Sample` by hand, with blanks where a test does not look."""
    residuals = np.array(residuals, dtype=float)
    n = len(residuals)
    car = np.arange(1.0, n + 1) if car is None else np.array(car, dtype=float)
    scar = car if scar is None else np.array(scar, dtype=float)
    ranks = np.tile([0.1, -0.1, 0.0], (n, 1)) if ranks is None else np.array(ranks, dtype=float)
    positive = np.full(n, 0.5) if positive is None else np.array(positive, dtype=float)
    return event_arrays.Sample(car, scar, ranks, positive, residuals)


def statistics(made, days=None, length=1):
    """The statistics of one study of all events in `made`."""
    n = len(made.car)
    day = np.zeros((1, n), dtype=int) if days is None else np.array([days])
    found = event_arrays.statistics(made, np.arange(n)[None], day, length)
    return {test: value[0] for test, value in found.items()}


# --- by hand ----------------------------------------------------------------------------------

# a and b are orthogonal, |a|² = |b|² = 4; c = (3, 1, −1, −3) has |c|² = 20, c·a = 8, c·b = 4, so the correlations
# are 0, 8/√80 = 2/√5 and 4/√80 = 1/√5; their average is 3/√5/3 = 1/√5.
A, B, C = (1, 1, -1, -1), (1, -1, 1, -1), (3, 1, -1, -3)


def test_bmp_and_kolari_pynnonen_by_hand():
    """SCARs 1, 2, 3: mean 2, standard deviation 1, so BMP is 2√3 = 3.4641; with r = 1/√5 = 0.44721.

    Kolari–Pynnönen: (1 − 1/√5)/(1 + 2/√5) = (√5 − 1)(√5 − 2) = 7 − 3√5 = 0.29180, its root 0.54018,
    times 3.46410 is 1.87124.
    """
    found = statistics(sample([A, B, C], car=[0.1, 0.1, 0.4], scar=[1, 2, 3]))
    assert found["bmp"] == pytest.approx(2 * np.sqrt(3), abs=1e-12)
    assert found["kolari_pynnonen"] == pytest.approx(1.87124, abs=5e-6)
    # CARs 0.1, 0.1, 0.4: mean 0.2, variance (0.01 + 0.01 + 0.04)/2 = 0.03, t = 0.2/√(0.03/3) = 2.
    assert found["cross_sectional"] == pytest.approx(2, abs=1e-12)


def test_kolari_pynnonen_averages_correlations_not_products():
    """A firm ten times as volatile changes nothing; averaging raw residual products (a known fault) would."""
    loud = statistics(sample([A, B, np.multiply(C, 10)], scar=[1, 2, 3]))
    assert loud["kolari_pynnonen"] == pytest.approx(1.87124, abs=5e-6)


def test_pairs_count_by_the_share_of_their_windows_in_common():
    """Windows of two sessions: the same day shares all, the next day half, two days later nothing.

    Days 0, 1, 5 for events a, d, b: only a and d meet. d one session later than a: a's sessions 2–4 are d's 1–3.
    With a = (9, 1, 2, 3) and d = (1, 2, 3, −7) these are equal, correlation 1, share 1/2, over three pairs: 1/6.
    """
    made = sample([(9, 1, 2, 3), (1, 2, 3, -7), B])
    r = event_arrays.average_correlation(made.residuals, np.arange(3)[None], np.array([[0, 1, 5]]), 2)
    assert r[0] == pytest.approx(1 / 6, abs=1e-12)
    backwards = event_arrays.average_correlation(made.residuals[::-1], np.arange(3)[None], np.array([[5, 1, 0]]), 2)
    assert backwards[0] == pytest.approx(1 / 6, abs=1e-12)


def test_degrees_of_freedom_by_hand():
    """Three events, two of one session with correlation 1/2: R has the rows (1, ½, 0), (½, 1, 0), (0, 0, 1).

    A = R − mean of each column: tr(A) = 3 − 4/3 = 5/3; tr(A·A) = tr(R·R) − 2/3 · Σ(row sums)² + (4/3)²
    = 3.5 − 2/3 · 5.5 + 16/9 = 29/18. The degrees are (25/9)/(29/18) = 50/29, not 2.
    """
    pairs = event_arrays.Pairs(1, *np.zeros((4, 1), dtype=int), np.array([0.5]))
    pairs = pairs._replace(two=np.array([1]))
    r, freedom = event_arrays.dependence(pairs, 1, 3)
    assert r[0] == pytest.approx(1 / 6)
    assert freedom[0] == pytest.approx(50 / 29)
    half = event_arrays.dependence(pairs._replace(apart=np.array([1])), 2, 3)  # half of a window in common: 1/4
    assert half[0][0] == pytest.approx(1 / 12)
    assert freedom[0] < half[1][0] < 2


@settings(max_examples=60, deadline=None)
@given(groups=st.lists(st.integers(1, 6), min_size=1, max_size=6), r=st.floats(0, 0.95), seed=st.integers(0, 999))
def test_degrees_of_freedom_equal_the_formula_on_the_whole_matrix(groups, r, seed):
    """tr(A)²/tr(A·A) with A = R less its column means; n − 1 without correlation, and never more, nor less than 1."""
    day = np.repeat(np.arange(len(groups)), groups)
    n = len(day)
    if n < 2:
        return
    own = np.random.default_rng(seed).uniform(0, r, n) ** 0.5
    matrix = np.where(day[:, None] == day, np.outer(own, own), 0.0)
    np.fill_diagonal(matrix, 1.0)
    one, two = np.nonzero(np.triu(day[:, None] == day, 1))
    pairs = event_arrays.Pairs(1, np.zeros_like(one), one, two, np.zeros_like(one), matrix[one, two])
    average, freedom = event_arrays.dependence(pairs, 1, n)
    centred = matrix - matrix.mean(axis=0)
    assert freedom[0] == pytest.approx(np.trace(centred) ** 2 / np.trace(centred @ centred))
    assert average[0] == pytest.approx(matrix[np.triu_indices(n, 1)].mean())
    assert 1 <= freedom[0] <= n - 1 + 1e-9
    if r == 0 or max(groups) == 1:
        assert freedom[0] == pytest.approx(n - 1)


def test_clusters_cost_degrees_of_freedom_in_tests_and_intervals(returns, clustered):
    """Eight days of five miners: far fewer than 39 degrees; the interval and the test reject together."""
    made = events.abnormal_returns(returns, clustered, factors=returns[["QQQ"]])
    tests, facts = inference.hypothesis_tests(made, (0, 1)), inference.summary(made, (0, 1))
    freedom = tests.loc["kolari_pynnonen", "degrees_of_freedom"]
    assert 7 < freedom < 30
    assert facts["degrees_of_freedom"] == freedom
    assert facts[["events", "sessions"]].tolist() == [40, 8]
    assert facts["companies"] == clustered["ticker"].nunique()
    assert (tests.loc[["cross_sectional", "bmp"], "degrees_of_freedom"] == 39).all()
    statistic = tests.loc["kolari_pynnonen", "statistic"]
    assert tests.loc["kolari_pynnonen", "p_value"] == pytest.approx(2 * stats.t.sf(abs(statistic), freedom))
    found = inference.interval_and_power(facts.to_frame().T).iloc[0]
    assert found["high"] - facts["mean"] == pytest.approx(stats.t.isf(0.025, freedom) * facts["standard_error"])
    sum_of_quantiles = stats.t.isf(0.025, freedom) + stats.t.ppf(0.8, freedom)
    assert found["detectable"] == pytest.approx(sum_of_quantiles * facts["standard_error"])


def test_a_window_that_no_event_has_is_refused(returns, deals):
    """The drift after the last session of the panel."""
    last = pd.DataFrame({"ticker": ["RIOT"], "session": [returns.index[-1]]}, index=["late"])
    made = events.abnormal_returns(returns, last)
    with pytest.raises(ValueError, match=r"no event has all of the window \[2, 20\]; late"):
        inference.hypothesis_tests(made, (2, 20))


def test_correlations_use_common_sessions_only():
    """A missing session leaves the pair: (1, 2, 3) and (2, 4, 6) are left, correlation 1."""
    made = sample([(1, 2, 3, 50), (2, 4, 6, np.nan)])
    r = event_arrays.average_correlation(made.residuals, np.arange(2)[None], np.zeros((1, 2), dtype=int), 1)
    assert r[0] == pytest.approx(1, abs=1e-12)


def fitted(residuals, abnormal):
    """A `Fit` by hand with sigma 1 and no forecast error."""
    residuals, abnormal = np.array(residuals, dtype=float), np.array(abnormal, dtype=float)
    n = len(residuals)
    count = np.isfinite(residuals).sum(axis=1)
    return event_arrays.Fit(residuals, abnormal, np.zeros((*abnormal.shape, 1)), np.ones(n), np.zeros((n, 1)), count)


def test_corrado_by_hand():
    """Two events, four estimation sessions and day 0.

    Ranks of (−2, −1, 1, 2 | 9): 1 2 3 4 5; of (3, −3, 0, −1 | 4): 4 1 3 2 5. Less the mean rank 3 and summed over the
    two: −1, −3, 0, 0 | 4. Mean square (1 + 9 + 0 + 0 + 16)/5 = 5.2; the statistic is 4/√5.2 = 1.75412.
    """
    found = statistics(event_arrays.measure(fitted([(-2, -1, 1, 2), (3, -3, 0, -1)], [[9], [4]])))
    assert found["corrado"] == pytest.approx(1.75412, abs=5e-6)


def test_corrado_over_two_days_by_hand():
    """One more day: ranks of (−2, −1, 1, 2 | 9, 0): 1 2 4 5 6 3; of (3, −3, 0, −1 | 4, 5): 4 1 3 2 5 6; mean rank 3.5.

    Sums less 7: −2, −4, 0, 0 | 4, 2. Mean square (4 + 16 + 16 + 4)/6 = 20/3; (4 + 2)/√2/√(20/3) = 1.64317.
    """
    found = statistics(event_arrays.measure(fitted([(-2, -1, 1, 2), (3, -3, 0, -1)], [[9, 0], [4, 5]])), length=2)
    assert found["corrado"] == pytest.approx(1.64317, abs=5e-6)


def test_ranks_of_a_shorter_history_are_scaled_and_ties_shared():
    """Missing second session: (5, –, 5 | 7) ranks 1.5, –, 1.5 | 3 of 3, over 4, less one half."""
    made = event_arrays.measure(fitted([(5, np.nan, 5)], [[7]]))
    np.testing.assert_allclose(made.ranks, [[-0.125, np.nan, -0.125, 0.25]])


@pytest.mark.parametrize("tied", [False, True])
def test_ranks_are_those_of_scipy(tied):
    """Rows with gaps, with and without ties."""
    values = np.random.default_rng(0).standard_normal((50, 30))
    values[np.random.default_rng(1).random(values.shape) < 0.2] = np.nan
    values = values.round(1) if tied else values
    expected = stats.rankdata(values, axis=1, nan_policy="omit")
    np.testing.assert_array_equal(event_arrays._ranks(values), expected)


def test_generalised_sign_by_hand():
    """Shares above zero 0.4, 0.5, 0.5, 0.6: expected 4 · 0.5 = 2; all CARs are positive: (4 − 2)/√(4 · 0.25) = 2."""
    made = sample(np.tile(A, (4, 1)), positive=[0.4, 0.5, 0.5, 0.6])
    assert statistics(made)["generalised_sign"] == pytest.approx(2, abs=1e-12)


def test_holm_by_hand_and_against_statsmodels():
    """0.01 · 3, 0.03 · 2, then 0.04 · 1 lifted to 0.06; a missing test does not count."""
    p = pd.Series({"a": 0.01, "b": 0.04, "none": np.nan, "c": 0.03})
    assert inference.holm(p).fillna(-1).to_dict() == pytest.approx({"a": 0.03, "b": 0.06, "none": -1, "c": 0.06})
    random = pd.Series(np.random.default_rng(0).random(20) ** 3)
    np.testing.assert_allclose(inference.holm(random), multipletests(random, method="holm")[1])
    assert inference.holm(pd.Series([np.nan])).isna().all()


def test_step_down_by_hand():
    """Statistics 3, −2, 1 and four draws: 3 against the largest of all, 2 against that of b and c, 1 against c.

    Sizes of a: 0.5, 1, 3.5, 0; of b: 2.5, 1, 0.5, 0; of c: 1.5, 0.5, 0.2, 2. By itself: a (1 + 1)/5, b (1 + 1)/5,
    c (1 + 2)/5. Largest of all: 2.5, 1, 3.5, 2, of which one reaches 3: 2/5. Largest of b and c: 2.5, 1, 0.5, 2, of
    which two reach 2: 3/5. c: 3/5, not below b.
    """
    draws = pd.DataFrame({"a": [0.5, 1, 3.5, 0], "b": [2.5, -1, 0.5, 0], "c": [1.5, -0.5, 0.2, -2]})
    found = inference.step_down(pd.Series({"c": 1.0, "none": np.nan, "a": 3.0, "b": -2.0}), draws.assign(none=9.0))
    assert found["p"].fillna(-1).to_dict() == pytest.approx({"c": 0.6, "none": -1, "a": 0.4, "b": 0.4})
    assert found["p_family"].fillna(-1).to_dict() == pytest.approx({"c": 0.6, "none": -1, "a": 0.4, "b": 0.6})
    with pytest.raises(ValueError, match="no column d"):
        inference.step_down(pd.Series({"d": 1.0}), draws)
    with pytest.raises(ValueError, match="no draws"):
        inference.step_down(pd.Series({"a": 1.0}), draws[:0])


@settings(max_examples=60, deadline=None)
@given(tests=st.integers(1, 6), draws=st.integers(1, 60), seed=st.integers(0, 9999))
def test_step_down_properties(tests, draws, seed):
    """No p falls by the correction, order and names do not matter, a further test never helps, a copy costs nothing."""
    random = np.random.default_rng(seed)
    drawn = pd.DataFrame(random.normal(size=(draws, tests)).round(1))  # with ties
    observed = pd.Series(random.normal(0, 2, tests).round(1))
    found = inference.step_down(observed, drawn)
    assert (found["p_family"] >= found["p"]).all()
    assert found["p"].min() >= 1 / (draws + 1)
    assert found["p_family"].max() <= 1
    order = random.permutation(tests)
    pd.testing.assert_frame_equal(inference.step_down(observed[order], drawn[order]), found.loc[order])
    fewer = inference.step_down(observed[:-1], drawn)
    assert (fewer["p_family"] <= found["p_family"][:-1]).all()
    copies = inference.step_down(pd.Series([observed[0]] * 3), pd.DataFrame(dict.fromkeys(range(3), drawn[0])))
    assert (copies["p_family"] == found.loc[0, "p"]).all()
    by_size = found["p_family"][observed.abs().sort_values(ascending=False, kind="stable").index]
    assert by_size.is_monotonic_increasing


@pytest.mark.slow
def test_step_down_holds_the_family_and_finds_more_than_holm():
    """Twelve tests that share most of their noise, three with an effect: false findings 5 %, true ones above Holm's."""
    random = np.random.default_rng(2)

    def drawn(count):
        return 0.9 * random.normal(size=(count, 1)) + np.sqrt(1 - 0.81) * random.normal(size=(count, 12))

    reference, effect = pd.DataFrame(drawn(2000)), np.repeat([2.4, 0.0], [3, 9])
    false, ours, holms = [], [], []
    for study in drawn(600) + effect:
        found = inference.step_down(pd.Series(study), reference)
        false.append((found["p_family"][3:] <= 0.05).any())
        ours.append((found["p_family"][:3] <= 0.05).mean())
        order = found["p"].sort_values()
        holm = (order * np.arange(12, 0, -1)).cummax()
        holms.append((holm[[0, 1, 2]] <= 0.05).mean())
    assert 0.01 < np.mean(false) < 0.075
    assert np.mean(ours) > np.mean(holms) + 0.05


def test_placebo_p_value_by_hand():
    """Draws 1 to 9. At 9 one draw and itself are as high, 2 · 2/10; in the middle 1; beyond all 2 · 1/10, never 0."""
    draws = pd.Series(range(1, 10))
    assert list(inference.placebo_p_value(np.array([9, 5, 10, -3]), draws)) == pytest.approx([0.4, 1, 0.2, 0.2])
    assert np.isnan(inference.placebo_p_value(np.nan, draws))
    assert inference.placebo_p_value(9, pd.Series([*draws, np.nan])) == pytest.approx(0.4)


# --- against plain loops over the papers' formulas ---------------------------------------------


def by_loops(returns, factors, table, others, window):
    """Five statistics of an event table, one event and one session at a time, from `statsmodels` regressions."""
    length = window[1] - window[0] + 1
    cars, scars, shares, ranks, residuals, places = [], [], [], [], [], []
    for _, event in table.iterrows():
        day = returns.index.get_loc(event["session"])
        near = {
            place + offset
            for place in map(returns.index.get_loc, others.loc[others["ticker"] == event["ticker"], "session"])
            for offset in (-1, 0, 1)
        }
        own = returns[event["ticker"]].to_numpy()
        design = np.column_stack([np.ones(len(returns)), returns[factors]])
        used = [
            place
            for place in range(day - 130, day - 10)
            if place not in near and np.isfinite(own[place]) and np.isfinite(design[place]).all()
        ]
        fit = sm.OLS(own[used], design[used]).fit()
        inside = range(day + window[0], day + window[1] + 1)
        abnormal = [own[place] - design[place] @ fit.params for place in inside]
        total = sum(design[place] for place in inside)
        inverse = np.linalg.inv(design[used].T @ design[used])
        cars.append(sum(abnormal))
        scars.append(sum(abnormal) / np.sqrt(fit.mse_resid * (length + total @ inverse @ total)))
        shares.append(np.mean(fit.resid > 0))
        history = dict(zip([place - day for place in used], fit.resid)) | dict(zip(range(*window), abnormal))
        history[window[1]] = abnormal[-1]
        ordered = sorted(history.values())
        ranks.append({offset: (ordered.index(value) + 1) / (len(ordered) + 1) for offset, value in history.items()})
        residuals.append(pd.Series(fit.resid, index=used))
        places.append(day)
    n = len(cars)
    correlations = []
    for i in range(n):
        for j in range(i):
            share = max(0, length - abs(places[i] - places[j])) / length
            correlations.append(share * residuals[i].corr(residuals[j]) if share else 0.0)
    r = np.mean(correlations)
    bmp = np.mean(scars) / (np.std(scars, ddof=1) / np.sqrt(n))
    offsets = [*range(-130, -10), *range(window[0], window[1] + 1)]
    excess = {}
    for offset in offsets:
        there = [each[offset] - 0.5 for each in ranks if offset in each]
        excess[offset] = sum(there) / np.sqrt(len(there))
    spread = np.sqrt(np.mean([value**2 for value in excess.values()]))
    p = np.mean(shares)
    return {
        "cross_sectional": stats.ttest_1samp(cars, 0).statistic,
        "bmp": stats.ttest_1samp(scars, 0).statistic,
        "kolari_pynnonen": bmp * np.sqrt((1 - r) / (1 + (n - 1) * r)),
        "corrado": sum(excess[offset] for offset in range(window[0], window[1] + 1)) / np.sqrt(length) / spread,
        "generalised_sign": (sum(car > 0 for car in cars) - n * p) / np.sqrt(n * p * (1 - p)),
    }, r


@pytest.mark.parametrize("window", [(0, 0), (0, 1), (-5, -1), (2, 20)], ids=str)
def test_statistics_equal_plain_loops(returns, deals, window):
    """Real deals with gaps cut at random, same-day pairs and overlapping windows: 1e-8, and p values of scipy."""
    random = np.random.default_rng(5)
    panel = returns.mask(random.random(returns.shape) < 0.01)
    panel[FACTORS] = returns[FACTORS]
    made = events.abnormal_returns(panel, deals, factors=panel[FACTORS])
    car = events.cumulative(made, window)["car"].dropna()
    table, facts = inference.hypothesis_tests(made, window), inference.summary(made, window)
    expected, r = by_loops(panel, FACTORS, deals.loc[car.index], deals, window)
    for test, value in expected.items():
        assert table.loc[test, "statistic"] == pytest.approx(value, abs=1e-8)
    assert inference.average_correlation(made, window) == pytest.approx(r, abs=1e-10)
    n = len(car)
    assert table.loc["cross_sectional", "p_value"] == pytest.approx(stats.ttest_1samp(car, 0).pvalue, abs=1e-12)
    assert table.loc["corrado", "p_value"] == pytest.approx(2 * stats.norm.sf(abs(expected["corrado"])), abs=1e-8)
    assert facts["standard_error"] == pytest.approx(
        car.std() / np.sqrt(n) * np.sqrt((1 + (n - 1) * r) / (1 - r)), abs=1e-12
    )
    without = [car.drop(name).mean() for name in car.index]
    assert facts["leave_one_out_low"] == pytest.approx(min(without))
    assert facts["leave_one_out_high"] == pytest.approx(max(without))


@settings(max_examples=10, deadline=None)
@given(factor=st.floats(0.05, 1), which=st.integers(0, 13))
def test_a_quieter_firm_does_not_change_standardised_tests(returns, deals, factor, which):
    """One firm's returns times a factor: its SCAR, ranks, signs and correlations stay, and with them four tests."""
    ticker = sorted(deals["ticker"].unique())[which % deals["ticker"].nunique()]
    quieter = returns.assign(**{ticker: returns[ticker] * factor})
    first, second = (
        inference.hypothesis_tests(events.abnormal_returns(panel, deals), (0, 1))["statistic"].drop("cross_sectional")
        for panel in (returns, quieter)
    )
    np.testing.assert_allclose(first, second, rtol=1e-8)


def test_one_event_has_a_mean_but_no_test(returns, deals):
    """A single event: what needs a spread across events is missing, not wrong."""
    alone = events.abnormal_returns(returns, deals.loc[["RIOT-2026-01-AMD"]], others=deals)
    table, facts = inference.hypothesis_tests(alone, (0, 1)), inference.summary(alone, (0, 1))
    assert table.loc[["cross_sectional", "bmp", "kolari_pynnonen"], "p_value"].isna().all()
    assert facts["mean"] == events.cumulative(alone, (0, 1))["car"].iloc[0]
    assert np.isnan(facts["leave_one_out_low"])


# --- pseudo-studies ---------------------------------------------------------------------------


def test_a_draw_is_the_study_at_its_pseudo_sessions(returns, deals, study):
    """Forty draws, each repeated as a study of its own from the public functions: same statistics to 1e-9."""
    window = (0, 1)
    plan = inference._plan(study, window)
    [seed] = np.random.SeedSequence(11).spawn(1)
    days = inference._draw(plan, seed, 40)
    drawn = inference.placebo(study, window, draws=40, seed=11)
    groups = study.events.groupby("session").indices
    checked = 0
    for row, positions in enumerate(days):
        pseudo = study.events[["ticker"]].assign(session=study.sessions[positions - plan.panel.before])
        if pseudo.duplicated().any():
            continue  # a firm drawn twice for one session cannot be written as an event table
        again = events.abnormal_returns(returns, pseudo, factors=returns[FACTORS], others=deals)
        expected = inference.hypothesis_tests(again, window)["statistic"]
        np.testing.assert_allclose(drawn.loc[row, list(expected.index)].astype(float), expected, rtol=1e-9, atol=1e-9)
        assert all(len(set(positions[members])) == 1 for members in groups.values())
        checked += 1
    assert checked > 20


def test_pseudo_sessions_keep_clear_of_news_and_have_a_history(returns, deals, study):
    """Exactly the sessions with ninety usable ones among the 120 that end eleven earlier, and no own event near."""
    calendar = pd.Series(range(len(returns)), index=returns.index)
    plan = inference._plan(study, (0, 1))
    choices = np.split(plan.choices - plan.panel.before, plan.start[1:])
    for session, places in zip(sorted(study.events["session"].unique()), choices, strict=True):
        expected = pd.Series(True, index=returns.index)
        for ticker in study.events.loc[study.events["session"] == session, "ticker"]:
            usable = returns[[ticker, *FACTORS]].notna().all(axis=1)
            for day in calendar[deals.loc[deals["ticker"] == ticker, "session"]]:
                usable &= (calendar - day).abs() > 1
            history = usable.rolling(120, min_periods=1).sum().shift(11)
            expected &= (history >= 90) & usable & usable.shift(-1, fill_value=False)
        assert list(study.sessions[places]) == list(returns.index[expected])


def test_an_event_that_can_move_nowhere_is_named(returns, deals):
    """Its share begins with the shortest history that there may be, and the data end with the event."""
    name = "RIOT-2026-01-AMD"
    place = returns.index.get_loc(deals.loc[name, "session"])
    short = returns[["RIOT"]].iloc[place - 100 : place + 2]
    alone = events.abnormal_returns(short, deals.loc[[name]], span=(-5, 1))
    with pytest.raises(ValueError, match=f"{name}: no session has the history of all their firms"):
        inference.placebo(alone, (0, 1))


@pytest.mark.parametrize("news", [{}, {"loudness": 2.0, "effect": 0.02}, {"by_event": 0.5, "by_session": 0.3}], ids=str)
def test_draws_do_not_depend_on_what_is_estimated_ahead(study, news, monkeypatch):
    """All that can be drawn estimated once, or each batch its own, as for panels too large to hold."""
    ahead = inference.placebo(study, (0, 1), draws=700, seed=4, **news)
    monkeypatch.setattr(inference, "EVENTS_AHEAD", 0)
    batches = inference.placebo(study, (0, 1), draws=700, seed=4, **news)
    pd.testing.assert_frame_equal(ahead, batches, rtol=0, atol=1e-12)


@pytest.mark.slow
def test_same_seed_same_answer_whatever_carries_the_draws(study):
    """One worker, two workers and a Dask cluster give the same draws; the mean alone gives the same means."""
    distributed = pytest.importorskip("distributed")
    request = {"draws": 2500, "seed": 7}
    one = inference.placebo(study, (0, 1), n_jobs=1, **request)
    pd.testing.assert_frame_equal(one, inference.placebo(study, (0, 1), n_jobs=2, **request), check_exact=True)
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None)
    with cluster, distributed.Client(cluster), joblib.parallel_config(backend="dask"):
        carried = inference.placebo(study, (0, 1), **request)
        joint = inference.joint_study({("deals",): study}, {"headline": (0, 1)}, **request)
    here = inference.joint_study({("deals",): study}, {"headline": (0, 1)}, **request)
    pd.testing.assert_frame_equal(here.statistics, joint.statistics, check_exact=True)
    pd.testing.assert_frame_equal(one, carried, check_exact=True)
    means = inference.placebo(study, (0, 1), tests=False, **request)
    np.testing.assert_allclose(means["mean"], one["mean"], rtol=0, atol=1e-14)
    other = inference.placebo(study, (0, 1), draws=2500, seed=8, tests=False)
    assert not np.isclose(other["mean"], one["mean"]).any()


@pytest.mark.slow
@pytest.mark.parametrize("factors", [None, ["QQQ"], FACTORS], ids=["mean-adjusted", "market", "factor"])
def test_size_on_clustered_days(returns, clustered, factors):
    """3,000 pseudo-studies of five miners on each of eight days: naive tests fail, four hold between 3% and 7%."""
    made = events.abnormal_returns(returns, clustered, factors=None if factors is None else returns[factors])
    table = inference.size(made, (0, 1), studies=3000, seed=1, reference=3000)
    assert table.loc[["placebo", "placebo_studentised", "corrado", "kolari_pynnonen"], "holds"].all()
    assert (table.loc[["cross_sectional", "bmp", "generalised_sign"], "rejections"] > 0.2).all()
    assert table["rejections"].between(table["low"], table["high"]).all()


@pytest.mark.slow
@pytest.mark.parametrize("factors", [None, ["QQQ"], FACTORS], ids=["mean-adjusted", "market", "factor"])
@pytest.mark.parametrize("window", [(0, 0), (0, 1)], ids=str)
def test_size_on_the_deals(returns, deals, factors, window):
    """The report's own firms and groups, in its headline windows: the tests that allow for clustering hold."""
    made = events.abnormal_returns(returns, deals, factors=None if factors is None else returns[factors])
    table = inference.size(made, window, studies=2000, seed=1)
    assert table.loc[["placebo", "placebo_studentised", "corrado", "kolari_pynnonen"], "holds"].all()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "published"), [("3 days of 10", 0.043), ("6 days of 4", 0.052)])
def test_the_size_table_is_what_the_benchmark_printed(name, published):
    """Few draws of `benchmarks.event_size`: within three Monte-Carlo errors of 4,000 studies on the live tables.

    With n − 1 degrees of freedom the test rejects more; unevenly loud news makes it careful, never lax; a test that
    knows nothing of shared days is caught.
    """
    returns, shares = event_size.panel(load("prices"), load("instruments"))
    mean, error = event_size.rates(
        returns, shares, event_size.DESIGNS[name], (0, 1), designs=8, studies=100, reference=99, seed=50
    )
    quiet, spread = mean.loc["even"], max(error.loc["even", "Kolari–Pynnönen"], 0.0077)
    assert quiet["Kolari–Pynnönen"] == pytest.approx(published, abs=3 * spread)
    assert quiet["Kolari–Pynnönen, n − 1"] > quiet["Kolari–Pynnönen"]
    assert quiet["BMP"] > 0.15
    assert (mean.loc[["by event", "by session", "by both"], "Kolari–Pynnönen"] < 0.05 + 3 * 0.0077).all()
    assert mean.loc["even, +5 %", "Kolari–Pynnönen"] > 0.15


@pytest.mark.slow
def test_loud_news_without_an_effect(study):
    """Abnormal returns doubled, mean still zero: two tests take noise for an effect, two that know its spread hold."""
    table = inference.size(study, (0, 1), studies=4000, seed=3, loudness=2)
    assert table.loc[["kolari_pynnonen", "placebo_studentised"], "holds"].all()
    assert table.loc["placebo", "rejections"] > 0.2
    assert table.loc["corrado", "rejections"] > 0.1


@pytest.mark.slow
def test_uneven_loudness_is_drawn_alike_by_all_workers_and_for_the_mean_alone(study):
    """The same seed gives the same, ranks are taken anew in each draw, and without it the draws are other ones."""
    request = {"draws": 300, "seed": 5, "by_event": 0.5, "by_session": 0.5}
    drawn = inference.placebo(study, (0, 1), **request)
    pd.testing.assert_frame_equal(drawn, inference.placebo(study, (0, 1), n_jobs=2, **request))
    np.testing.assert_allclose(drawn["mean"], inference.placebo(study, (0, 1), tests=False, **request)["mean"])
    even = inference.placebo(study, (0, 1), draws=300, seed=5)
    assert not np.isclose(even["mean"], drawn["mean"]).any()
    assert (even["corrado"] != drawn["corrado"]).mean() > 0.9  # ranks are taken anew, for each draw


@pytest.mark.slow
@pytest.mark.parametrize("window", [(0, 1), (2, 20)], ids=str)
def test_halves_of_the_calendar_share_no_session_of_a_window(study, window):
    """What tests the placebo distribution is not what made it."""
    sessions = []
    for half in (0, 1):
        plan = inference._plan(study, window, half)
        days = np.unique(plan.choices) - plan.panel.before
        assert len(days) > 100
        sessions.append(set((days[:, None] + np.arange(window[0], window[1] + 1)).ravel()))
    assert not sessions[0] & sessions[1]
    table = inference.size(study, window, studies=1000, reference=1000, apart=True, by_event=0.4, seed=2)
    assert table.loc["kolari_pynnonen", "rejections"] < 0.08


@pytest.mark.slow
def test_power_is_what_the_formula_says(study):
    """Planted effects are found as often as the normal distribution says, 2.80 standard errors in 80% of studies.

    The formula takes the means for normal; theirs lean a little to the right, which costs or gives a few points.
    """
    null = inference.placebo(study, (0, 1), tests=False, seed=5)["mean"]
    detectable = 2.80 * null.std()  # Bloom (1995): 1.96 + 0.84
    assert 0.02 < detectable < 0.05  # a planted five percent is within reach of such a study
    for effect in (-detectable, 0.01, 0.02, 0.03, detectable, 0.05, 0.06):
        drawn = inference.placebo(study, (0, 1), tests=False, seed=6, effect=effect)["mean"]
        found = (inference.placebo_p_value(drawn.to_numpy(), null) <= 0.05).mean()
        expected = stats.norm.sf([1.96 - effect / null.std(), 1.96 + effect / null.std()]).sum()
        assert found == pytest.approx(expected, abs=0.06)
    up, down = (
        inference.size(study, (0, 1), seed=6, effect=effect)["rejections"] for effect in (detectable, -detectable)
    )
    both = (up + down) / 2  # t statistics of right-skewed returns lean to the left: losses and gains differ
    assert both[["kolari_pynnonen", "placebo_studentised", "placebo"]].between(0.74, 0.86).all()


# --- joint draws ------------------------------------------------------------------------------

WINDOWS = {"headline": (0, 1), "leakage": (-5, -1), "drift": (2, 20)}


@pytest.fixture(scope="module")
def joint_studies(returns, deals):
    """Two sets, one part of the other, under two models."""
    sets = {"all": deals, "third": deals.iloc[::3]}
    models = {"factors": returns[FACTORS], "mean": None}
    return {
        (name, model): events.abnormal_returns(returns, chosen, factors=factors, others=deals)
        for name, chosen in sets.items()
        for model, factors in models.items()
    }


@pytest.mark.slow
def test_joint_rows_are_those_of_the_single_functions(joint_studies):
    """Summary, test and, up to the draws' own error, placebo p value and spread of every set, model and window."""
    joint = inference.joint_study(joint_studies, WINDOWS, draws=4000, seed=3)
    assert len(joint.measured) == 12
    for (*name, label), row in joint.measured.iterrows():
        study, window = joint_studies[tuple(name)], WINDOWS[label]
        tests = inference.hypothesis_tests(study, window).loc["kolari_pynnonen"]
        assert row["statistic"] == pytest.approx(tests["statistic"], rel=1e-10)
        assert row["p"] == pytest.approx(tests["p_value"], rel=1e-10)
        facts = inference.summary(study, window)
        assert row[facts.index].astype(float).equals(facts.astype(float).rename(row.name))
        alone = inference.placebo(study, window, draws=4000, seed=4)
        chance = float(inference.placebo_p_value(tests["statistic"], alone["kolari_pynnonen"]))
        assert row["placebo"] == pytest.approx(chance, abs=0.1)
        assert joint.means[(*name, label)].std() == pytest.approx(alone["mean"].std(), rel=0.12)
        assert row["placebo"] <= row["p_family"] + 1e-12
    head = joint.measured["score"].xs("headline", level=2)
    again = inference.step_down(head, joint.scores.xs("headline", axis=1, level=2))
    assert (again["p_family"] <= joint.measured["p_family"].xs("headline", level=2)).all()


def test_a_joint_draw_is_every_study_at_the_same_pseudo_sessions(returns, deals, joint_studies):
    """Six draws, each repeated as studies of their own from the public functions: means and statistics to 1e-9."""
    plan, _ = inference._joint_plan(joint_studies, WINDOWS, 3)
    [seed] = np.random.SeedSequence(5).spawn(1)
    joint = inference.joint_study(joint_studies, WINDOWS, draws=20, seed=5)
    random = np.random.default_rng(seed)
    moved = np.column_stack([choices[random.integers(0, len(choices), 20)] for choices in plan.choices])
    days = np.unique(pd.concat([study.events["session"] for study in joint_studies.values()]))
    where = pd.Series(range(len(days)), index=days)
    checked = 0
    for draw, positions in enumerate(moved[:6]):
        for (*name, label), value in joint.statistics.iloc[draw].items():
            study, window = joint_studies[tuple(name)], WINDOWS[label]
            complete = events.cumulative(study, window)["car"].notna()
            chosen = study.events[complete]
            pseudo = chosen[["ticker"]].assign(session=returns.index[positions[where[chosen["session"]]]])
            if pseudo.duplicated().any():
                continue
            again = events.abnormal_returns(
                returns, pseudo, factors=returns[FACTORS] if name[1] == "factors" else None, others=deals
            )
            tests, mean = inference.hypothesis_tests(again, window), inference.summary(again, window)["mean"]
            assert value == pytest.approx(tests.loc["kolari_pynnonen", "statistic"], rel=1e-9, abs=1e-9)
            assert joint.means.iloc[draw][(*name, label)] == pytest.approx(mean, rel=1e-9, abs=1e-12)
            checked += 1
    assert checked > 20


@pytest.mark.slow
def test_joint_draws_do_not_depend_on_workers_or_on_what_is_estimated_ahead(joint_studies, monkeypatch):
    """One worker, two, and estimates made batch by batch, as for panels too large to hold."""
    request = {"draws": 400, "seed": 2}
    monkeypatch.setattr(inference, "EVENTS_PER_BATCH", 6_000)
    one = inference.joint_study(joint_studies, WINDOWS, **request)
    two = inference.joint_study(joint_studies, WINDOWS, n_jobs=2, **request)
    monkeypatch.setattr(inference, "EVENTS_AHEAD", 0)
    batches = inference.joint_study(joint_studies, WINDOWS, **request)
    for each in (two, batches):
        np.testing.assert_allclose(one.statistics, each.statistics, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(one.measured.astype(float), each.measured.astype(float), rtol=1e-6)


@pytest.mark.slow
def test_joint_family_is_held_in_pseudo_studies(joint_studies):
    """Each of 2,000 draws in turn as the observation, against 2,000 others: some row of twelve is found in 5 %."""
    joint = inference.joint_study(joint_studies, WINDOWS, draws=4000, seed=8)
    studies, reference = joint.scores[:2000], joint.scores[2000:]
    largest = np.sort(reference.abs().max(axis=1))
    p = (1 + len(largest) - np.searchsorted(largest, studies.abs().max(axis=1))) / (len(largest) + 1)
    assert 0.035 < (p <= 0.05).mean() < 0.065


def test_what_joint_draws_cannot_do_is_named(returns, deals, joint_studies):
    """Another calendar, windows without events, and a session that can move nowhere."""
    shifted = events.abnormal_returns(returns.iloc[1:], deals)
    with pytest.raises(ValueError, match="different sessions"):
        inference.joint_study(joint_studies | {("other", "mean"): shifted}, WINDOWS)
    with pytest.raises(ValueError, match="no study has 99 complete events in any window"):
        inference.joint_study(joint_studies, WINDOWS, at_least=99)
    name = "RIOT-2026-01-AMD"
    place = returns.index.get_loc(deals.loc[name, "session"])
    short = events.abnormal_returns(returns[["RIOT"]].iloc[place - 100 : place + 2], deals.loc[[name]], span=(-5, 1))
    with pytest.raises(ValueError, match=f"RIOT on {deals.loc[name, 'session']:%Y-%m-%d}: no session has the history"):
        inference.joint_study({("one",): short}, {"headline": (0, 1)}, at_least=1)
