#!/bin/sh
# orphans.t: a linker script that names every section of a firmware without Cairn, and a linker that refuses all others
# (--orphan-handling=error): Cairn brings no section of another name, and the tools still find what they read.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 9

: "${PYTHON:=/usr/bin/python3}"
board=mps2-an385
cat >"$work/program.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
    return printf("%f\n", atof("1.5")) < 0;
}
END

# What GCC, newlib and the linker itself bring.
cat >"$work/strict.ld" <<'END'
ENTRY(reset_handler)
MEMORY
{
    FLASH (rx)  : ORIGIN = 0x00000000, LENGTH = 4M
    RAM   (rwx) : ORIGIN = 0x20000000, LENGTH = 128K
}
SECTIONS
{
    .text : {
        KEEP(*(.vectors))
        *(.text .text.* .rodata .rodata.* .init .fini .eh_frame)
        *(.glue_7 .glue_7t .vfp11_veneer .v4_bx .stm32l4xx_veneer .plt .iplt)
        *(.rel.*)
        . = ALIGN(4);
    } >FLASH
    .ARM.exidx : {
        *(.ARM.extab .ARM.extab.* .ARM.exidx .ARM.exidx.*)
    } >FLASH
    .data : ALIGN(4) {
        __data_start = .;
        *(.data .data.* .got .got.plt .igot .igot.plt .init_array .init_array.* .fini_array .fini_array.* .tm_clone_table .jcr)
        . = ALIGN(4);
        __data_end = .;
    } >RAM AT>FLASH
    __data_load = LOADADDR(.data);
    .bss (NOLOAD) : ALIGN(4) {
        __bss_start = .;
        *(.bss .bss.* COMMON)
        . = ALIGN(4);
        __bss_end = .;
    } >RAM
    end = .;
    __heap_start = .;
    __stack_top = ORIGIN(RAM) + LENGTH(RAM);
    __heap_limit = __stack_top - 4K;
    __tls_base = 0;
    __tls_load = 0;
    __tls_load_end = 0;
    __preinit_array_start = 0;
    __preinit_array_end = 0;
    __init_array_start = 0;
    __init_array_end = 0;

    .comment 0 : { *(.comment) }
    .ARM.attributes 0 : { *(.ARM.attributes) }
    .debug_info 0 : { *(.debug_info) }
    .debug_abbrev 0 : { *(.debug_abbrev) }
    .debug_line 0 : { *(.debug_line) }
    .debug_line_str 0 : { *(.debug_line_str) }
    .debug_frame 0 : { *(.debug_frame) }
    .debug_str 0 : { *(.debug_str) }
    .debug_loc 0 : { *(.debug_loc) }
    .debug_loclists 0 : { *(.debug_loclists) }
    .debug_ranges 0 : { *(.debug_ranges) }
    .debug_rnglists 0 : { *(.debug_rnglists) }
    .debug_aranges 0 : { *(.debug_aranges) }
}
END
sed 's|^    .comment 0 : .*|    /DISCARD/ : { *(.comment) }|' "$work/strict.ld" >"$work/discards.ld"

# link SCRIPT ARGUMENT...: a firmware of that program, by a linker that refuses what the script does not name.
link() {
    script=$1
    shift
    # shellcheck disable=SC2046
    "${CROSS}gcc" $(flags $board) -g -nostartfiles -fno-builtin -Wl,--gc-sections -Wl,--no-warn-rwx-segments \
        -Wl,--orphan-handling=error -T "$work/$script.ld" "$work/program.c" "build/$board/boards/runtime/startup.o" \
        "build/$board/extras/semihosting.o" "build/$board/boards/runtime/syscalls.o" "$@" -o "$work/image.elf"
}

passes "a firmware with the C library's own malloc links" link strict "build/$board/bench/libc-sbrk.o"
passes "a firmware with Cairn links" link strict -u cairn_names "build/$board/libcairn.a"
for option in CHECK=2 COUNTS=1 SITES=16 REGIONS=1; do
    # shellcheck disable=SC2046
    passes "it links with CAIRN_$option" link strict -DCAIRN_$option -DCAIRN_PORT_HEADER='"cortex-m/primask.h"' -Iinclude -iquote allocator -Iport \
        -Iextras allocator/*/*.c port/newlib/reent.c port/newlib/sbrk_names.c port/libc/mallinfo.c port/libc/strdup.c \
        port/common/region.c port/common/fatal.c port/common/failure.c
done

cat >"$work/layout.py" <<'END'
import sys
from cairntools.elf import Elf
from cairntools.text import Problem
try:
    layout = Elf(sys.argv[1]).layout()
except Problem as problem:
    sys.exit(str(problem))
assert layout["granule"] == 8 and layout["index.bits"] == 16 and "system.heap" in layout, layout
END
layout() {
    env PYTHONPATH=tools "$PYTHON" "$work/layout.py" "$work/image.elf"
}
link strict -u cairn_names "build/$board/libcairn.a" >"$work/said" 2>&1
passes "the tools find the heap's layout" layout
"${CROSS}strip" -g "$work/image.elf"
passes "and without debug information" layout
link discards -u cairn_names "build/$board/libcairn.a" >"$work/said" 2>&1
refuses "where a script drops what says it, they name the section" "has no section .comment with Cairn's lines" layout

done_testing
