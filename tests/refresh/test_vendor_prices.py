"""Prices from Yahoo Finance, against a local server that answers as the vendor does, faults included."""

import json
import shutil
import tempfile
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import curl_cffi.requests
import exchange_calendars
import pandas as pd
import pytest
import yfinance
from rich.console import Console
from tenacity import wait_none

from minerpivot.data import tables, validation
from minerpivot.refresh import prices, vendors
from minerpivot.refresh.transaction import RefreshError, apply, compare
from minerpivot.refresh.vendors import VendorError
from tests import validity
from tests.frozen import FOLDER
from tests.refresh.local import Answer, played

NOW = pd.Timestamp("2026-10-14 21:00", tz="UTC")  # a Wednesday, an hour after the bell
KINDS = {
    "IREN": ("miner", "no_dividends"),
    "KEEL": ("miner", "no_dividends"),
    "WGMI": ("fund", "dividend_adjusted"),
    "BTC-USD": ("crypto", "no_dividends"),
}
SESSIONS = exchange_calendars.get_calendar("XNYS", start="2026-08-24", end="2026-10-14").sessions
DAYS = pd.date_range("2026-08-24", "2026-10-14")
LAST = dict.fromkeys(KINDS, "2026-10-09") | {"BTC-USD": "2026-10-06", "KEEL": None}


def days_of(symbol):
    """The days on which a symbol trades."""
    return DAYS if symbol == "BTC-USD" else SESSIONS


def usd(symbol, day):
    """A close with four decimals that belongs to one symbol and day."""
    return 10 * (1 + list(KINDS).index(symbol)) + (day - DAYS[0]).days / 8


class Yahoo:
    """A vendor whose daily charts a test may spoil; `asked` holds the charts' queries in order."""

    def __init__(self):
        self.asked, self.spoilt, self.released = [], {}, threading.Event()

    def answer(self, path, query):
        """Status, content type and body for a path that begins with the vendor's host."""
        if path.endswith("/getcrumb"):
            return 200, "text/plain", "Vz1crumb.x"
        if "/v8/finance/chart/" not in path:  # fc.yahoo.com gives its cookie with a 404, guce.yahoo.com a page
            return 404 if "fc.yahoo" in path else 200, "text/html", "<html></html>"
        symbol = path.rsplit("/", 1)[1]
        self.asked.append((symbol, query))
        spoil = self.spoilt.get(symbol, ok)
        return spoil(symbol, query) if callable(spoil) else spoil.pop(0)(symbol, query)


def bars(symbol, query):
    """The days asked for, as lists to be spoilt: timestamps, closes and dividend-adjusted closes."""
    start, end = (pd.Timestamp(int(query[key][0]), unit="s") for key in ("period1", "period2"))
    days = days_of(symbol)
    days = days[(days >= start) & (days <= end)]
    opens = days if symbol == "BTC-USD" else days + pd.Timedelta(hours=13, minutes=30)  # 09:30 in summer time
    closes = [usd(symbol, day) for day in days]
    return [int(time.timestamp()) for time in opens], closes, [close / 2 for close in closes]


def page(symbol, timestamps, closes, adjusted, /, *, splits=None, dividends=None, **meta):
    """A 200 with the shape of the vendor's chart."""
    bitcoin = symbol == "BTC-USD"
    described = {
        "currency": "USD",
        "symbol": symbol,
        "exchangeName": "CCC" if bitcoin else "NMS",
        "instrumentType": "CRYPTOCURRENCY" if bitcoin else "EQUITY",
        "gmtoffset": 0 if bitcoin else -14400,
        "exchangeTimezoneName": "UTC" if bitcoin else "America/New_York",
        "dataGranularity": "1d",
        "range": "",
        "priceHint": 2,
    }
    result = {"meta": described | meta}
    if timestamps:
        result |= {"timestamp": timestamps}
        quote = {"open": closes, "high": closes, "low": closes, "close": closes, "volume": [1] * len(closes)}
        result |= {"indicators": {"quote": [quote], "adjclose": [{"adjclose": adjusted}]}}
    else:
        result |= {"indicators": {"quote": [{}], "adjclose": [{}]}}
    events = {"splits": splits, "dividends": dividends}
    if splits or dividends:
        result["events"] = {name: listed for name, listed in events.items() if listed}
    return 200, "application/json", json.dumps({"chart": {"result": [result], "error": None}})


