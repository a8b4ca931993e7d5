/* host.c: what each call takes on this machine, with Cairn and with the C library's heap, in one run.
 *
 *   host TRACE...       prints lines, apart by tabs; the first one names the columns
 *
 * Each trace is replayed ROUNDS times with either heap in turn, first in a process of one thread, then with
 * a second one that sleeps, so that locks are taken. A call finds the heap alike in every round, so the
 * least of its times is what it takes by itself: all columns but the last are of these. The last one has the
 * longest that any call took in any round, with page faults, interrupts, and other processes.
 *
 * SPDX-License-Identifier: MIT */
#include "replay.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

enum { ROUNDS = 15, SLOTS = 65536, CALIBRATION = 10000 };

/* replay.c compiled for Cairn: its names are others. */
void cairn_replay_run(struct replay *replay);
void cairn_replay_clear(struct replay *replay);

static const struct heap {
    const char *name;
    void (*run)(struct replay *replay);
    void (*clear)(struct replay *replay);
} heaps[] = {{"cairn", cairn_replay_run, cairn_replay_clear}, {"glibc", replay_run, replay_clear}};

enum { HEAPS = sizeof heaps / sizeof heaps[0] };

static const struct kind {
    const char *name, *letters;
} kinds[] = {{"malloc", "mc"}, {"realloc", "r"}, {"memalign", "a"}, {"free", "f"}};

/* ---- Time ------------------------------------------------------------------------------------ */

static double tick = 1;  /* nanoseconds */
static uint32_t reading; /* ticks that two readings are apart when nothing is between them */

static uint64_t nanoseconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* Ticks, modulo 2^32: a call takes less. */
static uint32_t now(void)
{
#if defined(__x86_64__)
    unsigned processor;
    uint32_t time = (uint32_t)__rdtscp(&processor);
    _mm_lfence();
    return time;
#else
    return (uint32_t)nanoseconds();
#endif
}

static void calibrate(void)
{
#if defined(__x86_64__)
    uint64_t start = nanoseconds(), end;
    uint64_t ticks = __rdtsc();
    while ((end = nanoseconds()) - start < 50000000u)
        ;
    tick = (double)(end - start) / (double)(__rdtsc() - ticks);
#endif
    reading = UINT32_MAX;
    for (int i = 0; i < CALIBRATION; i++) {
        uint32_t first = now();
        uint32_t apart = now() - first;
        if (apart < reading)
            reading = apart;
    }
}

/* ---- Records --------------------------------------------------------------------------------- */

/* The calls of one trace with one heap: letter, least ticks, most ticks. */
struct calls {
    uint32_t count, room;
    char *kind;
    uint32_t *least, *most;
};

static void *resized(void *p, size_t size)
{
    p = realloc(p, size);
    if (p == NULL) {
        perror("host");
        exit(1);
    }
    return p;
}

static void record(void *context, uint32_t op, char kind, uint32_t cost)
{
    struct calls *calls = context;
    cost = cost > reading ? cost - reading : 0;
    if (op == calls->count) {
        calls->kind[op] = kind;
        calls->least[op] = calls->most[op] = cost;
        calls->count++;
        return;
    }
    if (cost < calls->least[op])
        calls->least[op] = cost;
    if (cost > calls->most[op])
        calls->most[op] = cost;
}

static size_t read_file(void *source, void *buffer, size_t size)
{
    return fread(buffer, 1, size, source);
}

static void replay(const struct heap *heap, FILE *file, const char *name, struct calls *calls)
{
    static struct replay_slot slots[SLOTS];
    static struct trace trace;
    rewind(file);
    trace_open(&trace, read_file, file);
    struct replay replay = {.trace = &trace, .slots = slots, .slot_count = SLOTS, .fill = true, .now = now};
    replay.done = record;
    replay.context = calls;
    heap->run(&replay);
    if (replay.error != NULL || replay.failures != 0) {
        fprintf(stderr, "host: %s: %s: line %u: %s\n", heap->name, name, trace.line,
                replay.error != NULL ? replay.error : "a request was refused");
        exit(1);
    }
    heap->clear(&replay);
}

