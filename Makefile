# Every target sets up what it needs, without root; see deploy/setup.sh.
.DEFAULT_GOAL := help
.PHONY: help run demo test lint bench torture fuzz lock clean
SHELL := /bin/sh
PYTHON_BIN := .venv/bin/python

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Tuntas on this machine, with all its parts; data are kept in var/
	@deploy/setup.sh requirements-local.txt
	@$(PYTHON_BIN) -m deploy.local run

demo: ## A simulated city on a fast clock; begins anew each time
	@deploy/setup.sh requirements-local.txt
	@$(PYTHON_BIN) -m deploy.local demo

test: ## Every check and test
	@deploy/setup.sh requirements-dev.txt
	@deploy/system_parts.sh
	@$(MAKE) --no-print-directory lint
	@$(PYTHON_BIN) -m pytest

lint: ## Style, types, layout
	@deploy/setup.sh requirements-dev.txt
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

bench: ## Measure; JSON and a table
	@deploy/setup.sh requirements-dev.txt
	@$(PYTHON_BIN) -m bench

torture: ## Kill everything while mails flow (needs root); nothing may be lost or doubled
	@deploy/setup.sh requirements-dev.txt
	@deploy/system_parts.sh
	@$(PYTHON_BIN) -m bench.torture_mail

SECONDS = 60
fuzz: ## Random mails for SECONDS=60; what breaks the reader is kept in out/fuzz
	@deploy/setup.sh requirements-dev.txt
	@deploy/setup.sh requirements-fuzz.txt
	@$(PYTHON_BIN) -m tests.fuzz.mail $(SECONDS)

lock: ## Pin all requirements*.in anew (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv." >&2; exit 1; }
	@for name in requirements requirements-local requirements-dev requirements-fuzz; do \
		uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
			--no-emit-find-links --no-header $$name.in -o $$name.txt || exit 1; done

clean: ## Remove the Python environment and caches; data in var/ stay
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
