"""The book: outputs that are current, prose without bare figures, whole pages, and proofs that red is red."""

import ast
import errno
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import typer
from bs4 import BeautifulSoup
from lxml import html
from nbclient import NotebookClient
from packaging.specifiers import SpecifierSet
from sphinx.config import Config
from sphinx.errors import ConfigError, ExtensionError

from minerpivot import __main__ as commands
from minerpivot.book import assets, build, current, execute, extension, profiles, publish, published, settings
from minerpivot.book.execute import ROOT
from minerpivot.changes import RENAMED
from minerpivot.data import tables
from minerpivot.page import kept
from minerpivot.page.drawing import MIME
from minerpivot.refresh import quarter

CHAPTERS = execute.chapters()
PAGES = ["index", *(f"chapters/{path.stem}" for path in CHAPTERS if path != ROOT / profiles.TEMPLATE)]
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def prose(path):
    """The Markdown of a page as its author wrote it."""
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    return "\n\n".join(c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown")


# --- outputs ----------------------------------------------------------------------------------


@each_chapter
def test_stored_outputs_are_current(path):
    """Nothing that the outputs depend on has changed since they were made."""
    assert execute.why_stale(path) is None, f"{path.name}: run `make book` and commit the outputs"


@each_chapter
def test_every_cell_was_run_once_in_order(path):
    """nbval passes vacuously where outputs are missing, so their presence is checked here."""
    code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    showing = [
        cell
        for cell in code
        if re.search(r"^ *((charts|tables)\.show|\w+\.(number|fact))\(", cell.source, re.M)
        and "def " not in cell.source
    ]
    assert showing
    assert all(cell.outputs for cell in showing)
    assert not any(output.output_type == "error" for cell in code for output in cell.outputs)


def test_a_changed_table_makes_exactly_its_readers_stale(monkeypatch):
    """With another checksum for prices, the chapters that loaded prices are stale and no others."""
    readers = {p.stem for p in CHAPTERS if "prices" in nbformat.read(p, 4).metadata["minerpivot"]["tables"]}
    state = execute.snapshot()
    state["tables"]["prices"] = "other"
    monkeypatch.setattr(execute, "snapshot", lambda: state)
    stale = {path.stem: reason for path in CHAPTERS if (reason := execute.why_stale(path))}
    assert set(stale) == readers
    assert set(stale.values()) == {"tables changed: prices"}
    assert 0 < len(readers) < len(CHAPTERS)


@pytest.mark.parametrize("part", ["modules", "lock"])
def test_a_changed_module_or_lock_makes_every_chapter_stale(monkeypatch, part):
    """All chapters load `tables` and rest on the lock file."""
    state = execute.snapshot()
    state[part] = state[part] | {"minerpivot.data.tables": "other"} if part == "modules" else "other"
    monkeypatch.setattr(execute, "snapshot", lambda: state)
    assert all(execute.why_stale(path) for path in CHAPTERS)


def test_what_changes_during_a_run_leaves_the_notebook_stale(tmp_path, monkeypatch):
    """The state is taken before the run: the outputs may come from the old module, so they do not count."""
    path = scratch_notebook(tmp_path / "slow.ipynb", "import minerpivot.article.claims")
    changed = execute.snapshot()
    old = changed | {"modules": changed["modules"] | {"minerpivot.article.claims": "old"}}
    monkeypatch.setattr(execute, "snapshot", lambda: old)
    execute.execute(path)
    monkeypatch.setattr(execute, "snapshot", lambda: changed)
    assert execute.why_stale(path) == "modules changed: minerpivot.article.claims"


def test_a_notebook_saved_while_it_runs_is_kept(tmp_path):
    """What the author saved meanwhile stays, outputs are not written, and the message says so."""
    path = scratch_notebook(
        tmp_path / "edited.ipynb", "from pathlib import Path\nPath('edited.ipynb').write_text('saved by its author')"
    )
    with pytest.raises(execute.ExecutionError, match=r"edited\.ipynb was saved while it ran"):
        execute.execute(path)
    assert path.read_text("utf-8") == "saved by its author"


def test_execution_keeps_the_authors_metadata(tmp_path):
    """Only kernel, language and record are ours."""
    path = scratch_notebook(tmp_path / "mine.ipynb", "pass")
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["authors"] = [{"name": "A. Forker"}]
    nbformat.write(notebook, path)
    execute.execute(path)
    assert nbformat.read(path, as_version=4).metadata["authors"][0]["name"] == "A. Forker"


def test_the_manifest_itself_is_a_dependency():
    """The data chapter prints the manifest, so a change of it alone makes that chapter stale."""
    assert "datapackage" in nbformat.read(ROOT / "chapters" / "data.ipynb", 4).metadata["minerpivot"]["tables"]


# --- prose ------------------------------------------------------------------------------------

MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
ALLOWED = re.compile(
    r"\{\{.*?\}\}|^:::+\{when\}[^\n]*|\{[\w:-]+\}`[^`]*`"  # values, conditions, references
    r"|```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$"  # code and formulas
    r"|\]\([^)]*\)|https?://\S+|^\(.*\)=$|^\d\. "  # addresses, anchors and list marks
    r"|\"[^\"]*\"|“[^”]*”"  # statements quoted from the article
    rf"|\b\d{{1,2}}(?: to \d{{1,2}})? (?:{MONTHS})\b"  # dates and years
    r"|\b(?:19|20)\d\d-\d\d-\d\d\b|\b(?:19|20)\d\d(?:–\d\d)?\b(?!,?\d| (?:MW|USD|percent|days|million|billion))"
    r"|\b[Dd]ays (?:0 and 1|2 to 20)\b|\bsession −?\d+"  # of an event's window
    r"|\b95% interval\b|\bNasdaq-100\b"  # terms
    r"|\bHut 8\b|\bCore42\b|\b[A-Z]+\d+\w*\b|\bCC BY(?:-NC)? 4\.0\b|\b\d+-[KQ]\b",  # names
    re.S | re.M,
)


def bare_figures(markdown):
    """Digits in prose that are neither recorded nor a date, a name, a formula, code or a quotation."""
    return re.findall(r"\S*\d\S*", ALLOWED.sub(" ", markdown))


@pytest.mark.parametrize("path", [ROOT / "index.md", *CHAPTERS], ids=lambda path: path.stem)
def test_every_figure_in_the_prose_is_computed(path):
    """A figure typed into the prose goes stale; record it, or write a definitional constant in words."""
    assert bare_figures(prose(path)) == []


SHOWN = {"title", "caption", "description", "unit", "note"}  # arguments that a reader sees


def shown_words(path):
    """What stands typed in titles, captions, units and descriptions of a chapter's figures and tables."""
    for cell in nbformat.read(path, as_version=4).cells:
        for node in ast.walk(ast.parse(cell.source if cell.cell_type == "code" else "")):
            for told in (told for told in getattr(node, "keywords", []) if told.arg in SHOWN):
                filled = [part.format_spec for part in ast.walk(told.value) if isinstance(part, ast.FormattedValue)]
                formats = {id(part) for spec in filled if spec for part in ast.walk(spec)}
                strings = [part for part in ast.walk(told.value) if isinstance(part, ast.Constant)]
                yield from (part.value for part in strings if isinstance(part.value, str) and id(part) not in formats)


@each_chapter
def test_every_figure_in_a_title_or_description_is_computed(path):
    """As in the prose; an index may name its base, a hundred."""
    found = [figure for text in shown_words(path) for figure in bare_figures(re.sub(r"\b100\b", " ", text))]
    assert found == []


def test_a_figure_typed_into_a_title_is_found(tmp_path):
    """But not the format of one that is computed."""
    scratch_notebook(tmp_path / "page.ipynb", 'show(title=f"{share:.1f}% of 47 leases", width=300)')
    assert [figure for text in shown_words(tmp_path / "page.ipynb") for figure in bare_figures(text)] == ["47"]


@pytest.mark.parametrize("typed", ["It rose 47 percent.", "about 5,000 MW", "a beta of 1.3", "USD 9.7bn", "1900 MW"])
def test_a_typed_figure_is_found(typed):
    """The check above can fail."""
    assert bare_figures(typed)


@pytest.mark.parametrize(
    "fine",
    [
        "{{ halving.level.to(1) }} percent in 2024",
        "Hut 8 on 28 January 2026",
        "the Nasdaq-100 and its 95% interval",
        "$x^2$ and `S21`",
        '"up 47 percent"',
    ],
)
def test_dates_names_formulas_and_quotations_are_not_figures(fine):
    """The check above leaves alone what is not a result."""
    assert bare_figures(fine) == []


def test_every_value_is_documented():
    """Unit (of a number), as-of date and grade, under an id of its own."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in CHAPTERS}
    numbers, facts = published.listed(published.recorded(texts))
    ids = [entry["id"] for entry in [*numbers, *facts]]
    assert len(ids) == len(set(ids)) > 300
    assert all(entry["unit"] for entry in numbers)
    for entry in [*numbers, *facts]:
        assert re.fullmatch(r"\d{4}(-\d{2}){0,2}", entry["as_of"]), entry
        assert entry["grade"] in tables.GRADES


def test_renamed_ids_lead_to_published_numbers():
    """Whoever cited an id of an earlier edition finds the number under its present one."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in CHAPTERS}
    present = {entry["id"] for entry in published.listed(published.recorded(texts))[0]}
    renamed = json.loads((ROOT / RENAMED).read_text(encoding="utf-8"))
    assert set(renamed.values()) <= present
    assert not present & renamed.keys()


# --- pages ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def pages(site):
    """Every page of the table of contents, parsed."""
    return {page: BeautifulSoup((site / f"{page}.html").read_text("utf-8"), "lxml") for page in PAGES}


def test_numbers_json_is_published(site):
    """`numbers.json` stands beside `index.html` and lists numbers of every chapter."""
    listed = json.loads((site / "numbers.json").read_text("utf-8"))
    companies = profiles.names(nbformat.read(ROOT / profiles.TEMPLATE, as_version=4))
    known = {path.stem for path in CHAPTERS} - {profiles.TEMPLATE.stem}
    assert known <= {entry["chapter"] for entry in listed} <= known | set(companies)


def test_no_page_fetches_from_another_host(site, own):
    """No tag, inline script or style sheet names an address that a browser would fetch, but for the site's own."""
    foreign = re.compile(rf"^(?!{re.escape(own)})(https?:)?//" if own else r"^(https?:)?//")
    for file in site.rglob("*.html"):
        page = html.parse(file).getroot()
        fetched = [tag.get("src") or tag.get("srcset") for tag in page.iterfind(".//*[@src]")]
        fetched += [tag.get("srcset") for tag in page.iterfind(".//*[@srcset]")]
        fetched += [tag.get("href", "") for tag in page.iterfind(".//link") if tag.get("rel") != "canonical"]
        assert not [address for address in fetched if foreign.match(address)], file
        scripts = [tag.text for tag in page.iterfind(".//script") if tag.get("src") is None]
        assert not [script for script in scripts if "://" in script], file
    for style in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", style.read_text("utf-8")), style


def test_every_chart_is_complete(pages):
    """Finding, unit, description and sources with their last day, a drawing for a column and one for a phone."""
    for name, page in pages.items():
        charts = page.select("figure.kit:not(.hero)")
        assert len(charts) == stored_charts(ROOT / f"{name}.ipynb"), name
        for body in (body for chart in charts for body in chart.select(".kit-plot")):
            part = body.parent
            assert part.find_parent("figure").select_one(f"figcaption .{part['class'][0]}").text.strip()
            assert part.select_one(".kit-unit").text.strip()
            assert len(body.select_one("[role=img]")["aria-label"]) > 40
            assert re.search(r"Data: .+(to \d+ \w+ \d{4}|datapackage\.json)", part.select_one(".kit-from").text)
            assert [svg["class"] for svg in body.select("svg")] == [["kit-wide"], ["kit-narrow"]]


def stored_charts(path):
    """How many charts a notebook has stored."""
    cells = nbformat.read(path, as_version=4).cells if path.exists() else []
    return sum(MIME in output.get("data", {}) for cell in cells for output in cell.get("outputs", []))


def test_formulas_are_mathml(pages):
    """Formulas need no script: they are in the page as MathML."""
    assert pages["chapters/halving-squeeze"].find("math")


# --- red is red -------------------------------------------------------------------------------


def scratch_notebook(path, code, markdown="# A page"):
    """A one-cell notebook on disk."""
    cells = [nbformat.v4.new_markdown_cell(markdown), nbformat.v4.new_code_cell(code)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_a_missing_and_an_unknown_table_are_named(tmp_path):
    """The message gives the mend, or the names that exist."""
    data = shutil.copytree(tables.DATA, tmp_path / "data")
    (data / "nvidia.csv").unlink()
    with pytest.raises(tables.TableError, match=r"nvidia\.csv is missing.*git checkout"):
        tables.load("nvidia", folder=data)
    with pytest.raises(tables.TableError, match=r"no table 'price'; the tables are .*prices"):
        tables.load("price")


def test_a_notebook_that_raises_stops_the_build_and_stays_as_it_was(tmp_path):
    """The error names file, cell and exception; the file keeps its bytes."""
    path = scratch_notebook(tmp_path / "broken.ipynb", "1 / 0")
    before = path.read_bytes()
    with pytest.raises(execute.ExecutionError, match=r"broken\.ipynb cell 2 raised ZeroDivisionError"):
        execute.execute_stale([path])
    assert path.read_bytes() == before


def test_a_row_that_a_cell_names_and_no_table_has_is_the_last_thing_said(tmp_path):
    """Who took a company out sees at the end of the trace which cell still names it."""
    path = scratch_notebook(tmp_path / "page.ipynb", "{}['NVDA']")
    with pytest.raises(execute.ExecutionError) as raised:
        execute.execute_stale([path])
    first, last = str(raised.value).splitlines()[-2:]
    assert first == "page.ipynb cell 2 raised KeyError: 'NVDA'"
    assert last.startswith("If 'NVDA' was taken out of a table, put it back or no longer name it there. Mend the cell")


def test_a_path_that_sphinx_reads_as_a_pattern_is_named(tmp_path):
    """It would find no page under it, and say that none is in the contents."""
    (tmp_path / "report [fork]").mkdir()
    with pytest.raises(build.BuildError, match=r"report \[fork\] has \[ and \], which Sphinx reads as a pattern"):
        build.build_site(tmp_path / "report [fork]", tmp_path / "built")


def test_what_a_merge_left_in_a_notebook_is_named(tmp_path):
    """Instead of a parser's complaint about a character somewhere."""
    path = scratch_notebook(tmp_path / "merged.ipynb", "pass")
    path.write_text("<<<<<<< HEAD\n" + path.read_text("utf-8"), encoding="utf-8")
    with pytest.raises(execute.ExecutionError, match=r"merged\.ipynb is not a notebook: resolve what a merge"):
        execute.why_stale(path)


@pytest.mark.parametrize(
    "spoilt", ["{}", "[]", '{"nbformat": 4}', '{"cells": 3, "nbformat": 4, "metadata": {}}', "\xff"]
)
def test_what_is_json_and_no_notebook_is_named_too(tmp_path, spoilt):
    """One line with the file, and no traceback."""
    path = tmp_path / "odd.ipynb"
    path.write_text(spoilt, encoding="latin-1")
    with pytest.raises(execute.ExecutionError, match=r"^odd\.ipynb is not a notebook: .*\)$"):
        execute.why_stale(path)


@pytest.mark.parametrize("record", [3, [], {"code": "x"}, {"code": "x", "outputs": "x", "lock": "x", "tables": [1]}])
def test_a_damaged_record_makes_a_notebook_stale(tmp_path, record):
    """It is executed again, whatever stands in its metadata."""
    path = scratch_notebook(tmp_path / "page.ipynb", "pass")
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["minerpivot"] = record
    nbformat.write(notebook, path)
    assert execute.why_stale(path) in ("its record is damaged", "never executed")


def test_one_build_at_a_time(tmp_path):
    """The other says so and waits."""
    said, order = [], []

    def second():
        with build.alone(tmp_path, said.append):
            order.append("second")

    with build.alone(tmp_path, said.append):
        waiting = threading.Thread(target=second)
        waiting.start()
        time.sleep(0.3)
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]
    assert len(said) == 1
    assert "Another build is running" in said[0]


def test_a_site_that_was_put_aside_comes_back(tmp_path):
    """Killed between the two renames of a swap, a build has left no site, but the old one."""
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "index.html").write_text("the previous site")
    with build.alone(tmp_path, print):
        assert (tmp_path / "html" / "index.html").read_text() == "the previous site"


