# ruff: noqa: E501 - a case is a line
"""Right edits that rules once refused, and nonsense that they let pass: each on rows by hand."""

import re

import pytest

from minerpivot.data import metadata, rules, tables
from minerpivot.data.consistency import of_closes, of_deals, of_names, of_periods, of_reports
from minerpivot.deals import ledger
from tests.by_hand import lines, table, told

LEASE = {"counts_as": "contract", "state": "signed", "ticker": "IREN", "tenant": "Cirrus", "tenant_disclosed": "y"}
OLD, NEW = LEASE | {"deal_id": "IREN-OLD"}, LEASE | {"deal_id": "IREN-NEW", "supersedes": "IREN-OLD"}
ENDED = {"table": "deals", "row": "IREN-OLD", "field": "state", "value": "superseded", "known_on": "2026-08-20"}


def test_a_site_lets_what_a_contract_was_replaced_by_once():
    """40 MW became 36 at a site of 60: 36 are let. Two contracts side by side are 76."""
    sites = table("sites", {"site": "lake", "gross_mw_planned": "60"})
    places = [
        {"site": "lake", "deal_id": f"IREN-{which}", "critical_it_mw": mw}
        for which, mw in [("OLD", "40"), ("NEW", "36")]
    ]
    rule = of_deals.sites_are_as_large_as_their_contracts
    assert told(rule(table("site_contracts", *places), sites, table("deals", OLD, NEW))) == []
    both = told(rule(table("site_contracts", *places), sites, table("deals", OLD, NEW | {"supersedes": None})))
    assert [fault.split(",")[0] for fault in both] == [
        f"data/site_contracts.csv row {row}: site is 'lake' and critical_it_mw is '{mw}'"
        for row, mw in [(2, 40), (3, 36)]
    ]


def test_a_replaced_contract_has_an_end_and_a_superseded_one_a_successor():
    """Either half without the other is told; both together are right."""
    rule, nothing = of_deals.what_is_replaced_has_ended, table("knowledge")
    assert told(rule(table("deals", OLD, NEW), table("knowledge", ENDED))) == []
    assert told(rule(table("deals", OLD, NEW), nothing)) == [
        "data/deals.csv row 3: deal_id is 'IREN-NEW' and supersedes is 'IREN-OLD', which has not ended; "
        "add the older one's state, superseded, and its day to data/knowledge.csv"
    ]
    assert told(rule(table("deals", OLD), table("knowledge", ENDED))) == [
        "data/knowledge.csv row 2: row is 'IREN-OLD' and value is 'superseded', though no deal has it in supersedes; "
        "name it there in the row of the new deal, or write terminated"
    ]
    assert told(rule(table("deals", OLD | {"state": "letter_of_intent"}, NEW), nothing)) == []  # it never bound


@pytest.mark.parametrize(
    ("tenant", "disclosed", "fault"),
    [
        ("undisclosed lab (IREN)", "n", ""),
        ("AMD; undisclosed (IREN)", "n", ""),
        ("Cirrus", "y", ""),
        (None, "y", ""),  # which the table's own rules refuse
        ("Undisclosed lab (IREN)", "n", "which reads like the name of one; write undisclosed, what is known"),
        ("undisclosed lab", "n", "which reads like the name of one"),
        ("undisclosed (CIFR)", "n", "which reads like the name of one"),
        ("undisclosed (IREN)", "y", "which is no name; write n, or the tenant's name"),
    ],
)
def test_an_unnamed_tenant_is_told_from_a_name(tenant, disclosed, fault):
    """Pages add up what unnamed tenants owe by the form of the cell."""
    deals = table("deals", OLD | {"tenant": tenant, "tenant_disclosed": disclosed})
    found = told(of_deals.unnamed_tenants_are_called_alike(deals))
    assert len(found) == bool(fault)
    assert all(fault in line for line in found)


def test_one_article_is_checked():
    """Of two the pages would take the day of one and the statements of the other."""
    rows = [{"article_id": "first", "role": "rewrite"}, {"article_id": "second", "role": "assessed"}]
    assert told(of_names.one_article_is_checked(table("articles", *rows))) == []
    rows[0]["role"] = "assessed"
    assert told(of_names.one_article_is_checked(table("articles", *rows))) == [
        "data/articles.csv row 3: article_id is 'second' and role is 'assessed', and so is an earlier row's; "
        "the one that the report no longer checks becomes original or rewrite"
    ]


