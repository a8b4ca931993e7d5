/* A firmware that fails with most of its heap free: built with CAIRN_COUNTS=1 and CAIRN_SITES=32.
 * docs/debugging.md finds the lines.
 *
 * SPDX-License-Identifier: MIT */
#include "report.h"

#include <stdlib.h>

enum { FRAME = 1500, FRAMES = 20 };

static void *frames[FRAMES];
static void *entries[FRAMES];

/* A small entry is kept for each frame, allocated between two of them. */
static void receive(void)
{
    for (int i = 0; i < FRAMES; i++) {
        frames[i] = malloc(FRAME);
        entries[i] = malloc(12);
    }
}

static void forward(void)
{
    for (int i = 0; i < FRAMES; i++)
        free(frames[i]);
}

static void *picture(void)
{
    return malloc(8000);
}

int main(void)
{
    receive();
    forward();
    void *p = picture();
    if (p == NULL)
        report_sites("who holds what");
    free(p);
    return 0;
}
