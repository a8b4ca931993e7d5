/* trial.c: see trial.h.
 *
 * SPDX-License-Identifier: MIT */
#include "trial.h"

#include "tap.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>

enum { SPARE = 3, PAGE = 4096, ROOM = 2 * PAGE };

/* Memory that the heap lies in, from its first byte on, where the lowest tile of the map is: what is below that does
 * not exist. And the same as it was before the call. */
static uint8_t *room, saved_room[ROOM];
static uint8_t saved_outside[64];

sigjmp_buf *trial_catcher;
enum cairn_reason trial_reason;
const void *trial_address;

/* ---- What must not happen -------------------------------------------------------------------- */

static _Noreturn void stop(enum cairn_reason reason, const void *address)
{
    trial_reason = reason;
    trial_address = address;
    if (trial_catcher != NULL)
        siglongjmp(*trial_catcher, 1);
    tap_comment(reason == 0 ? "a signal" : cairn_reason_text(reason));
    tap_exit(1);
}

_Noreturn void cairn_fatal(enum cairn_reason reason, const void *address)
{
    stop(reason, address);
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    stop(0, info->si_addr);
}

void trial_catch_signals(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGFPE, &action, NULL);
}

/* ---- The heap -------------------------------------------------------------------------------- */

static bool make_room(void)
{
    if (room != NULL)
        return true;
    uint8_t *pages = mmap(NULL, PAGE + ROOM, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || mprotect(pages + PAGE, ROOM, PROT_READ | PROT_WRITE) != 0)
        return false;
    room = pages + PAGE;
    return true;
}

/* Make a heap of `size` bytes. Returns granules that it can grow. */
static size_t begin_with(struct trial *trial, size_t size)
{
    trial->memory = room;
    trial->saved = saved_room;
    trial->size = size;
    trial->frame.spare_bytes = SPARE;
    trial->heap = trial->subject->begin(trial->memory, size, SPARE);
    if (trial->heap == NULL)
        return 0;
    struct cairn_stats stats;
    cairn_stats(trial->heap, &stats);
    trial->place.handle = (size_t)((uint8_t *)trial->heap - trial->memory);
    trial->place.first = stats.control;
    trial->place.index = (unsigned)((stats.control - trial->place.handle) / GRANULE);
    trial->place.limit = trial->place.index + (unsigned)(stats.can_grow / GRANULE);
    return stats.can_grow / GRANULE;
}

bool trial_begin(struct trial *trial, const struct subject *subject, unsigned capacity)
{
    size_t size = 0;
    trial->subject = subject;
    if (!make_room())
        return false;
    while (begin_with(trial, size) < capacity)
        if ((size += GRANULE) > ROOM - MARGIN)
            return false;
    trial->frame.capacity = capacity;
    trial->frame.phase = (unsigned)(trial->place.first % PAGE / GRANULE);
    /* The smallest size for a capacity: no granule is left over. */
    return trial->place.first + (size_t)capacity * GRANULE == size && image_fits(&trial->place) &&
           subject->outside_size <= sizeof saved_outside;
}

/* ---- States ---------------------------------------------------------------------------------- */

uint8_t *trial_bytes(const struct trial *trial, unsigned at)
{
    return trial->memory + trial->place.first + (size_t)at * GRANULE;
}

const uint8_t *trial_saved(const struct trial *trial, unsigned at)
{
    return trial->saved + trial->place.first + (size_t)at * GRANULE;
}

/* Bytes that follow no rule that the heap could. */
static void fill(uint8_t *p, size_t size)
{
    uint32_t word = 0x2545f491u;
    for (size_t i = 0; i < size; i++) {
        word = word * 1664525u + 1013904223u;
        p[i] = (uint8_t)(word >> 24);
    }
}

/* The last bytes of a live block say what the tail of a free block from the one below up to here would:
 * only that one's own size then says that it does not reach so far. */
static void lie(const struct trial *trial, const struct state *state)
{
    unsigned free_start = 0;
    bool any = false;
    for (unsigned b = 0; b < state->blocks; b++) {
        if (state->kind[b] == FREE) {
            free_start = state->block[b].start;
            any = true;
        }
        unsigned end = state->block[b].start + state->block[b].size, claim = end - free_start;
        if (any && state->kind[b] == USED)
            memcpy(trial_bytes(trial, end) - LINK, &claim, LINK);
    }
}

/* The others' newest block is the highest of theirs. If there is none, what the break knows is what one
 * would leave that began at the top and is gone. */
static void put_others(const struct trial *trial, const struct state *state)
{
    uint8_t *start = trial_bytes(trial, state_top(state)), *end = start;
    uint8_t *brk = trial_bytes(trial, state->brk != 0 ? 0 : trial->frame.capacity) + state->brk;
    for (unsigned b = 0; state->brk != 0 && b < state->blocks; b++)
        if (state->kind[b] == RESERVED) {
            start = trial_bytes(trial, state->block[b].start);
            end = start + (size_t)state->block[b].size * GRANULE;
        }
    trial->subject->put_others(start, end, brk);
}

void trial_put(struct trial *trial, const struct state *state, bool lies)
{
    trial->state = *state;
    fill(trial->memory, trial->size + MARGIN);
    image_write(&trial->place, state, trial->memory);
    if (lies)
        lie(trial, state);
    put_others(trial, state);
    memcpy(trial->saved, trial->memory, trial->size + MARGIN);
    if (trial->subject->outside != NULL)
        memcpy(saved_outside, trial->subject->outside, trial->subject->outside_size);
}

void trial_restore(const struct trial *trial)
{
    memcpy(trial->memory, trial->saved, trial->size + MARGIN);
    if (trial->subject->outside != NULL)
        memcpy(trial->subject->outside, saved_outside, trial->subject->outside_size);
}

bool trial_margin_kept(const struct trial *trial)
{
    return memcmp(trial->memory + trial->size, trial->saved + trial->size, MARGIN) == 0;
}

bool trial_unchanged(const struct trial *trial)
{
    return memcmp(trial->memory, trial->saved, trial->size + MARGIN) == 0 &&
           (trial->subject->outside == NULL ||
            memcmp(trial->subject->outside, saved_outside, trial->subject->outside_size) == 0);
}

/* ---- Calls ----------------------------------------------------------------------------------- */

/* Bytes that make a request for n granules: fewer than n granules have, mostly. For one granule, a
 * realloc() asks for nothing. */
static size_t bytes_for(const struct call *call)
{
    if (call->n == 1)
        return call->verb == REALLOC ? 0 : 1;
    return (size_t)call->n * GRANULE - (size_t)(call->n + call->at) % GRANULE;
}

void *trial_call(const struct trial *trial, const struct call *call)
{
    const struct subject *subject = trial->subject;
    switch (call->verb) {
    case MALLOC:
        return subject->take(bytes_for(call));
    case CALLOC:
        return subject->take_cleared(call->n, GRANULE);
    case ALIGNED:
        return subject->take_aligned((size_t)call->alignment * GRANULE, bytes_for(call));
    case REALLOC:
        return subject->resize(trial_bytes(trial, call->at), bytes_for(call));
    case RELEASE:
        subject->release(trial_bytes(trial, call->at));
        return NULL;
    default:
        return subject->move_break(call->increment);
    }
}

bool trial_survives(const struct trial *trial, const struct call *call, void **given)
{
    sigjmp_buf here, *outer = trial_catcher;
    volatile bool survives = false;
    if (sigsetjmp(here, 0) == 0) {
        trial_catcher = &here;
        *given = trial_call(trial, call);
        survives = true;
    }
    trial_catcher = outer;
    return survives;
}
