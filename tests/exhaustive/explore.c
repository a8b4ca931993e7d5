/* explore.c: see explore.h.
 *
 * SPDX-License-Identifier: MIT */
#include "explore.h"

#include "check.h"
#include "damage.h"
#include "states.h"
#include "tap.h"

#include <stdio.h>
#include <string.h>

/* A used block of more granules is a large one. */
enum { SMALL = 31 };

static struct {
    const struct bounds *bounds;
    struct found *found;
    struct trial trial;
    place_t here;     /* of the state that calls are made from */
    struct call call; /* the one being made */
    bool calling, failed;
} search;

/* ---- Reports --------------------------------------------------------------------------------- */

static void say(const char *what, const char *text)
{
    char line[STATE_TEXT + 120];
    snprintf(line, sizeof line, "%s: %s", what, text);
    tap_comment(line);
}

struct step {
    struct state from;
    const uint8_t *to;
    unsigned length;
    struct call call;
};

/* Does this call lead where the step went? */
static bool is_not_the_call(void *context, const struct call *call)
{
    struct step *step = context;
    struct state state = step->from;
    uint8_t packed[MOST_PACKED];
    model(&search.trial.frame, &state, call);
    unsigned length = state_pack(&state, packed);
    step->call = *call;
    return length != step->length || memcmp(packed, step->to, length) != 0;
}

/* The calls from the fresh heap to the state at `place`, the first one first: by breadth, no way is
 * shorter. Returns how many. */
static unsigned say_way(place_t place)
{
    struct step step;
    char text[80], number[24];
    place_t from, before;
    unsigned length;
    step.to = states_at(place, &step.length, &from);
    if (from == NO_PLACE)
        return 0;
    unsigned count = say_way(from) + 1;
    const uint8_t *packed = states_at(from, &length, &before);
    state_unpack(&step.from, packed, length);
    model_calls(search.bounds, &search.trial.frame, &step.from, is_not_the_call, &step);
    call_text(&step.call, text, sizeof text);
    snprintf(number, sizeof number, "call %u", count);
    say(number, text);
    return count;
}

static void report(const char *wrong)
{
    char text[STATE_TEXT];
    search.failed = true;
    say("violation", wrong);
    say_way(search.here);
    state_text(&search.trial.state, text);
    say("state", text);
    if (search.calling) {
        call_text(&search.call, text, sizeof text);
        say("then", text);
    }
}

/* ---- The search ------------------------------------------------------------------------------ */

static void note_large(const struct state *state)
{
    for (unsigned b = 0; b < state->blocks; b++)
        if (state->kind[b] == USED && state->block[b].size > SMALL)
            search.found->large_at |= (uint32_t)1 << (search.trial.place.index + state->block[b].start) % 32;
}

/* One edge. Returns false to stop. */
static bool edge(void *context, const struct call *call)
{
    struct state after = search.trial.state;
    uint8_t packed[MOST_PACKED];
    (void)context;
    search.call = *call;
    search.found->edges++;
    struct outcome outcome = model(&search.trial.frame, &after, call);
    unsigned length = state_pack(&after, packed);
    uint32_t expected = states_expect(packed, length);
    trial_restore(&search.trial);
    search.trial.subject->before();
    const void *given = trial_call(&search.trial, call);
    bool known = states_have(packed, length, expected);
    const char *wrong = check_call(&search.trial, call, &outcome, &after, known, given);
    if (wrong != NULL) {
        report(wrong);
        return false;
    }
    if (!known && !model_within(search.bounds, &after)) {
        search.found->beyond++;
    } else if (!known) {
        states_add(packed, length, expected, search.here);
        note_large(&after);
    }
    return true;
}

/* The edges again, each with all damage that can be. No live block lies about what is free: then two fields would
 * agree. */
static bool damage_state(const struct state *state)
{
    char text[80];
    struct damage damage;
    trial_put(&search.trial, state, false);
    const char *wrong = damage_all(&search.trial, search.bounds, &damage);
    search.found->damaged += damage.found;
    if (wrong == NULL)
        return true;
    search.call = damage.call;
    report(wrong);
    snprintf(text, sizeof text, "%lu in the field at byte %lu, the handle at %lu", (unsigned long)damage.value,
             (unsigned long)damage.at, (unsigned long)search.trial.place.handle);
    say("where there is", text);
    return false;
}

/* All edges of the state that `packed` is. */
static bool expand(const uint8_t *packed, unsigned length)
{
    struct state state;
    state_unpack(&state, packed, length);
    trial_put(&search.trial, &state, true);
    search.calling = false;
    const char *wrong = check_state(&search.trial);
    if (wrong != NULL) {
        report(wrong);
        return false;
    }
    search.calling = true;
    model_calls(search.bounds, &search.trial.frame, &state, edge, NULL);
    return !search.failed && (search.bounds->besides != DAMAGE || damage_state(&state));
}

/* From the fresh heap, as it was made, to all states. */
static void search_all(void)
{
    const struct state fresh = {0};
    struct state read;
    const char *wrong = image_read(&search.trial.place, &read, search.trial.memory);
    if (wrong == NULL && read.blocks != 0)
        wrong = "a fresh heap is not empty";
    if (wrong != NULL) {
        say("violation", wrong);
        search.failed = true;
        return;
    }
    uint8_t empty[MOST_PACKED];
    unsigned empty_length = state_pack(&fresh, empty);
    states_add(empty, empty_length, states_expect(empty, empty_length), NO_PLACE);
    place_t next = 0, level = states_end();
    const uint8_t *packed;
    for (unsigned length; search.here = next, (packed = states_next(&next, &length)) != NULL;) {
        if (search.here == level) {
            level = states_end();
            search.found->depth++;
        }
        /* The queue may move while states are added. */
        uint8_t copy[MOST_PACKED];
        memcpy(copy, packed, length);
        if (!expand(copy, length))
            return;
    }
}

bool explore(const struct subject *subject, const struct bounds *bounds, struct found *found)
{
    sigjmp_buf catcher;
    char text[120];
    memset(&search, 0, sizeof search);
    memset(found, 0, sizeof *found);
    search.bounds = bounds;
    search.found = found;
    search.here = NO_PLACE;
    states_clear();
    trial_catch_signals();
    trial_catcher = &catcher;
    if (sigsetjmp(catcher, 0) == 0) {
        if (trial_begin(&search.trial, subject, bounds->capacity)) {
            search_all();
        } else {
            search.failed = true;
            tap_comment("violation: a heap of this capacity cannot be made");
        }
    } else {
        snprintf(text, sizeof text, "cairn_fatal() or a signal: %s",
                 trial_reason == 0 ? "a signal" : cairn_reason_text(trial_reason));
        report(text);
    }
    trial_catcher = NULL;
    found->states = states_count();
    return !search.failed;
}
