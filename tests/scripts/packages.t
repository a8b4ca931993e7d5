#!/bin/sh
# packages.t: tools/install-packages, and make on a toolchain without picolibc, with stand-ins on the path.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 18

real=$(command -v "${CROSS}gcc")
bin=$PWD/$work/bin
mkdir -p "$bin"
for tool in sh cat printf grep tr; do
    ln -s "$(command -v $tool)" "$bin/$tool"
done

# stand_in NAME: a program of the next lines, which first writes down that it was called.
stand_in() {
    rm -f "$bin/$1"
    {
        echo '#!/bin/sh'
        echo "echo \"$1 \$*\" >>'$PWD/$work/called'"
        cat
    } >"$bin/$1"
    chmod +x "$bin/$1"
}

# install [NAME=VALUE...] PACKAGE...: the tool, with nothing but the stand-ins.
install() {
    : >"$work/called"
    variables=
    while case $1 in *=*) true ;; *) false ;; esac; do
        variables="$variables $1"
        shift
    done
    # shellcheck disable=SC2086
    env -i PATH="$bin" CROSS=none- $variables /bin/sh tools/install-packages "$@"
}
called() {
    grep -q "^$1" "$work/called"
}
not_called() {
    ! called "$1"
}

# A Debian system, where this user has no rights: `one` is installed.
stand_in dpkg-query <<'END'
for last; do :; done
[ "$last" = one ] && printf installed
END
stand_in apt-get </dev/null
stand_in sudo <<'END'
exec "$@"
END
echo 'echo 1000' | stand_in id

passes "a package that is there is not asked for" install one
[ ! -s "$work/said" ] && not_called apt-get
result $? "nothing is said, and nothing installed" "$work/said"
ends "a package that is missing stops a user without rights" 1 "sudo apt-get install --no-install-recommends two three" \
    install one two three
not_called sudo && not_called apt-get
result $? "nothing was installed unasked" "$work/called"
ends "continuous integration installs it" 0 "apt-get install" install CI=true two
called "sudo apt-get" && called "apt-get install .*two"
result $? "with sudo" "$work/called"
echo 'echo 0' | stand_in id
ends "root installs it" 0 "apt-get install" install two
called "apt-get install .*two" && not_called sudo
result $? "without sudo" "$work/called"
head -n 1 "$work/said" | grep -q 'apt-get install --no-install-recommends two$'
result $? "the command is said first" "$work/said"
echo 'exit 100' | stand_in apt-get
ends "an installation that fails is said to have failed" 1 "could not be installed" install two
stand_in apt-get </dev/null
stand_in qemu-system-arm </dev/null
passes "a program that is there by other means is no missing package" install qemu-system-arm

# A system without apt.
rm "$bin/apt-get" "$bin/dpkg-query"
passes "without apt a program that is there is enough" install qemu-system-arm
ends "one that is missing is named, with its Debian package" 1 "gcc-arm-none-eabi (none-gcc)" install qemu-system-arm gcc-arm-none-eabi
grep -q "Install them" "$work/said"
result $? "the message says what to do" "$work/said"
ends "a file that no program shows is named and does not stop" 0 "not checked: fonts-dejavu-core" install fonts-dejavu-core

ends "a toolchain without picolibc does not stop" 0 "needed for what is linked with picolibc only: picolibc-arm-none-eabi" \
    install picolibc-arm-none-eabi

# Arm's own toolchain has no picolibc.
for tool in ld ar nm; do
    ln -s "$(command -v "${CROSS}$tool")" "$bin/without-$tool"
done
cat >"$bin/without-gcc" <<END
#!/bin/sh
case " \$* " in
*picolibc*)
    echo "without-gcc: fatal error: cannot read spec file 'picolibc.specs'" >&2
    exit 1
    ;;
esac
exec $real "\$@"
END
chmod +x "$bin/without-gcc"
make BUILD="$work/build" CROSS="$bin/without-" BOARDS=mps2-an385 all >"$work/said" 2>&1 &&
    [ -s "$work/build/mps2-an385/libcairn.a" ] && [ -s "$work/build/mps2-an385/regions/libcairn.a" ]
result $? "without picolibc make builds the other libraries" "$work/said"
[ "$(grep -c 'picolibc' "$work/said")" -eq 1 ] && grep -q 'picolibc is not installed: no build/<board>/picolibc/libcairn.a' "$work/said"
result $? "and says so in a line" "$work/said"

done_testing
