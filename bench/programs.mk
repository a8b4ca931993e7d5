# Real programs as firmwares, over the heap of each C library and over Cairn: `make programs`. A program is a row of
# these: .PACKAGES, the source packages of Debian that it needs; .SOURCES, files of theirs; .FLAGS; .MAIN, the file of
# bench/programs that runs it (default: its name); .BOARD (default: mps2-an386). bench/programs/NAME.expected is what
# it must print. All are compiled with -Os, for the core alone: no floating-point unit.
#
# SPDX-License-Identifier: MIT
PROGRAMS := lua sqlite cjson cjson-small expat duktape mbedtls libtomcrypt freetype tinyxml2 nanopb lwip cxx words

FETCHED := $(BUILD)/programs/sources
fetched = $(foreach p,$(2),$(wildcard $(FETCHED)/$(1)/$p))

lua.PACKAGES    := lua5.4
lua.SOURCES     := $(filter-out $(patsubst %,\%/%.c,lua luac linit liolib loslib loadlib ldblib),$(call fetched,lua5.4,src/*.c))
lua.FLAGS       := -I$(FETCHED)/lua5.4/src -DLUA_USE_C89 '-Dluai_makeseed(L)=1'

sqlite.PACKAGES := sqlite3
sqlite.SOURCES  := $(if $(call fetched,sqlite3,.),$(FETCHED)/sqlite3/sqlite3.c)
sqlite.FLAGS    := -I$(FETCHED)/sqlite3 -DSQLITE_OS_OTHER=1 -DSQLITE_THREADSAFE=0 -DSQLITE_TEMP_STORE=3 \
                   -DSQLITE_DEFAULT_CACHE_SIZE=-64 $(patsubst %,-DSQLITE_OMIT_%,LOAD_EXTENSION WAL LOCALTIME \
                   DEPRECATED SHARED_CACHE PROGRESS_CALLBACK)

cjson.PACKAGES  := cjson
cjson.SOURCES   := $(call fetched,cjson,cJSON.c)
cjson.FLAGS     := -I$(FETCHED)/cjson

cjson-small.PACKAGES := cjson
cjson-small.SOURCES  := $(cjson.SOURCES)
cjson-small.FLAGS    := $(cjson.FLAGS) -DRECORDS=6 -DMESSAGES=60
cjson-small.MAIN     := cjson.c
cjson-small.BOARD    := microbit

expat.PACKAGES  := expat
expat.SOURCES   := $(call fetched,expat,expat/lib/xmlparse.c expat/lib/xmltok.c expat/lib/xmlrole.c)
expat.FLAGS     := -I$(FETCHED)/expat/expat/lib -DXML_STATIC

duktape.PACKAGES := duktape
duktape.SOURCES  := $(call fetched,duktape,src/duktape.c)
duktape.FLAGS    := -I$(FETCHED)/duktape/src

mbedtls.PACKAGES := mbedtls
mbedtls.SOURCES  := $(call fetched,mbedtls,$(patsubst %,library/%.c,aes asn1parse asn1write bignum cipher cipher_wrap \
                    constant_time ecdsa ecp ecp_curves gcm md oid platform_util rsa rsa_internal sha1 sha256))
mbedtls.FLAGS    := -I$(FETCHED)/mbedtls/include '-DMBEDTLS_CONFIG_FILE="mbedtls_config.h"'

# What is not called, the linker drops; but its tables name the mathematics of all that is compiled.
libtomcrypt.PACKAGES := libtomcrypt libtommath
libtomcrypt.SOURCES  := $(and $(call fetched,libtommath,tommath.h),$(call fetched,libtomcrypt,$(patsubst %,src/%/*.c,\
                        misc/crypt math math/fp pk/rsa pk/ecc pk/pkcs1 pk/asn1/der/* prngs) src/hashes/sha2/sha256.c \
                        src/misc/*.c src/hashes/helper/hash_memory.c) $(call fetched,libtommath,bn_*.c))
libtomcrypt.FLAGS    := -I$(FETCHED)/libtomcrypt/src/headers -I$(FETCHED)/libtommath -DLTC_SOURCE -DLTM_DESC -DUSE_LTM \
                        -DLTC_NO_TEST -DLTC_NO_PROTOTYPES -DARGTYPE=4 -DLTC_NO_FILE -DMP_NO_FILE -DMP_NO_DEV_URANDOM

freetype.PACKAGES := freetype
freetype.SOURCES  := $(call fetched,freetype,$(patsubst %,src/%.c,base/ftsystem base/ftinit base/ftdebug base/ftbase \
                     base/ftbitmap base/ftglyph base/ftstroke bdf/bdf smooth/smooth))
freetype.FLAGS    := -I$(FETCHED)/freetype/include -DFT2_BUILD_LIBRARY '-DFT_CONFIG_MODULES_H="freetype_modules.h"'

tinyxml2.PACKAGES := tinyxml2
tinyxml2.SOURCES  := $(call fetched,tinyxml2,tinyxml2.cpp)
tinyxml2.FLAGS    := -I$(FETCHED)/tinyxml2
tinyxml2.MAIN     := tinyxml2.cpp

nanopb.PACKAGES := nanopb
nanopb.SOURCES  := $(call fetched,nanopb,pb_common.c pb_decode.c pb_encode.c)
nanopb.FLAGS    := -I$(FETCHED)/nanopb -DPB_ENABLE_MALLOC

lwip.PACKAGES := lwip
lwip.SOURCES  := $(call fetched,lwip,src/core/*.c src/core/ipv4/*.c)
lwip.FLAGS    := -I$(FETCHED)/lwip/src/include

# Of this project: nothing is fetched for these.
cxx.MAIN      := cxx.cpp

# ---- Rules -----------------------------------------------------------------------------------------

# The amalgamation: SQLite's own scripts make it.
$(FETCHED)/sqlite3/sqlite3.c:
	$(Q)tools/install-packages tcl
	$(Q)cd $(@D) && ./configure --disable-tcl --disable-readline >amalgamation.log 2>&1 && \
	    $(MAKE) -j1 sqlite3.c >>amalgamation.log 2>&1

# Arm MPS2 with the AN386 image: the memory of mps2-an385, and a Cortex-M4.
mps2-an386.CPU     := -mcpu=cortex-m4 -mthumb
mps2-an386.MEMORY  := boards/mps2-an385/memory.ld
mps2-an386.MACHINE := mps2-an386
microbit.MEMORY    := boards/microbit/memory.ld

PROGRAM_LIBCS := newlib nano $(if $(HAS_PICOLIBC),picolibc)
programs-newlib.SPECS   :=
programs-nano.SPECS     := --specs=nano.specs
programs-picolibc.SPECS := --specs=picolibcpp.specs
PROGRAM_FLAGS := -Os -MMD -MP $(SECTIONS) -Ibench -Ibench/programs -Ibench/programs/config -Iextras

#   $(1) program   $(2) board   $(3) C library
define program_rules
$(BUILD)/programs/$(2)/$(3)/$(1)/%.o: bench/programs/%.c $(MADE_BY) bench/programs.mk $(wildcard bench/programs/$(1).*) | $($(1).SOURCES)
	$$(call cc,$(CROSS)gcc $($(2).CPU) $(programs-$(3).SPECS) -std=gnu11 $(WARNINGS) $(PROGRAM_FLAGS) $(patsubst -I$(FETCHED)%,-isystem $(FETCHED)%,$($(1).FLAGS)))
$(BUILD)/programs/$(2)/$(3)/$(1)/%.o: bench/programs/%.cpp $(MADE_BY) bench/programs.mk
	$$(call cc,$(CROSS)g++ $($(2).CPU) $(programs-$(3).SPECS) $(CXX_FLAGS) $(PROGRAM_FLAGS) $(patsubst -I$(FETCHED)%,-isystem $(FETCHED)%,$($(1).FLAGS)))
$(BUILD)/programs/$(2)/$(3)/$(1)/%.o: $(FETCHED)/%.c $(MADE_BY) bench/programs.mk
	$$(call cc,$(CROSS)gcc $($(2).CPU) $(programs-$(3).SPECS) -std=gnu11 -w $(PROGRAM_FLAGS) $($(1).FLAGS))
$(BUILD)/programs/$(2)/$(3)/$(1)/%.o: $(FETCHED)/%.cpp $(MADE_BY) bench/programs.mk
	$$(call cc,$(CROSS)g++ $($(2).CPU) $(programs-$(3).SPECS) -std=c++17 -w $(PROGRAM_FLAGS) $($(1).FLAGS))
$(BUILD)/programs/$(2)/$(3)/$(1).a: $(patsubst %,$(BUILD)/programs/$(2)/$(3)/$(1)/%.o,$(basename $($(1).SOURCES:$(FETCHED)/%=%) run.c calls.c $(or $($(1).MAIN),$(1).c)))
	$$(archive)
endef
program_board = $(or $($(1).BOARD),mps2-an386)
# Those whose sources are here. A program of this project needs none.
PROGRAMS_HERE   = $(foreach p,$(PROGRAMS),$(if $($p.PACKAGES),$(if $(strip $($p.SOURCES)),$p),$p))
PROGRAM_BOARDS := mps2-an386 microbit
$(foreach b,$(PROGRAM_BOARDS),$(eval $(call library,programs/$b/cairn,$($b.CPU),))$(eval $(call library,programs/$b/cairn-picolibc,$($b.CPU),picolibc)))
$(foreach p,$(PROGRAMS_HERE),$(foreach l,$(PROGRAM_LIBCS),$(eval $(call program_rules,$p,$(call program_board,$p),$l))))

PROGRAM_PARTS = $(foreach t,$(1),$(BUILD)/programs/$t/libcairn.a $(BUILD)/programs/$t/bench/libc-sbrk.o $(programs/$t.RUNTIME))
# What bench/programs.py links, of these programs.
program_files = $(foreach p,$(1),$(PROGRAM_LIBCS:%=$(BUILD)/programs/$(call program_board,$p)/%/$p.a)) \
                $(foreach b,$(sort $(foreach p,$(1),$(call program_board,$p))),$(call PROGRAM_PARTS,$b/cairn $b/cairn-picolibc))
PROGRAM_ARGS = --cross $(CROSS) --link "$(FIRMWARE_LINK)" --jobs $(JOBS) --build $(BUILD)/programs --libcs "$(PROGRAM_LIBCS)" \
               $(foreach b,$(PROGRAM_BOARDS),--board "$b=$($b.MACHINE)=$($b.MEMORY)=$($b.CPU)")

.PHONY: programs programs-now programs-files
# Twice: what there is to build is known when the sources are here.
programs: packages
	$(Q)bench/programs/fetch.sh $(FETCHED) $(sort $(foreach p,$(PROGRAMS),$($p.PACKAGES))) >&2
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) programs-files >&2
	$(Q)$(MAKE) --no-print-directory programs-now
programs-files: $(call program_files,$(PROGRAMS_HERE))

# What needs no sources of others: tests/scripts/programs.t. PROGRAMS_CHECKED may name others, and PROGRAM_OPTIONS options.
PROGRAMS_CHECKED ?= $(foreach p,$(PROGRAMS),$(if $($p.PACKAGES),,$p))
.PHONY: programs-check
programs-check: $(call program_files,$(PROGRAMS_CHECKED))
	$(Q)$(PYTHON) bench/programs.py $(PROGRAM_ARGS) $(PROGRAM_OPTIONS) $(foreach p,$(PROGRAMS_CHECKED),$p=$(call program_board,$p))
check: $(call program_files,$(PROGRAMS_CHECKED))
# docs/programs.md is about all of them.
programs-now:
	$(Q)$(PYTHON) bench/programs.py $(PROGRAM_ARGS) $(foreach p,$(PROGRAMS_HERE),$p=$(call program_board,$p)) >$(BUILD)/programs/tables
	$(Q)$(if $(filter-out $(PROGRAMS_HERE),$(PROGRAMS)),echo "docs/programs.md stays as it is: not all programs are here" >&2,\
	    $(PYTHON) bench/figures.py put docs/programs.md "make programs" <$(BUILD)/programs/tables)
	@cat $(BUILD)/programs/tables
