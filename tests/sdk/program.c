/* program.c: a firmware of Zephyr or RIOT, as far as Cairn's module is concerned: Cairn serves it and the C library, and a
 * block that is freed twice ends in the kernel's panic. Prints the report's reason, and "panic".
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef CONFIG_CAIRN
void kernel_panics(void);
void sdk_printk(const char *format, const char *text, const void *address);

void kernel_panics(void)
{
    puts("panic");
    fflush(stdout);
    _exit(0);
}

void sdk_printk(const char *format, const char *text, const void *address)
{
    printf(format, text, address);
}
#else
#include "panic.h"

_Noreturn void core_panic(core_panic_t code, const char *message)
{
    puts(message);
    puts(code == PANIC_GENERAL_ERROR ? "panic" : "another panic");
    fflush(stdout);
    _exit(0);
}
#endif

int main(void)
{
    /* After the first request, which the standard output has for its buffer: the report needs no memory. */
    puts("begins");
    char *p = malloc(100);
    char *above = malloc(100);
    __asm volatile("" : "+r"(above)); /* the compiler may leave out a block that nothing uses */
    struct cairn_stats stats;
    cairn_stats(cairn_system(), &stats);
    printf("used by Cairn: %s, check level %d\n", stats.used >= 200 ? "yes" : "no", CAIRN_CHECK);
    free(p);
    __asm volatile("" : "+r"(p));
    free(p);
    puts("freed twice");
    free(above);
    return 1;
}