/* ---- Figures --------------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    uint32_t first = *(const uint32_t *)a;
    uint32_t second = *(const uint32_t *)b;
    return (first > second) - (first < second);
}

static void print_row(const char *mode, const char *heap, const char *trace, const struct kind *kind,
                      const struct calls *calls)
{
    static const double parts[] = {0.5, 0.9, 0.99, 0.999, 0.9999, 1};
    uint32_t *sorted = resized(NULL, (calls->count + 1u) * sizeof *sorted);
    uint32_t count = 0, worst = 0;
    double sum = 0;
    for (uint32_t i = 0; i < calls->count; i++) {
        if (strchr(kind->letters, calls->kind[i]) == NULL)
            continue;
        sorted[count++] = calls->least[i];
        sum += calls->least[i];
        if (calls->most[i] > worst)
            worst = calls->most[i];
    }
    if (count > 0) {
        qsort(sorted, count, sizeof *sorted, ascending);
        printf("%s\t%s\t%s\t%s\t%u\t%.1f", mode, heap, trace, kind->name, count, sum / count * tick);
        for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++)
            printf("\t%.0f", sorted[(uint32_t)ceil(parts[i] * count) - 1u] * tick);
        printf("\t%.0f\n", worst * tick);
    }
    free(sorted);
}

static void print_rows(const char *mode, const char *trace, struct calls calls[HEAPS])
{
    for (unsigned k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (unsigned h = 0; h < HEAPS; h++)
            print_row(mode, heaps[h].name, trace, &kinds[k], &calls[h]);
    fflush(stdout);
}

/* Make room for `more` calls. */
static void make_room(struct calls *calls, uint32_t more)
{
    if (calls->room >= calls->count + more)
        return;
    calls->room = calls->count + more;
    calls->kind = resized(calls->kind, calls->room);
    calls->least = resized(calls->least, calls->room * sizeof *calls->least);
    calls->most = resized(calls->most, calls->room * sizeof *calls->most);
}

static void append(struct calls *all, const struct calls *calls)
{
    make_room(all, calls->count);
    memcpy(all->kind + all->count, calls->kind, calls->count);
    memcpy(all->least + all->count, calls->least, calls->count * sizeof *calls->least);
    memcpy(all->most + all->count, calls->most, calls->count * sizeof *calls->most);
    all->count += calls->count;
}

static uint32_t lines(FILE *file)
{
    uint32_t count = 1;
    rewind(file);
    for (int c; (c = getc(file)) != EOF;)
        count += c == '\n';
    return count;
}

static void measure(const char *mode, const char *path, struct calls all[HEAPS])
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    const char *slash = strrchr(path, '/');
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(slash != NULL ? slash + 1 : path, "."),
             slash != NULL ? slash + 1 : path);
    struct calls calls[HEAPS] = {0};
    for (unsigned h = 0; h < HEAPS; h++)
        make_room(&calls[h], lines(file));
    for (int round = 0; round < ROUNDS; round++)
        for (unsigned h = 0; h < HEAPS; h++)
            replay(&heaps[(h + (unsigned)round) % HEAPS], file, name, &calls[(h + (unsigned)round) % HEAPS]);
    fclose(file);
    print_rows(mode, name, calls);
    for (unsigned h = 0; h < HEAPS; h++) {
        append(&all[h], &calls[h]);
        free(calls[h].kind);
        free(calls[h].least);
        free(calls[h].most);
    }
}

static void *sleep_on(void *unused)
{
    for (;;)
        pause();
    return unused;
}

int main(int count, char **paths)
{
    static struct calls all[2][HEAPS];
    static const char *const modes[] = {"one thread", "threads"};
    calibrate();
    printf("process\theap\ttrace\toperation\tcalls\tmean\tp50\tp90\tp99\tp99.9\tp99.99\tmax\tmax of all rounds\n");
    for (int mode = 0; mode < 2; mode++) {
        pthread_t thread;
        if (mode == 1)
            pthread_create(&thread, NULL, sleep_on, NULL);
        for (int i = 1; i < count; i++)
            measure(modes[mode], paths[i], all[mode]);
    }
    for (int mode = 0; mode < 2 && count > 2; mode++)
        print_rows(modes[mode], "all", all[mode]);
    return 0;
}
