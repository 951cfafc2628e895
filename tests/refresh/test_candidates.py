"""The queue for people: what a filing becomes, what it never becomes, and how a decision is remembered.

The texts are invented, in the shape of releases: a headline, terms in one sentence, boilerplate at the end.
"""

import json
from functools import partial

import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

from minerpivot import __main__ as commands
from minerpivot.data import tables
from minerpivot.refresh import candidates
from minerpivot.refresh.vendors import VendorError
from tests.frozen import FOLDER, load
from tests.refresh import filings
from tests.refresh.local import Answer, played

INSTRUMENTS = load("instruments").set_index("ticker")
MINER = "CIFR"
CIK = int(INSTRUMENTS["cik"][MINER])
LEASE, NOTES, DULL = "0001819989-26-000101", "0001819989-26-000102", "0001819989-26-000103"
RELEASE = """<html><head><style>p { color: #123 }</style></head><body>
<p>Exhibit 99.1</p><p>The Company leases a campus to an AI developer.</p>
<p>Under the lease the tenant takes 210&nbsp;MW of critical IT load at the site near Muleshoe for an initial term of 12
years, for about $4.1 billion of contracted revenue.</p>
<p>Power is on from the third quarter of 2027. The chief executive is pleased.</p>
<p>A second phase of <b>90&nbsp;MW</b> is an option. The U.S. grid operator has approved the site.</p>
<p>Forward-looking statements speak of 500 MW and $9 billion and may prove wrong.</p></body></html>"""
LOAN = "<p>The Company priced an offering of $650 million of convertible notes due 2032.</p>"
BALLOT = "<p>Shareholders elected all directors.</p>"


def listed(*rows):
    """The miner's list of filings from (number, form, day, items)."""
    return filings.listed(CIK, *((number, form, day, day, items, "main.htm") for number, form, day, items in rows))


def document(vendor, number, stamp, text):
    """A filing with a release of a time on New York's clock."""
    place = filings.folder(CIK, number)
    parts = [("8-K", "main.htm"), ("EX-99.1", "release.htm"), ("EX-101.SCH", "a.xsd")]
    vendor[f"{place}/{number}-index-headers.html"] = Answer(filings.header(number, stamp, *parts), kind="text/html")
    vendor[f"{place}/main.htm"] = Answer("<p>Item 9.01 Exhibits.</p>", kind="text/html")
    vendor[f"{place}/release.htm"] = Answer(text, kind="text/html")


@pytest.fixture
def vendor(monkeypatch, tmp_path):
    """A local SEC with three filings of one miner after its last deal, and a queue of its own."""
    monkeypatch.setattr(tables, "load", partial(tables.load, folder=FOLDER))
    monkeypatch.setenv("EDGAR_IDENTITY", "Test Person test@example.org")
    for name, place in (("DECIDED", "candidates.csv"), ("READ", "read.json"), ("QUEUE", "queue")):
        monkeypatch.setattr(candidates, name, tmp_path / place)
    with played(monkeypatch) as local:
        local[filings.where(CIK)] = listed(
            (LEASE, "8-K", "2026-11-03", "1.01,7.01,9.01"),
            (NOTES, "8-K", "2026-11-10", "8.01"),
            (DULL, "8-K", "2026-11-12", "5.07"),
        )
        document(local, LEASE, "20261103065500", RELEASE)
        document(local, NOTES, "20261110163000", LOAN)
        document(local, DULL, "20261112080000", BALLOT)
        yield local


def collected():
    """The miner's candidates from filings."""
    found = candidates.collect(tickers=[MINER], console=Console(quiet=True))
    return [one for one in found if not one.id.startswith("due-")]


def test_a_filing_becomes_a_draft_with_day_hour_address_and_sentences(vendor):
    """Certain cells are filled; figures stay with the reader, in the words of the release."""
    lease, notes = collected()
    address = f"https://{filings.folder(CIK, LEASE)}/release.htm"
    assert (lease.id, lease.table, lease.day, lease.hour, lease.address) == (
        LEASE,
        "deals",
        "2026-11-03",
        "06:55",
        address,
    )
    assert lease.cells == {
        "ticker": MINER, "deal_id": f"{MINER}-", "announced_on": "2026-11-03", "announced_time": "pre",
        "miner": INSTRUMENTS["short_name"][MINER], "source_url": address,
    }  # fmt: skip
    assert lease.sentences[0].startswith("Under the lease the tenant takes 210 MW of critical IT load")
    assert lease.sentences[0].endswith("for about $4.1 billion of contracted revenue.")
    assert lease.sentences[1] == "A second phase of 90 MW is an option."
    assert len(lease.sentences) == 2
    assert (notes.table, notes.cells["financing_id"]) == ("financings", f"{MINER}-2026-11-10-")


