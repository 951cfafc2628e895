"""Abnormal returns: against statsmodels event by event, by hand, with gaps, without look-ahead, with clear errors."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from minerpivot.stocks import events, inference
from tests.frozen import load

MODELS = {"mean-adjusted": None, "market": ["QQQ"], "factor": ["BTC-USD", "QQQ", "SMH"]}


def one_event(ticker="A", session="2024-01-08"):
    """An event table with one row."""
    return pd.DataFrame({"ticker": [ticker], "session": pd.to_datetime([session])}, index=["deal"])


def small(**columns):
    """A panel by hand: the sessions are six weekdays of January 2024, the last one day 0 of `one_event`."""
    return pd.DataFrame(columns, index=pd.bdate_range("2024-01-01", "2024-01-08"), dtype=float)


def oldest_share(returns):
    """The miner with the longest history, whichever of them the tables hold."""
    miners = [ticker for ticker in load("miners")["ticker"] if ticker in returns]
    return returns[miners].count().idxmax()


SMALL = {"estimation": (-5, -2), "span": (-1, 0), "minimum": 4}


# --- against statsmodels, event by event ------------------------------------------------------


def by_statsmodels(returns, factors, deal, others, offsets):
    """One event by ordinary least squares, without the engine: abnormal returns, fit, used sessions, design."""
    day = returns.index.get_loc(deal["session"])
    own = returns[deal["ticker"]]
    design = pd.DataFrame({"const": 1.0}, index=returns.index)
    if factors is not None:
        design = design.join(returns[factors])
    near = set()
    for session in others.loc[others["ticker"] == deal["ticker"], "session"]:
        place = returns.index.get_loc(session)
        near |= {place - 1, place, place + 1}
    used = [
        place
        for place in range(max(day - 130, 0), day - 10)
        if place not in near and np.isfinite(own.iloc[place]) and design.iloc[place].notna().all()
    ]
    fit = sm.OLS(own.iloc[used], design.iloc[used]).fit()
    # An event near the last close has no later sessions yet: what exists of its window is compared.
    window = [day + offset for offset in offsets if day + offset < len(returns)]
    return own.iloc[window] - fit.predict(design.iloc[window]), fit, used, design


@pytest.mark.parametrize("factors", MODELS.values(), ids=MODELS.keys())
def test_all_events_at_once_equal_one_regression_each(returns, deals, factors):
    """Abnormal returns to 1e-12, sigma, coefficients, R² and forecast errors, with gaps cut at random."""
    random = np.random.default_rng(3)
    panel = returns.mask(random.random(returns.shape) < 0.03)
    panel.loc[deals["session"].unique()] = returns.loc[deals["session"].unique()]
    abnormal = events.abnormal_returns(panel, deals, factors=None if factors is None else panel[factors])
    assert len(abnormal.events) > 25
    car = events.cumulative(abnormal, (0, 0))
    for name, deal in deals.loc[abnormal.events.index].iterrows():
        expected, fit, used, design = by_statsmodels(panel, factors, deal, deals, range(-5, 21))
        row = abnormal.events.loc[name]
        found = abnormal.window.loc[name]
        np.testing.assert_allclose(found.iloc[: len(expected)], expected, rtol=0, atol=1e-12)
        assert found.iloc[len(expected) :].isna().all()
        np.testing.assert_allclose(abnormal.residuals.loc[name].dropna(), fit.resid, rtol=0, atol=1e-12)
        assert row["observations"] == len(used)
        assert row["sigma"] == pytest.approx(np.sqrt(fit.mse_resid), abs=1e-12)
        assert row["r_squared"] == pytest.approx(fit.rsquared, abs=1e-12)
        np.testing.assert_allclose(row.filter(regex="alpha|beta").astype(float), fit.params, rtol=0, atol=1e-11)
        forecast = fit.get_prediction(design.loc[[deal["session"]]]).se_obs[0]
        assert car.loc[name, "standard_error"] == pytest.approx(forecast, abs=1e-12)


def test_forecast_error_of_several_days_is_the_textbook_quadratic_form(returns, deals):
    """Variance of a CAR: sigma² (L + d'(X'X)⁻¹d) with d the sum of the window's rows of the design."""
    factors = MODELS["factor"]
    abnormal = events.abnormal_returns(returns, deals, factors=returns[factors])
    car = events.cumulative(abnormal, (2, 20))
    for name, deal in deals.loc[abnormal.events.index].iterrows():
        expected, fit, used, design = by_statsmodels(returns, factors, deal, deals, range(2, 21))
        if len(expected) < 19:  # the window runs beyond the last close
            assert np.isnan(car.loc[name, "scar"])
            continue
        rows = design.iloc[used].to_numpy()
        total = design.loc[expected.index].to_numpy().sum(axis=0)
        variance = fit.mse_resid * (19 + total @ np.linalg.inv(rows.T @ rows) @ total)
        assert car.loc[name, "standard_error"] == pytest.approx(np.sqrt(variance), abs=1e-12)
        assert car.loc[name, "scar"] == pytest.approx(expected.sum() / np.sqrt(variance), abs=1e-10)


