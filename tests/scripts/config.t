#!/bin/sh
# config.t: an option that the code cannot work with does not compile, and the message names the remedy.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 57

# compiles FLAG...: the heap, for the target.
compiles() {
    for source in allocator/*/*.c; do
        "${CROSS}gcc" -mcpu=cortex-m3 -mthumb -std=c11 -O2 -ffreestanding -fno-builtin -Iinclude -Iport "$@" -fsyntax-only \
            "$source" || return 1
    done
}

remedy="CAIRN_INDEX_BITS must be 16 (heaps up to 512 KiB; up to 1 MiB with CAIRN_GRANULE=16) or 32"
granule="CAIRN_GRANULE must be 8 or 16 with CAIRN_INDEX_BITS=16, and 16 with CAIRN_INDEX_BITS=32"

passes "the defaults compile" compiles
passes "an index of 16 bits compiles" compiles -DCAIRN_INDEX_BITS=16
passes "an index of 32 bits compiles" compiles -DCAIRN_INDEX_BITS=32
refuses "an index of 8 bits does not compile" "$remedy" compiles -DCAIRN_INDEX_BITS=8
refuses "an index of 64 bits does not compile" "$remedy" compiles -DCAIRN_INDEX_BITS=64
refuses "an index of no bits does not compile" "$remedy" compiles -DCAIRN_INDEX_BITS=0

echo '#define CAIRN_INDEX_BITS 24' >"$work/my_config.h"
refuses "a header of the user's own is read" "$remedy" \
    compiles -I"$work" -DCAIRN_CONFIG_HEADER='"my_config.h"'

passes "granules of 8 bytes with an index of 16 bits compile" compiles -DCAIRN_INDEX_BITS=16 -DCAIRN_GRANULE=8
passes "granules of 16 bytes with an index of 16 bits compile" compiles -DCAIRN_INDEX_BITS=16 -DCAIRN_GRANULE=16
passes "granules of 16 bytes with an index of 32 bits compile" compiles -DCAIRN_INDEX_BITS=32 -DCAIRN_GRANULE=16
passes "granules of 16 bytes in a heap that is watched compile" \
    compiles -DCAIRN_GRANULE=16 -DCAIRN_CHECK=2 -DCAIRN_COUNTS=1 -DCAIRN_SITES=16 -DCAIRN_TRACE=1 -DCAIRN_REGIONS=1
for pair in "16 4" "16 12" "16 32" "16 0" "32 8" "32 32"; do
    # shellcheck disable=SC2086
    set -- $pair
    refuses "granules of $2 bytes with an index of $1 bits do not compile" "$granule" \
        compiles -DCAIRN_INDEX_BITS="$1" -DCAIRN_GRANULE="$2"
done
refuses "an index of 8 bits does not compile, whatever the granule" "$remedy" \
    compiles -DCAIRN_INDEX_BITS=8 -DCAIRN_GRANULE=16

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

passes "a heap that is watched in every way compiles" \
    compiles -DCAIRN_CHECK=2 -DCAIRN_COUNTS=1 -DCAIRN_SITES=16 -DCAIRN_TRACE=1 -DCAIRN_REGIONS=1
for option in COUNTS=1 SITES=1 TRACE=1 CHECK=2; do
    passes "CAIRN_$option alone compiles" compiles -DCAIRN_$option
done
for level in 0 3; do
    refuses "check level $level does not compile" "CAIRN_CHECK must be 1 (pointers and free blocks) or 2" \
        compiles -DCAIRN_CHECK=$level
done
refuses "2 for counts does not compile" "CAIRN_COUNTS must be 0 or 1" compiles -DCAIRN_COUNTS=2
refuses "2 for a trace does not compile" "CAIRN_TRACE must be 0 or 1" compiles -DCAIRN_TRACE=2
refuses "a table of 24 sites does not compile" "CAIRN_SITES must be 0 (no table) or a power of two up to 4096" \
    compiles -DCAIRN_SITES=24
passes "sites with calls compile" compiles -DCAIRN_SITES=16 -DCAIRN_SITES_STACK=8
refuses "calls of sites without a table do not compile" "add CAIRN_SITES=16" compiles -DCAIRN_SITES_STACK=1
refuses "9 calls of a site do not compile" "CAIRN_SITES_STACK must be 0 (none) to 8" \
    compiles -DCAIRN_SITES=16 -DCAIRN_SITES_STACK=9
passes "a quarantine compiles at level 2" compiles -DCAIRN_CHECK=2 -DCAIRN_QUARANTINE=64
refuses "a quarantine at level 1 does not compile" "add CAIRN_CHECK=2" compiles -DCAIRN_QUARANTINE=64
for blocks in -1 5000; do
    refuses "a quarantine of $blocks blocks does not compile" "CAIRN_QUARANTINE must be 0 (none) to 4096 (blocks)" \
        compiles -DCAIRN_CHECK=2 -DCAIRN_QUARANTINE=$blocks
done
passes "records with calls, time and task compile" \
    compiles -DCAIRN_TRACE=1 -DCAIRN_TRACE_STACK=20 -DCAIRN_TRACE_TIME=1 -DCAIRN_TRACE_TASK=1
for option in STACK TIME TASK; do
    refuses "CAIRN_TRACE_$option without records does not compile" "add CAIRN_TRACE=1" compiles -DCAIRN_TRACE_$option=1
    refuses "21 for CAIRN_TRACE_$option does not compile" "CAIRN_TRACE_$option must be 0" \
        compiles -DCAIRN_TRACE=1 -DCAIRN_TRACE_$option=21
done
refuses "check level 2 over memory that is taken as clear does not compile" "PORT_MEMORY_IS_CLEAR is 0" \
    compiles -DCAIRN_CHECK=2 -DPORT_MEMORY_IS_CLEAR=1

refuses "a name that is no option's does not compile" "it is called CAIRN_COUNTS" compiles -DCAIRN_'STATS'=1
refuses "nor does another one" "it is called CAIRN_PORT_HEADER" compiles -DCAIRN_'LOCK_HEADER'='"cortex-m/primask.h"'

# The lock by BASEPRI, where the chip's header says how many bits of a priority there are.
ceiling() {
    compiles -DCAIRN_PORT_HEADER='"cortex-m/basepri.h"' "$@"
}
bits="shift the priority left by 8 - __NVIC_PRIO_BITS"
passes "a ceiling compiles where nothing is known of the chip" ceiling -DCAIRN_CEILING=5
passes "a ceiling whose bits the chip has compiles" ceiling -DCAIRN_CEILING=0x50 -D__NVIC_PRIO_BITS=4U
refuses "a ceiling of which the chip has no bit does not compile" "$bits" \
    ceiling -DCAIRN_CEILING=5 -D__NVIC_PRIO_BITS=4U
refuses "a ceiling of which the chip has some bits does not compile" "$bits" \
    ceiling -DCAIRN_CEILING=0x58 -D__NVIC_PRIO_BITS=4U

# Other builds have the options, too.
for option in $(sed -n 's/^#ifndef CAIRN_\([A-Z_]*\)$/\1/p' include/cairn_config.h | grep -v '_H$'); do
    grep -qE "(^|[ (])$option([ )]|\$)" CMakeLists.txt || echo "CMakeLists.txt has no $option"
    lower=$(echo "$option" | tr A-Z a-z)
    grep -q "'$lower'" meson.build && grep -q "^option('$lower'" meson_options.txt || echo "Meson has no $lower"
done >"$work/said"
[ ! -s "$work/said" ]
result $? "each option is one of CMake and of Meson" "$work/said"

# And all sources: CMake's lists have the folder and then the names.
for source in allocator/*/*.c port/common/*.c port/cortex-m/*.c; do
    folder=${source%/*} name=$(basename "$source" .c)
    grep -qF "'$source'" meson.build || echo "meson.build has no $source"
    grep -E "^cairn_list\(\w+ $folder " CMakeLists.txt | grep -qw "$name" || echo "CMakeLists.txt has no $source"
    { sed -n 's/^[A-Z]* = "\(.*\)"$/\1/p' tools/amalgamate.py && grep '"port/co' tools/amalgamate.py; } | grep -qw "$name" ||
        echo "tools/amalgamate.py has no $source"
done >"$work/said"
[ ! -s "$work/said" ]
result $? "each source is one of CMake, of Meson and of the single file" "$work/said"

done_testing
