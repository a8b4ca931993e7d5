/* program.c: a fuzzer: the input is a program that uses every entry point of the system heap, of regions
 * and of two private heaps. After every call each heap must agree with what the program knows. A request
 * that was refused must have changed nothing, and must not be one that a heap had promised to serve.
 *
 * Interrupts are not part of it: tests/stepping and tests/stress have those. Nor is a heap that is watched.
 *
 * SPDX-License-Identifier: MIT */
#include "model.h"

#include "blocks.h"
#include "core/heap.h"
#include "system/names.h"
#include "port.h"

#include <errno.h>
#include <string.h>

enum { SYSTEM_SIZE = 12000, REGION_SIZE = 2048, REGIONS = 3, PRIVATE_SIZE = 3000, PRIVATES = 2 };
enum { LEAST = 256 }; /* bytes: no heap of as many is too small */
enum { NO_ERROR = 4321, USER_ATTRIBUTE = CAIRN_FIRST_USER };

static _Alignas(64) char system_memory[SYSTEM_SIZE];
static _Alignas(64) char region_memory[REGIONS][REGION_SIZE];
static _Alignas(64) char private_memory[PRIVATES][PRIVATE_SIZE];
static struct home *privates[PRIVATES];

static struct input input;

/* ---- A request, and whether what came of it is right --------------------------------------------------- */

struct request {
    size_t size, alignment;
    struct home *home; /* a private heap; NULL: the system heap and its regions */
    uint32_t attributes;
    bool zeroed, lines;
    int error; /* why it is refused, whatever the heap has: EINVAL; 0: it need not be */
};

static size_t usable_for(const struct request *request)
{
    size_t unit = request->lines ? CAIRN_CACHE_LINE : CAIRN_GRANULE;
    size_t size = request->size == 0 ? 1 : request->size;
    return (size + unit - 1u) / unit * unit;
}

static uint32_t attributes_of(const struct home *home)
{
    return home->kind == SYSTEM ? CAIRN_SYSTEM_ATTRIBUTES : home->attributes;
}

/* May a block for this request lie there? */
static bool may_lie_in(const struct request *request, const struct home *home)
{
    if (request->home != NULL)
        return home == request->home;
    if (home->kind == PRIVATE || (attributes_of(home) & request->attributes) != request->attributes)
        return false;
    return request->attributes != 0 || (attributes_of(home) & CAIRN_ON_REQUEST) == 0;
}

/* Is there a heap that has promised to serve it? An aligned block is cut out of a larger one. */
static bool must_be_served(const struct request *request)
{
    struct cairn_stats stats;
    if (request->error != 0 || request->size > SYSTEM_SIZE)
        return false;
    size_t more = request->alignment > CAIRN_GRANULE ? request->alignment - CAIRN_GRANULE : 0;
    for (unsigned i = 0; i < home_count; i++)
        if (homes[i].heap != NULL && may_lie_in(request, &homes[i])) {
            cairn_stats(homes[i].heap, &stats);
            if (stats.guaranteed >= usable_for(request) + more)
                return true;
        }
    return false;
}

static bool served;

static void before(const struct request *request)
{
    homes[0].heap = cairn_system();
    served = must_be_served(request);
    model_remember();
    errno = NO_ERROR;
}

static void require_refused(const struct request *request)
{
    REQUIRE(!served);
    REQUIRE(errno == (request->home != NULL ? NO_ERROR : request->error != 0 ? request->error : ENOMEM));
    model_require_unchanged();
}

static void after(const struct request *request, struct block *block, void *result)
{
    char *p = launder(result);
    if (p == NULL) {
        require_refused(request);
        return;
    }
    REQUIRE(errno == NO_ERROR && request->error == 0);
    REQUIRE(aligned(p, request->alignment != 0 ? request->alignment : 1));
    if (request->zeroed)
        REQUIRE(all_zero(p, request->size));
    model_add(block, p, request->size, usable_for(request));
    REQUIRE(may_lie_in(request, block->home));
}

/* ---- Getting a block -------------------------------------------------------------------------------------- */

/* Seven powers of two in eight. */
static size_t alignment_from(struct input *from)
{
    unsigned byte = input_byte(from);
    return byte % 8 == 7 ? byte : (size_t)1 << byte % 16;
}

