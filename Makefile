# Ithaca needs Python 3.11 or newer and make. Everything else is fetched into .venv by the first target you run.
PYTHON ?= python3
PORT ?= 8000
ROUNDS ?= 50
MUTATIONS ?= 1000
CRASHES ?= 1000
MINUTES ?= 0
UV_VERSION := 0.13.9
ANVIL_VERSION := 1.7.1
TUS_JS_VERSION := 4.3.1
SIZE ?= 64M
INTERRUPTIONS ?= 6
SEARCH ?= yes
AFRESH ?= no

VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
UV := VIRTUAL_ENV="$(CURDIR)/$(VENV)" UV_PROJECT_ENVIRONMENT="$(CURDIR)/$(VENV)" UV_PYTHON_DOWNLOADS=never "$(BIN)/uv"
SYNC := $(UV) sync --quiet --locked --inexact --no-default-groups --python "$(BIN)/python"

.DEFAULT_GOAL := help
.PHONY: help run seed reset test check conformance test-browser test-faults test-canary test-verifiers test-crashes test-mutation test-uploads tus-js-client screenshots bench-files bench-ledger bench-growth bench-trail bench-permissions bench-viewer anvil

help: ## Say what there is.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 26

run: $(VENV)/.runtime ## Start Ithaca on this machine, at http://localhost:8000 (PORT=… for another port).
	@exec env PORT="$(PORT)" "$(BIN)/python" -m config.launcher

seed: $(VENV)/.runtime ## Fill an empty installation with the walk-through (make run does it too).
	@"$(BIN)/python" manage.py migrate --verbosity 0
	@"$(BIN)/python" manage.py seed_walkthrough

reset: $(VENV)/.runtime ## Throw away the local database, keys and files under var/ (asks first).
	@"$(BIN)/python" -m config.reset

test: $(VENV)/.development ## Run the tests.
	@"$(BIN)/python" -m tests.run $(ARGS)

check: $(VENV)/.development ## Lint, types, layers, templates, migrations, deployment settings, spelling, lock file.
	@"$(BIN)/ruff" check .
	@"$(BIN)/ruff" format --check .
	@"$(BIN)/mypy" .
	@"$(BIN)/lint-imports"
	@"$(BIN)/djade" --check --target-version 5.2 $$(git ls-files --cached --others --exclude-standard 'templates/*.html')
	@"$(BIN)/python" manage.py makemigrations --check --dry-run
	@"$(BIN)/python" -m tests.check_deployment
	@"$(BIN)/codespell"
	@$(UV) lock --check

conformance: $(VENV)/.development ## Let verifiers that others wrote check a log made here (installs them in ~/.cache/ithaca-conformance).
	@"$(BIN)/python" -m tests.conformance.tools
	@"$(BIN)/python" -m pytest tests/conformance -q -s -p no:randomly

anvil: $(VENV)/.anvil ## Fetch anvil, the chain node that the tests of anchors use (needs npm).

test-browser: $(VENV)/.development ## Run the whole story in Chromium against the running stack.
	@"$(BIN)/python" -m pytest tests/browser -q -p no:randomly -n 2 --dist loadfile --no-loadscope-reorder

test-faults: $(VENV)/.development ## Kill processes at random under load and look for losses (ROUNDS=50).
	@ROUNDS="$(ROUNDS)" "$(BIN)/python" -m pytest tests/faults -q -s -p no:randomly

test-canary: $(VENV)/.development ## Look for content, names and secrets on every disk they must not lie on (CANARY=services).
	@CANARY="$(CANARY)" "$(BIN)/python" -m pytest tests/canary -q -p no:randomly

test-crashes: $(VENV)/.development ## Let the ledger's processes die between any two steps, and check every promise (CRASHES=1000 SEED=…).
	@"$(BIN)/python" -m tests.faults.crashes --crashes "$(CRASHES)" $(if $(SEED),--seed "$(SEED)")

test-mutation: $(VENV)/.development ## Take every permission check away, one after the other, and look for a test that fails (SEARCH=no, AFRESH=yes, PLACES=…).
	@SEARCH="$(SEARCH)" AFRESH="$(AFRESH)" PLACES="$(PLACES)" "$(BIN)/python" -m tests.mutation $(ARGS)

tus-js-client: $(VENV)/.tus ## Fetch tus-js-client, which the tests of uploads use (needs npm).

test-uploads: $(VENV)/.development ## Interrupt uploads by tuspy, tus-js-client and a browser at random points (SIZE=5G INTERRUPTIONS=50 SEED=…).
	@SIZE="$(SIZE)" INTERRUPTIONS="$(INTERRUPTIONS)" SEED="$(SEED)" "$(BIN)/python" -m pytest tests/uploads -q -s -p no:randomly $(ARGS)

test-verifiers: $(VENV)/.development ## Let both verifiers judge a thousand changed exports (MUTATIONS=1000, SEED=… repeats a run).
	@MUTATIONS="$(MUTATIONS)" SEED="$(SEED)" "$(BIN)/python" -m pytest tests/verifier/test_agreement.py -q -p no:randomly

screenshots: $(VENV)/.development ## Take pictures of every page into var/screenshots, a few into docs/screenshots.
	@"$(BIN)/python" -m tests.browser.screenshots

bench-files: $(VENV)/.development ## Measure sealing, opening, uploads and downloads.
	@"$(BIN)/python" -m bench.files
	@"$(BIN)/python" -m bench.hand_over

bench-ledger: $(VENV)/.bench ## Measure recording, sequencing, proofs and exports, beside the peers.
	@"$(BIN)/python" -m bench.ledger

bench-trail: $(VENV)/.development ## Measure the export and the verification of a trail of a million events (minutes).
	@"$(BIN)/python" -m bench.trail

bench-growth: $(VENV)/.development ## Measure whether the ledger stays as fast up to ten million entries (long; MINUTES=15 fills no longer than that).
	@"$(BIN)/python" -m bench.growth --minutes "$(MINUTES)"

bench-viewer: $(VENV)/.development ## Measure pages of the viewer, alone and beside something hostile.
	@"$(BIN)/python" -m bench.viewer

bench-permissions: $(VENV)/.development ## Measure rights on large trees.
	@"$(BIN)/python" -m bench.permissions

# Stamps: a second run finds them and starts at once.
$(VENV)/.uv: Makefile
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Ithaca needs Python 3.11 or newer; choose one with: make PYTHON=python3.12 …"; exit 1; }
	@test -x "$(BIN)/python" || "$(PYTHON)" -m venv "$(VENV)" || { rm -rf "$(VENV)"; echo "python3 -m venv does not work here; on Debian and Ubuntu install python3-venv."; exit 1; }
	@"$(BIN)/python" -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@touch $@

$(VENV)/.runtime: $(VENV)/.uv pyproject.toml uv.lock
	@$(SYNC)
	@touch $@

$(VENV)/.development: $(VENV)/.uv pyproject.toml uv.lock
	@$(SYNC) --group dev
	@touch $@ $(VENV)/.runtime

$(VENV)/.bench: $(VENV)/.development
	@$(SYNC) --group bench
	@touch $@

$(VENV)/.anvil: $(VENV)/.uv
	@npm install --silent --no-fund --no-audit --ignore-scripts --prefix "$(VENV)/anvil" "@foundry-rs/anvil@$(ANVIL_VERSION)"
	@touch $@

$(VENV)/.tus: $(VENV)/.uv
	@npm install --silent --no-fund --no-audit --ignore-scripts --prefix "$(VENV)/tus" "tus-js-client@$(TUS_JS_VERSION)"
	@touch $@
