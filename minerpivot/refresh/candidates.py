"""A queue for people: what the SEC has and the tables do not, as draft rows to complete and accept, or to dismiss.

Current reports (8-K items 1.01, 2.01, 7.01, 8.01; 6-K of foreign companies) since a company's last deal, statements
on capital spending in results, and reports that are due. Nothing enters a table by itself: a draft has the day, the
hour, the address and the sentences with megawatts, years or dollars; figures are for the reader of the filing.
What was decided is remembered in candidates.csv; what was read, in _build.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import track

from minerpivot.data import tables
from minerpivot.refresh import sec
from minerpivot.refresh.companies import hour

ROOT = Path(__file__).resolve().parents[2]
DECIDED, READ, QUEUE = ROOT / "candidates.csv", ROOT / "_build" / "candidates.json", ROOT / "_build" / "candidates"
ITEMS = {"1.01", "2.01", "7.01", "8.01"}
FIRST_LOOK = pd.Timedelta("120D")  # of a company without a deal
DUE = pd.Timedelta("20D")  # after a quarter's end
DOCUMENTS, SENTENCES, LONGEST = 3, 8, 500
POWER = re.compile(r"\d[\d,.]*\s*-?\s*(?:MW|GW|megawatts?|gigawatts?)\b", re.I)
TERM = re.compile(r"\b(?:\d{1,2}|five|ten|twelve|fifteen|twenty)(?:\s*\(\d+\))?[\s-]+years?\b", re.I)
MONEY = re.compile(r"\$\s?\d[\d,.]*\s*(?:million|billion|bn|m)\b", re.I)
LENT = re.compile(r"\b(?:notes|offering|credit facility|loan|at-the-market|convertible)\b", re.I)
SPENDING = re.compile(r"\b(?:capital expenditures?|capex|purchases of property and equipment)\b", re.I)
AHEAD = re.compile(r"\b(?:expect|anticipate|plan|outlook|guidance|will|estimate)", re.I)
BOILERPLATE = re.compile(r"forward-looking|safe harbor|risk factors|no obligation to update", re.I)
COLUMNS = ["id", "decision", "decided_on", "why"]
DECISIONS = ("accepted", "dismissed")
HOURS = {"bmo": "pre", "amc": "post", "unknown": "intraday"}


class CandidateError(RuntimeError):
    """A decision that cannot be remembered; the message says why and what to do."""


@dataclass
class Candidate:
    """Something that a person should read: which table it may belong to, cells that are certain, and its words."""

    id: str
    table: str
    ticker: str
    day: str
    hour: str
    address: str
    items: str
    cells: dict[str, str] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)


def collect(*, tickers: list[str], console: Console) -> list[Candidate]:
    """Undecided candidates, by day; raises `VendorError` if a filing cannot be read whole."""
    sec.identity()
    instruments, tags = tables.load("instruments"), tables.load("filing_tags")
    companies = instruments[instruments["kind"].isin(["miner", "hyperscaler"]) & instruments["last_session"].isna()]
    companies = companies[companies["ticker"].isin(tickers) if tickers else companies["ticker"].notna()]
    for line in unread(companies, tickers):
        console.print(line, style="yellow", highlight=False, markup=False, soft_wrap=True)
    companies = companies[companies["cik"].notna()]
    deals, guidance = tables.load("deals"), tables.load("capex_guidance")
    last = tables.last_day(deals["announced_on"]).groupby(deals["ticker"]).max()
    spoken = guidance.groupby("ticker")["issued_on"].max()
    read = {key: Candidate(**cells) for key, cells in _read_before().items()}
    done, cited, found = set(decisions()), _cited(), due(tables.load("earnings_dates"), instruments)
    found = [one for one in found if not tickers or one.ticker in tickers]
    for row in track(companies.to_dict("records"), description="filings", console=console, transient=True):
        company, spender = sec.filer(row["ticker"], instruments, tags), row["kind"] == "hyperscaler"
        since = (spoken if spender else last).get(row["ticker"], tables.today() - FIRST_LOOK)
        for filing in sec.filings(company, since=max(since, tables.today() - pd.Timedelta("370D"))):
            wanted = {"2.02"} if spender else ITEMS
            if filing.form not in ("8-K", "6-K") or (filing.form == "8-K" and not wanted & set(filing.items)):
                continue
            if filing.number in done or any(filing.number.replace("-", "") in address for address in cited):
                continue
            if filing.number not in read:
                read[filing.number] = _read(company, filing, row["short_name"], spender=spender)
                READ.parent.mkdir(exist_ok=True)
                kept = {key: asdict(one) for key, one in read.items()}
                READ.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")
            if read[filing.number].sentences or (filing.form == "8-K" and not spender):
                found.append(read[filing.number])
    return sorted((one for one in found if one.id not in done), key=lambda one: (one.day, one.ticker, one.id))


def unread(companies: pd.DataFrame, tickers: Collection[str]) -> list[str]:
    """A line for the companies whose filings are not looked for, with the mend, and one for `tickers` that are none."""
    lines = []
    if without := sorted(companies.loc[companies["cik"].isna(), "ticker"]):
        lines.append(
            f"Not read, as they have no cik: {', '.join(without)}. Write the SEC's number of a company into its row of "
            "data/instruments.csv (search its name on the SEC's site, EDGAR), then `make check`; one that files "
            "elsewhere is read by hand."
        )
    if unknown := sorted(set(tickers) - set(companies["ticker"])):
        lines.append(f"No company that trades: {', '.join(unknown)}; the tickers are in data/instruments.csv.")
    return lines


def _read(company: sec.Filer, filing: sec.Filing, name: str, *, spender: bool) -> Candidate:
    """One filing: its hour, the exhibit, and what it says in figures."""
    time, documents = sec.accepted(company, filing.number)
    exhibits = [
        file for kind, file in documents if kind.startswith("EX-99") and file.endswith((".htm", ".html", ".txt"))
    ]
    files = [*exhibits, filing.document][:DOCUMENTS]
    texts = [sec.text_of(company, filing.number, file) for file in files if file]
    said = sentences("\n".join(texts), spending=spender)
    powered, lent = any(map(POWER.search, said)), any(map(LENT.search, said))
    table = "capex_guidance" if spender else "deals" if powered or not lent else "financings"
    address = filing.folder + (files[0] if files else "")
    day, when = f"{time:%Y-%m-%d}", hour(time)
    cells = {"ticker": company.ticker, "source_url": address}
    cells |= {
        "deals": {"deal_id": f"{company.ticker}-", "announced_on": day, "announced_time": HOURS[when], "miner": name},
        "financings": {"financing_id": f"{company.ticker}-{day}-", "announced_on": day},
        "capex_guidance": {"guidance_id": f"{company.ticker}--{day}", "issued_on": day},
    }[table]
    items = ", ".join(filing.items) or filing.form
    return Candidate(filing.number, table, company.ticker, day, f"{time:%H:%M}", address, items, cells, said)


def sentences(text: str, *, spending: bool = False) -> list[str]:
    """The sentences that hold megawatts, years or dollars; for `spending`, those that say what will be spent."""
    found: list[str] = []
    for part in re.split(r"\n|(?<=[a-z0-9)][.!?])\s+(?=[A-Z“\"])", text):
        one = " ".join(part.split())
        if spending:
            wanted = SPENDING.search(one) and AHEAD.search(one) and MONEY.search(one)
        else:
            wanted = POWER.search(one) or TERM.search(one) or MONEY.search(one)
        if wanted and len(one) > 25 and not BOILERPLATE.search(one) and one not in found:
            found.append(one if len(one) <= LONGEST else one[: LONGEST - 1] + "…")
    order = sorted(found, key=lambda one: -sum(bool(form.search(one)) for form in (POWER, TERM, MONEY)))
    return order[:SENTENCES]


def due(dates: pd.DataFrame, instruments: pd.DataFrame) -> list[Candidate]:
    """Reports of the quarter after each company's last one, from twenty days after that quarter's end."""
    months = instruments.set_index("ticker")["fiscal_year_end_month"]
    gone = set(instruments.loc[instruments["last_session"].notna(), "ticker"])
    found = []
    plain = dates[dates["fiscal_period"].str.fullmatch(r"(FY)?\d{4} Q[1-4]")]
    for ticker, rows in plain.sort_values("reported_on").groupby("ticker"):
        label = rows["fiscal_period"].iloc[-1]
        month = months.get(ticker) if label.startswith("FY") else 12
        if pd.isna(month) or ticker in gone:
            continue
        year_ends = f"Q-{pd.Timestamp(2000, int(month), 1):%b}".upper()
        period = pd.Period(label.removeprefix("FY").replace(" ", ""), freq=year_ends) + 1
        name = f"{label[: len(label) - 7]}{period.qyear} Q{period.quarter}"
        end = period.end_time.normalize()
        if end + DUE <= tables.today():
            cells = {"ticker": str(ticker), "fiscal_period": name}
            said = [f"{name} ended on {end:%Y-%m-%d}; no report is in earnings_dates"]
            about = f"due-{ticker}-{name.replace(' ', '')}"
            found.append(Candidate(about, "earnings_dates", str(ticker), f"{end:%Y-%m-%d}", "", "", "due", cells, said))
    return found


# --- the queue, and what was decided -----------------------------------------------------------


def write(found: Iterable[Candidate]) -> list[Path]:
    """The drafts as a file for each table, in its own columns, in _build/candidates; old ones go."""
    QUEUE.mkdir(parents=True, exist_ok=True)
    for path in QUEUE.glob("*.csv"):
        path.unlink()
    by_table: dict[str, list[dict[str, str]]] = {}
    for one in found:
        by_table.setdefault(one.table, []).append(one.cells)
    paths = []
    for name, rows in by_table.items():
        columns = [item["name"] for item in tables.describe(name)["schema"]["fields"]]
        paths.append(QUEUE / f"{name}.csv")
        pd.DataFrame(rows).reindex(columns=columns).to_csv(paths[-1], index=False, lineterminator="\n")
    return paths


def shown(one: Candidate) -> str:
    """A candidate for people to read."""
    head = f"{one.id}  {one.ticker}  {one.day} {one.hour}  {one.items} → {one.table}"
    return "\n".join(
        [head, *([f"    {one.address}"] if one.address else []), *(f"    · {said}" for said in one.sentences)]
    )


def decisions() -> dict[str, dict[str, str]]:
    """What was decided before, by id."""
    if not DECIDED.exists():
        return {}
    mend = "mend it or `git checkout` it"
    try:
        with DECIDED.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            names, rows = reader.fieldnames, list(reader)
    except UnicodeDecodeError:
        raise CandidateError(f"{DECIDED.name}: is not UTF-8; {mend}") from None
    except csv.Error as error:
        raise CandidateError(f"{DECIDED.name}: {error}; {mend}") from None
    if names != COLUMNS:
        raise CandidateError(f"{DECIDED.name}: columns are {', '.join(COLUMNS)}; {mend}")
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise CandidateError(
                f"{DECIDED.name}: columns are {', '.join(COLUMNS)}, and row {number} has not one cell for each; {mend}"
            )
        if row["decision"] not in DECISIONS:
            said = f"decision is {row['decision']!r}, expected one of {', '.join(DECISIONS)}"
            raise CandidateError(f"{DECIDED.name} row {number}: {said}; {mend}")
    return {row["id"]: row for row in rows}


def decide(about: str, *, accept: bool, why: str = "") -> None:
    """Remember a decision; what is accepted must be cited by a row of a table, what is dismissed needs a reason."""
    if about in decisions():
        raise CandidateError(f"{about} was decided before; take its row out of candidates.csv to undo that")
    known = _read_before()
    if about not in known and not about.startswith("due-"):
        raise CandidateError(f"{about}: no candidate of that name; run `make candidates` and copy it from there")
    if accept and not about.startswith("due-") and not any(about.replace("-", "") in url for url in _cited()):
        draft = f"_build/candidates/{known[about]['table']}.csv"
        raise CandidateError(
            f"{about}: no row cites it yet; complete its draft ({draft}), add it to data/, `make check`"
        )
    if not accept and not why.strip():
        raise CandidateError(f"{about}: say why in --why, for whoever looks next quarter")
    new = not DECIDED.exists()
    with DECIDED.open("a", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        if new:
            rows.writerow(COLUMNS)
        rows.writerow([about, DECISIONS[not accept], f"{tables.today():%Y-%m-%d}", " ".join(why.split())])


def _read_before() -> dict[str, dict[str, Any]]:
    """Filings read in earlier runs; a file that is damaged is read anew."""
    try:
        kept = json.loads(READ.read_text(encoding="utf-8"))
        return {key: asdict(Candidate(**cells)) for key, cells in kept.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _cited() -> set[str]:
    """Every address of the SEC's archive that a table cites which people fill: a report's day is not its guidance."""
    found: set[str] = set()
    updates = tables.read_manifest().get("updates", {})
    for name, entry in tables.entries().items():
        fields = entry.get("schema", {}).get("fields", [])
        columns = [item["name"] for item in fields if item["name"].endswith("source_url")]
        if columns and updates.get(name, {}).get("how") != "command":
            try:
                table = pd.read_csv(tables.DATA / entry["path"], dtype="string", usecols=columns)
            except ValueError:
                raise CandidateError(f"data/{entry['path']} cannot be read; `make check` says why") from None
            cells = pd.unique(table[columns].to_numpy().ravel())
            found |= {cell for cell in cells if isinstance(cell, str) and "/Archives/" in cell}
    return found
