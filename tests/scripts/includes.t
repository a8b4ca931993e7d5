#!/bin/sh
# includes.t: who includes whom. The heap knows its own headers, the port's contract and what every
# freestanding compiler has; boards include nothing.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 6

# others FOLDER PATTERN: includes of the folder's sources that are not the pattern's.
others() {
    grep -rnE '^ *# *include' "$1" --include='*.[ch]' | grep -vE "$2" >"$work/said"
    [ ! -s "$work/said" ]
}

own=$(cd allocator && printf '%s|' *.h | sed 's/\./\\./g; s/|$//')
free='<std[a-z]*\.h>|<limits\.h>'

# The malloc family sets errno; copying and clearing are the compiler's own functions.
others allocator "\"($own|port\.h)\"|$free|<errno\.h>|<string\.h>|CAIRN_CONFIG_HEADER"
result $? "the heap includes itself, port.h and freestanding headers" "$work/said"
grep -nE '<(errno|string)\.h>' allocator/*.h allocator/heap.c allocator/inspect.c >"$work/said"
[ ! -s "$work/said" ]
result $? "the heart of the heap needs no C library" "$work/said"
others port/port.h "<std[a-z]*\.h>|CAIRN_LOCK_HEADER|CAIRN_CONFIG_HEADER"
result $? "the port's contract includes nothing of the heap" "$work/said"
grep -rniE 'include' boards >"$work/said"
[ ! -s "$work/said" ]
result $? "boards include nothing" "$work/said"
port_own=$(cd port/cortex-m && printf '%s|' *.h | sed 's/\./\\./g; s/|$//')
others port/cortex-m "\"(port\.h|cairn\.h|cairn_config\.h|$port_own)\"|<std[a-z]*\.h>"
result $? "the Cortex-M port includes the contract and itself" "$work/said"
posix_own=$(cd port/posix && printf '%s|' *.h | sed 's/\./\\./g; s/|$//')
grep -rnE '^ *# *include "' port/posix | grep -vE "\"($own|port\.h|$posix_own)\"" >"$work/said"
[ ! -s "$work/said" ]
result $? "the port for a process includes the heap, the contract and itself, and the system's headers" "$work/said"

done_testing
