"""What the closes give on a statement about shares: returns as they are usually counted, and by other starts and days.

Each test takes the statement's row, the tables as known on a day and the settings.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from minerpivot.article import claims
from minerpivot.article.knowledge import SIGNED, Known, iso, named, session_by
from minerpivot.article.readings import CHANGE, Claim, Finding, Settings, Value, read
from minerpivot.stocks import announcements, events, exposure, inference, markets, sessions


def returned(closes: pd.DataFrame, claim: Claim, ticker: str) -> pd.Series | None:
    """A share's return in percent over the statement's window to its day; None if unknown.

    `percent`, `base_date`, `base_close` and `close`.
    """
    window = claim["window"]
    if ticker not in closes:
        return None
    row = markets.performance(closes, [ticker], session_by(closes, claim["as_of"])).loc[ticker]
    named = {"base_date": row[f"{window}_base_date"], "base_close": row[f"{window}_base_close"], "close": row["close"]}
    return None if pd.isna(row[window]) else pd.Series({"percent": 100 * row[window]} | named)


NO_CLOSES = (Value("", "no closes"),)
NO_EVENTS = (Value("", "no contract to study"),)


def share_return(claim: Claim, known: Known, settings: Settings) -> Finding:
    """A printed return against the closes."""
    found = returned(known.closes, claim, claim["ticker"])
    if found is None:
        return Finding(NO_CLOSES, computed=claims.NOT_TESTABLE, alone=True)
    computed = claims.figure(found["percent"], claim, tolerance=settings.half_width_percent[claim["window"]])
    values = (
        Value("return", found["percent"], "percent"),
        Value("close", found["close"], "USD", "", found["base_close"]),
    )
    return Finding(values, f"close of {iso(found['base_date'])}", computed, alone=True)


def share_close(claim: Claim, known: Known, settings: Settings) -> Finding:
    """A printed price against the close, to the last digit printed, as traded: on the basis of the statement's day."""
    closes, ticker = known.on(claim["as_of"]).closes, claim["ticker"]
    value: Any = closes[ticker].get(session_by(closes, claim["as_of"])) if ticker in closes else None
    if pd.isna(value):
        return Finding(NO_CLOSES, computed=claims.NOT_TESTABLE, alone=True)
    return Finding((Value("close of the day", value, "USD"),), computed=claims.figure(value, claim), alone=True)


def share_returns(claim: Claim, known: Known, settings: Settings) -> Finding:
    """One share against another over the statement's window."""
    tickers = [claim["ticker"], claim["second_ticker"]]
    seen = [returned(known.closes, claim, ticker) for ticker in tickers]
    found = {ticker: each for ticker, each in zip(tickers, seen) if each is not None}
    if len(found) < len(tickers):
        return Finding(NO_CLOSES)
    names = known.instruments["short_name"]
    (own, other), base = (each["percent"] for each in found.values()), next(iter(found.values()))["base_date"]
    values = tuple(Value(names[ticker], each["percent"], CHANGE) for ticker, each in found.items())
    return read(values, f"from the close of {iso(base)}", {"the first ahead": bool(own > other)})


def miner_returns(claim: Claim, known: Known, settings: Settings) -> Finding:
    """The signers' basket against other miners and benchmarks, before the statement's day and after it."""
    day, last = claim["as_of"], session_by(known.closes, claim["as_of"])
    starts = {
        f"12 months to {iso(day)}": day - pd.DateOffset(years=1),
        f"year to {iso(day)}": pd.Timestamp(day.year - 1, 12, 31),
    }
    spans = {span: (known.closes.loc[:start].index[-1], last) for span, start in starts.items()}
    if known.end > last:
        spans[f"to {iso(known.end)}"] = (last, known.end)
    returns = {span: known.compared(*ends) for span, ends in spans.items()}
    readings = {
        f"{span} against {side}": bool(found[SIGNED] > found[side])
        for span, found in returns.items()
        for side in found.index.drop(SIGNED, errors="ignore")
        if SIGNED in found
    }
    values = [Value(str(side), value, CHANGE, span) for span, found in returns.items() for side, value in found.items()]
    return read(tuple(values), "equal weights; a miner changes sides when it signs", readings)


def contract_news(known: Known) -> pd.DataFrame:
    """The deals of the stocks chapter's event study (`announcements.deal_events`), up to the last common session."""
    sessions_known = pd.DatetimeIndex(known.closes.loc[: known.end].index)
    reports = sessions.report_sessions(known("earnings_dates"), sessions_known).set_index("ticker")["session"]
    news = announcements.deal_events(known("deals"), known("event_flags"), reports, known.followed)
    return news[news["session"].isin(sessions_known)]


def reactions(known: Known) -> pd.Series:
    """Return less that of the Nasdaq-100, in percent, of the first session after each contract with a tenant."""
    news = contract_news(known).query("with_tenant")
    daily = 100 * known.closes.pct_change(fill_method=None)
    beyond = daily.sub(daily["QQQ"], axis=0)
    moves = [beyond.loc[day, ticker] for day, ticker in zip(news["session"], news["ticker"])]
    return pd.Series(moves, dtype=float).dropna()


