# The figures of the documents: measured, kept in docs/figures.tsv, and written where a document shows them.
# tests/scripts/figures.t compares the documents with that table. FROM='fit size' measures these only.
#
# SPDX-License-Identifier: MIT
CONTROL_SOURCES := bench/control.c $(HEAP:%=allocator/%.c) port/host/port.c
$(BUILD)/host/control: $(CONTROL_SOURCES:%.c=$(BUILD)/host/fit-objects/%.o)
	$(Q)$(HOSTCC) -m32 $^ -o $@

.PHONY: figures
figures: packages
	$(Q)JOBS=$(JOBS) PYTHON=$(PYTHON) $(PYTHON) bench/figures.py write $(FROM)
