"""Speed and memory of the event-study engine, as ratios to one regression per event and to a published package.

`make bench` prints a Markdown table. Times are seconds of the processor, which a busy machine does not stretch (by the
clock where two workers share the work): the best of three, for one study of sixty on every side, in turn. Each case of
the draws runs in a process of its own, so that its peak memory (above what the imports and the panel take) is its own.
The panel is simulated from a seed.
Compared, if installed, with the package `eventstudy` (pip install 'minerpivot[bench]').
"""

from __future__ import annotations

import multiprocessing
import re
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats
from statsmodels.regression.linear_model import RegressionResults

from minerpivot.stocks import events, inference

SESSIONS = 1200
FACTORS = ["bitcoin", "market", "chips"]
RUNS = 60  # of one study: milliseconds need many
WINDOW = (0, 1)


def panel(firms: int, per_firm: int = 2) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Returns, factors and events of a simulated sector: a third of the events share their session with another."""
    random = np.random.default_rng(firms)
    sessions = pd.bdate_range("2022-01-03", periods=SESSIONS)
    factors = pd.DataFrame(random.normal(0, [0.03, 0.012, 0.02], (SESSIONS, 3)), sessions, FACTORS)
    sector, own = random.normal(0, 0.02, (SESSIONS, 1)), random.standard_t(4, (SESSIONS, firms)) * 0.03
    returns = pd.DataFrame(factors.to_numpy() @ random.uniform(0, 1.5, (3, firms)) + sector + own, sessions)
    returns.columns = [f"firm {number}" for number in range(firms)]
    places = random.integers(150, SESSIONS - 30, (firms, per_firm))
    places[::3] = places[(np.arange(firms)[::3] + 1) % firms]
    table = pd.DataFrame({"ticker": np.repeat(returns.columns, per_firm), "session": sessions[places.ravel()]})
    return returns, factors, table.drop_duplicates(ignore_index=True)


def study(firms: int) -> events.AbnormalReturns:
    """The engine's estimates for a simulated panel."""
    returns, factors, table = panel(firms)
    return events.abnormal_returns(returns, table, factors=factors)


def regressions(
    returns: pd.DataFrame, factors: pd.DataFrame, table: pd.DataFrame
) -> tuple[np.ndarray, list[RegressionResults], np.ndarray]:
    """One `statsmodels` regression per event: abnormal returns over the default span, fits, days 0."""
    design, rows, fits, days = sm.add_constant(factors), [], [], []
    for _, event in table.iterrows():
        day = returns.index.get_loc(event["session"])
        others = returns.index.get_indexer(table.loc[table["ticker"] == event["ticker"], "session"])
        past = np.arange(day - 130, day - 10)
        past = past[(np.abs(past[:, None] - others) > 1).all(axis=1)]
        own = returns[event["ticker"]]
        fit = sm.OLS(own.iloc[past], design.iloc[past]).fit()
        rows.append(own.iloc[day - 5 : day + 21] - fit.predict(design.iloc[day - 5 : day + 21]))
        fits.append(fit)
        days.append(day)
    return np.array(rows), fits, np.array(days)


