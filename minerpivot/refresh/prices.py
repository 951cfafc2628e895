"""Daily closes from Yahoo Finance, one ticker at a time, for the table `prices`.

yfinance supplies the browser-like session, cookies and crumb. Its `Ticker.history` is not used: it drops repeated
days and empty rows without a word, asks twice, caches failed answers and reports every failure alike.

Splits and dividends are the vendor's own events. A session that the vendor will never have is accepted once, by name,
and remembered under `holes` in data/prices.yml.
"""

from __future__ import annotations

import logging
import math
import os
import tempfile
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

import exchange_calendars
import numpy as np
import pandas as pd
import yfinance
from curl_cffi import CurlOpt
from rich.console import Console
from rich.progress import track

from minerpivot.data import tables
from minerpivot.refresh import vendors
from minerpivot.refresh.vendors import BusyError, VendorError

SOURCE = "Yahoo Finance"
CHART = "https://query2.finance.yahoo.com/v8/finance/chart/"
FIRST = pd.Timestamp("2022-01-03")
OVERLAP = pd.Timedelta(days=30)
SETTLED = pd.Timedelta(minutes=30)  # quotes run up to 15 minutes late, and the closing auction comes after the bell
LATER = "try again later, or name the other tickers with --tickers"
BLOCKED = f"the vendor may block you, be down or have changed: open {CHART} and the ticker by hand, or update yfinance"
RENAMED = "delisted or renamed? Then give it a last_session in instruments, or a renamed_to and the new ticker a row"

# yfinance keeps cookies in files: these go with the process. What it logs reaches the user as a VendorError.
_CACHE = tempfile.TemporaryDirectory(prefix="minerpivot-", ignore_cleanup_errors=True)
yfinance.set_tz_cache_location(_CACHE.name)
logging.getLogger("yfinance").setLevel(logging.CRITICAL)


def fetch(
    *, tickers: list[str], console: Console, now: pd.Timestamp | None = None, take: Collection[str] = (), **_: Any
) -> dict[str, pd.DataFrame]:
    """Rows of `prices`, from 30 days before each ticker's last stored day to its last finished day at `now` (UTC).

    Closes are USD per share or coin, adjusted for splits, and for dividends only where `price_convention` says so.
    Without `tickers`: all that trade and have a convention or stored prices. `take` names sessions that the vendor may
    lack ("prices IREN|2026-10-05"). Raises `VendorError` at the first fault.
    """
    now = pd.Timestamp.now("UTC") if now is None else now
    instruments = tables.load("instruments", folder=tables.DATA).set_index("ticker")
    prices, entry = tables.load("prices", folder=tables.DATA), tables.describe("prices", tables.DATA)
    usual = instruments["price_convention"].notna() | instruments.index.isin(prices["symbol"])
    symbols = list(dict.fromkeys(tickers)) or list(instruments.index[usual & instruments["last_session"].isna()])
    for symbol in set(symbols) - set(instruments.index):
        raise VendorError(SOURCE, symbol, "unknown ticker", "add a row for it to data/instruments.csv first")
    holes = {hole["row"] for hole in entry.get("holes", [])}
    named = {name.removeprefix("prices ") for name in take}
    calendars = {zone: trading_days(now, zone) for zone in ("UTC", "America/New_York")}
    rows: list[tuple[str, str, str, int]] = []
    events: list[dict[str, Any]] = []
    missing: list[str] = []
    for symbol in track(symbols, description=SOURCE, console=console):
        zone = "UTC" if instruments["kind"][symbol] == "crypto" else "America/New_York"
        stored = prices.loc[prices["symbol"] == symbol, "date"]
        start = FIRST if stored.empty else stored.max() - OVERLAP
        adjusted = instruments["price_convention"][symbol] == "dividend_adjusted"
        closes, happened = daily_closes(ask(symbol, start, now), symbol, zone, adjusted=adjusted)
        lacking = {row.partition("|")[2] for row in holes | named if row.startswith(f"{symbol}|")}
        closes, absent = checked(closes, happened, symbol, calendars[zone], stored[stored >= start], lacking)
        missing += [row for day in absent if (row := f"{symbol}|{day:%Y-%m-%d}") not in holes]
        if (last := closes.index[-1]) < calendars[zone][calendars[zone]].index[-1]:
            console.print(f"{symbol}: nothing after {last:%Y-%m-%d}; the vendor is late, or it has stopped trading")
        if instruments["price_convention"][symbol] == "no_dividends" and any(e["kind"] == "dividend" for e in happened):
            console.print(f"{symbol}: the vendor lists a dividend; its price_convention in instruments is no_dividends")
        events += [event for event in happened if event["kind"] == "split" or adjusted]
        closes = closes[closes.index >= renamed_on(symbol)]
        rows += [(f"{day:%Y-%m-%d}", symbol, f"{usd:.4f}".rstrip("0").rstrip("."), 1) for day, usd in closes.items()]
    table = pd.DataFrame(rows, columns=["date", "symbol", "close", "n_sources"])
    table.attrs |= {"events": events, "holes": missing}
    return {"prices": table}


