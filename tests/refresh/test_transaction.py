"""The transaction that every source uses: what it reports, and that `data/` is all new or all old."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import exchange_calendars
import pandas as pd
import pytest
from filelock import FileLock
from typer.testing import CliRunner

from minerpivot import __main__ as commands
from minerpivot.book import current
from minerpivot.data import journal, tables, validation
from minerpivot.data.journal import JournalError
from minerpivot.refresh import transaction
from minerpivot.refresh.transaction import RefreshError, apply, compare
from minerpivot.refresh.vendors import VendorError
from tests import validity
from tests.frozen import load as frozen
from tests.frozen import some

LAST_CLOSES = frozen("prices").groupby("symbol")["date"].max()
INSTRUMENTS = frozen("instruments").query("ticker in @LAST_CLOSES.index").set_index("ticker")
STOCK, OTHER = INSTRUMENTS.query("kind == 'miner' and price_convention == 'no_dividends'").index[:2]
ADJUSTED = INSTRUMENTS.query("price_convention == 'dividend_adjusted'").index[0]


NAMES = ("difficulty_epochs", "halvings", "instruments", "network", "prices", "splits")


@pytest.fixture(scope="session")
def recent(tmp_path_factory):
    """A valid data folder, quick to validate: prices and network since August 2026, the last difficulty unknown."""
    folder = some(tmp_path_factory.mktemp("recent") / "data", *NAMES)
    for name in ("prices", "network"):
        rows = transaction._text(folder / f"{name}.csv")
        rows = rows[rows["date"] >= "2026-08-01"]
        if name == "network":
            rows["difficulty"] = rows["difficulty"].mask(rows["date"] == rows["date"].max())
        rows.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    validation.seal(folder)
    return folder


@pytest.fixture
def data(recent, tmp_path):
    """A copy of it that may be written."""
    return shutil.copytree(recent, tmp_path / "data")


def contents(folder):
    """Every file of a folder by name, byte for byte."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def closes(*rows):
    """Fetched price rows from (date, symbol, close)."""
    return pd.DataFrame(rows, columns=["date", "symbol", "close"]).astype(str).assign(n_sources="1")


def stored(data, symbol, count):
    """The last `count` stored closes of a symbol, as fetched rows."""
    rows = transaction._text(data / "prices.csv").query("symbol == @symbol").tail(count)
    return rows[["date", "symbol", "close", "n_sources"]]


def next_session(data):
    """The exchange's first session after the stock's last stored close."""
    last = pd.Timestamp(stored(data, STOCK, 1)["date"].iloc[0])
    calendar = exchange_calendars.get_calendar("XNYS", start=last, end=last + pd.Timedelta(days=14))
    return f"{calendar.next_session(last):%Y-%m-%d}"


def next_close(data):
    """A fetched row for that session, 10 percent above the last stored close."""
    return closes((next_session(data), STOCK, round(1.1 * float(stored(data, STOCK, 1)["close"].iloc[0]), 4)))


def next_day(data):
    """A fetched network row for the day after the last stored one."""
    last = transaction._text(data / "network.csv").tail(1)
    return last.assign(date=f"{pd.Timestamp(last['date'].iloc[0]) + pd.Timedelta(days=1):%Y-%m-%d}")


def test_an_answer_that_agrees_changes_nothing(data):
    """Values within a tenth of a percent keep the stored digits and source counts."""
    rows = stored(data, STOCK, 5)
    rows = rows.assign(close=(rows["close"].astype(float) * 1.0005).astype(str))
    assert not compare("prices", rows, folder=data)


def test_new_rows_are_added_and_the_manifest_follows(data):
    """One later session: one row more, coverage and checksum new, every other row as it was."""
    row = next_close(data)
    day, symbol, close, _ = row.iloc[0]
    change = compare("prices", row, folder=data)
    assert (change.added, change.revised, change.splits) == (1, [], [])
    assert change.moves == [f"{symbol} {day}: +10.0 percent"]
    before = (data / "prices.csv").read_text("utf-8").splitlines()
    assert apply([change], folder=data) == ["prices"]
    after = (data / "prices.csv").read_text("utf-8").splitlines()
    assert set(after) - set(before) == {f"{day},{symbol},{close},1"}
    assert not set(before) - set(after)
    assert tables.through("prices", folder=data) == max(day, f"{LAST_CLOSES.max():%Y-%m-%d}")
    assert validity.problems(data) == []


