"""Industrial electricity prices by month from the US Energy Information Administration, for the table `power_prices`.

The key (EIA_API_KEY) is free and personal; it is sent and never shown. ERCOT's settlement prices are yearly archives
of spreadsheets and stay with people.
"""

from __future__ import annotations

import os
import re
from typing import Any

import pandas as pd
from rich.console import Console

from minerpivot.data import tables
from minerpivot.refresh.vendors import SettingError, VendorError, get_json

SOURCE = "EIA"
PRICES = "https://api.eia.gov/v2/electricity/retail-sales/data/"
SERIES = "industrial_retail_avg_eia"
REGIONS = {"US": "US", "TX": "US-TX"}  # the vendor's states, the table's regions
OVERLAP = 24  # months: a year is revised when the annual survey is in
USD_PER_MWH = 10  # of one cent per kWh
LATER = "try again later, or compare with eia.gov/electricity"


def fetch(*, console: Console, **_: Any) -> dict[str, pd.DataFrame]:
    """Rows of `power_prices` (USD per MWh) from two years before each region's last stored month."""
    key = os.environ.get("EIA_API_KEY", "").strip()
    if not re.fullmatch(r"\w{20,80}", key):
        mend = "a key is free at eia.gov/opendata: export EIA_API_KEY=…, or name the other sources"
        raise SettingError(SOURCE, "EIA_API_KEY", "not set to a key", mend)
    stored = tables.load("power_prices")
    stored = stored[(stored["series"] == SERIES) & stored["region"].isin(REGIONS.values())]
    last = {str(region): str(max(months)) for region, months in stored.groupby("region")["month"]}
    start = min(pd.Period(month, "M") for month in last.values()) - OVERLAP
    query = {
        "api_key": key, "frequency": "monthly", "data[0]": "price", "facets[sectorid][]": "IND",
        "facets[stateid][]": list(REGIONS), "start": str(start), "length": 5000,
        "sort[0][column]": "period", "sort[0][direction]": "asc",
    }  # fmt: skip
    refused = "check EIA_API_KEY at eia.gov/opendata, and run again"
    answer = get_json(PRICES, source=SOURCE, subject="retail-sales", query=query, refused=refused)
    rows = price_rows(answer, start)
    for region, month in last.items():
        if not (rows.loc[rows["region"] == region, "month"] >= month).any():
            raise VendorError(SOURCE, region, f"nothing up to the stored month {month}", LATER)
    return {"power_prices": rows}


def price_rows(answer: Any, start: pd.Period) -> pd.DataFrame:
    """Rows of the table from the vendor's answer: each month of each region once, in cents per kWh, none missing."""
    told: Any = answer.get("response") if isinstance(answer, dict) else None
    listed = told.get("data") if isinstance(told, dict) else None
    if not isinstance(listed, list) or not listed or not all(isinstance(row, dict) for row in listed):
        raise VendorError(SOURCE, "retail-sales", "no list of prices", LATER)
    if (warned := told.get("warnings")) or str(told.get("total", len(listed))) != str(len(listed)):
        said = f", with a warning: {str(warned)[:200]}" if warned else ""
        raise VendorError(SOURCE, "retail-sales", f"{len(listed)} rows of {told.get('total')}{said}", LATER)
    rows = []
    for row in listed:
        where = f"{row.get('stateid')} {row.get('period')}"
        unit, price = str(row.get("price-units", "")).replace("-", "").replace(" ", ""), row.get("price")
        if row.get("stateid") not in REGIONS or row.get("sectorid") != "IND":
            raise VendorError(SOURCE, where, "a state or sector that was not asked for", LATER)
        if unit != "centsperkilowatthour":
            raise VendorError(SOURCE, where, f"a price in {row.get('price-units')!r}", LATER)
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", str(row.get("period"))):
            raise VendorError(SOURCE, where, "not a month", LATER)
        if isinstance(price, bool) or not re.fullmatch(r"\d{1,3}(\.\d+)?", str(price)) or float(str(price)) == 0:
            raise VendorError(SOURCE, where, f"no price but {str(price)[:20]!r}", LATER)
        cents = float(str(price))
        rows.append((row["period"], REGIONS[row["stateid"]], SERIES, f"{cents * USD_PER_MWH:.4g}", PRICES))
    table = pd.DataFrame(rows, columns=["month", "region", "series", "usd_per_mwh", "source_url"])
    for region, months in table.groupby("region")["month"]:
        whole = pd.period_range(start, max(months), freq="M").astype(str)
        if sorted(months) != list(whole):
            odd = sorted(set(whole) ^ set(months)) or sorted(months[months.duplicated()])
            raise VendorError(SOURCE, str(region), f"months missing or twice: {', '.join(odd[:5])}", LATER)
    return table
