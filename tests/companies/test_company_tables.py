"""Tables of a company's page by hand: what each says of a few rows, in which order and in which words."""

import pandas as pd
import pytest

from minerpivot.companies import pages, profiles
from minerpivot.data.tables import load, through
from minerpivot.deals import ledger
from tests.deals.test_ledger import ledger as rows_of

ADDRESS = "https://example.org/a"


def told(cells):
    """Cells as a list, None for what is missing."""
    return [None if pd.isna(cell) else cell for cell in cells]


def test_contracts_stand_newest_first_and_say_what_is_none():
    """A value of two leases and an extension are rows that say so; the best source and the guarantor are named."""
    held = ledger.contracted(
        rows_of(
            {"deal_id": "OLD", "announced_on": "2025-01-01", "guarantor": "Google", "state": "partly_delivered"},
            {"deal_id": "BOTH", "counts_as": "value", "tenant": "undisclosed (IREN)", "critical_it_mw": None},
            {"deal_id": "MORE", "counts_as": "extension", "announced_on": "2025-06-01"},
        )
    )
    cited = pd.DataFrame(
        {"source": [("8-K, 1 Jan 2025", ADDRESS)], "evidence": ["primary"], "other": [None]}, index=["OLD"]
    )
    shown = pages.contracts(held, cited)
    assert list(shown["deal_id"]) == ["MORE", "BOTH", "OLD"]
    assert list(shown["tenant"]) == ["Tenant, extension", "undisclosed tenant, one value for several", "Tenant"]
    oldest = shown.iloc[2]
    seen = ["credit", "state", "source", "megawatts", "basis"]
    assert oldest[seen].tolist() == ["Google", "partly delivered", ("8-K, 1 Jan 2025", ADDRESS), 100, "critical IT"]
    assert pd.isna(shown.iloc[0]["source"])


def test_a_sum_is_worded_as_its_weakest_value():
    """About beats at least; an average is about unless it is a floor; exact values need no word."""
    exact, floor, about = {"value_qualifier": "exact"}, {"value_qualifier": "more_than"}, {"value_qualifier": "about"}
    average = {"value_basis": "average_times_term"}
    assert profiles.worded(rows_of(exact)) is None
    assert profiles.worded(rows_of(exact, floor)) == "at least"
    assert profiles.worded(rows_of(floor, about)) == "about"
    assert profiles.worded(rows_of(exact | average)) == "about"
    assert profiles.worded(rows_of(floor | average)) == "at least"


def test_delivery_shows_the_most_megawatts_first_and_no_date_for_what_runs():
    """An open basis stands among the contracted megawatts and is marked; a site without a name keeps its key."""
    leases = pd.DataFrame(
        {
            "site": ["a", "b", "c"],
            "tenant": ["One", "Two", "Three"],
            "contracted_mw": [50.0, 200.0, None],
            "open_mw": [None, None, 70.0],
            "live_mw": [50.0, None, None],
            "state": ["runs", "promised", "promised"],
            "now": ["2026-Q1", "2026-Q4", None],
            "promised": ["2025-H2", "2026-10", None],
            "late_quarters": [1.0, 0.0, None],
            "passed": [[], ["power"], None],
        }
    )
    shown = pages.delivery(leases, {"a": "Alpha", "b": "Beta"})
    assert shown["site"].tolist() == ["Beta", "Alpha", "c"]
    assert shown["contracted_mw"].tolist() == [200, 50, 70]
    assert told(shown["basis"]) == [None, None, "basis open"]
    assert told(shown["now"]) == ["Q4 2026", None, None]
    assert told(shown["promised"]) == ["Oct 2026", "H2 2025", None]
    assert told(shown["overdue"]) == ["power", None, None]


