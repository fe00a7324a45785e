# Coverslip: `make demo` runs it, `make test` tests it. Nothing else is needed on a machine with Python 3.11 and pip.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?= 8400
DATA   ?= demo-data
SHARED ?= ../shared/data
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test test-real fuzz lint format bench web api clean

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

demo: $(VENV)/.demo web  ## the demo region in a browser; ONCE=1 walks one case through it headless
	$(BIN)/coverslip demo --data-dir $(DATA) --port $(PORT) $(if $(ONCE),--once)

test: $(VENV)/.test web system-packages  ## every test that needs nothing from outside
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not real" $(if $(TESTS),$(TESTS),tests)
	$(BIN)/python build_web.py npm run test

test-real: $(VENV)/.test web system-packages  ## the real slides, images and messages of SHARED
	COVERSLIP_SHARED_DATA=$(abspath $(SHARED)) $(BIN)/python -m pytest -m real tests/real

fuzz: $(VENV)/.test  ## 20,000 damaged slide files of every format through the decoders
	$(BIN)/python -m coverslip.testing.fuzz --count $(if $(COUNT),$(COUNT),20000)

lint: $(VENV)/.test web  ## ruff, mypy, layers, eslint, type checks, API drift
	$(BIN)/ruff check src tests bench build_web.py
	$(BIN)/ruff format --check src tests bench build_web.py
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python build_web.py npm run lint
	$(BIN)/python build_web.py npm run check:api

format: $(VENV)/.test  ## put the code in its format
	$(BIN)/ruff check --fix src tests bench build_web.py
	$(BIN)/ruff format src tests bench build_web.py

bench: $(VENV)/.bench $(VENV)-wsidicomizer/.installed $(VENV)-readers/.installed web  ## measure against peers, write docs/validation/performance.md
	BENCH_PEERS_PYTHON=$(abspath $(VENV)-readers/bin/python) $(BIN)/python bench/run.py

web: $(VENV)/.build  ## the web pages and the report's fonts
	@$(BIN)/python build_web.py

api: $(VENV)/.test  ## write the API's description and the front end's types anew
	$(BIN)/python -m coverslip.server.openapi > web/openapi.json
	$(BIN)/python build_web.py npm run generate:api

.PHONY: system-packages
system-packages:
	@tests/install_system_packages.sh

# --without-pip: Debian's python3 has no ensurepip unless python3-venv is installed.
$(BIN)/python:
	$(PYTHON) -m venv --without-pip $(VENV)
	$(PYTHON) -m pip --disable-pip-version-check --python $(BIN)/python install --quiet --constraint constraints.txt pip

$(VENV)/.build: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[build]'
	@touch $@

$(VENV)/.demo: $(VENV)/.build
	$(PIP) --editable '.[build,demo]'
	@touch $@

$(VENV)/.test: $(VENV)/.build
	$(PIP) --editable '.[build,demo,test]'
	@touch $@

$(VENV)/.bench: $(VENV)/.test
	$(PIP) --editable '.[build,demo,test,bench]'
	@touch $@

# Needs another wsidicom than Coverslip does. The newest that runs on Python 3.11.
$(VENV)-wsidicomizer/.installed: | $(BIN)/python
	$(PYTHON) -m venv --without-pip $(VENV)-wsidicomizer
	$(BIN)/python -m pip --disable-pip-version-check --python $(VENV)-wsidicomizer/bin/python install --quiet wsidicomizer==0.26.1
	@touch $@

# Readers to measure against. cucim alone of its three gigabytes: it reads slides without the rest and without a GPU.
$(VENV)-readers/.installed: | $(BIN)/python
	$(PYTHON) -m venv --without-pip $(VENV)-readers
	$(BIN)/python -m pip --disable-pip-version-check --python $(VENV)-readers/bin/python install --quiet --no-deps cucim-cu12==26.10.0
	$(BIN)/python -m pip --disable-pip-version-check --python $(VENV)-readers/bin/python install --quiet lazy_loader numpy pillow simplejpeg tifffile imagecodecs openslide-bin==4.0.1.2 openslide-python==1.4.7 large-image-source-tiff==1.35.6 fastapi uvicorn uvloop httptools
	@touch $@

clean:  ## remove what was built (never the data)
	rm -rf $(VENV) $(VENV)-wsidicomizer $(VENV)-readers web/node_modules src/coverslip/server/pages src/coverslip/reports/fonts
