/* platform.h: a stand-in for the Pico SDK's.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SDK_PLATFORM_H
#define SDK_PLATFORM_H

extern unsigned core_number;

static inline unsigned get_core_num(void)
{
    return core_number;
}

#endif
