"""Guidance: its record and the fan. Worked examples by hand, the data's own cases, point in time."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minerpivot.data.tables import load as live
from minerpivot.data.tables import public_on
from minerpivot.spending import capex, outlook
from tests.frozen import FOLDER, load
from tests.spending.rows import annual, guidance, statement

ARTICLE = "2026-01-28"


def test_a_statements_standing():
    """Plain forecasts of the total and everything that is none are told apart; rows without a number go."""
    rows = guidance(
        statement("META", "2026", "2026-01-28", low=115, high=135),
        statement("AMZN", "2026", "2026-01-29", point=200),
        statement("ORCL", "FY2026", "2026-01-30", point=25, kind="floor"),
        statement("ORCL", "FY2025", "2026-01-31", point=13.7, kind="product"),
        statement("MSFT", "CY2026", "2026-02-01", point=175, restates="MSFT-CY2026-2026-01-01"),
        statement("META", "2027", "2026-02-02"),
        statement("AMZN", "2026", "2026-02-03", point=220, single_sourced="y"),
        statement("GOOGL", "2027", "2026-02-04", point=250, definition=None),
    )
    found = outlook.statements(rows)
    standings = ["plain", "plain", "floor", "product", "restated", "single_sourced", "undefined"]
    assert found["standing"].tolist() == standings
    assert found["midpoint_usd_bn"].tolist() == [125, 200, 25, 13.7, 175, 220, 250]
    assert found[["least_usd_bn", "most_usd_bn"]].to_numpy().tolist()[:3] == [[115, 135], [200, 200], [25, 25]]


def test_path_by_hand_and_as_of():
    """Midpoints 125 then 137.5: up ten percent, 125 is 13.6 percent over 110; unknown before the day."""
    rows = guidance(
        statement("META", "2026", "2026-07-29", low=130, high=145),
        statement("META", "2026", "2026-01-28", low=115, high=135, consensus=110),
    )
    path = outlook.guidance_path(rows, 2026)
    assert path["revision_percent"].tolist() == pytest.approx([0, 10])
    assert path["over_consensus_percent"].iloc[0] == pytest.approx(100 * 15 / 110)
    assert len(outlook.guidance_path(rows, 2026, as_of="2026-01-28")) == 1
    assert outlook.guidance_path(rows, 2026, as_of="2026-01-27").empty


def test_a_revision_is_against_the_first_figure_for_the_total_of_that_very_year():
    """A remark's product of 105 and a fiscal year of 80 are no first figure: 125 to 130 is four percent."""
    rows = guidance(
        statement("AMZN", "2025", "2025-02-06", point=105, kind="product"),
        statement("AMZN", "FY2025", "2025-03-01", point=80),
        statement("AMZN", "2025", "2025-07-30", point=125),
        statement("AMZN", "2025", "2025-10-30", point=130),
    )
    revision = outlook.guidance_path(rows, 2025)["revision_percent"]
    assert revision.tolist() == pytest.approx([np.nan, 0, 0, 4], nan_ok=True)


def test_paths_hold_what_ended_years_came_to():
    """72.2 on the first statement's definition, for both on 2025; 2026 runs on, and another company is out."""
    leases = {"definition": "incl_finance_leases"}
    rows = guidance(
        statement("META", "2025", "2025-01-24", low=60, high=65, **leases),
        statement("META", "2025", "2025-10-29", low=70, high=72),
        statement("META", "2026", "2026-01-28", low=115, high=135, **leases),
        statement("CRWV", "2025", "2025-05-14", low=20, high=23),
    )
    outcomes = pd.concat([annual("META", 69.7), annual("META", 72.2, **leases), annual("CRWV", 10)])
    said = outlook.paths(rows, outcomes, ["META"])
    assert said["fiscal_period"].tolist() == ["FY2025", "FY2025", "FY2026"]
    assert said["outcome_usd_bn"].tolist() == pytest.approx([72.2, 72.2, np.nan], nan_ok=True)