def test_drafts_are_in_the_tables_own_columns_and_outside_data(vendor):
    """One file for each table; no table is touched."""
    before = {path.name: path.read_bytes() for path in tables.DATA.iterdir() if path.is_file()}
    paths = candidates.write(collected())
    assert [path.name for path in paths] == ["deals.csv", "financings.csv"]
    draft = pd.read_csv(paths[0])
    assert list(draft.columns) == [item["name"] for item in tables.describe("deals")["schema"]["fields"]]
    assert draft["critical_it_mw"].isna().all()
    assert {path.name: path.read_bytes() for path in tables.DATA.iterdir() if path.is_file()} == before


def test_a_filing_is_read_once(vendor):
    """What was filed does not change: a second look asks for the list only."""
    collected()
    vendor.asked.clear()
    assert len(collected()) == 2
    assert [path for path, _, _ in vendor.asked] == [filings.where(CIK)]


def test_what_a_table_cites_is_no_candidate(vendor, monkeypatch):
    """The row is there already."""
    monkeypatch.setattr(candidates, "_cited", lambda: {f"https://{filings.folder(CIK, LEASE)}/other.htm"})
    assert [one.id for one in collected()] == [NOTES]


def test_a_report_that_refresh_dated_is_still_read_for_its_guidance():
    """Tables that refresh fills cite filings that nobody has read."""
    of_command = pd.read_csv(tables.DATA / "nvidia.csv")["source_url"].dropna()
    of_people = pd.read_csv(tables.DATA / "deals.csv")["source_url"].dropna()
    cited = candidates._cited()
    assert not set(of_command) & cited - set(of_people)
    assert {url for url in of_people if "/Archives/" in url} <= cited


def test_a_decision_is_remembered(vendor, monkeypatch):
    """Dismissed with a reason; accepted only when a row cites the filing; neither comes again."""
    collected()
    candidates.decide(NOTES, accept=False, why="a loan under its size limit")
    assert [one.id for one in collected()] == [LEASE]
    with pytest.raises(candidates.CandidateError, match="no row cites it yet; complete its draft"):
        candidates.decide(LEASE, accept=True)
    monkeypatch.setattr(candidates, "_cited", lambda: {f"https://{filings.folder(CIK, LEASE)}/release.htm"})
    candidates.decide(LEASE, accept=True)
    assert collected() == []
    assert [row["decision"] for row in candidates.decisions().values()] == ["dismissed", "accepted"]


@pytest.mark.parametrize(
    ("about", "why", "problem"),
    [
        ("0000000000-26-000001", "x", "no candidate of that name"),
        (NOTES, "", "say why in --why"),
    ],
)
def test_a_decision_about_nothing_is_refused(vendor, about, why, problem):
    """A misspelt id; a dismissal that nobody will understand."""
    collected()
    with pytest.raises(candidates.CandidateError, match=problem):
        candidates.decide(about, accept=False, why=why)
    assert not candidates.DECIDED.exists()


def test_a_decision_is_made_once(vendor):
    """Its row is taken out by hand to change one's mind."""
    collected()
    candidates.decide(NOTES, accept=False, why="small")
    with pytest.raises(candidates.CandidateError, match="was decided before"):
        candidates.decide(NOTES, accept=False, why="small")


@pytest.mark.parametrize("text", ["id,decision\na,b\n", "nothing\n", "id,decision,decided_on,why\na,b\n"])
def test_a_damaged_memory_is_named(vendor, text):
    """Not read as if nothing had been decided."""
    candidates.DECIDED.write_text(text)
    with pytest.raises(candidates.CandidateError, match=r"candidates\.csv: columns are"):
        candidates.decisions()


def test_a_damaged_cache_is_read_anew(vendor):
    """It holds nothing that the SEC does not."""
    candidates.READ.write_text("{")
    assert len(collected()) == 2


def test_a_filing_that_cannot_be_read_stops_the_queue(vendor):
    """A queue without it would look complete."""
    vendor[f"{filings.folder(CIK, NOTES)}/release.htm"] = Answer(b"", 404)
    with pytest.raises(VendorError, match=r"CIFR document release\.htm: answered 404"):
        collected()


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda body: body.update(filings=None), "no list of filings"),
        (lambda body: body["filings"].update(recent=[]), "no list of filings"),
        (lambda body: body["filings"].update(files=3), "its list does not reach back"),
        (lambda body: body["filings"]["recent"].update(items=[None] * 3), "no item in any of its 3 8-Ks"),
    ],
)
def test_a_list_in_another_form_is_no_empty_one(vendor, spoil, problem):
    """A queue without what it cannot see would look complete."""
    body = json.loads(vendor[filings.where(CIK)].body)
    spoil(body)
    vendor[filings.where(CIK)] = body
    with pytest.raises(VendorError, match=f"SEC EDGAR: CIFR: {problem}"):
        collected()


