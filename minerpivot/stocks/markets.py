"""Returns of miners and their benchmarks: closes, performance, point-in-time baskets, risk.

All returns are simple, close to close, on split-adjusted US dollar closes, as fractions (0.05 is
five percent). A *level* is a price or an index: a column of dates × series from which returns
follow. Nothing dated D uses a close after D. `last_session` (symbol -> Timestamp, see
`sessions.last_sessions`) names the symbols that trade no more; that a series merely ends is a gap
in the data and no delisting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from minerpivot.data.exchange import first_session
from minerpivot.data.tables import TableError, last_day
from minerpivot.stocks.events import forward
from minerpivot.stocks.sessions import ends

SESSIONS_PER_YEAR = 252


def close_matrix(prices: pd.DataFrame, *, sessions_of: str = "SPY") -> pd.DataFrame:
    """Closes, sessions × symbols, in USD; missing where a symbol has none.

    `prices` has one row per date and symbol: date, symbol, close. Sessions are the dates of
    `sessions_of`, so that a series that trades at weekends contributes its closes on exchange days
    only and its weekend move belongs to Monday. Raises `ValueError` if `sessions_of` has no closes, for two closes
    of one day and symbol, and for what no share costs.
    """
    wrong = prices[prices["close"].notna() & ~prices["close"].between(0, np.inf, inclusive="neither")]
    if len(wrong):
        symbol, day, close = wrong[["symbol", "date", "close"]].iloc[0]
        raise ValueError(f"{symbol} has a close of {close:g} on {day:%Y-%m-%d}; correct it or leave the row out")
    twice = prices[prices.duplicated(["date", "symbol"])]
    if len(twice):
        raise ValueError(f"{twice['symbol'].iloc[0]} has two closes on {twice['date'].iloc[0]:%Y-%m-%d}; remove one")
    wide = prices.pivot(index="date", columns="symbol", values="close").sort_index()
    if sessions_of not in wide:
        raise ValueError(f"{sessions_of} has no closes in the price table, so it cannot define the sessions")
    return wide.loc[wide[sessions_of].notna()]


def last_common_date(
    closes: pd.DataFrame, symbols: Iterable[str], last_session: pd.Series | None = None
) -> pd.Timestamp:
    """The last session on which every one of `symbols` that still traded has a close; of no symbols the last of all.

    Raises `TableError` if there is none.
    """
    symbols = list(symbols)
    if not symbols:  # a fork may follow companies without closes
        return closes.index[-1]
    chosen = closes[symbols]
    over = chosen.index.to_numpy()[:, None] > ends(chosen.columns, last_session)
    complete = (chosen.notna() | over).all(axis=1) & chosen.notna().any(axis=1)
    if not complete.any():
        raise TableError(
            f"data/prices.csv: {', '.join(symbols)} share no session with a close; "
            "add closes, or take the chapter out (its notebook and its line in _toc.yml)"
        )
    return complete.index[complete][-1]


def last_closes(closes: pd.DataFrame, until: str | pd.Timestamp | pd.Series) -> pd.DataFrame:
    """Per symbol, the `date` and `close` of the last close on or before `until`; missing before its series starts.

    `until` is a day for all symbols, or one for each (symbol -> Timestamp; no close for one without a day).
    """
    forward(closes, "closes")
    days, values = closes.index.to_numpy(), closes.to_numpy(float)
    limits = until.reindex(closes.columns).to_numpy() if isinstance(until, pd.Series) else np.datetime64(until)
    known = ~np.isnan(values) & (days[:, None] <= limits)
    place = len(days) - 1 - known[::-1].argmax(axis=0)
    last = pd.DataFrame({"date": days[place], "close": values[place, np.arange(len(place))]}, index=closes.columns)
    return last[np.any(known, axis=0)].reindex(closes.columns)


def performance(
    closes: pd.DataFrame,
    symbols: Iterable[str],
    on: str | pd.Timestamp,
    *,
    since: Mapping[str, pd.Timestamp | Mapping[str, pd.Timestamp]] | None = None,
) -> pd.DataFrame:
    """Returns of `symbols` to the close of session `on`: one day, year to date, one year, and since further days.

    One row per symbol: `close`, and for each of `one_day`, `year_to_date`, `one_year` and the names in `since` the
    return, `<name>_base_date` and `<name>_base_close`. Bases: the close of the session before; the last close of the
    year before; the last close on or before the same date a year earlier; the last close on or before the day that
    `since` gives to all symbols or to each. Missing where the series starts later, where a symbol has no day or
    one after `on`, and without a close on `on`. Raises `ValueError` if `on` is not a session.
    """
    day = pd.Timestamp(on)
    if day not in closes.index:
        raise ValueError(f"{day:%Y-%m-%d} is not a session of the price table; choose a trading day in it")
    chosen = closes[list(symbols)]
    bases = {
        "one_day": chosen.index[chosen.index < day].max(),
        "year_to_date": pd.Timestamp(day.year - 1, 12, 31),
        "one_year": day - pd.DateOffset(years=1),
    } | dict(since or {})
    result = pd.DataFrame({"close": chosen.loc[day]})
    for name, limit in bases.items():
        limits = pd.Series(limit if isinstance(limit, (Mapping, pd.Series)) else dict.fromkeys(chosen, limit))
        base = last_closes(chosen, limits.where(limits <= day).astype("datetime64[ns]"))
        result[name] = result["close"] / base["close"] - 1
        result[f"{name}_base_date"], result[f"{name}_base_close"] = base["date"], base["close"]
    return result.rename_axis("symbol")


def company_returns(
    closes: pd.DataFrame, symbols: Iterable[str], since: Mapping[str, pd.Timestamp | Mapping[str, pd.Timestamp]]
) -> pd.DataFrame:
    """`performance` on the last session, and for a series that ends sooner the returns to its last close.

    `to` is the day of the last close. The returns over spans that end with the last session (one day, year to date,
    one year) are missing for a series that does not reach it, those since the days of `since` are held to `to`.
    """
    end = closes.index[-1]
    found = performance(closes.ffill(), symbols, end, since=since)
    found["to"] = last_closes(closes, end)["date"].reindex(found.index)
    found.loc[found["to"] < end, ["one_day", "year_to_date", "one_year"]] = np.nan
    return found


def returns_since(levels: pd.DataFrame, starts: Mapping[str, pd.Timestamp], end: pd.Timestamp) -> pd.DataFrame:
    """Return of each column of `levels` from each start to `end`: series × names of starts; missing where no level."""
    return pd.DataFrame({name: levels.loc[end] / levels.loc[start] - 1 for name, start in starts.items()})


def drawdown(levels: pd.DataFrame) -> pd.DataFrame:
    """Each level over its highest so far, less one: zero at a high, −0.5 when half of it is lost."""
    return levels / levels.cummax() - 1


def risk(levels: pd.DataFrame) -> pd.DataFrame:
    """Per column of `levels`: `largest_fall` from a high, `volatility` and `return_per_risk`, both annual.

    The last is the mean daily return times 252 over the volatility: the ratio of Sharpe (1966) at a cash rate of
    zero, since the data hold no cash rate. Missing with fewer than sixty daily returns.
    """
    daily = levels.pct_change(fill_method=None)
    volatility = daily.std() * np.sqrt(SESSIONS_PER_YEAR)
    ratio = daily.mean() * SESSIONS_PER_YEAR / volatility
    found = pd.DataFrame({"largest_fall": drawdown(levels).min(), "volatility": volatility, "return_per_risk": ratio})
    return found.where(daily.count() >= 60)


# --- who is in --------------------------------------------------------------------------------


def mined_at_halving(instruments: pd.DataFrame, fates: pd.DataFrame) -> list[str]:
    """Tickers of the listed companies that mined, or hosted others' machines, on the day of the halving of April 2024.

    By `role_at_halving`, so that nothing which became of a company chooses it; a share that took another name in a
    merger (`fates`) was the miner's that it merged with.
    """
    roles = instruments.set_index("ticker")["role_at_halving"]
    merged = set(fates.loc[fates["fate"] == "merged", "ticker"])
    return [str(ticker) for ticker, role in roles.items() if role in ("self_miner", "host") or ticker in merged]


def last_held(closes: pd.DataFrame, symbols: Iterable[str], last_session: pd.Series) -> pd.Series:
    """`last_session`, and for each of `symbols` whose closes end before those of others the day of its last close.

    A basket sells there: a carried close would be a return of zero that nobody earned.
    """
    last = last_closes(closes[list(symbols)], closes.index[-1])["date"].dropna()
    ended = last[last < closes.index[-1]]
    return pd.concat([last_session, ended.drop(last_session.index, errors="ignore")])


def at_terms(closes: pd.DataFrame, fates: pd.DataFrame) -> pd.DataFrame:
    """What a share of each company became that was taken over for listed shares, by its ticker.

    Columns: `by`, `shares` (of the acquirer, for one), `day` (the last session by the day, month or year in which it
    took effect), `value` on that day and `last` on `last_day`, the acquirer's last session, in USD.
    """
    paid = fates[fates["shares_of_acquirer"].notna() & fates["acquirer_ticker"].isin(closes.columns)]
    paid = paid.assign(effective=last_day(paid["fate_on"]))
    rows = {}
    for deal in paid.to_dict("records"):
        worth = deal["shares_of_acquirer"] * closes[deal["acquirer_ticker"]].dropna()
        before = worth.loc[: deal["effective"]]
        facts = (
            deal["by"],
            deal["shares_of_acquirer"],
            before.index[-1],
            before.iloc[-1],
            worth.iloc[-1],
            worth.index[-1],
        )
        rows[deal["ticker"]] = facts
    return pd.DataFrame.from_dict(rows, orient="index", columns=["by", "shares", "day", "value", "last", "last_day"])


# --- baskets ----------------------------------------------------------------------------------


def joining_closes(
    pivots: pd.Series, event_flags: pd.DataFrame, sessions: pd.DatetimeIndex, *, sessions_earlier: int = 0
) -> pd.Series:
    """The session at whose close each ticker joins the pivoted basket: ticker -> Timestamp.

    `pivots` holds each ticker's first contract day. Where `event_flags` (ticker, announced_on,
    first_session) knows the first session that could react, the ticker joins at that session's close,
    so that the reaction is not earned; otherwise at the close of the first session after the day.
    `sessions_earlier=1` moves the known ones to the close before: look-ahead, to measure its worth.
    A ticker whose joining would lie beyond the last session is left out.
    """
    known = event_flags.groupby(["ticker", "announced_on"])["first_session"].min()
    keys = pd.MultiIndex.from_arrays([pivots.index, pivots])
    reaction = pd.Series(known.reindex(keys).to_numpy(), index=pivots.index)
    after = first_session(pivots, pd.Series("post", index=pivots.index), sessions)
    place = sessions.searchsorted(pd.DatetimeIndex(reaction)) - sessions_earlier
    padded = np.append(sessions.to_numpy(), np.datetime64("NaT"))
    known_close = pd.Series(padded[np.minimum(place, len(sessions))], index=pivots.index)
    return after.where(reaction.isna(), known_close).dropna().rename("joins_at_close_of")


def membership(joining: pd.Series, sessions: pd.DatetimeIndex, tickers: Iterable[str]) -> pd.DataFrame:
    """Sessions × tickers: True from the close at which the ticker joins; never for one without a date."""
    dates = joining.reindex(list(tickers))
    return pd.DataFrame(sessions.to_numpy()[:, None] >= dates.to_numpy()[None, :], index=sessions, columns=dates.index)


def basket(
    closes: pd.DataFrame,
    members_by_date: pd.DataFrame,
    *,
    last_session: pd.Series | None = None,
    start: float = 100.0,
) -> pd.Series:
    """Level of an equal-weight basket with point-in-time membership.

    `members_by_date` (sessions × symbols, boolean) says who is held from that session's close on; a
    symbol without a close so far waits, one with a `last_session` is sold at that session's close.
    Weights are made equal at the close of the last session of each quarter and whenever membership
    changes. Missing before the first member; then `start`, and constant while nobody is a member. A
    missing close is carried forward from the last one.
    """
    forward(closes, "closes")
    prices = closes[members_by_date.columns].reindex(members_by_date.index).ffill()
    return _level(prices, _held(prices, members_by_date, last_session), start)


def _level(prices: pd.DataFrame, members: pd.DataFrame, start: float = 100.0) -> pd.Series:
    """Level of a basket of carried closes whose `members` are those of `_held`."""
    if prices.empty:  # no session, or nobody to hold
        return pd.Series(np.nan, prices.index)
    days, levels, held = pd.DatetimeIndex(prices.index), prices.to_numpy(float), members.to_numpy()
    # The coming session's quarter is known from the calendar; using it decides weights from that close on only.
    quarter = 4 * days.year + days.quarter
    rebalanced = np.append(quarter[1:] != quarter[:-1], True)
    rebalanced |= (held != np.vstack([np.zeros_like(held[:1]), held[:-1]])).any(axis=1)
    latest = np.maximum.accumulate(np.where(rebalanced, np.arange(len(days)), -1))
    weighed = np.append(-1, latest[:-1])  # where the weights of each session were made
    owned = held[weighed] & (weighed >= 0)[:, None]
    ratios = np.where(owned, levels / levels[weighed], 0.0)
    number = owned.sum(axis=1)
    growth = np.where(number > 0, ratios.sum(axis=1) / np.maximum(number, 1), 1.0)
    settled = np.append(1.0, np.where(rebalanced, growth, 1.0).cumprod()[:-1])
    begun = np.logical_or.accumulate(held.any(axis=1))
    return pd.Series(np.where(begun, start * settled * growth, np.nan), prices.index)


def pivoted_and_pure(
    closes: pd.DataFrame, joining: pd.Series, tickers: Iterable[str], last_session: pd.Series | None = None
) -> pd.DataFrame:
    """Levels of the `pivoted` and the `pure` basket of `tickers`, and who is held: `members` of the first, `others`."""
    forward(closes, "closes")
    signed = membership(joining, pd.DatetimeIndex(closes.index), tickers)
    prices = closes[signed.columns].ffill()
    members, others = (_held(prices, who, last_session) for who in (signed, ~signed))
    levels = {"pivoted": _level(prices, members), "pure": _level(prices, others)}
    return pd.DataFrame(levels | {"members": members.sum(axis=1), "others": others.sum(axis=1)})


def first_with(counts: pd.DataFrame, fewest: int) -> pd.Timestamp:
    """The first session with `fewest` members in the signers' basket and one in the other (`pivoted_and_pure`).

    Raises `TableError` with the mend if there is none: a fork may hold few companies, or only such as signed.
    """
    enough = counts.index[(counts["members"] >= fewest) & (counts["others"] > 0)]
    if not len(enough):
        most, others = (int(counts[side].max()) if len(counts) else 0 for side in ("members", "others"))
        raise TableError(
            f"no session has {fewest} miners that had signed and one that had not, but at most {most} and {others}. "
            "Lower enough_members in the chapter's parameters, add miners with their closes to data/instruments.csv, "
            "or take the chapter out (its notebook and its line in _toc.yml)"
        )
    return enough[0]


def both_returns(
    closes: pd.DataFrame,
    joining: pd.Series,
    tickers: Iterable[str],
    starts: Mapping[str, pd.Timestamp],
    last_session: pd.Series | None = None,
) -> pd.DataFrame:
    """Returns of both baskets to the last session, bought in equal weights at the close of each start: starts × two.

    Missing where a basket has no member at its start, and from a start after the last session.
    """
    tickers, rows = list(tickers), {}
    for name, day in starts.items():
        if day > closes.index[-1]:
            rows[name] = pd.Series(np.nan, ["pivoted", "pure"])
            continue
        levels = pivoted_and_pure(closes.loc[day:], joining, tickers, last_session)[["pivoted", "pure"]]
        rows[name] = levels.iloc[-1] / levels.iloc[0] - 1
    return pd.DataFrame(rows).T


def counted(
    ways: Mapping[str, tuple[Iterable[str], pd.Series, pd.DataFrame]],
    starts: Mapping[str, pd.Timestamp],
    last_session: pd.Series | None = None,
) -> pd.DataFrame:
    """`both_returns` under each way to count, tickers with their joining and closes: way × (start, basket).

    Missing from a start that a way's closes do not go beyond.
    """
    found = {}
    for way, (tickers, joining, closes) in ways.items():
        within = {start: day for start, day in starts.items() if day < closes.index[-1]}
        found[way] = both_returns(closes, joining, tickers, within, last_session).T.unstack()
    columns = pd.MultiIndex.from_product([starts, ["pivoted", "pure"]])
    return pd.DataFrame(found).T.reindex(columns=columns)


def standing(one: float, other: float, *, within: float = 0.05) -> str:
    """Whether a return in percent is "ahead" of another, "behind", or "level": final values within a share of each.

    "unknown" where one of them is missing, as of a basket without a member.
    """
    if np.isnan(one) or np.isnan(other):
        return "unknown"
    if one == other:
        return "level"
    ratio = (100 + one) / (100 + other) if other > -100 else np.inf
    return "level" if 1 - within < ratio < 1 + within else "ahead" if ratio > 1 else "behind"


def means_of(returns: pd.DataFrame, groups: Mapping[str, Iterable[str]]) -> pd.DataFrame:
    """Mean of the returns of each group's symbols in each row: equal amounts bought at the start of the row's span.

    A symbol without a return is left out of that row; a group without any has none.
    """
    return pd.DataFrame({name: returns[list(symbols)].mean(axis=1) for name, symbols in groups.items()})


def indexed(levels: pd.DataFrame, members: pd.DataFrame, *, fewest: int = 3, weeks: int = 1) -> pd.DataFrame:
    """Rows to draw: day, series, level (100 at the first session) and `few`: a basket of fewer than `fewest` members.

    Days are the first session, the last of every `weeks`-th week, counted from the end, and the last. `members` counts
    those of each basket by session; a series that it lacks is no basket.
    """
    calendar = pd.Series(pd.PeriodIndex(levels.index, freq="W").astype("int64"), index=levels.index)
    last = calendar.index[calendar != calendar.shift(-1)]
    chosen = last[(calendar.iloc[-1] - calendar[last]) % weeks == 0].union(levels.index[:1])
    drawn = (100 * levels / levels.iloc[0]).loc[chosen].rename_axis("day").reset_index()
    rows = drawn.melt("day", var_name="series", value_name="level").dropna(subset="level")
    counts = members.rename_axis("day").reset_index().melt("day", var_name="series", value_name="count")
    rows = rows.merge(counts, on=["day", "series"], how="left")
    return rows.assign(few=rows["count"] < fewest).drop(columns="count")


def labelled_levels(levels: pd.Series) -> list[float]:
    """Which levels to label on a log axis that starts at 100: halvings and doublings, finer ones below fourfold."""
    low, high = 0.95 * levels.min(), 1.05 * levels.max()
    scale = [60, 80, 100, 125, 150, 175] if high < 4 * low else [12.5, 25, 50, 100, 200, 400, 800]
    return [level for level in scale if low < level < high]


def _held(prices: pd.DataFrame, members_by_date: pd.DataFrame, last_session: pd.Series | None) -> pd.DataFrame:
    """Who is held from each session's close on: members that have had a close and whose last session is to come."""
    lasting = members_by_date.index.to_numpy()[:, None] < ends(members_by_date.columns, last_session)
    return members_by_date & prices.notna() & lasting


