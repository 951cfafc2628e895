"""The network's vendors, played by a local server that answers as they do: good days, bad days and worse."""

import io
import json
import shutil
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import pandas as pd
import pytest
from rich.console import Console
from tenacity import wait_none

from minerpivot.data import tables, validation
from minerpivot.refresh import network, vendors
from minerpivot.refresh.transaction import RefreshError, _text, apply, compare
from minerpivot.refresh.vendors import VendorError
from tests.frozen import some

NOW = pd.Timestamp("2026-09-01 12:00")
DAY = 86_400
COUNTS = [136, 142, 142, 152, 146, 132, 146, 163, 152]  # blocks of 2026-08-23 to 2026-08-31
RETARGET = (963_648, pd.Timestamp("2026-08-23 14:07:33"), 125_807_076_547_198.0)
MIXED = 50  # blocks of that day after the retarget
PLAIN = pd.Timestamp("2026-08-27")  # a day like any other


@pytest.fixture(scope="module")
def recent(tmp_path_factory):
    """A valid data folder whose network ends on 2026-08-22, and its fees on 2026-08-16."""
    names = ("difficulty_epochs", "halvings", "instruments", "network", "prices", "splits")
    folder = some(tmp_path_factory.mktemp("recent") / "data", *names)
    days = {"prices": ("2026-08-01", "2026-08-30"), "network": ("2026-06-10", "2026-08-22")}
    for name, (first, last) in days.items():
        rows = _text(folder / f"{name}.csv")
        rows = rows[rows["date"].between(first, last)]
        if name == "network":
            rows["fees_btc"] = rows["fees_btc"].mask(rows["date"] > "2026-08-16")
        rows.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    epochs = _text(folder / "difficulty_epochs.csv").iloc[:479]
    epochs.loc[478, ["difficulty", "change_pct", "time_utc"]] = pd.NA
    epochs.to_csv(folder / "difficulty_epochs.csv", index=False, lineterminator="\n")
    validation.seal(folder)
    yield folder
    tables.forget()


@pytest.fixture(scope="module")
def truth(recent):
    """Blocks, mean difficulty over them, and fees by day up to the unfinished one: stored as far as they go."""
    stored = tables.load("network", folder=recent).set_index("date")
    mean = stored["hash_rate_ehs"] / stored["blocks"] / network.EHS_PER_BLOCK
    days = pd.DataFrame({"blocks": stored["blocks"].astype(int), "mean": mean, "fees": stored["fees_btc"].fillna(2.5)})
    new = pd.DataFrame({"blocks": COUNTS, "mean": RETARGET[2], "fees": 3.25}, pd.date_range("2026-08-23", periods=9))
    old = stored["difficulty"].iloc[-1]
    new.loc["2026-08-23", "mean"] = (MIXED * RETARGET[2] + (136 - MIXED) * old) / 136
    new.loc[NOW.normalize()] = [70, RETARGET[2], 1.0]
    return pd.concat([days, new]).astype({"blocks": int})


class Vendors:
    """What the two vendors answer: whole answers by series, and (status, type, body) that go first."""

    def __init__(self, truth, recent):
        seconds = [int(day.timestamp()) for day in truth.index]
        rates = truth["blocks"] * truth["mean"] * 2**32 / DAY
        series = {"difficulty": truth["mean"], "hash-rate": rates / 1e12, "transaction-fees": truth["fees"]}
        self.answers = {
            name: {
                "status": "ok",
                "name": name,
                "period": "day",
                "values": [{"x": x, "y": y} for x, y in zip(seconds, map(float, values))],
            }
            for name, values in series.items()
        }
        epochs = tables.load("difficulty_epochs", folder=recent).iloc[472:478]
        noons = (epochs["date_utc"] + pd.Timedelta("12h")).map(pd.Timestamp.timestamp).astype(int)
        listed = [list(row) for row in zip(noons, epochs["height"].astype(int), epochs["difficulty"])]
        listed.append([int(RETARGET[1].timestamp()), RETARGET[0], RETARGET[2]])
        ratios = [1.0] + [round(b[2] / a[2], 6) for a, b in pairwise(listed)]
        self.answers["difficulty-adjustments"] = [[*row, ratio] for row, ratio in zip(listed, ratios)][::-1]
        self.answers["hashrate"] = {
            "hashrates": [{"timestamp": x + DAY, "avgHashrate": y * 1.01} for x, y in zip(seconds[:-1], rates)],
            "difficulty": [],
            "currentHashrate": 9e20,
            "currentDifficulty": RETARGET[2],
        }
        self.first, self.seconds, self.asked = {}, 0.0, []

    def point(self, series, day=PLAIN):
        """The point of one day, to be tampered with."""
        return next(point for point in self.answers[series]["values"] if point["x"] == day.timestamp())


