"""Tables of a few rows written by hand, under the metadata of the tables in `data/`, and what rules find in them."""

import pandas as pd

from minerpivot.data import tables
from minerpivot.data.rules import Table

TODAY = "2027-06-30"


def table(name, *rows):
    """A table of rows as dictionaries; cells that they lack are empty."""
    entry = tables.entries()[name]
    columns = [field["name"] for field in entry["schema"]["fields"]]
    raw = pd.DataFrame(rows, columns=columns).astype("string")
    return Table(entry, raw, tables.converted(raw, entry), TODAY)


def lines(name, head, *rows):
    """A table of lines as in its file: `head` names the columns that are filled, a cell without text is empty."""
    columns = head.split(",")
    return table(name, *[{column: cell or None for column, cell in zip(columns, row.split(","))} for row in rows])


def told(faults):
    """Faults as a person reads them."""
    return [str(fault) for fault in faults]


def places(faults):
    """Where faults are: each line of `lines`, from 0, with the last cell that it names."""
    return [(fault.row, list(fault.cells)[-1]) for fault in faults]


def at(faults):
    """The lines at fault, from 0."""
    return [fault.row for fault in faults]
