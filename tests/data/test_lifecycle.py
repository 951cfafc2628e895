"""A share that is split and a ticker that changes, told in a table's row: stored rows stay, what is loaded follows."""

import shutil
from functools import partial

import pandas as pd
import pytest

from minerpivot.companies import valuation
from minerpivot.companies.shares import share_growth
from minerpivot.data import tables, validation
from minerpivot.deals.ledger import parent_of
from minerpivot.stocks import markets
from minerpivot.stocks.sessions import last_sessions
from tests.frozen import FOLDER
from tests.frozen import load as frozen

TICKER, NEW = "BTBT", "BTBX"
SPLIT, RENAMED = "2025-06-02", "2026-02-02"
SINCE = pd.Timestamp("2024-02-01")


def edited(tmp_path, **edits):
    """The frozen tables with some of them changed, sealed: how to load from them. An edit takes a table as text."""
    data = shutil.copytree(FOLDER, tmp_path / "data")
    for name, edit in edits.items():
        raw = pd.read_csv(data / f"{name}.csv", dtype=str, keep_default_na=False)
        edit(raw).to_csv(data / f"{name}.csv", index=False, lineterminator="\n")
    validation.seal(data)
    return partial(tables.load, folder=data)


def scaled(column, day, ticker, factor):
    """An edit: cells of a ticker from the split on times a factor."""

    def edit(raw):
        chosen = (raw[ticker] == TICKER) & (raw[day] >= SPLIT)
        assert chosen.any()
        assert not chosen.all()
        raw.loc[chosen, column] = (raw.loc[chosen, column].astype(float) * factor).astype(str)
        return raw

    return edit


def consolidated(**restated):
    """An edit: one new share for ten old ones, closes and counts stored as they were."""
    row = {"ticker": TICKER, "effective_on": SPLIT, "new_shares": "1", "old_shares": "10"}
    row |= {"closes_restated": "n", "counts_restated": "n"} | restated
    return lambda raw: pd.concat([raw, pd.DataFrame([row])]).fillna("")


AS_TRADED = {
    "prices": scaled("close", "date", "symbol", 10),
    "shares_outstanding": scaled("shares_m", "as_of", "ticker", 0.1),
}


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    """How to load tables of which one share was consolidated, its later closes and counts as traded."""
    return edited(tmp_path_factory.mktemp("split"), splits=consolidated(), **AS_TRADED)


@pytest.fixture(scope="module")
def renamed(tmp_path_factory):
    """How to load tables in which one company has a new ticker."""
    return edited(tmp_path_factory.mktemp("renamed"), **renamed_from(RENAMED))


def results(load):
    """What a split must leave: daily returns, growth of share counts, market value on each count's day."""
    closes = markets.close_matrix(load("prices"))
    growth = share_growth(load("shares_outstanding"), closes, since=SINCE)
    worth = valuation.market_value(
        load("shares_outstanding"), load("prices"), lambda day: load("deals"), load("financings"),
        parent_of(load("instruments")), ratio=1.3,
    ).set_index(["ticker", "as_of", "basis"])["value_usd_m"].sort_index()  # fmt: skip
    return closes[TICKER].pct_change(fill_method=None), growth.drop(columns=["from_shares_m", "to_shares_m"]), worth


def test_a_consolidation_told_in_one_row_changes_no_return_no_growth_and_no_value(split):
    """Ten old shares become one: closes times ten and counts a tenth from its day on, all else as without it."""
    before, after = results(frozen), results(split)
    assert TICKER in before[1].index  # a growth is measured across the day
    assert before[1].loc[TICKER, "from_date"] < pd.Timestamp(SPLIT) <= before[1].loc[TICKER, "to_date"]
    pd.testing.assert_series_equal(before[0], after[0])
    pd.testing.assert_frame_equal(before[1], after[1])
    pd.testing.assert_series_equal(before[2], after[2])


def test_the_day_before_a_split_nothing_is_adjusted(split):
    """As of its eve closes and counts are as traded; on its day those of the eve are on the new basis."""
    eve = "2025-06-01"
    for name in ("prices", "shares_outstanding", "prices_conflicts"):
        pd.testing.assert_frame_equal(frozen(name, as_of=eve), split(name, as_of=eve))
    on_day = [markets.close_matrix(each("prices", as_of=SPLIT))[TICKER].iloc[-2] for each in (frozen, split)]
    assert on_day[1] == pytest.approx(10 * on_day[0])


def test_a_split_that_is_told_wrongly_is_caught(tmp_path):
    """If its row said that counts were restated already, nine tenths of the shares would seem gone: refused."""
    with pytest.raises(tables.TableError, match=f"ticker is '{TICKER}'.* shares_m is .* times the value before it"):
        edited(tmp_path, splits=consolidated(counts_restated="y"), **AS_TRADED)


def renamed_from(day):
    """Edits: the instrument under a new ticker from a day on, its later closes under it."""

    def instruments(raw):
        old = raw["ticker"] == TICKER
        new = raw[old].assign(ticker=NEW, name="New name", short_name="New name", cik="")
        raw.loc[old, ["renamed_to", "renamed_on"]] = [NEW, day]
        return pd.concat([raw, new])

    def prices(raw):
        chosen = (raw["symbol"] == TICKER) & (raw["date"] >= day)
        assert chosen.any()
        raw.loc[chosen, "symbol"] = NEW
        return raw

    def costs(raw):
        return raw.assign(ticker=raw["ticker"].replace("CIFR", TICKER))

    return {"instruments": instruments, "prices": prices, "miner_costs": costs}


