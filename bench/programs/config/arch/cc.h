/* cc.h: what lwIP asks of a compiler and a platform.
 *
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_LWIP_CC_H
#define BENCH_LWIP_CC_H

#include <stdio.h>
#include <stdlib.h>

#define LWIP_PLATFORM_DIAG(x) ((void)0)
#define LWIP_PLATFORM_ASSERT(x) abort()
#define LWIP_RAND() ((u32_t)1)

#endif
