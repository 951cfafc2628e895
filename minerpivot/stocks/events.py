"""Abnormal returns around events: every event's model is estimated at once, by batched least squares.

A *panel* is returns, sessions × firms, simple and close to close, as fractions. An *event* is a firm
and its day 0, the first session in which the market could react. *Offsets* count sessions from day 0;
a window [a, b] includes both ends. The model explains a firm's return by a constant and any factors:
none is the mean-adjusted model, one market index the market model, several a factor model (MacKinlay,
1997, "Event studies in economics and finance"). Only the space that the factors span matters: making
one orthogonal to another changes no abnormal return. Nothing dated D rests on a return after D.

Days must go forward, each once. What no close can give (an infinite return, one under −100 %) is never averaged:
an event that would read it is left out by name, and no pseudo-event reads it.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from minerpivot.stocks.event_arrays import Fit, Panel, Window, estimate, flat, forecast_scale, take

ESTIMATION: Window = (-130, -11)
MINIMUM_OBSERVATIONS = 90


@dataclass(frozen=True)
class AbnormalReturns:
    """Result of `abnormal_returns`: arrays, and the tables that people read, made of them when asked for.

    `names`: the events kept, in their order; `left_out`: the others, with the reason in words. `fit`: their models.
    `panel` and `sessions`: what the models read; `firm` and `position`: each event's row and day 0 in the panel.
    `firms` and `factors`: names of the panel's rows and of the factors. `span`: first and last offset of `window`.
    """

    names: pd.Index
    left_out: dict[Hashable, str]
    fit: Fit
    panel: Panel
    sessions: pd.DatetimeIndex
    firm: np.ndarray
    position: np.ndarray
    firms: pd.Index
    factors: list[str]
    span: Window

    @property
    def excluded(self) -> pd.Series:
        """Event -> why it is left out."""
        return pd.Series(self.left_out, name="reason", dtype=str)

    @property
    def ticker(self) -> pd.Index:
        """The firm of each event."""
        return self.firms[self.firm]

    @property
    def session(self) -> pd.DatetimeIndex:
        """Day 0 of each event."""
        return self.sessions[self.position - self.panel.before]

    @property
    def events(self) -> pd.DataFrame:
        """Event -> ticker, session, observations, sigma, r_squared, alpha and a `beta_<factor>` each."""
        own = take(self.panel.returns, self.firm, self.position, self.panel.estimation)
        total = np.nanvar(np.where(np.isnan(self.fit.residuals), np.nan, own), axis=1) * self.fit.observations
        facts: dict[str, object] = {"ticker": self.ticker, "session": self.session}
        facts |= {"observations": self.fit.observations.astype(int), "sigma": self.fit.sigma}
        facts |= {"r_squared": 1 - np.nansum(self.fit.residuals**2, axis=1) / total}
        names = ["alpha", *(f"beta_{name}" for name in self.factors)]
        return pd.DataFrame(facts | dict(zip(names, self.fit.coefficients.T)), index=self.names)

    @property
    def residuals(self) -> pd.DataFrame:
        """Events × estimation offsets, missing where a session was not used."""
        past = np.arange(self.panel.estimation[0], self.panel.estimation[1] + 1)
        return pd.DataFrame(self.fit.residuals, self.names, past)

    @property
    def window(self) -> pd.DataFrame:
        """Abnormal returns: events × offsets of `span`, missing where a return or factor is."""
        return pd.DataFrame(self.fit.abnormal, self.names, np.arange(self.span[0], self.span[1] + 1))


def abnormal_returns(
    returns: pd.DataFrame,
    events: pd.DataFrame,
    *,
    factors: pd.DataFrame | None = None,
    estimation: Window = ESTIMATION,
    span: Window = (-5, 20),
    minimum: int = MINIMUM_OBSERVATIONS,
    others: pd.DataFrame | None = None,
    removed: Window = (-1, 1),
) -> AbnormalReturns:
    """Abnormal returns of all `events` over the offsets of `span`, each from its own estimation window.

    `returns`: sessions × firms, missing where there is none. `events`: one row per event, index its name,
    columns `ticker` and `session` (day 0). `factors`: factor returns on the same sessions; None is the
    mean-adjusted model. A session enters an estimation if the return and all factors are known and it is
    not within the offsets `removed` of an event of the same firm in `others` (default: `events`; give the
    full list when `events` is a selection from it).

    An event is left out and named in `excluded` if it has fewer than `minimum` usable sessions, if a return that no
    close can give stands in its estimation window or span, and if the model explains its estimation window to the
    last bit (a price that stands still), so that no test could weigh it. Raises `ValueError` for days that go back or
    come twice, a firm without returns, a day that is not a session, an event named or counted twice, factors that are
    impossible, do not cover the sessions or are collinear, and when no event is left.
    """
    if not estimation[0] < estimation[1] < min(span[0], 0):
        raise ValueError(f"the estimation window {list(estimation)} must end before day 0 and the span {list(span)}")
    forward(returns, "returns")
    names = [] if factors is None else factors.columns.tolist()
    if minimum <= 1 + len(names):
        raise ValueError(f"{minimum} observations cannot carry a model with {1 + len(names)} coefficients")
    column, day = _positions(events, returns)
    _check(events, column, day)
    used, firm = np.unique(column, return_inverse=True)
    near = (firm, day)
    if others is not None:
        column, other_day = _positions(others[others["ticker"].isin(returns.columns[used])], returns)
        near = (np.searchsorted(used, column), other_day)
    raw, own = _factor_array(returns, factors), returns.to_numpy(float)[:, used]
    wrong = impossible(own)
    panel = _panel(np.where(wrong, np.nan, own), raw, near, removed, estimation=estimation, span=span, minimum=minimum)
    sessions, day = pd.DatetimeIndex(returns.index), day + panel.before
    reasons = _reasons(panel, own, wrong, sessions, firm, day, span)
    kept = np.flatnonzero(reasons == "")
    if len(kept):
        fit = estimate(panel, firm[kept], day[kept], span)
        still = flat(panel, firm[kept], day[kept], fit.sigma)
        if still.any():
            reasons[kept[still]] = "the model leaves nothing of its estimation window: the price stands still"
            kept, fit = kept[~still], Fit(*(field[~still] for field in fit))
    left_out = {events.index[int(place)]: reasons[place] for place in np.flatnonzero(reasons != "")}
    if not len(kept):
        raise ValueError("no event is left; {}: {}".format(*next(iter(left_out.items()))))
    kept_names, tickers = events.index[kept] if left_out else events.index, returns.columns.take(used)
    # pyrefly: ignore[unbound-name]
    return AbnormalReturns(kept_names, left_out, fit, panel, sessions, firm[kept], day[kept], tickers, names, span)


def cumulative(abnormal: AbnormalReturns, window: Window) -> pd.DataFrame:
    """Cumulative abnormal return of each event over `window`, with its standard error and their ratio.

    Columns `car` (fraction), `standard_error`, `scar` (= car / standard_error) and `missing` (empty, or
    the first offset without an abnormal return, in words; then the others are missing). The standard error
    holds the forecast error of the model: sigma² times L + L²/M + d'(X'X)⁻¹d for L sessions, M
    observations, centred factors X and d the window's summed deviation of the factors from their
    estimation means (Boehmer, Musumeci & Poulsen, 1991, with Mikkelson & Partch, 1988, for L > 1).
    Raises `ValueError` if `window` is not inside the span.
    """
    columns = within(abnormal, window)
    chosen = abnormal.fit.abnormal[:, columns]
    car = chosen.sum(axis=1)
    error = abnormal.fit.sigma * forecast_scale(abnormal.fit.leverage[:, columns])
    gaps = np.isnan(chosen)
    words = [f"no abnormal return at {window[0] + gap.argmax():+d}" if gap.any() else "" for gap in gaps]
    found = {"car": car, "standard_error": error, "scar": car / error, "missing": words}
    return pd.DataFrame(found, index=abnormal.names)


def within(abnormal: AbnormalReturns, window: Window) -> slice:
    """The columns of `abnormal.window` that make up `window`; `ValueError` if the span does not hold them."""
    first, last = abnormal.span
    if not first <= window[0] <= window[1] <= last:
        raise ValueError(f"window {list(window)} is not inside the span [{first}, {last}]; widen `span`")
    return slice(window[0] - first, window[1] - first + 1)


def forward(table: pd.DataFrame | pd.Series, what: str) -> None:
    """Refuse what a look-ahead could hide in: days that go back, come twice or are missing, series of one name."""
    days = table.index
    if days.hasnans:
        raise ValueError(f"the {what} have a row without a day; leave it out")
    if days.has_duplicates:
        raise ValueError(f"the {what} have two rows for {str(days[days.duplicated()][0])[:10]}; keep one")
    if not days.is_monotonic_increasing:
        place = int(np.flatnonzero(days[1:] < days[:-1])[0])
        raise ValueError(f"the {what} go back from {str(days[place])[:10]} to {str(days[place + 1])[:10]}; sort by day")
    if isinstance(table, pd.DataFrame) and table.columns.has_duplicates:
        raise ValueError(f"the {what} hold {table.columns[table.columns.duplicated()][0]} twice; keep one column")


def plain_days(days: pd.Index | pd.Series, what: str) -> None:
    """Refuse what is no day, such as a text or an instant with a time zone: it would meet no other table's days."""
    if not pd.api.types.is_datetime64_dtype(days):
        raise ValueError(f"the {what} are by {days.dtype}, not by day; use pd.to_datetime(days).tz_localize(None)")