def test_the_first_and_last_of_each_company_are_of_the_standings_asked_for():
    """A lone note is the last word only if it counts; a fiscal year is no statement on the calendar year."""
    rows = guidance(
        statement("AMZN", "2026", "2026-02-05", point=200),
        statement("AMZN", "2026", "2026-04-29", point=210),
        statement("AMZN", "2026", "2026-07-30", point=220, single_sourced="y"),
        statement("ORCL", "FY2026", "2025-12-10", point=50),
        statement("META", "2027", "2026-07-29", low=150, high=170),
    )
    said = outlook.on_year(outlook.paths(rows, annual("META", 72.2), ["AMZN", "ORCL", "META"]), 2026)
    assert outlook.of_each(said, "plain", keep="first")["midpoint_usd_bn"].to_dict() == {"AMZN": 200}
    assert outlook.of_each(said, "plain")["midpoint_usd_bn"].to_dict() == {"AMZN": 210}
    assert outlook.of_each(said, "plain", "single_sourced")["midpoint_usd_bn"].to_dict() == {"AMZN": 220}


def test_a_restatement_stands_beside_what_it_tells_anew():
    """175 beside 190; a raise on the new basis is none."""
    new = {"basis": "leases_reclassified"}
    said = outlook.statements(
        guidance(
            statement("MSFT", "CY2026", "2026-04-29", point=190),
            statement("MSFT", "CY2026", "2026-07-29", point=175, restates="MSFT-CY2026-2026-04-29", **new),
            statement("MSFT", "CY2026", "2026-10-28", point=180, **new),
        )
    )
    pairs = outlook.restatements(said)
    assert pairs[["midpoint_usd_bn_before", "midpoint_usd_bn"]].to_numpy().tolist() == [[190, 175]]


def test_first_and_last_forecasts_or_the_newest_words():
    """Meta spoke twice, Amazon once (a lone note is no forecast), Alphabet in words only: the newest stand."""
    rows = guidance(
        statement("META", "2026", "2026-01-28", low=115, high=135),
        statement("META", "2026", "2026-04-29", low=125, high=145),
        statement("AMZN", "2026", "2026-02-05", point=200),
        statement("AMZN", "2026", "2026-07-30", point=220, single_sourced="y"),
        statement("GOOGL", "2027", "2026-04-22"),
        statement("GOOGL", "2027", "2026-07-22"),
    )
    ahead = outlook.ahead(rows, pd.Series(dtype=int), pd.Timestamp("2026-07-30"), 2026)
    found = outlook.first_and_last(outlook.statements(rows), ahead).set_index("ticker")
    first = {"META": "META-2026-2026-01-28", "AMZN": "AMZN-2026-2026-02-05", "GOOGL": "GOOGL-2027-2026-07-22"}
    assert found["guidance_id"].to_dict() == first
    assert found["guidance_id_last"].dropna().to_dict() == {"META": "META-2026-2026-04-29"}


def test_the_first_forecast_counts_what_the_last_counts():
    """180 after 190 told anew as 175 stands beside the 175; a measure of its own beside nothing."""
    new = {"basis": "leases_reclassified"}
    rows = guidance(
        statement("MSFT", "CY2026", "2026-04-29", point=190),
        statement("MSFT", "CY2026", "2026-07-29", point=175, restates="MSFT-CY2026-2026-04-29", **new),
        statement("MSFT", "CY2026", "2026-10-28", point=180, **new),
        statement("ORCL", "FY2027", "2026-03-10", point=60),
        statement("ORCL", "FY2027", "2026-06-10", point=70, definition="net_cash_outlay_non_gaap"),
    )
    ahead = outlook.ahead(rows, pd.Series({"ORCL": 5}), pd.Timestamp("2026-10-28"), 2026)
    found = outlook.first_and_last(outlook.statements(rows), ahead).set_index("ticker")
    assert found["midpoint_usd_bn"].to_dict() == {"MSFT": 175, "ORCL": 70}
    assert found["midpoint_usd_bn_last"].dropna().to_dict() == {"MSFT": 180}


