"""Stale-proof execution: a notebook's outputs carry a record of everything that made them.

The record names the notebook's own code and outputs, the package's modules and the tables that
its kernel really loaded, and the lock file, each by content hash. A notebook whose record still
holds is current; any other is executed again from a fresh kernel. (Build tools that keep such
records in a database of their own would execute every chapter again in every fresh clone.)
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from minerpivot.book import kernel
from minerpivot.data import tables
from minerpivot.data.tables import digest

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.txt"
KERNEL = "python3"
TIMEOUT = 900  # seconds that a cell may take
UNCHANGED = "The notebook and the previous site are unchanged."

_ASK_KERNEL = f"""\
import json, sys
from minerpivot.data.tables import loaded
own = {{m for m in sys.modules if m.split(".")[0] == "minerpivot"}} - {{"minerpivot.book", "{kernel.__name__}"}}
print(json.dumps({{"tables": loaded(), "modules": sorted(own)}}))
"""  # without what every kernel begins with


class ExecutionError(RuntimeError):
    """A notebook that did not run to its end; the message names it, its cell and the error."""


def chapters() -> list[Path]:
    """Every notebook of the book."""
    return sorted((ROOT / "chapters").glob("*.ipynb"))


def snapshot() -> dict[str, Any]:
    """Content hashes of all that a notebook can depend on: every table, every module, the lock file."""
    package = ROOT / "minerpivot"
    modules = {".".join(file.relative_to(ROOT).with_suffix("").parts): file for file in package.rglob("*.py")}
    return {
        "tables": {name: digest(entry) for name, entry in tables.entries().items()},
        "modules": {name.removesuffix(".__init__"): digest(file.read_text("utf-8")) for name, file in modules.items()},
        "lock": digest(LOCK.read_text(encoding="utf-8")),
    }


def record(notebook: NotebookNode, state: dict[str, Any], used: dict[str, Any]) -> dict[str, Any]:
    """The part of a snapshot that `used` names (tables, modules), with the notebook's own code and outputs."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return {
        "code": digest([cell.source for cell in code]),
        "outputs": digest([cell.outputs for cell in code]),
        "tables": {name: state["tables"].get(name, "gone") for name in sorted(used["tables"])},
        "modules": {name: state["modules"].get(name, "gone") for name in sorted(used["modules"])},
        "lock": state["lock"],
    }


def read(path: Path) -> NotebookNode:
    """A notebook; raises `ExecutionError` that names a file which is none."""
    invalid: dict[str, Exception] = {}
    named = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name
    try:
        notebook = nbformat.read(path, as_version=4, capture_validation_error=invalid)
        for error in invalid.values():
            raise error
    except OSError as error:
        raise ExecutionError(f"{named} cannot be read: {error.strerror}; `git checkout {named}`") from None
    except Exception as error:  # of JSON, Unicode, a schema, or a part that is not there
        raise ExecutionError(
            f"{named} is not a notebook: resolve what a merge has left in it, or `git checkout {named}` "
            f"({str(error).splitlines()[0][:120]})"
        ) from None
    return notebook


def cell_sources(path: Path) -> list[str | list[str]]:
    """The text of each cell as its file has it, without the outputs that take long to read."""
    try:
        return [cell["source"] for cell in json.loads(path.read_bytes())["cells"]]
    except (OSError, ValueError, KeyError, TypeError):
        return [cell.source for cell in read(path).cells]  # or says what is wrong with the file


def write(notebook: NotebookNode, path: Path) -> None:
    """Replace a notebook in one step: killed in between, the old one is whole."""
    draft = path.with_name(f".{path.name}.draft")
    nbformat.write(notebook, draft)
    draft.replace(path)


def why_stale(path: Path, state: dict[str, Any] | None = None) -> str | None:
    """What changed since the notebook was executed, or None if its outputs are current. `state`: a `snapshot`."""
    notebook = read(path)
    stored = notebook.metadata.get("minerpivot")
    if not stored:
        return "never executed"
    if not _is_record(stored):
        return "its record is damaged"
    current = record(notebook, state or snapshot(), stored)
    for part in ("code", "outputs", "lock"):
        if current[part] != stored[part]:
            return f"its {part} changed"
    for part in ("tables", "modules"):
        changed = [name for name, value in current[part].items() if value != stored[part][name]]
        if changed:
            return f"{part} changed: {', '.join(changed)}"
    return None


def _is_record(stored: Any) -> bool:
    parts = {"code": str, "outputs": str, "lock": str, "tables": dict, "modules": dict}
    return isinstance(stored, dict) and all(isinstance(stored.get(name), kind) for name, kind in parts.items())


