#!/bin/sh
# single.t: cairn.c and cairn.h of `make amalgamation`, and the library that Arduino, PlatformIO and CMSIS-Pack see in them,
# compiled as these tools do. tests/mk/single.mk has the images at all optimizations.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
. tests/scripts/firmware.sh
. tests/scripts/recipe.sh
plan 27

: "${PYTHON:=/usr/bin/python3}"
passes "make amalgamation makes it" make --no-print-directory BUILD="$work/build" PYTHON="$PYTHON" amalgamation
single=$here/build/amalgamation
src=$single/src
grep -h '#include "' "$src/cairn.c" "$src/cairn.h" | sort >"$work/said"
printf '#include "cairn.h"\n#include "cairn_options.h"\n' | cmp -s - "$work/said"
result $? "the two files include each other, an options file, and nothing else of ours" "$work/said"
ls build/*/single/*.elf >"$work/images" 2>"$work/said"
[ "$(wc -l <"$work/images")" -ge 8 ]
result $? "there are images of it at all optimizations" "$work/said"

# ---- By one command ------------------------------------------------------------------------------

passes "the command of docs/build-systems.md links" by_recipe command 5 "s,build/amalgamation,$single,; s,\$FLAGS,& -I$src,"
runs "Cairn serves what it links" "$here/command.elf" "$served"
for libc in newlib nano picolibc; do
    passes "$libc: cairn.c is one more source of the firmware" firmware $libc mps2-an385 $libc -I"$src" "$src/cairn.c"
    runs "$libc: Cairn serves" "$here/$libc.elf" "$served"
done
mkdir "$work/options"
echo '#define CAIRN_GRANULE 16' >"$work/options/cairn_options.h"
firmware options mps2-an385 nano -I"$src" -I"$here/options" "$src/cairn.c" >"$work/said" 2>&1
runs "cairn_options.h has options for all" "$here/options.elf" "served by Cairn, granules of 16 bytes"
firmware ceiling mps2-an385 nano -I"$src" "$src/cairn.c" -DCAIRN_CEILING=0x80 >"$work/said" 2>&1
"${CROSS}objdump" -d "$here/ceiling.elf" 2>>"$work/said" | grep -q BASEPRI
result $? "with a ceiling the lock is BASEPRI" "$work/said"
sed 's/cpsid i/cpsid f/' port/cortex-m/primask.h >"$work/options/my_lock.h"
firmware lock mps2-an385 nano -I"$src" -I"$here/options" "$src/cairn.c" -DCAIRN_PORT_HEADER='"my_lock.h"' >"$work/said" 2>&1
"${CROSS}objdump" -d "$here/lock.elf" 2>>"$work/said" | grep -q 'cpsid.f'
result $? "a lock header of the user's own is taken" "$work/said"

# ---- Arduino -------------------------------------------------------------------------------------

property() {
    sed -n "s/^$1=//p" "$single/library.properties"
}
for field in name version author maintainer sentence category architectures; do
    [ -n "$(property $field)" ] || echo "no $field"
done >"$work/said"
[ "$(property version)" = "$(sed -n 's/^## \[\([0-9][0-9.]*\)\].*/\1/p' CHANGELOG.md | head -n 1)" ] ||
    echo "another version: $(property version)" >>"$work/said"
[ ! -s "$work/said" ]
result $? "library.properties has what Arduino asks for" "$work/said"

