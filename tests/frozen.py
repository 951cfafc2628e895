"""The frozen tables on which known answers stand: a copy that gets new columns with the schema, and never new rows."""

from functools import partial
from pathlib import Path

from minerpivot.data import tables

FOLDER = Path(__file__).parent / "tables"
load = partial(tables.load, folder=FOLDER)
