/* picture.c: see picture.h.
 *
 * SPDX-License-Identifier: MIT */
#include "picture.h"

#include "blocks.h"

#include <string.h>

struct picture picture;

static unsigned seeds; /* of this picture's blocks, so far */

/* The next block of a picture: its kind, 0 at the end, and its number. */
static char next(const char **text, size_t *number)
{
    const char *at = *text;
    while (*at == ' ')
        at++;
    char kind = *at;
    if (kind != '\0')
        at++;
    for (*number = 0; *at >= '0' && *at <= '9'; at++)
        *number = *number * 10u + (size_t)(*at - '0');
    *text = at;
    return kind;
}

static bool is_free(char kind)
{
    return kind == '.' || kind == 'x';
}

/* ---- Drawing -------------------------------------------------------------------------------- */

/* Bytes that a block of this kind and number takes where it is. */
static size_t bytes(char kind, size_t number)
{
    size_t here = (uintptr_t)sbrk(0) / CAIRN_GRANULE;
    switch (kind) {
    case 'f':
        return (room() / CAIRN_GRANULE - number) * CAIRN_GRANULE;
    case 'a':
        return ((number - here - 1u) % 8u + 1u) * CAIRN_GRANULE;
    case 'v':
        return number;
    default:
        return number * CAIRN_GRANULE;
    }
}

bool picture_draw(const char *text)
{
    picture.count = 0;
    seeds = 0;
    memset(sbrk(0), 0xa5, room());
    size_t number;
    for (char kind; (kind = next(&text, &number)) != '\0';) {
        size_t size = bytes(kind, number);
        void *p = kind == 'v' ? sbrk((ptrdiff_t)size) : launder(malloc(size));
        if (p == NULL || p == (void *)-1)
            return false;
        drawn_set(picture_add(kind), p, size);
    }
    for (unsigned i = 0; i < picture.count; i++) {
        struct drawn *block = &picture.blocks[i];
        if (is_free(block->kind)) {
            free(block->p);
            block->p = NULL;
        }
    }
    return true;
}

struct drawn *picture_add(char kind)
{
    struct drawn *block = &picture.blocks[picture.count++];
    block->kind = kind;
    block->p = NULL;
    return block;
}

struct drawn *picture_find(char kind)
{
    for (unsigned i = 0; i < picture.count; i++)
        if (picture.blocks[i].kind == kind)
            return &picture.blocks[i];
    return NULL;
}

/* ---- What is in the blocks ------------------------------------------------------------------ */

void drawn_set(struct drawn *block, void *p, size_t size)
{
    block->p = p;
    block->size = size;
    block->seed = ++seeds;
    fill(p, size, block->seed);
}

bool drawn_in(const struct drawn *block, const void *p, size_t size)
{
    return filled(p, size < block->size ? size : block->size, block->seed);
}

bool picture_intact(void)
{
    for (unsigned i = 0; i < picture.count; i++) {
        const struct drawn *block = &picture.blocks[i];
        if (block->p != NULL && !drawn_in(block, block->p, block->size))
            return false;
    }
    return true;
}

size_t picture_bytes(void)
{
    size_t granules = 0;
    for (unsigned i = 0; i < picture.count; i++) {
        const struct drawn *block = &picture.blocks[i];
        if (block->p != NULL && block->kind != 'v')
            granules += block->size == 0 ? 1u : (block->size + CAIRN_GRANULE - 1u) / CAIRN_GRANULE;
    }
    return granules * CAIRN_GRANULE;
}

void picture_free(void)
{
    const struct drawn *others = picture_find('v');
    for (unsigned i = 0; i < picture.count; i++)
        if (picture.blocks[i].kind != 'v')
            free(picture.blocks[i].p);
    if (others != NULL && others->p != NULL)
        sbrk(-(ptrdiff_t)others->size);
    picture.count = 0;
}

/* ---- Comparing ------------------------------------------------------------------------------ */

static bool same(void *text, void *block, size_t size, enum cairn_kind found)
{
    size_t number;
    char kind = next(text, &number);
    enum cairn_kind drawn = is_free(kind) ? CAIRN_FREE : kind == 'v' ? CAIRN_RESERVED : CAIRN_USED;
    bool any_size = kind == 'f' || kind == 'a' || kind == 'v';
    return kind != '\0' && found == drawn && (any_size || size == number * CAIRN_GRANULE) &&
           (kind != 'p' || block == picture_find('p')->p);
}

bool picture_shows(const char *text)
{
    size_t number;
    return cairn_walk(cairn_system(), same, &text) && next(&text, &number) == '\0';
}
