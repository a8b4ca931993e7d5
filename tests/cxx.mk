# cxx.mk: the C++ tests: build/<board>/<libc>/cxx/<name>.elf.
#
# Every board runs every file of tests/cxx with exceptions (<name>.elf), and with nano.specs also without
# exceptions and RTTI (<name>-no-exceptions.elf), as does the Cortex-M0 with newlib and picolibc. All of these
# link port/cxx/new.cpp; a few are built once more on the operators of libstdc++ (<name>-libstdc++.elf).
#
# nano.specs brings libstdc++_nano, which is compiled without unwind tables: nothing can be thrown
# through __cxa_throw(). A firmware with newlib-nano that throws has to link libstdc++.a, as here.
#
# picolibc has a libstdc++.a of its own, with unwind tables and for every multilib of the compiler (Debian's
# libstdc++-arm-none-eabi-picolibc). The headers of the C++ library are newlib's, and serve both.
#
# SPDX-License-Identifier: MIT

# All but a board that has the core of another one and RAM like the others'.
CXX_BOARDS        := $(filter-out lm3s6965evb,$(BOARDS))
CXX_LIBCS         := newlib nano picolibc
CXX_NAMES         := $(patsubst tests/cxx/%.cpp,%,$(wildcard tests/cxx/*.cpp))
# These need exceptions, need that there are none, or need a thread pointer.
CXX_ONLY_WITH     := exceptions
CXX_ONLY_WITHOUT  := unserved
CXX_ONLY_PICOLIBC := thread_local
CXX_OWN_OPERATORS := containers constructors

# Without the notes on what GCC 7 has changed in how arguments are passed.
CXX_WARNINGS := $(filter-out -Wstrict-prototypes -Wmissing-prototypes,$(WARNINGS)) -Wno-psabi
CXX_FLAGS    := -std=c++17 -Os -g1 $(CXX_WARNINGS) -MMD -MP -ffunction-sections -fdata-sections $(LOCK) \
                -Iport/cxx -iquote allocator -Iallocator -Itests -Iport -Iport/cortex-m
no-exceptions_FLAGS := -fno-exceptions -fno-rtti

# What a C library is told when compiling and when linking, and the tree of the objects in C.
newlib_SPECS   :=
nano_SPECS     := --specs=nano.specs
picolibc_SPECS := --specs=picolibcpp.specs
picolibc_LINK  := --oslib=semihost
picolibc_TREE  := /pico

# Rules of one board and C library.
#   $(1) board   $(2) library
define cxx_rules
$(BUILD)/$(1)/$(2)/cxx/objects/%.o: tests/cxx/%.cpp $(MADE_BY) tests/cxx.mk boards/$(1)/board.mk
	@mkdir -p $$(@D)
	$(Q)$(CROSS)g++ $($(1)_CPU) $($(2)_SPECS) $(CXX_FLAGS) -c $$< -o $$@
$(BUILD)/$(1)/$(2)/cxx/objects/%-no-exceptions.o: tests/cxx/%.cpp $(MADE_BY) tests/cxx.mk boards/$(1)/board.mk
	@mkdir -p $$(@D)
	$(Q)$(CROSS)g++ $($(1)_CPU) $($(2)_SPECS) $(CXX_FLAGS) $(no-exceptions_FLAGS) -c $$< -o $$@
$(BUILD)/$(1)/$(2)/cxx/port/new.o: port/cxx/new.cpp $(MADE_BY) tests/cxx.mk boards/$(1)/board.mk
	@mkdir -p $$(@D)
	$(Q)$(CROSS)g++ $($(1)_CPU) $($(2)_SPECS) $(CXX_FLAGS) -c $$< -o $$@
$(BUILD)/$(1)/$(2)/cxx/port/new-no-exceptions.o: port/cxx/new.cpp $(MADE_BY) tests/cxx.mk boards/$(1)/board.mk
	@mkdir -p $$(@D)
	$(Q)$(CROSS)g++ $($(1)_CPU) $($(2)_SPECS) $(CXX_FLAGS) $(no-exceptions_FLAGS) -c $$< -o $$@

$(call cxx_image,$(1),$(2),$(1)$($(2)_TREE),%,%,new,-l:libstdc++.a)
$(call cxx_image,$(1),$(2),$(1)$($(2)_TREE),%-no-exceptions,%-no-exceptions,new-no-exceptions,-lstdc++)
$(call cxx_image,$(1),$(2),$(1)$($(2)_TREE),%-libstdc++,%,,-l:libstdc++.a)
endef

#   $(3) tree   $(4) image   $(5) its object   $(6) object of port/cxx   $(7) the C++ library
define cxx_image
$(BUILD)/$(1)/$(2)/cxx/$(4).elf: $(BUILD)/$(1)/$(2)/cxx/objects/$(5).o $(6:%=$(BUILD)/$(1)/$(2)/cxx/port/%.o) \
        $(TEST_SHARED:%=$(BUILD)/$(3)/tests/%.o) $(BUILD)/$(3)/tests/tap-target.o $(BUILD)/$(3)/libcairn.a \
        $$($(3)_RUNTIME) linker/sections.ld boards/$(1)/memory.ld tests/one-heap
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $($(1)_CPU) $($(2)_SPECS) $($(2)_LINK) $(FIRMWARE_LINK) -T boards/$(1)/memory.ld \
	    -T linker/sections.ld -Wl,-Map,$$(@:.elf=.map) $$(filter %.o,$$^) $(BUILD)/$(3)/libcairn.a $(7) -lm -o $$@
	$(Q)tests/one-heap $$(@:.elf=.map)

endef
$(foreach b,$(CXX_BOARDS),$(foreach l,$(CXX_LIBCS),$(eval $(call cxx_rules,$b,$l))))

CXX_EVERYWHERE := $(filter-out $(CXX_ONLY_PICOLIBC),$(CXX_NAMES))
CXX_WITH       := $(filter-out $(CXX_ONLY_WITHOUT),$(CXX_EVERYWHERE)) $(CXX_OWN_OPERATORS:%=%-libstdc++)
CXX_WITHOUT    := $(patsubst %,%-no-exceptions,$(filter-out $(CXX_ONLY_WITH),$(CXX_EVERYWHERE)))
CXX_MICROBIT   := $(if $(filter microbit,$(BOARDS)),newlib picolibc)
TARGET_TESTS += $(foreach b,$(CXX_BOARDS),$(foreach l,$(CXX_LIBCS),$(CXX_WITH:%=$(BUILD)/$b/$l/cxx/%.elf))) \
                $(foreach b,$(CXX_BOARDS),$(CXX_WITHOUT:%=$(BUILD)/$b/nano/cxx/%.elf)) \
                $(foreach b,$(CXX_BOARDS),$(CXX_ONLY_PICOLIBC:%=$(BUILD)/$b/picolibc/cxx/%.elf)) \
                $(foreach l,$(CXX_MICROBIT),$(CXX_WITHOUT:%=$(BUILD)/microbit/$l/cxx/%.elf))

# picolibc's own startup code and linker script, as its users link: constructors, thread-local variables and
# exceptions are set up by them (<name>-crt0.elf). The region is the one that port/cortex-m/region.c finds.
CXX_CRT0 := $(patsubst %,$(BUILD)/mps2-an385/picolibc/cxx/%-crt0.elf,constructors thread_local exceptions)
# The script is named behind __stack_size: to the one that the specs bring, that symbol is not defined yet.
CXX_CRT0_SYMBOLS := __flash=0 __flash_size=0x400000 __ram=0x20000000 __ram_size=0x20000 __stack_size=0x1000 \
                    __stack_top=__stack __stack_limit=__stack-__stack_size
TARGET_TESTS += $(if $(filter mps2-an385,$(BOARDS)),$(CXX_CRT0))
$(CXX_CRT0): $(BUILD)/mps2-an385/picolibc/cxx/%-crt0.elf: $(BUILD)/mps2-an385/picolibc/cxx/objects/%.o \
        $(BUILD)/mps2-an385/picolibc/cxx/port/new.o $(TEST_SHARED:%=$(BUILD)/mps2-an385/pico/tests/%.o) \
        $(addprefix $(BUILD)/mps2-an385/pico/,tests/tap-target.o port/cortex-m/semihosting.o libcairn.a) \
        tests/cxx.mk tests/one-heap
	@mkdir -p $(@D)
	$(Q)$(CROSS)g++ $(mps2-an385_CPU) $(picolibc_SPECS) $(picolibc_LINK) --crt0=semihost -Wl,--gc-sections \
	    -Wl,--no-warn-rwx-segments $(CXX_CRT0_SYMBOLS:%=-Wl,--defsym=%) -T picolibcpp.ld -Wl,-Map,$(@:.elf=.map) $(filter %.o,$^) \
	    -u cairn_names $(BUILD)/mps2-an385/pico/libcairn.a -o $@
	$(Q)tests/one-heap $(@:.elf=.map)
