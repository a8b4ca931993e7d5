#!/bin/sh
# riscv-tools.t: the tools, given firmware for RISC-V: each is right, or says what it does not know. For `make test-riscv`.
#
# SPDX-License-Identifier: MIT
: "${CROSS:=riscv64-unknown-elf-}"
: "${PYTHON:=/usr/bin/python3}"
. tests/scripts/tap.sh
plan 38

tree=$(pwd)
here=$tree/$work
cairn() {
    PYTHON="$PYTHON" tools/cairn "$@"
}
line_of() {
    sed -n "/the line .*$1 \*\//=" tests/riscv/program.c
}

passes "make amalgamation makes one source" make --no-print-directory BUILD="$work/build" PYTHON="$PYTHON" amalgamation
single=$here/build/amalgamation/src

# image NAME BOARD [FLAG...]: $here/NAME.elf and NAME.map of program.c. ran NAME BOARD: what it leaves is in $here/NAME.
image() {
    name=$1 board=$2
    shift 2
    # shellcheck disable=SC2046
    "${CROSS}gcc" $(flags "$board") -Os -g -I"$single" -Iextras tests/riscv/program.c extras/semihosting.c \
        --specs=picolibc.specs --crt0=semihost --oslib=semihost -Wl,--defsym=__flash=0x80000000,--defsym=__flash_size=0x100000 \
        -Wl,--defsym=__ram=0x80100000,--defsym=__ram_size=0x40000 -Wl,-Map,"$here/$name.map" "$@" -o "$here/$name.elf"
}
ran() {
    mkdir -p "$work/$1"
    (cd "$work/$1" && eval timeout 60 $(sed -n 's/^EMULATOR *:= *//p' "$tree/boards/$2/board.mk") -machine virt -display none -monitor none \
        -serial none -chardev stdio,id=console -semihosting-config enable=on,chardev=console -kernel "$here/$1.elf" </dev/null)
}
# has LINE FILE: is a line of it this, as a pattern?
has() {
    grep -qxE -- "$1" "$2"
}

# shellcheck disable=SC2086
for board in virt-rv32 virt-rv64; do
    # ---- cairn link, tests/one-heap -------------------------------------------------------------
    image room-$board $board "$single/cairn.c" -DLARGEST >"$work/said" 2>&1 && ran room-$board $board >"$work/ran" 2>&1
    largest=$(sed -n 's/^the largest block: \([0-9]*\) bytes$/\1/p' "$work/ran")
    passes "$board: cairn link reports on it" cairn link --strict "$work/room-$board.elf" "$work/room-$board.map"
    shown=$(sed -n 's/^ *\([0-9,]*\) bytes for blocks, .*/\1/p' "$work/said" | tr -d ,)
    [ -n "$largest" ] && [ "$shown" = "$largest" ]
    result $? "$board: the bytes for blocks are those of the largest block" "$work/said"
    has '  heap      0x8010[0-9a-f]{4} to 0x8013f800, [0-9,]* bytes: from __heap_start to __heap_end' "$work/said" &&
        has '  stack     0x8013f800 to 0x80140000, 2,048 bytes: __heap_end, __stack' "$work/said"
    result $? "$board: heap and stack are picolibc's" "$work/said"
    passes "$board: one-heap finds one heap in its map" tests/one-heap "$work/room-$board.map"
    image bare $board -DCAIRN_CHECK=1 >"$work/said" 2>&1
    refuses "$board: without Cairn one-heap names the other" "libc.a(nano-malloc-malloc.c.o)" tests/one-heap "$work/bare.map"
    ends "$board: and so does cairn link" 1 "Cairn is not in this image" cairn link "$work/bare.elf" "$work/bare.map"
    cat >"$work/wrapper.c" <<'C'
