#!/bin/sh
# debugging.t: the ways of docs/debugging.md lead to the lines that are wrong in examples/debugging.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
folder=build/mps2-an385/debugging

# line TEXT SOURCE: the number of the line of the source that has this text.
line() {
    grep -nF -- "$1" "examples/debugging/$2" | cut -d: -f1
}

# where IMAGE ADDRESS: file:line of the code before a return address.
where() {
    "${CROSS}addr2line" -e "$folder/$1.elf" "$(printf '%#x' $(($2 - 2)))" | sed 's,.*/,,; s/ (discr.*//'
}

# says IMAGE PATTERN: the last line that the firmware prints like this.
said() {
    tests/run-one "$folder/$1.elf" 2>&1 | tee "$work/said" | grep -E -- "$2" | tail -n 1
}

# leads IMAGE PATTERN TEXT NAME: the address that ends that line leads to the line with the text.
leads() {
    address=$(said "$1" "$2" | sed 's/.*\(0x[0-9a-f]*\).*/\1/')
    [ -n "$address" ] && [ "$(where "$1" "$address")" = "$1.c:$(line "$3" "$1.c")" ]
    result $? "$4" "$work/said"
}

# writer IMAGE: file:line of the last write to the byte that cairn_fatal() names.
writer() {
    echo "set remotetimeout 60" >"$work/connect.gdb" # a busy host answers late
    printf 'target remote | exec qemu-system-arm -machine mps2-an385 -S -gdb stdio -display none -monitor none %s\n' \
        "-serial none -chardev null,id=null -semihosting-config enable=on,chardev=null -kernel $folder/$1.elf" >>"$work/connect.gdb"
    timeout 100 gdb-multiarch -q -nx -batch -x "$work/connect.gdb" -x examples/debugging/who-writes.gdb -ex kill \
        "$folder/$1.elf" >"$work/gdb" 2>&1 </dev/null
    last=$(sed -n '/^the byte is at/,$p' "$work/gdb" | sed -n '/^Breakpoint\|hit Breakpoint/q; s/^written before \(0x[0-9a-f]*\).*/\1/p' | tail -n 1)
    [ -n "$last" ] && where "$1" "$last"
}

# written_by IMAGE TEXT NAME
written_by() {
    [ "$(writer "$1")" = "$1.c:$(line "$2" "$1.c")" ]
    result $? "$3" "$work/gdb"
}

plan 9

leads leak '570 bytes in 30 blocks' 'return strdup(text)' "a leak: the site whose live bytes grow"
said leak 'after 80' >/dev/null
[ "$(grep -c ' in 10 blocks\| in 20 blocks\| in 30 blocks' "$work/said")" = 3 ]
result $? "a leak: the same site each time, and no other" "$work/said"

leads overrun '^suspect' 'malloc(strlen(name))' "an overrun: the report names who asked for the block"
written_by overrun '*text++ = *name++' "an overrun: the debugger stops at the write"

leads use_after_free '^freed by' 'free(connection); /*' "a use after free: the report names who freed the block"
leads use_after_free '^damaged' 'struct connection *connection = malloc' "a use after free: and who had asked for it"
written_by use_after_free 'active->received += length' "a use after free: the debugger stops at the write"

leads fragmentation '^refused' 'return malloc(8000)' "fragmentation: the hook names the request, and the largest free block"
leads fragmentation '240 bytes in 20 blocks' 'malloc(12)' "fragmentation: the sites name who holds the blocks between"

done_testing
