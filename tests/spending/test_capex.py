"""Hyperscaler capex: worked examples by hand, published totals, and errors that must be caught."""

import numpy as np
import pandas as pd
import pytest

from minerpivot.data.tables import load as live
from minerpivot.spending import capex
from tests.frozen import load

MIXES = capex.mixes(load("capex_definitions"), load("instruments"))
COMPANIES = list(MIXES["cash"])


def quarterly(ticker, values, *, first="2024Q1", definition="cash_ppe", basis=None, revenue=100.0, cash_flow=20.0):
    """Rows of capex_actuals for consecutive quarters."""
    quarters = pd.period_range(first, periods=len(values), freq="Q")
    return pd.DataFrame(
        {
            "ticker": ticker,
            "calendar_quarter": quarters.astype(str),
            "period_end": quarters.end_time.normalize(),
            "definition": definition,
            "basis": basis,
            "capex_usd_bn": values,
            "revenue_usd_bn": revenue,
            "operating_cash_flow_usd_bn": cash_flow,
        }
    )


def five(values):
    """The five companies with the same quarters."""
    return pd.concat([quarterly(ticker, values) for ticker in COMPANIES], ignore_index=True)


def test_combined_is_missing_where_a_company_has_not_reported():
    """Oracle's early quarter must not pass for a total of five: a plain sum would give 9."""
    actuals = pd.concat([five([1.0, 2.0]), quarterly("ORCL", [9.0], first="2024Q3")])
    totals = capex.combined(actuals, "cash", MIXES)
    assert totals["2024Q1":"2024Q2"].tolist() == [5.0, 10.0]
    assert np.isnan(totals["2024Q3"])


def test_oracle_stands_alone_in_the_last_quarter_of_the_data():
    """In the frozen data too: Oracle has the August 2026 quarter, the others end in June."""
    actuals = load("capex_actuals")
    quarters = capex.calendar_quarters(actuals, MIXES["cash"])
    assert quarters.loc["2026Q3"].notna().to_dict() == dict.fromkeys(COMPANIES, False) | {"ORCL": True}
    assert np.isnan(capex.combined(actuals, "cash", MIXES)["2026Q3"])


def test_definitions_are_never_filled_from_each_other():
    """A company without lease figures is missing, not replaced by its cash figures; a wrong name is refused."""
    actuals = pd.concat([five([1.0]), quarterly("META", [1.5], definition="incl_finance_leases")])
    assert list(capex.calendar_quarters(actuals, "incl_finance_leases")) == ["META"]
    leases = capex.calendar_quarters(actuals, dict.fromkeys(COMPANIES, "incl_finance_leases")).iloc[0]
    assert leases["META"] == 1.5
    assert leases.drop("META").isna().all()
    with pytest.raises(ValueError, match="no rows have the definition capex; known are cash_ppe"):
        capex.calendar_quarters(actuals, "capex")


def test_a_quarter_on_another_accounting_basis_is_another_series():
    """4 on a new basis against 8 on the old is no growth: after the change the old series is missing."""
    changed = quarterly("MSFT", [4.0], first="2025Q1", definition="incl_finance_leases", basis="leases_reclassified")
    actuals = pd.concat([quarterly("MSFT", [8.0, 8, 8, 8], definition="incl_finance_leases"), five([1.0] * 5), changed])
    leases = capex.calendar_quarters(actuals, MIXES["with leases"])["MSFT"]
    assert leases.tolist()[:4] == [8.0] * 4
    assert np.isnan(leases["2025Q1"])
    assert np.isnan(capex.growth(leases)["2025Q1"])
    known = "known are cash_ppe, incl_finance_leases, incl_finance_leases on leases_reclassified"
    with pytest.raises(ValueError, match=known):
        capex.calendar_quarters(actuals, "none")


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


def test_a_whole_year_has_four_quarters():
    """1 + 2 + 3 + 4; a year of three, or with one missing, is none."""
    span = pd.period_range("2024Q1", periods=7, freq="Q")
    assert capex.whole_years(pd.Series([1.0, 2, 3, 4, 5, 6, 7], span)).to_dict() == {2024: 10}
    assert capex.whole_years(pd.Series([1.0, np.nan, 3, 4, 5, 6, 7], span)).empty


