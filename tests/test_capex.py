"""Hyperscaler capex: worked examples by hand, published totals, and errors that must be caught."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minerpivot import capex
from minerpivot.tables import load


def quarterly(ticker, values, *, first="2024Q1", definition="cash_ppe", revenue=100.0, cash_flow=20.0):
    """Rows of capex_actuals for consecutive quarters."""
    quarters = pd.period_range(first, periods=len(values), freq="Q")
    return pd.DataFrame(
        {
            "ticker": ticker,
            "calendar_quarter": quarters.astype(str),
            "period_end": quarters.end_time.normalize(),
            "definition": definition,
            "capex_usd_bn": values,
            "revenue_usd_bn": revenue,
            "operating_cash_flow_usd_bn": cash_flow,
        }
    )


def five(values):
    """The five companies with the same quarters."""
    return pd.concat([quarterly(ticker, values) for ticker in capex.COMPANIES], ignore_index=True)


def statement(ticker, period, issued_on, *, low=None, high=None, point=None, qualifier=None, consensus=None):
    """One row of capex_guidance."""
    return {
        "ticker": ticker,
        "guided_period": period,
        "period_kind": "fiscal" if period.startswith("FY") else "calendar",
        "issued_on": pd.Timestamp(issued_on),
        "low_usd_bn": low,
        "high_usd_bn": high,
        "point_usd_bn": point,
        "qualifier": qualifier,
        "consensus_before_usd_bn": consensus,
    }


def guidance(*rows):
    """A capex_guidance table."""
    numbers = ["low_usd_bn", "high_usd_bn", "point_usd_bn", "consensus_before_usd_bn"]
    return pd.DataFrame(rows).astype(dict.fromkeys(numbers, float))


def annual(ticker, outcome, *, period="FY2025", end="2025-12-31", definition="cash_ppe"):
    """One row of capex_annual."""
    row = {"ticker": ticker, "fiscal_period": period, "period_end": end, "definition": definition}
    return pd.DataFrame([row | {"capex_usd_bn": outcome}]).astype({"period_end": "datetime64[ns]"})


def test_combined_is_missing_where_a_company_has_not_reported():
    """Oracle's early quarter must not pass for a total of five: a plain sum would give 9."""
    actuals = pd.concat([five([1.0, 2.0]), quarterly("ORCL", [9.0], first="2024Q3")])
    totals = capex.combined(capex.calendar_quarters(actuals))
    assert totals["2024Q1":"2024Q2"].tolist() == [5.0, 10.0]
    assert np.isnan(totals["2024Q3"])


def test_oracle_stands_alone_in_the_last_quarter_of_the_data():
    """In the data too: Oracle has the August 2026 quarter, the others end in June."""
    quarters = capex.calendar_quarters(load("capex_actuals"))
    assert quarters.loc["2026Q3"].notna().to_dict() == dict.fromkeys(capex.COMPANIES, False) | {"ORCL": True}
    assert np.isnan(capex.combined(quarters)["2026Q3"])


def test_definitions_are_never_filled_from_each_other():
    """A company without lease figures is missing, not replaced by its cash figures; a wrong name is refused."""
    actuals = pd.concat([five([1.0]), quarterly("META", [1.5], definition="incl_finance_leases")])
    leases = capex.calendar_quarters(actuals, "incl_finance_leases").iloc[0]
    assert leases["META"] == 1.5
    assert leases.drop("META").isna().all()
    with pytest.raises(ValueError, match="no rows have the definition capex; known are cash_ppe"):
        capex.calendar_quarters(actuals, "capex")


def test_duplicate_quarters_are_refused():
    """Two figures for one company, quarter and definition must not be summed."""
    with pytest.raises(ValueError, match="duplicate"):
        capex.calendar_quarters(pd.concat([five([1.0]), quarterly("META", [1.0])]))


def test_trailing_twelve_months_by_hand_and_over_a_gap():
    """1 + 2 + 3 + 4 = 10; a missing quarter makes the four totals that hold it missing."""
    frame = pd.DataFrame({"a": [1.0, 2, 3, 4, 5], "b": [1.0, np.nan, 3, 4, 5]})
    assert capex.trailing_twelve_months(frame)["a"].tolist()[3:] == [10.0, 14.0]
    assert capex.trailing_twelve_months(frame)["b"].isna().all()


def test_growth_is_against_the_same_quarter_a_year_before():
    """From 8 to 12 is fifty percent."""
    assert capex.growth(pd.Series([8.0, 9, 9, 9, 12])).iloc[-1] == pytest.approx(50)