def test_prints_that_may_be_one_figure_rounded_do_not_disagree():
    """Against 110 printed with it, 110.5 is the same figure; 100 moves 120 from nine to twenty percent above."""
    said = outlook.guidance_path(guidance(statement("META", "2026", "2026-01-28", point=120, consensus=110)), 2026)
    prints = pd.DataFrame({"consensus_usd_bn": [110.5, 100.0], "outlet": ["a", "b"], "kind": "consensus"})
    found = outlook.disagreeing_prints(said, prints.assign(guidance_id=said["guidance_id"].iloc[0]))
    assert found["consensus_usd_bn"].tolist() == [100]
    assert found["points_apart"].tolist() == pytest.approx([20 - 100 * 10 / 110])


def test_days_left_in_a_year():
    """Of 2026 after its 1 December thirty, of 2027 a year more."""
    day = pd.Timestamp("2026-12-01")
    assert (outlook.days_left(day, 2026), outlook.days_left(day, 2027)) == (30, 395)


def test_a_group_of_company_years_is_summed_up():
    """A doubling above, a halving below: a mean of nothing, and each of them without the other; an empty group goes."""
    record = pd.DataFrame({"drift_percent": [100.0, -50.0], "year": [2023, 2024], "position": ["above", "below"]})
    summary = outlook.drift_summary({"both": record, "none": record.head(0)})
    assert summary.index.tolist() == ["both"]
    row = summary.loc["both"]
    assert row[["years", "inside", "above", "below"]].tolist() == [2, 0, 1, 1]
    assert row[["mean", "without_low", "without_high"]].tolist() == pytest.approx([0, -50, 100], abs=1e-9)
    assert np.isnan(row["by_year_low"])  # two years


def test_a_reclassification_is_no_revision():
    """Microsoft's 190 to 175 moves leases elsewhere and must not count as a cut of eight percent."""
    path = outlook.guidance_path(load("capex_guidance"), 2026).query("ticker == 'MSFT'")
    assert path["midpoint_usd_bn"].tolist() == [190, 175]
    assert np.isnan(path["revision_percent"].iloc[-1])


def test_a_raise_is_a_raise_on_its_own_basis():
    """190, restated to 175, then 180 on the new basis: up 2.9 percent on 175, not a cut of five percent from 190."""
    new = {"basis": "leases_reclassified"}
    rows = guidance(
        statement("MSFT", "CY2026", "2026-04-29", point=190),
        statement("MSFT", "CY2026", "2026-07-29", point=175, restates="MSFT-CY2026-2026-04-29", **new),
        statement("MSFT", "CY2026", "2026-10-28", point=180, **new),
    )
    path = outlook.guidance_path(rows, 2026)
    assert path["revision_percent"].tolist() == pytest.approx([0, np.nan, 100 * 5 / 175], nan_ok=True)
    assert path["standing"].tolist() == ["plain", "restated", "plain"]


def test_a_measure_of_its_own_is_no_revision_of_another():
    """70 on a net outlay of the company's own is not compared with 60 in cash, and is the first on its definition."""
    rows = guidance(
        statement("ORCL", "FY2027", "2026-03-10", point=60),
        statement("ORCL", "FY2027", "2026-06-10", point=70, definition="net_cash_outlay_non_gaap"),
    )
    assert outlook.guidance_path(rows, 2027)["revision_percent"].tolist() == [0, 0]