def test_without_a_checked_article_the_report_has_no_day():
    """Every chapter compares with it."""
    rows = [{"article_id": "first", "role": "rewrite"}, {"article_id": "second", "role": "original"}]
    assert told(of_names.one_article_is_checked(table("articles", *rows))) == [
        "data/articles.csv row 2: article_id is 'first' and role is 'rewrite', and no row's is assessed; "
        "write assessed for the text that the report checks: every chapter compares with its day"
    ]


def quarter(label, end):
    """A quarter of the company under its label."""
    return {"ticker": "CLSK", "fiscal_period": label, "period_end": end, "reported_on": "2027-05-20"}


def test_a_company_that_changes_its_fiscal_year_has_quarters_of_both():
    """From September to December: the old labels stay right and the new ones become so."""
    company = table("instruments", {"ticker": "CLSK", "fiscal_year_end_month": "9"})
    change = {"table": "instruments", "row": "CLSK", "field": "fiscal_year_end_month", "value": "12"}
    known = {"instruments": company, "knowledge": table("knowledge", change | {"known_on": "2027-01-05"})}
    rows = table("miner_segments", quarter("FY2026 Q4", "2026-09-30"), quarter("FY2027 Q1", "2027-03-31"))
    both = of_periods.fiscal_year_ends(known)
    assert both == {"CLSK": [9, 12]}
    assert told(of_periods.labels(rows, both)) == []
    (fault,) = told(of_periods.labels(rows, of_periods.fiscal_year_ends({"instruments": company})))
    assert "row 3" in fault
    assert "is 2027-03 or 2027Q2 or FY2027 Q2" in fault
    dates = table("earnings_dates", {"ticker": "CLSK", "fiscal_period": "FY2027 Q1", "reported_on": "2027-05-10"})
    assert told(of_reports.results_follow_their_quarter(dates, both)) == []
    (fault,) = told(of_reports.results_follow_their_quarter(dates, {"CLSK": [9]}))
    assert "but that quarter ended about 2026-12-31" in fault


@pytest.mark.parametrize(
    ("reached", "end"),
    [({}, "2026-10-05"), ({"reached": "2026-12-31"}, "2026-12-31"), ({"reached": "2026-01-01"}, "2026-10-05")],
)
def test_a_table_reaches_to_the_day_to_which_its_sources_were_read(reached, end):
    """A quarter in which nobody signed is known, not missing; a day before the last row adds nothing."""
    deals = table("deals", OLD | {"announced_on": "2026-03-10"}, NEW | {"announced_on": "2026-10-05"})
    entry = {"coverage": {"column": "announced_on"} | reached}
    assert metadata.cover(entry, deals.typed)["coverage"] == {
        "column": "announced_on", "from": "2026-03-10", "to": end,
    }  # fmt: skip


def test_nobody_has_read_to_a_day_that_lies_ahead(monkeypatch):
    """The day would date what pages say."""
    monkeypatch.setenv(tables.TODAY, "2027-01-15")
    said = metadata.read(tables.DATA / "deals.yml", metadata.DESCRIBED) | {"name": "deals"}
    others = {"deals": said, "instruments": said | {"schema": {"fields": [{"name": "ticker", "type": "string"}]}}}
    assert metadata._unknown(said, others) == []
    said["coverage"]["reached"] = "2027-01-16"
    assert metadata._unknown(said, others) == [
        "coverage.reached is 2027-01-16, later than today, 2027-01-15; write the day to which you read"
    ]


def test_deliveries_that_are_newer_than_the_contracts_are_told():
    """What the miners signed stops at the end of the contracts; equal ends need no word."""
    assert ledger.behind("2026-10-05", "2026-10-05") == ""
    assert ledger.behind("2026-10-05", "2026-10-20").startswith("data/deals.csv ends on 2026-10-05, deliveries.csv on ")


