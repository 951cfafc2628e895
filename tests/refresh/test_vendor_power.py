"""Electricity prices from the EIA, played by a local server in its shapes: strings for numbers, units in each row."""

from functools import partial

import pandas as pd
import pytest
from rich.console import Console

from minerpivot.data import tables
from minerpivot.refresh import power, transaction
from minerpivot.refresh.vendors import SettingError, VendorError
from tests.frozen import FOLDER, load
from tests.refresh.local import Answer, played

WHERE, KEY = "api.eia.gov/v2/electricity/retail-sales/data", "k" * 40
STORED = load("power_prices").query("series == 'industrial_retail_avg_eia'")


@pytest.fixture
def vendor(monkeypatch):
    """A local server that has what is stored, and two months more."""
    monkeypatch.setattr(tables, "load", partial(tables.load, folder=FOLDER))
    monkeypatch.setenv("EIA_API_KEY", KEY)
    with played(monkeypatch) as local:
        local[WHERE] = answer()
        yield local


def answer():
    """A whole answer: prices in cents as text, a region after the other."""
    rows = []
    start = min(pd.Period(str(month), "M") for month in STORED.groupby("region")["month"].max()) - power.OVERLAP
    for state, region in power.REGIONS.items():
        mine = STORED[STORED["region"] == region]
        stored = dict(zip(mine["month"].astype(str), mine["usd_per_mwh"]))
        for month in pd.period_range(start, pd.Period(max(stored), "M") + 2, freq="M").astype(str):
            price = f"{stored.get(month, 70.0) / 10:.2f}"
            rows.append({"period": month, "stateid": state, "sectorid": "IND", "price": price,
                         "price-units": "cents per kilowatt-hour"})  # fmt: skip
    return {"response": {"total": str(len(rows)), "dateFormat": "YYYY-MM", "frequency": "monthly", "data": rows}}


def fetch():
    """What the command calls."""
    return power.fetch(console=Console(quiet=True))["power_prices"]


def test_months_are_added_and_the_overlap_agrees(vendor):
    """Cents per kilowatt-hour are tens of dollars per megawatt-hour; the key is sent, and only there."""
    change = transaction.compare("power_prices", fetch(), folder=FOLDER)
    assert (change.revised, change.held) == ([], [])
    assert change.added >= 4
    assert vendor.asked[0][1]["api_key"] == [KEY]
    assert vendor.asked[0][1]["facets[stateid][]"] == ["US", "TX"]


@pytest.mark.parametrize("key", [None, "", "short"])
def test_without_a_key_nothing_is_asked(vendor, monkeypatch, key):
    """The message says where one is free, and not what was set."""
    monkeypatch.delenv("EIA_API_KEY")
    if key is not None:
        monkeypatch.setenv("EIA_API_KEY", key)
    with pytest.raises(SettingError, match=r"EIA: EIA_API_KEY: not set to a key; a key is free at eia.gov/opendata"):
        fetch()
    assert vendor.asked == []


def spoil(**cells):
    """Change the last row."""

    def change(body):
        body["response"]["data"][-1] |= cells

    return change


FAULTS = [
    (spoil(price="0"), "no price but '0'"),
    (spoil(price=None), "no price but 'None'"),
    (spoil(price=True), "no price but 'True'"),
    (spoil(price="-3"), "no price"),
    (spoil(price="1e9"), "no price"),
    (spoil(period="2026"), "not a month"),
    (spoil(stateid="CA"), "not asked for"),
    (spoil(sectorid="RES"), "not asked for"),
    (spoil(**{"price-units": "dollars per megawatthour"}), "a price in 'dollars per megawatthour'"),
    (lambda body: body["response"]["data"].pop(), "rows of"),
    (lambda body: body["response"].update(warnings=[{"warning": "incomplete return"}]), "with a warning: "),
    (lambda body: body["response"].pop("data"), "no list of prices"),
    (lambda body: body.pop("response"), "no list of prices"),
    (lambda body: body["response"].update(data=[]), "no list of prices"),
]


@pytest.mark.parametrize(("change", "problem"), FAULTS, ids=range(len(FAULTS)))
def test_an_answer_that_is_none_is_refused(vendor, change, problem):
    """Another unit, state or sector, no price, a part of the rows, another shape."""
    body = answer()
    change(body)
    vendor[WHERE] = body
    with pytest.raises(VendorError, match=problem) as caught:
        fetch()
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("at", [3, -1])
def test_a_missing_or_repeated_month_is_refused(vendor, at):
    """Among the months, or at the end of a region."""
    body = answer()
    body["response"]["data"][at] = body["response"]["data"][at - 1]
    vendor[WHERE] = body
    with pytest.raises(VendorError, match="months missing or twice"):
        fetch()


@pytest.mark.parametrize("status", [403, 404, 429, 500])
def test_a_refusal_never_shows_the_key(vendor, status):
    """A wrong key, a moved address, a busy day."""
    vendor[WHERE] = Answer(
        {"error": {"code": "API_KEY_INVALID", "message": "An invalid api_key was supplied."}}, status
    )
    with pytest.raises(VendorError, match=f"EIA: retail-sales: answered {status}") as caught:
        fetch()
    assert KEY not in str(caught.value)


def test_a_price_in_another_unit_is_held_back(vendor):
    """Ten times too high under the right label: beside its neighbours it cannot be."""
    body = answer()
    body["response"]["data"][-1]["price"] = "700.0"
    vendor[WHERE] = body
    change = transaction.compare("power_prices", fetch(), folder=FOLDER)
    assert any("7000" in line and "beside it" in line for line in change.held)
