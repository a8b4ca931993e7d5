/* main.c: the explorations. Without arguments: each in its short form, as a test. With a name: that one
 * alone, in its long form; the next argument, if there is one, is its heap's capacity in granules, or "short".
 *
 * SPDX-License-Identifier: MIT */
#include "explore.h"

#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef SHORT_CAPACITY
#define SHORT_CAPACITY 10
#endif

enum { NO_BOUND = 255 };

/* A size that the bound bits tell, those around the first one that is kept as a number, and one that
 * reaches over three tiles. */
static const uint8_t around_32[] = {1, 31, 32, 33, 34, 65, 0};

/* Two sizes of one bin, and one to keep free blocks apart: with three blocks in that bin, the first two of
 * which differ, either look can find one. */
static const uint8_t in_one_bin[] = {1, 4, 5, 0};

/* States grow about threefold with each granule. Where blocks are large there are more granules than
 * could all be blocks: what is bounded is the number of live ones. Reserved blocks have 32 granules at
 * least: there it is the granules that the heap itself holds. Damage multiplies the
 * calls by the fields and the values that each can have. Of no granules there is no brief form: a private heap takes
 * and frees large blocks by the same steps as the system heap. */
static const struct exploration {
    const char *name, *sentence;
    const struct subject *subject;
    struct bounds brief, whole;
} explorations[] = {
    {"private",
     "every call from every state of a private heap does what it should",
     &private_heap,
     {SHORT_CAPACITY, NULL, 16, NO_BOUND, NO_BOUND, NOTHING},
     {15, NULL, 16, NO_BOUND, NO_BOUND, NOTHING}},
    {"system",
     "every call from every state of the system heap does what it should",
     &system_heap,
     {SHORT_CAPACITY - 2, NULL, 16, NO_BOUND, NO_BOUND, OTHERS},
     {15, NULL, 16, NO_BOUND, NO_BOUND, OTHERS}},
    {"private-large",
     "so it does in a private heap with large blocks",
     &private_heap,
     {0},
     {70, around_32, 32, 4, NO_BOUND, NOTHING}},
    {"system-large",
     "so it does in the system heap with large blocks",
     &system_heap,
     {70, around_32, 2, 3, NO_BOUND, NOTHING},
     {70, around_32, 32, 4, NO_BOUND, NOTHING}},
    {"private-bin",
     "so it does in a private heap where a bin holds three blocks",
     &private_heap,
     {0},
     {16, in_one_bin, 4, NO_BOUND, NO_BOUND, NOTHING}},
    {"system-bin",
     "so it does in the system heap where a bin holds three blocks",
     &system_heap,
     {16, in_one_bin, 1, 6, NO_BOUND, NOTHING},
     {16, in_one_bin, 4, NO_BOUND, NO_BOUND, NOTHING}},
    {"damage",
     "a link, a size or a limit that was overwritten is found before it is trusted",
     &private_heap,
     {6, NULL, 2, NO_BOUND, NO_BOUND, DAMAGE},
     {9, NULL, 4, NO_BOUND, NO_BOUND, DAMAGE}},
    {"break",
     "so it does in the system heap where others move the break",
     &system_heap,
     {35, NULL, 4, NO_BOUND, 3, OTHERS},
     {40, NULL, 4, NO_BOUND, 8, OTHERS}},
    {"break-twice",
     "so it does where others move the break twice",
     &system_heap,
     {66, NULL, 2, NO_BOUND, 2, OTHERS},
     {70, NULL, 4, NO_BOUND, 5, OTHERS}},
};
enum { EXPLORATIONS = sizeof explorations / sizeof explorations[0] };

static unsigned count_bits(uint32_t bits)
{
    unsigned count = 0;
    for (; bits != 0; bits &= bits - 1)
        count++;
    return count;
}

/* What was explored, and what was found, in one line. */
static void tell(const char *name, const struct bounds *bounds, const struct found *found)
{
    char text[300];
    size_t room = sizeof text;
    int n = snprintf(text, room, "%s: heap of %u granules, ", name, bounds->capacity);
    for (const uint8_t *size = bounds->sizes; size != NULL && *size != 0; size++)
        n += snprintf(text + n, room - (size_t)n, "%s%u", size == bounds->sizes ? "requests of " : " ", *size);
    n += snprintf(text + n, room - (size_t)n, bounds->sizes == NULL ? "all requests" : "");
    if (bounds->live_most != NO_BOUND)
        n += snprintf(text + n, room - (size_t)n, ", %u live blocks at most", bounds->live_most);
    if (bounds->held_most != NO_BOUND)
        n += snprintf(text + n, room - (size_t)n, ", %u of them at most not the others'", bounds->held_most);
    n += snprintf(text + n, room - (size_t)n, ": %lu states, %llu edges, depth %u", (unsigned long)found->states,
                  (unsigned long long)found->edges, found->depth);
    if (found->beyond != 0)
        n += snprintf(text + n, room - (size_t)n, "; %llu edges led beyond", (unsigned long long)found->beyond);
    if (found->damaged != 0)
        n += snprintf(text + n, room - (size_t)n, "; %llu calls found damage", (unsigned long long)found->damaged);
    if (found->large_at != 0)
        snprintf(text + n, room - (size_t)n, "; large blocks began at %u of 32 granules of a tile",
                 count_bits(found->large_at));
    tap_comment(text);
}

static void run(const struct exploration *exploration, const struct bounds *bounds)
{
    struct found found;
    bool good = explore(exploration->subject, bounds, &found);
    tell(exploration->name, bounds, &found);
    tap_result(good, exploration->sentence);
}

static int run_one(const char *name, const char *capacity)
{
    for (unsigned e = 0; e < EXPLORATIONS; e++) {
        bool brief = capacity != NULL && strcmp(capacity, "short") == 0;
        struct bounds bounds = brief ? explorations[e].brief : explorations[e].whole;
        if (strcmp(name, explorations[e].name) != 0)
            continue;
        if (capacity != NULL && !brief)
            bounds.capacity = (unsigned)strtoul(capacity, NULL, 0);
        tap_plan(1);
        run(&explorations[e], &bounds);
        return tap_status();
    }
    fprintf(stderr, "%s: no exploration has this name\n", name);
    return 2;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return run_one(argv[1], argc > 2 ? argv[2] : NULL);
    int tests = 0;
    for (unsigned e = 0; e < EXPLORATIONS; e++)
        tests += explorations[e].brief.capacity != 0;
    tap_plan(tests);
    for (unsigned e = 0; e < EXPLORATIONS; e++)
        if (explorations[e].brief.capacity != 0)
            run(&explorations[e], &explorations[e].brief);
    return tap_status();
}
