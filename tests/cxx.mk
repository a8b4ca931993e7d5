# cxx.mk: the C++ tests: build/<board>/<libc>/cxx/<name>.elf.
#
# Every board runs every file of tests/cxx with exceptions (<name>.elf), and with nano.specs also without
# exceptions and RTTI (<name>-no-exceptions.elf), as does the Cortex-M0 with newlib. All of these link
# port/cxx/new.cpp; a few are built once more on the operators of libstdc++ (<name>-libstdc++.elf).
#
# nano.specs brings libstdc++_nano, which is compiled without unwind tables: nothing can be thrown
# through __cxa_throw(). A firmware with newlib-nano that throws has to link libstdc++.a, as here.

# All but a board that has the core of another one and RAM like the others'.
CXX_BOARDS        := $(filter-out lm3s6965evb,$(BOARDS))
CXX_LIBCS         := newlib nano
CXX_NAMES         := $(patsubst tests/cxx/%.cpp,%,$(wildcard tests/cxx/*.cpp))
# These need exceptions, or need that there are none.
CXX_ONLY_WITH     := exceptions
CXX_ONLY_WITHOUT  := unserved
CXX_OWN_OPERATORS := containers constructors

# Without the notes on what GCC 7 has changed in how arguments are passed.
CXX_WARNINGS := $(filter-out -Wstrict-prototypes -Wmissing-prototypes,$(WARNINGS)) -Wno-psabi
CXX_FLAGS    := -std=c++17 -Os -g1 $(CXX_WARNINGS) -MMD -MP -ffunction-sections -fdata-sections $(LOCK) \
                -Iport/cxx -iquote allocator -Iallocator -Itests -Iport -Iport/cortex-m
newlib_SPECS :=
nano_SPECS   := --specs=nano.specs
no-exceptions_FLAGS := -fno-exceptions -fno-rtti

# Rules of one board and C library.
#   $(1) board   $(2) library
define cxx_rules
$(BUILD)/$(1)/$(2)/cxx/objects/%.o: tests/cxx/%.cpp Makefile tests/cxx.mk boards/$(1)/board.mk
	@mkdir -p $$(@D)
	$(Q)$(CROSS)g++ $($(1)_CPU) $($(2)_SPECS) $(CXX_FLAGS) -c $$< -o $$@
$(BUILD)/$(1)/$(2)/cxx/objects/%-no-exceptions.o: tests/cxx/%.cpp Makefile tests/cxx.mk boards/$(1)/board.mk
	@mkdir -p $$(@D)
	$(Q)$(CROSS)g++ $($(1)_CPU) $($(2)_SPECS) $(CXX_FLAGS) $(no-exceptions_FLAGS) -c $$< -o $$@
$(BUILD)/$(1)/$(2)/cxx/port/new.o: port/cxx/new.cpp Makefile tests/cxx.mk boards/$(1)/board.mk
	@mkdir -p $$(@D)
	$(Q)$(CROSS)g++ $($(1)_CPU) $($(2)_SPECS) $(CXX_FLAGS) -c $$< -o $$@
$(BUILD)/$(1)/$(2)/cxx/port/new-no-exceptions.o: port/cxx/new.cpp Makefile tests/cxx.mk boards/$(1)/board.mk
	@mkdir -p $$(@D)
	$(Q)$(CROSS)g++ $($(1)_CPU) $($(2)_SPECS) $(CXX_FLAGS) $(no-exceptions_FLAGS) -c $$< -o $$@

$(call cxx_image,$(1),$(2),%,%,new,-l:libstdc++.a)
$(call cxx_image,$(1),$(2),%-no-exceptions,%-no-exceptions,new-no-exceptions,-lstdc++)
$(call cxx_image,$(1),$(2),%-libstdc++,%,,-l:libstdc++.a)
endef

#   $(3) image   $(4) its object   $(5) object of port/cxx   $(6) the C++ library
define cxx_image
$(BUILD)/$(1)/$(2)/cxx/$(3).elf: $(BUILD)/$(1)/$(2)/cxx/objects/$(4).o $(5:%=$(BUILD)/$(1)/$(2)/cxx/port/%.o) \
        $(TEST_SHARED:%=$(BUILD)/$(1)/tests/%.o) $(BUILD)/$(1)/tests/tap-target.o $(BUILD)/$(1)/libcairn.a \
        $$($(1)_RUNTIME) linker/sections.ld boards/$(1)/memory.ld tests/one-heap
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $($(1)_CPU) $($(2)_SPECS) $(FIRMWARE_LINK) -T boards/$(1)/memory.ld \
	    -T linker/sections.ld -Wl,-Map,$$(@:.elf=.map) $$(filter %.o,$$^) $(BUILD)/$(1)/libcairn.a $(6) -lm -o $$@
	$(Q)tests/one-heap $$(@:.elf=.map)

endef
$(foreach b,$(CXX_BOARDS),$(foreach l,$(CXX_LIBCS),$(eval $(call cxx_rules,$b,$l))))

CXX_WITH    := $(filter-out $(CXX_ONLY_WITHOUT),$(CXX_NAMES)) $(CXX_OWN_OPERATORS:%=%-libstdc++)
CXX_WITHOUT := $(patsubst %,%-no-exceptions,$(filter-out $(CXX_ONLY_WITH),$(CXX_NAMES)))
TARGET_TESTS += $(foreach b,$(CXX_BOARDS),$(foreach l,$(CXX_LIBCS),$(CXX_WITH:%=$(BUILD)/$b/$l/cxx/%.elf))) \
                $(foreach b,$(CXX_BOARDS),$(CXX_WITHOUT:%=$(BUILD)/$b/nano/cxx/%.elf)) \
                $(foreach b,$(filter microbit,$(BOARDS)),$(CXX_WITHOUT:%=$(BUILD)/$b/newlib/cxx/%.elf))