# --- by hand ----------------------------------------------------------------------------------


def test_market_model_by_hand():
    """Four estimation sessions, small numbers.

    x = 1, 2, 3, 4 (mean 2.5), y = 1, 3, 2, 6 (mean 3): Sxx = 5, Sxy = 3 + 0 − 0.5 + 4.5 = 7, slope 1.4,
    intercept 3 − 3.5 = −0.5. Residuals 0.1, 0.7, −1.7, 0.9; squares 0.01 + 0.49 + 2.89 + 0.81 = 4.2, over 4 − 2
    = 2.1. Day 0: x = 4.5, y = 10, expected 5.8, abnormal 4.2. Forecast variance 2.1 · (1 + 1/4 + 2²/5) = 4.305.
    """
    panel = small(A=[1, 3, 2, 6, 0, 10], M=[1, 2, 3, 4, 0, 4.5])
    abnormal = events.abnormal_returns(panel, one_event(), factors=panel[["M"]], **SMALL)
    row, car = abnormal.events.loc["deal"], events.cumulative(abnormal, (0, 0)).loc["deal"]
    assert row["alpha"] == pytest.approx(-0.5)
    assert row["beta_M"] == pytest.approx(1.4)
    assert row["sigma"] ** 2 == pytest.approx(2.1)
    assert row["r_squared"] == pytest.approx(1 - 4.2 / 14)  # Syy = 4 + 0 + 1 + 9
    assert car["car"] == pytest.approx(4.2)
    assert car["standard_error"] ** 2 == pytest.approx(4.305)
    assert car["missing"] == ""


def test_mean_adjusted_model_by_hand():
    """Mean of 1, 3, 2, 6 is 3, variance 14/3. Day −1: 0 − 3, day 0: 10 − 3; together 4, variance 14/3 · (2 + 4/4)."""
    abnormal = events.abnormal_returns(small(A=[1, 3, 2, 6, 0, 10]), one_event(), **SMALL)
    car = events.cumulative(abnormal, (-1, 0)).loc["deal"]
    assert list(abnormal.window.loc["deal"]) == pytest.approx([-3, 7])
    assert car["car"] == pytest.approx(4)
    assert car["standard_error"] ** 2 == pytest.approx(14)


def test_other_events_of_the_firm_leave_the_estimation():
    """Another event on 1 January takes 1 and 2 January with it: what is left of 1, 3, 2, 6 has the mean 4."""
    others = one_event(session="2024-01-01")
    settings_ = SMALL | {"minimum": 2}
    abnormal = events.abnormal_returns(small(A=[1, 3, 2, 6, 0, 10]), one_event(), others=others, **settings_)
    assert abnormal.events.loc["deal", "observations"] == 2
    assert abnormal.window.loc["deal", 0] == pytest.approx(6)
    elsewhere = events.abnormal_returns(
        small(A=[1, 3, 2, 6, 0, 10], B=0), one_event(), others=others.assign(ticker="B"), **settings_
    )
    assert elsewhere.events.loc["deal", "observations"] == 4


def test_only_the_space_of_the_factors_matters(returns, deals):
    """SMH made orthogonal to QQQ, here over the whole history, changes no abnormal return: it brings no look-ahead."""
    plain = returns[MODELS["factor"]]
    known = plain.dropna()
    residual = sm.OLS(known["SMH"], sm.add_constant(known["QQQ"])).fit().resid
    turned = plain.assign(SMH=residual.reindex(plain.index))
    first, second = (events.abnormal_returns(returns, deals, factors=factors).window for factors in (plain, turned))
    np.testing.assert_allclose(first, second, rtol=0, atol=1e-12)


