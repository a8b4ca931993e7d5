#!/bin/sh
# trace-port.t: the commands of docs/tools.md compile the files that carry records to the host, and these link.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
top=$PWD
CPU=$(flags mps2-an385)
mkdir -p "$work/tree"
ln -s "$top/include" "$top/port" "$top/extras" "$work/tree"

grep '^ *arm-none-eabi-gcc \$CPU .*extras/trace_' docs/tools.md | sed 's/^ *arm-none-eabi-/${CROSS}/' >"$work/commands"
count=$(wc -l <"$work/commands")
plan $((count + 2))

[ "$count" -eq 3 ]
result $? "the document has a command for each of them" "$work/commands"

while read -r line; do
    (cd "$work/tree" && eval "$line") >"$work/said" 2>&1
    result $? "it compiles ${line##*extras/}" "$work/said"
done <"$work/commands"

cat >"$work/main.c" <<'END'
#include <stdint.h>
void cairn_trace(const uintptr_t *words, uint32_t count);
int main(void)
{
    cairn_trace((uintptr_t[]){0, 0, 0, 0}, 4);
    return 0;
}
void _exit(int status);
void _exit(int status)
{
    (void)status;
    for (;;)
        ;
}
END
for carrier in "trace_semihosting.o semihosting.o" trace_ring.o; do
    (cd "$work/tree" && "${CROSS}gcc" $CPU -nostartfiles -e main ../main.c $carrier -o image.elf) >>"$work/linked" 2>&1 || failed=1
done
[ -z "${failed:-}" ]
result $? "they link without more" "$work/linked"

done_testing
