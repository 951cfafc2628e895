# ruff: noqa: E501 - a case is a line
"""What `make check` refuses, in which words, and what it tells before it records: on a small copy of the tables."""

import errno
import json
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from minerpivot import __main__ as commands
from minerpivot.data import disk, edits, metadata, rules, tables, validation
from tests import validity
from tests.frozen import FOLDER

NAMES = [
    "capex_guidance", "deals", "earnings_dates", "event_flags", "financings", "halvings", "instruments", "knowledge",
    "miner_segments", "prices", "shares_outstanding", "splits",
]  # fmt: skip
SINCE = "2026-05-01"  # of the closes


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A valid data folder, quick to validate: a dozen tables, closes of three instruments, sealed."""
    folder = tmp_path_factory.mktemp("small") / "data"
    folder.mkdir()
    shutil.copy(FOLDER / "package.yml", folder)
    for name in NAMES:
        shutil.copy(FOLDER / f"{name}.yml", folder)
        rows = text(FOLDER, name)
        if name == "prices":
            rows = rows[rows["symbol"].isin(["IREN", "NVDA", "BTC-USD"]) & (rows["date"] >= SINCE)]
        save(folder, name, rows)
    validation.seal(folder)
    return folder


@pytest.fixture
def data(small, tmp_path):
    """A copy of it that may be spoilt."""
    return shutil.copytree(small, tmp_path / "data")


def text(folder, name):
    """A table as text, empty cells as empty text."""
    return pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)


def save(folder, name, rows):
    """Write a table of text."""
    rows.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


def change(folder, name, key, **cells):
    """Set cells of the row that the start of a key names; returns its number in the file."""
    rows = text(folder, name)
    entry = {
        "schema": {"primaryKey": metadata.read(folder / f"{name}.yml", metadata.DESCRIBED)["schema"]["primaryKey"]}
    }
    row = rows.index[tables.row_keys(rows, entry) == key]
    assert len(row) == 1, f"{name} has no row {key}"
    for column, cell in cells.items():
        rows.loc[row[0], column] = cell
    save(folder, name, rows)
    return row[0] + 2


def rewrite(path, old, new):
    """Replace a text that stands once in a file."""
    said = path.read_text("utf-8")
    assert said.count(old) == 1, f"{path.name} has {old!r} {said.count(old)} times"
    path.write_text(said.replace(old, new), encoding="utf-8", newline="\n")


@cache
def sound(small):
    """The metadata of the small copy and its tables as read: what is not spoilt need not be read again."""
    entries = metadata.authored(small)
    return entries, validation.examined(small, entries)[0]


def problems(folder, *names, small=None):
    """The faults (of the spoilt tables `names` and those that they contradict), each in one line that names a file."""
    if names:
        entries, tables_ = sound(small)
        found, faults = validation.examined(folder, entries, set(names))
        faults = faults or validation.judged(tables_ | found, set(names))
    else:
        faults = validity.problems(folder, checksums=False)
    for fault in faults:
        assert re.match(r"data/[\w.]+", fault), fault
        assert "\n" not in fault
        assert len(fault) < 700, fault
    return faults


def test_the_small_copy_is_valid(small):
    """What follows is refused for what was spoilt."""
    assert problems(small) == []


def test_what_was_found_sound_is_not_believed_once_another_table_has_changed(data):
    """Remembered is what was found of these very bytes: of rows that refer to one that is gone, nothing."""
    rows = text(data, "instruments")
    assert problems(data) == []
    for _ in range(2):
        save(data, "instruments", rows[rows["ticker"] != "IREN"])
        assert any("IREN" in fault and fault.startswith("data/prices.csv") for fault in problems(data))
    save(data, "instruments", rows)
    assert problems(data) == []


@pytest.mark.parametrize(
    ("prices", "conflicts", "there", "asked"),
    [
        ("B,2026-01-02 A,2026-01-02", "A,2026-01-02 B,2026-01-02", True, False),
        ("A,2026-01-02 B,2026-01-03", "A,2026-01-03", True, True),  # both cells stand there, not in one row
        ("A,2026-01-02", ",", True, False),
        ("A,2026-01-02", "A,", True, True),
        ("A,2026-01-02", "A,2026-01-02", False, True),  # a table that was not read
    ],
)
def test_of_a_proven_table_it_is_asked_whether_what_it_refers_to_is_there(prices, conflicts, there, asked):
    """By all cells of a key together; where nothing is referred to there is nothing to ask."""
    key = {"fields": ["symbol", "date"], "reference": {"resource": "prices", "fields": ["symbol", "date"]}}
    fields = [{"name": name, "type": "string"} for name in ("symbol", "date")]
    rows = {
        name: pd.DataFrame([row.split(",") for row in text.split()], columns=["symbol", "date"], dtype="string")
        for name, text in (("prices", prices), ("conflicts", conflicts))
    }
    known = {
        name: rules.Table({"name": name, "schema": {"fields": fields, "foreignKeys": keys}}, raw, raw, "2026-11-27")
        for name, raw, keys in ((n, cells.mask(cells == ""), [key] * (n == "conflicts")) for n, cells in rows.items())
    }
    at_hand = known if there else {"conflicts": known["conflicts"]}
    assert validation._may_dangle(known["conflicts"], at_hand, [{"name": "prices"}]) == asked


# --- facts that cannot be -----------------------------------------------------------------------

DEAL, EVENT = "CIFR-2025-09-FS1", "IREN-2025-11-MSFT"


@pytest.mark.parametrize(
    ("name", "key", "cells", "message"),
    [
        ("prices", "IREN|2026-06-01", {"close": "inf"}, "close is 'inf', not a number; expected a number and at least 0.0001 and at most"),
        ("prices", "IREN|2026-06-01", {"close": "1e308"}, "close is '1e308', larger than any quantity here; correct"),
        ("prices", "IREN|2026-06-01", {"close": "1e999"}, "close is '1e999', larger than any quantity here; correct"),
        ("prices", "IREN|2026-06-01", {"n_sources": "1e3"}, "n_sources is '1e3', not an integer; expected an integer"),
        ("prices", "IREN|2026-06-01", {"n_sources": "9" * 400}, r"n_sources is '9+'\.\.\. \(400 characters\), larger"),
        ("prices", "IREN|2026-06-01", {"close": "nan"}, "close is 'nan', a word for nothing; an unknown value"),
        ("prices", "IREN|2026-06-01", {"close": "0"}, "close is '0'; expected a number and at least 0.0001"),
        ("prices", "IREN|2026-06-01", {"close": "1_000"}, "close is '1_000', not a number; expected"),
        ("prices", "IREN|2026-06-01", {"close": "true"}, "close is 'true', not a number; expected"),
        ("prices", "IREN|2026-06-01", {"date": "2026-05-30"}, ".* is 'IREN' and date is '2026-05-30', no session of the"),
        ("prices", "IREN|2026-06-01", {"date": "2062-06-01"}, "date is '2062-06-01', later than today, .*; correct"),
        ("halvings", "4", {"date_utc": "20 April 2024"}, "date_utc is '20 April 2024'"),
        ("halvings", "4", {"height": "many"}, "height is 'many', .*expected an integer"),
        ("halvings", "4", {"halving": "3"}, "the same as in the row at position 4; .*remove the copy"),
        ("halvings", "4", {"date_utc": "2028-04-20"}, "date_utc is '2028-04-20', must keep date_utc <= today .*; only an"),
        ("miner_segments", "CIFR|2025-06-30", {"reported_on": "2024-08-07"}, "period_end .* must keep period_end < rep"),
        ("miner_segments", "CIFR|2025-06-30", {"ai_hpc_revenue_usd_m": "4000", "ai_includes_fit_out": "n"}, "ai_hpc.*a part"),
        ("deals", DEAL, {"deal_type": "colocation"}, "deal_type is 'colocation'; expected one of colocation_lease, gpu_"),
        ("deals", DEAL, {"announced_on": "6 July 2026"}, "announced_on is '6 July 2026', not a date; expected a date as"),
        ("deals", DEAL, {"announced_on": "2026-13-10"}, "announced_on is '2026-13-10', no day of the calendar; correct"),
        ("deals", DEAL, {"announced_on": "2026-02-30"}, "announced_on is '2026-02-30', no day of the calendar; correct"),
        ("deals", DEAL, {"announced_on": "2062-03-10"}, r"announced_on is '2062-03-10', later than today, \d{4}-\d\d-\d\d"),
        ("deals", DEAL, {"announced_on": "2062"}, r"announced_on is '2062', later than today, \d{4}-\d\d-\d\d; correct"),
        ("deals", DEAL, {"gross_mw": "50 MW"}, "gross_mw is '50 MW', not a number; expected a number .*, or an empty c"),
        ("deals", DEAL, {"source_url": ""}, "source_url is ''; expected an address that begins with https://, not an"),
        ("deals", DEAL, {"source_url": "www.sec.gov/x"}, r"source_url is 'www.sec.gov/x' \(not an address\); expected an ad"),
        ("deals", DEAL, {"supersedes": "OLD"}, '.*"OLD" not found in the table "deals" itself .*remove this row with it'),
        ("deals", DEAL, {"ticker": "HIV"}, '.*values "HIV" not found in the table "instruments" as "ticker"; add the m'),
        ("deals", DEAL, {"term_years": "0"}, r"term_years is '0'; expected a number and at least 0.1"),
        ("deals", DEAL, {"critical_it_mw": "1000"}, "critical_it_mw is '1000' and gross_mw is '244', must keep"),
        ("deals", DEAL, {"contract_value_usd_bn": "30"}, "contract_value_usd_bn is '30' and .*"),
        ("deals", DEAL, {"guarantor": ""}, "credit_ground is 'guarantee' and guarantor is '', must have guarantor filled"),
        ("deals", DEAL, {"tenant": ""}, "counts_as is 'contract' and tenant is '' .* filled where .*; say who signed"),
        ("deals", DEAL, {"deal_id": "WULF-2025-09-FS1"}, "deal_id is 'WULF-2025-09-FS1' and ticker is 'CIFR', must begin"),
        ("capex_guidance", "META-2026-2026-01-28", {"low_usd_bn": "145"}, "low_usd_bn is '145' and .*; exchange them"),
        ("capex_guidance", "META-2026-2026-01-28", {"high_usd_bn": "135000"}, "high_usd_bn is '135000'; expected"),
        ("event_flags", EVENT, {"ticker": "CIFR"}, "deal_id is 'IREN-2025-11-MSFT' and ticker is 'CIFR', which its deal"),
        ("event_flags", EVENT, {"announced_on": "2025-11-04"}, ".*announced_on is '2025-11-04', which its deal contra"),
        ("event_flags", DEAL, {"same_day_financing": "n"}, "deal_id is 'CIFR-2025-09-FS1' and .* though financings has"),
        ("event_flags", EVENT, {"announced_time": "25:00"}, "announced_time is '25:00'; expected a string and of the form"),
        ("event_flags", EVENT, {"first_session": "2025-11-02"}, "announced_on is '2025-11-03' and first_session is"),
        ("event_flags", EVENT, {"first_session": "2025-11-08"}, ".*not the first session that could react; take the ex"),
        ("splits", "HUT|2023-12-05", {"closes_restated": "n", "effective_on": "2023"}, "effective_on is '2023', .* only a whole"),
        ("splits", "NVDA|2024-06-10", {"effective_on": "2024-06-09"}, ".* no session of the exchange; correct the date"),
        ("splits", "NVDA|2024-06-10", {"new_shares": "1"}, "new_shares is '1' and old_shares is '1', must keep new_sha"),
        ("instruments", "CIFR", {"renamed_to": "KEEL"}, "renamed_to is 'KEEL' and renamed_on is '', must have renamed_on"),
        ("instruments", "CIFR", {"renamed_on": "2026-02-02"}, ".*must have renamed_to filled .*; name the new ticker"),
        ("instruments", "IREN", {"last_session": "2026-06-01"}, None),
        ("financings", "GLXY-2025-10-27-convertible", {"maturity": "2025-01-01"}, "announced_on is '2025-10-27' and mat"),
        ("shares_outstanding", "MARA|2024-06-30|cover_page", {"shares_m": "294474"}, "shares_m is '294474'; expected|.*tim"),
        ("earnings_dates", "MSFT|FY2026 Q2", {"reported_on": "2025-01-28"}, "ticker is 'MSFT' and .*that quarter ended"),
        ("earnings_dates", "MSFT|FY2026 Q2", {"reported_on": "2026-01-31"}, "reported_on is '2026-01-31', at a weekend"),
        ("miner_segments", "IREN|2025-09-30", {"fiscal_period": "FY2025 Q1"}, ".*but the period that ends on 2025-09-30"),
        ("miner_segments", "IREN|2025-09-30", {"period_end": "2025-09-29"}, "period_end is '2025-09-29', no end of a mon"),
        ("miner_segments", "IREN|2025-09-30", {"revenue_usd_m": "240300"}, ".*"),
    ],
)  # fmt: skip
def test_a_fact_that_cannot_be_is_refused(small, data, name, key, cells, message):
    """File, row, field, value, what is wrong, mend."""
    row = change(data, name, key, **cells)
    spoilt = name
    if message is None:  # the closes go on after the last session: they are at fault
        name, row, message = "prices", r"\d+", "symbol is 'IREN' and date is '.*', after the last session of the ins"
    faults = problems(data, spoilt, small=small)
    assert any(re.match(rf"data/{name}\.csv row {row}: {message}", fault) for fault in faults), faults


def test_a_changed_datum_is_refused(data):
    """One changed digit in a table: load names the file and the mend."""
    rewrite(data / "halvings.csv", "840000", "840001")
    with pytest.raises(tables.TableError, match=r"data/halvings\.csv differs from the checksum.*make check"):
        tables.load("halvings", folder=data)
    assert any("halvings.csv" in fault for fault in validity.problems(data))


def test_a_company_without_its_row_does_not_fill_the_screen(data):
    """Each of its prices is a fault; the first few are spelt out and the others counted."""
    rows = text(data, "instruments")
    save(data, "instruments", rows[rows["ticker"] != "IREN"])
    prices = [fault for fault in problems(data) if fault.startswith("data/prices.csv")]
    assert len(prices) == validation.SHOWN + 1
    assert re.fullmatch(r"data/prices\.csv: \d+ or more besides; mend these first and run .*", prices[-1])


def test_nothing_is_recorded_while_a_fault_stands(data):
    """Every fault is in the refusal, and the manifest keeps its bytes."""
    change(data, "prices", "IREN|2026-06-01", close="inf")
    change(data, "deals", DEAL, term_years="0")
    sealed = (data / "datapackage.json").read_bytes()
    with pytest.raises(tables.TableError, match=r"(?s)data/deals\.csv row .*data/prices\.csv row "):
        validation.seal(data)
    assert (data / "datapackage.json").read_bytes() == sealed


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "deal,X,state,signed,2026-01-01",
            "table is 'deal', no table with sound rows; the tables are capex_guidance, ",
        ),
        ("deals,X,state,signed,2026-01-01", "table is 'deals' and row is 'X', no row of deals; name it by its primary"),
        (f"deals,{DEAL},stat,signed,2026-01-01", "table is 'deals' and field is 'stat', no column of deals"),
        (f"deals,{DEAL},state,sign,2026-01-01", ".*value is 'sign', no value of deals.state; expected one of signed"),
        (f"deals,{DEAL},gross_mw,1e999,2026-01-01", ".*value is '1e999', no value of deals.gross_mw; expected a num"),
        (f"deals,{DEAL},announced_on,2025-09-24,2026-01-01", ".*a column that names or dates its row; correct the row"),
        (f"deals,{DEAL},state,delivered,2025-09-01", ".*before the row itself was public, 2025-09-25; correct the day"),
        (f"deals,{DEAL},critical_it_mw,700,2026-01-01", ".*after which the row breaks: must keep critical_it_mw <= "),
        (f"deals,{DEAL},supersedes,GONE,2026-01-01", ".*value is 'GONE', not among deal_id of deals; add the row"),
    ],
)
def test_later_knowledge_is_about_a_cell_that_is_there(small, data, row, message):
    """A value that no load could use, or that came before the row, is refused where it stands."""
    with (data / "knowledge.csv").open("a", encoding="utf-8") as file:
        file.write(f"{row},,https://example.org/,reported,\n")
    faults = problems(data, "knowledge", small=small)
    where = rf"data/knowledge\.csv row {len(text(data, 'knowledge')) + 1}: "
    assert re.match(where + message, faults[0]), faults
    assert all(re.match(where, fault) for fault in faults)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            f"deals,{DEAL},tenant,undisclosed lab,2026-01-01",
            "tenant is 'undisclosed lab' and tenant_disclosed is 'y', w",
        ),
        (
            f"deals,{DEAL},part_of,{DEAL},2026-01-01",
            f"deal_id is '{DEAL}' and part_of is '{DEAL}', the row itself; corr",
        ),
        (
            "prices,IREN|2026-06-01,close,130,2026-07-01",
            "symbol is 'IREN' and date is '2026-06-01' and close is '130', ",
        ),
    ],
)
def test_later_knowledge_keeps_what_its_table_keeps(small, data, row, message):
    """A cell that was right and becomes wrong, in its series or beside other facts, is told where that is said."""
    with (data / "knowledge.csv").open("a", encoding="utf-8") as file:
        file.write(f"{row},,https://example.org/,reported,\n")
    faults = problems(data, "knowledge", row.partition(",")[0], small=small)
    table = row.partition(",")[0]
    where = f"data/knowledge.csv row {len(text(data, 'knowledge')) + 1}: "
    assert all(fault.startswith(where) for fault in faults), faults
    assert any(f", after which in {table} {message}" in fault for fault in faults), faults
    assert "yml" not in faults[0] or "data/knowledge.yml" in faults[0]


def test_an_hour_may_be_a_clock_and_the_session_must_be_its_own(small, data):
    """In New York, for the deal and its event alike; after four in the afternoon the next session reacts."""
    for clock, faults in {"07:30": 0, "16:00": 1}.items():
        for name in ("deals", "event_flags"):
            change(data, name, EVENT, announced_time=clock)
        found = problems(data, "deals", "event_flags", small=small)
        assert len(found) == faults, found
        assert all("not the first session that could react" in fault for fault in found)


def test_a_deal_supersedes_no_later_one_and_a_whole_has_as_many_parts(small, data):
    """And a part's whole is a row of value."""
    old = change(data, "deals", "CORZ-2025-10-VOTEDOWN", announced_on="2024-01-02", binding_since="", noted_on="")
    whole = change(data, "deals", "GLXY-2025-08-HELIOS-TOTAL", parts="2")
    part = change(data, "deals", DEAL, part_of="CIFR-2025-11-AWS")
    faults = "\n".join(problems(data, "deals", small=small))
    assert re.search(
        rf"row {old}: announced_on is '2024-01-02' and supersedes is .*, older than what it supersedes", faults
    )
    assert re.search(rf"row {whole}: deal_id is .* and parts is '2', fewer than its parts", faults)
    assert re.search(rf"row {part}: part_of is 'CIFR-2025-11-AWS', a row that does not count as value", faults)


