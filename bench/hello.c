/* hello.c: the smallest firmware with a heap and a printf(): `make size` links it with each C library's own
 * malloc, and with Cairn.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    char *name = malloc(8);
    if (name == NULL)
        return 1;
    for (int i = 0; i < 7; i++)
        name[i] = (char)('a' + i);
    name[7] = '\0';
    printf("%s %d\n", name, 7);
    free(name);
    return 0;
}
