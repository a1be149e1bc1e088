# Every target sets itself up: python3 (3.11 or newer) with pip and venv, and make, is all a machine needs.
#
#   make demo              the product at work on a sample shop; ARGS=--once ends by itself
#   make test              ruff, mypy and pytest; ARGS is handed to pytest
#   make lint              ruff and mypy only
#   make bench             speed beside PostgreSQL itself and pgbouncer, a report in build/bench; ARGS=--list, ARGS=--help
#   make bench-connections idle, slow, vanished and hostile clients: memory and logins; ARGS=--help
#   make regress DIR=…     plans the statements of a folder of .sql files (PostgreSQL's src/test/regress/sql); ARGS=--help
#   make fuzz              1,000,000 executions over two processes; ARGS="--what wire --runs N --jobs N --seed N"
#   make soak              the long forms: random statements, attacks, fuzzing; ARGS="--statements N --runs N --only NAME"
#   make image-check       installs what docker/Dockerfile installs, as it does, into build/image, and runs maskgate from there
#   make lock              writes requirements.lock anew from pyproject.toml, and its parts; ARGS=--upgrade takes newer versions
#   make clean             removes everything make wrote here

PYTHON ?= python3
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
FUZZ_TOOLS := build/fuzz-tools
DEPLOY_TOOLS := build/deploy-tools
IMAGE := build/image
LOCK_TOOLS := build/lock
PIP_TOOLS := 7.6.2
PIP_COMPILE = env -u PIP_FIND_LINKS CUSTOM_COMPILE_COMMAND="make lock" $(LOCK_TOOLS)/bin/pip-compile --quiet \
	--generate-hashes --strip-extras --allow-unsafe --no-emit-find-links --no-emit-index-url --no-emit-trusted-host

# Settings of the caller's shell that would send packages elsewhere than into $(VENV), or ask a hash of the project itself.
unexport PYTHONPATH PYTHONHOME PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_CONSTRAINT PIP_REQUIRE_HASHES

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench bench-connections regress fuzz soak image-check lock clean

help:
	@sed -n 's/^#   //p' Makefile

demo: $(STAMP)
	@$(BIN)/maskgate demo $(ARGS)

test: lint $(DEPLOY_TOOLS)
	@$(BIN)/python -m pytest -n 2 $(ARGS)

lint: $(STAMP)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary

bench: $(STAMP)
	@$(BIN)/python -m benchmarks $(ARGS)

bench-connections: $(STAMP)
	@$(BIN)/python -m benchmarks.connections $(ARGS)

regress: $(STAMP)
	@$(BIN)/python -m tests.tools.regress $(ARGS) $(or $(DIR),$(error say which folder: make regress DIR=…/src/test/regress/sql))

fuzz: $(FUZZ_TOOLS)
	@PYTHONPATH=$(FUZZ_TOOLS) $(BIN)/python -m tests.fuzz $(ARGS)

soak: $(FUZZ_TOOLS)
	@PYTHONPATH=$(FUZZ_TOOLS) $(BIN)/python -m tests.soak $(ARGS)

# In a folder of its own: the tests and the product never see it. Where there is no wheel of it, fuzzing does without.
$(FUZZ_TOOLS): $(STAMP) tests/fuzz/requirements.txt
	@mkdir -p $@
	@$(PIP) install --upgrade --target $@ --only-binary :all: --no-deps --require-hashes -r tests/fuzz/requirements.txt \
		|| echo "atheris cannot be had for this machine: fuzzing without it"
	@touch $@

# hadolint, the compose schema and a PromQL parser for tests/deploy. Where one cannot be had, its tests say so and are skipped.
$(DEPLOY_TOOLS): $(STAMP) tests/deploy/requirements.txt
	@mkdir -p $@
	@$(PIP) install --upgrade --target $@ --only-binary :all: --no-deps --require-hashes -r tests/deploy/requirements.txt \
		|| echo "the linters of docker/ cannot be had for this machine: testing without them"
	@touch $@

# The same commands as in docker/Dockerfile, which tests/deploy/test_image.py holds to it; then tests/deploy/built.py on the result.
image-check: $(STAMP)
	@rm -rf $(IMAGE) $(IMAGE)-build
	@$(PYTHON) -m venv $(IMAGE)-build
	@$(PYTHON) -m venv --without-pip $(IMAGE)
	@$(IMAGE)-build/bin/pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes -r docker/build.lock
	@$(IMAGE)-build/bin/pip --python $(IMAGE)/bin/python install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
		--require-hashes -r docker/runtime.lock
	@$(IMAGE)-build/bin/pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir $(IMAGE)-build/wheel .
	@$(IMAGE)-build/bin/pip --python $(IMAGE)/bin/python install --quiet --disable-pip-version-check --no-deps $(IMAGE)-build/wheel/*.whl
	@$(IMAGE)-build/bin/pip --python $(IMAGE)/bin/python check --disable-pip-version-check
	@$(BIN)/python -m pytest tests/deploy/built.py $(ARGS)

# Once at the start, and again whenever the lock or the project file is newer than the stamp.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed; say which: make PYTHON=python3.12")'
	@echo "Setting up $(VENV): a minute or two, once"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes --no-deps -r requirements.lock  # the lock is whole: nothing is left to resolve
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

# The locks are resolved on the oldest Python we support and hold the hashes of every platform's wheels.
lock:
	@$(PYTHON) -m venv $(LOCK_TOOLS)
	@$(LOCK_TOOLS)/bin/python -m pip --quiet --disable-pip-version-check install pip-tools==$(PIP_TOOLS)
	@$(PIP_COMPILE) $(ARGS) --extra demo --extra dev --output-file requirements.lock pyproject.toml
	@# Parts of it, at its versions: what the image runs, and what builds the package that goes into it.
	@$(PIP_COMPILE) --constraint requirements.lock --output-file docker/runtime.lock pyproject.toml
	@$(PIP_COMPILE) --constraint requirements.lock --only-build-deps --build-deps-for wheel --output-file docker/build.lock pyproject.toml
	@$(PIP_COMPILE) $(ARGS) --output-file tests/deploy/requirements.txt tests/deploy/requirements.in

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
