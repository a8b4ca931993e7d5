/* Every function of the malloc family, on each of its paths, is interrupted after each of its
 * instructions by a handler that allocates.
 *
 * SPDX-License-Identifier: MIT */
#include "account.h"
#include "blocks.h"
#include "clock.h"
#include "interrupt.h"
#include "path.h"
#include "system/system.h"
#include "tap.h"

#include <malloc.h>

/* Bytes of the heap: for every path but the start, whose steps are the longer the more there are. */
enum { HEAP = 256 * CAIRN_GRANULE, HEAP_TO_START = 8192 };
enum { TOO_MUCH = 16384 }; /* more than there is, but not more than an index reaches */

#define G(granules) ((granules)*CAIRN_GRANULE)
#define P ARGUMENT_P
#define PLACE ARGUMENT_PLACE
#define CALL(name, ...) .function = (void (*)(void))(name), .arguments = {__VA_ARGS__}
#define COUNT(array) ((unsigned)(sizeof(array) / sizeof *(array)))

/* clang-format off */
static const struct path of_malloc[] = {
    {"malloc: a free block that fits",
     "h4 x13 m2 g5", "m4 p13 m2 m5", CALL(malloc, G(13)), TAKES, G(13)},
    {"malloc: a larger one of the same bin, which is split",
     "h4 x15 m2 g5", "m4 .2 p13 m2 m5", CALL(malloc, G(13)), TAKES, G(13)},
    {"malloc: the second one of the bin",
     "x15 h3 x12 m2 g4", ".2 p13 m3 .12 m2 m4", CALL(malloc, G(13)), TAKES, G(13)},
    {"malloc: from a larger bin",
     "h2 x30 m2 g4", "m2 .17 p13 m2 m4", CALL(malloc, G(13)), TAKES, G(13)},
    {"malloc: a large block",
     "h2 x60 m2 s4", "m2 .20 p40 m2 m4", CALL(malloc, G(40)), TAKES, G(40)},
    {"malloc: at the top",
     "h4 m2 s5", "m4 m2 m5 p13", CALL(malloc, G(13)), TAKES, G(13)},
    {"malloc: at the top, and a larger block left whole",
     "f120 x80 m2 h3", "f .80 m2 m3 p13", CALL(malloc, G(13)), TAKES, G(13)},
    {"malloc: nothing",
     "h4 x13 m2 g5", "m4 .12 p1 m2 m5", CALL(malloc, 0), TAKES, 0},
    {"malloc: refused",
     "h4 x13 m2 g5", "m4 .13 m2 m5", CALL(malloc, TOO_MUCH), REFUSES, 0},
    {"malloc: refused after two looks",
     "f40 x12 m1 x12 m1", "f .12 m1 .12 m1", CALL(malloc, G(15)), REFUSES, 0},
    {"malloc: refused for its size",
     "h4 x13 m2 g5", "m4 .13 m2 m5", CALL(malloc, SIZE_MAX), REFUSES, 0},
};

static const struct path of_free[] = {
    {"free: between used blocks",
     "h3 p5 s4 m1", "m3 .5 m4 m1", CALL(free, P), FREES, 0},
    {"free: the block below is free",
     "x3 p5 h4 m1", ".8 m4 m1", CALL(free, P), FREES, 0},
    {"free: the block below is free, and not the first of its bin",
     "x3 p5 m1 x3 h1 m1", ".8 m1 .3 m1 m1", CALL(free, P), FREES, 0},
    {"free: the block above is free",
     "h4 p5 x3 m1", "m4 .8 m1", CALL(free, P), FREES, 0},
    {"free: both are free",
     "m1 x3 p5 x4 h2 m1", "m1 .12 m2 m1", CALL(free, P), FREES, 0},
    {"free: a large block",
     "h3 p40 g4 m1", "m3 .40 m4 m1", CALL(free, P), FREES, 0},
    {"free: a large block, both are free",
     "m1 x3 p40 x4 g4 m1", "m1 .47 m4 m1", CALL(free, P), FREES, 0},
    {"free: at the top, which is lowered",
     "m2 h3 p5", "m2 m3", CALL(free, P), FREES, 0},
    {"free: at the top, over the free block below",
     "m2 x3 p5", "m2", CALL(free, P), FREES, 0},
    {"free: the only block",
     "p5", "", CALL(free, P), FREES, 0},
    {"free: NULL",
     "h4 x13 m2 g5", "m4 .13 m2 m5", CALL(free, 0), FREES, 0},
};

