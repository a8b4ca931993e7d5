# Cairn: `make help` says what there is to make. V=1 shows the commands.
#
# SPDX-License-Identifier: MIT

Q       := $(if $(V),,@)
BUILD   := build
PYTHON  ?= /usr/bin/python3
CROSS   ?= arm-none-eabi-
HOSTCC  ?= gcc
# A user's firmware is compiled as its own flags say; the library as here.
OPT     ?= -Os
WERROR  ?= $(if $(CI),-Werror)
JOBS    ?= $(shell nproc)
BOARD   ?= mps2-an385
# A folder of boards/ is a board.
BOARDS  := $(sort $(patsubst boards/%/board.mk,%,$(wildcard boards/*/board.mk)))
LIBCS   := newlib nano picolibc
TRACE   ?= tests/traces/lwip-httpd.trace
TRACES  ?= $(sort $(wildcard tests/traces/*.trace))

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
            -Wmissing-prototypes -Wundef -Wvla $(WERROR)
CFLAGS_COMMON := -std=c11 -g $(WARNINGS) -MMD -MP
# The family is made of itself: the compiler must not see malloc() and memset() as calloc(), nor a
# loop that clears a few words, with the lock held, as the C library's memset().
CFLAGS_CORE   := -ffreestanding -fno-builtin -fno-tree-loop-distribute-patterns -ffunction-sections -fdata-sections -iquote allocator
# The lock, if neither OPT nor a header of options names another one (CAIRN_LOCK_HEADER). CEILING=0x50 takes BASEPRI.
LOCK          := $(if $(CEILING),-DCAIRN_LOCK_DEFAULT='"cortex-m/basepri.h"' -DCAIRN_CEILING=$(CEILING),-DCAIRN_LOCK_DEFAULT='"cortex-m/primask.h"')

# What all objects depend on: the rules, and the choices of who calls make, kept in a file that changes with them.
CHOICES := $(CROSS) $(HOSTCC) $(OPT) $(CPU) $(LOCK) $(CFLAGS_CORE)
MADE_BY := Makefile $(BUILD)/choices
ifneq ($(strip $(CHOICES)),$(strip $(file <$(BUILD)/choices)))
$(shell mkdir -p $(BUILD))
$(file >$(BUILD)/choices,$(CHOICES))
endif

HEAP    := heap start malloc family private sbrk inspect step regions watch guard explain account trace
# What every test program links, besides its machine's tap-host or tap-target.
TEST_SHARED := tap fatal blocks hooks
FIRMWARE_LINK := -nostartfiles -Wl,--gc-sections -Wl,--fatal-warnings -Wl,--no-warn-rwx-segments

.PHONY: all run test check fit bench size cost help clean packages check-format check-includes FORCE
# Not every toolchain brings it.
HAS_PICOLIBC := $(shell $(CROSS)gcc --specs=picolibc.specs -E -x c /dev/null >/dev/null 2>&1 && echo yes)
## all: libcairn.a and libcairn-sbrk.a for every board, under build/<board>/; under pico/ for picolibc, under regions/ with regions
all: $(foreach b,$(BOARDS),$(addprefix $(BUILD)/$b/,libcairn.a libcairn-sbrk.a $(if $(HAS_PICOLIBC),pico/libcairn.a) regions/libcairn.a))
ifeq ($(HAS_PICOLIBC),)
.PHONY: no-picolibc
all: no-picolibc
no-picolibc:
	@echo "picolibc is not installed: no build/<board>/pico/libcairn.a"
endif

# ---- Objects, by board ---------------------------------------------------------------------------
# Include directions are enforced by what each folder can see: the heap sees the port's contract,
# ports see the contract and the public header, tests see the public header.

# A tree is a board's objects for one family of C libraries:
#   $(1) its folder under build/   $(2) compiler flags   $(3) the C library's own names, in port/
#   $(4) its system calls, in port/   $(5) the board
define tree_rules
$(BUILD)/$(1)/allocator/%.o: allocator/%.c $(MADE_BY) boards/$(5)/board.mk
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $(2) $(OPT) $(CFLAGS_COMMON) $(CFLAGS_CORE) $(LOCK) -Iport -c $$< -o $$@

$(BUILD)/$(1)/port/%.o: port/%.c $(MADE_BY) boards/$(5)/board.mk
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $(2) $(OPT) $(CFLAGS_COMMON) $(CFLAGS_CORE) $(LOCK) -Iport -Iport/cortex-m -iquote allocator -c $$< -o $$@

# A firmware that asks for one name gets them all.
$(BUILD)/$(1)/names.o: $(addprefix $(BUILD)/$(1)/allocator/,malloc.o family.o sbrk.o watch.o) $(3:%=$(BUILD)/$(1)/port/%.o)
	$(Q)$(CROSS)ld -r $$^ -o $$@
$(BUILD)/$(1)/libcairn.a: $(addprefix $(BUILD)/$(1)/,names.o allocator/heap.o allocator/start.o allocator/private.o allocator/inspect.o allocator/step.o allocator/regions.o \
        $(addprefix allocator/,guard.o explain.o account.o trace.o) \
        port/cortex-m/region.o port/cortex-m/fatal.o port/cortex-m/failure.o)
	$(Q)rm -f $$@
	$(Q)$(CROSS)ar rcs $$@ $$^
	@echo "$$@"

# The break alone, under the C library's own malloc.
$(BUILD)/$(1)/sbrk-alone/%.o: allocator/%.c $(MADE_BY) boards/$(5)/board.mk
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $(2) $(OPT) $(CFLAGS_COMMON) $(CFLAGS_CORE) $(LOCK) -DCAIRN_SBRK_ALONE -Iport -c $$< -o $$@
$(BUILD)/$(1)/sbrk-names.o: $(BUILD)/$(1)/sbrk-alone/sbrk.o $(addprefix $(BUILD)/$(1)/port/newlib/,sbrk_names.o malloc_lock.o)
	$(Q)$(CROSS)ld -r $$^ -o $$@
$(BUILD)/$(1)/libcairn-sbrk.a: $(BUILD)/$(1)/sbrk-names.o $(addprefix $(BUILD)/$(1)/port/cortex-m/,region.o fatal.o)
	$(Q)rm -f $$@
	$(Q)$(CROSS)ar rcs $$@ $$^
	@echo "$$@"

# What a test firmware links, besides the library.
$(1)_RUNTIME := $(addprefix $(BUILD)/$(1)/port/,cortex-m/startup.o cortex-m/semihosting.o $(4:%=%.o))

$(BUILD)/$(1)/bench/%.o: bench/%.c $(MADE_BY) boards/$(5)/board.mk
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $(2) -O2 $(CFLAGS_COMMON) -ffunction-sections -fdata-sections -fno-builtin \
	    $(if $(REPLAY_SLOTS),-DSLOTS=$(REPLAY_SLOTS)) $(LOCK) -iquote allocator -Iport -Iport/cortex-m -c $$< -o $$@
$(BUILD)/$(1)/bench/%-cairn.o: bench/%.c $(MADE_BY) boards/$(5)/board.mk
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $(2) -O2 $(CFLAGS_COMMON) -DCAIRN -ffunction-sections -fdata-sections -fno-builtin \
	    $(if $(REPLAY_SLOTS),-DSLOTS=$(REPLAY_SLOTS)) $(LOCK) -iquote allocator -Iport -Iport/cortex-m -c $$< -o $$@

$(BUILD)/$(1)/tests/%.o: tests/%.c $(MADE_BY) boards/$(5)/board.mk
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $(2) $(OPT) $(CFLAGS_COMMON) -ffunction-sections -fdata-sections -fno-builtin $(LOCK) \
	    -iquote allocator -Itests -Iport -Iport/cortex-m -c $$< -o $$@
endef

# A test image, build/<board>/<library>/<folder>/<name>.elf; its first folder names the board to the
# runner.
#   $(1) its tree   $(2) the C library   $(3) link flags   $(4) the board
define image_rules
$(BUILD)/$(4)/$(2)/%.elf: $(BUILD)/$(1)/tests/%.o $(TEST_SHARED:%=$(BUILD)/$(1)/tests/%.o) $(BUILD)/$(1)/tests/tap-target.o \
        $(BUILD)/$(1)/libcairn.a $$($(1)_RUNTIME) linker/sections.ld boards/$(4)/memory.ld tests/one-heap
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $($(4)_CPU) $(3) $(FIRMWARE_LINK) -T boards/$(4)/memory.ld -T linker/sections.ld \
	    -Wl,-Map,$$(@:.elf=.map) $$(filter %.o,$$^) $(BUILD)/$(1)/libcairn.a -lm -o $$@
	$(Q)tests/one-heap $$(@:.elf=.map)
endef

# The C library's own names for the family.
NEWLIB_NAMES   := newlib/reent newlib/sbrk_names newlib/mallinfo newlib/strdup
PICOLIBC_NAMES := picolibc/names newlib/mallinfo newlib/strdup

define board_rules
$(1)_CPU     := $(CPU_FLAGS)
$(1)_MACHINE := $(MACHINE)
$(1)_ICOUNT  := $(strip $(ICOUNT))
$(1)_HAS     := $(HAS)
$(call tree_rules,$(1),$(CPU_FLAGS),$(NEWLIB_NAMES),newlib/syscalls,$(1))
$(call tree_rules,$(1)/pico,$(CPU_FLAGS) --specs=picolibc.specs,$(PICOLIBC_NAMES),,$(1))
endef
define board_images
$(call image_rules,$(1),newlib,,$(1))
$(call image_rules,$(1),nano,--specs=nano.specs -u _printf_float,$(1))
$(call image_rules,$(1)/pico,picolibc,--specs=picolibc.specs --oslib=semihost,$(1))
endef
# CPU, if given, overrides the flags of every board.
$(foreach b,$(BOARDS),$(eval REPLAY_SLOTS :=)$(eval HAS :=)$(eval include boards/$b/board.mk)$(if $(CPU),$(eval CPU_FLAGS := $(CPU)))$(eval $(call board_rules,$b))$(eval $(call board_images,$b)))

# Boards that have one of these: `basepri`, `mpu`, `msplim` (HAS in board.mk).
having = $(foreach b,$(BOARDS),$(if $(filter $(1),$($b_HAS)),$b))

# ---- Packages ------------------------------------------------------------------------------------

packages:
	$(Q)tools/install-packages

# ---- Replay --------------------------------------------------------------------------------------

REPLAY_OBJECTS = $(REPLAY_PORT:%=$(BUILD)/$(BOARD)/port/%.o) $(addprefix $(BUILD)/$(BOARD)/,bench/trace.o bench/replay.o bench/meter.o port/cortex-m/stack_paint.o)
REPLAY_CAIRN   = $(BUILD)/$(BOARD)/bench/target-cairn.o $(REPLAY_OBJECTS) $($(BOARD)_RUNTIME) $(BUILD)/$(BOARD)/libcairn.a
REPLAY_LIBC    = $(BUILD)/$(BOARD)/bench/target.o $(BUILD)/$(BOARD)/bench/libc-sbrk.o $(REPLAY_OBJECTS) $($(BOARD)_RUNTIME)
REPLAY_ARGS    = --machine "$($(BOARD)_MACHINE)" --icount $($(BOARD)_ICOUNT) --build $(BUILD)/$(BOARD)/replay \
                 --link "$(CROSS)gcc $($(BOARD)_CPU) $(FIRMWARE_LINK) -T boards/$(BOARD)/memory.ld -T linker/sections.ld" \
                 --cairn "$(REPLAY_CAIRN)" --libc "$(REPLAY_LIBC)" --nm $(CROSS)nm

## run: replay TRACE on BOARD with Cairn, newlib and newlib-nano; layout, table and picture
run: packages
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) run-now
run-now: $(REPLAY_CAIRN) $(REPLAY_LIBC)
	$(Q)$(PYTHON) bench/replay.py run $(REPLAY_ARGS) --board $(BOARD) --size $(CROSS)size $(TRACE)

# CORE measures the code of another core on the board, which must be able to run it.
## bench: instructions of every call of TRACES on BOARD (CORE=cortex-m0: that core's code), tab-separated
ifneq ($(CORE),)
bench:
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/as-$(CORE) CORE= CPU="-mcpu=$(CORE) -mthumb" bench
else
bench: packages
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) bench-images >&2
	$(Q)$(PYTHON) bench/replay.py bench $(REPLAY_ARGS) $(BENCH_TRACES)
endif
# A random trace is measured too, unless the caller names traces.
BENCH_TRACES := $(TRACES) $(if $(filter command% environment%,$(origin TRACES)),,$(BUILD)/random-log-uniform.trace)
$(BUILD)/random-log-uniform.trace: bench/random_trace.py
	@mkdir -p $(@D)
	$(Q)$(PYTHON) $< $(basename $(notdir $@)) > $@

.PHONY: bench-images run-now
bench-images: $(REPLAY_CAIRN) $(REPLAY_LIBC) $(filter $(BUILD)/%,$(BENCH_TRACES))

## fit: the smallest heap that runs each of TRACES: trace, peak_live, fit, ratio, tab-separated
fit: packages
	$(Q)$(MAKE) --no-print-directory $(BUILD)/host/fit >&2
	$(Q)$(BUILD)/host/fit $(TRACES)

## cost: what each option adds: bytes of flash and RAM, instructions of malloc and free, tab-separated
cost: packages
	$(Q)bench/cost.sh "$(MAKE)" $(BUILD)/cost

# ---- Host ----------------------------------------------------------------------------------------
# The layouts of the target on 32 bits: the default, the coarse granule, the 32-bit index; and on 64 bits the
# first and the last. The sanitizers see every access; the fit tool runs without them.

HOST_CFLAGS := $(CFLAGS_COMMON) -fno-builtin -include port/host/prefix.h -iquote allocator -Iport -Iport/host -Ibench -Itests
HOST_LAYOUTS := 32 32-coarse 32-wide 64 64-wide
32_FLAGS        := -m32
32-coarse_FLAGS := -m32 -DCAIRN_GRANULE=16
32-wide_FLAGS   := -m32 -DCAIRN_INDEX_BITS=32
64_FLAGS        :=
64-wide_FLAGS   := -DCAIRN_INDEX_BITS=32
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all

FIT_SOURCES := bench/fit.c bench/replay.c bench/trace.c $(HEAP:%=allocator/%.c) port/host/port.c
$(BUILD)/host/fit: $(FIT_SOURCES:%.c=$(BUILD)/host/fit-objects/%.o)
	$(Q)$(HOSTCC) -m32 $^ -lm -o $@
$(BUILD)/host/fit-objects/%.o: %.c $(MADE_BY)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -m32 -O2 $(HOST_CFLAGS) -c $< -o $@

define host_rules
$(BUILD)/host/$(1)/%.o: %.c $(MADE_BY)
	@mkdir -p $$(@D)
	$(Q)$(HOSTCC) $($(1)_FLAGS) -O1 $(SANITIZE) $(HOST_CFLAGS) -c $$< -o $$@
$(BUILD)/host/$(1)/bin/%: $(BUILD)/host/$(1)/tests/%.o $(TEST_SHARED:%=$(BUILD)/host/$(1)/tests/%.o) $(BUILD)/host/$(1)/tests/tap-host.o $(HEAP:%=$(BUILD)/host/$(1)/allocator/%.o) $(BUILD)/host/$(1)/port/host/port.o
	@mkdir -p $$(@D)
	$(Q)$(HOSTCC) $($(1)_FLAGS) $(SANITIZE) $$^ -o $$@
endef
$(foreach l,$(HOST_LAYOUTS),$(eval $(call host_rules,$l)))

# ---- Tests ---------------------------------------------------------------------------------------
# tests/common runs everywhere, tests/fault ends in cairn_fatal() everywhere, tests/target needs a
# board, tests/host the host; what of it needs no more than the heap runs on two boards as well.

names = $(patsubst tests/$(1)/%.c,%,$(wildcard tests/$(1)/*.c))
HOST_TESTS := $(foreach l,$(HOST_LAYOUTS),$(foreach k,common fault host,$(addprefix $(BUILD)/host/$l/bin/$k/,$(call names,$k))))
TARGET_TESTS := $(foreach b,$(BOARDS),$(foreach k,common fault target,$(patsubst %,$(BUILD)/$b/newlib/$k/%.elf,$(call names,$k)))) \
                $(foreach b,$(filter mps2-an385 microbit,$(BOARDS)),$(patsubst %,$(BUILD)/$b/newlib/host/%.elf,check arithmetic)) \
                $(foreach b,$(BOARDS),$(foreach l,$(LIBCS),$(patsubst %,$(BUILD)/$b/$l/libc/%.elf,$(call names,libc))))
SCRIPT_TESTS := $(wildcard tests/scripts/*.t)

# Rules of their own: more images, added to TARGET_TESTS.
TEST_RULES ?= $(wildcard tests/*.mk)
include $(TEST_RULES)

## bound: the longest path through malloc, free and so on, of every core, beside what was measured and the budget
include bench/bound.mk

## size: bytes of flash and static RAM that a firmware pays, by core, optimization and what it calls, tab-separated
include bench/size.mk

## test: every test: host, boards under QEMU, faults, links, format; says how many passed
test: packages
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) check
# The value of a variable, for scripts.
print-%:
	@echo $($*)

check: $(HOST_TESTS) $(TARGET_TESTS) $(BUILD)/host/fit
	$(Q)CC="$(HOSTCC)" CROSS="$(CROSS)" PYTHON="$(PYTHON)" tests/run $(JOBS) $(SCRIPT_TESTS) $(HOST_TESTS) $(TARGET_TESTS)

## help: this list
help:
	@sed -n 's/^## /  make /p' Makefile $(TEST_RULES)
	@echo "BOARD is one of: $(BOARDS)"

## clean: remove build/
clean:
	$(Q)rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