def test_total_is_missing_unless_every_quarter_is_there():
    """A year of three reported quarters is not a year."""
    quarters = capex.calendar_quarters(five([1.0, 2, 3]))
    assert capex.total(quarters, "2024Q1", "2024Q3")["META"] == 6
    assert capex.total(quarters, "2024Q1", "2024Q4").isna().all()


def test_quarters_sum_to_the_filed_years():
    """Company-years filed on cash_ppe equal the four quarters, for the companies whose year is the calendar's."""
    quarters = capex.calendar_quarters(load("capex_actuals"))
    filed = load("capex_annual").query("definition == 'cash_ppe' and fiscal_period == 'FY2025'").set_index("ticker")
    for ticker in ("GOOGL", "AMZN", "META"):
        summed = capex.total(quarters, "2025Q1", "2025Q4")[ticker]
        assert summed == pytest.approx(filed.loc[ticker, "capex_usd_bn"], abs=0.002)
    microsoft = capex.total(quarters, "2024Q3", "2025Q2")["MSFT"]  # fiscal 2025 ends in June 2025
    assert microsoft == pytest.approx(filed.loc["MSFT", "capex_usd_bn"], abs=0.002)
    oracle = capex.total(quarters, "2024Q3", "2025Q2")["ORCL"]  # fiscal 2025 ends in May 2025
    assert oracle == pytest.approx(filed.loc["ORCL", "capex_usd_bn"], abs=0.002)


def test_amazon_net_quarters_give_the_published_trailing_totals():
    """Amazon's releases print seven trailing totals: e.g. 128.320 for 2025 and 169.007 to June 2026."""
    net = load("capex_amzn_net")
    actuals = capex.with_amazon_net(load("capex_actuals"), net)
    trailing = capex.trailing_twelve_months(capex.calendar_quarters(actuals, {"AMZN": capex.AMAZON_NET}))["AMZN"]
    published = net[net["period_kind"] == "ttm"].set_index("period_end")["capex_net_usd_bn"]
    assert len(published) == 7
    for day, value in published.items():
        assert trailing[pd.Period(day, "Q")] == pytest.approx(value, abs=0.0015)


def test_amazon_net_needs_its_gross_row():
    """A net quarter without revenue and cash flow of the same quarter is refused."""
    net = pd.DataFrame(
        {"period_kind": ["quarter"], "period_end": [pd.Timestamp("2030-03-31")], "capex_net_usd_bn": [1.0]}
    )
    with pytest.raises(ValueError, match="no gross row"):
        capex.with_amazon_net(five([1.0]), net)


def test_net_is_below_gross_and_leases_add():
    """By construction of the definitions, every total is ordered: net < gross < with leases."""
    actuals = capex.with_amazon_net(load("capex_actuals"), load("capex_amzn_net"))
    answers = capex.by_definition(actuals, {"2025": ("2025Q1", "2025Q4"), "half": ("2026Q1", "2026Q2")})
    assert (answers.loc["cash, Amazon net"] < answers.loc["cash"]).all()
    assert (answers.loc["cash"] < answers.loc["with leases"]).all()
    assert answers.loc["with leases, Amazon's too"].isna().all()  # Amazon stopped giving that figure after 2024


def test_intensity_by_hand():
    """Four quarters of 5 on revenue of 100 and cash flow of 20: 5 and 25 percent, 60 bn left."""
    row = capex.intensity(five([5.0] * 4)).loc[("2024Q4", "META")]
    assert row["capex_over_revenue"] == pytest.approx(5)
    assert row["capex_over_cash_flow"] == pytest.approx(25)
    assert row["free_cash_flow_usd_bn"] == pytest.approx(60)


def test_statement_kinds_follow_the_qualifier():
    """Ranges, points, floors and everything that is no plain forecast are told apart; qualitative rows go."""
    rows = guidance(
        statement("META", "2026", "2026-01-28", low=115, high=135),
        statement("AMZN", "2026", "2026-01-29", point=200, qualifier="about; cash capex"),
        statement("ORCL", "FY2026", "2026-01-30", point=25, qualifier="over"),
        statement(
            "ORCL", "FY2025", "2026-01-31", point=13.7, qualifier="product of the statement, not a company total"
        ),
        statement("MSFT", "CY2026", "2026-02-01", point=175, qualifier="restated for an accounting change"),
        statement("META", "2027", "2026-02-02", qualifier="qualitative: larger"),
    )
    found = capex.statements(rows)
    assert found["kind"].tolist() == ["range", "point", "floor", "product", "reclassified"]
    assert found["midpoint_usd_bn"].tolist() == [125, 200, 25, 13.7, 175]