@pytest.mark.parametrize("step", [1, 2])
def test_a_swap_that_is_cut_off_leaves_one_site_whole(tmp_path, monkeypatch, step):
    """The old one or the new one, at either rename; `benchmarks.faults` tries whole builds."""
    for name in ("html", "made"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text(name)
    rename, calls = Path.rename, iter(range(1, 9))

    def dying(path, target):
        if next(calls) == step:
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", dying)
    with pytest.raises(KeyboardInterrupt):
        build.swap(tmp_path / "made", tmp_path / "html")
    monkeypatch.undo()
    build.restore(tmp_path / "html")
    assert (tmp_path / "html" / "index.html").read_text() == "html"
    build.swap(tmp_path / "made", tmp_path / "html")
    assert (tmp_path / "html" / "index.html").read_text() == "made"
    assert not (tmp_path / "old").exists()


def test_a_file_where_the_site_should_be_is_replaced(tmp_path):
    """And none is left beside it, which would be in the way of the next build."""
    (tmp_path / "html").write_text("no folder")
    for number in (1, 2):
        (tmp_path / "made").mkdir()
        (tmp_path / "made" / "index.html").write_text(str(number))
        build.swap(tmp_path / "made", tmp_path / "html")
        assert (tmp_path / "html" / "index.html").read_text() == str(number)
        assert [path.name for path in tmp_path.iterdir()] == ["html"]


@pytest.mark.parametrize("content", [b"", b"half", None])
def test_a_kept_picture_that_is_not_as_it_was_drawn_is_drawn_again(tmp_path, monkeypatch, content):
    """Emptied by a full disk, cut, or gone."""
    monkeypatch.setattr(kept, "KEPT", tmp_path)
    style = assets.data_tables()[1]
    drawn = style.read_bytes()
    style.unlink()
    if content is not None:
        style.write_bytes(content)
    assert assets.data_tables()[1].read_bytes() == drawn


def test_an_address_or_a_change_log_that_cannot_be_published_stops_the_build(tmp_path, monkeypatch):
    """Before anything is made, with the file, the line and the mend."""
    (tmp_path / "_config.yml").write_text("title: A")
    monkeypatch.setenv("SITE_URL", "example.org")
    with pytest.raises(build.BuildError, match=r"SITE_URL is 'example\.org'; write the whole address"):
        build.build_site(tmp_path, tmp_path / "build")
    monkeypatch.setattr(publish, "ROOT", tmp_path)
    for address in ("https://example.org", ""):  # what stops a published build stops every one
        monkeypatch.setenv("SITE_URL", address)
        (tmp_path / "CHANGELOG.md").write_text("## Soon\n")
        with pytest.raises(build.BuildError, match=r"CHANGELOG\.md line 1: '## Soon' is no edition"):
            build.build_site(tmp_path, tmp_path / "build")
        (tmp_path / "CHANGELOG.md").write_text("# Changes\n")
        with pytest.raises(build.BuildError, match=r"CHANGELOG\.md has no edition; begin with what is new, under"):
            build.build_site(tmp_path, tmp_path / "build")


def test_tables_that_change_during_a_build_leave_the_previous_site(tmp_path, monkeypatch):
    """Some of its pages would be older than others; tables that stay let it be replaced."""
    for name, text in {
        "_config.yml": "title: A book",
        "_toc.yml": "format: jb-book\nroot: index",
        "index.md": "",
    }.items():
        (tmp_path / name).write_text(text)
    made = tmp_path / "build"
    (made / "html").mkdir(parents=True)
    (made / "html" / "index.html").write_text("the previous site")

    def jupyter_book(arguments, standalone_mode):
        draft = Path(arguments[arguments.index("--path-output") + 1]) / "_build" / "html"
        draft.mkdir(parents=True)
        (draft / "index.html").write_text("the new site")

    monkeypatch.setattr("jupyter_book.cli.main.main", jupyter_book)
    monkeypatch.setattr(profiles, "write", lambda source: None)
    with pytest.raises(build.BuildError, match=r"data/ changed while the report was made: build again"):
        build.build_site(tmp_path, made, still=lambda: False)
    assert (made / "html" / "index.html").read_text() == "the previous site"
    build.build_site(tmp_path, made, still=lambda: True)
    assert (made / "html" / "index.html").read_text() == "the new site"


def test_an_interrupted_build_begins_no_other_chapter(tmp_path, monkeypatch):
    """Those that run end; those that wait for their turn do not get it."""
    begun = []

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(execute, "execute", lambda path: (begun.append(path), time.sleep(0.3)))
    monkeypatch.setattr(execute, "wait", interrupted)
    paths = [scratch_notebook(tmp_path / f"{number}.ipynb", "pass") for number in range(8)]
    with pytest.raises(KeyboardInterrupt):
        execute.execute_stale(paths)
    assert len(begun) <= 2


def test_a_changed_output_fails_nbval_and_is_stale(tmp_path):
    """nbval recomputes the cell and sees the difference; so does the digest."""
    path = scratch_notebook(tmp_path / "edited.ipynb", "print(6 * 7)")
    execute.execute(path)
    assert execute.why_stale(path) is None
    shutil.copy(path, tmp_path / "right.ipynb")
    path.write_text(path.read_text("utf-8").replace("42", "43"), encoding="utf-8")
    assert execute.why_stale(path) == "its outputs changed"
    options = ["-o", "addopts=", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env", "-q", "-rA"]
    run = subprocess.run([sys.executable, "-m", "pytest", *options, tmp_path], cwd=tmp_path, capture_output=True)
    assert run.returncode == 1
    said = re.findall(r"^(PASSED|FAILED) (\w+)", run.stdout.decode(), re.M)
    assert sorted(said) == [("FAILED", "edited"), ("PASSED", "right")]


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("_config.yml", b"title: Power: and coins", r"_config\.yml line 1: mapping values.*in quotation marks"),
        ("_config.yml", b"title: [1, 2]", r"_config\.yml: title is '\[1, 2\]'; expected text"),
        ("_config.yml", b"sphinx: hello", r"_config\.yml: sphinx is 'hello'; expected keys and values"),
        ("_config.yml", b"title: a\ntitle: b", r"_config\.yml line 2: 'title' stands twice"),
        ("_config.yml", b"title: a\n\tauthor: b", r"_config\.yml line 2: a tab, where YAML takes spaces"),
        *(
            ("_config.yml", text, r"_config\.yml: holds no keys and values")
            for text in (b"", b"null", b"3", b"- a", b"a")
        ),
        ("_config.yml", None, r"_config\.yml is missing; restore it with `git checkout _config\.yml`"),
        ("_toc.yml", None, r"_toc\.yml is missing"),
        ("_toc.yml", b"- a", r"_toc\.yml: holds no keys and values"),
        ("_toc.yml", b"format: jb-book\nroot: index\nchapters:\n- file: gone", r"_toc\.yml: there is no page 'gone'"),
        (
            "_toc.yml",
            b"format: jb-book\nroot: index\nchapters:\n- file: index",
            r"_toc\.yml: .*multiple times.*mend the",
        ),
        ("_toc.yml", b"format: jb-book\nroot: index\nchapters: one", r"_toc\.yml: entry not a mapping.*mend the entry"),
        ("_toc.yml", b"format: jb-book\nroot: index\nchapters:\n- file: 3", r"_toc\.yml: .*'docname' must be"),
        ("index.ipynb", b"{}", r"index\.ipynb and index\.md would be the same page index; rename one"),
        ("index.md", b"# One\n\nText \xe9\n", r"index\.md line 3: is not UTF-8"),
        ("index.md", b"# One\n<<<<<<< HEAD\n", r"index\.md line 2: '<<<<<<< HEAD' was left by a merge"),
        (
            "index.md",
            b"# One\n\n::::{when} a.b\nIt.\n:::\n",
            r"index\.md line 5: ::: closes no block; the block of line 3",
        ),
        (
            "chapters/data.ipynb",
            b'{"cells": [{"cell_type": "markdown", "metadata": {}, "source": ["One.\\n", ">>>>>>> theirs\\n"]}]}',
            r"data\.ipynb cell 1 line 2: '>>>>>>> theirs' was left by a merge",
        ),
        ("references.bib", b"@article{a, title = {x", r"references\.bib line 1: .*; mend the entry there"),
        ("references.bib", b"@book{a, title={x}}\n@book{a, title={y}}", r"references\.bib: repeated .*mend the entry"),
        ("CITATION.cff", b"a: b: c", r"CITATION\.cff line 1: mapping values"),
        ("chapters/renamed.json", b'{"a": ', r"chapters/renamed\.json line 1: .*; mend the JSON there"),
        *(
            ("chapters/renamed.json", text, r"chapters/renamed\.json: must hold")
            for text in (b"[1]", b"3", b'{"a": 3}')
        ),
    ],
)
def test_what_cannot_be_a_book_gets_one_line(tmp_path, file, content, message):
    """A forker's first edits: file, place and mend instead of a traceback, and before anything is made."""
    (tmp_path / "chapters").mkdir()
    (tmp_path / "_config.yml").write_text("title: Power\n")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    (tmp_path / "index.md").write_text("# One\n")
    (tmp_path / file).unlink(missing_ok=True)
    if content is not None:
        (tmp_path / file).write_bytes(content)
    with pytest.raises(build.BuildError, match=f"^{message}") as raised:
        build.build_site(tmp_path, tmp_path / "build")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("language: en", "language: 5", r"sphinx\.config\.language is '5'; expected text"),
        ("language: en", "html_theme: alabaster", r"sphinx\.config\.html_theme is 'alabaster'; .* sphinx_book_theme"),
        ("language: en", "html_theme_options: plain", r"sphinx\.config\.html_theme_options is 'plain'; expected keys"),
        ("language: en", "html_theme_options: {announcement: 5}", r".*\.announcement is '5'; expected text"),
        ("language: en", "templates_path: 7", r"sphinx\.config\.templates_path is '7'; expected a list"),
        ("language: en", "numfig_format: 5", r"sphinx\.config\.numfig_format is '5'; expected keys and values"),
        ("reference_style: author_year", "reference_style: odd", r"sphinx\..*_style is 'odd'; expected one of author_"),
        ("      - sphinx_book_theme\n", "", r"sphinx\.config\.extensions is .*; expected sphinx_book_theme among them"),
        ("html:", "repository: yes\nhtml:", r"repository is 'True'; expected keys and values"),
        (
            "use_multitoc_numbering: false",
            "use_multitoc_numbering: 3",
            r"html\.use_multitoc_numbering is '3'; .* true or",
        ),
        ("use_multitoc_numbering: false", "baseurl: 5", r"html\.baseurl is '5'; expected text"),
        (
            'execute_notebooks: "off"',
            "execute_notebooks: often",
            r"execute\.execute_notebooks is 'often'; expected one",
        ),
        ("only_build_toc_files: true", "repository: {url: 5}", r"repository\.url is '5'; expected text"),
    ],
)
def test_a_setting_of_another_kind_is_named_before_anything_is_made(tmp_path, old, new, message):
    """A known key with a value that Sphinx or an extension would trip over: its key, the value, what belongs there."""
    addresses = r"^  (baseurl|use_issues_button): .*\n|^repository:\n(  .*\n)+"  # a fork's own
    said = re.sub(addresses, "", (ROOT / "_config.yml").read_text("utf-8"), flags=re.MULTILINE)
    assert said.count(old) == 1
    (tmp_path / "_config.yml").write_text(said.replace(old, new), encoding="utf-8")
    with pytest.raises(build.BuildError, match=rf"^_config\.yml: {message}") as raised:
        build.build_site(tmp_path, tmp_path / "build")
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "build").exists()


