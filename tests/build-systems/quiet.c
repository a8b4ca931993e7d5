/* quiet.c: a firmware whose own code does not allocate; only the C library does. Cairn's names must be in the image.
 *
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

int main(void)
{
    const char *copy = strdup("a copy");
    printf("%s, %.2f\n", copy, 20.99);
    return fflush(stdout) != 0 || copy == NULL;
}
