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
CASES = {  # what is planted in the pseudo-events; spreads are standard deviations of the log
    "even": {},
    "by event": {"by_event": 0.6},
    "by session": {"by_session": 0.6},
    "by both": {"by_event": 0.6, "by_session": 0.6},
    "even, +5 %": {"effect": 0.05},
    "by event, +5 %": {"by_event": 0.6, "effect": 0.05},
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
    reference: int,
    seed: int,
) -> pd.DataFrame:
    """Share of `studies` pseudo-studies of one random design that each test rejects at 5 %: case × test."""
    table = design(returns, shares, sizes, seed)
    made = events.abnormal_returns(returns, table, factors=returns[FACTORS])
    n = len(events.cumulative(made, window)["car"].dropna())
    null = inference.placebo(made, window, draws=reference, seed=seed + 1, half=1)
    rows = {}
    for case, planted in CASES.items():
        drawn = inference.placebo(made, window, draws=studies, seed=seed, half=0, **planted)
        kolari, freedom = drawn["kolari_pynnonen"].to_numpy(), drawn["degrees_of_freedom"].to_numpy()
        p_values = [
            event_arrays.p_value("bmp", drawn["bmp"].to_numpy(), n),
            event_arrays.p_value("kolari_pynnonen", kolari, n),
            event_arrays.p_value("kolari_pynnonen", kolari, n, freedom),
            inference.placebo_p_value(kolari, null["kolari_pynnonen"]),
            inference.placebo_p_value(drawn["mean"].to_numpy(), null["mean"]),
        ]
        rows[case] = [(p <= 0.05).mean() for p in p_values]
    return pd.DataFrame.from_dict(rows, orient="index", columns=TESTS)


def rates(
    returns: pd.DataFrame,
    shares: list[str],
    sizes: list[int],
    window: event_arrays.Window,
    *,
    designs: int,
    studies: int,
    reference: int = 999,
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mean of `rejections` over random designs, and its standard error across them."""
    settings = {"studies": studies, "reference": reference}
    each = np.stack(
        [rejections(returns, shares, sizes, window, seed=seed + 2 * number, **settings) for number in range(designs)]
    )
    mean, error = each.mean(axis=0), each.std(axis=0, ddof=1) / np.sqrt(designs)
    return pd.DataFrame(mean, list(CASES), TESTS), pd.DataFrame(error, list(CASES), TESTS)


def panel(prices: pd.DataFrame, instruments: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Returns, and the miners with a close on nearly every session."""
    returns = markets.close_matrix(prices).pct_change(fill_method=None)
    kinds = instruments.set_index("ticker")["kind"]
    shares = [name for name in returns if kinds.get(name) == "miner" and returns[name].count() > 0.9 * len(returns)]
    return returns, shares


def report(designs: int = 20, studies: int = 200) -> None:
    """Print sizes, and power at a true +5 %, as Markdown."""
    returns, shares = panel(load("prices"), load("instruments"))
    cells = [(name, label) for name in DESIGNS for label in WINDOWS]
    found = Parallel(n_jobs=2)(
        delayed(rates)(returns, shares, DESIGNS[name], WINDOWS[label], designs=designs, studies=studies)
        for name, label in cells
    )
    print(
        f"Percent of {designs * studies:,} pseudo-studies ({designs} random choices among {len(shares)} shares, "
        f"{studies} studies each) that a test rejects at 5 %; in brackets the largest standard error of the row.\n"
    )
    print(f"| events | days | planted | {' | '.join(TESTS)} | |\n|---|---|---|{'---:|' * (len(TESTS) + 1)}")
    for (name, label), (mean, error) in zip(cells, found):
        for case, row in mean.iterrows():
            numbers = " | ".join(f"{100 * value:.1f}" for value in row)
            print(f"| {name} | {label} | {case} | {numbers} | ({100 * error.loc[case].max():.1f}) |")


if __name__ == "__main__":
    report()
