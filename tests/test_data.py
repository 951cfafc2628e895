"""The tables in data/: the manifest holds, and the figures add up."""

import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from frictionless import Package
from hypothesis import given, settings
from hypothesis import strategies as st

from minerpivot import tables

DATA = Path(__file__).parents[1] / "data"
MANIFEST = Package(str(DATA / "datapackage.json"))


def read(name):
    """One table as pandas reads it; empty cells become NaN."""
    return pd.read_csv(DATA / f"{name}.csv", keep_default_na=False, na_values=[""])


def errors(report):
    """The (type, row, field) of each error in a validation report."""
    return {tuple(row) for row in report.flatten(["type", "rowNumber", "fieldName"])}


def test_manifest_is_valid():
    """Types, constraints, keys, bytes, rows and hashes all hold."""
    report = Package(str(DATA / "datapackage.json")).validate()
    assert report.valid, report.to_summary()
    assert all(resource.hash and resource.rows for resource in MANIFEST.resources)


def test_manifest_lists_exactly_the_tables():
    """Every csv is in the manifest, and every resource is a csv."""
    listed = {resource.path for resource in MANIFEST.resources}
    assert listed == {path.name for path in DATA.glob("*.csv")}


@pytest.mark.parametrize("resource", MANIFEST.resources, ids=lambda r: r.name)
def test_every_table_says_what_a_reader_and_a_forker_need(resource):
    """Titles, units, licence, grade and publication rules are there and well formed."""
    extra = resource.to_descriptor()
    assert all(extra[key] for key in ("title", "description", "licenses", "sources"))
    assert extra["redistribution"]
    assert extra["grade"] in {"reported", "derived", "estimated"}
    fields = extra["schema"]["fields"]
    assert all(field["description"] for field in fields)
    assert all(f["unit"] for f in fields if f["type"] in {"number", "integer"})
    assert resource.schema.primary_key
    columns = {field["name"] for field in fields}
    assert all("compiled" in r or r["column"] in columns for r in extra["public"])


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("6.25,3.125,past", "six,3.125,past", ("type-error", 5, "subsidy_before_btc")),
        ("\n5,1050000", "\n4,1050000", ("primary-key", 6, None)),
        ("\n5,1050000", "\n4,1050000", ("unique-error", 6, "halving")),
        ("15:24:38", "15:24:39", ("hash-count", None, None)),
    ],
    ids=["bad cell", "duplicate key", "duplicate value", "changed byte"],
)
def test_corruption_is_found_where_it_is(tmp_path, old, new, error):
    """A spoilt copy fails, and the report names the row and the field."""
    copy = shutil.copytree(DATA, tmp_path / "data")
    table = copy / "halvings.csv"
    text = table.read_text(encoding="utf-8")
    assert text.count(old) == 1
    table.write_text(text.replace(old, new), encoding="utf-8", newline="\n")
    spoilt = Package(str(copy / "datapackage.json")).get_resource("halvings")
    report = spoilt.validate()
    assert not report.valid
    assert error in errors(report)


def test_dangling_reference_is_found(tmp_path):
    """A ticker that instruments does not know breaks the foreign key."""
    copy = shutil.copytree(DATA, tmp_path / "data")
    table = copy / "miners.csv"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("\nWULF,", "\nWOLF,"), encoding="utf-8", newline="\n")
    report = Package(str(copy / "datapackage.json")).get_resource("miners").validate()
    row = text[: text.index("\nWULF,")].count("\n") + 2
    assert ("foreign-key", row, None) in errors(report)


def test_quarters_sum_to_the_year():
    """Four quarters of cash_ppe equal the filed year, for every complete year."""
    cash = "definition == 'cash_ppe'"
    quarters = read("capex_actuals").query(cash)
    quarters["year"] = quarters["fiscal_period"].str[:6]
    sums = quarters.groupby(["ticker", "year"])["capex_usd_bn"].agg(["sum", "count"])
    years = read("capex_annual").query(cash)
    filed = years.set_index(["ticker", "fiscal_period"])["capex_usd_bn"]
    complete = sums[sums["count"] == 4]["sum"]
    both = pd.concat([complete, filed], axis=1, keys=["sum", "filed"], join="inner")
    assert len(both) == len(filed) == 36
    assert (both["sum"] - both["filed"]).abs().max() < 1e-6


def test_amazon_trailing_years_equal_four_quarters():
    """Each published trailing total is the sum of its four quarters."""
    net = read("capex_amzn_net").set_index("period_end")
    quarters = net.query("period_kind == 'quarter'")["capex_net_usd_bn"]
    published = net.query("period_kind == 'ttm'")["capex_net_usd_bn"]
    gap = quarters.rolling(4).sum().reindex(published.index) - published
    assert gap.notna().all()
    assert gap.abs().max() <= 0.0015


