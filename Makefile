PORT ?= 8000
PYTHON := .venv/bin/python
DEV := .venv/requirements-dev.txt
# Programs that speak to the portal from outside, in an environment of their own as at their users'.
CLIENTS := .venv-clients/requirements-clients.txt
# The development environment holds all of the runtime one, so a demo is content with either.
RUNTIME := $(firstword $(wildcard $(DEV)) .venv/requirements.txt)

# What production must set, so that the checks judge a deployment; the database is never opened.
PRODUCTION := SECRET_KEY=a-key-for-the-checks-only-0123456789-abcdefghijklmnopqrstuvwxyz \
	ALLOWED_HOSTS=proffer.example SMTP_HOST=mail.example DATABASE_URL=sqlite://:memory:

.DELETE_ON_ERROR:
.PHONY: help demo test bench lint format lock clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

demo: $(RUNTIME) ## Run the demonstration on http://127.0.0.1:8000 (PORT=... for another port)
	@PROFFER_DEMO=1 exec $(PYTHON) manage.py demo --port $(PORT)

# So that no test meets a developer's own database.
ALONE := env -u DATABASE_URL -u DATABASE_REPLICA_URL -u DATABASE_POOLER

test: $(DEV) $(CLIENTS) ## Run all tests, on SQLite and then on PostgreSQL
	.ci/tools
	$(ALONE) $(PYTHON) -m pytest -n 2
	$(ALONE) $(PYTHON) -m pytest -n 2 -p tests.postgresql

# BENCH="--keep FOLDER" keeps the seeded server for the next time; python -m tests.bench.scale --help tells more.
bench: $(DEV) ## Measure every page and API operation at 10 k, 1 M and 10 M memberships (40 GB of disk, an hour and a half)
	.ci/tools
	$(ALONE) $(PYTHON) -m tests.bench.scale --json tests/bench/results.json --plot .readme/scale.svg $(BENCH)

lint: $(DEV) ## Check format, style, types, migrations and deployment settings
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m ruff check
	$(PRODUCTION) $(PYTHON) -m mypy
	$(PRODUCTION) $(PYTHON) manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(PYTHON) manage.py check --deploy --fail-level WARNING

format: $(DEV) ## Format the code and mend what ruff can mend
	$(PYTHON) -m ruff check --fix-only
	$(PYTHON) -m ruff format

LOCK = $(PYTHON) -m uv pip compile --quiet --universal --python-version 3.12 --generate-hashes \
	--custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade)

lock: $(DEV) ## Write the lock files from pyproject.toml (UPGRADE=1 for newer versions)
	$(LOCK) pyproject.toml --output-file requirements.txt
	$(LOCK) pyproject.toml --group dev --constraint requirements.txt --output-file requirements-dev.txt
	$(LOCK) --group clients --output-file requirements-clients.txt

clean: ## Remove all that make made, the demonstration's data too
	rm -rf .venv .venv-clients var .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/%.txt: %.txt
	@.ci/venv $<

.venv-clients/%.txt: %.txt
	@.ci/venv $< .venv-clients
