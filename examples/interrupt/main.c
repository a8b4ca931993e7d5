/* An interrupt handler that takes a block for each message and hands it to main, which frees it.
 *
 * SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Control, reload and current value (ARMv7-M ARM, B3.3.2). */
#define SYST_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018u)

enum { MESSAGES = 5 };

struct message {
    unsigned number;
    char text[20];
};

/* One writer, one reader: needs no lock. malloc() has its own. */
static struct message *volatile queue[MESSAGES];
static volatile unsigned sent;

void systick_handler(void);

void systick_handler(void)
{
    struct message *message = malloc(sizeof *message);
    if (message == NULL || sent == MESSAGES) {
        free(message);
        return;
    }
    *message = (struct message){sent, "from the handler"};
    queue[sent] = message;
    sent = sent + 1;
}

int main(void)
{
    SYST_RVR = 50000;
    SYST_CVR = 0;
    SYST_CSR = 7; /* processor clock, interrupt, enabled */
    for (unsigned received = 0; received < MESSAGES; received++) {
        while (sent == received)
            free(malloc(100)); /* main allocates as well, meanwhile */
        printf("message %u %s\n", queue[received]->number, queue[received]->text);
        free(queue[received]);
    }
    SYST_CSR = 0;
    puts("done");
    return 0;
}