# --- gaps and errors --------------------------------------------------------------------------


def test_what_is_left_out_is_named_with_its_reason(returns, deals):
    """Too little history, and a window that runs beyond the data: reported, never dropped in silence."""
    share = oldest_share(returns)
    late = pd.DataFrame({"ticker": [share], "session": [returns[share].last_valid_index()]}, index=["late"])
    early = pd.DataFrame({"ticker": [share], "session": [returns.index[60]]}, index=["early"])
    abnormal = events.abnormal_returns(returns, pd.concat([deals, late, early]))
    assert set(abnormal.events.index) | set(abnormal.excluded.index) == {*deals.index, "late", "early"}
    assert abnormal.excluded["early"] == "49 usable sessions in [-130, -11], 90 are needed"
    assert abnormal.excluded.name == "reason"
    assert abnormal.events["observations"].dtype.kind == "i"  # a count
    assert events.cumulative(abnormal, (0, 0)).loc["late", "missing"] == ""
    drift = events.cumulative(abnormal, (0, 20)).loc["late"]
    assert drift["missing"] == "no abnormal return at +1"
    assert np.isnan(drift["car"])


def test_events_of_every_year_are_kept(returns):
    """A published package loses all events after July 2023 without a word; here each of them is estimated."""
    sessions = returns.index[150:-30:20]
    names = [f"{day:%Y-%m-%d}" for day in sessions]
    monthly = pd.DataFrame({"ticker": oldest_share(returns), "session": sessions}, index=names)
    nothing = monthly.iloc[:0]
    abnormal = events.abnormal_returns(returns, monthly, factors=returns[["QQQ"]], others=nothing)
    assert len(abnormal.events) + len(abnormal.excluded) == len(monthly)
    assert (abnormal.events["session"] > "2023-07-31").sum() > 30
    # Another counts calendar days: the estimation window here holds 120 sessions whatever the holidays.
    assert (abnormal.events["observations"] <= 120).all()
    assert (abnormal.events["observations"] == 120).mean() > 0.9


def test_a_missing_factor_is_said(returns, deals):
    """A fund that did not exist yet is the reason, not the firm."""
    factors = returns[["QQQ", "IBIT"]]
    early = pd.DataFrame({"ticker": [oldest_share(returns)], "session": [pd.Timestamp("2023-06-01")]}, index=["early"])
    abnormal = events.abnormal_returns(returns, pd.concat([deals, early]), factors=factors)
    assert abnormal.excluded["early"] == ("0 usable sessions in [-130, -11], 90 are needed; a factor is missing on 120")


def test_errors_say_what_to_mend(returns, deals):
    """Unknown firm, no session, double counts, factors that are missing or collinear, windows out of range."""
    first = deals.iloc[:1]
    name, start = first.index[0], f"{returns.index[0]:%Y-%m-%d}"
    with pytest.raises(ValueError, match=f"{name}: NOBODY has no returns"):
        events.abnormal_returns(returns, first.assign(ticker="NOBODY"))
    with pytest.raises(ValueError, match=f"{name}: 2025-06-01 is not a session"):
        events.abnormal_returns(returns, first.assign(session=pd.Timestamp("2025-06-01")))
    with pytest.raises(ValueError, match=f"{name}: NaT is not a session"):
        events.abnormal_returns(returns, first, others=first.assign(session=pd.NaT))
    with pytest.raises(ValueError, match="listed twice"):
        events.abnormal_returns(returns, pd.concat([first, first]))
    with pytest.raises(ValueError, match="count it once"):
        events.abnormal_returns(returns, pd.concat([first, first.rename(index={first.index[0]: "again"})]))
    with pytest.raises(ValueError, match=f"the factors have no row for {start}"):
        events.abnormal_returns(returns, first, factors=returns[["QQQ"]].iloc[1:])
    with pytest.raises(ValueError, match="collinear"):
        events.abnormal_returns(returns, first, factors=returns[["QQQ"]].assign(twice=returns["QQQ"] * 2))
    with pytest.raises(ValueError, match=rf"no event is left; {name}: \d+ usable"):
        events.abnormal_returns(returns, first, minimum=121)
    with pytest.raises(ValueError, match="2 observations cannot carry a model with 2 coefficients"):
        events.abnormal_returns(returns, first, factors=returns[["QQQ"]], minimum=2)
    with pytest.raises(ValueError, match="there are no events"):
        events.abnormal_returns(returns, first.iloc[:0])
    with pytest.raises(ValueError, match="must end before"):
        events.abnormal_returns(returns, first, span=(-20, 5))
    with pytest.raises(ValueError, match=r"window \[0, 30\] is not inside the span \[-5, 20\]"):
        events.cumulative(events.abnormal_returns(returns, first), (0, 30))


