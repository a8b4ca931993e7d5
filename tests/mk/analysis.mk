# analysis.mk: static analysis of allocator/ and port/: MISRA C:2012 by cppcheck's add-on (`make misra`); cppcheck
# itself, GCC's analyzer and clang-tidy (`make analyze`). `make test` does not come here.
#
# A run is options and sources, as they are compiled for a board; or for this machine, and then without MISRA. What is
# found must be in docs/misra.md with its reason.
#
# SPDX-License-Identifier: MIT
ANALYSIS_BOARDS  := plain table regions watched v8m freertos
ANALYSIS_OTHERS  := posix host cxx
# The runs are Arm's. names.c is made of other files; what needs the headers of a kernel or of another vendor's tool is left out.
ANALYSIS_PORT    := $(filter-out port/libc/names.c boards/runtime/startup_riscv.c extras/trace_task_%.c $(addprefix extras/trace_,rtt.c systemview.c tracealyzer.c memfault.c),$(wildcard port/common/*.c port/libc/*.c port/newlib/*.c port/picolibc/*.c extras/*.c boards/runtime/*.c))
ANALYSIS_SOURCES := $(wildcard allocator/*/*.c)

plain_BOARD      := mps2-an385
plain_OPTIONS    := $(LOCK)
plain_SOURCES    := $(ANALYSIS_SOURCES) $(ANALYSIS_PORT)
table_BOARD      := microbit
table_OPTIONS    := $(LOCK) -D__OPTIMIZE_SIZE__
table_SOURCES    := $(ANALYSIS_SOURCES)
regions_BOARD    := mps2-an385
regions_OPTIONS  := $(LOCK) -DCAIRN_REGIONS=1 -DCAIRN_INDEX_BITS=32
regions_SOURCES  := $(ANALYSIS_SOURCES)
watched_BOARD    := mps2-an385
watched_OPTIONS  := $(LOCK) -DCAIRN_REGIONS=1 -DCAIRN_CHECK=2 -DCAIRN_COUNTS=1 -DCAIRN_SITES=16 -DCAIRN_TRACE=1
watched_SOURCES  := $(ANALYSIS_SOURCES) $(ANALYSIS_PORT)
v8m_BOARD        := mps2-an505
v8m_OPTIONS      := -DCAIRN_PORT_HEADER='"cortex-m/basepri.h"' -DCAIRN_CEILING=0x80
v8m_SOURCES      := allocator/system/malloc.c $(ANALYSIS_PORT)
freertos_BOARD   := mps2-an385
freertos_OPTIONS := -DOVER_UCHEAP -DTRACED -Itests/freertos/kernel -Itests/freertos -Itests/freertos/v11
freertos_SOURCES := port/freertos/heap_cairn.c
posix_OPTIONS    := -D_GNU_SOURCE -DCAIRN_INDEX_BITS=32 -Iport/posix
posix_SOURCES    := $(wildcard port/posix/*.c)
host_OPTIONS     := -DCAIRN_INDEX_BITS=16
host_SOURCES     := $(wildcard port/host/*.c)
cxx_BOARD        := mps2-an385
cxx_OPTIONS      := $(LOCK)
cxx_SOURCES      := $(wildcard port/cxx/*.cpp)

# What differs between runs: the compiler; where its headers are, for the other tools; the language.
ANALYSIS_INCLUDE := -Iinclude -Iport -Iextras -Iallocator
ANALYSIS_NEWLIB  := /usr/include/newlib
ANALYSIS_LIBCXX   = $(shell $(CROSS)g++ $(cxx_CPU) -x c++ -E -v - </dev/null 2>&1 | sed -n '/ <...> search/,/^End/s/^ //p')
$(foreach a,$(ANALYSIS_BOARDS) cxx,$(eval $a_CPU = $($($a_BOARD).CPU)))
ANALYSIS_GCC      = $(shell $(CROSS)gcc -print-file-name=include)
$(foreach a,$(ANALYSIS_BOARDS),$(eval $a_CPPCHECK = --std=c11 --platform=arm32-wchar_t4 --addon=misra \
    --include=tests/analysis/no_layout.h -I$$(ANALYSIS_GCC) -I$(ANALYSIS_NEWLIB)))
$(foreach a,$(ANALYSIS_BOARDS),$(eval $a_CLANG = --target=arm-none-eabi $$($a_CPU) -std=c11 -ffreestanding -isystem $(ANALYSIS_NEWLIB)))
$(foreach a,posix host,$(eval $a_CPPCHECK := --std=c11 --platform=unix64 --include=tests/analysis/no_layout.h)$(eval $a_CLANG := -std=c11))
cxx_CPPCHECK     := --std=c++17 --language=c++ --platform=arm32-wchar_t4
cxx_CLANG         = --target=arm-none-eabi $(cxx_CPU) -std=c++17 -nostdinc $(addprefix -isystem ,$(ANALYSIS_LIBCXX))

# Of clang-tidy's checks, those that look for errors. docs/misra.md says why some are left out.
CLANG_TIDY_CHECKS := bugprone-*,cert-*,clang-analyzer-*,misc-*,performance-*,portability-*
CLANG_TIDY_NOT    := -misc-include-cleaner,-performance-enum-size,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling
CLANG_TIDY        := clang-tidy-19 --quiet --checks='-*,$(CLANG_TIDY_CHECKS),$(CLANG_TIDY_NOT)' --header-filter='(allocator|port|include|extras|boards)/.*'

# What the compiler defines by itself.
#   $(1) run   $(2) its compiler
define analysis_defines
$(BUILD)/analysis/$(1).h: $(MADE_BY) tests/mk/analysis.mk
	@mkdir -p $$(@D)
	$(Q)$(2) $$($(1)_CPU) -dM -E - </dev/null >$$@
endef
$(foreach a,$(ANALYSIS_BOARDS) cxx,$(eval $(call analysis_defines,$a,$(CROSS)gcc)))
$(foreach a,posix host,$(eval $(call analysis_defines,$a,$(HOSTCC))))

# A report has a line for each finding: file:line: [rule]. Any other line of cppcheck's is an error of its own, which
# its status does not tell; what it keeps for a run is in a folder for itself.
#   $(1) run
define analysis_rules
$(BUILD)/analysis/$(1).cppcheck: $(BUILD)/analysis/$(1).h FORCE
	$(Q)rm -rf $(BUILD)/analysis/$(1) && mkdir -p $(BUILD)/analysis/$(1)
	$(Q)cppcheck -q $$($(1)_CPPCHECK) --enable=warning,style,performance,portability --cppcheck-build-dir=$(BUILD)/analysis/$(1) \
	    --include=$$< $(ANALYSIS_INCLUDE) $$($(1)_OPTIONS) --template='{file}:{line}: [{id}]' $$($(1)_SOURCES) 2>$$@
	$(Q)! grep -v '^[^ ]*:[0-9]*: \[[^ ]*\]$$$$' $$@
$(BUILD)/analysis/$(1).tidy: FORCE
	@mkdir -p $$(@D)
	$(Q)$(CLANG_TIDY) $$($(1)_SOURCES) -- $$($(1)_CLANG) -O2 -fno-builtin $(ANALYSIS_INCLUDE) $$($(1)_OPTIONS) >$$@ 2>$$@.errors || { grep -h error: $$@.errors $$@; exit 1; }
endef
$(foreach a,$(ANALYSIS_BOARDS) $(ANALYSIS_OTHERS),$(eval $(call analysis_rules,$a)))

# GCC 12 analyzes C only.
#   $(1) run   $(2) its compiler
define analysis_gcc
$(BUILD)/analysis/$(1).gcc: FORCE
	@mkdir -p $$(@D)
	$(Q)for source in $$($(1)_SOURCES); do $(2) $$($(1)_CPU) -std=c11 -O2 $(filter-out -Werror,$(WARNINGS)) \
	    $(CFLAGS_CORE) -fanalyzer $(ANALYSIS_INCLUDE) $$($(1)_OPTIONS) -c $$$$source -o /dev/null || exit 1; done 2>$$@
endef
$(foreach a,$(ANALYSIS_BOARDS),$(eval $(call analysis_gcc,$a,$(CROSS)gcc)))
$(foreach a,posix host,$(eval $(call analysis_gcc,$a,$(HOSTCC))))

ANALYSIS_PACKAGES := clang-tidy-19 cppcheck
.PHONY: misra analyze misra-now analyze-now
## misra: MISRA C:2012 of allocator/ and port/: findings and deviations, which docs/misra.md records
misra: packages
	$(Q)tools/install-packages $(ANALYSIS_PACKAGES)
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) misra-now
misra-now: $(ANALYSIS_BOARDS:%=$(BUILD)/analysis/%.cppcheck)
	$(Q)$(PYTHON) tests/scripts/findings.py $(if $(WRITE),--write) docs/misra.md "MISRA C:2012" $^

## analyze: findings of cppcheck, GCC's analyzer and clang-tidy in allocator/ and port/, which docs/misra.md records
analyze: packages
	$(Q)tools/install-packages $(ANALYSIS_PACKAGES)
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) analyze-now
analyze-now: $(foreach a,$(ANALYSIS_BOARDS) $(ANALYSIS_OTHERS),$(addprefix $(BUILD)/analysis/$a.,cppcheck tidy)) \
             $(foreach a,$(ANALYSIS_BOARDS) posix host,$(BUILD)/analysis/$a.gcc)
	$(Q)$(PYTHON) tests/scripts/findings.py $(if $(WRITE),--write) docs/misra.md "Other analyses" $^
