#!/bin/sh
# one-heap.t: tests/one-heap passes an image with one allocator, and finds each way to get a second.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 30

board=mps2-an385

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
cat >"$work/program.cpp" <<'END'
#include <string>
struct alignas(64) wide {
    char text[64];
};
int main()
{
    wide *p = new wide();
    try {
        throw std::string(p->text) + "thrown";
    } catch (const std::string &) {
        delete p;
    }
}
END

cat >"$work/break.c" <<'END'
#include <stddef.h>
#include <stdlib.h>
void *sbrk(ptrdiff_t increment);
#ifndef __PICOLIBC__
#include <reent.h>
#define sbrk(increment) _sbrk_r(_REENT, increment)
#endif
int main(void)
{
    return sbrk(8) == malloc(8);
}
END

# choose LIBRARY: what the next images are linked with: its tree, flags and system calls.
choose() {
    tree=$board
    specs=
    syscalls=build/$board/boards/runtime/syscalls.o
    case $1 in
    newlib-nano)
        specs=--specs=nano.specs
        ;;
    picolibc)
        tree=$board/picolibc
        specs="--specs=picolibcpp.specs --oslib=semihost"
        syscalls=
        ;;
    esac
}

# image SOURCE ARCHIVE [FLAG...]: a firmware; its map is in $work/image.map.
# The C++ library is named as it is for newlib-nano in port/cxx/new.cpp: that one throws.
image() {
    source=$1
    archive=$2
    libraries=
    [ "${source##*.}" = c ] || libraries=-l:libstdc++.a
    shift 2
    rm -f "$work/image.map" "$work/image.elf"
    # shellcheck disable=SC2046,SC2086
    "${CROSS}gcc" $(flags $board) $specs -nostartfiles -fno-builtin -Wl,--gc-sections -Wl,--no-warn-rwx-segments "$@" \
        -Wl,-Map,"$work/image.map" -T boards/$board/memory.ld -T linker/sections.ld "$source" \
        build/$tree/boards/runtime/startup.o build/$tree/extras/semihosting.o \
        $syscalls "$archive" $libraries -o "$work/image.elf" >"$work/linking" 2>&1 || cat "$work/linking"
}

# one_heap: does tests/one-heap let the image just linked pass?
one_heap() {
    [ -s "$work/image.elf" ] && tests/one-heap "$work/image.map"
}

# calls_sbrk: has the image just linked a break that can be moved?
calls_sbrk() {
    [ -s "$work/image.elf" ] && "${CROSS}nm" "$work/image.elf" | grep -E ' _*sbrk(_r)?$'
}

# lacking NAME...: an archive in which NAMEs cannot be found from outside.
lacking() {
    cp "build/$tree/libcairn.a" "$work/lacking.a"
    (cd "$work" && "${CROSS}ar" x lacking.a names.o)
    for name in "$@"; do
        "${CROSS}objcopy" --localize-symbol="$name" "$work/names.o"
    done
    "${CROSS}ar" rs "$work/lacking.a" "$work/names.o" 2>/dev/null
}

two_heaps="the C library's allocator is in this image beside Cairn"

# is_found_out LIBRARY LANGUAGE NAME...: is an image found out whose archive lacks NAMEs?
is_found_out() {
    library=$1
    language=$2
    shift 2
    choose "$library"
    lacking "$@"
    image "$work/program.$language" "$work/lacking.a" -Wl,--allow-multiple-definition
    refuses "an archive without $* is found out with $library ($language)" "$two_heaps" one_heap
}

# unknown: objects of the C library of the image just linked that define a name of the archive's, and
# that tests/one-heap would let pass.
unknown() {
    "${CROSS}nm" -g --defined-only "build/$tree/libcairn.a" | awk 'NF == 3 {print $3}' >"$work/names"
    libc=$(sed -n 's/^LOAD \(.*\/libc\(_nano\)\?\.a\)$/\1/p' "$work/image.map" | head -n 1)
    "${CROSS}nm" -gA --defined-only "$libc" 2>/dev/null | awk '
        NR == FNR {ours[$1]; next}
        $NF in ours {n = split($1, at, "[/:]"); print at[n - 2] "(" at[n - 1] ")"}
    ' "$work/names" - | sort -u >"$work/objects"
    [ "$(wc -l <"$work/objects")" -gt 10 ] || echo "objects of $libc: $(wc -l <"$work/objects")"
    while read -r object; do
        echo "$object" >"$work/object.map"
        ! tests/one-heap "$work/object.map" >/dev/null 2>&1 || echo "$object"
    done <"$work/objects"
}

for library in newlib newlib-nano picolibc; do
    for language in c cpp; do
        choose $library
        image "$work/program.$language" "build/$tree/libcairn.a"
        passes "an image of $library ($language) with all names has one heap" one_heap
    done
    unknown >"$work/said"
    [ ! -s "$work/said" ]
    result $? "every allocator object of $library is known" "$work/said"
done
# Where the toolchain has no C++ library for picolibc, newlib's would be found.
foreign=$(grep -E '^LOAD .*/lib[a-z_+]*\.a$' "$work/image.map" | grep -vE '/picolibc/|/libgcc\.a$|libcairn\.a$')
[ -z "$foreign" ] && grep -q '/picolibc/.*/libstdc++\.a$' "$work/image.map"
result $? "an image of picolibc takes the C++ library of picolibc" "$work/image.map"

for library in newlib newlib-nano picolibc; do
    choose $library
    image bench/hello.c "build/$tree/libcairn.a"
    [ -s "$work/image.elf" ] && ! calls_sbrk >"$work/said"
    result $? "an image of $library that calls malloc, free and printf has no sbrk" "$work/said"
    image "$work/break.c" "build/$tree/libcairn.a"
    calls_sbrk >"$work/said" && one_heap >>"$work/said" 2>&1
    result $? "an image of $library that moves the break has sbrk, and it is the heap's own" "$work/said"
done

for name in _malloc_r _free_r _calloc_r "malloc free"; do
    # shellcheck disable=SC2086
    is_found_out newlib c $name
done
is_found_out newlib cpp memalign
for name in _malloc_r _free_r; do
    is_found_out newlib-nano c $name
done
for name in malloc calloc; do
    is_found_out picolibc c $name
done
for name in malloc free memalign; do
    is_found_out picolibc cpp $name
done
refuses "an image without a map is not believed" "no such map" tests/one-heap "$work/none.map"

# An image in which Cairn has no part, as where libcairn.a comes after -lc.
echo '/lib/libc.a(lib_a-mallocr.o)' >"$work/image.map"
refuses "an image without Cairn is said to have none" "Cairn is not in this image, but the C library's allocator is" \
    tests/one-heap "$work/image.map"

done_testing