def test_a_panel_that_goes_back_in_time_is_refused(returns, deals):
    """In reverse order the estimation window would lie after the event: look-ahead. Also one swapped day, and twice."""
    first = deals.iloc[:1]
    swapped = returns.index[[*range(100), 101, 100, *range(102, len(returns))]]
    for panel in (returns[::-1], returns.loc[swapped]):
        with pytest.raises(ValueError, match="the returns go back from"):
            events.abnormal_returns(panel, first)
        with pytest.raises(ValueError, match="the factors go back from"):
            events.abnormal_returns(returns, first, factors=panel[["QQQ"]])
    twice = returns.iloc[[*range(101), *range(100, len(returns))]]
    with pytest.raises(ValueError, match=f"the returns have two rows for {returns.index[100]:%Y-%m-%d}"):
        events.abnormal_returns(twice, first)
    with pytest.raises(ValueError, match="the factors have two rows"):
        events.abnormal_returns(returns, first, factors=twice[["QQQ"]])
    with pytest.raises(ValueError, match="the returns hold QQQ twice"):
        events.abnormal_returns(returns.join(returns["QQQ"].rename("Q")).rename(columns={"Q": "QQQ"}), first)
    with pytest.raises(ValueError, match="a row without a day"):
        events.abnormal_returns(returns.set_axis([*returns.index[:-1], pd.NaT]), first)


@pytest.mark.parametrize("value", [np.inf, -np.inf, -1.2], ids=str)
@pytest.mark.parametrize("offset", [0, 1, 20, -5, -11, -130], ids=str)
def test_an_event_that_would_read_a_return_of_no_close_is_named_and_left_out_everywhere(returns, deals, value, offset):
    """It is in no mean, no test and no draw: all are those of the study without it."""
    name = "RIOT-2026-01-AMD"
    panel = returns.copy()
    place = returns.index.get_loc(deals.loc[name, "session"]) + offset
    panel.iloc[place, panel.columns.get_loc("RIOT")] = value
    chosen = deals[(deals["ticker"] != "RIOT") | (deals.index == name)]
    made = events.abnormal_returns(panel, chosen, factors=returns[["QQQ"]])
    day = f"{returns.index[place]:%Y-%m-%d}"
    assert made.excluded[name] == f"the return of {day} is {value:g}, which no close gives"
    without = events.abnormal_returns(returns, chosen.drop(name), factors=returns[["QQQ"]])
    for window in ((0, 0), (0, 1), (2, 20)):
        pd.testing.assert_frame_equal(
            inference.hypothesis_tests(made, window), inference.hypothesis_tests(without, window)
        )
        assert inference.summary(made, window).equals(inference.summary(without, window))
    drawn = inference.placebo(made, (0, 1), draws=300)
    assert np.isfinite(drawn).all(axis=None)


@pytest.mark.parametrize("offset", [21, -131, -5], ids=str)
def test_a_return_of_no_close_that_no_event_reads_harms_none(returns, deals, offset):
    """Beyond the span, before the history, or of another firm: the event stays, and no pseudo-event reads it."""
    name = "RIOT-2026-01-AMD"
    panel = returns.copy()
    place = returns.index.get_loc(deals.loc[name, "session"]) + offset
    panel.iloc[place, panel.columns.get_loc("CLSK" if offset == -5 else "RIOT")] = np.inf
    made = events.abnormal_returns(panel, deals.loc[[name]])
    assert made.excluded.empty
    assert np.isfinite(inference.placebo(made, (0, 1), draws=500)["mean"]).all()


def test_a_factor_of_no_close_is_refused(returns, deals):
    """A factor is in every model: its name and day are told."""
    factors = returns[["QQQ", "SMH"]].copy()
    factors.iloc[400, 1] = np.inf
    day = f"{returns.index[400]:%Y-%m-%d}"
    with pytest.raises(ValueError, match=f"factor SMH: the return of {day} is inf, which no close gives"):
        events.abnormal_returns(returns, deals, factors=factors)


