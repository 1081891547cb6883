# SPDX-License-Identifier: LGPL-2.1-or-later
# Thin doors to meson. On a fresh Debian 12, as root, `make run` and `make test` install what is missing by themselves.

BUILD ?= build
MODE ?= enforce
BENCH ?=
SECONDS_FUZZ ?= 15

.PHONY: help build run test test-all check demo bench fuzz install clean deps deps-test

help:
	@echo 'make run [MODE=observe|advise|enforce]   build and run the daemon here, in the foreground'
	@echo 'make test                                build and run the tests, in virtual machines, too: those of tests/system/chosen'
	@echo 'make test-all                            the same, with all virtual machines on both kernels'
	@echo 'make check                               the tests that need no virtual machine'
	@echo 'make demo                                the noisy-neighbour story in a throw-away virtual machine'
	@echo 'make bench [BENCH=name]                  what it costs, beside an empty program and its peers'
	@echo 'make build | fuzz | install | clean'

deps:
	@tools/deps build

deps-test:
	@tools/deps build test

$(BUILD)/build.ninja: | deps
	meson setup $(BUILD)

build: deps $(BUILD)/build.ninja
	ninja -C $(BUILD)

run: build
	@tools/run $(BUILD) $(MODE)

test: deps-test $(BUILD)/build.ninja
	tools/test --build $(BUILD)

test-all: deps-test $(BUILD)/build.ninja
	tools/test --build $(BUILD) --all

check: deps-test $(BUILD)/build.ninja
	tools/test --build $(BUILD) --no-vm

demo: deps-test build
	@tools/demo $(BUILD)

bench: deps-test build
	tools/bench $(BUILD) $(BENCH)

fuzz: deps-test
	tests/fuzz/run.sh $(SECONDS_FUZZ)

install: build
	meson install -C $(BUILD)

clean:
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-fuzz
