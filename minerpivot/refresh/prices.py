"""Daily closes from Yahoo Finance, one ticker at a time, for the table `prices`.

yfinance supplies the browser-like session, cookies and crumb. Its `Ticker.history` is not used: it drops repeated
days and empty rows without a word, asks twice, caches failed answers and reports every failure alike.
"""

from __future__ import annotations

import logging
import math
import tempfile
from typing import Any

import exchange_calendars
import pandas as pd
import yfinance
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


def fetch(*, tickers: list[str], console: Console, now: pd.Timestamp | None = None) -> dict[str, pd.DataFrame]:
    """Rows of `prices`, from 30 days before each ticker's last stored day to its last finished day at `now` (UTC).

    Closes are USD per share or coin, adjusted for splits, and for dividends only where `price_convention` says so.
    Without `tickers`: all with a convention or stored prices. Raises `VendorError` at the first fault.
    """
    now = pd.Timestamp.now("UTC") if now is None else now
    instruments = tables.load("instruments", folder=tables.DATA).set_index("ticker")
    prices = tables.load("prices", folder=tables.DATA)
    usual = instruments["price_convention"].notna() | instruments.index.isin(prices["symbol"])
    symbols = list(dict.fromkeys(tickers)) or list(instruments.index[usual])
    for symbol in set(symbols) - set(instruments.index):
        raise VendorError(SOURCE, symbol, "unknown ticker", "add a row for it to data/instruments.csv first")
    calendars = {zone: trading_days(now, zone) for zone in ("UTC", "America/New_York")}
    rows: list[tuple[str, str, str, int]] = []
    for symbol in track(symbols, description=SOURCE, console=console):
        zone = "UTC" if instruments["kind"][symbol] == "crypto" else "America/New_York"
        stored = prices.loc[prices["symbol"] == symbol, "date"]
        start = FIRST if stored.empty else stored.max() - OVERLAP
        # A dividend-adjusted history is rescaled by each later dividend: by one constant factor, or as revised values.
        adjusted = instruments["price_convention"][symbol] == "dividend_adjusted"
        closes, splits = daily_closes(ask(symbol, start, now), symbol, zone, adjusted=adjusted)
        closes = checked(closes, splits, symbol, calendars[zone], stored[stored >= start])
        if (last := closes.index[-1]) < calendars[zone][calendars[zone]].index[-1]:
            console.print(f"{symbol}: nothing after {last:%Y-%m-%d}; the vendor is late, or it has stopped trading")
        rows += [(f"{day:%Y-%m-%d}", symbol, f"{usd:.4f}".rstrip("0").rstrip("."), 1) for day, usd in closes.items()]
    return {"prices": pd.DataFrame(rows, columns=["date", "symbol", "close", "n_sources"])}


def trading_days(now: pd.Timestamp, zone: str) -> pd.Series:
    """Whether each day up to today is finished at `now`: every day in UTC, the sessions of the NYSE in New York."""
    today = now.tz_convert(zone).tz_localize(None).normalize()
    calendar = exchange_calendars.get_calendar("24/7" if zone == "UTC" else "XNYS", start=FIRST, end=today)
    return calendar.closes + SETTLED <= now


def ask(symbol: str, start: pd.Timestamp, now: pd.Timestamp) -> Any:
    """The vendor's HTTP answer for the daily chart from `start` (UTC midnight) to `now`."""
    span = {"period1": int(start.timestamp()), "period2": int(now.timestamp())}
    try:
        for attempt in vendors.retrying():
            with attempt:
                try:
                    query = {**span, "interval": "1d", "events": "div,splits"}
                    response = yfinance.data.YfData().get(CHART + symbol, params=query, timeout=vendors.TIMEOUT)
                except yfinance.exceptions.YFRateLimitError:
                    raise BusyError("answered 429") from None
                except OSError as error:  # the common ancestor of what curl_cffi and requests raise
                    raise BusyError(f"no answer ({type(error).__name__})") from None
                if response.status_code >= 500:
                    raise BusyError(f"answered {response.status_code}")
    except BusyError as error:
        raise VendorError(SOURCE, symbol, f"{error} after {attempt.retry_state.attempt_number} tries", LATER) from None
    except Exception as error:  # yfinance trips over unforeseen cookie and consent pages in many ways
        raise VendorError(SOURCE, symbol, f"yfinance failed ({type(error).__name__}: {error})", BLOCKED) from error
    return response


