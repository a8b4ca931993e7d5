#!/bin/sh
# build-systems.t: Cairn for RISC-V as users take it: from `make dist`, installed, from `make lib`, by CMake and Meson, as one
# source; and the tools that look at such a firmware. For `make test-riscv`: it needs that toolchain, and picolibc for it.
#
# SPDX-License-Identifier: MIT
: "${CROSS:=riscv64-unknown-elf-}"
: "${PYTHON:=/usr/bin/python3}"
. tests/scripts/tap.sh
. tests/scripts/firmware.sh
. tests/scripts/recipe.sh
plan 70

# The memory of QEMU's virt, for picolibc's linker script.
link_picolibc="--crt0=semihost --oslib=semihost -Wl,--gc-sections -Wl,--no-warn-rwx-segments -Wl,--defsym=__flash=0x80000000
 -Wl,--defsym=__flash_size=0x100000 -Wl,--defsym=__ram=0x80100000 -Wl,--defsym=__ram_size=0x40000 -Wl,--defsym=__stack_size=0x1000"
boards="virt-rv32 virt-rv32imc virt-rv32imafdc virt-rv64"
no_ceiling="CAIRN_CEILING is for BASEPRI, which is Cortex-M's"
no_calls="find calls on the stack of a Cortex-M only"

# ---- make dist -----------------------------------------------------------------------------------

packaging/multilibs "${CROSS}gcc" >"$work/all"
"${CROSS}gcc" -print-multi-lib | cut -d';' -f1 >"$work/folders"
cut -d';' -f1 "$work/all" | cmp - "$work/folders" >"$work/said" 2>&1 && grep -q '^rv32imac/ilp32;' "$work/all"
result $? "all of the toolchain's variants are found" "$work/said"
cores='(rv32imac/ilp32|rv32im/ilp32|rv32imafdc/ilp32d|rv64imac/lp64);'
few=$(grep -E "^(${CAIRN_TEST_CORES:-$cores})" "$work/all" | tr '\n' ' ')

# dist TARGET [VARIABLE...]: one of dist, install, uninstall and deb for these variants, in a folder of its own.
dist() {
    make --no-print-directory BUILD="$work/build" CROSS="$CROSS" MULTILIBS="$few" "$@"
}
passes "make dist makes the library for these" dist dist
lib=$here/build/dist-riscv/lib
(cd "$lib" && find . -name '*.a' | sort) >"$work/said" 2>&1
for variant in $few; do
    printf './%s/libcairn-heap.a\n./%s/libcairn-picolibc.a\n' "${variant%%;*}" "${variant%%;*}"
done | sort | cmp -s - "$work/said"
result $? "there are two archives for each, and no others" "$work/said"
[ ! -e "$work/build/dist" ] && ! find "$lib/.." -name '*sbrk*' -o -name '*cortex*' | grep . && [ -f "$lib/../include/cairn/riscv/mie.h" ]
result $? "the folder is not that of Arm's, and has RISC-V's lock only"
take="-I$lib/../include -B$lib/ --specs=cairn.specs"

# takes MAP ARCHIVE: was it linked of this one, by its folder?
takes() {
    grep -F "LOAD $lib/" "$1" >"$work/loaded"
    cat "$work/loaded"
    [ "$(wc -l <"$work/loaded")" -eq 1 ] && grep -qxF "LOAD $lib/$2" "$work/loaded"
}
# shellcheck disable=SC2086
for board in $boards; do
    passes "$board: two flags link it" firmware $board $board picolibc $take
    runs "$board: Cairn serves" "$here/$board.elf" "$served" $board
    case $board in
    *rv32) folder=rv32imac/ilp32 ;;
    *rv32imc) folder=rv32im/ilp32 ;; # as GCC chooses the C library for it
    *rv32imafdc) folder=rv32imafdc/ilp32d ;;
    *) folder=rv64imac/lp64 ;;
    esac
    passes "$board: it is the archive of its variant" takes "$here/$board.map" "$folder/libcairn-picolibc.a"