static bool is_power(size_t alignment)
{
    return alignment != 0 && (alignment & (alignment - 1u)) == 0;
}

static size_t product(size_t count, size_t size)
{
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? SIZE_MAX : bytes;
}

static void get_plain(struct block *block)
{
    struct request request = {.size = input_size(&input)};
    before(&request);
    after(&request, block, malloc(request.size));
}

static void get_by_realloc(struct block *block)
{
    struct request request = {.size = input_size(&input)};
    before(&request);
    after(&request, block, realloc(NULL, request.size));
}

static void get_zeroed(struct block *block)
{
    size_t count = input_size(&input), size = input_size(&input);
    struct request request = {.size = product(count, size), .zeroed = true};
    before(&request);
    after(&request, block, calloc(count, size));
}

static void get_array(struct block *block)
{
    size_t count = input_size(&input), size = input_size(&input);
    struct request request = {.size = product(count, size)};
    before(&request);
    after(&request, block, reallocarray(NULL, count, size));
}

static void get_aligned(struct block *block)
{
    struct request request = {.alignment = alignment_from(&input), .size = input_size(&input)};
    bool other_name = input_below(&input, 2);
    request.error = is_power(request.alignment) ? 0 : EINVAL;
    before(&request);
    after(&request, block,
          other_name ? aligned_alloc(request.alignment, request.size) : memalign(request.alignment, request.size));
}

static void get_posix(struct block *block)
{
    struct request request = {.alignment = alignment_from(&input), .size = input_size(&input)};
    request.error = is_power(request.alignment) && request.alignment % sizeof(void *) == 0 ? 0 : EINVAL;
    before(&request);
    void *untouched = &request;
    void *p = untouched;
    int error = posix_memalign(&p, request.alignment, request.size);
    REQUIRE(errno == NO_ERROR && (error == 0) == (p != untouched));
    if (error != 0)
        errno = error;
    after(&request, block, error != 0 ? NULL : p);
}

static void get_page(struct block *block)
{
    enum { PAGE = 4096 };
    size_t size = input_size(&input);
    bool whole = input_below(&input, 2);
    struct request request = {.alignment = PAGE, .size = size};
    if (whole && size <= SIZE_MAX - PAGE)
        request.size = (size + PAGE - 1u) / PAGE * PAGE;
    before(&request);
    after(&request, block, whole ? pvalloc(size) : valloc(size));
}

static void get_by_attributes(struct block *block)
{
    static const uint32_t asked[] = {
        0, CAIRN_DMA, CAIRN_FAST, CAIRN_FAST | CAIRN_DMA, CAIRN_ON_REQUEST, USER_ATTRIBUTE};
    struct request request = {.attributes = asked[input_below(&input, 6)], .size = input_size(&input)};
    before(&request);
    after(&request, block, cairn_malloc_in(request.attributes, request.size));
}

static void get_for_dma(struct block *block)
{
    struct request request = {
        .attributes = CAIRN_DMA, .size = input_size(&input), .alignment = CAIRN_CACHE_LINE, .lines = true};
    before(&request);
    after(&request, block, cairn_dma_alloc(request.size));
}

static void get_private(struct block *block)
{
    struct request request = {.home = privates[input_below(&input, PRIVATES)]};
    if (request.home == NULL)
        return;
    struct cairn_heap *heap = request.home->heap;
    unsigned how = input_below(&input, 4);
    size_t count = how == 2 ? input_size(&input) : 1, size = input_size(&input);
    request.size = product(count, size);
    request.zeroed = how == 2;
    if (how == 1) {
        request.alignment = alignment_from(&input);
        request.error = is_power(request.alignment) ? 0 : EINVAL;
    }
    before(&request);
    if (how == 0) {
        after(&request, block, cairn_malloc(heap, request.size));
    } else if (how == 1) {
        after(&request, block, cairn_aligned_alloc(heap, request.alignment, request.size));
    } else if (how == 2) {
        after(&request, block, cairn_calloc(heap, count, size));
    } else {
        after(&request, block, cairn_realloc(heap, NULL, request.size));
    }
}

/* ---- A block that is there -------------------------------------------------------------------------------- */