def test_a_site_that_stands_for_others_is_no_place():
    """Its parts are; a place is what is known of town, region and country, the grid the operator before the utility."""
    rows = {
        "site": ["all", "one", "two"],
        "part_of": [None, "all", "all"],
        "name": ["Both", "One", "Two"],
        "county_town": [None, "Pecos", None],
        "region": ["Texas", "Texas", None],
        "country": ["US", "US", None],
        "gross_mw_planned": [500.0, 300.0, 200.0],
        "mining_mw": [None, 10.0, None],
        "grid_operator": [None, "ERCOT", None],
        "utility": ["AEP", "AEP", "AEP"],
        "sold_on": pd.to_datetime([None, None, "2026-01-01"]),
        "source_url": [ADDRESS] * 3,
    }
    shown = pages.sites(pd.DataFrame(rows))
    assert shown["site"].tolist() == ["One", "Two"]
    assert told(shown["place"]) == ["Pecos, Texas, US", None]
    assert shown["grid"].tolist() == ["ERCOT", "AEP"]
    assert shown["source"].iloc[0] == ("Source for One", ADDRESS)


def test_the_share_of_ai_is_of_the_quarter_s_own_revenue():
    """30 of 120 million is 25 percent; one without a split has none, one without revenue no row; latest first.

    With 20 million of fit-out in both it is 10 of 100.
    """
    quarters = pd.DataFrame(
        {
            "ticker": "A",
            "fiscal_period": ["Q1", "Q2", "Q3"],
            "period_end": pd.to_datetime(["2026-03-31", "2026-06-30", "2026-09-30"]),
            "revenue_usd_m": [120.0, 150.0, None],
            "ai_hpc_revenue_usd_m": [30.0, None, None],
            "mining_revenue_usd_m": [80.0, None, None],
            "hosting_other_revenue_usd_m": [10.0, None, None],
            "ai_includes_fit_out": ["n", None, None],
            "fit_out_usd_m": [None, None, None],
            "ai_left_out": ["GPU cloud", None, None],
            "source_url": [ADDRESS, None, ADDRESS],
        }
    )
    shown = pages.revenue(quarters)
    assert shown["quarter"].tolist() == ["Q2", "Q1"]
    assert shown["left_out"].dropna().to_dict() == {0: "without GPU cloud"}
    assert shown["ai_percent"].tolist() == pytest.approx([float("nan"), 25], nan_ok=True)
    assert told(shown["source"]) == [None, ("Source of the quarter", ADDRESS)]
    assert pages.revenue(quarters.iloc[:0]).empty
    fitted = quarters.assign(fit_out_usd_m=[20.0, None, None], ai_includes_fit_out=["y", None, None])
    assert pages.revenue(fitted)[["revenue", "ai", "ai_percent"]].iloc[-1].tolist() == [120, 30, 10]


def reconciled(*rows):
    """Statements as `ledger.reconcile` sets them against the ledger."""
    plain = {"ticker": "A", "stated_on": "2026-01-01", "scope": "company", "source_url": ADDRESS}
    plain |= {"measure": "critical-IT MW", "stated": 100.0, "ledger": 100.0, "agrees": True}
    plain |= {"because": None, "explained_by": []}
    return pd.DataFrame([plain | row for row in rows])


WHY = {"agrees": False, "because": "not in its total", "explained_by": ["A-1"]}


@pytest.mark.parametrize(
    ("rows", "finding"),
    [
        ([{}], "The one figure stated agrees with the ledger of its day"),
        ([{}, {}], "Both figures agree with the ledger of their day"),
        ([{}, WHY], "1 of 2 figures agree with the ledger of their day; 1 differs by one known contract"),
        (
            [{}, WHY, WHY | {"explained_by": ["A-2"]}, {"agrees": False}],
            "1 of 4 figures agree with the ledger of their day; 2 differ by known contracts; "
            "1 differs and nothing here explains it",
        ),
        ([WHY], "One figure is stated; 1 differs by one known contract"),
        (
            [{}, {"ledger": None, "agrees": False}],
            "1 of 2 figures agree with the ledger of their day; for 1 the ledger has no contract",
        ),
    ],
)
def test_the_finding_on_what_is_stated_counts_each_figure_once(rows, finding):
    """As agreeing, as explained, or as neither."""
    assert pages.agreement(pages.stated(reconciled(*rows))) == finding


