# Every target works on whatever packages and nested modules there are. `make check` is what a change must pass;
# .ci/run adds the slow ones. Narrow a target to one package with PKG, as in `make lint PKG=./template/...`.
SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := check

PKG      ?= ./...
FUZZTIME ?= 5s
COVER    ?= 90
SOAK     ?= 10m
NESTED   := $(patsubst %/go.mod,%,$(shell find . -mindepth 2 -name go.mod -not -path '*/node_modules/*' | sort))
TOOLS    := $(CURDIR)/bin

# The examples that end by themselves, one command a line; the others are only built.
define EXAMPLES
go run ./examples/receiver -replay testdata/requests.jsonl -once
go run ./examples/render < examples/render/testdata/requests.jsonl
go run ./examples/bidir
go run ./examples/dispatcher -frames examples/dispatcher/testdata/frames.jsonl -window 1s
go run ./examples/cloud -for 5s -addr 127.0.0.1:0
go -C examples/durable run . -kills 3
go -C examples/cluster run . -for 3s -kill replica2@1s
endef

.PHONY: cloud-load check fmt vet lint test race cover fuzz soak crash examples bench nested api 386 jsonv2 graph tidy tools

check: vet lint test tidy graph

# The tools are built once, at the versions of tools/go.mod.
tools: $(TOOLS)/.built
$(TOOLS)/.built: tools/go.mod tools/go.sum
	go -C tools build -o $(TOOLS)/ tool
	touch $@

fmt: tools
	$(TOOLS)/golangci-lint fmt ./...

vet:
	go vet $(PKG)

# golangci-lint reads one module at a time.
lint: tools
	$(TOOLS)/golangci-lint run $(PKG)
	$(TOOLS)/staticcheck $(PKG)
ifeq ($(PKG),./...)
	@for dir in $(NESTED); do \
		packages=$$(go -C $$dir list ./...); [[ -n $$packages ]] || continue; \
		echo "$$dir"; (cd $$dir && $(TOOLS)/golangci-lint run --config $(CURDIR)/.golangci.yml ./...); \
	done
endif

test:
	go test $(PKG)

race:
	go test -race -shuffle=on $(PKG)

# Every library package keeps COVER percent of its statements covered, by its own tests.
cover:
	tools/cover.sh $(COVER) $(PKG)

fuzz:
	tools/fuzz.sh $(FUZZTIME) $(PKG)

# Kills the durable stores CRASHES times each at random instants, fills, damages and reopens the file at full size, and
# takes the servers away for five minutes.
crash: export CRASHES ?= 200
crash:
	go -C store/bolt test -v -timeout 30m -run 'Crash|Corrupt|Full|Model|Recovery|Reopen' .
	ENTRIES=1000000 go -C examples/durable test -count=1 -v -timeout 30m -run Crash .
	go -C store/nats test -v -timeout 60m -run 'Cluster_leaders' .
	AWAY=5m go -C store/nats test -count=1 -v -timeout 30m -run 'Away_long' .
	AWAY=5m go -C examples/cluster test -count=1 -v -timeout 30m -run 'Cluster_away' .

examples: export SIGFOX_EXAMPLES = $(EXAMPLES)
examples:
	go build -o /dev/null ./examples/...
	@while read -r command; do \
		echo "$$command"; timeout 120 bash -c "$$command" < /dev/null > /dev/null; \
	done <<< "$$SIGFOX_EXAMPLES"

bench:
	test ! -x bench/run || bench/run

# Needs node, npm and php, for the third-party programs that e2e/run installs before its tests.
nested:
	@for dir in $(NESTED); do \
		packages=$$(go -C $$dir list ./...); [[ -n $$packages ]] || continue; \
		echo "$$dir"; go -C $$dir build -o /dev/null ./...; go -C $$dir vet ./...; \
		if [[ $$dir == ./e2e ]]; then $$dir/run; else go -C $$dir test ./...; fi; \
	done

# Callbacks to receivers that fail in all ways, over loopback; nothing may be lost, nor left over.
soak:
	go vet -tags soak ./callback/dispatch
	go test -tags soak -count=1 -v -run '^TestSoak$$' -timeout 30m ./callback/dispatch -soak $(SOAK)

# 1 000 devices, 600 times as fast as ours, for a minute, with the page open in Chromium.
cloud-load:
	go build -o $(TOOLS)/cloud ./examples/cloud
	cd e2e/cloud && npm ci --no-audit --no-fund && CLOUD=$(TOOLS)/cloud node load.js

# The exported API against the last tag: what breaks a caller must be announced in the changelog.
api: tools
	tools/api.sh $(TOOLS)/apidiff

# A 32-bit platform: the width of int and the alignment of atomics.
386:
	GOARCH=386 go vet $(PKG)
	GOARCH=386 go build $(PKG)

# The JSON engine that encoding/json will stand on.
jsonv2:
	GOEXPERIMENT=jsonv2 go test $(PKG)

graph:
	tools/graph.sh

tidy:
	@for dir in . $(NESTED); do go -C $$dir mod tidy -diff; done
