/* A firmware that leaks: built with CAIRN_SITES=32. docs/debugging.md finds the line.
 *
 * SPDX-License-Identifier: MIT */
#include "report.h"

#include <stdlib.h>
#include <string.h>

struct message {
    char *topic, *payload;
};

static char *copy(const char *text)
{
    return strdup(text);
}

static struct message *receive(int number)
{
    struct message *message = malloc(sizeof *message);
    if (message == NULL)
        abort();
    message->topic = copy("sensor/temperature");
    message->payload = malloc(40);
    memset(message->payload, number, 40);
    return message;
}

/* The topic of every eighth message is forgotten. */
static void handle(struct message *message, int number)
{
    if (number % 8 != 0)
        free(message->topic);
    free(message->payload);
    free(message);
}

int main(void)
{
    for (int round = 1; round <= 3; round++) {
        for (int number = 0; number < 80; number++)
            handle(receive(number), number);
        report_sites(round == 1 ? "after 80 messages" : round == 2 ? "after 160 messages" : "after 240 messages");
    }
    return 0;
}
