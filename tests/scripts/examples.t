#!/bin/sh
# The examples do what they say, on the board.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh

# says IMAGE LINE: does the firmware end well, having printed the line?
says() {
    tests/run-one "build/$1.elf" >"$work/said" 2>&1 && grep -qxF -- "$2" "$work/said"
    result $? "$1 says: $2" "$work/said"
}

plan 7
says mps2-an385/example/hello "mean of 20 readings: 21.380000 degrees"
says stm32vldiscovery/example/hello "mean of 20 readings: 21.380000 degrees"
says mps2-an385/example/interrupt "message 4 from the handler"
says mps2-an385/example/private-heap "round 2: 7 words in 56 bytes"
says mps2-an385/example/sbrk-alone "a request for 64 MiB gives NULL"
says mps2-an385/example/cxx "50 squares in a heap of their own, the last is 2401"
says mps2-an385/example/regions "external RAM: 153600 bytes used, 354696 could follow"

done_testing
