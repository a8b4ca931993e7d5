/* damage.c: see damage.h.
 *
 * SPDX-License-Identifier: MIT */
#include "damage.h"

#include <string.h>

static void (*visitor)(const struct damage *damage);

static struct block blocks[3][SCENE_BLOCKS]; /* by kind */
static unsigned counts[3];

static bool changes(const struct damage *damage, const char *from, size_t size)
{
    for (size_t i = 0; i < damage->length; i++) {
        const char *at = damage->at + i;
        if (at >= from && at < from + size && (unsigned char)*at != damage->bytes[i])
            return true;
    }
    return false;
}

bool damage_apply(const struct damage *damage)
{
    bool spoils = false;
    for (struct block *live = scene_live; live < scene_live + scene_live_count; live++)
        if (live->p != NULL && changes(damage, live->p, live->size))
            spoils = live->spoiled = true;
    memcpy(damage->at, damage->bytes, damage->length);
    return spoils;
}

bool damage_reaches(const struct damage *damage, const struct block *live)
{
    return live->p != NULL && changes(damage, live->p, live->foreign ? live->size : scene_rounded(live->size));
}

static void visit_if_it_changes(const struct damage *damage)
{
    if (memcmp(damage->at, damage->bytes, damage->length) != 0)
        visitor(damage);
}

/* ---- Ways to write ------------------------------------------------------------------------------ */

static void each_bit(struct damage damage, void *at, size_t size)
{
    damage.length = 1;
    for (unsigned bit = 0; bit < 8 * size; bit++) {
        damage.at = (char *)at + bit / 8;
        damage.bytes[0] = (unsigned char)*damage.at ^ (unsigned char)(1u << bit % 8);
        visit_if_it_changes(&damage);
    }
}

/* Numbers that stand for something: none, all ones, neighbours of the old one, the limit; and where an index
 * stands, each block. */
enum { SPECIAL = 6, VALUES = SPECIAL + 2 * SCENE_BLOCKS };

static unsigned values_near(uint32_t old, uint32_t values[VALUES])
{
    unsigned count = 0;
    values[count++] = 0;
    values[count++] = UINT32_MAX;
    values[count++] = 0x55555555u;
    values[count++] = old + 1u;
    values[count++] = old - 1u;
    values[count++] = scene_heap->limit;
    for (enum cairn_kind kind = CAIRN_USED; kind <= CAIRN_FREE; kind++)
        for (unsigned i = 0; i < counts[kind]; i++)
            values[count++] = heap_granule_index(scene_heap, blocks[kind][i].p);
    return count;
}

/* The first `most` of them. */
static void each_value(struct damage damage, void *at, size_t size, unsigned most)
{
    uint32_t values[VALUES];
    uint32_t old = 0;
    memcpy(&old, at, size < sizeof old ? size : sizeof old);
    unsigned count = values_near(old, values);
    damage.at = at;
    damage.length = size;
    for (unsigned i = 0; i < count && i < most; i++) {
        memcpy(damage.bytes, &values[i], sizeof values[i]);
        visit_if_it_changes(&damage);
    }
}

static void each_bit_and_value(struct damage damage, void *at, size_t size)
{
    each_bit(damage, at, size);
    each_value(damage, at, size, VALUES);
}

static void each_bit_and_special(struct damage damage, void *at, size_t size)
{
    each_bit(damage, at, size);
    each_value(damage, at, size, SPECIAL);
}

/* What programs write by accident. */
static const unsigned char patterns[][DAMAGE_RUN + 1] = {
    {0},
    "\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377",
    "UUUUUUUUUUUUUUUU",
    "no room: %u of %",
    "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20",   /* bytes that count */
    "\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0",            /* words that count */
    "\64\22\0\40\64\22\0\40\64\22\0\40\64\22\0\40" /* pointers: 0x20001234 */
};
enum { PATTERNS = sizeof patterns / sizeof patterns[0] };

/* What kind a run of bytes is; DAMAGE_KINDS: of no interest here. */
typedef enum damage_kind kind_of_run(const struct damage *damage);

/* `length` bytes of the pattern p at `at`. */
static void one_run(struct damage damage, char *at, size_t length, unsigned p, kind_of_run *kind_of)
{
    if (at < scene_memory || at + length > scene_memory + SCENE_MEMORY)
        return;
    damage.at = at;
    damage.length = length;
    for (size_t i = 0; i < length; i++)
        damage.bytes[i] = patterns[p][i % DAMAGE_RUN];
    damage.kind = kind_of(&damage);
    if (damage.kind != DAMAGE_KINDS)
        visit_if_it_changes(&damage);
}

/* 1 to `most` bytes of each pattern, from `at` up. */
static void each_run_up(struct damage damage, char *at, size_t most, kind_of_run *kind_of)
{
    for (unsigned p = 0; p < PATTERNS; p++)
        for (size_t length = 1; length <= most; length++)
            one_run(damage, at, length, p, kind_of);
}