def test_statements_stand_last_first_with_their_units():
    """Dollars and megawatts as people write them; what the ledger does not hold is said so and is no agreement."""
    money = {"measure": "USD bn", "stated": 9.7, "ledger": 9.71}
    shown = pages.stated(reconciled(money, {"ledger": None, "agrees": False, "scope": "Alpha"}))
    figures = ["scope", "company", "ledger", "verdict"]
    assert told(shown[figures].iloc[0]) == ["Alpha", "100 MW", None, "not held"]
    assert told(shown[figures].iloc[1]) == ["All contracts", "$9.7bn", "$9.71bn", "agrees"]
    assert pages.explaining(pages.stated(reconciled(WHY, WHY))) == ["A-1"]


def test_worth_gives_every_figure_its_day():
    """A missing figure has no row; growth and return say from which day they count."""
    day = pd.Timestamp("2026-10-07")
    columns = {column for pair in pages.WORTH.values() for column in pair}
    row = pd.Series(
        dict.fromkeys(columns)
        | {"cash_usd_m": 30.0, "sheet_on": pd.Timestamp("2026-06-30")}
        | {"dilution_percent": 12.0, "dilution_from": pd.Timestamp("2024-05-01"), "dilution_to": day}
        | {"return_percent": 80.0, "first_stated": "September 2024"},
        dtype=object,
    )
    shown = pages.worth(row, day).set_index("what")
    assert shown.loc["Cash, $m"].tolist() == [30, pd.Timestamp("2026-06-30")]
    assert len(shown) == 3  # no debt, though the sheet's day is known
    assert shown.loc["Growth of the share count since 1 May 2024, %"].tolist() == [12, day]
    assert shown.loc["Return since its first contract of September 2024, %"].tolist() == [80, day]


def test_financings_stand_latest_first():
    """A month counts from its last day; the kind is in words."""
    rows = {"kind": ["notes", "term_loan", "equity"], "announced_on": ["2026-05-20", "2026-05", "2026-01-01"]}
    rows |= {"amount_usd_m": [1.0, 2.0, 3.0], "coupon_pct": None, "maturity": None, "part_of": None}
    shown = pages.financings(pd.DataFrame(rows).assign(source_url=ADDRESS))
    assert shown["kind"].tolist() == ["term loan", "notes", "equity"]
    assert shown["source"].tolist() == [("Source of the financing", ADDRESS)] * 3


def test_what_was_sold_or_bought_back_is_no_financing():
    """It stands in the list and is told beside the count; alone it leaves no financing."""
    kinds = ["asset sale", "notes", "convertible repurchase", "warrants"]
    rows = pd.DataFrame({"kind": kinds, "announced_on": ["2026-07-06", "2026-05", "2026-03-26", "2025-08-18"]})
    beside = "an asset sale and a convertible repurchase"
    assert pages.raised(rows) == f"2 financings found, the latest of May 2026; beside them {beside}"
    assert pages.raised(rows[:2]) == "1 financing found, the latest of May 2026; beside it an asset sale"
    assert pages.raised(rows[1:2]) == "1 financing found, the latest of May 2026"
    assert pages.raised(rows[:1]) == "No financing found"