@pytest.fixture
def vendor(truth, recent, monkeypatch):
    """Both vendors on a local port."""
    played = Vendors(truth, recent)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            played.asked.append(self.path)
            time.sleep(played.seconds)
            name = next(part for part in self.path.split("?")[0].split("/") if part in played.answers)
            queue = played.first.get(name, [])
            status, kind, body = queue.pop(0) if queue else (200, "application/json", json.dumps(played.answers[name]))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            with suppress(BrokenPipeError):  # the client may have given up
                self.wfile.write(body.encode())

        def log_message(self, *arguments):
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    monkeypatch.setattr(vendors, "wait_exponential_jitter", lambda **_: wait_none())
    monkeypatch.setattr(network, "CHARTS_URL", f"http://127.0.0.1:{server.server_port}/charts")
    monkeypatch.setattr(network, "MINING_URL", f"http://127.0.0.1:{server.server_port}/api/v1/mining")
    yield played
    server.shutdown()
    server.server_close()


def fetched(folder, now=NOW):
    """The rows by table, and what the console showed."""
    console = Console(file=io.StringIO(), width=200)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network, "FOLDER", folder)
        rows = network.fetch(tickers=["IREN"], console=console, now=now)
    return rows, console.file.getvalue()


def refused(folder, *words, now=NOW):
    """Fetching raises a `VendorError` with these words, and no file of `folder` changes."""
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(VendorError) as caught:
        fetched(folder, now)
    message = str(caught.value)
    assert all(word in message for word in (*words, "data/ is unchanged")), message
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_rows_are_what_the_vendors_sent(vendor, truth, recent):
    """Columns, days, blocks, fees, difficulty at the end of a day and work over the whole of it."""
    tables_, shown = fetched(recent)
    rows = tables_["network"].set_index("date")
    assert list(tables_["network"].columns) == [f["name"] for f in tables.describe("network")["schema"]["fields"]]
    assert list(rows.index) == [f"{day:%Y-%m-%d}" for day in pd.date_range("2026-07-17", "2026-08-31")]
    assert list(rows["blocks"]) == list(truth["blocks"].loc["2026-07-17":"2026-08-31"])
    assert (rows["issuance_btc"] == rows["blocks"] * 3.125).all()
    assert rows.loc["2026-08-28", "fees_btc"] == 3.25
    assert rows.loc["2026-08-23", "difficulty"] == RETARGET[2]  # in force at the end of the day, not the day's mean
    assert rows.loc["2026-08-22", "difficulty"] == pytest.approx(127_479_855_693_691.4, rel=1e-12)
    per_block = 2**32 / DAY / 1e18
    work = MIXED * RETARGET[2] + (136 - MIXED) * 127_479_855_693_691.4
    assert float(rows.loc["2026-08-23", "hash_rate_ehs"]) == pytest.approx(work * per_block, rel=1e-9)
    assert float(rows.loc["2026-08-28", "hash_rate_ehs"]) == pytest.approx(132 * RETARGET[2] * per_block, rel=1e-9)
    assert all("sampled=false" in path and "days" in path for path in vendor.asked if "/charts/" in path)
    assert len(vendor.asked) == 5
    assert "network" in shown


def test_prices_fill_only_what_the_network_lacks(vendor, recent):
    """A stored price stays, a new one is the BTC-USD close, and one that is nowhere is announced."""
    tables_, shown = fetched(recent)
    price = tables_["network"].set_index("date")["price_usd"]
    closes = tables.load("prices", folder=recent).query("symbol == 'BTC-USD'").set_index("date")["close"]
    stored = tables.load("network", folder=recent).set_index("date")["price_usd"]
    assert price["2026-08-20"] == stored[pd.Timestamp("2026-08-20")] != closes[pd.Timestamp("2026-08-20")]
    assert price["2026-08-25"] == closes[pd.Timestamp("2026-08-25")]
    assert pd.isna(price["2026-08-31"])
    assert "no stored BTC-USD close for 2026-08-31; refresh prices" in shown