/* 1 to 16 bytes of each pattern, up to `at`. */
static void each_run_down(struct damage damage, char *at, kind_of_run *kind_of)
{
    for (unsigned p = 0; p < PATTERNS; p++)
        for (size_t length = 1; length <= DAMAGE_RUN; length++)
            one_run(damage, at - length, length, p, kind_of);
}

/* Every `step` granules, its place in the granule going round: a bit; and a run, if there is to be one. */
static void each_granule(struct damage damage, char *from, char *to, unsigned step, kind_of_run *kind_of)
{
    for (unsigned n = 0; from + n % CAIRN_GRANULE < to; n++, from += step * CAIRN_GRANULE) {
        char *at = from + n % CAIRN_GRANULE;
        damage.at = at;
        damage.length = 1;
        damage.bytes[0] = (unsigned char)*at ^ (unsigned char)(1u << n % 7u);
        visit_if_it_changes(&damage);
        if (kind_of != NULL)
            one_run(damage, at, 1 + n % DAMAGE_RUN, n % PATTERNS, kind_of);
    }
}

/* ---- A free block ------------------------------------------------------------------------------- */

/* Where what is written equals what stands there, a run may reach metadata and not change it. */
static bool changes_metadata(const struct damage *damage)
{
    const struct block *block = &blocks[CAIRN_FREE][damage->block];
    return changes(damage, block->p, offsetof(struct granule, tail)) ||
           changes(damage, block->p + block->size - sizeof(link_t), sizeof(link_t));
}

static enum damage_kind start_of_free(const struct damage *damage)
{
    return changes_metadata(damage) ? START_OF_FREE : MIDDLE_OF_FREE;
}

static enum damage_kind end_of_free(const struct damage *damage)
{
    return changes_metadata(damage) ? END_OF_FREE : MIDDLE_OF_FREE;
}

static enum damage_kind middle_of_free(const struct damage *damage)
{
    const struct block *block = &blocks[CAIRN_FREE][damage->block];
    const char *tail = block->p + block->size - sizeof(link_t);
    return damage->at + damage->length <= tail ? MIDDLE_OF_FREE : DAMAGE_KINDS;
}

static enum damage_kind never_used(const struct damage *damage)
{
    const char *limit = heap_pointer(scene_heap, scene_heap->limit);
    return damage->at + damage->length <= limit ? NEVER_USED : DAMAGE_KINDS;
}

static void each_forged_link(struct damage damage, struct granule *first, index_t size)
{
    uint32_t values[VALUES];
    unsigned count = values_near(first->next, values);
    damage.at = (char *)first;
    damage.length = offsetof(struct granule, tail);
    for (unsigned i = 0; i < count; i++) {
        struct granule forged = *first;
        forged.next = (link_t)values[i];
        forged.check = (link_t)(size ^ forged.next);
        memcpy(damage.bytes, &forged, damage.length);
        visit_if_it_changes(&damage);
    }
}

static void each_of_free(unsigned n, const struct block *block)
{
    struct granule *first = (struct granule *)(void *)block->p;
    index_t size = (index_t)(block->size / CAIRN_GRANULE);
    link_t *tail = &first[size - 1u].tail;

    each_bit_and_value((struct damage){.kind = LINK_OR_CHECK, .block = n}, &first->next, sizeof(link_t));
    each_bit_and_value((struct damage){.kind = LINK_OR_CHECK, .block = n}, &first->check, sizeof(link_t));
    each_bit_and_value((struct damage){.kind = TAIL, .block = n}, tail, sizeof(link_t));
    each_bit_and_value((struct damage){.kind = PREV, .block = n}, &first->prev, sizeof(link_t));
    each_forged_link((struct damage){.kind = FORGED_LINK, .block = n}, first, size);
    each_run_up((struct damage){.block = n}, block->p, DAMAGE_RUN, start_of_free);
    each_run_down((struct damage){.block = n}, block->p + block->size, end_of_free);
    each_granule((struct damage){.kind = MIDDLE_OF_FREE, .block = n}, (char *)&first->tail, (char *)tail, 1,
                 middle_of_free);
}

static void each_above_top(void)
{
    char *limit = heap_pointer(scene_heap, scene_heap->limit);
    each_granule((struct damage){.kind = NEVER_USED}, heap_pointer(scene_heap, scene_heap->top), limit, 7, never_used);
}

/* ---- Past the ends of a live block ----------------------------------------------------------------- */

static bool lies_in(const char *from, const char *past, enum cairn_kind kind)
{
    for (; from < past; from++) {
        bool found = false;
        for (unsigned i = 0; i < counts[kind] && !found; i++)
            found = from >= blocks[kind][i].p && from < blocks[kind][i].p + blocks[kind][i].size;
        if (!found)
            return false;
    }
    return true;
}

