"""Tests of abnormal returns around events, their placebo distribution, their size and their power.

Events of one session share its shocks, so the textbook tests reject too often. The Kolari–Pynnönen test corrects
for it; the placebo distribution builds it in: it moves every group of same-session events together, with its
firms, to sessions without news. A mean outside its placebo distribution says that event days are no ordinary
days, which loud news with a mean of zero also makes them; so does Corrado's test. Whether the mean is zero asks
for a statistic with its own spread, such as Kolari–Pynnönen's, by itself or in its placebo distribution.

Draws run through `joblib.Parallel`, on threads or on what it is told: `with joblib.parallel_config("dask")`.
They come in batches of a fixed size, each with its own seed: the answer does not depend on the number of
workers, nor memory on the number of draws.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import partial
from typing import NamedTuple, TypeVar

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.lib.stride_tricks import sliding_window_view
from scipy import special, stats

from minerpivot.stocks import event_arrays
from minerpivot.stocks.event_arrays import TESTS, Fit, Panel, Sample, Window, estimate
from minerpivot.stocks.events import AbnormalReturns, cumulative, within

BLOCK = 60  # sessions, about a quarter: parts of the calendar that two sets of draws can be kept to
EVENTS_PER_BATCH = 30_000  # events in one batch of draws, about 150 MB while all tests run
EVENTS_AHEAD = 2 * EVENTS_PER_BATCH  # up to so many that can be drawn are estimated once, before all draws
Drawn = TypeVar("Drawn")
_OF_TESTS, _TOLD = pd.Index(TESTS, name="test"), pd.Index(["statistic", "degrees_of_freedom", "p_value"])


# --- one study --------------------------------------------------------------------------------


def hypothesis_tests(abnormal: AbnormalReturns, window: Window) -> pd.DataFrame:
    """Five tests that the mean abnormal return over `window` is zero: test -> statistic, degrees_of_freedom, p_value.

    `cross_sectional`: mean CAR over its standard error across events. `bmp`: the same of standardised
    CARs (Boehmer, Musumeci & Poulsen, 1991). `kolari_pynnonen`: bmp times √((1 − r)/(1 + (n − 1) r)) with
    r of `average_correlation` (Kolari & Pynnönen, 2010). `corrado`: mean rank over the window against its
    own variation in event time (Corrado, 1989; ranks over observations + 1 as in Corrado & Zivney, 1992;
    for L sessions the sum over √L). `generalised_sign`: number of positive CARs against the share of
    positive estimation residuals (Cowan, 1992).

    The first two use the t distribution with n − 1 degrees of freedom, Kolari–Pynnönen with those of Satterthwaite
    (1946, see `event_arrays.dependence`), the last two the normal (degrees missing). Smallest samples that they are
    meant for: Kolari–Pynnönen three event days; the first two independent events only; ranks and signs, which are
    normal by a limit theorem, ten events. Events with a gap in `window` are left out: `cumulative(...)["missing"]`
    names them; raises `ValueError` if none is left.
    """
    sample, _, day = _sample(abnormal, window)
    length = window[1] - window[0] + 1
    values = event_arrays.statistics(sample, np.arange(len(day))[None], day[None], length)
    own = values["degrees_of_freedom"]
    freedom = [len(day) - 1] * 2 + [own[0]] + [np.nan] * 2
    p_values = [event_arrays.p_value(test, values[test], len(day), own)[0] for test in TESTS]
    table = np.column_stack([[values[test][0] for test in TESTS], freedom, p_values])
    return pd.DataFrame(table, index=_OF_TESTS, columns=_TOLD)


def summary(abnormal: AbnormalReturns, window: Window) -> pd.Series:
    """What there is to test: a Series with one entry for each fact about the CARs over `window`.

    events, sessions (distinct days 0), companies, mean, median, standard_deviation, share_positive, correlation (see
    `average_correlation`), standard_error (of the mean: s/√n · √((1 + (n − 1) r)/(1 − r)), which reduces to
    s/√n for r = 0), degrees_of_freedom (of Satterthwaite, for its t interval: `interval_and_power`),
    leave_one_out_low and leave_one_out_high (the mean without one event).
    """
    sample, firm, day = _sample(abnormal, window, ranks=False)
    return _summary(sample, firm, day, window)


def _summary(sample: Sample, firm: np.ndarray, day: np.ndarray, window: Window) -> pd.Series:
    car, n = pd.Series(sample.car), len(sample.car)
    r, freedom = _dependence(sample, day, window)
    without = _leave_one_out(car)
    facts: dict[str, float] = {"events": n, "sessions": len(np.unique(day)), "companies": len(np.unique(firm))}
    facts |= {"mean": car.mean(), "median": car.median(), "standard_deviation": car.std()}
    facts |= {"share_positive": (car > 0).mean(), "correlation": r}
    facts |= {"standard_error": car.std() / np.sqrt(n) * np.sqrt((1 + (n - 1) * r) / (1 - r))}
    facts |= {"degrees_of_freedom": freedom}
    return pd.Series(facts | {"leave_one_out_low": without.min(), "leave_one_out_high": without.max()})


def average_correlation(abnormal: AbnormalReturns, window: Window) -> float:
    """Mean over all pairs of events of the correlation between their standardised CARs over `window`.

    A pair's correlation is that of the two events' estimation residuals over the sessions that both used,
    times the share of window sessions that they have in common: 1 for events of one session, which gives
    the average of Kolari & Pynnönen (2010), and 0 for windows that do not meet.
    """
    sample, _, day = _sample(abnormal, window, ranks=False)
    return _dependence(sample, day, window)[0]


def _dependence(sample: Sample, day: np.ndarray, window: Window) -> tuple[float, float]:
    """Average correlation and Satterthwaite's degrees of freedom."""
    length = window[1] - window[0] + 1
    pairs = event_arrays.correlations(sample.residuals, np.arange(len(day))[None], day[None], length)
    r, freedom = event_arrays.dependence(pairs, length, len(day))
    return float(r[0]), float(freedom[0])


