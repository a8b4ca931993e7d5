/* beside.c: see beside.h. Compiled with the flags of all tests, whatever those of the firmware are.
 *
 * SPDX-License-Identifier: MIT */
#include "beside.h"

#include "../target/systick.h"
#include "tap.h"

#include <string.h>

/* ---- The region and what is beside it ---------------------------------------------------------- */

enum { PAINT = 0xA5, MARGIN = 200, SIZE = MARGIN + BESIDE_REGION + MARGIN };

/* The region begins and ends at odd addresses: no byte is lost in rounding that a test could miss. */
__asm(".global beside_region, beside_region_end\n\t"
      ".set beside_region, beside_memory + 203\n\t"
      ".set beside_region_end, beside_region + " BESIDE_TEXT(BESIDE_REGION) " - 5");
extern char beside_region[], beside_region_end[];

_Alignas(8) volatile unsigned char beside_memory[SIZE];

void beside_paint(void)
{
    for (unsigned i = 0; i < SIZE; i++)
        beside_memory[i] = PAINT;
}

bool beside_is_untouched(void)
{
    const volatile unsigned char *end = beside_memory + SIZE;
    for (const volatile unsigned char *byte = beside_memory; byte < end; byte++)
        if (((char *)byte < beside_region || (char *)byte >= beside_region_end) && *byte != PAINT)
            return false;
    return true;
}

bool beside_holds(const void *p)
{
    return (char *)p >= beside_region && (char *)p < beside_region_end;
}

/* ---- The compiler's own functions: none may be called with the lock held ------------------------ */

static volatile unsigned long locked_calls;

unsigned long beside_locked_calls(void)
{
    return locked_calls;
}

static void note_call(void)
{
    if (primask() != 0)
        locked_calls++;
}

/* Volatile: the loops must not become calls of the functions that they are. */
static void copy_up(volatile char *to, const volatile char *from, size_t size)
{
    note_call();
    while (size-- != 0)
        *to++ = *from++;
}

static void move(volatile char *to, const volatile char *from, size_t size)
{
    if (to <= from) {
        copy_up(to, from, size);
        return;
    }
    note_call();
    while (size-- != 0)
        to[size] = from[size];
}

static void set(volatile char *to, int value, size_t size)
{
    note_call();
    while (size-- != 0)
        *to++ = (char)value;
}

void *memset(void *to, int value, size_t size)
{
    set(to, value, size);
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    copy_up(to, from, size);
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    move(to, from, size);
    return to;
}

/* What clang calls in their place (ARM IHI0043, Run-time ABI, 4.3.4): value and size are the other way round. */
#define WITH_ALIGNMENTS(name, parameters, body) \
    void name parameters;                       \
    void name##4 parameters;                    \
    void name##8 parameters;                    \
    void name parameters body void name##4 parameters body void name##8 parameters body

WITH_ALIGNMENTS(__aeabi_memset, (void *to, size_t size, int value), { set(to, value, size); })
WITH_ALIGNMENTS(__aeabi_memclr, (void *to, size_t size), { set(to, 0, size); })
WITH_ALIGNMENTS(__aeabi_memcpy, (void *to, const void *from, size_t size), { copy_up(to, from, size); })
WITH_ALIGNMENTS(__aeabi_memmove, (void *to, const void *from, size_t size), { move(to, from, size); })

/* ---- A call that does not end ------------------------------------------------------------------- */

enum { TICKS_AT_ONCE = 0xffffff, ROUNDS = 60 };

void beside_watch_time(void)
{
    systick_start(TICKS_AT_ONCE, TICKS_AT_ONCE);
}

void systick_handler(void);
void systick_handler(void)
{
    static unsigned rounds;
    if (++rounds < ROUNDS)
        return;
    tap_write("Bail out! a call does not end\n");
    tap_exit(1);
}
