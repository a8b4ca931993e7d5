/* threads.c: what an operation takes where threads meet: processor time, with the heap that the process has.
 *
 *   threads NAME TRACE...    prints lines, apart by tabs: NAME, the work, threads, nanoseconds an operation
 *
 * The work is one of:
 *   replay   each thread runs all traces for itself: it allocates, resizes and frees, and writes a byte of each block
 *   pass     each thread allocates blocks, passes each on to another thread, and frees what others have passed on
 *
 * A call of malloc() and one of free() are two operations. Time is that of all processors. The heap is chosen by
 * LD_PRELOAD: tools/bench_threads.py runs this with each. The least of ROUNDS rounds counts: another process that runs
 * meanwhile costs time, and never saves any.
 *
 * SPDX-License-Identifier: MIT */
#include "trace.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 5, MOST_THREADS = 8, SLOTS = 65536, MAILBOXES = 256, HELD = 64, PASSED = 400000 };

static struct trace_op *all_ops;
static uint32_t op_count;

/* ---- The traces ------------------------------------------------------------------------------ */

static size_t read_file(void *source, void *buffer, size_t size)
{
    return fread(buffer, 1, size, source);
}

static void add(const struct trace_op *op)
{
    static uint32_t room;
    if (op_count == room) {
        room = room == 0 ? 65536 : 2 * room;
        all_ops = realloc(all_ops, room * sizeof *all_ops);
    }
    if (all_ops == NULL || op->slot >= SLOTS) {
        fprintf(stderr, "threads: no room for the traces\n");
        exit(1);
    }
    all_ops[op_count++] = *op;
}

/* What a trace leaves live is freed at its end. */
static void read_trace(const char *path)
{
    static struct trace trace;
    static char live[SLOTS];
    struct trace_op op;
    enum trace_result result;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    memset(live, 0, sizeof live);
    trace_open(&trace, read_file, file);
    while ((result = trace_next(&trace, &op)) == TRACE_OP) {
        add(&op);
        live[op.slot] = op.kind != 'f';
    }
    fclose(file);
    if (result == TRACE_BAD) {
        fprintf(stderr, "threads: %s: line %u\n", path, trace.line);
        exit(1);
    }
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        if (live[slot])
            add(&(struct trace_op){.kind = 'f', .slot = slot});
}

/* ---- The work -------------------------------------------------------------------------------- */

struct worker {
    pthread_t thread;
    uint64_t random;
    uint64_t operations;
    unsigned char **slots;
};

static pthread_barrier_t start;

static unsigned char *run(const struct trace_op *op, unsigned char *block)
{
    switch (op->kind) {
    case 'm':
        return malloc(op->size);
    case 'c':
        return calloc(1, op->size);
    case 'r':
        return realloc(block, op->size);
    case 'a':
        return memalign(op->alignment, op->size);
    default:
        free(block);
        return NULL;
    }
}

static void *replay(void *context)
{
    struct worker *worker = context;
    pthread_barrier_wait(&start);
    for (uint32_t i = 0; i < op_count; i++) {
        unsigned char *block = run(&all_ops[i], worker->slots[all_ops[i].slot]);
        worker->slots[all_ops[i].slot] = block;
        if (block != NULL)
            *(volatile unsigned char *)block = (unsigned char)i;
    }
    worker->operations = op_count;
    return NULL;
}

static uint32_t next(struct worker *worker)
{
    worker->random = worker->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(worker->random >> 33);
}

/* Blocks that are under way. */
static unsigned char *mailboxes[MAILBOXES];

/* 16 to 1039 bytes, the smaller ones more often. */
static void *pass(void *context)
{
    struct worker *worker = context;
    unsigned char *held[HELD] = {NULL};
    pthread_barrier_wait(&start);
    for (uint32_t i = 0; i < PASSED; i++) {
        unsigned char **slot = &held[i % HELD];
        free(*slot);
        *slot = malloc(16 + next(worker) % (1u << next(worker) % 11));
        *(volatile unsigned char *)*slot = (unsigned char)i;
        *slot = __atomic_exchange_n(&mailboxes[next(worker) % MAILBOXES], *slot, __ATOMIC_ACQ_REL);
    }
    for (uint32_t i = 0; i < HELD; i++)
        free(held[i]);
    worker->operations = 2 * PASSED;
    return NULL;
}

/* ---- Time ------------------------------------------------------------------------------------ */

static double processor_time(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* Nanoseconds an operation, in one round. */
static double measure(void *(*work)(void *), unsigned threads)
{
    static struct worker workers[MOST_THREADS];
    uint64_t operations = 0;
    pthread_barrier_init(&start, NULL, threads);
    double before = processor_time();
    for (unsigned i = 0; i < threads; i++) {
        workers[i].random = i + 1u;
        if (workers[i].slots == NULL)
            workers[i].slots = calloc(SLOTS, sizeof *workers[i].slots);
        if (workers[i].slots == NULL || pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
            perror("threads");
            exit(1);
        }
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
        operations += workers[i].operations;
    }
    double took = processor_time() - before;
    pthread_barrier_destroy(&start);
    for (unsigned i = 0; i < MAILBOXES; i++) {
        free(mailboxes[i]);
        mailboxes[i] = NULL;
    }
    return took / (double)operations;
}

int main(int count, char **words)
{
    static const struct {
        const char *name;
        void *(*run)(void *);
    } works[] = {{"replay", replay}, {"pass", pass}};
    if (count < 3) {
        fprintf(stderr, "usage: threads NAME TRACE...\n");
        return 2;
    }
    for (int i = 2; i < count; i++)
        read_trace(words[i]);
    for (unsigned w = 0; w < sizeof works / sizeof works[0]; w++)
        for (unsigned threads = 1; threads <= MOST_THREADS; threads *= 2) {
            double least = measure(works[w].run, threads);
            for (int round = 1; round < ROUNDS; round++) {
                double took = measure(works[w].run, threads);
                least = took < least ? took : least;
            }
            printf("%s\t%s\t%u\t%.1f\n", words[1], works[w].name, threads, least);
            fflush(stdout);
        }
    return 0;
}
