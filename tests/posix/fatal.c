/* fatal.c: see ../fatal.h. The misuse that is expected happens in a child, with the port's own cairn_fatal():
 * the child must end by abort(), and have said why in one line.
 *
 * SPDX-License-Identifier: MIT */
#include "fatal.h"

#include "tap.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_NOTICED = 3 };

struct place {
    uintptr_t address, block;
    size_t size;
    enum cairn_kind kind;
};

static bool find(void *context, void *block, size_t size, enum cairn_kind kind)
{
    struct place *place = context;
    if (place->address - (uintptr_t)block >= size)
        return true;
    place->block = (uintptr_t)block;
    place->size = size;
    place->kind = kind;
    return false;
}

/* Is the end of the line what the map says of the address? Where a free block is found to be overwritten, it
 * may be part of a larger one already: then that must hold the address. */
static bool tells_the_block(const char *end, enum cairn_reason reason, const void *address)
{
    struct place place = {.address = (uintptr_t)address};
    char kind[10];
    size_t size;
    uintptr_t block;
    int length = 0;
    if (cairn_system() == NULL || cairn_walk(cairn_system(), find, &place))
        return strcmp(end, ", in no block\n") == 0;
    if (sscanf(end, ", in a %9s block of %zu bytes at 0x%" SCNxPTR "\n%n", kind, &size, &block, &length) != 3 ||
        end[length] != '\0')
        return false;
    if (reason == CAIRN_CORRUPT_SIZE || reason == CAIRN_CORRUPT_LINK)
        return strcmp(kind, "free") == 0 && place.address - block < size && size >= place.size;
    return strcmp(kind, place.kind == CAIRN_FREE ? "free" : "used") == 0 && size == place.size && block == place.block;
}

static size_t read_all(int fd, char *text, size_t room)
{
    size_t length = 0;
    ssize_t n;
    while (length < room - 1 && (n = read(fd, text + length, room - 1 - length)) > 0)
        length += (size_t)n;
    text[length] = '\0';
    return length;
}

void expect_fatal(const char *name, enum cairn_reason reason, const void *address)
{
    char expected[200], said[400];
    int ends[2], status = 0;
    tap_plan(1);
    int length = snprintf(expected, sizeof expected, "cairn: %s: %p", cairn_reason_text(reason), address);
    if (pipe(ends) != 0)
        tap_exit(2);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        return; /* to the misuse */
    }
    close(ends[1]);
    read_all(ends[0], said, sizeof said);
    bool aborted = waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
    bool good = aborted && strncmp(said, expected, (size_t)length) == 0 &&
                tells_the_block(said + length, reason, address);
    if (!good) {
        tap_comment(aborted ? "it aborted, and said:" : "it did not abort, and said:");
        tap_comment(said);
    }
    tap_result(good, name);
    tap_exit(tap_status());
}

/* In the child. */
int fatal_missed(void)
{
    return NOT_NOTICED;
}