def test_the_pace_of_earlier_years_gives_this_one():
    """Half of 2024 and a quarter of 2025 came by June, 60 has come now: 120 or 240; none in winter, none with a gap."""
    span = pd.period_range("2024Q1", periods=10, freq="Q")
    quarters = pd.Series([10.0, 10, 10, 10, 5, 5, 10, 20, 20, 40], span)
    pace = capex.at_past_pace(quarters, pd.Period("2026Q2", "Q"))
    assert pace["share_percent"].to_dict() == pytest.approx({2024: 50, 2025: 25})
    assert pace["implied_usd_bn"].to_dict() == pytest.approx({2024: 120, 2025: 240})
    assert pace["so_far_usd_bn"].tolist() == [60, 60]
    assert capex.at_past_pace(quarters, pd.Period("2025Q4", "Q")).empty
    assert capex.at_past_pace(quarters.mask(quarters.index == "2026Q1"), pd.Period("2026Q2", "Q")).empty


def test_change_between_two_spans():
    """3 to 7 is 133 percent; missing where a quarter is."""
    quarters = capex.calendar_quarters(pd.concat([five([1.0, 2, 3, 4])]))
    change = capex.change(quarters, ("2024Q1", "2024Q2"), ("2024Q3", "2024Q4"))
    assert change["META"] == pytest.approx(100 * 4 / 3)
    assert capex.change(quarters, ("2023Q4", "2024Q1"), ("2024Q3", "2024Q4")).isna().all()


def test_what_one_company_reported_later_stands_beside_its_year_before():
    """Oracle's sixth quarter, 9, against its second, 2; what all have is not later."""
    oracle = quarterly("ORCL", [1.0, 2, 3, 4, 5, 9])
    later = capex.reported_later(pd.concat([oracle, quarterly("META", [1.0] * 5)]), pd.Period("2025Q1", "Q"))
    assert later[["ticker", "capex_usd_bn", "capex_year_before_usd_bn"]].to_numpy().tolist() == [["ORCL", 9.0, 2.0]]
    both = capex.reported_later(pd.concat([oracle, quarterly("AMZN", [1.0] * 6)]), pd.Period("2025Q1", "Q"))
    assert both["ticker"].to_dict() == {0: "AMZN", 1: "ORCL"}  # of one day by company


def test_totals_stand_beside_those_of_the_year_before():
    """From 100 to 150; a pair that comes twice, as in winter, stands once; a missing total has no growth."""
    totals = pd.DataFrame({"2024": [100.0, 80], "2025": [150.0, np.nan]}, index=["cash", "net"])
    found = capex.beside_year_before(totals, [("2024", "2025"), ("2024", "2025")])
    assert list(found) == ["2024", "2025", "growth 2025"]
    assert found["growth 2025"].tolist() == pytest.approx([50, np.nan], nan_ok=True)


def test_companies_taken_as_one_need_all_of_them():
    """Four quarters of 1 from each of the five: 20 of 400 in revenue and 100 in cash flow; a company short, no row."""
    pooled = capex.pooled_intensity(capex.intensity(five([1.0] * 4), dict.fromkeys(COMPANIES, capex.CASH)))
    row = pooled.loc["2024Q4"]
    assert row[["capex_usd_bn", "free_cash_flow_usd_bn"]].tolist() == [20, 380]
    assert row[["capex_over_revenue", "capex_over_cash_flow"]].tolist() == pytest.approx([1, 5])
    short = pd.concat([five([1.0] * 4), quarterly("ORCL", [1.0], first="2025Q1")])
    alone = capex.pooled_intensity(capex.intensity(short, dict.fromkeys(COMPANIES, capex.CASH)))
    assert alone.index.astype(str).tolist() == ["2024Q4"]


@pytest.mark.parametrize("source", [load, live], ids=["frozen", "live"])
def test_quarters_sum_to_the_filed_years(source):
    """All filed years with four quarters agree to the million, on each definition that a company reports."""
    actuals = capex.with_net_quarters(source("capex_actuals"), source("capex_amzn_net"))
    years = capex.filed_years(actuals, source("capex_annual"))
    assert len(years)
    assert years["gap_usd_bn"].abs().max() <= 0.0015  # the figures have three decimals