def test_epochs_are_completed(vendor, recent):
    """An epoch that had a date only gets its difficulty, change and time."""
    rows = fetched(recent)[0]["difficulty_epochs"].set_index("epoch")
    assert list(rows.index) == [476, 477, 478]
    new = rows.loc[478]
    assert (new["height"], new["date_utc"], new["time_utc"]) == (963_648, "2026-08-23", "14:07:33")
    assert new["change_pct"] == pytest.approx(-1.3122, abs=1e-4)
    assert rows.loc[477, "change_pct"] == 0.9889


def test_the_transaction_takes_it_without_a_revision(vendor, recent, tmp_path):
    """Overlap agrees, new days are added, and holes filled, all valid."""
    folder = shutil.copytree(recent, tmp_path / "data")
    changes = [compare(name, rows, folder=folder) for name, rows in fetched(folder)[0].items()]
    assert [line for change in changes for line in change.revised] == []
    assert changes[0].added == 9
    assert changes[0].filled == 6  # fees of 2026-08-17 to 22
    assert (changes[1].added, changes[1].filled) == (0, 5)  # all of 478, and the times of 476 and 477
    assert apply(changes, folder=folder) == ["network", "difficulty_epochs"]
    assert tables.load("network", folder=folder)["fees_btc"].notna().all()


def test_a_vendor_that_revises_history_is_refused_by_the_transaction(vendor, recent, tmp_path):
    """A changed old fee is named and nothing is written."""
    folder = shutil.copytree(recent, tmp_path / "data")
    vendor.point("transaction-fees", pd.Timestamp("2026-08-01"))["y"] = 9.0
    changes = [compare(name, rows, folder=folder) for name, rows in fetched(folder)[0].items()]
    with pytest.raises(RefreshError, match="2026-08-01 fees_btc"):
        apply(changes, folder=folder)
    assert (folder / "network.csv").read_bytes() == (recent / "network.csv").read_bytes()


@pytest.mark.parametrize(
    ("now", "last"),
    [("2026-09-01 12:00", "2026-08-31"), ("2026-09-01 03:00", "2026-08-30"), ("2026-08-31 23:59", "2026-08-30")],
)
def test_an_unfinished_or_unsettled_day_is_dropped(vendor, recent, now, last):
    """A day counts six hours after its end."""
    assert fetched(recent, pd.Timestamp(now))[0]["network"]["date"].iloc[-1] == last


def test_order_and_repeats_do_not_matter(vendor, recent):
    """Points in any order, some twice, give the same rows."""
    expected = fetched(recent)[0]
    for name in ("difficulty", "hash-rate", "transaction-fees"):
        values = vendor.answers[name]["values"]
        vendor.answers[name]["values"] = values[::-1] + values[3:5]
    vendor.answers["difficulty-adjustments"] = vendor.answers["difficulty-adjustments"][::-1] * 2
    for name, rows in fetched(recent)[0].items():
        pd.testing.assert_frame_equal(rows, expected[name])


@pytest.mark.parametrize("retargeted", ["opening", "closing"])
def test_whole_blocks_whichever_difficulty_the_hash_rate_takes_on_a_retarget_day(vendor, recent, retargeted):
    """The old one, or the new one, instead of the mean."""
    difficulty = {"opening": 127_479_855_693_691.4, "closing": RETARGET[2]}[retargeted]
    vendor.point("hash-rate", RETARGET[1].normalize())["y"] = 136 * difficulty * 2**32 / DAY / 1e12
    assert fetched(recent)[0]["network"].set_index("date").loc["2026-08-23", "blocks"] == 136


SERIES = [
    ("difficulty", "blockchain.info"),
    ("hash-rate", "blockchain.info"),
    ("transaction-fees", "blockchain.info"),
    ("difficulty-adjustments", "mempool.space"),
    ("hashrate", "mempool.space"),
]
HTML = (200, "text/html", "<!doctype html><title>Just a moment...</title>")


@pytest.mark.parametrize(("series", "source"), SERIES)
@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([(404, "application/json", '{"message":"not found"}')], ("answered 404", "check the name")),
        ([HTML], ("text/html", "not whole JSON", "by hand")),
        ([(200, "application/json", '{"status":"ok","values":[{"x":178')], ("not whole JSON",)),
        ([(200, "application/json", "[]")], ("no list of", "try again later")),
        ([(200, "application/json", "{}")], ("no list of", "try again later")),
        ([(200, "application/json", '{"values":[],"hashrates":[]}')], ("no list of", "try again later")),
        ([(200, "application/json", "null")], ("no list of", "try again later")),
        ([(429, "text/plain", "Too Many Requests")] * 9, ("answered 429 after 4 tries", "try again later")),
        ([(500, "text/plain", "Failed")] * 9, ("answered 500 after 4 tries", "try again later")),
    ],
)
def test_an_answer_that_is_none_is_refused(vendor, recent, series, source, answers, words):
    """Unknown series, HTML, cut or empty JSON, and refusal for ever, for each series."""
    vendor.first[series] = list(answers)
    refused(recent, f"{source}: {series}: ", *words)


