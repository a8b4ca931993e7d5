/* CAIRN_CHECK=2: every byte that is written where none belongs is found, and nothing else is.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "fatal.h"
#include "core/hooks.h"
#include "tap.h"

#include <string.h>

static _Alignas(64) char memory[1536];
static struct cairn_heap *heap;

/* A heap with a used block at each end, and `p` of `size` bytes between them. */
static char *between(size_t size)
{
    heap = cairn_init(memory, sizeof memory);
    void *below = launder(cairn_malloc(heap, 20));
    char *p = launder(cairn_malloc(heap, size));
    void *above = launder(cairn_malloc(heap, 20));
    return below != NULL && above != NULL ? p : NULL;
}

static void usable_is_what_was_asked_for(void)
{
    for (size_t size = 0; size < 70; size++) {
        char *p = between(size);
        CHECK(p != NULL && aligned(p, CAIRN_GRANULE));
        CHECK(cairn_usable_size(heap, p) == size);
        CHECK(sound(heap));
        cairn_free(heap, p);
        CHECK(sound(heap));
    }
}

static void free_it(struct cairn_heap *h, void *p)
{
    cairn_free(h, p);
}

static void resize_it(struct cairn_heap *h, void *p)
{
    p = launder(cairn_realloc(h, p, 30));
}

static void ask_its_size(struct cairn_heap *h, void *p)
{
    CHECK(cairn_usable_size(h, p) == 0);
}

/* To where the next block begins. */
static size_t bytes_behind(size_t size)
{
    size_t granules = (size + 1 + 2 * sizeof(void *) + CAIRN_GRANULE - 1) / CAIRN_GRANULE;
    return granules * CAIRN_GRANULE - size;
}

static void a_byte_written_behind_a_block_is_found(void)
{
    void (*const actions[])(struct cairn_heap *, void *) = {free_it, resize_it, ask_its_size};
    unsigned tried = 0, found = 0, named = 0;
    for (size_t size = 0; size < 40; size++)
        for (size_t k = 0; k < bytes_behind(size) - 2 * sizeof(void *); k++, tried++) {
            char *p = between(size);
            p[size + k] ^= 1;
            bool noticed = is_fatal(actions[tried % 3], heap, p);
            found += noticed && fatal_reason == CAIRN_OVERRUN;
            named += noticed && fatal_address == p + size + k;
        }
    tap_comment_number("single bytes tried behind blocks:", tried);
    CHECK(tried > 100 && found == tried && named == tried);
}

/* A run that reaches over all that is kept there. */
static void a_run_over_a_block_is_found_at_its_first_byte(void)
{
    for (size_t size = 0; size < 40; size++)
        for (int byte = 0; byte < 256; byte += 51) {
            char *p = between(size);
            size_t n = bytes_behind(size);
            size_t kept = 0; /* bytes that happen to be what stood there */
            while (kept < n && (unsigned char)p[size + kept] == byte)
                kept++;
            memset(p + size, byte, n);
            CHECK(is_fatal(free_it, heap, p) && fatal_reason == CAIRN_OVERRUN);
        }
}

static void use_all(struct cairn_heap *h, void *p)
{
    (void)p;
    for (size_t size = 1024; size > 0; size /= 2)
        while (cairn_malloc(h, size) != NULL)
            continue;
}

/* Blocks around it freed or not, and freed before it or after. */
static char *freed(size_t size, unsigned around)
{
    heap = cairn_init(memory, sizeof memory);
    void *low = launder(cairn_malloc(heap, 20));
    void *below = launder(cairn_malloc(heap, 20));
    char *p = launder(cairn_malloc(heap, size));
    void *above = launder(cairn_malloc(heap, 20));
    void *high = (around & 8) ? NULL : launder(cairn_malloc(heap, 20)); /* without: the top is lowered */
    if (around & 1)
        cairn_free(heap, below);
    if (around & 2)
        cairn_free(heap, above);
    cairn_free(heap, p);
    if ((around & 4) && !(around & 1))
        cairn_free(heap, below);
    if ((around & 4) && !(around & 2))
        cairn_free(heap, above);
    CHECK(low != NULL && (high != NULL || (around & 8)) && sound(heap));
    return p;
}

/* In the first granule a free block may keep its links: then it is these that are found damaged. */
static void a_byte_written_after_free_is_found_when_it_is_given_out(void)
{
    unsigned tried = 0, found = 0, named = 0;
    for (unsigned around = 0; around < 16; around++)
        for (size_t k = 0; k < 60; k++, tried++) {
            char *p = freed(60, around);
            p[k] ^= 4;
            bool noticed = is_fatal(use_all, heap, NULL);
            bool linked = k < CAIRN_GRANULE &&
                          (fatal_reason == CAIRN_CORRUPT_SIZE || fatal_reason == CAIRN_CORRUPT_LINK);
            found += noticed && (linked || fatal_reason == CAIRN_WRITE_AFTER_FREE);
            named += noticed && (linked || fatal_address == p + k);
        }
    tap_comment_number("single bytes tried in freed blocks:", tried);
    CHECK(found == tried && named == tried);
}

