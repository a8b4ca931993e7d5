/* worst.c: drives malloc, free, realloc and aligned_alloc into their longest calls, and measures them.
 *
 * What makes a call long is known from the steps that it is made of: a neighbour on either side that is
 * free, and where it is in its ring; two looks at blocks that are too small; a block that is split; a
 * bin that is empty, or is not. All of these are tried together, in a heap that is made anew each time. A
 * line "result: name instructions" on the console for each function: the longest call, without the call
 * itself. tools/cairn bound computes what it may not be longer than.
 *
 * SPDX-License-Identifier: MIT */
#include "meter.h"
#include "system/names.h"
#include "result.h"
#include "semihosting.h"
#include "system/system.h"

/* ---- Measuring ------------------------------------------------------------------------------ */

typedef uintptr_t function(uintptr_t, uintptr_t);

static uint32_t call_cost; /* instructions of calling a function that only returns */

__attribute__((naked, noinline)) static uintptr_t nothing(uintptr_t first, uintptr_t second)
{
    (void)first;
    (void)second;
    __asm volatile("bx lr");
}

__attribute__((noinline)) static uint32_t cost(function *called, uintptr_t first, uintptr_t second)
{
    uint32_t start = meter_now();
    called(first, second);
    return meter_instructions(meter_now() - start);
}

struct longest {
    const char *name;
    function *called;
    uint32_t instructions;
};

#define FUNCTION(name)                               \
    {                                                \
#name, (function *)(void (*)(void))(name), 0 \
    }
static struct longest of_malloc = FUNCTION(malloc), of_free = FUNCTION(free), of_realloc = FUNCTION(realloc),
                      of_aligned_alloc = FUNCTION(aligned_alloc);

static bool impossible;    /* the scene does not fit into the heap */
static uint32_t every = 1; /* one scene of so many is set up */
static uint32_t scenes, left_out;

static void measure(struct longest *longest, uintptr_t first, uintptr_t second)
{
    if (impossible) {
        left_out++;
        return;
    }
    uint32_t instructions = cost(longest->called, first, second);
    if (instructions > longest->instructions)
        longest->instructions = instructions;
}

/* ---- Scenes --------------------------------------------------------------------------------- */

/* Sizes in granules, each in a bin of its own: smaller and larger than a window, and what ARMv6-M looks
 * up in different ways. */
static const struct sizes {
    size_t block, below, above;
} all_sizes[] = {{3, 6, 9}, {40, 70, 110}, {200, 300, 400}, {9000, 13000, 17000}};
enum { SIZES = sizeof all_sizes / sizeof all_sizes[0] };

/* Begin a scene with an empty heap; false if it is not one of those that are set up. */
static bool begin(void)
{
    if (scenes++ % every != 0)
        return false;
    cairn_system_state = (struct cairn_system){.heap = NULL};
    impossible = false;
    free(malloc(1));
    return true;
}

static char *take(size_t granules)
{
    char *p = malloc(granules * CAIRN_GRANULE);
    if (p == NULL)
        impossible = true;
    return p;
}

/* A used block, so that what is on either side does not merge. */
static void fence(void)
{
    take(1);
}

static char *take_fenced(size_t granules)
{
    char *p = take(granules);
    fence();
    return p;
}

/* Leave `granules` above the top. */
static void leave_room(size_t granules)
{
    struct cairn_heap *heap = cairn_system_state.heap;
    index_t room = (index_t)heap->limit - heap->top;
    if (room < granules)
        impossible = true;
    else if (room > granules)
        take(room - granules);
}

/* What is beside a block: a used one, or a free one, by its place in the ring of its bin. */
enum beside { USED, ALONE, FIRST, LAST, MIDDLE, BESIDES, TOP = BESIDES };

struct neighbour {
    size_t granules;
    enum beside beside;
    char *block, *next, *previous; /* next and previous: in the ring */
};

/* Its companions in the ring, elsewhere. */
static void prepare(struct neighbour *neighbour)
{
    if (neighbour->beside == FIRST || neighbour->beside == MIDDLE)
        neighbour->next = take_fenced(neighbour->granules);
    if (neighbour->beside == LAST || neighbour->beside == MIDDLE)
        neighbour->previous = take_fenced(neighbour->granules);
}