def test_empty_cells_are_filled_without_a_flag(data):
    """Difficulty of a day for which the table had none."""
    rows = transaction._text(data / "network.csv")
    row = rows[rows["difficulty"].isna()].head(1).assign(difficulty="128000000000000.0")
    change = compare("network", row, folder=data)
    assert (change.filled, change.revised) == (1, [])
    apply([change], folder=data)
    stored = tables.load("network", folder=data).set_index("date")["difficulty"]
    assert stored[row["date"].iloc[0]] == 1.28e14


def test_an_empty_answer_erases_nothing(data):
    """A stored number stays where the vendor now has none, and an untouched merge has the stored order."""
    day = transaction._text(data / "network.csv").query("date == '2026-08-10'").assign(difficulty=None, fees_btc=None)
    change = compare("network", day, folder=data)
    assert not change
    for name in ("network", "prices", "difficulty_epochs"):
        table = transaction._text(data / f"{name}.csv")
        pd.testing.assert_frame_equal(compare(name, table.tail(3), folder=data).merged, table, check_dtype=False)


def test_a_revised_history_stops_the_run_unless_accepted(data):
    """The message names day, symbol and both values; with the flag the vendor's value is taken."""
    old = contents(data)
    rows = stored(data, STOCK, 4)
    rows.iloc[1, rows.columns.get_loc("close")] = str(1.3 * float(rows["close"].iloc[1]))
    change = compare("prices", rows, folder=data)
    with pytest.raises(
        RefreshError, match=rf"{STOCK}.* close: [\d.]+ to [\d.]+\n.*--accept-revisions\. data/ is unchanged"
    ):
        apply([change], folder=data)
    assert contents(data) == old
    apply([change], folder=data, accept_revisions=True)
    assert stored(data, STOCK, 4)["close"].iloc[1] == rows["close"].iloc[1]


def split(data, *, new=10, old=1, symbol=STOCK):
    """The vendor's event: a split on the session after the last stored close."""
    day = {"symbol": symbol, "day": next_session(data), "source_url": "https://example.org/chart"}
    return day | {"kind": "split", "new": float(new), "old": float(old), "factor": old / new}


def dividend(data, factor, *, day=None):
    """The vendor's event: a dividend that lowers the earlier closes of the adjusted series by a factor."""
    return {"symbol": ADJUSTED, "day": day or next_session(data), "kind": "dividend", "factor": factor}


def scaled(rows, factor, *events):
    """Fetched rows with all closes times a factor, and the events that the vendor lists."""
    rows = rows.assign(close=(rows["close"].astype(float) * factor).map("{:.6f}".format))
    rows.attrs["events"] = list(events)
    return rows


def refused(change, folder, *words, **how):
    """Applying it raises with these words, with revisions accepted too, and no byte of the folder changes."""
    old = contents(folder)
    with pytest.raises(RefreshError) as caught:
        apply([change], folder=folder, accept_revisions=True, **how)
    message = str(caught.value)
    assert all(word in message for word in (*words, "data/ is unchanged")), message
    assert contents(folder) == old
    return message


@pytest.mark.parametrize(("new", "old"), [(10, 1), (1, 5), (3, 2)])
def test_a_split_of_the_vendor_rescales_the_whole_series(data, new, old):
    """Its event explains the overlap: all stored closes move, returns stay, and `splits` gets the row."""
    before = tables.load("prices", folder=data).query("symbol == @STOCK")["close"].to_numpy()
    change = compare("prices", scaled(stored(data, STOCK, 6), old / new, split(data, new=new, old=old)), folder=data)
    assert (change.revised, change.refused, change.held) == ([], [], [])
    assert change.splits[0].startswith(
        f"{STOCK}: a split, {new} for {old}, on {next_session(data)}: {len(before)} closes"
    )
    assert apply([change], folder=data) == ["prices", "splits"]
    after = tables.load("prices", folder=data).query("symbol == @STOCK")["close"].to_numpy()
    assert after == pytest.approx(before * old / new, rel=2e-3)
    row = transaction._text(data / "splits.csv").query("ticker == @STOCK").iloc[-1]
    assert (row["effective_on"], row["closes_restated"], row["counts_restated"]) == (next_session(data), "y", "n")
    assert validity.problems(data) == []
    assert not compare("prices", scaled(stored(data, STOCK, 6), 1, split(data, new=new, old=old)), folder=data)


