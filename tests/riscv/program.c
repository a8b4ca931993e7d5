/* program.c: a firmware that allocates at known lines, writes its RAM to a file of the host, and says how large a block
 * it could still have had at first.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"
#include "semihosting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *volatile text;

__attribute__((noinline)) static char *filled(size_t size)
{
    char *p = malloc(size); /* the line of filled */
    if (p != NULL)
        memset(p, 'x', size);
    return p;
}

/* The largest block that there is, in granules. */
static unsigned largest(void)
{
    size_t low = 0, high = 1u << 20;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        void *p = malloc(middle * CAIRN_GRANULE);
        free(p);
        if (p != NULL)
            low = middle;
        else
            high = middle;
    }
    return (unsigned)low;
}

int main(void)
{
#ifdef LARGEST
    printf("the largest block: %u bytes\n", largest() * CAIRN_GRANULE);
#endif
    text = filled(100);
    char *table = calloc(25, 4); /* the line of main */
    free(filled(40));
    text = realloc(text, 1000); /* the line that moves */
#ifdef OVERRUN
    text[1000] = 0;
#endif
    int file = semihosting_open("ram.bin", SEMIHOSTING_WRITE);
    if (file < 0 || semihosting_write(file, (const void *)0x80100000u, 0x40000) != 0x40000)
        return 1;
    semihosting_close(file);
    (void)largest;
    return table == NULL;
}