def test_a_block_without_an_end_is_named_in_a_chapter_too(tmp_path):
    """By its cell; what a cell of code says is no block."""
    (tmp_path / "chapters").mkdir()
    (tmp_path / "_config.yml").write_text("title: Power\n")
    scratch_notebook(tmp_path / "chapters" / "one.ipynb", '"""\n:::{when}\n"""', "# One\n\n:::{when} a.b\nIt.")
    with pytest.raises(
        build.BuildError, match=r"one\.ipynb cell 1 line 3: the block ':::{when} a\.b' has no end; close"
    ):
        build.build_site(tmp_path, tmp_path / "build")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("::::{a}\n:::{b} c\nd\n:::\n::::", ""),
        ("```{preview} a b\n:hero:\n```\n\n```\n:::{when} shown as it is\n```\n`:::{numbers}` in a line", ""),
        ("````\n```\ncode\n```\n````", ""),
        (":::{a}\nb", "line 1: the block ':::{a}' has no end; close it with a line of :::"),
        ("::::{a}\n:::{b}\n::::", "line 3: :::: closes no block; the block of line 2 ends with :::"),
        ("a\n\n:::", "line 3: ::: closes no block"),
        ("```{preview} a b\n:::", "line 1: the block '```{preview} a b' has no end; close it with a line of ```"),
    ],
)
def test_every_block_has_an_end(text, wrong):
    """MyST closes one that lacks it at the end of the page: in a `when` block all that follows would be hidden."""
    assert build.unclosed(text.splitlines()) == wrong


