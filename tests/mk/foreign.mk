# foreign.mk: the heap in firmware of other people's linker scripts: one image for each convention.
#
# SPDX-License-Identifier: MIT

# What tests/foreign/startup.c calls the ends of the sections, by the script's names.
stm32cube_NAMES := image_stack_top=_estack image_data_load=_sidata image_data=_sdata image_data_end=_edata \
                   image_bss=_sbss image_bss_end=_ebss
cmsis_NAMES     := image_stack_top=__StackTop image_data_load=__etext image_data=__data_start__ \
                   image_data_end=__data_end__ image_bss=__bss_start__ image_bss_end=__bss_end__
bare_NAMES      := image_stack_top=my_stack_top image_data_load=data_load image_data=data_first \
                   image_data_end=data_past image_bss=bss_first image_bss_end=bss_past
mspm0_NAMES     := image_stack_top=my_stack_top $(filter-out image_stack_top=%,$(cmsis_NAMES))

defsyms = $(addprefix -Wl$(comma)--defsym=,$(1))
comma  := ,

# A test image.
#   $(1) board   $(2) its name   $(3) program   $(4) script with MEMORY   $(5) script with SECTIONS
#   $(6) which of the names above   $(7) link flags   $(8) system calls, an object that names the region
define foreign_image
TARGET_TESTS += $(BUILD)/$(1)/newlib/foreign/$(2).elf
$(BUILD)/$(1)/newlib/foreign/$(2).elf: private LINK_SCRIPTS = -T $(4) -T tests/foreign/$(5).ld $(call defsyms,$($(6)_NAMES)) $(7)
$(BUILD)/$(1)/newlib/foreign/$(2).elf: $(addprefix $(BUILD)/$(1)/,tests/foreign/$(3).o tests/foreign/startup.o extras/semihosting.o $(8) libcairn.a) \
        $($(1).SUPPORT) $(4) $(wildcard tests/foreign/*.ld) linker/heap.ld tests/mk/foreign.mk tests/one-heap
	$$(call link_foreign,$(1))
endef

# As the Makefile's `link`, with other scripts.   $(1) board
define link_foreign
@mkdir -p $(@D)
$(Q)$(CROSS)gcc $($(1).CPU) $(FIRMWARE_LINK) -Ltests/foreign -Llinker $(LINK_SCRIPTS) -Wl,-Map,$(@:.elf=.map) \
    $(filter %.o,$^) -u cairn_names $(filter %.a,$^) -lm -o $@
$(Q)tests/one-heap $(@:.elf=.map)
endef
SYSCALLS := boards/runtime/syscalls.o
foreign = $(eval $(call foreign_image,mps2-an385,$(1),$(2),tests/foreign/memory.ld,$(3),$(4),$(5),$(6)))

# Scripts as they are.
$(call foreign,stm32cube,region,stm32cube,stm32cube,,$(SYSCALLS))
$(call foreign,pico,region,pico,cmsis,,$(SYSCALLS))
$(call foreign,pico-2,region,pico-2,cmsis,,$(SYSCALLS))
$(call foreign,cmsis,region,cmsis,cmsis,,$(SYSCALLS))
$(call foreign,nrf,region,nrf,cmsis,,$(SYSCALLS) tests/foreign/reserve.o)
$(call foreign,fragment,region,fragment,bare,,$(SYSCALLS))
$(eval $(call foreign_image,stm32vldiscovery,stm32cube,region,boards/stm32vldiscovery/memory.ld,stm32cube,stm32cube,,$(SYSCALLS)))

# The ends that follow from the end of the stack or of RAM, those of other conventions, and limits that are no limits.
$(call foreign,libopencm3,region,libopencm3,bare,,$(SYSCALLS))
$(call foreign,ataradov,region,ataradov,bare,,$(SYSCALLS))
$(call foreign,chibios,region,chibios,bare,,$(SYSCALLS))
$(call foreign,riot,region,riot,bare,,$(SYSCALLS))
$(call foreign,mcuxpresso,region,mcuxpresso,bare,,$(SYSCALLS))
$(call foreign,mcuxpresso-0,region,mcuxpresso-0,bare,,$(SYSCALLS))
$(call foreign,lpcxpresso,region,lpcxpresso,bare,,$(SYSCALLS))
$(call foreign,teensy,region,teensy,bare,,$(SYSCALLS))
$(call foreign,asf,region,asf,bare,,$(SYSCALLS))
$(call foreign,samd,region,samd,cmsis,,$(SYSCALLS))
$(call foreign,silabs,region,silabs,cmsis,,$(SYSCALLS) tests/foreign/reserve_stack.o)
$(call foreign,mspm0,region,mspm0,mspm0,,$(SYSCALLS))
$(call foreign,pico-1,region,pico-1,cmsis,,$(SYSCALLS))
$(call foreign,no-stack-size,region,bare,bare,$(call defsyms,_end=my_heap _estack=my_stack_top expected_limit=0x20020000-1024),$(SYSCALLS))

# The bytes that are left to a stack whose size no script says: by the link line, and when the library is built.
$(call foreign,reserve,region,libopencm3,bare,$(call defsyms,cairn_stack_reserve=5000 expected_limit=0x20020000-5000),$(SYSCALLS))
$(call foreign,reserve-built,region,libopencm3,bare,$(call defsyms,expected_limit=0x20020000-3000),$(SYSCALLS) tests/foreign/reserve-built.o)
$(call foreign,reserve-both,region,libopencm3,bare,$(call defsyms,cairn_stack_reserve=2000 expected_limit=0x20020000-2000),$(SYSCALLS) tests/foreign/reserve-built.o)
$(BUILD)/mps2-an385/tests/foreign/reserve-built.o: port/common/region.c $(MADE_BY)
	$(call cc,$(CROSS)gcc $(mps2-an385.CPU) $(OPT) $(CFLAGS_COMMON) $(CFLAGS_CORE) $(LOCK) -DCAIRN_STACK_RESERVE=3000 $(CORE_SEES))

# Names given on the link line, and when the library is built.
$(call foreign,defsym,region,bare,bare,$(call defsyms,__heap_start=my_heap __heap_limit=my_stack),$(SYSCALLS))
$(call foreign,defsym-limit,region,bare,bare,$(call defsyms,end=my_heap __heap_limit=my_stack),$(SYSCALLS))
$(call foreign,asf-sam0,region,asf-sam0,bare,$(call defsyms,__heap_limit=0x20020000),$(SYSCALLS))
$(call foreign,modm,region,modm,bare,$(call defsyms,__heap_start=__heap_sram1_start __heap_limit=__heap_sram1_end),$(SYSCALLS))
$(call foreign,named,region,bare,bare,,$(SYSCALLS) tests/foreign/named.o)
$(BUILD)/mps2-an385/tests/foreign/named.o: port/common/region.c $(MADE_BY)
	$(call cc,$(CROSS)gcc $(mps2-an385.CPU) $(OPT) $(CFLAGS_COMMON) $(CFLAGS_CORE) $(LOCK) -DCAIRN_HEAP_START=my_heap \
	    -DCAIRN_HEAP_LIMIT=my_stack $(CORE_SEES))

# A script that contradicts itself: the heap ends below the stack all the same.
$(call foreign,limit-in-the-stack,region,stm32cube,stm32cube,$(call defsyms,__HeapLimit=_estack),$(SYSCALLS))
$(call foreign,limit-inside-the-stack,region,stm32cube,stm32cube,$(call defsyms,__HeapLimit=_estack-100),$(SYSCALLS))
$(call foreign,all-limits,region,bare,bare,$(call defsyms,__end__=my_heap __StackBottom=my_stack __StackTop=my_stack_top __StackOneTop=0x20042000 \
    __StackLimit=my_stack_top __HeapLimit=my_heap+16),$(SYSCALLS))
# A variable of newlib's semihosting library is not taken for the limit.
$(call foreign,semihosting,region,stm32cube,stm32cube,--specs=rdimon.specs -u __heap_limit)
# A heap that is empty because the link line says so.
$(call foreign,empty,no_region,bare,bare,$(call defsyms,__heap_start=my_heap __heap_limit=my_heap),$(SYSCALLS))
$(call foreign,empty-beside-a-stack,no_region,libopencm3,bare,$(call defsyms,__heap_limit=end),$(SYSCALLS))
# Where there is no region, or one that ends below its start, or no room above the start, the first request says so.
$(call foreign,nothing-known,not_found,bare,bare,$(call defsyms,expected_start=0),$(SYSCALLS))
$(call foreign,no-start,not_found,bare,bare,$(call defsyms,__heap_limit=my_stack expected_start=0),$(SYSCALLS))
$(call foreign,no-limit,not_found,bare,bare,$(call defsyms,_end=my_heap),$(SYSCALLS))
$(call foreign,limit-below-start,not_found,bare,bare,$(call defsyms,__heap_start=my_stack_top __heap_limit=my_heap expected_start=0x20020000),$(SYSCALLS))
$(call foreign,all-for-the-stack,not_found,libopencm3,bare,$(call defsyms,cairn_stack_reserve=128K),$(SYSCALLS))
$(call foreign,no-end-of-ram,not_found,asf-sam0,bare,,$(SYSCALLS))
$(call foreign,empty-by-default,not_found,mspm0-no-top,mspm0,,$(SYSCALLS))
$(call foreign,no-room,not_found,bare,bare,$(call defsyms,__heap_start=my_heap __heap_end=my_heap __stack=my_stack_top),$(SYSCALLS))
$(call foreign,table-of-heaps,not_found,modm,bare,$(call defsyms,expected_start=0),$(SYSCALLS))

# picolibc's own script and startup code, which know __heap_start and __heap_end.
PICOLIBC_FOREIGN := $(addprefix $(BUILD)/mps2-an385/picolibc/foreign/,picolibc.elf stack-picolibc.elf)
TARGET_TESTS     += $(PICOLIBC_FOREIGN)
$(BUILD)/mps2-an385/picolibc/foreign/picolibc.elf: $(BUILD)/mps2-an385/picolibc/tests/foreign/region.o
$(BUILD)/mps2-an385/picolibc/foreign/stack-picolibc.elf: $(addprefix $(BUILD)/mps2-an385/picolibc/,tests/foreign/stack.o extras/stack_paint.o)
$(PICOLIBC_FOREIGN): $(mps2-an385/picolibc.SUPPORT) $(addprefix $(BUILD)/mps2-an385/picolibc/,extras/semihosting.o libcairn.a) \
        tests/mk/foreign.mk tests/one-heap
	@mkdir -p $(@D)
	$(Q)$(CROSS)gcc $(mps2-an385.CPU) --specs=picolibc.specs --crt0=semihost --oslib=semihost -Wl,--gc-sections -Wl,--no-warn-rwx-segments \
	    $(call defsyms,__flash=0 __flash_size=0x400000 __ram=0x20000000 __ram_size=0x20000 __stack_size=0x800) \
	    $(call defsyms,expected_start=__bss_end expected_limit=0x20000000+0x20000-0x800) \
	    $(call defsyms,expected_low=0x20000000+0x20000-0x800 expected_top=0x20000000+0x20000) -Wl,-Map,$(@:.elf=.map) \
	    $(filter %.o,$^) -u cairn_names $(filter %.a,$^) -o $@
	$(Q)tests/one-heap $(@:.elf=.map)

# The main stack, by the same scripts, for extras/stack_paint.c.
#   $(1) image   $(2) script   $(3) names   $(4) its lowest byte   $(5) the first byte past it   $(6) symbols   $(7) an object
PAINT := $(SYSCALLS) extras/stack_paint.o
foreign_stack = $(call foreign,stack-$(1),stack,$(2),$(3),$(call defsyms,expected_low=$(4) expected_top=$(5) $(6)),$(PAINT) $(7))
$(call foreign_stack,stm32cube,stm32cube,stm32cube,0x20020000-1536,0x20020000)
$(call foreign_stack,pico,pico,cmsis,0x20042000-2048,0x20042000)
$(call foreign_stack,pico-1,pico-1,cmsis,0x20042000-2048,0x20042000)
$(call foreign_stack,pico-2,pico-2,cmsis,0x20042000-2048,0x20042000)
$(call foreign_stack,cmsis,cmsis,cmsis,0x20020000-4096,0x20020000)
$(call foreign_stack,nrf,nrf,cmsis,0x20020000-4096,0x20020000,,tests/foreign/reserve.o)
$(call foreign_stack,fragment,fragment,bare,0x20020000-3072,0x20020000)
$(call foreign_stack,defsym,bare,bare,0x20020000-2051,0x20020000,__stack_limit=my_stack __stack_top=my_stack_top)
$(call foreign_stack,next-row,bare,bare,0x20020000-2051,0x20020000,_estack=my_stack_top __heap_end=my_stack __stack=my_stack_top)
# No stack: one that no symbol names, one whose size is not known, one that is empty, and one that the stack
# pointer is not in.
$(call foreign_stack,nothing-known,bare,bare,0,0)
$(call foreign_stack,no-stack-size,bare,bare,0,0,_estack=my_stack_top)
$(call foreign_stack,no-limit,bare,bare,0,0,__stack=my_stack_top)
$(call foreign_stack,empty,pico,cmsis,0,0,__stack_limit=__StackTop __stack_top=__StackTop)
$(call foreign_stack,elsewhere-below,bare,bare,0,0,__stack_limit=my_heap __stack_top=my_stack)
$(call foreign_stack,elsewhere-above,pico,cmsis,0,0,__stack_limit=__StackTop __stack_top=__StackTop+2048)

# Our own script: its names come first, whatever else there is.
OWN_IMAGES   := $(BUILD)/microbit/newlib/foreign/own.elf $(BUILD)/microbit/newlib/foreign/stack-own.elf
TARGET_TESTS += $(OWN_IMAGES)
$(BUILD)/microbit/newlib/foreign/own.elf: $(BUILD)/microbit/tests/foreign/region.o
$(BUILD)/microbit/newlib/foreign/stack-own.elf: $(BUILD)/microbit/tests/foreign/stack.o $(BUILD)/microbit/extras/stack_paint.o
$(OWN_IMAGES): private LINK_FLAGS = $(call defsyms,expected_start=__bss_end expected_limit=0x20000000+0x4000-_stack_size) \
    $(call defsyms,__HeapBase=0x20000100 __end__=0x20000200 _end=0x20000300 __heap_end=__stack_top __HeapLimit=0x20003000) \
    $(call defsyms,__StackLimit=0x20003400 _estack=0x20003000 _Min_Stack_Size=0x100) \
    $(call defsyms,__StackBottom=0x20003c00 __StackTop=0x20004000 __stack=0x20004000) \
    $(call defsyms,expected_low=0x20000000+0x4000-_stack_size expected_top=0x20000000+0x4000)
$(OWN_IMAGES): private LIBS = -lm
$(OWN_IMAGES): $(microbit.SUPPORT) $(microbit.RUNTIME) $(BUILD)/microbit/libcairn.a $(call scripts,microbit) tests/mk/foreign.mk tests/one-heap
	$(call link_test,microbit)
