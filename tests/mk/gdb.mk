# Looking at a heap from outside: a firmware with a known heap (tests/gdb/scene.c), and one that damages a
# heap in every way (tests/gdb/damage.c), without a cairn_fatal() of their own; tests/gdb/*.py look at them.
#
# SPDX-License-Identifier: MIT
GDB_BOARDS := $(call among,microbit mps2-an385 mps2-an505)
GDB_COARSE := $(coarse.BOARDS:%=%/coarse)
GDB_TREES  := $(foreach b,$(GDB_BOARDS),$b $b/guarded $b/counted) \
              $(foreach b,$(filter-out microbit,$(GDB_BOARDS)),$b/wide-regions) $(GDB_COARSE)

#   $(1) a tree   $(2) its board
define gdb_image
$(BUILD)/$(1)/gdb/%.elf: $(BUILD)/$(1)/tests/gdb/%.o $(addprefix $(BUILD)/$(1)/tests/support/,tap.o tap-target.o) \
        $($(1).RUNTIME) $(BUILD)/$(1)/libcairn.a $(call scripts,$(2))
	$$(call link,$(2))
endef
$(foreach t,$(GDB_TREES),$(eval $(call gdb_image,$t,$(firstword $(subst /, ,$t)))))

# One library of each kind is enough for what does not depend on the board.
GDB_DAMAGED := $(foreach b,$(call among,mps2-an385),$b $b/guarded $b/wide-regions) $(GDB_COARSE)

# Pointers of 64 bits: a program of the host, whose static data is within 32 bits, as what damage.c prints.
GDB_HOSTS := host/64 host/64-wide
$(GDB_HOSTS:%=$(BUILD)/%/gdb/damage.elf): $(BUILD)/%/gdb/damage.elf: $(BUILD)/%/tests/gdb/damage.o \
        $(addprefix $(BUILD)/%/,$(addprefix tests/support/,tap.o fatal.o tap-host.o) $(HOST_HEAP))
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(SANITIZE) -no-pie $^ -o $@

check: $(GDB_TREES:%=$(BUILD)/%/gdb/scene.elf) $(patsubst %,$(BUILD)/%/gdb/damage.elf,$(GDB_DAMAGED) $(GDB_HOSTS))
