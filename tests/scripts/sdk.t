#!/bin/sh
# sdk.t: the modules for Zephyr, RIOT and the Pico SDK, without these: their files are read as the SDKs read them, compiled
# with stand-ins for the SDKs' headers (tests/sdk), and run. docs/build-systems.md says what was tried with the real ones.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
. tests/scripts/firmware.sh
plan 24

: "${PYTHON:=/usr/bin/python3}"
: "${CC:=gcc}"
freed="this block is already free"

# ---- Zephyr --------------------------------------------------------------------------------------

for line in "name: cairn" "  cmake: zephyr" "  kconfig: zephyr/Kconfig"; do
    grep -qxF "$line" zephyr/module.yml || echo "zephyr/module.yml has no line: $line"
done >"$work/said"
[ ! -s "$work/said" ] && [ -f zephyr/CMakeLists.txt ] && [ -f zephyr/Kconfig ]
result $? "module.yml names the two files that Zephyr reads" "$work/said"

# configured NAME OPTION...: $work/NAME.h is autoconf.h.
configured() {
    header=$work/$1.h
    shift
    "$PYTHON" tests/sdk/kconfig.py zephyr/Kconfig "$@" >"$header"
}
passes "CAIRN=y takes the minimal C library's malloc out" configured plain CAIRN=y \
    MINIMAL_LIBC_MALLOC=n MINIMAL_LIBC_CALLOC=n MINIMAL_LIBC_REALLOCARRAY=n
! grep -qE 'MINIMAL_LIBC_(MALLOC|CALLOC|REALLOCARRAY)' "$work/plain.h"
result $? "none of its names is left" "$work/plain.h"
refuses "Zephyr's own malloc has to be off" "CAIRN=y: it is n" configured none COMMON_LIBC_MALLOC=y CAIRN=y
refuses "with picolibc it is on" "CAIRN=y: it is n" configured none PICOLIBC=y CAIRN=y
passes "it can be off there" configured picolibc PICOLIBC=y COMMON_LIBC_MALLOC=n CAIRN=y
refuses "user mode has no lock" "CAIRN=y: it is n" configured none USERSPACE=y CAIRN=y
passes "all options take effect" configured all CAIRN=y CAIRN_HEAP_SIZE=8192 CAIRN_REACH_2G=y CAIRN_GUARD=y \
    CAIRN_COUNTS=y CAIRN_SITES=16 CAIRN_REGIONS=y

