# Two commands matter: `make run` starts the market, `make test` checks it. Both set up what is missing first.
# What is set up leaves a stamp in .stamps/, so that a second call costs nothing.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

BIN := .venv/bin
STAMPS := .stamps
VENDOR := platform/linggong/web/static/vendor
# The locks name every package, so nothing is resolved (a pin does not count for the same package with an extra).
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# The newest Python that runs and that the embedded PostgreSQL is built for; `make run PYTHON=python3.12` picks one.
FITS := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	"$$p" -c "$(FITS)" >/dev/null 2>&1 && { echo "$$p"; break; }; done)

# A folder deleted by hand takes its stamps along.
ifeq ($(wildcard $(BIN)/python),)
  $(shell rm -rf $(STAMPS))
endif
ifeq ($(wildcard $(VENDOR)/manifest.json),)
  $(shell rm -f $(STAMPS)/assets)
endif

.PHONY: help setup setup-dev run test prove ocr lint screens bench lock clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: $(STAMPS)/app $(STAMPS)/assets ## install what running needs

setup-dev: setup $(STAMPS)/dev ## install what checking needs too

run: setup ## start the market, with PostgreSQL, and say where
	@exec $(BIN)/linggong run $(ARGS)

# Two processes, each with a PostgreSQL of its own; a file stays in one of them, because its fixtures are dear. The longest files
# come first (tests/conftest.py): one that began last would keep a single process busy for minutes.
WORKERS ?= 2
test: setup-dev $(STAMPS)/chromium ## run the tests
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

prove: setup-dev $(STAMPS)/chromium $(STAMPS)/lighthouse ## run the long proofs
	$(BIN)/pytest -m prove $(ARGS)

ocr: setup-dev $(STAMPS)/ocr ## install what reads photos of identity cards (160 MB), and try it
	$(BIN)/pytest -q -m ocr tests/people/test_id_photo.py

lint: setup-dev ## check style, types and floors
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

screens: setup-dev $(STAMPS)/chromium ## write pictures of every first screen to docs/screens/
	$(BIN)/python -m tests.screens $(ARGS)

bench: setup-dev ## run the benchmarks
	@for f in benchmarks/[a-z]*.py; do echo "== $$f"; $(BIN)/python -m "benchmarks.$$(basename $$f .py)" || exit 1; done

lock: setup-dev ## resolve the dependencies anew and write the lock files
	sh scripts/lock.sh

clean: ## remove what was installed and built; the data in .data/ stay
	rm -rf .venv $(STAMPS) node_modules tests/lighthouse/node_modules $(VENDOR) dist .mypy_cache .ruff_cache .pytest_cache \
		.import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMPS)/venv:
	@mkdir -p $(STAMPS)
	@if [ ! -x $(BIN)/python ] && [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11, 3.12 or 3.13 with its venv module is needed (Debian: apt-get install python3 python3-venv);" >&2; \
		echo "name one by: make PYTHON=/path/to/python3" >&2; exit 1; fi
	@[ -x $(BIN)/python ] || { echo "setting up .venv with $(PYTHON)"; $(PYTHON) -m venv .venv; }
	@touch $@

$(STAMPS)/app: $(STAMPS)/venv requirements.lock pyproject.toml
	@echo "installing what running needs"
	@$(PIP) install --no-deps --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/dev: $(STAMPS)/app requirements-dev.lock
	@echo "installing what checking needs"
	@$(PIP) install --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

$(STAMPS)/ocr: $(STAMPS)/app requirements-ocr.lock
	@echo "installing what reads photos of identity cards"
	@$(PIP) install --no-deps --require-hashes -r requirements-ocr.lock
	@touch $@

$(STAMPS)/assets: $(STAMPS)/venv package.json package-lock.json scripts/assets.mjs scripts/icons.txt
	@echo "building the browser assets"
	@sh scripts/with_node.sh npm ci --silent
	@sh scripts/with_node.sh node scripts/assets.mjs
	@touch $@

$(STAMPS)/lighthouse: tests/lighthouse/package-lock.json
	@sh scripts/with_node.sh npm ci --silent --prefix tests/lighthouse
	@touch $@

$(STAMPS)/chromium: scripts/ensure_chromium.sh
	@sh scripts/ensure_chromium.sh
	@touch $@