done
"${CROSS}objdump" -d "$lib/rv32imac/ilp32/libcairn-picolibc.a" >"$work/said" 2>&1
[ "$(grep -cE 'csrrci?\s.*mstatus,8' "$work/said")" -ge 4 ] && [ "$(grep -cE 'csrs.*mstatus' "$work/said")" -ge 4 ]
result $? "the lock is mstatus.MIE" "$work/said"

program=$tree/tests/build-systems/quiet.c
# shellcheck disable=SC2086
firmware quiet virt-rv64 picolibc $take >"$work/said" 2>&1
runs "it serves where only the C library allocates" "$here/quiet.elf" "a copy, 20.99" virt-rv64
program=$tree/examples/private-heap/main.c
# shellcheck disable=SC2086
firmware heap virt-rv32 picolibc $take -lcairn-heap >"$work/said" 2>&1
runs "private heaps alone are an archive" "$here/heap.elf" "round 2: 7 words in 56 bytes" virt-rv32
program=$tree/tests/build-systems/main.c
before=$take
passes "the flags may come before picolibc.specs" firmware before virt-rv32 picolibc
runs "Cairn serves then, too" "$here/before.elf" "$served" virt-rv32
before=
# shellcheck disable=SC2086
refuses "a variant without an archive does not link" "cannot find -lcairn-picolibc" \
    firmware none virt-rv32 picolibc $take -march=rv32i
# shellcheck disable=SC2086
refuses "an option that the library was not built with is refused" "CAIRN_GRANULE: the library was built with 8" \
    firmware option virt-rv32 picolibc $take -DCAIRN_GRANULE=16

# by_command NAME CHANGE: $here/NAME.elf for virt-rv32 by the link line of the documents, after a change by sed.
by_command() {
    # shellcheck disable=SC2034
    FLAGS="$(flags virt-rv32) $link_picolibc -Wl,-Map,$here/$1.map -o $here/$1.elf"
    # shellcheck disable=SC2034
    OBJECTS=$program
    command=$(recipe sh 6 | sed "/^make/d; s,riscv64-unknown-elf-,$CROSS,; $2")
    echo "$command"
    (cd "$here/empty" && eval "$command")
}
passes "the command of docs/build-systems.md links" by_command command "s,build/dist-riscv,$lib/..,g; s,-B,-I$lib/../include &,"
runs "Cairn serves what it links" "$here/command.elf" "$served" virt-rv32

PKG_CONFIG_LIBDIR=$lib/pkgconfig
export PKG_CONFIG_LIBDIR
# shellcheck disable=SC2046
passes "pkg-config knows the flags" firmware pkg-config virt-rv32 picolibc $(pkg-config --cflags --libs cairn 2>&1)
runs "a firmware by its flags runs" "$here/pkg-config.elf" "$served" virt-rv32
pkg-config --print-provides --exists cairn && grep -q '^Description: .* RISC-V' "$lib/pkgconfig/cairn.pc"
result $? "the package says what it is for"

# ---- make install --------------------------------------------------------------------------------

there=$here/root
mkdir -p "$there/opt/riscv/lib"
echo mine >"$there/opt/riscv/lib/mine"
find "$there" | sort >"$work/before"
passes "it is installed" dist install DESTDIR="$there" PREFIX=/opt/riscv
passes "an installed one links" firmware installed virt-rv32 picolibc -I"$there/opt/riscv/include" -B"$there/opt/riscv/lib/" \
    --specs=cairn.specs
runs "and serves" "$here/installed.elf" "$served" virt-rv32
cp -r "$there/opt/riscv" "$here/installed"
passes "it is removed" dist uninstall DESTDIR="$there" PREFIX=/opt/riscv
find "$there" | sort | cmp -s - "$work/before"
result $? "nothing of it is left, and nothing else is gone"

# ---- The Debian package --------------------------------------------------------------------------