def interval_and_power(summaries: pd.DataFrame, *, level: float = 0.05, power: float = 0.8) -> pd.DataFrame:
    """`low`, `high` and `detectable` of each mean in `summaries` (rows of `summary`): fractions.

    Interval and smallest mean that is found with probability `power` (Bloom, 1995: the multiplier is the sum of two
    t quantiles), with the degrees of freedom of the test beside them, those of Satterthwaite: with ten events the
    normal distribution would draw them an eighth too short. Without a column `degrees_of_freedom` events less one.
    Missing with a single event.
    """
    freedom = summaries["events"].astype(float) - 1
    if "degrees_of_freedom" in summaries:
        freedom = summaries["degrees_of_freedom"].astype(float).fillna(freedom)
    critical = stats.t.isf(level / 2, freedom)
    half = critical * summaries["standard_error"]
    detectable = (critical + stats.t.ppf(power, freedom)) * summaries["standard_error"]
    return pd.DataFrame({"low": summaries["mean"] - half, "high": summaries["mean"] + half, "detectable": detectable})


def _leave_one_out(car: pd.Series) -> pd.Series:
    return ((car.sum() - car) / (len(car) - 1)).rename("mean_without")


def holm(p_values: pd.Series) -> pd.Series:
    """p values adjusted for all tests of the family (Holm, 1979); a missing one is no test."""
    tested = p_values.dropna().astype(float).sort_values(kind="stable")
    left = np.arange(len(tested), 0, -1)  # tests that are not more certain, this one among them
    return (tested * left).cummax().clip(upper=1).reindex(p_values.index)


def step_down(observed: pd.Series, draws: pd.DataFrame) -> pd.DataFrame:
    """Step-down max-t over joint draws: `p` of each test by itself, and `p_family`, adjusted for the whole family.

    `observed`: test -> statistic, zero without an effect, all on one scale; `draws`: the same statistics in draws
    without an effect, a row per draw, so that the columns depend on each other as the tests do. The largest |observed|
    is held against the largest of all columns in each draw, the next against the largest of those that are left, and
    so on; no test is more certain than one before it (Westfall & Young, 1993, algorithm 4.1; Romano & Wolf, 2005).
    The observation counts among the draws (Phipson & Smyth, 2010). Sharper than Holm where tests go together: with
    equal columns nothing is paid for. The chance of any false finding is held if the draws are those of the
    statistics without an effect; it is meant for 999 draws or more, and a p value below 1 / (draws + 1) cannot be.
    A missing observation is no test, a missing draw is none of its column. Raises `ValueError` without draws and for
    a test that the draws do not have.
    """
    if not len(draws):
        raise ValueError("there are no draws; give at least 999")
    absent = observed.index.difference(draws.columns)
    if len(absent):
        raise ValueError(f"the draws have no column {absent[0]}; draw all tests of the family together")
    tested = observed.abs().dropna().astype(float).sort_values(ascending=False, kind="stable")
    sizes = draws[tested.index].abs().to_numpy(float)
    highest = np.fmax.accumulate(sizes[:, ::-1], axis=1)[:, ::-1]  # of each test and those after it
    with np.errstate(invalid="ignore"):
        alone, together = ((1 + (each >= tested.to_numpy()).sum(axis=0)) for each in (sizes, highest))
    found = pd.DataFrame({"p": alone, "p_family": np.maximum.accumulate(together)}, index=tested.index)
    return (found / (len(draws) + 1)).reindex(observed.index)


