"""Profiles: made from rows alone, for any company that the tables name, and silent on what they do not hold."""

import pandas as pd
import pytest

from minerpivot.companies import profiles
from minerpivot.data.tables import through
from minerpivot.deals import delivery, ledger
from minerpivot.stocks import markets
from minerpivot.stocks.sessions import last_sessions
from tests.deals.test_delivery import live, said, target
from tests.deals.test_ledger import ledger as rows_of

SINCE = "2024-04-20"


@pytest.fixture(scope="module")
def known():
    """The live tables."""
    return profiles.read()


@pytest.fixture(scope="module")
def table(known):
    """The overview of the latest day."""
    return profiles.overview(known, through("prices"), since=SINCE)


def with_row(known, **cells):
    """The tables with one more company, of which only its row in `instruments` is known."""
    blank = dict.fromkeys(known["instruments"].columns)
    row = blank | {"ticker": "NEWX", "name": "New Miner", "short_name": "New Miner", "kind": "miner"} | cells
    instruments = known["instruments"]
    return {**known, "instruments": pd.concat([instruments, pd.DataFrame([row]).astype(instruments.dtypes.to_dict())])}


def test_every_miner_has_a_row_and_nobody_else(known, table):
    """One row for each miner of the table of instruments, none for chip makers, funds and hyperscalers."""
    miners = known["instruments"].query("kind == 'miner'")["ticker"]
    assert sorted(table.index) == sorted(miners)


def test_a_company_added_has_a_row_and_one_removed_loses_it(known):
    """A company of which only the name is known has a row in which all else is missing."""
    found = profiles.overview(with_row(known), through("prices"), since=SINCE)
    row = found.loc["NEWX"]
    assert row["company"] == "New Miner"
    assert row["contracts"] == 0
    figures = ["contracted_mw", "live_mw", "ai_usd_m", "return_percent", "market_value_usd_m", "high_usd_m", "strategy"]
    assert row[figures].isna().all()
    assert row["lacks"] == "a share count, a price, its total debt, its cash"
    fewer = {**known, "instruments": known["instruments"].query("ticker != 'CLSK'")}
    assert "CLSK" not in profiles.overview(fewer, through("prices"), since=SINCE).index


def test_nothing_is_known_of_a_company_without_rows(known):
    """Every table is there and empty: a profile can say so without a special case."""
    found = profiles.of("NEWX", with_row(known))
    assert all(rows.empty for name, rows in found.items() if name != "instruments")


def test_a_parent_counts_its_subsidiary(known, table):
    """The megawatts of Bit Digital hold those of WhiteFiber, which has a row of its own as well."""
    parents = ledger.parent_of(known["instruments"])
    assert profiles.group("BTBT", parents) == ["BTBT", "WYFI"]
    assert table.loc["BTBT", "contracted_mw"] >= table.loc["WYFI", "contracted_mw"]


def test_rows_add_up_to_the_ledger(known, table):
    """Without subsidiaries, contracted megawatts and contracts are those of the ledger, at each company's own share."""
    alone = table[table["parent"].isna()]
    held = ledger.own_share(ledger.contracted(known["deals"]))
    sums = ledger.totals(held).loc["all"]
    assert alone["contracted_mw"].sum() == pytest.approx(sums["critical_it_mw"])
    assert alone["contracts"].sum() == sums["contracts"]


def test_what_runs_what_does_not_and_what_nobody_knows_add_up(known, table):
    """To what is contracted, in the live tables, for each company."""
    found = profiles.running(known, through("prices")).dropna(subset=["contracted_mw"])
    assert len(found) == table["contracted_mw"].notna().sum()
    assert (found.fillna(0) >= 0).all(axis=None)
    assert (found["later_mw"] <= found["not_yet_mw"]).all()
    parts = found[["live_mw", "not_yet_mw", "untold_mw"]].fillna(0)
    assert parts.sum(axis=1).to_numpy() == pytest.approx(found["contracted_mw"].to_numpy())


