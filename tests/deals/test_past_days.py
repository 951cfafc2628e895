"""The ledger of deals as it stood on past days: history does not change when rows are appended."""

import shutil

import pandas as pd
import pytest

from minerpivot.data.tables import DATA, load
from minerpivot.deals import ledger
from tests import validity
from tests.frozen import FOLDER

LAST = "2026-10-09"  # texts about deals reach to about this day


def in_force(day):
    """Contracts in force on a day, their critical-IT megawatts at the company's own share in `own_mw`."""
    rows = ledger.contracted(load("deals", as_of=day))
    own = rows["mw"].where(rows["mw_basis"] == "critical IT") * rows["own_share_pct"].fillna(100) / 100
    return rows.assign(own_mw=own)


def today(*tickers):
    """The tickers under which companies go now; skips where a fork has removed one whose own figures are checked."""
    stored = pd.read_csv(DATA / "instruments.csv", dtype=str).set_index("ticker")
    missing = set(tickers) - set(stored.index)
    if missing:
        pytest.skip(f"{', '.join(sorted(missing))}, whose own figures are checked, is not in data/instruments.csv")
    renamed, found = stored["renamed_to"].dropna(), list(tickers)
    while set(found) & set(renamed.index):
        found = [renamed.get(ticker, ticker) for ticker in found]
    return found


@pytest.mark.parametrize(
    ("ticker", "day", "megawatts"),
    [
        ("APLD", "2025-08-29", 400), ("APLD", "2026-06-08", 1410), ("APLD", LAST, 1410),
        ("HUT", "2026-05-06", 597), ("HUT", "2026-07-20", 949), ("HUT", LAST, 949),
        ("GLXY", "2025-08-15", 526), ("GLXY", LAST, 526),
        ("CORZ", "2024-06-25", 270), ("CORZ", "2024-08-06", 382),
        ("RIOT", "2026-04-30", 50), ("RIOT", LAST, 50 + 191),
        ("WULF", "2026-02-26", 522), ("WULF", LAST, 438 + 401),
        ("CIFR", "2025-11-20", 207), ("CLSK", LAST, 175), ("BTDR", LAST, 121),
    ],
)  # fmt: skip
def test_own_megawatts_equal_what_the_company_states(ticker, day, megawatts):
    """Critical-IT megawatts at the company's own share, to the megawatt (522 is 438 + 50.1 percent of 168)."""
    (ticker,) = today(ticker)
    rows = in_force(day)
    # 16 MW at Austin, signed in March 2024, are not among the totals that Core Scientific gave in that year
    rows = rows[rows["deal_id"] != "CORZ-2024-AUSTIN16"]
    assert rows.loc[rows["ticker"] == ticker, "own_mw"].sum() == pytest.approx(megawatts, abs=0.5)


@pytest.mark.parametrize(("day", "stated"), [("2025-02-26", 590), (LAST, 590 + 529)])
def test_core_scientifics_rounded_total(day, stated):
    """Its "about 590 MW" are 588 in the ledger."""
    (ticker,) = today("CORZ")
    rows = in_force(day)
    assert rows.loc[rows["ticker"] == ticker, "own_mw"].sum() == pytest.approx(stated, abs=2)


@pytest.mark.parametrize(
    ("ticker", "day", "usd_bn"),
    [
        ("CORZ", "2024-06-25", 4.725), ("CORZ", "2024-08-06", 6.7), ("CORZ", "2024-10-22", 8.7),
        ("APLD", "2026-06-08", 36.2), ("HUT", LAST, 26.6), ("CIFR", "2025-11-20", 3.83 + 5.5),
    ],
)  # fmt: skip
def test_values_equal_what_the_company_states(ticker, day, usd_bn):
    """Base values; the more than 0.1 bn of Austin are not among Core Scientific's totals."""
    (ticker,) = today(ticker)
    rows = in_force(day)
    rows = rows[rows["deal_id"] != "CORZ-2024-AUSTIN16"]
    assert rows.loc[rows["ticker"] == ticker, "contract_value_usd_bn"].sum() == pytest.approx(usd_bn)


def test_contracts_after_june_2026():
    """1,769 MW critical IT and 71.0 bn: 57.2 stated, of which 5.2 prolong an old lease, and 13.8 by difference."""
    signers = today("WULF", "CLSK", "HUT", "CORZ", "BTDR", "RIOT", "CIFR", "IREN")
    rows = in_force(LAST)
    new = rows[(rows["announced"] > "2026-06-29") & rows["ticker"].isin(signers)]  # a fork may follow others too
    assert new["own_mw"].sum() == 1769
    by = new.groupby("value_basis")["contract_value_usd_bn"].sum()
    assert by.to_dict() == pytest.approx({"stated": 57.2, "difference": 13.8})
    assert new.loc[new["counts_as"] == "extension", "contract_value_usd_bn"].tolist() == [5.2]


