#!/bin/sh
# lib.t: `make lib`: the library for one core, with nothing but make and a cross compiler, picolibc or none.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
. tests/scripts/firmware.sh
. tests/scripts/recipe.sh
plan 20

m4="-mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard"

# A toolchain without picolibc.
mkdir -p "$work/bin"
for tool in gcc ar ld nm readelf; do
    ln -s "$(command -v "${CROSS}$tool")" "$work/bin/real-$tool"
    echo 'exec "${0%/*}/real-${0##*-}" "$@"' >"$work/bin/plain-$tool"
done
cat >"$work/bin/plain-gcc" <<'END'
case " $* " in
*" --specs=picolibc"*)
    echo "gcc: fatal error: cannot read spec file 'picolibc.specs': No such file or directory" >&2
    exit 1
    ;;
esac
exec "${0%/*}/real-gcc" "$@"
END
sed -i '1i #!/bin/sh' "$work"/bin/plain-*
chmod +x "$work"/bin/plain-*
plain=$(pwd)/$work/bin/plain-

# lib [VARIABLE...]: make lib, in a folder of its own.
lib() {
    make --no-print-directory BUILD="$work/build" lib "$@"
}
library=$work/build/lib/libcairn.a

# has ARCHIVE SYMBOL...: does it define them?
has() {
    "${CROSS}nm" -g --defined-only "$1" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u >"$work/symbols"
    shift
    for symbol; do
        grep -qxF -- "$symbol" "$work/symbols" || {
            echo "it has no $symbol"
            return 1
        }
    done
}
fails() {
    ! "$@"
}

passes "a toolchain without picolibc makes the library" lib CPU="$m4" CROSS="$plain"
"${CROSS}readelf" -A "$library" >"$work/attributes" 2>&1
! grep -q 'Tag_CPU_arch:' "$work/attributes" || ! grep 'Tag_CPU_arch:' "$work/attributes" | grep -qv 'v7E-M'
result $? "it is for that core" "$work/attributes"
grep -q 'Tag_ABI_VFP_args: VFP registers' "$work/attributes"
result $? "it is for that float ABI" "$work/attributes"
passes "it has the family and newlib's names" has "$library" malloc _malloc_r _sbrk cairn_names cairn_fatal
passes "the break alone has no malloc" has "$work/build/lib/libcairn-sbrk.a" sbrk _sbrk __malloc_lock
refuses "libcairn-sbrk.a does not define malloc" "it has no malloc" has "$work/build/lib/libcairn-sbrk.a" malloc
passes "the private heaps alone are there" has "$work/build/lib/libcairn-heap.a" cairn_init cairn_malloc cairn_fatal
refuses "libcairn-heap.a does not define malloc" "it has no malloc" has "$work/build/lib/libcairn-heap.a" malloc
passes "a second make does nothing" make -q BUILD="$work/build" lib CPU="$m4" CROSS="$plain"
passes "other flags make it anew" fails make -q BUILD="$work/build" lib CPU="$m4" CROSS="$plain" OPT=-O2
! ls "$work"/build/choices* >"$work/choices" 2>/dev/null
result $? "the choices of make lib are not those of the boards"

# The command and the link line of docs/build-systems.md, on a Cortex-M4 with an FPU.
line=$(sed -n 's,^    \(-u cairn_names build/lib/libcairn.a\)$,\1,p' docs/build-systems.md | sed "s,build/lib,$here/build/lib,")
documented() {
    eval "$(recipe sh 4) BUILD=$work/build CROSS=$CROSS"
    # shellcheck disable=SC2086
    firmware documented netduinoplus2 nano -I"$tree/include" $line
}
passes "the commands of docs/build-systems.md link" documented
runs "Cairn serves what they link" "$here/documented.elf" "$served" netduinoplus2

passes "it is made for picolibc" lib CPU="-mcpu=cortex-m0" LIBC=picolibc
passes "then it has no reentrant names" fails has "$library" _malloc_r
passes "nano takes newlib's" lib CPU="-mcpu=cortex-m0" LIBC=nano

refuses "without a core it stops, and shows one" 'make lib CPU="-mcpu=cortex-m4' lib
refuses "an unknown C library is refused" "LIBC must be one of: newlib nano picolibc" lib CPU=-mcpu=cortex-m3 LIBC=glibc
refuses "picolibc is refused where it is not" "has no picolibc.specs" lib CPU=-mcpu=cortex-m3 LIBC=picolibc CROSS="$plain"
refuses "a compiler that is not there is named" "There is no none-gcc" lib CPU=-mcpu=cortex-m3 CROSS=none-

done_testing