@pytest.mark.parametrize(
    ("ticker", "right"),
    [("IREN", True), ("S", True), ("BTC-USD", True), ("DMGI.V", True), ("3350.T", True), ("BRK-B", True), ("", False),
     ("iren", False), ("DMGI.", False), ("IREN US", False), ("A/B", False), ("../X", False)],
)  # fmt: skip
def test_a_ticker_may_be_of_any_exchange(ticker, right):
    """As vendors write it; what is none could be no name of a page."""
    (field,) = [field for field in tables.entries()["instruments"]["schema"]["fields"] if field["name"] == "ticker"]
    assert bool(re.fullmatch(field["constraints"]["pattern"], ticker)) == right


def test_an_unnamed_tenant_of_a_foreign_company_is_told_by_its_name():
    """The ticker in brackets may have a point."""
    assert ledger.tenant_name("undisclosed lab (DMGI.V)", {"DMGI.V": "DMG"}) == "undisclosed lab of DMG"


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        ("https://www.sec.gov/Archives/edgar/data/1/a.htm", ""),
        ("http://theminermag.com/news/2024-06-25/bit-digital", ""),  # some pages have no other
        ("https://www.commercialsearch.com/news/?p=1004768618", ""),
        ("https://fintool.com/app/research/companies/CORZ", ""),
        ("https://www.theblock.co/post/367257/googles-stake", ""),
        ("file:///release.pdf", "no address of the web"),
        ("http://localhost:8888/a.html", "an address on no public host"),
        ("https://nas.local/a.html", "an address on no public host"),
        ("https://wiki.internal/a.html", "an address on no public host"),
        ("https://192.168.0.7/a.html", "an address on no public host"),
        ("https://[::1/a", "no address;"),
        ("https://www.google.com/search?q=core+scientific", "an address of a search"),
        ("https://efts.sec.gov/LATEST/search-index?q=lease", "an address of a search"),
        ("https://news.example.org/search?q=lease", "an address of a search"),
        ("https://www.sec.gov/", ""),
    ],
)
def test_a_source_is_a_page_that_others_can_open(address, wrong):
    """What changes with every look, or stands on one machine, proves nothing."""
    found = told(of_names.addresses(table("deals", OLD | {"source_url": address})))
    assert len(found) == bool(wrong)
    assert all(wrong in line for line in found)


def test_each_page_of_a_deal_has_a_row_of_its_own():
    """A new deal would show a dash for its source; another deal's page is none of it, an empty cell needs none."""
    page = "https://www.sec.gov/a.htm"
    deals = table(
        "deals", OLD | {"source_url": page}, NEW | {"source_url": page, "second_source_url": "https://b.org/"}
    )
    described = [{"deal_id": "IREN-OLD", "source_url": page}, {"deal_id": "IREN-NEW", "source_url": "https://b.org/"}]
    (fault,) = told(of_deals.every_page_of_a_deal_is_described(deals, table("deal_sources", *described)))
    assert fault.startswith(
        f"data/deals.csv row 3: deal_id is 'IREN-NEW' and source_url is '{page}', which deal_sources"
    )
    assert "add a row for it (deal_id, source_url, kind, published_on)" in fault


def test_a_second_source_is_another_page():
    """The same twice would look like a confirmation."""
    page = "https://www.sec.gov/a.htm"
    (fault,) = told(of_names.addresses(table("deals", OLD | {"source_url": page, "second_source_url": page})))
    assert "the same page twice; give another page, or leave the second empty" in fault


def test_nobody_is_its_own_tenant_or_guarantor():
    """The miner under any of its names, and a tenant that vouches for itself."""
    companies = table("instruments", {"ticker": "IREN", "name": "IREN Limited", "short_name": "IREN"})

    def faults(**cells):
        return told(of_names.nobody_is_its_own_customer(table("deals", OLD | {"miner": "Iris"} | cells), companies))

    assert faults(guarantor="Stratus") == []
    assert "tenant is 'iren, Ltd.', the company itself" in faults(tenant="iren, Ltd.")[0]
    assert "guarantor is 'Iris', the company itself" in faults(guarantor="Iris")[0]
    several = table(
        "deals", OLD, OLD | {"miner": "Iris", "tenant": "Stratus"}, OLD | {"miner": "Iris", "tenant": "Iris"}
    )
    assert [line.split(":")[0] for line in told(of_names.nobody_is_its_own_customer(several, companies))] == [
        "data/deals.csv row 4"
    ]
    (fault,) = faults(tenant="AMD; Cirrus", guarantor="Cirrus Inc.")
    assert "one and the same; name who stands behind the tenant, or another credit_ground" in fault


