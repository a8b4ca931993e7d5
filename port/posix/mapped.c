/* mapped.c: see mapped.h.
 *
 * The table is open addressed, and at most half full: a block is at the first free place from the one that its
 * address names, and every place between the two is taken.
 *
 * Its entries are read without the lock where fork() has frozen it. Only the thread that forks can change it then;
 * `version` says whether it has.
 *
 * SPDX-License-Identifier: MIT */
#include "mapped.h"

#include "arena.h"
#include "cairn.h"
#include "fork.h"
#include "pages.h"

#include <errno.h>
#include <sys/mman.h>

struct entry {
    uintptr_t start; /* 0: none */
    size_t size;
};

enum { FIRST_PLACES = 64 };

static struct entry first_table[FIRST_PLACES];
static struct {
    struct entry *entries;
    size_t places; /* a power of two */
    size_t blocks, bytes;
    uint32_t version; /* odd while it changes */
} table = {.entries = first_table, .places = FIRST_PLACES};

struct lock mapped_lock = {.word = LOCK_FREE};
size_t mapped_from = CAIRN_POSIX_MAP_FROM;

/* ---- The table ------------------------------------------------------------------------------- */

/* A reader without the lock that sees a new entry sees the odd version as well. */
static uintptr_t start_at(const struct entry *entry)
{
    return __atomic_load_n(&entry->start, __ATOMIC_ACQUIRE);
}

static void set(struct entry *entry, uintptr_t start, size_t size)
{
    __atomic_store_n(&entry->start, start, __ATOMIC_RELEASE);
    __atomic_store_n(&entry->size, size, __ATOMIC_RELEASE);
}

static void turn_version(void)
{
    __atomic_store_n(&table.version, table.version + 1u, __ATOMIC_RELEASE);
}

/* Where the search for an address begins. */
static size_t home_of(uintptr_t start, size_t places)
{
    return (size_t)((uint64_t)(start >> 12) * 0x9e3779b97f4a7c15u >> 32) & (places - 1u);
}

/* The entry of the block at `start`, or the free one where it would be. In a table that changes meanwhile, any. */
static struct entry *find(struct entry *entries, size_t places, uintptr_t start)
{
    size_t at = home_of(start, places);
    for (size_t i = 1; i < places && start_at(&entries[at]) != start && start_at(&entries[at]) != 0; i++)
        at = (at + 1u) & (places - 1u);
    return &entries[at];
}

/* Make room for one block more. The old table stays mapped: a thread may be reading it. */
static bool make_room(void)
{
    if (2 * (table.blocks + 1u) <= table.places)
        return true;
    size_t places = 2 * table.places;
    struct entry *entries = mmap(NULL, places * sizeof *entries, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                                 -1, 0);
    if (entries == MAP_FAILED)
        return false;
    for (size_t i = 0; i < table.places; i++)
        if (table.entries[i].start != 0)
            *find(entries, places, table.entries[i].start) = table.entries[i];
    turn_version();
    __atomic_store_n(&table.entries, entries, __ATOMIC_RELEASE);
    __atomic_store_n(&table.places, places, __ATOMIC_RELEASE); /* who reads it, reads these entries */
    turn_version();
    return true;
}

static void insert(uintptr_t start, size_t size)
{
    turn_version();
    set(find(table.entries, table.places, start), start, size);
    turn_version();
    table.blocks++;
    table.bytes += size;
}

/* May what is at `at` be moved to the free place `hole`, below it? Only if its search passes there. */
static bool may_move(size_t hole, size_t at)
{
    size_t home = home_of(table.entries[at].start, table.places);
    size_t mask = table.places - 1u;
    return ((at - home) & mask) >= ((at - hole) & mask);
}

static void erase(struct entry *entry)
{
    size_t mask = table.places - 1u;
    size_t hole = (size_t)(entry - table.entries);
    table.blocks--;
    table.bytes -= entry->size;
    turn_version();
    for (size_t at = (hole + 1u) & mask; table.entries[at].start != 0; at = (at + 1u) & mask)
        if (may_move(hole, at)) {
            set(&table.entries[hole], table.entries[at].start, table.entries[at].size);
            hole = at;
        }
    set(&table.entries[hole], 0, 0);
    turn_version();
}

/* The entry of a block. Anything else is misuse. */
static struct entry *prove(const void *p)
{
    struct entry *entry = find(table.entries, table.places, (uintptr_t)p);
    if (p == NULL || entry->start == 0)
        cairn_fatal(CAIRN_NOT_A_BLOCK, p);
    return entry;
}