def renamed_on(symbol: str) -> pd.Timestamp:
    """The day from which closes are stored under a ticker; those before it stay under the old one."""
    entry = tables.describe("instruments", tables.DATA)
    known = tables.typed(tables.DATA / entry["path"], entry)
    days = known.loc[known["renamed_to"] == symbol, "renamed_on"] if "renamed_to" in known else pd.Series(dtype=str)
    return max(map(pd.Timestamp, days), default=FIRST)


def trading_days(now: pd.Timestamp, zone: str) -> pd.Series:
    """Whether each day up to today is finished at `now`: every day in UTC, the sessions of the NYSE in New York."""
    today = now.tz_convert(zone).tz_localize(None).normalize()
    calendar = exchange_calendars.get_calendar("24/7" if zone == "UTC" else "XNYS", start=FIRST, end=today)
    return calendar.closes + SETTLED <= now


def ask(symbol: str, start: pd.Timestamp, now: pd.Timestamp) -> Any:
    """The vendor's HTTP answer for the daily chart from `start` (UTC midnight) to `now`."""
    span = {"period1": int(start.timestamp()), "period2": int(now.timestamp())}
    client = yfinance.data.YfData()
    client._session.curl_options = {CurlOpt.MAXFILESIZE_LARGE: vendors.LARGEST}
    chart = client._session.get if vendors.REHEARSAL in os.environ else client.get  # a rehearsal has no cookies

    def once() -> Any:
        try:
            query = {**span, "interval": "1d", "events": "div,splits"}
            # curl's limit is one on the whole answer, so that a drip ends too
            response = chart(vendors.rehearsed(CHART + symbol), params=query, timeout=vendors.TIMEOUT)
        except yfinance.exceptions.YFRateLimitError:
            raise BusyError("answered 429") from None
        except OSError as error:  # the common ancestor of what curl_cffi and requests raise
            raise BusyError(f"no answer ({type(error).__name__})") from None
        if response.status_code == 429 or response.status_code >= 500:
            raise BusyError(f"answered {response.status_code}")
        return response

    tries = vendors.retrying()
    try:
        response = tries(once)
    except BusyError as error:
        problem = f"{error} after {tries.statistics['attempt_number']} tries"
        raise VendorError(SOURCE, symbol, problem, LATER) from None
    except Exception as error:  # yfinance trips over unforeseen cookie and consent pages in many ways
        raise VendorError(SOURCE, symbol, f"yfinance failed ({type(error).__name__}: {error})", BLOCKED) from error
    if response.redirect_count:
        host = urlsplit(response.url).hostname
        raise VendorError(SOURCE, symbol, f"sends to another address, at {host}", BLOCKED)
    return response


def daily_closes(response: Any, symbol: str, zone: str, *, adjusted: bool) -> tuple[pd.Series, list[dict[str, Any]]]:
    """Closes (USD, split- and, if asked, dividend-adjusted) by day of `zone`, NaN for no price; and the events."""
    status, column = response.status_code, "adjclose" if adjusted else "close"
    try:
        answer = vendors.strict(response.content)["chart"]
        problem = answer["error"]["description"] if answer["error"] else ""
        chart = (answer["result"] or [{}])[0]
        days = _days(chart.get("timestamp") or [], zone)
        listed = chart.get("indicators", {})
        quotes = _closes(listed.get("adjclose" if adjusted else "quote", [{}])[0].get(column, []), days)
        plain = _closes(listed.get("quote", [{}])[0].get("close", []), days)
        listing = "{symbol} in {currency}".format_map({"symbol": None, "currency": None, **chart.get("meta", {})})
        events = _events(chart.get("events") or {}, symbol, zone, plain)
    except (ArithmeticError, AttributeError, LookupError, NotImplementedError, TypeError, ValueError) as error:
        kind, size = response.headers.get("content-type", "no type"), len(response.content)
        problem = f"answered {status} with {kind} that is not a whole chart ({size} bytes, {type(error).__name__})"
        raise VendorError(SOURCE, symbol, problem, BLOCKED) from None
    except RecursionError:
        raise VendorError(SOURCE, symbol, "answered JSON that is nested without end", BLOCKED) from None
    if problem or status != 200:
        gone = status in (400, 404) or "delisted" in problem
        raise VendorError(SOURCE, symbol, f"answered {status}: {problem}", RENAMED if gone else BLOCKED)
    if quotes.empty and not chart:
        raise VendorError(SOURCE, symbol, "answered with no prices", RENAMED)
    if quotes.empty or listing != f"{symbol} in USD":
        raise VendorError(SOURCE, symbol, f"answered with {len(quotes)} prices of {listing}", RENAMED)
    return quotes.where(quotes.between(0, math.inf, inclusive="neither")).round(4).sort_index(), events


