"""From a folder of chapters to a site that is whole or not there."""

from __future__ import annotations

import io
import shutil
from contextlib import redirect_stdout
from pathlib import Path

import yaml

from minerpivot.book import profiles


class BuildError(RuntimeError):
    """A site that could not be built; what is wrong has been printed."""


def build_site(source: Path, build: Path) -> Path:
    """Build the book in `source` clean into a draft that replaces `build`/html only when it is whole."""
    from jupyter_book.cli.main import main as jupyter_book

    draft, site, old = build / "draft", build / "html", build / "old"
    for name in ("_config.yml", "_toc.yml", "CITATION.cff"):
        try:
            yaml.safe_load((source / name).read_text(encoding="utf-8") if (source / name).exists() else "")
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            mend = "text with a colon or another sign of YAML's belongs in quotation marks"
            raise BuildError(f"{name} line {line}: {error.problem}; {mend}") from None
    shutil.rmtree(draft, ignore_errors=True)
    profiles.write(source)
    arguments = ["build", str(source), "--path-output", str(draft), "-W", "--keep-going", "-q"]
    try:
        # Jupyter Book's own closing words name the draft's folder, which is gone by then.
        with redirect_stdout(io.StringIO()):
            jupyter_book(arguments, standalone_mode=False)
    except (RuntimeError, SystemExit) as error:
        raise BuildError("The site was not built: mend what is named above. The previous site is unchanged.") from error
    shutil.rmtree(old, ignore_errors=True)
    if site.exists():
        site.rename(old)
    (draft / "_build" / "html").rename(site)
    shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(draft, ignore_errors=True)
    return site
