/* A heap of the program's own, in an array: what one part of it allocates cannot
 * crowd out the rest, and disappears at once.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"

#include <stdio.h>
#include <string.h>

static uint64_t memory[256]; /* 2 KiB */

/* The words of a line, each in a block of its own. Returns how many fitted. */
static unsigned split(struct cairn_heap *heap, const char *line)
{
    unsigned words = 0;
    while (*line != '\0') {
        size_t length = strcspn(line, " ");
        char *word = cairn_malloc(heap, length + 1);
        if (word == NULL)
            break;
        memcpy(word, line, length);
        word[length] = '\0';
        words++;
        line += length + (line[length] == ' ');
    }
    return words;
}

int main(void)
{
    for (int round = 0; round < 3; round++) {
        struct cairn_heap *heap = cairn_init(memory, sizeof memory); /* the old blocks are gone */
        if (heap == NULL)
            return 1;
        unsigned words = split(heap, "each round begins with an empty heap");
        struct cairn_stats stats;
        cairn_stats(heap, &stats);
        printf("round %d: %u words in %u bytes\n", round, words, (unsigned)stats.used);
    }
    return 0;
}