@pytest.mark.parametrize(("series", "source"), SERIES)
def test_a_busy_vendor_gets_another_chance(vendor, recent, series, source):
    """429 and 503, then the answer."""
    expected = fetched(recent)[0]["network"]
    vendor.first[series] = [(429, "text/plain", ""), (503, "text/plain", "")]
    pd.testing.assert_frame_equal(fetched(recent)[0]["network"], expected)


def test_a_silent_vendor_is_refused(vendor, recent, monkeypatch):
    """Time-outs for ever."""
    monkeypatch.setattr(vendors, "TIMEOUT", 0.05)
    vendor.seconds = 0.2
    refused(recent, "blockchain.info: difficulty: no whole answer (ReadTimeout) after 4 tries")


@pytest.mark.parametrize("series", ["difficulty", "hash-rate", "transaction-fees"])
@pytest.mark.parametrize("value", [None, "n/a", float("nan"), float("inf"), -1.0, {}])
def test_a_point_without_a_number_is_refused(vendor, recent, series, value):
    """Nothing, text, NaN or a negative number in place of a value."""
    vendor.point(series)["y"] = value
    refused(recent, f"blockchain.info: {series}: no number at 2026-08-27; try again")


def test_milliseconds_are_refused(vendor, recent):
    """A change of unit is not a date in the far future."""
    for point in vendor.answers["hashrate"]["hashrates"]:
        point["timestamp"] *= 1000
    refused(recent, "mempool.space: hashrate: no number at NaT, NaT")


@pytest.mark.parametrize("series", ["difficulty", "hash-rate", "transaction-fees"])
def test_a_day_with_two_values_is_refused(vendor, recent, series):
    """The chart is no longer daily."""
    point = vendor.point(series)
    vendor.answers[series]["values"].append({"x": point["x"] + 3600, "y": point["y"] * 1.1})
    refused(recent, f"blockchain.info: {series}: more than one value at 2026-08-27")


@pytest.mark.parametrize("series", ["difficulty", "hash-rate", "transaction-fees"])
def test_a_new_day_left_out_is_refused_and_a_stored_one_is_not(vendor, recent, series):
    """A hole among new days is an error; a stored day is not needed again."""
    vendor.answers[series]["values"].remove(vendor.point(series, pd.Timestamp("2026-08-03")))
    assert "2026-08-03" not in set(fetched(recent)[0]["network"]["date"])
    vendor.answers[series]["values"].remove(vendor.point(series))
    refused(recent, "no value at 2026-08-27; try again later", "make check")


def test_a_chart_that_begins_too_late_is_refused(vendor, recent):
    """Days between the stored end and the first point are a hole too."""
    vendor.answers["transaction-fees"]["values"] = vendor.answers["transaction-fees"]["values"][-8:]
    refused(recent, "no value at 2026-08-17, 2026-08-18")


@pytest.mark.parametrize(("late", "works"), [(2, True), (9, False)])
def test_a_chart_may_be_late_but_not_very(vendor, recent, late, works):
    """Two days are a wait, nine are a fault."""
    del vendor.answers["transaction-fees"]["values"][-1 - late :]
    if works:
        assert fetched(recent)[0]["network"]["date"].iloc[-1] == "2026-08-29"
    else:
        refused(recent, "blockchain.info: charts: no day since 2026-08-27 at transaction-fees; try again")


def test_charts_of_the_past_are_refused(vendor, recent):
    """All of them stopped before the overlap begins."""
    for name in ("difficulty", "hash-rate", "transaction-fees"):
        del vendor.answers[name]["values"][20:]
    refused(recent, "no day since 2026-08-27 at difficulty, hash-rate, transaction-fees; try again")


def test_vendors_that_differ_on_difficulty_are_refused(vendor, recent):
    """On a day without a retarget, by more than a millionth."""
    point = vendor.point("difficulty")
    point["y"] *= 1 + 5e-7
    fetched(recent)
    point["y"] *= 1 + 2e-6
    refused(recent, "blockchain.info and mempool.space: difficulty", "1e-6 at 2026-08-27; compare with a third")