# As the platform.txt of Arduino's SAMD core: every source in src/, no flag of the library's; objects where
# dot_a_linkage is false, else an archive.
arduino() {
    mkdir -p "$work/arduino"
    # shellcheck disable=SC2046
    set -- $(flags microbit) -g -Os -ffunction-sections -fdata-sections -nostdlib --param max-inline-insns-single=500 -DARDUINO=10813
    for source in "$src"/*.c "$tree/tests/build-systems/main.c" $runtime; do
        "${CROSS}gcc" "$@" -std=gnu11 -I"$src" -Iextras -c "$source" -o "$work/arduino/$(basename "$source").o" || return 1
    done
    "${CROSS}g++" "$@" -std=gnu++14 -fno-threadsafe-statics -fno-rtti -fno-exceptions -Wall -Wextra -Werror -I"$src" \
        -c tests/build-systems/sketch.cpp -o "$work/arduino/sketch.cpp.o" || return 1
    library=$work/arduino/cairn.c.o
    if [ "$(property dot_a_linkage)" != false ]; then
        "${CROSS}ar" rcs "$work/arduino/Cairn.a" "$library" && rm "$library" && library=$work/arduino/Cairn.a
    fi
    # shellcheck disable=SC2046
    "${CROSS}g++" $(flags microbit) -Os --specs=nano.specs -u _printf_float $(link_newlib microbit) -u sketch -u fatal_calls \
        $(find "$work/arduino" -name '*.o' ! -name cairn.c.o) "$library" -Wl,-Map,"$work/arduino.map" -o "$work/arduino.elf"
}
passes "Arduino's build links it" arduino
runs "Cairn serves a sketch" "$here/arduino.elf" "$served" microbit
"${CROSS}nm" -S "$work/arduino.elf" | grep -q ' B fatal_calls$' && ! "${CROSS}nm" "$work/arduino.elf" | grep -q ' [VW] cairn_fatal$'
result $? "a cairn_fatal() of the sketch's takes the place of the library's"

# ---- PlatformIO ----------------------------------------------------------------------------------

# json EXPRESSION: of library.json, as `library`.
json() {
    "$PYTHON" -c "import json; library = json.load(open('$single/library.json')); print($1)"
}
[ "$(json "sorted({'name', 'version', 'description', 'keywords', 'license'} - set(library))")" = "[]" ] &&
    [ "$(json "library['version']")" = "$(property version)" ] && [ "$(json "library['build']['libArchive']")" = False ]
result $? "library.json has what PlatformIO asks for, and links objects"
platformio() {
    sources=$(cd "$single/$(json "library['build']['srcDir']")" && find "$(pwd)" -name "$(json "library['build']['srcFilter'][0][2:-1]")")
    # shellcheck disable=SC2086
    firmware platformio mps2-an385 nano -I"$single/$(json "library['build']['includeDir']")" $sources
}
passes "the sources that it names link" platformio
runs "Cairn serves them" "$here/platformio.elf" "$served"

# ---- CMSIS-Pack ----------------------------------------------------------------------------------

# Which files of the component: "category name attr" each.
"$PYTHON" - "$single/Cairn.Cairn.pdsc" >"$work/files" 2>"$work/said" <<'END'
import sys
import xml.etree.ElementTree
pack = xml.etree.ElementTree.parse(sys.argv[1]).getroot()
for file in pack.findall("./components/component/files/file"):
    print(file.get("category"), file.get("name"), file.get("attr", "none"))
END
[ "$(wc -l <"$work/files")" -eq 3 ] && (cd "$single" && while read -r category path attr; do
    [ -f "$path" ] || exit 1
done) <"$work/files"
result $? "the pack has the files that it names" "$work/said"

# As a project of the component: sources compiled, headers' folders on the path, a config file copied into the project.
pack() {
    mkdir -p "$work/pack"
    while read -r category path attr; do
        [ "$attr" != config ] || sed 's,^/\* *\(#define CAIRN_CHECK 2\) *\*/,\1,' "$single/$path" >"$work/pack/${path##*/}"
    done <"$work/files"
    sources=$(sed -n "s,^source \([^ ]*\) .*,$single/\1,p" "$work/files")
    folders=$(sed -n "s,^header \([^ ]*\)/[^/]* none,-I$single/\1,p" "$work/files")
    # shellcheck disable=SC2086
    firmware pack mps2-an385 nano -I"$here/pack" $folders $sources
}
passes "a project with the component links" pack
runs "Cairn serves it" "$here/pack.elf" "$served"
"${CROSS}nm" "$here/pack.elf" | grep -q ' cairn_guard_'
result $? "the option in the project's config file is on"

# ---- The script's errors -------------------------------------------------------------------------

ends "without a folder it says how it is called" 2 "usage: amalgamate.py FOLDER" "$PYTHON" tools/amalgamate.py
elsewhere() {
    (cd "$1" && "$PYTHON" "$tree/tools/amalgamate.py" out)
}
refuses "elsewhere than at the top of the tree it says so" "Run this at the top of Cairn's tree" elsewhere "$work/options"

done_testing
