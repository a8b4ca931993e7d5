/* CAIRN_TRACE=1: each call leaves a record, as allocator/watch/trace.c describes it.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "hooks.h"
#include "tap.h"

enum { MALLOC, CALLOC, ALIGNED, REALLOC, FREE };
static char who[8];

/* Is the last record of this kind, by this caller, of these words, and the next one by number? Only a call for an
 * alignment has one. */
static bool recorded(unsigned kind, const void *caller, uint32_t words)
{
    static unsigned seen;
    static uint32_t number;
    bool good = hook_records == seen + 1 && (hook_record[0] & 7) == kind && hook_words == words &&
                hook_record[1] == (uintptr_t)caller && (kind == ALIGNED || (hook_record[0] >> 3 & 31) == 0) &&
                (hook_records == 1 || (uint32_t)hook_record[0] >> 8 == number + 1);
    seen = hook_records;
    number = (uint32_t)hook_record[0] >> 8;
    return good;
}

static void each_call_leaves_its_record(void)
{
    char *p = launder(cairn_malloc_for(&who[0], 100));
    CHECK(recorded(MALLOC, &who[0], 4) && hook_record[2] == (uintptr_t)p && hook_record[3] == 100);
    char *c = launder(cairn_calloc_for(&who[1], 3, 7));
    CHECK(recorded(CALLOC, &who[1], 4) && hook_record[2] == (uintptr_t)c && hook_record[3] == 21);
    char *a = launder(cairn_memalign_for(&who[2], 64, 9));
    CHECK(recorded(ALIGNED, &who[2], 4) && hook_record[2] == (uintptr_t)a && hook_record[3] == 9);
    CHECK((hook_record[0] >> 3 & 31) == 6);
    char *q = launder(cairn_realloc_for(&who[3], p, 300));
    CHECK(recorded(REALLOC, &who[3], 5) && hook_record[2] == (uintptr_t)p && hook_record[3] == 300);
    CHECK(hook_record[4] == (uintptr_t)q);
    CHECK(launder(cairn_realloc_for(&who[3], q, 200)) == q);
    CHECK(recorded(REALLOC, &who[3], 5) && hook_record[3] == 200 && hook_record[4] == (uintptr_t)q);
    cairn_free_for(&who[4], a);
    CHECK(recorded(FREE, &who[4], 3) && hook_record[2] == (uintptr_t)a);
    free(q);
    recorded(FREE, NULL, 3);
    free(c);
    CHECK(recorded(FREE, (void *)hook_record[1], 3));
    CHECK(system_empty());
}

static void a_refused_call_is_recorded_as_well(void)
{
    CHECK(cairn_malloc_for(&who[5], (size_t)1 << 30) == NULL);
    CHECK(recorded(MALLOC, &who[5], 4) && hook_record[2] == 0 && hook_record[3] == (size_t)1 << 30);
    char *p = launder(malloc(8));
    recorded(MALLOC, NULL, 4);
    CHECK(cairn_realloc_for(&who[6], p, SIZE_MAX) == NULL);
    CHECK(recorded(REALLOC, &who[6], 5) && hook_record[2] == (uintptr_t)p && hook_record[4] == 0);
    free(p);
    recorded(FREE, NULL, 3);
}

/* The record has five bits for its power: larger ones, of machines with 64 bits, are recorded as the largest. */
static void the_power_of_an_alignment_is_recorded_up_to_31(void)
{
    for (unsigned power = 0; power < sizeof(size_t) * 8; power++) {
        void *p = cairn_memalign_for(&who[7], (size_t)1 << power, SIZE_MAX / 2);
        CHECK(p == NULL && recorded(ALIGNED, &who[7], 4) && (hook_record[0] >> 3 & 31) == (power < 31 ? power : 31));
    }
}

static void what_does_nothing_is_not_recorded(void)
{
    unsigned before = hook_records;
    free(NULL);
    CHECK(malloc_usable_size(NULL) == 0 && hook_records == before);
}

static void the_family_records_its_own_caller(void)
{
    void *p = NULL;
    CHECK(posix_memalign(&p, 32, 10) == 0);
    uintptr_t here = (uintptr_t)the_family_records_its_own_caller;
    CHECK(hook_record[1] - here < 4000);
    p = launder(reallocarray(launder(p), 10, 10));
    CHECK(hook_record[1] - here < 4000 && hook_record[3] == 100);
    cfree(p);
    CHECK(hook_record[1] - here < 4000 && (hook_record[0] & 7) == FREE);
}

TAP_MAIN(TEST(each_call_leaves_its_record), TEST(a_refused_call_is_recorded_as_well),
         TEST(the_power_of_an_alignment_is_recorded_up_to_31), TEST(what_does_nothing_is_not_recorded),
         TEST(the_family_records_its_own_caller))
