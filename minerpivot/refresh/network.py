"""The network by UTC day and difficulty by epoch, from two public sources.

blockchain.info charts give fees (the table's source since 2026-06-02) and, as their hash rate is exactly difficulty x
2^32 x blocks / 86,400 s, the day's blocks (total-bitcoins stops before a day's last block). mempool.space dates each
retarget: the daily chart of difficulty is a mean over blocks, not what is in force at the end. Each checks the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track

from minerpivot.data import tables
from minerpivot.refresh.vendors import VendorError, get_json, is_number

CHARTS_URL, CHARTS = "https://api.blockchain.info/charts", "blockchain.info"
MINING_URL, MINING = "https://mempool.space/api/v1/mining", "mempool.space"
BLOCKS_URL = "https://mempool.space/api/v1/blocks"  # blocks from a height downwards
BOTH = f"{CHARTS} and {MINING}"
FOLDER = tables.DATA
DAY, OVERLAP, LATE, SETTLING = map(pd.Timedelta, ("1D", "30D", "4D", "6h"))  # blocks may reach a chart late
EPOCH, HALVING, FUTURE = 2016, 210_000, 4e9  # blocks, blocks, Unix seconds
EHS_PER_BLOCK = 2**32 / 86_400 / 1e18  # EH/s of one block a day at difficulty 1
LATER = "try again later, or open the address by hand"
ELSEWHERE = "compare with a third source before you believe either"
BY_HAND = "add these days to data/network.csv from another source and run `make check`"


def fetch(
    *, console: Console, now: pd.Timestamp | None = None, fetched: dict[str, pd.DataFrame] | None = None, **_: Any
) -> dict[str, pd.DataFrame]:
    """Rows of `network` and `difficulty_epochs` from 30 days before the stored end.

    Only UTC days that are over at `now` (UTC, no zone); their prices are those stored, or `fetched` in this run.
    Raises `VendorError` if anything is missing or disagrees.
    """
    stored = tables.load("network", folder=FOLDER).set_index("date")
    now = pd.Timestamp.now("UTC").tz_localize(None) if now is None else now
    yesterday = (now - SETTLING).normalize() - DAY
    start = min(_last(stored[column]) for column in stored) - OVERLAP
    chart = f"?timespan={(now - start).days + 2}days&format=json&sampled=false"
    wanted = [(CHARTS, name, f"{CHARTS_URL}/{name}{chart}") for name in ("difficulty", "hash-rate", "transaction-fees")]
    wanted += [(MINING, name, f"{MINING_URL}/{name}/3y") for name in ("difficulty-adjustments", "hashrate")]
    answers = {
        name: get_json(url, source=source, subject=name)
        for source, name, url in track(wanted, description="network", console=console)
    }
    charts = pd.DataFrame({name: _points(CHARTS, name, answers[name], "values", "x", "y") for _, name, _ in wanted[:3]})
    epochs = _epochs(answers["difficulty-adjustments"], start)
    # mempool.space dates a day by the midnight that ends it
    rates = _points(MINING, "hashrate", answers["hashrate"], "hashrates", "timestamp", "avgHashrate").shift(freq=-DAY)
    rows = _days(_whole(charts.loc[start:yesterday], stored, start, yesterday), epochs, rates / 1e18)
    # A stored price stays. A new one is the stored BTC-USD close: the end of the UTC day too, so the same moment.
    closes = tables.load("prices", folder=FOLDER).query("symbol == 'BTC-USD'").set_index("date")["close"]
    if fetched and "prices" in fetched:
        new = fetched["prices"].query("symbol == 'BTC-USD'")
        closes = closes.combine_first(pd.Series(pd.to_numeric(new["close"]).to_numpy(), pd.to_datetime(new["date"])))
    rows["price_usd"] = stored["price_usd"].reindex(rows.index).fillna(closes.reindex(rows.index))
    if len(unpriced := rows.index[rows["price_usd"].isna()]):
        console.print(f"network: no stored BTC-USD close for {_listed(unpriced)}; refresh prices, then network again")
    rows = rows.assign(date=pd.DatetimeIndex(rows.index).strftime("%Y-%m-%d"))[["date", *stored.columns]]
    halved = _halvings(int(epochs["height"].max()))
    epochs = epochs[epochs["time"].between(start, yesterday + DAY, inclusive="left")].drop(columns="time")
    found = {"network": rows.reset_index(drop=True), "difficulty_epochs": epochs.reset_index(drop=True)}
    return found | ({"halvings": halved} if len(halved) else {})


def _halvings(height: int) -> pd.DataFrame:
    """Rows of `halvings` that were expected and whose block a retarget has passed: day and time of the block."""
    stored = tables.load("halvings", folder=FOLDER)
    rows = stored[(stored["status"] == "expected") & (stored["height"] <= height)].copy()
    for at, block in rows["height"].items():
        subject = f"block {block}"
        answer = get_json(f"{BLOCKS_URL}/{block}", source=MINING, subject=subject)
        first = answer[0] if isinstance(answer, list) and answer and isinstance(answer[0], dict) else {}
        if first.get("height") != block or not 1e9 < _number(first.get("timestamp")) < FUTURE:
            raise VendorError(MINING, subject, "not that block, or no time", LATER)
        time = pd.Timestamp(first["timestamp"], unit="s")
        for column, cell in {"date_utc": time.normalize(), "time_utc": f"{time:%H:%M:%S}", "status": "past"}.items():
            rows[column] = rows[column].mask(rows.index == at, cell)
    rows["date_utc"] = rows["date_utc"].dt.strftime("%Y-%m-%d")
    rows.attrs["derived"] = ["date_utc", "time_utc", "status"]
    return rows


def _points(source: str, subject: str, answer: Any, key: str, x: str, y: str) -> pd.Series:
    """A daily series from a vendor's list of {x: unix seconds, y: value}, in order; a repeated point counts once."""
    points = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(points, list) or not points or not all(isinstance(p, dict) and {x, y} <= set(p) for p in points):
        raise VendorError(source, subject, f"no list of points under {key!r}", LATER)
    table = pd.DataFrame(points)[[x, y]].map(_number)
    days = pd.to_datetime(table[x].where(table[x] < FUTURE), unit="s").astype("datetime64[ns]").dt.normalize()
    series = pd.Series(table[y].to_numpy(dtype=float), pd.DatetimeIndex(days)).sort_index()
    usable = series.between(0, np.inf, inclusive="left") & pd.notna(series.index.to_numpy())
    _refuse(~usable, source, subject, "no number", LATER)
    series = series[~pd.MultiIndex.from_arrays([series.index, series]).duplicated()]
    _refuse(pd.Series(series.index.duplicated(), series.index), source, subject, "more than one value", LATER)
    return series


