"""What the tables give on a statement: one function per kind of statement, values and outcomes without a sentence.

Those on shares are in `returns`. Each takes the statement's row, the tables as known on a day and the settings, so that
the verdict of the article's day and that of today come from the same code.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pandas as pd

from minerpivot.article import claims
from minerpivot.article.knowledge import Known, iso, of_kind, signed_in_force, signing_days
from minerpivot.article.readings import AS_PRINTED, CHANGE, Claim, Finding, Settings, Value, read
from minerpivot.article.returns import deal_response, miner_returns, share_close, share_return, share_returns
from minerpivot.deals import ledger
from minerpivot.halving import mining, power
from minerpivot.spending import capex

# --- pages and outlooks -----------------------------------------------------------------------


def cited(claim: Claim, known: Known, settings: Settings) -> Finding:
    """A statement that rests on cited pages alone: what the first of them says."""
    pages = known.pages()
    pages = pages[(pages["claim_id"] == claim["claim_id"]) & (pages["origin"] != claims.ITSELF)]
    said = pages.sort_values("evidence_no")["evidence"]
    return Finding((Value("", said.iloc[0] if len(said) else "no page"),), grade="reported")


def foreseen(claim: Claim, known: Known, settings: Settings) -> Finding:
    """An outlook: no rule decides it."""
    return Finding((Value("", "an outlook"),), grade="reported")


def report_foreseen(claim: Claim, known: Known, settings: Settings) -> Finding:
    """An outlook on Nvidia's reports: those that followed, each against the guidance given before it."""
    if claim["ticker"] != "NVDA":  # the table of reports against own guidance is Nvidia's
        return foreseen(claim, known, settings)
    reports = capex.nvidia_beats(known("nvidia")).dropna(subset="beat_percent")
    since = reports[reports["reported_on"] > claim["as_of"]]
    beats = tuple(
        Value(f"report of {iso(row['reported_on'])}", row["beat_percent"], CHANGE, "revenue against guidance")
        for row in since.to_dict("records")
    )
    return Finding(beats or (Value("", "no report since"),), grade="reported")


# --- the halving ------------------------------------------------------------------------------


def last_halving(claim: Claim, known: Known) -> pd.Series:
    """The last halving by the statement's day."""
    halvings = known("halvings")
    return halvings[halvings["date_utc"] <= claim["as_of"]].iloc[-1]


def halving_date(claim: Claim, known: Known, settings: Settings) -> Finding:
    """When the halving was, against the day, month or year that is printed."""
    happened, printed = last_halving(claim, known)["date_utc"], claim["published_value"]
    readings = {"the date printed": claims.in_period(happened, printed)}
    return read((Value("halving", iso(happened), base=printed),), AS_PRINTED, readings, "reported")


def subsidy_cut(claim: Claim, known: Known, settings: Settings) -> Finding:
    """What part of the subsidy the halving took."""
    halving = last_halving(claim, known)
    before, after = float(halving["subsidy_before_btc"]), float(halving["subsidy_after_btc"])
    cut = 100 * (1 - after / before)
    values = (Value("cut", cut, "percent"), Value("subsidy", after, "BTC a block", base=before))
    return Finding(values, "before", claims.figure(cut, claim), grade="reported")


FLEETS = {"frontier": "best machine", "typical": "typical fleet", "old": "old fleet"}  # as the page calls them


