"""Would the tests notice a deliberate error in the analysis? `make mutants MODULE=minerpivot/deals/value.py`.

`mutmut` makes a copy of the package in which every function can be swapped for one with a small error, and runs the
tests that reach that function; a mutant that they do not notice survives. Modules and the tests of each stand in
pyproject.toml under `tool.mutants`; tests marked `slow` are left out. Under `_build/mutants/<module>` mutmut keeps what
it found: a second run tries what changed and what survived, `make clean` begins anew. The survivors are written there.
A sample is the same in every run, and a later run without one goes on with the rest.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mutmut.mutation.data import SourceFileMutationData

    Mutant = tuple[SourceFileMutationData, str, int | None]  # its file, its name, how its tests ended

ROOT = Path(__file__).parents[1]
READ = ("minerpivot", "tests", "data", "chapters", "pyproject.toml")  # by the tests
KILLED = {"killed", "timeout", "segfault"}


def folder(module: str) -> Path:
    """Where mutmut works on a module: it wants a folder of its own for each set of tests."""
    return ROOT / "_build" / "mutants" / module.removeprefix("minerpivot/").removesuffix(".py").replace("/", ".")


def run(module: str, tests: list[str], sample: int | None) -> None:
    """Try the mutants of one module, or a sample of them, here, in the folder that is the working directory."""
    from mutmut import __main__ as mutmut
    from mutmut import configuration

    settings = configuration.config()
    settings.only_mutate = [module]
    settings.pytest_add_cli_args_test_selection += tests
    known = _known(module)
    if known.exit_code_by_key:  # what survived is tried again: there may be a new test
        known.exit_code_by_key |= dict.fromkeys(_alive(known))
        known.save()
    every = mutmut.collect_source_file_mutation_data

    def some(*, mutant_names: tuple[str, ...]) -> tuple[list[Mutant], dict[str, SourceFileMutationData]]:
        mutants, files = every(mutant_names=mutant_names)
        return random.Random(0).sample(mutants, min(sample or len(mutants), len(mutants))), files

    mutmut.collect_source_file_mutation_data = some
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

    tried = {name: code for name, code in known.exit_code_by_key.items() if code is not None}
    return [name for name, code in tried.items() if status_by_exit_code[code] not in KILLED]


def score(module: str) -> str:
    """A row of the table; writes the survivors as differences."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    known = _known(module)
    codes, alive = list(known.exit_code_by_key.values()), _alive(known)
    told = [f"# {name}\n{get_diff_for_mutant(name, path=module)}" for name in alive]
    Path("survivors.diff").write_text("\n".join(told), encoding="utf-8")
    tried = len(codes) - codes.count(None)
    killed = tried - len(alive)
    return f"| {module} | {len(codes)} | {tried} | {killed} | {len(alive)} | {killed / max(tried, 1):.1%} |"


def main() -> None:
    """Run mutmut for each module, in a process of its own, and print the table."""
    chosen = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mutants"]
    parser = argparse.ArgumentParser(description="A score per module: how many small errors do its tests notice?")
    parser.add_argument("modules", nargs="*", metavar="module", help="of tool.mutants in pyproject.toml; default: all")
    parser.add_argument("--sample", type=int, help="so many mutants of each module, the same in every run")
    asked = parser.parse_args()
    if unknown := [module for module in asked.modules if module not in chosen]:
        parser.error(f"{unknown[0]} is not under tool.mutants of pyproject.toml; there are {', '.join(chosen)}")
    rows = []
    for module in asked.modules or chosen:
        place = folder(module)
        place.mkdir(parents=True, exist_ok=True)
        for name in READ:
            if not (place / name).exists():
                (place / name).symlink_to(ROOT / name)
        code = f"from benchmarks import mutants; mutants.run({module!r}, {chosen[module]!r}, {asked.sample})"
        subprocess.run([sys.executable, "-c", code], cwd=place, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
        os.chdir(place)
        rows.append(score(module))
    print("| module | mutants | tried | killed | survived | score |", f"| --- |{' ---: |' * 5}", *rows, sep="\n")


if __name__ == "__main__":
    main()
