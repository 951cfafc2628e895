"""`make audit` against a stand-in for the auditor and its service: whatever it cannot know is a failure."""

import os
import shutil
import subprocess
import sys

import pytest

from minerpivot.book.execute import ROOT

STAND_IN = """\
#!{python}
import json, pathlib, sys
name = sys.argv[sys.argv.index("--requirement") + 1]
packages = [line.split()[0].partition("==") for line in pathlib.Path(name).read_text().splitlines() if "==" in line]
known = {known!r}
if known is None:
    sys.exit("ERROR:pip_audit._cli:Could not connect to the advisory service")
found = {{package: known[package] for package, _, _ in packages if package in known}}
print(json.dumps([{{"name": n, "vulns": [{{"id": i}}] }} for n, i in found.items()]) if "json" in sys.argv else found)
sys.exit(bool(found))
"""
PROBE = {"jinja2": "GHSA-0000"}  # the package that is asked about first: a service that answers knows of it


def audit(folder, known, *, lock="numpy==2.0.0\n", auditor=True):
    """Exit code and words of `.ci/audit` in a copy; the auditor's service knows of these, or does not answer."""
    (folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "audit", folder / ".ci")
    (folder / "requirements-all.txt").write_text(lock)
    tools = folder / "tools"
    tools.mkdir()
    for name in ("bash", "dirname", "mkdir", "grep", "tail", "env"):
        (tools / name).symlink_to(shutil.which(name))
    if auditor:
        (tools / "uvx").write_text(STAND_IN.format(python=sys.executable, known=known))
        (tools / "uvx").chmod(0o755)
    run = subprocess.run(
        ["bash", ".ci/audit"], cwd=folder, env=os.environ | {"PATH": str(tools)}, capture_output=True, text=True
    )
    return run.returncode, run.stdout + run.stderr


def test_a_lock_of_which_a_service_that_answers_knows_nothing_passes(tmp_path):
    """It knew of the package that has advisories for sure, so its silence on the others counts."""
    assert audit(tmp_path, PROBE)[0] == 0


def test_a_finding_fails(tmp_path):
    """And is named."""
    code, said = audit(tmp_path, PROBE | {"numpy": "CVE-2099-1"})
    assert code == 1
    assert "CVE-2099-1" in said


@pytest.mark.parametrize(
    ("known", "auditor"), [(None, True), ({}, True), ({"numpy": "CVE-2099-1"}, True), (PROBE, False)],
    ids=["no answer", "knows nothing", "knows not the one it must", "no auditor"],
)  # fmt: skip
def test_what_is_not_known_fails(tmp_path, known, auditor):
    """With another code than a finding, and a line on what to do."""
    code, said = audit(tmp_path, known, auditor=auditor)
    assert code == 2
    assert said.strip().endswith("try again with a network (uv is needed too)")
    assert known is not None or "Could not connect" in said