def test_a_tenant_is_spelt_in_one_way():
    """Else the largest tenant would be two; unnamed ones of two companies are two."""
    rows = [OLD, NEW, NEW | {"deal_id": "IREN-3", "tenant": "AMD; cirrus, Inc."}, NEW | {"guarantor": "CIRRUS"}]
    found = told(of_names.a_name_is_spelt_in_one_way(table("deals", *rows)))
    assert [fault.split(", elsewhere written ")[1] for fault in found] == ["'Cirrus'; write a name in one way"] * 2
    assert ["row 4" in found[0], "guarantor is 'CIRRUS'" in found[1]] == [True, True]
    unnamed = [OLD | {"tenant": f"undisclosed {which}"} for which in ("(IREN)", "A (APLD)", "B (APLD)")]
    assert told(of_names.a_name_is_spelt_in_one_way(table("deals", *unnamed))) == []


def test_a_company_of_the_sec_has_a_number_of_its_own():
    """Copied from the row above; a ticker that was renamed keeps its company's."""
    rows = [{"ticker": "IREN", "cik": "1878848"}, {"ticker": "APLD", "cik": "0001878848"}]
    found = told(of_names.a_filer_has_one_number(table("instruments", *rows)))
    assert "row 2: ticker is 'IREN' and cik is '1878848', as APLD does; look 1878848 up" in found[0]
    assert len(found) == 2
    rows[0]["renamed_to"] = "APLD"
    assert told(of_names.a_filer_has_one_number(table("instruments", *rows))) == []


def test_a_miner_has_a_row_among_the_miners():
    """Other kinds have none, and a new ticker is described under the old one."""
    rows = [{"ticker": "IREN", "kind": "miner", "renamed_to": "IRENN"}, {"ticker": "IRENN", "kind": "miner"}]
    rows += [{"ticker": "NBIS", "kind": "neocloud"}, {"ticker": "APLD", "kind": "miner"}]
    found = told(of_names.every_miner_is_described(table("instruments", *rows), table("miners", {"ticker": "IREN"})))
    assert found == [
        "data/instruments.csv row 5: ticker is 'APLD' and kind is 'miner', which miners has not; "
        "add it to data/miners.csv, or correct the kind"
    ]


def test_a_parent_is_no_subsidiary():
    """Of a chain the sums would know the middle alone, of a circle nobody."""
    rows = [{"ticker": "HUT"}, {"ticker": "ABTC", "parent": "HUT"}, {"ticker": "IREN"}]
    assert told(of_names.a_parent_is_part_of_no_other(table("instruments", *rows))) == []
    rows[2]["parent"] = "ABTC"
    (fault,) = told(of_names.a_parent_is_part_of_no_other(table("instruments", *rows)))
    assert "row 4: ticker is 'IREN' and parent is 'ABTC', which has a parent itself; name the company that" in fault
    rows[0]["parent"] = "IREN"
    assert len(told(of_names.a_parent_is_part_of_no_other(table("instruments", *rows)))) == 3


def test_a_company_with_a_last_session_has_a_fate():
    """Its holders got something; a series that merely ends has neither."""
    rows = [{"ticker": "HUT", "last_session": "2026-10-07"}, {"ticker": "IREN"}]
    companies = table("instruments", *rows)
    assert told(of_names.who_left_has_a_fate(companies, table("fates", {"ticker": "HUT"}))) == []
    (fault,) = told(of_names.who_left_has_a_fate(companies, table("fates", {"ticker": "IREN"})))
    assert "row 2: ticker is 'HUT' and last_session is '2026-10-07', and fates has no row of it; add what" in fault


@pytest.mark.parametrize(
    ("kind", "terms", "faults"),
    [
        ("miner", "one two three four five six seven eight; and as much more as anyone likes", 0),
        ("miner", "one two three four five six seven eight nine", 1),
        ("other_miner", "one two three four five six seven eight nine", 0),  # it has no page
        ("miner", "", 0),
    ],
)
def test_what_a_holder_got_fits_into_brackets(kind, terms, faults):
    """A page takes names of at most eight words; what stands after a semicolon it leaves out."""
    companies = table("instruments", {"ticker": "HUT", "kind": kind})
    found = told(of_names.what_a_holder_got_is_short(table("fates", {"ticker": "HUT", "terms": terms}), companies))
    assert len(found) == faults
    assert all("which its page cannot tell; say in at most eight words" in fault for fault in found)


