/* locked: a program that locks all its memory, under a finite RLIMIT_MEMLOCK: as much as Debian's default.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

int main(void)
{
    struct rlimit most = {8 << 20, 8 << 20};
    int good = 1;
    free(strdup("the heap has begun"));
    /* Root may lock all the same. */
    if (setrlimit(RLIMIT_MEMLOCK, &most) != 0 ||
        (geteuid() == 0 && (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0)))
        perror("limit");
    printf("mlockall: %d\n", mlockall(MCL_CURRENT | MCL_FUTURE));
    for (int i = 0; i < 1000; i++) {
        char *p = malloc(100u + (unsigned)i);
        char *large = malloc(300000);
        good = good && p != NULL && large != NULL;
        free(large);
    }
    printf("malloc: %s\n", good ? "yes" : "no");
    return 0;
}
