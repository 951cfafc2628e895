"""What became known about the miners, in which session it could first move a share, and what came with it.

Day 0 is the first session after the news: news after the close belongs to the next one. Deals, company results
and financings are put on this one clock, so that an event study can tell a contract from what else was told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from minerpivot.data.exchange import first_session
from minerpivot.data.tables import last_day
from minerpivot.deals.ledger import NOT_YET, SIGNED, tenant_name
from minerpivot.stocks import events as event_study
from minerpivot.stocks import inference
from minerpivot.stocks.event_arrays import Window
from minerpivot.stocks.sessions import financing_sessions, report_sessions

KINDS = {  # of deal events, by deal_type; the weightiest first
    "colocation_lease": "lease",
    "jv": "lease",
    "gpu_cloud": "GPU cloud",
    "other": "amendment or framework",
    "power_capacity": "power or purchase",
    "acquisition": "power or purchase",
}

TEST_NAMES = {  # of `inference.size`, as a table shows them
    "cross_sectional": "t-test, naive",
    "bmp": "standardised t (Boehmer)",
    "kolari_pynnonen": "Kolari, Pynnönen",
    "corrado": "ranks (Corrado)",
    "generalised_sign": "signs (Cowan)",
    "placebo": "mean, placebo",
    "placebo_studentised": "Kolari, Pynnönen, placebo",
}

FLAGGED = ("contract", "extension", "takeover_bid", "purchase")  # `counts_as` of the deals that get derived flags
HALF_A_QUARTER = pd.Timedelta(
    days=45
)  # reports come about 90 days apart: one this near means none is missing in between


def derived_flags(
    deals: pd.DataFrame, earnings_dates: pd.DataFrame, financings: pd.DataFrame, sessions: pd.DatetimeIndex
) -> pd.DataFrame:
    """Rows of `event_flags` as far as the tables tell, for every deal of `FLAGGED` with a full date, by deal_id.

    `first_session` follows from day and hour on the exchange's `sessions`. `same_day_earnings` is "y" if a report of
    the ticker reacts in that session, "unknown" if one could (an hour that nobody saw may be after the close), "n" if
    the ticker has another report within 45 days, so that none can be missing, else "unknown". `same_day_financing` is
    "y" if a dated financing reacts then, else "unknown": the table of financings is not complete. `same_day_other` is
    "unknown".
    """
    dated = deals[deals["announced_on"].astype("string").str.len() == 10]
    dated = dated.assign(announced_on=last_day(dated["announced_on"])).set_index("deal_id")
    first = first_session(dated["announced_on"], dated["announced_time"], sessions)
    latest = first_session(dated["announced_on"], dated["announced_time"].replace("unknown", "post"), sessions)
    dated = dated.assign(first_session=first, latest=latest).dropna(subset=["first_session"])
    rows = dated[dated["counts_as"].isin(FLAGGED)]

    reports = report_sessions(earnings_dates, sessions)
    evenings = reports["time"].replace("unknown", "post")
    reports = reports.assign(latest=first_session(reports["reported_on"], evenings, sessions))
    both = rows[["ticker", "first_session", "latest"]].reset_index().merge(reports, on="ticker", suffixes=("", "_told"))
    found = pd.DataFrame({"does": both["session"] == both["first_session"]})
    found["could"] = (both["session"] == both["latest"]) | (both["latest_told"] == both["first_session"])
    found["near"] = (both["session"] - both["first_session"]).abs() <= HALF_A_QUARTER
    found = found.groupby(both["deal_id"]).any().reindex(rows.index, fill_value=False)
    financed = financing_sessions(financings, reports, dated, sessions)
    same = pd.MultiIndex.from_frame(rows[["ticker", "first_session"]]).isin(
        pd.MultiIndex.from_frame(financed[["ticker", "session"]])
    )
    columns = ["ticker", "announced_on", "announced_time", "first_session"]
    return rows[columns].assign(
        same_day_earnings=np.select([found["does"], found["could"], found["near"]], ["y", "unknown", "n"], "unknown"),
        same_day_financing=np.where(same, "y", "unknown"),
        same_day_other="unknown",
    )


def deal_events(
    deals: pd.DataFrame, event_flags: pd.DataFrame, results: pd.Series, symbols: Iterable[str]
) -> pd.DataFrame:
    """One row per share and session that could react to deal news: what happened and what else came with it.

    Rows of `event_flags` (with `deals` for what they are) of one ticker and first session are one event, named after
    the row of the weightiest kind in the order of `KINDS`. `results` holds the session that reacted to each company
    report, indexed by ticker. Columns: ticker, session, kind, announced_time, other ("y": further news of its own),
    `earnings`, `financing`, `bid` ("y", "unknown", "n": the worst of the rows), `rows`, `news` ("confounded" if one
    of these three is "y", "clean" if all are "n", else "unclear"), `effective`: "n" where no row of the event's kind is
    a contract that bound on its day or another step that was signed (what became of it later does not matter), and
    `with_tenant`: an effective lease or GPU cloud contract. Only `symbols` are kept.
    """
    rows = event_flags[event_flags["ticker"].isin(list(symbols))].merge(
        deals[["deal_id", "deal_type", "counts_as", "state", "binding_since"]], on="deal_id"
    )
    bids = rows["counts_as"] == "takeover_bid"  # the miner is the target
    reported = pd.MultiIndex.from_arrays([results.index, results])
    same = pd.MultiIndex.from_frame(rows[["ticker", "first_session"]]).isin(reported)
    rows = rows.rename(
        columns={"first_session": "session", "same_day_other": "other", "same_day_financing": "financing"}
    )
    kinds = rows["deal_type"].map(KINDS).mask(rows["counts_as"] == "no_tenant", KINDS["other"])
    rows["kind"] = kinds.where(~bids, "takeover bid")
    rows["earnings"] = rows["same_day_earnings"].where(~same, "y")
    rows["bid"] = bids.map({True: "y", False: "n"})
    in_force = last_day(rows["binding_since"]) <= rows["announced_on"]
    bound = in_force.where(rows["counts_as"].isin(SIGNED), ~rows["state"].isin(NOT_YET))
    rows["effective"] = bound.map({True: "y", False: "n"})
    weight = {kind: place for place, kind in enumerate([*KINDS.values(), "takeover bid"])}
    order = pd.DataFrame({"session": rows["session"], "weight": rows["kind"].map(weight), "not_effective": ~bound})
    rows = rows.loc[order.sort_values(["session", "weight", "not_effective"], kind="stable").index]
    groups = rows.groupby(["ticker", "session"], sort=False)
    worst = groups[["other", "earnings", "financing", "bid"]].max()  # the letters are in this order: n, unknown, y
    events = groups[["deal_id", "kind", "announced_time", "effective"]].first().join(worst).assign(rows=groups.size())
    found = events[["earnings", "financing", "bid"]].max(axis=1)
    events["news"] = found.map({"y": "confounded", "unknown": "unclear", "n": "clean"})
    events["with_tenant"] = events["kind"].isin(["lease", "GPU cloud"]) & (events["effective"] == "y")
    return events.reset_index().set_index("deal_id")


def tally(events: pd.DataFrame) -> dict[str, int]:
    """How many `deal_events` there are, and why some are not clean.

    `no_contract` tell of no lease or cloud contract, `unbound` of one that bound no tenant on its day; `confounded`
    came with results, a financing or a bid, for `unclear` that is not known. A reason does not exclude another.
    """
    contracts = events["kind"].isin(["lease", "GPU cloud"])
    counts = {"all_events": len(events), "no_contract": (~contracts).sum()}
    counts |= {"unbound": (contracts & ~events["with_tenant"]).sum()}
    counts |= {news: (events["news"] == news).sum() for news in ("confounded", "unclear")}
    return {name: int(count) for name, count in counts.items()}


def came_with(events: pd.DataFrame) -> pd.Series:
    """What came with each of `deal_events`: "earnings, other news", "no results, financing or bid", "not known".

    Beside other news alone it is said where results, a financing or a bid are not known.
    """
    news = {"earnings": "earnings", "financing": "financing", "bid": "bid", "other": "other news"}
    told = [", ".join(said for name, said in news.items() if row[name] == "y") for row in events.to_dict("records")]
    nothing = events["news"].map({"clean": "no results, financing or bid"}).fillna("not known")
    found = pd.Series(told, index=events.index, dtype=object).where(lambda words: words != "", nothing)
    return found.mask((events["news"] == "unclear") & (found == "other news"), "other news, the rest not known")


def called(events: pd.DataFrame, deals: pd.DataFrame, names: pd.Series) -> pd.Series:
    """Each of `deal_events` by a name that people know ("IREN–Microsoft, $9.7bn"), by deal_id.

    `names` are the companies', by ticker. Without a tenant its kind stands in its place; two alike get their month.
    """
    rows = deals.set_index("deal_id").reindex(events.index)
    company = events["ticker"].map(names).astype("string")
    named = company + "–" + rows["tenant"].map(tenant_name, na_action="ignore").astype("string")
    named = named.fillna(company + ", " + events["kind"])
    value = rows["contract_value_usd_bn"].map(lambda bn: f", ${bn:.1f}bn", na_action="ignore").astype("string")
    named += value.where(rows["tenant"].notna()).fillna("")
    alike = named.duplicated(keep=False)
    return named.mask(alike, named + events["session"].dt.strftime(", %B %Y")).rename("deal")


def studies(
    returns: pd.DataFrame,
    sets: Mapping[str, pd.DataFrame],
    models: Mapping[str, pd.DataFrame | None],
    others: pd.DataFrame,
    *,
    window: Window,
    fewest: int = 3,
) -> dict[tuple[str, str], event_study.AbnormalReturns]:
    """Abnormal returns of each set of events in each model: (set, model) -> result.

    `others` are all events, whose sessions no estimation uses. A set of which fewer than `fewest` events have a
    cumulative return over `window` is left out: a mean of two has no spread to speak of.
    """
    found, pair = {}, ["ticker", "session"]
    for name, chosen in sets.items():
        for model, factors in models.items():
            try:
                study = event_study.abnormal_returns(returns, chosen[pair], factors=factors, others=others[pair])
            except ValueError:  # no event has a history
                continue
            if event_study.cumulative(study, window)["car"].notna().sum() >= fewest:
                found[name, model] = study
    return found


def sizes(
    study: event_study.AbnormalReturns,
    shared: event_study.AbnormalReturns,
    window: Window,
    later: Window,
    *,
    loudness: float,
    effect: float,
    spread: float = 0.6,
    pseudo_studies: int = 2000,
    n_jobs: int | None = None,
) -> pd.DataFrame:
    """How often each test rejects at five percent in pseudo-studies: test × shares.

    All but the last are false alarms. `quiet`: studies like `study` on days without news; `loud`: with abnormal
    returns `loudness` times as large and uneven between events (`spread`: standard deviation of the log); `shared`:
    days on which several shares of `shared` have news of one loudness a day; `later`: no news, over that window
    (missing if fewer than three events are complete in it). `power`: as `loud`, with a true reaction of `effect` (a
    fraction).
    Studies and the reference of the placebo tests come from different parts of the calendar.
    """
    size = partial(inference.size, studies=pseudo_studies, reference=pseudo_studies, apart=True)
    kinds = {
        "quiet": partial(size, study, window, seed=1),
        "loud": partial(size, study, window, seed=1, loudness=loudness, by_event=spread),
        "shared": partial(size, shared, window, seed=3, loudness=loudness, by_session=spread),
        "power": partial(size, study, window, seed=2, loudness=loudness, by_event=spread, effect=effect),
    }
    if event_study.cumulative(study, later)["car"].notna().sum() >= 3:
        kinds["later"] = partial(size, study, later, seed=4)
    tables = Parallel(n_jobs=n_jobs, prefer="threads")(delayed(measured)() for measured in kinds.values())
    found = pd.DataFrame({kind: table["rejections"] for kind, table in zip(kinds, tables)})
    return found.reindex(columns=["quiet", "loud", "shared", "later", "power"])


def shared_days(returns: pd.DataFrame, *, days: int, shares: int) -> pd.DataFrame:
    """Events that share days: the `shares` with the longest series on each of `days` sessions, evenly spaced.

    They stand for a kind of study, not for news; the first 150 sessions are the history of the first.
    """
    longest = list(returns.count().sort_values(ascending=False, kind="stable").index[:shares])
    places = np.linspace(150, len(returns) - 30, days).astype(int)
    return pd.DataFrame([(t, day) for day in returns.index[places] for t in longest], columns=["ticker", "session"])


def told_by_session(news: pd.DataFrame) -> pd.Series:
    """In words, what could first move each session: session -> "CIFR notes; AMZN, IREN results".

    `news` has session, ticker and kind, one row per piece of news; companies with the same kind are listed together.
    """
    listed = news.groupby(["session", "kind"])["ticker"].agg(lambda tickers: ", ".join(sorted(set(tickers))))
    words = listed + " " + listed.index.get_level_values("kind").str.replace("_", " ")
    return words.groupby(level="session").agg("; ".join) if len(words) else pd.Series(dtype=object)
