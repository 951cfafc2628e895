"""What was said or stood on the article's day, and what came of it: one row per figure.

Rows hold `what`, `unit`, `first` with `first_on` (what stood on the day, else what was said first after it), `latest`
with `latest_on` (missing where nothing followed), `change` (in percent, or how a guided range moved), `grade` and a
`note`: on which basis, and whether it counts. A guided range is (low, high).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd

from minerpivot.article import claims
from minerpivot.article.knowledge import BENCHMARKS, Known, iso, of_kind, session_by, signed_in_force
from minerpivot.deals import ledger
from minerpivot.halving import mining
from minerpivot.spending import capex, outlook
from minerpivot.stocks import markets

COMPARABLE = ("plain", "restated")  # standings that count; a restatement is the first on its basis
SHOWN = (*COMPARABLE, "single_sourced")


class Row(NamedTuple):
    """One figure then and since."""

    what: str
    unit: str
    first: Any
    first_on: str
    latest: Any = None
    latest_on: str | None = None
    change: float | str | None = None
    grade: str = "derived"
    note: str = ""


def groups(known: Known, day: pd.Timestamp, named: list[str]) -> dict[str, list[str]]:
    """Miners on the day: those that an article names, other signers, and those that mined at the halving and had not.

    As in the stocks chapter; the last group holds those that have failed since, and none that had no closes by then.
    """
    then = known.on(day)
    every = dict.fromkeys([*then.followed, *then.mined])
    by_then = [ticker for ticker in every if then.joining.get(ticker, pd.Timestamp.max) <= day]
    rest = [ticker for ticker in then.mined if ticker not in [*by_then, *named]]  # sides stay as on the day
    return {"named": named, "other signers": [t for t in by_then if t not in named], "not signed": rest}


def guidance(known: Known, day: pd.Timestamp, *, standings: Iterable[str] = SHOWN) -> pd.DataFrame:
    """Guidance of each hyperscaler on the day's year, by definition: what stood on the day or came first after it, and
    the latest after that.

    Columns: ticker, definition, period_kind, standing (of the latest), first and latest (low, high), each with _on
    and _midpoint; latest ones missing where nothing followed.
    """
    said = outlook.guidance_path(known("capex_guidance"), day.year)
    said = said[said["standing"].isin(list(standings)) & said["ticker"].isin(of_kind(known.instruments, "hyperscaler"))]
    rows = []
    for (ticker, definition), own in said.groupby(["ticker", "definition"], sort=False):
        own = own.iloc[max(int((own["issued_on"] <= day).sum()) - 1, 0) :]
        row = {"ticker": ticker, "definition": definition, "period_kind": own["period_kind"].iloc[0]}
        for end, statement in zip(("first", "latest"), [own.iloc[0], *([own.iloc[-1]] if len(own) > 1 else [])]):
            row |= {
                end: _range(statement),
                f"{end}_on": iso(statement["issued_on"]),
                f"{end}_midpoint": statement["midpoint_usd_bn"],
            }
        rows.append(row | {"standing": own["standing"].iloc[-1]})
    columns = ["ticker", "definition", "period_kind", "standing"]
    ends = [f"{name}{part}" for name in ("first", "latest") for part in ("", "_on", "_midpoint")]
    return pd.DataFrame(rows, columns=[*columns, *ends])


def comparable(known: Known, day: pd.Timestamp) -> pd.DataFrame:
    """Rows of `guidance` with two figures that are comparable, the last of each hyperscaler: who raised the plan."""
    rows = guidance(known, day, standings=COMPARABLE).dropna(subset="latest_midpoint")
    return rows.drop_duplicates("ticker", keep="last")


def _range(statement: pd.Series) -> tuple[float, float]:
    if pd.notna(statement["low_usd_bn"]):
        return statement["low_usd_bn"], statement["high_usd_bn"]
    return statement["point_usd_bn"], statement["point_usd_bn"]


def plans(known: Known, day: pd.Timestamp) -> Iterator[Row]:
    """Guidance on the day's year against the latest, or against the outcome once the year has ended."""
    names = known.instruments["short_name"]
    scored = outlook.scored_statements(known("capex_guidance"), known("capex_annual"))
    scored = scored[(scored["fiscal_period"] == f"FY{day.year}") & (scored["period_end"] > day)]
    ended = scored.drop_duplicates(["ticker", "definition"], keep="last").set_index(["ticker", "definition"])
    counted = comparable(known, day).set_index(["ticker", "definition"]).index
    for own in guidance(known, day).to_dict("records"):
        counts = own["standing"] in COMPARABLE and (own["ticker"], own["definition"]) in counted
        notes = [f"fiscal {day.year}" if own["period_kind"] == "fiscal" else f"{day.year}"]
        notes += [own["standing"].replace("_", " ")] if own["standing"] != "plain" else []
        notes += [] if counts or pd.notna(own["latest_midpoint"]) else ["guided once"]
        notes += ["counted" if counts else "not counted"]
        row = Row(f"capex of {names[own['ticker']]}", "USD bn", own["first"], own["first_on"], grade="reported")
        row = row._replace(note=", ".join(notes))
        if (own["ticker"], own["definition"]) in ended.index:
            year = ended.loc[(own["ticker"], own["definition"])]
            change = 100 * (year["outcome_usd_bn"] / own["first_midpoint"] - 1)
            yield row._replace(latest=year["outcome_usd_bn"], latest_on=iso(year["period_end"]), change=change)
        elif pd.isna(own["latest_midpoint"]):
            yield row
        else:
            moved = claims.revision(own["first"], own["latest"])
            yield row._replace(latest=own["latest"], latest_on=own["latest_on"], change=moved)


