"""Answers in the SEC's shapes: a list of filings, a filing's header, an instance document; all words are invented."""

from minerpivot.refresh.sec import FILINGS


def listed(cik, *rows):
    """A company's list of filings from (number, form, filed, period, items, document)."""
    names = ["accessionNumber", "form", "filingDate", "reportDate", "items", "primaryDocument"]
    recent = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    # New York's hour behind a UTC mark, as for a fifth of the filers: nobody may read it
    recent["acceptanceDateTime"] = [f"{row[2]}T16:05:00.000Z" for row in rows]
    return {"cik": str(cik), "name": "A company", "filings": {"recent": recent, "files": []}}


def where(cik):
    """The address of that list."""
    return FILINGS.format(cik).removeprefix("https://")


def folder(cik, number):
    """The address of a filing's documents."""
    return f"www.sec.gov/Archives/edgar/data/{cik}/{number.replace('-', '')}"


def header(number, stamp, *documents):
    """A filing's header page, its marks escaped as the SEC's are, from (type, file name)."""
    parts = "".join(
        f"&lt;DOCUMENT&gt;\n&lt;TYPE&gt;{kind}\n&lt;SEQUENCE&gt;{at}\n&lt;FILENAME&gt;{name}\n&lt;/DOCUMENT&gt;\n"
        for at, (kind, name) in enumerate(documents, 1)
    )
    head = f"&lt;SEC-HEADER&gt;{number}.hdr.sgml\n&lt;ACCEPTANCE-DATETIME&gt;{stamp}\nACCESSION NUMBER:\t\t{number}\n"
    return f"<html><body><pre>{head}&lt;/SEC-HEADER&gt;\n{parts}</pre></body></html>"


def instance(*facts):
    """An instance document from (concept, member or "", start, end, dollars)."""
    contexts, values = [], []
    for at, (concept, member, start, end, dollars) in enumerate(facts):
        axis = '<xbrldi:explicitMember dimension="srt:ProductOrServiceAxis">{}</xbrldi:explicitMember>'
        segment = f"<segment>{axis.format(member)}</segment>" if member else ""
        span = f"<period><startDate>{start}</startDate><endDate>{end}</endDate></period>"
        contexts.append(
            f'<context id="c{at}"><entity><identifier scheme="http://www.sec.gov/CIK">1</identifier>{segment}</entity>'
            f"{span}</context>"
        )
        values.append(f'<{concept} contextRef="c{at}" unitRef="usd" decimals="-6" id="f{at}">{dollars}</{concept}>')
    spaces = (
        'xmlns="http://www.xbrl.org/2003/instance" xmlns:xbrldi="http://xbrl.org/2006/xbrldi" '
        'xmlns:us-gaap="http://fasb.org/us-gaap/2026" xmlns:amzn="http://amazon.example/2026"'
    )
    unit = "<unit id='usd'><measure>iso4217:USD</measure></unit>"
    return f"<xbrl {spaces}>{''.join(contexts)}{unit}{''.join(values)}</xbrl>"
