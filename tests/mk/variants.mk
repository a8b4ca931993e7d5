# variants.mk: the library built in other ways: build/<board>/<variant>/. The Makefile says what a row may have.
#
# SPDX-License-Identifier: MIT
VARIANTS := picolibc fast zbb basepri ceiling fast-ceiling unlocked regions wide-regions coarse coarse-regions guarded held counted traced contexts chained chained-guarded chained-held counted-regions traced-regions all

# For the other C library; its tests of the C library are in the Makefile.
picolibc.BOARDS := $(if $(filter newlib,$(BOARD_LIBC)),$(BOARDS))
picolibc.LIBC   := picolibc

# At -O2: the same tests of behaviour and misuse, on a core with CLZ and on one without; other boards have no tests.
fast.OPT    := -O2
fast.BOARDS := $(BOARDS)
FAST_BOARDS := $(call among,mps2-an385 microbit virt-rv32 virt-rv64)

# RISC-V with instructions that count zeros, at -O2.
zbb.OPT    := -O2
zbb.FLAGS  := -march=rv32imac_zbb
zbb.BOARDS := $(call among,virt-rv32)
zbb.TESTS  := common fault

# The lock by BASEPRI, for every core that has the register.
basepri.LOCK   := -DCAIRN_PORT_HEADER='"cortex-m/basepri.h"' -DCAIRN_CEILING=0x80
basepri.BOARDS := $(call having,basepri)
basepri.TESTS  := ceiling

# The same with a ceiling that the firmware gives, as FreeRTOS's needs; and at -O2, to be measured.
ceiling.LOCK        := -DCAIRN_PORT_HEADER='"cortex-m/ceiling.h"'
ceiling.FLAGS       := -DCAIRN_CEILING=0x80
ceiling.LINK        := -Wl,--defsym=cairn_ceiling=0x80
ceiling.BOARDS      := $(call having,basepri)
ceiling.TESTS       := ceiling
all: $(ceiling.BOARDS:%=$(BUILD)/%/ceiling/libcairn.a)
fast-ceiling.LOCK   := $(ceiling.LOCK)
fast-ceiling.OPT    := -O2
fast-ceiling.BOARDS := $(call among,mps2-an385)

# No lock at all: tests/stress, which runs on every board, must fail.
unlocked.LOCK   := -DCAIRN_PORT_HEADER='"tests/stress/unlocked.h"' -I.
unlocked.BOARDS := $(call among,mps2-an385 virt-rv32 virt-rv64)

# Several ranges of RAM; with the other indices and granules as well.
regions.FLAGS         := -DCAIRN_REGIONS=1
regions.BOARDS        := $(BOARDS)
regions.TESTS         := regions
wide-regions.FLAGS    := -DCAIRN_REGIONS=1 -DCAIRN_INDEX_BITS=32
wide-regions.BOARDS   := $(call among,mps2-an385 mps2-an500 mps2-an505 lm3s6965evb)
coarse.FLAGS          := -DCAIRN_GRANULE=16
coarse.BOARDS         := $(call among,mps2-an385)
coarse-regions.FLAGS  := -DCAIRN_REGIONS=1 -DCAIRN_GRANULE=16
coarse-regions.BOARDS := $(call among,mps2-an385)
coarse-regions.TESTS  := common fault regions

# The heap watched. What a trace and counts leave as it is is tested by tests/common and tests/fault; at level 2 all
# misuse of tests/fault is found, too.
WATCHED_ON_HOST := guarded held counted traced contexts sited chained chained-guarded chained-held counted-regions traced-regions all
WATCH_BOARDS    := $(call among,mps2-an385 mps2-an505 microbit virt-rv32 virt-rv64)
guarded.FLAGS   := -DCAIRN_CHECK=2 -DCAIRN_REGIONS=1
guarded.BOARDS  := $(WATCH_BOARDS)
guarded.TESTS   := guarded regions
# The last blocks that were freed held back.
held.FLAGS      := -DCAIRN_CHECK=2 -DCAIRN_REGIONS=1 -DCAIRN_COUNTS=1 -DCAIRN_QUARANTINE=8
held.BOARDS     := $(WATCH_BOARDS)
held.TESTS      := held
counted.FLAGS   := -DCAIRN_COUNTS=1 -DCAIRN_SITES=16
counted.BOARDS  := $(WATCH_BOARDS)
counted.TESTS   := counted sited
traced.FLAGS    := -DCAIRN_COUNTS=1 -DCAIRN_TRACE=1
traced.BOARDS   := $(WATCH_BOARDS)
traced.TESTS    := traced
# Records with calls, time and task: where the port finds calls on the stack.
contexts.FLAGS  := -DCAIRN_TRACE=1 -DCAIRN_TRACE_STACK=6 -DCAIRN_TRACE_TIME=1 -DCAIRN_TRACE_TASK=1
contexts.BOARDS := $(if $(PORT_PARTS),$(WATCH_BOARDS))
contexts.TESTS  := contexts
sited.FLAGS     := -DCAIRN_SITES=16
sited.TESTS     := sited
# Sites that are told apart by calls on the stack; and at level 2, where reports name owners.
chained.FLAGS   := -DCAIRN_SITES=16 -DCAIRN_SITES_STACK=4
chained.BOARDS  := $(contexts.BOARDS)
chained.TESTS   := chained
chained-guarded.FLAGS  := -DCAIRN_CHECK=2 -DCAIRN_REGIONS=1 $(chained.FLAGS)
chained-guarded.BOARDS := $(call among,mps2-an385)
chained-guarded.TESTS  := guarded chained
chained-held.FLAGS     := -DCAIRN_CHECK=2 -DCAIRN_QUARANTINE=8 $(chained.FLAGS)
chained-held.BOARDS    := $(call among,mps2-an385)
chained-held.TESTS     := chained
# With regions as well. There a cache line is as short as can be, a granule.
counted-regions.FLAGS  := $(counted.FLAGS) -DCAIRN_REGIONS=1 -DCAIRN_CACHE_LINE=CAIRN_GRANULE
counted-regions.BOARDS := $(call among,mps2-an385)
counted-regions.TESTS  := regions
traced-regions.FLAGS   := $(traced.FLAGS) -DCAIRN_REGIONS=1
traced-regions.BOARDS  := $(call among,mps2-an385)
traced-regions.TESTS   := regions
# All at once.
all.FLAGS  := -DCAIRN_CHECK=2 $(counted.FLAGS) -DCAIRN_TRACE=1
all.TESTS  := traced sited
all.BOARDS := $(call among,mps2-an385 microbit)

$(foreach v,$(VARIANTS),$(foreach b,$($v.BOARDS),$(eval $(call variant,$b,$v))))
TARGET_TESTS += $(foreach v,$(VARIANTS),$($v.IMAGES))

# What one board is enough for; and what runs on all.
TARGET_TESTS += $(foreach b,$(FAST_BOARDS),$(call tests_of,$b,fast,common fault) $(BUILD)/$b/fast/host/arithmetic.elf) \
                $(zbb.BOARDS:%=$(BUILD)/%/zbb/host/arithmetic.elf) \
                $(foreach b,$(call among,mps2-an385),$(call tests_of,$b,regions,common fault)) \
                $(BOARDS:%=$(BUILD)/%/$(BOARD_LIBC)/stress/nested.elf)
check: $(unlocked.BOARDS:%=$(BUILD)/%/unlocked/stress/nested.elf)