def one_company(known, contracts, deliveries=()):
    """The tables with the contracts and deliveries of CleanSpark alone: (start, megawatts) and (megawatts that run)."""
    deal = known["deals"].query("deal_id == 'CLSK-2026-07-SANDERSVILLE'").iloc[[0] * len(contracts)]
    deals = deal.assign(
        deal_id=[f"CLSK-{number}" for number in range(len(contracts))],
        start_expected=[start for start, _ in contracts],
        critical_it_mw=[megawatts for _, megawatts in contracts],
    )
    done = known["deliveries"].query("kind == 'delivered'").iloc[[0] * len(deliveries)]
    done = done.assign(
        ticker="CLSK",
        site="sandersville",
        phase=[str(number) for number in range(len(deliveries))],
        said_on="2026-08-01",
        deal_id=None,
        alternative_to=None,
        live_critical_it_mw=list(deliveries),
    )
    return {**known, "deals": deals, "deliveries": done}


@pytest.mark.parametrize(
    ("contracts", "deliveries", "parts"),
    [
        ([("2026-12", 100), ("2026-Q4", 40), ("2026-01", 30), (None, 5)], [], [None, 100, 100, 75]),
        ([("2026-01", 100)], [60.0], [60, 40, 0, 0]),
        ([("2026-01", 100)], [0.0], [0, 100, 0, 0]),
        ([("2026-01", 100), ("2027", 50)], [60.0, None], [60, 50, 50, 40]),
        ([("2026-01", 100)], [None], [None, 0, 0, 100]),
    ],
    ids=["no figure", "a figure", "a zero", "a figure and a part without one", "a part without one"],
)
def test_what_does_not_run_yet_by_hand(known, contracts, deliveries, parts):
    """On 7 October what starts in December cannot run; what starts in the quarter that has begun may."""
    row = profiles.running(one_company(known, contracts, deliveries), "2026-10-07").loc["CLSK"]
    found = [None if pd.isna(cell) else cell for cell in row[["live_mw", "not_yet_mw", "later_mw", "untold_mw"]]]
    assert found == parts


def test_what_is_overdue_is_named():
    """By its phase, or by its tenant where none is told; what is in time is not in it."""
    leases = pd.DataFrame({"tenant": ["AMD", "Google", "Oracle"], "state": ["overdue", "overdue", "promised"]})
    assert profiles.overdue(leases.assign(passed=[[], ["power"], None]))["late"].tolist() == ["AMD", "power"]
    assert profiles.overdue(leases.assign(passed=None).iloc[:0]).empty


def test_a_period_stands_in_a_sentence():
    """With the word that goes before it."""
    stated = ["2026-12", "2026-Q4", "2027", "mid-2027", "2026-10-07"]
    told = [
        "in December 2026",
        "in the fourth quarter of 2026",
        "in 2027",
        "in the middle of 2027",
        "on 7 October 2026",
    ]
    assert [profiles.when(text) for text in stated] == told


def test_a_promise_of_a_sold_lease_is_none(known):
    """What a company sold is not on its list of deliveries to come."""
    sold = known["deals"].query("state == 'sold'")["deal_id"]
    assert not profiles.promises(known, pd.Timestamp(through("prices")))["deal_id"].isin(sold).any()


def test_promises_come_soonest_first(known):
    """By the last day of the period that is expected now."""
    assert profiles.promises(known, pd.Timestamp(through("prices")))["due"].dropna().is_monotonic_increasing


def test_value_per_megawatt_is_missing_where_megawatts_are_few(table):
    """Below a hundred contracted megawatts, and below a hundred live ones, no ratio is given."""
    few = table["contracted_mw"].fillna(0) < profiles.LEAST_MW
    assert table.loc[few, ["per_contracted_mw_low", "per_contracted_mw_high"]].isna().all(axis=None)
    running = table["live_mw"].fillna(0) < profiles.LEAST_MW
    assert table.loc[running, ["per_live_mw_low", "per_live_mw_high"]].isna().all(axis=None)


def test_value_per_megawatt_is_missing_where_megawatts_are_of_a_part_of_the_contracts(table):
    """A whole company divided by the megawatts of one of its contracts would look too dear."""
    part = table["measured_percent"].fillna(0) < profiles.LEAST_MEASURED
    assert table.loc[part, ["per_contracted_mw_low", "per_contracted_mw_high"]].isna().all(axis=None)


