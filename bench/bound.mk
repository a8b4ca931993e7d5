# The bound of the binary: bench/worst.c with the library of each core, as it is built for speed and for
# size. A Cortex-M3 runs what is built for the Cortex-M0: its largest blocks need more RAM than a micro:bit.
#
# SPDX-License-Identifier: MIT
cortex-m0.BOARD   := microbit
cortex-m3.BOARD   := mps2-an385
cortex-m4.BOARD   := netduinoplus2
cortex-m7.BOARD   := mps2-an500
cortex-m33.BOARD  := mps2-an505
cortex-m0.RUNS_ON := mps2-an385
BOUND_CORES       := $(foreach c,cortex-m0 cortex-m3 cortex-m4 cortex-m7 cortex-m33,$(if $(call among,$($c.BOARD)),$c))

# Functions that have a bound, and that bench/worst.c does not call.
BOUND_LINKED := $(foreach f,calloc malloc_usable_size sbrk mallinfo cairn_check_step,-u $f)

#   $(1) core   $(2) fast or small   $(3) its tree   $(4) the board that runs it
define bound_image
$(BUILD)/$(4)/bound/$(1)-$(2).elf: private LINK_FLAGS = $($($(1).BOARD).CPU) $(BOUND_LINKED)
$(BUILD)/$(4)/bound/$(1)-$(2).elf: $(addprefix $(BUILD)/$(3)/,bench/worst.o bench/meter.o libcairn.a) $($(3).RUNTIME) $(call scripts,$(4))
	$$(call link,$(4))
endef
bound_board = $(or $($(1).RUNS_ON),$($(1).BOARD))
$(foreach c,$(BOUND_CORES),$(eval $(call bound_image,$c,fast,$($c.BOARD)/fast,$(call bound_board,$c)))\
                           $(eval $(call bound_image,$c,small,$($c.BOARD),$(call bound_board,$c))))

# As bench/bound.py takes them: how the library was compiled names the rows.
BOUND_IMAGES := $(foreach c,$(BOUND_CORES),$c/-O2=$(BUILD)/$(call bound_board,$c)/bound/$c-fast.elf \
                                           $c/$(firstword $(OPT))=$(BUILD)/$(call bound_board,$c)/bound/$c-small.elf)

.PHONY: bound bound-images
bound: packages
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) bound-images >&2
	$(Q)$(PYTHON) bench/bound.py --strict --budget bench/bound.budget --jobs $(JOBS) $(BOUND_IMAGES)
bound-images: $(foreach i,$(BOUND_IMAGES),$(lastword $(subst =, ,$i)))