def test_a_statement_is_of_its_articles_day():
    """A year typed wrong would test it against other prices."""
    article = table("articles", {"article_id": "one", "speaks_of": "2026-01-28"})
    claims = [{"claim_id": day, "article_id": "one", "as_of": day} for day in ("2026-01-28", "2025-01-28")]
    (fault,) = told(of_names.claims_are_of_their_articles_day(table("claims", *claims), article))
    assert "row 3: claim_id is '2025-01-28' and as_of is '2025-01-28', not the day of which its article" in fault


@pytest.mark.parametrize(
    ("start", "right"),
    [("2025-Q4", True), ("2026", True), ("mid-2027", True), ("2041-H2", True), ("2024-12", False), ("2047", False)],
)
def test_a_contract_starts_about_when_it_is_signed(start, right):
    """A wrong decade or century."""
    deals = table("deals", OLD | {"announced_on": "2026-07-06", "start_expected": start})
    assert (told(of_deals.contracts_start_after_they_are_signed(deals)) == []) == right


@pytest.mark.parametrize(
    ("column", "stated", "right"),
    [("due", "2026-Q3", True), ("due", "2036", True), ("due", "2025-Q4", False), ("due", "1926-Q4", False),
     ("live_by", "2026-07", True), ("live_by", "2021", True), ("live_by", "2027", False), ("live_by", "2019", False),
     ("live_by", "2026-08", False), ("live_by", "2026-Q3", True), ("live_by", "2026-Q4", False), ("live_by", "2026-H2", True)],
)  # fmt: skip
def test_what_is_promised_lies_ahead_and_what_runs_behind(column, stated, right):
    """Of the day on which it is said."""
    deliveries = table("deliveries", {"said_on": "2026-07-06", column: stated})
    assert (told(of_deals.what_is_promised_lies_ahead_and_what_runs_behind(deliveries)) == []) == right


@pytest.mark.parametrize(
    ("cells", "twice"),
    [
        ({}, True),
        ({"tenant": "CIRRUS Inc"}, True),
        ({"announced_on": "2026-07-16"}, True),
        ({"announced_on": "2026-07-17"}, False),
        ({"critical_it_mw": "201"}, False),
        ({"tenant": "Stratus"}, False),
        ({"tenant": "Stratus", "critical_it_mw": "201", "contract_value_usd_bn": "4.5"}, True),
        ({"tenant": "Stratus", "critical_it_mw": "201", "contract_value_usd_bn": "4.4"}, False),
        ({"critical_it_mw": None, "gross_mw": "300", "site": "Lake"}, True),
        ({"critical_it_mw": None, "gross_mw": "300", "site": "Lake 2"}, False),
        ({"counts_as": "extension", "extends": "IREN-C", "contract_value_usd_bn": "4.5"}, True),
        ({"counts_as": "extension", "extends": "IREN-OLD", "contract_value_usd_bn": "4.5"}, False),
        ({"ticker": "APLD"}, False),
        ({"ticker": "SUB"}, True),
        ({"supersedes": "IREN-OLD"}, False),
        ({"counts_as": "amendment"}, False),
    ],
)
def test_a_contract_under_two_keys_is_found(cells, twice):
    """Same tenant and megawatts within a fortnight, or the same value; what replaces the other is another."""
    first = OLD | {
        "announced_on": "2026-07-02",
        "critical_it_mw": "200",
        "contract_value_usd_bn": "4.5",
        "site": "Lake",
    }
    second = (
        first
        | {"deal_id": "IREN-AGAIN", "announced_on": "2026-07-09"}
        | {"contract_value_usd_bn": None, "site": None}
        | cells
    )
    companies = table("instruments", {"ticker": "IREN"}, {"ticker": "APLD"}, {"ticker": "SUB", "parent": "IREN"})
    found = told(of_deals.a_contract_is_entered_once(table("deals", first, second), companies))
    assert len(found) == twice
    if found and not cells:
        assert "row 3: deal_id is 'IREN-AGAIN', as much as 'IREN-OLD' 7 days before; remove one of the two" in found[0]