@pytest.mark.parametrize("factors", MODELS.values(), ids=MODELS.keys())
@pytest.mark.parametrize("level", [0.0, 0.01, "QQQ"], ids=str)
def test_a_share_that_stands_still_is_named_and_harms_no_other_event(returns, deals, factors, level):
    """A constant price, one that grows by the same percent each day, and a share that is the market itself."""
    name, place = "RIOT-2026-01-AMD", returns.index.get_loc(deals.loc["RIOT-2026-01-AMD", "session"])
    panel = returns.copy()
    panel.iloc[place - 140 : place, panel.columns.get_loc("RIOT")] = (
        level if not isinstance(level, str) else returns[level].iloc[place - 140 : place].to_numpy()
    )
    chosen = deals[(deals["ticker"] != "RIOT") | (deals.index == name)]
    made = events.abnormal_returns(panel, chosen, factors=None if factors is None else returns[factors])
    if level == "QQQ" and factors is None:
        assert name not in made.excluded  # the market moves: only a model that holds it leaves nothing
        return
    assert made.excluded[name] == "the model leaves nothing of its estimation window: the price stands still"
    tests = inference.hypothesis_tests(made, (0, 1))
    assert tests["p_value"].notna().all()
    assert np.isfinite(inference.placebo(made, (0, 1), draws=300)).all(axis=None)
    with pytest.raises(ValueError, match=f"no event is left; {name}: the model leaves nothing"):
        events.abnormal_returns(
            panel, deals.loc[[name]], factors=None if factors is None else returns[factors], others=deals
        )


def test_no_pseudo_event_falls_where_its_share_stood_still(returns, deals):
    """Two hundred still sessions in the history of a firm: draws stay finite, no session among them is chosen."""
    panel = returns.copy()
    panel.iloc[400:600, panel.columns.get_loc("RIOT")] = 0.0
    made = events.abnormal_returns(panel, deals.loc[["RIOT-2026-01-AMD"]])
    drawn = inference.placebo(made, (0, 1), draws=3000)
    assert np.isfinite(drawn["mean"]).all()
    choices = inference._plan(made, (0, 1)).choices - made.panel.before
    assert not np.isin(choices, range(535, 600)).any()
    assert np.isin(choices, range(300, 400)).any()


# --- time -------------------------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(place=st.integers(720, 1190), seed=st.integers(0, 100))
def test_nothing_dated_a_day_or_earlier_rests_on_later_prices(returns, deals, place, seed):
    """All returns after the day are replaced by noise: every abnormal return up to it stays, to the last bit."""
    day = returns.index[place]
    changed = returns.copy()
    later = changed.index > day
    changed.loc[later] = np.random.default_rng(seed).normal(0, 0.1, (later.sum(), changed.shape[1]))
    factors = MODELS["factor"]
    dated = deals[deals["session"] <= day]
    before = events.abnormal_returns(returns, deals, factors=returns[factors])
    assume((before.events["session"] <= day).any())  # a ledger may begin after the day
    for known in (deals, dated):  # later events do not reach back either
        after = events.abnormal_returns(changed, known, factors=changed[factors])
        for name in after.events.index.intersection(dated.index):
            day_0 = returns.index.get_loc(dated.loc[name, "session"])
            past = [offset for offset in after.window if day_0 + offset <= place]
            assert past
            pd.testing.assert_series_equal(
                before.window.loc[name, past], after.window.loc[name, past], check_exact=True
            )


def test_a_day_0_that_is_one_session_late_is_caught(returns, deals):
    """Five percent planted on each day 0 is found there, and gone when day 0 is taken one session late."""
    deals = deals[deals["session"] < returns.index[-1]]  # an event of the last session has no next one yet
    planted = returns.copy()
    for _, deal in deals.iterrows():
        planted.loc[deal["session"], deal["ticker"]] += 0.05
    late = deals.assign(session=returns.index[returns.index.get_indexer(deals["session"]) + 1])

    def change(dates):
        kept = {"factors": returns[["QQQ"]], "others": deals}
        base, new = (events.abnormal_returns(panel, dates, **kept) for panel in (returns, planted))
        return (events.cumulative(new, (0, 0))["car"] - events.cumulative(base, (0, 0))["car"]).mean()

    assert change(deals) == pytest.approx(0.05, abs=1e-12)
    assert abs(change(late)) < 0.01


