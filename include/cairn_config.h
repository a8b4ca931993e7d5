/* cairn_config.h: every option of the heap, with its meaning, unit, range, default and cost.
 * Set one with -D, or name a header of your own with -DCAIRN_CONFIG_HEADER='"my_config.h"'.
 * A value that the code cannot work with does not compile.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_CONFIG_H
#define CAIRN_CONFIG_H

#ifdef CAIRN_CONFIG_HEADER
#include CAIRN_CONFIG_HEADER
#endif

/* Bits of a granule's index, 16 or 32, and the granule: the unit of allocation and of alignment, in bytes, 8 or 16.
 *
 *   index  granule  a heap reaches            of it are map
 *   16     8        512 KiB                   1/32            the default: for blocks of some dozen bytes
 *   16     16       1 MiB                     1/64
 *   32     16       2 GiB; on 64 bits 32 GiB  1/64
 *
 * A heap in a larger range leaves the rest unused; cairn_stats() counts it. */
#ifndef CAIRN_INDEX_BITS
#define CAIRN_INDEX_BITS 16
#endif
#ifndef CAIRN_GRANULE
#define CAIRN_GRANULE (CAIRN_INDEX_BITS / 2)
#endif

#if CAIRN_INDEX_BITS != 16 && CAIRN_INDEX_BITS != 32
#error "CAIRN_INDEX_BITS must be 16 (heaps up to 512 KiB; up to 1 MiB with CAIRN_GRANULE=16) or 32"
#endif
#if CAIRN_GRANULE != 16 && !(CAIRN_GRANULE == 8 && CAIRN_INDEX_BITS == 16)
#error "CAIRN_GRANULE must be 8 or 16 with CAIRN_INDEX_BITS=16, and 16 with CAIRN_INDEX_BITS=32"
#endif

/* Further ranges of RAM behind malloc(): 0 or 1. See cairn.h, Regions.
 * 0: malloc() has one heap, the system heap.
 * 1: cairn_add_region() and the other functions of regions. Costs 950 bytes of flash at most (Cortex-M3, -Os), 4 of
 *    RAM, 11 instructions in free() and in realloc(), and about 5 more for each region that was added;
 *    nothing in malloc() while the system heap can serve. */
#ifndef CAIRN_REGIONS
#define CAIRN_REGIONS 0
#endif

#if CAIRN_REGIONS != 0 && CAIRN_REGIONS != 1
#error "CAIRN_REGIONS must be 0 (the system heap alone) or 1 (regions can be added)"
#endif

/* The attributes of the system heap's RAM, for cairn_malloc_in(): a sum of those of cairn.h.
 * Default: a DMA controller reaches it. */
#ifndef CAIRN_SYSTEM_ATTRIBUTES
#define CAIRN_SYSTEM_ATTRIBUTES CAIRN_DMA
#endif

/* Bytes in a line of the data cache, for cairn_dma_alloc(): a power of two, CAIRN_GRANULE or more.
 * 32: Cortex-M7 and Cortex-M55; elsewhere it does no harm. */
#ifndef CAIRN_CACHE_LINE
#define CAIRN_CACHE_LINE 32
#endif

/* ---- Watching the heap -----------------------------------------------------------------------
 * None of these costs a byte or an instruction while it is off. docs/debugging.md explains when to use
 * each, and what it costs. */

/* Level of the checks: 1 or 2.
 * 1: the heap checks every pointer that it is given, and each free block before it uses the block or follows
 *    its links. Costs no RAM.
 * 2: free() and realloc() also check each byte from the requested end of a block to the next block; malloc()
 *    checks each byte of free memory that it gives out; cairn_check() checks all of them. Reports name the
 *    owners of the blocks concerned.
 *    Costs two granules a block at most, and writing every byte that is allocated, freed, or given to
 *    the heap at its start. */
#ifndef CAIRN_CHECK
#define CAIRN_CHECK 1
#endif
#if CAIRN_CHECK != 1 && CAIRN_CHECK != 2
#error "CAIRN_CHECK must be 1 (pointers and free blocks) or 2 (every byte between blocks and of free memory)"
#endif

/* Blocks in the quarantine: 0 (none) to 4096. With CAIRN_CHECK=2 only.
 * The last blocks that free() and realloc() gave back to the system heap and its regions are held back, filled. When a
 * block leaves, since a newer one takes its place or the heap has no other memory for a request, each of its bytes is
 * checked. So a write after free, or a second free, is found although the program has allocated since.
 * Costs 16 bytes of RAM each, and the memory of the blocks that are held. free() then checks the bytes of the block
 * that leaves. */