def ok(symbol, query):
    """What a healthy vendor answers."""
    return page(symbol, *bars(symbol, query))


def error(status, code, description):
    """The vendor's own error, as JSON."""
    body = json.dumps({"chart": {"result": None, "error": {"code": code, "description": description}}})
    return lambda symbol, query: (status, "application/json", body)


def plain(status, body, kind="text/html"):
    """A fixed answer."""
    return lambda symbol, query: (status, kind, body)


def truncated(symbol, query):
    """A chart cut in the middle, with an honest length."""
    status, kind, body = ok(symbol, query)
    return status, kind, body[: len(body) // 2]


def edited(change):
    """A healthy answer with its list of (timestamp, close, adjusted close) changed."""

    def answer(symbol, query):
        rows = change(list(zip(*bars(symbol, query))))
        return page(symbol, *(list(column) for column in zip(*rows)))

    return answer


def at(day, rows):
    """Where a day is in the rows."""
    return next(i for i, row in enumerate(rows) if pd.Timestamp(row[0], unit="s").normalize() == pd.Timestamp(day))


def with_row(rows, day, close, *, where=None):
    """The rows with one more for `day`."""
    row = (int(pd.Timestamp(f"{day} 13:30").timestamp()), close, close)
    return [*rows, row] if where is None else [*rows[:where], row, *rows[where:]]


def with_close(rows, day, close):
    """The rows with another close on `day`."""
    i = at(day, rows)
    return [*rows[:i], (rows[i][0], close, close), *rows[i + 1 :]]


@pytest.fixture
def yahoo(monkeypatch):
    """A local vendor that every request of yfinance reaches in place of the real hosts."""
    vendor = Yahoo()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            parts = urlsplit(self.path)
            status, kind, body = vendor.answer(parts.path, parse_qs(parts.query))
            content = body.encode() if isinstance(body, str) else body
            self.send_response(status)
            self.send_header("Content-Type", kind)
            if status == 302:
                self.send_header("Location", f"http://localhost:{server.server_port}/a")
            self.send_header("Content-Length", str(len(content) * (2 if kind == "broken" else 1)))
            self.end_headers()
            with suppress(OSError):  # the client may have given up
                self.wfile.write(content)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    class Local(curl_cffi.requests.Session):
        def request(self, method, url, **options):
            parts = urlsplit(url)
            local = f"http://127.0.0.1:{server.server_port}/{parts.netloc}{parts.path}"
            return super().request(method, local, **options)

    monkeypatch.setattr("yfinance.data.SingletonMeta._instances", {})
    yfinance.data.YfData(session=Local(impersonate="chrome", trust_env=False))
    monkeypatch.setattr(vendors, "wait_exponential_jitter", lambda **_: wait_none())
    yield vendor
    vendor.released.set()
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A small `data/`: four instruments, three with closes from the vendor's own history; 2026-10-05 is missing."""
    folder = tmp_path_factory.mktemp("small")
    rows = [
        (f"{day:%Y-%m-%d}", symbol, usd(symbol, day) / (2 if symbol == "WGMI" else 1), 3)
        for symbol in sorted(KINDS)
        for day in days_of(symbol)
        if LAST[symbol] and day <= pd.Timestamp(LAST[symbol]) and f"{day:%m-%d}" != "10-05"
    ]
    pd.DataFrame(rows, columns=["date", "symbol", "close", "n_sources"]).to_csv(folder / "prices.csv", index=False)
    known = [(symbol, symbol, symbol, *kind) for symbol, kind in KINDS.items()]
    columns = [field["name"] for field in tables.describe("instruments", FOLDER)["schema"]["fields"]]
    instruments = pd.DataFrame(known, columns=["ticker", "name", "short_name", "kind", "price_convention"])
    instruments["role_at_halving"] = instruments["kind"].map({"miner": "self_miner"})
    instruments.reindex(columns=columns).to_csv(folder / "instruments.csv", index=False)
    (folder / "splits.csv").write_text(
        "ticker,effective_on,new_shares,old_shares,closes_restated,counts_restated,source_url,notes\n"
        "KEEL,2025-01-02,1,5,y,y,,\n"
    )
    for name in ("package", "prices", "instruments", "splits"):
        shutil.copy(FOLDER / f"{name}.yml", folder)
    validation.seal(folder)
    return folder


@pytest.fixture
def data(small, tmp_path, monkeypatch):
    """A copy of it that stands for `data/` and may be written."""
    folder = shutil.copytree(small, tmp_path / "data")
    monkeypatch.setattr(tables, "DATA", folder)
    return folder


def fetched(*tickers, now=NOW):
    """The rows fetched for some tickers, and what the console showed."""
    console = Console(file=StringIO(), width=200)
    rows = prices.fetch(tickers=list(tickers), console=console, now=now)["prices"]
    return rows, console.file.getvalue()


def contents(folder):
    """Every file by name, byte for byte."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def last_closes(rows, symbol, count):
    """The last closes of one symbol by date."""
    return dict(rows[rows["symbol"] == symbol].set_index("date")["close"].tail(count))


def test_rows_are_what_the_vendor_sent(yahoo, data):
    """Every usual ticker, split-adjusted closes to four decimals, in the table's columns and order of days."""
    rows, shown = fetched()
    assert list(rows.columns) == [field["name"] for field in tables.describe("prices", data)["schema"]["fields"]]
    assert rows["symbol"].unique().tolist() == list(KINDS)
    for symbol in ("IREN", "BTC-USD"):
        days, first = days_of(symbol), pd.Timestamp(LAST[symbol]) - pd.Timedelta(days=30)
        days = days[(days >= first) & (days <= ("2026-10-14" if symbol == "IREN" else "2026-10-13"))]
        mine = rows[rows["symbol"] == symbol]
        assert mine["date"].tolist() == [f"{day:%Y-%m-%d}" for day in days]
        assert mine["close"].tolist() == [f"{usd(symbol, day):.4f}".rstrip("0").rstrip(".") for day in days]
    assert set(rows["n_sources"]) == {1}
    assert "Yahoo Finance" in shown
    assert "nothing after" not in shown


def test_a_fetch_fills_gaps_and_adds_days(yahoo, data):
    """The overlap agrees, 2026-10-05 is filled in, the days since are new; then all is stored and valid."""
    change = compare("prices", fetched("IREN")[0], folder=data)
    assert (change.added, change.revised, change.splits) == (4, [], [])
    assert apply([change], folder=data) == ["prices"]
    assert validity.problems(data) == []
    assert len(tables.load("prices", folder=data).query("symbol == 'IREN'")) == len(SESSIONS)


def test_only_the_dividend_adjusted_series_takes_adjusted_closes(yahoo, data):
    """WGMI follows its convention in `instruments`; the others take the plain close."""
    assert last_closes(fetched("WGMI")[0], "WGMI", 1) == {"2026-10-14": f"{usd('WGMI', SESSIONS[-1]) / 2:.4f}"}
    assert last_closes(fetched("IREN")[0], "IREN", 1) == {"2026-10-14": f"{usd('IREN', SESSIONS[-1]):.3f}"}


@pytest.mark.parametrize("share", [0.01, 0.18])
def test_a_later_dividend_rescales_the_adjusted_series(yahoo, data, share):
    """The whole of a dividend-adjusted history moves by the factor of the vendor's event; the stored rows follow."""

    def answer(symbol, query):
        times, closes, adjusted = bars(symbol, query)
        paid = {str(times[-1]): {"amount": share * closes[-2], "date": times[-1]}}
        lower = [close * (1 - share) for close in adjusted[:-1]] + adjusted[-1:]
        return page(symbol, times, closes, lower, dividends=paid)

    yahoo.spoilt["WGMI"] = answer
    change = compare("prices", fetched("WGMI")[0], folder=data)
    assert (change.revised, change.refused) == ([], [])
    assert f"WGMI: a dividend on 2026-10-14: 33 closes before it times {1 - share:g}" in change.splits[0]


def test_a_dividend_of_a_stock_that_pays_none_is_told(yahoo, data):
    """Its convention in `instruments` would no longer be true; its plain closes are taken as ever."""

    def answer(symbol, query):
        times, closes, adjusted = bars(symbol, query)
        return page(symbol, times, closes, adjusted, dividends={"1": {"amount": 0.1, "date": times[-1]}})

    yahoo.spoilt["IREN"] = answer
    rows, shown = fetched("IREN")
    assert rows.attrs["events"] == []
    assert "IREN: the vendor lists a dividend" in shown


def test_where_a_fetch_starts(yahoo, data):
    """30 days before the last stored day; at the table's first day where nothing is stored."""
    fetched("IREN", "KEEL", "IREN")
    starts = {symbol: pd.Timestamp(int(query["period1"][0]), unit="s") for symbol, query in yahoo.asked}
    assert starts == {"IREN": pd.Timestamp("2026-09-09"), "KEEL": pd.Timestamp("2022-01-03")}
    assert len(yahoo.asked) == 2
    assert yahoo.asked[0][1]["crumb"] == ["Vz1crumb.x"]


@pytest.mark.parametrize(
    ("now", "stock", "bitcoin"),
    [
        ("2026-10-14 12:00", "2026-10-13", "2026-10-13"),  # before the opening
        ("2026-10-14 19:59", "2026-10-13", "2026-10-13"),  # before the bell
        ("2026-10-14 20:29", "2026-10-13", "2026-10-13"),  # not yet settled
        ("2026-10-14 20:31", "2026-10-14", "2026-10-13"),
        ("2026-10-15 00:10", "2026-10-14", "2026-10-13"),  # still the 14th in New York
        ("2026-10-15 00:31", "2026-10-14", "2026-10-14"),
    ],
)
def test_the_unfinished_day_is_dropped(yahoo, data, now, stock, bitcoin):
    """A session counts from half an hour after its close, a UTC day from half an hour after midnight."""
    rows, _ = fetched("IREN", "BTC-USD", now=pd.Timestamp(now, tz="UTC"))
    assert rows.groupby("symbol")["date"].max().to_dict() == {"IREN": stock, "BTC-USD": bitcoin}


def test_the_live_row_of_an_unfinished_day_may_be_odd(yahoo, data):
    """Empty, or there twice: it is dropped before it is judged."""

    def live(rows):
        return [*with_close(rows, "2026-10-14", None), (int(NOW.timestamp()) - 9000, 99.0, 99.0)]

    yahoo.spoilt["IREN"] = edited(live)
    rows, _ = fetched("IREN", now=NOW - pd.Timedelta(hours=2))
    assert rows["date"].max() == "2026-10-13"


def test_a_day_sent_twice_with_one_close_counts_once(yahoo, data):
    """Out of hours the vendor repeats the last day with another volume; float noise does not make it another close."""
    close = usd("IREN", SESSIONS[-1])
    yahoo.spoilt["IREN"] = edited(lambda rows: with_row(rows, "2026-10-14", close + 1e-6))
    assert not fetched("IREN")[0].duplicated(["symbol", "date"]).any()


def test_unordered_days_are_sorted(yahoo, data):
    """Order is of no consequence."""
    expected, _ = fetched("IREN")
    yahoo.spoilt["IREN"] = edited(lambda rows: rows[::-1])
    assert fetched("IREN")[0].equals(expected)


def test_a_split_rescales_what_is_stored(yahoo, data):
    """A history on a new share basis is explained by the vendor's event, for the whole series."""

    def answer(symbol, query):
        times, closes, adjusted = bars(symbol, query)
        split = {"date": times[-2], "numerator": 10.0, "denominator": 1.0, "splitRatio": "10:1"}
        tenth = [close / 10 for close in closes]
        return page(symbol, times, tenth, adjusted, splits={str(times[-2]): split})

    yahoo.spoilt["IREN"] = answer
    change = compare("prices", fetched("IREN")[0], folder=data)
    assert (change.revised, change.refused, change.held) == ([], [], [])
    assert "IREN: a split, 10 for 1, on 2026-10-13: 33 closes before it times 0.1" in change.splits[0]


@pytest.mark.parametrize("factor", [0.9, 0.5, 4 / 3])
def test_a_history_that_moved_without_an_event_is_refused(yahoo, data, factor):
    """It is no split because it looks like one."""
    before = contents(data)
    yahoo.spoilt["IREN"] = edited(lambda rows: [(time, factor * close, close) for time, close, _ in rows])
    change = compare("prices", fetched("IREN")[0], folder=data)
    with pytest.raises(RefreshError, match=r"IREN: \d+ overlapping days are .* list no event"):
        apply([change], folder=data, accept_revisions=True)
    assert contents(data) == before


def test_a_session_that_the_vendor_lost_is_accepted_once_by_name(yahoo, data):
    """Refused, then taken by name, then remembered in the table's yml; another hole is refused all the same."""
    yahoo.spoilt["IREN"] = edited(lambda rows: [row for i, row in enumerate(rows) if i != at("2026-10-12", rows)])
    with pytest.raises(VendorError, match=r"for 2026-10-12; .*--take 'prices IREN\|2026-10-12'"):
        fetched("IREN")
    console = Console(file=StringIO())
    rows = prices.fetch(tickers=["IREN"], console=console, now=NOW, take={"prices IREN|2026-10-12"})["prices"]
    assert rows.attrs["holes"] == ["IREN|2026-10-12"]
    assert apply([compare("prices", rows, folder=data)], folder=data) == ["prices"]
    assert "2026-10-12" not in set(fetched("IREN")[0]["date"])
    yahoo.spoilt["IREN"] = edited(lambda rows: [row for i, row in enumerate(rows) if i != at("2026-10-13", rows)])
    with pytest.raises(VendorError, match="for 2026-10-13"):
        fetched("IREN")


def test_a_company_that_went_is_not_asked_for(yahoo, data):
    """Its last session is in `instruments`; named, it is asked all the same."""
    table = pd.read_csv(data / "instruments.csv", dtype="string")
    table.loc[table["ticker"] == "IREN", "last_session"] = "2026-10-09"
    table.to_csv(data / "instruments.csv", index=False)
    validation.seal(data)
    assert "IREN" not in set(fetched()[0]["symbol"])


def test_closes_before_a_new_name_stay_under_the_old_one(yahoo, data):
    """The vendor has the whole history under the new ticker; what is stored under the old one is not stored twice."""
    table = pd.read_csv(data / "instruments.csv", dtype="string")
    old = table[table["ticker"] == "IREN"].assign(
        ticker="OLDN", renamed_to="IREN", renamed_on="2026-10-13", name="Old", short_name="Old"
    )
    pd.concat([table, old]).to_csv(data / "instruments.csv", index=False)
    validation.seal(data)
    assert fetched("IREN")[0]["date"].tolist() == ["2026-10-13", "2026-10-14"]


def test_revised_history_is_refused(yahoo, data):
    """One other value in the overlap is shown, and `data/` stays as it is until the revision is accepted."""
    before = contents(data)
    yahoo.spoilt["IREN"] = edited(lambda rows: with_close(rows, "2026-09-30", 99.5))
    change = compare("prices", fetched("IREN")[0], folder=data)
    assert len(change.revised) == 1
    assert "2026-09-30" in change.revised[0]
    assert "to 99.5" in change.revised[0]
    with pytest.raises(RefreshError, match="--accept-revisions"):
        apply([change], folder=data)
    assert contents(data) == before


def test_a_stock_that_stopped_trading_is_named(yahoo, data):
    """Nothing new since the stored rows is no error, but it is said."""
    yahoo.spoilt["IREN"] = edited(lambda rows: rows[: at("2026-10-09", rows) + 1])
    rows, shown = fetched("IREN")
    assert rows["date"].max() == "2026-10-09"
    assert "IREN: nothing after 2026-10-09" in shown


@pytest.mark.parametrize("busy", [plain(429, "Too Many Requests\r\n"), plain(502, "<html>Bad Gateway</html>")])
def test_a_busy_vendor_is_asked_again(yahoo, data, busy):
    """yfinance itself asks twice after a refusal, so two refusals are one try."""
    yahoo.spoilt["IREN"] = [busy, busy, ok]
    rows, _ = fetched("IREN")
    assert rows["date"].max() == "2026-10-14"
    assert len(yahoo.asked) == 3


def hanging(yahoo):
    """An answer that does not come while the test runs."""

    def answer(symbol, query):
        yahoo.released.wait(10)
        return ok(symbol, query)

    return answer


def unadjusted_split(symbol, query):
    """A 10:1 split that the vendor lists but has not carried back."""
    times, closes, adjusted = bars(symbol, query)
    closes = [*closes[:-2], *(close / 10 for close in closes[-2:])]
    split = {"date": times[-2], "numerator": 10, "denominator": 1, "splitRatio": "10:1"}
    return page(symbol, times, closes, adjusted, splits={str(times[-2]): split})


GONE = error(404, "Not Found", "No data found, symbol may be delisted")
NO_DATES = error(400, "Bad Request", "Data doesn't exist for startDate = 1788912000, endDate = 1792011600")
NO_CRUMB = json.dumps({"finance": {"result": None, "error": {"code": "Unauthorized", "description": "Invalid Crumb"}}})
FAULTS = {
    "renamed": (GONE, "answered 404: No data found, symbol may be delisted", "a renamed_to and the new ticker a row"),
    "no such dates": (NO_DATES, "answered 400: Data doesn't exist", "a renamed_to and the new ticker a row"),
    "another symbol": (
        lambda s, q: page(s, *bars(s, q), symbol="KEEL"),
        "prices of KEEL in USD",
        "a renamed_to and the new ticker a row",
    ),
    "another currency": (
        lambda s, q: page(s, *bars(s, q), currency="CAD"),
        "prices of IREN in CAD",
        "a renamed_to and the new ticker a row",
    ),
    "no rows": (lambda s, q: page(s, [], [], []), "answered with 0 prices", "a renamed_to and the new ticker a row"),
    "no result": (
        plain(200, '{"chart":{"result":[],"error":null}}', "application/json"),
        "with no prices",
        "a renamed_to",
    ),
    "null result": (
        plain(200, '{"chart":{"result":null,"error":null}}', "application/json"),
        "with no prices",
        "a renamed_to",
    ),
    "delisted, in an answer that is well": (
        error(200, "Not Found", "No data found, symbol may be delisted"),
        "answered 200: No data found",
        "a renamed_to",
    ),
    "null chart": (plain(200, '{"chart":null}', "application/json"), "not a whole chart", "update yfinance"),
    "unequal lists": (lambda s, q: page(s, bars(s, q)[0], [1.5], [1.5]), "not a whole chart", "update yfinance"),
    "no meta": (plain(200, '{"chart":{"result":[{"timestamp":[1]}],"error":null}}'), "not a whole chart", "by hand"),
    "crumb refused": (plain(401, NO_CRUMB, "application/json"), "answered 401", "update yfinance"),
    "html": (plain(200, "<html>Will be right back...</html>"), "text/html that is not a whole chart", "by hand"),
    "empty body": (plain(200, "", "application/json"), "(0 bytes", "by hand"),
    "truncated": (truncated, "application/json that is not a whole chart", "by hand"),
    "cut off": (lambda s, q: (200, "broken", ok(s, q)[2]), "no answer (", "try again later"),
    "429 for ever": (plain(429, "Too Many Requests\r\n"), "answered 429 after 4 tries", "try again later"),
    "500 for ever": (error(500, "Internal Server Error", "oops"), "answered 500 after 4 tries", "try again later"),
    "missing close": (edited(lambda r: with_close(r, "2026-10-12", None)), "no price on 2026-10-12", "later"),
    "last close missing": (edited(lambda r: with_close(r, "2026-10-14", None)), "no price on 2026-10-14", "later"),
    "all closes missing": (edited(lambda r: [(t, None, None) for t, *_ in r]), "no price on 2026-09-09", ", ..."),
    "zero": (edited(lambda r: with_close(r, "2026-10-12", 0.0)), "no price on 2026-10-12", "later"),
    "true": (edited(lambda r: with_close(r, "2026-10-12", True)), "not a whole chart", "by hand"),
    "text": (edited(lambda r: with_close(r, "2026-10-12", "9.5")), "not a whole chart", "by hand"),
    "milliseconds": (
        lambda s, q: page(s, [1000 * t for t in bars(s, q)[0]], *bars(s, q)[1:]),
        "not a whole chart",
        "update yfinance",
    ),
    "deep": (plain(200, "[" * 100_000, "application/json"), "nested without end", "update yfinance"),
    "elsewhere": (plain(302, "", "https://example.org/a"), "sends to another address", "update yfinance"),
    "infinity": (edited(lambda r: with_close(r, "2026-10-12", float("inf"))), "not a whole chart", "by hand"),
    "two closes": (edited(lambda r: with_row(r, "2026-10-12", 9.5, where=3)), "two prices on 2026-10-12", "later"),
    "hole": (edited(lambda r: r[:5] + r[7:]), "for 2026-09-16, 2026-09-17", "update exchange-calendars"),
    "late start": (edited(lambda r: r[2:]), "for 2026-09-09, 2026-09-10", "later"),
    "early end": (edited(lambda r: r[: at("2026-10-07", r)]), "for 2026-10-07, 2026-10-08, 2026-10-09", "later"),
    "weekend": (edited(lambda r: with_row(r, "2026-10-10", 9.5)), "days without trading: 2026-10-10", "later"),
    "holiday": (edited(lambda r: with_row(r, "2026-09-07", 9.5)), "days without trading: 2026-09-07", "later"),
    "future": (edited(lambda r: with_row(r, "2026-10-15", 9.5)), "days without trading: 2026-10-15", "later"),
    "only today": (lambda s, q: page(s, [1792008000], [9.5], [9.5]), "for 2026-09-09", "later"),
    "raw split": (unadjusted_split, "history not adjusted for the split of 2026-10-13", "later"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_and_nothing_is_written(yahoo, data, fault):
    """Source, ticker, problem and mend; no table comes back, not even that of the ticker before."""
    before = contents(data)
    yahoo.spoilt["IREN"], problem, mend = FAULTS[fault]
    with pytest.raises(VendorError) as caught:
        fetched("WGMI", "IREN")
    message = str(caught.value)
    assert message.startswith("Yahoo Finance: IREN: ")
    assert problem in message
    assert mend in message
    assert message.endswith("data/ is unchanged")
    assert contents(data) == before


def test_a_bitcoin_hole_is_an_error(yahoo, data):
    """Bitcoin trades at weekends too."""
    yahoo.spoilt["BTC-USD"] = edited(lambda rows: [row for i, row in enumerate(rows) if i != at("2026-10-03", rows)])
    with pytest.raises(VendorError, match=r"BTC-USD: no row .* for 2026-10-03;"):
        fetched("BTC-USD")


def test_no_answer_is_bounded(yahoo, data, monkeypatch):
    """A vendor that never answers costs a few time-outs."""
    monkeypatch.setattr(vendors, "TIMEOUT", 0.1)
    yahoo.spoilt["IREN"] = hanging(yahoo)
    with pytest.raises(VendorError, match=r"IREN: no answer \(\w*Timeout\) after 4 tries; try again later"):
        fetched("IREN")


def test_an_answer_is_bounded_in_bytes(yahoo, data, monkeypatch):
    """A flood is cut off before it fills the memory."""
    monkeypatch.setattr(vendors, "LARGEST", 1_000_000)
    yahoo.spoilt["IREN"] = plain(200, " " * 3_000_000, "application/json")
    with pytest.raises(VendorError, match=r"IREN: no answer \(.*\) after 4 tries"):
        fetched("IREN")


def test_in_a_rehearsal_a_busy_vendor_is_asked_again_too(monkeypatch):
    """There yfinance, which knows an answer of 429, is not between."""
    with played(monkeypatch) as vendor:
        vendor[f"{prices.CHART}IREN".removeprefix("https://")] = Answer("Too Many Requests", 429, "text/plain")
        with pytest.raises(VendorError, match="IREN: answered 429 after 4 tries; try again later"):
            prices.ask("IREN", NOW, NOW)


def test_a_failure_within_yfinance_is_a_vendor_error(yahoo, data, monkeypatch):
    """Such as a consent page that it cannot read."""
    monkeypatch.setattr("yfinance.data.YfData.get", lambda *_, **__: {}["A3"])
    with pytest.raises(VendorError, match=r"IREN: yfinance failed \(KeyError: 'A3'\); .*update yfinance"):
        fetched("IREN")


def test_an_unknown_ticker_is_refused_before_the_vendor_is_asked(yahoo, data):
    """It has to be an instrument first."""
    with pytest.raises(VendorError, match=r"DOGE: unknown ticker; add a row for it to data/instruments\.csv first"):
        fetched("IREN", "DOGE")
    assert yahoo.asked == []


def test_yfinance_keeps_its_files_in_a_temporary_folder():
    """Nothing stays in the user's cache once the process has ended."""
    from yfinance.cache import _CookieDBManager, _TzDBManager

    for manager in (_CookieDBManager, _TzDBManager):
        assert manager.get_location().startswith(tempfile.gettempdir())
