#!/bin/sh
# programs.t: the programs of `make programs` that need no sources of others print the same over every C library's malloc
# and over Cairn, and the smallest region is found.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 8

# programs VARIABLE=VALUE...: bench/programs.py with these programs.
programs() {
    make -s --no-print-directory JOBS=2 "$@" programs-check >"$work/said" 2>"$work/errors"
}

programs PROGRAM_OPTIONS=--short
result $? "the programs of this project print what they must" "$work/said"
images=$(grep -c '^ok ' "$work/said")
[ "$images" -ge 8 ] && grep -q "cxx with newlib-nano and Cairn" "$work/said"
result $? "so they do with each C library, over both heaps" "$work/said"

mkdir -p "$work/planted"
sed '1s/[0-9]/&1/' bench/programs/words.expected >"$work/planted/words.expected"
! programs PROGRAMS_CHECKED=words PROGRAM_OPTIONS="--short --expected $work/planted" && [ "$(grep -c '^not ok ' "$work/said")" = $((images / 2)) ]
result $? "an output that differs is found" "$work/said"
grep -qF "words with newlib and Cairn does not print $work/planted/words.expected" "$work/errors"
result $? "it is said which" "$work/errors"

# What it takes for the smallest region must be enough, and a little less must not.
programs PROGRAMS_CHECKED=words PROGRAM_LIBCS=newlib
result $? "a program is measured" "$work/errors"
row=$(grep -m 1 '^| words |' "$work/said")
own=$(echo "$row" | cut -d' ' -f 4)
cairn=$(echo "$row" | cut -d' ' -f 6)
words=build/programs/mps2-an386/newlib/words

# runs BYTES: does it print the same in such a region, over Cairn?
runs() {
    tree=build/programs/mps2-an386/cairn
    "${CROSS}gcc" -mcpu=cortex-m4 -mthumb -nostartfiles -Wl,--gc-sections -Wl,--no-warn-rwx-segments \
        -T boards/mps2-an385/memory.ld -T linker/sections.ld "-Wl,--defsym=_heap_size=$1" \
        "$tree/boards/runtime/startup.o" "$tree/extras/semihosting.o" "$tree/boards/runtime/syscalls.o" \
        "$words.a" "$tree/libcairn.a" -lm -o "$work/words.elf" || return 2
    timeout 60 qemu-system-arm -machine mps2-an386 -kernel "$work/words.elf" -chardev stdio,id=console \
        -semihosting-config enable=on,chardev=console -display none -monitor none -serial none </dev/null |
        grep -v '^result: ' | cmp -s - bench/programs/words.expected
}
runs "${cairn:-0}" 2>"$work/said" && ! runs $((${cairn:-0} - ${cairn:-0} / 100 / 8 * 8)) 2>>"$work/said"
result $? "the program runs in the smallest region, $cairn bytes, and not in 1 % less" "$work/said"
[ "${cairn:-0}" -gt 0 ] && [ "$cairn" -lt "${own:-0}" ]
result $? "with less RAM than over newlib's own malloc, $own bytes" "$work/errors"

# On a Debian without dpkg-dev: a folder of programs that has apt-get, which keeps what it is asked for, and no
# dpkg-source.
mkdir -p "$work/bare"
for tool in cat cut env grep id mkdir mktemp od paste rm sed sh sort tr uname; do
    path=$(command -v "$tool") && ln -sf "$path" "$work/bare/$tool"
done
printf '#!/bin/sh\necho "$@" >>%s\n' "$work/asked" >"$work/bare/apt-get"
printf '#!/bin/sh\nexec "$@"\n' >"$work/bare/sudo"
printf '#!/bin/sh\nexit 1\n' >"$work/bare/dpkg-query"
chmod +x "$work/bare/apt-get" "$work/bare/sudo" "$work/bare/dpkg-query"
CI=1 PATH=$work/bare bench/programs/fetch.sh "$work/fetched" sqlite3 >"$work/said" 2>&1
grep -q 'install .*dpkg-dev' "$work/asked" && grep -q '^skipped, since .*sqlite3' "$work/said"
result $? "what unpacks sources is installed first; without it they are skipped by name" "$work/said"

done_testing