def test_filed_years_are_compared_on_every_definition():
    """In the frozen data: cash for the five, leases for three, Amazon net of proceeds, from 2019 on."""
    actuals = capex.with_net_quarters(load("capex_actuals"), load("capex_amzn_net"))
    years = capex.filed_years(actuals, load("capex_annual"))
    assert set(zip(years["ticker"], years["definition"])) == {
        *((ticker, "cash_ppe") for ticker in COMPANIES),
        *((ticker, "incl_finance_leases") for ticker in ("MSFT", "META", "AMZN")),
        ("AMZN", capex.NET),
    }
    assert set(years.loc[years["definition"] == "cash_ppe", "fiscal_period"]) >= {
        f"FY{year}" for year in range(2019, 2027)
    }


def test_a_wrong_quarter_shows_in_the_filed_years():
    """A hundred million too much in one quarter of Meta's 2025 is a gap of a hundred million in that year alone."""
    actuals = load("capex_actuals")
    wrong = (
        (actuals["ticker"] == "META")
        & (actuals["fiscal_period"] == "FY2025 Q2")
        & (actuals["definition"] == "cash_ppe")
    )
    assert wrong.sum() == 1
    actuals.loc[wrong, "capex_usd_bn"] += 0.1
    years = capex.filed_years(actuals, load("capex_annual"))
    off = years[years["gap_usd_bn"].abs() > 0.05]
    assert off[["ticker", "fiscal_period", "definition"]].to_numpy().tolist() == [["META", "FY2025", "cash_ppe"]]
    assert off["gap_usd_bn"].tolist() == pytest.approx([0.1])


def test_three_quarters_are_no_filed_year():
    """A year with a missing quarter is not compared."""
    quarters = quarterly("META", [1.0, 2, 3]).assign(fiscal_period=["FY2024 Q1", "FY2024 Q2", "FY2024 Q3"])
    filed = pd.DataFrame(
        {"ticker": ["META"], "fiscal_period": "FY2024", "definition": "cash_ppe", "basis": None, "capex_usd_bn": 10.0}
    )
    assert capex.filed_years(quarters, filed).empty


def test_mixing_definitions_in_a_total_is_refused():
    """Microsoft with leases beside four cash figures is no mix that has a name; a company's own definition is none."""
    actuals = pd.concat([five([1.0]), quarterly("MSFT", [1.5], definition="incl_finance_leases")])
    assert capex.named_mix(MIXES["cash"] | {"MSFT": "incl_finance_leases"}, MIXES) is None
    with pytest.raises(ValueError, match="no total is defined on cash_ppe; the definitions are cash, cash, Amazon net"):
        capex.combined(actuals, "cash_ppe", MIXES)
    assert capex.combined(actuals, "cash", MIXES).tolist() == [5.0]


def test_a_mix_is_found_by_the_companies_that_are_asked_for():
    """Microsoft with leases and Amazon net stand together in one mix only; Alphabet alone is cash in the first."""
    chosen = {"MSFT": "incl_finance_leases", "AMZN": capex.NET}
    assert capex.named_mix(chosen, MIXES) == "with leases, Amazon net"
    assert capex.named_mix({"GOOGL": "cash_ppe"}, MIXES) == "cash"


@pytest.mark.parametrize("source", [load, live], ids=["frozen", "live"])
def test_every_hyperscaler_is_in_every_mix(source):
    """Companies come from the tables, in the order of the first mix."""
    instruments = source("instruments")
    found = capex.mixes(source("capex_definitions"), instruments)
    spenders = set(instruments.loc[instruments["kind"] == "hyperscaler", "ticker"])
    assert all(set(mix) == spenders for mix in found.values())


def test_a_new_hyperscaler_without_a_definition_is_named():
    """CoreWeave as a hyperscaler is in no mix: the message says where to write its definition. Without Oracle, four."""
    instruments = load("instruments")
    kinds = instruments.set_index("ticker")["kind"]
    more = instruments.assign(kind=instruments["kind"].mask(instruments["ticker"] == "CRWV", "hyperscaler"))
    with pytest.raises(ValueError, match=r"capex_definitions\.csv has no row for CRWV in the mix 'cash'; add one"):
        capex.mixes(load("capex_definitions"), more)
    fewer = capex.mixes(load("capex_definitions"), instruments[instruments["ticker"] != "ORCL"])
    assert kinds["ORCL"] == "hyperscaler"
    assert list(fewer["cash"]) == ["MSFT", "GOOGL", "AMZN", "META"]


