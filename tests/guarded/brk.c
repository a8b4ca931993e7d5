/* CAIRN_CHECK=2: memory that others take by sbrk is looked at as well, and is clean again when they have given it
 * back.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"
#include "tap.h"

#include <string.h>

enum { ROOM = 3000, THEIRS = 200 };

static void take_all(struct cairn_heap *unused, void *p)
{
    (void)unused, (void)p;
    for (size_t size = ROOM; size > 0; size /= 2)
        while (malloc(size) != NULL)
            continue;
}

static void take_the_break(struct cairn_heap *unused, void *p)
{
    (void)unused, (void)p;
    CHECK(sbrk(THEIRS) == NULL);
}

static void a_write_after_free_is_found_when_sbrk_gives_the_memory_out(void)
{
    CHECK(keep_room(ROOM) != NULL);
    for (size_t k = 0; k < THEIRS - 20; k++) {
        char *p = launder(malloc(THEIRS));
        free(p);
        p[k] ^= 4;
        CHECK(is_fatal(take_the_break, NULL, NULL) && fatal_reason == CAIRN_WRITE_AFTER_FREE && fatal_address == p + k);
        CHECK(sbrk(-THEIRS) != (void *)-1); /* which fills it */
    }
    CHECK(system_empty());
}

/* A free block below theirs becomes one with it: what it kept must not be taken for a write after free. */
static void memory_that_others_give_back_is_clean(void)
{
    for (size_t size = 0; size < 100; size += 7) {
        char *below = launder(malloc(size));
        char *brk = sbrk(THEIRS);
        CHECK(below != NULL && brk != (void *)-1);
        memset(brk, 0x11, THEIRS);
        free(below);
        CHECK(sbrk(-THEIRS / 2) != (void *)-1 && sbrk(-THEIRS / 2) != (void *)-1);
        CHECK(system_empty());
    }
    CHECK(!is_fatal(take_all, NULL, NULL));
}

TAP_MAIN(TEST(a_write_after_free_is_found_when_sbrk_gives_the_memory_out), TEST(memory_that_others_give_back_is_clean))