def test_the_settings_of_the_book_and_of_a_plain_one_are_taken(tmp_path):
    """With everything that Jupyter Book's own defaults hold."""
    settings.checked(ROOT / "_config.yml")
    (tmp_path / "_config.yml").write_text("title: A book\nsphinx:\n  config:\n    numfig_secnum_depth: 2\n")
    settings.checked(tmp_path / "_config.yml")


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("3", ""), ("three", "a number"), ("[3]", "a number"), ("null", ""), ("yes", "")],
)
def test_a_setting_that_an_extension_declares_is_refused_before_it_is_used(tmp_path, value, wanted):
    """As written: Sphinx turns some texts into flags and numbers before it looks."""
    (tmp_path / "_config.yml").write_text(f"title: A book\nsphinx:\n  config:\n    depth: {value}\n    other: 3\n")
    config = Config({}, {"depth": 1})
    config.add("depth", 1, "env", ())
    app = SimpleNamespace(srcdir=tmp_path)
    if not wanted:
        return settings.fitting(app, config)
    with pytest.raises(ConfigError, match=rf"^_config\.yml: sphinx\.config\.depth is .*; expected {wanted}$"):
        settings.fitting(app, config)


def test_what_the_disk_refused_within_sphinx_is_said_by_its_file(tmp_path, monkeypatch):
    """Not as an error of Sphinx to be reported to its authors."""
    for name, text in {"_config.yml": "title: A", "_toc.yml": "format: jb-book\nroot: index", "index.md": ""}.items():
        (tmp_path / name).write_text(text)

    def jupyter_book(arguments, standalone_mode):
        full = OSError(errno.ENOSPC, "No space left on device", str(ROOT / "_build" / "draft" / "index.html"))
        raise RuntimeError("There was an error in building your book") from ExtensionError("a handler", full)

    monkeypatch.setattr("jupyter_book.cli.main.main", jupyter_book)
    with pytest.raises(build.BuildError, match=r"^_build/draft/index\.html cannot be .*: No space .*; free some space"):
        build.build_site(tmp_path, tmp_path / "build")