def test_closes_kept_for_returns_are_told_and_are_no_price(known, table):
    """A company with closes among the small miners does not lack a price, but one after their end or a level."""
    small = table["returns_to"].dropna()
    assert set(small.index) == set(table.index) & (
        set(known["prices_failed"]["symbol"]) - set(known["prices"]["symbol"])
    )
    assert not any("a price" in lacks.split(", ") for lacks in table.loc[small.index, "lacks"])
    assert table.loc[small.index, "market_value_usd_m"].isna().all()
    day = pd.Timestamp("2026-10-07")
    assert profiles._price_named("a price, its cash", day, day) == f"{profiles.NO_LEVEL}, its cash"
    assert profiles._price_named("a price", pd.Timestamp("2026-07-31"), day) == "a price after 31 July 2026"
    assert profiles._price_named("a price", pd.NaT, day) == "a price"


def test_a_return_is_of_two_closes():
    """From that of the session that it starts with to the last; one not listed then, or with one close, has none."""
    closes = pd.Series([10.0, 20.0, 30.0], pd.to_datetime(["2026-01-02", "2026-01-05", "2026-01-06"]))
    assert profiles._return(closes, pd.Timestamp("2026-01-05"), pd.Timestamp("2026-01-06")) == pytest.approx(50)
    assert pd.isna(profiles._return(closes, pd.Timestamp("2026-01-01"), pd.Timestamp("2026-01-06")))
    assert pd.isna(profiles._return(closes, pd.Timestamp("2026-01-06"), pd.Timestamp("2026-01-06")))
    assert pd.isna(profiles._return(None, pd.Timestamp("2026-01-06"), pd.Timestamp("2026-01-06")))


def test_a_return_since_the_first_contract_is_that_of_the_stock_chapter(known):
    """Each share from the close of the session that could first react, wherever one closed then."""
    closes = markets.close_matrix(known["prices"])
    listed = [t for t in profiles.companies(known["instruments"]).index if t in closes]
    day = markets.last_common_date(closes, listed, last_sessions(known["instruments"]))
    starts = markets.joining_closes(ledger.pivot_dates(known["deals"]), known["event_flags"], closes.index)
    theirs = markets.company_returns(closes.loc[:day], listed, {"contract": starts.to_dict()})["contract"]
    ours = profiles.overview(known, day, since=SINCE).loc[listed, "return_percent"]
    assert ours.notna().sum() > 5
    pd.testing.assert_series_equal(ours, 100 * theirs.reindex(listed), check_names=False)


def test_what_is_to_come_is_what_does_not_run_yet(known):
    """A promise for all of several sites is shown less what they run; a phase with a target alone is in the list."""
    day = pd.Timestamp(through("prices"))
    promised = profiles.promises(known, day)
    live = known["deliveries"].query("live_critical_it_mw > 0")
    begun = promised.merge(live[["site", "phase"]].drop_duplicates(), on=["site", "phase"])
    assert (begun["left_mw"].dropna() < begun["promised_mw"].dropna()).all()
    aims = delivery.kept(known["deliveries"], known["deals"]).query("kind == 'target'")
    let = known["site_contracts"]["site"]
    assert set(aims.loc[aims["site"].isin(let), "site"]) <= set(promised["site"])


def test_every_site_is_one_place_and_every_lease_one_row(known):
    """What stands for several sites is none; a contract of an open basis is at the place that it names."""
    day = pd.Timestamp(through("prices"))
    places, leases = profiles.places(known, day), profiles.leases(known, day)
    assert not places["site"].isin(known["sites"]["part_of"]).any()
    assert places["site"].is_unique
    assert leases[leases["open_mw"].notna()][["contracted_mw", "live_mw"]].isna().all(axis=None)


def test_a_lease_without_any_date_is_not_promised(known):
    """What runs, is promised or is late has a time that somebody stated or a delivery; the rest says so."""
    leases = profiles.leases(known, pd.Timestamp(through("prices")))
    undated = leases["now"].isna() & leases["promised"].isna()
    assert not leases.loc[undated, "state"].eq("promised").any()
    assert leases.loc[leases["state"].eq("no date"), ["now", "promised"]].isna().all(axis=None)


def test_a_site_is_overdue_if_one_of_its_leases_is():
    """One lease late beside one of next year is an overdue site; what runs goes first."""
    assert profiles._together({"overdue"}) == "overdue"
    assert profiles._together({"overdue", "promised"}) == "overdue"
    assert profiles._together({"overdue", "no date"}) == "overdue"
    assert profiles._together({"no date"}) == "no date"
    assert profiles._together({"overdue", "runs"}) == "runs in part"
    assert profiles._together({"runs"}) == "runs"
    assert profiles._together(set()) == "no tenant"


