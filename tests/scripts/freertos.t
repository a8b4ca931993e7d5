#!/bin/sh
# freertos.t: port/freertos/heap_cairn.c compiles with the headers and options that it is for, refuses
# the others, defines the kernel's names; the lock is needed; the example runs.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 31

# compiles VERSION FLAG...: the heap with the kernel's headers of that version, with all warnings.
compiles() {
    version=$1
    shift
    "${CROSS}gcc" -mcpu=cortex-m3 -mthumb -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
        -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla -Werror -O2 "$@" -Itests/freertos/kernel \
        -Itests/freertos -Itests/freertos/"$version" -Iinclude -c port/freertos/heap_cairn.c -o "$work/object.o"
}

for version in v10 v11; do
    for mode in "" "-DOVER_UCHEAP" "-DOVER_UCHEAP -DconfigAPPLICATION_ALLOCATED_HEAP=1" "-DCLEARING"; do
        # shellcheck disable=SC2086
        passes "the heap compiles with headers like $version's $mode" compiles $version $mode
    done
    passes "the heap compiles without a hook, $version" compiles $version -DconfigUSE_MALLOC_FAILED_HOOK=0 -Os
    passes "the heap compiles unoptimized, $version" compiles $version -O0
done

for library in nano picolibc; do
    passes "the heap compiles with $library" compiles v11 --specs=$library.specs
done

option="CAIRN_FREERTOS_HEAP must be CAIRN_FREERTOS_SYSTEM (malloc's heap) or CAIRN_FREERTOS_UCHEAP (a heap in ucHeap)"
refuses "a heap that there is not does not compile" "$option" compiles v11 -DCAIRN_FREERTOS_HEAP=3
refuses "a heap of number 0 does not compile" "$option" compiles v11 -DCAIRN_FREERTOS_HEAP=0
refuses "a heap whose name is misspelt does not compile" "$option" \
    compiles v11 -Wno-error=undef -DCAIRN_FREERTOS_HEAP=CAIRN_FREERTOS_UCHEAPS
refuses "a kernel without dynamic allocation does not compile" "leave heap_cairn.c out of the build" \
    compiles v11 -DconfigSUPPORT_DYNAMIC_ALLOCATION=0

# configured LINE FLAG...: with a line more at the end of FreeRTOSConfig.h.
configured() {
    { sed '$d' tests/freertos/FreeRTOSConfig.h && printf '%s\n#endif\n' "$1"; } >"$work/FreeRTOSConfig.h"
    shift
    compiles v11 -I"$work" "$@"
}
total='#undef configTOTAL_HEAP_SIZE
#define configTOTAL_HEAP_SIZE'
too_large="configTOTAL_HEAP_SIZE: above 512 KiB, build Cairn with CAIRN_GRANULE=16 (up to 1 MiB) or CAIRN_INDEX_BITS=32"
refuses "a ucHeap too small for a heap does not compile" "configTOTAL_HEAP_SIZE: too small for a heap" \
    configured "$total (100)" -DOVER_UCHEAP
refuses "a ucHeap that the index does not reach does not compile" "$too_large" \
    configured "$total ((size_t)(512 * 1024 + 1))" -DOVER_UCHEAP
passes "a ucHeap that the index just reaches compiles" configured "$total ((size_t)(512 * 1024))" -DOVER_UCHEAP
passes "one of 1 MiB compiles with granules of 16 bytes" configured "$total 1024 * 1024" -DOVER_UCHEAP -DCAIRN_GRANULE=16
refuses "one that is larger still does not" "$too_large" \
    configured "$total ((size_t)(1024 * 1024 + 1))" -DOVER_UCHEAP -DCAIRN_GRANULE=16
passes "a larger one compiles with a 32-bit index" configured "$total 1024 * 1024" -DOVER_UCHEAP -DCAIRN_INDEX_BITS=32
rm "$work/FreeRTOSConfig.h"

sed 's/portBYTE_ALIGNMENT 8/portBYTE_ALIGNMENT 16/' tests/freertos/kernel/portmacro.h >"$work/portmacro.h"
refuses "a port of larger alignment than the heap's does not compile" "portBYTE_ALIGNMENT: larger than CAIRN_GRANULE" \
    compiles v11 -I"$work"
passes "it does with a 32-bit index" compiles v11 -I"$work" -DCAIRN_INDEX_BITS=32

compiles v11
"${CROSS}nm" --defined-only --extern-only "$work/object.o" | sed 's/.* //' | sort >"$work/names"
cat >"$work/expected" <<'END'
pvPortCalloc
pvPortMalloc
pvPortRealloc
vPortFree
vPortGetHeapStats
vPortHeapResetState
vPortInitialiseBlocks
xPortGetFreeHeapSize
xPortGetMinimumEverFreeHeapSize
xPortResetHeapMinimumEverFreeHeapSize
END
passes "the heap defines the kernel's names and no others" diff "$work/expected" "$work/names"

# The test of interrupts, with a kernel that masks none.
board=mps2-an385
image=build/$board/scripts/freertos-unlocked.elf
mkdir -p "build/$board/scripts"
# shellcheck disable=SC2046
"${CROSS}gcc" $(flags $board) -std=c11 -O2 -DMASK_NOTHING -Itests/freertos/kernel -Itests/freertos -Itests/freertos/v11 \
    -nostartfiles -Wl,--gc-sections -Wl,--no-warn-rwx-segments -T boards/$board/memory.ld -T linker/sections.ld \
    tests/freertos/kernel/kernel.c build/$board/freertos/interrupts-ucheap/*.o build/$board/tests/support/tap.o \
    build/$board/tests/support/fatal.o build/$board/tests/support/blocks.o build/$board/tests/support/tap-target.o \
    build/$board/boards/runtime/startup.o build/$board/extras/semihosting.o build/$board/boards/runtime/syscalls.o \
    build/$board/libcairn.a -o "$image" && ! TEST_TIMEOUT=20 tests/run-one "$image" >"$work/said" 2>&1
result $? "without the lock the test of interrupts fails" "$work/said"

cat >"$work/expected" <<'END'
one heap of the kernel's and malloc()'s
hook: a request was refused
more than there is: NULL
allocations 1, frees 1
END
for board in mps2-an385 netduinoplus2 microbit; do
    tests/run-one build/$board/newlib/examples/freertos.elf >"$work/output" 2>&1
    passes "the example runs on $board" diff "$work/expected" "$work/output"
done

done_testing
