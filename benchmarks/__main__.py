"""`make bench`: every benchmark as Markdown."""

import os
import platform

import pandas as pd

from benchmarks import book, event_size, event_study, pages


def section(title: str, rows: list[dict[str, str]]) -> None:
    """Print a heading and a table."""
    print(f"\n## {title}\n", flush=True)
    print(pd.DataFrame(rows).to_markdown(index=False, disable_numparse=True) if rows else "Not measured.", flush=True)


print("# Benchmarks\n")
print(
    f"`make bench` measured these on {os.cpu_count()} cores ({platform.machine()}, {platform.system()}) with Python "
    f"{platform.python_version()}. Ratios travel better than seconds.\n\n## The event study\n",
    flush=True,
)
event_study.one_study()
event_study.many_draws()
event_study.joint_draws()
print("\n## How often the tests reject\n", flush=True)
event_size.report()
with book.copies() as (ours, plain):
    section("Rebuilding the book", book.rebuilds(ours, plain))
    page, sites = f"{book.CHAPTER}.html", [folder / "_build" / "html" for folder in (ours, plain)]
    section(f"One page (`{page}`), as a phone loads it, with gzip", pages.against_plain(page, *sites))
    section("Every page, as a phone loads it, with gzip", pages.every_page(sites[0]))
    runs = ", ".join(f"{preset} {count}" for preset, count in pages.RUNS.items())
    section(f"Lighthouse, medians of runs: {runs} (needs `npx`)", pages.lighthouse(sites[0]))