# --- many pseudo-studies ----------------------------------------------------------------------


class News(NamedTuple):
    """What is planted in pseudo-events: a mean, and how much louder than ordinary days they are."""

    effect: float = 0.0
    loudness: float = 1.0
    by_event: float = 0.0
    by_session: float = 0.0


class Plan(NamedTuple):
    """A study as the draws see it: which firms move together, and the sessions to which they can move."""

    panel: Panel
    window: Window
    firm: np.ndarray  # n
    group: np.ndarray  # n, the same-session group of each event
    choices: np.ndarray  # positions of pseudo-sessions, group after group
    start: np.ndarray  # where each group's choices start
    length: np.ndarray  # and how many there are


def placebo(
    abnormal: AbnormalReturns,
    window: Window,
    *,
    draws: int = 10_000,
    seed: int | np.random.SeedSequence = 0,
    tests: bool = True,
    effect: float = 0.0,
    loudness: float = 1.0,
    by_event: float = 0.0,
    by_session: float = 0.0,
    half: int | None = None,
    n_jobs: int | None = None,
) -> pd.DataFrame:
    """The study repeated on pseudo-sessions: one row per draw, `mean` (CAR, fraction) and the five test statistics.

    With them `degrees_of_freedom`, those of Kolari–Pynnönen in the draw.
    Each group of same-session events moves to a session at which every firm of it has an estimation window with
    enough observations, a complete `window` and no event of its own in it; all such sessions are alike likely, and
    groups move independently of each other. The model is estimated anew before it. `tests=False` gives only
    `mean`, much faster. Abnormal returns in the window are multiplied by `loudness`, and by a factor that is drawn for
    each event and one for each session, log-normal with mean square one and these standard deviations of the log
    (`by_event`, `by_session`); then `effect` is added to each CAR. With `half` 0 or 1 the window of a pseudo-session
    lies within an even or odd block of `BLOCK` sessions, so that two sets of draws share no window. Raises
    `ValueError` naming a group that has nowhere to go, and for a loudness below zero.
    """
    news = News(effect, loudness, by_event, by_session)
    if not np.isfinite(news).all() or min(news[1:]) < 0 or draws < 1:
        raise ValueError(f"{news} with {draws} draws: loudness is zero or more, an effect finite, draws at least one")
    plan = _plan(abnormal, window, half)
    if tests:
        keys = _drawable(plan.firm, plan.group, np.split(plan.choices, plan.start[1:]), plan.panel)
        ready = _made(plan, news, keys) if len(keys) <= min(draws * len(plan.firm), EVENTS_AHEAD) else None
        work = partial(_full_batch, plan, news, ready)
    else:
        work = partial(_mean_batch, plan, news, _car_table(plan))
    return pd.concat(_in_batches(work, draws, len(plan.firm), seed, n_jobs), ignore_index=True)


def _in_batches(
    work: Callable[[np.random.SeedSequence, int], Drawn],
    draws: int,
    events: int,
    seed: int | np.random.SeedSequence,
    n_jobs: int | None,
) -> list[Drawn]:
    """`work` on seed and number of draws, in batches of a fixed number of events, each with a seed of its own."""
    size = max(1, EVENTS_PER_BATCH // events)
    sizes = [min(size, draws - start) for start in range(0, draws, size)]
    seeds = (seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)).spawn(len(sizes))
    return Parallel(n_jobs=n_jobs, prefer="threads")(delayed(work)(seed, size) for seed, size in zip(seeds, sizes))