def test_a_sealed_table_is_read_again_when_what_it_refers_to_changes(data):
    """Deals have the bytes that passed; the company that they name is gone."""
    rows = text(data, "instruments")
    save(data, "instruments", rows[rows["ticker"] != "HUT"])
    with pytest.raises(tables.TableError, match=r'data/deals\.csv row \d+: for "ticker": values "HUT" not found'):
        validation.seal(data)


# --- neighbours ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("factor", "word"), [(100, "99"), (10, r"9\.|1"), (0.1, r"0\.1"), (3, r"2\.|3")])
def test_a_close_that_leaves_its_neighbours_is_refused(small, data, factor, word):
    """And comes back: times the close before and after."""
    rows = text(data, "prices")
    at = rows.index[rows["symbol"] == "IREN"][10]
    rows.loc[at, "close"] = str(float(rows.loc[at, "close"]) * factor)
    save(data, "prices", rows)
    (fault,) = problems(data, "prices", small=small)
    assert re.match(
        rf"data/prices\.csv row {at + 2}: symbol is 'IREN' and .* is '.*', .* times the value before it and ", fault
    )
    assert "correct the value or its unit" in fault


def test_a_new_level_needs_a_split_or_an_acceptance(data):
    """Ten times the close from one session on: refused; with its split, or accepted with a reason, taken."""
    rows = text(data, "prices")
    later = rows.index[rows["symbol"] == "IREN"][-3:]
    rows.loc[later, "close"] = (rows.loc[later, "close"].astype(float) * 10).round(4).astype(str)
    save(data, "prices", rows)
    day, close = rows.loc[later[0], ["date", "close"]]
    (fault,) = problems(data)
    assert re.search(
        r"row \d+: symbol is 'IREN' .* times the value before it .* add the split to data/splits.csv", fault
    )
    splits = (data / "splits.csv").read_bytes()
    with (data / "splits.csv").open("a", encoding="utf-8") as file:
        file.write(f"IREN,{day},1,10,n,y,,\n")
    assert problems(data) == []
    (data / "splits.csv").write_bytes(splits)
    item = f'accepted:\n- {{row: IREN|{day}, field: close, value: "{close}", why: seen in two papers}}\nsources:\n'
    rewrite(data / "prices.yml", "sources:\n", item)
    assert problems(data) == []
    rewrite(data / "prices.yml", f'value: "{close}"', 'value: "1"')
    assert any("which the table does not hold; remove it from accepted" in fault for fault in problems(data))


