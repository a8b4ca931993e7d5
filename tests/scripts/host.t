#!/bin/sh
# host.t: the library for this machine's own programs, from outside; and such programs over it, a short form
# of `make preload`. What is not installed is skipped by name.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
library=build/host/libcairn-preload.so
measured=build/host/measured
: "${PYTHON:=/usr/bin/python3}"
plan 6

# The family of glibc 2.36, and C23.
cat >"$work/family" <<'END'
__libc_calloc
__libc_free
__libc_malloc
__libc_memalign
__libc_pvalloc
__libc_realloc
__libc_valloc
__posix_memalign
aligned_alloc
cairn_aligned_alloc
cairn_calloc
cairn_check
cairn_check_step
cairn_free
cairn_free_bytes
cairn_init
cairn_malloc
cairn_realloc
cairn_reason_text
cairn_stats
cairn_system
cairn_usable_size
cairn_used_bytes
cairn_walk
calloc
cfree
free
free_aligned_sized
free_sized
mallinfo
mallinfo2
malloc
malloc_info
malloc_stats
malloc_trim
malloc_usable_size
mallopt
memalign
posix_memalign
pvalloc
realloc
reallocarray
reallocf
valloc
END
nm -D --defined-only "$library" | awk '{print $3}' | LC_ALL=C sort >"$work/exported"
diff "$work/family" "$work/exported" >"$work/said"
result $? "the library exports the malloc family, cairn.h, and nothing else" "$work/said"

# Of these fprintf() allocates, and only malloc_info() calls it; pthread_setspecific() does for none of the first 32 keys.
cat >"$work/allowed" <<'END'
__errno_location
__libc_single_threaded
__register_atfork
abort
fprintf
getauxval
getrandom
madvise
memcpy
memmove
memset
mmap
mprotect
mremap
munmap
personality
pthread_key_create
pthread_setspecific
sched_yield
syscall
write
END
nm -D --undefined-only "$library" | awk '$1 == "U" {sub(/@.*/, "", $2); print $2}' | LC_ALL=C sort >"$work/needed"
LC_ALL=C comm -23 "$work/needed" "$work/allowed" >"$work/said"
[ -s "$work/needed" ] && [ ! -s "$work/said" ]
result $? "the library calls nothing that allocates" "$work/said"

printf 'm 0 100\nm 1 24\nc 2 8\nr 0 300\na 3 64 64\nf 1\nf 0\nf 3\nf 2\n' >"$work/tiny.trace"
build/host/bench/host "$work/tiny.trace" >"$work/bench" 2>"$work/said"
awk -F '\t' 'NF != 13 { exit 1 } NR > 1 { n[$2]++; if ($6 < 0 || $7 > $12 || $12 > $13) exit 1 }
             END { if (NR != 17 || n["cairn"] != 8 || n["glibc"] != 8) exit 1 }' "$work/bench"
result $? "bench-host prints a line for each heap and operation, with and without threads" "$work/bench"

programs() {
    "$PYTHON" tools/preload.py --library "$1" --measured "$measured" --work build/preload --pairs 1 --short --tap
}
refuses "a library that is not loaded is noticed" "is not loaded" programs build/no-such-library.so
programs "$library" >"$work/programs" 2>&1
status=$?
sed -n 's/^ok [0-9]* - \(.*\) # SKIP.*/# not installed: \1/p' "$work/programs"
result "$status" "programs do the same with Cairn for their heap, as without" "$work/programs"
[ "$(grep -c '^ok [0-9]* - [^#]*$' "$work/programs")" -ge 6 ]
result $? "there are six such programs at least" "$work/programs"

done_testing
