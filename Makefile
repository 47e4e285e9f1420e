# `make help` lists the targets. Everything is installed and built inside this folder.
.DEFAULT_GOAL := help
.PHONY: help setup run test test-large bench screenshots capture lint format lock frontend messages clean

base := .venv/.installed-base
dev := .venv/.installed-dev
bench := .venv/.installed-bench
client := .build/client/.installed
gradio := .build/gradio/.installed
npm_base := frontend/node_modules/.installed-base
npm_dev := frontend/node_modules/.installed-dev
dist := static/dist/.built
# Folders too: their time changes when a file is added or removed.
frontend_sources := $(shell find frontend/src frontend/css) frontend/build.js frontend/fonts.js frontend/icons.js frontend/icons.json
npm_lock := frontend/package.json frontend/package-lock.json frontend/.npmrc

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' Makefile | column -t -s '|' 2>/dev/null || grep '## ' Makefile

setup: $(base) ## Prepare .venv (PYTHON=... to choose the interpreter)
	@echo "Ready: make run, or .venv/bin/python manage.py help"

run: $(base) $(dist) ## Run the portal, its worker and its broker (PORT=8000 DATA_DIR=var)
	@exec .venv/bin/python manage.py run

test: $(dev) $(client) $(gradio) $(npm_dev) $(dist) ## Run all tests on both stacks (ARGS="-k name" for pytest)
	@scripts/browser
	@scripts/test $(ARGS)

test-large: $(dev) $(client) $(gradio) $(dist) ## Run the slow rest: large archives, random requests, accidents, variants, benchmarks; pages on PostgreSQL
	@scripts/browser
	@failed=; .venv/bin/python -m pytest -m large $(ARGS) || failed=1; \
	scripts/test -m "accident or deferred or variant" $(ARGS) && [ -z "$$failed" ]

bench: $(bench) $(client) $(dist) ## Compare the portal with other programs (JSON=FILE ONLY=zip,export ROUNDS=5)
	@.venv/bin/python -m bench $(if $(JSON),--json "$(JSON)") $(if $(ONLY),--only "$(ONLY)") $(if $(ROUNDS),--rounds "$(ROUNDS)")

screenshots: $(dev) $(npm_dev) $(dist) ## Write pictures of all pages and print their weight and speed (DIR=.build/screenshots ONLY=session WIDTHS=1440)
	@scripts/browser
	@.venv/bin/python -m tests.screenshots "$(or $(DIR),.build/screenshots)" $(if $(ONLY),--only "$(ONLY)") $(if $(WIDTHS),--widths "$(WIDTHS)")

capture: $(dev) $(npm_dev) $(dist) ## Write an animated picture of the demo session; needs ffmpeg (FILE=docs/capture.webp)
	@scripts/browser
	@.venv/bin/python -m tests.screenshots.capture "$(or $(FILE),docs/capture.webp)"

lint: $(dev) $(client) $(npm_dev) ## Check style, types, layers, templates, front end and production settings
	@scripts/lint

format: $(dev) $(npm_dev) ## Format Python, templates, JavaScript and CSS
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format . ; .venv/bin/djlint --quiet --reformat templates ; scripts/frontend format

lock: $(dev) ## Update requirements/*.txt and the npm lock files
	@scripts/lock

frontend: $(base) $(dist) ## Build the front end into static/dist

messages: $(base) ## Extract the strings of all sources into the catalogs of translations
	@.venv/bin/python manage.py extract_messages

clean: ## Remove installed packages and builds; var is not touched
	rm -rf .venv .build static/dist static/locale frontend/node_modules requirements/chromium/node_modules
	rm -f */locale/*/LC_MESSAGES/*.mo
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*

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

$(npm_dev): $(npm_lock) | $(base)
	@scripts/frontend install-dev

$(npm_base): $(npm_lock) | $(base)
	@scripts/frontend install-base

$(dist): $(npm_base) $(frontend_sources)
	@scripts/frontend build
