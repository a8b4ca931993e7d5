/* damage.c: a fuzzer: the input builds a heap and then overwrites bytes of it. Whatever is called on it
 * now must return, or end in cairn_fatal(): no access may leave the heap's memory, nothing may go on for
 * ever. What is given out lies in the heap's memory, but may be anybody's: who uses a damaged heap may
 * lose any block of it, so that none is looked at, or written but by calloc and realloc.
 *
 * Operations believe `top`, and both believe a limit of which the two copies agree (DESIGN.md, Misuse). These are
 * overwritten only for those who do not believe them, and no pointer into the control data is freed.
 *
 * SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "blocks.h"
#include "guarded.h"
#include "core/heap.h"
#include "system/names.h"

#include <string.h>

enum { SLOTS = 32, LEAST = 8 * CAIRN_GRANULE, SMALL = 512 };

static struct input input;
static bool is_system;
static char *memory;
static size_t memory_size;
static struct cairn_heap *heap;
static index_t limit; /* of the heap, as it was built */
static char *first;   /* its first granule that can be a block's */
static void *slots[SLOTS];
static struct cairn_place place; /* of a check in steps: begun before the heap is overwritten, it goes on */

/* ---- One call -------------------------------------------------------------------------------------------- */

static size_t some_size(void)
{
    unsigned byte = input_byte(&input);
    return byte < 192 ? byte : byte < 250 ? byte * 20u : SIZE_MAX - input_byte(&input);
}

static void *get(unsigned how, size_t size)
{
    if (how == 0)
        return is_system ? malloc(size) : cairn_malloc(heap, size);
    if (how == 1)
        return is_system ? calloc(1, size) : cairn_calloc(heap, 1, size);
    size_t alignment = (size_t)8 << input_below(&input, 6);
    return is_system ? memalign(alignment, size) : cairn_aligned_alloc(heap, alignment, size);
}

static void *resize(void *p, size_t size)
{
    return is_system ? realloc(p, size) : cairn_realloc(heap, p, size);
}

static void release(void *p)
{
    if (is_system)
        free(p);
    else
        cairn_free(heap, p);
}

static size_t usable_size(void *p)
{
    return is_system ? malloc_usable_size(p) : cairn_usable_size(heap, p);
}

/* What a corrupted heap gives may be anybody's, but it is memory of the heap. */
static void *took(void *p, size_t size)
{
    p = launder(p);
    if (p == NULL)
        return NULL;
    uintptr_t offset = (uintptr_t)p - (uintptr_t)memory;
    REQUIRE(offset < memory_size && size <= memory_size - offset);
    return p;
}

static void one_call(void)
{
    unsigned action = input_byte(&input);
    void **slot = &slots[input_below(&input, SLOTS)];
    if (action < 8 && is_system) {
        sbrk((ptrdiff_t)input_byte(&input) * (action < 5 ? 3 : -3));
    } else if (*slot == NULL) {
        size_t size = some_size();
        *slot = took(get(action % 3u, size), size);
    } else if (action % 4u == 0) {
        size_t size = some_size();
        void *p = took(resize(*slot, size), size);
        *slot = p != NULL ? p : *slot;
    } else if (action % 16u == 1) {
        usable_size(*slot);
    } else {
        release(*slot);
        *slot = NULL;
    }
}

/* A pointer that need not be any block's; but not one into the control data: where a corrupted map has a
 * block there, what is believed would be overwritten by that block's links. */
static void one_wrong_call(void)
{
    unsigned how = input_below(&input, 3);
    char *p = memory + input_half(&input) % (memory_size + 64u);
    if (p >= (char *)heap && p < first)
        return;
    if (how == 0)
        release(p);
    else if (how == 1)
        resize(p, some_size());
    else
        usable_size(p);
}

/* ---- The heap, and what is done to it ----------------------------------------------------------------------- */

static void build(void)
{
    unsigned size = input_half(&input);
    memory_size = LEAST + size / 2u % ((size % 2u ? (size_t)SMALL : GUARDED_MOST) - LEAST);
    is_system = input_below(&input, 2);
    memory = guarded(memory_size);
    memset(memory, 0, memory_size);
    memset(slots, 0, sizeof slots);
    if (is_system) {
        fuzz_start_anew(memory, memory + memory_size);
        release(get(0, 1));
        heap = cairn_system();
    } else {
        heap = cairn_init(memory, memory_size);
    }
    REQUIRE(heap != NULL);
    limit = heap->limit;
    first = heap_pointer(heap, heap_first_granule(limit));
    for (unsigned steps = input_byte(&input); steps > 0; steps--)
        one_call();
    REQUIRE(cairn_check(heap, NULL) == 0);
    place = (struct cairn_place){.at = 0};
    REQUIRE(cairn_check_step(heap, &place, input_below(&input, 64)) == 0);
}

/* Where live blocks begin and end, before the heap is overwritten; where there is none: its top. */
static index_t edges[2 * SLOTS];

static void find_edges(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        index_t size = (index_t)(usable_size(slots[i]) / CAIRN_GRANULE);
        edges[i] = slots[i] != NULL ? heap_granule_index(heap, slots[i]) : heap->top;
        edges[SLOTS + i] = edges[i] + size;
    }
}

