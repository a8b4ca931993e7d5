#!/bin/sh
# cmake.t: firmware that CMake builds with the recipes of docs/build-systems.md. Each way to take Cairn in, each C library
# and each kind of build is in a case here; `make test-build-systems` makes all combinations.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
. tests/scripts/firmware.sh
. tests/scripts/recipe.sh

# way, C library, and build: as CMAKE_BUILD_TYPE, with IPO by CMake or -flto in the user's flags.
few="subdirectory-newlib-Debug fetch-nano-MinSizeRel subdirectory-picolibc-Release+IPO fetch-newlib-Release+IPO
 package-nano-Release package-picolibc-Debug subdirectory-nano-Release+flto"
all=$(for way in subdirectory fetch package; do
    for libc in newlib nano picolibc; do
        for build in Debug Release MinSizeRel Release+IPO Release+flto; do
            echo $way-$libc-$build
        done
    done
done)
cases=${CAIRN_TEST_ALL:+$all}
cases=${cases:-$few}

command -v cmake >/dev/null || {
    plan 1
    result 1 "cmake is there: tools/install-packages installs it"
    exit 1
}
count=0
for case in $cases; do
    count=$((count + 4))
    case $case in *picolibc*) ;; *) count=$((count + 1)) ;; esac
done
plan $((count + 9))

# ---- What the recipes need -----------------------------------------------------------------------

# The working tree as a release's archive.
tar -czf "$work/cairn-0.1.0.tar.gz" --exclude=./build --exclude=./.git --exclude=__pycache__ --transform 's,^\.,cairn-0.1.0,' .
passes "a package of one core is made" make --no-print-directory BUILD="$work/build" \
    MULTILIBS="$(packaging/multilibs "${CROSS}gcc" | grep '^thumb/v7-m/nofp;')" install DESTDIR="$here" PREFIX=/installed

# project FOLDER WAY: a user's project.
project() {
    mkdir -p "$1"
    cp tests/build-systems/CMakeLists.txt tests/build-systems/main.c tests/build-systems/quiet.c "$1"
    cp examples/private-heap/main.c "$1/heap.c"
    cp examples/sbrk-alone/main.c "$1/sbrk.c"
    echo 'int middle(void); int middle(void) { return 0; }' >"$1/middle.c"
    case $2 in
    subdirectory)
        recipe cmake 1 >"$1/recipe.cmake"
        ln -s "$tree" "$1/cairn"
        ;;
    fetch) recipe cmake 2 | sed "s,https://[^ )]*,file://$here/cairn-0.1.0.tar.gz," >"$1/recipe.cmake" ;;
    package) recipe cmake 3 >"$1/recipe.cmake" ;;
    esac
}

# build FOLDER C-LIBRARY BUILD [ARGUMENT...]
build() {
    folder=$1 libc=$2 type=$3
    shift 3
    case $type in
    *+IPO) set -- "$@" -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON ;;
    *+flto) set -- "$@" -DCMAKE_C_FLAGS=-flto ;;
    esac
    link=$(link_newlib mps2-an385)
    needs=$runtime
    [ "$libc" != picolibc ] || link=$link_picolibc needs=$here/nothing.c
    echo 'extern int none;' >"$here/nothing.c"
    CROSS=$CROSS cmake -S "$folder" -B "$folder/build" -DCMAKE_TOOLCHAIN_FILE="$tree/tests/build-systems/toolchain.cmake" \
        -DCMAKE_BUILD_TYPE="${type%+*}" -DCPU="$(flags mps2-an385)" -DLIBC="$libc" -DLINK="$(echo $link)" -DRUNTIME="$needs" \
        -DEXTRAS="$tree/extras" -DCMAKE_PREFIX_PATH="$here/installed" -DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=BOTH "$@" &&
        cmake --build "$folder/build"
}

