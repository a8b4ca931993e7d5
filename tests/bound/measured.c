/* measured.c: runs programs of programs.s on the longest way that there is through them, and prints how many
 * instructions each took: what tools/cairn bound computes has to be the same.
 *
 * SPDX-License-Identifier: MIT */
#include "../../bench/meter.h"
#include "semihosting.h"

typedef void program(uintptr_t, uintptr_t, uintptr_t);

#define PROGRAMS(X)                    \
    X(straight, there, 0, 0)           \
    X(stalls, there, 0, 0)             \
    X(branching, 1, 0, 0)              \
    X(decided, 0, 0, 0)                \
    X(decided_by_range, there, 0, 0)   \
    X(decided_unsigned, there, 0, 0)   \
    X(decided_signed, there, 0, 0)     \
    X(it_two_loads, 0, 0, there)       \
    X(cleared_bits, 3, 0, 0)           \
    X(twice_the_same, 0, 0, 0)         \
    X(it_block, 0, 0, 0)               \
    X(it_return, 1, 0, 0)              \
    X(it_keeps_flags, 0, 0, 0)         \
    X(byte_table, 1, 0, 0)             \
    X(halfword_table, 1, 0, 0)         \
    X(leaf, 0, 0, 0)                   \
    X(caller, 0, 0, 0)                 \
    X(tail, 0, 0, 0)                   \
    X(tail_by_pointer, 0, 0, 0)        \
    X(call_by_pointer, 0, 0, 0)        \
    X(told_by_the_result, 1, 0, 0)     \
    X(by_a_local, 0, 0, 0)             \
    X(saved_is_no_object, there, 0, 0) \
    X(stops, 1, 0, 0)                  \
    X(breaks, 1, 0, 0)                 \
    X(rounds, 4, 0, 0)                 \
    X(rounds_in_rounds, 4, 0, 4)       \
    X(rounds_entered_inside, 1, 4, 0)  \
    X(not_both, 0, 1, 0)               \
    X(at_most_one, 0, 1, 0)            \
    X(masked, 0, 0, 0)                 \
    X(masked_twice, 0, 0, 0)           \
    X(masked_inside, 0, 0, 0)          \
    X(masked_in_a_call, 0, 0, 0)       \
    X(by_basepri, 0, 0, 0)

#define DECLARE(name, first, second, third) program name;
PROGRAMS(DECLARE)

static uint32_t there_words[4];

__attribute__((naked, noinline)) static void nothing(uintptr_t first, uintptr_t second, uintptr_t third)
{
    (void)first;
    (void)second;
    (void)third;
    __asm volatile("bx lr");
}

__attribute__((noinline)) static uint32_t cost(program *run, uintptr_t first, uintptr_t second, uintptr_t third)
{
    uint32_t start = meter_now();
    run(first, second, third);
    return meter_instructions(meter_now() - start);
}

static void result(const char *name, uint32_t value)
{
    char digits[] = "000";
    for (int i = 2; i >= 0; i--, value /= 10u)
        digits[i] = (char)('0' + value % 10u);
    semihosting_puts("result: ");
    semihosting_puts(name);
    semihosting_puts(" ");
    semihosting_puts(digits);
    semihosting_puts("\n");
}

int main(void)
{
    uintptr_t there = (uintptr_t)there_words;
    meter_start();
    uint32_t call = cost(nothing, 0, 0, 0) - 1u;
#define MEASURE(name, first, second, third) result(#name, cost(name, first, second, third) - call);
    PROGRAMS(MEASURE)
    return 0;
}
