"""Pseudo-studies in few draws: what `size` and `joint_study` print is what their draws say, and nothing else."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from minerpivot.stocks import announcements, event_arrays, events, inference


@pytest.fixture(scope="module")
def study(returns, deals):
    """The report's deals under the mean-adjusted model."""
    return events.abnormal_returns(returns, deals)


@pytest.fixture(scope="module")
def crowded(returns):
    """Eighteen events on three days, which have few degrees of freedom."""
    return events.abnormal_returns(returns, announcements.shared_days(returns, days=3, shares=6))


@pytest.mark.parametrize("apart", [False, True])
def test_size_counts_what_its_own_draws_reject(study, apart):
    """Studies with the planted news, a reference without, of other halves of the calendar only if asked."""
    news = {"effect": 0.02, "loudness": 1.5, "by_event": 0.3, "by_session": 0.2}
    found = inference.size(study, (0, 1), studies=60, reference=40, seed=9, level=0.2, apart=apart, **news)
    first, second = np.random.SeedSequence(9).spawn(2)
    drawn = inference.placebo(study, (0, 1), draws=60, seed=first, half=0 if apart else None, **news)
    null = inference.placebo(study, (0, 1), draws=40, seed=second, half=1 if apart else None)
    freedom = drawn["degrees_of_freedom"].to_numpy()
    p_values = {
        test: event_arrays.p_value(test, drawn[test].to_numpy(), len(study.events), freedom)
        for test in event_arrays.TESTS
    }
    p_values["placebo"] = inference.placebo_p_value(drawn["mean"].to_numpy(), null["mean"])
    statistic = drawn["kolari_pynnonen"].to_numpy()
    p_values["placebo_studentised"] = inference.placebo_p_value(statistic, null["kolari_pynnonen"])
    assert list(found.index) == list(p_values)
    for test, p in p_values.items():
        count = (p <= 0.2).sum()
        interval = proportion_confint(count, 60, method="wilson")
        assert found.loc[test, ["rejections", "low", "high"]].tolist() == pytest.approx([count / 60, *interval])
        assert found.loc[test, "holds"] == (0.12 <= count / 60 <= 0.28)
    assert found.index.name == "test"


def test_size_knows_the_degrees_of_freedom_of_each_draw_and_plants_nothing_unasked(crowded):
    """Days that many events share leave some two degrees, with which far fewer studies reject than with seventeen."""
    found = inference.size(crowded, (0, 1), studies=200, reference=40, seed=2)
    first, _ = np.random.SeedSequence(2).spawn(2)
    drawn = inference.placebo(crowded, (0, 1), draws=200, seed=first)
    freedom, statistic = drawn["degrees_of_freedom"].to_numpy(), drawn["kolari_pynnonen"].to_numpy()
    few, many = (
        (event_arrays.p_value("kolari_pynnonen", statistic, 18, own) <= 0.05).mean() for own in (freedom, None)
    )
    assert found.loc["kolari_pynnonen", "rejections"] == few < many
    plain = {"effect": 0.0, "loudness": 1.0, "by_event": 0.0, "by_session": 0.0, "apart": False, "level": 0.05}
    pd.testing.assert_frame_equal(found, inference.size(crowded, (0, 1), studies=200, reference=40, seed=2, **plain))


def test_placebo_draws_come_in_batches_with_seeds_of_their_own(study, monkeypatch):
    """Of a size that memory allows: the last one is shorter, a batch of one draw is the least, none is drawn twice."""
    n = len(study.events)
    monkeypatch.setattr(inference, "EVENTS_PER_BATCH", 4 * n)
    drawn = inference.placebo(study, (0, 1), draws=10, seed=3)
    assert len(drawn) == 10
    assert list(drawn.index) == list(range(10))
    plan = inference._plan(study, (0, 1))
    seeds = np.random.SeedSequence(3).spawn(3)
    parts = [inference._full_batch(plan, inference.News(), None, seed, size) for seed, size in zip(seeds, (4, 4, 2))]
    pd.testing.assert_frame_equal(drawn, pd.concat(parts, ignore_index=True))
    means = inference.placebo(study, (0, 1), draws=10, seed=3, tests=False)
    np.testing.assert_allclose(means["mean"], drawn["mean"], rtol=0, atol=1e-14)
    monkeypatch.setattr(inference, "EVENTS_PER_BATCH", 1)
    assert inference.placebo(study, (0, 1), draws=2, seed=3, tests=False)["mean"].nunique() == 2


