/* watch.h: the layer between the names of the malloc family and the heap, where the heap is watched:
 * the parts that guard blocks, count calls, and record them. Internal.
 *
 *    watch.c     the names; calls the parts, in order, around the heap's own steps
 *    guard.c     trailers and canaries, the fill of free memory         CAIRN_CHECK=2, CAIRN_SITES
 *    explain.c   which blocks a damage concerns                         CAIRN_CHECK=2
 *    account.c   counts, the last failure, live bytes by calling site   CAIRN_COUNTS, CAIRN_SITES
 *    trace.c     a record of each call                                  CAIRN_TRACE
 *
 *    freed.c     the last blocks that were freed                        CAIRN_CHECK=2
 *    quarantine.c  blocks that were freed, held back                    CAIRN_QUARANTINE
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_WATCH_H
#define CAIRN_WATCH_H

#include "../core/heap.h"

/* Is each block followed by a canary, and is free memory filled? Does each block end in a trailer? */
enum { GUARDED = CAIRN_CHECK == 2, TRAILED = CAIRN_CHECK == 2 || CAIRN_SITES > 0 };

/* ---- A call that is watched -------------------------------------------------------------------- */

enum watched_kind { WATCHED_MALLOC, WATCHED_CALLOC, WATCHED_ALIGNED, WATCHED_REALLOC, WATCHED_FREE };

struct watched_call {
    enum watched_kind kind;
    uint32_t number; /* in the order in which the heap changed: trace.c */
    const void *caller;
    const void *p;          /* returned; or given, of realloc and free. NULL: not served */
    const void *moved;      /* returned, of realloc */
    size_t size, alignment; /* bytes; 0 where no alignment was asked for */
    uint32_t attributes;    /* of the RAM */
#if CAIRN_SITES_STACK > 0
    struct cairn_site site; /* the caller, and the calls that led to it */
    const void *owner;      /* account_claim() of it */
#endif
#if CAIRN_CALLS
    const void *frame; /* the stack pointer that a function of this layer was called with */
#endif
};

/* The frame, where it is of use. */
#if CAIRN_CALLS
#define WATCHED_FRAME , .frame = __builtin_dwarf_cfa()
#else
#define WATCHED_FRAME
#endif

/* ---- guard.c ---------------------------------------------------------------------------------- */

#if CAIRN_CHECK == 2 || CAIRN_SITES > 0

/* Bytes to ask the heap for, so that `size` of them are the caller's; SIZE_MAX if there are none. */
size_t guard_size(size_t size) INTERNAL(guard_size);

/* With the lock held under which the block at `p` was taken or cut for `size` bytes: these are `owner`'s. Writes its
 * canary and trailer. */
void guard_resize(struct cairn_heap *heap, void *p, size_t size, const void *owner) INTERNAL(guard_resize);

/* With the lock held: the block of `bytes` bytes at `p` is freed or gets another end: its trailer is no longer one. Not
 * called where GUARDED: there it is filled. */
void guard_erase(const void *p, size_t bytes) INTERNAL(guard_erase);

/* The live block at `p` is sound; else the overrun is reported. Anything else is misuse. Sets *`size`,
 * as it was asked for, and who did in *`owner`. */
void guard_inspect(struct cairn_heap *heap, const void *p, size_t *size, const void **owner) INTERNAL(guard_inspect);

#else

static inline size_t guard_size(size_t size)
{
    return size;
}

static inline void guard_resize(struct cairn_heap *heap, void *p, size_t size, const void *owner)
{
    (void)heap, (void)p, (void)size, (void)owner;
}

static inline void guard_erase(const void *p, size_t bytes)
{
    (void)p, (void)bytes;
}

static inline void guard_inspect(struct cairn_heap *heap, const void *p, size_t *size, const void **owner)
{
    (void)heap, (void)p, (void)size, (void)owner;
}

#endif

/* Called where GUARDED only. */

/* With the lock held under which the block at `p` was taken: what the free block kept there is filled, all but the
 * first aligned fit->n granules is freed again, and canary and trailer are written, for `size` bytes of `owner`'s.
 * What is written over has to be as it was filled, or it is a write after free. Returns where the block begins. */
void *guard_take(struct cairn_heap *heap, void *p, const struct heap_fit *fit, size_t size, const void *owner)
    INTERNAL(guard_take);

/* Then, without the lock: the `size` bytes at `p` are as they were filled, or it is a write after free. They are the
 * caller's from here on. */
void guard_begin(void *p, size_t size) INTERNAL(guard_begin);

/* Without the lock: the bytes of the live block at `p` are filled, as `caller` frees it. */
void guard_close(struct cairn_heap *heap, void *p, const void *caller) INTERNAL(guard_close);

/* Then, with the lock held: free the block at `p`. */
void guard_release(struct cairn_heap *heap, void *p) INTERNAL(guard_release);

/* Without the lock: of the bytes of the live block at `p` those past its first n granules are filled. */
void guard_vacate(struct cairn_heap *heap, void *p, index_t n) INTERNAL(guard_vacate);

/* Then, with the lock held: keep these granules, for `size` bytes of `owner`'s, and free the rest. */
void guard_cut(struct cairn_heap *heap, void *p, index_t n, size_t size, const void *owner) INTERNAL(guard_cut);

/* Bytes that a block takes of which `size` were asked for. */
size_t guard_extent(size_t size) INTERNAL(guard_extent);

/* Fill memory that is about to be free. */
void guard_fill(void *p, size_t size) INTERNAL(guard_fill);

/* With the lock held: `size` bytes at `p` belong to a caller of sbrk() from here on, as they were filled; or did, up to
 * the break. */
void guard_hand_out(void *p, size_t size) INTERNAL(guard_hand_out);
void guard_take_back(struct cairn_heap *heap, char *p, size_t size) INTERNAL(guard_take_back);

