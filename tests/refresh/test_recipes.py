"""The recipes of CONTRIBUTING, each walked on a copy of the tables: the rows it names are all that is needed."""

import shutil
from pathlib import Path

import exchange_calendars
import pandas as pd
import pytest

from minerpivot.data import tables, validation
from minerpivot.spending import capex as spending
from tests.grow import SOURCE, Tables

GUIDE = (Path(tables.__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")


DAY = f"{tables.today() + pd.Timedelta(days=10):%Y-%m-%d}"  # of what the recipes write: after all that is known


@pytest.fixture
def walk(tmp_path, monkeypatch):
    """The live tables in a folder that may be written, as text, ten days from now; sealing them is `make check`."""
    monkeypatch.setenv(tables.TODAY, DAY)
    folder = shutil.copytree(tables.DATA, tmp_path / "data")
    for name in ("prices_failed", "prices_conflicts"):  # long, and no recipe is about them
        for ending in ("csv", "yml"):
            (folder / f"{name}.{ending}").unlink()
    copy = Tables(folder)
    yield copy
    tables.forget()


def sealed(walk):
    """Write and check; then the tables load as the next chapter would see them."""
    walk.write()
    validation.seal(walk.folder)
    return lambda name, as_of=None: tables.load(name, as_of, folder=walk.folder)


def miner(walk):
    """A listed miner with closes and counts, and the session after its last close."""
    closes = walk["prices"].groupby("symbol")["date"].max()
    counted = set(walk["shares_outstanding"]["ticker"])
    rows = walk["instruments"].query("kind == 'miner' and last_session == '' and renamed_to == ''")
    ticker = next(t for t in rows["ticker"] if t in closes and t in counted)
    calendar = exchange_calendars.get_calendar("XNYS", start=closes[ticker])
    return ticker, closes[ticker], f"{calendar.next_session(closes[ticker]):%Y-%m-%d}"


def latest(rows, ticker, column):
    """The last value of a ticker."""
    rows = rows[rows["ticker" if "ticker" in rows else "symbol"] == ticker]
    return float(rows.sort_values(rows.columns[rows.columns.isin(["date", "as_of"])][0])[column].iloc[-1])


@pytest.mark.parametrize(
    "title",
    [
        "A share is split or consolidated", "A ticker changes", "A company is delisted or taken over",
        "A contract ends", "A contract is amended or replaced", "A company counts something else",
        "Check another article", "A quarter forward",
    ],
)  # fmt: skip
def test_the_recipe_is_in_the_guide(title):
    """Under its name."""
    assert f"**{title}.**" in GUIDE


def test_a_split_moves_closes_and_counts_together(walk):
    """One row: a consolidation of ten for one leaves the market value what it was."""
    ticker, _, day = miner(walk)
    close, count = (
        latest(tables.load("prices"), ticker, "close"),
        latest(tables.load("shares_outstanding"), ticker, "shares_m"),
    )
    row = {"ticker": ticker, "effective_on": day, "new_shares": 1, "old_shares": 10, "source_url": SOURCE}
    walk.append("splits", [row | {"closes_restated": "n", "counts_restated": "n"}])
    load = sealed(walk)
    assert latest(load("prices"), ticker, "close") == pytest.approx(10 * close)
    assert latest(load("shares_outstanding"), ticker, "shares_m") == pytest.approx(count / 10)


def test_a_new_ticker_takes_the_whole_history(walk):
    """Two rows of one table: the old name is gone, nothing else was edited."""
    ticker, _, day = miner(walk)
    closes = (tables.load("prices")["symbol"] == ticker).sum()
    old = walk["instruments"].query("ticker == @ticker").iloc[0].to_dict()
    walk.append("instruments", [old | {"ticker": "ZZNEW", "name": "New Power", "short_name": "New Power", "cik": ""}])
    walk.change("instruments", {"ticker": ticker}, renamed_to="ZZNEW", renamed_on=day)
    load = sealed(walk)
    assert (load("prices")["symbol"] == "ZZNEW").sum() == closes
    assert ticker not in set(load("instruments")["ticker"])
    assert ticker not in set(load("deals")["ticker"])


def test_a_company_that_goes_has_a_last_session_and_a_fate(walk):
    """Two cells and a row; its history stays."""
    ticker, last, _ = miner(walk)
    walk.change("instruments", {"ticker": ticker}, last_session=last)
    name = walk["instruments"].query("ticker == @ticker")["name"].iloc[0]
    fate = {"ticker": ticker, "name": name, "fate": "acquired", "fate_on": last, "by": "A buyer", "terms": "cash"}
    walk.append("fates", [fate | {"source_url": SOURCE, "grade": "A"}])
    load = sealed(walk)
    assert f"{load('instruments').set_index('ticker')['last_session'][ticker]:%Y-%m-%d}" == last
    assert (load("prices")["symbol"] == ticker).any()


def contract(walk):
    """A signed tenant contract of its own."""
    told = set(walk["knowledge"].query("table == 'deals' and field == 'state'")["row"])
    rows = walk["deals"].query("counts_as == 'contract' and state == 'signed' and part_of == '' and supersedes == ''")
    return rows[~rows["deal_id"].isin(told) & rows["announced_on"].str.len().eq(10)].iloc[-1]


def test_a_contract_that_ends_keeps_its_row(walk):
    """One row of what became known: signed before the day, ended from it on."""
    deal = contract(walk)
    later = {
        "table": "deals",
        "row": deal["deal_id"],
        "field": "state",
        "value": "terminated",
        "known_on": DAY,
    }
    walk.append("knowledge", [later | {"source_url": SOURCE, "grade": "reported"}])
    load = sealed(walk)
    before = f"{pd.Timestamp(DAY) - pd.Timedelta(days=1):%Y-%m-%d}"
    states = [load("deals", day).set_index("deal_id")["state"][deal["deal_id"]] for day in (before, DAY)]
    assert states == ["signed", "terminated"]


def test_an_amended_contract_is_a_new_deal_that_names_the_old(walk):
    """A row of deals with its source, and a row of knowledge that says what became of the old one."""
    deal = contract(walk)
    new = deal.to_dict() | {
        "deal_id": f"{deal['deal_id']}-AMENDED", "announced_on": DAY, "binding_since": DAY,
        "noted_on": DAY, "supersedes": deal["deal_id"], "source_url": SOURCE, "second_source_url": "",
    }  # fmt: skip
    walk.append("deals", [new])
    walk.append("deal_sources", [{"deal_id": new["deal_id"], "source_url": SOURCE, "kind": "release"}])
    later = {
        "table": "deals",
        "row": deal["deal_id"],
        "field": "state",
        "value": "superseded",
        "known_on": DAY,
    }
    walk.append("knowledge", [later | {"source_url": SOURCE, "grade": "reported"}])
    rows = sealed(walk)("deals").set_index("deal_id")
    assert rows["state"][deal["deal_id"]] == "superseded"
    assert rows["supersedes"][new["deal_id"]] == deal["deal_id"]


def test_a_new_definition_is_a_word_rows_and_a_mix(walk):
    """The word in the schemas, quarters under it, and a mix in which it counts; old quarters stay as they were."""
    for name in ("capex_actuals", "capex_definitions"):
        path = walk.folder / f"{name}.yml"
        path.write_text(
            path.read_text("utf-8").replace("enum: [cash_ppe, ", "enum: [incl_all_leases, cash_ppe, "), "utf-8"
        )
    actuals = walk["capex_actuals"]
    ticker = actuals["ticker"].iloc[-1]
    quarters = actuals.query("ticker == @ticker and definition == 'cash_ppe'").tail(4)
    walk.append("capex_actuals", quarters.assign(definition="incl_all_leases", source_url=SOURCE, second_source_url=""))
    mixes = walk["capex_definitions"]
    number, cash = 1 + max(map(int, mixes["mix_order"])), mixes[mixes["mix"] == "cash"]
    new = cash.assign(mix_order=number, mix="all leases")
    new["definition"] = new["definition"].mask(new["ticker"] == ticker, "incl_all_leases")
    walk.append("capex_definitions", new)
    load = sealed(walk)
    found = spending.mixes(load("capex_definitions"), load("instruments"))
    assert found["all leases"][ticker] == "incl_all_leases"
    assert found["cash"][ticker] == "cash_ppe"


def test_another_article_is_rows_of_three_tables(walk):
    """The text, its statements, their evidence: no code."""
    original = {"article_id": "other-2026-03-02", "outlet": "Other", "domain": "other.example", "role": "original"}
    text = {"article_id": "rewrite-2026-03-02", "outlet": "Rewrite", "domain": "rewrite.example", "role": "assessed"}
    day = {
        "published_on": "2026-03-02",
        "speaks_of": "2026-03-02",
        "source_url": SOURCE,
        "text_grade": "A",
        "n_texts": 1,
    }
    walk.change("articles", {"role": "assessed"}, role="rewrite")
    walk.append("articles", [original | day, text | day | {"rewrites": original["article_id"]}])
    model = walk["claims"].query("type == 'return' and window != ''").iloc[0].to_dict()
    claim = {"claim_id": "other-return", "article_id": text["article_id"], "statement_no": 1, "as_of": "2026-03-02"}
    walk.append("claims", [model | claim])
    proof = walk["claims_evidence"].iloc[0].to_dict()
    proof |= {"claim_id": "other-return", "evidence_no": 1, "published_on": "2026-03-02", "origin_on": "2026-03-02"}
    walk.append("claims_evidence", [proof | {"source_url": SOURCE}])
    load = sealed(walk)
    assert load("claims").query("article_id == @text['article_id']")["claim_id"].tolist() == ["other-return"]
