"""Machines, margins, power prices and reported costs: worked by hand, point in time, errors caught."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from minerpivot.halving import mining, power
from tests.frozen import load

ASICS = load("asics")
unhurried = settings(deadline=None, max_examples=30)  # a busy machine is not a failed test
DAYS = pd.DatetimeIndex(["2019-06-30", "2020-12-30", "2020-12-31", "2021-06-30", "2023-06-30", "2025-01-01"])


def catalogue(*rows):
    """An asics table of (model, released, J/TH, and availability where it is not delivered)."""
    found = pd.DataFrame(rows, columns=["model", "released", "efficiency_j_per_th", "availability"][: len(rows[0])])
    return found.assign(availability=found.get("availability", pd.Series(index=found.index)).fillna("delivered"))


FOUR = catalogue(
    ("B", "2020", 40.0, "delivered"),
    ("A", "2019-05", 60.0, "delivered"),
    ("C", "2021-06-30", 50.0, "delivered"),
    ("D", "2021", 10.0, "announced"),
    ("E", "2020", 9.0, "presale"),
)


def test_frontier_is_the_best_machine_delivered_so_far():
    """A until the last day of 2020, then B; the worse C, the announced D and E on presale never lead."""
    best = power.frontier(FOUR, DAYS)
    assert best["model"].tolist() == ["A", "A", "B", "B", "B", "B"]
    assert best.loc["2020-12-31", "efficiency_j_per_th"] == 40


def test_of_two_better_machines_of_one_day_the_best_leads():
    """X (50) and Y (45) come on one day after A (60): Y leads from that day, whatever their names' order."""
    for names in (("X", "Y"), ("Y", "X")):
        machines = catalogue(("A", "2019-05", 60.0), (names[0], "2020", 50.0), (names[1], "2020", 45.0))
        best = power.frontier(machines, pd.DatetimeIndex(["2020-12-30", "2020-12-31"]))
        assert best["efficiency_j_per_th"].tolist() == [60, 45]


def test_before_the_first_machine_there_is_none():
    """Nothing is invented for a day before the catalogue starts."""
    early = pd.DatetimeIndex(["2019-05-30"])
    assert power.frontier(FOUR, early)["model"].isna().all()
    assert power.fleets(FOUR, early).isna().all(axis=None)


@unhurried
@given(st.floats(1, 200), st.dates(pd.Timestamp("2022-01-01").date(), pd.Timestamp("2026-12-31").date()))
def test_a_later_machine_changes_no_earlier_day(efficiency, released):
    """Point in time: adding a machine leaves frontier, fleets and share under water as they were before its day."""
    days = pd.date_range("2019-01-01", "2026-12-31", freq="182D")
    more = pd.concat([ASICS, catalogue(("new", str(released), efficiency))], ignore_index=True)
    early = days[days < pd.Timestamp(released)]
    price = pd.Series(50.0, index=early)
    pd.testing.assert_frame_equal(power.fleets(ASICS, early), power.fleets(more, early))
    pd.testing.assert_frame_equal(power.share_under_water(price, ASICS, [6]), power.share_under_water(price, more, [6]))


def test_a_partial_date_read_from_its_first_day_would_be_caught():
    """The S21, dated to 2023, does not lead in October 2023; an error that reads the year's first day makes it lead."""
    day = pd.DatetimeIndex(["2023-10-31"])
    released = ASICS["released"]
    wrong = ASICS.assign(released=released.where(released.str.len() > 4, released + "-01-01"))
    assert not power.frontier(ASICS, day)["model"].str.contains("S21").any()
    assert power.frontier(wrong, day)["model"].str.contains("S21").all()


def test_typical_and_old_fleet_worked_by_hand():
    """60 of A alone, 50 of A and B, 50 of all three, 45 of B and C; in July 2025 nothing is younger than four years."""
    days = pd.DatetimeIndex([*DAYS, pd.Timestamp("2025-07-01")])
    fleets = power.fleets(FOUR, days)
    assert fleets["typical"].tolist()[:5] == [60, 60, 50, 50, 45]
    assert np.isnan(fleets["typical"].iloc[-1])
    assert fleets.loc["2023-06-30", "old"] == 60  # typical on 2019-06-30


