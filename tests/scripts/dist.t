#!/bin/sh
# dist.t: what `make dist` makes, as users take it: by -B and a specs file from any folder, by pkg-config, installed, as a
# Debian package. Of four cores here; of all by `make test-build-systems`.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
. tests/scripts/firmware.sh
. tests/scripts/recipe.sh
plan 49

packaging/multilibs "${CROSS}gcc" >"$work/all"
[ "$(wc -l <"$work/all")" -ge 13 ] && ! grep -E 'v7-[ar]|v8-a|v5te' "$work/all"
result $? "the toolchain's variants for M-profile cores are found, and no others" "$work/all"
cores='thumb/(v6-m/nofp|v7-m/nofp|v7e-m\+fp/hard|v8-m.main/nofp);'
few=$(grep -E "^(${CAIRN_TEST_CORES:-$cores})" "$work/all" | tr '\n' ' ')

# dist TARGET [VARIABLE...]: one of dist, install, uninstall and deb for these cores, in a folder of its own.
dist() {
    make --no-print-directory BUILD="$work/build" MULTILIBS="$few" "$@"
}
passes "make dist makes the library for the cores" dist dist
find "$work/build/dist/lib/thumb" -name '*.a' >"$work/said"
[ "$(grep -vc ceiling "$work/said")" -eq $(($(echo "$few" | wc -w) * 4)) ]
result $? "there are four archives for each" "$work/said"
[ "$(grep -c ceiling "$work/said")" -eq "$(echo "$few" | tr ' ' '\n' | grep -vcE '^(thumb/(v6-m|v8-m.base)/.*)?$')" ]
result $? "and one whose ceiling the firmware gives, where there is BASEPRI" "$work/said"
lib=$here/build/dist/lib
take="-I$lib/../include -B$lib/ --specs=cairn.specs"

# ---- -B and the specs file ----------------------------------------------------------------------

passes "the command of docs/build-systems.md links" by_recipe command 1 "s,build/dist,$here/build/dist,; s,-B,-I$lib/../include &,"
runs "Cairn serves what it links" "$here/command.elf" "$served"
# shellcheck disable=SC2086
for libc in newlib nano picolibc; do
    passes "$libc: two flags link it" firmware $libc mps2-an385 $libc $take
    runs "$libc: Cairn serves" "$here/$libc.elf" "$served"
done
program=$tree/tests/build-systems/quiet.c
# shellcheck disable=SC2086
for libc in newlib nano picolibc; do
    firmware quiet mps2-an385 $libc $take >"$work/said" 2>&1
    runs "$libc: it serves where only the C library allocates" "$here/quiet.elf" "a copy, 20.99"
done
program=$tree/tests/build-systems/main.c
before=$take
for libc in nano picolibc; do
    passes "the flags may come before $libc.specs" firmware before mps2-an385 $libc
    runs "$libc: Cairn serves then, too" "$here/before.elf" "$served"
done
before=
# shellcheck disable=SC2086
for board in microbit netduinoplus2; do
    passes "another core takes its own archive: $board" firmware $board $board nano $take
    runs "it runs on $board" "$here/$board.elf" "$served" $board
done

# shellcheck disable=SC2086
refuses "without a ceiling that library does not link" "undefined reference to \`cairn_ceiling'" \
    firmware ceiling mps2-an385 nano $take -lcairn-ceiling
# shellcheck disable=SC2086
passes "with one it does" firmware ceiling mps2-an385 nano $take -lcairn-ceiling -Wl,--defsym=cairn_ceiling=0x40
runs "and serves" "$here/ceiling.elf" "$served"

# arch IMAGE: the architecture that its objects were compiled for.
arch() {
    "${CROSS}readelf" -A "$1" | sed -n 's/ *Tag_CPU_arch: //p'
}
[ "$(arch "$here/microbit.elf")" = v6S-M ]
result $? "a firmware for Cortex-M0 has code for Cortex-M0 only"
(cd "$here/empty" && "${CROSS}gcc" -mcpu=cortex-m33 -mfloat-abi=soft "$program" $take --specs=rdimon.specs -o "$here/m33.elf") >"$work/said" 2>&1
[ "$(arch "$here/m33.elf")" = "v8-M.mainline" ] && "${CROSS}nm" "$here/m33.elf" | grep -q cairn_heap_take
result $? "a Cortex-M33 without an FPU takes its own, with rdimon.specs" "$work/said"
# shellcheck disable=SC2086
refuses "a core without an archive does not link" "cannot find -lcairn" firmware none mps2-an385 nano $take -mcpu=cortex-a9

