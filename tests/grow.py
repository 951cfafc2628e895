"""A later season for a copy of the tables: what a fork would append in the quarters to come, good news and bad.

`make grown` copies this checkout, appends about four months to every table that moves on (over a year's end), to
companies a 1:10 consolidation, a delisting and a new ticker, to contracts a termination, a replacement and a sale, to
guidance a cut, a restatement and a missing definition, and then checks, builds and tests the copy, which must be green,
with what `tests/grown` asks of such a copy and of forks of it. Nothing in it is a forecast: levels drift by a seeded
random walk. Words after the folder go to pytest.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import exchange_calendars
import numpy as np
import pandas as pd

from minerpivot.data.tables import TODAY

ROOT = Path(__file__).resolve().parents[1]
SOURCE = "https://example.org/grown"


class Tables:
    """The tables of a folder as text, to be appended to and written back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.random = np.random.default_rng(20261126)
        self.found: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self.found:
            self.found[name] = pd.read_csv(self.folder / f"{name}.csv", dtype=str, keep_default_na=False)
        return self.found[name]

    def append(self, name: str, rows: pd.DataFrame | list[dict[str, object]]) -> None:
        """Add rows (columns that they lack stay empty) in the table's own order."""
        new = (
            pd.DataFrame(rows)
            .astype("string")
            .reindex(columns=self[name].columns, fill_value="")
            .fillna("")
            .astype(object)
        )
        self.found[name] = pd.concat([self[name], new], ignore_index=True)

    def change(self, name: str, key: dict[str, str], **cells: object) -> None:
        """Set cells of the rows that a key names."""
        table = self[name]
        chosen = (table[list(key)] == pd.Series(key)).all(axis=1)
        assert chosen.any(), f"{name} has no row {key}"
        for column, value in cells.items():
            table.loc[chosen, column] = str(value)

    def scaled(self, cells: pd.Series, spread: float = 0.1, up: float = 1.03) -> pd.Series:
        """Numbers a little up and down from what they were, empty cells empty, with the decimals that they had."""
        decimals = cells.str.partition(".")[2].str.len()
        grown = pd.to_numeric(cells, errors="coerce") * self.random.uniform(up - spread, up + spread, len(cells))
        return pd.Series(
            ["" if pd.isna(value) else f"{value:.{places}f}" for value, places in zip(grown, decimals)], cells.index
        )

    def write(self) -> None:
        """Write every table that was touched."""
        for name, table in self.found.items():
            table.to_csv(self.folder / f"{name}.csv", index=False, lineterminator="\n")


def latest(table: pd.DataFrame, by: list[str], day: str) -> pd.DataFrame:
    """Each series' row with the latest day."""
    return table.sort_values(day, kind="stable").groupby(by, sort=False).tail(1)


def months_on(days: pd.Series, months: int = 3) -> pd.Series:
    """The month's end so many months after each month's end."""
    return (pd.to_datetime(days) + pd.offsets.MonthEnd(months)).dt.strftime("%Y-%m-%d")


def report_days(ends: pd.Series, days: int) -> pd.Series:
    """The working day so many days after each end, or the one before."""
    after = pd.to_datetime(ends) + pd.Timedelta(days=days)
    return after.map(pd.offsets.BDay().rollback).dt.strftime("%Y-%m-%d")


def next_label(label: str) -> str:
    """FY2026 Q4 -> FY2027 Q1, and so for 2026 Q2 and 2026Q2."""
    year, quarter = int(label[-7:-3].strip() or 0) if " " in label else int(label[:4]), int(label[-1])
    follows = (year + 1, 1) if quarter == 4 else (year, quarter + 1)
    gap = " " if " " in label else ""
    return f"{'FY' if label.startswith('FY') else ''}{follows[0]}{gap}Q{follows[1]}"


