#!/bin/sh
# one-heap.t: tests/one-heap passes an image with one allocator, and finds each way to get a second.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 11

board=mps2-an385
tree=$board # whose archive is made to lack names

cat >"$work/program.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void)
{
    char *p = realloc(calloc(1, 8), 80);
    FILE *file = fopen("none", "r");
    sprintf(p, "%f", 2.5);
    free(p);
    return file != NULL;
}
END

# image ARCHIVE [FLAG...]: a firmware that uses the whole family; its map is in $work/image.map.
image() {
    archive=$1
    shift
    rm -f "$work/image.map"
    # shellcheck disable=SC2046
    "${CROSS}gcc" $(flags $board) -nostartfiles -fno-builtin -Wl,--gc-sections -Wl,--no-warn-rwx-segments "$@" \
        -Wl,-Map,"$work/image.map" -T boards/$board/memory.ld -T linker/sections.ld "$work/program.c" \
        build/$board/port/cortex-m/startup.o build/$board/port/cortex-m/semihosting.o \
        build/$board/port/newlib/syscalls.o "$archive" -o "$work/image.elf"
}

# lacking NAME...: an archive in which NAMEs can not be found from outside.
lacking() {
    cp "build/$tree/libcairn.a" "$work/lacking.a"
    (cd "$work" && "${CROSS}ar" x lacking.a names.o)
    for name in "$@"; do
        "${CROSS}objcopy" --localize-symbol="$name" "$work/names.o"
    done
    "${CROSS}ar" rs "$work/lacking.a" "$work/names.o" 2>/dev/null
}

two_heaps="the C library's allocator is in this image beside Cairn"

image build/$board/libcairn.a
passes "an image of newlib with all names has one heap" tests/one-heap "$work/image.map"
image build/$board/libcairn.a --specs=nano.specs
passes "an image of newlib-nano with all names has one heap" tests/one-heap "$work/image.map"

for name in _malloc_r _free_r _calloc_r; do
    lacking $name
    image "$work/lacking.a" -Wl,--allow-multiple-definition >"$work/linking" 2>&1
    refuses "an archive without $name is found out" "$two_heaps" tests/one-heap "$work/image.map"
done
for name in _malloc_r _free_r; do
    lacking $name
    image "$work/lacking.a" --specs=nano.specs -Wl,--allow-multiple-definition >"$work/linking" 2>&1
    refuses "an archive without $name is found out with newlib-nano" "$two_heaps" tests/one-heap "$work/image.map"
done
lacking malloc free
image "$work/lacking.a" -Wl,--allow-multiple-definition >"$work/linking" 2>&1
refuses "an archive without malloc and free is found out" "$two_heaps" tests/one-heap "$work/image.map"

# picolibc_image ARCHIVE [FLAG...]: the same with picolibc, which allocates by the plain names.
picolibc_image() {
    archive=$1
    shift
    rm -f "$work/image.map"
    # shellcheck disable=SC2046
    "${CROSS}gcc" $(flags $board) --specs=picolibc.specs --oslib=semihost -nostartfiles -fno-builtin \
        -Wl,--gc-sections -Wl,--no-warn-rwx-segments "$@" -Wl,-Map,"$work/image.map" \
        -T boards/$board/memory.ld -T linker/sections.ld "$work/program.c" \
        build/$tree/port/cortex-m/startup.o build/$tree/port/cortex-m/semihosting.o "$archive" -o "$work/image.elf"
}

tree=$board/pico
picolibc_image build/$tree/libcairn.a >"$work/linking" 2>&1
passes "an image of picolibc with all names has one heap" tests/one-heap "$work/image.map"
for name in malloc calloc; do
    lacking $name
    picolibc_image "$work/lacking.a" -Wl,--allow-multiple-definition >"$work/linking" 2>&1
    refuses "an archive for picolibc without $name is found out" "$two_heaps" tests/one-heap "$work/image.map"
done

done_testing
