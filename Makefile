# Every target sets up what it needs; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo run test test-fast lint types format bench lock clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(STAMP) ## Make the virtual environment, then fetch and build the encoder
	@$(BIN)/streamtrack models build

demo: setup ## Play a sample call into a server of its own and show the matches
	@$(BIN)/streamtrack demo

run: setup ## Serve at http://127.0.0.1:8765 until interrupted
	@$(BIN)/streamtrack serve

test: setup ## Run all tests
	@$(BIN)/python -m pytest

test-fast: setup ## Run the tests that take no more than moments
	@$(BIN)/python -m pytest -m "not slow" -x -q

lint: $(STAMP) ## Check style
	@$(BIN)/ruff check streamtrack tests benchmarks
	@$(BIN)/ruff format --check streamtrack tests benchmarks

format: $(STAMP) ## Mend style
	@$(BIN)/ruff check --fix streamtrack tests benchmarks
	@$(BIN)/ruff format streamtrack tests benchmarks

types: $(STAMP) ## Check types
	@$(BIN)/mypy

bench: setup ## Measure latency, efficiency and capacity; results in benchmarks/results/
	@$(BIN)/python -m benchmarks

lock: $(STAMP) ## Resolve the dependencies anew into requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 --generate-hashes --extra dev \
	  --no-emit-index-url --no-header pyproject.toml -o requirements.lock

clean: ## Remove the environment, built models and results
	rm -rf $(VENV) models/*/cache benchmarks/results dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
