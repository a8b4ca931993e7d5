/* CAIRN_QUARANTINE: whom cairn_explain() suspects beside blocks that are held.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

enum { SIZE = 60 };
enum { BELOW, BETWEEN, DAMAGED, ABOVE, FREES };
static char who[FREES + 1]; /* the callers are addresses of its elements */

/* Whatever a block below it has done: an overrun that came so far would have spoiled the end of this one. */
static void a_held_block_that_is_whole_is_not_passed_over(void)
{
    char *p[4];
    struct cairn_report report;
    for (unsigned i = BELOW; i <= ABOVE; i++)
        p[i] = launder(cairn_malloc_for(&who[i], SIZE));
    for (unsigned i = BELOW; i < ABOVE; i++)
        CHECK(p[i + 1] == p[i] + bytes_of_block(SIZE));
    cairn_free_for(&who[FREES], p[BETWEEN]);
    cairn_free_for(&who[FREES], p[DAMAGED]);
    char behind = p[BELOW][SIZE], first = p[DAMAGED][0];
    p[BELOW][SIZE] = p[DAMAGED][0] = 0;
    cairn_explain(CAIRN_WRITE_AFTER_FREE, p[DAMAGED], &report);
    CHECK(report.damaged.start == p[DAMAGED] && report.damaged.owner == &who[DAMAGED]);
    CHECK(report.suspect.start == p[DAMAGED] && report.suspect.owner == &who[DAMAGED]);

    char *end = p[BETWEEN] + SIZE, last = *end; /* now it came through it */
    *end = 0;
    cairn_explain(CAIRN_WRITE_AFTER_FREE, p[DAMAGED], &report);
    CHECK(report.suspect.start == p[BELOW] && report.suspect.owner == &who[BELOW]);
    *end = last;
    p[BELOW][SIZE] = behind;
    p[DAMAGED][0] = first;
    free(p[BELOW]), free(p[ABOVE]);
    CHECK(sound(cairn_system()));
}

TAP_MAIN(TEST(a_held_block_that_is_whole_is_not_passed_over))
