#!/bin/sh
# foreign.t: what the port asks of a linker script, and linker/heap.ld in a script that goes wrong.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 42

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
    "${CROSS}gcc" $(flags $board) -Os -Wall -Wextra -Werror -DCAIRN_PORT_HEADER='"cortex-m/primask.h"' -Iport -Iinclude \
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

same "the port demands no symbol of the script" "cairn_fatal " "$(asks U)"
same "a start that is named is demanded" "cairn_fatal my_start " "$(asks U -DCAIRN_HEAP_START=my_start)"
same "a limit that is named is demanded" "my_limit " "$(asks U -DCAIRN_HEAP_LIMIT=my_limit)"
same "nothing else is asked for where both are named" "" \
    "$(asks w -DCAIRN_HEAP_START=my_start -DCAIRN_HEAP_LIMIT=my_limit)"

passes "a reserve of no bytes compiles" region -DCAIRN_STACK_RESERVE=0
refuses "a reserve below 0 does not compile" "CAIRN_STACK_RESERVE must be 0 or more" region -DCAIRN_STACK_RESERVE=-1

region -DCAIRN_HEAP_START=my_start -DCAIRN_HEAP_LIMIT=my_stack
refuses "a name that the script does not have does not link" "undefined reference to \`my_start'" \
    link bare "$work/region.o"
region -DCAIRN_HEAP_START=my_heap -DCAIRN_HEAP_LIMIT=my_stack
passes "names that the script has link" link bare "$work/region.o"

echo 'void *_sbrk(int n); void *_sbrk(int n) { return (void *)n; }' >"$work/sbrk.c"
passes "a second _sbrk links" link fragment "$work/sbrk.c"
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

# A link that fails where no heap would be found: each script of tests/foreign as it is.
memory=
has_heap() {
    link "$@" -T linker/heap-found.ld
}
for script in stm32cube cmsis pico pico-1 pico-2 fragment libopencm3 ataradov chibios riot mcuxpresso lpcxpresso teensy \
    asf samd mspm0; do
    passes "$script.ld has a heap" has_heap $script
done
refuses "a script without a start does not link" "no name for the heap's start" has_heap bare
refuses "a table of heaps does not link" "Add -Wl,--defsym=__heap_start=" has_heap modm
refuses "a script without an end does not link" "no name for the heap's end" has_heap asf-sam0
refuses "an end that is the start does not link" "Add -Wl,--defsym=__heap_limit=" has_heap mspm0-no-top
passes "a heap that is empty on purpose links" has_heap bare -Wl,--defsym=__heap_start=my_heap -Wl,--defsym=__heap_limit=my_heap

# The tools find each region that the port finds, by the same symbols: the test images have their expectation.
cat >"$work/regions.py" <<'END'
import glob

from cairntools.elf import Elf
from cairntools.firmware import Firmware

regions, empty, loud = [], [], []
for path in sorted(glob.glob("build/*/*/foreign/*.elf")):
    elf = Elf(path)
    if elf.symbol("expected_start") is None or path.endswith("/named.elf"):
        continue
    start, limit = elf.value("expected_start"), elf.value("expected_limit")
    if elf.symbol("ask_sbrk") is not None:
        kind, expected = loud, None
    elif elf.symbol("there_is_no_memory") is not None:
        kind, expected = empty, (start, start)
    else:
        kind, expected = regions, (start, limit)
    found = Firmware(elf).region()
    if found != expected:
        raise SystemExit(f"{path}: {found}, expected {expected}")
    kind.append(path)
print(len(regions), len(empty), len(loud))
assert len(regions) >= 30 and len(empty) >= 2 and len(loud) >= 8
END
passes "the tools find the regions that the port finds" env PYTHONPATH=tools "${PYTHON:-/usr/bin/python3}" "$work/regions.py"

# The break alone is as loud: by a cairn_fatal() of the firmware's own, or by the library's.
cat >"$work/alone.c" <<'END'
#include "cairn.h"
#include "semihosting.h"
void *sbrk(ptrdiff_t increment);
#ifdef OWN
void cairn_fatal(enum cairn_reason reason, const void *address)
{
    semihosting_puts(reason == CAIRN_NO_HEAP && address == NULL ? "1..1\nok 1 - sbrk finds no heap\n" : "Bail out!\n");
    semihosting_exit(0);
}
#endif
int main(void)
{
    return sbrk(8) == (void *)-1;
}
END
# alone [FLAG...]: that firmware, by a script that names nothing.
alone() {
    # shellcheck disable=SC2046
    "${CROSS}gcc" $(flags $board) -nostartfiles -fno-builtin -Wl,--gc-sections -Wl,--fatal-warnings -Wl,--no-warn-rwx-segments \
        -Iinclude -iquote allocator -Iextras -Ltests/foreign -T tests/foreign/memory.ld -T tests/foreign/bare.ld "$@" \
        -Wl,--defsym=image_stack_top=my_stack_top -Wl,--defsym=image_data_load=data_load -Wl,--defsym=image_data=data_first \
        -Wl,--defsym=image_data_end=data_past -Wl,--defsym=image_bss=bss_first -Wl,--defsym=image_bss_end=bss_past \
        "$work/alone.c" "build/$board/tests/foreign/startup.o" "build/$board/extras/semihosting.o" \
        "build/$board/libcairn-sbrk.a" -o "build/$board/scripts/alone.elf"
}
mkdir -p "build/$board/scripts"
alone -DOWN >"$work/said" 2>&1 && tests/run-one "build/$board/scripts/alone.elf" >>"$work/said" 2>&1
grep -q '^ok 1 - sbrk finds no heap' "$work/said"
result $? "the break alone ends in cairn_fatal() where no heap is found" "$work/said"
passes "the break alone brings a cairn_fatal()" alone

done_testing