def test_what_prolongs_or_is_part_of_another_is_summed_once():
    """A renewal counts as extension, a part of a whole has no value of its own."""
    whole = {"deal_id": "IREN-ALL", "ticker": "IREN", "counts_as": "value", "contract_value_usd_bn": "9"}
    part = {"deal_id": "IREN-A", "ticker": "IREN", "part_of": "IREN-ALL"}
    renewal = {"deal_id": "IREN-B", "ticker": "IREN", "counts_as": "extension", "extends": "IREN-A"}
    wrong = [part | {"contract_value_usd_bn": "4"}, renewal | {"counts_as": "contract"}]
    found = [fault for fault in rules.impossible(table("deals", whole, part, renewal, *wrong)) if fault.row > 2]
    assert {(fault.row, name) for fault in found for name in fault.cells if name in ("part_of", "extends")} == {
        (3, "part_of"),
        (4, "extends"),
    }
    right = rules.impossible(table("deals", whole, part, renewal))
    assert not [fault for fault in right if {"part_of", "extends"} & fault.cells.keys()]


@pytest.mark.parametrize(
    ("ticker", "period", "issued", "right"),
    [
        ("JUNE", "FY2026", "2026-06-30", True), ("JUNE", "FY2026", "2026-07-01", False), ("JUNE", "2026", "2026-07-01", True),
        ("JUNE", "CY2026", "2027-01-01", False), ("JUNE", "FY2026H1", "2025-12-31", True), ("JUNE", "FY2026H1", "2026-01-29", False),
        ("JUNE", "FY2026Q3", "2026-03-31", True), ("JUNE", "FY2026Q3", "2026-04-01", False), ("JUNE", "2026H1", "2026-06-30", True),
        ("JUNE", "2026Q1", "2026-04-01", False), ("JUNE", "2024Q2-Q4", "2024-12-31", True), ("JUNE", "2024Q2-Q4", "2025-01-01", False),
        ("UNKNOWN", "FY2026", "2027-06-01", True), ("BOTH", "FY2026", "2026-12-31", True), ("JUNE", "FY2026", None, True),
    ],
)  # fmt: skip
def test_nobody_guides_for_what_has_ended(ticker, period, issued, right):
    """By the company's own calendar, or the later of two; where no calendar is known nothing is asked."""
    row = {"ticker": ticker, "guided_period": period, "issued_on": issued}
    ends = {"JUNE": [6.0], "BOTH": [6.0, 12.0]}
    found = told(of_reports.guidance_precedes_its_end(table("capex_guidance", row), ends))
    assert (found == []) == right
    if found:
        assert "issued after the guided period, which ended on 20" in found[0]


@pytest.mark.parametrize(
    ("cells", "twice"),
    [
        ({"guided_period": "CY2026"}, True), ({"guided_period": "2026"}, True), ({"guided_period": "FY2026"}, False),
        ({"issued_on": "2026-07-02"}, False), ({"definition": "cash_ppe"}, False), ({"kind": "part"}, False),
    ],
)  # fmt: skip
def test_a_statement_is_entered_once(cells, twice):
    """The year with and without its letters is one."""
    row = {"ticker": "META", "guided_period": "2026", "issued_on": "2026-07-01", "definition": "all", "kind": "point"}
    found = told(of_reports.a_statement_is_entered_once(table("capex_guidance", row, row | cells)))
    assert len(found) == twice


def test_a_report_is_entered_once():
    """Under the names of two calendars; results of a year and a preliminary figure have days of their own."""
    head = "ticker,fiscal_period,reported_on"
    right = ["IREN,FY2026 Q4,2026-08-27", "IREN,FY2026 Q4 preliminary,2026-07-20", "APLD,2026 Q2,2026-08-27"]
    found = told(of_reports.a_report_is_entered_once(lines("earnings_dates", head, *right, "IREN,2026 Q2,2026-08-27")))
    assert [fault.split(", a day")[0] for fault in found] == [
        "data/earnings_dates.csv row 5: ticker is 'IREN' and fiscal_period is '2026 Q2' and reported_on is '2026-08-27'"
    ]


