# posix.mk: the library for this machine's own programs, its tests, and what it is measured with.
#
# SPDX-License-Identifier: MIT

HOST_LIBRARY := $(BUILD)/host/libcairn-preload.so

# A variable of a thread's own lies where the loader has put it: to ask for its place might allocate.
#   $(1) a folder under build/host   $(2) compiler flags
POSIX_CFLAGS  = $(CFLAGS_COMMON) -D_GNU_SOURCE -DCAIRN_INDEX_BITS=32 -fvisibility=hidden -ftls-model=initial-exec \
                $(CORE_SEES) -iquote allocator -iquote port/posix
POSIX_HEAP   := core/heap core/start core/private core/inspect core/check_step
POSIX_PORT   := lock pages arena mapped fork malloc system
POSIX_NAMES  := figures libc_names
define posix_rules
$(BUILD)/host/$(1)/allocator/%.o: allocator/%.c $(MADE_BY) tests/mk/posix.mk
	@mkdir -p $$(@D)
	$(Q)$(HOSTCC) $(2) $(POSIX_CFLAGS) $(CFLAGS_CORE) -include port/posix/visible.h -c $$< -o $$@
$(BUILD)/host/$(1)/port/posix/%.o: port/posix/%.c $(MADE_BY) tests/mk/posix.mk
	@mkdir -p $$(@D)
	$(Q)$(HOSTCC) $(2) $(POSIX_CFLAGS) -fno-builtin -c $$< -o $$@
endef

# The port brings its own malloc.c: of the heap it needs what heaps are, and what looks into them.
#   $(1) a folder under build/host   $(2) names of the port's parts
posix_objects = $(addprefix $(BUILD)/host/$(1)/,$(POSIX_HEAP:%=allocator/%.o) $(2:%=port/posix/%.o))

$(eval $(call posix_rules,posix,-O2 -fPIC -fno-semantic-interposition))
POSIX_OBJECTS := $(call posix_objects,posix,$(POSIX_PORT) $(POSIX_NAMES) fatal)

## host: libcairn-preload.so for this machine's programs, under build/host/
.PHONY: host
host: $(HOST_LIBRARY)
$(HOST_LIBRARY): $(POSIX_OBJECTS) port/posix/exports.map
	$(Q)$(HOSTCC) -shared -Wl,-soname,$(@F) -Wl,-Bsymbolic -Wl,-z,defs -Wl,-z,initfirst -Wl,--version-script=port/posix/exports.map \
	    $(filter %.o,$^) -o $@
	@echo "$@"

# ---- Tests ---------------------------------------------------------------------------------------
# Under the public names: tests/posix, and tests/fault with the port's own cairn_fatal().

POSIX_TEST_FLAGS := -O1 -D_GNU_SOURCE -DCAIRN_INDEX_BITS=32 -fno-builtin \
                    $(TEST_SEES) -iquote port/posix
