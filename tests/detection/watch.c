/* watch.c: see watch.h.
 *
 * The allocator is compiled with -fsanitize=kernel-address: the compiler then puts a call in front of
 * each load and store, and leaves to this file what is behind it. memcpy() and its like are calls anyway:
 * they are renamed for the allocator.
 *
 * SPDX-License-Identifier: MIT */
#include "watch.h"

#include "fatal.h"

#include <errno.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

static uintptr_t memory_start, stack_start;
static size_t memory_size;
static unsigned char *marks;

static jmp_buf outside;
static bool watching;
static unsigned allowed; /* loads and stores to come */

void watch_memory(void *memory, size_t size)
{
    memory_start = (uintptr_t)memory;
    memory_size = size;
}

void watch_reads(unsigned char *read)
{
    marks = read;
}

static bool within(uintptr_t address, size_t size, uintptr_t start, size_t room)
{
    return address - start < room && size <= room - (address - start);
}

size_t watch_state_size(void)
{
    size_t size = (size_t)(__stop_allocator_state - __start_allocator_state);
    if (size > WATCH_STATE)
        __builtin_trap();
    return size;
}

/* Is it the allocator's, but not a heap's? Its stack, its state, errno. */
static bool is_own(uintptr_t address, size_t size)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    return within(address, size, here, stack_start - here) ||
           within(address, size, (uintptr_t)watch_state, watch_state_size()) ||
           within(address, size, (uintptr_t)&errno, sizeof errno);
}

static inline __attribute__((always_inline)) void see(uintptr_t address, size_t size, bool is_load)
{
    if (!watching)
        return;
    if (allowed-- == 0)
        longjmp(outside, ENDLESS);
    if (within(address, size, memory_start, memory_size)) {
        if (is_load && marks != NULL)
            memset(marks + (address - memory_start), 1, size);
    } else if (!is_own(address, size)) {
        longjmp(outside, ASTRAY);
    }
}

/* What a handler of cairn_fatal() may ask at level 2. */
static void explain(void)
{
#if CAIRN_CHECK == 2
    struct cairn_report report;
    allowed = WATCH_WALK;
    cairn_explain(fatal_reason, fatal_address, &report);
#endif
}

enum ending watch(void (*action)(struct cairn_heap *, void *), struct cairn_heap *heap, void *context, unsigned most)
{
    stack_start = (uintptr_t)__builtin_frame_address(0);
    allowed = most;
    watching = true;
    enum ending ending = ASTRAY;
    switch (setjmp(outside)) {
    case 0:
        ending = is_fatal(action, heap, context) ? FATAL : RETURNED;
        if (ending == FATAL)
            explain();
        break;
    case ENDLESS:
        ending = ENDLESS;
        break;
    }
    watching = false;
    return ending;
}

/* ---- What the compiler calls ------------------------------------------------------------------ */

#define ACCESS(name, size, is_load)  \
    void name(uintptr_t address);    \
    void name(uintptr_t address)     \
    {                                \
        see(address, size, is_load); \
    }
ACCESS(__asan_load1_noabort, 1, true)
ACCESS(__asan_load2_noabort, 2, true)
ACCESS(__asan_load4_noabort, 4, true)
ACCESS(__asan_load8_noabort, 8, true)
ACCESS(__asan_load16_noabort, 16, true)
ACCESS(__asan_store1_noabort, 1, false)
ACCESS(__asan_store2_noabort, 2, false)
ACCESS(__asan_store4_noabort, 4, false)
ACCESS(__asan_store8_noabort, 8, false)
ACCESS(__asan_store16_noabort, 16, false)

#define RANGE(name, is_load)                   \
    void name(uintptr_t address, size_t size); \
    void name(uintptr_t address, size_t size)  \
    {                                          \
        see(address, size, is_load);           \
    }
RANGE(__asan_loadN_noabort, true)
RANGE(__asan_storeN_noabort, false)

void __asan_handle_no_return(void);
void __asan_handle_no_return(void)
{
}

/* Bytes of blocks: they may not leave the heap either, but are not metadata. */
static void *see_bytes(void *to, const void *from, size_t size)
{
    unsigned char *reading = marks;
    marks = NULL;
    if (from != NULL)
        see((uintptr_t)from, size, true);
    see((uintptr_t)to, size, false);
    marks = reading;
    return to;
}

void *watched_memcpy(void *to, const void *from, size_t size);
void *watched_memcpy(void *to, const void *from, size_t size)
{
    return memcpy(see_bytes(to, from, size), from, size);
}

void *watched_memmove(void *to, const void *from, size_t size);
void *watched_memmove(void *to, const void *from, size_t size)
{
    return memmove(see_bytes(to, from, size), from, size);
}

void *watched_memset(void *to, int value, size_t size);
void *watched_memset(void *to, int value, size_t size)
{
    return memset(see_bytes(to, NULL, size), value, size);
}