def placebo_p_value(observed: float | np.ndarray, draws: pd.Series | np.ndarray) -> np.ndarray:
    """Two-sided p value of `observed` among `draws`: twice the smaller tail, the observation counted among the draws.

    Never zero (Phipson & Smyth, 2010). Doubling a tail does not ask the distribution to be symmetric. Missing draws
    do not count; a missing observation has no p value.
    """
    ordered = np.sort(pd.Series(draws).dropna().to_numpy())
    above = len(ordered) - np.searchsorted(ordered, observed, side="left")
    below = np.searchsorted(ordered, observed, side="right")
    p = np.minimum(1.0, 2 * (1 + np.minimum(above, below)) / (len(ordered) + 1))
    return np.where(np.isnan(observed), np.nan, p)


def size(
    abnormal: AbnormalReturns,
    window: Window,
    *,
    studies: int = 2000,
    level: float = 0.05,
    seed: int = 0,
    reference: int = 4000,
    effect: float = 0.0,
    loudness: float = 1.0,
    by_event: float = 0.0,
    by_session: float = 0.0,
    apart: bool = False,
    n_jobs: int | None = None,
) -> pd.DataFrame:
    """How often each test rejects at `level` in pseudo-studies: its size, or with a planted `effect` its power.

    Index: the five tests, `placebo` (mean CAR) and `placebo_studentised` (Kolari–Pynnönen statistic), both
    against `reference` further draws without effect and with loudness 1. Columns: `rejections` (share of
    `studies`), `low`, `high` (95% Wilson interval) and `holds` (is the share between 3% and 7%, at the 5%
    level; in general within two fifths of `level`). `loudness` 2 is news that doubles the standard deviation; it proves
    nothing for tests that do not change with the scale of returns: `by_event` and `by_session` make it uneven (see
    `placebo`). With `apart` studies and reference come from different parts of the calendar.
    """
    first, second = np.random.SeedSequence(seed).spawn(2)
    draw = partial(placebo, abnormal, window, n_jobs=n_jobs)
    drawn = draw(
        draws=studies,
        seed=first,
        effect=effect,
        loudness=loudness,
        by_event=by_event,
        by_session=by_session,
        half=0 if apart else None,
    )
    null = draw(draws=reference, seed=second, half=1 if apart else None)
    n = len(cumulative(abnormal, window)["car"].dropna())
    freedom = drawn["degrees_of_freedom"].to_numpy()
    p_values = {test: event_arrays.p_value(test, drawn[test].to_numpy(), n, freedom) for test in TESTS}
    for name, statistic in (("placebo", "mean"), ("placebo_studentised", "kolari_pynnonen")):
        p_values[name] = placebo_p_value(drawn[statistic].to_numpy(), null[statistic])
    rows = {}
    for test, p in p_values.items():
        count = int((p <= level).sum())
        interval = stats.binomtest(count, studies).proportion_ci(method="wilson")
        rows[test] = {"rejections": count / studies, "low": interval.low, "high": interval.high}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("test")
    return table.assign(holds=(table["rejections"] / level).between(0.6, 1.4))


# --- one set of draws for all windows, sets and models -----------------------------------------


class Joint(NamedTuple):
    """Result of `joint_study`.

    `measured`: a row for each study and window: the facts of `summary`, `statistic` (Kolari–Pynnönen) and `p`, its p
    value; `placebo` and `placebo_mean` (p values of statistic and mean among the draws), `loudness` (spread of the
    CARs against that of draws), `score` (normal score of `placebo`: 1.96 where it is 5 %) and `p_family`, `placebo`
    adjusted for all rows by `step_down` over the scores. `means`, `statistics`, `scores`: draws × rows of `measured`;
    for another family take its rows: `step_down(measured["score"][rows], scores[rows])`.
    """

    measured: pd.DataFrame
    means: pd.DataFrame
    statistics: pd.DataFrame
    scores: pd.DataFrame


class Host(NamedTuple):
    """A model as the joint draws see it: a panel, and which of all events it has."""

    panel: Panel
    events: np.ndarray  # positions in the list of all events
    firm: np.ndarray  # their rows in the panel


class Cell(NamedTuple):
    """One study and window: the events that are complete in it, as places among those of its host."""

    host: int
    places: np.ndarray
    window: Window


class JointPlan(NamedTuple):
    """What a batch of joint draws reads."""

    hosts: list[Host]
    cells: list[Cell]
    group: np.ndarray  # the same-session group of each of all events
    choices: list[np.ndarray]  # the sessions to which each group can move
    span: Window