static const struct path of_realloc[] = {
    {"realloc: shrinks",
     "m2 p9 h2 m1", "m2 p4 .5 m2 m1", CALL(realloc, P, G(4)), TAKES, G(4)},
    {"realloc: shrinks, and the block above is free",
     "h2 p9 x3 m1", "m2 p4 .8 m1", CALL(realloc, P, G(4)), TAKES, G(4)},
    {"realloc: shrinks at the top",
     "h2 p9", "m2 p4", CALL(realloc, P, G(4)), TAKES, G(4)},
    {"realloc: as large as it is",
     "m2 p9 h2 m1", "m2 p9 m2 m1", CALL(realloc, P, G(9)), TAKES, G(9)},
    {"realloc: grows up into a part of the block above",
     "h2 p5 x9 m1", "m2 p10 .4 m1", CALL(realloc, P, G(10)), TAKES, G(10)},
    {"realloc: grows up into all of the block above",
     "h2 p5 x5 m1", "m2 p10 m1", CALL(realloc, P, G(10)), TAKES, G(10)},
    {"realloc: grows down into the block below",
     "x9 p5 h1 m1", "p10 .4 m1 m1", CALL(realloc, P, G(10)), TAKES, G(10)},
    {"realloc: grows both ways",
     "x3 p5 x4 m1", "p12 m1", CALL(realloc, P, G(12)), TAKES, G(12)},
    {"realloc: grows at the top",
     "m2 h2 p5", "m2 m2 p10", CALL(realloc, P, G(10)), TAKES, G(10)},
    {"realloc: grows down at the top",
     "f60 .30 p5", "f p35", CALL(realloc, P, G(35)), TAKES, G(35)},
    {"realloc: grows down and up at the top",
     "f110 .50 m1 .30 p5", "f .50 m1 p45", CALL(realloc, P, G(45)), TAKES, G(45)},
    {"realloc: moves to the top",
     "x3 p5 h1 m1", ".8 m1 m1 p10", CALL(realloc, P, G(10)), TAKES, G(10)},
    {"realloc: moves into a free block",
     "x12 m1 p5 g1 h1", ".2 p10 m1 .5 m1 m1", CALL(realloc, P, G(10)), TAKES, G(10)},
    {"realloc: moves a large block",
     "h2 p40 m1", "m2 .40 m1 p50", CALL(realloc, P, G(50)), TAKES, G(50)},
    {"realloc: refused",
     "h2 p5 x3 m1", "m2 p5 .3 m1", CALL(realloc, P, TOO_MUCH), REFUSES, 0},
    {"realloc: refused for its size",
     "h2 p5 x3 m1", "m2 p5 .3 m1", CALL(realloc, P, SIZE_MAX), REFUSES, 0},
    {"realloc: of NULL",
     "h4 x13 m2 g5", "m4 p13 m2 m5", CALL(realloc, 0, G(13)), TAKES, G(13)},
    {"reallocarray: grows up",
     "h2 p5 x9 m1", "m2 p10 .4 m1", CALL(reallocarray, P, 10, CAIRN_GRANULE), TAKES, G(10)},
    {"reallocf: refused",
     "h2 p5 x3 m1", "m2 .8 m1", CALL(reallocf, P, TOO_MUCH), FREES, 0},
};

