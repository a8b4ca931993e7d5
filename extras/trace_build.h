/* trace_build.h: the record by which a trace names the firmware that made it.
 *
 *     word 0        5: no kind that a call has
 *     words 1 to 4  the first 16 bytes of the build id, 4 in each word
 *
 * The linker makes the build id (--build-id); its script says where it is (linker/sections.ld, __build_id). Without one
 * there is no such record: the tools then compare the callers alone.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_TRACE_BUILD_H
#define CAIRN_TRACE_BUILD_H

#include <stdbool.h>
#include <stdint.h>

enum { TRACE_BUILD_KIND = 5, TRACE_BUILD_WORDS = 5 };

/* The note: sizes of its name and of its content, its kind, the name "GNU", the content. */
extern const unsigned char __build_id[] __attribute__((weak));

/* Write the record. False if the firmware has no build id of 16 bytes or more. */
static inline bool trace_build(uintptr_t words[TRACE_BUILD_WORDS])
{
    enum { SIZE_AT = 4, CONTENT_AT = 16, LEAST = 16 };
    if ((uintptr_t)__build_id == 0 || __build_id[SIZE_AT] < LEAST)
        return false;
    words[0] = TRACE_BUILD_KIND;
    const unsigned char *content = __build_id + CONTENT_AT;
    for (unsigned i = 1; i < TRACE_BUILD_WORDS; i++, content += 4)
        words[i] = (uintptr_t)content[0] | (uintptr_t)content[1] << 8 | (uintptr_t)content[2] << 16 |
                   (uintptr_t)content[3] << 24;
    return true;
}

#endif
