#!/bin/sh
# sinks.t: the carriers of extras/ that tell other tools of the heap's calls, over stand-ins of their interfaces: what
# these are told.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 11

# told SINK: what it tells its tool is in $work/told.
told() {
    gcc -m32 -std=c11 -Wall -Wextra -Werror -DCAIRN_TRACE=1 -Iinclude -Iport -Itests/sinks "extras/trace_$1.c" \
        tests/sinks/sink.c -o "$work/$1" && "$work/$1" >"$work/told"
}

# tells NAME SINK: that is what standard input has.
tells() {
    cat >"$work/wanted"
    { told "$2" && diff "$work/wanted" "$work/told"; } >"$work/said" 2>&1
    result $? "$1" "$work/said"
}

tells "RTT gets each record's words, under the lock" rtt <<'END'
rtt 1: 00 00 00 00 01 02 00 00 00 20 00 00 14 00 00 00
rtt 1: 03 01 00 00 03 02 00 00 00 20 00 00 28 00 00 00 40 20 00 00
rtt 1: 00 02 00 00 05 02 00 00 00 00 00 00 28 23 00 00
rtt 1: 1e 00 00 00 11 02 00 00 21 02 00 00 03 08 00 00 04 03 00 00 07 02 00 00 40 20 00 00
END
tells "SystemView gets blocks that begin and end" systemview <<'END'
sysview 1000 alloc 2000 20
sysview 1000 free 2000
sysview 1000 alloc 2040 40
sysview 1000 free 2040
END
tells "Tracealyzer gets events in a channel" tracealyzer <<'END'
register heap
channel 5: malloc 2000, 20 bytes from 201
channel 5: free 2000 from 203
channel 5: malloc 2040, 40 bytes from 203
channel 5: free 2040 from 207
END
tells "Memfault gets callers, and the request that was refused" memfault <<'END'
memfault 201 malloc 2000 20
memfault free 2000
memfault 203 malloc 2040 40
memfault 205 malloc 0 9000
memfault free 2040
END
for sink in rtt systemview tracealyzer memfault; do
    passes "trace_$sink.c compiles for a Cortex-M0" "${CROSS}gcc" -mcpu=cortex-m0 -mthumb -std=c11 -Os -Wall -Wextra -Werror \
        -DCAIRN_TRACE=1 -DCAIRN_PORT_HEADER='"cortex-m/primask.h"' -Iinclude -Iport -Itests/sinks -c "extras/trace_$sink.c" \
        -o "$work/$sink.o"
done
for kernel in freertos threadx; do
    passes "trace_task_$kernel.c compiles" "${CROSS}gcc" -mcpu=cortex-m3 -mthumb -std=c11 -Os -Wall -Wextra -Werror \
        -Iinclude -Iport -Itests/sinks/kernel -c "extras/trace_task_$kernel.c" -o "$work/$kernel.o"
done
passes "trace_time_dwt.c compiles" "${CROSS}gcc" -mcpu=cortex-m3 -mthumb -std=c11 -Os -Wall -Wextra -Werror -Iport \
    -c extras/trace_time_dwt.c -o "$work/dwt.o"
done_testing
