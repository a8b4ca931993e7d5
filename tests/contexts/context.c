/* CAIRN_TRACE_STACK, CAIRN_TRACE_TIME and CAIRN_TRACE_TASK: what comes with a record, as allocator/watch/trace.c describes
 * it.
 *
 * SPDX-License-Identifier: MIT */
#include "blocks.h"
#include "hooks.h"
#include "port.h"
#include "tap.h"

#include <string.h>

enum { CONTEXT = 6, TIME = 1 << 8, TASK = 1 << 9, NAME = 1 << 10, NAME_WORDS = 4, MALLOC = 0, FREE = 4 };

/* ---- Time and tasks of this test ------------------------------------------------------------------ */

static uint32_t now;
static uintptr_t task;
static const char *task_name;

uint32_t port_time(void)
{
    return ++now;
}

uintptr_t port_task(void)
{
    return task;
}

const char *port_task_name(uintptr_t asked)
{
    CHECK(asked == task);
    return task_name;
}

/* ---- The last record ------------------------------------------------------------------------------- */

static struct {
    uint32_t words, flags, calls, at[CAIRN_TRACE_STACK];
    uintptr_t time, task, address[CAIRN_TRACE_STACK];
    char name[4 * NAME_WORDS + 1];
    const uintptr_t *record;
} last;

/* Take it apart. False if its words do not add up. */
static bool take_apart(void)
{
    const uintptr_t *word = hook_record;
    memset(&last, 0, sizeof last);
    if ((*word & 7u) != CONTEXT)
        return false;
    last.words = (uint32_t)*word >> 3 & 31u;
    last.flags = (uint32_t)*word++ & ~0xffu;
    last.record = hook_record + 1 + last.words;
    if ((last.flags & TIME) != 0)
        last.time = *word++;
    if ((last.flags & TASK) != 0)
        last.task = *word++;
    if ((last.flags & NAME) != 0)
        for (unsigned i = 0; i < 4 * NAME_WORDS; i++)
            last.name[i] = (char)(word[i / 4] >> 8 * (i % 4));
    word += (last.flags & NAME) != 0 ? NAME_WORDS : 0;
    uint32_t rest = (uint32_t)(last.record - word);
    while (last.calls + (last.calls + 3) / 4 < rest)
        last.calls++;
    for (uint32_t i = 0; i < last.calls; i++) {
        last.address[i] = word[i];
        last.at[i] = (uint32_t)(word[last.calls + i / 4] >> 8 * (i % 4)) & 0xffu;
    }
    return last.calls + (last.calls + 3) / 4 == rest;
}

/* ---- Calls ----------------------------------------------------------------------------------------- */

/* No call of these is the last thing that they do. */
static APART char *inner(size_t size)
{
    char *p = launder(malloc(size));
    p[0] = 1;
    return p;
}

static APART char *middle(size_t size)
{
    char *p = inner(size + 1);
    p[1] = 2;
    return p;
}

static APART char *outer(size_t size)
{
    char *p = middle(size + 1);
    p[2] = 3;
    return p;
}

static bool is_in(uintptr_t address, char *(*function)(size_t size))
{
    return address - (uintptr_t)function < 200;
}

/* Where among the calls the first one is that returns into the function; how many there are if none does. */
static uint32_t find(char *(*function)(size_t size), uint32_t from)
{
    while (from < last.calls && !is_in(last.address[from], function))
        from++;
    return from;
}

static void the_calls_that_led_to_a_request_come_with_it(void)
{
    free(outer(20));
    char *p = outer(30);
    CHECK(take_apart() && (last.record[0] & 7u) == MALLOC && last.record[2] == (uintptr_t)p && last.record[3] == 32);
    CHECK(is_in(last.record[1], inner));
    uint32_t in_middle = find(middle, 0), in_outer = find(outer, in_middle);
    CHECK(in_outer < last.calls && last.at[in_middle] < last.at[in_outer]);
    CHECK(hook_words == 1 + last.words + 4 && hook_words <= CAIRN_TRACE_MOST);
    free(p);
    CHECK(take_apart() && (last.record[0] & 7u) == FREE && hook_words == 1 + last.words + 3);
}

static char *deep(unsigned levels)
{
    char *p = levels > 0 ? deep(levels - 1) : inner(10);
    p[3] = (char)levels; /* after the call: it is no loop */
    return p;
}

static void no_more_calls_come_than_were_asked_for(void)
{
    free(deep(20));
    char *p = deep(20);
    CHECK(take_apart() && last.calls == CAIRN_TRACE_STACK);
    for (uint32_t i = 1; i < last.calls; i++)
        CHECK(last.at[i] > last.at[i - 1]);
    free(p);
}