def market(tables: Tables, until: str) -> dict[str, str]:
    """Closes to `until`; returns who was consolidated, delisted and renamed, and on which session."""
    prices, instruments = tables["prices"], tables["instruments"].set_index("ticker")
    left = instruments.index[instruments["last_session"].ne("") | instruments["renamed_to"].ne("")]
    ends = prices.groupby("symbol")["date"].max().drop(left, errors="ignore")
    sessions = exchange_calendars.get_calendar("XNYS").sessions_in_range(ends.min(), until).strftime("%Y-%m-%d")
    days = pd.date_range(ends.min(), until).strftime("%Y-%m-%d")
    counted = set(tables["shares_outstanding"]["ticker"])
    candidates = [t for t in ends.index if instruments.loc[t, "kind"] == "miner"]
    consolidated = next(t for t in candidates if t in counted)
    signed = set(tables["deals"].loc[tables["deals"]["counts_as"] == "contract", "ticker"])
    delisted = next(t for t in candidates if t in signed and t != consolidated)
    renamed = next(t for t in candidates if t not in (consolidated, delisted))
    new = sessions[sessions > ends.max()]
    split_day, last_day, rename_day = new[len(new) // 3], new[len(new) // 2], new[2 * len(new) // 3]
    known = tables["network"].query("price_usd != ''").set_index("date")["price_usd"]  # some days beyond the closes
    rows = []
    for symbol, end in ends.items():
        crypto = instruments.loc[symbol, "kind"] == "crypto"
        level = float(prices.loc[(prices["symbol"] == symbol) & (prices["date"] == end), "close"].iloc[0])
        for day in (days if crypto else sessions)[(days if crypto else sessions) > end]:
            level *= float(np.exp(tables.random.normal(0.014 if crypto else 0.0005, 0.02)))  # miners' income recovers
            level = float(known.get(day, level)) if crypto else level
            if symbol == delisted and day > last_day:
                break
            shown = level * (10 if symbol == consolidated and day >= split_day else 1)
            name = f"{symbol}N"[-5:] if symbol == renamed and day >= rename_day else symbol
            rows.append({"date": day, "symbol": name, "close": f"{shown:.4f}", "n_sources": 1})
    tables.append("prices", rows)
    tables.append(
        "splits",
        [{"ticker": consolidated, "effective_on": split_day, "new_shares": 1, "old_shares": 10,
          "closes_restated": "n", "counts_restated": "n", "source_url": SOURCE}],
    )  # fmt: skip
    tables.change("instruments", {"ticker": delisted}, last_session=last_day)
    old = tables["instruments"].query("ticker == @renamed").iloc[0].to_dict()
    fresh = old | {
        "ticker": f"{renamed}N"[-5:],
        "name": f"{old['name']} Power",
        "short_name": f"{old['short_name']} Power",
    }
    tables.append("instruments", [fresh | {"cik": ""}])
    tables.change("instruments", {"ticker": renamed}, renamed_to=fresh["ticker"], renamed_on=rename_day)
    fate = {"ticker": delisted, "name": instruments.loc[delisted, "name"], "fate": "acquired", "fate_on": last_day}
    tables.append("fates", [fate | {"by": "A buyer", "terms": "cash", "source_url": SOURCE, "grade": "A"}])
    return {"consolidated": consolidated, "split_day": split_day, "delisted": delisted, "renamed": renamed}


def chain(tables: Tables, until: str) -> None:
    """Network days and epochs to `until`, the missing cells of the last months included."""
    epochs = tables["difficulty_epochs"]
    for place in range(1, len(epochs)):
        if not epochs.loc[place, "difficulty"]:
            retarget(tables, epochs, place)
    while (date := pd.Timestamp(epochs["date_utc"].iloc[-1]) + pd.Timedelta(days=14)) <= pd.Timestamp(until):
        last = epochs.iloc[-1]
        row = {"epoch": int(last["epoch"]) + 1, "height": int(last["height"]) + 2016, "date_utc": f"{date:%Y-%m-%d}"}
        tables.append("difficulty_epochs", [row])
        epochs = tables["difficulty_epochs"]
        retarget(tables, epochs, len(epochs) - 1)
    network = tables["network"]
    ahead = pd.date_range(pd.Timestamp(network["date"].iloc[-1]) + pd.Timedelta(days=1), until)
    tables.append("network", [{"date": f"{day:%Y-%m-%d}"} for day in ahead])
    network = tables["network"]
    step = epochs.set_index("date_utc")["difficulty"]
    prices = tables["prices"].query("symbol == 'BTC-USD'").set_index("date")["close"]
    for place in network.index[-800:]:
        row = network.loc[place]
        price = float(row["price_usd"] or prices[row["date"]])
        blocks = int(row["blocks"] or tables.random.integers(120, 165))
        difficulty = row["difficulty"] or step.loc[: row["date"]].iloc[-1]
        filled = {
            "price_usd": f"{price:.6f}",
            "difficulty": difficulty,
            "blocks": blocks,
            "issuance_btc": blocks * 3.125,
            "fees_btc": f"{tables.random.uniform(2, 6):.8f}",
            "hash_rate_ehs": f"{blocks * float(difficulty) * 2**32 / 86_400 / 1e18:.6f}",
        }
        for column, value in filled.items():
            if not row[column]:
                network.loc[place, column] = str(value)


def retarget(tables: Tables, epochs: pd.DataFrame, place: int) -> None:
    """A new difficulty within ten percent of the last."""
    before = float(epochs.loc[place - 1, "difficulty"])
    now = round(before * float(tables.random.uniform(0.9, 1.1)), 2)
    epochs.loc[place, "difficulty"] = f"{now:.2f}"
    epochs.loc[place, "change_pct"] = f"{100 * (now / before - 1):.4f}"


def spending(tables: Tables, until: str) -> None:
    """Two more quarters of each hyperscaler and of Nvidia, the years that they complete, and guidance for two years."""
    for _ in range(2):
        actuals = tables["capex_actuals"]
        rows = latest(actuals, ["ticker", "definition"], "period_end").copy()
        rows = rows[
            rows["period_end"] >= f"{pd.Timestamp(actuals['period_end'].max()) - pd.Timedelta(days=200):%Y-%m-%d}"
        ]
        rows["fiscal_period"] = rows["fiscal_period"].map(next_label)
        rows["calendar_quarter"] = rows["calendar_quarter"].map(next_label)
        rows["period_end"] = months_on(rows["period_end"])
        report = report_days(rows["period_end"], 29)
        rows = rows.assign(reported_on=report)[report <= until]
        shared = rows.drop_duplicates("ticker").set_index("ticker")
        of_year = actuals.sort_values("period_end", kind="stable").groupby(["ticker", "definition"]).tail(4)
        year_ago = of_year.drop_duplicates("ticker").set_index("ticker")  # cash comes by season
        rows["revenue_usd_bn"] = rows["ticker"].map(tables.scaled(shared["revenue_usd_bn"]))
        rows["operating_cash_flow_usd_bn"] = rows["ticker"].map(tables.scaled(year_ago["operating_cash_flow_usd_bn"]))
        rows["capex_usd_bn"] = tables.scaled(rows["capex_usd_bn"])
        moved = rows["ticker"].eq("MSFT") & rows["definition"].eq("incl_finance_leases")
        rows.loc[moved, "basis"] = "leases_reclassified"  # the old headline ends: a total with leases lacks it
        tables.append("capex_actuals", rows.assign(source_url=SOURCE, second_source_url="", doubt=""))
        tables.append(
            "earnings_dates",
            rows.drop_duplicates("ticker")[["ticker", "fiscal_period", "reported_on"]].assign(
                time="amc", basis="reported", source_url=SOURCE
            ),
        )
        gross = rows.loc[(rows["ticker"] == "AMZN") & (rows["definition"] == "cash_ppe"), "capex_usd_bn"]
        net = latest(tables["capex_amzn_net"].query("period_kind == 'quarter'"), ["period_kind"], "period_end")
        net = net.assign(period_end=months_on(net["period_end"]), source_url=SOURCE).head(len(gross))
        tables.append("capex_amzn_net", net.assign(capex_net_usd_bn=[f"{0.97 * float(value):.3f}" for value in gross]))
        nvidia = tables["nvidia"].tail(1).copy()
        nvidia["fiscal_period"] = nvidia["fiscal_period"].map(next_label)
        for column, days in (("period_end", 91), ("reported_on", 91)):
            nvidia[column] = (pd.to_datetime(nvidia[column]) + pd.Timedelta(days=days)).dt.strftime("%Y-%m-%d")
        for column in nvidia.columns[nvidia.columns.str.endswith("_usd_bn")]:
            nvidia[column] = tables.scaled(nvidia[column], spread=0.02)
        nvidia = nvidia[nvidia["reported_on"] <= until]
        tables.append("nvidia", nvidia.assign(source_url=SOURCE))
        tables.append(
            "earnings_dates",
            nvidia[["fiscal_period", "reported_on"]].assign(
                ticker="NVDA", time="amc", basis="reported", source_url=SOURCE
            ),
        )
    completed_years(tables)
    guidance(tables)


def completed_years(tables: Tables) -> None:
    """Annual rows for each fiscal year whose four quarters are there and which is not."""
    quarters = tables["capex_actuals"].assign(year=lambda rows: rows["fiscal_period"].str[:6])
    filed = set(
        zip(
            tables["capex_annual"]["ticker"],
            tables["capex_annual"]["definition"],
            tables["capex_annual"]["fiscal_period"],
        )
    )
    for (ticker, definition, year), rows in quarters.groupby(["ticker", "definition", "year"]):
        if len(rows) == 4 and (ticker, definition, year) not in filed and rows["source_url"].eq(SOURCE).any():
            sums = {
                c: f"{pd.to_numeric(rows[c]).sum():.3f}"
                for c in ("capex_usd_bn", "revenue_usd_bn", "operating_cash_flow_usd_bn")
            }
            row = {
                "ticker": ticker,
                "definition": definition,
                "fiscal_period": year,
                "period_end": rows["period_end"].max(),
            }
            tables.append("capex_annual", [row | sums | {"source_url": SOURCE}])


def guidance(tables: Tables) -> None:
    """With each report of the grown quarters a statement for its year and a first one for the next.

    Each is set against the last figure for the same year, whichever season said it: most raise; Amazon cuts, Meta first
    restates on another basis and then raises, and what Alphabet says of the next year does not say what it counts.
    """
    reports = tables["capex_actuals"].query("source_url == @SOURCE").drop_duplicates(["ticker", "reported_on"])
    said = tables["capex_guidance"]
    reports = reports[~(reports["ticker"] + reports["reported_on"]).isin(said["ticker"] + said["issued_on"])]
    numbers = ["low_usd_bn", "high_usd_bn", "point_usd_bn"]
    restated = False
    for report in reports.sort_values("reported_on", kind="stable").itertuples():
        for ahead in (0, 1):
            said = tables["capex_guidance"]
            of_company = said[(said["ticker"] == report.ticker) & said["period_kind"].isin(["calendar", "fiscal"])]
            figure, counted = of_company[numbers].ne("").any(axis=1), of_company["definition"].ne("")
            spoken = of_company[figure & counted & of_company["issued_on"].ne("")]
            row = latest(spoken, ["ticker"], "issued_on")
            fiscal = row["period_kind"].iloc[0] == "fiscal"
            year = int(report.fiscal_period[2:6] if fiscal else report.reported_on[:4]) + ahead
            period = f"{row['guided_period'].iloc[0][:-4]}{year}"
            before = latest(spoken[spoken["guided_period"] == period], ["ticker"], "issued_on")
            change = (0.9 if report.ticker == "AMZN" else 1.1) + (0.3 * ahead if before.empty else 0)
            basis, tells = row["basis"].iloc[0], ""
            if report.ticker == "META" and not restated and len(before):
                tells, change, restated = before["guidance_id"].iloc[0], 0.95, True
                basis = "" if basis else "leases_reclassified"
            new = (row if before.empty else before).assign(
                guidance_id=f"{report.ticker}-{period}-{report.reported_on}",
                guided_period=period, issued_on=report.reported_on, consensus_before_usd_bn="", source_url=SOURCE,
                qualifier="", single_sourced="n", consensus_vendor="", day_approximate="n", restates=tells, basis=basis,
                component_price_usd_bn="",
                definition="" if report.ticker == "GOOGL" and ahead else row["definition"].iloc[0],
            )  # fmt: skip
            for column in numbers:
                new[column] = tables.scaled(new[column], spread=0, up=change)
            tables.append("capex_guidance", new)


def companies(tables: Tables, news: dict[str, str], until: str) -> None:
    """Two more quarters of revenue by segment, later share counts, a financing, a quarter of costs and power."""
    for _ in range(2):
        rows = latest(tables["miner_segments"], ["ticker"], "period_end").copy()
        current = pd.to_datetime(rows["period_end"]) > pd.to_datetime(rows["period_end"]).max() - pd.Timedelta(days=80)
        rows = rows[current & ~rows["ticker"].eq(news["delisted"])]
        rows["fiscal_period"] = rows["fiscal_period"].map(next_label)
        rows["period_end"] = months_on(rows["period_end"])
        rows["reported_on"] = report_days(rows["period_end"], 40)
        factor = tables.random.uniform(0.95, 1.15, len(rows))
        for column in rows.columns[rows.columns.str.endswith("_usd_m")]:
            values = pd.to_numeric(rows[column], errors="coerce") * factor
            rows[column] = ["" if pd.isna(value) else f"{value:.3f}" for value in values]
        tables.append(
            "miner_segments",
            rows[rows["reported_on"] <= until].assign(source_url=SOURCE, second_source_url="", btc_mined=""),
        )
    counts = latest(tables["shares_outstanding"].query("basis in ('cover_page', 'basic')"), ["ticker"], "as_of").copy()
    counts = counts[~counts["ticker"].eq(news["delisted"])]
    shares = pd.to_numeric(counts["shares_m"]) * 1.02
    shares = shares.mask(counts["ticker"] == news["consolidated"], shares / 10)
    day = f"{pd.Timestamp(until) - pd.Timedelta(days=20):%Y-%m-%d}"
    new = counts.assign(shares_m=shares.map("{:.3f}".format), as_of=day, reported_on=until, source_url=SOURCE)
    tables.append("shares_outstanding", new)
    financing = tables["financings"].tail(1)
    financing = financing.assign(
        financing_id=f"{financing['ticker'].iloc[0]}-{day}-loan", announced_on=day, kind="loan", amount_usd_m="500",
        part_of="", source_url=SOURCE,
    )  # fmt: skip
    tables.append("financings", financing)
    for _ in range(3):
        power = latest(tables["power_prices"], ["region", "series"], "month").copy()
        power["month"] = (pd.PeriodIndex(power["month"], freq="M") + 1).astype(str)
        tables.append("power_prices", power.assign(usd_per_mwh=tables.scaled(power["usd_per_mwh"])))


def contracts(tables: Tables, until: str) -> None:
    """New tenants, one contract replaced, one ended, one sold; the article's own contracts among them."""
    deals = tables["deals"]
    claimed = [d for d in tables["claims"].get("deal_id", pd.Series(dtype=str)).unique() if d]
    signed = deals[(deals["counts_as"] == "contract") & deals["part_of"].eq("") & deals["state"].eq("signed")]
    gone = {*deals["supersedes"], *tables["knowledge"].query("table == 'deals' and field == 'state'")["row"]}
    replaced, ended, *_ = [deal for deal in [*claimed, *signed["deal_id"]] if deal not in gone]
    joint = deals.loc[(deals["deal_type"] == "jv") & (deals["counts_as"] == "contract"), "deal_id"]
    day = f"{pd.Timestamp(until) - pd.Timedelta(days=40):%Y-%m-%d}"
    old = deals[deals["deal_id"] == replaced]
    model = signed[signed["contract_value_usd_bn"].ne("") & signed["critical_it_mw"].ne("")].tail(1)
    common = {
        "announced_on": day, "announced_time": "pre", "binding_since": day, "noted_on": day, "state": "signed",
        "source_url": SOURCE, "second_source_url": "", "part_of": "", "parts": "", "extends": "", "notes": "grown",
    }  # fmt: skip
    tables.append("deals", old.assign(**common | {"deal_id": f"{replaced}-{day}", "supersedes": replaced}))
    tables.append(
        "deals",
        model.assign(
            **common
            | {"deal_id": f"{model['ticker'].iloc[0]}-{day}", "supersedes": ""}
            | {"tenant": "A new tenant", "tenant_disclosed": "y"}
        ),
    )
    new = tables["deals"].tail(2)["deal_id"]
    tables.append(
        "deal_sources", [{"deal_id": deal, "source_url": SOURCE, "kind": "press", "published_on": day} for deal in new]
    )
    later = [{"row": replaced, "value": "superseded"}, {"row": ended, "value": "terminated"}]
    later += [{"row": row, "value": "sold"} for row in joint[:1]]
    known = set(tables["knowledge"].query("field == 'state'")["row"]) - {replaced, ended}
    tables.append("knowledge", [
        {"table": "deals", "field": "state", "known_on": day, "source_url": SOURCE, "grade": "reported"} | cells
        for cells in later if cells["row"] not in known
    ])  # fmt: skip


def grow(folder: Path) -> str:
    """Append a season to the tables of a folder, unsealed; return the day that is its today."""
    tables = Tables(folder)
    until = f"{pd.Timestamp(tables['prices']['date'].max()) + pd.Timedelta(days=140):%Y-%m-%d}"
    news = market(tables, until)
    chain(tables, until)
    spending(tables, until)
    companies(tables, news, until)
    contracts(tables, until)
    tables.write()
    return max(until, f"{pd.Timestamp.today():%Y-%m-%d}")


def copy(target: Path) -> Path:
    """A folder with this checkout's files, as git knows them with what is not committed yet, without its history."""
    shutil.rmtree(target, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    for command in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=A fork", "-c", "user.email=a@fork", "commit", "-qm", "Fork"],
    ):
        subprocess.run(["git", *command], cwd=target, check=True)
    return target


def run(folder: Path, *command: str) -> str:
    """What Python says to a command on a copy, as its owner gives it; fails with that where the command fails."""
    environment = os.environ | {"PYTHONPATH": str(folder), "NO_COLOR": "1"}
    done = subprocess.run([sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def execute(folder: Path, *chapters: Path) -> None:
    """Execute chapters of a copy."""
    code = "import sys; from pathlib import Path; from minerpivot.book.execute import execute"
    run(folder, "-c", f"{code}\nfor path in sys.argv[1:]: execute(Path(path))", *map(str, chapters))


def few_draws(chapter: Path) -> None:
    """Let a chapter draw a hundred times, not ten thousand: enough for the sentences and shapes that are tried here."""
    chapter.write_text(re.sub(r"\bdraws=[\d_]{3,}", "draws=99", chapter.read_text("utf-8")), encoding="utf-8")


def prove(folder: Path, today: str) -> None:
    """Check, build and test the copy as its owner would; stops at the first command that fails."""
    environment = os.environ | {"PYTHONPATH": str(folder), TODAY: today}
    tested = [*(sys.argv[2:] or ["tests", "chapters"]), "tests/grown"]
    for command in (["minerpivot", "check"], ["minerpivot", "book"], ["pytest", *tested]):
        print(f"$ python -m {' '.join(command)}", flush=True)
        subprocess.run([sys.executable, "-m", *command], cwd=folder, env=environment, check=True)


if __name__ == "__main__":
    place = Path(sys.argv[1]).resolve()
    copy(place)
    day = grow(place / "data")
    for chapter in (place / "chapters").glob("*.ipynb"):
        few_draws(chapter)
    try:
        prove(place, day)
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error.cmd[2]} failed on the grown copy in {place}; its today is {day}")
