#!/bin/sh
# freertos.t: port/freertos/heap_cairn.c compiles with the headers and options that it is for, refuses
# the others, defines the kernel's names; the lock is needed, and follows from FreeRTOSConfig.h; tools/cairn bound
# knows the port; the example runs.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 53

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
cores="a kernel on several cores: the heap's lock keeps out the interrupts of one only"
refuses "a kernel on two cores does not compile" "$cores" compiles v11 -DconfigNUMBER_OF_CORES=2
refuses "nor does one of the SMP branch" "$cores" compiles v11 -DconfigNUM_CORES=2
passes "a kernel on one core compiles" compiles v11 -DconfigNUMBER_OF_CORES=1
refuses "a lock that there is not does not compile" "CAIRN_FREERTOS_LOCK must be CAIRN_FREERTOS_CEILING" \
    compiles v11 -DCAIRN_FREERTOS_LOCK=3
refuses "assertions need configASSERT()" "FreeRTOSConfig.h defines no configASSERT()" \
    compiles v11 -DNO_ASSERT -DCAIRN_FREERTOS_ASSERT=1

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

# What the object defines, besides what is in all of Cairn's.
defined() {
    "${CROSS}nm" --defined-only --extern-only "$work/object.o" | sed 's/.* //; /^cairn_all_files_need/d' | sort
}

# The ceiling of a configuration, as the linker sees it; and those that mask nothing.
ceiling() {
    compiles v11 -UconfigMAX_SYSCALL_INTERRUPT_PRIORITY "-DconfigMAX_SYSCALL_INTERRUPT_PRIORITY=$2" $3 &&
        "${CROSS}nm" "$work/object.o" | grep "0*$1 A cairn_ceiling"
}
passes "the ceiling is that of FreeRTOSConfig.h" ceiling 40 0x40
passes "one with bits that the chip has not is cut as the chip cuts it" ceiling b0 191 -DconfigPRIO_BITS=4
passes "CMSIS knows the chip's bits as well" ceiling a0 191 -D__NVIC_PRIO_BITS=3
passes "a priority that is shifted is a ceiling" ceiling 50 "(5<<(8-4))" -DconfigPRIO_BITS=4
refuses "a priority that is not shifted masks nothing" "masks nothing: shift the priority left" \
    ceiling 05 5 -DconfigPRIO_BITS=4
refuses "where the bits are not known, the lower ones are refused" "define configPRIO_BITS" ceiling 191 191
compiles v11 -DconfigSUPPORT_DYNAMIC_ALLOCATION=0
passes "a kernel without dynamic allocation gets the ceiling alone" test "$(defined)" = cairn_ceiling

sed 's/portBYTE_ALIGNMENT 8/portBYTE_ALIGNMENT 16/' tests/freertos/kernel/portmacro.h >"$work/portmacro.h"
refuses "a port of larger alignment than the heap's does not compile" "portBYTE_ALIGNMENT: larger than CAIRN_GRANULE" \
    compiles v11 -I"$work"
passes "it does with a 32-bit index" compiles v11 -I"$work" -DCAIRN_INDEX_BITS=32

compiles v11
defined >"$work/names"
cat >"$work/expected" <<'END'
cairn_ceiling
cairn_freertos
cairn_freertos_heap
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

# links LIBRARY FLAG...: the test of interrupts with a library and a kernel.
board=mps2-an385
image=build/$board/scripts/freertos-linked.elf
mkdir -p "build/$board/scripts"
links() {
    library=$1
    shift
    # shellcheck disable=SC2046
    "${CROSS}gcc" $(flags $board) -std=c11 -O2 "$@" -Itests/freertos/kernel -Itests/freertos -Itests/freertos/v11 \
        -nostartfiles -Wl,--gc-sections -Wl,--no-warn-rwx-segments -T boards/$board/memory.ld -T linker/sections.ld \
        tests/freertos/kernel/kernel.c build/$board/freertos/interrupts-ucheap/*.o build/$board/tests/support/tap.o \
        build/$board/tests/support/fatal.o build/$board/tests/support/blocks.o build/$board/tests/support/tap-target.o \
        build/$board/boards/runtime/startup.o build/$board/extras/semihosting.o \
        build/$board/boards/runtime/syscalls.o "build/$board/$library" -o "$image"
}
refuses "a library whose lock has no ceiling does not link" "undefined reference to \`cairn_lock_has_a_ceiling'" \
    links libcairn.a
refuses "nor does one with another ceiling" "multiple definition of \`cairn_ceiling'" links basepri/libcairn.a
# shellcheck disable=SC2046
"${CROSS}gcc" $(flags $board) -std=c11 -Os -DCAIRN_PORT_HEADER='"cortex-m/basepri.h"' -DCAIRN_CEILING=0x40 -Iinclude -Iport \
    -c port/common/lock.c -o "$work/lock.o"
passes "one with the same fixed ceiling links" links ceiling/libcairn.a "$work/lock.o"
passes "one that takes the ceiling from the kernel links" links ceiling/libcairn.a

# With a kernel that masks nothing.
links ceiling/libcairn.a -DMASK_NOTHING && ! TEST_TIMEOUT=20 tests/run-one "$image" >"$work/said" 2>&1
result $? "without the lock the test of interrupts fails" "$work/said"

# Requests have a bound, over both heaps, with no more facts than the tool's own.
for heap in system ucheap; do
    for entry in pvPortMalloc vPortFree; do
        tools/cairn bound --rows --entry $entry "build/$board/newlib/freertos/interrupts-$heap.elf" >"$work/rows" 2>&1
        result $? "$entry has a bound, over the ${heap} heap" "$work/rows"
    done
done

cat >"$work/expected" <<'END'
workers done: 2
more than there is: NULL, refused: 1
broken invariant of the heap: 0
minimum ever below what is free: yes
END
for board in mps2-an385 netduinoplus2 microbit; do
    tests/run-one build/$board/newlib/examples/freertos.elf >"$work/output" 2>&1
    passes "the example runs on $board" diff "$work/expected" "$work/output"
done

# With a kernel: FREERTOS_KERNEL=<folder>.
skip=$([ -n "${FREERTOS_KERNEL:-}" ] || echo " # SKIP FREERTOS_KERNEL names no folder of FreeRTOS-Kernel")
if [ -z "$skip" ]; then
    make freertos "KERNEL=$FREERTOS_KERNEL" 2>"$work/errors" | grep -v '^build/' >"$work/output"
    cat "$work/errors" >>"$work/output"
    passes "the example runs with the kernel in FREERTOS_KERNEL" diff "$work/expected" "$work/output"
else
    result 0 "the example runs with the kernel in FREERTOS_KERNEL$skip"
fi
ends "without a kernel make freertos says what it needs" 2 "make freertos KERNEL=../FreeRTOS-Kernel" make freertos
ends "a folder that holds no kernel is refused" 2 "KERNEL=/nowhere: no tasks.c there" make freertos KERNEL=/nowhere

done_testing
