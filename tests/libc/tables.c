/* Sorting, and the C library's tables and trees, with their elements in large blocks or in many small ones.
 *
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "library.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

/* ---- qsort ------------------------------------------------------------------------------------- */

static unsigned random_number;

static unsigned next_random(void)
{
    random_number = random_number * 1103515245u + 12345u;
    return random_number >> 8;
}

static int compare(const void *a, const void *b)
{
    const unsigned *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void qsort_sorts_a_large_array(void)
{
    struct mark before = mark();
    size_t count = room() / 2 / sizeof(unsigned);
    if (count > 16384)
        count = 16384;
    tap_comment_number("elements:", count);
    unsigned *array = launder(malloc(count * sizeof *array));
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += array[i] = next_random();
    qsort(array, count, sizeof *array, compare);
    CHECK(blocks_more(before, 1));
    for (size_t i = 1; i < count; i++)
        CHECK(array[i - 1] <= array[i]);
    for (size_t i = 0; i < count; i++)
        sum -= array[i];
    CHECK(sum == 0);
    free(array);
    CHECK(nothing_left(before));
}

/* Of a size and alignment at which no word can be swapped. */
struct record {
    unsigned char key[2];
    unsigned char data[119];
};

static int compare_records(const void *a, const void *b)
{
    const struct record *x = a, *y = b;
    return memcmp(x->key, y->key, sizeof x->key);
}

static void qsort_sorts_large_elements(void)
{
    struct mark before = mark();
    size_t count = room() / 2 / sizeof(struct record);
    if (count > 1000)
        count = 1000;
    tap_comment_number("elements of 121 bytes:", count);
    struct record *records = launder(malloc(count * sizeof *records));
    for (size_t i = 0; i < count; i++) {
        fill(records[i].key, sizeof records[i].key, next_random());
        fill(records[i].data, sizeof records[i].data, records[i].key[0]);
    }
    qsort(records, count, sizeof *records, compare_records);
    CHECK(blocks_more(before, 1));
    for (size_t i = 0; i < count; i++) {
        CHECK(i == 0 || compare_records(&records[i - 1], &records[i]) <= 0);
        CHECK(filled(records[i].data, sizeof records[i].data, records[i].key[0]));
    }
    free(records);
    CHECK(nothing_left(before));
}

/* ---- search.h ---------------------------------------------------------------------------------- */

enum { KEYS = 40 };
static unsigned keys[KEYS];

static void a_tree_is_grown_and_taken_down(void)
{
    void *root = NULL;
    struct mark before = mark();
    for (unsigned i = 0; i < KEYS; i++) {
        keys[i] = i * 7 % KEYS;
        CHECK(*(unsigned **)tsearch(&keys[i], &root, compare) == &keys[i]);
    }
    CHECK(blocks_more(before, KEYS));
    unsigned wanted = 13;
    CHECK(**(unsigned **)tfind(&wanted, &root, compare) == 13);
    for (unsigned i = 0; i < KEYS; i += 2)
        CHECK(tdelete(&keys[i], &root, compare) != NULL);
    CHECK(blocks_more(before, KEYS / 2));
    for (unsigned i = 1; i < KEYS; i += 2)
        CHECK(tdelete(&keys[i], &root, compare) != NULL);
    CHECK(root == NULL && nothing_left(before));
}

/* hdestroy() frees the table alone, in newlib as in picolibc: one block is lost for each entry. */
static void a_hash_table_is_destroyed_but_for_its_entries(void)
{
    static char names[KEYS][8];
    struct mark before = mark();
    CHECK(hcreate(KEYS) != 0);
    for (int i = 0; i < KEYS; i++) {
        snprintf(names[i], sizeof names[i], "key %d", i);
        CHECK(hsearch((ENTRY){names[i], &keys[i]}, ENTER) != NULL);
    }
    CHECK(blocks_more(before, 1 + KEYS));
    ENTRY *found = hsearch((ENTRY){names[17], NULL}, FIND);
    CHECK(found != NULL && found->data == &keys[17] && hsearch((ENTRY){"none", NULL}, FIND) == NULL);
    hdestroy();
    CHECK(blocks_more(before, KEYS));
}

TAP_MAIN(TEST(qsort_sorts_a_large_array), TEST(qsort_sorts_large_elements), TEST(a_tree_is_grown_and_taken_down),
         TEST(a_hash_table_is_destroyed_but_for_its_entries))
