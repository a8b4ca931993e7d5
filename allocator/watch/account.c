/* account.c: what the system heap was asked for, by kind and by calling site.
 *
 * Everything is O(1), and done with the lock held: a site is looked for in a fixed number of places.
 *
 * SPDX-License-Identifier: MIT */
#include "watch.h"

#include "../core/layout.h"
#include "port.h"

#if CAIRN_COUNTS || CAIRN_SITES > 0

#if CAIRN_COUNTS

static struct cairn_counts counts LAYOUT_SYMBOL(cairn_counts_now);

LAYOUT_OF(counts)
{
    LAYOUT("counts.used", offsetof(struct cairn_counts, used));
    LAYOUT("counts.peak", offsetof(struct cairn_counts, peak));
    LAYOUT("counts.largest_request", offsetof(struct cairn_counts, largest_request));
    LAYOUT("counts.live_blocks", offsetof(struct cairn_counts, live_blocks));
    LAYOUT("counts.calls", offsetof(struct cairn_counts, calls));
    LAYOUT("counts.failures", offsetof(struct cairn_counts, failures));
    LAYOUT("counts.last_failure", offsetof(struct cairn_counts, last_failure));
    LAYOUT("request.size", offsetof(struct cairn_request, size));
    LAYOUT("request.alignment", offsetof(struct cairn_request, alignment));
    LAYOUT("request.caller", offsetof(struct cairn_request, caller));
}

static void count_call(enum watched_kind kind, size_t size)
{
    counts.calls[kind]++;
    if (size > counts.largest_request)
        counts.largest_request = size;
}

static void count_bytes(size_t bytes, bool begins)
{
    counts.live_blocks += begins ? 1u : (uint32_t)-1;
    counts.used += begins ? bytes : (size_t)0 - bytes;
    if (counts.used > counts.peak)
        counts.peak = counts.used;
}

void account_failure(const struct cairn_request *request)
{
    uint32_t state = port_lock();
    counts.failures++;
    counts.last_failure = *request;
    port_unlock(state);
    struct cairn_heap *heap = cairn_system();
    cairn_on_failure(request, heap != NULL ? cairn_largest_free(heap) : 0);
}

void cairn_read_counts(struct cairn_counts *copy)
{
    uint32_t state = port_lock();
    *copy = counts;
    port_unlock(state);
}

size_t cairn_largest_free(struct cairn_heap *heap)
{
    uint32_t state = port_lock();
    index_t largest = (index_t)heap->limit - heap->top;
    index_t most = 0; /* blocks that the list can have */
    index_t i = 0;
    if (heap->nonempty != 0) {
        uint32_t bin = bin_last(heap->nonempty);
        most = heap->limit / bin_floor(bin);
        i = heap_granule(heap, bin)->next;
    }
    port_unlock(state);
    for (bool listed = true; listed && most != 0; most--) {
        state = port_lock();
        listed = i < heap->top && map_is_free(heap, i);
        if (listed) {
            const struct granule *first = heap_granule(heap, i);
            if (first->size > largest)
                largest = first->size;
            i = first->next;
        }
        port_unlock(state);
    }
    return (size_t)largest * CAIRN_GRANULE;
}

void cairn_reset_peak(void)
{
    uint32_t state = port_lock();
    counts.peak = counts.used;
    port_unlock(state);
}

#else

static void count_call(enum watched_kind kind, size_t size)
{
    (void)kind, (void)size;
}

static void count_bytes(size_t bytes, bool begins)
{
    (void)bytes, (void)begins;
}

void account_failure(const struct cairn_request *request)
{
    (void)request;
}

#endif

void account_call(enum watched_kind kind, size_t size)
{
    count_call(kind, size);
}

/* ---- Sites ----------------------------------------------------------------------------------- */

#if CAIRN_SITES > 0

/* Places that are looked at for a site. */
enum { PROBES = CAIRN_SITES < 8 ? CAIRN_SITES : 8 };

static struct cairn_site table[CAIRN_SITES] LAYOUT_SYMBOL(cairn_site_table);
static struct cairn_site others LAYOUT_SYMBOL(cairn_site_others); /* what found no place */

LAYOUT_OF(sites)
{
    LAYOUT("site.bytes_each", sizeof(struct cairn_site));
    LAYOUT("site.caller", offsetof(struct cairn_site, caller));
    LAYOUT("site.blocks", offsetof(struct cairn_site, blocks));
    LAYOUT("site.bytes", offsetof(struct cairn_site, bytes));
    LAYOUT("site.peak", offsetof(struct cairn_site, peak));
#if CAIRN_SITES_STACK > 0
    LAYOUT("site.calls", offsetof(struct cairn_site, calls));
    LAYOUT("site.stack", CAIRN_SITES_STACK);
#endif
}