def test_who_ends_a_build_within_sphinx_is_not_told_to_mend_something(tmp_path, monkeypatch):
    """Jupyter Book makes Ctrl+C its exit code."""
    for name, text in {"_config.yml": "title: A", "_toc.yml": "format: jb-book\nroot: index", "index.md": ""}.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr("jupyter_book.cli.main.main", lambda *_, **__: sys.exit(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        build.build_site(tmp_path, tmp_path / "build")


def test_a_change_log_that_is_missing_is_named(tmp_path, monkeypatch):
    """Before Sphinx asks for it."""
    for name, text in {"_config.yml": "title: A", "changes.md": "# Changes\n"}.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(build, "ROOT", tmp_path)
    with pytest.raises(build.BuildError, match=r"^CHANGELOG\.md is missing, which changes\.md shows; `git checkout"):
        build.build_site(tmp_path, tmp_path / "build")


@pytest.mark.parametrize("kind", ["file", "link"])
@pytest.mark.parametrize("command", ["book", "quarter"])
def test_a_build_folder_that_is_none_is_named(tmp_path, monkeypatch, capsys, kind, command):
    """A file or a dead link in its place: one line with the mend, and it stays as it was."""
    place = tmp_path / "_build"
    place.write_text("mine") if kind == "file" else place.symlink_to("/nowhere/at/all")
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    monkeypatch.setattr(quarter, "STATE", place / "quarter.json")
    monkeypatch.setattr(quarter, "_digest", lambda: "now")
    monkeypatch.setattr(quarter.subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=0))
    monkeypatch.setattr(sys, "argv", ["minerpivot", command])
    monkeypatch.setattr(commands.gc, "disable", lambda: None)
    with pytest.raises(SystemExit) as ended:
        commands.main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert (
        "_build is a file where a folder belongs" if kind == "file" else "_build is a link to /nowhere/at/all"
    ) in said
    assert "Traceback" not in said
    assert place.read_text() == "mine" if kind == "file" else place.is_symlink()


def test_what_nobody_foresaw_is_one_line_and_a_trace_in_a_file(tmp_path, monkeypatch, capsys):
    """The command fails; what it was doing is kept for who is to mend it."""
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    monkeypatch.setattr(commands, "app", lambda: {}["odd"])
    with pytest.raises(SystemExit) as ended:
        commands.main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("KeyError: 'odd' (test_book.py line ")
    assert "Traceback" not in said
    assert "Traceback" in (tmp_path / "_build" / "trace.txt").read_text("utf-8")
    monkeypatch.setattr(commands, "app", lambda: {}["B\udcfcro"])  # a name that is no UTF-8
    with pytest.raises(SystemExit):
        commands.main()
    assert "B\\udcfcro" in (tmp_path / "_build" / "trace.txt").read_text("utf-8")
    capsys.readouterr()
    shutil.rmtree(tmp_path / "_build")
    (tmp_path / "_build").write_text("no folder")
    with pytest.raises(SystemExit):
        commands.main()
    assert capsys.readouterr().err.rstrip().endswith("If that is right, the program is at fault.")  # and no trace


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import os; os._exit(3)", r"page\.ipynb cell 2: its kernel died there"),
        (
            "from minerpivot.data.tables import load; load('price')",
            r"cell 2 raised TableError: there is no table 'price'",
        ),
    ],
)
def test_a_cell_that_ends_its_kernel_or_says_all_itself_leaves_no_trace(tmp_path, code, message):
    """One or two lines with cell and mend."""
    with pytest.raises(execute.ExecutionError, match=message) as raised:
        execute.execute(scratch_notebook(tmp_path / "page.ipynb", code))
    assert "Traceback" not in str(raised.value)
    assert str(raised.value).endswith("The notebook and the previous site are unchanged.")