def mining_margin(claim: Claim, known: Known, settings: Settings) -> Finding:
    """Hashprice, and the margins of three fleets in percent of before, now against the days before the halving."""
    days, cents = settings.window_days, settings.cents_per_kwh
    before_days = mining.window_before(last_halving(claim, known)["date_utc"], days=days)
    hashprice = mining.hashprice(known("network"))["usd"].dropna()
    before, now = hashprice[before_days].mean(), hashprice.iloc[-days:].mean()
    recent = hashprice.loc[before_days.start :]
    fleets = power.fleets(known("asics"), pd.DatetimeIndex(recent.index))
    margins = power.margin(recent, fleets, cents_per_kwh=cents)
    kept = {
        FLEETS[str(fleet)]: 100 * each.iloc[-days:].mean() / each[before_days].mean() for fleet, each in margins.items()
    }
    values = [Value("hashprice", now, "USD per PH/s per day", f"{days} days to {iso(recent.index[-1])}", before)]
    values += [
        Value(fleet, share, "percent", f"margins at {cents} cents against before") for fleet, share in kept.items()
    ]
    readings = {"hashprice": bool(now < before)} | {fleet: bool(share < 100) for fleet, share in kept.items()}
    against = f"{days} days to {iso(before_days.stop)}"
    return read(tuple(values), against, readings, "estimated")


def difficulty(claim: Claim, known: Known, settings: Settings) -> Finding:
    """Difficulty since the eve of the halving and over the last quarter."""
    level = known("network").set_index("date")["difficulty"].dropna()
    eve = last_halving(claim, known)["date_utc"] - pd.Timedelta(days=1)
    starts = {"since the halving": level[eve], "91 days": level.iloc[-92]}
    growth = {span: 100 * (level.iloc[-1] / start - 1) for span, start in starts.items()}
    values = tuple(Value("difficulty", change, CHANGE, span) for span, change in growth.items())
    readings = {span: bool(change > 0) for span, change in growth.items()}
    return read(values, f"up to {iso(level.index[-1])}", readings)


def power_price(claim: Claim, known: Known, settings: Settings) -> Finding:
    """What industry and the Texan wholesale market paid in the latest year, against the year before the halving."""
    prices = known("power_prices")
    means, medians = power.trailing_year(prices), power.trailing_year(prices, statistic="median")
    base_month: Any = pd.Period(last_halving(claim, known)["date_utc"], "M") - 1
    latest = {
        "US industry": means["US"].dropna(),
        "Texas wholesale": means["ERCOT"].dropna(),
        # one dear month rules the Texan mean, so its median month is a reading of its own
        "Texas wholesale in its median month": medians["ERCOT"].dropna(),
    }
    dearer = {label: 100 * (values.iloc[-1] / values[base_month] - 1) for label, values in latest.items()}
    values = tuple(
        Value(label, change, CHANGE, f"12 months to {latest[label].index[-1]}") for label, change in dearer.items()
    )
    readings = {label: bool(change > 0) for label, change in dearer.items()}
    return read(values, f"each against the 12 months to {base_month}", readings, "estimated")


# --- spending ---------------------------------------------------------------------------------


def guided(claim: Claim, known: Known) -> pd.Series | None:
    """What the company last said in figures on the period by the statement's day; None if nothing was seen."""
    rows = known.on(claim["as_of"])("capex_guidance").dropna(subset=["issued_on"])
    own = rows[(rows["ticker"] == claim["ticker"]) & (rows["guided_period"] == claim["guided_period"])]
    own = own[own["low_usd_bn"].notna() | own["point_usd_bn"].notna()].sort_values("issued_on")
    return own.iloc[-1] if len(own) else None


def guidance(claim: Claim, known: Known, settings: Settings) -> Finding:
    """A printed range or figure against the guidance as it stood that day, on the company's own definition."""
    row = guided(claim, known)
    if row is None:
        return Finding((Value("", "no figure by that day"),), grade="reported")
    low, high, point = row["low_usd_bn"], row["high_usd_bn"], row["point_usd_bn"]
    given = {"middle": point if pd.notna(point) else (low + high) / 2, "lowest": low, "highest": high}
    printed = {what: claim[column] for what, column in zip(given, claims.FIGURE) if pd.notna(claim[column])}
    readings = {
        what: claims.reproduces(given[what], float(figure), tolerance=claims.rounding(figure)) == claims.CONFIRMED
        for what, figure in printed.items()
    }
    values = tuple(Value(what, given[what], "USD bn", base=float(figure)) for what, figure in printed.items())
    return read(values, f"{AS_PRINTED}; guidance of {iso(row['issued_on'])}", readings, "reported")


