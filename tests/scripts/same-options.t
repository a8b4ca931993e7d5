#!/bin/sh
# same-options.t: a firmware whose files include cairn.h with other options than the library was built with does not
# link, and the message names the option; the check costs nothing.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 13

board=mps2-an385
cat >"$work/program.cpp" <<'END'
#ifndef NO_HEADER
#include "cairn.hpp"
#endif
#include <stdlib.h>
int main()
{
    void *volatile p = malloc(8);
    free(p);
    return 0;
}
END
sed 's/cairn\.hpp/cairn.h/; s/int main()/int main(void)/' "$work/program.cpp" >"$work/program.c"

# link SOURCE [ARGUMENT...]: a firmware of that program.
link() {
    source=$1
    shift
    # shellcheck disable=SC2046
    "${CROSS}gcc" $(flags $board) -Os -fno-builtin -fno-exceptions -nostartfiles -Iinclude -iquote allocator -Wl,--gc-sections \
        -Wl,--fatal-warnings -Wl,--no-warn-rwx-segments -T boards/$board/memory.ld -T linker/sections.ld "$work/program.$source" \
        "build/$board/boards/runtime/startup.o" "build/$board/extras/semihosting.o" "build/$board/boards/runtime/syscalls.o" "$@" \
        -o "$work/image.elf"
}
library=build/$board/libcairn.a
need="multiple definition of \`cairn_all_files_need_the_same_CAIRN_"

passes "the same options link" link c $library
passes "they link with -flto" link c $library -flto
passes "they link in C++" link cpp $library -std=c++17
refuses "another width of the index does not link" "${need}INDEX_BITS'" link c $library -DCAIRN_INDEX_BITS=32
refuses "nor with -flto" "${need}INDEX_BITS'" link c $library -DCAIRN_INDEX_BITS=32 -flto
refuses "nor in C++" "${need}INDEX_BITS'" link cpp $library -std=c++17 -DCAIRN_INDEX_BITS=32
refuses "another granule does not link" "${need}GRANULE'" link c $library -DCAIRN_GRANULE=16
refuses "nor with a library of that granule and a file of another" "${need}GRANULE'" link c build/$board/coarse/libcairn.a
cat >"$work/other.c" <<'END'
#include "cairn.h"
END
# shellcheck disable=SC2046
"${CROSS}gcc" $(flags $board) -Iinclude -iquote allocator -DCAIRN_GRANULE=16 -c "$work/other.c" -o "$work/other.o" >"$work/said" 2>&1
refuses "two files of different options do not link" "${need}GRANULE'" link c "$work/other.o" $library
refuses "another number of sites does not link" "${need}SITES'" link c build/$board/counted/libcairn.a -DCAIRN_SITES=2
refuses "another number of their calls does not link" "${need}SITES_STACK'" link c build/$board/chained/libcairn.a -DCAIRN_SITES=16 \
    -DCAIRN_SITES_STACK=2

# What a watching option adds needs no option in a file that does not use it.
passes "a watched library links with files without the option" link c build/$board/counted/libcairn.a

# bytes [FLAG...]: of that firmware.
bytes() {
    link c $library "$@" && "${CROSS}size" "$work/image.elf" | awk 'NR == 2 { print $1, $2, $3 }' && "${CROSS}objcopy" -O binary "$work/image.elf" "$work/image.bin"
}
bytes -DNO_HEADER >"$work/without" && cp "$work/image.bin" "$work/without.bin"
bytes >"$work/with" && cmp "$work/image.bin" "$work/without.bin" >"$work/said" 2>&1 && cmp "$work/with" "$work/without" >"$work/said" 2>&1
result $? "the header does not add a byte" "$work/said"

done_testing
