"""How many spoilt tables does `make check` let through? `python -m benchmarks.mutations [COUNT] [SEED]`.

Each mutation spoils one table of a copy of `data/` in one way, and the whole judgement is asked. Refused means that a
line names it; harmless, that only free text or the order of rows changed; accepted is what could be true, or what the
rules miss: those are listed, to be argued one by one.
"""

import collections
import csv
import io
import random
import shutil
import sys
import tempfile
import traceback
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
from joblib import Parallel, delayed

from minerpivot.data import metadata, rules, tables, validation

WORKERS = 2
NUMBERS = ("number", "integer")


class Skip(Exception):
    """This mutation does not apply to this table."""


def number(rng, rows, fields, change):
    """A number cell, changed."""
    row, column = pick(rng, rows, fields, lambda said: said["type"] in NUMBERS)
    old = rows[row][column]
    rows[row][column] = change(old, fields[column]["type"] == "integer")
    return row, column, old


def times(factor):
    """A number times a factor, in the form of its field."""

    def change(old, whole):
        value = float(old) * factor
        return f"{round(value)}" if whole else f"{value:.10g}"

    return change


def dated(change):
    """A date cell, changed."""

    def mutate(rng, rows, fields):
        row, column = pick(rng, rows, fields, lambda said: rules.is_date(said))
        old = rows[row][column]
        rows[row][column] = change(rng, old)
        return row, column, old

    return mutate


def moved(rng, old, unit):
    """A full date some days or years away; a partial one by years."""
    if unit == "years":
        return f"{int(old[:4]) + rng.choice([-3, -2, -1, 1, 2, 3])}{old[4:]}".replace("-02-29", "-02-28")
    if len(old) < 10:
        raise Skip
    return f"{date.fromisoformat(old) + timedelta(days=rng.choice([-40, -9, -3, -1, 1, 3, 9, 40]))}"


def pick(rng, rows, fields, fits):
    """A filled cell, beneath the header, of a field that fits."""
    columns = [column for column, said in enumerate(fields) if fits(said)]
    filled = [(row, column) for column in columns for row in range(1, len(rows)) if rows[row][column]]
    if not filled:
        raise Skip
    return rng.choice(filled)


def swapped(rng, rows, fields, *, across):
    """Two neighbouring cells, of a row or of a column, exchanged."""
    row, column = pick(rng, rows, fields, lambda said: True)
    other = (row, column + 1) if across else (row + 1, column)
    if other[1] >= len(fields) or other[0] >= len(rows) or rows[other[0]][other[1]] == rows[row][column]:
        raise Skip
    old = rows[row][column]
    rows[row][column], rows[other[0]][other[1]] = rows[other[0]][other[1]], old
    return row, column, old


def cell(change, fits=lambda said: True):
    """Any cell, changed."""

    def mutate(rng, rows, fields):
        row, column = pick(rng, rows, fields, fits)
        old = rows[row][column]
        rows[row][column] = change(rng, old)
        return row, column, old

    return mutate


def duplicated(rng, rows, fields):
    """A row twice."""
    row = rng.randrange(1, len(rows))
    rows.insert(row, list(rows[row]))
    return row, 0, ""


def removed(rng, rows, fields):
    """A row gone."""
    row = rng.randrange(1, len(rows))
    old = "|".join(rows.pop(row)[:3])
    return min(row, len(rows) - 1), 0, old


def column(change):
    """All cells of a column, header and all, or the header alone."""

    def mutate(rng, rows, fields):
        at = rng.randrange(len(fields) - 1)
        change(rows, at)
        return 0, at, fields[at]["name"]

    return mutate


def exchange(rows, at):
    """Two columns, cells and all."""
    for row in rows:
        row[at], row[at + 1] = row[at + 1], row[at]


def exchange_headers(rows, at):
    """Two columns' names only."""
    rows[0][at], rows[0][at + 1] = rows[0][at + 1], rows[0][at]


def exchange_cells(rows, at):
    """Two columns' cells only: nothing in the header shows it."""
    for row in rows[1:]:
        row[at], row[at + 1] = row[at + 1], row[at]


def typo(rng, old):
    """One letter more."""
    at = rng.randrange(len(old) + 1)
    return old[:at] + rng.choice("xyzq") + old[at:]


def chosen(said):
    """Fields of few words."""
    return "enum" in said.get("constraints", {})