def test_dates_are_told_for_narrow_cells_and_the_first_in_words():
    """And what was promised first only where that was another period."""
    rows = {"stated": ["2026-Q4", "2027-03-01"], "due": pd.to_datetime(["2026-12-31", "2027-03-01"])}
    rows |= {"what": ["Alpha", "Beta"], "mw": [10.0, None], "basis": [float("nan"), "basis open"], "kind": "delivery"}
    shown = pages.dates(pd.DataFrame(rows | {"first": ["2026-Q2", None]}))
    assert shown["when"].tolist() == ["Q4 2026", "2027-03-01"]
    assert shown["due"].tolist() == rows["due"].tolist()
    assert told(shown["before"]) == ["Q2 2026", None]
    assert told(shown["basis"]) == [None, "basis open"]
    coming = pd.DataFrame(rows)
    assert pages.soonest(coming) == "Next: Alpha, fourth quarter of 2026"
    assert pages.soonest(coming.assign(kind="lease start")) == "Next: a lease starts, Alpha, fourth quarter of 2026"
    assert pages.soonest(coming.assign(kind="service start")) == "Next: a service starts, Alpha, fourth quarter of 2026"


@pytest.fixture(scope="module")
def overview():
    """All companies on the last day of the live tables."""
    return profiles.overview(profiles.read(), through("prices"), since="2024-04-20")


def test_all_companies_stand_side_by_side_with_every_column(overview):
    """No column of the overview is lost, and a month is told only beside its figure."""
    shown = pages.compared(overview)
    renamed = {"low_usd_m", "high_usd_m", "grade", "sheet_url", "next_delivery"}
    assert set(overview.columns) - renamed <= set(shown.columns)
    assert shown.loc[shown["live_mw"].isna(), "live_said"].isna().all()
    assert shown["live_said"].dropna().str.fullmatch(r"[A-Z][a-z]{2} 20\d\d").all()


def test_a_ratio_is_told_with_both_readings_of_restricted_cash():
    """The other one where it rounds to another number."""
    low, high = pd.Series([14.99, 20.1, None]), pd.Series([22.6, 20.4, None])
    assert told(pages._other(low, high)) == ["or 15", None, None]


def test_parts_of_a_value_are_shown_for_what_has_a_market_value(overview):
    """The dearest first, and nothing said to lack where nothing does."""
    shown = pages.value_parts(overview)
    assert len(shown) == overview["market_value_usd_m"].notna().sum()
    assert shown["high_usd_m"].dropna().is_monotonic_decreasing
    assert not shown["lacks"].eq("").any()
    owed = shown["market_value_usd_m"] + shown["debt_usd_m"] + shown["preferred_usd_m"].fillna(0)
    total = owed - shown["free_cash_usd_m"] - shown["coins_usd_m"].fillna(0)
    assert total[shown["high_usd_m"].notna()].to_numpy() == pytest.approx(shown["high_usd_m"].dropna().to_numpy())


def test_every_tenant_at_every_site_is_a_row_and_an_empty_site_another():
    """Part of a let whole is with others, by its tenant; a whole without a lease of its own is no place."""
    sites = pd.DataFrame(
        {
            **{"site": ["all", "one", "two", "free", "sum"], "part_of": [None, "all", None, "sum", None]},
            **{"name": ["Both", "One", "Two", "Free", "Sum"], "ticker": "A", "grade": "A"},
        }
    ).reindex(columns=load("sites").columns)
    leases = pd.DataFrame(
        {
            **{"site": ["all", "two", "two"], "tenant": ["AMD", "AMD", "Google"], "state": ["runs", "runs", "overdue"]},
            **{"contracted_mw": [300.0, 50.0, None], "live_mw": [300.0, 50.0, None], "open_mw": [None, None, 90.0]},
        }
    )
    shown = pages.all_sites(sites, leases, {"A": "Alpha"})
    seen = ["name", "tenant", "state", "contracted_mw", "basis"]
    rows = [told(row) for row in shown[seen].itertuples(index=False)]
    assert rows == [
        ["Both", "AMD", "runs", 300, None],
        ["Two", "Google", "overdue", 90, "basis open"],
        ["Two", "AMD", "runs", 50, None],
        ["Free", None, "no tenant", None, None],
        ["One", "AMD", "with others", None, None],
    ]
    assert told(shown["told_with"]) == [None, None, None, None, "Both"]
    assert set(shown["company"]) == {"Alpha"}


