"""Event studies on arrays: batched least squares for N events, and the test statistics of B studies of n of them.

`events` and `inference` give these their tables; here are only shapes and formulas.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import special, stats

Window = tuple[int, int]

EVENTS_AT_ONCE = 2048  # bounds the memory of one stack of regressions, about 10 MB with three factors
TESTS = ("cross_sectional", "bmp", "kolari_pynnonen", "corrado", "generalised_sign")
PAIRS_AT_ONCE = 512  # of the pairwise correlations: what stays in the processor's cache


class Panel(NamedTuple):
    """What the regressions read, as arrays with missing sessions added at both ends so that no offset falls outside.

    `returns` and `usable` are firms × sessions, `factors` sessions × factors. `usable` marks what may
    enter an estimation: return and factors known, and outside the company's event windows.
    """

    returns: np.ndarray
    usable: np.ndarray
    factors: np.ndarray
    known: np.ndarray  # sessions in which every factor is known
    blocked: np.ndarray  # firms × sessions within an event window of the firm
    before: int  # sessions added in front
    estimation: Window
    minimum: int


class Fit(NamedTuple):
    """Models of N events with T estimation sessions, W window sessions and K factors."""

    residuals: np.ndarray  # N × T, missing where a session was not used
    abnormal: np.ndarray  # N × W
    leverage: np.ndarray  # N × W × (K + 1): sum the rows of a window, square and add for its forecast error
    sigma: np.ndarray  # N, standard error of the regression
    coefficients: np.ndarray  # N × (1 + K)
    observations: np.ndarray  # N


class Sample(NamedTuple):
    """What the tests read of N events over a window of L sessions with T estimation sessions."""

    car: np.ndarray  # N
    scar: np.ndarray  # N
    ranks: np.ndarray  # N × (T + L): rank in the event's own history over its length + 1, less one half
    positive: np.ndarray  # N: share of estimation residuals above zero
    residuals: np.ndarray  # N × T


# --- least squares ----------------------------------------------------------------------------


def forecast_scale(leverage: np.ndarray) -> np.ndarray:
    """Standard deviation, in units of sigma, of the abnormal return summed over a window: N × L × (K + 1) -> N."""
    return np.sqrt(leverage.shape[1] + (leverage.sum(axis=1) ** 2).sum(axis=1))


def estimate(panel: Panel, firm: np.ndarray, day: np.ndarray, span: Window) -> Fit:
    """Least squares for N events (positions in `panel`) in fixed-size stacks; abnormal returns over `span`."""
    stacks = [slice(start, start + EVENTS_AT_ONCE) for start in range(0, len(firm), EVENTS_AT_ONCE)]
    parts = [_estimate(panel, firm[stack], day[stack], span) for stack in stacks]
    return parts[0] if len(parts) == 1 else Fit(*(np.concatenate(fields) for fields in zip(*parts)))


def _estimate(panel: Panel, firm: np.ndarray, day: np.ndarray, span: Window) -> Fit:
    used = take(panel.usable, firm, day, panel.estimation)
    weight = used.astype(float)
    count = weight.sum(axis=1)
    # Centring the sample first keeps the normal equations well conditioned and gives the forecast error for free.
    factors = _factors(panel, day, panel.estimation)
    own = np.where(used, take(panel.returns, firm, day, panel.estimation), 0.0)
    factor_mean = (factors @ weight[..., None])[..., 0] / count[:, None]
    own_mean = own.sum(axis=1) / count
    factors = (factors - factor_mean[..., None]) * weight[:, None]
    own = (own - own_mean[:, None]) * weight
    inverse = _inverse(factors @ factors.swapaxes(1, 2))
    beta = (inverse @ (factors @ own[..., None]))[..., 0]
    residuals = own - (beta[:, None] @ factors)[:, 0]
    freedom = count - 1 - factors.shape[1]
    sigma = np.sqrt((residuals**2).sum(axis=1) / freedom)
    deviation = _factors(panel, day, span).swapaxes(1, 2) - factor_mean[:, None]
    deviation[~take(panel.known[None], np.zeros_like(firm), day, span)] = np.nan
    abnormal = take(panel.returns, firm, day, span) - own_mean[:, None] - (deviation @ beta[..., None])[..., 0]
    leverage = np.concatenate(
        [
            np.broadcast_to(1 / np.sqrt(count)[:, None, None], (*abnormal.shape, 1)),
            deviation @ np.linalg.cholesky(inverse),
        ],
        axis=2,
    )
    alpha = own_mean - (factor_mean * beta).sum(axis=1)
    return Fit(
        np.where(used, residuals, np.nan), abnormal, leverage, sigma, np.column_stack([alpha, beta]), observations=count
    )


def _inverse(moments: np.ndarray) -> np.ndarray:
    scale = np.sqrt(np.einsum("nkk->nk", moments))
    correlation = moments / (scale[:, :, None] * scale[:, None, :])
    if moments.shape[1] and not (np.linalg.det(correlation) > 1e-10).all():
        raise ValueError("the factors are collinear, or one is constant, in an estimation window; leave one out")
    return np.linalg.inv(correlation) / (scale[:, :, None] * scale[:, None, :])


def flat(panel: Panel, firm: np.ndarray, day: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Where a model of N events leaves nothing but rounding of its returns, so that they cannot be standardised."""
    used = take(panel.usable, firm, day, panel.estimation)
    own = np.where(used, take(panel.returns, firm, day, panel.estimation), 0.0)
    return ~(sigma > 1e-9 * np.abs(own).max(axis=1))