static const struct path of_the_others[] = {
    {"calloc",
     "h2 x13 m1 g3", "m2 p13 m1 m3", CALL(calloc, 13, CAIRN_GRANULE), TAKES, G(13)},
    {"calloc: refused",
     "h2 x13 m1 g3", "m2 .13 m1 m3", CALL(calloc, TOO_MUCH, 1), REFUSES, 0},
    {"calloc: refused for its product",
     "h2 x13 m1 g3", "m2 .13 m1 m3", CALL(calloc, SIZE_MAX / 2, 4), REFUSES, 0},
    {"aligned_alloc: a gap on both sides",
     "a5 x20 m1 h2 m1", "a .11 p8 .1 m1 m2 m1", CALL(aligned_alloc, G(8), G(8)), TAKES, G(8)},
    {"aligned_alloc: a gap below",
     "a4 x20 m1 h2 m1", "a .12 p8 m1 m2 m1", CALL(aligned_alloc, G(8), G(8)), TAKES, G(8)},
    {"aligned_alloc: a gap above",
     "a3 x20 m1 h2 m1", "a .5 p8 .7 m1 m2 m1", CALL(aligned_alloc, G(8), G(8)), TAKES, G(8)},
    {"aligned_alloc: a gap on both sides at the top",
     "h3 a5", "m3 a .3 p8", CALL(aligned_alloc, G(8), G(8)), TAKES, G(8)},
    {"aligned_alloc: large, with a gap on both sides",
     "a5 x60 m1 h2 m1", "a .19 p40 .1 m1 m2 m1", CALL(aligned_alloc, G(8), G(40)), TAKES, G(40)},
    {"aligned_alloc: to a granule",
     "h2 x13 m1 g3", "m2 p13 m1 m3", CALL(aligned_alloc, CAIRN_GRANULE, G(13)), TAKES, G(13)},
    {"aligned_alloc: refused",
     "h2 x13 m1 g3", "m2 .13 m1 m3", CALL(aligned_alloc, G(8), TOO_MUCH), REFUSES, 0},
    {"posix_memalign: a gap on both sides",
     "a5 x20 m1 h2 m1", "a .11 p8 .1 m1 m2 m1", CALL(posix_memalign, PLACE, G(8), G(8)), TAKES, G(8)},
    {"malloc_usable_size",
     "x3 p5 h4 m1", ".3 p5 m4 m1", CALL(malloc_usable_size, P), TELLS, G(5)},
    {"mallinfo",
     "x3 m5 h4 m1", ".3 m5 m4 m1", CALL(mallinfo, PLACE), LOOKS, 0},
    {"sbrk: up",
     "h2 x3 m1", "m2 .3 m1 v", CALL(sbrk, 24), RAISES, 24},
    {"sbrk: down",
     "x3 h2 m1 v24", ".3 m2 m1", CALL(sbrk, (uintptr_t)-24), LOWERS, 0},
    {"sbrk: down, to a free block",
     "h2 m1 x3 v24", "m2 m1", CALL(sbrk, (uintptr_t)-24), LOWERS, 0},
};
/* clang-format on */

static void step_through(const struct path *paths, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!CHECK(path_step(&paths[i])))
            return; /* the heap cannot be used any more */
}

static void the_clock_tells_every_instruction(void)
{
    clock_calibrate();
    CHECK(clock_exact());
}

static void malloc_can_be_interrupted_after_every_instruction(void)
{
    keep_room(HEAP);
    free(launder(malloc(1)));
    path_learn();
    account_heading();
    step_through(of_malloc, COUNT(of_malloc));
}

static void free_can_be_interrupted_after_every_instruction(void)
{
    step_through(of_free, COUNT(of_free));
}

static void realloc_can_be_interrupted_after_every_instruction(void)
{
    step_through(of_realloc, COUNT(of_realloc));
}

static void the_others_can_be_interrupted_after_every_instruction(void)
{
    step_through(of_the_others, COUNT(of_the_others));
}

/* The system heap as it is before the first request. */
static void forget_the_heap(void)
{
    cairn_system_state = (struct cairn_system){.heap = NULL};
    keep_room(HEAP_TO_START);
}

static void the_start_can_be_interrupted_after_every_instruction(void)
{
    static const struct path start = {"malloc: the first request", "", "p5", CALL(malloc, G(5)), TAKES, G(5)};
    path_prepare = forget_the_heap;
    forget_the_heap();
    free(launder(malloc(1)));
    path_learn();
    step_through(&start, 1);
}

static void every_instruction_had_its_interrupt(void)
{
    const struct totals *totals = &account_totals;
    tap_comment_number("paths:", totals->paths);
    tap_comment_number("their instructions, with an interrupt due after each:", totals->open + totals->held);
    tap_comment_number("of these, the interrupt came there:", totals->open);
    tap_comment_number("it was held, and came at the unlock:", totals->held);
    tap_comment_number("unlocks:", totals->locks);
    tap_comment_number("interrupts in all rounds:", totals->interrupts);
    CHECK(totals->paths == COUNT(of_malloc) + COUNT(of_free) + COUNT(of_realloc) + COUNT(of_the_others) + 1);
    CHECK(totals->interrupts == INTERRUPT_DEEDS * (totals->open + totals->held));
}

TAP_MAIN(TEST(the_clock_tells_every_instruction), TEST(malloc_can_be_interrupted_after_every_instruction),
         TEST(free_can_be_interrupted_after_every_instruction),
         TEST(realloc_can_be_interrupted_after_every_instruction),
         TEST(the_others_can_be_interrupted_after_every_instruction),
         TEST(the_start_can_be_interrupted_after_every_instruction), TEST(every_instruction_had_its_interrupt))
