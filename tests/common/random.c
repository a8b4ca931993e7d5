/* A random program against a model of what it should see: every block holds its own pattern, none
 * overlaps another, every invariant holds after every step, and nothing is lost in the end.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

#include <string.h>

#ifdef __arm__
enum { STEPS = 10000 };
#else
enum { STEPS = 30000 };
#endif
enum { SLOTS = 60, PRIVATE = 4096, SYSTEM = 8192, ALL_EVERY = 32 };

/* The entry points of the heap under test. */
struct family {
    struct cairn_heap *(*heap)(void);
    void *(*get)(size_t size);
    void *(*get_zeroed)(size_t count, size_t size);
    void *(*get_aligned)(size_t alignment, size_t size);
    void *(*resize)(void *p, size_t size);
    size_t (*usable)(void *p);
    void (*release)(void *p);
};

struct slot {
    char *p;
    size_t size;
    unsigned seed;
};

static struct slot slots[SLOTS];
static size_t live_bytes;
static unsigned live, refusals;
static const struct family *family;

static uint32_t random_state;

/* xorshift32 */
static uint32_t random_number(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

static uint32_t random_below(uint32_t end)
{
    return (random_number() >> 8) % end;
}

/* Small sizes are common and large ones happen: log-uniform, and now and then one that is huge. */
static size_t random_size(void)
{
    if (random_below(200) == 0)
        return SIZE_MAX >> random_below(12);
    uint32_t bits = random_below(11);
    return random_below((uint32_t)1 << bits) + ((size_t)1 << bits) - 1;
}

static bool overlaps(const struct slot *slot)
{
    for (const struct slot *other = slots; other < slots + SLOTS; other++)
        if (other != slot && other->p != NULL && slot->p < other->p + family->usable(other->p) &&
            other->p < slot->p + family->usable(slot->p))
            return true;
    return false;
}

static void forget(struct slot *slot)
{
    live--;
    live_bytes -= family->usable(slot->p);
    slot->p = NULL;
}

static void remember(struct slot *slot, void *p, size_t size)
{
    slot->p = p;
    slot->size = size;
    slot->seed = random_number();
    live++;
    live_bytes += family->usable(p);
    CHECK(family->usable(p) >= size && family->usable(p) < size + 2 * CAIRN_GRANULE);
    CHECK(aligned(p, CAIRN_GRANULE) && !overlaps(slot));
    fill(p, size, slot->seed);
}

static void step_get(struct slot *slot)
{
    size_t size = random_size();
    size_t alignment = (size_t)1 << random_below(10);
    uint32_t how = random_below(8);
    void *p;
    if (how == 0)
        p = launder(family->get_aligned(alignment, size));
    else if (how == 1)
        p = launder(family->get_zeroed(size, 1 + size % 2));
    else
        p = launder(family->get(size));
    if (p == NULL) {
        refusals++;
        return;
    }
    if (how == 0)
        CHECK(aligned(p, alignment));
    if (how == 1) {
        size *= 1 + size % 2;
        CHECK(all_zero(p, size));
    }
    remember(slot, p, size);
}

static void step_resize(struct slot *slot)
{
    size_t size = random_size();
    size_t keep = size < slot->size ? size : slot->size;
    struct slot old = *slot;
    size_t old_usable = family->usable(old.p);
    void *p = launder(family->resize(slot->p, size));
    if (p == NULL) {
        refusals++;
        CHECK(filled(old.p, old.size, old.seed) && family->usable(old.p) == old_usable);
        return;
    }
    CHECK(filled(p, keep, old.seed));
    live--;
    live_bytes -= old_usable;
    slot->p = NULL;
    remember(slot, p, size);
}

static void step_release(struct slot *slot)
{
    char *p = slot->p;
    CHECK(filled(p, slot->size, slot->seed));
    forget(slot);
    family->release(p);
}

static void check_all(void)
{
    for (const struct slot *slot = slots; slot < slots + SLOTS; slot++)
        if (slot->p != NULL)
            CHECK(filled(slot->p, slot->size, slot->seed));
    CHECK(sound(family->heap()));
}

static void check_step(void)
{
    struct cairn_heap *heap = family->heap();
    if (heap == NULL)
        return;
    struct cairn_stats stats;
    cairn_stats(heap, &stats);
    CHECK(cairn_check(heap, NULL) == 0);
    CHECK(stats.used == live_bytes + count_blocks(heap, CAIRN_RESERVED).bytes);
    CHECK(count_blocks(heap, CAIRN_USED).blocks == live);
}

/* Phases in which more is taken than freed alternate with the opposite. */
static void run(const struct family *what)
{
    family = what;
    refusals = 0;
    random_state = (uint32_t)tap_seed(20240611) | 1u;
    tap_comment_number("seed", random_state);
    for (unsigned step = 0; step < STEPS; step++) {
        struct slot *slot = &slots[random_below(SLOTS)];
        bool shrinking = step / 256 % 2 != 0;
        if (slot->p == NULL) {
            if (!shrinking || random_below(3) == 0)
                step_get(slot);
        } else if (random_below(3) == 0) {
            step_resize(slot);
        } else if (shrinking || random_below(3) == 0) {
            step_release(slot);
        }
        check_step();
        if (step % ALL_EVERY == 0)
            check_all();
    }
    check_all();
    tap_comment_number("refused", refusals);
    for (unsigned i = 0; i < SLOTS; i++)
        if (slots[i].p != NULL)
            step_release(&slots[i]);
    CHECK(refusals > 0 && refusals < STEPS / 2);
}

/* ---- The system heap, by all its names -------------------------------------------------------- */

static void *any_malloc(size_t size)
{
    if (random_below(16) == 0)
        malloc_trim(0);
    return random_below(2) == 0 ? realloc(NULL, size) : malloc(size);
}

static void *any_aligned(size_t alignment, size_t size)
{
    void *p = NULL;
    switch (random_below(3)) {
    case 0:
        return memalign(alignment, size);
    case 1:
        return aligned_alloc(alignment, size);
    default:
        return posix_memalign(&p, alignment < sizeof p ? sizeof p : alignment, size) == 0 ? p : NULL;
    }
}

static void *any_realloc(void *p, size_t size)
{
    return random_below(2) == 0 ? reallocarray(p, 1, size) : realloc(p, size);
}

static void a_random_program_finds_the_system_heap_as_it_should_be(void)
{
    static const struct family system_family = {
        .heap = cairn_system,
        .get = any_malloc,
        .get_zeroed = calloc,
        .get_aligned = any_aligned,
        .resize = any_realloc,
        .usable = malloc_usable_size,
        .release = free,
    };
    run(&system_family);
    CHECK(system_empty());
}

/* Now and then another caller of sbrk() moves the break; the heap cannot give those bytes. */
static void *sometimes_foreign(size_t size)
{
    static unsigned times;
    if (random_below(100) == 0 && times < 6) {
        size_t mine = 1 + random_below(40);
        char *p = sbrk((ptrdiff_t)mine);
        if (p != (void *)-1) {
            memset(p, 0xff, mine);
            times++;
        }
    }
    return malloc(size);
}

static void it_does_so_while_somebody_else_moves_the_break(void)
{
    static const struct family foreign_family = {
        .heap = cairn_system,
        .get = sometimes_foreign,
        .get_zeroed = calloc,
        .get_aligned = memalign,
        .resize = realloc,
        .usable = malloc_usable_size,
        .release = free,
    };
    run(&foreign_family);
    malloc_trim(0);
    CHECK(sound(cairn_system()) && count_blocks(cairn_system(), CAIRN_USED).blocks == 0);
}

/* ---- A private heap --------------------------------------------------------------------------- */

static struct cairn_heap *private_heap;

static struct cairn_heap *get_private(void)
{
    return private_heap;
}

static void *private_malloc(size_t size)
{
    return cairn_malloc(private_heap, size);
}

static void *private_calloc(size_t count, size_t size)
{
    return cairn_calloc(private_heap, count, size);
}

static void *private_aligned(size_t alignment, size_t size)
{
    return cairn_aligned_alloc(private_heap, alignment, size);
}

static void *private_realloc(void *p, size_t size)
{
    return cairn_realloc(private_heap, p, size);
}

static size_t private_usable(void *p)
{
    return cairn_usable_size(private_heap, p);
}

static void private_free(void *p)
{
    cairn_free(private_heap, p);
}

static void a_random_program_finds_a_private_heap_as_it_should_be(void)
{
    static const struct family private_family = {
        .heap = get_private,
        .get = private_malloc,
        .get_zeroed = private_calloc,
        .get_aligned = private_aligned,
        .resize = private_realloc,
        .usable = private_usable,
        .release = private_free,
    };
    keep_room(PRIVATE + SYSTEM);
    void *memory = sbrk(PRIVATE);
    memset(memory, 0xff, PRIVATE);
    private_heap = cairn_init(memory, PRIVATE);
    run(&private_family);
    CHECK(all_free(private_heap));
}

TAP_MAIN(TEST(a_random_program_finds_a_private_heap_as_it_should_be),
         TEST(a_random_program_finds_the_system_heap_as_it_should_be),
         TEST(it_does_so_while_somebody_else_moves_the_break))
