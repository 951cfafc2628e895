"""Numbers that other packages published, reproduced by this engine; where they differ, the reason.

No series of theirs is kept here. Returns are regenerated from what their regressions leave (coefficients, sums of
squares) and the returns of the windows, computed by statsmodels from the packages' returns: a week of `estudy2` below,
the ten years of `eventstudy` in annual_reports.csv, from example/returns_GAFAM.csv and 10K.csv of
github.com/LemaireJean-Baptiste/eventstudy at f2537304b6e3f8eff369bc493ab5a80fd19aac0f.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from minerpivot.stocks import event_arrays, events, inference

# --- estudy2 0.10.0, vignette "Introduction": seven companies in the week of 16 March 2020 ------
# Market model on 2 April 2019 to 13 March 2020, log returns of closes, the S&P 500 as the market.

PUBLISHED = pd.DataFrame(
    {
        "mean": [0.02329740, -0.03157867, -0.01617850, 0.07672027, 0.05840545],
        "t_test": [1.3941497, -1.2769075, -0.4023135, 1.7958275, 5.1233281],
        "boehmer": [1.20471169, -1.17531339, 0.07606284, 2.16657728, 8.65212561],
        "generalised_sign": [1.1516761, 0.3957301, 1.1516761, 1.9076220, 2.6635680],
    }
)
MARKET_WEEK = [-0.1276521976, 0.0582263124, -0.053222272, 0.004696761, -0.0443276242]
MARKET = {  # last so many sessions of the estimation: mean, sum of squares about it
    240: (-0.00023336450113914986, 0.05207232824996713),
    227: (-0.0003044879825439144, 0.05193209900811896),
    212: (-0.00028750612224456444, 0.0513522151865948),
}
COMPANIES = {  # sessions, intercept, slope, residual sum of squares, returns of the week
    "AMZN": (240, 0.0001341891467, 0.8646351226, 0.02676067358,
             [-0.0551929572, 0.0679072856, 0.0121832232, 0.0274503972, -0.0186964936]),
    "ZM": (227, 0.002516539735, 0.3063879195, 0.3204366097,
           [0.00362235102, 0.0295965795, 0.066252857, 0.0417414447, 0.0533313378]),
    "UBER": (212, -0.002548507685, 1.134433886, 0.1641626405,
             [-0.107821703, -0.0704373205, -0.243713263, 0.323959342, 0.0401775702]),
    "NFLX": (240, -0.0001399286694, 0.9581999009, 0.08069304955,
             [-0.118095283, 0.0676311407, -0.013475847, 0.0511617298, 0.00240648679]),
    "SHOP": (240, 0.002954660602, 1.22728388, 0.1616642559,
             [-0.192999968, 0.0969194779, -0.0527929538, -0.0129384533, 0.0399723046]),
    "FB": (240, 0.0002801588075, 1.034075273, 0.04266336037,
           [-0.153769057, 0.0230860409, -0.0166006306, 0.0411267779, -0.022453621]),
    "UPWK": (240, -0.003810214977, 0.6928419454, 0.1915362343,
             [-0.00699792919, -0.0743240716, -0.19664452, 0.0931313471, 0.0378646056]),
}  # fmt: skip
POSITIVE = 814 / 1639  # share of positive residuals of all seven together


def around(mean, squares, count, random):
    """Noise with that mean and that sum of squares about it."""
    noise = random.standard_normal(count)
    noise -= noise.mean()
    return mean + noise * np.sqrt(squares / (noise**2).sum())


def on(market, intercept, slope, left, random):
    """Returns whose least squares on `market` give those coefficients and that residual sum of squares."""
    design = np.column_stack([np.ones(len(market)), market])
    noise = random.standard_normal(len(market))
    noise -= design @ np.linalg.lstsq(design, noise, rcond=None)[0]
    return intercept + slope * market + noise * np.sqrt(left / (noise**2).sum())


def regenerated():
    """Returns of market and companies with those coefficients and sums of squares; what is not given is noise."""
    random = np.random.default_rng(0)
    sessions = pd.bdate_range("2019-04-02", periods=245)
    market, lengths = [], [*MARKET, 0]
    for longer, shorter in pairwise(lengths):
        sums = {n: (n * mean, square + n * mean**2) for n, (mean, square) in MARKET.items()} | {0: (0.0, 0.0)}
        count, total, square = (a - b for a, b in zip((longer, *sums[longer]), (shorter, *sums[shorter])))
        market.append(around(total / count, square - total**2 / count, count, random))
    market = np.concatenate(market)
    table = {"market": [*market, *MARKET_WEEK]}
    for name, (count, intercept, slope, left, week) in COMPANIES.items():
        past = on(market[-count:], intercept, slope, left, random)
        table[name] = [*np.full(240 - count, np.nan), *past, *week]
    return pd.DataFrame(table, sessions)


@pytest.fixture(scope="module")
def week():
    """The seven companies' abnormal returns of that week."""
    returns = regenerated()
    table = pd.DataFrame({"ticker": list(COMPANIES), "session": returns.index[240]})
    request = {"factors": returns[["market"]], "estimation": (-240, -1), "span": (0, 4), "others": table.iloc[:0]}
    return events.abnormal_returns(returns, table, **request)


def test_means_and_plain_t_are_those_of_estudy2(week):
    """Mean abnormal return and cross-sectional t of each day, to the last digit printed."""
    np.testing.assert_allclose(week.window.mean(), PUBLISHED["mean"], rtol=0, atol=6e-9)
    for day, expected in PUBLISHED["t_test"].items():
        found = inference.hypothesis_tests(week, (day, day)).loc["cross_sectional", "statistic"]
        assert found == pytest.approx(expected, abs=6e-8)


