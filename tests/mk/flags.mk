# flags.mk: the library as users compile it: with flags that the Makefile does not choose, by GCC and by clang, into
# an archive or straight into the firmware. tests/flags/family.c runs over each:
# build/<board>/flags/<C library>-<options>-<how it is linked>-<compiler>-<flags>.elf.
#
# A row is an image. `make test` has these: each optimization by each compiler, with and without -flto by each, and
# each other flag by each; `make flags` has all combinations of the flags.
#
# SPDX-License-Identifier: MIT
FLAGS_FEW := \
    mps2-an385/newlib/watched/archive/gcc/O0 \
    microbit/nano/guarded/direct/gcc/O0/fno-builtin/flto \
    mps2-an385/nano/guarded/direct/gcc/Og/ffreestanding/fno-strict-aliasing \
    microbit/newlib/plain/archive/gcc/Og/flto \
    microbit/nano/plain/archive/gcc/O1/ffreestanding \
    mps2-an385/picolibc/plain/direct/gcc/O1/flto/fno-strict-aliasing \
    mps2-an385/newlib/plain/direct/gcc/O2 \
    microbit/nano/plain/archive/gcc/O2/fno-builtin/fno-strict-aliasing \
    mps2-an385/newlib/plain/archive/gcc/O2/flto \
    microbit/newlib/plain/direct/gcc/O3 \
    mps2-an385/newlib/watched/direct/gcc/O3/flto \
    mps2-an385/picolibc/plain/archive/gcc/O3/ffreestanding/flto \
    mps2-an385/nano/plain/archive/gcc/Os \
    microbit/nano/watched/direct/gcc/Os/fno-builtin/flto/fno-strict-aliasing \
    mps2-an385/newlib/guarded/direct/clang/O0/fno-builtin \
    microbit/nano/plain/archive/clang/Og \
    microbit/nano/watched/direct/clang/O1/flto \
    mps2-an385/newlib/plain/direct/clang/O2 \
    mps2-an385/newlib/plain/archive/clang/O2/flto \
    microbit/nano/plain/archive/clang/O3/ffreestanding/fno-strict-aliasing \
    mps2-an385/nano/watched/direct/clang/O3/flto \
    mps2-an385/newlib/plain/archive/clang/Os \
    microbit/nano/plain/direct/clang/Oz \
    mps2-an385/newlib/guarded/direct/clang/Oz/fno-builtin/flto/fno-strict-aliasing

# An underscore is a flag's absence.
FLAGS_ALL = $(subst /_,,$(foreach b,mps2-an385/newlib/plain/archive microbit/nano/plain/direct, \
    $(foreach c,$(addprefix gcc/,O0 Og O1 O2 O3 Os) $(addprefix clang/,O0 Og O1 O2 O3 Os Oz), \
    $(foreach n,_ fno-builtin,$(foreach f,_ ffreestanding,$(foreach l,_ flto,$(foreach a,_ fno-strict-aliasing,$b/$c/$n/$f/$l/$a)))))))

# Clang takes the headers of the cross compiler's C library, and its size of an enumeration. What it leaves for the
# link is compiled by its plugin for the linker, in the place of GCC's.
CLANG        ?= clang
FLAGS_CLANG  := $(shell command -v $(CLANG))
FLAGS_PLUGIN := $(if $(FLAGS_CLANG),$(wildcard $(dir $(realpath $(FLAGS_CLANG)))../lib/LLVMgold.so))
flags_headers = $(patsubst %/newlib.h,%,$(filter %/newlib.h,$(shell $(CROSS)gcc -M -E -include newlib.h -xc /dev/null 2>&1)))
FLAGS_COMPILE_gcc   := $(CROSS)gcc -Werror=cast-align -Wcast-align=strict
FLAGS_COMPILE_clang := $(if $(FLAGS_CLANG),$(CLANG) --target=arm-none-eabi -isystem $(flags_headers) -fshort-enums -Werror=cast-align)
FLAGS_PLUGIN_clang  := $(FLAGS_PLUGIN:%=--plugin %)
FLAGS_LINK_clang    := $(FLAGS_PLUGIN:%=-fno-use-linker-plugin -Wl,-plugin,%) -Wl,--no-warn-execstack

FLAGS_HEADERS_picolibc := $(picolibc.SPECS)
FLAGS_SPECS_picolibc   := --specs=picolibc.specs --oslib=semihost
FLAGS_SPECS_nano       := --specs=nano.specs -u _printf_float
FLAGS_OPTIONS_guarded  := -DCAIRN_REGIONS=1 -DCAIRN_CHECK=2
FLAGS_OPTIONS_watched  := -DCAIRN_REGIONS=1 -DCAIRN_COUNTS=1 -DCAIRN_SITES=16 -DCAIRN_TRACE=1 -DCAIRN_TRACE_WORDS=64
FLAGS_NAMES_newlib     := $(newlib.NAMES)
FLAGS_NAMES_nano       := $(newlib.NAMES)
FLAGS_NAMES_picolibc   := $(picolibc.NAMES)
# The firmware's own part. What all tests share is compiled as for them, and tests/flags/beside.c with it.
FLAGS_BESIDE_newlib    := boards/runtime/syscalls
FLAGS_BESIDE_nano      := boards/runtime/syscalls
FLAGS_BESIDE_watched   := extras/trace_ring
FLAGS_TREE_picolibc    := /picolibc