CELLS = {
    **{
        f"number times {f}": lambda r, w, f_, f=f: number(r, w, f_, times(f)) for f in (2, 10, 100, 1000, 0.1, 0.01, -1)
    },
    **{
        f"number is {text}": lambda r, w, f, text=text: number(r, w, f, lambda old, whole: text)
        for text in ("inf", "nan", "1e999", "1e308", "1,5", "ten", "0", "1_000", "true")
    },
    "date moved by days": dated(lambda rng, old: moved(rng, old, "days")),
    "date moved by years": dated(lambda rng, old: moved(rng, old, "years")),
    "date in the future": dated(lambda rng, old: f"2061{old[4:]}".replace("-02-29", "-02-28")),
    "date impossible": dated(lambda rng, old: rng.choice(["2026-02-30", "2026-13-01", "2026-00-10"])),
    "date in another form": dated(lambda rng, old: rng.choice(["6 July 2026", "07/06/2026", "2026-7-6", "20260706"])),
    "cell swapped with the next column": lambda r, w, f: swapped(r, w, f, across=True),
    "cell swapped with the next row": lambda r, w, f: swapped(r, w, f, across=False),
    "cell emptied": cell(lambda rng, old: ""),
    "cell is garbage": cell(
        lambda rng, old: rng.choice(["\ufffd?", "#REF!", " " + old, old + "\n", "\x07", "x" * 30_000])
    ),
    "a letter too many": cell(
        typo, lambda said: said["type"] == "string" and "enum" not in said.get("constraints", {})
    ),
    "choice misspelt": cell(typo, chosen),
    "another choice": lambda r, w, f: other_choice(r, w, f),
    "row duplicated": duplicated,
    "row removed": removed,
    "column dropped": column(lambda rows, at: [row.pop(at) for row in rows]),
    "column renamed": column(lambda rows, at: rows[0].__setitem__(at, rows[0][at] + "x")),
    "columns exchanged": column(exchange),
    "columns' names exchanged": column(exchange_headers),
    "columns' cells exchanged": column(exchange_cells),
    "column doubled": column(lambda rows, at: [row.insert(at, row[at]) for row in rows]),
    "cell too many in a row": lambda r, w, f: (w[(at := r.randrange(1, len(w)))].append("x"), (at, 0, ""))[1],
    "cell too few in a row": lambda r, w, f: (w[(at := r.randrange(1, len(w)))].pop(), (at, 0, ""))[1],
    "header only": lambda r, w, f: (w.__delitem__(slice(1, None)), (0, 0, ""))[1],
    "rows reversed": lambda r, w, f: (w.__setitem__(slice(1, None), w[:0:-1]), (0, 0, ""))[1],
}
BYTES = {
    "file cut off": lambda rng, content: content[: rng.randrange(len(content) // 4, len(content) - 2)],
    "file empty": lambda rng, content: b"",
    "semicolons": lambda rng, content: content.replace(b",", b";"),
    "tabs": lambda rng, content: content.replace(b",", b"\t"),
    "byte order mark": lambda rng, content: b"\xef\xbb\xbf" + content,
    "line ends of Windows": lambda rng, content: content.replace(b"\n", b"\r\n"),
    "NUL byte": lambda rng, content: put(rng, content, b"\0"),
    "not UTF-8": lambda rng, content: put(rng, content, b"\xe9"),
    "stray quotation mark": lambda rng, content: put(rng, content, b'"'),
    "comment on top": lambda rng, content: b"# edited by hand\n" + content,
    "space after a header": lambda rng, content: content.replace(b",", b" ,", 1),
    "empty line": lambda rng, content: content.replace(b"\n", b"\n\n", 1),
}


def put(rng, content, sign):
    """A sign somewhere in the bytes."""
    at = rng.randrange(len(content))
    return content[:at] + sign + content[at:]


def other_choice(rng, rows, fields):
    """A choice that the field allows and the row did not make."""
    row, at = pick(rng, rows, fields, chosen)
    old = rows[row][at]
    others = [str(value) for value in fields[at]["constraints"]["enum"] if str(value) != old]
    if not others:
        raise Skip
    rows[row][at] = rng.choice(others)
    return row, at, old


class Judge:
    """`make check` over a copy of the data, with all but the spoilt table read once."""

    def __init__(self, folder):
        self.folder = Path(shutil.copytree(tables.DATA, Path(folder) / "data"))
        self.entries = metadata.authored(self.folder)
        self.sound, faults = validation.examined(self.folder, self.entries)
        assert not faults, faults

    def faults(self, name):
        """Every fault after `name` was spoilt, and the table as read if it was sound."""
        names = {name} | {
            entry["name"]
            for entry in self.entries
            for key in entry["schema"].get("foreignKeys", [])
            if key["reference"]["resource"] == name
        }
        found, faults = validation.examined(self.folder, self.entries, {name})
        if name in found and self.lost(name, found[name]):
            found, faults = validation.examined(self.folder, self.entries, names)
        if not faults:
            touched = {name} if name != "splits" else set(self.sound)
            faults = validation.judged(self.sound | found, touched)
        return faults, found.get(name)

    def lost(self, name, spoilt):
        """Whether a cell that others may refer to is gone."""
        keys = [spoilt.entry["schema"]["primaryKey"]]
        return any(
            set(map(tuple, self.sound[name].raw[[k] if isinstance(k, str) else k].to_numpy()))
            - set(map(tuple, spoilt.raw[[k] if isinstance(k, str) else k].to_numpy()))
            for k in keys
        )

    def harmless(self, name, spoilt):
        """Whether only free text, or the order of rows, differs."""
        entry = self.sound[name].entry
        fixed = [name for key in entry["schema"].get("foreignKeys", []) for name in metadata._listed(key["fields"])]
        fixed += metadata._listed(entry["schema"]["primaryKey"])
        facts = [
            said["name"]
            for said in entry["schema"]["fields"]
            if said["type"] != "string"
            or said.get("constraints", {}).keys() & {"enum", "pattern"}
            or said["name"] in fixed
        ]
        before, after = (sorted(map(tuple, t.raw[facts].fillna("").to_numpy())) for t in (self.sound[name], spoilt))
        return before == after


def mutate(rng, content, entry, kind):
    """Spoilt bytes, and what was done, in words."""
    if kind in BYTES:
        return BYTES[kind](rng, content), ""
    rows = list(csv.reader(io.StringIO(content.decode())))
    fields = entry["schema"]["fields"]
    row, at, old = CELLS[kind](rng, rows, fields)
    new = rows[row][at] if row < len(rows) and at < len(rows[row]) else ""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    key = rows[row][0] if row else ""
    return out.getvalue().encode(), f"row {row + 1} ({key[:24]}) {fields[at]['name']}: {old[:40]!r} -> {new[:40]!r}"


def run(seed, count):
    """Outcomes of `count` mutations: (kind, outcome, table, what was done, message)."""
    rng = random.Random(seed)
    results = []
    with tempfile.TemporaryDirectory() as temporary:
        judge = Judge(temporary)
        kinds = [*CELLS] * 2 + [*BYTES]  # cells are where facts stand
        while len(results) < count:
            entry, kind = rng.choice(judge.entries), rng.choice(kinds)
            path = judge.folder / entry["path"]
            content = path.read_bytes()
            try:
                spoilt, what = mutate(rng, content, entry, kind)
            except Skip:
                continue
            if spoilt == content:
                continue
            path.write_bytes(spoilt)
            message = ""
            try:
                faults, table = judge.faults(entry["name"])
                message = faults[0] if faults else ""
                if faults:
                    outcome = "refused" if all(map(str.strip, faults)) else "empty message"
                else:
                    outcome = "harmless" if judge.harmless(entry["name"], table) else "accepted"
            except Exception:
                outcome, message = "traceback", traceback.format_exc()
            finally:
                path.write_bytes(content)
            results.append((kind, outcome, entry["name"], what, message))
    return results


def main(count=2000, seed=1):
    """Print counts by kind, then everything that was accepted."""
    found = Parallel(n_jobs=WORKERS)(delayed(run)(seed * 1000 + w, count // WORKERS) for w in range(WORKERS))
    results = [result for part in found for result in part]
    frame = pd.DataFrame(results, columns=["kind", "outcome", "table", "what", "message"])
    counts = frame.pivot_table(index="kind", columns="outcome", values="table", aggfunc="count", fill_value=0)
    counts.loc["all"] = counts.sum()
    print(counts.to_markdown(), flush=True)
    longest = frame["message"].where(frame["outcome"] == "refused", "").str.len().max()
    print(f"\nLongest message: {longest} characters.\n")
    for _, row in (
        frame[frame["outcome"].isin(["accepted", "traceback", "empty message"])]
        .sort_values(["table", "kind"])
        .iterrows()
    ):
        print(f"- {row['outcome']}, {row['table']}, {row['kind']}: {row['what']} {row['message'][-600:]}")
    return collections.Counter(frame["outcome"])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
