/* scene.c: see scene.h.
 *
 * SPDX-License-Identifier: MIT */
#include "scene.h"

#include "blocks.h"
#include "host_port.h"
#include "watch.h"

#include <string.h>

_Alignas(64) char scene_memory[SCENE_MEMORY];
size_t scene_size;
struct cairn_heap *scene_heap;
struct block scene_live[SCENE_BLOCKS];
unsigned scene_live_count;
bool scene_is_system;

/* ---- Entry points ----------------------------------------------------------------------------- */

void *scene_malloc(size_t size)
{
    return scene_is_system ? malloc(size) : cairn_malloc(scene_heap, size);
}

void *scene_calloc(size_t size)
{
    return scene_is_system ? calloc(1, size) : cairn_calloc(scene_heap, 1, size);
}

void *scene_aligned_alloc(size_t alignment, size_t size)
{
    return scene_is_system ? memalign(alignment, size) : cairn_aligned_alloc(scene_heap, alignment, size);
}

void *scene_realloc(void *p, size_t size)
{
    return scene_is_system ? realloc(p, size) : cairn_realloc(scene_heap, p, size);
}

size_t scene_usable_size(void *p)
{
    return scene_is_system ? malloc_usable_size(p) : cairn_usable_size(scene_heap, p);
}

void scene_free(void *p)
{
    if (scene_is_system)
        free(p);
    else
        cairn_free(scene_heap, p);
}

/* ---- What is known of it ---------------------------------------------------------------------- */

static size_t room_of(const struct block *block)
{
    return block->foreign ? block->size : scene_rounded(block->size);
}

static bool overlaps_a_live_one(const char *p, size_t size)
{
    for (const struct block *live = scene_live; live < scene_live + scene_live_count; live++)
        if (live->p != NULL && p < live->p + room_of(live) && live->p < p + size)
            return true;
    return false;
}

static bool could_be(const struct block *block)
{
    uintptr_t offset = (uintptr_t)block->p - (uintptr_t)scene_memory;
    return offset < scene_size && room_of(block) <= scene_size - offset && block->p >= (char *)(scene_heap + 1) &&
           !overlaps_a_live_one(block->p, room_of(block));
}

bool scene_could_return(const void *p, size_t size)
{
    return aligned(p, CAIRN_GRANULE) && could_be(&(struct block){.p = (char *)(uintptr_t)p, .size = size});
}

static bool add(struct block block, size_t usable)
{
    if (!could_be(&block) || scene_live_count == SCENE_BLOCKS)
        return false;
    block.seed = scene_live_count + 1u;
    scene_live[scene_live_count++] = block;
    fill(block.p, usable, block.seed);
    return true;
}

bool scene_add(void *p, size_t size)
{
    return aligned(p, CAIRN_GRANULE) && add((struct block){.p = p, .size = size}, scene_usable(size));
}

bool scene_add_foreign(void *p, size_t size)
{
    return add((struct block){.p = p, .size = size, .foreign = true}, size);
}

bool scene_is_intact(const struct block *live)
{
    return live->p == NULL || live->spoiled || filled(live->p, live->size, live->seed);
}

bool scene_all_intact(void)
{
    for (const struct block *live = scene_live; live < scene_live + scene_live_count; live++)
        if (!scene_is_intact(live))
            return false;
    return true;
}

char *scene_break(void)
{
    return scene_is_system ? sbrk(0) : heap_pointer(scene_heap, scene_heap->top);
}

struct listing {
    enum cairn_kind kind;
    struct block *blocks;
    unsigned count;
};

static bool list_one(void *context, void *block, size_t size, enum cairn_kind kind)
{
    struct listing *listing = context;
    if (kind == listing->kind)
        listing->blocks[listing->count++] = (struct block){.p = block, .size = size};
    return listing->count < SCENE_BLOCKS;
}

unsigned scene_blocks(enum cairn_kind kind, struct block blocks[SCENE_BLOCKS])
{
    struct listing listing = {.kind = kind, .blocks = blocks};
    cairn_walk(scene_heap, list_one, &listing);
    return listing.count;
}

/* ---- Shapes: sizes are granules, less a byte or two so that blocks have slack ----------------- */

/* Granules of the smallest block. */
enum { SLACK = 2, LEAST = (SCENE_KEPT + SLACK + CAIRN_GRANULE - 1) / CAIRN_GRANULE };

static bool live(size_t granules)
{
    size_t room = (granules < LEAST ? LEAST : granules) * CAIRN_GRANULE;
    size_t size = scene_request(room) - scene_live_count % (SLACK + 1u);
    void *p = scene_malloc(size);
    return p != NULL && scene_add(p, size);
}

static void let_go(unsigned n)
{
    scene_free(scene_live[n].p);
    scene_live[n].p = NULL;
}

static void build_fresh(void)
{
}

static void build_full(void)
{
    static const unsigned char sizes[] = {3, 1, 40, 2, 8, 5, 32, 1, 70, 4, 31, 2};
    for (unsigned i = 0; live(sizes[i % sizeof sizes]); i++)
        ;
    while (live(1))
        ;
}

/* Live and free in turn, of the same sizes often enough that lists have several blocks. */
static void build_fragmented(void)
{
    static const unsigned char sizes[] = {2, 5, 1, 9, 3, 2, 4, 12, 1, 5, 6, 3, 8, 2, 1, 20};
    for (unsigned i = 0; i < 2 * sizeof sizes; i++)
        live(sizes[i % sizeof sizes]);
    for (unsigned i = 1; i < 2 * sizeof sizes - 1; i += 2)
        let_go(i);
}

