/* scene.h: heaps of many shapes, and what is known of them without asking them: which blocks are live,
 * and what they hold. One scene is set at a time; it can be saved once and restored often.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SCENE_H
#define SCENE_H

#include "core/heap.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    SCENE_GRANULES = 512, /* at most */
    SCENE_MEMORY = SCENE_GRANULES * CAIRN_GRANULE,
    SCENE_BLOCKS = 160, /* live or free, at most */

    /* Bytes that are kept with each block, behind those that were asked for: a canary of one or more, who asked
     * for it, and its size. */
    SCENE_KEPT = CAIRN_CHECK == 2 ? 1 + 2 * sizeof(void *) : 0,
};

struct block {
    char *p;     /* NULL: freed */
    size_t size; /* asked for; of a free one, all of it */
    unsigned seed;
    bool foreign; /* taken by sbrk(): not to be freed */
    bool spoiled; /* the program itself has overwritten it */
};

struct scene {
    const char *name;
    unsigned granules; /* of memory */
    bool system;       /* behind malloc(), not a private heap */
    void (*build)(void);
};
extern const struct scene scenes[];
extern const unsigned scene_count;

extern char scene_memory[SCENE_MEMORY];
extern size_t scene_size; /* bytes of it that are the heap's */
extern struct cairn_heap *scene_heap;
extern struct block scene_live[SCENE_BLOCKS];
extern unsigned scene_live_count;
extern bool scene_is_system;

/* Its free and reserved blocks, by the map, into `blocks`. Returns how many. */
unsigned scene_blocks(enum cairn_kind kind, struct block blocks[SCENE_BLOCKS]);

/* Where all blocks end, and what others have. */
char *scene_break(void);

void scene_build(const struct scene *scene);
void scene_save(void);
void scene_restore(void);

/* The entry points of the scene's heap. */
void *scene_malloc(size_t size);
void *scene_calloc(size_t size);
void *scene_aligned_alloc(size_t alignment, size_t size);
void *scene_realloc(void *p, size_t size);
size_t scene_usable_size(void *p);
void scene_free(void *p);

/* Bytes of the granules that a request of `size` takes. */
static inline size_t scene_rounded(size_t size)
{
    size += SCENE_KEPT;
    return size == 0 ? CAIRN_GRANULE : (size + CAIRN_GRANULE - 1u) / CAIRN_GRANULE * CAIRN_GRANULE;
}

/* Those of them that are the caller's. */
static inline size_t scene_usable(size_t size)
{
    return CAIRN_CHECK == 2 ? size : scene_rounded(size);
}

/* The largest request that takes no more than `room` bytes. */
static inline size_t scene_request(size_t room)
{
    return room > SCENE_KEPT ? room - SCENE_KEPT : 0;
}

/* Could a sound heap return `p` for `size` bytes: inside, aligned, and over no live block? */
bool scene_could_return(const void *p, size_t size);

/* A live block more: `p` was returned for `size` bytes; or by sbrk(). Fills it. False if it
 * could not be. */
bool scene_add(void *p, size_t size);
bool scene_add_foreign(void *p, size_t size);

/* Does the live block hold what it held, and does every one? Of a spoiled one that is not asked. */
bool scene_is_intact(const struct block *live);
bool scene_all_intact(void);

#endif
