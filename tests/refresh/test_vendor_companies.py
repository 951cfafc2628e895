"""Filings of the SEC: hours from the header, tagged parts, Amazon's net, Nvidia's data centres, cash and debt."""

import pandas as pd
import pytest
from rich.console import Console

from minerpivot.refresh import capex, companies, sec
from minerpivot.refresh.vendors import VendorError
from tests.refresh import filings
from tests.refresh.local import Answer, played

MINER = sec.Filer(
    "WULF", 1083301, 12, {}, {"mining_revenue": "wulf:MiningMember", "ai_hpc_revenue": "wulf:LeaseMember"}
)
AMAZON = sec.Filer(
    "AMZN", 1018724, 12,
    {
        "capex": ["PaymentsToAcquireProductiveAssets"],
        "incentives": ["ProceedsFromPropertyPlantAndEquipmentSalesAndIncentives"],
    },
)  # fmt: skip
CHIPS = sec.Filer("NVDA", 1045810, 1, {"data_center": ["Revenues"]}, {"data_center": "nvda:DataCenterMember"})
NUMBER = "0001083301-26-000200"
QUIET = Console(quiet=True)


@pytest.fixture
def vendor(monkeypatch):
    """A local server in the SEC's place."""
    monkeypatch.setenv("EDGAR_IDENTITY", "Test Person test@example.org")
    with played(monkeypatch) as local:
        yield local


def known(*periods):
    """Stored report dates of the miner."""
    return pd.DataFrame({"ticker": "WULF", "fiscal_period": periods, "reported_on": pd.Timestamp("2026-08-05")})


def reported(vendor, stamp, *, items="2.02,9.01", extra=()):
    """The rows of a miner that filed results at a time on New York's clock, and what was told."""
    day = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}"
    rows = [(NUMBER, "8-K", day, day, items, "wulf-8k.htm"), *extra]
    vendor[filings.where(MINER.cik)] = filings.listed(MINER.cik, *rows)
    vendor[f"{filings.folder(MINER.cik, NUMBER)}/{NUMBER}-index-headers.html"] = Answer(
        filings.header(NUMBER, stamp, ("8-K", "wulf-8k.htm"), ("EX-99.1", "release.htm")), kind="text/html"
    )
    told = []
    listed = sec.filings(MINER, since=pd.Timestamp("2026-09-01"))
    rows = companies.report_rows(MINER, listed, known("2026 Q2"), note=told.append)
    return rows.to_numpy().tolist(), told


@pytest.mark.parametrize(
    ("stamp", "hour"),
    [
        ("20261105070512", "bmo"),
        ("20261105092959", "bmo"),
        ("20261105093000", "unknown"),
        ("20261105160512", "amc"),
        ("20261127130500", "amc"),  # the day after Thanksgiving ends at one
        ("20261127125900", "unknown"),
    ],
)
def test_a_report_has_the_hour_of_its_header(vendor, monkeypatch, stamp, hour):
    """New York's clock decides, the half day's own close too; the hour in the list of filings is not read."""
    monkeypatch.setenv("MINERPIVOT_TODAY", "2026-12-01")
    day = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}"
    address = f"https://{filings.folder(MINER.cik, NUMBER)}/wulf-8k.htm"
    assert reported(vendor, stamp) == ([["WULF", "2026 Q3", day, hour, "filing", address]], [])


def test_other_items_are_no_results(vendor):
    """An agreement on its own."""
    assert reported(vendor, "20261105070512", items="1.01,9.01") == ([], [])


def test_two_filings_of_results_are_for_a_person(vendor):
    """Preliminary figures and the report look alike to a machine."""
    early = ("0001083301-26-000150", "8-K", "2026-10-12", "2026-10-12", "2.02", "early.htm")
    rows, told = reported(vendor, "20261105070512", extra=[early])
    assert rows == []
    assert told == ["WULF 2026 Q3: results in 2 filings (2026-10-12, 2026-11-05); enter the report's day by hand"]