def test_a_split_that_the_closes_do_not_show_is_refused(small, data):
    """Told as not restated, it would put a jump into closes that have none."""
    day = text(data, "prices").query("symbol == 'IREN'")["date"].iloc[9]
    with (data / "splits.csv").open("a", encoding="utf-8") as file:
        file.write(f"IREN,{day},1,10,n,y,,\n")
    (fault,) = problems(data, "prices", "splits", small=small)
    assert re.match(rf"data/prices\.csv row \d+: symbol is 'IREN' and date is '{day}'", fault)


def test_a_hole_in_a_series_is_refused(small, data):
    """Two weeks of closes are gone."""
    rows = text(data, "prices")
    save(data, "prices", rows.drop(rows.index[rows["symbol"] == "IREN"][20:30]))
    (fault,) = problems(data, "prices", small=small)
    assert re.search(r"\d\d days after the value before it .*; correct the date, fill the hole, or list row", fault)


def test_bitcoin_trades_at_weekends(small):
    """Its closes stand on days on which the exchange is closed."""
    days = pd.to_datetime(text(small, "prices").query("symbol == 'BTC-USD'")["date"])
    assert (days.dt.day_of_week > 4).any()


# --- files that are no tables --------------------------------------------------------------------


def columns(change):
    """Bytes of a table with the columns of the header changed."""

    def spoil(content):
        head, rest = content.split(b"\n", 1)
        names = head.decode().split(",")
        change(names)
        return ",".join(names).encode() + b"\n" + rest

    return spoil


