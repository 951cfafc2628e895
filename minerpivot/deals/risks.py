"""What can go wrong with the contracts: rows of the tables as examples, each with how much it is about and its page.

Every function gives the columns of `COLUMNS`. `figure` is text, for the units differ; `row` is the key of the row that
shows it; `source_url` is missing where the sources of that row, a deal, say it.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from minerpivot.deals.ledger import TOLD, concentration

COLUMNS = ["risk", "ticker", "what", "figure", "row", "source_url"]


def _examples(rows: pd.DataFrame, **columns: Any) -> pd.DataFrame:
    """`rows` as examples; what `columns` do not name is the row's own deal, counterparty, figure or page."""
    told = rows.rename(columns={"deal_id": "row", "counterparty": "what"}).drop(columns="source_url", errors="ignore")
    return told.assign(**columns).reindex(columns=COLUMNS).astype(object)


def _dollars(usd_bn: pd.Series) -> pd.Series:
    return usd_bn.map("${:.1f}bn".format, na_action="ignore").astype(object)


def failed_takeovers(deals: pd.DataFrame) -> pd.DataFrame:
    """Bids for a company that ended without one, by what was offered."""
    bids = deals[(deals["counts_as"] == "takeover_bid") & (deals["state"] == "terminated")]
    bids = bids.dropna(subset=["contract_value_usd_bn"])
    return _examples(bids, risk="Failed takeover", figure=bids["contract_value_usd_bn"].map("${:.0f}bn".format))


def not_effective(deals: pd.DataFrame) -> pd.DataFrame:
    """Contracts that still wait for their conditions, by gross megawatts."""
    rows = deals[(deals["counts_as"] == "contract") & (deals["state"] == "conditional")]
    return _examples(rows, risk="Not effective", figure=rows["gross_mw"].map("{:.0f} MW".format))


def ended(left: pd.DataFrame, states: pd.Series) -> pd.DataFrame:
    """Contracts that left the sums (`movements`), by the value that left; `states` says what became of each deal."""
    value = _dollars(-left["value_change"]).where(left["value_change"] != 0, "no value seen")
    return _examples(
        left, risk="Contract " + left["deal_id"].map(states).replace(TOLD), what=left["tenant"], figure=value
    )


def late(phases: pd.DataFrame, site_names: pd.Series, *, most: int = 3) -> pd.DataFrame:
    """The phases (of `delays`) that are most quarters late, at most so many."""
    rows = phases[phases["late_quarters"] > 0].nlargest(most, "late_quarters")
    site = rows["site"].map(site_names).astype(object).fillna(rows["site"])
    quarters = rows["late_quarters"].map(lambda late: f"{late:.0f} {'quarter' if late == 1 else 'quarters'}")
    told = {"what": site + ", " + rows["step"], "row": rows["deal_id"].fillna(site), "source_url": rows["source_url"]}
    return _examples(rows, risk="Late", figure=quarters, **told)


def changed(deals: pd.DataFrame) -> pd.DataFrame:
    """Contracts whose terms were changed, with the value and the megawatts of the change as far as they were seen."""
    rows = deals[deals["counts_as"] == "amendment"]
    parts = {"${:.1f}bn": rows["contract_value_usd_bn"], "{:.0f} MW": rows["critical_it_mw"]}
    seen = pd.DataFrame({text: figures.map(text.format, na_action="ignore") for text, figures in parts.items()})
    figure = pd.Series([", ".join(row.dropna()) for _, row in seen.iterrows()], rows.index, dtype=object)
    return _examples(rows, risk="Terms changed", figure=figure.replace("", "no figure seen"))


def endings(terms: pd.DataFrame, contracts: pd.DataFrame) -> pd.DataFrame:
    """How a contract in force can end, or what happens on default, as `deal_terms` tell: one for each company."""
    rows = terms.dropna(subset=["termination_rights"]).merge(contracts[["deal_id", "ticker"]], on="deal_id")
    rows = rows.groupby("ticker", sort=False).head(1)
    on_default = rows["termination_rights"].str.contains("default|insolvency")
    kind = on_default.map({True: "On default", False: "How it can end"})
    return _examples(rows, risk=kind, what=rows["termination_rights"], source_url=rows["source_url"])


def one_tenant(contracts: pd.DataFrame) -> pd.DataFrame:
    """The tenant who owes the largest part of the value of all `contracts`, with its largest contract."""
    found = concentration(contracts, contracts["tenant"])
    rows = contracts[contracts["tenant"] == found["largest"]].nlargest(1, "contract_value_usd_bn")
    told = {"ticker": "all companies", "what": rows["tenant"], "figure": f"{found['largest_percent']:.0f}%"}
    return _examples(rows, risk="One tenant", **told)


def partial_guarantee(contracts: pd.DataFrame) -> pd.DataFrame:
    """Of contracts that somebody guarantees up to a sum, the one of whose value that covers least."""
    part = (contracts["guarantee_usd_bn"] / contracts["contract_value_usd_bn"]).dropna()
    rows = contracts.loc[part.nsmallest(1).index]
    cover = _dollars(rows["guarantee_usd_bn"]) + " of " + _dollars(rows["contract_value_usd_bn"])
    return _examples(rows, risk="Partial guarantee", what=rows["guarantor"], figure=cover)


def undisclosed_tenant(contracts: pd.DataFrame) -> pd.DataFrame:
    """The most valuable contract with a tenant whom no source names."""
    hidden = contracts[contracts["tenant_disclosed"] == "n"].dropna(subset=["contract_value_usd_bn"])
    rows = hidden.nlargest(1, "contract_value_usd_bn")
    return _examples(rows, risk="Undisclosed tenant", figure=_dollars(rows["contract_value_usd_bn"]))


def dilution(growth: pd.DataFrame, counts: pd.DataFrame, since: pd.Timestamp) -> pd.DataFrame:
    """The company whose share count grew most (`companies.shares.share_growth`), with the page of the last count."""
    rows = growth.nlargest(1, "shares").reset_index()
    last = rows.merge(counts, left_on=["ticker", "to_date"], right_on=["ticker", "as_of"])
    grown = rows["shares"].map("{:+.0%}".format)
    told = {"what": f"share counts since {since:%Y}", "row": "share counts", "source_url": last["source_url"]}
    return _examples(rows, risk="Dilution", figure=grown, **told)


def debt(announced: pd.Series, loans: pd.DataFrame) -> pd.DataFrame:
    """The company that announced most debt (USD m by ticker), with its largest loan; of a package its parts count."""
    most = announced[announced > 0].nlargest(1)
    single = loans[loans["ticker"].isin(most.index) & ~loans["financing_id"].isin(loans["part_of"])]
    rows = single.nlargest(1, "amount_usd_m")
    told = {"what": "announced loans and notes", "row": rows["financing_id"], "source_url": rows["source_url"]}
    return _examples(rows, risk="Debt", figure=_dollars(rows["ticker"].map(most) / 1000), **told)