def test_a_notebook_runs_in_the_reports_kernel_whatever_its_metadata_name(tmp_path):
    """A kernel of the author's machine is none of ours."""
    path = scratch_notebook(tmp_path / "page.ipynb", "1 + 1")
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["kernelspec"] = {"name": "julia-9", "display_name": "Julia", "language": "julia"}
    nbformat.write(notebook, path)
    execute.execute(path)
    assert nbformat.read(path, as_version=4).metadata["kernelspec"]["name"] == "python3"


def test_a_day_left_in_a_shell_does_not_reach_the_chapters(monkeypatch):
    """It would go into the committed outputs."""
    seen = []

    def run(*_, **__):
        seen.append(tables.EDITION in os.environ)
        raise execute.ExecutionError("far enough")

    monkeypatch.setenv(tables.EDITION, "2026-01-28")
    monkeypatch.setattr(current, "holds", lambda _: False)
    monkeypatch.setattr(current, "forget", lambda _: None)
    monkeypatch.setattr(commands.gc, "disable", lambda: None)
    monkeypatch.setattr(execute, "execute_stale", run)
    with pytest.raises(typer.Exit):
        commands.book()
    assert seen == [False]


@pytest.mark.parametrize(
    ("markdown", "message"),
    [
        ("It is {{ halving.no_such_number }}.", "'halving' is undefined"),
        (
            "```{preview} page.ipynb no-such-figure\n```",
            "`preview`: page.ipynb shows no figure or table 'no-such-figure'; name one that it shows",
        ),
        ("```{preview} chapters/gone.ipynb one\n```", "`preview`: there is no chapters/gone.ipynb; name a chapter"),
    ],
    ids=["value", "preview", "notebook"],
)
def test_an_unknown_name_fails_the_build_and_keeps_the_previous_site(tmp_path, capfd, markdown, message):
    """A number, figure or notebook that does not exist is named, and the site that was there stays."""
    source, made = tmp_path / "source", tmp_path / "build"
    source.mkdir()
    shutil.copy(ROOT / "_config.yml", source)
    (source / "references.bib").write_text("")
    (source / "_toc.yml").write_text("format: jb-book\nroot: page\nchapters:\n- glob: short-*\n")
    for number in range(6):  # so many that several processes read them
        (source / f"short-{number}.md").write_text(f"# Short page {number}\n\nIt holds.\n")
    scratch_notebook(source / "page.ipynb", "pass", f"# A page\n\n{markdown}")
    (made / "html").mkdir(parents=True)
    (made / "html" / "index.html").write_text("the previous site")
    with pytest.raises(build.BuildError, match="previous site is unchanged"):
        build.build_site(source, made)
    assert message in capfd.readouterr().err
    assert (made / "html" / "index.html").read_text() == "the previous site"