def cells(change):
    """Bytes of a table with all rows changed, the header too."""

    def spoil(content):
        rows = [line.split(",") for line in content.decode().splitlines()]
        for row in rows:
            change(row)
        return "".join(",".join(row) + "\n" for row in rows).encode()

    return spoil


def swap(items):
    """The second and third of a row, exchanged."""
    items[1], items[2] = items[2], items[1]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda b: b.replace(b",", b";"), ": its cells are separated by semicolons, .* points; `git checkout` it and edit"),
        (lambda b: b.replace(b",", b"\t"), ": its cells are separated by tabs, not by commas, and its numbers may have"),
        (lambda b: b.split(b"\n")[0] + b"\n", ": has a header and no rows; restore it with `git checkout data`"),
        (lambda b: b"# mine\n" + b, ": row 1 is '# mine', not the header; it must name the columns: 'halving,height,"),
        (lambda b: b.replace(b",height", b",height ", 1), ": column 'height ' has a space at an end; write 'height'"),
        (columns(lambda n: n.pop(1)), ": has no column 'height', expected after 'halving'; add it"),
        (cells(lambda n: n.pop(0)), ": has no column 'halving', expected as the first one; add it"),
        (columns(lambda n: n.__setitem__(1, "hight")), ": column 2 is 'hight', expected 'height'; rename it here or in"),
        (cells(swap), ": column 2 is 'date_utc', expected 'height'; put the columns, cells and all, in their order"),
        (cells(lambda n: n.append(n[0])), ": column 'halving' stands 2 times; remove all but one"),
        (lambda b: b.replace(b"\n", b",\n"), ": column 8 has no name; take it out, the comma of each row too, or name it"),
        (cells(lambda n: n.append("more")), ": column 'more' is not among the fields of its metadata; remove it"),
        (lambda b: b[:-1] + b",more\n", " row 6: has 8 cells for 7 columns, the last is 'more'; a text with a comma"),
        (lambda b: b.replace(b",past\n", b"\n", 1), " row 2: ends before status; a row needs a comma for each cell that"),
        (lambda b: b.replace(b"\n", b"\n\n", 1), " row 2: is empty; take the line out"),
        (lambda b: b.replace(b"\n", b"\n,,,,,,\n", 1), " row 2: is empty; take the line out"),
        (lambda b: b[:-3], " row 6: has no line end, as if the file were cut off; restore it"),
        (lambda b: b.replace(b"past", b"pa\0st", 1), " row 2: holds a NUL byte; save it as plain UTF-8 text"),
        (lambda b: b.replace(b"past", b"p\xe9st", 1), " row 2: is not UTF-8; save the file as UTF-8"),
        (lambda b: b.replace(b"past", b'"past', 1), r" row \d: .*; close or double the quotation mark there"),
        (lambda b: b"", ": is empty; restore it with `git checkout data`"),
        (lambda b: b" \n\n", ": is empty; restore it with `git checkout data`"),
        (lambda b: b.replace(b"past", b"x" * 10_000_000, 1), r" row 2: status is 'x+'\.\.\. \(10,000,000 characters\), lo"),
        (lambda b: b.replace(b"halving", b"x" * 10_000_000, 1), r": column 1 is 'x+'\.\.\. \(10,000,000 characters\), exp"),
        (lambda b: b.replace(b"past", b"past ", 1), " row 2: status is 'past ', with a space or line break at an end"),
        (lambda b: b.replace(b"past", b"pa\x07st", 1), r" row 2: status is 'pa\\x07st', with a character that is no"),
        (lambda b: b.replace(b"50.0", b"\xd9\xa5\xd9\xa0", 1), " row 2: subsidy_before_btc is '٥٠', not a number; exp"),
        (lambda b: b.replace(b"2012-11-28", b"2012-02-30", 1), " row 2: date_utc is '2012-02-30', no day of the calend"),
        (lambda b: b.replace(b"2012-11-28", b"2012-1-28", 1), " row 2: date_utc is '2012-1-28', not a date; expected a"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_table_gets_one_line(small, data, spoil, message):
    """Whatever its bytes are: what is wrong, where, and the mend; no traceback and no flood."""
    path = data / "halvings.csv"
    path.write_bytes(spoil(path.read_bytes()))
    (fault,) = problems(data, "halvings", small=small)
    assert re.match(rf"data/halvings\.csv{message}", fault), fault


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda b: b.replace(b"\n", b"\r\n"), "line ends of Windows or old Macs"),
        (lambda b: b.replace(b"\n", b"\r"), "line ends of Windows or old Macs"),
        (lambda b: b"\xef\xbb\xbf" + b, "a byte order mark"),
        (lambda b: b + b"\n\n", "empty rows at its end"),
        (lambda b: b + b",,,,,,\r\n , ", "line ends of Windows or old Macs and empty rows at its end"),
    ],
)
def test_what_a_spreadsheet_adds_is_taken_out_and_told(data, spoil, what):
    """The table is written anew, cell for cell; a second time there is nothing to do."""
    path, told = data / "halvings.csv", []
    before = path.read_bytes()
    path.write_bytes(spoil(before))
    assert validation.seal(data, tell=told.append) == []
    assert told[0] == f"data/halvings.csv: written anew without {what}; its cells are as they were"
    assert path.read_bytes() == before
    assert validation.seal(data, tell=told.append) == []
    assert sum("written anew" in line for line in told) == 1