def test_an_effect_is_added_to_each_car_and_loudness_multiplies_it(study):
    """Means of draws with news are loudness times those without, plus the effect; both ways of drawing agree."""
    plain = inference.placebo(study, (0, 1), draws=8, seed=1)
    for tests in (True, False):
        loud = inference.placebo(study, (0, 1), draws=8, seed=1, effect=0.03, loudness=2, tests=tests)
        np.testing.assert_allclose(loud["mean"], 2 * plain["mean"] + 0.03, rtol=0, atol=1e-14)
    still = inference.placebo(study, (0, 1), draws=8, seed=1, loudness=0)
    assert (still["mean"].abs() < 1e-15).all()  # no news at all is allowed


def test_uneven_loudness_has_mean_square_one_and_is_one_factor_for_a_session(study):
    """By event each has its own, by session those of one day share it; drawn apart from the days."""
    plan = inference._plan(study, (0, 1))
    [seed] = np.random.SeedSequence(4).spawn(1)
    shared = np.flatnonzero(np.bincount(plan.group)[plan.group] > 1)
    pair = np.flatnonzero(plan.group == plan.group[shared[0]])[:2]
    for news in (inference.News(by_event=0.6), inference.News(by_session=0.6), inference.News(0.0, 2.0, 0.3)):
        factors = inference._loudness(plan, news, seed, 4000)
        assert factors.shape == (4000, len(study.events))
        assert (factors**2).mean() == pytest.approx(news.loudness**2, rel=0.05)
        assert np.log(factors).std() == pytest.approx(max(news.by_event, news.by_session), rel=0.05)
        assert (factors[:, pair[0]] == factors[:, pair[1]]).all() == (news.by_event == 0)
    both = np.log(inference._loudness(plan, inference.News(by_event=0.3, by_session=0.4), seed, 4000))
    assert both.std() == pytest.approx(0.5, rel=0.05)
    assert both.mean() == pytest.approx(-0.25, rel=0.05)  # of a log-normal with mean square one
    assert (inference._loudness(plan, inference.News(loudness=3.0), seed, 5) == [[3.0]]).all()


@pytest.mark.parametrize(
    "odd",
    [
        *({"loudness": -0.1}, {"by_event": -0.1}, {"by_session": -0.1}),
        *({"effect": np.nan}, {"loudness": np.inf}, {"draws": 0}),
    ],
)
def test_news_that_cannot_be_is_refused(study, odd):
    """A loudness below zero, an effect that is no number, no draw."""
    with pytest.raises(ValueError, match="loudness is zero or more"):
        inference.placebo(study, (0, 1), **odd)


