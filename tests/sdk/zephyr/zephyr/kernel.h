/* kernel.h: a stand-in for Zephyr's, as far as port/zephyr uses it.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SDK_KERNEL_H
#define SDK_KERNEL_H

#define __noinit __attribute__((section(".noinit")))
#define k_panic() kernel_panics()

void kernel_panics(void); /* tests/sdk/program.c */

#endif