# --- which convention gives a published return ------------------------------------------------

Base = Callable[[pd.Series], pd.Timestamp]  # closes up to the end date -> base date


def _sessions_before(number: int) -> Base:
    return lambda past: past.index[-1 - number]


def _last_by(limit: Callable[[pd.Timestamp], pd.Timestamp]) -> Base:
    return lambda past: past.loc[: limit(past.index[-1])].index[-1]


def _of_year(place: int, *, years_before: int = 0) -> Base:
    return lambda past: past.loc[str(past.index[-1].year - years_before)].index[place]


def _lowest(limit: Callable[[pd.Timestamp], pd.Timestamp]) -> Base:
    return lambda past: pd.Timestamp(str(past.loc[limit(past.index[-1]) :].idxmin()))


def _year_before(past: pd.Series) -> pd.Timestamp:
    return past.index[-1] - pd.DateOffset(years=1)


CONVENTIONS: dict[str, dict[str, Base]] = {
    "one_day": {
        "close of the session before": _sessions_before(1),
        "close two sessions before": _sessions_before(2),
        "close five sessions before": _sessions_before(5),
    },
    "year_to_date": {
        "last close of the year before": _of_year(-1, years_before=1),
        "first close of the year": _of_year(0),
        "second close of the year": _of_year(1),
        "last close but one of the year before": _of_year(-2, years_before=1),
        "last close a month before": _last_by(lambda day: day - pd.DateOffset(months=1)),
        "lowest close of the year so far": _lowest(lambda day: pd.Timestamp(day.year, 1, 1)),
    },
    "one_year": {
        "last close on or before the same date a year earlier": _last_by(lambda day: day - pd.DateOffset(years=1)),
        "first close after the same date a year earlier": lambda past: past.loc[
            _year_before(past) + pd.Timedelta(days=1) :
        ].index[0],
        "last close 365 days before": _last_by(lambda day: day - pd.Timedelta(days=365)),
        "close fifty-two weeks before": _last_by(lambda day: day - pd.Timedelta(weeks=52)),
        "close 252 sessions before": _sessions_before(252),
        "close 250 sessions before": _sessions_before(250),
        "last close of the month a year earlier": _last_by(
            lambda day: day - pd.DateOffset(years=1) + pd.offsets.MonthEnd(0)
        ),
        "last close of the year before last": _of_year(-1, years_before=2),
        "lowest close of the last twelve months": _lowest(lambda day: day - pd.DateOffset(years=1)),
    },
}


