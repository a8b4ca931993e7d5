/* Functions of the C library that allocate, or that work on large blocks.
 *
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "blocks.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

static void strdup_copies_into_this_heap(void)
{
    char *copy = strdup("something to keep");
    CHECK(strcmp(copy, "something to keep") == 0 && malloc_usable_size(copy) >= 18);
    char *part = strndup("something to keep", 9);
    CHECK(strcmp(part, "something") == 0 && malloc_usable_size(part) >= 10);
    free(copy);
    free(part);
    CHECK(system_empty());
}

static int compare(const void *a, const void *b)
{
    const unsigned *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void qsort_sorts_a_large_array(void)
{
    size_t count = room() / 2 / sizeof(unsigned);
    if (count > 16384)
        count = 16384;
    tap_comment_number("elements:", count);
    unsigned *array = launder(malloc(count * sizeof *array));
    unsigned number = 1, sum = 0;
    for (size_t i = 0; i < count; i++) {
        number = number * 1103515245u + 12345u;
        array[i] = number >> 8;
        sum += array[i];
    }
    qsort(array, count, sizeof *array, compare);
    CHECK(cairn_check(cairn_system(), NULL) == 0);
    for (size_t i = 1; i < count; i++)
        CHECK(array[i - 1] <= array[i]);
    for (size_t i = 0; i < count; i++)
        sum -= array[i];
    CHECK(sum == 0);
    free(array);
    CHECK(system_empty());
}

static void the_librarys_own_names_are_this_heaps(void)
{
    void *p = launder(calloc(4, 4));
    p = launder(realloc(p, 400));
    void *q = launder(reallocf(p, 500));
    CHECK(q != NULL && (char *)q > (char *)cairn_system());
    CHECK(count_blocks(cairn_system(), CAIRN_USED).blocks == 1);
    free(q);
    CHECK(system_empty());
}

TAP_MAIN(TEST(strdup_copies_into_this_heap), TEST(qsort_sorts_a_large_array),
         TEST(the_librarys_own_names_are_this_heaps))
