/* start.c: where a new heap lies in a range of memory, and its control data when it begins.
 *
 * SPDX-License-Identifier: MIT */
#include "heap.h"
#include "layout.h"

/* A tile of the map serves 32 granules, and the sentinel needs a bit as well: of `total` granules, which are
 * 2^16 at most with an index of 16 bits, that many are not the map's below the handle. Cores without a
 * division would call one by a constant: there it is a product, exact for all these numbers. */
static index_t limit_of(index_t total)
{
    index_t map = CAIRN_INDEX_BITS == 32 ? (total + 33u) / 65u
                  : CAIRN_GRANULE == 8   ? (total + 1u) * 63551u >> 21 /* / 33 */
                                         : (total + 33u) * 64528u >> 22; /* / 65 */
    return total - map;
}

bool heap_lay_out(struct heap_layout *layout, void *memory, size_t size)
{
    /* In granules, counted from address 0. NULL is behind everything, and a range that wraps ends before it begins. */
    uintptr_t start = ((uintptr_t)memory - 1u) / CAIRN_GRANULE + 1u;
    uintptr_t end = ((uintptr_t)memory + size) / CAIRN_GRANULE;
    if (end <= start)
        return false;
    size_t total = end - start;
    layout->left_over = 0;
    if (total > HEAP_MAX_GRANULES) {
        layout->left_over = total - HEAP_MAX_GRANULES;
        total = HEAP_MAX_GRANULES;
    }
    layout->limit = limit_of((index_t)total);
    layout->first = heap_first_granule(layout->limit);
    layout->heap = (struct cairn_heap *)((start + heap_map_granules(layout->limit)) * CAIRN_GRANULE);
    return layout->first < layout->limit;
}

/* The map is clear, and both links of bin i, which is granule i, are i. So are those of granule 0, tile 0. */
void heap_write_control(const struct heap_layout *layout, index_t from, index_t to)
{
    enum { WORDS = CAIRN_GRANULE / sizeof(word_t), LINKS_TO_A_WORD = sizeof(word_t) / sizeof(link_t) };
    index_t map = heap_map_granules(layout->limit);
    /* Volatile: the loop does not become a call of memset(), with the lock held. */
    volatile word_t *word = heap_control(layout->heap, layout->limit) + from * WORDS;
    for (; from < to; from++, word += WORDS) {
        index_t bin = from - map < layout->first ? from - map : 0; /* below the handle the difference wraps */
        word[0] = LINKS_TO_A_WORD == 2 ? bin << 16 | bin : bin;
        word[1] = LINKS_TO_A_WORD == 2 ? 0 : bin;
        for (int rest = 2; rest < WORDS; rest++)
            word[rest] = 0;
    }
}

struct cairn_heap *heap_begin(const struct heap_layout *layout)
{
    struct cairn_heap *heap = layout->heap;
    link_t limit = (link_t)layout->limit;
    heap->limit_again = limit;
    heap->limit = limit;
    heap->top = (link_t)layout->first;
    map_turn(heap, layout->first, 1, true);
    heap_granule(heap, 4)->tail = (link_t)layout->left_over;
    heap_granule(heap, 5)->tail = (link_t)(layout->left_over >> (CAIRN_INDEX_BITS - 1u) >> 1);
    return heap;
}

size_t heap_left_over(struct cairn_heap *heap)
{
    return heap_granule(heap, 4)->tail | (size_t)heap_granule(heap, 5)->tail << (CAIRN_INDEX_BITS - 1u) << 1;
}

/* ---- For the tools --------------------------------------------------------------------------- */

LAYOUT_OF(heap)
{
    LAYOUT("cairn.layout", 2);
    LAYOUT("version", CAIRN_VERSION);
    LAYOUT("pointer", sizeof(void *));
    LAYOUT("index.bits", CAIRN_INDEX_BITS);
    LAYOUT("granule", CAIRN_GRANULE);
    LAYOUT("bins", BIN_COUNT);
    LAYOUT("heap.tile0", offsetof(struct cairn_heap, tile0));
    LAYOUT("heap.nonempty", offsetof(struct cairn_heap, nonempty));
    LAYOUT("heap.used", offsetof(struct cairn_heap, used));
    LAYOUT("heap.top", offsetof(struct cairn_heap, top));
    LAYOUT("heap.limit", offsetof(struct cairn_heap, limit));
    LAYOUT("heap.limit_again", offsetof(struct cairn_heap, limit_again));
    LAYOUT("tile.size", sizeof(struct tile));
    LAYOUT("tile.bound", offsetof(struct tile, bound));
    LAYOUT("tile.used", offsetof(struct tile, used));
    LAYOUT("free.next", offsetof(struct granule, next));
    LAYOUT("free.prev", offsetof(struct granule, prev));
    LAYOUT("free.size", offsetof(struct granule, size));
    LAYOUT("free.tail", offsetof(struct granule, tail));
    LAYOUT("check", CAIRN_CHECK);
    LAYOUT("sites", CAIRN_SITES);
    LAYOUT("regions", CAIRN_REGIONS);
    LAYOUT("counts", CAIRN_COUNTS);
    LAYOUT("trace", CAIRN_TRACE);
    LAYOUT("reason.size", sizeof(enum cairn_reason));
}
