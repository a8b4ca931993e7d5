# recipe.sh: the recipes of docs/build-systems.md; read after tap.sh and firmware.sh.
#
# SPDX-License-Identifier: MIT

# recipe LANGUAGE N: the N-th block of that language.
recipe() {
    awk -v language="$1" -v wanted="$2" '
        /^```/ { if (inside) inside = 0; else if ($0 == "```" language && ++count == wanted) { inside = 1; next } }
        inside' docs/build-systems.md
}

# by_recipe NAME N CHANGE: $here/NAME.elf for mps2-an385 and newlib, by the N-th shell command, after a change by sed.
by_recipe() {
    # shellcheck disable=SC2034
    FLAGS="$(flags mps2-an385) -O2 -I$tree/extras $(link_newlib mps2-an385) -Wl,-Map,$here/$1.map -o $here/$1.elf"
    # shellcheck disable=SC2034
    OBJECTS="$program $runtime"
    rm -f "$here/$1.elf"
    command=$(recipe sh "$2" | sed "s,arm-none-eabi-gcc,${CROSS}gcc,; $3")
    echo "$command"
    (cd "$here/empty" && eval "$command")
}
