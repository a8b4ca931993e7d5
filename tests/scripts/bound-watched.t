#!/bin/sh
# bound-watched.t: tools/cairn bound bounds a heap that counts, keeps sites and records its calls, without more facts.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
tree=build/mps2-an385
plan 6

cat >"$work/main.c" <<'END'
#include <stdlib.h>
void *volatile kept;
int main(void)
{
    kept = malloc(10);
    free(kept);
    return 0;
}
END
parts="boards/runtime/startup.o extras/semihosting.o boards/runtime/syscalls.o"

# image LIBRARY OBJECT...: a firmware with that library of tests/mk/watch.mk.
image() {
    library=$1
    shift
    # shellcheck disable=SC2046
    "${CROSS}gcc" $(flags mps2-an385) -Os -nostartfiles -Wl,--gc-sections -T boards/mps2-an385/memory.ld -T linker/sections.ld \
        "$work/main.c" $(printf "$tree/$library/%s " $parts "$@" libcairn.a) -o "$work/$library.elf"
}

for library in counted traced; do
    passes "a firmware with the library $library" image $library $([ $library = counted ] || echo extras/trace_ring.o)
    tools/cairn bound --rows --entry malloc --entry free "$work/$library.elf" >"$work/rows" 2>&1
    for name in malloc free; do
        grep -P "\t$name\t" "$work/rows" | cut -f3-6 | grep -qE '^[1-9][0-9]*\s[1-9][0-9]*\s[1-9][0-9]*\s[1-9][0-9]*$'
        result $? "$name of the library $library has a bound" "$work/rows"
    done
done

done_testing
