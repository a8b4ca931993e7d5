/* hooks.h: what a heap that is watched has told the tests.
 *
 * SPDX-License-Identifier: MIT */
#ifndef HOOKS_H
#define HOOKS_H

#include "cairn.h"

/* What cairn_on_failure() was told last, and how often. */
extern unsigned hook_failures;
extern struct cairn_request hook_request;
extern size_t hook_largest_free;

/* Its way to try a hook that uses the heap: freed at the next failure. */
extern void *hook_reserve;

/* The last record that cairn_trace() was given, its words, and how many records there were. */
extern unsigned hook_records;
extern uintptr_t hook_record[CAIRN_TRACE_MOST];
extern uint32_t hook_words;

#endif
