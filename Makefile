# make run and make test are all that one needs; make help lists the rest.

GO       ?= go
BINARY   := bin/aibms
# gms_pure_go: regular expressions by Go's library, so that the program needs no ICU. -s -w: no debugger's tables, a quarter of the size.
TAGS     := gms_pure_go
BUILD    := -tags $(TAGS) -trimpath -ldflags "-s -w"
TEST     := -tags $(TAGS) -trimpath -timeout 20m
# The storage engine needs cgo (its compression library is C).
export CGO_ENABLED := 1

.DEFAULT_GOAL := help
.PHONY: help run build test clients torture bench bench-growth bench-costs bench-page microbench lint clean toolchain

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+::?.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: build ## build, then show a model's whole life on real data and keep serving; ARGS="--port 3307" passes flags
	$(BINARY) demo $(ARGS)

build: toolchain ## build bin/aibms
	$(GO) build $(BUILD) -o $(BINARY) ./cmd/aibms

# The go command downloads the libraries by itself. What it cannot do without is a C compiler, which a machine with make may still lack.
toolchain:
	@command -v $(GO) >/dev/null || { echo "go is not installed; see https://go.dev/dl" >&2; exit 1; }
	@command -v $$($(GO) env CC) >/dev/null || { echo "no C compiler; installing gcc"; apt-get install --yes gcc libc6-dev; }

# The tests run the program that was just built. Its hash tells the go command that results of earlier runs do not count when the program changed.
test: build clients ## run every test, with the clients they need (installed under tests/clients)
	AIBMS_BINARY="$(CURDIR)/$(BINARY)" AIBMS_BINARY_HASH="$$(sha256sum < $(BINARY))" $(GO) test $(TEST) ./...

# Each kind of client adds what it has to install.
clients:: ## install the clients that the tests drive
-include tests/clients/clients.mk

torture: build ## kill the server 1,000 times; ROUNDS=n for another number
	AIBMS_BINARY="$(CURDIR)/$(BINARY)" AIBMS_TORTURE_ROUNDS=$(or $(ROUNDS),1000) $(GO) test -tags $(TAGS) -trimpath -timeout 12h -count 1 -v ./tests/torture

# Results go to standard output, a line a figure; what is built and installed for them, and the progress, to standard error.
bench: ## measure AIBMS beside what people use today; ONLY=name for one figure, ARGS=-help lists them
	@$(MAKE) --no-print-directory build bench-build bench-peers >&2
	@$(BENCH) $(ARGS)

bench-growth: ## measure how the figures grow with rows, columns and connections
	@$(MAKE) --no-print-directory build bench-build bench-peers >&2
	@$(BENCH) -growth $(ARGS)

bench-costs: ## print what fitting costs each learner, in time and memory, and how that grows
	@$(MAKE) --no-print-directory bench-build >&2
	@bin/bench -costs $(if $(ONLY),-only "$(ONLY)")

bench-page: ## the same as bench, with the results put into docs/performance.md
	@$(MAKE) --no-print-directory build bench-build bench-peers >&2
	@$(BENCH) -page docs/performance.md $(ARGS)

BENCH = AIBMS_BINARY="$(CURDIR)/$(BINARY)" bin/bench $(if $(ONLY),-only "$(ONLY)")

.PHONY: bench-build
bench-build: toolchain
	$(GO) build $(BUILD) -o bin/bench ./tests/bench

# Each benchmark adds the peers that it has to install.
-include tests/bench/bench.mk

microbench: ## run the benchmarks of single packages
	$(GO) test $(TEST) -run '^$$' -bench . -benchmem ./...

lint: ## check the code's form
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "not in gofmt's form; gofmt -w FILE mends it" >&2; exit 1; }
	$(GO) vet -tags $(TAGS) -trimpath ./...

clean: ## remove what was built
	rm -rf bin