def take(values: np.ndarray, firm: np.ndarray, day: np.ndarray, window: Window) -> np.ndarray:
    """N × L of a firms × sessions array: each event's row, over the sessions of `window` around its day."""
    return sliding_window_view(values, window[1] - window[0] + 1, axis=1)[firm, day + window[0]]


def _factors(panel: Panel, day: np.ndarray, window: Window) -> np.ndarray:
    """Factors over the sessions of `window` around each event's day: N × K × L."""
    return sliding_window_view(panel.factors, window[1] - window[0] + 1, axis=0)[day + window[0]]


# --- test statistics --------------------------------------------------------------------------


def measure(fit: Fit, *, ranks: bool = True) -> Sample:
    """Reduce fitted events to what the tests read; ties share their mean rank, missing sessions have none.

    Without `ranks`, the dearest part, they are all missing.
    """
    car = fit.abnormal.sum(axis=1)
    history = np.concatenate([fit.residuals, fit.abnormal], axis=1)
    ordered = _ranks(history) if ranks else np.full(history.shape, np.nan)
    return Sample(
        car=car,
        scar=car / (fit.sigma * forecast_scale(fit.leverage)),
        ranks=ordered / (np.isfinite(history).sum(axis=1, keepdims=True) + 1) - 0.5,
        positive=(fit.residuals > 0).sum(axis=1) / fit.observations,
        residuals=fit.residuals,
    )


def _ranks(values: np.ndarray) -> np.ndarray:
    """Rank of each value within its row; ties share their mean rank, a missing one has none."""
    order = np.argsort(values, axis=1)
    ordered = np.take_along_axis(values, order, axis=1)
    if (ordered[:, 1:] == ordered[:, :-1]).any():
        return stats.rankdata(values, axis=1, nan_policy="omit")
    ranks = np.empty(values.shape)
    np.put_along_axis(ranks, order, np.arange(1.0, values.shape[1] + 1)[None], axis=1)
    return np.where(np.isnan(values), np.nan, ranks)


def statistics(sample: Sample, member: np.ndarray, day: np.ndarray, length: int) -> dict[str, np.ndarray]:
    """Mean CAR and test statistics (arrays of B) of studies over windows of `length` sessions.

    The formulas' sources stand in `inference.hypothesis_tests`. Missing where one has no value: a single event. With
    them come Satterthwaite's degrees of freedom of the Kolari–Pynnönen statistic.
    """
    n = member.shape[1]
    car, scar = sample.car[member], sample.scar[member]
    with np.errstate(divide="ignore", invalid="ignore"):
        bmp = _t(scar)
        r, freedom = dependence(correlations(sample.residuals, member, day, length), length, n)
        expected = sample.positive[member].mean(axis=1)
        known = np.isfinite(sample.ranks)
        totals = np.where(known, sample.ranks, 0.0)[member].sum(axis=1) / np.sqrt(known[member].sum(axis=1))
        spread = np.sqrt(np.nanmean(totals**2, axis=1))
        return {
            "mean": car.mean(axis=1),
            "cross_sectional": _t(car),
            "bmp": bmp,
            "kolari_pynnonen": bmp * np.sqrt((1 - r) / (1 + (n - 1) * r)),
            "corrado": totals[:, -length:].sum(axis=1) / np.sqrt(length) / spread,
            "generalised_sign": ((car > 0).sum(axis=1) - n * expected) / np.sqrt(n * expected * (1 - expected)),
            "degrees_of_freedom": freedom,
        }


def _t(values: np.ndarray) -> np.ndarray:
    n = values.shape[1]
    if n < 2:
        return np.full(len(values), np.nan)
    return values.mean(axis=1) / (values.std(axis=1, ddof=1) / np.sqrt(n))


def p_value(test: str, statistic: np.ndarray, n: int, freedom: np.ndarray | None = None) -> np.ndarray:
    """Two-sided p value of one of `TESTS` with n events: the last two are normal, the others t with n − 1 degrees.

    Kolari–Pynnönen has the degrees `freedom` of `dependence` where they are given.
    """
    if test in ("corrado", "generalised_sign"):
        return 2 * special.ndtr(-np.abs(statistic))
    own = freedom if test == "kolari_pynnonen" and freedom is not None else n - 1
    return 2 * special.stdtr(own, -np.abs(statistic))


class Pairs(NamedTuple):
    """Pairs of events of one study whose windows meet: which study, the two places in it, sessions apart, correlation.

    The correlation is that of the two events' residuals on the sessions that both used.
    """

    studies: int
    study: np.ndarray
    one: np.ndarray
    two: np.ndarray
    apart: np.ndarray
    correlation: np.ndarray


