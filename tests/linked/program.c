/* program.c: a firmware that allocates, for any linker script; it is linked and never run. Options:
 *   FORMATS     also prints, by the C library
 *   HEADER      includes cairn.h, compiled with whatever options
 *   PRIVATE     has a heap of its own, and calls no malloc
 *   QUIET       calls nothing of the family
 *   WRAPPED     has functions in front of malloc and free, as the Pico SDK has them
 *   KEPT        has a variable in .noinit, a section that the linker script does not place
 *   OWN_PORT    finds its heap by functions of its own
 *
 * SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined HEADER || defined PRIVATE
#include "cairn.h"
#endif

#ifndef STATIC
#define STATIC 4
#endif
char static_data[STATIC];
#ifdef KEPT
__attribute__((section(".noinit"))) char kept_data[16];
#endif

/* In C a linker symbol is an address, never a value. */
extern char image_stack_top[];

int main(void);
_Noreturn void reset_handler(void);

#if defined PRIVATE

static char memory[1024];

int main(void)
{
    struct cairn_heap *heap = cairn_init(memory, sizeof memory);
    return cairn_malloc(heap, 8) == static_data;
}

#elif defined QUIET

int main(void)
{
    return static_data[0];
}

#else

int main(void)
{
    static_data[0]++;
    char *p = realloc(calloc(1, 8), 80);
#ifdef FORMATS
    FILE *file = fopen("none", "r");
    sprintf(p, "%f", 2.5);
    static_data[0] = file == NULL;
#endif
    strcpy(p, "text");
    free(p);
#ifdef KEPT
    kept_data[0] = 1;
#endif
    p = malloc(8);
    return p == static_data;
}

#endif

#ifdef WRAPPED

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void __real_free(void *p);
void __wrap_free(void *p);
void mutex_enter_blocking(void);
void panic(const char *text);

__attribute__((noinline)) void mutex_enter_blocking(void)
{
    static_data[0]++;
}

__attribute__((noinline)) void panic(const char *text)
{
    static_data[1] = text[0];
}

void *__wrap_malloc(size_t size)
{
    mutex_enter_blocking();
    void *p = __real_malloc(size);
    if (p == NULL)
        panic("Out of memory");
    return p;
}

void __wrap_free(void *p)
{
    __real_free(p);
}

#endif

#ifdef OWN_PORT

char *port_heap_start(void);
char *port_heap_limit(void);

char *port_heap_start(void)
{
    return static_data;
}

char *port_heap_limit(void)
{
    return static_data + sizeof static_data;
}

#endif

_Noreturn void reset_handler(void)
{
    for (;;)
        main();
}

static void unexpected(void)
{
    for (;;)
        static_data[0]++;
}

__attribute__((section(".isr_vector"), used)) static void (*const vectors[])(void) = {
    (void (*)(void))(uintptr_t)image_stack_top, reset_handler, unexpected, unexpected};
