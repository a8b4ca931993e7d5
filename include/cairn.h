/* cairn.h: the heap's public interface.
 *
 * A firmware that only calls malloc() and free() needs no header: it links libcairn.a. This header is
 * for private heaps, for figures, and for a cairn_fatal() of the firmware's own.
 *
 * Sizes are bytes. Every pointer returned is aligned to CAIRN_GRANULE (8 bytes; 16 with a 32-bit
 * index). O(1) means: no loop whose length depends on the heap or on what is in it.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_H
#define CAIRN_H

#include "cairn_config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The version of this interface. CAIRN_VERSION is one number, to compare in C and by the preprocessor:
 * `#if CAIRN_VERSION >= 0x000100` is 0.1.0 or newer. Before 1.0.0 a new MINOR may change the interface. */
#define CAIRN_VERSION_MAJOR 0
#define CAIRN_VERSION_MINOR 1
#define CAIRN_VERSION_PATCH 0
#define CAIRN_VERSION (CAIRN_VERSION_MAJOR * 0x10000 + CAIRN_VERSION_MINOR * 0x100 + CAIRN_VERSION_PATCH)

/* Files that include this header with another index, granule or table of sites than the library's do not link:
 * "multiple definition of `cairn_all_files_need_the_same_CAIRN_GRANULE'". For the linker, equal absolute symbols are
 * one. They are no byte of the image. Assembled together, as with -flto, different values are an error of the
 * assembler's. Files that clang compiles are not checked: with its -flto the linker does not see that the symbols are
 * absolute, and equal ones are a multiple definition, too. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__ELF__) && !defined(__linux__)
#define CAIRN_SAME(option) CAIRN_SAME_(#option, option)
#define CAIRN_SAME_(name, value) CAIRN_SAME__("cairn_all_files_need_the_same_" name, #value)
#define CAIRN_SAME__(symbol, value)                                                    \
    __asm(".ifdef " symbol "\n\t.if " symbol " - (" value ")\n\t.error \"" symbol "\"" \
          "\n\t.endif\n\t.endif\n\t.global " symbol "\n\t.set " symbol ", " value)
CAIRN_SAME(CAIRN_INDEX_BITS);
CAIRN_SAME(CAIRN_GRANULE);
#if CAIRN_SITES > 0
CAIRN_SAME(CAIRN_SITES);
#endif
#if CAIRN_SITES_STACK > 0
CAIRN_SAME(CAIRN_SITES_STACK);
#endif
#if CAIRN_QUARANTINE > 0
CAIRN_SAME(CAIRN_QUARANTINE);
#endif
#undef CAIRN_SAME
#undef CAIRN_SAME_
#undef CAIRN_SAME__
#endif

#ifdef __cplusplus
#define CAIRN_NORETURN [[noreturn]]
extern "C" {
#else
#define CAIRN_NORETURN _Noreturn
#endif

/* A heap: a range of memory with its control data at the start. */
struct cairn_heap;

/* ---- Private heaps -------------------------------------------------------------------------
 * The caller owns a private heap and keeps two users from using it at once: none of these functions
 * locks. They may be called with the system heap, or a region's, only inside port_lock(); with CAIRN_COUNTS
 * or CAIRN_SITES a block that one of them took there must be freed by cairn_free(), since it is not counted
 * and has no trailer. */

/* Make a heap of `size` bytes at `memory`, whose old contents do not matter.
 *
 * Returns  the heap's handle, which lies inside `memory`; or NULL if and only if
 *          - `memory` is NULL, or the range wraps around the end of the address space;
 *          - the range has no room for the control data and one block.
 *          Ends that are not aligned to CAIRN_GRANULE are rounded inwards. If the range is larger than the
 *          index reaches (CAIRN_INDEX_BITS), the heap leaves the rest unused; cairn_stats() counts it.
 * Cost     control data: 1/32 of the range, or 1/64 with granules of 16 bytes; and 4 granules or more, up to
 *          32 (62 with a 32-bit index), two for each doubling of the range.
 * Time     proportional to the control data, which is cleared. */
struct cairn_heap *cairn_init(void *memory, size_t size);

/* Allocate `size` bytes.
 *
 * Returns  memory with undefined contents; or NULL, with the heap unchanged, if no free block is
 *          found. 0 bytes give a unique pointer that can be freed.
 * Time     O(1).
 * Misuse   a free block whose size or links were overwritten ends in cairn_fatal(). */
