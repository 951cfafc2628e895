"""The tables on companies: what their rows hold, in the order and the words in which a reader meets them.

Each function gives one frame, of one company or (the last three) of all: its first column heads a row, all columns are
in the files. Megawatts are critical IT at own share unless `basis` says otherwise; what is unknown is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from minerpivot.companies.profiles import largest_tenant, open_basis, period, tenants, with_article
from minerpivot.companies.valuation import NOT_RAISED
from minerpivot.data.tables import last_day
from minerpivot.deals import ledger
from minerpivot.deals.delivery import period_name
from minerpivot.deals.value import ai_share_by_quarter
from minerpivot.page.words import Names, Number, in_words

OF_SEVERAL = {"contract": "", "value": ", one value for several", "extension": ", extension"}  # by `counts_as`
NO_MORE = {state: f", {ledger.TOLD.get(state, state)}" for state in ledger.GONE}
APART, COUNTED = "Enterprise value, restricted cash apart, $m", "The same, restricted cash counted as cash, $m"
WORTH = {  # row of the table -> the figure and the day for which it holds, as columns of `profiles.overview`
    "Shares, million": ("shares_m", "shares_on"),
    "Close, $": ("close", "close_on"),
    "Market value, $m": ("market_value_usd_m", "close_on"),
    "All debt, $m": ("debt_usd_m", "sheet_on"),
    "Cash, $m": ("cash_usd_m", "sheet_on"),
    "Restricted cash, $m": ("restricted_cash_usd_m", "sheet_on"),
    "Preferred stock, $m": ("preferred_usd_m", "sheet_on"),
    "Coins": ("btc_held", "sheet_on"),
    "Coins at that day's price, $m": ("coins_usd_m", "coins_on"),
    APART: ("high_usd_m", "close_on"),
    COUNTED: ("low_usd_m", "close_on"),
    "Per contracted megawatt, $m": ("per_contracted_mw_high", "close_on"),
    "Per live megawatt, $m": ("per_live_mw_high", "close_on"),
}


def linked(text: str, addresses: Iterable[str | None]) -> list[tuple[str, str] | None]:
    """Links that read `text`, none where no address is known."""
    return [None if address is None or pd.isna(address) else (text, address) for address in addresses]


def in_force(held: pd.DataFrame, row: pd.Series) -> str:
    """The finding of the table of contracts: how many of `held` count, for how much, and for whom most.

    `row` is the company's of `profiles.overview`.
    """
    count, added = (int((held["counts_as"] == kind).sum()) for kind in ("contract", "extension"))
    if count < 2:
        return (
            f"One contract in force, with {with_article(tenants(held).iloc[0])}" if count else "No contract is in force"
        )
    extended = "" if not added else " and an extension" if added == 1 else f" and {added} extensions"
    stated = " as far as stated" if row["unvalued"] else ""
    worth = f", for ${row['contracted_usd_bn']:,.1f}bn{stated}" if pd.notna(row["contracted_usd_bn"]) else ""
    most = largest_tenant(held)
    return f"{count} contracts{extended} in force{worth}" + (
        f", most megawatts for {with_article(most)}" if most else ""
    )


def switched_on(leases: pd.DataFrame, starts: pd.Series, day: pd.Timestamp) -> str:
    """The finding of the table of deliveries: what runs, of `leases`, or why nothing is known to; `starts` of each."""
    running = leases["live_mw"].sum(min_count=1)
    whom = " and ".join(map(with_article, leases.loc[leases["live_mw"].notna(), "tenant"].drop_duplicates()))
    if pd.notna(running):
        runs = f"{running:,.0f} megawatts run" if running > 0 else "No megawatts run yet"
        return f"{runs} for {whom}, by the latest statement"
    if len(starts) and (starts > day).all():
        return f"Nothing can run yet: {'every' if len(starts) > 1 else 'the'} lease starts later"
    return "No figure for what runs was found"


def moved(closes: pd.Series, row: pd.Series) -> str:
    """What the share did since its first contract, or since its first close; `row` is that of `profiles.overview`."""
    by_contract = pd.notna(row["return_percent"])
    change = Number(row["return_percent"] if by_contract else 100 * (closes.iloc[-1] / closes.iloc[0] - 1)).to(0)
    start = f"since its first AI contract in our list, of {row['first_stated']}" if by_contract else ""
    way = "rose" if change > 0 else "fell"
    return f"{row['company']} {way} {change.size.percent} {start or f'from {in_words(closes.index[0])}'}"


def megawatts(row: pd.Series, last: pd.Series, to: pd.Timestamp) -> str:
    """What the chart of contracted megawatts shows, to the day `to`: `last` is the last row of `delivery.over_time`."""
    parts = {"live_mw": "live", "not_yet_mw": "not live yet", "untold_mw": "not disclosed"}
    parts = {part: word for part, word in parts.items() if round(last[part]) > 0}
    told = Names(f"{last[part]:,.0f} {word}" if len(parts) > 1 else f"all {word}" for part, word in parts.items())
    whole = {"all not live yet": "none live yet", "all not disclosed": "what runs is not disclosed"}
    signed = f"{row['company']}: {last['contracted_mw']:,.0f} megawatts signed by {in_words(to)}"
    return f"{signed}, {whole.get(str(told), told)}"


def largest(contracts: pd.DataFrame, most: int) -> list[tuple[pd.Timestamp, str]]:
    """Day and name, tenant and megawatts, of at most `most` contracts whose day is known, the largest."""
    rows = contracts.sort_values(["mw", "contract_value_usd_bn"], ascending=False, kind="stable").head(most)
    rows = rows.dropna(subset=["announced"])
    sizes = rows["mw"].map(", {:,.0f} MW".format, na_action="ignore").fillna("")
    return list(zip(rows["announced"], tenants(rows) + sizes))


def contracts(held: pd.DataFrame, cited: pd.DataFrame) -> pd.DataFrame:
    """What the company signed, newest first: `held` is `profiles.contracts`, `cited` names sources by deal.

    A value of several contracts, an extension and what is in force no more say so beside the tenant.
    """
    rows = held.sort_values("announced", ascending=False, kind="stable")
    return pd.DataFrame(
        {
            "tenant": tenants(rows) + rows["counts_as"].map(OF_SEVERAL) + rows["state"].map(NO_MORE).fillna(""),
            "announced_on": rows["announced_on"],
            "megawatts": rows["mw"],
            "basis": rows["mw_basis"].replace("open", "basis open"),
            "usd_bn": rows["contract_value_usd_bn"],
            "years": rows["term_years"],
            "source": rows["deal_id"].map(cited["source"]),
            "evidence": rows["deal_id"].map(cited["evidence"]),
            "other_source": rows["deal_id"].map(cited["other"]),
            "credit": ledger.ultimate_credit(rows)["credit"],
            "state": rows["state"].str.replace("_", " "),
            "deal_id": rows["deal_id"],
        }
    )


def delivery(leases: pd.DataFrame, names: Mapping[str, str] | pd.Series) -> pd.DataFrame:
    """Tenants by site, most contracted megawatts first: rows of `profiles.leases`, with the names of sites.

    Megawatts of an open basis stand among the contracted ones and say so. What runs already has no date to come.
    """
    rows = leases.sort_values("contracted_mw", ascending=False)
    return pd.DataFrame(
        {
            "site": rows["site"].map(names).fillna(rows["site"]),
            "tenant": rows["tenant"],
            "contracted_mw": rows["contracted_mw"].fillna(rows["open_mw"]),
            "basis": open_basis(rows["open_mw"].notna()),
            "live_mw": rows["live_mw"],
            "state": rows["state"],
            "overdue": _late(rows),
            "now": rows["now"].mask(rows["state"].eq("runs")).map(period_name),
            "promised": rows["promised"].map(period_name),
            "late_quarters": rows["late_quarters"],
        }
    )


def _late(leases: pd.DataFrame) -> pd.Series:
    """The phases of a lease that are overdue, where any is told."""
    told = [", ".join(names) if isinstance(names, list) else "" for names in leases["passed"]]
    return pd.Series([names or None for names in told], leases.index, dtype=object)


def sites(rows: pd.DataFrame) -> pd.DataFrame:
    """Sites by name and place, planned_mw being gross; what stands for several of them is no place and left out."""
    rows = rows[~rows["site"].isin(rows["part_of"])]
    parts = rows[["county_town", "region", "country"]]
    return pd.DataFrame(
        {
            "site": rows["name"],
            "place": [", ".join(cells.dropna()) or None for _, cells in parts.iterrows()],
            "planned_mw": rows["gross_mw_planned"],
            "mining_mw": rows["mining_mw"],
            "grid": rows["grid_operator"].fillna(rows["utility"]),
            "sold_on": rows["sold_on"],
            "source": [(f"Source for {name}", url) for name, url in zip(rows["name"], rows["source_url"])],
        }
    )


def planned(kept: pd.DataFrame, sold: int) -> str:
    """The finding of the table `sites`: how many are `kept`, with what is planned; `sold` more are in the table."""
    count, known = len(kept), kept["planned_mw"].count()
    mined = " or built" if kept["mining_mw"].gt(0).any() else ""
    size = f", with {kept['planned_mw'].sum():,.0f} megawatts planned{mined}" if known else ""
    of_them = f" at {known} of them" if 0 < known < count else ""
    return f"{count} {'site' if count == 1 else 'sites'} known{size}{of_them}" + (f"; {sold} more sold" if sold else "")


def filled(table: pd.DataFrame, *columns: str) -> list[str]:
    """Those of the columns in which a row holds anything; the others are in the files alone."""
    return [column for column in columns if table[column].notna().any()]


def revenue(segments: pd.DataFrame) -> pd.DataFrame:
    """Revenue by fiscal quarter, latest first, million USD, with AI as percent of it (`ai_percent`).

    The percentages, and only they, are less the fit-out that is stated (`fit_out`).
    A quarter of which no revenue is in the tables has no row.
    """
    rows = segments.dropna(subset=["revenue_usd_m"]).sort_values("period_end", ascending=False)
    shares = ai_share_by_quarter(rows).set_index("period_end")["ai_percent"]
    return pd.DataFrame(
        {
            "quarter": rows["fiscal_period"],
            "ends": rows["period_end"],
            "revenue": rows["revenue_usd_m"],
            "ai": rows["ai_hpc_revenue_usd_m"],
            "ai_percent": rows["period_end"].map(shares),
            "mining": rows["mining_revenue_usd_m"],
            "hosting_other": rows["hosting_other_revenue_usd_m"],
            "with_fit_out": rows["ai_includes_fit_out"],
            "fit_out": rows["fit_out_usd_m"],
            "left_out": [None if pd.isna(what) else f"without {what}" for what in rows["ai_left_out"]],
            "source": linked("Source of the quarter", rows["source_url"]),
        }
    )


def ai_share(revenue: pd.DataFrame) -> str:
    """The finding of the table `revenue`: the last quarter with a share of AI, and what else it may hold."""
    split = revenue.dropna(subset=["ai_percent"])
    if split.empty:
        return "Revenue by quarter, without a split"
    last = split.iloc[0]
    newer = ", the last with a split" if last["ends"] < revenue["ends"].iloc[0] else ""
    fitted = ", fit-out included" if last["with_fit_out"] == "y" and not last["fit_out"] > 0 else ""
    return f"AI was {last['ai_percent']:.0f}% of revenue in the quarter to {last['ends']:%B %Y}{newer}{fitted}"


def stated(reconciled: pd.DataFrame) -> pd.DataFrame:
    """What the company said that it has contracted beside the ledger's sum of that day: rows of `ledger.reconcile`.

    The last statement first. `verdict`: "agrees", "explained" (it differs by the contracts in `rows`), "differs", or
    "not held" where the ledger has no contract of that scope.
    """
    mine = reconciled.iloc[::-1]
    verdict = mine["agrees"].map({True: "agrees", False: "differs"})
    unit = mine["measure"].str.removeprefix("critical-IT ")
    return pd.DataFrame(
        {
            "scope": mine["scope"].replace("company", "All contracts"),
            "stated_on": mine["stated_on"],
            "measure": mine["measure"],
            "company": [_figure(*pair) for pair in zip(mine["stated"], unit)],
            "ledger": [_figure(*pair) for pair in zip(mine["ledger"], unit)],
            "verdict": verdict.mask(mine["because"].notna(), "explained").where(mine["ledger"].notna(), "not held"),
            "why": mine["because"],
            "rows": [", ".join(ids) for ids in mine["explained_by"]],
            "source": linked("Statement", mine["source_url"]),
        }
    )


def _figure(value: float, unit: str) -> str | None:
    """A figure with its unit: "$9.7bn", "200 MW"."""
    return None if pd.isna(value) else f"${value:,.4g}bn" if unit == "USD bn" else f"{value:,.0f} {unit}"


def explaining(stated: pd.DataFrame) -> list[str]:
    """The contracts by which figures of the table `stated` differ from the ledger, each once."""
    return sorted({deal for ids in stated["rows"] for deal in ids.split(", ") if deal})


def agreement(stated: pd.DataFrame) -> str:
    """How the table `stated` turned out: "3 of 4 figures agree with the ledger of their day; 1 differs and ..."."""
    count = stated["verdict"].value_counts()
    agreed, explained, absent = (count.get(verdict, 0) for verdict in ("agrees", "explained", "not held"))
    of = len(stated)
    if of == 1:
        told = ["The one figure stated agrees with the ledger of its day" if agreed else "One figure is stated"]
    else:
        all_of = "Both" if of == 2 else f"All {of}"
        told = [f"{f'{agreed} of {of}' if agreed < of else all_of} figures agree with the ledger of their day"]
    if explained:
        by = "one known contract" if len(explaining(stated)) == 1 else "known contracts"
        told.append(f"{explained} {'differs' if explained == 1 else 'differ'} by {by}")
    if absent:
        told.append(f"for {absent} the ledger has no contract")
    if of > 1 and (left := of - agreed - explained - absent):
        told.append(f"{left} {'differs' if left == 1 else 'differ'} and nothing here explains it")
    return "; ".join(told)


def worth(row: pd.Series, day: pd.Timestamp) -> pd.DataFrame:
    """What the company's value is made of, each figure with its day, from its row of `profiles.overview` on `day`.

    What is not in the tables has no row, nor has an enterprise value a second end where no cash is restricted.
    """
    one_end = row["low_usd_m"] == row["high_usd_m"]
    seen = {APART: "Enterprise value, $m", COUNTED: ""} if one_end else {}
    parts = {seen.get(name, name): (row[figure], row[on]) for name, (figure, on) in WORTH.items()}
    counted = "" if pd.isna(row["dilution_from"]) else f" since {in_words(row['dilution_from'])}"
    signed = "" if pd.isna(row["first_stated"]) else f" of {row['first_stated']}"
    parts[f"Growth of the share count{counted}, %"] = row["dilution_percent"], row["dilution_to"]
    parts[f"Return since its first contract{signed}, %"] = row["return_percent"], day
    told = [(name, figure, on) for name, (figure, on) in parts.items() if name and pd.notna(figure)]
    return pd.DataFrame(told, columns=["what", "figure", "as_of"])


def financings(rows: pd.DataFrame) -> pd.DataFrame:
    """Financings as announced, gross, latest first: `usd_m` and `coupon` in percent a year."""
    rows = rows.assign(day=last_day(rows["announced_on"])).sort_values("day", ascending=False, kind="stable")
    return pd.DataFrame(
        {
            "kind": rows["kind"].str.replace("_", " "),
            "announced_on": rows["announced_on"],
            "usd_m": rows["amount_usd_m"],
            "coupon": rows["coupon_pct"],
            "maturity": rows["maturity"],
            "part_of": rows["part_of"],
            "source": linked("Source of the financing", rows["source_url"]),
        }
    )


def raised(rows: pd.DataFrame) -> str:
    """The finding of the table `financings`: how many were found, and beside them what was only sold or bought back."""
    beside = rows["kind"].isin([kind.replace("_", " ") for kind in NOT_RAISED])
    count = int((~beside).sum())
    latest = f", the latest of {period(rows.loc[~beside, 'announced_on'].iloc[0])}" if count else ""
    others = Names(f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}" for kind in rows.loc[beside, "kind"])
    found = f"{count or 'No'} {'financing' if count < 2 else 'financings'} found{latest}"
    return f"{found}; beside {'it' if count == 1 else 'them'} {others}" if count and beside.any() else found


def soonest(coming: pd.DataFrame) -> str:
    """The finding of the table `dates`: what comes first of rows of `profiles.ahead`, and when, in words."""
    first = coming.iloc[0]
    starts = f"a {first['kind']}s, " if first["kind"].endswith(" start") else ""
    return f"Next: {starts}{first['what']}, {period(first['stated'])}"


def dates(coming: pd.DataFrame) -> pd.DataFrame:
    """What is said to come, soonest first: rows of `profiles.ahead`, their periods for narrow cells."""
    return pd.DataFrame(
        {
            "when": coming["stated"].map(period_name),
            "due": coming["due"],
            "what": coming["what"],
            "mw": coming["mw"],
            "basis": coming["basis"].astype(object).where(coming["basis"].notna(), None),
            "kind": coming["kind"],
            "before": coming["first"].map(period_name),
        }
    )


COMPARED = (  # the columns of the table of all companies, in its order
    *("company", "ticker", "contracted_mw", "live_mw", "contracted_usd_bn", "ai_percent", "per_contracted_mw_high"),
    *(
        "next",
        "not_yet_mw",
        "untold_mw",
        "later_mw",
        "strategy",
        "mining",
        "mining_on",
        "parent",
        "contracts",
        "unmeasured",
        "unvalued",
        "open_mw",
        "measured_percent",
        "tenants",
        "guarantors",
        "usd_worded",
    ),
    *(
        "live_said",
        "ai_ends",
        "live_on",
        "next_kind",
        "overdue",
        "unpublished",
        "ai_usd_m",
        "ai_quarter",
        "ai_includes_fit_out",
        "first_contract",
        "first_stated",
    ),
    *(
        "returns_to",
        "return_percent",
        "dilution_percent",
        "dilution_from",
        "dilution_to",
        "close",
        "close_on",
        "shares_m",
    ),
    *("shares_on", "shares_basis", "market_value_usd_m", "sheet_on", "sheet_grade", "cash_usd_m"),
    *("restricted_cash_usd_m", "restricted_is", "debt_usd_m", "debt_seen_usd_m", "debt_scope", "debt_basis"),
    *(
        "debt_note",
        "sheet_note",
        "preferred_usd_m",
        "btc_held",
        "coins_in_cash_usd_m",
        "free_cash_usd_m",
        "coins_usd_m",
        "coins_on",
    ),
    *(
        "net_debt_low_usd_m",
        "net_debt_high_usd_m",
        "enterprise_value_low_usd_m",
        "enterprise_value_high_usd_m",
        "per_contracted_mw_low",
        "or_per_mw",
    ),
    *("per_live_mw_low", "per_live_mw_high", "lacks", "taken_as_none", "value_grade", "next_delivery_mw"),
)


def compared(overview: pd.DataFrame) -> pd.DataFrame:
    """All companies side by side: `profiles.overview` with its latest months (`live_said`, `ai_ends`) in words."""
    rows = overview.reset_index().rename(
        columns={"low_usd_m": "enterprise_value_low_usd_m", "high_usd_m": "enterprise_value_high_usd_m"}
        | {"grade": "value_grade"}
    )
    said_on = rows["live_on"].where(rows["live_mw"].notna())  # no day under what is missing
    late = rows["overdue"].map(lambda names: f"; {Number(len(names.split('; '))).words} overdue" if names else "")
    fitted = rows["ai_includes_fit_out"].eq("y").map({True: ", with fit-out", False: ""})
    return rows.assign(
        live_said=_months(said_on),
        ai_ends=_months(rows["ai_quarter"]) + fitted,
        next=rows["next_delivery"].map(period_name),
        next_kind=rows["next_kind"] + late,
        or_per_mw=_other(rows["per_contracted_mw_low"], rows["per_contracted_mw_high"]),
    )[list(COMPARED)]


def _other(low: pd.Series, high: pd.Series) -> pd.Series:
    """The lower of two whole numbers, "or 15", where it is another one."""
    told = [f"or {a:,.0f}" if pd.notna(a) and f"{a:,.0f}" != f"{b:,.0f}" else None for a, b in zip(low, high)]
    return pd.Series(told, low.index, dtype=object)


def _months(days: pd.Series) -> pd.Series:
    """The month of each day, "Jun 2026"."""
    return pd.Series([None if pd.isna(day) else f"{day:%b %Y}" for day in days], days.index, dtype=object)


def value_parts(overview: pd.DataFrame) -> pd.DataFrame:
    """What an enterprise value is made of at each listing with a market value, the dearest first, million USD.

    The higher value is market value, debt and preferred stock less free cash and coins.
    """
    rows = overview[overview["market_value_usd_m"].notna()]
    rows = rows.assign(lacks=rows["lacks"].where(rows["lacks"] != "", None))
    seen = ["company", "market_value_usd_m", "debt_usd_m", "free_cash_usd_m", "coins_usd_m", "high_usd_m", "low_usd_m"]
    seen += ["lacks", "cash_usd_m", "restricted_cash_usd_m", "restricted_is", "preferred_usd_m", "shares_on"]
    seen += ["close_on", "sheet_on", "grade"]
    return rows[[*seen, "taken_as_none"]].sort_values("high_usd_m", ascending=False, kind="stable")


def all_sites(sites: pd.DataFrame, leases: pd.DataFrame, names: Mapping[str, str] | pd.Series) -> pd.DataFrame:
    """Each tenant at each site of all companies, most megawatts first, and the sites that nobody let.

    `sites` are those that companies hold, `leases` are `profiles.leases`, `names` of companies by ticker. A site
    that is told as part of several with a lease has a row "with others" for the tenant of these, which `told_with`
    names; what stands for several and has no lease is no place and left out.
    """
    seen = ["site", "tenant", "state", "contracted_mw", "live_mw", "open_mw"]
    parts = sites[["site", "part_of"]].merge(leases[["site", "tenant"]], left_on="part_of", right_on="site")
    parts = parts.assign(site=parts["site_x"], state="with others").reindex(columns=seen)
    rows = sites.merge(pd.concat([leases[seen], parts]), on="site", how="left")
    rows = rows[rows["state"].notna() | ~rows["site"].isin(sites["part_of"])]
    whole = rows["part_of"].map(sites.set_index("site")["name"])
    rows = rows.assign(
        state=rows["state"].fillna("no tenant"),
        told_with=whole.where(rows["state"].eq("with others")),
        company=rows["ticker"].map(names),
        tenant=rows["tenant"].astype(object).where(rows["tenant"].notna(), None),
        basis=open_basis(rows["open_mw"].notna()),
        contracted_mw=rows["contracted_mw"].fillna(rows["open_mw"]),
    )
    shown = ["name", "company", "region", "state", "contracted_mw", "live_mw", "grid_operator", "country", "tenant"]
    shown += ["basis", "county_town", "lat", "lon", "how_located", "gross_mw_planned", "mining_mw", "site", "ticker"]
    rows = rows.sort_values(["contracted_mw", "name"], ascending=[False, True], kind="stable")
    return rows[[*shown, "grade", "told_with"]]