def test_nvidia_quarters_sum_to_filed_years():
    """Revenue of FY2022 to FY2026 equals the annual reports."""
    nvidia = read("nvidia")
    years = nvidia.groupby(nvidia["fiscal_period"].str[:6])["revenue_usd_bn"].sum()
    filed = {2022: 26.914, 2023: 26.974, 2024: 60.922, 2025: 130.497, 2026: 215.938}
    for year, revenue in filed.items():
        assert years[f"FY{year}"] == pytest.approx(revenue, abs=1e-6)


def test_issuance_is_blocks_times_subsidy():
    """New coins are blocks times subsidy on 99.9 percent of ordinary days."""
    network, halvings = read("network"), read("halvings")
    days = network[~network["date"].isin(halvings["date_utc"])]
    passed = sum((days["date"] > day).astype(int) for day in halvings["date_utc"])
    exact = (days["issuance_btc"] - days["blocks"] * 50 / 2**passed).abs() < 1e-6
    assert exact.mean() >= 0.999


def test_difficulty_changes_agree_with_difficulties():
    """change_pct is the change from the epoch before, to its four decimals."""
    epochs = read("difficulty_epochs")
    change = (epochs["difficulty"] / epochs["difficulty"].shift() - 1) * 100
    assert (change.isna() == epochs["change_pct"].isna()).all()
    assert (change - epochs["change_pct"]).abs().max() < 6e-5
    assert (epochs["height"] == epochs["epoch"] * 2016).all()


def test_superseded_deals_exist():
    """A deal supersedes only a deal in the table, and never itself."""
    deals = read("deals")
    amended = deals.dropna(subset="supersedes")
    assert len(amended) > 0
    assert amended["supersedes"].isin(deals["deal_id"]).all()
    assert (amended["supersedes"] != amended["deal_id"]).all()


# --- the loader -------------------------------------------------------------------------------


def test_partial_dates_count_from_their_last_day():
    """2025 is public on 31 December, 2024-02 on 29 February (a leap year), a full date on its day."""
    ends = tables.last_day(pd.Series(["2025", "2024-02", "2025-11-03", None]))
    assert ends.dropna().dt.strftime("%Y-%m-%d").tolist() == ["2025-12-31", "2024-02-29", "2025-11-03"]
    assert pd.isna(ends.iloc[3])


@pytest.mark.parametrize(
    ("name", "row", "public"),
    [
        ("prices", {"symbol": "IREN", "date": "2026-01-28"}, "2026-01-28"),
        ("deals", {"deal_id": "GLXY-2025-03-CW1"}, "2025-03-31"),  # dated to a month
        ("deals", {"deal_id": "HIVE-2026-GTA320"}, "2026-06-29"),  # dated to a year that the ledger does not cover
        ("deals", {"deal_id": "HUT-HIGHRISE-GPU"}, "2026-06-29"),  # undated: from the end of coverage
        ("miner_segments", {"ticker": "IREN", "period_end": "2024-06-30"}, "2024-09-28"),  # no report date: 90 days
        ("miners", {"ticker": "IREN"}, "2026-11-22"),  # a strategy label is hindsight
    ],
)
def test_the_day_on_which_a_row_became_public(name, row, public):
    """Each rule of the manifest by example."""
    table = tables.load(name)
    chosen = table[(table[list(row)].astype(str) == pd.Series(row)).all(axis=1)]
    assert tables.public_on(chosen, name).dt.strftime("%Y-%m-%d").tolist() == [public]


@given(st.sampled_from(sorted(set(tables.entries()) - {"datapackage"})), st.dates(date(2010, 1, 1), date(2027, 1, 1)))
@settings(deadline=None, max_examples=60)
def test_a_load_as_of_a_day_is_the_rows_public_by_then(name, day):
    """Nothing later than the day, and no row of it left out."""
    table = tables.load(name)
    known = tables.load(name, as_of=str(day))
    public = tables.public_on(table, name)
    assert known.index.equals(table.index[public <= pd.Timestamp(day)])


def test_types_come_from_the_manifest():
    """Dates are datetimes, integers nullable, an empty cell missing."""
    prices, deals = tables.load("prices"), tables.load("deals")
    assert prices["date"].dtype.kind == "M"
    assert str(prices["n_sources"].dtype) == "Int64"
    assert deals.set_index("deal_id").loc["HUT-HIGHRISE-GPU", "contract_value_usd_bn"] is not None
    assert pd.isna(deals.set_index("deal_id").loc["HUT-HIGHRISE-GPU", "contract_value_usd_bn"])


def test_the_earliest_end_and_the_weakest_grade_win():
    """A result is as old as its oldest source and as weak as its weakest."""
    assert tables.through(["prices", "network.fees_btc"]) == tables.through("network.fees_btc")
    assert tables.weakest(["reported", "estimated", "derived"]) == "estimated"
