/* damage.c: see damage.h.
 *
 * SPDX-License-Identifier: MIT */
#include "damage.h"

#include "check.h"

#include <string.h>

static struct {
    struct trial *trial;
    const struct bounds *bounds;
    struct damage *damage;
    enum field field;
    const char *wrong;
} all;

/* ---- One call -------------------------------------------------------------------------------- */

/* Is it the block that the call is about? */
static bool is_its_own(const struct call *call, unsigned start)
{
    return (call->verb == REALLOC || call->verb == RELEASE) && call->at == start;
}

/* By the map, all live blocks are what they were, apart from the call's own. The block that was given is one of those
 * that the map has now, and overlaps none of them. */
static const char *check_blocks(const struct call *call, const uint8_t *block)
{
    const struct state *before = &all.trial->state;
    struct state now;
    const char *wrong = image_read_blocks(&all.trial->place, &now, all.trial->memory);
    if (wrong != NULL)
        return wrong;
    for (unsigned b = 0; b < before->blocks; b++) {
        int same = state_block(&now, before->block[b].start);
        if (before->kind[b] != USED || is_its_own(call, before->block[b].start))
            continue;
        if (same < 0 || now.kind[same] != USED || now.block[same].size != before->block[b].size)
            return "the map has lost a live block";
        if (block == trial_bytes(all.trial, before->block[b].start))
            return "a live block was given again";
    }
    for (unsigned b = 0; block != NULL && b < now.blocks; b++)
        if (block == trial_bytes(all.trial, now.block[b].start) && now.kind[b] == USED && now.block[b].size == call->n)
            return NULL;
    return block != NULL ? "the map has not the block that was given" : NULL;
}

/* Is the field one of what the heap keeps in this state? */
static bool is_kept(const struct state *state)
{
    size_t first = all.trial->place.first, at = all.damage->at;
    if (at < first)
        return true;
    for (unsigned b = 0; b < state->blocks; b++)
        if (at < first + ((size_t)state->block[b].start + state->block[b].size) * GRANULE)
            return state->kind[b] == FREE;
    return false;
}

/* A damaged link was not followed: all is as it would be without it. If the call has left the link as it was, what
 * would be there is put in its place. */
static const char *check_unfollowed(const struct call *call, const void *given)
{
    static uint8_t intact[8192];
    struct state after = all.trial->state;
    struct outcome outcome = model(&all.trial->frame, &after, call);
    uint8_t *field = all.trial->memory + all.damage->at;
    if (is_kept(&after) && memcmp(field, &all.damage->value, LINK) == 0) {
        image_write(&all.trial->place, &after, intact);
        memcpy(field, intact + all.damage->at, LINK);
    }
    if (!outcome.served)
        memcpy(field, all.trial->saved + all.damage->at, LINK);
    return check_call(all.trial, call, &outcome, &after, true, given);
}

static bool call_damaged(void *context, const struct call *call)
{
    static const enum cairn_reason reasons[] = {
        [A_LINK] = CAIRN_CORRUPT_LINK, [A_SIZE] = CAIRN_CORRUPT_SIZE, [A_LIMIT] = CAIRN_CORRUPT_CONTROL};
    void *given = NULL;
    (void)context;
    all.damage->call = *call;
    trial_restore(all.trial);
    memcpy(all.trial->memory + all.damage->at, &all.damage->value, LINK);
    if (trial_survives(all.trial, call, &given)) {
        all.wrong = all.field == A_LINK ? check_unfollowed(call, given) : check_blocks(call, given);
    } else {
        all.damage->found++;
        given = NULL;
        if (trial_reason != reasons[all.field])
            all.wrong = trial_reason == 0 ? "a signal" : cairn_reason_text(trial_reason);
    }
    if (all.wrong == NULL)
        all.wrong = check_bytes(all.trial, call, given);
    return all.wrong == NULL;
}

/* ---- All ------------------------------------------------------------------------------------- */

/* All indices up to some past the limit, and the largest. */
static void damage_field(void *context, enum field field, size_t at)
{
    const uint32_t most = (uint32_t)-1 >> (32 - 8 * LINK), past = all.trial->place.limit + 2;
    uint32_t right = 0;
    (void)context;
    if (all.wrong != NULL)
        return;
    memcpy(&right, all.trial->saved + at, LINK);
    all.field = field;
    all.damage->at = at;
    for (uint32_t value = 0; value <= past && all.wrong == NULL; value++) {
        all.damage->value = value < past ? value : most;
        if (all.damage->value != right)
            model_calls(all.bounds, &all.trial->frame, &all.trial->state, call_damaged, NULL);
    }
}

const char *damage_all(struct trial *trial, const struct bounds *bounds, struct damage *damage)
{
    all.trial = trial;
    all.bounds = bounds;
    all.damage = damage;
    all.wrong = NULL;
    damage->found = 0;
    image_fields(&trial->place, &trial->state, damage_field, NULL);
    return all.wrong;
}