def above_consensus(claim: Claim, known: Known, settings: Settings) -> Finding:
    """A printed consensus against the one in the table, and whether the whole guidance lies above that."""
    row = guided(claim, known)
    if row is None or pd.isna(row["consensus_before_usd_bn"]):
        return Finding((Value("", "no consensus by that day"),), grade="reported")
    consensus, printed = row["consensus_before_usd_bn"], float(claim["published_value"])
    lowest = row["low_usd_bn"] if pd.notna(row["low_usd_bn"]) else row["point_usd_bn"]
    vendor = "not named" if pd.isna(row["consensus_vendor"]) else row["consensus_vendor"]
    values = (
        Value("consensus before the report", consensus, "USD bn", base=printed),
        Value("its vendor", vendor),
        Value("lowest of the guidance", lowest, "USD bn", base=consensus, beside="consensus"),
    )
    readings = {
        "the consensus printed": claims.figure(consensus, claim) == claims.CONFIRMED,
        "all of the guidance above it": bool(lowest > consensus),
    }
    return read(values, AS_PRINTED, readings, "reported")


def capex_growth(claim: Claim, known: Known, settings: Settings) -> Finding:
    """Quarterly capex of one or two companies: grown over a year, and by no less than in the quarter before.

    "The results" are those of that evening: no later report can confirm or refute what they showed.
    """
    actuals = known.on(claim["as_of"])("capex_actuals")
    hyperscalers = of_kind(known.instruments, "hyperscaler")
    tickers = [claim[column] for column in ("ticker", "second_ticker") if claim[column] in hyperscalers]
    definitions = {"in cash": "cash_ppe", "with leases": "incl_finance_leases"}
    growth = pd.concat(
        {
            name: pd.DataFrame(capex.growth(capex.calendar_quarters(actuals, definition))).reindex(columns=tickers)
            for name, definition in definitions.items()
        },
        axis=1,
    ).dropna(axis=1, how="all")
    complete = growth.dropna()
    if not tickers or len(complete) < 2:
        return Finding((Value("", "no two quarters by that day"),))
    last, before = complete.iloc[-1], complete.iloc[-2]
    names = known.instruments["short_name"]
    labels = [f"{names[column[1]]} {column[0]}" for column in complete.columns]
    each = zip(labels, last, before)
    values = tuple(Value(label, grown, CHANGE, str(last.name), earlier) for label, grown, earlier in each)
    readings = {"spending grew": bool((last > 0).all()), "growth did not slow": bool((last >= before).all())}
    return read(values, "a quarter before; growth of all capex, not of AI alone", readings)


def earnings_report(claim: Claim, known: Known, settings: Settings) -> Finding:
    """The day of a company's report: of one to come, the first after the statement; else the nearest to it."""
    reports, printed = known("earnings_dates"), claim["published_value"]
    days = reports.loc[reports["ticker"] == claim["ticker"], "reported_on"].sort_values()
    if pd.Timestamp(printed) > claim["as_of"]:
        days = days[days > claim["as_of"]].head(1)
    nearest = days.loc[(days - pd.Timestamp(printed)).abs().sort_values(kind="stable").index[:1]]
    if nearest.empty:
        return Finding((Value("", "not reported yet"),), grade="reported")
    value = Value("reported on", iso(nearest.iloc[0]), base=printed)
    return read((value,), AS_PRINTED, {"the date printed": claims.in_period(nearest.iloc[0], printed)}, "reported")


# --- contracts --------------------------------------------------------------------------------


def ledger_of(claim: Claim, known: Known) -> tuple[pd.DataFrame, tuple[Value, ...]]:
    """The ledger that a statement on one contract is tested on, and what became of the contract if it changed.

    What ended, was replaced or amended was said of it while it stood: then the ledger of the statement's day decides.
    """
    then, now = known.on(claim["as_of"])("deals"), known("deals")
    became = claims.fate(now, claim["deal_id"], known("knowledge"), then)
    return (then, (Value("", became, over="since then"),)) if became else (now, ())


