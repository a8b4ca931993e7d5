#!/bin/sh
# config.t: an option that the code cannot work with does not compile, and the message names the remedy.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 13

# compiles FLAG...: the heap, for the target.
compiles() {
    for source in allocator/heap.c allocator/malloc.c allocator/private.c allocator/inspect.c allocator/regions.c; do
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

passes "regions compile" compiles -DCAIRN_REGIONS=1
passes "a cache line of 64 bytes compiles" compiles -DCAIRN_REGIONS=1 -DCAIRN_CACHE_LINE=64
refuses "2 for regions does not compile" "CAIRN_REGIONS must be 0 (the system heap alone) or 1 (regions can be added)" \
    compiles -DCAIRN_REGIONS=2
for line in 4 48; do
    refuses "a cache line of $line bytes does not compile" \
        "CAIRN_CACHE_LINE must be a power of two, CAIRN_GRANULE or more" compiles -DCAIRN_CACHE_LINE=$line
done
refuses "a system heap on request does not compile" "CAIRN_SYSTEM_ATTRIBUTES: malloc() takes from it" \
    compiles -DCAIRN_REGIONS=1 -DCAIRN_SYSTEM_ATTRIBUTES=8

done_testing