static void open(struct neighbour *neighbour)
{
    if (neighbour->beside == USED || neighbour->beside == TOP)
        return;
    free(neighbour->next);
    free(neighbour->block);
    free(neighbour->previous);
}

/* A block of `granules` with these neighbours, which are not yet free. */
static char *take_between(size_t granules, struct neighbour *below, struct neighbour *above)
{
    prepare(below);
    prepare(above);
    fence();
    below->block = take(below->granules);
    char *p = take(granules);
    if (above->beside != TOP)
        above->block = take_fenced(above->granules);
    return p;
}

/* ---- What malloc finds ---------------------------------------------------------------------- */

/* The ring of the bin of n: its first blocks, and whether one of them is large enough. */
enum list { EMPTY, FITS, IS_LARGER, TOO_SMALL, BOTH_TOO_SMALL, SECOND_FITS, SECOND_OF_THREE_FITS, LISTS };

/* The ring of a higher bin, and of the bin that the rest of a split block comes to. */
enum higher { NO_HIGHER, ONE_HIGHER, TWO_HIGHER, HIGHERS };

struct found {
    size_t n;
    enum list list;
    enum higher higher;
    bool rest_joins; /* the rest's bin is not empty */
    size_t room;     /* above the top, afterwards */
    char *blocks[6];
    unsigned count;
};

/* The smallest size in the bin of n, and the largest. */
static size_t bin_from(size_t n)
{
    return bin_floor(bin_of((uint32_t)n));
}

static size_t bin_to(size_t n)
{
    return bin_floor(bin_of((uint32_t)n) + 1u) - 1u;
}

static void will_be_free(struct found *found, size_t granules)
{
    found->blocks[found->count++] = take_fenced(granules);
}

/* Take what is going to be found, the first to be freed first: what is freed last is first in its ring. */
static void place(struct found *found)
{
    size_t n = found->n;
    size_t small = bin_from(n), large = bin_to(n), higher = 4 * n;
    size_t rest = (found->list == EMPTY || found->list == TOO_SMALL || found->list == BOTH_TOO_SMALL ? higher : large) -
                  n;
    found->count = 0;
    if (found->rest_joins && rest != 0)
        will_be_free(found, rest);
    for (int i = 0; i < (int)found->higher; i++)
        will_be_free(found, higher);
    if (found->list == SECOND_OF_THREE_FITS || found->list == BOTH_TOO_SMALL)
        will_be_free(found, small);
    if (found->list >= SECOND_FITS || found->list == IS_LARGER)
        will_be_free(found, large);
    if (found->list >= TOO_SMALL)
        will_be_free(found, small);
    if (found->list == FITS)
        will_be_free(found, n);
}

static void free_all(struct found *found)
{
    leave_room(found->room);
    for (unsigned i = 0; i < found->count; i++)
        free(found->blocks[i]);
}

/* The next combination; false when there are no more. */
static bool next_found(struct found *found)
{
    if (++found->list < LISTS)
        return true;
    found->list = EMPTY;
    if (++found->higher < HIGHERS)
        return true;
    found->higher = NO_HIGHER;
    found->rest_joins = !found->rest_joins;
    return found->rest_joins;
}

/* ---- The functions -------------------------------------------------------------------------- */

static const size_t requests[] = {1, 5, 13, 50, 200, 9000}; /* granules */
enum { REQUESTS = sizeof requests / sizeof requests[0] };

static void try_malloc(size_t n)
{
    const size_t rooms[] = {0, n, 2 * n, 5 * n};
    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        struct found found = {.n = n, .room = rooms[i]};
        do {
            if (!begin())
                continue;
            place(&found);
            free_all(&found);
            measure(&of_malloc, n * CAIRN_GRANULE, 0);
        } while (next_found(&found));
    }
}

static void try_free(const struct sizes *sizes, enum beside beside_below, enum beside beside_above)
{
    for (int joins = 0; joins < 2; joins++) {
        struct neighbour below = {sizes->below, beside_below, NULL, NULL, NULL};
        struct neighbour above = {sizes->above, beside_above, NULL, NULL, NULL};
        size_t merged = sizes->block + (below.beside != USED ? below.granules : 0) +
                        (above.beside != USED && above.beside != TOP ? above.granules : 0);
        if (!begin())
            continue;
        char *same_bin = joins ? take_fenced(merged) : NULL;
        char *p = take_between(sizes->block, &below, &above);
        open(&below);
        open(&above);
        free(same_bin);
        measure(&of_free, (uintptr_t)p, 0);
    }
}

