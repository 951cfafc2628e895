"""Would the tests notice a deliberate error in the analysis? `make mutants`, or MODULE=minerpivot/deals/value.py.

`mutmut` makes a copy of the package in which every function can be swapped for one with a small error, and runs the
tests that reach that function; a mutant that they do not notice survives. Modules and the tests of each stand in
pyproject.toml under `tool.mutants`; tests marked `slow` are left out. Under `_build/mutants/<module>` mutmut keeps what
it found, so that a second run tries only what changed; the survivors are written there as differences.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

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
    mutmut._run((), None)


def outcomes(module: str) -> dict[str, int]:
    """How many mutants had each outcome; writes the survivors."""
    from mutmut import stats
    from mutmut.mutation import data, diff_apply

    found = data.SourceFileMutationData(path=module)
    found.load()
    each = {name: stats.status_by_exit_code[code] for name, code in found.exit_code_by_key.items()}
    alive = [diff_apply.get_diff_for_mutant(name, path=module) for name in each if each[name] not in KILLED]
    Path("survivors.diff").write_text("\n".join(alive), encoding="utf-8")
    return {
        "mutants": len(each),
        "killed": sum(outcome in KILLED for outcome in each.values()),
        "survived": len(alive),
    }


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
        rows.append({"module": module, **outcomes(module)})
    print("| module | mutants | killed | survived | score |\n| --- | ---: | ---: | ---: | ---: |")
    for row in rows:
        print(
            "| {module} | {mutants} | {killed} | {survived} | {score:.0%} |".format(
                **row, score=row["killed"] / row["mutants"]
            )
        )


if __name__ == "__main__":
    main(sys.argv[1:])
