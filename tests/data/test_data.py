"""The tables in data/: the manifest holds, and the figures add up."""

import re
import shutil
from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from frictionless import Package
from hypothesis import given, settings
from hypothesis import strategies as st

from minerpivot.data import metadata, tables, validation
from tests import validity
from tests.frozen import FOLDER
from tests.frozen import load as frozen

DATA = Path(__file__).parents[2] / "data"
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
    copy = shutil.copytree(FOLDER, tmp_path / "data")
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
    copy = shutil.copytree(FOLDER, tmp_path / "data")
    table = copy / "miners.csv"
    text = table.read_text(encoding="utf-8")
    start = "\nWYFI,"
    table.write_text(text.replace(start, "\nNOBODY,"), encoding="utf-8", newline="\n")
    report = Package(str(copy / "datapackage.json")).get_resource("miners").validate()
    row = text[: text.index(start)].count("\n") + 2
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
    assert len(both) > 0
    assert (both["sum"] - both["filed"]).abs().max() < 1e-6


def test_amazon_trailing_years_equal_four_quarters():
    """Each published trailing total is the sum of its four quarters."""
    net = read("capex_amzn_net").set_index("period_end")
    quarters = net.query("period_kind == 'quarter'")["capex_net_usd_bn"]
    published = net.query("period_kind == 'ttm'")["capex_net_usd_bn"]
    gap = (quarters.rolling(4).sum().reindex(published.index) - published).dropna()  # a quarter may not be stated
    assert len(gap) >= 7  # history: later rows add to it
    assert gap.abs().max() <= 0.0015


def test_nvidia_quarters_sum_to_filed_years():
    """Revenue of FY2022 to FY2026 equals the annual reports."""
    nvidia = read("nvidia")
    years = nvidia.groupby(nvidia["fiscal_period"].str[:6])["revenue_usd_bn"].sum()
    filed = {2022: 26.914, 2023: 26.974, 2024: 60.922, 2025: 130.497, 2026: 215.938}  # history: later rows add years
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


def test_guidance_ranges_are_in_order():
    """Low, point and high of a row rise; a row without any of them says so in words."""
    guidance = read("capex_guidance")
    rows = guidance[["low_usd_bn", "point_usd_bn", "high_usd_bn"]]
    assert (rows.ffill(axis=1)["high_usd_bn"].isna() | (rows.max(axis=1) == rows.ffill(axis=1)["high_usd_bn"])).all()
    assert (rows.bfill(axis=1)["low_usd_bn"].isna() | (rows.min(axis=1) == rows.bfill(axis=1)["low_usd_bn"])).all()
    assert guidance.loc[rows.isna().all(axis=1), "qualifier"].notna().all()


def test_superseded_deals_exist():
    """A deal supersedes only a deal in the table, and never itself."""
    amended = read("deals").dropna(subset="supersedes")
    assert amended["supersedes"].isin(read("deals")["deal_id"]).all()
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
        (
            "deals",
            {"deal_id": "HIVE-2026-GTA320"},
            "2026-12-31",
        ),  # dated to a year: until the ledger covers it, the end of coverage
        ("deals", {"deal_id": "HUT-HIGHRISE-GPU"}, None),  # undated: from the end of coverage
        ("miner_segments", {"ticker": "IREN", "period_end": "2024-06-30"}, "2024-09-28"),  # no report date: 90 days
        ("miners", {"ticker": "IREN"}, "2026-11-22"),  # a strategy label is hindsight
    ],
)
def test_the_day_on_which_a_row_became_public(name, row, public):
    """Each rule of the manifest by example."""
    table = frozen(name)
    if name == "deals":
        end = tables.through(name, folder=FOLDER)
        public = min(public or end, end)
    chosen = table[(table[list(row)].astype(str) == pd.Series(row)).all(axis=1)]
    assert tables.public_on(chosen, name, folder=FOLDER).dt.strftime("%Y-%m-%d").tolist() == [public]


NAMES = sorted(set(tables.entries()) - {"datapackage"})
whole = cache(tables.load)


