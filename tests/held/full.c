/* CAIRN_QUARANTINE: no request is refused while the quarantine holds memory. It leaves oldest first.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"
#include "core/heap.h"
#include "tap.h"

#include <errno.h>

enum { ROOM = 1500, BLOCK = 100, MOST = 20 };

static char *blocks[MOST];
static unsigned count;

/* No block is live, and all that is held leaves for the next request: one block that takes all there is. */
static void empty(void)
{
    while (count > 0)
        free(blocks[--count]);
    char *all = NULL;
    for (size_t size = ROOM; all == NULL && size > 0; size -= CAIRN_GRANULE)
        all = launder(malloc(size));
    CHECK(all != NULL);
    free(all);
}

/* A heap that is full of blocks, one above the other; the last `n` of them are freed, and held. */
static void full(unsigned n)
{
    empty();
    while (count < MOST && (blocks[count] = launder(malloc(BLOCK))) != NULL)
        count++;
    CHECK(count > 8 && count < MOST);
    while (n-- > 0)
        free(blocks[--count]);
}

static bool seek(void *context, void *block, size_t size, enum cairn_kind kind)
{
    (void)size;
    return block != *(void **)context || kind != CAIRN_HELD;
}

static bool is_held(const void *p)
{
    return !cairn_walk(cairn_system(), seek, &p);
}

static void the_oldest_block_serves_a_request_and_the_others_stay(void)
{
    void *ends = keep_room(ROOM);
    CHECK(ends != (void *)-1);
    full(3);
    char *oldest = blocks[count + 2], *newer = blocks[count + 1], *newest = blocks[count];
    CHECK(is_held(oldest) && is_held(newer) && is_held(newest));
    errno = 7;
    char *p = launder(malloc(BLOCK));
    CHECK(p == oldest && errno == 7 && is_held(newer) && is_held(newest));
    CHECK(sound(cairn_system()));
    blocks[count++] = p;
}

static void a_large_request_takes_as_many_as_it_needs(void)
{
    full(4);
    char *newest = blocks[count];
    char *p = launder(malloc(2 * BLOCK));
    CHECK(p != NULL && is_held(newest) && sound(cairn_system()));
    free(p);
    char *q = launder(memalign(64, 2 * BLOCK));
    CHECK(q != NULL && aligned(q, 64) && sound(cairn_system()));
    free(q);
}

static void realloc_and_sbrk_find_room_there(void)
{
    full(3);
    char *grown = launder(realloc(blocks[0], BLOCK + BLOCK / 2));
    CHECK(grown != NULL);
    blocks[0] = grown;
    full(6); /* a block of others takes 32 granules at least */
    errno = 7;
    char *brk = sbrk(16);
    CHECK(brk != (void *)-1 && errno == 7 && sound(cairn_system()));
    CHECK(sbrk(-16) != (void *)-1);
}

static void what_can_never_be_served_leaves_the_quarantine_as_it_is(void)
{
    full(2);
    errno = 0;
    CHECK(launder(malloc(SIZE_MAX)) == NULL && errno == ENOMEM);
    for (size_t above = CAIRN_GRANULE; above-- > 0;) { /* a heap has control data as well */
        errno = 0;
        CHECK(launder(malloc(HEAP_MAX_REQUEST - KEPT_BEHIND - above)) == NULL && errno == ENOMEM);
    }
    CHECK(is_held(blocks[count]) && is_held(blocks[count + 1]));
    errno = 0;
    CHECK(launder(malloc(ROOM)) == NULL && errno == ENOMEM);
    CHECK(count_blocks(cairn_system(), CAIRN_HELD).blocks == 0 && sound(cairn_system()));
}

static void a_refused_realloc_or_sbrk_leaves_the_block_and_the_break_as_they_are(void)
{
    full(3);
    fill(blocks[0], BLOCK, 5);
    errno = 0;
    CHECK(launder(realloc(blocks[0], ROOM)) == NULL && errno == ENOMEM && filled(blocks[0], BLOCK, 5));
    full(3);
    char *brk = sbrk(0);
    errno = 0;
    CHECK(sbrk(-ROOM) == (void *)-1 && errno == ENOMEM && sbrk(0) == brk); /* nothing leaves for this */
    CHECK(count_blocks(cairn_system(), CAIRN_HELD).blocks >= 3);
    errno = 0;
    CHECK(sbrk(2 * ROOM) == (void *)-1 && errno == ENOMEM);
    CHECK(sbrk(0) <= (void *)brk); /* lower where the last blocks have left */
    CHECK(count_blocks(cairn_system(), CAIRN_HELD).blocks == 0 && sound(cairn_system()));
}

static void ask_for_one(struct cairn_heap *heap, void *p)
{
    (void)heap, (void)p;
    blocks[count++] = launder(malloc(BLOCK));
}

static void a_block_that_leaves_for_a_request_is_checked(void)
{
    full(1);
    blocks[count][BLOCK - 1] ^= 1;
    CHECK(is_fatal(ask_for_one, NULL, NULL) && fatal_reason == CAIRN_WRITE_AFTER_FREE);
    CHECK(fatal_address == blocks[count] + BLOCK - 1);
}

TAP_MAIN(TEST(the_oldest_block_serves_a_request_and_the_others_stay), TEST(a_large_request_takes_as_many_as_it_needs),
         TEST(realloc_and_sbrk_find_room_there), TEST(what_can_never_be_served_leaves_the_quarantine_as_it_is),
         TEST(a_refused_realloc_or_sbrk_leaves_the_block_and_the_break_as_they_are),
         TEST(a_block_that_leaves_for_a_request_is_checked))
