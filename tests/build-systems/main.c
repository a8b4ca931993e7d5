/* main.c: the firmware that the tests of packages and build systems make: does Cairn serve it, and the C library?
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Bytes in live blocks of the system heap; 0 if there is no such heap. */
static size_t used(void)
{
    struct cairn_stats stats;
    if (cairn_system() == NULL)
        return 0;
    cairn_stats(cairn_system(), &stats);
    return stats.used;
}

static int fails(const char *what)
{
    printf("not served by Cairn: %s\n", what);
    return 1;
}

int main(void)
{
    /* A count that the compiler does not know: a calloc() that was made a call of itself does not end. */
    size_t count = 100;
    __asm volatile("" : "+r"(count));
    volatile char *p = calloc(count, 1);
    if (p == NULL || used() < 100)
        return fails("calloc");
    for (size_t i = 0; i < count; i++)
        if (p[i] != 0)
            return fails("calloc does not clear");
    void *small = malloc(1);
    if (CAIRN_CHECK == 1 && malloc_usable_size(small) != CAIRN_GRANULE)
        return fails("the library was built with another granule than this file");
    size_t before = used();
#ifndef __PICOLIBC__ /* its printf() does not allocate */
    setvbuf(stdout, NULL, _IOFBF, 256);
#endif
    printf("printf says %.2f\n", 20.99);
#ifndef __PICOLIBC__
    if (used() < before + 256)
        return fails("printf's buffer");
#endif
    free(small);
    free((void *)p);
    printf("served by Cairn, granules of %d bytes\n", (int)CAIRN_GRANULE);
    return fflush(stdout); /* what starts main() may end without exit() */
}