void *cairn_malloc(struct cairn_heap *heap, size_t size);

/* As cairn_malloc(), for `count` * `size` bytes, all zero. NULL if the product overflows.
 * Time     O(1), and clearing `count` * `size` bytes. */
void *cairn_calloc(struct cairn_heap *heap, size_t count, size_t size);

/* As cairn_malloc(), with a pointer that is a multiple of `alignment`.
 * Returns  NULL also if `alignment` is not a power of two. The gaps on both sides of the block are
 *          free for other requests. */
void *cairn_aligned_alloc(struct cairn_heap *heap, size_t alignment, size_t size);

/* Free the block at `p`; NULL does nothing.
 * Time     O(1).
 * Misuse   any pointer that is not one of this heap's live blocks ends in cairn_fatal(), as does a
 *          neighbour whose size or links were overwritten. */
void cairn_free(struct cairn_heap *heap, void *p);

/* Make the block at `p` `size` bytes large, where it is or elsewhere.
 *
 * Returns  the block, with the old contents up to the smaller size; or NULL, with the old block
 *          as it was. `p` NULL is cairn_malloc(). Size 0 gives the smallest block, as
 *          cairn_malloc(heap, 0) does, and never NULL.
 *          The alignment of cairn_aligned_alloc() is kept only while the block is not moved.
 * Time     O(1), and moving the old contents if the block moves.
 * Misuse   as cairn_free(). */
void *cairn_realloc(struct cairn_heap *heap, void *p, size_t size);

/* Bytes that may be used at `p`: the size asked for, rounded up to CAIRN_GRANULE. 0 for NULL.
 * Misuse   as cairn_free(). */
size_t cairn_usable_size(struct cairn_heap *heap, void *p);

/* ---- The system heap ------------------------------------------------------------------------
 * The one heap behind malloc(). It starts itself at the first request and locks itself. */

/* The system heap's handle; NULL before the first request. */
struct cairn_heap *cairn_system(void);

/* ---- Regions ---------------------------------------------------------------------------------
 * Further ranges of RAM for the system heap: CCM, DTCM, external RAM. malloc() falls back to them in
 * the order in which they were added; free(), realloc() and malloc_usable_size() find the region that
 * a block lies in. Each is a heap of its own for cairn_stats(), cairn_walk() and cairn_check().
 * Only a library built with CAIRN_REGIONS=1 has these functions; with any other the link fails. */

/* Attributes of a region's RAM: the sum of these and of the firmware's own bits. */
enum {
    CAIRN_DMA = 1,           /* a DMA controller reaches it */
    CAIRN_FAST = 2,          /* no wait states: tightly coupled */
    CAIRN_EXTERNAL = 4,      /* behind a memory controller */
    CAIRN_ON_REQUEST = 8,    /* malloc() takes nothing from it: kept for cairn_malloc_in() */
    CAIRN_FIRST_USER = 0x100 /* this bit and those above it are the firmware's own */
};

enum cairn_region_error {
    CAIRN_REGION_ADDED = 0,
    CAIRN_REGION_OUT_OF_RANGE, /* NULL, or wraps past the end of the address space, or no RAM answers at one end */
    CAIRN_REGION_UNALIGNED,    /* `memory` or `size` is not a multiple of CAIRN_GRANULE */
    CAIRN_REGION_TOO_SMALL,    /* no room for the control data and one block */
    CAIRN_REGION_OVERLAPS      /* overlaps the system heap's range or another region */
};

/* Give the `size` bytes at `memory`, whose old contents do not matter, to the system heap, for good.
 *
 * Returns  CAIRN_REGION_ADDED; or an error, with no state changed. (The call writes to the first and the
 *          last word to find out whether RAM answers there.) If the range is larger than the index reaches,
 *          the heap leaves the rest unused, as with cairn_init().
 * Cost     control data, as cairn_init(), and 16 bytes.
 * Time     proportional to the control data, which is cleared, with interrupts live.
 * Context  thread; one call at a time. The RAM must work: its clock and controller are set up. */
enum cairn_region_error cairn_add_region(void *memory, size_t size, uint32_t attributes);

/* A sentence for `error`: a constant string. */
const char *cairn_region_text(enum cairn_region_error error);

