# dist.mk: the library for every core and float ABI that the toolchain knows, of Arm's the M-profile's, in the folders
# that GCC looks into, with headers, specs files, and packages for pkg-config and CMake: build/dist; for RISC-V
# build/dist-riscv. To install it: `make install`, or a Debian package.
#
# SPDX-License-Identifier: MIT
DIST    := $(BUILD)/dist$(patsubst %,-%,$(filter-out cortex-m,$(ARCH)))
# Arm's toolchains look into <toolchain>/arm-none-eabi/lib by themselves, with PREFIX=<toolchain>/arm-none-eabi.
PREFIX  ?= /usr/local/$(patsubst %-,%,$(notdir $(CROSS)))
VERSION := $(shell sed -n 's/^.define CAIRN_VERSION_[MP][A-Z]* \([0-9]*\)$$/\1/p' include/cairn.h | tr '\n' . | sed 's/\.$$//')
DEB      = $(BUILD)/libcairn-$(patsubst %-,%,$(notdir $(CROSS)))_$(VERSION)_all.deb

# Debug information without the folder of this build.
dist.FLAGS          := -ffile-prefix-map=$(CURDIR)=cairn-$(VERSION)
dist-picolibc.FLAGS := $(dist.FLAGS)
dist-picolibc.LIBC  := picolibc

# MULTILIBS: the variants to build, as gcc -print-multi-lib prints them: <folder>;@<flag>@<flag>...
multilib_folder = $(firstword $(subst ;, ,$(1)))
multilib_flags  = $(subst @, -,$(word 2,$(subst ;, ,$(1))))
#   $(1) folder   $(2) flags
define multilib
$(call library,multilib/$(1),$(2),dist)
$(call heap_alone,multilib/$(1))
$(DIST)/lib/$(1)/%: $(BUILD)/multilib/$(1)/%
	$$(copy)
DIST_FILES += $(addprefix $(DIST)/lib/$(1)/,$(call libraries,newlib))
endef
define multilib_picolibc
$(call library,multilib-picolibc/$(1),$(2),dist-picolibc)
$(DIST)/lib/$(1)/libcairn-picolibc.a: $(BUILD)/multilib-picolibc/$(1)/libcairn.a
	$$(copy)
DIST_FILES += $(DIST)/lib/$(1)/libcairn-picolibc.a
endef
# Where newlib has none, private heaps alone are compiled with picolibc's headers.
define multilib_heap
$(call heap_alone,multilib-picolibc/$(1))
$(DIST)/lib/$(1)/libcairn-heap.a: $(BUILD)/multilib-picolibc/$(1)/libcairn-heap.a
	$$(copy)
DIST_FILES += $(addprefix $(DIST)/lib/$(1)/,$(heap_library))
endef
# With a ceiling that the firmware gives, as FreeRTOS's needs, for every core with BASEPRI.
dist-ceiling.FLAGS := $(dist.FLAGS)
dist-ceiling.LOCK  := -DCAIRN_PORT_HEADER='"cortex-m/ceiling.h"'
define multilib_ceiling
$(call library,multilib-ceiling/$(1),$(2),dist-ceiling)
$(DIST)/lib/$(1)/libcairn-ceiling.a: $(BUILD)/multilib-ceiling/$(1)/libcairn.a
	$$(copy)
DIST_FILES += $(DIST)/lib/$(1)/libcairn-ceiling.a
endef
#   $(1) one of these rules   $(2) MULTILIBS
each = $(foreach m,$(2),$(eval $(call $(1),$(call multilib_folder,$m),$(call multilib_flags,$m))))
$(call each,multilib_ceiling,$(foreach m,$(MULTILIBS),$(if $(filter $(NO_CEILING),$(call multilib_folder,$m)),,$m)))
$(call each,$(if $(filter newlib,$(LIBCS)),multilib,multilib_heap),$(MULTILIBS))
$(if $(HAS_PICOLIBC),$(call each,multilib_picolibc,$(MULTILIBS)))

define copy
@mkdir -p $(@D)
$(Q)cp $< $@
endef
# Where there is no newlib, there is no break under its malloc.
define configure
@mkdir -p $(@D)
$(Q)sed '$(if $(filter newlib,$(LIBCS)),,/cairn::sbrk/d; s/newlib, newlib-nano or //; )s/@VERSION@/$(VERSION)/; s/@FOR@/$(PACKAGE_FOR)/; s/@MAJOR@/$(word 1,$(subst ., ,$(VERSION)))/; s/@MINOR@/$(word 2,$(subst ., ,$(VERSION)))/' $< > $@
endef

# port.h and the locks: for callers of port_lock().
DIST_FILES += $(addprefix $(DIST)/include/,cairn.h cairn.hpp cairn_config.h $(addprefix cairn/,port.h $(PACKAGE_PORT))) \
              $(addprefix $(DIST)/lib/,cairn.specs $(if $(filter newlib,$(LIBCS)),cairn-sbrk.specs) cairn/heap.ld cairn/heap-found.ld pkgconfig/cairn.pc) \
              $(addprefix $(DIST)/lib/cmake/cairn/,cairn-config.cmake cairn-config-version.cmake) $(DIST)/share/doc/cairn/LICENSE
$(DIST)/include/cairn_config.h: include/cairn_config.h packaging/config-header $(MADE_BY)
	@mkdir -p $(@D)
	$(Q)packaging/config-header $(CROSS)gcc $(OPT) > $@
$(DIST)/include/cairn/%: port/%
	$(copy)
$(DIST)/include/%: include/%
	$(copy)
$(DIST)/share/doc/cairn/%: %
	$(copy)
$(DIST)/lib/cairn/%.ld: linker/%.ld
	$(copy)
$(DIST)/lib/%.specs: packaging/%.specs
	$(copy)
$(DIST)/lib/pkgconfig/%: packaging/%.in include/cairn.h packaging/dist.mk
	$(configure)
$(DIST)/lib/cmake/cairn/%: packaging/%.in include/cairn.h packaging/dist.mk
	$(configure)

.PHONY: dist dist-files install uninstall deb
## dist: build/dist: the library for every M-profile core of the toolchain, for newlib and picolibc, with cairn.specs; CROSS=riscv64-unknown-elf-: build/dist-riscv
dist:
	$(Q)$(MAKE) --no-print-directory -s -j$(JOBS) dist-files TEST_RULES= \
	    $(if $(MULTILIBS),,MULTILIBS="$(shell packaging/multilibs $(CROSS)gcc)")
	@$(if $(HAS_PICOLIBC),true,echo "$(CROSS)gcc has no picolibc: there is no library for it")
	@echo "$(DIST): link with -B$(DIST)/lib/ --specs=cairn.specs"
dist-files: $(DIST_FILES)

# The list of what was installed is kept there: uninstall removes no other file.
## install: build/dist into PREFIX (and DESTDIR before it); `make uninstall` removes it
install: dist
	$(Q)packaging/install "$(DIST)" "$(DESTDIR)$(PREFIX)"
	@echo "$(PREFIX): link with -B$(PREFIX)/lib/ --specs=cairn.specs"
uninstall:
	$(Q)packaging/install --remove "$(DESTDIR)$(PREFIX)"

## deb: a Debian package of it, for the folders of the toolchain: then --specs=cairn.specs is the only flag
deb: dist
	$(Q)packaging/deb "$(CROSS)gcc" "$(DIST)" "$(VERSION)" "$(DEB)"
	@echo "$(DEB)"
