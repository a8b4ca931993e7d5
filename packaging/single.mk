# single.mk: Cairn as one source and one header, for builds that take no library: build/amalgamation.
#
# SPDX-License-Identifier: MIT
SINGLE     := $(BUILD)/amalgamation
SINGLE_SRC := $(addprefix $(SINGLE)/src/,cairn.c cairn.h)
# Where a CMSIS-Pack of it is published.
PACK_URL   ?= file:///

.PHONY: amalgamation
## amalgamation: build/amalgamation/src: Cairn as cairn.c and cairn.h; also a library of Arduino, PlatformIO and CMSIS-Pack
amalgamation: $(SINGLE_SRC)
	@echo "$(SINGLE)/src/cairn.c"
$(SINGLE)/src/cairn.c: tools/amalgamate.py $(wildcard include/* allocator/*/* port/*.h port/*/*.[ch]) LICENSE CHANGELOG.md packaging/single.mk
	$(Q)$(PYTHON) tools/amalgamate.py $(SINGLE) $(PACK_URL)
$(SINGLE)/src/cairn.h: $(SINGLE)/src/cairn.c ;