static void build_one_large_free_block(void)
{
    live(4);
    live(300);
    live(4);
    let_go(1);
}

/* Where no block is so small, each is what is left of a larger one. */
static void build_one_granule_free_blocks(void)
{
    size_t freed = LEAST > 1 ? LEAST + 1 : 1;
    for (unsigned i = 0; i < 60; i++)
        live(i % 2 == 0 ? 1 : freed);
    for (unsigned i = 1; i < 59; i += 2)
        let_go(i);
    for (unsigned i = 1; i < 59 && freed > 1; i += 2)
        live(1);
}

static void build_large_blocks(void)
{
    static const unsigned char sizes[] = {40, 50, 33, 64, 90, 35, 32, 34, 36, 2};
    for (unsigned i = 0; i < sizeof sizes; i++)
        live(sizes[i]);
    for (unsigned i = 1; i < sizeof sizes - 1; i += 2)
        let_go(i);
}

/* Free blocks of one bin, the smallest at its head, with small live blocks between them. */
static void build_one_bin(void)
{
    static const unsigned char order[] = {3, 1, 9, 5, 7};
    for (unsigned i = 0; i < 11; i++)
        live(i % 2 == 0 ? 2 : 11 - i / 2 % 4);
    for (unsigned i = 0; i < sizeof order; i++)
        let_go(order[i]);
}

static void foreign(ptrdiff_t size)
{
    scene_add_foreign(sbrk(size), (size_t)size);
}

/* Blocks below, between and above what others took by sbrk(), live and free ones next to it. */
static void build_reserved(void)
{
    for (unsigned i = 0; i < 6; i++)
        live(i + 2);
    foreign(5);
    for (unsigned i = 0; i < 4; i++)
        live(33 + i);
    foreign(700);
    for (unsigned i = 0; i < 3; i++)
        live(3);
    static const unsigned char freed[] = {1, 3, 8, 10, 12};
    for (unsigned i = 0; i < sizeof freed; i++)
        let_go(freed[i]);
}

/* Live and free in turn, with a quarter of it above the top. */
static void build_small(void)
{
    static const unsigned char sizes[] = {1, 2, 1, 1, 2, 5};
    size_t room = (size_t)(scene_heap->limit - scene_heap->top) / 4u;
    for (unsigned i = 0; (size_t)(scene_heap->limit - scene_heap->top) >= room + sizes[i % sizeof sizes]; i++)
        if (!live(sizes[i % sizeof sizes]))
            break;
    for (unsigned i = 1; i + 1u < scene_live_count; i += 2)
        let_go(i);
}

/* The small ones: fewer granules than there are bits for bins; a map of tile 0 alone, or of one more; and a first
 * block so far up that the map's first 16 bits are a small number. */
const struct scene scenes[] = {
    {"fresh", SCENE_GRANULES, false, build_fresh},
    {"full", SCENE_GRANULES, false, build_full},
    {"fragmented", SCENE_GRANULES, false, build_fragmented},
    {"one large free block", SCENE_GRANULES, false, build_one_large_free_block},
    {"one-granule free blocks", SCENE_GRANULES, false, build_one_granule_free_blocks},
    {"large blocks", SCENE_GRANULES, false, build_large_blocks},
    {"one bin", SCENE_GRANULES, false, build_one_bin},
    {"reserved blocks", SCENE_GRANULES, true, build_reserved},
    {"fragmented, behind malloc", SCENE_GRANULES, true, build_fragmented},
    {"the smallest heap", 7, false, build_fresh},
    {"8 granules", 8, false, build_full},
    {"20 granules", 20, false, build_small},
    {"20 granules, behind malloc", 20, true, build_small},
    {"34 granules", 34, false, build_small},
    {"55 granules", 55, false, build_small},
    {"80 granules", 80, false, build_small},
    {"110 granules", 110, false, build_small},
    {"150 granules", 150, false, build_small},
};
const unsigned scene_count = sizeof scenes / sizeof scenes[0];

void scene_build(const struct scene *scene)
{
    memset(scene_memory, 0, sizeof scene_memory);
    scene_size = (size_t)scene->granules * CAIRN_GRANULE;
    memset(watch_state, 0, watch_state_size());
    scene_live_count = 0;
    scene_is_system = scene->system;
    if (scene->system) {
        host_heap_start = scene_memory;
        host_heap_limit = scene_memory + scene_size;
        scene_free(scene_malloc(1));
        scene_heap = cairn_system();
    } else {
        scene_heap = cairn_init(scene_memory, scene_size);
    }
    scene->build();
}

/* ---- Saved and restored ----------------------------------------------------------------------- */

static struct {
    char memory[SCENE_MEMORY];
    struct block live[SCENE_BLOCKS];
    unsigned live_count;
    char state[WATCH_STATE];
} saved;

void scene_save(void)
{
    memcpy(saved.memory, scene_memory, SCENE_MEMORY);
    memcpy(saved.live, scene_live, sizeof scene_live);
    saved.live_count = scene_live_count;
    memcpy(saved.state, watch_state, watch_state_size());
}

void scene_restore(void)
{
    memcpy(scene_memory, saved.memory, SCENE_MEMORY);
    memcpy(scene_live, saved.live, sizeof scene_live);
    scene_live_count = saved.live_count;
    memcpy(watch_state, saved.state, watch_state_size());
}
