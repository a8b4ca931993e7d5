# riscv.mk: the tests of the RISC-V port. `make test` of one of its boards runs them, in place of Arm's and the host's.
#
# SPDX-License-Identifier: MIT
ifeq ($(ARCH),riscv)
$(foreach b,$(BOARDS),$(eval $(BUILD)/$b/picolibc/riscv/painted.elf: $(BUILD)/$b/extras/stack_paint.o))
TARGET_TESTS += $(BOARDS:%=$(BUILD)/%/picolibc/riscv/painted.elf)
SCRIPT_TESTS := tests/scripts/stepping.t tests/scripts/unlocked.t $(wildcard tests/riscv/*.t)
HOST_TESTS   :=
PROGRAMS_CHECKED :=
check: export CAIRN_TEST_BOARD = $(BOARD)
endif

.PHONY: test-riscv
## test-riscv: the tests of the RISC-V port on four emulated cores
test-riscv:
	$(Q)$(MAKE) --no-print-directory BOARD=virt-rv32 test
