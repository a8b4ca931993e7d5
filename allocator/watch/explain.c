/* explain.c: which blocks a misuse or a damage concerns: what lies at an address, whose it is, and whose
 * the neighbour is that may have written there.
 *
 * By the map alone, and bounded by the heap's size: for a handler of cairn_fatal(), after which nothing
 * comes.
 *
 * SPDX-License-Identifier: MIT */
#include "watch.h"

#include "../core/layout.h"
#include "../system/system.h"
#include "port.h"

#if CAIRN_CHECK == 2

/* The private heap that was last used. */
static struct cairn_heap *private_heap LAYOUT_SYMBOL(cairn_private_heap);

void explain_note_heap(struct cairn_heap *heap)
{
    private_heap = heap;
}

static bool holds(struct cairn_heap *heap, const void *address)
{
    return heap != NULL && (uintptr_t)address - (uintptr_t)heap < (uintptr_t)heap->limit * CAIRN_GRANULE;
}

static struct cairn_heap *heap_of(const void *address)
{
    struct cairn_heap *heap = system_home(address);
    if (holds(heap, address))
        return heap;
    return holds(private_heap, address) ? private_heap : NULL;
}

/* The block that granule i lies in, by the map, which need not be as it was. Returns where it ends; 0 if none
 * lies there. */
static index_t describe(struct cairn_heap *heap, index_t i, struct cairn_block *block)
{
    *block = (struct cairn_block){.start = NULL};
    if (i >= heap->top || heap->top > heap->limit)
        return 0;
    while (i > 0 && !map_is_bound(heap, i))
        i--;
    if (i == 0)
        return 0;
    block->start = heap_pointer(heap, i);
    block->live = map_is_live(heap, i);
    index_t end = i + 1u;
    while (end < heap->top && !map_is_bound(heap, end))
        end++;
    block->size = (size_t)(end - i) * CAIRN_GRANULE;
    if (block->live)
        guard_describe(block);
    return end;
}

/* Who wrote above the top? What lies above the heap, such as a stack, if it is the end of memory that is spoiled, and
 * not its start; else the last block's owner. In the control data it may have been anybody. */
static void suspect_of_no_block(struct cairn_heap *heap, struct cairn_report *report)
{
    if (heap->top > heap->limit || heap_granule_index(heap, report->address) < heap->top)
        return;
    struct guard_ends spoiled = guard_ends(report, heap_pointer(heap, heap->top), heap_pointer(heap, heap->limit));
    if (spoiled.low || !spoiled.high)
        describe(heap, heap->top - 1u, &report->suspect);
}

/* The block below `block`. False if there is none. */
static bool describe_below(struct cairn_heap *heap, const struct cairn_block *block, struct cairn_block *below)
{
    return describe(heap, heap_granule_index(heap, block->start) - 1u, below) != 0;
}

/* The live block below the damaged one, past the rest of a free block, a part of which is given out; but not one whose
 * canary and trailer are whole, since a write from there would have spoiled them. Then it was who had the damaged block:
 * nothing in *`below` if that is not known. */
static void suspect_below(struct cairn_heap *heap, const struct cairn_block *damaged, struct cairn_block *below)
{
    const void *end = damaged->start;
    bool found = describe_below(heap, damaged, below);
    if (found && !below->live && (CAIRN_QUARANTINE == 0 || !guard_is_whole(below->start, end))) {
        end = below->start;
        found = describe_below(heap, below, below);
    }
    if (found && !guard_is_whole(below->start, end))
        return;
    *below = damaged->owner != NULL ? *damaged : (struct cairn_block){.start = NULL};
}

/* Who wrote in the damaged block, which ends at granule `end`? What begins where it does, or right behind its bytes if
 * it is live, came from below, as an overrun does; and what ends where the next block begins, from above: as an underrun
 * does, or a stack in the block above, which grows down. In the middle of free memory it was more likely who had it, or
 * came from below; in the middle of a canary, from above. */
static void suspect(struct cairn_heap *heap, index_t end, struct guard_ends spoiled, struct cairn_report *report)
{
    const struct cairn_block *damaged = &report->damaged;
    struct cairn_block below = *damaged, above;
    if (!damaged->live)
        suspect_below(heap, damaged, &below);
    describe(heap, end, &above);
    bool from_above = !spoiled.low && (spoiled.high || damaged->live);
    report->suspect = from_above ? above : below;
    if (spoiled.low && spoiled.high && above.live)
        report->other = above;
}

void cairn_explain(enum cairn_reason reason, const void *address, struct cairn_report *report)
{
    *report = (struct cairn_report){.reason = reason, .address = address};
    struct cairn_heap *heap = heap_of(address);
    if (heap == NULL)
        return;
    struct cairn_block *damaged = &report->damaged;
    index_t end = describe(heap, heap_granule_index(heap, address), damaged);
    struct guard_ends spoiled = {.low = false};
    if (damaged->start != NULL)
        spoiled = guard_ends(report, damaged->start, heap_pointer(heap, end));
    if (reason == CAIRN_WRITE_AFTER_FREE && damaged->live) { /* it is just being given out */
        damaged->live = false;
        damaged->owner = NULL;
        damaged->size = (size_t)((const char *)heap_pointer(heap, end) - (const char *)damaged->start);
    }
    const struct freed *note = freed_at(address);
    if (!damaged->live && note != NULL) {
        damaged->owner = note->owner;
        report->freed_by = note->caller;
    }
    if (reason == CAIRN_NOT_A_BLOCK || reason == CAIRN_DOUBLE_FREE)
        return;
    if (damaged->start != NULL)
        suspect(heap, end, spoiled, report);
    else
        suspect_of_no_block(heap, report);
}

LAYOUT_OF(explain)
{
    LAYOUT("report.reason", offsetof(struct cairn_report, reason));
    LAYOUT("report.address", offsetof(struct cairn_report, address));
    LAYOUT("report.damaged", offsetof(struct cairn_report, damaged));
    LAYOUT("report.freed_by", offsetof(struct cairn_report, freed_by));
    LAYOUT("report.suspect", offsetof(struct cairn_report, suspect));
    LAYOUT("report.other", offsetof(struct cairn_report, other));
    LAYOUT("block.start", offsetof(struct cairn_block, start));
    LAYOUT("block.size", offsetof(struct cairn_block, size));
    LAYOUT("block.owner", offsetof(struct cairn_block, owner));
    LAYOUT("block.live", offsetof(struct cairn_block, live));
}

#endif