skip=$(command -v dpkg-deb >"$work/said" 2>&1 || echo " # SKIP there is no dpkg-deb")
[ -n "$skip" ] || { dist deb && dpkg-deb -x "$work"/build/libcairn-riscv*.deb "$here/deb"; } >"$work/said" 2>&1
result $? "make deb makes a package$skip" "$work/said"
# looks FLAG...: the folders of libraries that the compiler looks into.
looks() {
    "${CROSS}gcc" "$@" -print-search-dirs | sed -n 's/^libraries: =//p' | tr : '\n' | xargs realpath -m
}
[ -n "$skip" ] || {
    looks | while read -r folder; do [ ! -f "$here/deb$folder/cairn.specs" ] || echo specs; done
    for board in virt-rv32 virt-rv64; do
        # shellcheck disable=SC2046
        looks $(flags $board) | while read -r folder; do [ ! -f "$here/deb$folder/libcairn-picolibc.a" ] || echo $board; done
    done
} >"$work/found"
[ -n "$skip" ] || printf 'specs\nvirt-rv32\nvirt-rv64\n' | cmp - "$work/found" >"$work/said" 2>&1
result $? "its files are where the compiler looks by itself$skip" "$work/said"

# ---- make lib ------------------------------------------------------------------------------------

# lib WORD...: make lib, in a folder of its own.
lib() {
    make --no-print-directory BUILD="$work/lib" CROSS="$CROSS" lib "$@"
}
documented() {
    eval "$(recipe sh 7 | sed "s,riscv64-unknown-elf-,$CROSS,") BUILD=$work/lib" &&
        firmware documented virt-rv32 picolibc -I"$tree/include" -u cairn_names "$here/lib/lib/libcairn.a"
}
passes "make lib of docs/build-systems.md makes a library that links" documented
runs "Cairn serves what it links" "$here/documented.elf" "$served" virt-rv32
passes "it is made for RV64" lib CPU="$(flags virt-rv64)"
passes "that one links" firmware lib64 virt-rv64 picolibc -I"$tree/include" -u cairn_names "$here/lib/lib/libcairn.a"
runs "and serves" "$here/lib64.elf" "$served" virt-rv64
refuses "without a core it stops, and shows one" 'make lib CPU="-march=rv32imac -mabi=ilp32"' lib
refuses "newlib is refused" "LIBC must be one of: picolibc" lib CPU="$(flags virt-rv32)" LIBC=newlib
refuses "a ceiling is refused" "$no_ceiling" lib CPU="$(flags virt-rv32)" CEILING=0x50

# ---- CMake ---------------------------------------------------------------------------------------

cat >"$work/riscv.cmake" <<'TOOLCHAIN'
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR riscv)
set(CMAKE_C_COMPILER "$ENV{CROSS}gcc")
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
TOOLCHAIN
echo 'extern int none;' >"$work/nothing.c"