def test_names_of_tenants_are_told_one_by_one():
    """An undisclosed one is called so, in a cell of its own or among others."""
    cells = pd.DataFrame({"tenant": ["AMD; undisclosed neocloud (CORZ)", "undisclosed (HUT)", None, "AMD"]})
    told = ["AMD, undisclosed neocloud", "undisclosed tenant", "undisclosed tenant", "AMD"]
    assert list(profiles.tenants(cells)) == told


def test_an_undisclosed_tenant_has_its_article_in_a_sentence():
    """A name has none, nor have several."""
    assert profiles.with_article("undisclosed tenant") == "an undisclosed tenant"
    assert profiles.with_article("AMD") == "AMD"
    assert profiles.with_article("AMD, undisclosed neocloud") == "AMD, an undisclosed neocloud"
    assert profiles.with_article("undisclosed AI developers") == "undisclosed AI developers"


def test_the_largest_tenant_is_the_one_with_most_megawatts_together():
    """60 and 60 of one are more than 100 of another; without any megawatts there is none."""
    rows = pd.DataFrame({"tenant": ["AMD", "Fluidstack", "AMD"], "mw": [60.0, 100.0, 60.0]})
    assert profiles.largest_tenant(rows) == "AMD"
    assert profiles.largest_tenant(rows.assign(mw=None).astype({"mw": float})) is None


def test_rows_of_a_subsidiary_are_its_parent_s_too():
    """And a company without rows is there, with none."""
    instruments = pd.DataFrame(
        {"ticker": ["BTBT", "WYFI", "MARA"], "short_name": ["A", "B", "C"], "kind": "miner", "parent": None}
    )
    instruments.loc[1, "parent"] = "BTBT"
    found = profiles.by_company(pd.DataFrame({"ticker": ["WYFI", "BTBT"], "mw": [1, 2]}), instruments)
    assert {ticker: rows["mw"].tolist() for ticker, rows in found.items()} == {"BTBT": [1, 2], "WYFI": [1], "MARA": []}


def test_what_became_of_a_company_is_its_last_end():
    """A listing is none; a takeover without stated terms says nothing of terms, one with them what stands first."""
    rows = [("listed", "2021", "Old", None), ("acquired", "2025-07", "Old", None), ("acquired", None, "Old", "cash")]
    fates = pd.DataFrame(rows, columns=["fate", "fate_on", "name", "terms"]).assign(by="Big")
    became = {"fate": "acquired", "fate_on": "2025-07", "fate_name": "Old", "fate_by": "Big"}
    assert profiles.fate(fates) == became
    assert profiles.fate(fates.iloc[:1]) == {}
    assert profiles.fate(fates.assign(terms="2 shares; voted on in May")) == became | {"fate_terms": "2 shares"}
    merged = profiles.fate(fates.assign(fate="merged"))
    assert merged["fate"] == "merged"
    assert "fate_by" not in merged


def test_a_page_is_headed_by_name_and_ticker():
    """Once, where both are one word."""
    assert profiles.title("CIFR", "Cipher") == "Cipher (CIFR)"
    assert profiles.title("IREN", "IREN") == "IREN"


def test_an_open_basis_is_told_or_missing():
    """A megawatt of critical IT needs no mark."""
    marked, plain = profiles.open_basis(pd.Series([True, False]))
    assert marked == "basis open"
    assert pd.isna(plain)


def test_another_text_gives_another_figure_for_what_runs():
    """437 by the release, 430 by the deck; one beside an older statement is past and gives none."""
    rows = [
        ("old", "2026-05-06", "2026-Q1", 243.0, None),
        ("old, other", "2026-05-06", "2026-Q1", 225.0, "old"),
        ("new", "2026-07-28", "2026-07", 437.0, None),
        ("new, other", "2026-07-28", "2026-07", 430.0, "new"),
    ]
    columns = ["delivery_id", "said_on", "live_by", "live_critical_it_mw", "alternative_to"]
    rows = pd.DataFrame(rows, columns=columns).assign(kind="delivered", site="s", phase="all")
    assert profiles.otherwise_live(rows, 437.0) == 430
    assert pd.isna(profiles.otherwise_live(rows.iloc[:3], 437.0))