def test_a_table_of_a_spreadsheet_that_is_wrong_is_not_recorded(data):
    """Its line ends are mended, its fault is told."""
    path = data / "halvings.csv"
    sealed = (data / "datapackage.json").read_bytes()
    path.write_bytes(path.read_bytes().replace(b"past", b"passed", 1).replace(b"\n", b"\r\n"))
    with pytest.raises(tables.TableError, match=r"^data/halvings\.csv row 2: status is 'passed'"):
        validation.seal(data, tell=lambda line: None)
    assert b"\r" not in path.read_bytes()
    assert (data / "datapackage.json").read_bytes() == sealed


def test_a_table_that_is_missing_a_folder_or_without_metadata_is_named(data):
    """So is metadata without a table."""
    (data / "halvings.csv").unlink()
    (data / "splits.csv").unlink()
    (data / "splits.csv").mkdir()
    (data / "stray.csv").write_text("a\n1\n", encoding="utf-8")
    faults = problems(data)
    assert "data/stray.csv: has no metadata; write stray.yml beside it or remove it" in faults
    assert any(
        re.match(r"data/halvings\.csv is missing; .* or remove halvings\.yml with it", fault) for fault in faults
    )
    assert any(re.match(r"data/splits\.csv cannot be read: Is a directory; restore", fault) for fault in faults)
    assert len(faults) == 3


def test_a_faulty_table_is_no_fault_of_those_that_refer_to_it(data):
    """Deals name instruments: without sound rows there, nothing is said of their references."""
    (data / "instruments.csv").write_bytes(b"")
    assert problems(data) == ["data/instruments.csv: is empty; restore it with `git checkout data`"]