def test_raises_and_cuts_are_counted_on_one_basis():
    """Up, down and kept; restated is neither, a raise after it is one; a floor or a lone note is no second figure."""
    new = {"basis": "leases_reclassified"}
    rows = guidance(
        statement("META", "2026", "2026-01-28", low=115, high=135),
        statement("META", "2026", "2026-04-29", low=125, high=145),
        statement("AMZN", "2026", "2026-02-05", point=200),
        statement("AMZN", "2026", "2026-04-29", point=180),
        statement("AMZN", "2026", "2026-07-30", point=220, single_sourced="y"),
        statement("GOOGL", "2026", "2026-02-04", point=180),
        statement("GOOGL", "2026", "2026-04-29", point=180),
        statement("ORCL", "2026", "2026-03-10", point=40, kind="floor"),
        statement("ORCL", "2026", "2026-06-10", point=50),
        statement("MSFT", "CY2026", "2026-04-29", point=190),
        statement("MSFT", "CY2026", "2026-07-29", point=175, restates="MSFT-CY2026-2026-04-29", **new),
    )
    changes = outlook.revisions(outlook.guidance_path(rows, 2026))
    assert changes.to_dict() == pytest.approx({"META": 8.0, "AMZN": -10.0, "GOOGL": 0.0})
    raised = guidance(*rows.to_dict("records"), statement("MSFT", "CY2026", "2026-10-28", point=182, **new))
    assert outlook.revisions(outlook.guidance_path(raised, 2026))["MSFT"] == pytest.approx(4.0)
    assert outlook.revisions(outlook.guidance_path(rows, 2025)).empty


def test_what_lies_ahead_leaves_out_years_that_have_ended():
    """In July 2026 Oracle's fiscal 2026 is over and its fiscal 2027 is not; words without a number count too."""
    rows = guidance(
        statement("ORCL", "FY2026", "2025-12-10", point=50),
        statement("ORCL", "FY2027", "2026-06-10", point=70),
        statement("GOOGL", "2027", "2026-07-22"),
        statement("META", "2026", "2026-07-29", low=130, high=145),
        statement("META", "2025", "2025-10-29", low=70, high=72),
    )
    found = outlook.ahead(rows, pd.Series({"ORCL": 5}), pd.Timestamp("2026-07-30"), 2026)
    assert found["guidance_id"].tolist() == ["ORCL-FY2027-2026-06-10", "GOOGL-2027-2026-07-22", "META-2026-2026-07-29"]
    assert found["midpoint_usd_bn"].tolist() == pytest.approx([70, np.nan, 137.5], nan_ok=True)


def test_record_by_hand():
    """60 to 65 said, 72 spent: above, 15.2 percent over 62.5; the last word of 72 is on the spot."""
    rows = guidance(
        statement("GOOGL", "2025", "2025-10-29", point=72),
        statement("GOOGL", "2025", "2025-01-24", low=60, high=65),
        statement("GOOGL", "2025", "2026-01-15", point=72.1),  # said after the year had ended: no forecast
    )
    row = outlook.guidance_record(rows, annual("GOOGL", 72.0)).iloc[0]
    assert (row["position"], row["lead_days"]) == ("above", 341)
    assert row["drift_percent"] == pytest.approx(15.2)
    assert row["last_drift_percent"] == pytest.approx(0)


def test_record_uses_the_definition_that_was_guided():
    """Guided with lease principal: a cash figure, or one on another accounting basis, is no outcome."""
    rows = guidance(statement("META", "2025", "2025-01-24", low=60, high=65, definition="incl_finance_leases"))
    assert outlook.guidance_record(rows, annual("META", 69.7)).empty
    changed = annual("META", 60.0, definition="incl_finance_leases").assign(basis="leases_reclassified")
    assert outlook.guidance_record(rows, changed).empty
    with_leases = annual("META", 72.2, definition="incl_finance_leases")
    assert outlook.guidance_record(rows, with_leases)["outcome_usd_bn"].tolist() == [72.2]


def test_a_calendar_statement_never_meets_a_fiscal_year():
    """Microsoft's calendar 2026 must not be scored with its year to June 2026."""
    rows = guidance(statement("MSFT", "CY2026", "2026-04-29", point=190, definition="incl_finance_leases"))
    june = annual("MSFT", 145.3, period="FY2026", end="2026-06-30", definition="incl_finance_leases")
    assert outlook.guidance_record(rows, june).empty


