/* nanopb.c: messages in Protocol Buffers' format, encoded and decoded into blocks of the heap.
 *
 * The messages are described as nanopb's generator does it:
 *
 *   message Reading { uint32 time = 1; sint32 value = 2; string note = 3; }
 *   message Report { string device = 1; repeated Reading readings = 2; bytes raw = 3; repeated uint32 marks = 4; }
 *
 * SPDX-License-Identifier: MIT */
#include "program.h"

#include <pb_decode.h>
#include <pb_encode.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Reading {
    uint32_t *time;
    int32_t *value;
    char *note;
} Reading;

typedef struct Report {
    char *device;
    pb_size_t readings_count;
    Reading *readings;
    pb_bytes_array_t *raw;
    pb_size_t marks_count;
    uint32_t *marks;
} Report;

extern const pb_msgdesc_t Reading_msg, Report_msg;

#define Reading_FIELDLIST(X, a)               \
    X(a, POINTER, SINGULAR, UINT32, time, 1)  \
    X(a, POINTER, SINGULAR, SINT32, value, 2) \
    X(a, POINTER, SINGULAR, STRING, note, 3)
#define Reading_CALLBACK NULL
#define Reading_DEFAULT NULL
#define Report_FIELDLIST(X, a)                    \
    X(a, POINTER, SINGULAR, STRING, device, 1)    \
    X(a, POINTER, REPEATED, MESSAGE, readings, 2) \
    X(a, POINTER, SINGULAR, BYTES, raw, 3)        \
    X(a, POINTER, REPEATED, UINT32, marks, 4)
#define Report_CALLBACK NULL
#define Report_DEFAULT NULL
#define Report_readings_MSGTYPE Reading

PB_BIND(Reading, Reading, AUTO)
PB_BIND(Report, Report, AUTO)

enum { MESSAGES = 60, MOST = 40, MARKS = 25 };

/* A message with `count` readings. Returns its size, 0 if it was not encoded. */
static size_t encode(uint8_t *buffer, size_t size, pb_size_t count, uint32_t *seed)
{
    static uint32_t times[MOST], marks[MARKS];
    static int32_t values[MOST];
    static Reading readings[MOST];
    static struct {
        pb_size_t size;
        pb_byte_t bytes[64];
    } raw = {.size = 64};
    char device[] = "pump station 7";
    for (pb_size_t i = 0; i < count; i++) {
        times[i] = 1000u + i;
        values[i] = (int32_t)(program_random(seed) % 2000) - 1000;
        readings[i] = (Reading){&times[i], &values[i], values[i] < 0 ? "below what is allowed here" : "ok"};
    }
    for (size_t i = 0; i < MARKS; i++)
        marks[i] = program_random(seed);
    Report report = {device, count, readings, (pb_bytes_array_t *)&raw, MARKS, marks};
    pb_ostream_t stream = pb_ostream_from_buffer(buffer, size);
    return pb_encode(&stream, &Report_msg, &report) ? stream.bytes_written : 0;
}

static uint32_t sum_of(const Report *report, uint32_t sum)
{
    sum = program_sum(sum, report->device, (uint32_t)strlen(report->device));
    for (pb_size_t i = 0; i < report->readings_count; i++) {
        const Reading *reading = &report->readings[i];
        sum = program_sum(sum, reading->value, sizeof *reading->value);
        sum = program_sum(sum, reading->note, (uint32_t)strlen(reading->note));
    }
    return program_sum(sum, report->marks, report->marks_count * (uint32_t)sizeof *report->marks);
}

int program(void)
{
    uint32_t seed = 1, sum = 5381;
    static Report kept[4]; /* the last reports */
    for (int i = 0; i < MESSAGES; i++) {
        uint8_t *buffer = malloc(2048);
        if (buffer == NULL)
            return 1;
        size_t size = encode(buffer, 2048, (pb_size_t)(1 + program_random(&seed) % MOST), &seed);
        Report *report = &kept[i % 4];
        pb_release(&Report_msg, report);
        *report = (Report){0};
        pb_istream_t stream = pb_istream_from_buffer(buffer, size);
        int decoded = size != 0 && pb_decode(&stream, &Report_msg, report);
        free(buffer);
        if (!decoded)
            return 1;
        sum = sum_of(report, sum);
        if (i % 15 == 0)
            printf("message %d: %d bytes, %d readings\n", i, (int)size, (int)report->readings_count);
    }
    for (int i = 0; i < 4; i++)
        pb_release(&Report_msg, &kept[i]);
    printf("sum %lx\n", (unsigned long)sum);
    return 0;
}