def test_a_fleet_kept_for_less_time_forgets_sooner():
    """C, of the end of June 2021, counts for two years and drops out on the day that completes them."""
    assert power.typical(FOUR, pd.DatetimeIndex(["2023-06-29"]), years=2).tolist() == [50]
    assert power.typical(FOUR, pd.DatetimeIndex(["2023-06-30"]), years=2).isna().all()


def test_margin_worked_by_hand():
    """48 USD at 20 J/TH are 100 USD per MWh; after 6 cents (60 USD) 40 remain, at 40 J/TH -10."""
    day = pd.DatetimeIndex(["2024-01-01"])
    fleets = pd.DataFrame({"new": [20.0], "old": [40.0]}, index=day)
    kept = power.margin(pd.Series([48.0], index=day), fleets, cents_per_kwh=6)
    assert kept.loc["2024-01-01"].tolist() == pytest.approx([40, -10])


def test_what_is_left_of_a_margin():
    """10 after 40 is a quarter; a loss of 10 after a margin of 40 is minus a quarter."""
    days = pd.date_range("2024-01-01", periods=2)
    first, second = (slice(day, day) for day in days)
    assert power.share_left(pd.Series([40.0, 10.0], days), first, second) == 25
    assert power.share_left(pd.Series([40.0, -10.0], days), first, second) == -25


def test_what_is_left_to_a_fleet_that_kept_its_machines():
    """96 then 48 USD, 40 then 20 J/TH, power at 2 cents: the like of the day has all of its 80, the old machines 30."""
    days = pd.date_range("2024-01-01", periods=2)
    first, second = (slice(day, day) for day in days)
    income, efficiency = pd.Series([96.0, 48.0], days), pd.Series([40.0, 20.0], days)
    like = power.margin(income, efficiency.to_frame("typical"), cents_per_kwh=2)["typical"]
    assert power.share_left(like, first, second) == pytest.approx(100)
    kept = power.share_left_unrenewed(income, efficiency, first, second, cents_per_kwh=2)
    assert kept == pytest.approx(100 * 30 / 80)


def test_share_under_water_worked_by_hand():
    """At 48 USD A (60 J/TH), C (50) and B (40) bear 3.33, 4 and 5 cents: none drowns at 3, A at 4, all at 6."""
    shares = power.share_under_water(pd.Series(48.0, index=DAYS), FOUR, [3, 4, 6]).loc["2021-06-30"]
    assert shares.tolist() == pytest.approx([0, 100 / 3, 100])


@unhurried
@given(st.floats(10, 300), st.floats(2, 12))
def test_under_water_agrees_with_the_break_even_price(price, cents):
    """The share is that of machines whose break-even power price is below the price paid."""
    day = pd.DatetimeIndex(["2025-06-30"])
    machines = power.delivered(ASICS)
    bears = mining.break_even_cents_per_kwh(price, machines.loc[machines["day"] <= day[0], "efficiency_j_per_th"])
    assume(((bears / cents - 1).abs() > 1e-9).all())
    share = power.share_under_water(pd.Series(price, index=day), ASICS, [cents])
    assert share.iloc[0, 0] == pytest.approx(100 * (bears < cents).mean())


