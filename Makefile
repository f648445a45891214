# Every target does its own set-up: a machine needs Python >= 3.11, a Rust toolchain and make.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.tools
DEVICE ?= cpu
# A release took 600 seconds of CPU time to build: without one at hand the demo runs on a quick build.
RELEASED = $(wildcard $(or $(CARGO_TARGET_DIR),target)/release/lib_C.so)
# Parts that load at their first use have to be named to the documentation tool.
MODULES = $(addprefix ferrotorch.,$(notdir $(basename $(patsubst %/,%,$(wildcard python/ferrotorch/[a-z]*.py python/ferrotorch/[a-z]*/)))))

.DEFAULT_GOAL := help
.PHONY: help build develop demo test test-rust test-python test-conformance mutants bench lint format stubs docs wheel test-wheel fuzz clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(STAMP): pyproject.toml
	$(firstword $(PYTHON)) -c 'import sys; sys.exit("ferrotorch needs Python >= 3.11") if sys.version_info < (3, 11) else None'
	$(firstword $(PYTHON)) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --group dev
	touch $@

build: $(STAMP) ## Build in release mode into .venv
	VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/maturin develop --release --quiet

develop: $(STAMP) ## Build quickly into .venv, for the edit-build-test loop
	VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/maturin develop --profile develop --quiet

demo: $(if $(RELEASED),build,develop) ## Train a convolutional network on handwritten digits (DEVICE=wgpu for the GPU)
	$(BIN)/python examples/digits.py --device $(DEVICE)

test: test-rust test-python test-conformance ## Run all tests

test-rust: $(STAMP) ## Run the Rust tests
	PYO3_PYTHON=$(abspath $(BIN))/python cargo test --workspace --exclude ferrotorch-python --quiet

test-python: build ## Run the Python tests
	$(BIN)/python -m pytest
	for level in default avx2; do FERROTORCH_CPU_CAPABILITY=$$level $(BIN)/python -m pytest -q tests/ops -k "not wgpu" || exit 1; done

test-conformance: build ## Replay recorded PyTorch calls; no group may score below its floor
	$(BIN)/python tests/conformance/run.py --floor

bench: build ## Time small calls, kernels and training steps (PYTORCH=PYTHON beside PyTorch in that interpreter)
	$(BIN)/python benches/run.py $(if $(PYTORCH),--pytorch $(PYTORCH))

mutants: build ## Plant one-token faults in the Python layer; at most one in twenty may survive the tests
	$(BIN)/python tools/mutants

lint: $(STAMP) ## Check formats, lints and types
	cargo fmt --check
	PYO3_PYTHON=$(abspath $(BIN))/python cargo clippy --workspace --all-targets --quiet -- -D warnings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP) ## Format the code
	cargo fmt
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

stubs: build ## Write the type stubs that are made from the declarations of ops
	$(BIN)/python tools/stubs

docs: build ## Build the user guide, with its plots, and the API reference into site/
	$(BIN)/python -m pip install --quiet --group docs
	$(BIN)/python -m pdoc --docformat google --template-directory tools/site/reference --no-show-source --output-directory site/api ferrotorch $(MODULES) '!ferrotorch\._' '!ferrotorch\.utils\.tensorboard'
	$(BIN)/python tools/site site
	PYO3_PYTHON=$(abspath $(BIN))/python cargo doc --workspace --no-deps --quiet

wheel: $(STAMP) ## Build a wheel into dist/ (PYTHON="python3.13 python3.14" for these; MANYLINUX=2_28 for older systems)
	$(if $(MANYLINUX),$(BIN)/python -m pip install --quiet --group wheel)
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/maturin build --release --compression-level 9 --out dist $(if $(MANYLINUX),--zig --compatibility manylinux_$(MANYLINUX)) --interpreter $(PYTHON)

test-wheel: wheel ## Install these wheels into bare environments, and train a first model and take the tour there
	$(BIN)/python tools/try_wheel.py dist $(PYTHON)

fuzz: build ## Read damaged files of each kind for five minutes (SECONDS=60 for less), then make 20,000 hostile calls (CALLS=)
	$(BIN)/python tools/fuzz.py --seconds $(or $(SECONDS),300)
	$(BIN)/python tools/fuzz_calls.py --calls $(or $(CALLS),20000)

clean: ## Remove what the other targets made
	rm -rf $(VENV) dist site target
	find python -name '*.so' -delete