def test_a_row_of_splits_explains_it_as_well(data):
    """A split entered by hand, its closes as traded: the vendor's history moves them, once, and the row says so."""
    rows = transaction._text(data / "splits.csv")
    last = f"{pd.Timestamp(stored(data, STOCK, 1)['date'].iloc[0]):%Y-%m-%d}"
    row = {"ticker": STOCK, "effective_on": last, "new_shares": "10", "old_shares": "1"}
    rows = pd.concat([rows, pd.DataFrame([row | {"closes_restated": "n", "counts_restated": "n"}])])
    rows.to_csv(data / "splits.csv", index=False, lineterminator="\n")
    prices = transaction._text(data / "prices.csv")
    here = (prices["symbol"] == STOCK) & (prices["date"] == last)
    prices.loc[here, "close"] = (pd.to_numeric(prices.loc[here, "close"]) / 10).map("{:.4f}".format)
    prices.to_csv(data / "prices.csv", index=False, lineterminator="\n")
    validation.seal(data)
    shown = tables.load("prices", folder=data).query("symbol == @STOCK")["close"].to_numpy()
    fetched = stored(data, STOCK, 6)
    old = fetched["date"] < last
    fetched["close"] = (pd.to_numeric(fetched["close"]) * old.map({True: 0.1, False: 1.0})).map("{:.6f}".format)
    apply([compare("prices", fetched, folder=data)], folder=data)
    assert transaction._text(data / "splits.csv").query("ticker == @STOCK").iloc[-1]["closes_restated"] == "y"
    assert tables.load("prices", folder=data).query("symbol == @STOCK")["close"].to_numpy() == pytest.approx(
        shown, rel=2e-3
    )


@pytest.mark.parametrize("factor", [0.9, 0.5, 4 / 3, 0.1, 0.37, 1.0012, 0.998])
def test_a_factor_without_an_event_is_refused(data, factor):
    """Whatever it looks like, and also if revisions are accepted: half a history on another basis is no history."""
    change = compare("prices", scaled(stored(data, STOCK, 6), factor), folder=data)
    refused(change, data, f"{STOCK}: 6 overlapping days are {factor:.6g} times", "list no event", "closes_restated n")


@pytest.mark.parametrize("factor", [0.2, 1.0])
def test_an_event_that_explains_another_factor_is_refused(data, factor):
    """A split of ten for one beside a history at a fifth, and beside one that the vendor has not adjusted yet."""
    change = compare("prices", scaled(stored(data, STOCK, 6), factor, split(data)), folder=data)
    refused(change, data, f"a split on {next_session(data)} (times 0.1)", "by an event or not at all")


def test_a_split_whose_closes_stand_on_its_basis_already_moves_nothing(data):
    """Three days before it and many after, all as stored: what agrees after it proves nothing of those before."""
    rows = stored(data, STOCK, 20)
    event = split(data) | {"day": rows["date"].iloc[3]}
    change = compare("prices", scaled(rows, 1, event), folder=data)
    refused(change, data, "1 times what is stored", "y where stored closes are on its basis already")


def test_a_split_with_one_corrected_day_is_both(data):
    """Nine days in ten show the factor: the history is rescaled, and the odd day is a revision that stops."""
    rows = scaled(stored(data, STOCK, 10), 0.1, split(data))
    rows.iloc[4, rows.columns.get_loc("close")] = str(1.01 * float(rows["close"].iloc[4]))
    change = compare("prices", rows, folder=data)
    assert len(change.splits) == len(change.revised) == 1


@pytest.mark.parametrize("factor", [0.99, 0.82])
def test_a_dividend_rebases_the_one_dividend_adjusted_series(data, factor):
    """Small or of 18 percent: the vendor's event says so, and the whole of the series moves."""
    before = tables.load("prices", folder=data).query("symbol == @ADJUSTED")["close"].to_numpy()
    change = compare("prices", scaled(stored(data, ADJUSTED, 6), factor, dividend(data, factor)), folder=data)
    assert (change.revised, change.refused) == ([], [])
    assert "a dividend on" in change.splits[0]
    assert apply([change], folder=data) == ["prices"]
    after = tables.load("prices", folder=data).query("symbol == @ADJUSTED")["close"].to_numpy()
    assert after == pytest.approx(factor * before, rel=1e-3)


