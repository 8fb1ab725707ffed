# Python 3.11 or newer and make are enough: every target sets itself up. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test test-all test-data-center bench bench-ours bench-night bench-pace lint lock dictionary supply-chain clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(STAMP) ## make .venv with the package, its command `jira-staging` and everything the tests need

$(STAMP): requirements-dev.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip sync --quiet --require-hashes --compile-bytecode --python $(BIN)/python requirements-dev.lock
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
	@touch $@

demo: install ## run the nightly DAG against a simulated Jira and a local Secrets Manager, into a DuckDB file
	PYTHONPATH=tests $(BIN)/python -m demo

# The files of tests/airflow take longest and come first; xdist would put those with few tests last, where one worker waits for them.
test: install lint ## everything that needs Python alone
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not system"

test-data-center: install ## the tests of whole runs and some storms, all of them against a Data Center (10 minutes)
	$(BIN)/python -m pytest tests/syncing tests/storms/test_storms.py --storms 12 --flavour data_center -n 2 --dist loadfile

test-all: install lint ## `make test` and what needs Debian's packages (installed by itself where it is root)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

bench: install ## the same site read by us, by hand, by dlt, Singer and Airbyte, near and far (an hour; their packages come from the index)
	PYTHONPATH=tests $(BIN)/python tests/benchmarks/peers/compare.py
	PYTHONPATH=tests $(BIN)/python tests/benchmarks/peers/compare.py --issues 20000 --contenders "Jira staging;by hand;dlt, Parquet" --once "by hand"
	PYTHONPATH=tests $(BIN)/python tests/benchmarks/sync_cost.py

bench-ours: install ## what a sync of 20,000 issues costs, near and far, and a nightly run (10 minutes)
	PYTHONPATH=tests $(BIN)/python tests/benchmarks/sync_cost.py

bench-night: install ## how many requests a night of a million issues takes (3 minutes)
	PYTHONPATH=tests $(BIN)/python tests/benchmarks/million_night.py

bench-pace: install ## how the governor's pace goes up and down, in virtual time: tests/benchmarks/pace.svg
	PYTHONPATH=tests $(BIN)/python tests/benchmarks/pace_plots.py

lint: install ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lock: install ## compile the lock files anew from requirements*.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		requirements.txt --output-file requirements.lock
	for name in image dev; do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
			requirements-$$name.txt --constraint requirements.lock --output-file requirements-$$name.lock || exit 1; done

dictionary: install ## write DATA_DICTIONARY.md and the SQL that loads files anew from the tables
	$(BIN)/python -m jira_staging.reporting.dictionary > DATA_DICTIONARY.md
	for dialect in redshift databricks bigquery; do \
		$(BIN)/python -m jira_staging.staging.files_sql $$dialect > include/sql/$$dialect/load_run.sql || exit 1; done

supply-chain: install ## what an installation brings, in .supply/: an SBOM with licences, and known weaknesses (the tools come from the index; a report, no gate)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .supply/installed
	$(BIN)/uv pip sync --quiet --require-hashes --python .supply/installed/bin/python requirements.lock
	$(BIN)/uv tool run --quiet --from cyclonedx-bom==7.5.0 cyclonedx-py environment --pyproject pyproject.toml \
		--output-file .supply/sbom.json .supply/installed/bin/python
	$(BIN)/uv tool run --quiet pip-licenses==5.5.5 --python=.supply/installed/bin/python --format=markdown --output-file=.supply/licences.md
	-$(BIN)/uv tool run --quiet pip-audit==2.10.1 --requirement requirements.lock --require-hashes --disable-pip --progress-spinner off \
		--format json --output .supply/weaknesses.json
	@$(BIN)/python -c 'import json; found = json.load(open(".supply/weaknesses.json"))["dependencies"]; \
		print(len(found), "packages,", sum(bool(each.get("vulns")) for each in found), "with a known weakness,", \
		sum("skip_reason" in each for each in found), "of which the index could tell nothing (each must be 0 but the first)")'

clean: ## remove what the targets made
	rm -rf $(VENV) .supply .demo .airflow .pytest_cache .mypy_cache .ruff_cache .hypothesis
