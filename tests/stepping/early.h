/* early.h: as CAIRN_CONFIG_HEADER, it makes the heap unlock too early: in the middle of its work on the
 * map, at the step that EARLY_... names. What is left to do then is open to interrupts.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EARLY_H
#define EARLY_H

#include "allocator/map.h"

static inline void unlock_early(void)
{
    __asm volatile("msr primask, %0" ::"r"(0) : "memory");
}

#if defined(EARLY_used) /* before the used bits are written: taking, resizing */
#define map_turn_used(handle, i, size) (unlock_early(), map_turn_used(handle, i, size))
#elif defined(EARLY_rest) /* before the rest of a block that was split enters its bin */
#define map_set_bound(handle, i) (map_set_bound(handle, i), unlock_early())
#elif defined(EARLY_freed) /* once the used bits are off, and the size is known: freeing */
static inline index_t clear_used_and_unlock(void *handle, index_t i)
{
    index_t size = map_clear_used(handle, i);
    unlock_early();
    return size;
}
#define map_clear_used clear_used_and_unlock
#elif defined(EARLY_merged) /* once the boundary between two blocks is gone, before the merged one enters its bin */
#define map_clear_bound(handle, i) (map_clear_bound(handle, i), unlock_early())
#endif

#endif
