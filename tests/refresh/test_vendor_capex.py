"""Capital spending and share counts from the SEC: the arithmetic, and every way in which an answer can be wrong."""

import hashlib
import json
import shutil
from functools import cache, partial

import pandas as pd
import pytest
from rich.console import Console

from minerpivot.data import tables
from minerpivot.data.tables import load as live
from minerpivot.refresh import capex, companies, sec, transaction
from minerpivot.refresh.vendors import VendorError
from tests.frozen import FOLDER, load
from tests.refresh.local import Answer, played

PPE, CASH_FLOW = "PaymentsToAcquirePropertyPlantAndEquipment", "NetCashProvidedByUsedInOperatingActivities"
PRODUCTIVE, PROCEEDS = "PaymentsToAcquireProductiveAssets", "ProceedsFromSaleOfPropertyPlantAndEquipment"
CONTRACTS, REVENUES = "RevenueFromContractWithCustomerExcludingAssessedTax", "Revenues"
SHARES = "EntityCommonStockSharesOutstanding"
QUIET = Console(quiet=True)


# --- the frozen tables, on which answers stand -------------------------------------------------------


@pytest.fixture(autouse=True)
def frozen(monkeypatch, tmp_path_factory):
    """What is stored is the frozen copy: a refresh of the live tables turns nothing red."""
    monkeypatch.setattr(tables, "load", partial(tables.load, folder=FOLDER))


@cache
def filer(ticker):
    """A company of the frozen tables as the SEC knows it."""
    return sec.filer(ticker, load("instruments"), load("filing_tags"))


INSTRUMENTS = load("instruments")
HYPERSCALERS = sorted(INSTRUMENTS.loc[INSTRUMENTS["kind"] == "hyperscaler", "ticker"])
compare = partial(transaction.compare, folder=FOLDER)


# --- a company's facts in the SEC's shape ----------------------------------------------------------


def report_day(end):
    """The first weekday from 25 days after a quarter's end on."""
    return str(pd.offsets.BDay().rollforward(pd.Timestamp(end) + pd.Timedelta(days=25)).date())


def fact(end, value, *, start=None, filed=None, form="10-Q", accn=None):
    """One fact as the SEC lists it."""
    filed = filed or report_day(end)
    row = {"start": str(start)} if start else {}
    row |= {"end": str(end), "val": value, "accn": accn or f"0001-{filed}", "fy": 2026, "fp": "Q1"}
    return row | {"form": form, "filed": filed, "frame": "CY2026Q1"}


def company(ticker, concepts, *, taxonomy="us-gaap", unit="USD"):
    """A whole answer."""
    listed = {name: {"label": name, "description": "", "units": {unit: facts}} for name, facts in concepts.items()}
    return {"cik": filer(ticker).cik, "entityName": "A company", "facts": {taxonomy: listed}}


def cumulative(values, *, freq, three_months=False):
    """Facts for quarterly `values` (by fiscal period): year to date, refiled with the report of a year later."""
    facts = []
    for period, value in values.items():
        year = pd.Period(period.end_time, freq=freq.replace("Q", "Y"))
        to_date = sum(v for p, v in values.items() if p.qyear == period.qyear and p <= period)
        spans = [(year.start_time.date(), to_date)]
        if three_months and period.quarter in (2, 3):
            spans.append((period.start_time.date(), value))
        for day in (period.end_time.date(), (period + 4).end_time.date()):
            if day <= values.index.max().end_time.date():
                filed = report_day(day)
                form = "10-K" if period.quarter == 4 else "10-Q"
                facts += [fact(period.end_time.date(), v, start=start, filed=filed, form=form) for start, v in spans]
    return facts


def stored_quarters(ticker, folder=FOLDER):
    """Stored cash_ppe rows of the last fiscal years, by fiscal period, as text."""
    rows = pd.read_csv(folder / "capex_actuals.csv", dtype="string")
    rows = rows[(rows["ticker"] == ticker) & (rows["definition"] == "cash_ppe")]
    freq = filer(ticker).freq
    rows.index = pd.PeriodIndex(pd.to_datetime(rows["period_end"]), freq=freq)
    return rows[rows.index.qyear >= 2024], freq


def dollars(rows, column):
    """A column of USD bn as whole dollars."""
    return (pd.to_numeric(rows[column]) * 1000).round().astype(int) * 1_000_000


