#!/bin/sh
# threads.sh PROGRAM LIBRARY TRACE...: what threads cost (bench/threads.c), with Cairn, glibc, and what is installed of
# Debian's libjemalloc2, libmimalloc2.0 and libtcmalloc-minimal4; a line of each, side by side, and ratios.
#
# The heaps take turns, twice, and the lesser figure counts: what else the machine does hits all of them.
#
# SPDX-License-Identifier: MIT
set -eu
program=$1
library=$2
shift 2

# find NAME: a shared library as the dynamic linker knows it; nothing if it is not installed.
find() {
    ldconfig -p 2>/dev/null | awk -v name="$1" '$1 == name { print $NF; exit }'
}

lines=$(mktemp)
trap 'rm -f "$lines"' EXIT
for _ in 1 2; do
    LD_PRELOAD="$library" "$program" cairn "$@"
    "$program" glibc "$@"
    for other in jemalloc:libjemalloc.so.2 mimalloc:libmimalloc.so.2 tcmalloc:libtcmalloc_minimal.so.4; do
        path=$(find "${other#*:}")
        [ -z "$path" ] || LD_PRELOAD="$path" "$program" "${other%%:*}" "$@"
    done
done >"$lines"

# Nanoseconds of processor time an operation; Cairn's over glibc's, and over its own of one thread.
awk -F '\t' '
    !($1 in seen) { seen[$1] = 1; heaps[++count] = $1 }
    { key = $2 "\t" $3; if (!(key in known)) { known[key] = 1; keys[++rows] = key; one[key] = $2 "\t1" } }
    !(($1, key) in least) || $4 < least[$1, key] { least[$1, key] = $4 }
    END {
        printf "work\tthreads"
        for (h = 1; h <= count; h++) printf "\t%s", heaps[h]
        printf "\tcairn/glibc\tcairn/one thread\n"
        for (r = 1; r <= rows; r++) {
            printf "%s", keys[r]
            for (h = 1; h <= count; h++) printf "\t%s", least[heaps[h], keys[r]]
            cairn = least["cairn", keys[r]]
            printf "\t%.2f\t%.2f\n", cairn / least["glibc", keys[r]], cairn / least["cairn", one[keys[r]]]
        }
    }' "$lines"