def test_guidance_is_found_in_results():
    """What will be spent, in dollars; not what was, and not what is merely hoped."""
    said = candidates.sentences(
        "We now expect capital expenditures of $130 billion to $140 billion in 2027. Capital expenditures were "
        "$35 billion in the quarter. We expect a good year. We plan capital expenditures with care.",
        spending=True,
    )
    assert said == ["We now expect capital expenditures of $130 billion to $140 billion in 2027."]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The site has 1.2 GW of power in all, say its owners.", True),
        ("The lease runs for fifteen (15) years from the day of delivery.", True),
        ("The tenant prepays $350 million in two instalments.", True),
        ("The tenant is a company of good standing and great plans.", False),
        ("MW are the unit in which power is measured here.", False),
        ("In 2026 the company moved to a new address in Texas.", False),
    ],
)
def test_megawatts_years_and_dollars(text, found):
    """A figure with its unit; a year of the calendar is no term."""
    assert bool(candidates.sentences(text)) == found


def test_a_long_sentence_is_cut_and_a_long_filing_too():
    """Nobody reads a thousand lines of a queue."""
    many = "\n".join(f"Building {n} of the campus has {n} MW of power. " for n in range(100, 150))
    assert len(candidates.sentences(many)) == candidates.SENTENCES
    assert len(candidates.sentences("A site of 10 MW " + "and more " * 500 + ".")[0]) == candidates.LONGEST


def test_a_report_is_due_twenty_days_after_its_quarter(monkeypatch):
    """The quarter after the last one in the table, in the company's own count; not of a company that went."""
    dates = pd.DataFrame(
        {"ticker": ["ORCL", "WULF"], "fiscal_period": ["FY2027 Q1", "2026 Q3"],
         "reported_on": pd.to_datetime(["2026-09-10", "2026-11-05"])}
    )  # fmt: skip
    rows = pd.DataFrame(
        {"ticker": ["ORCL", "WULF"], "fiscal_year_end_month": [5, 12], "last_session": pd.to_datetime([None, None])}
    )
    monkeypatch.setenv("MINERPIVOT_TODAY", "2026-12-19")
    assert candidates.due(dates, rows) == []
    monkeypatch.setenv("MINERPIVOT_TODAY", "2026-12-20")
    (one,) = candidates.due(dates, rows)
    assert (one.id, one.cells) == ("due-ORCL-FY2027Q2", {"ticker": "ORCL", "fiscal_period": "FY2027 Q2"})
    gone = rows.assign(last_session=pd.Timestamp("2026-12-01"))
    assert candidates.due(dates, gone) == []


def test_who_is_not_read_is_named_with_the_mend():
    """A company without its number at the SEC would stay silent for ever; a ticker that is none is told too."""
    rows = pd.DataFrame({"ticker": ["AAA", "CCC", "BBB"], "cik": [1.0, None, None]})
    (line,) = candidates.unread(rows, [])
    assert line.startswith("Not read, as they have no cik: BBB, CCC. Write the SEC's number")
    assert "data/instruments.csv" in line
    assert candidates.unread(rows.head(1), ["AAA"]) == []
    assert candidates.unread(rows.head(1), ["AAA", "ZZZ"]) == [
        "No company that trades: ZZZ; the tickers are in data/instruments.csv."
    ]


def test_the_command_lists_and_stops_in_one_line(vendor, monkeypatch):
    """What was found, with its words; without an identity one line and exit 1."""
    monkeypatch.setattr(candidates, "ROOT", candidates.QUEUE.parent)
    run = CliRunner().invoke(commands.app, ["candidates", "--tickers", MINER])
    assert run.exit_code == 0, run.output
    assert f"{LEASE}  {MINER}  2026-11-03 06:55  1.01, 7.01, 9.01 → deals" in run.output
    monkeypatch.delenv("EDGAR_IDENTITY")
    run = CliRunner().invoke(commands.app, ["candidates"])
    assert run.exit_code == 1
    assert "export EDGAR_IDENTITY" in run.output


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"id,decision,decided_on,why\na,dismissed,2026-01-01,caf\xe9\n", "candidates.csv: is not UTF-8; mend it"),
        (
            b'id,decision,decided_on,why\na,dismissed,2026-01-01,"open\n',
            "candidates.csv: unexpected end of data; mend it",
        ),
        (b"id,what\na,b\n", "candidates.csv: columns are id, decision, decided_on, why"),
        (b"", "candidates.csv: columns are id, decision, decided_on, why"),
        (b"id,decision,decided_on,why\na,accepted\n", "decided_on, why, and row 2 has not one cell for each; mend"),
        (
            b"id,decision,decided_on,why\na,yes,2026-01-01,x\n",
            "candidates.csv row 2: decision is 'yes', expected one of",
        ),
    ],
)
def test_what_was_decided_and_cannot_be_read_is_kept_and_named(vendor, content, message):
    """Nothing is added to a file that cannot be read back."""
    candidates.DECIDED.write_bytes(content)
    run = CliRunner().invoke(commands.app, ["candidates", "--dismiss", "due-WULF-2026Q3", "--why", "an old report"])
    assert run.exit_code == 1
    assert message in run.output
    assert candidates.DECIDED.read_bytes() == content