def answer(ticker, *, change=None, folder=FOLDER):
    """The answer of a company whose reports say what is stored; `change` edits quarterly figures first."""
    rows, freq = stored_quarters(ticker, folder)
    lines = {name: dollars(rows, f"{name}_usd_bn") for name in ("capex", "revenue", "operating_cash_flow")}
    for name, values in (change or {}).items():
        for period, value in values.items():
            lines[name][pd.Period(period, freq=freq)] = value
    spending = cumulative(lines["capex"], freq=freq)
    concepts = {
        PRODUCTIVE if ticker == "AMZN" else PPE: spending,
        CONTRACTS: cumulative(lines["revenue"], freq=freq, three_months=True),
        CASH_FLOW: cumulative(lines["operating_cash_flow"], freq=freq),
    }
    if ticker == "AMZN":  # its reports have trailing years too, and the plain tag ended in 2017
        trailing = fact("2026-06-30", 999_000_000_000, start="2025-07-01", accn="0001-2026-07-27", filed="2026-07-27")
        concepts[PRODUCTIVE] = [trailing, *spending]
        concepts[PPE] = [fact("2016-12-31", 6_737_000_000, start="2016-01-01", form="10-K")]
    return company(ticker, concepts)


def shares(ticker, counts):
    """The answer of a company with only (day, count, filed) on covers."""
    rows = [fact(day, count, filed=filed) for day, count, filed in counts]
    return company(ticker, {SHARES: rows}, taxonomy="dei", unit="shares")


MARA = [("2025-10-28", 378_184_353, "2025-11-04"), ("2026-02-17", 379_500_000, "2026-02-26")]
MARA += [("2026-07-24", 383_004_999, "2026-08-01"), ("2026-05-01", 381_270_000, "2026-05-08")]


# --- a server ---------------------------------------------------------------------------------------


class Routes(dict):
    """`sec_[ticker]` is a company's facts, or a list of answers, the last for ever."""

    def __init__(self, vendor):
        super().__init__()
        self.vendor = vendor

    def __setitem__(self, ticker, route):
        self.vendor[where(ticker)] = route

    @property
    def asked(self):
        """The addresses that were asked for."""
        return [path for path, _, _ in self.vendor.asked]


def where(ticker):
    """The address of a company's facts."""
    return f"data.sec.gov/api/xbrl/companyfacts/CIK{filer(ticker).cik:010d}.json"


@pytest.fixture
def sec_(monkeypatch):
    """A server in the SEC's place; nothing that is fetched may change data/."""
    monkeypatch.setenv("EDGAR_IDENTITY", "Test Person test@example.org")
    before = digest()
    with played(monkeypatch) as vendor:
        yield Routes(vendor)
    assert digest() == before, "fetch wrote to data/"


def digest():
    """The content of data/."""
    return digest_of(tables.DATA)


def digest_of(folder):
    """The content of a folder."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}


def fetch(*tickers):
    """What the command calls."""
    return capex.fetch(tickers=list(tickers), console=QUIET)


def columns(name):
    """The columns of a table's schema."""
    return {field["name"] for field in tables.describe(name)["schema"]["fields"]}


# --- right answers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("ticker", HYPERSCALERS)
def test_quarters_equal_the_stored_ones(sec_, ticker):
    """Year-to-date facts give the last four stored quarters to the million, under the same labels."""
    sec_[ticker] = answer(ticker)
    rows = fetch(ticker)["capex_actuals"]
    stored = stored_quarters(ticker)[0].tail(4)
    assert set(rows) == columns("capex_actuals")
    same = ["fiscal_period", "period_end", "calendar_quarter", "definition", "capex_usd_bn"]
    same += ["operating_cash_flow_usd_bn", "revenue_usd_bn"]
    assert rows[same].to_numpy().tolist() == stored[same].to_numpy().tolist()
    assert rows["source_url"].eq(f"https://{where(ticker)}").all()
    assert sec_.asked == [where(ticker)]
    assert sec_.vendor.asked[0][2] == "Test Person test@example.org"
    change = compare("capex_actuals", rows)
    assert (change.added, change.revised) == (0, [])


