"""A quarter forward without a network: a local server plays every vendor with what is stored and a quarter more.

`python -m tests.refresh.rehearse _build/rehearsed [--skip book,tests]` copies this checkout and runs `make quarter`'s
command there. Levels are invented; a consolidation, three filings of miners and guidance are among the news.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from minerpivot.refresh import network, power, prices
from minerpivot.refresh.vendors import REHEARSAL
from tests import grow
from tests.refresh import filings
from tests.refresh import test_vendor_capex as spending
from tests.refresh.local import Answer, running
from tests.refresh.test_candidates import RELEASE

SPLIT, SPLIT_DAY = "CLSK", "2026-11-03"
SIGNED = ("CIFR", "WULF", "RIOT")
RANDOM = np.random.default_rng(20261126)
GUIDANCE = "<p>We expect capital expenditures of $190 billion to $200 billion in 2027.</p>"


def charts(vendor, data):
    """Yahoo's charts: stored closes, holes filled, and each session since; one share consolidated, ten to one."""
    now = pd.Timestamp.now("UTC")
    stored = pd.read_csv(data / "prices.csv", dtype=str)
    instruments = pd.read_csv(data / "instruments.csv", dtype=str).set_index("ticker")
    for symbol, rows in stored.groupby("symbol"):
        crypto = instruments["kind"][symbol] == "crypto"
        calendar = prices.trading_days(now, "UTC" if crypto else "America/New_York")
        days = calendar.index[calendar]
        days = days[days >= pd.Timestamp(rows["date"].max()) - pd.Timedelta("31D")]
        known = pd.Series(pd.to_numeric(rows["close"]).to_numpy(), pd.to_datetime(rows["date"]))
        if crypto:  # the network's table has some days more
            paid = pd.read_csv(data / "network.csv", parse_dates=["date"]).set_index("date")["price_usd"].dropna()
            known = known.combine_first(paid[paid.index > known.index.max()])
        closes = known.reindex(days)
        moves = pd.Series(np.exp(RANDOM.normal(0, 0.01, len(days))), days)
        for day in days[closes.isna()]:
            closes[day] = round(float(closes[:day].dropna().iloc[-1] * moves[day]), 4)
        events = {}
        if symbol == SPLIT:
            closes *= 10
            stamp = int(pd.Timestamp(f"{SPLIT_DAY} 14:30").timestamp())
            events = {
                "splits": {str(stamp): {"date": stamp, "numerator": 1.0, "denominator": 10.0, "splitRatio": "1:10"}}
            }
        stamps = [int(day.timestamp()) + (0 if crypto else 52_200) for day in days]
        quote = [{"close": list(closes)}]
        meta = {"symbol": symbol, "currency": "USD"}
        indicators = {"quote": quote, "adjclose": [{"adjclose": list(closes)}]}
        result = {"meta": meta, "timestamp": stamps, "indicators": indicators, "events": events}
        vendor[f"{prices.CHART}{symbol}".removeprefix("https://")] = {"chart": {"result": [result], "error": None}}


def chain(vendor, data):
    """blockchain.info and mempool.space: stored days, and the difficulty and fees that nobody had yet."""
    today = pd.Timestamp.now("UTC").tz_localize(None).normalize()
    days = pd.date_range("2026-07-01", today)
    stored = pd.read_csv(data / "network.csv", parse_dates=["date"]).set_index("date").reindex(days)
    epochs = pd.read_csv(data / "difficulty_epochs.csv").tail(16)
    listed = [[pd.Timestamp(f"{row.date_utc} 12:00"), row.height, row.difficulty] for row in epochs.itertuples()]
    while listed[-1][0] + pd.Timedelta("14D") < today:
        listed.append([listed[-1][0] + pd.Timedelta("14D"), listed[-1][1] + 2016, np.nan])
    for at in range(1, len(listed)):
        if np.isnan(listed[at][2]):
            listed[at][2] = round(listed[at - 1][2] * float(RANDOM.uniform(0.97, 1.03)), 2)
    times, levels = [item[0] for item in listed], [item[2] for item in listed]
    blocks = stored["blocks"].fillna(144)
    mean = stored["hash_rate_ehs"] / stored["blocks"] / network.EHS_PER_BLOCK
    for day in days[mean.isna()]:
        first, last = (np.searchsorted(times, day + pd.Timedelta(days=n)) - 1 for n in (0, 1))
        mean[day] = (levels[first] + levels[last]) / 2
    rates = blocks * mean * 2**32 / 86_400
    series = {"difficulty": mean, "hash-rate": rates / 1e12, "transaction-fees": stored["fees_btc"].fillna(3.0)}
    for name, values in series.items():
        points = [{"x": int(day.timestamp()), "y": float(value)} for day, value in values.items()]
        vendor[f"api.blockchain.info/charts/{name}"] = {"status": "ok", "values": points}
    adjustments = [[int(when.timestamp()), int(height), level, 1.0] for when, height, level in listed]
    vendor["mempool.space/api/v1/mining/difficulty-adjustments/3y"] = adjustments[::-1]
    powers = [{"timestamp": int(day.timestamp()) + 86_400, "avgHashrate": float(rate)} for day, rate in rates.items()]
    vendor["mempool.space/api/v1/mining/hashrate/3y"] = {"hashrates": powers, "difficulty": []}


