/* newlib's own malloc, over Cairn's sbrk() and lock: libcairn-sbrk.a on the link line.
 *
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void)
{
    char *start = sbrk(0);
    void *volatile p = malloc(1000); /* volatile: otherwise the compiler removes the pair */
    printf("newlib took %d bytes from the break\n", (int)((char *)sbrk(0) - start));
    free(p);
    printf("a request for 64 MiB gives %s\n", malloc((size_t)64 << 20) == NULL ? "NULL" : "a block");
    return 0;
}