/* One that matters, or any. */
static index_t some_granule(void)
{
    unsigned how = input_below(&input, 4);
    index_t edge = edges[input_below(&input, 2 * SLOTS)];
    if (how == 0)
        return input_half(&input);
    return how == 1 ? edge : how == 2 ? edge - 1u : edge + input_below(&input, TILE_GRANULES);
}

static void overwrite_bytes(size_t end)
{
    size_t at = input_half(&input) % end;
    for (unsigned length = 1 + input_below(&input, 16); length > 0 && at < memory_size; length--)
        memory[at++] = (char)input_byte(&input);
}

/* A bit of a granule, or of the last tile's rest. */
static void overwrite_bit(void)
{
    index_t last = limit | (TILE_GRANULES - 1u);
    index_t i = some_granule() % (last + 1u);
    uint32_t *word = input_below(&input, 2) ? &map_tile(heap, i)->bound : &map_tile(heap, i)->used;
    *word ^= map_mask(i);
}

/* What may be a link or a size. */
static void overwrite_link(void)
{
    index_t i = some_granule() % limit;
    link_t *field = (link_t *)heap_granule(heap, i) + input_below(&input, 4);
    *field = (link_t)(input_below(&input, 2) ? some_granule() : input_byte(&input));
}

/* Two links, or two sizes, that prove each other. */
static void forge(void)
{
    index_t i = some_granule() % limit, j = some_granule() % limit;
    if (input_below(&input, 2)) {
        heap_granule(heap, i)->next = (link_t)j;
        heap_granule(heap, j)->prev = (link_t)i;
    } else if (i <= j) {
        heap_granule(heap, i)->size = heap_granule(heap, j)->tail = (link_t)(j - i + 1u);
    }
}

static void overwrite(void)
{
    find_edges();
    for (unsigned times = 1 + input_below(&input, 8); times > 0; times--) {
        switch (input_below(&input, 5)) {
        case 0:
            overwrite_bytes(memory_size);
            break;
        case 1:
            overwrite_bytes((size_t)(first - memory));
            break;
        case 2:
            overwrite_bit();
            break;
        case 3:
            forge();
            break;
        default:
            overwrite_link();
        }
    }
}

static bool visit(void *context, void *block, size_t size, enum cairn_kind kind)
{
    (void)context;
    return took(block, size) != NULL && kind <= CAIRN_RESERVED;
}

static void inspect(void *context)
{
    struct cairn_stats stats;
    const void *where = context;
    cairn_stats(heap, &stats);
    cairn_walk(heap, visit, NULL);
    cairn_check(heap, &where);
    /* The pass that was begun, and one from the start, which ends at the same fault again. */
    unsigned faults = 0;
    for (size_t steps = 0; faults < 2 && steps < 2 * memory_size / CAIRN_GRANULE; steps++)
        faults += cairn_check_step(heap, &place, 1) != 0;
}

/* One call after the other. */
static void operate(void *context)
{
    (void)context;
    while (input_left(&input)) {
        if (input_below(&input, 8) == 0)
            one_wrong_call();
        else
            one_call();
    }
}

struct call {
    void *p; /* NULL: a request */
    size_t size;
    enum { RELEASE, RESIZE, USABLE_SIZE } what;
};

static void make_call(void *context)
{
    const struct call *call = context;
    if (call->p == NULL)
        took(get(0, call->size), call->size);
    else if (call->what == RELEASE)
        release(call->p);
    else if (call->what == RESIZE)
        took(resize(call->p, call->size), call->size);
    else
        usable_size(call->p);
}

/* Each call by itself, on the heap as it was overwritten. */
static void operate_by_itself(struct call call)
{
    static char copy[GUARDED_MOST];
    memcpy(copy, memory, memory_size);
    fuzz_is_fatal(make_call, &call);
    memcpy(memory, copy, memory_size);
}

static void operate_each(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        if (slots[i] == NULL)
            continue;
        operate_by_itself((struct call){.p = slots[i], .what = RELEASE});
        operate_by_itself((struct call){.p = slots[i], .what = USABLE_SIZE});
        operate_by_itself((struct call){.p = slots[i], .what = RESIZE, .size = 1});
        operate_by_itself((struct call){.p = slots[i], .what = RESIZE, .size = some_size()});
    }
    for (size_t size = CAIRN_GRANULE; size < memory_size; size += CAIRN_GRANULE + size / 4)
        operate_by_itself((struct call){.size = size});
}

/* Overwrite, but leave what is believed as it was. */
static void overwrite_for_inspection(void)
{
    overwrite();
    if (heap->limit == heap->limit_again)
        heap->limit = heap->limit_again = (link_t)limit;
}

static void overwrite_for_operations(void)
{
    link_t top = heap->top;
    overwrite_for_inspection();
    heap->top = top;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input = (struct input){.next = data, .end = data + size};
    build();
    if (input_below(&input, 8) == 0) {
        overwrite_for_inspection();
        REQUIRE(!fuzz_is_fatal(inspect, NULL));
        return 0;
    }
    overwrite_for_operations();
    REQUIRE(!fuzz_is_fatal(inspect, NULL));
    if (input_below(&input, 2))
        operate_each();
    else
        fuzz_is_fatal(operate, NULL);
    return 0;
}