def test_ai_revenue_tells_of_computing_without_megawatts():
    """Older than what runs of a part of the contracts, beside a zero, or after a silent company's first contract."""
    quarters = pd.DataFrame(
        {
            "period_end": pd.to_datetime(["2024-12-31", "2026-03-31", "2026-06-30"]),
            "revenue_usd_m": 100.0,
            "ai_hpc_revenue_usd_m": [5.0, 30.0, 0.0],
            "ai_includes_fit_out": ["n", "y", "n"],
            "fit_out_usd_m": [None, 10.0, None],
        }
    )
    done = pd.DataFrame({"kind": "delivered", "live_by": ["2026-01"], "live_critical_it_mw": [50.0]})
    tables = {"miner_segments": quarters, "deliveries": done}

    def told(live, measured=1, first="2025-11-03", **other):
        row = pd.Series({"live_mw": live, "contracts": 2, "first_contract": pd.Timestamp(first)})
        return profiles.ai_beside(tables | other, row, measured)

    none = {"ran_before": False, "earned_beside": False, "earned_unmeasured": False}
    assert told(50.0) == none | {"ran_before": True, "ai_since": pd.Timestamp("2024-12-31")}
    assert told(50.0, measured=2) == none
    assert told(50.0, deliveries=done.assign(live_by="2024-11")) == none
    assert told(0.0) == none | {"earned_beside": True, "earned_to": pd.Timestamp("2026-03-31")}
    silent = {"earned": 20.0, "earned_unmeasured_to": pd.Timestamp("2026-03-31"), "earned_fit_out": False}
    assert told(float("nan")) == none | {"earned_unmeasured": True} | silent
    assert told(float("nan"), first="2026-04-01") == none
    assert told(float("nan"), miner_segments=quarters.iloc[:0]) == none


def test_targets_alone_and_what_runs_are_in_the_list_by_hand(known):
    """The last target of a phase that nobody promised; of a promise what does not run; nothing said after the day."""
    sites = known["sites"].iloc[[0, 0]].assign(site=["campus", "all"], part_of=["all", None], ticker="IREN")
    link = known["site_contracts"].iloc[[0]].assign(site="campus", deal_id="NEW")
    tables = {
        "deals": rows_of({"deal_id": "NEW", "ticker": "IREN"}),
        "sites": sites,
        "site_contracts": link,
        "deliveries": said(
            {"due": "2027-Q1", "critical_it_mw": 100},
            live(30, "2026-04", "2026-05-01"),
            target("2026-H2", 40, "2026-02-01") | {"phase": "hall"},
            target("2026-12", 50, "2026-03-01") | {"phase": "hall"},
            target("2027-12", 60, "2027-01-01") | {"phase": "hall"},
            target("2026-12", 70) | {"site": "all"},
            target("2026-12", 80) | {"site": "let by nobody"},
        ),
    }
    found = profiles.promises(tables, pd.Timestamp("2026-10-07"))
    rows = found[["site", "phase", "now", "now_mw", "left_mw"]].astype(object).where(found.notna(), None)
    assert rows.to_numpy().tolist() == [
        ["all", "first", "2026-12", 70, 70],
        ["campus", "hall", "2026-12", 50, 50],
        ["campus", "first", None, 100, 70],
    ]
    assert found["due"].dt.strftime("%Y-%m-%d").tolist() == ["2026-12-31", "2026-12-31", "2027-03-31"]


def test_ratios_of_an_overview_are_those_of_its_own_figures(known, monkeypatch):
    """Value per megawatt wherever there are enough of them; growth between two counts of one kind."""
    monkeypatch.setattr(profiles, "LEAST_MW", 1)
    table = profiles.overview(known, through("prices"), since=SINCE)
    for end in ("low", "high"):
        enough = table[f"{end}_usd_m"].where(table["live_mw"] > 0).notna()
        assert enough.any()
        found = table.loc[enough, f"per_live_mw_{end}"] * table.loc[enough, "live_mw"]
        assert found.to_numpy() == pytest.approx(table.loc[enough, f"{end}_usd_m"].to_numpy())
    counts = known["shares_outstanding"].set_index(["ticker", "as_of"]).sort_index()
    grown = table[table["dilution_percent"].notna()]
    assert len(grown) > 5
    for row in grown.itertuples():
        of = counts.loc[row.Index]
        first, last = (of.loc[[at]].set_index("basis")["shares_m"] for at in (row.dilution_from, row.dilution_to))
        assert (100 * (last / first - 1) - row.dilution_percent).abs().min() < 1e-9


