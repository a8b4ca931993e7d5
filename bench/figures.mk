# The figures of the documents: measured, kept in docs/figures.tsv, and written where a document shows them.
# tests/scripts/figures.t compares the documents with that table. FROM='fit size' measures these only.
#
# SPDX-License-Identifier: MIT
CONTROL_SOURCES := bench/control.c $(HEAP:%=allocator/%.c) port/host/port.c
$(BUILD)/host/control: $(CONTROL_SOURCES:%.c=$(BUILD)/host/fit-objects/%.o)
	$(Q)$(HOSTCC) -m32 $^ -o $@

# What tests/scripts/gdb-damage.t needs.
DAMAGE_TREES := mps2-an385 $(addprefix mps2-an385/,guarded coarse wide-regions) host/64 host/64-wide
.PHONY: damage-images
damage-images: $(DAMAGE_TREES:%=$(BUILD)/%/gdb/damage.elf) $(BUILD)/host/heap_run $(BUILD)/host/coarse/heap_run

.PHONY: figures
figures: packages
	$(Q)$(MAKE) --no-print-directory BOARD=virt-rv32 packages
	$(Q)JOBS=$(JOBS) PYTHON=$(PYTHON) $(PYTHON) bench/figures.py write $(FROM)
