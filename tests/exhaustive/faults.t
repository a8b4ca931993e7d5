#!/bin/sh
# faults.t: the explorations and the arithmetic find faults, each in its short form. Each file in
# tests/exhaustive/faults is a fault: what it is; the file of allocator/ and the sed command that plants it, in one
# line; the program of build/exhaustive that finds it; and what that says.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh

faults=$(ls tests/exhaustive/faults/*.fault)
# shellcheck disable=SC2086
plan $((2 * $(echo $faults | wc -w) + 1))

# with_heap FOLDER LAYOUT PROGRAM [ARGUMENT...]: the program, with the heap whose sources are in FOLDER.
with_heap() {
    folder=$1 objects=build/exhaustive/$2 program=$3
    case $2 in
    32) flags="-m32 -O1" ;;
    32-coarse) flags="-m32 -O1 -DCAIRN_GRANULE=16" ;;
    *) return 2 ;;
    esac
    case $program in
    explore) objects="$objects/explorer.o $objects/port/host/port.o $objects/tests/support/tap.o $objects/tests/support/tap-host.o" ;;
    *) objects="$objects/arithmetic.o $objects/port/host/port.o $objects/tests/support/tap.o $objects/tests/support/tap-host.o
        $objects/tests/support/fatal.o" ;;
    esac
    shift 3
    # shellcheck disable=SC2086
    "${CC:-gcc}" $flags -std=c11 -w -fno-pie -no-pie -fno-builtin -include port/host/prefix.h -Iinclude -Iport -iquote "$folder" \
        "$folder"/*/*.c $objects -o "$folder/$program" && timeout 60 "$folder/$program" "$@"
}

# line FILE NAME: what FILE says after "NAME: ".
line() {
    sed -n "s/^$2: //p" "$1"
}

# planted FAULT FOLDER: plant it in the sources in FOLDER. Exactly one line must change.
planted() {
    source=$2/$(line "$1" In)
    sed "$(line "$1" Edit)" "$source" >"$source.new" || return 1
    changed=$(diff "$source" "$source.new" | grep -c '^<')
    mv "$source.new" "$source"
    [ "$changed" -eq 1 ] && return
    echo "$1 changes $changed lines of $(line "$1" In): plant the same fault anew"
    return 1
}

cp -r allocator "$work/allocator"
passes "a heap without a fault is found good" with_heap "$work/allocator" 32 explore private 6

for fault in $faults; do
    name=$(basename "$fault" .fault)
    cp -r allocator "$work/$name"
    planted "$fault" "$work/$name" >"$work/said" 2>&1
    planted=$?
    result $planted "the fault $name is planted" "$work/said"
    if [ $planted -ne 0 ]; then
        result 1 "$name is not tried"
        continue
    fi
    # shellcheck disable=SC2046
    refuses "$name is found" "$(line "$fault" Says)" with_heap "$work/$name" $(line "$fault" 'Found by')
done

done_testing