@pytest.mark.parametrize("stamp", ["", "20261105", "20261305070512", "20261105030512"])
def test_a_header_without_an_hour_is_refused(vendor, stamp):
    """None, half of one, no day of the calendar, or an hour at which nothing is accepted; nor is another filing's."""
    place = f"{filings.folder(MINER.cik, NUMBER)}/{NUMBER}-index-headers.html"
    for page in (filings.header(NUMBER, stamp), filings.header("0001083301-26-000999", "20261105070512")):
        vendor[place] = Answer(page, kind="text/html")
        with pytest.raises(VendorError, match=rf"WULF: no hour of acceptance in the header of {NUMBER}; open"):
            sec.accepted(MINER, NUMBER)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda a: a.pop("filings"), "no list of filings"),
        (lambda a: a["filings"]["recent"].pop("items"), "no list of filings"),
        (lambda a: a["filings"]["recent"]["form"].append("8-K"), "no list of filings"),
        (lambda a: a.update(cik="1"), "filings not of CIK 1083301"),
        (lambda a: a["filings"]["recent"].update(filingDate=["soon"]), "a filing without number or day"),
        (lambda a: a["filings"]["recent"].update(filingDate=["2031-01-01"]), "of a day to come"),
        (lambda a: a["filings"]["recent"].update(accessionNumber=["../../x"]), "a filing without number or day"),
        (lambda a: a["filings"]["recent"].update(primaryDocument=["a?b"]), "a filing without number or day"),
        (lambda a: a["filings"].update(files=[{"name": "older.json"}]), "does not reach back to 2020-01-01"),
    ],
    ids=range(9),
)
def test_a_list_of_filings_that_is_none_is_refused(vendor, change, problem):
    """Another shape, another company, days and names that cannot be; a list that begins too late."""
    answer = filings.listed(MINER.cik, (NUMBER, "8-K", "2026-11-05", "2026-11-05", "2.02", "a.htm"))
    change(answer)
    vendor[filings.where(MINER.cik)] = answer
    with pytest.raises(VendorError, match=problem):
        sec.filings(MINER, since=pd.Timestamp("2020-01-01"))


def tag(vendor, company, number, document, *facts):
    """Put an instance document in its place."""
    name = document.replace(".htm", "_htm.xml")
    vendor[f"{filings.folder(company.cik, number)}/{name}"] = Answer(filings.instance(*facts), kind="text/xml")


def test_segments_are_read_where_they_are_tagged(vendor):
    """Mining and AI revenue by their members, the whole beside them, in millions; other spans and members are left."""
    report = (NUMBER, "10-Q", "2026-11-06", "2026-09-30", "", "wulf-20260930.htm")
    vendor[filings.where(MINER.cik)] = filings.listed(MINER.cik, report)
    concept, span = "us-gaap:Revenues", ("2026-07-01", "2026-09-30")
    tag(
        vendor, MINER, NUMBER, "wulf-20260930.htm",
        (concept, "", *span, 60_500_000), (concept, "wulf:MiningMember", *span, 15_250_000),
        (concept, "wulf:LeaseMember", *span, 45_250_000),
        (concept, "wulf:LeaseMember", "2026-01-01", "2026-09-30", 99_000_000),
    )  # fmt: skip
    rows = companies.segment_rows(
        MINER, sec.filings(MINER, since=pd.Timestamp("2026-10-01")), since=pd.Timestamp("2026-06-30")
    )
    names = ["fiscal_period", "reported_on", "revenue_usd_m", "mining_revenue_usd_m", "ai_hpc_revenue_usd_m"]
    assert rows[names].to_numpy().tolist() == [["FY2026 Q3", "2026-11-06", "60.500", "15.250", "45.250"]]


def test_a_member_that_went_is_refused(vendor):
    """A segment under another name must not read as nothing."""
    report = (NUMBER, "10-Q", "2026-11-06", "2026-09-30", "", "wulf-20260930.htm")
    vendor[filings.where(MINER.cik)] = filings.listed(MINER.cik, report)
    tag(vendor, MINER, NUMBER, "wulf-20260930.htm", ("us-gaap:Revenues", "", "2026-07-01", "2026-09-30", 60_500_000))
    listed = sec.filings(MINER, since=pd.Timestamp("2026-10-01"))
    with pytest.raises(VendorError, match="see whether its members changed"):
        companies.segment_rows(MINER, listed, since=pd.Timestamp("2026-06-30"))