def test_a_total_of_some_companies_keeps_their_definition():
    """Two of five: 1 + 1 on cash, whatever the others have."""
    assert capex.combined(five([1.0]), "cash", MIXES, companies=["META", "GOOGL"]).tolist() == [2.0]


@pytest.mark.parametrize(
    ("latest", "labels"),
    [
        ("2026Q2", ["2024", "2025", "first half of 2025", "first half of 2026"]),
        ("2025Q3", ["2023", "2024", "first nine months of 2024", "first nine months of 2025"]),
        ("2025Q4", ["2024", "2025"]),
    ],
)
def test_years_and_year_to_date(latest, labels):
    """Two full years, and the year so far with the same months a year before."""
    spans = capex.years_and_year_to_date(pd.Period(latest, "Q"))
    assert list(spans) == labels
    assert spans[labels[1]] == (f"{labels[1]}Q1", f"{labels[1]}Q4")
    assert spans[labels[-1]] == (f"{latest[:4]}Q1", latest)


def test_quarters_end_with_the_calendars_or_some_months_before():
    """Years to December or June fit; to May end a month early, to January (Nvidia's) two."""
    year_ends = pd.Series({"AMZN": 12.0, "MSFT": 6, "ORCL": 5, "NVDA": 1})
    assert capex.months_early(year_ends).to_dict() == {"AMZN": 0, "MSFT": 0, "ORCL": 1, "NVDA": 2}


def test_share_of_year_by_hand():
    """1 + 2 of 1 + 2 + 3 + 4 is thirty percent; a year of three quarters has no share."""
    shares = capex.share_of_year(capex.calendar_quarters(five([1.0, 2, 3, 4, 5, 6, 7])), 2)["META"]
    assert shares[2024] == pytest.approx(30)
    assert np.isnan(shares[2025])
    assert shares.index.name == "year"


def test_amazon_net_quarters_give_the_published_trailing_totals():
    """Amazon's releases print seven trailing totals: e.g. 128.320 for 2025 and 169.007 to June 2026."""
    net = load("capex_amzn_net")
    actuals = capex.with_net_quarters(load("capex_actuals"), net)
    trailing = capex.trailing_twelve_months(capex.calendar_quarters(actuals, {"AMZN": capex.NET}))["AMZN"]
    published = net[net["period_kind"] == "ttm"].set_index("period_end")["capex_net_usd_bn"]
    assert len(published) == 7
    for day, value in published.items():
        assert trailing[pd.Period(day, "Q")] == pytest.approx(value, abs=0.0015)


def test_a_net_quarter_needs_its_gross_row():
    """A net quarter without revenue and cash flow of the same company and quarter is refused."""
    end = pd.Timestamp("2030-03-31")
    net = pd.DataFrame({"ticker": ["AMZN"], "period_kind": "quarter", "period_end": end, "capex_net_usd_bn": 1.0})
    with pytest.raises(ValueError, match="no gross row"):
        capex.with_net_quarters(five([1.0]), net)


def test_net_is_below_gross_and_leases_add():
    """By construction of the definitions, every total is ordered: net < gross < with leases."""
    actuals = capex.with_net_quarters(load("capex_actuals"), load("capex_amzn_net"))
    answers = capex.by_definition(actuals, {"2025": ("2025Q1", "2025Q4"), "half": ("2026Q1", "2026Q2")}, MIXES)
    assert (answers.loc["cash, Amazon net"] < answers.loc["cash"]).all()
    assert (answers.loc["cash"] < answers.loc["with leases"]).all()
    assert answers.loc["with leases, Amazon's too"].isna().all()  # Amazon stopped giving that figure after 2024


def test_intensity_by_hand():
    """Four quarters of 5 on revenue of 100 and cash flow of 20: 5 and 25 percent, 60 bn left."""
    row = capex.intensity(five([5.0] * 4)).loc[("2024Q4", "META")]
    assert row["capex_over_revenue"] == pytest.approx(5)
    assert row["capex_over_cash_flow"] == pytest.approx(25)
    assert row["free_cash_flow_usd_bn"] == pytest.approx(60)


def test_last_report_is_the_latest_of_the_companies():
    """Amazon closed the June 2026 quarter on 30 July, Oracle its May quarter on 10 June; an open quarter is refused."""
    actuals = load("capex_actuals")
    assert capex.last_report(actuals, "2026Q2", COMPANIES) == "2026-07-30"
    assert capex.last_report(actuals, pd.Period("2026-05-31", "Q"), ["ORCL"]) == "2026-06-10"
    with pytest.raises(ValueError, match="2026Q3 has no report date for MSFT, GOOGL, AMZN, META"):
        capex.last_report(actuals, "2026Q3", COMPANIES)