def growth(known: Known, day: pd.Timestamp, tickers: list[str]) -> Iterator[Row]:
    """Growth of quarterly cash capex over a year: in the results known on the day, and in the latest."""
    if not tickers:
        return
    then, now = (
        pd.DataFrame(capex.growth(capex.calendar_quarters(tables("capex_actuals"), "cash_ppe")))
        .reindex(columns=tickers)
        .dropna()
        .iloc[-1]
        for tables in (known.on(day), known)
    )
    for ticker in tickers:
        what = f"growth of {known.instruments['short_name'][ticker]}'s capex"
        row = Row(what, "percent", then[ticker], str(then.name), note="quarter over a year before, cash")
        yield row if now.name == then.name else row._replace(latest=now[ticker], latest_on=str(now.name))


def nvidia(known: Known, day: pd.Timestamp) -> Iterator[Row]:
    """Nvidia's next quarter and each one after it: revenue against the guidance given with the report before."""
    beats = capex.nvidia_beats(known("nvidia"))
    said, after = beats[beats["reported_on"] <= day].iloc[-1], beats[beats["reported_on"] > day]
    if after.empty:
        guided = said["next_quarter_revenue_guidance_usd_bn"]
        yield Row("Nvidia's next quarter", "USD bn", guided, iso(said["reported_on"]), grade="reported", note="revenue")
    for report in after.dropna(subset="beat_percent").to_dict("records"):
        yield Row(
            f"Nvidia's quarter to {iso(report['period_end'])}",
            "USD bn",
            report["guidance_usd_bn"],
            iso(report["guided_on"]),
            report["revenue_usd_bn"],
            iso(report["reported_on"]),
            report["beat_percent"],
            "reported",
            "revenue against guidance",
        )


def income(known: Known, day: pd.Timestamp, *, window_days: int) -> Iterator[Row]:
    """Hashprice, averaged over a window, and difficulty: on the day and at their ends."""
    network = known("network")
    hashprice = mining.hashprice(network)["usd"].dropna().rolling(window_days).mean()
    difficulty = network.set_index("date")["difficulty"].dropna() / 1e12
    for what, unit, levels, grade in (
        (f"hashprice, {window_days} days", "USD per PH/s per day", hashprice, "derived"),
        ("difficulty", "trillion", difficulty, "reported"),
    ):
        yield _level(what, unit, levels, day, grade)


def _level(what: str, unit: str, levels: pd.Series, day: pd.Timestamp, grade: str) -> Row:
    """A level by the day against the last one."""
    then = levels.loc[:day]
    row = Row(what, unit, then.iloc[-1], iso(then.index[-1]), grade=grade)
    if levels.index[-1] == then.index[-1]:
        return row
    change = 100 * (levels.iloc[-1] / then.iloc[-1] - 1)
    return row._replace(latest=levels.iloc[-1], latest_on=iso(levels.index[-1]), change=change)


def contracts(known: Known, day: pd.Timestamp) -> Iterator[Row]:
    """Tenant contracts in force and AI in the revenue of the signers, as known on the day and at the end.

    As in the deals chapter: joint ventures at the company's own share.
    """
    later = pd.Timestamp(known.until) > day
    tables = (known.on(day), known) if later else (known.on(day),)
    sums = [ledger.totals(ledger.own_share(ledger.contracted(each("deals")))).iloc[0] for each in tables]
    shares = [_signers_share(each) for each in tables]
    own = "own share of ventures"
    measures = (
        ("tenant contracts in force", "contracts", [each["contracts"] for each in sums], "reported", ""),
        ("their base value", "USD bn", [each["value_usd_bn"] for each in sums], "reported", f"nominal, {own}"),
        ("their critical IT", "MW", [each["critical_it_mw"] for each in sums], "reported", own),
        ("their power of open basis", "MW", [each["open_mw"] for each in sums], "reported", own),
        ("signers that report a split of revenue", "companies", [count for count, _ in shares], "estimated", ""),
        ("AI in their revenue", "percent", [percent for _, percent in shares], "estimated", "latest quarters"),
    )
    for what, unit, (then, *now), grade, note in measures:
        row = Row(what, unit, then, iso(day), grade=grade, note=note)
        yield row._replace(latest=now[0], latest_on=known.until) if now else row


