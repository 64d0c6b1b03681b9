# Every command a newcomer needs. `make` alone lists them.

.PHONY: help run test setup lint fmt bench audit prepare rooms screenshots

help:
	@echo "make run    the whole app on http://localhost:3000, with a private database, a sandbox and demo people"
	@echo "make test   everything: format, lints, unit, integration and browser tests, licences"
	@echo "make setup  what both need; installs only what is missing"
	@echo "make lint, make fmt, make bench, make audit, make prepare (SQL), make rooms, make screenshots"

run:
	@scripts/run.sh

test:
	@scripts/test.sh

setup:
	@scripts/setup.sh

lint:
	@scripts/lint.sh

fmt:
	cargo fmt --all

bench:
	@scripts/bench.sh $(ARGS)

audit:
	@scripts/audit.sh

prepare:
	@scripts/with_tools.sh cargo xtask prepare

rooms:
	cargo xtask rooms

screenshots:
	@scripts/screenshots.sh
