# One line per target; `make help` lists them. PYTHON picks the interpreter that makes .venv (3.11 to 3.13).
PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/python -m minerpivot
.DEFAULT_GOAL := help
EDITIONS := 2026-01-28
.PHONY: help book editions pdf test grown refresh check changes bench lint audit hooks screenshots lock clean

help:    ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
book: .venv/ready    ## execute what is stale and build the site; the report as of a day: make book AS_OF=2026-01-28
	@$(RUN) book $(if $(AS_OF),--as-of $(AS_OF)) $(if $(ANEW),--anew)
editions: book    ## build the latest report and the editions beside it, with the switch between them
	@for day in $(EDITIONS); do $(RUN) book --as-of $$day || exit 1; done
pdf: book    ## the whole report and a summary as PDF beside its pages, needs Chromium
	@$(RUN) pdf
test: lint    ## prove it: lint, types, data, arithmetic, notebooks that reproduce, built pages (TESTS=tests/data: these only)
	@$(BIN)/python -m pytest $(TESTS)
grown: .venv/ready    ## append a season to a copy of the tables; check, build and test that copy (TESTS=tests/data: these only)
	@$(BIN)/python -m tests.grow _build/grown $(TESTS)
refresh: .venv/ready    ## bring data/ up to date from its vendors (python -m minerpivot refresh --help)
	@$(RUN) refresh
.PHONY: candidates quarter
candidates: .venv/ready    ## filings and reports that the tables lack, as drafts for people (--help: accept, dismiss)
	@$(RUN) candidates
quarter: .venv/ready    ## a quarter forward: refresh, candidates, check, book, changes, tests, and what remains by hand
	@$(RUN) quarter
check: .venv/ready    ## validate data/ after an edit by hand and record its checksums
	@$(RUN) check
changes: .venv/ready    ## what changed since a commit, as Markdown: make changes AGAINST=v1.0 (default HEAD)
	@$(RUN) changes --against $(or $(AGAINST),HEAD)
lint: .venv/ready    ## ruff (lint and format, notebooks too), mypy, workflows and issue forms
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/correction.yml .github/ISSUE_TEMPLATE/deal.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	@$(BIN)/zizmor --offline --quiet .github
audit:    ## known vulnerabilities of the locked packages, needs uv and a network
	@mkdir -p _build && grep -v '^-e' requirements.txt > _build/audit.txt && uvx pip-audit --requirement _build/audit.txt --no-deps --disable-pip
bench: .venv/ready    ## our event study, builds and pages against the alternatives, as ratios, into BENCHMARKS.md
	@if command -v uv > /dev/null; then uv pip install --quiet --python $(BIN)/python -e '.[bench]'; else $(BIN)/python -m pip install --quiet -e '.[bench]'; fi
	@mkdir -p _build && $(BIN)/python -m benchmarks > _build/benchmarks.md && mv _build/benchmarks.md BENCHMARKS.md && cat BENCHMARKS.md
hooks: .venv/ready    ## in this clone: notebooks diff as text, and fast lints run before each commit (needs pre-commit)
	@git config diff.jupytext.textconv '$(BIN)/jupytext --from ipynb --to md --quiet --output -'
	@pre-commit install
screenshots: book    ## every page in light and dark, wide and phone, into _build/screenshots, for a human look
	@$(BIN)/python tests/screenshots.py
lock:    ## resolve pyproject.toml anew into requirements.txt, needs uv
	uv pip compile --universal --python-version 3.11 --no-annotate --no-header --upgrade --extra test --extra cluster pyproject.toml -o requirements.txt
	@printf -- '-e .\n' >> requirements.txt
clean:    ## remove what the build made; keeps .venv, data and chapters
	rm -rf _build .pytest_cache .hypothesis .mypy_cache .ruff_cache

.venv/ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else "Python 3.11 to 3.13 is needed, this is %d.%d; run: make PYTHON=python3.12 ..." % v)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@if command -v uv > /dev/null; then uv pip install --compile-bytecode --python $(BIN)/python -r requirements.txt; else $(BIN)/python -m pip install -r requirements.txt; fi
	@touch $@