def contract(claim: Claim, known: Known) -> tuple[pd.Series | None, tuple[Value, ...]]:
    """A contract's row, None if it was not known by then, and what became of it."""
    rows, became = ledger_of(claim, known)
    own = rows[rows["deal_id"] == claim["deal_id"]]
    return (own.iloc[0] if len(own) else None), became


UNKNOWN = Finding((Value("", "not known by that day"),), grade="reported")


def contract_signed(claim: Claim, known: Known, settings: Settings) -> Finding:
    """When a contract was announced, and for how long it runs."""
    deal, became = contract(claim, known)
    if deal is None:
        return UNKNOWN
    readings = {"the date printed": claims.in_period(deal["announced_on"] or "", claim["period"])}
    if claim["unit"] == "years":
        readings["the years printed"] = claims.figure(deal["term_years"], claim) == claims.CONFIRMED
    facts = {"base term": ("term_years", "years"), "nominal base value": ("contract_value_usd_bn", "USD bn")}
    values = [Value("announced", deal["announced_on"], base=claim["period"])]
    values += [Value(what, deal[column], unit) for what, (column, unit) in facts.items() if pd.notna(deal[column])]
    return read((*values, *became), AS_PRINTED, readings, "reported")


def contract_mw(claim: Claim, known: Known, settings: Settings) -> Finding:
    """A contract's megawatts, on the basis that gives the printed figure, and whether a source states that basis."""
    deal, became = contract(claim, known)
    if deal is None:
        return UNKNOWN
    sizes = {"critical IT": "critical_it_mw", "gross": "gross_mw"}
    stated = {basis: float(deal[column]) for basis, column in sizes.items() if pd.notna(deal[column])}
    if not stated:
        return Finding((Value("", "no megawatts seen"), *became), grade="reported")
    fits = [mw for mw in stated.values() if claims.figure(mw, claim) == claims.CONFIRMED]
    open_basis = deal["mw_basis"] == "open" and len(stated) == 1
    values = [Value("basis not stated" if open_basis else basis, mw, "MW") for basis, mw in stated.items()]
    announced = Value("announced", deal["announced_on"])
    readings = {"the megawatts printed": bool(fits), "a source that states their basis": not open_basis}
    return read((*values, announced, *became), None, readings, "reported")


def contract_size(claim: Claim, known: Known, settings: Settings) -> Finding:
    """A contract's place among those in force by value and megawatts, its parts and theirs taken together."""
    rows, became = ledger_of(claim, known)
    ratios = ledger.gross_ratios(rows)
    ranks = ledger.standing(ledger.contracted(rows), claim["deal_id"], ratios=(ratios.min(), ratios.max()))
    ranks = ranks[ranks["measure"].str.startswith(("base value", "value per year", "MW"))].dropna(subset="place")
    if ranks.empty:
        return Finding((Value("", "not in force by then"), *became), grade="estimated")
    printed = pd.to_numeric(claim["published_value"])
    places = {_bracketed(row["measure"]): int(row["place"]) for row in ranks.to_dict("records")}
    readings = {
        measure: place <= settings.first_places if pd.isna(printed) else place == int(printed)
        for measure, place in places.items()
    }
    values = tuple(
        Value(measure, place, f"of {of}", "place") for (measure, place), of in zip(places.items(), ranks["of"])
    )
    day = iso(claim["as_of"]) if became else known.until
    against = f"among contracts in force on {day} of which the measure is known, the parts of one taken together"
    return read((*values, *became), against, readings, "estimated")


def _bracketed(measure: str) -> str:
    """A measure without the commas that would part it in a list: MW (open basis read as gross; lowest ratio)."""
    name, *notes = measure.removesuffix(", USD bn").split(", ")
    return f"{name} ({'; '.join(notes)})" if notes else name