def _epochs(answer: Any, start: pd.Timestamp) -> pd.DataFrame:
    """Rows of `difficulty_epochs`, and `time`, from a list of [unix seconds, height, difficulty, ratio to the last]."""
    subject, columns = "difficulty-adjustments", ["time", "height", "difficulty", "ratio"]
    if not isinstance(answer, list) or not answer or not all(isinstance(row, list) and len(row) == 4 for row in answer):
        raise VendorError(MINING, subject, "no list of retargets", LATER)
    table = pd.DataFrame(answer, columns=columns).map(_number)
    table = table.drop_duplicates().sort_values("height").set_index("height", drop=False)
    steps, change = table.diff().fillna(EPOCH), (table["difficulty"] / table["difficulty"].shift()).fillna(1)
    odd = ~table.map(np.isfinite).all(axis=1) | (table["height"] % EPOCH != 0) | (steps["height"] != EPOCH)
    _refuse(odd | (steps["time"] <= 0) | (table["time"] > FUTURE), MINING, subject, "retargets out of step", LATER)
    # The rule of this chain; a chain with another hash function split off near height 961,640 in August 2026.
    _refuse(~change.between(0.25, 4), MINING, subject, "steps beyond this chain's factor of 4", "ask a bitcoin node")
    time = pd.to_datetime(table["time"], unit="s").astype("datetime64[ns]")
    _refuse(time.iloc[:1] > start, MINING, subject, f"{start:%Y-%m-%d} is before the first retarget", LATER)
    table = table.assign(time=time, date_utc=time.dt.strftime("%Y-%m-%d"), time_utc=time.dt.strftime("%H:%M:%S"))
    table = table.assign(epoch=(table["height"] // EPOCH).astype(int), height=table["height"].astype(int))
    table = table.assign(change_pct=(100 * (change - 1)).round(4))
    return table[["epoch", "height", "date_utc", "difficulty", "change_pct", "time_utc", "time"]]


def _whole(charts: pd.DataFrame, stored: pd.DataFrame, start: pd.Timestamp, yesterday: pd.Timestamp) -> pd.DataFrame:
    """The days that all charts show, to the end of the shortest; a new day may be late, but not left out."""
    ends = pd.Series({name: _last(charts[name]) for name in charts}, dtype="datetime64[ns]")
    _refuse(~(ends >= yesterday - LATE), CHARTS, "charts", f"no day since {yesterday - LATE:%Y-%m-%d}", LATER)
    charts = charts.reindex(pd.date_range(start, ends.min()))
    gaps = charts.isna().any(axis=1)
    news = gaps & ~gaps.index.isin(stored.drop(columns="price_usd").dropna().index)
    _refuse(news, CHARTS, ", ".join(map(str, charts)), "no value", f"try again later, or {BY_HAND}")
    return charts[~gaps]


def _days(charts: pd.DataFrame, epochs: pd.DataFrame, rates_ehs: pd.Series) -> pd.DataFrame:
    """The columns of `network` but the price, after every check of one vendor against the other."""
    days, times, heights = charts.index.to_numpy(), epochs["time"].to_numpy(), epochs["height"].to_numpy()
    first, last = np.searchsorted(times, days) - 1, np.searchsorted(times, days + DAY.to_timedelta64()) - 1
    opening, closing = epochs["difficulty"].to_numpy()[first], epochs["difficulty"].to_numpy()[last]
    mean = charts["difficulty"]  # over the day's blocks
    apart = ~mean.between(np.minimum(opening, closing) * (1 - 1e-6), np.maximum(opening, closing) * (1 + 1e-6))
    _refuse(apart, BOTH, "difficulty", "they differ by more than 1e-6", ELSEWHERE)
    # Which difficulty its hash rate takes on the day of a retarget is not said: the one that gives whole blocks.
    work = charts["hash-rate"] / 1e6 / EHS_PER_BLOCK
    counts = pd.DataFrame({"mean": work / mean, "closing": work / closing, "opening": work / opening})
    blocks = counts.round().where((counts - counts.round()).abs() < 1e-3).bfill(axis=1)["mean"]
    _refuse(blocks.isna(), BOTH, "hash-rate", "not that of a whole number of blocks", ELSEWHERE)
    rates = blocks * mean * EHS_PER_BLOCK
    ratio = (rates.rolling(7).mean() / rates_ehs.reindex(rates.index).rolling(7).mean()).dropna()
    if not _last(ratio) >= rates.index[-1] - LATE:
        raise VendorError(MINING, "hashrate", "no recent week to check the other vendor by", "try again tomorrow")
    _refuse((ratio - 1).abs() > 0.05, BOTH, "hash rate", "7-day means more than 5 percent apart", ELSEWHERE)
    halved = pd.Series(heights[first] // HALVING != (heights[last] + EPOCH - 1) // HALVING, rates.index)
    _refuse(halved, BOTH, "issuance", "a count of blocks cannot split the epoch of a halving", "use a block list")
    rows = pd.DataFrame({"difficulty": closing, "blocks": blocks.astype(int), "fees_btc": charts["transaction-fees"]})
    issuance = blocks * 50 / 2.0 ** (heights[last] // HALVING)
    return rows.round({"fees_btc": 8}).assign(hash_rate_ehs=rates.map("{:.10g}".format), issuance_btc=issuance)


def _refuse(wrong: pd.Series, source: str, subject: str, problem: str, mend: str) -> None:
    if wrong.any():
        raise VendorError(source, subject, f"{problem} at {_listed(wrong.index[wrong])}", mend)


def _listed(places: pd.Index) -> str:
    shown = ", ".join(f"{place:%Y-%m-%d}" if isinstance(place, pd.Timestamp) else str(place) for place in places[:5])
    return shown + (f" and {len(places) - 5} more" if len(places) > 5 else "")


def _last(series: pd.Series) -> pd.Timestamp:
    return pd.Timestamp(series.last_valid_index())  # pyrefly: ignore[bad-argument-type]


def _number(cell: Any) -> float:
    return float(cell) if is_number(cell) else np.nan