/* The heap of region `n`, counted from 0 in the order in which they were added. Stores its attributes in
 * *`attributes` if that is not NULL. Returns NULL, with *`attributes` unchanged, if there is no region `n`.
 * The caller locks it, as the system heap, by port_lock(). */
struct cairn_heap *cairn_region(uint32_t n, uint32_t *attributes);

/* As malloc(), from RAM that has all of `attributes`: from the system heap if it has them
 * (CAIRN_SYSTEM_ATTRIBUTES), otherwise from the first region that has them and has room.
 * 0 asks for no attribute, as malloc() does.
 *
 * Returns  NULL, with errno ENOMEM, if there is no such RAM or no room in it. The caller frees it by free().
 *          realloc() leaves a block in its region while there is room. Then it moves the block to where
 *          malloc() would place it; from a region with CAIRN_ON_REQUEST only to RAM with all the region's
 *          attributes.
 * Time     O(1) for the system heap and for each region that was added. */
void *cairn_malloc_in(uint32_t attributes, size_t size);

/* Memory for DMA: cairn_malloc_in(CAIRN_DMA, size) that starts and ends on a cache line
 * (CAIRN_CACHE_LINE): no other block and no metadata lies in its lines, so the caller may clean or
 * invalidate them.
 * Returns  NULL, with errno ENOMEM, if there is no room. The caller frees it by free(); realloc() keeps
 *          neither the start nor the end on a line. */
void *cairn_dma_alloc(size_t size);

/* ---- Looking into a heap -------------------------------------------------------------------- */

struct cairn_stats {
    size_t size;       /* bytes from the control data's start to the last block's end */
    size_t control;    /* of these, control data: no block can use them */
    size_t used;       /* bytes in live blocks, rounded up to CAIRN_GRANULE each */
    size_t free;       /* bytes in free blocks: size - control - used (- held) */
    size_t can_grow;   /* bytes above the last block, up to the limit */
    size_t guaranteed; /* the heap serves any request up to this size now */
    size_t left_over;  /* bytes of the range, past the limit, that the index does not reach */
#if CAIRN_QUARANTINE > 0
    size_t held; /* bytes in blocks that were freed, and are in the quarantine */
#endif
};

/* Fill `stats`. O(1): reads each bin once, and each block of the quarantine. For the system heap, call it inside
 * port_lock(). */
#ifdef __cplusplus /* where a function of a structure's name hides its constructor: it has none */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#endif
void cairn_stats(struct cairn_heap *heap, struct cairn_stats *stats);
#ifdef __cplusplus
#pragma GCC diagnostic pop
#endif

/* Bytes in live blocks (`used` of cairn_stats()), and bytes that are free: in free blocks and above the last block
 * (`free` + `can_grow`). O(1), a few instructions. For the system heap, call them inside port_lock(). */
size_t cairn_used_bytes(struct cairn_heap *heap);
size_t cairn_free_bytes(struct cairn_heap *heap);

enum cairn_kind {
    CAIRN_USED,
    CAIRN_FREE,
    CAIRN_RESERVED, /* not the heap's: other code moved the break here */
    CAIRN_HELD      /* freed, and in the quarantine: with CAIRN_QUARANTINE */
};

/* Called for each block: its start, its size in bytes, its kind. Returns false to stop. */
typedef bool cairn_visit(void *context, void *block, size_t size, enum cairn_kind kind);

/* Visit every block from the lowest address up. Reads the map only, so overwritten blocks do not matter.
 * Returns  false if `visit` did, or if the control data has no block where one must begin.
 * Time     proportional to the heap.
 * Context  does not lock: the caller keeps all other users of the heap out. */
bool cairn_walk(struct cairn_heap *heap, cairn_visit *visit, void *context);

/* Check every invariant of DESIGN.md. Changes nothing, and believes no value that it reads.
 *
 * Returns  0 if all hold; otherwise the number of the first broken invariant (1 is I1), with the address of
 *          the granule at fault in *`where` if `where` is not NULL.
 *          With CAIRN_CHECK=2 it also checks every byte between a live block's end and the next block (I11)
 *          and of free memory (I12); then the address is that of the first bad byte.
 * Time     proportional to the heap.
 * Context  does not lock: the caller keeps all other users of the heap out. It may interrupt any call of the
 *          system heap; of a private heap no call may be half done. */
int cairn_check(struct cairn_heap *heap, const void **where);