@cache
def stored(name):
    """A table's rows as they stand in its file, without what became of them later."""
    entry = tables.describe(name)
    return tables.typed(DATA / entry["path"], entry)


def known(name, day):
    """The rows of a table that were public on a day; none where `load` says that nothing was."""
    if name == "knowledge":  # nothing may have been learned yet
        return tables.load(name, as_of=day)
    if tables.describe(name)["public"] and pd.Timestamp(day) < tables.public_on(stored(name), name).min():
        with pytest.raises(tables.TableError, match="has nothing that was public on"):
            tables.load(name, as_of=day)
        return stored(name).iloc[:0]
    return tables.load(name, as_of=day)


@pytest.mark.parametrize("name", NAMES)
@given(days=st.tuples(st.dates(date(2009, 1, 1), date(2030, 1, 1)), st.dates(date(2009, 1, 1), date(2030, 1, 1))))
@settings(deadline=None, max_examples=12)
def test_what_is_known_grows_and_is_what_was_public(name, days):
    """Of two days the later knows all that the earlier did; neither knows what came later, nor misses what had."""
    earlier, later = (known(name, day) for day in sorted(days))
    renamed = name == "instruments"  # an old ticker's row ends with it
    assert renamed or set(earlier.index) <= set(later.index)
    public = tables.public_on(stored(name), name)
    for day, rows in zip(sorted(days), (earlier, later)):
        assert renamed or set(rows.index) == set(public.index[public <= pd.Timestamp(day)])
        for field in tables.describe(name)["schema"]["fields"]:
            if "known_on" in field:
                assert (
                    rows.loc[tables.last_day(rows[field["known_on"]]) > pd.Timestamp(day), field["name"]].isna().all()
                )


def test_a_cell_that_its_row_dates_is_hidden_until_then():
    """A catalogue's price of October 2026 was not known at the article's date."""
    assert frozen("asics", as_of="2026-10-02")["price_usd"].isna().all()
    assert frozen("asics", as_of="2026-10-03")["price_usd"].notna().any()


def test_what_became_known_later_is_applied_from_its_day():
    """By hand: a bid of 4 June 2024 was rejected on the 6th, a campus handed over in 2026, its user named then."""
    states = {
        day: frozen("deals", as_of=day).set_index("deal_id")["state"]
        for day in ("2024-06-05", "2024-06-06", "2026-07-05", "2026-07-06")
    }
    bid, helios = "CORZ-2024-06-CWBID", "GLXY-2025-03-CW1"
    assert [states["2024-06-05"][bid], states["2024-06-06"][bid]] == ["offered", "terminated"]
    assert [states["2026-07-05"][helios], states["2026-07-06"][helios]] == ["partly_delivered", "delivered"]
    assert pd.isna(frozen("deals", as_of="2026-01-28").set_index("deal_id").loc[helios, "end_user"])
    assert frozen("deals").set_index("deal_id").loc[helios, "end_user"].startswith("undisclosed multi-trillion")
    names = [
        frozen("instruments", as_of=day).set_index("ticker").loc["KEEL", "name"] for day in ("2026-04-05", "2026-04-06")
    ]
    assert names == ["Bitfarms", "Keel Infrastructure"]


def test_later_knowledge_keeps_the_type_of_its_column(tmp_path):
    """A number stays a number, a date a date, and an empty value makes a cell unknown."""
    data = shutil.copytree(FOLDER, tmp_path / "data")
    rows = [
        "deals,APLD-2025-06-CW1,extension_value_usd_bn,9.5,2026-01-01,,,reported,",
        "deals,APLD-2025-06-CW1,extension_value_usd_bn,,2026-02-01,,,reported,",
        "deals,APLD-2025-09-CW2,noted_on,2026-01-05,2026-01-05,,,reported,",
        "prices,IREN|2026-01-28,n_sources,7,2026-02-01,,,reported,",
    ]
    with (data / "knowledge.csv").open("a", encoding="utf-8") as file:
        file.write("\n".join(rows) + "\n")
    validation.seal(data)
    deals = tables.load("deals", as_of="2026-01-15", folder=data).set_index("deal_id")
    assert deals.loc["APLD-2025-06-CW1", "extension_value_usd_bn"] == 9.5
    assert deals["extension_value_usd_bn"].dtype == float
    assert deals.loc["APLD-2025-09-CW2", "noted_on"] == pd.Timestamp("2026-01-05")
    later = tables.load("deals", folder=data).set_index("deal_id")
    assert pd.isna(later.loc["APLD-2025-06-CW1", "extension_value_usd_bn"])
    prices = tables.load("prices", folder=data).set_index(["symbol", "date"])["n_sources"]
    assert str(prices.dtype) == "Int64"
    assert prices["IREN", "2026-01-28"] == 7