program=$tree/examples/sbrk-alone/main.c
# shellcheck disable=SC2086
passes "cairn-sbrk.specs links the break alone" firmware sbrk mps2-an385 nano -B"$lib/" --specs=cairn-sbrk.specs
"${CROSS}nm" "$here/sbrk.elf" 2>&1 | grep -qE ' T _malloc_r$' && ! "${CROSS}nm" "$here/sbrk.elf" | grep -q cairn_heap_take
result $? "under newlib's own malloc"
timeout 60 qemu-system-arm -machine mps2-an385 -kernel "$here/sbrk.elf" -chardev stdio,id=console -display none -monitor none \
    -semihosting-config enable=on,chardev=console -serial none </dev/null >"$work/said" 2>&1
grep -qxF 'a request for 64 MiB gives NULL' "$work/said"
result $? "and it runs" "$work/said"
program=$tree/tests/build-systems/main.c

# ---- pkg-config ---------------------------------------------------------------------------------

PKG_CONFIG_LIBDIR=$lib/pkgconfig
export PKG_CONFIG_LIBDIR
passes "pkg-config knows the flags" by_recipe pkg-config 3
runs "a firmware by its flags runs" "$here/pkg-config.elf" "$served"

# ---- Options ------------------------------------------------------------------------------------

# shellcheck disable=SC2086
refuses "an option that the library was not built with is refused" "CAIRN_GRANULE: the library was built with 8" \
    firmware option mps2-an385 nano $take -DCAIRN_GRANULE=16
one=$(grep '^thumb/v7-m/nofp;' "$work/all")
coarse() {
    make --no-print-directory BUILD="$work/coarse" MULTILIBS="$one" OPT="-Os -DCAIRN_GRANULE=16" dist
}
passes "make dist takes options" coarse
# shellcheck disable=SC2086
passes "then the headers have them" firmware coarse mps2-an385 nano -I"$here/coarse/dist/include" -B"$here/coarse/dist/lib/" --specs=cairn.specs
runs "the firmware knows the option, and is not told" "$here/coarse.elf" "served by Cairn, granules of 16 bytes"

# ---- make install -------------------------------------------------------------------------------

there=$here/root
mkdir -p "$there/opt/arm/lib"
echo mine >"$there/opt/arm/lib/mine"
find "$there" | sort >"$work/before"
passes "it is installed" dist install DESTDIR="$there" PREFIX=/opt/arm
# shellcheck disable=SC2086
passes "an installed one links" firmware installed mps2-an385 nano -I"$there/opt/arm/include" -B"$there/opt/arm/lib/" --specs=cairn.specs
passes "it is installed over an older one" dist install DESTDIR="$there" PREFIX=/opt/arm
passes "it is removed" dist uninstall DESTDIR="$there" PREFIX=/opt/arm
find "$there" | sort | cmp -s - "$work/before"
result $? "nothing of it is left, and nothing else is gone"
refuses "what is not there is not removed" "Cairn is not installed in $there/opt/arm" dist uninstall DESTDIR="$there" PREFIX=/opt/arm
refuses "a folder that is not absolute is refused" "must be absolute paths" dist install PREFIX=opt/arm

# ---- The Debian package -------------------------------------------------------------------------

# Into a root of its own; the folders are the toolchain's.
package=$(echo "$work"/build/libcairn-*.deb)
skip=$(command -v dpkg-deb >"$work/said" 2>&1 || echo " # SKIP there is no dpkg-deb")
root=$here/deb
mkdir -p "$root/var/lib/dpkg/updates" "$root/var/lib/dpkg/info"
: >"$root/var/lib/dpkg/status"
dpkg_there() {
    dpkg --root="$root" --force-not-root --force-depends --log=/dev/null "$@"
}
[ -n "$skip" ] || { dist deb && package=$(echo "$work"/build/libcairn-*.deb) && find "$root" | sort >"$work/before" && dpkg_there -i "$package"; } >"$work/said" 2>&1
result $? "make deb makes a package that installs$skip" "$work/said"
folder=$(realpath "$(dirname "$("${CROSS}gcc" -print-file-name=libc.a)")")
[ -n "$skip" ] || [ -f "$root$folder/cairn.specs" ]
result $? "into the folder where the compiler looks for its specs files$skip"
[ -n "$skip" ] || (
    for variant in $few; do
        # shellcheck disable=SC2046
        own=$(realpath "$(dirname "$("${CROSS}gcc" $(echo "${variant#*;}" | sed 's/@/ -/g') -print-file-name=libc.a)")")
        [ -f "$root$own/libcairn.a" ] || echo "not in $own"
    done
) >"$work/said" 2>&1 && [ ! -s "$work/said" ]
result $? "and into the folders where it looks for libc.a$skip" "$work/said"
[ -n "$skip" ] || dpkg_there -r "$(dpkg-deb -f "$package" Package)" >"$work/said" 2>&1
find "$root$folder" "$root/usr" >"$work/left" 2>/dev/null
[ ! -s "$work/left" ]
result $? "removed, it leaves nothing$skip" "$work/left"

done_testing
