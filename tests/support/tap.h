/* tap.h: tests that say what they found in the Test Anything Protocol, without stdio and without a
 * heap: what is tested must not be needed for telling that it is broken.
 *
 * A test is a function whose name is the sentence that holds. The plan comes first: a run that
 * dies early then shows as a bad plan.
 *
 *     static void nothing_is_something(void)
 *     {
 *         CHECK(0 == 1);
 *     }
 *     TAP_MAIN(TEST(nothing_is_something))
 *
 * SPDX-License-Identifier: MIT */
#ifndef TAP_H
#define TAP_H

#include <stdbool.h>

#ifdef __cplusplus
#define TAP_NORETURN [[noreturn]]
extern "C" {
#else
#define TAP_NORETURN _Noreturn
#endif

struct tap_test {
    const char *name;
    void (*run)(void);
};

#define TEST(function)      \
    {                       \
#function, function \
    }
#define TAP_MAIN(...)                                                 \
    int main(void)                                                    \
    {                                                                 \
        static const struct tap_test tests[] = {__VA_ARGS__};         \
        return tap_run(tests, (int)(sizeof tests / sizeof tests[0])); \
    }

/* Print the plan, run each test, and return the status to leave main() with. A test that leaves the heap's lock held
 * has failed. */
int tap_run(const struct tap_test *tests, int count);

/* Part of a test: if `condition` is false the test has failed, and the first few places where it
 * did are shown. Returns `condition`. */
#define CHECK(condition) tap_check((condition), #condition, __FILE__, __LINE__)
bool tap_check(bool condition, const char *text, const char *file, int line);

/* Part of a test: what it is about is not there, and this is the reason. */
void tap_skip(const char *reason);

/* The same by hand, for programs that end in the middle of a test. */
void tap_plan(int count);
void tap_result(bool good, const char *name);
int tap_status(void);

/* One line for the reader, and one that ends in a number. */
void tap_comment(const char *text);
void tap_comment_number(const char *text, unsigned long number);

/* ---- What the machine gives: tap-host.c, tap-target.c ---------------------------------------- */

void tap_write(const char *text);
TAP_NORETURN void tap_exit(int status);

/* Is the heap's lock free? And free it, where cairn_fatal() was called with the lock held, and the test goes on. */
bool tap_unlocked(void);
void tap_unlock(void);

/* An interrupt that waits for the heap's lock: `handler` is called whenever the lock is released. NULL: no more. False
 * if this machine cannot. */
bool tap_interrupt(void (*handler)(void));

/* The seed of a random run: `usual`, unless the environment names another. */
unsigned long tap_seed(unsigned long usual);

#ifdef __cplusplus
}
#endif

#endif
