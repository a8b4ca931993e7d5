/* A firmware that uses what it has freed: built with CAIRN_CHECK=2. docs/debugging.md finds the line.
 *
 * SPDX-License-Identifier: MIT */
#include "report.h"

#include <stdlib.h>

struct connection {
    int socket, state;
    unsigned received;
};

static struct connection *active;

static struct connection *open_connection(int socket)
{
    struct connection *connection = malloc(sizeof *connection);
    if (connection != NULL)
        *connection = (struct connection){.socket = socket, .state = 1};
    return connection;
}

static void close_connection(struct connection *connection)
{
    free(connection); /* and `active` still points to it */
}

static void on_packet(unsigned length)
{
    active->received += length;
}

int main(void)
{
    active = open_connection(1);
    struct connection *other = open_connection(2);
    on_packet(100);
    close_connection(active);
    on_packet(60);
    struct connection *next = open_connection(3);
    free(next);
    free(other);
    return 0;
}
