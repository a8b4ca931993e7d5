# tools/cairn bound on small programs, and on images whose runs it is compared with; tests/scripts/bound.t
# runs it.
#
# SPDX-License-Identifier: MIT
BOUND_BOARD := $(call among,mps2-an385)
BOUND_TREE  := $(BUILD)/mps2-an385

$(BOUND_TREE)/bound/programs.o: tests/bound/programs.s
	$(call cc,$(CROSS)gcc $(mps2-an385.CPU) -g)
$(BOUND_TREE)/bound/programs-v6m.o: tests/bound/programs-v6m.s
	$(call cc,$(CROSS)gcc -mcpu=cortex-m0 -mthumb -g)
$(BOUND_TREE)/bound/programs.elf: private LINK_FLAGS = -Wl,--no-gc-sections
$(BOUND_TREE)/bound/programs.elf: $(addprefix $(BOUND_TREE)/,bound/programs.o tests/bound/measured.o bench/meter.o) \
        $(mps2-an385.RUNTIME) $(call scripts,mps2-an385)
	$(call link,mps2-an385)
$(BOUND_TREE)/bound/programs-v6m.elf: $(BOUND_TREE)/bound/programs-v6m.o
	$(Q)$(CROSS)ld -Ttext=0x8000 -e calls $< -o $@

# The replay, with Cairn and with functions that do nothing; its arguments are in a file.
BOUND_REPLAY := $(addprefix $(BOUND_TREE)/,bench/trace.o bench/replay.o bench/meter.o extras/stack_paint.o) \
                $(mps2-an385.RUNTIME)
BOUND_CAIRN  := $(BOUND_TREE)/bench/target-cairn.o $(BOUND_REPLAY) $(BOUND_TREE)/libcairn.a
BOUND_STUB   := $(addprefix $(BOUND_TREE)/,bench/target.o bench/libc-sbrk.o tests/bound/stub.o) $(BOUND_REPLAY)
BOUND_ARGS   := --emulator "$(mps2-an385.EMULATOR)" --machine $(mps2-an385.MACHINE) --icount $(mps2-an385.ICOUNT) \
                --build $(BOUND_TREE)/bound/replay \
                --link "$(CROSS)gcc $(mps2-an385.CPU) $(FIRMWARE_LINK) -T boards/mps2-an385/memory.ld \
                        -T linker/sections.ld" \
                --cairn "$(BOUND_CAIRN)" --libc "$(BOUND_STUB)"
$(BOUND_TREE)/bound/replay.args: $(BOUND_CAIRN) $(BOUND_STUB) tests/mk/bound.mk
	@mkdir -p $(@D)
	@echo '$(BOUND_ARGS)' >$@

check: $(if $(BOUND_BOARD),bound-images $(addprefix $(BOUND_TREE)/bound/,programs.elf programs-v6m.elf replay.args))
