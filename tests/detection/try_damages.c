/* try_damages.c: the part of the matrix that writes where it should not: see matrix.h.
 *
 * SPDX-License-Identifier: MIT */
#include "damage.h"
#include "matrix.h"

#include <stdio.h>
#include <string.h>

/* ---- What each operation does to the sound heap ---------------------------------------------------- */

static struct operation operations[OPERATIONS];
static unsigned operation_count;
static unsigned char touches[OPERATIONS][SCENE_MEMORY]; /* the byte: reads it, or takes it */
static bool leaves[OPERATIONS][SCENE_BLOCKS];           /* the free block as it is */
static bool refused[OPERATIONS];                        /* a resize that changes nothing */
static struct block free_blocks[SCENE_BLOCKS];
static unsigned free_count;

static bool is_among(const struct block *block, const struct block *list, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (list[i].p == block->p && list[i].size == block->size)
            return true;
    return false;
}

/* Mark what is free: blocks, and what is above the break. */
static void mark_free(unsigned char marks[SCENE_MEMORY], const struct block *blocks, unsigned count)
{
    const char *brk = scene_break();
    const char *limit = heap_pointer(scene_heap, scene_heap->limit);
    memset(marks, 0, SCENE_MEMORY);
    for (const struct block *block = blocks; block < blocks + count; block++)
        memset(marks + (block->p - scene_memory), 1, block->size);
    memset(marks + (brk - scene_memory), 1, (size_t)(limit - brk));
}

static bool try_on_sound_heap(unsigned n)
{
    static unsigned char was_free[SCENE_MEMORY], is_free[SCENE_MEMORY];
    struct block after[SCENE_BLOCKS];
    scene_restore();
    mark_free(was_free, free_blocks, free_count);
    memset(touches[n], 0, SCENE_MEMORY);
    watch_reads(touches[n]);
    enum ending ending = operation_run(&operations[n]);
    watch_reads(NULL);
    refused[n] = operation_was_refused(&operations[n]);
    unsigned count = scene_blocks(CAIRN_FREE, after);
    for (unsigned i = 0; i < free_count; i++)
        leaves[n][i] = is_among(&free_blocks[i], after, count);
    mark_free(is_free, after, count);
    for (size_t i = 0; i < SCENE_MEMORY; i++)
        touches[n][i] |= was_free[i] && !is_free[i];
    if (ending == RETURNED && operation_fate(&operations[n]) == GOES_WELL)
        return true;
    printf("# %s, sound: operation %u does not go well\n", matrix_scene->name, n);
    return false;
}

/* ---- Which operations concern a damage -------------------------------------------------------------- */

static bool touches_what_changes(unsigned n, const struct damage *damage)
{
    const unsigned char *touched = touches[n] + (damage->at - scene_memory);
    for (size_t i = 0; i < damage->length; i++)
        if (touched[i] && (unsigned char)damage->at[i] != damage->bytes[i])
            return true;
    return false;
}

static bool is_of_live(const struct damage *damage)
{
    return damage->kind >= FREE_KINDS && damage->kind < LIVE_KINDS;
}

/* At level 1 no operation reads what is written into live blocks: those of the blocks concerned count, except a resize
 * that is refused on the sound heap: it takes no free block, and need not prove one's links. */
static bool concerns(unsigned n, const struct damage *damage)
{
    const struct operation *operation = &operations[n];
    if (!is_of_live(damage))
        return touches_what_changes(n, damage);
    return (operation->verb == FREE || (operation->verb == REALLOC && !refused[n])) &&
           (operation->block == damage->block || damage_reaches(damage, &scene_live[operation->block]));
}

/* What the operation has to do with the damaged free block. */
static enum act act_on_free_block(unsigned n, const struct block *block)
{
    const struct operation *operation = &operations[n];
    const struct block *live = &scene_live[operation->block];
    if (operation->verb != FREE && operation->verb != REALLOC)
        return IS_TAKEN;
    if (live->p + scene_rounded(live->size) == block->p)
        return operation->verb == FREE ? BELOW_IS_FREED : BELOW_IS_RESIZED;
    if (block->p + block->size == live->p)
        return operation->verb == FREE ? ABOVE_IS_FREED : ABOVE_IS_RESIZED;
    return IS_TAKEN;
}