/* Of the bytes between two blocks, from `start` to `end`, in which the report's address lies: is the first one spoiled,
 * and the last? They are free memory, and report->damaged is as the map has it; or those of a live block, damaged behind
 * its own, which are left out. */
struct guard_ends {
    bool low, high;
};
struct guard_ends guard_ends(const struct cairn_report *report, const char *start, const char *end)
    INTERNAL(guard_ends);

/* Size and owner of the live block that `block` has as the map does, as its trailer has them, if that can be. */
void guard_describe(struct cairn_block *block) INTERNAL(guard_describe);

/* Are canary and trailer of the live block from `start` to `end`, by the map, as they were written? */
bool guard_is_whole(const void *start, const void *end) INTERNAL(guard_is_whole);

/* What is kept with each live block is as it was written, and free memory as it was filled. Returns 0; or the
 * number of the invariant that is broken, with the first bad byte in *`where` if `where` is not NULL. */
int guard_check(struct cairn_heap *heap, const void **where) INTERNAL(guard_check);

/* ---- freed.c, explain.c: where GUARDED only ---------------------------------------------------- */

/* A block that was freed: the address that asked for it, since its site may give its entry away; and who freed it. */
struct freed {
    const char *start;
    size_t size; /* bytes, as it was asked for */
    const void *owner, *caller;
};

/* Keep a note of it, under the lock, in place of the oldest one. */
void freed_note(const struct freed *freed) INTERNAL(freed_note);

/* The latest note of a block that held `address`; NULL if there is none. */
const struct freed *freed_at(const char *address) INTERNAL(freed_at);

/* ---- quarantine.c, and guard.c for it -------------------------------------------------------------- */

#if CAIRN_QUARANTINE > 0

/* With the lock held: `freed` is held from here on. True if the oldest block leaves for it: *`leaving`, which is the
 * caller's to give to guard_leave(). O(1). */
bool quarantine_add(const struct freed *freed, struct freed *leaving) INTERNAL(quarantine_add);

/* With the lock held: the oldest block leaves, as above. False if none is held. O(1). */
bool quarantine_take(struct freed *leaving) INTERNAL(quarantine_take);

/* The held block that `address` lies in; NULL if none. A loop over all of them: for reports and checks. */
const struct freed *quarantine_at(const char *address) INTERNAL(quarantine_at);

/* Is the block of `size` bytes, by the map, a held one, as its trailer says? */
bool guard_is_held(const void *start, size_t size) INTERNAL(guard_is_held);

/* With the lock held: the live block at `p`, whose bytes are filled (guard_vacate), is held, as `caller` frees it. As
 * quarantine_add(). */
bool guard_hold(struct cairn_heap *heap, void *p, const void *caller, struct freed *leaving) INTERNAL(guard_hold);

/* Without the lock: the block that left the quarantine is as it was filled, or it is a write after free. Free it. */
void guard_leave(struct cairn_heap *heap, const struct freed *leaving) INTERNAL(guard_leave);

#else

static inline const struct freed *quarantine_at(const char *address)
{
    (void)address;
    return NULL;
}

static inline void guard_leave(struct cairn_heap *heap, const struct freed *leaving)
{
    (void)heap, (void)leaving;
}

#endif

/* A private heap is used: explain.c looks into the last one. */
void explain_note_heap(struct cairn_heap *heap) INTERNAL(explain_note_heap);

/* ---- account.c -------------------------------------------------------------------------------- */

#if CAIRN_COUNTS || CAIRN_SITES > 0

#if CAIRN_SITES_STACK > 0

/* Without the lock: the caller, and the calls on the stack from `frame` up. */
void account_find_calls(struct cairn_site *site, const void *caller, const void *frame) INTERNAL(account_find_calls);

/* With the lock held: what a block keeps of who asked for it: the site's entry in the table, or the caller alone where
 * that has no place for it. The entry counts the block from here on, account_begin() its bytes. */
const void *account_claim(const struct cairn_site *site) INTERNAL(account_claim);

/* The caller, of what a block keeps. */
const void *account_caller(const void *owner) INTERNAL(account_caller);

#endif

/* With the lock held: a call was served. */
void account_call(enum watched_kind kind, size_t size) INTERNAL(account_call);

/* With the lock held: a block of `bytes`, `size` of them asked for, begins, or ends, to be live. */
void account_begin(size_t bytes, size_t size, const void *owner) INTERNAL(account_begin);
void account_end(size_t bytes, size_t size, const void *owner) INTERNAL(account_end);

/* Without the lock: a request was not served. Calls the hook. */
void account_failure(const struct cairn_request *request) INTERNAL(account_failure);

#else

static inline void account_call(enum watched_kind kind, size_t size)
{
    (void)kind, (void)size;
}

static inline void account_begin(size_t bytes, size_t size, const void *owner)
{
    (void)bytes, (void)size, (void)owner;
}

static inline void account_end(size_t bytes, size_t size, const void *owner)
{
    (void)bytes, (void)size, (void)owner;
}

static inline void account_failure(const struct cairn_request *request)
{
    (void)request;
}

#endif

#if CAIRN_SITES_STACK == 0

static inline const void *account_caller(const void *owner)
{
    return owner;
}

#endif

/* ---- trace.c ---------------------------------------------------------------------------------- */

#if CAIRN_TRACE

/* With the lock held: the next record's number. */
uint32_t trace_number(void) INTERNAL(trace_number);

/* Without the lock: the call's record. */
void trace_record(const struct watched_call *call) INTERNAL(trace_record);

#else

static inline uint32_t trace_number(void)
{
    return 0;
}

static inline void trace_record(const struct watched_call *call)
{
    (void)call;
}

#endif
#endif