def test_path_by_hand_and_as_of():
    """Midpoints 125 then 137.5: up ten percent, 125 is 13.6 percent over 110; unknown before the day."""
    rows = guidance(
        statement("META", "2026", "2026-07-29", low=130, high=145),
        statement("META", "2026", "2026-01-28", low=115, high=135, consensus=110),
    )
    path = capex.guidance_path(rows, 2026)
    assert path["revision_percent"].tolist() == pytest.approx([0, 10])
    assert path["over_consensus_percent"].iloc[0] == pytest.approx(100 * 15 / 110)
    assert len(capex.guidance_path(rows, 2026, as_of="2026-01-28")) == 1
    assert capex.guidance_path(rows, 2026, as_of="2026-01-27").empty


def test_a_reclassification_is_no_revision():
    """Microsoft's 190 to 175 moves leases elsewhere and must not count as a cut of eight percent."""
    path = capex.guidance_path(load("capex_guidance"), 2026).query("ticker == 'MSFT'")
    assert path["midpoint_usd_bn"].tolist() == [190, 175]
    assert np.isnan(path["revision_percent"].iloc[-1])


def test_record_by_hand():
    """60 to 65 said, 72 spent: above, 15.2 percent over 62.5; the last word of 72 is on the spot."""
    rows = guidance(
        statement("GOOGL", "2025", "2025-10-29", point=72),
        statement("GOOGL", "2025", "2025-01-24", low=60, high=65),
        statement("GOOGL", "2025", "2026-01-15", point=72.1),  # said after the year had ended: no forecast
    )
    row = capex.guidance_record(rows, annual("GOOGL", 72.0)).iloc[0]
    assert (row["position"], row["lead_days"]) == ("above", 341)
    assert row["drift_percent"] == pytest.approx(15.2)
    assert row["last_drift_percent"] == pytest.approx(0)


def test_record_uses_the_definition_that_was_guided():
    """Meta guides with lease principal: a cash figure of the same year is no outcome."""
    rows = guidance(statement("META", "2025", "2025-01-24", low=60, high=65))
    assert capex.guidance_record(rows, annual("META", 69.7)).empty
    with_leases = annual("META", 72.2, definition="incl_finance_leases")
    assert capex.guidance_record(rows, with_leases)["outcome_usd_bn"].tolist() == [72.2]


def test_a_calendar_statement_never_meets_a_fiscal_year():
    """Microsoft's calendar 2026 must not be scored with its year to June 2026."""
    rows = guidance(statement("MSFT", "CY2026", "2026-04-29", point=190))
    june = annual("MSFT", 145.3, period="FY2026", end="2026-06-30", definition="incl_finance_leases")
    assert capex.guidance_record(rows, june).empty


def test_products_of_a_statement_count_only_when_asked():
    """A press annualisation before the company's own figure is left out of a strict record."""
    rows = guidance(
        statement("AMZN", "2025", "2025-02-06", point=105, qualifier="quarterly rate, i.e. 105.2 annualised"),
        statement("AMZN", "2025", "2025-10-30", point=125, qualifier="about"),
    )
    outcome = annual("AMZN", 128.3, definition=capex.AMAZON_NET)
    assert capex.guidance_record(rows, outcome)["midpoint_usd_bn"].tolist() == [125]
    assert capex.guidance_record(rows, outcome, products=True)["midpoint_usd_bn"].tolist() == [105]


@pytest.mark.parametrize(
    ("outcome", "position"), [(94.9, "below"), (95.1, "inside"), (104.9, "inside"), (105.1, "above")]
)
def test_a_point_is_met_within_the_tolerance(outcome, position):
    """A point of 100 with five percent either side."""
    rows = guidance(statement("GOOGL", "2025", "2025-02-04", point=100))
    assert capex.guidance_record(rows, annual("GOOGL", outcome))["position"].tolist() == [position]


@pytest.mark.parametrize(("outcome", "position"), [(24.9, "below"), (25.0, "floor kept"), (55.7, "floor kept")])
def test_a_floor_is_kept_at_or_above_it_and_has_no_drift(outcome, position):
    """ "Over 25": a year of 55.7 keeps it, 24.9 does not (no tolerance), and no distance to a midpoint exists."""
    rows = guidance(statement("ORCL", "FY2025", "2024-06-11", point=25, qualifier="over"))
    row = capex.guidance_record(rows, annual("ORCL", outcome, end="2025-05-31")).iloc[0]
    assert row["position"] == position
    assert np.isnan(row["drift_percent"])
    assert np.isnan(row["last_drift_percent"])


