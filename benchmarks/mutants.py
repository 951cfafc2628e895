"""Would the tests notice a deliberate error in the analysis? `make mutants`, or MODULE=minerpivot/deals/value.py.

`mutmut` makes a copy of the package in which every function can be swapped for one with a small error, and runs the
tests that reach that function; a mutant that they do not notice survives. Modules and the tests of each stand in
pyproject.toml under `tool.mutants`; tests marked `slow` are left out. Under `_build/mutants/<module>` mutmut keeps what
it found: a second run tries what changed and what survived, `make clean` begins anew. The survivors are written there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mutmut.mutation.data import SourceFileMutationData

ROOT = Path(__file__).parents[1]
READ = ("minerpivot", "tests", "data", "chapters", "pyproject.toml")  # by the tests
KILLED = {"killed", "timeout", "segfault"}


def folder(module: str) -> Path:
    """Where mutmut works on a module: it wants a folder of its own for each set of tests."""
    return ROOT / "_build" / "mutants" / module.removeprefix("minerpivot/").removesuffix(".py").replace("/", ".")


def run(module: str, tests: list[str]) -> None:
    """Try the mutants of one module, here, in the folder that is the working directory."""
    from mutmut import __main__ as mutmut
    from mutmut import configuration

    settings = configuration.config()
    settings.only_mutate = [module]
    settings.pytest_add_cli_args_test_selection += tests
    known = _known(module)
    if known.exit_code_by_key:  # what survived is tried again: there may be a new test
        alive = _alive(known)
        known.exit_code_by_key |= dict.fromkeys(alive)
        known.save()
    mutmut._run((), None)


def _known(module: str) -> SourceFileMutationData:
    """What mutmut found so far, in the folder that is the working directory."""
    from mutmut.mutation.data import SourceFileMutationData

    found = SourceFileMutationData(path=module)
    found.load()
    return found


def _alive(known: SourceFileMutationData) -> list[str]:
    """The mutants that no test killed: survived, or reached by none."""
    from mutmut.stats import status_by_exit_code

    return [name for name, code in known.exit_code_by_key.items() if status_by_exit_code[code] not in KILLED]


def score(module: str) -> str:
    """A row of the table; writes the survivors as differences."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    known = _known(module)
    count, alive = len(known.exit_code_by_key), _alive(known)
    told = [f"# {name}\n{get_diff_for_mutant(name, path=module)}" for name in alive]
    Path("survivors.diff").write_text("\n".join(told), encoding="utf-8")
    killed = count - len(alive)
    return f"| {module} | {count} | {killed} | {len(alive)} | {killed / max(count, 1):.1%} |"


def main(modules: list[str]) -> None:
    """Run mutmut for each module, in a process of its own, and print the table."""
    chosen = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mutants"]
    if unknown := [module for module in modules if module not in chosen]:
        sys.exit(f"{unknown[0]} is not under tool.mutants of pyproject.toml; there are {', '.join(chosen)}")
    rows = []
    for module in modules or chosen:
        place = folder(module)
        place.mkdir(parents=True, exist_ok=True)
        for name in READ:
            if not (place / name).exists():
                (place / name).symlink_to(ROOT / name)
        code = f"from benchmarks import mutants; mutants.run({module!r}, {chosen[module]!r})"
        subprocess.run([sys.executable, "-c", code], cwd=place, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
        os.chdir(place)
        rows.append(score(module))
    print("| module | mutants | killed | survived | score |", "| --- | ---: | ---: | ---: | ---: |", *rows, sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