def test_what_fleets_and_machines_can_pay_worked_by_hand():
    """At 48 USD a 40 J/TH machine can pay 5 cents, at 24 half; C is not there before 2021; D, only announced, never."""
    price = pd.Series(np.where(DAYS < "2021", 48.0, 24.0), index=DAYS)
    moments = {
        "before": slice(pd.Timestamp("2020-12-31"), pd.Timestamp("2020-12-31")),
        "now": slice(pd.Timestamp("2021-06-30"), pd.Timestamp("2021-06-30")),
    }
    found = power.break_evens(price, FOUR, ["B", "C"], moments).set_index("name")
    assert found.loc["B", ["j_per_th", "before", "now"]].tolist() == pytest.approx([40, 5, 2.5])
    assert np.isnan(found.loc["C", "before"])
    assert found.loc["C", "now"] == pytest.approx(2)
    assert found.loc["frontier"].tolist() == found.loc["B"].tolist()  # the best machine of both days
    assert found.loc["typical", "now"] == pytest.approx(24 / (0.24 * 50))
    with pytest.raises(KeyError):
        power.break_evens(price, FOUR, ["D"], moments)
    later = power.break_evens(price, FOUR, [], {"later": slice(DAYS[-1], DAYS[-1])}).set_index("name")
    assert later.loc["typical", "j_per_th"] == 50  # C alone: B is four years and a day old


def test_a_reported_fleet_beside_the_typical_one():
    """20 J/TH reported while 50 is typical: typical needs 150 percent more energy."""
    reported = costs(
        ("X", "2021Q2", "2021-06-30", "fleet_efficiency", 20.0), ("X", "2021Q2", "2021-06-30", "cost", 1.0)
    )
    check = power.fleet_checks(FOUR, reported)
    assert check[["ticker", "reported", "typical"]].to_numpy().tolist() == [["X", 20, 50]]
    assert check["higher_pct"].tolist() == pytest.approx([150])


def test_twelve_months_against_those_before_a_month():
    """Twelve at 30, then twelve at 33: +10 percent, and the page that is linked is the last month's."""
    months = prices([30.0] * 12 + [33.0] * 12).assign(source_url=[f"page {n}" for n in range(24)])
    found = power.since_month(months, pd.Period("2023-12", "M"))
    assert found["statistic"].tolist() == ["mean", "median"]
    assert found["change_pct"].tolist() == pytest.approx([10, 10])
    assert set(found["last_month"].astype(str)) == {"2024-12"}
    assert set(found["source_url"]) == {"page 23"}
    missing = power.since_month(months.drop(index=5), pd.Period("2023-12", "M"))
    assert missing["base"].isna().all()  # no later month stands in for it


def test_public_prices_and_companies_meet_in_one_unit():
    """30 USD per MWh are 3 cents; a company's 4 cents stay as they are, and one stated once has no base."""
    base = pd.Period("2023-12", "M")
    public = power.since_month(prices([30.0] * 12 + [33.0] * 12).assign(source_url="page"), base)
    own = costs(("X", "2024Q3", "2024-09-30", "energy_price", 4.0)).assign(unit="c/kWh")
    own = power.with_itself(own, pd.Timestamp("2024-04-20"), pd.Series(1.0, pd.date_range("2024-01-01", "2024-12-31")))
    both = power.prices_against_themselves(public, own, base)
    assert both.index.tolist() == [0, 1, 2]
    both = both.set_index(["of_what", "measure"])
    assert both.loc[("ERCOT", "mean"), ["base", "last"]].tolist() == pytest.approx([3, 3.3])
    assert both.loc[("ERCOT", "mean"), "last_period"] == "to 2024-12"
    assert both.loc[("X", "energy_price"), "last"] == 4
    assert np.isnan(both.loc[("X", "energy_price"), "base"])


def test_without_the_dearest_month_its_season_goes_from_both_years():
    """August at 390 beside 30s, then all at 33: +10 without August; with it a fall of 45 percent."""
    monthly = pd.Series(
        [900.0] + [30.0] * 7 + [390.0] + [30.0] * 4 + [33.0] * 12, pd.period_range("2022-12", periods=25, freq="M")
    )  # the first month is of neither year
    base, last = pd.Period("2023-12", "M"), pd.Period("2024-12", "M")
    dearest, change = power.change_without_dearest(monthly, base, last)
    assert str(dearest) == "2023-08"
    assert change == pytest.approx(10)
    seasonal = monthly.mask(monthly.index == "2024-08", 200.0)  # the next August is dear as well, and left out too
    assert power.change_without_dearest(seasonal, base, last)[1] == pytest.approx(10)