def test_nothing_counts_twice():
    """Parts have no value, totals and extensions no megawatts; what was replaced, sold or never bound is out."""
    rows = load("deals", as_of=LAST).set_index("deal_id")
    counted = in_force(LAST).set_index("deal_id")
    parts = rows[rows["part_of"].notna()]
    assert parts["contract_value_usd_bn"].isna().all()
    assert parts.groupby("part_of").size().equals(rows["parts"].dropna().astype("int64").sort_index())
    assert counted.loc[counted["counts_as"].isin(["value", "extension"]), "mw"].isna().all()
    assert not {"BTDR-2026-06-TYDAL", "WULF-2025-10-ABERNATHY"} & set(counted.index)
    assert "CORZ-2024-08-CWOPT1-2" not in rows.index
    outside = ["WULF-2026-10-MUSKIE1GW", "MARA-2026-07-MATAGORDA", "IREN-2026-06-BUNDEY", "HIVE-2026-06-BODEN-LOI"]
    assert not set(outside) & set(counted.index)
    extended = rows.loc[rows["counts_as"] == "extension", "extends"].str.split("; ").explode()
    assert rows.loc[extended, "extension_value_usd_bn"].isna().all()


def test_a_part_with_a_value_of_its_own_is_refused():
    """The deliberate error: half of Core Scientific's 13.8 bn entered once more beside the common row."""
    today("CORZ")
    rows = load("deals", as_of=LAST)
    rows.loc[rows["deal_id"] == "CORZ-2026-07-AMD", "contract_value_usd_bn"] = 6.9
    with pytest.raises(ValueError, match="CORZ-2026-07-AMD: has a value that CORZ-2026-07-TOTAL contains"):
        ledger.contracted(rows)


def test_later_knowledge_is_not_seen_before_its_day():
    """The edition of 28 January 2026 knows no Oracle, no 216 MW at Black Pearl and no sale; 2026-10-09 knows all."""
    today("APLD", "CIFR", "WULF")
    then, now = (load("deals", as_of=day).set_index("deal_id") for day in ("2026-01-28", LAST))
    cells = [("APLD-2025-10-PF2", "tenant"), ("CIFR-2025-11-AWS", "mw_basis"), ("WULF-2025-10-ABERNATHY", "state")]
    assert [then.loc[cell] for cell in cells] == ["undisclosed A (APLD)", "open", "signed"]
    assert [now.loc[cell] for cell in cells] == ["Oracle", "both", "sold"]
    assert pd.isna(then.loc["CIFR-2025-11-AWS", "critical_it_mw"])
    assert now.loc["CIFR-2025-11-AWS", "critical_it_mw"] == 216


@pytest.mark.parametrize("name", ["deals", "deal_terms", "deal_sources"])
@pytest.mark.parametrize("day", ["2025-06-30", "2026-01-28", "2026-06-29"])
def test_no_address_of_a_past_day_names_a_later_one(name, day):
    """Days that an address shows (2026-05-26, 2026/05/26): one day of grace for the other side of the world."""
    rows = load(name, as_of=day)
    for column in [column for column in rows if column.endswith("source_url")]:
        shown = rows[column].astype("string").str.extract(r"(20\d\d)[/-](\d\d)[/-](\d\d)(?!\d)")
        days = pd.to_datetime(shown[0] + "-" + shown[1] + "-" + shown[2], errors="coerce")
        assert not (days > pd.Timestamp(day) + pd.Timedelta(days=1)).any(), rows.loc[days > day, column].tolist()


def test_day_and_hour_of_an_event_are_those_of_its_deal():
    """No row corrects another: event_flags repeats what deals says."""
    both = load("event_flags").merge(load("deals"), on="deal_id", suffixes=("", "_deal"))
    assert (both["announced_on"].dt.strftime("%Y-%m-%d") == both["announced_on_deal"]).all()
    assert (both["announced_time"] == both["announced_time_deal"]).all()
    assert (both["ticker"] == both["ticker_deal"]).all()


def test_what_one_page_tells_of_a_row_is_judged_together(tmp_path):
    """Basis and gross megawatts of one day are valid; the megawatts alone contradict the basis and are refused."""
    said = "deals,GLXY-2025-03-CW1,{},{},2026-10-01,,https://example.org/,reported,\n"
    for fields, valid in (({"gross_mw": "200", "mw_basis": "both"}, True), ({"gross_mw": "200"}, False)):
        folder = shutil.copytree(FOLDER, tmp_path / str(valid))
        with (folder / "knowledge.csv").open("a", encoding="utf-8") as file:
            file.writelines(said.format(*cell) for cell in fields.items())
        faults = validity.problems(folder, checksums=False)
        assert bool(faults) is not valid, faults
    assert any("gross_mw" in fault and "after which the row breaks" in fault for fault in faults), faults
