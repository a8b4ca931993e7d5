/* operation.c: see operation.h.
 *
 * SPDX-License-Identifier: MIT */
#include "operation.h"

#include "blocks.h"

/* ---- What can be done next --------------------------------------------------------------------- */

static struct operation *listed;
static unsigned listed_count;

static void add(struct operation operation)
{
    if (listed_count == OPERATIONS)
        __builtin_trap();
    listed[listed_count++] = operation;
}

static void add_for_block(unsigned block)
{
    size_t size = scene_live[block].size;
    add((struct operation){.verb = FREE, .block = block});
    add((struct operation){.verb = USABLE_SIZE, .block = block});
    add((struct operation){.verb = REALLOC, .block = block, .size = size + CAIRN_GRANULE});
    add((struct operation){.verb = REALLOC, .block = block, .size = size + 8 * CAIRN_GRANULE});
    if (size > CAIRN_GRANULE)
        add((struct operation){.verb = REALLOC, .block = block, .size = 1});
}

/* What takes all of `room` bytes, once and over and over. */
static void add_request(size_t room)
{
    size_t size = scene_request(room);
    add((struct operation){.verb = MALLOC, .size = size, .times = 1});
    add((struct operation){.verb = MALLOC, .size = size, .times = 32});
}

unsigned operation_list(struct operation list[OPERATIONS])
{
    static const unsigned short granules[] = {0, 1, 2, 3, 4, 5, 7, 8, 11, 14, 20, 31, 32, 40, 64, 100, 200, 300, 500};
    listed = list;
    listed_count = 0;
    for (unsigned i = 0; i < scene_live_count; i++)
        if (scene_live[i].p != NULL && !scene_live[i].foreign)
            add_for_block(i);
    for (unsigned i = 0; i < sizeof granules / sizeof granules[0]; i++)
        add_request(granules[i] * CAIRN_GRANULE);
    struct block free_blocks[SCENE_BLOCKS];
    unsigned count = scene_blocks(CAIRN_FREE, free_blocks);
    for (unsigned i = 0; i < count; i++)
        if (i == 0 || free_blocks[i].size != free_blocks[i - 1].size)
            add_request(free_blocks[i].size);
    add((struct operation){.verb = CALLOC, .size = 2 * CAIRN_GRANULE});
    add((struct operation){.verb = ALIGNED_ALLOC, .size = 3 * CAIRN_GRANULE});
    add((struct operation){.verb = ALIGNED_ALLOC, .size = 40 * CAIRN_GRANULE});
    if (scene_is_system)
        add((struct operation){.verb = SBRK, .size = 40});
    return listed_count;
}

/* ---- Doing it ---------------------------------------------------------------------------------- */

enum { ALIGNMENT = 8 * CAIRN_GRANULE };

static void *results[SCENE_BLOCKS];
static unsigned result_count;
static size_t result_size;

static void do_operation(struct cairn_heap *heap, void *context)
{
    const struct operation *operation = context;
    void *p = scene_live[operation->block].p;
    (void)heap;
    switch (operation->verb) {
    case FREE:
        scene_free(p);
        break;
    case REALLOC:
        results[0] = scene_realloc(p, operation->size);
        break;
    case USABLE_SIZE:
        result_size = scene_usable_size(p);
        break;
    case MALLOC:
        while (result_count < operation->times && (results[result_count] = scene_malloc(operation->size)) != NULL)
            result_count++;
        break;
    case CALLOC:
        results[0] = scene_calloc(operation->size);
        break;
    case ALIGNED_ALLOC:
        results[0] = scene_aligned_alloc(ALIGNMENT, operation->size);
        break;
    case SBRK:
        results[0] = sbrk((ptrdiff_t)operation->size);
        break;
    }
}

enum ending operation_run(const struct operation *operation)
{
    result_count = 0;
    results[0] = NULL;
    unsigned calls = operation->times != 0 ? operation->times : 1u;
    return watch(do_operation, scene_heap, (void *)(uintptr_t)operation, calls * WATCH_OPERATION);
}

bool operation_was_refused(const struct operation *operation)
{
    return operation->verb == REALLOC && results[0] == NULL;
}

/* ---- Was it in order? -------------------------------------------------------------------------- */

static bool moved_well(struct block *block, size_t size)
{
    if (results[0] == NULL)
        return true;
    size_t kept = block->size < size ? block->size : size;
    block->p = NULL;
    return scene_could_return(results[0], size) && (block->spoiled || filled(results[0], kept, block->seed)) &&
           scene_add(results[0], size);
}

static bool is_new(void *p, size_t size)
{
    return p == NULL || scene_add(p, size);
}

static bool result_is_good(const struct operation *operation)
{
    struct block *block = &scene_live[operation->block];
    switch (operation->verb) {
    case FREE:
        block->p = NULL;
        return true;
    case REALLOC:
        return moved_well(block, operation->size);
    case USABLE_SIZE:
        return result_size == scene_usable(block->size);
    case MALLOC:
        for (unsigned i = 0; i < result_count; i++)
            if (!is_new(results[i], operation->size))
                return false;
        return true;
    case CALLOC:
        return results[0] == NULL || (scene_could_return(results[0], operation->size) &&
                                      all_zero(results[0], operation->size) && is_new(results[0], operation->size));
    case ALIGNED_ALLOC:
        return aligned(results[0], ALIGNMENT) && is_new(results[0], operation->size);
    case SBRK:
        return results[0] == (void *)-1 || scene_add_foreign(results[0], operation->size);
    }
    return false;
}

static void do_check(struct cairn_heap *heap, void *context)
{
    *(int *)context = cairn_check(heap, NULL);
}

enum ending watched_check(int *answer)
{
    return watch(do_check, scene_heap, answer, WATCH_WALK);
}

static void do_free(struct cairn_heap *heap, void *p)
{
    (void)heap;
    scene_free(p);
}

static enum fate fate_of(enum ending ending)
{
    static const enum fate of[] = {
        [RETURNED] = GOES_WELL, [FATAL] = GOES_FATAL, [ASTRAY] = GOES_ASTRAY, [ENDLESS] = GOES_ON};
    return of[ending];
}

static enum fate fate_by_check(void)
{
    int answer = 0;
    enum ending ending = watched_check(&answer);
    return ending == RETURNED && answer != 0 ? GOES_UNSOUND : fate_of(ending);
}

/* Free every block, and look whether it was still what it was. */
static enum fate fate_of_the_rest(void)
{
    for (unsigned i = 0; i < scene_live_count; i++) {
        struct block *block = &scene_live[i];
        if (block->p == NULL || block->foreign)
            continue;
        if (!scene_is_intact(block))
            return GOES_WRONG;
        enum ending ending = watch(do_free, scene_heap, block->p, WATCH_OPERATION);
        block->p = NULL;
        if (ending != RETURNED)
            return scene_all_intact() ? fate_of(ending) : GOES_WRONG;
    }
    return scene_all_intact() ? GOES_WELL : GOES_WRONG;
}

enum fate operation_fate(const struct operation *operation)
{
    if (!result_is_good(operation) || !scene_all_intact())
        return GOES_WRONG;
    enum fate now = fate_by_check();
    enum fate rest = fate_of_the_rest();
    if (rest != GOES_WELL)
        return rest;
    return now != GOES_WELL ? now : fate_by_check();
}