Reduced = tuple[np.ndarray, np.ndarray, dict[Window, tuple[np.ndarray, np.ndarray]]]  # keys, residuals, CAR and SCAR


def joint_study(
    studies: Mapping[tuple[Hashable, ...], AbnormalReturns],
    windows: Mapping[Hashable, Window],
    *,
    draws: int = 10_000,
    seed: int = 0,
    at_least: int = 3,
    n_jobs: int | None = None,
) -> Joint:
    """Every study in every window, tested against one set of draws that all of them share.

    `studies`: names such as (set, model) -> abnormal returns over one calendar; `windows`: label -> offsets. A study
    with fewer than `at_least` complete events in a window has no row. In a draw each session with events moves, with
    all its events in any study, to one pseudo-session, chosen as in `placebo` but so that it serves every study and
    every window that its events are in: what overlaps in the studies overlaps in the draws. Raises `ValueError`
    naming a session whose events have nowhere to go, and for studies of different calendars.
    """
    plan, keys = _joint_plan(studies, windows, at_least)
    batches = _in_batches(partial(_joint_batch, plan, _all_at_once(plan)), draws, len(plan.group), seed, n_jobs)
    means, statistics = (np.concatenate(parts) for parts in zip(*batches))
    index = pd.MultiIndex.from_tuples(keys)
    rows, scores = [], np.empty_like(statistics)
    for number, (*name, label) in enumerate(keys):
        study, window = studies[tuple(name)], windows[label]
        sample, firm, day = _sample(study, window, ranks=False)
        facts = _summary(sample, firm, day, window)
        n, r = len(sample.scar), facts["correlation"]
        statistic = sample.scar.mean() / sample.scar.std(ddof=1) * np.sqrt(n * (1 - r) / (1 + (n - 1) * r))
        p = event_arrays.p_value("kolari_pynnonen", statistic, n, facts["degrees_of_freedom"])
        score, *scores[:, number] = _scores(np.append(statistic, statistics[:, number]))
        spread = facts["standard_deviation"] / (means[:, number].std(ddof=1) * np.sqrt(n))
        rows.append(
            facts.to_dict()
            | {"statistic": statistic, "p": float(p), "score": score}
            | {"placebo": float(placebo_p_value(statistic, statistics[:, number]))}
            | {"placebo_mean": float(placebo_p_value(facts["mean"], means[:, number])), "loudness": spread}
        )
    measured = pd.DataFrame(rows, index=index)
    drawn = [pd.DataFrame(values, columns=index) for values in (means, statistics, scores)]
    measured["p_family"] = step_down(measured["score"], drawn[2])["p_family"]
    return Joint(measured, *drawn)


def _scores(statistics: np.ndarray) -> np.ndarray:
    """Normal scores of each statistic's two-sided p value among all of them; missing where it is.

    So every test has the same say whatever its degrees of freedom, and so has each of its tails: t statistics of
    right-skewed returns lean to the left, and the largest of many would nearly always be a fall.
    """
    ordered = np.sort(statistics[np.isfinite(statistics)])
    below = np.searchsorted(ordered, statistics, side="right")
    above = len(ordered) - np.searchsorted(ordered, statistics, side="left")
    p = np.minimum(1.0, 2 * np.minimum(below, above) / len(ordered))
    return np.where(np.isfinite(statistics), -special.ndtri(p / 2), np.nan)


def _joint_plan(
    studies: Mapping[tuple[Hashable, ...], AbnormalReturns], windows: Mapping[Hashable, Window], at_least: int
) -> tuple[JointPlan, list[tuple[Hashable, ...]]]:
    sessions = next(iter(studies.values())).sessions
    if not all(study.sessions.equals(sessions) for study in studies.values()):
        raise ValueError("the studies have different sessions; give all the same calendar")
    tables = {name: pd.MultiIndex.from_arrays([study.ticker, study.session]) for name, study in studies.items()}
    everything = pd.MultiIndex.from_tuples(dict.fromkeys(event for table in tables.values() for event in table))
    days, group = np.unique(everything.get_level_values(1), return_inverse=True)
    own = {name: everything.get_indexer(table) for name, table in tables.items()}
    hosts, host_of, places_of = _hosts(studies, own)
    keys, cells = [], []
    need = dict.fromkeys(range(len(days)), (0, 0))
    for name, study in studies.items():
        for label, window in windows.items():
            complete = np.isfinite(study.fit.abnormal[:, within(study, window)]).all(axis=1)
            if complete.sum() < at_least:
                continue
            keys.append((*name, label))
            cells.append(Cell(host_of[name], places_of[name][complete], window))
            for place in group[own[name][complete]]:
                need[place] = (min(need[place][0], window[0]), max(need[place][1], window[1]))
    if not keys:
        raise ValueError(f"no study has {at_least} complete events in any window")
    choices = _joint_choices(hosts, group, need, len(sessions))
    for place, day in enumerate(days):
        if not len(choices[place]):
            names = ", ".join(everything.get_level_values(0)[group == place])
            raise ValueError(
                f"{names} on {pd.Timestamp(day):%Y-%m-%d}: no session has the history of all of them before it and "
                "none of their events in any window; leave the events out or shorten the windows"
            )
    span = (min(cell.window[0] for cell in cells), max(cell.window[1] for cell in cells))
    return JointPlan(hosts, cells, group, choices, span), keys


