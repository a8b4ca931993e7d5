#!/bin/sh
# foreign.t: what the port asks of a linker script, and linker/heap.ld in a script that goes wrong.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 16

board=mps2-an385
cat >"$work/program.c" <<END
#include <stdlib.h>
#ifndef STATIC
#define STATIC 4
#endif
char data[STATIC];
int main(void);
_Noreturn void reset_handler(void);
int main(void)
{
    char *p = malloc(8);
    return p == data;
}
_Noreturn void reset_handler(void)
{
    for (;;)
        main();
}
END

# link SCRIPT [FLAG...]: a firmware of that program, by a script of tests/foreign.
link() {
    script=$1
    shift
    # shellcheck disable=SC2046
    "${CROSS}gcc" $(flags $board) -nostartfiles -Wl,--gc-sections -Wl,--fatal-warnings -Wl,--no-warn-rwx-segments \
        -Ltests/foreign -Llinker -T "${memory:-tests/foreign/memory.ld}" -T "tests/foreign/$script.ld" "$work/program.c" "$@" \
        -u cairn_names "build/$board/libcairn.a" -o "$work/image.elf"
}

# region [FLAG...]: port/common/region.c with these options.
region() {
    # shellcheck disable=SC2046
    "${CROSS}gcc" $(flags $board) -Os -Wall -Wextra -Werror -DCAIRN_LOCK_HEADER='"cortex-m/primask.h"' -Iport -Iinclude \
        "$@" -c port/common/region.c -o "$work/region.o"
}

# asks BINDING [FLAG...]: the symbols that region.c asks for then, of one binding: U strong, w weak.
asks() {
    binding=$1
    shift
    region "$@" && "${CROSS}nm" "$work/region.o" | sed -n "s/^ *$binding //p" | tr '\n' ' '
}

# same NAME EXPECTED GIVEN
same() {
    echo "expected '$2', given '$3'" >"$work/said"
    [ "$2" = "$3" ]
    result $? "$1" "$work/said"
}

same "the port demands no symbol" "" "$(asks U)"
same "a start that is named is demanded" "my_start " "$(asks U -DCAIRN_HEAP_START=my_start)"
same "a limit that is named is demanded" "my_limit " "$(asks U -DCAIRN_HEAP_LIMIT=my_limit)"
same "nothing else is asked for where both are named" "" \
    "$(asks w -DCAIRN_HEAP_START=my_start -DCAIRN_HEAP_LIMIT=my_limit)"

region -DCAIRN_HEAP_START=my_start -DCAIRN_HEAP_LIMIT=my_stack
refuses "a name that the script does not have does not link" "undefined reference to \`my_start'" \
    link bare "$work/region.o"
region -DCAIRN_HEAP_START=my_heap -DCAIRN_HEAP_LIMIT=my_stack
passes "names that the script has link" link bare "$work/region.o"

echo 'void *_sbrk(int n); void *_sbrk(int n) { return (void *)n; }' >"$work/sbrk.c"
refuses "a second _sbrk does not link" "multiple definition of \`_sbrk'" link fragment "$work/sbrk.c"
sed 's/^/__attribute__((weak)) /' "$work/sbrk.c" >"$work/weak.c"
passes "a second _sbrk that is weak links" link fragment "$work/weak.c"

passes "a script with heap.ld links" link fragment
passes "a heap of a chosen size links" link fragment -Wl,--defsym=_heap_size=4096
refuses "static data that leaves no heap does not link" "heap.ld: no RAM is left for the heap." \
    link fragment -DSTATIC=128000
grep -q "Use less static data, or a smaller _stack_size." "$work/said"
result $? "the message names the remedy" "$work/said"
refuses "static data larger than the RAM does not link" "overflowed by" link fragment -DSTATIC=140000
refuses "a heap that reaches into the stack does not link" "heap.ld: the heap reaches into the stack." \
    link fragment -Wl,--defsym=_heap_size=127K
refuses "a heap larger than the RAM does not link" "overflowed by" link fragment -Wl,--defsym=_heap_size=1M

sed 's/LENGTH = 128K/LENGTH = 2M/; /SCRATCH_Y/d' tests/foreign/memory.ld >"$work/large.ld"
memory=$work/large.ld
passes "a heap that a 16-bit index does not reach links" link fragment

done_testing