/* Where a check in steps is: all zero before the first one. */
struct cairn_place {
    uint32_t at, block;
    uint32_t passes;   /* over the whole heap, without a fault */
    const void *fault; /* the granule at fault, or nearby */
};

/* Check the next `parts` parts of the heap, and start again after the last one. A part is a block, or a further
 * 32 granules of a large one, or a bin. The program may allocate and free between calls, interrupts during one.
 *
 * Returns  0; or the number of a broken invariant, with an address in place->fault, as cairn_check() does; the
 *          next call then starts from the beginning. Does not check the number of used granules (I10), nor
 *          I11 and I12.
 * Time     O(1) with the lock held for each part. Works on a private heap, too. */
int cairn_check_step(struct cairn_heap *heap, struct cairn_place *place, uint32_t parts);

/* ---- Misuse --------------------------------------------------------------------------------- */

enum cairn_reason {
    CAIRN_NOT_A_BLOCK = 1,  /* the pointer given is not the start of a block of this heap */
    CAIRN_DOUBLE_FREE,      /* the pointer given lies in a free block, or in one that is in the quarantine */
    CAIRN_CORRUPT_SIZE,     /* a free block's size was overwritten, or the map */
    CAIRN_CORRUPT_LINK,     /* a link of a free block or of a bin was overwritten, or what it names */
    CAIRN_CORRUPT_CONTROL,  /* the heap's control data was overwritten */
    CAIRN_ABOVE_CEILING,    /* an interrupt that the lock does not hold back used the heap */
    CAIRN_OVERRUN,          /* bytes past a live block's end were overwritten; with CAIRN_CHECK=2 or CAIRN_SITES */
    CAIRN_WRITE_AFTER_FREE, /* bytes of free memory were overwritten; with CAIRN_CHECK=2 */
    CAIRN_NO_LOCK,          /* CAIRN_CEILING has no bit that this chip implements: the lock holds nothing back */
    CAIRN_NO_HEAP           /* the linker script names no region for the heap; `address` is its start, if it has one */
};

/* The heap was misused or is corrupt, and cannot go on. `address` is the pointer that the caller gave; or the
 * overwritten free block, with CAIRN_CHECK=2 the first bad byte; or, for CAIRN_ABOVE_CEILING, the number of the
 * exception.
 *
 * The heap calls it with the lock held, except for CAIRN_NO_HEAP, and for a private heap whose caller does not hold
 * it. It must not return, allocate or use the heap. The library's own records both in cairn_failure and stops; a
 * firmware may define its own. */
CAIRN_NORETURN void cairn_fatal(enum cairn_reason reason, const void *address);

/* What the library's own cairn_fatal() was told, before it stopped. A firmware that defines cairn_fatal() has none. */
extern volatile struct cairn_failure {
    enum cairn_reason reason; /* 0 until it is called */
    const void *address;
} cairn_failure;

/* A sentence for `reason`: a constant string. */
const char *cairn_reason_text(enum cairn_reason reason);

/* ---- Damage explained: CAIRN_CHECK=2 ---------------------------------------------------------- */

/* A block, live or free. `start` is NULL if there is none. */
struct cairn_block {
    const void *start;
    size_t size;       /* bytes; of a live block, as requested */
    const void *owner; /* the address that requested it; NULL if it is unknown */
    bool live;
};

struct cairn_report {
    enum cairn_reason reason;
    const void *address;        /* as for cairn_fatal(): the first bad byte, or the pointer given */
    struct cairn_block damaged; /* the block there. If it is free: with its last owner, while it is in the
                                   quarantine, and for the last 8 that were freed or left it */
    const void *freed_by;       /* the address that freed it; NULL if it is live, or if that is unknown */
    struct cairn_block suspect; /* its owner probably wrote there: a neighbour, or the damaged block itself */
    struct cairn_block other;   /* the neighbour above, if its owner is as likely; mostly no block */
};

/* The library's own cairn_fatal() leaves its report here, for a debugger or an image of the RAM. */
extern struct cairn_report cairn_damage;

/* Fill `report` from the arguments of cairn_fatal(). For a cairn_fatal() of the firmware's own: takes no lock.
 * Time     proportional to the heap: searches the map granule by granule. */
void cairn_explain(enum cairn_reason reason, const void *address, struct cairn_report *report);

/* ---- Counts of the system heap and its regions: CAIRN_COUNTS=1 ---------------------------------- */