# --- edges ------------------------------------------------------------------------------------


def test_sessions_are_removed_around_another_event_on_the_sides_that_were_asked_for():
    """From an event's day to two sessions after it, and none before it."""
    days = pd.bdate_range("2024-01-01", periods=12)
    panel = pd.DataFrame({"A": np.random.default_rng(0).normal(0, 0.01, 12)}, days)
    both = pd.DataFrame({"ticker": "A", "session": days[[4, 11]]}, index=["before", "deal"])
    request = {"others": both, "removed": (0, 2), "estimation": (-10, -2), "span": (-1, 0), "minimum": 5}
    residuals = events.abnormal_returns(panel, both[1:], **request).residuals.loc["deal"]
    assert list(residuals.index[residuals.isna()]) == [-7, -6, -5]


def test_an_impossible_return_after_the_span_leaves_no_event_out():
    """The span ends with day 0; what stands on day 1 is not read. Within it, it is."""
    panel = pd.DataFrame({"A": [0.01, 0.03, 0.02, 0.06, 0.0, 0.1, np.inf]}, pd.bdate_range("2024-01-01", periods=7))
    assert list(events.abnormal_returns(panel, one_event(), **SMALL).names) == ["deal"]
    with pytest.raises(ValueError, match="deal: the return of 2024-01-09 is inf, which no close gives"):
        events.abnormal_returns(panel, one_event(), **(SMALL | {"span": (-1, 1)}))


def test_the_event_that_is_named_is_the_one_whose_day_is_no_session():
    """Not the one before it, whose day is the panel's first."""
    table = pd.DataFrame({"ticker": "A", "session": pd.to_datetime(["2024-01-01", "2024-01-06"])}, ["fine", "saturday"])
    with pytest.raises(ValueError, match="event saturday: 2024-01-06 is not a session of the panel"):
        events.abnormal_returns(small(A=[1, 3, 2, 6, 0, 10]), table, **SMALL)


@pytest.mark.parametrize("window", [(-11, 0), (0, 11), (-12, -11), (11, 12), (1, 0)])
def test_a_window_lies_inside_the_span(returns, deals, window):
    """Which it may fill; what begins before it, ends after it or goes back is refused."""
    abnormal = events.abnormal_returns(returns, deals.head(2), span=(-10, 10))
    assert events.within(abnormal, (-10, 10)) == slice(0, 21)
    assert events.within(abnormal, (0, 0)) == slice(10, 11)
    with pytest.raises(ValueError, match=r"is not inside the span \[-10, 10\]; widen `span`"):
        events.within(abnormal, window)


DAYS_OTHERWISE = {  # of a panel: text, instants, days of another calendar, dates of Python
    "text": lambda days: days.strftime("%Y-%m-%d"),
    "zone": lambda days: days.tz_localize("America/New_York"),
    "periods": lambda days: days.to_period("D"),
    "dates": lambda days: pd.Index(days.date),
}


@pytest.mark.parametrize("form", DAYS_OTHERWISE.values(), ids=DAYS_OTHERWISE)
def test_days_are_plain_days_in_returns_events_and_factors(form):
    """Else an event would meet another session than its own, or none, with an error of pandas."""
    panel = small(A=[0.01, -0.02, 0.03, 0.01, 0.0, 0.05])
    factors = panel.rename(columns={"A": "m"}) ** 2
    odd = panel.set_axis(form(panel.index))
    with pytest.raises(ValueError, match=r"the returns are by .*, not by day"):
        events.abnormal_returns(odd, one_event(), **SMALL)
    with pytest.raises(ValueError, match=r"the factors are by .*, not by day"):
        events.abnormal_returns(panel, one_event(), factors=factors.set_axis(odd.index), **SMALL | {"minimum": 3})
    deal = one_event().assign(session=[form(pd.DatetimeIndex(["2024-01-08"]))[0]])
    with pytest.raises(ValueError, match=r"the events are by .*, not by day"):
        events.abnormal_returns(panel, deal, **SMALL)


def test_a_panel_without_sessions_is_refused():
    """In words."""
    with pytest.raises(ValueError, match="the returns have no session"):
        events.abnormal_returns(small(A=[0] * 6)[:0], one_event(), **SMALL)
