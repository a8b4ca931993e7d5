/* matrix.c: what becomes of damage and misuse, on heaps of many shapes. Every damage of damage.h is tried
 * with every operation that then reads a damaged byte, every pointer that is no live block's with every
 * function that takes one; each on a heap that is as new.
 *
 *     matrix [--each] [EVERY]    tries one of EVERY damages, by default all; --each prints every try
 *                                that did not end in cairn_fatal()
 *
 * Prints a line for a row, tab-separated: section, what was damaged or given, the operation, tries, and how
 * many of them had each outcome, in the order of enum outcome.
 *
 * SPDX-License-Identifier: MIT */
#include "matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FREE_MEMORY "Free memory is overwritten"
#define OVERRUN "A live block overruns"
#define LIVE_BLOCK "A live block is overwritten"
#define CONTROL "Control data is overwritten"
#define POINTER "A pointer is not a live block's, or not the caller's"

static const struct {
    const char *section, *what;
} subjects[SUBJECTS] = {
    [NEXT] = {FREE_MEMORY, "`next`: a bit, or another number"},
    [PREV] = {FREE_MEMORY, "`prev`: a bit, or another number"},
    [SIZE] = {FREE_MEMORY, "`size`: a bit, or another number"},
    [TAIL] = {FREE_MEMORY, "`tail`: a bit, or another number"},
    [START_OF_FREE] = {FREE_MEMORY, "a free block's first 1 to 16 bytes"},
    [END_OF_FREE] = {FREE_MEMORY, "a free block's last 1 to 16 bytes"},
    [BOTH_LINKS] = {FREE_MEMORY, "`next` and `prev`: one number in both"},
    [BOTH_SIZES] = {FREE_MEMORY, "`size` and `tail`, forged to agree"},
    [MIDDLE_OF_FREE] = {FREE_MEMORY, "what lies between: a bit, or 1 to 16 bytes"},
    [NEVER_USED] = {FREE_MEMORY, "what is above the top: a bit, or 1 to 16 bytes"},
    [ONE_INTO_SLACK] = {OVERRUN, "by one byte, into its own slack"},
    [INTO_SLACK] = {OVERRUN, "by more, into its own slack"},
    [INTO_FREE_ABOVE] = {OVERRUN, "into a free block above"},
    [INTO_LIVE_ABOVE] = {OVERRUN, "into a live block above"},
    [INTO_LIVE_BELOW] = {OVERRUN, "into a live block below"},
    [INTO_RESERVED] = {OVERRUN, "into a reserved block above"},
    [PAST_THE_TOP] = {OVERRUN, "past the top"},
    [LIVE_BYTES] = {LIVE_BLOCK, "its own bytes: a bit"},
    [CANARY] = {LIVE_BLOCK, "the canary: a bit"},
    [STORED_OWNER] = {LIVE_BLOCK, "the owner that is kept with it: a bit, or another number"},
    [STORED_SIZE] = {LIVE_BLOCK, "the size that is kept with it: a bit, or another number"},
    [BEFORE_FIRST] = {CONTROL, "1 to 16 bytes below the first block: the last bins"},
    [INTO_MAP] = {CONTROL, "the heap's first 1 to 16 bytes: the map's end"},
    [BOUND_BITS] = {CONTROL, "map: a `bound` bit"},
    [USED_BITS] = {CONTROL, "map: a `used` bit"},
    [MAP_WORD] = {CONTROL, "map: a word"},
    [USED_COUNT] = {CONTROL, "`used`, the count"},
    [NONEMPTY] = {CONTROL, "`nonempty`"},
    [BIN_NEXT] = {CONTROL, "`next` of a bin"},
    [BIN_PREV] = {CONTROL, "`prev` of a bin"},
    [BIN_REST] = {CONTROL, "what a bin keeps clear"},
    [TOP] = {CONTROL, "`top`"},
    [LIMIT] = {CONTROL, "`limit`"},
    [LIMIT_AGAIN] = {CONTROL, "`limit_again`"},
    [TWO_FIELDS] = {CONTROL, "any of these, two at once: a word of 32 bits"},
    [ZERO_LINK] = {CONTROL, "a link is 0, which granule 0 names back by chance"},
    [JUST_FREED] = {POINTER, "just freed: merged, or the top lowered, as it may be"},
    [GIVEN_AGAIN] = {POINTER, "freed, and given out again since"},
    [IN_FREE] = {POINTER, "any byte of a free block"},
    [IN_LIVE] = {POINTER, "any byte of a live block but its first"},
    [IN_RESERVED] = {POINTER, "any byte of a reserved block"},
    [IN_CONTROL] = {POINTER, "any byte of the control data"},
    [OVER_THE_TOP] = {POINTER, "any byte above the top"},
    [ELSEWHERE] = {POINTER, "outside; also 2^n bytes from a live block"},
};

