# One line per target; `make help` lists them. PYTHON picks the interpreter that makes .venv (3.11 to 3.14).
PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/python -m minerpivot
INSTALL := $(if $(shell command -v uv),uv pip install --compile-bytecode --python $(BIN)/python,$(BIN)/python -m pip install --disable-pip-version-check)
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --extra build pyproject.toml
.DEFAULT_GOAL := help
EDITIONS := 2026-01-28
.PHONY: help book editions pdf test mutants grown refresh candidates quarter check changes bench lint audit licences hooks screenshots lock clean

help:    ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
book: .venv/ready    ## execute what is stale and build the site; the report as of a day: make book AS_OF=2026-01-28
	@$(RUN) book $(if $(AS_OF),--as-of $(AS_OF)) $(if $(ANEW),--anew)
editions: book    ## build the latest report and the editions beside it, with the switch between them
	@for day in $(EDITIONS); do $(RUN) book --as-of $$day || exit 1; done
pdf: .venv/all book    ## the whole report and a summary as PDF beside its pages, needs Chromium
	@$(RUN) pdf
test: lint    ## prove it: lint, types, data, arithmetic, notebooks that reproduce, built pages (TESTS=tests/data: these only)
	@$(BIN)/python -m pytest $(TESTS)
mutants: .venv/all    ## would the tests notice an error in the analysis? A score per module (MODULE=minerpivot/deals/value.py SAMPLE=200)
	@$(INSTALL) --quiet --no-build-isolation -e '.[mutants]'
	@$(BIN)/python -m benchmarks.mutants $(MODULE) $(if $(SAMPLE),--sample $(SAMPLE))
grown: .venv/all    ## append a season to a copy of the tables; check, build and test it and forks of it (TESTS=tests/data: beside tests/grown these only)
	@$(BIN)/python -m tests.grow _build/grown $(TESTS)
refresh: .venv/all    ## bring data/ up to date from its vendors (python -m minerpivot refresh --help)
	@$(RUN) refresh
candidates: .venv/all    ## filings and reports that the tables lack, as drafts for people (--help: accept, dismiss)
	@$(RUN) candidates
quarter: .venv/all    ## a quarter forward: refresh, candidates, check, book, changes, tests, and what remains by hand
	@$(RUN) quarter
check: .venv/ready    ## validate data/ after an edit by hand and record its checksums
	@$(RUN) check
changes: .venv/ready    ## what changed since a commit, as Markdown: make changes AGAINST=v1.0 (default HEAD)
	@$(RUN) changes --against $(or $(AGAINST),HEAD)
lint: .venv/all    ## ruff (lint and format, notebooks too), pyrefly, workflows and issue forms
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/pyrefly check
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/correction.yml .github/ISSUE_TEMPLATE/deal.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	@$(BIN)/zizmor --offline --quiet .github
audit:    ## known vulnerabilities of the locked packages; fails where nobody answers, needs uv and a network
	@bash .ci/audit
licences: .venv/all    ## the licence of every installed package, as it states it
	@$(BIN)/python -m benchmarks.licences
bench: .venv/all    ## our event study, builds, pages, size and tests against the alternatives, into BENCHMARKS.md (SECTION=engine: one)
	@$(INSTALL) --quiet eventstudy
	@$(BIN)/python -m benchmarks $(SECTION)
hooks: .venv/all    ## in this clone: notebooks diff as text, and fast lints run before each commit (needs pre-commit)
	@git config diff.jupytext.textconv '$(BIN)/jupytext --from ipynb --to md --quiet --output -'
	@pre-commit install
screenshots: .venv/all book    ## every page in light and dark, wide and phone, into _build/screenshots, for a human look
	@$(BIN)/python tests/screenshots.py
lock:    ## resolve pyproject.toml anew, with hashes: requirements.txt for the book, requirements-all.txt for all else too; needs uv
	$(LOCK) --upgrade --extra refresh --extra test --extra cluster -o requirements-all.txt
	$(LOCK) --constraint requirements-all.txt -o requirements.txt
clean:    ## remove what the build made; keeps .venv, data and chapters
	rm -rf _build .pytest_cache .hypothesis .ruff_cache

# The locks' bytes are proven by their hashes. The project has none; its build backend is in the lock, so nothing else is fetched.
.venv/ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 14) else "Python 3.11 to 3.14 is needed, this is %d.%d; run: make PYTHON=python3.12 ..." % v)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(INSTALL) --require-hashes -r requirements.txt
	@$(INSTALL) --quiet --no-deps --no-build-isolation -e .
	@touch $@
.venv/all: requirements-all.txt .venv/ready
	@$(INSTALL) --require-hashes -r requirements-all.txt
	@touch $@
