/* The heap behind printf() and a list: only the link line shows that it is Cairn's. The program paints the
 * stack, and prints how deep it was.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"
#include "stack_paint.h"

#include <stdio.h>
#include <stdlib.h>

struct reading {
    struct reading *next;
    int tenths;
};

static struct reading *add(struct reading *list, int tenths)
{
    struct reading *first = malloc(sizeof *first);
    if (first == NULL)
        return list; /* out of memory: the list stays as it is */
    *first = (struct reading){list, tenths};
    return first;
}

static struct reading *remove_first(struct reading *list)
{
    struct reading *rest = list->next;
    free(list);
    return rest;
}

int main(void)
{
    stack_paint(stack_range_main());
    struct reading *list = NULL;
    for (int i = 0; i < 20; i++)
        list = add(list, 200 + i * 7 % 31);

    int sum = 0, count = 0;
    for (; list != NULL; list = remove_first(list)) {
        sum += list->tenths;
        count++;
    }
    printf("mean of %d readings: %f degrees\n", count, sum / 10.0 / count);

    struct cairn_stats stats;
    cairn_stats(cairn_system(), &stats);
    printf("heap: %u bytes used, %u free, %u control data, %u to grow\n", (unsigned)stats.used, (unsigned)stats.free,
           (unsigned)stats.control, (unsigned)stats.can_grow);

    struct stack_use stack = stack_use(stack_range_main());
    printf("stack: %u bytes used at most, %u never\n", (unsigned)stack.deepest, (unsigned)stack.unused);
    return 0;
}
