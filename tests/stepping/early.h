/* early.h: as CAIRN_CONFIG_HEADER, it makes the heap unlock too early: in the middle of its work on the
 * map, at the step that EARLY_... names. What is left to do then is open to interrupts.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EARLY_H
#define EARLY_H

#include "allocator/core/map.h"
#include "tests/support/masked.h"

static inline void unlock_early(void)
{
    set_masked(0);
}

#if defined(EARLY_used) /* before the used bits are turned: taking, freeing, resizing */
#define map_turn(handle, i, size, bound) (unlock_early(), map_turn(handle, i, size, bound))
#elif defined(EARLY_freed) /* once they are off, before the block enters its bin */
#define map_turn(handle, i, size, bound) (map_turn(handle, i, size, bound), unlock_early())
#elif defined(EARLY_rest) /* once the rest of a block that was split is in its bin, before the map has its end */
#define map_turn(handle, i, size, bound) ((bound) ? unlock_early() : (void)0, map_turn(handle, i, size, bound))
#elif defined(EARLY_merged) /* once the boundary between two blocks is gone, before the merged one enters its bin */
#define map_turn_bound(handle, i) (map_turn_bound(handle, i), unlock_early())
#endif

#endif