@pytest.mark.parametrize(
    ("live", "not_yet", "untold", "finding"),
    [
        (50, 150, 0, "50 live and 150 not live yet"),
        (10, 20, 30, "10 live, 20 not live yet and 30 not disclosed"),
        (9, 0, 0, "all live"),
        (0, 9, 0, "none live yet"),
        (0, 0.2, 9, "what runs is not disclosed"),  # less than half a megawatt is not told
    ],
)
def test_the_chart_of_megawatts_says_what_runs(live, not_yet, untold, finding):
    """Of what is signed, each part that there is; a single one in words."""
    last = {"contracted_mw": live + not_yet + untold, "live_mw": live, "not_yet_mw": not_yet, "untold_mw": untold}
    told = pages.megawatts(pd.Series({"company": "Big"}), pd.Series(last), pd.Timestamp("2026-10-05"))
    assert told == f"Big: {last['contracted_mw']:,.0f} megawatts signed by 5 October 2026, {finding}"


def test_the_largest_contracts_are_named_by_tenant_and_megawatts():
    """Those whose day is known, by megawatts, then by value; one without megawatts has none in its name."""
    rows = ledger.contracted(
        rows_of(
            {"deal_id": "A", "tenant": "AMD", "critical_it_mw": 25.0},
            {"deal_id": "B", "tenant": "undisclosed lab (IREN)", "critical_it_mw": None},
            {"deal_id": "C", "tenant": "Oracle", "critical_it_mw": 1200.0},
        )
    )
    assert [name for _, name in pages.largest(rows, 2)] == ["Oracle, 1,200 MW", "AMD, 25 MW"]
    assert [name for _, name in pages.largest(rows, 5)][-1] == "undisclosed lab"
    assert pages.largest(rows.assign(announced=pd.NaT), 5) == []


@pytest.mark.parametrize(
    ("planned", "mining", "sold", "finding"),
    [
        ([100.0, 1900.0], [None, 5.0], 1, "2 sites known, with 2,000 megawatts planned or built; 1 more sold"),
        ([100.0, None], [None, None], 0, "2 sites known, with 100 megawatts planned at 1 of them"),
        ([None], [None], 0, "1 site known"),
    ],
)
def test_the_finding_on_sites_counts_those_still_held(planned, mining, sold, finding):
    """With what is planned where that is known, and built where something mines."""
    rows = pd.DataFrame({"planned_mw": planned, "mining_mw": mining}, dtype=float)
    assert pages.planned(rows, sold) == finding


def test_a_column_that_no_row_fills_is_not_shown():
    """One that some row fills is, a zero included; the order is that asked for."""
    rows = pd.DataFrame({"revenue": [0.0, 2.0], "ai": [None, None], "mining": [None, 1.0]})
    assert pages.filled(rows, "mining", "ai", "revenue") == ["mining", "revenue"]


def test_the_finding_on_revenue_is_the_last_quarter_with_a_share():
    """And says if a later quarter has none, or if fit-out may be in it."""
    rows = pd.DataFrame(
        {"ai_percent": [None, 40.4], "ends": pd.to_datetime(["2026-06-30", "2026-03-31"])}
        | {"with_fit_out": [None, "y"], "fit_out": [float("nan"), float("nan")]}
    )
    told = "AI was 40% of revenue in the quarter to March 2026"
    assert pages.ai_share(rows) == f"{told}, the last with a split, fit-out included"
    assert pages.ai_share(rows.iloc[1:].assign(fit_out=5.0)) == told
    assert pages.ai_share(rows.iloc[:1]) == "Revenue by quarter, without a split"


