# recipe.sh: the recipes of docs/build-systems.md, read after tap.sh.
#
# SPDX-License-Identifier: MIT

# recipe LANGUAGE N: the N-th block of that language.
recipe() {
    awk -v language="$1" -v wanted="$2" '
        /^```/ { if (inside) inside = 0; else if ($0 == "```" language && ++count == wanted) { inside = 1; next } }
        inside' docs/build-systems.md
}
