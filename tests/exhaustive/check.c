/* check.c: see check.h.
 *
 * SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdio.h>
#include <string.h>

/* ---- The heap as a whole --------------------------------------------------------------------- */

static const char *check_figures(const struct trial *trial, const struct state *state)
{
    struct cairn_stats stats;
    cairn_stats(trial->heap, &stats);
    size_t used = (state_granules(state, USED) + state_granules(state, RESERVED)) * (size_t)GRANULE;
    if (stats.used != used || stats.free != state_granules(state, FREE) * (size_t)GRANULE)
        return "cairn_stats() gives other bytes used or free than there are";
    if (stats.control != trial->place.first || stats.size != stats.control + stats.used + stats.free)
        return "cairn_stats() gives another size than there is";
    if (stats.used + stats.free + stats.can_grow != trial->frame.capacity * (size_t)GRANULE)
        return "used, free and what can be had do not make the capacity";
    struct call call = {.verb = MALLOC, .n = (uint8_t)(stats.guaranteed / GRANULE)};
    struct state after = *state;
    if (call.n != 0 && !model(&trial->frame, &after, &call).served)
        return "cairn_stats() guarantees a request that is not served";
    return NULL;
}

/* What the break knows of the others' newest block, and where it is. */
static const char *check_others(const struct trial *trial, const struct state *state)
{
    uint8_t *start, *end, *brk;
    trial->subject->get_others(&start, &end, &brk);
    if (state->brk == 0 && brk == NULL)
        return NULL;
    int newest = state->blocks - 1;
    while (newest >= 0 && state->kind[newest] != RESERVED)
        newest--;
    if (newest < 0 || brk != trial_bytes(trial, 0) + state->brk)
        return "the others' break is not where DESIGN.md says";
    struct run run = state->block[newest];
    return start != trial_bytes(trial, run.start) || end != trial_bytes(trial, (unsigned)run.start + run.size)
               ? "the others' newest block is not where the map says"
               : NULL;
}

/* The heap, for the first time in this state: to the heap's own checker, and read again. */
static const char *check_new(const struct trial *trial, const struct state *expected)
{
    static char text[STATE_TEXT + 80];
    struct state read;
    int invariant = cairn_check(trial->heap, NULL);
    const char *wrong = image_read(&trial->place, &read, trial->memory);
    if (wrong != NULL || invariant != 0) {
        snprintf(text, sizeof text, "cairn_check() gives %d; read again: %s", invariant,
                 wrong != NULL ? wrong : "nothing is wrong");
        return text;
    }
    uint8_t packed[MOST_PACKED], packed_expected[MOST_PACKED];
    read.brk = expected->brk; /* not in the heap's memory */
    unsigned length = state_pack(&read, packed);
    if (length != state_pack(expected, packed_expected) || memcmp(packed, packed_expected, length) != 0) {
        size_t n = (size_t)snprintf(text, sizeof text, "not the state that DESIGN.md says, but ");
        state_text(&read, text + n);
        return text;
    }
    return check_figures(trial, expected);
}

/* The heap, in a state that was checked before, or for the first time. Both checkers read nothing but what
 * is compared here: they need not look again at the same bits, but can say what other ones mean. */
static const char *check_heap(const struct trial *trial, const struct state *expected, bool known)
{
    const char *wrong = check_others(trial, expected);
    if (wrong != NULL)
        return wrong;
    const char *other = known ? image_compare(&trial->place, expected, trial->memory) : NULL;
    if (known && other == NULL)
        return NULL;
    wrong = check_new(trial, expected);
    return wrong != NULL ? wrong : other;
}

/* ---- States ---------------------------------------------------------------------------------- */

struct walk {
    const struct trial *trial;
    unsigned b;
    bool good;
};

static bool visit(void *context, void *block, size_t size, enum cairn_kind kind)
{
    static const enum cairn_kind kinds[] = {[FREE] = CAIRN_FREE, [USED] = CAIRN_USED, [RESERVED] = CAIRN_RESERVED};
    struct walk *walk = context;
    const struct state *state = &walk->trial->state;
    unsigned b = walk->b++;
    walk->good = b < state->blocks && block == trial_bytes(walk->trial, state->block[b].start) &&
                 size == state->block[b].size * (size_t)GRANULE && kind == kinds[state->kind[b]];
    return walk->good;
}

static const char *check_walk(const struct trial *trial)
{
    struct walk walk = {trial, 0, true};
    cairn_walk(trial->heap, visit, &walk);
    if (!walk.good || walk.b != trial->state.blocks)
        return "cairn_walk() visits other blocks than there are";
    for (unsigned b = 0; b < trial->state.blocks; b++)
        if (trial->state.kind[b] == USED && trial->subject->usable(trial_bytes(trial, trial->state.block[b].start)) !=
                                                trial->state.block[b].size * (size_t)GRANULE)
            return "a block's usable size is not its size";
    return NULL;
}

/* The same heap to the check in steps. */
static const char *check_steps(const struct trial *trial)
{
    struct cairn_place place = {0};
    while (place.passes == 0)
        if (cairn_check_step(trial->heap, &place, 8) != 0)
            return "cairn_check_step() finds what cairn_check() does not";
    return NULL;
}

/* Does freeing `p`, or resizing it, end in cairn_fatal() with this reason, and nothing changed? */
static bool is_misuse(const struct trial *trial, uint8_t *p, bool resize, enum cairn_reason reason)
{
    sigjmp_buf here, *outer = trial_catcher;
    volatile bool caught = true;
    if (sigsetjmp(here, 0) == 0) {
        trial_catcher = &here;
        if (resize)
            trial->subject->resize(p, 1);
        else
            trial->subject->release(p);
        caught = false;
    }
    trial_catcher = outer;
    trial->subject->before();
    return caught && trial_reason == reason && trial_address == p && trial_unchanged(trial);
}