def study_factors(known: Known) -> pd.DataFrame:
    """Returns of the stocks chapter's three factors, from the first session of the bitcoin fund on."""
    closes = known.closes.loc[: known.end]
    return exposure.factor_returns(closes).dropna(how="all").loc[closes["IBIT"].first_valid_index() :]


def clean_study(known: Known) -> tuple[int, float, float]:
    """Clean contracts as in the stocks chapter: events, mean percent beyond three factors on days 0 and 1, and p."""
    closes, factors = known.closes.loc[: known.end], study_factors(known)
    news = contract_news(known)
    news = news[news["session"].isin(factors.index)]
    clean = news.loc[news["with_tenant"] & (news["news"] == "clean"), ["ticker", "session"]]
    if clean.empty:
        return 0, float("nan"), float("nan")
    own = closes.pct_change(fill_method=None).loc[factors.index]
    study = events.abnormal_returns(own, clean, factors=factors[exposure.FACTORS], others=news[["ticker", "session"]])
    facts, tests = inference.summary(study, (0, 1)), inference.hypothesis_tests(study, (0, 1))
    return int(facts["events"]), 100 * facts["mean"], float(tests["p_value"]["kolari_pynnonen"])


def deal_response(claim: Claim, known: Known, settings: Settings) -> Finding:
    """First sessions after contracts, tested where no results, financing or bid came too; those after the article."""
    moves, (count, mean, p) = reactions(known), clean_study(known)
    if moves.empty or not count:
        return Finding(NO_EVENTS)
    news, begins = contract_news(known), study_factors(known).index[0]
    studied = int((news["session"] >= begins).sum())
    early = f", {studied} of them since {begins.day} {begins:%B %Y}, where the stocks chapter's study begins"
    all_news = f"{len(news)} announcements{early if studied < len(news) else ''}"
    every = f"first sessions after {len(moves)} contracts with a tenant (of {all_news})"
    clean = f"two sessions after the {count} contracts without results or financing or bid"
    values = [
        Value("median less Nasdaq-100", moves.median(), CHANGE, every),
        Value("mean beyond bitcoin and tech shares", mean, CHANGE, clean),
        Value("p", p, "", clean),
    ]
    readings = {"first sessions after contracts": bool(moves.median() > 0)}
    readings["contracts without results or financing or bid"] = bool(mean > 0 and p <= 0.05)
    stocks = named(claims.statements(known("claims"), claim["article_id"]), known)
    week = known.closes.index[known.closes.index > claim["as_of"]][: settings.sessions_after]
    if known.day is None and stocks and len(week):
        start = session_by(known.closes, claim["as_of"])
        after = 100 * markets.returns_since(known.closes, {"": start}, week[-1])[""]
        readings["sessions after the article"] = bool(after[stocks].mean() > 0)
        each = {"mean of the named stocks": after[stocks].mean(), "Nasdaq-100": after["QQQ"]}
        values += [Value(what, value, CHANGE, f"sessions to {iso(week[-1])}") for what, value in each.items()]
    return read(tuple(values), "each from the close before", readings)


def conventions(claim: Claim, known: Known, settings: Settings) -> dict[str, Any] | None:
    """Which days and starts give a printed return, within the rounding of its wording; None if there is no figure to
    search for, or no closes.

    `printed`, `tried` (conventions) and `fit` (of them), then the closest one: `end`, `base`, `convention`, `percent`
    (missing for a "more than", which every larger return fits); `first_close`, whether a start from the close of the
    year's first session fits. End days lie within two sessions of the statement's.
    """
    value, low, high = (pd.to_numeric(claim[column]) for column in claims.FIGURE)
    at_least = pd.isna(value) and pd.isna(high)
    printed = low if at_least else value
    if pd.isna(printed) or claim["ticker"] not in known.closes:
        return None
    sessions = known.closes.index
    place = int(sessions.searchsorted(session_by(known.closes, claim["as_of"])))
    near = sessions[max(place - 2, 0) : place + 3]
    half_width = 0 if at_least else settings.half_width_percent[claim["window"]] / 100
    tried = markets.search_conventions(
        known.closes,
        claim["ticker"],
        printed / 100,
        claim["window"],
        ends=(near[0], near[-1]),
        tolerance=half_width,
        at_least=at_least,
    )
    within, closest = tried[tried["within"]], (tried.head(0) if at_least else tried).reindex([0]).iloc[0]
    return {
        "printed": float(printed),
        "tried": len(tried),
        "fit": len(within),
        "end": None if pd.isna(closest["end"]) else iso(closest["end"]),
        "base": None if pd.isna(closest["base_date"]) else iso(closest["base_date"]),
        "convention": closest["convention"],
        "percent": 100 * closest["return"],
        "first_close": bool((within["convention"] == "first close of the year").any()),
    }
