# riscv.mk: the tests of the RISC-V port: make test-riscv.
#
# SPDX-License-Identifier: MIT
RISCV_SCRIPTS  := tests/scripts/stepping.t tests/scripts/unlocked.t $(wildcard tests/riscv/*.t)
RISCV_PACKAGES := gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf qemu-system-misc cmake ninja-build meson pkgconf \
                  gdb-multiarch python3-pyelftools

.PHONY: test-riscv check-boards
## test-riscv: the tests of the RISC-V port on four emulated cores
test-riscv:
	$(Q)tools/install-packages $(RISCV_PACKAGES)
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) BOARD=virt-rv32imac check-boards
check-boards: $(TARGET_TESTS)
	$(Q)CROSS="$(CROSS)" PYTHON="$(PYTHON)" CAIRN_TEST_BOARD=$(BOARD) tests/run $(JOBS) $(RISCV_SCRIPTS) $(TARGET_TESTS)
