/* path.c: see path.h.
 *
 * SPDX-License-Identifier: MIT */
#include "path.h"

#include "account.h"
#include "blocks.h"
#include "clock.h"
#include "interrupt.h"
#include "picture.h"
#include "tap.h"

#include <errno.h>
#include <malloc.h>

void (*path_prepare)(void);

static union {
    struct mallinfo figures;
    void *pointer;
} place;

/* ---- The heap ------------------------------------------------------------------------------- */

static struct {
    size_t capacity; /* bytes that it can give when it is empty */
    uint32_t hash;   /* of its control data then */
} empty;

static struct cairn_stats stats(void)
{
    struct cairn_stats result;
    cairn_stats(cairn_system(), &result);
    return result;
}

/* An empty heap is its control data, and nothing else. */
static uint32_t control_hash(void)
{
    size_t size = stats().size;
    return hash((char *)sbrk(0) - size, size);
}

void path_learn(void)
{
    empty.capacity = stats().can_grow;
    empty.hash = control_hash();
}

static bool as_learnt(void)
{
    struct cairn_stats now = stats();
    return now.used == 0 && now.free == 0 && now.can_grow == empty.capacity && control_hash() == empty.hash;
}

/* Nothing is lost, and nothing there twice: what is used is what we hold, and all the rest can be given. */
static bool balanced(void)
{
    struct cairn_stats now = stats();
    return now.used - count_blocks(cairn_system(), CAIRN_RESERVED).bytes == picture_bytes() &&
           now.used + now.free + now.can_grow == empty.capacity;
}

/* ---- The call ------------------------------------------------------------------------------- */

#define CALLS(path, name) ((path)->function == (void (*)(void))(name))

static size_t alignment_of(const struct path *path)
{
    if (CALLS(path, aligned_alloc))
        return path->arguments[0];
    return CALLS(path, posix_memalign) ? path->arguments[1] : CAIRN_GRANULE;
}

static bool prepare(const struct path *path, struct call *call)
{
    if (path_prepare != NULL)
        path_prepare();
    if (!picture_draw(path->before))
        return false;
    call->function = path->function;
    for (unsigned i = 0; i < 3; i++) {
        call->arguments[i] = path->arguments[i];
        if (call->arguments[i] == ARGUMENT_P)
            call->arguments[i] = (uintptr_t)picture_find('p')->p;
        else if (call->arguments[i] == ARGUMENT_PLACE)
            call->arguments[i] = (uintptr_t)&place;
    }
    interrupt_faults = interrupt_refused = 0;
    errno = 0;
    return true;
}

/* The block that was returned becomes p. */
static bool takes(const struct path *path, void *result)
{
    void *p = CALLS(path, posix_memalign) && result == NULL ? place.pointer : result;
    struct drawn *block = picture_find('p');
    if (p == NULL || errno != 0 || !aligned(p, alignment_of(path)))
        return false;
    if (CALLS(path, calloc) && !all_zero(p, path->size))
        return false;
    if (block != NULL && !drawn_in(block, p, path->size))
        return false;
    drawn_set(block != NULL ? block : picture_add('p'), p, path->size);
    return true;
}

/* Is the result as it should be? If so, the blocks that we hold are now those that it leaves us. */
static bool settles(const struct path *path, uintptr_t result)
{
    switch (path->outcome) {
    case TAKES:
        return takes(path, (void *)result);
    case REFUSES:
        return result == 0 && errno == ENOMEM;
    case TELLS:
        return result == path->size;
    case FREES:
        if (picture_find('p') != NULL)
            picture_find('p')->p = NULL;
        return true;
    case RAISES:
        drawn_set(picture_add('v'), (void *)result, path->size);
        return errno == 0;
    case LOWERS:
        if (errno != ENOMEM)
            picture_find('v')->p = NULL;
        return true;
    case LOOKS:
        return true;
    }
    return false;
}

/* What is wrong after the call, which has returned `result`; NULL if nothing is. */
static const char *judge(const struct path *path, uintptr_t result)
{
    if (interrupt_faults != 0)
        return "the interrupt found a block overwritten";
    if (interrupt_refused != 0)
        return "the interrupt was refused memory";
    if (!settles(path, result))
        return "the result is wrong";
    if (!picture_intact())
        return "a block was overwritten";
    if (!sound(cairn_system()))
        return "the heap is not sound";
    return balanced() ? NULL : "memory was lost, or was given twice";
}

static const char *free_all(void)
{
    picture_free();
    return as_learnt() ? NULL : "the heap, when all is free, is not as it was";
}

/* Without an interrupt: does it take the path that is drawn? Its instructions in *count. */
static const char *go(const struct path *path, unsigned *count)
{
    struct call call;
    if (!prepare(path, &call) || (cairn_system() != NULL && !picture_shows(path->before)))
        return "the heap is not as drawn before";
    const char *wrong = judge(path, clock_call(&call));
    *count = clock_count(&call);
    if (wrong == NULL && !picture_shows(path->after))
        wrong = "the heap is not as drawn after";
    return wrong != NULL ? wrong : free_all();
}

/* With an interrupt after the k-th instruction. */
static const char *go_interrupted(const struct path *path, unsigned k)
{
    struct call call;
    if (!prepare(path, &call))
        return "there is no room for the picture";
    const char *wrong = judge(path, clock_step(&call, k));
    if (wrong == NULL && clock_interruption.count != 1)
        wrong = "there was not one interrupt";
    if (wrong == NULL)
        wrong = free_all();
    return wrong != NULL ? wrong : account_enter(k);
}

/* With one after each of its `count` instructions: until one finds that it has returned. */
static const char *go_step_by_step(const struct path *path, unsigned count)
{
    account_begin();
    for (unsigned k = 1; k <= CLOCK_REACH; k++) {
        const char *wrong = go_interrupted(path, k);
        if (wrong != NULL) {
            tap_comment_number("interrupted after instruction", k);
            return wrong;
        }
        if (clock_returned())
            break;
    }
    return account_close(count);
}

bool path_step(const struct path *path)
{
    unsigned count = 0;
    account_name(path->name);
    const char *wrong = go(path, &count);
    clock_on_interrupt = interrupt;
    for (interrupt_first = 0; wrong == NULL && interrupt_first < INTERRUPT_DEEDS; interrupt_first++)
        wrong = go_step_by_step(path, count);
    if (wrong == NULL) {
        account_row();
        return true;
    }
    tap_comment(wrong);
    return false;
}
