# Everything a newcomer needs: `make run` to see it, `make test` to prove it. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := build/stamps
CLIENT := $(shell find web/client -type f -not -path '*/node_modules/*' -not -path '*/generated/*' -not -path '*/paraglide/*' 2>/dev/null)
MODELS := $(shell find classroom -name '*.py' -not -path 'classroom/store/*') signaling/protocol.py

LOCK := $(BIN)/uv pip compile --quiet pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header
# A file of tests is one process's, and those marked `long` begin first. Where a clock is held to pictures, they need the
# machine for themselves. Tests without a browser wait half of their time, so more of them go side by side.
SHARED := --dist loadfile --no-loadscope-reorder --numprocesses
UNIT := $(BIN)/python -m pytest tests/unit tests/fuzz $(SHARED) 4
BROWSER := $(BIN)/python -m pytest tests/browser -m "not alone and not soak" $(SHARED) 2
ALONE := $(BIN)/python -m pytest tests/browser -m "alone and not soak"
# Tests start the command hundreds of times; each would compile all of it anew where the environment keeps no bytecode.
export PYTHONDONTWRITEBYTECODE :=
# Memory in large pages, where the system has them to give: with small ones, virtual machines spend half of a start on finding
# them. Measurements do without, as servers do.
test unit browser soak postgresql shots: export PYTHONMALLOC := malloc
test unit browser soak postgresql shots: export GLIBC_TUNABLES := glibc.malloc.hugetlb=1
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help setup run test unit browser lint .lint-server .lint-client bench soak postgresql shots lock clean

help: ## list every target with a line
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMPS)/python $(STAMPS)/native $(STAMPS)/client ## set everything up; leaves the command at .venv/bin/tongke

run: setup ## set up, then `tongke demo`: a server, a demo school and a simulated lead classroom
	@$(BIN)/tongke demo

test: setup $(STAMPS)/debian lint ## lint, types, import rules and every test; what fails in one part keeps no other from running
	@failed=0; $(UNIT) || failed=1; $(BROWSER) || failed=1; $(ALONE) || failed=1; exit $$failed

unit: setup $(STAMPS)/dev ## the tests that need no browser
	@$(UNIT)

browser: setup $(STAMPS)/debian ## the tests in real browsers
	@$(BROWSER)
	@$(ALONE)

lint: setup $(STAMPS)/dev ## ruff, mypy, import rules, the client's types
	@$(MAKE) --no-print-directory --jobs 2 --output-sync .lint-server .lint-client

.lint-server:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PYTHONPATH=. $(BIN)/lint-imports --no-cache | tail -n 12

.lint-client:
	@$(BIN)/python web/client/build.py --check

bench: setup $(STAMPS)/debian ## measurements; ONLY=name,name for some
	@$(BIN)/python -m tests.bench $(if $(ONLY),--only $(ONLY))

soak: setup $(STAMPS)/debian shots postgresql ## checks that take longer than `make test` may
	@$(BIN)/python -m pytest tests -m soak --timeout 3600

postgresql: setup $(STAMPS)/debian ## the server's tests with PostgreSQL as their database
	@TONGKE_TEST_DATABASE=postgresql $(BIN)/python -m pytest tests/unit/classroom tests/unit/signaling tests/unit/recordings tests/unit/web $(SHARED) 4

shots: setup $(STAMPS)/debian ## a screenshot of every face, state, language and size in build/shots
	@TONGKE_SHOTS=1 $(BIN)/python -m pytest tests/browser/questions $(addprefix tests/browser/test_,shots.py s2.py joining.py asking.py report.py words.py player.py catalogue.py full_library.py keeping.py) -m '' --timeout 900

lock: $(STAMPS)/dev ## write the constraint files anew from pyproject.toml
	@$(LOCK) --upgrade --extra build -o constraints.txt
	@$(LOCK) --extra build --extra dev --constraint constraints.txt --no-annotate -o constraints-dev.txt

clean: ## remove what was built (not the data)
	@rm -rf build $(VENV) web/server/static web/server/print web/client/node_modules

$(STAMPS)/venv: 
	@mkdir -p $(STAMPS)
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Tongke needs Python 3.11 or newer; this is " + sys.version.split()[0])'
	@$(PYTHON) -c 'import os, sys, sysconfig; h = sysconfig.get_path("include") + "/Python.h"; sys.exit(0 if os.path.exists(h) else "Python.h is missing: install python3-dev")'
	@command -v cc >/dev/null || { echo "A C compiler is missing: install gcc or clang" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "The venv module is missing: install python3-venv" >&2; exit 1; }
	@touch $@

$(STAMPS)/python: constraints.txt $(STAMPS)/venv
	@echo "Installing Python packages…"
	@$(INSTALL) --require-hashes -r constraints.txt
	@touch $@

$(STAMPS)/dev: constraints-dev.txt $(STAMPS)/python
	@echo "Installing what checks and tests need…"
	@$(INSTALL) --require-hashes -r constraints-dev.txt
	@touch $@

$(STAMPS)/native: pyproject.toml setup.py $(wildcard media/plane/*.c media/plane/*.h) $(STAMPS)/python
	@echo "Building the forwarding plane…"
	@$(INSTALL) --no-build-isolation --no-deps --editable .
	@touch $@

$(STAMPS)/client: $(CLIENT) $(MODELS) $(STAMPS)/python
	@echo "Building the browser apps…"
	@$(BIN)/python web/client/build.py
	@touch $@

$(STAMPS)/debian: tests/debian-packages.txt $(STAMPS)/dev
	@$(BIN)/python tests/debian.py
	@touch $@