def test_a_later_date_of_an_earlier_text_is_hidden():
    """A page of 30 January 2026 reports a call of the 28th: the row is known on the 28th, the page's date is not."""
    rows = frozen("claims_evidence", as_of="2026-01-28").set_index(["claim_id", "evidence_no"])
    assert pd.isna(rows.loc[("msft-ai-growth", 1), "published_on"])
    assert rows.loc[("msft-ai-growth", 1), "origin_on"] == pd.Timestamp("2026-01-28")


def test_an_edition_limits_every_table(monkeypatch):
    """In an edition no load sees more than its day, an asked later day included; what had no rows is empty."""
    monkeypatch.setenv(tables.EDITION, "2024-06-30")
    assert tables.load("prices")["date"].max() == tables.load("prices", as_of="2026-01-28")["date"].max()
    assert tables.load("prices")["date"].max() <= pd.Timestamp("2024-06-30")
    assert tables.load("claims").empty
    assert list(tables.load("claims").dtypes) == list(stored("claims").dtypes)
    assert tables.through("prices") == "2024-06-30"


@pytest.mark.parametrize("name", NAMES)
def test_the_first_and_the_last_public_day_bound_a_table(name):
    """Refused the day before the first row, one row short the day before the last, whole from then on."""
    if not tables.describe(name)["public"]:
        renamed = stored(name).get("renamed_to", pd.Series(dtype=object)).dropna()  # nobody knows the new name yet
        assert len(tables.load(name, as_of="1900-01-01")) == len(stored(name)) - len(renamed)
        return
    public = tables.public_on(stored(name), name)
    pd.testing.assert_frame_equal(tables.load(name, as_of="2100-01-01"), whole(name))
    assert len(tables.load(name, as_of=public.max())) == len(whole(name))
    first, eve = public.min(), public.min() - pd.Timedelta(days=1)
    assert len(tables.load(name, as_of=first)) == (public == first).sum()
    message = rf"data/{name}\.csv has nothing that was public on {eve:%Y-%m-%d}: .*as_of=\"{first:%Y-%m-%d}\" or later"
    if name == "knowledge":  # nothing had been learned
        assert tables.load(name, as_of=eve).empty
    else:
        with pytest.raises(tables.TableError, match=message):
            tables.load(name, as_of=eve)
    if first < public.max():
        before = tables.load(name, as_of=public.max() - pd.Timedelta(days=1))
        assert len(before) == (public < public.max()).sum() < len(whole(name))


@pytest.mark.parametrize("day", ["2026", "2026-02-30", "28/01/2026", "last week", "", 2026, pd.NaT])
def test_what_is_not_a_day_is_refused(day):
    """pandas would read some of these as a day that nobody meant."""
    with pytest.raises(tables.TableError, match=r'expected a day as "YYYY-MM-DD"'):
        tables.load("prices", as_of=day)


def test_a_day_can_be_text_a_date_or_a_timestamp():
    """Whatever its hour, and whatever its time zone: a day is a day."""
    days = ["2026-01-28", date(2026, 1, 28), pd.Timestamp("2026-01-28 16:00", tz="America/New_York")]
    assert {len(tables.load("deals", as_of=day)) for day in days} == {len(tables.load("deals", as_of=days[0]))}


