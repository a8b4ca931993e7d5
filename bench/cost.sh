#!/bin/sh
# cost.sh MAKE BUILD: what each way of watching the heap costs, tab-separated: option, bytes of flash for
# malloc and free on Cortex-M3 at -Os, bytes of static RAM, and instructions of malloc and of free, mean and
# maximum, at -O2, on two traces. Filling, copying and clearing are left out of the instructions.
#
# SPDX-License-Identifier: MIT
set -eu
make=$1
build=$2
traces="tests/traces/lwip-httpd.trace tests/traces/mbedtls-client.trace"

# ram FOLDER: bytes of .bss and .data of the library's heap; the ring of the trace is the firmware's own.
ram() {
    arm-none-eabi-size "$1"/allocator/*/*.o | awk 'NR > 1 {n += $2 + $3} END {print n}'
}

printf 'option\tflash\tram\tmalloc mean\tmax\tfree mean\tmax\n'
for option in none CAIRN_REGIONS=1 CAIRN_COUNTS=1 CAIRN_SITES=32 CAIRN_SITES=32,CAIRN_SITES_STACK=4 CAIRN_TRACE=1 \
    CAIRN_TRACE=1,CAIRN_TRACE_STACK=6 CAIRN_CHECK=2 CAIRN_CHECK=2,CAIRN_QUARANTINE=64; do
    flag=
    [ "$option" = none ] || flag=-D$(echo "$option" | sed 's/,/ -D/g')
    folder=$build/$(echo "$option" | tr '=,' '__')
    flash=$($make --no-print-directory size BUILD="$folder" SIZE_OPTION="$flag" SIZE_CORES=cortex-m3 SIZE_LEVELS=-Os |
        awk -F'\t' '$3 == "malloc+free" {print $4}')
    $make --no-print-directory bench BUILD="$folder" OPT="-O2 $flag" TRACES="$traces" REPLAY_WITH=extras/trace_ring \
        >"$folder/bench" 2>/dev/null
    calls=$(awk -F'\t' '$1 == "cairn" && $2 == "all" {mean[$3] = $5; max[$3] = $7}
        END {printf "%s\t%s\t%s\t%s", mean["malloc"], max["malloc"], mean["free"], max["free"]}' "$folder/bench")
    printf '%s\t%s\t%s\t%s\n' "$option" "$flash" "$(ram "$folder/mps2-an385")" "$calls"
done