def test_products_of_a_statement_count_only_when_asked():
    """A press annualisation before the company's own figure is left out of a strict record."""
    rows = guidance(
        statement("AMZN", "2025", "2025-02-06", point=105, kind="product", definition=capex.NET),
        statement("AMZN", "2025", "2025-10-30", point=125, definition=capex.NET),
    )
    outcome = annual("AMZN", 128.3, definition=capex.NET)
    assert outlook.guidance_record(rows, outcome)["midpoint_usd_bn"].tolist() == [125]
    assert outlook.guidance_record(rows, outcome, products=True)["midpoint_usd_bn"].tolist() == [105]


@pytest.mark.parametrize(
    ("outcome", "position"), [(94.9, "below"), (95.1, "inside"), (104.9, "inside"), (105.1, "above")]
)
def test_a_point_is_met_within_the_tolerance(outcome, position):
    """A point of 100 with five percent either side."""
    rows = guidance(statement("GOOGL", "2025", "2025-02-04", point=100))
    assert outlook.guidance_record(rows, annual("GOOGL", outcome))["position"].tolist() == [position]


@pytest.mark.parametrize(("outcome", "position"), [(24.9, "below"), (25.0, "floor kept"), (55.7, "floor kept")])
def test_a_floor_is_kept_at_or_above_it_and_has_no_drift(outcome, position):
    """ "Over 25": a year of 55.7 keeps it, 24.9 does not (no tolerance), and no distance to a midpoint exists."""
    rows = guidance(statement("ORCL", "FY2025", "2024-06-11", point=25, kind="floor"))
    row = outlook.guidance_record(rows, annual("ORCL", outcome, end="2025-05-31")).iloc[0]
    assert row["position"] == position
    assert np.isnan(row["drift_percent"])
    assert np.isnan(row["last_drift_percent"])


def test_a_point_after_a_floor_is_scored_as_the_last_statement():
    """Over 25 in June, about 50 in December, 55 spent: no first drift, ten percent on the last, 172 days ahead."""
    rows = guidance(
        statement("ORCL", "FY2026", "2025-06-11", point=25, kind="floor"),
        statement("ORCL", "FY2026", "2025-12-10", point=50),
    )
    record = outlook.guidance_record(rows, annual("ORCL", 55.0, period="FY2026", end="2026-05-31"))
    assert record["position"].tolist() == ["floor kept"]
    assert record["last_drift_percent"].tolist() == pytest.approx([10])
    assert record["last_lead_days"].tolist() == [172]
    assert outlook.mean_drift(record["drift_percent"])["observations"] == 0


def test_oracles_floor_for_fiscal_2026_is_kept_in_the_data():
    """Over 25 said on 11 June 2025, 55.663 filed: an "above" with a drift of 123 percent would be the error."""
    record = outlook.guidance_record(load("capex_guidance"), load("capex_annual")).set_index(
        ["ticker", "fiscal_period"]
    )
    row = record.loc[("ORCL", "FY2026")]
    assert (row["kind"], row["position"]) == ("floor", "floor kept")
    assert np.isnan(row["drift_percent"])


def test_mean_drift_by_hand():
    """A doubling and a halving cancel; two observations have one degree of freedom, t = 12.706."""
    drift = outlook.mean_drift(pd.Series([100.0, -50.0]))
    assert drift["mean"] == pytest.approx(0, abs=1e-9)
    assert drift["median"] == 25  # halfway between 100 and -50
    assert drift["high"] == pytest.approx(100 * np.expm1(12.706 * np.log(2)), rel=1e-3)
    assert np.isnan(outlook.mean_drift(pd.Series([10.0]))["low"])


@given(st.lists(st.floats(-60, 300), min_size=2, max_size=12))
def test_mean_drift_lies_in_its_interval_and_among_the_observations(values):
    """For any drifts."""
    drift = outlook.mean_drift(pd.Series(values))
    assert drift["low"] <= drift["mean"] + 1e-9 <= drift["high"] + 2e-9
    assert min(values) - 1e-6 <= drift["mean"] <= max(values) + 1e-6


