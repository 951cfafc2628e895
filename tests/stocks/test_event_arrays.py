"""The formulas of the event study on arrays of a few numbers, by hand, at the edges that studies rarely meet."""

import numpy as np
import pandas as pd
import pytest

from minerpivot.stocks import event_arrays, inference


@pytest.mark.parametrize(
    ("row", "ranks"),
    [
        ([3.0, 1.0, 2.0], [3, 1, 2]),
        ([1.0, 2.0, 2.0, 3.0], [1, 2.5, 2.5, 4]),  # a tie in the middle, where the smallest is alone
        ([2.0, 2.0, 1.0, 3.0], [2.5, 2.5, 1, 4]),
        ([2.0, np.nan, 2.0, 1.0], [2.5, np.nan, 2.5, 1]),
        ([2.0, np.nan, 1.0], [2, np.nan, 1]),
    ],
)
def test_ties_share_their_rank_and_what_is_missing_has_none(row, ranks):
    """Wherever in the order they stand."""
    np.testing.assert_array_equal(event_arrays._ranks(np.array([row])), [ranks])


RESIDUALS = np.random.default_rng(4).normal(size=(6, 40))


def pairs(residuals, days, length=3):
    """The pairs of one study, each event a firm of its own."""
    day = np.array([days])
    return event_arrays.correlations(residuals, np.arange(len(days))[None], day, length)


@pytest.mark.parametrize("at_once", [1, 2, 3, 512])
def test_correlations_do_not_depend_on_how_many_pairs_are_taken_at_once(monkeypatch, at_once):
    """Each is that of the sessions which both events' histories hold, shifted by the days between them."""
    monkeypatch.setattr(event_arrays, "PAIRS_AT_ONCE", at_once)
    days = [10, 10, 11, 10, 12, 11]
    found = pairs(RESIDUALS, days)
    assert len(found.one) == 15
    for one, two, apart, correlation in zip(found.one, found.two, found.apart, found.correlation):
        assert apart == days[two] - days[one] >= 0
        early, late = RESIDUALS[one, apart:], RESIDUALS[two, : 40 - apart]
        assert correlation == pytest.approx(np.corrcoef(early, late)[0, 1], abs=1e-12)


def test_events_that_share_no_session_or_do_not_move_have_no_correlation():
    """Zero, not an error and not missing: they count among the pairs."""
    apart = np.full((2, 40), np.nan)
    apart[0, :20], apart[1, 20:] = RESIDUALS[0, :20], RESIDUALS[1, 20:]
    assert pairs(apart, [5, 5]).correlation.tolist() == [0.0]
    still = np.stack([RESIDUALS[0], np.zeros(40)])
    assert pairs(still, [5, 5]).correlation.tolist() == [0.0]


def test_a_single_event_depends_on_nothing():
    """No pair, an average of zero, no degrees of freedom; two independent events have one."""
    average, freedom = event_arrays.dependence(pairs(RESIDUALS[:1], [5]), 3, 1)
    assert average.tolist() == [0.0]
    assert np.isnan(freedom).all()
    average, freedom = event_arrays.dependence(pairs(RESIDUALS[:2], [5, 9]), 3, 2)
    assert (average.tolist(), freedom.tolist()) == ([0.0], [1.0])


def test_events_whose_windows_do_not_meet_are_no_pair_that_counts():
    """Two sessions apart a window of three shares one of them, three apart none."""
    weights = {days: event_arrays.dependence(pairs(RESIDUALS[:2], [5, 5 + days]), 3, 2)[0][0] for days in (2, 3)}
    assert weights[2] == pytest.approx(np.corrcoef(RESIDUALS[0, 2:], RESIDUALS[1, :-2])[0, 1] / 3)
    assert weights[3] == 0


def test_some_of_the_pairs_are_numbered_anew():
    """Those of which both events remain, in the order of the events that do."""
    found = event_arrays.among(pairs(RESIDUALS[:4], [5, 5, 5, 5]), np.array([3, 0]), 4)
    assert (found.one.tolist(), found.two.tolist()) == ([1], [0])
    assert found.correlation[0] == pytest.approx(np.corrcoef(RESIDUALS[0], RESIDUALS[3])[0, 1])


def test_an_interval_has_the_degrees_of_freedom_of_its_test_or_events_less_one():
    """Five events: t at 97.5 % is 2.776 with four degrees and 4.303 with two; at 80 % 0.941 and 1.061."""
    facts = pd.DataFrame({"events": [5, 5], "mean": [0.1, 0.1], "standard_error": [0.01, 0.01]})
    plain = inference.interval_and_power(facts)
    assert plain["low"].tolist() == pytest.approx([0.1 - 0.02776] * 2, abs=1e-5)
    found = inference.interval_and_power(facts.assign(degrees_of_freedom=[2.0, np.nan]))
    assert found["high"].tolist() == pytest.approx([0.1 + 0.04303, 0.1 + 0.02776], abs=1e-5)
    assert found["low"].tolist() == pytest.approx([0.1 - 0.04303, 0.1 - 0.02776], abs=1e-5)
    assert found["detectable"].tolist() == pytest.approx([0.05363, 0.03717], abs=2e-5)