/* The size of the block at `p` without the lock; 0 if there is none. */
static size_t read_size(const void *p)
{
    for (;;) {
        uint32_t version = __atomic_load_n(&table.version, __ATOMIC_ACQUIRE);
        size_t places = __atomic_load_n(&table.places, __ATOMIC_ACQUIRE);
        struct entry *entries = __atomic_load_n(&table.entries, __ATOMIC_ACQUIRE);
        if (version % 2 != 0)
            continue;
        const struct entry *entry = find(entries, places, (uintptr_t)p);
        size_t size = start_at(entry) != (uintptr_t)p ? 0 : __atomic_load_n(&entry->size, __ATOMIC_ACQUIRE);
        if (__atomic_load_n(&table.version, __ATOMIC_RELAXED) == version)
            return size;
    }
}

/* ---- The system ------------------------------------------------------------------------------ */

/* Bytes of pages for `size` bytes; 0 if there are no so large objects. */
static size_t page_bytes(size_t size)
{
    size_t page = pages_size();
    return size > (size_t)PTRDIFF_MAX - page ? 0 : (size + page - 1u) & ~(page - 1u);
}

/* A process that has as many mappings as it may have cannot unmap the middle of one: then at least the pages go. */
static void unmap(char *from, char *to)
{
    if (from < to && munmap(from, (size_t)(to - from)) != 0)
        pages_give_back(from, to);
}

/* NULL if the system refuses. The addresses of the arenas are theirs. */
static char *map_aligned(size_t alignment, size_t bytes)
{
    size_t more = alignment > pages_size() ? alignment - pages_size() : 0;
    size_t all;
    if (__builtin_add_overflow(bytes, more, &all) || all > (size_t)PTRDIFF_MAX)
        return NULL;
    char *start = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        return NULL;
    char *p = (char *)(((uintptr_t)start + more) & ~(uintptr_t)(more == 0 ? 0 : alignment - 1u));
    unmap(start, p);
    unmap(p + bytes, start + all);
    if (arena_of(p) == NULL && arena_of(p + bytes - 1) == NULL)
        return p;
    unmap(p, p + bytes);
    return NULL;
}

void *mapped_take(size_t alignment, size_t size)
{
    int saved = errno;
    size_t bytes = page_bytes(size);
    char *p = bytes == 0 ? NULL : map_aligned(alignment, bytes);
    if (p != NULL) {
        enum lock_state state = lock_enter(&mapped_lock);
        bool good = state != LOCK_REFUSED && make_room();
        if (good)
            insert((uintptr_t)p, bytes);
        lock_leave(&mapped_lock, state);
        if (!good) {
            unmap(p, p + bytes);
            p = NULL;
        }
    }
    errno = saved;
    return p;
}

void mapped_free(void *p)
{
    enum lock_state state = lock_enter(&mapped_lock);
    if (state == LOCK_REFUSED) {
        fork_free_later(p);
        return;
    }
    struct entry *entry = prove(p);
    size_t size = entry->size;
    erase(entry);
    if (size >= mapped_from && size <= MAPPED_MOST)
        __atomic_store_n(&mapped_from, size + 1u, __ATOMIC_RELAXED);
    lock_leave(&mapped_lock, state);
    int saved = errno;
    unmap(p, (char *)p + size);
    errno = saved;
}

size_t mapped_size(const void *p)
{
    enum lock_state state = lock_enter(&mapped_lock);
    size_t size = state == LOCK_REFUSED ? read_size(p) : prove(p)->size;
    lock_leave(&mapped_lock, state);
    if (size == 0)
        cairn_fatal(CAIRN_NOT_A_BLOCK, p);
    return size;
}

/* The block moves and the table changes in one step: in between, the old addresses might be another block's. */
void *mapped_resize(void *p, size_t size)
{
    size_t bytes = page_bytes(size);
    enum lock_state state = lock_enter(&mapped_lock);
    if (bytes == 0 || state == LOCK_REFUSED) {
        lock_leave(&mapped_lock, state);
        return NULL;
    }
    int saved = errno;
    struct entry *entry = prove(p);
    char *moved = p;
    if (bytes != entry->size)
        moved = mremap(p, entry->size, bytes, MREMAP_MAYMOVE);
    if (moved != MAP_FAILED && bytes != entry->size) {
        erase(entry);
        insert((uintptr_t)moved, bytes);
    }
    errno = saved;
    lock_leave(&mapped_lock, state);
    return moved == MAP_FAILED ? NULL : moved;
}

/* ---- Figures --------------------------------------------------------------------------------- */

void mapped_count(size_t *blocks, size_t *bytes)
{
    *blocks = __atomic_load_n(&table.blocks, __ATOMIC_RELAXED);
    *bytes = __atomic_load_n(&table.bytes, __ATOMIC_RELAXED);
}

bool mapped_find(const void *address, uintptr_t *start, size_t *size)
{
    for (size_t i = 0; i < table.places; i++) {
        *start = table.entries[i].start;
        *size = table.entries[i].size;
        if (*start != 0 && (uintptr_t)address - *start < *size)
            return true;
    }
    return false;
}
