"""Would the tests notice a deliberate error in the analysis? `make mutants MODULE=minerpivot/deals/value.py`.

`mutmut` makes a copy of the package in which every function can be swapped for one with a small error, and runs the
tests that reach that function; a mutant that they do not notice survives. Modules and the tests of each stand in
pyproject.toml under `tool.mutants`; tests marked `slow` are left out. What is decorated is tried too, but for what
keeps its answers (`cache`): mutmut by itself passes over every rule that a decorator registers, and says nothing.

Under `_build/mutants/<module>` mutmut keeps what it found: a second run tries what changed and what survived, `make
clean` begins anew. The survivors are written there, their numbers into BENCHMARKS.md. A sample is the same in every
run, a larger one holds the smaller, and a run without one goes on with the rest.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import sections

if TYPE_CHECKING:
    from mutmut.mutation.data import SourceFileMutationData

    Mutant = tuple[SourceFileMutationData, str, int | None]  # its file, its name, how its tests ended

ROOT = Path(__file__).parents[1]
READ = ("minerpivot", "tests", "data", "chapters", "pyproject.toml")  # by the tests
LEFT = ("cache", "classmethod", "staticmethod")  # decorators of what mutmut handles by itself, or not at all
KILLED = {"killed", "timeout", "segfault"}
TITLE = "What the tests notice"
TEXT = """\
Small errors set into a module (mutants) and how many of them its tests notice; tried is a sample where fewer than all.
A run lists those that survived in `_build/mutants/<module>/survivors.diff`. Tests are then written for them, so the
score of a sample is higher than that of what was not tried in its module.
"""
HEAD = ("| module | mutants | tried | killed | survived | score | on |", f"| --- |{' ---: |' * 6}")


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
    every = mutmut.collect_source_file_mutation_data

    def some(*, mutant_names: tuple[str, ...]) -> tuple[list[Mutant], dict[str, SourceFileMutationData]]:
        mutants, files = every(mutant_names=mutant_names)
        chosen = []
        for place, (data, name, code) in enumerate(random.Random(0).sample(mutants, len(mutants))):
            alive = code is not None and not _noticed(code)  # tried again: there may be a new test
            if alive or sample is None or place < sample:
                data.exit_code_by_key[name] = None if alive else code
                chosen.append((data, name, data.exit_code_by_key[name]))
        print(f"{len(chosen)} of {len(mutants)} mutants are chosen; below mutmut counts all")
        return chosen, files

    mutate = mutmut.mutate_file_contents
    mutmut.mutate_file_contents = lambda name, code, *lines: mutate(name, decorated_below(code), *lines)
    mutmut.collect_source_file_mutation_data = some
    mutmut._run((), None)


def decorated_below(code: str) -> str:
    """The same code with `name = decorator(name)` below a function in place of `@decorator` above it."""
    top = ast.parse(code).body
    found = [*top, *(node for outer in top if isinstance(outer, ast.ClassDef) for node in outer.body)]
    functions = [node for node in found if isinstance(node, ast.FunctionDef) and node.decorator_list]
    lines = code.splitlines()
    for node in sorted(functions, key=lambda node: node.lineno, reverse=True):  # what stands above keeps its lines
        called = [applied.func if isinstance(applied, ast.Call) else applied for applied in node.decorator_list]
        if all(isinstance(name, ast.Name) and name.id not in LEFT for name in called):
            value = node.name
            for applied in reversed(node.decorator_list):
                value = f"{ast.unparse(applied)}({value})"
            lines.insert(node.end_lineno or node.lineno, f"{' ' * node.col_offset}{node.name} = {value}")
            del lines[node.decorator_list[0].lineno - 1 : node.lineno - 1]
    return "\n".join([*lines, ""])


def _noticed(code: int | None) -> bool:
    """Whether tests that ended with this code killed their mutant: not where it survived, or no test reached it."""
    from mutmut.stats import status_by_exit_code

    return status_by_exit_code[code] in KILLED


def score(module: str) -> str:
    """A row of the table; writes the survivors as differences."""
    from mutmut.mutation.data import SourceFileMutationData
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    found = SourceFileMutationData(path=module)
    found.load()
    tried = {name: code for name, code in found.exit_code_by_key.items() if code is not None}
    alive = [name for name, code in tried.items() if not _noticed(code)]
    told = [f"# {name}\n{get_diff_for_mutant(name, path=module)}" for name in alive]
    Path("survivors.diff").write_text("\n".join(told), encoding="utf-8")
    killed = len(tried) - len(alive)
    share = f"{killed / max(len(tried), 1):.1%}"
    cells = [module, len(found.exit_code_by_key), len(tried), killed, len(alive), share, date.today().isoformat()]
    return f"| {' | '.join(map(str, cells))} |"


def record(row: str, modules: Iterable[str]) -> None:
    """Write a row into the section of BENCHMARKS.md; a module that was not tried now keeps its row."""
    lines = [*dict(sections.stored()).get(TITLE, "").splitlines(), row]
    rows = {line.split()[1]: line for line in lines if line.startswith("| minerpivot/")}
    kept = [rows[module] for module in modules if module in rows]
    print(sections.write(TITLE, "\n".join([TEXT, *HEAD, *kept])))


def main() -> None:
    """Run mutmut for each module, in a process of its own, and print the table."""
    chosen = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mutants"]
    parser = argparse.ArgumentParser(description="A score per module: how many small errors do its tests notice?")
    parser.add_argument("modules", nargs="*", metavar="module", help="of tool.mutants in pyproject.toml; default: all")
    parser.add_argument("--sample", type=int, help="so many mutants of each module, the same in every run")
    asked = parser.parse_args()
    if unknown := [module for module in asked.modules if module not in chosen]:
        parser.error(f"{unknown[0]} is not under tool.mutants of pyproject.toml; there are {', '.join(chosen)}")
    for module in asked.modules or chosen:
        place = folder(module)
        place.mkdir(parents=True, exist_ok=True)
        for name in READ:
            if not (place / name).exists():
                (place / name).symlink_to(ROOT / name)
        code = f"from benchmarks import mutants; mutants.run({module!r}, {chosen[module]!r}, {asked.sample})"
        subprocess.run([sys.executable, "-c", code], cwd=place, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
        os.chdir(place)
        record(score(module), chosen)  # after each: a run may be stopped


if __name__ == "__main__":
    main()
