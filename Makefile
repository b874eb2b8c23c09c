# Two commands for a newcomer: `make demo` and `make test`. Everything lives in .venv.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
DEMO := examples/support_bot

.PHONY: help demo test nightly lint bench wheel clean

help:  ## Show these lines
	@grep -hE '^[a-z]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 10

demo: .venv/demo  ## Set up, index the sample company's documents, ask as different people, check recall
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh $(DEMO)/demo.sh

test: .venv/dev  ## Set up and run every test
	@test -n "$$HYBRID_BROWSER" || command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
	  echo "no Chromium, so the tests of the page are skipped; run: apt-get install chromium, or name one in HYBRID_BROWSER"
	$(BIN)/python -m pytest -n 2 --dist loadfile -q -m "not nightly"

nightly: .venv/dev  ## Run the long tests: hundreds of kills, thousands of generated cases
	$(BIN)/python -m pytest -q -m nightly --timeout 3600

lint: .venv/dev  ## Format, lint, types, and the arrows between packages
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	PYTHONPATH=.:connectors:indexes:adapters $(BIN)/lint-imports

bench: .venv/bench  ## Measure speed and quality against the peers; prints tables, writes benchmarks/results
	$(BIN)/python -m benchmarks

wheel: .venv/dev  ## Build the distribution
	$(BIN)/python -m build --wheel --outdir dist .

clean:  ## Remove what the other targets made
	rm -rf .venv dist $(DEMO)/.hybrid

# torch comes first and by itself: any other release would bring gigabytes of CUDA along.
.venv/base: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(PIP) install --upgrade 'pip>=25.1'
	$(PIP) install -c constraints.txt torch
	@touch $@

.venv/demo: .venv/base
	$(PIP) install -c constraints.txt -e '.[offline,parse,local]'
	@touch $@

.venv/dev: .venv/demo
	$(PIP) install -c constraints.txt -e '.[all]' --group dev
	@touch $@

.venv/bench: .venv/dev
	$(PIP) install -c constraints.txt --group bench
	@touch $@