# zephyr NAME [FLAG...]: $here/NAME.elf, linked whole, with that configuration.
zephyr() {
    module=$1
    shift
    mkdir -p "$work/$module"
    cmake -DCONFIG_CAIRN=y -P tests/sdk/zephyr/module.cmake >"$work/$module/words" || return 1
    grep -v '\.c$' "$work/$module/words" | tr '\n' ' ' >"$work/$module/flags"
    # shellcheck disable=SC2046
    set -- $(flags mps2-an385) -Os -std=c11 -ffunction-sections -fdata-sections -imacros "$here/$module.h" \
        -I"$tree/tests/sdk/zephyr" $(cat "$work/$module/flags") -Wall -Wextra -Werror "$@"
    # shellcheck disable=SC2046
    (cd "$work/$module" && "${CROSS}gcc" "$@" -c $(grep '\.c$' words) "$tree/tests/sdk/program.c") || return 1
    # shellcheck disable=SC2046,SC2086
    "${CROSS}gcc" $(flags mps2-an385) -Os -I"$tree/extras" $(link_newlib mps2-an385) "$work/$module"/*.o $runtime \
        -Wl,--defsym=_end=__heap_start -Wl,--defsym=__kernel_ram_end=__heap_limit -Wl,-Map,"$here/$module.map" -o "$here/$module.elf"
}
passes "a firmware of Zephyr links" zephyr plain
runs "Cairn serves it" "$here/plain.elf" "used by Cairn: yes, check level 1"
runs "a block that is freed twice is reported" "$here/plain.elf" "cairn: $freed: $(
    sed -n "s/^cairn: $freed: //p" "$work/said"
)"
runs "the report is a panic of the kernel" "$here/plain.elf" "panic"
passes "one with all options links" zephyr all
runs "they are those of Kconfig" "$here/all.elf" "used by Cairn: yes, check level 2"
"${CROSS}nm" "$here/all.elf" | sed -n 's/^\([0-9a-f]*\) . cairn_zephyr_heap\(_end\)*$/0x\1/p' | sort >"$work/said"
first=$(head -n 1 "$work/said") last=$(tail -n 1 "$work/said")
[ $((${last:-0} - ${first:-0})) -eq 8192 ]
result $? "its heap is an array of CONFIG_CAIRN_HEAP_SIZE bytes" "$work/said"
ends "the report after the link takes that array for no overlap" 0 "from cairn_zephyr_heap to cairn_zephyr_heap_end" \
    tools/cairn link "$here/all.elf" "$here/all.map"
small() {
    sed 's/8192/512/' "$work/all.h" >"$work/small.h" && zephyr small
}
refuses "a heap that is too small does not compile" "CONFIG_CAIRN_HEAP_SIZE must be 1024 bytes or more" small
minimal() {
    "${CROSS}gcc" -mcpu=cortex-m3 -DCONFIG_MINIMAL_LIBC -c port/zephyr/names.c -o "$work/minimal.o" &&
        "${CROSS}nm" "$work/minimal.o" >"$work/names" && cat "$work/names" && [ "$(wc -l <"$work/names")" -eq 1 ]
}
passes "for the minimal C library there are no names besides" minimal

# ---- RIOT ----------------------------------------------------------------------------------------

riot() {
    CFLAGS="$(flags microbit) -Os -std=c11 -ffunction-sections -fdata-sections -Wall -Wextra -Wcast-align -Werror" \
        INCLUDES="-I$tree/include -I$tree/tests/sdk/riot" make --no-print-directory -C packaging/riot/cairn \
        RIOTBASE="$tree/tests/sdk/riot" BINDIR="$here/riot" CC="${CROSS}gcc" TOOLCHAIN=gnu || return 1
    # shellcheck disable=SC2046,SC2086
    "${CROSS}gcc" $(flags microbit) -Os -Iinclude -Iextras -Itests/sdk/riot $(link_newlib microbit) "$work"/riot/cairn/*.o \
        tests/sdk/program.c $runtime -Wl,-Map,"$here/riot.map" -o "$here/riot.elf"
}
passes "a firmware of RIOT links" riot
runs "Cairn serves it" "$here/riot.elf" "used by Cairn: yes, check level 1" microbit
runs "a block that is freed twice is a panic of the kernel" "$here/riot.elf" "$freed" microbit

# ---- Pico SDK ------------------------------------------------------------------------------------

lock() {
    "$CC" -std=c11 -Wall -Wextra -Werror -DCAIRN_PORT_HEADER='"rp2/spin_lock.h"' -Itests/sdk/rp2 -Iport -Iinclude -Itests/support \
        tests/sdk/rp2/lock.c tests/support/tap.c tests/support/tap-host.c -o "$work/lock" && "$work/lock"
}
passes "the lock for two cores takes its steps in order" lock
pico() {
    CROSS=$CROSS cmake -S tests/sdk/rp2 -B "$work/rp2" -DCMAKE_TOOLCHAIN_FILE="$tree/tests/build-systems/toolchain.cmake" \
        -DCMAKE_BUILD_TYPE=Release && cmake --build "$work/rp2"
}
passes "cairn::pico is built with the SDK's headers, and with variables of the project as options" pico
"${CROSS}nm" "$work/rp2/cairn/libcairn_pico.a" 2>/dev/null >"$work/said"
grep -q ' V cairn_rp2_owner' "$work/said" && grep -q ' T cairn_read_counts' "$work/said"
result $? "its lock is that for two cores" "$work/said"

done_testing