static const char *const acts[ACTS] = {
    [BELOW_IS_FREED] = "the block below is freed",
    [BELOW_IS_RESIZED] = "the block below is resized",
    [IS_TAKEN] = "it is taken",
    [ABOVE_IS_FREED] = "the block above is freed",
    [ABOVE_IS_RESIZED] = "the block above is resized",
    [IS_LOOKED_AT] = "it stays, but is read",
    [OWN_USE] = "the block that overran is freed or resized",
    [ITS_USE] = "the block that was written into is freed or resized",
    [READS_IT] = "any that reads it",
    [INSPECTION] = "inspection",
    [TO_FREE] = "free",
    [TO_REALLOC] = "realloc",
    [TO_USABLE_SIZE] = "malloc_usable_size",
};

static const char *const outcomes[OUTCOMES] = {
    [AT_ONCE] = "found at once",
    [BY_CHECK] = "found by cairn_check()",
    [TOO_LATE] = "found by cairn_check() before",
    [LATER] = "found later",
    [HARMLESS] = "harmless",
    [NOT_FOUND] = "not found",
    [WENT_ASTRAY] = "went astray",
    [NEVER_ENDED] = "never ended",
};

const struct scene *matrix_scene;

static bool tells_each;
static unsigned long tally[SUBJECTS][ACTS][OUTCOMES];

void matrix_count(unsigned subject, enum act act, enum outcome outcome, const void *at)
{
    tally[subject][act][outcome]++;
    if (tells_each && outcome != AT_ONCE)
        printf("# %s: %s, at byte %td; then: %s: %s\n", matrix_scene->name, subjects[subject].what,
               (const char *)at - scene_memory, acts[act], outcomes[outcome]);
}

enum outcome matrix_outcome(enum ending ending)
{
    static const enum outcome of[] = {
        [RETURNED] = NOT_FOUND, [FATAL] = AT_ONCE, [ASTRAY] = WENT_ASTRAY, [ENDLESS] = NEVER_ENDED};
    return of[ending];
}

static void print_row(unsigned subject, enum act act)
{
    const unsigned long *counts = tally[subject][act];
    unsigned long tries = 0;
    for (unsigned i = 0; i < OUTCOMES; i++)
        tries += counts[i];
    if (tries == 0)
        return;
    printf("%s\t%s\t%s\t%lu", subjects[subject].section, subjects[subject].what, acts[act], tries);
    for (unsigned i = 0; i < OUTCOMES; i++)
        printf("\t%lu", counts[i]);
    printf("\n");
}

int main(int count, char **arguments)
{
    unsigned every = 1;
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--each") == 0)
            tells_each = true;
        else
            every = (unsigned)atoi(arguments[i]);
    }
    if (every == 0)
        return 2;
    bool sound = true;
    for (matrix_scene = scenes; matrix_scene < scenes + scene_count; matrix_scene++) {
        scene_build(matrix_scene);
        watch_memory(scene_memory, scene_size);
        scene_save();
        sound = try_damages(every) && sound;
        try_pointers(every);
    }
    for (unsigned subject = 0; subject < SUBJECTS; subject++)
        for (enum act act = 0; act < ACTS; act++)
            print_row(subject, act);
    return sound ? 0 : 1;
}