def test_both_printed_consensus_figures_are_kept():
    """Amazon's 200 for 2026 stood 37 percent over 146, and a third over the 150 that another outlet printed."""
    path = outlook.guidance_path(load("capex_guidance"), 2026).query("ticker == 'AMZN'")
    assert path["over_consensus_percent"].iloc[0] == pytest.approx(100 * (200 / 146 - 1))
    prints = outlook.other_prints(path, load("consensus"))
    assert prints[["consensus_usd_bn", "outlets"]].to_numpy().tolist() == [[150, "coincentral"]]
    assert prints["over_percent"].tolist() == pytest.approx([100 / 3])


def test_prints_of_one_figure_are_joined_and_the_statements_own_is_left_out():
    """100 in two outlets is one figure, 110 is what the statement's own source prints, a broker's is no consensus."""
    said = outlook.statements(guidance(statement("META", "2026", "2026-01-28", point=120, consensus=110)))
    forecasts = pd.DataFrame(
        [("consensus", 100, "a"), ("consensus", 100, "b"), ("consensus", 110, "c"), ("one_broker", 90, "d")],
        columns=["kind", "consensus_usd_bn", "outlet"],
    ).assign(guidance_id=said["guidance_id"].iloc[0])
    prints = outlook.other_prints(said, forecasts)
    assert prints[["consensus_usd_bn", "outlets"]].to_numpy().tolist() == [[100, "a, b"]]
    assert prints["over_percent"].tolist() == pytest.approx([20])


def test_a_consensus_for_several_companies_waits_for_all_of_them():
    """The first statement of each from its day on: 120 and 200, no later, earlier or fiscal year's one."""
    said = outlook.statements(
        guidance(
            statement("AMZN", "2026", "2026-01-20", point=100),
            statement("META", "2026", "2026-01-28", point=120),
            statement("AMZN", "FY2026", "2026-01-29", point=300),
            statement("AMZN", "2026", "2026-02-05", point=200),
            statement("META", "2026", "2026-04-29", point=130),
        )
    )
    both = {"kind": "consensus_sum", "subject": "META+AMZN", "period": "2026", "as_of": "2026-01-26"}
    consensus = pd.DataFrame([both, both | {"period": "2027"}, both | {"kind": "consensus"}])
    assert outlook.consensus_sums(said, consensus)["midpoint_usd_bn"].tolist() == [320]
    assert outlook.consensus_sums(said[said["ticker"] == "META"], consensus).empty


def test_the_live_statements_can_be_told_apart():
    """Each row has a source; a restatement follows what it restates, of its own company and year, on another basis."""
    rows = live("capex_guidance")
    assert rows["source_url"].str.startswith("http").all()
    assert ((rows["kind"] == "qualitative") == rows[["low_usd_bn", "point_usd_bn"]].isna().all(axis=1)).all()
    assert (rows["day_approximate"].isna() == rows["issued_on"].isna()).all()
    pairs = rows[rows["restates"].notna()].merge(rows, left_on="restates", right_on="guidance_id")
    for column in ("ticker", "guided_period"):
        assert (pairs[f"{column}_x"] == pairs[f"{column}_y"]).all()
    assert (pairs["issued_on_x"] > pairs["issued_on_y"]).all()
    after, before = (
        pairs[[f"definition_{side}", f"basis_{side}"]].set_axis(["definition", "basis"], axis=1) for side in "xy"
    )
    assert (capex.full_definition(after) != capex.full_definition(before)).all()


def test_the_live_forecasts_are_of_companies_here_and_of_the_statements_own_period():
    """Every subject is of instruments; a forecast that stood before a statement is of its company and period."""
    forecasts, said = live("consensus"), live("capex_guidance")
    tickers = set(live("instruments")["ticker"])
    assert all(set(subject.split("+")) <= tickers for subject in forecasts["subject"])
    joined = forecasts.merge(said[["guidance_id", "ticker", "guided_period", "issued_on"]], on="guidance_id")
    assert (joined["subject"] == joined["ticker"]).all()
    assert (joined["period"] == joined["guided_period"]).all()
    assert (joined["as_of"] <= joined["issued_on"].dt.strftime("%Y-%m-%d")).all()


