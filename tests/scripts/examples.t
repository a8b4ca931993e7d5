#!/bin/sh
# examples.t: the examples do what they say, on the board, and so does the program of README.md, linked as it says.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh

# says IMAGE LINE: does the firmware end well, having printed the line?
says() {
    tests/run-one "build/$1.elf" >"$work/said" 2>&1 && grep -qxF -- "$2" "$work/said"
    result $? "$1 says: $2" "$work/said"
}

# lowest MACHINE IMAGE: the lowest stack pointer of a run, as the emulator sees it at each instruction.
lowest() {
    timeout 60 qemu-system-arm -machine "$1" -kernel "build/$2.elf" -singlestep -d cpu,nochain \
        -chardev stdio,id=console -semihosting-config enable=on,chardev=console \
        -display none -monitor none -serial none </dev/null 2>&1 >/dev/null |
        sed -n 's/.*R13=\([0-9a-f]*\).*/0x\1/p' | sort | head -n 1
}

plan 12
says mps2-an385/example/hello "mean of 20 readings: 21.380000 degrees"
says stm32vldiscovery/example/hello "mean of 20 readings: 21.380000 degrees"

deepest=$(sed -n 's/^stack: \([0-9]*\) bytes used at most, \([0-9]*\) never$/\1/p' "$work/said")
unused=$(sed -n 's/^stack: \([0-9]*\) bytes used at most, \([0-9]*\) never$/\2/p' "$work/said")
pointer=$(lowest stm32vldiscovery stm32vldiscovery/example/hello)
echo "stack pointer $pointer at the lowest, 'used at most' $deepest, 'never' $unused" >"$work/said"
[ $((pointer + ${deepest:-0})) -eq $((0x20002000)) ]
result $? "the stack was used as deep as hello says" "$work/said"
[ $((${deepest:-0} + ${unused:-0})) -eq 1024 ]
result $? "what was used and what was not add up to the 1 KiB reserved" "$work/said"

says mps2-an385/example/interrupt "message 4 from the handler"
says mps2-an385/example/private-heap "round 2: 7 words in 56 bytes"
says mps2-an385/example/sbrk-alone "a request for 64 MiB gives NULL"
says mps2-an385/example/cxx "50 squares in a heap of their own, the last is 2401"
says mps2-an385/example/regions "external RAM: 153600 bytes used, 354536 could follow"

# From README.md: the one program, and the words that it puts on the link line.
awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md >"$work/readme.c"
sed -n 's/^ *\(-B[^ ]* --specs=cairn.specs\)$/\1/p' README.md | sed "s,build/dist,$work/build/dist," >"$work/link"
make --no-print-directory BUILD="$work/build" MULTILIBS="$(packaging/multilibs "${CROSS}gcc" | grep '^thumb/v7-m/nofp;')" \
    dist >"$work/made" 2>&1
[ "$(grep -c '^```c$' README.md)" -eq 1 ] && [ "$(grep -c 'int main' "$work/readme.c")" -eq 1 ] && [ "$(wc -l <"$work/link")" -eq 1 ]
result $? "README.md has one program and one link line" "$work/link"

# readme_firmware: the program, with the board's startup code and system calls.
readme_firmware() {
    mkdir -p build/mps2-an385/scripts
    rm -f build/mps2-an385/scripts/readme.elf
    # shellcheck disable=SC2046
    "${CROSS}gcc" $(flags mps2-an385) -std=c11 -O2 -Wall -Wextra -Wpedantic -Werror -nostartfiles -Wl,--fatal-warnings \
        -Wl,--no-warn-rwx-segments -T boards/mps2-an385/memory.ld -T linker/sections.ld -Wl,-Map,"$work/readme.map" \
        build/mps2-an385/boards/runtime/startup.o build/mps2-an385/extras/semihosting.o \
        build/mps2-an385/boards/runtime/syscalls.o "$work/readme.c" $(cat "$work/link") -o build/mps2-an385/scripts/readme.elf &&
        tests/one-heap "$work/readme.map"
}
passes "README.md's program links, with one heap" readme_firmware
says mps2-an385/scripts/readme "the last of 100 readings: 20.99 degrees"

done_testing