@pytest.mark.parametrize(
    ("name", "row", "grade"),
    [
        ("prices", {"symbol": "IREN", "date": "2026-01-28"}, "reported"),
        ("deals", {"deal_id": "APLD-2025-06-CW1"}, "reported"),
        ("deals", {"deal_id": "GLXY-2025-03-CW1"}, "estimated"),  # dated to a month
        ("deals", {"deal_id": "HUT-HIGHRISE-GPU"}, "estimated"),  # undated
        ("power_prices", {"month": "2024-01"}, "estimated"),  # sixty days after the month
        ("miner_segments", {"ticker": "IREN", "period_end": "2024-06-30"}, "estimated"),  # no report date
    ],
)
def test_a_day_that_a_rule_stands_in_for_is_estimated(name, row, grade):
    """Only a full date of publication is reported."""
    table = frozen(name)
    chosen = table[(table[list(row)].astype(str) == pd.Series(row)).all(axis=1)]
    assert set(tables.public_grade(chosen, name, folder=FOLDER)) == {grade}


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%Y", "%Y-%m"])
def test_only_a_full_date_moves_the_end_of_a_table_of_days(tmp_path, form):
    """A loan of this year, told by its year alone, does not make the table complete to December; one of today does."""
    before = tables.describe("financings", FOLDER)["coverage"]
    day = f"{date.today():{form}}"  # later days are refused
    end = day if form == "%Y-%m-%d" else before["to"]
    data = shutil.copytree(FOLDER, tmp_path / "data")
    row = pd.DataFrame(columns=frozen("financings").columns, index=[0]).assign(
        financing_id=f"IREN-{day}-loan-new",
        ticker="IREN",
        announced_on=day,
        kind="loan",
        source_url="https://example.org/",
    )
    row.to_csv(data / "financings.csv", mode="a", header=False, index=False, lineterminator="\n")
    assert validation.seal(data) == ["financings"]
    tables.forget()
    assert tables.describe("financings", data)["coverage"] == before | {"to": end}
    assert len(tables.load("financings", folder=data)) == len(frozen("financings")) + 1


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("deal_type", "colocation", r"deal_type is 'colocation'; expected one of colocation_lease, gpu_cloud, .*"),
        (
            "announced_on",
            "6 July 2026",
            r"announced_on is '6 July 2026', not a date; expected a date as YYYY-MM-DD, .*",
        ),
        ("critical_it_mw", "50 MW", r"critical_it_mw is '50 MW', not a number; expected a number .*empty cell"),
        ("source_url", "", r"source_url is ''; expected an address that begins with https://, not an empty cell"),
        (
            "supersedes",
            "OLD",
            r'for "supersedes": values "OLD" not found in the table "deals" itself .*remove this row with it',
        ),
        ("ticker", "HIV", r'for "ticker": values "HIV" not found in the table "instruments" as "ticker"; add .*'),
    ],
)
def test_a_mistake_in_a_new_row_is_explained(tmp_path, column, cell, message):
    """The typical mistakes of a new deal, each with file, row, cell and mend."""
    data = shutil.copytree(FOLDER, tmp_path / "data")
    deals = pd.read_csv(FOLDER / "deals.csv", keep_default_na=False, dtype=object)
    deals.loc[0, column] = cell
    deals.to_csv(data / "deals.csv", index=False, lineterminator="\n")
    faults = [fault for fault in validity.problems(data, checksums=False) if "deals.csv row 2" in fault]
    assert any(re.fullmatch(rf"data/deals\.csv row 2: {message}", fault) for fault in faults), faults


def test_types_come_from_the_manifest():
    """Dates are datetimes, integers nullable, an empty cell missing."""
    prices, deals = tables.load("prices"), tables.typed(DATA / "deals.csv", tables.describe("deals"))
    assert prices["date"].dtype.kind == "M"
    assert str(prices["n_sources"].dtype) == "Int64"
    cells = pd.read_csv(DATA / "deals.csv", dtype=str, keep_default_na=False)["contract_value_usd_bn"]
    assert (deals["contract_value_usd_bn"].isna() == (cells == "")).all()


