/* words.c: an index of words: a hash table that grows, lists of lines, and sorted output. It needs nothing but the C
 * library.
 *
 * SPDX-License-Identifier: MIT */
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 500, SHOWN = 4 };

struct line {
    struct line *next;
    int number;
};

struct word {
    struct word *next;
    struct line *lines;
    int count;
    char text[];
};

static struct word **buckets;
static uint32_t bucket_count, word_count;

static int grow(void)
{
    uint32_t count = bucket_count == 0 ? 16 : 2 * bucket_count;
    struct word **larger = calloc(count, sizeof *larger);
    if (larger == NULL)
        return 0;
    for (uint32_t i = 0; i < bucket_count; i++)
        for (struct word *next, *word = buckets[i]; word != NULL; word = next) {
            struct word **to = &larger[program_sum(5381, word->text, (uint32_t)strlen(word->text)) % count];
            next = word->next;
            word->next = *to;
            *to = word;
        }
    free(buckets);
    buckets = larger;
    bucket_count = count;
    return 1;
}

static int add(const char *text, int number)
{
    size_t size = strlen(text) + 1;
    if (word_count >= bucket_count && !grow())
        return 0;
    struct word **at = &buckets[program_sum(5381, text, (uint32_t)size - 1) % bucket_count];
    while (*at != NULL && strcmp((*at)->text, text) != 0)
        at = &(*at)->next;
    if (*at == NULL) {
        struct word *word = calloc(1, sizeof *word + size);
        if (word == NULL)
            return 0;
        memcpy(word->text, text, size);
        *at = word;
        word_count++;
    }
    struct line *line = malloc(sizeof *line);
    if (line == NULL)
        return 0;
    *line = (struct line){(*at)->lines, number};
    (*at)->lines = line;
    (*at)->count++;
    return 1;
}

/* A line of words that the number gives; of `size` bytes. */
static char *line_of(int number, uint32_t *seed)
{
    static const char *const parts[] = {"pump", "tank", "valve", "level", "alarm", "open", "closed", "flow"};
    char *line = malloc(16);
    size_t used = 0, room = 16;
    for (int i = 0; line != NULL && i < 3 + number % 9; i++) {
        char word[32];
        size_t length = (size_t)snprintf(word, sizeof word, "%s%s ", parts[program_random(seed) % 8],
                                         parts[program_random(seed) % 8]);
        while (used + length >= room) {
            char *longer = realloc(line, room *= 2);
            if (longer == NULL)
                free(line);
            line = longer;
            if (line == NULL)
                return NULL;
        }
        memcpy(line + used, word, length + 1);
        used += length;
    }
    return line;
}

static int by_count(const void *a, const void *b)
{
    const struct word *left = *(struct word *const *)a, *right = *(struct word *const *)b;
    return left->count != right->count ? right->count - left->count : strcmp(left->text, right->text);
}

static int print_and_drop(void)
{
    struct word **sorted = malloc(word_count * sizeof *sorted);
    if (sorted == NULL)
        return 0;
    uint32_t n = 0;
    for (uint32_t i = 0; i < bucket_count; i++)
        for (struct word *word = buckets[i]; word != NULL; word = word->next)
            sorted[n++] = word;
    qsort(sorted, n, sizeof *sorted, by_count);
    for (uint32_t i = 0; i < n; i++) {
        if (i < SHOWN)
            printf("%s: %d times, last in line %d\n", sorted[i]->text, sorted[i]->count, sorted[i]->lines->number);
        for (struct line *next, *line = sorted[i]->lines; line != NULL; line = next) {
            next = line->next;
            free(line);
        }
        free(sorted[i]);
    }
    free(sorted);
    free(buckets);
    buckets = NULL;
    bucket_count = word_count = 0;
    return 1;
}

int program(void)
{
    uint32_t seed = 1;
    for (int round = 0; round < 4; round++) {
        for (int number = 1; number <= LINES; number++) {
            char *line = line_of(number, &seed);
            if (line == NULL)
                return 1;
            for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " "))
                if (!add(word, number))
                    return 1;
            free(line);
        }
        if (!print_and_drop())
            return 1;
    }
    return 0;
}
