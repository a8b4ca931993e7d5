#!/bin/sh
# fetch.sh FOLDER PACKAGE...: the sources of Debian packages, unpacked in FOLDER/PACKAGE. What is there already is not
# fetched again. A package that cannot be had is named, and is no error.
#
# apt-get reads a list of its own in FOLDER: this machine's, for sources. Nothing of the machine's is changed.
#
# SPDX-License-Identifier: MIT
set -eu
folder=$(mkdir -p "$1" && cd "$1" && pwd)
shift

missing=
for package in "$@"; do
    [ -d "$folder/$package" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
# A new Debian has no program that unpacks sources.
! command -v apt-get >/dev/null || tools/install-packages dpkg-dev || true
for tool in apt-get apt-cache dpkg-source; do
    command -v "$tool" >/dev/null || {
        echo "skipped, since $tool is not here (Debian: apt, dpkg-dev):$missing"
        exit 0
    }
done

own=$folder/apt
rm -rf "$own"
mkdir -p "$own/parts" "$own/lists/partial" "$own/cache/archives/partial"
for list in /etc/apt/sources.list.d/*.sources; do
    [ ! -f "$list" ] || sed 's/^Types:.*/Types: deb-src/' "$list" >"$own/parts/${list##*/}"
done
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ ! -f "$list" ] || sed -n 's/^deb /deb-src /p' "$list" >"$own/parts/${list##*/}.list"
done

# apt COMMAND WORD...: the client, with that list.
apt() {
    "$@" -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$own/parts" \
        -o "Dir::State::lists=$own/lists" -o "Dir::Cache=$own/cache" -qq
}

# have PACKAGE: its files, in the newest version that can be had.
have() {
    for version in $(apt apt-cache showsrc "$1" | sed -n 's/^Version: //p' | sort -ruV); do
        rm -f "$1"_*
        apt apt-get source --download-only "$1=$version" && dpkg-source --no-check -x "$1"_*.dsc "$folder/$1" && return
    done
    return 1
}

apt apt-get update >"$own/update.log" 2>&1 || true
for package in $missing; do
    mkdir -p "$own/$package"
    cd "$own/$package"
    if have "$package" >"$own/$package.log" 2>&1; then
        echo "$package: $(sed -n 's/^Version: //p' "$package"_*.dsc)"
    else
        rm -rf "${folder:?}/$package"
        echo "skipped $package: its source could not be had; $own/$package.log says why"
    fi
    cd "$folder"
done
