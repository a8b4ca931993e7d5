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
CXX_FLAGS    := -std=c++17 -Os -g1 $(CXX_WARNINGS) -MMD -MP $(SECTIONS) $(LOCK) \
                $(TEST_SEES)

# What a C library is told when compiling and when linking, and the tree of the objects in C.
cxx-newlib.SPECS   :=
cxx-nano.SPECS     := --specs=nano.specs
cxx-picolibc.SPECS := --specs=picolibcpp.specs
cxx-picolibc.LINK  := --oslib=semihost
cxx-picolibc.TREE  := /picolibc

# Rules of one board and C library.
#   $(1) board   $(2) library
define cxx_rules
$(call cxx_objects,$(1),$(2),,)
$(call cxx_objects,$(1),$(2),-no-exceptions,-fno-exceptions -fno-rtti)
$(BUILD)/$(1)/$(2)/cxx/%.elf: private LINK_FLAGS = $(cxx-$(2).SPECS) $(cxx-$(2).LINK)
$(call cxx_image,$(1),$(2),$(1)$(cxx-$(2).TREE),%,%,new,-l:libstdc++.a)
$(call cxx_image,$(1),$(2),$(1)$(cxx-$(2).TREE),%-no-exceptions,%-no-exceptions,new-no-exceptions,-lstdc++)
$(call cxx_image,$(1),$(2),$(1)$(cxx-$(2).TREE),%-libstdc++,%,,-l:libstdc++.a)
endef

#   $(3) how the objects' names end   $(4) further flags
define cxx_objects
$(BUILD)/$(1)/$(2)/cxx/objects/%$(3).o: tests/cxx/%.cpp $(MADE_BY) tests/mk/cxx.mk
	$$(call cc,$(CROSS)g++ $($(1).CPU) $(cxx-$(2).SPECS) $(CXX_FLAGS) $(4))
$(BUILD)/$(1)/$(2)/cxx/port/new$(3).o: port/cxx/new.cpp $(MADE_BY) tests/mk/cxx.mk
	$$(call cc,$(CROSS)g++ $($(1).CPU) $(cxx-$(2).SPECS) $(CXX_FLAGS) $(4))

endef

#   $(3) tree   $(4) image   $(5) its object   $(6) object of port/cxx   $(7) the C++ library
define cxx_image
$(BUILD)/$(1)/$(2)/cxx/$(4).elf: private LIBS = $(7) -lm
$(BUILD)/$(1)/$(2)/cxx/$(4).elf: $(BUILD)/$(1)/$(2)/cxx/objects/$(5).o $(6:%=$(BUILD)/$(1)/$(2)/cxx/port/%.o) \
        $($(3).SUPPORT) $(BUILD)/$(3)/libcairn.a $($(3).RUNTIME) $(call scripts,$(1)) tests/one-heap
	$$(call link_test,$(1))

endef
$(foreach b,$(CXX_BOARDS),$(foreach l,$(CXX_LIBCS),$(eval $(call cxx_rules,$b,$l))))

CXX_EVERYWHERE := $(filter-out $(CXX_ONLY_PICOLIBC),$(CXX_NAMES))
CXX_WITH       := $(filter-out $(CXX_ONLY_WITHOUT),$(CXX_EVERYWHERE)) $(CXX_OWN_OPERATORS:%=%-libstdc++)
CXX_WITHOUT    := $(patsubst %,%-no-exceptions,$(filter-out $(CXX_ONLY_WITH),$(CXX_EVERYWHERE)))
CXX_MICROBIT   := $(if $(call among,microbit),newlib picolibc)
TARGET_TESTS += $(foreach b,$(CXX_BOARDS),$(foreach l,$(CXX_LIBCS),$(CXX_WITH:%=$(BUILD)/$b/$l/cxx/%.elf))) \
                $(foreach b,$(CXX_BOARDS),$(CXX_WITHOUT:%=$(BUILD)/$b/nano/cxx/%.elf)) \
                $(foreach b,$(CXX_BOARDS),$(CXX_ONLY_PICOLIBC:%=$(BUILD)/$b/picolibc/cxx/%.elf)) \
                $(foreach l,$(CXX_MICROBIT),$(CXX_WITHOUT:%=$(BUILD)/microbit/$l/cxx/%.elf))

# picolibc's own startup code and linker script, as its users link: constructors, thread-local variables and
# exceptions are set up by them (<name>-crt0.elf). The region is the one that port/common/region.c finds.
CXX_CRT0 := $(patsubst %,$(BUILD)/mps2-an385/picolibc/cxx/%-crt0.elf,constructors thread_local exceptions)
# The script is named behind __stack_size: to the one that the specs bring, that symbol is not defined yet.
CXX_CRT0_SYMBOLS := __flash=0 __flash_size=0x400000 __ram=0x20000000 __ram_size=0x20000 __stack_size=0x1000 \
                    __stack_top=__stack __stack_limit=__stack-__stack_size
TARGET_TESTS += $(if $(call among,mps2-an385),$(CXX_CRT0))
$(CXX_CRT0): $(BUILD)/mps2-an385/picolibc/cxx/%-crt0.elf: $(BUILD)/mps2-an385/picolibc/cxx/objects/%.o \
        $(BUILD)/mps2-an385/picolibc/cxx/port/new.o $(mps2-an385/picolibc.SUPPORT) \
        $(addprefix $(BUILD)/mps2-an385/picolibc/,extras/semihosting.o libcairn.a) \
        tests/mk/cxx.mk tests/one-heap
	@mkdir -p $(@D)
	$(Q)$(CROSS)g++ $(mps2-an385.CPU) $(cxx-picolibc.SPECS) $(cxx-picolibc.LINK) --crt0=semihost -Wl,--gc-sections \
	    -Wl,--no-warn-rwx-segments $(CXX_CRT0_SYMBOLS:%=-Wl,--defsym=%) -T picolibcpp.ld -Wl,-Map,$(@:.elf=.map) $(filter %.o,$^) \
	    -u cairn_names $(BUILD)/mps2-an385/picolibc/libcairn.a -o $@
	$(Q)tests/one-heap $(@:.elf=.map)