@pytest.mark.parametrize(
    ("ticker", "new", "label", "calendar", "end"),
    [
        ("MSFT", "2027Q1", "FY2027 Q1", "2026Q3", "2026-09-30"),
        ("ORCL", "2027Q2", "FY2027 Q2", "2026Q4", "2026-11-30"),
        ("META", "2026Q3", "FY2026 Q3", "2026Q3", "2026-09-30"),
    ],
)
def test_a_new_quarter_is_added_with_its_first_filing(sec_, ticker, new, label, calendar, end):
    """It gets the company's fiscal label, the calendar quarter beside it, and the day of its own report."""
    sec_[ticker] = answer(
        ticker,
        change={
            "capex": {new: 40_000_000_000},
            "revenue": {new: 90_123_000_000},
            "operating_cash_flow": {new: -1_500_000_000},
        },
    )
    rows = fetch(ticker)["capex_actuals"]
    assert len(rows) == 5
    last = rows.iloc[-1]
    assert (last["fiscal_period"], last["calendar_quarter"], last["period_end"]) == (label, calendar, end)
    figures = [last[f"{name}_usd_bn"] for name in ("capex", "revenue", "operating_cash_flow")]
    assert figures == ["40.000", "90.123", "-1.500"]
    assert last["reported_on"] == report_day(end)
    change = compare("capex_actuals", rows)
    assert (change.added, change.revised) == (1, [])


def test_a_restated_quarter_is_told_and_not_written(sec_):
    """The comparative of a year later must not reach back to the first report's day: the stored value stays."""
    new = {"revenue": 110_000_000_000, "capex": 45_000_000_000, "operating_cash_flow": 50_000_000_000}
    body = answer("GOOGL", change={name: {"2026Q3": value} for name, value in new.items()})
    revenue = body["facts"]["us-gaap"][CONTRACTS]["units"]["USD"]
    again = [f for f in revenue if f["end"] == "2025-09-30" and f["filed"] == "2026-10-26"]
    assert len(again) == 2
    for f in again:
        f["val"] += 1_000_000_000
    told = []
    known = tables.load("capex_actuals").query("ticker == 'GOOGL'")["period_end"]
    rows = capex.capex_rows(body["facts"], filer("GOOGL"), stored=known, note=told.append)
    assert rows["revenue_usd_bn"].iloc[0] == "102.346"
    assert told == ["GOOGL FY2025 Q3 revenue: first 102.346, restated 103.346 USD bn"]
    assert compare("capex_actuals", rows).revised == []


def test_an_amended_report_is_told_in_all_its_lines():
    """A 10-Q/A that changes sales, purchases and cash flow, of which only sales have three months of their own."""
    body, told = answer("GOOGL"), []
    for concept in (PPE, CONTRACTS, CASH_FLOW):
        facts = body["facts"]["us-gaap"][concept]["units"]["USD"]
        of_quarter = [f for f in facts if f["end"] == "2026-06-30"]
        again = {"filed": "2026-08-20", "accn": "0001-2026-08-20", "form": "10-Q/A"}
        facts += [f | again | {"val": f["val"] + 2_000_000_000} for f in of_quarter]
    known = tables.load("capex_actuals").query("ticker == 'GOOGL'")["period_end"]
    rows = capex.capex_rows(body["facts"], filer("GOOGL"), stored=known, note=told.append)
    assert [line.split(":")[0] for line in told] == [
        f"GOOGL FY2026 Q2 {name}" for name in ("capex", "revenue", "operating_cash_flow")
    ]
    assert compare("capex_actuals", rows).revised == []


def test_a_quarter_a_thousand_times_too_large_is_held_back():
    """In dollars for thousands: beside its neighbours and its sales it cannot be; nothing is written."""
    body = answer(
        "MSFT",
        change={
            "capex": {"2027Q1": 40_000_000_000_000},
            "revenue": {"2027Q1": 90_000_000_000},
            "operating_cash_flow": {"2027Q1": 50_000_000_000},
        },
    )
    known = tables.load("capex_actuals").query("ticker == 'MSFT' and definition == 'cash_ppe'")["period_end"]
    change = compare("capex_actuals", capex.capex_rows(body["facts"], filer("MSFT"), stored=known))
    assert any(
        "MSFT|cash_ppe|2026-09-30" in line and "40000.000" in line and "beside it" in line for line in change.held
    )
    assert any(line.startswith("MSFT cash_ppe capex_usd_bn: ") and "40000.000" in line for line in change.written)
    before = digest_of(FOLDER)
    with pytest.raises(transaction.RefreshError, match="held back"):
        transaction.apply([change], folder=FOLDER)
    assert digest_of(FOLDER) == before


