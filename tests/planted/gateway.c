/* gateway.c: a message gateway with one bug planted in it: BUG, below. tests/tools/planted.py goes the way of
 * docs/debugging.md for each and looks whether it leads to the line that is marked with "guilty" and the bug's number.
 *
 * It takes messages such as "device=17;topic=temperature;value=42", keeps a registry of devices, a history, subscribers
 * and a report, and forgets what is old.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"

#include <stdlib.h>
#include <string.h>

#define OVERRUN 1     /* a byte too many */
#define DOUBLE_FREE 2 /* at once */
#define WRITE 3       /* after free, at once */
#define LATE_WRITE 4  /* after free, five messages later */
#define LATE_FREE 5   /* a second time, five messages later */
#define LEAK 6

#ifndef BUG
#define BUG 0
#endif

#ifndef MESSAGES
#define MESSAGES 1200
#endif
enum { BUCKETS = 16, HISTORY = 12, SUBSCRIBERS = 6, WHEN = 40, LATER = 5 };

struct field {
    struct field *next;
    char *key, *value;
};

struct message {
    unsigned number;
    struct field *fields;
    char *text;
};

struct device {
    struct device *next;
    unsigned id, seen;
    char *label;
};

struct subscriber {
    char *topic;
    struct message *last;
    unsigned count;
};

static struct {
    struct device *buckets[BUCKETS];
    struct message *history[HISTORY];
    struct subscriber subscribers[SUBSCRIBERS];
    unsigned devices;
    struct device *watched; /* the device of message WHEN */
    char *held;             /* the text of message WHEN */
    char *report;
    size_t report_size;
} gateway;

void gateway_stop(void); /* for a breakpoint */
void gateway_half(void);

