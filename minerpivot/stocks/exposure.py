"""What moves miners' shares: factor betas, breaks in them, and a comparison with miners that had not signed.

Simple daily returns as fractions, sessions × series. The model of a share's return is
r = a + b_bitcoin·bitcoin + b_market·market + b_chips·(chips orthogonal to market) + e. Chips are made orthogonal
within the sample of each regression, so nothing dated D uses a return after D. What bitcoin and the market
share is in neither beta alone. Correlation, R² and idiosyncratic volatility stand beside the betas: louder news
of its own lowers a share's correlation with bitcoin at an unchanged beta.

Refused everywhere: days that go back or come twice, a return that no close gives, a share or factor that stands still,
factors that are collinear.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from arch.bootstrap import MovingBlockBootstrap
from scipy import special
from statsmodels.regression.linear_model import OLS
from statsmodels.tools import add_constant

from minerpivot.data.tables import TableError
from minerpivot.stocks.events import forward, impossible, plain_days
from minerpivot.stocks.inference import step_down
from minerpivot.stocks.markets import SESSIONS_PER_YEAR

FACTORS = ["bitcoin", "market", "chips"]
MEASURES = ["bitcoin_beta", "market_beta", "chips_beta", "correlation", "r_squared", "idiosyncratic_volatility"]


def factor_returns(
    closes: pd.DataFrame, *, bitcoin: str = "IBIT", market: str = "QQQ", chips: str = "SMH"
) -> pd.DataFrame:
    """Daily returns of the factors, sessions × `FACTORS`; chips are raw, each regression makes them orthogonal."""
    chosen = closes[[bitcoin, market, chips]].pct_change(fill_method=None)
    return chosen.set_axis(FACTORS, axis=1)


def _complete(returns: pd.Series, factors: pd.DataFrame) -> pd.DataFrame:
    """Sessions on which share and factors all have returns; refuses what is no series of returns."""
    for table, what in ((returns, f"returns of {returns.name}"), (factors, "factors")):
        plain_days(table.index, what)
        forward(table, what)
    table = factors[FACTORS].assign(share=returns)
    for row, column in np.argwhere(impossible(table.to_numpy(float))):
        name = returns.name if table.columns[column] == "share" else table.columns[column]
        raise ValueError(
            f"{name}: the return of {table.index[row]:%Y-%m-%d} is {table.iloc[row, column]:g}, which no close gives"
        )
    return table.dropna()


def _moving(table: pd.DataFrame, name: object, when: str = "") -> None:
    """Refuse a share or factor that stands still, and factors of which one says what others do: they have no beta."""
    still = table.columns[np.ptp(table.to_numpy(float), axis=0) <= 1e-12]
    if len(still):
        what = name if still[0] == "share" else f"{name}: factor {still[0]}"
        raise ValueError(f"{what} has the same return on all {len(table)} sessions{when}; it has no exposure")
    if not np.linalg.det(table[FACTORS].corr()) > 1e-10:
        raise ValueError(f"{name}: the factors are collinear{when}; leave one out or take another")


def _measures(moments: np.ndarray) -> np.ndarray:
    """`MEASURES` from second moments (…, 5, 5) of [one, bitcoin, market, chips, share]: (…, 6).

    By the theorem of Frisch, Waugh and Lovell the coefficients on orthogonal chips are those on raw chips, but for
    the market's, which takes what chips owe to it.
    """
    count = moments[..., 0, 0]
    inner, outer = moments[..., :4, :4], moments[..., :4, 4]
    beta = np.linalg.solve(inner, outer[..., None])[..., 0]
    covariance = moments - moments[..., :, :1] * moments[..., :1, :] / count[..., None, None]
    chips_on_market = covariance[..., 2, 3] / covariance[..., 2, 2]
    unexplained = moments[..., 4, 4] - (beta * outer).sum(axis=-1)
    return np.stack(
        [
            beta[..., 1],
            beta[..., 2] + chips_on_market * beta[..., 3],
            beta[..., 3],
            covariance[..., 1, 4] / np.sqrt(covariance[..., 1, 1] * covariance[..., 4, 4]),
            1 - unexplained / covariance[..., 4, 4],
            np.sqrt(np.clip(unexplained, 0, None) / (count - 4) * SESSIONS_PER_YEAR),
        ],
        axis=-1,
    )


def _products(table: pd.DataFrame) -> np.ndarray:
    values = np.column_stack([np.ones(len(table)), table.to_numpy(float)])
    return np.einsum("ni,nj->nij", values, values)


def exposure(returns: pd.Series, factors: pd.DataFrame) -> pd.Series:
    """`MEASURES` of one share over all sessions on which it and the factors have returns; volatility is annual.

    Raises `ValueError` with fewer than twenty such sessions and for a series that stands still.
    """
    return _exposure(_complete(returns, factors), returns.name)


def _exposure(table: pd.DataFrame, name: object) -> pd.Series:
    """`exposure` of a complete table of factors and share."""
    return pd.Series(_measures(_moments(table, name)), MEASURES, name=name)


def _moments(table: pd.DataFrame, name: object) -> np.ndarray:
    """Sum of `_products`; refuses a table from which no exposure can be told."""
    if len(table) < 20:
        raise ValueError(f"{name}: {len(table)} sessions with all returns are too few for four coefficients")
    _moving(table, name)
    return _products(table).sum(axis=0)


def block_weights(sessions: int, *, block: int, draws: int, seed: int) -> np.ndarray:
    """How often each of `sessions` rows is in each moving-block resample (Künsch, 1989): draws × sessions.

    Raises `ValueError` with fewer than two blocks: one block can only be dealt as it is, an interval of no width.
    """
    if not 1 <= block <= sessions / 2:
        raise ValueError(f"{sessions} observations are fewer than two blocks of {block}; use a smaller block")
    resampling = MovingBlockBootstrap(block, np.arange(sessions), seed=seed)
    return np.stack([np.bincount(positions[0][0], minlength=sessions) for positions in resampling.bootstrap(draws)])


def rolling_exposure(
    returns: pd.DataFrame,
    factors: pd.DataFrame,
    *,
    window: int,
    draws: int = 500,
    block: int = 10,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """`MEASURES` of each series over the last `window` complete sessions, at the last session of each week.

    Long: date, series, measure, value, low, high. The band is the percentile interval of a moving-block bootstrap
    that deals rows (share and factors together) again within each window; every window uses the same resamples, so
    that the band moves with the data and not with the draw. No rows for a series with fewer sessions than `window`,
    nor for a window that holds a resample in which it stands still.
    """
    weights = block_weights(window, block=block, draws=draws, seed=seed).astype(float)
    parts = []
    for name in map(str, returns):
        table = _complete(returns[name], factors)
        weekly = pd.Series(range(len(table)), index=table.index).groupby(pd.PeriodIndex(table.index, freq="W")).max()
        products = _products(table)
        for last in weekly[weekly >= window - 1]:
            inside = products[last - window + 1 : last + 1]
            with np.errstate(invalid="ignore", divide="ignore"):
                drawn = _measures((weights @ inside.reshape(window, -1)).reshape(-1, 5, 5))
            if not np.isfinite(drawn).all():
                continue
            low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
            found = {"measure": MEASURES, "value": _measures(inside.sum(axis=0)), "low": low, "high": high}
            parts.append(pd.DataFrame(found).assign(date=table.index[last], series=name))
    columns = ["date", "series", "measure", "value", "low", "high"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def bootstrap_interval(
    values: pd.Series, *, seed: int, block: int = 20, draws: int = 5000, level: float = 0.95
) -> tuple[float, float]:
    """Percentile interval of the mean of `values` by the moving-block bootstrap (Künsch, 1989).

    Descriptive: it says how much the mean moves when the same history is dealt again, not what comes next.
    Raises `ValueError` with fewer values than two blocks (`values.count()` says how many there are), for an infinite
    value and for values that are all the same.
    """
    forward(values, "values")
    sample = values.dropna().to_numpy(float)
    if (len(sample) and not np.ptp(sample) > 0) or np.isinf(sample).any():
        raise ValueError(f"{len(sample)} observations without spread, or with an infinite one, have no interval")
    means = block_weights(len(sample), block=block, draws=draws, seed=seed) @ sample / len(sample)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


# --- breaks -----------------------------------------------------------------------------------


def _design(table: pd.DataFrame) -> pd.DataFrame:
    """Constant, bitcoin, market, and what a regression on a constant and the market leaves of chips."""
    market = add_constant(table[["market"]])
    left = OLS(table["chips"], market).fit().resid
    return add_constant(table[["bitcoin", "market"]].assign(chips=left))


def known_break(
    returns: pd.Series, factors: pd.DataFrame, date: pd.Timestamp, *, lags: int = 5, at_least: int = 40
) -> pd.Series:
    """Did exposure change at `date`, the session that reacted to a first contract? That session is left out.

    One regression with a coefficient before and a change after for each regressor; covariances by Newey and West
    (1987) with `lags`. Keys: `sessions_before`, `sessions_after`; `beta_before`, `beta_after`, `beta_change`,
    `beta_low`, `beta_high` (95 percent) and `beta_p` of bitcoin; `slopes_p`, Wald test that no slope changed;
    `volatility_before`, `volatility_after` (idiosyncratic, annual) and `volatility_p`, the same test on the absolute
    residuals; `correlation_…` and `r_squared_…` of each side. Raises `ValueError` with fewer than `at_least`
    sessions on a side and for a series that stands still on one.

    Meant for errors whose variance does not wander. That of these shares does, and the tests of slopes and volatility
    reject far too often at any date: beside a count of them belongs the `break_base_rate`.
    """
    table = _complete(returns, factors).drop(index=date, errors="ignore")
    after = pd.Series(table.index > date, index=table.index)
    if min(after.sum(), (~after).sum()) < at_least:
        raise ValueError(f"{returns.name}: fewer than {at_least} sessions before or after {date:%Y-%m-%d}")
    for side, rows in {"before": ~after, "after": after}.items():
        _moving(table[rows], returns.name, f" {side} {date:%Y-%m-%d}")
    design = _design(table)
    changes = design.mul(after, axis=0).add_suffix("_change")
    robust = {"cov_type": "HAC", "cov_kwds": {"maxlags": lags, "use_correction": True}}
    fit = OLS(table["share"], design.join(changes)).fit(**robust)
    low, high = fit.conf_int().loc["bitcoin_change"]
    slopes = ", ".join(f"{factor}_change = 0" for factor in FACTORS)
    loudness = OLS(fit.resid.abs(), add_constant(after.astype(float).rename("after"))).fit(**robust)
    sides = {side: _exposure(table[rows], returns.name) for side, rows in {"before": ~after, "after": after}.items()}
    return pd.Series(
        {f"sessions_{side}": int(rows.sum()) for side, rows in {"before": ~after, "after": after}.items()}
        | {f"beta_{side}": found["bitcoin_beta"] for side, found in sides.items()}
        | {"beta_change": fit.params["bitcoin_change"], "beta_low": low, "beta_high": high}
        | {"beta_p": fit.pvalues["bitcoin_change"]}
        | {"slopes_p": float(fit.wald_test(slopes, use_f=False, scalar=True).pvalue)}
        | {f"volatility_{side}": found["idiosyncratic_volatility"] for side, found in sides.items()}
        | {"volatility_p": loudness.pvalues["after"]}
        | {f"{key}_{side}": found[key] for key in ("correlation", "r_squared") for side, found in sides.items()},
        name=returns.name,
    )


def sup_f(
    returns: pd.Series,
    factors: pd.DataFrame,
    *,
    changing: Iterable[str] = ("bitcoin",),
    trim: float = 0.15,
    draws: int = 999,
    seed: int = 0,
) -> pd.Series:
    """Did the coefficients `changing` break at a date that nobody names? Largest F over dates (Andrews, 1993).

    Candidate dates leave `trim` of the sessions on each side. `statistic` is the F of no change against a change
    after `date`, the last session before it. `p_value` is by the fixed-regressor bootstrap of Hansen (2000) in its
    form for changing variance: residuals times standard normal draws, regressors as they are, so that neither
    louder periods nor a break in the factors themselves passes for a break in the coefficients.
    Raises `ValueError` if no dates are left to try, for a series that stands still and for an unknown regressor.
    """
    changing = list(changing)
    if not changing or not set(changing) <= {"const", *FACTORS} or len(set(changing)) < len(changing):
        raise ValueError(f"changing is {changing}; choose among const, {', '.join(FACTORS)}, each once")
    table = _complete(returns, factors)
    first, last = int(np.ceil(trim * len(table))), int(np.floor((1 - trim) * len(table)))
    if last - first < 10:
        raise ValueError(f"{returns.name}: {len(table)} sessions leave no dates to try at a trimming of {trim}")
    for part, when in ((table, ""), (table.iloc[:first], f" up to {table.index[first - 1]:%Y-%m-%d}")):
        _moving(part, returns.name, when)
    design = _design(table)
    fixed, moving = design.to_numpy(), design[changing].to_numpy()
    residual = OLS(table["share"].to_numpy(), fixed).fit().resid
    noise = np.random.default_rng(seed).standard_normal((draws, len(table))) * residual
    inverse = np.linalg.inv(fixed.T @ fixed)
    noise -= noise @ fixed @ inverse @ fixed.T
    candidates = slice(first - 1, last - 1)  # change after the first `first` … `last` - 1 sessions

    def up_to(products: np.ndarray) -> np.ndarray:
        return products.cumsum(axis=0)[candidates]

    own, cross = up_to(np.einsum("ni,nj->nij", moving, moving)), up_to(np.einsum("ni,nj->nij", moving, fixed))
    spread = np.linalg.inv(own - cross @ inverse @ cross.transpose(0, 2, 1))

    def largest(errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        score = np.stack([(errors * column).cumsum(axis=1)[:, candidates] for column in moving.T], axis=-1)
        gain = (np.einsum("dci,cij->dcj", score, spread) * score).sum(axis=-1)  # F grows with it
        most = gain.max(axis=1)
        rest = (errors**2).sum(axis=1) - most
        return most / len(changing) / (rest / (len(table) - fixed.shape[1] - len(changing))), gain.argmax(axis=1)

    (statistic,), (place,) = largest(residual[None, :])
    as_large = (largest(noise)[0] >= statistic).sum()
    values = {
        "statistic": statistic,
        "date": table.index[first - 1 + place],
        "p_value": (1 + as_large) / (1 + draws),
    }
    return pd.Series(values | {"sessions": len(table)}, name=returns.name)


BREAK_TESTS = ["beta_p", "slopes_p", "volatility_p"]  # of `known_break`


def _break_p_values(table: pd.DataFrame, places: np.ndarray, lags: int) -> np.ndarray:
    """The p values of `known_break` at each of `places` (rows of `table`, that row left out): places × BREAK_TESTS."""
    beta_z, slopes, volatility_z = np.empty((3, len(places)))
    values, ones = table.to_numpy(float), np.ones(len(table) - 1)
    for number, place in enumerate(places):
        rows = np.delete(values, place, axis=0)
        after = (np.arange(len(rows)) >= place).astype(float)
        plain = np.column_stack([ones, rows[:, :3]])
        beta, covariance, residual = _newey_west(np.hstack([plain, plain * after[:, None]]), rows[:, 3], lags)
        louder, spread, _ = _newey_west(np.column_stack([ones, after]), np.abs(residual), lags)
        beta_z[number] = beta[5] / np.sqrt(covariance[5, 5])
        slopes[number] = beta[5:] @ np.linalg.solve(covariance[5:, 5:], beta[5:])
        volatility_z[number] = louder[1] / np.sqrt(spread[1, 1])
    two_sided = [2 * special.ndtr(-np.abs(z)) for z in (beta_z, volatility_z)]
    return np.column_stack([two_sided[0], special.chdtrc(len(FACTORS), slopes), two_sided[1]])


def _newey_west(design: np.ndarray, values: np.ndarray, lags: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Least squares: coefficients, their covariance by Newey and West (1987) times n / (n − k), residuals."""
    bread = np.linalg.inv(design.T @ design)
    beta = bread @ (design.T @ values)
    residual = values - design @ beta
    score = design * residual[:, None]
    middle = score.T @ score
    for lag in range(1, lags + 1):
        product = score[lag:].T @ score[:-lag]
        middle += (1 - lag / (lags + 1)) * (product + product.T)
    n, k = design.shape
    return beta, n / (n - k) * bread @ middle @ bread, residual


