/* The deepest use of the main stack is measured to the word: what a stack pointer read at the deepest
 * place says. Calls, an interrupt, and a thread with a stack of its own.
 *
 * SPDX-License-Identifier: MIT */
#include "push.h"
#include "stack_paint.h"
#include "tap.h"

#include <stddef.h>

void pendsv_handler(void);
void unexpected_handler(void);

/* In C a linker symbol is an address, never a value; _stack_size is a number of bytes. */
extern char __stack_limit[], __stack_top[], _stack_size[];

/* Interrupt control and state: makes PendSV pending (ARMv7-M ARM, B3.2.4). */
#define ICSR (*(volatile uint32_t *)0xE000ED04u)
#define ICSR_PENDSVSET (1u << 28)

enum { MARGIN = 16 /* words that no test pushes */ };

static size_t deepest(void)
{
    return stack_use(stack_range_main()).deepest;
}

static size_t unused(void)
{
    return stack_use(stack_range_main()).unused;
}

static void paint(void)
{
    stack_paint(stack_range_main());
}

/* Paint, and use what asking and checking use by themselves. Returns how deep that is. */
static size_t fresh(void)
{
    paint();
    CHECK(deepest() != 0);
    return deepest();
}

/* The depth of an address in the stack. */
static size_t depth(const char *pointer)
{
    return (size_t)((uintptr_t)__stack_top - (uintptr_t)pointer);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void the_main_stack_is_what_the_script_reserves(void)
{
    struct stack_range range = stack_range_main();
    CHECK(range.low == __stack_limit && range.bytes == (size_t)(uintptr_t)_stack_size);
    CHECK((uintptr_t)range.low + range.bytes == (uintptr_t)__stack_top);
}

static void both_figures_together_are_the_stack(void)
{
    fresh();
    CHECK(unused() != 0 && deepest() + unused() == stack_range_main().bytes);
    push_words((uint32_t)unused() / 4 - MARGIN);
    CHECK(deepest() + unused() == stack_range_main().bytes);
}

static void every_number_of_words_is_measured(void)
{
    size_t idle = fresh();
    size_t seen = idle;
    uint32_t most = (uint32_t)unused() / 4 - MARGIN;
    for (uint32_t words = 1; words <= most; words++) {
        seen = larger(idle, depth(push_words(words)));
        if (!CHECK(deepest() == seen))
            return;
    }
    tap_comment_number("bytes deep:", seen);
    CHECK(seen > idle + 200);
}

static void every_depth_of_a_recursion_is_measured(void)
{
    size_t idle = fresh();
    size_t seen = idle;
    uint32_t most = (uint32_t)unused() / 8 - MARGIN;
    for (uint32_t calls = 1; calls <= most; calls += 1 + calls / 32) {
        idle = fresh();
        seen = larger(idle, depth(recurse(calls)));
        if (!CHECK(deepest() == seen))
            return;
    }
    CHECK(seen > idle + 200);
}

static void it_never_falls(void)
{
    fresh();
    size_t before = depth(push_words((uint32_t)unused() / 8));
    for (uint32_t words = (uint32_t)unused() / 4; words > 0; words--) {
        push_words(words / 2 + 1);
        if (!CHECK(deepest() == before))
            return;
    }
}

static void painting_again_starts_afresh(void)
{
    size_t idle = fresh();
    size_t deep = depth(push_words((uint32_t)unused() / 4 - MARGIN));
    CHECK(deepest() == deep && fresh() == idle && idle < deep);
    size_t shallow = depth(push_words((uint32_t)(unused() / 8)));
    CHECK(deepest() == shallow && idle < shallow && shallow < deep);
}

static void the_last_word_counts(void)
{
    fresh();
    uint32_t most = (uint32_t)(push_words(1) + 4 - __stack_limit) / 4;
    push_words(most - 1);
    CHECK(unused() == 4);
    push_words(most);
    CHECK(unused() == 0 && deepest() == stack_range_main().bytes);
    fresh();
    CHECK(unused() != 0);
}

/* Nothing uses the memory below the stack: there is no heap in this program. */
static void nothing_outside_is_painted(void)
{
    enum { WORDS = 32 };
    volatile uint32_t *below = (volatile uint32_t *)((uintptr_t)__stack_limit - 4 * WORDS);
    volatile uint32_t own[8];
    for (uint32_t i = 0; i < WORDS; i++)
        below[i] = i;
    for (uint32_t i = 0; i < 8; i++)
        own[i] = i;
    paint();
    for (uint32_t i = 0; i < WORDS; i++)
        CHECK(below[i] == i);
    for (uint32_t i = 0; i < 8; i++)
        CHECK(own[i] == i);
    CHECK(below[WORDS] == STACK_PAINT_WORD);
}

/* ---- Interrupts ------------------------------------------------------------------------------ */

static void (*volatile handler_action)(void);
static volatile uint32_t handler_words; /* that the handler pushes */
static char *volatile handler_pointer;

static void push_in_handler(void)
{
    handler_pointer = push_words(handler_words);
}

void pendsv_handler(void)
{
    handler_action();
}

static void interrupt(void (*action)(void))
{
    handler_action = action;
    ICSR = ICSR_PENDSVSET;
    __asm volatile("dsb\n\tisb" ::: "memory");
}

static void the_use_of_interrupts_counts(void)
{
    size_t idle = fresh();
    uint32_t most = (uint32_t)unused() / 4 - 4 * MARGIN; /* entry pushes 8 words, or 26 with the FPU's */
    for (uint32_t words = MARGIN; words <= most; words += 1 + words / 16) {
        idle = fresh();
        handler_words = words;
        interrupt(push_in_handler);
        if (!CHECK(deepest() == larger(idle, depth(handler_pointer))))
            return;
    }
    CHECK(depth(handler_pointer) > idle + 100);
}

/* ---- A thread with a stack of its own -------------------------------------------------------- */

static uint32_t thread_stack[160];
static const struct stack_range thread_range = {thread_stack, sizeof thread_stack};

/* Call a function on the process stack; CONTROL is `control` meanwhile. */
__attribute__((naked, noinline)) static void on_thread_stack(void (*function)(void), uint32_t *end, uint32_t control)
{
    (void)function;
    (void)end;
    (void)control;
    __asm volatile(".syntax unified\n"
                   "\tpush {r4, lr}\n"
                   "\tmrs r4, control\n"
                   "\torrs r2, r2, r4\n"
                   "\tmsr psp, r1\n"
                   "\tmsr control, r2\n"
                   "\tisb\n"
                   "\tblx r0\n"
                   "\tsvc #0\n" /* makes it privileged */
                   "\tmsr control, r4\n"
                   "\tisb\n"
                   "\tpop {r4, pc}");
}

/* SVC. */
void unexpected_handler(void)
{
    uint32_t exception, control;
    __asm volatile("mrs %0, ipsr\n\tmrs %1, control" : "=r"(exception), "=r"(control));
    CHECK(exception == 11);
    __asm volatile("msr control, %0\n\tisb" ::"r"(control & ~1u));
}

enum { PRIVILEGED = 2, UNPRIVILEGED = 3 };

static void run_thread(void (*function)(void), uint32_t control)
{
    on_thread_stack(function, thread_stack + sizeof thread_stack / sizeof *thread_stack, control);
}

static size_t thread_depth(const char *pointer)
{
    return (size_t)((uintptr_t)thread_stack + sizeof thread_stack - (uintptr_t)pointer);
}

static size_t thread_deepest(void)
{
    return stack_use(thread_range).deepest;
}

static void thread_paints_its_own_stack(void)
{
    volatile uint32_t own = 1234;
    stack_paint(thread_range);
    size_t idle = thread_deepest();
    char *pointer = push_words(60);
    CHECK(idle != 0 && thread_deepest() == thread_depth(pointer) && idle < thread_depth(pointer));
    CHECK(own == 1234);
}

static void a_thread_paints_its_own_stack(void)
{
    stack_paint(thread_range);
    CHECK(thread_deepest() == 0 && stack_use(thread_range).unused == sizeof thread_stack);
    run_thread(thread_paints_its_own_stack, PRIVILEGED);
    CHECK(thread_deepest() > 240);
}

static void thread_paints_the_main_stack(void)
{
    paint();
    handler_words = 40;
    interrupt(push_in_handler);
    CHECK(deepest() == depth(handler_pointer));
}

static void a_thread_paints_the_main_stack_below_its_pointer(void)
{
    volatile uint32_t own = 1234;
    run_thread(thread_paints_the_main_stack, PRIVILEGED);
    CHECK(own == 1234);
}

static void paint_thread_stack(void)
{
    stack_paint(thread_range);
}

static void thread_is_interrupted(void)
{
    volatile uint32_t own = 1234;
    push_words(80);
    interrupt(paint_thread_stack);
    CHECK(own == 1234 && thread_deepest() < 320);
}

static void a_handler_paints_the_stack_of_the_thread_below_its_pointer(void)
{
    run_thread(thread_is_interrupted, PRIVILEGED);
}

static size_t main_bytes;

static void thread_without_privilege(void)
{
    thread_paints_its_own_stack();
    main_bytes = stack_range_main().bytes;
}

/* A core without unprivileged execution ignores the bit. */
static void an_unprivileged_thread_paints_its_own_stack_alone(void)
{
    uint32_t control;
    run_thread(thread_without_privilege, UNPRIVILEGED);
    __asm volatile("msr control, %1\n\tisb\n\tmrs %0, control\n\tsvc #0" : "=r"(control) : "r"(1) : "memory");
    CHECK(main_bytes == ((control & 1u) != 0 ? 0 : (size_t)(uintptr_t)_stack_size));
}

TAP_MAIN(TEST(the_main_stack_is_what_the_script_reserves), TEST(both_figures_together_are_the_stack),
         TEST(every_number_of_words_is_measured), TEST(every_depth_of_a_recursion_is_measured), TEST(it_never_falls),
         TEST(painting_again_starts_afresh), TEST(the_last_word_counts), TEST(nothing_outside_is_painted),
         TEST(the_use_of_interrupts_counts), TEST(a_thread_paints_its_own_stack),
         TEST(a_thread_paints_the_main_stack_below_its_pointer),
         TEST(a_handler_paints_the_stack_of_the_thread_below_its_pointer),
         TEST(an_unprivileged_thread_paints_its_own_stack_alone))
