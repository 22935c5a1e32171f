.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
STORE ?= hepatrend-data
HOST ?= 127.0.0.1
PORT ?= 8050

.PHONY: help run test slow quick check style types form machine format lock sample-data pictures docs docs-site release-check benchmark fuzz clean

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hepatrend needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps -e .
	touch $@

.venv/ready-dev: requirements-dev.lock .venv/ready
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	touch $@

run: .venv/ready ## set up, load the sample data, serve on 127.0.0.1:8050
	$(BIN)/hepatrend demo --store $(STORE) --host $(HOST) --port $(PORT)

test: .venv/ready-dev machine style ## set up, then lint, types, import contracts and all tests
	$(BIN)/python -m pytest -n auto --dist loadfile

slow: .venv/ready-dev machine ## all tests, then the twenty that take longest; writes what each file took into tests/seconds.txt
	HEPATREND_MEASURE=1 $(BIN)/python -m pytest -n auto --dist loadfile -q --durations=20

quick: .venv/ready-dev ## lint, types, contracts, and the tests of what changed since the last commit; under a minute
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m tests.quick

check: style ## what a commit must pass before its tests: style, and every test can be read
	$(BIN)/python -m pytest --collect-only -qq -n 0 > /dev/null || $(BIN)/python -m pytest --collect-only -qq -n 0

style: .venv/ready-dev ## lint, format, types, import contracts, docs site; types beside the others
	@$(MAKE) --no-print-directory --jobs=2 types form

types:
	$(BIN)/mypy

form:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

machine: .venv/ready-dev ## a browser and PostgreSQL for the tests, or one line that says what to install
	$(BIN)/python tests/set_up_machine.py

format: .venv/ready-dev ## put the code in house form
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

lock: ## resolve the dependencies anew (needs uv)
	uv lock
	uv export --frozen --no-dev --extra excel --extra postgres --no-emit-project --no-header -q -o requirements.lock
	uv export --frozen --all-extras --no-emit-project --no-header -q -o requirements-dev.lock

sample-data: .venv/ready ## write sample_data/ anew, the same bytes each time
	$(BIN)/python -m analytics.synthetic sample_data

pictures: .venv/ready-dev machine ## draw every picture in docs/pictures from the sample data
	$(BIN)/python docs/make_pictures.py

docs: .venv/ready-dev ## write the generated pages of docs/
	$(BIN)/python docs/make_pages.py
	$(BIN)/python -m tests.analytics.rules.confusion

docs-site: .venv/ready-dev ## build the documentation site into site/; a broken link or anchor fails
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

release-check: .venv/ready-dev ## what a release must hold: versions, changelog, wheel, same bytes twice, SBOM into dist/
	$(BIN)/python -m tests.release

benchmark: .venv/ready-dev ## side-by-side benchmarks; writes docs/benchmarks.md (ONLY=cohort_scale: that one)
	$(BIN)/python -m tests.benchmarks $(ONLY)

fuzz: .venv/ready-dev ## 10,000 broken files and 200 kills
	HEPATREND_FUZZ=full $(BIN)/python -m pytest -n auto tests/fuzz tests/analytics/store \
	  tests/dashboard/test_fuzz_bodies.py tests/dashboard/reporting/test_schedule_runner.py

clean: ## remove what was built (never a store)
	rm -rf .venv build dist site artefacts .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
