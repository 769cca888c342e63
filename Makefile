# Tongxing: every command of the project. `make` alone lists them.
#
# Only Python 3.11+ with venv, and make, are assumed. The rest is installed into .venv by `make setup`, which the other
# targets call. Examples:
#   make demo ARGS="--headless --seconds 60 --json"
#   make test ARGS="tests/geofence -k zone"

PYTHON ?= python3
ARGS ?=
# `make evaluate DATA=dir`: a folder of recordings.
DATA ?=

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
# Nothing here wants to hear about newer versions of pip, or that a container runs as root.
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

# The stamp holds the folder it was made in: a virtual environment does not survive being moved or copied.
STAMP := .venv/.ready
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(CURDIR))
STALE := moved
endif

.PHONY: help setup demo console console-check test test-fast check format format-check lint types imports architecture bench \
	evaluate chaos fuzz score same-score clean moved

help: ## list the commands
	@echo "Tongxing: from a bracelet's message to someone who goes."
	@echo
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'
	@echo
	@echo 'Arguments go through ARGS, e.g. make demo ARGS="--headless --seconds 60 --json"'

setup: $(STAMP) ## create .venv with everything the other commands need

$(STAMP): pyproject.toml $(STALE)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		found=$$($(PYTHON) --version 2>/dev/null) || found="not a Python that starts"; \
		echo "Tongxing needs Python 3.11 or newer, and '$(PYTHON)' is $$found." >&2; \
		echo "Name a newer one, for example: make setup PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "'$(PYTHON)' comes without venv. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "setup: installing Tongxing and its tools into .venv; the first time takes a minute or two" >&2
	@[ -x $(PY) ] && [ "$$(cat $(STAMP) 2>/dev/null)" = "$(CURDIR)" ] || $(PYTHON) -m venv --clear .venv
	@$(PY) -m pip install --quiet --editable '.[dev]'
	@printf '%s' "$(CURDIR)" > $(STAMP)
	@echo "setup: done" >&2

moved:

console: $(STAMP) ## build the web console into api/console/dist
	@( cd api/console && ../../$(PY) -B -c 'import build; build.find_node()' ) 2>/dev/null || { \
		echo "console: no Node new enough here; installing the wheel that carries one" >&2; \
		$(PY) -m pip install --quiet --editable '.[console]'; }
	@$(PY) api/console/build.py >&2

# Needs what `console` has found or installed: a Node, and the packages.
console-check: console ## types and tests of the web console
	@$(PY) api/console/build.py --check

demo: $(STAMP) console ## everything on this machine: database, broker, services, a simulated city, the console
	@$(PY) -m runtime.cli demo $(ARGS)

# A process of tests for each core, up to four: each has a database server and brokers of its own.
WORKERS := -n logical --maxprocesses 4 --dist loadfile

test: $(STAMP) console console-check ## all tests that can run on this machine
	@$(PY) -m pytest $(WORKERS) $(ARGS)

# Everything that starts no server.
test-fast: $(STAMP) ## the quick tests that start no server; under a minute
	@$(PY) -m pytest -q $(WORKERS) -m "not slow" --ignore=tests/integration --ignore=tests/end_to_end --ignore=tests/benchmarks \
		--ignore=tests/evaluation $(ARGS)

# -k: one run names everything that is wrong.
check: $(STAMP) ## format, lint, types, import direction, architecture
	@$(MAKE) -k format-check lint types imports architecture
	@echo "check: all good"

format: $(STAMP) ## rewrite the code in the project's format
	@$(PY) -m ruff check --select I --fix --quiet .
	@$(PY) -m ruff format .

format-check:
	@echo "check: format" >&2
	@$(PY) -m ruff format --check --quiet . || { $(PY) -m ruff format --check .; exit 1; }

lint:
	@echo "check: lint" >&2
	@$(PY) -m ruff check --quiet --output-format concise .

types:
	@echo "check: types" >&2
	@$(PY) -m mypy --no-error-summary

imports:
	@echo "check: import direction" >&2
	@mkdir -p build
	@.venv/bin/lint-imports --no-logo > build/imports.txt 2>&1 || { cat build/imports.txt; exit 1; }

architecture:
	@echo "check: architecture" >&2
	@$(PY) -m pytest -q tests/architecture

bench: $(STAMP) ## measure, and write build/bench.json
	@$(PY) -m tests.benchmarks $(ARGS)

evaluate: $(STAMP) ## replay recordings through the engine: make evaluate DATA=dir; writes build/evaluation.json
	@[ -n "$(DATA)" ] || { echo "Say where the recordings are: make evaluate DATA=dir" >&2; exit 2; }
	@$(PY) -m tests.evaluation "$(DATA)" $(ARGS)

chaos: $(STAMP) ## kill everything at random, a hundred times, and count what was lost; writes build/chaos.json
	@$(PY) -m tests.chaos $(ARGS)

fuzz: $(STAMP) ## a hundred thousand damaged messages: no crash, each counted by what became of it
	@$(PY) -m tests.ingest.fuzz $(ARGS)

score: $(STAMP) ## rehearse a scene and score it: make score ARGS="--scene the_night"; writes build/score.json
	@$(PY) -m runtime.cli simulate --score $(ARGS)

same-score: $(STAMP) ## rehearse a scene twice and say what differs: make same-score ARGS="--scene tiny"
	@$(PY) -m runtime.cli simulate --score $(or $(ARGS),--scene tiny)
	@cp build/score/record.json build/score/first.json
	@$(PY) -m runtime.cli simulate --score $(or $(ARGS),--scene tiny)
	@$(PY) -m runtime.cli simulate compare build/score/first.json build/score/record.json

clean: ## remove what was built (not .venv, not the demo's data in .tongxing)
	@rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache api/console/dist