def _signers_share(known: Known) -> tuple[int, float]:
    """Signers with a split of revenue, and AI in percent of their revenue together."""
    split = ledger.ai_share(known("miner_segments"), signed_in_force(known)).dropna(subset="ai_percent")
    return len(split), share(split)


def share(split: pd.DataFrame) -> float:
    """AI in percent of the revenue of companies together; missing for none."""
    revenue = split["revenue_usd_m"].sum()
    return 100 * split["ai_hpc_revenue_usd_m"].sum() / revenue if revenue else float("nan")


def shares(known: Known, day: pd.Timestamp, groups: Mapping[str, list[str]]) -> Iterator[Row]:
    """Closes of the day against the last common ones: of each group's basket (`together`), and of the benchmarks."""
    start = session_by(known.closes, day)
    funds = {f"{ticker} ({name} fund)": [ticker] for ticker, name in BENCHMARKS.items()}  # not what it holds
    for what, tickers in (dict(groups) | funds).items():
        single = len(tickers) == 1
        first = known.closes.loc[start, tickers[0]] if single else None
        row = Row(what, "USD" if single else "basket", first, iso(start))
        if known.end <= start:
            yield row
            continue
        latest = known.closes.loc[known.end, tickers[0]] if single else None
        yield row._replace(latest=latest, latest_on=iso(known.end), change=together(known, tickers, start, known.end))


def together(known: Known, tickers: Iterable[str], start: pd.Timestamp, end: pd.Timestamp) -> float:
    """Return in percent of a group that stays as it is: the stocks chapter's basket of equal weights.

    Bought at the close of `start`, made equal again at the end of each quarter; a share whose closes end is sold there.
    """
    closes = known.closes.loc[start:end, list(tickers)]
    members = pd.DataFrame(True, index=closes.index, columns=closes.columns)
    level = markets.basket(closes, members, last_session=known.held_to(end))
    return float(100 * (level.iloc[-1] / level.iloc[0] - 1))


def returns(
    known: Known, tickers: Iterable[str], spans: Mapping[str, tuple[pd.Timestamp, pd.Timestamp]]
) -> pd.DataFrame:
    """Returns in percent, ticker × span; a share whose closes end within a span is held to its last one.

    Missing where a share had no close at the start.
    """
    closes = known.closes[list(tickers)]
    held = closes.ffill()
    return pd.DataFrame(
        {name: 100 * (held.loc[end] / closes.loc[start] - 1) for name, (start, end) in spans.items()}, dtype=float
    )


def beside(known: Known, tickers: Iterable[str], benchmark: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    """Return of a benchmark in percent over the days of each share: from `start` to its last close by `end`.

    So that a share whose closes end sooner is compared over its own days. Missing without a close at the start.
    """
    tickers, closes = list(tickers), known.closes.loc[start:end]
    base, level = closes[benchmark].iloc[0], closes[benchmark].ffill()
    returned = {
        ticker: 100 * (level[closes[ticker].last_valid_index()] / base - 1)
        for ticker in tickers
        if pd.notna(closes[ticker].iloc[0])
    }
    return pd.Series(returned, index=pd.Index(tickers), dtype=float)


def order(
    known: Known,
    groups: Mapping[str, list[str]],
    spenders: list[str],
    spans: Mapping[str, tuple[pd.Timestamp, pd.Timestamp]],
) -> pd.DataFrame:
    """Returns over spans: of each named stock, of the groups (`together`), of bitcoin and the Nasdaq-100, and of the
    hyperscalers named.


    Columns: `share`, `ticker` (or the name of a group), one per span.
    """
    names = known.instruments["short_name"]
    rows = [(names[ticker], ticker, [ticker]) for ticker in groups.get("named", [])]
    rows += [(f"{group}, basket of {len(tickers)}", group, tickers) for group, tickers in groups.items() if tickers]
    rows += [(BENCHMARKS.get(ticker, names[ticker]), ticker, [ticker]) for ticker in ["IBIT", "QQQ", *spenders]]
    means = pd.DataFrame(
        [[together(known, tickers, *ends) for ends in spans.values()] for *_, tickers in rows], columns=list(spans)
    )
    means.insert(0, "share", [share for share, *_ in rows])
    means.insert(1, "ticker", [ticker for _, ticker, _ in rows])
    return means
