/* damage.c: see damage.h.
 *
 * SPDX-License-Identifier: MIT */
#include "damage.h"

#include <string.h>

static void (*visitor)(const struct damage *damage);

static struct block blocks[3][SCENE_BLOCKS]; /* by kind */
static unsigned counts[3];

/* Is granule i a bin, or the first one of a free block? */
static bool is_linked(index_t i)
{
    return i < heap_first_granule(scene_heap->limit) || map_is_free(scene_heap, i);
}

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

/* Does it make a link 0 which granule 0 names back, by chance? Two words of the map are its links. */
static bool zeroes_a_proven_link(const struct damage *damage)
{
    const struct granule *map = heap_granule(scene_heap, 0);
    const index_t named[] = {map->prev, map->next}; /* by `prev` of granule 0: the granule whose `next` is 0 */
    for (unsigned i = 0; i < 2; i++) {
        char *link = (char *)heap_granule(scene_heap, named[i]) + i * sizeof(link_t);
        static const unsigned char zero[sizeof(link_t)];
        unsigned char now[sizeof(link_t)];
        if (named[i] == 0 || named[i] >= scene_heap->top || !changes(damage, link, sizeof now))
            continue;
        memcpy(now, link, sizeof now);
        for (size_t k = 0; k < sizeof now; k++)
            if (link + k >= damage->at && link + k < damage->at + damage->length)
                now[k] = damage->bytes[link + k - damage->at];
        if (memcmp(now, zero, sizeof now) == 0 && is_linked(named[i]))
            return true;
    }
    return false;
}