def regressions_and_tests(returns: pd.DataFrame, factors: pd.DataFrame, table: pd.DataFrame) -> dict[str, float]:
    """The five tests over [0, 1], one event and one pair at a time: what the engine does at once."""
    rows, fits, days = regressions(returns, factors, table)
    design = sm.add_constant(factors).to_numpy()
    window = rows[:, 5:7]
    car, n = window.sum(axis=1), len(rows)
    total = [design[day : day + 2].sum(axis=0) for day in days]
    error = [np.sqrt(fit.mse_resid * 2 + x @ fit.cov_params() @ x) for fit, x in zip(fits, total)]
    scar = car / error
    ranks = pd.DataFrame(index=range(n), columns=[*range(-130, -10), 0, 1], dtype=float)
    for event, (fit, day) in enumerate(zip(fits, days)):
        offsets = returns.index.get_indexer(fit.resid.index) - day
        ordered = stats.rankdata([*fit.resid, *window[event]])
        ranks.loc[event, [*offsets, 0, 1]] = ordered / (len(ordered) + 1) - 0.5
    share = 1 - np.abs(days[:, None] - days) / 2
    pairs = [(i, j) for i in range(n) for j in range(i) if share[i, j] > 0]
    r = sum(share[i, j] * fits[i].resid.corr(fits[j].resid) for i, j in pairs) / (n * (n - 1) / 2)
    z = ranks.sum() / np.sqrt(ranks.notna().sum())
    p = np.mean([(fit.resid > 0).mean() for fit in fits])
    bmp = stats.ttest_1samp(scar, 0).statistic
    return {
        "cross_sectional": stats.ttest_1samp(car, 0).statistic,
        "bmp": bmp,
        "kolari_pynnonen": bmp * np.sqrt((1 - r) / (1 + (n - 1) * r)),
        "corrado": (z[0] + z[1]) / np.sqrt(2) / np.sqrt((z**2).mean()),
        "generalised_sign": ((car > 0).sum() - n * p) / np.sqrt(n * p * (1 - p)),
    }


def published(returns: pd.DataFrame, factors: pd.DataFrame, table: pd.DataFrame) -> np.ndarray:
    """Abnormal returns over [0, 1] in the market model by the package `eventstudy`, with the same 120 sessions."""
    from eventstudy import Single

    data = {name: returns[name].to_numpy() for name in returns} | {"market": factors["market"].to_numpy()}
    Single._save_parameter("returns", {"date": returns.index.to_numpy(dtype="datetime64[D]"), **data})
    rows = []
    for _, event in table.iterrows():
        single = Single.market_model(
            event["ticker"],
            "market",
            np.datetime64(event["session"], "D"),
            event_window=WINDOW,
            estimation_size=120,
            buffer_size=10,
        )
        rows.append(single.AR)
    return np.array(rows)


def best(work: Callable[[], object], times: int = 3, clock: Callable[[], float] = time.process_time) -> float:
    """Seconds of the fastest of several runs."""
    seconds = []
    for _ in range(times):
        start = clock()
        work()
        seconds.append(clock() - start)
    return min(seconds)


