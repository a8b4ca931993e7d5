/* panic.h: a stand-in for RIOT's.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SDK_PANIC_H
#define SDK_PANIC_H

typedef enum { PANIC_GENERAL_ERROR } core_panic_t;

_Noreturn void core_panic(core_panic_t code, const char *message); /* tests/sdk/program.c */

#endif
