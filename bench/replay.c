/* replay.c: see replay.h.
 *
 * SPDX-License-Identifier: MIT */
#include "replay.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* Byte i of the block in `slot`: differs from slot to slot and within the block. */
static unsigned char pattern(uint32_t slot, uint32_t i)
{
    return (unsigned char)(slot * 151u + i * 7u + (i >> 8) + 1u);
}

static void fill(const struct replay *replay, uint32_t slot)
{
    const struct replay_slot *s = &replay->slots[slot];
    for (uint32_t i = 0; replay->fill && i < s->size; i++)
        s->block[i] = pattern(slot, i);
}

static bool intact(const struct replay *replay, uint32_t slot, const unsigned char *block, uint32_t size)
{
    for (uint32_t i = 0; replay->fill && i < size; i++)
        if (block[i] != pattern(slot, i))
            return false;
    return true;
}

static bool all_zero(const unsigned char *block, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        if (block[i] != 0)
            return false;
    return true;
}

/* Only the call is between two readings of the clock. */
static void *call(struct replay *replay, const struct trace_op *op, void *block, uint32_t *cost)
{
    uint32_t (*now)(void) = replay->now;
    size_t size = op->size;
    uint32_t start, end;
    switch (op->kind) {
    case 'm':
        start = now();
        block = malloc(size);
        end = now();
        break;
    case 'c':
        start = now();
        block = calloc(1, size);
        end = now();
        break;
    case 'r':
        start = now();
        block = realloc(block, size);
        end = now();
        break;
    case 'a':
        start = now();
        block = memalign(op->alignment, size);
        end = now();
        break;
    default:
        start = now();
        free(block);
        end = now();
        break;
    }
    *cost = end - start;
    return block;
}

static const char *run(struct replay *replay, const struct trace_op *op)
{
    if (op->slot >= replay->slot_count)
        return "more slots than there is room for";
    struct replay_slot *slot = &replay->slots[op->slot];
    bool live = slot->block != NULL;
    bool takes_live = op->kind == 'r' || op->kind == 'f';
    if (takes_live && !live)
        return NULL; /* its allocation was refused */
    if (!takes_live && live)
        return "the slot is in use";
    if (takes_live && !intact(replay, op->slot, slot->block, slot->size))
        return "the contents of a block have changed";

    uint32_t cost;
    unsigned char *block = call(replay, op, slot->block, &cost);
    if (op->kind == 'f') {
        slot->block = NULL;
    } else if (block == NULL) {
        replay->failures++;
    } else {
        if (op->kind == 'a' && (uintptr_t)block % op->alignment != 0)
            return "memalign: not aligned";
        if (op->kind == 'c' && replay->fill && !all_zero(block, op->size))
            return "calloc: not zero";
        if (op->kind == 'r' && !intact(replay, op->slot, block, op->size < slot->size ? op->size : slot->size))
            return "realloc: the contents have changed";
        *slot = (struct replay_slot){block, op->size};
        fill(replay, op->slot);
    }
    if (replay->done != NULL)
        replay->done(replay->context, replay->ops, op->kind, cost);
    replay->ops++;
    return NULL;
}

void replay_run(struct replay *replay)
{
    struct trace_op op;
    enum trace_result result;
    while ((result = trace_next(replay->trace, &op)) == TRACE_OP) {
        replay->error = run(replay, &op);
        if (replay->error != NULL || (replay->stop_at_failure && replay->failures != 0))
            return;
        if (replay->stop_after != 0 && replay->ops > replay->stop_after)
            return;
    }
    if (result == TRACE_BAD)
        replay->error = "not an operation";
}

void replay_clear(struct replay *replay)
{
    for (uint32_t i = 0; i < replay->slot_count; i++) {
        free(replay->slots[i].block);
        replay->slots[i].block = NULL;
    }
}
