# tap.sh: TAP for the scripts beside it, which are run from the top of the tree.
#
# SPDX-License-Identifier: MIT
number=0
failures=0

plan() {
    echo "1..$1"
}

# result STATUS NAME [FILE]: a test whose command ended with STATUS; FILE says more if it failed.
result() {
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $number - $2"
        return
    fi
    failures=$((failures + 1))
    echo "not ok $number - $2"
    [ -z "${3:-}" ] || head -n 20 "$3" | sed 's/^/#   /'
}

# passes NAME COMMAND...: does the command succeed?
passes() {
    name=$1
    shift
    "$@" >"$work/said" 2>&1
    result $? "$name" "$work/said"
}

# refuses NAME MESSAGE COMMAND...: does the command fail, saying MESSAGE?
refuses() {
    name=$1
    message=$2
    shift 2
    if "$@" >"$work/said" 2>&1; then
        echo "it did not fail" >>"$work/said"
        result 1 "$name" "$work/said"
        return
    fi
    grep -qF -- "$message" "$work/said"
    result $? "$name" "$work/said"
}

# ends NAME STATUS WORDS COMMAND...: does the command end with the status, having said the words?
ends() {
    name=$1
    expected_status=$2
    words=$3
    shift 3
    "$@" >"$work/said" 2>&1
    status=$?
    [ "$status" -eq "$expected_status" ] && grep -qF -- "$words" "$work/said"
    result $? "$name" "$work/said"
}

# done_testing: the status to leave with.
done_testing() {
    [ "$failures" -eq 0 ]
}

# A directory of the script's own.
work=build/scripts/$(basename "$0" .t)
rm -rf "$work"
mkdir -p "$work"

# A test may be run by make; what it makes itself is on its own.
unset MAKEFLAGS MFLAGS MAKELEVEL

: "${CROSS:=arm-none-eabi-}"

# flags BOARD: what the compiler is told about the board.
flags() {
    sed -n 's/^CPU_FLAGS *:= *\([^#]*\).*/\1/p' "boards/$1/board.mk"
}
