# make demo    the bot and pretended phones on this machine, no account needed
# make test    everything, offline once the packages are installed (ARGS="-k enrol" for some of it, JOBS=0 in one process)
# make check   style and types
# make clean   what the others left behind; never the database
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt
ARGS ?=
JOBS ?= auto
# Databases of tests lie in memory where there is a gigabyte of room: they wait for no disk.
ROOM = $$(df --output=avail /dev/shm 2>/dev/null | tail -n 1)
MEMORY = $$([ "$(ROOM)" -gt 1000000 ] 2>/dev/null && echo /dev/shm || echo /tmp)

.PHONY: demo test check clean

demo: .venv/run.stamp
	@exec $(BIN)/python -m bot demo $(ARGS)

test: .venv/dev.stamp
	@TMPDIR="$${TMPDIR:-$(MEMORY)}" $(BIN)/python -m pytest -n $(JOBS) $(ARGS)

check: .venv/dev.stamp
	@$(BIN)/ruff check --output-format=concise .; style=$$?; $(BIN)/mypy bot conversations tests && exit $$style

clean:
	rm -rf .venv var/demo *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find bot conversations tests -name __pycache__ -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Python 3.11 or newer is needed; name one with: make PYTHON=python3.11 …' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	  { echo 'This Python cannot make virtual environments. On Debian and Ubuntu: sudo apt install python3-venv' >&2; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/run.stamp: .venv/bin/python pyproject.toml constraints.txt
	@echo 'Installing packages, a minute or two the first time …'
	@$(PIP) -e .
	@touch $@

.venv/dev.stamp: .venv/run.stamp
	@echo 'Installing what the tests need …'
	@$(PIP) -e '.[dev]'
	@touch $@