# by_cmake WAY BOARD [ARGUMENT...]: a user's project in $here/WAY-BOARD; the ways are `subdirectory` and `package`.
by_cmake() {
    project=$here/$1-$2 board=$2
    mkdir -p "$project"
    cp tests/build-systems/CMakeLists.txt tests/build-systems/main.c tests/build-systems/quiet.c "$project"
    cp examples/private-heap/main.c "$project/heap.c"
    echo 'int middle(void); int middle(void) { return 0; }' >"$project/middle.c"
    if [ "$1" = package ]; then
        recipe cmake 3
    else
        [ -e "$project/cairn" ] || ln -s "$tree" "$project/cairn"
        recipe cmake 1
    fi >"$project/recipe.cmake"
    shift 2
    CROSS=$CROSS cmake -S "$project" -B "$project/build" -DCMAKE_TOOLCHAIN_FILE="$here/riscv.cmake" -DCMAKE_BUILD_TYPE=MinSizeRel \
        -DCPU="$(flags "$board")" -DLIBC=picolibc -DLINK="$(echo $link_picolibc)" -DRUNTIME="$here/nothing.c" \
        -DCMAKE_PREFIX_PATH="$here/installed" -DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=BOTH "$@" && cmake --build "$project/build"
}
for case in subdirectory-virt-rv32 subdirectory-virt-rv64 package-virt-rv32imafdc package-virt-rv64; do
    board=${case#*-}
    passes "$case: CMake builds it" by_cmake "${case%%-*}" "$board"
    runs "$case: Cairn serves" "$here/$case/build/firmware.elf" "$served" "$board"
    runs "$case: it serves where only the C library allocates" "$here/$case/build/quiet.elf" "a copy, 20.99" "$board"
done
runs "cairn::heap has private heaps" "$here/package-virt-rv64/build/heap.elf" "round 2: 7 words in 56 bytes" virt-rv64
refuses "CMake: a ceiling is refused" "on RISC-V leave CAIRN_CEILING out" by_cmake subdirectory virt-rv32 --fresh -DCAIRN_CEILING=0x80
refuses "CMake: calls on the stack are refused" "$no_calls" \
    by_cmake subdirectory virt-rv32 --fresh -DCAIRN_SITES=16 -DCAIRN_SITES_STACK=4

# ---- Meson ---------------------------------------------------------------------------------------

quoted() {
    printf "'%s', " "$@"
}
# by_meson BOARD [ARGUMENT...]: a user's project with the subproject.
by_meson() {
    project=$here/meson-$1
    mkdir -p "$project/recipe" "$project/subprojects"
    cp tests/build-systems/meson.build tests/build-systems/meson_options.txt tests/build-systems/main.c "$project"
    recipe meson 1 >"$project/recipe/meson.build"
    [ -e "$project/subprojects/cairn" ] || ln -s "$tree" "$project/subprojects/cairn"
    cpu="$(flags "$1") --specs=picolibc.specs"
    cat >"$project/cross.ini" <<CROSS
[binaries]
c = '${CROSS}gcc'
ar = '${CROSS}gcc-ar'
strip = '${CROSS}strip'
[properties]
skip_sanity_check = true
[built-in options]
c_args = [$(quoted $cpu)]
c_link_args = [$(quoted $cpu $link_picolibc -Wl,-Map,firmware.map)]
[host_machine]
system = 'none'
cpu_family = 'riscv32'
cpu = 'rv32'
endian = 'little'
CROSS
    shift
    rm -rf "$project/build"
    meson setup "$project/build" "$project" --cross-file "$project/cross.ini" "$@" && meson compile -C "$project/build" &&
        cp "$project/build/firmware.map" "$project/build/recipe/firmware.map"
}
for board in virt-rv32 virt-rv64; do
    passes "$board: Meson builds it" by_meson $board
    runs "$board: Cairn serves what Meson built" "$here/meson-$board/build/recipe/firmware.elf" "$served" $board
done
refuses "Meson: a ceiling is refused" "on RISC-V leave CAIRN_CEILING out" by_meson virt-rv32 -Dcairn:ceiling=0x80

# ---- One source ----------------------------------------------------------------------------------

passes "make amalgamation makes one source" make --no-print-directory BUILD="$work/build" PYTHON="$PYTHON" amalgamation
single=$here/build/amalgamation/src
for board in virt-rv32imc virt-rv64; do
    passes "$board: it is one more source of the firmware" firmware single-$board $board picolibc -Wall -Wextra -I"$single" "$single/cairn.c"
    runs "$board: Cairn serves out of it" "$here/single-$board.elf" "$served" $board
done
refuses "one source: a ceiling is refused" "$no_ceiling" firmware ceiling virt-rv32 picolibc -I"$single" "$single/cairn.c" -DCAIRN_CEILING=0x80
refuses "one source: calls on the stack are refused" "$no_calls" \
    firmware calls virt-rv32 picolibc -I"$single" "$single/cairn.c" -DCAIRN_SITES=16 -DCAIRN_SITES_STACK=4

done_testing