def impossible(returns: np.ndarray) -> np.ndarray:
    """Where a return cannot come from two closes: infinite, or a loss of more than everything."""
    return np.isinf(returns) | (returns < -1)


def _panel(
    returns: np.ndarray,
    factors: np.ndarray,
    near: tuple[np.ndarray, np.ndarray],
    removed: Window,
    *,
    estimation: Window,
    span: Window,
    minimum: int,
) -> Panel:
    before, after = max(-estimation[0], -span[0]), max(span[1], 0)
    (sessions, firms), real = returns.shape, slice(before, before + len(returns))
    values = np.full((firms, before + sessions + after), np.nan)
    padded: np.ndarray = np.full((before + sessions + after, factors.shape[1]), np.nan)
    values[:, real], padded[real] = returns.T, factors
    known = np.all(np.isfinite(padded), axis=1)
    blocked = np.zeros(values.shape, dtype=bool)
    firm, day = near
    window = day[:, None] + before + np.arange(removed[0], removed[1] + 1)
    blocked[firm[:, None], np.clip(window, 0, len(padded) - 1)] = True
    usable = np.isfinite(values) & known & ~blocked
    return Panel(values, usable, np.where(known[:, None], padded, 0.0), known, blocked, before, estimation, minimum)


def _reasons(
    panel: Panel,
    own: np.ndarray,
    wrong: np.ndarray,
    sessions: pd.DatetimeIndex,
    firm: np.ndarray,
    day: np.ndarray,
    span: Window,
) -> np.ndarray:
    """Why each event cannot be estimated, in words; empty where it can. `own`: the returns as they were given."""
    first, last = panel.estimation
    observations = take(panel.usable, firm, day, panel.estimation).sum(axis=1)
    reasons = np.full(len(day), "", dtype=object)
    for place in np.flatnonzero(observations < panel.minimum):
        past = slice(day[place] + first, day[place] + last + 1)
        unknown = (~panel.known[past] & np.isfinite(panel.returns[firm[place], past])).sum()
        reasons[place] = f"{observations[place]} usable sessions in {[first, last]}, {panel.minimum} are needed" + (
            f"; a factor is missing on {unknown}" if unknown else ""
        )
    for row, column in np.argwhere(wrong)[::-1]:  # the first of an event's is named
        read = (firm == column) & (row >= day - panel.before + first) & (row <= day - panel.before + max(span[1], 0))
        reasons[read] = f"the return of {sessions[row]:%Y-%m-%d} is {own[row, column]:g}, which no close gives"
    return reasons


