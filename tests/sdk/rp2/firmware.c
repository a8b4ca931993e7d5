/* firmware.c: what a firmware sees of cairn::pico.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"

#if PICO_USE_MALLOC_MUTEX
#error "the SDK's mutex is not off"
#endif

int counts(void);
int counts(void)
{
    return CAIRN_COUNTS;
}