/* xorshift32 (Marsaglia 2003). */
static unsigned random_number(void)
{
    static unsigned state = 7;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

/* ---- Text ------------------------------------------------------------------------------------ */

static char *put_number(char *to, unsigned number)
{
    char digits[10];
    unsigned count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    while (count > 0)
        *to++ = digits[--count];
    *to = '\0';
    return to;
}

/* A wrapper: it passes its caller on. */
static __attribute__((noinline)) char *copy_part(const char *from, size_t length)
{
#if CAIRN_WATCHED
    char *copy = cairn_malloc_for(__builtin_return_address(0), length + 1);
#else
    char *copy = malloc(length + 1);
#endif
    if (copy != NULL) {
        memcpy(copy, from, length);
        copy[length] = '\0';
    }
    return copy;
}

/* ---- Messages -------------------------------------------------------------------------------- */

static char *receive(unsigned number)
{
    static const char *const topics[] = {"temperature", "humidity", "door", "battery", "uptime"};
    char line[96] = "device=";
    char *end = put_number(line + strlen(line), random_number() % 40);
    strcpy(end, ";topic=");
    strcat(end, topics[number % 5]);
    strcat(end, ";value=");
    end = put_number(end + strlen(end), random_number() % 100000);
    for (unsigned pad = random_number() % 24; pad > 0 && number % 7 == 0; pad--)
        strcat(end, "0");
    return copy_part(line, strlen(line));
}

static struct field *add_field(struct message *message, const char *from, size_t key, size_t value)
{
    struct field *field = malloc(sizeof *field);
    if (field == NULL)
        abort();
    field->key = copy_part(from, key);
    field->value = copy_part(from + key + 1, value); /* guilty 6 */
    field->next = message->fields;
    message->fields = field;
    return field;
}

static struct message *parse(char *text, unsigned number)
{
    struct message *message = calloc(1, sizeof *message);
    if (message == NULL)
        abort();
    message->number = number;
    message->text = text;
    for (const char *at = text; *at != '\0';) {
        size_t key = strcspn(at, "="), value = strcspn(at + key + 1, ";");
        add_field(message, at, key, value); /* calls add_field */
        at += key + 1 + value;
        at += *at == ';';
    }
    return message;
}

static const char *value_of(const struct message *message, const char *key)
{
    for (const struct field *field = message->fields; field != NULL; field = field->next)
        if (strcmp(field->key, key) == 0)
            return field->value;
    return "";
}

static void drop_fields(struct message *message)
{
    for (struct field *field = message->fields; field != NULL;) {
        struct field *next = field->next;
        if (BUG != LEAK || message->number % 8 != 0 || strcmp(field->key, "topic") != 0)
            free(field->value); /* the topic of every eighth message is forgotten */
        free(field->key);
        free(field);
        field = next;
    }
}

static void drop(struct message *message)
{
    if (message == NULL)
        return;
    drop_fields(message);
    if (message->number == WHEN)
        gateway.held = message->text;
    free(message->text); /* first free 2, first free 5 */
#if BUG == DOUBLE_FREE
    if (message->number == WHEN)
        free(message->text); /* guilty 2 */
#endif
    free(message);
}

/* ---- Devices --------------------------------------------------------------------------------- */

static char *label_of(const char *topic)
{
    size_t length = strlen(topic);
#if BUG == OVERRUN
    char *label = malloc(length); /* guilty 1 */
#else
    char *label = malloc(length + 1);
#endif
    if (label == NULL)
        abort();
    for (size_t i = 0; i <= length; i++)
        label[i] = topic[i]; /* writes 1 */
    return label;
}

static struct device *find_device(unsigned id, const char *topic)
{
    struct device **bucket = &gateway.buckets[id % BUCKETS];
    for (struct device *device = *bucket; device != NULL; device = device->next)
        if (device->id == id)
            return device;
    struct device *device = malloc(sizeof *device);
    if (device == NULL)
        abort();
    *device = (struct device){.next = *bucket, .id = id, .label = label_of(topic)};
    gateway.devices++;
    return *bucket = device;
}

static void forget_device(struct device *forgotten)
{
    struct device **link = &gateway.buckets[forgotten->id % BUCKETS];
    while (*link != forgotten)
        link = &(*link)->next;
    *link = forgotten->next;
    free(forgotten->label);
    free(forgotten); /* first free 3, first free 4 */
    gateway.devices--;
}

static void note(struct device *device)
{
    device->seen++; /* guilty 3, guilty 4 */
}

/* ---- What is kept ---------------------------------------------------------------------------- */

static void subscribe(const struct message *message)
{
    struct subscriber *subscriber = &gateway.subscribers[random_number() % SUBSCRIBERS];
    const char *topic = value_of(message, "topic");
    if (subscriber->topic == NULL || strcmp(subscriber->topic, topic) != 0) {
        free(subscriber->topic);
        subscriber->topic = copy_part(topic, strlen(topic));
    }
    subscriber->count++;
}

static void add_to_report(const struct message *message)
{
    const char *value = value_of(message, "value");
    size_t length = strlen(value), have = gateway.report_size > 400 ? 0 : gateway.report_size;
    char *report = realloc(gateway.report, have + length + 1);
    if (report == NULL)
        abort();
    memcpy(report + have, value, length + 1);
    gateway.report = report;
    gateway.report_size = have + length;
}

static void keep(struct message *message)
{
    struct message **place = &gateway.history[message->number % HISTORY];
    drop(*place);
    *place = message;
}

/* ---- The gateway ----------------------------------------------------------------------------- */

static void late(unsigned number)
{
#if BUG == WRITE
    if (number == WHEN) {
        forget_device(gateway.watched);
        note(gateway.watched);
    }
#elif BUG == LATE_WRITE
    if (number == WHEN)
        forget_device(gateway.watched);
    if (number == WHEN + LATER)
        note(gateway.watched);
#elif BUG == LATE_FREE
    if (number == WHEN + HISTORY + LATER) /* it was dropped by message WHEN + HISTORY */
        free(gateway.held);               /* guilty 5 */
#else
    (void)number;
#endif
}

static void handle(unsigned number)
{
    struct message *message = parse(receive(number), number); /* calls parse */
    struct device *device = find_device((unsigned)atoi(value_of(message, "device")), value_of(message, "topic"));
    note(device);
    if (number == WHEN)
        gateway.watched = device;
    subscribe(message);
    add_to_report(message);
    keep(message);
    struct device *old = gateway.buckets[number / 16 % BUCKETS];
    if (number % 16 == 0 && old != NULL && old != gateway.watched)
        forget_device(old);
    late(number);
}

static void forget_all(void)
{
    for (unsigned i = 0; i < HISTORY; i++)
        drop(gateway.history[i]);
    for (unsigned i = 0; i < BUCKETS; i++)
        while (gateway.buckets[i] != NULL)
            forget_device(gateway.buckets[i]);
    for (unsigned i = 0; i < SUBSCRIBERS; i++)
        free(gateway.subscribers[i].topic);
    free(gateway.report);
}

__attribute__((noinline)) void gateway_half(void)
{
    __asm volatile("" ::: "memory");
}

__attribute__((noinline)) void gateway_stop(void)
{
    __asm volatile("" ::: "memory");
}

int main(void)
{
    for (unsigned number = 1; number <= MESSAGES; number++) {
        if (number == MESSAGES / 2)
            gateway_half();
        handle(number); /* calls handle */
    }
    gateway_stop();
    forget_all();
    return 0;
}
