"""Capital spending and share counts from the SEC: the arithmetic, and every way in which an answer can be wrong."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pandas as pd
import pytest
import stamina
from rich.console import Console

from minerpivot.data import tables
from minerpivot.data.tables import load as live
from minerpivot.refresh import capex, transaction
from minerpivot.refresh.vendors import VendorError, retrying
from tests.frozen import FOLDER, load

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


def filer(ticker):
    """A company of the frozen tables as the SEC knows it."""
    return capex.filer(ticker, load("instruments"), load("filing_tags"))


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


@pytest.fixture
def sec(monkeypatch):
    """A server in the SEC's place: `sec[ticker]` is a body, or a list of (status, body), the last for ever."""
    routes, asked = {}, []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers["User-Agent"]))
            cik = int(self.path.removeprefix("/api/xbrl/companyfacts/CIK").removesuffix(".json"))
            ticker = INSTRUMENTS.set_index("cik")["ticker"][cik]
            route = routes.get(ticker, [(404, b"<Error><Code>NoSuchKey</Code></Error>")])
            status, body = route.pop(0) if len(route) > 1 else route[0]
            if status == "slow":
                time.sleep(0.6)
                status = 200
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body) + (100 if status == 206 else 0)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    class Routes(dict):
        def __setitem__(self, ticker, route):
            whole = route if isinstance(route, list) else [(200, json.dumps(route).encode())]
            routes[ticker] = whole

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *args: None  # a client that gave up
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("EDGAR_IDENTITY", "Test Person test@example.org")
    monkeypatch.setenv("EDGAR_LOCAL_DATA_DIR", capex.FOLDER.name)
    monkeypatch.setenv("EDGAR_HTTP_TIMEOUT", "20")
    import edgar.urls

    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(edgar.urls, "SEC_DATA_URL", address)
    monkeypatch.setattr(capex, "retrying", lambda **options: retrying(**options).copy(sleep=lambda seconds: None))
    stamina.set_testing(True)
    before = digest()
    ours = Routes()
    ours.asked, ours.address = asked, address
    yield ours
    stamina.set_testing(False)
    server.shutdown()
    server.server_close()
    assert digest() == before, "fetch wrote to data/"


def digest():
    """The content of data/."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tables.DATA.iterdir()}


def fetch(*tickers):
    """What the command calls."""
    return capex.fetch(tickers=list(tickers), console=QUIET)


def columns(name):
    """The columns of a table's schema."""
    return {field["name"] for field in tables.describe(name)["schema"]["fields"]}


