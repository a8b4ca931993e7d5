/* model.c: see model.h. Nothing here knows of memory, map or links.
 *
 * SPDX-License-Identifier: MIT */
#include "model.h"

#include <stdio.h>

/* A reserved block has at least as many granules. */
enum { LEAST_RESERVED = 32 };

static const struct outcome refused = {false, 0};

/* ---- Taking and freeing ---------------------------------------------------------------------- */

/* The free run for n granules: one of the first two of n's own bin, else the first of the next bin that
 * holds any. Returns its place among the free ones, and whether it is of a higher bin; -1 for none. */
static int find_free(const struct state *state, unsigned n, bool *higher)
{
    unsigned bin = bin_by_table(n), looks = 0;
    *higher = false;
    for (unsigned f = 0; f < state->frees; f++) {
        unsigned its = bin_by_table(state->free[f].size);
        if (its == bin && looks++ < 2 && state->free[f].size >= n)
            return (int)f;
        if (its > bin) {
            *higher = true;
            return (int)f;
        }
    }
    return -1;
}

/* Take n granules: the high end of a free run. What is left of that goes first into its bin; it can only be
 * the run's own bin if the run was the first there. What is above the top is one more free block, and is
 * preferred to a larger one of a higher bin, which would be split. */
static struct outcome take(const struct frame *frame, struct state *state, unsigned n)
{
    unsigned top = state_top(state), above = frame->capacity - top;
    bool higher;
    int f = find_free(state, n, &higher);
    if (f < 0 || (higher && above < state->free[f].size && above >= n)) {
        if (above < n)
            return refused;
        state_insert(state, state->blocks, USED, top, n);
        return (struct outcome){true, top};
    }
    struct run found = state->free[f];
    unsigned b = (unsigned)state_block(state, found.start), rest = found.size - n;
    state_pull(state, found.start);
    if (rest == 0) {
        state->kind[b] = USED;
    } else {
        state->block[b].size = (uint8_t)rest;
        state_push(state, found.start, rest);
        state_insert(state, b + 1, USED, found.start + rest, n);
    }
    return (struct outcome){true, found.start + rest};
}

/* The used block b becomes free, and one with its free neighbours; at the top it leaves the heap. */
static void release(struct state *state, unsigned b)
{
    if (b + 1 < state->blocks && state->kind[b + 1] == FREE) {
        state_pull(state, state->block[b + 1].start);
        state->block[b].size = (uint8_t)(state->block[b].size + state->block[b + 1].size);
        state_erase(state, b + 1);
    }
    if (b > 0 && state->kind[b - 1] == FREE) {
        state_pull(state, state->block[b - 1].start);
        state->block[b - 1].size = (uint8_t)(state->block[b - 1].size + state->block[b].size);
        state_erase(state, b);
        b--;
    }
    if (b + 1 == state->blocks) {
        state_erase(state, b);
        return;
    }
    state->kind[b] = FREE;
    state_push(state, state->block[b].start, state->block[b].size);
}

/* Keep the first n granules of the used block b; free the rest. */
static void cut(struct state *state, unsigned b, unsigned n)
{
    struct run whole = state->block[b];
    if (whole.size == n)
        return;
    state->block[b].size = (uint8_t)n;
    state_insert(state, b + 1, USED, whole.start + n, whole.size - n);
    release(state, b + 1);
}

/* ---- The calls ------------------------------------------------------------------------------- */

/* n granules aligned to a lie in any n + a - 1; the gaps at both ends are freed, the upper one first. */
static struct outcome aligned(const struct frame *frame, struct state *state, unsigned alignment, unsigned n)
{
    struct outcome taken = take(frame, state, n + alignment - 1);
    if (!taken.served)
        return refused;
    unsigned b = (unsigned)state_block(state, taken.at);
    unsigned gap = (alignment - (frame->phase + taken.at) % alignment) % alignment;
    cut(state, b, gap + n);
    if (gap != 0) {
        state->block[b].size = (uint8_t)gap;
        state_insert(state, b + 1, USED, taken.at + gap, n);
        release(state, b);
    }
    return (struct outcome){true, taken.at + gap};
}

/* Let block b grow to n granules: into the free block above, or above the top; if that is not enough, into the
 * free block below as well, and then above the top no further than needed. False, with nothing changed, if that is
 * not enough either. */
static bool grow(const struct frame *frame, struct state *state, unsigned *b, unsigned n)
{
    unsigned size = state->block[*b].size, above = 0, below = 0;
    bool at_top = *b + 1 == state->blocks;
    if (at_top)
        above = frame->capacity - state_top(state);
    else if (state->kind[*b + 1] == FREE)
        above = state->block[*b + 1].size;
    if (size + above < n) {
        below = *b > 0 && state->kind[*b - 1] == FREE ? state->block[*b - 1].size : 0;
        if (below == 0 || below + size + above < n)
            return false;
    }
    if (at_top) {
        above = below + size < n ? n - size - below : 0;
    } else if (above != 0) {
        state_pull(state, state->block[*b + 1].start);
        state_erase(state, *b + 1);
    }
    if (below != 0) {
        state_pull(state, state->block[*b - 1].start);
        state_erase(state, --*b);
        state->block[*b].start = (uint8_t)(state->block[*b].start - below);
    }
    state->block[*b].size = (uint8_t)(below + size + above);
    return true;
}

static struct outcome resize(const struct frame *frame, struct state *state, unsigned at, unsigned n)
{
    unsigned b = (unsigned)state_block(state, at);
    if (n <= state->block[b].size || grow(frame, state, &b, n)) {
        cut(state, b, n);
        return (struct outcome){true, state->block[b].start};
    }
    struct outcome taken = take(frame, state, n);
    if (taken.served)
        release(state, (unsigned)state_block(state, at));
    return taken;
}