@pytest.mark.parametrize(("safe", "processes"), [(True, extension.PROCESSES), (False, 1), (None, 1)])
def test_pages_are_shared_out_unless_an_extension_forbids_it_or_does_not_say(safe, processes):
    """Sphinx would warn of such an extension, and a warning stops the build."""
    app = SimpleNamespace(parallel=1, extensions={"own": SimpleNamespace(parallel_read_safe=safe)})
    extension._share_out(app)
    assert app.parallel == processes


def test_long_pages_are_dealt_out(tmp_path):
    """Each half of the list that Sphinx cuts begins with long ones, and no page is lost."""
    for name, size in {"a": 1, "b": 50, "c": 40, "d": 2, "e": 30, "f": 20}.items():
        (tmp_path / name).write_text("x" * size)
    pages = list("abcdef")
    extension._deal(SimpleNamespace(parallel=2), SimpleNamespace(doc2path=lambda name: tmp_path / name), pages)
    assert pages == ["b", "e", "d", "c", "f", "a"]


def test_binder_builds_the_environment_that_is_tested():
    """From the lock file, whose package stays in the clone beside its data, with a Python that the package takes."""
    binder = ROOT / ".binder"  # with this folder Binder does not also install a copy of the package that has no data
    (line,) = (binder / "requirements.txt").read_text("utf-8").splitlines()
    lock = (binder / line.removeprefix("-r ")).resolve()
    assert lock == execute.LOCK
    assert "--no-deps --no-build-isolation -e ." in (binder / "postBuild").read_text("utf-8")
    python = (binder / "runtime.txt").read_text("utf-8").strip().removeprefix("python-")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert python in SpecifierSet(project["requires-python"])
    assert os.access(binder / "postBuild", os.X_OK)