@pytest.mark.parametrize("window", [(0, 1), (2, 20)], ids=str)
def test_the_two_halves_of_the_calendar_are_even_and_odd_blocks(study, window):
    """A window lies wholly in a block of sixty sessions, of an even number for half 0: the first sixty are even."""
    for half in (0, 1):
        plan = inference._plan(study, window, half)
        days = np.unique(plan.choices) - plan.panel.before
        for offset in (window[0], window[1]):
            assert ((days + offset) // 60 % 2 == half).all()
        assert ((days + window[0]) // 60 == (days + window[1]) // 60).all()
        whole = np.unique(inference._plan(study, window).choices) - plan.panel.before
        blocks = (whole + window[0]) // 60, (whole + window[1]) // 60
        assert list(days) == list(whole[(blocks[0] == blocks[1]) & (blocks[0] % 2 == half)])


def test_a_joint_row_is_the_single_test_among_its_own_draws(returns, deals):
    """Statistic, p, placebo p of statistic and mean, spread against the draws', score, and the family's p."""
    studies = {(name,): events.abnormal_returns(returns, rows, others=deals)
               for name, rows in (("all", deals), ("third", deals.iloc[::3]))}  # fmt: skip
    windows = {"headline": (0, 1), "leakage": (-5, -1)}
    joint = inference.joint_study(studies, windows, draws=40, seed=3)
    assert len(joint.means) == len(joint.statistics) == len(joint.scores) == 40
    assert list(joint.measured.index) == [(name, label) for name in ("all", "third") for label in windows]
    for (name, label), row in joint.measured.iterrows():
        made, window = studies[(name,)], windows[label]
        test = inference.hypothesis_tests(made, window).loc["kolari_pynnonen"]
        assert row[["statistic", "p"]].tolist() == pytest.approx(test[["statistic", "p_value"]].tolist(), rel=1e-10)
        facts = inference.summary(made, window)
        assert row[facts.index].astype(float).tolist() == facts.astype(float).tolist()
        statistics, means = joint.statistics[name, label], joint.means[name, label]
        assert row["placebo"] == inference.placebo_p_value(row["statistic"], statistics)
        assert row["placebo_mean"] == inference.placebo_p_value(facts["mean"], means)
        spread = facts["standard_deviation"] / (means.std() * np.sqrt(facts["events"]))
        assert row["loudness"] == pytest.approx(spread, rel=1e-12)
    assert joint.measured["p_family"].equals(inference.step_down(joint.measured["score"], joint.scores)["p_family"])


def test_a_set_that_is_part_of_another_reads_its_estimates_in_any_order(returns, deals):
    """One model is estimated, though the smaller set was named first and backwards, and each place is its own event."""
    part = deals.iloc[::3][::-1]
    studies = {
        (name,): events.abnormal_returns(returns, rows, others=deals)
        for name, rows in (("third", part), ("all", deals))
    }
    plan, _ = inference._joint_plan(studies, {"headline": (0, 1)}, 3)
    assert len(plan.hosts) == 1
    named = {key: list(study.names) for key, study in studies.items()}
    host, order = plan.hosts[0], [*dict.fromkeys([*named["third",], *named["all",]])]
    for cell, name in zip(plan.cells, studies):
        assert [order[at] for at in host.events[cell.places]] == named[name]


def test_normal_scores_by_hand():
    """Four values: the outer two have p = 2 · 1/4, the inner two 2 · 2/4; a missing one has no score."""
    found = inference._scores(np.array([3.0, -1.0, np.nan, 0.5, 7.0]))
    half = 0.6744897501960817  # the normal quantile of three quarters
    np.testing.assert_allclose(found, [0, half, np.nan, 0, half], atol=1e-15)
    tied = inference._scores(np.array([1.0, 1.0, 2.0, 2.0]))  # ties share the wider tail
    np.testing.assert_allclose(tied, [0, 0, 0, 0], atol=1e-15)


def test_joint_draws_keep_to_complete_events_and_sets_that_have_enough(returns, deals):
    """A set with exactly the least number of complete events has a row, one with fewer has none."""
    three = events.abnormal_returns(returns, deals.iloc[:3], others=deals)
    rows = {("three",): three, ("all",): events.abnormal_returns(returns, deals)}
    window = {"headline": (0, 1)}
    assert inference.joint_study(rows, window, draws=5).measured["events"].tolist() == [3, len(rows["all",].events)]
    assert list(inference.joint_study(rows, window, draws=5, at_least=4).measured.index) == [("all", "headline")]


def test_joint_draws_come_in_batches_that_may_make_their_own_estimates(returns, deals, monkeypatch):
    """Of four draws where memory holds no more, and of one at least; estimates made ahead or by the batch are equal."""
    studies = {
        (name,): events.abnormal_returns(returns, rows, others=deals)
        for name, rows in (("all", deals), ("third", deals.iloc[::3]))
    }
    windows = {"headline": (0, 1), "leakage": (-5, -1)}
    plan, _ = inference._joint_plan(studies, windows, 3)
    ready = inference._all_at_once(plan)
    for most, sizes in ((4 * len(plan.group), (4, 4, 2)), (1, (1, 1, 1))):
        monkeypatch.setattr(inference, "EVENTS_PER_BATCH", most)
        monkeypatch.setattr(inference, "EVENTS_AHEAD", 2 * most)
        assert inference._all_at_once(plan) is None
        joint = inference.joint_study(studies, windows, draws=sum(sizes), seed=6)
        seeds = np.random.SeedSequence(6).spawn(len(sizes))
        parts = [inference._joint_batch(plan, ready, seed, size) for seed, size in zip(seeds, sizes)]
        for found, expected in zip((joint.means, joint.statistics), zip(*parts)):
            np.testing.assert_allclose(found, np.concatenate(expected), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("window", "needed"), [((0, 0), (0, 0)), ((0, 1), (0, 1)), ((-5, -1), (-5, 0))])
def test_a_joint_draw_goes_where_its_windows_and_day_0_can_be(study, window, needed):
    """And nowhere less: a window of one day needs no day after it."""
    joint, _ = inference._joint_plan({("deals",): study}, {"only": window}, 3)
    plan = inference._plan(study, needed)
    alone = np.split(plan.choices - plan.panel.before, plan.start[1:])
    for own, expected in zip(joint.choices, alone, strict=True):
        np.testing.assert_array_equal(own, expected)


def test_a_pseudo_event_needs_two_changes_of_the_return_in_its_history():
    """They are on sessions 3 and 4 (up, and down again): both lie in the four sessions before 5, 6 and 7 alone."""
    before, moves = 4, np.array([0.0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    returns = np.concatenate([np.full(before, np.nan), moves])[None]
    known = np.ones(before + len(moves), dtype=bool)
    panel = event_arrays.Panel(
        returns, np.isfinite(returns), np.empty((len(known), 0)), known, ~known[None], before, (-4, -1), 2
    )
    assert np.flatnonzero(inference._has_history(panel, len(moves))[0]).tolist() == [5, 6, 7]


def test_a_window_that_too_few_events_have_leaves_the_other_windows(returns, deals):
    """Returns that end a session after the last event: none of twenty days later, all of the day itself."""
    last = returns.index.get_loc(deals["session"].max())
    made = events.abnormal_returns(returns.iloc[: last + 2], deals)
    windows = {"drift": (2, 20), "headline": (0, 1)}
    joint = inference.joint_study({("deals",): made}, windows, draws=5, at_least=len(made.events))
    assert list(joint.measured.index) == [("deals", "headline")]


def test_an_observation_that_equals_a_draw_counts_it_in_both_tails():
    """Of 1, 2, 3 and the observation 1: two are at or below, so p is 2 · 2/4; at 0 there is one, and p is 2 · 1/4."""
    assert inference.placebo_p_value(np.array([1.0, 3.0, 0.0, 4.0]), [1.0, 2.0, 3.0]).tolist() == [1, 1, 0.5, 0.5]


def test_facts_of_a_study_by_name(study):
    """What the page shows of the CARs, from the CARs."""
    car = events.cumulative(study, (0, 1))["car"]
    facts = inference.summary(study, (0, 1))
    named = {
        **{"events": len(car), "sessions": study.events["session"].nunique()},
        **{"companies": study.events["ticker"].nunique(), "mean": car.mean(), "median": np.median(car)},
        **{"standard_deviation": np.std(car, ddof=1), "share_positive": np.mean(car > 0)},
        "correlation": inference.average_correlation(study, (0, 1)),
    }
    assert facts[list(named)].tolist() == pytest.approx(list(named.values()))
    without = [(car.sum() - own) / (len(car) - 1) for own in car]
    assert facts[["leave_one_out_low", "leave_one_out_high"]].tolist() == pytest.approx([min(without), max(without)])
    assert set(facts.index) - set(named) == {
        *("standard_error", "degrees_of_freedom", "leave_one_out_low", "leave_one_out_high"),
    }