static void nothing_is_found_where_nothing_was_written(void)
{
    for (unsigned around = 0; around < 16; around++)
        for (size_t size = 0; size < 300; size += 7) {
            char *p = freed(size, around);
            CHECK(p != NULL && !is_fatal(use_all, heap, NULL));
        }
}

static void new_memory_is_not_zero_nor_like_free_memory(void)
{
    char *p = between(100);
    CHECK(!all_zero(p, 1) && !all_zero(p + 99, 1));
    CHECK((unsigned char)p[0] != (HEAP_FILL & 0xff) && (unsigned char)p[99] != (HEAP_FILL & 0xff));
    char *c = launder(cairn_calloc(heap, 10, 10));
    CHECK(c != NULL && all_zero(c, 100));
}

/* As those of a block that malloc() returns are. */
static void the_bytes_that_a_block_grows_by_are_new(void)
{
    char *p = between(40), new = *p;
    fill(p, 40, 5);
    p = launder(cairn_realloc(heap, p, 100));
    CHECK(p != NULL && filled(p, 40, 5));
    for (size_t k = 40; k < 100; k++)
        CHECK(p[k] == new);
    char *q = launder(malloc(40));
    CHECK(*q == new);
    q = launder(realloc(q, 100));
    for (size_t k = 40; k < 100; k++)
        CHECK(q[k] == new);
    free(q);
}

static void realloc_keeps_contents_each_way(void)
{
    static const size_t sizes[] = {0, 1, 7, 8, 9, 40, 41, 33, 200, 3, 100, 99, 0};
    char *p = between(sizes[0]);
    for (unsigned i = 1; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t common = sizes[i] < sizes[i - 1] ? sizes[i] : sizes[i - 1];
        fill(p, sizes[i - 1], i);
        p = launder(cairn_realloc(heap, p, sizes[i]));
        CHECK(p != NULL && filled(p, common, i) && cairn_usable_size(heap, p) == sizes[i] && sound(heap));
    }
    CHECK(cairn_realloc(heap, p, sizeof memory) == NULL && cairn_usable_size(heap, p) == 0);
    fill(p = launder(cairn_realloc(heap, p, 40)), 40, 9);
    while (cairn_malloc(heap, 0) != NULL)
        continue;
    p = launder(cairn_realloc(heap, p, 10)); /* there is no second place */
    CHECK(p != NULL && filled(p, 10, 9) && cairn_usable_size(heap, p) == 10 && sound(heap));
    while (cairn_malloc(heap, 0) != NULL)
        continue;
    CHECK(launder(cairn_realloc(heap, p, 10)) == p && filled(p, 10, 9) && sound(heap));
}

static void aligned_blocks_and_their_gaps_are_guarded(void)
{
    for (size_t alignment = 16; alignment <= 128; alignment *= 2)
        for (size_t size = 0; size < 90; size += 13) {
            char *odd = between(alignment / 2);
            char *p = launder(cairn_aligned_alloc(heap, alignment, size));
            CHECK(p != NULL && aligned(p, alignment) && cairn_usable_size(heap, p) == size && sound(heap));
            fill(p, size, 3);
            cairn_free(heap, odd);
            CHECK(filled(p, size, 3));
            cairn_free(heap, p);
            CHECK(sound(heap) && !is_fatal(use_all, heap, NULL));
        }
}

/* Of several private heaps a report knows the one that was used last. */
static void a_report_is_about_the_heap_of_the_call(void)
{
    static _Alignas(64) char others[512];
    void (*const actions[])(struct cairn_heap *, void *) = {free_it, resize_it};
    for (unsigned i = 0; i < 2; i++) {
        struct cairn_report report;
        char *p = between(30);
        struct cairn_heap *other = cairn_init(others, sizeof others);
        CHECK(launder(cairn_malloc(other, 8)) != NULL);
        p[30] ^= 1;
        CHECK(is_fatal(actions[i], heap, p) && fatal_reason == CAIRN_OVERRUN);
        cairn_explain(fatal_reason, fatal_address, &report);
        CHECK(report.damaged.start == p && report.damaged.size == 30);
    }
}

static size_t wanted;

static void ask(struct cairn_heap *h, void *p)
{
    (void)p;
    launder(cairn_malloc(h, wanted));
}

/* A block is given out from the upper end of a free one: the size of the rest comes where only fill was, and what was
 * written there is found before that. The rest stays in its bin, or goes to another. */
static void a_write_where_the_size_of_the_rest_comes_is_found(void)
{
    unsigned tried = 0;
    for (wanted = 1; wanted < 260; wanted += CAIRN_GRANULE, tried++) {
        char *p = between(400);
        cairn_free(heap, p);
        size_t rest = bytes_of_block(400) - bytes_of_block(wanted);
        p[rest - 1] ^= 1;
        CHECK(is_fatal(ask, heap, NULL) && fatal_reason == CAIRN_WRITE_AFTER_FREE);
        CHECK(fatal_address == p + rest - 1);
    }
    CHECK(tried > 10);
}

/* An aligned block is cut out of what is above the top, so that a gap is left below it, and a rest above. Both have
 * room for a block. Returns where the gap begins. */
