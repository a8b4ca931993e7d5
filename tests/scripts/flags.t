#!/bin/sh
# flags.t: the library compiled as users do, beside what tests/mk/flags.mk runs: what the tools find in the images, and
# all sources by one command, optimized at link time, which must fail where the C library's names are not kept.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 5

# SKIP... unless there is a clang that compiles for Arm.
${CLANG:-clang} --target=arm-none-eabi -fsyntax-only -xc /dev/null >"$work/said" 2>&1
skip=$([ $? -eq 0 ] || echo " # SKIP there is no clang for Arm")
ls build/*/flags/*-clang-*.elf >"$work/clang" 2>"$work/said"
[ -n "$skip" ] || [ -s "$work/clang" ]
result $? "clang compiles the library$skip" "$work/said"

ls build/*/flags/*.elf >"$work/images" 2>"$work/said"
[ "$(wc -l <"$work/images")" -ge 14 ]
result $? "there are images with flags of all kinds" "$work/said"
while read -r image; do
    "${CROSS}nm" "$image" | grep -q ' cairn_system_state$' || echo "$image: no cairn_system_state"
    "${CROSS}readelf" -p .comment "$image" | grep -q 'cairn: system.heap ' || echo "$image: no layout"
done <"$work/images" >"$work/said" 2>&1
[ ! -s "$work/said" ]
result $? "in all of them the tools find the heap" "$work/said"

cat >"$work/main.c" <<'END'
#include <stdio.h>
int main(void)
{
    return printf("%f\n", 1.5) < 0;
}
END

# one_command [FLAG...]: a firmware by one call of the compiler, with no flag that the library asks for.
one_command() {
    # shellcheck disable=SC2046
    "${CROSS}gcc" $(flags mps2-an385) -O2 -flto "$@" -DCAIRN_PORT_HEADER='"cortex-m/primask.h"' -Iinclude -iquote allocator -Iport -Iextras \
        "$work/main.c" allocator/*/*.c port/newlib/reent.c port/newlib/sbrk_names.c port/libc/mallinfo.c boards/runtime/syscalls.c \
        port/common/region.c port/common/fatal.c boards/runtime/startup.c extras/semihosting.c \
        -nostartfiles -Wl,--gc-sections -Wl,--no-warn-rwx-segments -T boards/mps2-an385/memory.ld -T linker/sections.ld \
        -Wl,-Map,"$work/image.map" -o "$work/image.elf" && tests/one-heap "$work/image.map"
}
passes "one command makes a firmware of all sources with -flto" one_command
refuses "without what keeps the C library's names it does not link" "undefined reference to \`_malloc_r'" one_command -Dused=unused

done_testing