#ifndef CAIRN_QUARANTINE
#define CAIRN_QUARANTINE 0
#endif
#if CAIRN_QUARANTINE < 0 || CAIRN_QUARANTINE > 4096
#error "CAIRN_QUARANTINE must be 0 (none) to 4096 (blocks)"
#endif
#if CAIRN_QUARANTINE > 0 && CAIRN_CHECK != 2
#error "CAIRN_QUARANTINE needs filled memory and canaries: add CAIRN_CHECK=2"
#endif

/* Counts of the system heap, cairn_read_counts(), and the hook cairn_on_failure(): 0 or 1. */
#ifdef CAIRN_STATS
#error "CAIRN_STATS is no option: it is called CAIRN_COUNTS"
#endif
#ifndef CAIRN_COUNTS
#define CAIRN_COUNTS 0
#endif
#if CAIRN_COUNTS != 0 && CAIRN_COUNTS != 1
#error "CAIRN_COUNTS must be 0 or 1"
#endif

/* Calling addresses in the table of cairn_read_site(): 0 (no table) or a power of two up to 4096. Costs 16
 * bytes of RAM each, and one granule a block. */
#ifndef CAIRN_SITES
#define CAIRN_SITES 0
#endif
#if CAIRN_SITES < 0 || CAIRN_SITES > 4096 || (CAIRN_SITES & (CAIRN_SITES - 1)) != 0
#error "CAIRN_SITES must be 0 (no table) or a power of two up to 4096 (entries)"
#endif

/* Calls on the stack that tell one site from another besides, found by port_calls(): 0 (a site is the calling address)
 * to 8. Each costs 4 bytes of RAM in each entry; port.h says where they are found. */
#ifndef CAIRN_SITES_STACK
#define CAIRN_SITES_STACK 0
#endif
#if CAIRN_SITES_STACK < 0 || CAIRN_SITES_STACK > 8
#error "CAIRN_SITES_STACK must be 0 (none) to 8 (calls)"
#endif
#if CAIRN_SITES_STACK > 0 && CAIRN_SITES == 0
#error "CAIRN_SITES_STACK is a part of the table of sites: add CAIRN_SITES=16, or another size of it"
#endif

/* A record of each call of the system heap, given to cairn_trace(): 0 or 1. */
#ifndef CAIRN_TRACE
#define CAIRN_TRACE 0
#endif
#if CAIRN_TRACE != 0 && CAIRN_TRACE != 1
#error "CAIRN_TRACE must be 0 or 1"
#endif

/* What a record carries besides, each for CAIRN_TRACE=1:
 * CAIRN_TRACE_STACK  calls that led to this one, found on the stack by port_calls(): 0 (none) to 20.
 * CAIRN_TRACE_TIME   1: a time stamp, from port_time().
 * CAIRN_TRACE_TASK   1: the task, from port_task(), with its name from port_task_name() when it changes.
 * Each costs a word or two in a record, and 5 words of stack for 4 calls; port.h says who defines the functions. */
#ifndef CAIRN_TRACE_STACK
#define CAIRN_TRACE_STACK 0
#endif
#if CAIRN_TRACE_STACK < 0 || CAIRN_TRACE_STACK > 20
#error "CAIRN_TRACE_STACK must be 0 (none) to 20 (calls)"
#endif
#ifndef CAIRN_TRACE_TIME
#define CAIRN_TRACE_TIME 0
#endif
#if CAIRN_TRACE_TIME != 0 && CAIRN_TRACE_TIME != 1
#error "CAIRN_TRACE_TIME must be 0 or 1"
#endif
#ifndef CAIRN_TRACE_TASK
#define CAIRN_TRACE_TASK 0
#endif
#if CAIRN_TRACE_TASK != 0 && CAIRN_TRACE_TASK != 1
#error "CAIRN_TRACE_TASK must be 0 or 1"
#endif
#if (CAIRN_TRACE_STACK > 0 || CAIRN_TRACE_TIME || CAIRN_TRACE_TASK) && !CAIRN_TRACE
#error "CAIRN_TRACE_STACK, CAIRN_TRACE_TIME and CAIRN_TRACE_TASK are parts of a record: add CAIRN_TRACE=1"
#endif

/* Are calls looked for on the stack? */
#define CAIRN_CALLS (CAIRN_TRACE_STACK > 0 || CAIRN_SITES_STACK > 0)

/* Is the heap watched in any way? */
#define CAIRN_WATCHED (CAIRN_CHECK == 2 || CAIRN_COUNTS || CAIRN_SITES > 0 || CAIRN_TRACE)

#if CAIRN_CACHE_LINE < CAIRN_GRANULE || (CAIRN_CACHE_LINE & (CAIRN_CACHE_LINE - 1)) != 0
#error "CAIRN_CACHE_LINE must be a power of two, CAIRN_GRANULE or more"
#endif

#endif