def chips(**change):
    """Six quarters of a chip maker: revenue 10, 11, ..., each guided one lower."""
    ends = pd.to_datetime(["2024-10-27", "2025-01-26", "2025-04-27", "2025-07-27", "2025-10-26", "2026-01-25"])
    frame = pd.DataFrame({"period_end": ends, "reported_on": ends + pd.Timedelta(days=30)})
    frame["revenue_usd_bn"] = 10.0 + np.arange(6)
    frame["data_center_revenue_usd_bn"] = frame["revenue_usd_bn"] / 2
    frame["next_quarter_revenue_guidance_usd_bn"] = frame["revenue_usd_bn"]
    return frame.assign(**change)


def season(**cells):
    """A company's reports of two years, known to June 2026, with what a test changes in the rows."""
    ends = pd.to_datetime(["2025-06-30", "2025-09-30", "2025-12-31", "2026-03-31", "2026-06-30"])
    days = pd.to_datetime(["2025-07-30", "2025-10-29", "2026-01-28", "2026-04-29", "2026-07-29"])
    periods = ["FY2025 Q4", "FY2026 Q1", "FY2026 Q2", "FY2026 Q3", "FY2026 Q4"]
    rows = {"ticker": "MSFT", "fiscal_period": periods, "period_end": ends, "reported_on": days}
    return pd.DataFrame(rows | cells)


def calendar(*rows):
    """Rows of `earnings_dates`: ticker, fiscal period, day, basis."""
    table = pd.DataFrame(rows, columns=["ticker", "fiscal_period", "reported_on", "basis"])
    return table.assign(reported_on=pd.to_datetime(table["reported_on"]))


@pytest.mark.parametrize(
    ("day", "entry", "expected", "due"),
    [
        ("2026-10-09", [], "2026-10-28", False),  # a Wednesday as a year before
        ("2026-11-04", [], "2026-10-28", False),  # a week later it need not be late yet
        ("2026-11-05", [], "2026-10-28", True),
        ("2026-11-26", [("MSFT", "FY2027 Q1", "2026-12-01", "scheduled")], "2026-12-01", False),
        ("2026-10-22", [("MSFT", "FY2027 Q1", "2026-10-21", "reported")], "2026-10-21", True),  # out, not in the tables
        ("2026-10-20", [("MSFT", "FY2027 Q1", "2026-10-21", "reported")], "2026-10-21", False),
        ("2026-11-26", [("META", "FY2027 Q1", "2026-12-01", "scheduled")], "2026-10-28", True),  # another company's
    ],
)
def test_the_report_after_the_last_one_is_due_a_week_after_last_years_day(day, entry, expected, due):
    """The September quarter of a company that is known to June."""
    found = capex.reports_due(season(), calendar(*entry), day).loc["MSFT"]
    assert [f"{found[name]:%Y-%m-%d}" for name in ("known_through", "next_ends")] == ["2026-06-30", "2026-09-30"]
    assert (f"{found['expected_on']:%Y-%m-%d}", found["due"]) == (expected, due)


def test_without_a_year_before_the_next_report_comes_as_late_as_the_last_one():
    """29 days after the quarter's end; a quarter that ends on a Sunday is followed by one thirteen weeks later."""
    new = capex.reports_due(season().tail(1), calendar(), "2026-11-26").loc["MSFT"]
    assert f"{new['expected_on']:%Y-%m-%d}" == "2026-10-29"
    nvidia = capex.reports_due(load("nvidia").assign(ticker="NVDA"), calendar(), "2026-11-26").loc["NVDA"]
    assert [f"{day:%Y-%m-%d}" for day in nvidia[:3]] == ["2026-07-26", "2026-10-25", "2026-11-18"]
    assert nvidia["due"]


