/* image.c: see image.h.
 *
 * SPDX-License-Identifier: MIT */
#include "image.h"

#include <string.h>

/* Control data, in bytes from the handle: tile 0, nonempty, used, top, limit, bins. A tile is the word
 * of the bound bits, then that of the used bits. */
enum {
    SET = 2 * LINK,
    NONEMPTY = 8,
    USED_COUNT = NONEMPTY + SET,
    TOP = USED_COUNT + 4,
    LIMIT = TOP + LINK,
    BINS = LIMIT + LINK
};
enum { TILE = 8, TILE_GRANULES = 32 };

/* The first granule of a free block: next, prev, check; its last one ends with tail. */
enum { NEXT = 0, PREV = LINK, CHECK = 2 * LINK, TAIL = 3 * LINK };

/* Used blocks of more granules have their size in the used bits of the 31 granules after the first. */
enum { SMALL = 31 };

/* ---- Words ----------------------------------------------------------------------------------- */

static uint32_t get(const uint8_t *p, unsigned bytes)
{
    uint32_t value = 0;
    memcpy(&value, p, bytes); /* the host is little-endian, as the target is */
    return value;
}

static void put(uint8_t *p, unsigned bytes, uint32_t value)
{
    memcpy(p, &value, bytes);
}

/* Bit i of a bitmap begins with the most significant one of the word. */
static uint8_t *tile_word(const struct place *place, uint8_t *memory, unsigned i, bool used)
{
    return memory + place->handle - (size_t)TILE * (i / TILE_GRANULES) + (used ? 4 : 0);
}

static bool get_bit(const struct place *place, const uint8_t *memory, unsigned i, bool used)
{
    const uint8_t *tile = memory + place->handle - (size_t)TILE * (i / TILE_GRANULES) + (used ? 4 : 0);
    return (get(tile, 4) >> (31 - i % TILE_GRANULES) & 1u) != 0;
}

static void set_bit(const struct place *place, uint8_t *memory, unsigned i, bool used)
{
    uint8_t *word = tile_word(place, memory, i, used);
    put(word, 4, get(word, 4) | (uint32_t)1 << (31 - i % TILE_GRANULES));
}

static size_t granule_at(const struct place *place, unsigned start)
{
    return place->first + (size_t)start * GRANULE;
}

static size_t bin_at(const struct place *place, unsigned bin)
{
    return place->handle + BINS + (size_t)bin * LINK;
}

static unsigned bins(const struct place *place)
{
    return bin_by_table(place->limit) + 1;
}

/* The compiler may leave up to a link's place free before the bins end. */
bool image_fits(const struct place *place)
{
    size_t past_bins = bin_at(place, bins(place));
    return past_bins <= place->first && place->first - past_bins < GRANULE + LINK;
}

/* ---- Writing --------------------------------------------------------------------------------- */

static void write_block(const struct place *place, uint8_t *memory, enum kind kind, struct run run)
{
    unsigned i = place->index + run.start;
    set_bit(place, memory, i, false);
    if (kind == FREE)
        return;
    set_bit(place, memory, i, true);
    for (unsigned bit = 0; kind == USED && run.size > SMALL && bit < SMALL; bit++)
        if (((uint32_t)run.size >> (SMALL - 1 - bit) & 1u) != 0)
            set_bit(place, memory, i + 1 + bit, true);
}

/* Write the lists: `next` and `prev` of each free block, its size twice, the heads, and `nonempty`. */
static void write_lists(const struct place *place, const struct state *state, uint8_t *memory)
{
    uint64_t nonempty = 0;
    for (unsigned f = 0; f < state->frees; f++) {
        struct run run = state->free[f];
        unsigned bin = bin_by_table(run.size);
        bool head = f == 0 || bin_by_table(state->free[f - 1].size) != bin;
        bool end = f + 1 == state->frees || bin_by_table(state->free[f + 1].size) != bin;
        uint32_t next = end ? 0 : place->index + state->free[f + 1].start;
        uint8_t *first = memory + granule_at(place, run.start);
        put(first + NEXT, LINK, next);
        put(first + PREV, LINK, head ? 0 : place->index + state->free[f - 1].start);
        put(first + CHECK, LINK, run.size ^ next);
        put(memory + granule_at(place, run.start + run.size - 1u) + TAIL, LINK, run.size);
        if (head)
            put(memory + bin_at(place, bin), LINK, place->index + run.start);
        nonempty |= (uint64_t)1 << (8 * SET - 1 - bin);
    }
    memcpy(memory + place->handle + NONEMPTY, &nonempty, SET);
}