static uint32_t hash_of(const struct cairn_site *key)
{
    uint32_t hash = (uint32_t)((uintptr_t)key->caller >> 1) * 2654435769u; /* Knuth, TAOCP 3, 6.4 */
#if CAIRN_SITES_STACK > 0
    for (uint32_t i = 0; i < CAIRN_SITES_STACK; i++)
        hash = (hash ^ (uint32_t)((uintptr_t)key->calls[i] >> 1)) * 2654435769u;
#endif
    return hash;
}

static bool is_site(const struct cairn_site *site, const struct cairn_site *key)
{
#if CAIRN_SITES_STACK > 0
    for (uint32_t i = 0; i < CAIRN_SITES_STACK; i++)
        if (site->calls[i] != key->calls[i])
            return false;
#endif
    return site->caller == key->caller;
}

/* The entry of `key`: its own, or an empty one; or, where blocks keep the entry itself, one that none keeps. NULL if
 * there is none. */
static struct cairn_site *find_site(const struct cairn_site *key)
{
    struct cairn_site *unused = NULL;
    uint32_t place = hash_of(key) >> 16;
    for (uint32_t i = 0; i < PROBES; i++) {
        struct cairn_site *site = &table[(place + i) % CAIRN_SITES];
        if (is_site(site, key) || site->caller == NULL)
            return site;
        if (CAIRN_SITES_STACK > 0 && site->blocks == 0)
            unused = site;
    }
    return unused;
}

#if CAIRN_SITES_STACK > 0

void account_find_calls(struct cairn_site *site, const void *caller, const void *frame)
{
    struct port_call calls[CAIRN_SITES_STACK + 1]; /* the caller may be on the stack as well */
    uint32_t found = port_calls(frame, calls, CAIRN_SITES_STACK + 1), kept = 0;
    *site = (struct cairn_site){.caller = caller};
    for (uint32_t i = 0; i < found && kept < CAIRN_SITES_STACK; i++)
        if (calls[i].address != (uintptr_t)caller)
            site->calls[kept++] = (const void *)calls[i].address;
}

const void *account_claim(const struct cairn_site *key)
{
    struct cairn_site *site = key->caller != NULL ? find_site(key) : NULL;
    if (site == NULL)
        return key->caller;
    if (!is_site(site, key))
        *site = *key;
    site->blocks++;
    return site;
}

/* Whatever a damaged trailer holds, it is an entry of the table or none. */
static struct cairn_site *entry_of(const void *owner)
{
    uintptr_t offset = (uintptr_t)owner - (uintptr_t)table;
    return offset < sizeof table ? &table[offset / sizeof *table] : NULL;
}

/* Where a block is counted. */
static struct cairn_site *site_of(const void *owner)
{
    struct cairn_site *site = entry_of(owner);
    return site != NULL ? site : &others;
}

const void *account_caller(const void *owner)
{
    const struct cairn_site *site = entry_of(owner);
    return site != NULL ? site->caller : owner;
}

#else

/* Where a block is counted. A site never loses its place, so that is the same for as long as the block lives. */
static struct cairn_site *site_of(const void *owner)
{
    struct cairn_site *site = owner != NULL ? find_site(&(struct cairn_site){.caller = owner}) : NULL;
    return site != NULL ? site : &others;
}

#endif

static void site_add(size_t size, const void *owner)
{
    struct cairn_site *site = site_of(owner);
#if CAIRN_SITES_STACK > 0
    if (site == &others) /* account_claim() has counted it otherwise */
        site->blocks++;
#else
    if (site != &others)
        site->caller = owner;
    site->blocks++;
#endif
    site->bytes += size;
    if (site->bytes > site->peak)
        site->peak = site->bytes;
}

static void site_remove(size_t size, const void *owner)
{
    struct cairn_site *site = site_of(owner);
    if (site->caller == NULL)
        site = &others;
    site->blocks--;
    site->bytes -= size;
}

bool cairn_read_site(uint32_t n, struct cairn_site *site)
{
    if (n > CAIRN_SITES)
        return false;
    uint32_t state = port_lock();
    *site = n == CAIRN_SITES ? others : table[n];
    port_unlock(state);
    return true;
}

#else

static void site_add(size_t size, const void *owner)
{
    (void)size, (void)owner;
}

static void site_remove(size_t size, const void *owner)
{
    (void)size, (void)owner;
}

#endif

void account_begin(size_t bytes, size_t size, const void *owner)
{
    count_bytes(bytes, true);
    site_add(size, owner);
}

void account_end(size_t bytes, size_t size, const void *owner)
{
    count_bytes(bytes, false);
    site_remove(size, owner);
}

#endif