static void release(struct block *block)
{
    char *p = block->p;
    bool other_name = input_below(&input, 2);
    model_require_filled(block, p, block->usable);
    block->p = NULL;
    errno = NO_ERROR;
    if (block->home->kind == PRIVATE)
        cairn_free(block->home->heap, p);
    else if (other_name)
        cfree(p);
    else
        free(p);
    REQUIRE(errno == NO_ERROR);
}

/* Where a block of a region that has to move may go. */
static uint32_t attributes_to_keep(const struct home *home)
{
    return home->kind == REGION && (home->attributes & CAIRN_ON_REQUEST) != 0 ? home->attributes : 0;
}

enum resizer { REALLOC, REALLOCF, REALLOCARRAY, CAIRN_REALLOC };

static void *resize_by(enum resizer resizer, const struct block *block, size_t count, size_t size)
{
    switch (resizer) {
    case REALLOC:
        return realloc(block->p, size);
    case REALLOCF:
        return reallocf(block->p, size);
    case REALLOCARRAY:
        return reallocarray(block->p, count, size);
    case CAIRN_REALLOC:
        break;
    }
    return cairn_realloc(block->home->heap, block->p, size);
}

static void resize(struct block *block)
{
    struct block old = *block;
    enum resizer resizer = old.home->kind == PRIVATE ? CAIRN_REALLOC : input_below(&input, CAIRN_REALLOC);
    size_t count = resizer == REALLOCARRAY ? input_size(&input) : 1, one = input_size(&input);
    size_t size = product(count, one);
    struct request request = {.size = size, .attributes = attributes_to_keep(old.home)};
    request.home = old.home->kind == PRIVATE ? old.home : NULL;
    before(&request);
    served = served || size <= old.usable;
    char *p = launder(resize_by(resizer, block, count, one));
    if (p == NULL && resizer == REALLOCF) { /* it has freed the block */
        REQUIRE(errno == ENOMEM && !served);
        block->p = NULL;
    } else if (p == NULL) {
        require_refused(&request);
    } else {
        REQUIRE(errno == NO_ERROR);
        model_require_filled(&old, p, old.size < size ? old.size : size);
        block->p = NULL;
        model_add(block, p, size, usable_for(&request));
        REQUIRE(block->home == old.home || may_lie_in(&request, block->home));
    }
}

static void ask_size(struct block *block)
{
    size_t usable = block->home->kind == PRIVATE ? cairn_usable_size(block->home->heap, block->p)
                                                 : malloc_usable_size(block->p);
    REQUIRE(usable == block->usable);
}

/* ---- What is about no block --------------------------------------------------------------------------------- */

static void move_break(void)
{
    ptrdiff_t increment = (ptrdiff_t)input_half(&input) % 700;
    if (input_below(&input, 2))
        increment = -increment;
    bool must_move = model_break_must_move(sbrk(0), increment);
    model_remember();
    errno = NO_ERROR;
    char *old = sbrk(increment);
    if (old == (char *)-1) {
        REQUIRE(errno == ENOMEM && !must_move);
        model_require_unchanged();
    } else {
        REQUIRE(errno == NO_ERROR);
        model_moved_break(old, increment);
    }
}

static bool overlaps_a_home(const char *start, const char *end)
{
    for (const struct home *home = homes; home < homes + home_count; home++)
        if (home->kind != PRIVATE && start < home->end && home->start < end)
            return true;
    return false;
}

static void require_region_error(enum cairn_region_error error, const char *start, const char *end)
{
    bool is_aligned = aligned(start, CAIRN_GRANULE) && aligned(end, CAIRN_GRANULE);
    bool overlaps = overlaps_a_home(start, end);
    REQUIRE(cairn_region_text(error) != NULL);
    if (error == CAIRN_REGION_ADDED)
        REQUIRE(is_aligned && !overlaps);
    else if (error == CAIRN_REGION_UNALIGNED)
        REQUIRE(!is_aligned);
    else if (error == CAIRN_REGION_OVERLAPS)
        REQUIRE(overlaps);
    else
        REQUIRE(error == CAIRN_REGION_TOO_SMALL && end - start < LEAST);
}