def companies(vendor, data):
    """The SEC: a quarter more of spending, covers, cash, results with their hours, leases and guidance in 8-Ks."""
    instruments = pd.read_csv(data / "instruments.csv", dtype=str).set_index("ticker")
    shares = pd.read_csv(data / "shares_outstanding.csv").query("basis == 'cover_page'").groupby("ticker")
    dates = pd.read_csv(data / "earnings_dates.csv").groupby("ticker")["fiscal_period"].last()
    at = {"form": "10-Q", "filed": "2026-11-06", "accn": "0001-26-1"}
    for ticker, row in instruments[instruments["cik"].notna()].iterrows():
        cik, listed = int(row["cik"]), []
        if row["kind"] == "hyperscaler":
            quarter = pd.PeriodIndex(spending.stored_quarters(ticker, data)[0].index)[-1] + 1
            due = quarter.end_time + pd.Timedelta("30D") < pd.Timestamp.now()
            last = spending.stored_quarters(ticker, data)[0].iloc[-1]
            names = ("capex", "revenue", "operating_cash_flow")
            new = {name: {str(quarter): round(float(last[f"{name}_usd_bn"]) * 1050) * 1_000_000} for name in names}
            body = spending.answer(ticker, change=new if due else None, folder=data)
            listed += result(vendor, cik, ticker, "2026-10-29", GUIDANCE) if due else []
            if ticker == "AMZN":
                listed += amazon(vendor, cik, new["capex"][str(quarter)])
        else:
            body = {"cik": cik, "facts": {"dei": {}, "us-gaap": {}}}
            cash = at | {"end": "2026-09-30", "val": 250_000_000}
            body["facts"]["us-gaap"]["CashAndCashEquivalentsAtCarryingValue"] = {"units": {"USD": [cash]}}
            if ticker in shares.groups:
                count = round(float(shares.get_group(ticker).sort_values("as_of")["shares_m"].iloc[-1]) * 1.01e6)
                cover = at | {"end": "2026-10-30", "val": count}
                body["facts"]["dei"][spending.SHARES] = {"units": {"shares": [cover]}}
            if ticker in dates and dates[ticker].endswith("2026 Q2"):
                listed += result(vendor, cik, ticker, "2026-11-05", "<p>Results of the quarter.</p>")
            if ticker in SIGNED:
                listed += result(vendor, cik, ticker, "2026-11-12", RELEASE, items="1.01,7.01,9.01")
        vendor[f"data.sec.gov/api/xbrl/companyfacts/CIK{cik:010d}.json"] = body
        dull = (f"{cik:010d}-26-000001", "8-K", "2026-10-12", "2026-10-12", "5.07", "main.htm")
        vendor[filings.where(cik)] = filings.listed(cik, *(listed or [dull]))
    nvidia(vendor, data)


def result(vendor, cik, ticker, day, text, items="2.02,9.01"):
    """A current report with its release, after the close."""
    number = f"{cik:010d}-26-{int(day.replace('-', '')) % 1_000_000:06d}"
    place = filings.folder(cik, number)
    parts = [("8-K", "main.htm"), ("EX-99.1", "release.htm")]
    page = filings.header(number, f"{day.replace('-', '')}161500", *parts)
    vendor[f"{place}/{number}-index-headers.html"] = Answer(page, kind="text/html")
    vendor[f"{place}/main.htm"] = Answer("<p>Item 9.01</p>", kind="text/html")
    vendor[f"{place}/release.htm"] = Answer(text, kind="text/html")
    return [(number, "8-K", day, day, items, "main.htm")]


