#!/bin/sh
# libc.t: tests/libc leaves nothing out: each object of a C library that allocates is in one of its images.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 3

board=mps2-an385
allocating='_?(malloc|calloc|realloc|reallocf|reallocarray|memalign|aligned_alloc|posix_memalign|valloc|pvalloc)(_r)?'

# Left out: what only -D_FORTIFY_SOURCE calls (gets_chk); what no header declares (hash...); what only long doubles
# wider than double need (ldtoa); printing of wide text that no program calls without floating point (...fiwprintf);
# and of picolibc what does not fit into every board's flash (iconv), and the protocol of Sun's RPC (xdr).
left_out='gets_chk|hash|hash_bigkey|hash_buf|hash_page|ldtoa|s?vfiwprintf|libc_iconv_.*|libc_xdr_.*'
left_out="((lib_a-|libc_search_|libc_ssp_)?($left_out))(\.c)?\.o"

# in_images LIBRARY: objects of the C library of which code is in an image.
in_images() {
    for map in build/$board/"$1"/libc/*.map; do
        sed '1,/^Linker script and memory map/d' "$map"
    done | sed -n 's/.* 0x[0-9a-f]* *0x0*[1-9a-f][0-9a-f]* .*\/libc[_a-z]*\.a(\(.*\))$/\1/p' | sort -u
}

# missing LIBRARY: objects of the C library that allocate, are no part of its allocator, and are in no image.
missing() {
    libc=$(sed -n 's/^LOAD \(.*\/libc\(_nano\)\?\.a\)$/\1/p' build/$board/"$1"/libc/printing.map | head -n 1)
    "${CROSS}nm" -A "$libc" 2>/dev/null | grep -E " U $allocating\$" | sed 's/:[^:]*$//; s/.*://' |
        sort -u >"$work/allocate"
    in_images "$1" >"$work/linked"
    [ "$(wc -l <"$work/allocate")" -gt 20 ] || echo "of $libc: $(wc -l <"$work/allocate")"
    comm -23 "$work/allocate" "$work/linked" | grep -vxE "$left_out" | while read -r object; do
        echo "libc.a($object)" >"$work/object.map"
        ! tests/one-heap "$work/object.map" >/dev/null 2>&1 || echo "$object"
    done
}

for library in newlib nano picolibc; do
    missing $library >"$work/said"
    [ ! -s "$work/said" ]
    result $? "every object of $library that allocates is in an image of tests/libc" "$work/said"
done

done_testing
