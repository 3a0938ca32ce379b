# Everything a reader, an instructor or a maintainer types. `make help` lists it.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
CHAPTERS = $(shell find book -name '*.ipynb' -not -path '*/.*' | sort)

export PYTHONUTF8 = 1
export PYDEVD_DISABLE_FILE_VALIDATION = 1

.DEFAULT_GOAL := help
.PHONY: help env site pdf serve test test-browser test-class lint notebooks report portable assignments bench release constraints clean distclean

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: $(STAMP)  ## create the environment in .venv (the other commands do it when it is missing)

$(STAMP): pyproject.toml constraints.txt book/_ext/web/package-lock.json
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"nncourse needs Python 3.11 or newer; {sys.executable} is {v.major}.{v.minor}. Name another with: make PYTHON=python3.12")'
	@cat $^ | cmp -s - $@ || { set -e; \
	  echo "Creating the environment in $(VENV): a few minutes, once."; \
	  $(PYTHON) -m venv $(VENV); \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[book,test,peers,fast,nbgrader]"; \
	  $(BIN)/python -m tools.web; \
	  cat $^ > $@; }
	@touch $@

site: $(STAMP)  ## build the website into _build/html, warnings are errors, and check every page
	$(BIN)/jupyter-book build . -W -n --keep-going
	$(BIN)/python -m tools.check_site

pdf: site  ## print the whole course to _build/nncourse.pdf, and link it from the website (needs Chromium)
	$(BIN)/python -m tools.pdf
	$(MAKE) site

serve: site  ## build the website and serve it on localhost, port 8000
	$(BIN)/python -m http.server 8000 --bind 127.0.0.1 --directory _build/html

lint: $(STAMP)  ## check style and docstrings of the code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

test: lint  ## run every test, and every cell of every chapter against its stored output
	$(BIN)/pytest -n 2

test-class: $(STAMP)  ## collect and grade a class of notebooks with every kind of trouble (some minutes)
	$(BIN)/pytest -n 2 tests/classes

test-browser: site  ## run every chapter in its page, in a browser, and try all that a reader can touch (needs Chromium)
	$(BIN)/pytest tests/browser/test_weights.py
	$(BIN)/pytest -n 2 --dist worksteal tests/browser --ignore tests/browser/test_weights.py

notebooks: $(STAMP)  ## run the chapters in place and normalise them (ONLY=path for one)
	$(BIN)/python -m tools.notebooks $(or $(ONLY),$(CHAPTERS))

report: $(STAMP)  ## run every chapter and print a table of what was verified
	$(BIN)/python -m tools.report

portable: $(STAMP)  ## build a copy with Jupyter Book 2, and compare its warnings with the record
	$(BIN)/python -m tools.portable

assignments: $(STAMP)  ## write the exercises as assignments of nbgrader (TO=folder, ONLY=chapter for one)
	$(BIN)/python -m tools.assignments $(or $(TO),_build/assignments) $(if $(ONLY),--chapter $(ONLY))

bench: $(STAMP)  ## time the package against PyTorch, scikit-learn and gensim, side by side
	$(BIN)/python -m benchmarks

release: $(STAMP)  ## fill dist/ with what a release consists of, from a clean commit, after make test and make pdf
	$(BIN)/python -m tools.release

constraints:  ## renew constraints.txt from a fresh environment
	$(PYTHON) -m tools.constraints

clean:  ## remove what was built; the environment stays
	rm -rf _build dist .pytest_cache .ruff_cache .hypothesis

distclean: clean  ## remove the environment too
	rm -rf $(VENV) .venv-portable *.egg-info