enum { ALIGNMENT = 8 * CAIRN_GRANULE, GAP = ALIGNMENT / 2, ALIGNED = 40, REST = ALIGNMENT - CAIRN_GRANULE - GAP };

static char *set_gap(void)
{
    heap = cairn_init(memory, sizeof memory);
    size_t below = (ALIGNMENT + GAP - (uintptr_t)heap_pointer(heap, heap->top) % ALIGNMENT) % ALIGNMENT;
    if (below < bytes_of_block(0))
        below += ALIGNMENT;
    char *p = launder(cairn_malloc(heap, below - KEPT_BEHIND));
    char *gap = heap_pointer(heap, heap->top);
    CHECK(p + below == gap && aligned(gap + GAP, ALIGNMENT));
    return gap;
}

static void take_aligned(struct cairn_heap *h, void *p)
{
    CHECK(cairn_aligned_alloc(h, ALIGNMENT, ALIGNED) == p);
}

static void take_aligned_and_all(struct cairn_heap *h, void *p)
{
    take_aligned(h, p);
    use_all(h, NULL);
}

/* At once where links or a size come; else when the gap or the rest is given out. */
static void a_write_in_a_gap_or_a_rest_is_found(void)
{
    enum { LINKS = 3 * sizeof(link_t) };
    unsigned at_once = 0;
    for (size_t k = 0; k < GAP + REST; k++) {
        char *gap = set_gap(), *p = gap + GAP;
        char *rest = p + bytes_of_block(ALIGNED);
        char *bad = k < GAP ? gap + k : rest + (k - GAP);
        *bad ^= 1;
        CHECK(is_fatal(take_aligned_and_all, heap, p));
        CHECK(fatal_reason == CAIRN_WRITE_AFTER_FREE && fatal_address == bad);
        set_gap();
        *bad ^= 1;
        at_once += is_fatal(take_aligned, heap, p) && fatal_address == bad;
    }
    CHECK(at_once == 2 * (LINKS + sizeof(link_t)));
}

/* An interrupt that waited for the lock writes to `target` once, while a block is freed or cut. */
static char *target;
static bool waits;

/* As soon as it is filled. */
static void write_in_fill(void)
{
    if (waits && (unsigned char)*target == (HEAP_FILL & 0xff)) {
        *target = 'x';
        waits = false;
    }
}

/* When the lock has been released so often; over the size in a trailer. */
static unsigned left;

static void write_in_trailer(void)
{
    if (waits && left-- == 0) {
        memset(target, 0, sizeof(size_t));
        waits = false;
    }
}

static bool interrupted(void (*handler)(void), char *at)
{
    target = at;
    waits = true;
    return tap_interrupt(handler);
}

static void a_trailer_that_is_written_while_its_block_is_freed_is_found(void)
{
    for (unsigned n = 0; n < 3; n++) {
        char *p = between(60);
        char *end = p + bytes_of_block(60);
        left = n;
        if (!interrupted(write_in_trailer, end - sizeof(size_t))) {
            tap_skip("a board is not told when the lock is released");
            return;
        }
        bool noticed = is_fatal(free_it, heap, p);
        tap_interrupt(NULL);
        CHECK(!waits && noticed && fatal_reason == CAIRN_OVERRUN && fatal_address == end - 2 * sizeof(void *));
    }
}

static void shrink_it(struct cairn_heap *h, void *p)
{
    CHECK(cairn_realloc(h, p, 30) == p);
}

static void a_write_while_a_block_is_freed_or_cut_is_found_when_its_memory_is_given_out(void)
{
    void (*const actions[])(struct cairn_heap *, void *) = {free_it, shrink_it};
    for (unsigned n = 0; n < 2; n++) {
        char *p = between(400);
        use_all(heap, NULL); /* realloc() finds no second place */
        if (!interrupted(write_in_fill, p + 300)) {
            tap_skip("a board is not told when the lock is released");
            return;
        }
        CHECK(!is_fatal(actions[n], heap, p) && !waits);
        tap_interrupt(NULL);
        CHECK(is_fatal(use_all, heap, NULL) && fatal_reason == CAIRN_WRITE_AFTER_FREE && fatal_address == p + 300);
    }
}

TAP_MAIN(TEST(usable_is_what_was_asked_for), TEST(a_byte_written_behind_a_block_is_found),
         TEST(a_run_over_a_block_is_found_at_its_first_byte),
         TEST(a_byte_written_after_free_is_found_when_it_is_given_out),
         TEST(nothing_is_found_where_nothing_was_written), TEST(new_memory_is_not_zero_nor_like_free_memory),
         TEST(the_bytes_that_a_block_grows_by_are_new), TEST(a_report_is_about_the_heap_of_the_call),
         TEST(realloc_keeps_contents_each_way), TEST(aligned_blocks_and_their_gaps_are_guarded),
         TEST(a_write_where_the_size_of_the_rest_comes_is_found), TEST(a_write_in_a_gap_or_a_rest_is_found),
         TEST(a_trailer_that_is_written_while_its_block_is_freed_is_found),
         TEST(a_write_while_a_block_is_freed_or_cut_is_found_when_its_memory_is_given_out))