/* Every pointer to a granule, and into its middle, that is not a live block's. */
static const char *check_misuse(const struct trial *trial)
{
    const struct state *state = &trial->state;
    uint8_t *end = trial_bytes(trial, trial->frame.capacity) + GRANULE;
    unsigned b = 0;
    for (uint8_t *p = trial->memory; p <= end; p += GRANULE / 2) {
        while (b < state->blocks && p >= trial_bytes(trial, (unsigned)state->block[b].start + state->block[b].size))
            b++;
        bool inside = b < state->blocks && p >= trial_bytes(trial, 0);
        if (inside && state->kind[b] == USED && p == trial_bytes(trial, state->block[b].start))
            continue;
        enum cairn_reason reason = inside && state->kind[b] == FREE ? CAIRN_DOUBLE_FREE : CAIRN_NOT_A_BLOCK;
        if (!is_misuse(trial, p, false, reason))
            return "a free of what is no live block is not refused, or with another reason";
        if (!is_misuse(trial, p, true, reason))
            return "a realloc of what is no live block is not refused, or with another reason";
    }
    return NULL;
}

/* Free all live blocks, from the lowest up or from the highest down. What is left is a fresh heap, bit
 * for bit: image_read() compares all control data. Reserved blocks stay, and what is free below them. */
static const char *check_freeing(const struct trial *trial, bool upward)
{
    const struct state *state = &trial->state;
    struct state left = *state;
    trial_restore(trial);
    for (unsigned i = 0; i < state->blocks; i++) {
        unsigned b = upward ? i : state->blocks - 1u - i;
        struct call call = {.verb = RELEASE, .at = state->block[b].start};
        if (state->kind[b] != USED)
            continue;
        model(&trial->frame, &left, &call);
        trial_call(trial, &call);
    }
    if (state_count(&left, RESERVED) == 0 && left.blocks != 0)
        return "a heap whose blocks are all freed is not empty";
    return check_heap(trial, &left, false);
}

const char *check_state(struct trial *trial)
{
    trial->subject->before();
    const char *wrong = check_heap(trial, &trial->state, false);
    if (wrong == NULL)
        wrong = check_walk(trial);
    if (wrong == NULL)
        wrong = check_steps(trial);
    if (wrong == NULL)
        wrong = check_misuse(trial);
    if (wrong == NULL)
        wrong = check_freeing(trial, true);
    if (wrong == NULL)
        wrong = check_freeing(trial, false);
    return wrong;
}

/* ---- Calls ----------------------------------------------------------------------------------- */

/* The bytes of all live blocks but the call's own, and of the others. */
static const char *check_contents(const struct trial *trial, const struct call *call)
{
    const struct state *state = &trial->state;
    bool about_one = call->verb == REALLOC || call->verb == RELEASE;
    for (unsigned b = 0; b < state->blocks; b++) {
        struct run run = state->block[b];
        if (state->kind[b] == FREE || (about_one && run.start == call->at))
            continue;
        if (memcmp(trial_bytes(trial, run.start), trial_saved(trial, run.start), run.size * (size_t)GRANULE) != 0)
            return "the bytes of another live block have changed";
    }
    return NULL;
}

/* The bytes that the call has promised: moved ones, or zeros. */
static const char *check_promised(const struct trial *trial, const struct call *call, const uint8_t *bytes)
{
    if (call->verb == REALLOC) {
        unsigned old = trial->state.block[state_block(&trial->state, call->at)].size;
        size_t kept = (old < call->n ? old : call->n) * (size_t)GRANULE;
        if (memcmp(bytes, trial_saved(trial, call->at), kept) != 0)
            return "realloc() has lost bytes";
    }
    for (size_t i = 0; call->verb == CALLOC && i < call->n * (size_t)GRANULE; i++)
        if (bytes[i] != 0)
            return "calloc() has not cleared its block";
    return NULL;
}

const char *check_bytes(const struct trial *trial, const struct call *call, const void *block)
{
    const char *wrong = check_contents(trial, call);
    if (wrong == NULL && !trial_margin_kept(trial))
        wrong = "bytes above the heap have changed";
    return wrong != NULL || block == NULL ? wrong : check_promised(trial, call, block);
}

static const char *check_given(const struct trial *trial, const struct call *call, const struct outcome *outcome,
                               const void *given)
{
    if (call->verb == RELEASE)
        return NULL;
    const void *none = call->verb == SBRK ? (const void *)-1 : NULL;
    if (!outcome->served)
        return given != none ? "a request was served that should be refused" : NULL;
    if (given == none)
        return "a request was refused that should be served";
    const uint8_t *expected = call->verb == SBRK ? trial_bytes(trial, 0) + outcome->at
                                                 : trial_bytes(trial, outcome->at);
    return given != expected ? "another place was given than DESIGN.md says" : NULL;
}

const char *check_call(const struct trial *trial, const struct call *call, const struct outcome *outcome,
                       const struct state *expected, bool known, const void *given)
{
    const char *wrong = check_given(trial, call, outcome, given);
    if (wrong == NULL && !outcome->served && !trial_unchanged(trial))
        wrong = "a refused request has changed something";
    if (wrong == NULL)
        wrong = trial->subject->after(!outcome->served);
    if (wrong == NULL)
        wrong = check_heap(trial, expected, known);
    bool has_block = outcome->served && call->verb != RELEASE && call->verb != SBRK;
    return wrong != NULL ? wrong : check_bytes(trial, call, has_block ? given : NULL);
}
