/* Threads that allocate, hand blocks to each other and free them, the contents checked all the while.
 *
 * OPERATIONS=number in the environment: how many, of all threads together.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "tap.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* The heap looks for a free block below by bytes that may be another thread's, and believes them only if the
 * map, which is no other thread's at that time, agrees (DESIGN.md, section 5). This is the one race there is. */
const char *__tsan_default_suppressions(void), *__tsan_default_options(void);
const char *__tsan_default_suppressions(void)
{
    return "race:heap_free_below\n";
}

/* It must remember who read. */
const char *__tsan_default_options(void)
{
    return "history_size=7";
}

enum { THREADS = 8, SLOTS = 256, MAILBOXES = 64, USUAL = 400000 };

/* What a block holds: the header, and a pattern after it that the seed names. */
struct message {
    uint32_t size, seed;
};

/* Blocks that are under way from one thread to another. */
static struct message *mailboxes[MAILBOXES];

struct worker {
    pthread_t thread;
    uint64_t random;
    unsigned long operations, bad, refused;
    struct message *slots[SLOTS];
};

static uint32_t next(struct worker *worker)
{
    worker->random = worker->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(worker->random >> 33);
}

/* Small ones mostly; sometimes one that has pages of its own. */
static size_t some_size(struct worker *worker)
{
    uint32_t r = next(worker);
    size_t most = r % 4096 == 0 ? 300000 : r % 64 == 0 ? 20000 : r % 4 == 0 ? 1000 : 100;
    return sizeof(struct message) + next(worker) % most;
}

static void write_message(struct worker *worker, struct message *message, size_t size)
{
    *message = (struct message){(uint32_t)size, next(worker)};
    fill(message + 1, size - sizeof *message, message->seed);
}

static void check_and_free(struct worker *worker, struct message *message)
{
    if (message == NULL)
        return;
    worker->bad += !filled(message + 1, message->size - sizeof *message, message->seed);
    free(message);
}

static struct message *take(struct worker *worker)
{
    size_t size = some_size(worker);
    uint32_t how = next(worker) % 16;
    struct message *message = how == 0   ? calloc(1, size)
                              : how == 1 ? memalign((size_t)64 << next(worker) % 7, size)
                                         : malloc(size);
    if (message == NULL) {
        worker->refused++;
        return NULL;
    }
    worker->bad += how == 0 && !all_zero(message, size);
    write_message(worker, message, size);
    return message;
}

static struct message *resize(struct worker *worker, struct message *message)
{
    size_t size = some_size(worker);
    size_t kept = size < message->size ? size : message->size;
    struct message *moved = realloc(message, size);
    if (moved == NULL) {
        worker->refused++;
        return message;
    }
    worker->bad += !filled(moved + 1, kept - sizeof *moved, moved->seed);
    write_message(worker, moved, size);
    return moved;
}

static void *work(void *context)
{
    struct worker *worker = context;
    for (unsigned long i = 0; i < worker->operations; i++) {
        struct message **slot = &worker->slots[next(worker) % SLOTS];
        uint32_t what = next(worker) % 8;
        if (*slot == NULL) {
            *slot = take(worker);
        } else if (what == 0) {
            *slot = resize(worker, *slot);
        } else if (what < 4) { /* give it away, for one that another thread gave */
            *slot = __atomic_exchange_n(&mailboxes[next(worker) % MAILBOXES], *slot, __ATOMIC_ACQ_REL);
        } else {
            check_and_free(worker, *slot);
            *slot = NULL;
        }
    }
    for (unsigned i = 0; i < SLOTS; i++)
        check_and_free(worker, worker->slots[i]);
    return NULL;
}

static void blocks_of_threads_stay_whole(void)
{
    static struct worker workers[THREADS];
    const char *asked = getenv("OPERATIONS");
    unsigned long operations = asked != NULL ? strtoul(asked, NULL, 0) : USUAL;
    unsigned long seed = tap_seed(1);
    tap_comment_number("operations", operations);
    tap_comment_number("seed", seed);
    free(launder(malloc(1))); /* under its own name, the heap has started by now: pthread_create() allocates */
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.random = seed * THREADS + i, .operations = operations / THREADS};
        CHECK(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK(pthread_join(workers[i].thread, NULL) == 0);
        CHECK(workers[i].bad == 0 && workers[i].refused == 0);
    }
    for (unsigned i = 0; i < MAILBOXES; i++) {
        check_and_free(&workers[0], mailboxes[i]);
        mailboxes[i] = NULL;
    }
    CHECK(workers[0].bad == 0);
}

static void *allocate_once(void *size)
{
    return calloc(1, (size_t)(uintptr_t)size);
}

static void a_block_outlives_its_thread(void)
{
    pthread_t thread;
    void *p = NULL;
    CHECK(pthread_create(&thread, NULL, allocate_once, (void *)(uintptr_t)5000) == 0);
    CHECK(pthread_join(thread, &p) == 0);
    CHECK(p != NULL && all_zero(p, 5000));
    fill(p, 5000, 1);
    CHECK(filled(p, 5000, 1));
    free(p);
}

static void threads_come_and_go(void)
{
    for (unsigned i = 0; i < 200; i++) {
        pthread_t threads[4];
        for (unsigned j = 0; j < 4; j++)
            CHECK(pthread_create(&threads[j], NULL, allocate_once, (void *)(uintptr_t)(i * 300 + 1)) == 0);
        for (unsigned j = 0; j < 4; j++) {
            void *p = NULL;
            CHECK(pthread_join(threads[j], &p) == 0 && p != NULL);
            free(p);
        }
    }
}

static void the_heap_is_sound(void)
{
    struct cairn_stats stats;
    cairn_stats(cairn_system(), &stats);
    CHECK(count_blocks(cairn_system(), CAIRN_FREE).bytes == stats.free);
    CHECK(count_blocks(cairn_system(), CAIRN_USED).bytes == stats.used);
}

TAP_MAIN(TEST(blocks_of_threads_stay_whole), TEST(a_block_outlives_its_thread), TEST(threads_come_and_go),
         TEST(the_heap_is_sound))
