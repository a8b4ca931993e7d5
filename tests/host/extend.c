/* How far a block grows: what heap_extend() returns, and where it leaves the top.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "core/heap.h"
#include "tap.h"

#include <string.h>

enum { MEMORY = 200 * CAIRN_GRANULE, BELOW = 6, SIZE = 4 };

static _Alignas(16) char memory[MEMORY];
static struct cairn_heap *heap;
static index_t last; /* the last block, of SIZE granules; BELOW free ones are below it */

/* A heap with `room` granules above the top. */
static void make_heap(index_t room)
{
    memset(memory, 0, MEMORY);
    heap = cairn_init(memory, MEMORY);
    index_t rest = heap->limit - heap->top - room - BELOW - SIZE;
    CHECK(launder(heap_take(heap, rest)) != NULL);
    void *below = launder(heap_take(heap, BELOW));
    last = heap_granule_index(heap, launder(heap_take(heap, SIZE)));
    heap_free(heap, below);
    CHECK(heap->top == heap->limit - room && sound(heap));
}

static void the_last_block_takes_no_more_of_the_room_above_than_it_needs(void)
{
    for (index_t room = 0; room < 4; room++)
        for (index_t n = SIZE + 1; n <= SIZE + BELOW + room; n++) {
            make_heap(room);
            index_t i = last, top = heap->top;
            index_t size = heap_extend(heap, &i, SIZE, n);
            bool in_place = n <= SIZE + room;
            index_t have = in_place || n > SIZE + BELOW ? n : SIZE + BELOW;
            CHECK(size == have && i == (in_place ? last : last - BELOW));
            CHECK(heap->top == (have == n ? i + n : top) && heap->top <= heap->limit && sound(heap));
        }
}

static void where_there_is_too_little_nothing_changes(void)
{
    make_heap(3);
    index_t i = last;
    static char before[MEMORY];
    memcpy(before, memory, MEMORY);
    CHECK(heap_extend(heap, &i, SIZE, SIZE + BELOW + 3 + 1) == 0 && i == last);
    CHECK(memcmp(before, memory, MEMORY) == 0);
}

TAP_MAIN(TEST(the_last_block_takes_no_more_of_the_room_above_than_it_needs),
         TEST(where_there_is_too_little_nothing_changes))
