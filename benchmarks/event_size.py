"""How often do the event-study tests reject without an effect, and with one? `python -m benchmarks.event_size`.

Pseudo-studies on the shares of the report's tables: a few event days, several shares on each, drawn anew for every
design. News makes days louder, unevenly: by event, by session, or both. Studies come from even quarters of the
calendar and the reference of the placebo tests from odd ones, so that nothing is tested on what it was made from.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from minerpivot.data.tables import load
from minerpivot.stocks import event_arrays, events, inference, markets

FACTORS = ["BTC-USD", "QQQ", "SMH"]
DESIGNS = {
    "3 days of 10": [10] * 3,
    "4 days of 5": [5] * 4,
    "6 days of 4": [4] * 6,
    "10 days of 3": [3] * 10,
    "10, 3, 3, 1, 1, 1": [10, 3, 3, 1, 1, 1],
}
WINDOWS = {"0 to 1": (0, 1), "2 to 20": (2, 20)}
LOUDNESS = {
    "even": {},
    "by event": {"by_event": 0.6},
    "by session": {"by_session": 0.6},
    "by both": {"by_event": 0.6, "by_session": 0.6},
}
TESTS = ["BMP", "Kolari–Pynnönen, n − 1", "Kolari–Pynnönen", "same, placebo", "mean, placebo"]


def design(returns: pd.DataFrame, shares: list[str], sizes: list[int], seed: int) -> pd.DataFrame:
    """Events: `sizes` shares on each of as many sessions, both by chance."""
    random = np.random.default_rng(seed)
    days = returns.index[random.choice(np.arange(200, len(returns) - 30), len(sizes), replace=False)]
    rows = [(ticker, day) for day, size in zip(days, sizes) for ticker in random.choice(shares, size, replace=False)]
    return pd.DataFrame(rows, columns=["ticker", "session"])


def rejections(
    returns: pd.DataFrame,
    shares: list[str],
    sizes: list[int],
    window: event_arrays.Window,
    *,
    studies: int,
    seed: int,
    effect: float = 0.0,
    **loudness: float,
) -> pd.Series:
    """How many of `studies` pseudo-studies of one random design each test rejects at 5 %."""
    table = design(returns, shares, sizes, seed)
    made = events.abnormal_returns(returns, table, factors=returns[FACTORS])
    n = len(events.cumulative(made, window)["car"].dropna())
    drawn = inference.placebo(made, window, draws=studies, seed=seed, half=0, effect=effect, **loudness)
    null = inference.placebo(made, window, draws=2000, seed=seed + 1, half=1)
    kolari, freedom = drawn["kolari_pynnonen"].to_numpy(), drawn["degrees_of_freedom"].to_numpy()
    p_values = [
        event_arrays.p_value("bmp", drawn["bmp"].to_numpy(), n),
        event_arrays.p_value("kolari_pynnonen", kolari, n),
        event_arrays.p_value("kolari_pynnonen", kolari, n, freedom),
        inference.placebo_p_value(kolari, null["kolari_pynnonen"]),
        inference.placebo_p_value(drawn["mean"].to_numpy(), null["mean"]),
    ]
    return pd.Series([(p <= 0.05).sum() for p in p_values], TESTS)


def rate(
    returns: pd.DataFrame,
    shares: list[str],
    sizes: list[int],
    window: event_arrays.Window,
    *,
    designs: int = 40,
    studies: int = 200,
    seed: int = 0,
    effect: float = 0.0,
    **loudness: float,
) -> pd.DataFrame:
    """Share of rejections over `designs` random designs of `studies` each, and its standard error across designs."""
    counts = [
        rejections(returns, shares, sizes, window, studies=studies, seed=seed + 2 * number, effect=effect, **loudness)
        for number in range(designs)
    ]
    shares_rejected = pd.DataFrame(counts) / studies
    return pd.DataFrame({"rate": shares_rejected.mean(), "error": shares_rejected.sem()})


def panel(tables_load=load) -> tuple[pd.DataFrame, list[str]]:
    """Returns, and the miners with a close on nearly every session."""
    returns = markets.close_matrix(tables_load("prices")).pct_change(fill_method=None)
    kinds = tables_load("instruments").set_index("ticker")["kind"]
    shares = [name for name in returns if kinds.get(name) == "miner" and returns[name].count() > 0.9 * len(returns)]
    return returns, shares


def table(designs: int = 40, studies: int = 200) -> None:
    """Print sizes, then power at a true +5 %, as Markdown."""
    returns, shares = panel()
    cases = [(name, window, loud, 0.0) for name in DESIGNS for window in WINDOWS for loud in LOUDNESS]
    cases += [(name, "0 to 1", "by event", 0.05) for name in DESIGNS]
    results = Parallel(n_jobs=2)(
        delayed(rate)(
            returns, shares, DESIGNS[name], WINDOWS[window], designs=designs, studies=studies, effect=effect,
            **LOUDNESS[loud],
        )
        for name, window, loud, effect in cases
    )  # fmt: skip
    print(f"Percent of {designs * studies:,} pseudo-studies that reject at 5 % (largest standard error in brackets).\n")
    print(f"| events | window | loudness | effect | {' | '.join(TESTS)} |\n|---|---|---|---:|{'---:|' * len(TESTS)}")
    for (name, window, loud, effect), found in zip(cases, results):
        cells = " | ".join(f"{100 * value:.1f}" for value in found["rate"])
        print(f"| {name} | {window} | {loud} | {100 * effect:.0f} % | {cells} ({100 * found['error'].max():.1f}) |")


if __name__ == "__main__":
    table()