#include <stddef.h>
void *__real_malloc(size_t);
void *__wrap_malloc(size_t);
void shared_lock(void);
void shared_unlock(void);
__attribute__((noinline)) void shared_lock(void)
{
    __asm volatile("");
}
__attribute__((noinline)) void shared_unlock(void)
{
    __asm volatile("nop");
}
void *__wrap_malloc(size_t size)
{
    shared_lock();
    void *p = __real_malloc(size);
    shared_unlock();
    return p;
}
C
    for relax in relax no-relax; do
        image wrapped $board "$single/cairn.c" "$work/wrapper.c" -m$relax -Wl,--wrap=malloc >"$work/said" 2>&1
        ends "$board: it names what a wrapper calls, -m$relax" 0 "first: __wrap_malloc; they call shared_lock, shared_unlock." \
            cairn link "$work/wrapped.elf" "$work/wrapped.map"
    done

    # ---- cairn image, flame, leaks ---------------------------------------------------------------
    guarded=guarded-$board
    image $guarded $board "$single/cairn.c" -DCAIRN_CHECK=2 >"$work/said" 2>&1 && ran $guarded $board >>"$work/said" 2>&1
    ram=$work/$guarded/ram.bin@0x80100000
    ends "$board: an image of its RAM is sound" 0 "sound: I1 to I10 hold, canaries and fill are whole" cairn image "$work/$guarded.elf" "$ram"
    cairn image "$work/$guarded.elf" "$ram" blocks >"$work/said" 2>&1
    has " *0x[0-9a-f]+ +[0-9,]+ +used +1000 +main \(program.c:$(line_of moves)\)" "$work/said" &&
        has " *0x[0-9a-f]+ +[0-9,]+ +used +100 +main \(program.c:$(line_of main)\)" "$work/said"
    result $? "$board: its blocks have their owners" "$work/said"
    cairn flame "$work/$guarded.elf" "$ram" >"$work/said" 2>&1
    has "main program.c:$(line_of moves) 1000" "$work/said"
    result $? "$board: cairn flame shows them" "$work/said"
    image over-$board $board "$single/cairn.c" -DCAIRN_CHECK=2 -DOVERRUN >"$work/said" 2>&1 && ran over-$board $board >>"$work/said" 2>&1
    over=$work/over-$board/ram.bin@0x80100000
    ends "$board: an overrun is found" 1 "byte 1 past the end of the block of 1000 bytes" cairn image "$work/over-$board.elf" "$over"
    image other $board "$single/cairn.c" -DCAIRN_CHECK=2 -DOVERRUN -DLARGEST >"$work/said" 2>&1
    ends "$board: the ELF file of another build is refused" 2 "is not the build in this memory" cairn image "$work/other.elf" "$over"

    # ---- cairn trace -----------------------------------------------------------------------------
    image traced-$board $board "$single/cairn.c" extras/trace_semihosting.c -DCAIRN_TRACE=1 >"$work/said" 2>&1 &&
        ran traced-$board $board >>"$work/said" 2>&1
    words=$work/traced-$board/cairn.trace.bin
    passes "$board: what it records is a trace" cairn trace "$words" --elf "$work/traced-$board.elf" -o "$work/$board.trace"
    printf '# at %s\n%s\n' "filled program.c:$(line_of filled)" "m 0 100" "main program.c:$(line_of main)" "c 1 100" \
        "filled program.c:$(line_of filled)" "m 2 40" >"$work/expected"
    sed -n '/^# at /,$p' "$work/$board.trace" | head -n 6 | cmp - "$work/expected" >"$work/said" 2>&1
    result $? "$board: with the lines that called" "$work/said"
    ends "$board: that of another build is refused" 2 "is not the build that recorded these calls" \
        cairn trace "$words" --elf "$work/room-$board.elf" -o "$work/none.trace"

    # ---- cairn bound -----------------------------------------------------------------------------
    ends "$board: cairn bound says that it is for Arm" 2 "not a little-endian 32-bit ARM image" cairn bound "$work/room-$board.elf"
done
sed '/^# [a-z_]*: /d' "$work/virt-rv32.trace" >"$work/narrow" && sed '/^# [a-z_]*: /d' "$work/virt-rv64.trace" | cmp - "$work/narrow" >"$work/said" 2>&1
result $? "both cores record the same trace" "$work/said"

# ---- gdb -----------------------------------------------------------------------------------------

for board in virt-rv32 virt-rv64; do
    gdb-multiarch -q -batch -ex "source tools/cairn-gdb.py" -ex "cairn image $work/over-$board/ram.bin@0x80100000" -ex "cairn check" \
        "$work/over-$board.elf" >"$work/said" 2>&1
    grep -qF "byte 1 past the end of the block of 1000 bytes" "$work/said"
    result $? "$board: gdb's commands read it" "$work/said"
done

done_testing
