/* A watched heap, seen by an interrupt after every instruction of a call: what is kept with blocks and in free
 * memory is whole, what is counted is what the heap has, and records have numbers in the order in which it changed.
 *
 * SPDX-License-Identifier: MIT */
#include "../stepping/clock.h"

#include "blocks.h"
#include "hooks.h"
#include "tap.h"

enum { ROOM = 700, TOO_MUCH = 4000 };

/* Bytes for p, with what is kept with it: less than the scene's free blocks and p have together; and more. At level 2,
 * where a block that grows moves, they are fewer, as each takes instructions: as the free block below has; and more. */
enum { BOTH = CAIRN_CHECK == 2 ? 45 : 80, FAR = CAIRN_CHECK == 2 ? 50 : 100 };

#define CALL(name, ...) .function = (void (*)(void))(name), .arguments = {__VA_ARGS__}
#define P ((uintptr_t)-1) /* the block p of the scene */

struct path {
    const char *name;
    void (*function)(void);
    uintptr_t arguments[3];
    bool gives; /* a block, or NULL; in place of p, if it is given p */
    bool shows; /* in the number of used bytes */
    bool moves; /* the block: for a while, one copy is not counted */
};

static const struct path paths[] = {
    {"malloc: a part of a free block", CALL(malloc, 10), .gives = true, .shows = true},
    {"malloc: all of a free block", CALL(malloc, 40), .gives = true, .shows = true},
    {"malloc: at the top", CALL(malloc, 60), .gives = true, .shows = true},
    {"malloc: nothing", CALL(malloc, 0), .gives = true, .shows = true},
    {"malloc: refused", CALL(malloc, TOO_MUCH), .gives = true},
    {"calloc", CALL(calloc, 3, 5), .gives = true, .shows = true},
    {"memalign: in a free block", CALL(memalign, 32, 8), .gives = true, .shows = true},
    {"memalign: at the top", CALL(memalign, 64, 40), .gives = true, .shows = true},
    {"realloc: as large as it is", CALL(realloc, P, 20), .gives = true},
    {"realloc: a little smaller", CALL(realloc, P, 19), .gives = true},
    {"realloc: shrinks by a granule", CALL(realloc, P, 12), .gives = true, .shows = true},
    {"realloc: shrinks", CALL(realloc, P, 5), .gives = true, .shows = true},
    {"realloc: grows up, or moves", CALL(realloc, P, 40), .gives = true, .shows = true, .moves = CAIRN_CHECK == 2},
    {"realloc: grows both ways, or moves", CALL(realloc, P, BOTH), .gives = true, .shows = true, .moves = true},
    {"realloc: moves to the top", CALL(realloc, P, FAR), .gives = true, .shows = true, .moves = true},
    {"realloc: refused", CALL(realloc, P, TOO_MUCH), .gives = true},
    {"free: between free blocks", CALL(free, P), .shows = true},
    {"malloc_usable_size", CALL(malloc_usable_size, P)},
};

static const struct path *path;

/* ---- The scene: p lies between two free blocks, and these between two used ones ------------------- */

static struct {
    void *low, *p, *high;
    size_t used;
    uint32_t number; /* of the last record */
} scene;

static size_t used_bytes(void)
{
    struct cairn_stats stats;
    cairn_stats(cairn_system(), &stats);
    return stats.used;
}

static uint32_t last_number(void)
{
    return (uint32_t)hook_record[0] >> 8;
}

static void set(struct call *call)
{
    scene.low = launder(malloc(12));
    void *below = launder(malloc(40));
    scene.p = launder(malloc(20));
    void *above = launder(malloc(24));
    scene.high = launder(malloc(8));
    free(below);
    free(above);
    call->function = path->function;
    for (unsigned i = 0; i < 3; i++)
        call->arguments[i] = path->arguments[i] == P ? (uintptr_t)scene.p : path->arguments[i];
    scene.used = used_bytes();
    scene.number = last_number();
}

/* ---- The interrupt -------------------------------------------------------------------------------- */

static struct {
    int invariant;
    bool counted, changed;
    uint32_t number;
    void *block;
} seen;

static void look(void)
{
    struct cairn_counts counts;
    size_t used = used_bytes();
    cairn_read_counts(&counts);
    seen.invariant = cairn_check(cairn_system(), NULL);
    seen.counted = counts.used == used || (path->moves && counts.used < used);
    seen.changed = used != scene.used;
    seen.block = launder(malloc(8));
    seen.number = last_number();
}

/* What the interrupt found that should not be; NULL if nothing. */
static const char *fault(void)
{
    if (clock_interruption.count != 1 || seen.block == NULL)
        return "there was not one interrupt, or it was refused memory";
    if (seen.invariant != 0)
        return seen.invariant == 11 ? "I11 does not hold" : "an invariant does not hold";
    if (!seen.counted)
        return "what is counted is not what is used";
    if (path->shows && seen.changed != (seen.number == scene.number + 2))
        return "the record's number is not in the order in which the heap changed";
    return NULL;
}

static void clear(void *result)
{
    bool given_p = path->arguments[0] == P;
    free(seen.block);
    if (path->gives)
        free(result != NULL || !given_p ? result : scene.p);
    if (!given_p || path->function == (void (*)(void))malloc_usable_size)
        free(scene.p);
    free(scene.low);
    free(scene.high);
}

/* Interrupted after each of its instructions; those that are held by a lock come at one place. */
static bool step_through(void)
{
    const char *wrong = NULL;
    uint32_t k = 1;
    for (; wrong == NULL && k <= CLOCK_REACH; k += 1 + clock_interruption.held) {
        struct call call;
        set(&call);
        void *result = (void *)clock_step(&call, k);
        wrong = fault();
        clear(result);
        if (wrong == NULL && !system_empty())
            wrong = "a block is left";
        if (wrong == NULL && clock_returned())
            return true;
    }
    tap_comment(path->name);
    tap_comment(wrong != NULL ? wrong : "it has more instructions than the clock can tell");
    tap_comment_number("interrupted after instruction", k);
    return false;
}

static void an_interrupt_finds_the_watched_heap_whole_after_every_instruction(void)
{
    clock_calibrate();
    clock_on_interrupt = look;
    keep_room(ROOM);
    for (path = paths; path < paths + sizeof paths / sizeof *paths; path++)
        CHECK(step_through());
}

TAP_MAIN(TEST(an_interrupt_finds_the_watched_heap_whole_after_every_instruction))