# --- right answers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("ticker", HYPERSCALERS)
def test_quarters_equal_the_stored_ones(sec, ticker):
    """Year-to-date facts give the last four stored quarters to the million, under the same labels."""
    sec[ticker] = answer(ticker)
    rows = fetch(ticker)["capex_actuals"]
    stored = stored_quarters(ticker)[0].tail(4)
    assert set(rows) == columns("capex_actuals")
    same = ["fiscal_period", "period_end", "calendar_quarter", "definition", "capex_usd_bn"]
    same += ["operating_cash_flow_usd_bn", "revenue_usd_bn"]
    assert rows[same].to_numpy().tolist() == stored[same].to_numpy().tolist()
    path = f"/api/xbrl/companyfacts/CIK{filer(ticker).cik:010d}.json"
    assert rows["source_url"].eq(f"https://data.sec.gov{path}").all()
    assert sec.asked == [(path, "Test Person test@example.org")]
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
def test_a_new_quarter_is_added_with_its_first_filing(sec, ticker, new, label, calendar, end):
    """It gets the company's fiscal label, the calendar quarter beside it, and the day of its own report."""
    sec[ticker] = answer(
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


def test_a_restated_quarter_is_told_and_not_written(sec):
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
    assert capex.line(facts, filer("GOOGL"), capex.COMMON["revenue"])["value"].tolist() == [91.0]


def test_three_months_stand_in_for_a_missing_sum():
    """A quarter with its own figure needs no difference; one without either is a gap."""
    at = {"start": "2026-01-01"}
    rows = [fact("2026-03-31", 1e9, **at), fact("2026-09-30", 6e9, **at), fact("2026-09-30", 3e9, start="2026-07-01")]
    table = capex.quarters(capex.line(company("META", {PPE: rows})["facts"], filer("META"), [PPE]), freq="Q-DEC")
    assert table["first"].fillna(-1).tolist() == [1.0, -1.0, 3.0]


def test_counts_are_millions_in_order(sec):
    """Unordered covers, one filed twice and one of a registration: one row a day, first filing, last year only."""
    body = shares("MARA", [*MARA, ("2026-07-24", 383_004_999, "2026-09-01"), ("2020-05-01", 1, "2020-05-08")])
    body["facts"]["dei"][SHARES]["units"]["shares"].append(fact("2026-08-02", 5, form="S-3"))
    sec["MARA"] = body
    rows = fetch("MARA")["shares_outstanding"]
    assert set(rows) == columns("shares_outstanding")
    assert rows[["as_of", "shares_m", "reported_on"]].to_numpy().tolist() == [
        ["2025-10-28", "378.18", "2025-11-04"],
        ["2026-02-17", "379.50", "2026-02-26"],
        ["2026-05-01", "381.27", "2026-05-08"],
        ["2026-07-24", "383.00", "2026-08-01"],
    ]
    assert compare("shares_outstanding", rows).revised == []


def covered():
    """Every miner with a stored count on a cover."""
    stored = load("shares_outstanding")
    return sorted(set(stored.loc[stored["basis"] == "cover_page", "ticker"]))


def test_a_company_that_went_is_not_asked_for(sec, monkeypatch):
    """A fork that has removed a miner refreshes the others."""
    load, gone = tables.load, covered()[0]
    monkeypatch.setattr(tables, "load", lambda name: load(name).loc[lambda table: table["ticker"] != gone])
    for ticker in covered()[1:]:
        sec[ticker] = shares(ticker, [("2026-08-05", 300_000_000, "2026-08-10")])
    for ticker in HYPERSCALERS:
        sec[ticker] = answer(ticker)
    assert gone not in set(fetch()["shares_outstanding"]["ticker"])


def test_everything_is_fetched_and_a_tables_own_companies_only(sec):
    """Without tickers: five companies' quarters and a count for every miner with a stored cover."""
    for ticker in HYPERSCALERS:
        sec[ticker] = answer(ticker)
    for ticker in covered():
        sec[ticker] = shares(ticker, [("2026-08-05", 300_000_000, "2026-08-10")])
    fetched = fetch()
    assert fetched["capex_actuals"].groupby("ticker").size().to_dict() == dict.fromkeys(HYPERSCALERS, 4)
    assert fetched["shares_outstanding"]["ticker"].tolist() == covered()
    sec["MARA"] = shares("MARA", MARA)
    assert list(fetch("MARA")) == ["shares_outstanding"]


def test_the_numbers_of_live_companies_are_the_librarys():
    """They agree with the list that edgartools carries (also after a rename: KEEL), where it knows the company."""
    from edgar.reference.tickers import find_cik

    numbers = live("instruments").set_index("ticker")["cik"].dropna()
    known = {ticker: find_cik(ticker) for ticker in numbers.index}
    assert {ticker: int(numbers[ticker]) for ticker, cik in known.items() if cik} == {
        t: c for t, c in known.items() if c
    }


def test_every_live_hyperscaler_can_be_asked_for():
    """Its number and the month of its year's end are in the table, and its own tags are of companies there."""
    instruments, tags = live("instruments"), live("filing_tags")
    for ticker in instruments.loc[instruments["kind"] == "hyperscaler", "ticker"]:
        assert capex.filer(ticker, instruments, tags).freq.startswith("Q-")


def test_a_companys_year_and_tags_come_from_the_tables():
    """Oracle's year ends in May, Amazon has a second name for its purchases; a month that is unknown is told."""
    assert (filer("ORCL").freq, filer("MSFT").freq, filer("META").freq) == ("Q-MAY", "Q-JUN", "Q-DEC")
    assert filer("AMZN").concepts("capex") == [PPE, PRODUCTIVE]
    assert filer("META").concepts("proceeds") == [PROCEEDS]
    unknown = INSTRUMENTS.assign(
        fiscal_year_end_month=INSTRUMENTS["fiscal_year_end_month"].mask(INSTRUMENTS["ticker"] == "MSFT")
    )
    with pytest.raises(VendorError, match=r"MSFT: no month of its year's end; enter it in data/instruments\.csv"):
        _ = capex.filer("MSFT", unknown, load("filing_tags")).freq


@pytest.mark.parametrize("busy", [(429, b"Request Rate Threshold Exceeded"), (500, b""), (503, b"<html>")])
def test_a_busy_sec_is_asked_again(sec, busy):
    """429 and 5xx, then the answer."""
    sec["MARA"] = [busy, busy, (200, json.dumps(shares("MARA", MARA)).encode())]
    assert len(fetch("MARA")["shares_outstanding"]) == 4
    assert len(sec.asked) == 3


def test_written_to_a_copy_it_is_valid(sec, tmp_path):
    """Rows of both tables pass validation and are added; a second refresh adds nothing."""
    new = {"revenue": 90_000_000_000, "capex": 38_000_000_000, "operating_cash_flow": 50_000_000_000}
    sec["MSFT"] = answer("MSFT", change={name: {"2027Q1": value} for name, value in new.items()})
    sec["MARA"] = shares("MARA", MARA)
    folder = shutil.copytree(FOLDER, tmp_path / "data")
    changes = [compare(name, rows, folder=folder) for name, rows in fetch("MSFT", "MARA").items()]
    assert transaction.apply(changes, folder=folder) == ["capex_actuals", "shares_outstanding"]
    assert not any(compare(name, rows, folder=folder) for name, rows in fetch("MSFT", "MARA").items())


def test_the_command_goes_where_the_environment_says(sec, monkeypatch):
    """The library's own variables lead the whole command to another address; nothing is written."""
    sec["MSFT"] = answer("MSFT", folder=tables.DATA)  # the command reads the live tables
    monkeypatch.delenv("EDGAR_LOCAL_DATA_DIR")  # the command keeps answers in a folder of its own
    environment = os.environ | {"EDGAR_DATA_URL": sec.address, "EDGAR_BASE_URL": sec.address}
    command = [sys.executable, "-m", "minerpivot", "refresh", "capex", "--tickers", "msft", "--dry-run"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, cwd=tables.DATA.parent)
    assert done.returncode == 0, done.stderr
    assert "capex_actuals: 0 rows added" in done.stderr
    assert len(sec.asked) == 1


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


WHOLE = json.dumps(shares("MARA", MARA)).encode()


@pytest.mark.parametrize(
    ("route", "problem", "requests"),
    [
        ([(404, b"<Error/>")], "no facts under CIK 1507605; correct it", 1),
        ([(403, b"<html>Undeclared Automated Tool</html>")], "answered 403; check EDGAR_IDENTITY", 1),
        ([(429, b"slow down")], "answered 429 after 4 tries; wait ten minutes", 4),
        ([(500, b"")], "answered 500 after 4 tries", 4),
        ([(200, b"<html>maintenance</html>")], "not whole JSON; open https://data.sec.gov", 1),
        ([(200, WHOLE[:-40])], "not whole JSON", 1),
        ([(200, b"")], "not whole JSON", 1),
        ([(206, WHOLE)], "no answer (RemoteProtocolError)", 1),
        ([(200, b"{}")], "empty, or not about CIK 1507605", 1),
        ([(200, b"[]")], "empty, or not about", 1),
        ([(200, WHOLE.replace(b"1507605", b"1507606"))], "empty, or not about", 1),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_faulty_answer_is_refused(sec, route, problem, requests):
    """Whatever the server sends, the message names the company and what is wrong; nothing is half used."""
    sec["MSFT"] = answer("MSFT")
    sec["MARA"] = route
    message = refused("MSFT", "MARA")
    assert "SEC EDGAR: MARA: " in message
    assert problem in message
    assert len(sec.asked) == 1 + requests


def test_no_answer_in_time_is_refused(sec, monkeypatch):
    """A time-out; edgartools' own client has the limit."""
    import httpx
    from edgar.httpclient import HTTP_MGR, close_clients

    close_clients()
    monkeypatch.setitem(HTTP_MGR.httpx_params, "timeout", httpx.Timeout(0.2))
    sec["MARA"] = [("slow", WHOLE)]
    assert "SEC EDGAR: MARA: no answer (ReadTimeout)" in refused("MARA")
    close_clients()


def test_no_server_is_refused(sec, monkeypatch):
    """Nobody listens."""
    monkeypatch.setattr("edgar.urls.SEC_DATA_URL", "http://127.0.0.1:9")
    assert "SEC EDGAR: MARA: no answer (ConnectError); check" in refused("MARA")


@pytest.mark.parametrize("identity", [None, "", "somebody"])
def test_without_an_identity_nothing_is_asked(sec, monkeypatch, identity):
    """The SEC wants a name and an address; the message says how to give them."""
    monkeypatch.delenv("EDGAR_IDENTITY")
    if identity is not None:
        monkeypatch.setenv("EDGAR_IDENTITY", identity)
    assert 'export EDGAR_IDENTITY="Your Name you@example.org"' in refused("MSFT")
    assert sec.asked == []


def test_an_unknown_ticker_is_refused(sec):
    """Before anything is asked, with the choice."""
    assert "NVDA, XYZ: not a company of these tables; choose from AMZN" in refused("NVDA", "MSFT", "XYZ")
    assert sec.asked == []


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
        (lambda b: remove(b, PPE, "2025-09-30"), "FY2025 Q3: missing (nan) or negative: {'capex_usd_bn': nan"),
        (lambda b: remove(b, CONTRACTS, "2026-06-30"), "FY2026 Q2: missing (nan)"),
        (lambda b: edit(b, PPE, "2025-09-30", val=50_000_000_000), "FY2025 Q4: missing (nan) or negative"),
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
        "negative",
        "year",
    ],
)
def test_facts_that_do_not_add_up_are_refused(sec, break_it, problem):
    """A figure that is absent, unreadable, ambiguous or inconsistent stops the refresh."""
    body = answer("GOOGL")
    break_it(body)
    sec["GOOGL"] = body
    message = refused("GOOGL")
    assert "SEC EDGAR: GOOGL: " in message
    assert problem in message


def test_a_company_that_stopped_reporting_is_refused(sec):
    """Facts that end before the overlap are no refresh."""
    body = answer("GOOGL")
    for concept in (PPE, CONTRACTS, CASH_FLOW):
        facts = body["facts"]["us-gaap"][concept]["units"]["USD"]
        facts[:] = [f for f in facts if f["end"] < "2025-01-01"]
    sec["GOOGL"] = body
    assert "SEC EDGAR: GOOGL: no quarter from FY2025 Q3 on; look" in refused("GOOGL")


def test_a_quarter_that_is_not_reported_is_not_there(sec):
    """A release may be stored weeks before its report: the answer is then one quarter shorter, and no fault."""
    body = answer("GOOGL")
    for concept in (PPE, CONTRACTS, CASH_FLOW):
        remove(body, concept, "2026-06-30")
    sec["GOOGL"] = body
    assert fetch("GOOGL")["capex_actuals"]["fiscal_period"].tolist() == ["FY2025 Q3", "FY2025 Q4", "FY2026 Q1"]


@pytest.mark.parametrize(
    "counts", [[("2020-05-01", 5, "2020-05-08")], [("2026-08-01", 0, "2026-08-08")], [("2026-08-01", -5, "2026-08-08")]]
)
def test_counts_that_cannot_be_are_refused(sec, counts):
    """Too old, nothing or less."""
    sec["MARA"] = shares("MARA", counts)
    assert "SEC EDGAR: MARA: no count since 2025-06-11, or one that is not positive" in refused("MARA")


@pytest.mark.parametrize("count", [None, "many"])
def test_a_count_that_is_no_number_is_refused(sec, count):
    """Neither null nor words."""
    sec["MARA"] = shares("MARA", [*MARA, ("2026-08-20", count, "2026-08-21")])
    assert f"no day or value: {SHARES} (shares)" in refused("MARA")
