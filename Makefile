# One verb for each thing a person does here; continuous integration (.ci/run) uses the same ones.
#
# The law: what is done is remembered in stamps inside .venv, so that a second call of a verb repeats nothing; a .venv
# that was interrupted, moved, or whose Python is gone is made anew. Only `lock` and `words` write files that are kept.

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

HOST ?= 127.0.0.1
PORT ?= 8000
# The first of these that is 3.11 or newer is used; `make PYTHON=/a/path/python3 setup` chooses another.
PYTHON ?= python3 python3.13 python3.12 python3.11
TESTS ?=

VENV := .venv
BIN := $(VENV)/bin
EACH := gateway openapi portal plugins demo bench tests
TYPED := $(foreach folder,$(EACH),$(if $(wildcard $(folder)/*.py $(folder)/*/*.py),$(folder))) $(wildcard wsgi.py)
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard portal/locales/*/LC_MESSAGES/*.po))

# Measured from nothing to the first import: 9 s with these, 14 s without. --no-compile: only what is imported is
# compiled, once, by Python itself. --no-deps: the lock already names every package. Wheels only: there may be no compiler.
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input \
	--no-compile --no-deps --only-binary :all: --require-hashes
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock" $(UPGRADE)

##@ Use it
help: ## This list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: setup ## Everything, with demonstration data, at http://127.0.0.1:8000 (HOST= and PORT= change it)
	@HOST='$(HOST)' PORT='$(PORT)' exec $(BIN)/python -m demo

setup: $(VENV)/.runtime $(CATALOGUES) ## What running needs: .venv with the pinned packages, compiled words

compiled: $(VENV)/.dev ## Compile what a call runs through, for more calls a second (needs a C compiler)
	@$(BIN)/python -m gateway.compiling

##@ Change it
check: $(VENV)/.dev $(CATALOGUES) ## Format, lint, templates, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(if $(wildcard portal/templates),$(BIN)/python -m djlint portal/templates --lint --quiet)
	@$(BIN)/python -m mypy $(TYPED)
	@$(BIN)/lint-imports
	@$(BIN)/python -m pip check --disable-pip-version-check

test: $(VENV)/.dev $(CATALOGUES) ## Every test, on every core (TESTS=tests/a/part for some of them)
	@$(BIN)/python -m pytest -q -n logical --dist worksteal $(TESTS)

bench: $(VENV)/.dev ## The gateway beside nginx, HAProxy and its own plain lane, in one run (BENCH="--quick json")
	@$(BIN)/python -m bench $(BENCH)

fix: $(VENV)/.dev ## Put right what can be put right without a person: format, imports, small faults
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

words: $(VENV)/.dev ## Bring the English and French catalogues up to date with the sources
	@$(BIN)/python -m portal.catalogues

lock: $(VENV)/.dev ## Pin what requirements*.in ask for (UPGRADE=--upgrade for the newest)
	@$(LOCK) requirements.in -o requirements.txt
	@$(LOCK) requirements-dev.in -o requirements-dev.txt

clean: ## Remove .venv, caches, compiled words and code; the data in var/ stays
	@rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .grimp_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@rm -f $(CATALOGUES)

# --- how .venv comes to be ------------------------------------------------------------------------------------------

# Sound: it was made here, its Python still runs, and no installation was cut short.
sound := $(shell test ! -e $(VENV)/.unfinished && test -x $(BIN)/python && cat $(VENV)/.python 2>/dev/null)

ifneq ($(sound),$(CURDIR))
$(VENV)/.python: again
endif

$(VENV)/.python:
	@for python in $(PYTHON); do \
		if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Creating $(VENV) with $$($$python --version)."; \
			$$python -m venv --clear $(VENV) && printf '%s' '$(CURDIR)' >$@ && exit 0; \
			exit 1; \
		fi; \
	done; \
	echo "Guichet needs Python 3.11 or newer with its venv module (on Debian: apt-get install python3-venv);" \
		"none of these is: $(PYTHON). Name one with make PYTHON=..." >&2; \
	exit 1

$(VENV)/.runtime: requirements.txt $(VENV)/.python
	@echo "Installing the pinned packages of $< (about 40 MB)."
	@touch $(VENV)/.unfinished
	@$(PIP_INSTALL) -r $<
	@rm $(VENV)/.unfinished
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@echo "Installing what checks and tests need, from $< (about 200 MB)."
	@touch $(VENV)/.unfinished
	@$(PIP_INSTALL) -r $<
	@rm $(VENV)/.unfinished
	@touch $@

%.mo: %.po | $(VENV)/.runtime
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

.PHONY: help run setup compiled check test bench fix words lock clean again
