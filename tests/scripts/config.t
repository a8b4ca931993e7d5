#!/bin/sh
# config.t: an option that the code cannot work with does not compile, and the message names the remedy.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 7

# compiles FLAG...: the heap, for the target.
compiles() {
    for source in allocator/heap.c allocator/private.c allocator/inspect.c; do
        "${CROSS}gcc" -mcpu=cortex-m3 -mthumb -std=c11 -O2 -ffreestanding -fno-builtin -Iport "$@" -c "$source" \
            -o "$work/object.o" || return 1
    done
}

remedy="CAIRN_INDEX_BITS must be 16 (heaps up to 512 KiB) or 32"

passes "the defaults compile" compiles
passes "an index of 16 bits compiles" compiles -DCAIRN_INDEX_BITS=16
passes "an index of 32 bits compiles" compiles -DCAIRN_INDEX_BITS=32
refuses "an index of 8 bits does not compile" "$remedy" compiles -DCAIRN_INDEX_BITS=8
refuses "an index of 64 bits does not compile" "$remedy" compiles -DCAIRN_INDEX_BITS=64
refuses "an index of no bits does not compile" "$remedy" compiles -DCAIRN_INDEX_BITS=0

echo '#define CAIRN_INDEX_BITS 24' >"$work/my_config.h"
refuses "a header of the user's own is read" "$remedy" \
    compiles -I"$work" -DCAIRN_CONFIG_HEADER='"my_config.h"'

done_testing
