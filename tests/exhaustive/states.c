/* states.c: see states.h. A record is the place of the state before (4 bytes), a length (1 byte), and
 * the packed state; a table of their places, by hash, says whether a state is there.
 *
 * SPDX-License-Identifier: MIT */
#include "states.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 5 };

struct slot {
    place_t place;
    uint32_t hash;
};

static struct {
    uint8_t *bytes;
    size_t used, room;
    struct slot *slots; /* a power of two of them */
    size_t slot_count;
    uint32_t count;
} states;

static void *enough(void *p)
{
    if (p != NULL)
        return p;
    fprintf(stderr, "no memory for %u states\n", states.count);
    exit(1);
}

static uint32_t hash(const uint8_t *p, unsigned length)
{
    uint64_t sum = length;
    for (uint64_t word; length > 0; length -= length < 8 ? length : 8, p += 8) {
        word = 0;
        memcpy(&word, p, length < 8 ? length : 8);
        sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
        sum ^= sum >> 29;
    }
    return (uint32_t)(sum * 0xbf58476d1ce4e5b9u >> 32);
}

static void empty_slots(size_t count)
{
    states.slots = enough(malloc(count * sizeof *states.slots));
    states.slot_count = count;
    memset(states.slots, 0xff, count * sizeof *states.slots); /* NO_PLACE */
}

void states_clear(void)
{
    free(states.slots);
    states.used = 0;
    states.count = 0;
    empty_slots((size_t)1 << 16);
}

static void put_slot(struct slot slot)
{
    size_t s = slot.hash & (states.slot_count - 1);
    while (states.slots[s].place != NO_PLACE)
        s = (s + 1) & (states.slot_count - 1);
    states.slots[s] = slot;
}

/* Twice the slots, when three quarters are taken. */
static void grow_slots(void)
{
    struct slot *old = states.slots;
    size_t count = states.slot_count;
    empty_slots(2 * count);
    for (size_t s = 0; s < count; s++)
        if (old[s].place != NO_PLACE)
            put_slot(old[s]);
    free(old);
}

uint32_t states_expect(const uint8_t *packed, unsigned length)
{
    uint32_t hashed = hash(packed, length);
    __builtin_prefetch(&states.slots[hashed & (states.slot_count - 1)]);
    return hashed;
}

bool states_have(const uint8_t *packed, unsigned length, uint32_t expected)
{
    size_t mask = states.slot_count - 1;
    for (size_t s = expected & mask; states.slots[s].place != NO_PLACE; s = (s + 1) & mask) {
        const uint8_t *record = states.bytes + states.slots[s].place;
        if (states.slots[s].hash == expected && record[4] == length && memcmp(record + HEADER, packed, length) == 0)
            return true;
    }
    return false;
}

void states_add(const uint8_t *packed, unsigned length, uint32_t expected, place_t from)
{
    if (states.used + HEADER + length > states.room) {
        states.room = states.room < 1 << 20 ? 1 << 20 : states.room + states.room / 2;
        states.bytes = enough(states.room < NO_PLACE ? realloc(states.bytes, states.room) : NULL);
    }
    uint8_t *record = states.bytes + states.used;
    memcpy(record, &from, sizeof from);
    record[4] = (uint8_t)length;
    memcpy(record + HEADER, packed, length);
    put_slot((struct slot){(place_t)states.used, expected});
    states.used += HEADER + length;
    if (++states.count > states.slot_count / 4 * 3)
        grow_slots();
}

const uint8_t *states_at(place_t place, unsigned *length, place_t *from)
{
    const uint8_t *record = states.bytes + place;
    memcpy(from, record, sizeof *from);
    *length = record[4];
    return record + HEADER;
}

const uint8_t *states_next(place_t *place, unsigned *length)
{
    place_t from;
    if (*place >= states.used)
        return NULL;
    const uint8_t *packed = states_at(*place, length, &from);
    *place += HEADER + *length;
    return packed;
}

place_t states_end(void)
{
    return (place_t)states.used;
}

uint32_t states_count(void)
{
    return states.count;
}