# --- metadata that are none ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (None, "[]", ": holds no keys and values; .*git checkout"),
        (None, "", ": holds no keys and values"),
        (None, "title: [", r" line \d: .*; mend the YAML there"),
        (None, "title: a\ntitle: b\n", " line 2: 'title' stands twice; mend the YAML there"),
        (None, "&a [*a]", ": holds no keys and values"),
        (None, "a: &a [*a]", ": has no title; write it as in the other tables' metadata"),
        ("title: Halvings", "titel: Halvings", ": has no title; write it as in the other tables' metadata"),
        ("grade: reported", "grade: sure", ": grade is 'sure'; expected one of reported, derived, estimated, scenario"),
        ("written: 2026-11-22\n  text: None", "written: soon\n  text: None", r": notes\[1\].written is 'soon'; expected"),
        ("written: 2026-11-22\n  text: None", "written: 2026-13-22\n  text: None", ": .*month"),
        ("licences: [CC-BY-4.0]", "licences: [CC]", ": licence 'CC' is not among licence_terms of data/package.yml"),
        ("licences: [CC-BY-4.0]", "licences: 7", ": licences is '7'; expected a list"),
        ("primaryKey: [halving]", "primaryKey: [half]", ": primaryKey names a column 'half', which is not among its"),
        ("primaryKey: [halving]", "primaryKey: 7", ": schema.primaryKey is '7'; expected a name or a list of names"),
        ("fields:\n", "fields: 7\n  rest:\n", ": schema.fields is '7'; expected a list"),
        ("type: integer\n    description: Number", "type: int\n    description: Number", r": schema.fields\[0\].type is 'i"),
        ("pattern: '^", "pattern: '(^", r": schema.fields\[3\].constraints.pattern is .*; expected a regular expression"),
        ("enum: [past", "enmu: [past", r": schema.fields\[6\].constraints has an unknown part 'enmu'; expected requir"),
        ("{column: date_utc, note", "{column: day, note", ": public names a column 'day', which is not among its"),
        ("{column: date_utc, note", "{note", r": public\[0\] must have one of column, compiled"),
        ("rule: height == 210000 * halving", "rule: hight == 1", ": rules names a column 'hight', which is not among"),
        ("rule: height == 210000 * halving", "rule: height ==", ": the rule 'height ==' cannot be worked out"),
        ("rule: height == 210000 * halving", "rule: height + 1", r": the rule 'height \+ 1' cannot be worked out .*true"),
        ("rule: height == 210000 * halving", "rule: height.abs() > 1", ": the rule .* cannot be worked out .*may compare"),
        ("rule: height == 210000 * halving", "mend: x", " line .*"),
        ("  fields:\n", "\tfields:\n", r" line \d+: a tab, where YAML takes spaces; write spaces there"),
        ("schema:\n", "series:\n- {of: height, along: date_utc, when: hight > 1}\nschema:\n", ": series names a column 'hight', which is not among"),
        ("schema:\n", "series:\n- {of: height, along: date_utc, when: height}\nschema:\n", ": the rule 'height' cannot be worked out .*true"),
        ("minimum: 0.00000001, maximum: 50}", "minimum: 0.00000001, maximum: 50}\n    market_value: {day: date_utc, least: 1, most: 2}", ": market_value names a column 'ticker', which is not among"),
        ("    may_lie_ahead: true", "    since: 2009", ": schema.fields\\[2\\].since is '2009'; expected"),
        ("primaryKey: [halving]", "primaryKey: [5]", r": schema.primaryKey is '\[5\]'; expected a name or a list"),
        ("minimum: 1, maximum: 33", "minimum: none, maximum: 33", r": minimum 'none' of \w+ is no value of its kind; expected a number"),
        ("licences: [CC-BY-4.0]", "licences: [CC-BY-4.0]\nholes: 3", ": holes is '3'; expected a list"),
        ("licences: [CC-BY-4.0]", "licences: [CC-BY-4.0]\naccepted:\n- {row: 1, field: 5, value: a, why: b}", r": accepted\[0\].field is '5'; expected text"),
        ("schema:\n", "schema:\n  foreignKeys:\n  - {fields: height, reference: {resource: gone, fields: a}}\n", ": foreignKeys refers to a table 'gone'"),
        ("schema:\n", "schema:\n  foreignKeys:\n  - {fields: height, reference: {resource: deals, fields: a}}\n", ": foreignKeys refers to a column 'a' that deals does"),
    ],
)  # fmt: skip
def test_metadata_that_are_none_get_one_line(data, old, new, message):
    """The part, what stands there, what was expected."""
    path = data / "halvings.yml"
    if old is None:
        path.write_text(new, encoding="utf-8")
    else:
        rewrite(path, old, new)
    faults = problems(data)
    assert len(faults) <= metadata.SHOWN + 1, faults
    assert re.match(rf"data/halvings\.yml{message}", faults[0]), faults


@pytest.mark.parametrize("content", [None, b"[]", b"{", b"", b"\xff", b'{"resources": [1]}', b'{"resources": [{}]}'])
def test_a_manifest_that_is_none_is_told_and_written_anew(data, content):
    """Whoever loads gets one line; `make check` writes it again, as it is generated."""
    path = data / "datapackage.json"
    before = json.loads(path.read_bytes())
    path.unlink() if content is None else path.write_bytes(content)
    tables.forget()
    with pytest.raises(tables.TableError, match=r"^(data/)?datapackage\.json.*`make check` writes it anew$"):
        tables.load("halvings", folder=data)
    told = []
    validation.seal(data, tell=told.append)
    assert "all tables count as new" in told[0]
    assert json.loads(path.read_bytes())["resources"][0]["hash"] == before["resources"][0]["hash"]


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("sources", 5, "sources must be array"),
        ("sources", [5], r"sources\[0\] must be object"),
        ("public", [{"days": "ten"}], r"public\[0\].days must be integer"),
        ("coverage", [], "coverage must be object"),
        ("hash", True, "hash must be string"),
        ("rows", True, "rows must be integer"),
        ("schema", {"primaryKey": "halving", "fields": "halving"}, "schema.fields must be array"),
        ("schema", {"primaryKey": 5, "fields": []}, "schema.primaryKey must be string or array"),
        ("schema", {"primaryKey": [5], "fields": []}, r"schema.primaryKey\[0\] must be string"),
        ("schema", {"primaryKey": "a", "fields": [{"name": "a"}]}, r"schema.fields\[0\] must contain .* properties"),
    ],
)
def test_a_manifest_with_a_part_of_another_kind_is_told_and_written_anew(committed, part, value, message):
    """Where in it, and what belongs there; what the last commit has of it is not believed either."""
    path = committed / "datapackage.json"
    sealed = path.read_bytes()
    content = json.loads(sealed)
    next(entry for entry in content["resources"] if entry["name"] == "halvings")[part] = value
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(tables.TableError, match=rf"^data/datapackage\.json: resources\[\d\]\.{message}; it is"):
        tables.read_manifest(committed)
    git(committed.parent, "commit", "-qam", "spoilt")
    assert any("all tables count as new" in line for line in told_of(committed))
    assert path.read_bytes() == sealed