def test_the_earliest_end_and_the_weakest_grade_win():
    """A result is as old as its oldest source and as weak as its weakest."""
    assert tables.through(["prices", "network.fees_btc"]) == tables.through("network.fees_btc")
    assert tables.weakest(["reported", "estimated", "derived"]) == "estimated"


@pytest.mark.parametrize("name", NAMES)
def test_recording_a_table_anew_would_not_move_its_coverage(name):
    """What `make check` would record after an edit is what stands in the manifest."""
    entry, said = tables.describe(name), {each["name"]: each for each in metadata.authored(DATA)}[name]
    again = metadata.sealed(DATA, said, entry | {"hash": "of other bytes"})
    assert {**again, "updated": ""} == {**entry, "updated": ""}


def test_the_manifest_is_made_of_the_metadata_beside_each_table():
    """Nothing in it is written by hand: making it anew gives the same."""
    before = {entry["name"]: entry for entry in tables.read_manifest()["resources"]}
    again = [metadata.sealed(DATA, entry, before[entry["name"]]) for entry in metadata.authored(DATA)]
    assert metadata.package(DATA, again) == tables.read_manifest()


def test_edited_metadata_are_refused_until_they_are_sealed(tmp_path):
    """A word in a table's yml counts as an edit of the table; sealed, it is in the manifest."""
    data = shutil.copytree(FOLDER, tmp_path / "data")
    path = data / "halvings.yml"
    path.write_text(path.read_text("utf-8").replace("title: Halvings", "title: All halvings"), "utf-8")
    with pytest.raises(tables.TableError, match=r"data/halvings\.yml differs from the checksum"):
        tables.load("halvings", folder=data)
    assert validation.seal(data) == ["halvings"]
    assert tables.describe("halvings", data)["title"].startswith("All halvings")
    assert len(tables.load("halvings", folder=data)) == len(frozen("halvings"))


def test_a_note_older_than_its_table_is_named():
    """Of two notes, the one written before the table last changed."""
    notes = [{"written": f"2026-01-0{day}", "kind": "gap", "text": "t"} for day in (1, 2)]
    entry = {"name": "deals", "updated": "2026-01-02", "notes": notes}
    expected = "data/deals.yml: a gap note is of 2026-01-01 and older than the table (2026-01-02): read again"
    assert metadata.outdated(entry) == expected
    assert not metadata.outdated(entry | {"updated": "2026-01-01"})


def test_the_newest_row_of_an_edition_is_its_own_and_not_the_edition_s_day(monkeypatch):
    """Coverage says how far a table was followed; in an edition that is the edition's day even if nothing happened."""
    table = pd.DataFrame({"date": pd.to_datetime(["2025-12-01", "2026-01-15"]), "text": ["2025", "2026-01"]})
    coverage = {"to": "2026-01-28", "column": "date"}
    assert tables.newest_row(table, coverage) == "2026-01-28"
    monkeypatch.setenv(tables.EDITION, "2026-01-28")
    assert tables.newest_row(table, coverage) == "2026-01-15"
    assert tables.newest_row(table.iloc[:0], coverage) == "2026-01-28"
    assert tables.newest_row(table, {"to": "2026-01-28", "column": "text"}) == "2026-01-28"  # the month's last day, cut
    text = table.assign(text=["2025", "2025-11"])
    assert tables.newest_row(text, {"to": "2026-01-28", "column": "text"}) == "2025-11-30"  # not the year's end
    filled = table.assign(mw=[1.0, None])
    assert tables.newest_row(filled, coverage | {"filled": "mw"}) == "2025-12-01"
    assert tables.newest_row(table, {"to": "2026-01-28"}) == "2026-01-28"


def test_closes_end_together_on_the_last_day_that_all_have():
    """B ends a day before A."""
    days = pd.to_datetime(["2026-01-05", "2026-01-05", "2026-01-06"])
    assert tables.shared_end(pd.DataFrame({"date": days, "symbol": ["A", "B", "A"]})) == days[0]
    assert pd.isna(tables.shared_end(pd.DataFrame({"date": days[1:], "symbol": ["B", "A"]})))