def in_turn(works: dict[str, Callable[[], object]], times: int) -> dict[str, float]:
    """Seconds of the fastest of so many runs of each work, three at a time in turn: a slow spell falls on all."""
    seconds = [{name: best(work, 3) for name, work in works.items()} for _ in range(times // 3)]
    return {name: min(each[name] for each in seconds) for name in works}


def draws_case(firms: int, draws: int, tests: bool) -> tuple[float, float]:
    """Seconds and peak megabytes above the panel's of `draws` pseudo-studies in this process alone."""
    made = study(firms)
    inference.placebo(made, WINDOW, draws=1, tests=tests)
    before = peak()
    seconds = best(lambda: inference.placebo(made, WINDOW, draws=draws, tests=tests), times=1 if firms > 30 else 3)
    return seconds, peak() - before


def peak() -> float:
    """The most megabytes that this process held; Linux's `ru_maxrss` counts those of the process that began it too."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def alone(case: Callable[..., tuple[float, float]], *arguments: object) -> tuple[float, float]:
    """Run a case in a fresh process."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(case, *arguments).result()


def one_study() -> None:
    """All statistics of 60 events against one regression each, and against the published package."""
    returns, factors, table = panel(30)
    made = study(30)

    def engine() -> pd.DataFrame:
        return inference.hypothesis_tests(events.abnormal_returns(returns, table, factors=factors), WINDOW)

    works: dict[str, Callable[[], object]] = {
        "ours": engine,
        "plain": lambda: regressions(returns, factors, table),
        "tested": lambda: regressions_and_tests(returns, factors, table),
    }
    if find_spec("eventstudy"):
        works["package"] = lambda: published(returns, factors, table)
    seconds = in_turn(works, RUNS)
    ours, theirs, with_tests = seconds["ours"], seconds["plain"], seconds["tested"]
    apart = np.abs(made.window.to_numpy() - regressions(returns, factors, table)[0]).max()
    tests_apart = (engine()["statistic"] - pd.Series(regressions_and_tests(returns, factors, table))).abs().max()
    print(f"| {len(table)} events | seconds | times the engine's | largest difference |\n|---|---:|---:|---:|")
    print(f"| this engine, five tests | {ours:.4f} | 1 | |")
    print(f"| statsmodels, one regression per event, no test | {theirs:.3f} | {theirs / ours:.0f} | {apart:.0e} |")
    print(f"| the same with the five tests | {with_tests:.3f} | {with_tests / ours:.0f} | {tests_apart:.0e} |")
    if "package" not in seconds:
        print("| eventstudy (not installed: pip install 'minerpivot[bench]') | | | |\n")
        return
    nothing = table.iloc[:0]
    same = events.abnormal_returns(returns, table, factors=factors[["market"]], others=nothing).window[[0, 1]]
    package = seconds["package"]
    apart = np.abs(same.to_numpy() - published(returns, factors, table)).max()
    print(f"| eventstudy, market model, no test | {package:.3f} | {package / ours:.0f} | {apart:.0e} |\n")


def many_draws() -> None:
    """Placebo draws: two workers, then growth in draws, events and firms on one."""
    made = study(30)
    count = len(made.events)
    print("| placebo draws | firms | events | draws | seconds | µs per event and draw | peak MB |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    inference.placebo(made, WINDOW, draws=2000, n_jobs=2)  # starts the workers
    seconds = best(lambda: inference.placebo(made, WINDOW, n_jobs=2), clock=time.perf_counter)
    each = seconds / count / 10_000 * 1e6
    print(f"| all tests, two workers, by the clock | 30 | {count} | 10,000 | {seconds:.2f} | {each:.2f} | |")
    cases = [("mean CAR", False, 30, draws) for draws in (10_000, 100_000)]
    cases += [("all tests", True, 30, draws) for draws in (2_500, 5_000, 10_000)]
    cases += [("mean CAR", False, firms, 10_000) for firms in (300, 3_000)]
    cases += [("all tests", True, firms, 60_000 // firms) for firms in (300, 3_000)]
    for name, tests, firms, draws in cases:
        size = len(panel(firms)[2])
        seconds, peak = alone(draws_case, firms, draws, tests)
        each = seconds / size / draws * 1e6
        print(f"| {name} | {firms:,} | {size:,} | {draws:,} | {seconds:.2f} | {each:.2f} | {peak:.0f} |")


def joint_draws() -> None:
    """Two sets under two models in five windows: one joint set of draws against draws anew for each."""
    returns, factors, table = panel(30)
    windows = {str(window): window for window in [(0, 0), (0, 1), (-1, 1), (-5, -1), (2, 20)]}
    studies = {
        (name, model): events.abnormal_returns(returns, chosen, factors=factors[columns], others=table)
        for name, chosen in {"all": table, "third": table.iloc[::3]}.items()
        for model, columns in {"factors": FACTORS, "market": ["market"]}.items()
    }
    inference.joint_study(studies, windows, draws=100)
    together = best(lambda: inference.joint_study(studies, windows, draws=10_000), 2)
    anew = [
        best(lambda made=made, window=window: inference.placebo(made, window, draws=10_000), 1)
        for made in studies.values()
        for window in windows.values()
    ]
    print("\n| 10,000 draws for 20 sets, models and windows | seconds |\n|---|---:|")
    print(f"| one joint set of draws, with step-down max-t | {together:.1f} |")
    print(f"| draws anew for each | {sum(anew):.1f} |\n")


if __name__ == "__main__":
    one_study()
    many_draws()
    joint_draws()
