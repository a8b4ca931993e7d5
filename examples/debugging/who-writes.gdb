# Who writes to the byte that cairn_fatal() names? Runs the firmware once until it stops, then again from
# reset, and prints where each write to that byte was made: the last one before it stops is the wrong one.
# A function of the C library, such as memcpy, was called with a wrong size or address: "called from" is what it returns
# to (the link register: of a function that has called others it may be old).
# The program must do the same each time. The firmware's target is connected already:
#
#     gdb-multiarch firmware.elf -ex 'target remote :3333' -x who-writes.gdb
#
# SPDX-License-Identifier: MIT
set pagination off
set confirm off
hbreak cairn_fatal
continue
set $bad = (unsigned)address
printf "the byte is at %#x\n", $bad
monitor system_reset
watch *(char *)$bad
commands
silent
printf "written before %#x, called from %#x\n", $pc, $lr
continue
end
continue
