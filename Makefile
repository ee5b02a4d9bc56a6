# Maillage. `make run` starts a demonstration, `make test` runs every test;
# both fetch what they need. `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.8.0

# What the tests need of the machine, and what they run.
PACKAGES := postgresql chromium ffmpeg toot nodejs npm gcc libc6-dev
PKGS     ?= ./...
RACE     ?= ./internal/db/... ./internal/jobs/... ./internal/outbox/... ./internal/auth/... ./internal/httpx/... ./activitypub/...
ARGS     ?=

.PHONY: help run build web deps test race check bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## build and start a filled demonstration: four servers on *.localhost:8080
	exec bin/maillage demo $(ARGS)

build: web ## build bin/maillage, static, without cgo
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/maillage ./cmd/maillage

web: ## install fonts and browser libraries into web/vendor; goes on without them
	@if ! command -v npm >/dev/null || ! command -v node >/dev/null; then \
		echo 'npm is not installed: the pages will use the fonts of the system and no script. (Debian: apt-get install npm)'; \
	elif ! node web/install.mjs; then \
		echo 'npm could not install the fonts and scripts: the pages will use the fonts of the system and no script.'; \
	fi

deps: ## install what the tests need: Debian packages, npm parts
	.ci/packages $(PACKAGES)
	node web/install.mjs
	@git ls-files -- '*/testdata/*package-lock.json' | while read -r lock; do \
		(cd "$$(dirname "$$lock")" && if ! cmp -s package-lock.json node_modules/.installed; then \
			echo "npm ci in $$PWD" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error && \
			cp package-lock.json node_modules/.installed; fi); \
	done

test: deps ## run every test, skipping none
	go vet ./... ./.ci/report
	MAILLAGE_REQUIRE=1 go test -json -shuffle=on -timeout 20m $(PKGS) $(ARGS) | go run ./.ci/report
	$(MAKE) race

race: ## run the tests of what works in parallel, under the race detector
	CGO_ENABLED=1 MAILLAGE_REQUIRE=1 go test -json -race -shuffle=on -timeout 20m $(RACE) $(ARGS) | go run ./.ci/report

test-postgres: deps ## run every test with all instances on PostgreSQL, which most tests have on SQLite; longer
	MAILLAGE_ENGINE=postgres MAILLAGE_REQUIRE=1 go test -json -shuffle=on -timeout 60m $(PKGS) $(ARGS) | go run ./.ci/report

check: ## gofmt, vet, staticcheck, govulncheck, import rules, generated files
	@bad=$$(gofmt -l $$(git ls-files '*.go')); \
		if [ -n "$$bad" ]; then echo "gofmt would change:"; echo "$$bad"; exit 1; fi
	go vet ./... ./.ci/report
	go run $(STATICCHECK) ./...
	.ci/vulnerabilities $(GOVULNCHECK)
	go test -count=1 ./internal/config ./internal/app ./internal/support -run 'TestExample|TestArrows|TestFederationFile|TestCitations|TestEveryFEPHasARow'

bench: web ## run the benchmarks; keep two outputs and compare them with benchstat
	go test -run '^$$' -bench . -benchmem $(ARGS) $(PKGS)

clean: ## remove what was built and installed, not the demonstration's data
	rm -rf bin web/.npm
	git clean -fdxq web/vendor