def break_base_rate(
    broken: pd.DataFrame,
    returns: pd.DataFrame,
    factors: pd.DataFrame,
    news: pd.DataFrame,
    *,
    clear: int = 90,
    every: int = 5,
    lags: int = 5,
    at_least: int = 40,
    level: float = 0.05,
    draws: int = 9999,
    seed: int = 0,
) -> pd.DataFrame:
    """How many breaks the tests of `known_break` would find in as many shares at dates without news.

    `broken`: rows of `known_break` by ticker; `news` (ticker, session): all days that may have changed a share. Each
    share's pseudo-dates are every `every`-th session at least `clear` sessions away from its own news, with
    `at_least` sessions on each side. One row per test (`BREAK_TESTS`): `found` (how many of `tested` shares reject at
    `level`), `expected` (the same at pseudo-dates, mean of `draws`, each share at one of its own, by chance and
    independently; a share that has none rejects as often as all pseudo-dates do), `low` and `high` (95 percent of
    draws), `p_value` (share of draws that find as many, the observation counted), `share` of pseudo-dates that
    reject and `dates`, their number. A count inside low to high says nothing about the dates. Meant for five shares
    or more. Raises `ValueError` if no share has a pseudo-date.
    """
    sessions = pd.DatetimeIndex(factors.index)
    rejected = {}
    for ticker in broken.index:
        table = _complete(returns[ticker], factors)
        own = sessions.searchsorted(pd.DatetimeIndex(news.loc[news["ticker"] == ticker, "session"]))
        away = np.abs(sessions.get_indexer(table.index)[:, None] - own).min(axis=1, initial=len(sessions))
        places = np.arange(len(table))
        able = (away >= clear) & (places >= at_least) & (places < len(table) - at_least)
        rejected[ticker] = _break_p_values(table, places[able][::every], lags) <= level
    everything = np.concatenate(list(rejected.values()))
    if not len(everything):
        raise ValueError(f"no share has a session {clear} away from its news; ask for fewer")
    random = np.random.default_rng(seed)
    counts = np.zeros((draws, len(BREAK_TESTS)))
    for each in rejected.values():
        pool = each if len(each) else everything
        counts += pool[random.integers(0, len(pool), draws)]
    found = (broken[BREAK_TESTS].astype(float) <= level).sum().to_numpy()
    low, high = np.quantile(counts, [0.025, 0.975], axis=0)
    return pd.DataFrame(
        {
            "found": found, "tested": len(broken), "expected": counts.mean(axis=0), "low": low, "high": high,
            "p_value": (1 + (counts >= found).sum(axis=0)) / (1 + draws),
            "share": everything.mean(axis=0), "dates": len(everything),
        },
        index=pd.Index(BREAK_TESTS, name="test"),
    )  # fmt: skip


