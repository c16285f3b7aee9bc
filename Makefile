# One-word targets over meson; `make help` lists them.
#   CC=clang    another compiler, in a build folder of its own
#   BUILD=DIR   the build folder
#   SETUP=...   further arguments for `meson setup`, when the folder is made

MAKEFLAGS += --no-print-directory
BUILD ?= $(if $(filter-out cc gcc,$(notdir $(CC))),build-$(notdir $(CC)),build)
filter ?=
loop ?= 1
TIME ?= 60
NINJA = ninja -C $(BUILD)
FUZZ_SETUP = -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false -Dc_args=-fsanitize=fuzzer-no-link
SANITIZE = ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

all: ## build everything into build/ (installs from Debian what the build needs and is missing)
	@tools/install-deps build
	@$(MAKE) $(BUILD)/build.ninja
	@$(NINJA)

$(BUILD)/build.ninja:
	CC='$(CC)' meson setup $(BUILD) $(SETUP)

demo: ## start the scheduler and three real services, and watch them deploy; once=1: the whole story, unattended
	@tools/install-deps demo
	@$(MAKE) all
	@MU_BUILD='$(abspath $(BUILD))' once='$(once)' demo/run

test: ## run the tests; filter=NAME: those with NAME in their name; loop=N: N times
	@tools/install-deps test
	@$(MAKE) all
	@test/run --build $(BUILD) --loop $(loop) $(filter)

bench: ## measure speed and cost; writes a table and JSON
	@tools/install-deps test
	@$(MAKE) all
	@MU_BUILD='$(abspath $(BUILD))' bench/run

sim: ## many random runs of the simulator in TIME=60 s; SEED=n STEPS=m replays one with its trace; ARGS=... see --help
	@tools/install-deps build
	@$(MAKE) $(BUILD)/build.ninja
	@$(NINJA) muster-sim >/dev/null
	@$(BUILD)/muster-sim $(if $(SEED),--seed $(SEED),--time $(or $(TIME),60)) $(if $(STEPS),--steps $(STEPS)) $(ARGS)

sim-selftest: ## plant a bug for each checker of the simulator in turn: each must catch its own, and be shrunk to a scenario
	@tools/install-deps build
	@$(MAKE) build-selftest/build.ninja BUILD=build-selftest SETUP=-Dsim_selftest=true
	@ninja -C build-selftest muster-sim >/dev/null
	@build-selftest/muster-sim --selftest
	@MU_SELFTEST='$(CURDIR)/build-selftest' '$(CURDIR)/test/e2e/sim_shrink.sh'

asan: ## run the tests with the address and undefined behaviour sanitizers
	@$(SANITIZE) $(MAKE) test BUILD=build-asan SETUP='-Db_sanitize=address,undefined -Db_lundef=false'

fuzz: ## fuzz the parsers with libFuzzer; TIME=S: seconds for each (60); target=NAME: only this one
	@tools/install-deps test dev
	@$(MAKE) build-fuzz/build.ninja BUILD=build-fuzz CC=clang SETUP='$(FUZZ_SETUP)'
	@ninja -C build-fuzz $(addprefix fuzz/fuzz_,$(or $(target),$(notdir $(wildcard fuzz/corpus/*))))
	@fuzz/run build-fuzz $(TIME) $(target)

tidy: ## clang's warnings, clang-tidy, and the checks of the tree (folders' laws, banned calls, sizes)
	@tools/install-deps test dev
	@$(MAKE) all CC=clang
	@$(MAKE) check-source
	@run-clang-tidy -quiet -p build-clang '$(CURDIR)/(src|test|examples)/.*\.c$$' 2>/dev/null

check-source: all
	@test/run --build $(BUILD) tidy/

fmt: ## format the C sources
	@tools/install-deps dev
	@git ls-files -co --exclude-standard '*.[ch]' | xargs clang-format -i

fmt-check: ## see that they are formatted
	@tools/install-deps dev
	@git ls-files -co --exclude-standard '*.[ch]' | xargs clang-format --dry-run -Werror

cover: ## run the tests and say which lines they reach
	@tools/install-deps test dev
	@$(MAKE) test BUILD=build-cover SETUP='-Db_coverage=true'
	@gcovr -r . build-cover -f 'src/' --print-summary --html-details build-cover/cover.html
	@echo 'line by line: build-cover/cover.html'

install: all ## install (meson's prefix, /usr/local unless set by SETUP=--prefix=...; DESTDIR is heeded)
	@meson install -C $(BUILD) --no-rebuild

clean: ## remove the build folders
	@rm -rf build build-clang build-asan build-cover build-fuzz

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /  \1\t/p' Makefile | expand -t 14

.PHONY: all demo test bench sim sim-selftest asan fuzz tidy check-source fmt fmt-check cover install clean help