def test_nothing_issued_after_the_article_enters_at_its_day():
    """On 28 January 2026 only Meta had a figure for 2026, and no year filed later is an outcome."""
    guidance, annual = load("capex_guidance", as_of=ARTICLE), load("capex_annual", as_of=ARTICLE)
    path = outlook.guidance_path(guidance, 2026).query("ticker != 'CRWV' and period_kind == 'calendar'")
    assert path["ticker"].tolist() == ["META"]
    assert path["issued_on"].max() == pd.Timestamp(ARTICLE)
    scored = outlook.scored_statements(guidance, annual)
    assert scored["issued_on"].max() <= pd.Timestamp(ARTICLE)
    filed = annual.set_index(["ticker", "fiscal_period", "definition"]).index
    assert set(zip(scored["ticker"], scored["fiscal_period"], scored["definition"])) <= set(filed)
    assert (public_on(annual, "capex_annual", folder=FOLDER) <= pd.Timestamp(ARTICLE)).all()
    assert ("ORCL", "FY2026") not in set(zip(scored["ticker"], scored["fiscal_period"]))  # filed in June 2026


def test_actuals_at_the_article_hold_no_later_report():
    """That evening Meta and Microsoft had reported December; Alphabet and Amazon had not, so no total exists."""
    actuals = load("capex_actuals", as_of=ARTICLE)
    mixes = capex.mixes(load("capex_definitions"), load("instruments"))
    assert capex.calendar_quarters(actuals, mixes["cash"]).loc["2025Q4"].notna().to_dict() == {
        "MSFT": True, "GOOGL": False, "AMZN": False, "META": True, "ORCL": True,
    }  # fmt: skip
    assert str(capex.combined(actuals, "cash", mixes).last_valid_index()) == "2025Q3"
    assert actuals["reported_on"].max() <= pd.Timestamp(ARTICLE)
    assert load("nvidia", as_of=ARTICLE)["reported_on"].max() <= pd.Timestamp(ARTICLE)


def test_in_force_takes_the_last_word_at_that_distance():
    """Said at 341, 245 and 63 days: at 245 the second is in force, at 250 too with fifteen days of grace."""
    rows = guidance(
        statement("GOOGL", "2025", "2025-01-24", point=60),
        statement("GOOGL", "2025", "2025-04-30", point=70),
        statement("GOOGL", "2025", "2025-10-29", point=80),
    )
    scored = outlook.scored_statements(rows, annual("GOOGL", 84.0))
    assert scored["lead_days"].tolist() == [341, 245, 63]
    assert outlook.in_force(scored, 245)["midpoint_usd_bn"].tolist() == [70]
    assert outlook.in_force(scored, 250)["drift_percent"].tolist() == pytest.approx([20])
    assert outlook.in_force(scored, 250, grace_days=0)["drift_percent"].tolist() == pytest.approx([40])
    assert outlook.in_force(scored, 400).empty


def test_fan_by_hand():
    """100 and 200 guided. One past year of +10 percent gives 330; another of 0 and +20 gives 300, 320, 340 and 360."""
    drifts = pd.DataFrame({"year": [2023, 2024, 2024], "drift_percent": [10.0, 0.0, 20.0]})
    fan = outlook.fan(pd.Series([100.0, 200.0]), drifts, quantiles=(0.25, 0.5, 0.75))
    # weights: 330 one half; 300, 320, 340, 360 an eighth each: cumulated 1/8, 2/8, 6/8, 7/8, 1
    assert fan.to_dict() == pytest.approx({0.0: 300, 0.25: 320, 0.5: 330, 0.75: 330, 1.0: 360})