def signers(claim: Claim, known: Known, settings: Settings) -> Finding:
    """Miners with a binding contract at the ends of years: more each year, or as many as printed on the day."""
    pivots = signing_days(known)
    first = max(claim["as_of"].year - 3, pivots.min().year - 1 if len(pivots) else 0)  # of no years without a signer
    ends = [f"{year}-12-31" for year in range(first, pd.Timestamp(known.until).year)]
    counts = {end: int((pivots <= end).sum()) for end in [*ends, known.until]}
    values = tuple(Value(f"by {end}", count, over="companies with a contract") for end, count in counts.items())
    if any(pd.notna(claim[column]) for column in claims.FIGURE):
        count = int((pivots <= claim["as_of"]).sum())
        values = (Value(f"by {iso(claim['as_of'])}", count, over="companies with a contract"), *values)
        return Finding(values, computed=claims.figure(count, claim), grade="reported")
    compared = list(counts.values())[: max(len(ends), 2)]  # a year that has only begun need not have grown yet
    growing = len(compared) > 1 and all(more > fewer for fewer, more in pairwise(compared))
    return read(values, None, {"more signers every year": growing}, "reported")


def ai_revenue_share(claim: Claim, known: Known, settings: Settings) -> Finding:
    """Whether AI is more of revenue than `diversified_percent` at each signer that reports a split."""
    tickers = signed_in_force(known)
    every = ledger.ai_share(known("miner_segments"), tickers)["ai_percent"].rename(
        known.instruments["short_name"].to_dict()
    )
    shares = every.dropna().sort_values(ascending=False)
    values = [Value(str(ticker), share, "percent", "latest quarter") for ticker, share in shares.items()]
    values += [Value(ticker, None, over="no split seen") for ticker in every.index[every.isna()]]
    readings = {str(ticker): bool(share > settings.diversified_percent) for ticker, share in shares.items()}
    return read(
        tuple(values), "AI in the revenue of the quarter; a subsidiary counts with its parent", readings, "estimated"
    )


# --- every statement --------------------------------------------------------------------------

Test = Callable[[Claim, Known, Settings], Finding]
TESTS: dict[tuple[str, str], Test] = {  # (type, measure) -> its test; what each reads of the row is in claims.NEEDS
    ("return", ""): share_return,
    ("level", "close"): share_close,
    ("level", "subsidy_cut"): subsidy_cut,
    ("level", "contract_mw"): contract_mw,
    ("guidance", ""): guidance,
    ("guidance", "consensus"): above_consensus,
    ("date", "halving"): halving_date,
    ("date", "earnings_report"): earnings_report,
    ("count_or_rank", "signers"): signers,
    ("count_or_rank", "contract_size"): contract_size,
    ("comparative", "miner_returns"): miner_returns,
    ("comparative", "share_returns"): share_returns,
    ("comparative", "deal_response"): deal_response,
    ("comparative", "capex_growth"): capex_growth,
    ("comparative", "mining_margin"): mining_margin,
    ("comparative", "power_price"): power_price,
    ("comparative", "difficulty"): difficulty,
    ("comparative", "ai_revenue_share"): ai_revenue_share,
    ("event", "contract"): contract_signed,
    ("event", ""): cited,
    ("quotation", ""): cited,
    ("outlook", ""): foreseen,
    ("outlook", "earnings_report"): report_foreseen,
}


def found(statements: pd.DataFrame, known: Known, settings: Settings) -> list[dict[str, Any]]:
    """What the tables give on every statement, as far as public on the day: rows for `claims.verdicts`."""
    rows: list[Any] = statements.to_dict("records")
    tests = [TESTS[claim["type"], claim["measure"] or ""] for claim in rows]
    return [{"claim_id": claim["claim_id"], **vars(test(claim, known, settings))} for claim, test in zip(rows, tests)]