def execute(path: Path) -> None:
    """Run a notebook in a fresh kernel and write it back with its record; on error the file stays as it was.

    The state is recorded before the run: whatever changes during it leaves the notebook stale.
    """
    before, state = path.read_bytes(), snapshot()
    notebook = read(path)
    client, index = _started(notebook, path), 0
    try:
        with client.setup_kernel():
            for index, cell in enumerate(notebook.cells):
                client.execute_cell(cell, index)
            notebook.cells.append(nbformat.v4.new_code_cell(_ASK_KERNEL))
            answer = client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1, store_history=False)
            notebook.cells.pop()
    except CellExecutionError as error:
        trace = "" if error.ename == tables.TableError.__name__ else f"{error.traceback}\n\n"  # it says all itself
        named = f"If {error.evalue} was taken out of a table, put it back or no longer name it there. "
        raise ExecutionError(
            f"{trace}{path.name} cell {index + 1} raised {error.ename}: {error.evalue}\n"
            f"{named if error.ename == 'KeyError' else ''}Mend the cell or what it calls, then build again. {UNCHANGED}"
        ) from None
    except DeadKernelError:
        raise ExecutionError(
            f"{path.name} cell {index + 1}: its kernel died there, of too little memory or of what it calls; mend "
            f"the cell or end other programs, then build again. {UNCHANGED}"
        ) from None
    except CellTimeoutError:
        raise ExecutionError(
            f"{path.name} cell {index + 1}: did not end within {TIMEOUT} seconds; make it shorter. {UNCHANGED}"
        ) from None
    used = json.loads(answer.outputs[0].text)
    notebook.metadata |= {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": KERNEL},
        "language_info": {"name": "python"},
        "minerpivot": record(notebook, state, used),
    }
    if path.read_bytes() != before:
        raise ExecutionError(
            f"{path.name} was saved while it ran; your version is kept and its outputs are not. Build again."
        )
    write(notebook, path)


def _started(notebook: NotebookNode, path: Path) -> NotebookClient:
    """A client with a living kernel. One that dies at its start gets a second try: kernels that start together can
    choose the same port."""
    for _ in range(2):
        client = NotebookClient(
            notebook,
            timeout=TIMEOUT,
            resources={"metadata": {"path": path.parent}},
            record_timing=False,
            shutdown_kernel="immediate",  # all that it had to say is in the cells; its leave takes half a second
            extra_arguments=["--log-level=ERROR"],
        )
        client.log.disabled = True  # what went wrong is said once, below
        client.kernel_name = KERNEL  # whatever its metadata say: it is the one with the package
        manager = client.create_kernel_manager()
        manager.provisioner = kernel.Copied(
            kernel_id=manager.kernel_id, kernel_spec=manager.kernel_spec, parent=manager
        )
        with tempfile.NamedTemporaryFile("w+") as said:
            try:
                client.start_new_kernel(stderr=said)
                client.start_new_kernel_client()
                return client
            except RuntimeError as error:
                said.seek(0)
                last = (said.read().strip() or str(error)).splitlines()[-1]
    raise ExecutionError(
        f"{path.name}: its kernel died twice at the start ({last}). Build again when other programs have ended. "
        f"{UNCHANGED}"
    )


def execute_stale(
    paths: Iterable[Path],
    *,
    anew: bool = False,
    workers: int = 2,
    console: Console | None = None,
    meanwhile: Callable[[], object] = lambda: None,
) -> list[Path]:
    """Execute the notebooks whose outputs are not current, or all `anew`; return them. Stops at the first error.

    What is to be done `meanwhile` is done here, for this process has nothing to do while kernels run.
    """
    console = console or Console(stderr=True)
    state = snapshot()
    reasons = {path: "asked for" if anew else why_stale(path, state) for path in paths}
    stale = [path for path, reason in reasons.items() if reason]
    stale.sort(key=lambda path: -path.stat().st_size)  # what shows most runs longest: begun last, it would run alone
    for path in stale:
        console.print(f"  {path.name}: {reasons[path]}", highlight=False, soft_wrap=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not stale) as progress, ThreadPoolExecutor(workers) as pool:
        task = progress.add_task("Executing chapters", total=len(stale))
        runs = [pool.submit(execute, path) for path in stale]
        for run in runs:
            run.add_done_callback(lambda _: progress.advance(task))
        try:
            meanwhile()
            finished, _ = wait(runs, return_when=FIRST_EXCEPTION)
        finally:  # also when the reader loses patience: what has not begun does not begin
            pool.shutdown(cancel_futures=True)
        for run in finished:
            run.result()
    return stale
