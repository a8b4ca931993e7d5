/* state.c: see state.h.
 *
 * SPDX-License-Identifier: MIT */
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A block is one byte; a reserved one is two, RESERVED_MARK and its size. */
enum { USED_MARK = 0x80, RESERVED_MARK = 0 };

/* Read off the table once: a search each time would be a fifth of the work. */
static uint8_t bins[256];

__attribute__((constructor)) static void read_the_table(void)
{
    /* The smallest size of each bin; there is no bin 0. */
    static const uint8_t floors[] = {0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192};
    for (unsigned bin = 0; bin < sizeof floors; bin++)
        for (unsigned size = floors[bin]; size < sizeof bins; size++)
            bins[size] = (uint8_t)bin;
}

unsigned bin_by_table(unsigned size)
{
    return bins[size];
}

unsigned state_top(const struct state *state)
{
    if (state->blocks == 0)
        return 0;
    const struct run *last = &state->block[state->blocks - 1];
    return last->start + last->size;
}

unsigned state_granules(const struct state *state, enum kind kind)
{
    unsigned sum = 0;
    for (unsigned b = 0; b < state->blocks; b++)
        if (state->kind[b] == kind)
            sum += state->block[b].size;
    return sum;
}

unsigned state_count(const struct state *state, enum kind kind)
{
    unsigned count = 0;
    for (unsigned b = 0; b < state->blocks; b++)
        count += state->kind[b] == kind;
    return count;
}

int state_block(const struct state *state, unsigned start)
{
    for (unsigned b = 0; b < state->blocks; b++)
        if (state->block[b].start == start)
            return (int)b;
    return -1;
}

/* The bounds of an exploration keep a state smaller than its arrays. */
static void make_room(unsigned count, unsigned most)
{
    if (count < most)
        return;
    fprintf(stderr, "state.h: MOST_BLOCKS or MOST_FREE is too small for this exploration\n");
    abort();
}

void state_insert(struct state *state, unsigned b, enum kind kind, unsigned start, unsigned size)
{
    make_room(state->blocks, MOST_BLOCKS);
    for (unsigned i = state->blocks; i > b; i--) {
        state->kind[i] = state->kind[i - 1];
        state->block[i] = state->block[i - 1];
    }
    state->kind[b] = (uint8_t)kind;
    state->block[b] = (struct run){(uint8_t)start, (uint8_t)size};
    state->blocks++;
}

void state_erase(struct state *state, unsigned b)
{
    state->blocks--;
    for (unsigned i = b; i < state->blocks; i++) {
        state->kind[i] = state->kind[i + 1];
        state->block[i] = state->block[i + 1];
    }
}

void state_push(struct state *state, unsigned start, unsigned size)
{
    make_room(state->frees, MOST_FREE);
    unsigned f = state->frees++;
    for (; f > 0 && bin_by_table(state->free[f - 1].size) >= bin_by_table(size); f--)
        state->free[f] = state->free[f - 1];
    state->free[f] = (struct run){(uint8_t)start, (uint8_t)size};
}

void state_pull(struct state *state, unsigned start)
{
    unsigned f = 0;
    while (state->free[f].start != start)
        f++;
    state->frees--;
    for (; f < state->frees; f++)
        state->free[f] = state->free[f + 1];
}

unsigned state_pack(const struct state *state, uint8_t *packed)
{
    uint8_t *p = packed;
    *p++ = state->blocks;
    for (unsigned b = 0; b < state->blocks; b++) {
        if (state->kind[b] == RESERVED)
            *p++ = RESERVED_MARK;
        *p++ = (uint8_t)(state->block[b].size | (state->kind[b] == USED ? USED_MARK : 0));
    }
    for (unsigned f = 0; f < state->frees; f++)
        *p++ = state->free[f].start;
    if (state->brk != 0) {
        *p++ = (uint8_t)(state->brk & 0xffu);
        *p++ = (uint8_t)(state->brk >> 8);
    }
    return (unsigned)(p - packed);
}

void state_unpack(struct state *state, const uint8_t *packed, unsigned length)
{
    const uint8_t *p = packed;
    uint8_t sizes[256] = {0};
    unsigned start = 0;
    state->frees = 0;
    state->blocks = *p++;
    for (unsigned b = 0; b < state->blocks; b++) {
        enum kind kind = (*p & USED_MARK) != 0 ? USED : FREE;
        if (*p == RESERVED_MARK) {
            kind = RESERVED;
            p++;
        }
        uint8_t size = *p++ & (uint8_t)~USED_MARK;
        state->kind[b] = (uint8_t)kind;
        state->block[b] = (struct run){(uint8_t)start, size};
        state->frees = (uint8_t)(state->frees + (kind == FREE));
        sizes[start] = size;
        start += size;
    }
    for (unsigned f = 0; f < state->frees; f++, p++)
        state->free[f] = (struct run){*p, sizes[*p]};
    state->brk = p < packed + length ? (uint16_t)(p[0] | p[1] << 8) : 0;
}

void state_text(const struct state *state, char *text)
{
    static const char *const kinds[] = {"free", "used", "reserved"};
    if (state->blocks == 0)
        strcpy(text, "nothing");
    for (unsigned b = 0; b < state->blocks; b++)
        text += sprintf(text, "%s%u %s", b != 0 ? ", " : "", state->block[b].size, kinds[state->kind[b]]);
    for (unsigned f = 0; f < state->frees; f++)
        text += sprintf(text, "%s%u", f != 0 ? " " : "; bins: ", state->free[f].start);
    if (state->brk != 0)
        sprintf(text, "; the others' break at byte %u", state->brk);
}