static void visit_if_it_changes(const struct damage *damage)
{
    if (memcmp(damage->at, damage->bytes, damage->length) == 0)
        return;
    if (!zeroes_a_proven_link(damage)) {
        visitor(damage);
        return;
    }
    struct damage zero = *damage;
    zero.kind = ZERO_LINK;
    visitor(&zero);
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

/* How far the largest heap's top goes. */
static index_t largest_limit(void)
{
    struct heap_layout layout = {.limit = 0};
    heap_lay_out(&layout, (void *)CAIRN_GRANULE, (size_t)HEAP_MAX_GRANULES * CAIRN_GRANULE);
    return layout.limit;
}

/* Numbers that mean something: none, all ones, neighbours of the old one, the limit, the largest one, the top; and in
 * place of an index, each bin's, and each block's. */
enum { SPECIAL = 8, VALUES = SPECIAL + BIN_COUNT + 2 * SCENE_BLOCKS };

static unsigned values_near(uint32_t old, uint32_t values[VALUES])
{
    unsigned count = 0;
    values[count++] = 0;
    values[count++] = UINT32_MAX;
    values[count++] = 0x55555555u;
    values[count++] = old + 1u;
    values[count++] = old - 1u;
    values[count++] = scene_heap->limit;
    values[count++] = largest_limit();
    values[count++] = scene_heap->top;
    for (unsigned bin = 1; bin < BIN_COUNT; bin++)
        values[count++] = bin;
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
    if (at < scene_memory || at + length > scene_memory + scene_size)
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

/* Where what is written equals what is there, a run may reach metadata and not change it. */
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

/* One number in both links: of the block itself, for one. */
static void each_of_both_links(struct damage damage, struct granule *first)
{
    uint32_t values[VALUES];
    unsigned count = values_near(first->next, values);
    damage.at = (char *)first;
    damage.length = 2 * sizeof(link_t);
    for (unsigned i = 0; i < count; i++) {
        link_t both[2] = {(link_t)values[i], (link_t)values[i]};
        memcpy(damage.bytes, both, sizeof both);
        visit_if_it_changes(&damage);
    }
}

/* Another size, and the same number where a block of that size ends, for as far as one run reaches. */
static void each_of_both_sizes(struct damage damage, struct granule *first)
{
    damage.at = (char *)&first->size;
    for (index_t size = 1; size <= DAMAGE_RUN / CAIRN_GRANULE; size++) {
        link_t *tail = &first[size - 1u].tail;
        link_t forged = (link_t)size;
        damage.length = (size_t)((char *)(tail + 1) - damage.at);
        memcpy(damage.bytes, damage.at, damage.length);
        memcpy(damage.bytes, &forged, sizeof forged);
        memcpy(damage.bytes + damage.length - sizeof forged, &forged, sizeof forged);
        visit_if_it_changes(&damage);
    }
}

static void each_of_free(unsigned n, const struct block *block)
{
    struct granule *first = (struct granule *)(void *)block->p;
    index_t size = (index_t)(block->size / CAIRN_GRANULE);
    link_t *tail = &first[size - 1u].tail;

    each_bit_and_value((struct damage){.kind = NEXT, .block = n}, &first->next, sizeof(link_t));
    each_bit_and_value((struct damage){.kind = PREV, .block = n}, &first->prev, sizeof(link_t));
    each_bit_and_value((struct damage){.kind = SIZE, .block = n}, &first->size, sizeof(link_t));
    each_bit_and_value((struct damage){.kind = TAIL, .block = n}, tail, sizeof(link_t));
    each_of_both_links((struct damage){.kind = BOTH_LINKS, .block = n}, first);
    each_of_both_sizes((struct damage){.kind = BOTH_SIZES, .block = n}, first);
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
    return lies_in(damage->at, past, CAIRN_USED) ? INTO_LIVE_BELOW : DAMAGE_KINDS;
}

/* ---- In a live block ----------------------------------------------------------------------------- */

/* What is at its end at level 2. */
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

static enum damage_kind before_first(const struct damage *damage)
{
    (void)damage;
    return BEFORE_FIRST;
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

static void each_of_bin(index_t bin)
{
    struct granule *granule = heap_granule(scene_heap, bin);
    each_bit_and_value((struct damage){.kind = BIN_NEXT}, &granule->next, sizeof granule->next);
    each_bit_and_value((struct damage){.kind = BIN_PREV}, &granule->prev, sizeof granule->prev);
    if (bin >= HEAP_MORE_BINS)
        for (link_t *rest = &granule->size; rest <= &granule->tail; rest++)
            each_bit_and_value((struct damage){.kind = BIN_REST}, rest, sizeof *rest);
}

/* One number in both halves of each word; or another number in all of it. */
static void each_of_two_fields(struct damage damage, word_t *word)
{
    uint32_t values[VALUES];
    unsigned count = values_near(*word, values);
    damage.at = (char *)word;
    damage.length = sizeof *word;
    for (unsigned i = 0; i < SPECIAL + count; i++) {
        uint32_t value = i < SPECIAL ? values[i] : (values[i - SPECIAL] & 0xffffu) * 0x10001u;
        memcpy(damage.bytes, &value, sizeof value);
        visit_if_it_changes(&damage);
    }
}

static void each_of_control(void)
{
    struct cairn_heap *heap = scene_heap;
    index_t first = heap_first_granule(heap->limit);
    each_of_map();
    each_run_down((struct damage){.block = 0}, heap_pointer(heap, first), before_first);
    each_bit_and_special((struct damage){.kind = USED_COUNT}, &heap->used, sizeof heap->used);
    each_bit_and_special((struct damage){.kind = NONEMPTY}, &heap->nonempty, sizeof heap->nonempty);
    for (index_t bin = 1; bin < first; bin++)
        each_of_bin(bin);
    each_bit_and_value((struct damage){.kind = TOP}, &heap->top, sizeof heap->top);
    each_bit_and_value((struct damage){.kind = LIMIT}, &heap->limit, sizeof heap->limit);
    each_bit_and_value((struct damage){.kind = LIMIT_AGAIN}, &heap->limit_again, sizeof heap->limit_again);
    if (sizeof(link_t) < sizeof(word_t))
        for (word_t *word = heap_pointer(heap, 1); word < (word_t *)heap_pointer(heap, first); word++)
            each_of_two_fields((struct damage){.kind = TWO_FIELDS}, word);
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
