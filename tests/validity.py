"""What is wrong with a data folder, without recording anything: for tests that spoil a copy or prove it whole."""

from pathlib import Path

from minerpivot.data import edits, metadata
from minerpivot.data.tables import DATA, TableError, checksum, read_manifest
from minerpivot.data.validation import examined, judged


def problems(folder: Path = DATA, *, checksums: bool = True) -> list[str]:
    """Every fault of the data package, each with file, row, field and mend; empty when it is valid.

    With `checksums=False` a table may differ from its recorded checksum but must be valid otherwise. What is as it was
    recorded is not put before Frictionless again.
    """
    try:
        entries = metadata.authored(folder)
        sealed = {e["name"]: e for e in read_manifest(folder)["resources"]} if checksums else edits.recorded(folder)[0]
    except TableError as error:
        return str(error).splitlines()
    tables, faults = examined(folder, entries, sealed=sealed)
    for entry in entries if checksums else []:
        if (folder / entry["path"]).is_file() and entry["name"] in tables:
            found = checksum((folder / entry["path"]).read_bytes())
            if found != sealed.get(entry["name"], {}).get("hash"):
                faults.append(
                    f"data/{entry['path']}: differs from the checksum in datapackage.json; "
                    "run `make check` to record the new one"
                )
    return faults or judged(tables)
