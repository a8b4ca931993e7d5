/* jit.c: for `tcc -run`: the compiler keeps the code that it runs in memory from malloc(), and this allocates.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node {
    struct node *next;
    char text[40];
};

int main(void)
{
    unsigned long sum = 0;
    for (int round = 0; round < 20; round++) {
        struct node *list = NULL;
        for (int i = 0; i < 20000; i++) {
            struct node *node = malloc(sizeof *node + i % 300);
            snprintf(node->text, sizeof node->text, "node %d of %d", i, round);
            node->next = list;
            list = node;
        }
        char *large = malloc(1000000 + 100000 * round);
        memset(large, round, 1000000);
        sum += (unsigned char)large[999999];
        free(large);
        while (list != NULL) {
            struct node *next = list->next;
            sum += strlen(list->text);
            free(list);
            list = next;
        }
    }
    printf("%lu\n", sum);
    return 0;
}