def test_a_dividend_that_was_taken_before_is_not_taken_again(data):
    """The vendor lists it for another month: what is stored agrees, and nothing moves."""
    rows = stored(data, ADJUSTED, 6)
    assert not compare("prices", scaled(rows, 1, dividend(data, 0.82, day=rows["date"].iloc[3])), folder=data)


@pytest.mark.parametrize("factor", [100, 1.4, 0.01])
def test_a_close_far_from_its_neighbours_waits_for_a_person(data, factor):
    """A hundredfold, another currency under the same label: held back with its neighbours, taken only by name."""
    last = stored(data, STOCK, 2)
    close = f"{factor * float(last['close'].iloc[1]):.4f}"
    rows, name = next_close(data).assign(close=close), f"prices {STOCK}|{next_session(data)}"
    before = ", ".join(f"{day} {value}" for day, value in zip(last["date"], last["close"]))
    change = compare("prices", rows, folder=data)
    refused(change, data, f"{name} close {close}: ", f"beside it: {before}", "--take")
    named = compare("prices", rows, folder=data, take=[name])
    assert (named.held, named.used) == ([], {name})
    assert apply([named], folder=data) == ["prices"]
    assert ("accepted:" in (data / "prices.yml").read_text("utf-8")) == (factor != 1.4)
    assert validity.problems(data) == []
    assert not compare("prices", rows, folder=data)


def test_another_name_takes_nothing(data):
    """Only the row that is named."""
    last = float(stored(data, STOCK, 1)["close"].iloc[0])
    rows = next_close(data).assign(close=f"{last * 100:.4f}")
    change = compare("prices", rows, folder=data, take=[f"prices {OTHER}|{next_session(data)}"])
    refused(change, data, f"prices {STOCK}|{next_session(data)} close")


def test_a_close_that_is_no_number_is_refused(data):
    """`true` is the vendor's word for nothing here."""
    change = compare("prices", next_close(data).assign(close="True"), folder=data)
    refused(change, data, "close is 'True'")


def test_every_written_value_is_shown_beside_the_one_before(data):
    """Series, column, the last stored value and each new one with its day."""
    change = compare("network", next_day(data).assign(fees_btc="3.5"), folder=data)
    day = next_day(data)["date"].iloc[0]
    line = next(line for line in change.written if "fees_btc" in line)
    assert line.startswith("network fees_btc: ")
    assert line.endswith(f", then {day} 3.5")
    last = stored(data, STOCK, 1)
    change = compare("prices", next_close(data), folder=data)
    assert change.written == [
        f"{STOCK} close: {last['close'].iloc[0]} on {last['date'].iloc[0]}, then "
        f"{next_session(data)} {next_close(data)['close'].iloc[0]}"
    ]


def test_a_named_hole_is_remembered(data):
    """In the table's yml, by the transaction, beside whatever else it writes."""
    rows = next_close(data)
    rows.attrs["holes"] = [f"{STOCK}|2026-10-05"]
    change = compare("prices", rows, folder=data)
    assert change.used == {f"prices {STOCK}|2026-10-05"}
    apply([change], folder=data)
    assert [hole["row"] for hole in tables.describe("prices", data)["holes"]] == [f"{STOCK}|2026-10-05"]
    assert validity.problems(data) == []


def test_integers_and_dates_are_compared_too(data):
    """Blocks are counted, an epoch has a day: a vendor that disagrees on either is noticed."""
    day = transaction._text(data / "network.csv").query("date == '2026-08-10'")
    blocks = compare("network", day.assign(blocks="200"), folder=data)
    assert len(blocks.revised) == 1
    epoch = transaction._text(data / "difficulty_epochs.csv").query("epoch == '470'").assign(date_utc="2026-05-01")
    assert len(compare("difficulty_epochs", epoch, folder=data).revised) == 1


def test_an_accepted_value_brings_its_source_along(data):
    """A close taken from one vendor no longer counts the sources of the old one."""
    rows = stored(data, STOCK, 1).assign(n_sources="1")
    rows = rows.assign(close=str(2 * float(rows["close"].iloc[0])))
    merged = compare("prices", rows, folder=data).merged
    assert merged.merge(rows, on=["date", "symbol"])["n_sources_x"].tolist() == ["1"]


@pytest.mark.parametrize("name", ["prices", "halvings"])
def test_an_edit_made_meanwhile_is_not_overwritten(data, name):
    """Neither in the table that is refreshed nor, unchecked, in another one."""
    change = compare("prices", next_close(data), folder=data)
    file = data / f"{name}.csv"
    file.write_text(file.read_text("utf-8") + "\n", encoding="utf-8")
    old = contents(data)
    with pytest.raises((RefreshError, tables.TableError), match=rf"{name}\.csv (changed while|differs from)"):
        apply([change], folder=data)
    assert contents(data) == old


