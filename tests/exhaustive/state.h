/* state.h: what a heap holds, apart from how it lies in memory: its blocks from the lowest up, and the
 * order of the free ones in their bins. Two heaps with the same state answer every call alike.
 *
 * Granules are counted from the first one that can be a block's.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXHAUSTIVE_STATE_H
#define EXHAUSTIVE_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* As in cairn_config.h: a granule is four indices at least. */
#ifndef CAIRN_INDEX_BITS
#define CAIRN_INDEX_BITS 16
#endif
#ifndef CAIRN_GRANULE
#define CAIRN_GRANULE (CAIRN_INDEX_BITS / 2)
#endif
enum { LINK = CAIRN_INDEX_BITS / 8, GRANULE = CAIRN_GRANULE };

enum { MOST_BLOCKS = 24, MOST_FREE = 13, MOST_PACKED = MOST_BLOCKS * 2 + MOST_FREE + 4 };

enum kind { FREE, USED, RESERVED };

struct run {
    uint8_t start, size;
};

struct state {
    uint8_t blocks, frees;
    uint8_t kind[MOST_BLOCKS];
    struct run block[MOST_BLOCKS]; /* from the lowest address up, without a gap */
    struct run free[MOST_FREE];    /* bin by bin, and each ring from its first block */
    uint16_t brk;                  /* bytes up to the others' break, as long as they have their newest block; else 0 */
};

/* The bin of a size below 256, by the table of DESIGN.md section 6. */
unsigned bin_by_table(unsigned size);

/* One past the last granule of the last block. */
unsigned state_top(const struct state *state);

/* Granules in blocks of one kind, and how many these are. */
unsigned state_granules(const struct state *state, enum kind kind);
unsigned state_count(const struct state *state, enum kind kind);

/* The number of the block that begins at `start`; -1 if none does. */
int state_block(const struct state *state, unsigned start);

/* A block more, at number `b`; a block less. */
void state_insert(struct state *state, unsigned b, enum kind kind, unsigned start, unsigned size);
void state_erase(struct state *state, unsigned b);

/* The free run at `start` becomes the first of its bin; leaves it. */
void state_push(struct state *state, unsigned start, unsigned size);
void state_pull(struct state *state, unsigned start);

/* As a string of bytes, the same for the same state; and back. Returns its length. */
unsigned state_pack(const struct state *state, uint8_t *packed);
void state_unpack(struct state *state, const uint8_t *packed, unsigned length);

/* For the reader: "3 used, 2 free, 1 used; bins: 3". STATE_TEXT bytes are enough for any. */
enum { STATE_TEXT = 512 };
void state_text(const struct state *state, char *text);

#endif
