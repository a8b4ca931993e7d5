/* damage.c: see damage.h.
 *
 * SPDX-License-Identifier: MIT */
#include "damage.h"

#include <string.h>

static void (*visitor)(const struct damage *damage);

static struct block blocks[3][SCENE_BLOCKS]; /* by kind */
static unsigned counts[3];

void damage_apply(const struct damage *damage)
{
    memcpy(damage->at, damage->bytes, damage->length);
    if (damage->kind >= FREE_BLOCK_KINDS)
        return;
    for (struct block *live = scene_live; live < scene_live + scene_live_count; live++)
        if (live->p != NULL && damage->at < live->p + live->size && live->p < damage->at + damage->length)
            live->spoiled = true; /* what goes through a free block ends in the next one */
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

/* Numbers that stand for something: none, all ones, neighbours of the old one, the limit, each block. */
enum { VALUES = 6 + 2 * SCENE_BLOCKS };

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

static void each_value(struct damage damage, void *at, size_t size)
{
    uint32_t values[VALUES];
    uint32_t old = 0;
    memcpy(&old, at, size < sizeof old ? size : sizeof old);
    unsigned count = values_near(old, values);
    damage.at = at;
    damage.length = size;
    for (unsigned i = 0; i < count; i++) {
        memcpy(damage.bytes, &values[i], sizeof values[i]);
        visit_if_it_changes(&damage);
    }
}

static void each_bit_and_value(struct damage damage, void *at, size_t size)
{
    each_bit(damage, at, size);
    each_value(damage, at, size);
}

/* What programs write by accident. */
static const unsigned char patterns[][DAMAGE_LENGTH + 1] = {
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

/* 1 to 16 bytes of each pattern, from `at` up; or up to `at`, if `down`. */
static void each_run(struct damage damage, char *at, bool down, kind_of_run *kind_of)
{
    for (unsigned p = 0; p < PATTERNS; p++)
        for (size_t length = 1; length <= DAMAGE_LENGTH; length++) {
            damage.at = down ? at - length : at;
            damage.length = length;
            memcpy(damage.bytes, patterns[p], length);
            if (damage.at < scene_memory || damage.at + length > scene_memory + SCENE_MEMORY)
                continue;
            damage.kind = kind_of(&damage);
            if (damage.kind != DAMAGE_KINDS)
                visit_if_it_changes(&damage);
        }
}

/* ---- A free block ------------------------------------------------------------------------------- */

static bool changes(const struct damage *damage, const char *from, size_t size)
{
    for (size_t i = 0; i < damage->length; i++) {
        const char *at = damage->at + i;
        if (at >= from && at < from + size && (unsigned char)*at != damage->bytes[i])
            return true;
    }
    return false;
}

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
    each_run((struct damage){.block = n}, block->p, false, start_of_free);
    each_run((struct damage){.block = n}, block->p + block->size, true, end_of_free);
    for (char *at = (char *)&first->tail; at < (char *)tail; at += CAIRN_GRANULE)
        each_value((struct damage){.kind = MIDDLE_OF_FREE, .block = n}, at, sizeof(link_t));
}

/* ---- Past the ends of a live block; where a free one begins there, its turn is above -------------- */

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

static enum damage_kind past_live(const struct damage *damage)
{
    const struct block *live = &scene_live[damage->block];
    const char *end = live->p + scene_rounded(live->size);
    const char *past = damage->at + damage->length;
    if (past <= end)
        return INTO_SLACK;
    if (end > (char *)heap_pointer(scene_heap, scene_heap->top) - 1)
        return ABOVE_THE_TOP;
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

/* ---- The control data --------------------------------------------------------------------------- */

static enum damage_kind into_map(const struct damage *damage)
{
    (void)damage;
    return INTO_MAP;
}

static void each_of_map(void)
{
    each_run((struct damage){.block = 0}, scene_memory, false, into_map);
    for (struct tile *tile = &scene_heap->tile0; (char *)tile >= scene_memory; tile--) {
        each_bit((struct damage){.kind = BOUND_BITS}, &tile->bound, sizeof tile->bound);
        each_bit((struct damage){.kind = USED_BITS}, &tile->used, sizeof tile->used);
        each_value((struct damage){.kind = MAP_WORD}, &tile->bound, sizeof tile->bound);
        each_value((struct damage){.kind = MAP_WORD}, &tile->used, sizeof tile->used);
    }
}

static void each_of_control(void)
{
    struct cairn_heap *heap = scene_heap;
    each_of_map();
    each_bit_and_value((struct damage){.kind = USED_COUNT}, &heap->used, sizeof heap->used);
    each_bit_and_value((struct damage){.kind = NONEMPTY}, &heap->nonempty, sizeof heap->nonempty);
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
    for (unsigned i = 0; i < scene_live_count; i++)
        if (scene_live[i].p != NULL && !scene_live[i].foreign) {
            each_run((struct damage){.block = i}, scene_live[i].p + scene_live[i].size, false, past_live);
            each_run((struct damage){.block = i}, scene_live[i].p, true, before_live);
        }
    each_of_control();
}