def test_reports_of_a_season_leave_the_badge_when_its_rows_come():
    """In the frozen data four companies are due in late November 2026; with their September quarter they are not."""
    actuals = load("capex_actuals").query("definition == 'cash_ppe' and ticker in @COMPANIES")
    due = capex.reports_due(actuals, load("earnings_dates"), "2026-11-26")
    assert set(due.index[due["due"]]) == set(COMPANIES) - {"ORCL"}
    june = actuals[(actuals["period_end"] == "2026-06-30")]
    september = june.assign(
        fiscal_period=june["fiscal_period"].map({"FY2026 Q4": "FY2027 Q1", "FY2026 Q2": "FY2026 Q3"}),
        period_end=pd.Timestamp("2026-09-30"), reported_on=pd.Timestamp("2026-10-29"),
    )  # fmt: skip
    later = capex.reports_due(pd.concat([actuals, september]), load("earnings_dates"), "2026-11-26")
    assert not later["due"].any()
    assert set(later["known_through"].dt.strftime("%Y-%m")) == {"2026-09", "2026-08"}


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


def test_nvidia_quarters_stand_against_the_calendar_quarter_a_month_earlier():
    """Late January is the December quarter, also when a year of 53 weeks ends in early February or August."""
    ends = pd.Series(
        pd.to_datetime(["2026-01-25", "2026-04-26", "2021-05-02", "2021-08-01", "2025-10-26", "2026-02-01"])
    )
    assert capex.nvidia_calendar_quarter(ends).astype(str).tolist() == [
        "2025Q4",
        "2026Q1",
        "2021Q1",
        "2021Q2",
        "2025Q3",
        "2025Q4",
    ]
    assert capex.nvidia_calendar_quarter(live("nvidia")["period_end"]).is_unique


def lagged(lag, *, quarters=40, seed=1):
    """Two level series whose growth over a year is the same, that of sales `lag` quarters after that of capex."""
    steps = np.random.default_rng(seed).normal(0.03, 0.1, quarters + 8)
    span = pd.period_range("2015Q1", periods=quarters, freq="Q")
    level = np.exp(np.cumsum(steps))
    return pd.Series(level[4 : 4 + quarters], span), pd.Series(level[4 - lag : 4 - lag + quarters], span)


@pytest.mark.parametrize("lag", [-3, 0, 2])
def test_the_lag_that_was_built_in_is_found(lag):
    """Sales that repeat capex two quarters later: lag 2 has correlation and slope one, and is best in every draw."""
    spent, sold = lagged(lag)
    fit = capex.lag_fit(capex.growth_at_lags(spent, sold, range(-4, 5)), draws=200)
    assert fit["correlation"].idxmax() == lag
    assert fit.loc[lag, ["correlation", "slope"]].tolist() == pytest.approx([1, 1])
    assert fit.loc[lag, "best_share"] == 100
    assert fit["best_share"].sum() == pytest.approx(100)


def test_growth_at_lags_by_hand():
    """Capex doubles in the year to the fifth quarter: one quarter later that is the growth at lag one."""
    span = pd.period_range("2020Q1", periods=6, freq="Q")
    spent, sold = pd.Series([1.0, 1, 1, 1, 2, 4], span), pd.Series([1.0, 1, 1, 1, 3, 5], span)
    table = capex.growth_at_lags(spent, sold, [0, 1])
    assert table.index.astype(str).tolist() == ["2021Q2"]
    assert table.iloc[0].tolist() == pytest.approx([np.log(5), np.log(4), np.log(2)])


def test_lag_fit_agrees_with_numpy_and_refuses_few_quarters():
    """The correlation is the plain one of the common quarters; with seven quarters nothing is estimated."""
    rows = pd.DataFrame(np.random.default_rng(3).normal(size=(20, 3)), columns=["sales", 0, 1])
    fit = capex.lag_fit(rows, draws=100)
    assert fit.loc[1, "correlation"] == pytest.approx(np.corrcoef(rows["sales"], rows[1])[0, 1])
    assert fit.loc[1, "slope"] == pytest.approx(np.polyfit(rows[1], rows["sales"], 1)[0])
    assert (fit["low"] <= fit["high"]).all()
    assert fit["low"].nunique() == 2  # each lag has its own interval
    blocks = [capex.lag_fit(rows, draws=100, **request) for request in ({}, {"block": 4}, {"block": 5})]
    assert blocks[0].equals(blocks[1])
    assert not blocks[0].equals(blocks[2])
    few = capex.lag_fit(rows.head(7))
    assert few.drop(columns="observations").isna().all(axis=None)
    assert few["observations"].tolist() == [7, 7]