# The objects of a library: those that belong into one, so that who asks for one name gets all, and the others.
FLAGS_TOGETHER := system/malloc system/family system/sbrk watch/watch
flags_names  = $(patsubst %,$(1)/allocator/%.o,$(FLAGS_TOGETHER)) $(FLAGS_NAMES_$(2):%=$(1)/port/%.o)
flags_others = $(patsubst %,$(1)/allocator/%.o,$(filter-out $(FLAGS_TOGETHER),$(HEAP))) $(patsubst %,$(1)/port/common/%.o,region fatal failure lock)

#   $(1) image, without .elf   $(2) board   $(3) C library   $(4) options   $(5) archive or direct   $(6) compiler   $(7) flags
define flags_rules
$(1)/%.o: %.c $(MADE_BY) tests/mk/flags.mk
	$$(call cc,$(FLAGS_COMPILE_$(6)) $($(2).CPU) $(FLAGS_HEADERS_$(3)) $(7) -g $(WARNINGS) -MMD -MP $(LOCK) $(FLAGS_OPTIONS_$(4)) $(TEST_SEES))
$(1)/names.o: $(call flags_names,$(1),$(3))
	$(Q)$(CROSS)ld $(FLAGS_PLUGIN_$(6)) -r $$^ -o $$@
$(1)/libcairn.a: $(1)/names.o $(call flags_others,$(1))
	$(Q)rm -f $$@
	$(Q)$(CROSS)ar $(FLAGS_PLUGIN_$(6)) rcs $$@ $$^
$(1).elf: $(patsubst %,$(1)/%.o,tests/flags/family boards/runtime/startup extras/semihosting $(FLAGS_BESIDE_$(3)) $(FLAGS_BESIDE_$(4))) \
        $(patsubst %,$(BUILD)/$(2)$(FLAGS_TREE_$(3))/tests/%.o,$(addprefix support/,tap tap-target blocks) flags/beside) \
        $(if $(filter archive,$(5)),$(1)/libcairn.a,$(call flags_names,$(1),$(3)) $(call flags_others,$(1))) \
        boards/$(2)/memory.ld linker/sections.ld tests/flags/region.ld tests/one-heap
	$(Q)$(CROSS)gcc $($(2).CPU) $(7) $(FLAGS_SPECS_$(3)) $(FIRMWARE_LINK) $(FLAGS_LINK_$(6)) $$(patsubst %,-T %,$$(filter %.ld,$$^)) \
	    -Wl,-Map,$$(@:.elf=.map) $$(filter %.o %.a,$$^) -lm -o $$@
	$(Q)tests/one-heap $$(@:.elf=.map)
endef

# Of rows, those of the boards and compilers that are there; tests/scripts/flags.t names a compiler that is not.
flags_no    = $(foreach r,$(2),$(if $(findstring $(1),$r),,$r))
flags_known = $(call flags_no,$(if $(FLAGS_CLANG),/no-compiler/,/clang/),$(call flags_no_lto,$(filter $(BOARDS:%=%/%),$(1))))
flags_no_lto = $(foreach r,$(1),$(if $(FLAGS_PLUGIN),$r,$(if $(findstring /clang/,$r),$(if $(findstring /flto,$r),,$r),$r)))
FLAGS_ROWS := $(call flags_known,$(if $(FLAGS_EVERY),$(FLAGS_ALL),$(FLAGS_FEW)))

flags_part  = $(word $(2),$(subst /, ,$(1)))
flags_image = $(BUILD)/$(call flags_part,$(1),1)/flags/$(subst /,-,$(patsubst $(call flags_part,$(1),1)/%,%,$(1)))
$(foreach r,$(FLAGS_ROWS),$(eval $(call flags_rules,$(call flags_image,$r),$(call flags_part,$r,1),$(call flags_part,$r,2),$(call flags_part,$r,3),$(call flags_part,$r,4),$(call flags_part,$r,5),$(addprefix -,$(wordlist 6,9,$(subst /, ,$r))))))
FLAGS_IMAGES := $(foreach r,$(FLAGS_ROWS),$(call flags_image,$r).elf)
TARGET_TESTS += $(FLAGS_IMAGES)

## flags: tests/flags with all combinations of flags
.PHONY: flags flags-images
flags: packages
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) -k FLAGS_EVERY=1 flags-images
flags-images: $(FLAGS_IMAGES)
	$(Q)prove -j$(JOBS) --failures --exec tests/run-one $^