/* A frame of more words than are looked at: as many as there are `calls` are *`word`, from `from` on, and the others 0.
 * It calls by a pointer, and so nothing else. */
static APART __attribute__((no_sanitize("address"))) char *with_calls(void *(*request)(const void *caller, size_t size),
                                                                      const volatile uintptr_t *word, unsigned from,
                                                                      unsigned calls)
{
    volatile uintptr_t frame[160];
    for (unsigned i = 0; i < sizeof frame / sizeof *frame; i++)
        frame[i] = i >= from && i - from < calls ? *word : 0;
    char *p = launder(request(NULL, 10));
    p[0] = (char)frame[0];
    return p;
}

/* However many there are, and wherever the first one is. */
static void each_call_that_is_found_comes_with_its_place(void)
{
    char *found = outer(20);
    CHECK(take_apart() && last.calls > 0);
    const volatile uintptr_t word = last.address[0];
    free(found);
    for (unsigned from = 0; from < 2; from++)
        for (unsigned calls = 0, left = 0; calls <= CAIRN_TRACE_STACK; calls++) {
            clear_stack_below();
            char *p = with_calls(cairn_malloc_for, &word, from, calls);
            CHECK(take_apart());
            if (calls == 0)
                left = last.calls; /* a call that has returned may have left one */
            uint32_t all = left + calls < CAIRN_TRACE_STACK ? left + calls : CAIRN_TRACE_STACK;
            CHECK(last.calls == all && left <= 1);
            for (uint32_t i = left; i < all; i++)
                CHECK(last.address[i] == word && (i == left || last.at[i] == last.at[i - 1] + 1));
            free(p);
        }
}

/* ---- Time and task --------------------------------------------------------------------------------- */

static void the_time_comes_with_each_record(void)
{
    char *p = launder(malloc(10));
    CHECK(take_apart() && (last.flags & TIME) != 0 && last.time == now);
    uint32_t before = now;
    free(p);
    CHECK(take_apart() && last.time == before + 1);
}

static void run_as(uintptr_t who, const char *name)
{
    task = who;
    task_name = name;
    void *p = launder(malloc(10));
    CHECK(take_apart() && (last.flags & TASK) != 0 && last.task == who);
    free(p);
}

static void a_task_comes_with_its_name_when_it_is_another_one(void)
{
    static char first[2], second[2];
    task = (uintptr_t)&first;
    task_name = "net";
    char *p = launder(malloc(10));
    CHECK(take_apart() && last.flags == (TIME | TASK | NAME) && last.task == task && strcmp(last.name, "net") == 0);
    free(p);
    CHECK(take_apart() && last.flags == (TIME | TASK) && last.task == task);
    task = (uintptr_t)&second;
    task_name = "a name of more than 16";
    p = launder(malloc(10));
    CHECK(take_apart() && strcmp(last.name, "a name of more t") == 0);
    task = (uintptr_t)&first;
    task_name = NULL;
    free(p);
    CHECK(take_apart() && (last.flags & NAME) != 0 && last.name[0] == '\0');
}

static void a_name_is_filled_up_with_0(void)
{
    static char own[2];
    static const char behind_it[4 * NAME_WORDS + 1] = "net\0more";
    run_as((uintptr_t)&own, behind_it);
    CHECK((last.flags & NAME) != 0 && strcmp(last.name, "net") == 0);
    CHECK(all_zero(last.name + 3, sizeof last.name - 3));
}

static void a_task_may_have_the_lowest_address(void)
{
    run_as(PORT_EXCEPTIONS, "low");
    CHECK((last.flags & NAME) != 0 && strcmp(last.name, "low") == 0);
}

static void an_interrupt_has_its_number_and_no_name(void)
{
    static char own[2];
    run_as((uintptr_t)&own, "main");
    run_as(PORT_EXCEPTIONS - 1, NULL);
    CHECK((last.flags & NAME) == 0);
    run_as((uintptr_t)&own, "main"); /* as before the interrupt */
    CHECK((last.flags & NAME) == 0);
    run_as(0, NULL);
    CHECK((last.flags & NAME) == 0);
}

TAP_MAIN(TEST(the_calls_that_led_to_a_request_come_with_it), TEST(no_more_calls_come_than_were_asked_for),
         TEST(each_call_that_is_found_comes_with_its_place), TEST(the_time_comes_with_each_record),
         TEST(a_task_comes_with_its_name_when_it_is_another_one), TEST(a_name_is_filled_up_with_0),
         TEST(a_task_may_have_the_lowest_address), TEST(an_interrupt_has_its_number_and_no_name))