void image_write(const struct place *place, const struct state *state, uint8_t *memory)
{
    unsigned top = place->index + state_top(state);
    memset(memory, 0, place->first);
    for (unsigned b = 0; b < state->blocks; b++)
        write_block(place, memory, state->kind[b], state->block[b]);
    set_bit(place, memory, top, false);
    set_bit(place, memory, top, true);
    put(memory + place->handle + USED_COUNT, 4, state_granules(state, USED) + state_granules(state, RESERVED));
    put(memory + place->handle + TOP, LINK, top);
    put(memory + place->handle + LIMIT, LINK, place->limit);
    write_lists(place, state, memory);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static bool is_reserved(const struct place *place, const uint8_t *memory, unsigned i, unsigned size)
{
    if (size <= SMALL)
        return false;
    for (unsigned bit = 1; bit <= SMALL; bit++)
        if (get_bit(place, memory, i + bit, true))
            return false;
    return true;
}

/* A block goes from a bound granule to the next one. */
static const char *read_blocks(const struct place *place, struct state *state, const uint8_t *memory)
{
    uint32_t top = get(memory + place->handle + TOP, LINK);
    if (top < place->index || top > place->limit)
        return "the top is not in the heap";
    for (unsigned i = place->index, end; i < top; i = end) {
        if (!get_bit(place, memory, i, false))
            return "no block begins at the first granule";
        if (state->blocks == MOST_BLOCKS)
            return "there are too many blocks";
        for (end = i + 1; end < top && !get_bit(place, memory, end, false);)
            end++;
        enum kind kind = !get_bit(place, memory, i, true)         ? FREE
                         : is_reserved(place, memory, i, end - i) ? RESERVED
                                                                  : USED;
        state_insert(state, state->blocks, kind, i - place->index, end - i);
    }
    return NULL;
}

/* The lists, bin by bin; not further than there are free blocks. */
static const char *read_lists(const struct place *place, struct state *state, const uint8_t *memory)
{
    unsigned left = state_count(state, FREE);
    if (left > MOST_FREE)
        return "there are too many free blocks";
    for (unsigned bin = 0; bin < bins(place); bin++) {
        uint32_t i = get(memory + bin_at(place, bin), LINK);
        while (i != 0) {
            int b = i >= place->index && i < place->limit ? state_block(state, i - place->index) : -1;
            if (b < 0 || state->kind[b] != FREE)
                return "a list names what is no free block";
            if (left-- == 0)
                return "a list names a block twice";
            if (bin_by_table(state->block[b].size) != bin)
                return "a free block is in another bin than its size";
            state->free[state->frees++] = state->block[b];
            i = get(memory + granule_at(place, state->block[b].start) + NEXT, LINK);
        }
    }
    return left != 0 ? "a free block is in no list" : NULL;
}

/* Two free blocks do not touch, and none ends at the top. */
static const char *read_neighbours(const struct state *state)
{
    for (unsigned b = 0; b < state->blocks; b++)
        if (state->kind[b] == FREE && b + 1u == state->blocks)
            return "a free block ends at the top";
        else if (state->kind[b] == FREE && state->kind[b + 1] == FREE)
            return "two free blocks touch";
    return NULL;
}

const char *image_compare(const struct place *place, const struct state *state, const uint8_t *memory)
{
    static uint8_t expected[8192];
    image_write(place, state, expected);
    if (memcmp(memory, expected, place->handle) != 0)
        return "the map below the handle is not what its blocks ask for";
    if (memcmp(memory + place->handle, expected + place->handle, TILE) != 0)
        return "tile 0 is not what its blocks ask for";
    if (memcmp(memory + place->handle + NONEMPTY, expected + place->handle + NONEMPTY, SET) != 0)
        return "nonempty is not the set of bins that hold a block";
    if (memcmp(memory + place->handle + USED_COUNT, expected + place->handle + USED_COUNT, 4) != 0)
        return "the count of used granules is wrong";
    if (memcmp(memory + place->handle + TOP, expected + place->handle + TOP, place->first - place->handle - TOP) != 0)
        return "top, limit or bins are not what the blocks ask for";
    for (unsigned f = 0; f < state->frees; f++) {
        size_t first = granule_at(place, state->free[f].start);
        size_t tail = granule_at(place, state->free[f].start + state->free[f].size - 1u) + TAIL;
        if (memcmp(memory + first, expected + first, TAIL) != 0)
            return "links or check of a free block are wrong";
        if (memcmp(memory + tail, expected + tail, LINK) != 0)
            return "the tail of a free block is not its size";
    }
    return NULL;
}

const char *image_read(const struct place *place, struct state *state, const uint8_t *memory)
{
    state->blocks = state->frees = 0;
    state->brk = 0;
    const char *wrong = read_blocks(place, state, memory);
    if (wrong == NULL)
        wrong = read_lists(place, state, memory);
    if (wrong == NULL)
        wrong = read_neighbours(state);
    return wrong != NULL ? wrong : image_compare(place, state, memory);
}