def _days(stamps: list[Any], zone: str) -> pd.DatetimeIndex:
    """Days of a zone from whole Unix seconds of this century."""
    if not all(vendors.is_number(stamp) and 0 <= stamp < 4e9 for stamp in stamps):
        raise ValueError("stamps are no Unix seconds")
    times = pd.to_datetime(pd.Index(stamps, dtype="int64"), unit="s", utc=True)
    return times.tz_convert(zone).tz_localize(None).normalize()


def _closes(quotes: list[Any], days: pd.DatetimeIndex) -> pd.Series:
    if not all(quote is None or vendors.is_number(quote) for quote in quotes):
        raise TypeError("a price is no number")
    return pd.Series(quotes, index=days, dtype="float64")


def _events(listed: dict[str, Any], symbol: str, zone: str, plain: pd.Series) -> list[dict[str, Any]]:
    """Splits and dividends with the factor by which each multiplies the closes before its day."""
    found: list[dict[str, Any]] = []
    for split in (listed.get("splits") or {}).values():
        new, old = float(split["numerator"]), float(split["denominator"])
        day = _days([split["date"]], zone)[0]
        ratio = {"kind": "split", "factor": old / new, "new": new, "old": old, "source_url": CHART + symbol}
        found.append({"symbol": symbol, "day": f"{day:%Y-%m-%d}"} | ratio)
        if not (0 < new < math.inf and 0 < old < math.inf):
            raise ValueError("a split has no ratio")
    for dividend in (listed.get("dividends") or {}).values():
        day = _days([dividend["date"]], zone)[0]
        before = plain.dropna()[lambda closes, day=day: closes.index < day]
        amount = dividend["amount"]
        if not vendors.is_number(amount):
            raise TypeError("a dividend is no number")
        factor = 1 - amount / before.iloc[-1] if len(before) else np.nan
        found.append({"symbol": symbol, "day": f"{day:%Y-%m-%d}", "kind": "dividend", "factor": factor})
    return found


def checked(
    closes: pd.Series,
    events: list[dict[str, Any]],
    symbol: str,
    calendar: pd.Series,
    stored: pd.Series,
    lacking: Collection[str] = (),
) -> tuple[pd.Series, list[pd.Timestamp]]:
    """The closes of finished days: each a trading day, once, with a price, and none missing among or since `stored`.

    Days `lacking` may be absent or without a price; the second part of the answer is those that are.
    """
    finished, strange = calendar.index[calendar], closes.index.difference(calendar.index)
    closes = closes[closes.index.isin(finished)]
    # Out of hours the vendor may send the last day twice, with one close and two volumes.
    closes = closes[~closes.reset_index().duplicated().array]
    excused = pd.DatetimeIndex([pd.Timestamp(day) for day in lacking])
    span = closes.index.union(pd.DatetimeIndex(stored))
    between = finished[(finished >= span.min()) & (finished <= span.max())]
    closes = closes[~(closes.isna() & closes.index.isin(excused))]
    lost = between.difference(closes.index)
    splits = {pd.Timestamp(e["day"]): e["new"] / e["old"] for e in events if e["kind"] == "split"}
    faults = {
        "prices on days without trading:": strange,
        "no finished day up to": finished[-1:] if closes.empty else [],
        "no price on": closes.index[closes.isna()],
        "two prices on": closes.index[closes.index.duplicated()],
        "no row (if the exchange was closed, update exchange-calendars) for": lost.difference(excused),
        "history not adjusted for the split of": [day for day in splits if raw_split(closes, day, splits[day])],
    }
    for problem, found in faults.items():
        if len(found):
            shown = ", ".join(f"{day:%Y-%m-%d}" for day in found[:5]) + (", ..." if len(found) > 5 else "")
            row = f"'prices {symbol}|{found[0]:%Y-%m-%d}'"
            gone = f"{LATER}; a day that the vendor will never have is accepted once with --take {row}"
            raise VendorError(SOURCE, symbol, f"{problem} {shown}", gone if problem.startswith("no ") else LATER)
    return closes, list(lost.intersection(excused))


def raw_split(closes: pd.Series, day: pd.Timestamp, ratio: float) -> bool:
    """Whether the closes jump by a split's ratio on its day: the vendor has not yet adjusted the days before."""
    before, after = closes[closes.index < day], closes[closes.index >= day]
    if before.empty or after.empty or ratio <= 0 or 0.7 < ratio < 1.4:  # near 1, as spin-offs are, it proves nothing
        return False
    return abs(math.log(ratio * after.iloc[0] / before.iloc[-1])) < abs(math.log(ratio)) / 2