@pytest.mark.parametrize("rename", [1, 2, 3])
def test_a_rename_that_fails_is_undone(data, monkeypatch, rename):
    """The disk refuses one of the commit's renames: the files renamed before it are put back."""
    old, real, calls = contents(data), os.replace, []
    changes = [
        compare("prices", next_close(data), folder=data),
        compare("network", next_day(data), folder=data),
    ]

    def failing(source, target):
        calls.append(target)
        if len([t for t in calls if Path(t).parent == data]) == rename and Path(target).parent == data:
            raise OSError(28, "No space left on device")
        return real(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(RefreshError, match="No space left on device"):
        apply(changes, folder=data)
    assert contents(data) == old


@pytest.mark.parametrize("command", ["check", "book", "refresh"])
def test_every_command_undoes_a_refresh_that_died(monkeypatch, command):
    """Before anything else."""
    asked = []

    def recover():
        asked.append(command)
        raise RefreshError("stopped here")

    monkeypatch.setattr(journal, "recover", recover)
    monkeypatch.setattr(current, "holds", lambda _: False)  # as with the journal of a dead refresh, see test_current
    run = CliRunner().invoke(commands.app, [command])
    assert (run.exit_code, asked) == (1, [command])
    assert "stopped here" in run.output


def test_invalid_rows_are_refused_whole(data):
    """A negative close breaks the schema: no table is written, also not the valid one."""
    old = contents(data)
    good = compare("network", next_day(data), folder=data)
    bad = compare("prices", next_close(data).assign(close="-1.0"), folder=data)
    with pytest.raises(RefreshError, match=r"prices\.csv row \d+: close is .*data/ is unchanged"):
        apply([good, bad], folder=data)
    assert contents(data) == old


def test_an_unknown_symbol_is_refused(data):
    """The foreign key says which row is missing where."""
    old = contents(data)
    change = compare("prices", next_close(data).assign(symbol="MOON"), folder=data)
    with pytest.raises(RefreshError, match=r"prices\.csv row \d+: .*MOON.*add the missing row"):
        apply([change], folder=data)
    assert contents(data) == old


def test_malformed_answers_are_refused(data):
    """A repeated key or a missing column, before anything is compared."""
    row = next_close(data)
    with pytest.raises(RefreshError, match=rf"prices: fetched rows repeat {STOCK} {next_session(data)}; "):
        compare("prices", pd.concat([row, row]), folder=data)
    with pytest.raises(RefreshError, match="prices: fetched rows lack close; "):
        compare("prices", row.drop(columns="close"), folder=data)


def test_a_dry_run_writes_nothing(data):
    """Not even beside the data."""
    old = contents(data)
    assert apply([compare("prices", next_close(data), folder=data)], folder=data, dry_run=True) == []
    assert contents(data) == old
    assert not (data.parent / ".refresh").exists()


def test_a_second_refresh_is_refused(data):
    """While one holds the lock."""
    old = contents(data)
    change = compare("prices", next_close(data), folder=data)
    with (
        FileLock(data.parent / ".refresh.lock"),
        pytest.raises(JournalError, match="another refresh or a build is under way"),
    ):
        apply([change], folder=data)
    assert contents(data) == old


def test_a_living_refresh_is_not_undone_by_another_command(data):
    """Its journal stands, its lock is held: undoing is refused, and nothing is touched."""
    work = data.parent / ".refresh"
    (work / "old").mkdir(parents=True)
    (work / "old" / "prices.csv").write_text("older")
    new = tables.checksum((data / "prices.csv").read_bytes())
    (work / "journal.json").write_text(json.dumps({"prices.csv": new}))
    old = contents(data)
    with (
        FileLock(data.parent / ".refresh.lock"),
        pytest.raises(JournalError, match="another refresh or a build is under way"),
    ):
        journal.recover(data)
    assert contents(data) == old
    assert journal.recover(data)
    assert (data / "prices.csv").read_text() == "older"


@pytest.mark.parametrize(
    "content",
    [
        *(b"\0garbage", b'{"prices.cs', b"", b"null", b"3", b"{}", b'["prices.csv"]', b'{"version": 9, "files": []}'),
        *(
            b"[" * 99_999,
            b'{"../index.md": ""}',
            b'{"halvings.csv": ""}',
            b'{"prices.csv": "", "halvings.csv": ""}',
            None,
        ),
    ],
)
def test_a_journal_that_cannot_be_followed_is_told(data, content):
    """Garbage, cut, of another version, of files elsewhere or not kept: one line with the mend, nothing is touched."""
    work = data.parent / ".refresh"
    (work / "old").mkdir(parents=True)
    (work / "old" / "prices.csv").write_text("older")
    (data.parent / "index.md").write_text("the report")
    if content is None:
        (work / "journal.json").mkdir()
    else:
        (work / "journal.json").write_bytes(content)
    old = contents(data)
    with pytest.raises(JournalError, match=r"^\.refresh/journal\.json .*`git checkout data`, then remove .refresh"):
        journal.recover(data)
    assert contents(data) == old
    assert (data.parent / "index.md").read_text() == "the report"
    assert (work / "old" / "prices.csv").read_text() == "older"


def test_an_edit_after_a_command_died_is_not_undone_with_it(data):
    """The table is neither the old nor the new one: it is told, nothing is touched, and either file can be kept."""
    work, path = data.parent / ".refresh", data / "prices.csv"
    (work / "old").mkdir(parents=True)
    shutil.copy(path, work / "old" / "prices.csv")
    old = path.read_bytes()
    path.write_bytes(old + b"new")
    (work / "journal.json").write_text(json.dumps({"prices.csv": tables.checksum(path.read_bytes())}))
    path.write_bytes(old + b"edited")
    with pytest.raises(JournalError, match=r"^data/prices\.csv was edited after .* is \.refresh/old/prices\.csv\."):
        journal.recover(data)
    assert (path.read_bytes(), (work / "old" / "prices.csv").read_bytes()) == (old + b"edited", old)
    shutil.copy(path, work / "old" / "prices.csv")
    assert journal.recover(data)
    assert path.read_bytes() == old + b"edited"


def test_what_a_refresh_left_that_died_before_it_wrote_is_cleared_away(data):
    """Nothing is undone; of one that lives it stays, and no command stops for it."""
    work, old = data.parent / ".refresh", contents(data)
    (work / "new").mkdir(parents=True)
    lock = FileLock(data.parent / ".refresh.lock")
    with lock:
        assert not journal.recover(data)
        assert work.exists()
    assert not journal.recover(data)
    assert not work.exists()
    assert contents(data) == old


def test_a_refresh_waits_for_a_build_and_says_so(data):
    """What was fetched is not thrown away; the tables are written when the other has ended."""
    change, said = compare("prices", next_close(data), folder=data), []
    done = threading.Event()

    def refresh():
        apply([change], folder=data, tell=said.append)
        done.set()

    old = contents(data)
    with journal.still(data):
        waiting = threading.Thread(target=refresh)
        waiting.start()
        assert not done.wait(0.5)
        assert contents(data) == old
        assert not journal.recover(data), "one process may hold the tables still twice"
    waiting.join()
    assert done.is_set()
    assert contents(data) != old
    assert len(said) == 1
    assert "Another refresh or a build is under way" in said[0]


REFRESHES = """
import json, multiprocessing, os, signal, sys
from pathlib import Path
import frictionless
import pandas as pd
from minerpivot.data import validation
from minerpivot.refresh import transaction
row, day = (pd.DataFrame([cells], dtype="string") for cells in json.loads(sys.argv[1]))
def refresh(data, step):
    real, calls = {name: getattr(os, name) for name in ("replace", "unlink")}, 0
    def dying(name):
        def call(*arguments, **keywords):
            nonlocal calls
            calls += 1
            if calls == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return real[name](*arguments, **keywords)
        return call
    changes = [transaction.compare("prices", row, folder=data), transaction.compare("network", day, folder=data)]
    for name in real:
        setattr(os, name, dying(name))
    transaction.apply(changes, folder=data)
validation.seal(Path(sys.argv[2]) / "data") # changes nothing; what is found sound the processes below know
codes = []
for place in map(Path, sys.argv[2:]):
    process = multiprocessing.get_context("fork").Process(target=refresh, args=(place / "data", int(place.name)))
    process.start()
    process.join()
    codes.append(process.exitcode)
print(json.dumps(codes))
"""
STEPS = range(1, 12)


def refreshed(data, *places, first=""):
    """What came of processes that each add a row to prices and to network in a folder, and die at the step that is its
    name: exit codes and what was said. One process starts them all, after `first`."""
    rows = [table.astype(object).where(table.notna(), None).iloc[0] for table in (next_close(data), next_day(data))]
    command = [sys.executable, "-c", first + REFRESHES, json.dumps([row.to_dict() for row in rows]), *map(str, places)]
    run = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"})
    return json.loads(run.stdout), run.stderr


@pytest.fixture(scope="module")
def killed(recent, tmp_path_factory):
    """Folders in which a refresh was killed at each step, and with which exit code."""
    places = [tmp_path_factory.mktemp("killed") / str(step) for step in STEPS]
    for place in places:
        shutil.copytree(recent, place / "data")
    return dict(zip(STEPS, zip(places, refreshed(recent, *places)[0])))


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_the_old_data_come_back(recent, killed, tmp_path, step):
    """kill -9 before a file operation: the next command finds data/ byte-identical, or the change complete."""
    old, row = contents(recent), f"{next_session(recent)},{STOCK}"
    place, code = killed[step]
    data = shutil.copytree(place, tmp_path / "copy") / "data"
    undone = journal.recover(data)
    if code == -signal.SIGKILL and not undone:
        changed = contents(data) != old
        assert not changed or validity.problems(data) == []
        assert not changed or row in (data / "prices.csv").read_text("utf-8")
    elif code == -signal.SIGKILL:
        assert contents(data) == old
    else:
        assert code == 0
        assert row in (data / "prices.csv").read_text("utf-8")
    tables.forget()
    assert validity.problems(data) == []


def test_the_steps_above_reach_into_the_commit(recent, killed, tmp_path):
    """One of those steps dies with the journal written and a table already renamed: undoing has work to do."""
    old = contents(recent)
    for step in reversed(STEPS):
        copy = shutil.copytree(killed[step][0], tmp_path / str(step)) / "data"
        if contents(copy) != old and journal.recover(copy):
            assert contents(copy) == old
            return
    pytest.fail("no step died between two renames")


@pytest.mark.skipif(sys.platform == "win32", reason="no file-size limit")
def test_a_full_disk_leaves_the_old_data(data, tmp_path):
    """With a file-size limit below the table's size the write fails, and the message says what to do."""
    old = contents(data)
    place = tmp_path / "999"
    shutil.copytree(data, place / "data")
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000))\n"
    codes, said = refreshed(data, place, first=limited)
    assert codes == [1]
    assert "File too large" in said
    assert "free some space" in said
    assert contents(place / "data") == old
    assert not (place / ".refresh").exists()


