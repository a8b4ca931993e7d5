/* lwip.c: lwIP's TCP over its loopback interface: a server, and clients that ask it for documents.
 *
 * SPDX-License-Identifier: MIT */
#include "program.h"

#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT = 80, CLIENTS = 4, REQUESTS = 120, LARGEST = 3000 };

static uint32_t now; /* milliseconds: each poll takes one */

u32_t sys_now(void)
{
    return now;
}

/* ---- The server: "N\n" is answered by a document of N bytes ---------------------------------------- */

struct answer {
    uint16_t size, sent;
    char *text;
};

static void close_answer(struct tcp_pcb *pcb, struct answer *answer)
{
    tcp_arg(pcb, NULL);
    tcp_sent(pcb, NULL);
    tcp_recv(pcb, NULL);
    free(answer->text);
    free(answer);
    tcp_close(pcb);
}

static void send_more(struct tcp_pcb *pcb, struct answer *answer)
{
    while (answer->sent < answer->size) {
        uint16_t size = (uint16_t)LWIP_MIN(answer->size - answer->sent, tcp_sndbuf(pcb));
        if (size == 0 || tcp_write(pcb, answer->text + answer->sent, size, TCP_WRITE_FLAG_COPY) != ERR_OK)
            break;
        answer->sent = (uint16_t)(answer->sent + size);
    }
    tcp_output(pcb);
}

static err_t on_sent(void *context, struct tcp_pcb *pcb, u16_t size)
{
    (void)size;
    struct answer *answer = context;
    if (answer->sent == answer->size && pcb->snd_queuelen == 0)
        close_answer(pcb, answer);
    else
        send_more(pcb, answer);
    return ERR_OK;
}

static err_t on_request(void *context, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
    (void)error;
    struct answer *answer = context;
    if (data == NULL)
        return ERR_OK;
    char line[16] = "";
    pbuf_copy_partial(data, line, sizeof line - 1, 0);
    tcp_recved(pcb, data->tot_len);
    pbuf_free(data);
    answer->size = (uint16_t)atoi(line);
    answer->text = malloc(answer->size);
    if (answer->text == NULL) {
        tcp_abort(pcb);
        return ERR_ABRT;
    }
    for (uint16_t i = 0; i < answer->size; i++)
        answer->text[i] = (char)('a' + (i + answer->size) % 26);
    send_more(pcb, answer);
    return ERR_OK;
}

static err_t on_accept(void *context, struct tcp_pcb *pcb, err_t error)
{
    (void)context;
    struct answer *answer = calloc(1, sizeof *answer);
    if (pcb == NULL || error != ERR_OK || answer == NULL) {
        free(answer);
        return ERR_VAL;
    }
    tcp_arg(pcb, answer);
    tcp_recv(pcb, on_request);
    tcp_sent(pcb, on_sent);
    return ERR_OK;
}

/* ---- The clients ----------------------------------------------------------------------------------- */

struct client {
    struct tcp_pcb *pcb;
    uint16_t asked, got;
    uint32_t sum;
};

static struct client clients[CLIENTS];
static uint32_t answered, wrong, sum = 5381;

static err_t on_connected(void *context, struct tcp_pcb *pcb, err_t error)
{
    struct client *client = context;
    char line[16];
    int size = snprintf(line, sizeof line, "%u\n", client->asked);
    return error == ERR_OK ? tcp_write(pcb, line, (u16_t)size, TCP_WRITE_FLAG_COPY) : error;
}

static err_t on_answer(void *context, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
    (void)error;
    struct client *client = context;
    if (data == NULL) {
        wrong += client->got != client->asked;
        sum = program_sum(sum, &client->sum, sizeof client->sum);
        answered++;
        client->pcb = NULL;
        tcp_arg(pcb, NULL);
        tcp_recv(pcb, NULL);
        tcp_close(pcb);
        return ERR_OK;
    }
    for (struct pbuf *part = data; part != NULL; part = part->next)
        client->sum = program_sum(client->sum, part->payload, part->len);
    client->got = (uint16_t)(client->got + data->tot_len);
    tcp_recved(pcb, data->tot_len);
    pbuf_free(data);
    return ERR_OK;
}

static void on_error(void *context, err_t error)
{
    (void)error;
    if (context != NULL) {
        ((struct client *)context)->pcb = NULL;
        wrong++;
        answered++;
    }
}

static int ask(struct client *client, uint32_t *seed)
{
    ip_addr_t address;
    IP_ADDR4(&address, 127, 0, 0, 1);
    *client = (struct client){.pcb = tcp_new(), .asked = (uint16_t)(1 + program_random(seed) % LARGEST), .sum = 5381};
    if (client->pcb == NULL)
        return 0;
    tcp_arg(client->pcb, client);
    tcp_recv(client->pcb, on_answer);
    tcp_err(client->pcb, on_error);
    return tcp_connect(client->pcb, &address, PORT, on_connected) == ERR_OK;
}

int program(void)
{
    uint32_t seed = 1, asked = 0;
    lwip_init();
    struct tcp_pcb *bound = tcp_new();
    if (bound == NULL || tcp_bind(bound, IP_ADDR_ANY, PORT) != ERR_OK)
        return 1;
    struct tcp_pcb *listening = tcp_listen(bound);
    if (listening == NULL)
        return 1;
    tcp_accept(listening, on_accept);
    while (answered < REQUESTS && now < 2000000) {
        for (struct client *client = clients; client < clients + CLIENTS && asked < REQUESTS; client++)
            if (client->pcb == NULL) {
                if (!ask(client, &seed))
                    return 1;
                asked++;
            }
        netif_poll_all();
        sys_check_timeouts();
        now++;
    }
    printf("%u answers, %u of them wrong, sum %lx\n", (unsigned)answered, (unsigned)wrong, (unsigned long)sum);
    return answered != REQUESTS || wrong != 0;
}