def daily_closes(response: Any, symbol: str, zone: str, *, adjusted: bool) -> tuple[pd.Series, dict[Any, float]]:
    """Closes (USD, split- and, if asked, dividend-adjusted) by day of `zone`, NaN for no price; ratios of splits."""
    status, column = response.status_code, "adjclose" if adjusted else "close"
    try:
        answer = response.json()["chart"]
        problem = answer["error"]["description"] if answer["error"] else ""
        chart = (answer["result"] or [{}])[0]
        times = pd.to_datetime(pd.Index(chart.get("timestamp") or [], dtype="int64"), unit="s", utc=True)
        quotes = chart.get("indicators", {}).get("adjclose" if adjusted else "quote", [{}])[0].get(column, [])
        closes = pd.Series(quotes, index=times.tz_convert(zone).tz_localize(None).normalize(), dtype="float64")
        listing = "{symbol} in {currency}".format_map({"symbol": None, "currency": None, **chart.get("meta", {})})
        events = ((chart.get("events") or {}).get("splits") or {}).values()
        splits = {pd.Timestamp(e["date"], unit="s").normalize(): e["numerator"] / e["denominator"] for e in events}
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        kind, size = response.headers.get("content-type", "no type"), len(response.content)
        problem = f"answered {status} with {kind} that is not a whole chart ({size} bytes, {type(error).__name__})"
        raise VendorError(SOURCE, symbol, problem, BLOCKED) from None
    if problem or status != 200:
        raise VendorError(SOURCE, symbol, f"answered {status}: {problem}", RENAMED if status in (400, 404) else BLOCKED)
    if closes.empty or listing != f"{symbol} in USD":
        raise VendorError(SOURCE, symbol, f"answered with {len(closes)} prices of {listing}", RENAMED)
    return closes.where(closes.between(0, math.inf, inclusive="neither")).round(4).sort_index(), splits


def checked(
    closes: pd.Series, splits: dict[pd.Timestamp, float], symbol: str, calendar: pd.Series, stored: pd.Series
) -> pd.Series:
    """The closes of finished days: each a trading day, once, with a price, and none missing among or since `stored`."""
    finished, strange = calendar.index[calendar], closes.index.difference(calendar.index)
    closes = closes[closes.index.isin(finished)]
    # Out of hours the vendor may send the last day twice, with one close and two volumes.
    closes = closes[~closes.reset_index().duplicated().array]
    span = closes.index.union(pd.DatetimeIndex(stored))
    between = finished[(finished >= span.min()) & (finished <= span.max())]
    faults = {
        "prices on days without trading:": strange,
        "no finished day up to": finished[-1:] if closes.empty else [],
        "no price on": closes.index[closes.isna()],
        "two prices on": closes.index[closes.index.duplicated()],
        "no row (if the exchange was closed, update exchange-calendars) for": between.difference(closes.index),
        "history not adjusted for the split of": [day for day in splits if raw_split(closes, day, splits[day])],
    }
    for problem, found in faults.items():
        if len(found):
            shown = ", ".join(f"{day:%Y-%m-%d}" for day in found[:5]) + (", ..." if len(found) > 5 else "")
            raise VendorError(SOURCE, symbol, f"{problem} {shown}", LATER)
    return closes


def raw_split(closes: pd.Series, day: pd.Timestamp, ratio: float) -> bool:
    """Whether the closes jump by a split's ratio on its day: the vendor has not yet adjusted the days before."""
    before, after = closes[closes.index < day], closes[closes.index >= day]
    if before.empty or after.empty or ratio <= 0 or 0.7 < ratio < 1.4:  # near 1, as spin-offs are, it proves nothing
        return False
    return abs(math.log(ratio * after.iloc[0] / before.iloc[-1])) < abs(math.log(ratio)) / 2
