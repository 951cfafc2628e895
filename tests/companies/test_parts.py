"""The sum of parts by hand, what each assumption moves, and that the page's script does the same sum."""

import json
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from minerpivot.book import extension
from minerpivot.companies import parts

SETTINGS = {"multiple": 2.0, "rate": 10.0, "building": 10.0, "spent": 0.0, "share": 50.0}
FIXED = {"profit_per_ehs": 5.0, "margin_low": 80.0, "margin_high": 90.0, "rent": 2.0, "years": 15.0, "wait": 2.0}
COMPANIES = pd.DataFrame(
    {
        "company": ["One", "Two"],
        "market_value_usd_m": [5000.0, 900.0],
        "hash_rate_ehs": [10.0, None],
        "to_build_mw": [100.0, 0.0],
        "pipeline_mw": [200.0, None],
        "net_low": [-300.0, 50.0],
        "net_high": [-100.0, 50.0],
    },
    index=pd.Index(["ONE", "TWO"], name="ticker"),
)
LEASES = pd.DataFrame(
    {"ticker": ["ONE", "ONE"], "value_usd_m": [3000.0, 1500.0], "years": [15.0, 10.0], "wait": [0.0, 1.0]}
)


def annuity(value, years, wait, rate=0.1):
    """Present value of equal months, by adding them up."""
    months = range(1, round(12 * years) + 1)
    return sum(value / (12 * years) * (1 + rate) ** -(month / 12 + wait) for month in months)


def test_profit_of_a_mine_by_hand():
    """An EH/s at 40 USD per PH and day takes 14.6 m a year; 20 MW at 5 cents for 8,760 hours cost 8.76 m."""
    assert parts.mining_profit(40, efficiency_j_per_th=20, cents_per_kwh=5) == pytest.approx(14.6 - 8.76)


def test_the_sum_by_hand():
    """Mining 2 x 5 x 10; leases month by month less 100 MW at 10 m; half of 200 MW of pipeline; net debt."""
    row = parts.sums(COMPANIES, LEASES, SETTINGS, FIXED).loc["ONE"]
    rents = annuity(3000, 15, 0) + annuity(1500, 10, 1)
    gain = 0.8 * annuity(2 * 15, 15, 2) - 10
    assert row["mining"] == 100
    assert row["leases_low"] == pytest.approx(0.8 * rents - 1000)
    assert row["pipeline_low"] == pytest.approx(0.5 * 200 * max(gain, 0))
    assert row["low"] == pytest.approx(100 + 0.8 * rents - 1000 + 0.5 * 200 * max(gain, 0) - 300)
    assert row["high"] > row["low"]


def test_what_is_unknown_adds_nothing_and_a_mine_at_a_loss_is_switched_off():
    """A company without hash rate, lease and pipeline is worth its coins and cash; a loss is not multiplied."""
    assert parts.sums(COMPANIES, LEASES, SETTINGS, FIXED).loc["TWO", ["low", "high"]].tolist() == [50, 50]
    assert (parts.sums(COMPANIES, LEASES, SETTINGS, FIXED | {"profit_per_ehs": -3.0})["mining"] == 0).all()


@pytest.mark.parametrize(
    ("setting", "sign"), [("multiple", 1), ("rate", -1), ("building", -1), ("spent", 1), ("share", 1)]
)
def test_each_slider_moves_the_sum_the_way_it_says(setting, sign):
    """More profit and more tenants raise it, dearer money and dearer buildings lower it."""
    fixed = FIXED | {"margin_low": 95.0, "margin_high": 99.0}
    ends = [parts.sums(COMPANIES, LEASES, SETTINGS | {setting: value}, fixed).loc["ONE", "low"] for value in (5.0, 9.0)]
    assert sign * (ends[1] - ends[0]) > 0


SCRIPT = """
const fs = require('fs');
const box = {dataset: {parts: process.argv[2]}, rows: {}};
const inputs = Object.entries(JSON.parse(process.argv[3])).map(([name, value]) => ({name, value}));
let heard = {};
const listen = (on, f) => { heard[on] = f; };
const controls = {querySelectorAll: () => inputs, querySelector: () => ({}), addEventListener: listen};
box.querySelector = (what) => {
  if (what === '.parts-controls') return controls;
  const ticker = what.match(/"(.*)"/)[1];
  return box.rows[ticker] ??= {dataset: {}, querySelector: () => ({})};
};
global.document = {querySelectorAll: () => [box]};
eval(fs.readFileSync(process.argv[1], 'utf8'));
heard.input();
console.log(JSON.stringify(Object.fromEntries(Object.entries(box.rows).map(([t, r]) => [t, r.dataset]))));
"""


@pytest.mark.skipif(not shutil.which("node"), reason="no node on this machine")
@pytest.mark.parametrize(
    "changed", [{}, {"rate": 6.5}, {"building": 7.0, "share": 100.0, "spent": 35.0}, {"multiple": 0.0}]
)
def test_the_script_does_the_same_sum(changed):
    """To the cent, for the first settings and for those of a reader."""
    settings = SETTINGS | changed
    stored = json.dumps(parts.shown(COMPANIES, LEASES, SETTINGS, FIXED))
    file = Path(extension.__file__).with_name("static") / "parts.js"
    asked = ["node", "-e", SCRIPT, str(file), stored, json.dumps(settings)]
    found = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)
    wanted = parts.sums(COMPANIES, LEASES, settings, FIXED)
    for ticker, row in wanted.iterrows():
        assert [found[ticker]["low"], found[ticker]["high"]] == pytest.approx([row["low"], row["high"]], abs=1e-5)