@pytest.mark.parametrize("said", ["[halvings]", "{halvings: daily}", "{halvings: {how: robot, why: none}}"])
def test_a_way_of_updating_that_is_none_is_told(data, said):
    """`make quarter` reads it."""
    whole = (data / "package.yml").read_text("utf-8")
    path = data / "package.yml"
    path.write_text(re.sub(r"(?m)^updates:\n(  .*\n)+", "", whole) + f"\nupdates: {said}\n", encoding="utf-8")
    with pytest.raises(tables.TableError, match=r"^data/package\.yml: updates[\w.]* is .*; expected "):
        metadata.authored(data)


# --- the clock -----------------------------------------------------------------------------------


@pytest.mark.parametrize("day", ["nonsense", "2026-02-30", "2026-11", "27 November 2026", "1/2/26"])
def test_a_today_that_is_no_day_is_refused_before_anything_is_done(monkeypatch, day):
    """In every command, with its name and form."""
    monkeypatch.setenv(tables.TODAY, day)
    monkeypatch.setattr(validation, "seal", pytest.fail)
    result = CliRunner().invoke(commands.app, ["check"])
    assert result.exit_code == 1
    assert f"MINERPIVOT_TODAY is {day!r}; expected a day as YYYY-MM-DD, or unset it" in result.stderr


def test_a_today_before_the_data_is_one_line(data, monkeypatch):
    """Not a line for each row that seems to lie ahead; a clock that is wrong is told apart from a variable."""
    sealed = (data / "datapackage.json").read_bytes()
    monkeypatch.setenv(tables.TODAY, "2020-02-01")
    with pytest.raises(
        tables.TableError, match=r"^MINERPIVOT_TODAY is 2020-02-01, and .* on 20\d\d-\d\d-\d\d; unset it"
    ):
        validation.seal(data)
    monkeypatch.delenv(tables.TODAY)
    monkeypatch.setattr(validation, "today", lambda: pd.Timestamp("2020-02-01"))
    with pytest.raises(tables.TableError, match=r"^this machine's clock says 2020-02-01, and .*; set it"):
        validation.seal(data)
    assert (data / "datapackage.json").read_bytes() == sealed


# --- the disk ------------------------------------------------------------------------------------


def test_a_folder_that_may_not_be_written_can_still_be_checked(data, monkeypatch):
    """Where nothing changed nothing is written."""
    monkeypatch.setattr(os, "replace", pytest.fail)
    assert validation.seal(data) == []


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (errno.ENOSPC, r"data/a\.csv cannot be read or written: No space left on device; free some space"),
        (errno.EROFS, r"data/a\.csv cannot be read or written: Read-only file system; make it and its folder writable"),
        (errno.EACCES, r"data/a\.csv cannot be read or written: Permission denied; make it and its folder writable"),
        (
            errno.ENOENT,
            r"data/a\.csv cannot be read or written: No such file or directory; look at it, or bring it back",
        ),
    ],
)
def test_what_a_disk_refused_is_said_with_its_mend(tmp_path, code, message):
    """The file as seen from the report; of a file that was to take another's place, that place."""
    assert re.match(message, disk.refused(OSError(code, os.strerror(code), str(tmp_path / "data/a.csv")), tmp_path))
    moved = OSError(code, os.strerror(code), str(tmp_path / "draft"), None, str(tmp_path / "data/a.csv"))
    assert re.match(message, disk.refused(moved, tmp_path))


def test_a_file_or_a_dead_link_in_a_folders_place_is_named(tmp_path):
    """Also where a file under it was asked for; whose file it is is said where it is not one's own."""
    (tmp_path / "_build").write_text("")
    error = OSError(errno.ENOTDIR, "Not a directory", str(tmp_path / "_build" / "html" / "index.html"))
    assert disk.refused(error, tmp_path) == "_build is a file where a folder belongs; remove it or give it another name"
    (tmp_path / "_build").unlink()
    (tmp_path / "_build").symlink_to("/nowhere")
    error = OSError(errno.EEXIST, "File exists", str(tmp_path / "_build"))
    assert disk.refused(error, tmp_path) == "_build is a link to /nowhere, which is not there; remove the link"


def test_a_foreign_file_is_called_so(tmp_path, monkeypatch):
    """A build by root, and then one by oneself."""
    (tmp_path / "site").write_text("")
    monkeypatch.setattr(os, "geteuid", lambda: (tmp_path / "site").stat().st_uid + 1)
    error = OSError(errno.EACCES, "Permission denied", str(tmp_path / "site"))
    assert disk.refused(error, tmp_path).endswith(
        "; make it and its folder writable for you (site belongs to another user)"
    )


@pytest.mark.parametrize("step", ["write_bytes", "replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_refuses_gets_one_line_and_keeps_no_draft(data, monkeypatch, step, code):
    """Full, read-only or not ours: the manifest stays, and nothing lies beside it."""
    change(data, "financings", "GLXY-2025-10-27-convertible", notes="read again")
    before = {path.name: path.read_bytes() for path in data.iterdir()}

    def refuse(*arguments, **keywords):
        raise OSError(code, os.strerror(code))

    if step == "replace":
        monkeypatch.setattr(os, "replace", refuse)
    else:
        monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(
        tables.TableError, match=rf"^data/datapackage\.json cannot be written: {os.strerror(code)}; free"
    ):
        validation.seal(data)
    assert {path.name: path.read_bytes() for path in data.iterdir()} == before


def test_the_command_says_one_line_and_fails(data, monkeypatch):
    """No traceback, exit 1."""
    (data / "halvings.csv").write_bytes(b"")
    sealing = validation.seal
    monkeypatch.setattr(validation, "seal", lambda **keywords: sealing(data, **keywords))
    result = CliRunner().invoke(commands.app, ["check"])
    assert result.exit_code == 1
    assert "data/halvings.csv: is empty; restore it" in result.stderr
    assert "Traceback" not in result.stderr


# --- what changed --------------------------------------------------------------------------------


def git(folder, *command):
    """A git command in the folder."""
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *identity, *command], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def committed(data):
    """The copy under git, committed as it was sealed."""
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "data"]):
        git(data.parent, *command)
    return data


def told_of(folder):
    """What sealing tells of changes, without the notes that are old."""
    lines = []
    validation.seal(folder, tell=lines.append)
    return [line for line in lines if not line.endswith("read again")]