def test_a_point_after_a_floor_is_scored_as_the_last_statement():
    """Over 25 in June, about 50 in December, 55 spent: no first drift, ten percent on the last, 172 days ahead."""
    rows = guidance(
        statement("ORCL", "FY2026", "2025-06-11", point=25, qualifier="over"),
        statement("ORCL", "FY2026", "2025-12-10", point=50, qualifier="about, raised"),
    )
    record = capex.guidance_record(rows, annual("ORCL", 55.0, period="FY2026", end="2026-05-31"))
    assert record["position"].tolist() == ["floor kept"]
    assert record["last_drift_percent"].tolist() == pytest.approx([10])
    assert record["last_lead_days"].tolist() == [172]
    assert capex.mean_drift(record["drift_percent"])["observations"] == 0


def test_oracles_floor_for_fiscal_2026_is_kept_in_the_data():
    """Over 25 said on 11 June 2025, 55.663 filed: an "above" with a drift of 123 percent would be the error."""
    record = capex.guidance_record(load("capex_guidance"), load("capex_annual")).set_index(["ticker", "fiscal_period"])
    row = record.loc[("ORCL", "FY2026")]
    assert (row["kind"], row["position"]) == ("floor", "floor kept")
    assert np.isnan(row["drift_percent"])


def test_last_report_is_the_latest_of_the_companies():
    """Amazon closed the June 2026 quarter on 30 July, Oracle its May quarter on 10 June; an open quarter is refused."""
    actuals = load("capex_actuals")
    assert capex.last_report(actuals, "2026Q2") == "2026-07-30"
    assert capex.last_report(actuals, pd.Period("2026-05-31", "Q"), ["ORCL"]) == "2026-06-10"
    with pytest.raises(ValueError, match="2026Q3 has no report date for MSFT, GOOGL, AMZN, META"):
        capex.last_report(actuals, "2026Q3")


def test_mean_drift_by_hand():
    """A doubling and a halving cancel; two observations have one degree of freedom, t = 12.706."""
    drift = capex.mean_drift(pd.Series([100.0, -50.0]))
    assert drift["mean"] == pytest.approx(0, abs=1e-9)
    assert drift["median"] == 25  # halfway between 100 and -50
    assert drift["high"] == pytest.approx(100 * np.expm1(12.706 * np.log(2)), rel=1e-3)
    assert np.isnan(capex.mean_drift(pd.Series([10.0]))["low"])


@given(st.lists(st.floats(-60, 300), min_size=2, max_size=12))
def test_mean_drift_lies_in_its_interval_and_among_the_observations(values):
    """For any drifts."""
    drift = capex.mean_drift(pd.Series(values))
    assert drift["low"] <= drift["mean"] + 1e-9 <= drift["high"] + 2e-9
    assert min(values) - 1e-6 <= drift["mean"] <= max(values) + 1e-6


def chips(**change):
    """Six quarters of a chip maker: revenue 10, 11, ..., each guided one lower."""
    ends = pd.to_datetime(["2024-10-27", "2025-01-26", "2025-04-27", "2025-07-27", "2025-10-26", "2026-01-25"])
    frame = pd.DataFrame({"period_end": ends, "reported_on": ends + pd.Timedelta(days=30)})
    frame["revenue_usd_bn"] = 10.0 + np.arange(6)
    frame["data_center_revenue_usd_bn"] = frame["revenue_usd_bn"] / 2
    frame["next_quarter_revenue_guidance_usd_bn"] = frame["revenue_usd_bn"]
    return frame.assign(**change)


def test_nvidia_beats_by_hand():
    """11 against a guided 10 is ten percent; 15 bn halves give 7.5 against 5.5 a year before."""
    beats = capex.nvidia_beats(chips())
    assert np.isnan(beats["beat_percent"].iloc[0])
    assert beats["beat_percent"].iloc[1] == pytest.approx(10)
    assert beats["data_center_growth"].iloc[5] == pytest.approx(100 * (7.5 / 5.5 - 1))


def test_nvidia_guidance_is_not_carried_over_a_missing_quarter():
    """Dropping a quarter leaves the next one without guidance, instead of with an older one."""
    beats = capex.nvidia_beats(chips().drop(index=2))
    assert beats["beat_percent"].isna().tolist() == [True, False, True, False, False]


def test_the_report_of_25_february_2026():
    """Nvidia's release: revenue 68.127 bn against guidance of 65.0 bn given on 19 November 2025."""
    row = capex.nvidia_beats(load("nvidia")).set_index("reported_on").loc["2026-02-25"]
    assert row["guided_on"] == pd.Timestamp("2025-11-19")
    assert row["guidance_usd_bn"] == 65.0
    assert row["revenue_usd_bn"] == pytest.approx(68.127)
    dates = load("earnings_dates")
    assert pd.Timestamp("2026-02-25") in set(dates.loc[dates["ticker"] == "NVDA", "reported_on"])
