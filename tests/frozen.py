"""The frozen tables on which known answers stand: a copy that gets new columns with the schema, and never new rows."""

import shutil
from functools import partial
from pathlib import Path

from minerpivot.data import tables

FOLDER = Path(__file__).parent / "tables"
load = partial(tables.load, folder=FOLDER)


def some(target, *names):
    """A folder with some of the tables (those that they refer to must be among them), unsealed: quick to validate."""
    target.mkdir()
    for name in (FOLDER / "package.yml", *(FOLDER / f"{name}.{ending}" for name in names for ending in ("csv", "yml"))):
        shutil.copy(name, target)
    return target