def test_a_read_only_folder_is_found_out_before_anything_is_prepared(data, monkeypatch):
    """Named itself, not a copy of it; read-only files in a folder of one's own are replaced as ever."""
    rows = transaction._text(data / "prices.csv").tail(1).assign(date="2026-10-12")
    change = compare("prices", rows, folder=data)
    for path in data.iterdir():
        path.chmod(0o444)
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda path, mode: False)
        with pytest.raises(RefreshError, match=r"^data cannot be read or written: Permission denied; make it and its"):
            apply([change], folder=data)
    assert not (data.parent / ".refresh").exists()
    assert apply([change], folder=data) == ["prices"]


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.EPERM])
def test_tables_that_may_not_be_replaced_stay_and_are_named(data, monkeypatch, code):
    """A folder that is read-only takes no old file back either; nothing is left that a later command trips over."""
    old, replacing = contents(data), os.replace

    def refuse(source, target):
        if Path(target).parent == data:
            raise OSError(code, os.strerror(code), str(source), None, str(target))
        replacing(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    rows = transaction._text(data / "prices.csv").tail(1).assign(date="2026-10-12")
    with pytest.raises(
        RefreshError, match=r"^data/prices\.csv cannot be read or written: .*; make it and its folder wri"
    ):
        apply([compare("prices", rows, folder=data)], folder=data)
    assert contents(data) == old
    assert not (data.parent / ".refresh").exists()


@pytest.mark.parametrize("options", [[], ["--tickers", f"{STOCK.lower()}, {OTHER.lower()}", "--dry-run"]])
def test_the_command_stops_on_a_vendor_fault(monkeypatch, options):
    """Exit code 1, one message with source, subject and mend, data/ byte-identical."""
    old, asked = contents(tables.DATA), []

    def fetch(*, tickers, **how):
        asked.append(tickers)
        raise VendorError("Yahoo Finance", STOCK, "answered 500", "try again later")

    monkeypatch.setattr("minerpivot.refresh.prices.fetch", fetch)
    run = CliRunner().invoke(commands.app, ["refresh", "prices", *options])
    assert run.exit_code == 1
    assert f"Yahoo Finance: {STOCK}: answered 500; try again later. data/ is unchanged" in run.output
    assert asked == [[STOCK, OTHER] if options else []]
    assert contents(tables.DATA) == old


def test_a_dry_run_of_the_command_shows_the_change(monkeypatch):
    """Rows added and the largest move are printed, and nothing is written."""
    old = contents(tables.DATA)
    rows = next_close(tables.DATA)
    monkeypatch.setattr("minerpivot.refresh.prices.fetch", lambda **how: {"prices": rows})
    run = CliRunner().invoke(commands.app, ["refresh", "prices", "--dry-run"])
    assert run.exit_code == 0
    assert "prices: 1 rows added, 0 cells filled, 0 values revised" in run.output
    assert f"{STOCK} {next_session(tables.DATA)}: +10.0 percent" in run.output
    assert "Nothing was written." in run.output
    assert contents(tables.DATA) == old


def test_an_unknown_source_is_refused():
    """The message lists the sources."""
    run = CliRunner().invoke(commands.app, ["refresh", "weather"])
    assert run.exit_code == 2
    assert all(source in run.output for source in ("prices", "network", "capex"))


def test_sources_run_in_the_order_of_their_dependence(monkeypatch):
    """However they are named; what was fetched is handed on, and one run is complete."""
    asked = []

    def fetch(name):
        def call(*, fetched, **how):
            asked.append((name, sorted(fetched)))
            return {name: pd.DataFrame()}

        return call

    monkeypatch.setattr("minerpivot.refresh.prices.fetch", fetch("prices"))
    monkeypatch.setattr("minerpivot.refresh.network.fetch", fetch("network"))
    monkeypatch.setattr(transaction, "compare", lambda name, rows, take: transaction.Change(name, rows, ""))
    run = CliRunner().invoke(commands.app, ["refresh", "network", "prices", "--dry-run"])
    assert run.exit_code == 0
    assert asked == [("prices", []), ("network", ["prices"])]


def test_a_source_without_its_setting_is_left_out_or_refused(monkeypatch):
    """In a run of all it is told and the others go on; asked for by name it is an error."""
    for source in ("prices", "network", "events"):
        monkeypatch.setattr(f"minerpivot.refresh.{source}.fetch", lambda **how: {})
    monkeypatch.delenv("EIA_API_KEY", raising=False)
    monkeypatch.delenv("EDGAR_IDENTITY", raising=False)
    run = CliRunner().invoke(commands.app, ["refresh", "--dry-run"])
    assert run.exit_code == 0
    assert "Left out: SEC EDGAR: EDGAR_IDENTITY" in run.output
    assert "Left out: EIA: EIA_API_KEY: not set to a key; a key is free" in run.output
    run = CliRunner().invoke(commands.app, ["refresh", "capex"])
    assert run.exit_code == 1


def test_a_name_that_nothing_holds_back_is_refused(monkeypatch):
    """A misspelt name must not look as if it had been taken."""
    monkeypatch.setattr("minerpivot.refresh.prices.fetch", lambda **how: {"prices": next_close(tables.DATA)})
    run = CliRunner().invoke(commands.app, ["refresh", "prices", "--dry-run", "--take", "prices MOON|2026-01-28"])
    assert run.exit_code == 1
    assert "--take 'prices MOON|2026-01-28': nothing of that name was held back" in run.output


def test_the_command_stops_at_what_is_held_back(monkeypatch):
    """Exit code 1, the row's name and its neighbours, how to take it; data/ byte-identical."""
    old, rows = contents(tables.DATA), next_close(tables.DATA)
    close = f"{100 * float(rows['close'].iloc[0]):.4f}"
    monkeypatch.setattr("minerpivot.refresh.prices.fetch", lambda **how: {"prices": rows.assign(close=close)})
    run = CliRunner().invoke(commands.app, ["refresh", "prices"])
    assert run.exit_code == 1
    assert f"prices {STOCK}|{next_session(tables.DATA)} close {close}: " in run.output
    assert "beside it: " in run.output
    assert "--take 'table row'" in run.output
    assert contents(tables.DATA) == old