def search_conventions(
    closes: pd.DataFrame,
    symbol: str,
    target: float,
    kind: str,
    *,
    ends: tuple[str | pd.Timestamp, str | pd.Timestamp],
    tolerance: float = 0.005,
    at_least: bool = False,
) -> pd.DataFrame:
    """Every plausible end date and base for a published return of `symbol`, closest to `target` first.

    `kind` is a key of `CONVENTIONS`; end dates are the sessions from the first to the last day of `ends`; `target`,
    `tolerance` and `gap` are fractions. With `at_least` a larger return has no gap. Columns: end, convention,
    base_date, base_close, end_close, return, gap, within. The number of rows is the number of conventions tried:
    many tries make a hit likely, so a hit is not a proof. No row `within` means none reproduces it.
    """
    if kind not in CONVENTIONS:
        raise ValueError(f"there is no kind {kind!r} of return; the kinds are {', '.join(CONVENTIONS)}")
    series = closes[symbol].dropna()
    rows = []
    for end in series.loc[ends[0] : ends[1]].index:
        past = series.loc[:end]
        if kind == "one_year" and past.index[0] > _year_before(past):
            continue  # listed less than a year ago: a later base would pass for a year
        for convention, base in CONVENTIONS[kind].items():
            try:
                rows.append((end, convention, base(past)))
            except (IndexError, KeyError):  # the series starts after this base
                continue
    tried = pd.DataFrame(rows, columns=["end", "convention", "base_date"])
    tried["base_close"] = series.reindex(tried["base_date"]).to_numpy()
    tried["end_close"] = series.reindex(tried["end"]).to_numpy()
    tried["return"] = tried["end_close"] / tried["base_close"] - 1
    gap = tried["return"] - target
    tried["gap"] = gap.clip(upper=0) if at_least else gap
    tried["within"] = tried["gap"].abs() <= tolerance
    return tried.sort_values("gap", key=abs, kind="stable", ignore_index=True)


