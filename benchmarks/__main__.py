"""`make bench`: every benchmark as Markdown."""

import os
import platform

from benchmarks import book, event_study

print("# Benchmarks\n")
print(
    f"`make bench` measured these on {os.cpu_count()} cores ({platform.machine()}, {platform.system()}) with Python "
    f"{platform.python_version()}. Ratios travel better than seconds.\n\n## The event study\n",
    flush=True,
)
event_study.one_study()
event_study.many_draws()
print()
book.main()
