/* model.c: see model.h.
 *
 * SPDX-License-Identifier: MIT */
#include "model.h"

#include "blocks.h"
#include "host_port.h"
#include "system/system.h"

#include <string.h>

struct home homes[HOMES];
unsigned home_count;
struct block blocks[BLOCKS];

/* What others hold by sbrk(), the last one uppermost. */
static struct foreign {
    char *start, *end;
} foreign[FOREIGN];
static unsigned foreign_count;
/* From here on the last one can be given back: where it began, or where it was raised anew after one above it was
 * given back; NULL after that, until it is. */
static const char *returnable;
enum { FOREIGN_SEED = 99, STEPS = 3 };

static unsigned next_seed;

void model_start(char *system_start, char *system_end)
{
    memset(homes, 0, sizeof homes);
    memset(blocks, 0, sizeof blocks);
    home_count = 0;
    foreign_count = 0;
    returnable = NULL;
    next_seed = 0;
    model_add_home((struct home){.kind = SYSTEM, .start = system_start, .end = system_end});
}

struct home *model_add_home(struct home home)
{
    REQUIRE(home_count < HOMES);
    homes[home_count] = home;
    return &homes[home_count++];
}

/* ---- Blocks ------------------------------------------------------------------------------------------- */

static struct home *home_of(const char *p, size_t size)
{
    for (struct home *home = homes; home < homes + home_count; home++)
        if (p >= home->start && p < home->end) {
            REQUIRE(size <= (size_t)(home->end - p));
            return home;
        }
    return NULL;
}

static void require_apart(const char *start, const char *end)
{
    for (const struct block *block = blocks; block < blocks + BLOCKS; block++)
        REQUIRE(block->p == NULL || end <= block->p || start >= block->p + block->usable);
    for (unsigned i = 0; i < foreign_count; i++)
        REQUIRE(end <= foreign[i].start || start >= foreign[i].end);
}

void model_add(struct block *block, void *p, size_t size, size_t usable)
{
    REQUIRE(block->p == NULL);
    REQUIRE(aligned(p, CAIRN_GRANULE) && size <= usable);
    require_apart(p, (char *)p + usable);
    *block = (struct block){.p = p, .size = size, .usable = usable, .seed = next_seed++, .home = home_of(p, usable)};
    REQUIRE(block->home != NULL);
    fill(p, usable, block->seed);
}

void model_require_filled(const struct block *block, const void *p, size_t size)
{
    REQUIRE(filled(p, size, block->seed));
}

/* ---- The break ------------------------------------------------------------------------------------------ */

static void raise_break(char *old, char *moved)
{
    require_apart(old, moved);
    REQUIRE(old >= homes[0].start && moved <= homes[0].end);
    bool higher = foreign_count > 0 && foreign[foreign_count - 1].end == old;
    if (!higher) {
        REQUIRE(foreign_count < FOREIGN);
        foreign[foreign_count++] = (struct foreign){old, old};
    }
    if (!higher || returnable == NULL)
        returnable = old;
    struct foreign *last = &foreign[foreign_count - 1];
    last->end = moved;
    fill(last->start, (size_t)(last->end - last->start), FOREIGN_SEED);
}

bool model_break_must_move(const char *now, ptrdiff_t increment)
{
    const struct foreign *last = foreign_count > 0 ? &foreign[foreign_count - 1] : NULL;
    struct cairn_heap *heap = cairn_system();
    struct cairn_stats stats;
    if (increment <= 0)
        return increment == 0 ||
               (last != NULL && last->end == now && returnable != NULL && -increment <= now - returnable);
    if (heap == NULL)
        return increment <= homes[0].end - now;
    cairn_stats(heap, &stats); /* what is not the heap's is 32 granules at least */
    return (size_t)increment + 33u * CAIRN_GRANULE <= stats.can_grow;
}

void model_moved_break(char *old, ptrdiff_t increment)
{
    if (increment > 0) {
        raise_break(old, old + increment);
    } else if (increment < 0) {
        REQUIRE(foreign_count > 0);
        struct foreign *last = &foreign[foreign_count - 1];
        REQUIRE(last->end == old && old + increment >= last->start);
        last->end = old + increment;
        if (last->end == last->start) {
            foreign_count--;
            returnable = NULL;
        }
    }
}

/* ---- Heaps ---------------------------------------------------------------------------------------------- */

struct counted {
    const struct home *home;
    size_t bytes[3]; /* by kind */
    unsigned used, reserved;
};

static bool count_block(void *context, void *p, size_t size, enum cairn_kind kind)
{
    struct counted *counted = context;
    counted->bytes[kind] += size;
    if (kind == CAIRN_RESERVED)
        counted->reserved++;
    if (kind != CAIRN_USED)
        return true;
    counted->used++;
    const struct block *block = blocks;
    while (block < blocks + BLOCKS && block->p != p)
        block++;
    REQUIRE(block < blocks + BLOCKS && block->usable == size && block->home == counted->home);
    return true;
}

static void require_home(struct home *home)
{
    struct counted counted = {.home = home};
    struct cairn_stats stats;
    REQUIRE(cairn_check(home->heap, NULL) == 0);
    REQUIRE(cairn_check_step(home->heap, &home->place, STEPS) == 0);
    REQUIRE(cairn_walk(home->heap, count_block, &counted));
    cairn_stats(home->heap, &stats);
    REQUIRE(stats.used == counted.bytes[CAIRN_USED] + counted.bytes[CAIRN_RESERVED]);
    REQUIRE(stats.free == counted.bytes[CAIRN_FREE]);
    REQUIRE(stats.size == stats.control + stats.used + stats.free);
    REQUIRE(stats.size + stats.can_grow <= (size_t)(home->end - home->start));
    REQUIRE(stats.guaranteed <= stats.free + stats.can_grow);
    REQUIRE(home->kind == SYSTEM || counted.reserved == 0);
    unsigned used = 0;
    for (const struct block *block = blocks; block < blocks + BLOCKS; block++)
        used += block->p != NULL && block->home == home;
    REQUIRE(counted.used == used);
}

void model_require_all(void)
{
    REQUIRE(host_lock_depth == 0);
    homes[0].heap = cairn_system();
    for (struct home *home = homes; home < homes + home_count; home++)
        if (home->heap != NULL)
            require_home(home);
    for (const struct block *block = blocks; block < blocks + BLOCKS; block++)
        if (block->p != NULL)
            model_require_filled(block, block->p, block->usable);
    for (unsigned i = 0; i < foreign_count; i++)
        REQUIRE(filled(foreign[i].start, (size_t)(foreign[i].end - foreign[i].start), FOREIGN_SEED));
}

/* ---- Nothing changes ------------------------------------------------------------------------------------- */

static char copies[HOMES][16384];
static struct cairn_system copied_state;

void model_remember(void)
{
    memcpy(&copied_state, &cairn_system_state, sizeof copied_state);
    for (unsigned i = 0; i < home_count; i++) {
        size_t size = (size_t)(homes[i].end - homes[i].start);
        REQUIRE(size <= sizeof copies[i]);
        memcpy(copies[i], homes[i].start, size);
    }
}

void model_require_unchanged(void)
{
    /* The first request starts the system heap, served or not. */
    bool started = copied_state.heap == NULL && cairn_system_state.heap != NULL;
    REQUIRE(started || memcmp(&copied_state, &cairn_system_state, sizeof copied_state) == 0);
    for (unsigned i = started; i < home_count; i++)
        REQUIRE(memcmp(copies[i], homes[i].start, (size_t)(homes[i].end - homes[i].start)) == 0);
}
