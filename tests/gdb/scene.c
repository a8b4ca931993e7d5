/* A known heap, for those who look at it from outside: the firmware says what is in it, stops, damages it,
 * stops again, and ends in the library's own cairn_fatal().
 *
 * At each stop the console has a line "stage NAME", then what cairn_walk(), cairn_stats(),
 * cairn_read_counts() and cairn_read_site() tell, and what was asked for by whom.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "core/heap.h"
#include "tap.h"

#include <string.h>

/* Where a debugger stops. Called from outside, too, to find it. */
void scene_stop(void);
__attribute__((noinline)) void scene_stop(void)
{
    __asm volatile("" ::: "memory");
}

/* ---- What was asked for -------------------------------------------------------------------------- */

enum { MOST = 80 };
static struct asked {
    char *p;
    size_t size;
    const char *owner;
    unsigned long line;
} asked[MOST];
static unsigned asked_count;

static void *note(void *p, size_t size, const char *owner, unsigned long line)
{
    p = launder(p);
    asked[asked_count++] = (struct asked){.p = p, .size = size, .owner = owner, .line = line};
    return p;
}

static void give_back(void *p)
{
    for (unsigned i = 0; i < asked_count; i++)
        if (asked[i].p == p)
            asked[i].p = NULL;
    free(p);
}

static __attribute__((noinline)) void *take_small(size_t size)
{
    return note(malloc(size), size, "take_small", __LINE__);
}

static __attribute__((noinline)) void *take_large(size_t size)
{
    return note(calloc(1, size), size, "take_large", __LINE__);
}

/* ---- What the console says ------------------------------------------------------------------------- */

static void write_word(const char *text)
{
    tap_write(" ");
    tap_write(text);
}

static void write_number(unsigned long number)
{
    char text[16] = "";
    char *p = text + sizeof text - 1;
    do
        *--p = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    write_word(p);
}

static bool write_block(void *context, void *block, size_t size, enum cairn_kind kind)
{
    static const char *const kinds[] = {"used", "free", "reserved"};
    (void)context;
    tap_write("block");
    write_number((uintptr_t)block);
    write_number(size);
    write_word(kinds[kind]);
    for (unsigned i = 0; i < asked_count; i++)
        if (asked[i].p == block) {
            write_number(asked[i].size);
            write_word(asked[i].owner);
            write_number(asked[i].line);
        }
    tap_write("\n");
    return true;
}

static void write_heap(const char *name, struct cairn_heap *heap)
{
    struct cairn_stats stats;
    cairn_stats(heap, &stats);
    tap_write("heap ");
    tap_write(name);
    write_number((uintptr_t)heap);
    write_number(stats.control);
    write_number(stats.used);
    write_number(stats.free);
    write_number(stats.can_grow);
    write_number(stats.guaranteed);
    tap_write("\n");
    cairn_walk(heap, write_block, NULL);
}

static void write_counted(void)
{
#if CAIRN_COUNTS
    struct cairn_counts counts;
    cairn_read_counts(&counts);
    tap_write("counts");
    write_number(counts.used);
    write_number(counts.peak);
    write_number(counts.live_blocks);
    write_number(counts.failures);
    write_number(counts.calls[0]);
    write_number(counts.calls[4]);
    tap_write("\n");
#endif
#if CAIRN_SITES > 0
    struct cairn_site site;
    for (uint32_t n = 0; cairn_read_site(n, &site); n++)
        if (site.peak != 0) {
            tap_write("site");
            write_number(site.bytes);
            write_number(site.blocks);
            write_number(site.peak);
            tap_write("\n");
        }
#endif
}

struct cairn_heap *pool;

static void stage(const char *name, bool whole)
{
    tap_write("stage ");
    tap_write(name);
    tap_write("\n");
    if (whole) {
        write_heap("system", cairn_system());
#if CAIRN_REGIONS
        write_heap("region", cairn_region(0, NULL));
#endif
        write_heap("pool", pool);
        write_counted();
    }
    scene_stop();
}

/* ---- The scene --------------------------------------------------------------------------------------- */

static char *before_free, *behind; /* a used block, and the free one that follows it */
static char *volatile freed;       /* a block that is still free at the end */

static __attribute__((noinline)) void set_system(void)
{
    char *blocks[36];
    for (unsigned n = 0; n < 36; n++)
        blocks[n] = take_small(8 + n * 5 % 60);
    char *large = take_large(700);
    char *lost = take_large(400);
    before_free = take_small(21);
    behind = take_small(90);
    take_small(30);
    give_back(lost);
    give_back(behind);
    for (unsigned n = 1; n < 36; n += 3)
        give_back(blocks[n]);
    freed = blocks[31];
    sbrk(300);
    take_small(50);
    CHECK(large != NULL && malloc(SIZE_MAX / 2) == NULL);
}

static __attribute__((noinline)) void set_others(void)
{
    static _Alignas(16) char memory[1024];
    pool = cairn_init(memory, sizeof memory);
    void *first = note(cairn_malloc(pool, 100), 100, "set_others", __LINE__);
    note(cairn_malloc(pool, 33), 33, "set_others", __LINE__);
    note(cairn_malloc(pool, 200), 200, "set_others", __LINE__);
    asked[asked_count - 3].p = NULL;
    cairn_free(pool, first);
#if CAIRN_REGIONS
    static _Alignas(16) char more[512];
    CHECK(cairn_add_region(more, sizeof more, CAIRN_FAST | CAIRN_FIRST_USER) == CAIRN_REGION_ADDED);
    note(cairn_malloc_in(CAIRN_FAST, 60), 60, "set_others", __LINE__);
#endif
}

int main(void)
{
    set_system();
    set_others();
    stage("sound", true);

    struct tile *tile = map_tile(cairn_system(), TILE_GRANULES * 2);
    struct tile saved = *tile;
    *tile = (struct tile){.bound = 0x41414141, .used = 0x20001234};
    tap_write("smashed");
    write_number((uintptr_t)cairn_system() + 2 * TILE_GRANULES * CAIRN_GRANULE);
    write_number(TILE_GRANULES * CAIRN_GRANULE);
    tap_write("\n");
    stage("map", false);
    *tile = saved;

    /* Single bytes, which only canaries and fill show. */
    char *past[] = {before_free + 21, behind + 20, (char *)cairn_system() + cairn_system()->top * CAIRN_GRANULE + 5};
    tap_write("written");
    for (unsigned n = 0; n < 3; n++) {
        write_number((uintptr_t)past[n]);
        *past[n] ^= 1;
    }
    tap_write("\n");
    stage("bytes", false);
    for (unsigned n = 0; n < 3; n++)
        *past[n] ^= 1;

    memset(before_free, 'A', (size_t)(behind - before_free) + 3 * sizeof(uint16_t) * CAIRN_INDEX_BITS / 16);
    tap_write("overrun");
    write_number((uintptr_t)before_free);
    write_number((uintptr_t)behind);
    tap_write("\n");
    stage("overrun", false);
    free(before_free);
    return 1;
}
