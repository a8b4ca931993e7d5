/* try_pointers.c: the part of the matrix that gives wrong pointers: see matrix.h.
 *
 * SPDX-License-Identifier: MIT */
#include "matrix.h"

/* ---- What a pointer is: by the map of the sound heap --------------------------------------------------- */

static struct block blocks[3][SCENE_BLOCKS];
static unsigned counts[3];

static bool lies_in(const char *p, enum cairn_kind kind)
{
    for (unsigned i = 0; i < counts[kind]; i++)
        if ((uintptr_t)p - (uintptr_t)blocks[kind][i].p < blocks[kind][i].size)
            return true;
    return false;
}

static bool is_live(const char *p)
{
    for (unsigned i = 0; i < scene_live_count; i++)
        if (scene_live[i].p == p && !scene_live[i].foreign)
            return true;
    return false;
}

static enum pointer_kind kind_of(const char *p)
{
    if (lies_in(p, CAIRN_USED))
        return IN_LIVE;
    if (lies_in(p, CAIRN_FREE))
        return IN_FREE;
    if (lies_in(p, CAIRN_RESERVED))
        return IN_RESERVED;
    if ((uintptr_t)p - (uintptr_t)scene_memory >= scene_size)
        return ELSEWHERE;
    return p < (char *)heap_pointer(scene_heap, scene_heap->top) ? IN_CONTROL : OVER_THE_TOP;
}

/* ---- Giving it ----------------------------------------------------------------------------------------- */

static void give_to_free(struct cairn_heap *heap, void *p)
{
    (void)heap;
    scene_free(p);
}

static void give_to_realloc(struct cairn_heap *heap, void *p)
{
    (void)heap;
    scene_realloc(p, 2 * CAIRN_GRANULE);
}

static void give_to_usable_size(struct cairn_heap *heap, void *p)
{
    (void)heap;
    scene_usable_size(p);
}

static void (*const functions[])(struct cairn_heap *, void *) = {give_to_free, give_to_realloc, give_to_usable_size};
enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

static void give_to(unsigned i, char *p, enum pointer_kind kind)
{
    enum outcome outcome = matrix_outcome(watch(functions[i], scene_heap, p, WATCH_OPERATION));
    matrix_count(kind, TO_FREE + i, outcome, p);
    if (outcome != AT_ONCE)
        scene_restore();
}

static void give_unless_live(char *p)
{
    if (p == NULL || is_live(p))
        return;
    for (unsigned i = 0; i < FUNCTIONS; i++)
        give_to(i, p, kind_of(p));
}

/* Addresses that have all low bits of a live block's. */
static void give_far_away(char *p)
{
    for (unsigned bit = 0; bit < 8 * sizeof p; bit++) {
        give_unless_live((char *)((uintptr_t)p + ((uintptr_t)1 << bit)));
        give_unless_live((char *)((uintptr_t)p - ((uintptr_t)1 << bit)));
    }
}

static void give_freed(unsigned n)
{
    const struct block *block = &scene_live[n];
    for (unsigned i = 0; i < FUNCTIONS; i++) {
        scene_free(block->p);
        give_to(i, block->p, JUST_FREED);
        scene_restore();
        scene_free(block->p);
        if (scene_malloc(block->size) == block->p)
            give_to(i, block->p, GIVEN_AGAIN);
        scene_restore();
    }
}

void try_pointers(unsigned every)
{
    for (enum cairn_kind kind = CAIRN_USED; kind <= CAIRN_RESERVED; kind++)
        counts[kind] = scene_blocks(kind, blocks[kind]);
    for (size_t i = 0; i < scene_size + 2 * CAIRN_GRANULE; i += every)
        give_unless_live(scene_memory - CAIRN_GRANULE + i);
    for (unsigned n = 0; n < scene_live_count; n += every)
        if (scene_live[n].p != NULL && !scene_live[n].foreign) {
            give_far_away(scene_live[n].p);
            give_freed(n);
        }
}