def test_a_report_filed_before_its_period_ends_is_refused():
    """A day that cannot be is no small fault: the value beside it may be of another year."""
    body = answer("GOOGL")
    body["facts"]["us-gaap"][PPE]["units"]["USD"][-1]["filed"] = "2026-05-01"
    known = tables.load("capex_actuals").query("ticker == 'GOOGL'")["period_end"]
    with pytest.raises(VendorError, match=f"GOOGL: {PPE} to 2026-06-30 was filed before that day"):
        capex.capex_rows(body["facts"], filer("GOOGL"), stored=known)


def test_years_are_those_of_the_annual_reports(sec_):
    """The last stored year, from the 10-K's own figures, and one that is complete since."""
    sec_["MSFT"] = answer("MSFT")
    rows = fetch("MSFT")["capex_annual"]
    stored = load("capex_annual").query("ticker == 'MSFT' and definition == 'cash_ppe'").iloc[-1]
    assert rows["fiscal_period"].iloc[0] == stored["fiscal_period"]
    assert float(rows["capex_usd_bn"].iloc[0]) == pytest.approx(stored["capex_usd_bn"], abs=0.002)
    assert set(rows) == columns("capex_annual")
    assert compare("capex_annual", rows).revised == []


def test_meta_is_net_of_the_proceeds_of_the_same_filing():
    """Gross and proceeds in 2023, net alone a year later, as Meta filed them: 2023 is 6.823 and 6.134 either way."""
    gross = [
        ("2023-03-31", 6842, 19),
        ("2023-06-30", 13058, 101),
        ("2023-09-30", 19601, 148),
        ("2023-12-31", 27266, 221),
    ]
    concepts = {name: [] for name in (PPE, PROCEEDS, CONTRACTS, CASH_FLOW)}
    for (end, bought, sold), net in zip(gross, (6823, 12957, 19453, 27045)):
        form = "10-K" if end.endswith("12-31") else "10-Q"
        at = {"start": "2023-01-01", "form": form}
        concepts[PPE] += [fact(end, bought * 10**6, **at), fact(end, net * 10**6, filed=f"2024{end[4:]}", **at)]
        concepts[PROCEEDS].append(fact(end, sold * 10**6, **at))
        concepts[CONTRACTS].append(fact(end, 9 * bought * 10**6, **at))
        concepts[CASH_FLOW].append(fact(end, 3 * bought * 10**6, **at))
    facts = company("META", concepts)["facts"]
    new = capex.capex_rows(facts, filer("META"), stored=pd.Series(pd.to_datetime(["2022-12-31"])))
    old = capex.capex_rows(facts, filer("META"), stored=pd.Series(pd.to_datetime(["2023-03-31", "2023-12-31"])))
    assert new["capex_usd_bn"].tolist() == ["6.823", "6.134", "6.496", "7.592"]
    assert old["capex_usd_bn"].tolist() == new["capex_usd_bn"].tolist()


def test_total_revenue_is_the_larger_of_two_tags():
    """Contract revenue is a part of revenue: a filing with both means the total."""
    rows = [fact("2026-03-31", value, start="2026-01-01") for value in (90_000_000_000, 91_000_000_000)]
    facts = company("GOOGL", {CONTRACTS: rows[:1], REVENUES: rows[1:]})["facts"]
    assert sec.line(facts, filer("GOOGL"), sec.COMMON["revenue"])["value"].tolist() == [91.0]


def test_three_months_stand_in_for_a_missing_sum():
    """A quarter with its own figure needs no difference; one without either is a gap."""
    at = {"start": "2026-01-01"}
    rows = [fact("2026-03-31", 1e9, **at), fact("2026-09-30", 6e9, **at), fact("2026-09-30", 3e9, start="2026-07-01")]
    table = sec.quarters(sec.line(company("META", {PPE: rows})["facts"], filer("META"), [PPE]), freq="Q-DEC")
    assert table["first"].fillna(-1).tolist() == [1.0, -1.0, 3.0]


def counted(body, since="2025-06-11"):
    """Rows of share counts from an answer."""
    return companies.share_rows(body["facts"], filer("MARA"), since=pd.Timestamp(since))


