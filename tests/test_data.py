"""The tables in data/: the manifest holds, and the figures add up."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from frictionless import Package

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
