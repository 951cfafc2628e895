"""Numbers that three other packages published, reproduced by this engine; where they differ, the reason.

No series of theirs is kept here. Returns are regenerated from what their regressions leave (coefficients, sums of
squares) and the returns of the windows, computed by statsmodels from the packages' returns: a week of `estudy2` below,
the ten years of `eventstudy` in annual_reports.csv, from example/returns_GAFAM.csv and 10K.csv of
github.com/LemaireJean-Baptiste/eventstudy at f2537304b6e3f8eff369bc493ab5a80fd19aac0f. The invented returns of
`EventStudy` are printed beside its results.
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


# --- EventStudy 0.66, "golden" values: three firms on one day of which eight sessions are known before --
# tests/testthat/test_golden_values.R and helper-golden-data.R of github.com/sipemu/eventstudy at
# 07ea64ac6389d73ec01528e7de39f5750710dd4e. Market model, simple returns, each firm against an index of its own.

INDEX = [  # eight sessions of estimation, then days 0 to 2
    [-0.02, -0.01, 0, 0.01, 0.02, 0.03, -0.015, 0.005, 0.015, -0.005, 0.01],
    [-0.018, -0.008, 0.002, 0.012, 0.022, 0.028, -0.012, 0.008, 0.012, -0.004, 0.009],
    [-0.025, -0.012, 0.001, 0.01, 0.02, 0.03, -0.01, 0.006, 0.018, -0.006, 0.011],
]
LINES = [(0.004, 1.2), (0.003, 1.0), (0.005, 1.4)]  # intercept and slope, to which these are added
ADDED = [
    [0.001, -0.001, 0.002, -0.002, 0.0015, -0.0015, 0.0005, -0.0005],
    [0.0012, -0.0008, 0.0018, -0.0016, 0.001, -0.0012, 0.0006, -0.001],
    [0.0008, -0.0012, 0.0016, -0.0014, 0.0012, -0.001, 0.0004, -0.0004],
]
DAYS = [[0.04, 0.0, 0.03], [0.03, -0.01, 0.02], [0.05, -0.005, 0.035]]
SHARED = pd.DataFrame(  # of each day, then of the days up to it
    {
        "mean": [0.017858427448395411, -0.003055141803282022, 0.012352491200872388],
        "t": [12.785674729349529, -0.93664440956979689, 5.8589693453114027],
        "patell": [17.404798533168357, -3.239085545200092, 12.231088522816789],
        "bmp": [9.262881651878164, -0.99419205506945918, 5.6244379647718095],
        "sign": [1.7320508075688774, -0.57735026918962584, 1.7320508075688774],
        "rank": [1.586435792425881, -0.95186147545552868, 1.269148633940705],
        "kolari_pynnonen": [0.70742152433092598, -0.075928084316215713, 0.42954758876108962],
        "caar": [0.017858427448395411, 0.014803285645113389, 0.027155776845985774],
        "caar_t": [12.785674729349529, 3.3332365393903789, 4.1627875088073241],
        "caar_bmp": [9.262881651878164, 3.431336898228547, 4.2274213480688871],
        "caar_kolari_pynnonen": [0.70742152433092598, 0.26205684907413279, 0.32285512936825822],
    }
)


@pytest.fixture(scope="module")
def day():
    """The three firms' abnormal returns. Each has a stretch of the calendar of its own, so that one series holds the
    three indices; what is tested takes them as one day."""
    own = [
        [*(intercept + slope * np.array(index[:8]) + added), *days]
        for (intercept, slope), index, added, days in zip(LINES, INDEX, ADDED, DAYS)
    ]
    sessions = pd.bdate_range("1970-01-01", periods=33)
    returns = pd.DataFrame({"own": np.concatenate(own)}, sessions)
    table = pd.DataFrame({"ticker": "own", "session": sessions[[8, 19, 30]]})
    factors = pd.DataFrame({"market": np.concatenate(INDEX)}, sessions)
    request = {"estimation": (-8, -1), "span": (0, 2), "minimum": 8, "others": table.iloc[:0]}
    return events.abnormal_returns(returns, table, factors=factors, **request)


def on_one_day(made, window):
    """The statistics of a study whose events share their day 0."""
    columns = events.within(made, window)
    fit = made.fit._replace(abnormal=made.fit.abnormal[:, columns], leverage=made.fit.leverage[:, columns])
    together = np.zeros((1, 3), dtype=int)
    found = event_arrays.statistics(event_arrays.measure(fit), np.arange(3)[None], together, window[1] - window[0] + 1)
    return {test: values[0] for test, values in found.items()}


def test_means_t_and_sign_of_the_shared_day(day):
    """As printed to the last digits, by day and cumulated."""
    for offset, printed in SHARED.iterrows():
        alone, cumulated = on_one_day(day, (offset, offset)), on_one_day(day, (0, offset))
        assert [alone["mean"], cumulated["mean"]] == pytest.approx([*printed[["mean", "caar"]]], abs=1e-12)
        assert alone["cross_sectional"] == pytest.approx(printed["t"], rel=1e-10)
        assert cumulated["cross_sectional"] == pytest.approx(printed["caar_t"], rel=1e-10)
        assert alone["generalised_sign"] == pytest.approx(printed["sign"], rel=1e-10)


def test_forecast_errors_and_the_penalty_of_a_shared_day(day):
    """Patell's sum of standardised returns, and what Kolari and Pynnönen leave of Boehmer's t: a thirteenth.

    Their Boehmer divides by the model's sigma alone. Boehmer, Musumeci & Poulsen (1991), and we, by that of the
    forecast; with theirs the statistic is that printed, and so is the one corrected by our correlation.
    """
    for offset, printed in SHARED.iterrows():
        alone, cumulated = on_one_day(day, (offset, offset)), on_one_day(day, (0, offset))
        scar = events.cumulative(day, (offset, offset))["scar"]
        assert scar.sum() / np.sqrt(3 * 6 / 4) == pytest.approx(printed["patell"], rel=1e-10)
        for found, columns, before in [
            (alone, slice(offset, offset + 1), ""),
            (cumulated, slice(0, offset + 1), "caar_"),
        ]:
            plain = day.fit.abnormal[:, columns].sum(axis=1) / day.fit.sigma
            theirs = plain.mean() / plain.std(ddof=1) * np.sqrt(3)
            assert theirs == pytest.approx(printed[f"{before}bmp"], rel=1e-10)
            assert found["bmp"] != pytest.approx(theirs, rel=1e-4)
            penalty = found["kolari_pynnonen"] / found["bmp"]
            assert theirs * penalty == pytest.approx(printed[f"{before}kolari_pynnonen"], rel=1e-9)


def test_ranks_of_the_shared_day_but_for_one_degree(day):
    """They take the spread of a day's mean rank over the days less one; Corrado (1989), and we, over the days."""
    sample = event_arrays.measure(day.fit)
    for offset, printed in SHARED["rank"].items():
        ranks = np.roll(sample.ranks, 2 - offset, axis=1)  # the day asked for comes last
        moved = sample._replace(ranks=ranks)
        found = event_arrays.statistics(moved, np.arange(3)[None], np.zeros((1, 3), dtype=int), 1)["corrado"][0]
        assert found == pytest.approx(printed * np.sqrt(11 / 10), rel=1e-10)
