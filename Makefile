# The only commands a newcomer needs. Each makes its own environment in .venv from hash-pinned requirements.
.PHONY: help run test test-browser check bench format

# What the caller has set for a running book, and this make for its own, must not reach the tests.
alone = unset MAKEFLAGS MFLAGS MAKELEVEL $$(env | sed -n 's/^\(MISSIONBOOK_[A-Za-z0-9_]*\)=.*/\1/p');

help:
	@echo 'make run           start Missionbook on http://127.0.0.1:8000 (Ctrl-C stops it)'
	@echo 'make test          run every test but the browser ones'
	@echo 'make test-browser  drive the pages with Chromium'
	@echo 'make check         lint, types, import contracts'
	@echo 'make bench         measure the promises of speed'

run:
	@.ci/environment && exec .venv/bin/missionbook serve

test:
	@.ci/environment --dev && $(alone) exec .venv/bin/python -m pytest -n auto --maxprocesses 4

test-browser:
	@.ci/environment --dev && .ci/chromium && $(alone) exec .venv/bin/python -m pytest tests/browser

check:
	@.ci/environment --dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo
	.venv/bin/python -m pip check

bench:
	@.ci/environment --dev && $(alone) exec .venv/bin/python -m bench

format:
	@.ci/environment --dev
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
