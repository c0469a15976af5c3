# One verb for everything. Needs Python >= 3.11, make and a package index.
#
#   make setup          prepare .venv from the hashed lock
#   make demo           run the story and serve the sample shop (ARGS=--headless: no server)
#   make test           the whole suite (ARGS="-k money" and the like go to pytest)
#   make check          what CI runs: format, lint, types, floors, docs, tests
#   make docs | bench | fmt | lock
#   make race-long      200 rounds of 32 buyers for the last unit, on both engines
#   make storm-long     2,000 deliveries to 16 workers, on both engines
#   make fourway-long   10,000 orders added up by us, the CSV, hledger and beancount
#   make payouts-long   5,000 payouts started twice at once and killed anywhere, on both engines
#   make reconcile-long 30 % of what 10,000 orders have to tell is lost, found and posted, on both engines
#   make tokens-long    2,000 rounds of 16 workers that renew one token and die in it
#   make rest-long      20,000 requests made from the description of the REST API
#   make equal-long     500 orders at the sandbox, on Stripe and on Shopify give the same balances; shops side by side
#   make story-long     2,000 orders on each platform while calls and answers get lost, on both engines
#   make machine-long   100,000 steps through the life of books, on both engines at once
#   make kill-long | fuzz-long | oracle-long
#                       all of what check samples: kills, hostile inputs, platform faults

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.liveshop-ready
SHOP   := $(wildcard examples/flask_store/pyproject.toml)
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
# The lock fixes versions; constraints from outside must not fight it.
export PIP_CONSTRAINT :=
export UV_NO_CONFIG := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test check docs bench fmt lock \
        equal-long fourway-long machine-long oracle-long payouts-long race-long reconcile-long rest-long storm-long \
        story-long tokens-long kill-long fuzz-long \
        check-format check-lint check-types check-floors

help:
	@sed -n '3,19s/^#   //p' Makefile

$(BIN)/python:
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { \
	  echo "$(PYTHON) was not found. Install Python 3.11 or newer, or say which: make setup PYTHON=/path/to/python3.12" >&2; exit 2; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$$("$(PYTHON)" --version 2>&1) is too old: Python 3.11 or newer is needed. Say which: make setup PYTHON=/path/to/python3.12" >&2; exit 2; }
	@"$(PYTHON)" -m venv $(VENV) || { \
	  rm -rf $(VENV); \
	  echo "$(PYTHON) has no working venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 2; }

# Only what was asked for goes to stdout: `make demo ARGS=--headless` prints one document.
# The build tools come first, from the same lock: ShopifyAPI ships as source
# only, and without build isolation it is built by the setuptools pinned here.
$(STAMP): requirements/build.txt requirements/dev.txt pyproject.toml $(SHOP) | $(BIN)/python
	@echo "Preparing $(VENV) from requirements/dev.txt" >&2
	@$(PIP) install --require-hashes -r requirements/build.txt >&2
	@$(PIP) install --require-hashes --no-build-isolation -r requirements/dev.txt >&2
	@$(PIP) install --no-deps --no-build-isolation -e . >&2
	@if [ -n "$(SHOP)" ]; then $(PIP) install --no-deps --no-build-isolation -e $(dir $(SHOP)) >&2; fi
	@touch $@

setup: $(STAMP)

demo: $(STAMP)
	@$(BIN)/liveshop demo $(ARGS)

test: $(STAMP)
	$(BIN)/python -m pytest $(ARGS)

# Types and docs take a core each, about as long as each other.
check: $(STAMP)
	$(MAKE) -j2 check-types docs check-lint check-format check-floors
	$(BIN)/python -m pytest -n auto --dist worksteal

# The long siblings of what `check` runs a sample of; SHOWN tells figures as they come.
LONG  := LIVESHOP_LONG=1 $(BIN)/python -m pytest $(ARGS)
SHOWN := --log-cli-level=INFO

# Every fault and delivery mode, on both engines. Needs LIVESHOP_ORACLES.
oracle-long: $(STAMP)
	$(LONG) -m long tests/flows/test_stripe_faults.py tests/flows/test_shopify_faults.py

# Needs LIVESHOP_ORACLES, as the next one does.
equal-long: $(STAMP)
	$(LONG) $(SHOWN) tests/flows/test_equal_balances.py tests/flows/test_two_shops.py

story-long: $(STAMP)
	$(LONG) $(SHOWN) -n auto tests/flows/test_random_story.py

machine-long: $(STAMP)
	$(LONG) -n auto -v -x tests/properties/test_book_machine.py

race-long: $(STAMP)
	$(LONG) -m long tests/contracts/test_coupons.py

fourway-long: $(STAMP)
	$(LONG) -m long tests/flows/test_four_ways.py

storm-long: $(STAMP)
	$(LONG) -m long tests/flows/test_storm.py

rest-long: $(STAMP)
	$(LONG) tests/web/test_rest_schema.py

# The oracles' part needs LIVESHOP_ORACLES.
reconcile-long: $(STAMP)
	$(LONG) $(SHOWN) tests/flows/test_reconcile.py

# Needs LIVESHOP_ORACLES.
tokens-long: $(STAMP)
	$(LONG) $(SHOWN) tests/flows/test_shopify_tokens.py

kill-long: $(STAMP)
	$(LONG) $(SHOWN) tests/flows/test_kills.py tests/flows/test_busy_sqlite.py

# Needs LIVESHOP_ORACLES.
payouts-long: $(STAMP)
	$(LONG) -n auto -v tests/flows/test_payout_kills.py

fuzz-long: $(STAMP)
	$(LONG) $(SHOWN) tests/properties/test_hostile_inputs.py tests/properties/test_hostile_letters.py \
	  tests/properties/test_story_rules.py tests/web/test_mutated_webhooks.py

check-format: $(STAMP)
	$(BIN)/ruff format --check .

check-lint: $(STAMP)
	$(BIN)/ruff check .

check-types: $(STAMP)
	$(BIN)/mypy

check-floors: $(STAMP)
	$(BIN)/lint-imports

docs: $(STAMP)
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going -b html docs docs/_build/html

bench: $(STAMP)
	@test -f bench/__main__.py || { echo "bench/ holds no benchmarks yet" >&2; exit 2; }
	$(BIN)/python -m bench $(ARGS)

fmt: $(STAMP)
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock: $(STAMP)
	$(LOCK) $(ARGS) requirements/build.in -o requirements/build.txt
	$(LOCK) $(ARGS) --extra excel --extra parquet --extra pdf --extra postgres --extra sepa --extra testing pyproject.toml requirements/dev.in -o requirements/dev.txt