/* Does it change the links of the free block that begins at `p`, and go no further than that reaches? */
static bool ends_in_free(const struct damage *damage, const char *p)
{
    for (unsigned i = 0; i < counts[CAIRN_FREE]; i++)
        if (blocks[CAIRN_FREE][i].p == p)
            return damage->at + damage->length <= p + blocks[CAIRN_FREE][i].size &&
                   changes(damage, p, offsetof(struct granule, tail));
    return false;
}

static enum damage_kind past_live(const struct damage *damage)
{
    const struct block *live = &scene_live[damage->block];
    const char *end = live->p + scene_rounded(live->size);
    const char *past = damage->at + damage->length;
    if (past <= end)
        return damage->length == 1 ? ONE_INTO_SLACK : INTO_SLACK;
    if (end > (char *)heap_pointer(scene_heap, scene_heap->top) - 1)
        return PAST_THE_TOP;
    if (ends_in_free(damage, end))
        return INTO_FREE_ABOVE;
    if (lies_in(end, past, CAIRN_RESERVED))
        return INTO_RESERVED;
    return lies_in(end, past, CAIRN_USED) ? INTO_LIVE_ABOVE : DAMAGE_KINDS;
}

static enum damage_kind before_live(const struct damage *damage)
{
    const char *past = damage->at + damage->length;
    if (past == blocks[CAIRN_USED][0].p && damage->block == 0)
        return INTO_BINS;
    return lies_in(damage->at, past, CAIRN_USED) ? INTO_LIVE_BELOW : DAMAGE_KINDS;
}

/* ---- In a live block ----------------------------------------------------------------------------- */

/* What stands at its end at level 2. */
struct kept {
    const void *owner;
    size_t size;
};

static void each_kept(unsigned n, const struct block *live)
{
    struct kept *kept = (struct kept *)(void *)(live->p + scene_rounded(live->size)) - 1;
    char *canary = live->p + live->size;
    each_bit((struct damage){.kind = CANARY, .block = n}, canary, (size_t)((char *)kept - canary));
    each_bit_and_special((struct damage){.kind = STORED_OWNER, .block = n}, &kept->owner, sizeof kept->owner);
    each_bit_and_special((struct damage){.kind = STORED_SIZE, .block = n}, &kept->size, sizeof kept->size);
}

static void each_of_live(unsigned n, const struct block *live)
{
    each_run_up((struct damage){.block = n}, live->p + live->size, DAMAGE_LENGTH, past_live);
    each_run_down((struct damage){.block = n}, live->p, before_live);
    each_granule((struct damage){.kind = LIVE_BYTES, .block = n}, live->p, live->p + live->size, 1, NULL);
    if (SCENE_KEPT != 0)
        each_kept(n, live);
}

/* ---- The control data --------------------------------------------------------------------------- */

static enum damage_kind into_map(const struct damage *damage)
{
    (void)damage;
    return INTO_MAP;
}

static void each_of_map(void)
{
    each_run_up((struct damage){.block = 0}, scene_memory, DAMAGE_RUN, into_map);
    for (struct tile *tile = &scene_heap->tile0; (char *)tile >= scene_memory; tile--) {
        each_bit((struct damage){.kind = BOUND_BITS}, &tile->bound, sizeof tile->bound);
        each_bit((struct damage){.kind = USED_BITS}, &tile->used, sizeof tile->used);
        each_value((struct damage){.kind = MAP_WORD}, &tile->bound, sizeof tile->bound, SPECIAL);
        each_value((struct damage){.kind = MAP_WORD}, &tile->used, sizeof tile->used, SPECIAL);
    }
}

static void each_of_control(void)
{
    struct cairn_heap *heap = scene_heap;
    each_of_map();
    each_bit_and_special((struct damage){.kind = USED_COUNT}, &heap->used, sizeof heap->used);
    each_bit_and_special((struct damage){.kind = NONEMPTY}, &heap->nonempty, sizeof heap->nonempty);
    for (unsigned bin = 0; bin <= bin_of(heap->limit); bin++)
        each_bit_and_value((struct damage){.kind = BIN}, &heap->bins[bin], sizeof heap->bins[bin]);
    each_bit_and_value((struct damage){.kind = TOP}, &heap->top, sizeof heap->top);
    each_bit_and_value((struct damage){.kind = LIMIT}, &heap->limit, sizeof heap->limit);
}

void damage_each(void (*visit)(const struct damage *damage))
{
    visitor = visit;
    for (enum cairn_kind kind = CAIRN_USED; kind <= CAIRN_RESERVED; kind++)
        counts[kind] = scene_blocks(kind, blocks[kind]);
    for (unsigned i = 0; i < counts[CAIRN_FREE]; i++)
        each_of_free(i, &blocks[CAIRN_FREE][i]);
    each_above_top();
    for (unsigned i = 0; i < scene_live_count; i++)
        if (scene_live[i].p != NULL && !scene_live[i].foreign)
            each_of_live(i, &scene_live[i]);
    each_of_control();
}