def test_counts_are_millions_in_order():
    """Unordered covers, one filed twice and one of a registration: one row a day, first filing, last year only."""
    body = shares("MARA", [*MARA, ("2026-07-24", 383_004_999, "2026-09-01"), ("2020-05-01", 1, "2020-05-08")])
    body["facts"]["dei"][SHARES]["units"]["shares"].append(fact("2026-08-02", 5, form="S-3"))
    rows = counted(body)
    assert set(rows) == columns("shares_outstanding")
    assert rows[["as_of", "shares_m", "reported_on"]].to_numpy().tolist() == [
        ["2025-10-28", "378.18", "2025-11-04"],
        ["2026-02-17", "379.50", "2026-02-26"],
        ["2026-05-01", "381.27", "2026-05-08"],
        ["2026-07-24", "383.00", "2026-08-01"],
    ]
    assert compare("shares_outstanding", rows).revised == []


@pytest.mark.parametrize("count", [1, 383, 38_300, 999_999_999, 111_111_111, 123_456_789])
def test_a_placeholder_is_no_count(count):
    """One share, thousands or millions of shares, and digits that nobody counted."""
    with pytest.raises(VendorError, match=r"MARA: [\d,]+ shares on 2026-08-20 are a placeholder"):
        counted(shares("MARA", [*MARA, ("2026-08-20", count, "2026-08-21")]))


def test_a_count_far_from_the_last_is_held_back():
    """Three million where there were three hundred: in hundreds, or before a consolidation that no row tells."""
    change = compare("shares_outstanding", counted(shares("MARA", [*MARA, ("2026-08-20", 3_830_049, "2026-08-21")])))
    assert any(line.startswith("MARA|2026-08-20|cover_page shares_m 3.83") for line in change.held)


def test_everything_is_fetched(sec_):
    """Without tickers: five companies' quarters and years."""
    for ticker in HYPERSCALERS:
        sec_[ticker] = answer(ticker)
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(capex, "chip_rows", lambda *_, **__: pd.DataFrame())
    monkeypatch.setattr(capex, "net_rows", lambda *_: pd.DataFrame())
    with monkeypatch.context():
        fetched = capex.fetch(tickers=HYPERSCALERS, console=QUIET)
    monkeypatch.undo()
    assert fetched["capex_actuals"].groupby("ticker").size().to_dict() == dict.fromkeys(HYPERSCALERS, 4)


def test_every_live_hyperscaler_can_be_asked_for():
    """Its number and the month of its year's end are in the table, and its own tags are of companies there."""
    instruments, tags = live("instruments"), live("filing_tags")
    for ticker in instruments.loc[instruments["kind"] == "hyperscaler", "ticker"]:
        assert sec.filer(ticker, instruments, tags).freq.startswith("Q-")


def test_a_companys_year_and_tags_come_from_the_tables():
    """Oracle's year ends in May, Amazon has a second name for its purchases; a month that is unknown is told."""
    assert (filer("ORCL").freq, filer("MSFT").freq, filer("META").freq) == ("Q-MAY", "Q-JUN", "Q-DEC")
    assert filer("AMZN").concepts("capex") == [PPE, PRODUCTIVE]
    assert filer("META").concepts("proceeds") == [PROCEEDS]
    unknown = INSTRUMENTS.assign(
        fiscal_year_end_month=INSTRUMENTS["fiscal_year_end_month"].mask(INSTRUMENTS["ticker"] == "MSFT")
    )
    with pytest.raises(VendorError, match=r"MSFT: no month of its year's end; enter it in data/instruments\.csv"):
        _ = sec.filer("MSFT", unknown, load("filing_tags")).freq


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_sec_is_asked_again(sec_, status):
    """429 and 5xx, then the answer."""
    busy = Answer(b"Request Rate Threshold Exceeded", status)
    sec_["GOOGL"] = [busy, busy, Answer(answer("GOOGL"))]
    assert len(fetch("GOOGL")["capex_actuals"]) == 4
    assert len(sec_.asked) == 3


