# Each target is one command of the project; `make up` and `make test` work on a fresh machine.
PY := .venv/bin/python
SEEDS ?= 200
SEED ?= 1
MINUTES ?= 10
FAULTS ?= all

up: .venv/console.stamp
	@.venv/bin/sentinel up

test: check .venv/console.stamp
	@$(PY) -m pytest -n 2 --no-loadscope-reorder --durations=10

check: .venv/dev.stamp
	@sh deploy/dev/check.sh

sim: .venv/dev.stamp
	@$(PY) -m tests.sim --seeds $(SEEDS)

chaos: .venv/dev.stamp
	@$(PY) -m tests.chaos --seed $(SEED) --minutes $(MINUTES) --faults $(FAULTS)

bench: .venv/dev.stamp .venv/console.stamp
	@$(PY) -m bench && $(PY) -m bench.console && $(PY) -m bench.rota

screenshots: .venv/console.stamp .venv/dev.stamp
	@$(PY) -m tests.console.screenshots

openapi: .venv/dev.stamp
	@$(PY) -m tests.contract.test_openapi

.venv/console.stamp: .venv/ui.stamp $(shell find ui -name '*.py' -o -name '*.jsx' -o -name '*.css' | grep -v _site)
	@echo "  the console's pages …"; $(PY) -m ui.build >.venv/console.log 2>&1 || { cat .venv/console.log; exit 1; }
	@touch $@

.venv/%.stamp: requirements/%.txt deploy/dev/env.sh
	@sh deploy/dev/env.sh $*

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: up test check sim chaos bench screenshots openapi clean
