# Every target does its own set-up. Needs Python >= 3.11 and make.
PYTHON ?= python3
VENV   ?= .venv
RUN    := $(VENV)/bin/python

.PHONY: help sweep measure all-tasks test test-slow golden lint docs notebooks run-notebooks wheel smoke bench bench-accelerator bench-regions bench-reviews bench-sequences bench-ratings bench-words bench-characters bench-shakespeare bench-double-descent bench-report chaos churn lock clean

help:              ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 15

measure: $(VENV)/ok ## the exact geometry of every member of that study, then all figures: some three minutes
	$(RUN) -m nlpfeat measure --study=runs/spirals
	$(RUN) -m nlpfeat plot --study=runs/spirals

sweep: $(VENV)/ok  ## the main job: sweep hidden width on spirals, then the figures
	$(RUN) -m nlpfeat sweep spirals --plot

SIZE ?= two_cores
ALL_TASKS = $(shell $(RUN) -c 'import runpy; print(*runpy.run_path("configs/all_tasks.py")["get_config"].variants)')
all-tasks: $(VENV)/ok ## every task swept over width, rate and time, 90 minutes on two cores, then the tables (SIZE=look: 20 minutes; full, smoke)
	for variant in $(filter $(SIZE)/%,$(ALL_TASKS)); do $(RUN) -m nlpfeat sweep all_tasks:$$variant || exit 1; done
	$(RUN) -m nlpfeat across-tasks --folder=runs/all_tasks-$(SIZE)
	$(RUN) -m nlpfeat across-tasks --folder=runs/all_tasks-$(SIZE) --select=learning_rate,step

test: $(VENV)/ok   ## the tests, without the slow ones: some ten minutes on two cores
	$(RUN) -m pytest -n 2 --dist loadscope $(TESTS)

test-slow: $(VENV)/ok ## the slow tests: hours of training, compiled as users do
	XLA_FLAGS= $(RUN) -m pytest -m slow $(TESTS)

golden: $(VENV)/ok ## put the numbers of every row of the table on file, for tests/test_every_task.py
	XLA_FLAGS= $(RUN) -m tests.golden $(TASKS)

lint: $(VENV)/ok   ## ruff, pyright, and oxlint for the scripts of pages
	$(RUN) -m ruff check .
	$(VENV)/bin/oxlint --deny-warnings nlpfeat/report/web tests/web
	$(RUN) -m ruff format --check .
	$(RUN) -m pyright --pythonpath $(RUN)

docs: $(VENV)/ok   ## the documentation site, in docs/_build/index.html; a broken link or reference is an error
	$(RUN) -m sphinx --quiet --fail-on-warning --keep-going docs docs/_build

notebooks: $(VENV)/ok ## open the notebooks in Jupyter
	$(VENV)/bin/jupyter lab notebooks

run-notebooks: $(VENV)/ok ## run the notebooks and store their outputs, some ten minutes (NOTEBOOKS=notebooks/spirals.ipynb: one of them)
	$(RUN) -m tests.notebooks $(NOTEBOOKS)

wheel: $(VENV)/ok  ## the wheel, in dist/
	$(RUN) -m build --wheel

smoke: $(VENV)/ok  ## every command once, at toy size: some two minutes
	$(RUN) -m tests.smoke

bench: $(VENV)/ok  ## a training step and the whole sweep beside PyTorch, plain JAX and the floor, with the figure: a quarter of an hour
	$(RUN) -c 'import torch' 2>/dev/null || $(RUN) -m pip install --quiet 'torch>=2.6'
	$(RUN) -m benchmarks.spirals --out=docs/scaling.png

bench-accelerator: $(VENV)/ok ## the GPU or TPU of this machine beside PyTorch and its CPU, and whether the numbers agree; reads IMDB from NLPFEAT_DATA
	$(RUN) -c 'import torch' 2>/dev/null || $(RUN) -m pip install --quiet 'torch>=2.6'
	$(RUN) -m benchmarks.accelerator

bench-reviews: $(VENV)/ok ## the benchmark of one pass over the reviews against NumPy; reads them from NLPFEAT_DATA
	$(RUN) -m benchmarks.reviews

bench-sequences: $(VENV)/ok ## the benchmark of lesson 5's nets against PyTorch; reads IMDB from NLPFEAT_DATA
	$(RUN) -c 'import torch' 2>/dev/null || $(RUN) -m pip install --quiet 'torch>=2.6'
	$(RUN) -m benchmarks.sequences

bench-ratings: $(VENV)/ok ## the benchmark of factors of films against a public library's SVD++; reads them from NLPFEAT_DATA
	$(RUN) -c 'import surprise' 2>/dev/null || $(RUN) -m pip install --quiet 'scikit-surprise>=1.1.4'
	$(RUN) -m benchmarks.ratings

bench-words: $(VENV)/ok ## the benchmark of word vectors against gensim, and word2vec where it is named, an hour and a half; reads IMDB from NLPFEAT_DATA
	$(VENV)/bin/pip install --quiet gensim
	$(RUN) -m benchmarks.word_vectors

bench-characters: $(VENV)/ok ## the benchmark of nets of characters against PyTorch, and of writing; reads the book from NLPFEAT_DATA
	$(RUN) -c 'import torch' 2>/dev/null || $(RUN) -m pip install --quiet 'torch>=2.6'
	$(RUN) -m benchmarks.characters

bench-shakespeare: $(VENV)/ok ## bits per character on Tiny Shakespeare beside PyTorch, at equal size, batches and steps
	$(RUN) -c 'import torch' 2>/dev/null || $(RUN) -m pip install --quiet 'torch>=2.6'
	$(RUN) -m benchmarks.shakespeare

bench-regions: $(VENV)/ok ## the benchmark of exact linear regions against regioncam
	$(RUN) -m benchmarks.regions

bench-double-descent: $(VENV)/ok ## the benchmark of double descent against the loop of its authors in PyTorch
	$(RUN) -c 'import torch' 2>/dev/null || $(RUN) -m pip install --quiet 'torch>=2.6'
	$(RUN) -m benchmarks.double_descent

bench-report: $(VENV)/ok ## how fast the report page plays and answers, in headless Chromium
	$(RUN) -m benchmarks.report

SHARE ?= 1
chaos: $(VENV)/ok  ## inject every fault into studies of six tasks, and count what was lost, changed or touched: about an hour (SHARE=0.1: some eight minutes)
	$(RUN) -m benchmarks.chaos --share=$(SHARE)

churn: $(VENV)/ok  ## workers and machines of a Ray cluster come and go for ten minutes; count what was lost or changed
	$(RUN) -m benchmarks.churn

lock:              ## renew requirements.txt from pyproject.toml
	uv pip compile pyproject.toml --extra dev --universal --generate-hashes --no-emit-index-url --no-header --quiet --upgrade -o requirements.txt

$(VENV)/ok: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: nlpfeat needs Python >= 3.11; name one with make PYTHON=python3.12 ..." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

clean:             ## remove the environment and caches; studies in runs/ stay
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis
