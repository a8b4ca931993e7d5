/* heap_stats.h: a stand-in for the interface of that name, for tests/sinks/sink.c.
 *
 * SPDX-License-Identifier: MIT */
#ifndef STAND_IN_HEAP_STATS_H
#define STAND_IN_HEAP_STATS_H

#include <stddef.h>

void memfault_heap_stats_malloc(const void *caller, const void *block, size_t size);
void memfault_heap_stats_free(const void *block);

#endif
