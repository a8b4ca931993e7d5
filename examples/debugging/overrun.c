/* A firmware that writes one byte too many: built with CAIRN_CHECK=2. docs/debugging.md finds the line.
 *
 * SPDX-License-Identifier: MIT */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *label(const char *name)
{
    char *text = malloc(strlen(name)); /* no room for the '\0' */
    return text;
}

static void set_name(char *text, const char *name)
{
    while ((*text++ = *name++) != '\0')
        continue;
}

int main(void)
{
    static const char *const names[] = {"north", "east", "south", "west"};
    char *labels[4];
    for (int i = 0; i < 4; i++) {
        labels[i] = label(names[i]);
        set_name(labels[i], names[i]);
    }
    for (int i = 0; i < 4; i++)
        free(labels[i]);
    return 0;
}