@pytest.mark.parametrize(
    ("phase", "mw", "other", "right"),
    [
        ("hall 2", "98", None, True), ("hall 2", "99", None, False), ("Hall-1", "100", None, False),
        ("hall 1", "110", None, True), ("Hall-1", "100", "a", True),
    ],
)  # fmt: skip
def test_phases_together_are_part_of_their_contract(phase, mw, other, right):
    """Of a phase told twice the larger figure counts; what another text gives for it is in no sum."""
    first = {"delivery_id": "a", "site": "lake", "phase": "hall 1", "deal_id": "IREN-OLD", "live_critical_it_mw": "100"}
    again = first | {"delivery_id": "b", "phase": phase, "live_critical_it_mw": mw, "alternative_to": other}
    deals = table("deals", OLD | {"critical_it_mw": "180"})
    found = told(of_deals.deliveries_fit_their_contract(table("deliveries", first, again), deals))
    assert (found == []) == right
    assert all("whose phases together are more than its contract" in fault for fault in found)


def test_a_deal_goes_forward():
    """From signed to delivered; what has ended stays so, but for one that was lost sight of."""

    def said(*states):
        rows = [{"table": "deals", "row": "IREN-OLD", "field": "state", "value": state, "known_on": f"2026-08-{20 + at}"}
                for at, state in enumerate(states)]  # fmt: skip
        return told(of_deals.a_deal_goes_forward(table("knowledge", *rows[::-1]), table("deals", OLD)))

    assert said("partly_delivered", "delivered", "terminated") == said("untraced", "signed") == said("sold") == []
    (fault,) = said("terminated", "signed")
    assert fault.startswith(
        "data/knowledge.csv row 2: row is 'IREN-OLD' and value is 'signed' and known_on is '2026-08-21'"
    )
    assert "though it was terminated before; correct state or day; what is revived is a new deal" in fault
    assert len(said("conditional")) == 1


def test_a_financing_under_two_keys_is_found():
    """A part of a package may be as large as the whole."""
    whole = {"financing_id": "a", "ticker": "IREN", "kind": "convertible", "amount_usd_m": "450"}
    rows = [whole | {"announced_on": "2026-07-02"}, whole | {"financing_id": "b", "announced_on": "2026-07-06"}]
    assert len(told(of_deals.a_financing_is_entered_once(table("financings", *rows)))) == 1
    rows[1]["part_of"] = "a"
    assert told(of_deals.a_financing_is_entered_once(table("financings", *rows))) == []


def closes(*rows):
    """Closes of (symbol, day), each another price, and what trades where."""
    listed = table("instruments", {"ticker": "IREN", "kind": "miner"}, {"ticker": "APLD", "kind": "miner"},
                   {"ticker": "BTC-USD", "kind": "crypto"})  # fmt: skip
    prices = [{"symbol": symbol, "date": f"2026-07-{day:02}", "close": str(40 + day)} for symbol, day in rows]
    return table("prices", *prices), listed


def test_a_session_that_nobody_has_is_missing(monkeypatch):
    """A holiday and a weekend are none; a coin trades on all; holes are accepted; few series prove little."""
    days = [1, 2, 6, 7, 9, 10]  # of July 2026: the 3rd is the holiday, the 8th a Wednesday
    prices, listed = closes(*[("IREN", day) for day in days], *[("BTC-USD", day) for day in range(1, 11)])
    assert told(of_closes.no_session_is_missing(prices, listed)) == []
    monkeypatch.setattr(of_closes, "MANY", 1)
    (fault,) = told(of_closes.no_session_is_missing(prices, listed))
    assert "row 6: symbol is 'IREN' and date is '2026-07-09', and 2026-07-08, a session, has no close at all" in fault
    prices.entry = prices.entry | {"holes": [{"row": "IREN|2026-07-08", "why": "shut"}]}
    assert told(of_closes.no_session_is_missing(prices, listed)) == []