def prices(values, start="2023-01"):
    """A power_prices table of one region."""
    months = pd.period_range(start, periods=len(values), freq="M").astype(str)
    return pd.DataFrame({"month": months, "region": "ERCOT", "usd_per_mwh": values})


def test_a_twelve_month_mean_needs_all_twelve_and_the_median_resists_one():
    """Eleven months at 30 and one at 390: mean 60, median 30. A missing month leaves no mean around it."""
    months = prices([30.0] * 11 + [390.0] + [30.0])
    assert power.trailing_year(months).loc["2023-12", "ERCOT"] == pytest.approx(60)
    assert power.trailing_year(months, statistic="median").loc["2023-12", "ERCOT"] == 30
    assert power.trailing_year(months.drop(index=5))["ERCOT"].isna().all()


def costs(*rows):
    """A miner_costs table of (ticker, period, period_end, metric, value)."""
    frame = pd.DataFrame(rows, columns=["ticker", "period", "period_end", "metric", "value"])
    return frame.assign(
        period_end=pd.to_datetime(frame["period_end"]), unit="USD/BTC", source="page", note="net of credits"
    )


def test_a_company_is_set_against_its_last_period_before_the_halving():
    """20,000 before, 30,000 after: +50 percent; coins per unit of work halved between: +100 percent by that alone."""
    days = pd.date_range("2023-01-01", "2024-12-31")
    coins = pd.Series(np.where(days < "2024-04-20", 2e-3, 1e-3), index=days)
    stated = costs(
        ("X", "2023Q1", "2023-03-31", "cost", 4_000.0),
        ("X", "2023Q2", "2023-06-30", "cost", 5_000.0),
        ("X", "2024Q1", "2024-03-31", "cost", 20_000.0),
        ("X", "2024Q3", "2024-09-30", "cost", 30_000.0),
        ("Y", "2024Q3", "2024-09-30", "cost", 1.0),
        ("Z", "2024Q2", "2024-06-30", "cost", 10.0),
        ("Z", "2024Q3", "2024-09-30", "cost", 12.0),
    )
    x, y, z = power.with_itself(stated, pd.Timestamp("2024-04-20"), coins).to_dict("records")
    early = power.with_itself(stated.iloc[:3], pd.Timestamp("2024-04-20"), coins)
    assert early["base"].isna().all()  # nothing was stated after the halving: no change since then
    assert (x["base_period"], x["last_period"]) == ("2024Q1", "2024Q3")
    assert x["change_pct"] == pytest.approx(50)
    assert x["coins_pct"] == pytest.approx(100)
    assert np.isnan(y["base"])
    assert (z["base_period"], z["base"], z["change_pct"]) == ("2024Q2", 10, pytest.approx(20))  # the first stated
    assert (x["unit"], x["source"], x["note"]) == ("USD/BTC", "page", "net of credits")


def test_periods_start_where_their_names_say():
    """A quarter, a month, and IREN's year to June."""
    ends = pd.Series(pd.to_datetime(["2025-03-31", "2025-01-31", "2025-06-30"]))
    starts = power.period_start(pd.Series(["2025Q1", "2025-01", "2025FY"]), ends)
    assert starts.dt.strftime("%Y-%m-%d").tolist() == ["2025-01-01", "2025-01-01", "2024-07-01"]


def test_estimates_of_others_are_not_a_companys_statement():
    """Cipher, 2025Q2: its own 27,324, no bank's 31,200. Riot, 2024Q2: its own 25,327, no analysts' 52,700 or 41,700."""
    costs = load("miner_costs")
    values = power.stated(costs, "USD/BTC").groupby(["ticker", "period"])["value"].apply(list)
    assert values["CIFR", "2025Q2"] == [27_324]
    assert values["RIOT", "2024Q2"] == [25_327]
    assert values["SECTOR", "2024Q3"] == [55_950, 106_000]  # a survey's figures are its own
    wrong = power.stated(costs.assign(stated_by="company"), "USD/BTC")  # what a row's column says wrongly is seen here
    assert len(wrong) > values.str.len().sum()