def test_an_enterprise_value_has_a_second_end_only_where_cash_is_restricted():
    """Else it stands once, in its place."""
    day = pd.Timestamp("2026-10-07")
    cells = dict.fromkeys([*(c for pair in pages.WORTH.values() for c in pair), "dilution_from", "first_stated"])
    cells |= {"dilution_percent": None, "dilution_to": None, "return_percent": None, "close_on": day}
    both = pages.worth(pd.Series(cells | {"low_usd_m": 1.0, "high_usd_m": 2.0}, dtype=object), day)
    assert both["what"].tolist() == [pages.APART, pages.COUNTED]
    one = pages.worth(pd.Series(cells | {"low_usd_m": 2.0, "high_usd_m": 2.0}, dtype=object), day)
    assert one[["what", "figure"]].to_numpy().tolist() == [["Enterprise value, $m", 2.0]]


@pytest.mark.parametrize(
    ("rows", "row", "title"),
    [
        ([], {}, "No contract is in force"),
        ([{"tenant": "undisclosed (HUT)"}], {}, "One contract in force, with an undisclosed tenant"),
        ([{}, {}], {"contracted_usd_bn": 2.04}, "2 contracts in force, for $2.0bn, most megawatts for Tenant"),
        (
            [{}, {"tenant": "AMD", "critical_it_mw": 200.0}, {"counts_as": "extension", "critical_it_mw": None}],
            {"contracted_usd_bn": 3.0, "unvalued": 1},
            "2 contracts and an extension in force, for $3.0bn as far as stated, most megawatts for AMD",
        ),
        (
            [{"critical_it_mw": None}] * 2 + [{"counts_as": "extension", "critical_it_mw": None}] * 2,
            {},
            "2 contracts and 2 extensions in force",
        ),
    ],
)
def test_the_table_of_contracts_says_how_many_there_are_for_how_much_and_for_whom(rows, row, title):
    """An extension is no contract; a value that is not known, and megawatts that nobody states, are not told."""
    held = ledger.contracted(rows_of(*rows or [{"state": "sold"}]))
    row = pd.Series({"unvalued": 0, "contracted_usd_bn": float("nan")} | row)
    assert pages.in_force(held, row) == title


@pytest.mark.parametrize(
    ("live", "starts", "title"),
    [
        ([30.0, 12.5, None], "2025-01-01", "42 megawatts run for One and Two, by the latest statement"),
        ([0.0, None, None], "2025-01-01", "No megawatts run yet for One, by the latest statement"),
        ([None, None, None], "2026-10-08", "Nothing can run yet: every lease starts later"),
        ([None, None, None], "2026-10-07", "No figure for what runs was found"),
    ],
)
def test_the_table_of_deliveries_says_what_runs_or_why_nothing_is_known_to(live, starts, title):
    """A zero is a figure; a lease that starts today may run; one lease alone is not every one."""
    leases = pd.DataFrame({"live_mw": live, "tenant": ["One", "Two", "Three"]}).astype({"live_mw": float})
    day = pd.Timestamp("2026-10-07")
    assert pages.switched_on(leases, pd.to_datetime(pd.Series([starts] * 3)), day) == title
    one = pages.switched_on(leases, pd.to_datetime(pd.Series([starts])), day)
    assert one == title.replace("every lease", "the lease")


def test_a_share_moved_since_the_first_contract_or_since_its_first_close():
    """With the direction in a word and the size without a sign."""
    closes = pd.Series([10.0, 7.5], pd.to_datetime(["2024-01-02", "2026-10-07"]))
    row = pd.Series({"company": "Miner", "return_percent": 41.6, "first_stated": "6 March 2024"})
    assert pages.moved(closes, row) == "Miner rose 42% since its first AI contract in our list, of 6 March 2024"
    assert pages.moved(closes, row.replace(41.6, float("nan"))) == "Miner fell 25% from 2 January 2024"


def test_months_stay_with_their_rows():
    """Where rows are named by company, not by number."""
    days = pd.Series(pd.to_datetime(["2026-06-30", None]), ["IREN", "HUT"])
    assert pages._months(days).to_dict() == {"IREN": "Jun 2026", "HUT": None}