def test_a_renamed_share_has_one_series_and_one_row(renamed):
    """Closes under two tickers are one series under the new one, with all that other tables say of the old one."""
    closes = markets.close_matrix(renamed("prices"))
    assert TICKER not in closes
    before = markets.close_matrix(frozen("prices"))[TICKER]
    pd.testing.assert_series_equal(closes[NEW], before, check_names=False)
    assert (renamed("deals")["ticker"] == NEW).sum() == (frozen("deals")["ticker"] == TICKER).sum() > 0
    assert parent_of(renamed("instruments"))["WYFI"] == NEW
    assert {NEW, "SECTOR"} < set(renamed("miner_costs")["ticker"])  # a table without a key into instruments


def test_each_ticker_is_listed_while_it_is_the_companys_name(renamed, monkeypatch):
    """In the edition of the eve the old one, of its first day and in the latest the new one; never both, never none."""
    for day, ticker in {"2026-02-01": TICKER, RENAMED: NEW, None: NEW}.items():
        if day is not None:
            monkeypatch.setenv(tables.EDITION, day)
        else:
            monkeypatch.delenv(tables.EDITION)
        assert set(renamed("instruments")["ticker"]) & {TICKER, NEW} == {ticker}
        assert set(renamed("prices")["symbol"]) & {TICKER, NEW} == {ticker}
    assert renamed("instruments", as_of="2026-02-01")[["renamed_to", "renamed_on"]].isna().all(axis=None)


def test_what_is_loaded_for_an_earlier_day_joins_with_what_is_loaded_now(renamed):
    """The ledger of last year and the closes of today name a company alike: its contracts are not lost in between."""
    ledger = renamed("deals", as_of="2025-12-31")
    assert NEW in set(ledger["ticker"])
    assert set(ledger["ticker"]) <= set(renamed("instruments")["ticker"])


def test_a_last_session_to_come_is_not_known(tmp_path):
    """An edition of the eve of a delisting does not know of it; one of its day does."""

    def delisted(raw):
        raw.loc[raw["ticker"] == TICKER, "last_session"] = RENAMED
        return raw

    def ended(raw):
        return raw[(raw["symbol"] != TICKER) | (raw["date"] <= RENAMED)]

    def told(raw):
        fate = {"ticker": TICKER, "name": "A miner", "fate": "unknown", "fate_on": RENAMED, "grade": "A"}
        return pd.concat([raw, pd.DataFrame([fate | {"source_url": "https://example.org/gone"}])]).fillna("")

    load = edited(tmp_path, instruments=delisted, prices=ended, fates=told)
    found = [last_sessions(load("instruments", as_of=day)).to_dict() for day in ("2026-02-01", RENAMED)]
    assert found == [{}, {TICKER: pd.Timestamp(RENAMED)}]


def test_a_split_from_before_a_change_of_ticker_still_counts(tmp_path):
    """The split's row names the old ticker; the closes that it puts on the new basis carry the new one."""
    new = renamed_from(RENAMED)
    prices = {"prices": lambda raw: new["prices"](AS_TRADED["prices"](raw))}
    load = edited(tmp_path, splits=consolidated(), **AS_TRADED | new | prices)
    moves = [
        markets.close_matrix(each("prices"))[ticker].pct_change(fill_method=None)
        for each, ticker in ((frozen, TICKER), (load, NEW))
    ]
    pd.testing.assert_series_equal(*moves, check_names=False)


def test_a_fork_without_companies_that_ended_has_an_empty_table_of_fates(tmp_path):
    """A header alone is refused, as a file that was cut; said to be right in the yml it is a table without rows."""
    with pytest.raises(
        tables.TableError, match=r"fates\.csv: has a header and no rows; .* write empty: true into fates"
    ):
        edited(tmp_path / "cut", fates=lambda raw: raw[:0])

    def said(folder, rows):
        with (folder / "data" / "fates.yml").open("a", encoding="utf-8") as file:
            file.write("empty: true\n")
        return rows

    with pytest.raises(tables.TableError, match=r"fates\.yml: says empty: true, and .*fates\.csv has rows; take that"):
        edited(tmp_path / "left", fates=lambda raw: said(tmp_path / "left", raw))
    found = edited(tmp_path / "said", fates=lambda raw: said(tmp_path / "said", raw[:0]))("fates")
    assert found.empty
    assert found.dtypes.equals(frozen("fates").dtypes)


def test_metadata_saved_on_windows_are_the_same(tmp_path):
    """Git stores them with Unix line ends: sealed with others, every clone would differ from its checksums."""
    load = edited(tmp_path)
    path = tmp_path / "data" / "fates.yml"
    manifest = path.with_name("datapackage.json").read_bytes()
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert len(load("fates"))
    assert validation.seal(path.parent) == []
    assert path.with_name("datapackage.json").read_bytes() == manifest