def amazon(vendor, cik, spent):
    """A 10-Q with a quarter's purchases, and proceeds of a fiftieth of them."""
    number, span = f"{cik:010d}-26-000777", ("2026-07-01", "2026-09-30")
    bought, sold = (
        "us-gaap:PaymentsToAcquireProductiveAssets",
        "amzn:ProceedsFromPropertyPlantAndEquipmentSalesAndIncentives",
    )
    facts = [(bought, "", *span, spent), (sold, "", *span, spent // 50)]
    vendor[f"{filings.folder(cik, number)}/amzn-20260930_htm.xml"] = Answer(filings.instance(*facts), kind="text/xml")
    return [(number, "10-Q", "2026-10-30", "2026-09-30", "", "amzn-20260930.htm")]


def nvidia(vendor, data):
    """A quarter more of Nvidia, with data centres tagged."""
    cik, number, span = 1045810, "0001045810-26-000091", ("2026-07-27", "2026-10-25")
    last = pd.read_csv(data / "nvidia.csv").iloc[-1]
    facts = [
        {"accn": a, "start": s, "end": e, "val": v, "form": "10-Q", "filed": f}
        for a, s, e, f, v in (
            ("a", "2026-04-27", "2026-07-26", "2026-08-26", round(last["revenue_usd_bn"] * 1000) * 1_000_000),
            ("b", *span, "2026-11-18", 108_500_000_000),
        )
    ]
    body = {"cik": cik, "facts": {"us-gaap": {"Revenues": {"units": {"USD": facts}}}}}
    vendor[f"data.sec.gov/api/xbrl/companyfacts/CIK{cik:010d}.json"] = body
    vendor["www.sec.gov/files/company_tickers.json"] = {"0": {"cik_str": cik, "ticker": "NVDA", "title": "NVIDIA"}}
    listed = result(vendor, cik, "NVDA", "2026-11-18", "<p>Results.</p>")
    listed.append((number, "10-Q", "2026-11-19", span[1], "", "nvda-20261025.htm"))
    vendor[filings.where(cik)] = filings.listed(cik, *listed)
    tagged = [
        ("us-gaap:Revenues", member, *span, value)
        for member, value in (("", 108_500_000_000), ("nvda:DataCenterMember", 98_400_000_000))
    ]
    vendor[f"{filings.folder(cik, number)}/nvda-20261025_htm.xml"] = Answer(filings.instance(*tagged), kind="text/xml")


def electricity(vendor, data):
    """EIA's months to August 2026, the stored ones as they are."""
    stored = pd.read_csv(data / "power_prices.csv").query("series == @power.SERIES")
    start, rows = min(pd.Period(month, "M") for month in stored.groupby("region")["month"].max()) - power.OVERLAP, []
    for state, region in power.REGIONS.items():
        known = stored[stored["region"] == region].set_index("month")["usd_per_mwh"].to_dict()
        price = 80.0
        for month in pd.period_range(start, "2026-08", freq="M").astype(str):
            price = known.get(month, price)
            rows.append({"period": month, "stateid": state, "sectorid": "IND", "price": f"{price / 10:.3f}",
                         "price-units": "cents per kilowatt-hour"})  # fmt: skip
    vendor["api.eia.gov/v2/electricity/retail-sales/data"] = {"response": {"total": str(len(rows)), "data": rows}}


def main():
    """Copy, serve, run; say how long it took and what changed."""
    place = Path(sys.argv[1]).resolve()
    grow.copy(place)
    data = place / "data"
    with running() as vendor:
        for play in (charts, chain, companies, electricity):
            play(vendor, data)
        environment = os.environ | {
            "PYTHONPATH": str(place), REHEARSAL: vendor.address, "EIA_API_KEY": "k" * 40,
            "EDGAR_IDENTITY": "A Fork fork@example.org",
        }  # fmt: skip
        started = time.perf_counter()
        command = [sys.executable, "-m", "minerpivot", "quarter", *sys.argv[2:]]
        code = subprocess.run(command, cwd=place, env=environment, check=False).returncode
        print(f"exit {code}, {(time.perf_counter() - started) / 60:.1f} minutes, {len(vendor.asked)} requests")
    subprocess.run(["git", "diff", "--stat", "--", "data"], cwd=place, check=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
