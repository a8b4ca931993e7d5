# build-systems.mk: the long form of the tests of packages and build systems. `make test` runs a case of each kind.
#
# SPDX-License-Identifier: MIT

# What lies behind CAIRN_TEST_ALL: all ways, C libraries and kinds of build; CAIRN_TEST_CORES: which of the toolchain's
# variants, as a pattern.
BUILD_SYSTEM_TESTS := $(addprefix tests/scripts/,dist.t cmake.t meson.t single.t lib.t)

.PHONY: test-build-systems
## test-build-systems: Cairn taken in by CMake, Meson, pkg-config, specs files and as one source, in all combinations
test-build-systems: packages
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) CAIRN_TEST_ALL=1 single-images
	$(Q)CAIRN_TEST_ALL=1 CAIRN_TEST_CORES=thumb/ CC="$(HOSTCC)" CROSS="$(CROSS)" PYTHON="$(PYTHON)" \
	    prove -j$(JOBS) --timer --failures --exec tests/run-one $(BUILD_SYSTEM_TESTS)
