/* A small heap, and what cairn_check() says of it after each of many damages: every bit of its control data
 * and of what its free blocks keep, turned; and random words in their place.
 *
 * The console has the heap's memory, then a line "damage OFFSET CHANGE INVARIANT WHERE" for each: a word's
 * offset in the memory, what it was changed by, and what was found, WHERE as an offset, too.
 *
 * SPDX-License-Identifier: MIT */
#include "core/heap.h"
#include "tap.h"

enum { MEMORY = 3072, BLOCKS = 30, RANDOM = 1500 };

static _Alignas(16) uint32_t memory[MEMORY / sizeof(uint32_t)];
static struct cairn_heap *heap;

static void write_hex(uint32_t word, const char *after)
{
    char text[9] = "";
    for (unsigned i = 0; i < 8; i++)
        text[i] = "0123456789abcdef"[word >> (28 - 4 * i) & 15];
    tap_write(text);
    tap_write(after);
}

static uint32_t random_word(void)
{
    static uint32_t state = 1;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static void set(void)
{
    char *blocks[BLOCKS];
    heap = cairn_init(memory, sizeof memory);
    for (unsigned n = 0; n < BLOCKS; n++) {
        blocks[n] = cairn_malloc(heap, n % 10 == 7 ? 300 : 8 + n * 7 % 41);
        for (unsigned i = 0; blocks[n] != NULL && i < 8 + n * 7 % 41; i++)
            blocks[n][i] = (char)(i * 3 + n);
    }
    for (unsigned n = 2; n < BLOCKS - 2; n += 3)
        cairn_free(heap, blocks[n]);
    cairn_free(heap, blocks[7]);
}

static void attempt(uint32_t word, uint32_t change)
{
    const void *where = NULL;
    memory[word] ^= change;
    int invariant = cairn_check(heap, &where);
    memory[word] ^= change;
    tap_write("damage ");
    write_hex(word * (uint32_t)sizeof(uint32_t), " ");
    write_hex(change, " ");
    write_hex((uint32_t)invariant, " ");
    write_hex(where != NULL ? (uint32_t)((uintptr_t)where - (uintptr_t)memory) : 0, "\n");
}

/* Words that hold control data, or what a free block keeps. */
static uint32_t words[MEMORY / sizeof(uint32_t)], count;

static bool add_block(void *context, void *block, size_t size, enum cairn_kind kind)
{
    uint32_t first = (uint32_t)(((uintptr_t)block - (uintptr_t)memory) / sizeof(uint32_t));
    uint32_t last = first + (uint32_t)(size / sizeof(uint32_t)) - 1;
    (void)context;
    if (kind != CAIRN_FREE)
        return true;
    uint32_t behind = first + (3 * (uint32_t)sizeof(link_t) + 3) / sizeof(uint32_t); /* the links and the size */
    for (uint32_t word = first; word < behind; word++)
        words[count++] = word;
    if (last >= behind)
        words[count++] = last;
    return true;
}

int main(void)
{
    set();
    struct cairn_stats stats;
    cairn_stats(heap, &stats);
    for (uint32_t word = 0; word < stats.control / sizeof(uint32_t); word++)
        words[count++] = word;
    cairn_walk(heap, add_block, NULL);

    tap_write("memory ");
    write_hex((uint32_t)(uintptr_t)memory, " ");
    write_hex((uint32_t)(uintptr_t)heap, "\n");
    for (uint32_t word = 0; word < MEMORY / sizeof(uint32_t); word++)
        write_hex(memory[word], "\n");
    for (uint32_t n = 0; n < count; n++)
        for (uint32_t bit = 1; bit != 0; bit <<= 1)
            attempt(words[n], bit);
    for (uint32_t n = 0; n < RANDOM; n++) {
        uint32_t word = words[random_word() % count];
        uint32_t change = random_word();
        if (n % 3 == 0)
            change = n % 2 == 0 ? memory[word] : ~memory[word]; /* all zeros, all ones */
        attempt(word, change);
    }
    return 0;
}