def _factor_array(returns: pd.DataFrame, factors: pd.DataFrame | None) -> np.ndarray:
    if factors is None:
        return np.empty((len(returns), 0))
    plain_days(factors.index, "factors")
    forward(factors, "factors")
    values = factors.to_numpy(float)
    for place, name in zip(*np.nonzero(impossible(values))):
        raise ValueError(
            f"factor {factors.columns[name]}: the return of {factors.index[place]:%Y-%m-%d} is "
            f"{values[place, name]:g}, which no close gives"
        )
    if factors.index.equals(returns.index):
        return values
    absent = returns.index.difference(factors.index)
    if len(absent):
        raise ValueError(f"the factors have no row for {absent[0]:%Y-%m-%d}; give them the sessions of the returns")
    return factors.reindex(returns.index).to_numpy(float)


def _positions(table: pd.DataFrame, returns: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Column and row of each event in `returns`; `ValueError` naming the first that has none."""
    plain_days(returns.index, "returns")
    plain_days(table["session"], "events")
    if returns.empty:
        raise ValueError("the returns have no session; give at least those of an estimation window")
    places = {ticker: place for place, ticker in enumerate(returns.columns.tolist())}
    column = np.array([places.get(ticker, -1) for ticker in table["ticker"].tolist()], dtype=int)
    sessions = returns.index.to_numpy()
    days = table["session"].to_numpy(sessions.dtype)
    row = np.minimum(np.searchsorted(sessions, days), len(sessions) - 1)
    row[sessions[row] != days] = -1
    if (column < 0).any():
        name, ticker = table.index[column < 0][0], table["ticker"].loc[column < 0].iloc[0]
        raise ValueError(f"event {name}: {ticker} has no returns; leave the event out or add the firm")
    if (row < 0).any():
        name, day = table.index[row < 0][0], str(table["session"].loc[row < 0].iloc[0])[:10]
        raise ValueError(f"event {name}: {day} is not a session of the panel; first_session() finds the next one")
    return column, row


def _check(events: pd.DataFrame, column: np.ndarray, row: np.ndarray) -> None:
    if events.empty:
        raise ValueError("there are no events; give at least one")
    if events.index.has_duplicates:
        raise ValueError(f"event {events.index[events.index.duplicated()][0]} is listed twice; name each event once")
    if len(np.unique(column * (row.max() + 1) + row)) < len(row):
        twice = events.index[events.duplicated(["ticker", "session"])][0]
        raise ValueError(f"event {twice}: its firm has another on the same session; count it once")