static enum act act_of(unsigned n, const struct damage *damage)
{
    if (is_of_live(damage))
        return damage->kind < LIVE_BYTES && operations[n].block == damage->block ? OWN_USE : ITS_USE;
    if (damage->kind >= FREE_BLOCK_KINDS)
        return damage->kind == NEVER_USED ? IS_TAKEN : READS_IT;
    return leaves[n][damage->block] ? IS_LOOKED_AT : act_on_free_block(n, &free_blocks[damage->block]);
}

/* ---- What becomes of it ------------------------------------------------------------------------------ */

static bool is_still_free(const struct block *block)
{
    struct block now[SCENE_BLOCKS];
    return is_among(block, now, scene_blocks(CAIRN_FREE, now));
}

/* `spoils`: the damage itself is harm to a live block. */
static enum outcome outcome_of(enum fate fate, bool check_finds, bool spoils)
{
    if (fate == GOES_ASTRAY || fate == GOES_ON)
        return fate == GOES_ASTRAY ? WENT_ASTRAY : NEVER_ENDED;
    if (check_finds)
        return fate == GOES_WRONG ? TOO_LATE : BY_CHECK;
    if (fate == GOES_FATAL)
        return LATER;
    return fate == GOES_WELL && !spoils ? HARMLESS : NOT_FOUND;
}

static void try_operation(unsigned n, const struct damage *damage, bool check_finds)
{
    enum act act = act_of(n, damage);
    bool spoils = damage_apply(damage) && is_of_live(damage);
    enum ending ending = operation_run(&operations[n]);
    enum outcome outcome = matrix_outcome(ending);
    if (ending == RETURNED) {
        if (act == IS_TAKEN && damage->kind != NEVER_USED && is_still_free(&free_blocks[damage->block]))
            act = IS_LOOKED_AT; /* the second of its bin, and passed over: it says that it is too small */
        outcome = outcome_of(operation_fate(&operations[n]), check_finds, spoils);
    }
    matrix_count(damage->kind, act, outcome, damage->at);
    scene_restore();
}

static bool visit_block(void *context, void *block, size_t size, enum cairn_kind kind)
{
    (void)context;
    (void)block;
    return size != 0 && kind <= CAIRN_RESERVED;
}

static void inspect(struct cairn_heap *heap, void *answer)
{
    struct cairn_stats stats;
    cairn_stats(heap, &stats);
    cairn_walk(heap, visit_block, NULL);
    *(int *)answer = cairn_check(heap, NULL);
    struct cairn_place place = {.at = 0};
    while (place.passes == 0 && cairn_check_step(heap, &place, 1) == 0)
        continue;
}

static unsigned do_every;
static unsigned long seen;

static void try_damage(const struct damage *damage)
{
    static bool concerned[OPERATIONS];
    int answer = 0;
    if (seen++ % do_every != 0)
        return;
    for (unsigned n = 0; n < operation_count; n++)
        concerned[n] = concerns(n, damage);
    damage_apply(damage);
    enum ending inspected = watch(inspect, scene_heap, &answer, WATCH_WALK);
    scene_restore();
    if (inspected != RETURNED)
        matrix_count(damage->kind, INSPECTION, matrix_outcome(inspected), damage->at);
    for (unsigned n = 0; n < operation_count; n++)
        if (concerned[n])
            try_operation(n, damage, inspected == RETURNED && answer != 0);
}

bool try_damages(unsigned every)
{
    bool sound = true;
    do_every = every;
    operation_count = operation_list(operations);
    free_count = scene_blocks(CAIRN_FREE, free_blocks);
    for (unsigned n = 0; n < operation_count; n++)
        sound = try_on_sound_heap(n) && sound;
    scene_restore();
    damage_each(try_damage);
    return sound;
}