def test_a_retarget_that_one_vendor_has_not_seen_is_refused(vendor, recent):
    """A list of retargets that stopped cannot pass for the current one."""
    vendor.answers["difficulty-adjustments"].pop(0)
    refused(recent, "difficulty: they differ by more than 1e-6 at 2026-08-23, 2026-08-24")


def test_a_hash_rate_of_no_whole_number_of_blocks_is_refused(vendor, recent):
    """The identity must hold on every day."""
    vendor.point("hash-rate")["y"] *= 1.003
    refused(recent, "hash-rate: not that of a whole number of blocks at 2026-08-27")


@pytest.mark.parametrize(("factor", "works"), [(1.03, True), (0.97, True), (1.08, False), (0.9, False)])
def test_hash_rates_more_than_5_percent_apart_over_a_week_are_refused(vendor, recent, factor, works):
    """One vendor against the other."""
    for point in vendor.answers["hashrate"]["hashrates"][-7:]:
        point["avgHashrate"] *= factor
    if works:
        fetched(recent)
    else:
        refused(recent, "blockchain.info and mempool.space: hash rate: 7-day means", "2026-08-31", "third source")


def test_a_stale_hash_rate_to_check_by_is_refused(vendor, recent):
    """No check, no rows."""
    del vendor.answers["hashrate"]["hashrates"][-7:]
    refused(recent, "mempool.space: hashrate: no recent week", "try again tomorrow")


@pytest.mark.parametrize("factor", [4.2, 0.2])
def test_a_chain_with_another_retarget_rule_is_refused(vendor, recent, factor):
    """No retarget of this chain exceeds a factor of four."""
    vendor.answers["difficulty-adjustments"][0][2] = 127_479_855_693_691.4 * factor
    refused(recent, "mempool.space: difficulty-adjustments: ", "this chain's factor of 4 at 963648", "bitcoin node")


@pytest.mark.parametrize(
    ("column", "value"), [(0, 1), (0, 1_787_494_053_000), (1, 963_640), (1, 965_664), (2, None), (2, "many")]
)
def test_retargets_out_of_step_are_refused(vendor, recent, column, value):
    """Every 2,016 blocks, later than the one before, with a number."""
    vendor.answers["difficulty-adjustments"][0][column] = value
    refused(recent, "mempool.space: difficulty-adjustments: retargets out of step at 96", "try again")


def test_retargets_that_begin_too_late_are_refused(vendor, recent):
    """The first days would have no difficulty."""
    del vendor.answers["difficulty-adjustments"][3:]
    refused(recent, "mempool.space: difficulty-adjustments: 2026-07-17 is before the first retarget at 959616")


def test_an_epoch_with_a_halving_is_refused(vendor, recent, monkeypatch):
    """Its subsidy cannot be told from a count."""
    monkeypatch.setattr(network, "HALVING", 963_700)
    refused(recent, "issuance: a count of blocks cannot split the epoch of a halving at 2026-08-23", "block list")


BLOCK = {"id": "0000", "height": 1_050_000, "timestamp": 1_838_000_000, "tx_count": 3000}


def halved(recent, monkeypatch, answer, height=1_050_336):
    """Rows of halvings once a retarget has passed a height, and what was asked."""
    from tests.refresh.local import played

    monkeypatch.setattr(network, "FOLDER", recent)
    with played(monkeypatch) as local:
        local["mempool.space/api/v1/blocks/1050000"] = answer
        return network._halvings(height), local.asked


def test_a_halving_that_happened_gets_its_block(recent, monkeypatch):
    """Day and time of the block replace what was expected; before it nobody is asked."""
    rows, _ = halved(recent, monkeypatch, [BLOCK, {"height": 1_049_999}])
    cells = rows.iloc[0][["halving", "height", "date_utc", "time_utc", "status"]].tolist()
    assert cells == [5, 1_050_000, "2028-03-30", "03:33:20", "past"]
    assert halved(recent, monkeypatch, [BLOCK], height=1_048_320)[1] == []


@pytest.mark.parametrize(
    "answer", [[], {}, None, [{}], [BLOCK | {"height": 1_049_999}], [BLOCK | {"timestamp": 1_838_000_000_000}]]
)
def test_another_block_is_no_halving(recent, monkeypatch, answer):
    """Nor is one without a time, or with one in milliseconds."""
    with pytest.raises(VendorError, match=r"mempool\.space: block 1050000: not that block, or no time"):
        halved(recent, monkeypatch, answer)