def _hosts(
    studies: Mapping[tuple[Hashable, ...], AbnormalReturns], own: Mapping[tuple[Hashable, ...], np.ndarray]
) -> tuple[list[Host], dict[tuple[Hashable, ...], int], dict[tuple[Hashable, ...], np.ndarray]]:
    """Models to estimate, which of them serves each study, and the places of the study's events in it.

    A study that is part of another under the same model reads the other's estimates.
    """
    hosts: list[Host] = []
    host_of, places_of = {}, {}
    for name in sorted(studies, key=lambda name: -len(own[name])):
        study = studies[name]
        same = (at for at, host in enumerate(hosts) if _same_model(host, study, own[name]))
        number = next(same, len(hosts))
        if number == len(hosts):
            hosts.append(Host(study.panel, own[name], study.firm))
        order = np.argsort(hosts[number].events)
        host_of[name] = number
        places_of[name] = order[np.searchsorted(hosts[number].events, own[name], sorter=order)]
    return hosts, host_of, places_of


def _joint_choices(hosts: list[Host], group: np.ndarray, need: Mapping[int, Window], sessions: int) -> list[np.ndarray]:
    """The sessions to which each group can move: history for every host, and room for every window that it needs."""
    histories = [_has_history(host.panel, sessions) for host in hosts]
    choices = []
    for place, window in need.items():
        able = np.ones(sessions, dtype=bool)
        for host, history in zip(hosts, histories):
            firms = host.firm[group[host.events] == place]
            able &= (history & _has_room(host.panel, sessions, window))[firms].all(axis=0)
        choices.append(np.flatnonzero(able))
    return choices


def _same_model(host: Host, study: AbnormalReturns, own: np.ndarray) -> bool:
    """Do the estimates of `host` hold for the events of `study`? Same factors, and same rows of the same firms."""
    if not np.isin(own, host.events).all():
        return False
    panel, order = study.panel, np.argsort(host.events)
    firm = host.firm[order[np.searchsorted(host.events, own, sorter=order)]]
    settings = ("before", "estimation", "minimum")
    return (
        all(getattr(panel, name) == getattr(host.panel, name) for name in settings)
        and np.array_equal(panel.factors, host.panel.factors)
        and np.array_equal(panel.known, host.panel.known)
        and np.array_equal(panel.usable[study.firm], host.panel.usable[firm])
        and np.array_equal(panel.returns[study.firm], host.panel.returns[firm], equal_nan=True)
    )


def _reduced(plan: JointPlan, number: int, keys: np.ndarray) -> Reduced:
    """Estimates of the events `keys` (firm × sessions + session), reduced to what the joint draws read."""
    panel = plan.hosts[number].panel
    firm, day = np.divmod(keys, panel.returns.shape[1])
    fit = estimate(panel, firm, day + panel.before, plan.span)
    cars = {}
    for window in {cell.window for cell in plan.cells if cell.host == number}:
        columns = slice(window[0] - plan.span[0], window[1] - plan.span[0] + 1)
        car = fit.abnormal[:, columns].sum(axis=1)
        cars[window] = (car, car / (fit.sigma * event_arrays.forecast_scale(fit.leverage[:, columns])))
    return keys, fit.residuals, cars


def _all_at_once(plan: JointPlan) -> list[Reduced] | None:
    """Estimates of all that can be drawn, or None where they are too many to hold: then each batch makes its own."""
    keys = [_drawable(host.firm, plan.group[host.events], plan.choices, host.panel) for host in plan.hosts]
    if sum(map(len, keys)) > EVENTS_AHEAD:
        return None
    return [_reduced(plan, number, each) for number, each in enumerate(keys)]


