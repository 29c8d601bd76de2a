# A thin front to CMake: every target does its own set-up.
.PHONY: build run test bench clean setup format lint asan tsan fuzz goldens

PRESET ?= release
JOBS   ?= $(shell nproc)
BINARY := build/$(PRESET)/vigil
INPUT  ?=

setup:
	@scripts/setup

build: setup
	@test -f build/$(PRESET)/build.ninja || cmake --preset $(PRESET) >/dev/null
	@cmake --build --preset $(PRESET) -j $(JOBS)

run: build
	@scripts/run $(BINARY) "$(INPUT)"

test: build
	@cd build/$(PRESET) && ctest --output-on-failure -j $(JOBS)

bench: build
	@scripts/bench build/$(PRESET)

asan tsan:
	@$(MAKE) --no-print-directory test PRESET=$@

fuzz: setup
	@scripts/fuzz

format:
	@git ls-files '*.cc' '*.h' | xargs clang-format -i

lint:
	@scripts/lint

goldens:
	@cd tests/e2e/mediapipe && npm ci --ignore-scripts && node record.mjs

clean:
	@rm -rf build out