def test_fan_without_a_common_year_mixes_years():
    """Two years of -10 and +10: moving together the sum of two is 180 or 220, apart it can also be 200."""
    drifts = pd.DataFrame({"year": [2023, 2024], "drift_percent": [-10.0, 10.0]})
    midpoints = pd.Series([100.0, 100.0])
    assert outlook.fan(midpoints, drifts, quantiles=(0.5,)).tolist() == pytest.approx([180, 180, 220])
    assert outlook.fan(midpoints, drifts, quantiles=(0.5,), common_year=False).tolist() == pytest.approx(
        [180, 200, 220]
    )


def test_fan_of_nothing_is_missing():
    """No record or no guidance: no fan, instead of a sum of zero."""
    drifts = pd.DataFrame({"year": [2024], "drift_percent": [5.0]})
    assert outlook.fan(pd.Series(dtype=float), drifts).isna().all()
    assert outlook.fan(pd.Series([100.0]), drifts.head(0)).isna().all()


@given(
    st.lists(st.floats(1, 300), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(2020, 2023), st.floats(-60, 150)), min_size=1, max_size=5),
)
def test_fan_lies_between_the_extreme_drifts(midpoints, past):
    """Quantiles rise, and no combination leaves what the smallest and largest drift would give."""
    drifts = pd.DataFrame(past, columns=["year", "drift_percent"])
    fan = outlook.fan(pd.Series(midpoints), drifts)
    total = sum(midpoints)
    assert fan.is_monotonic_increasing
    assert fan[0.0] >= total * (1 + drifts["drift_percent"].min() / 100) - 1e-6
    assert fan[1.0] <= total * (1 + drifts["drift_percent"].max() / 100) + 1e-6


def test_clusters_widen_what_one_year_shares():
    """Three years, each of four companies alike: t on twelve is narrow, whole years drawn again span the extremes."""
    drifts = pd.Series(np.repeat([-10.0, 0.0, 30.0], 4))
    years = pd.Series(np.repeat([2022, 2023, 2024], 4))
    alone, low, high = outlook.mean_drift(drifts), *outlook.clustered_interval(drifts, years)
    assert (low, high) == pytest.approx((-10, 30))  # 1/27 of the draws are one year three times: more than 2.5 percent
    assert high - low > alone["high"] - alone["low"]
    assert np.isnan(outlook.clustered_interval(drifts.head(8), years.head(8))[0])  # two clusters


def test_leave_one_out_by_hand():
    """Without 2024 only the doubling is left, without 2023 only the halving."""
    left = outlook.leave_one_out(pd.Series([100.0, -50.0]), pd.Series([2023, 2024]))
    assert left.to_dict() == pytest.approx({2023: -50, 2024: 100})
    assert outlook.leave_one_out(pd.Series([100.0, 50.0]), pd.Series([2024, 2024])).empty


@pytest.mark.parametrize(("lead", "counts"), [(349, False), (350, True), (380, True)])
def test_a_statement_up_to_the_grace_later_is_in_force(lead, counts):
    """A year ahead less fifteen days is still early enough, a day less is not."""
    scored = pd.DataFrame({"ticker": ["A"], "fiscal_period": ["FY2026"], "lead_days": [lead], "drift_percent": [1.0]})
    assert len(outlook.in_force(scored, 365, grace_days=15)) == counts


def test_a_single_figure_that_was_nearly_met_is_inside_and_a_range_has_no_tolerance():
    """78.2 after "about 75" is inside at five percent, above at four; 41 after 30 to 40 is above; a floor is kept."""
    said = pd.DataFrame(
        {
            "kind": ["point", "range", "floor", "floor"],
            "low_usd_bn": [None, 30.0, None, None],
            "high_usd_bn": [None, 40.0, None, None],
            "midpoint_usd_bn": [75.0, 35.0, 25.0, 25.0],
            "outcome_usd_bn": [78.2, 41.0, 55.7, 24.0],
        }
    ).astype({"low_usd_bn": float, "high_usd_bn": float})
    assert list(outlook.position(said)) == ["inside", "above", "floor kept", "below"]
    assert outlook.position(said, point_tolerance=4)[0] == "above"
