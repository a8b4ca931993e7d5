#!/bin/sh
# includes.t: who includes whom. DESIGN.md, section 13, has a row for each folder; no row is missing, no include goes
# elsewhere, and there is no circle.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 9

# rows DOCUMENT: "folder allowed..." of the table of layers, a line for each folder.
rows() {
    awk -F'|' '/^## 13 /{on = 1} /^## 14 /{on = 0} on && /^\| `/ {
        folders = $2; allowed = $4
        gsub(/[`,]/, "", folders); gsub(/[`,]/, "", allowed)
        count = split(folders, folder, " ")
        for (i = 1; i <= count; i++) print folder[i], allowed
    }' "$1"
}

# edges TREE: "file target" for each include of another file of these folders.
edges() {
    (
        cd "$1" || exit
        for folder in $(cut -d' ' -f1 "$here/$work/rows"); do
            grep -HE '^ *# *include "' "$folder"/*.[ch] "$folder"/*.[ch]pp 2>/dev/null
        done | sed -n 's/^\([^:]*\): *# *include "\([^"]*\)".*/\1 \2/p' | while read -r file name; do
            for found in "${file%/*}/$name" "include/$name" "port/$name" "extras/$name" "allocator/$name"; do
                [ ! -f "$found" ] || break
            done
            [ -f "$found" ] && echo "$file $(realpath --relative-to=. "$found")"
        done
    )
}

# elsewhere: the edges on standard input that no row allows.
elsewhere() {
    while read -r file target; do
        from=${file%/*} to=${target%/*}
        [ "$from" = "$to" ] || grep -E "^$from( |\$)" "$work/rows" | cut -s -d' ' -f2- | tr ' ' '\n' | grep -qxF "$to" ||
            echo "$file includes $target"
    done
}

# circle: what tsort says of the edges on standard input.
circle() {
    tsort 2>&1 >/dev/null
}

here=$(pwd)
rows DESIGN.md >"$work/rows"
[ "$(wc -l <"$work/rows")" -ge 12 ]
result $? "DESIGN.md has the layers" "$work/rows"
for folder in $(find include allocator port extras boards/runtime -name '*.[chs]' -o -name '*.[ch]pp' | xargs -n1 dirname | sort -u); do
    grep -qE "^$folder( |\$)" "$work/rows" || echo "no row: $folder"
done >"$work/said"
[ ! -s "$work/said" ]
result $? "each folder with sources has a row" "$work/said"

edges . >"$work/edges"
[ "$(wc -l <"$work/edges")" -gt 80 ]
result $? "includes of all folders are found" "$work/edges"
elsewhere <"$work/edges" >"$work/said"
[ ! -s "$work/said" ]
result $? "no file includes a header of a folder that its row does not name" "$work/said"
circle <"$work/edges" >"$work/said"
[ ! -s "$work/said" ]
result $? "no headers include each other in a circle" "$work/said"
while read -r file target; do
    [ "${file%/*}" = "${target%/*}" ] || echo "${file%/*} ${target%/*}"
done <"$work/edges" | sort -u | circle >"$work/said"
[ ! -s "$work/said" ]
result $? "no folders include each other in a circle" "$work/said"

# Planted: an include upwards, and a circle of two headers.
cp -r include allocator port extras boards "$work/"
echo '#include "../system/system.h"' >>"$work/allocator/core/heap.h"
edges "$work" >"$work/planted"
elsewhere <"$work/planted" >"$work/said"
grep -qxF 'allocator/core/heap.h includes allocator/system/system.h' "$work/said" && circle <"$work/planted" | grep -q heap.h
result $? "a planted circle is found" "$work/said"

# What a freestanding compiler has, and no more, for the heart of the heap; elsewhere errno, and copying and clearing.
free='<std[a-z]*\.h>|<limits\.h>'
grep -nE '^ *# *include <' allocator/core/*.h allocator/core/heap.c allocator/core/start.c allocator/core/inspect.c \
    include/*.h port/port.h | grep -vE "$free" >"$work/said"
[ ! -s "$work/said" ]
result $? "the heart of the heap needs no C library" "$work/said"
grep -rnE '^ *# *include <' allocator port/common | grep -vE "$free|<errno\.h>|<string\.h>" >"$work/said"
[ ! -s "$work/said" ] && ! grep -rqi include boards/*/board.mk boards/*/memory.ld
result $? "the rest of it needs errno and string.h; boards include nothing" "$work/said"

done_testing