def locked(name):
    """Package and version of each line of a lock, by its marker, and how many hashes it has."""
    lines = re.sub(r" \\\n +", " ", (ROOT / name).read_text("utf-8")).splitlines()
    return {line.partition(" --hash")[0].strip(): line.count("--hash=sha256:") for line in lines}


def test_every_locked_package_has_its_hashes_and_both_locks_agree():
    """What is installed has the bytes that were locked; the book's packages are those of the tests, and fewer."""
    book, everything = locked("requirements.txt"), locked("requirements-all.txt")
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+( ;.*)?", line) for line in everything)
    assert min([*book.values(), *everything.values()]) > 0
    versions = {line.partition(" ;")[0] for line in everything}
    assert {line.partition(" ;")[0] for line in book} < versions
    names = {line.partition("==")[0] for line in book}
    assert {"hatchling", "editables"} < names, "the project is installed without another download"
    assert not names & {"yfinance", "edgartools", "pytest", "playwright"}


@pytest.mark.parametrize(("deaths", "runs"), [(1, True), (2, False)])
def test_a_kernel_that_dies_at_its_start_gets_one_more_try(tmp_path, monkeypatch, deaths, runs):
    """Two that start together can choose one port; twice is one line, with what the kernel said last."""
    start, left = NotebookClient.start_new_kernel, iter(range(deaths))

    def dying(client, stderr):
        if next(left, None) is None:
            return start(client, stderr=stderr)
        stderr.write("Traceback\nzmq.error.ZMQError: Address already in use\n")
        raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr(NotebookClient, "start_new_kernel", dying)
    notebook = scratch_notebook(tmp_path / "page.ipynb", "1 + 1")
    before = notebook.read_bytes()
    if runs:
        execute.execute(notebook)
        assert execute.why_stale(notebook) is None
    else:
        with pytest.raises(
            execute.ExecutionError, match=r"died twice at the start \(zmq\.error.*Address already in use\)"
        ):
            execute.execute(notebook)
        assert notebook.read_bytes() == before


def test_a_python_without_what_is_needed_is_told_so():
    """Somebody else's `python` in place of the project's: one line and no trace."""
    command = [sys.executable, "-S", "-m", "minerpivot", "check"]  # without what is installed
    run = subprocess.run(command, cwd=ROOT, env={"PATH": os.defpath}, capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr.startswith(f"No module named 'typer' for {sys.executable}. Run `make book`, which installs")
    assert len(run.stderr.splitlines()) == 1
