/* freed.c: the last blocks that were freed, or left the quarantine, and who freed them: enough to name who may have
 * written after free().
 *
 * SPDX-License-Identifier: MIT */
#include "watch.h"

#include "../core/layout.h"
#include "port.h"

#if CAIRN_CHECK == 2

enum { NOTES = 8 };
static struct freed notes[NOTES] LAYOUT_SYMBOL(cairn_freed_notes);
static uint32_t noted LAYOUT_SYMBOL(cairn_freed_noted);

void freed_note(const struct freed *freed)
{
    uint32_t state = port_lock();
    notes[noted++ % NOTES] = *freed;
    port_unlock(state);
}

const struct freed *freed_at(const char *address)
{
    const struct freed *held = quarantine_at(address);
    if (held != NULL)
        return held;
    for (uint32_t age = 1; age <= NOTES && age <= noted; age++) {
        const struct freed *note = &notes[(noted - age) % NOTES];
        size_t size = CAIRN_QUARANTINE > 0 ? guard_extent(note->size) : note->size; /* it had its trailer until then */
        if ((uintptr_t)address - (uintptr_t)note->start < size)
            return note;
    }
    return NULL;
}

LAYOUT_OF(freed)
{
    LAYOUT("notes", NOTES);
    LAYOUT("note.bytes", sizeof(struct freed));
    LAYOUT("note.start", offsetof(struct freed, start));
    LAYOUT("note.size", offsetof(struct freed, size));
    LAYOUT("note.owner", offsetof(struct freed, owner));
    LAYOUT("note.caller", offsetof(struct freed, caller));
}

#endif