def test_rows_removed_added_and_cells_changed_are_told_before_they_are_recorded(committed):
    """Each table by its rows and cells; old and new value of a few."""
    save(committed, "prices", text(committed, "prices").iloc[:-40])
    change(committed, "financings", "GLXY-2025-10-27-convertible", amount_usd_m="1234", notes="")
    with (committed / "splits.csv").open("a", encoding="utf-8") as file:
        file.write("WULF,2021-12-14,1,2,y,y,,\n")
    lines = told_of(committed)
    assert any(
        re.match(r"prices: 40 rows removed: '(NVDA|IREN|BTC-USD)\|2026-\d\d-\d\d'; .*; and 35 more$", line)
        for line in lines
    )
    assert any(
        re.match(r"financings: 2 cells changed: GLXY-2025-10-27-convertible amount_usd_m: '.*' → '1234'; ", line)
        for line in lines
    )
    assert "splits: 1 row added: 'WULF|2021-12-14'" in lines
    assert told_of(committed) == []  # recorded: nothing has changed since


@pytest.mark.parametrize(
    ("factor", "rows", "split", "told"),
    [(1.4, 10, "", True), (1.4, 9, "", False), (5, 90, "", True), (5, 90, "IREN,2026-10-08,1,5,y,y,,", False)],
)
def test_a_series_of_closes_that_moves_as_one_needs_a_split(committed, factor, rows, split, told):
    """In another currency every step is as it was: only the commit tells. A few closes are a correction."""
    prices = text(committed, "prices")
    chosen = prices.index[prices["symbol"] == "IREN"][-rows:]
    prices.loc[chosen, "close"] = (prices.loc[chosen, "close"].astype(float) * factor).map("{:.4f}".format)
    save(committed, "prices", prices)
    with (committed / "splits.csv").open("a", encoding="utf-8") as file:
        file.write(f"{split}\n" if split else "")
    entries = metadata.authored(committed)
    found, _ = validation.examined(committed, entries, {"prices", "splits"})
    faults = [str(fault) for fault in edits.rewritten(committed, found, tables.entries(committed))]
    assert len(faults) == told
    if told:
        assert (
            f"{factor:g} times what was committed in the middle of {rows:,} closes that changed; bring them"
            in faults[0]
        )
        with pytest.raises(tables.TableError, match=re.escape(faults[0][:60])):
            validation.seal(committed)
    shutil.rmtree(committed.parent / ".git")
    assert list(edits.rewritten(committed, found, tables.entries(committed))) == []  # nobody knows what they were


def test_changes_since_the_commit_are_called_so_where_the_sealed_state_is_gone(committed):
    """Sealed once without a commit, the second edit can only be compared with the commit."""
    save(committed, "prices", text(committed, "prices").iloc[:-1])
    assert any(line.startswith("prices: 1 row removed: ") and "since" not in line for line in told_of(committed))
    save(committed, "prices", text(committed, "prices").iloc[:-1])
    assert any(
        line.startswith("prices: 2 rows removed: ") and line.endswith(" since the last commit")
        for line in told_of(committed)
    )


def test_without_git_the_recorded_number_of_rows_is_compared(data):
    """Removal is said plainly."""
    save(data, "prices", text(data, "prices").iloc[:-30])
    assert told_of(data) == ["prices: 30 rows removed"]
    change(data, "financings", "GLXY-2025-10-27-convertible", notes="read again")
    assert told_of(data) == ["financings: cells changed; as many rows as before"]


def test_a_manifest_lost_or_in_conflict_is_made_from_the_commit(committed):
    """Days of the last update are kept, not set to today."""
    path = committed / "datapackage.json"
    content = json.loads(path.read_bytes())
    for entry in content["resources"]:
        entry["updated"] = "2026-02-03"
    path.write_text(json.dumps(content), encoding="utf-8")
    git(committed.parent, "commit", "-qam", "older")
    path.write_text("<<<<<<< HEAD\n", encoding="utf-8")
    (line,) = told_of(committed)
    assert line.endswith("`make check` writes it anew, after the last commit's")
    assert {entry["updated"] for entry in tables.read_manifest(committed)["resources"]} == {"2026-02-03"}


def test_a_column_added_and_rows_moved_are_told(committed):
    """What is in another order is no change of facts."""
    save(committed, "splits", text(committed, "splits").iloc[::-1])
    assert told_of(committed) == ["splits: its rows stand in another order or form, with the same cells"]


def test_notes_older_than_their_table_are_named_once(data):
    """A hint to read them again; it refuses nothing."""
    change(data, "financings", "GLXY-2025-10-27-convertible", notes="read again")
    lines = []
    assert validation.seal(data, tell=lines.append) == ["financings"]
    hints = [line for line in lines if line.startswith("data/financings.yml")]
    assert len(hints) == 1
    assert re.search(r"older than the table \(\d{4}-\d\d-\d\d\): read again", hints[0])


def test_a_table_removed_or_new_is_told(committed):
    """With its rows."""
    (committed / "earnings_dates.csv").unlink()
    (committed / "earnings_dates.yml").unlink()
    shutil.copy(FOLDER / "nvidia.csv", committed)
    shutil.copy(FOLDER / "nvidia.yml", committed)
    lines = told_of(committed)
    assert any(re.match(r"earnings_dates: the table was removed, with \d+ rows", line) for line in lines)
    assert any(re.match(r"nvidia: a new table, \d+ rows", line) for line in lines)


# --- the live tables -----------------------------------------------------------------------------


def test_every_number_of_the_live_tables_is_bounded():
    """A quantity without a limit takes a slip of any size."""
    for entry in metadata.authored(tables.DATA):
        for field in entry["schema"]["fields"]:
            if field["type"] in ("number", "integer"):
                limits = field.get("constraints", {})
                assert {"minimum", "maximum"} <= set(limits), f"{entry['name']}.{field['name']} has no limit"


def test_the_live_tables_are_valid():
    """Every rule holds on the facts, or is accepted with its reason."""
    assert validity.problems() == []


def test_git_that_is_missing_is_no_fault(monkeypatch, data):
    """Changes are then told by the number of rows."""
    monkeypatch.setenv("PATH", "")
    assert edits.committed(data, "prices.csv") is None
