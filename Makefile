# `make help` lists what there is. Everything lands in .venv, .build, node_modules and var; nothing outside of this folder.
.DEFAULT_GOAL := help
.PHONY: help setup run test bench lint format lock vendor clean

base := .venv/.installed-base
dev := .venv/.installed-dev
bench := .venv/.installed-bench
client := .build/client/.installed
gradio := .build/gradio/.installed

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1|/p' Makefile | column -t -s '|' 2>/dev/null || grep '## ' Makefile

setup: $(base) ## Prepare .venv (PYTHON=... to choose the interpreter)
	@echo "Ready: make run, or .venv/bin/python manage.py help"

run: $(base) ## Run the portal, its worker and its broker (PORT=8000 DATA_DIR=var)
	@exec .venv/bin/python manage.py run

test: $(dev) $(client) $(gradio) ## Run every test on both stacks (ARGS="-k name" for pytest)
	@scripts/browser
	@$(if $(ARGS),,.build/client/bin/python -m pytest --quiet client)
	@scripts/test $(ARGS)

bench: $(bench) $(client) ## Measure the portal beside its peers (JSON=FILE ONLY=zip,export ROUNDS=5)
	@.venv/bin/python -m bench $(if $(JSON),--json "$(JSON)") $(if $(ONLY),--only "$(ONLY)") $(if $(ROUNDS),--rounds "$(ROUNDS)")

lint: $(dev) $(client) ## Check style, types, layers, migrations and production settings
	@scripts/lint

format: $(dev) ## Put the code into the house's form
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

lock: $(dev) ## Renew requirements/*.txt and package-lock.json
	@scripts/lock

vendor: ## Copy the front end's libraries from npm to static/vendor
	@scripts/vendor

clean: ## Remove what was installed and built; var stays
	rm -rf .venv .build node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*

$(base): requirements/base.txt scripts/install
	@scripts/install base

$(dev): $(base) requirements/dev.txt
	@scripts/install dev

$(bench): $(base) requirements/bench.txt
	@scripts/install bench

$(client): $(dev) requirements/client.txt client/pyproject.toml scripts/client
	@scripts/client client

$(gradio): $(dev) requirements/gradio.txt client/pyproject.toml scripts/client
	@scripts/client gradio
