# The daily commands. What a command does in more than a line lives in scripts/.
SHELL := /bin/bash
.DEFAULT_GOAL := help

BIN := .venv/bin
STAMP := .venv/.installed
JOBS ?= 2
# The order of sets is the same in every run, so that a derandomised property test is.
export PYTHONHASHSEED ?= 0

.PHONY: help setup servers demo jitsi run test check bench mutants lock format

help: ## list these commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1|  \2/' | column -t -s '|'

setup: $(STAMP) ## make .venv with the project and its development tools, as locked

$(STAMP): pyproject.toml requirements-dev.lock scripts/setup.sh
	@scripts/setup.sh
	@touch $@

servers: ## install prosody and PostgreSQL where missing and allowed; never fails
	@scripts/servers.sh

demo: setup ## a guarded class on a loopback Zoom, judged by what really happened there
	$(BIN)/guardian demo --json

jitsi: setup servers ## the same class on a real XMPP server, judged by an observer
	$(BIN)/guardian demo --platform jitsi --json

run: setup ## guard what config.example.toml names
	$(BIN)/guardian run --config config.example.toml

test: setup servers ## all tests
	$(BIN)/pytest -n $(JOBS)

check: setup servers ## everything that must be green before a commit
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n $(JOBS) --cov --cov-report=
	@scripts/coverage_gates.sh

bench: setup servers ## measure, print a table, write benchmarks/results.md
	$(BIN)/python -m benchmarks

mutants: setup ## plant mistakes; the property tests must catch each
	$(BIN)/python -m tests.properties.mutants

lock: ## resolve the lock files anew from pyproject.toml (needs uv)
	@scripts/lock.sh

format: setup ## format, and mend what can be mended by machine
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