def test_written_to_a_copy_it_is_valid(sec_, tmp_path):
    """Rows pass validation and are added; a second refresh adds nothing."""
    new = {"revenue": 90_000_000_000, "capex": 38_000_000_000, "operating_cash_flow": 50_000_000_000}
    sec_["MSFT"] = answer("MSFT", change={name: {"2027Q1": value} for name, value in new.items()})
    folder = shutil.copytree(FOLDER, tmp_path / "data")
    rows = fetch("MSFT") | {"shares_outstanding": counted(shares("MARA", MARA))}
    changes = [transaction.compare(name, table, folder=folder) for name, table in rows.items()]
    assert transaction.apply(changes, folder=folder) == ["capex_actuals", "shares_outstanding"]
    assert not any(transaction.compare(name, table, folder=folder) for name, table in rows.items())


# --- wrong answers ----------------------------------------------------------------------------------


def refused(*tickers):
    """The message of the refusal, which names the source, a mend, and that nothing changed."""
    with pytest.raises(VendorError) as caught:
        fetch(*tickers)
    message = str(caught.value)
    assert message.startswith("SEC EDGAR: ")
    assert message.endswith(". data/ is unchanged")
    assert "; " in message
    return message


WHOLE = json.dumps(shares("MARA", MARA)).replace(str(filer("MARA").cik), str(filer("GOOGL").cik)).encode()


@pytest.mark.parametrize(
    ("route", "problem"),
    [
        (Answer(b"<Error/>", 404), "answered 404; see whether its cik, 1652044, is right"),
        (Answer(b"<html>Undeclared Automated Tool</html>", 403), "answered 403; "),
        (Answer(b"slow down", 429), "answered 429 after 4 tries; wait ten minutes"),
        (Answer(b"", 500), "answered 500 after 4 tries"),
        (Answer(b"<html>maintenance</html>", kind="text/html"), "not whole JSON"),
        (Answer(WHOLE[:-40]), "not whole JSON"),
        (Answer(b""), "not whole JSON"),
        (Answer(WHOLE, missing=100), "no whole answer"),
        (Answer(b"{}"), "empty, or not about CIK 1652044"),
        (Answer(b"[]"), "empty, or not about"),
        (Answer(WHOLE.replace(b"1652044", b"1652045")), "empty, or not about"),
        (Answer(b"", 302, Location="https://elsewhere.example/"), "sends to another host"),
        (Answer(b"[" * 100_000), "nested without end"),
    ],
    ids=range(13),
)
def test_a_faulty_answer_is_refused(sec_, route, problem):
    """Whatever the server sends, the message names the company and what is wrong; nothing is half used."""
    sec_["MSFT"] = answer("MSFT")
    sec_["GOOGL"] = route
    message = refused("MSFT", "GOOGL")
    assert "SEC EDGAR: GOOGL: " in message
    assert problem in message


@pytest.mark.parametrize("identity", [None, "", "somebody"])
def test_without_an_identity_nothing_is_asked(sec_, monkeypatch, identity):
    """The SEC wants a name and an address; the message says how to give them."""
    monkeypatch.delenv("EDGAR_IDENTITY")
    if identity is not None:
        monkeypatch.setenv("EDGAR_IDENTITY", identity)
    assert 'export EDGAR_IDENTITY="Your Name you@example.org"' in refused("MSFT")
    assert sec_.asked == []


def test_an_unknown_ticker_is_refused(sec_):
    """Before anything is asked, with the choice."""
    assert "MARA, XYZ: not a company of these tables; choose from AMZN" in refused("MARA", "MSFT", "XYZ")
    assert sec_.asked == []


def remove(body, concept, end):
    """Remove a period's facts."""
    facts = body["facts"]["us-gaap"][concept]["units"]["USD"]
    facts[:] = [f for f in facts if f["end"] != end]


def edit(body, concept, end, **cells):
    """Change a period's year-to-date facts."""
    for f in body["facts"]["us-gaap"][concept]["units"]["USD"]:
        if f["end"] == end and f["start"] == "2025-01-01":
            f |= {
                key: f["val"] + value if key == "val" and value is not None else value for key, value in cells.items()
            }


def zero(body, concept, end):
    """A placeholder for a value."""
    for f in body["facts"]["us-gaap"][concept]["units"]["USD"]:
        f["val"] = 0 if f["end"] == end else f["val"]


ODD = (  # JSON that is whole and no company's facts
    lambda concepts: concepts.update({PPE: None}),
    lambda concepts: concepts[PPE].update(units=[]),
    lambda concepts: concepts[PPE]["units"].update(USD={"0": 1}),
    lambda concepts: concepts[PPE]["units"].update(USD=[None, 3]),
)