# builds NAME ARGUMENT...: does it build? If not, what the compiler said is at the end.
builds() {
    name=$1
    shift
    build "$@" >"$work/said" 2>&1
    status=$?
    grep -iE -A3 'error|warning' "$work/said" | cat - "$work/said" >"$work/errors"
    result $status "$name" "$work/errors"
}

# runs_apart NAME IMAGE LINE: as `runs`, with the C library's own malloc.
runs_apart() {
    timeout 60 qemu-system-arm -machine mps2-an385 -kernel "$2" -chardev stdio,id=console -display none -monitor none \
        -semihosting-config enable=on,chardev=console -serial none </dev/null >"$work/said" 2>&1
    grep -qxF -- "$3" "$work/said" && ! grep -qE 'libcairn(_malloc)?\.a\(' "${2%.elf}.map"
    result $? "$1" "$work/said"
}

# ---- The cases -----------------------------------------------------------------------------------

for case in $cases; do
    folder=$here/$case
    way=${case%%-*}
    libc=${case#*-}
    type=${libc#*-}
    libc=${libc%%-*}
    project "$folder" "$way"
    builds "$case: CMake builds it" "$folder" "$libc" "$type"
    runs "$case: Cairn serves" "$folder/build/firmware.elf" "$served"
    runs "$case: it serves where only the C library allocates, through another library" "$folder/build/quiet.elf" "a copy, 20.99"
    runs_apart "$case: cairn::heap has private heaps" "$folder/build/heap.elf" "round 2: 7 words in 56 bytes"
    [ "$libc" = picolibc ] ||
        runs_apart "$case: cairn::sbrk is under newlib's malloc" "$folder/build/sbrk.elf" "a request for 64 MiB gives NULL"
done

# What one object of all names has in the Makefile's library, a reference has here.
"${CROSS}nm" "$here/subdirectory-picolibc-Release+IPO/build/cairn/libcairn_malloc.a" 2>/dev/null |
    sed -n '/^names/,/^$/s/^ *U //p' >"$work/said"
for name in malloc reallocarray sbrk; do
    grep -qx $name "$work/said" || echo "no reference: $name"
done >"$work/missing"
[ ! -s "$work/missing" ]
result $? "the object of the names fetches those of the others" "$work/missing"

# ---- Options -------------------------------------------------------------------------------------

folder=$here/subdirectory-newlib-Debug
builds "options are cache variables" "$folder" newlib Debug --fresh -DCAIRN_GRANULE=16 -DCAIRN_REGIONS=1 -DCAIRN_CEILING=0x80
runs "library and firmware have them" "$folder/build/firmware.elf" "served by Cairn, granules of 16 bytes"
"${CROSS}objdump" -d "$folder/build/firmware.elf" | grep -q BASEPRI
result $? "with a ceiling the lock is BASEPRI"
refuses "an option that cannot work is refused" "CAIRN_GRANULE must be 8 or 16" build "$folder" newlib Debug --fresh -DCAIRN_GRANULE=12

mkdir "$work/headers"
echo '#define CAIRN_GRANULE 16' >"$work/headers/my_config.h"
sed 's/cpsid i/cpsid f/' port/cortex-m/primask.h >"$work/headers/my_lock.h"
builds "headers of the user's own are read" "$folder" newlib Debug --fresh -DCAIRN_CONFIG_HEADER=my_config.h -DCAIRN_PORT_HEADER=my_lock.h \
    -DCAIRN_INCLUDE_DIRECTORIES="$here/headers"
"${CROSS}objdump" -d "$folder/build/firmware.elf" | grep -q 'cpsid.f'
result $? "the lock is theirs"

cp -r "$work/installed/lib/cmake/cairn" "$work/other"
sed -i 's/STREQUAL "GNU"/STREQUAL "none"/' "$work/other/cairn-config.cmake"
refuses "the installed package refuses a compiler that has no specs files" "take the sources: add_subdirectory(cairn)" \
    build "$here/package-nano-Release" nano Release --fresh -Dcairn_DIR="$here/other"

done_testing