def correlations(residuals: np.ndarray, member: np.ndarray, day: np.ndarray, length: int) -> Pairs:
    """All pairs of B studies of n events that are less than `length` sessions apart."""
    studies, n = member.shape
    order = np.argsort(day, axis=1, kind="stable")
    day, member = np.take_along_axis(day, order, axis=1), np.take_along_axis(member, order, axis=1)
    parts = [(np.empty(0, dtype=int),) * 3]
    for step in range(1, n):
        study, place = np.nonzero(day[:, step:] - day[:, :-step] < length)
        if not len(study):
            break  # days are sorted: no wider step can meet
        parts.append((study, place, place + step))
    study, early, late = (np.concatenate(fields) for fields in zip(*parts))
    apart = day[study, late] - day[study, early]
    found = np.empty(len(study))
    for shift in np.unique(apart):
        chosen = np.flatnonzero(apart == shift)
        one, two = member[study[chosen], early[chosen]], member[study[chosen], late[chosen]]
        found[chosen] = _correlation(residuals, one, two, shift)
    return Pairs(studies, study, order[study, early], order[study, late], apart, found)


def among(pairs: Pairs, places: np.ndarray, n: int) -> Pairs:
    """The pairs between the events at `places` of n, numbered anew in their order."""
    renamed = np.full(n, -1)
    renamed[places] = np.arange(len(places))
    one, two = renamed[pairs.one], renamed[pairs.two]
    kept = (one >= 0) & (two >= 0)
    return Pairs(pairs.studies, pairs.study[kept], one[kept], two[kept], pairs.apart[kept], pairs.correlation[kept])


def dependence(pairs: Pairs, length: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Average correlation of n events over a window of `length` sessions, and Satterthwaite's degrees of freedom: B, B.

    R has ones on its diagonal and off it correlation × share of window sessions in common. The average is over all
    pairs. The sample variance of n values with correlations R is a sum of chi-squares with the eigenvalues of
    A = R − mean of each column of R as weights; the one with its mean and variance has tr(A)² / tr(A·A) degrees of
    freedom (Satterthwaite, 1946): n − 1 without correlations, fewer with clusters of uneven size. An approximation
    by two moments, not meant for fewer than three event days: from there on it rejects 4 to 5 % over two sessions and
    4 to 7 % over nineteen, where n − 1 degrees reject up to 6.5 and 10 % (`benchmarks.event_size`).
    """
    weight = pairs.correlation * np.clip(1 - pairs.apart / length, 0, None)
    shared = np.bincount(pairs.study * n + pairs.one, weight, pairs.studies * n)
    shared += np.bincount(pairs.study * n + pairs.two, weight, pairs.studies * n)
    rows = 1 + shared.reshape(pairs.studies, n)  # sums of R's rows
    squares = n + 2 * np.bincount(pairs.study, weight**2, pairs.studies)
    total = rows.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        average = (total - n) / (n * (n - 1)) if n > 1 else np.zeros(pairs.studies)
        trace = n - total / n
        freedom = trace**2 / (squares - 2 * (rows**2).sum(axis=1) / n + (total / n) ** 2)
    return average, np.clip(freedom, 1, max(n - 1, 1)) if n > 1 else np.full(pairs.studies, np.nan)


def average_correlation(residuals: np.ndarray, member: np.ndarray, day: np.ndarray, length: int) -> np.ndarray:
    """Sum over pairs with meeting windows of correlation × share in common, over the number of all pairs."""
    return dependence(correlations(residuals, member, day, length), length, member.shape[1])[0]


def _correlation(residuals: np.ndarray, early: np.ndarray, late: np.ndarray, shift: int) -> np.ndarray:
    """Correlation of two events' residuals over common sessions; `late` is `shift` sessions after `early`."""
    result = np.empty(len(early))
    for start in range(0, len(early), PAIRS_AT_ONCE):
        part = slice(start, start + PAIRS_AT_ONCE)
        one = residuals[early[part], shift:]
        two = residuals[late[part], : residuals.shape[1] - shift]
        both = np.isfinite(one + two)
        count = np.maximum(both.sum(axis=1), 1)
        one, two = np.where(both, one, 0.0), np.where(both, two, 0.0)
        means = one.sum(axis=1) / count, two.sum(axis=1) / count
        squares = np.einsum("nt,nt->n", one, one), np.einsum("nt,nt->n", two, two)
        # Residuals have means near zero over their own history: the shortcut loses no digits.
        covariance = np.einsum("nt,nt->n", one, two) - count * means[0] * means[1]
        scale = (squares[0] - count * means[0] ** 2) * (squares[1] - count * means[1] ** 2)
        enough = scale > 1e-20 * squares[0] * squares[1]  # else nothing is shared: 0
        result[part] = np.where(enough, covariance, 0.0) / np.sqrt(np.where(enough, scale, 1.0))
    return result