@pytest.mark.parametrize(
    ("break_it", "problem"),
    [
        (lambda b: b["facts"]["us-gaap"].pop(PPE), f"no fact: {PPE} (USD)"),
        (lambda b: b["facts"].pop("us-gaap") and b["facts"].update(dei={}), "no fact: PaymentsTo"),
        (lambda b: edit(b, PPE, "2025-12-31", val=None), "no day or value"),
        (lambda b: edit(b, PPE, "2025-12-31", filed="soon"), "no day or value"),
        (lambda b: edit(b, PPE, "2025-12-31", accn=None), "no day or value"),
        (
            lambda b: b["facts"]["us-gaap"][PPE]["units"]["USD"].append(fact("2026-06-30", 1, start="2026-01-01")),
            "two ",
        ),
        (lambda b: remove(b, PPE, "2025-09-30"), "FY2025 Q3: missing (nan), zero or negative: {'capex_usd_bn': nan"),
        (lambda b: remove(b, CONTRACTS, "2026-06-30"), "FY2026 Q2: missing (nan)"),
        (lambda b: zero(b, PPE, "2026-03-31"), "FY2026 Q1: missing (nan), zero or negative"),
        *((lambda b, f=f: f(b["facts"]["us-gaap"]), "facts in a form that is not the SEC's: PaymentsTo") for f in ODD),
        (lambda b: edit(b, PPE, "2025-09-30", val=50_000_000_000), "FY2025 Q4: missing (nan), zero or negative"),
        (
            lambda b: edit(b, CONTRACTS, "2025-09-30", val=2_000_000),
            "FY2025 Q4: revenue: quarters sum to 402.835 USD bn, the filed year to 402.837",
        ),
    ],
    ids=[
        "no concept",
        "no facts",
        "null",
        "no day",
        "no filing",
        "two values",
        "gap",
        "no revenue",
        "zero",
        *("concept", "units", "listed", "entries"),
        "negative",
        "year",
    ],
)
def test_facts_that_do_not_add_up_are_refused(sec_, break_it, problem):
    """A figure that is absent, unreadable, ambiguous or inconsistent stops the refresh."""
    body = answer("GOOGL")
    break_it(body)
    sec_["GOOGL"] = body
    message = refused("GOOGL")
    assert "SEC EDGAR: GOOGL: " in message
    assert problem in message


def test_a_company_that_stopped_reporting_is_refused(sec_):
    """Facts that end before the overlap are no refresh."""
    body = answer("GOOGL")
    for concept in (PPE, CONTRACTS, CASH_FLOW):
        facts = body["facts"]["us-gaap"][concept]["units"]["USD"]
        facts[:] = [f for f in facts if f["end"] < "2025-01-01"]
    sec_["GOOGL"] = body
    assert "SEC EDGAR: GOOGL: no quarter from FY2025 Q3 on; look" in refused("GOOGL")


def test_a_quarter_that_is_not_reported_is_not_there(sec_):
    """A release may be stored weeks before its report: the answer is then one quarter shorter, and no fault."""
    body = answer("GOOGL")
    for concept in (PPE, CONTRACTS, CASH_FLOW):
        remove(body, concept, "2026-06-30")
    sec_["GOOGL"] = body
    assert fetch("GOOGL")["capex_actuals"]["fiscal_period"].tolist() == ["FY2025 Q3", "FY2025 Q4", "FY2026 Q1"]


@pytest.mark.parametrize(
    "counts", [[("2020-05-01", 5, "2020-05-08")], [("2026-08-01", 0, "2026-08-08")], [("2026-08-01", -5, "2026-08-08")]]
)
def test_counts_that_cannot_be_are_refused(counts):
    """Too old, nothing or less."""
    with pytest.raises(VendorError, match="SEC EDGAR: MARA: no count since 2025-06-11, or one that is not positive"):
        counted(shares("MARA", counts))


@pytest.mark.parametrize("count", [None, "many", True, "383004999"])
def test_a_count_that_is_no_number_is_refused(count):
    """Neither null nor words nor true."""
    with pytest.raises(VendorError, match=rf"no day or value: {SHARES} \(shares\)"):
        counted(shares("MARA", [*MARA, ("2026-08-20", count, "2026-08-21")]))