def _joint_batch(
    plan: JointPlan, ready: list[Reduced] | None, seed: np.random.SeedSequence, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Means and Kolari–Pynnönen statistics: draws × cells each."""
    random = np.random.default_rng(seed)
    moved = np.column_stack([choices[random.integers(0, len(choices), size)] for choices in plan.choices])
    means, statistics = (np.empty((size, len(plan.cells))) for _ in range(2))
    for number, host in enumerate(plan.hosts):
        day = moved[:, plan.group[host.events]]
        wanted = host.firm * host.panel.returns.shape[1] + day
        keys, residuals, cars = ready[number] if ready else _reduced(plan, number, np.unique(wanted))
        member = np.searchsorted(keys, wanted)
        mine = [(place, cell) for place, cell in enumerate(plan.cells) if cell.host == number]
        longest = max(cell.window[1] - cell.window[0] + 1 for _, cell in mine)
        pairs = event_arrays.correlations(residuals, member, day, longest)
        for place, cell in mine:
            chosen, length, n = member[:, cell.places], cell.window[1] - cell.window[0] + 1, len(cell.places)
            car, scar = (table[chosen] for table in cars[cell.window])
            r, _ = event_arrays.dependence(event_arrays.among(pairs, cell.places, day.shape[1]), length, n)
            with np.errstate(divide="ignore", invalid="ignore"):
                bmp = scar.mean(axis=1) / scar.std(axis=1, ddof=1) * np.sqrt(n)
                statistics[:, place] = bmp * np.sqrt((1 - r) / (1 + (n - 1) * r))
            means[:, place] = car.mean(axis=1)
    return means, statistics


# --- how a draw is made -----------------------------------------------------------------------


def _sample(abnormal: AbnormalReturns, window: Window, *, ranks: bool = True) -> tuple[Sample, np.ndarray, np.ndarray]:
    """Sample, firms and days of the events that are complete over `window`."""
    columns = within(abnormal, window)
    complete = np.isfinite(abnormal.fit.abnormal[:, columns]).all(axis=1)
    if not complete.any():
        name = abnormal.names[0]
        raise ValueError(f"no event has all of the window {list(window)}; {name} and others end before it")
    fit = abnormal.fit if complete.all() else Fit(*(field[complete] for field in abnormal.fit))
    fit = fit._replace(abnormal=fit.abnormal[:, columns], leverage=fit.leverage[:, columns])
    return event_arrays.measure(fit, ranks=ranks), abnormal.firm[complete], abnormal.position[complete]


def _has_history(panel: Panel, sessions: int) -> np.ndarray:
    """Firms × sessions before which a pseudo-event has a history that moves."""
    low, high = panel.estimation
    real = np.arange(sessions) + panel.before
    seen = np.pad(panel.usable.cumsum(axis=1), ((0, 0), (1, 0)))
    enough = seen[:, real + high + 1] - seen[:, real + low] >= panel.minimum
    # A price that stands still gives no residuals: at least two changes of the return must lie in the history.
    used = pd.DataFrame(np.where(panel.usable, panel.returns, np.nan).T).ffill()
    changes = np.pad((used.diff().abs().to_numpy().T > 0).cumsum(axis=1), ((0, 0), (1, 0)))
    return enough & (changes[:, real + high + 1] - changes[:, real + low] >= 2)


def _has_room(panel: Panel, sessions: int, window: Window) -> np.ndarray:
    """Firms × sessions around which a pseudo-event has a complete window without own news."""
    free: np.ndarray = np.isfinite(panel.returns) & panel.known & ~panel.blocked
    whole = np.asarray(sliding_window_view(free, window[1] - window[0] + 1, axis=1).all(axis=2))
    return whole[:, np.arange(sessions) + panel.before + window[0]]


def _plan(abnormal: AbnormalReturns, window: Window, half: int | None = None) -> Plan:
    panel = abnormal.panel
    _, firm, day = _sample(abnormal, window)
    real = np.arange(len(abnormal.sessions)) + panel.before
    eligible = _has_history(panel, len(real)) & _has_room(panel, len(real), window)
    if half is not None:
        first, last = ((np.arange(len(real)) + offset) // BLOCK for offset in window)
        eligible &= (first == last) & (first % 2 == half)
    days, group = np.unique(day, return_inverse=True)
    choices = []
    for number, when in enumerate(days):
        members = firm[group == number]
        choices.append(real[eligible[members].all(axis=0)])
        if not len(choices[-1]):
            names = ", ".join(map(str, abnormal.names[abnormal.position == when]))
            raise ValueError(
                f"{names}: no session has the history of all their firms before it and none of their events in it; "
                "leave them out or shorten the window"
            )
    length = np.array([len(each) for each in choices])
    return Plan(panel, window, firm, group, np.concatenate(choices), length.cumsum() - length, length)


def _draw(plan: Plan, seed: np.random.SeedSequence, size: int) -> np.ndarray:
    """Days of `size` pseudo-studies: size × n positions in the panel."""
    place = np.random.default_rng(seed).integers(0, plan.length, (size, len(plan.length)))
    return plan.choices[plan.start + place][:, plan.group]


def _loudness(plan: Plan, news: News, seed: np.random.SeedSequence, size: int) -> np.ndarray:
    """Factor of each event's abnormal returns: size × n, or 1 × 1 where all are alike."""
    if not news.by_event and not news.by_session:
        return np.full((1, 1), news.loudness)
    random = np.random.default_rng(np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, 1)))
    by_event = news.by_event * random.standard_normal((size, len(plan.firm)))
    by_session = news.by_session * random.standard_normal((size, len(plan.length)))[:, plan.group]
    return news.loudness * np.exp(by_event + by_session - news.by_event**2 - news.by_session**2)


