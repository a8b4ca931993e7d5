#!/bin/sh
# lock.t: the library with another lock, by each way that docs/integrate.md offers: no warning, and the code writes
# BASEPRI, with the ceiling that was asked for, and not PRIMASK.
#
# SPDX-License-Identifier: MIT
. tests/scripts/tap.sh
plan 15

board=mps2-an385
mkdir -p "$work/include"
cat >"$work/include/my_config.h" <<'END'
#define CAIRN_PORT_HEADER "cortex-m/basepri.h"
#define CAIRN_CEILING 0x50
END
cat >"$work/include/my_lock.h" <<'END'
#include <stdint.h>
static inline uint32_t port_lock(void)
{
    __asm volatile("nop\n\tnop\n\tnop" ::: "memory");
    return 0;
}
static inline void port_unlock(uint32_t state)
{
    __asm volatile("nop\n\tnop" : : "r"(state) : "memory");
}
END

# builds [VARIABLE...]: make's library with these variables, without a warning.
builds() {
    library=$work/build/$board/libcairn.a
    rm -rf "$work/build"
    make -s BUILD="$work/build" "$@" "$library" "$work/build/$board/libcairn-sbrk.a" >"$work/made" 2>&1 || {
        cat "$work/made"
        return 1
    }
    ! grep -v '^build/' "$work/made"
}
# by_basepri: is the lock BASEPRI, with a ceiling of 0x50?
by_basepri() {
    "${CROSS}objdump" -d "$work/build/$board/libcairn.a" "$work/build/$board/libcairn-sbrk.a" >"$work/code"
    raised=$(grep -ciE 'msr\s+basepri_max' "$work/code")
    ceilings=$(grep -cE 'mov(s|\.w)?\s+(r[0-9]+|ip|lr|sl|fp), #80\b' "$work/code")
    echo "$raised times BASEPRI_MAX, $ceilings times 0x50"
    [ "$raised" -gt 0 ] && [ "$ceilings" -eq "$raised" ] && ! grep -iE 'mrs\s.*primask' "$work/code"
}

passes "the default builds" builds
"${CROSS}objdump" -d "$work/build/$board/libcairn.a" "$work/build/$board/libcairn-sbrk.a" >"$work/code"
grep -qiE 'mrs\s.*primask' "$work/code" && ! grep -iE 'basepri' "$work/code" >"$work/said"
result $? "its lock is PRIMASK" "$work/said"

header="-DCAIRN_PORT_HEADER='\"cortex-m/basepri.h\"'"
passes "CEILING=0x50 builds" builds CEILING=0x50
passes "its lock is BASEPRI" by_basepri
passes "the header among the library's flags builds" builds OPT="-Os $header -DCAIRN_CEILING=0x50"
passes "its lock is BASEPRI, too" by_basepri
passes "the header in LOCK builds" builds LOCK="$header -DCAIRN_CEILING=0x50"
passes "its lock is BASEPRI as well" by_basepri
passes "the header named by a header of options builds" \
    builds OPT="-Os -I$work/include -DCAIRN_CONFIG_HEADER='\"my_config.h\"'"
passes "so its lock is BASEPRI" by_basepri
passes "a lock of one's own builds" builds OPT="-Os -I$work/include -DCAIRN_PORT_HEADER='\"my_lock.h\"'"
"${CROSS}objdump" -d "$work/build/$board/libcairn.a" >"$work/code"
! grep -iE 'basepri|mrs\s.*primask' "$work/code" >"$work/said"
result $? "its lock is neither" "$work/said"
refuses "a ceiling of 0 does not build" "CAIRN_CEILING must be 1 to 255" builds CEILING=0
refuses "a ceiling needs a core that has BASEPRI" "BASEPRI is not there on ARMv6-M and ARMv8-M Baseline" \
    make -s BUILD="$work/build" CEILING=0x50 "$work/build/microbit/libcairn.a"
refuses "the header needs a ceiling" "CAIRN_CEILING is not set" builds OPT="-Os $header"

done_testing