struct cairn_request {
    size_t size, alignment; /* bytes; alignment 0: the request had none */
    const void *caller;     /* the address that made the request */
};

struct cairn_counts {
    size_t used;            /* bytes that live blocks take of the heap (cairn_stats) */
    size_t peak;            /* the largest `used` ever, or since cairn_reset_peak(). While realloc()
                               moves a block, one copy of it counts */
    size_t largest_request; /* bytes: the largest request that was served */
    uint32_t live_blocks;
    uint32_t calls[5]; /* served calls of malloc, calloc, the aligned functions, realloc, free */
    uint32_t failures; /* requests that were refused */
    struct cairn_request last_failure;
};

/* Copy the counts, as of one moment. O(1). */
void cairn_read_counts(struct cairn_counts *copy);

/* Set the peak to the bytes used now. */
void cairn_reset_peak(void);

/* The heap calls this when it refuses a request; the firmware may define it. The call comes without the lock, in
 * the context of the request, before that returns NULL. It may free; a request of its own may fail and call it
 * again. `largest_free` is cairn_largest_free() of the system heap. */
void cairn_on_failure(const struct cairn_request *request, size_t largest_free);

/* The largest request, in bytes, that the heap could serve: exact if no other code changes the heap meanwhile.
 * Time     proportional to the number of free blocks in the last bin that holds any; for the system heap
 *          and its regions it takes the lock for one block at a time. */
size_t cairn_largest_free(struct cairn_heap *heap);

/* ---- Live bytes by calling site: CAIRN_SITES=n ------------------------------------------------ */

struct cairn_site {
    const void *caller; /* the address that made the requests; NULL in an empty entry */
#if CAIRN_SITES_STACK > 0
    const void *calls[CAIRN_SITES_STACK]; /* return addresses that led to it, the nearest first; then NULL. Some may be
                                           * left over from calls that have returned. */
#endif
    uint32_t blocks; /* live blocks */
    size_t bytes;    /* requested bytes in them */
    size_t peak;     /* the largest `bytes` ever */
};

/* Copy entry `n` of the table, from 0; entry CAIRN_SITES is the sum of the sites that found no place in it.
 * Returns false past that. A site keeps its entry; with CAIRN_SITES_STACK only while it has live blocks. O(1). */
bool cairn_read_site(uint32_t n, struct cairn_site *site);

/* ---- A record of each call: CAIRN_TRACE=1 ------------------------------------------------------ */

/* Words that cairn_trace() is given at most: a record, and before it what it carries besides. */
#define CAIRN_TRACE_CONTEXT (CAIRN_TRACE_STACK > 0 || CAIRN_TRACE_TIME || CAIRN_TRACE_TASK)
#define CAIRN_TRACE_MOST                                                                     \
    (5 + CAIRN_TRACE_CONTEXT + CAIRN_TRACE_TIME + 5 * CAIRN_TRACE_TASK + CAIRN_TRACE_STACK + \
     (CAIRN_TRACE_STACK + 3) / 4)

/* Carry a record of `count` words to the host. The firmware defines it, or links one of extras/, as trace_ring.c and
 * trace_semihosting.c (docs/tracing.md). The heap calls it without the lock, in the context of the call that it
 * records, before that returns. It must not use the heap. trace.c explains the words. */
void cairn_trace(const uintptr_t *words, uint32_t count);

/* ---- For wrappers: a heap that is watched (CAIRN_WATCHED) ---------------------------------------
 * As malloc() and so on, for a wrapper's own caller: `caller` is the block's owner, the caller of a refused
 * request, and the site; mostly __builtin_return_address(0). */
void *cairn_malloc_for(const void *caller, size_t size);
void *cairn_calloc_for(const void *caller, size_t count, size_t size);
void *cairn_realloc_for(const void *caller, void *p, size_t size);
void *cairn_memalign_for(const void *caller, size_t alignment, size_t size);
void cairn_free_for(const void *caller, void *p);

/* The same for private heaps, with CAIRN_CHECK=2: `caller` is the block's owner, or who freed it. */
void *cairn_private_malloc_for(const void *caller, struct cairn_heap *heap, size_t size);
void *cairn_private_realloc_for(const void *caller, struct cairn_heap *heap, void *p, size_t size);
void cairn_private_free_for(const void *caller, struct cairn_heap *heap, void *p);

#ifdef __cplusplus
}
#endif

#endif
