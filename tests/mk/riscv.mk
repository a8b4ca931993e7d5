# riscv.mk: the tests of the RISC-V port: make test-riscv.
#
# SPDX-License-Identifier: MIT
RISCV_SCRIPTS  := tests/scripts/stepping.t tests/scripts/unlocked.t $(wildcard tests/riscv/*.t)

ifeq ($(ARCH),riscv)
$(foreach b,$(BOARDS),$(eval $(BUILD)/$b/picolibc/riscv/painted.elf: $(BUILD)/$b/extras/stack_paint.o))
TARGET_TESTS += $(BOARDS:%=$(BUILD)/%/picolibc/riscv/painted.elf)
endif

.PHONY: test-riscv check-boards
## test-riscv: the tests of the RISC-V port on four emulated cores
test-riscv:
	$(Q)$(MAKE) --no-print-directory BOARD=virt-rv32 packages
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) BOARD=virt-rv32 check-boards
check-boards: $(TARGET_TESTS)
	$(Q)CROSS="$(CROSS)" PYTHON="$(PYTHON)" CAIRN_TEST_BOARD=$(BOARD) tests/run $(JOBS) $(RISCV_SCRIPTS) $(TARGET_TESTS)