def common_conventions(searches: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Of several results of `search_conventions`, how many each (end, convention) reproduces: `fits` of `tried`.

    Most fits first. One convention that fits all figures of a kind says more than a different one for each.
    """
    within = pd.concat(searches).groupby(["end", "convention"])["within"]
    together = pd.DataFrame({"fits": within.sum(), "tried": within.size()})
    return together.sort_values("fits", ascending=False, kind="stable")


TOLERANCES = {"one_day": 0.005, "year_to_date": 0.005, "one_year": 0.05}  # a return over a year is printed to tens


def reproduced(
    closes: pd.DataFrame, printed: pd.DataFrame, day: pd.Timestamp, *, sessions: int = 2
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Printed returns against those at the close of `day` on the usual base: one row each, and each one's search.

    `printed` has ticker, window (a kind of `CONVENTIONS`), published_value and, for "more than", published_low, in
    percent. Columns: ticker, window, printed (as text), found (percent), `from` and `close` (the usual base), `same`
    (within `TOLERANCES`), hits and tried (conventions of `search_conventions`, ends up to `sessions` from `day`), and
    `fits`, the nearest hit in words for one that is not the same. No rows without printed returns.
    """
    names = list(dict.fromkeys(printed["ticker"]))
    usual = performance(closes, names, day) if names else pd.DataFrame()
    near = closes.index[max(closes.index.searchsorted(day) - sessions, 0) :][: 2 * sessions + 1]
    rows, searches = {}, {}
    for claim, row in printed.iterrows():
        kind, at_least, own = row["window"], pd.isna(row["published_value"]), usual.loc[row["ticker"]]
        target = float(row["published_low"] if at_least else row["published_value"]) / 100
        tolerance = 0 if at_least else TOLERANCES[kind]
        tried = search_conventions(
            closes, row["ticker"], target, kind, ends=(near[0], near[-1]), tolerance=tolerance, at_least=at_least
        )
        hits = tried[tried["within"]]
        same = own[kind] >= target if at_least else abs(own[kind] - target) <= tolerance
        fits = [
            f"{hit.convention}, {hit.base_date:%Y-%m-%d} to {hit.end:%Y-%m-%d}" for hit in hits.head(1).itertuples()
        ]
        searches[str(claim)] = tried
        rows[claim] = {
            "ticker": row["ticker"], "window": kind, "printed": f"{'over ' if at_least else ''}{100 * target:g}",
            "found": 100 * own[kind], "from": own[f"{kind}_base_date"], "close": own[f"{kind}_base_close"],
            "same": bool(same), "hits": len(hits), "tried": len(tried), "fits": None if same or not fits else fits[0],
        }  # fmt: skip
    columns = ["ticker", "window", "printed", "found", "from", "close", "same", "hits", "tried", "fits"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.astype({"found": float, "close": float, "same": bool}), searches
