/* Refused requests: each gives NULL, the right errno, and a heap that is unchanged to the bit.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "port.h"
#include "system/system.h"
#include "tap.h"

#include <errno.h>

enum { ROOM = 10 * 1024, HELD = 5, FAR = 0x40000 };

static char *memory; /* all that the heap has, and will have */
static size_t memory_size;
static char *held[HELD]; /* live blocks, with free ones between them */
static const size_t held_size[HELD] = {8, 100, 24, 400, 60};

/* The sizes that no heap serves; the last ones become this heap's. */
static size_t too_large[32];
static unsigned too_large_count;

static void make_sizes(void)
{
    for (size_t i = 0; i <= 16; i++)
        too_large[too_large_count++] = SIZE_MAX - i;
    too_large[too_large_count++] = (size_t)PTRDIFF_MAX + 1;
    too_large[too_large_count++] = PTRDIFF_MAX;
    too_large[too_large_count++] = (size_t)PTRDIFF_MAX - 7;
    too_large[too_large_count++] = SIZE_MAX / 2 - 63;
    too_large[too_large_count++] = (size_t)HEAP_MAX_GRANULES * CAIRN_GRANULE; /* as far as the index reaches */
    too_large[too_large_count++] = (size_t)HEAP_MAX_GRANULES * CAIRN_GRANULE - 1;
    too_large[too_large_count++] = 0x60000; /* with the gap for FAR, farther than 16 bits */
    too_large[too_large_count++] = memory_size + 1;
    too_large[too_large_count++] = memory_size;
}

static void a_heap_with_blocks_and_holes_is_made(void)
{
    void *holes[HELD];
    keep_room(ROOM);
    memory = sbrk(0);
    memory_size = room();
    make_sizes();
    for (unsigned i = 0; i < HELD; i++) {
        holes[i] = launder(malloc(40 + 72 * i));
        held[i] = launder(malloc(held_size[i]));
        fill(held[i], held_size[i], i);
    }
    for (unsigned i = 0; i < HELD; i++)
        free(holes[i]);
    CHECK(sound(cairn_system()) && count_blocks(cairn_system(), CAIRN_FREE).blocks == HELD);
}

/* ---- Nothing has changed --------------------------------------------------------------------- */

static uint32_t state_before, memory_before;

static void before(void)
{
    state_before = hash(&cairn_system_state, sizeof cairn_system_state);
    memory_before = hash(memory, memory_size);
    errno = 0;
}

static bool unchanged(void)
{
    return state_before == hash(&cairn_system_state, sizeof cairn_system_state) &&
           memory_before == hash(memory, memory_size);
}

/* The heap serves as before: a request, and one as large as a block that was just freed. */
static bool serves(void)
{
    void *p = launder(malloc(72));
    bool served = p != NULL;
    free(p);
    void *q = launder(malloc(72));
    served = served && q != NULL;
    free(q);
    return served;
}

/* Was the call between before() and this one refused as it should be? Says which one was not. */
static void refused(bool refusal, int error, const char *call, size_t size)
{
    bool same = unchanged();
    bool good = refusal && errno == error && same && serves();
    if (!good) {
        tap_comment(call);
        tap_comment_number(same ? "  of size" : "  left a trace, of size", (unsigned long)size);
    }
    CHECK(good);
}

#define REFUSED(error, call, size) (before(), refused(launder(call) == NULL, error, #call, size))

static void malloc_refuses_what_is_too_large(void)
{
    for (unsigned i = 0; i < too_large_count; i++)
        REFUSED(ENOMEM, malloc(too_large[i]), too_large[i]);
}

static void calloc_refuses_what_is_too_large_or_overflows(void)
{
    for (unsigned i = 0; i < too_large_count; i++) {
        REFUSED(ENOMEM, calloc(too_large[i], 1), too_large[i]);
        REFUSED(ENOMEM, calloc(1, too_large[i]), too_large[i]);
        REFUSED(ENOMEM, calloc(2, too_large[i]), too_large[i]);
    }
    REFUSED(ENOMEM, calloc(SIZE_MAX / 4 + 2, 4), 4); /* 0x40000001 on 32 bits: wraps round to 4 */
    REFUSED(ENOMEM, calloc(SIZE_MAX, 2), 2);
    REFUSED(ENOMEM, calloc(SIZE_MAX, SIZE_MAX), 0);
    const size_t half = (size_t)1 << sizeof(size_t) * 4;
    REFUSED(ENOMEM, calloc(half, half + 1), half); /* 65536 * 65537 on 32 bits */
    REFUSED(ENOMEM, calloc(half, half), half);
}

static void realloc_refuses_what_is_too_large(void)
{
    for (unsigned i = 0; i < too_large_count; i++) {
        for (unsigned j = 0; j < HELD; j++)
            REFUSED(ENOMEM, realloc(held[j], too_large[i]), too_large[i]);
        REFUSED(ENOMEM, realloc(NULL, too_large[i]), too_large[i]);
    }
}