def test_the_test_of_boehmer_is_that_of_estudy2_but_for_two_choices(week):
    """Ours is within 0.5 % of theirs, and theirs to the last digit once their two choices are made.

    They divide the residuals' sum of squares by T − 1, not by the T − 2 degrees of freedom that two coefficients
    leave, and take the market's mean and spread from all 240 sessions, also for a company that was listed later.
    """
    past = regenerated()["market"].iloc[:240]
    for day, expected in PUBLISHED["boehmer"].items():
        ours = inference.hypothesis_tests(week, (day, day)).loc["bmp", "statistic"]
        assert ours == pytest.approx(expected, rel=0.005)
        assert ours != pytest.approx(expected, abs=1e-7)
        count = week.events["observations"]
        sigma = week.events["sigma"] * np.sqrt((count - 2) / (count - 1))
        apart = (MARKET_WEEK[day] - past.mean()) ** 2 / ((past - past.mean()) ** 2).sum()
        scar = week.window[day] / (sigma * np.sqrt(1 + 1 / count + apart))
        assert scar.mean() / scar.std() * np.sqrt(7) == pytest.approx(expected, abs=6e-8)


def test_the_sign_test_is_that_of_estudy2_with_its_pooled_share(week):
    """They pool all residuals for the expected share of positives; Cowan (1992), and we, take the mean of companies."""
    for day, expected in PUBLISHED["generalised_sign"].items():
        nothing = np.zeros((7, 1))
        car = week.window[day].to_numpy()
        sample = event_arrays.Sample(car, car, nothing, np.full(7, POSITIVE), nothing)
        found = event_arrays.statistics(sample, np.arange(7)[None], 10 * np.arange(7)[None], 1)["generalised_sign"]
        assert found[0] == pytest.approx(expected, abs=6e-8)


# --- eventstudy, "Get started": annual reports (10-K) of five companies, 2010 to 2019 -----------

TABLE = pd.DataFrame(  # offset: AAR, t; mean, least, median and largest CAR
    [
        (-0.004, -1.70, -0.0042, -0.0463, -0.0050, 0.0373), (0.001, -1.00, -0.0035, -0.0595, 0.0006, 0.0515),
        (0.001, -0.64, -0.0028, -0.0839, -0.0052, 0.0627), (-0.002, -1.04, -0.0052, -0.0631, -0.0078, 0.0574),
        (0.004, -0.26, -0.0015, -0.0705, -0.0080, 0.0868), (0.009, 1.29, 0.0078, -0.1059, 0.0022, 0.2023),
        (-0.004, 0.54, 0.0036, -0.1030, -0.0120, 0.2108), (-0.002, 0.27, 0.0019, -0.0974, -0.0163, 0.1854),
        (-0.001, 0.14, 0.0010, -0.1184, -0.0181, 0.1960), (-0.002, -0.10, -0.0007, -0.1127, -0.0199, 0.2054),
        (-0.004, -0.53, -0.0044, -0.1586, -0.0178, 0.2121), (-0.004, -1.01, -0.0087, -0.1747, -0.0215, 0.2106),
        (0.000, -0.97, -0.0087, -0.1896, -0.0175, 0.2005), (-0.001, -1.09, -0.0101, -0.1736, -0.0172, 0.2064),
        (0.002, -0.81, -0.0078, -0.1534, -0.0122, 0.1969), (-0.003, -1.13, -0.0113, -0.1750, -0.0153, 0.2034),
    ],
    index=range(-5, 11),
    columns=["aar", "t", "mean", "min", "median", "max"],
)  # fmt: skip


def test_the_annual_reports_of_eventstudy():
    """Every printed mean, t, least, median and largest CAR of the table, its 38 events laid end to end in one series.

    The package's text says 200 sessions of estimation; the printed table is that of its default, 300, and of the 38 of
    41 reports that its returns reach. Its t takes residual variance over T, without forecast error.
    """
    random = np.random.default_rng(0)
    reports = pd.read_csv(Path(__file__).with_name("annual_reports.csv"))
    own, market, gap = [], [], np.zeros(30)  # sessions between estimation and window, which nothing reads
    for row in reports.to_dict("records"):
        past = around(row["market_mean"], row["market_squares"], 300, random)
        market += [*past, *gap, *(row[f"market {offset:+d}"] for offset in TABLE.index)]
        past = on(past, row["intercept"], row["slope"], row["left"], random)
        own += [*past, *gap, *(row[f"own {offset:+d}"] for offset in TABLE.index)]
    sessions = pd.bdate_range("1970-01-01", periods=len(own))
    table = pd.DataFrame({"ticker": "own", "session": sessions[335 + 346 * np.arange(38)]})
    returns, factors = pd.DataFrame({"own": own}, sessions), pd.DataFrame({"market": market}, sessions)
    request = {"estimation": (-335, -36), "span": (-5, 10), "others": table.iloc[:0]}
    made = events.abnormal_returns(returns, table, factors=factors, **request)
    car = made.window.cumsum(axis=1)
    variance = made.residuals.var(axis=1, ddof=0).sum() / 38**2
    found = pd.DataFrame({"aar": made.window.mean(), "t": car.mean() / np.sqrt(variance * np.arange(1, 17))})
    found = found.join(car.agg(["mean", "min", "median", "max"]).T)
    printed = {"aar": 3, "t": 2, "mean": 4, "min": 4, "median": 4, "max": 4}
    for column, digits in printed.items():
        np.testing.assert_allclose(found[column], TABLE[column], rtol=0, atol=0.5001 * 10.0**-digits)