def test_a_series_that_lacks_two_sessions_is_told():
    """One may be a vendor's; before its first close and after its last nothing; over a week its series tells."""
    every = [("IREN", day) for day in (1, 2, 6, 7, 8, 9, 10)]
    for own, lacking in (((2, 7, 9), 0), ((2, 8), 2), ((1, 8), 3), ((1, 10), 0), ((6, 7), 0)):
        prices, listed = closes(*every, *[("APLD", day) for day in own])
        found = told(of_closes.no_session_is_missing(prices, listed))
        assert [f"of the {lacking} sessions before it APLD has none" in line for line in found] == [True] * (
            lacking > 0
        )
    prices, listed = closes(*every, ("APLD", 2), ("APLD", 9))
    prices.entry = prices.entry | {"holes": [{"row": f"APLD|2026-07-0{day}", "why": "halted"} for day in (6, 7)]}
    assert told(of_closes.no_session_is_missing(prices, listed)) == []


@pytest.mark.parametrize(
    ("close", "day", "new", "old", "restated", "fault"),
    [
        ("120", "2026-07-02", "10", "1", "y", ""),
        ("120", "2026-07-02", "1", "10", "y", "though the share traded at about 12 dollars before and 120 after; e"),
        ("120", "2026", "1", "10", "y", ""),  # about when is not known
        ("10.5", "2026-07-02", "1", "5", "y", ""),
        ("10.5", "2026-07-02", "5", "1", "y", "though the share traded at about 52.5 dollars before and 10.5 after"),
        ("120", "2026-07-02", "1", "10", "n", ""),  # where the closes show it
        ("70", "2026-07-02", "1", "10", "y", "though the share traded at about 7 dollars before"),
        ("69", "2026-07-02", "1", "10", "y", ""),
        ("15", "2026-07-02", "3", "1", "y", ""),
        ("120", "2026-07-20", "1", "10", "y", ""),
    ],
)  # fmt: skip
def test_a_factor_upside_down_is_found(close, day, new, old, restated, fault):
    """Where stored closes are on the new basis nothing moves, so what the share traded at tells."""
    rows = [{"symbol": "NVDA", "date": f"2026-07-0{at}", "close": close} for at in (1, 2)]
    split = {"ticker": "NVDA", "effective_on": day, "new_shares": new, "old_shares": old, "closes_restated": restated}
    rule = of_closes.splits_are_of_dear_shares_and_consolidations_of_cheap_ones
    found = told(rule(table("splits", split), table("prices", *rows)))
    assert len(found) == bool(fault)
    assert all(fault in line for line in found)
    moved = split | {"notes": of_closes.VENDORS_EVENT}  # by a refresh, which has seen the factor in the closes
    assert told(rule(table("splits", moved), table("prices", *rows))) == []
    assert len(told(rule(table("splits", moved, split), table("prices", *rows)))) == len(found), (
        "one does not hide another"
    )


def test_a_close_that_stands_still_was_not_traded():
    """Seven alike have been seen; the eighth is told once, of another share it would be its first."""
    for count, faults in ((7, 0), (8, 1), (12, 1)):
        prices, _ = closes(*[("IREN", day) for day in range(1, count + 1)])
        prices.typed["close"] = 40.0
        found = told(of_closes.closes_do_not_stand_still(prices))
        assert len(found) == faults
        assert all("row 9" in line and "the same as on the 7 sessions before; take out what" in line for line in found)


def test_income_after_costs_is_part_of_the_rent():
    """In millions a year, against billions over the term."""
    deal = table("deals", OLD | {"contract_value_usd_bn": "3.0", "term_years": "10"})
    for income, right in (
        ("240", True), ("90", True), ("360", True), ("89", False), ("361", False), ("0.24", False), ("24000", False),
    ):  # fmt: skip
        terms = table("deal_terms", {"deal_id": "IREN-OLD", "noi_usd_m_yr": income})
        assert (told(of_deals.income_is_part_of_the_rent(terms, deal)) == []) == right


@pytest.mark.parametrize(
    ("label", "end", "right"),
    [("FY2026 Q2", "2025-12-31", True), ("FY2026 Q2", "2025-11-30", False), ("FY2026 Q2", "2026-01-31", False),
     ("FY2026 Q2", "2026-01-03", True), ("FY2026 Q2", "2025-12-27", True), ("FY2026", "2026-06-30", True)],
)  # fmt: skip
def test_a_quarter_ends_with_its_third_month(label, end, right):
    """A month too early or too late is the same quarter of no company; 52 weeks end a few days off."""
    rows = table("miner_segments", quarter(label, end))
    assert (told(of_periods.labels(rows, {"CLSK": [6.0]})) == []) == right
