# Cairn: `make help` says what there is to make. V=1 shows the commands.
#
# SPDX-License-Identifier: MIT

Q       := $(if $(V),,@)
BUILD   := build
PYTHON  ?= /usr/bin/python3
HOSTCC  ?= gcc
# A user's firmware is compiled as its own flags say; the library as here.
OPT     ?= -Os
WERROR  ?= $(if $(CI),-Werror)
JOBS    ?= $(shell nproc)
# The architecture is that of BOARD, or of the compiler that CROSS names. A make is for one: boards/<arch>.mk has what
# is its own. A folder of boards/ with a board.mk that names the architecture is one of its boards.
BOARD   ?= $(if $(findstring riscv,$(CROSS)),virt-rv32,mps2-an385)
ARCH    := $(or $(shell sed -n 's/^ARCH *:= *//p' boards/$(BOARD)/board.mk 2>/dev/null),$(error BOARD must be a folder of boards/ whose board.mk has a line ARCH := ...))
BOARDS  := $(sort $(patsubst boards/%/board.mk,%,$(shell grep -l '^ARCH *:= *$(ARCH)$$' boards/*/board.mk)))
include boards/$(ARCH).mk
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
SECTIONS      := -ffunction-sections -fdata-sections
# The family is made of itself: the compiler must not see malloc() and memset() as calloc(), nor a
# loop that clears a few words, with the lock held, as the C library's memset().
CFLAGS_CORE   := -ffreestanding -fno-builtin -fno-tree-loop-distribute-patterns $(SECTIONS)

# What each folder sees. The heap: the public headers and the port's contract. Ports, and what runs on boards: the
# heap's own headers, too, by folder and name. Tests: all of these and what they share.
CORE_SEES := -Iinclude -Iport
PORT_SEES := $(CORE_SEES) -Iextras -iquote allocator
TEST_SEES := $(PORT_SEES) -Itests -Itests/support

# What all objects depend on: the rules, and the choices of who calls make, kept in a file that changes with them.
# `make lib` has its own, so that its flags make nothing else anew.
CHOICES := $(CROSS) $(HOSTCC) $(OPT) $(CPU) $(LOCK) $(LIBC) $(CFLAGS_CORE)
CHOSEN  := $(BUILD)/$(if $(filter lib,$(MAKECMDGOALS)),lib/choices,choices.$(ARCH))
MADE_BY := Makefile boards/$(ARCH).mk $(wildcard boards/*/board.mk) $(CHOSEN)
ifneq ($(strip $(CHOICES)),$(strip $(file <$(CHOSEN))))
$(shell mkdir -p $(dir $(CHOSEN)))
$(file >$(CHOSEN),$(CHOICES))
endif

HEAP    := core/heap core/start core/private core/inspect core/check_step system/malloc system/family system/sbrk \
           system/regions watch/watch watch/guard watch/explain watch/freed watch/quarantine watch/account watch/trace
# What every test program links, besides its machine's tap-host or tap-target.
TEST_SHARED := tap fatal blocks hooks
FIRMWARE_LINK := -nostartfiles -Wl,--gc-sections -Wl,--fatal-warnings -Wl,--no-warn-rwx-segments

.PHONY: all run test check fit bench size cost help clean packages FORCE
# Not every toolchain brings it.
HAS_PICOLIBC := $(shell $(CROSS)gcc --specs=picolibc.specs -E -x c /dev/null >/dev/null 2>&1 && echo yes)
## all: libcairn.a and libcairn-sbrk.a for every board, under build/<board>/; under picolibc/ for picolibc, regions/ with regions, ceiling/ for FreeRTOS
all: $(foreach b,$(BOARDS),$(addprefix $(BUILD)/$b/,$(LIBRARIES)))
ifeq ($(HAS_PICOLIBC),)
.PHONY: no-picolibc
all: no-picolibc
no-picolibc:
	@echo "picolibc is not installed: no build/<board>/picolibc/libcairn.a"
endif

# ---- The recipes that all rules share --------------------------------------------------------------

# Compile the rule's source.   $(1) compiler and flags
define cc
@mkdir -p $(@D)
$(Q)$(1) -c $< -o $@
endef

# Make an archive of the rule's objects.
define archive
$(Q)rm -f $@
$(Q)$(CROSS)ar rcs $@ $^
@echo "$@"
endef

# Link the rule's objects and archives for a board. A target may have LINKER, LINK_FLAGS and LIBS of its own.
#   $(1) board
define link
@mkdir -p $(@D)
$(Q)$(CROSS)$(or $(LINKER),gcc) $($(1).CPU) $(FIRMWARE_LINK) $(LINK_FLAGS) -T boards/$(1)/memory.ld -T linker/sections.ld \
    -Wl,-Map,$(@:.elf=.map) $(filter %.o %.c,$^) $(filter %.a,$^) $(LIBS) -o $@
endef
scripts = linker/sections.ld boards/$(1)/memory.ld

# The same for a test; the image must have one heap.
define link_test
$(call link,$(1))
$(Q)tests/one-heap $(@:.elf=.map)
endef

# ---- The library -----------------------------------------------------------------------------------
# A tree is the library as one variant has it, for one core: build/<tree>/. A variant is a row of these, each of which
# may be missing: <variant>.FLAGS, further flags; .OPT and .LOCK, in place of OPT and LOCK; .LIBC, in place of BOARD_LIBC;
# .BOARDS, those that have a tree of it, build/<board>/<variant>/; .TESTS, folders of tests whose images link it.
# tests/mk/variants.mk has the table.

newlib.NAMES     := newlib/reent newlib/sbrk_names libc/mallinfo libc/strdup
newlib.RUNTIME   := boards/runtime/syscalls.o
picolibc.NAMES   := picolibc/names libc/mallinfo libc/strdup
picolibc.SPECS   := --specs=picolibc.specs
picolibc.LINK    := --specs=picolibc.specs --oslib=semihost
libc             = $(or $($(1).LIBC),$(BOARD_LIBC))

#   $(1) its tree   $(2) flags of the core   $(3) the variant
compile_for = $(CROSS)gcc $(2) $($(call libc,$(3)).SPECS) $($(3).FLAGS) $(CFLAGS_COMMON)
define library
$(BUILD)/$(1)/allocator/%.o: allocator/%.c $(MADE_BY)
	$$(call cc,$(compile_for) $(or $($(3).OPT),$(OPT)) $(CFLAGS_CORE) $(or $($(3).LOCK),$(LOCK)) $(CORE_SEES))
$(BUILD)/$(1)/%.o: %.c $(MADE_BY)
	$$(call cc,$(compile_for) $(or $($(3).OPT),$(OPT)) $(CFLAGS_CORE) $(or $($(3).LOCK),$(LOCK)) $(PORT_SEES))

# A firmware that asks for one name gets them all.
$(BUILD)/$(1)/names.o: $(patsubst %,$(BUILD)/$(1)/%.o,$(addprefix allocator/,system/malloc system/family system/sbrk watch/watch) \
        $(addprefix port/,$($(call libc,$(3)).NAMES)))
	$(Q)$(CROSS)gcc $(2) -nostdlib -r $$^ -o $$@
$(BUILD)/$(1)/libcairn.a: $(BUILD)/$(1)/names.o $(patsubst %,$(BUILD)/$(1)/%.o,$(addprefix allocator/,core/heap core/start core/private \
        core/inspect core/check_step system/regions watch/guard watch/explain watch/freed watch/quarantine watch/account watch/trace) \
        $(addprefix port/common/,region fatal failure lock) $(addprefix port/$(ARCH)/,$(PORT_PARTS)))
	$$(archive)

# The break alone, under the C library's own malloc.
$(BUILD)/$(1)/sbrk-alone/%.o: allocator/system/%.c $(MADE_BY)
	$$(call cc,$(compile_for) $(or $($(3).OPT),$(OPT)) $(CFLAGS_CORE) $(or $($(3).LOCK),$(LOCK)) -DCAIRN_SBRK_ALONE $(CORE_SEES))
$(BUILD)/$(1)/sbrk-names.o: $(BUILD)/$(1)/sbrk-alone/sbrk.o $(addprefix $(BUILD)/$(1)/port/newlib/,sbrk_names.o malloc_lock.o)
	$(Q)$(CROSS)gcc $(2) -nostdlib -r $$^ -o $$@
$(BUILD)/$(1)/libcairn-sbrk.a: $(BUILD)/$(1)/sbrk-names.o $(addprefix $(BUILD)/$(1)/port/common/,region.o fatal.o)
	$$(archive)

# What a firmware of tests and examples links, besides the library.
$(1).RUNTIME := $(addprefix $(BUILD)/$(1)/,boards/runtime/$(STARTUP).o extras/semihosting.o $($(call libc,$(3)).RUNTIME))
$(1).SUPPORT := $(patsubst %,$(BUILD)/$(1)/tests/support/%.o,$(TEST_SHARED) tap-target)

$(BUILD)/$(1)/bench/%.o: bench/%.c $(MADE_BY)
	$$(call cc,$(compile_for) -O2 $(SECTIONS) -fno-builtin $$(SLOTS:%=-DSLOTS=%) $(LOCK) $(TEST_SEES))
$(BUILD)/$(1)/bench/%-cairn.o: bench/%.c $(MADE_BY)
	$$(call cc,$(compile_for) -O2 $(SECTIONS) -fno-builtin $$(SLOTS:%=-DSLOTS=%) $(LOCK) $(TEST_SEES) -DCAIRN)
$(BUILD)/$(1)/tests/%.o: tests/%.c $(MADE_BY)
	$$(call cc,$(compile_for) $(or $($(3).OPT),$(OPT)) $(SECTIONS) -fno-builtin $(or $($(3).LOCK),$(LOCK)) $(TEST_SEES))
endef

# Test images of a tree, build/<board>/<images>/<folder>/<name>.elf; the first folder names the board to the runner.
#   $(1) the tree   $(2) the images' folder   $(3) link flags   $(4) the board
define images
$(BUILD)/$(4)/$(2)/%.elf: private LINK_FLAGS = $(3)
$(BUILD)/$(4)/$(2)/%.elf: private LIBS = -lm
$(BUILD)/$(4)/$(2)/%.elf: $(BUILD)/$(1)/tests/%.o $$($(1).SUPPORT) $(BUILD)/$(1)/libcairn.a $$($(1).RUNTIME) $(call scripts,$(4)) tests/one-heap
	$$(call link_test,$(4))
endef

#   $(1) board
define board
$(1).CPU     := $(or $(CPU),$(CPU_FLAGS))
$(1).MACHINE := $(MACHINE)
$(1).EMULATOR := $(EMULATOR)
$(1).ICOUNT  := $(strip $(ICOUNT))
$(1).HAS     := $(HAS)
$(BUILD)/$(1)/bench/%: SLOTS := $(REPLAY_SLOTS)
endef
$(foreach b,$(BOARDS),$(eval REPLAY_SLOTS :=)$(eval HAS :=)$(eval EMULATOR := $(BOARD_EMULATOR))$(eval include boards/$b/board.mk)$(eval $(call board,$b)))
# Boards that have one of these: `basepri`, `mpu`, `msplim` (HAS in board.mk); and boards, where they are there.
having = $(foreach b,$(BOARDS),$(if $(filter $(1),$($b.HAS)),$b))
among  = $(filter $(1),$(BOARDS))

$(foreach b,$(BOARDS),$(eval $(call library,$b,$($b.CPU))))
$(foreach b,$(BOARDS),$(foreach l,$(BOARD_LIBCS),$(eval $(call images,$b,$l,$($l.LINK),$b))))

names = $(patsubst tests/$(1)/%.c,%,$(wildcard tests/$(1)/*.c))
# The test images of some folders.   $(1) board   $(2) the images' folder   $(3) the folders of tests
tests_of = $(foreach k,$(3),$(patsubst %,$(BUILD)/$(1)/$(2)/$k/%.elf,$(call names,$k)))

#   $(1) board   $(2) variant
define variant
$(call library,$(1)/$(2),$($(1).CPU),$(2))
$(call images,$(1)/$(2),$(2),$(or $($(2).LINK),$($(BOARD_LIBC).LINK)),$(1))
$(2).IMAGES += $(call tests_of,$(1),$(2),$($(2).TESTS))
endef

# ---- Packages ------------------------------------------------------------------------------------

packages:
	$(Q)tools/install-packages $(PACKAGES)

# ---- Replay --------------------------------------------------------------------------------------

REPLAY_OBJECTS = $(REPLAY_WITH:%=$(BUILD)/$(BOARD)/%.o) $(addprefix $(BUILD)/$(BOARD)/,bench/trace.o bench/replay.o bench/meter.o extras/stack_paint.o)
REPLAY_CAIRN   = $(BUILD)/$(BOARD)/bench/target-cairn.o $(REPLAY_OBJECTS) $($(BOARD).RUNTIME) $(BUILD)/$(BOARD)/libcairn.a
REPLAY_LIBC    = $(BUILD)/$(BOARD)/bench/target.o $(BUILD)/$(BOARD)/bench/libc-sbrk.o $(REPLAY_OBJECTS) $($(BOARD).RUNTIME)
REPLAY_ARGS    = --emulator "$($(BOARD).EMULATOR)" --machine "$($(BOARD).MACHINE)" --icount $($(BOARD).ICOUNT) --build $(BUILD)/$(BOARD)/replay \
                 --link "$(CROSS)gcc $($(BOARD).CPU) $($(BOARD_LIBC).LINK) $(FIRMWARE_LINK) -T boards/$(BOARD)/memory.ld -T linker/sections.ld" \
                 --allocators "cairn $(BOARD_LIBCS)" --cairn "$(REPLAY_CAIRN)" --libc "$(REPLAY_LIBC)" --picolibc "$(REPLAY_LIBC)" --nm $(CROSS)nm

## run: replay TRACE on BOARD with Cairn and the C library's own malloc; layout, table and picture
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

HOST_CFLAGS := $(CFLAGS_COMMON) -fno-builtin -include port/host/prefix.h $(TEST_SEES) -Iport/host -Ibench
HOST_LAYOUTS := 32 32-coarse 32-wide 64 64-wide
32.FLAGS        := -m32
32-coarse.FLAGS := -m32 -DCAIRN_GRANULE=16
32-wide.FLAGS   := -m32 -DCAIRN_INDEX_BITS=32
64.FLAGS        := -DBITS_TABLE=1# as a core that has no instruction for it, at -O2
64-wide.FLAGS   := -DCAIRN_INDEX_BITS=32
SANITIZE := -fsanitize=address -fsanitize=undefined -fno-sanitize-recover=all
HOST_HEAP := $(HEAP:%=allocator/%.o) port/host/port.o port/host/calls.o

FIT_PARTS := bench/fit.o bench/replay.o bench/trace.o $(HOST_HEAP)
$(BUILD)/host/fit: $(FIT_PARTS:%=$(BUILD)/host/fit-objects/%)
	$(Q)$(HOSTCC) -m32 $^ -lm -o $@
$(BUILD)/host/fit-objects/%.o: %.c $(MADE_BY)
	$(call cc,$(HOSTCC) -m32 -O2 $(HOST_CFLAGS))

#   $(1) layout
define host
$(BUILD)/host/$(1)/%.o: %.c $(MADE_BY)
	$$(call cc,$(HOSTCC) $($(1).FLAGS) -O1 $(SANITIZE) $(HOST_CFLAGS))
$(BUILD)/host/$(1)/bin/%: $(BUILD)/host/$(1)/tests/%.o $(patsubst %,$(BUILD)/host/$(1)/%,$(TEST_SHARED:%=tests/support/%.o) tests/support/tap-host.o $(HOST_HEAP))
	@mkdir -p $$(@D)
	$(Q)$(HOSTCC) $($(1).FLAGS) $(SANITIZE) $$^ -o $$@
endef
$(foreach l,$(HOST_LAYOUTS),$(eval $(call host,$l)))
#   $(1) layout   $(2) the folders of tests
host_tests = $(foreach k,$(2),$(patsubst %,$(BUILD)/host/$(1)/bin/$k/%,$(call names,$k)))

# ---- Tests ---------------------------------------------------------------------------------------
# tests/common runs everywhere, tests/fault ends in cairn_fatal() everywhere, tests/target needs a
# board, tests/host the host; what of it needs no more than the heap runs on two boards as well.

HOST_TESTS   := $(foreach l,$(HOST_LAYOUTS),$(call host_tests,$l,common fault host))
TARGET_TESTS := $(foreach b,$(BOARDS),$(filter-out $(NO_TESTS:%=%.elf),$(call tests_of,$b,$(BOARD_LIBC),common fault target))) \
                $(foreach b,$(call among,mps2-an385 microbit),$(patsubst %,$(BUILD)/$b/newlib/host/%.elf,check arithmetic)) \
                $(foreach b,$(BOARDS),$(foreach l,$(LIBCS),$(call tests_of,$b,$l,libc)))
SCRIPT_TESTS := $(wildcard tests/scripts/*.t)

# What users build without the boards.
PACKAGING := packaging/lib.mk $(filter-out packaging/lib.mk,$(wildcard packaging/*.mk))
include $(PACKAGING)

# Rules of their own: more images, added to TARGET_TESTS.
TEST_RULES ?= tests/mk/variants.mk $(filter-out tests/mk/variants.mk,$(wildcard tests/mk/*.mk))
include $(TEST_RULES)

## bound: the longest path through malloc, free and so on, of every core, beside what was measured and the budget
include bench/bound.mk

## size: bytes of flash and static RAM that a firmware pays, by core, optimization and what it calls, tab-separated
include bench/size.mk

## figures: measure what the documents show (FROM='fit size': these only), and write docs/figures.tsv and the documents
include bench/figures.mk

## programs: real programs (sources from Debian) over each C library's malloc and over Cairn; RAM, instructions, flash
include bench/programs.mk

## compare: Cairn beside newlib, newlib-nano and picolibc on TRACES, on Cortex-M0, M3 and M4: RAM, instructions, flash
include bench/compare.mk

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
	@sed -n 's/^## /  make /p' Makefile $(PACKAGING) $(TEST_RULES)
	@echo "BOARD is one of:" $(patsubst boards/%/board.mk,%,$(wildcard boards/*/board.mk))

## clean: remove build/
clean:
	$(Q)rm -rf $(BUILD)

-include $(shell find $(BUILD) -path $(BUILD)/programs/sources -prune -o -name '*.d' -print 2>/dev/null)
