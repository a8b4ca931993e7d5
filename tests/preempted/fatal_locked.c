/* With all options on, cairn_fatal() is called with the lock held, as it is without them.
 *
 * SPDX-License-Identifier: MIT */
#include "../target/systick.h"

#include "blocks.h"
#include "fatal.h"
#include "tap.h"

enum { ROOM = 2000, SIZE = 40 };

static void free_it(struct cairn_heap *unused, void *p)
{
    (void)unused;
    free(p);
}

static void resize_it(struct cairn_heap *unused, void *p)
{
    (void)unused;
    p = launder(realloc(p, SIZE / 2));
}

static void take_it(struct cairn_heap *unused, void *p)
{
    (void)unused, (void)p;
    launder(malloc(SIZE));
}

/* Leaves the heap damaged, and what was found in fatal_reason. */
static bool is_fatal_with_the_lock_held(void (*action)(struct cairn_heap *heap, void *p), void *p)
{
    bool found = is_fatal(action, NULL, p) && fatal_locked;
    return found;
}

static void the_lock_is_held_when_an_overrun_is_found(void)
{
    keep_room(ROOM);
    void (*const actions[])(struct cairn_heap *, void *) = {free_it, resize_it};
    for (unsigned i = 0; i < 2; i++) {
        char *p = launder(malloc(SIZE));
        p[SIZE] ^= 1;
        CHECK(is_fatal_with_the_lock_held(actions[i], p) && fatal_reason == CAIRN_OVERRUN);
    }
}

static void the_lock_is_held_when_a_misuse_is_found(void)
{
    char *p = launder(malloc(SIZE));
    CHECK(is_fatal_with_the_lock_held(free_it, p + CAIRN_GRANULE) && fatal_reason == CAIRN_NOT_A_BLOCK);
    free(p);
}

static void the_lock_is_held_when_a_write_after_free_is_found(void)
{
    /* In the caller's bytes, and where canary and trailer will be. */
    for (size_t k = CAIRN_GRANULE; k < SIZE + KEPT_BEHIND - CAIRN_GRANULE; k += 7) {
        char *p = launder(malloc(SIZE));
        void *above = launder(malloc(1));
        free(p);
        p[k] ^= 1;
        CHECK(above != NULL && is_fatal_with_the_lock_held(take_it, NULL) && fatal_reason == CAIRN_WRITE_AFTER_FREE);
        CHECK(fatal_address == p + k);
    }
}

TAP_MAIN(TEST(the_lock_is_held_when_an_overrun_is_found), TEST(the_lock_is_held_when_a_misuse_is_found),
         TEST(the_lock_is_held_when_a_write_after_free_is_found))