@pytest.mark.parametrize("body", ["<xbrl", "not XML", "", "<a>" * 200_000])
def test_an_instance_that_is_no_whole_xml_is_refused(vendor, body):
    """Cut, of another kind, empty, or without end."""
    vendor[f"{filings.folder(MINER.cik, NUMBER)}/a_htm.xml"] = Answer(body)
    with pytest.raises(VendorError, match=r"a_htm\.xml is not whole XML"):
        sec.tagged(MINER, NUMBER, "a.htm")


STORED_NET = pd.DataFrame(
    {
        "period_kind": "quarter",
        "period_end": pd.to_datetime(["2025-12-31", "2026-03-31", "2026-06-30"]),
        "capex_net_usd_bn": [38.469, 43.234, 53.076],
    }
)
BOUGHT, SOLD = (
    "us-gaap:PaymentsToAcquireProductiveAssets",
    "amzn:ProceedsFromPropertyPlantAndEquipmentSalesAndIncentives",
)


def test_amazons_net_is_purchases_less_proceeds_of_one_report(vendor):
    """Quarter and trailing year of a 10-Q as reported; a 10-K's quarter is the year less the three before."""
    rows = [
        ("0001018724-26-000030", "10-Q", "2026-10-30", "2026-09-30", "", "amzn-20260930.htm"),
        ("0001018724-27-000004", "10-K", "2027-02-05", "2026-12-31", "", "amzn-20261231.htm"),
    ]
    vendor[filings.where(AMAZON.cik)] = filings.listed(AMAZON.cik, *rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINERPIVOT_TODAY", "2027-03-01")
        tag(
            vendor, AMAZON, rows[0][0], rows[0][5],
            (BOUGHT, "", "2026-07-01", "2026-09-30", 60_000_000_000),
            (SOLD, "", "2026-07-01", "2026-09-30", 1_000_000_000),
            (BOUGHT, "", "2026-01-01", "2026-09-30", 160_000_000_000),
            (SOLD, "", "2026-01-01", "2026-09-30", 4_000_000_000),
            (BOUGHT, "", "2025-10-01", "2026-09-30", 199_000_000_000),
            (SOLD, "", "2025-10-01", "2026-09-30", 5_000_000_000),
        )  # fmt: skip
        year = ("2026-01-01", "2026-12-31")
        tag(
            vendor,
            AMAZON,
            rows[1][0],
            rows[1][5],
            (BOUGHT, "", *year, 221_000_000_000),
            (SOLD, "", *year, 5_000_000_000),
        )
        found = capex.net_rows(AMAZON, STORED_NET)
    assert found[["period_kind", "period_end", "capex_net_usd_bn", "precision"]].to_numpy().tolist() == [
        ["quarter", "2026-09-30", "59.000", "reported"],
        ["ttm", "2026-09-30", "194.000", "reported"],
        ["ttm", "2026-12-31", "216.000", "reported"],
        ["quarter", "2026-12-31", "60.690", "derived"],
    ]


def nvidia_facts():
    """Company facts of two quarters that end on Sundays."""
    facts = []
    for accn, start, end, filed, value in (
        ("a", "2026-04-27", "2026-07-26", "2026-08-26", 96_200_000_000),
        ("b", "2026-07-27", "2026-10-25", "2026-11-18", 108_500_000_000),
    ):
        facts.append({"accn": accn, "start": start, "end": end, "val": value, "form": "10-Q", "filed": filed})
    return {"us-gaap": {"Revenues": {"units": {"USD": facts}}}}


NVIDIA = pd.DataFrame(
    {
        "fiscal_period": ["FY2027 Q2"], "period_end": pd.to_datetime(["2026-07-26"]),
        "reported_on": pd.to_datetime(["2026-08-26"]), "revenue_usd_bn": [96.2], "data_center_revenue_usd_bn": [89.0],
        "next_quarter_revenue_guidance_usd_bn": [108.0], "source_url": [""],
    }
)  # fmt: skip


def test_nvidias_data_centres_are_a_member_of_the_report(vendor):
    """A quarter that ends on a Sunday, dated by its release; guidance is a sentence and stays empty."""
    rows = [
        ("0001045810-26-000090", "8-K", "2026-11-18", "2026-11-18", "2.02,9.01", "nvda-8k.htm"),
        ("0001045810-26-000091", "10-Q", "2026-11-19", "2026-10-25", "", "nvda-20261025.htm"),
    ]
    vendor[filings.where(CHIPS.cik)] = filings.listed(CHIPS.cik, *rows)
    span = ("2026-07-27", "2026-10-25")
    tag(
        vendor, CHIPS, rows[1][0], rows[1][5],
        ("us-gaap:Revenues", "", *span, 108_500_000_000),
        ("us-gaap:Revenues", "nvda:DataCenterMember", *span, 98_400_000_000),
    )  # fmt: skip
    found = capex.chip_rows(nvidia_facts(), CHIPS, NVIDIA).iloc[0]
    assert found.iloc[:5].tolist() == ["FY2027 Q3", "2026-10-25", "2026-11-18", "108.500", "98.400"]
    assert pd.isna(found["next_quarter_revenue_guidance_usd_bn"])


def test_nvidia_without_a_report_waits(vendor):
    """The facts may come before the list of filings."""
    told = []
    vendor[filings.where(CHIPS.cik)] = filings.listed(
        CHIPS.cik, ("0001045810-26-000090", "8-K", "2026-11-18", "2026-11-18", "2.02,9.01", "nvda-8k.htm")
    )
    assert capex.chip_rows(nvidia_facts(), CHIPS, NVIDIA, note=told.append).empty
    assert told == ["NVDA FY2027 Q3: no report, or no member for data_center in filing_tags; by hand"]


def test_cash_and_debt_say_what_they_are():
    """In millions, as first filed; debt with what its tag takes in, or none."""
    at = {"form": "10-Q", "filed": "2026-11-06", "accn": "a"}
    cash = [at | {"end": day, "val": value} for day, value in (("2026-06-30", 1), ("2026-09-30", 1_234_560_000))]
    debt = [at | {"end": "2026-09-30", "val": 5_000_000_000}]
    facts = {
        "us-gaap": {
            "CashAndCashEquivalentsAtCarryingValue": {"units": {"USD": cash}},
            "LongTermDebt": {"units": {"USD": debt}},
        }
    }
    row = companies.balance_rows(facts, MINER, since=pd.Timestamp("2026-06-30")).iloc[0]
    assert row[["as_of", "cash_usd_m", "debt_usd_m", "debt_basis", "debt_scope", "reported_on"]].tolist() == [
        "2026-09-30", "1234.6", "5000.0", "carrying", "tagged", "2026-11-06",
    ]  # fmt: skip
    facts["us-gaap"].pop("LongTermDebt")
    row = companies.balance_rows(facts, MINER, since=pd.Timestamp("2026-06-30")).iloc[0]
    assert row[["debt_usd_m", "debt_basis", "debt_scope", "debt_note"]].isna().all()
    facts["us-gaap"]["CashAndCashEquivalentsAtCarryingValue"]["units"]["USD"][1]["val"] = -5
    with pytest.raises(VendorError, match="cash or debt below zero"):
        companies.balance_rows(facts, MINER, since=pd.Timestamp("2026-06-30"))


def test_an_unknown_number_is_looked_up_once(vendor, monkeypatch):
    """The SEC's own list of companies; what it lacks is entered by hand."""
    sec.numbers.cache_clear()
    vendor["www.sec.gov/files/company_tickers.json"] = {"0": {"cik_str": 1045810, "ticker": "NVDA", "title": "NVIDIA"}}
    rows = pd.DataFrame({"ticker": ["NVDA", "MOON"], "cik": pd.NA, "fiscal_year_end_month": [1, 12]})
    tags = pd.DataFrame(columns=["ticker", "line", "concept", "member"])
    assert sec.filer("NVDA", rows, tags).cik == 1045810
    with pytest.raises(VendorError, match=r"MOON: not in the list of filers; enter its cik in data/instruments\.csv"):
        sec.filer("MOON", rows, tags)
    assert len(vendor.asked) == 1
    sec.numbers.cache_clear()