/* Resize the block to n granules, between these neighbours, with a heap that malloc finds so. */
static void resize(const struct sizes *sizes, struct neighbour below, struct neighbour above, struct found *found)
{
    if (!begin())
        return;
    if (found != NULL)
        place(found);
    char *p = take_between(sizes->block, &below, &above);
    if (found != NULL)
        free_all(found);
    open(&below);
    open(&above);
    measure(&of_realloc, (uintptr_t)p, (found != NULL ? found->n : 1u) * CAIRN_GRANULE);
}

static void try_realloc(const struct sizes *sizes, enum beside beside_below, enum beside beside_above)
{
    struct neighbour below = {sizes->below, beside_below, NULL, NULL, NULL};
    struct neighbour above = {sizes->above, beside_above, NULL, NULL, NULL};
    size_t sum = sizes->block + sizes->below + sizes->above;
    const size_t wanted[] = {sizes->block + sizes->above / 2, sum - sizes->above / 2, sum - 1u, sum + 1u};
    resize(sizes, below, above, NULL);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        struct found found = {.n = wanted[i]};
        do
            resize(sizes, below, above, &found);
        while (next_found(&found));
    }
}

/* Resize the last block, with `left` granules above it, to all that they and the free block below give. */
static void grow_at_the_top(const struct sizes *sizes, enum beside beside_below, size_t left)
{
    struct neighbour below = {sizes->below, beside_below, NULL, NULL, NULL};
    struct neighbour above = {0, TOP, NULL, NULL, NULL};
    size_t companions = beside_below == MIDDLE ? 2 : beside_below == FIRST || beside_below == LAST ? 1 : 0;
    if (!begin())
        return;
    leave_room(companions * (sizes->below + 1) + 1 + sizes->below + sizes->block + left);
    char *p = take_between(sizes->block, &below, &above);
    open(&below);
    size_t free_below = beside_below == USED ? 0 : sizes->below;
    measure(&of_realloc, (uintptr_t)p, (free_below + sizes->block + left) * CAIRN_GRANULE);
}

static void try_aligned_alloc(size_t n, size_t step, size_t shift)
{
    struct found found = {.n = n + step - 1u};
    do {
        if (!begin())
            continue;
        if (shift != 0)
            take(shift);
        place(&found);
        free_all(&found);
        measure(&of_aligned_alloc, step * CAIRN_GRANULE, n * CAIRN_GRANULE);
    } while (next_found(&found));
}

/* ---- The program ---------------------------------------------------------------------------- */

static void print(const struct longest *longest)
{
    result(longest->name, longest->instructions - call_cost + 1u); /* nothing() is an instruction itself */
}

/* The number at the end of the command line; 1 if there is none. */
static uint32_t wanted_every(void)
{
    static char line[256];
    uint32_t value = 0;
    semihosting_command_line(line, sizeof line);
    for (const char *p = line; *p != '\0'; p++)
        value = *p >= '0' && *p <= '9' ? value * 10u + (uint32_t)(*p - '0') : 0;
    return value != 0 ? value : 1;
}

int main(void)
{
    meter_start();
    every = wanted_every();
    call_cost = cost(nothing, 0, 0);
    for (int i = 0; i < REQUESTS; i++)
        try_malloc(requests[i]);
    for (int i = 0; i < SIZES; i++)
        for (enum beside below = USED; below < BESIDES; below++) {
            for (enum beside above = USED; above <= TOP; above++) {
                try_free(&all_sizes[i], below, above);
                try_realloc(&all_sizes[i], below, above);
            }
            grow_at_the_top(&all_sizes[i], below, 0);
            grow_at_the_top(&all_sizes[i], below, 7);
        }
    for (int i = 0; i < REQUESTS; i++)
        for (size_t step = 4; step <= 64; step *= 4)
            for (size_t shift = 0; shift < 4; shift++)
                try_aligned_alloc(requests[i], step, shift);
    print(&of_malloc);
    print(&of_free);
    print(&of_realloc);
    print(&of_aligned_alloc);
    result("scenes", scenes);
    result("left_out", left_out);
    return 0;
}
