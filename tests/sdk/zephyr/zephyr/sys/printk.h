/* printk.h: a stand-in for Zephyr's.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SDK_PRINTK_H
#define SDK_PRINTK_H

#define printk sdk_printk

void sdk_printk(const char *format, const char *text, const void *address); /* tests/sdk/program.c */

#endif