static void reallocarray_refuses_what_overflows(void)
{
    const size_t half = (size_t)1 << sizeof(size_t) * 4;
    for (unsigned j = 0; j < HELD; j++) {
        REFUSED(ENOMEM, reallocarray(held[j], SIZE_MAX / 4 + 2, 4), 4);
        REFUSED(ENOMEM, reallocarray(held[j], SIZE_MAX, 2), 2);
        REFUSED(ENOMEM, reallocarray(held[j], half, half + 1), half);
        REFUSED(ENOMEM, reallocarray(held[j], 1, SIZE_MAX), 1);
    }
    REFUSED(ENOMEM, reallocarray(NULL, half, half + 1), half);
}

static void reallocf_frees_the_block_that_it_can_not_resize(void)
{
    for (unsigned i = 0; i < too_large_count; i++) {
        void *p = launder(malloc(72));
        errno = 0;
        CHECK(launder(reallocf(p, too_large[i])) == NULL && errno == ENOMEM);
        CHECK(count_blocks(cairn_system(), CAIRN_USED).blocks == HELD && sound(cairn_system()));
        REFUSED(ENOMEM, reallocf(NULL, too_large[i]), too_large[i]);
    }
}

static void aligned_requests_that_are_too_large_are_refused(void)
{
    static const size_t alignments[] = {1, 4, 8, 16, 64, 4096, FAR, (size_t)1 << 31};
    for (unsigned a = 0; a < sizeof alignments / sizeof alignments[0]; a++)
        for (unsigned i = 0; i < too_large_count; i++) {
            REFUSED(ENOMEM, memalign(alignments[a], too_large[i]), too_large[i]);
            REFUSED(ENOMEM, aligned_alloc(alignments[a], too_large[i]), too_large[i]);
        }
    REFUSED(ENOMEM, memalign(64, SIZE_MAX - 63), 64);
    REFUSED(ENOMEM, aligned_alloc(64, SIZE_MAX - 63), 64);
    REFUSED(ENOMEM, memalign((size_t)1 << 31, 8), 8);
    REFUSED(ENOMEM, aligned_alloc((size_t)1 << 31, 0), 0);
    REFUSED(ENOMEM, memalign(SIZE_MAX / 2 + 1, 8), 8);
}

static void alignments_that_are_none_are_refused(void)
{
    static const size_t alignments[] = {0, 3, 5, 24, 63, SIZE_MAX, SIZE_MAX - 1};
    for (unsigned a = 0; a < sizeof alignments / sizeof alignments[0]; a++) {
        REFUSED(EINVAL, memalign(alignments[a], 8), alignments[a]);
        REFUSED(EINVAL, aligned_alloc(alignments[a], 8), alignments[a]);
        REFUSED(EINVAL, memalign(alignments[a], SIZE_MAX), alignments[a]);
        REFUSED(EINVAL, aligned_alloc(alignments[a], SIZE_MAX), alignments[a]);
    }
}

/* In errno, where there is no memory. A C library may set it: glibc does. */
#ifndef ERRNO_OF_POSIX_MEMALIGN
#define ERRNO_OF_POSIX_MEMALIGN 0
#endif

static void posix_memalign_tells_by_its_result(void)
{
    static const size_t bad[] = {0, 3, 12, 24, SIZE_MAX, SIZE_MAX - 7};
    void *p = &p;
    for (unsigned a = 0; a < sizeof bad / sizeof bad[0]; a++) {
        before();
        refused(posix_memalign(&p, bad[a], 8) == EINVAL && p == &p, 0, "posix_memalign(&p, size, 8)", bad[a]);
    }
    for (size_t alignment = sizeof(void *); alignment <= (size_t)1 << 31 && alignment != 0; alignment <<= 3)
        for (unsigned i = 0; i < too_large_count; i++) {
            before();
            refused(posix_memalign(&p, alignment, too_large[i]) == ENOMEM && p == &p, ERRNO_OF_POSIX_MEMALIGN,
                    "posix_memalign(&p, alignment, size)", too_large[i]);
        }
    before();
    refused(posix_memalign(&p, (size_t)1 << 31, 8) == ENOMEM && p == &p, ERRNO_OF_POSIX_MEMALIGN,
            "posix_memalign(&p, 2^31, 8)", 8);
    before();
    refused(posix_memalign(&p, 64, SIZE_MAX - 63) == ENOMEM && p == &p, ERRNO_OF_POSIX_MEMALIGN,
            "posix_memalign(&p, 64, SIZE_MAX - 63)", 0);
}

static void an_alignment_of_4_is_good_enough_for_all_but_posix_memalign_on_64_bits(void)
{
    void *p = launder(memalign(4, 8));
    void *q = launder(aligned_alloc(4, 8));
    void *r = NULL;
    CHECK(p != NULL && q != NULL);
    CHECK(posix_memalign(&r, 4, 8) == (sizeof(void *) == 4 ? 0 : EINVAL));
    free(p);
    free(q);
    free(launder(r));
}

