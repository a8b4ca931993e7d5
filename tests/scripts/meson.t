#!/bin/sh
# meson.t: firmware that Meson builds with the recipes of docs/build-systems.md: as a subproject, and found by pkg-config.
# `make test-build-systems` makes all combinations.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
. tests/scripts/firmware.sh
. tests/scripts/recipe.sh

few="subproject-newlib-debug subproject-nano-release+lto subproject-picolibc-minsize pkgconfig-nano-debug"
all=$(for way in subproject pkgconfig; do
    for libc in newlib nano picolibc; do
        for build in debug release minsize release+lto; do
            echo $way-$libc-$build
        done
    done
done)
cases=${CAIRN_TEST_ALL:+$all}
cases=${cases:-$few}

command -v meson >/dev/null || {
    plan 1
    result 1 "meson is there: tools/install-packages installs it"
    exit 1
}
plan $(($(echo $cases | wc -w) * 2 + 6))

passes "a package of one core is made" make --no-print-directory BUILD="$work/build" \
    MULTILIBS="$(packaging/multilibs "${CROSS}gcc" | grep '^thumb/v7-m/nofp;')" install DESTDIR="$here" PREFIX=/installed

# quoted WORD...: as a list of Meson's.
quoted() {
    printf "'%s', " "$@"
}

# project FOLDER WAY: a user's project. build FOLDER C-LIBRARY BUILD-TYPE[+lto] [ARGUMENT...]
project() {
    mkdir -p "$1/recipe" "$1/subprojects"
    cp tests/build-systems/meson.build tests/build-systems/meson_options.txt tests/build-systems/main.c "$1"
    cp examples/private-heap/main.c "$1/heap.c"
    case $2 in
    subproject)
        recipe meson 1
        echo "cairn_heap = subproject('cairn').get_variable('cairn_heap_dep')"
        echo "cairn_sbrk = subproject('cairn').get_variable('cairn_sbrk_dep')"
        ln -s "$tree" "$1/subprojects/cairn"
        ;;
    pkgconfig) recipe meson 2 ;;
    esac >"$1/recipe/meson.build"
}
build() {
    folder=$1 libc=$2 type=$3
    shift 3
    case $type in *+lto) set -- "$@" -Db_lto=true ;; esac
    cpu=$(flags mps2-an385)
    link=$(link_newlib mps2-an385)
    case $libc in
    nano)
        cpu="$cpu --specs=nano.specs"
        link="$link -u _printf_float"
        ;;
    picolibc)
        cpu="$cpu --specs=picolibc.specs"
        link=$link_picolibc
        ;;
    esac
    [ "$libc" = picolibc ] || set -- "$@" "-Druntime=$(echo $runtime | tr ' ' ,)"
    cat >"$folder/cross.ini" <<END
[binaries]
c = '${CROSS}gcc'
ar = '${CROSS}gcc-ar'
strip = '${CROSS}strip'
pkgconfig = 'pkg-config'
[properties]
skip_sanity_check = true
pkg_config_libdir = ['$here/installed/lib/pkgconfig']
[built-in options]
c_args = [$(quoted $cpu "-I$tree/extras")]
c_link_args = [$(quoted $cpu $link -Wl,-Map,firmware.map)]
[host_machine]
system = 'none'
cpu_family = 'arm'
cpu = 'cortex-m3'
endian = 'little'
END
    rm -rf "$folder/build"
    meson setup "$folder/build" "$folder" --cross-file "$folder/cross.ini" --buildtype "${type%+lto}" "$@" &&
        meson compile -C "$folder/build"
}

# runs_in NAME FOLDER LINE: the firmware; its map is where Meson's link ran.
runs_in() {
    cp "$2/build/firmware.map" "$2/build/recipe/firmware.map" 2>/dev/null
    runs "$1" "$2/build/recipe/firmware.elf" "$3"
}

for case in $cases; do
    way=${case%%-*}
    libc=${case#*-}
    type=${libc#*-}
    project "$here/$case" "$way"
    passes "$case: Meson builds it" build "$here/$case" "${libc%%-*}" "$type"
    runs_in "$case: Cairn serves" "$here/$case" "$served"
done

timeout 60 qemu-system-arm -machine mps2-an385 -kernel "$here/subproject-newlib-debug/build/heap.elf" -display none \
    -chardev stdio,id=console -semihosting-config enable=on,chardev=console -monitor none -serial none </dev/null >"$work/said" 2>&1
grep -qxF "round 2: 7 words in 56 bytes" "$work/said"
result $? "private heaps alone are a dependency, and the break alone" "$work/said"
! grep -q 'libcairn\.a(' "$here/subproject-newlib-debug/build/heap.map"
result $? "they bring no malloc"
find "$here/subproject-newlib-debug/build" -name '*.o' -path '*libcairn.a.p*' >"$work/objects"
while read -r object; do
    "${CROSS}readelf" -S "$object" | grep -E ' \.got'
    "${CROSS}readelf" -r "$object" | grep -E 'R_ARM_GOT|R_ARM_(REL32|PLT32)'
done <"$work/objects" >"$work/said"
[ -s "$work/objects" ] && [ ! -s "$work/said" ]
result $? "the library is not position-independent" "$work/said"

folder=$here/subproject-newlib-debug
passes "options are those of the subproject" build "$folder" newlib debug -Dcairn:granule=16 -Dcairn:ceiling=0x80
runs_in "library and firmware have them" "$folder" "served by Cairn, granules of 16 bytes"

done_testing
