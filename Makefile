# Sets up .venv and runs the project's jobs in it. PYTHON is the interpreter that .venv is made with (3.10 or newer), DEVICE what the
# main job makes code for: cpu or cuda.
# Packages are installed when pyproject.toml has changed since, and not otherwise.

PYTHON ?= python3
DEVICE ?= cpu
VENV := .venv
BIN := $(VENV)/bin

.PHONY: data test lint benchmark gpu-check faults chaos clean
.NOTPARALLEL:

# The main job's exit status counts; a run with failures still gets its report.
data: $(VENV)/installed-report
	@status=0; $(BIN)/pytest -n auto --device=$(DEVICE) || status=$$?; \
	$(BIN)/python -m harness.report || [ $$status -ne 0 ] || status=$$?; exit $$status

test: $(VENV)/installed-report,test
	@$(BIN)/pytest tests -n auto -p no:benchmark

lint: $(VENV)/installed-lint
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

benchmark: $(VENV)/installed-test
	@$(BIN)/pytest tests/benchmarks

# Needs an NVIDIA GPU; writes generation/report/gpu-check.json.
gpu-check: $(VENV)/installed-report
	@$(BIN)/python -m harness.gpu_check

# Plants faults in copies of Warp, one after another, and gives the oracle cheats; takes most of an hour on two cores. Writes
# generation/report/fault-check.json.
faults: $(VENV)/installed-report,test
	@$(BIN)/python -m tests.faults.check_faults

# Kills a production at random, again and again, and compares what it made with an undisturbed one.
chaos: $(VENV)/installed-report,test
	@$(BIN)/python -m tests.chaos.chaos

clean:
	@rm -rf $(VENV) .cache build failures *.egg-info .benchmarks .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find conftest.py harness kernels generation tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The stem is the list of extras.
$(VENV)/installed-%: pyproject.toml $(VENV)/made
	@echo "installing the package with [$*] into $(VENV)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable '.[$*]'
	@touch '$@'

$(VENV)/made:
	@echo "making $(VENV) with $(PYTHON)"
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 10) or sys.exit("Python %d.%d is too old: make PYTHON=<3.10 or newer>" % sys.version_info[:2])'
	@$(PYTHON) -m venv $(VENV)
	@touch $@
