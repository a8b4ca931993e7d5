/* The heap lies where the linker script says, to the byte. One program, linked by a script of each
 * convention, which gives its expectation of the two ends as well.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "port.h"
#include "tap.h"

#include <errno.h>

/* In C a linker symbol is an address, never a value. */
extern char expected_start[], expected_limit[];

/* The region's first granule, and what follows its last. The map takes one granule for every
 * 4 * CAIRN_GRANULE: where one more is left over, it is of no use to either. */
static uintptr_t first(void)
{
    return ((uintptr_t)expected_start + CAIRN_GRANULE - 1u) & ~(uintptr_t)(CAIRN_GRANULE - 1u);
}

static uintptr_t past(void)
{
    uintptr_t end = (uintptr_t)expected_limit & ~(uintptr_t)(CAIRN_GRANULE - 1u);
    bool left_over = (end - first()) / CAIRN_GRANULE % (4u * CAIRN_GRANULE + 1u) == 4u * CAIRN_GRANULE;
    return left_over ? end - CAIRN_GRANULE : end;
}

static size_t region(void)
{
    return (size_t)((uintptr_t)expected_limit - (uintptr_t)expected_start);
}

static void the_break_starts_at_the_first_byte(void)
{
    CHECK(port_heap_start() == expected_start);
    CHECK(sbrk(0) == expected_start);
}

static void the_break_ends_past_the_last_byte(void)
{
    volatile char *bytes = expected_start;
    CHECK(port_heap_limit() == expected_limit);
    CHECK(sbrk((ptrdiff_t)region()) == expected_start && sbrk(0) == expected_limit);
    bytes[0] = 0x5a;
    bytes[region() - 1u] = 0x3c;
    CHECK(bytes[0] == 0x5a && bytes[region() - 1u] == 0x3c);
}

static void one_more_byte_is_refused(void)
{
    errno = 0;
    CHECK(sbrk(1) == (void *)-1 && errno == ENOMEM);
    CHECK(sbrk(-(ptrdiff_t)region()) == expected_limit && sbrk(0) == expected_start);
    errno = 0;
    CHECK(sbrk((ptrdiff_t)region() + 1) == (void *)-1 && errno == ENOMEM);
    CHECK(sbrk(0) == expected_start);
}

static void the_heap_starts_at_the_first_byte(void)
{
    char *p = launder(malloc(1));
    CHECK(p != NULL);
    struct cairn_stats stats;
    cairn_stats(cairn_system(), &stats);
    CHECK((uintptr_t)p - stats.control == first()); /* the control data, and no gap */
    CHECK(first() + stats.size + stats.can_grow == past());
    free(p);
    CHECK(system_empty());
}

static void the_largest_block_ends_at_the_last_byte(void)
{
    size_t served = 1;
    for (size_t refused = region(); refused - served > 1;) {
        size_t size = served + (refused - served) / 2;
        void *p = launder(malloc(size));
        free(p);
        if (p != NULL)
            served = size;
        else
            refused = size;
    }
    char *p = launder(malloc(served));
    CHECK(p != NULL && (uintptr_t)p + served == past());
    fill(p, served, 1);
    errno = 0;
    CHECK(launder(malloc(1)) == NULL && errno == ENOMEM);
    CHECK(filled(p, served, 1) && sound(cairn_system()));
    free(p);
    CHECK(launder(malloc(served + 1u)) == NULL && system_empty());
}

TAP_MAIN(TEST(the_break_starts_at_the_first_byte), TEST(the_break_ends_past_the_last_byte),
         TEST(one_more_byte_is_refused), TEST(the_heap_starts_at_the_first_byte),
         TEST(the_largest_block_ends_at_the_last_byte))