def test_an_overview_of_an_earlier_day_knows_nothing_later(known):
    """Statements without megawatts, and what runs, are those made by then."""
    started = known["deliveries"].query("kind == 'delivered'").iloc[[0, 0]]
    started = started.assign(
        ticker="CLSK", site="sandersville", phase=["first", "second"], said_on=["2026-05-01", "2026-09-01"],
        live_critical_it_mw=[None, None], deal_id=None, alternative_to=None,
    )  # fmt: skip
    tables = {**known, "deliveries": started}
    found = [
        profiles.overview(tables, day, since=SINCE).loc["CLSK", "unpublished"] for day in ("2026-05-31", "2026-10-07")
    ]
    assert found == [1, 2]


def test_computing_that_is_sold_starts_as_a_service(known):
    """What is let starts as a lease."""
    rows = rows_of({"deal_type": "gpu_cloud"}, {"deal_type": "colocation_lease"}).assign(start_expected="2026-Q4")
    nothing = pd.DataFrame({"deal_id": [], "site": []})
    found = profiles._starts({**known, "deals": rows}, pd.Timestamp("2026-10-07"), nothing)
    assert found["kind"].tolist() == ["service start", "lease start"]


def test_a_promise_for_the_day_itself_lies_no_more_ahead(known):
    """One for the next day does, with its part of the site; the start of its contract is then not told beside it."""
    said = known["deliveries"].query("kind == 'promised'").iloc[[0, 0]]
    said = said.assign(
        ticker="CLSK", site="sandersville", phase=["first", "second"], due=["2026-10-07", "2026-10-08"],
        said_on="2026-08-01", critical_it_mw=[40.0, 60.0], deal_id="CLSK-0", alternative_to=None,
    )  # fmt: skip
    tables = {**one_company(known, [("2026-12", 100)]), "deliveries": said}
    found = profiles.ahead({**tables, "earnings_dates": known["earnings_dates"].iloc[:0]}, "2026-10-07")
    facts = ["ticker", "kind", "stated", "what", "mw"]
    assert found[facts].to_numpy().tolist() == [["CLSK", "delivery", "2026-10-08", "Sandersville, second", 60.0]]


@pytest.mark.parametrize(("start", "ahead"), [("2026-10-07", 0), ("2026-10-08", 1), ("2026-10", 1)])
def test_a_start_on_the_day_itself_lies_no_more_ahead(known, start, ahead):
    """A month counts from its last day."""
    nothing = pd.DataFrame({"deal_id": [], "site": []})
    rows = {**known, "deals": rows_of({"start_expected": start})}
    assert len(profiles._starts(rows, pd.Timestamp("2026-10-07"), nothing)) == ahead


def test_days_of_results_are_those_that_lie_ahead(known):
    """With the day as it is stated and as it sorts; another company's, or a past one, is not in it."""
    dates = (
        known["earnings_dates"]
        .iloc[[0, 0, 0]]
        .assign(
            ticker=["IREN", "IREN", "NVDA"],
            reported_on=pd.to_datetime(["2026-10-07", "2026-11-05", "2026-11-05"]),
            fiscal_period="2026-Q3",
        )
    )
    found = profiles._results({**known, "earnings_dates": dates}, pd.Timestamp("2026-10-07"))
    assert found[["ticker", "stated", "what"]].to_numpy().tolist() == [["IREN", "2026-11-05", "Results, 2026-Q3"]]
    assert found["due"].tolist() == [pd.Timestamp("2026-11-05")]


@pytest.mark.parametrize(("running", "ahead"), [([40.0], ["2026-12"]), ([40.0, 60.0], []), ([None], ["2026-12"])])
def test_what_runs_as_a_whole_has_no_start_ahead(known, running, ahead):
    """Of a contract for 100 megawatts that was to start in December 40 run, or all, or a part without a figure."""
    tables = one_company(known, [("2026-12", 100)], running)
    deal = tables["deals"].query("ticker == 'CLSK'")["deal_id"].iloc[0]
    done = tables["deliveries"].assign(deal_id=deal)
    none = done.iloc[:0][["deal_id", "site"]]
    found = profiles._starts({**tables, "deliveries": done}, pd.Timestamp("2026-10-07"), none)
    assert found.loc[found["ticker"] == "CLSK", "stated"].tolist() == ahead
