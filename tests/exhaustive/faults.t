#!/bin/sh
# faults.t: the explorations and the arithmetic find faults. Each patch in tests/exhaustive/faults is one:
# what it is, the program of build/exhaustive that finds it, and what that says.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh

faults=$(ls tests/exhaustive/faults/*.patch)
# shellcheck disable=SC2086
plan $((2 * $(echo $faults | wc -w) + 1))

# with_heap FOLDER LAYOUT PROGRAM [ARGUMENT...]: the program, with the heap whose sources are in FOLDER.
with_heap() {
    folder=$1 objects=build/exhaustive/$2 program=$3
    case $2 in
    32) flags="-m32 -O1" ;;
    32-small) flags="-m32 -Os -D__ARM_ARCH=6 -D__ARM_ARCH_ISA_THUMB=1" ;;
    *) return 2 ;;
    esac
    case $program in
    explore) objects="$objects/explorer.o $objects/port/host/port.o $objects/tests/tap.o $objects/tests/tap-host.o" ;;
    *) objects="$objects/arithmetic.o $objects/port/host/port.o $objects/tests/tap.o $objects/tests/tap-host.o
        $objects/tests/fatal.o" ;;
    esac
    shift 3
    # shellcheck disable=SC2086
    "${CC:-gcc}" $flags -std=c11 -w -fno-pie -no-pie -fno-builtin -include port/host/prefix.h -Iport -iquote "$folder" \
        "$folder"/*.c $objects -o "$folder/$program" && timeout 60 "$folder/$program" "$@"
}

# line FILE NAME: what FILE says after "NAME: ".
line() {
    sed -n "s/^$2: //p" "$1"
}

cp -r allocator "$work/allocator"
passes "a heap without a fault is found good" with_heap "$work/allocator" 32 explore private 6

for fault in $faults; do
    name=$(basename "$fault" .patch)
    mkdir "$work/$name"
    cp -r allocator "$work/$name/allocator"
    patch -d "$work/$name" -p1 -s -N --no-backup-if-mismatch <"$fault" >"$work/said" 2>&1
    applies=$?
    [ $applies -eq 0 ] || echo "$fault does not apply to allocator/ any more: plant the same fault anew" >>"$work/said"
    result $applies "the patch $name applies" "$work/said"
    if [ $applies -ne 0 ]; then
        result 1 "$name is not tried"
        continue
    fi
    # shellcheck disable=SC2046
    refuses "$name is found" "$(line "$fault" Says)" with_heap "$work/$name/allocator" $(line "$fault" 'Found by')
done

done_testing