POSIX_TESTS := $(patsubst tests/posix/%.c,%,$(filter-out tests/posix/fatal.c tests/posix/region.c,$(wildcard tests/posix/*.c)))
$(BUILD)/host/posix/tests/%.o: tests/%.c $(MADE_BY) tests/mk/posix.mk
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(CFLAGS_COMMON) $(POSIX_TEST_FLAGS) -c $< -o $@
$(BUILD)/host/posix/tests/%.o: tests/%.cpp $(MADE_BY) tests/mk/posix.mk
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -x c++ -std=c++17 -g $(CXX_WARNINGS) -MMD -MP $(POSIX_TEST_FLAGS) -c $< -o $@

POSIX_RUNTIME := $(addprefix $(BUILD)/host/posix/tests/,$(addprefix support/,tap.o tap-host.o blocks.o) posix/region.o)
$(BUILD)/host/posix/bin/%: $(BUILD)/host/posix/tests/%.o $(POSIX_RUNTIME) $(POSIX_OBJECTS)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -rdynamic $^ $(LIBS) -o $@
$(BUILD)/host/posix/bin/posix/operators: LIBS := -lstdc++
$(BUILD)/host/posix/bin/fault/%: $(BUILD)/host/posix/tests/fault/%.o $(POSIX_RUNTIME) $(BUILD)/host/posix/tests/posix/fatal.o $(POSIX_OBJECTS)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $^ -o $@

HOST_TESTS += $(addprefix $(BUILD)/host/posix/bin/,$(POSIX_TESTS:%=posix/%) posix/operators $(patsubst %,fault/%,$(call names,fault)))

POSIX_PREFIX := -include port/host/prefix.h
# Under other names, with sanitizers: tests/common in a region as large as the boards', and arenas.
POSIX_SMALL := -DCAIRN_POSIX_ARENA=0x80000 -DCAIRN_POSIX_ARENAS=1 -DCAIRN_POSIX_MAP_FROM=0x7fffffff0
posix-asan_FLAGS := -O1 $(SANITIZE) $(POSIX_PREFIX) $(POSIX_SMALL) -DERRNO_OF_POSIX_MEMALIGN=ENOMEM
posix-asan-arenas_FLAGS := -O1 $(SANITIZE) $(POSIX_PREFIX)
posix-tsan_FLAGS := -O1 -fsanitize=thread $(POSIX_PREFIX)
define posix_sanitized
$(call posix_rules,$(1),$($(1)_FLAGS))
$(BUILD)/host/$(1)/tests/%.o: tests/%.c $(MADE_BY) tests/mk/posix.mk
	@mkdir -p $$(@D)
	$(Q)$(HOSTCC) $(CFLAGS_COMMON) $($(1)_FLAGS) $(POSIX_TEST_FLAGS) -c $$< -o $$@
$(BUILD)/host/$(1)/bin/%: $(BUILD)/host/$(1)/tests/%.o $(addprefix $(BUILD)/host/$(1)/tests/,$(addprefix support/,tap.o tap-host.o blocks.o fatal.o) posix/region.o) \
        $(call posix_objects,$(1),$(POSIX_PORT))
	@mkdir -p $$(@D)
	$(Q)$(HOSTCC) $($(1)_FLAGS) $$^ -o $$@
endef
$(foreach s,posix-asan posix-asan-arenas posix-tsan,$(eval $(call posix_sanitized,$s)))

# The long form of what is a matter of chance: an hour of two cores.
STRESSED := together fork fork_waits threads
HOST_STRESS := $(STRESSED:%=$(BUILD)/host/posix/bin/posix/%) $(BUILD)/host/posix-tsan/bin/posix/threads \
               $(BUILD)/host/posix-asan-arenas/bin/posix/fork
## host-stress: the library for this machine's programs under stress: RUNS=1000 of each kind, FORKS=3000, OPERATIONS=20000000
.PHONY: host-stress
host-stress: packages
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) $(HOST_STRESS)
	$(Q)RUNS=$(or $(RUNS),1000) FORKS=$(or $(FORKS),3000) OPERATIONS=$(or $(OPERATIONS),20000000) TEST_TIMEOUT=7200 \
	    prove --failures --comments --timer --exec tests/run-one $(HOST_STRESS)

# All but the test of the break: that one knows that malloc_trim() never finds anything.
HOST_TESTS += $(patsubst %,$(BUILD)/host/posix-asan/bin/common/%,$(filter-out break,$(call names,common))) \
              $(addprefix $(BUILD)/host/posix-asan-arenas/bin/posix/,threads protect arenas) \
              $(addprefix $(BUILD)/host/posix-tsan/bin/posix/,threads arenas)

# ---- Other people's programs ---------------------------------------------------------------------

$(BUILD)/host/measured: tools/measured.c $(MADE_BY) tests/mk/posix.mk
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -O2 $(CFLAGS_COMMON) -D_GNU_SOURCE $< -o $@

# Programs that found defects, as their own makers would compile them.
HOST_PROGRAMS := $(addprefix $(BUILD)/host/programs/,openmp limited locked storm)
$(BUILD)/host/programs/%: tests/programs/%.c $(MADE_BY) tests/mk/posix.mk
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -O2 -D_GNU_SOURCE $(WARNINGS) -MMD -MP $(filter %.c,$<) $(filter %.so,$^) $(PROGRAM_FLAGS) -Wl,-rpath,'$$ORIGIN' -o $@
$(BUILD)/host/programs/openmp: PROGRAM_FLAGS := -fopenmp
$(BUILD)/host/programs/storm: $(BUILD)/host/programs/libforeign.so
$(BUILD)/host/programs/libforeign.so: tests/programs/foreign.c $(MADE_BY) tests/mk/posix.mk
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -O2 -D_GNU_SOURCE $(WARNINGS) -shared -fPIC $< -o $@

# Not needed by `make test`, which takes what there is of them.
PRELOAD_PACKAGES := bash coreutils g++ gdb git libpython3.11-testsuite make nodejs perl python3 sqlite3 tcc xz-utils zstd
PAIRS ?= 5
## preload: real programs with Cairn for their heap, and without: same output?, time and memory (PAIRS=5)
.PHONY: preload
preload: packages
	-$(Q)tools/install-packages $(PRELOAD_PACKAGES)
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) $(HOST_LIBRARY) $(BUILD)/host/measured $(HOST_PROGRAMS) >&2
	$(Q)$(PYTHON) tools/preload.py --library $(HOST_LIBRARY) --measured $(BUILD)/host/measured --work $(BUILD)/preload \
	    --pairs $(PAIRS) $(PROGRAMS)

# tests/scripts/host.t runs them.
check: $(HOST_LIBRARY) $(BUILD)/host/measured $(HOST_PROGRAMS)

# ---- Nanoseconds ---------------------------------------------------------------------------------
# The library once more under other names, beside the C library's.

$(eval $(call posix_rules,posix-prefix,-O2 $(POSIX_PREFIX)))
BENCH_HOST_OBJECTS := $(addprefix $(BUILD)/host/bench/,host.o replay.o replay-cairn.o trace.o) \
                      $(call posix_objects,posix-prefix,$(POSIX_PORT) fatal)
$(BUILD)/host/bench/%.o: bench/%.c $(MADE_BY) tests/mk/posix.mk
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -O2 $(CFLAGS_COMMON) -D_GNU_SOURCE -fno-builtin -c $< -o $@
$(BUILD)/host/bench/replay-cairn.o: bench/replay.c $(MADE_BY) tests/mk/posix.mk
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -O2 $(CFLAGS_COMMON) -D_GNU_SOURCE -fno-builtin $(POSIX_PREFIX) $(PORT_SEES) -Dreplay_run=cairn_replay_run \
	    -Dreplay_clear=cairn_replay_clear -c $< -o $@
$(BUILD)/host/bench/host: $(BENCH_HOST_OBJECTS)
	$(Q)$(HOSTCC) $^ -lm -o $@

# The library as it is, beside others as Debian has them.
BENCH_HOST_PACKAGES := libjemalloc2 libmimalloc2.0 libtcmalloc-minimal4
$(BUILD)/host/bench/threads: $(addprefix $(BUILD)/host/bench/,threads.o trace.o)
	$(Q)$(HOSTCC) $^ -o $@

## bench-host: nanoseconds of every call of TRACES on this machine, Cairn and glibc; and of an operation in 1 to 8 threads, five heaps; tab-separated
.PHONY: bench-host bench-host-calls bench-host-threads
bench-host: packages
	-$(Q)tools/install-packages $(BENCH_HOST_PACKAGES) >&2
	$(Q)$(MAKE) --no-print-directory $(BUILD)/host/bench/host $(BUILD)/host/bench/threads $(HOST_LIBRARY) >&2
	$(Q)$(MAKE) --no-print-directory bench-host-calls bench-host-threads
bench-host-calls: $(BUILD)/host/bench/host
	$(Q)$(BUILD)/host/bench/host $(TRACES)
bench-host-threads: $(BUILD)/host/bench/threads $(HOST_LIBRARY)
	$(Q)bench/threads.sh $(BUILD)/host/bench/threads $(HOST_LIBRARY) $(TRACES)

check: $(BUILD)/host/bench/host $(BUILD)/host/bench/threads