def search_base_rate(
    returns: pd.DataFrame,
    factors: pd.DataFrame,
    news: pd.DataFrame,
    *,
    clear: int = 20,
    shortest: int = 150,
    draws: int = 199,
    seed: int = 0,
) -> pd.DataFrame:
    """`sup_f` where there is no news to find: each share's longest stretch of sessions `clear` away from its own.

    One row per share that has such a stretch of at least `shortest` sessions: `first`, `last`, `sessions`,
    `statistic`, `date`, `p_value`. The share of p values of 5 % or less is what a count of searched breaks is to be
    held against.
    """
    days = pd.DatetimeIndex(factors.index)
    rows = {}
    for ticker in returns:
        table = _complete(returns[ticker], factors)
        own = days.searchsorted(pd.DatetimeIndex(news.loc[news["ticker"] == ticker, "session"]))
        away = np.abs(days.get_indexer(table.index)[:, None] - own).min(axis=1, initial=len(days))
        stretches = pd.Series(away >= clear).ne(True).cumsum()[away >= clear]
        if stretches.empty or stretches.value_counts().max() < shortest:
            continue
        inside = table.iloc[stretches.index[stretches == stretches.mode()[0]]]
        found = sup_f(inside["share"].rename(str(ticker)), inside, draws=draws, seed=seed)
        rows[ticker] = {"first": inside.index[0], "last": inside.index[-1]} | found.to_dict()
    columns = ["first", "last", "sessions", "statistic", "date", "p_value"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


# --- pivoted against not yet pivoted ------------------------------------------------------------


def changes_around(
    returns: pd.DataFrame, factors: pd.DataFrame, dates: Iterable[pd.Timestamp], *, window: int = 120, gap: int = 1
) -> pd.DataFrame:
    """Change of each share's exposure around each date: (date, measure) × series, after less before.

    Before are the `window` sessions that end `gap` sessions before the date, after the `window` that start `gap`
    sessions after it. A share without nine tenths of each, or a date without room, is missing. Volatility is in logs.
    """
    dates = pd.DatetimeIndex(list(dates))
    forward(pd.Series(0, index=dates.sort_values()), "dates")
    forward(returns, "returns")
    if not returns.index.equals(factors.index):
        raise ValueError("returns and factors have different sessions; give both the same")
    tables = {name: _complete(returns[name], factors) for name in returns}
    sessions = pd.DatetimeIndex(factors.index)
    told, moments = [], []
    for date in dates:
        at = int(sessions.searchsorted(date))
        if at - gap - window < 0 or at + gap + window >= len(sessions):
            continue
        spans = [(at - gap - window, at - gap - 1), (at + gap + 1, at + gap + window)]  # first and last session
        for name, table in tables.items():
            sides = [table.loc[sessions[first] : sessions[last]] for first, last in spans]
            if min(map(len, sides)) >= 0.9 * window and all(np.ptp(side["share"]) > 1e-12 for side in sides):
                told.append((date, name))
                moments.append([_moments(side, name) for side in sides])
    before, after = _measures(np.array(moments).reshape(-1, 2, 5, 5)).swapaxes(0, 1)
    change = np.hstack([(after - before)[:, :-1], np.log(after[:, -1:] / before[:, -1:])])
    index = pd.MultiIndex.from_arrays(list(zip(*told)) or [[], []], names=["date", "series"])
    long = pd.DataFrame(change, index, MEASURES).reset_index().melt(["date", "series"], var_name="measure")
    wide = long.pivot(index=["date", "measure"], columns="series", values="value")
    return wide.reindex(columns=list(returns))


def difference_in_differences(
    changes: pd.DataFrame, pivots: pd.Series, clear_until: pd.Series, *, draws: int = 9999, seed: int = 0
) -> pd.Series:
    """Effect of a pivot on one measure: change of those that pivoted less that of those that had not.

    `changes` is dates × tickers (one measure of `changes_around`); `pivots` the date of each ticker's pivot, missing
    for one without; `clear_until` the last session of each date's window: a control must not pivot before it ends.
    Each pivot is compared with its own controls on its own date, so that no pivoted share serves as a control.

    Randomisation inference: the dates, and "never", are dealt anew among the tickers `draws` times; `p_value` is the
    share of deals (with the actual one) whose effect is at least as large in size, `low` and `high` the range that
    holds 95 percent of them. Keys also: `effect`, `treated_change`, `control_change`, `treated`, `controls` (mean).
    Raises `ValueError` if no pivot has both windows and a control.
    """
    return _compared(changes, pivots, clear_until, draws, seed)[0]


def difference_in_differences_family(
    around: Mapping[int, tuple[pd.DataFrame, pd.Series]],
    pivots: pd.Series,
    measures: Iterable[str] = MEASURES,
    *,
    draws: int = 9999,
    seed: int = 0,
) -> pd.DataFrame:
    """All comparisons as one family: (window, measure) × the keys of `difference_in_differences`, and `p_family`.

    `around`: window in sessions -> (result of `changes_around`, `clear_until` of its dates). Every comparison uses the
    same deals of dates, so `step_down` over effects divided by the standard deviation of their own deals knows how
    they hang together. A comparison that has no answer has no row. Raises `ValueError` if the windows compare
    different tickers.
    """
    columns = [list(changes.columns) for changes, _ in around.values()]
    if any(each != columns[0] for each in columns):
        raise ValueError("the windows compare different tickers; give changes_around the same returns")
    rows, drawn = {}, {}
    for window, (changes, clear_until) in around.items():
        for measure in measures:
            try:
                of_measure = changes[changes.index.get_level_values("measure") == measure].droplevel("measure")
                rows[window, measure], drawn[window, measure] = _compared(of_measure, pivots, clear_until, draws, seed)
            except ValueError:  # no pivot has both windows and a control yet
                continue
    index = pd.MultiIndex.from_tuples(list(rows), names=["window", "measure"])
    if not rows:
        return pd.DataFrame(index=pd.MultiIndex.from_arrays([[], []], names=["window", "measure"]))
    found = pd.DataFrame(list(rows.values()), index=index)
    deals = pd.DataFrame(drawn).set_axis(index, axis=1)
    spread = deals.std()
    return found.assign(p_family=step_down(found["effect"] / spread, deals / spread)["p_family"])


def longest_window(family: pd.DataFrame, measure: str, fewest: int) -> int:
    """The longest window in which `fewest` pivots at least had a control, of `difference_in_differences_family`.

    Raises `TableError` with the mend if there is none: a fork may hold few companies, or only such as signed.
    """
    treated = family["treated"].xs(measure, level="measure") if len(family) else pd.Series(dtype=float)
    enough = treated[treated >= fewest]
    if enough.empty:
        raise TableError(
            f"fewer than {fewest} miners that signed have closes around their contract beside one that had "
            "not signed by then. Lower window_sessions or enough_members in the chapter's parameters, add miners with "
            "their closes to data/instruments.csv, or take the chapter out (its notebook and its line in _toc.yml)"
        )
    return int(enough.index.max())


def _compared(
    changes: pd.DataFrame, pivots: pd.Series, clear_until: pd.Series, draws: int, seed: int
) -> tuple[pd.Series, np.ndarray]:
    """`difference_in_differences`, and the effect in each deal (missing where nobody could be compared)."""
    forward(changes.sort_index(), "changes")
    if pivots.index.has_duplicates:
        raise ValueError(f"{pivots.index[pivots.index.duplicated()][0]} has two pivots; keep the first")
    dates, tickers = list(changes.index), list(changes.columns)
    actual = pivots.reindex(tickers)
    code = actual.map({date: place for place, date in enumerate(dates)}).to_numpy(float)
    generator = np.random.default_rng(seed)
    orders = np.argsort(generator.random((draws, len(tickers))), axis=1)
    dealt = np.vstack([np.arange(len(tickers)), orders])
    assigned, days = code[dealt], actual.to_numpy()[dealt]
    sums = np.zeros((4, draws + 1))  # treated, their changes, their controls' changes, number of controls
    for place, date in enumerate(dates):
        values = changes.loc[date].to_numpy(float)
        known = ~np.isnan(values)
        treated = (assigned == place) & known
        control = (np.isnat(days) | (days > clear_until[date].to_datetime64())) & known
        number, counted = control.sum(axis=1), treated.sum(axis=1)
        usable = number > 0
        mean = control @ np.nan_to_num(values) / np.maximum(number, 1)
        sums += usable * np.stack([counted, treated @ np.nan_to_num(values), counted * mean, counted * number])
    with np.errstate(invalid="ignore", divide="ignore"):
        treated_change, control_change, controls = sums[1:] / sums[0]
    effects = treated_change - control_change
    if np.isnan(effects[0]):
        raise ValueError("no pivot has both windows and a control; a shorter window may give some")
    drawn = effects[1:][~np.isnan(effects[1:])]
    low, high = np.quantile(drawn, [0.025, 0.975])
    as_large = (np.abs(drawn) >= np.abs(effects[0]) - 1e-12).sum()
    found = pd.Series(
        {
            "effect": effects[0], "p_value": (1 + as_large) / (1 + len(drawn)), "low": low, "high": high,
            "treated_change": treated_change[0], "control_change": control_change[0],
            "treated": int(sums[0, 0]), "controls": controls[0],
        }
    )  # fmt: skip
    return found, effects[1:]