static void add_region(void)
{
    static const uint32_t kinds[] = {0,
                                     CAIRN_DMA,
                                     CAIRN_FAST,
                                     CAIRN_FAST | CAIRN_DMA | CAIRN_ON_REQUEST,
                                     CAIRN_ON_REQUEST,
                                     CAIRN_EXTERNAL | USER_ATTRIBUTE};
    /* Or what the linker script has left of the system heap's memory, and a little more. */
    unsigned where = input_below(&input, REGIONS + 1);
    char *memory = where < REGIONS ? region_memory[where] : system_memory + SYSTEM_SIZE - REGION_SIZE;
    char *start = memory + input_byte(&input) * (CAIRN_GRANULE / 2u);
    char *end = start + input_byte(&input) * (CAIRN_GRANULE / 2u);
    uint32_t attributes = kinds[input_below(&input, 6)];
    if (home_count == HOMES || end > memory + REGION_SIZE)
        return;
    model_remember();
    enum cairn_region_error error = cairn_add_region(start, (size_t)(end - start), attributes);
    require_region_error(error, start, end);
    if (error != CAIRN_REGION_ADDED) {
        model_require_unchanged();
        return;
    }
    uint32_t n = 0, told = ~attributes;
    while (cairn_region(n + 1u, NULL) != NULL)
        n++;
    struct cairn_heap *heap = cairn_region(n, &told);
    REQUIRE(told == attributes && (char *)heap >= start && (char *)heap < end);
    model_add_home((struct home){.kind = REGION, .start = start, .end = end, .heap = heap, .attributes = attributes});
}

static void do_nothing(void)
{
    model_remember();
    errno = NO_ERROR;
    free(NULL);
    REQUIRE(realloc(NULL, SIZE_MAX) == NULL && errno == ENOMEM);
    REQUIRE(malloc_usable_size(NULL) == 0 && malloc_trim(0) == 0 && mallopt(1, 0) == 0);
    REQUIRE(cairn_region(REGIONS + HOMES, NULL) == NULL);
    REQUIRE(cairn_add_region(NULL, 4096, 0) == CAIRN_REGION_OUT_OF_RANGE);
    REQUIRE(cairn_init(NULL, 4096) == NULL && cairn_init(private_memory, SIZE_MAX) == NULL);
    model_require_unchanged();
}

/* ---- The program ---------------------------------------------------------------------------------------------- */

static void make_private(unsigned n)
{
    char *start = private_memory[n] + input_below(&input, 2 * CAIRN_GRANULE);
    size_t size = input_half(&input) % (PRIVATE_SIZE - 2 * CAIRN_GRANULE);
    struct cairn_heap *heap = cairn_init(start, size);
    REQUIRE(heap != NULL || size < LEAST);
    privates[n] = heap == NULL ? NULL
                               : model_add_home(
                                     (struct home){.kind = PRIVATE, .start = start, .end = start + size, .heap = heap});
}

static void one_step(void)
{
    static void (*const get[])(struct block *) = {
        get_plain,   get_plain,   get_zeroed,  get_aligned,    get_posix,         get_page,    get_array,
        get_private, get_private, get_private, get_by_realloc, get_by_attributes, get_for_dma, get_plain};
    static void (*const use[])(struct block *) = {release, release, resize, resize, ask_size};
    unsigned action = input_byte(&input);
    struct block *block = &blocks[input_below(&input, BLOCKS)];
    if (action < 16)
        move_break();
    else if (action < 24)
        add_region();
    else if (action < 26)
        do_nothing();
    else if (block->p == NULL)
        get[action % (sizeof get / sizeof get[0])](block);
    else
        use[action % (sizeof use / sizeof use[0])](block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input = (struct input){.next = data, .end = data + size};
    char *start = system_memory + input_below(&input, 64);
    char *limit = system_memory + SYSTEM_SIZE - input_half(&input) % SYSTEM_SIZE;
    if (limit < start)
        limit = start; /* no memory at all */
    memset(system_memory, 0xa5, sizeof system_memory);
    fuzz_start_anew(start, limit);
    model_start(start, limit);
    for (unsigned n = 0; n < PRIVATES; n++)
        make_private(n);
    while (input_left(&input)) {
        one_step();
        model_require_all();
    }
    for (struct block *block = blocks; block < blocks + BLOCKS; block++)
        if (block->p != NULL)
            release(block);
    model_require_all();
    return 0;
}