/* ---- The break ------------------------------------------------------------------------------- */

/* Where the break is, in bytes, and may fall to: the top, or the start of the others' block there. */
static unsigned find_break(const struct state *state, unsigned *lowest)
{
    bool theirs = state->brk != 0 && state->kind[state->blocks - 1] == RESERVED;
    *lowest = (theirs ? state->block[state->blocks - 1].start : state_top(state)) * GRANULE;
    return theirs ? state->brk : *lowest;
}

static unsigned highest_break(const struct frame *frame)
{
    return frame->capacity * GRANULE + frame->spare_bytes;
}

static struct outcome move_break(const struct frame *frame, struct state *state, int increment)
{
    unsigned lowest, brk = find_break(state, &lowest);
    int moved = (int)brk + increment;
    if (moved < (int)lowest || moved > (int)highest_break(frame))
        return refused;
    struct outcome served = {true, brk};
    if (increment == 0)
        return served;
    unsigned start = lowest / GRANULE;
    unsigned end = ((unsigned)moved + GRANULE - 1) / GRANULE;
    if (end != start && end < start + LEAST_RESERVED)
        end = start + LEAST_RESERVED;
    if (end > frame->capacity)
        return refused;
    if (state_top(state) > start)
        state_erase(state, state->blocks - 1u);
    if (end != start) {
        state_insert(state, state->blocks, RESERVED, start, end - start);
        state->brk = (uint16_t)moved;
        return served;
    }
    state->brk = 0;
    if (state->blocks != 0 && state->kind[state->blocks - 1] == FREE) {
        state_pull(state, state->block[state->blocks - 1].start);
        state_erase(state, state->blocks - 1u);
    }
    return served;
}

struct outcome model(const struct frame *frame, struct state *state, const struct call *call)
{
    switch (call->verb) {
    case ALIGNED:
        return aligned(frame, state, call->alignment, call->n);
    case REALLOC:
        return resize(frame, state, call->at, call->n);
    case RELEASE:
        release(state, (unsigned)state_block(state, call->at));
        return (struct outcome){true, 0};
    case SBRK:
        return move_break(frame, state, call->increment);
    default:
        return take(frame, state, call->n);
    }
}

/* ---- All calls ------------------------------------------------------------------------------- */

struct visitor {
    const struct bounds *bounds;
    bool (*each)(void *context, const struct call *call);
    void *context;
};

/* One call of the same verb for each size of a request. */
static bool each_size(const struct visitor *visitor, struct call call, unsigned most)
{
    const uint8_t *sizes = visitor->bounds->sizes;
    for (unsigned s = 0; sizes != NULL ? sizes[s] != 0 : s < most; s++) {
        call.n = sizes != NULL ? sizes[s] : (uint8_t)(s + 1);
        if (call.n <= most && !visitor->each(visitor->context, &call))
            return false;
    }
    return true;
}

static bool each_break(const struct visitor *visitor, const struct frame *frame, const struct state *state)
{
    unsigned lowest, brk = find_break(state, &lowest);
    int up = (int)(highest_break(frame) - brk), down = (int)(brk - lowest);
    const int increments[] = {
        0, GRANULE / 2, (LEAST_RESERVED + 1) * GRANULE, up, up + 1, -GRANULE / 2, -GRANULE * 3, -(down + 1), -down};
    unsigned count = sizeof increments / sizeof increments[0] - (down == 0); /* 0 is there already */
    for (unsigned i = 0; i < count; i++) {
        struct call call = {.verb = SBRK, .increment = (int16_t)increments[i]};
        if (!visitor->each(visitor->context, &call))
            return false;
    }
    return true;
}

void model_calls(const struct bounds *bounds, const struct frame *frame, const struct state *state,
                 bool (*each)(void *context, const struct call *call), void *context)
{
    const struct visitor visitor = {bounds, each, context};
    unsigned too_many = bounds->capacity + 1;
    if (!each_size(&visitor, (struct call){.verb = MALLOC}, too_many) ||
        !each_size(&visitor, (struct call){.verb = CALLOC}, too_many))
        return;
    for (unsigned alignment = 2; alignment <= bounds->largest_aligned; alignment *= 2)
        if (!each_size(&visitor, (struct call){.verb = ALIGNED, .alignment = (uint8_t)alignment},
                       too_many + 1 > alignment ? too_many + 1 - alignment : 1))
            return;
    for (unsigned b = 0; b < state->blocks; b++) {
        struct call call = {.verb = RELEASE, .at = state->block[b].start};
        if (state->kind[b] != USED)
            continue;
        if (!each(context, &call))
            return;
        call.verb = REALLOC;
        if (!each_size(&visitor, call, too_many))
            return;
    }
    if (bounds->besides == OTHERS)
        each_break(&visitor, frame, state);
}

bool model_within(const struct bounds *bounds, const struct state *state)
{
    return state_count(state, USED) <= bounds->live_most &&
           state_granules(state, USED) + state_granules(state, FREE) <= bounds->held_most;
}

void call_text(const struct call *call, char *text, size_t room)
{
    switch (call->verb) {
    case RELEASE:
        snprintf(text, room, "free(the block at %u)", call->at);
        break;
    case REALLOC:
        snprintf(text, room, "realloc(the block at %u, %u granules)", call->at, call->n);
        break;
    case ALIGNED:
        snprintf(text, room, "aligned_alloc(%u granules, %u granules)", call->alignment, call->n);
        break;
    case SBRK:
        snprintf(text, room, "sbrk(%d)", call->increment);
        break;
    default:
        snprintf(text, room, "%s(%u granules)", call->verb == CALLOC ? "calloc" : "malloc", call->n);
    }
}