def _drawable(firm: np.ndarray, group: np.ndarray, choices: list[np.ndarray], panel: Panel) -> np.ndarray:
    """The pseudo-events that can be drawn at all, each once: firm × sessions of the panel + session."""
    return np.unique(np.concatenate([one * panel.returns.shape[1] + choices[own] for one, own in zip(firm, group)]))


def _made(plan: Plan, news: News, keys: np.ndarray) -> tuple[np.ndarray, Fit | Sample]:
    """The pseudo-events `keys` (of `_drawable`) and their models, reduced to a sample if all draws are alike loud."""
    firm, when = np.divmod(keys, plan.panel.returns.shape[1])
    fit = estimate(plan.panel, firm, when, plan.window)
    uneven = news.by_event or news.by_session
    return keys, fit if uneven else _told(fit, news.loudness, news.effect)


def _told(fit: Fit, loudness: float | np.ndarray, effect: float) -> Sample:
    """What the tests read of events whose news is planted."""
    abnormal = fit.abnormal * loudness
    abnormal[:, 0] += effect
    return event_arrays.measure(fit._replace(abnormal=abnormal))


def _full_batch(
    plan: Plan,
    news: News,
    ready: tuple[np.ndarray, Fit | Sample] | None,
    seed: np.random.SeedSequence,
    size: int,
) -> pd.DataFrame:
    day = _draw(plan, seed, size)
    wanted = plan.firm * plan.panel.returns.shape[1] + day
    keys, made = ready or _made(plan, news, np.unique(wanted))
    member = np.searchsorted(keys, wanted)
    if isinstance(made, Fit):  # each draw has its own loudness
        made = Fit(*(field[member.ravel()] for field in made))
        made = _told(made, _loudness(plan, news, seed, size).reshape(-1, 1), news.effect)
        member = np.arange(day.size).reshape(day.shape)
    return pd.DataFrame(event_arrays.statistics(made, member, day, plan.window[1] - plan.window[0] + 1))


def _car_table(plan: Plan) -> np.ndarray:
    """CAR of every firm and session at which it can be drawn: firms × sessions, missing elsewhere."""
    table = np.full(plan.panel.returns.shape, np.nan)
    groups = np.split(plan.choices, plan.start[1:])
    for firm in np.unique(plan.firm):
        days = np.unique(np.concatenate([groups[number] for number in np.unique(plan.group[plan.firm == firm])]))
        table[firm, days] = estimate(plan.panel, np.full(len(days), firm), days, plan.window).abnormal.sum(axis=1)
    return table


def _mean_batch(plan: Plan, news: News, table: np.ndarray, seed: np.random.SeedSequence, size: int) -> pd.DataFrame:
    car = table[plan.firm, _draw(plan, seed, size)] * _loudness(plan, news, seed, size)
    return pd.DataFrame({"mean": car.mean(axis=1) + news.effect})
