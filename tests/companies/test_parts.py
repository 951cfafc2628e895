"""The sum of parts by hand, what each assumption moves, and that the page's script does the same sum."""

import json
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import playwright
import pytest

from minerpivot.book import extension
from minerpivot.companies import parts
from minerpivot.deals import ledger
from tests.deals.test_ledger import ledger as rows_of

NODE = shutil.which("node", path=Path(playwright.__file__).with_name("driver"))  # that drives the browser
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


DAY = pd.Timestamp("2026-10-07")


def in_force(*rows):
    """Contracts in force over the plain ten-year, 1 bn, 100 MW lease."""
    return ledger.contracted(rows_of(*rows))


def test_valued_leases_are_the_parent_s_at_its_own_share_and_wait_for_their_start():
    """Half of 1 bn and an extension count, computing and what has no value do not; no start stated is 2 years."""
    contracts = in_force(
        {"ticker": "WYFI", "own_share_pct": 50.0, "start_expected": "2027-10-07"},
        {"counts_as": "extension", "contract_value_usd_bn": 0.4, "term_years": 5.0, "extends": "D0"},
        {"deal_type": "gpu_cloud"},
        {"contract_value_usd_bn": None},
    )
    found = parts.valued_leases(contracts, DAY, {"WYFI": "BTBT"}, unseen=2)
    assert found["ticker"].tolist() == ["BTBT", "IREN"]
    assert found["value_usd_m"].tolist() == pytest.approx([500, 400])
    assert found["wait"].tolist() == pytest.approx([365 / 365.25, 365 / 365.25 + 10])
    untold = parts.valued_leases(in_force({}), DAY, {}, unseen=2)
    assert untold["wait"].tolist() == [2]


def test_a_hash_rate_is_the_one_stated_last_in_either_table():
    """A report of June is newer than a statement of March, and one without a figure is none."""
    status = pd.DataFrame({"ticker": ["A", "B"], "as_of": ["2026-03", "2026-07-01"], "hash_rate_ehs": [30.0, 9.0]})
    reports = {"ticker": ["A", "A"], "period_end": pd.to_datetime(["2026-06-30", "2026-09-30"])}
    segments = pd.DataFrame(reports | {"energized_ehs": [33.0, None]})
    assert parts.hash_rates(status, segments).to_dict() == {"A": 33, "B": 9}
    later = status.assign(as_of="2026-12", pipeline_mw=[500.0, None])
    assert parts.pipelines(pd.concat([later, later.assign(as_of="2025", pipeline_mw=7.0)])).to_dict() == {
        "A": 500,
        "B": 7,
    }


def test_what_is_left_to_build_is_leased_and_does_not_run():
    """At own share; all of it where no figure runs, nothing where more runs than is known to be leased."""
    contracts = in_force({"own_share_pct": 80.0}, {"ticker": "CIFR"}, {"ticker": "HUT", "deal_type": "gpu_cloud"})
    live = pd.Series({"IREN": 30.0, "CIFR": None, "HUT": 5.0})
    assert parts.to_build(contracts, live).to_dict() == pytest.approx({"IREN": 50, "CIFR": 100, "HUT": 0})


def test_companies_that_sell_computing_or_hide_their_hash_rate_are_not_summed():
    """A parent does not when its subsidiary sells it; one that does not mine needs no hash rate."""
    rows = {"mining": ["mines", "mines", "ended", "mines"], "hash_rate_ehs": [10.0, None, None, 10.0]}
    valued = pd.DataFrame(rows, index=["A", "B", "C", "BTBT"])
    contracts = in_force({"ticker": "WYFI", "deal_type": "gpu_cloud"})
    assert parts.computable(valued, contracts, {"WYFI": "BTBT"}).tolist() == [True, False, True, False]


def test_net_assets_are_coins_less_net_debt():
    """The lower end owes more; coins that no source gives are none."""
    valued = {"coins_usd_m": [50.0, None], "net_debt_low_usd_m": [100.0, -20.0], "net_debt_high_usd_m": [130.0, -20.0]}
    found = parts.net_assets(pd.DataFrame(valued))
    assert found.to_dict("list") == {"net_low": [-80, 20], "net_high": [-50, 20]}


def test_a_market_value_is_inside_a_case_if_it_lies_between_its_ends():
    """Company one's 5,000 lie between the ends of no case; two is worth its coins and cash in both, and not 900."""
    found = parts.by_case(COMPANIES, LEASES, {"First": SETTINGS, "Bold": SETTINGS | {"multiple": 600.0}}, FIXED)
    assert found.loc["TWO", ["First", "Bold_low_usd_m", "market_value_usd_bn"]].tolist() == ["0.1", 50, 0.9]
    assert not found[["First_inside", "Bold_inside"]].any(axis=None)
    low, high = found.loc["ONE", ["First_low_usd_m", "First_high_usd_m"]]
    paid = COMPANIES.assign(market_value_usd_m=[(low + high) / 2, 50.0])
    assert parts.by_case(paid, LEASES, {"First": SETTINGS}, FIXED)["First_inside"].all()
    assert parts.told({"rate": 9, "share": 0}).startswith(
        "discount rate of the leases 9% a year, share of the pipeline"
    )


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


@pytest.mark.parametrize(
    "changed", [{}, {"rate": 6.5}, {"building": 7.0, "share": 100.0, "spent": 35.0}, {"multiple": 0.0}]
)
def test_the_script_does_the_same_sum(changed):
    """To the cent, for the first settings and for those of a reader."""
    settings = SETTINGS | changed
    stored = json.dumps(parts.shown(COMPANIES, LEASES, SETTINGS, FIXED))
    file = Path(extension.__file__).with_name("static") / "parts.js"
    asked = [NODE, "-e", SCRIPT, str(file), stored, json.dumps(settings)]
    found = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)
    wanted = parts.sums(COMPANIES, LEASES, settings, FIXED)
    for ticker, row in wanted.iterrows():
        assert [found[ticker]["low"], found[ticker]["high"]] == pytest.approx([row["low"], row["high"]], abs=1e-5)


def test_a_range_in_words_keeps_its_signs_and_says_one_value_once():
    """A loss has a minus, as in the page's script."""
    assert parts.span(-4_460.0, 940.0) == "−$4.5bn to $0.9bn"
    assert parts.span(-910.0, -890.0) == "−$0.9bn"
    assert parts.span(-30.0, 40.0) == "$0.0bn"  # no minus zero
