/* image.c: see image.h.
 *
 * SPDX-License-Identifier: MIT */
#include "image.h"

#include <string.h>

/* Control data: a tile, the word of the bound bits and that of the used bits; then the bins, bin b at granule b.
 * In the place of the size of bins 1, 2 and 3 the rest is kept, in bytes from the handle. */
enum {
    SET = 2 * LINK,
    NONEMPTY = GRANULE + 2 * LINK,
    LIMIT = 2 * GRANULE + 2 * LINK,
    TOP = LIMIT + LINK,
    LIMIT_AGAIN = 3 * GRANULE + 2 * LINK,
    USED_COUNT = LIMIT_AGAIN + LINK
};
enum { TILE = 8, TILE_GRANULES = 32 };

/* The first granule of a free block: next, prev, size; its last one ends with tail. */
enum { NEXT = 0, PREV = LINK, SIZE = 2 * LINK, TAIL = GRANULE - LINK };

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

/* Granule i, by index: a bin, or a block's. */
static size_t indexed(const struct place *place, unsigned i)
{
    return place->handle + (size_t)i * GRANULE;
}

static size_t granule_at(const struct place *place, unsigned start)
{
    return indexed(place, place->index + start);
}

/* The map needs a bit for each granule and for the sentinel at the limit: a tile below the handle for every 32,
 * and no more. The bins are those of all free blocks that can be. */
bool image_fits(const struct place *place)
{
    size_t tiles = (size_t)place->limit / TILE_GRANULES * TILE;
    return place->handle == (tiles + GRANULE - 1) / GRANULE * GRANULE &&
           place->index == bin_by_table(place->limit) + 1 && place->first == indexed(place, place->index);
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

/* The links from granule i to j and back: each a block's first one, or a bin. */
static void write_link(const struct place *place, uint8_t *memory, unsigned i, unsigned j)
{
    put(memory + indexed(place, i) + NEXT, LINK, j);
    put(memory + indexed(place, j) + PREV, LINK, i);
}

/* Write the rings, each from its bin through all of its blocks and back; the blocks' sizes, twice; and `nonempty`. */
static void write_rings(const struct place *place, const struct state *state, uint8_t *memory)
{
    uint64_t nonempty = 0;
    unsigned f = 0;
    for (unsigned bin = 1; bin < place->index; bin++) {
        unsigned last = bin;
        for (; f < state->frees && bin_by_table(state->free[f].size) == bin; f++) {
            struct run run = state->free[f];
            write_link(place, memory, last, place->index + run.start);
            last = place->index + run.start;
            put(memory + granule_at(place, run.start) + SIZE, LINK, run.size);
            put(memory + granule_at(place, run.start + run.size - 1u) + TAIL, LINK, run.size);
        }
        write_link(place, memory, last, bin);
        if (last != bin)
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
    put(memory + place->handle + LIMIT, LINK, place->limit);
    put(memory + place->handle + LIMIT_AGAIN, LINK, place->limit);
    put(memory + place->handle + TOP, LINK, top);
    put(memory + place->handle + USED_COUNT, LINK, state_granules(state, USED) + state_granules(state, RESERVED));
    write_rings(place, state, memory);
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
const char *image_read_blocks(const struct place *place, struct state *state, const uint8_t *memory)
{
    state->blocks = 0;
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

/* The rings, bin by bin; not further than there are free blocks. */
static const char *read_rings(const struct place *place, struct state *state, const uint8_t *memory)
{
    unsigned left = state_count(state, FREE);
    if (left > MOST_FREE)
        return "there are too many free blocks";
    for (unsigned bin = 1; bin < place->index; bin++) {
        uint32_t i = get(memory + indexed(place, bin) + NEXT, LINK);
        while (i != bin) {
            int b = i >= place->index && i < place->limit ? state_block(state, i - place->index) : -1;
            if (b < 0 || state->kind[b] != FREE)
                return "a ring names what is no free block";
            if (left-- == 0)
                return "a ring names a block twice";
            if (bin_by_table(state->block[b].size) != bin)
                return "a free block is in another bin than its size";
            state->free[state->frees++] = state->block[b];
            i = get(memory + granule_at(place, state->block[b].start) + NEXT, LINK);
        }
    }
    return left != 0 ? "a free block is in no ring" : NULL;
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

/* What is kept of a free block: `next` to `size` in its first granule, `tail` in its last one. */
static const char *compare_free(const struct place *place, struct run run, const uint8_t *memory,
                                const uint8_t *expected)
{
    size_t first = granule_at(place, run.start);
    size_t tail = granule_at(place, run.start + run.size - 1u) + TAIL;
    if (memcmp(memory + first, expected + first, SIZE) != 0)
        return "the links of a free block are wrong";
    if (memcmp(memory + first + SIZE, expected + first + SIZE, LINK) != 0)
        return "the size of a free block is wrong";
    return memcmp(memory + tail, expected + tail, LINK) != 0 ? "the tail of a free block is not its size" : NULL;
}

const char *image_compare(const struct place *place, const struct state *state, const uint8_t *memory)
{
    static uint8_t expected[8192];
    image_write(place, state, expected);
    const uint8_t *is = memory + place->handle, *should = expected + place->handle;
    if (memcmp(memory, expected, place->handle) != 0)
        return "the map below the handle is not what its blocks ask for";
    if (memcmp(is, should, TILE) != 0)
        return "tile 0 is not what its blocks ask for";
    if (memcmp(is + NONEMPTY, should + NONEMPTY, SET) != 0)
        return "nonempty is not the set of bins that hold a block";
    if (memcmp(is + USED_COUNT, should + USED_COUNT, LINK) != 0)
        return "the count of used granules is wrong";
    if (memcmp(is, should, place->first - place->handle) != 0)
        return "top, limit or bins are not what the blocks ask for";
    for (unsigned f = 0; f < state->frees; f++) {
        const char *wrong = compare_free(place, state->free[f], memory, expected);
        if (wrong != NULL)
            return wrong;
    }
    return NULL;
}

const char *image_read(const struct place *place, struct state *state, const uint8_t *memory)
{
    state->frees = 0;
    state->brk = 0;
    const char *wrong = image_read_blocks(place, state, memory);
    if (wrong == NULL)
        wrong = read_rings(place, state, memory);
    if (wrong == NULL)
        wrong = read_neighbours(state);
    return wrong != NULL ? wrong : image_compare(place, state, memory);
}

void image_fields(const struct place *place, const struct state *state,
                  void (*visit)(void *context, enum field field, size_t at), void *context)
{
    for (unsigned bin = 1; bin < place->index; bin++) {
        visit(context, A_LINK, indexed(place, bin) + NEXT);
        visit(context, A_LINK, indexed(place, bin) + PREV);
    }
    for (unsigned f = 0; f < state->frees; f++) {
        struct run run = state->free[f];
        visit(context, A_LINK, granule_at(place, run.start) + NEXT);
        visit(context, A_LINK, granule_at(place, run.start) + PREV);
        visit(context, A_SIZE, granule_at(place, run.start) + SIZE);
        visit(context, A_SIZE, granule_at(place, run.start + run.size - 1u) + TAIL);
    }
    visit(context, A_LIMIT, place->handle + LIMIT);
    visit(context, A_LIMIT, place->handle + LIMIT_AGAIN);
}