static void pages_that_are_too_large_are_refused(void)
{
    for (unsigned i = 0; i < too_large_count; i++) {
        REFUSED(ENOMEM, valloc(too_large[i]), too_large[i]);
        REFUSED(ENOMEM, pvalloc(too_large[i]), too_large[i]);
    }
    for (size_t below = 4094; below <= 4097; below++)
        REFUSED(ENOMEM, pvalloc(SIZE_MAX - below), SIZE_MAX - below);
}

static void sbrk_refuses_to_leave_the_region(void)
{
    char *brk = sbrk(0);
    const ptrdiff_t bad[] = {
        INTPTR_MIN,
        INTPTR_MIN + 1,
        INTPTR_MAX,
        INTPTR_MAX - 1,
        port_heap_limit() - brk + 1, /* past the limit */
        port_heap_start() - brk - 1, /* below the start */
        port_heap_start() - brk,
        -1,
        -8, /* into what the heap holds */
    };
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        before();
        refused(sbrk(bad[i]) == (void *)-1, ENOMEM, "sbrk(size)", (size_t)bad[i]);
    }
    CHECK(sbrk(0) == brk);
}

static void blocks_hold_what_they_held_and_all_can_be_freed(void)
{
    for (unsigned i = 0; i < HELD; i++) {
        CHECK(filled(held[i], held_size[i], i));
        free(held[i]);
    }
    CHECK(system_empty());
}

/* ---- A private heap -------------------------------------------------------------------------- */

static struct cairn_heap *heap;

static bool heap_serves(void)
{
    void *p = launder(cairn_malloc(heap, 72));
    bool served = p != NULL;
    cairn_free(heap, p);
    p = launder(cairn_malloc(heap, 72));
    served = served && p != NULL;
    cairn_free(heap, p);
    return served;
}

#define HEAP_REFUSES(call, size)                                                             \
    (before(), CHECK(launder(call) == NULL && errno == 0 && unchanged() && heap_serves()) || \
                   (tap_comment_number(#call, (unsigned long)(size)), false))

static void a_private_heap_refuses_the_same(void)
{
    const size_t half = (size_t)1 << sizeof(size_t) * 4;
    memory = launder(sbrk(4096));
    memory_size = 4096;
    heap = cairn_init(memory, memory_size);
    char *p = launder(cairn_malloc(heap, 100));
    void *hole = launder(cairn_malloc(heap, 100));
    void *q = launder(cairn_malloc(heap, 100));
    cairn_free(heap, hole);
    fill(p, 100, 1);
    too_large[too_large_count - 1] = memory_size;
    too_large[too_large_count - 2] = memory_size + 1;
    for (unsigned i = 0; i < too_large_count; i++) {
        HEAP_REFUSES(cairn_malloc(heap, too_large[i]), too_large[i]);
        HEAP_REFUSES(cairn_calloc(heap, too_large[i], 1), too_large[i]);
        HEAP_REFUSES(cairn_calloc(heap, 2, too_large[i]), too_large[i]);
        HEAP_REFUSES(cairn_realloc(heap, p, too_large[i]), too_large[i]);
        HEAP_REFUSES(cairn_realloc(heap, q, too_large[i]), too_large[i]);
        HEAP_REFUSES(cairn_realloc(heap, NULL, too_large[i]), too_large[i]);
        HEAP_REFUSES(cairn_aligned_alloc(heap, 4, too_large[i]), too_large[i]);
        HEAP_REFUSES(cairn_aligned_alloc(heap, 64, too_large[i]), too_large[i]);
        HEAP_REFUSES(cairn_aligned_alloc(heap, FAR, too_large[i]), too_large[i]);
    }
    HEAP_REFUSES(cairn_calloc(heap, SIZE_MAX / 4 + 2, 4), 4);
    HEAP_REFUSES(cairn_calloc(heap, half, half + 1), half);
    HEAP_REFUSES(cairn_aligned_alloc(heap, 0, 8), 0);
    HEAP_REFUSES(cairn_aligned_alloc(heap, 3, 8), 3);
    HEAP_REFUSES(cairn_aligned_alloc(heap, (size_t)1 << 31, 8), 8);
    CHECK(filled(p, 100, 1) && sound(heap));
    cairn_free(heap, p);
    cairn_free(heap, q);
    CHECK(all_free(heap));
}

TAP_MAIN(TEST(a_heap_with_blocks_and_holes_is_made), TEST(malloc_refuses_what_is_too_large),
         TEST(calloc_refuses_what_is_too_large_or_overflows), TEST(realloc_refuses_what_is_too_large),
         TEST(reallocarray_refuses_what_overflows), TEST(reallocf_frees_the_block_that_it_can_not_resize),
         TEST(aligned_requests_that_are_too_large_are_refused), TEST(alignments_that_are_none_are_refused),
         TEST(posix_memalign_tells_by_its_result),
         TEST(an_alignment_of_4_is_good_enough_for_all_but_posix_memalign_on_64_bits),
         TEST(pages_that_are_too_large_are_refused), TEST(sbrk_refuses_to_leave_the_region),
         TEST(blocks_hold_what_they_held_and_all_can_be_freed), TEST(a_private_heap_refuses_the_same))
