# tools/cairn bound on small programs, and on images whose runs it is compared with; tests/scripts/bound.t
# runs it.
#
# SPDX-License-Identifier: MIT
BOUND_BOARD := $(filter mps2-an385,$(BOARDS))
BOUND_TREE  := $(BUILD)/mps2-an385

$(BOUND_TREE)/bound/programs.o: tests/bound/programs.s
	@mkdir -p $(@D)
	$(Q)$(CROSS)gcc $(mps2-an385_CPU) -g -c $< -o $@
$(BOUND_TREE)/bound/programs-v6m.o: tests/bound/programs-v6m.s
	@mkdir -p $(@D)
	$(Q)$(CROSS)gcc -mcpu=cortex-m0 -mthumb -g -c $< -o $@
$(BOUND_TREE)/bound/programs.elf: $(addprefix $(BOUND_TREE)/,bound/programs.o tests/bound/measured.o bench/meter.o) \
        $(mps2-an385_RUNTIME) linker/sections.ld boards/mps2-an385/memory.ld
	$(Q)$(CROSS)gcc $(mps2-an385_CPU) $(FIRMWARE_LINK) -Wl,--no-gc-sections -T boards/mps2-an385/memory.ld \
	    -T linker/sections.ld $(filter %.o,$^) -o $@
$(BOUND_TREE)/bound/programs-v6m.elf: $(BOUND_TREE)/bound/programs-v6m.o
	$(Q)$(CROSS)ld -Ttext=0x8000 -e calls $< -o $@

# The replay, with Cairn and with functions that do nothing; its arguments are in a file.
BOUND_REPLAY := $(addprefix $(BOUND_TREE)/,bench/trace.o bench/replay.o bench/meter.o port/cortex-m/stack_paint.o) \
                $(mps2-an385_RUNTIME)
BOUND_CAIRN  := $(BOUND_TREE)/bench/target-cairn.o $(BOUND_REPLAY) $(BOUND_TREE)/libcairn.a
BOUND_STUB   := $(addprefix $(BOUND_TREE)/,bench/target.o bench/libc-sbrk.o tests/bound/stub.o) $(BOUND_REPLAY)
BOUND_ARGS   := --machine $(mps2-an385_MACHINE) --icount $(mps2-an385_ICOUNT) --build $(BOUND_TREE)/bound/replay \
                --link "$(CROSS)gcc $(mps2-an385_CPU) $(FIRMWARE_LINK) -T boards/mps2-an385/memory.ld \
                        -T linker/sections.ld" \
                --cairn "$(BOUND_CAIRN)" --libc "$(BOUND_STUB)"
$(BOUND_TREE)/bound/replay.args: $(BOUND_CAIRN) $(BOUND_STUB) tests/bound.mk
	@mkdir -p $(@D)
	@echo '$(BOUND_ARGS)' >$@

check: $(if $(BOUND_BOARD),bound-images $(addprefix $(BOUND_TREE)/bound/,programs.elf programs-v6m.elf replay.args))
